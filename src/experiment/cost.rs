//! What a design costs: machines and balancers by the hour, the rest by use.

use super::summary::{ComponentResult, Cost, Estimate, Figure, Named};
use crate::scenario::model::{Scenario, Topology};
use crate::scenario::prices::{Measure, UsagePrice, usage_prices};

const SECONDS_PER_HOUR: f64 = 3_600.0;

/// Cost per hour by part, and per million answered requests; counts are those
/// of `measured_s` seconds, all replications together.
pub(super) fn cost(
    scenario: &Scenario,
    components: &Named<ComponentResult>,
    throughput: &Estimate,
    measured_s: f64,
) -> Cost {
    let topology = &scenario.topology;
    let mut parts = standing(topology, |owner| number(components, owner, "instances_mean"));
    let standing_per_hour = parts.iter().map(|(_, price)| price).sum();
    for usage in usage_prices(topology) {
        let units = units_per_hour(components, &usage, measured_s);
        add(&mut parts, &usage.part, units * usage.price);
    }
    let per_hour = parts.iter().map(|(_, price)| price).sum();
    Cost {
        per_hour,
        per_million_requests: per_million(per_hour, throughput),
        parts_per_hour: parts,
        standing_per_hour,
    }
}

/// Units of a use in an hour.
fn units_per_hour(components: &Named<ComponentResult>, usage: &UsagePrice, measured_s: f64) -> f64 {
    let count = |figure: &&str| number(components, &usage.component, figure).unwrap_or(0.0);
    let units: f64 = usage.figures.iter().map(count).sum();
    match usage.measure {
        Measure::Total => units / measured_s * SECONDS_PER_HOUR,
        Measure::PerSecond => units * SECONDS_PER_HOUR,
    }
}

/// What the measured use costs, on top of what stands there.
pub(super) fn by_use_per_hour(cost: &Cost) -> f64 {
    cost.per_hour - cost.standing_per_hour
}

/// The price by the hour of what stands there at the start of a run, by
/// component: known without playing it.
pub(super) fn standing_parts(scenario: &Scenario) -> Named<f64> {
    let topology = &scenario.topology;
    standing(topology, |owner| {
        let name = owner.strip_prefix("services.")?;
        let id = topology.services.iter().position(|service| service.name == name)?;
        // What an autoscaler may come to must be in the budget.
        if topology.autoscalers.iter().any(|scaler| scaler.service == id) {
            return None;
        }
        let service = &topology.services[id];
        (service.instances as usize != service.hosts.len()).then(|| f64::from(service.instances))
    })
}

/// The sum of them.
pub(super) fn standing_price(scenario: &Scenario) -> f64 {
    standing_parts(scenario).iter().map(|(_, price)| price).sum()
}

/// Machines and balancers. Of a service that events scale, the number of
/// `running` machines counts, and not all those for which there is room.
fn standing(topology: &Topology, running: impl Fn(&str) -> Option<f64>) -> Named<f64> {
    let mut parts = Vec::new();
    for host in &topology.hosts {
        let owner = if host.shared { format!("hosts.{}", host.name) } else { host.name.clone() };
        add(&mut parts, &owner, topology.machines[host.machine].price_per_hour);
    }
    for (owner, price) in &mut parts {
        let room = topology.hosts.iter().filter(|host| host.name == *owner).count();
        if let Some(running) = running(owner) {
            *price *= running / room as f64;
        }
    }
    for balancer in &topology.load_balancers {
        add(&mut parts, &format!("load_balancers.{}", balancer.name), balancer.price_per_hour);
    }
    parts
}

fn add(parts: &mut Named<f64>, name: &str, price: f64) {
    match parts.iter_mut().find(|(known, _)| known == name) {
        Some((_, sum)) => *sum += price,
        None if price > 0.0 => parts.push((name.to_owned(), price)),
        None => {}
    }
}

fn number(components: &Named<ComponentResult>, component: &str, figure: &str) -> Option<f64> {
    let (_, component) = components.iter().find(|(name, _)| name == component)?;
    let (_, figure) = component.figures.iter().find(|(name, _)| name == figure)?;
    match figure {
        Figure::Count(count) => Some(*count as f64),
        Figure::Number(number) => Some(*number),
        Figure::Estimate(estimate) => estimate.value,
    }
}

/// A price is certain, the throughput is not.
fn per_million(per_hour: f64, throughput: &Estimate) -> Estimate {
    let per = |rate: f64| per_hour / (rate * SECONDS_PER_HOUR) * 1e6;
    match throughput.value.filter(|&rate| rate > 0.0) {
        None => Estimate::absent("nothing was answered"),
        Some(rate) => Estimate {
            value: Some(per(rate)),
            low: throughput.high.map(per),
            high: throughput.low.filter(|&low| low > 0.0).map(per),
            ..throughput.clone()
        },
    }
}
