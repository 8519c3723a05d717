//! Goal: what a replication knows of its failures becomes the figures of the
//! summary. Method: real plays of a small scenario, whose records of failures
//! are then written by hand.

use super::birth_death::BirthDeath;
use super::ensemble::Ensemble;
use super::figure_path::figure;
use super::redundancy::redundancy;
use super::run::{PlayOptions, play};
use super::summary::{INCIDENTS_LISTED, Results, Verdict};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;
use crate::kernel::time::Instant;
use crate::scenario::model::{
    Component, Death, Event, EventAction, FailureEffect, FailureProcess, Scenario, SloFigure,
    SloTerm, Target,
};
use crate::scenario::{Files, Request, load};
use crate::simulation::availability::{
    AvailabilityRecord, ComponentUpTime, INCIDENTS_KEPT, Incident, IncidentSums, UpTime,
};
use std::path::Path;

struct Text;

impl Files for Text {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let text = super::reference::reference(path).ok_or("no such file")?;
        Ok(text.as_bytes().to_vec())
    }
}

/// Two servers for 100 s, of which nothing is cut away.
fn scenario() -> Scenario {
    let set = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let overrides = [
        set("run.duration", "\"100 s\""),
        set("run.warmup", "\"0 s\""),
        set("run.replications", "3"),
    ];
    let path = Path::new("web-tier.toml");
    let request = Request { path, overrides: &overrides, users: None, workload_of: None };
    load(&Text, &request).unwrap_or_else(|why| panic!("{}", why.render(false))).scenario
}

fn at(seconds: f64) -> Instant {
    Instant::from_secs_f64(seconds)
}

fn incident(component: &str, kind: &'static str, start: f64, end: Option<f64>) -> Incident {
    Incident {
        component: component.to_owned(),
        kind,
        cause: "failures.web".to_owned(),
        start: at(start),
        end: end.map(at),
        requests_failed: 7,
        figures: Vec::new(),
    }
}

const SECOND: u128 = 1_000_000_000;

fn up_time(down: u128, outages: u64) -> UpTime {
    let window = 100 * SECOND;
    let all = window - down * SECOND;
    let web = ComponentUpTime { component: "services.web".to_owned(), up: all, outages };
    UpTime {
        endpoints: vec![all; 8],
        endpoint_outages: vec![outages; 8],
        all,
        reduced: 30 * SECOND,
        outages,
        window,
        components: vec![web],
    }
}

/// Plays the scenario and gives each replication a record of its own.
fn results(scenario: &Scenario, record: impl Fn(u32) -> AvailabilityRecord, only: bool) -> Results {
    let options = PlayOptions { availability_only: only, ..PlayOptions::default() };
    let mut ensemble = Ensemble::new(scenario, &options).expect("compiles");
    ensemble.grow(scenario.run.replications).expect("plays");
    for (number, one) in ensemble.replications.iter_mut().enumerate() {
        one.played.recorder.availability = record(number as u32);
    }
    ensemble.results()
}

fn failover(number: u32) -> AvailabilityRecord {
    let mut failover = incident("databases.main", "failover", 20.0, Some(30.0));
    failover.figures = vec![("rto_s", 10.0 + f64::from(number)), ("writes_lost", 3.0)];
    AvailabilityRecord {
        incidents: vec![failover, incident("services.web.2", "failure", 50.0, None)],
        up_time: Some(up_time(10, 1)),
        ..AvailabilityRecord::default()
    }
}

#[test]
fn incidents_become_figures() {
    let summary = results(&scenario(), failover, false).summary;
    assert_eq!(summary.incidents_total, 6);
    assert_eq!(summary.incidents[1].end_s, None);
    assert_eq!(summary.incidents[5].replication, 2);
    let groups = &summary.incident_groups;
    assert_eq!((&groups[0].component[..], groups[0].count), ("databases.main", 3));
    // The number of the instance is left out.
    assert_eq!((&groups[1].component[..], groups[1].requests_failed), ("services.web", 21));
    let rto = figure(&summary, "incidents.databases.main.failover.rto_s").expect("a figure");
    // 10, 11, 12: t(0.975, 2) = 4.303, standard error 1 ÷ √3.
    assert_eq!(rto.value, Some(11.0));
    assert!((rto.half_width().expect("an interval") - 4.303 / 3.0_f64.sqrt()).abs() < 1e-3);
    assert_eq!(groups[1].duration_s.value, None);
    let reduced = summary.reduced_redundancy.expect("known");
    assert_eq!((reduced.value, reduced.low), (Some(0.3), Some(0.3)));
    let by_time = summary.availability_by_time.expect("known");
    assert!((by_time.value.expect("a value") - 0.9).abs() < 1e-12);
    assert!(by_time.note.expect("too few").starts_with("3 outages seen"));
}

#[test]
fn where_nothing_can_fail_there_is_no_availability_by_time() {
    let summary = results(&scenario(), |_| AvailabilityRecord::default(), false).summary;
    assert_eq!(summary.availability_by_time, None);
    assert_eq!((summary.reduced_redundancy, summary.outages), (None, None));
    assert!(summary.endpoints.iter().all(|(_, one)| one.availability_by_time.is_none()));
}

#[test]
fn an_endpoint_without_an_outage_has_the_bound() {
    let record = |_| {
        let mut up_time = up_time(10, 20);
        up_time.endpoints[0] = up_time.window;
        up_time.endpoint_outages[0] = 0;
        let incidents = vec![incident("services.web.0", "failure", 10.0, Some(12.0))];
        let up_time = Some(up_time);
        AvailabilityRecord { incidents, up_time, ..AvailabilityRecord::default() }
    };
    let summary = results(&scenario(), record, false).summary;
    let (_, first) = &summary.endpoints[0];
    let by_time = first.availability_by_time.clone().expect("known");
    // 3 ÷ 300 s, and a longest incident of 2 s.
    assert_eq!((by_time.value, by_time.low), (Some(1.0), Some(1.0 - 0.02)));
}

#[test]
fn incidents_beyond_the_cap_are_counted() {
    let record = |_| {
        let each = |n: u32| {
            let start = f64::from(n) * 0.05;
            incident("services.web.0", "failure", start, Some(start + 0.01))
        };
        let incidents = (0..1_500).map(each).collect();
        let further = vec![IncidentSums {
            component: "services.web".to_owned(),
            kind: "failure",
            cause: "failures.web".to_owned(),
            count: 501,
            ended: 500,
            length: 500 * SECOND,
            longest: Duration::from_secs_f64(30.0),
            requests_failed: 2,
            figures: Vec::new(),
        }];
        AvailabilityRecord { incidents, further, up_time: Some(up_time(15, 1_500)) }
    };
    let summary = results(&scenario(), record, false).summary;
    assert_eq!(summary.incidents.len(), 3 * INCIDENTS_LISTED);
    let group = &summary.incident_groups[0];
    assert_eq!((summary.incidents_total, group.count), (6_003, 6_003));
    assert_eq!(group.requests_failed, 3 * (1_500 * 7 + 2));
    // 1,500 of 10 ms and 500 of 1 s; the one that did not end has no length.
    let mean = group.duration_s.value.expect("known");
    assert!((mean - 515.0 / 2_000.0).abs() < 1e-9, "{mean}");
}

#[test]
fn the_budget_follows_the_strictest_term() {
    let mut scenario = scenario();
    scenario.slo = vec![
        SloTerm { figure: SloFigure::Availability, limit: 0.9 },
        SloTerm { figure: SloFigure::ErrorRate, limit: 0.01 },
    ];
    let summary = results(&scenario, failover, false).summary;
    let budget = summary.error_budget.expect("limited");
    assert_eq!((&budget.term[..], budget.limit), ("error_rate", 0.01));
    let allowed = budget.allowed_failures.expect("requests were played");
    assert!((allowed - 0.01 * summary.requests.offered as f64).abs() < 1e-6);
    let failed: u64 = summary.requests.failed.iter().map(|(_, number)| number).sum();
    assert_eq!((budget.failed, budget.spent), (Some(failed), Some(failed as f64 / allowed)));
}

/// The scenario with servers that are up for 90 s and down for 10 s.
fn failing() -> Scenario {
    let mut scenario = scenario();
    let times = |mean: f64| Distribution::Exponential { mean };
    scenario.failures.processes = vec![FailureProcess {
        name: "web".to_owned(),
        of: Target::All(Component::Service(0)),
        mtbf: times(90e9),
        mttr: times(10e9),
        effect: FailureEffect::Kill(Death::Refused),
        destroys: false,
        crews: Some(1),
    }];
    scenario
}

#[test]
fn availability_alone_stands_beside_the_exact_value() {
    let mut scenario = failing();
    scenario.slo = vec![
        SloTerm { figure: SloFigure::Availability, limit: 0.95 },
        SloTerm { figure: SloFigure::Quantile(0.99), limit: 100.0 },
    ];
    let servers = scenario.topology.services[0].instances;
    scenario.topology.services[0].needed = 2;
    // All servers are down at once for 25 s, in 25 outages.
    let record =
        |_| AvailabilityRecord { up_time: Some(up_time(25, 25)), ..AvailabilityRecord::default() };
    let summary = results(&scenario, record, true).summary;
    let form = &summary.closed_form[0];
    assert_eq!((form.instances, form.needed, form.crews), (servers, 2, Some(1)));
    assert_eq!(form.exact, BirthDeath::new(servers, 90.0, 10.0, Some(1)).availability(2));
    assert!((form.availability.value.expect("a value") - 0.75).abs() < 1e-9);
    assert!(summary.warnings.iter().any(|one| one.contains("four standard errors")));
    // The objective is about the time; response times are not judged.
    assert_eq!(summary.slo.terms.len(), 1);
    assert_eq!(summary.slo.verdict, Some(Verdict::Missed));
    let spent = summary.error_budget.and_then(|budget| budget.spent).expect("spent");
    assert!((spent - 5.0).abs() < 1e-9, "{spent}");
    assert_eq!(summary.response_time_ms.mean.value, None);
    assert!(summary.response_time_ms.mean.note.is_some());
}

#[test]
fn what_also_fails_in_another_way_has_no_closed_form() {
    let mut scenario = failing();
    let whole = FailureProcess {
        of: Target::Host(0),
        name: "host".to_owned(),
        ..scenario.failures.processes[0].clone()
    };
    scenario.failures.processes.push(whole);
    let summary = results(&scenario, failover, true).summary;
    assert!(summary.closed_form.is_empty());
    let mut scenario = failing();
    scenario.failures.processes[0].mttr = Distribution::Constant(1e9);
    assert!(results(&scenario, failover, true).summary.closed_form.is_empty());
}

/// Servers that fail often, for the figures of the engine itself.
fn failing_often() -> Scenario {
    let mut scenario = failing();
    let times = |mean: f64| Distribution::Exponential { mean };
    let process = &mut scenario.failures.processes[0];
    (process.mtbf, process.mttr) = (times(3e6), times(1e6));
    process.crews = None;
    scenario.run.availability_only = true;
    scenario
}

#[test]
fn the_record_of_many_failures_stays_small_and_loses_none() {
    let scenario = failing_often();
    let mut ensemble = Ensemble::new(&scenario, &only()).expect("compiles");
    ensemble.grow(scenario.run.replications).expect("plays");
    let record = &ensemble.replications[0].played.recorder.availability;
    assert_eq!((record.incidents.len(), record.further.len()), (INCIDENTS_KEPT, 1));
    let summary = ensemble.results().summary;
    let group = &summary.incident_groups[0];
    assert_eq!(group.count, summary.incidents_total);
    // Each server fails once in 4 ms of the 100 s of 3 replications.
    let servers = f64::from(scenario.topology.services[0].instances);
    let expected = 300.0 / 0.004 * servers;
    assert!((group.count as f64 / expected - 1.0).abs() < 0.02, "{}", group.count);
    let length = group.duration_s.value.expect("known");
    assert!((length / 0.001 - 1.0).abs() < 0.02, "{length}");
}

#[test]
fn so_many_must_be_up_as_are_needed() {
    for needed in [1, 3] {
        let mut scenario = failing_often();
        scenario.topology.services[0].needed = needed;
        let summary = play(&scenario, &PlayOptions::default()).expect("plays").summary;
        assert!(summary.availability_only, "the scenario says so itself");
        let form = &summary.closed_form[0];
        assert_eq!(form.needed, needed);
        let down = |up: Option<f64>| 1.0 - up.expect("known");
        let exact = 1.0 - form.exact;
        assert!((down(form.availability.value) / exact - 1.0).abs() < 0.05, "{form:?}");
        // The endpoints need that service alone of what can fail.
        let by_time = figure(&summary, "unavailability_by_time").expect("a figure");
        assert!((by_time.value.expect("known") - down(form.availability.value)).abs() < 1e-9);
        assert!(by_time.low < by_time.value && by_time.value < by_time.high);
    }
}

fn only() -> PlayOptions<'static> {
    PlayOptions { availability_only: true, ..PlayOptions::default() }
}

#[test]
fn machines_cost_from_the_order_to_start_them() {
    let mut scenario = scenario();
    let service = &mut scenario.topology.services[0];
    // Room for twice as many, which are in service for a quarter of the time.
    let few = service.instances;
    let more = service.hosts.clone();
    let first = scenario.topology.hosts.len();
    let rooms = more.iter().map(|&host| scenario.topology.hosts[host].clone());
    let rooms: Vec<_> = rooms.collect();
    scenario.topology.hosts.extend(rooms);
    service.hosts.extend(first..first + few as usize);
    let machine = scenario.topology.hosts[more[0]].machine;
    scenario.topology.machines[machine].price_per_hour = 1.0;
    let scale = |name: &str, seconds: f64, instances: u32| Event {
        name: name.to_owned(),
        at: at(seconds),
        lasts: None,
        action: EventAction::Scale { service: 0, instances },
    };
    scenario.failures.events = vec![scale("out", 50.0, 2 * few), scale("in", 75.0, few)];
    let summary = play(&scenario, &only()).expect("plays").summary;
    let parts = &summary.cost.parts_per_hour;
    let (_, web) = parts.iter().find(|(name, _)| name == "services.web").expect("a price");
    assert!((web - 1.25 * f64::from(few)).abs() < 1e-9, "{web}");
}

#[test]
fn no_requests_are_played_where_only_availability_is_asked_for() {
    let options = PlayOptions { availability_only: true, ..PlayOptions::default() };
    let summary = play(&scenario(), &options).expect("plays").summary;
    assert_eq!((summary.requests.offered, summary.requests.in_flight), (0, 0));
    assert!(summary.limit.is_none() && summary.availability_only);
}

#[test]
fn what_redundancy_bought_is_one_sentence() {
    let plain = results(&scenario(), failover, false).summary;
    let calm = |_| AvailabilityRecord { up_time: Some(up_time(0, 0)), ..failover(0) };
    let mut better = results(&scenario(), calm, false).summary;
    better.cost.standing_per_hour += 0.5;
    let sentence = redundancy(("one", &plain), ("two", &better), true).expect("something failed");
    let expected = "Under the same failures two has, per run, 10.0 s less down time (none instead \
                    of 10.0 s) against one, for 0.50 an hour more";
    assert!(sentence.starts_with(expected), "{sentence}");
    better.simulated_s *= 2.0;
    let sentence = redundancy(("one", &plain), ("two", &better), false).expect("something failed");
    assert!(sentence.starts_with("Under their own failures two has "), "{sentence}");
    assert!(sentence.contains("less down time (0.00 % instead of "), "{sentence}");
    let nothing = results(&scenario(), |_| AvailabilityRecord::default(), false).summary;
    assert_eq!(redundancy(("one", &nothing), ("two", &nothing), true), None);
}
