//! Goal: the two scenarios tell their story: retries keep a site down after the
//! trigger is gone, a budget lets it come back, and so does cancellation.
//! Method: the share of requests that fail before the trigger, and from a minute
//! after its end on.

mod support;

use highwater::scenario::model::Scenario;
use highwater::scenario::{Request, load};
use std::path::Path;

use highwater::experiment::summary::Results;
use support::{Disk, results, shipped};

/// Share of the requests that ended between two instants (s) which failed.
fn failing(results: &Results, from: f64, until: f64) -> f64 {
    let total = |figure: &str| -> f64 {
        let own = |series: &&highwater::experiment::summary::Series| {
            series.component == "users" && series.figure == figure
        };
        let series = results.timeseries.series.iter().find(own).expect("a figure of users");
        let width = results.timeseries.bucket_s;
        let times = series.values.iter().enumerate().map(|(bucket, rate)| {
            let start = bucket as f64 * width;
            if start >= from && start + width <= until { rate.unwrap_or(0.0) } else { 0.0 }
        });
        times.sum()
    };
    let failed = total("failed_per_s");
    failed / (failed + total("answered_per_s"))
}

fn play(file: &str, set: &[(&str, &str)]) -> Results {
    let mut scenario = shipped(file, set);
    scenario.run.replications = 2;
    results(&scenario)
}

/// The trigger lasts from 60 to 75 s.
#[test]
fn retries_keep_the_site_down_after_the_trigger_is_gone() {
    let storm = play("variants/retry-storm.toml", &[]);
    assert!(failing(&storm, 10.0, 60.0) < 0.001);
    let after = failing(&storm, 135.0, 180.0);
    assert!(after > 0.95, "{after} fail");
    let queue = storm.summary.stations.iter().find(|one| one.name == "services.web.workers");
    assert_eq!(queue.map(|queue| queue.queue_length_max), Some(4_000));
}

#[test]
fn a_retry_budget_heals_it() {
    let healed = play("variants/retry-budget.toml", &[]);
    assert!(failing(&healed, 62.0, 75.0) > 0.9);
    let after = failing(&healed, 105.0, 180.0);
    assert!(after < 0.001, "{after} fail");
}

/// Without the retries there is no storm; nor where what is given up leaves the
/// queue, so that nobody works for clients who have gone.
#[test]
fn so_does_no_retry_at_all_and_so_does_cancellation() {
    let once = [
        ("clients.browser.retries", "{ attempts = 1 }"),
        ("clients.mobile.retries", "{ attempts = 1 }"),
    ];
    let cancelling = [("clients.browser.cancels", "true"), ("clients.mobile.cancels", "true")];
    for set in [once, cancelling] {
        let healed = play("variants/retry-storm.toml", &set);
        let after = failing(&healed, 135.0, 180.0);
        assert!(after < 0.001, "{set:?}: {after} fail");
    }
}

/// Goal: a comparison keeps how each design's clients meet failures. Method:
/// the budget's file under the users of the storm's.
#[test]
fn a_comparison_keeps_the_budget() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/variants");
    let (storm, budget) = (folder.join("retry-storm.toml"), folder.join("retry-budget.toml"));
    let request = Request { path: &budget, overrides: &[], users: None, workload_of: Some(&storm) };
    let loaded = load(&Disk, &request).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    let retries = |scenario: &Scenario| {
        let clients = scenario.workload.clients.iter();
        clients.filter_map(|client| client.retries.clone()?.budget).collect::<Vec<f64>>()
    };
    assert!(!retries(&loaded.scenario).is_empty());
    assert!(retries(&shipped("variants/retry-storm.toml", &[])).is_empty());
}
