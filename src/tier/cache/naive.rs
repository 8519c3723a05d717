//! Goal: the cache answers and counts as its definitions say, whatever the
//! sequence of operations. Method: proptest against a twin that keeps a plain
//! vector with a use count, the place of the last use and the place of the
//! insertion per entry, and scans it for everything; what the later policies
//! remember is in `naive_policies`.

use super::naive_policies::Policy;
use super::*;
use crate::tier::hash::{bounded, salted};
use proptest::prelude::*;

#[derive(Clone, Copy)]
struct Entry {
    key: u64,
    bytes: u32,
    expires_at: Instant,
    limit: Instant,
    stale_since: Option<Instant>,
    used: u64,
    inserted: u64,
    uses: u64,
}

/// Owner of the chance of both.
fn owner() -> Key {
    Key::root(7, 3)
}

struct Naive {
    eviction: Eviction,
    capacity: u64,
    ttl: Option<Duration>,
    sliding: bool,
    jitter: f64,
    policy: Option<Policy>,
    entries: Vec<Entry>,
    clock: u64,
    counters: CacheCounters,
}

impl Naive {
    fn new(eviction: Eviction, capacity: u64, ttl: Option<Duration>, sliding: bool) -> Self {
        let (entries, counters) = (Vec::new(), CacheCounters::default());
        let policy = Policy::new(eviction, capacity, owner());
        Self { eviction, capacity, ttl, sliding, jitter: 0.0, policy, entries, clock: 0, counters }
    }

    /// The lifetime of what is stored or renewed now.
    fn deadline(&self, now: Instant, key: u64, limit: Instant) -> Instant {
        let Some(ttl) = self.ttl else { return limit };
        let u = 2.0
            * owner().named("lifetime").numbered(key).numbered(now.as_nanos()).draws().uniform()
            - 1.0;
        limit.min(now + Duration::from_nanos_f64(ttl.as_nanos() as f64 * (1.0 + self.jitter * u)))
    }

    fn remove(&mut self, place: usize) -> Entry {
        let entry = self.entries.remove(place);
        if let Some(policy) = &mut self.policy {
            policy.remove(entry.key);
        }
        entry
    }

    fn place(&self, key: u64) -> Option<usize> {
        self.entries.iter().position(|entry| entry.key == key)
    }

    fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| u64::from(entry.bytes)).sum()
    }

    fn lookup(&mut self, now: Instant, key: u64) -> Lookup {
        self.clock += 1;
        let Some(place) = self.place(key) else {
            self.counters.misses += 1;
            return Lookup::Miss;
        };
        if now >= self.entries[place].expires_at {
            self.remove(place);
            self.counters.misses += 1;
            self.counters.expired += 1;
            return Lookup::Expired;
        }
        if let Some(policy) = &mut self.policy {
            policy.hit(key);
        }
        let renewed = self.deadline(now, key, self.entries[place].limit);
        let entry = &mut self.entries[place];
        entry.used = self.clock;
        entry.uses += 1;
        if self.sliding {
            entry.expires_at = renewed;
        }
        self.counters.hits += 1;
        self.counters.stale_hits += u64::from(entry.stale_since.is_some());
        Lookup::Hit { stale_since: entry.stale_since }
    }

    fn store(
        &mut self,
        now: Instant,
        key: u64,
        bytes: u32,
        stale: Option<Instant>,
        limit: Instant,
    ) {
        self.clock += 1;
        let held = self.place(key);
        if u64::from(bytes) > self.capacity {
            self.counters.rejected_too_large += 1;
            if let Some(place) = held {
                self.remove(place);
            }
            return;
        }
        if let Some(policy) = &mut self.policy {
            match held {
                None => policy.expect(key, u64::from(bytes)),
                Some(_) => {
                    policy.hit(key);
                    policy.resize(key, u64::from(bytes));
                }
            }
        }
        let old = held.map(|place| self.entries.remove(place));
        while self.bytes() + u64::from(bytes) > self.capacity {
            let victim = self.victim(old.map(|entry| entry.key));
            self.entries.remove(victim);
            self.counters.evicted += 1;
        }
        if let (Some(policy), None) = (&mut self.policy, held) {
            policy.enter(key, u64::from(bytes));
        }
        self.counters.insertions += u64::from(old.is_none());
        self.entries.push(Entry {
            key,
            bytes,
            expires_at: self.deadline(now, key, limit),
            limit,
            stale_since: stale,
            used: self.clock,
            inserted: old.map_or(self.clock, |entry| entry.inserted),
            uses: old.map_or(1, |entry| entry.uses + 1),
        });
    }

    /// The place of who goes, which the policy has forgotten already.
    fn victim(&mut self, spared: Option<u64>) -> usize {
        if let Some(policy) = &mut self.policy {
            let key = policy.evict(spared);
            return self.place(key).expect("a victim is held");
        }
        let places = 0..self.entries.len();
        let first = places.min_by_key(|&place| self.rank(&self.entries[place]));
        first.expect("the object fits an empty cache")
    }

    fn rank(&self, entry: &Entry) -> (u64, u64) {
        match self.eviction {
            Eviction::Lru => (entry.used, 0),
            Eviction::Lfu => (entry.uses, entry.used),
            _ => (entry.inserted, 0),
        }
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Lookup,
    Store { bytes: u32, stale: bool },
    StoreUntil { bytes: u32, remaining: u64 },
    StoreAged { bytes: u32, remaining: u64 },
    Fill { bytes: u32 },
    Invalidate,
    MarkStale,
    Flush,
}

fn operations() -> impl Strategy<Value = Operation> {
    let bytes = || prop_oneof![Just(0_u32), 1_u32..20, 1_u32..120];
    prop_oneof![
        8 => Just(Operation::Lookup),
        3 => (bytes(), any::<bool>()).prop_map(|(bytes, stale)| Operation::Store { bytes, stale }),
        1 => (bytes(), 0_u64..200).prop_map(|(bytes, remaining)| Operation::StoreUntil { bytes, remaining }),
        1 => (bytes(), 0_u64..200).prop_map(|(bytes, remaining)| Operation::StoreAged { bytes, remaining }),
        6 => bytes().prop_map(|bytes| Operation::Fill { bytes }),
        1 => Just(Operation::Invalidate),
        2 => Just(Operation::MarkStale),
        1 => prop::bool::weighted(0.1).prop_map(|flush| if flush { Operation::Flush } else { Operation::Lookup }),
    ]
}

const ALL: [Eviction; 7] = [
    Eviction::Lru,
    Eviction::Lfu,
    Eviction::Fifo,
    Eviction::Random,
    Eviction::Sieve,
    Eviction::S3Fifo,
    Eviction::Arc,
];

fn policies() -> impl Strategy<Value = Eviction> {
    prop::sample::select(ALL.to_vec())
}

fn play(cache: &mut Cache, naive: &mut Naive, now: Instant, key: u64, operation: &Operation) {
    match *operation {
        Operation::Lookup => assert_eq!(cache.lookup(now, key), naive.lookup(now, key)),
        Operation::Store { bytes, stale } => {
            let since = stale.then_some(now);
            cache.store(now, key, bytes, since);
            naive.store(now, key, bytes, since, NEVER);
        }
        Operation::StoreUntil { bytes, remaining } => {
            let until = now + Duration::from_nanos(remaining);
            cache.store_until(now, key, bytes, None, until);
            naive.store(now, key, bytes, None, until);
        }
        Operation::StoreAged { bytes, remaining } => {
            let until = now + Duration::from_nanos(remaining);
            cache.store_aged(key, bytes, until);
            naive.store(now, key, bytes, None, NEVER);
            if let Some(place) = naive.place(key) {
                naive.entries[place].expires_at = until;
            }
        }
        Operation::Fill { bytes } => {
            let found = cache.lookup(now, key);
            assert_eq!(found, naive.lookup(now, key));
            if !matches!(found, Lookup::Hit { .. }) {
                cache.store(now, key, bytes, None);
                naive.store(now, key, bytes, None, NEVER);
            }
        }
        Operation::Invalidate => {
            let removed = naive.place(key).map(|place| naive.remove(place));
            assert_eq!(cache.invalidate(key), removed.is_some());
        }
        Operation::MarkStale => {
            cache.mark_stale(now, key);
            if let Some(place) = naive.place(key) {
                naive.entries[place].stale_since.get_or_insert(now);
            }
        }
        Operation::Flush => {
            cache.flush();
            naive.entries.clear();
            naive.policy.iter_mut().for_each(Policy::clear);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_400))]
    #[test]
    fn every_answer_and_every_count_agree(
        eviction in policies(),
        capacity in 0_u64..110,
        ttl in prop::option::of(0_u64..150),
        sliding in any::<bool>(),
        jitter in prop::sample::select(vec![0.0, 0.3, 1.0]),
        steps in prop::collection::vec((0_u64..12, 0_u64..20, operations()), 0..300),
    ) {
        let ttl = ttl.map(Duration::from_nanos);
        let mut cache =
            Cache::with_chance(eviction, capacity, ttl, sliding, jitter, owner());
        let mut naive = Naive { jitter, ..Naive::new(eviction, capacity, ttl, sliding) };
        let mut now = Instant::ZERO;
        for (pause, key, operation) in steps {
            now += Duration::from_nanos(pause);
            play(&mut cache, &mut naive, now, key, &operation);
            prop_assert_eq!(cache.counters(), naive.counters);
            prop_assert_eq!((cache.len(), cache.bytes()), (naive.entries.len(), naive.bytes()));
            let expires_at = naive.place(key).map(|place| naive.entries[place].expires_at);
            prop_assert_eq!(cache.expires_at(key), expires_at.filter(|&at| at != NEVER));
        }
        cache.begin_window();
        prop_assert_eq!(cache.counters(), CacheCounters::default());
    }

    #[test]
    fn many_keys_agree_while_the_index_grows(
        eviction in policies(),
        keys in prop::collection::vec(any::<u16>(), 500..2_000),
    ) {
        let mut cache = Cache::with_chance(eviction, 6_000, None, false, 0.0, owner());
        let mut naive = Naive::new(eviction, 6_000, None, false);
        for key in keys {
            let fill = Operation::Fill { bytes: 1 + u32::from(key % 9) };
            play(&mut cache, &mut naive, Instant::ZERO, u64::from(key % 4_096), &fill);
        }
        prop_assert_eq!(cache.counters(), naive.counters);
    }
}

#[test]
fn an_entry_takes_at_most_its_bytes_of_memory() {
    for eviction in ALL {
        let most = match eviction {
            Eviction::Lru | Eviction::Fifo => 32.0,
            Eviction::Sieve | Eviction::S3Fifo | Eviction::Arc => 33.5,
            Eviction::Lfu | Eviction::Random => 37.0,
        };
        let mut cache = Cache::new(eviction, 1 << 40, None, false);
        for key in 0..200_000 {
            cache.store(Instant::ZERO, key, 100, None);
            let entries = cache.len() as f64;
            assert!(entries < 1_000.0 || cache.memory_bytes() as f64 / entries <= most);
        }
    }
}

/// Ghosts stand for at most as many objects again as there are entries.
#[test]
fn a_full_cache_and_its_ghosts_take_at_most_twice_the_memory() {
    for eviction in ALL {
        let mut cache = Cache::new(eviction, 10_000, None, false);
        for number in 0..300_000_u64 {
            let key = bounded(salted(number, 5), 1 + number as usize % 40_000) as u64;
            if !matches!(cache.lookup(Instant::ZERO, key), Lookup::Hit { .. }) {
                cache.store(Instant::ZERO, key, 1, None);
            }
        }
        assert_eq!(cache.len(), 10_000);
        let per_entry = cache.memory_bytes() as f64 / 10_000.0;
        assert!(per_entry <= 70.0, "{eviction:?}: {per_entry}");
    }
}

/// The memory of a policy that remembers what it evicted does not grow with
/// the number of keys, not even of objects without bytes.
#[test]
fn objects_of_no_bytes_do_not_pile_up_among_the_ghosts() {
    for eviction in ALL {
        let mut cache = Cache::new(eviction, 100, None, false);
        for key in 0..100_000 {
            cache.store(Instant::ZERO, key, if key % 2 == 0 { 100 } else { 0 }, None);
        }
        assert!(cache.memory_bytes() < 40_000, "{eviction:?}: {}", cache.memory_bytes());
    }
}

/// Goal: a jittered TTL is uniform over its range, and random eviction over the
/// entries. Method: 20,000 lifetimes, and counts of victims, against their
/// moments, at five standard errors.
#[test]
fn lifetimes_spread_evenly_around_the_ttl() {
    let ttl = Duration::from_nanos(1_000_000);
    let mut cache = Cache::with_chance(Eviction::Lru, 1 << 30, Some(ttl), false, 0.2, owner());
    let now = Instant::from_nanos(77);
    let lifetimes: Vec<f64> = (0..20_000)
        .map(|key| {
            cache.store(now, key, 1, None);
            (cache.expires_at(key).expect("a TTL") - now).as_nanos() as f64 / 1e6
        })
        .collect();
    assert!(lifetimes.iter().all(|life| (0.8..1.2).contains(life)));
    let mean = lifetimes.iter().sum::<f64>() / 20_000.0;
    let square = lifetimes.iter().map(|life| (life - 1.0) * (life - 1.0)).sum::<f64>() / 20_000.0;
    // Uniform over a width of 0.4: variance 0.4²/12, and 0.4⁴/180 of its square.
    assert!((mean - 1.0).abs() < 5.0 * libm::sqrt(0.16 / 12.0 / 20_000.0), "{mean}");
    let error = libm::sqrt((0.16 * 0.16) / 180.0 / 20_000.0);
    assert!((square - 0.16 / 12.0).abs() < 5.0 * error, "{square}");
}

#[test]
fn random_eviction_takes_each_entry_alike() {
    let mut counts = [0_u32; 5];
    for run in 0..20_000 {
        let mut cache =
            Cache::with_chance(Eviction::Random, 5, None, false, 0.0, owner().numbered(run));
        (0..6).for_each(|key| cache.store(Instant::ZERO, key, 1, None));
        let gone = (0..5).find(|&key| cache.lookup(Instant::ZERO, key) == Lookup::Miss);
        counts[gone.expect("one of the first five") as usize] += 1;
    }
    // Standard deviation sqrt(20,000 · 1/5 · 4/5) = 57.
    assert!(counts.iter().all(|&count| count.abs_diff(4_000) < 285), "{counts:?}");
}
