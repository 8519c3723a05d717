//! Branches that run side by side, and choices between ways.

use crate::kernel::random::Source;
use crate::route::step::{DistributionId, Pc, Purpose, StepId};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Job, JobId, NOBODY};
use crate::simulation::world::World;

impl World<'_> {
    /// Starts a job per branch and waits at the join.
    #[inline(never)]
    pub(in crate::simulation) fn fork(
        &mut self,
        job: JobId,
        first: u32,
        count: u16,
        join: Pc,
    ) -> Flow {
        self.jobs[job].pc = join;
        self.jobs[job].pending = count;
        for branch in first..first + u32::from(count) {
            let pc = self.plan.programs.branches[branch as usize];
            let child = self.branch_of(job, pc);
            self.spawn_branch(child);
        }
        Flow::Wait
    }

    /// Starts CPU work on each node of a cache that holds one of the keys.
    #[inline(never)]
    pub(in crate::simulation) fn fan(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
        join: Pc,
    ) -> Flow {
        let nodes = self.nodes_of(job, access, step);
        if nodes == 0 {
            return Flow::Jump(join);
        }
        let body = self.jobs[job].pc + 1;
        self.jobs[job].pc = join;
        self.jobs[job].pending = nodes.count_ones() as u16;
        for node in (0..128).filter(|node| nodes >> node & 1 == 1) {
            let mut child = self.branch_of(job, body);
            child.key = self.service_key(job, step, Purpose::CacheCpu).numbered(node);
            child.slots[0] = node as u32;
            self.spawn_branch(child);
        }
        Flow::Wait
    }

    pub(in crate::simulation) fn branch_of(&self, job: JobId, pc: Pc) -> Job {
        let parent = &self.jobs[job];
        let fresh = Job::new(parent.key, parent.request, pc, self.now);
        Job { parent: job, slots: parent.slots, attempt: parent.attempt, ..fresh }
    }

    #[inline(never)]
    pub(in crate::simulation) fn spawn_branch(&mut self, child: Job) {
        if child.request != NOBODY {
            self.requests[child.request].jobs += 1;
        }
        let request = child.request;
        let child = self.spawn(child);
        if request != NOBODY {
            self.clients.begin_job(request, child);
        }
        self.ready.push_back(child);
    }

    /// A branch ends. The last one hands its attribution to the request: the
    /// critical path goes through the branch that finished last.
    #[inline(never)]
    pub(in crate::simulation) fn join(&mut self, job: JobId) -> Flow {
        let parent = self.jobs[job].parent;
        let request = self.jobs[job].request;
        if let Some(cause) = self.jobs[job].failed {
            self.mark_failed(parent, cause);
        }
        self.jobs[parent].pending -= 1;
        let last = self.jobs[parent].pending == 0;
        if last {
            self.hand_attribution(job, parent);
        }
        self.jobs.remove(job);
        if request != NOBODY {
            self.requests[request].jobs -= 1;
            self.clients.end_job(request, job);
        }
        if last {
            self.jobs[parent].since = self.now;
            match self.jobs[parent].failed.take() {
                None => self.ready.push_back(parent),
                Some(cause) => {
                    self.fail(parent, cause);
                }
            }
        }
        Flow::End
    }

    pub(in crate::simulation) fn hand_attribution(&mut self, from: JobId, to: JobId) {
        let (from, to) = (from as usize * self.stride, to as usize * self.stride);
        for part in 0..self.stride {
            self.parts[to + part] += self.parts[from + part];
        }
    }

    /// Goes ahead with a chance that the request owns.
    #[inline(never)]
    pub(in crate::simulation) fn skip(
        &mut self,
        job: JobId,
        chance: DistributionId,
        step: StepId,
        to: Pc,
    ) -> Flow {
        let chance = self.plan.programs.distributions[usize::from(chance)].mean();
        let key = self.request_key(job, step, Purpose::BrowserCache);
        match key.draws().chance(chance) {
            true => Flow::Jump(to),
            false => Flow::Next,
        }
    }
}
