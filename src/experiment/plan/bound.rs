//! What no design can escape, in closed form: designs that are cut here are
//! never played.
//!
//! *Utilisation law* (Denning & Buzen 1978, "The operational analysis of
//! queueing network models", eq. 5: U = X·S). The work that must be done
//! cannot exceed the work that can be done. All is taken at its best: caches
//! hit, browsers have their static files, nobody tries again, nothing fails
//! but what is asked to be lost.
//!
//! Requests that fail, or answer late, need not be worked for. At most a share
//! x of them may (1 − the availability; in a run of given length the slowest
//! 1 − p of those that are answered as well). By Cauchy and Schwarz they take
//! at most √(x·E[S²]) of the work with them, and E[S²] ≤ m·h·E[S]², where m is
//! the greatest E[X²] ÷ E[X]² of a piece of work (Minkowski) and h what the
//! heaviest kind of request brings over the mean.

use super::survivors::survivors;
use crate::kernel::math;
use crate::route::step::Verb;
use crate::scenario::bounds::{self, Demand};
use crate::scenario::compile::compile;
use crate::scenario::model::{Arrivals, HostId, RunKind, Scenario, SloFigure};
use crate::simulation::blueprint::{Blueprint, CpuPlan};
use crate::tier::balancer::Policy;

/// How much of a station its work must take at least.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Load {
    /// Such as `services.web.cpu`.
    pub(super) station: String,
    /// Work that comes ÷ work that can be done, all taken at its best.
    pub(super) utilisation: f64,
    /// More work must be done than can be.
    pub(super) hopeless: bool,
}

/// The station that the work must take most of; `None` where nothing can be
/// said without playing.
pub(super) fn tightest(scenario: &Scenario, lost: &[HostId]) -> Option<Load> {
    let Arrivals::Renewal { .. } = scenario.workload.users.arrivals else { return None };
    let mut plan = compile(&survivors(scenario, lost)?).ok()?;
    let offered = bounds::offered_per_s(&plan)?;
    bounds::at_best(&mut plan);
    let demands = bounds::demands(&plan);
    let loads = demands.iter().filter_map(|demand| {
        let capacity = capacity_per_s(&plan, demand)?;
        let utilisation = offered / capacity;
        let spread = work_spread(&plan) * heaviest(&plan, demand);
        let hopeless = required(scenario).is_some_and(|need| {
            let skipped = math::sqrt(spread * need.unserved);
            utilisation * (1.0 - skipped) > need.time
        });
        Some(Load { station: demand.station.clone(), utilisation, hopeless })
    });
    loads.reduce(|most, next| {
        let rank = |load: &Load| (load.hopeless, load.utilisation);
        if rank(&next) > rank(&most) { next } else { most }
    })
}

/// What the objective asks of the work.
struct Required {
    /// Share of the requests that need not be worked for in time.
    unserved: f64,
    /// Time in which the work can be done ÷ time in which it comes.
    time: f64,
}

/// `None`: the objective asks for nothing that work could be held against.
fn required(scenario: &Scenario) -> Option<Required> {
    let failing = may_fail(scenario)?;
    if scenario.run.kind == RunKind::Steady {
        return Some(Required { unserved: failing, time: 1.0 });
    }
    let window = scenario.run.duration.as_secs_f64()
        - scenario.run.warmup.map_or(0.0, |it| it.as_secs_f64());
    let strictest = scenario.slo.iter().filter_map(|term| match term.figure {
        SloFigure::Quantile(p) => Some((1.0 - p * (1.0 - failing), term.limit / 1e3)),
        _ => None,
    });
    let drained = (failing, scenario.run.limits.drain.as_secs_f64());
    let (unserved, late) =
        strictest.reduce(|a, b| if b.0 < a.0 { b } else { a }).unwrap_or(drained);
    Some(Required { unserved, time: (window + late) / window })
}

/// Share of the requests that may fail; `None` where all of them may.
pub(super) fn may_fail(scenario: &Scenario) -> Option<f64> {
    // Who cancels saves the work of just those that take long.
    if scenario.workload.clients.iter().any(|client| client.cancels) {
        return None;
    }
    let terms = scenario.slo.iter().filter_map(|term| match term.figure {
        SloFigure::Availability => Some(1.0 - term.limit),
        SloFigure::ErrorRate => Some(term.limit),
        _ => None,
    });
    terms.reduce(f64::min).or_else(|| turns_nobody_away(scenario).then_some(0.0))
}

/// Whether every request waits for as long as it takes, and is answered.
fn turns_nobody_away(scenario: &Scenario) -> bool {
    let topology = &scenario.topology;
    let failures = &scenario.failures;
    failures.events.is_empty()
        && failures.processes.is_empty()
        && scenario
            .workload
            .clients
            .iter()
            .all(|client| client.timeout.is_none() && client.breaker.is_none())
        && topology.services.iter().all(|service| {
            (service.queue.is_none() || service.workers.is_none())
                && service.queue_deadline.is_none()
                && service.breaker.is_none()
        })
        && topology.databases.iter().all(|database| {
            (database.queue.is_none() || database.connections.is_none())
                && database.breaker.is_none()
        })
}

/// Requests per second that a station can do the work of. Where requests are
/// dealt out evenly the busiest instance counts, else all together.
fn capacity_per_s(plan: &Blueprint, demand: &Demand) -> Option<f64> {
    let of_station =
        |cpu: &&CpuPlan| plan.stations.names[usize::from(cpu.label.name)].name == demand.station;
    let cpus: Vec<&CpuPlan> = plan.stations.cpus.iter().filter(of_station).collect();
    let together = cpus.iter().map(|cpu| fastest(cpu)).sum::<f64>() / demand.seconds;
    let steady = cpus.iter().all(|cpu| speed(cpu, cpu.vcpus) >= fastest(cpu));
    let owner = demand.station.strip_suffix(".cpu")?;
    let of_owner = |name: &str| {
        name.strip_prefix(owner).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let evenly = |policy: &Policy| matches!(policy, Policy::RoundRobin | Policy::Random);
    let mut groups = plan.groups.iter().filter(|group| of_owner(&group.name)).peekable();
    let known = groups.peek().is_some();
    let dealt = known && groups.all(|group| group.instances < 2 || evenly(&group.policy));
    let even = dealt && steady && plan.regions.is_none();
    Some(if even { together.min(demand.saturation_per_s) } else { together })
}

/// CPU seconds per second with `busy` vCPUs (Universal Scalability Law,
/// Gunther 2007).
fn speed(cpu: &CpuPlan, busy: u32) -> f64 {
    let n = f64::from(busy);
    n / (1.0 + cpu.contention * (n - 1.0) + cpu.coherency * n * (n - 1.0))
}

/// The best that a machine can do: where its vCPUs hinder each other, that may
/// be with fewer of them at work.
fn fastest(cpu: &CpuPlan) -> f64 {
    (1..=cpu.vcpus).map(|busy| speed(cpu, busy)).fold(0.0, f64::max)
}

/// The greatest E[X²] ÷ E[X]² of a piece of CPU work.
fn work_spread(plan: &Blueprint) -> f64 {
    let pieces = plan.programs.code.iter().filter_map(|instruction| match instruction.verb {
        Verb::Work { demand, per_row, .. } => Some([demand, per_row]),
        _ => None,
    });
    let spread = |id: u16| {
        let work = &plan.programs.distributions[usize::from(id)];
        let mean = work.mean();
        if mean > 0.0 { 1.0 + work.variance() / (mean * mean) } else { 1.0 }
    };
    pieces.flatten().map(spread).fold(1.0, f64::max)
}

/// What the heaviest kind of request brings to a station, over the mean.
fn heaviest(plan: &Blueprint, demand: &Demand) -> f64 {
    let mut one = plan.clone();
    let mut most = 0.0_f64;
    for endpoint in 0..plan.endpoints.len() {
        for client in 0..plan.clients.len() {
            let only = |index: usize, chosen: usize| f64::from(u8::from(index == chosen));
            for (index, plan) in one.endpoints.iter_mut().enumerate() {
                plan.share = only(index, endpoint);
            }
            for (index, plan) in one.clients.iter_mut().enumerate() {
                plan.share = only(index, client);
            }
            let own = bounds::demands(&one);
            let own = own.iter().find(|other| other.station == demand.station);
            most = most.max(own.map_or(0.0, |own| own.seconds));
        }
    }
    most / demand.seconds
}
