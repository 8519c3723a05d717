//! A staircase: one tread per step, the first at the bottom, over one axis.

use super::canvas::{self, Anchor, ChartError, Drawing, Type, WIDTH};
use super::colour::Colour;
use super::labels::{self, EDGE, NAME, SMALL};
use super::scale::Ruler;
use super::{Step, Steps};

/// From one tread to the next.
const PITCH: f64 = 46.0;
/// Between the names of two ticks.
const TICK_GAP: f64 = 8.0;
/// Between two treads.
const GAP: f64 = 2.0;
/// Between the end of a tread and its figure.
const AWAY: f64 = 12.0;
/// Room for a number before the name.
const NUMBER_ROOM: f64 = 30.0;

const NUMBER: Type = Type { size: 19.0, bold: true, colour: Colour::INK };
const FIGURE: Type = Type { size: 16.0, bold: true, colour: Colour::INK };
const INSIDE: Type = Type { size: 13.5, bold: true, colour: Colour::WHITE };
const DETAIL: Type = Type { size: 12.5, bold: false, colour: Colour::MUTED };

/// The place of the treads.
struct Place {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    ruler: Ruler,
}

impl Place {
    fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * self.ruler.place(value)
    }

    /// The upper edge of a tread; the first lies at the bottom.
    fn y(&self, index: usize) -> f64 {
        self.bottom - PITCH * (index + 1) as f64
    }
}

pub(super) fn draw(drawing: &mut Drawing, steps: &Steps, top: f64) -> Result<(), ChartError> {
    let (mut names, mut figures) = (0.0_f64, 60.0_f64);
    for step in &steps.steps {
        names = names.max(canvas::width(&labels::name(&step.name), NAME)?);
        if step.value.is_some() {
            let figure = canvas::width(&step.label, FIGURE)?;
            figures = figures.max(figure).max(canvas::width(&step.detail, DETAIL)?);
        }
    }
    let left = EDGE + NUMBER_ROOM + names + 16.0;
    let right = WIDTH - EDGE - figures - AWAY;
    let mut place = Place { left, right, top, bottom: top, ruler: ruler(steps) };
    let mut named = Vec::new();
    for step in &steps.steps {
        named.push(has_room(step, &place)?);
    }
    let all_named = named.iter().all(|named| *named);
    let top = if all_named { top + 6.0 } else { labels::legend(drawing, &steps.legend, top)? };
    let bottom = top + PITCH * steps.steps.len().max(1) as f64;
    (place.top, place.bottom) = (top, bottom);
    grid(drawing, steps, &place)?;
    for (index, (step, named)) in steps.steps.iter().zip(named).enumerate() {
        tread(drawing, step, (place.y(index), named), &place)?;
    }
    if steps.steps.is_empty() {
        let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
        drawing.text(labels::NOTHING, middle, Anchor::Middle, SMALL);
    }
    drawing.height = (bottom + 43.0 + EDGE - 6.0).round();
    Ok(())
}

/// An axis that begins well below the smallest value, so that its tread shows.
fn ruler(steps: &Steps) -> Ruler {
    let ends = steps.steps.iter().filter_map(|step| step.interval);
    let ends = ends.flat_map(|(low, high)| [low, high]);
    let values = steps.steps.iter().flat_map(|step| [step.value, step.ring]).flatten();
    let all: Vec<f64> = values.chain(ends).chain(steps.axis.reaches).collect();
    let least = all.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    let below = Some(least / 4.0).filter(|below| below.is_finite());
    Ruler::new(steps.axis.scale, all.into_iter().chain(below), 8)
}

/// Lines at all ticks; the names of those for which there is room.
fn grid(drawing: &mut Drawing, steps: &Steps, place: &Place) -> Result<(), ChartError> {
    let mut free_from = f64::NEG_INFINITY;
    for (value, tick) in &place.ruler.ticks {
        let x = place.x(*value);
        drawing.line(&[(x, place.top), (x, place.bottom)], 1.0, Colour::GRID);
        let half = canvas::width(tick, SMALL)? / 2.0;
        if x - half > free_from {
            drawing.text(tick, (x, place.bottom + 20.0), Anchor::Middle, SMALL);
            free_from = x + half + TICK_GAP;
        }
    }
    let middle = (place.left + place.right) / 2.0;
    drawing.text(&steps.axis.label, (middle, place.bottom + 43.0), Anchor::Middle, SMALL);
    drawing.line(&[(place.left, place.bottom), (place.right, place.bottom)], 1.2, Colour::GREY);
    Ok(())
}

/// Whether a tread holds its name before its ring and its end.
fn has_room(step: &Step, place: &Place) -> Result<bool, ChartError> {
    let Some(value) = step.value else { return Ok(true) };
    let end = step.interval.map_or(value, |(low, _)| low);
    let end = place.x(step.ring.map_or(end, |ring| ring.min(end)));
    let width = canvas::width(&labels::name(&step.inside), INSIDE)?;
    Ok(place.left + AWAY + width + 14.0 <= end)
}

fn tread(
    drawing: &mut Drawing,
    step: &Step,
    (upper, named): (f64, bool),
    place: &Place,
) -> Result<(), ChartError> {
    let (upper, lower) = (upper + GAP, upper + PITCH);
    let middle = (upper + lower) / 2.0;
    let baseline = middle + labels::half(NAME);
    let number = (EDGE, middle + labels::half(NUMBER));
    drawing.text(&step.number, number, Anchor::Start, NUMBER);
    let name = labels::name(&step.name);
    drawing.text(&name, (EDGE + NUMBER_ROOM, baseline), Anchor::Start, NAME);
    let Some(value) = step.value else {
        return figure(drawing, (&step.label, SMALL), (place.left + AWAY, baseline));
    };
    let (low, high) = step.interval.unwrap_or((value, value));
    let (low, high) = (place.x(low), place.x(high));
    drawing.rectangle((place.left, upper), (low, lower), step.colour.lighter(0.12));
    // What is certain is full, the interval is pale, the mark a line.
    drawing.rectangle((low, upper), (high, lower), step.colour.lighter(0.6));
    drawing.line(&[(place.x(value), upper), (place.x(value), lower)], 2.0, step.colour);
    if let Some(ring) = step.ring {
        let centre = (place.x(ring), middle);
        drawing.disc(centre, 6.0, Colour::WHITE);
        drawing.disc(centre, 3.6, step.colour);
    }
    if named {
        let at = (place.left + AWAY, middle + labels::half(INSIDE));
        drawing.text(&labels::name(&step.inside), at, Anchor::Start, INSIDE);
    }
    let x = high + AWAY;
    let two = !step.detail.is_empty();
    let first = if two { middle - 2.0 } else { middle + labels::half(FIGURE) };
    figure(drawing, (&step.label, FIGURE), (x, first))?;
    figure(drawing, (&step.detail, DETAIL), (x, middle + 15.0))
}

/// A text through which the grid does not run.
fn figure(
    drawing: &mut Drawing,
    (text, style): (&str, Type),
    (x, baseline): (f64, f64),
) -> Result<(), ChartError> {
    let width = canvas::width(text, style)?;
    let upper = (x - 3.0, baseline - style.size * 0.95);
    drawing.rectangle(upper, (x + width + 3.0, baseline + 4.0), Colour::WHITE);
    drawing.text(text, (x, baseline), Anchor::Start, style);
    Ok(())
}
