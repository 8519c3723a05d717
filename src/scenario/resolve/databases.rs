//! Databases: a primary, its replicas, and what their operations cost.

use super::super::defaults;
use super::super::model::{
    Cost, Costs, Database, Dataset, ReadFrom, ReplicationTopology, Sharding,
};
use super::super::reader::Reader;
use super::super::store::{Engine, typical_costs};
use super::components::{is_all, policy};
use super::distribution::distribution;
use super::failover::{failover, replication};
use super::guards::breaker;
use super::names::Scope;
use super::placement::{Hosts, place};
use super::steps::consistency;
use super::{events, shards, stores};
use crate::kernel::distribution::Distribution;

/// All databases, and how the sharded ones among them are cut: each of their
/// shards is a database.
pub(super) fn databases(
    scope: &Scope<'_>,
    hosts: &mut Hosts,
    datasets: &[Dataset],
) -> (Vec<Database>, Vec<Sharding>) {
    let room = events::shards_room(scope);
    let (mut databases, mut shardings) = (Vec::new(), Vec::new());
    for (name, reader) in scope.databases.readers() {
        let Some(reader) = reader else { continue };
        let part = reader.part("shards");
        let asked = part.as_ref().map(|part| shards::count(part, room.get(name).copied()));
        let machines = asked.map_or(1, |(_, room)| room);
        let database = database(name, &reader, scope, hosts, machines);
        let (Some(part), Some((count, room))) = (part, asked) else {
            databases.push(database);
            continue;
        };
        let first = databases.len();
        let sharding = shards::sharding(&part, &database, (count, room, first), datasets);
        databases.extend(shards::cut(&database, room, shardings.len(), hosts));
        shardings.push(sharding);
    }
    (databases, shardings)
}

/// A database, with machines for so many like it.
fn database(
    name: &str,
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    hosts: &mut Hosts,
    like_it: u32,
) -> Database {
    let engine = reader.choice("engine").and_then(Engine::of).unwrap_or_default();
    let replicas = reader.whole("replicas", 0, u64::from(defaults::MOST_REPLICAS), 0);
    let replication = replication(reader, replicas);
    let leaderless = matches!(replication.topology, ReplicationTopology::Quorum { .. });
    let read_from = match reader.choice("read_from") {
        None if leaderless => ReadFrom::Any,
        Some("primary") => ReadFrom::Primary,
        Some("any") => ReadFrom::Any,
        Some("nearest") => ReadFrom::Nearest,
        _ => ReadFrom::Replicas,
    };
    let readers = match read_from {
        ReadFrom::Primary => 1,
        ReadFrom::Replicas => replicas.max(1),
        ReadFrom::Any | ReadFrom::Nearest => replicas + 1,
    };
    stores::check_leaderless(reader, leaderless);
    Database {
        name: name.to_owned(),
        shard: None,
        engine,
        row_reads: stores::row_reads(reader),
        consistency: consistency(reader),
        datasets: held(reader, scope),
        hosts: place(reader, scope, hosts, (u32::try_from(replicas).unwrap_or(0) + 1) * like_it),
        connections: reader.limit("connections", 1),
        queue: reader.limit("queue", 0),
        pool: reader.limit("pool", 1),
        buffer_pool_bytes: reader.get("buffer_pool").and_then(|item| item.bytes()),
        read_from,
        read_policy: policy(reader, "read_policy", "read_weights", Some(readers)),
        costs: costs(reader.part("costs").as_ref(), engine),
        failover: failover(reader, replication.topology, replicas),
        extra_lag: replication.extra_lag,
        replication: replication.topology,
        mode: replication.mode,
        timeout: reader.positive_duration("timeout"),
        breaker: breaker(reader),
    }
}

fn held(reader: &Reader<'_>, scope: &Scope<'_>) -> Vec<usize> {
    match reader.get("holds") {
        Some(holds) if !is_all(&holds) => {
            holds.names().iter().filter_map(|item| scope.datasets.find(item)).collect()
        }
        _ => (0..scope.datasets.entries.len()).collect(),
    }
}

/// What is not given costs nothing, or what is typical of the engine.
fn costs(reader: Option<&Reader<'_>>, engine: Engine) -> Costs {
    let is_typical = reader.is_some_and(|reader| reader.flag("typical"));
    let typical = is_typical.then(|| typical_costs(engine));
    let of = |name: &'static str, typical: Option<Cost>| {
        let part = reader.and_then(|reader| reader.part(name));
        if part.is_none() { typical.unwrap_or_else(|| cost(None)) } else { cost(part) }
    };
    let costs = |pick: fn(&Costs) -> &Cost| typical.as_ref().map(|costs| pick(costs).clone());
    Costs {
        read: of("read", costs(|costs| &costs.read)),
        write: of("write", costs(|costs| &costs.write)),
        scan: of("scan", costs(|costs| &costs.scan)),
        range: of("range", costs(|costs| &costs.range)),
        join: of("join", costs(|costs| &costs.join)),
        traverse: of("traverse", costs(|costs| &costs.traverse)),
        apply: of("apply", costs(|costs| &costs.apply)),
    }
}

fn cost(reader: Option<Reader<'_>>) -> Cost {
    let nothing = Distribution::Constant(0.0);
    let Some(reader) = reader else {
        return Cost { cpu: nothing, cpu_per_row: 0.0, disk_reads: 0, disk_writes: 0 };
    };
    let count =
        |name: &'static str| u32::try_from(reader.whole(name, 0, 1_000_000, 0)).unwrap_or(0);
    Cost {
        cpu: reader.get("cpu").and_then(|item| distribution(&item)).unwrap_or(nothing),
        cpu_per_row: reader.quantity("cpu_per_row"),
        disk_reads: count("disk_reads"),
        disk_writes: count("disk_writes"),
    }
}
