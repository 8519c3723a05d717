//! Autoscalers: `[autoscale.NAME]`.

use super::super::defaults;
use super::super::keys::{self, Kind};
use super::super::model::{Autoscaler, Scheduled, Service};
use super::super::reader::{Item, Reader};
use super::super::tree::{METRICS, Value};
use super::super::units;
use super::components::{Room, target};
use super::guards::time_or;
use super::names::Scope;
use super::users::time_of_day;
use crate::kernel::time::{Duration, Instant};
use crate::tier::autoscaler::{Change, Limits, Metric, Settings, StepRule, Threshold, UNIT};

const DAY: f64 = 86_400.0;
/// Longest latency that can be a target.
const LONGEST: Duration = Duration::from_nanos(3_600 * 1_000_000_000);
/// Longest queue that can be one.
const MOST_WAITING: f64 = 1e6;

/// Room for the most instances that autoscalers may ask for.
pub(super) fn make_room(scope: &Scope<'_>, room: &mut Room) {
    for (name, _, table) in &scope.autoscalers.entries {
        let service = table.text_below("of").unwrap_or(name);
        let service = service.strip_prefix("services.").unwrap_or(service);
        let schedule = table.below_quietly("schedule");
        let scheduled = schedule.iter().filter_map(|item| match &item.node.value {
            Value::Table(entries) => Some(entries.keys().map(|name| item.below_quietly(name))),
            _ => None,
        });
        let scheduled = scheduled.flatten().flatten().filter_map(|entry| entry.whole_below("max"));
        let counts = table.whole_below("max").into_iter().chain(scheduled);
        let most = counts.filter_map(|count| u32::try_from(count).ok());
        for count in most.filter(|&count| count <= defaults::MOST_INSTANCES) {
            let known = room.entry(service.to_owned()).or_default();
            *known = count.max(*known);
        }
    }
}

/// Whether any of them has a schedule: the run has a course then.
pub(super) fn is_scheduled(scope: &Scope<'_>) -> bool {
    scope.autoscalers.entries.iter().any(|(.., table)| table.below_quietly("schedule").is_some())
}

/// All autoscalers. Services that name no number of instances begin with the
/// fewest.
pub(super) fn autoscalers(
    root: &Reader<'_>,
    scope: &Scope<'_>,
    services: &mut [Service],
) -> Vec<Autoscaler> {
    let clock = Clock::new(root);
    let mut found: Vec<Autoscaler> = Vec::new();
    for (name, reader) in scope.autoscalers.readers() {
        let Some(reader) = reader else { continue };
        let Some(scaler) = autoscaler(name, &reader, scope, &clock) else { continue };
        if found.iter().any(|other| other.service == scaler.service) {
            let message = format!("`{}` is the second autoscaler of its service", reader.path);
            reader.fault("E207", message, Some("a service has at most one"));
            continue;
        }
        if let Some(service) = services.get_mut(scaler.service) {
            check_service(&reader, scope, &scaler, service);
        }
        found.push(scaler);
    }
    found
}

fn check_service(
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    scaler: &Autoscaler,
    service: &mut Service,
) {
    let (name, _, table) = &scope.services.entries[scaler.service];
    if table.below_quietly("host").is_some() {
        let message = format!("`services.{name}` runs on a shared host, as one instance");
        reader.fault("E109", message, Some("give it a `machine` instead"));
    }
    let Limits { min, max } = scaler.settings.limits;
    match table.below_quietly("instances") {
        None => service.instances = min,
        Some(item) if !(min..=max).contains(&service.instances) && min <= max => {
            let message = format!(
                "`{}` is {}, and `{}` keeps it from {min} to {max}",
                item.path, service.instances, reader.path
            );
            let help = "it is the number at the start; left out, that is `min`".to_owned();
            item.fault("E105", message, Some(help));
        }
        Some(_) => {}
    }
    let steps = scaler.settings.steps.iter().map(|rule| rule.threshold);
    let mut thresholds = scaler.settings.target.into_iter().chain(steps);
    if service.workers.is_none() && thresholds.any(|own| own.metric == Metric::Latency) {
        let message =
            format!("`{}` asks for a latency, and `services.{name}` has no workers", reader.path);
        reader.fault("E109", message, Some("give it `workers`: the time is that of holding one"));
    }
}

/// Every fault of it is told; one of an unknown service is left out.
fn autoscaler(
    name: &str,
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    clock: &Clock,
) -> Option<Autoscaler> {
    let service = match reader.get("of") {
        Some(item) => target(&item, scope),
        None => own_service(name, reader, scope),
    };
    let limit = |key: &'static str| {
        let item = reader.need(key)?;
        u32::try_from(item.whole(1, u64::from(defaults::MOST_INSTANCES))?).ok()
    };
    let (min, max) = (limit("min"), limit("max"));
    let limits = Limits { min: min.unwrap_or(1), max: max.or(min).unwrap_or(1) };
    check_limits(reader, limits);
    let target = reader.part("target").and_then(|part| threshold(&part));
    let steps = named(reader, "steps");
    let steps = steps.iter().filter_map(|(_, part)| step(part)).collect();
    let schedule = schedule(reader, limits, clock);
    if !["target", "steps", "schedule"].into_iter().any(|key| reader.has(key)) {
        let message = format!("`{}` has no rule", reader.path);
        reader.fault("E102", message, Some("such as target = { utilisation = 0.6 }"));
    }
    let (cooldown_out, cooldown_in) = cooldown(reader);
    let time = |key| reader.get(key).and_then(|item| item.duration()).unwrap_or_default();
    let settings = Settings { limits, target, steps, cooldown_out, cooldown_in };
    Some(Autoscaler {
        name: name.to_owned(),
        settings,
        period: time_or(reader, "period", defaults::SCALING_PERIOD),
        metric_delay: time("metric_delay"),
        warmup: time("warmup"),
        schedule,
        service: service?,
    })
}

fn own_service(name: &str, reader: &Reader<'_>, scope: &Scope<'_>) -> Option<usize> {
    let found = scope.services.id(name);
    if found.is_none() {
        let message = format!("`{}` scales no service: there is no `services.{name}`", reader.path);
        reader.fault("E201", message, Some("write of = \"services.NAME\""));
    }
    found
}

fn check_limits(reader: &Reader<'_>, limits: Limits) {
    if limits.min > limits.max {
        let message =
            format!("`{}`: `min` is {} and `max` only {}", reader.path, limits.min, limits.max);
        reader.fault("E105", message, None);
    }
}

/// Tables under names of the writer's choice.
fn named<'a>(reader: &Reader<'a>, key: &'static str) -> Vec<(&'a str, Reader<'a>)> {
    let entries = reader.get(key).map_or_else(Vec::new, |item| item.entries());
    entries.into_iter().filter_map(|(name, _, item)| Some((name, item.part()?))).collect()
}

/// One metric and its value.
fn threshold(reader: &Reader<'_>) -> Option<Threshold> {
    let mut given = METRICS.into_iter().filter(|metric| reader.has(metric));
    let Some(first) = given.next() else {
        let message = format!("`{}` names no metric", reader.path);
        reader.fault("E102", message, Some("one of utilisation, queue, latency"));
        return None;
    };
    if let Some(second) = given.next() {
        let message = format!("`{}` has both `{first}` and `{second}`", reader.path);
        reader.context.error("E109", reader.key_origin(second), message, None);
    }
    let item = reader.get(first)?;
    let (metric, value) = match first {
        "utilisation" => (Metric::Utilisation, positive(&item, 1.0)?),
        "queue" => (Metric::Queue, positive(&item, MOST_WAITING)?),
        _ => (Metric::Latency, latency(&item)?),
    };
    let value = (value * UNIT as f64).round() as u128;
    Some(Threshold { metric, value: value.max(1) })
}

fn positive(item: &Item<'_>, most: f64) -> Option<f64> {
    let value = item.number(0.0, most)?;
    if value == 0.0 {
        item.fault("E105", format!("`{}` must be above zero", item.path), None);
    }
    (value > 0.0).then_some(value)
}

/// In nanoseconds.
fn latency(item: &Item<'_>) -> Option<f64> {
    let latency = item.positive_duration()?;
    if latency > LONGEST {
        item.fault("E105", format!("`{}` is longer than an hour", item.path), None);
    }
    (latency <= LONGEST).then_some(latency.as_nanos() as f64)
}

fn step(reader: &Reader<'_>) -> Option<StepRule> {
    let one_of = |first: &'static str, second: &'static str| {
        match (reader.has(first), reader.has(second)) {
            (true, false) => return Some(first),
            (false, true) => return Some(second),
            (true, true) => {
                let message = format!("`{}` has both `{first}` and `{second}`", reader.path);
                reader.context.error("E109", reader.key_origin(second), message, None);
            }
            (false, false) => {
                let message = format!("`{}` has neither `{first}` nor `{second}`", reader.path);
                reader.fault("E102", message, None);
            }
        }
        None
    };
    let (side, does) = (one_of("above", "below"), one_of("add", "remove"));
    let threshold = side.and_then(|side| threshold(&reader.part(side)?));
    let change = does.and_then(|does| change(&reader.get(does)?));
    let (side, does) = (side?, does?);
    if (side == "above") != (does == "add") {
        let message = format!("`{}` says `{does}` where the metric is {side}", reader.path);
        let help = "instances are added above a threshold, and removed below one";
        reader.fault("E109", message, Some(help));
    }
    Some(StepRule { threshold: threshold?, above: side == "above", change: change? })
}

fn change(item: &Item<'_>) -> Option<Change> {
    let Value::Text(text) = &item.node.value else {
        let count = item.whole(1, u64::from(defaults::MOST_INSTANCES))?;
        return u32::try_from(count).ok().map(Change::Instances);
    };
    let share = text.trim().strip_suffix('%').and_then(|share| share.trim_end().parse().ok());
    let share = share.filter(|share| (1..=1_000).contains(share));
    if share.is_none() {
        let message = format!("`{}` must be a number, or 1 % to 1000 %", item.path);
        item.fault("E105", message, Some("such as 2, or \"50 %\"".to_owned()));
    }
    share.map(Change::Percent)
}

/// Out and in.
fn cooldown(reader: &Reader<'_>) -> (Duration, Duration) {
    let default = (Duration::ZERO, defaults::COOLDOWN_IN);
    let Some(item) = reader.get("cooldown") else { return default };
    if !matches!(item.node.value, Value::Table(_)) {
        let both = item.as_kind(Kind::Quantity(units::TIME)).duration();
        return both.map_or(default, |both| (both, both));
    }
    let Some(part) = item.table_of(&keys::COOLDOWN) else { return default };
    let time = |key, default| part.get(key).and_then(|item| item.duration()).unwrap_or(default);
    (time("out", default.0), time("in", default.1))
}

/// What the times of a schedule are measured by.
struct Clock {
    /// Seconds of the day at which the run begins, where it plays one.
    begins: Option<f64>,
    /// The day repeats.
    repeats: bool,
    /// Seconds of the run.
    ends: f64,
}

impl Clock {
    fn new(root: &Reader<'_>) -> Self {
        let play = root.get("users").and_then(|users| users.below_quietly("play"));
        let day = play
            .as_ref()
            .is_some_and(|play| matches!(&play.node.value, Value::Text(text) if text == "day"));
        let quiet = |text: &str| {
            let (hours, minutes) = text.split_once(':')?;
            Some(hours.parse::<f64>().ok()? * 3_600.0 + minutes.parse::<f64>().ok()? * 60.0)
        };
        let window = play.as_ref().and_then(|play| quiet(play.text_below("from")?));
        let duration = root.get("run").and_then(|run| run.below_quietly("duration"));
        let ends = duration.and_then(|item| match &item.node.value {
            Value::Text(text) => units::parse(text, units::TIME).ok(),
            _ => None,
        });
        Self {
            begins: if day { Some(0.0) } else { window },
            repeats: day,
            ends: ends.unwrap_or(f64::MAX) / 1e9,
        }
    }

    /// When a time of the day is within the run; before its beginning it holds
    /// from there on, if it is the last one before.
    fn times(&self, begins: f64, time: f64) -> Vec<f64> {
        let first = time - begins;
        let days = if self.repeats { (self.ends / DAY).ceil().min(366.0) as u32 } else { 1 };
        let all = (0..days).map(|day| first + f64::from(day) * DAY);
        all.filter(|&at| at >= 0.0 && at < self.ends).collect()
    }
}

/// An entry with the times at which it begins to hold, in seconds.
struct Entry {
    /// Second of the day; `None`: a time from the start.
    of_day: Option<f64>,
    times: Vec<f64>,
    limits: Limits,
    instances: Option<u32>,
}

fn schedule(reader: &Reader<'_>, base: Limits, clock: &Clock) -> Vec<Scheduled> {
    let parts = named(reader, "schedule");
    let mut entries: Vec<Entry> =
        parts.iter().filter_map(|(_, part)| entry(part, base, clock)).collect();
    // The last one of the day before holds when the run begins.
    if let Some(begins) = clock.begins {
        let of_day = |entry: &Entry| entry.of_day.map(|time| (time <= begins, time));
        let ranked = entries.iter_mut().filter(|entry| entry.of_day.is_some());
        let last = ranked
            .max_by(|a, b| of_day(a).partial_cmp(&of_day(b)).unwrap_or(std::cmp::Ordering::Equal));
        if let Some(last) = last.filter(|last| last.times.first() != Some(&0.0)) {
            last.times.insert(0, 0.0);
        }
    }
    let mut schedule: Vec<Scheduled> = entries
        .iter()
        .flat_map(|entry| {
            let Entry { limits, instances, .. } = *entry;
            let at = |&seconds: &f64| Instant::from_secs_f64(seconds);
            entry.times.iter().map(move |time| Scheduled { at: at(time), limits, instances })
        })
        .collect();
    schedule.sort_by_key(|one| one.at);
    schedule
}

fn entry(reader: &Reader<'_>, base: Limits, clock: &Clock) -> Option<Entry> {
    let at = reader.need("at");
    let count = |key: &'static str| {
        let item = reader.get(key)?;
        u32::try_from(item.whole(1, u64::from(defaults::MOST_INSTANCES))?).ok()
    };
    let (min, max, instances) = (count("min"), count("max"), count("instances"));
    if !["min", "max", "instances"].into_iter().any(|key| reader.has(key)) {
        let message = format!("`{}` changes nothing", reader.path);
        reader.fault("E102", message, Some("one of min, max, instances"));
    }
    let limits = Limits { min: min.unwrap_or(base.min), max: max.unwrap_or(base.max) };
    check_limits(reader, limits);
    if let Some(instances) = instances.filter(|own| !(limits.min..=limits.max).contains(own)) {
        let Limits { min, max } = limits;
        let message = format!("`{}.instances` is {instances}, beyond {min} to {max}", reader.path);
        reader.fault("E105", message, None);
    }
    let at = at?;
    let (of_day, times) = when(&at, clock)?;
    if times.is_empty() && !clock.repeats {
        let message = format!("`{}` never comes: the run is over, or begins later", at.path);
        at.context.warn("W404", at.node.origin, message, None);
    }
    Some(Entry { of_day, times, limits, instances })
}

/// Second of the day, if it is one, and seconds from the start of the run.
fn when(item: &Item<'_>, clock: &Clock) -> Option<(Option<f64>, Vec<f64>)> {
    if !item.text()?.contains(':') {
        let at = item.as_kind(Kind::Quantity(units::TIME)).duration()?.as_secs_f64();
        return Some((None, if at < clock.ends { vec![at] } else { Vec::new() }));
    }
    let time = time_of_day(item)?;
    let Some(begins) = clock.begins else {
        let message = format!("`{}` is a time of the day, and no day is played", item.path);
        let help = "write a time from the start such as \"10 min\", or play a day: users.play";
        item.fault("E109", message, Some(help.to_owned()));
        return None;
    };
    Some((Some(time), clock.times(begins, time)))
}
