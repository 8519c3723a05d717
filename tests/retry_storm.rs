//! Goal: the two scenarios tell their story: retries keep a site down after the
//! trigger is gone, a budget lets it come back, and so does cancellation.
//! Method: the share of requests that fail before the trigger, and from a minute
//! after its end on.

mod support;

use highwater::experiment::summary::Results;
use support::{results, shipped};

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
