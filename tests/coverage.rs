//! Goal: intervals hold the truth as often as they say, through the way that a
//! run takes, and the study tells the same whatever the threads. Method: a
//! small part of the coverage study, whose counts must lie within exact
//! binomial bands (the rows say which they leave). `highwater validate
//! --coverage` is the whole.

use highwater::experiment::coverage::{Coverage, CoverageOptions, CoverageRow, coverage};

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
