//! How far a count may lie from what it should be by chance alone.

use crate::kernel::math;

/// Chance of each side of an acceptance band: together they are 99.9 %.
const SIDE: f64 = 0.0005;

/// The fewest successes of `trials` that are within the exact 99.9 % band when
/// each succeeds with probability `p`: 926 of 1,000 at 0.95.
pub(super) fn fewest(trials: u64, p: f64) -> u64 {
    let mut below = 0.0;
    for successes in 0..=trials {
        below += probability(trials, p, successes);
        if below > SIDE {
            return successes;
        }
    }
    trials
}

/// The most successes within the band.
pub(super) fn most(trials: u64, p: f64) -> u64 {
    trials - fewest(trials, 1.0 - p)
}

fn probability(trials: u64, p: f64, successes: u64) -> f64 {
    let ln_factorial = |n: u64| math::ln_gamma(n as f64 + 1.0);
    let ways = ln_factorial(trials) - ln_factorial(successes) - ln_factorial(trials - successes);
    let (with, without) = (successes as f64, (trials - successes) as f64);
    math::exp(ways + with * math::ln(p) + without * math::ln(1.0 - p))
}

#[cfg(test)]
mod tests {
    //! Goal: the bands are exact. Method: published ones and a small case.
    use super::*;

    #[test]
    fn the_bands_are_those_of_the_design() {
        assert_eq!((fewest(1_000, 0.95), most(1_000, 0.95)), (926, 971));
        assert_eq!(fewest(4_000, 0.95), 3_753);
        // 0.5^10 = 0.00098 on either side.
        assert_eq!((fewest(10, 0.5), most(10, 0.5)), (0, 10));
        assert_eq!((fewest(12, 0.5), most(12, 0.5)), (1, 11));
    }
}
