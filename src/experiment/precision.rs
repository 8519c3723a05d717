//! A run that goes on until it is precise enough (Law & Carson, *Operations
//! Research* 27, 1979).

use super::ensemble::Ensemble;
use super::run::{PROGRESS_STEPS, PlayFailure, PlayOptions, on_threads};
use super::summary::{Estimate, PrecisionResult, Results, SloTermResult, Summary};
use crate::scenario::model::Scenario;

/// Fewest replications: the half-width of a smaller sample says too little of
/// its own error for a rule that stops by it.
pub const FEWEST: u32 = 10;
/// Replications after which a run gives up, where nothing else is said.
pub const MOST: u32 = 1_000;
/// More than the half-width foretells, so that one more look seldom follows.
const MARGIN: f64 = 1.1;

/// How precise a run is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Half-width ÷ value, such as 0.02.
    pub relative: f64,
    /// Replications after which it gives up.
    pub most: u32,
}

/// Plays a scenario until the interval of every figure that is asked for is
/// narrow enough: the terms of its SLO; without one the mean and the 99th
/// percentile of the response time, and the availability by time where no
/// requests are played. At least [`FEWEST`] replications are played, and at
/// most twice as many from look to look.
///
/// # Errors
/// A scenario that does not compile, or a broken law.
pub fn play_until(
    scenario: &Scenario,
    options: &PlayOptions,
    precision: Precision,
) -> Result<Results, PlayFailure> {
    let mut ensemble = Ensemble::new(scenario, options)?;
    let mut count = scenario.run.replications.max(FEWEST).min(precision.most);
    let mut present = 0;
    let mut doing = scenario.title.clone();
    loop {
        options.progress.start(&doing, u64::from(count - present) * PROGRESS_STEPS);
        on_threads(options.threads, || ensemble.grow(count))?;
        present = count;
        let mut results = ensemble.results();
        let widest = widest(&results.summary);
        let reached = widest.1.is_some_and(|width| width <= precision.relative);
        if reached || present >= precision.most || is_hopeless(&results.summary) {
            results.summary.precision = Some(PrecisionResult {
                asked: precision.relative,
                reached,
                figure: widest.0,
                relative_half_width: widest.1,
                replications_max: precision.most,
            });
            return Ok(results);
        }
        count = next(present, widest.1, precision);
        doing = progress_line(&scenario.title, present, widest.1);
    }
}

/// More replications would say the same.
fn is_hopeless(summary: &Summary) -> bool {
    !summary.unstable.is_empty() || summary.limit.is_some()
}

fn progress_line(title: &str, present: u32, width: Option<f64>) -> String {
    let width =
        width.map_or_else(|| "no interval yet".to_owned(), |w| format!("± {:.1} %", 100.0 * w));
    format!("{title}: {width} after {present} replications;")
}

/// The half-width shrinks as one over the square root of the replications; at
/// most twice as many at once, for the estimate of the half-width is rough.
fn next(present: u32, width: Option<f64>, precision: Precision) -> u32 {
    let twice = present.saturating_mul(2);
    let wanted = width.map_or(twice, |width| {
        let ratio = width / precision.relative;
        (MARGIN * f64::from(present) * ratio * ratio).ceil() as u32
    });
    wanted.clamp(present + 1, twice).min(precision.most)
}

/// The figure of the widest interval relative to its value; without a width
/// where one has no interval.
fn widest(summary: &Summary) -> (String, Option<f64>) {
    let widths = figures(summary);
    let rank = |width: &Option<f64>| width.unwrap_or(f64::INFINITY);
    let widest = widths.into_iter().max_by(|one, other| rank(&one.1).total_cmp(&rank(&other.1)));
    widest.unwrap_or_default()
}

fn figures(summary: &Summary) -> Vec<(String, Option<f64>)> {
    if !summary.slo.terms.is_empty() {
        return summary.slo.terms.iter().map(|term| (term.term.clone(), of_term(term))).collect();
    }
    if summary.availability_only {
        let by_time = summary.availability_by_time.as_ref();
        let width = by_time.and_then(|estimate| relative(estimate, 1.0 - estimate.value?));
        return vec![("unavailability_by_time".to_owned(), width)];
    }
    let time = &summary.response_time_ms;
    let width = |estimate: &Estimate| relative(estimate, estimate.value?);
    vec![("mean".to_owned(), width(&time.mean)), ("p99".to_owned(), width(&time.p99))]
}

/// Times: relative to the value. Shares of failures: relative to what the
/// objective allows, for the share itself may be as near to nothing as it likes.
fn of_term(term: &SloTermResult) -> Option<f64> {
    let scale = match (term.unit.as_str(), term.at_least) {
        ("ms", _) => term.estimate.value?,
        (_, true) => 1.0 - term.limit,
        (_, false) => term.limit,
    };
    relative(&term.estimate, scale)
}

/// The longer side of an interval, for those of quantiles reach farther up.
fn relative(estimate: &Estimate, scale: f64) -> Option<f64> {
    let (value, low, high) = (estimate.value?, estimate.low?, estimate.high?);
    let width = (value - low).max(high - value);
    if width == 0.0 {
        return Some(0.0);
    }
    (scale > 0.0).then(|| width / scale)
}

#[cfg(test)]
mod tests {
    //! Goal: the next look is neither too soon nor too far. Method: worked
    //! numbers of replications, and estimates by hand.
    use super::*;

    const TWO_PERCENT: Precision = Precision { relative: 0.02, most: 1_000 };

    #[test]
    fn the_next_look_follows_from_the_half_width() {
        // 1.1 × 100 × (0.024 ÷ 0.02)² = 158.4.
        assert_eq!(next(100, Some(0.024), TWO_PERCENT), 159);
        assert_eq!(next(100, Some(0.2), TWO_PERCENT), 200);
        assert_eq!(next(100, None, TWO_PERCENT), 200);
        assert_eq!(next(100, Some(0.020_000_1), TWO_PERCENT), 111);
        assert_eq!(next(900, Some(0.2), TWO_PERCENT), 1_000);
        assert_eq!(next(3, Some(1e-3), TWO_PERCENT), 4);
    }

    #[test]
    fn the_longer_side_counts() {
        let estimate =
            Estimate { low: Some(95.0), high: Some(110.0), ..Estimate::point(100.0, "") };
        assert_eq!(relative(&estimate, 100.0), Some(0.1));
        assert_eq!(relative(&Estimate::point(100.0, ""), 100.0), None);
        let certain = Estimate { low: Some(0.0), high: Some(0.0), ..Estimate::point(0.0, "") };
        assert_eq!(relative(&certain, 0.0), Some(0.0));
    }
}
