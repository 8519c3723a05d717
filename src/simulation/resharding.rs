//! Data move from shard to shard under load, slice by slice: a slice is read
//! at its sources, then written to all members of its targets, and from then
//! on its keys are looked for there.
//!
//! Assumption: what is written to a slice while it moves arrives with it; that
//! costs nothing beside the copy itself.

use super::interpreter::Flow;
use super::request::{Job, JobId, NOBODY};
use super::world::World;
use crate::kernel::time::{Duration, Instant};
use crate::tier::failover::Presence;

/// Slots of the job that reads or writes a part of a slice: at which member …
const MEMBER_SLOT: usize = 0;
/// … in which attempt.
const EPOCH_SLOT: usize = 1;
/// A slice that cannot move is tried again after this time.
const PAUSE: Duration = Duration::from_nanos(1_000_000_000);

/// How far the data of a sharded database have moved.
#[derive(Clone, Debug, Default)]
pub struct Resharding {
    /// Slices whose keys lie on their new shards.
    moved: u64,
    /// What goes on.
    course: Option<Course>,
}

/// A resharding under way.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// The event that began it.
    event: u16,
    /// Parts of other attempts are void.
    epoch: u32,
    /// Parts of the present slice that are under way.
    pending: u32,
    /// It has been read.
    is_written: bool,
    /// No slice begins before.
    next_at: Instant,
}

impl Resharding {
    /// Slices whose keys lie on their new shards.
    #[inline]
    pub fn moved(&self) -> u64 {
        self.moved
    }
}

impl World<'_> {
    /// An event begins to move data.
    pub(super) fn begin_resharding(&mut self, event: u16, resharding: u16) {
        let course = Course { event, epoch: 0, pending: 0, is_written: false, next_at: self.now };
        self.reshardings[usize::from(resharding)].course = Some(course);
        self.note_moved(resharding);
        self.slice_is_due(resharding, 0);
    }

    fn course(&mut self, resharding: u16) -> Option<&mut Course> {
        self.reshardings[usize::from(resharding)].course.as_mut()
    }

    /// Reads the next slice, or ends when all have moved.
    pub(super) fn slice_is_due(&mut self, resharding: u16, epoch: u32) {
        let plan = &self.plan.reshardings[usize::from(resharding)];
        let moved = self.reshardings[usize::from(resharding)].moved;
        let now = self.now;
        let Some(course) = self.course(resharding).filter(|course| course.epoch == epoch) else {
            return;
        };
        if moved == plan.slices {
            let event = course.event;
            self.reshardings[usize::from(resharding)].course = None;
            return self.event_is_over(event);
        }
        course.next_at = now + plan.pace;
        course.is_written = false;
        if plan.reads.is_empty() {
            // No key changes its shard.
            return self.slice_has_moved(resharding);
        }
        let mut parts = Vec::new();
        for &(shard, program) in &plan.reads {
            let Some(primary) = self.primary_of_shard(plan.first + usize::from(shard)) else {
                return self.try_slice_again(resharding);
            };
            parts.push((primary, program));
        }
        let led = |&(shard, _): &(u16, u16)| {
            self.primary_of_shard(plan.first + usize::from(shard)).is_some()
        };
        match plan.writes.iter().all(led) {
            true => self.begin_parts(resharding, &parts),
            false => self.try_slice_again(resharding),
        }
    }

    /// The primary of a shard, if it is up.
    fn primary_of_shard(&self, database: usize) -> Option<u32> {
        let primary = self.present_primary(database)?;
        self.is_member_up(database, primary as usize).then_some(primary)
    }

    fn is_member_up(&self, database: usize, member: usize) -> bool {
        self.databases[database].cluster.members[member].presence == Presence::Up
    }

    /// Jobs of the system at these members, by these programs.
    fn begin_parts(&mut self, resharding: u16, parts: &[(u32, u16)]) {
        let slice = self.reshardings[usize::from(resharding)].moved;
        let now = self.now;
        let Some(course) = self.course(resharding) else { return };
        course.pending = parts.len() as u32;
        let epoch = course.epoch;
        let owner = self.root.named("reshard").numbered(u64::from(resharding)).numbered(slice);
        for &(member, program) in parts {
            let pc = self.plan.programs.programs[usize::from(program)].start;
            let key = owner.numbered(u64::from(program)).numbered(u64::from(member));
            let mut job = Job::new(key, NOBODY, pc, now);
            job.slots[MEMBER_SLOT] = member;
            job.slots[EPOCH_SLOT] = epoch;
            let job = self.spawn(job);
            self.ready.push_back(job);
        }
    }

    /// A part of the slice is read, or written; after the last of them it is
    /// written, or its keys have moved.
    #[cold]
    pub(super) fn slice_part_moved(&mut self, job: JobId, resharding: u16) -> Flow {
        let epoch = self.jobs[job].slots[EPOCH_SLOT];
        self.jobs.remove(job);
        let Some(course) = self.course(resharding).filter(|course| course.epoch == epoch) else {
            return Flow::End;
        };
        course.pending -= 1;
        if course.pending > 0 {
            return Flow::End;
        }
        if !std::mem::replace(&mut course.is_written, true) {
            let plan = &self.plan.reshardings[usize::from(resharding)];
            let mut parts = Vec::new();
            for &(shard, program) in &plan.writes {
                let database = plan.first + usize::from(shard);
                let members = 0..self.databases[database].members();
                let up = members.filter(|&member| self.is_member_up(database, member));
                parts.extend(up.map(|member| (member as u32, program)));
            }
            match parts.is_empty() {
                // Whoever should take it hangs.
                true => self.try_slice_again(resharding),
                false => self.begin_parts(resharding, &parts),
            }
            return Flow::End;
        }
        self.slice_has_moved(resharding);
        Flow::End
    }

    fn slice_has_moved(&mut self, resharding: u16) {
        let now = self.now;
        self.reshardings[usize::from(resharding)].moved += 1;
        self.note_moved(resharding);
        let Some(course) = self.course(resharding) else { return };
        let (at, epoch) = (course.next_at.max(now), course.epoch);
        self.schedule_slice(at, resharding, epoch);
    }

    fn note_moved(&mut self, resharding: u16) {
        let own = &self.reshardings[usize::from(resharding)];
        let plan = &self.plan.reshardings[usize::from(resharding)];
        let Some(course) = own.course else { return };
        let bytes = own.moved as f64 * plan.bytes as f64;
        let share = own.moved as f64 / plan.slices as f64;
        self.note_event_figures(course.event, &[("moved_bytes", bytes), ("moved_share", share)]);
    }

    fn try_slice_again(&mut self, resharding: u16) {
        let at = self.now + PAUSE;
        let Some(course) = self.course(resharding) else { return };
        course.epoch += 1;
        let epoch = course.epoch;
        self.schedule_slice(at, resharding, epoch);
    }

    /// A member of a database has died, and what moved there with it: the
    /// slice begins anew.
    pub(super) fn begin_slice_again(&mut self, database: usize) {
        let concerned = |plan: &crate::simulation::blueprint::ReshardingPlan| {
            let parts = plan.reads.iter().chain(&plan.writes);
            parts.into_iter().any(|&(shard, _)| plan.first + usize::from(shard) == database)
        };
        if let Some(own) = self.plan.reshardings.iter().position(concerned) {
            self.try_slice_again(own as u16);
        }
    }
}
