//! What the tests of played scenarios share: scenarios from text, played in
//! this process.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod topologies;

use highwater::experiment::run::{PlayOptions, play};
use highwater::experiment::summary::{Estimate, Figure, Results, Summary};
use highwater::scenario::model::Scenario;
use highwater::scenario::{Files, Request, load};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files in memory.
pub struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

/// Files on disk.
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|error| error.to_string())
    }
}

/// A scenario from its text and further files that it names.
pub fn scenario_with(text: &str, others: &[(&str, &str)]) -> Scenario {
    let mut files = BTreeMap::from([(PathBuf::from("scenario.toml"), text.into())]);
    for (name, content) in others {
        files.insert(PathBuf::from(name), content.as_bytes().to_vec());
    }
    let path = Path::new("scenario.toml");
    let request = Request { path, overrides: &[], users: None, workload_of: None };
    match load(&Memory(files), &request) {
        Ok(loaded) => loaded.scenario,
        Err(diagnostics) => panic!("{}", diagnostics.render(false)),
    }
}

/// A scenario from its text.
pub fn scenario(text: &str) -> Scenario {
    scenario_with(text, &[])
}

/// A shipped scenario, with keys set.
pub fn shipped(file: &str, set: &[(&str, &str)]) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(file);
    let overrides: Vec<(String, String)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let request = Request { path: &path, overrides: &overrides, users: None, workload_of: None };
    match load(&Disk, &request) {
        Ok(loaded) => loaded.scenario,
        Err(diagnostics) => panic!("{}", diagnostics.render(false)),
    }
}

/// Plays a scenario as it says.
pub fn results(scenario: &Scenario) -> Results {
    results_on(scenario, None)
}

/// Plays a scenario on so many threads.
pub fn results_on(scenario: &Scenario, threads: Option<usize>) -> Results {
    let options = PlayOptions { threads, ..PlayOptions::default() };
    play(scenario, &options).expect("the audit holds")
}

/// Plays a scenario once, as it says.
pub fn summary(scenario: &Scenario) -> Summary {
    results(scenario).summary
}

/// Mean response time of an endpoint in nanoseconds; exact where one request
/// asked for it.
pub fn endpoint_nanos(summary: &Summary, endpoint: &str) -> u64 {
    let (_, result) =
        summary.endpoints.iter().find(|(name, _)| name == endpoint).expect("an endpoint");
    let millis = result.response_time_ms.mean.value.expect("an answer");
    (millis * 1e6).round() as u64
}

/// A figure of a component.
pub fn component(summary: &Summary, component: &str, figure: &str) -> f64 {
    let (_, found) =
        summary.components.iter().find(|(name, _)| name == component).expect("a component");
    let (_, found) = found.figures.iter().find(|(name, _)| name == figure).expect("a figure");
    match found {
        Figure::Count(count) => *count as f64,
        Figure::Number(number) => *number,
        Figure::Estimate(estimate) => estimate.value.expect("a value"),
    }
}

/// The value of an estimate.
pub fn value(estimate: &Estimate) -> f64 {
    estimate.value.expect("a value")
}

/// Every request offered is answered, failed with a cause, or in flight, and
/// the parts of the response time add up to it.
pub fn conserved(summary: &Summary) -> Result<(), TestCaseError> {
    let requests = &summary.requests;
    let failed: u64 = requests.failed.iter().map(|(_, count)| count).sum();
    prop_assert_eq!(requests.offered, requests.answered + failed + requests.in_flight);
    // What an overloaded site has not finished by the end of the drain is
    // still there: no more than ever was at once, and the load went on.
    let by_endpoint: u64 =
        summary.endpoints.iter().map(|(_, endpoint)| endpoint.requests.offered).sum();
    prop_assert_eq!(by_endpoint, requests.offered);
    let parts: f64 = summary.attribution_ms.iter().filter_map(|(_, part)| part.value).sum();
    // Where requests never finished, the mean is a bound that includes them.
    let mean = &summary.response_time_ms.mean;
    if let Some(mean) = mean.value.filter(|_| !mean.at_least) {
        prop_assert!((parts - mean).abs() <= 1e-9 * mean, "{} is not {}", parts, mean);
    }
    Ok(())
}
