//! From a resolved scenario to what the simulation plays: stations laid out,
//! tiers configured, one route program per endpoint and client kind.

mod breakers;
mod cache_writes;
mod caches;
mod cdn;
mod databases;
mod emitter;
mod failover;
mod faults;
mod layout;
mod programs;
mod queues;
mod regions;
mod services;
mod sessions;
mod shards;
mod static_files;
mod steps;
mod stores;
mod tiers;

use super::model::{Arrivals, Client, Endpoint, EventAction, Scenario, Step};
use crate::kernel::math;
use crate::kernel::popularity::Popularity;
use crate::kernel::time::Instant;
use crate::route::verify::verify;
use crate::simulation::blueprint::{
    ArrivalPlan, Blueprint, ClientPlan, DnsPlan, EndpointPlan, INDEX_END, LimitsPlan, NONE,
    NetworkPlan, Population, RecordedRequest,
};
use crate::simulation::regions_plan::RegionsPlan;
use breakers::Breakers;
use layout::Layout;
use programs::Compiler;

/// Compiles a scenario.
///
/// # Errors
/// What the scenario asks for beyond the limits of a program (calls nested too
/// deep), in words.
pub fn compile(scenario: &Scenario) -> Result<Blueprint, String> {
    check_population(scenario)?;
    failover::check_databases(scenario)?;
    let layout = Layout::new(scenario);
    let breakers = Breakers::new(scenario);
    let regions = regions::regions(scenario, &layout);
    let compiled = Compiler::new(scenario, &layout, &breakers, regions.as_ref()).compile()?;
    let workload = &scenario.workload;
    let shares = || workload.endpoints.iter().map(|endpoint| endpoint.share);
    let total: f64 = shares().sum();
    let endpoints =
        workload.endpoints.iter().zip(compiled.by_endpoint).map(|(endpoint, programs)| {
            EndpointPlan { name: endpoint.name.clone(), share: endpoint.share / total, programs }
        });
    let endpoints: Vec<EndpointPlan> = endpoints.collect();
    let faults = faults::faults(scenario, &layout, &compiled.programs, &endpoints);
    let population = population(scenario);
    let cdn = cdn::plan(scenario, &compiled.refreshes, &population.arrivals)?;
    let blueprint = Blueprint {
        interruptible: faults.is_some() || workload.clients.iter().any(|client| client.cancels),
        faults,
        population,
        cdn,
        endpoints,
        clients: client_plans(scenario, &breakers),
        breakers: breakers.plans,
        caches: tiers::caches(scenario),
        databases: tiers::databases(scenario, &layout.databases, &compiled.systems),
        queues: queues::plans(scenario, &layout),
        sessions: sessions::plans(scenario, &layout),
        tasks: compiled.tasks,
        shardings: shards::shardings(scenario),
        reshardings: compiled.reshardings,
        groups: layout.groups,
        stations: layout.stations,
        programs: compiled.programs,
        accesses: compiled.accesses,
        popularities: popularities(scenario)?,
        dns: dns_plan(scenario, regions.as_ref()),
        network: network_plan(scenario),
        regions,
        warmup: scenario.run.warmup,
        duration: scenario.run.duration,
        limits: LimitsPlan {
            events: scenario.run.limits.events,
            in_flight: scenario.run.limits.in_flight,
            drain: scenario.run.limits.drain,
        },
    };
    verify(&blueprint.programs).map_err(|fault| {
        format!("program \"{}\", verb {}: {}", fault.program, fault.at, fault.reason)
    })?;
    Ok(blueprint)
}

/// Closed users are known one by one: events number them in 24 bits.
fn check_population(scenario: &Scenario) -> Result<(), String> {
    let users = &scenario.workload.users;
    let most = u64::from(INDEX_END) - 1;
    match (&users.arrivals, users.count) {
        (Arrivals::Closed { .. }, Some(count)) if count > most => Err(format!(
            "users.count = {count}: at most {most} closed users can be played; open arrivals \
             (users.rate or users.per_user_per_day) have no such limit"
        )),
        _ => Ok(()),
    }
}

fn population(scenario: &Scenario) -> Population {
    let users = &scenario.workload.users;
    let keep_alive = scenario.topology.network.keep_alive;
    let connection_kept = match (users.requests_per_user_per_s, keep_alive) {
        // Poisson requests of one user: the next comes within the time.
        (Some(rate), Some(time)) => -math::exp_m1(-rate * time.as_secs_f64()),
        _ => 0.0,
    };
    let arrivals = match &users.arrivals {
        Arrivals::Renewal { gap } => match spikes(scenario) {
            none if none.is_empty() => ArrivalPlan::Renewal(gap.clone()),
            spikes => ArrivalPlan::Spiked { gap: gap.clone(), pace: pace(&spikes) },
        },
        Arrivals::Profile { knots } => ArrivalPlan::Profile(with_spikes(knots, &spikes(scenario))),
        Arrivals::Closed { think } => ArrivalPlan::Closed(think.clone()),
        Arrivals::Replay { requests } => ArrivalPlan::Replay(
            requests
                .iter()
                .map(|request| RecordedRequest {
                    at: request.at,
                    user: request.user.unwrap_or(u32::MAX),
                    endpoint: request.endpoint.map_or(NONE, |endpoint| endpoint as u16),
                    bytes_plus_one: request
                        .bytes
                        .map_or(0, |bytes| bytes.saturating_add(1).min(u64::from(u32::MAX)) as u32),
                })
                .collect(),
        ),
    };
    Population { users: users.count.unwrap_or(0), arrivals, connection_kept }
}

/// When the script multiplies the rate of requests: from, until, factor.
fn spikes(scenario: &Scenario) -> Vec<(Instant, Instant, f64)> {
    let events = scenario.failures.events.iter();
    events
        .filter_map(|event| match event.action {
            EventAction::Spike { factor } => {
                let end = event.lasts.map_or(Instant::MAX, |lasts| event.at + lasts);
                Some((event.at, end, factor))
            }
            _ => None,
        })
        .collect()
}

/// The pace of time as arrivals feel it, from each instant on: the product of
/// the spikes that last then.
fn pace(spikes: &[(Instant, Instant, f64)]) -> Vec<(Instant, f64)> {
    let mut edges: Vec<Instant> = vec![Instant::ZERO];
    edges.extend(spikes.iter().flat_map(|&(from, until, _)| [from, until]));
    edges.sort_unstable();
    edges.dedup();
    let at = |edge: Instant| {
        let lasting = spikes.iter().filter(|&&(from, until, _)| from <= edge && edge < until);
        lasting.map(|(_, _, factor)| factor).product::<f64>()
    };
    edges.into_iter().map(|edge| (edge, at(edge))).collect()
}

/// A rate profile with the spikes multiplied in: a knot on both sides of each
/// of their edges.
fn with_spikes(
    knots: &[(Instant, f64)],
    spikes: &[(Instant, Instant, f64)],
) -> Vec<(Instant, f64)> {
    let mut knots = knots.to_vec();
    for &(from, until, factor) in spikes {
        for edge in [from, until] {
            let rate = rate_at(&knots, edge);
            let place = knots.partition_point(|(at, _)| *at <= edge);
            knots.splice(place..place, [(edge, rate), (edge, rate)]);
        }
        // The first of the two knots at `from` is before the spike, the first
        // of the two at `until` within it.
        let begin = knots.iter().rposition(|(at, _)| *at == from).unwrap_or(0);
        let end = knots.iter().rposition(|(at, _)| *at == until).unwrap_or(knots.len());
        knots[begin..end].iter_mut().for_each(|(_, rate)| *rate *= factor);
    }
    knots
}

/// The rate at an instant: after the step where one falls on it.
fn rate_at(knots: &[(Instant, f64)], at: Instant) -> f64 {
    let after = knots.partition_point(|(knot, _)| *knot <= at);
    let Some(&(start, rate)) = knots[..after].last() else {
        return knots.first().map_or(0.0, |(_, rate)| *rate);
    };
    let Some(&(end, next)) = knots.get(after) else {
        return rate;
    };
    let passed =
        at.saturating_since(start).as_secs_f64() / end.saturating_since(start).as_secs_f64();
    rate + (next - rate) * passed
}

fn client_plans(scenario: &Scenario, breakers: &Breakers) -> Vec<ClientPlan> {
    let clients = &scenario.workload.clients;
    let cancels = clients.iter().any(|client| client.cancels);
    let plan = |(client, &breaker): (&Client, &Option<u16>)| client_plan(client, breaker, cancels);
    clients.iter().zip(&breakers.clients).map(plan).collect()
}

fn client_plan(client: &Client, breaker: Option<u16>, cancels: bool) -> ClientPlan {
    let retries = client.retries.as_ref();
    ClientPlan {
        name: client.name.clone(),
        share: client.share,
        timeout: client.timeout,
        attempts: retries.map_or(1, |retries| retries.attempts.min(255) as u8),
        backoff: retries.map_or(Default::default(), |retries| retries.backoff),
        jitter: retries.is_some_and(|retries| retries.jitter),
        retry_budget: retries.and_then(|retries| retries.budget).unwrap_or(f64::INFINITY),
        hedge_after: client.hedge.map(|hedge| hedge.after),
        cancels: client.cancels,
        breaker: breaker.unwrap_or(NONE),
        watched: client.timeout.is_some() || client.hedge.is_some() || breaker.is_some() || cancels,
    }
}

/// Where regions exist, each has its own resolvers.
fn dns_plan(scenario: &Scenario, regions: Option<&RegionsPlan>) -> Option<DnsPlan> {
    let dns = scenario.topology.dns.as_ref()?;
    let of_regions = regions.and_then(|regions| regions.resolvers.last()).map(|last| last.end);
    Some(DnsPlan { ttl: dns.ttl, resolvers: of_regions.unwrap_or(dns.resolvers) })
}

fn network_plan(scenario: &Scenario) -> NetworkPlan {
    let network = &scenario.topology.network;
    NetworkPlan {
        client_rtt: network.client_rtt.clone(),
        handshakes: network.handshakes,
        nanos_per_byte: network.bytes_per_s.map_or(0.0, |rate| 1e9 / rate),
        keep_alive: network.keep_alive,
        give_up_after: network.give_up_after,
    }
}

/// Of the datasets, then of the owners of their items.
fn popularities(scenario: &Scenario) -> Result<Vec<Popularity>, String> {
    let datasets = scenario.workload.datasets.iter().map(|dataset| {
        let popularity = match dataset.zipf {
            Some(exponent) => Popularity::zipf(exponent, dataset.items),
            None => Popularity::uniform(dataset.items),
        };
        popularity.map_err(|error| format!("dataset {}: {error}", dataset.name))
    });
    let mut popularities = datasets.collect::<Result<Vec<Popularity>, String>>()?;
    popularities.extend(shards::owner_popularities(scenario)?);
    Ok(popularities)
}

/// Number that sets the keys of a dataset apart.
fn dataset_space(dataset: usize) -> u64 {
    dataset as u64 + 1
}

/// Number that sets the keys of a cacheable result apart: that of the first
/// endpoint which bears the name.
fn result_space(scenario: &Scenario, name: &str) -> u64 {
    let bears = |endpoint: &Endpoint| {
        endpoint.cacheable.as_ref().is_some_and(|cacheable| cacheable.name == name)
    };
    let first = scenario.workload.endpoints.iter().position(bears).unwrap_or(0);
    (scenario.workload.datasets.len() + first) as u64 + 1
}

/// Calls `visit` for every step of an endpoint, those of calls and branches
/// included.
fn for_each_step(scenario: &Scenario, steps: &[Step], visit: &mut impl FnMut(&Step)) {
    for step in steps {
        visit(step);
        match step {
            Step::Call(operation) => {
                for_each_step(scenario, &scenario.workload.operations[*operation].steps, visit);
            }
            Step::Parallel(branches) => {
                branches.iter().for_each(|branch| for_each_step(scenario, branch, visit));
            }
            Step::Enqueue { work, .. } => for_each_step(scenario, work, visit),
            _ => {}
        }
    }
}
