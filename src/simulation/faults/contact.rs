//! A call meets its instance: it answers, refuses, keeps silent or is frozen.

use super::links::Way;
use super::nodes::NodeState;
use super::plan::ComponentKind;
use crate::kernel::event_queue::Phase;
use crate::kernel::random::Source;
use crate::kernel::time::Duration;
use crate::route::step::{NO_SLOT, NOT_A_COMPONENT, Slot, StepId, Verb};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Cause, JobId, NOBODY};
use crate::simulation::world::{EventKind, World};

/// A packet that is not acknowledged is sent again after this time, then
/// after twice as long, and so on (the minimum that Linux uses; RFC 6298 §2
/// asks for 1 s).
const RETRANSMISSION: Duration = Duration::from_nanos(200_000_000);
/// Resent so often, then it counts as arrived: half a minute is over.
const RETRANSMISSIONS_MAX: u32 = 7;

/// Number of the draws of lost packets.
const LOSS_DRAW: u64 = (1 << 32) + 24;
/// Number of the draw that keeps requests off a target that starts slowly.
const SLOW_START_DRAW: u64 = (1 << 32) + 25;

impl World<'_> {
    /// The node that a job has chosen of a component.
    pub(super) fn node_at(&self, job: JobId, component: u16, slot: Slot) -> usize {
        let instance = match slot {
            NO_SLOT => 0,
            slot => self.jobs[job].slots[usize::from(slot)],
        };
        self.fault_plan().node(component, instance)
    }

    /// The call reaches its instance, or does not.
    #[inline(never)]
    pub(in crate::simulation) fn contact(
        &mut self,
        job: JobId,
        to: u16,
        slot: Slot,
        from: u16,
        from_slot: Slot,
    ) -> Flow {
        self.jobs[job].since = self.now;
        self.start_slowly(job, to, slot);
        let node = self.node_at(job, to, slot);
        let caller = (from != NOT_A_COMPONENT).then(|| self.node_at(job, from, from_slot));
        let way = self.way(caller, node);
        if way == Way::Cut {
            return self.meet_silence(job, to);
        }
        match self.node_state(node) {
            NodeState::Refusing | NodeState::Absent => self.fail(job, Cause::Refused),
            NodeState::Silent => self.meet_silence(job, to),
            NodeState::Hung => {
                self.faults().waiting[node].push(job);
                Flow::Wait
            }
            NodeState::Up if self.recorder.trace.is_on() => self.take_call(job, node, way),
            NodeState::Up => self.pass(job, way),
        }
    }

    /// The node takes the call, and that is written down.
    #[cold]
    fn take_call(&mut self, job: JobId, node: usize, way: Way) -> Flow {
        let name = self.fault_plan().node_name(node);
        self.recorder.trace.visit(self.jobs[job].request, self.now, name);
        self.pass(job, way)
    }

    /// On, after what troubled links add.
    fn pass(&mut self, job: JobId, way: Way) -> Flow {
        match self.delay_of(job, way) {
            Duration::ZERO => Flow::Next,
            delay => {
                self.resume_after(job, delay);
                Flow::Wait
            }
        }
    }

    /// Nothing is heard until the caller gives up.
    pub(in crate::simulation) fn meet_silence(&mut self, job: JobId, component: u16) -> Flow {
        let timeout = self.fault_plan().components[usize::from(component)].timeout;
        let payload = EventKind::PatienceEnded.with(job);
        let until = self.now + timeout;
        let timer = self.queue.schedule_cancellable(until, Phase::Timer, payload);
        self.jobs[job].patience = Some(timer);
        Flow::Wait
    }

    /// The caller gives up.
    pub(in crate::simulation) fn give_up(&mut self, job: JobId) {
        let cause = match self.instruction(job).verb {
            Verb::Resolve { .. } | Verb::Route { .. } => Cause::Dns,
            _ => Cause::Unreachable,
        };
        self.fail(job, cause);
    }

    /// Whether nobody can look the name up.
    #[inline]
    pub(in crate::simulation) fn dns_is_out(&self) -> bool {
        self.faults.as_ref().is_some_and(|faults| faults.dns_is_out)
    }

    /// The resolver asks in vain until its client gives up.
    #[cold]
    pub(in crate::simulation) fn meet_no_answer(&mut self, job: JobId) -> Flow {
        self.jobs[job].since = self.now;
        let payload = EventKind::PatienceEnded.with(job);
        let until = self.now + self.plan.network.give_up_after;
        self.jobs[job].patience =
            Some(self.queue.schedule_cancellable(until, Phase::Timer, payload));
        Flow::Wait
    }

    /// What troubled links add.
    fn delay_of(&self, job: JobId, way: Way) -> Duration {
        let Way::Open { added, loss } = way else {
            return Duration::ZERO;
        };
        if loss <= 0.0 {
            return added;
        }
        let key = self.jobs[job].key.numbered(LOSS_DRAW).numbered(u64::from(self.jobs[job].pc));
        let mut draws = key.draws();
        let mut delay = added;
        let mut pause = RETRANSMISSION;
        for _ in 0..RETRANSMISSIONS_MAX {
            if !draws.chance(loss) {
                break;
            }
            delay += pause;
            pause += pause;
        }
        delay
    }

    /// A target that has just come back leaves part of its requests to others.
    fn start_slowly(&mut self, job: JobId, to: u16, slot: Slot) {
        let Some((balancer, share)) = self.slow_start_share(job, to, slot) else {
            return;
        };
        let key = self.jobs[job].key.numbered(SLOW_START_DRAW);
        if key.draws().chance(share) {
            return;
        }
        let plan = &self.fault_plan().balancers[balancer];
        let (group, first) = (plan.group, plan.first);
        let counts = self.plan.groups[usize::from(group)].counts_connections();
        let before = self.jobs[job].slots[usize::from(slot)] - first;
        let (entropy, affinity) = self.inputs_of_choice(job, group);
        let balancer = self.balancer_of(group, before as usize);
        let Some(other) = balancer.choose(entropy, affinity) else { return };
        if counts {
            balancer.end(before as usize);
            balancer.begin(other);
        }
        self.jobs[job].slots[usize::from(slot)] = first + other as u32;
    }

    fn inputs_of_choice(&self, job: JobId, group: u16) -> ([u64; 2], u64) {
        let request = self.jobs[job].request;
        let mut draws = self.jobs[job].key.numbered(SLOW_START_DRAW + u64::from(group)).draws();
        let affinity = if request == NOBODY { 0 } else { self.requests[request].user };
        ([draws.next_u64(), draws.next_u64()], affinity)
    }

    /// Asks the nodes of a cache that hold the keys: the dead are passed by,
    /// after a silence, or fail the caller.
    #[inline(never)]
    pub(in crate::simulation) fn probe(&mut self, job: JobId, access: u16, step: StepId) -> Flow {
        self.jobs[job].since = self.now;
        let cache = usize::from(self.plan.accesses[usize::from(access)].cache);
        let Some(component) = self.fault_plan().cache(cache) else {
            return Flow::Next;
        };
        let ComponentKind::Cache { fails, .. } =
            self.fault_plan().components[usize::from(component)].kind
        else {
            return Flow::Next;
        };
        let wanted = self.nodes_of(job, access, step);
        let first = self.fault_plan().node(component, 0);
        let asked = (0..128).filter(|node| wanted >> node & 1 == 1);
        let states: Vec<NodeState> = asked.map(|node| self.node_state(first + node)).collect();
        let is_silent = |state: &NodeState| matches!(state, NodeState::Silent | NodeState::Hung);
        let silent = states.iter().any(is_silent);
        if states.iter().any(|state| state.is_dead()) && fails && !silent {
            return self.fail(job, Cause::CacheDown);
        }
        match (silent, fails) {
            (false, _) => Flow::Next,
            (true, true) => self.meet_silence(job, component),
            (true, false) => {
                let timeout = self.fault_plan().components[usize::from(component)].timeout;
                self.resume_after(job, timeout);
                Flow::Wait
            }
        }
    }

    /// Whether a node of a cache answers.
    #[inline]
    pub(in crate::simulation) fn cache_answers(&self, cache: usize, node: usize) -> bool {
        let Some(faults) = &self.faults else { return true };
        let Some(component) = faults.plan.cache(cache) else { return true };
        self.node_state(faults.plan.node(component, node as u32)) == NodeState::Up
    }
}
