//! What a holder lacks is brought to it: what was kept for it while it was
//! away, and what reads have found missing.

use super::{Repair, Seen};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Job, JobId, NOBODY};
use crate::simulation::world::World;
use crate::tier::quorum::Version;

/// Slot of a repair: at which member.
const MEMBER_SLOT: usize = 0;
/// Keys that one piece of work brings at most.
const BATCH: usize = 64;

impl World<'_> {
    /// Keeps a write for a member that lacks it.
    pub(super) fn keep(&mut self, database: usize, member: usize, repair: Repair) {
        let quorum = self.quorum(database);
        quorum.counts.hints_kept += u64::from(repair.is_hint);
        quorum.repairs[member].push_back(repair);
        self.repair_next(database, member);
    }

    /// Holders that have answered with less than others get the newest.
    pub(super) fn repair_by_read(&mut self, database: usize, call: u32) {
        let mut seen = std::mem::take(&mut self.quorum(database).calls[call as usize].seen);
        for place in 0..seen.len() {
            let Seen { item, member, sight, .. } = seen[place];
            let same = seen.iter().filter(|other| other.item == item);
            let newest = same.map(|other| other.sight.version).max().unwrap_or(0);
            let quorum = self.quorum(database);
            let key = quorum.calls[call as usize].keys[item as usize].key;
            if sight.version < newest && !quorum.versions.has(key, newest, member) {
                let repair = Repair { key, version: newest, is_hint: false };
                self.keep(database, member, repair);
            }
        }
        seen.clear();
        self.quorum(database).calls[call as usize].seen = seen;
    }

    /// Members may be back: they get what was kept for them.
    pub(in crate::simulation) fn resume_repairs(&mut self, database: usize) {
        if self.databases[database].quorum.is_none() {
            return;
        }
        for member in 0..self.databases[database].members() {
            let own = &self.databases[database].cluster.members[member];
            let is_back = own.is_sound() && own.is_in_service;
            let quorum = self.quorum(database);
            if is_back && std::mem::take(&mut quorum.is_empty[member]) {
                quorum.versions.copied(member);
            }
            self.repair_next(database, member);
        }
    }

    /// A member that serves works on the next writes that it lacks.
    fn repair_next(&mut self, database: usize, member: usize) {
        let own = &self.databases[database].cluster.members[member];
        let serves = own.is_sound() && own.is_in_service;
        // One that dies at this instant may be about to learn of it.
        if !serves || self.is_dead(database, member) {
            return;
        }
        if self.quorum(database).in_repair[member] > 0 {
            return;
        }
        let program = self.plan.databases[database].quorum.and_then(|plan| plan.repairer);
        while let Some(&Repair { key, version, .. }) = self.quorum(database).repairs[member].front()
        {
            let lacks = !self.quorum(database).versions.has(key, version, member);
            match program.filter(|_| lacks) {
                None => self.end_repair(database, member),
                Some(program) => return self.work_on_repairs(database, member, program, version),
            }
        }
    }

    /// Several at a time, as one entry of a log holds all keys of a write.
    fn work_on_repairs(&mut self, database: usize, member: usize, program: u16, first: Version) {
        let quorum = self.quorum(database);
        quorum.in_repair[member] = quorum.repairs[member].len().min(BATCH);
        let pc = self.plan.programs.programs[usize::from(program)].start;
        let key = self.root.named("repair").numbered(database as u64).numbered(member as u64);
        let mut job = Job::new(key.numbered(first), NOBODY, pc, self.now);
        job.slots[MEMBER_SLOT] = member as u32;
        let job = self.spawn(job);
        self.ready.push_back(job);
    }

    /// The member has the first of the writes kept for it.
    fn end_repair(&mut self, database: usize, member: usize) {
        let quorum = self.quorum(database);
        let Some(repair) = quorum.repairs[member].pop_front() else { return };
        let Repair { key, version, is_hint } = repair;
        let lacked = !quorum.versions.has(key, version, member);
        quorum.versions.applied(key, version, member);
        quorum.counts.hints_delivered += u64::from(is_hint);
        quorum.counts.read_repairs += u64::from(!is_hint && lacked);
    }

    /// A member has worked on writes that it lacked.
    #[inline(never)]
    pub(in crate::simulation) fn repaired(&mut self, job: JobId, database: u16) -> Flow {
        let database = usize::from(database);
        let member = self.jobs[job].slots[MEMBER_SLOT] as usize;
        self.jobs.remove(job);
        let count = std::mem::take(&mut self.quorum(database).in_repair[member]);
        (0..count).for_each(|_| self.end_repair(database, member));
        self.repair_next(database, member);
        Flow::End
    }

    /// Writes that were ever done in a leaderless database.
    pub(in crate::simulation) fn writes_done(&self, database: usize) -> u64 {
        let quorum = self.databases[database].quorum.as_ref();
        quorum.map_or(0, |quorum| quorum.versions.writes_done())
    }
}
