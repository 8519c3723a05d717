//! Figures of failures: incidents, the error budget, exact availabilities.

use super::{Estimate, Named, as_map};
use serde::Serialize;

/// Incidents that are listed one by one, per replication; groups count them all.
pub const INCIDENTS_LISTED: usize = 1_000;

/// A failure, failover or event of one replication.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentResult {
    /// In which replication.
    pub replication: u32,
    /// Who: `services.web.2`, `databases.main`, `zones.eu-a`.
    pub component: String,
    /// What: `failure`, `failover`, `partition` …
    pub kind: String,
    /// From when on.
    pub start_s: f64,
    /// Until when; `None` = to the end of the run.
    pub end_s: Option<f64>,
    /// Why: `events.primary_dies: kill`, `failures.web`.
    pub cause: String,
    /// Measured requests that failed for good while it lasted.
    pub requests_failed: u64,
    /// Its own figures, such as `rto_s` and `writes_lost`.
    #[serde(serialize_with = "as_map")]
    pub figures: Named<f64>,
}

/// An incident as its component lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComponentIncident {
    /// In which replication.
    pub replication: u32,
    /// What: `failover` …
    pub kind: String,
    /// From when on.
    pub at_s: f64,
    /// Until when; `None` = to the end of the run.
    pub end_s: Option<f64>,
    /// Its own figures, such as `rto_s` and `writes_lost`.
    #[serde(serialize_with = "as_map")]
    pub figures: Named<f64>,
}

/// All incidents of one kind that struck the instances of one component, over
/// all replications.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentGroup {
    /// Whose, without the number of the instance.
    pub component: String,
    /// What.
    pub kind: String,
    /// How many.
    pub count: u64,
    /// Mean length of those that ended, seconds.
    pub duration_s: Estimate,
    /// Measured requests that failed while one lasted, added up.
    pub requests_failed: u64,
    /// Their own figures, mean per incident.
    #[serde(serialize_with = "as_map")]
    pub figures: Named<Estimate>,
}

/// How much of the failures that the objective allows was used up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorBudget {
    /// The term of the objective: `availability` or `error_rate`, the stricter.
    pub term: String,
    /// Its limit.
    pub limit: f64,
    /// Requests of the window that may fail; `None` where none were played.
    pub allowed_failures: Option<f64>,
    /// Requests of the window that failed; `None` where none were played.
    pub failed: Option<u64>,
    /// Failed ÷ allowed: 1 = used up; `None` where none may fail.
    pub spent: Option<f64>,
    /// Error rate over the window ÷ error rate that the objective allows.
    pub burn_rate: Estimate,
    /// The same in the worst bucket of time.
    pub burn_rate_max: Option<f64>,
}

/// Simulated availability of alike machines against its exact value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClosedForm {
    /// Whose.
    pub component: String,
    /// Instances that must work.
    pub needed: u32,
    /// Instances that there are.
    pub instances: u32,
    /// Repairs at once; `None` = a crew for each.
    pub crews: Option<u32>,
    /// Simulated share of the time in which enough worked.
    pub availability: Estimate,
    /// The same of the birth–death chain.
    pub exact: f64,
}
