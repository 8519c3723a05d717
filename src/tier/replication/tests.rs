//! Goal: every question about a key, a follower or its lag is answered as the
//! definitions say. Method: proptest against a twin that keeps all writes
//! for ever and scans them, and adds the lag up nanosecond by nanosecond.
use super::*;
use proptest::prelude::*;

/// Every entry ever committed, and how many of them each follower has.
struct Naive {
    entries: Vec<(Instant, Vec<u64>)>,
    /// `None`: the origin, and who has left.
    applied: Vec<Option<usize>>,
    origin: usize,
    is_recorded: Vec<bool>,
    retention: Duration,
    /// The lag at each nanosecond that counts, per member, and whether an
    /// entry was missing.
    lags: Vec<Vec<(u64, bool)>>,
}

impl Naive {
    fn new(members: usize, origin: usize, retention: Duration) -> Self {
        let follows = |member| (member != origin).then_some(0);
        Self {
            entries: Vec::new(),
            applied: (0..members).map(follows).collect(),
            origin,
            is_recorded: (0..members).map(|member| member != origin).collect(),
            retention,
            lags: vec![Vec::new(); members],
        }
    }

    fn first_missed(&self, member: usize, key: u64) -> Option<Instant> {
        let missed = self.entries[self.applied[member]?..].iter();
        missed.filter(|(_, keys)| keys.contains(&key)).map(|&(at, _)| at).next()
    }

    /// The place and instant of the last write of `key`.
    fn last(&self, key: u64) -> Option<(usize, Instant)> {
        let place = self.entries.iter().rposition(|(_, keys)| keys.contains(&key))?;
        Some((place, self.entries[place].0))
    }

    /// Time passes from `now` by `pause` nanoseconds.
    fn pass(&mut self, now: u64, pause: u64) {
        for member in 0..self.applied.len() {
            if let Some(applied) = self.applied[member].filter(|_| self.is_recorded[member]) {
                let oldest = self.entries.get(applied).map(|&(at, _)| at.as_nanos());
                let lag = |t| (oldest.map_or(0, |at| t - at), oldest.is_some());
                self.lags[member].extend((now..now + pause).map(lag));
            }
        }
    }

    /// The last entries go until `left` are left, with what was applied of them.
    fn truncate(&mut self, left: usize) -> Vec<Vec<u64>> {
        let lost = self.entries.split_off(left.min(self.entries.len()));
        for applied in self.applied.iter_mut().flatten() {
            *applied = self.entries.len().min(*applied);
        }
        lost.into_iter().map(|(_, keys)| keys).collect()
    }
}

/// Mean and maximum of lags listed at the beginning of each nanosecond: while
/// the member misses an entry, the lag ends that nanosecond one higher.
fn listed_statistics(lags: &[(u64, bool)]) -> (u64, u64) {
    let sum: u64 = lags.iter().map(|&(lag, missing)| 2 * lag + u64::from(missing)).sum();
    let max = lags.iter().map(|&(lag, missing)| lag + u64::from(missing)).max();
    ((sum / 2).checked_div(lags.len() as u64).unwrap_or(0), max.unwrap_or(0))
}

#[derive(Clone, Debug)]
enum Operation {
    Commit(Vec<u64>),
    Apply(prop::sample::Index, usize),
    BeginWindow,
    /// Down to what a follower has, and more entries.
    Truncate(prop::sample::Index, usize),
    Promote(prop::sample::Index),
    Leave(prop::sample::Index),
    /// At the state of another follower.
    Join(prop::sample::Index, prop::sample::Index),
    RecordLag(prop::sample::Index, bool),
}

fn operations() -> impl Strategy<Value = Operation> {
    let member = any::<prop::sample::Index>;
    prop_oneof![
        30 => prop::collection::vec(0_u64..5, 0..4).prop_map(Operation::Commit),
        30 => (member(), 1_usize..4).prop_map(|(one, count)| Operation::Apply(one, count)),
        1 => Just(Operation::BeginWindow),
        2 => (member(), 0_usize..3).prop_map(|(one, more)| Operation::Truncate(one, more)),
        2 => member().prop_map(Operation::Promote),
        1 => member().prop_map(Operation::Leave),
        2 => (member(), member()).prop_map(|(one, like)| Operation::Join(one, like)),
        1 => (member(), any::<bool>()).prop_map(|(one, on)| Operation::RecordLag(one, on)),
    ]
}

fn play(log: &mut ReplicationLog, naive: &mut Naive, now: Instant, operation: Operation) {
    let members = naive.applied.len();
    let follower = |naive: &Naive, index: prop::sample::Index| {
        Some(index.index(members)).filter(|&member| naive.applied[member].is_some())
    };
    match operation {
        Operation::Commit(keys) => {
            let position = log.commit(now, &keys);
            naive.entries.push((now, keys));
            assert_eq!(position.get(), naive.entries.len() as u64);
        }
        Operation::Apply(index, count) => {
            let Some(member) = follower(naive, index) else { return };
            for _ in 0..count {
                let next = log.next_for(member);
                let applied = naive.applied[member].unwrap_or(0);
                let expected = naive.entries.get(applied);
                assert_eq!(next.map(|entry| entry.committed_at), expected.map(|e| e.0));
                let Some(entry) = next else { break };
                log.apply(now, member, entry.position);
                naive.applied[member] = Some(applied + 1);
            }
        }
        Operation::BeginWindow => {
            log.begin_window(now);
            naive.lags.iter_mut().for_each(Vec::clear);
        }
        Operation::Truncate(index, more) => {
            let Some(member) = follower(naive, index) else { return };
            let left = naive.applied[member].unwrap_or(0) + more;
            let lost = log.truncate(now, Position(left as u64));
            assert_eq!(lost.entries, naive.truncate(left));
            assert_eq!(log.last_position().get(), naive.entries.len() as u64);
        }
        Operation::Promote(index) => {
            let Some(member) = follower(naive, index) else { return };
            let applied = naive.applied[member].unwrap_or(0);
            log.truncate(now, Position(applied as u64));
            naive.truncate(applied);
            log.change_origin(now, member);
            naive.applied[naive.origin] = Some(applied);
            naive.applied[member] = None;
            (naive.is_recorded[naive.origin], naive.is_recorded[member]) = (false, false);
            naive.origin = member;
        }
        Operation::Leave(index) => {
            let Some(member) = follower(naive, index) else { return };
            log.leave(now, member);
            (naive.applied[member], naive.is_recorded[member]) = (None, false);
        }
        Operation::Join(index, like) => {
            let (member, Some(like)) = (index.index(members), follower(naive, like)) else {
                return;
            };
            if member == naive.origin {
                return;
            }
            log.join(now, member, log.applied(like));
            naive.applied[member] = naive.applied[like];
            naive.is_recorded[member] = false;
        }
        Operation::RecordLag(index, on) => {
            let member = index.index(members);
            log.record_lag(now, member, on);
            naive.is_recorded[member] = on && naive.applied[member].is_some();
        }
    }
}

fn compare(log: &ReplicationLog, naive: &Naive, now: Instant) {
    assert_eq!(log.origin(), naive.origin);
    for key in 0..5 {
        for member in 0..naive.applied.len() {
            assert_eq!(log.first_missed_commit(member, key), naive.first_missed(member, key));
        }
        let last = naive.last(key);
        let must_be_held = last.is_some_and(|(place, at)| {
            now - at < naive.retention || naive.applied.iter().flatten().any(|&a| a <= place)
        });
        let held = log.last_commit(key);
        assert!(held.is_none() || held == last.map(|(_, at)| at));
        assert!(held.is_some() || !must_be_held);
    }
    for member in 0..naive.applied.len() {
        assert_eq!(log.follows(member), naive.applied[member].is_some());
        let applied = naive.applied[member].unwrap_or(naive.entries.len());
        assert_eq!(log.applied(member).get(), applied as u64);
        let found = log.lag_record(member, now).statistics();
        let expected = listed_statistics(&naive.lags[member]);
        assert_eq!((found.mean.as_nanos(), found.max.as_nanos()), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn every_answer_agrees_with_the_list_of_all_writes(
        (members, origin) in (1_usize..5).prop_flat_map(|members| (Just(members), 0..members)),
        retention in prop_oneof![Just(0_u64), 0_u64..60],
        steps in prop::collection::vec((0_u64..8, operations()), 0..150),
    ) {
        let retention = Duration::from_nanos(retention);
        let mut log = ReplicationLog::new(members, origin, retention);
        let mut naive = Naive::new(members, origin, retention);
        let mut now = Instant::ZERO;
        for (pause, operation) in steps {
            naive.pass(now.as_nanos(), pause);
            now += Duration::from_nanos(pause);
            play(&mut log, &mut naive, now, operation);
            compare(&log, &naive, now);
        }
    }

    #[test]
    fn a_hot_key_is_found_through_its_jumps(
        commits in 1_u64..3_000,
        steps in prop::collection::vec((0_u64..400, 0_u64..400), 0..20),
    ) {
        // Two replicas apply by fits and starts, so that pruning cuts jumps off.
        let mut log = ReplicationLog::new(3, 2, Duration::ZERO);
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
    let mut log = ReplicationLog::new(2, 1, Duration::ZERO);
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
    let mut log = ReplicationLog::new(2, 1, Duration::from_nanos(50));
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
    let mut log = ReplicationLog::new(2, 1, Duration::ZERO);
    log.commit(Instant::ZERO, &[1]);
    let second = log.commit(Instant::ZERO, &[2]);
    log.apply(Instant::ZERO, 0, second);
}
