//! Differences of two designs over replications that share their random
//! numbers, and how much the sharing is worth.

use super::super::confidence::{CONFIDENCE, mean_estimate, student_t_quantile};
use super::super::summary::Estimate;
use crate::kernel::math;

/// Fewer pairs say next to nothing about a ratio of variances.
const FEWEST_PAIRS: usize = 10;

/// A figure of both designs, replication by replication.
pub(super) struct Pairs {
    first: Vec<Option<f64>>,
    other: Vec<Option<f64>>,
}

impl Pairs {
    /// Pairs by the number of the replication.
    pub(super) fn new(first: Vec<Option<f64>>, other: Vec<Option<f64>>) -> Self {
        Self { first, other }
    }

    /// Pairs in which both designs have a value.
    fn present(&self) -> Vec<(f64, f64)> {
        let pairs = self.first.iter().zip(&self.other);
        pairs.filter_map(|(first, other)| Some(((*first)?, (*other)?))).collect()
    }

    /// Mean of the differences with Student's t (Law, *Simulation Modeling and
    /// Analysis*, 5th ed., §10.2.1: the paired-t interval).
    pub(super) fn mean(&self) -> Estimate {
        let differences: Vec<Option<f64>> =
            self.present().into_iter().map(|(first, other)| Some(other - first)).collect();
        mean_estimate(&differences)
    }

    /// The difference of what is read from merged data, with the spread of the
    /// differences of the replications around it: sectioning, centred at the
    /// overall point estimate (Asmussen & Glynn, *Stochastic Simulation*, 2007,
    /// §III.5). The mean of the single differences, which is biased where
    /// a replication is thin, enters the width and never the value.
    pub(super) fn around(&self, point: f64) -> Estimate {
        let pairs = self.present();
        if pairs.len() < 2 {
            return Estimate::point(point, "one replication carries no interval: run at least 2");
        }
        let count = pairs.len() as f64;
        let away = |(first, other): &(f64, f64)| other - first - point;
        let squares: f64 = pairs.iter().map(|pair| away(pair) * away(pair)).sum();
        let standard_error = math::sqrt(squares / (count - 1.0) / count);
        let half = student_t_quantile(0.5 + CONFIDENCE / 2.0, count - 1.0) * standard_error;
        Estimate {
            value: Some(point),
            low: Some(point - half),
            high: Some(point + half),
            confidence: CONFIDENCE,
            at_least: false,
            note: None,
        }
    }

    /// Variance of the difference if each design had users of its own ÷ that
    /// of the paired difference: (Var A + Var B) ÷ Var(B − A), with an interval
    /// from the jackknife of its logarithm (Efron & Tibshirani, *An
    /// Introduction to the Bootstrap*, 1993, ch. 11). So many times the
    /// replications would it take to know the difference as well without
    /// common random numbers.
    pub(super) fn variance_reduction(&self) -> Estimate {
        let pairs = self.present();
        if pairs.len() < FEWEST_PAIRS {
            return Estimate::absent("too few replications for a ratio of variances: run 10");
        }
        let Some(whole) = log_ratio(&pairs) else {
            return Estimate::absent("the difference does not vary");
        };
        let without = (0..pairs.len()).filter_map(|left_out| {
            let mut rest = pairs.clone();
            rest.swap_remove(left_out);
            log_ratio(&rest)
        });
        let without: Vec<f64> = without.collect();
        let count = without.len() as f64;
        let mean = without.iter().sum::<f64>() / count;
        let squares: f64 = without.iter().map(|one| (one - mean) * (one - mean)).sum();
        let standard_error = math::sqrt((count - 1.0) / count * squares);
        let half = student_t_quantile(0.5 + CONFIDENCE / 2.0, count - 1.0) * standard_error;
        Estimate {
            value: Some(math::exp(whole)),
            low: Some(math::exp(whole - half)),
            high: Some(math::exp(whole + half)),
            confidence: CONFIDENCE,
            at_least: false,
            note: None,
        }
    }
}

/// ln((Var A + Var B) ÷ Var(B − A)); nothing where nothing varies.
fn log_ratio(pairs: &[(f64, f64)]) -> Option<f64> {
    let of = |value: fn(&(f64, f64)) -> f64| variance(pairs.iter().map(value));
    let apart = of(|pair| pair.0) + of(|pair| pair.1);
    let paired = of(|pair| pair.1 - pair.0);
    (paired > 0.0 && apart > 0.0).then(|| math::ln(apart / paired))
}

fn variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0)
}

#[cfg(test)]
mod tests {
    //! Goal: intervals of differences are those of the textbook, and the worth
    //! of pairing is the ratio of variances. Method: worked values, and pairs
    //! whose correlation is known.
    use super::*;
    use crate::kernel::random::{Key, Source};

    fn pairs(values: &[(f64, f64)]) -> Pairs {
        let (first, other) = values.iter().map(|pair| (Some(pair.0), Some(pair.1))).unzip();
        Pairs::new(first, other)
    }

    #[test]
    fn the_paired_t_interval_of_the_textbook() {
        // Law, 5th ed., example 10.2: differences of mean 4.98, variance of the
        // mean 2.44, five pairs; here at 95 % with t = 2.776.
        let law = [(126.97, 118.21), (124.31, 120.22), (126.68, 122.45)];
        let law = [law.as_slice(), &[(122.66, 122.68), (127.23, 119.40)]].concat();
        let estimate = pairs(&law).mean();
        assert!((estimate.value.unwrap() + 4.978).abs() < 1e-3);
        assert!((estimate.half_width().unwrap() - 2.776 * math::sqrt(2.44)).abs() < 0.01);
    }

    #[test]
    fn the_spread_is_taken_around_the_merged_difference() {
        // Differences 1 and 3 around 5: squares 16 + 4, standard error √10.
        let estimate = pairs(&[(0.0, 1.0), (0.0, 3.0)]).around(5.0);
        assert_eq!(estimate.value, Some(5.0));
        assert!((estimate.half_width().unwrap() - 12.706 * math::sqrt(10.0)).abs() < 1e-2);
        assert_eq!(pairs(&[(0.0, 1.0)]).around(5.0).low, None);
    }

    #[test]
    fn the_worth_of_pairing_is_known_for_a_known_correlation() {
        // A = U + a, B = U + b with Var U = v² : 1: (2 v² + 2) ÷ 2 = v² + 1.
        let mut stream = Key::root(7, 0).stream();
        let mut one = || math::normal_quantile(stream.uniform_open());
        let values: Vec<(f64, f64)> = (0..400)
            .map(|_| {
                let shared = 3.0 * one();
                (shared + one(), shared + one())
            })
            .collect();
        let estimate = pairs(&values).variance_reduction();
        assert!(estimate.low.unwrap() < 10.0 && estimate.high.unwrap() > 10.0, "{estimate:?}");
        assert!(estimate.high.unwrap() < 1.5 * estimate.low.unwrap(), "{estimate:?}");
    }

    #[test]
    fn a_difference_without_variance_has_no_ratio() {
        let same: Vec<(f64, f64)> = (0..20).map(|i| (f64::from(i), f64::from(i) + 1.0)).collect();
        assert_eq!(pairs(&same).variance_reduction().value, None);
        assert_eq!(pairs(&same[..5]).variance_reduction().value, None);
    }
}
