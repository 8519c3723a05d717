//! Charts as values, and as SVG or PNG bytes. What draws them is hidden in
//! `canvas`; nothing else names it.

mod bands;
mod bars;
mod canvas;
mod colour;
mod grid;
mod intervals;
mod labels;
mod panels;
mod path;
mod png;
mod scale;
mod steps;
mod table;
mod wiring;

pub use canvas::ChartError;
pub use colour::Colour;
pub use intervals::{Intervals, Row};
pub use path::Path;
pub use scale::Scale;
pub use table::Table;
pub use wiring::{Arrow, Node, Wiring};

/// A picture: a title, what to know when reading it, and the figures.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What is shown.
    pub title: String,
    /// Of which run, what was left out.
    pub subtitle: String,
    /// The figures.
    pub body: Body,
}

/// The figures of a chart.
#[derive(Clone, Debug)]
pub enum Body {
    /// Lines or points over one x axis, one panel below the other.
    Panels(Vec<Panel>),
    /// Horizontal bars, one below the other.
    Bars(Bars),
    /// Values with their intervals, one below the other.
    Intervals(Intervals),
    /// A staircase, the first step at the bottom.
    Steps(Steps),
    /// Tiles, one per pair of values.
    Grid(Grid),
    /// Boxes in columns, with arrows between them.
    Wiring(Wiring),
}

/// A pair of axes and what is drawn between them. All panels of a chart have
/// the x axis of the last one.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Horizontal axis.
    pub x: Axis,
    /// Vertical axis.
    pub y: Axis,
    /// Lines or points.
    pub series: Vec<Series>,
    /// Limits to hold, as horizontal lines.
    pub limits: Vec<Limit>,
    /// Up to here the x axis does not count.
    pub excluded: Option<f64>,
    /// Stretches of the x axis that are shaded; the first panel names them.
    pub bands: Vec<Band>,
}

/// A stretch of the x axis.
#[derive(Clone, Debug)]
pub struct Band {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Shown above it; nothing where it is empty.
    pub label: String,
}

/// An axis.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it measures, with the unit.
    pub label: String,
    /// How values become places.
    pub scale: Scale,
    /// A value that the axis reaches at least.
    pub reaches: Option<f64>,
}

/// One line, or one set of points.
#[derive(Clone, Debug)]
pub struct Series {
    /// Shown beside it; nothing where it is empty.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// How it is drawn.
    pub mark: Mark,
    /// The places; `None` interrupts a line.
    pub points: Vec<Option<(f64, f64)>>,
}

/// How a series is drawn.
#[derive(Clone, Debug)]
pub enum Mark {
    /// A line of this width, named at its end.
    Line(f64),
    /// A dot for every point, named beside the first, with vertical intervals.
    Points(Vec<(f64, f64)>),
    /// A line through dots, named at its end.
    Path(Path),
}

/// A limit to hold.
#[derive(Clone, Debug)]
pub struct Limit {
    /// Where on the y axis.
    pub value: f64,
    /// Shown above the line.
    pub label: String,
    /// The place on the x axis that it is about.
    pub at: Option<f64>,
}

/// Horizontal bars.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What their length measures, with the unit.
    pub axis: String,
    /// Names and colours of the parts.
    pub legend: Vec<(String, Colour)>,
    /// The bars, first on top.
    pub bars: Vec<Bar>,
}

/// One bar, made of parts.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Shown to the left.
    pub name: String,
    /// Length of each part, in the order of the legend.
    pub parts: Vec<f64>,
    /// Shown behind its end.
    pub label: String,
}

/// A staircase.
#[derive(Clone, Debug)]
pub struct Steps {
    /// What the length of a tread measures, with the unit.
    pub axis: Axis,
    /// Names and colours of the treads; shown where a tread has no room for its
    /// own.
    pub legend: Vec<(String, Colour)>,
    /// The steps, the lowest first.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Shown large before the name.
    pub number: String,
    /// Shown to the left.
    pub name: String,
    /// Colour of the tread.
    pub colour: Colour,
    /// Where the tread ends; without one, only the label is shown.
    pub value: Option<f64>,
    /// How certain that is.
    pub interval: Option<(f64, f64)>,
    /// A place on the tread.
    pub ring: Option<f64>,
    /// Shown behind its end.
    pub label: String,
    /// Shown small below the label.
    pub detail: String,
    /// Shown at the start of the tread, where there is room.
    pub inside: String,
}

/// Tiles in columns and rows.
#[derive(Clone, Debug)]
pub struct Grid {
    /// What the columns are.
    pub column_label: String,
    /// Name of each column, left to right.
    pub columns: Vec<String>,
    /// What the rows are.
    pub row_label: String,
    /// Name of each row, from the bottom.
    pub rows: Vec<String>,
    /// A tile per column of each row; none where there is nothing.
    pub tiles: Vec<Vec<Option<Tile>>>,
    /// What the colours mean.
    pub legend: Vec<(String, Colour)>,
}

/// One tile.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Shown in it where there is room.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
}

impl Chart {
    /// The chart as an SVG document.
    pub fn svg(&self) -> Result<Vec<u8>, ChartError> {
        canvas::svg(&self.drawing()?)
    }

    /// The chart as a PNG image, at twice its nominal size.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        canvas::png(&self.drawing()?)
    }

    fn drawing(&self) -> Result<canvas::Drawing, ChartError> {
        let mut drawing = canvas::Drawing::new(&self.title);
        let top = labels::heading(&mut drawing, &self.title, &self.subtitle)?;
        match &self.body {
            Body::Panels(panels) => panels::draw(&mut drawing, panels, top)?,
            Body::Bars(bars) => bars::draw(&mut drawing, bars, top)?,
            Body::Intervals(rows) => intervals::draw(&mut drawing, rows, top)?,
            Body::Steps(steps) => steps::draw(&mut drawing, steps, top)?,
            Body::Grid(grid) => grid::draw(&mut drawing, grid, top)?,
            Body::Wiring(wiring) => wiring::draw(&mut drawing, wiring, top)?,
        }
        Ok(drawing)
    }
}
