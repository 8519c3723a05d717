//! What the lost primary had not shipped is read from its disk and written
//! again, as writes of the system.

use super::Due;
use crate::kernel::event_queue::Phase;
use crate::kernel::time::{Duration, Instant};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Job, JobId, NOBODY};
use crate::simulation::world::World;
use std::collections::VecDeque;

/// Slots of the job that writes again: at which member …
const MEMBER_SLOT: usize = 0;
/// … in which epoch.
const EPOCH_SLOT: usize = 1;

/// What is brought back.
#[derive(Clone, Debug, Default)]
pub(super) struct Recovery {
    /// Keys of the lost writes, in order, with the member whose disk has them.
    unshipped: VecDeque<(usize, Vec<u64>)>,
    /// Since when writes are brought back, while that goes on.
    began_at: Option<Instant>,
    /// The next write has been read by then.
    next_at: Option<Instant>,
    /// Work of other numbers is void.
    epoch: u32,
    /// Brought back in this failover.
    recovered: u64,
}

impl World<'_> {
    /// Lost writes whose disk may still be read.
    pub(super) fn keep_unshipped(&mut self, database: usize, owner: usize, lost: Vec<Vec<u64>>) {
        self.split_remembers(database, &lost);
        let plan = self.plan.databases[database].failover.as_ref();
        let tier = &mut self.databases[database];
        if plan.is_some_and(|plan| plan.recovery.is_some()) && tier.cluster.members[owner].has_data
        {
            let lost = lost.into_iter().map(|keys| (owner, keys));
            // What a second failover takes back is older than what the first did.
            let mut unshipped: VecDeque<(usize, Vec<u64>)> = lost.collect();
            unshipped.append(&mut tier.failover.recovery.unshipped);
            tier.failover.recovery.unshipped = unshipped;
        }
    }

    /// A disk is destroyed: nothing can be brought back from it.
    pub(super) fn forget_unshipped(&mut self, database: usize, owner: usize) {
        let recovery = &mut self.databases[database].failover.recovery;
        recovery.unshipped.retain(|(own, _)| *own != owner);
    }

    /// There is a primary to write to: what is left is brought back.
    pub(super) fn begin_recovery(&mut self, database: usize) {
        let now = self.now;
        let tier = &mut self.databases[database];
        let recovery = &mut tier.failover.recovery;
        let is_up = |primary: usize| tier.cluster.members[primary].is_sound();
        if !tier.cluster.primary().is_some_and(is_up)
            || recovery.unshipped.is_empty()
            || recovery.next_at.is_some()
        {
            return;
        }
        if recovery.began_at.is_none() {
            recovery.began_at = Some(now);
            recovery.recovered = 0;
        }
        self.read_next(database, now);
    }

    /// The next lost write is read, beginning at `from`.
    fn read_next(&mut self, database: usize, from: Instant) {
        let plan = self.plan.databases[database].failover.as_ref();
        let Some(plan) = plan.and_then(|plan| plan.recovery.as_ref()) else { return };
        let recovery = &mut self.databases[database].failover.recovery;
        let Some((_, keys)) = recovery.unshipped.front() else { return };
        let bytes_of = |key: &u64| {
            let of_space = |(space, _): &&(u64, u64)| *space == key >> 48;
            plan.item_bytes.iter().find(of_space).map_or(0, |(_, bytes)| *bytes)
        };
        let bytes: u64 = keys.iter().map(bytes_of).sum();
        let read = from + Duration::from_nanos_f64(bytes as f64 / plan.bytes_per_s * 1e9);
        let at = read.max(self.now);
        recovery.next_at = Some(at);
        self.schedule_due(at, Phase::Completion, Due::Recovered, database, 0);
    }

    /// A lost write has been read: it is written to the primary.
    pub(super) fn recover_next(&mut self, database: usize) {
        let plan = self.plan.databases[database].failover.as_ref();
        let Some(plan) = plan.and_then(|plan| plan.recovery.as_ref()) else { return };
        let now = self.now;
        let tier = &mut self.databases[database];
        let recovery = &mut tier.failover.recovery;
        if recovery.next_at != Some(now) {
            return;
        }
        let is_up = |primary: &usize| tier.cluster.members[*primary].is_sound();
        let Some(primary) = tier.cluster.primary().filter(is_up) else {
            // It goes on with the next one, or when this one is back.
            recovery.next_at = None;
            return;
        };
        if recovery.unshipped.is_empty() {
            return self.end_recovery(database);
        }
        let pc = self.plan.programs.programs[usize::from(plan.program)].start;
        let key = self.root.named("recovery").numbered(database as u64);
        let mut job = Job::new(key.numbered(recovery.recovered), NOBODY, pc, now);
        job.slots[MEMBER_SLOT] = primary as u32;
        job.slots[EPOCH_SLOT] = recovery.epoch;
        let job = self.spawn(job);
        self.ready.push_back(job);
    }

    /// A lost write is there again.
    #[cold]
    pub(in crate::simulation) fn write_recovered(&mut self, job: JobId, database: u16) -> Flow {
        let database = usize::from(database);
        let slots = self.jobs[job].slots;
        self.jobs.remove(job);
        let member = slots[MEMBER_SLOT] as usize;
        let recovery = &mut self.databases[database].failover.recovery;
        if recovery.epoch != slots[EPOCH_SLOT] || !self.leads(database, member) {
            return Flow::End;
        }
        let failover = &mut self.databases[database].failover;
        let Some((_, keys)) = failover.recovery.unshipped.pop_front() else {
            return Flow::End;
        };
        failover.recovery.recovered += 1;
        failover.counts.writes_recovered += 1;
        let read_until = failover.recovery.next_at.unwrap_or(self.now);
        self.write_to_log(database, 0, &keys, false);
        match self.databases[database].failover.recovery.unshipped.is_empty() {
            true => self.end_recovery(database),
            false => self.read_next(database, read_until),
        }
        Flow::End
    }

    fn end_recovery(&mut self, database: usize) {
        let failover = &mut self.databases[database].failover;
        let recovery = &mut failover.recovery;
        recovery.next_at = None;
        let (began_at, recovered) = (recovery.began_at.take(), recovery.recovered);
        if let (Some(place), Some(began_at)) = (failover.incident, began_at) {
            self.note_figure(place, "writes_recovered", recovered as f64);
            self.note_figure(place, "recovery_s", (self.now - began_at).as_secs_f64());
        }
    }

    /// The member that is written to is dead: what is left waits for the next.
    pub(super) fn stop_recovery(&mut self, database: usize, dead: usize) {
        let tier = &mut self.databases[database];
        if tier.cluster.primary() == Some(dead) {
            tier.failover.recovery.epoch += 1;
            tier.failover.recovery.next_at = None;
        }
    }
}
