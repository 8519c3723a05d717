//! Where the warm-up ends: MSER-5 (White 1997, "An effective truncation
//! heuristic for bias reduction in simulation output").

use crate::kernel::time::Instant;
use crate::simulation::recorder::Batches;

/// Fewest batches that say anything.
const BATCHES_MIN: usize = 20;

/// The warning of a run whose warm-up takes longer than it lasts.
pub const TOO_SHORT: &str = "the run is too short for its warm-up (MSER-5 finds no truncation point in the first half of \
     a pilot run): nothing was cut; run longer, or set run.warmup";

/// What MSER-5 says of one replication.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Warmup {
    /// Cut off what arrived before.
    Until(Instant),
    /// The truncation point lies beyond half of the run: the run is too short
    /// for its warm-up (Hoad, Robinson & Davies 2010).
    TooShort,
}

/// The truncation point of a replication: the number of batches d that
/// minimises Σ_{i≥d} (y_i − ȳ_d)² ÷ (n − d)².
pub fn mser5(batches: &Batches) -> Warmup {
    let closed = &batches.closed;
    let count = closed.len();
    if count < BATCHES_MIN {
        return Warmup::TooShort;
    }
    // Shifted by the mean, so that the squares keep their digits.
    let mean = closed.iter().map(|batch| batch.1).sum::<f64>() / count as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    let (mut best, mut best_at) = (f64::INFINITY, 0);
    for at in (0..count).rev() {
        let value = closed[at].1 - mean;
        sum += value;
        squares += value * value;
        let left = (count - at) as f64;
        // The last few batches alone would always look calm.
        if count - at < 5 {
            continue;
        }
        let statistic = (squares - sum * sum / left) / (left * left);
        if statistic <= best {
            (best, best_at) = (statistic, at);
        }
    }
    match best_at {
        0 => Warmup::Until(Instant::ZERO),
        at if at <= count / 2 => Warmup::Until(closed[at].0),
        _ => Warmup::TooShort,
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a bias at the start is cut where it ends, none is left alone, and
    //! a run that never settles is called too short. Method: made-up batches.
    use super::*;
    use crate::kernel::random::{Key, Source};

    fn batches(values: impl Iterator<Item = f64>) -> Batches {
        let mut batches = Batches::default();
        let closed = values.enumerate().map(|(at, value)| (Instant::from_nanos(at as u64), value));
        batches.closed = closed.collect();
        batches
    }

    fn noise(at: u64) -> f64 {
        Key::root(3, 0).numbered(at).draws().uniform()
    }

    #[test]
    fn a_biased_start_is_cut() {
        let values = (0..1_000).map(|at| noise(at) + if at < 100 { 5.0 } else { 0.0 });
        assert_eq!(mser5(&batches(values)), Warmup::Until(Instant::from_nanos(100)));
    }

    #[test]
    fn an_unbiased_run_loses_little() {
        let Warmup::Until(cut) = mser5(&batches((0..1_000).map(noise))) else {
            panic!("long enough");
        };
        assert!(cut < Instant::from_nanos(200), "{cut:?}");
    }

    #[test]
    fn a_run_that_only_grows_is_too_short() {
        let values = (0..1_000).map(|at| at as f64 * at as f64);
        assert_eq!(mser5(&batches(values)), Warmup::TooShort);
    }
}
