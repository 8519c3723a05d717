//! Distributions of durations and sizes: what the language allows, checked once
//! at construction, sampled without allocation.
//!
//! Values are plain numbers in the caller's unit: nanoseconds for durations,
//! bytes for sizes. All are finite and at least zero; a constructor whose spread
//! is zero gives [`Distribution::Constant`].

mod error;
mod moments;
mod sampling;
#[cfg(test)]
mod tests;
mod ziggurat;

use std::sync::Arc;

pub use error::DistributionError;

use crate::kernel::math;

/// The 0.99 quantile of the standard normal distribution.
const NORMAL_QUANTILE_99: f64 = 2.326347874040841;

/// Probabilities may miss one by this much, which is what decimals cost.
const PROBABILITY_TOLERANCE: f64 = 1e-9;

/// A distribution over the numbers from zero up. Build it with the constructors,
/// which check what the variants alone cannot.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always this value.
    Constant(f64),
    /// Exponential: memoryless.
    Exponential {
        /// Mean, above zero.
        mean: f64,
    },
    /// Uniform between two bounds.
    Uniform {
        /// Lower bound.
        low: f64,
        /// Upper bound, above the lower.
        high: f64,
    },
    /// Normal given that the value is not negative (draws below 0 are repeated).
    Normal {
        /// Mean before the truncation, at least zero.
        mean: f64,
        /// Standard deviation before the truncation, above zero.
        sd: f64,
    },
    /// e to the power of a normal variate.
    Lognormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm, above zero.
        sigma: f64,
    },
    /// Gamma; its mean is shape × scale.
    Gamma {
        /// Shape, above zero.
        shape: f64,
        /// Scale, above zero.
        scale: f64,
    },
    /// Sum of `k` equal exponential phases.
    Erlang {
        /// Number of phases, above zero.
        k: u32,
        /// Mean of the sum, above zero.
        mean: f64,
    },
    /// Weibull: survival exp(−(x/scale)^shape).
    Weibull {
        /// Shape, above zero.
        shape: f64,
        /// Scale, above zero.
        scale: f64,
    },
    /// Pareto of the first kind: survival (scale/x)^shape from `scale` up.
    Pareto {
        /// Smallest value, above zero.
        scale: f64,
        /// Tail index, above one.
        shape: f64,
    },
    /// One of several exponential branches.
    Hyperexponential {
        /// (probability, mean) of each branch; the probabilities sum to one.
        branches: Vec<(f64, f64)>,
    },
    /// One of these values, each as likely as the others.
    Empirical {
        /// The values, at least one.
        values: Arc<[f64]>,
    },
}

impl Distribution {
    /// Always `value`.
    pub fn constant(value: f64) -> Result<Self, DistributionError> {
        non_negative("value", value).map(Self::Constant)
    }

    /// Exponential with this mean.
    pub fn exponential(mean: f64) -> Result<Self, DistributionError> {
        let mean = non_negative("mean", mean)?;
        Ok(if mean == 0.0 { Self::Constant(0.0) } else { Self::Exponential { mean } })
    }

    /// Uniform from `low` to `high`.
    pub fn uniform(low: f64, high: f64) -> Result<Self, DistributionError> {
        let (low, high) = (non_negative("low", low)?, non_negative("high", high)?);
        if low > high {
            return Err(DistributionError::WrongOrder { lower: "low", upper: "high" });
        }
        Ok(if low == high { Self::Constant(low) } else { Self::Uniform { low, high } })
    }

    /// Normal with this mean and standard deviation before it is truncated at 0.
    pub fn normal(mean: f64, sd: f64) -> Result<Self, DistributionError> {
        let (mean, sd) = (non_negative("mean", mean)?, non_negative("sd", sd)?);
        Ok(if sd == 0.0 { Self::Constant(mean) } else { Self::Normal { mean, sd } })
    }

    /// Lognormal with this mean and coefficient of variation:
    /// σ² = ln(1 + cv²), μ = ln(mean) − σ²/2.
    pub fn lognormal_mean_cv(mean: f64, cv: f64) -> Result<Self, DistributionError> {
        let (mean, cv) = (positive("mean", mean)?, non_negative("cv", cv)?);
        let sigma_squared = finite("cv", math::ln_1p(cv * cv))?;
        let mu = math::ln(mean) - 0.5 * sigma_squared;
        let sigma = math::sqrt(sigma_squared);
        Ok(if sigma == 0.0 { Self::Constant(mean) } else { Self::Lognormal { mu, sigma } })
    }

    /// Lognormal with this median and 99th percentile:
    /// μ = ln(median), σ = ln(p99 / median) / z(0.99).
    pub fn lognormal_median_p99(median: f64, p99: f64) -> Result<Self, DistributionError> {
        let (median, p99) = (positive("median", median)?, positive("p99", p99)?);
        if median > p99 {
            return Err(DistributionError::WrongOrder { lower: "median", upper: "p99" });
        }
        if median == p99 {
            return Ok(Self::Constant(median));
        }
        let mu = math::ln(median);
        let sigma = (math::ln(p99) - mu) / NORMAL_QUANTILE_99;
        Self::Lognormal { mu, sigma }.with_finite_mean()
    }

    /// Gamma with this shape and scale.
    pub fn gamma(shape: f64, scale: f64) -> Result<Self, DistributionError> {
        let (shape, scale) = (positive("shape", shape)?, positive("scale", scale)?);
        Self::Gamma { shape, scale }.with_finite_mean()
    }

    /// Gamma with this mean and coefficient of variation: shape = 1/cv²,
    /// scale = mean × cv².
    pub fn gamma_mean_cv(mean: f64, cv: f64) -> Result<Self, DistributionError> {
        let (mean, cv) = (positive("mean", mean)?, non_negative("cv", cv)?);
        if cv == 0.0 {
            return Ok(Self::Constant(mean));
        }
        let squared = cv * cv;
        Self::gamma(1.0 / squared, mean * squared)
    }

    /// Sum of `k` exponential phases, with this mean of the sum.
    pub fn erlang(k: u32, mean: f64) -> Result<Self, DistributionError> {
        positive("k", f64::from(k))?;
        let mean = non_negative("mean", mean)?;
        Ok(if mean == 0.0 { Self::Constant(0.0) } else { Self::Erlang { k, mean } })
    }

    /// Weibull with this shape and scale.
    pub fn weibull(shape: f64, scale: f64) -> Result<Self, DistributionError> {
        let (shape, scale) = (positive("shape", shape)?, positive("scale", scale)?);
        Self::Weibull { shape, scale }.with_finite_mean()
    }

    /// Weibull with this shape and mean: scale = mean / Γ(1 + 1/shape).
    pub fn weibull_shape_mean(shape: f64, mean: f64) -> Result<Self, DistributionError> {
        let (shape, mean) = (positive("shape", shape)?, positive("mean", mean)?);
        let unit_mean = math::gamma(1.0 + 1.0 / shape);
        Self::weibull(shape, mean / unit_mean).map_err(|_| DistributionError::InfiniteMean)
    }

    /// Pareto from `minimum` up with the tail index `shape`; the mean is finite
    /// only where the shape is above one.
    pub fn pareto(minimum: f64, shape: f64) -> Result<Self, DistributionError> {
        let (scale, shape) = (positive("minimum", minimum)?, positive("shape", shape)?);
        Self::Pareto { scale, shape }.with_finite_mean()
    }

    /// Exponential branches, each with its probability and mean.
    pub fn hyperexponential(branches: Vec<(f64, f64)>) -> Result<Self, DistributionError> {
        if branches.is_empty() {
            return Err(DistributionError::Empty { what: "branches" });
        }
        let mut sum = 0.0;
        for &(probability, mean) in &branches {
            sum += non_negative("probability", probability)?;
            non_negative("mean", mean)?;
        }
        if (sum - 1.0).abs() > PROBABILITY_TOLERANCE {
            return Err(DistributionError::ProbabilitySum { sum });
        }
        Ok(Self::Hyperexponential { branches })
    }

    /// Two exponential branches with this mean and coefficient of variation, at
    /// least one, and balanced means p₁m₁ = p₂m₂: p₁ = ½(1 + √((cv²−1)/(cv²+1)))
    /// (Whitt 1982, "Approximating a point process by a renewal process I",
    /// equation 3.7).
    pub fn hyperexponential_mean_cv(mean: f64, cv: f64) -> Result<Self, DistributionError> {
        let (mean, cv) = (positive("mean", mean)?, positive("cv", cv)?);
        if cv < 1.0 {
            return Err(DistributionError::CvBelowOne { cv });
        }
        if cv == 1.0 {
            return Self::exponential(mean);
        }
        let squared = cv * cv;
        let root = math::sqrt((squared - 1.0) / (squared + 1.0));
        // p₂ = ½(1 − root), without the cancellation.
        let (often, rarely) = (0.5 * (1.0 + root), 1.0 / ((squared + 1.0) * (1.0 + root)));
        let branch = |probability: f64| (probability, mean / (2.0 * probability));
        let branches = vec![branch(often), branch(rarely)];
        finite("cv", branches[1].1)?;
        Self::hyperexponential(branches)
    }

    /// One of `values`, each as likely as the others.
    pub fn empirical(values: Vec<f64>) -> Result<Self, DistributionError> {
        let first = *values.first().ok_or(DistributionError::Empty { what: "values" })?;
        for &value in &values {
            non_negative("value", value)?;
        }
        let constant = values.iter().all(|&value| value == first);
        let values = Arc::from(values);
        Ok(if constant { Self::Constant(first) } else { Self::Empirical { values } })
    }

    /// Whether every draw is zero.
    pub fn is_zero(&self) -> bool {
        self.as_constant() == Some(0.0)
    }

    /// The value, where it is always the same.
    pub fn as_constant(&self) -> Option<f64> {
        match self {
            Self::Constant(value) => Some(*value),
            _ => None,
        }
    }

    /// The distribution of `factor` times a draw of this one. The factor must be
    /// finite and not negative.
    pub fn scaled(&self, factor: f64) -> Self {
        assert!(factor.is_finite() && factor >= 0.0, "cannot scale by {factor}");
        if factor == 0.0 {
            return Self::Constant(0.0);
        }
        match self {
            Self::Constant(value) => Self::Constant(value * factor),
            Self::Exponential { mean } => Self::Exponential { mean: mean * factor },
            Self::Uniform { low, high } => Self::Uniform { low: low * factor, high: high * factor },
            Self::Normal { mean, sd } => Self::Normal { mean: mean * factor, sd: sd * factor },
            Self::Lognormal { mu, sigma } => {
                Self::Lognormal { mu: mu + math::ln(factor), sigma: *sigma }
            }
            Self::Gamma { shape, scale } => Self::Gamma { shape: *shape, scale: scale * factor },
            Self::Erlang { k, mean } => Self::Erlang { k: *k, mean: mean * factor },
            Self::Weibull { shape, scale } => {
                Self::Weibull { shape: *shape, scale: scale * factor }
            }
            Self::Pareto { scale, shape } => Self::Pareto { scale: scale * factor, shape: *shape },
            Self::Hyperexponential { branches } => Self::Hyperexponential {
                branches: branches
                    .iter()
                    .map(|&(probability, mean)| (probability, mean * factor))
                    .collect(),
            },
            Self::Empirical { values } => {
                Self::Empirical { values: values.iter().map(|value| value * factor).collect() }
            }
        }
    }

    /// This distribution, unless its mean is infinite: no finite run would ever
    /// agree with itself about it.
    fn with_finite_mean(self) -> Result<Self, DistributionError> {
        if self.mean().is_finite() { Ok(self) } else { Err(DistributionError::InfiniteMean) }
    }
}

/// `value`, unless it is infinite or not a number.
fn finite(name: &'static str, value: f64) -> Result<f64, DistributionError> {
    if value.is_finite() { Ok(value) } else { Err(DistributionError::NotFinite { name, value }) }
}

/// `value`, if it is finite and at least zero. The sign of −0 is dropped.
fn non_negative(name: &'static str, value: f64) -> Result<f64, DistributionError> {
    if finite(name, value)? < 0.0 {
        return Err(DistributionError::Negative { name, value });
    }
    Ok(value.abs())
}

/// `value`, if it is finite and above zero.
fn positive(name: &'static str, value: f64) -> Result<f64, DistributionError> {
    if non_negative(name, value)? == 0.0 {
        return Err(DistributionError::Zero { name });
    }
    Ok(value)
}
