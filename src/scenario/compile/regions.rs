//! Where instances stand, and how far apart.

use super::layout::Layout;
use super::programs::{Compiler, Place};
use crate::kernel::time::Duration;
use crate::route::step::{Locus, Slot, StepId, Verb};
use crate::scenario::model::{
    Arrivals, EntryTarget, HealthCheck, HostId, ReadFrom, Region, RegionId, RoutingPolicy,
    Scenario, ServiceId, Topology,
};
use crate::simulation::blueprint::NONE;
use crate::simulation::regions_plan::{ChecksPlan, RegionsPlan, SplitPlan};
use std::ops::Range;

/// The service that stands behind the public name.
pub(super) fn entry_service(topology: &Topology) -> ServiceId {
    match topology.entry.to {
        EntryTarget::Service(service) => service,
        EntryTarget::LoadBalancer(balancer) => topology.load_balancers[balancer].targets,
    }
}

/// The region in which a host stands. What names no zone stands in the first
/// region of the file.
pub(super) fn region_of(topology: &Topology, host: HostId) -> u8 {
    let zone = topology.hosts[host].zone;
    zone.and_then(|zone| topology.zones[zone].region).unwrap_or(0) as u8
}

/// Regions of a scenario that has two or more; one alone changes nothing.
pub(super) fn regions(scenario: &Scenario, layout: &Layout) -> Option<RegionsPlan> {
    let topology = &scenario.topology;
    if topology.regions.len() < 2 {
        return None;
    }
    let here = |hosts: &[HostId]| -> Vec<u8> {
        hosts.iter().map(|&host| region_of(topology, host)).collect()
    };
    let cache_nodes: Vec<Vec<u8>> =
        topology.caches.iter().map(|cache| here(&cache.hosts)).collect();
    let splits = splits(topology, layout);
    let mut split_of = vec![NONE; layout.groups.len()];
    for (index, split) in splits.iter().enumerate() {
        split_of[usize::from(split.group)] = index as u16;
    }
    let entry = entry_service(topology);
    let resolvers = resolvers(topology);
    let first = layout.services[entry].places.cpus;
    let total: f64 = topology.regions.iter().map(|region| region.users).sum();
    let regions = topology.regions.iter();
    Some(RegionsPlan {
        names: regions.clone().map(|region| region.name.clone()).collect(),
        users: regions.clone().map(|region| region.users / total).collect(),
        rtt: regions.flat_map(|region| region.rtt.iter().copied()).collect(),
        within: Duration::from_nanos(topology.network.internal_rtt.as_nanos() / 2),
        of_place: of_place(topology, layout),
        orders: orders(topology, &here(&topology.services[entry].hosts)),
        records_held: records_held(scenario, &resolvers),
        resolvers,
        checks: topology.routing.and_then(|routing| routing.health_check).map(checks_plan),
        splits,
        split_of,
        caches: cache_nodes.iter().map(|nodes| nearest(topology, nodes)).collect(),
        cache_nodes,
        databases: layout.databases.iter().map(|database| database.places.cpus).collect(),
        entry: first..first + topology.services[entry].hosts.len() as u32,
    })
}

fn checks_plan(check: HealthCheck) -> ChecksPlan {
    ChecksPlan {
        interval: check.interval,
        timeout: check.timeout,
        unhealthy_after: check.unhealthy_after,
        healthy_after: check.healthy_after,
    }
}

/// Region of each instance, in the order of the table instance → CPU.
fn of_place(topology: &Topology, layout: &Layout) -> Vec<u8> {
    let services = topology.services.iter().zip(&layout.services);
    let services = services.map(|(service, layout)| (&service.hosts, layout.places));
    let caches = topology.caches.iter().zip(&layout.caches);
    let caches = caches.map(|(cache, &places)| (&cache.hosts, places));
    let databases = topology.databases.iter().zip(&layout.databases);
    let databases = databases.map(|(database, layout)| (&database.hosts, layout.places));
    let mut of_place = vec![0; layout.stations.cpu_of.len()];
    for (hosts, places) in services.chain(caches).chain(databases) {
        for (instance, &host) in hosts.iter().enumerate() {
            of_place[places.cpus as usize + instance] = region_of(topology, host);
        }
    }
    of_place
}

/// All regions by their distance from one, itself first; equals in the order
/// of the file.
fn by_distance(topology: &Topology, from: RegionId) -> Vec<u8> {
    let mut regions: Vec<u8> = (0..topology.regions.len() as u8).collect();
    let rtt = &topology.regions[from].rtt;
    regions.sort_by_key(|&region| (usize::from(region) != from, rtt[usize::from(region)], region));
    regions
}

/// By region: those with instances among `places`, the nearest first.
fn by_nearness(topology: &Topology, places: &[u8]) -> Vec<Vec<u8>> {
    (0..topology.regions.len())
        .map(|region| {
            let mut near = by_distance(topology, region);
            near.retain(|region| places.contains(region));
            near
        })
        .collect()
}

/// By region: the nearest one with instances among `places`.
fn nearest(topology: &Topology, places: &[u8]) -> Vec<u8> {
    by_nearness(topology, places).into_iter().map(|near| near[0]).collect()
}

/// By region of the user: the regions with an entry in the order in which the
/// name server prefers them.
fn orders(topology: &Topology, entry: &[u8]) -> Vec<Vec<u8>> {
    let policy = topology.routing.map(|routing| routing.policy).unwrap_or_default();
    let mut orders = by_nearness(topology, entry);
    if policy == RoutingPolicy::Failover {
        orders.iter_mut().for_each(|order| order.sort_unstable());
    }
    orders
}

/// Groups of services, and of databases that are read from the nearest
/// instance, are chosen from by nearness where there is a choice.
fn splits(topology: &Topology, layout: &Layout) -> Vec<SplitPlan> {
    let here = |hosts: &[HostId]| -> Vec<u8> {
        hosts.iter().map(|&host| region_of(topology, host)).collect()
    };
    let services = topology.services.iter().zip(&layout.services);
    let services = services.map(|(service, layout)| {
        let near = nearest(topology, &here(&service.hosts));
        let near = near.into_iter().map(|region| vec![region]).collect();
        SplitPlan { group: layout.group, place: layout.places.cpus, near }
    });
    let databases = topology.databases.iter().zip(&layout.databases);
    let databases = databases.filter(|(database, _)| database.read_from == ReadFrom::Nearest).map(
        |(database, layout)| {
            let near = by_nearness(topology, &here(&database.hosts));
            SplitPlan { group: layout.reads, place: layout.places.cpus, near }
        },
    );
    let chosen = |split: &SplitPlan| layout.groups[usize::from(split.group)].instances > 1;
    services.chain(databases).filter(chosen).collect()
}

impl Compiler<'_> {
    /// Finds out where to go: by the public name, and by region.
    pub(super) fn find_site(&mut self) {
        let scenario = self.scenario;
        let dns = scenario.topology.dns.as_ref();
        let lookup = match (dns, self.regions) {
            (None, None) => return,
            (None, Some(_)) => self.out.constant(0.0),
            (Some(dns), _) => self.out.distribution(&dns.lookup),
        };
        let verb = match self.regions {
            None => Verb::Resolve { lookup },
            Some(_) => Verb::Route { lookup },
        };
        self.out.emit_timed(verb, "dns");
    }

    /// Where a step of a service runs.
    pub(super) fn locus(&mut self, place: Place) -> Locus {
        let slot = self.out.slot(place.depth);
        Locus::Instance { place: self.layout.services[place.service].places.cpus, slot }
    }

    /// The nodes of a cache that a service asks.
    pub(super) fn cache_locus(&mut self, cache: usize, place: Place) -> Locus {
        let slot = self.out.slot(place.depth);
        let place = self.layout.services[place.service].places.cpus;
        Locus::Cache { cache: cache as u16, place, slot }
    }

    /// A hop whose length does not depend on who will be chosen: only where
    /// there are no regions.
    pub(super) fn hop_at_once(&mut self, from: Locus, to: Locus) {
        if self.regions.is_none() {
            self.hop(from, to);
        }
    }

    /// The hop to a chosen instance of a service, where regions exist.
    pub(super) fn hop_there(&mut self, from: Locus, place: Place) {
        if self.regions.is_some() {
            let there = self.locus(place);
            self.hop(from, there);
        }
    }

    /// Chooses an instance and goes there: how far that is depends on who was
    /// chosen only where regions exist.
    pub(super) fn go_to(
        &mut self,
        group: u16,
        slot: Slot,
        (from, to): (Locus, Locus),
        apart: bool,
        step: StepId,
    ) {
        if apart && self.regions.is_none() {
            self.hop(from, to);
        }
        self.choose(group, slot, from, step);
        if apart && self.regions.is_some() {
            self.hop(from, to);
        }
    }

    /// One way between two machines that may stand in different regions.
    pub(super) fn cross(&mut self, within: bool, from: Locus, to: Locus) {
        let verb = Verb::Cross { within, from, to };
        self.out.emit_way(verb, "network.internal", "network.regions");
    }

    /// Between the site and a service that users reach: no way at all, unless
    /// the service has no instances in some region to which users are sent.
    pub(super) fn cross_to_entry(&mut self, place: Place, inwards: bool) {
        let there = self.locus(place);
        let Some(regions) = self.regions else {
            return;
        };
        let service = self.layout.services[place.service].places.cpus;
        let instances = self.scenario.topology.services[place.service].hosts.len() as u32;
        let stands_in = |region: &u8| {
            (service..service + instances).any(|place| regions.of_place[place as usize] == *region)
        };
        if (0..regions.count() as u8).all(|region| stands_in(&region)) {
            return;
        }
        match inwards {
            true => self.cross(false, Locus::Site, there),
            false => self.cross(false, there, Locus::Site),
        }
    }
}

/// By region: the chance λT/(1 + λT) that a resolver which is asked λ times a
/// second holds a record of TTL T. None at the start where the rate is not
/// known beforehand.
fn records_held(scenario: &Scenario, resolvers: &[Range<u32>]) -> Vec<f64> {
    let Some(dns) = &scenario.topology.dns else {
        return Vec::new();
    };
    let rate = match &scenario.workload.users.arrivals {
        Arrivals::Renewal { gap } => 1e9 / gap.mean(),
        Arrivals::Profile { knots } => knots.first().map_or(0.0, |knot| knot.1),
        Arrivals::Closed { .. } | Arrivals::Replay { .. } => 0.0,
    };
    let regions = scenario.topology.regions.iter().zip(resolvers);
    regions
        .map(|(region, range)| {
            let asked = rate * region.users / f64::from(range.end - range.start);
            let per_ttl = asked * dns.ttl.as_secs_f64();
            per_ttl / (1.0 + per_ttl)
        })
        .collect()
}

/// Resolvers by region, in proportion to its users; at least one each.
fn resolvers(topology: &Topology) -> Vec<Range<u32>> {
    let Some(dns) = &topology.dns else {
        return Vec::new();
    };
    let total: f64 = topology.regions.iter().map(|region| region.users).sum();
    let mut first = 0;
    let share = |region: &Region| (region.users / total * f64::from(dns.resolvers)).round() as u32;
    let range = |region| {
        let range = first..first + share(region).max(1);
        first = range.end;
        range
    };
    topology.regions.iter().map(range).collect()
}
