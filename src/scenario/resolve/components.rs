//! Services, load balancers and caches.

use super::super::defaults;
use super::super::model::{
    BalancingPolicy, Cache, CacheStart, Eviction, LoadBalancer, OnCacheFailure, RunKind, Service,
};
use super::super::reader::{Item, Reader, suggestion};
use super::cache_modes::modes;
use super::distribution::distribution;
use super::guards::{adaptive, balancer_check, breaker, replace, time_or};
use super::names::Scope;
use super::placement::{Hosts, instances, place};
use super::sessions::sessions;
use crate::kernel::distribution::Distribution;
use std::collections::BTreeMap;

/// Most instances of a service at any time, where events change their number.
pub(super) type Room = BTreeMap<String, u32>;

pub(super) fn services(scope: &Scope<'_>, hosts: &mut Hosts, room: &Room) -> Vec<Service> {
    let readers = scope.services.readers();
    readers.filter_map(|(name, reader)| Some(service(name, &reader?, scope, hosts, room))).collect()
}

fn service(
    name: &str,
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    hosts: &mut Hosts,
    room: &Room,
) -> Service {
    let handles = reader.get("handles");
    let all = handles.as_ref().is_none_or(|item| is_all(item));
    let (mut endpoints, mut operations) = (Vec::new(), Vec::new());
    if all {
        endpoints = (0..scope.endpoints.entries.len()).collect();
    } else if let Some(handles) = handles {
        for item in handles.names() {
            handled(&item, scope, &mut endpoints, &mut operations);
        }
    }
    let deadline = reader.get("queue_deadline").and_then(|item| distribution(&item));
    let static_cpu = reader.get("static_cpu").and_then(|item| distribution(&item));
    let count = instances(reader);
    let most = room.get(name).map_or(count, |&most| most.max(count));
    let most = if reader.has("host") { count } else { most };
    let workers = reader.limit("workers", 1);
    Service {
        name: name.to_owned(),
        hosts: place(reader, scope, hosts, most),
        instances: count,
        needed: needed(reader, count),
        boot: reader.get("boot").and_then(|item| item.duration()).unwrap_or(defaults::BOOT),
        breaker: breaker(reader),
        adaptive: adaptive(reader, workers),
        workers,
        queue: reader.limit("queue", 0),
        queue_deadline: deadline,
        public: reader.flag("public"),
        endpoints,
        operations,
        sessions: sessions(reader, name, scope),
        static_cpu: static_cpu.unwrap_or(Distribution::Constant(defaults::STATIC_CPU_NANOS)),
    }
}

/// Instances that must be up: no more than there are.
fn needed(reader: &Reader<'_>, instances: u32) -> u32 {
    let Some(item) = reader.get("needed") else { return 1 };
    let needed = item.whole32(1).unwrap_or(1);
    if needed > instances {
        let message = format!("`{}` is {needed}, and there are only {instances}", item.path);
        item.fault("E105", message, Some("so many of the `instances` must be up".to_owned()));
    }
    needed
}

/// Whether a value is `"*"`.
pub(super) fn is_all(item: &Item<'_>) -> bool {
    matches!(&item.node.value, super::super::tree::Value::Text(text) if text == "*")
}

fn handled(
    item: &Item<'_>,
    scope: &Scope<'_>,
    endpoints: &mut Vec<usize>,
    operations: &mut Vec<usize>,
) {
    let Some(name) = item.text() else { return };
    match (scope.endpoints.id(name), scope.operations.id(name)) {
        (None, None) => {
            let message =
                format!("`{}` names `{name}`, which is no endpoint or operation", item.path);
            item.fault(
                "E201",
                message,
                suggestion(name, scope.endpoints.iter().chain(scope.operations.iter())),
            );
        }
        (endpoint, operation) => {
            endpoints.extend(endpoint);
            operations.extend(operation);
        }
    }
}

pub(super) fn load_balancers(scope: &Scope<'_>, room: &Room) -> Vec<LoadBalancer> {
    let readers = scope.load_balancers.readers();
    let mut found: Vec<LoadBalancer> = Vec::new();
    for (name, reader) in readers {
        let Some(reader) = reader else { continue };
        let Some(balancer) = load_balancer(name, &reader, scope, room) else { continue };
        if let Some(first) = found.iter().find(|one| one.targets == balancer.targets) {
            second_balancer(&reader, &first.name, scope.services.entries[balancer.targets].0);
        }
        found.push(balancer);
    }
    found
}

/// Instances of a service are chosen in one place.
fn second_balancer(reader: &Reader<'_>, first: &str, service: &str) {
    let Some(item) = reader.get("targets") else { return };
    let message =
        format!("`load_balancers.{first}` spreads the requests of `services.{service}` already");
    item.fault("E207", message, Some("a service has at most one load balancer".to_owned()));
}

fn load_balancer(
    name: &str,
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    room: &Room,
) -> Option<LoadBalancer> {
    let targets = reader.need("targets").and_then(|item| target(&item, scope));
    let instances = targets.map(|id| {
        let (service, _, table) = &scope.services.entries[id];
        let most = room.get(*service).copied().map_or(1, u64::from);
        table.whole_below("instances").unwrap_or(1).max(most)
    });
    Some(LoadBalancer {
        name: name.to_owned(),
        public: reader.flag("public"),
        policy: policy(reader, "policy", "weights", instances),
        price_per_hour: reader.quantity("price"),
        health_check: Some(balancer_check(reader)),
        replace: reader.part("replace").and_then(|part| replace(&part)),
        targets: targets?,
    })
}

/// A service, with or without `services.` before its name.
pub(super) fn target(item: &Item<'_>, scope: &Scope<'_>) -> Option<usize> {
    let text = item.text()?;
    let name = text.strip_prefix("services.").unwrap_or(text);
    let found = scope.services.id(name);
    if found.is_none() {
        let message = format!("`{}` names `{text}`, which is not in [services]", item.path);
        item.fault("E201", message, suggestion(name, scope.services.iter()));
    }
    found
}

/// A balancing policy; `instances` is how many it chooses from, where known.
pub(super) fn policy(
    reader: &Reader<'_>,
    key: &'static str,
    weights: &'static str,
    instances: Option<u64>,
) -> BalancingPolicy {
    let choice = reader.choice(key);
    if reader.has(weights) && choice != Some("weighted") {
        let message = format!("`{weights}` has no meaning unless `{key}` is \"weighted\"");
        reader.context.error("E109", reader.key_origin(weights), message, None);
    }
    match choice {
        Some("weighted") => BalancingPolicy::Weighted(read_weights(reader, weights, instances)),
        Some("random") => BalancingPolicy::Random,
        Some("least-connections") => BalancingPolicy::LeastConnections,
        Some("two-choices") => BalancingPolicy::TwoChoices,
        Some("hash") => BalancingPolicy::Hash,
        _ => BalancingPolicy::RoundRobin,
    }
}

fn read_weights(reader: &Reader<'_>, key: &'static str, instances: Option<u64>) -> Vec<u32> {
    let Some(item) = reader.need(key) else { return Vec::new() };
    let items = item.items().unwrap_or_default();
    let weights: Vec<u64> = items.iter().filter_map(|item| item.whole(0, 1_000_000)).collect();
    if weights.len() == items.len() && weights.iter().sum::<u64>() == 0 {
        item.fault("E105", format!("`{}` must not all be zero", item.path), None);
    }
    if let Some(instances) = instances.filter(|count| *count != items.len() as u64) {
        let message =
            format!("`{}` has {} weights for {instances} instances", item.path, items.len());
        item.fault("E105", message, None);
    }
    weights.into_iter().filter_map(|weight| u32::try_from(weight).ok()).collect()
}

pub(super) fn caches(scope: &Scope<'_>, hosts: &mut Hosts, kind: RunKind) -> Vec<Cache> {
    let readers = scope.caches.readers();
    readers.filter_map(|(name, reader)| Some(cache(name, &reader?, scope, hosts, kind))).collect()
}

fn cache(
    name: &str,
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    hosts: &mut Hosts,
    kind: RunKind,
) -> Cache {
    let (datasets, results) = held(reader, scope);
    let time = |name: &'static str| {
        let found = reader.get(name).and_then(|item| distribution(&item));
        found.unwrap_or(Distribution::Constant(0.0))
    };
    let overhead = reader.get("overhead").and_then(|item| item.bytes());
    let fragmentation = reader.get("fragmentation").and_then(|item| item.number(0.0, 0.99));
    let hit_ratio = reader.get("hit_ratio").and_then(|item| item.number(0.0, 1.0));
    // The simple form keeps no keys and needs no memory.
    let memory = if reader.has("hit_ratio") { reader.get("memory") } else { reader.need("memory") };
    let start = match (reader.choice("start"), kind) {
        (Some("cold"), _) | (None, RunKind::Terminating) => CacheStart::Cold,
        _ => CacheStart::Warm,
    };
    let hosts = place(reader, scope, hosts, instances(reader));
    let cpu = time("cpu");
    check_working(reader, &cpu, hosts.len());
    let modes = modes(reader, scope.regions.entries.len());
    Cache {
        name: name.to_owned(),
        hosts,
        datasets,
        results,
        memory_bytes: memory
            .and_then(|item| item.positive_quantity().and(item.bytes()))
            .unwrap_or(0),
        overhead_bytes: overhead.unwrap_or(0),
        fragmentation: fragmentation.unwrap_or(0.0),
        latency: time("latency"),
        cpu,
        eviction: match reader.choice("eviction") {
            Some("lfu") => Eviction::Lfu,
            Some("fifo") => Eviction::Fifo,
            Some("random") => Eviction::Random,
            Some("sieve") => Eviction::Sieve,
            Some("s3-fifo") => Eviction::S3Fifo,
            Some("arc") => Eviction::Arc,
            _ => Eviction::Lru,
        },
        ttl: reader.positive_duration("ttl"),
        jitter: jitter(reader),
        sliding: reader.flag("sliding"),
        mode: modes.mode,
        on_write: modes.on_write,
        coalesce: modes.coalesce,
        keeps_abroad: modes.keeps_abroad,
        start,
        hit_ratio,
        on_failure: match reader.choice("on_failure") {
            Some("fail") => OnCacheFailure::Fail,
            _ => OnCacheFailure::Bypass,
        },
        timeout: time_or(reader, "timeout", defaults::CACHE_TIMEOUT),
    }
}

/// A spread of the TTL, which there must be.
fn jitter(reader: &Reader<'_>) -> f64 {
    let Some(item) = reader.get("jitter") else { return 0.0 };
    if !reader.has("ttl") {
        let message = format!("`{}` spreads a `ttl`, and there is none", item.path);
        item.fault("E109", message, Some("write such as ttl = \"5 min\"".to_owned()));
    }
    item.number(0.0, 1.0).unwrap_or(0.0)
}

/// Look-ups that take CPU are played on a limited number of instances.
fn check_working(reader: &Reader<'_>, cpu: &Distribution, instances: usize) {
    let most = defaults::MOST_WORKING_CACHES;
    if instances > most && !cpu.is_zero() {
        let message =
            format!("`{}` has {instances} instances and `cpu`; allowed: {most}", reader.path);
        let help = "without `cpu`, a cache may have more".to_owned();
        reader.context.error("E105", reader.key_origin("instances"), message, Some(help));
    }
}

/// Datasets and cacheable results that a cache holds.
fn held(reader: &Reader<'_>, scope: &Scope<'_>) -> (Vec<usize>, Vec<String>) {
    let Some(holds) = reader.need("holds") else { return (Vec::new(), Vec::new()) };
    let results = scope.results();
    if is_all(&holds) {
        return (
            (0..scope.datasets.entries.len()).collect(),
            results.iter().map(|&name| name.to_owned()).collect(),
        );
    }
    let (mut datasets, mut names) = (Vec::new(), Vec::new());
    for item in holds.names() {
        let Some(name) = item.text() else { continue };
        let dataset = scope.datasets.id(name);
        let result = results.contains(&name);
        if dataset.is_none() && !result {
            let message = format!(
                "`{}` names `{name}`, which is no dataset and no cacheable result",
                item.path
            );
            item.fault(
                "E201",
                message,
                suggestion(name, scope.datasets.iter().chain(results.iter().copied())),
            );
        }
        datasets.extend(dataset);
        if result {
            names.push(name.to_owned());
        }
    }
    (datasets, names)
}
