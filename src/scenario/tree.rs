//! The tables of a scenario before anything is understood: values, each with
//! the place where it was written.

use toml::map::Map;

/// Where something was written: bytes `start..end` of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    /// Index of the source in [`super::source::Sources`].
    pub(super) source: usize,
    /// First byte.
    pub(super) start: usize,
    /// Byte after the last.
    pub(super) end: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Table(Table),
    Array(Vec<Node>),
    Text(String),
    Integer(i64),
    Float(f64),
    Bool(bool),
    /// No key wants a date: kept to say so at its place.
    Date,
}

/// Entries in order of first appearance.
pub(super) type Table = Map<String, Entry>;

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where the key stands.
    pub(super) key: Origin,
    pub(super) node: Node,
}

impl Value {
    /// What people call this type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Table(_) => "a table",
            Self::Array(_) => "a list",
            Self::Text(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Date => "a date",
        }
    }
}

/// Tables whose one key says which kind of value they are: `{ exponential =
/// … }` over `{ uniform = … }` must not leave both.
const VARIANTS: [&str; 13] = [
    "exponential",
    "uniform",
    "normal",
    "lognormal",
    "gamma",
    "erlang",
    "weibull",
    "pareto",
    "hyperexponential",
    "empirical",
    "zipf",
    "html",
    "json",
];

fn is_variant(table: &Table) -> bool {
    table.len() == 1 && table.keys().all(|key| VARIANTS.contains(&key.as_str()))
}

/// Ways to say one thing, by where they stand: one laid upon another takes
/// its place.
fn alternatives(path: &[String]) -> &'static [&'static str] {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path[..] {
        ["users"] => &SOURCES,
        ["users", "pattern"] => &PATTERNS,
        ["services" | "caches" | "databases", _] => &["host", "machine"],
        ["events", _] => &ACTIONS,
        ["autoscale", _, "target"] | ["autoscale", _, "steps", _, "above" | "below"] => &METRICS,
        _ => &[],
    }
}

/// What an event does.
pub(super) const ACTIONS: [&str; 17] = [
    "kill",
    "restart",
    "hang",
    "slow",
    "partition",
    "cut",
    "slow_link",
    "loss",
    "dns_outage",
    "dns_record",
    "flush",
    "spike",
    "lose",
    "destroy",
    "scale",
    "drain",
    "reshard",
];
/// What an autoscaler looks at.
pub(super) const METRICS: [&str; 3] = ["utilisation", "queue", "latency"];
/// Ways to say when requests come.
pub(super) const SOURCES: [&str; 6] =
    ["per_user_per_day", "rate", "think_time", "interarrival", "replay", "replay_log"];
/// Ways to say how a rate moves.
pub(super) const PATTERNS: [&str; 4] = ["hourly", "steps", "ramp", "spike"];

/// Lays `over` upon `base`: tables key by key, everything else replaced whole.
pub(super) fn merge(base: &mut Table, over: Table) {
    merge_at(base, over, &mut Vec::new());
}

/// Lays one value upon another that stands at `path`.
fn lay(base: &mut Value, over: Value, path: &mut Vec<String>) {
    match (base, over) {
        (Value::Table(old), Value::Table(new)) if !replaces(&new, old, path) => {
            merge_at(old, new, path);
        }
        (old, new) => *old = new,
    }
}

/// Whether one of two tables is a variant, so that they cannot be mixed.
fn replaces(new: &Table, old: &Table, path: &[String]) -> bool {
    // Directly below the root stand names of the writer's choice.
    let inside = path.len() >= 2;
    inside && !new.is_empty() && (is_variant(old) || is_variant(new))
}

/// Sets the value at a dotted path and leaves all else as it is: a path into
/// a variant changes its parameter, one that names another variant its kind.
/// What stands on the way must be tables.
pub(super) fn set(tree: &mut Table, parts: &[String], at: Origin, node: Node) {
    let mut table = tree;
    let Some((last, way)) = parts.split_last() else { return };
    for (depth, part) in way.iter().enumerate() {
        make_room(table, &parts[..depth], part);
        let empty =
            || Entry { key: at, node: Node { value: Value::Table(Table::new()), origin: at } };
        let entry = table.entry(part.clone()).or_insert_with(empty);
        let Value::Table(below) = &mut entry.node.value else { return };
        table = below;
    }
    make_room(table, way, last);
    match table.get_mut(last) {
        Some(existing) => {
            existing.key = at;
            existing.node.origin = node.origin;
            lay(&mut existing.node.value, node.value, &mut parts.to_vec());
        }
        None => {
            table.insert(last.clone(), Entry { key: at, node });
        }
    }
}

/// Takes away what a key at this place excludes.
fn make_room(table: &mut Table, path: &[String], part: &str) {
    let either = alternatives(path);
    if either.contains(&part) {
        table.retain(|key, _| key == part || !either.contains(&key));
    }
    if path.len() >= 2 && is_variant(table) && VARIANTS.contains(&part) {
        table.retain(|key, _| key == part);
    }
}

fn merge_at(base: &mut Table, over: Table, path: &mut Vec<String>) {
    let either = alternatives(path);
    if either.iter().any(|key| over.contains_key(*key)) {
        base.retain(|key, _| !either.contains(&key) || over.contains_key(key));
    }
    for (name, entry) in over {
        let Some(existing) = base.get_mut(&name) else {
            base.insert(name, entry);
            continue;
        };
        existing.key = entry.key;
        existing.node.origin = entry.node.origin;
        path.push(name);
        lay(&mut existing.node.value, entry.node.value, path);
        path.pop();
    }
}
