//! Goal: when a region dies, its users go on being sent there until their
//! resolver's record runs out, and the same on return; DNS outages and records
//! set by hand. Method: one request a second by constant gaps, a resolver of
//! each region, instants worked out by hand: at each second who serves the
//! user, what fails, and why.

mod support;

use highwater::experiment::run::{PlayOptions, play};
use highwater::experiment::summary::TracedResult;
use highwater::kernel::time::{Duration, Instant};
use highwater::scenario::model::{Arrivals, ReplayedRequest, Scenario};
use support::scenario;

/// Users of eu, who reach eu at once and us in 100 ms.
const SITE: &str = r#"
[users]
rate = "1/s"

[endpoints.page]
share = 1
steps = [{ cpu = "5 ms" }]

[machines.server]
vcpus = 4

[regions.eu]
users = 1
zones = ["eu-a", "eu-b"]
rtt = { us = "100 ms" }
[regions.us]
users = 0
zones = ["us-a", "us-b"]

[routing]
health_check = { interval = "1 s", timeout = "500 ms", unhealthy_after = 2, healthy_after = 2 }

[entry]
to = "ENTRY"

[dns]
ttl = "10 s"
lookup = "0 ms"
resolvers = 1

[network]
client_rtt = "0 ms"
handshakes = 0
give_up_after = "3 s"

[load_balancers.front]
targets = "services.web"
public = true
health_check = { interval = "1 s", timeout = "500 ms", unhealthy_after = 2, healthy_after = 1 }

[services.web]
machine = "server"
instances = 4
zones = ["eu-a", "us-a", "eu-b", "us-b"]
public = true
workers = "unbounded"
handles = "*"

[run]
duration = "90.5 s"
warmup = "0 s"
kind = "terminating"
replications = 1
seed = 5
"#;

fn site(entry: &str, events: &str) -> Scenario {
    let mut scenario = scenario(&format!("{}\n{events}", SITE.replace("ENTRY", entry)));
    // Replayed: no rate is known beforehand, and the resolvers begin empty.
    let at = |second: u64| Instant::ZERO + Duration::from_nanos(second * 1_000_000_000);
    let request =
        |second| ReplayedRequest { at: at(second), user: None, endpoint: None, bytes: None };
    scenario.workload.users.arrivals =
        Arrivals::Replay { requests: (1_u64..=90).map(request).collect() };
    scenario
}

/// What became of the request of each second, from 1 on: `eu`, `us`, or the
/// cause of the failure.
fn course(scenario: &Scenario) -> Vec<String> {
    let options = PlayOptions { trace: 90, ..PlayOptions::default() };
    let traced = play(scenario, &options).expect("the audit holds").traced;
    assert_eq!(traced.len(), 90);
    traced.iter().map(outcome).collect()
}

fn outcome(request: &TracedResult) -> String {
    match (request.outcome.as_str(), request.response_ms) {
        ("answered", 5.0) => "eu".to_owned(),
        ("answered", 105.0) => "us".to_owned(),
        (cause, millis) => format!("{cause} {millis}"),
    }
}

/// The course as runs: from which second on, what.
fn runs(course: &[String]) -> Vec<(usize, &str)> {
    let mut runs: Vec<(usize, &str)> = Vec::new();
    for (second, outcome) in (1..).zip(course) {
        if runs.last().is_none_or(|last| last.1 != outcome) {
            runs.push((second, outcome));
        }
    }
    runs
}

const LOST: &str = r#"
[events.lost]
at = "20.5 s"
lose = "regions.eu"
for = "30 s"
"#;

#[test]
fn a_lost_region_is_left_when_the_record_runs_out() {
    // The record is stored at 1, 11, 21. At 21 the first check has just
    // failed; the second at 22 is known at 22.5. At 31 the answer is us. Back
    // at 50.5: the checks of 51 and 52 pass, too late for the look-up of 51.
    let expected = vec![(1, "eu"), (21, "unreachable 3000"), (31, "us"), (61, "eu")];
    assert_eq!(runs(&course(&site("services.web", LOST))), expected);
    assert_eq!(runs(&course(&site("load_balancers.front", LOST))), expected);
}

#[test]
fn without_checks_nobody_leaves() {
    let mut blind = site("services.web", LOST);
    blind.topology.routing = blind.topology.routing.map(|mut routing| {
        routing.health_check = None;
        routing
    });
    let expected = vec![(1, "eu"), (21, "unreachable 3000"), (51, "eu")];
    assert_eq!(runs(&course(&blind)), expected);
}

#[test]
fn one_instance_keeps_a_region_healthy() {
    let one = "[events.one]\nat = \"20.5 s\"\nkill = \"services.web.0\"\nhow = \"silence\"\nfor = \"30 s\"\n";
    let course = course(&site("load_balancers.front", one));
    assert!(course.iter().all(|outcome| outcome != "us"));
    // The balancer's checks of 21 and 22 fail, the second is known at 22.5; in
    // turn, the instances 0 and 2 of eu take the requests.
    assert_eq!(runs(&course), vec![(1, "eu"), (21, "unreachable 3000"), (22, "eu")]);
}

#[test]
fn dead_servers_that_refuse_are_noticed_at_once() {
    let one = |number| {
        format!("[events.dead_{number}]\nat = \"20.5 s\"\nkill = \"services.web.{number}\"\n")
    };
    let killed = one(0) + &one(2);
    // Checks of 21 and 22 are refused: known at 22.
    let expected = vec![(1, "eu"), (21, "refused 0"), (31, "us")];
    assert_eq!(runs(&course(&site("services.web", &killed))), expected);
}

#[test]
fn a_dns_outage_spares_who_has_a_record() {
    let outage = "[events.nameless]\nat = \"15.5 s\"\ndns_outage = true\nfor = \"10 s\"\n";
    // The record of 11 serves until 21; from 21 to 25 look-ups fail.
    let expected = vec![(1, "eu"), (21, "dns 3000"), (26, "eu")];
    assert_eq!(runs(&course(&site("services.web", outage))), expected);
}

#[test]
fn a_record_set_by_hand_is_seen_as_ttls_run_out() {
    let record = "[events.turned]\nat = \"15.5 s\"\ndns_record = \"regions.us\"\n";
    let expected = vec![(1, "eu"), (21, "us")];
    assert_eq!(runs(&course(&site("services.web", record))), expected);
}

#[test]
fn regions_that_are_cut_off_from_one_another_still_serve_their_users() {
    let cut = "[events.gap]\nat = \"15.5 s\"\ncut = [\"regions.eu\", \"regions.us\"]\n";
    assert_eq!(runs(&course(&site("services.web", cut))), vec![(1, "eu")]);
    let island = "[events.alone]\nat = \"20.5 s\"\npartition = \"regions.eu\"\n";
    let expected = vec![(1, "eu"), (21, "unreachable 3000"), (31, "us")];
    assert_eq!(runs(&course(&site("services.web", island))), expected);
    assert_eq!(runs(&course(&site("load_balancers.front", island))), expected);
}
