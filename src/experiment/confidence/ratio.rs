//! The interval of a share that is rare and comes in clusters: failed ÷
//! offered.

use super::johnson::statistic;
use super::student_t_quantile;

/// Fewer independent clusters than this, as the spread over the replications
/// has it, carry no interval.
const CLUSTERS_MIN: f64 = 4.0;
/// Steps of the bisection: to the last bit of a share.
const STEPS: u32 = 80;

/// Both ends of the interval of Σ part ÷ Σ whole over replications, by the
/// modified t of Johnson on part − share × whole; `Err` with the number of
/// replications that would do where the sample is too thin. `each` holds part
/// and whole, with some part above zero.
pub(in super::super) fn ratio_interval(
    each: &[(f64, f64)],
    confidence: f64,
) -> Result<(f64, f64), u32> {
    let count = each.len() as f64;
    let sum = |of: fn(&(f64, f64)) -> f64| each.iter().map(of).sum::<f64>();
    let share = sum(|one| one.0) / sum(|one| one.1);
    let excess = |share: f64| each.iter().map(move |(part, whole)| part - share * whole);
    let squares: f64 = excess(share).map(|one| one * one).sum();
    let variance = squares / (count - 1.0);
    let mean = sum(|one| one.0) / count;
    // As many clusters of one size would vary as much: 1 ÷ relative error².
    let clusters = count * mean * mean / variance;
    if clusters < CLUSTERS_MIN {
        let needed = count * CLUSTERS_MIN / clusters;
        return Err((needed * 1.5).ceil() as u32);
    }
    let limit = student_t_quantile(0.5 + confidence / 2.0, count - 1.0);
    // The lower the share that is tried, the more it is exceeded.
    let beyond = |share: f64, limit: f64| statistic(excess(share)) > limit;
    let low = boundary(0.0, share, |share| beyond(share, limit));
    let high = boundary(share, 1.0, |share| beyond(share, -limit));
    Ok((low, high))
}

/// Where `holds` ceases to, between `low` and `high`.
fn boundary(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..STEPS {
        let middle = 0.5 * (low + high);
        if holds(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    //! Goal: an interval covers the truth though outages are few, or is
    //! refused. Method: outages of exponential length whose number is Poisson,
    //! and an even sample by hand.
    use super::*;
    use crate::kernel::math;
    use crate::kernel::random::{Key, Source};

    #[test]
    fn an_even_sample_has_the_interval_of_student() {
        let each = [(1.0, 100.0), (2.0, 100.0), (3.0, 100.0), (2.0, 100.0)];
        let (low, high) = ratio_interval(&each, 0.95).expect("enough");
        // 2 ± 3.182 · √(2 ÷ 3) ÷ √4, in hundredths.
        let half = 0.01 * 3.1824 * (2.0_f64 / 3.0).sqrt() / 2.0;
        assert!((low - (0.02 - half)).abs() < 1e-6 && (high - (0.02 + half)).abs() < 1e-6);
    }

    #[test]
    fn one_outage_carries_no_interval_and_says_how_much_would() {
        let mut each = [(0.0, 100.0); 10];
        each[3].0 = 5.0;
        let needed = ratio_interval(&each, 0.95).expect_err("one outage");
        assert!((40..=80).contains(&needed), "{needed}");
    }

    #[test]
    fn the_interval_covers_the_truth_at_few_outages() {
        const TRIALS: u64 = 1_000;
        for outages in [12.0, 60.0] {
            let (mut refused, mut hit) = (0, 0);
            for trial in 0..TRIALS {
                let mut each = Vec::new();
                for replication in 0..10 {
                    let mut draws = Key::root(trial, replication).draws();
                    let mut next = || -math::ln(draws.uniform_open());
                    let (mut down, mut at) = (0.0, next());
                    while at < outages / 10.0 {
                        down += next();
                        at += next();
                    }
                    each.push((down, 1_000.0));
                }
                match ratio_interval(&each, 0.95) {
                    Err(_) => refused += 1,
                    Ok((low, high)) => {
                        let truth = outages / 10_000.0;
                        hit += u64::from((low..=high).contains(&truth));
                    }
                }
            }
            let share = hit as f64 / (TRIALS - refused) as f64;
            assert!(share > 0.926 && refused < TRIALS / 3, "{outages}: {share} {refused}");
        }
    }
}
