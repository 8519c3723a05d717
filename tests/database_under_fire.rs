//! Goal: whatever happens to the members of a database, of every topology and
//! mode, no request is lost without a cause, no law breaks, and nothing hangs
//! for good. Method: random databases under random events and failures by
//! chance; every run audits itself, and is played twice.

mod support;

use proptest::prelude::*;
use support::{component, conserved, scenario, summary};

#[derive(Clone, Debug)]
struct Choices {
    replicas: u32,
    topology: &'static str,
    mode: &'static str,
    read_from: &'static str,
    apply: bool,
    lag: bool,
    connections: Option<u32>,
    failover: Option<Failover>,
    chance: Option<&'static str>,
    rate: u32,
    seed: u32,
}

#[derive(Clone, Debug)]
struct Failover {
    misses: u32,
    promotion_ms: u32,
    waits: bool,
    fencing: bool,
    recovers: bool,
    new_replica: bool,
}

/// Something that goes wrong: what, whom it strikes, when and for how long.
type Trouble = (&'static str, usize, u32, Option<u32>);

const EVENTS: [&str; 9] =
    ["kill", "silence", "restart", "hang", "slow", "partition", "cut", "slow_link", "lose"];

fn choices() -> impl Strategy<Value = Choices> {
    let topology =
        prop::sample::select(vec!["primary", "primary", "multi-primary", "ring", "quorum"]);
    let mode = prop::sample::select(vec![
        "\"asynchronous\"",
        "{ semi-synchronous = 1 }",
        "{ semi-synchronous = 2 }",
        "\"synchronous\"",
    ]);
    let read_from = prop::sample::select(vec!["primary", "replicas", "any"]);
    let failover = (1..4u32, 0..800u32, any::<[bool; 4]>()).prop_map(|(misses, ms, flags)| {
        let [waits, fencing, recovers, new_replica] = flags;
        Failover { misses, promotion_ms: ms, waits, fencing, recovers, new_replica }
    });
    let chance = prop::option::of(prop::sample::select(vec!["refuse", "silence", "hang"]));
    let details = (any::<bool>(), any::<bool>(), prop::option::of(1..6u32));
    let database = (2..4u32, topology, mode, read_from, prop::option::weighted(0.8, failover));
    (database, details, chance, 20..300u32, any::<u32>()).prop_map(
        |((replicas, topology, mode, read_from, failover), details, chance, rate, seed)| Choices {
            replicas,
            topology,
            mode,
            read_from,
            apply: details.0,
            lag: details.1,
            connections: details.2,
            failover,
            chance,
            rate,
            seed,
        },
    )
}

fn troubles() -> impl Strategy<Value = Vec<Trouble>> {
    let lasts = prop::option::weighted(0.8, 10..2_500u32);
    let one = (prop::sample::select(EVENTS.to_vec()), 0..100usize, 100..5_000u32, lasts);
    prop::collection::vec(one, 1..7)
}

fn event(number: usize, &(what, whom, at_ms, lasts): &Trouble) -> String {
    let targets = [
        "databases.main.primary",
        "databases.main.replica",
        "databases.main.0",
        "databases.main.1",
        "databases.main.2",
        "databases.main",
        "zones.a",
    ];
    let target = targets[whom % if what == "slow" { 6 } else { 7 }];
    let (one, other) = [
        ("databases.main.0", "databases.main"),
        ("databases.main.1", "databases.main.2"),
        ("services.web", "databases.main.0"),
    ][whom % 3];
    let action = match what {
        "silence" => format!("kill = \"{target}\"\nhow = \"silence\""),
        "slow" => format!("slow = \"{target}\"\nspeed = 0.3"),
        "cut" => format!("cut = [\"{one}\", \"{other}\"]"),
        "slow_link" => format!("slow_link = [\"{one}\", \"{other}\"]\nadd = \"40 ms\""),
        "lose" => format!("{} = \"zones.a\"", if whom % 2 == 0 { "destroy" } else { "lose" }),
        other => format!("{other} = \"{target}\""),
    };
    let lasts = match lasts {
        Some(ms) if what != "restart" => format!("for = \"{ms} ms\"\n"),
        _ => String::new(),
    };
    format!("[events.e{number}]\nat = \"{at_ms} ms\"\n{action}\n{lasts}")
}

fn text(choices: &Choices, troubles: &[Trouble]) -> String {
    let one_primary = choices.topology == "primary";
    let mode = if one_primary { choices.mode } else { "\"asynchronous\"" };
    let leaderless = choices.topology == "quorum";
    // Any of the instances coordinates; one or two of three answer.
    let (topology, read_from) = match leaderless {
        true => {
            let answers = 1 + u32::from(choices.lag);
            (format!("{{ quorum = {{ n = 3, r = {answers}, w = {answers} }} }}"), "any")
        }
        false => (format!("\"{}\"", choices.topology), choices.read_from),
    };
    let lag = if choices.lag && !leaderless { "{ exponential = \"30 ms\" }" } else { "\"0 ms\"" };
    let lag = match leaderless {
        true => String::new(),
        false => format!("extra_lag = {lag}"),
    };
    let apply = if choices.apply { "apply = { cpu = \"2 ms\", disk_writes = 1 }" } else { "" };
    let connections =
        choices.connections.map_or(String::new(), |count| format!("connections = {count}\n"));
    let failover = choices.failover.as_ref().filter(|_| one_primary).map_or(String::new(), |own| {
        format!(
            "[databases.main.failover]\nheartbeat = \"100 ms\"\nmisses = {}\n\
             promotion = \"{} ms\"\nwrites_meanwhile = \"{}\"\nfencing = {}\n{}{}",
            own.misses,
            own.promotion_ms,
            if own.waits { "wait" } else { "fail" },
            own.fencing,
            if own.recovers { "recovery = { rate = \"20 KB/s\" }\n" } else { "" },
            if own.new_replica {
                "new_replica = { after = \"200 ms\", copy = \"1 MB/s\" }\n"
            } else {
                ""
            },
        )
    });
    let chance = choices.chance.map_or(String::new(), |effect| {
        format!(
            "[failures.main]\nof = \"databases.main\"\neffect = \"{effect}\"\ncrews = 1\n\
             mtbf = {{ exponential = \"2 s\" }}\nmttr = {{ exponential = \"400 ms\" }}\n"
        )
    });
    let mut events: String =
        troubles.iter().enumerate().map(|(number, trouble)| event(number, trouble)).collect();
    if !one_primary {
        events = events.replace("main.primary", "main.0").replace("main.replica", "main.1");
    }
    format!(
        r#"
[users]
rate = "{}/s"
[clients.browser]
share = 1
timeout = "2 s"
retries = {{ attempts = 2, backoff = "20 ms" }}
[datasets.posts]
items = 200
item_size = "1 KB"
[endpoints.read]
share = 3
steps = [{{ cpu = {{ exponential = "1 ms" }} }}, {{ read = "posts", keys = 3 }}]
[endpoints.write]
share = 2
steps = [{{ parallel = [[{{ update = "posts", keys = 2 }}], [{{ insert = "posts" }}, {{ read = "posts", read_your_writes = true }}]] }}]
[network]
internal_rtt = "1 ms"
give_up_after = "150 ms"
[machines.m]
vcpus = 2
disk = {{ iops = 3000, bandwidth = "20 MB/s" }}
[entry]
to = "services.web"
[services.web]
machine = "m"
instances = 2
public = true
handles = "*"
[databases.main]
machine = "m"
zones = ["a", "b"]
replicas = {}
read_from = "{read_from}"
{connections}
[databases.main.costs]
read = {{ cpu = {{ exponential = "1 ms" }}, disk_reads = 1 }}
write = {{ cpu = {{ exponential = "2 ms" }}, disk_writes = 1 }}
{apply}
[databases.main.replication]
topology = {topology}
mode = {mode}
{lag}
{failover}
{chance}
{events}
[run]
duration = "7 s"
warmup = "0 s"
seed = {}
replications = 1
"#,
        choices.rate, choices.replicas, choices.seed,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn databases_survive(choices in choices(), troubles in troubles()) {
        let scenario = scenario(&text(&choices, &troubles));
        let played = summary(&scenario);
        conserved(&played)?;
        let lost = component(&played, "databases.main", "writes_lost");
        let recovered = component(&played, "databases.main", "writes_recovered");
        prop_assert!(recovered <= lost || choices.failover.as_ref().is_some_and(|own| !own.fencing)
            || choices.mode != "\"asynchronous\"", "{} of {} brought back", recovered, lost);
        // Incidents count from the start of the run, of which all is measured.
        let of_incidents = played.incidents.iter().flat_map(|own| &own.figures);
        let told: f64 = of_incidents.filter(|own| own.0 == "writes_lost").map(|own| own.1).sum();
        prop_assert_eq!(lost, told, "what the incidents lost");
        for incident in &played.incidents {
            prop_assert!(incident.end_s.is_none_or(|end| end >= incident.start_s));
        }
    }
}
