//! Goal: several data centres: users keep their region in every topology, ways
//! are as long as the round-trip matrix says, reads stay near, writes go home,
//! the log travels between regions. Method: constant times and arrivals so rare
//! that nobody waits; response times must be exact to the nanosecond.

mod support;

use highwater::experiment::summary::{Results, Summary};
use highwater::kernel::distribution::Distribution;
use highwater::kernel::time::Duration;
use highwater::scenario::model::{
    Arrivals, ReadFrom, Region, Routing, RoutingPolicy, Scenario, Zone,
};
use support::{component, endpoint_nanos, results, scenario, value};

/// One request a second: a page of 5 ms, a read of 2 ms, a write of 3 ms.
const SITE: &str = r#"
[users]
count = 100_000
rate = "1/s"

[datasets.posts]
items = 1_000
item_size = "1 KB"

[endpoints.page]
share = 1
steps = [{ cpu = "5 ms" }]
[endpoints.read]
share = 1
steps = [{ read = "posts" }]
[endpoints.write]
share = 1
steps = [{ update = "posts" }]

[machines.server]
vcpus = 4

[entry]
to = "services.web"

[network]
client_rtt = "40 ms"
internal_rtt = "1 ms"
handshakes = 2

[services.web]
machine = "server"
instances = 2
public = true
workers = "unbounded"
handles = "*"

[databases.main]
machine = "server"
holds = "*"
replicas = 1
costs = { read = { cpu = "2 ms" }, write = { cpu = "3 ms" } }

[run]
duration = "400 s"
warmup = "0 s"
kind = "terminating"
replications = 1
seed = 5
"#;

fn millis(time: u64) -> Duration {
    Duration::from_nanos(time * 1_000_000)
}

/// The site with regions eu and us, 100 ms apart: web servers and the database
/// stand where they are told to.
fn site(web: [usize; 2], database: [usize; 2]) -> Scenario {
    let mut scenario = scenario(SITE);
    let gap = Distribution::constant(1e9).expect("a gap");
    scenario.workload.users.arrivals = Arrivals::Renewal { gap };
    let region = |name: &str, users, rtt| Region { name: name.to_owned(), users, rtt };
    let topology = &mut scenario.topology;
    topology.regions = vec![
        region("eu", 0.75, vec![Duration::ZERO, millis(100)]),
        region("us", 0.25, vec![millis(100), Duration::ZERO]),
    ];
    let zone = |name: &str, region| Zone { name: name.to_owned(), region: Some(region) };
    topology.zones = vec![zone("eu-a", 0), zone("us-a", 1)];
    topology.routing = Some(Routing { policy: RoutingPolicy::Nearest, health_check: None });
    let hosts = |hosts: &[usize]| hosts.to_vec();
    let services = hosts(&topology.services[0].hosts);
    let databases = hosts(&topology.databases[0].hosts);
    for (host, zone) in services.into_iter().zip(web).chain(databases.into_iter().zip(database)) {
        topology.hosts[host].zone = Some(zone);
    }
    topology.databases[0].read_from = ReadFrom::Nearest;
    scenario
}

/// Response time of an endpoint for the users of a region, nanoseconds.
fn seen_from(summary: &Summary, region: &str, endpoint: &str) -> u64 {
    let (_, result) = summary.regions.iter().find(|(name, _)| name == region).expect("a region");
    let (_, result) =
        result.endpoints.iter().find(|(name, _)| name == endpoint).expect("an endpoint");
    let time = &result.response_time_ms;
    // All alike: the mean is exact where the largest is no larger.
    assert!((time.max.expect("an answer") - value(&time.mean)).abs() < 1e-6, "{region} {endpoint}");
    (value(&time.mean) * 1e6).round() as u64
}

fn offered(summary: &Summary) -> Vec<(String, u64)> {
    let regions = summary.regions.iter();
    regions.map(|(name, region)| (name.clone(), region.requests.offered)).collect()
}

const MS: u64 = 1_000_000;

#[test]
fn users_go_to_the_nearest_region_and_stay_there() {
    let summary = results(&site([0, 1], [0, 1])).summary;
    for (region, write) in [("eu", 1), ("us", 100)] {
        // Two handshakes, there and back; then the way to the database.
        assert_eq!(seen_from(&summary, region, "page"), (120 + 5) * MS, "{region}");
        assert_eq!(seen_from(&summary, region, "read"), (120 + 1 + 2) * MS, "{region}");
        assert_eq!(seen_from(&summary, region, "write"), (120 + write + 3) * MS, "{region}");
    }
}

#[test]
fn who_has_no_data_centre_travels_to_the_nearest() {
    let summary = results(&site([0, 0], [0, 0])).summary;
    assert_eq!(seen_from(&summary, "eu", "page"), (120 + 5) * MS);
    assert_eq!(seen_from(&summary, "us", "page"), (3 * 140 + 5) * MS);
    assert_eq!(seen_from(&summary, "us", "read"), (3 * 140 + 1 + 2) * MS);
    let abroad = site([0, 0], [1, 1]);
    let summary = results(&abroad).summary;
    assert_eq!(seen_from(&summary, "eu", "read"), (120 + 100 + 2) * MS, "the data are abroad");
    let internal = |name: &str| summary.attribution_ms.iter().any(|(part, _)| part == name);
    assert!(internal("network.regions") && !internal("network.internal"));
}

#[test]
fn a_region_is_a_trait_of_the_user() {
    let (near, far) = (results(&site([0, 1], [0, 1])), results(&site([1, 1], [1, 1])));
    assert_eq!(offered(&near.summary), offered(&far.summary));
    let share = offered(&near.summary)[0].1 as f64 / 400.0;
    // Standard deviation 0.022: four of them.
    assert!((share - 0.75).abs() < 0.087, "{share}");
}

#[test]
fn one_region_sums_to_the_whole() {
    let results = results(&site([0, 1], [0, 1]));
    let summary = &results.summary;
    let sum: u64 = summary.regions.iter().map(|(_, region)| region.requests.answered).sum();
    assert_eq!(sum, summary.requests.answered);
    let course = |component: &str| -> f64 {
        let mut series = results.timeseries.series.iter();
        let series =
            series.find(|one| one.component == component && one.figure == "answered_per_s");
        series.expect("a series").values.iter().flatten().sum()
    };
    let parts = course("regions.eu") + course("regions.us");
    assert!((parts / course("users") - 1.0).abs() < 1e-12);
}

#[test]
fn failover_routing_prefers_the_order_of_the_file() {
    let mut standby = site([0, 1], [0, 1]);
    standby.topology.routing =
        Some(Routing { policy: RoutingPolicy::Failover, health_check: None });
    let summary = results(&standby).summary;
    assert_eq!(seen_from(&summary, "us", "page"), (3 * 140 + 5) * MS);
}

#[test]
fn the_log_takes_half_a_round_trip_between_regions() {
    let lag =
        |results: &Results| component(&results.summary, "databases.main", "replication_lag_ms_max");
    assert_eq!(lag(&results(&site([0, 1], [0, 1]))), 50.0);
    assert_eq!(lag(&results(&site([0, 1], [0, 0]))), 0.5);
}

#[test]
fn one_region_alone_changes_nothing() {
    let mut alone = site([0, 0], [0, 0]);
    alone.topology.regions.truncate(1);
    let mut without = alone.clone();
    without.topology.regions.clear();
    let (alone, without) = (results(&alone).summary, results(&without).summary);
    assert_eq!(alone.fingerprint, without.fingerprint);
    assert!(alone.regions.is_empty());
    assert_eq!(endpoint_nanos(&alone, "page"), (120 + 5) * MS);
}

/// Web servers in both regions; a service and a cache stand where they are
/// told to.
const TIERS: &str = r#"
[users]
rate = "1/s"

[datasets.posts]
items = 1
item_size = "1 KB"

[operations.rank]
steps = [{ cpu = "2 ms" }]

[endpoints.read]
share = 1
steps = [{ read = "posts" }]
[endpoints.ranked]
share = 1
steps = [{ call = "rank" }]

[machines.server]
vcpus = 4
memory = "8 GB"

[entry]
to = "services.web"

[network]
client_rtt = "0 ms"
internal_rtt = "1 ms"
handshakes = 0

[regions.eu]
users = 0.5
zones = "eu-a"
rtt = { us = "100 ms" }
[regions.us]
users = 0.5
zones = "us-a"

[services.web]
machine = "server"
instances = 2
zones = ["eu-a", "us-a"]
public = true
workers = "unbounded"
handles = ["read", "ranked"]
[services.app]
machine = "server"
instances = 2
zones = APP
workers = "unbounded"
handles = ["rank"]

[caches.objects]
holds = ["posts"]
machine = "server"
instances = 2
memory = "1 GB"
start = "cold"
latency = "0.5 ms"
zones = CACHE

[databases.main]
machine = "server"
holds = "*"
zones = "us-a"
costs = { read = { cpu = "2 ms" } }

[run]
duration = "400 s"
warmup = "100 s"
kind = "terminating"
replications = 1
seed = 5
"#;

fn tiers(app: &str, cache: &str) -> Summary {
    let mut scenario = scenario(&TIERS.replace("APP", app).replace("CACHE", cache));
    let gap = Distribution::constant(1e9).expect("a gap");
    scenario.workload.users.arrivals = Arrivals::Renewal { gap };
    results(&scenario).summary
}

#[test]
fn calls_stay_in_the_region_of_the_caller_if_they_can() {
    let both = tiers("[\"eu-a\", \"us-a\"]", "[\"eu-a\", \"us-a\"]");
    let one = tiers("\"us-a\"", "[\"eu-a\", \"us-a\"]");
    assert_eq!(seen_from(&both, "eu", "ranked"), 3 * MS);
    assert_eq!(seen_from(&both, "us", "ranked"), 3 * MS);
    assert_eq!(seen_from(&one, "eu", "ranked"), 102 * MS);
    assert_eq!(seen_from(&one, "us", "ranked"), 3 * MS);
}

#[test]
fn each_region_asks_its_own_cache_and_fills_it_by_itself() {
    // After the warm-up the only item is in both pools.
    let both = tiers("\"us-a\"", "[\"eu-a\", \"us-a\"]");
    assert_eq!(seen_from(&both, "eu", "read"), MS * 3 / 2);
    assert_eq!(seen_from(&both, "us", "read"), MS * 3 / 2);
    assert_eq!(component(&both, "caches.objects", "items"), 2.0);
    // A region without nodes asks those of the nearest region.
    let one = tiers("\"us-a\"", "\"us-a\"");
    assert_eq!(seen_from(&one, "eu", "read"), 100 * MS + MS / 2);
    assert_eq!(seen_from(&one, "us", "read"), MS * 3 / 2);
    assert_eq!(component(&one, "caches.objects", "items"), 1.0);
}
