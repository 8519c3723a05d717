//! The name of a scenario's content: two that can differ in their results
//! differ in their hash, wherever their files lie.

use super::tree::{Node, Origin, Table, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Tables whose order gives the ids of what they hold.
const ORDERED: [&str; 14] = [
    "clients",
    "datasets",
    "operations",
    "endpoints",
    "machines",
    "hosts",
    "services",
    "load_balancers",
    "caches",
    "databases",
    "regions",
    "failures",
    "events",
    "autoscale",
];

/// First 16 hex digits of the SHA-256 of the tables. Contents stand in place
/// of the paths of `attached` files.
pub(super) fn hash(
    tree: &Table,
    users: Option<u64>,
    attached: &BTreeMap<Origin, Vec<u8>>,
) -> String {
    let mut rendered = format!("users={users:?};");
    for name in sorted(tree) {
        let skipped: &[&str] = match name {
            "title" | "description" | "expect" | "plan" => continue,
            "run" => &["seed", "replications"],
            _ => &[],
        };
        let _ = write!(rendered, "{name:?}=");
        match &tree[name].node.value {
            Value::Table(table) if ORDERED.contains(&name) => {
                render_table(
                    &mut rendered,
                    table,
                    table.keys().map(String::as_str).collect(),
                    attached,
                );
            }
            Value::Table(table) => {
                let names =
                    sorted(table).into_iter().filter(|name| !skipped.contains(name)).collect();
                render_table(&mut rendered, table, names, attached);
            }
            _ => render(&mut rendered, &tree[name].node, attached),
        }
    }
    hex(&Sha256::digest(rendered.as_bytes()), 8)
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn sorted(table: &Table) -> Vec<&str> {
    let mut names: Vec<&str> = table.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn render_table(
    out: &mut String,
    table: &Table,
    names: Vec<&str>,
    attached: &BTreeMap<Origin, Vec<u8>>,
) {
    out.push('{');
    for name in names {
        let _ = write!(out, "{name:?}=");
        render(out, &table[name].node, attached);
    }
    out.push('}');
}

fn render(out: &mut String, node: &Node, attached: &BTreeMap<Origin, Vec<u8>>) {
    match &node.value {
        Value::Table(table) => render_table(out, table, sorted(table), attached),
        Value::Array(items) => {
            out.push('[');
            items.iter().for_each(|item| render(out, item, attached));
            out.push(']');
        }
        Value::Text(text) => match attached.get(&node.origin) {
            Some(content) => {
                let _ = write!(out, "<{}>", hex(&Sha256::digest(content), 32));
            }
            None => {
                let _ = write!(out, "{text:?}");
            }
        },
        Value::Integer(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(value) => {
            let _ = write!(out, "{value:?}");
        }
        Value::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Date => out.push_str("date"),
    }
    out.push(';');
}
