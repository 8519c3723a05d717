//! Circuit breakers: who calls what keeps failing is refused at once
//! (Nygard 2007, *Release It!*, §5.2).

use crate::kernel::time::{Duration, Instant};

/// Parts of the sliding window, which moves by one of them.
const BUCKETS: usize = 10;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Opens when this share of the calls of the window failed, 0..1.
    pub failures: f64,
    /// Length of the window.
    pub window: Duration,
    /// Never on fewer calls than this.
    pub minimum: u32,
    /// Stays open so long, then lets one call through.
    pub open: Duration,
}

/// Whether calls pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// All do.
    Closed,
    /// None does before this instant.
    Open(Instant),
    /// One does, to try: its number, while it is under way.
    HalfOpen(Option<u32>),
}

/// Calls of one part of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bucket {
    calls: u64,
    failures: u64,
}

/// What a breaker has done within the window of the statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls refused.
    pub refused: u64,
    /// Times that it opened, those after a failed trial among them.
    pub opened: u64,
    /// Time in which not all calls passed.
    pub broken: Duration,
}

/// A circuit breaker.
///
/// Closed, it counts what becomes of the calls, each at the instant at which
/// that is known, and opens when too many of a sliding window failed. Open, it
/// refuses. After a while it is half open: the next call is let through and
/// alone decides, whatever still becomes of calls let through before.
#[derive(Clone, Debug)]
pub struct Breaker {
    settings: Settings,
    /// Length of a part of the window, nanoseconds, at least one.
    width: u64,
    state: State,
    /// Ring of the parts; the present one is `number % BUCKETS`.
    buckets: [Bucket; BUCKETS],
    /// Number of the present part since the start of the run.
    number: u64,
    /// Sum of `buckets`.
    total: Bucket,
    /// Since when not all calls pass, or since the window of the statistics.
    broken_since: Option<Instant>,
    counters: Counters,
}

impl Breaker {
    /// A closed breaker that has seen no call.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            width: settings.window.as_nanos().div_ceil(BUCKETS as u64).max(1),
            state: State::Closed,
            buckets: [Bucket::default(); BUCKETS],
            number: 0,
            total: Bucket::default(),
            broken_since: None,
            counters: Counters::default(),
        }
    }

    /// Whether the call passes. No two calls under way have one number.
    pub fn admit(&mut self, now: Instant, call: u32) -> bool {
        let passes = match self.state {
            State::Closed => true,
            State::Open(until) => now >= until,
            State::HalfOpen(trial) => trial.is_none(),
        };
        match passes {
            true if self.state != State::Closed => self.state = State::HalfOpen(Some(call)),
            true => {}
            false => self.counters.refused += 1,
        }
        passes
    }

    /// A call that passed has succeeded.
    pub fn succeeded(&mut self, now: Instant, call: u32) {
        match self.state {
            State::Closed => self.count(now, 0),
            State::HalfOpen(trial) if trial == Some(call) => self.close(now),
            State::Open(_) | State::HalfOpen(_) => {}
        }
    }

    /// A call that passed has failed.
    pub fn failed(&mut self, now: Instant, call: u32) {
        match self.state {
            State::Closed => self.count(now, 1),
            State::HalfOpen(trial) if trial == Some(call) => self.open(now),
            State::Open(_) | State::HalfOpen(_) => {}
        }
    }

    /// A call that passed was given up: it says nothing. If it was the trial,
    /// the next call is.
    pub fn withdrawn(&mut self, call: u32) {
        if self.state == State::HalfOpen(Some(call)) {
            self.state = State::HalfOpen(None);
        }
    }

    /// A call under way goes on under another number.
    pub fn renumber(&mut self, call: u32, number: u32) {
        if self.state == State::HalfOpen(Some(call)) {
            self.state = State::HalfOpen(Some(number));
        }
    }

    /// What it has done up to `now`.
    pub fn counters(&self, now: Instant) -> Counters {
        let present = self.broken_since.map_or(Duration::ZERO, |since| now - since);
        Counters { broken: self.counters.broken + present, ..self.counters }
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.counters = Counters::default();
        self.broken_since = self.broken_since.map(|_| now);
    }

    /// Counts a call whose end is known, and opens if that is one too many.
    fn count(&mut self, now: Instant, failures: u64) {
        self.slide(now);
        for bucket in [&mut self.total, &mut self.buckets[(self.number % BUCKETS as u64) as usize]]
        {
            bucket.calls += 1;
            bucket.failures += failures;
        }
        let Bucket { calls, failures } = self.total;
        let enough = calls >= u64::from(self.settings.minimum);
        if enough && failures > 0 && failures as f64 >= self.settings.failures * calls as f64 {
            self.open(now);
        }
    }

    /// Forgets the parts that the window has left behind.
    fn slide(&mut self, now: Instant) {
        let number = now.as_nanos() / self.width;
        let passed = (number - self.number).min(BUCKETS as u64);
        for step in 1..=passed {
            let left = &mut self.buckets[((self.number + step) % BUCKETS as u64) as usize];
            self.total.calls -= left.calls;
            self.total.failures -= left.failures;
            *left = Bucket::default();
        }
        self.number = number;
    }

    fn open(&mut self, now: Instant) {
        self.state = State::Open(now.saturating_add(self.settings.open));
        self.counters.opened += 1;
        self.broken_since.get_or_insert(now);
    }

    /// Closes; what was before is forgotten.
    fn close(&mut self, now: Instant) {
        self.state = State::Closed;
        self.buckets = [Bucket::default(); BUCKETS];
        self.total = Bucket::default();
        if let Some(since) = self.broken_since.take() {
            self.counters.broken += now - since;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a breaker opens, tries and closes exactly when it should. Method:
    //! hand-traced schedules, and a twin that keeps every call of the window.
    use proptest::prelude::*;

    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    fn settings(failures: f64, window: u64, minimum: u32, open: u64) -> Settings {
        let (window, open) = (Duration::from_nanos(window), Duration::from_nanos(open));
        Settings { failures, window, minimum, open }
    }

    /// Half of at least four calls within 100 ns open it for 50 ns:
    ///
    /// | at | what | calls in the window, failures | state |
    /// |----|------|------|-------|
    /// | 0 | succeeds | 1, 0 | closed |
    /// | 10, 20 | fail | 3, 2 | closed: too few calls |
    /// | 30 | succeeds | 4, 2 | open until 80 |
    /// | 79 | call 5 | – | refused |
    /// | 80 | call 6 | – | passes as trial |
    /// | 81 | call 7 | – | refused |
    /// | 90 | 6 fails | – | open until 140 |
    /// | 140 | call 8 | – | passes as trial |
    /// | 150 | 8 succeeds | 0, 0 | closed |
    #[test]
    fn a_breaker_by_hand() {
        let mut breaker = Breaker::new(settings(0.5, 100, 4, 50));
        assert!((1..=4).all(|call| breaker.admit(at(0), call)));
        breaker.succeeded(at(0), 1);
        breaker.failed(at(10), 2);
        breaker.failed(at(20), 3);
        assert!(breaker.admit(at(20), 9));
        breaker.succeeded(at(30), 4);
        assert!(!breaker.admit(at(79), 5));
        assert!(breaker.admit(at(80), 6));
        assert!(!breaker.admit(at(81), 7));
        breaker.succeeded(at(82), 9);
        assert!(!breaker.admit(at(83), 7));
        breaker.failed(at(90), 6);
        assert!(!breaker.admit(at(139), 8));
        assert!(breaker.admit(at(140), 8));
        breaker.succeeded(at(150), 8);
        assert!((10..20).all(|call| breaker.admit(at(150), call)));
        let broken = Duration::from_nanos(120);
        assert_eq!(breaker.counters(at(200)), Counters { refused: 4, opened: 2, broken });
    }

    #[test]
    fn failures_that_the_window_has_left_behind_do_not_count() {
        let mut breaker = Breaker::new(settings(0.5, 100, 2, 50));
        breaker.failed(at(9), 1);
        // The first tenth is forgotten when the eleventh begins.
        breaker.succeeded(at(100), 2);
        breaker.succeeded(at(100), 3);
        breaker.failed(at(109), 4);
        assert!(breaker.admit(at(109), 5));
        breaker.failed(at(109), 5);
        assert!(!breaker.admit(at(109), 6));
    }

    #[test]
    fn a_trial_given_up_leaves_its_place_to_the_next() {
        let mut breaker = Breaker::new(settings(1.0, 100, 1, 50));
        breaker.failed(at(0), 1);
        assert!(breaker.admit(at(50), 2));
        breaker.renumber(2, 7);
        breaker.withdrawn(2);
        assert!(!breaker.admit(at(51), 3));
        breaker.withdrawn(7);
        assert!(breaker.admit(at(52), 4));
        breaker.succeeded(at(53), 4);
        assert!(breaker.admit(at(53), 5));
    }

    #[test]
    fn the_window_of_the_statistics_begins_anew() {
        let mut breaker = Breaker::new(settings(1.0, 100, 1, 50));
        breaker.failed(at(0), 1);
        assert!(!breaker.admit(at(10), 2));
        breaker.begin_window(at(20));
        let broken = Duration::from_nanos(10);
        assert_eq!(breaker.counters(at(30)), Counters { refused: 0, opened: 0, broken });
    }

    /// All calls since it closed, each with its tenth and whether it failed.
    struct Twin {
        settings: Settings,
        open_until: Option<u64>,
        trial: Option<u32>,
        calls: Vec<(u64, bool)>,
    }

    impl Twin {
        fn admit(&mut self, now: u64, call: u32) -> bool {
            let Some(until) = self.open_until else {
                return true;
            };
            let passes = now >= until && self.trial.is_none();
            self.trial = self.trial.or(passes.then_some(call));
            passes
        }

        fn end(&mut self, now: u64, call: u32, failed: bool) {
            if self.open_until.is_some() {
                if self.trial == Some(call) {
                    (self.trial, self.open_until) = (None, failed.then(|| self.reopens(now)));
                    self.calls.clear();
                }
                return;
            }
            let tenth = self.settings.window.as_nanos() / 10;
            self.calls.push((now / tenth, failed));
            let present = self.calls.iter().filter(|call| call.0 + 10 > now / tenth);
            let all = present.clone().count();
            let failures = present.filter(|call| call.1).count();
            let share = failures as f64 / all as f64;
            let enough = all >= self.settings.minimum as usize;
            if enough && failures > 0 && share >= self.settings.failures {
                self.open_until = Some(self.reopens(now));
            }
        }

        fn reopens(&self, now: u64) -> u64 {
            now + self.settings.open.as_nanos()
        }
    }

    proptest! {
        #[test]
        fn the_twin_lets_the_same_calls_pass(
            quarters in 0..=4u32,
            minimum in 1..6u32,
            open in 1..200u64,
            steps in prop::collection::vec((0..40u64, any::<bool>(), 0..4u32), 0..300),
        ) {
            // Quarters are exact in binary: no share lies within rounding of the limit.
            let settings = settings(f64::from(quarters) / 4.0, 200, minimum, open);
            let mut breaker = Breaker::new(settings);
            let mut twin = Twin { settings, open_until: None, trial: None, calls: Vec::new() };
            let (mut now, mut under_way) = (0, Vec::new());
            for (call, &(gap, comes, which)) in (0..).zip(&steps) {
                now += gap;
                if comes || under_way.is_empty() {
                    let passes = breaker.admit(at(now), call);
                    prop_assert_eq!(passes, twin.admit(now, call));
                    under_way.extend(passes.then_some(call));
                } else {
                    let ended = under_way.remove(which as usize % under_way.len());
                    let failed = which % 2 == 0;
                    match failed {
                        true => breaker.failed(at(now), ended),
                        false => breaker.succeeded(at(now), ended),
                    }
                    twin.end(now, ended, failed);
                }
            }
        }
    }
}
