//! Databases when instances die: who is primary, who serves reads.

use super::blueprint::Readers;
use super::request::JobId;
use super::world::World;

impl World<'_> {
    /// Who takes writes and who answers reads at the start.
    pub(super) fn seat_roles(&mut self) {
        for plan in &self.plan.databases {
            for instance in 1..=plan.replicas as usize {
                self.set_member(plan.writes, instance, false);
            }
            if plan.readers == Readers::Replicas && plan.reads != plan.writes {
                self.set_member(plan.reads, 0, false);
            }
        }
    }

    /// The present primary of a database.
    pub(super) fn present_primary(&self, _database: usize) -> Option<u32> {
        Some(0)
    }

    /// The lowest-numbered replica that serves.
    pub(super) fn first_replica(&self, database: usize) -> Option<u32> {
        (self.plan.databases[database].replicas > 0).then_some(1)
    }

    /// An instance has died.
    pub(super) fn database_instance_died(&mut self, database: usize, instance: usize, _: bool) {
        if instance > 0 {
            self.databases[database].appliers[instance - 1].busy = true;
        }
    }

    /// An instance is back, cold.
    pub(super) fn database_instance_returned(&mut self, database: usize, instance: usize, _: bool) {
        if instance > 0 {
            self.databases[database].appliers[instance - 1].busy = false;
            self.wake_appliers(database);
        }
    }

    /// An instance freezes, or thaws.
    pub(super) fn database_instance_hung(&mut self, _: usize, _: usize, _: bool) {}

    /// Links were cut or mended.
    pub(super) fn database_links_changed(&mut self) {}

    /// Whether a job waits for a change of roles.
    pub(super) fn is_parked(&self, _: JobId) -> bool {
        false
    }

    /// A job waits no longer for that.
    pub(super) fn unpark(&mut self, _: JobId) {}
}
