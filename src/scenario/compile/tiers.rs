//! Configuration of caches and databases.

use super::failover::{SystemPrograms, failover_plan, mode, topology};
use super::faults::can_fail;
use super::layout::DatabaseLayout;
use super::{dataset_space, for_each_step, result_space, stores};
use crate::kernel::time::Duration;
use crate::scenario::model::{
    Cache, CacheStart, Database, Endpoint, Eviction, OnWrite, ReadFrom, ResultKeys, Scenario, Step,
};
use crate::simulation::blueprint::{CachePlan, DatabasePlan, Readers, WarmSet};
use crate::tier::buffer_pool::BufferPool;
use crate::tier::cache;
use crate::tier::failover::{Mode, Topology};

pub(super) fn caches(scenario: &Scenario) -> Vec<CachePlan> {
    let caches = scenario.topology.caches.iter().enumerate();
    caches.map(|(id, cache)| cache_plan(scenario, id, cache)).collect()
}

fn cache_plan(scenario: &Scenario, id: usize, cache: &Cache) -> CachePlan {
    let warm = match cache.start {
        CacheStart::Warm if cache.hit_ratio.is_none() => warm_sets(scenario, id, cache),
        _ => Vec::new(),
    };
    CachePlan {
        name: format!("caches.{}", cache.name),
        nodes: cache.hosts.len() as u32,
        memory_bytes: (cache.memory_bytes as f64 * (1.0 - cache.fragmentation)) as u64,
        overhead_bytes: cache.overhead_bytes,
        eviction: match cache.eviction {
            Eviction::Lru => cache::Eviction::Lru,
            Eviction::Lfu => cache::Eviction::Lfu,
            Eviction::Fifo => cache::Eviction::Fifo,
            Eviction::Random => cache::Eviction::Random,
            Eviction::Sieve => cache::Eviction::Sieve,
            Eviction::S3Fifo => cache::Eviction::S3Fifo,
            Eviction::Arc => cache::Eviction::Arc,
        },
        ttl: cache.ttl,
        jitter: cache.jitter,
        sliding: cache.sliding,
        hit_ratio: cache.hit_ratio,
        coalesce: cache.coalesce,
        write_behind: matches!(cache.on_write, OnWrite::StoreAndFlush(_)),
        warm,
    }
}

fn warm_sets(scenario: &Scenario, cache_id: usize, cache: &Cache) -> Vec<WarmSet> {
    let datasets = cache.datasets.iter().map(|&id| {
        let dataset = &scenario.workload.datasets[id];
        WarmSet {
            space: dataset_space(id),
            items: dataset.items,
            bytes: dataset.item_bytes.saturating_add(cache.overhead_bytes),
            weight: reads_per_request(scenario, id),
            popularity: Some(id),
        }
    });
    let results = cache.results.iter().filter_map(|name| result_set(scenario, cache, name));
    let sessions = super::sessions::in_cache(scenario, cache_id);
    let sessions = sessions.into_iter().map(|(space, bytes)| WarmSet {
        space,
        items: scenario.workload.users.count.unwrap_or(0),
        bytes,
        weight: scenario.workload.endpoints.iter().map(|endpoint| endpoint.share).sum(),
        popularity: None,
    });
    datasets.chain(results).chain(sessions).collect()
}

/// The results of one name that a cache may hold.
fn result_set(scenario: &Scenario, cache: &Cache, name: &str) -> Option<WarmSet> {
    let named = |endpoint: &&Endpoint| {
        endpoint.cacheable.as_ref().is_some_and(|cacheable| cacheable.name == name)
    };
    let weight = scenario.workload.endpoints.iter().filter(named).map(|endpoint| endpoint.share);
    let endpoint = scenario.workload.endpoints.iter().find(named)?;
    let cacheable = endpoint.cacheable.as_ref()?;
    let (items, popularity) = match cacheable.keys {
        ResultKeys::User => (scenario.workload.users.count.unwrap_or(0), None),
        ResultKeys::Everyone => (1, None),
        ResultKeys::Dataset(id) => (scenario.workload.datasets[id].items, Some(id)),
    };
    Some(WarmSet {
        space: result_space(scenario, name),
        items,
        bytes: cacheable.bytes.saturating_add(cache.overhead_bytes),
        weight: weight.sum(),
        popularity,
    })
}

/// Keys of a dataset that a request reads in the mean, over the shares.
fn reads_per_request(scenario: &Scenario, id: usize) -> f64 {
    let mut total = 0.0;
    for endpoint in &scenario.workload.endpoints {
        for_each_step(scenario, &endpoint.steps, &mut |step| match step {
            Step::Read { dataset, keys, .. } if *dataset == id => {
                total += endpoint.share * f64::from(*keys);
            }
            _ => {}
        });
    }
    total
}

pub(super) fn databases(
    scenario: &Scenario,
    layouts: &[DatabaseLayout],
    systems: &[SystemPrograms],
) -> Vec<DatabasePlan> {
    let databases = scenario.topology.databases.iter().zip(layouts).zip(systems);
    databases
        .map(|((database, layout), system)| database_plan(scenario, database, layout, system))
        .collect()
}

fn database_plan(
    scenario: &Scenario,
    database: &Database,
    layout: &DatabaseLayout,
    system: &SystemPrograms,
) -> DatabasePlan {
    let sizes = sizes(scenario, database);
    let holds_one = |cache: &&Cache| {
        cache.hit_ratio.is_none() && cache.datasets.iter().any(|id| database.datasets.contains(id))
    };
    let caches = scenario.topology.caches.iter().enumerate();
    let caches = caches.filter(|(_, cache)| holds_one(cache)).map(|(index, _)| index as u16);
    let rtt = scenario.topology.network.internal_rtt;
    DatabasePlan {
        name: format!("databases.{}", database.name),
        replicas: database.hosts.len() as u32 - 1,
        writes: layout.writes,
        reads: layout.reads,
        readers: match database.read_from {
            ReadFrom::Primary => Readers::Primary,
            ReadFrom::Replicas => Readers::Replicas,
            ReadFrom::Any | ReadFrom::Nearest => Readers::Any,
        },
        shipping: Duration::from_nanos(rtt.as_nanos() / 2),
        extra_lag: database.extra_lag.clone(),
        applier: system.applier,
        topology: topology(database),
        quorum: stores::quorum_plan(database, system),
        mode: mode(database),
        can_lose_writes: can_fail(scenario)
            || topology(database) != Topology::Primary
            || mode(database) != Mode::Asynchronous,
        failover: failover_plan(scenario, database, system),
        buffer_pool: database.buffer_pool_bytes.map(|bytes| {
            let pool = BufferPool::new(database.bytes_seen_as_whole(bytes), &sizes);
            match database.shard {
                None => pool,
                Some(shard) => pool.on_shard(|dataset, items| {
                    super::shards::ranks_of(scenario, shard, database.datasets[dataset], items)
                }),
            }
        }),
        caches: caches.collect(),
    }
}

/// Items of each dataset of a database, and bytes of one; on a shard, an equal
/// part of them.
pub(super) fn sizes(scenario: &Scenario, database: &Database) -> Vec<(u64, u64)> {
    let shardings = &scenario.topology.shardings;
    let shards = database.shard.map_or(1, |own| u64::from(shardings[own.sharding].count));
    let datasets = database.datasets.iter().map(|&id| &scenario.workload.datasets[id]);
    datasets.map(|dataset| (dataset.items.div_ceil(shards), dataset.item_bytes)).collect()
}
