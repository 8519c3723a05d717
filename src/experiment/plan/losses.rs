//! What a design must survive, one loss after the other: the scenario with a
//! part of it dead from the start.

use crate::kernel::time::Instant;
use crate::scenario::model::{
    BalancingPolicy, Component, Death, Event, EventAction, HostId, Loss, Plan, ReplicationTopology,
    Scenario, Target, Topology,
};
use std::ops::Range;

/// A design with something lost.
pub(super) struct Variant {
    /// What is lost; empty where nothing is.
    pub(super) lost: String,
    /// What is to be played.
    pub(super) scenario: Scenario,
    /// Hosts that are gone.
    pub(super) hosts: Vec<HostId>,
}

/// The design whole, then with each loss that it must survive.
pub(super) fn variants(scenario: &Scenario, plan: &Plan) -> Vec<Variant> {
    let whole = Variant { lost: String::new(), scenario: scenario.clone(), hosts: Vec::new() };
    let mut variants = vec![whole];
    for (lost, target) in plan.survive.iter().flat_map(|loss| losses(scenario, loss)) {
        if variants.iter().any(|variant| variant.lost == lost) {
            continue;
        }
        let hosts = scenario.topology.hosts_of(&target);
        let action = match target {
            Target::Zone(_) | Target::Region(_) => EventAction::Lose { target },
            _ => EventAction::Kill { target, death: Death::Silent },
        };
        let mut scenario = scenario.clone();
        let event = Event { name: "plan".to_owned(), at: Instant::ZERO, lasts: None, action };
        scenario.failures.events.insert(0, event);
        variants.push(Variant { lost, scenario, hosts });
    }
    variants
}

/// Each loss with its name for people. Of losses that no user can tell apart
/// only one is played.
fn losses(scenario: &Scenario, loss: &Loss) -> Vec<(String, Target)> {
    let topology = &scenario.topology;
    match loss {
        Loss::OneInstance => instances(topology),
        Loss::OneZone => {
            let zones = topology.zones.iter().enumerate();
            let zones = zones.map(|(id, zone)| (format!("zones.{}", zone.name), Target::Zone(id)));
            zones.filter(|(_, target)| !topology.hosts_of(target).is_empty()).collect()
        }
        Loss::OneRegion => {
            let regions = topology.regions.iter().enumerate();
            let named =
                regions.map(|(id, one)| (format!("regions.{}", one.name), Target::Region(id)));
            named.filter(|(_, target)| !topology.hosts_of(target).is_empty()).collect()
        }
        Loss::Named { name, target } => vec![(name.clone(), *target)],
    }
}

/// One machine of each kind. Instances of a service are alike, unless regions
/// or weights tell them apart; so are the replicas of one primary, and the
/// members of a ring or a multi-primary database. The nodes of a cache are not:
/// keys are placed by hash, and some are asked for more often.
fn instances(topology: &Topology) -> Vec<(String, Target)> {
    let mut found = Vec::new();
    for (id, host) in topology.hosts.iter().enumerate().filter(|(_, host)| host.shared) {
        found.push((format!("hosts.{}", host.name), Target::Host(id)));
    }
    let own = |hosts: &[HostId]| hosts.iter().all(|&host| !topology.hosts[host].shared);
    let apart = !topology.regions.is_empty();
    let weighted = |policy: &BalancingPolicy| matches!(policy, BalancingPolicy::Weighted(_));
    for (id, service) in topology.services.iter().enumerate().filter(|(_, one)| own(&one.hosts)) {
        let mut balancers = topology.load_balancers.iter();
        let apart = apart || balancers.any(|one| one.targets == id && weighted(&one.policy));
        let tier = Tier { name: format!("services.{}", service.name), of: Component::Service(id) };
        found.extend(tier.alike("an instance", 0..service.instances, apart));
    }
    for (id, cache) in topology.caches.iter().enumerate().filter(|(_, one)| own(&one.hosts)) {
        let tier = Tier { name: format!("caches.{}", cache.name), of: Component::Cache(id) };
        found.extend(tier.alike("an instance", 0..cache.hosts.len() as u32, true));
    }
    for (id, database) in topology.databases.iter().enumerate().filter(|(_, one)| own(&one.hosts)) {
        let tier =
            Tier { name: format!("databases.{}", database.name), of: Component::Database(id) };
        let (all, apart) = (database.hosts.len() as u32, apart || weighted(&database.read_policy));
        if database.replication == ReplicationTopology::Primary {
            found.extend(tier.alike("the primary", 0..1, false));
            found.extend(tier.alike("a replica", 1..all, apart));
        } else {
            found.extend(tier.alike("an instance", 0..all, apart));
        }
    }
    found
}

/// Instances of one component.
struct Tier {
    name: String,
    of: Component,
}

impl Tier {
    /// The loss of each of these; of the last alone where they are alike.
    fn alike(&self, one: &str, numbers: Range<u32>, apart: bool) -> Vec<(String, Target)> {
        let instance = |number: u32| Target::Instance(self.of, number);
        if apart {
            return numbers
                .map(|number| (format!("{}.{number}", self.name), instance(number)))
                .collect();
        }
        numbers
            .last()
            .map(|last| (format!("{one} of {}", self.name), instance(last)))
            .into_iter()
            .collect()
    }
}
