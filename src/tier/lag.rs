//! The replication lag of one replica over a window of time.
//!
//! The lag at t is the age of the oldest committed write that the replica has
//! not applied, 0 when it has all: a sawtooth that climbs one second per
//! second and drops when a write is applied. It is recorded as its ramps.

use crate::kernel::time::{Duration, Instant};

/// Lag over a window, weighted by time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LagStatistics {
    /// The exact mean.
    pub mean: Duration,
    /// The lag not exceeded during 99 % of the time; off by at most 1/32 of itself.
    pub p99: Duration,
    /// The exact maximum.
    pub max: Duration,
}

/// The lag of one replica, or of several merged, over a window.
///
/// The distribution counts nanoseconds in buckets of a lag's width: exact
/// below 32 ns, then 32 buckets to each power of two.
#[derive(Clone, Debug)]
pub struct LagRecord {
    time: u128,
    /// Twice the integral of the lag over time, in ns²: a ramp from a to b adds
    /// b² − a², an integer.
    doubled_integral: u128,
    max: u64,
    /// Time without lag, in ns.
    caught_up: u128,
    /// Time in the buckets in which a ramp begins or ends, in ns.
    partial: Vec<u128>,
    /// Ramps that cross the whole bucket, as differences to the bucket below: a
    /// ramp across a thousand buckets changes two numbers.
    crossing: Vec<i64>,
}

/// 2^5 buckets to each power of two.
const PRECISION_BITS: u32 = 5;
const BUCKETS_PER_OCTAVE: u64 = 1 << PRECISION_BITS;

impl Default for LagRecord {
    fn default() -> Self {
        let buckets = bucket_of(Instant::MAX.as_nanos()) + 2;
        Self {
            time: 0,
            doubled_integral: 0,
            max: 0,
            caught_up: 0,
            partial: vec![0; buckets],
            crossing: vec![0; buckets],
        }
    }
}

impl LagRecord {
    /// Forgets everything.
    pub fn clear(&mut self) {
        (self.time, self.doubled_integral, self.max, self.caught_up) = (0, 0, 0, 0);
        self.partial.fill(0);
        self.crossing.fill(0);
    }

    /// The replica had all writes for `time`.
    #[inline]
    pub fn caught_up(&mut self, time: Duration) {
        self.time += u128::from(time.as_nanos());
        self.caught_up += u128::from(time.as_nanos());
    }

    /// The lag climbed from `from` to `to`, which took `to` − `from`; a lag
    /// that lasted no time counts for nothing, not even as the maximum.
    #[inline]
    pub fn climbed(&mut self, from: Duration, to: Duration) {
        let (from, to) = (from.as_nanos(), to.as_nanos());
        debug_assert!(from <= to, "lag climbs between applications");
        if from == to {
            return;
        }
        self.time += u128::from(to - from);
        self.doubled_integral += square(to) - square(from);
        self.max = self.max.max(to);
        self.spread(from, to);
    }

    /// Spreads the time of a ramp over the buckets that it crosses.
    #[inline]
    fn spread(&mut self, from: u64, to: u64) {
        let (first, last) = (bucket_of(from), bucket_of(to));
        if first == last {
            self.partial[first] += u128::from(to - from);
            return;
        }
        self.partial[first] += u128::from(lowest_of(first + 1) - from);
        self.partial[last] += u128::from(to - lowest_of(last));
        self.crossing[first + 1] += 1;
        self.crossing[last] -= 1;
    }

    /// Adds the time of another replica, or replication.
    pub fn merge(&mut self, other: &Self) {
        self.time += other.time;
        self.doubled_integral += other.doubled_integral;
        self.max = self.max.max(other.max);
        self.caught_up += other.caught_up;
        self.partial.iter_mut().zip(&other.partial).for_each(|(mine, theirs)| *mine += theirs);
        self.crossing.iter_mut().zip(&other.crossing).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Mean, p99 and maximum; all zero of no time at all.
    pub fn statistics(&self) -> LagStatistics {
        let mean = (self.doubled_integral / 2).checked_div(self.time).unwrap_or(0);
        LagStatistics {
            mean: Duration::from_nanos(mean as u64),
            p99: self.quantile(99, 100),
            max: Duration::from_nanos(self.max),
        }
    }

    /// The lag not exceeded during `numerator/denominator` of the time,
    /// interpolated in its bucket.
    fn quantile(&self, numerator: u128, denominator: u128) -> Duration {
        // The first nanosecond at which at least this share of the time is covered.
        let wanted = (self.time * numerator).div_ceil(denominator);
        let (mut below, mut crossing) = (self.caught_up, 0);
        if wanted <= below {
            return Duration::ZERO;
        }
        for bucket in 0..self.partial.len() - 1 {
            crossing += self.crossing[bucket];
            let (low, width) = (lowest_of(bucket), lowest_of(bucket + 1) - lowest_of(bucket));
            let inside = self.partial[bucket] + crossing as u128 * u128::from(width);
            if below + inside >= wanted {
                let part = u128::from(width) * (wanted - below) / inside;
                return Duration::from_nanos((low + part as u64).min(self.max));
            }
            below += inside;
        }
        Duration::from_nanos(self.max)
    }
}

#[inline]
fn square(nanos: u64) -> u128 {
    u128::from(nanos) * u128::from(nanos)
}

/// The bucket of a lag of `nanos`.
#[inline]
fn bucket_of(nanos: u64) -> usize {
    if nanos < BUCKETS_PER_OCTAVE {
        return nanos as usize;
    }
    let shift = nanos.ilog2() - PRECISION_BITS;
    ((u64::from(shift) << PRECISION_BITS) + (nanos >> shift)) as usize
}

/// The least lag in `bucket`, the inverse of [`bucket_of`].
#[inline]
fn lowest_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < BUCKETS_PER_OCTAVE {
        return bucket;
    }
    let shift = (bucket >> PRECISION_BITS) - 1;
    (BUCKETS_PER_OCTAVE + bucket % BUCKETS_PER_OCTAVE) << shift
}

#[cfg(test)]
mod tests {
    //! Goal: mean and maximum exact, p99 within a bucket. Method: proptest
    //! against the sorted list of all nanoseconds; the sawtooth in closed form.
    use super::*;
    use proptest::prelude::*;

    fn nanos(nanos: u64) -> Duration {
        Duration::from_nanos(nanos)
    }

    proptest! {
        #[test]
        fn buckets_tile_the_range(value in 0..Instant::MAX.as_nanos()) {
            let bucket = bucket_of(value);
            let (low, next) = (lowest_of(bucket), lowest_of(bucket + 1));
            prop_assert!(low <= value && value < next);
            prop_assert!((next - low - 1) * BUCKETS_PER_OCTAVE <= low);
        }

        #[test]
        fn statistics_agree_with_every_nanosecond_listed(
            ramps in prop::collection::vec((0_u64..2_000, 0_u64..3_000), 1..20),
            idle in 0_u64..5_000,
            split in any::<prop::sample::Index>(),
        ) {
            let mut records = [LagRecord::default(), LagRecord::default()];
            let split = split.index(ramps.len());
            records[0].caught_up(nanos(idle));
            let mut listed = vec![0.0; idle as usize];
            let mut max = 0;
            for (number, &(from, length)) in ramps.iter().enumerate() {
                records[usize::from(number < split)].climbed(nanos(from), nanos(from + length));
                listed.extend((from..from + length).map(|lag| lag as f64 + 0.5));
                max = max.max(if length > 0 { from + length } else { 0 });
            }
            let [mut merged, other] = records;
            merged.merge(&other);
            let found = merged.statistics();
            prop_assert_eq!(found.max, nanos(max));
            if listed.is_empty() {
                return Ok(());
            }
            listed.sort_by(f64::total_cmp);
            let mean = listed.iter().sum::<f64>() / listed.len() as f64;
            prop_assert!((found.mean.as_nanos() as f64 - mean).abs() <= 1.0);
            let p99 = listed[(listed.len() * 99).div_ceil(100) - 1];
            prop_assert!((found.p99.as_nanos() as f64 - p99).abs() <= p99 / 32.0 + 2.0, "{found:?} {p99}");
        }
    }

    #[test]
    fn a_sawtooth_has_the_lag_of_its_closed_form() {
        // Uniform on 0..1 ms for half of the time, caught up for the other.
        let mut record = LagRecord::default();
        for _ in 0..1_000 {
            record.climbed(nanos(0), nanos(1_000_000));
            record.caught_up(nanos(1_000_000));
        }
        let found = record.statistics();
        assert_eq!((found.mean, found.max), (nanos(250_000), nanos(1_000_000)));
        // The 98th percentile of the uniform part.
        assert!(found.p99.as_nanos().abs_diff(980_000) < 980_000 / 32, "{found:?}");
        record.clear();
        assert_eq!(record.statistics().p99, Duration::ZERO);
    }
}
