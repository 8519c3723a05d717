//! Nodes: up, frozen, dead, and what each change sets in motion.

use super::plan::{ComponentKind, Effect, FaultPlan, NOWHERE, NodePlan, TargetPlan};
use super::{Action, Source};
use crate::kernel::event_queue::Phase;
use crate::kernel::time::{Duration, Instant};
use crate::simulation::world::World;

/// Whether and how a node answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeState {
    /// It works.
    Up,
    /// It takes connections and does nothing.
    Hung,
    /// Its machine refuses connections.
    Refusing,
    /// Silence.
    Silent,
    /// Not in service: not there yet, or no longer.
    Absent,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Who has struck it, and not let go of it.
    afflictions: Vec<Affliction>,
    /// In service, or to be.
    provisioned: bool,
    /// Gets no new requests.
    pub(super) draining: bool,
    /// Speed of its CPU and disk as a share of the full one, by source.
    slowed: Vec<(Source, f64)>,
    /// Its disks were destroyed in this death.
    destroyed: bool,
    /// Valid number of its boot.
    boot_epoch: u32,
    /// It is to go, and waits until then at most for its visits to end.
    pub(super) drains_until: Option<Instant>,
    /// It runs, or boots.
    pub(super) ordered: bool,
    /// Out of service; it finishes what it has.
    pub(super) leaving: bool,
    /// Since when it has been in service.
    pub(super) ready_since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Affliction {
    source: Source,
    effect: Effect,
    of_place: bool,
}

impl Node {
    pub(super) fn new(plan: &FaultPlan, node: &NodePlan) -> Self {
        let component = &plan.components[usize::from(node.component)];
        Self {
            afflictions: Vec::new(),
            provisioned: node.instance < component.in_service,
            draining: false,
            drains_until: None,
            slowed: Vec::new(),
            destroyed: false,
            boot_epoch: 0,
            ordered: node.instance < component.in_service,
            leaving: false,
            ready_since: Instant::ZERO,
        }
    }

    /// Who looked at it before looks in vain from now on.
    pub(super) fn begin_epoch(&mut self) {
        self.boot_epoch += 1;
    }

    /// Number of its last boot.
    pub(super) fn boot_epoch(&self) -> u32 {
        self.boot_epoch
    }

    /// Whether and how it answers. What is dead does not hang; silence hides
    /// a refusal.
    pub fn state(&self) -> NodeState {
        let has = |effect| self.afflictions.iter().any(|affliction| affliction.effect == effect);
        match () {
            () if !self.provisioned => NodeState::Absent,
            () if has(Effect::Silence) => NodeState::Silent,
            () if has(Effect::Refuse) => NodeState::Refusing,
            () if has(Effect::Hang) => NodeState::Hung,
            () => NodeState::Up,
        }
    }
}

impl NodeState {
    /// Neither working nor frozen.
    pub fn is_dead(self) -> bool {
        matches!(self, Self::Refusing | Self::Silent | Self::Absent)
    }
}

impl World<'_> {
    /// The state of a node.
    pub fn node_state(&self, node: usize) -> NodeState {
        self.faults.as_ref().map_or(NodeState::Up, |faults| faults.nodes[node].state())
    }

    /// Nodes in service, or to be.
    pub(super) fn is_provisioned(&self, node: usize) -> bool {
        self.faults.as_ref().is_none_or(|faults| faults.nodes[node].provisioned)
    }

    /// Whether an instance of a database is to be spared.
    pub fn is_draining(&self, database: usize, instance: usize) -> bool {
        self.faults.as_ref().is_some_and(|faults| {
            let component = faults.plan.database(database);
            let node = component.map(|component| faults.plan.node(component, instance as u32));
            node.is_some_and(|node| faults.nodes[node].draining)
        })
    }

    /// It gets no new requests.
    pub(in crate::simulation) fn is_drained(&self, node: usize) -> bool {
        self.faults.as_ref().is_some_and(|faults| faults.nodes[node].draining)
    }

    /// Whom a target means now.
    pub(super) fn nodes_of_target(&self, target: &TargetPlan) -> Vec<usize> {
        let plan = self.fault_plan();
        let of_database = |database: u16, instance: Option<u32>| {
            let component = plan.database(usize::from(database));
            component.zip(instance).map(|(component, instance)| plan.node(component, instance))
        };
        match target {
            TargetPlan::Nodes(nodes) => nodes.iter().map(|&node| node as usize).collect(),
            TargetPlan::Primary(database) => {
                let primary = self.present_primary(usize::from(*database));
                of_database(*database, primary).into_iter().collect()
            }
            TargetPlan::Replica(database) => {
                let replica = self.first_replica(usize::from(*database));
                of_database(*database, replica).into_iter().collect()
            }
        }
    }

    /// A source strikes nodes, all at the same instant.
    pub(super) fn afflict(
        &mut self,
        nodes: &[usize],
        source: Source,
        effect: Effect,
        destroys: bool,
        of_place: bool,
    ) {
        let before: Vec<NodeState> = nodes.iter().map(|&node| self.node_state(node)).collect();
        for &node in nodes {
            let state = &mut self.faults().nodes[node];
            state.afflictions.push(Affliction { source, effect, of_place });
            state.destroyed |= destroys;
        }
        let changed = |(&node, &before): (&usize, &NodeState)| (node, before);
        let nodes: Vec<(usize, NodeState)> = nodes.iter().zip(&before).map(changed).collect();
        self.states_changed(&nodes);
    }

    /// A source lets go of whom it struck. Answers them.
    pub(super) fn relieve(&mut self, source: Source) -> Vec<usize> {
        let struck = |affliction: &Affliction| affliction.source == source;
        self.relieve_if(|_, affliction| struck(affliction))
    }

    /// Ends the afflictions of which `over` says so.
    fn relieve_if(&mut self, over: impl Fn(usize, &Affliction) -> bool) -> Vec<usize> {
        let count = self.faults().nodes.len();
        let mut changed = Vec::new();
        for node in 0..count {
            let before = self.node_state(node);
            let afflictions = &mut self.faults().nodes[node].afflictions;
            let length = afflictions.len();
            afflictions.retain(|affliction| !over(node, affliction));
            if afflictions.len() != length {
                changed.push((node, before));
            }
        }
        self.states_changed(&changed);
        changed.into_iter().map(|(node, _)| node).collect()
    }

    /// A new machine takes the place of a node: what struck the old one is
    /// over, unless the whole place is gone. False where it is.
    pub(in crate::simulation) fn renew(&mut self, node: usize) -> bool {
        let is_gone = |affliction: &Affliction| affliction.of_place;
        if self.faults().nodes[node].afflictions.iter().any(is_gone) {
            return false;
        }
        self.processes_start_anew(node);
        let over: Vec<Source> =
            self.faults().nodes[node].afflictions.iter().map(|own| own.source).collect();
        self.relieve_if(|own, affliction| own == node && !affliction.of_place);
        self.faults().nodes[node].slowed.clear();
        self.set_speed(node);
        for source in over {
            self.close_incidents_without_victims(source);
        }
        true
    }

    /// All that a source struck has been replaced.
    fn close_incidents_without_victims(&mut self, source: Source) {
        let holds = |node: &Node| node.afflictions.iter().any(|own| own.source == source);
        if !self.faults().nodes.iter().any(holds) {
            self.close_incidents(source);
        }
    }

    /// Nodes may have another state than before: those that died are struck
    /// first, together, as the work of one may lie at another.
    fn states_changed(&mut self, nodes: &[(usize, NodeState)]) {
        let died: Vec<usize> = nodes
            .iter()
            .filter(|(node, before)| !before.is_dead() && self.node_state(*node).is_dead())
            .map(|(node, _)| *node)
            .collect();
        self.strike(&died);
        for &(node, before) in nodes {
            let after = self.node_state(node);
            if before != after {
                self.state_changed(node, before, after);
            }
        }
    }

    fn state_changed(&mut self, node: usize, before: NodeState, after: NodeState) {
        match (before.is_dead(), after) {
            (false, NodeState::Hung) => self.freeze(node),
            (false, NodeState::Up) => self.thaw(node),
            (true, NodeState::Up | NodeState::Hung) => self.comes_back(node),
            _ => {}
        }
        if before.is_dead() && after == NodeState::Hung {
            self.freeze(node);
        }
        self.tell_component(node, before, after);
        self.health_changed(node);
        self.regions_changed();
    }

    /// What came back comes back cold.
    fn comes_back(&mut self, node: usize) {
        let plan = self.fault_plan();
        if let ComponentKind::Cache { cache, .. } =
            plan.components[usize::from(plan.nodes[node].component)].kind
        {
            let place = plan.nodes[node].instance as usize;
            self.caches[usize::from(cache)].nodes[place].flush();
        }
        self.set_stations_up(node, true);
        self.set_speed(node);
    }

    /// Databases have roles to give.
    fn tell_component(&mut self, node: usize, before: NodeState, after: NodeState) {
        let plan = self.fault_plan();
        let own = &plan.nodes[node];
        let ComponentKind::Database { database } = plan.components[usize::from(own.component)].kind
        else {
            return;
        };
        let (database, instance) = (usize::from(database), own.instance as usize);
        match (before.is_dead(), after.is_dead()) {
            (false, true) => {
                let destroyed = self.faults().nodes[node].destroyed;
                self.database_instance_died(database, instance, destroyed);
            }
            (true, false) => {
                let destroyed = std::mem::take(&mut self.faults().nodes[node].destroyed);
                self.database_instance_returned(database, instance, destroyed);
            }
            (true, true) => {}
            (false, false) => {
                self.database_instance_hung(database, instance, after == NodeState::Hung);
            }
        }
    }

    /// Utilisation is busy time over time up.
    pub(super) fn set_stations_up(&mut self, node: usize, up: bool) {
        let (now, plan) = (self.now, self.fault_plan());
        let own = &plan.nodes[node];
        let shares_cpu =
            |other: usize| plan.nodes[other].cpu == own.cpu && !self.node_state(other).is_dead();
        let host_is_up = up || (0..plan.nodes.len()).any(shares_cpu);
        if own.cpu != NOWHERE {
            self.cpus[own.cpu as usize].set_up(now, host_is_up);
        }
        if own.disk != NOWHERE {
            self.disks[own.disk as usize].set_up(now, host_is_up);
        }
    }

    /// CPU and disk of nodes work at a share of their speed while a source says so.
    pub(super) fn slow_down(&mut self, nodes: &[usize], source: Source, speed: f64) {
        for &node in nodes {
            self.faults().nodes[node].slowed.push((source, speed));
            self.set_speed(node);
        }
    }

    /// A source slows nobody down any more.
    pub(super) fn speed_up(&mut self, source: Source) {
        for node in 0..self.faults().nodes.len() {
            let slowed = &mut self.faults().nodes[node].slowed;
            let length = slowed.len();
            slowed.retain(|(own, _)| *own != source);
            if slowed.len() != length {
                self.set_speed(node);
            }
        }
    }

    /// The speed of a node's CPU and disk: the CPU stands still while a node
    /// of that machine is frozen.
    pub(super) fn set_speed(&mut self, node: usize) {
        let plan = &self.fault_plan().nodes[node];
        let (cpu, disk, now) = (plan.cpu, plan.disk, self.now);
        let (speed, frozen) = self.speed_of_machine(node);
        if cpu != NOWHERE {
            let speed = if frozen { 0.0 } else { speed };
            let next = self.cpus[cpu as usize].set_speed(now, speed);
            self.reschedule(cpu, next);
        }
        if disk != NOWHERE {
            self.disks[disk as usize].set_speed(speed);
        }
    }

    /// The speed of a node's machine as a share of the full one, and whether a
    /// node there is frozen. A source that struck several nodes of a shared
    /// host slows the host down once.
    fn speed_of_machine(&self, node: usize) -> (f64, bool) {
        let plan = self.fault_plan();
        let cpu = plan.nodes[node].cpu;
        let is_there =
            |other: usize| other == node || cpu != NOWHERE && plan.nodes[other].cpu == cpu;
        let (mut slowed, mut frozen): (Vec<(Source, f64)>, bool) = (Vec::new(), false);
        for own in (0..plan.nodes.len()).filter(|&other| is_there(other)) {
            frozen |= self.node_state(own) == NodeState::Hung;
            let by_source = self.faults.iter().flat_map(|faults| &faults.nodes[own].slowed);
            for &(source, speed) in by_source {
                if slowed.iter().all(|(known, _)| *known != source) {
                    slowed.push((source, speed));
                }
            }
        }
        (slowed.iter().map(|(_, speed)| speed).product(), frozen)
    }

    /// A node boots for a while: absent or dead until then.
    pub(super) fn boot(&mut self, node: usize) {
        let boot = self.boot_time(node);
        let state = &mut self.faults().nodes[node];
        state.boot_epoch += 1;
        let action = Action::Booted(node as u32, state.boot_epoch);
        let at: Instant = self.now + boot;
        self.schedule_action(at, Phase::Fault, action);
    }

    /// From start to readiness.
    pub(super) fn boot_time(&self, node: usize) -> Duration {
        let plan = self.fault_plan();
        plan.components[usize::from(plan.nodes[node].component)].boot
    }

    /// It is ready.
    pub(super) fn node_has_booted(&mut self, node: usize, epoch: u32) {
        if self.faults().nodes[node].boot_epoch != epoch {
            return;
        }
        let (now, before) = (self.now, self.node_state(node));
        let state = &mut self.faults().nodes[node];
        if !state.provisioned {
            (state.provisioned, state.ready_since) = (true, now);
        }
        state.afflictions.retain(|affliction| affliction.source != Source::Boot);
        self.states_changed(&[(node, before)]);
    }

    /// Takes a node out of service.
    pub(super) fn remove_from_service(&mut self, node: usize) {
        let before = self.node_state(node);
        if before == NodeState::Up && self.begin_draining_sessions(node) {
            return;
        }
        let state = &mut self.faults().nodes[node];
        state.boot_epoch += 1;
        (state.provisioned, state.ordered) = (false, false);
        if before == NodeState::Absent {
            return;
        }
        self.begin_leaving(node);
        // What it has, it finishes: nobody is struck.
        self.health_changed(node);
        self.regions_changed();
    }
}
