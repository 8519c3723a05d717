//! Mean, variance and distribution function, in closed form.

use super::Distribution;
use crate::kernel::math::{
    exp, exp_m1, gamma, gamma_lower_regularized, ln, ln_gamma, normal_cdf, normal_density, pow,
};

impl Distribution {
    /// The mean.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential { mean } | Self::Erlang { mean, .. } => *mean,
            Self::Uniform { low, high } => 0.5 * (low + high),
            Self::Normal { mean, sd } => mean + sd * inverse_mills_ratio(mean / sd),
            Self::Lognormal { mu, sigma } => exp(mu + 0.5 * sigma * sigma),
            Self::Gamma { shape, scale } => shape * scale,
            Self::Weibull { shape, scale } => scale * gamma(1.0 + 1.0 / shape),
            Self::Pareto { shape, .. } if *shape <= 1.0 => f64::INFINITY,
            Self::Pareto { scale, shape } => scale * shape / (shape - 1.0),
            Self::Hyperexponential { branches } => {
                branches.iter().map(|(probability, mean)| probability * mean).sum()
            }
            Self::Empirical { values } => values.iter().sum::<f64>() / values.len() as f64,
        }
    }

    /// The variance; infinite for a Pareto with a shape of two or less.
    pub fn variance(&self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Exponential { mean } => mean * mean,
            Self::Uniform { low, high } => (high - low) * (high - low) / 12.0,
            Self::Normal { mean, sd } => truncated_normal_variance(*mean, *sd),
            Self::Lognormal { sigma, .. } => exp_m1(sigma * sigma) * self.mean() * self.mean(),
            Self::Gamma { shape, scale } => shape * scale * scale,
            Self::Erlang { k, mean } => mean * mean / f64::from(*k),
            Self::Weibull { shape, .. } => {
                // Γ(1+2/k) − Γ(1+1/k)² relative to the second, without the
                // cancellation at large shapes.
                let excess = ln_gamma(1.0 + 2.0 / shape) - 2.0 * ln_gamma(1.0 + 1.0 / shape);
                exp_m1(excess) * self.mean() * self.mean()
            }
            Self::Pareto { shape, .. } if *shape <= 2.0 => f64::INFINITY,
            Self::Pareto { scale, shape } => {
                scale * scale * shape / ((shape - 1.0) * (shape - 1.0) * (shape - 2.0))
            }
            Self::Hyperexponential { branches } => hyperexponential_variance(branches, self.mean()),
            Self::Empirical { values } => {
                let mean = self.mean();
                values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>()
                    / values.len() as f64
            }
        }
    }

    /// The probability of a value of at most `x`.
    pub fn cdf(&self, x: f64) -> f64 {
        if x < 0.0 {
            return 0.0;
        }
        match self {
            Self::Constant(value) => f64::from(x >= *value),
            Self::Exponential { mean } => -exp_m1(-x / mean),
            Self::Uniform { low, high } => ((x - low) / (high - low)).clamp(0.0, 1.0),
            Self::Normal { mean, sd } => {
                let below_zero = normal_cdf(-mean / sd);
                (normal_cdf((x - mean) / sd) - below_zero) / normal_cdf(mean / sd)
            }
            Self::Lognormal { mu, sigma } => normal_cdf((ln(x) - mu) / sigma),
            Self::Gamma { shape, scale } => gamma_lower_regularized(*shape, x / scale),
            Self::Erlang { k, mean } => {
                gamma_lower_regularized(f64::from(*k), x * f64::from(*k) / mean)
            }
            Self::Weibull { shape, scale } => -exp_m1(-pow(x / scale, *shape)),
            Self::Pareto { scale, .. } if x < *scale => 0.0,
            Self::Pareto { scale, shape } => 1.0 - pow(scale / x, *shape),
            Self::Hyperexponential { branches } => {
                let branch = |&(probability, mean): &(f64, f64)| {
                    let reached = if mean == 0.0 { 1.0 } else { -exp_m1(-x / mean) };
                    probability * reached
                };
                branches.iter().map(branch).sum()
            }
            Self::Empirical { values } => {
                values.iter().filter(|&&value| value <= x).count() as f64 / values.len() as f64
            }
        }
    }
}

/// φ(z)/Φ(z): how many standard deviations a normal whose mean is z of them above
/// zero moves up when it is truncated there.
fn inverse_mills_ratio(z: f64) -> f64 {
    normal_density(z) / normal_cdf(z)
}

/// sd² (1 − zλ − λ²) with z = mean/sd and λ = φ(z)/Φ(z) (Johnson, Kotz and
/// Balakrishnan 1994, "Continuous univariate distributions" volume 1, 13.10.1).
fn truncated_normal_variance(mean: f64, sd: f64) -> f64 {
    let z = mean / sd;
    let ratio = inverse_mills_ratio(z);
    sd * sd * (1.0 - z * ratio - ratio * ratio)
}

/// E[X²] − E[X]² with E[X²] = Σ 2 pᵢ mᵢ².
fn hyperexponential_variance(branches: &[(f64, f64)], mean: f64) -> f64 {
    let second: f64 =
        branches.iter().map(|(probability, branch)| 2.0 * probability * branch * branch).sum();
    second - mean * mean
}
