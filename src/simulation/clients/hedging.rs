//! Hedged requests (Dean & Barroso 2013, "The Tail at Scale"): a second racer
//! starts beside a slow first one, and the first answer counts.
//!
//! The second racer asks for the same keys and draws service times of its own.
//! The time before it started is a part of its attribution, so that the parts
//! add up to the response time whoever wins.

use crate::kernel::event_queue::{Phase, Ticket};
use crate::kernel::time::Duration;
use crate::simulation::request::{HEDGED, Job, JobId, RequestId};
use crate::simulation::world::{EventKind, World};

/// Keys of second racers, by attempt.
const HEDGES: u64 = 1 << 34;

/// The part of the attribution that is the time before the second racer
/// started: the first one in the programs of clients that hedge.
pub(in crate::simulation) const HEDGE_PART: u8 = 0;

/// The race of a request's present attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Race {
    /// The event that it waits for: the start of the second racer or, once it
    /// is decided, the end of the loser. Others that are about this request
    /// come from the past.
    due: Option<Ticket>,
    /// Which attempt.
    attempt: u8,
    /// Racers that have not failed.
    running: u8,
    /// One has answered.
    decided: bool,
}

impl World<'_> {
    /// The first racer of an attempt starts: the second one is due later.
    pub(in crate::simulation) fn begin_race(&mut self, id: RequestId, after: Duration) {
        let payload = EventKind::HedgeDue.with(id);
        let due = Some(self.queue.schedule(self.now + after, Phase::Timer, payload));
        let races = &mut self.clients.races;
        if races.len() <= id as usize {
            races.resize(id as usize + 1, Race::default());
        }
        let attempt = self.requests[id].attempt;
        races[id as usize] = Race { due, attempt, running: 1, decided: false };
    }

    /// The second racer starts unless the race is over; or its loser ends.
    #[inline(never)]
    pub(in crate::simulation) fn hedge_due(
        &mut self,
        id: RequestId,
        ticket: Ticket,
    ) -> Option<JobId> {
        if !self.hedges(id) || self.clients.races[id as usize].due != Some(ticket) {
            return None;
        }
        let race = &mut self.clients.races[id as usize];
        race.due = None;
        if race.decided {
            self.cancel_losers(id);
            return None;
        }
        let request = &self.requests[id];
        if request.is_settled() || request.attempt != race.attempt {
            return None;
        }
        race.running += 1;
        Some(self.begin_second_racer(id))
    }

    fn begin_second_racer(&mut self, id: RequestId) -> JobId {
        let request = &mut self.requests[id];
        request.jobs += 1;
        let waited = self.now - request.attempt_since;
        let attempt = request.attempt;
        let key = request.key.numbered(HEDGES + u64::from(attempt));
        self.clients.hedges += u64::from(request.measured);
        let first = self.attempt_job(id);
        let job = self.spawn(Job { key, attempt: attempt | HEDGED, ..first });
        self.attribute(job, HEDGE_PART, waited);
        self.clients.begin_job(id, job);
        job
    }

    /// The attempt is over without an answer: what was due of its race is void,
    /// also for whoever gets the number of this request next.
    pub(in crate::simulation) fn forget_race(&mut self, id: RequestId) {
        if let Some(race) = self.clients.races.get_mut(id as usize) {
            race.due = None;
        }
    }

    /// A racer has failed. Whether the other one still runs.
    pub(in crate::simulation) fn race_goes_on(&mut self, id: RequestId) -> bool {
        if !self.hedges(id) {
            return false;
        }
        let race = &mut self.clients.races[id as usize];
        race.running -= 1;
        race.running > 0
    }

    /// A racer has answered: the other is no longer part of its request. Its
    /// work ends once all else of this instant is done, if the client cancels.
    pub(in crate::simulation) fn decide_race(&mut self, id: RequestId, winner: JobId) {
        if !self.hedges(id) {
            return;
        }
        let attempt = self.jobs[winner].attempt;
        let request = &mut self.requests[id];
        let won = request.measured && attempt & HEDGED != 0;
        request.attempt = attempt;
        self.clients.hedges_won += u64::from(won);
        let cancels = self.plan.clients[usize::from(self.requests[id].client)].cancels;
        let race = &mut self.clients.races[id as usize];
        race.due = None;
        if cancels && race.running > 1 {
            let payload = EventKind::HedgeDue.with(id);
            race.decided = true;
            race.due = Some(self.queue.schedule(self.now, Phase::Timer, payload));
        }
    }

    fn hedges(&self, id: RequestId) -> bool {
        self.plan.clients[usize::from(self.requests[id].client)].hedge_after.is_some()
    }
}
