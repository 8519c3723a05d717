//! Name resolution: which resolver of the users holds the record.

use super::hash::{bounded, salted};
use crate::kernel::time::{Duration, Instant};

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
    ttl: Duration,
    counters: ResolverCounters,
}

impl Resolvers {
    /// `count` resolvers, at least one, that keep a record for `ttl`.
    pub fn new(count: usize, ttl: Duration) -> Self {
        assert!(count > 0, "users need a resolver");
        assert!(u32::try_from(count).is_ok(), "resolvers are numbered by 32 bits");
        Self { expires_at: vec![Instant::ZERO; count], ttl, counters: ResolverCounters::default() }
    }

    /// The resolver that `user` asks, always the same one.
    #[inline]
    pub fn resolver_of(&self, user: u64) -> u32 {
        bounded(salted(user, u64::from_le_bytes(*b"resolver")), self.expires_at.len()) as u32
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

#[cfg(test)]
mod tests {
    //! Goal: a record lives for its TTL in its own resolver, no longer.
    //! Method: the instants on both sides of the edge.
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
}
