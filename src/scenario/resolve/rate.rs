//! A mean rate and how it moves: from shares of a day to knots.

use super::super::keys;
use super::super::model::Arrivals;
use super::super::reader::{Item, Reader};
use super::super::tree::{PATTERNS, SOURCES};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Instant;

const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;
/// A day that is played longer repeats; after that many days its rate stays.
const DAYS: u32 = 31;

/// What of a day is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Play {
    /// The mean, or the pattern where there is one.
    Steady,
    /// The rate of the peak hour all the time.
    PeakHour,
    /// The whole day from midnight.
    Day,
    /// Seconds of the day.
    Window { from: f64, to: f64 },
}

/// Knots in seconds and requests per second.
type Knots = Vec<(f64, f64)>;

pub(super) fn arrivals(
    reader: &Reader<'_>,
    mean: f64,
    peak_to_mean: f64,
    play: Play,
    pattern: Option<&Reader<'_>>,
) -> Option<Arrivals> {
    // Read in any case, so that its faults are found.
    let pattern = match pattern {
        Some(pattern) => Some(knots(pattern)?),
        None => None,
    };
    let steady = |rate: f64| poisson(reader, rate);
    let knots = match (play, pattern) {
        (Play::PeakHour, _) => return steady(mean * peak_to_mean),
        (Play::Steady, None) => return steady(mean),
        (Play::Steady | Play::Day, Some(knots)) => knots,
        (Play::Window { from, to }, Some(knots)) => window(&knots, from, to),
        (Play::Day | Play::Window { .. }, None) => {
            let help = "[users.pattern] with hourly = [ 24 weights ]";
            reader.fault("E102", "`users.play` needs a pattern of the day", Some(help));
            return None;
        }
    };
    let instant = |seconds: f64| Instant::from_nanos((seconds * 1e9).round() as u64);
    let peak = knots.iter().map(|knot| knot.1).fold(0.0, f64::max);
    playable(reader, mean * peak)?;
    let knots = knots.into_iter().map(|(at, factor)| (instant(at), factor * mean)).collect();
    Some(Arrivals::Profile { knots })
}

fn poisson(reader: &Reader<'_>, rate: f64) -> Option<Arrivals> {
    let mean = 1e9 / playable(reader, rate)?;
    Some(Arrivals::Renewal { gap: Distribution::Exponential { mean } })
}

/// A rate at which requests come before the clock ends, and not all at once.
fn playable(reader: &Reader<'_>, rate: f64) -> Option<f64> {
    let gap = 1e9 / rate;
    if gap.is_finite() && (1e-3..Instant::MAX.as_nanos() as f64).contains(&gap) {
        return Some(rate);
    }
    let given = SOURCES.into_iter().find(|source| reader.has(source)).unwrap_or_default();
    let message = format!("with `users.{given}`, {rate:e} requests per second cannot be played");
    let help = "possible: about 1e-9 to 1e12 per second at the peak".to_owned();
    reader.context.error("E105", reader.key_origin(given), message, Some(help));
    None
}

fn knots(pattern: &Reader<'_>) -> Option<Knots> {
    let mut given = PATTERNS.into_iter().filter(|form| pattern.has(form));
    let Some(form) = given.next() else {
        pattern.fault("E102", "the pattern is empty", Some("one of hourly, steps, ramp, spike"));
        return None;
    };
    if let Some(second) = given.next() {
        let message = format!("the pattern has both `{form}` and `{second}`");
        pattern.context.error("E109", pattern.key_origin(second), message, None);
        return None;
    }
    match form {
        "hourly" => hourly(&pattern.get("hourly")?),
        "steps" => steps(&pattern.get("steps")?),
        "ramp" => ramp(&pattern.part("ramp")?),
        _ => spike(&pattern.part("spike")?),
    }
}

/// Straight lines between the middles of the hours, around midnight too: that
/// keeps the mean of the day.
fn hourly(item: &Item<'_>) -> Option<Knots> {
    let items = item.items()?;
    let weights: Option<Vec<f64>> = items.iter().map(|item| item.number(0.0, 1e12)).collect();
    let weights = weights?;
    let total: f64 = weights.iter().sum();
    if weights.len() != 24 || total <= 0.0 {
        let message = format!("`{}` must hold 24 weights, not all zero", item.path);
        item.fault("E105", message, None);
        return None;
    }
    let factor = |hour: usize| weights[hour % 24] * 24.0 / total;
    let midnight = 0.5 * (factor(23) + factor(0));
    let mut knots = vec![(0.0, midnight)];
    for day in 0..DAYS {
        let start = f64::from(day) * DAY;
        knots.extend((0..24).map(|hour| (start + (hour as f64 + 0.5) * HOUR, factor(hour))));
    }
    knots.push((f64::from(DAYS) * DAY, midnight));
    Some(knots)
}

fn steps(item: &Item<'_>) -> Option<Knots> {
    let mut knots: Knots = vec![(0.0, 1.0)];
    for step in item.items()? {
        let reader = step.table_of(&keys::RATE_STEP)?;
        let at = reader.need("at").and_then(|item| item.duration());
        let factor = reader.need("factor").and_then(|item| item.number(0.0, 1e9));
        let (at, factor) = (at?.as_secs_f64(), factor?);
        let &(last, before) = knots.last()?;
        if at < last || (at == last && knots.len() > 1) {
            step.fault("E105", "steps must stand in order of time", None);
            return None;
        }
        if at == 0.0 {
            knots.clear();
        } else {
            knots.push((at, before));
        }
        knots.push((at, factor));
    }
    Some(knots)
}

fn ramp(reader: &Reader<'_>) -> Option<Knots> {
    let from = reader.get("from").map_or(Some(1.0), |item| item.number(0.0, 1e9));
    let to = reader.need("to").and_then(|item| item.number(0.0, 1e9));
    let over = reader.need("over").and_then(|item| item.positive_duration());
    let start = reader.get("start").and_then(|item| item.duration());
    let start = start.map_or(0.0, |start| start.as_secs_f64());
    let (from, to, over) = (from?, to?, over?.as_secs_f64());
    let mut knots = vec![(0.0, from)];
    if start > 0.0 {
        knots.push((start, from));
    }
    knots.push((start + over, to));
    Some(knots)
}

fn spike(reader: &Reader<'_>) -> Option<Knots> {
    let at = reader.need("at").and_then(|item| item.duration());
    let lasts = reader.need("for").and_then(|item| item.positive_duration());
    let factor = reader.need("factor").and_then(|item| item.number(0.0, 1e9));
    let (at, lasts, factor) = (at?.as_secs_f64(), lasts?.as_secs_f64(), factor?);
    let end = at + lasts;
    Some(vec![(0.0, 1.0), (at, 1.0), (at, factor), (end, factor), (end, 1.0)])
}

/// The part of the knots from one time to another, from zero on.
fn window(knots: &Knots, from: f64, to: f64) -> Knots {
    let mut out = vec![(0.0, value_at(knots, from))];
    let inside = knots.iter().filter(|(at, _)| *at > from && *at < to);
    out.extend(inside.map(|(at, factor)| (at - from, *factor)));
    out.push((to - from, value_at(knots, to)));
    out
}

fn value_at(knots: &Knots, at: f64) -> f64 {
    let after = knots.iter().position(|(time, _)| *time > at);
    match after {
        Some(0) => knots[0].1,
        Some(next) => {
            let ((t0, v0), (t1, v1)) = (knots[next - 1], knots[next]);
            v0 + (v1 - v0) * (at - t0) / (t1 - t0)
        }
        None => knots.last().map_or(0.0, |(_, value)| *value),
    }
}

/// Mean over the time between the first knot and the last.
pub(super) fn mean_of(knots: &[(Instant, f64)]) -> f64 {
    let seconds: Vec<(f64, f64)> =
        knots.iter().map(|(at, rate)| (at.as_secs_f64(), *rate)).collect();
    let area: f64 = seconds.windows(2).map(|w| 0.5 * (w[0].1 + w[1].1) * (w[1].0 - w[0].0)).sum();
    match (seconds.first(), seconds.last()) {
        (Some(first), Some(last)) if last.0 > first.0 => area / (last.0 - first.0),
        (Some(first), _) => first.1,
        _ => 0.0,
    }
}
