//! Goal: the growth path tells one story: the same users with the same wishes
//! at every stage. Method: the resolved workloads of the shipped stages.

mod support;

use highwater::scenario::model::{Arrivals, Scenario, Workload};
use std::path::Path;

/// The shipped stages: files of two digits and a word, in order.
fn stages() -> Vec<(String, Scenario)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let entries = std::fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
    let mut names: Vec<String> = names.map(|name| name.expect("a name")).collect();
    names.retain(|name| name.starts_with(|first: char| first.is_ascii_digit()));
    names.sort();
    names.into_iter().map(|name| (name.clone(), support::shipped(&name, &[]))).collect()
}

/// What users want, without how many they are and when they come.
fn wishes(workload: &Workload) -> Workload {
    let mut wishes = workload.clone();
    wishes.users.count = None;
    wishes.users.requests_per_user_per_s = None;
    wishes.users.arrivals = Arrivals::Replay { requests: Vec::new() };
    wishes
}

#[test]
fn every_stage_has_its_scenario() {
    let numbers: Vec<String> = stages().iter().map(|(name, _)| name[..2].to_owned()).collect();
    let expected: Vec<String> = (1..=15).map(|number| format!("{number:02}")).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn one_workload_runs_unchanged_over_all_stages() {
    let stages = stages();
    let first = wishes(&stages[0].1.workload);
    for (name, scenario) in &stages {
        assert!(wishes(&scenario.workload) == first, "{name} changes what users want");
        assert!(scenario.workload.users.count.is_some(), "{name} says how many users there are");
    }
}

#[test]
fn only_the_stage_of_autoscaling_plays_more_than_the_peak_hour() {
    let steady = |scenario: &Scenario| {
        let users = &scenario.workload.users;
        let (count, each) = (users.count.unwrap_or(0) as f64, users.requests_per_user_per_s);
        let Arrivals::Renewal { gap } = &users.arrivals else {
            return false;
        };
        let expected = 1e9 / (count * each.unwrap_or(0.0));
        (gap.mean() / expected - 1.0).abs() < 1e-6
    };
    let others: Vec<String> = stages()
        .into_iter()
        .filter(|(_, scenario)| !steady(scenario))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(others, ["15-autoscaling.toml"]);
}
