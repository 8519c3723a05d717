//! `[databases.NAME.shards]`: a database becomes several.

use super::super::defaults;
use super::super::model::{
    Database, Dataset, Placing, ReplicationTopology, ShardKey, ShardOf, Sharding, SplitKeys,
};
use super::super::reader::{Item, Reader, suggestion};
use super::placement::Hosts;

/// The key that every item has.
const OWN: &str = "id";

/// Shards at the start, and those for which there must be machines because an
/// event takes them into use.
pub(super) fn count(reader: &Reader<'_>, later: Option<u32>) -> (u32, u32) {
    let count = reader.need("count").and_then(|item| item.whole(1, defaults::MOST_SHARDS));
    let count = count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1);
    (count, later.map_or(count, |later| later.max(count)))
}

/// How a database is cut; `database` still has the machines of all shards.
pub(super) fn sharding(
    reader: &Reader<'_>,
    database: &Database,
    (count, room, first): (u32, u32, usize),
    datasets: &[Dataset],
) -> Sharding {
    if database.replication != ReplicationTopology::Primary {
        let message = format!("`{}` cuts a database whose instances all take writes", reader.path);
        let help = "a shard has one primary: take out `shards`, or write topology = \"primary\"";
        reader.fault("E313", message, Some(help));
    }
    let chosen = reader.get("key").and_then(|item| chosen(&item, database, datasets));
    let by = match reader.choice("by") {
        Some("consistent-hash") => Placing::ConsistentHash,
        Some("range") => Placing::Range,
        _ => Placing::Hash,
    };
    let (dedicated, split) = cures(reader, count);
    Sharding {
        name: database.name.clone(),
        first,
        count,
        room,
        by,
        keys: (0..datasets.len()).map(|id| shard_key(id, datasets, chosen)).collect(),
        dedicated,
        split,
    }
}

/// The dataset that the shard key names, and the name of the key.
fn chosen<'a>(
    item: &Item<'a>,
    database: &Database,
    datasets: &[Dataset],
) -> Option<(usize, &'a str)> {
    let text = item.text()?;
    let Some((dataset, key)) = text.split_once('.') else {
        let message =
            format!("`{}` is {text:?}; it names a dataset and one of its keys", item.path);
        item.fault("E313", message, Some("such as \"posts.id\"".to_owned()));
        return None;
    };
    let held = || database.datasets.iter().filter_map(|&id| datasets.get(id));
    let Some(id) = datasets.iter().position(|one| one.name == dataset) else {
        let message = format!("`{}` names `{dataset}`, which is not in [datasets]", item.path);
        item.fault("E201", message, suggestion(dataset, held().map(|one| one.name.as_str())));
        return None;
    };
    if !database.datasets.contains(&id) {
        let message =
            format!("`{}` names `{dataset}`, which this database does not hold", item.path);
        item.fault("E313", message, suggestion(dataset, held().map(|one| one.name.as_str())));
        return None;
    }
    let keys = datasets[id].keys.iter().map(|key| key.name.as_str());
    if key != OWN && !keys.clone().any(|known| known == key) {
        let message = format!("`{}`: `{dataset}` has no key `{key}`", item.path);
        let known = std::iter::once(OWN).chain(keys);
        let help = match suggestion(key, known) {
            Some(help) if help.starts_with("did") => help,
            _ => format!("give [datasets.{dataset}] keys = {{ {key} = {{ items = … }} }}"),
        };
        item.fault("E313", message, Some(help));
        return None;
    }
    Some((id, key))
}

/// What decides where the items of a dataset lie: the shard key where it has
/// that, else the items themselves.
fn shard_key(dataset: usize, datasets: &[Dataset], chosen: Option<(usize, &str)>) -> ShardKey {
    match chosen {
        Some((own, OWN)) if own == dataset => ShardKey::Item { dataset },
        Some((_, key)) if key != OWN => {
            let own = datasets[dataset].keys.iter().position(|own| own.name == key);
            own.map_or(ShardKey::Other { dataset }, |key| ShardKey::Owner { dataset, key })
        }
        _ => ShardKey::Other { dataset },
    }
}

/// What is done about the hottest shard keys.
fn cures(reader: &Reader<'_>, count: u32) -> (u32, Option<SplitKeys>) {
    let dedicated = reader.get("dedicated").and_then(|item| {
        let dedicated = item.whole32(0)?;
        if dedicated >= count {
            let message = format!("`{}` is {dedicated}, and there are {count} shards", item.path);
            let help = "at least one shard is left for all the others".to_owned();
            item.fault("E313", message, Some(help));
        }
        Some(dedicated)
    });
    let split = reader.part("split").and_then(|part| {
        let hottest = part.need("hottest").and_then(|item| item.whole32(1));
        let over = part.need("over").and_then(|item| Some((item.whole32(2)?, item)));
        let (over, item) = over?;
        if over > count {
            let message = format!("`{}` is {over}, and there are {count} shards", item.path);
            item.fault("E313", message, None);
        }
        Some(SplitKeys { hottest: hottest?, over })
    });
    for cure in ["dedicated", "split"].into_iter().filter(|cure| reader.has(cure)) {
        if !reader.has("key") {
            let message = format!("`{}.{cure}` needs a shard key", reader.path);
            let help = "say whose hottest keys: key = \"posts.id\"".to_owned();
            reader.context.error("E313", reader.key_origin(cure), message, Some(help));
        }
    }
    if reader.has("dedicated") && reader.has("split") {
        let message = format!("`{}` has both `dedicated` and `split`", reader.path);
        let help = "the hottest keys lie apart, or are spread: keep one of them".to_owned();
        reader.context.error("E109", reader.key_origin("split"), message, Some(help));
    }
    (dedicated.unwrap_or(0), split)
}

/// The shards, each with its part of the machines. Their primaries stand in
/// the zones in turn, as do the instances of each.
pub(super) fn cut(
    database: &Database,
    room: u32,
    sharding: usize,
    hosts: &mut Hosts,
) -> Vec<Database> {
    let members = database.hosts.len() / room as usize;
    let stands: Vec<_> =
        database.hosts.iter().map(|&host| (hosts.list[host].zone, hosts.list[host].rack)).collect();
    let mut shard = |number: u32| {
        let name = format!("{}.shard-{number}", database.name);
        let first = number as usize * members;
        let own = database.hosts[first..first + members].to_vec();
        for (member, &host) in own.iter().enumerate() {
            let host = &mut hosts.list[host];
            if !host.shared {
                host.name = format!("databases.{name}");
                (host.zone, host.rack) = stands[member + number as usize];
            }
        }
        let shard = Some(ShardOf { sharding, number });
        Database { name, shard, hosts: own, ..database.clone() }
    };
    (0..room).map(&mut shard).collect()
}
