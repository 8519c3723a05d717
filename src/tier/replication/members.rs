//! Who follows a log: origins change, members leave and join, and what did
//! not survive a failure is taken back.

use super::super::lag::LagRecord;
use super::{Entry, Position, ReplicationLog};
use crate::kernel::time::Instant;

/// One member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Position of the last entry applied; `u64::MAX` if it does not follow.
    pub(super) applied: u64,
    /// Number of the first write that it has not applied.
    pub(super) next_write: u64,
    /// Whether its lag counts.
    is_recorded: bool,
    /// Up to when its lag is recorded.
    recorded_until: Instant,
    pub(super) lag: LagRecord,
}

impl Member {
    /// A follower that has applied all up to a position.
    pub(super) fn following(applied: u64, next_write: u64, now: Instant) -> Self {
        let lag = LagRecord::default();
        Self { applied, next_write, is_recorded: true, recorded_until: now, lag }
    }

    /// The origin, or one that has left.
    pub(super) fn apart() -> Self {
        Self { is_recorded: false, ..Self::following(u64::MAX, u64::MAX, Instant::ZERO) }
    }

    /// Records the lag up to `now`, given the entry that is to be applied next.
    #[inline]
    pub(super) fn record_until(&mut self, now: Instant, next: Option<Entry>) {
        if !self.is_recorded {
            return;
        }
        // Without lag until that entry was committed, or never in this stretch.
        let begin = self.recorded_until;
        let climbs_from = next.map_or(now, |entry| entry.committed_at.max(begin));
        self.lag.caught_up(climbs_from - begin);
        if let Some(entry) = next {
            self.lag.climbed(climbs_from - entry.committed_at, now - entry.committed_at);
        }
        self.recorded_until = now;
    }

    pub(super) fn begin_window(&mut self, now: Instant) {
        self.lag.clear();
        self.recorded_until = now;
    }
}

/// Entries that were taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// The keys of each, in the order of their commits.
    pub entries: Vec<Vec<u64>>,
}

impl ReplicationLog {
    /// Whose writes these are.
    pub fn origin(&self) -> usize {
        self.origin
    }

    /// Whether `member` follows the log.
    pub fn follows(&self, member: usize) -> bool {
        self.members[member].applied != u64::MAX
    }

    /// Takes back all entries after `position`: nobody who goes on has them.
    /// Who had applied more is set back to there. Answers what is lost.
    ///
    /// Asserts that what is taken back is retained.
    pub fn truncate(&mut self, now: Instant, position: Position) -> Lost {
        if position.0 >= self.committed {
            return Lost::default();
        }
        assert!(position.0 + 1 >= self.first_position, "history is pruned up to {position:?}");
        for member in 0..self.members.len() {
            let next = self.next_for(member);
            self.members[member].record_until(now, next);
        }
        let mut entries = Vec::new();
        while self.committed > position.0 {
            entries.push(self.take_back_last());
        }
        entries.reverse();
        let end = self.next_write_number();
        for member in self.members.iter_mut().filter(|member| member.applied != u64::MAX) {
            member.applied = member.applied.min(self.committed);
            member.next_write = member.next_write.min(end);
        }
        self.find_applied_by_all();
        Lost { entries }
    }

    /// The keys of the last entry, which is there no longer.
    fn take_back_last(&mut self) -> Vec<u64> {
        self.committed -= 1;
        let begin = self.entries.pop_back().map_or(self.first_write, |entry| entry.first_write);
        let mut keys = Vec::new();
        while self.next_write_number() > begin {
            let number = self.next_write_number() - 1;
            let Some(write) = self.writes.pop_back() else { break };
            match self.back(number, write.previous) {
                Some(previous) => self.last_write.insert(write.key, previous),
                None => self.last_write.remove(&write.key),
            };
            keys.push(write.key);
        }
        keys.reverse();
        keys
    }

    /// `member` takes the writes from now on; the origin so far follows it.
    /// Asserts that the new one has applied all.
    pub fn change_origin(&mut self, now: Instant, member: usize) {
        assert!(self.next_for(member).is_none(), "member {member} has yet to apply");
        let former = std::mem::replace(&mut self.origin, member);
        self.leave(now, member);
        let end = self.next_write_number();
        let lag = std::mem::take(&mut self.members[former].lag);
        self.members[former] = Member::following(self.committed, end, now);
        self.members[former].lag = lag;
        self.members[former].is_recorded = false;
        self.find_applied_by_all();
    }

    /// `member` follows no longer: nothing is kept for it.
    pub fn leave(&mut self, now: Instant, member: usize) {
        let next = self.next_for(member);
        let state = &mut self.members[member];
        state.record_until(now, next);
        state.applied = u64::MAX;
        state.next_write = u64::MAX;
        state.is_recorded = false;
        self.find_applied_by_all();
        self.prune(now);
    }

    /// `member` follows, beginning with a copy of the state at `position`.
    /// Its lag is not recorded before [`Self::record_lag`] says so.
    ///
    /// Asserts that what comes after that state is retained.
    pub fn join(&mut self, now: Instant, member: usize, position: Position) {
        assert!(position.0 + 1 >= self.first_position, "history is pruned up to {position:?}");
        let next_write = self.first_write_after(position.0);
        let next = self.next_for(member);
        let state = &mut self.members[member];
        state.record_until(now, next);
        state.applied = position.0;
        state.next_write = next_write;
        state.is_recorded = false;
        self.find_applied_by_all();
        self.prune(now);
    }

    /// From `now` on the lag of `member` counts, or does not: that of one who
    /// serves nobody is no lag.
    pub fn record_lag(&mut self, now: Instant, member: usize, is_recorded: bool) {
        let next = self.next_for(member);
        let follows = self.follows(member);
        let state = &mut self.members[member];
        state.record_until(now, next);
        state.recorded_until = now;
        state.is_recorded = is_recorded && follows;
    }
}
