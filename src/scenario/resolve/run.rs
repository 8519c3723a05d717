//! How a scenario is played, and what must hold.

use super::super::defaults;
use super::super::keys;
use super::super::model::{Arrivals, Expectation, Limits, Run, RunKind, SloFigure, SloTerm};
use super::super::reader::{Item, Reader};
use super::super::tree::Value;
use crate::kernel::time::Duration;

/// `scripted`: there are events.
pub(super) fn run(root: &Reader<'_>, arrivals: &Arrivals, scripted: bool) -> Run {
    let nothing = Duration::from_nanos(1);
    let Some(reader) = root.need("run").and_then(|item| item.part()) else {
        return played(nothing, None, kind_of(None, arrivals, scripted), None);
    };
    let duration = reader.need("duration").and_then(|item| item.positive_duration());
    let warmup = reader.get("warmup").and_then(|item| Some((item.duration()?, item)));
    if let (Some((cut, item)), Some(duration)) = (&warmup, duration)
        && *cut >= duration
    {
        item.fault("E305", "the warm-up is not shorter than the run", None);
    }
    let choice = reader.choice("kind");
    check_kind(&reader, choice, arrivals, scripted);
    let kind = kind_of(choice, arrivals, scripted);
    let warmup = warmup.map(|(cut, _)| cut);
    let mut run = played(duration.unwrap_or(nothing), warmup, kind, Some(&reader));
    run.seed = reader.whole("seed", 0, i64::MAX as u64, defaults::SEED);
    let most = 1_000_000;
    let replications = reader.whole("replications", 1, most, u64::from(defaults::REPLICATIONS));
    run.replications = u32::try_from(replications).unwrap_or(defaults::REPLICATIONS);
    run
}

fn played(
    duration: Duration,
    warmup: Option<Duration>,
    kind: RunKind,
    reader: Option<&Reader<'_>>,
) -> Run {
    let warmup = match kind {
        RunKind::Terminating => Some(warmup.unwrap_or(Duration::ZERO)),
        RunKind::Steady => warmup,
    };
    let limits = Limits {
        events: reader.map_or(defaults::EVENTS, |reader| {
            reader.whole("events", 1, 1 << 60, defaults::EVENTS)
        }),
        in_flight: reader
            .and_then(|reader| reader.get("in_flight")?.whole32(1))
            .unwrap_or(defaults::IN_FLIGHT),
        drain: reader
            .and_then(|reader| reader.get("drain")?.duration())
            .unwrap_or(duration.min(defaults::LONGEST_DRAIN)),
    };
    Run {
        duration,
        warmup,
        kind,
        seed: defaults::SEED,
        replications: defaults::REPLICATIONS,
        availability_only: reader.is_some_and(|reader| reader.flag("availability_only")),
        limits,
    }
}

/// Events, a rate that moves and a recording have a course; everything else
/// lasts, chance failures too.
fn kind_of(choice: Option<&str>, arrivals: &Arrivals, scripted: bool) -> RunKind {
    match (choice, arrivals) {
        (Some("terminating"), _) => RunKind::Terminating,
        (Some(_), _) => RunKind::Steady,
        (None, _) if scripted => RunKind::Terminating,
        (None, Arrivals::Profile { .. } | Arrivals::Replay { .. }) => RunKind::Terminating,
        (None, _) => RunKind::Steady,
    }
}

/// A mean over a rate that moves, or over events, says little, and depends on
/// how long is played.
fn check_kind(reader: &Reader<'_>, choice: Option<&str>, arrivals: &Arrivals, scripted: bool) {
    let moves = match arrivals {
        Arrivals::Profile { knots } => knots.windows(2).any(|pair| pair[0].1 != pair[1].1),
        _ => false,
    };
    let Some(item) = reader.get("kind").filter(|_| choice == Some("steady")) else { return };
    let course = match (moves, scripted) {
        (true, _) => "the rate of its requests moves",
        (_, true) => "it has events or a schedule",
        _ => return,
    };
    let message = format!("the run is called steady, and {course}");
    let help = "write kind = \"terminating\", or leave it out".to_owned();
    item.context.warn("W403", item.node.origin, message, Some(help));
}

pub(super) fn slo(root: &Reader<'_>) -> Vec<SloTerm> {
    let Some(reader) = root.part("slo") else { return Vec::new() };
    let time = |name: &'static str| Some(reader.positive_duration(name)?.as_millis_f64());
    let terms = [
        (SloFigure::Mean, time("mean")),
        (SloFigure::Quantile(0.5), time("p50")),
        (SloFigure::Quantile(0.9), time("p90")),
        (SloFigure::Quantile(0.95), time("p95")),
        (SloFigure::Quantile(0.99), time("p99")),
        (SloFigure::Quantile(0.999), time("p99_9")),
        (SloFigure::Availability, reader.get("availability").and_then(|item| availability(&item))),
        (SloFigure::ErrorRate, reader.get("error_rate").and_then(|item| error_rate(&item))),
    ];
    terms
        .into_iter()
        .filter_map(|(figure, limit)| Some(SloTerm { figure, limit: limit? }))
        .collect()
}

/// Above 0: at least nothing is no demand.
fn availability(item: &Item<'_>) -> Option<f64> {
    let value = item.number(0.0, 1.0)?;
    if value == 0.0 {
        let message = format!("`{}` is 0, which always holds; allowed: above 0 to 1", item.path);
        item.fault("E105", message, None);
    }
    (value > 0.0).then_some(value)
}

/// Below 1: at most everything is no demand.
fn error_rate(item: &Item<'_>) -> Option<f64> {
    let value = item.number(0.0, 1.0)?;
    if value >= 1.0 {
        let message = format!("`{}` is 1, which always holds; allowed: 0 to below 1", item.path);
        item.fault("E105", message, None);
    }
    (value < 1.0).then_some(value)
}

/// `"figure.path" = value` or `{ value, approximation }`; tables nest, so that
/// an unquoted path means the same.
pub(super) fn expectations(root: &Reader<'_>) -> Vec<Expectation> {
    let mut found = Vec::new();
    if let Some(item) = root.get("expect") {
        collect(&item, "", &mut found);
    }
    found
}

fn collect(item: &Item<'_>, prefix: &str, found: &mut Vec<Expectation>) {
    for (name, _, entry) in item.entries() {
        let figure = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        match &entry.node.value {
            Value::Table(table) if !table.contains_key("value") => collect(&entry, &figure, found),
            Value::Table(_) => found.extend(expected(&entry, figure)),
            _ => {
                let value = entry.number(f64::MIN, f64::MAX);
                found.extend(value.map(|value| Expectation { figure, value, approximation: 0.0 }));
            }
        }
    }
}

fn expected(entry: &Item<'_>, figure: String) -> Option<Expectation> {
    let reader = entry.table_of(&keys::EXPECTED)?;
    let value = reader.need("value")?.number(f64::MIN, f64::MAX);
    let approximation = reader.get("approximation").map_or(Some(0.0), |item| item.number(0.0, 1.0));
    Some(Expectation { figure, value: value?, approximation: approximation? })
}
