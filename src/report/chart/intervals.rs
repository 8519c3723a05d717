//! Values with their intervals, one below the other over one axis.

use super::canvas::{self, Anchor, ChartError, Drawing, WIDTH};
use super::colour::Colour;
use super::labels::{self, EDGE, NAME, SMALL};
use super::scale::{Ruler, Scale};
use super::{Axis, Limit};

/// Values with their intervals, each beside its name.
#[derive(Clone, Debug)]
pub struct Intervals {
    /// What is measured.
    pub axis: Axis,
    /// The values, first on top.
    pub rows: Vec<Row>,
    /// A limit to hold, as a vertical line.
    pub limit: Option<Limit>,
}

/// One value with its interval.
#[derive(Clone, Debug)]
pub struct Row {
    /// Shown to the left.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// The value; nothing is drawn where there is none.
    pub value: Option<f64>,
    /// Ends of its interval.
    pub interval: Option<(f64, f64)>,
    /// Shown behind the plot.
    pub label: String,
}

/// From one value to the next.
const PITCH: f64 = 34.0;
/// Half the height of the end of an interval.
const END: f64 = 6.0;
/// The largest share that a scale of nines can place.
const LARGEST_SHARE: f64 = 1.0 - 1e-9;

pub(super) fn draw(
    drawing: &mut Drawing,
    intervals: &Intervals,
    top: f64,
) -> Result<(), ChartError> {
    let (mut names, mut figures) = (0.0_f64, 0.0_f64);
    for row in &intervals.rows {
        names = names.max(canvas::width(&labels::name(&row.name), NAME)?);
        figures = figures.max(canvas::width(&row.label, SMALL)?);
    }
    let (left, right) = (EDGE + names + 24.0, WIDTH - EDGE - figures - 24.0);
    let top = if intervals.limit.is_some() { top + 22.0 } else { top };
    let bottom = top + PITCH * intervals.rows.len().max(1) as f64 + 6.0;
    let ruler = ruler(intervals);
    let place = |value: f64| left + (right - left) * ruler.place(value);
    for (value, tick) in &ruler.ticks {
        drawing.line(&[(place(*value), top), (place(*value), bottom)], 1.0, Colour::GRID);
        drawing.text(tick, (place(*value), bottom + 20.0), Anchor::Middle, SMALL);
    }
    if let Some(limit) = &intervals.limit {
        let x = place(limit.value);
        drawing.dashes((x, top), (x, bottom), Colour::INK);
        drawing.text(&limit.label, (x, top - 8.0), Anchor::Middle, NAME);
    }
    for (index, one) in intervals.rows.iter().enumerate() {
        let middle = top + PITCH * (index as f64 + 0.5) + 3.0;
        let baseline = middle + labels::half(NAME);
        drawing.text(&labels::name(&one.name), (left - 18.0, baseline), Anchor::End, NAME);
        drawing.text(&one.label, (right + 18.0, baseline), Anchor::Start, SMALL);
        row(drawing, one, middle, right, &place);
    }
    drawing.line(&[(left, bottom), (right, bottom)], 1.2, Colour::GREY);
    let label = &intervals.axis.label;
    drawing.text(label, ((left + right) / 2.0, bottom + 42.0), Anchor::Middle, SMALL);
    drawing.height = (bottom + 42.0 + EDGE - 6.0).round();
    Ok(())
}

/// An axis that holds values, intervals and the limit. A scale of nines
/// reaches the next nine beyond them: there is no place for 100 %.
fn ruler(intervals: &Intervals) -> Ruler {
    let axis = &intervals.axis;
    let ends = intervals.rows.iter().filter_map(|row| row.interval);
    let ends = ends.flat_map(|(low, high)| [low, high]);
    let values = intervals.rows.iter().filter_map(|row| row.value);
    let limit = intervals.limit.as_ref().map(|limit| limit.value);
    let values: Vec<f64> = values.chain(ends).chain(limit).chain(axis.reaches).collect();
    if axis.scale != Scale::Percentile {
        return Ruler::new(axis.scale, values.into_iter(), 6);
    }
    let shares = values.into_iter().filter(|share| *share < LARGEST_SHARE);
    let (low, high) =
        shares.fold((0.99, 0.9_f64), |(low, high), share| (share.min(low), share.max(high)));
    let nines = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999_999, 0.999_999_9];
    let below = nines.iter().copied().rfind(|nine| *nine <= low).unwrap_or(0.0);
    let above = nines.iter().copied().find(|nine| *nine > high).unwrap_or(LARGEST_SHARE);
    let mut ruler = Ruler::new(axis.scale, [below, above].into_iter(), 6);
    if above > 0.9999 {
        // Beside so many nines there is no room between 0 and 90 %.
        ruler.ticks.retain(|(share, _)| *share != 0.5);
    }
    ruler
}

fn row(drawing: &mut Drawing, row: &Row, y: f64, right: f64, place: &impl Fn(f64) -> f64) {
    if let Some((low, high)) = row.interval {
        // Beyond the scale the interval is open.
        let open = high >= LARGEST_SHARE;
        let (low, high) = (place(low), if open { right } else { place(high) });
        drawing.line(&[(low, y), (high, y)], 2.0, row.colour);
        drawing.line(&[(low, y - END), (low, y + END)], 2.0, row.colour);
        if open {
            let tip = [(high - END, y - END), (high, y), (high - END, y + END)];
            drawing.line(&tip, 2.0, row.colour);
        } else {
            drawing.line(&[(high, y - END), (high, y + END)], 2.0, row.colour);
        }
    }
    if let Some(value) = row.value.filter(|value| *value < LARGEST_SHARE) {
        drawing.disc((place(value), y), END, row.colour);
    }
}

#[cfg(test)]
mod tests {
    //! Goal: nines are told apart and 100 % is open. Method: places of values
    //! on the axis of a few rows.
    use super::*;

    fn of(values: &[f64]) -> Ruler {
        let row = |value: &f64| Row {
            name: String::new(),
            colour: Colour::BLUE,
            value: Some(*value),
            interval: None,
            label: String::new(),
        };
        let axis = Axis { label: String::new(), scale: Scale::Percentile, reaches: None };
        ruler(&Intervals { axis, rows: values.iter().map(row).collect(), limit: None })
    }

    #[test]
    fn each_nine_has_the_same_room() {
        let ruler = of(&[0.995, 0.99995]);
        let names: Vec<&str> = ruler.ticks.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["99 %", "99.9 %", "99.99 %", "99.999 %"]);
        assert!((ruler.place(0.999) - 1.0 / 3.0).abs() < 1e-9);
        assert!((ruler.place(0.9999) - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn all_or_nothing_fits_on_the_axis() {
        for values in [&[0.0, 1.0][..], &[1.0], &[]] {
            let ruler = of(values);
            assert!(!ruler.ticks.is_empty());
            assert!(values.iter().all(|value| (0.0..=1.0).contains(&ruler.place(*value))));
        }
    }
}
