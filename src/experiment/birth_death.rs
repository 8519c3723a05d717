//! The exact steady state of a birth–death chain: n machines that fail by
//! themselves and are repaired by crews.
//!
//! With j machines failed, each of the others fails at rate 1 ÷ MTBF and
//! min(j, crews) of the failed ones are repaired at rate 1 ÷ MTTR. Times up and
//! under repair are exponential (Trivedi, *Probability and Statistics with
//! Reliability, Queuing, and Computer Science Applications*, 2nd ed., §8.2:
//! birth–death processes, the machine repairman).

/// The long-run distribution of the number of failed machines.
#[derive(Clone, Debug, PartialEq)]
pub struct BirthDeath {
    /// By number of failed machines, 0 to all.
    probabilities: Vec<f64>,
}

impl BirthDeath {
    /// Solves the chain of `machines`; `mtbf` and `mttr` are means in the same
    /// unit, above zero. Without `crews` there is one for each machine.
    pub fn new(machines: u32, mtbf: f64, mttr: f64, crews: Option<u32>) -> Self {
        let crews = crews.unwrap_or(machines).max(1);
        let mut probabilities = vec![1.0];
        let (mut weight, mut sum) = (1.0_f64, 1.0_f64);
        for failed in 1..=machines {
            // Balance of the cut between two states: what goes up comes down,
            // π(j) = π(j − 1) · (n − j + 1) · MTTR ÷ (min(j, crews) · MTBF).
            let failing = f64::from(machines - failed + 1) / mtbf;
            let repairing = f64::from(failed.min(crews)) / mttr;
            weight *= failing / repairing;
            // Thousands of machines would leave the range of numbers.
            if weight > 1e200 {
                probabilities.iter_mut().for_each(|one| *one /= weight);
                sum /= weight;
                weight = 1.0;
            }
            sum += weight;
            probabilities.push(weight);
        }
        probabilities.iter_mut().for_each(|one| *one /= sum);
        Self { probabilities }
    }

    /// Share of the time in which fewer than `needed` machines work: summed by
    /// itself, so that many nines keep their digits.
    pub fn unavailability(&self, needed: u32) -> f64 {
        let machines = self.probabilities.len() - 1;
        let spare = machines.checked_sub(needed as usize);
        // The smallest first.
        spare.map_or(1.0, |spare| self.probabilities[spare + 1..].iter().rev().sum())
    }

    /// Share of the time in which at least `needed` machines work.
    pub fn availability(&self, needed: u32) -> f64 {
        1.0 - self.unavailability(needed)
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the chain is solved exactly. Method: values worked by hand, the
    //! binomial law where crews never wait, and a slow solution by iteration.
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_machine_is_up_for_its_share_of_the_cycle() {
        let chain = BirthDeath::new(1, 900.0, 100.0, None);
        assert!((chain.availability(1) - 0.9).abs() < 1e-15);
    }

    #[test]
    fn two_machines_and_one_crew_by_hand() {
        // MTTR ÷ MTBF = 1 ÷ 4: weights 1, 2 · 1/4, 2 · 1 · 1/16, in eighths 8, 4, 1.
        let chain = BirthDeath::new(2, 4.0, 1.0, Some(1));
        assert!((chain.availability(2) - 8.0 / 13.0).abs() < 1e-15);
        assert!((chain.unavailability(1) - 1.0 / 13.0).abs() < 1e-15);
        // With two crews: each is down 1/5 of the time, by itself.
        let chain = BirthDeath::new(2, 4.0, 1.0, None);
        assert!((chain.unavailability(1) - 1.0 / 25.0).abs() < 1e-15);
    }

    #[test]
    fn two_of_three_with_a_crew_each_is_binomial() {
        let up = 0.99_f64;
        let expected = up * up * up + 3.0 * up * up * (1.0 - up);
        let chain = BirthDeath::new(3, 99.0, 1.0, None);
        assert!((chain.availability(2) - expected).abs() < 1e-15);
    }

    #[test]
    fn many_nines_keep_their_digits() {
        let chain = BirthDeath::new(4, 1e6, 1.0, None);
        let expected = 1e-24 / (1.000_001_f64 * 1.000_001 * 1.000_001 * 1.000_001);
        assert!((chain.unavailability(1) / expected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn thousands_of_machines_that_mostly_fail_are_solved() {
        let chain = BirthDeath::new(5_000, 1.0, 100.0, Some(1));
        let total: f64 = chain.probabilities.iter().sum();
        assert!((total - 1.0).abs() < 1e-12, "{total}");
        assert!((chain.unavailability(1) - 0.99).abs() < 1e-3);
        assert_eq!(chain.unavailability(5_001), 1.0);
        assert_eq!(chain.unavailability(0), 0.0);
    }

    /// The slow, obvious twin: probability flows from state to state until it
    /// stands still.
    fn iterated(machines: usize, failing: f64, crews: usize) -> Vec<f64> {
        let mut now = vec![1.0 / (machines + 1) as f64; machines + 1];
        let step = 0.5 / (machines as f64 * (failing + 1.0));
        for _ in 0..200_000 {
            let mut next = now.clone();
            for failed in 0..machines {
                let up = now[failed] * (machines - failed) as f64 * failing;
                let down = now[failed + 1] * (failed + 1).min(crews) as f64;
                next[failed] += step * (down - up);
                next[failed + 1] += step * (up - down);
            }
            now = next;
        }
        now
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        #[test]
        fn agrees_with_its_slow_twin(
            machines in 1usize..6,
            crews in 1usize..6,
            failing in 0.1f64..2.0,
        ) {
            let chain = BirthDeath::new(machines as u32, 1.0 / failing, 1.0, Some(crews as u32));
            for (solved, slow) in chain.probabilities.iter().zip(iterated(machines, failing, crews)) {
                prop_assert!((solved - slow).abs() < 1e-9, "{solved} {slow}");
            }
        }
    }
}
