//! Work that nobody waits for leaves its queues and stations at once, if its
//! client cancels what it gives up.

use crate::simulation::request::{Cause, HEDGED, JobId, RequestId};
use crate::simulation::world::World;

impl World<'_> {
    /// A client has given up an attempt: both racers of it end.
    pub(in crate::simulation) fn cancel_attempt(&mut self, id: RequestId, attempt: u8) {
        if self.plan.clients[usize::from(self.requests[id].client)].cancels {
            self.cancel(id, |tag| tag == attempt || tag == attempt | HEDGED);
        }
    }

    /// A race is decided: the racer that has not answered ends.
    pub(super) fn cancel_losers(&mut self, id: RequestId) {
        let winner = self.requests[id].attempt;
        self.cancel(id, |tag| tag ^ HEDGED == winner);
    }

    /// Ends the jobs of a request whose attempt is one of these. Those that
    /// wait at a join end with the last of their branches.
    #[inline(never)]
    fn cancel(&mut self, id: RequestId, is_given_up: impl Fn(u8) -> bool) {
        let Some(work) = &self.clients.work else {
            return;
        };
        let is_leaf = |&job: &JobId| {
            let job = &self.jobs[job];
            is_given_up(job.attempt) && job.pending == 0
        };
        let mut leaves = std::mem::take(&mut self.clients.cancelled);
        leaves.extend(work.of(id).filter(is_leaf));
        // All leave their queues before anything is given back, so that no
        // place goes to one that is about to end.
        for leaf in &mut leaves {
            *leaf = self.detach(*leaf);
        }
        for leaf in leaves.drain(..) {
            self.fail(leaf, Cause::TimedOut);
        }
        self.clients.cancelled = leaves;
    }

    /// A job goes on under another number.
    pub(in crate::simulation) fn renumber_job(&mut self, job: JobId, number: JobId) {
        let request = self.jobs[number].request;
        self.clients.end_job(request, job);
        self.clients.begin_job(request, number);
        let within_site = self.clients.of_clients..;
        for breaker in &mut self.clients.breakers[within_site] {
            breaker.renumber(job, number);
        }
    }
}
