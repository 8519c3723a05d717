//! The Zipf law over up to 2^40 items, exactly and in little memory.
//!
//! The most popular ranks have an outcome each; the rest lie in buckets whose
//! width is a 64th of their first rank, so that the masses inside one differ
//! by a factor of at most (64/65)^exponent, and a key is drawn uniformly from
//! the bucket and rejected against the mass of its first rank.

use super::alias::AliasTable;
use crate::kernel::math::{exp_m1, ln_1p, pow};
use crate::kernel::random::{Source, unit_interval};

/// Ranks with an outcome of their own. The table of about 5200 slots stays in
/// the second-level cache.
const HEAD: u64 = 4096;

/// A bucket from k on is k / 64 wide.
const BUCKETS_PER_RANK: u64 = 64;

/// Probability of the k-th rank, from one, proportional to k^−exponent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Zipf {
    exponent: f64,
    items: u64,
    /// Σ k^−exponent over all items.
    total: f64,
    /// Below every acceptance probability in any bucket: decides most draws
    /// without a power.
    acceptance_min: f64,
    /// Outcomes: the ranks of the head, then the buckets.
    table: AliasTable,
    /// Σ k^−exponent over the first ranks, for none up to all of the head.
    head_sums: Box<[f64]>,
    buckets: Box<[Bucket]>,
}

/// Ranks of the tail that share an outcome; k counts from one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    /// The first k.
    first: u64,
    /// Number of ranks.
    width: u64,
    /// Σ k^−exponent over everything before the first.
    sum_before: f64,
}

impl Zipf {
    /// Precondition, checked by the caller: a positive exponent and 1 to 2^40
    /// items.
    pub(super) fn new(exponent: f64, items: u64) -> Self {
        let head = items.min(HEAD);
        let mut weights: Vec<f64> = (1..=head).map(|k| pow(k as f64, -exponent)).collect();
        let mut head_sums = vec![0.0];
        let mut total = 0.0;
        for weight in &weights {
            total += weight;
            head_sums.push(total);
        }
        let mut buckets = Vec::new();
        let mut first = head + 1;
        while first <= items {
            let width = (first / BUCKETS_PER_RANK).min(items + 1 - first);
            buckets.push(Bucket { first, width, sum_before: total });
            let weight = power_sum(exponent, first, first + width);
            weights.push(weight);
            total += weight;
            first += width;
        }
        let ratio = BUCKETS_PER_RANK as f64 / (BUCKETS_PER_RANK + 1) as f64;
        Self {
            exponent,
            items,
            total,
            // Less by far more than the rounding of a power.
            acceptance_min: pow(ratio, exponent) * (1.0 - 1e-9),
            table: AliasTable::new(&weights),
            head_sums: head_sums.into(),
            buckets: buckets.into(),
        }
    }

    pub(super) fn items(&self) -> u64 {
        self.items
    }

    #[inline]
    pub(super) fn sample<S: Source>(&self, source: &mut S) -> u64 {
        let outcome = self.table.outcome(source.next_u64());
        let head = self.head_sums.len() - 1;
        if outcome < head { outcome as u64 } else { self.sample_bucket(outcome - head, source) }
    }

    /// A rank of the bucket. One word gives both the key and the uniform draw
    /// that accepts it, whose resolution is width × 2^-64: 2^-40 at 10^9 items.
    #[inline]
    pub(super) fn sample_bucket<S: Source>(&self, bucket: usize, source: &mut S) -> u64 {
        let Bucket { first, width, .. } = self.buckets[bucket];
        loop {
            let product = u128::from(source.next_u64()) * u128::from(width);
            let k = first + (product >> 64) as u64;
            let uniform = unit_interval(product as u64 >> 11);
            if uniform < self.acceptance_min
                || uniform < pow(first as f64 / k as f64, self.exponent)
            {
                return k - 1;
            }
        }
    }

    /// Precondition: `rank` is below the number of items.
    pub(super) fn mass(&self, rank: u64) -> f64 {
        pow((rank + 1) as f64, -self.exponent) / self.total
    }

    /// Precondition: `ranks` is at most the number of items.
    pub(super) fn cumulative(&self, ranks: u64) -> f64 {
        if let Some(sum) = self.head_sums.get(ranks as usize) {
            return sum / self.total;
        }
        // The last bucket that starts at or before the last of these ranks.
        let after = self.buckets.partition_point(|bucket| bucket.first <= ranks);
        let bucket = self.buckets[after - 1];
        (bucket.sum_before + power_sum(self.exponent, bucket.first, ranks + 1)) / self.total
    }
}

/// Σ k^−s for first ≤ k < end, by the Euler–Maclaurin formula (DLMF 2.10.1) with
/// f(x) = x^−s, up to the third derivative. For `first` above 4096, a range
/// within a 64th of it and s up to 10 the relative error is below 1e-14: the
/// next term is s⋯(s+4) first^−5 / 30240.
fn power_sum(exponent: f64, first: u64, end: u64) -> f64 {
    let s = exponent;
    let (a, b) = (first as f64, end as f64);
    let (at_a, at_b) = (pow(a, -s), pow(b, -s));
    // ∫ x^−s = a^(1−s) (e^((1−s) L) − 1)/(1−s) with L = ln(b/a), stable at s = 1.
    let log_ratio = ln_1p((b - a) / a);
    let scaled = (1.0 - s) * log_ratio;
    let growth = if scaled == 0.0 { log_ratio } else { log_ratio * exp_m1(scaled) / scaled };
    let first_derivatives = -s * (at_b / b - at_a / a);
    let third = -s * (s + 1.0) * (s + 2.0);
    let third_derivatives = third * (at_b / (b * b * b) - at_a / (a * a * a));
    a * at_a * growth - 0.5 * (at_b - at_a) + first_derivatives / 12.0 - third_derivatives / 720.0
}

#[cfg(test)]
mod tests {
    //! Goal: bucket sums hold their stated error. Method: summing the terms one
    //! by one with compensation.
    use super::*;

    /// Neumaier's compensated sum, good to an ulp or two.
    fn slow_power_sum(exponent: f64, first: u64, end: u64) -> f64 {
        let (mut sum, mut lost) = (0.0f64, 0.0);
        for k in first..end {
            let term = pow(k as f64, -exponent);
            let next = sum + term;
            lost += if sum >= term { (sum - next) + term } else { (term - next) + sum };
            sum = next;
        }
        sum + lost
    }

    #[test]
    fn bucket_sums_are_the_sums_of_their_terms() {
        for exponent in [0.01, 0.5, 0.99, 1.0, 1.000_001, 1.5, 3.0, 10.0] {
            for first in [4097, 5_001, 65_537, 1_000_003, 20_000_000] {
                for width in [1, 2, first / BUCKETS_PER_RANK] {
                    let fast = power_sum(exponent, first, first + width);
                    let slow = slow_power_sum(exponent, first, first + width);
                    let error = (fast / slow - 1.0).abs();
                    assert!(error < 1e-13, "s = {exponent} from {first}, {width} wide: {error:e}");
                }
            }
        }
    }
}
