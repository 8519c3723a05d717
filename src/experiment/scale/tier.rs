//! The tier that is scaled, and the keys by which it is.

use crate::scenario::model::{Component, HostId, Machine, Scenario, Topology};
use crate::scenario::{Change, suggestion};

/// A tier of machines of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// `services.web`, `databases.main`, `caches.objects`.
    pub name: String,
    /// Which component of the topology it is.
    pub(super) component: Component,
    /// Its machine as it is.
    pub(super) machine: Machine,
    /// Its instances as they are; of a database primary and replicas.
    pub instances: u32,
    /// What is set per machine and grows with it.
    grown: Vec<Grown>,
}

/// A setting of one instance that follows the size of its machine.
#[derive(Clone, Debug, PartialEq)]
struct Grown {
    key: &'static str,
    value: u64,
    /// It follows the memory; else the vCPUs.
    memory: bool,
}

impl Tier {
    /// The tier of that name.
    ///
    /// # Errors
    /// There is none, or it has no machines of its own; says what there is.
    pub fn find(scenario: &Scenario, name: &str) -> Result<Self, String> {
        let topology = &scenario.topology;
        let all = components(topology);
        let names = || all.iter().map(|(name, _)| name.as_str());
        let Some((name, component)) = all.iter().find(|(known, _)| known == name) else {
            // `web` for `services.web` is more likely than any other name.
            let last = |known: &&str| known.rsplit('.').next() == Some(name);
            let help = match names().find(last) {
                Some(known) => Some(format!("did you mean `{known}`?")),
                None => suggestion(name, names()),
            };
            let help = help.map_or_else(String::new, |help| format!("; {help}"));
            return Err(format!(
                "there is no tier `{name}` that runs on machines{help}\n\
                 tiers: {}",
                names().collect::<Vec<_>>().join(", ")
            ));
        };
        let (hosts, instances) = hosts(topology, *component);
        let host = &topology.hosts[hosts[0]];
        if host.shared {
            return Err(format!(
                "`{name}` runs on hosts.{}, which is not its own; only a tier with a `machine` \
                 can be scaled",
                host.name
            ));
        }
        let scaled = |one: &&crate::scenario::model::Autoscaler| {
            *component == Component::Service(one.service)
        };
        if let Some(scaler) = topology.autoscalers.iter().find(scaled) {
            return Err(format!(
                "`{name}` has as many instances as autoscale.{} gives it; up or out is asked of a \
                 tier of fixed size",
                scaler.name
            ));
        }
        Ok(Self {
            name: name.clone(),
            component: *component,
            machine: topology.machines[host.machine].clone(),
            instances,
            grown: grown(topology, *component),
        })
    }

    /// Name of its machine as it is.
    pub fn machine(&self) -> &str {
        &self.machine.name
    }

    /// What makes it so many instances of a machine. What is set per machine
    /// (workers, connections, queues, memory) grows and shrinks with it.
    pub(super) fn changes(&self, machine: &Machine, instances: u32) -> Vec<Change> {
        let key = |key: &str| format!("{}.{key}", self.name);
        let mut changes = Vec::new();
        match self.component {
            Component::Database(_) => changes.push((key("replicas"), (instances - 1).to_string())),
            _ => changes.push((key("instances"), instances.to_string())),
        }
        if machine.name == self.machine.name {
            return changes;
        }
        changes.push((key("machine"), format!("\"{}\"", machine.name)));
        for grown in &self.grown {
            changes.push((key(grown.key), self.grown(grown, machine)));
        }
        changes
    }

    fn grown(&self, grown: &Grown, machine: &Machine) -> String {
        let cpus = f64::from(machine.vcpus) / f64::from(self.machine.vcpus);
        let memory = match (machine.memory_bytes, self.machine.memory_bytes) {
            (Some(after), Some(before)) => after as f64 / before as f64,
            _ => cpus,
        };
        let factor = if grown.memory { memory } else { cpus };
        let value = (grown.value as f64 * factor).round() as u64;
        // A queue of 0 stays one: serve at once or refuse.
        let value = if grown.value == 0 { 0 } else { value.max(1) };
        if grown.memory { format!("\"{value} B\"") } else { value.to_string() }
    }

    /// The machines of the present one's family, from the smallest: those of
    /// its name up to the size. A family of one is no way up, so all machines
    /// stand in for it.
    pub(super) fn family<'m>(&self, topology: &'m Topology) -> Vec<&'m Machine> {
        let own = family(&self.machine.name);
        let kin = |machine: &&Machine| family(&machine.name) == own;
        let mut machines: Vec<&Machine> = topology.machines.iter().filter(kin).collect();
        if machines.len() < 2 {
            machines = topology.machines.iter().collect();
        }
        by_size(&mut machines);
        machines
    }
}

/// From the smallest machine to the largest, the cheaper of equals first.
pub(super) fn by_size(machines: &mut Vec<&Machine>) {
    machines.sort_by(|a, b| {
        let price = a.price_per_hour.total_cmp(&b.price_per_hour);
        a.vcpus.cmp(&b.vcpus).then(price).then_with(|| a.name.cmp(&b.name))
    });
    machines.dedup_by(|a, b| a.name == b.name);
}

/// `c` of `c4`, `m7g` of `m7g.large`, all of `large`.
fn family(name: &str) -> &str {
    match name.split_once('.') {
        Some((family, _)) => family,
        None => name.trim_end_matches(|c: char| c.is_ascii_digit()),
    }
}

fn components(topology: &Topology) -> Vec<(String, Component)> {
    let services = topology.services.iter().enumerate();
    let caches = topology.caches.iter().enumerate();
    // Shards are scaled together: the first stands for all.
    let databases = topology.databases.iter().enumerate().filter(|(_, one)| one.is_first());
    let services =
        services.map(|(id, one)| (format!("services.{}", one.name), Component::Service(id)));
    let caches = caches.map(|(id, one)| (format!("caches.{}", one.name), Component::Cache(id)));
    let databases =
        databases.map(|(id, one)| (format!("databases.{}", one.table()), Component::Database(id)));
    services.chain(caches).chain(databases).collect()
}

fn hosts(topology: &Topology, component: Component) -> (&[HostId], u32) {
    match component {
        Component::Service(id) => {
            let service = &topology.services[id];
            (&service.hosts, service.instances)
        }
        Component::Cache(id) => {
            let hosts = &topology.caches[id].hosts;
            (hosts, hosts.len() as u32)
        }
        Component::Database(id) => {
            let hosts = &topology.databases[id].hosts;
            (hosts, hosts.len() as u32)
        }
        // A balancer has no machine; it is no tier.
        Component::LoadBalancer(_) => (&[], 0),
    }
}

fn grown(topology: &Topology, component: Component) -> Vec<Grown> {
    let cpus = |key, value: Option<u32>| {
        value.map(|value| Grown { key, value: u64::from(value), memory: false })
    };
    let memory = |key, value: Option<u64>| value.map(|value| Grown { key, value, memory: true });
    let grown = match component {
        Component::Service(id) => {
            let service = &topology.services[id];
            vec![cpus("workers", service.workers), cpus("queue", service.queue)]
        }
        Component::Database(id) => {
            let database = &topology.databases[id];
            vec![
                cpus("connections", database.connections),
                cpus("queue", database.queue),
                memory("buffer_pool", database.buffer_pool_bytes),
            ]
        }
        Component::Cache(id) => {
            let cache = &topology.caches[id];
            // The simple form names no memory.
            let bytes = Some(cache.memory_bytes).filter(|_| cache.hit_ratio.is_none());
            vec![memory("memory", bytes)]
        }
        Component::LoadBalancer(_) => Vec::new(),
    };
    grown.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    //! Goal: families are told apart by name. Method: names as clouds give them.
    use super::family;

    #[test]
    fn a_family_is_what_differs_in_size_alone() {
        assert_eq!(family("c4"), family("c32"));
        assert_ne!(family("c4"), family("r4"));
        assert_eq!(family("m7g.large"), family("m7g.16xlarge"));
        assert_ne!(family("m7g.large"), family("m6i.large"));
        assert_ne!(family("small"), family("large"));
    }
}
