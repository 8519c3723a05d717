//! A line through dots that are named one by one, and the wall at its end.

use super::canvas::{self, Anchor, ChartError, Drawing};
use super::colour::Colour;
use super::labels::{Area, NAME};
use super::panels::{self, Dot, Plot};
use super::{Mark, Series};

/// What belongs to the dots of a path, in their order; all of them are there.
#[derive(Clone, Debug, Default)]
pub struct Path {
    /// Vertical intervals.
    pub intervals: Vec<(f64, f64)>,
    /// Shown beside the dots.
    pub names: Vec<String>,
    /// The path ends for good behind its last dot: what the wall is called.
    pub wall: Option<String>,
}

const LINE: f64 = 2.4;
/// From the last dot to the wall.
const BEFORE_WALL: f64 = 11.0;
const THICKNESS: f64 = 7.0;

pub(super) fn draw(
    drawing: &mut Drawing,
    plot: &Plot,
    series: &Series,
    path: &Path,
) -> Result<(), ChartError> {
    let last = series.points.iter().flatten().next_back();
    if let (Some(name), Some((x, _))) = (&path.wall, last) {
        wall(drawing, plot, plot.x(*x) + BEFORE_WALL, name, series.colour)?;
    }
    panels::line(drawing, plot, series, LINE);
    panels::points(drawing, plot, series, &path.intervals);
    Ok(())
}

/// A wall over the whole height, its name at its foot.
fn wall(
    drawing: &mut Drawing,
    plot: &Plot,
    x: f64,
    name: &str,
    colour: Colour,
) -> Result<(), ChartError> {
    let pale = colour.lighter(0.72);
    drawing.rectangle((x, plot.top), (x + THICKNESS, plot.bottom), pale);
    let width = canvas::width(name, NAME)?;
    let fits = x + THICKNESS + 8.0 + width < plot.right;
    let at = if fits { x + THICKNESS + 8.0 } else { x - 8.0 - width };
    // Both figures of these charts leave the lower right free.
    let baseline = plot.bottom - 12.0;
    drawing.rectangle(
        (at - 2.0, baseline - 14.0),
        (at + width + 2.0, baseline + 5.0),
        Colour::WHITE,
    );
    drawing.text(name, (at, baseline), Anchor::Start, NAME);
    Ok(())
}

/// Where the line of a path runs: no name is put there.
pub(super) fn occupied(series: &Series, plot: &Plot) -> Vec<Area> {
    const STEP: f64 = 6.0;
    const AROUND: f64 = 3.0;
    if !matches!(series.mark, Mark::Path(_)) {
        return Vec::new();
    }
    let places: Vec<_> =
        series.points.iter().flatten().map(|(x, y)| (plot.x(*x), plot.y(*y))).collect();
    let mut areas = Vec::new();
    for pair in places.windows(2) {
        let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        let pieces = (dx.abs().max(dy.abs()) / STEP).ceil().max(1.0);
        for piece in 0..=pieces as u32 {
            let along = f64::from(piece) / pieces;
            let (x, y) = (pair[0].0 + along * dx, pair[0].1 + along * dy);
            areas.push((x - AROUND, y - AROUND, x + AROUND, y + AROUND));
        }
    }
    areas
}

/// The dots of a path with their names.
pub(super) fn dots<'a>(series: &'a Series, plot: &Plot) -> Vec<Dot<'a>> {
    let Mark::Path(path) = &series.mark else {
        return Vec::new();
    };
    let points = series.points.iter().flatten().zip(&path.names).enumerate();
    let dot = |(index, ((x, y), name)): (usize, (&(f64, f64), &'a String))| {
        let y = plot.y(*y);
        let ends = path.intervals.get(index).map(|(low, high)| (plot.y(*high), plot.y(*low)));
        let (top, bottom) = ends.unwrap_or((y, y));
        Dot { name, x: plot.x(*x), y, top: top.min(y), bottom: bottom.max(y) }
    };
    points.map(dot).collect()
}
