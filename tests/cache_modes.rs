//! Goal: what caches do with misses and writes keeps its books: nothing written
//! is counted twice or not at all, whoever waits for a fetch goes on whatever
//! becomes of it, and other regions learn of a write when the word gets there.
//! Method: small scenarios whose counts are known, or must add up, while nodes,
//! databases and clients give up.

mod support;

use highwater::experiment::summary::Summary;
use support::{component, conserved, scenario, summary};

/// One web server, one cache of two nodes, one database; stations cost nothing
/// unless a test says so.
fn site(users: &str, workload: &str, cache: &str, rest: &str) -> Summary {
    let text = format!(
        r#"
[users]
rate = "200/s"
{users}
[datasets.posts]
items = 50
item_size = "1 kB"
popularity = "uniform"
{workload}
[entry]
to = "services.web"
[machines.m]
vcpus = 64
scheduling = "fifo"
[services.web]
machine = "m"
public = true
workers = "unbounded"
[caches.objects]
holds = "*"
machine = "m"
instances = 2
memory = "10 MB"
start = "cold"
{cache}
[databases.main]
engine = "relational"
holds = ["posts"]
machine = "m"
{rest}
[run]
duration = "30 s"
warmup = "0 s"
kind = "terminating"
seed = 5
replications = 2
"#
    );
    let summary = summary(&scenario(&text));
    conserved(&summary).expect("all requests are accounted for");
    summary
}

const WRITES: &str = "[endpoints.change]\nshare = 100\nsteps = [{ update = \"posts\", keys = 3 }]";
const BEHIND: &str = "mode = { write-behind = { delay = \"400 ms\" } }";

fn of_cache(summary: &Summary, figure: &str) -> f64 {
    component(summary, "caches.objects", figure)
}

fn failed(summary: &Summary) -> u64 {
    summary.requests.failed.iter().map(|(_, count)| count).sum()
}

/// What was written was taken along, flushed, lost, or waits.
fn books_balance(summary: &Summary) {
    let of = |figure: &str| of_cache(summary, figure);
    let ends = of("writes_absorbed") + of("writes_flushed") + of("writes_lost");
    // A mean over two replications, and totals.
    let open = 2.0 * of("unflushed");
    assert_eq!(of("writes_buffered"), ends + open, "open: {open}");
}

#[test]
fn write_behind_keeps_its_books() {
    let calm = site("", WRITES, BEHIND, "");
    books_balance(&calm);
    assert_eq!(of_cache(&calm, "writes_lost"), 0.0);
    assert!(of_cache(&calm, "writes_absorbed") > 0.0);
    // Nobody waits for the database, to which far fewer writes come.
    let commits = component(&calm, "databases.main", "writes_committed");
    assert!(commits > 0.0 && commits < of_cache(&calm, "writes_buffered") / 3.0);
}

#[test]
fn a_dying_node_loses_what_it_had_not_flushed() {
    let death = "[events.death]\nat = \"10.1 s\"\nkill = \"caches.objects.0\"\nfor = \"5 s\"";
    let struck = site("", WRITES, BEHIND, death);
    books_balance(&struck);
    let lost = of_cache(&struck, "writes_lost");
    // About half of the 50 keys wait at that node, in each replication.
    assert!((10.0..=100.0).contains(&lost), "{lost} lost");
    // Meanwhile its keys are written to the database at once.
    let calm = site("", WRITES, BEHIND, "");
    let commits = |summary| component(summary, "databases.main", "writes_committed");
    assert!(commits(&struck) > commits(&calm));
}

#[test]
fn a_flush_that_fails_is_tried_again() {
    let death = "[events.death]\nat = \"10 s\"\nkill = \"databases.main.primary\"\nfor = \"5 s\"";
    let struck = site("", WRITES, BEHIND, death);
    books_balance(&struck);
    assert!(of_cache(&struck, "flushes_failed") > 0.0);
    assert_eq!(of_cache(&struck, "writes_lost"), 0.0);
    assert_eq!(failed(&struck), 0, "writes go on without the primary");
}

const BOTH: &str = "[endpoints.change]\nshare = 20\nsteps = [{ update = \"posts\", keys = 2 }]\n\
     [endpoints.look]\nshare = 80\nsteps = [{ read = \"posts\", keys = 3 }]";
const COSTS: &str =
    "[databases.main.costs]\nwrite = { cpu = \"20 ms\" }\nread = { cpu = \"1 ms\" }";

#[test]
fn what_is_written_through_is_hit() {
    let through = site("", BOTH, "mode = \"write-through\"", COSTS);
    let told = site("", BOTH, "mode = \"read-through\"", COSTS);
    let around = site("", BOTH, "mode = \"write-around\"", COSTS);
    let hits = |summary| of_cache(summary, "hit_ratio");
    assert!(hits(&through) > 0.98 && hits(&through) > hits(&told) + 0.02);
    // Without a TTL, what a write does not touch is stale for good.
    let stale = |summary| of_cache(summary, "stale_hit_ratio");
    assert!(stale(&around) > 0.9, "{}", stale(&around));
    assert!(stale(&through) < 0.01 && stale(&told) < 0.01);
}

const FETCH: &str = "[endpoints.page]\nshare = 60\n\
     cacheable = { as = \"page\", keys = \"everyone\", size = \"1 kB\" }\n\
     steps = [{ wait = { exponential = \"100 ms\" } }, { read = \"posts\", keys = 4 }]\n\
     [endpoints.look]\nshare = 40\nsteps = [{ read = \"posts\", keys = 5 }]";

#[test]
fn whoever_waits_for_a_fetch_goes_on_whatever_becomes_of_it() {
    // Clients give up and cancel, the fetching server dies, a node dies.
    let users = "[clients.app]\nshare = 1\ntimeout = \"120 ms\"\ncancels = true\n\
         retries = { attempts = 3, backoff = \"10 ms\" }";
    let events = "replicas = 1\n[databases.main.costs]\nread = { cpu = { exponential = \"30 ms\" } }\n\
         [events.web]\nat = \"8 s\"\nkill = \"services.web.0\"\nfor = \"2 s\"\n\
         [events.node]\nat = \"14 s\"\nkill = \"caches.objects.1\"\nfor = \"2 s\"\n\
         [events.hang]\nat = \"20 s\"\nhang = \"databases.main.replica\"\nfor = \"2 s\"";
    let cache = "ttl = \"500 ms\"\ncoalesce = true";
    let shared = site(users, FETCH, cache, events);
    assert!(of_cache(&shared, "delayed_hits") > 1_000.0);
    // Who is left waiting for ever would be in flight at the end.
    assert!(failed(&shared) > 0);
    assert_eq!(shared.requests.in_flight, 0);
    let cold = site("", FETCH, cache, "");
    assert_eq!(failed(&cold), 0);
}

/// Two regions with a node each, 100 ms apart; the database is in us.
const REGIONS: &str = r#"
[users]
rate = "100/s"
[datasets.posts]
items = 5
item_size = "1 kB"
popularity = "uniform"
[endpoints.look]
share = 90
steps = [{ read = "posts" }]
[endpoints.change]
share = 10
steps = [{ update = "posts" }]
[machines.m]
vcpus = 4
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
machine = "m"
instances = 2
zones = ["eu-a", "us-a"]
public = true
workers = "unbounded"
[caches.objects]
holds = ["posts"]
machine = "m"
instances = 2
memory = "1 GB"
start = "cold"
zones = ["eu-a", "us-a"]
CACHE
[databases.main]
machine = "m"
holds = "*"
zones = "us-a"
[run]
duration = "60 s"
warmup = "5 s"
kind = "terminating"
replications = 2
seed = 5
"#;

#[test]
fn other_regions_learn_of_a_write_when_the_word_is_there() {
    let play = |cache: &str| summary(&scenario(&REGIONS.replace("CACHE", cache)));
    let told = play("");
    let kept = play("other_regions = \"keep\"");
    let stale = |summary| of_cache(summary, "stale_hits");
    assert!(stale(&told) > 100.0 && stale(&kept) > 2.0 * stale(&told));
    // Back to the writer, and then abroad: half a round trip each, and a few
    // ways within a region.
    let longest = of_cache(&told, "stale_age_ms_max");
    assert!((95.0..=103.0).contains(&longest), "{longest} ms");
    let through = play("mode = \"write-through\"");
    assert!(stale(&through) > 0.0);
    assert!(of_cache(&through, "hit_ratio") > of_cache(&told, "hit_ratio"));
}
