//! A silent member is noticed; a replica takes the place of a lost primary.

use super::Due;
use crate::kernel::event_queue::Phase;
use crate::kernel::time::Instant;
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Cause, JobId};
use crate::simulation::world::World;
use crate::tier::failover::{Leadership, Presence, Topology, furthest_ahead};
use crate::tier::replication::Position;

impl World<'_> {
    /// A member has missed its heartbeats: it is out of service from here on.
    pub(super) fn silence_noticed(&mut self, database: usize, member: usize) {
        let now = self.now;
        let state = &mut self.databases[database].cluster.members[member];
        if state.notice_due != Some(now) {
            return;
        }
        state.notice_due = None;
        state.is_in_service = false;
        state.is_joining = false;
        let since = state.silent_since.unwrap_or(now);
        self.count_lag(database, member, false);
        self.second_primary_stops(database, member);
        self.begin_rebuild(database, member, since);
        let cluster = &self.databases[database].cluster;
        if cluster.primary() == Some(member) {
            self.begin_failover(database, member, since);
        } else if cluster.chosen() == Some(member) {
            self.decide(database, member);
        }
        self.refresh(database);
    }

    /// The primary is lost.
    fn begin_failover(&mut self, database: usize, member: usize, since: Instant) {
        let place = self.begin_incident(database, member, "failover", since);
        self.note_figure(place, "detection_s", (self.now - since).as_secs_f64());
        self.note_figure(place, "writes_lost", 0.0);
        self.databases[database].failover.incident = Some(place);
        let fences = self.plan.databases[database].failover.as_ref().is_none_or(|f| f.fencing);
        if !fences {
            self.split_may_begin(database, member);
        }
        self.decide(database, member);
    }

    /// Somebody is to take the place of `lost`: who has received most.
    fn decide(&mut self, database: usize, lost: usize) {
        let former = self.databases[database].logs[0].origin();
        let candidates: Vec<(usize, Position)> = (0..self.databases[database].members())
            .filter(|&member| member != former && member != lost && self.can_lead(database, member))
            .collect::<Vec<usize>>()
            .into_iter()
            .map(|member| (member, self.received(database, 0, member)))
            .collect();
        let Some(chosen) = furthest_ahead(candidates.iter().copied()) else {
            self.databases[database].cluster.leadership = Leadership::Leaderless;
            return;
        };
        let since = self.now;
        self.databases[database].cluster.leadership =
            Leadership::Promoting { chosen, since, is_over: false };
        // From here on the former primary ships to nobody.
        self.refresh_links(database);
        self.fail_unacknowledged(database);
        let received = self.received(database, 0, chosen);
        self.take_back(database, received);
        let promotion = self.plan.databases[database].failover.as_ref().map(|f| f.promotion);
        let at = self.now + promotion.unwrap_or_default();
        self.schedule_due(at, Phase::Timer, Due::Promoted, database, chosen);
    }

    /// Up, with the data, and in touch with at least half of those who are.
    fn can_lead(&self, database: usize, member: usize) -> bool {
        let tier = &self.databases[database];
        let follows = |&other: &usize| {
            let own = &tier.cluster.members[other];
            own.is_sound() && !own.is_second && tier.logs[0].follows(other)
        };
        let others = || (0..tier.members()).filter(follows);
        let reached = others().filter(|&other| self.members_reach(database, member, other)).count();
        follows(&member) && 2 * reached >= others().count()
    }

    /// What the chosen one has not received is lost.
    fn take_back(&mut self, database: usize, received: Position) {
        let acknowledged = self.acknowledged(database);
        let now = self.now;
        let owner = self.databases[database].logs[0].origin();
        let tier = &mut self.databases[database];
        let lost = tier.logs[0].truncate(now, received);
        let queue = &mut tier.unacknowledged[0];
        queue.acknowledged = queue.acknowledged.min(received.get());
        for member in 0..tier.members() {
            self.forget_receipts(database, 0, member);
        }
        let count = acknowledged.saturating_sub(received.get());
        self.count_lost(database, count);
        self.keep_unshipped(database, owner, lost.entries);
    }

    /// So many writes are lost, in the failover that goes on.
    pub(super) fn count_lost(&mut self, database: usize, count: u64) {
        let failover = &mut self.databases[database].failover;
        failover.counts.writes_lost += count;
        // What is lost after the window is in no figure of it.
        if let Some(place) = failover.incident.filter(|_| !self.recorder.is_closed()) {
            let known = self.figure(place, "writes_lost");
            self.note_figure(place, "writes_lost", known + count as f64);
        }
    }

    pub(super) fn promotion_is_over(&mut self, database: usize, member: usize) {
        let promotion = self.plan.databases[database].failover.as_ref().map(|f| f.promotion);
        let now = self.now;
        let Leadership::Promoting { chosen, since, is_over } =
            &mut self.databases[database].cluster.leadership
        else {
            return;
        };
        if *chosen == member && *since + promotion.unwrap_or_default() == now {
            *is_over = true;
            self.finish_promotion(database);
        }
    }

    /// The chosen one leads once its time is over and it has applied all that
    /// it received.
    pub(super) fn finish_promotion(&mut self, database: usize) {
        let (now, tier) = (self.now, &mut self.databases[database]);
        let Leadership::Promoting { chosen, since, is_over: true } = tier.cluster.leadership else {
            return;
        };
        let is_up = tier.cluster.members[chosen].presence == Presence::Up;
        if !is_up || tier.logs[0].next_for(chosen).is_some() {
            return;
        }
        tier.logs[0].change_origin(now, chosen);
        tier.cluster.leadership = Leadership::Led(chosen);
        let state = &mut tier.cluster.members[chosen];
        (state.is_in_service, state.is_joining) = (true, false);
        self.forget_receipts(database, 0, chosen);
        if let Some(place) = self.databases[database].failover.incident {
            let start = self.recorder.availability.incidents[place].start;
            self.note_figure(place, "promotion_s", (now - since).as_secs_f64());
            self.note_figure(place, "rto_s", (now - start).as_secs_f64());
            self.end_incident(place);
        }
        self.end_rebuild(database, chosen);
        for member in 0..self.databases[database].members() {
            self.rejoin(database, member);
        }
        self.watch(database);
        self.begin_recovery(database);
    }

    /// A member is heard again.
    pub(super) fn come_back(&mut self, database: usize, member: usize) {
        let state = &mut self.databases[database].cluster.members[member];
        if !state.is_sound() {
            return;
        }
        state.silent_since = None;
        state.notice_due = None;
        if state.is_in_service {
            self.count_lag(database, member, true);
        }
        for log in 0..self.databases[database].logs.len() {
            self.restart_applier(database, log, member);
        }
        if self.databases[database].cluster.leadership == Leadership::Leaderless {
            self.end_leaderlessness(database, member);
        } else {
            self.comes_back_as_second(database, member);
        }
        self.rejoin(database, member);
        self.refresh(database);
        self.begin_recovery(database);
    }

    /// Nobody could take the place of the primary; now somebody is back.
    fn end_leaderlessness(&mut self, database: usize, member: usize) {
        if self.databases[database].logs[0].origin() != member {
            return self.decide(database, usize::MAX);
        }
        // The old primary itself, which was never replaced.
        let now = self.now;
        self.databases[database].failover.split = None;
        let cluster = &mut self.databases[database].cluster;
        cluster.leadership = Leadership::Led(member);
        cluster.members[member].is_in_service = true;
        if let Some(place) = self.databases[database].failover.incident {
            let start = self.recorder.availability.incidents[place].start;
            self.note_figure(place, "rto_s", (now - start).as_secs_f64());
            self.end_incident(place);
        }
        self.end_rebuild(database, member);
        for other in 0..self.databases[database].members() {
            self.rejoin(database, other);
        }
    }

    /// Nobody is there who takes the call: it waits, or fails.
    #[cold]
    #[inline(never)]
    pub(in crate::simulation) fn choose_nobody(&mut self, job: JobId, group: u16) -> Flow {
        let of_group = |plan: &crate::simulation::blueprint::DatabasePlan| {
            plan.writes == group || plan.reads == group
        };
        let Some(database) = self.plan.databases.iter().position(of_group) else {
            return self.fail(job, Cause::Refused);
        };
        let waits = self.plan.databases[database].failover.as_ref().is_some_and(|f| f.calls_wait);
        if !waits || self.databases[database].cluster.topology != Topology::Primary {
            return self.fail(job, Cause::NoPrimary);
        }
        self.jobs[job].since = self.now;
        self.databases[database].failover.parked.push_back(job);
        Flow::Wait
    }

    /// Those who wait for a primary choose again, in order.
    pub(super) fn wake_parked(&mut self, database: usize) {
        let parked = std::mem::take(&mut self.databases[database].failover.parked);
        for job in parked {
            self.attribute_since(job, self.instruction(job).part);
            self.ready.push_back(job);
        }
    }

    fn figure(&self, place: usize, name: &'static str) -> f64 {
        let figures = &self.recorder.availability.incidents[place].figures;
        figures.iter().find(|(own, _)| *own == name).map_or(0.0, |(_, value)| *value)
    }
}
