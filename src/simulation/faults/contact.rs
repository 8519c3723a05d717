//! A call meets its instance: it answers, refuses, keeps silent or is frozen.

use super::links::Way;
use super::nodes::NodeState;
use crate::kernel::event_queue::Phase;
use crate::kernel::random::Source;
use crate::kernel::time::Duration;
use crate::route::program::Instruction;
use crate::route::step::{NO_SLOT, NOT_A_COMPONENT, Slot, Verb};
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
    pub(in crate::simulation) fn contact(&mut self, job: JobId, instruction: &Instruction) -> Flow {
        let Verb::Contact { to, slot, from, from_slot } = instruction.verb else {
            return Flow::Next;
        };
        self.jobs[job].since = self.now;
        self.start_slowly(job, to, slot);
        let node = self.node_at(job, to, slot);
        let way = self.way_of_call(job, node, from, from_slot);
        if way == Way::Cut {
            return self.meet_silence(job, to);
        }
        match self.node_state(node) {
            // Chosen before it left service.
            NodeState::Absent if self.faults().nodes[node].leaving => {
                self.take_call(job, node, way)
            }
            NodeState::Refusing | NodeState::Absent => self.fail(job, Cause::Refused),
            NodeState::Silent => self.meet_silence(job, to),
            NodeState::Hung => {
                self.faults().waiting[node].push(job);
                Flow::Wait
            }
            NodeState::Up => self.take_call(job, node, way),
        }
    }

    /// The way of a call from its caller to a node.
    pub(super) fn way_of_call(&self, job: JobId, node: usize, from: u16, from_slot: Slot) -> Way {
        let caller = (from != NOT_A_COMPONENT).then(|| self.node_at(job, from, from_slot));
        self.way(caller, node)
    }

    /// The node takes the call.
    pub(super) fn take_call(&mut self, job: JobId, node: usize, way: Way) -> Flow {
        if self.recorder.trace.is_on() {
            self.write_down(job, node);
        }
        self.pass(job, way)
    }

    #[cold]
    fn write_down(&mut self, job: JobId, node: usize) {
        let name = self.fault_plan().node_name(node);
        self.recorder.trace.visit(self.jobs[job].request, self.now, name);
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
    pub(super) fn delay_of(&self, job: JobId, way: Way) -> Duration {
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
        if self.is_at_home(job, to, slot) {
            return;
        }
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
        let other = balancer.choose_other(entropy, affinity, before as usize);
        let Some(other) = other else { return };
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
}
