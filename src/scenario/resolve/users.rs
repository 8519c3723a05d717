//! Who asks, and when.

use super::super::defaults;
use super::super::keys;
use super::super::model::{Arrivals, Users};
use super::super::reader::{Item, Reader};
use super::super::tree::{SOURCES, Value};
use super::distribution::distribution;
use super::names::Scope;
use super::rate::{self, Play};
use super::replay;
use crate::kernel::distribution::Distribution;

const SECONDS_PER_DAY: f64 = 86_400.0;

pub(super) fn users(root: &Reader<'_>, scope: &Scope<'_>, count: Option<u64>) -> Users {
    let nobody = Users {
        count: None,
        requests_per_user_per_s: None,
        arrivals: Arrivals::Closed { think: Distribution::Constant(0.0) },
    };
    let reader = root.need("users").and_then(|item| item.part());
    reader.and_then(|reader| given(&reader, scope, count)).unwrap_or(nobody)
}

fn given(reader: &Reader<'_>, scope: &Scope<'_>, over: Option<u64>) -> Option<Users> {
    let in_file = reader.get("count").map(|item| item.whole(1, u64::from(u32::MAX)));
    let count = match (over, in_file) {
        (Some(count), _) if (1..=u64::from(u32::MAX)).contains(&count) => Some(count),
        (Some(count), _) => {
            reader.fault("E105", format!("{count} users cannot be played"), None);
            return None;
        }
        (None, Some(count)) => Some(count?),
        (None, None) => None,
    };
    let mut given = SOURCES.into_iter().filter(|source| reader.has(source));
    let Some(source) = given.next() else {
        let help = "one of per_user_per_day and think_time (both with count), rate, \
                    interarrival, replay, replay_log";
        reader.fault("E102", "[users] does not say when requests come", Some(help));
        return None;
    };
    if let Some(second) = given.next() {
        let message = format!("[users] has both `{source}` and `{second}`");
        let help = "keep one of them".to_owned();
        reader.context.error("E109", reader.key_origin(second), message, Some(help));
    }
    check_rate_keys(reader, source);
    let arrivals = match source {
        "per_user_per_day" => {
            let each = reader.get(source)?.positive()?;
            let count = needed(reader, count, source)?;
            moving(reader, each * count as f64 / SECONDS_PER_DAY)?
        }
        "rate" => moving(reader, reader.get("rate")?.positive_quantity()?)?,
        "think_time" => {
            check_closed(reader, needed(reader, count, source)?);
            Arrivals::Closed { think: distribution(&reader.get("think_time")?)? }
        }
        "interarrival" => Arrivals::Renewal { gap: gap(&reader.get("interarrival")?)? },
        "replay" => Arrivals::Replay { requests: replay::csv(&reader.get("replay")?, scope)? },
        _ => replay::log(reader, scope).map(|requests| Arrivals::Replay { requests })?,
    };
    Some(Users { count, requests_per_user_per_s: per_user(&arrivals, count), arrivals })
}

fn gap(item: &Item<'_>) -> Option<Distribution> {
    let gap = distribution(item)?;
    if gap.is_zero() {
        item.fault("E105", format!("the mean of `{}` must be above zero", item.path), None);
        return None;
    }
    Some(gap)
}

fn needed(reader: &Reader<'_>, count: Option<u64>, source: &str) -> Option<u64> {
    if count.is_none() {
        reader.fault("E102", format!("`users.{source}` needs `users.count`"), None);
    }
    count
}

/// Users who wait for their answers are kept one by one.
fn check_closed(reader: &Reader<'_>, count: u64) {
    let most = defaults::MOST_CLOSED_USERS;
    if count > most {
        let message = format!("{count} users with `think_time` cannot be played; allowed: {most}");
        let help = "per_user_per_day and rate have no such limit".to_owned();
        reader.context.error("E105", reader.key_origin("count"), message, Some(help));
    }
}

/// Keys that belong to a rate, given without one.
fn check_rate_keys(reader: &Reader<'_>, source: &str) {
    let rated = matches!(source, "per_user_per_day" | "rate");
    for key in ["peak_to_mean", "play", "pattern"] {
        if reader.has(key) && !rated {
            let message = format!("`users.{key}` has no meaning beside `users.{source}`");
            reader.context.error("E109", reader.key_origin(key), message, None);
        }
    }
    if reader.has("urls") && source != "replay_log" {
        let message = format!("`users.urls` has no meaning beside `users.{source}`");
        reader.context.error("E109", reader.key_origin("urls"), message, None);
    }
}

/// A mean rate, moved by what is played.
fn moving(reader: &Reader<'_>, mean: f64) -> Option<Arrivals> {
    let peak_to_mean =
        reader.get("peak_to_mean").map_or(Some(1.0), |item| item.number(1.0, 1e6))?;
    let play = reader.get("play").map_or(Some(Play::Steady), |item| play(&item))?;
    let pattern = reader.part("pattern");
    rate::arrivals(reader, mean, peak_to_mean, play, pattern.as_ref())
}

fn play(item: &Item<'_>) -> Option<Play> {
    match &item.node.value {
        Value::Text(text) if text == "peak hour" => Some(Play::PeakHour),
        Value::Text(text) if text == "day" => Some(Play::Day),
        Value::Table(_) => {
            let window = item.table_of(&keys::WINDOW)?;
            let from = window.need("from").and_then(|item| time_of_day(&item));
            let to = window.need("to").and_then(|item| time_of_day(&item));
            let (from, to) = (from?, to?);
            if from >= to {
                window.fault("E105", "the window ends before it begins", None);
                return None;
            }
            Some(Play::Window { from, to })
        }
        _ => {
            let help = "\"peak hour\", \"day\", or { from = \"18:00\", to = \"21:00\" }".to_owned();
            item.fault("E106", format!("`{}` is none of the known ways", item.path), Some(help));
            None
        }
    }
}

/// `"18:30"` in seconds of the day; `"24:00"` is its end.
pub(super) fn time_of_day(item: &Item<'_>) -> Option<f64> {
    let text = item.text()?;
    let parsed = text.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
        (minutes < 60 && seconds <= 86_400).then_some(f64::from(seconds))
    });
    if parsed.is_none() {
        let message = format!("`{}` must be a time of day such as \"18:00\"", item.path);
        item.fault("E105", message, None);
    }
    parsed
}

/// Mean requests per second of one user of an open stream.
fn per_user(arrivals: &Arrivals, count: Option<u64>) -> Option<f64> {
    let count = count? as f64;
    match arrivals {
        Arrivals::Renewal { gap } => Some(1e9 / gap.mean() / count),
        Arrivals::Profile { knots } => Some(rate::mean_of(knots) / count),
        Arrivals::Closed { .. } | Arrivals::Replay { .. } => None,
    }
}
