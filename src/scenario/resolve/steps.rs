//! Steps of endpoints and operations.

use super::super::defaults;
use super::super::keys;
use super::super::model::{Consistency, Step, WriteKind};
use super::super::reader::{Item, Reader, suggestion};
use super::super::store::reached;
use super::distribution::distribution;
use super::names::Scope;

/// Keys that say what a step does; exactly one of them stands in each.
const VERBS: [&str; 13] = [
    "cpu", "wait", "read", "insert", "update", "delete", "scan", "range", "join", "traverse",
    "call", "parallel", "enqueue",
];

/// What an endpoint asks of all its reads.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked {
    /// They must see the reader's writes.
    pub(super) fresh: bool,
    /// So many holders of a leaderless database must answer.
    pub(super) consistency: Option<Consistency>,
}

/// `consistency` of a step, an endpoint or a database.
pub(super) fn consistency(reader: &Reader<'_>) -> Option<Consistency> {
    match reader.choice("consistency")? {
        "one" => Some(Consistency::One),
        "quorum" => Some(Consistency::Quorum),
        _ => Some(Consistency::All),
    }
}

/// Reads a list of steps.
pub(super) fn steps(item: &Item<'_>, scope: &Scope<'_>, asked: Asked) -> Vec<Step> {
    let items = item.items().unwrap_or_default();
    items.iter().filter_map(|item| step(item, scope, asked)).collect()
}

pub(super) fn step(item: &Item<'_>, scope: &Scope<'_>, asked: Asked) -> Option<Step> {
    let reader = item.table_of(&keys::STEP)?;
    let mut verbs = VERBS.into_iter().filter(|verb| reader.has(verb));
    let Some(verb) = verbs.next() else {
        let message = format!("the step `{}` does not say what it does", item.path);
        reader.fault("E102", message, Some(&format!("one of {}", VERBS.join(", "))));
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
            read_your_writes: asked.fresh || reader.flag("read_your_writes"),
            consistency: consistency(&reader).or(asked.consistency),
        }),
        "insert" => write(&reader, scope, "insert", WriteKind::Insert),
        "update" => write(&reader, scope, "update", WriteKind::Update),
        "delete" => write(&reader, scope, "delete", WriteKind::Delete),
        "scan" => Some(Step::Scan {
            dataset: scope.datasets.find(&reader.get("scan")?)?,
            rows: rows_of(&reader)?,
        }),
        "range" => Some(Step::Range {
            dataset: scope.datasets.find(&reader.get("range")?)?,
            rows: rows_of(&reader)?,
        }),
        "join" => join(&reader, scope),
        "traverse" => traverse(&reader, scope),
        "call" => scope.operations.find(&reader.get("call")?).map(Step::Call),
        "parallel" => parallel(&reader.get("parallel")?, scope, asked),
        _ => Some(Step::Enqueue {
            queue: queue(&reader.get("enqueue")?, scope)?.to_owned(),
            work: reader.get("work").map_or_else(Vec::new, |work| steps(&work, scope, asked)),
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
    let details: [(&'static str, &[&str]); 8] = [
        ("keys", &["read", "insert", "update", "delete"]),
        ("rows", &["scan", "range", "join"]),
        ("with", &["join"]),
        ("hops", &["traverse"]),
        ("fan_out", &["traverse"]),
        ("consistency", &["read"]),
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

fn join(reader: &Reader<'_>, scope: &Scope<'_>) -> Option<Step> {
    let dataset = scope.datasets.find(&reader.get("join")?);
    let with = reader.get("with").map_or(dataset, |item| scope.datasets.find(&item));
    Some(Step::Join { rows: rows_of(reader)?, dataset: dataset?, with: with? })
}

fn traverse(reader: &Reader<'_>, scope: &Scope<'_>) -> Option<Step> {
    let dataset = scope.datasets.find(&reader.get("traverse")?)?;
    let hops = reader.whole("hops", 1, defaults::MOST_HOPS, 1) as u32;
    let fan_out = reader.whole("fan_out", 1, defaults::MOST_ROWS, defaults::FAN_OUT) as u32;
    let rows = reached(hops, fan_out).fold(0, u64::saturating_add);
    if rows > defaults::MOST_ROWS {
        let message = format!("{hops} hops with {fan_out} neighbours each reach {rows} rows");
        let help = format!("at most {} rows: fewer `hops`, or less `fan_out`", defaults::MOST_ROWS);
        reader.context.error("E105", reader.key_origin("hops"), message, Some(help));
        return None;
    }
    Some(Step::Traverse { dataset, hops, fan_out })
}

fn parallel(item: &Item<'_>, scope: &Scope<'_>, asked: Asked) -> Option<Step> {
    let branches = item.items()?;
    if branches.is_empty() {
        item.fault("E105", format!("`{}` has no branches", item.path), None);
    }
    Some(Step::Parallel(branches.iter().map(|branch| steps(branch, scope, asked)).collect()))
}
