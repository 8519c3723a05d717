//! Reference scenarios against their exact values.

use super::confidence::{CONFIDENCE, student_t_quantile};
use super::figure_path::figure;
use super::run::{PlayFailure, PlayOptions, play};
use super::summary::Estimate;
use super::validation_row::ValidationRow;
use crate::scenario::model::{Expectation, Scenario};

/// All figures together lie within their bands with this probability, if the
/// simulator is right.
const FAMILY_CONFIDENCE: f64 = 0.999;
/// Widest half-width that counts as an answer, relative: means and medians …
const HALF_WIDTH_MAX: f64 = 0.01;
/// … and high quantiles.
const HALF_WIDTH_MAX_TAIL: f64 = 0.03;
/// Expected values are written to ten digits: where nothing is left to chance,
/// that is all by which a figure may differ.
const ROUNDING: f64 = 1e-9;

/// Plays every scenario and compares each figure that it expects.
///
/// # Errors
/// A scenario that does not compile, or a broken law.
pub fn validate(
    scenarios: &[(String, Scenario)],
    options: &PlayOptions,
) -> Result<Vec<ValidationRow>, PlayFailure> {
    let figures: usize = scenarios.iter().map(|(_, scenario)| scenario.expectations.len()).sum();
    let mut rows = Vec::new();
    for (name, scenario) in scenarios {
        let summary = play(scenario, options)?.summary;
        let band = Band::new(figures, summary.replications);
        for expectation in &scenario.expectations {
            let estimate = figure(&summary, &expectation.figure);
            let estimate = estimate.unwrap_or_else(|| Estimate::absent("no such figure"));
            rows.push(band.row(name, expectation, estimate));
        }
    }
    Ok(rows)
}

/// How far a figure may lie from its exact value.
struct Band {
    /// In standard errors: Bonferroni over all figures.
    limit: f64,
    /// Half-width of an interval in standard errors.
    half_width: f64,
}

impl Band {
    fn new(figures: usize, replications: u32) -> Self {
        let degrees = f64::from(replications.max(2)) - 1.0;
        let each = (1.0 - FAMILY_CONFIDENCE) / figures.max(1) as f64;
        Self {
            limit: student_t_quantile(1.0 - each / 2.0, degrees),
            half_width: student_t_quantile(0.5 + CONFIDENCE / 2.0, degrees),
        }
    }

    fn row(&self, scenario: &str, expectation: &Expectation, estimate: Estimate) -> ValidationRow {
        let deviation = self.deviation(expectation, &estimate);
        // A count has no interval: it must be the value itself.
        let narrow = estimate.half_width().map_or(deviation == 0.0, |half_width| {
            half_width <= half_width_max(&expectation.figure) * expectation.value.abs()
        });
        ValidationRow {
            scenario: scenario.to_owned(),
            figure: expectation.figure.clone(),
            exact: expectation.value,
            passed: narrow && deviation.abs() <= self.limit,
            deviation_sigmas: deviation,
            estimate,
        }
    }

    /// Distance in standard errors, less what the value itself may be off.
    fn deviation(&self, expectation: &Expectation, estimate: &Estimate) -> f64 {
        let Some(value) = estimate.value else { return f64::INFINITY };
        let (low, high) = (estimate.low.unwrap_or(value), estimate.high.unwrap_or(value));
        let distance = value - expectation.value;
        // Intervals of quantiles and shares reach farther to one side: what
        // counts is the side on which the exact value lies.
        let half_width = if distance < 0.0 { high - value } else { value - low };
        let allowed = expectation.value.abs() * expectation.approximation.max(ROUNDING);
        let excess = (distance.abs() - allowed).max(0.0) * distance.signum();
        let standard_error = half_width / self.half_width;
        match excess == 0.0 {
            true => 0.0,
            false => excess / standard_error,
        }
    }
}

fn half_width_max(figure: &str) -> f64 {
    let tail = figure.ends_with("p99") || figure.ends_with("p99_9");
    if tail { HALF_WIDTH_MAX_TAIL } else { HALF_WIDTH_MAX }
}

#[cfg(test)]
mod tests {
    //! Goal: what is certain agrees to the digits that are written down, and no
    //! further. Method: an estimate without any spread.
    use super::*;

    fn deviation(value: f64, approximation: f64) -> f64 {
        let expectation =
            Expectation { figure: "availability".to_owned(), value: 0.8716666667, approximation };
        let half = 1e-16;
        let (low, high) = (Some(value - half), Some(value + half));
        let estimate = Estimate { value: Some(value), low, high, ..Estimate::absent("") };
        Band::new(100, 20).deviation(&expectation, &estimate)
    }

    #[test]
    fn a_count_is_right_or_wrong() {
        let expectation =
            Expectation { figure: "scale_outs".to_owned(), value: 140.0, approximation: 0.0 };
        let row =
            |value| Band::new(100, 20).row("ramp", &expectation, Estimate::point(value, "a count"));
        assert!(row(140.0).passed);
        assert!(!row(141.0).passed);
        let absent = Estimate::absent("nothing was seen");
        assert!(!Band::new(100, 20).row("ramp", &expectation, absent).passed);
    }

    #[test]
    fn a_certain_value_may_be_off_by_its_last_digit() {
        assert_eq!(deviation(52.3 / 60.0, 0.0), 0.0);
        assert!(deviation(52.3001 / 60.0, 0.0) > 1e3);
        assert_eq!(deviation(52.3001 / 60.0, 1e-5), 0.0);
    }
}
