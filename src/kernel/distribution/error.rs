//! Why a distribution cannot be.

use std::error::Error;
use std::fmt;

/// Why no distribution has these parameters.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum DistributionError {
    /// A parameter is infinite or not a number.
    NotFinite {
        /// Which parameter.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// A parameter is below zero.
    Negative {
        /// Which parameter.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// A parameter is zero and must be above.
    Zero {
        /// Which parameter.
        name: &'static str,
    },
    /// Two parameters are the wrong way round.
    WrongOrder {
        /// The one that may not be the larger.
        lower: &'static str,
        /// The one that may not be the smaller.
        upper: &'static str,
    },
    /// The tail is so heavy that there is no mean.
    InfiniteMean,
    /// A hyperexponential is at least as variable as an exponential.
    CvBelowOne {
        /// The coefficient of variation asked for.
        cv: f64,
    },
    /// The probabilities of the branches do not sum to one.
    ProbabilitySum {
        /// What they sum to.
        sum: f64,
    },
    /// A list has nothing in it.
    Empty {
        /// Which list.
        what: &'static str,
    },
}

impl fmt::Display for DistributionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite { name, value } => {
                write!(formatter, "`{name}` must be a finite number, not {value}")
            }
            Self::Negative { name, value } => {
                write!(formatter, "`{name}` must not be negative, and is {value}")
            }
            Self::Zero { name } => write!(formatter, "`{name}` must be above zero"),
            Self::WrongOrder { lower, upper } => {
                write!(formatter, "`{lower}` must not be above `{upper}`")
            }
            Self::InfiniteMean => {
                write!(formatter, "the mean is infinite (a Pareto needs a `shape` above 1)")
            }
            Self::CvBelowOne { cv } => {
                write!(formatter, "`cv` of a hyperexponential must be at least 1, and is {cv}")
            }
            Self::ProbabilitySum { sum } => {
                write!(formatter, "the probabilities must sum to 1, and sum to {sum}")
            }
            Self::Empty { what } => write!(formatter, "`{what}` must not be empty"),
        }
    }
}

impl Error for DistributionError {}
