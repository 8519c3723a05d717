//! Goal: data on shards are asked where they lie, by as many as must be, and
//! are found there after they have moved. Method: small scenarios of constant
//! costs, beside numbers worked out by hand.

mod support;

use highwater::experiment::figure_path::figure;
use highwater::experiment::summary::Summary;
use highwater::kernel::math::pow;
use highwater::scenario::explain::explain;
use support::{component, conserved, endpoint_nanos, results, scenario, shipped, value};

/// One endpoint with these steps, and a database cut as said.
fn played(steps: &str, database: &str, more: &str) -> Summary {
    let summary = results(&scenario(&text(steps, database, more))).summary;
    conserved(&summary).expect("nothing is lost");
    summary
}

fn text(steps: &str, database: &str, more: &str) -> String {
    format!(
        r#"
[users]
rate = "100/s"
[datasets.posts]
items = 10_000
item_size = "10 kB"
popularity = {{ zipf = 0.9 }}
keys = {{ user = {{ items = 100, zipf = 1.2 }} }}
[endpoints.page]
share = 1
steps = [{steps}]
[machines.m]
vcpus = 64
disk = {{ bandwidth = "100 MB/s" }}
[entry]
to = "services.web"
[services.web]
machine = "m"
public = true
handles = "*"
workers = "unbounded"
[databases.main]
machine = "m"
{database}
[databases.main.costs]
read = {{ cpu = "1 ms", cpu_per_row = "0.1 ms" }}
write = {{ cpu = "2 ms", cpu_per_row = "0.1 ms" }}
scan = {{ cpu_per_row = "0.1 ms" }}
{more}
[run]
duration = "20 s"
warmup = "0 s"
replications = 2
"#
    )
}

const FOUR: &str = "[databases.main.shards]\ncount = 4";

/// A figure of each of so many shards.
fn of_shards(summary: &Summary, count: usize, name: &str) -> Vec<f64> {
    (0..count)
        .map(|shard| component(summary, &format!("databases.main.shard-{shard}"), name))
        .collect()
}

#[test]
fn one_key_on_one_shard_costs_what_it_costs_whole() {
    for step in [r#"{ read = "posts" }"#, r#"{ update = "posts" }"#] {
        let (whole, cut) = (played(step, "", ""), played(step, FOUR, ""));
        assert_eq!(endpoint_nanos(&whole, "page"), endpoint_nanos(&cut, "page"), "{step}");
    }
    let step = r#"{ read = "posts" }"#;
    let reads = of_shards(&played(step, FOUR, ""), 4, "reads");
    let all = component(&played(step, "", ""), "databases.main", "reads");
    assert_eq!(reads.iter().sum::<f64>(), all);
    assert!(reads.iter().all(|&reads| reads > 0.15 * all), "{reads:?}");
}

#[test]
fn several_keys_are_read_side_by_side_where_they_lie() {
    let step = r#"{ read = "posts", keys = 10 }"#;
    let (whole, cut) = (played(step, "", ""), played(step, FOUR, ""));
    // Ten keys are nine beyond the first; on four shards the slowest has some
    // three of them, and never none.
    assert_eq!(endpoint_nanos(&whole, "page"), 1_900_000);
    let slowest = endpoint_nanos(&cut, "page");
    assert!((1_150_000..1_600_000).contains(&slowest), "{slowest}");
    let reads: f64 = of_shards(&cut, 4, "reads").iter().sum();
    let asked = reads / component(&whole, "databases.main", "reads");
    // Each shard is left out by ten keys with a chance of 0.75^10, and a
    // popular key more: 4 · (1 − 0.056) = 3.77 at most.
    assert!((3.3..3.9).contains(&asked), "{asked}");
}

#[test]
fn several_keys_are_written_by_each_shard_for_itself() {
    let step = r#"{ insert = "posts", keys = 50 }"#;
    let (whole, cut) = (played(step, "", ""), played(step, FOUR, ""));
    let commits = component(&whole, "databases.main", "writes_committed");
    // Fifty new keys miss one of four shards with a chance of 6e-7.
    // Those under way when the run ends are a few.
    let each = of_shards(&cut, 4, "writes_committed");
    assert!(each.iter().all(|own| (own - commits).abs() <= 4.0), "{commits}: {each:?}");
    assert_eq!(endpoint_nanos(&whole, "page"), 6_900_000);
    assert!(endpoint_nanos(&cut, "page") < 4_700_000);
}

#[test]
fn a_scan_asks_all_shards_unless_neighbours_lie_together() {
    let step = r#"{ scan = "posts", rows = 40 }"#;
    let hashed = played(step, FOUR, "");
    assert_eq!(endpoint_nanos(&hashed, "page"), 1_000_000);
    let reads = of_shards(&hashed, 4, "reads");
    assert!(reads.iter().all(|&own| own == reads[0] && own > 0.0), "{reads:?}");
    let range = played(step, &format!("{FOUR}\nby = \"range\""), "");
    assert_eq!(endpoint_nanos(&range, "page"), 4_000_000);
    let reads_of_range: f64 = of_shards(&range, 4, "reads").iter().sum();
    assert_eq!(reads_of_range, reads[0]);
}

#[test]
fn an_owner_is_found_on_one_shard_or_has_one_alone() {
    let step = r#"{ insert = "posts" }"#;
    let by_owner = format!("{FOUR}\nkey = \"posts.user\"");
    let commits = of_shards(&played(step, &by_owner, ""), 4, "writes_committed");
    let all: f64 = commits.iter().sum();
    // Zipf 1.2 over 100 owners: the first has 27.8 % by the exact sum.
    let first = 1.0 / (1..=100).map(|rank| pow(f64::from(rank), -1.2)).sum::<f64>();
    assert!(commits.iter().any(|own| own / all > first), "{commits:?}");
    let alone = played(step, &format!("{by_owner}\ndedicated = 1"), "");
    let commits = of_shards(&alone, 4, "writes_committed");
    // About 4,000 inserts in all: five standard deviations are 3.5 %.
    assert!((commits[0] / all - first).abs() < 0.036, "{commits:?}");
    // Spread over all four, everybody writes as much as the others of the first.
    let split = format!("{by_owner}\nsplit = {{ hottest = 100, over = 4 }}");
    let commits = of_shards(&played(step, &split, ""), 4, "writes_committed");
    assert!(commits.iter().all(|own| (own / all - 0.25).abs() < 0.036), "{commits:?}");
    let reads = played(r#"{ read = "posts" }"#, &split, "");
    let reads = of_shards(&reads, 4, "reads");
    assert!(reads.iter().all(|&own| own == reads[0]), "all are asked: {reads:?}");
}

const GROW: &str = r#"
[events.grow]
at = "2 s"
reshard = "databases.main"
shards = 8
rate = "10 MB/s"
"#;

fn grown(summary: &Summary, name: &str) -> f64 {
    value(&figure(summary, &format!("incidents.databases.main.reshard.{name}")).expect(name))
}

#[test]
fn data_move_under_load_and_are_asked_where_they_are() {
    let step = r#"{ read = "posts" }, { update = "posts" }"#;
    let moving = format!("{FOUR}\nby = \"consistent-hash\"");
    let summary = played(step, &moving, GROW);
    // Half of 100 MB goes to the new shards, 10 MB a second.
    let moved = grown(&summary, "moved_bytes");
    assert!((moved / 50e6 - 1.0).abs() < 0.05, "{moved}");
    assert_eq!(grown(&summary, "moved_share"), 1.0);
    let time = grown(&summary, "duration_s");
    assert!((time / (moved / 10e6) - 1.0).abs() < 0.05, "{time}");
    let reads = of_shards(&summary, 8, "reads");
    let (old, new) = reads.split_at(4);
    let (old, new) = (old.iter().sum::<f64>(), new.iter().sum::<f64>());
    // From 2 s to 7 s evenly, then half of all: 15.5 s of 20 · ½ = 39 %.
    assert!((new / (old + new) - 0.39).abs() < 0.04, "{old} {new}");
    assert_eq!(old + new, component(&played(step, "", ""), "databases.main", "reads"));
}

#[test]
fn one_shard_more_moves_nearly_all_by_modulo() {
    let to_five = GROW.replace("shards = 8", "shards = 5").replace("10 MB/s", "50 MB/s");
    let step = r#"{ read = "posts" }"#;
    let moved = |by: &str| {
        let summary = played(step, &format!("{FOUR}\nby = \"{by}\""), &to_five);
        grown(&summary, "moved_bytes") / 100e6
    };
    assert!((moved("consistent-hash") - 0.2).abs() < 0.02);
    assert!((moved("hash") - 0.8).abs() < 0.02);
}

#[test]
fn a_death_at_a_source_delays_the_move_and_no_more() {
    let database = format!("replicas = 1\n{FOUR}\n[databases.main.failover]\npromotion = \"1 s\"");
    let death =
        format!("{GROW}[events.death]\nat = \"4 s\"\nkill = \"databases.main.shard-1.primary\"\n");
    let summary = played(r#"{ update = "posts" }"#, &database, &death);
    assert_eq!(grown(&summary, "moved_share"), 1.0);
    let calm = played(r#"{ update = "posts" }"#, &database, GROW);
    assert!(grown(&summary, "duration_s") > grown(&calm, "duration_s") + 2.0);
    assert!(summary.requests.failed.iter().map(|(_, count)| count).sum::<u64>() > 0);
    // One shard of four is away: no more than some of its keys fail.
    assert!(value(&summary.availability) > 0.9, "{:?}", summary.availability);
}

#[test]
fn the_name_of_a_sharded_database_stands_for_all_its_shards() {
    let death = "[events.death]\nat = \"10 s\"\nkill = \"databases.main\"\n";
    let all = played(r#"{ read = "posts" }"#, FOUR, death);
    let one = played(r#"{ read = "posts" }"#, FOUR, &death.replace("main", "main.shard-2"));
    assert!((value(&all.availability) - 0.5).abs() < 0.05);
    let lost = of_shards(&played(r#"{ read = "posts" }"#, FOUR, ""), 4, "reads");
    let share = lost[2] / lost.iter().sum::<f64>();
    assert!((value(&one.availability) - (1.0 - share / 2.0)).abs() < 0.03);
}

#[test]
fn what_a_cache_misses_is_read_from_shards_and_stored() {
    let cache = "[caches.c]\nmachine = \"m\"\nholds = [\"posts\"]\nmemory = \"1 GB\"\nlatency = \"0 ms\"\nstart = \"cold\"\n";
    for mode in ["read-through", "cache-aside"] {
        let cache = format!("{cache}mode = \"{mode}\"\n");
        let step = r#"{ read = "posts", keys = 10 }"#;
        let (whole, cut) = (played(step, "", &cache), played(step, FOUR, &cache));
        // The same keys are asked for, and each is stored once it was read.
        let items = |summary: &Summary| component(summary, "caches.c", "items");
        assert_eq!(items(&whole), items(&cut), "{mode}");
        let hits = |summary: &Summary| component(summary, "caches.c", "hit_ratio");
        assert!((hits(&whole) - hits(&cut)).abs() < 0.002, "{mode}");
    }
}

#[test]
fn the_explanation_shows_one_way_for_all_shards() {
    let shown = explain(&shipped("14-sharding.toml", &[])).expect("it can be played");
    for piece in ["locate", "scatter", "8 shards of databases.main", "databases.main.shard-7.cpu"] {
        assert!(shown.contains(piece), "{piece} is missing");
    }
    let programs = shown.split("\nbounds").next().expect("the programs");
    let ways = programs.split("timeline (browser)").nth(1).expect("the programs");
    assert!(!ways.split("log of").next().expect("ways").contains("main.shard-1."));
}
