//! Whether a design meets its objective, with as many replications as that
//! takes and no more.

use super::ensemble::Ensemble;
use super::run::{PlayFailure, PlayOptions};
use super::summary::{Results, Verdict};
use crate::scenario::model::Scenario;

/// How designs are judged.
#[derive(Clone, Copy, Debug)]
pub struct Judging {
    /// Root of the randomness; designs under one seed face the same users.
    pub seed: u64,
    /// Probability of each wrong answer, "met" and "missed", over all looks at
    /// one design.
    pub error: f64,
    /// Replications at the first look.
    pub fewest: u32,
    /// Replications after which an undecided design stays undecided.
    pub most: u32,
}

/// A design that was judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its figures, of all replications that were played.
    pub results: Results,
    /// Whether it meets its objective; what has none is met.
    pub verdict: Verdict,
}

impl Judging {
    /// Plays a design until its verdict is certain, doubling the replications
    /// from look to look. Each look may err with an equal part of `error`
    /// (Bonferroni), so that looking again does not make errors likelier.
    ///
    /// # Errors
    /// A scenario that does not compile, or a broken law.
    pub fn judge(&self, scenario: &Scenario) -> Result<Judged, PlayFailure> {
        let options = PlayOptions { seed: Some(self.seed), ..PlayOptions::default() };
        let mut ensemble = Ensemble::new(scenario, &options)?;
        let mut count = self.fewest.max(1);
        let error = self.error / f64::from(self.looks());
        loop {
            ensemble.grow(count)?;
            let results = ensemble.results_at(error);
            let verdict = results.summary.slo.verdict.unwrap_or(Verdict::Met);
            if verdict != Verdict::Undecided || count >= self.most {
                return Ok(Judged { results, verdict });
            }
            count = (2 * count).min(self.most);
        }
    }

    /// Looks at one design at most: the first, and one after each doubling.
    fn looks(&self) -> u32 {
        let fewest = self.fewest.max(1);
        let mut looks = 1;
        let mut count = fewest;
        while count < self.most {
            count = count.saturating_mul(2);
            looks += 1;
        }
        looks
    }
}
