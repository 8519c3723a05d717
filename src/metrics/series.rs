//! Courses over time in a fixed number of buckets, so that memory does not
//! grow with the run: the width doubles when the buckets run out.

use super::log_linear::LogLinear;
use crate::kernel::time::{Duration, Instant};

/// Buckets of a course; even, so that neighbours merge in pairs.
pub const BUCKETS: usize = 240;

/// The clock that all courses of one replication share.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketClock {
    width: Duration,
    current: usize,
}

impl BucketClock {
    /// A clock whose buckets have this width at first.
    pub fn new(width: Duration) -> Self {
        assert!(!width.is_zero(), "a bucket has a width");
        Self { width, current: 0 }
    }

    /// The bucket of the present.
    #[inline]
    pub fn current(&self) -> usize {
        self.current
    }

    /// Width of a bucket.
    pub fn width(&self) -> Duration {
        self.width
    }

    /// When the present bucket ends.
    pub fn current_end(&self) -> Instant {
        let nanos = self.width.as_nanos().saturating_mul(self.current as u64 + 1);
        Instant::from_nanos(nanos.min(Instant::MAX.as_nanos()))
    }

    /// Goes on to the next bucket; true when the buckets ran out and every
    /// course must `halve`.
    pub fn advance(&mut self) -> bool {
        self.current += 1;
        if self.current < BUCKETS {
            return false;
        }
        self.width = self.width + self.width;
        self.current = BUCKETS / 2;
        true
    }
}

/// Sums per bucket: counts, or integrals of a level.
#[derive(Clone, Debug, PartialEq)]
pub struct SumSeries {
    sums: Vec<u128>,
}

impl SumSeries {
    /// All zero.
    pub fn new() -> Self {
        Self { sums: vec![0; BUCKETS] }
    }

    /// Adds to a bucket.
    #[inline]
    pub fn add(&mut self, bucket: usize, amount: u128) {
        self.sums[bucket] += amount;
    }

    /// Neighbours become one.
    pub fn halve(&mut self) {
        for bucket in 0..BUCKETS / 2 {
            self.sums[bucket] = self.sums[2 * bucket] + self.sums[2 * bucket + 1];
        }
        self.sums[BUCKETS / 2..].fill(0);
    }

    /// Adds the course of another replication of the same width.
    pub fn merge(&mut self, other: &Self) {
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
    }

    /// Sums by bucket.
    pub fn sums(&self) -> &[u128] {
        &self.sums
    }
}

impl Default for SumSeries {
    fn default() -> Self {
        Self::new()
    }
}

/// A small histogram per bucket: two significant digits, in microseconds.
#[derive(Clone, Debug)]
pub struct QuantileSeries {
    buckets: Vec<LogLinear<8>>,
}

impl QuantileSeries {
    /// All empty.
    pub fn new() -> Self {
        Self { buckets: vec![LogLinear::new(); BUCKETS] }
    }

    /// Counts a duration in a bucket.
    #[inline]
    pub fn record(&mut self, bucket: usize, duration: Duration) {
        self.buckets[bucket].record(duration.as_nanos() / 1_000, 1);
    }

    /// Neighbours become one.
    pub fn halve(&mut self) {
        for bucket in 0..BUCKETS / 2 {
            self.buckets.swap(bucket, 2 * bucket);
            let later = std::mem::replace(&mut self.buckets[2 * bucket + 1], LogLinear::new());
            self.buckets[bucket].merge(&later);
        }
        self.buckets[BUCKETS / 2..].fill(LogLinear::new());
    }

    /// Adds the course of another replication of the same width.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            mine.merge(theirs);
        }
    }

    /// A quantile of a bucket, in milliseconds; `None` where it is empty.
    pub fn quantile_millis(&self, bucket: usize, p: f64) -> Option<f64> {
        let counts = &self.buckets[bucket];
        // The first rank that is at least this share of all.
        let rank = (p * counts.total() as f64).ceil() as u64;
        (counts.total() > 0).then(|| counts.value_at_rank(rank.max(1)) as f64 / 1_000.0)
    }
}

impl Default for QuantileSeries {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: when buckets run out nothing is lost and everything stays in the
    //! bucket of its instant. Method: a twin that keeps all samples.
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn doubling_loses_nothing(gaps in prop::collection::vec(0u64..9_000, 1..400)) {
            let mut clock = BucketClock::new(Duration::from_nanos(1_000));
            let mut sums = SumSeries::new();
            let mut quantiles = QuantileSeries::new();
            let mut samples = Vec::new();
            let mut now = 0;
            for gap in gaps {
                now += gap;
                while clock.current_end() <= Instant::from_nanos(now) {
                    if clock.advance() {
                        sums.halve();
                        quantiles.halve();
                    }
                }
                sums.add(clock.current(), 1);
                quantiles.record(clock.current(), Duration::from_nanos(gap * 1_000));
                samples.push((now, gap));
            }
            for bucket in 0..BUCKETS {
                let width = clock.width().as_nanos();
                let inside: Vec<u64> = samples
                    .iter()
                    .filter(|(at, _)| (at / width) as usize == bucket)
                    .map(|&(_, gap)| gap)
                    .collect();
                prop_assert_eq!(sums.sums()[bucket], inside.len() as u128);
                let longest = inside.iter().max().map(|&gap| gap as f64 / 1_000.0);
                let measured = quantiles.quantile_millis(bucket, 1.0);
                prop_assert_eq!(measured.is_some(), longest.is_some());
                if let (Some(longest), Some(measured)) = (longest, measured) {
                    prop_assert!((measured - longest).abs() <= longest * 0.01 + 0.001);
                }
            }
        }
    }
}
