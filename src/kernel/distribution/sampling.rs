//! Draws from a distribution.

use super::{Distribution, ziggurat};
use crate::kernel::math::{exp, ln, pow, sqrt};
use crate::kernel::random::Source;
use crate::kernel::time::Duration;

impl Distribution {
    /// A draw, in the unit of the parameters.
    #[inline]
    pub fn sample<S: Source>(&self, source: &mut S) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential { mean } => mean * ziggurat::exponential(source),
            _ => self.sample_other(source),
        }
    }

    /// A draw from all but the two most frequent ones, which are inlined.
    #[inline(never)]
    fn sample_other<S: Source>(&self, source: &mut S) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Exponential { mean } => mean * ziggurat::exponential(source),
            Self::Uniform { low, high } => low + (high - low) * source.uniform(),
            Self::Normal { mean, sd } => truncated_normal(*mean, *sd, source),
            Self::Lognormal { mu, sigma } => exp(mu + sigma * ziggurat::normal(source)),
            Self::Gamma { shape, scale } => scale * unit_gamma(*shape, source),
            Self::Erlang { k, mean } => {
                let phases = f64::from(*k);
                mean / phases * gamma_shape_from_one(phases, source)
            }
            // By inversion: an exponential variate is −ln of the survival.
            Self::Weibull { shape, scale } => {
                scale * pow(ziggurat::exponential(source), 1.0 / shape)
            }
            Self::Pareto { scale, shape } => scale * exp(ziggurat::exponential(source) / shape),
            Self::Hyperexponential { branches } => {
                branch_mean(branches, source.uniform()) * ziggurat::exponential(source)
            }
            Self::Empirical { values } => values[source.below(values.len() as u64) as usize],
        }
    }

    /// A draw in nanoseconds, rounded to a whole one.
    #[inline]
    pub fn sample_duration<S: Source>(&self, source: &mut S) -> Duration {
        Duration::from_nanos_f64(self.sample(source))
    }
}

/// Normal, drawn again while below zero; at most two draws in the mean, for the
/// mean of the normal is not negative.
#[inline]
fn truncated_normal<S: Source>(mean: f64, sd: f64, source: &mut S) -> f64 {
    loop {
        let value = mean + sd * ziggurat::normal(source);
        if value >= 0.0 {
            return value;
        }
    }
}

/// Mean of the branch that a `uniform` in [0, 1) falls into. The last branch
/// takes what the rounding of the probabilities leaves.
#[inline]
fn branch_mean(branches: &[(f64, f64)], uniform: f64) -> f64 {
    let mut rest = uniform;
    let mut chosen = 0.0;
    for &(probability, mean) in branches {
        if probability > 0.0 {
            chosen = mean;
            rest -= probability;
            if rest < 0.0 {
                break;
            }
        }
    }
    chosen
}

/// Gamma of any shape and scale one. A shape below one by the boost of Marsaglia
/// and Tsang 2000, section 6: γ(a) = γ(a + 1) U^(1/a), with −ln U exponential.
#[inline]
fn unit_gamma<S: Source>(shape: f64, source: &mut S) -> f64 {
    if shape >= 1.0 {
        return gamma_shape_from_one(shape, source);
    }
    let boost = exp(-ziggurat::exponential(source) / shape);
    gamma_shape_from_one(shape + 1.0, source) * boost
}

/// Gamma of shape one or more and scale one: Marsaglia and Tsang 2000, "A simple
/// method for generating gamma variables", ACM TOMS 26, 363–372, section 2.
fn gamma_shape_from_one<S: Source>(shape: f64, source: &mut S) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / sqrt(9.0 * d);
    loop {
        let z = ziggurat::normal(source);
        let root = 1.0 + c * z;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = source.uniform_open();
        let squared = z * z;
        // The squeeze first: it decides nearly always, without a logarithm.
        if u < 1.0 - 0.0331 * squared * squared || ln(u) < 0.5 * squared + d * (1.0 - v + ln(v)) {
            return d * v;
        }
    }
}
