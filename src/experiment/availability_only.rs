//! Failures and repairs without requests: years in seconds.

use super::closed_form::{closed_forms, warnings};
use super::ensemble::Replication;
use super::slo::is_time;
use super::summary::{Estimate, Named, ResponseTime, Summary};
use crate::scenario::model::Scenario;
use crate::simulation::blueprint::{ArrivalPlan, Blueprint};

/// Stands where a figure of requests would be.
const NOTE: &str = "availability only: no request was played";

/// Takes the users out of a blueprint: what fails, fails by itself.
pub(super) fn remove_requests(blueprint: &mut Blueprint) {
    blueprint.population.users = 0;
    blueprint.population.arrivals = ArrivalPlan::Replay(Vec::new());
    // Without load there is nothing to follow: the number stays.
    if let Some(faults) = &mut blueprint.faults {
        faults.autoscalers.clear();
    }
}

/// Leaves no figure that speaks of requests, and adds the exact availabilities.
pub(super) fn without_requests(
    scenario: &Scenario,
    replications: &[Replication],
    summary: &mut Summary,
) {
    let absent = || Estimate::absent(NOTE);
    summary.throughput_per_s = absent();
    summary.availability = absent();
    summary.response_time_ms = no_time();
    summary.page_time_ms = None;
    summary.attribution_ms = Named::new();
    for (_, endpoint) in &mut summary.endpoints {
        endpoint.availability = absent();
        endpoint.response_time_ms = no_time();
    }
    summary.stations = Vec::new();
    for (_, component) in &mut summary.components {
        component.figures = Named::new();
    }
    summary.bottleneck = None;
    summary.unstable = Vec::new();
    summary.cost.per_million_requests = absent();
    summary.closed_form = closed_forms(scenario, replications);
    summary.warnings.extend(warnings(&summary.closed_form));
    if scenario.slo.iter().any(is_time) {
        let words = "availability only: the limits of response times were not judged";
        summary.warnings.push(words.to_owned());
    }
    if summary.availability_by_time.is_none() {
        summary.warnings.push("nothing of this scenario can fail".to_owned());
    }
}

fn no_time() -> ResponseTime {
    let absent = || Estimate::absent(NOTE);
    ResponseTime {
        mean: absent(),
        p50: absent(),
        p90: absent(),
        p95: absent(),
        p99: absent(),
        p99_9: absent(),
        max: None,
    }
}
