//! One cache node: real keys in bounded memory.

mod arc;
mod fetches;
mod ghosts;
mod index;
mod keyed;
mod lfu;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod naive_policies;
mod node;
mod order;
mod random;
mod s3_fifo;
mod sieve;
#[cfg(test)]
mod theory;
mod write_buffer;

pub use self::fetches::{Claim, Fetches, Woken};
pub use self::write_buffer::{AfterFailure, WriteBuffer};

use self::index::Index;
use self::node::{InstantColumn, NEVER, NONE, Node, Slab};
use self::order::Order;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::{Duration, Instant};

/// Which entry makes room for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Eviction {
    /// The least recently used: hit, stored or stored again.
    Lru,
    /// The least frequently used since it came in, of equals the least
    /// recently used. Storing counts as a use, also storing again; the count of
    /// an entry that goes is forgotten.
    Lfu,
    /// The first that came in; storing again keeps the place.
    Fifo,
    /// Any, each with the same chance.
    Random,
    /// SIEVE (Zhang et al. 2024): the first that came in, but a hand passes by
    /// those that were hit since it last came.
    Sieve,
    /// S3-FIFO (Yang et al. 2023): a small queue sifts what enters the main one,
    /// and what comes back soon after it left enters that at once.
    S3Fifo,
    /// ARC (Megiddo & Modha 2003): recency and frequency, balanced by what comes
    /// back soon after it left.
    Arc,
}

/// What a lookup found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// The entry is held.
    Hit {
        /// Since when the source has a newer version, if it has.
        stale_since: Option<Instant>,
    },
    /// The entry was held beyond its time, and is now removed.
    Expired,
    /// The entry is not held.
    Miss,
}

/// What happened in one window.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CacheCounters {
    /// Lookups that found their entry, stale or not.
    pub hits: u64,
    /// Lookups that did not, expired ones included: with the hits, all lookups.
    pub misses: u64,
    /// Lookups that found their entry expired.
    pub expired: u64,
    /// Entries that made room for others.
    pub evicted: u64,
    /// Hits on a stale entry.
    pub stale_hits: u64,
    /// Entries stored under a key that was not held.
    pub insertions: u64,
    /// Objects not stored because they are larger than the whole cache.
    pub rejected_too_large: u64,
}

/// One cache node.
///
/// Every operation takes constant time, that of `store` per entry it evicts
/// (amortised over the hits, for SIEVE and S3-FIFO).
/// Memory per entry is 24 bytes, about 4.5 in the index, and 8 more for each of:
/// expiry, staleness, a limit to sliding (once one is used); 4 for LFU and
/// random, 1 for SIEVE, S3-FIFO and ARC. The latter two also remember evicted
/// keys, 28.5 bytes each: of objects of at most as many bytes as the cache holds
/// (S3-FIFO: nine tenths of them).
/// Expiry is lazy: an expired entry occupies its bytes until it is looked up,
/// stored again, invalidated or evicted.
#[derive(Clone, Debug)]
pub struct Cache {
    slab: Slab,
    index: Index,
    order: Order,
    expires_at: InstantColumn,
    /// What `store_until` set, and sliding must not pass.
    limit: InstantColumn,
    stale_since: InstantColumn,
    capacity_bytes: u64,
    bytes: u64,
    ttl: Option<Duration>,
    sliding: bool,
    ttl_jitter: f64,
    /// Owner of the draws of lifetimes.
    lifetimes: Key,
    counters: CacheCounters,
}

impl Cache {
    /// An empty cache of `capacity_bytes`. Entries live for `ttl` (`None`: for
    /// ever) from the moment of storing or, when `sliding`, of the last hit.
    /// Chance, where there is any, is that of [`Cache::with_chance`].
    pub fn new(
        eviction: Eviction,
        capacity_bytes: u64,
        ttl: Option<Duration>,
        sliding: bool,
    ) -> Self {
        Self::with_chance(eviction, capacity_bytes, ttl, sliding, 0.0, Key::root(0, 0))
    }

    /// As [`Cache::new`], but each lifetime is `ttl` · (1 + `ttl_jitter` · u), u
    /// uniform in [−1, 1), and all draws are those of `owner`, this node: random
    /// eviction draws by the number of the eviction, a lifetime by its key and
    /// the instant at which it begins.
    pub fn with_chance(
        eviction: Eviction,
        capacity_bytes: u64,
        ttl: Option<Duration>,
        sliding: bool,
        ttl_jitter: f64,
        owner: Key,
    ) -> Self {
        Self {
            slab: Slab::new(),
            index: Index::new(),
            order: Order::new(eviction, capacity_bytes, owner.named("eviction")),
            expires_at: InstantColumn::new(),
            limit: InstantColumn::new(),
            stale_since: InstantColumn::new(),
            capacity_bytes,
            bytes: 0,
            ttl,
            sliding,
            ttl_jitter,
            lifetimes: owner.named("lifetime"),
            counters: CacheCounters::default(),
        }
    }

    /// Looks `key` up. An entry is valid until, not including, the instant at
    /// which its time has run out.
    #[inline]
    pub fn lookup(&mut self, now: Instant, key: u64) -> Lookup {
        let Some(id) = self.find(key) else {
            self.counters.misses += 1;
            return Lookup::Miss;
        };
        if self.expires_at.get(id) <= now {
            self.remove(id);
            self.counters.misses += 1;
            self.counters.expired += 1;
            return Lookup::Expired;
        }
        self.hit(now, id)
    }

    #[inline]
    fn hit(&mut self, now: Instant, id: u32) -> Lookup {
        self.order.touch(&mut self.slab.nodes, id);
        if self.sliding {
            let key = self.slab.nodes[id as usize].key;
            self.expires_at.set(id, self.deadline(now, key, self.limit.get(id)));
        }
        let stale_since = self.stale_since.get(id);
        let stale_since = (stale_since != NEVER).then_some(stale_since);
        self.counters.hits += 1;
        self.counters.stale_hits += u64::from(stale_since.is_some());
        Lookup::Hit { stale_since }
    }

    /// Stores an object of `bytes` under `key`, in place of the one held.
    ///
    /// `stale_since` says since when the source has a newer version, if the
    /// object came from a lagging replica. Others are evicted until it fits;
    /// an object larger than the cache is not stored, and what was held under
    /// its key goes all the same, since it is no longer the value.
    pub fn store(&mut self, now: Instant, key: u64, bytes: u32, stale_since: Option<Instant>) {
        self.put(now, key, bytes, stale_since, NEVER);
    }

    /// As [`Cache::store`], but the entry expires at `expires_at` at the latest,
    /// sliding or not: a cache behind another hands down the time that is left.
    pub fn store_until(
        &mut self,
        now: Instant,
        key: u64,
        bytes: u32,
        stale_since: Option<Instant>,
        expires_at: Instant,
    ) {
        self.put(now, key, bytes, stale_since, expires_at);
    }

    /// As [`Cache::store`], but the entry expires at `expires_at`, whatever its
    /// lifetime would be: it has been held for a while already. Reading renews
    /// it where reading renews.
    pub fn store_aged(&mut self, key: u64, bytes: u32, expires_at: Instant) {
        if let Some(id) = self.place(key, bytes) {
            self.date(id, expires_at, None, NEVER);
        }
    }

    fn put(
        &mut self,
        now: Instant,
        key: u64,
        bytes: u32,
        stale_since: Option<Instant>,
        limit: Instant,
    ) {
        if let Some(id) = self.place(key, bytes) {
            let expires_at = self.deadline(now, key, limit);
            self.date(id, expires_at, stale_since, limit);
        }
    }

    fn date(&mut self, id: u32, expires_at: Instant, stale_since: Option<Instant>, limit: Instant) {
        self.expires_at.set(id, expires_at);
        self.stale_since.set(id, stale_since.unwrap_or(NEVER));
        if self.sliding {
            self.limit.set(id, limit);
        }
    }

    /// The entry of `key`, with room for it made; `None`: too large.
    fn place(&mut self, key: u64, bytes: u32) -> Option<u32> {
        let held = self.find(key);
        if u64::from(bytes) > self.capacity_bytes {
            self.counters.rejected_too_large += 1;
            held.into_iter().for_each(|id| self.remove(id));
            return None;
        }
        Some(match held {
            Some(id) => self.replace(id, bytes),
            None => self.insert(key, bytes),
        })
    }

    fn replace(&mut self, id: u32, bytes: u32) -> u32 {
        self.order.touch(&mut self.slab.nodes, id);
        let before = self.slab.nodes[id as usize].bytes;
        self.order.resize(id, before, bytes);
        self.slab.nodes[id as usize].bytes = bytes;
        self.bytes -= u64::from(before);
        self.make_room(bytes, id);
        self.bytes += u64::from(bytes);
        id
    }

    fn insert(&mut self, key: u64, bytes: u32) -> u32 {
        self.order.expect(key, bytes);
        self.make_room(bytes, NONE);
        let id = self.slab.take(key, bytes);
        self.index.insert(&mut self.slab, id);
        self.order.enter(&mut self.slab.nodes, id);
        self.bytes += u64::from(bytes);
        self.counters.insertions += 1;
        id
    }

    /// Evicts others than `spared` until so many bytes fit, which do so alone.
    fn make_room(&mut self, bytes: u32, spared: u32) {
        while self.bytes + u64::from(bytes) > self.capacity_bytes {
            let victim = self.order.victim(&mut self.slab.nodes, spared);
            self.remove(victim);
            self.counters.evicted += 1;
        }
    }

    /// Removes `key`; whether it was held.
    pub fn invalidate(&mut self, key: u64) -> bool {
        let held = self.find(key);
        held.into_iter().for_each(|id| self.remove(id));
        held.is_some()
    }

    /// A write of `key` was committed at the source at `now`: the entry, if
    /// held, is stale from now on, or has been for longer already.
    pub fn mark_stale(&mut self, now: Instant, key: u64) {
        if let Some(id) = self.find(key) {
            let since = self.stale_since.get(id).min(now);
            self.stale_since.set(id, since);
        }
    }

    /// When the entry of `key` expires; `None` when it never does, or is not held.
    pub fn expires_at(&self, key: u64) -> Option<Instant> {
        self.find(key).map(|id| self.expires_at.get(id)).filter(|&at| at != NEVER)
    }

    /// Whether `key` is held and its time has not run out.
    pub fn holds(&self, now: Instant, key: u64) -> bool {
        self.find(key).is_some_and(|id| self.expires_at.get(id) > now)
    }

    /// Loses all entries, as in a restart. Counters go on.
    pub fn flush(&mut self) {
        self.slab.clear();
        self.index.clear();
        self.order.clear();
        self.expires_at.clear();
        self.limit.clear();
        self.stale_since.clear();
        self.bytes = 0;
    }

    /// Number of entries, expired ones not yet removed included.
    pub fn len(&self) -> usize {
        self.slab.held()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the objects held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What happened since the window began.
    pub fn counters(&self) -> CacheCounters {
        self.counters
    }

    /// Begins a new window: counts from zero, keeps the entries.
    pub fn begin_window(&mut self) {
        self.counters = CacheCounters::default();
    }

    /// Bytes of the simulator's own memory that the entries take.
    pub fn memory_bytes(&self) -> usize {
        let columns = [&self.expires_at, &self.limit, &self.stale_since];
        self.slab.nodes.capacity() * size_of::<Node>()
            + self.index.memory()
            + self.order.memory()
            + columns.iter().map(|column| column.memory()).sum::<usize>()
    }

    #[inline]
    fn find(&self, key: u64) -> Option<u32> {
        self.index.find(&self.slab.nodes, key)
    }

    /// When what begins to live now is to expire, at `limit` at the latest.
    #[inline]
    fn deadline(&self, now: Instant, key: u64, limit: Instant) -> Instant {
        self.ttl.map_or(limit, |ttl| limit.min(now + self.lifetime(ttl, now, key)))
    }

    #[inline]
    fn lifetime(&self, ttl: Duration, now: Instant, key: u64) -> Duration {
        if self.ttl_jitter == 0.0 {
            return ttl;
        }
        let mut draws = self.lifetimes.numbered(key).numbered(now.as_nanos()).draws();
        let factor = 1.0 + self.ttl_jitter * (2.0 * draws.uniform() - 1.0);
        Duration::from_nanos_f64(ttl.as_nanos() as f64 * factor)
    }

    fn remove(&mut self, id: u32) {
        self.index.remove(&mut self.slab.nodes, id);
        self.order.leave(&mut self.slab.nodes, id);
        self.bytes -= u64::from(self.slab.nodes[id as usize].bytes);
        self.slab.release(id);
    }
}
