//! The fastest that a request can be where nobody else asks: the asymptotic
//! bound at no load (Lazowska, Zahorjan, Graham & Sevcik 1984, *Quantitative
//! System Performance*, ch. 5: R ≥ D).
//!
//! R₀ is the sum of what every request of a kind must pass: the round trip to
//! the site, CPU work of a lone job, waits, and trips inside. Its mean and
//! variance are exact. Of the answered requests, more than P(R₀ > L) − f take
//! longer than L where a share f may fail; P(R₀ > L) is at least what Cantelli's
//! inequality says.

use super::bound::may_fail;
use crate::kernel::distribution::Distribution;
use crate::kernel::math;
use crate::scenario::model::{Arrivals, Endpoint, Scenario, SloFigure, SloTerm, Step};

/// Mean and variance, nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    mean: f64,
    variance: f64,
}

impl Moments {
    fn of(distribution: &Distribution) -> Self {
        Self { mean: distribution.mean(), variance: distribution.variance() }
    }

    fn constant(nanos: f64) -> Self {
        Self { mean: nanos, variance: 0.0 }
    }

    fn and(self, other: Self) -> Self {
        Self { mean: self.mean + other.mean, variance: self.variance + other.variance }
    }

    /// A lower bound of P(X > x), Cantelli's inequality.
    fn beyond(self, x: f64) -> f64 {
        let above = self.mean - x;
        match above > 0.0 {
            true => above * above / (above * above + self.variance),
            false => 0.0,
        }
    }
}

/// The term of the objective that no load at all can meet, with the mean of R₀
/// in milliseconds; `None` where there is none.
pub(super) fn too_slow(scenario: &Scenario) -> Option<(SloTerm, f64)> {
    let failing = may_fail(scenario)?;
    let clients = &scenario.workload.clients;
    // An answer after a time out, or from the faster of two, is another draw.
    let again = |client: &crate::scenario::model::Client| {
        client.hedge.is_some() || client.retries.is_some() && client.timeout.is_some()
    };
    let recorded = matches!(scenario.workload.users.arrivals, Arrivals::Replay { .. });
    if recorded || clients.iter().any(again) {
        return None;
    }
    let kinds: Vec<(f64, Moments)> = scenario
        .workload
        .endpoints
        .iter()
        .map(|endpoint| (endpoint.share, fastest(scenario, endpoint)))
        .collect();
    let total: f64 = kinds.iter().map(|(share, _)| share).sum();
    let over = |of: &dyn Fn(Moments) -> f64| -> f64 {
        kinds.iter().map(|(share, time)| share / total * of(*time)).sum()
    };
    let mean = over(&|time| time.mean);
    let square = over(&|time| time.variance + time.mean * time.mean);
    let missed = |term: &&SloTerm| {
        let limit = term.limit * 1e6;
        match term.figure {
            SloFigure::Mean => mean - math::sqrt(square * failing) > limit,
            SloFigure::Quantile(p) => over(&|time| time.beyond(limit)) - failing > 1.0 - p,
            _ => false,
        }
    };
    scenario.slo.iter().find(missed).map(|term| (*term, mean / 1e6))
}

/// What every request to an endpoint must pass.
fn fastest(scenario: &Scenario, endpoint: &Endpoint) -> Moments {
    let trip = Moments::of(&scenario.topology.network.client_rtt);
    // A cache may hold the whole result.
    if endpoint.cacheable.is_some() && !scenario.topology.caches.is_empty() {
        return trip;
    }
    trip.and(steps(scenario, &endpoint.steps, 0))
}

fn steps(scenario: &Scenario, steps: &[Step], depth: u32) -> Moments {
    /// Calls nested deeper add to what is a lower bound already.
    const DEEPEST: u32 = 16;
    let inside = scenario.topology.network.internal_rtt.as_nanos() as f64;
    steps.iter().fold(Moments::default(), |sum, step| {
        sum.and(match step {
            Step::Cpu(time) | Step::Wait(time) => Moments::of(time),
            Step::Call(operation) if depth < DEEPEST => {
                self::steps(scenario, &scenario.workload.operations[*operation].steps, depth + 1)
            }
            Step::Parallel(branches) if depth < DEEPEST => branches
                .iter()
                .map(|branch| self::steps(scenario, branch, depth + 1))
                .fold(Moments::default(), |a, b| if b.mean > a.mean { b } else { a }),
            _ if step.asks_a_store() => Moments::constant(inside),
            // The work of a queue need not be waited for.
            _ => Moments::default(),
        })
    })
}
