//! Horizontal bars, one below the other, each with its name and its figure.

use super::canvas::{self, Anchor, ChartError, Drawing, WIDTH};
use super::colour::Colour;
use super::labels::{self, EDGE, NAME, SMALL};
use super::scale::{Ruler, Scale};
use super::{Bar, Bars};

/// From one bar to the next.
const PITCH: f64 = 30.0;
const THICKNESS: f64 = 19.0;

pub(super) fn draw(drawing: &mut Drawing, bars: &Bars, top: f64) -> Result<(), ChartError> {
    let (mut names, mut figures) = (0.0_f64, 0.0_f64);
    for bar in &bars.bars {
        names = names.max(canvas::width(&labels::name(&bar.name), NAME)?);
        figures = figures.max(canvas::width(&bar.label, SMALL)?);
    }
    let (left, right) = (EDGE + names + 12.0, WIDTH - EDGE - figures - 10.0);
    let top = labels::legend(drawing, &bars.legend, top)?;
    let bottom = top + PITCH * bars.bars.len().max(1) as f64 + 4.0;
    let lengths = bars.bars.iter().map(|bar| bar.parts.iter().sum());
    let ruler = Ruler::new(Scale::Linear, lengths, 6);
    let place = |value: f64| left + (right - left) * ruler.place(value);
    for (value, tick) in &ruler.ticks {
        drawing.line(&[(place(*value), top), (place(*value), bottom)], 1.0, Colour::GRID);
        drawing.text(tick, (place(*value), bottom + 20.0), Anchor::Middle, SMALL);
    }
    for (index, one) in bars.bars.iter().enumerate() {
        let middle = top + PITCH * (index as f64 + 0.5) + 2.0;
        bar(drawing, bars, one, (left, middle), &place)?;
    }
    if bars.bars.is_empty() {
        let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
        drawing.text(labels::NOTHING, middle, Anchor::Middle, SMALL);
    }
    drawing.line(&[(left, top), (left, bottom)], 1.2, Colour::GREY);
    drawing.text(&bars.axis, ((left + right) / 2.0, bottom + 42.0), Anchor::Middle, SMALL);
    drawing.height = (bottom + 42.0 + EDGE - 6.0).round();
    Ok(())
}

fn bar(
    drawing: &mut Drawing,
    bars: &Bars,
    bar: &Bar,
    (left, middle): (f64, f64),
    place: &impl Fn(f64) -> f64,
) -> Result<(), ChartError> {
    let baseline = middle + labels::half(NAME);
    drawing.text(&labels::name(&bar.name), (left - 10.0, baseline), Anchor::End, NAME);
    let (upper, lower) = (middle - THICKNESS / 2.0, middle + THICKNESS / 2.0);
    let mut length = 0.0;
    for (value, (_, colour)) in bar.parts.iter().zip(&bars.legend) {
        let start = place(length);
        length += value.max(0.0);
        if *value > 0.0 {
            drawing.rectangle((start, upper), (place(length).max(start + 1.0), lower), *colour);
        }
    }
    // The grid does not run through the figure.
    let (start, width) = (place(length) + 8.0, canvas::width(&bar.label, SMALL)?);
    drawing.rectangle((start - 3.0, upper), (start + width + 3.0, lower), Colour::WHITE);
    drawing.text(&bar.label, (start, baseline), Anchor::Start, SMALL);
    Ok(())
}
