//! What nobody does any more once machines are lost: a bound of structure, not
//! of speed. No number and no size of other machines makes up for it.
//!
//! The dead stay dead from the start on, so every request that must have such a
//! part fails. Where more of them do than the objective lets fail, the design
//! need not be played.

use crate::scenario::model::{
    Database, DatasetId, EntryTarget, HostId, ReadFrom, ReplicationTopology, Scenario, ServiceId,
    Step,
};

/// A part that nobody plays any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// All instances of a service are dead.
    Service(ServiceId),
    /// The primary is dead and is not replaced: nobody takes writes; nor reads,
    /// where none but it answers them.
    Primary(usize, bool),
}

/// A part that nobody plays any more, in words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unserved {
    /// What nobody does: `nobody takes writes of databases.main`.
    pub(super) what: String,
    /// Share of the requests that fail for certain.
    pub(super) share: f64,
    /// What mends it.
    pub(super) fix: String,
    /// A plan that varies a key of this beginning may mend it by itself.
    pub(super) key: String,
}

/// What nobody does any more with these hosts lost; of several the part that
/// most requests need. `None` where somebody is left for everything, or where
/// regions answer for each other.
pub(super) fn unserved(scenario: &Scenario, lost: &[HostId]) -> Option<Unserved> {
    if lost.is_empty() || !scenario.topology.regions.is_empty() {
        return None;
    }
    let shares = gaps(scenario, lost).into_iter().map(|gap| (gap, share(scenario, gap)));
    let (gap, share) = shares.reduce(|most, next| if next.1 > most.1 { next } else { most })?;
    let (what, fix, key) = words(scenario, gap);
    Some(Unserved { what, share, fix, key })
}

fn gaps(scenario: &Scenario, lost: &[HostId]) -> Vec<Gap> {
    let topology = &scenario.topology;
    let dead = |host: &HostId| lost.contains(host);
    let mut gaps = Vec::new();
    for (id, service) in topology.services.iter().enumerate() {
        let replaced = topology.load_balancers.iter().any(|one| {
            // New machines come for the dead.
            one.targets == id && one.replace.is_some()
        });
        if !replaced && service.hosts.iter().take(service.instances as usize).all(dead) {
            gaps.push(Gap::Service(id));
        }
    }
    for (id, database) in topology.databases.iter().enumerate() {
        let all_dead = database.hosts.iter().all(dead);
        let primary = database.replication == ReplicationTopology::Primary;
        let headless =
            primary && database.failover.is_none() && database.hosts.first().is_some_and(dead);
        if all_dead || headless {
            let reads = all_dead || database.read_from == ReadFrom::Primary;
            gaps.push(Gap::Primary(id, reads));
        }
    }
    gaps
}

/// Share of the requests that cannot be answered without it.
fn share(scenario: &Scenario, gap: Gap) -> f64 {
    let entry = match scenario.topology.entry.to {
        EntryTarget::Service(service) => service,
        EntryTarget::LoadBalancer(balancer) => scenario.topology.load_balancers[balancer].targets,
    };
    if gap == Gap::Service(entry) {
        return 1.0;
    }
    let endpoints = &scenario.workload.endpoints;
    let total: f64 = endpoints.iter().map(|endpoint| endpoint.share).sum();
    let caches = !scenario.topology.caches.is_empty();
    // A cache may hold the whole result.
    let asked = endpoints.iter().filter(|one| !(caches && one.cacheable.is_some()));
    let needing = asked.filter(|endpoint| needs(scenario, &endpoint.steps, gap, 0));
    needing.map(|endpoint| endpoint.share).sum::<f64>() / total
}

/// Whether steps one after the other come to a part for certain. Branches side
/// by side and the work of queues are left out: less is certain of them.
fn needs(scenario: &Scenario, steps: &[Step], gap: Gap, depth: u32) -> bool {
    /// What is nested deeper is left out.
    const DEEPEST: u32 = 16;
    let caches = !scenario.topology.caches.is_empty();
    let of =
        |id: usize, dataset: DatasetId| scenario.topology.databases[id].datasets.contains(&dataset);
    steps.iter().any(|step| match (step, gap) {
        (Step::Write { dataset, .. }, Gap::Primary(id, _)) => of(id, *dataset),
        (
            Step::Read { dataset, .. } | Step::Scan { dataset, .. } | Step::Join { dataset, .. },
            Gap::Primary(id, reads),
        ) => reads && !caches && of(id, *dataset),
        (Step::Call(operation), Gap::Service(id))
            if scenario.topology.services[id].operations.contains(operation) =>
        {
            true
        }
        (Step::Call(operation), _) if depth < DEEPEST => {
            let steps = &scenario.workload.operations[*operation].steps;
            needs(scenario, steps, gap, depth + 1)
        }
        _ => false,
    })
}

/// What nobody does, what mends it, and the key for that.
fn words(scenario: &Scenario, gap: Gap) -> (String, String, String) {
    let topology = &scenario.topology;
    match gap {
        Gap::Service(id) => {
            let service = &topology.services[id];
            let name = format!("services.{}", service.name);
            let fix = match service.instances {
                1 => format!("{name} has one instance: let {name}.instances begin at 2"),
                count => format!(
                    "all {count} instances of {name} are lost together: place some of them \
                     elsewhere"
                ),
            };
            (format!("nobody answers for {name}"), fix, format!("{name}.instances"))
        }
        Gap::Primary(id, reads) => {
            let database = &topology.databases[id];
            let name = format!("databases.{}", database.name);
            let what = if reads { "reads and writes" } else { "writes" };
            let fix = promoted(database, &name);
            (format!("nobody takes {what} of {name}"), fix, format!("{name}.failover"))
        }
    }
}

fn promoted(database: &Database, name: &str) -> String {
    let table = format!("[{name}.failover]");
    let primary = database.replication == ReplicationTopology::Primary;
    match (database.hosts.len(), &database.failover) {
        (1, _) if !primary => format!("{name} has one instance: give it another, {name}.replicas"),
        (1, _) => format!(
            "{name} has nobody to take over: give it {name}.replicas = 1 or more, and {table}, \
             which promotes one of them"
        ),
        (_, None) if primary => format!("add {table}: it promotes a replica of {name}"),
        _ => format!("all of {name} is lost together: place some of it elsewhere"),
    }
}
