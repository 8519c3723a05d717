//! Whether two designs meet the same failures: equal by name and content.

use crate::scenario::model::{Scenario, Topology};

/// Whether events and failures of two designs have the same names and content;
/// what they strike is known by its name, as its number may differ.
pub(super) fn same_failures(first: &Scenario, other: &Scenario) -> bool {
    described(first) == described(other)
}

/// Events and failures, the numbers of what they strike replaced by its names.
fn described(scenario: &Scenario) -> Vec<String> {
    let failures = &scenario.failures;
    let events = failures.events.iter().map(|event| format!("{event:?}"));
    let processes = failures.processes.iter().map(|process| format!("{process:?}"));
    let names = names(&scenario.topology);
    let named =
        |text: String| names.iter().fold(text, |text, (number, name)| text.replace(number, name));
    let mut all: Vec<String> = events.chain(processes).map(named).collect();
    all.sort();
    all
}

/// How targets are written with numbers, and with names.
fn names(topology: &Topology) -> Vec<(String, String)> {
    let mut names = Vec::new();
    let mut add = |kind: &str, all: Vec<&String>| {
        let numbered = all.into_iter().enumerate();
        names.extend(
            numbered.map(|(id, name)| (format!("{kind}({id})"), format!("{kind}[{name}]"))),
        );
    };
    add("LoadBalancer", topology.load_balancers.iter().map(|one| &one.name).collect());
    add("Service", topology.services.iter().map(|one| &one.name).collect());
    add("Cache", topology.caches.iter().map(|one| &one.name).collect());
    let databases: Vec<&String> = topology.databases.iter().map(|one| &one.name).collect();
    for kind in ["Database", "Primary", "Replica"] {
        add(kind, databases.clone());
    }
    add("Rack", topology.racks.iter().collect());
    add("Host", topology.hosts.iter().map(|one| &one.name).collect());
    add("Zone", topology.zones.iter().map(|one| &one.name).collect());
    add("Region", topology.regions.iter().map(|one| &one.name).collect());
    names
}
