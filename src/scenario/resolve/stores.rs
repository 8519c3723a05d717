//! Kinds of store: leaderless databases, and what the application must do.

use super::super::defaults;
use super::super::keys;
use super::super::model::{Database, ReplicationTopology, RowReads, Scenario};
use super::super::reader::{Item, Reader, suggestion};
use super::super::store::{self, Detour, MOST_READS};
use super::super::tree::{Origin, Value};
use super::checks::visit;
use super::names::{Names, Scope};

/// Words for who takes the writes.
const WORDS: [&str; 3] = ["primary", "multi-primary", "ring"];

/// Who takes the writes: a word, or `{ quorum = { n, r, w } }`.
pub(super) fn topology(item: &Item<'_>, replicas: u64) -> Option<ReplicationTopology> {
    match &item.node.value {
        Value::Text(word) => match word.as_str() {
            "primary" => Some(ReplicationTopology::Primary),
            "multi-primary" => Some(ReplicationTopology::MultiPrimary),
            "ring" => Some(ReplicationTopology::Ring),
            _ => {
                let help = match word.as_str() {
                    "quorum" => Some("write { quorum = { n = 3, r = 2, w = 2 } }".to_owned()),
                    _ => suggestion(word, WORDS.into_iter()),
                };
                item.fault("E106", format!("`{}` cannot be {word:?}", item.path), help);
                None
            }
        },
        Value::Table(_) => quorum(&item.table_of(&keys::LEADERLESS)?, replicas),
        other => {
            let message =
                format!("`{}` must be text or a table, and is {}", item.path, other.kind());
            let help = "\"multi-primary\", or { quorum = { n = 3, r = 2, w = 2 } }".to_owned();
            item.fault("E103", message, Some(help));
            None
        }
    }
}

fn quorum(reader: &Reader<'_>, replicas: u64) -> Option<ReplicationTopology> {
    let item = reader.need("quorum")?;
    let reader = item.part()?;
    let instances = replicas.saturating_add(1);
    let most = defaults::MOST_HOLDERS;
    let n = reader.whole("n", 1, most, defaults::HOLDERS.min(instances));
    if n > instances {
        let message = format!(
            "`{}.n` is {n}, and there are {instances} instances to hold a key",
            reader.path
        );
        let help = "`replicas` counts the instances beside the first".to_owned();
        reader.context.error("E309", reader.key_origin("n"), message, Some(help));
    }
    let more_than_half = n / 2 + 1;
    let of = |name: &'static str| {
        let given = reader.whole(name, 1, most, more_than_half);
        if given > n {
            let path = &reader.path;
            let message = format!("`{path}.{name}` is {given}, and {n} instances hold a key");
            let help = "at most `n`".to_owned();
            reader.context.error("E309", reader.key_origin(name), message, Some(help));
        }
        given.min(n) as u32
    };
    Some(ReplicationTopology::Quorum { r: of("r"), w: of("w"), n: n as u32 })
}

/// How the application reads row by row.
pub(super) fn row_reads(reader: &Reader<'_>) -> RowReads {
    let words = reader.choice("row_reads");
    let at_a_time = reader.whole("parallel_reads", 1, MOST_READS, defaults::PARALLEL_READS);
    if reader.has("parallel_reads") && words != Some("concurrent") {
        let message = format!("`{}.parallel_reads` is of no use without", reader.path);
        let message = format!("{message} `row_reads = \"concurrent\"`");
        reader.context.error("E109", reader.key_origin("parallel_reads"), message, None);
    }
    match words {
        Some("concurrent") => RowReads::Concurrent(at_a_time as u32),
        Some("batched") => RowReads::Batched,
        _ => RowReads::OneByOne,
    }
}

/// What only a leaderless database has, and what it has not.
pub(super) fn check_leaderless(reader: &Reader<'_>, leaderless: bool) {
    let refuse = |at: Origin, message: String, help: &str| {
        reader.context.error("E309", at, message, Some(help.to_owned()));
    };
    let path = &reader.path;
    if !leaderless && reader.has("consistency") {
        let message = format!("`{path}.consistency`: `{path}` is not leaderless");
        refuse(reader.key_origin("consistency"), message, NEEDS_QUORUM);
    }
    if let Some(word) = reader
        .choice("read_from")
        .filter(|word| leaderless && (*word == "primary" || *word == "replicas"))
    {
        let message = format!("`{path}.read_from` is {word:?}, and a quorum has no such roles");
        refuse(reader.key_origin("read_from"), message, "\"any\", or \"nearest\"");
    }
    let replication = reader.part("replication").filter(|part| leaderless && part.has("extra_lag"));
    if let Some(part) = replication {
        let message = format!("`{}.extra_lag`: a quorum ships no log", part.path);
        refuse(part.key_origin("extra_lag"), message, "take it out");
    }
}

const NEEDS_QUORUM: &str =
    "it belongs to a database with topology = { quorum = { n = 3, r = 2, w = 2 } }";

/// The database that holds a dataset of this name, where it is leaderless or not.
fn holder<'s>(scope: &Scope<'_>, scenario: &'s Scenario, name: &str) -> Option<&'s Database> {
    let id = scope.datasets.id(name)?;
    scenario.topology.databases.iter().find(|database| database.datasets.contains(&id))
}

fn is_leaderless(database: &Database) -> bool {
    matches!(database.replication, ReplicationTopology::Quorum { .. })
}

/// Only a leaderless database knows more than one consistency.
pub(super) fn check_consistency(scope: &Scope<'_>, scenario: &Scenario) {
    for owners in [&scope.endpoints, &scope.operations] {
        for (_, _, item) in &owners.entries {
            let Some(steps) = item.below_quietly("steps") else { continue };
            let mut reads = Vec::new();
            check_steps(&steps, scope, scenario, &mut reads);
            let asked = item.below_quietly("consistency");
            if let Some(asked) = asked.filter(|_| !reads.iter().any(|&leaderless| leaderless)) {
                let message = format!("`{}`: it reads no leaderless database", asked.path);
                asked.fault("E309", message, Some(NEEDS_QUORUM.to_owned()));
            }
        }
    }
}

/// Checks the steps of a list and below it; `reads` learns which databases
/// are leaderless.
fn check_steps(steps: &Item<'_>, scope: &Scope<'_>, scenario: &Scenario, reads: &mut Vec<bool>) {
    let Value::Array(_) = &steps.node.value else { return };
    for step in steps.items().unwrap_or_default() {
        if let Value::Array(_) = &step.node.value {
            check_steps(&step, scope, scenario, reads);
        }
        for below in ["parallel", "work"] {
            if let Some(steps) = step.below_quietly(below) {
                check_steps(&steps, scope, scenario, reads);
            }
        }
        let database = step.text_below("read").and_then(|name| holder(scope, scenario, name));
        let Some(database) = database else { continue };
        reads.push(is_leaderless(database));
        let asked = step.below_quietly("consistency").filter(|_| !is_leaderless(database));
        if let Some(asked) = asked {
            let name = &database.name;
            let message = format!("`{}`: `databases.{name}` is not leaderless", asked.path);
            asked.fault("E309", message, Some(NEEDS_QUORUM.to_owned()));
        }
    }
}

/// Tells what the application must do because a store cannot.
pub(super) fn check_detours(root: &Reader<'_>, scope: &Scope<'_>, scenario: &Scenario) {
    let workload = &scenario.workload;
    let endpoints = workload.endpoints.iter().map(|one| &one.steps);
    let mut told = Vec::new();
    for steps in endpoints.chain(workload.operations.iter().map(|one| &one.steps)) {
        visit(steps, &mut |step| {
            let detour = store::detour(scenario, step);
            if let Some(detour) = detour.filter(|detour| !told.contains(detour)) {
                tell(root, scope, scenario, &detour);
                told.push(detour);
            }
        });
    }
}

fn tell(root: &Reader<'_>, scope: &Scope<'_>, scenario: &Scenario, detour: &Detour) {
    let Some(holder) = store::holder(scenario, detour.dataset) else { return };
    let database = &scenario.topology.databases[holder];
    let at = place_of_engine(&scope.databases, &database.name).unwrap_or(root.origin);
    let name = &scenario.workload.datasets[detour.dataset].name;
    let (reads, operation) = (detour.reads(), detour.operation.name());
    let why = match detour.across {
        true => "its other dataset lies in another database".to_owned(),
        false => format!("`databases.{}` is {}", database.name, database.engine.name()),
    };
    let message = format!("{name} {operation}: {reads} reads from the application, as {why}");
    if reads > MOST_READS {
        let help = format!("at most {MOST_READS} are played: ask for fewer rows");
        root.context.error("E105", at, message, Some(help));
    } else {
        root.context.warn("W407", at, message, None);
    }
}

/// Where the engine of a database is named, else its table.
fn place_of_engine(names: &Names<'_>, name: &str) -> Option<Origin> {
    let (_, at, item) = names.entries.iter().find(|(own, ..)| *own == name)?;
    Some(item.below_quietly("engine").map_or(*at, |engine| engine.node.origin))
}
