//! The resolved scenario: ids instead of names, integers instead of units,
//! every default filled in. What an `Option` leaves out here is truly absent
//! from the modelled system ("no DNS", "no limit"), never "use the default".
//!
//! Durations inside a distribution are nanoseconds, sizes are bytes.

mod autoscale;
mod cdn;
mod failures;
mod plan;
mod queues;
mod sessions;
mod sharding;
mod topology;
mod workload;

pub use super::store::{Engine, RowReads};
pub use autoscale::*;
pub use cdn::*;
pub use failures::*;
pub use plan::*;
pub use queues::*;
pub use sessions::*;
pub use sharding::*;
pub use topology::*;
pub use workload::*;

use crate::kernel::time::Duration;

/// Everything that one run needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// One line for people; the file's stem where the file has none.
    pub title: String,
    /// What the scenario shows, for people.
    pub description: String,
    /// Hash of all that can change a result: 16 hex digits of the SHA-256 of
    /// the merged tables (workload and topology, without `plan`,
    /// `run.seed`, `run.replications`, title and description).
    pub hash: String,
    /// What users want.
    pub workload: Workload,
    /// Where that work runs.
    pub topology: Topology,
    /// What goes wrong.
    pub failures: Failures,
    /// What must hold.
    pub slo: Vec<SloTerm>,
    /// How it is played.
    pub run: Run,
    /// Values known from theory, compared by `highwater validate`.
    pub expectations: Vec<Expectation>,
    /// Which designs `highwater plan` may choose from.
    pub plan: Option<Plan>,
}

/// One term of the service-level objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SloTerm {
    /// Which figure.
    pub figure: SloFigure,
    /// Its limit: milliseconds for times, a share 0..1 otherwise.
    pub limit: f64,
}

/// What an SLO can limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SloFigure {
    /// Mean response time, at most.
    Mean,
    /// A quantile of the response time (0.99 …), at most.
    Quantile(f64),
    /// Answered ÷ offered, at least.
    Availability,
    /// Failed ÷ offered, at most.
    ErrorRate,
}

/// How a scenario is played.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Simulated time, warm-up included.
    pub duration: Duration,
    /// Cut off at the start; `None` = found by MSER-5 (steady runs only).
    pub warmup: Option<Duration>,
    /// Steady or terminating.
    pub kind: RunKind,
    /// Root of all randomness.
    pub seed: u64,
    /// Independent replications.
    pub replications: u32,
    /// Failures and repairs alone are played, no requests.
    pub availability_only: bool,
    /// Limits that end an overloaded run.
    pub limits: Limits,
}

/// Steady or terminating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// The long run is what is asked for.
    Steady,
    /// The course of events is what is asked for.
    Terminating,
}

/// Limits that end an overloaded run, in counts so that they strike at the
/// same point everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events per replication; default 2·10^9.
    pub events: u64,
    /// Requests in flight; default 200,000.
    pub in_flight: u32,
    /// After the end of the run, measured requests may drain this long;
    /// default: the duration of the run, at most 10 min.
    pub drain: Duration,
}

/// A figure whose value theory knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Path of the figure in `summary.json`, such as `response_time_ms.p99`
    /// or `components.caches.objects.figures.hit_ratio`.
    pub figure: String,
    /// The exact value.
    pub value: f64,
    /// Error of that value itself where it is an approximation (relative), 0
    /// where it is exact.
    pub approximation: f64,
}
