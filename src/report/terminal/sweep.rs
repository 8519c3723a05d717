//! A sweep: the sentence, the cells, and what the keys do.

use super::style::{GAP, Style, Tone, sign, unbroken};
use crate::experiment::summary::{Estimate, Verdict};
use crate::experiment::sweep::{
    Answer, CellResult, Definition, Effect, Ground, answer, ground, is_load,
};
use crate::report::number::{self, NOTHING, Unit};
use crate::report::sweep::{remark, sentence};
use crate::report::text;

/// So many cells are shown; all are in `cells.csv`.
const MOST_CELLS: usize = 15;
/// So many loads are shown; all are in `cells.json`.
const MOST_LOADS: usize = 12;
/// Narrowest and widest column of a key.
const NARROWEST: usize = 8;
const WIDEST: usize = 40;

/// The answer of a sweep, for a person.
pub fn sweep(definition: &Definition, results: &[CellResult], style: &Style) -> String {
    let answer = answer(definition, results);
    let words = style.wrapped(&sentence(definition, results, &answer), 0);
    let mut blocks = vec![style.paint(Tone::Strong, &words)];
    blocks.extend(trouble(&answer, style));
    blocks.extend(too_short(&answer, style));
    if !results.is_empty() {
        blocks.push(cells(definition, results, style));
    }
    if answer.cheapest_by_load.len() > 1 {
        blocks.push(by_load(definition, results, &answer, style));
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
        let (price, word) = match ground(definition) {
            Ground::SameLoad => ("cost.per_hour", "cost"),
            _ => ("cost.per_million_requests", "cost per request"),
        };
        let rank = |one: &CellResult| rank(one, price);
        shown.sort_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
        shown.truncate(MOST_CELLS);
        title = format!(
            "The best {MOST_CELLS} cells: those that meet the SLO by {word}, then by p99\n"
        );
    }
    // The figures stand whole; what they leave belongs to the keys.
    let figures: Vec<Vec<String>> = shown.iter().map(|one| figures(one)).collect();
    let room = style.room(&FIGURES, &figures);
    let keys = (room / (NARROWEST + GAP)).clamp(1, definition.axes.len().max(1));
    let widths = widths(definition, &shown, keys, room.saturating_sub(GAP * keys));
    let mut heading = vec![FIGURES[0].to_owned()];
    let axes = definition.axes.iter().zip(&widths);
    heading.extend(axes.map(|(axis, width)| text::shortened(&axis.key, *width)));
    heading.extend(FIGURES[1..].iter().map(|name| (*name).to_owned()));
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    let rows = shown.iter().zip(figures).map(|(one, mut row)| {
        let values = one.cell.values.iter().zip(&widths);
        let values = values.map(|(value, width)| text::shortened(value, *width));
        row.splice(1..1, values);
        row
    });
    let mut left_out = String::new();
    if definition.axes.len() > keys {
        left_out = format!("\n{} further keys are in cells.csv", definition.axes.len() - keys);
    }
    format!("{title}{}{left_out}", style.table(&heading, &rows.collect::<Vec<_>>()))
}

/// Columns of the cells without those of the keys, which stand behind the first.
const FIGURES: [&str; 6] = ["Cell", "", "p99", "available", "cost/h", ""];

fn figures(one: &CellResult) -> Vec<String> {
    vec![
        one.cell.cell.to_string(),
        one.verdict.map_or_else(String::new, |verdict| sign(verdict).to_string()),
        bare(one, "response_time_ms.p99", Unit::Milliseconds),
        bare(one, "availability", Unit::Share),
        one.value("cost.per_hour").map_or_else(|| NOTHING.to_owned(), number::money),
        remark(one).to_owned(),
    ]
}

/// The cheapest design that meets the SLO under each load.
fn by_load(
    definition: &Definition,
    results: &[CellResult],
    answer: &Answer,
    style: &Style,
) -> String {
    let all = &answer.cheapest_by_load;
    let shown = &all[all.len().saturating_sub(MOST_LOADS)..];
    let cells = shown
        .iter()
        .filter_map(|one| Some((one, results.iter().find(|result| result.cell.cell == one.cell)?)));
    let price = |one: &CellResult, path: &str| {
        one.value(path).map_or_else(|| NOTHING.to_owned(), number::money)
    };
    let narrow = (style.width / 2).saturating_sub(18).max(NARROWEST);
    let rows: Vec<Vec<String>> = cells
        .map(|(load, one)| {
            let design = definition.axes.iter().zip(&one.cell.values);
            let design = design.filter(|(axis, _)| !is_load(&axis.key));
            let design: Vec<String> =
                design.map(|(axis, value)| format!("{}={value}", axis.key)).collect();
            vec![
                text::shortened(&load.load, narrow),
                load.cell.to_string(),
                text::shortened(&design.join(" "), narrow + 4),
                price(one, "cost.per_hour"),
                price(one, "cost.per_million_requests"),
            ]
        })
        .collect();
    let left_out = match all.len() - shown.len() {
        0 => String::new(),
        count => format!("\n{count} lighter loads are in cells.json"),
    };
    let heading = ["Cheapest under", "cell", "design", "cost/h", "per M"];
    format!("{}{left_out}", style.table(&heading, &rows))
}

/// Cells that no number of replications will decide.
fn too_short(answer: &Answer, style: &Style) -> Option<String> {
    let words = match answer.too_short {
        0 => return None,
        1 => "1 cell is undecided as its run is".to_owned(),
        count => format!("{} cells are undecided as their runs are", number::count(count as u64)),
    };
    let words = format!(
        "? {words} too short for the warm-up: set run.duration to more, or run.warmup; more \
         replications do not help."
    );
    Some(style.paint(Tone::Unsure, &style.wrapped(&words, 2)))
}

/// What is met comes first, by price, then what is not, by p99. Where loads
/// differ, prices are by the request.
fn rank(one: &CellResult, price: &str) -> (u8, f64, f64, u32) {
    let value = |path: &str| one.value(path).unwrap_or(f64::INFINITY);
    let (cost, p99) = (value(price), value("response_time_ms.p99"));
    let number = one.cell.cell;
    match one.verdict {
        Some(Verdict::Met) if one.is_met() => (0, cost, p99, number),
        Some(Verdict::Undecided) if one.label.is_none() => (1, p99, cost, number),
        _ if one.label.is_none() => (2, p99, cost, number),
        _ => (3, p99, cost, number),
    }
}

/// Widths of the columns of the first keys: the widest give way first.
fn widths(definition: &Definition, shown: &[&CellResult], keys: usize, room: usize) -> Vec<usize> {
    let wanted = definition.axes.iter().enumerate().take(keys).map(|(place, axis)| {
        let values = shown.iter().filter_map(|one| one.cell.values.get(place));
        let wanted = values.chain([&axis.key]).map(|text| text.chars().count()).max();
        wanted.unwrap_or(NARROWEST).min(WIDEST)
    });
    let mut widths: Vec<usize> = wanted.collect();
    while widths.iter().sum::<usize>() > room {
        let widest = widths.iter_mut().max();
        match widest.filter(|width| **width > NARROWEST) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    widths
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
