//! Writes that are done only when others have received them.

use super::Due;
use crate::kernel::event_queue::Phase;
use crate::kernel::time::Instant;
use crate::route::step::Slot;
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Cause, JobId, NOBODY};
use crate::simulation::world::World;
use crate::tier::failover::{Leadership, Mode, NEVER, Presence, acknowledged_at};
use crate::tier::replication::Position;
use std::collections::VecDeque;

/// Committed writes of one origin that wait until others have received them,
/// in the order of their commits, in which they are acknowledged as well.
#[derive(Clone, Debug, Default)]
pub struct Unacknowledged {
    waiting: VecDeque<Awaiting>,
    /// When the word of each member is back, write by write.
    answers: VecDeque<Instant>,
    /// Those that count for one write; kept for its memory.
    counting: Vec<Instant>,
    /// Position of the last write that was reported as done.
    pub(super) acknowledged: u64,
    /// When the event of the oldest one is due.
    scheduled: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Awaiting {
    /// Who waits; [`NOBODY`] = no longer.
    job: JobId,
    /// At which instance.
    instance: usize,
    position: Position,
    /// When enough answers are back.
    due: Option<Instant>,
    /// It is done without the acknowledgements that it should have.
    is_degraded: bool,
}

impl Unacknowledged {
    pub(super) fn contains(&self, job: JobId) -> bool {
        self.waiting.iter().any(|waiting| waiting.job == job)
    }

    /// The oldest write, if it is done, or nobody waits for it any more.
    fn done(&mut self, now: Instant, members: usize) -> Option<Awaiting> {
        let oldest = self.waiting.front()?;
        let is_over = oldest.job == NOBODY || oldest.due.is_some_and(|due| due <= now);
        if !is_over {
            return None;
        }
        self.answers.drain(..members);
        self.waiting.pop_front()
    }

    pub(super) fn forget(&mut self, job: JobId) {
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.job == job) {
            waiting.job = NOBODY;
        }
    }
}

impl World<'_> {
    /// The write waits until enough others have received it.
    #[inline(never)]
    pub(in crate::simulation) fn acknowledge(
        &mut self,
        job: JobId,
        database: u16,
        slot: Slot,
    ) -> Flow {
        let database = usize::from(database);
        let instance = self.jobs[job].slots[usize::from(slot)] as usize;
        let tier = &self.databases[database];
        let log = if tier.logs.len() == 1 { 0 } else { instance };
        if tier.cluster.members[instance].is_second {
            return Flow::Next;
        }
        let position = tier.logs[log].last_position();
        for member in 0..tier.members() {
            let answer = self.answered_at(database, log, member, position);
            self.databases[database].unacknowledged[log].answers.push_back(answer);
        }
        self.jobs[job].since = self.now;
        let queue = &mut self.databases[database].unacknowledged[log];
        let place = queue.waiting.len();
        let waiting = Awaiting { job, instance, position, due: None, is_degraded: false };
        queue.waiting.push_back(waiting);
        self.reconsider(database, log, place);
        self.settle_acknowledged(database, log);
        Flow::Wait
    }

    /// When the word of a member is back that it has received an entry.
    fn answered_at(
        &mut self,
        database: usize,
        log: usize,
        member: usize,
        position: Position,
    ) -> Instant {
        let tier = &self.databases[database];
        if !tier.appliers[log * tier.members() + member].is_connected {
            return NEVER;
        }
        let back = self.shipping(database, log, member);
        self.receipt_of(database, log, member, position).map_or(NEVER, |receipt| receipt + back)
    }

    /// Finds out when enough answers to a write are back, and whether those are
    /// fewer than there should be, as too few members are in service.
    fn reconsider(&mut self, database: usize, log: usize, place: usize) {
        let tier = &mut self.databases[database];
        let cluster = &tier.cluster;
        let origin = tier.logs[log].origin();
        let queue = &mut tier.unacknowledged[log];
        queue.counting.clear();
        for (member, own) in cluster.members.iter().enumerate() {
            if member != origin && own.is_in_service && !own.is_second {
                queue.counting.push(queue.answers[place * cluster.members.len() + member]);
            }
        }
        let others = queue.counting.len();
        let wanted = match self.plan.databases[database].mode {
            Mode::Asynchronous => 0,
            Mode::SemiSynchronous(wanted) => wanted as usize,
            Mode::Synchronous => others.max(1),
        };
        let waiting = &mut queue.waiting[place];
        waiting.is_degraded = others < wanted;
        let wanted = if waiting.is_degraded { 0 } else { wanted };
        waiting.due = acknowledged_at(&mut queue.counting, wanted, self.now);
    }

    /// Reports the oldest writes as done for which that holds.
    fn settle_acknowledged(&mut self, database: usize, log: usize) {
        let now = self.now;
        let tier = &mut self.databases[database];
        let origin = tier.logs[log].origin();
        if tier.cluster.members[origin].presence != Presence::Up {
            return;
        }
        let members = tier.members();
        while let Some(waiting) = self.databases[database].unacknowledged[log].done(now, members) {
            self.report_done(database, log, &waiting);
        }
        let queue = &mut self.databases[database].unacknowledged[log];
        let next = queue.waiting.front().and_then(|waiting| waiting.due);
        let known = std::mem::replace(&mut queue.scheduled, next);
        if let Some(next) = next.filter(|_| next != known) {
            self.schedule_due(next, Phase::Completion, Due::Acknowledged, database, log);
        }
    }

    fn report_done(&mut self, database: usize, log: usize, waiting: &Awaiting) {
        let tier = &mut self.databases[database];
        let job = waiting.job;
        if job == NOBODY {
            return;
        }
        tier.unacknowledged[log].acknowledged = waiting.position.get();
        tier.failover.counts.writes_unacknowledged += u64::from(waiting.is_degraded);
        self.attribute_since(job, self.instruction(job).part);
        self.jobs[job].pc += 1;
        self.ready.push_back(job);
    }

    pub(super) fn acknowledgement_due(&mut self, database: usize, log: usize) {
        let queue = &mut self.databases[database].unacknowledged[log];
        if queue.scheduled == Some(self.now) {
            queue.scheduled = None;
            self.settle_acknowledged(database, log);
        }
    }

    /// A member receives waiting writes at other times than was known.
    pub(super) fn receipts_changed(&mut self, database: usize, log: usize, member: usize) {
        let received = self.received(database, log, member);
        for place in 0..self.databases[database].unacknowledged[log].waiting.len() {
            let position = self.databases[database].unacknowledged[log].waiting[place].position;
            if position > received {
                let answer = self.answered_at(database, log, member, position);
                let tier = &mut self.databases[database];
                let at = place * tier.members() + member;
                tier.unacknowledged[log].answers[at] = answer;
            }
        }
    }

    /// Members, or what they receive, have changed.
    pub(super) fn reconsider_acknowledgements(&mut self, database: usize) {
        for log in 0..self.databases[database].unacknowledged.len() {
            for place in 0..self.databases[database].unacknowledged[log].waiting.len() {
                self.reconsider(database, log, place);
            }
            self.settle_acknowledged(database, log);
        }
    }

    /// Jobs at a dead instance wait no longer: they are struck.
    pub(super) fn forget_unacknowledged(&mut self, database: usize, instance: usize) {
        let queues = self.databases[database].unacknowledged.iter_mut();
        for waiting in queues.flat_map(|queue| &mut queue.waiting) {
            if waiting.instance == instance {
                waiting.job = NOBODY;
            }
        }
    }

    /// A primary that was replaced hears no more: its waiting writes fail.
    pub(super) fn fail_unacknowledged(&mut self, database: usize) {
        let queue = &mut self.databases[database].unacknowledged[0];
        queue.answers.clear();
        for waiting in std::mem::take(&mut queue.waiting) {
            if waiting.job != NOBODY {
                self.fail(waiting.job, Cause::NoPrimary);
            }
        }
    }

    /// Position of the last write of the only log that was reported as done.
    pub(super) fn acknowledged(&self, database: usize) -> u64 {
        let tier = &self.databases[database];
        match self.plan.databases[database].mode {
            Mode::Asynchronous => tier.logs[0].last_position().get(),
            _ => tier.unacknowledged[0].acknowledged,
        }
    }

    /// Whether writes at an instance of a database with one primary count.
    pub(super) fn leads(&self, database: usize, instance: usize) -> bool {
        self.databases[database].cluster.leadership == Leadership::Led(instance)
    }
}
