//! From the merged tree to the model: names become ids, quantities numbers,
//! and every fault is recorded.

mod checks;
mod components;
mod databases;
mod distribution;
mod names;
mod placement;
mod rate;
mod replay;
mod run;
mod steps;
mod topology;
mod users;
mod workload;

use super::defaults;
use super::keys;
use super::model::{Failures, Scenario, Topology};
use super::reader::{Context, Item, Reader};
use super::tree::{Origin, Table};
use names::Scope;
use std::path::Path;

/// Resolves a whole scenario. Where faults were recorded, what is returned is
/// of no use.
pub(super) fn resolve(
    context: &Context<'_>,
    tree: &Table,
    origin: Origin,
    path: &Path,
    users: Option<u64>,
) -> Scenario {
    let root = Reader::open(context, tree, origin, String::new(), &keys::ROOT);
    let scope = Scope::new(&root);
    let workload = workload::workload(&root, &scope, users);
    let run = run::run(&root, &workload.users.arrivals);
    let topology = topology(&root, &scope, run.kind);
    let slo = run::slo(&root);
    let expectations = run::expectations(&root);
    let stem =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let title = root.get("title").and_then(|item| title(&item)).map_or(stem, str::to_owned);
    let description = root.get("description").and_then(|item| item.text()).unwrap_or_default();
    let scenario = Scenario {
        title,
        description: description.to_owned(),
        hash: String::new(),
        workload,
        topology,
        failures: Failures::default(),
        slo,
        run,
        expectations,
    };
    checks::check(&root, &scope, &scenario);
    scenario
}

/// One line that fits above a report.
fn title<'a>(item: &Item<'a>) -> Option<&'a str> {
    let text = item.text()?;
    let (length, most) = (text.chars().count(), defaults::LONGEST_TITLE);
    if length > most || text.contains('\n') {
        let message = format!("`title` must be one line of at most {most} characters");
        item.fault("E105", message, Some("`description` may be longer".to_owned()));
    }
    Some(text)
}

fn topology(root: &Reader<'_>, scope: &Scope<'_>, kind: super::model::RunKind) -> Topology {
    let mut hosts = placement::Hosts::new(topology::hosts(scope));
    Topology {
        entry: topology::entry(root, scope),
        dns: topology::dns(root),
        network: topology::network(root),
        zones: Vec::new(),
        racks: Vec::new(),
        regions: Vec::new(),
        routing: None,
        machines: topology::machines(scope),
        services: components::services(scope, &mut hosts),
        load_balancers: components::load_balancers(scope),
        caches: components::caches(scope, &mut hosts, kind),
        databases: databases::databases(scope, &mut hosts),
        hosts: hosts.list,
    }
}

/// The content of the file that a value names, beside the file in which the
/// value stands. It is kept: results depend on what it holds, not on its name.
fn attach(item: &Item<'_>) -> Option<Vec<u8>> {
    let name = item.text()?;
    let source = &item.context.sources.texts[item.node.origin.source];
    let path = source.path.parent().unwrap_or(Path::new("")).join(name);
    match item.context.files.read(&path) {
        Ok(bytes) => {
            item.context.attached.borrow_mut().insert(item.node.origin, bytes.clone());
            Some(bytes)
        }
        Err(reason) => {
            item.fault("E010", format!("cannot read `{}`: {reason}", path.display()), None);
            None
        }
    }
}
