//! Intervals over independent replications.

mod johnson;
mod quantile;
mod ratio;
mod student;

pub(super) use quantile::Exceedances;
pub(super) use ratio::ratio_interval;
pub use student::student_t_quantile;

use super::summary::Estimate;

/// Confidence of all intervals that are shown.
pub const CONFIDENCE: f64 = 0.95;

/// Mean of the replications with Student's t interval (Law, *Simulation
/// Modeling and Analysis*, 5th ed., eq. 4.12). Replications without a value
/// are left out; the interval needs two.
pub fn mean_estimate(values: &[Option<f64>]) -> Estimate {
    mean_estimate_at(values, CONFIDENCE)
}

/// The same at another confidence.
pub(super) fn mean_estimate_at(values: &[Option<f64>], confidence: f64) -> Estimate {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    match present.len() {
        0 => Estimate::absent("nothing was observed"),
        1 => Estimate::point(present[0], ONE_REPLICATION),
        _ => {
            let (mean, half_width) = mean_and_half_width_at(&present, confidence);
            Estimate { confidence, ..interval(mean, half_width) }
        }
    }
}

/// Why one replication says nothing of its own error.
pub(super) const ONE_REPLICATION: &str = "one replication carries no interval: run at least 2";

/// A value read from merged data, with the half-width of Student's t over
/// what the replications say one by one.
pub fn estimate_around(value: f64, values: &[Option<f64>]) -> Estimate {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    if present.len() < 2 {
        return Estimate::point(value, ONE_REPLICATION);
    }
    interval(value, mean_and_half_width(&present).1)
}

/// The estimate of what cannot be negative: neither can its interval.
pub fn non_negative(estimate: Estimate) -> Estimate {
    Estimate { low: estimate.low.map(|low| low.max(0.0)), ..estimate }
}

fn interval(value: f64, half_width: f64) -> Estimate {
    Estimate {
        value: Some(value),
        low: Some(value - half_width),
        high: Some(value + half_width),
        confidence: CONFIDENCE,
        at_least: false,
        note: None,
    }
}

/// Mean, and half the width of Student's t interval, of at least two values.
pub fn mean_and_half_width(values: &[f64]) -> (f64, f64) {
    mean_and_half_width_at(values, CONFIDENCE)
}

fn mean_and_half_width_at(values: &[f64], confidence: f64) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let standard_error = (squares / (count - 1.0) / count).sqrt();
    let quantile = student_t_quantile(0.5 + confidence / 2.0, count - 1.0);
    (mean, quantile * standard_error)
}

#[cfg(test)]
mod tests {
    //! Goal: intervals of means are those of the books. Method: a worked interval.
    use super::*;

    #[test]
    fn a_worked_interval() {
        // Law, example 4.27: ten observations, 90 % interval 1.34 ± 0.24; here
        // at 95 % with t = 2.262 instead of 1.833.
        let values = [1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09];
        let (mean, half_width) = mean_and_half_width(&values);
        assert!((mean - 1.343).abs() < 1e-3);
        assert!((half_width - 2.262 * (0.17f64 / 10.0).sqrt()).abs() < 3e-3, "{half_width}");
    }

    #[test]
    fn a_time_has_no_interval_below_zero() {
        let estimate = non_negative(mean_estimate(&[Some(0.0), Some(10.0)]));
        assert_eq!((estimate.value, estimate.low), (Some(5.0), Some(0.0)));
        // A difference may well be negative.
        let difference = mean_estimate(&[Some(0.0), Some(10.0)]);
        assert!(difference.low.expect("an interval") < 0.0);
    }

    #[test]
    fn one_replication_has_no_interval() {
        let estimate = mean_estimate(&[Some(2.0), None]);
        assert_eq!((estimate.value, estimate.low), (Some(2.0), None));
        assert!(estimate.note.is_some());
        assert_eq!(mean_estimate(&[]).value, None);
    }
}
