//! How the load of a scenario is made larger and smaller: by its users where
//! requests come from them, and else by its rate.

use super::{CapacityFailure, CapacityOptions, Unit};
use crate::kernel::distribution::Distribution;
use crate::kernel::math;
use crate::kernel::time::Duration;
use crate::scenario::model::{Arrivals, RunKind, Scenario};
use crate::scenario::{Change, Template};

/// Steps of a rate between one power of ten and the next, at the least.
const RATE_STEPS: f64 = 100_000.0;
/// Of a rate, so many times today's is tried at most.
const RATE_GROWTH: u64 = 1_000_000;
/// A steady run whose script is left out measures so long at most: what made
/// it long is gone.
const STEADY: Duration = Duration::from_nanos(30 * 1_000_000_000);

/// A scenario under any load. A level is a whole number of users, or of steps
/// of the rate.
pub(super) struct Load<'a> {
    template: &'a Template<'a>,
    changes: &'a [Change],
    without_events: bool,
    pub(super) unit: Unit,
    /// Users or requests per second of one level.
    pub(super) quantum: f64,
    /// Level of the scenario as it is.
    pub(super) today: u64,
    /// The scenario as it is.
    pub(super) base: Scenario,
}

impl<'a> Load<'a> {
    pub(super) fn new(
        template: &'a Template<'a>,
        options: &'a CapacityOptions<'a>,
    ) -> Result<Self, CapacityFailure> {
        let base = template.vary(options.changes, None).map_err(CapacityFailure::Scenario)?;
        refused(&base).map_or(Ok(()), Err)?;
        let mut load = Self {
            template,
            changes: options.changes,
            without_events: options.without_events && !base.failures.events.is_empty(),
            unit: Unit::Users,
            quantum: 1.0,
            today: 1,
            base,
        };
        match load.users_that_count() {
            Some(users) => load.today = users,
            None => {
                let rate = peak_rate(&load.base.workload.users.arrivals);
                load.unit = Unit::RequestsPerS;
                let decade = math::pow(10.0, math::log10(rate).floor());
                load.quantum = decade / RATE_STEPS;
                load.today = (rate / load.quantum).round() as u64;
            }
        }
        load.base = load.prepared(load.base.clone());
        Ok(load)
    }

    /// Whether the script is left out.
    pub(super) fn leaves_events_out(&self) -> bool {
        self.without_events
    }

    /// The number of users, where twice as many bring twice the load.
    fn users_that_count(&self) -> Option<u64> {
        let users = &self.base.workload.users;
        let count = users.count?;
        if matches!(users.arrivals, Arrivals::Closed { .. }) {
            return Some(count);
        }
        let other = if count <= u64::from(u32::MAX) / 2 { 2 * count } else { count / 2 };
        let varied = self.template.vary(self.changes, Some(other)).ok()?;
        let (before, after) =
            (peak_rate(&users.arrivals), peak_rate(&varied.workload.users.arrivals));
        let grown = after / before * count as f64 / other as f64;
        ((grown - 1.0).abs() < 1e-6).then_some(count)
    }

    /// The highest level that can be played.
    pub(super) fn most(&self) -> u64 {
        match (self.unit, &self.base.workload.users.arrivals) {
            (Unit::RequestsPerS, _) => self.today.saturating_mul(RATE_GROWTH),
            (Unit::Users, Arrivals::Closed { .. }) => {
                let playable = |users: u64| self.template.vary(self.changes, Some(users)).is_ok();
                let mut most = self.today;
                while most < u64::from(u32::MAX) / 2 && playable(2 * most) {
                    most *= 2;
                }
                most
            }
            (Unit::Users, _) => u64::from(u32::MAX),
        }
    }

    /// The scenario at a level.
    pub(super) fn at(&self, level: u64) -> Result<Scenario, CapacityFailure> {
        if self.unit == Unit::Users {
            let varied = self.template.vary(self.changes, Some(level));
            return varied.map(|one| self.prepared(one)).map_err(CapacityFailure::Scenario);
        }
        let mut scenario = self.base.clone();
        let factor = level as f64 / self.today as f64;
        let users = &mut scenario.workload.users;
        if let Some(each) = &mut users.requests_per_user_per_s {
            *each *= factor;
        }
        match &mut users.arrivals {
            Arrivals::Renewal { gap } => *gap = gap.scaled(1.0 / factor),
            Arrivals::Profile { knots } => knots.iter_mut().for_each(|knot| knot.1 *= factor),
            Arrivals::Closed { .. } | Arrivals::Replay { .. } => {}
        }
        Ok(scenario)
    }

    /// Without its script, where that is left out: a steady run.
    fn prepared(&self, mut scenario: Scenario) -> Scenario {
        if self.without_events {
            scenario.failures.events.clear();
            let run = &mut scenario.run;
            let moves = matches!(scenario.workload.users.arrivals, Arrivals::Profile { .. });
            if !moves {
                run.kind = RunKind::Steady;
                let warmup = run.warmup.unwrap_or(Duration::ZERO);
                run.duration = run.duration.min(warmup + STEADY);
                run.limits.drain = run.limits.drain.min(run.duration);
            }
        }
        scenario
    }

    /// Users, or requests per second, of a level.
    pub(super) fn amount(&self, level: u64) -> f64 {
        level as f64 * self.quantum
    }

    /// Requests that a replication of a level measures about, where the
    /// scenario says it.
    pub(super) fn requests(&self, level: u64) -> Option<f64> {
        let users = &self.base.workload.users;
        if matches!(users.arrivals, Arrivals::Closed { .. }) {
            return None;
        }
        let run = &self.base.run;
        let measured =
            run.duration.as_secs_f64() - run.warmup.map_or(0.0, |warmup| warmup.as_secs_f64());
        let today = mean_rate(&users.arrivals, run.duration) * measured;
        Some(today * level as f64 / self.today as f64)
    }
}

/// Why a scenario has no high-water mark, if it has none.
pub(super) fn refused(scenario: &Scenario) -> Option<CapacityFailure> {
    let refused = |why: &str, fix: &str| {
        Some(CapacityFailure::Refused { why: why.to_owned(), fix: fix.to_owned() })
    };
    if scenario.slo.is_empty() {
        return refused(
            "the scenario has no [slo], so nothing says how many users are too many",
            "add one, such as\n\n[slo]\np99 = \"500 ms\"\navailability = 0.999\n\nor, for \
             once, --set slo.p99='\"500 ms\"'",
        );
    }
    if matches!(scenario.workload.users.arrivals, Arrivals::Replay { .. }) {
        return refused(
            "the requests are a recording, which cannot be made larger or smaller: more of the \
             same users would not come at the same instants",
            "give the load as `users.per_user_per_day`, `users.think_time` or `users.rate`",
        );
    }
    if scenario.run.availability_only {
        return refused(
            "run.availability_only plays no requests, so more users change nothing",
            "--set run.availability_only=false",
        );
    }
    None
}

/// Requests per second at the peak.
pub(super) fn peak_rate(arrivals: &Arrivals) -> f64 {
    match arrivals {
        Arrivals::Renewal { gap } => 1e9 / Distribution::mean(gap),
        Arrivals::Profile { knots } => knots.iter().map(|knot| knot.1).fold(0.0, f64::max),
        Arrivals::Closed { .. } | Arrivals::Replay { .. } => 0.0,
    }
}

/// Requests per second over a run.
fn mean_rate(arrivals: &Arrivals, duration: Duration) -> f64 {
    let Arrivals::Profile { knots } = arrivals else { return peak_rate(arrivals) };
    let end = duration.as_secs_f64();
    let at = |knot: &(crate::kernel::time::Instant, f64)| (knot.0.as_secs_f64(), knot.1);
    let mut area = 0.0;
    for (one, next) in knots.iter().map(at).zip(knots.iter().skip(1).map(at)) {
        area += 0.5 * (one.1 + next.1) * (next.0.min(end) - one.0).max(0.0);
    }
    if let Some(last) = knots.last().map(at) {
        area += last.1 * (end - last.0).max(0.0);
    }
    area / end
}
