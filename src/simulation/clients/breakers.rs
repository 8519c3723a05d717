//! Circuit breakers at work: calls within the site by two verbs around them,
//! attempts of clients from their start to their end.

use crate::simulation::blueprint::NONE;
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Cause, JobId, RequestId};
use crate::simulation::world::World;

impl World<'_> {
    /// A call within the site passes, or is refused.
    #[inline(never)]
    pub(in crate::simulation) fn guard(&mut self, job: JobId, breaker: u16) -> Flow {
        match self.clients.breakers[usize::from(breaker)].admit(self.now, job) {
            true => Flow::Next,
            false => self.fail(job, Cause::Breaker),
        }
    }

    /// A call within the site has succeeded.
    #[inline(never)]
    pub(in crate::simulation) fn unguard(&mut self, job: JobId, breaker: u16) -> Flow {
        self.clients.breakers[usize::from(breaker)].succeeded(self.now, job);
        Flow::Next
    }

    /// A call within the site ends before its time: it has failed, or is given
    /// up, which says nothing of who was called.
    #[inline(never)]
    pub(in crate::simulation) fn break_off(&mut self, job: JobId, breaker: u16, failed: bool) {
        let breaker = &mut self.clients.breakers[usize::from(breaker)];
        match failed {
            true => breaker.failed(self.now, job),
            false => breaker.withdrawn(job),
        }
    }

    /// Whether the breaker of its kind lets a client try.
    pub(in crate::simulation) fn attempt_passes(&mut self, id: RequestId) -> bool {
        let breaker = self.client_breaker(id);
        breaker == NONE || self.clients.breakers[usize::from(breaker)].admit(self.now, id)
    }

    /// The present attempt of a request has been answered, or has failed.
    pub(in crate::simulation) fn tell_breaker(&mut self, id: RequestId, answered: bool) {
        let breaker = self.client_breaker(id);
        if breaker == NONE {
            return;
        }
        let breaker = &mut self.clients.breakers[usize::from(breaker)];
        match answered {
            true => breaker.succeeded(self.now, id),
            false => breaker.failed(self.now, id),
        }
    }

    fn client_breaker(&self, id: RequestId) -> u16 {
        self.plan.clients[usize::from(self.requests[id].client)].breaker
    }
}
