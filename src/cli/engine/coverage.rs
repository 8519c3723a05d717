//! The coverage study.

use super::{Failure, Play, Validation, broken, terminal};
use crate::experiment::coverage::{self as study, CoverageOptions};

/// Trials of the published study.
pub(in crate::cli) const TRIALS: u32 = study::TRIALS;

/// Plays the coverage study.
pub(in crate::cli) fn coverage(
    options: &Play,
    trials: u32,
    color: bool,
    width: u16,
) -> Result<Validation, Failure> {
    let options = CoverageOptions {
        seed: options.seed.unwrap_or(study::SEED),
        trials,
        threads: options.threads,
        progress: options.progress,
        ..CoverageOptions::default()
    };
    let coverage =
        study::coverage(&options).map_err(|failure| broken(failure, "the coverage study"))?;
    let style = terminal::Style { color, width: usize::from(width), next: None };
    let json = serde_json::to_string_pretty(&coverage)
        .map_err(|error| Failure::Bug(format!("the table cannot be written: {error}")))?;
    Ok(Validation {
        passed: coverage.passed,
        text: terminal::coverage(&coverage, &style),
        json: json + "\n",
    })
}
