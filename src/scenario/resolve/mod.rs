//! From the merged tree to the model: names become ids, quantities numbers,
//! and every fault is recorded.

mod autoscale;
mod cache_modes;
mod cdn;
mod checks;
mod components;
mod databases;
mod distribution;
mod events;
mod failover;
mod failures;
mod guards;
mod names;
mod placement;
mod places;
mod plan;
mod queues;
mod rate;
mod regions;
mod replay;
mod run;
mod sessions;
mod shards;
mod steps;
mod stores;
mod targets;
mod topology;
mod users;
mod workload;

use super::defaults;
use super::keys;
use super::model::{Arrivals, Dataset, Failures, RunKind, Scenario, Topology};
use super::reader::{Context, Item, Reader};
use super::tree::{Origin, Table};
use events::End;
use names::Scope;
use std::path::Path;
use targets::Targets;

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
    let mut workload = workload::workload(&root, &scope, users);
    let scripted = !scope.events.entries.is_empty() || autoscale::is_scheduled(&scope);
    let run = run::run(&root, &workload.users.arrivals, scripted);
    let end = End::new(&root);
    let mut topology = topology(&root, &scope, run.kind, &workload.datasets);
    sessions::attach(&scope, &mut workload, &mut topology);
    let failures = failures(&scope, &topology, &workload.users.arrivals, end.as_ref());
    let slo = run::slo(&root);
    let plan = plan::plan(&root, &Targets { scope: &scope, topology: &topology });
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
        failures,
        slo,
        run,
        expectations,
        plan,
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

fn topology(root: &Reader<'_>, scope: &Scope<'_>, kind: RunKind, datasets: &[Dataset]) -> Topology {
    let mut hosts = placement::Hosts::new(topology::hosts(scope));
    let mut room = events::room(scope);
    autoscale::make_room(scope, &mut room);
    let (regions, zones) = regions::regions(root, scope);
    let racks = scope.places.racks.names().map(str::to_owned).collect();
    let mut topology = Topology {
        entry: topology::entry(root, scope),
        dns: topology::dns(root),
        network: topology::network(root),
        zones,
        racks,
        regions,
        routing: regions::routing(root, scope),
        machines: topology::machines(scope),
        services: components::services(scope, &mut hosts, &room),
        load_balancers: components::load_balancers(scope, &room),
        caches: components::caches(scope, &mut hosts, kind),
        databases: Vec::new(),
        shardings: Vec::new(),
        cdn: cdn::cdn(root, scope, kind),
        queues: queues::queues(scope),
        autoscalers: Vec::new(),
        hosts: Vec::new(),
    };
    (topology.databases, topology.shardings) = databases::databases(scope, &mut hosts, datasets);
    topology.hosts = hosts.list;
    topology.autoscalers = autoscale::autoscalers(root, scope, &mut topology.services);
    regions::check_machines(root, scope, &topology);
    topology
}

fn failures(
    scope: &Scope<'_>,
    topology: &Topology,
    arrivals: &Arrivals,
    end: Option<&End<'_>>,
) -> Failures {
    let targets = Targets { scope, topology };
    let processes = failures::failures(scope, &targets);
    let named = topology.dns.is_some();
    let script = events::Script { scope, targets, arrivals, end, named };
    Failures { processes, events: script.events() }
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
