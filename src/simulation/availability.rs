//! What is known of failures when a replication is over: who was down when,
//! why, and what it cost.

use crate::kernel::time::{Duration, Instant};

/// Incidents of a replication that are kept one by one; of those that begin
/// later only sums are, so that a record of many years stays small.
pub const INCIDENTS_KEPT: usize = 2_000;

/// Incidents of these kinds are no failures: somebody wanted them.
pub const PLANNED: [&str; 2] = ["scale_out", "scale_in"];

/// One failure, failover, action or event, from its start to its end.
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

/// The component without the number of the instance: `services.web.2` is one
/// of `services.web`.
pub fn tier(component: &str) -> &str {
    match component.rsplit_once('.') {
        Some((tier, last)) if !last.is_empty() && last.bytes().all(|c| c.is_ascii_digit()) => tier,
        _ => component,
    }
}

/// Sums over alike incidents that are not kept one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentSums {
    /// Whose: `services.web` stands for each of its instances.
    pub component: String,
    /// `failure`, `failover`, `partition` …
    pub kind: &'static str,
    /// Why.
    pub cause: String,
    /// How many began.
    pub count: u64,
    /// Of them ended within the run.
    pub ended: u64,
    /// Time from start to end of those, nanoseconds.
    pub length: u128,
    /// The longest, those included that had not ended.
    pub longest: Duration,
    /// Measured requests that failed for good while they lasted.
    pub requests_failed: u64,
    /// Figures of their own: name, sum and how many had one.
    pub figures: Vec<(&'static str, f64, u64)>,
}

impl IncidentSums {
    fn new(component: &str, kind: &'static str, cause: &str) -> Self {
        Self {
            component: component.to_owned(),
            kind,
            cause: cause.to_owned(),
            count: 0,
            ended: 0,
            length: 0,
            longest: Duration::ZERO,
            requests_failed: 0,
            figures: Vec::new(),
        }
    }

    /// One of them is over.
    pub(super) fn end(&mut self, length: Duration, requests_failed: u64) {
        self.ended += 1;
        self.length += u128::from(length.as_nanos());
        self.cut_short(length, requests_failed);
    }

    /// One of them had not ended when the run did.
    pub(super) fn cut_short(&mut self, length: Duration, requests_failed: u64) {
        self.longest = self.longest.max(length);
        self.requests_failed += requests_failed;
    }
}

/// Availability by time, within the window.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct UpTime {
    /// Nanoseconds in which every tier that the endpoint needs had enough
    /// instances up and reachable, by endpoint.
    pub endpoints: Vec<u128>,
    /// Times at which that ceased to hold, by endpoint.
    pub endpoint_outages: Vec<u64>,
    /// Nanoseconds in which that held for all endpoints at once.
    pub all: u128,
    /// Nanoseconds in which a component had fewer instances in service than it
    /// should have.
    pub reduced: u128,
    /// Times at which `all` ceased to hold.
    pub outages: u64,
    /// Length of the window so far, nanoseconds.
    pub window: u128,
    /// Every component by itself.
    pub components: Vec<ComponentUpTime>,
}

/// Availability of a component by time, within the window.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ComponentUpTime {
    /// Such as `services.web`.
    pub component: String,
    /// Nanoseconds in which as many of its instances were up as it needs.
    pub up: u128,
    /// Times at which that ceased to hold.
    pub outages: u64,
}

/// What one replication knows of its failures.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct AvailabilityRecord {
    /// In order of their start: the first [`INCIDENTS_KEPT`] of them, and the
    /// latest failovers.
    pub incidents: Vec<Incident>,
    /// What the others come to, by component, kind and cause.
    pub further: Vec<IncidentSums>,
    /// Availability by time; `None` where nothing can fail.
    pub up_time: Option<UpTime>,
}

impl AvailabilityRecord {
    /// An incident takes its place: behind the others, or that of one that is
    /// over, of which only the sums stay.
    pub(super) fn put(&mut self, place: usize, incident: Incident) {
        if place == self.incidents.len() {
            self.incidents.push(incident);
            return;
        }
        let over = std::mem::replace(&mut self.incidents[place], incident);
        let sums = self.count_further(&over.component, over.kind, &over.cause);
        let sums = &mut self.further[sums];
        match over.end {
            Some(end) => sums.end(end - over.start, over.requests_failed),
            None => sums.cut_short(Duration::ZERO, over.requests_failed),
        }
        for (name, value) in over.figures {
            match sums.figures.iter_mut().find(|(own, ..)| *own == name) {
                Some((_, sum, number)) => (*sum, *number) = (*sum + value, *number + 1),
                None => sums.figures.push((name, value, 1)),
            }
        }
    }

    /// Place of the sums of alike incidents, which has one more now.
    pub(super) fn count_further(
        &mut self,
        component: &str,
        kind: &'static str,
        cause: &str,
    ) -> usize {
        let tier = tier(component);
        let own = |sums: &IncidentSums| {
            sums.component == tier && sums.kind == kind && sums.cause == cause
        };
        let place = self.further.iter().position(own).unwrap_or_else(|| {
            self.further.push(IncidentSums::new(tier, kind, cause));
            self.further.len() - 1
        });
        self.further[place].count += 1;
        place
    }
}

#[cfg(test)]
mod tests {
    //! Goal: what gives up its place in the record is still summed up. Method:
    //! two failovers by hand.
    use super::*;

    fn failover(start: f64, lasted: f64, writes_lost: f64) -> Incident {
        Incident {
            component: "databases.main.1".to_owned(),
            kind: "failover",
            cause: "failures.main".to_owned(),
            start: Instant::from_secs_f64(start),
            end: Some(Instant::from_secs_f64(start + lasted)),
            requests_failed: 3,
            figures: vec![("writes_lost", writes_lost)],
        }
    }

    #[test]
    fn what_gives_up_its_place_is_summed_up() {
        let mut record = AvailabilityRecord::default();
        record.put(0, failover(1.0, 2.0, 5.0));
        assert!(record.further.is_empty());
        record.put(0, failover(10.0, 4.0, 7.0));
        record.put(0, failover(20.0, 1.0, 0.0));
        assert_eq!(record.incidents, [failover(20.0, 1.0, 0.0)]);
        let expected = IncidentSums {
            count: 2,
            ended: 2,
            length: 6_000_000_000,
            longest: Duration::from_secs_f64(4.0),
            requests_failed: 6,
            figures: vec![("writes_lost", 12.0, 2)],
            ..IncidentSums::new("databases.main", "failover", "failures.main")
        };
        assert_eq!(record.further, [expected]);
    }

    #[test]
    fn an_instance_belongs_to_its_tier() {
        assert_eq!(tier("services.web.12"), "services.web");
        assert_eq!(tier("zones.eu-1"), "zones.eu-1");
        assert_eq!(tier("dns"), "dns");
    }
}
