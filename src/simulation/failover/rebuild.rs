//! Who is lost comes back, or is replaced by a copy of one that serves; it
//! catches up, then it serves.

use super::Due;
use crate::kernel::event_queue::Phase;
use crate::kernel::time::Instant;
use crate::simulation::appliers::ApplierState;
use crate::simulation::blueprint::NewReplicaPlan;
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Job, JobId, NOBODY};
use crate::simulation::world::World;
use crate::tier::failover::{Leadership, Presence, Topology};

/// Slots of the job that reads a slice: at which member …
const SOURCE_SLOT: usize = 0;
/// … for which …
const TARGET_SLOT: usize = 1;
/// … of which copy.
const EPOCH_SLOT: usize = 2;

/// A member is missing, and nothing is done about it yet …
pub(super) const REDUCED: &str = "reduced";
/// … or it is copied, or catches up.
pub(super) const REBUILD: &str = "rebuild";

/// How a member that was lost gets back into service.
#[derive(Clone, Debug, Default)]
pub(super) struct Rebuild {
    /// Its incident, while it lasts.
    incident: Option<usize>,
    /// When a new machine is wanted.
    provision_due: Option<Instant>,
    /// The new machine is about to come up.
    pub(super) is_renewed: bool,
    /// It is there, and waits for somebody to copy from.
    waits_for_source: bool,
    /// What is copied.
    copy: Option<Copy>,
    /// Copies of other numbers are void.
    epoch: u32,
    /// Since when it catches up.
    joined_at: Option<Instant>,
}

/// A snapshot on its way.
#[derive(Clone, Copy, Debug)]
struct Copy {
    source: usize,
    began_at: Instant,
    slices_left: u64,
    /// Nothing is read before.
    next_at: Instant,
}

impl World<'_> {
    fn new_replica_plan(&self, database: usize) -> Option<&NewReplicaPlan> {
        self.plan.databases[database].failover.as_ref()?.new_replica.as_ref()
    }

    /// A member was found lost: from here on the books are kept.
    pub(super) fn begin_rebuild(&mut self, database: usize, member: usize, since: Instant) {
        if self.databases[database].failover.rebuilds[member].incident.is_none() {
            let place = self.begin_incident(database, member, REDUCED, since);
            self.databases[database].failover.rebuilds[member].incident = Some(place);
        }
        if let Some(after) = self.new_replica_plan(database).map(|plan| plan.after) {
            self.want_machine(database, member, self.now + after);
        }
    }

    /// A copy or a catch-up begins: from here on it is more than a lack.
    fn note_rebuild(&mut self, database: usize, member: usize) {
        if let Some(place) = self.databases[database].failover.rebuilds[member].incident {
            self.recorder.availability.incidents[place].kind = REBUILD;
        }
    }

    /// One that was being rebuilt has died: another machine is wanted for it.
    pub(super) fn rebuild_again(&mut self, database: usize, member: usize) {
        let tier = &self.databases[database];
        let rebuild = &tier.failover.rebuilds[member];
        let was_rebuilt = rebuild.incident.is_some() && rebuild.provision_due.is_none();
        let has_data = tier.cluster.members[member].has_data;
        let after = self.new_replica_plan(database).map(|plan| plan.after);
        if let Some(after) = after.filter(|_| was_rebuilt && !has_data) {
            self.want_machine(database, member, self.now + after);
        }
    }

    /// Whether somebody else has the data and serves: a disk that nobody can
    /// do without is waited for, not given up.
    fn can_be_replaced(&self, database: usize, member: usize) -> bool {
        let cluster = &self.databases[database].cluster;
        let serves = |other: usize| {
            let own = &cluster.members[other];
            other != member && own.is_in_service && own.is_sound()
        };
        match cluster.topology {
            Topology::Primary => cluster.primary().is_some_and(serves),
            _ => (0..cluster.members.len()).any(serves),
        }
    }

    fn want_machine(&mut self, database: usize, member: usize, at: Instant) {
        self.databases[database].failover.rebuilds[member].provision_due = Some(at);
        self.schedule_due(at, Phase::Timer, Due::Provision, database, member);
    }

    /// It serves again.
    pub(super) fn end_rebuild(&mut self, database: usize, member: usize) {
        let rebuild = &mut self.databases[database].failover.rebuilds[member];
        rebuild.provision_due = None;
        let joined_at = rebuild.joined_at.take();
        let Some(place) = rebuild.incident.take() else { return };
        if let Some(joined_at) = joined_at {
            self.note_figure(place, "catch_up_s", (self.now - joined_at).as_secs_f64());
        }
        self.end_incident(place);
    }

    /// The time has come for a new machine, unless the lost one is back.
    pub(super) fn provision(&mut self, database: usize, member: usize) {
        let now = self.now;
        let tier = &mut self.databases[database];
        let rebuild = &mut tier.failover.rebuilds[member];
        if rebuild.provision_due != Some(now) {
            return;
        }
        rebuild.provision_due = None;
        let own = &tier.cluster.members[member];
        if own.is_sound() || rebuild.copy.is_some() {
            return;
        }
        if own.presence == Presence::Up {
            return self.machine_is_there(database, member);
        }
        if own.has_data && !self.can_be_replaced(database, member) {
            let after = self.new_replica_plan(database).map_or(TICK, |plan| plan.after);
            return self.want_machine(database, member, now + after.max(TICK));
        }
        self.databases[database].failover.rebuilds[member].is_renewed = true;
        let node = self.faults.as_ref().and_then(|faults| {
            Some(faults.plan.node(faults.plan.database(database)?, member as u32))
        });
        let is_renewed = node.is_some_and(|node| self.renew(node));
        self.databases[database].failover.rebuilds[member].is_renewed = false;
        if !is_renewed && let Some(after) = self.new_replica_plan(database).map(|plan| plan.after) {
            // The whole place is gone: perhaps later.
            self.want_machine(database, member, now + after.max(TICK));
        }
    }

    /// Whether who comes up is a new machine, which has no data.
    pub(super) fn takes_renewed(&mut self, database: usize, member: usize) -> bool {
        std::mem::take(&mut self.databases[database].failover.rebuilds[member].is_renewed)
    }

    /// A machine without data is up.
    pub(super) fn machine_is_there(&mut self, database: usize, member: usize) {
        self.databases[database].failover.rebuilds[member].waits_for_source = true;
        self.begin_waiting_copies(database);
    }

    /// Copies begin for whom there is somebody now.
    pub(super) fn begin_waiting_copies(&mut self, database: usize) {
        for member in 0..self.databases[database].members() {
            let tier = &self.databases[database];
            let is_there = tier.cluster.members[member].presence == Presence::Up;
            if tier.failover.rebuilds[member].waits_for_source
                && is_there
                && let Some(source) = self.copy_source(database, member)
            {
                self.begin_copy(database, member, source);
            }
        }
    }

    /// From whom to copy: the first replica that serves, else a primary.
    fn copy_source(&self, database: usize, member: usize) -> Option<usize> {
        let cluster = &self.databases[database].cluster;
        let serves = |&other: &usize| {
            let own = &cluster.members[other];
            other != member
                && own.is_in_service
                && own.is_sound()
                && !own.is_second
                && self.members_reach(database, other, member)
        };
        let of_role = |is_replica: bool| {
            let has_role = |&other: &usize| cluster.is_replica(other) == is_replica;
            (0..cluster.members.len()).filter(has_role).find(serves)
        };
        of_role(true).or_else(|| of_role(false))
    }

    fn begin_copy(&mut self, database: usize, member: usize, source: usize) {
        let Some(slices) = self.new_replica_plan(database).map(|plan| plan.slices) else { return };
        let now = self.now;
        let tier = &mut self.databases[database];
        for log in tier.logs.iter_mut().filter(|log| log.origin() != member) {
            // The state that is copied is that of the beginning.
            let position = log.applied(source);
            log.join(now, member, position);
        }
        let rebuild = &mut tier.failover.rebuilds[member];
        rebuild.waits_for_source = false;
        rebuild.epoch += 1;
        rebuild.copy =
            Some(Copy { source, began_at: now, slices_left: slices.max(1), next_at: now });
        self.note_rebuild(database, member);
        self.slice_due(database, member);
    }

    /// The next slice is read, or all are copied.
    pub(super) fn slice_due(&mut self, database: usize, member: usize) {
        let Some(plan) = self.new_replica_plan(database) else { return };
        let (pace, program) = (plan.pace, plan.program);
        let now = self.now;
        let rebuild = &mut self.databases[database].failover.rebuilds[member];
        let epoch = rebuild.epoch;
        let Some(copy) = &mut rebuild.copy else { return };
        if copy.next_at != now {
            return;
        }
        if copy.slices_left == 0 {
            let began_at = copy.began_at;
            return self.copy_is_there(database, member, began_at);
        }
        copy.next_at = now + pace;
        let (source, number) = (copy.source, copy.slices_left);
        let pc = self.plan.programs.programs[usize::from(program)].start;
        let key = self.root.named("copy").numbered(database as u64).numbered(member as u64);
        let mut job = Job::new(key.numbered(number), NOBODY, pc, now);
        job.slots[SOURCE_SLOT] = source as u32;
        job.slots[TARGET_SLOT] = member as u32;
        job.slots[EPOCH_SLOT] = epoch;
        let job = self.spawn(job);
        self.ready.push_back(job);
    }

    /// A slice is read: the next one follows at its pace, or later.
    #[cold]
    pub(in crate::simulation) fn slice_copied(&mut self, job: JobId, database: u16) -> Flow {
        let database = usize::from(database);
        let slots = self.jobs[job].slots;
        self.jobs.remove(job);
        let member = slots[TARGET_SLOT] as usize;
        let now = self.now;
        let rebuild = &mut self.databases[database].failover.rebuilds[member];
        let is_valid = rebuild.epoch == slots[EPOCH_SLOT];
        if let Some(copy) = rebuild.copy.as_mut().filter(|_| is_valid) {
            copy.slices_left -= 1;
            copy.next_at = copy.next_at.max(now);
            let at = copy.next_at;
            self.schedule_due(at, Phase::Completion, Due::Copied, database, member);
        }
        Flow::End
    }

    fn copy_is_there(&mut self, database: usize, member: usize, began_at: Instant) {
        let now = self.now;
        let tier = &mut self.databases[database];
        tier.failover.rebuilds[member].copy = None;
        tier.cluster.members[member].has_data = true;
        if let Some(place) = tier.failover.rebuilds[member].incident {
            self.note_figure(place, "copy_s", (now - began_at).as_secs_f64());
        }
        self.watch(database);
        self.come_back(database, member);
    }

    /// Copies from or to a dead member are void.
    pub(super) fn stop_copies(&mut self, database: usize, dead: usize) {
        for member in 0..self.databases[database].members() {
            let rebuild = &mut self.databases[database].failover.rebuilds[member];
            let Some(copy) = rebuild.copy.filter(|copy| copy.source == dead || member == dead)
            else {
                continue;
            };
            rebuild.copy = None;
            rebuild.epoch += 1;
            rebuild.waits_for_source = copy.source == dead && member != dead;
        }
        if self.new_replica_plan(database).is_some() {
            self.begin_waiting_copies(database);
        }
    }

    /// Who is sound and out of service catches up.
    pub(super) fn rejoin(&mut self, database: usize, member: usize) {
        let tier = &mut self.databases[database];
        let own = &mut tier.cluster.members[member];
        let leads = matches!(tier.cluster.leadership, Leadership::Led(primary) if primary == member)
            && tier.logs.len() == 1;
        let is_out = !own.is_in_service && !own.is_joining && own.silent_since.is_none();
        if leads || own.is_second || !own.is_sound() || !is_out {
            return;
        }
        own.is_joining = true;
        tier.cluster.is_watched = true;
        let now = self.now;
        tier.failover.rebuilds[member].joined_at.get_or_insert(now);
        self.note_rebuild(database, member);
        self.refresh_links(database);
        self.applier_rested(database, member);
    }

    /// A member has applied all that it received, or waits for the next entry.
    pub(in crate::simulation) fn applier_rested(&mut self, database: usize, member: usize) {
        let cluster = &self.databases[database].cluster;
        if cluster.chosen() == Some(member) {
            return self.finish_promotion(database);
        }
        if !cluster.members[member].is_joining || !self.has_caught_up(database, member) {
            return;
        }
        let state = &mut self.databases[database].cluster.members[member];
        (state.is_joining, state.is_in_service) = (false, true);
        self.count_lag(database, member, true);
        self.end_rebuild(database, member);
        self.refresh(database);
    }

    /// Whether nothing is left of what a member missed: it has applied all, or
    /// what comes next was committed after it was connected, and is under way.
    fn has_caught_up(&self, database: usize, member: usize) -> bool {
        let tier = &self.databases[database];
        (0..tier.logs.len()).filter(|&log| tier.logs[log].origin() != member).all(|log| {
            let applier = &tier.appliers[log * tier.members() + member];
            let source = match tier.logs.len() {
                1 => tier.cluster.primary(),
                _ => Some(tier.cluster.source(log, member)),
            };
            let Some(source) = source else { return false };
            let is_fed = applier.is_connected || !tier.cluster.members[source].is_sound();
            match tier.logs[log].next_for(member) {
                _ if !is_fed => false,
                None => true,
                // Of a dead one nothing more comes; in a ring others pass it on.
                _ if !applier.is_connected
                    || tier.cluster.topology == Topology::Ring && source != log =>
                {
                    !applier.has_receipts()
                }
                Some(entry) => {
                    matches!(applier.state, ApplierState::Waiting(_))
                        && entry.committed_at >= applier.connected_since
                }
            }
        })
    }
}

/// Shortest time between two looks for a machine.
const TICK: crate::kernel::time::Duration =
    crate::kernel::time::Duration::from_nanos(1_000_000_000);
