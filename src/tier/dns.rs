//! Name resolution: which resolver of the users holds the record, and what a
//! geo-routing name server answers.

use super::hash::{bounded, salted};
use crate::kernel::time::{Duration, Instant};
use std::ops::Range;

/// What a resolver answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record {
    /// The resolver has the record.
    Cached,
    /// The record is unknown or has run out: the resolver has to ask.
    Absent,
}

/// Lookups of one window.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ResolverCounters {
    /// Lookups answered from a resolver's own record.
    pub cached: u64,
    /// Lookups for which a resolver had to ask.
    pub absent: u64,
}

/// The resolvers that the users share, each with its copy of one record.
#[derive(Clone, Debug)]
pub struct Resolvers {
    /// The instant from which the record no longer counts; zero: never had it.
    expires_at: Vec<Instant>,
    /// The region that the record stands for, where regions exist.
    sites: Vec<u8>,
    ttl: Duration,
    counters: ResolverCounters,
}

impl Resolvers {
    /// `count` resolvers, at least one, that keep a record for `ttl`.
    pub fn new(count: usize, ttl: Duration) -> Self {
        assert!(count > 0, "users need a resolver");
        assert!(u32::try_from(count).is_ok(), "resolvers are numbered by 32 bits");
        Self {
            expires_at: vec![Instant::ZERO; count],
            sites: vec![0; count],
            ttl,
            counters: ResolverCounters::default(),
        }
    }

    /// The resolver that `user` asks, always the same one.
    #[inline]
    pub fn resolver_of(&self, user: u64) -> u32 {
        bounded(salted(user, u64::from_le_bytes(*b"resolver")), self.expires_at.len()) as u32
    }

    /// The resolver that a user asks among `range`, those of the user's region:
    /// `trait_bits` are a uniform draw that stays the same of the user.
    #[inline]
    pub fn resolver_among(trait_bits: u64, range: &Range<u32>) -> u32 {
        range.start + bounded(trait_bits, (range.end - range.start) as usize) as u32
    }

    /// The region that the record of `resolver` stands for.
    #[inline]
    pub fn site(&self, resolver: u32) -> u8 {
        self.sites[resolver as usize]
    }

    /// `resolver` has received a record that stands for `site`.
    #[inline]
    pub fn store_site(&mut self, now: Instant, resolver: u32, site: u8) {
        self.store(now, resolver);
        self.sites[resolver as usize] = site;
    }

    /// `resolver` begins with a record that stands for `site` and lives for this
    /// share of the TTL.
    pub fn begin_with(&mut self, resolver: u32, share: f64, site: u8) {
        let life = Duration::from_nanos_f64(self.ttl.as_nanos() as f64 * share);
        self.expires_at[resolver as usize] = Instant::ZERO + life;
        self.sites[resolver as usize] = site;
    }

    /// Whether `resolver` has the record: from storing it until, not
    /// including, the instant at which its TTL has run out.
    #[inline]
    pub fn lookup(&mut self, now: Instant, resolver: u32) -> Record {
        if now < self.expires_at[resolver as usize] {
            self.counters.cached += 1;
            Record::Cached
        } else {
            self.counters.absent += 1;
            Record::Absent
        }
    }

    /// `resolver` has received the record; its TTL runs from `now`.
    #[inline]
    pub fn store(&mut self, now: Instant, resolver: u32) {
        self.expires_at[resolver as usize] = now + self.ttl;
    }

    /// Lookups since the window began.
    pub fn counters(&self) -> ResolverCounters {
        self.counters
    }

    /// Begins a new window: counts from zero, keeps the records.
    pub fn begin_window(&mut self) {
        self.counters = ResolverCounters::default();
    }
}

/// What a geo-routing name server answers: the first healthy region in the
/// order that holds for the region of the asker.
#[derive(Clone, Debug)]
pub struct NameServer {
    /// Regions with an entry by region of the asker, the preferred first.
    orders: Vec<Vec<u8>>,
    /// What the health checks have told of each region.
    healthy: Vec<bool>,
    /// A record set by hand goes before all.
    record: Option<u8>,
}

impl NameServer {
    /// A name server that takes all regions to be healthy. Asserts that every
    /// order has a region.
    pub fn new(orders: Vec<Vec<u8>>) -> Self {
        assert!(orders.iter().all(|order| !order.is_empty()), "the name stands for nothing");
        let healthy = vec![true; orders.len()];
        Self { orders, healthy, record: None }
    }

    /// The region for an asker from `home`. Where none is healthy, the
    /// preferred one: an answer that may fail is better than none.
    #[inline]
    pub fn answer(&self, home: u8) -> u8 {
        if let Some(record) = self.record {
            return record;
        }
        let order = &self.orders[usize::from(home)];
        let healthy = order.iter().find(|&&site| self.healthy[usize::from(site)]);
        *healthy.unwrap_or(&order[0])
    }

    /// The health checks have noticed a change.
    pub fn set_healthy(&mut self, site: u8, healthy: bool) {
        self.healthy[usize::from(site)] = healthy;
    }

    /// The record is set by hand, or left to the routing again.
    pub fn set_record(&mut self, record: Option<u8>) {
        self.record = record;
    }
}

/// What a row of health checks makes known of one target.
#[derive(Clone, Copy, Debug)]
pub struct Checks {
    healthy: bool,
    /// Checks in a row that speak against it.
    against: u32,
}

impl Checks {
    /// Of a target taken to be healthy.
    pub fn new() -> Self {
        Self { healthy: true, against: 0 }
    }

    /// A check has passed or failed; says whether what is known has changed.
    /// So many failed ones in a row make it unhealthy, so many good ones
    /// healthy again.
    pub fn note(&mut self, passed: bool, unhealthy_after: u32, healthy_after: u32) -> bool {
        if passed == self.healthy {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let needed = if passed { healthy_after } else { unhealthy_after };
        let changed = self.against >= needed;
        if changed {
            (self.healthy, self.against) = (passed, 0);
        }
        changed
    }

    /// What is known.
    pub fn is_healthy(&self) -> bool {
        self.healthy
    }

    /// Further checks with this result change nothing.
    pub fn is_settled(&self, passed: bool) -> bool {
        passed == self.healthy && self.against == 0
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a record lives for its TTL in its own resolver, no longer; the
    //! name server answers with what it knows.
    //! Method: the instants on both sides of the edge; small cases by hand.
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn a_record_lives_for_its_ttl_from_the_moment_of_storing() {
        let mut resolvers = Resolvers::new(2, Duration::from_nanos(100));
        assert_eq!(resolvers.lookup(at(0), 0), Record::Absent);
        resolvers.store(at(20), 0);
        assert_eq!(resolvers.lookup(at(119), 0), Record::Cached);
        assert_eq!(resolvers.lookup(at(119), 1), Record::Absent, "resolvers share nothing");
        assert_eq!(resolvers.lookup(at(120), 0), Record::Absent);
        assert_eq!(resolvers.counters(), ResolverCounters { cached: 1, absent: 3 });
        resolvers.begin_window();
        assert_eq!(resolvers.counters(), ResolverCounters::default());
    }

    #[test]
    fn a_ttl_of_zero_caches_nothing() {
        let mut resolvers = Resolvers::new(1, Duration::ZERO);
        resolvers.store(at(5), 0);
        assert_eq!(resolvers.lookup(at(5), 0), Record::Absent);
    }

    #[test]
    fn users_spread_evenly_over_resolvers() {
        let resolvers = Resolvers::new(50, Duration::ZERO);
        let mut users = [0_u32; 50];
        (0..50_000).for_each(|user| users[resolvers.resolver_of(user) as usize] += 1);
        // Standard deviation about 31: five of them.
        assert!(users.iter().all(|&count| count.abs_diff(1_000) < 160), "{users:?}");
    }

    #[test]
    fn the_resolvers_of_a_region_serve_no_other() {
        let mut users = [0_u32; 50];
        (0..30_000).for_each(|user| {
            users[Resolvers::resolver_among(salted(user, 1), &(20..50)) as usize] += 1;
        });
        assert!(users[..20].iter().all(|&count| count == 0));
        assert!(users[20..].iter().all(|&count| count.abs_diff(1_000) < 160), "{users:?}");
    }

    #[test]
    fn a_resolver_keeps_the_region_it_was_told() {
        let mut resolvers = Resolvers::new(2, Duration::from_nanos(100));
        resolvers.store_site(at(20), 1, 3);
        assert_eq!((resolvers.site(1), resolvers.lookup(at(119), 1)), (3, Record::Cached));
        assert_eq!(resolvers.lookup(at(120), 1), Record::Absent);
        resolvers.begin_with(0, 0.25, 2);
        assert_eq!((resolvers.site(0), resolvers.lookup(at(24), 0)), (2, Record::Cached));
        assert_eq!(resolvers.lookup(at(25), 0), Record::Absent);
    }

    #[test]
    fn the_answer_is_the_first_healthy_region() {
        let mut server = NameServer::new(vec![vec![0, 2, 1], vec![1, 2, 0], vec![2, 0, 1]]);
        assert_eq!([0, 1, 2].map(|home| server.answer(home)), [0, 1, 2]);
        server.set_healthy(1, false);
        server.set_healthy(2, false);
        assert_eq!([0, 1, 2].map(|home| server.answer(home)), [0, 0, 0]);
        server.set_healthy(0, false);
        assert_eq!([0, 1, 2].map(|home| server.answer(home)), [0, 1, 2], "a last resort");
        server.set_record(Some(2));
        assert_eq!([0, 1, 2].map(|home| server.answer(home)), [2, 2, 2]);
        server.set_record(None);
        server.set_healthy(2, true);
        assert_eq!(server.answer(1), 2);
    }

    #[test]
    fn checks_must_agree_in_a_row() {
        let mut checks = Checks::new();
        let mut note = |passed: bool| (checks.note(passed, 3, 2), checks.is_healthy());
        assert_eq!(note(false), (false, true));
        assert_eq!(note(false), (false, true));
        assert_eq!(note(true), (false, true), "a good one in between");
        assert_eq!([note(false), note(false)], [(false, true), (false, true)]);
        assert_eq!(note(false), (true, false));
        assert_eq!(note(true), (false, false));
        assert_eq!(note(true), (true, true));
        assert!(checks.is_settled(true) && !checks.is_settled(false));
    }
}
