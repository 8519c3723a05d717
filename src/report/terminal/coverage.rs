//! How often intervals held the truth.

use super::style::{Style, Tone};
use crate::experiment::coverage::{
    Coverage, CoverageRow, HALF_WIDTH_MAX, REFUSED_MAX, VERDICT_ERROR_MAX,
};
use crate::report::number::NOTHING;

/// The table of the coverage study.
pub fn coverage(coverage: &Coverage, style: &Style) -> String {
    let missed = |row: &&CoverageRow| row.adequate && !row.bars_missed.is_empty();
    let missed = coverage.rows.iter().filter(missed).count();
    let (tone, verdict) = match missed {
        0 => (Tone::Good, "✓ 95 % intervals hold the truth as often as they say".to_owned()),
        1 => (Tone::Bad, "✗ one figure misses a bar at an adequate sample".to_owned()),
        _ => (Tone::Bad, format!("✗ {missed} figures miss a bar at an adequate sample")),
    };
    let played = format!("{} trials a row, seed {}", coverage.trials, coverage.seed);
    let bars = format!(
        "hits: of the intervals that were given; low, high: where the others lie. width: mean \
         half-width ÷ 1.96 standard deviations of the values. met, missed: verdicts where the \
         limit is the truth. Bars: hits within the exact 99.9 % band of 95 %; at adequate \
         samples width ≤ {HALF_WIDTH_MAX}, refused ≤ {:.0} %; met and missed ≤ {:.1} %. ! marks \
         a row that misses one.",
        100.0 * REFUSED_MAX,
        100.0 * VERDICT_ERROR_MAX,
    );
    let mut blocks = vec![format!("{} · {played}", style.paint(tone, &verdict))];
    for (adequate, title) in [(true, "Adequate samples"), (false, "Thin samples")] {
        let rows = coverage.rows.iter().filter(|row| row.adequate == adequate);
        blocks.push(format!("{title}\n{}", table(rows, style)));
    }
    blocks.push(style.wrapped(&bars, 0));
    blocks.join("\n\n") + "\n"
}

fn table<'a>(rows: impl Iterator<Item = &'a CoverageRow>, style: &Style) -> String {
    let heading =
        ["Scenario", "figure", "refused", "hits", "low", "high", "width", "met", "missed", ""];
    style.table(&heading, &rows.map(cells).collect::<Vec<_>>())
}

fn cells(row: &CoverageRow) -> Vec<String> {
    let percent = |count: u64, of: u64| match of {
        0 => NOTHING.to_owned(),
        _ => format!("{:.1} %", 100.0 * count as f64 / of as f64),
    };
    let spoken = row.trials - row.refused;
    vec![
        row.scenario.clone(),
        row.figure.clone(),
        percent(row.refused, row.trials),
        percent(row.hits, spoken),
        percent(row.too_low, spoken),
        percent(row.too_high, spoken),
        row.half_width_ratio.map_or_else(|| NOTHING.to_owned(), |ratio| format!("{ratio:.2}")),
        percent(row.false_met, row.trials),
        percent(row.false_missed, row.trials),
        if row.bars_missed.is_empty() { String::new() } else { "!".to_owned() },
    ]
}
