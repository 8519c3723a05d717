//! From a file, the files that it extends, and `--set` to one tree.

use super::source::Sources;
use super::tree::{self, Node, Origin, Table, Value};
use super::{Files, text};
use std::path::{Component, Path, PathBuf};

/// Most files that one scenario may be made of.
const MOST_FILES: usize = 256;

/// Reads a file and all that it extends into one tree.
pub(super) fn load_tree(files: &dyn Files, sources: &mut Sources, path: &Path) -> Table {
    Loader { files, sources, chain: Vec::new(), loaded: 0 }.load(path, None)
}

struct Loader<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    /// Files that are being read, each extending the next.
    chain: Vec<PathBuf>,
    loaded: usize,
}

impl Loader<'_> {
    /// `from` is where another file names this one.
    fn load(&mut self, path: &Path, from: Option<Origin>) -> Table {
        let path = normalised(path);
        self.loaded += 1;
        if let Some(from) = from {
            if self.chain.contains(&path) {
                self.cycle(&path, from);
                return Table::new();
            }
            if self.loaded > MOST_FILES {
                if self.loaded == MOST_FILES + 1 {
                    let message = format!("more than {MOST_FILES} files extend each other");
                    self.sources.error("E011", from, message, None);
                }
                return Table::new();
            }
        }
        let bytes = match self.files.read(&path) {
            Ok(bytes) => bytes,
            Err(reason) => {
                self.unreadable(&path, from, &reason);
                return Table::new();
            }
        };
        let Some(source) = self.sources.open(&path, bytes) else { return Table::new() };
        let mut own = self.sources.parse(source);
        let Some(extends) = own.remove("extends") else { return own };
        self.chain.push(path.clone());
        let mut merged = Table::new();
        for (name, origin) in self.names(&extends.node) {
            let base = self.load(&path.parent().unwrap_or(Path::new("")).join(name), Some(origin));
            tree::merge(&mut merged, base);
        }
        self.chain.pop();
        tree::merge(&mut merged, own);
        merged
    }

    fn names(&mut self, extends: &Node) -> Vec<(String, Origin)> {
        let items = match &extends.value {
            Value::Array(items) => items.as_slice(),
            _ => std::slice::from_ref(extends),
        };
        let mut names = Vec::new();
        for item in items {
            if let Value::Text(name) = &item.value {
                names.push((name.clone(), item.origin));
            } else {
                let message = format!("`extends` names files, not {}", item.value.kind());
                let help = "write `extends = \"base.toml\"` or a list of such names".to_owned();
                self.sources.error("E103", item.origin, message, Some(help));
            }
        }
        names
    }

    fn cycle(&mut self, path: &Path, from: Origin) {
        let start = self.chain.iter().position(|other| other == path).unwrap_or(0);
        let mut names: Vec<String> =
            self.chain[start..].iter().map(|path| path.display().to_string()).collect();
        names.push(path.display().to_string());
        let message = format!("files extend each other in a circle: {}", names.join(" -> "));
        self.sources.error("E011", from, message, None);
    }

    fn unreadable(&mut self, path: &Path, from: Option<Origin>, reason: &str) {
        let message = format!("cannot read `{}`: {reason}", path.display());
        let at = from.unwrap_or_else(|| {
            let source = self.sources.add(path.display().to_string(), path, String::new());
            Origin { source, start: 0, end: 0 }
        });
        self.sources.error("E010", at, message, None);
    }
}

/// Without `.` and, where that is certain, `..`.
fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        let named = matches!(out.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::CurDir => {}
            Component::ParentDir if named => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Lays the overrides of the command line upon a tree.
pub(super) fn apply_overrides(
    sources: &mut Sources,
    tree: &mut Table,
    overrides: &[(String, String)],
) {
    for (key, value) in overrides {
        let text = format!("{key}={value}");
        let start = key.len() + 1;
        let source = sources.add(format!("--set {text}"), Path::new(""), text);
        let at = Origin { source, start: 0, end: key.len() };
        let Some(parts) = split_key(key) else {
            let message = format!("`{}` is no dotted key", text::printable(key));
            let help = "write --set run.duration=\"5 min\"".to_owned();
            sources.error("E012", at, message, Some(help));
            continue;
        };
        if let Some((name, kind)) = blocked(tree, &parts) {
            let message = format!("`{name}` is {kind} and has no keys below it");
            let help = format!("set `{name}` as a whole");
            sources.error("E012", at, message, Some(help));
            continue;
        }
        let node = sources.parse_value(source, start);
        tree::set(tree, &parts, at, node);
    }
}

/// The first part of a dotted key that exists and is no table.
fn blocked(tree: &Table, parts: &[String]) -> Option<(String, &'static str)> {
    let mut table = tree;
    for (index, part) in parts[..parts.len() - 1].iter().enumerate() {
        match &table.get(part)?.node.value {
            Value::Table(below) => table = below,
            other => return Some((parts[..=index].join("."), other.kind())),
        }
    }
    None
}

/// `a."b.c".d` → its parts.
fn split_key(key: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = key.trim();
    loop {
        let (part, after) = match rest.chars().next()? {
            quote @ ('"' | '\'') => {
                let end = rest[1..].find(quote)? + 1;
                (&rest[1..end], &rest[end + 1..])
            }
            _ => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if part.is_empty() || part.chars().any(text::is_hidden) || parts.len() >= 32 {
            return None;
        }
        parts.push(part.trim().to_owned());
        match after.strip_prefix('.') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(parts),
        }
    }
}
