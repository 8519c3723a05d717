//! Goal: the same file and seed give the same bytes, on any number of threads,
//! in any build. Method: every shipped scenario, shortened, on one, two and
//! four threads; and a fingerprint of its event sequence that is committed.
//! `.ci/run` plays this file in debug and in release against the same
//! fingerprints.

mod support;

use highwater::kernel::time::Duration;
use highwater::report::{ReportOptions, files};
use highwater::scenario::model::Scenario;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use support::{results_on, shipped};

/// Every shipped scenario by path below `scenarios/`, with the length at which
/// it is played here.
fn shipped_files() -> Vec<(String, &'static str)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut found = Vec::new();
    for (folder, length) in
        [("", "3 s"), ("variants/", "3 s"), ("reference/", "20 s"), ("stores/", "3 s")]
    {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder of scenarios") {
            let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
            let part = ["workload.toml", "machines.toml", "site.toml"].contains(&name.as_str());
            if name.ends_with(".toml") && !part {
                found.push((format!("{folder}{name}"), length));
            }
        }
    }
    found.sort();
    found
}

fn short(file: &str, length: &str, seed: u64) -> Scenario {
    let seed = seed.to_string();
    let set = [("run.duration", length), ("run.warmup", "1 s"), ("run.seed", &seed)];
    let mut scenario = shipped(file, &set);
    scenario.run.replications = 3;
    if scenario.run.availability_only {
        // Hours pass between two failures.
        scenario.run.duration = Duration::from_secs_f64(100.0 * 86_400.0);
    }
    scenario
}

fn bytes(scenario: &Scenario, threads: usize) -> Vec<(String, Vec<u8>)> {
    let results = results_on(scenario, Some(threads));
    files(&results, &ReportOptions::default()).expect("a report")
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    for (file, length) in shipped_files() {
        let scenario = short(&file, length, 42);
        let one = bytes(&scenario, 1);
        assert!(one == bytes(&scenario, 2), "{file}: two threads differ from one");
        assert!(one == bytes(&scenario, 4), "{file}: four threads differ from one");
    }
}

#[test]
fn the_event_sequences_are_those_on_record() {
    let mut seen = String::new();
    for (file, length) in shipped_files() {
        for seed in [1, 2, 42] {
            let results = results_on(&short(&file, length, seed), None);
            let _ = writeln!(seen, "{file} seed {seed}: {}", results.summary.fingerprint);
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/fingerprints.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &seen).expect("a writable golden file");
    }
    let known = std::fs::read_to_string(&golden).expect("the golden file");
    let lines = |text: &str| -> BTreeMap<String, String> {
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs.map(|(name, print)| (name.to_owned(), print.to_owned())).collect()
    };
    assert_eq!(lines(&known), lines(&seen), "UPDATE_GOLDEN=1 records a change that is meant");
}
