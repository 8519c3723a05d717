//! Sessions in the memory of servers: who has one where, and what is lost.
//!
//! Users who were there before the start are not kept one by one: where the
//! visit of one of them began, how long ago its last request was, and whether
//! it is among those that were lost since, are traits of the user.

use super::cache::{Cache, Eviction, Lookup};
use crate::kernel::math;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::{Duration, Instant};
use std::collections::BTreeMap;

/// What rules the sessions of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Bytes of one.
    pub bytes: u64,
    /// Memory of each server for them; `None` = no limit.
    pub memory_bytes: Option<u64>,
    /// A visit is over when nothing has come for so long.
    pub idle: Duration,
    /// Servers at the start.
    pub servers: u32,
    /// Users, and requests of each per second before the start; 0: nobody was
    /// there.
    pub users: (u64, f64),
}

/// What a server knows of a user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Its session.
    Session,
    /// Nothing, and nobody else does: a visit begins.
    Visitor,
    /// Nothing, though a visit goes on: its session is lost.
    Lost,
}

/// One server.
#[derive(Clone, Debug)]
struct Server {
    held: Cache,
    /// Share of the sessions from before the start that is left.
    earlier: f64,
}

/// The sessions of one service.
#[derive(Clone, Debug)]
pub struct Sessions {
    settings: Settings,
    servers: Vec<Server>,
    /// Where the visits of known users go on.
    homes: BTreeMap<u64, u32>,
    traits: Key,
}

impl Sessions {
    /// Sessions on so many servers, some of which may not run yet.
    pub fn new(servers: usize, settings: Settings, traits: Key) -> Self {
        let memory = settings.memory_bytes.unwrap_or(u64::MAX);
        let held = Cache::new(Eviction::Lru, memory, Some(settings.idle), true);
        let mut own = Self {
            servers: vec![Server { held, earlier: 0.0 }; servers],
            homes: BTreeMap::new(),
            settings,
            traits,
        };
        for server in 0..own.settings.servers as usize {
            own.servers[server].earlier = 1.0;
            own.make_room(Instant::ZERO, server);
        }
        own
    }

    /// The server that a user's browser remembers.
    pub fn home(&self, now: Instant, user: u64) -> Option<u32> {
        match self.homes.get(&user) {
            Some(&home) => Some(home),
            None => self.earlier_home(now, user).map(|(home, _)| home),
        }
    }

    /// Of a user not seen since the start: where its visit began, and whether
    /// what befell that server's earlier sessions has spared its own.
    fn earlier_home(&self, now: Instant, user: u64) -> Option<(u32, bool)> {
        let (_, rate) = self.settings.users;
        if rate <= 0.0 {
            return None;
        }
        let mut draws = self.traits.numbered(user).draws();
        let home = draws.below(u64::from(self.settings.servers)) as u32;
        // Requests of one user are a Poisson process: the time since the last
        // one before the start is exponential.
        let before = -math::ln(draws.uniform_open()) / rate;
        let spared = draws.chance(self.servers[home as usize].earlier);
        let lasts = before + now.as_secs_f64() < self.settings.idle.as_secs_f64();
        lasts.then_some((home, spared))
    }

    /// What a server knows of a user whose request is there.
    pub fn find(&mut self, now: Instant, server: u32, user: u64) -> Found {
        let Some(&home) = self.homes.get(&user) else {
            return match self.earlier_home(now, user) {
                None => Found::Visitor,
                Some((home, true)) if home == server => Found::Session,
                Some(_) => Found::Lost,
            };
        };
        match self.servers[home as usize].held.lookup(now, user) {
            Lookup::Expired => Found::Visitor,
            Lookup::Hit { .. } if home == server => Found::Session,
            Lookup::Hit { .. } | Lookup::Miss => Found::Lost,
        }
    }

    /// A server keeps a user's session from now on; how many others it dropped
    /// to make room.
    pub fn keep(&mut self, now: Instant, server: u32, user: u64) -> u64 {
        let bytes = u32::try_from(self.settings.bytes).unwrap_or(u32::MAX);
        self.homes.insert(user, server);
        let held = &mut self.servers[server as usize].held;
        let before = held.counters().evicted;
        held.store(now, user, bytes, None);
        let dropped = held.counters().evicted - before;
        dropped + self.make_room(now, server as usize)
    }

    /// Sessions from before the start make room for younger ones.
    fn make_room(&mut self, now: Instant, server: usize) -> u64 {
        let Some(memory) = self.settings.memory_bytes else { return 0 };
        let places = (memory / self.settings.bytes.max(1)) as f64;
        let all = self.earlier_all(now);
        let own = &mut self.servers[server];
        let left = (places - own.held.len() as f64).max(0.0);
        let earlier = all * own.earlier;
        if earlier <= left {
            return 0;
        }
        own.earlier = left / all;
        rounded(earlier - left)
    }

    /// Sessions of one server from before the start whose users have not been
    /// seen since, had none been lost: with requests at rate r, unseen with
    /// chance e^(−rt), and not idle for too long with 1 − e^(−r(T − t)).
    fn earlier_all(&self, now: Instant) -> f64 {
        let (users, rate) = self.settings.users;
        let (time, idle) = (now.as_secs_f64(), self.settings.idle.as_secs_f64());
        if rate <= 0.0 || time >= idle {
            return 0.0;
        }
        let of_one = users as f64 / f64::from(self.settings.servers);
        of_one * (math::exp(-rate * time) - math::exp(-rate * idle))
    }

    /// Sessions at a server.
    pub fn count(&self, now: Instant, server: usize) -> f64 {
        let own = &self.servers[server];
        own.held.len() as f64 + own.earlier * self.earlier_all(now)
    }

    /// A server loses its memory; how many sessions with it.
    pub fn lose(&mut self, now: Instant, server: usize) -> u64 {
        let lost = rounded(self.count(now, server));
        let own = &mut self.servers[server];
        own.held.flush();
        own.earlier = 0.0;
        lost
    }
}

/// To the nearest whole number; counts are far below 2^53.
fn rounded(value: f64) -> u64 {
    (value + 0.5) as u64
}

#[cfg(test)]
mod tests {
    //! Goal: sessions stay where they began, end when idle, and are lost with
    //! their server. Method: by hand, and 20,000 earlier users against the
    //! closed form at five standard errors.
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn sessions(memory_bytes: Option<u64>, users: (u64, f64)) -> Sessions {
        let idle = Duration::from_secs_f64(100.0);
        let settings = Settings { bytes: 10, memory_bytes, idle, servers: 2, users };
        Sessions::new(3, settings, Key::root(1, 0))
    }

    #[test]
    fn a_session_stays_until_it_is_idle_or_lost() {
        let mut own = sessions(None, (0, 0.0));
        assert_eq!((own.home(at(1), 7), own.find(at(1), 2, 7)), (None, Found::Visitor));
        own.keep(at(1), 2, 7);
        assert_eq!((own.home(at(50), 7), own.find(at(50), 2, 7)), (Some(2), Found::Session));
        assert_eq!(own.find(at(149), 0, 7), Found::Lost, "the session is at another server");
        assert_eq!(own.find(at(260), 2, 7), Found::Visitor, "idle since 149");
        own.keep(at(260), 2, 7);
        assert_eq!(own.lose(at(261), 2), 1);
        assert_eq!(own.find(at(262), 2, 7), Found::Lost);
    }

    #[test]
    fn memory_limits_how_many_fit() {
        let mut own = sessions(Some(25), (0, 0.0));
        assert_eq!([1, 2, 3].map(|user| own.keep(at(user), 0, user)), [0, 0, 1]);
        assert_eq!(own.find(at(4), 0, 1), Found::Lost);
        assert_eq!(own.find(at(4), 0, 3), Found::Session);
    }

    #[test]
    fn earlier_visits_are_as_many_as_the_closed_form_says() {
        let mut own = sessions(None, (20_000, 0.01));
        let there = |own: &mut Sessions, server| {
            (0..20_000).filter(|&user| own.find(at(20), server, user) == Found::Session).count()
        };
        for server in 0..2 {
            let (expected, seen) = (own.count(at(20), server), there(&mut own, server as u32));
            // Seen are those who asked since the start too: e^(−0.2) of them.
            let expected = expected / (math::exp(-0.2) - math::exp(-1.0)) * (1.0 - math::exp(-0.8));
            assert!((expected - seen as f64).abs() < 5.0 * 75.0, "{expected} {seen}");
        }
        own.lose(at(20), 0);
        assert_eq!(there(&mut own, 0), 0);
        assert!(own.count(at(20), 0) < 0.5);
    }

    #[test]
    fn earlier_visits_make_room_for_younger_ones() {
        let mut own = sessions(Some(100), (40, 0.1));
        assert!(own.count(at(0), 0) <= 10.0 + 1e-9);
        let before = own.count(at(0), 0);
        for user in 0..5 {
            own.keep(at(0), 0, 1_000 + user);
        }
        assert!(own.count(at(0), 0) <= 10.0 + 1e-9, "{before}");
    }
}
