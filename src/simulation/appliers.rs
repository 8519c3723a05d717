//! Replicas apply the log in order, in competition with the reads of their
//! host: lag emerges from load.

use super::interpreter::Flow;
use super::request::{Job, JobId, NOBODY};
use super::world::{EventKind, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::random::Key;
use crate::kernel::time::Instant;

/// Bits of a replica's number in the index of an event.
const REPLICA_BITS: u32 = 16;

impl World<'_> {
    /// A write was committed: idle appliers have something to do.
    #[inline(never)]
    pub fn wake_appliers(&mut self, database: usize) {
        for replica in 0..self.databases[database].appliers.len() {
            if !self.databases[database].appliers[replica].busy {
                self.apply_next(database, replica);
            }
        }
    }

    /// An entry has reached its replica.
    pub fn entry_shipped(&mut self, index: u32) {
        let (database, replica) = (index >> REPLICA_BITS, index & ((1 << REPLICA_BITS) - 1));
        self.apply_next(database as usize, replica as usize);
    }

    /// Begins the next entry, or waits until it has been shipped, or rests.
    fn apply_next(&mut self, database: usize, replica: usize) {
        loop {
            let tier = &mut self.databases[database];
            let Some(entry) = tier.log.next_for(replica) else {
                tier.appliers[replica].busy = false;
                return;
            };
            tier.appliers[replica].busy = true;
            let position = entry.position.get();
            let shipped = self.shipped_at(database, replica, entry.committed_at, position);
            self.databases[database].appliers[replica].last_shipped = shipped;
            if shipped > self.now {
                let index = (database as u32) << REPLICA_BITS | replica as u32;
                let payload = EventKind::EntryShipped.with(index);
                self.queue.schedule(shipped, Phase::Completion, payload);
                return;
            }
            if let Some(program) = self.plan.databases[database].applier {
                return self.work_on_entry(database, replica, program, position);
            }
            // Applying costs nothing: on to the next one.
            self.databases[database].log.apply(self.now, replica, entry.position);
        }
    }

    /// Entries travel in order: none arrives before its predecessor.
    fn shipped_at(
        &self,
        database: usize,
        replica: usize,
        committed: Instant,
        position: u64,
    ) -> Instant {
        let plan = &self.plan.databases[database];
        let mut arrival = committed + self.way_between(database, 0, replica as u32 + 1);
        if !plan.extra_lag.is_zero() {
            let key = self.applier_key(database, replica).named("extra lag").numbered(position);
            arrival += plan.extra_lag.sample_duration(&mut key.draws());
        }
        arrival.max(self.databases[database].appliers[replica].last_shipped)
    }

    fn applier_key(&self, database: usize, replica: usize) -> Key {
        self.root.named("applier").numbered(database as u64).numbered(replica as u64)
    }

    /// The applier works on an entry that is there.
    fn work_on_entry(&mut self, database: usize, replica: usize, program: u16, position: u64) {
        let pc = self.plan.programs.programs[usize::from(program)].start;
        let key = self.applier_key(database, replica).numbered(position);
        let mut job = Job::new(key, NOBODY, pc, self.now);
        job.slots[0] = replica as u32 + 1;
        let job = self.spawn(job);
        self.ready.push_back(job);
    }

    /// The entry is applied: the replica shows it from now on.
    #[inline(never)]
    pub fn applied(&mut self, job: JobId, database: u16) -> Flow {
        let database = usize::from(database);
        let replica = self.jobs[job].slots[0] as usize - 1;
        self.jobs.remove(job);
        if let Some(entry) = self.databases[database].log.next_for(replica) {
            self.databases[database].log.apply(self.now, replica, entry.position);
        }
        self.apply_next(database, replica);
        Flow::End
    }
}
