//! How writes reach the replicas, and how a dead primary is replaced.

use super::super::defaults;
use super::super::keys;
use super::super::model::{
    Failover, NewReplica, ReplicationMode, ReplicationTopology, WritesMeanwhile,
};
use super::super::reader::{Item, Reader, suggestion};
use super::super::tree::Value;
use super::distribution::distribution;
use super::guards::{count_or, time_or};
use super::stores;
use crate::kernel::distribution::Distribution;

/// `[databases.NAME.replication]`.
pub(super) struct Replication {
    pub(super) topology: ReplicationTopology,
    pub(super) mode: ReplicationMode,
    pub(super) extra_lag: Distribution,
}

/// Reads `replication` of a database with so many replicas.
pub(super) fn replication(database: &Reader<'_>, replicas: u64) -> Replication {
    let mut found = Replication {
        topology: ReplicationTopology::default(),
        mode: ReplicationMode::default(),
        extra_lag: Distribution::Constant(0.0),
    };
    let Some(reader) = database.part("replication") else { return found };
    let topology = reader.get("topology").and_then(|item| stores::topology(&item, replicas));
    found.topology = topology.unwrap_or_default();
    let lag = reader.get("extra_lag").and_then(|item| distribution(&item));
    found.extra_lag = lag.unwrap_or(found.extra_lag);
    if let Some(item) = reader.get("topology") {
        check_topology(&item, found.topology, replicas);
    }
    if let Some(item) = reader.get("mode") {
        found.mode = mode(&item).unwrap_or_default();
        check_mode(&item, found.mode, found.topology, replicas);
    }
    found
}

fn check_topology(item: &Item<'_>, topology: ReplicationTopology, replicas: u64) {
    let (least, word) = match topology {
        ReplicationTopology::Primary | ReplicationTopology::Quorum { .. } => return,
        ReplicationTopology::MultiPrimary => (1, "multi-primary"),
        ReplicationTopology::Ring => (2, "ring"),
    };
    if replicas < least {
        let message =
            format!("`{}` is {word:?}, with `replicas` = {replicas}; it needs {least}", item.path);
        let help = "`replicas` counts the instances beside the first".to_owned();
        item.fault("E309", message, Some(help));
    }
}

/// A word, or `{ semi-synchronous = k }`.
fn mode(item: &Item<'_>) -> Option<ReplicationMode> {
    let words = ["asynchronous", "synchronous"];
    match &item.node.value {
        Value::Text(word) if word == "asynchronous" => Some(ReplicationMode::Asynchronous),
        Value::Text(word) if word == "synchronous" => Some(ReplicationMode::Synchronous),
        Value::Text(word) => {
            let help = match word.as_str() {
                "semi-synchronous" => Some("write { semi-synchronous = 1 }".to_owned()),
                _ => suggestion(word, words.into_iter()),
            };
            item.fault("E106", format!("`{}` cannot be {word:?}", item.path), help);
            None
        }
        Value::Table(_) => {
            let count = item.table_of(&keys::SEMI_SYNCHRONOUS)?.need("semi-synchronous")?;
            count.whole32(1).map(ReplicationMode::SemiSynchronous)
        }
        other => {
            let message =
                format!("`{}` must be text or a table, and is {}", item.path, other.kind());
            let help = "\"asynchronous\", \"synchronous\" or { semi-synchronous = 1 }".to_owned();
            item.fault("E103", message, Some(help));
            None
        }
    }
}

fn check_mode(
    item: &Item<'_>,
    mode: ReplicationMode,
    topology: ReplicationTopology,
    replicas: u64,
) {
    let needed = match mode {
        ReplicationMode::Asynchronous => return,
        ReplicationMode::SemiSynchronous(count) => u64::from(count),
        ReplicationMode::Synchronous => 1,
    };
    if topology != ReplicationTopology::Primary {
        let message = format!("`{}` waits for replicas, and there are none", item.path);
        let help = match topology {
            ReplicationTopology::Quorum { .. } => "w says how many a write waits for",
            _ => "multi-primary and ring replicate asynchronously",
        };
        item.fault("E309", message, Some(help.to_owned()));
    } else if replicas < needed {
        let message = format!("`{}` waits for {needed} of {replicas} replicas", item.path);
        let help = "give it more `replicas`, or wait for fewer".to_owned();
        item.fault("E309", message, Some(help));
    }
}

/// Keys that mean something only where a replica is promoted.
const OF_A_PROMOTION: [&str; 4] = ["promotion", "writes_meanwhile", "fencing", "recovery"];

/// Reads `[databases.NAME.failover]`.
pub(super) fn failover(
    database: &Reader<'_>,
    topology: ReplicationTopology,
    replicas: u64,
) -> Option<Failover> {
    let reader = database.part("failover")?;
    let refuse = |at, message: String, help: &str| {
        reader.context.error("E309", at, message, Some(help.to_owned()));
    };
    if topology != ReplicationTopology::Primary {
        for key in OF_A_PROMOTION.into_iter().filter(|key| reader.has(key)) {
            let message =
                format!("`{}.{key}`: every instance is a primary, none is promoted", reader.path);
            refuse(reader.key_origin(key), message, "take it out, or write topology = \"primary\"");
        }
    } else if replicas == 0 {
        let message = format!("`{}` has no replica to promote", reader.path);
        let at = database.key_origin("failover");
        refuse(at, message, "give the database `replicas`, at least 1");
    }
    let recovery = reader.part("recovery").and_then(|part| part.need("rate"));
    let fencing = reader.get("fencing").and_then(|item| item.flag());
    Some(Failover {
        heartbeat: time_or(&reader, "heartbeat", defaults::HEARTBEAT),
        misses: count_or(&reader, "misses", defaults::MISSES),
        promotion: promotion(&reader),
        writes_meanwhile: match reader.choice("writes_meanwhile") {
            Some("wait") => WritesMeanwhile::Wait,
            _ => WritesMeanwhile::Fail,
        },
        fencing: fencing.unwrap_or(true),
        recovery_bytes_per_s: recovery.and_then(|item| item.positive_quantity()),
        new_replica: reader.part("new_replica").and_then(|part| new_replica(&part)),
    })
}

/// May be zero: a replica that stands ready.
fn promotion(reader: &Reader<'_>) -> crate::kernel::time::Duration {
    let given = reader.get("promotion").map(|item| item.duration());
    given.flatten().unwrap_or(defaults::PROMOTION)
}

fn new_replica(reader: &Reader<'_>) -> Option<NewReplica> {
    let copy = reader.need("copy").and_then(|item| item.positive_quantity());
    let after = reader.get("after").map(|item| item.duration());
    Some(NewReplica {
        after: after.flatten().unwrap_or(defaults::NEW_REPLICA_AFTER),
        copy_bytes_per_s: copy?,
    })
}
