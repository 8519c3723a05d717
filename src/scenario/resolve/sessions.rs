//! Where services keep sessions.

use super::super::defaults;
use super::super::keys;
use super::super::model::{
    Arrivals, Dataset, SessionStore, Sessions, Step, Sticky, Stored, Topology, Workload, WriteKind,
};
use super::super::reader::{Item, Reader, suggestion};
use super::super::tree::Value;
use super::guards::time_or;
use super::names::Scope;
use super::steps;
use crate::kernel::distribution::Distribution;

/// Sessions of a service; those in a database get their steps by [`attach`].
pub(super) fn sessions(service: &Reader<'_>, name: &str, scope: &Scope<'_>) -> Sessions {
    let Some(item) = service.get("sessions") else { return Sessions::Stateless };
    match &item.node.value {
        Value::Text(text) if text == "stateless" => return Sessions::Stateless,
        Value::Table(_) => {}
        _ => {
            unknown(&item);
            return Sessions::Stateless;
        }
    }
    let Some(reader) = item.table_of(&keys::SESSIONS) else { return Sessions::Stateless };
    let found = match (reader.has("sticky") && reader.flag("sticky"), reader.has("store")) {
        (true, false) => sticky(&reader, &item, name, scope),
        (false, true) => stored(&reader, scope),
        _ => {
            unknown(&item);
            None
        }
    };
    found.unwrap_or(Sessions::Stateless)
}

fn unknown(item: &Item<'_>) {
    let message = format!("`{}` does not say where sessions are", item.path);
    let help = "\"stateless\", { sticky = true, size = \"20 KB\" }, or { store = \"caches.NAME\" }";
    item.fault("E106", message, Some(help.to_owned()));
}

fn sticky(reader: &Reader<'_>, item: &Item<'_>, name: &str, scope: &Scope<'_>) -> Option<Sessions> {
    let targets = |table: &Item<'_>| {
        let text = table.text_below("targets").unwrap_or_default();
        text.strip_prefix("services.").unwrap_or(text) == name
    };
    if !scope.load_balancers.entries.iter().any(|(_, _, table)| targets(table)) {
        let message = format!("`{}` is sticky, and no load balancer sends users there", item.path);
        let help = format!("write [load_balancers.NAME] with targets = \"services.{name}\"");
        item.fault("E109", message, Some(help));
    }
    let memory = reader.get("memory");
    let memory_bytes = memory.and_then(|item| item.positive_quantity().and(item.bytes()));
    let bytes = size(reader, defaults::STICKY_BYTES);
    if let (Some(memory), Some(item)) = (memory_bytes, reader.get("memory"))
        && memory < bytes
    {
        let message = format!("`{}` has no room for one session of {bytes} bytes", item.path);
        item.fault("E105", message, None);
    }
    Some(Sessions::Sticky(Sticky {
        bytes,
        memory_bytes,
        idle: time_or(reader, "idle", defaults::SESSION_IDLE),
        drain: time_or(reader, "drain", defaults::SESSION_DRAIN),
        rebuild: rebuild(reader, scope),
    }))
}

fn size(reader: &Reader<'_>, default: u64) -> u64 {
    let item = reader.get("size");
    item.and_then(|item| item.positive_quantity().and(item.bytes())).unwrap_or(default)
}

fn stored(reader: &Reader<'_>, scope: &Scope<'_>) -> Option<Sessions> {
    for key in ["memory", "idle", "drain"] {
        if reader.has(key) {
            let message = format!("`{}.{key}` has no meaning beside `store`", reader.path);
            let help = Some("it belongs to sticky sessions".to_owned());
            reader.context.error("E109", reader.key_origin(key), message, help);
        }
    }
    let bytes = size(reader, defaults::STORED_BYTES);
    let rebuild = rebuild(reader, scope);
    let item = reader.get("store")?;
    let text = item.text()?;
    let store = match text.split_once('.') {
        Some(("caches", name)) => scope.caches.id(name).map(SessionStore::Cache),
        Some(("databases", name)) => scope
            .databases
            .id(name)
            .map(|_| SessionStore::Database { read: Vec::new(), write: Vec::new() }),
        _ => None,
    };
    if store.is_none() {
        let caches = scope.caches.iter().map(|name| format!("caches.{name}"));
        let databases = scope.databases.iter().map(|name| format!("databases.{name}"));
        let all: Vec<String> = caches.chain(databases).collect();
        let message = format!("`{}` names `{text}`, which is no cache or database", item.path);
        item.fault("E201", message, suggestion(text, all.iter().map(String::as_str)));
    }
    Some(Sessions::Stored(Stored { store: store?, bytes, rebuild }))
}

/// One step of work; a login where nothing is said.
fn rebuild(reader: &Reader<'_>, scope: &Scope<'_>) -> Vec<Step> {
    let Some(item) = reader.get("rebuild") else {
        return vec![Step::Cpu(Distribution::Constant(defaults::LOGIN_CPU_NANOS))];
    };
    let found = steps::step(&item, scope, steps::Asked::default());
    if let Some(Step::Cpu(_) | Step::Wait(_) | Step::Call(_)) | None = found {
        return found.into_iter().collect();
    }
    let message = format!("`{}` takes one step: cpu, wait, or call", item.path);
    item.fault("E106", message, Some("put more into an operation, and call it".to_owned()));
    Vec::new()
}

/// What needs the whole scenario: that users are known, and the sessions that
/// databases hold.
pub(super) fn attach(scope: &Scope<'_>, workload: &mut Workload, topology: &mut Topology) {
    let known = workload.users.count.is_some()
        || matches!(workload.users.arrivals, Arrivals::Replay { .. });
    for ((_, reader), service) in scope.services.readers().zip(&mut topology.services) {
        if service.sessions == Sessions::Stateless {
            continue;
        }
        let Some(item) = reader.and_then(|reader| reader.get("sessions")) else { continue };
        if !known {
            let message = format!("`{}`: sessions belong to users, who are not known", item.path);
            item.fault("E308", message, Some("give users.count".to_owned()));
        }
        let Sessions::Stored(stored) = &mut service.sessions else { continue };
        let SessionStore::Database { read, write } = &mut stored.store else { continue };
        let name = item.text_below("store").and_then(|text| text.strip_prefix("databases."));
        let mut databases = topology.databases.iter_mut();
        let Some(database) = databases.find(|one| Some(one.table()) == name) else { continue };
        if database.shard.is_some() {
            let message = format!("`{}` names a database with `shards`", item.path);
            let help = "a cache, or a database of its own, keeps sessions".to_owned();
            item.fault("E313", message, Some(help));
        }
        let dataset = workload.datasets.len();
        database.datasets.push(dataset);
        workload.datasets.push(Dataset {
            name: format!("sessions of {}", service.name),
            items: workload.users.count.unwrap_or(1).max(1),
            item_bytes: stored.bytes,
            zipf: None,
            keys: Vec::new(),
        });
        read.push(Step::Read { dataset, keys: 1, read_your_writes: true, consistency: None });
        write.push(Step::Write { kind: WriteKind::Update, dataset, keys: 1 });
    }
}
