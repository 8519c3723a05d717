//! The figures of a comparison: several designs under the same users.

use super::summary::{Estimate, Results};
use serde::Serialize;

/// Several designs under the same users.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The designs, the first is the one that the others are compared with.
    pub designs: Vec<Design>,
    /// Each other design against the first.
    pub differences: Vec<Difference>,
    /// The answer in one sentence.
    pub sentence: String,
    /// The cheapest design that meets its SLO; `None` where none does, or none
    /// has one.
    pub cheapest: Option<String>,
    /// What each other design bought under the same failures, a sentence each;
    /// empty where nothing failed.
    pub redundancy: Vec<String>,
}

/// One design and its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Short name: the file's stem.
    pub name: String,
    /// Its figures.
    pub results: Results,
}

/// A design against the first one: paired differences (this − first) over the
/// replications, which share their random numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Name of the design.
    pub design: String,
    /// By figure: `response_time_ms.mean`, `.p50`, `.p95`, `.p99`,
    /// `.p99_9`, `availability`, `availability_by_time` (where something can fail in
    /// both), `throughput_per_s`, `cost.per_hour`,
    /// `cost.per_million_requests`.
    pub figures: Vec<(String, Estimate)>,
    /// By figure: so many times larger the variance of the difference would be
    /// if each design had users of its own.
    pub variance_reduction: Vec<(String, Estimate)>,
}
