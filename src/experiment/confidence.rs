//! Intervals over independent replications.

use super::summary::Estimate;
use crate::kernel::math;

/// Confidence of all intervals.
pub const CONFIDENCE: f64 = 0.95;

/// Mean of the replications with Student's t interval (Law, *Simulation
/// Modeling and Analysis*, 5th ed., eq. 4.12). Replications without a value
/// are left out; the interval needs two.
pub fn mean_estimate(values: &[Option<f64>]) -> Estimate {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    match present.len() {
        0 => Estimate::absent("nothing was observed"),
        1 => Estimate::point(present[0], "one replication carries no interval: run at least 2"),
        _ => {
            let (mean, half_width) = mean_and_half_width(&present);
            interval(mean, half_width)
        }
    }
}

/// A value read from merged data, with the half-width of Student's t over
/// what the replications say one by one.
pub fn estimate_around(value: f64, values: &[Option<f64>]) -> Estimate {
    let present: Vec<f64> = values.iter().flatten().copied().collect();
    if present.len() < 2 {
        return Estimate::point(value, "one replication carries no interval: run at least 2");
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
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let standard_error = (squares / (count - 1.0) / count).sqrt();
    let quantile = student_t_quantile(0.5 + CONFIDENCE / 2.0, count - 1.0);
    (mean, quantile * standard_error)
}

/// Quantile of Student's t distribution, 0.5 ≤ p < 1, by bisection of its
/// distribution function to the last bit.
pub fn student_t_quantile(p: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while student_t_cdf(high, degrees) < p && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if student_t_cdf(middle, degrees) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Distribution function of Student's t for t ≥ 0 (Abramowitz & Stegun 26.7.1
/// through the incomplete beta function).
fn student_t_cdf(t: f64, degrees: f64) -> f64 {
    1.0 - 0.5 * incomplete_beta(degrees / (degrees + t * t), degrees / 2.0, 0.5)
}

/// Regularised incomplete beta function by its continued fraction (Abramowitz
/// & Stegun 26.5.8), evaluated by the method of Lentz (1976).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let log_front = math::ln_gamma(a + b) - math::ln_gamma(a) - math::ln_gamma(b)
        + a * math::ln(x)
        + b * math::ln_1p(-x);
    math::exp(log_front) * beta_fraction(x, a, b) / a
}

fn beta_fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / guard(1.0 + coefficient * d);
            c = guard(1.0 + coefficient / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    //! Goal: intervals are those of the tables. Method: published quantiles of
    //! Student's t (Law, appendix table T.1), and a worked interval.
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_table() {
        let table = [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (9.0, 2.262), (30.0, 2.042)];
        for (degrees, expected) in table {
            let quantile = student_t_quantile(0.975, degrees);
            assert!((quantile - expected).abs() < 5e-4, "{degrees}: {quantile}");
        }
        assert!((student_t_quantile(0.975, 1e6) - 1.95997).abs() < 1e-4);
    }

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
