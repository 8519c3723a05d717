//! Typed access to a tree: every fault is recorded at its place, and reading
//! goes on, so that one look shows them all.

use super::Files;
use super::diagnostics::{Diagnostic, MOST_RECORDED, Severity};
use super::keys::{Keys, Kind};
use super::source::Sources;
use super::tree::{Node, Origin, Table, Value};
use super::units::{self, Fault, Units};
use crate::kernel::time::{Duration, Instant};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What all readers of one scenario share.
pub(super) struct Context<'a> {
    pub(super) sources: &'a Sources,
    pub(super) files: &'a dyn Files,
    found: RefCell<Vec<Diagnostic>>,
    /// Contents of the files that values name, in place of their paths.
    pub(super) attached: RefCell<BTreeMap<Origin, Vec<u8>>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(sources: &'a Sources, files: &'a dyn Files) -> Self {
        Self { sources, files, found: RefCell::default(), attached: RefCell::default() }
    }

    /// Records an error.
    pub(super) fn error(
        &self,
        code: &'static str,
        at: Origin,
        message: String,
        help: Option<String>,
    ) {
        self.record(Severity::Error, code, at, message, help);
    }

    /// Records a warning.
    pub(super) fn warn(
        &self,
        code: &'static str,
        at: Origin,
        message: String,
        help: Option<String>,
    ) {
        self.record(Severity::Warning, code, at, message, help);
    }

    fn record(
        &self,
        severity: Severity,
        code: &'static str,
        at: Origin,
        message: String,
        help: Option<String>,
    ) {
        // A warning must never take the place of an error.
        let same = self.found.borrow().iter().filter(|one| one.severity == severity).count();
        if same < MOST_RECORDED {
            let found = self.sources.diagnostic(severity, code, at, message, help);
            self.found.borrow_mut().push(found);
        }
    }

    /// Whether no further error would be recorded.
    fn is_full(&self) -> bool {
        let found = self.found.borrow();
        found.iter().filter(|one| one.severity == Severity::Error).count() >= MOST_RECORDED
    }

    /// Whether any error was recorded.
    pub(super) fn has_errors(&self) -> bool {
        self.found.borrow().iter().any(|one| one.severity == Severity::Error)
    }

    /// All that was found.
    pub(super) fn into_found(self) -> Vec<Diagnostic> {
        self.found.into_inner()
    }
}

/// The candidate nearest to a name, where it is near enough to be meant.
pub(super) fn nearest<'n>(
    name: &str,
    candidates: impl Iterator<Item = &'n str>,
) -> Option<&'n str> {
    let name: String = name.chars().take(64).collect();
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(&name, candidate), candidate));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 > 0.75).then_some(best.1)
}

/// "did you mean", or else what there is.
pub fn suggestion<'n>(
    name: &str,
    candidates: impl Iterator<Item = &'n str> + Clone,
) -> Option<String> {
    if let Some(near) = nearest(name, candidates.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let all: Vec<&str> = candidates.take(20).collect();
    (!all.is_empty()).then(|| format!("there is: {}", all.join(", ")))
}

/// A value that is asked what it is.
#[derive(Clone)]
pub(super) struct Item<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) node: &'a Node,
    /// Dotted path, for people.
    pub(super) path: String,
    kind: Kind,
}

/// A table that is asked for its keys.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) origin: Origin,
    pub(super) path: String,
    table: &'a Table,
    keys: &'static Keys,
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl<'a> Reader<'a> {
    /// Opens a table; reports the keys that do not belong there.
    pub(super) fn open(
        context: &'a Context<'a>,
        table: &'a Table,
        origin: Origin,
        path: String,
        keys: &'static Keys,
    ) -> Self {
        let reader = Self { context, origin, path, table, keys };
        reader.check_keys();
        reader
    }

    fn check_keys(&self) {
        for (name, entry) in self.table {
            if self.context.is_full() {
                return;
            }
            let path = joined(&self.path, name);
            match self.keys.keys.iter().find(|key| key.name == name) {
                Some(key) if matches!(key.kind, Kind::Later) => {
                    let (code, what) =
                        if self.path.is_empty() { ("E901", "table") } else { ("E902", "key") };
                    let message =
                        format!("the {what} `{path}` is not simulated by this version yet");
                    self.context.error(code, entry.key, message, Some("take it out".to_owned()));
                }
                Some(_) => {}
                None => {
                    let known = self.keys.keys.iter().map(|key| key.name);
                    let message = format!("unknown key `{path}`");
                    self.context.error("E101", entry.key, message, suggestion(name, known));
                }
            }
        }
    }

    /// The value of a key, where it is given.
    pub(super) fn get(&self, name: &'static str) -> Option<Item<'a>> {
        let key = self.keys.keys.iter().find(|key| key.name == name);
        debug_assert!(key.is_some(), "`{name}` is missing in the list of keys");
        let entry = self.table.get(name)?;
        let path = joined(&self.path, name);
        Some(Item { context: self.context, node: &entry.node, path, kind: key?.kind })
    }

    /// The value of a key that must be given.
    pub(super) fn need(&self, name: &'static str) -> Option<Item<'a>> {
        let found = self.get(name);
        if found.is_none() {
            let message = format!("`{}` is missing", joined(&self.path, name));
            let about = self.keys.keys.iter().find(|key| key.name == name).map(|key| key.about);
            self.context.error("E102", self.origin, message, about.map(str::to_owned));
        }
        found
    }

    /// Whether a key is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Where a key stands; the table itself where it is not given.
    pub(super) fn key_origin(&self, name: &str) -> Origin {
        self.table.get(name).map_or(self.origin, |entry| entry.key)
    }

    /// A table below this one.
    pub(super) fn part(&self, name: &'static str) -> Option<Reader<'a>> {
        self.get(name)?.part()
    }

    /// Records an error about this table.
    pub(super) fn fault(&self, code: &'static str, message: impl Into<String>, help: Option<&str>) {
        self.context.error(code, self.origin, message.into(), help.map(str::to_owned));
    }

    /// A duration above zero, where it is given.
    pub(super) fn positive_duration(&self, name: &'static str) -> Option<Duration> {
        self.get(name)?.positive_duration()
    }

    /// A whole number with a default.
    pub(super) fn whole(&self, name: &'static str, least: u64, most: u64, default: u64) -> u64 {
        self.get(name).map_or(Some(default), |item| item.whole(least, most)).unwrap_or(default)
    }

    /// A quantity, zero where it is absent.
    pub(super) fn quantity(&self, name: &'static str) -> f64 {
        self.get(name).and_then(|item| item.quantity()).unwrap_or(0.0)
    }

    /// A limit, `None` = unbounded or absent.
    pub(super) fn limit(&self, name: &'static str, least: u64) -> Option<u32> {
        self.get(name).and_then(|item| item.limit(least)).flatten()
    }

    /// A flag, false where it is absent.
    pub(super) fn flag(&self, name: &'static str) -> bool {
        self.get(name).and_then(|item| item.flag()).unwrap_or(false)
    }

    /// One of the words of a key.
    pub(super) fn choice(&self, name: &'static str) -> Option<&'static str> {
        self.get(name)?.choice()
    }
}

impl<'a> Item<'a> {
    /// Records an error about this value.
    pub(super) fn fault(
        &self,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.context.error(code, self.node.origin, message.into(), help);
    }

    fn wrong_type(&self, wanted: &str) {
        let found = self.node.value.kind();
        self.fault("E103", format!("`{}` must be {wanted}, and is {found}", self.path), None);
    }

    /// Any text.
    pub(super) fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            _ => {
                self.wrong_type("text");
                None
            }
        }
    }

    /// A whole number in a range.
    pub(super) fn whole(&self, least: u64, most: u64) -> Option<u64> {
        let Value::Integer(value) = self.node.value else {
            self.wrong_type("a whole number");
            return None;
        };
        let in_range = u64::try_from(value).ok().filter(|value| (least..=most).contains(value));
        if in_range.is_none() {
            let allowed = if most >= i64::MAX as u64 {
                format!("at least {least}")
            } else {
                format!("{least} to {most}")
            };
            self.fault("E105", format!("`{}` is {value}; allowed: {allowed}", self.path), None);
        }
        in_range
    }

    /// A whole number that fits 32 bits.
    pub(super) fn whole32(&self, least: u64) -> Option<u32> {
        self.whole(least, u64::from(u32::MAX)).and_then(|value| u32::try_from(value).ok())
    }

    /// A number, at least `least` and at most `most`.
    pub(super) fn number(&self, least: f64, most: f64) -> Option<f64> {
        let value = match self.node.value {
            Value::Integer(value) => value as f64,
            Value::Float(value) => value,
            _ => {
                self.wrong_type("a number without a unit");
                return None;
            }
        };
        if value.is_finite() && (least..=most).contains(&value) {
            return Some(value);
        }
        let allowed = if most == f64::MAX {
            format!("at least {least}")
        } else {
            format!("{least} to {most}")
        };
        let value = if value.abs() < 1e15 { value.to_string() } else { format!("{value:e}") };
        self.fault("E105", format!("`{}` is {value}; allowed: {allowed}", self.path), None);
        None
    }

    /// A number above zero.
    pub(super) fn positive(&self) -> Option<f64> {
        let value = self.number(0.0, f64::MAX)?;
        if value == 0.0 {
            self.fault("E105", format!("`{}` must be above zero", self.path), None);
        }
        (value > 0.0).then_some(value)
    }

    /// True or false.
    pub(super) fn flag(&self) -> Option<bool> {
        match self.node.value {
            Value::Bool(value) => Some(value),
            _ => {
                self.wrong_type("true or false");
                None
            }
        }
    }

    /// The units that this key wants.
    pub(super) fn units(&self) -> Units {
        match self.kind {
            Kind::Quantity(units) | Kind::Distribution(units) | Kind::ByName(units) => units,
            _ => unreachable!("`{}` is listed without units", self.path),
        }
    }

    /// A quantity in the base unit of this key, not negative.
    pub(super) fn quantity(&self) -> Option<f64> {
        self.quantity_in(self.units())
    }

    /// A quantity in the base unit, not negative.
    pub(super) fn quantity_in(&self, units: Units) -> Option<f64> {
        let example = match units[0].0 {
            per if per.starts_with('/') => per,
            _ => units[3].0,
        };
        let text = match &self.node.value {
            Value::Text(text) => text,
            Value::Integer(value) => {
                self.unit_missing(&value.to_string(), example);
                return None;
            }
            Value::Float(value) => {
                self.unit_missing(&value.to_string(), example);
                return None;
            }
            _ => {
                self.wrong_type("a number with a unit");
                return None;
            }
        };
        match units::parse(text, units) {
            Ok(value) if value.is_finite() && value >= 0.0 => return Some(value),
            Ok(_) if text.trim_start().starts_with('-') => {
                self.fault(
                    "E105",
                    format!("`{}` is {text} and must not be negative", self.path),
                    None,
                );
            }
            Ok(_) => self.fault("E105", format!("`{}` is {text}: too large", self.path), None),
            Err(Fault::NoUnit) => self.unit_missing(text, example),
            Err(Fault::NoNumber) => {
                let message = format!("`{}` must be a number with a unit, not {text:?}", self.path);
                let help = format!(
                    "such as \"5{}{example}\"",
                    if example.starts_with('/') { "" } else { " " }
                );
                self.fault("E104", message, Some(help));
            }
            Err(Fault::OtherUnit(unit)) => {
                let message =
                    format!("`{}` has the unit {unit:?}, which does not fit here", self.path);
                self.fault(
                    "E104",
                    message,
                    Some(format!("units that fit: {}", units::names(units))),
                );
            }
        }
        None
    }

    fn unit_missing(&self, number: &str, example: &str) {
        let space = if example.starts_with('/') { "" } else { " " };
        let message = format!("`{}` needs a unit", self.path);
        let help = format!(
            "write \"{number}{space}{example}\"; units: {}",
            match self.kind {
                Kind::Quantity(units) | Kind::Distribution(units) | Kind::ByName(units) => {
                    units::names(units)
                }
                _ => example.to_owned(),
            }
        );
        self.fault("E104", message, Some(help));
    }

    /// A quantity above zero.
    pub(super) fn positive_quantity(&self) -> Option<f64> {
        let value = self.quantity()?;
        if value == 0.0 {
            self.fault("E105", format!("`{}` must be above zero", self.path), None);
        }
        (value > 0.0).then_some(value)
    }

    /// A duration.
    pub(super) fn duration(&self) -> Option<Duration> {
        let nanos = self.quantity()?;
        if nanos > Instant::MAX.as_nanos() as f64 {
            let message =
                format!("`{}` is beyond the clock, which ends after 146 years", self.path);
            let help = "more `run.replications` play more years: each has a clock of its own";
            let help = (self.path == "run.duration").then(|| help.to_owned());
            self.fault("E105", message, help);
            return None;
        }
        Some(Duration::from_nanos_f64(nanos))
    }

    /// A duration above zero.
    pub(super) fn positive_duration(&self) -> Option<Duration> {
        let duration = self.duration()?;
        if duration.is_zero() {
            let message = format!("`{}` must be at least one nanosecond", self.path);
            self.fault("E105", message, None);
            return None;
        }
        Some(duration)
    }

    /// A size in whole bytes.
    pub(super) fn bytes(&self) -> Option<u64> {
        let bytes = self.quantity()?;
        if bytes > i64::MAX as f64 {
            self.fault("E105", format!("`{}` is too large", self.path), None);
            return None;
        }
        Some(bytes.round() as u64)
    }

    /// A whole number, or `"unbounded"`.
    pub(super) fn limit(&self, least: u64) -> Option<Option<u32>> {
        match &self.node.value {
            Value::Text(text) if text == "unbounded" => Some(None),
            Value::Integer(_) => self.whole32(least).map(Some),
            _ => {
                self.wrong_type("a whole number or \"unbounded\"");
                None
            }
        }
    }

    /// One of the words of this key. A table `{ word = … }` counts as its word,
    /// and one that has a word of a later version among its keys as that one.
    pub(super) fn choice(&self) -> Option<&'static str> {
        let Kind::OneOf(now, later) = self.kind else {
            unreachable!("`{}` is listed without words", self.path)
        };
        let word = match &self.node.value {
            Value::Text(text) => text.as_str(),
            Value::Table(table) => {
                let known = table.keys().find(|key| later.contains(&key.as_str()));
                known
                    .or(table.keys().next().filter(|_| table.len() == 1))
                    .map_or("", String::as_str)
            }
            _ => {
                self.wrong_type("text");
                return None;
            }
        };
        let found = now.iter().find(|known| **known == word);
        if later.contains(&word) {
            let message =
                format!("`{} = {word:?}` is not simulated by this version yet", self.path);
            self.fault("E903", message, Some(format!("possible now: {}", now.join(", "))));
        } else if found.is_none() {
            let message = format!("`{}` cannot be {word:?}", self.path);
            self.fault("E106", message, suggestion(word, now.iter().copied()));
        }
        found.copied()
    }

    /// This value as a table with the keys that its kind lists.
    pub(super) fn part(&self) -> Option<Reader<'a>> {
        match self.kind {
            Kind::Part(keys) | Kind::Named(keys) => self.table_of(keys),
            _ => unreachable!("`{}` is not listed as a table", self.path),
        }
    }

    /// This value as a table with these keys.
    pub(super) fn table_of(&self, keys: &'static Keys) -> Option<Reader<'a>> {
        let table = self.table()?;
        Some(Reader::open(self.context, table, self.node.origin, self.path.clone(), keys))
    }

    fn table(&self) -> Option<&'a Table> {
        match &self.node.value {
            Value::Table(table) => Some(table),
            _ => {
                self.wrong_type("a table");
                None
            }
        }
    }

    /// Entries of a table with names of the writer's choice: name, place of
    /// the name, value.
    pub(super) fn entries(&self) -> Vec<(&'a str, Origin, Item<'a>)> {
        let Some(table) = self.table() else { return Vec::new() };
        let entry = |(name, entry): (&'a String, &'a super::tree::Entry)| {
            (name.as_str(), entry.key, self.below(&entry.node, name, self.kind))
        };
        table.iter().map(entry).collect()
    }

    /// Items of a list.
    pub(super) fn items(&self) -> Option<Vec<Item<'a>>> {
        let Value::Array(items) = &self.node.value else {
            self.wrong_type("a list");
            return None;
        };
        let item =
            |(index, node): (usize, &'a Node)| self.below(node, &index.to_string(), self.kind);
        Some(items.iter().enumerate().map(item).collect())
    }

    /// A whole number below this table, without a word where there is none.
    pub(super) fn whole_below(&self, name: &str) -> Option<u64> {
        let Value::Table(table) = &self.node.value else { return None };
        match table.get(name)?.node.value {
            Value::Integer(value) => u64::try_from(value).ok(),
            _ => None,
        }
    }

    /// A text below this table, without a word where there is none.
    pub(super) fn text_below(&self, name: &str) -> Option<&'a str> {
        let Value::Table(table) = &self.node.value else { return None };
        match &table.get(name)?.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A table below this one, without a word where there is none.
    pub(super) fn below_quietly(&self, name: &str) -> Option<Item<'a>> {
        let Value::Table(table) = &self.node.value else { return None };
        Some(self.below(&table.get(name)?.node, name, self.kind))
    }

    /// A name, or a list of names.
    pub(super) fn names(&self) -> Vec<Item<'a>> {
        match &self.node.value {
            Value::Array(_) => self.items().unwrap_or_default(),
            _ => vec![self.clone()],
        }
    }

    fn below(&self, node: &'a Node, name: &str, kind: Kind) -> Item<'a> {
        Item { context: self.context, node, path: joined(&self.path, name), kind }
    }

    /// The same value, read as another kind.
    pub(super) fn as_kind(&self, kind: Kind) -> Item<'a> {
        Item { kind, ..self.clone() }
    }
}
