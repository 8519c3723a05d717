//! Text on a chart: its sizes, the heading, and labels that keep clear of each other.

use super::canvas::{self, Anchor, ChartError, Drawing, Type, WIDTH};
use super::colour::Colour;
use crate::report::text;

/// Free space at the edges of a chart.
pub(super) const EDGE: f64 = 24.0;
/// Stands where a chart has nothing to show.
pub(super) const NOTHING: &str = "nothing was measured";
/// Names on a chart are cut to so many characters.
const LONGEST_NAME: usize = 28;

const TITLE: Type = Type { size: 20.0, bold: true, colour: Colour::INK };
const SUBTITLE: Type = Type { size: 14.0, bold: false, colour: Colour::MUTED };
/// Tick labels and axis labels.
pub(super) const SMALL: Type = Type { size: 14.0, bold: false, colour: Colour::MUTED };
/// Names of series and bars.
pub(super) const NAME: Type = Type { size: 14.0, bold: false, colour: Colour::INK };

/// From the middle of a line of text down to its baseline.
pub(super) fn half(style: Type) -> f64 {
    0.36 * style.size
}

/// A name as it is shown.
pub(super) fn name(name: &str) -> String {
    text::shortened(name, LONGEST_NAME)
}

/// Draws title and subtitle; returns where the rest may begin.
pub(super) fn heading(
    drawing: &mut Drawing,
    title: &str,
    subtitle: &str,
) -> Result<f64, ChartError> {
    let mut bottom = EDGE + 14.0;
    for line in wrapped(title, TITLE, 1)? {
        drawing.text(&line, (EDGE, bottom), Anchor::Start, TITLE);
    }
    for line in wrapped(subtitle, SUBTITLE, 2)? {
        bottom += 22.0;
        drawing.text(&line, (EDGE, bottom), Anchor::Start, SUBTITLE);
    }
    Ok(bottom + 16.0)
}

/// Draws the legend, as many names to a line as fit; returns where the rest
/// may begin.
pub(super) fn legend(
    drawing: &mut Drawing,
    legend: &[(String, Colour)],
    top: f64,
) -> Result<f64, ChartError> {
    let (mut left, mut top) = (EDGE, top);
    for (entry, colour) in legend {
        let name = name(entry);
        let width = 21.0 + canvas::width(&name, NAME)?;
        if left > EDGE && left + width > WIDTH - EDGE {
            (left, top) = (EDGE, top + 22.0);
        }
        drawing.rectangle((left, top), (left + 14.0, top + 14.0), *colour);
        drawing.text(&name, (left + 21.0, top + 12.0), Anchor::Start, NAME);
        left += width + 26.0;
    }
    Ok(top + 28.0)
}

/// Breaks a text at spaces into lines that fit the chart; what is beyond the
/// last line is cut with `…`.
fn wrapped(text: &str, style: Type, most: usize) -> Result<Vec<String>, ChartError> {
    let text = text::plain(text);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let longer = if lines[last].is_empty() {
            word.to_owned()
        } else {
            format!("{} {word}", lines[last])
        };
        if lines[last].is_empty() || canvas::width(&longer, style)? <= WIDTH - 2.0 * EDGE {
            lines[last] = longer;
        } else if lines.len() < most {
            lines.push(word.to_owned());
        } else {
            lines[last].push_str(" …");
            break;
        }
    }
    lines.into_iter().map(|line| cut(line, style)).collect()
}

/// Shortens a line of one endless word.
fn cut(mut line: String, style: Type) -> Result<String, ChartError> {
    let mut width = line.chars().count();
    while width > 8 && canvas::width(&line, style)? > WIDTH - 2.0 * EDGE {
        width = (width * 9 / 10).min(width - 1);
        line = text::shortened(&line, width);
    }
    Ok(line)
}

/// Moves places apart to at least `gap`, between `low` and `high`, keeping
/// their order and moving each as little as that allows.
pub(super) fn spread(places: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    let mut spread = places.to_vec();
    let mut least = low;
    for index in &order {
        spread[*index] = spread[*index].max(least);
        least = spread[*index] + gap;
    }
    let mut most = high;
    for index in order.iter().rev() {
        spread[*index] = spread[*index].min(most);
        most = spread[*index] - gap;
    }
    spread
}

/// A rectangle taken by a text or a mark: left, top, right, bottom.
pub(super) type Area = (f64, f64, f64, f64);

/// Whether two areas share a point.
pub(super) fn overlap(one: Area, other: Area) -> bool {
    one.0 < other.2 && other.0 < one.2 && one.1 < other.3 && other.1 < one.3
}

#[cfg(test)]
mod tests {
    //! Goal: labels neither overlap nor change order. Method: examples and a property.
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_free_label_stays() {
        assert_eq!(spread(&[10.0, 80.0], 20.0, 0.0, 100.0), [10.0, 80.0]);
        assert_eq!(spread(&[98.0, 99.0], 20.0, 0.0, 100.0), [80.0, 100.0]);
    }

    #[test]
    fn long_text_is_wrapped_and_cut() {
        let lines = wrapped(&"word ".repeat(100), SUBTITLE, 2).unwrap();
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…'));
        let endless = wrapped(&"w".repeat(1000), SUBTITLE, 2).unwrap();
        assert!(canvas::width(&endless[0], SUBTITLE).unwrap() <= WIDTH - 2.0 * EDGE);
    }

    proptest! {
        #[test]
        fn labels_keep_clear(places in prop::collection::vec(0.0_f64..200.0, 0..8)) {
            let mut spread = spread(&places, 18.0, 0.0, 200.0);
            spread.sort_by(f64::total_cmp);
            prop_assert!(spread.windows(2).all(|pair| pair[1] - pair[0] > 17.999));
            prop_assert!(spread.iter().all(|place| (-0.001..=200.001).contains(place)));
        }
    }
}
