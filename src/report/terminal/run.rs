//! A run: verdict, requests, response times, bottleneck, tiers, cost.

use super::failures;
use super::style::{Style, Tone, sign, unbroken};
use crate::experiment::summary::{
    Bottleneck, ComponentResult, Estimate, Figure, PrecisionResult, ResponseTime, Results,
    SloTermResult, Summary, Verdict,
};
use crate::report::aggregate::{self, Tier};
use crate::report::csv;
use crate::report::number::{self, NOTHING, Unit};
use crate::report::text;

/// More tiers than this are left to `stations.csv`.
const MOST_TIERS: usize = 10;
/// More components, warnings or unstable stations are only counted.
const MOST_LINES: usize = 5;
/// Causes of requests that failed as something was away, not as it was busy.
const AWAY: [&str; 6] = ["refused", "lost", "unreachable", "no_primary", "no_quorum", "dns"];
/// Names of figures, terms and causes are cut to so many characters.
const LONGEST_NAME: usize = 32;

/// The answer of a run, for a person.
pub fn run(results: &Results, style: &Style) -> String {
    let summary = &results.summary;
    let blocks = [
        trouble(summary, style),
        verdict(summary, style),
        warnings(summary, style),
        requests(summary, style),
        times(summary, style),
        regions(summary, style),
        failures::incidents(summary, style),
        failures::closed_form(summary, style),
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
        let sign = sign(term.verdict).to_string();
        let measured = noted(unit(term), &term.estimate, term.verdict == Verdict::Undecided);
        let line = style.wrapped(&format!("  {sign} {limit:<widest$}   {measured}"), 6);
        lines.push(line.replacen(&sign, &style.paint(Tone::of(term.verdict), &sign), 1));
    }
    lines.join("\n")
}

/// What was played.
fn played(summary: &Summary, style: &Style) -> String {
    let times = if summary.replications == 1 { "replication" } else { "replications" };
    let warmup = if summary.warmup_s > 0.0 {
        format!("{} of it warm-up", Unit::Seconds.value(summary.warmup_s))
    } else {
        "no warm-up".to_owned()
    };
    let alone = if summary.availability_only { ", failures and repairs alone" } else { "" };
    let what = format!(
        "{} {times} of {}{alone}, {warmup}, seed {}",
        summary.replications,
        Unit::Seconds.value(summary.simulated_s),
        summary.seed,
    );
    labelled(style, "Played", &what)
}

/// How precise it was to be, and how far it came.
fn reached(precision: &PrecisionResult, style: &Style) -> String {
    let percent = |share: f64| Unit::Share.given((1e4 * share).round() / 1e4);
    let figure = spoken(&precision.figure);
    let came = match precision.relative_half_width {
        // An error rate may be as near to nothing as it likes.
        Some(width) if ["availability", "error_rate"].contains(&precision.figure.as_str()) => {
            format!("{figure} is known to {} of what may fail", Unit::Share.value(width))
        }
        Some(width) => format!("{figure} is known to ± {}", Unit::Share.value(width)),
        None => format!("{figure} has no interval"),
    };
    let asked = percent(precision.asked);
    match precision.reached {
        true => labelled(style, "Precision", &format!("✓ {came}; ± {asked} was asked for")),
        false => {
            let most = precision.replications_max;
            let words = format!("✗ {came}; ± {asked} was asked for, {most} replications at most");
            style.paint(Tone::Bad, &labelled(style, "Precision", &words))
        }
    }
}

fn unit(term: &SloTermResult) -> Unit {
    if term.unit == "ms" { Unit::Milliseconds } else { Unit::Share }
}

fn limit(term: &SloTermResult) -> String {
    let side = if term.at_least { '≥' } else { '≤' };
    format!("{} {side} {}", spoken(&term.term), unit(term).given(term.limit))
}

/// An estimate with its note, where there is no value or the note is wanted.
pub(super) fn noted(unit: Unit, estimate: &Estimate, wanted: bool) -> String {
    let shown = unit.estimate(estimate);
    match &estimate.note {
        Some(note) if !note.is_empty() && (wanted || estimate.value.is_none()) => {
            format!("{shown} ({})", text::sentence(note))
        }
        _ => shown,
    }
}

/// Why the figures of the run are no steady state, above all else.
fn trouble(summary: &Summary, style: &Style) -> String {
    let mut lines = Vec::new();
    if !summary.unstable.is_empty() {
        let words = "UNSTABLE: the load is more than the system carries";
        lines.push(marked(style, Tone::Bad, '✗', words));
        lines.extend(some(&summary.unstable, |words| {
            style.wrapped(&format!("  unstable: {}", text::sentence(words)), 4)
        }));
    }
    let saturated = summary.bottleneck.iter().filter(|one| is_saturated(one));
    let saturated = saturated.filter(|_| summary.unstable.is_empty());
    lines.extend(saturated.map(|one| saturation(one, summary, style)));
    if let Some(limit) = &summary.limit {
        lines.push(marked(style, Tone::Bad, '✗', &format!("Stopped early: {limit}")));
    }
    lines.join("\n")
}

/// A station at its capacity; what failed because something was away is no
/// sign of it, and is said by cause.
fn saturation(bottleneck: &Bottleneck, summary: &Summary, style: &Style) -> String {
    let away = |cause: &str| AWAY.contains(&cause);
    let overload = failed_share(summary, |cause| !away(cause));
    if let (Some(failed), None) = (failed_share(summary, away), &overload) {
        return marked(style, Tone::Bad, '✗', &failed);
    }
    let name = text::shortened(&bottleneck.station, style.width / 2);
    let failed = overload.map_or_else(String::new, |failed| format!("; {failed}"));
    let is_phase = summary.kind == "terminating";
    if is_phase || summary.slo.verdict == Some(Verdict::Met) {
        let when = if is_phase { "was saturated for a time" } else { "is saturated" };
        let words = format!("{name} {when}{failed}");
        return marked(style, Tone::Unsure, '!', &words);
    }
    let words = format!("SATURATED: {name} carries no more load{failed}");
    marked(style, Tone::Bad, '✗', &words)
}

/// What part of the requests failed for such causes, where some did.
fn failed_share(summary: &Summary, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let failed = summary.requests.failed.iter();
    let failed: Vec<_> = failed.filter(|(cause, number)| *number > 0 && wanted(cause)).collect();
    if failed.is_empty() || summary.requests.offered == 0 {
        return None;
    }
    let share = |number: u64| Unit::Share.value(number as f64 / summary.requests.offered as f64);
    let causes =
        failed.iter().map(|(cause, number)| format!("{} {}", share(*number), spoken(cause)));
    let causes: Vec<_> = causes.collect();
    let all = share(failed.iter().map(|(_, number)| number).sum());
    Some(format!("{all} of the requests failed ({})", causes.join(", ")))
}

fn is_saturated(bottleneck: &Bottleneck) -> bool {
    bottleneck.headroom.value.is_some_and(|more| more < 0.005)
}

fn warnings(summary: &Summary, style: &Style) -> String {
    some(&summary.warnings, |words| marked(style, Tone::Unsure, '!', words)).join("\n")
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
    let mut lines = vec![played(summary, style)];
    lines.extend(summary.precision.iter().map(|precision| reached(precision, style)));
    if !summary.availability_only {
        lines.push(counts(summary, style));
    }
    lines.extend(failures::throughput(summary, style));
    lines.extend(failures::availability(summary, style));
    lines.join("\n")
}

fn counts(summary: &Summary, style: &Style) -> String {
    let counts = &summary.requests;
    let mut parts = vec![
        unbroken(&format!("{} offered", number::count(counts.offered))),
        unbroken(&format!("{} answered", number::count(counts.answered))),
    ];
    for (cause, failed) in &counts.failed {
        parts.push(unbroken(&format!("{} {}", number::count(*failed), spoken(cause))));
    }
    if counts.failed.is_empty() {
        parts.push("none failed".to_owned());
    }
    if counts.in_flight > 0 {
        parts.push(format!("{} unfinished", number::count(counts.in_flight)));
    }
    labelled(style, "Requests", &parts.join(", "))
}

/// A line that begins with a label.
pub(super) fn labelled(style: &Style, label: &str, words: &str) -> String {
    style.wrapped(&format!("{label:<12}{words}"), 12)
}

/// Response time and, where there are static files, page time.
fn times(summary: &Summary, style: &Style) -> String {
    if summary.availability_only {
        return String::new();
    }
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    time_rows("response", &summary.response_time_ms, &mut rows, &mut notes);
    if let Some(page) = &summary.page_time_ms {
        time_rows("page", page, &mut rows, &mut notes);
    }
    let heading = ["Time", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"];
    let mut lines = vec![style.table(&heading, &rows)];
    for (note, names) in notes {
        lines.push(style.wrapped(&format!("  {}: {}", names.join(", "), text::plain(&note)), 4));
    }
    lines.join("\n")
}

/// The figures of a time, its intervals where it has some, and why a figure has no value.
fn time_rows(
    name: &str,
    time: &ResponseTime,
    rows: &mut Vec<Vec<String>>,
    notes: &mut Vec<(String, Vec<String>)>,
) {
    let mut values = vec![name.to_owned()];
    let mut halves = vec![String::new()];
    for (figure, estimate) in csv::quantiles(time) {
        values.push(Unit::Milliseconds.estimate(&bare(estimate)));
        halves.push(Unit::Milliseconds.half_width(estimate).unwrap_or_default());
        if let (None, Some(note)) = (estimate.value, &estimate.note) {
            let what = format!("{name} {}", spoken(figure));
            match notes.iter_mut().find(|(known, _)| known == note) {
                Some((_, names)) => names.push(what),
                None => notes.push((note.clone(), vec![what])),
            }
        }
    }
    values.push(largest(time));
    halves.push(String::new());
    push_rows(rows, values, halves);
}

/// What users of each region saw, its intervals where it has some; nothing where
/// there are no regions.
fn regions(summary: &Summary, style: &Style) -> String {
    /// What the columns behind the name take.
    const FIGURES: usize = 50;
    if summary.availability_only || summary.regions.is_empty() {
        return String::new();
    }
    let width = style.width.saturating_sub(FIGURES).max(14);
    let offered = summary.requests.offered.max(1) as f64;
    let mut rows = Vec::new();
    for (name, region) in summary.regions.iter().take(MOST_TIERS) {
        let share = Unit::Share.value(region.requests.offered as f64 / offered);
        let mut values = vec![text::shortened(name, width), share];
        let mut halves = vec![String::new(); 2];
        let times = &region.response_time_ms;
        for (unit, estimate) in [
            (Unit::Share, &region.availability),
            (Unit::Milliseconds, &times.p50),
            (Unit::Milliseconds, &times.p99),
        ] {
            values.push(unit.estimate(&bare(estimate)));
            halves.push(unit.half_width(estimate).unwrap_or_default());
        }
        push_rows(&mut rows, values, halves);
    }
    let mut block = style.table(&["Region", "requests", "available", "p50", "p99"], &rows);
    if summary.regions.len() > MOST_TIERS {
        let more = summary.regions.len() - MOST_TIERS;
        block += &format!("\n… and {more} more in summary.json");
    }
    block
}

/// An estimate without its interval, which stands in a row of its own.
fn bare(estimate: &Estimate) -> Estimate {
    Estimate { low: None, high: None, ..estimate.clone() }
}

/// Values, and below them half the width of their intervals where any has one.
fn push_rows(rows: &mut Vec<Vec<String>>, values: Vec<String>, halves: Vec<String>) {
    rows.push(values);
    if halves.iter().any(|half| !half.is_empty()) {
        rows.push(halves);
    }
}

/// The largest time; where the slowest had not finished, it is at least as
/// long as they had waited.
fn largest(time: &ResponseTime) -> String {
    match (time.p99_9.value.filter(|_| time.p99_9.at_least), time.max) {
        (Some(bound), max) => {
            format!("≥ {}", Unit::Milliseconds.value(max.map_or(bound, |max| max.max(bound))))
        }
        (None, Some(max)) => Unit::Milliseconds.value(max),
        (None, None) => NOTHING.to_owned(),
    }
}

fn bottleneck(summary: &Summary, style: &Style) -> String {
    let Some(bottleneck) = &summary.bottleneck else {
        return String::new();
    };
    let name = text::shortened(&bottleneck.station, style.width / 2);
    let phase = summary.kind == "terminating";
    labelled(style, "Bottleneck", &format!("{name} {}", headroom(bottleneck, phase)))
}

fn headroom(bottleneck: &Bottleneck, phase: bool) -> String {
    let busy = match bottleneck.utilisation.value {
        Some(value) => format!("{} busy", busy_share(value)),
        None => "its load unknown".to_owned(),
    };
    match bottleneck.headroom.value {
        None => format!("saturates first: {busy}"),
        Some(_) if is_saturated(bottleneck) => match phase {
            true => format!("was saturated for a time: {busy} in its busiest moments"),
            false => format!("is saturated: {busy}, carries no more load"),
        },
        Some(more) => {
            let times = 1.0 + more;
            let digits = if times < 1.995 { 2 } else { usize::from(times < 9.95) };
            let times = number::fixed(times, digits);
            format!("saturates first at {times} times the load ({busy})")
        }
    }
}

/// A utilisation in whole percent, with digits where it would else be none.
fn busy_share(value: f64) -> String {
    if value > 0.0 && value < 0.01 {
        let percent = 100.0 * value;
        return if percent < 0.01 { "< 0.01 %".to_owned() } else { format!("{percent:.2} %") };
    }
    format!("{:.0} %", 100.0 * value)
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
        queue(aggregate::mean_of(tier, |one| one.queue_length_mean.value)),
        number::count(longest),
        Unit::Milliseconds.estimate(&wait),
    ]
}

/// A mean number waiting; hundredths are as fine as a person needs.
fn queue(length: Option<f64>) -> String {
    match length {
        None => NOTHING.to_owned(),
        Some(length) if length > 0.0 && length < 0.01 => "< 0.01".to_owned(),
        Some(length) if length > 0.0 && length < 1.0 => number::fixed(length, 2),
        Some(length) => number::plain(length),
    }
}

fn components(summary: &Summary, style: &Style) -> String {
    let shown = summary.components.iter();
    let shown = shown.filter(|(_, one)| one.figures.iter().any(tells));
    let shown: Vec<_> = shown.collect();
    some(&shown, |(name, one)| component(name, one, style)).join("\n")
}

/// Whether a figure says something: counters at zero and figures of which
/// nothing was observed do not; a share of zero does.
fn tells((name, figure): &(String, Figure)) -> bool {
    match figure {
        Figure::Count(value) => *value > 0,
        Figure::Number(value) => *value != 0.0,
        Figure::Estimate(estimate) => {
            estimate.value.is_some_and(|value| value != 0.0 || number::unit_of(name) == Unit::Share)
        }
    }
}

fn component(name: &str, component: &ComponentResult, style: &Style) -> String {
    let figures = component.figures.iter().filter(|figure| tells(figure));
    let figures = figures.map(|(name, figure)| {
        let unit = number::unit_of(name);
        let shown = match figure {
            Figure::Count(value) => number::count(*value),
            Figure::Number(value) => unit.value(*value),
            Figure::Estimate(estimate) => unit.estimate(estimate),
        };
        unbroken(&format!("{} {shown}", without_unit(name)))
    });
    let figures: Vec<_> = figures.collect();
    let name = text::shortened(name, style.width / 2);
    style.wrapped(&format!("{name}: {}", figures.join(", ")), 4)
}

/// The name of a figure in words, the unit left to its value.
pub(super) fn without_unit(name: &str) -> String {
    let name = name.replace("_ms_", "_");
    let ends = ["_bytes_per_s", "_bytes", "_per_s", "_ms", "_s"];
    let bare = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    spoken(bare)
}

/// A name of the files in words: `timed out`, `p99.9`.
pub(super) fn spoken(name: &str) -> String {
    match name {
        "p99_9" => "p99.9".to_owned(),
        _ => text::shortened(&name.replace('_', " "), LONGEST_NAME),
    }
}

fn closing(results: &Results, style: &Style) -> String {
    let cost = &results.summary.cost;
    let mut lines = Vec::new();
    if cost.per_hour > 0.0 {
        let (hour, month) = (number::money(cost.per_hour), number::money(cost.per_hour * 730.0));
        let mut words = format!("{hour} an hour ({month} a month)");
        if !results.summary.availability_only {
            let million = noted(Unit::Plain, &cost.per_million_requests, false);
            words += &format!(", {million} per million requests");
        }
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
