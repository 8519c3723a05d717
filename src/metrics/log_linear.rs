//! Counts in buckets whose width doubles with every power of two: the layout
//! of the HDR histogram (Tene, *HdrHistogram*), kept here so that a record is
//! a shift, an addition and nothing else.

/// Counts of integers; every power of two from 2^`BITS` on is cut into
/// 2^(`BITS` − 1) buckets, and what is smaller has a bucket of its own.
/// Eleven bits are three significant digits, eight are two.
#[derive(Clone, Debug)]
pub(super) struct LogLinear<const BITS: u32> {
    /// As many as the largest value so far needs, whole powers of two.
    counts: Vec<u64>,
    total: u64,
}

impl<const BITS: u32> LogLinear<BITS> {
    const HALF: usize = 1 << (BITS - 1);

    /// Nothing counted.
    pub(super) fn new() -> Self {
        Self { counts: Vec::new(), total: 0 }
    }

    /// Counts a value `count` times.
    #[inline]
    pub(super) fn record(&mut self, value: u64, count: u64) {
        let bucket = Self::bucket_of(value);
        self.total += count;
        match self.counts.get_mut(bucket) {
            Some(counted) => *counted += count,
            None => self.grow(bucket, count),
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, bucket: usize, count: u64) {
        self.counts.resize((bucket | (Self::HALF - 1)) + 1, 0);
        self.counts[bucket] += count;
    }

    /// How many were counted.
    #[inline]
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Highest value of the bucket that holds the value of this rank, from 1;
    /// zero where there is none.
    pub(super) fn value_at_rank(&self, rank: u64) -> u64 {
        let mut counted = 0;
        let reached = self.counts.iter().position(|&count| {
            counted += count;
            counted >= rank
        });
        reached.map_or(0, |bucket| Self::range_of(bucket).1)
    }

    /// Adds the counts of another.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
    }

    /// Lowest value, highest value and count of every bucket that has one.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        let counted = self.counts.iter().enumerate().filter(|&(_, &count)| count > 0);
        counted.map(|(bucket, &count)| {
            let (low, high) = Self::range_of(bucket);
            (low, high, count)
        })
    }

    /// A value below 2^`BITS` is its own bucket. Any other is shifted until it
    /// has `BITS` bits; each shift is one more half of buckets.
    #[inline]
    fn bucket_of(value: u64) -> usize {
        let smallest = (1 << BITS) - 1;
        let shift = u64::BITS - BITS - (value | smallest).leading_zeros();
        ((shift as usize) << (BITS - 1)) + (value >> shift) as usize
    }

    /// Lowest and highest value of a bucket.
    fn range_of(bucket: usize) -> (u64, u64) {
        let shift = (bucket >> (BITS - 1)).saturating_sub(1);
        let low = ((bucket - (shift << (BITS - 1))) as u64) << shift;
        (low, low + ((1 << shift) - 1))
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the same buckets as the library's histogram of the same digits.
    //! Method: the library as twin.
    use super::*;
    use hdrhistogram::Histogram;
    use proptest::prelude::*;

    fn agrees<const BITS: u32>(digits: u8, values: &[(u32, u64)], rank: usize) {
        let mut twin = Histogram::<u64>::new(digits).expect("digits in range");
        let mut counts = LogLinear::<BITS>::new();
        for &(shift, value) in values {
            twin.record(value >> shift).expect("a value below 2^63");
            counts.record(value >> shift, 1);
        }
        let buckets: Vec<(u64, u64, u64)> = twin
            .iter_recorded()
            .map(|bucket| {
                let value = bucket.value_iterated_to();
                let (low, high) = (twin.lowest_equivalent(value), twin.highest_equivalent(value));
                (low, high, bucket.count_at_value())
            })
            .collect();
        assert_eq!(counts.buckets().collect::<Vec<_>>(), buckets);
        assert_eq!(counts.total(), twin.len());
        let rank = rank % values.len() + 1;
        let mut sorted: Vec<u64> = values.iter().map(|&(shift, value)| value >> shift).collect();
        sorted.sort_unstable();
        assert_eq!(counts.value_at_rank(rank as u64), twin.highest_equivalent(sorted[rank - 1]));
    }

    proptest! {
        #[test]
        fn the_library_has_the_same_buckets(
            values in prop::collection::vec((0u32..62, 0u64..1 << 62), 1..100),
            rank: usize,
        ) {
            agrees::<11>(3, &values, rank);
            agrees::<8>(2, &values, rank);
        }
    }

    #[test]
    fn the_longest_time_has_a_bucket() {
        let mut counts = LogLinear::<11>::new();
        counts.record(u64::MAX, 2);
        assert_eq!(counts.value_at_rank(2), u64::MAX);
        assert_eq!(LogLinear::<11>::new().value_at_rank(1), 0);
    }
}
