//! The high-water mark in words, JSON and CSV.

use super::charts;
use super::csv::Table;
use super::json;
use super::number;
use super::{File, ReportError, ReportOptions, draw};
use crate::experiment::capacity::{BindingTerm, Capacity, Ended, Unit};
use crate::experiment::summary::{FORMAT, Verdict};
use serde_json::{Value, json};

/// Hours in a month of 365 ÷ 12 days.
pub(super) const HOURS_PER_MONTH: f64 = 730.0;

/// The files of a capacity: `capacity.json` first.
pub fn files(capacity: &Capacity, options: &ReportOptions) -> Result<Vec<File>, ReportError> {
    let mut files = vec![
        ("capacity.json".to_owned(), json::pretty(value(capacity))),
        ("capacity.csv".to_owned(), csv(capacity)),
    ];
    draw(&mut files, charts::of_capacity(capacity), options)?;
    Ok(files)
}

/// A capacity with its sentence, as JSON.
pub(super) fn value(capacity: &Capacity) -> Value {
    let mut all = json!({ "format": FORMAT, "sentence": sentence(capacity) });
    if let (Value::Object(all), Value::Object(own)) = (&mut all, json::value(capacity)) {
        all.extend(own);
    }
    all
}

/// `capacity.csv`: a line per load.
fn csv(capacity: &Capacity) -> Vec<u8> {
    let unit = match capacity.unit {
        Unit::Users => "users",
        Unit::RequestsPerS => "requests_per_s",
    };
    let mut table = Table::new();
    table.texts(&[unit, "verdict", "simulated", "for_picture", "replications"]);
    for figure in ["answered_per_s", "mean_ms", "p99_ms", "availability"] {
        table.heading(figure);
    }
    table.texts(&["binding", "bottleneck", "utilisation", "cost_per_hour", "overload"]);
    table.text("undecided_because");
    table.end();
    for probe in &capacity.probes {
        table.number(Some(probe.load));
        table.text(verdict(probe.verdict));
        table.texts(&[&probe.simulated.to_string(), &probe.for_picture.to_string()]);
        table.counts(&[u64::from(probe.replications)]);
        for figure in [&probe.requests_per_s, &probe.mean_ms, &probe.p99_ms, &probe.availability] {
            table.estimate(figure);
        }
        table.text(probe.binding.as_ref().map_or("", |term| &term.term));
        let first = probe.stations.first();
        table.text(first.map_or("", |first| &first.station));
        table.number(first.map(|first| first.utilisation));
        table.number(Some(probe.cost_per_hour).filter(|_| probe.simulated));
        table.text(probe.overload.as_deref().unwrap_or(""));
        table.text(probe.undecided_because.as_deref().unwrap_or(""));
        table.end();
    }
    table.bytes()
}

/// `met`, `missed`, `undecided`.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::Undecided => "undecided",
    }
}

/// The answer in one sentence.
pub(super) fn sentence(capacity: &Capacity) -> String {
    let answer = match (capacity.ended, capacity.high) {
        (Ended::Nothing, _) => return nothing(capacity),
        (Ended::Boundless, _) | (_, None) => format!(
            "carries at least {} inside its SLO, and no more than that was found to miss it",
            with_noun(capacity.unit, capacity.value)
        ),
        (_, Some(high)) => format!(
            "carries at least {} inside its SLO (the mark lies in {} to {})",
            with_noun(capacity.unit, capacity.value),
            load(capacity.unit, capacity.low),
            load(capacity.unit, high)
        ),
    };
    let script = if capacity.without_events { " while nothing of its script fails" } else { "" };
    format!("{} {answer}{script}: {}{}.", capacity.title, today(capacity), parts(capacity))
}

/// Not even the smallest load is carried.
fn nothing(capacity: &Capacity) -> String {
    let least = capacity.probes.iter().find(|probe| probe.simulated);
    let least = least.map_or(capacity.today, |probe| probe.load);
    let least = with_noun(capacity.unit, least);
    let undecided = capacity
        .probes
        .iter()
        .any(|probe| probe.simulated && !probe.for_picture && probe.verdict == Verdict::Undecided);
    let term = capacity.binding.as_ref().map_or_else(String::new, |term| match undecided {
        true => format!("; {} cannot be told from its limit", in_words(term)),
        false => format!(": {}", in_words(term)),
    });
    let certain = if undecided { " for certain" } else { "" };
    let idle = capacity
        .gives_way
        .as_ref()
        .filter(|first| first.utilisation.is_some_and(|share| share < 0.2));
    let idle = idle.map_or("", |_| ", though nothing is busy: more machines will not help");
    format!(
        "{} carries nobody inside its SLO: {least} are not inside{certain}{term}{idle}.",
        capacity.title
    )
}

fn today(capacity: &Capacity) -> String {
    let more = 100.0 * capacity.headroom;
    let today = with_noun(capacity.unit, capacity.today);
    match capacity.today_verdict {
        Verdict::Undecided => format!("today's {today} are too close to tell"),
        _ if more >= 200.0 => {
            format!("{} times today's {today}", number::plain(1.0 + capacity.headroom))
        }
        _ if more >= 0.5 => format!("{more:.0} % more than today's {today}"),
        _ if more <= -0.5 => format!("{:.0} % less than today's {today}", -more),
        _ => format!("as many as today's {today}"),
    }
}

/// What gives way, and what comes next.
fn parts(capacity: &Capacity) -> String {
    let Some(first) = &capacity.gives_way else { return String::new() };
    let name = named(&first.station, first.role.as_deref());
    let term = match &capacity.binding {
        Some(term) => format!(" ({})", spoken(&term.term)),
        None => String::new(),
    };
    let next = capacity.next.as_ref().map(|next| {
        let at = about(capacity.unit, next.saturates_at);
        format!(", {} next at about {at}", named(&next.station, next.role.as_deref()))
    });
    format!("; {name} gives way first{term}{}", next.unwrap_or_default())
}

/// A term with its value and its limit.
pub(super) fn in_words(term: &BindingTerm) -> String {
    let unit = if term.unit == "ms" { number::Unit::Milliseconds } else { number::Unit::Share };
    let (Some(value), Some(limit)) = (term.value, term.limit) else {
        return spoken(&term.term);
    };
    let side = if term.at_least { "≥" } else { "≤" };
    format!("{} is {}, not {side} {}", spoken(&term.term), unit.value(value), unit.given(limit))
}

/// A station, and which instances of it are meant.
pub(super) fn named(station: &str, role: Option<&str>) -> String {
    role.map_or_else(|| station.to_owned(), |role| format!("{station} ({role})"))
}

/// A term by the name people know.
pub(super) fn spoken(term: &str) -> String {
    match term {
        "p99_9" => "p99.9".to_owned(),
        other => other.replace('_', " "),
    }
}

/// A load without its noun: `1,310,000`, `812/s`.
pub(super) fn load(unit: Unit, amount: f64) -> String {
    match unit {
        Unit::Users => number::count(amount.round() as u64),
        Unit::RequestsPerS => number::Unit::PerSecond.given(four_digits(amount)),
    }
}

fn four_digits(amount: f64) -> f64 {
    format!("{amount:.3e}").parse().unwrap_or(amount)
}

/// A load with its noun: `1,310,000 users`, `812 requests/s`.
pub(super) fn with_noun(unit: Unit, amount: f64) -> String {
    match unit {
        Unit::Users if amount.round() == 1.0 => "1 user".to_owned(),
        Unit::Users => format!("{} users", load(unit, amount)),
        Unit::RequestsPerS => load(unit, amount).replace("/s", " requests/s"),
    }
}

/// A load to two digits: `1.7 million`, `42,000`, `810/s`.
pub(super) fn about(unit: Unit, amount: f64) -> String {
    let mut factor = 1.0;
    while amount / factor >= 100.0 {
        factor *= 10.0;
    }
    let rounded = (amount / factor).round() * factor;
    match unit {
        Unit::RequestsPerS => number::Unit::PerSecond.value(rounded),
        Unit::Users if rounded >= 1e6 => format!("{} million", number::stable(rounded / 1e6)),
        Unit::Users => number::count(rounded as u64),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: loads are read as people say them. Method: examples.
    use super::*;

    #[test]
    fn loads_in_words() {
        assert_eq!(with_noun(Unit::Users, 1_310_000.0), "1,310,000 users");
        assert_eq!(with_noun(Unit::Users, 1.0), "1 user");
        assert_eq!(about(Unit::Users, 1_749_000.0), "1.7 million");
        assert_eq!(about(Unit::Users, 12_345_678.0), "12 million");
        assert_eq!(about(Unit::Users, 41_987.0), "42,000");
        assert_eq!(about(Unit::RequestsPerS, 808.3), "810/s");
        assert_eq!(with_noun(Unit::RequestsPerS, 845.0), "845 requests/s");
        assert_eq!(load(Unit::RequestsPerS, 8.345_678), "8.346/s");
    }
}
