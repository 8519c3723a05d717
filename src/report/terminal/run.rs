//! A run: verdict, requests, response times, bottleneck, tiers, cost.

use super::style::{Style, Tone, sign};
use crate::experiment::summary::{
    Bottleneck, ComponentResult, Estimate, Figure, Results, SloTermResult, Summary, Verdict,
};
use crate::report::aggregate::{self, Tier};
use crate::report::csv;
use crate::report::number::{self, NOTHING, Unit};
use crate::report::text;

/// More tiers than this are left to `stations.csv`.
const MOST_TIERS: usize = 10;
/// More components, warnings or unstable stations are only counted.
const MOST_LINES: usize = 5;
/// Names of figures, terms and causes are cut to so many characters.
const LONGEST_NAME: usize = 32;

/// The answer of a run, for a person.
pub fn run(results: &Results, style: &Style) -> String {
    let summary = &results.summary;
    let blocks = [
        verdict(summary, style),
        trouble(summary, style),
        requests(summary, style),
        response_time(summary, style),
        bottleneck(summary, style),
        stations(summary, style),
        components(summary, style),
        closing(results, style),
    ];
    let mut answer: String =
        blocks.into_iter().filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n\n");
    answer.push('\n');
    answer
}

/// The verdict and what was played, then term by term.
fn verdict(summary: &Summary, style: &Style) -> String {
    let title = text::shortened(&summary.scenario.title, style.width.saturating_sub(20).max(12));
    let Some(verdict) = summary.slo.verdict else {
        let title = style.paint(Tone::Strong, &title);
        return format!("{title}\n  No SLO was given, so there is no verdict.");
    };
    let word = match verdict {
        Verdict::Met => "SLO met",
        Verdict::Missed => "SLO missed",
        Verdict::Undecided => "SLO undecided",
    };
    let word = style.paint(Tone::of(verdict), &format!("{} {word}", sign(verdict)));
    let mut lines = vec![format!("{word} · {}", style.paint(Tone::Strong, &title))];
    let limits: Vec<String> = summary.slo.terms.iter().map(limit).collect();
    let widest = limits.iter().map(|limit| limit.chars().count()).max().unwrap_or(0);
    for (term, limit) in summary.slo.terms.iter().zip(&limits) {
        let sign = style.paint(Tone::of(term.verdict), &sign(term.verdict).to_string());
        let measured = noted(unit(term), &term.estimate, term.verdict == Verdict::Undecided);
        let line = style.wrapped(&format!("{limit:<widest$}   {measured}"), 6);
        lines.push(format!("  {sign} {line}"));
    }
    if verdict == Verdict::Undecided {
        lines.push("  A limit lies within its interval: more replications decide.".to_owned());
    }
    lines.join("\n")
}

/// What was played.
fn played(summary: &Summary, style: &Style) -> String {
    let times = if summary.replications == 1 { "replication" } else { "replications" };
    let what = format!(
        "{} {times} of {}, {} of it warm-up, seed {}",
        summary.replications,
        Unit::Seconds.value(summary.simulated_s),
        Unit::Seconds.value(summary.warmup_s),
        summary.seed,
    );
    labelled(style, "Played", &what)
}

fn unit(term: &SloTermResult) -> Unit {
    if term.unit == "ms" { Unit::Milliseconds } else { Unit::Share }
}

fn limit(term: &SloTermResult) -> String {
    let side = if term.at_least { '≥' } else { '≤' };
    format!("{} {side} {}", spoken(&term.term), unit(term).given(term.limit))
}

/// An estimate with its note, where there is no value or the note is wanted.
fn noted(unit: Unit, estimate: &Estimate, wanted: bool) -> String {
    let shown = unit.estimate(estimate);
    match &estimate.note {
        Some(note) if !note.is_empty() && (wanted || estimate.value.is_none()) => {
            format!("{shown} ({})", text::sentence(note))
        }
        _ => shown,
    }
}

/// What went wrong with the run itself.
fn trouble(summary: &Summary, style: &Style) -> String {
    let mut lines = Vec::new();
    if let Some(limit) = &summary.limit {
        lines.push(marked(style, Tone::Bad, '✗', &format!("stopped early: {limit}")));
    }
    let unstable: Vec<_> =
        summary.unstable.iter().map(|words| format!("unstable: {words}")).collect();
    lines.extend(some(&unstable, |words| marked(style, Tone::Bad, '✗', words)));
    lines.extend(some(&summary.warnings, |words| marked(style, Tone::Unsure, '!', words)));
    lines.join("\n")
}

fn marked(style: &Style, tone: Tone, mark: char, words: &str) -> String {
    let line = style.wrapped(&format!("{mark} {}", text::sentence(words)), 2);
    style.paint(tone, &line)
}

/// The first few as lines, and how many more there are.
fn some<T>(all: &[T], line: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<_> = all.iter().take(MOST_LINES).map(line).collect();
    if all.len() > MOST_LINES {
        lines.push(format!("  … and {} more in summary.json", all.len() - MOST_LINES));
    }
    lines
}

fn requests(summary: &Summary, style: &Style) -> String {
    let counts = &summary.requests;
    let mut parts = vec![
        format!("{} offered", number::count(counts.offered)),
        format!("{} answered", number::count(counts.answered)),
    ];
    for (cause, failed) in &counts.failed {
        parts.push(format!("{} {}", number::count(*failed), spoken(cause)));
    }
    if counts.failed.is_empty() {
        parts.push("none failed".to_owned());
    }
    if counts.in_flight > 0 {
        parts.push(format!("{} unfinished", number::count(counts.in_flight)));
    }
    let throughput = noted(Unit::PerSecond, &summary.throughput_per_s, false);
    let availability = noted(Unit::Share, &summary.availability, false);
    let lines = [
        played(summary, style),
        labelled(style, "Requests", &parts.join(", ")),
        labelled(style, "Throughput", &format!("{throughput}, availability {availability}")),
    ];
    lines.join("\n")
}

/// A line that begins with a label.
fn labelled(style: &Style, label: &str, words: &str) -> String {
    style.wrapped(&format!("{label:<12}{words}"), 12)
}

fn response_time(summary: &Summary, style: &Style) -> String {
    let times = csv::quantiles(&summary.response_time_ms);
    let mut heading = vec!["Response"];
    let mut values = vec!["time".to_owned()];
    let mut halves = vec!["interval".to_owned()];
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, estimate) in times {
        let name = if name == "p99_9" { "p99.9" } else { name };
        heading.push(name);
        let bare = Estimate { low: None, high: None, ..estimate.clone() };
        values.push(Unit::Milliseconds.estimate(&bare));
        halves.push(Unit::Milliseconds.half_width(estimate).unwrap_or_default());
        if let (None, Some(note)) = (estimate.value, &estimate.note) {
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, names)) => names.push(name),
                None => notes.push((note.clone(), vec![name])),
            }
        }
    }
    heading.push("max");
    let max = summary.response_time_ms.max;
    values.push(max.map_or_else(|| NOTHING.to_owned(), |max| Unit::Milliseconds.value(max)));
    halves.push(String::new());
    let rows =
        if halves[1..].iter().all(String::is_empty) { vec![values] } else { vec![values, halves] };
    let mut lines = vec![style.table(&heading, &rows)];
    for (note, names) in notes {
        lines.push(style.wrapped(&format!("  {}: {}", names.join(", "), text::plain(&note)), 4));
    }
    lines.join("\n")
}

fn bottleneck(summary: &Summary, style: &Style) -> String {
    let Some(bottleneck) = &summary.bottleneck else {
        return String::new();
    };
    let name = text::shortened(&bottleneck.station, style.width / 2);
    labelled(style, "Bottleneck", &format!("{name} {}", headroom(bottleneck)))
}

fn headroom(bottleneck: &Bottleneck) -> String {
    let busy = match bottleneck.utilisation.value {
        Some(value) => format!("{:.0} % busy", value * 100.0),
        None => "its load unknown".to_owned(),
    };
    match bottleneck.headroom.value {
        None => format!("saturates first: {busy}"),
        Some(more) if more < 0.005 => format!("is saturated: {busy}, carries no more load"),
        Some(more) if more >= 9.995 => {
            format!("saturates first: {busy}, carries {:.0} times the load", 1.0 + more)
        }
        Some(more) => format!("saturates first: {busy}, carries {:.0} % more load", 100.0 * more),
    }
}

fn stations(summary: &Summary, style: &Style) -> String {
    /// What the columns behind the name take.
    const FIGURES: usize = 54;
    let mut tiers = aggregate::tiers(&summary.stations);
    let all = tiers.len();
    if all == 0 {
        return String::new();
    }
    if all > MOST_TIERS {
        let load = |tier: &Tier<'_>| aggregate::busiest(tier).utilisation.value.unwrap_or(-1.0);
        tiers.sort_by(|a, b| load(b).total_cmp(&load(a)));
        tiers.truncate(MOST_TIERS);
    }
    let width = style.width.saturating_sub(FIGURES).max(12);
    let rows: Vec<_> = tiers.iter().map(|tier| station(tier, width)).collect();
    let heading = ["Station", "number", "busy", "busiest", "queue", "longest", "wait p99"];
    let mut block = style.table(&heading, &rows);
    if all > tiers.len() {
        let more = all - tiers.len();
        block.push_str(&format!("\n… the busiest; {more} more in stations.csv"));
    }
    block
}

fn station(tier: &Tier<'_>, width: usize) -> Vec<String> {
    let shown = |value: Option<f64>, unit: Unit| {
        value.map_or_else(|| NOTHING.to_owned(), |value| unit.value(value))
    };
    let busy = |value: Option<f64>| {
        value.map_or_else(|| NOTHING.to_owned(), |value| format!("{:.1} %", 100.0 * value))
    };
    let longest = tier.iter().map(|one| one.queue_length_max).max().unwrap_or(0);
    let wait = Estimate { low: None, high: None, ..tier[0].wait_ms.p99.clone() };
    vec![
        text::shortened(&tier[0].name, width),
        number::count(tier.len() as u64),
        busy(aggregate::mean_of(tier, |one| one.utilisation.value)),
        busy(aggregate::busiest(tier).utilisation.value),
        shown(aggregate::mean_of(tier, |one| one.queue_length_mean.value), Unit::Plain),
        number::count(longest),
        Unit::Milliseconds.estimate(&wait),
    ]
}

fn components(summary: &Summary, style: &Style) -> String {
    let with_figures: Vec<_> =
        summary.components.iter().filter(|(_, one)| !one.figures.is_empty()).collect();
    some(&with_figures, |(name, one)| component(name, one, style)).join("\n")
}

fn component(name: &str, component: &ComponentResult, style: &Style) -> String {
    let figures = component.figures.iter().map(|(name, figure)| {
        let unit = number::unit_of(name);
        let shown = match figure {
            Figure::Count(value) => number::count(*value),
            Figure::Number(value) => unit.value(*value),
            Figure::Estimate(estimate) => noted(unit, estimate, false),
        };
        format!("{} {shown}", without_unit(name))
    });
    let figures: Vec<_> = figures.collect();
    let name = text::shortened(name, style.width / 2);
    style.wrapped(&format!("{name}: {}", figures.join(", ")), 4)
}

/// The name of a figure in words, the unit left to its value.
fn without_unit(name: &str) -> String {
    let name = name.replace("_ms_", "_");
    let ends = ["_per_s", "_ms", "_s"];
    let bare = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    spoken(bare)
}

/// A name of the files in words: `timed out`, `p99.9`.
fn spoken(name: &str) -> String {
    match name {
        "p99_9" => "p99.9".to_owned(),
        _ => text::shortened(&name.replace('_', " "), LONGEST_NAME),
    }
}

fn closing(results: &Results, style: &Style) -> String {
    let cost = &results.summary.cost;
    let mut lines = Vec::new();
    if cost.per_hour > 0.0 {
        let million = noted(Unit::Plain, &cost.per_million_requests, false);
        let (hour, month) = (number::money(cost.per_hour), number::money(cost.per_hour * 730.0));
        let words = format!("{hour} an hour ({month} a month), {million} per million requests");
        lines.push(labelled(style, "Cost", &words));
    }
    let p99 = |series: &&crate::experiment::summary::Series| {
        series.component == "users" && series.figure == "response_time_ms_p99"
    };
    if let Some(series) = results.timeseries.series.iter().find(p99) {
        lines.extend(sparkline(&series.values, style));
    }
    if let Some(next) = &style.next {
        lines.push(format!("{:<12}{}", "Next", style.paint(Tone::Strong, &text::plain(next))));
    }
    lines.join("\n")
}

/// The course of p99 in a line: the largest of each stretch.
fn sparkline(values: &[Option<f64>], style: &Style) -> Option<String> {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let room = style.width.saturating_sub(40).clamp(10, 60);
    let stretch = values.len().div_ceil(room).max(1);
    let largest = |values: &[Option<f64>]| values.iter().flatten().copied().reduce(f64::max);
    let stretches: Vec<_> = values.chunks(stretch).map(largest).collect();
    let high = largest(&stretches)?;
    let low = stretches.iter().flatten().copied().reduce(f64::min)?;
    let level = |value: &Option<f64>| match value {
        None => ' ',
        Some(_) if high <= 0.0 => LEVELS[0],
        Some(value) => LEVELS[((value / high * 8.0) as usize).min(7)],
    };
    let line: String = stretches.iter().map(level).collect();
    let (low, high) = (Unit::Milliseconds.value(low), Unit::Milliseconds.value(high));
    Some(format!("{:<12}{line} {low} to {high}", "p99 in time"))
}
