//! Histograms of durations, with what never finished counted as infinitely
//! long.

use super::log_linear::LogLinear;
use crate::kernel::time::Duration;

/// Durations in nanoseconds, kept to three significant digits; mean and
/// maximum are exact.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: LogLinear<11>,
    sum: u128,
    max: Duration,
    /// Ages of what had not finished: lower bounds of its durations.
    unfinished: LogLinear<11>,
    unfinished_sum: u128,
}

/// A quantile of a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantile {
    /// Its value.
    Finite(Duration),
    /// It falls among what never finished: at least this long.
    AtLeast(Duration),
}

/// One bucket with something in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bucket {
    /// Lowest duration that falls into it.
    pub low: Duration,
    /// Highest.
    pub high: Duration,
    /// How many.
    pub count: u64,
}

impl Histogram {
    /// An empty histogram.
    pub fn new() -> Self {
        Self {
            counts: LogLinear::new(),
            sum: 0,
            max: Duration::ZERO,
            unfinished: LogLinear::new(),
            unfinished_sum: 0,
        }
    }

    /// Counts a duration.
    #[inline]
    pub fn record(&mut self, duration: Duration) {
        let nanos = duration.as_nanos();
        self.counts.record(nanos, 1);
        self.sum += u128::from(nanos);
        self.max = self.max.max(duration);
    }

    /// Counts a duration `count` times.
    #[inline]
    pub fn record_many(&mut self, duration: Duration, count: u64) {
        let nanos = duration.as_nanos();
        self.counts.record(nanos, count);
        self.sum += u128::from(nanos) * u128::from(count);
        self.max = self.max.max(duration);
    }

    /// Counts what had not finished at this age: it counts as infinitely long.
    pub fn record_unfinished(&mut self, age: Duration) {
        self.unfinished.record(age.as_nanos(), 1);
        self.unfinished_sum += u128::from(age.as_nanos());
    }

    /// Number of durations, the infinite ones included.
    pub fn count(&self) -> u64 {
        self.finite_count() + self.unfinished.total()
    }

    /// Number of finite durations.
    pub fn finite_count(&self) -> u64 {
        self.counts.total()
    }

    /// Exact mean of the finite durations in nanoseconds; `None` without any.
    pub fn mean_nanos(&self) -> Option<f64> {
        (self.finite_count() > 0).then(|| self.sum as f64 / self.finite_count() as f64)
    }

    /// Lower bound of the mean of all, in nanoseconds: what had not finished
    /// enters with its age.
    pub fn mean_bound_nanos(&self) -> Option<f64> {
        let sum = self.sum + self.unfinished_sum;
        (self.count() > 0).then(|| sum as f64 / self.count() as f64)
    }

    /// Lower and upper end of the bucket in which a duration lies.
    pub fn bucket_of(duration: Duration) -> (Duration, Duration) {
        let mut one = LogLinear::<11>::new();
        one.record(duration.as_nanos(), 1);
        let bucket = one.buckets().next().map(|(low, high, _)| (low, high));
        let (low, high) = bucket.unwrap_or((duration.as_nanos(), duration.as_nanos()));
        (Duration::from_nanos(low), Duration::from_nanos(high))
    }

    /// The duration at a rank when all that had not finished had ended at its
    /// age: none of the true ones is shorter.
    fn bound_at(&self, rank: u64) -> Duration {
        let mut all = self.counts.clone();
        all.merge(&self.unfinished);
        Duration::from_nanos(all.value_at_rank(rank))
    }

    /// Longest finite duration.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The smallest duration that at least a share `p` of all does not exceed
    /// (within three digits); `None` without any.
    pub fn quantile(&self, p: f64) -> Option<Quantile> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        // Shrunk by one part in 2^50, so that 0.07 of 100 is 7 and not 8.
        let wanted = (p * total as f64 * (1.0 - 1.0 / (1u64 << 50) as f64)).ceil() as u64;
        let rank = wanted.clamp(1, total);
        if rank > self.finite_count() {
            return Some(Quantile::AtLeast(self.bound_at(rank)));
        }
        let value = Duration::from_nanos(self.counts.value_at_rank(rank));
        Some(Quantile::Finite(value.min(self.max)))
    }

    /// Adds the counts of another: exact, in any order.
    pub fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.sum += other.sum;
        self.max = self.max.max(other.max);
        self.unfinished.merge(&other.unfinished);
        self.unfinished_sum += other.unfinished_sum;
    }

    /// Buckets with something in them, from short to long.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket> + '_ {
        self.counts.buckets().map(|(low, high, count)| Bucket {
            low: Duration::from_nanos(low),
            high: Duration::from_nanos(high),
            count,
        })
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: quantiles are those of the sorted sample within three digits,
    //! merging is exact. Method: a twin that keeps the sample in a vector.
    use super::*;
    use proptest::prelude::*;

    fn of(nanos: &[u64]) -> Histogram {
        let mut histogram = Histogram::new();
        for &value in nanos {
            histogram.record(Duration::from_nanos(value));
        }
        histogram
    }

    #[test]
    fn a_quantile_among_the_unfinished_is_a_bound() {
        let mut histogram = of(&[1, 2, 3]);
        histogram.record_unfinished(Duration::from_nanos(2));
        assert_eq!(histogram.quantile(0.75), Some(Quantile::Finite(Duration::from_nanos(3))));
        // 1, 2, 3 and one that is at least 2: the largest is at least 3.
        assert_eq!(histogram.quantile(0.76), Some(Quantile::AtLeast(Duration::from_nanos(3))));
        assert_eq!(histogram.mean_bound_nanos(), Some(2.0));
        assert_eq!(of(&[]).quantile(0.5), None);
    }

    #[test]
    fn seven_percent_of_a_hundred_is_seven() {
        let values: Vec<u64> = (1..=100).collect();
        assert_eq!(of(&values).quantile(0.07), Some(Quantile::Finite(Duration::from_nanos(7))));
    }

    proptest! {
        #[test]
        fn quantiles_match_the_sorted_sample(
            mut values in prop::collection::vec(0u64..1 << 40, 1..200),
            p in 0.0f64..1.0,
            split in 0usize..200,
        ) {
            let split = split.min(values.len());
            let mut merged = of(&values[..split]);
            merged.merge(&of(&values[split..]));
            let whole = of(&values);
            prop_assert_eq!(merged.quantile(p), whole.quantile(p));
            prop_assert_eq!(merged.mean_nanos(), whole.mean_nanos());
            values.sort_unstable();
            let rank = ((p * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1] as f64;
            let Some(Quantile::Finite(got)) = whole.quantile(p) else { panic!("finite") };
            prop_assert!((got.as_nanos() as f64 - exact).abs() <= exact * 1e-3 + 1.0);
        }
    }
}
