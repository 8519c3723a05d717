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
    let named = |text: String| {
        without_numbers(&names.iter().fold(text, |text, (number, name)| text.replace(number, name)))
    };
    let mut all: Vec<String> = events.chain(processes).map(named).collect();
    all.sort();
    all
}

/// Instances of a service or a cache stand for one another; those of a database
/// begin in different roles.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split("Instance(");
    let mut answer = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        answer.push_str("Instance(");
        let alike = part.starts_with("Service[") || part.starts_with("Cache[");
        match part.split_once("], ").filter(|_| alike) {
            Some((name, rest)) => {
                answer.push_str(name);
                answer.push_str(rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
            }
            None => answer.push_str(part),
        }
    }
    answer
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

#[cfg(test)]
mod tests {
    //! Goal: it does not matter which of several alike is struck. Method: texts
    //! as they are made of events.
    use super::*;

    #[test]
    fn alike_instances_stand_for_one_another() {
        let struck = |what: &str| without_numbers(&format!("Kill {{ target: Instance({what}) }}"));
        assert_eq!(struck("Service[web], 0"), struck("Service[web], 12"));
        assert_ne!(struck("Service[web], 0"), struck("Service[api], 0"));
        assert_ne!(struck("Database[main], 0"), struck("Database[main], 1"));
    }
}
