//! The log of the writes committed at one member of a database, their origin,
//! and how far each of the other members has applied it.

mod members;

use super::lag::LagRecord;
use crate::kernel::time::{Duration, Instant};
pub use members::Lost;
use members::Member;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// A place in the log; the first write has position 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Position(u64);

impl Position {
    /// The place of the write of this number, counted from 1; 0 is before all.
    #[inline]
    pub const fn at(number: u64) -> Self {
        Self(number)
    }

    /// The number of writes up to and including this one.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A committed write, as a member receives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place in the log.
    pub position: Position,
    /// When it was committed at the primary.
    pub committed_at: Instant,
}

/// The writes committed at one member, the origin, kept for as long as a
/// follower needs them or a question about them may come, and the lag of each
/// follower.
///
/// Members are numbered as the instances of the database. All but the origin
/// follow, until they leave; the origin, and who has left, count as having all.
///
/// `commit` and `apply` take constant time (amortised over the pruning) and
/// allocate nothing once warm; a question about a key takes constant time when
/// the follower has all of its writes, else O(log) of its writes retained.
/// Memory: 16 bytes per entry and 32 per key written, and the map of keys.
#[derive(Clone, Debug)]
pub struct ReplicationLog {
    retention: Duration,
    /// Writes committed, which is the position of the last.
    committed: u64,
    /// The entries retained.
    entries: VecDeque<Retained>,
    /// Position of the first of them.
    first_position: u64,
    /// The writes of the retained entries, in order, one per key.
    writes: VecDeque<Write>,
    /// Number of the first of them; writes are numbered as they come.
    first_write: u64,
    /// The last retained write of each key. Never iterated.
    last_write: FxHashMap<u64, u64>,
    members: Vec<Member>,
    origin: usize,
    /// The position that every follower has applied; `u64::MAX` without one.
    applied_by_all: u64,
}

#[derive(Clone, Copy, Debug)]
struct Retained {
    committed_at: Instant,
    /// Number of its first write.
    first_write: u64,
}

/// The write of one key, linked to older ones of the same key.
#[derive(Clone, Copy, Debug)]
struct Write {
    key: u64,
    committed_at: Instant,
    /// How many writes back the previous one of this key is; 0 for none.
    previous: u32,
    /// How many writes back the jump goes; 0 for none.
    jump: u32,
    /// How many writes of this key the jump skips.
    skips: u32,
}

impl ReplicationLog {
    /// An empty log of the writes of `origin`, one of `members` that all have
    /// all of it. An entry is kept until every follower has applied it and it is
    /// `retention` old; zero keeps it for the followers' needs alone.
    pub fn new(members: usize, origin: usize, retention: Duration) -> Self {
        let mut log = Self {
            retention,
            committed: 0,
            entries: VecDeque::new(),
            first_position: 1,
            writes: VecDeque::new(),
            first_write: 0,
            last_write: FxHashMap::default(),
            members: vec![Member::following(0, 0, Instant::ZERO); members],
            origin,
            applied_by_all: 0,
        };
        log.members[origin] = Member::apart();
        log.find_applied_by_all();
        log
    }

    /// The entry after a position: there is one, and it is retained.
    #[inline]
    pub fn entry_after(&self, position: Position) -> Entry {
        self.entry(Position(position.0 + 1))
    }

    /// A write of `keys` (one entry, however many) is committed at `now`.
    pub fn commit(&mut self, now: Instant, keys: &[u64]) -> Position {
        self.prune(now);
        self.committed += 1;
        if self.applied_by_all == u64::MAX && self.retention.is_zero() {
            // Nobody will ever ask.
            self.first_position = self.committed + 1;
            return Position(self.committed);
        }
        let first_write = self.next_write_number();
        self.entries.push_back(Retained { committed_at: now, first_write });
        for &key in keys {
            self.append(now, key);
        }
        Position(self.committed)
    }

    /// Position of the last write committed.
    pub fn last_position(&self) -> Position {
        Position(self.committed)
    }

    /// Position of the last write that `member` has applied.
    pub fn applied(&self, member: usize) -> Position {
        Position(self.members[member].applied.min(self.committed))
    }

    /// The oldest entry that `member` has not applied.
    #[inline]
    pub fn next_for(&self, member: usize) -> Option<Entry> {
        let applied = self.members[member].applied;
        if applied >= self.committed {
            return None;
        }
        Some(self.entry(Position(applied + 1)))
    }

    #[inline]
    fn entry(&self, position: Position) -> Entry {
        let committed_at = self.entries[self.place_of(position.0)].committed_at;
        Entry { position, committed_at }
    }

    /// `member` has applied the entry at `position` at `now`. Asserts that it
    /// is the next one: a log is applied in order.
    pub fn apply(&mut self, now: Instant, member: usize, position: Position) {
        let next = self.next_for(member);
        let in_order = next.is_some_and(|entry| entry.position == position);
        assert!(in_order, "member {member} applies {position:?} out of order");
        self.members[member].record_until(now, next);
        let next_write = self.first_write_after(position.0);
        let state = &mut self.members[member];
        state.applied = position.0;
        state.next_write = next_write;
        if self.applied_by_all + 1 == position.0 {
            self.find_applied_by_all();
            self.prune(now);
        }
    }

    /// Number of the first write of the entries after a position.
    #[inline]
    fn first_write_after(&self, position: u64) -> u64 {
        match self.entries.get(self.place_of(position + 1)) {
            Some(entry) => entry.first_write,
            None => self.next_write_number(),
        }
    }

    #[inline]
    fn find_applied_by_all(&mut self) {
        let applied = self.members.iter().map(|member| member.applied);
        self.applied_by_all = applied.min().unwrap_or(u64::MAX);
    }

    /// When the oldest write of `key` that `member` has not applied was committed.
    #[inline]
    pub fn first_missed_commit(&self, member: usize, key: u64) -> Option<Instant> {
        let next_write = self.members[member].next_write;
        if next_write >= self.next_write_number() {
            return None;
        }
        let last = *self.last_write.get(&key)?;
        (last >= next_write).then(|| self.write(self.oldest_since(last, next_write)).committed_at)
    }

    /// When `key` was last written, if the log still retains that: always when
    /// it was less than the retention ago or a follower has not applied it.
    #[inline]
    pub fn last_commit(&self, key: u64) -> Option<Instant> {
        self.last_write.get(&key).map(|&number| self.write(number).committed_at)
    }

    /// When `key` was first written at or after `since`, as far as retained: the
    /// write that a reader of that instant has not seen.
    pub fn first_commit_since(&self, key: u64, since: Instant) -> Option<Instant> {
        let last = *self.last_write.get(&key)?;
        if self.write(last).committed_at < since {
            return None;
        }
        let earlier = self.writes.partition_point(|write| write.committed_at < since);
        let first = self.oldest_since(last, self.first_write + earlier as u64);
        Some(self.write(first).committed_at)
    }

    /// Number of entries retained.
    pub fn retained(&self) -> usize {
        self.entries.len()
    }

    /// The lag of `member` from the beginning of the window until `now`, to be
    /// merged with those of others.
    pub fn lag_record(&self, member: usize, now: Instant) -> LagRecord {
        let mut state = self.members[member].clone();
        state.record_until(now, self.next_for(member));
        state.lag
    }

    /// Begins a new window at `now`: lag is recorded from here, the log stays.
    pub fn begin_window(&mut self, now: Instant) {
        self.members.iter_mut().for_each(|member| member.begin_window(now));
    }

    /// Forgets the entries that no follower needs and that are old enough.
    #[inline]
    fn prune(&mut self, now: Instant) {
        while let Some(&oldest) = self.entries.front() {
            let needed = self.first_position > self.applied_by_all;
            if needed || now - oldest.committed_at < self.retention {
                return;
            }
            self.entries.pop_front();
            self.first_position += 1;
            let next = self.entries.front().map(|entry| entry.first_write);
            self.forget_writes_before(next.unwrap_or(self.next_write_number()));
        }
    }

    fn forget_writes_before(&mut self, end: u64) {
        while self.first_write < end {
            let Some(write) = self.writes.pop_front() else {
                return;
            };
            if self.last_write.get(&write.key) == Some(&self.first_write) {
                self.last_write.remove(&write.key);
            }
            self.first_write += 1;
        }
    }

    #[inline]
    fn place_of(&self, position: u64) -> usize {
        (position - self.first_position) as usize
    }
}

/// The writes of one key, linked backwards so that the oldest one since a
/// given write is found in O(log) steps: beside the previous write each knows
/// one further back, the jump of a skew-binary list (Myers 1983, "An
/// applicative random-access stack").
impl ReplicationLog {
    /// The number that the next write will have.
    #[inline]
    fn next_write_number(&self) -> u64 {
        self.first_write + self.writes.len() as u64
    }

    /// The write of a number that is retained.
    #[inline]
    fn write(&self, number: u64) -> &Write {
        &self.writes[(number - self.first_write) as usize]
    }

    fn append(&mut self, now: Instant, key: u64) {
        let number = self.next_write_number();
        let mut write = Write { key, committed_at: now, previous: 0, jump: 0, skips: 0 };
        if let Some(previous) = self.last_write.insert(key, number) {
            let (jump, skips) = self.jump_above(previous);
            write.previous = distance(number, previous);
            write.jump = distance(number, jump);
            write.skips = skips;
        }
        self.writes.push_back(write);
    }

    /// Where the write that follows `previous` jumps to, and how many writes of
    /// the key that skips: over the last two jumps when they are of equal
    /// length and end at a retained write, else only to `previous`.
    fn jump_above(&self, previous: u64) -> (u64, u32) {
        let first = self.write(previous);
        let merged = self.back(previous, first.jump).and_then(|middle| {
            let second = self.write(middle);
            let equal = first.skips == second.skips;
            self.back(middle, second.jump).filter(|_| equal)
        });
        merged.map_or((previous, 1), |end| (end, 2 * first.skips + 1))
    }

    /// The write `distance` before `number`, if there is one and it is retained.
    #[inline]
    fn back(&self, number: u64, distance: u32) -> Option<u64> {
        let target = number - u64::from(distance);
        (distance != 0 && target >= self.first_write).then_some(target)
    }

    /// The oldest write of the key of write `last` with a number from `since`
    /// (at most `last`) on.
    fn oldest_since(&self, last: u64, since: u64) -> u64 {
        let mut number = last;
        loop {
            let write = self.write(number);
            let far = self.back(number, write.jump).filter(|&target| target >= since);
            let near = || self.back(number, write.previous).filter(|&target| target >= since);
            match far.or_else(near) {
                Some(target) => number = target,
                None => return number,
            }
        }
    }
}

#[inline]
fn distance(later: u64, earlier: u64) -> u32 {
    u32::try_from(later - earlier).expect("fewer than 2^32 writes are retained")
}

#[cfg(test)]
mod tests;
