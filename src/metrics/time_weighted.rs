//! An integer level over time, and its exact integral.

use crate::kernel::time::{Duration, Instant};

/// A level over time (busy vCPUs, waiting jobs) with its integral and maximum
/// over the window [`TimeWeighted::begin_window`, now].
#[derive(Clone, Default, Debug)]
pub struct TimeWeighted {
    level: u64,
    max: u64,
    window_start: Instant,
    changed: Instant,
    /// Level × nanoseconds from the start of the window to `changed`.
    integral: u128,
}

impl TimeWeighted {
    /// Level zero from the start of the run.
    pub fn new() -> Self {
        Self::default()
    }

    /// The level from `now` on.
    #[inline]
    pub fn set(&mut self, now: Instant, level: u64) {
        self.integral = self.integral(now);
        self.changed = now;
        self.level = level;
        self.max = self.max.max(level);
    }

    /// Moves the level by `difference` from `now` on.
    ///
    /// # Panics
    /// If the level would be negative.
    #[inline]
    pub fn add(&mut self, now: Instant, difference: i64) {
        let level = self.level.checked_add_signed(difference);
        self.set(now, level.expect("a level is never negative"));
    }

    /// The present level.
    #[inline]
    pub fn level(&self) -> u64 {
        self.level
    }

    /// The highest level in the window.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// Level × nanoseconds over the window up to `now`.
    #[inline]
    pub fn integral(&self, now: Instant) -> u128 {
        let held = now - self.changed;
        self.integral + u128::from(self.level) * u128::from(held.as_nanos())
    }

    /// Starts the window anew at `now`, with the level as it is.
    pub fn begin_window(&mut self, now: Instant) {
        self.integral = 0;
        self.max = self.level;
        self.window_start = now;
        self.changed = now;
    }

    /// Length of the window up to `now`.
    pub fn window(&self, now: Instant) -> Duration {
        now - self.window_start
    }

    /// Mean level over the window up to `now`; the level where it has no length.
    pub fn mean(&self, now: Instant) -> f64 {
        let window = self.window(now);
        if window.is_zero() {
            return self.level as f64;
        }
        self.integral(now) as f64 / window.as_nanos() as f64
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the integral is exact. Method: nanosecond by nanosecond sums.
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_integral_is_the_sum_over_the_nanoseconds(
            changes in prop::collection::vec((0..20u64, 0..5u64), 0..40),
            window_after in 0..40usize,
        ) {
            let mut level = TimeWeighted::new();
            let (mut now, mut sum, mut max) = (0, 0u128, 0);
            for (step, &(held, next)) in changes.iter().enumerate() {
                for _ in 0..held {
                    sum += u128::from(level.level());
                }
                now += held;
                if step == window_after {
                    level.begin_window(Instant::from_nanos(now));
                    (sum, max) = (0, level.level());
                }
                level.set(Instant::from_nanos(now), next);
                max = max.max(next);
            }
            prop_assert_eq!(level.integral(Instant::from_nanos(now)), sum);
            prop_assert_eq!(level.max(), max);
        }
    }

    #[test]
    fn the_mean_is_over_the_window_alone() {
        let mut level = TimeWeighted::new();
        level.add(Instant::ZERO, 4);
        level.begin_window(Instant::from_nanos(10));
        level.add(Instant::from_nanos(20), -2);
        assert_eq!(level.mean(Instant::from_nanos(30)), 3.0);
    }
}
