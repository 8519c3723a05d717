//! Goal: a leaderless database does what its n, r and w say, when all is well
//! and when holders die; and what a store cannot do, the application does.
//! Method: small scenarios whose figures are known by hand.

mod support;

use highwater::experiment::summary::Summary;
use support::{component, scenario, summary};

/// A database with these lines, and further tables.
fn text(database: &str, more: &str) -> String {
    format!(
        r#"
[users]
interarrival = "10 ms"
[datasets.items]
items = 10
item_size = "1 KB"
popularity = "uniform"
[entry]
to = "services.web"
[machines.m]
vcpus = 64
[network]
give_up_after = "200 ms"
[services.web]
machine = "m"
public = true
handles = "*"
[databases.main]
engine = "key-value"
machine = "m"
{database}
[run]
duration = "20 s"
warmup = "0 s"
replications = 1
{more}
"#
    )
}

/// Three instances that hold everything.
fn played(more: &str) -> Summary {
    summary(&scenario(&text("replicas = 2", more)))
}

fn figure(summary: &Summary, name: &str) -> f64 {
    component(summary, "databases.main", name)
}

const READ_WRITE: &str = r#"
[endpoints.read]
share = 50
steps = [{ read = "items" }]
[endpoints.write]
share = 50
steps = [{ update = "items" }]
"#;

fn quorum(r: u32, w: u32, more: &str) -> String {
    format!(
        r#"{READ_WRITE}
[databases.main.costs]
read = {{ cpu = {{ exponential = "5 ms" }} }}
write = {{ cpu = {{ exponential = "50 ms" }} }}
apply = {{ cpu = "1 ms" }}
[databases.main.replication]
topology = {{ quorum = {{ n = 3, r = {r}, w = {w} }} }}
{more}"#
    )
}

#[test]
fn reads_and_writes_that_overlap_see_everything() {
    for (r, w) in [(2, 2), (1, 3), (3, 1)] {
        let summary = played(&quorum(r, w, ""));
        assert_eq!(figure(&summary, "stale_reads"), 0.0, "r = {r}, w = {w}");
        assert!(figure(&summary, "reads") > 500.0);
    }
    let summary = played(&quorum(1, 1, ""));
    assert!(figure(&summary, "stale_reads") > 20.0, "one and one do not overlap in three");
    assert!(figure(&summary, "read_repairs") > 20.0, "what a read finds missing is brought");
}

/// Instance 2 is away from 5 s to 12 s, and known to be from 6 s on.
const ONE_DIES: &str = r#"
[databases.main.failover]
heartbeat = "1 s"
misses = 2
[events.dies]
at = "5 s"
for = "7 s"
kill = "databases.main.2"
"#;

#[test]
fn one_of_three_may_die_and_gets_what_it_missed() {
    let summary = played(&quorum(2, 2, ONE_DIES));
    // Only who asked the dead one to coordinate fails, until that is noticed.
    let failed = &summary.requests.failed;
    let causes: Vec<&str> = failed.iter().map(|(cause, _)| cause.as_str()).collect();
    assert!(causes.iter().all(|cause| ["refused", "lost"].contains(cause)), "{causes:?}");
    let kept = figure(&summary, "hints_kept");
    // 50 writes a second for seven seconds, less those that it coordinated.
    assert!((250.0..=360.0).contains(&kept), "{kept}");
    assert_eq!(figure(&summary, "hints_delivered"), kept);
    assert_eq!(figure(&summary, "hints_waiting"), 0.0);
    assert_eq!(figure(&summary, "stale_reads"), 0.0);
    assert_eq!(figure(&summary, "writes_lost"), 0.0);
}

#[test]
fn too_few_holders_answer_for_nothing() {
    let events = ONE_DIES.to_owned()
        + "[events.another]\nat = \"5 s\"\nfor = \"7 s\"\nkill = \"databases.main.1\"\n";
    let summary = played(&quorum(2, 2, &events));
    let of = |name: &str| {
        let found = summary.requests.failed.iter().find(|(cause, _)| cause == name);
        found.map_or(0, |(_, count)| *count)
    };
    // From 6 s on every request finds one holder; before, one of three
    // coordinators.
    assert!(of("no_quorum") > 480, "{:?}", summary.requests.failed);
    assert!((600..=720).contains(&(of("no_quorum") + of("refused") + of("lost"))));
    let lax = played(&quorum(1, 1, &events));
    assert!(lax.requests.failed.iter().all(|(cause, _)| cause != "no_quorum"), "one is enough");
}

#[test]
fn consistency_says_how_many_must_answer() {
    let steps = r#"
[endpoints.one]
share = 25
consistency = "one"
steps = [{ read = "items" }]
[endpoints.quorum]
share = 25
steps = [{ read = "items", consistency = "quorum" }]
[endpoints.all]
share = 25
steps = [{ read = "items", consistency = "all" }]
[endpoints.own]
share = 25
steps = [{ read = "items", read_your_writes = true }]
[databases.main.costs]
read = { cpu = { exponential = "10 ms" } }
[databases.main.replication]
topology = { quorum = { n = 5, r = 5, w = 3 } }
"#;
    let summary = summary(&scenario(&text("replicas = 4\nconsistency = \"one\"", steps)));
    let mean = |name: &str| {
        let (_, endpoint) = summary.endpoints.iter().find(|(own, _)| own == name).expect("there");
        endpoint.response_time_ms.mean.value.expect("a mean")
    };
    // Order statistics of five: 2, 7.8 and 22.8 ms; own writes need 5 − 3 + 1.
    for (name, exact) in [("one", 2.0), ("quorum", 7.833), ("all", 22.833), ("own", 7.833)] {
        assert!((mean(name) / exact - 1.0).abs() < 0.15, "{name}: {} for {exact}", mean(name));
    }
}

/// Mean response of one endpoint with these steps on an engine.
fn mean_ms(engine: &str, steps: &str, database: &str) -> f64 {
    let text = text(
        database,
        &format!(
            r#"
[endpoints.page]
steps = [{steps}]
[databases.main.costs]
read = {{ cpu = "1 ms", cpu_per_row = "0.1 ms" }}
scan = {{ cpu = "2 ms", cpu_per_row = "0.01 ms" }}
range = {{ cpu = "3 ms", cpu_per_row = "0.01 ms" }}
join = {{ cpu = "4 ms", cpu_per_row = "0.01 ms" }}
traverse = {{ cpu = "5 ms", cpu_per_row = "0.01 ms" }}
"#
        ),
    );
    let summary = summary(&scenario(&text.replace("\"key-value\"", &format!("{engine:?}"))));
    summary.response_time_ms.mean.value.expect("a mean")
}

#[test]
fn what_a_store_cannot_do_the_application_does() {
    let scan = "{ scan = \"items\", rows = 100 }";
    let range = "{ range = \"items\", rows = 100 }";
    let join = "{ join = \"items\", rows = 20 }";
    let traverse = "{ traverse = \"items\", hops = 2, fan_out = 4 }";
    let (turn, eight) = ("", "row_reads = \"concurrent\"\nparallel_reads = 8\n");
    let batched = "row_reads = \"batched\"\n";
    for (engine, steps, more, exact) in [
        ("relational", scan, turn, 3.0),
        ("relational", range, turn, 4.0),
        ("relational", join, turn, 4.2),
        // A join for each hop, of 4 and 16 rows.
        ("relational", traverse, turn, 8.2),
        ("graph", join, turn, 4.2),
        ("graph", traverse, turn, 5.2),
        ("document", range, turn, 4.0),
        // A range for the left rows, then a read for each.
        ("document", join, turn, 3.2 + 20.0),
        ("column", join, turn, 3.2 + 20.0),
        ("column", traverse, turn, 1.0 + 4.0 + 16.0),
        ("key-value", scan, turn, 101.0),
        ("key-value", range, turn, 101.0),
        ("key-value", join, turn, 21.0),
        // Twenty reads, eight at a time, on more vCPUs than that.
        ("key-value", join, eight, 1.0 + 3.0),
        ("key-value", traverse, eight, 1.0 + 1.0 + 2.0),
        // 64 keys, then 36: a first and 63, a first and 35.
        ("key-value", range, batched, 1.0 + 7.3 + 4.5),
        ("key-value", join, batched, 1.0 + 2.9),
    ] {
        let mean = mean_ms(engine, steps, more);
        assert!((mean - exact).abs() < 1e-3, "{engine} {steps} {more}: {mean} for {exact}");
    }
}

#[test]
fn the_same_users_meet_a_store_that_can_and_one_that_cannot() {
    let steps = "{ join = \"items\", rows = 20 }, { cpu = { exponential = \"5 ms\" } }";
    // The work after the join is drawn alike: the difference is that of the joins.
    let gap = mean_ms("key-value", steps, "") - mean_ms("relational", steps, "");
    assert!((gap - (21.0 - 4.2)).abs() < 1e-3, "{gap}");
}

#[test]
fn typical_costs_are_those_of_the_engine_unless_given() {
    let costs = |engine: &str, more: &str| {
        let more = format!("[endpoints.page]\nsteps = [{{ read = \"items\" }}]\n{more}");
        let text = text("", &more).replace("\"key-value\"", &format!("{engine:?}"));
        scenario(&text).topology.databases[0].costs.clone()
    };
    let typical = "[databases.main.costs]\ntypical = true\nread = { cpu = \"7 ms\" }\n";
    let (graph, key_value) = (costs("graph", typical), costs("key-value", typical));
    assert_eq!(graph.read.cpu.mean(), 7e6);
    assert!(graph.write.cpu.mean() > key_value.write.cpu.mean());
    assert!(costs("graph", "").write.cpu.is_zero(), "what is not given costs nothing");
}
