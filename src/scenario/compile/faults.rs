//! What can fail: components, nodes, processes, and the script.

use super::layout::{Layout, Places};
use crate::route::program::Programs;
use crate::route::step::Verb;
use crate::scenario::model::{
    Autoscaler, Component, Death, EntryTarget, Event, EventAction, FailureEffect, FailureProcess,
    HostId, OnCacheFailure, Scenario, Target,
};
use crate::simulation::blueprint::{EndpointPlan, NO_STATION};
use crate::simulation::faults::plan::{
    ActionPlan, AutoscalerPlan, BalancerPlan, ComponentKind, ComponentPlan, Effect, EventPlan,
    FaultPlan, NOWHERE, NodePlan, ProcessPlan, TargetPlan, Trouble,
};

/// Whether anything can fail, or come and go.
pub(super) fn can_fail(scenario: &Scenario) -> bool {
    let failures = &scenario.failures;
    !failures.processes.is_empty()
        || !failures.events.is_empty()
        || !scenario.topology.autoscalers.is_empty()
}

/// Components in the order of their numbers: load balancers, services, caches,
/// databases.
pub(super) struct ComponentNumbers {
    services: usize,
    caches: usize,
    databases: usize,
}

impl ComponentNumbers {
    /// `None` where nothing can fail.
    pub(super) fn new(scenario: &Scenario) -> Option<Self> {
        let topology = &scenario.topology;
        let services = topology.load_balancers.len();
        let caches = services + topology.services.len();
        let databases = caches + topology.caches.len();
        can_fail(scenario).then_some(Self { services, caches, databases })
    }

    /// The number of a component.
    pub(super) fn of(&self, component: Component) -> u16 {
        let number = match component {
            Component::LoadBalancer(balancer) => balancer,
            Component::Service(service) => self.services + service,
            Component::Cache(cache) => self.caches + cache,
            Component::Database(database) => self.databases + database,
        };
        number as u16
    }
}

/// The plan of all that can fail; `None` where nothing can.
pub(super) fn faults(
    scenario: &Scenario,
    layout: &Layout,
    programs: &Programs,
    endpoints: &[EndpointPlan],
) -> Option<FaultPlan> {
    let numbers = ComponentNumbers::new(scenario)?;
    let mut builder = Builder { scenario, layout, numbers, plan: FaultPlan::default() };
    builder.components();
    builder.balancers();
    let processes = scenario.failures.processes.iter().map(|process| builder.process(process));
    let processes = processes.collect();
    let events = scenario.failures.events.iter().map(|event| builder.event(event)).collect();
    let needs = endpoints.iter().map(|endpoint| needs(programs, endpoint)).collect();
    let entry_balancer = match scenario.topology.entry.to {
        EntryTarget::LoadBalancer(balancer) => Some(balancer),
        EntryTarget::Service(_) => None,
    };
    let autoscalers = scenario.topology.autoscalers.iter().map(|own| builder.autoscaler(own));
    let autoscalers = autoscalers.collect();
    Some(FaultPlan { processes, events, autoscalers, needs, entry_balancer, ..builder.plan })
}

/// The groups of which an endpoint's programs choose an instance.
fn needs(programs: &Programs, endpoint: &EndpointPlan) -> Vec<u16> {
    let mut groups = Vec::new();
    for &program in &endpoint.programs {
        let program = &programs.programs[usize::from(program)];
        for pc in program.start..program.end {
            if let Verb::Choose { group, .. } | Verb::ChooseNear { group, .. } =
                programs.code[pc as usize].verb
                && !groups.contains(&group)
            {
                groups.push(group);
            }
        }
    }
    groups
}

struct Builder<'a> {
    scenario: &'a Scenario,
    layout: &'a Layout,
    numbers: ComponentNumbers,
    plan: FaultPlan,
}

impl Builder<'_> {
    fn components(&mut self) {
        let topology = &self.scenario.topology;
        let give_up = topology.network.give_up_after;
        for balancer in &topology.load_balancers {
            let name = format!("load_balancers.{}", balancer.name);
            let plan = self.component(name, ComponentKind::LoadBalancer, 1);
            self.add(ComponentPlan { timeout: give_up, ..plan }, None, &[]);
        }
        for (service, layout) in topology.services.iter().zip(&self.layout.services) {
            let kind = ComponentKind::Service { group: layout.group };
            let plan =
                self.component(format!("services.{}", service.name), kind, service.hosts.len());
            let (in_service, boot) = (service.instances, service.boot);
            let needed = service.needed;
            let plan = ComponentPlan { in_service, needed, boot, timeout: give_up, ..plan };
            self.add(plan, Some(layout.places), &service.hosts);
        }
        for (number, cache) in topology.caches.iter().enumerate() {
            let fails = cache.on_failure == OnCacheFailure::Fail;
            let kind = ComponentKind::Cache { cache: number as u16, fails };
            let plan = self.component(format!("caches.{}", cache.name), kind, cache.hosts.len());
            let plan = ComponentPlan { timeout: cache.timeout, ..plan };
            self.add(plan, Some(self.layout.caches[number]), &cache.hosts);
        }
        for (number, database) in topology.databases.iter().enumerate() {
            let kind = ComponentKind::Database { database: number as u16 };
            let name = format!("databases.{}", database.name);
            let plan = self.component(name, kind, database.hosts.len());
            let timeout = database.timeout.unwrap_or(give_up);
            let plan = ComponentPlan { timeout, needed: database.needed(), ..plan };
            self.add(plan, Some(self.layout.databases[number].places), &database.hosts);
        }
    }

    fn component(&self, name: String, kind: ComponentKind, instances: usize) -> ComponentPlan {
        ComponentPlan {
            name,
            kind,
            first_node: self.plan.nodes.len() as u32,
            instances: instances as u32,
            in_service: instances as u32,
            needed: 1,
            boot: Default::default(),
            timeout: Default::default(),
        }
    }

    fn add(&mut self, component: ComponentPlan, places: Option<Places>, hosts: &[HostId]) {
        let number = self.plan.components.len() as u16;
        let stations = &self.layout.stations;
        for instance in 0..component.instances {
            let region = hosts.get(instance as usize).and_then(|&host| self.region_of(host));
            let disk =
                places.map_or(NO_STATION, |own| stations.disk_of[(own.disks + instance) as usize]);
            self.plan.nodes.push(NodePlan {
                component: number,
                instance,
                region: region.map_or(NOWHERE, |region| region as u32),
                cpu: places.map_or(NOWHERE, |own| stations.cpu_of[(own.cpus + instance) as usize]),
                disk: if disk == NO_STATION { NOWHERE } else { disk },
            });
        }
        self.plan.components.push(component);
    }

    fn region_of(&self, host: HostId) -> Option<usize> {
        let topology = &self.scenario.topology;
        topology.zones[topology.hosts[host].zone?].region
    }

    fn balancers(&mut self) {
        for (number, balancer) in self.scenario.topology.load_balancers.iter().enumerate() {
            let Some(check) = balancer.health_check else { continue };
            let targets = self.numbers.of(Component::Service(balancer.targets));
            self.plan.balancers.push(BalancerPlan {
                group: self.layout.services[balancer.targets].group,
                component: self.numbers.of(Component::LoadBalancer(number)),
                targets,
                first: 0,
                instances: self.plan.components[usize::from(targets)].instances,
                interval: check.interval,
                timeout: check.timeout,
                unhealthy_after: check.unhealthy_after,
                healthy_after: check.healthy_after,
                slow_start: check.slow_start,
                replace_after: balancer.replace.map(|replace| replace.after),
                replace_within: balancer.replace.map_or(Default::default(), |own| own.within),
            });
        }
    }

    fn autoscaler(&self, scaler: &Autoscaler) -> AutoscalerPlan {
        AutoscalerPlan {
            name: format!("autoscale.{}", scaler.name),
            component: self.numbers.of(Component::Service(scaler.service)),
            workers: self.layout.services[scaler.service].workers.unwrap_or(NOWHERE),
            settings: scaler.settings.clone(),
            period: scaler.period,
            metric_delay: scaler.metric_delay,
            warmup: scaler.warmup,
            schedule: scaler
                .schedule
                .iter()
                .map(|one| (one.at, one.limits, one.instances))
                .collect(),
        }
    }

    fn process(&self, process: &FailureProcess) -> ProcessPlan {
        ProcessPlan {
            name: format!("failures.{}", process.name),
            groups: self.groups(&process.of),
            mtbf: process.mtbf.clone(),
            mttr: process.mttr.clone(),
            effect: match process.effect {
                FailureEffect::Kill(death) => effect(death),
                FailureEffect::Hang => Effect::Hang,
            },
            destroys: process.destroys,
            of_place: is_place(&process.of),
            crews: process.crews.unwrap_or(u32::MAX),
        }
    }

    /// A component's instances fail each by itself.
    fn groups(&self, target: &Target) -> Vec<(String, TargetPlan)> {
        if !matches!(target, Target::All(_) | Target::Shards { .. }) {
            return vec![(self.name_of(target), self.target(target))];
        }
        let TargetPlan::Nodes(nodes) = self.target(target) else { return Vec::new() };
        nodes
            .into_iter()
            .map(|node| (self.plan.node_name(node as usize), TargetPlan::Nodes(vec![node])))
            .collect()
    }

    fn target(&self, target: &Target) -> TargetPlan {
        let all = |component| {
            let plan = &self.plan.components[usize::from(self.numbers.of(component))];
            plan.first_node..plan.first_node + plan.instances
        };
        match *target {
            Target::Primary(database) => TargetPlan::Primary(database as u16),
            Target::Replica(database) => TargetPlan::Replica(database as u16),
            Target::All(component) => TargetPlan::Nodes(all(component).collect()),
            Target::Shards { first, count } => {
                let shards = (first..first + count).map(Component::Database);
                TargetPlan::Nodes(shards.flat_map(all).collect())
            }
            Target::Instance(component, instance) => {
                TargetPlan::Nodes(vec![all(component).start + instance])
            }
            Target::Host(host) => self.on_hosts(|own| own == host),
            Target::Rack(rack) => {
                self.on_hosts(|own| self.scenario.topology.hosts[own].rack == Some(rack))
            }
            Target::Zone(zone) => {
                self.on_hosts(|own| self.scenario.topology.hosts[own].zone == Some(zone))
            }
            Target::Region(region) => self.on_hosts(|own| self.region_of(own) == Some(region)),
        }
    }

    /// Nodes on the hosts of which `is_it` says so.
    fn on_hosts(&self, is_it: impl Fn(HostId) -> bool) -> TargetPlan {
        let topology = &self.scenario.topology;
        let services = topology.services.iter().map(|service| &service.hosts);
        let caches = topology.caches.iter().map(|cache| &cache.hosts);
        let databases = topology.databases.iter().map(|database| &database.hosts);
        let hosts = services.chain(caches).chain(databases).flatten();
        let first = topology.load_balancers.len();
        let nodes = hosts.enumerate().filter(|(_, host)| is_it(**host));
        TargetPlan::Nodes(nodes.map(|(node, _)| (first + node) as u32).collect())
    }

    /// As the file says it.
    fn name_of(&self, target: &Target) -> String {
        let topology = &self.scenario.topology;
        let component =
            |component| self.plan.components[usize::from(self.numbers.of(component))].name.clone();
        match *target {
            Target::All(own) => component(own),
            Target::Shards { first, .. } => {
                format!("databases.{}", topology.databases[first].table())
            }
            Target::Instance(own, instance) => format!("{}.{instance}", component(own)),
            Target::Primary(own) => format!("{}.primary", component(Component::Database(own))),
            Target::Replica(own) => format!("{}.replica", component(Component::Database(own))),
            Target::Host(host) => format!("hosts.{}", topology.hosts[host].name),
            Target::Rack(rack) => format!("racks.{}", topology.racks[rack]),
            Target::Zone(zone) => format!("zones.{}", topology.zones[zone].name),
            Target::Region(region) => format!("regions.{}", topology.regions[region].name),
        }
    }

    fn event(&self, event: &Event) -> EventPlan {
        let (target, action) = self.action(&event.action);
        let name = format!("events.{}", event.name);
        EventPlan { name, target, at: event.at, lasts: event.lasts, action }
    }

    fn action(&self, action: &EventAction) -> (String, ActionPlan) {
        let strike = |target: &Target, effect, destroys, kind| {
            let of_place = is_place(target);
            let own = self.target(target);
            (
                self.name_of(target),
                ActionPlan::Strike { target: own, effect, destroys, of_place, kind },
            )
        };
        let link = |from: &Target, to: &Target, trouble| {
            let name = format!("{} – {}", self.name_of(from), self.name_of(to));
            let (from, to) = (self.target(from), Some(self.target(to)));
            (name, ActionPlan::Link { from, to, trouble })
        };
        match action {
            EventAction::Kill { target, death } => strike(target, effect(*death), false, "kill"),
            EventAction::Hang { target } => strike(target, Effect::Hang, false, "hang"),
            EventAction::Lose { target } => strike(target, Effect::Silence, false, "lose"),
            EventAction::Destroy { target } => strike(target, Effect::Silence, true, "destroy"),
            EventAction::Restart { target } => {
                (self.name_of(target), ActionPlan::Restart(self.target(target)))
            }
            EventAction::Slow { target, speed } => {
                (self.name_of(target), ActionPlan::Slow(self.target(target), *speed))
            }
            EventAction::Drain { target } => {
                (self.name_of(target), ActionPlan::Drain(self.target(target)))
            }
            EventAction::Partition { target } => {
                let from = self.target(target);
                let action = ActionPlan::Link { from, to: None, trouble: Trouble::Cut };
                (self.name_of(target), action)
            }
            EventAction::Cut { from, to } => link(from, to, Trouble::Cut),
            EventAction::SlowLink { from, to, added } => link(from, to, Trouble::Slow(*added)),
            EventAction::Loss { from, to, share } => link(from, to, Trouble::Loss(*share)),
            EventAction::DnsOutage => ("dns".to_owned(), ActionPlan::DnsOutage),
            EventAction::DnsRecord { region } => {
                let name = format!("regions.{}", self.scenario.topology.regions[*region].name);
                (name, ActionPlan::DnsRecord(*region as u16))
            }
            EventAction::CdnOutage { death } => {
                let timeout = self.scenario.topology.cdn.as_ref().map(|cdn| cdn.timeout);
                let silence = timeout.filter(|_| *death == Death::Silent).unwrap_or_default();
                ("cdn".to_owned(), ActionPlan::CdnOutage(silence))
            }
            EventAction::FlushCdn => ("cdn".to_owned(), ActionPlan::FlushCdn),
            EventAction::Flush { cache } => {
                let name = format!("caches.{}", self.scenario.topology.caches[*cache].name);
                (name, ActionPlan::Flush(*cache as u16))
            }
            EventAction::Reshard { sharding, .. } => {
                let name =
                    format!("databases.{}", self.scenario.topology.shardings[*sharding].name);
                (name, ActionPlan::Reshard(*sharding as u16))
            }
            EventAction::Spike { .. } => ("users".to_owned(), ActionPlan::Spike),
            EventAction::Scale { service, instances } => {
                let component = self.numbers.of(Component::Service(*service));
                let name = self.plan.components[usize::from(component)].name.clone();
                (name, ActionPlan::Scale { component, instances: *instances })
            }
        }
    }
}

fn effect(death: Death) -> Effect {
    match death {
        Death::Refused => Effect::Refuse,
        Death::Silent => Effect::Silence,
    }
}

/// What is lost with a place cannot be replaced there.
fn is_place(target: &Target) -> bool {
    matches!(target, Target::Zone(_) | Target::Region(_) | Target::Rack(_))
}
