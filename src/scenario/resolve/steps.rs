//! Steps of endpoints and operations.

use super::super::defaults;
use super::super::keys;
use super::super::model::{Step, WriteKind};
use super::super::reader::{Item, Reader, suggestion};
use super::distribution::distribution;
use super::names::Scope;

/// Keys that say what a step does; exactly one of them stands in each.
const VERBS: [&str; 11] = [
    "cpu", "wait", "read", "insert", "update", "delete", "scan", "join", "call", "parallel",
    "enqueue",
];

/// Reads a list of steps. `fresh`: its reads must see the reader's writes.
pub(super) fn steps(item: &Item<'_>, scope: &Scope<'_>, fresh: bool) -> Vec<Step> {
    let items = item.items().unwrap_or_default();
    items.iter().filter_map(|item| step(item, scope, fresh)).collect()
}

pub(super) fn step(item: &Item<'_>, scope: &Scope<'_>, fresh: bool) -> Option<Step> {
    let reader = item.table_of(&keys::STEP)?;
    let mut verbs = VERBS.into_iter().filter(|verb| reader.has(verb));
    let help =
        "one of cpu, wait, read, insert, update, delete, scan, join, call, parallel, enqueue";
    let Some(verb) = verbs.next() else {
        reader.fault(
            "E102",
            format!("the step `{}` does not say what it does", item.path),
            Some(help),
        );
        return None;
    };
    if let Some(second) = verbs.next() {
        let message = format!("the step `{}` does two things: `{verb}` and `{second}`", item.path);
        reader.fault("E109", message, Some("write two steps"));
        return None;
    }
    check_details(&reader, verb);
    match verb {
        "cpu" => distribution(&reader.get("cpu")?).map(Step::Cpu),
        "wait" => distribution(&reader.get("wait")?).map(Step::Wait),
        "read" => Some(Step::Read {
            dataset: scope.datasets.find(&reader.get("read")?)?,
            keys: keys_of(&reader)?,
            read_your_writes: fresh || reader.flag("read_your_writes"),
        }),
        "insert" => write(&reader, scope, "insert", WriteKind::Insert),
        "update" => write(&reader, scope, "update", WriteKind::Update),
        "delete" => write(&reader, scope, "delete", WriteKind::Delete),
        "scan" => Some(Step::Scan {
            dataset: scope.datasets.find(&reader.get("scan")?)?,
            rows: rows_of(&reader)?,
        }),
        "join" => Some(Step::Join {
            dataset: scope.datasets.find(&reader.get("join")?)?,
            rows: rows_of(&reader)?,
        }),
        "call" => scope.operations.find(&reader.get("call")?).map(Step::Call),
        "parallel" => parallel(&reader.get("parallel")?, scope, fresh),
        _ => Some(Step::Enqueue {
            queue: queue(&reader.get("enqueue")?, scope)?.to_owned(),
            work: reader.get("work").map_or_else(Vec::new, |work| steps(&work, scope, fresh)),
        }),
    }
}

/// A topology without queues does the work at once; one that has some is meant
/// to have this one.
fn queue<'a>(item: &Item<'a>, scope: &Scope<'_>) -> Option<&'a str> {
    let name = item.text()?;
    let mut known = scope.queues.iter().peekable();
    if known.peek().is_some() && scope.queues.id(name).is_none() {
        let message = format!("`{}` names `{name}`, which is not in [queues]", item.path);
        item.fault("E201", message, suggestion(name, known));
    }
    Some(name)
}

/// Details that belong to another kind of step.
fn check_details(reader: &Reader<'_>, verb: &str) {
    let details: [(&'static str, &[&str]); 4] = [
        ("keys", &["read", "insert", "update", "delete"]),
        ("rows", &["scan", "join"]),
        ("read_your_writes", &["read"]),
        ("work", &["enqueue"]),
    ];
    for (detail, verbs) in details {
        if reader.has(detail) && !verbs.contains(&verb) {
            let message = format!("`{detail}` has no meaning beside `{verb}`");
            let help = format!("it belongs to {}", verbs.join(", "));
            reader.context.error("E109", reader.key_origin(detail), message, Some(help));
        }
    }
}

fn write(
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    verb: &'static str,
    kind: WriteKind,
) -> Option<Step> {
    let dataset = scope.datasets.find(&reader.get(verb)?)?;
    Some(Step::Write { kind, dataset, keys: keys_of(reader)? })
}

fn keys_of(reader: &Reader<'_>) -> Option<u32> {
    let Some(item) = reader.get("keys") else { return Some(1) };
    item.whole(1, u64::from(defaults::MOST_KEYS)).and_then(|keys| u32::try_from(keys).ok())
}

fn rows_of(reader: &Reader<'_>) -> Option<u32> {
    let Some(item) = reader.get("rows") else { return Some(1) };
    item.whole(1, defaults::MOST_ROWS).and_then(|rows| u32::try_from(rows).ok())
}

fn parallel(item: &Item<'_>, scope: &Scope<'_>, fresh: bool) -> Option<Step> {
    let branches = item.items()?;
    if branches.is_empty() {
        item.fault("E105", format!("`{}` has no branches", item.path), None);
    }
    Some(Step::Parallel(branches.iter().map(|branch| steps(branch, scope, fresh)).collect()))
}
