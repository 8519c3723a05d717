//! Lines and points between axes, one panel below the other.

use super::bands::{self, Lanes};
use super::canvas::{self, Anchor, ChartError, Drawing, WIDTH};
use super::colour::Colour;
use super::labels::{self, Area, EDGE, NAME, SMALL};
use super::scale::{Ruler, Scale};
use super::{Limit, Mark, Panel, Path, Series, path};

/// Height of the plot of a panel that is alone, and of one of several.
const ALONE: f64 = 360.0;
const STACKED: f64 = 215.0;
/// Above a plot: the label of the y axis.
const ABOVE: f64 = 30.0;
/// Below the last plot: tick labels and the label of the x axis.
const BELOW: f64 = 62.0;
/// From one label of a series to the next.
const LABEL_GAP: f64 = 19.0;
/// More points than these are named beside the plot.
const MOST_IN_PLACE: usize = 6;
/// A line that ends farther from the right edge has no lead to its name.
const LONGEST_LEAD: f64 = 40.0;

/// The place of a plot and its axes.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// Baseline of the label of the y axis.
    label: f64,
    x: Ruler,
    y: Ruler,
}

impl Plot {
    pub(super) fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * self.x.place(value)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * self.y.place(value)
    }
}

pub(super) fn draw(drawing: &mut Drawing, panels: &[Panel], top: f64) -> Result<(), ChartError> {
    let Some(last) = panels.last() else {
        drawing.height = top + EDGE;
        return Ok(());
    };
    let x = horizontal(panels, last);
    let (mut left, mut right) = (0.0_f64, 0.0_f64);
    for panel in panels {
        let ruler = vertical(panel);
        for (_, tick) in &ruler.ticks {
            left = left.max(canvas::width(tick, SMALL)?);
        }
        right = right.max(margin(panel)?);
    }
    let (left, right) = (EDGE + left + 10.0, WIDTH - EDGE - right);
    // Each name needs its room beside the plot.
    let names = panels.iter().map(names_beside).max().unwrap_or(0);
    let height = if panels.len() == 1 { ALONE } else { STACKED };
    let height = height.max(LABEL_GAP * names as f64);
    let place = |value: f64| left + (right - left) * x.place(value);
    let lanes = Lanes::new(&panels[0].bands, place, right)?;
    // Lanes stand between the label of the first panel and its plot.
    let mut room = lanes.height();
    lanes.draw(drawing, top + ABOVE + room);
    let mut top = top;
    for panel in panels {
        let label = top + ABOVE - 12.0;
        let upper = top + ABOVE + std::mem::take(&mut room);
        let lower = upper + height;
        let (x, y) = (x.clone(), vertical(panel));
        let plot = Plot { left, right, top: upper, bottom: lower, label, x, y };
        draw_panel(drawing, panel, &plot)?;
        top = lower + 8.0;
    }
    x_labels(drawing, last, &x, (left, right, top - 8.0));
    drawing.height = (top - 8.0 + BELOW).round();
    Ok(())
}

fn horizontal(panels: &[Panel], last: &Panel) -> Ruler {
    let points = panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points);
    let values = points.flatten().map(|point| point.0);
    let limits = panels.iter().flat_map(|panel| &panel.limits).filter_map(|limit| limit.at);
    Ruler::new(last.x.scale, values.chain(limits).chain(last.x.reaches), 8)
}

fn vertical(panel: &Panel) -> Ruler {
    let values = panel.series.iter().flat_map(|series| {
        let points = series.points.iter().flatten().map(|point| point.1);
        let intervals = match &series.mark {
            Mark::Line(_) => &[][..],
            Mark::Points(intervals) | Mark::Path(Path { intervals, .. }) => intervals,
        };
        points.chain(intervals.iter().flat_map(|(low, high)| [*low, *high]))
    });
    let limits = panel.limits.iter().map(|limit| limit.value);
    Ruler::new(panel.y.scale, values.chain(limits).chain(panel.y.reaches), 6)
}

/// What the labels behind the lines need; else room for half the last tick.
fn margin(panel: &Panel) -> Result<f64, ChartError> {
    let mut widest = 24.0_f64;
    for series in panel.series.iter().filter(|series| beside(panel, series)) {
        widest = widest.max(canvas::width(&labels::name(&series.name), NAME)? + 38.0);
    }
    for limit in panel.limits.iter().filter(|_| limits_beside(panel)) {
        widest = widest.max(canvas::width(&limit.label, NAME)? + 38.0);
    }
    Ok(widest)
}

/// How many names stand beside the plot of a panel.
fn names_beside(panel: &Panel) -> usize {
    let limits = if limits_beside(panel) { panel.limits.len() } else { 0 };
    panel.series.iter().filter(|series| beside(panel, series)).count() + limits
}

/// Whether a series is named beside the plot: lines with a name, clouds of
/// points, and points where there are too many to be named in place.
fn beside(panel: &Panel, series: &Series) -> bool {
    let is_point = |series: &&Series| matches!(series.mark, Mark::Points(_));
    let is_cloud = series.points.len() > 1 && !series.name.is_empty();
    let crowded = || panel.series.iter().filter(is_point).count() > MOST_IN_PLACE;
    named(&series) || is_point(&series) && (is_cloud || crowded())
}

/// Whether a series is a line with a name.
fn named(series: &&Series) -> bool {
    matches!(series.mark, Mark::Line(_) | Mark::Path(_)) && !series.name.is_empty()
}

fn draw_panel(drawing: &mut Drawing, panel: &Panel, plot: &Plot) -> Result<(), ChartError> {
    if let Some(end) = panel.excluded {
        excluded(drawing, plot, end);
    }
    bands::shade(drawing, &panel.bands, |value| plot.x(value), (plot.top, plot.bottom));
    grid(drawing, plot);
    let log = if panel.y.scale == Scale::Logarithmic { " (logarithmic)" } else { "" };
    let label = format!("{}{log}", panel.y.label);
    drawing.text(&label, (EDGE, plot.label), Anchor::Start, SMALL);
    for series in &panel.series {
        match &series.mark {
            Mark::Line(width) => line(drawing, plot, series, *width),
            Mark::Points(intervals) => points(drawing, plot, series, intervals),
            Mark::Path(path) => path::draw(drawing, plot, series, path)?,
        }
    }
    for limit in &panel.limits {
        draw_limit(drawing, plot, limit, limits_beside(panel))?;
    }
    if panel.series.iter().all(|series| series.points.iter().all(Option::is_none)) {
        let middle = ((plot.left + plot.right) / 2.0, (plot.top + plot.bottom) / 2.0);
        drawing.text(labels::NOTHING, middle, Anchor::Middle, SMALL);
    }
    line_names(drawing, panel, plot);
    point_names(drawing, panel, plot)
}

fn excluded(drawing: &mut Drawing, plot: &Plot, end: f64) {
    let end = plot.x(end);
    if end > plot.left {
        drawing.rectangle((plot.left, plot.top), (end, plot.bottom), Colour::SHADE);
        drawing.line(&[(end, plot.top), (end, plot.bottom)], 1.2, Colour::GREY);
    }
}

fn grid(drawing: &mut Drawing, plot: &Plot) {
    for (value, tick) in &plot.y.ticks {
        let y = plot.y(*value);
        drawing.line(&[(plot.left, y), (plot.right, y)], 1.0, Colour::GRID);
        let at = (plot.left - 9.0, y + labels::half(SMALL));
        drawing.text(tick, at, Anchor::End, SMALL);
    }
    for (value, _) in &plot.x.ticks {
        let x = plot.x(*value);
        drawing.line(&[(x, plot.top), (x, plot.bottom)], 1.0, Colour::GRID);
    }
    drawing.line(&[(plot.left, plot.bottom), (plot.right, plot.bottom)], 1.2, Colour::GREY);
}

fn x_labels(
    drawing: &mut Drawing,
    panel: &Panel,
    x: &Ruler,
    (left, right, bottom): (f64, f64, f64),
) {
    for (value, tick) in &x.ticks {
        let at = left + (right - left) * x.place(*value);
        drawing.text(tick, (at, bottom + 20.0), Anchor::Middle, SMALL);
    }
    let label = match x.unit {
        Some(unit) => format!("{}, {unit}", panel.x.label),
        None => panel.x.label.clone(),
    };
    drawing.text(&label, ((left + right) / 2.0, bottom + 43.0), Anchor::Middle, SMALL);
}

pub(super) fn line(drawing: &mut Drawing, plot: &Plot, series: &Series, width: f64) {
    for run in series.points.split(Option::is_none) {
        let places: Vec<_> = run.iter().flatten().map(|(x, y)| (plot.x(*x), plot.y(*y))).collect();
        match places.as_slice() {
            [] => {}
            [single] => drawing.disc(*single, 0.8 * width, series.colour),
            _ => drawing.line(&places, width, series.colour),
        }
    }
}

pub(super) fn points(
    drawing: &mut Drawing,
    plot: &Plot,
    series: &Series,
    intervals: &[(f64, f64)],
) {
    for (index, (x, y)) in series.points.iter().flatten().enumerate() {
        let (x, y) = (plot.x(*x), plot.y(*y));
        if let Some((low, high)) = intervals.get(index) {
            let (low, high) = (plot.y(*low), plot.y(*high));
            drawing.line(&[(x, low), (x, high)], 2.0, series.colour);
            for end in [low, high] {
                drawing.line(&[(x - 6.0, end), (x + 6.0, end)], 2.0, series.colour);
            }
        }
        drawing.disc((x, y), 6.0, series.colour);
    }
}

fn draw_limit(
    drawing: &mut Drawing,
    plot: &Plot,
    limit: &Limit,
    beside: bool,
) -> Result<(), ChartError> {
    let y = plot.y(limit.value);
    drawing.dashes((plot.left, y), (plot.right, y), Colour::INK);
    if let Some(at) = limit.at {
        drawing.disc((plot.x(at), y), 5.5, Colour::INK);
        drawing.disc((plot.x(at), y), 3.5, Colour::WHITE);
    }
    if beside {
        return Ok(());
    }
    let width = canvas::width(&limit.label, NAME)?;
    let baseline = if y - 22.0 < plot.top { y + 19.0 } else { y - 8.0 };
    let from = (plot.left + 6.0, baseline - 14.0);
    drawing.rectangle(from, (from.0 + width + 8.0, baseline + 4.0), Colour::WHITE);
    drawing.text(&limit.label, (plot.left + 10.0, baseline), Anchor::Start, NAME);
    Ok(())
}

/// Limits are named beside the plot where lines may run anywhere in it, and
/// inside where the low percentiles leave room.
fn limits_beside(panel: &Panel) -> bool {
    // A path whose dots are named leaves its right to the names.
    let is_line = |series: &Series| match &series.mark {
        Mark::Line(_) => true,
        Mark::Path(path) => path.names.is_empty() && path.wall.is_none(),
        Mark::Points(_) => false,
    };
    match panel.x.scale {
        Scale::Time => true,
        Scale::Percentile => false,
        Scale::Linear | Scale::Logarithmic => panel.series.iter().any(is_line),
    }
}

/// Names in the right margin, at the height of the ends of their lines.
fn line_names(drawing: &mut Drawing, panel: &Panel, plot: &Plot) {
    let ends = panel.series.iter().filter(|series| beside(panel, series)).filter_map(|series| {
        let (x, y) = series.points.iter().flatten().next_back()?;
        Some((labels::name(&series.name), series.colour, plot.x(*x), plot.y(*y)))
    });
    let beside = panel.limits.iter().filter(|_| limits_beside(panel));
    let limits =
        beside.map(|limit| (limit.label.clone(), Colour::INK, plot.right, plot.y(limit.value)));
    let ends: Vec<_> = ends.chain(limits).collect();
    let heights: Vec<f64> = ends.iter().map(|(.., y)| *y).collect();
    let spread = labels::spread(&heights, LABEL_GAP, plot.top, plot.bottom);
    for ((name, colour, x, y), height) in ends.into_iter().zip(spread) {
        let (start, swatch) = (x + 2.0, plot.right + 14.0);
        // A thin line leads from the end of the line to its name; a long one
        // would look like data.
        if plot.right - start < LONGEST_LEAD {
            let lead = [(start, y), (plot.right.max(start), y), (swatch, height)];
            drawing.line(&lead, 0.8, colour);
        }
        drawing.line(&[(swatch, height), (swatch + 14.0, height)], 3.0, colour);
        let at = (swatch + 19.0, height + labels::half(NAME));
        drawing.text(&name, at, Anchor::Start, NAME);
    }
}

/// A point to be named, with the ends of its interval.
pub(super) struct Dot<'a> {
    pub(super) name: &'a str,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// Names beside points, where they cover neither a point nor another name.
fn point_names(drawing: &mut Drawing, panel: &Panel, plot: &Plot) -> Result<(), ChartError> {
    let in_place = panel.series.iter().filter(|series| !beside(panel, series));
    let mut dots: Vec<_> = in_place.filter_map(|series| dot(series, plot)).collect();
    dots.extend(panel.series.iter().flat_map(|series| path::dots(series, plot)));
    let area = |dot: &Dot<'_>| (dot.x - 7.0, dot.top - 7.0, dot.x + 7.0, dot.bottom + 7.0);
    let mut taken: Vec<Area> = dots.iter().map(area).collect();
    taken.extend(panel.series.iter().flat_map(|series| path::occupied(series, plot)));
    // Beside the plot stand the names of lines.
    let right = if names_beside(panel) > 0 { plot.right + 6.0 } else { WIDTH - 8.0 };
    for dot in dots {
        let name = labels::name(dot.name);
        let width = canvas::width(&name, NAME)?;
        let area = |(left, middle): (f64, f64)| {
            (left - 2.0, middle - 9.0, left + width + 2.0, middle + 9.0)
        };
        let free = |place: &(f64, f64)| {
            let area = area(*place);
            let inside = area.0 > plot.left
                && area.2 < right
                && area.1 > plot.top - 8.0
                && area.3 < plot.bottom;
            inside && !taken.iter().any(|other| labels::overlap(area, *other))
        };
        let places = places(&dot, width);
        let found = places.into_iter().find(free);
        let place = found.unwrap_or(places[0]);
        taken.push(area(place));
        if found.is_some() {
            // The grid does not run through the name.
            let (left, top, right, bottom) = area(place);
            drawing.rectangle((left, top), (right, bottom), Colour::WHITE);
        }
        drawing.text(&name, (place.0, place.1 + labels::half(NAME)), Anchor::Start, NAME);
    }
    Ok(())
}

fn dot<'a>(series: &'a Series, plot: &Plot) -> Option<Dot<'a>> {
    let Mark::Points(intervals) = &series.mark else {
        return None;
    };
    let (x, y) = series.points.iter().flatten().next()?;
    let y = plot.y(*y);
    let ends = intervals.first().map(|(low, high)| (plot.y(*high), plot.y(*low)));
    let (top, bottom) = ends.unwrap_or((y, y));
    Some(Dot { name: &series.name, x: plot.x(*x), y, top: top.min(y), bottom: bottom.max(y) })
}

/// Where a name may stand: its left end and its middle, the best first.
fn places(dot: &Dot<'_>, width: f64) -> [(f64, f64); 8] {
    let (right, left) = (dot.x + 13.0, dot.x - 13.0 - width);
    let centred = dot.x - width / 2.0;
    [
        (right, dot.y),
        (left, dot.y),
        (centred, dot.top - 18.0),
        (centred, dot.bottom + 18.0),
        (right, dot.y - 19.0),
        (right, dot.y + 19.0),
        (left, dot.y - 19.0),
        (left, dot.y + 19.0),
    ]
}
