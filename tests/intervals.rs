//! Goal: intervals hold the truth as often as they say, through the way that a
//! run takes, and the study tells the same whatever the threads. Method: a
//! small part of the coverage study, whose counts must lie within exact
//! binomial bands (the rows say which they leave). `highwater validate
//! --coverage` is the whole. A precision that is asked for is looked up in the
//! intervals that come out.

mod support;

use highwater::experiment::coverage::{Coverage, CoverageOptions, CoverageRow, coverage};
use highwater::experiment::precision::{Precision, play_until};
use highwater::experiment::run::PlayOptions;
use highwater::experiment::summary::Results;
use support::shipped;

fn study(trials: u32, wanted: fn(&str, bool) -> bool, threads: Option<usize>) -> Coverage {
    let options = CoverageOptions { trials, wanted, threads, ..CoverageOptions::default() };
    coverage(&options).expect("no law breaks")
}

fn row<'a>(study: &'a Coverage, figure: &str, adequate: bool) -> &'a CoverageRow {
    let wanted = |row: &&CoverageRow| row.figure == figure && row.adequate == adequate;
    study.rows.iter().find(wanted).expect("a row")
}

#[test]
fn availability_of_two_of_three() {
    let study = study(200, |name, _| name == "2 of 3", None);
    let adequate = row(&study, "availability", true);
    assert!(adequate.bars_missed.is_empty(), "{adequate:?}");
    // Some fifteen outages carry no interval.
    assert!(row(&study, "availability", false).refused > 100);
}

#[test]
fn response_times_of_a_queue() {
    let study = study(200, |name, adequate| name == "M/M/4" && !adequate, None);
    for figure in ["mean", "p95", "p99"] {
        let thin = row(&study, figure, false);
        assert!(thin.bars_missed.is_empty(), "{thin:?}");
    }
    // Twenty requests beyond it carry no interval.
    assert_eq!(row(&study, "p99.9", false).refused, 200);
}

#[test]
fn the_study_does_not_depend_on_threads() {
    let wanted = |name: &str, _: bool| name == "2 of 3";
    assert_eq!(study(20, wanted, Some(1)), study(20, wanted, Some(2)));
}

fn until(relative: f64, most: u32, threads: usize) -> Results {
    let scenario = shipped("coverage/mm1.toml", &[("run.duration", "\"40 s\"")]);
    let options = PlayOptions { threads: Some(threads), ..PlayOptions::default() };
    play_until(&scenario, &options, Precision { relative, most }).expect("no law breaks")
}

#[test]
fn a_run_goes_on_until_it_is_precise() {
    let results = until(0.05, 1_000, 2);
    let summary = &results.summary;
    let precision = summary.precision.as_ref().expect("asked for");
    assert!(precision.reached && summary.replications > 10, "{precision:?}");
    for estimate in [&summary.response_time_ms.mean, &summary.response_time_ms.p99] {
        let value = estimate.value.expect("a value");
        assert!(estimate.low.expect("an end") >= 0.95 * value, "{estimate:?}");
        assert!(estimate.high.expect("an end") <= 1.05 * value, "{estimate:?}");
    }
    // The tail is known less well than the mean.
    assert_eq!(precision.figure, "p99");
    assert_eq!(results, until(0.05, 1_000, 1));
}

#[test]
fn a_precision_out_of_reach_is_given_up() {
    let summary = until(0.001, 12, 2).summary;
    let precision = summary.precision.expect("asked for");
    assert!(!precision.reached && precision.relative_half_width > Some(0.001));
    assert_eq!((summary.replications, precision.replications_max), (12, 12));
}
