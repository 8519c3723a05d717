//! From a path to a resolved scenario: read, merge, override, resolve.

use super::diagnostics::{Diagnostic, Diagnostics, Severity};
use super::model::Scenario;
use super::reader::Context;
use super::source::Sources;
use super::tree::{Entry, Origin, Table, Value};
use super::{hash, merge, resolve};
use std::path::Path;

/// Reads the files that a scenario is made of. Nothing else here touches the
/// file system.
pub trait Files {
    /// The content of a file.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    fn read(&self, path: &Path) -> Result<Vec<u8>, String>;
}

/// What is to be loaded.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The scenario's file.
    pub path: &'a Path,
    /// Dotted keys and their values, laid upon the files in this order.
    pub overrides: &'a [(String, String)],
    /// In place of `users.count`.
    pub users: Option<u64>,
    /// The workload of this file in place of the scenario's own.
    pub workload_of: Option<&'a Path>,
}

/// A scenario that can be played.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The scenario.
    pub scenario: Scenario,
    /// What may not mean what its writer thinks.
    pub warnings: Diagnostics,
}

/// Tables that say what users want.
const WORKLOAD: [&str; 5] = ["users", "clients", "datasets", "operations", "endpoints"];

/// Loads a scenario.
///
/// # Errors
/// All faults that were found, each at its place.
pub fn load(files: &dyn Files, request: &Request<'_>) -> Result<Loaded, Diagnostics> {
    let mut sources = Sources::default();
    let mut tree = merge::load_tree(files, &mut sources, request.path);
    let mut unused = Vec::new();
    if let Some(path) = request.workload_of {
        let other = merge::load_tree(files, &mut sources, path);
        unused = unused_workload(&tree, &other);
        exchange_workload(&mut tree, other);
    }
    merge::apply_overrides(&mut sources, &mut tree, request.overrides);
    let found = std::mem::take(&mut sources.found);
    if !found.is_empty() {
        return Err(Diagnostics::new(found));
    }
    let context = Context::new(&sources, files);
    for (at, name) in unused {
        let message =
            format!("`{name}` is not used: users and what they want are those of the first file");
        context.warn(UNUSED_WORKLOAD, at, message, None);
    }
    let origin = Origin { source: 0, start: 0, end: 0 };
    let mut scenario = resolve::resolve(&context, &tree, origin, request.path, request.users);
    scenario.hash = hash::hash(&tree, request.users, &context.attached.borrow());
    let found = context.into_found();
    let is_error = |one: &Diagnostic| one.severity == Severity::Error;
    if found.iter().any(is_error) {
        return Err(Diagnostics::new(found));
    }
    Ok(Loaded { scenario, warnings: Diagnostics::new(found) })
}

/// Code of a warning: a workload that another's stands in place of.
const UNUSED_WORKLOAD: &str = "W406";

/// How clients meet failures: a decision of the design, not of the users.
const CLIENT_POLICY: [&str; 5] = ["timeout", "retries", "cancels", "hedge", "breaker"];

/// The users of another scenario, who meet failures as this one says where it
/// knows their kind.
fn exchange_workload(tree: &mut Table, other: Table) {
    let own = tree.get("clients").cloned();
    exchange_tables(tree, other);
    let (Some(own), Some(clients)) = (own, tree.get_mut("clients")) else { return };
    let (Value::Table(own), Value::Table(clients)) = (own.node.value, &mut clients.node.value)
    else {
        return;
    };
    for (kind, policy) in own {
        let Some(client) = clients.get_mut(&kind) else { continue };
        if let (Value::Table(policy), Value::Table(client)) =
            (policy.node.value, &mut client.node.value)
        {
            let is_policy = |name: &str| CLIENT_POLICY.contains(&name);
            client.retain(|name, _| !is_policy(name));
            client.extend(policy.into_iter().filter(|(name, _)| is_policy(name)));
        }
    }
}

/// The tables of a workload that say something else than those of another, and
/// where they stand; how clients meet failures aside.
fn unused_workload(own: &Table, other: &Table) -> Vec<(Origin, String)> {
    let mut unused = Vec::new();
    for (name, entry) in own.iter().filter(|(name, _)| WORKLOAD.contains(&name.as_str())) {
        let theirs = other.get(name).map(|entry| &entry.node.value);
        match (&entry.node.value, theirs) {
            (Value::Table(own), Some(Value::Table(theirs))) if name == "clients" => {
                let differs = |(kind, client): &(&String, &Entry)| {
                    let theirs = theirs.get(*kind).map(|client| wishes(&client.node.value));
                    theirs.is_none_or(|theirs| !same(&theirs, &wishes(&client.node.value)))
                };
                let kinds = own.iter().filter(differs);
                unused.extend(kinds.map(|(kind, one)| (one.key, format!("{name}.{kind}"))));
            }
            (own, Some(theirs)) if same(own, theirs) => {}
            _ => unused.push((entry.key, name.clone())),
        }
    }
    unused
}

/// What a kind of client is, without how it meets failures.
fn wishes(client: &Value) -> Value {
    let mut wishes = client.clone();
    if let Value::Table(table) = &mut wishes {
        table.retain(|name, _| !CLIENT_POLICY.contains(&name));
    }
    wishes
}

/// Whether two values say the same, wherever they stand.
fn same(first: &Value, other: &Value) -> bool {
    match (first, other) {
        (Value::Table(first), Value::Table(other)) => {
            let alike = |(name, entry): (&String, &Entry)| {
                other.get(name).is_some_and(|other| same(&entry.node.value, &other.node.value))
            };
            first.len() == other.len() && first.iter().all(alike)
        }
        (Value::Array(first), Value::Array(other)) => {
            let mut pairs = first.iter().zip(other);
            first.len() == other.len() && pairs.all(|(one, two)| same(&one.value, &two.value))
        }
        (Value::Text(first), Value::Text(other)) => first == other,
        (Value::Integer(first), Value::Integer(other)) => first == other,
        (Value::Float(first), Value::Float(other)) => first == other,
        (Value::Bool(first), Value::Bool(other)) => first == other,
        (Value::Date, Value::Date) => true,
        _ => false,
    }
}

fn exchange_tables(tree: &mut Table, other: Table) {
    tree.retain(|name, _| !WORKLOAD.contains(&name));
    for (name, entry) in other {
        if WORKLOAD.contains(&name.as_str()) {
            tree.insert(name, entry);
        }
    }
}
