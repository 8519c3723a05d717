//! Figures of tiers, the replications put together.

use super::availability::within_share;
use super::confidence::{estimate_around, mean_estimate, never_negative};
use super::summary::Figure;
use crate::simulation::measured::MeasuredFigure;
use crate::tier::lag::LagRecord;

/// One figure from those of the replications.
pub(super) fn merged_figure(each: &[MeasuredFigure]) -> Figure {
    match &each[0] {
        MeasuredFigure::Count(_) => Figure::Count(each.iter().map(count_of).sum()),
        MeasuredFigure::Mean(_) => {
            let values: Vec<Option<f64>> = each.iter().map(value_of).collect();
            Figure::Estimate(never_negative(mean_estimate(&values)))
        }
        MeasuredFigure::Max(_) => {
            Figure::Number(each.iter().filter_map(value_of).fold(0.0, f64::max))
        }
        MeasuredFigure::LagP99(_) => {
            let mut merged = LagRecord::default();
            for figure in each {
                if let MeasuredFigure::LagP99(record) = figure {
                    merged.merge(record);
                }
            }
            let values: Vec<Option<f64>> = each.iter().map(value_of).collect();
            Figure::Estimate(estimate_around(merged.statistics().p99.as_millis_f64(), &values))
        }
    }
}

/// A share lies between 0 and 1, and so does its interval.
pub(super) fn within_range(name: &str, figure: Figure) -> Figure {
    match figure {
        Figure::Estimate(estimate) if name.ends_with("_ratio") => {
            Figure::Estimate(within_share(estimate))
        }
        figure => figure,
    }
}

fn count_of(figure: &MeasuredFigure) -> u64 {
    match figure {
        MeasuredFigure::Count(count) => *count,
        _ => 0,
    }
}

fn value_of(figure: &MeasuredFigure) -> Option<f64> {
    match figure {
        MeasuredFigure::Count(count) => Some(*count as f64),
        MeasuredFigure::Mean(value) => *value,
        MeasuredFigure::Max(value) => Some(*value),
        MeasuredFigure::LagP99(record) => Some(record.statistics().p99.as_millis_f64()),
    }
}
