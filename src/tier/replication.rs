//! The log of committed writes and how far each replica has applied it.

use super::lag::{LagRecord, LagStatistics};
use crate::kernel::time::{Duration, Instant};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// A place in the log; the first write has position 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Position(u64);

impl Position {
    /// The number of writes up to and including this one.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A committed write, as a replica receives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place in the log.
    pub position: Position,
    /// When it was committed at the primary.
    pub committed_at: Instant,
}

/// The writes committed at a primary, kept for as long as a replica needs them
/// or a question about them may come, and the lag of each replica.
///
/// `commit` and `apply` take constant time (amortised over the pruning) and
/// allocate nothing once warm; a question about a key takes constant time when
/// the replica has all of its writes, else O(log) of its writes retained.
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
    replicas: Vec<Replica>,
    /// The position that every replica has applied.
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

#[derive(Clone, Debug)]
struct Replica {
    applied: u64,
    /// Number of the first write that it has not applied.
    next_write: u64,
    /// Up to when its lag is recorded.
    recorded_until: Instant,
    lag: LagRecord,
}

impl ReplicationLog {
    /// An empty log with `replicas` replicas that have all of it. An entry is
    /// kept until every replica has applied it and it is `retention` old; zero
    /// keeps it for the replicas' needs alone.
    pub fn new(replicas: usize, retention: Duration) -> Self {
        let replica = Replica {
            applied: 0,
            next_write: 0,
            recorded_until: Instant::ZERO,
            lag: LagRecord::default(),
        };
        Self {
            retention,
            committed: 0,
            entries: VecDeque::new(),
            first_position: 1,
            writes: VecDeque::new(),
            first_write: 0,
            last_write: FxHashMap::default(),
            replicas: vec![replica; replicas],
            applied_by_all: if replicas == 0 { u64::MAX } else { 0 },
        }
    }

    /// A write of `keys` (one entry, however many) is committed at `now`.
    pub fn commit(&mut self, now: Instant, keys: &[u64]) -> Position {
        self.prune(now);
        self.committed += 1;
        if self.replicas.is_empty() && self.retention.is_zero() {
            // Nobody will ever ask.
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

    /// Position of the last write that `replica` has applied.
    pub fn applied(&self, replica: usize) -> Position {
        Position(self.replicas[replica].applied)
    }

    /// The oldest entry that `replica` has not applied.
    #[inline]
    pub fn next_for(&self, replica: usize) -> Option<Entry> {
        let position = self.replicas[replica].applied + 1;
        if position > self.committed {
            return None;
        }
        let committed_at = self.entries[self.place_of(position)].committed_at;
        Some(Entry { position: Position(position), committed_at })
    }

    /// `replica` has applied the entry at `position` at `now`. Asserts that it
    /// is the next one: a log is applied in order.
    pub fn apply(&mut self, now: Instant, replica: usize, position: Position) {
        let next = self.next_for(replica);
        let in_order = next.is_some_and(|entry| entry.position == position);
        assert!(in_order, "replica {replica} applies {position:?} out of order");
        self.replicas[replica].record_until(now, next);
        let after = self.place_of(position.0) + 1;
        let next_write = match self.entries.get(after) {
            Some(entry) => entry.first_write,
            None => self.next_write_number(),
        };
        let state = &mut self.replicas[replica];
        state.applied = position.0;
        state.next_write = next_write;
        if self.applied_by_all + 1 == position.0 {
            let applied = self.replicas.iter().map(|replica| replica.applied);
            self.applied_by_all = applied.min().unwrap_or(u64::MAX);
            self.prune(now);
        }
    }

    /// How stale a read of `key` at `replica` is: the age of the oldest write
    /// of that key that the replica has not applied, `None` when it has all.
    #[inline]
    pub fn staleness(&self, now: Instant, replica: usize, key: u64) -> Option<Duration> {
        self.first_missed_commit(replica, key).map(|committed_at| now - committed_at)
    }

    /// When the oldest write of `key` that `replica` has not applied was committed.
    #[inline]
    pub fn first_missed_commit(&self, replica: usize, key: u64) -> Option<Instant> {
        let next_write = self.replicas[replica].next_write;
        if next_write == self.next_write_number() {
            return None;
        }
        let last = *self.last_write.get(&key)?;
        (last >= next_write).then(|| self.write(self.oldest_since(last, next_write)).committed_at)
    }

    /// When `key` was last written, if the log still retains that: always when
    /// it was less than the retention ago or a replica has not applied it.
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

    /// The lag of `replica` from the beginning of the window until `now`.
    pub fn lag(&self, replica: usize, now: Instant) -> LagStatistics {
        self.lag_record(replica, now).statistics()
    }

    /// The same as a record, to be merged with those of other replicas.
    pub fn lag_record(&self, replica: usize, now: Instant) -> LagRecord {
        let mut state = self.replicas[replica].clone();
        state.record_until(now, self.next_for(replica));
        state.lag
    }

    /// Begins a new window at `now`: lag is recorded from here, the log stays.
    pub fn begin_window(&mut self, now: Instant) {
        for replica in &mut self.replicas {
            replica.lag.clear();
            replica.recorded_until = now;
        }
    }

    /// Forgets the entries that no replica needs and that are old enough.
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

impl Replica {
    /// Records the lag up to `now`, given the entry that is to be applied next.
    #[inline]
    fn record_until(&mut self, now: Instant, next: Option<Entry>) {
        // Without lag until that entry was committed, or never in this stretch.
        let begin = self.recorded_until;
        let climbs_from = next.map_or(now, |entry| entry.committed_at.max(begin));
        self.lag.caught_up(climbs_from - begin);
        if let Some(entry) = next {
            self.lag.climbed(climbs_from - entry.committed_at, now - entry.committed_at);
        }
        self.recorded_until = now;
    }
}

#[cfg(test)]
mod tests {
    //! Goal: every question about a key, a replica or its lag is answered as the
    //! definitions say. Method: proptest against a twin that keeps all writes
    //! for ever and scans them, and adds the lag up nanosecond by nanosecond.
    use super::*;
    use proptest::prelude::*;

    /// Every entry ever committed, and how many of them each replica has.
    struct Naive {
        entries: Vec<(Instant, Vec<u64>)>,
        applied: Vec<usize>,
        retention: Duration,
        /// The lag at each nanosecond of the window, per replica.
        lags: Vec<Vec<u64>>,
    }

    impl Naive {
        fn first_missed(&self, replica: usize, key: u64) -> Option<Instant> {
            let missed = self.entries[self.applied[replica]..].iter();
            missed.filter(|(_, keys)| keys.contains(&key)).map(|&(at, _)| at).next()
        }

        /// The place and instant of the last write of `key`.
        fn last(&self, key: u64) -> Option<(usize, Instant)> {
            let place = self.entries.iter().rposition(|(_, keys)| keys.contains(&key))?;
            Some((place, self.entries[place].0))
        }

        /// Time passes from `now` by `pause` nanoseconds.
        fn pass(&mut self, now: u64, pause: u64) {
            for (lags, &applied) in self.lags.iter_mut().zip(&self.applied) {
                let oldest = self.entries.get(applied).map(|&(at, _)| at.as_nanos());
                lags.extend((now..now + pause).map(|t| oldest.map_or(0, |at| t - at)));
            }
        }
    }

    /// Mean and maximum of lags listed at the beginning of each nanosecond: while
    /// the replica misses an entry, the lag ends that nanosecond one higher.
    fn listed_statistics(lags: &[u64], missing: impl Fn(usize) -> bool) -> (u64, u64) {
        let doubled = |place: usize| 2 * lags[place] + u64::from(missing(place));
        let sum: u64 = (0..lags.len()).map(doubled).sum();
        let max = (0..lags.len()).map(|place| lags[place] + u64::from(missing(place))).max();
        ((sum / 2).checked_div(lags.len() as u64).unwrap_or(0), max.unwrap_or(0))
    }

    #[derive(Clone, Debug)]
    enum Operation {
        Commit(Vec<u64>),
        Apply(prop::sample::Index, usize),
        BeginWindow,
    }

    fn operations() -> impl Strategy<Value = Operation> {
        prop_oneof![
            20 => prop::collection::vec(0_u64..5, 0..4).prop_map(Operation::Commit),
            20 => (any::<prop::sample::Index>(), 1_usize..4)
                .prop_map(|(replica, count)| Operation::Apply(replica, count)),
            1 => Just(Operation::BeginWindow),
        ]
    }

    fn compare(log: &ReplicationLog, naive: &Naive, now: Instant) {
        for key in 0..5 {
            for replica in 0..naive.applied.len() {
                let missed = naive.first_missed(replica, key);
                assert_eq!(log.first_missed_commit(replica, key), missed);
                assert_eq!(log.staleness(now, replica, key), missed.map(|at| now - at));
            }
            let last = naive.last(key);
            let must_be_held = last.is_some_and(|(place, at)| {
                now - at < naive.retention || naive.applied.iter().any(|&applied| applied <= place)
            });
            let held = log.last_commit(key);
            assert!(held.is_none() || held == last.map(|(_, at)| at));
            assert!(held.is_some() || !must_be_held);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn every_answer_agrees_with_the_list_of_all_writes(
            replicas in 0_usize..4,
            retention in prop_oneof![Just(0_u64), 0_u64..60],
            steps in prop::collection::vec((0_u64..8, operations()), 0..150),
        ) {
            let retention = Duration::from_nanos(retention);
            let mut log = ReplicationLog::new(replicas, retention);
            let mut missing = vec![Vec::new(); replicas];
            let mut naive = Naive {
                entries: Vec::new(),
                applied: vec![0; replicas],
                retention,
                lags: vec![Vec::new(); replicas],
            };
            let mut now = Instant::ZERO;
            for (pause, operation) in steps {
                naive.pass(now.as_nanos(), pause);
                for (replica, missing) in missing.iter_mut().enumerate() {
                    let behind = naive.applied[replica] < naive.entries.len();
                    missing.extend((0..pause).map(|_| behind));
                }
                now += Duration::from_nanos(pause);
                match operation {
                    Operation::Commit(keys) => {
                        let position = log.commit(now, &keys);
                        naive.entries.push((now, keys));
                        prop_assert_eq!(position.get(), naive.entries.len() as u64);
                    }
                    Operation::Apply(replica, count) if replicas > 0 => {
                        let replica = replica.index(replicas);
                        for _ in 0..count {
                            let next = log.next_for(replica);
                            let expected = naive.entries.get(naive.applied[replica]);
                            prop_assert_eq!(next.map(|entry| entry.committed_at), expected.map(|e| e.0));
                            let Some(entry) = next else { break };
                            log.apply(now, replica, entry.position);
                            naive.applied[replica] += 1;
                            prop_assert_eq!(log.applied(replica).get(), naive.applied[replica] as u64);
                        }
                    }
                    Operation::Apply(..) => {}
                    Operation::BeginWindow => {
                        log.begin_window(now);
                        naive.lags.iter_mut().for_each(Vec::clear);
                        missing.iter_mut().for_each(Vec::clear);
                    }
                }
                compare(&log, &naive, now);
                for (replica, missing) in missing.iter().enumerate() {
                    let found = log.lag(replica, now);
                    let expected = listed_statistics(&naive.lags[replica], |at| missing[at]);
                    prop_assert_eq!((found.mean.as_nanos(), found.max.as_nanos()), expected);
                }
            }
        }

        #[test]
        fn a_hot_key_is_found_through_its_jumps(
            commits in 1_u64..3_000,
            steps in prop::collection::vec((0_u64..400, 0_u64..400), 0..20),
        ) {
            // Two replicas apply by fits and starts, so that pruning cuts jumps off.
            let mut log = ReplicationLog::new(2, Duration::ZERO);
            let mut committed = 0;
            for (ahead, behind) in steps {
                for _ in 0..commits / 10 {
                    committed += 1;
                    log.commit(Instant::from_nanos(committed), &[7]);
                }
                let now = Instant::from_nanos(committed);
                for (replica, count) in [(0, ahead), (1, behind)] {
                    for _ in 0..count {
                        let Some(entry) = log.next_for(replica) else { break };
                        log.apply(now, replica, entry.position);
                    }
                    let missed = log.next_for(replica).map(|entry| entry.committed_at);
                    prop_assert_eq!(log.first_missed_commit(replica, 7), missed);
                }
            }
        }
    }

    #[test]
    fn the_way_to_the_oldest_write_of_a_hot_key_is_logarithmic() {
        let mut log = ReplicationLog::new(1, Duration::ZERO);
        for nanos in 0..100_000 {
            log.commit(Instant::from_nanos(nanos), &[7]);
        }
        let (mut number, mut steps) = (99_999, 0);
        while let Some(target) = log.back(number, log.write(number).jump) {
            number = target;
            steps += 1;
        }
        assert_eq!(number, 0);
        assert!(steps < 2 * 17, "{steps} jumps");
    }

    #[test]
    fn memory_is_bounded_by_what_is_needed() {
        let at = Instant::from_nanos;
        let mut log = ReplicationLog::new(1, Duration::from_nanos(50));
        for nanos in 0..10_000 {
            log.commit(at(nanos), &[nanos % 100, nanos]);
            let entry = log.next_for(0).expect("one was committed");
            log.apply(at(nanos), 0, entry.position);
            assert!(log.retained() <= 51 && log.last_write.len() <= 102);
        }
        assert_eq!(log.last_commit(9_949), None, "50 ns old");
        assert_eq!(log.last_commit(9_951), Some(at(9_951)));
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn a_replica_cannot_skip_an_entry() {
        let mut log = ReplicationLog::new(1, Duration::ZERO);
        log.commit(Instant::ZERO, &[1]);
        let second = log.commit(Instant::ZERO, &[2]);
        log.apply(Instant::ZERO, 0, second);
    }
}
