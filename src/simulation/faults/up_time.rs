//! Availability by time: which endpoints could be served when.

use super::nodes::NodeState;
use super::plan::{ComponentKind, FaultPlan};
use crate::kernel::time::Instant;
use crate::simulation::availability::{ComponentUpTime, UpTime};
use crate::simulation::blueprint::Blueprint;
use crate::simulation::world::World;

/// Adds up the times in which endpoints could be served.
#[derive(Clone, Debug, Default)]
pub(super) struct UpTimeClock {
    /// Since when the states below hold.
    since: Instant,
    /// Groups of which an endpoint needs instances.
    groups: Vec<Group>,
    /// Indices in `groups`, by endpoint.
    needs: Vec<Vec<usize>>,
    /// Endpoints that can be served now.
    endpoints: Vec<bool>,
    /// Components of which enough instances are up.
    components: Vec<bool>,
    /// All endpoints can be served.
    all: bool,
    /// A component lacks an instance.
    reduced: bool,
    figures: UpTime,
}

/// A group of which an endpoint needs instances, and whether it has them.
#[derive(Clone, Debug)]
struct Group {
    /// Its number.
    number: u16,
    /// The component that has them.
    component: u16,
    /// The node of its first target.
    first: usize,
    /// Targets, not more than instances of the component.
    targets: usize,
    /// Only those with the role count: a database.
    by_role: bool,
    /// So many must be up.
    needed: u32,
    is_up: bool,
}

impl UpTimeClock {
    /// All is up at the start.
    fn new(plan: &FaultPlan, blueprint: &Blueprint) -> Self {
        let mut clock = Self { all: true, ..Self::default() };
        clock.components = vec![true; plan.components.len()];
        clock.endpoints = vec![true; plan.needs.len()];
        clock.figures = empty(plan);
        for groups in &plan.needs {
            let known = groups.iter().filter_map(|&number| clock.group(number, plan, blueprint));
            let needs: Vec<Group> = known.collect();
            let places = needs.into_iter().map(|group| clock.place(group)).collect();
            clock.needs.push(places);
        }
        clock
    }

    /// What is known of a group before it is played.
    fn group(&self, number: u16, plan: &FaultPlan, blueprint: &Blueprint) -> Option<Group> {
        let group = &blueprint.groups[usize::from(number)];
        let is_owner = |kind: ComponentKind| match kind {
            ComponentKind::Service { group: own } => own == number,
            ComponentKind::Database { database } => {
                let own = &blueprint.databases[usize::from(database)].name;
                let rest = group.name.strip_prefix(own.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
            _ => false,
        };
        let component = plan.components.iter().position(|one| is_owner(one.kind))?;
        let owner = &plan.components[component];
        Some(Group {
            number,
            component: component as u16,
            first: (owner.first_node + group.first) as usize,
            targets: owner.instances.saturating_sub(group.first).min(group.instances) as usize,
            by_role: matches!(owner.kind, ComponentKind::Database { .. }),
            needed: owner.needed,
            is_up: true,
        })
    }

    /// The place of a group among those known.
    fn place(&mut self, group: Group) -> usize {
        let place = self.groups.iter().position(|own| own.number == group.number);
        place.unwrap_or_else(|| {
            self.groups.push(group);
            self.groups.len() - 1
        })
    }

    /// Adds the time up to `now`.
    fn advance(&mut self, now: Instant) {
        let passed = u128::from((now - self.since).as_nanos());
        self.since = now;
        if passed == 0 {
            return;
        }
        let figures = &mut self.figures;
        let endpoints = figures.endpoints.iter_mut().zip(&self.endpoints);
        endpoints.for_each(|(time, up)| *time += if *up { passed } else { 0 });
        let components = figures.components.iter_mut().zip(&self.components);
        components.for_each(|(own, up)| own.up += if *up { passed } else { 0 });
        figures.all += if self.all { passed } else { 0 };
        figures.reduced += if self.reduced { passed } else { 0 };
        figures.window += passed;
    }

    /// The states of the groups and components are new: so are those of the
    /// endpoints.
    fn conclude(&mut self, balancers_are_up: bool) {
        let mut all = true;
        for (place, needs) in self.needs.iter().enumerate() {
            let up = balancers_are_up && needs.iter().all(|&group| self.groups[group].is_up);
            let ceased = std::mem::replace(&mut self.endpoints[place], up) && !up;
            self.figures.endpoint_outages[place] += u64::from(ceased);
            all &= up;
        }
        let ceased = std::mem::replace(&mut self.all, all) && !all;
        self.figures.outages += u64::from(ceased);
    }
}

/// Nothing seen.
fn empty(plan: &FaultPlan) -> UpTime {
    let component = |name: &String| ComponentUpTime { component: name.clone(), up: 0, outages: 0 };
    UpTime {
        endpoints: vec![0; plan.needs.len()],
        endpoint_outages: vec![0; plan.needs.len()],
        components: plan.components.iter().map(|one| component(&one.name)).collect(),
        ..UpTime::default()
    }
}

impl World<'_> {
    /// Availability by time begins.
    pub(super) fn wind_up_time(&mut self) {
        self.faults().up_time = UpTimeClock::new(self.fault_plan(), self.plan);
        self.note_up_time();
    }

    /// Something may have changed: who can be served from now on.
    pub fn note_up_time(&mut self) {
        if self.recorder.is_closed() {
            return;
        }
        let Some(faults) = &mut self.faults else { return };
        if !faults.plan.can_fail() {
            return;
        }
        // Taken out for a moment, so that the state of the world can be read.
        let mut clock = std::mem::take(&mut faults.up_time);
        clock.advance(self.now);
        self.look_at_components(&mut clock);
        clock.reduced = self.is_reduced();
        for group in &mut clock.groups {
            group.is_up = match group.by_role {
                true => self.has_role_up(group),
                // Its group holds all instances of a service.
                false => clock.components[usize::from(group.component)],
            };
        }
        clock.conclude(self.balancers_are_up(&clock.components));
        self.faults().up_time = clock;
    }

    /// Of which components enough instances are up.
    fn look_at_components(&self, clock: &mut UpTimeClock) {
        let plan = self.fault_plan();
        for (number, component) in plan.components.iter().enumerate() {
            let nodes = component.first_node..component.first_node + component.instances;
            let up = nodes.filter(|&node| self.serves(node as usize)).count();
            let is_up = up >= component.needed as usize;
            let ceased = std::mem::replace(&mut clock.components[number], is_up) && !is_up;
            clock.figures.components[number].outages += u64::from(ceased);
        }
    }

    /// Whether enough instances of a database are up that have the role.
    fn has_role_up(&self, group: &Group) -> bool {
        let balancer = &self.balancers[usize::from(group.number)];
        let has_role =
            |target: &usize| balancer.is_in_pool(*target) && self.serves(group.first + target);
        (0..group.targets).filter(has_role).count() >= group.needed as usize
    }

    fn balancers_are_up(&self, components: &[bool]) -> bool {
        let plan = self.fault_plan();
        let balancers =
            plan.components.iter().take_while(|one| one.kind == ComponentKind::LoadBalancer);
        balancers.zip(components).all(|(_, up)| *up)
    }

    /// Whether a node is up, and some caller reaches it.
    fn serves(&self, node: usize) -> bool {
        self.is_up(node)
            && !self.is_drained(node)
            && (self.links_are_sound() || self.is_reached(node))
    }

    /// Clients reach balancers; balancers, or where there is none clients and
    /// other services, reach services; services reach what holds data.
    fn is_reached(&self, node: usize) -> bool {
        let plan = self.fault_plan();
        let own = plan.nodes[node].component;
        let balancers = || plan.balancers.iter().filter(|one| one.targets == own);
        let of_service = |node: &usize| {
            let component = plan.nodes[*node].component;
            component != own
                && matches!(
                    plan.components[usize::from(component)].kind,
                    ComponentKind::Service { .. }
                )
        };
        let mut services = (0..plan.nodes.len()).filter(of_service);
        let is_service = matches!(
            plan.components[usize::from(own)].kind,
            ComponentKind::Service { .. } | ComponentKind::LoadBalancer
        );
        if is_service && balancers().next().is_some() {
            return balancers().any(|one| self.can_reach(plan.node(one.component, 0), node));
        }
        let by_services = services.any(|from| self.is_up(from) && self.can_reach(from, node));
        by_services || (is_service && self.packets_pass(None, node))
    }

    fn is_up(&self, node: usize) -> bool {
        self.node_state(node) == NodeState::Up
    }

    fn is_reduced(&self) -> bool {
        let nodes = 0..self.fault_plan().nodes.len();
        let lacks = |node| !self.is_up(node) || self.is_drained(node);
        nodes.into_iter().any(|node| self.is_provisioned(node) && lacks(node))
            || self.is_database_reduced()
    }

    /// The window begins.
    pub fn begin_up_time(&mut self) {
        let now = self.now;
        if let Some(faults) = &mut self.faults {
            faults.up_time.advance(now);
            faults.up_time.figures = empty(faults.plan);
        }
    }

    /// The window ends.
    pub fn end_up_time(&mut self) {
        let now = self.now;
        if let Some(faults) = &mut self.faults
            && faults.plan.can_fail()
        {
            faults.up_time.advance(now);
            self.recorder.availability.up_time = Some(faults.up_time.figures.clone());
        }
    }
}
