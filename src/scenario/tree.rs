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
const VARIANTS: [&str; 15] = [
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
    "steps",
    "ramp",
    "spike",
    "hourly",
];

fn is_variant(table: &Table) -> bool {
    table.len() == 1 && table.keys().all(|key| VARIANTS.contains(&key.as_str()))
}

/// Lays `over` upon `base`: tables key by key, everything else replaced whole.
pub(super) fn merge(base: &mut Table, over: Table) {
    for (name, entry) in over {
        let Some(existing) = base.get_mut(&name) else {
            base.insert(name, entry);
            continue;
        };
        existing.key = entry.key;
        match (&mut existing.node.value, entry.node.value) {
            (Value::Table(old), Value::Table(new)) if !(is_variant(old) && is_variant(&new)) => {
                existing.node.origin = entry.node.origin;
                merge(old, new);
            }
            (old, new) => {
                *old = new;
                existing.node.origin = entry.node.origin;
            }
        }
    }
}
