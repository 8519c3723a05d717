//! Goal: two designs under one seed face the same users with the same demands.
//! Method: the first requests of both, traced one by one: arrival, user, kind
//! of client, endpoint, keys and CPU demands must be equal to the nanosecond.

mod support;

use highwater::experiment::run::{PlayOptions, play};
use highwater::experiment::summary::TracedResult;
use highwater::scenario::model::Scenario;
use support::shipped;

const TRACED: u32 = 2_000;

fn traced(scenario: &Scenario) -> Vec<TracedResult> {
    let options = PlayOptions { replications: Some(1), trace: TRACED, ..PlayOptions::default() };
    play(scenario, &options).expect("the audit holds").traced
}

fn design(set: &[(&str, &str)]) -> Vec<TracedResult> {
    let short = [("run.duration", "12 s"), ("run.warmup", "1 s"), ("users.count", "300000")];
    let all: Vec<(&str, &str)> = short.iter().chain(set).copied().collect();
    traced(&shipped("05-replicas.toml", &all))
}

/// Nanoseconds of CPU work of the service and the database, without waits.
fn demands(request: &TracedResult) -> Vec<(&str, u64)> {
    let hops = request.hops.iter().filter(|(name, _)| name.ends_with(".cpu.service"));
    hops.map(|(name, millis)| (name.as_str(), (millis * 1e6).round() as u64)).collect()
}

fn assert_same_users(name: &str, one: &[TracedResult], other: &[TracedResult]) {
    assert_eq!(one.len(), TRACED as usize);
    assert_eq!(other.len(), TRACED as usize);
    for (number, (a, b)) in one.iter().zip(other).enumerate() {
        let who = |request: &TracedResult| {
            (request.user, request.client.clone(), request.endpoint.clone())
        };
        assert_eq!(a.arrival_s.to_bits(), b.arrival_s.to_bits(), "{name}: arrival of {number}");
        assert_eq!(who(a), who(b), "{name}: request {number}");
        assert_eq!(a.keys, b.keys, "{name}: keys of {number}");
        if a.outcome == "answered" && b.outcome == "answered" {
            assert_eq!(demands(a), demands(b), "{name}: demands of {number}");
        }
    }
}

#[test]
fn another_topology_leaves_the_users_alone() {
    let base = design(&[]);
    assert!(base.iter().all(|request| !request.keys.is_empty() && !demands(request).is_empty()));
    let designs: [(&str, &[(&str, &str)]); 4] = [
        ("more replicas", &[("databases.main.replicas", "5")]),
        ("more servers", &[("services.web.instances", "33")]),
        ("another policy", &[("load_balancers.public.policy", "random")]),
        ("reads from the primary", &[("databases.main.read_from", "primary")]),
    ];
    for (name, set) in designs {
        assert_same_users(name, &base, &design(set));
    }
}

#[test]
fn another_seed_changes_them() {
    let (base, other) = (design(&[]), design(&[("run.seed", "7")]));
    let same = base.iter().zip(&other).filter(|(a, b)| a.arrival_s == b.arrival_s).count();
    assert_eq!(same, 0);
}
