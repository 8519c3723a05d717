//! A design without the machines that a loss takes away: the most that what is
//! left can be.

use crate::scenario::model::{BalancingPolicy, EventAction, Failures, HostId, Scenario};

/// The scenario without these hosts and without failures of its own; `None`
/// where nothing would be left of a component, or where that cannot be said in
/// advance (regions, who may answer for each other).
pub(super) fn survivors(scenario: &Scenario, lost: &[HostId]) -> Option<Scenario> {
    let mut left = scenario.clone();
    // A spike may also be a lull, and scaling may add; all else that happens
    // takes capacity away.
    let other = |action: &EventAction| {
        matches!(
            action,
            EventAction::Spike { .. } | EventAction::Scale { .. } | EventAction::Reshard { .. }
        )
    };
    if scenario.failures.events.iter().any(|event| other(&event.action)) {
        return None;
    }
    left.failures = Failures::default();
    // At best an autoscaler has all its machines at work.
    left.topology.autoscalers.clear();
    if lost.is_empty() {
        return Some(left);
    }
    if !scenario.topology.regions.is_empty() {
        return None;
    }
    let topology = &mut left.topology;
    let mut numbers = Vec::new();
    let mut kept = Vec::new();
    for (id, host) in topology.hosts.iter().enumerate() {
        let stays = !lost.contains(&id);
        numbers.push(stays.then_some(kept.len()));
        kept.extend(stays.then(|| host.clone()));
    }
    topology.hosts = kept;
    let keep = |hosts: &mut Vec<HostId>| -> Option<()> {
        *hosts = hosts.iter().filter_map(|&host| numbers[host]).collect();
        (!hosts.is_empty()).then_some(())
    };
    for service in &mut topology.services {
        keep(&mut service.hosts)?;
        service.instances = service.instances.min(service.hosts.len() as u32);
        service.needed = service.needed.min(service.instances);
    }
    topology.caches.iter_mut().try_for_each(|cache| keep(&mut cache.hosts))?;
    for database in &mut topology.databases {
        keep(&mut database.hosts)?;
        unweighted(&mut database.read_policy);
        // Acknowledgements and failover want replicas that may be gone; both
        // only take longer.
        database.mode = crate::scenario::model::ReplicationMode::Asynchronous;
        database.failover = None;
    }
    topology.load_balancers.iter_mut().for_each(|balancer| unweighted(&mut balancer.policy));
    Some(left)
}

/// Weights are one per instance. Least connections is held to no share.
fn unweighted(policy: &mut BalancingPolicy) {
    if matches!(policy, BalancingPolicy::Weighted(_)) {
        *policy = BalancingPolicy::LeastConnections;
    }
}
