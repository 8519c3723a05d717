//! Where each instance's stations lie, and how instances are chosen.

use super::faults::can_fail;
use crate::scenario::model::{
    AdaptiveConcurrency, BalancingPolicy, Database, HostId, Machine, ReadFrom, ReplicationTopology,
    Scenario, Scheduling, Service, Topology,
};
use crate::simulation::blueprint::{
    AdaptivePlan, CpuPlan, DiskPlan, GroupPlan, Label, NO_STATION, PoolPlan, StationName, Stations,
};
use crate::tier::balancer::Policy;

/// Stations and groups of a topology, by component.
pub(super) struct Layout {
    pub(super) stations: Stations,
    pub(super) groups: Vec<GroupPlan>,
    pub(super) services: Vec<ServiceLayout>,
    pub(super) caches: Vec<Places>,
    pub(super) databases: Vec<DatabaseLayout>,
}

/// First entries of a component in the tables of CPUs and disks.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) cpus: u32,
    pub(super) disks: u32,
    /// Whether any instance has a disk.
    pub(super) has_disk: bool,
}

/// A service's stations.
pub(super) struct ServiceLayout {
    pub(super) places: Places,
    /// First pool of workers; `None` = unbounded.
    pub(super) workers: Option<u32>,
    pub(super) group: u16,
}

/// A database's stations.
pub(super) struct DatabaseLayout {
    pub(super) places: Places,
    /// First pool of connections; `None` = unbounded.
    pub(super) connections: Option<u32>,
    /// First pool of each service's clients, where clients have pools.
    pub(super) client_pools: Vec<Option<u32>>,
    pub(super) writes: u16,
    pub(super) reads: u16,
}

impl Layout {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let topology = &scenario.topology;
        let mut builder = Builder::new(topology, can_fail(scenario));
        let services = topology.services.iter().map(|service| builder.service(service)).collect();
        let caches = topology
            .caches
            .iter()
            .map(|cache| {
                builder.places(&format!("caches.{}", cache.name), &cache.hosts, false, |_| None)
            })
            .collect();
        let databases = topology.databases.iter().map(|database| builder.database(database));
        let databases = databases.collect();
        Self { services, caches, databases, stations: builder.stations, groups: builder.groups }
    }
}

/// Whose stations a host has.
struct Owner<'a> {
    name: String,
    machine: &'a Machine,
    instance: u32,
    role: Option<&'static str>,
}

struct Builder<'a> {
    topology: &'a Topology,
    /// A replica may become primary: the groups of a database then hold all
    /// instances, and the simulation says who is in them.
    roles_change: bool,
    stations: Stations,
    groups: Vec<GroupPlan>,
    /// CPU of each host, once it has one.
    cpu_of_host: Vec<Option<u32>>,
    /// Disk of each host, once a database has asked for it.
    disk_of_host: Vec<Option<u32>>,
}

impl<'a> Builder<'a> {
    fn new(topology: &'a Topology, roles_change: bool) -> Self {
        Self {
            topology,
            roles_change,
            stations: Stations::default(),
            groups: Vec::new(),
            cpu_of_host: vec![None; topology.hosts.len()],
            disk_of_host: vec![None; topology.hosts.len()],
        }
    }

    fn service(&mut self, service: &Service) -> ServiceLayout {
        let owner = format!("services.{}", service.name);
        let instances = service.hosts.len() as u32;
        let workers = service.workers.map(|slots| {
            self.pools(&format!("{owner}.workers"), instances, slots, service.queue, |_| None)
        });
        if let (Some(first), Some(adaptive)) = (workers, service.adaptive) {
            let AdaptiveConcurrency { target_wait, minimum } = adaptive;
            for pool in &mut self.stations.pools[first as usize..] {
                let minimum = minimum.clamp(1, pool.slots);
                pool.adaptive = Some(AdaptivePlan { target_wait, minimum });
            }
        }
        let places = self.places(&owner, &service.hosts, false, |_| None);
        let policy = self.policy_towards(service);
        let group = self.group(&owner, instances, 0, policy);
        ServiceLayout { places, workers, group }
    }

    /// The policy of the balancer before a service; in turn without one.
    fn policy_towards(&self, service: &Service) -> Policy {
        let before = self
            .topology
            .load_balancers
            .iter()
            .find(|balancer| self.topology.services[balancer.targets].name == service.name);
        before.map_or(Policy::RoundRobin, |balancer| policy(&balancer.policy))
    }

    fn database(&mut self, database: &Database) -> DatabaseLayout {
        let owner = format!("databases.{}", database.name);
        let instances = database.hosts.len() as u32;
        let leaderless = matches!(database.replication, ReplicationTopology::Quorum { .. });
        let role = |instance| role(instance).filter(|_| !leaderless);
        let connections = database.connections.map(|slots| {
            let name = format!("{owner}.connections");
            self.pools(&name, instances, slots, database.queue, role)
        });
        let client_pools = self
            .topology
            .services
            .iter()
            .map(|service| {
                let slots = database.pool?;
                let name = format!("services.{}.pool.{}", service.name, database.name);
                Some(self.pools(&name, service.hosts.len() as u32, slots, None, |_| None))
            })
            .collect();
        let places = self.places(&owner, &database.hosts, true, role);
        if leaderless {
            let any = self.group(&owner, instances, 0, policy(&database.read_policy));
            return DatabaseLayout { places, connections, client_pools, writes: any, reads: any };
        }
        let writers = if self.roles_change || database.replication != ReplicationTopology::Primary {
            instances
        } else {
            1
        };
        let writes = self.group(&format!("{owner}.primary"), writers, 0, Policy::RoundRobin);
        let reads = self.read_group(database, &owner, writes);
        DatabaseLayout { places, connections, client_pools, writes, reads }
    }

    fn read_group(&mut self, database: &Database, owner: &str, writes: u16) -> u16 {
        let instances = database.hosts.len() as u32;
        let policy = policy(&database.read_policy);
        match database.read_from {
            ReadFrom::Any | ReadFrom::Nearest => self.group(owner, instances, 0, policy),
            ReadFrom::Replicas if instances > 1 && self.roles_change => {
                let policy = with_primary(policy);
                self.group(&format!("{owner}.replicas"), instances, 0, policy)
            }
            ReadFrom::Replicas if instances > 1 => {
                self.group(&format!("{owner}.replicas"), instances - 1, 1, policy)
            }
            _ => writes,
        }
    }

    fn group(&mut self, name: &str, instances: u32, first: u32, policy: Policy) -> u16 {
        self.groups.push(GroupPlan { name: name.to_owned(), instances, first, policy });
        (self.groups.len() - 1) as u16
    }

    fn pools(
        &mut self,
        name: &str,
        instances: u32,
        slots: u32,
        queue: Option<u32>,
        role: impl Fn(u32) -> Option<&'static str>,
    ) -> u32 {
        let first = self.stations.pools.len() as u32;
        let name = self.name(name, "pool");
        for instance in 0..instances {
            let label = Label { name, instance, role: role(instance) };
            self.stations.pools.push(PoolPlan { label, slots, queue, adaptive: None });
        }
        first
    }

    /// CPU of every instance of a component, and its disk if it `stores`.
    fn places(
        &mut self,
        owner: &str,
        hosts: &[HostId],
        stores: bool,
        role: impl Fn(u32) -> Option<&'static str>,
    ) -> Places {
        let (cpus, disks) = (self.stations.cpu_of.len() as u32, self.stations.disk_of.len() as u32);
        let mut has_disk = false;
        for (instance, &host) in hosts.iter().enumerate() {
            let owner = self.owner(owner, host, instance as u32, &role);
            let known = self.cpu_of_host[host];
            let cpu = known.unwrap_or_else(|| self.cpu(&owner));
            self.cpu_of_host[host] = Some(cpu);
            self.stations.cpu_of.push(cpu);
            let disk = match self.disk_of_host[host] {
                None if stores => self.disk(&owner),
                known => known.unwrap_or(NO_STATION),
            };
            self.disk_of_host[host] = stores.then_some(disk).or(self.disk_of_host[host]);
            self.stations.disk_of.push(disk);
            has_disk |= disk != NO_STATION;
        }
        Places { cpus, disks, has_disk }
    }

    /// Who gives a host's stations their name: a shared one itself.
    fn owner(
        &self,
        owner: &str,
        host: HostId,
        instance: u32,
        role: &impl Fn(u32) -> Option<&'static str>,
    ) -> Owner<'a> {
        let plan = &self.topology.hosts[host];
        let machine = &self.topology.machines[plan.machine];
        match plan.shared {
            true => {
                let name = format!("hosts.{}", plan.name);
                Owner { name, machine, instance: 0, role: None }
            }
            false => Owner { name: owner.to_owned(), machine, instance, role: role(instance) },
        }
    }

    fn cpu(&mut self, owner: &Owner) -> u32 {
        let name = self.name(&format!("{}.cpu", owner.name), "cpu");
        self.stations.cpus.push(CpuPlan {
            label: Label { name, instance: owner.instance, role: owner.role },
            vcpus: owner.machine.vcpus,
            fifo: owner.machine.scheduling == Scheduling::Fifo,
            contention: owner.machine.contention,
            coherency: owner.machine.coherency,
        });
        (self.stations.cpus.len() - 1) as u32
    }

    fn disk(&mut self, owner: &Owner) -> u32 {
        let Some(disk) = owner.machine.disk.as_ref() else {
            return NO_STATION;
        };
        if disk.iops.is_none() && disk.bytes_per_s.is_none() {
            return NO_STATION;
        }
        let name = self.name(&format!("{}.disk", owner.name), "disk");
        self.stations.disks.push(DiskPlan {
            label: Label { name, instance: owner.instance, role: owner.role },
            iops: disk.iops.unwrap_or(f64::INFINITY),
            bytes_per_s: disk.bytes_per_s.unwrap_or(f64::INFINITY),
        });
        (self.stations.disks.len() - 1) as u32
    }

    fn name(&mut self, name: &str, kind: &'static str) -> u16 {
        let names = &mut self.stations.names;
        let known = names.iter().position(|station| station.name == name);
        let index = known.unwrap_or_else(|| {
            names.push(StationName { name: name.to_owned(), kind });
            names.len() - 1
        });
        index as u16
    }
}

/// A policy over the replicas, as one over all instances: the primary, where
/// it has to serve, weighs as much as the heaviest.
fn with_primary(policy: Policy) -> Policy {
    match policy {
        Policy::Weighted(mut weights) => {
            weights.insert(0, weights.iter().copied().max().unwrap_or(1));
            Policy::Weighted(weights)
        }
        other => other,
    }
}

/// Instance 0 of a database is the primary.
fn role(instance: u32) -> Option<&'static str> {
    Some(if instance == 0 { "primary" } else { "replica" })
}

fn policy(policy: &BalancingPolicy) -> Policy {
    match policy {
        BalancingPolicy::RoundRobin => Policy::RoundRobin,
        BalancingPolicy::Weighted(weights) => Policy::Weighted(weights.clone()),
        BalancingPolicy::Random => Policy::Random,
        BalancingPolicy::LeastConnections => Policy::LeastConnections,
        BalancingPolicy::TwoChoices => Policy::TwoChoices,
        BalancingPolicy::Hash => Policy::Hash,
    }
}
