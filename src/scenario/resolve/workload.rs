//! What users want: clients, datasets, operations, endpoints.

use super::super::defaults;
use super::super::keys::Kind;
use super::super::model::{
    Cacheable, Client, Dataset, Endpoint, Operation, OwnerKey, ResultKeys, Retries, StaticFiles,
    Workload,
};
use super::super::reader::{Item, Reader, suggestion};
use super::super::tree::{Origin, Table, Value};
use super::super::units;
use super::distribution::distribution;
use super::guards::{breaker, hedge};
use super::names::{Scope, check_name};
use super::steps::{Asked, consistency, steps};
use super::users;
use crate::kernel::distribution::Distribution;
use crate::kernel::popularity::ITEMS_MAX;
use crate::kernel::time::Duration;
use crate::simulation::request::HEDGED;
use std::collections::BTreeMap;

/// How far the shares of the clients may be from 1 together.
const SHARE_TOLERANCE: f64 = 1e-6;

pub(super) fn workload(root: &Reader<'_>, scope: &Scope<'_>, count: Option<u64>) -> Workload {
    Workload {
        users: users::users(root, scope, count),
        clients: clients(root, scope),
        datasets: scope
            .datasets
            .readers()
            .filter_map(|(name, reader)| dataset(name, &reader?))
            .collect(),
        operations: scope
            .operations
            .readers()
            .map(|(name, reader)| operation(name, reader, scope))
            .collect(),
        endpoints: endpoints(root, scope),
    }
}

fn clients(root: &Reader<'_>, scope: &Scope<'_>) -> Vec<Client> {
    let readers = scope.clients.readers();
    let clients: Vec<Client> =
        readers.filter_map(|(name, reader)| client(name, &reader?)).collect();
    if scope.clients.entries.is_empty() {
        let name = "client".to_owned();
        return vec![Client {
            name,
            share: 1.0,
            connections: 0,
            cached: 0.0,
            timeout: None,
            retries: None,
            cancels: false,
            hedge: None,
            breaker: None,
        }];
    }
    let sum: f64 = clients.iter().map(|client| client.share).sum();
    if clients.len() == scope.clients.entries.len() && (sum - 1.0).abs() > SHARE_TOLERANCE {
        let message = format!("the shares of [clients.*] add up to {sum}, not to 1");
        root.context.error("E303", root.key_origin("clients"), message, None);
    }
    clients
}

fn client(name: &str, reader: &Reader<'_>) -> Option<Client> {
    let connections = reader.whole("connections", 0, 1_000, 0);
    let cached = reader.get("cached").map_or(Some(0.0), |item| item.number(0.0, 1.0));
    let timeout = reader.positive_duration("timeout");
    let retries = reader.part("retries").map(|part| retries(&part, reader.has("hedge")));
    Some(Client {
        name: name.to_owned(),
        share: reader.need("share")?.number(0.0, 1.0)?,
        connections: u32::try_from(connections).ok()?,
        cached: cached?,
        timeout,
        retries,
        cancels: reader.flag("cancels"),
        hedge: hedge(reader, timeout),
        breaker: breaker(reader),
    })
}

/// Beside hedges there are half as many attempts: each may have two racers.
fn retries(reader: &Reader<'_>, hedges: bool) -> Retries {
    let most = if hedges { u64::from(HEDGED) - 1 } else { 255 };
    let attempts = reader.whole("attempts", 1, most, u64::from(defaults::ATTEMPTS));
    Retries {
        attempts: u32::try_from(attempts).unwrap_or(defaults::ATTEMPTS),
        backoff: reader.get("backoff").and_then(|item| item.duration()).unwrap_or(Duration::ZERO),
        jitter: reader.choice("jitter") == Some("full"),
        budget: reader.get("budget").and_then(|item| item.number(0.0, f64::MAX)),
    }
}

fn dataset(name: &str, reader: &Reader<'_>) -> Option<Dataset> {
    let items = reader.need("items").and_then(|item| item.whole(1, ITEMS_MAX));
    let item_bytes = reader.need("item_size").and_then(|item| item.bytes());
    let zipf = reader.get("popularity").map_or(Some(None), |item| popularity(&item));
    let keys = reader.get("keys").map_or_else(Vec::new, |item| owner_keys(&item));
    let name = name.to_owned();
    Some(Dataset { name, items: items?, item_bytes: item_bytes?, zipf: zipf?, keys })
}

/// `{ user = { items = 1_000_000, zipf = 1.1 } }`.
fn owner_keys(item: &Item<'_>) -> Vec<OwnerKey> {
    let mut seen = BTreeMap::new();
    let key = |(name, at, item): (&'_ str, Origin, Item<'_>)| {
        if name == "id" {
            let message = format!("`{}`: every item has its `id` already", item.path);
            item.context.error("E108", at, message, Some("take it out".to_owned()));
        }
        let reader = item.part()?;
        let items = reader.need("items").and_then(|item| item.whole(1, ITEMS_MAX));
        let zipf = reader.get("zipf").map_or(Some(0.0), |item| item.number(0.0, 10.0))?;
        let zipf = (zipf > 0.0).then_some(zipf);
        Some(OwnerKey { name: name.to_owned(), items: items?, zipf })
    };
    let entries = item.entries();
    for (name, at, one) in &entries {
        check_name(one.context, name, *at, "keys", &mut seen);
    }
    entries.into_iter().filter_map(key).collect()
}

/// `"uniform"` or `{ zipf = s }`.
fn popularity(item: &Item<'_>) -> Option<Option<f64>> {
    let entries = match &item.node.value {
        Value::Text(text) if text == "uniform" => return Some(None),
        Value::Table(_) => item.entries(),
        _ => Vec::new(),
    };
    match &entries[..] {
        [("zipf", _, exponent)] => {
            let exponent = exponent.number(0.0, 10.0)?;
            Some((exponent > 0.0).then_some(exponent))
        }
        _ => {
            let message = format!("`{}` must be \"uniform\" or {{ zipf = 0.99 }}", item.path);
            item.fault("E106", message, None);
            None
        }
    }
}

fn operation(name: &str, reader: Option<Reader<'_>>, scope: &Scope<'_>) -> Operation {
    let item = reader.and_then(|reader| reader.need("steps"));
    let steps = item.map_or_else(Vec::new, |item| steps(&item, scope, Asked::default()));
    Operation { name: name.to_owned(), steps }
}

fn endpoints(root: &Reader<'_>, scope: &Scope<'_>) -> Vec<Endpoint> {
    if scope.endpoints.entries.is_empty() {
        root.fault("E102", "no endpoint is given", Some("write at least one [endpoints.NAME]"));
    }
    let readers = scope.endpoints.readers();
    let mut endpoints: Vec<Endpoint> =
        readers.filter_map(|(name, reader)| endpoint(name, &reader?, scope)).collect();
    let total: f64 = endpoints.iter().map(|endpoint| endpoint.share).sum();
    if total > 0.0 && total.is_finite() {
        endpoints.iter_mut().for_each(|endpoint| endpoint.share /= total);
    } else if !endpoints.is_empty() {
        let message = "the shares of the endpoints add up to nothing".to_owned();
        root.context.error("E303", root.key_origin("endpoints"), message, None);
    }
    endpoints
}

fn endpoint(name: &str, reader: &Reader<'_>, scope: &Scope<'_>) -> Option<Endpoint> {
    // One endpoint alone needs no share.
    let alone = scope.endpoints.entries.len() == 1;
    let share = match reader.get("share") {
        None if alone => Some(1.0),
        _ => reader.need("share").and_then(|item| item.number(0.0, 1e12)),
    };
    let asked = Asked { fresh: reader.flag("read_your_writes"), consistency: consistency(reader) };
    let clients = scope.clients.entries.len().max(1);
    let answer_bytes = reader.get("returns").map(|item| returns(&item, scope, clients));
    let static_files = reader.part("static").map(|part| static_files(&part));
    let cacheable = reader.part("cacheable").map(|part| cacheable(&part, scope));
    let steps = reader.get("steps").map_or_else(Vec::new, |item| steps(&item, scope, asked));
    Some(Endpoint {
        name: name.to_owned(),
        share: share?,
        answer_bytes: answer_bytes.unwrap_or_else(|| vec![Distribution::Constant(0.0); clients]),
        static_files: static_files.flatten(),
        steps,
        cacheable: cacheable.flatten(),
    })
}

/// A size for all clients, or `{ client = { html | json = size } }`.
fn returns(item: &Item<'_>, scope: &Scope<'_>, clients: usize) -> Vec<Distribution> {
    let nothing = Distribution::Constant(0.0);
    let by_client = |table: &Table| {
        table
            .iter()
            .any(|(key, entry)| scope.clients.id(key).is_some() || is_answer(&entry.node.value))
    };
    match &item.node.value {
        Value::Table(table) if by_client(table) => {}
        _ => return vec![size(item).unwrap_or(nothing); clients],
    }
    let mut sizes = vec![nothing; clients];
    for (name, at, answer) in item.entries() {
        match scope.clients.id(name) {
            Some(id) => sizes[id] = size(&answer).unwrap_or(Distribution::Constant(0.0)),
            None => {
                let message = format!("`{}` names `{name}`, which is not in [clients]", item.path);
                item.context.error("E201", at, message, suggestion(name, scope.clients.iter()));
            }
        }
    }
    sizes
}

/// Whether a value is `{ html = size }` or `{ json = size }`.
fn is_answer(value: &Value) -> bool {
    matches!(value, Value::Table(table) if table.keys().any(|key| key == "html" || key == "json"))
}

/// A size, or `{ html = size }`, `{ json = size }`.
fn size(item: &Item<'_>) -> Option<Distribution> {
    let bytes = Kind::Distribution(units::SIZE);
    if !is_answer(&item.node.value) {
        return distribution(&item.as_kind(bytes));
    }
    let entries = item.entries();
    if let [("html" | "json", _, answer)] = &entries[..] {
        return distribution(&answer.as_kind(bytes));
    }
    let message = format!("`{}` must be {{ html = size }} or {{ json = size }}", item.path);
    item.fault("E106", message, None);
    None
}

fn static_files(reader: &Reader<'_>) -> Option<StaticFiles> {
    let files = reader.need("files").and_then(|item| item.whole(0, 10_000));
    let bytes = reader.need("size").and_then(|item| distribution(&item));
    let files = u32::try_from(files?).ok()?;
    let catalogue = reader.whole("catalogue", 1, 1 << 48, u64::from(files.max(1)));
    let zipf = reader.get("popularity").map(|item| popularity(&item));
    let zipf = zipf.unwrap_or(Some(Some(defaults::FILES_ZIPF)))?;
    Some(StaticFiles { files, bytes: bytes?, catalogue, zipf })
}

fn cacheable(reader: &Reader<'_>, scope: &Scope<'_>) -> Option<Cacheable> {
    let name = reader.need("as").and_then(|item| item.text());
    let keys = reader.need("keys").and_then(|item| match item.text()? {
        "user" => Some(ResultKeys::User),
        "everyone" => Some(ResultKeys::Everyone),
        _ => scope.datasets.find(&item).map(ResultKeys::Dataset),
    });
    let bytes = reader.get("size").map_or(Some(defaults::RESULT_BYTES), |item| item.bytes());
    Some(Cacheable { name: name?.to_owned(), keys: keys?, bytes: bytes? })
}
