//! The load that no run need be played for: by the utilisation law more than
//! the tightest CPU can do (Lazowska et al., *Quantitative System
//! Performance*, 1984, ch. 5).

use super::load::{Load, peak_rate};
use crate::scenario::bounds::{Demand, demands};
use crate::scenario::compile::compile;
use crate::scenario::model::{Arrivals, ReadFrom, RunKind, Scenario, SloFigure};
use crate::simulation::blueprint::{ArrivalPlan, Blueprint};

/// What cannot be carried, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ceiling {
    /// The lowest level that is hopeless.
    pub(super) level: u64,
    /// The station that is busy all the time there.
    pub(super) station: String,
}

/// The ceiling of a design, where the laws give one: not where simulated
/// caches take an unknown part of the work away, nor where a course in time
/// may ride a peak out.
pub(super) fn ceiling(load: &Load<'_>) -> Option<Ceiling> {
    let scenario = &load.base;
    let plan = compile(scenario).ok()?;
    if scenario.run.kind != RunKind::Steady || plan.caches.iter().any(|one| one.hit_ratio.is_none())
    {
        return None;
    }
    let tightest = tightest(scenario, &plan)?;
    let amount = match &plan.population.arrivals {
        ArrivalPlan::Closed(think) => users_too_many(scenario, &tightest, think.mean() / 1e9)?,
        _ => {
            // What fails within the SLO need not be carried.
            let carried = tightest.saturation_per_s / (1.0 - failures_allowed(scenario));
            let today = peak_rate(&scenario.workload.users.arrivals);
            carried / today * load.amount(load.today)
        }
    };
    let level = (amount / load.quantum).ceil();
    let level = (level >= 1.0 && level < u64::MAX as f64).then_some(level as u64)?;
    Some(Ceiling { level, station: tightest.station })
}

/// The station that saturates first. Where reads go to whichever instance has
/// room, its busiest instance says nothing.
fn tightest(scenario: &Scenario, plan: &Blueprint) -> Option<Demand> {
    let evades = |demand: &Demand| {
        scenario.topology.databases.iter().any(|database| {
            database.read_from != ReadFrom::Replicas
                && database.hosts.len() > 1
                && demand.station.starts_with(&format!("databases.{}.", database.name))
        })
    };
    demands(plan).into_iter().find(|demand| !evades(demand))
}

/// Asymptotic bound of a closed network: N users who think for Z wait at least
/// N·D − Z, D being the largest demand (Lazowska et al., eq. 5.5). Only a mean
/// is bounded by it.
fn users_too_many(scenario: &Scenario, tightest: &Demand, think_s: f64) -> Option<f64> {
    let Arrivals::Closed { .. } = scenario.workload.users.arrivals else { return None };
    let mean = scenario.slo.iter().find(|term| term.figure == SloFigure::Mean)?;
    Some((mean.limit / 1e3 + think_s) * tightest.saturation_per_s + 1.0)
}

/// Share of the requests that may fail. Where the SLO does not say it, none:
/// who gets no answer is not carried.
fn failures_allowed(scenario: &Scenario) -> f64 {
    let allowed = scenario.slo.iter().filter_map(|term| match term.figure {
        SloFigure::Availability => Some(1.0 - term.limit),
        SloFigure::ErrorRate => Some(term.limit),
        SloFigure::Mean | SloFigure::Quantile(_) => None,
    });
    allowed.reduce(f64::min).unwrap_or(0.0).min(0.999)
}
