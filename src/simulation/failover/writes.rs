//! What a commit does where members fail or several of them take writes.

use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Cause, JobId};
use crate::simulation::world::World;
use crate::tier::failover::{Leadership, Topology};

impl World<'_> {
    /// Whether a commit at an instance is more than an entry in the only log.
    #[inline]
    pub(in crate::simulation) fn commit_is_plain(&self, database: usize, instance: usize) -> bool {
        let tier = &self.databases[database];
        tier.cluster.leadership == Leadership::Led(instance)
            && tier.logs.len() == 1
            && tier.failover.split.is_none()
    }

    /// The log into which a write at an instance goes; `None`: its job has
    /// ended, or goes on without.
    #[cold]
    #[inline(never)]
    pub(in crate::simulation) fn commit_elsewhere(
        &mut self,
        job: JobId,
        database: usize,
        instance: usize,
        keys: &[u64],
    ) -> Result<usize, Flow> {
        let tier = &self.databases[database];
        if tier.cluster.topology != Topology::Primary {
            self.count_conflicts(database, instance, keys);
            return Ok(instance);
        }
        if tier.cluster.members[instance].is_second {
            self.split_writes(database, keys, true);
            return Err(Flow::Next);
        }
        if !self.leads(database, instance) {
            // It was replaced while the write was under way, and is fenced off.
            return Err(self.fail(job, Cause::NoPrimary));
        }
        self.split_writes(database, keys, false);
        Ok(0)
    }

    /// A key that another origin has written, unseen here, is in conflict: the
    /// last writer wins.
    fn count_conflicts(&mut self, database: usize, instance: usize, keys: &[u64]) {
        let tier = &mut self.databases[database];
        let is_in_conflict = |&&key: &&u64| {
            tier.logs.iter().any(|log| log.first_missed_commit(instance, key).is_some())
        };
        let conflicts = keys.iter().filter(is_in_conflict).count() as u64;
        tier.failover.counts.conflicts += conflicts;
    }

    /// Writes keys into a log; what caches hold of them is stale.
    pub(in crate::simulation) fn write_to_log(
        &mut self,
        database: usize,
        log: usize,
        keys: &[u64],
        deletes: bool,
    ) {
        self.databases[database].logs[log].commit(self.now, keys);
        self.tell_caches(database, keys, deletes);
        self.wake_appliers(database, log);
    }

    /// What caches hold of written keys is stale, or gone.
    pub(in crate::simulation) fn tell_caches(
        &mut self,
        database: usize,
        keys: &[u64],
        deletes: bool,
    ) {
        for &cache in &self.plan.databases[database].caches {
            let tier = &mut self.caches[usize::from(cache)];
            for &key in keys {
                for node in tier.placement.holders(key) {
                    if deletes {
                        tier.nodes[node].invalidate(key);
                    } else {
                        tier.nodes[node].mark_stale(self.now, key);
                    }
                }
            }
        }
    }

    /// A disk is destroyed: what was on it is gone, and nothing is kept for it.
    pub(super) fn lose_disk(&mut self, database: usize, member: usize) {
        let now = self.now;
        let had_data =
            std::mem::take(&mut self.databases[database].cluster.members[member].has_data);
        self.forget_unshipped(database, member);
        for log in 0..self.databases[database].logs.len() {
            let tier = &mut self.databases[database];
            if tier.logs[log].origin() != member {
                tier.logs[log].leave(now, member);
                self.forget_receipts(database, log, member);
            } else if tier.logs.len() > 1 && had_data {
                self.lose_origin(database, log);
            }
        }
        let lost = self.holder_emptied(database, member);
        let members = &self.databases[database].cluster.members;
        if lost > 0 && members.iter().any(|member| member.has_data) {
            self.lose_data(database, member, lost);
        }
        let members = &self.databases[database].cluster.members;
        if had_data && members.iter().all(|member| !member.has_data) {
            self.lose_everything(database, member);
        }
    }

    /// The last disk with the data is destroyed: all that was ever written is
    /// lost, counted from the start of the run.
    fn lose_everything(&mut self, database: usize, member: usize) {
        let tier = &self.databases[database];
        // Where every member is an origin, its writes were counted with it.
        let lost = match tier.cluster.topology {
            Topology::Primary => tier.logs[0].last_position().get(),
            Topology::Quorum => self.writes_done(database),
            _ => 0,
        };
        self.lose_data(database, member, lost);
    }

    /// So many writes are lost outside of any failover.
    fn lose_data(&mut self, database: usize, member: usize, lost: u64) {
        let failover = &mut self.databases[database].failover;
        failover.counts.writes_lost += lost;
        if self.recorder.is_closed() {
            // After the window it is in no figure of it.
            return;
        }
        failover.failed_before[member] = self.recorder.failed_for_good;
        let place = self.begin_incident(database, member, "data loss", self.now);
        self.note_figure(place, "writes_lost", lost as f64);
    }

    /// Of the writes of a destroyed origin only what others have received is
    /// left; those who have it pass it on.
    fn lose_origin(&mut self, database: usize, log: usize) {
        let now = self.now;
        let members = 0..self.databases[database].members();
        let received = members
            .filter(|&member| self.databases[database].logs[log].follows(member))
            .collect::<Vec<usize>>()
            .into_iter()
            .map(|member| self.received(database, log, member))
            .max();
        let before = self.databases[database].logs[log].last_position().get();
        let Some(received) = received else {
            // Nobody is left who could have any of it.
            return self.lose_data(database, log, before);
        };
        if before > received.get() {
            self.databases[database].logs[log].truncate(now, received);
            self.lose_data(database, log, before - received.get());
        }
    }

    /// A machine came back without its data.
    pub(super) fn empty_instance_returned(&mut self, database: usize, instance: usize) {
        if self.takes_renewed(database, instance) {
            return self.machine_is_there(database, instance);
        }
        let tier = &self.databases[database];
        let is_alone = (0..tier.members()).all(|other| !tier.cluster.members[other].has_data);
        let is_led = tier.cluster.leadership == Leadership::Led(instance);
        let never_replaced = is_led && self.plan.databases[database].failover.is_none();
        let is_origin = tier.logs.len() == 1 && tier.logs[0].origin() == instance;
        if is_origin && (never_replaced || is_alone) {
            self.restore_primary(database, instance);
        }
    }

    /// Nobody will take the place of this primary: it starts again from what
    /// its replicas have, or from nothing.
    fn restore_primary(&mut self, database: usize, instance: usize) {
        let now = self.now;
        let best = (0..self.databases[database].members())
            .filter(|&member| self.databases[database].cluster.members[member].has_data)
            .collect::<Vec<usize>>()
            .into_iter()
            .map(|member| self.received(database, 0, member))
            .max();
        let acknowledged = self.acknowledged(database);
        if let Some(best) = best {
            self.databases[database].logs[0].truncate(now, best);
            for member in 0..self.databases[database].members() {
                self.forget_receipts(database, 0, member);
            }
        }
        // Where nobody has anything, that was counted with the last disk.
        let lost = best.map_or(0, |best| acknowledged.saturating_sub(best.get()));
        if lost > 0 {
            self.lose_data(database, instance, lost);
        }
        self.databases[database].cluster.members[instance].has_data = true;
    }
}
