//! A sweep: the sentence, the cells, and what the keys do.

use super::style::{Style, Tone, sign, unbroken};
use crate::experiment::summary::{Estimate, Verdict};
use crate::experiment::sweep::{Answer, CellResult, Definition, Effect, answer};
use crate::report::number::{self, NOTHING, Unit};
use crate::report::sweep::{label, sentence};
use crate::report::text;

/// So many cells are shown; all are in `cells.csv`.
const MOST_CELLS: usize = 15;
/// What the columns beside those of the keys take.
const FIGURES: usize = 44;
/// Narrowest and widest column of a key.
const NARROWEST: usize = 8;
const WIDEST: usize = 28;

/// The answer of a sweep, for a person.
pub fn sweep(definition: &Definition, results: &[CellResult], style: &Style) -> String {
    let answer = answer(definition, results);
    let words = style.wrapped(&sentence(definition, results, &answer), 0);
    let mut blocks = vec![style.paint(Tone::Strong, &words)];
    blocks.extend(trouble(&answer, style));
    if !results.is_empty() {
        blocks.push(cells(definition, results, style));
    }
    if answer.effects.len() > 1 {
        blocks.push(effects(&answer.effects, style));
    }
    if let Some(next) = &style.next {
        blocks.push(format!("{:<12}{}", "Next", style.paint(Tone::Strong, &text::plain(next))));
    }
    blocks.join("\n\n") + "\n"
}

/// Cells whose figures are not those of a system that carries its load.
fn trouble(answer: &Answer, style: &Style) -> Option<String> {
    let mut parts = Vec::new();
    if answer.limited > 0 {
        parts.push(format!("{} ended early at a limit", number::count(answer.limited as u64)));
    }
    if answer.unstable > 0 {
        parts.push(format!(
            "in {} a queue grew without bound",
            number::count(answer.unstable as u64)
        ));
    }
    let words =
        format!("✗ Overloaded: {}; their figures grow with the time played.", parts.join(", "));
    (!parts.is_empty()).then(|| style.paint(Tone::Bad, &style.wrapped(&words, 2)))
}

/// All cells in their order, or the best of many.
fn cells(definition: &Definition, results: &[CellResult], style: &Style) -> String {
    let mut shown: Vec<&CellResult> = results.iter().collect();
    let mut title = String::new();
    if results.len() > MOST_CELLS {
        shown.sort_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
        shown.truncate(MOST_CELLS);
        title =
            format!("The best {MOST_CELLS} cells: those that meet the SLO by cost, then by p99\n");
    }
    let room = style.width.saturating_sub(FIGURES);
    let keys = (room / (NARROWEST + 2)).clamp(1, definition.axes.len().max(1));
    let widths = widths(definition, keys, room.saturating_sub(2 * keys));
    let mut heading = vec!["Cell".to_owned()];
    let axes = definition.axes.iter().zip(&widths);
    heading.extend(axes.map(|(axis, width)| text::shortened(&axis.key, *width)));
    heading.extend(["", "p99", "available", "cost/h", ""].map(str::to_owned));
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = shown.into_iter().map(|one| row(one, &widths)).collect();
    let mut left_out = String::new();
    if definition.axes.len() > keys {
        left_out = format!("\n{} further keys are in cells.csv", definition.axes.len() - keys);
    }
    format!("{title}{}{left_out}", style.table(&heading, &rows))
}

/// What is met comes first, by cost, then what is not, by p99.
fn rank(one: &CellResult) -> (u8, f64, f64, u32) {
    let value = |path: &str| one.value(path).unwrap_or(f64::INFINITY);
    let (cost, p99) = (value("cost.per_hour"), value("response_time_ms.p99"));
    let number = one.cell.cell;
    match one.verdict {
        Some(Verdict::Met) if one.is_met() => (0, cost, p99, number),
        Some(Verdict::Undecided) if one.label.is_none() => (1, p99, cost, number),
        _ if one.label.is_none() => (2, p99, cost, number),
        _ => (3, p99, cost, number),
    }
}

/// Widths of the columns of the first keys: the longest names give way first.
fn widths(definition: &Definition, keys: usize, room: usize) -> Vec<usize> {
    let wanted = definition.axes.iter().take(keys).map(|axis| axis.key.chars().count());
    let mut widths: Vec<usize> = wanted.map(|width| width.clamp(NARROWEST, WIDEST)).collect();
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter_mut().max();
        match widest.filter(|width| **width > NARROWEST) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    widths
}

fn row(one: &CellResult, widths: &[usize]) -> Vec<String> {
    let mut row = vec![one.cell.cell.to_string()];
    let values = one.cell.values.iter().zip(widths);
    row.extend(values.map(|(value, width)| text::shortened(value, *width)));
    row.push(one.verdict.map_or_else(String::new, |verdict| sign(verdict).to_string()));
    row.push(bare(one, "response_time_ms.p99", Unit::Milliseconds));
    row.push(bare(one, "availability", Unit::Share));
    row.push(one.value("cost.per_hour").map_or_else(|| NOTHING.to_owned(), number::money));
    row.push(label(one).to_owned());
    row
}

/// A figure without its interval, which `cells.csv` has.
fn bare(one: &CellResult, path: &str, unit: Unit) -> String {
    let Some(figure) = one.figure(path) else { return NOTHING.to_owned() };
    let estimate = Estimate {
        value: figure.value,
        at_least: figure.at_least,
        ..Estimate::absent("shown without an interval")
    };
    unit.estimate(&estimate)
}

/// How much each key moves the p99.
fn effects(effects: &[Effect], style: &Style) -> String {
    let half = (style.width / 2).max(16);
    let rows: Vec<Vec<String>> = effects
        .iter()
        .map(|effect| {
            let key = text::shortened(effect.key(), half);
            match effect {
                Effect::Factor { factor, smallest_at, largest_at, .. } => vec![
                    key,
                    unbroken(&format!("× {}", number::plain(*factor))),
                    text::shortened(smallest_at, 16),
                    text::shortened(largest_at, 16),
                ],
                Effect::Correlation { correlation, .. } => {
                    vec![key, format!("{correlation:+.2}").replace('-', "−")]
                }
            }
        })
        .collect();
    match effects.first() {
        Some(Effect::Correlation { .. }) => style.table(&["Key", "correlation with p99"], &rows),
        _ => style.table(&["Key", "moves p99 by", "lowest at", "highest at"], &rows),
    }
}
