//! The life of a database whose members fail: silence is noticed, a replica
//! takes over, what was lost is brought back, what is missing is rebuilt.

mod acknowledge;
mod links;
mod promotion;
mod rebuild;
mod recovery;
mod split;
mod writes;

pub use acknowledge::Unacknowledged;

use super::availability::{INCIDENTS_KEPT, Incident};
use super::request::JobId;
use super::world::{DatabaseTier, EventKind, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::time::Instant;
use crate::tier::failover::Presence;
use rebuild::Rebuild;
use recovery::Recovery;
use split::SplitBrain;
use std::collections::VecDeque;

/// Bits of a member's number in the index of an event, and of its database's.
const MEMBER_BITS: u32 = 14;
const DATABASE_BITS: u32 = 6;
/// Most members of a database, where any can fail.
pub const MEMBERS_MAX: usize = 1 << MEMBER_BITS;
/// Most databases, where any can fail.
pub const DATABASES_MAX: usize = 1 << DATABASE_BITS;

/// What is due in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// A member has missed its heartbeats.
    Noticed = 0,
    /// The time of a promotion is over.
    Promoted = 1,
    /// The oldest waiting write of an origin is acknowledged.
    Acknowledged = 2,
    /// A machine for a new replica is wanted.
    Provision = 3,
    /// A slice of a snapshot is copied.
    Copied = 4,
    /// The next lost write has been read from the old disk.
    Recovered = 5,
}

/// What goes on in a database when members fail.
#[derive(Clone, Debug, Default)]
pub struct FailoverState {
    /// Calls that wait for a primary, in order.
    parked: VecDeque<JobId>,
    /// Requests that had failed for good when each member fell silent.
    failed_before: Vec<u64>,
    /// The failover that goes on, or was the last.
    incident: Option<usize>,
    /// How each missing member is replaced.
    rebuilds: Vec<Rebuild>,
    /// What is brought back of what was lost.
    recovery: Recovery,
    /// Two primaries.
    split: Option<SplitBrain>,
    /// Figures.
    pub counts: Counts,
}

/// Figures of a database's failures, in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Committed and reported as done, and no survivor has them.
    pub writes_lost: u64,
    /// Of them brought back.
    pub writes_recovered: u64,
    /// Writes of a key that another origin had written, unseen.
    pub conflicts: u64,
    /// Writes at a primary that had been replaced.
    pub split_brain_writes: u64,
    /// Reported as done without the acknowledgements that they should have had.
    pub writes_unacknowledged: u64,
}

impl FailoverState {
    /// Nothing has happened to `members`.
    pub fn new(members: usize) -> Self {
        Self {
            failed_before: vec![0; members],
            rebuilds: vec![Rebuild::default(); members],
            ..Self::default()
        }
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self) {
        self.counts = Counts::default();
    }
}

/// What the faults tell.
impl World<'_> {
    /// Roles are given, before the first event.
    pub(super) fn seat_roles(&mut self) {
        (0..self.databases.len()).for_each(|database| self.refresh_pools(database));
    }

    /// An instance is dead; its work is struck already.
    pub(super) fn database_instance_died(
        &mut self,
        database: usize,
        instance: usize,
        destroyed: bool,
    ) {
        // Others may have died at this instant, and are told of next.
        for member in 0..self.databases[database].members() {
            if self.is_dead(database, member) {
                self.databases[database].cluster.members[member].presence = Presence::Down;
            }
        }
        self.databases[database].cluster.members[instance].is_joining = false;
        self.count_lag(database, instance, false);
        for log in 0..self.databases[database].logs.len() {
            self.halt_applier(database, log, instance);
        }
        self.forget_unacknowledged(database, instance);
        self.stop_recovery(database, instance);
        self.holder_died(database, instance);
        if destroyed {
            self.lose_disk(database, instance);
        }
        self.watch(database);
        self.stop_copies(database, instance);
        self.rebuild_again(database, instance);
        self.begin_slice_again(database);
    }

    /// An instance is there again, cold: with its disk, or with a new one.
    pub(super) fn database_instance_returned(
        &mut self,
        database: usize,
        instance: usize,
        destroyed: bool,
    ) {
        self.databases[database].cluster.members[instance].presence = Presence::Up;
        if destroyed || self.databases[database].failover.rebuilds[instance].is_renewed {
            self.lose_disk(database, instance);
        }
        if !self.databases[database].cluster.members[instance].has_data {
            self.empty_instance_returned(database, instance);
        }
        let cluster = &mut self.databases[database].cluster;
        let leads = cluster.primary() == Some(instance) || cluster.chosen() == Some(instance);
        if !leads && !cluster.members[instance].is_second {
            // It serves when it has caught up.
            cluster.members[instance].is_in_service = false;
        }
        self.watch(database);
    }

    /// An instance freezes, or thaws.
    pub(super) fn database_instance_hung(
        &mut self,
        database: usize,
        instance: usize,
        is_hung: bool,
    ) {
        let presence = if is_hung { Presence::Hung } else { Presence::Up };
        self.databases[database].cluster.members[instance].presence = presence;
        if self.databases[database].failover.rebuilds[instance].is_renewed {
            self.lose_disk(database, instance);
            self.empty_instance_returned(database, instance);
        }
        self.watch(database);
    }

    /// Links between instances are cut, or mended.
    pub(super) fn database_links_changed(&mut self) {
        (0..self.databases.len()).for_each(|database| self.watch(database));
    }

    /// Who takes the writes, or took them last.
    pub(super) fn present_primary(&self, database: usize) -> Option<u32> {
        let tier = &self.databases[database];
        Some(tier.cluster.primary().unwrap_or(tier.logs[0].origin()) as u32)
    }

    /// The lowest-numbered replica that serves.
    pub(super) fn first_replica(&self, database: usize) -> Option<u32> {
        let cluster = &self.databases[database].cluster;
        let serves = |&member: &usize| {
            cluster.is_replica(member) && cluster.members[member].presence == Presence::Up
        };
        (0..cluster.members.len()).find(serves).map(|member| member as u32)
    }

    /// Whether a job waits here for something that is no event of its own.
    pub(super) fn is_parked(&self, job: JobId) -> bool {
        self.databases.iter().any(|tier| {
            tier.failover.parked.contains(&job)
                || tier.unacknowledged.iter().any(|waiting| waiting.contains(job))
        }) || self.waits_for_queue(job)
            || self.waits_for_file(job)
    }

    /// A job waits here no longer.
    pub(super) fn unpark(&mut self, job: JobId) {
        for tier in &mut self.databases {
            tier.failover.parked.retain(|&own| own != job);
            tier.unacknowledged.iter_mut().for_each(|waiting| waiting.forget(job));
        }
        self.leave_queue(job);
        self.leave_file(job);
    }
}

/// What is due.
impl World<'_> {
    fn schedule_due(
        &mut self,
        at: Instant,
        phase: Phase,
        due: Due,
        database: usize,
        member: usize,
    ) {
        let index =
            (due as u32) << (DATABASE_BITS + MEMBER_BITS) | (database as u32) << MEMBER_BITS;
        self.queue.schedule(at, phase, EventKind::DatabaseDue.with(index | member as u32));
    }

    /// Something is due.
    #[cold]
    #[inline(never)]
    pub fn database_due(&mut self, index: u32) {
        let member = (index & ((1 << MEMBER_BITS) - 1)) as usize;
        let database = (index >> MEMBER_BITS & ((1 << DATABASE_BITS) - 1)) as usize;
        match index >> (DATABASE_BITS + MEMBER_BITS) {
            0 => self.silence_noticed(database, member),
            1 => self.promotion_is_over(database, member),
            2 => self.acknowledgement_due(database, member),
            3 => self.provision(database, member),
            4 => self.slice_due(database, member),
            _ => self.recover_next(database),
        }
    }

    /// Whether a member is missing, though all may be up: one that is rebuilt
    /// or catches up does not serve.
    pub(super) fn is_database_reduced(&self) -> bool {
        let members = self.databases.iter().flat_map(|tier| &tier.cluster.members);
        members.into_iter().any(|member| !member.is_in_service)
    }

    /// Looks who is heard, and lets everything follow.
    fn watch(&mut self, database: usize) {
        self.refresh_links(database);
        for member in 0..self.databases[database].members() {
            let is_silent = self.databases[database]
                .cluster
                .is_silent(member, |from, to| self.members_reach(database, from, to));
            let since = self.databases[database].cluster.members[member].silent_since;
            match (is_silent, since) {
                (true, None) => self.fall_silent(database, member),
                (false, Some(_)) => self.come_back(database, member),
                _ => {}
            }
        }
        self.refresh(database);
    }

    fn fall_silent(&mut self, database: usize, member: usize) {
        let now = self.now;
        let tier = &mut self.databases[database];
        tier.failover.failed_before[member] = self.recorder.failed_for_good;
        let state = &mut tier.cluster.members[member];
        state.silent_since = Some(now);
        if let Some(failover) = &self.plan.databases[database].failover {
            let at = failover.heartbeats.noticed_at(now);
            state.notice_due = Some(at);
            self.schedule_due(at, Phase::Timer, Due::Noticed, database, member);
        }
    }

    /// Whether the lag of a member counts: that of one who is dead, or serves
    /// nobody, does not.
    fn count_lag(&mut self, database: usize, member: usize, counts: bool) {
        for log in &mut self.databases[database].logs {
            log.record_lag(self.now, member, counts);
        }
    }

    /// Who is what has changed: links, pools and waiting writes follow.
    fn refresh(&mut self, database: usize) {
        let cluster = &mut self.databases[database].cluster;
        cluster.is_watched =
            cluster.chosen().is_some() || cluster.members.iter().any(|member| member.is_joining);
        self.refresh_links(database);
        self.refresh_pools(database);
        self.reconsider_acknowledgements(database);
        self.begin_waiting_copies(database);
        self.resume_repairs(database);
        self.note_up_time();
    }

    /// Who takes reads and does not drain; else the primary, if that does not;
    /// else those who drain after all.
    fn answers_reads(&self, database: usize, member: usize) -> bool {
        let cluster = &self.databases[database].cluster;
        let readers = self.plan.databases[database].readers;
        let takes = |own: usize| cluster.takes_reads(own, readers);
        let drains = |own: usize| self.is_draining(database, own);
        let mut members = 0..self.databases[database].members();
        if !members.clone().any(|own| takes(own) && drains(own)) {
            return takes(member);
        }
        if members.clone().any(|own| takes(own) && !drains(own)) {
            return takes(member) && !drains(member);
        }
        let writes = |own: usize| cluster.takes_writes(own) && !drains(own);
        if members.any(writes) { writes(member) } else { takes(member) }
    }

    /// Balancers send reads and writes to those who take them.
    pub(super) fn refresh_pools(&mut self, database: usize) {
        let plan = &self.plan.databases[database];
        let members = self.databases[database].members();
        let has_roles =
            |group: u16| self.plan.groups[usize::from(group)].instances as usize == members;
        if members < 2 || !has_roles(plan.writes) || !has_roles(plan.reads) {
            return;
        }
        for member in 0..members {
            let writes = self.databases[database].cluster.takes_writes(member);
            let reads = self.answers_reads(database, member);
            // Whoever may be asked of a leaderless one coordinates both.
            let writes = if plan.quorum.is_some() { reads } else { writes };
            self.set_member(plan.writes, member, writes);
            if plan.reads != plan.writes {
                self.set_member(plan.reads, member, reads);
            }
        }
        let cluster = &self.databases[database].cluster;
        if (0..members).any(|member| cluster.takes_writes(member)) {
            self.wake_parked(database);
        }
    }
}

/// Incidents.
impl World<'_> {
    fn begin_incident(
        &mut self,
        database: usize,
        member: usize,
        kind: &'static str,
        start: Instant,
    ) -> usize {
        let place = self.room_for_incident();
        let name = &self.plan.databases[database].name;
        let incidents = &self.recorder.availability.incidents;
        // The lack of one member is not caused by that of another.
        let is_lack = |kind: &str| kind == rebuild::REDUCED || kind == rebuild::REBUILD;
        let is_other = |own: &str| own != kind && !(is_lack(own) && is_lack(kind));
        let cause = incidents
            .iter()
            .rev()
            .find(|incident| incident.start == start && is_other(incident.kind))
            .map_or_else(|| format!("{name}.{member} is lost"), |incident| incident.cause.clone());
        let component = match kind {
            // These are of the database as a whole.
            "failover" | "data loss" => name.clone(),
            _ => format!("{name}.{member}"),
        };
        let incident = Incident {
            component,
            kind,
            cause,
            start,
            end: None,
            requests_failed: self.databases[database].failover.failed_before[member],
            figures: Vec::new(),
        };
        self.recorder.availability.put(place, incident);
        place
    }

    /// Where the next incident goes: behind the others, or, where enough are
    /// kept, in the place of a later one that is over and gets no more figures.
    fn room_for_incident(&self) -> usize {
        let incidents = &self.recorder.availability.incidents;
        let is_free = |place: &usize| {
            let latest = |tier: &DatabaseTier| tier.failover.incident == Some(*place);
            incidents[*place].end.is_some() && !self.databases.iter().any(latest)
        };
        let mut later = INCIDENTS_KEPT.min(incidents.len())..incidents.len();
        later.find(is_free).unwrap_or(incidents.len())
    }

    fn end_incident(&mut self, place: usize) {
        let failed = self.recorder.failed_for_good;
        let incident = &mut self.recorder.availability.incidents[place];
        if incident.end.is_none() {
            incident.end = Some(self.now);
            incident.requests_failed = failed - incident.requests_failed;
        }
    }

    fn note_figure(&mut self, place: usize, name: &'static str, value: f64) {
        let figures = &mut self.recorder.availability.incidents[place].figures;
        match figures.iter_mut().find(|(own, _)| *own == name) {
            Some((_, known)) => *known = value,
            None => figures.push((name, value)),
        }
    }
}
