//! Whether intervals are true: scenarios whose figures are known exactly,
//! played again and again under fresh seeds through the way that a run takes,
//! and how often the intervals hold the truth.

mod binomial;
mod cases;
mod tally;
mod truth;

pub use tally::{CoverageRow, HALF_WIDTH_MAX, REFUSED_MAX, VERDICT_ERROR_MAX};

use super::ensemble::Ensemble;
use super::run::{PROGRESS_STEPS, PlayFailure, PlayOptions, Progress, Silent, on_threads};
use super::summary::{SloTermResult, Summary, Verdict};
use cases::{Budget, Case, cases};
use rayon::prelude::*;
use serde::Serialize;
use tally::Trial;

/// Seed of the published study.
pub const SEED: u64 = 20_260_101;
/// Trials of the published study.
pub const TRIALS: u32 = 1_000;

/// How often intervals held the truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Version of Highwater.
    pub highwater: String,
    /// Root of the seeds of all trials.
    pub seed: u64,
    /// Trials of each scenario and sample size.
    pub trials: u32,
    /// Every bar holds where the sample is adequate.
    pub passed: bool,
    /// A row per scenario, sample size and figure.
    pub rows: Vec<CoverageRow>,
}

/// What is studied.
#[derive(Clone, Copy)]
pub struct CoverageOptions<'a> {
    /// Root of the seeds of all trials.
    pub seed: u64,
    /// Trials of each scenario and sample size.
    pub trials: u32,
    /// Threads; `None` = as many as the machine has.
    pub threads: Option<usize>,
    /// Only the samples for which this holds: the scenario's name in the table,
    /// and whether the sample is adequate.
    pub wanted: fn(&str, bool) -> bool,
    /// Told how far the work is.
    pub progress: &'a dyn Progress,
}

impl Default for CoverageOptions<'_> {
    /// The published study, in silence.
    fn default() -> Self {
        let wanted = |_: &str, _: bool| true;
        Self { seed: SEED, trials: TRIALS, threads: None, wanted, progress: &Silent }
    }
}

/// Plays the study.
///
/// # Errors
/// A broken law.
pub fn coverage(options: &CoverageOptions) -> Result<Coverage, PlayFailure> {
    let mut rows = Vec::new();
    let cases = cases();
    for (number, case) in cases.iter().enumerate() {
        let samples = [(false, case.thin), (true, case.adequate)];
        let wanted = |(adequate, _): &(bool, Budget)| (options.wanted)(case.name, *adequate);
        for (adequate, budget) in samples.into_iter().filter(wanted) {
            let root = Root { seed: options.seed, case: number as u64, adequate };
            let trials = on_threads(options.threads, || trials(case, budget, &root, options))?;
            rows.extend(tally::rows(case, budget, adequate, &trials));
        }
    }
    Ok(Coverage {
        highwater: env!("CARGO_PKG_VERSION").to_owned(),
        seed: options.seed,
        trials: options.trials,
        passed: rows.iter().all(|row| !row.adequate || row.bars_missed.is_empty()),
        rows,
    })
}

/// Where the seeds of a scenario and sample size come from.
struct Root {
    seed: u64,
    case: u64,
    adequate: bool,
}

impl Root {
    /// No two trials of a study share a seed; randomness under different seeds
    /// is independent.
    fn seed(&self, trial: u32) -> u64 {
        let study = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        study ^ (self.case << 40 | u64::from(self.adequate) << 32 | u64::from(trial))
    }
}

fn trials(
    case: &Case,
    budget: Budget,
    root: &Root,
    options: &CoverageOptions,
) -> Result<Vec<Vec<Trial>>, PlayFailure> {
    let scenario = case.scenario(budget).map_err(PlayFailure::Compile)?;
    let size = if root.adequate { "adequate" } else { "thin" };
    let what = format!("{}, {size} sample", case.name);
    options.progress.start(&what, u64::from(options.trials) * PROGRESS_STEPS);
    let one = |trial: u32| {
        let play = PlayOptions { seed: Some(root.seed(trial)), ..PlayOptions::default() };
        let mut ensemble = Ensemble::new(&scenario, &play)?;
        ensemble.grow(budget.replications)?;
        let summary = ensemble.results().summary;
        options.progress.advance(PROGRESS_STEPS);
        Ok(seen(&summary))
    };
    (0..options.trials).into_par_iter().map(one).collect()
}

/// What a run says of each figure.
fn seen(summary: &Summary) -> Vec<Trial> {
    let one = |term: &SloTermResult| Trial {
        value: term.estimate.value,
        ends: term.estimate.low.zip(term.estimate.high),
        met: term.verdict == Verdict::Met,
        missed: term.verdict == Verdict::Missed,
    };
    summary.slo.terms.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    //! Goal: no trial is played twice, and every scenario of the study can be
    //! played. Method: all seeds of a study; two trials of each scenario.
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_trials_share_a_seed() {
        let mut seeds = HashSet::new();
        for case in 0..10 {
            for adequate in [false, true] {
                let root = Root { seed: SEED, case, adequate };
                assert!((0..1_000).all(|trial| seeds.insert(root.seed(trial))));
            }
        }
    }

    #[test]
    fn every_scenario_can_be_played() {
        let options = CoverageOptions::default();
        for (number, case) in cases().iter().enumerate() {
            let root = Root { seed: 1, case: number as u64, adequate: false };
            let options = CoverageOptions { trials: 2, ..options };
            let played = trials(case, case.thin, &root, &options).expect("no law breaks");
            assert!(played.iter().all(|trial| trial.len() == case.truths.len()));
            // Independent trials differ.
            assert_ne!(played[0][0].value, played[1][0].value, "{}", case.name);
        }
    }
}
