//! The modified t of Johnson for samples from skewed populations.
//!
//! Counts of rare things by replication are skewed: a plain t test errs mostly
//! to one side. Johnson (JASA 73, 1978, eq. 2.5) takes the skewness out of the
//! statistic up to order 1/√n by a term in the square of the deviation. That
//! parabola turns back, so that a far deviation may look near; Hall (JRSS B 54,
//! 1992, eq. 2.5) completes it by the cubic term that makes it monotone, which
//! is the form used here.

/// The statistic of the hypothesis that the mean of a population is zero: to be
/// compared with Student's t with n − 1 degrees of freedom. Infinite where the
/// observations are all the same, but for zero.
pub(super) fn statistic(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in values {
        let deviation = value - mean;
        squares += deviation * deviation;
        cubes += deviation * deviation * deviation;
    }
    let deviation = (squares / (count - 1.0)).sqrt();
    if deviation <= mean.abs() * 1e-12 || deviation == 0.0 {
        return if mean == 0.0 { 0.0 } else { f64::INFINITY.copysign(mean) };
    }
    // Third moment corrected for its bias; two values have no skewness.
    let third = cubes * count / ((count - 1.0) * (count - 2.0).max(1.0));
    let skewness = third / (deviation * deviation * deviation);
    let ratio = mean / deviation;
    let stretched = ratio + skewness * ratio * ratio / 3.0;
    let monotone = stretched + skewness * skewness * ratio * ratio * ratio / 27.0;
    count.sqrt() * (monotone + skewness / (6.0 * count))
}

#[cfg(test)]
mod tests {
    //! Goal: the statistic is t without skewness, corrects for it with, and is
    //! monotone in the hypothesis. Method: worked values, and a sweep.
    use super::*;

    fn of(values: &[f64], hypothesis: f64) -> f64 {
        statistic(values.iter().map(|value| value - hypothesis))
    }

    #[test]
    fn without_skewness_it_is_student_t() {
        // Mean 2, standard deviation 1 over three: t = 2 √3.
        assert!((of(&[1.0, 2.0, 3.0], 0.0) - 2.0 * 3.0_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_worked_skewed_sample() {
        // 0, 0, 3: mean 1, variance 3, Σ(x − 1)³ = 6, third moment 6 · 3 ÷ 2 = 9,
        // skewness 9 ÷ 3√3 = √3; t/√n = 1/√3:
        // √3 (1/√3 + √3/9 + 3/(27 · 3√3) + √3/18).
        let expected = 1.0 + 3.0 / 9.0 + 1.0 / 27.0 + 3.0 / 18.0;
        assert!((of(&[0.0, 0.0, 3.0], 0.0) - expected).abs() < 1e-12);
    }

    #[test]
    fn a_higher_hypothesis_is_never_more_exceeded() {
        let sample = [0.0, 0.0, 0.1, 0.0, 2.0, 0.3, 0.0, 0.0, 0.1, 0.0];
        let course: Vec<f64> = (0..1_000).map(|at| of(&sample, f64::from(at) * 0.01)).collect();
        assert!(course.windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(course[999] < -1.0);
    }

    #[test]
    fn what_never_varies_is_certain() {
        assert_eq!(of(&[0.1, 0.1, 0.1], 0.0), f64::INFINITY);
        assert_eq!(of(&[0.1, 0.1, 0.1], 0.2), f64::NEG_INFINITY);
        assert_eq!(of(&[0.25, 0.25], 0.25), 0.0);
    }
}
