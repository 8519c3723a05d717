//! From what the trials said to the rows of the table.

use super::binomial::{fewest, most};
use super::cases::{Budget, Case};
use crate::experiment::confidence::CONFIDENCE;
use crate::kernel::math;
use crate::scenario::model::SloFigure;
use serde::Serialize;

/// The mean half-width may be so many times the ideal one.
pub const HALF_WIDTH_MAX: f64 = 1.35;
/// So many intervals may be refused where the sample is adequate.
pub const REFUSED_MAX: f64 = 0.10;
/// So often a verdict may be given where the truth is the limit itself, on
/// either side; 2.5 % is what is promised.
pub const VERDICT_ERROR_MAX: f64 = 0.045;

/// What one trial said of one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trial {
    pub(super) value: Option<f64>,
    pub(super) ends: Option<(f64, f64)>,
    pub(super) met: bool,
    pub(super) missed: bool,
}

/// How often the interval of one figure held the truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoverageRow {
    /// Name of the scenario.
    pub scenario: String,
    /// `mean`, `p99`, `availability` …
    pub figure: String,
    /// The sample is meant to be large enough for every figure.
    pub adequate: bool,
    /// Replications of a trial.
    pub replications: u32,
    /// Length of each, the warm-up included.
    pub duration: String,
    /// The truth: milliseconds, or a share.
    pub exact: f64,
    /// Trials.
    pub trials: u64,
    /// Of them without an interval.
    pub refused: u64,
    /// Intervals that hold the truth.
    pub hits: u64,
    /// Intervals that lie below it.
    pub too_low: u64,
    /// Intervals that lie above it.
    pub too_high: u64,
    /// Mean half-width ÷ (1.96 × standard deviation of the values over the
    /// trials); none where every interval was refused or is a bound.
    pub half_width_ratio: Option<f64>,
    /// "Met", where the limit is the truth.
    pub false_met: u64,
    /// "Missed", where the limit is the truth.
    pub false_missed: u64,
    /// `hits`, `half_width`, `refused`, `false_met`, `false_missed`.
    pub bars_missed: Vec<String>,
}

/// A row per figure of a case.
pub(super) fn rows(
    case: &Case,
    budget: Budget,
    adequate: bool,
    trials: &[Vec<Trial>],
) -> Vec<CoverageRow> {
    let figures = case.truths.iter().enumerate();
    let row = |(index, (figure, exact)): (usize, &(SloFigure, f64))| {
        let of: Vec<Trial> = trials.iter().map(|figures| figures[index]).collect();
        let mut row = tallied(&of, *exact);
        row.scenario = case.name.to_owned();
        row.figure = name(*figure).to_owned();
        row.adequate = adequate;
        row.replications = budget.replications;
        row.duration = budget.duration.to_owned();
        row.bars_missed = bars_missed(&row);
        row
    };
    figures.map(row).collect()
}

fn tallied(trials: &[Trial], exact: f64) -> CoverageRow {
    let count = |of: &dyn Fn(&Trial) -> bool| trials.iter().filter(|one| of(one)).count() as u64;
    let ends = |of: fn((f64, f64), f64) -> bool| {
        count(&move |one: &Trial| one.ends.is_some_and(|ends| of(ends, exact)))
    };
    CoverageRow {
        scenario: String::new(),
        figure: String::new(),
        adequate: false,
        replications: 0,
        duration: String::new(),
        exact,
        trials: trials.len() as u64,
        refused: count(&|one| one.ends.is_none()),
        hits: ends(|(low, high), exact| low <= exact && exact <= high),
        too_low: ends(|(_, high), exact| high < exact),
        too_high: ends(|(low, _), exact| low > exact),
        half_width_ratio: half_width_ratio(trials),
        false_met: count(&|one| one.met),
        false_missed: count(&|one| one.missed),
        bars_missed: Vec::new(),
    }
}

fn half_width_ratio(trials: &[Trial]) -> Option<f64> {
    let values: Vec<f64> = trials.iter().filter_map(|one| one.value).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let deviation = (squares / (values.len() as f64 - 1.0)).sqrt();
    // A bound, where nothing failed, has no width of its own.
    let measured = trials.iter().filter(|one| one.value != Some(1.0));
    let halves: Vec<f64> =
        measured.filter_map(|one| one.ends).map(|(low, high)| (high - low) / 2.0).collect();
    let ideal = math::normal_quantile(0.5 + CONFIDENCE / 2.0) * deviation;
    let ratio = halves.iter().sum::<f64>() / halves.len() as f64 / ideal;
    (!halves.is_empty() && ideal > 0.0).then_some(ratio)
}

/// The bars that a row does not reach. Where the sample is thin, refusing is
/// right, and what is wide says so itself.
fn bars_missed(row: &CoverageRow) -> Vec<String> {
    let spoken = row.trials - row.refused;
    let allowed = (VERDICT_ERROR_MAX * row.trials as f64) as u64;
    let allowed = allowed.max(most(row.trials, (1.0 - CONFIDENCE) / 2.0));
    let bars = [
        ("hits", row.hits < fewest(spoken, CONFIDENCE)),
        ("half_width", row.adequate && row.half_width_ratio.is_some_and(|r| r > HALF_WIDTH_MAX)),
        ("refused", row.adequate && row.refused as f64 > REFUSED_MAX * row.trials as f64),
        ("false_met", row.false_met > allowed),
        ("false_missed", row.false_missed > allowed),
    ];
    bars.iter().filter(|(_, missed)| *missed).map(|(bar, _)| (*bar).to_owned()).collect()
}

fn name(figure: SloFigure) -> &'static str {
    match figure {
        SloFigure::Mean => "mean",
        SloFigure::Quantile(p) if p <= 0.95 => "p95",
        SloFigure::Quantile(p) if p <= 0.99 => "p99",
        SloFigure::Quantile(_) => "p99.9",
        SloFigure::Availability => "availability",
        SloFigure::ErrorRate => "error rate",
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the table counts what was said. Method: a few trials by hand.
    use super::*;

    fn trial(value: f64, ends: Option<(f64, f64)>) -> Trial {
        Trial { value: Some(value), ends, met: false, missed: false }
    }

    #[test]
    fn hits_misses_and_refusals_are_told_apart() {
        let trials = [
            trial(1.0, Some((0.5, 1.5))),
            trial(3.0, Some((2.0, 4.0))),
            trial(2.0, None),
            Trial { met: true, ..trial(0.5, Some((0.25, 0.75))) },
        ];
        let row = tallied(&trials, 1.25);
        assert_eq!((row.refused, row.hits, row.too_low, row.too_high), (1, 1, 1, 1));
        assert_eq!((row.false_met, row.false_missed), (1, 0));
        // Half-widths 1 and 0.25 (the first is a bound: its value is 1), mean
        // 0.625; values 1, 3, 2, 0.5 have the standard deviation 1.108678.
        let ratio = row.half_width_ratio.expect("intervals");
        assert!((ratio - 0.625 / (1.959964 * 1.108678)).abs() < 1e-5, "{ratio}");
    }

    #[test]
    fn a_bar_is_missed_where_chance_does_not_explain_it() {
        let all = vec![trial(1.5, Some((1.0, 2.0))); 1_000];
        let mut row = CoverageRow { hits: 925, adequate: true, ..tallied(&all, 1.5) };
        row.false_met = 46;
        row.half_width_ratio = Some(1.36);
        assert_eq!(bars_missed(&row), ["hits", "half_width", "false_met"]);
        (row.hits, row.false_met, row.half_width_ratio) = (926, 45, Some(1.35));
        assert!(bars_missed(&row).is_empty());
        row.refused = 101;
        assert_eq!(bars_missed(&row), ["refused"]);
    }
}
