//! What is known of failures when a replication is over: who was down when,
//! why, and what it cost.

use crate::kernel::time::Instant;

/// One failure, failover or event, from its start to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Who: `services.web.2`, `zones.eu-a`, `dns`.
    pub component: String,
    /// `failure`, `failover`, `partition` …
    pub kind: &'static str,
    /// Why: `events.primary_dies: kill`, `failures.web`.
    pub cause: String,
    /// From when on.
    pub start: Instant,
    /// Until when; `None` = it lasted to the end of the run.
    pub end: Option<Instant>,
    /// Measured requests that failed for good while it lasted.
    pub requests_failed: u64,
    /// Figures of its own, such as `rto_s` and `writes_lost`.
    pub figures: Vec<(&'static str, f64)>,
}

/// Availability by time, within the window.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct UpTime {
    /// Nanoseconds in which every tier that the endpoint needs had an instance
    /// up and reachable, by endpoint.
    pub endpoints: Vec<u128>,
    /// Nanoseconds in which that held for all endpoints at once.
    pub all: u128,
    /// Nanoseconds in which a component had fewer instances in service than it
    /// should have.
    pub reduced: u128,
    /// Times at which `all` ceased to hold.
    pub outages: u64,
    /// Length of the window so far, nanoseconds.
    pub window: u128,
}

/// What one replication knows of its failures.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AvailabilityRecord {
    /// In order of their start.
    pub incidents: Vec<Incident>,
    /// Availability by time; `None` where nothing can fail.
    pub up_time: Option<UpTime>,
}
