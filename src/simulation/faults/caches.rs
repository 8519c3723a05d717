//! Nodes of caches that are dead, silent, or out of reach of who asks.

use super::links::Way;
use super::nodes::NodeState;
use super::plan::ComponentKind;
use crate::kernel::time::Duration;
use crate::route::step::StepId;
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Cause, JobId, NOBODY};
use crate::simulation::world::World;

/// What is heard of a node of a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Heard {
    /// An answer, later by this.
    Answer(Duration),
    /// A refusal at once.
    Refusal,
    /// Nothing.
    Silence,
}

impl World<'_> {
    /// Asks the nodes of a cache that hold the keys, all at once: those that do
    /// not answer are passed by, after a silence, or fail the caller. What
    /// they hold counts as missing, also if they answer again before the
    /// caller has given up on them.
    #[inline(never)]
    pub(in crate::simulation) fn probe(&mut self, job: JobId, access: u16, step: StepId) -> Flow {
        self.jobs[job].since = self.now;
        self.jobs[job].missing = 0;
        let cache = usize::from(self.plan.accesses[usize::from(access)].cache);
        let plan = self.fault_plan();
        let Some(component) = plan.cache(cache) else {
            return Flow::Next;
        };
        let ComponentKind::Cache { fails, .. } = plan.components[usize::from(component)].kind
        else {
            return Flow::Next;
        };
        let (mut late, mut silent, mut refused) = (Duration::ZERO, false, false);
        let count = u32::from(self.plan.accesses[usize::from(access)].count);
        for item in 0..count {
            let node = self.cache_node_of(job, access, step, item);
            match self.hear(job, cache, node) {
                Heard::Answer(added) => {
                    late = late.max(added);
                    continue;
                }
                Heard::Refusal => refused = true,
                Heard::Silence => silent = true,
            }
            self.jobs[job].missing |= 1 << item;
        }
        let timeout = plan.components[usize::from(component)].timeout;
        match (silent, refused) {
            (true, _) if fails => self.meet_silence(job, component),
            (false, true) if fails => self.fail(job, Cause::CacheDown),
            (true, _) => self.wait_for(job, timeout.max(late)),
            (false, _) => self.wait_for(job, late),
        }
    }

    fn wait_for(&mut self, job: JobId, time: Duration) -> Flow {
        if time.is_zero() {
            return Flow::Next;
        }
        self.resume_after(job, time);
        Flow::Wait
    }

    /// What a job hears of a node of a cache now.
    fn hear(&self, job: JobId, cache: usize, node: usize) -> Heard {
        let Some(faults) = &self.faults else { return Heard::Answer(Duration::ZERO) };
        let Some(component) = faults.plan.cache(cache) else {
            return Heard::Answer(Duration::ZERO);
        };
        let node = faults.plan.node(component, node as u32);
        let way = self.way(self.whereabouts(job), node);
        match self.node_state(node) {
            _ if way == Way::Cut => Heard::Silence,
            NodeState::Up => Heard::Answer(self.delay_of(job, way)),
            NodeState::Refusing | NodeState::Absent => Heard::Refusal,
            NodeState::Silent | NodeState::Hung => Heard::Silence,
        }
    }

    /// The node at which a job is, or the job whose branch it is; `None` = at
    /// none, on its way from its client.
    fn whereabouts(&self, job: JobId) -> Option<usize> {
        let mut job = job;
        while job != NOBODY {
            let mut innermost = None;
            self.each_presence(job, |_, _, node| {
                innermost.get_or_insert(node);
            });
            if innermost.is_some() {
                return innermost;
            }
            job = self.jobs[job].parent;
        }
        None
    }

    /// Whether a node of a cache answers a job.
    #[inline]
    pub(in crate::simulation) fn cache_answers(
        &self,
        job: JobId,
        cache: usize,
        node: usize,
    ) -> bool {
        self.faults.is_none() || matches!(self.hear(job, cache, node), Heard::Answer(_))
    }
}
