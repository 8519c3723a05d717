//! Goal: every value that a reference scenario expects is right, and rests on
//! more than one derivation. Method: recompute each `[expect]` from formulas
//! written here without the simulator; hold the formulas against printed tables
//! and, in small cases, against the Markov chain solved by brute force.

#[path = "theory/brute_force.rs"]
mod brute_force;
#[path = "theory/brute_force_clients.rs"]
mod brute_force_clients;
#[path = "theory/brute_force_failures.rs"]
mod brute_force_failures;
#[path = "theory/caches.rs"]
mod caches;
#[path = "theory/cases.rs"]
mod cases;
#[path = "theory/chains.rs"]
mod chains;
#[path = "theory/clients.rs"]
mod clients;
#[path = "theory/edges.rs"]
mod edges;
#[path = "theory/failures.rs"]
mod failures;
#[path = "theory/names.rs"]
mod names;
#[path = "theory/networks.rs"]
mod networks;
#[path = "theory/order.rs"]
mod order;
#[path = "theory/published.rs"]
mod published;
#[path = "theory/queues.rs"]
mod queues;
#[path = "theory/renewal.rs"]
mod renewal;
#[path = "theory/replacement.rs"]
mod replacement;

use highwater::experiment::reference::REFERENCES;
use std::collections::BTreeMap;
use std::path::Path;

/// Scenarios whose expected value is an approximation of the model, by name.
const APPROXIMATE: [&str; 5] = ["lru-che", "lru-ttl", "power-of-two", "queue-burst", "web-tier"];

fn scenarios() -> BTreeMap<String, toml::Table> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/reference");
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(directory).expect("scenarios/reference exists") {
        let path = entry.expect("readable directory").path();
        let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("readable file");
        found.insert(name, text.parse().expect("valid TOML"));
    }
    found
}

/// Figure, value and approximation of each expectation.
fn expected(scenario: &toml::Table) -> BTreeMap<String, (f64, f64)> {
    let read = |value: &toml::Value| match value {
        toml::Value::Table(table) => (
            table["value"].as_float().expect("a number"),
            table["approximation"].as_float().expect("a number"),
        ),
        value => (value.as_float().expect("a number"), 0.0),
    };
    let table = scenario["expect"].as_table().expect("[expect] is a table");
    table.iter().map(|(figure, value)| (figure.clone(), read(value))).collect()
}

#[test]
fn every_expected_value_follows_from_its_formula() {
    let scenarios = scenarios();
    let mut wrong = Vec::new();
    for (name, figures) in cases::all() {
        let expected = scenarios.get(name).map(expected).unwrap_or_default();
        for (figure, exact) in figures {
            let stated = expected.get(figure).map_or(f64::NAN, |value| value.0);
            if (stated / exact - 1.0).abs().total_cmp(&1e-6).is_gt() {
                wrong.push(format!("{name} {figure} {exact:.10} {stated}"));
            }
        }
    }
    assert!(wrong.is_empty(), "scenario, figure, exact, stated:\n{}", wrong.join("\n"));
}

#[test]
fn no_scenario_expects_what_no_formula_gives() {
    let known: BTreeMap<&str, Vec<&str>> = cases::all()
        .into_iter()
        .map(|(name, figures)| (name, figures.into_iter().map(|figure| figure.0).collect()))
        .collect();
    let scenarios = scenarios();
    assert_eq!(scenarios.len(), known.len(), "files in scenarios/reference");
    for (name, scenario) in &scenarios {
        for figure in expected(scenario).keys() {
            assert!(known[name.as_str()].contains(&figure.as_str()), "{name}: {figure}");
        }
    }
}

#[test]
fn all_of_them_are_validated() {
    let validated: Vec<&str> = REFERENCES.iter().map(|(name, _)| *name).collect();
    let scenarios = scenarios();
    let left_out = scenarios.keys().filter(|name| !validated.contains(&name.as_str()));
    assert_eq!(left_out.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn approximations_are_said_to_be_such_and_small() {
    for (name, scenario) in &scenarios() {
        for (figure, (_, approximation)) in expected(scenario) {
            let allowed = if APPROXIMATE.contains(&name.as_str()) { 0.005 } else { 0.0 };
            assert!((0.0..=allowed).contains(&approximation), "{name}: {figure}");
        }
    }
}

#[test]
fn every_scenario_fixes_its_run_and_explains_itself() {
    for (name, scenario) in &scenarios() {
        let run = scenario["run"].as_table().expect("[run] is a table");
        for key in ["duration", "warmup", "kind", "seed", "replications"] {
            assert!(run.contains_key(key), "{name}: run.{key}");
        }
        assert_eq!(run["replications"].as_integer(), Some(20), "{name}");
        assert!(scenario["description"].as_str().is_some_and(|text| text.len() > 80), "{name}");
    }
}
