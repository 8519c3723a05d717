//! A limit that follows the waits of those it lets in: adaptive concurrency.

use crate::kernel::time::{Duration, Instant};
use crate::metrics::time_weighted::TimeWeighted;

/// By one of so many parts the limit shrinks: β = 7/8, as in DECbit (Chiu &
/// Jain 1989, "Analysis of the Increase and Decrease Algorithms for
/// Congestion Avoidance", §3).
const DECREASE: u64 = 8;

/// Additive increase, multiplicative decrease (Chiu & Jain 1989, eq. 9): after
/// each round of as many admissions as the limit allows at once, the limit
/// grows by one if their mean wait was at most the target, else it shrinks by
/// an eighth, by one at least. One round is one signal, so that a burst of
/// long waits counts once.
#[derive(Debug)]
pub struct Concurrency {
    target_wait: u128,
    minimum: u64,
    maximum: u64,
    /// The limit over time.
    limit: TimeWeighted,
    /// Lowest limit in the window.
    lowest: u64,
    /// Admissions of the present round.
    admitted: u64,
    /// Sum of their waits, nanoseconds.
    waited: u128,
}

impl Concurrency {
    /// A limit between `minimum` and `maximum`, which it has at first.
    ///
    /// # Panics
    /// If `minimum` is zero or above `maximum`.
    pub fn new(target_wait: Duration, minimum: u32, maximum: u32) -> Self {
        assert!(minimum > 0 && minimum <= maximum, "a limit lets somebody in");
        let mut limit = TimeWeighted::new();
        limit.set(Instant::ZERO, u64::from(maximum));
        Self {
            target_wait: u128::from(target_wait.as_nanos()),
            minimum: u64::from(minimum),
            maximum: u64::from(maximum),
            limit,
            lowest: u64::from(maximum),
            admitted: 0,
            waited: 0,
        }
    }

    /// Jobs let in at once, at most.
    #[inline]
    pub fn limit(&self) -> u64 {
        self.limit.level()
    }

    /// The limit in the mean over the window.
    pub fn mean(&self, now: Instant) -> f64 {
        self.limit.mean(now)
    }

    /// The lowest limit in the window.
    pub fn lowest(&self) -> u64 {
        self.lowest
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.limit.begin_window(now);
        self.lowest = self.limit();
    }

    /// A job was let in after a wait.
    pub fn granted(&mut self, now: Instant, waited: Duration) {
        self.admitted += 1;
        self.waited += u128::from(waited.as_nanos());
        let limit = self.limit();
        if self.admitted < limit {
            return;
        }
        let next = match self.waited <= self.target_wait * u128::from(self.admitted) {
            true => limit + 1,
            false => limit - (limit / DECREASE).max(1),
        };
        let next = next.clamp(self.minimum, self.maximum);
        if next != limit {
            self.limit.set(now, next);
            self.lowest = self.lowest.min(next);
        }
        (self.admitted, self.waited) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the limit saws between its bounds. Method: rounds by hand.
    use super::*;

    fn round(concurrency: &mut Concurrency, now: u64, waited: u64) -> u64 {
        for _ in 0..concurrency.limit() {
            concurrency.granted(Instant::from_nanos(now), Duration::from_nanos(waited));
        }
        concurrency.limit()
    }

    #[test]
    fn long_waits_shrink_it_by_an_eighth_and_short_ones_let_it_grow_by_one() {
        let mut limit = Concurrency::new(Duration::from_nanos(10), 3, 64);
        assert_eq!(round(&mut limit, 0, 0), 64);
        let shrinking: Vec<u64> = (0..6).map(|_| round(&mut limit, 1, 11)).collect();
        assert_eq!(shrinking, [56, 49, 43, 38, 34, 30]);
        let growing: Vec<u64> = (0..3).map(|_| round(&mut limit, 2, 10)).collect();
        assert_eq!(growing, [31, 32, 33]);
        (0..100).for_each(|_| {
            round(&mut limit, 3, 11);
        });
        assert_eq!((limit.limit(), limit.lowest()), (3, 3));
    }

    #[test]
    fn its_mean_is_weighted_by_time() {
        let mut limit = Concurrency::new(Duration::ZERO, 1, 2);
        assert_eq!(round(&mut limit, 30, 1), 1);
        assert_eq!(round(&mut limit, 40, 0), 2);
        assert_eq!(limit.mean(Instant::from_nanos(50)), 1.8);
    }

    #[test]
    fn one_long_wait_among_short_ones_is_no_signal() {
        let mut limit = Concurrency::new(Duration::from_nanos(10), 1, 4);
        let waits = [40, 0, 0, 0];
        for wait in waits {
            limit.granted(Instant::ZERO, Duration::from_nanos(wait));
        }
        assert_eq!(limit.limit(), 4);
        let waits = [41, 0, 0, 0];
        for wait in waits {
            limit.granted(Instant::ZERO, Duration::from_nanos(wait));
        }
        assert_eq!(limit.limit(), 3);
    }
}
