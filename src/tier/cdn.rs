//! A content delivery network: a cache at every edge, perhaps one before the
//! origin (a shield), and who waits for a file that is being fetched.
//!
//! Files asked for while the same edge already fetches them are not fetched
//! again: those who ask wait for the one that is under way.

use super::cache::{Cache, Eviction, Lookup};
use crate::kernel::time::{Duration, Instant};
use std::collections::BTreeMap;

/// Later than every instant that an event can have.
const NEVER: Instant = Instant::from_nanos(u64::MAX);

/// What rules the caches of a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Bytes that one edge, or the shield, can hold.
    pub storage_bytes: u64,
    /// A file is fresh for so long after it was stored; `None` = for ever.
    pub ttl: Option<Duration>,
    /// A file that is no longer fresh is served for so long all the same, and
    /// fetched again beside.
    pub stale_while_revalidate: Duration,
    /// Misses of the edges ask one cache before the origin.
    pub shield: bool,
}

/// What an edge has of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// A copy that is fresh.
    Fresh,
    /// One that may still be served while another is fetched.
    Stale,
    /// None.
    Absent,
}

/// A fetch of one file by one edge.
#[derive(Clone, Debug)]
struct Fetch {
    edge: u32,
    key: u64,
    /// When the copy on its way ceases to be fresh, if a cache sent it.
    fresh_until: Instant,
    /// Who waits for it, in order.
    waiting: Vec<u32>,
}

/// The caches of a network, and its fetches under way.
#[derive(Clone, Debug)]
pub struct Network {
    settings: Settings,
    edges: Vec<Cache>,
    shield: Option<Cache>,
    fetches: Vec<Fetch>,
    free: Vec<u32>,
    under_way: BTreeMap<(u32, u64), u32>,
}

impl Network {
    /// Empty caches at so many edges.
    pub fn new(edges: usize, settings: Settings) -> Self {
        let Settings { storage_bytes, ttl, stale_while_revalidate, .. } = settings;
        let kept = ttl.map(|ttl| ttl + stale_while_revalidate);
        let edge = Cache::new(Eviction::Lru, storage_bytes, kept, false);
        let shield = Cache::new(Eviction::Lru, storage_bytes, ttl, false);
        Self {
            settings,
            edges: vec![edge; edges],
            shield: settings.shield.then_some(shield),
            fetches: Vec::new(),
            free: Vec::new(),
            under_way: BTreeMap::new(),
        }
    }

    /// What an edge has of a file; looking is a use.
    pub fn look_up(&mut self, now: Instant, edge: u32, key: u64) -> Found {
        let cache = &mut self.edges[edge as usize];
        match cache.lookup(now, key) {
            Lookup::Expired | Lookup::Miss => Found::Absent,
            Lookup::Hit { .. } => match cache.expires_at(key) {
                Some(end) if now + self.settings.stale_while_revalidate >= end => Found::Stale,
                _ => Found::Fresh,
            },
        }
    }

    /// The fetch of a file that an edge has under way.
    pub fn fetch_of(&self, edge: u32, key: u64) -> Option<u32> {
        self.under_way.get(&(edge, key)).copied()
    }

    /// An edge begins to fetch a file; the number of the fetch.
    pub fn begin_fetch(&mut self, edge: u32, key: u64) -> u32 {
        let fetch = Fetch { edge, key, fresh_until: NEVER, waiting: Vec::new() };
        let number = match self.free.pop() {
            Some(number) => {
                let waiting = std::mem::take(&mut self.fetches[number as usize].waiting);
                self.fetches[number as usize] = Fetch { waiting, ..fetch };
                number
            }
            None => {
                self.fetches.push(fetch);
                self.fetches.len() as u32 - 1
            }
        };
        let before = self.under_way.insert((edge, key), number);
        debug_assert!(before.is_none(), "an edge fetches a file once at a time");
        number
    }

    /// Edge and file of a fetch.
    pub fn fetched(&self, fetch: u32) -> (u32, u64) {
        let fetch = &self.fetches[fetch as usize];
        (fetch.edge, fetch.key)
    }

    /// Somebody waits for a fetch.
    pub fn wait_for(&mut self, fetch: u32, who: u32) {
        self.fetches[fetch as usize].waiting.push(who);
    }

    /// Whether somebody waits for a fetch.
    pub fn waits(&self, who: u32) -> bool {
        self.fetches.iter().any(|fetch| fetch.waiting.contains(&who))
    }

    /// Somebody waits no longer.
    pub fn forget(&mut self, who: u32) {
        self.fetches.iter_mut().for_each(|fetch| fetch.waiting.retain(|&own| own != who));
    }

    /// Whether the shield has a fresh copy of what is fetched; it hands down
    /// the time that is left.
    pub fn ask_shield(&mut self, now: Instant, fetch: u32) -> bool {
        let Some(shield) = &mut self.shield else { return false };
        let fetch = &mut self.fetches[fetch as usize];
        let held = matches!(shield.lookup(now, fetch.key), Lookup::Hit { .. });
        if held {
            fetch.fresh_until = shield.expires_at(fetch.key).unwrap_or(NEVER);
        }
        held
    }

    /// The origin's answer passes the shield, which keeps it.
    pub fn keep_at_shield(&mut self, now: Instant, fetch: u32, bytes: u64) {
        let Some(shield) = &mut self.shield else { return };
        let fetch = &mut self.fetches[fetch as usize];
        shield.store(now, fetch.key, in_bytes(bytes), None);
        fetch.fresh_until = shield.expires_at(fetch.key).unwrap_or(NEVER);
    }

    /// What was fetched has arrived, and is kept.
    pub fn keep(&mut self, now: Instant, fetch: u32, bytes: u64) {
        let own = &self.fetches[fetch as usize];
        let extra = self.settings.stale_while_revalidate;
        let limit = if own.fresh_until == NEVER { NEVER } else { own.fresh_until + extra };
        let (edge, key) = (own.edge as usize, own.key);
        self.edges[edge].store_until(now, key, in_bytes(bytes), None, limit);
    }

    /// A fetch is over, well or not: hands those who waited to `wake`, in order.
    pub fn end_fetch(&mut self, fetch: u32, mut wake: impl FnMut(u32)) {
        let own = &mut self.fetches[fetch as usize];
        self.under_way.remove(&(own.edge, own.key));
        own.waiting.drain(..).for_each(&mut wake);
        self.free.push(fetch);
    }

    /// Puts a copy into an edge that is served until an instant; for ever where
    /// nothing grows old.
    pub fn hold(&mut self, edge: u32, key: u64, bytes: u64, until: Instant) {
        let until = self.settings.ttl.map_or(NEVER, |_| until);
        self.edges[edge as usize].store_aged(key, in_bytes(bytes), until);
    }

    /// The same at the shield.
    pub fn hold_at_shield(&mut self, key: u64, bytes: u64, until: Instant) {
        let until = self.settings.ttl.map_or(NEVER, |_| until);
        if let Some(shield) = &mut self.shield {
            shield.store_aged(key, in_bytes(bytes), until);
        }
    }

    /// All copies are dropped.
    pub fn flush(&mut self) {
        self.edges.iter_mut().chain(&mut self.shield).for_each(Cache::flush);
    }

    /// Copies that made room for others since the window began, at the edges.
    pub fn evicted(&self) -> u64 {
        self.edges.iter().map(|edge| edge.counters().evicted).sum()
    }

    /// Bytes held at the edges.
    pub fn bytes(&self) -> u64 {
        self.edges.iter().map(Cache::bytes).sum()
    }

    /// A new window begins.
    pub fn begin_window(&mut self) {
        self.edges.iter_mut().chain(&mut self.shield).for_each(Cache::begin_window);
    }
}

/// Sizes of files as the caches count them: 4 GB at most.
fn in_bytes(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    //! Goal: what is fresh, stale and gone; who waits; what a shield hands down.
    //! Method: one network of small numbers, by hand.
    use super::*;

    const SECOND: Duration = Duration::from_nanos(1_000_000_000);

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn network(shield: bool) -> Network {
        let ttl = Duration::from_nanos(10 * SECOND.as_nanos());
        let stale_while_revalidate = Duration::from_nanos(2 * SECOND.as_nanos());
        let settings =
            Settings { storage_bytes: 100, ttl: Some(ttl), stale_while_revalidate, shield };
        Network::new(2, settings)
    }

    fn fetch(network: &mut Network, now: Instant, edge: u32, key: u64, bytes: u64) -> Vec<u32> {
        let fetch = network.begin_fetch(edge, key);
        if !network.ask_shield(now, fetch) {
            network.keep_at_shield(now, fetch, bytes);
        }
        network.keep(now, fetch, bytes);
        let mut woken = Vec::new();
        network.end_fetch(fetch, |who| woken.push(who));
        woken
    }

    #[test]
    fn a_copy_is_fresh_then_stale_then_gone() {
        let mut network = network(false);
        fetch(&mut network, at(1), 0, 7, 10);
        assert_eq!(network.look_up(at(10), 0, 7), Found::Fresh);
        assert_eq!(network.look_up(at(11), 0, 7), Found::Stale);
        assert_eq!(network.look_up(at(13), 0, 7), Found::Absent);
        assert_eq!(network.look_up(at(2), 1, 7), Found::Absent, "the other edge has its own");
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let mut network = network(false);
        fetch(&mut network, at(1), 0, 1, 60);
        fetch(&mut network, at(1), 0, 2, 30);
        assert_eq!(network.look_up(at(2), 0, 1), Found::Fresh);
        fetch(&mut network, at(3), 0, 3, 30);
        assert_eq!(network.look_up(at(4), 0, 2), Found::Absent);
        assert_eq!((network.bytes(), network.evicted()), (90, 1));
    }

    #[test]
    fn who_asks_for_what_is_fetched_waits() {
        let mut network = network(false);
        let first = network.begin_fetch(0, 7);
        assert_eq!((network.fetch_of(0, 7), network.fetch_of(1, 7)), (Some(first), None));
        network.wait_for(first, 4);
        network.wait_for(first, 5);
        network.forget(4);
        assert!(network.waits(5) && !network.waits(4));
        let mut woken = Vec::new();
        network.end_fetch(first, |who| woken.push(who));
        assert_eq!((woken, network.fetch_of(0, 7)), (vec![5], None));
        assert_eq!(network.begin_fetch(1, 8), first, "its number is free again");
    }

    #[test]
    fn a_shield_hands_down_the_time_that_is_left() {
        let mut network = network(true);
        fetch(&mut network, at(1), 0, 7, 10);
        fetch(&mut network, at(9), 1, 7, 10);
        assert_eq!(network.look_up(at(10), 1, 7), Found::Fresh);
        assert_eq!(network.look_up(at(11), 1, 7), Found::Stale);
        assert_eq!(network.look_up(at(13), 1, 7), Found::Absent);
    }

    #[test]
    fn a_purge_leaves_nothing() {
        let mut network = network(true);
        fetch(&mut network, at(1), 0, 7, 10);
        network.flush();
        assert_eq!(network.look_up(at(2), 0, 7), Found::Absent);
        let again = network.begin_fetch(0, 7);
        assert!(!network.ask_shield(at(2), again));
    }
}
