//! Texts that a scenario was written in, and the trees parsed from them.

use super::diagnostics::{Diagnostic, MOST_RECORDED, Severity};
use super::text::{self, Refusal, printable};
use super::tree::{Entry, Node, Origin, Table, Value};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Deepest tree, dotted keys included.
const DEEPEST: usize = 128;

/// A file or an override.
pub(super) struct Source {
    /// What diagnostics call it.
    pub(super) name: String,
    /// Where it lies; empty for an override.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// All texts of one scenario, and what was found to be wrong with them.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) texts: Vec<Source>,
    pub(super) found: Vec<Diagnostic>,
}

impl Sources {
    /// Adds a text; returns its index.
    pub(super) fn add(&mut self, name: String, path: &Path, text: String) -> usize {
        self.texts.push(Source { name: printable(&name), path: path.to_owned(), text });
        self.texts.len() - 1
    }

    /// Reports an error at a place.
    pub(super) fn error(
        &mut self,
        code: &'static str,
        at: Origin,
        message: String,
        help: Option<String>,
    ) {
        if self.found.len() < MOST_RECORDED {
            let found = self.diagnostic(Severity::Error, code, at, message, help);
            self.found.push(found);
        }
    }

    /// Builds a diagnostic for a place.
    pub(super) fn diagnostic(
        &self,
        severity: Severity,
        code: &'static str,
        at: Origin,
        message: String,
        help: Option<String>,
    ) -> Diagnostic {
        let source = &self.texts[at.source];
        let text = source.text.as_str();
        let start = floor_char(text, at.start);
        let begin = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let quoted = &text[begin..end];
        let marked_end = floor_char(text, at.end.clamp(start, end));
        Diagnostic {
            severity,
            code,
            message,
            file: source.name.clone(),
            line: text[..begin].matches('\n').count() + 1,
            column: text[begin..start].chars().count() + 1,
            help,
            quoted: quoted.to_owned(),
            marked: start - begin..marked_end - begin,
        }
    }

    /// Reads bytes into a source; reports why they are refused.
    pub(super) fn open(&mut self, path: &Path, bytes: Vec<u8>) -> Option<usize> {
        let name = path.display().to_string();
        match text::decode(bytes) {
            Ok(text) => {
                let source = self.add(name, path, text);
                match text::scan(&self.texts[source].text) {
                    Ok(()) => Some(source),
                    Err(refusal) => self.refuse(source, refusal),
                }
            }
            Err(mut refusal) => {
                let source = self.add(name, path, std::mem::take(&mut refusal.before));
                self.refuse(source, refusal)
            }
        }
    }

    fn refuse(&mut self, source: usize, refusal: Refusal) -> Option<usize> {
        let at = Origin { source, start: refusal.at, end: refusal.at + 1 };
        self.error(refusal.code, at, refusal.message, refusal.help.map(str::to_owned));
        None
    }

    /// Parses a source; reports every fault that the parser finds.
    pub(super) fn parse(&mut self, source: usize) -> Table {
        let text = std::mem::take(&mut self.texts[source].text);
        let (document, errors) = DeTable::parse_recoverable(&text);
        let mut converter = Converter { source, offset: 0, faults: Vec::new() };
        let table = converter.table(document.get_ref(), 0);
        let faults = converter.faults;
        drop(document);
        self.texts[source].text = text;
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let at = Origin { source, start: span.start, end: span.end };
            self.error("E009", at, error.message().trim().to_owned(), None);
        }
        self.report(faults);
        table
    }

    /// Parses bytes `start..` of a source as one value; text where it is none.
    pub(super) fn parse_value(&mut self, source: usize, start: usize) -> Node {
        let text = self.texts[source].text.clone();
        let origin = Origin { source, start, end: text.len() };
        let bare = |text: &str| Node { value: Value::Text(text.to_owned()), origin };
        if text::scan(&text[start..]).is_err() {
            return bare(&text[start..]);
        }
        let Ok(value) = DeValue::parse(&text[start..]) else {
            return bare(text[start..].trim());
        };
        let mut converter = Converter { source, offset: start, faults: Vec::new() };
        let node = converter.node(&value, 0);
        self.report(converter.faults);
        node
    }

    fn report(&mut self, faults: Vec<(&'static str, Origin, String)>) {
        for (code, at, message) in faults {
            self.error(code, at, message, None);
        }
    }
}

fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// From the parser's tree to ours.
struct Converter {
    source: usize,
    offset: usize,
    faults: Vec<(&'static str, Origin, String)>,
}

impl Converter {
    fn origin<T>(&self, spanned: &Spanned<T>) -> Origin {
        let span = spanned.span();
        Origin { source: self.source, start: span.start + self.offset, end: span.end + self.offset }
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Table {
        let mut out = Table::new();
        for (key, value) in table {
            let origin = self.origin(key);
            self.check_text(key.get_ref(), origin);
            let node = self.node(value, depth + 1);
            out.insert(key.get_ref().to_string(), Entry { key: origin, node });
        }
        out
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Node {
        let origin = self.origin(value);
        if depth > DEEPEST {
            self.faults.push(("E006", origin, format!("nested more than {DEEPEST} deep")));
            return Node { value: Value::Bool(false), origin };
        }
        let value = match value.get_ref() {
            DeValue::String(text) => {
                self.check_text(text, origin);
                Value::Text(text.to_string())
            }
            DeValue::Integer(digits) => self.integer(digits.as_str(), digits.radix(), origin),
            DeValue::Float(digits) => self.float(digits.as_str(), origin),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(items) => {
                Value::Array(items.iter().map(|item| self.node(item, depth + 1)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table, depth)),
        };
        Node { value, origin }
    }

    /// An escape in a string may stand for what the text itself may not hold.
    fn check_text(&mut self, text: &str, origin: Origin) {
        if let Some(character) = text.chars().find(|&c| text::is_hidden(c)) {
            let code = u32::from(character);
            let message = format!("the invisible character U+{code:04X} is not allowed");
            self.faults.push(("E005", origin, message));
        }
    }

    fn integer(&mut self, digits: &str, radix: u32, origin: Origin) -> Value {
        let parsed = i64::from_str_radix(digits, radix);
        Value::Integer(parsed.unwrap_or_else(|_| {
            let message = "the number is beyond 64 bits (at most 9223372036854775807)";
            self.faults.push(("E107", origin, message.to_owned()));
            0
        }))
    }

    fn float(&mut self, digits: &str, origin: Origin) -> Value {
        let parsed = digits.parse().unwrap_or(f64::NAN);
        if !f64::is_finite(parsed) {
            let message = format!("{digits} is not a finite number");
            self.faults.push(("E105", origin, message));
            return Value::Float(0.0);
        }
        Value::Float(parsed)
    }
}
