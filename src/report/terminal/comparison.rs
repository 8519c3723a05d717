//! Designs against each other, and simulated values against exact ones.

use super::style;
use super::style::{GAP, Style, Tone, sign};
use crate::experiment::comparison::{Comparison, Design, Difference};
use crate::experiment::summary::Estimate;
use crate::experiment::validation_row::ValidationRow;
use crate::report::csv;
use crate::report::number::{self, Unit};
use crate::report::text;

/// With many designs the sentence has a part for each.
const LONGEST_SENTENCE: usize = 1200;
/// What so many designs bought is said; the file says it of all.
const MOST_SENTENCES: usize = 6;
/// Figures of a comparison that are shown as differences alone.
const DIFFERENCES_ALONE: [&str; 3] =
    ["response_time_ms.p99_9", "cost.per_million_requests", "availability_by_time"];

/// The answer of a comparison: the sentence, the designs, the paired differences.
pub fn comparison(comparison: &Comparison, style: &Style) -> String {
    let sentence = style.wrapped(&text::shortened(&comparison.sentence, LONGEST_SENTENCE), 0);
    let mut blocks = vec![style.paint(Tone::Strong, &sentence)];
    let bought = comparison.redundancy.iter().take(MOST_SENTENCES);
    let bought: Vec<_> =
        bought.map(|words| style.wrapped(&text::shortened(words, LONGEST_SENTENCE), 0)).collect();
    if !bought.is_empty() {
        blocks.push(bought.join("\n"));
    }
    blocks.push(designs(comparison, style));
    if let Some(first) = comparison.designs.first() {
        let differences = comparison.differences.iter();
        blocks.extend(differences.map(|one| difference(one, &first.name, style)));
    }
    if let Some(next) = &style.next {
        blocks.push(format!("{:<12}{}", "Next", style.paint(Tone::Strong, &text::plain(next))));
    }
    blocks.join("\n\n") + "\n"
}

/// Columns behind the name of a design.
const FIGURES: [&str; 7] = ["mean", "p50", "p95", "p99", "available", "rate", "cost/h"];
/// Columns that give way where a line is too narrow for all, the first first;
/// `comparison.csv` has them.
const GIVE_WAY: [&str; 3] = ["p50", "p95", "mean"];
/// A name is not cut below this.
const NARROWEST: usize = 16;

fn designs(comparison: &Comparison, style: &Style) -> String {
    let mut rows: Vec<Vec<String>> = comparison.designs.iter().map(figures).collect();
    let mut heading = FIGURES.to_vec();
    let longest = comparison.designs.iter().map(|design| design.name.chars().count() + 2).max();
    let wanted = longest.unwrap_or(0).clamp(GAP + 6, NARROWEST);
    for name in GIVE_WAY {
        if style.room(&heading, &rows) >= wanted + GAP {
            break;
        }
        if let Some(place) = heading.iter().position(|known| *known == name) {
            heading.remove(place);
            rows.iter_mut().for_each(|row| drop(row.remove(place)));
        }
    }
    let width = style.room(&heading, &rows).saturating_sub(GAP).max(NARROWEST);
    for (row, design) in rows.iter_mut().zip(&comparison.designs) {
        let sign = design.results.summary.slo.verdict.map(|verdict| format!("{} ", sign(verdict)));
        let sign = sign.unwrap_or_default();
        let name = text::shortened(&design.name, width - sign.chars().count());
        row.insert(0, format!("{sign}{name}"));
    }
    heading.insert(0, "Design");
    style.table(&heading, &rows)
}

fn figures(design: &Design) -> Vec<String> {
    let figures = csv::figures(design).into_iter();
    let shown = figures.filter(|(figure, _)| !DIFFERENCES_ALONE.contains(figure));
    let shown = shown.map(|(figure, estimate)| {
        let bare = Estimate { low: None, high: None, ..estimate };
        match figure {
            "cost.per_hour" => bare.value.map_or_else(String::new, number::money),
            _ => unit(figure).estimate(&bare),
        }
    });
    shown.collect()
}

/// The unit of a figure by the name that differences have.
fn unit(figure: &str) -> Unit {
    number::unit_of(figure)
}

fn difference(difference: &Difference, first: &str, style: &Style) -> String {
    let half = style.width / 3;
    let (this, first) = (text::shortened(&difference.design, half), text::shortened(first, half));
    let rows = difference.figures.iter().map(|(figure, estimate)| {
        vec![words(figure), unit(figure).difference(estimate), meaning(estimate).to_owned()]
    });
    let table = style.table(&["", "difference", ""], &rows.collect::<Vec<_>>());
    let mut lines = vec![format!("{this} against {first}"), table];
    lines.extend(worth(difference).map(|words| style.wrapped(&words, 0)));
    lines.join("\n")
}

/// What the common random numbers were worth.
fn worth(difference: &Difference) -> Option<String> {
    let known = difference.variance_reduction.iter().filter_map(|(figure, estimate)| {
        let (value, low, high) = (estimate.value?, estimate.low?, estimate.high?);
        let [value, low, high] = [value, low, high].map(number::plain);
        Some(style::unbroken(&format!("{value} ({low} to {high}) times at {}", words(figure))))
    });
    let known: Vec<String> = known.collect();
    let larger = "Users of their own would make the variance of the difference larger";
    (!known.is_empty()).then(|| format!("{larger}: {}.", known.join(", ")))
}

/// The name of a compared figure in words.
fn words(figure: &str) -> String {
    let figure = figure.replace("response_time_ms.", "").replace("_per_s", "");
    let figure = figure.replace(['.', '_'], " ").replace("p99 9", "p99.9");
    text::shortened(&figure, 32)
}

/// What the interval of a difference says.
fn meaning(estimate: &Estimate) -> &'static str {
    match (estimate.value, estimate.low, estimate.high) {
        (None, ..) => "not known",
        (Some(0.0), Some(0.0), Some(0.0)) => "none",
        (_, Some(low), Some(high)) if low <= 0.0 && high >= 0.0 => "may be none",
        _ => "",
    }
}

/// Simulated values against exact ones.
pub fn validation(rows: &[ValidationRow], style: &Style) -> String {
    /// What the columns behind scenario and figure take.
    const FIGURES: usize = 43;
    const SCENARIO: usize = 16;
    let width = style.width.saturating_sub(FIGURES + SCENARIO).max(16);
    let lines = rows.iter().map(|row| {
        let unit = number::unit_of(&row.figure);
        let estimate = &row.estimate;
        let interval = match estimate.half_width() {
            Some(half) if row.exact != 0.0 => {
                format!("± {:.2} %", 100.0 * half / row.exact.abs())
            }
            _ => number::NOTHING.to_owned(),
        };
        vec![
            text::shortened(&row.scenario, SCENARIO),
            text::shortened(&row.figure, width),
            unit.precise(row.exact),
            estimate.value.map_or_else(|| number::NOTHING.to_owned(), |value| unit.precise(value)),
            interval,
            format!("{:+.1}", row.deviation_sigmas).replace('-', "−"),
            (if row.passed { "✓" } else { "✗" }).to_owned(),
        ]
    });
    let heading = ["Scenario", "figure", "exact", "simulated", "interval", "z", ""];
    let table = style.table(&heading, &lines.collect::<Vec<_>>());
    let failed = rows.iter().filter(|row| !row.passed).count();
    let (tone, verdict) = if failed == 0 {
        (Tone::Good, format!("✓ {} figures agree with theory", rows.len()))
    } else {
        (Tone::Bad, format!("✗ {failed} of {} figures disagree with theory", rows.len()))
    };
    format!("{}\n\n{table}\n", style.paint(tone, &verdict))
}
