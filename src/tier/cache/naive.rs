//! Goal: the cache answers and counts as its definitions say, whatever the
//! sequence of operations. Method: proptest against a twin that keeps a plain
//! vector with a use count, the place of the last use and the place of the
//! insertion per entry, and scans it for everything.

use super::*;
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

struct Naive {
    eviction: Eviction,
    capacity: u64,
    ttl: Option<Duration>,
    sliding: bool,
    entries: Vec<Entry>,
    clock: u64,
    counters: CacheCounters,
}

impl Naive {
    fn new(eviction: Eviction, capacity: u64, ttl: Option<Duration>, sliding: bool) -> Self {
        let (entries, counters) = (Vec::new(), CacheCounters::default());
        Self { eviction, capacity, ttl, sliding, entries, clock: 0, counters }
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
            self.entries.remove(place);
            self.counters.misses += 1;
            self.counters.expired += 1;
            return Lookup::Expired;
        }
        let entry = &mut self.entries[place];
        entry.used = self.clock;
        entry.uses += 1;
        if let (true, Some(ttl)) = (self.sliding, self.ttl) {
            entry.expires_at = entry.limit.min(now + ttl);
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
        let old = self.place(key).map(|place| self.entries.remove(place));
        if u64::from(bytes) > self.capacity {
            self.counters.rejected_too_large += 1;
            return;
        }
        while self.bytes() + u64::from(bytes) > self.capacity {
            let victim =
                (0..self.entries.len()).min_by_key(|&place| self.rank(&self.entries[place]));
            self.entries.remove(victim.expect("the object fits an empty cache"));
            self.counters.evicted += 1;
        }
        self.counters.insertions += u64::from(old.is_none());
        self.entries.push(Entry {
            key,
            bytes,
            expires_at: self.ttl.map_or(limit, |ttl| limit.min(now + ttl)),
            limit,
            stale_since: stale,
            used: self.clock,
            inserted: old.map_or(self.clock, |entry| entry.inserted),
            uses: old.map_or(1, |entry| entry.uses + 1),
        });
    }

    fn rank(&self, entry: &Entry) -> (u64, u64) {
        match self.eviction {
            Eviction::Lru => (entry.used, 0),
            Eviction::Lfu => (entry.uses, entry.used),
            Eviction::Fifo => (entry.inserted, 0),
        }
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Lookup,
    Store { bytes: u32, stale: bool },
    StoreUntil { bytes: u32, remaining: u64 },
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
        6 => bytes().prop_map(|bytes| Operation::Fill { bytes }),
        1 => Just(Operation::Invalidate),
        2 => Just(Operation::MarkStale),
        1 => prop::bool::weighted(0.1).prop_map(|flush| if flush { Operation::Flush } else { Operation::Lookup }),
    ]
}

fn policies() -> impl Strategy<Value = Eviction> {
    prop_oneof![Just(Eviction::Lru), Just(Eviction::Lfu), Just(Eviction::Fifo)]
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
        Operation::Fill { bytes } => {
            let found = cache.lookup(now, key);
            assert_eq!(found, naive.lookup(now, key));
            if !matches!(found, Lookup::Hit { .. }) {
                cache.store(now, key, bytes, None);
                naive.store(now, key, bytes, None, NEVER);
            }
        }
        Operation::Invalidate => {
            let removed = naive.place(key).map(|place| naive.entries.remove(place));
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
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn every_answer_and_every_count_agree(
        eviction in policies(),
        capacity in 0_u64..110,
        ttl in prop::option::of(0_u64..150),
        sliding in any::<bool>(),
        steps in prop::collection::vec((0_u64..12, 0_u64..20, operations()), 0..300),
    ) {
        let ttl = ttl.map(Duration::from_nanos);
        let mut cache = Cache::new(eviction, capacity, ttl, sliding);
        let mut naive = Naive::new(eviction, capacity, ttl, sliding);
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
        let mut cache = Cache::new(eviction, 6_000, None, false);
        let mut naive = Naive::new(eviction, 6_000, None, false);
        for key in keys {
            let fill = Operation::Fill { bytes: 1 + u32::from(key % 9) };
            play(&mut cache, &mut naive, Instant::ZERO, u64::from(key % 4_096), &fill);
        }
        prop_assert_eq!(cache.counters(), naive.counters);
    }
}

#[test]
fn an_entry_takes_at_most_32_bytes_of_memory() {
    for (eviction, most) in [(Eviction::Lru, 32.0), (Eviction::Fifo, 32.0), (Eviction::Lfu, 37.0)] {
        let mut cache = Cache::new(eviction, 1 << 40, None, false);
        for key in 0..200_000 {
            cache.store(Instant::ZERO, key, 100, None);
            let entries = cache.len() as f64;
            assert!(entries < 1_000.0 || cache.memory_bytes() as f64 / entries <= most);
        }
    }
}
