//! An autoscaler: how many instances a service should have, decided from what
//! its instances have measured. It knows no clock but the `now` it is handed.
//!
//! *Target tracking* is the rule of the Kubernetes Horizontal Pod Autoscaler
//! (kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale,
//! "Algorithm details"; `replica_calculator.go`): desired = ⌈current × metric ÷
//! target⌉, nothing within a tolerance of 10 %. Instances that boot or warm up
//! have no metric; where the ratio asks for more they count as idle, and the
//! answer never goes against the direction of the ratio. *Step rules* are
//! those of EC2 Auto Scaling ("step scaling policies"): instances that warm up
//! are part of what a rule has added already. Where several rules ask, the
//! largest number wins, as both do it.

use crate::kernel::time::{Duration, Instant};

/// Targets and thresholds count in billionths of the metric's unit.
pub const UNIT: u128 = 1_000_000_000;

/// What is measured of the instances over one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Busy share of their vCPUs.
    Utilisation,
    /// Requests that wait for a worker or a vCPU, per instance.
    Queue,
    /// Mean time of a request in the service, nanoseconds (Little's law).
    Latency,
}

impl Metric {
    /// As the language writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utilisation => "utilisation",
            Self::Queue => "queue",
            Self::Latency => "latency",
        }
    }
}

/// A metric and a value of it, in billionths of its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Of what.
    pub metric: Metric,
    /// How much.
    pub value: u128,
}

/// What a step rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// So many instances.
    Instances(u32),
    /// Hundredths of the present number, at least one instance.
    Percent(u32),
}

impl Change {
    fn of(self, instances: u32) -> u32 {
        match self {
            Self::Instances(count) => count,
            Self::Percent(share) => {
                let count = u64::from(instances) * u64::from(share) / 100;
                u32::try_from(count).unwrap_or(u32::MAX).max(1)
            }
        }
    }
}

/// A step rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRule {
    /// Holds beyond this.
    pub threshold: Threshold,
    /// Above the threshold instances are added; else below it removed.
    pub above: bool,
    /// How many.
    pub change: Change,
}

/// The fewest and the most instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At least one.
    pub min: u32,
    /// At least `min`.
    pub max: u32,
}

impl Limits {
    fn clamp(self, count: u64) -> u32 {
        count.clamp(u64::from(self.min), u64::from(self.max)) as u32
    }
}

/// What rules an autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// While no schedule says otherwise.
    pub limits: Limits,
    /// Target tracking.
    pub target: Option<Threshold>,
    /// Step rules.
    pub steps: Vec<StepRule>,
    /// From one scale-out to the next, at least.
    pub cooldown_out: Duration,
    /// From any action to a scale-in, at least.
    pub cooldown_in: Duration,
}

/// A mean as an exact ratio, in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// Such as busy vCPU-nanoseconds.
    pub part: u128,
    /// Such as vCPU-nanoseconds; never zero.
    pub whole: u128,
}

impl Ratio {
    /// For people.
    pub fn value(self) -> f64 {
        self.part as f64 / self.whole as f64
    }

    /// This ratio over a threshold, as parts of the same whole.
    fn over(self, value: u128) -> (u128, u128) {
        (self.part * UNIT, self.whole * value)
    }
}

/// What one period has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Instances that were measured, from the start of the period to its end.
    pub measured: u32,
    /// Instances that neither boot nor warm up, dead ones included.
    pub settled: u32,
    /// Of the measured; absent where none was, or nothing is known.
    pub utilisation: Option<Ratio>,
    /// Of the measured.
    pub queue: Option<Ratio>,
    /// Of the measured.
    pub latency: Option<Ratio>,
}

impl Sample {
    /// The mean of a metric.
    pub fn of(&self, metric: Metric) -> Option<Ratio> {
        match metric {
            Metric::Utilisation => self.utilisation,
            Metric::Queue => self.queue,
            Metric::Latency => self.latency,
        }
    }

    /// Instances with which the metric would have been at the target, if it
    /// goes down in proportion: ⌈measured × metric ÷ target⌉.
    pub fn needed(&self, target: Threshold) -> Option<u64> {
        let (part, whole) = self.of(target.metric)?.over(target.value);
        let needed = (part * u128::from(self.measured)).div_ceil(whole);
        Some(u64::try_from(needed).unwrap_or(u64::MAX))
    }
}

/// Why the number changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// The metric is off its target.
    Target(Metric, f64),
    /// The step rule of this number holds.
    Step(usize, f64),
    /// A schedule says so.
    Schedule,
}

/// A change of the number of instances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// Instances before.
    pub from: u32,
    /// Instances after.
    pub to: u32,
    /// Why.
    pub reason: Reason,
}

/// The state of an autoscaler.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    limits: Limits,
    wanted: u32,
    last_out: Option<Instant>,
    last: Option<Instant>,
}

impl Autoscaler {
    /// So many instances at the start.
    pub fn new(settings: &Settings, instances: u32) -> Self {
        Self { limits: settings.limits, wanted: instances, last_out: None, last: None }
    }

    /// Instances that there are to be.
    pub fn wanted(&self) -> u32 {
        self.wanted
    }

    /// The present limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What follows from a sample.
    pub fn decide(&mut self, settings: &Settings, now: Instant, seen: &Sample) -> Option<Scaling> {
        let (desired, reason) = self.proposal(settings, seen)?;
        let to = self.limits.clamp(desired);
        let since = if to > self.wanted { self.last_out } else { self.last };
        let pause = if to > self.wanted { settings.cooldown_out } else { settings.cooldown_in };
        if since.is_some_and(|since| now < since.saturating_add(pause)) {
            return None;
        }
        self.scale(now, to, reason)
    }

    /// Other limits hold from now on, and a number of instances where one is
    /// given. Neither waits for a cooldown.
    pub fn reschedule(
        &mut self,
        now: Instant,
        limits: Limits,
        instances: Option<u32>,
    ) -> Option<Scaling> {
        self.limits = limits;
        let to = limits.clamp(u64::from(instances.unwrap_or(self.wanted)));
        self.scale(now, to, Reason::Schedule)
    }

    fn scale(&mut self, now: Instant, to: u32, reason: Reason) -> Option<Scaling> {
        let from = std::mem::replace(&mut self.wanted, to);
        if to > from {
            self.last_out = Some(now);
        }
        if to != from {
            self.last = Some(now);
        }
        (to != from).then_some(Scaling { from, to, reason })
    }

    /// The largest number that a rule asks for.
    fn proposal(&self, settings: &Settings, seen: &Sample) -> Option<(u64, Reason)> {
        let target = settings.target.and_then(|target| {
            let value = seen.of(target.metric)?.value();
            Some((self.track(target, seen)?, Reason::Target(target.metric, value)))
        });
        let steps = settings.steps.iter().enumerate();
        let steps = steps.filter_map(|(number, rule)| self.step(number, rule, seen));
        // Of equals the first.
        target
            .into_iter()
            .chain(steps)
            .reduce(|most, next| if next.0 > most.0 { next } else { most })
    }

    /// Target tracking: the present number where nothing is to be done.
    fn track(&self, target: Threshold, seen: &Sample) -> Option<u64> {
        let (part, whole) = seen.of(target.metric)?.over(target.value);
        let (stay, wanted) = (u64::from(self.wanted), u128::from(self.wanted));
        let within = |part: u128, whole: u128| 10 * part >= 9 * whole && 10 * part <= 11 * whole;
        if within(part, whole) {
            return Some(stay);
        }
        let desired = seen.needed(target)?;
        if part < whole {
            return Some(desired.min(stay));
        }
        // Who boots or warms up counts as idle.
        let (part, whole) = (part * u128::from(seen.measured), whole * wanted);
        let settled = seen.measured < self.wanted && within(part, whole);
        Some(if settled { stay } else { desired.max(stay) })
    }

    fn step(&self, number: usize, rule: &StepRule, seen: &Sample) -> Option<(u64, Reason)> {
        let level = seen.of(rule.threshold.metric)?;
        let (part, whole) = level.over(rule.threshold.value);
        let holds = if rule.above { part > whole } else { part < whole };
        let wanted = u64::from(self.wanted);
        let desired = match rule.above {
            true => {
                let settled = seen.settled.min(self.wanted);
                let asked = u64::from(settled) + u64::from(rule.change.of(settled));
                asked.max(wanted)
            }
            false => wanted.saturating_sub(u64::from(rule.change.of(self.wanted))),
        };
        holds.then_some((desired, Reason::Step(number, level.value())))
    }
}

#[cfg(test)]
mod tests;
