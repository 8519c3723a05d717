//! Goal: what goes wrong is said in the language as the model means it, and
//! every fault of it is answered with its code at its place.
//! Method: a whole file against expected values; then with one piece
//! exchanged (`«` marks where the fault must be reported); then overridden.

#[path = "language/exchange.rs"]
mod exchange;

use exchange::{check, found};
use highwater::kernel::distribution::Distribution;
use highwater::kernel::time::{Duration, Instant};
use highwater::scenario::model::{
    AdaptiveConcurrency, Breaker, CacheStart, Component, Death, Event, EventAction, FailureEffect,
    HealthCheck, Hedge, NewReplica, OnCacheFailure, ReadFrom, Replace, ReplicationMode,
    ReplicationTopology, RoutingPolicy, RunKind, Scenario, Target, WritesMeanwhile,
};
use highwater::scenario::{Diagnostics, Files, Loaded, Request, load};
use std::path::Path;

const FAILURES: &str = include_str!("language/failures.toml");
const W2: &str = include_str!("language/w2.toml");

struct One<'a>(&'a str);

impl Files for One<'_> {
    fn read(&self, _: &Path) -> Result<Vec<u8>, String> {
        Ok(self.0.as_bytes().to_vec())
    }
}

fn loaded(text: &str, set: &[(&str, &str)]) -> Result<Loaded, Diagnostics> {
    let overrides: Vec<(String, String)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let path = Path::new("s.toml");
    load(&One(text), &Request { path, overrides: &overrides, users: None, workload_of: None })
}

fn accepted(text: &str, set: &[(&str, &str)]) -> Scenario {
    loaded(text, set).unwrap_or_else(|found| panic!("{}", found.render(false))).scenario
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn the_whole_file_is_accepted_without_a_word() {
    let found = found(FAILURES.as_bytes());
    assert!(found.is_empty(), "{}", found.render(false));
}

#[test]
fn places_and_regions_are_what_the_file_says() {
    let topology = accepted(FAILURES, &[]).topology;
    let zones: Vec<(&str, Option<usize>)> =
        topology.zones.iter().map(|zone| (zone.name.as_str(), zone.region)).collect();
    assert_eq!(zones, [("eu-a", Some(0)), ("eu-b", Some(0)), ("us-a", Some(1))]);
    assert_eq!(topology.racks, ["r0", "r1", "r2"]);
    let stands = |hosts: &[usize]| -> Vec<(Option<usize>, Option<usize>)> {
        hosts.iter().map(|&host| (topology.hosts[host].zone, topology.hosts[host].rack)).collect()
    };
    let web = &topology.services[0];
    // Three at the start, and machines for the six that an event asks for.
    assert_eq!((web.instances, web.hosts.len()), (3, 6));
    let turns = [(0, 1), (1, 2), (2, 1), (0, 2), (1, 1), (2, 2)];
    assert_eq!(stands(&web.hosts), turns.map(|(zone, rack)| (Some(zone), Some(rack))));
    assert_eq!(stands(&topology.services[1].hosts), [(Some(0), Some(0))]);
    assert_eq!(stands(&topology.caches[0].hosts), [(Some(1), None)]);
    let main = stands(&topology.databases[0].hosts);
    assert_eq!(main, [(Some(0), None), (Some(2), None), (Some(0), None)]);
    let [eu, us] = &topology.regions[..] else { panic!("two regions") };
    assert_eq!((eu.name.as_str(), eu.users, us.users), ("eu", 0.6, 0.4));
    let far = seconds(0.09);
    assert_eq!([&eu.rtt[..], &us.rtt[..]], [[Duration::ZERO, far], [far, Duration::ZERO]]);
    let routing = topology.routing.expect("given");
    assert_eq!(routing.policy, RoutingPolicy::Failover);
    let check = routing.health_check.expect("given");
    assert_eq!((check.interval, check.timeout), (seconds(1.0), seconds(1.0)));
}

#[test]
fn guards_and_failover_are_what_the_file_says() {
    let Scenario { topology, workload, .. } = accepted(FAILURES, &[]);
    let browser = &workload.clients[0];
    assert_eq!((browser.cancels, browser.hedge), (true, Some(Hedge { after: seconds(0.8) })));
    let (window, open) = (seconds(20.0), seconds(4.0));
    assert_eq!(browser.breaker, Some(Breaker { failures: 0.6, window, minimum: 30, open }));
    assert_eq!(topology.network.give_up_after, seconds(6.0));
    let web = &topology.services[0];
    let (window, open) = (seconds(10.0), seconds(5.0));
    assert_eq!(web.breaker, Some(Breaker { failures: 0.4, window, minimum: 20, open }));
    let target_wait = seconds(0.04);
    assert_eq!(web.adaptive, Some(AdaptiveConcurrency { target_wait, minimum: 4 }));
    assert_eq!((web.boot, topology.services[1].boot), (seconds(80.0), seconds(30.0)));
    let balancer = &topology.load_balancers[0];
    let check = HealthCheck {
        interval: seconds(3.0),
        timeout: seconds(2.0),
        unhealthy_after: 4,
        healthy_after: 2,
        slow_start: Some(seconds(20.0)),
    };
    assert_eq!(balancer.health_check, Some(check));
    let replace = Replace { after: seconds(240.0), within: seconds(60.0) };
    assert_eq!(balancer.replace, Some(replace));
    let cache = &topology.caches[0];
    assert_eq!((cache.on_failure, cache.timeout), (OnCacheFailure::Fail, seconds(0.04)));
    let main = &topology.databases[0];
    assert_eq!((main.read_from, main.timeout), (ReadFrom::Nearest, Some(seconds(2.0))));
    assert_eq!(main.breaker.expect("given").open, seconds(3.0));
    assert_eq!(
        (main.replication, main.mode),
        (ReplicationTopology::Primary, ReplicationMode::SemiSynchronous(2))
    );
    let failover = main.failover.as_ref().expect("given");
    assert_eq!((failover.heartbeat, failover.misses), (seconds(2.0), 2));
    assert_eq!((failover.promotion, failover.fencing), (Duration::ZERO, false));
    assert_eq!(failover.writes_meanwhile, WritesMeanwhile::Wait);
    assert_eq!(failover.recovery_bytes_per_s, Some(2e6));
    let new = NewReplica { after: seconds(30.0), copy_bytes_per_s: 8e7 };
    assert_eq!(failover.new_replica, Some(new));
}

#[test]
fn what_is_not_said_has_its_default() {
    let topology = accepted(W2, &[("databases.main.failover", "{ }")]).topology;
    let failover = topology.databases[0].failover.as_ref().expect("given");
    assert_eq!((failover.heartbeat, failover.misses), (seconds(1.0), 3));
    assert_eq!((failover.promotion, failover.fencing), (seconds(5.0), true));
    assert_eq!(failover.writes_meanwhile, WritesMeanwhile::Fail);
    assert_eq!((failover.recovery_bytes_per_s, failover.new_replica), (None, None));
    let check = HealthCheck {
        interval: seconds(5.0),
        timeout: seconds(2.0),
        unhealthy_after: 2,
        healthy_after: 2,
        slow_start: None,
    };
    assert_eq!(topology.load_balancers[0].health_check, Some(check));
    assert_eq!(topology.network.give_up_after, seconds(10.0));
    assert_eq!(topology.routing, None);
    assert!(topology.zones.is_empty() && topology.racks.is_empty());
}

#[test]
fn failures_are_what_the_file_says() {
    let scenario = accepted(FAILURES, &[]);
    let [web, zone] = &scenario.failures.processes[..] else { panic!("two") };
    assert_eq!((web.name.as_str(), web.of), ("web", Target::All(Component::Service(0))));
    assert_eq!(web.mtbf, Distribution::Exponential { mean: 30.0 * 86_400e9 });
    assert_eq!(web.mttr, Distribution::lognormal_mean_cv(1_200e9, 1.5).expect("possible"));
    assert_eq!(web.effect, FailureEffect::Kill(Death::Silent));
    assert_eq!((web.crews, web.destroys), (Some(2), false));
    assert_eq!((zone.of, zone.crews, zone.destroys), (Target::Zone(0), None, true));
    assert_eq!(zone.effect, FailureEffect::Kill(Death::Refused));
}

#[test]
fn events_come_in_order_of_time_and_then_of_the_file() {
    let events = accepted(FAILURES, &[]).failures.events;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    let order = "first also limping gap detour drops nameless turned empty dark last";
    assert_eq!(names.join(" "), order);
    let minute = |count: u64| Instant::ZERO + seconds(60.0 * count as f64);
    let first = Event {
        name: "first".to_owned(),
        at: minute(1),
        lasts: Some(seconds(120.0)),
        action: EventAction::Kill { target: Target::Primary(0), death: Death::Silent },
    };
    assert_eq!(events[0], first);
    let web = Component::Service(0);
    let (from, to) = (Target::Region(0), Target::Region(1));
    let actions: Vec<&EventAction> = events.iter().skip(1).map(|event| &event.action).collect();
    let expected = [
        EventAction::Spike { factor: 3.0 },
        EventAction::Slow { target: Target::Instance(web, 5), speed: 0.25 },
        EventAction::Cut { from, to },
        EventAction::SlowLink {
            from: Target::All(web),
            to: Target::All(Component::Database(0)),
            added: seconds(0.05),
        },
        EventAction::Loss { from: Target::Rack(1), to: Target::Rack(2), share: 0.05 },
        EventAction::DnsOutage,
        EventAction::DnsRecord { region: 1 },
        EventAction::Flush { cache: 0 },
        EventAction::Lose { target: Target::Region(1) },
        EventAction::Scale { service: 0, instances: 6 },
    ];
    assert_eq!(actions, expected.iter().collect::<Vec<_>>());
    // One that ends after the run is as good as any.
    assert_eq!((events[9].lasts, events[10].lasts), (Some(seconds(3_600.0)), None));
}

#[test]
fn every_kind_of_target_can_be_killed() {
    let (web, edge) = (Component::Service(0), Component::LoadBalancer(0));
    for (text, target) in [
        ("services.ranker", Target::All(Component::Service(1))),
        ("services.web.0", Target::Instance(web, 0)),
        ("load_balancers.edge", Target::All(edge)),
        ("load_balancers.edge.0", Target::Instance(edge, 0)),
        ("caches.hot", Target::All(Component::Cache(0))),
        ("databases.main.2", Target::Instance(Component::Database(0), 2)),
        ("databases.main.replica", Target::Replica(0)),
        ("hosts.box", Target::Host(0)),
        ("racks.r2", Target::Rack(2)),
        ("zones.us-a", Target::Zone(2)),
        ("regions.us", Target::Region(1)),
    ] {
        let events = accepted(FAILURES, &[("events.first.kill", text)]).failures.events;
        let EventAction::Kill { target: found, .. } = events[0].action else { panic!("{text}") };
        assert_eq!(found, target, "{text}");
    }
}

#[test]
fn events_make_a_run_terminating_and_chance_failures_do_not() {
    let event = "[events.x]\nat = \"5 s\"\nkill = \"services.web.1\"\n";
    let failure = "[failures.x]\nof = \"services.web\"\nmtbf = \"1 d\"\nmttr = \"1 h\"\n";
    let run = accepted(&format!("{W2}\n{event}"), &[]).run;
    assert_eq!((run.kind, run.warmup), (RunKind::Terminating, Some(Duration::ZERO)));
    let run = accepted(&format!("{W2}\n{failure}"), &[]).run;
    assert_eq!((run.kind, run.warmup), (RunKind::Steady, None));
    let loaded = loaded(&format!("{W2}\n{event}"), &[("run.kind", "steady")]).expect("possible");
    assert_eq!(loaded.scenario.run.kind, RunKind::Steady);
    let codes: Vec<&str> = loaded.warnings.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["W403"]);
    let cold = accepted(&FAILURES.replace("hit_ratio = 0.5", "memory = \"1 MB\""), &[]);
    assert_eq!(cold.topology.caches[0].start, CacheStart::Cold);
}

#[test]
fn a_run_that_the_command_line_makes_shorter_leaves_events_out() {
    let loaded = loaded(FAILURES, &[("run.duration", "3 min")]).expect("possible");
    let names: Vec<&str> =
        loaded.scenario.failures.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["first", "also", "limping"], "{}", loaded.warnings.render(false));
    assert_eq!(loaded.warnings.len(), 8);
    assert!(loaded.warnings.iter().all(|one| one.code == "W404" && one.file == "s.toml"));
    assert_eq!(loaded.scenario.run.kind, RunKind::Terminating);
}

#[test]
fn machines_are_placed_for_those_who_come_later() {
    let web = &accepted(FAILURES, &[("run.duration", "3 min")]).topology.services[0];
    assert_eq!((web.instances, web.hosts.len()), (3, 6));
    let fewer = [("events.last.to", "1"), ("events.limping.slow", "services.web.2")];
    let web = &accepted(FAILURES, &fewer).topology.services[0];
    assert_eq!((web.instances, web.hosts.len()), (3, 3));
}

#[test]
fn everything_can_be_set_and_is_part_of_the_hash() {
    let hash = accepted(FAILURES, &[]).hash;
    for (key, value) in [
        ("failures.web.mtbf.exponential", "10 d"),
        ("failures.web.mttr.lognormal.cv", "2"),
        ("failures.zone.of", "zones.eu-b"),
        ("failures.new", "{ of = \"hosts.box\", mtbf = \"1 d\", mttr = \"1 h\" }"),
        ("events.first.at", "70 s"),
        ("events.also.spike", "4"),
        ("events.gap.cut", "[\"zones.eu-a\", \"zones.eu-b\"]"),
        ("events.last.to", "7"),
        ("services.web.zones", "[\"eu-a\", \"us-a\"]"),
        ("services.web.breaker.failures", "0.2"),
        ("services.web.adaptive.minimum", "8"),
        ("services.web.boot", "10 s"),
        ("services.web.needed", "2"),
        ("run.availability_only", "true"),
        ("load_balancers.edge.health_check.interval", "4 s"),
        ("load_balancers.edge.replace.in", "2 min"),
        ("caches.hot.on_failure", "bypass"),
        ("databases.main.replication.mode", "synchronous"),
        ("databases.main.replication.mode.semi-synchronous", "1"),
        ("databases.main.failover.new_replica.after", "1 s"),
        ("databases.main.failover.writes_meanwhile", "fail"),
        ("regions.eu.rtt.us", "80 ms"),
        ("routing.policy", "nearest"),
        ("clients.browser.hedge.after", "1 s"),
        ("clients.browser.cancels", "false"),
        ("network.give_up_after", "2 s"),
    ] {
        assert_ne!(accepted(FAILURES, &[(key, value)]).hash, hash, "{key}");
    }
}

#[test]
fn so_many_instances_are_needed_as_the_file_says() {
    let topology = accepted(FAILURES, &[("services.web.needed", "3")]).topology;
    let needed: Vec<u32> = topology.services.iter().map(|service| service.needed).collect();
    assert_eq!(needed, [3, 1]);
}

#[test]
fn without_requests_something_must_fail() {
    let only = [("run.availability_only", "true")];
    assert!(accepted(FAILURES, &only).run.availability_only);
    assert!(!accepted(FAILURES, &[]).run.availability_only);
    let found = loaded(W2, &only).expect_err("nothing can fail");
    let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["E109"], "{}", found.render(false));
}

#[test]
fn beyond_the_clock_more_replications_play_more_years() {
    // 2⁶² ns are 53,375.995 days; the second fits without its drain of ten minutes.
    for duration in ["53400 d", "53375.99 d"] {
        let found = loaded(FAILURES, &[("run.duration", duration)]).expect_err("too long");
        let shown = found.render(false);
        assert!(shown.contains("146 years") && shown.contains("run.replications"), "{shown}");
    }
}

#[test]
fn replication_without_a_single_primary_can_be_said() {
    let text = FAILURES.replace("[databases.main.failover]", "[expect.unused]");
    let cut = text.find("[expect.unused]").expect("there");
    let end = cut + text[cut..].find("[regions.eu]").expect("there");
    let text = format!("{}{}", &text[..cut], &text[end..]);
    for (word, topology) in
        [("multi-primary", ReplicationTopology::MultiPrimary), ("ring", ReplicationTopology::Ring)]
    {
        let set = [
            ("databases.main.replication.topology", word),
            ("databases.main.replication.mode", "asynchronous"),
            ("events.first.kill", "databases.main.0"),
        ];
        let database = &accepted(&text, &set).topology.databases[0];
        assert_eq!((database.replication, database.failover.is_none()), (topology, true));
    }
}

#[rustfmt::skip]
const FAULTS: &[(&str, &str, &str)] = &[
    // Chance failures.
    ("mttr = \"1 h\"", "", "E102«mtbf = \"300 d\""),
    ("mtbf = \"300 d\"", "", "E102«mttr = \"1 h\""),
    ("mtbf = \"300 d\"\nmttr = \"1 h\"", "", "E102«[failures.zone]"),
    ("of = \"zones.eu-a\"", "", "E102«[failures.zone]"),
    ("of = \"zones.eu-a\"", "of = «\"zones.eu-c\"", "E201"),
    ("of = \"zones.eu-a\"", "of = «\"eu-a\"", "E201"),
    ("of = \"zones.eu-a\"", "of = «\"databases.main.primary\"", "E208"),
    ("of = \"zones.eu-a\"", "of = «\"databases.main.replica\"", "E208"),
    ("of = \"zones.eu-a\"", "of = «[\"zones.eu-a\"]", "E103"),
    ("mtbf = \"300 d\"", "mtbf = «\"0 d\"", "E105"),
    ("mtbf = \"300 d\"", "mtbf = «300", "E104"),
    ("mtbf = \"300 d\"", "mtbf = «{ pareto = { minimum = \"1 d\", shape = 1 } }", "E301"),
    ("mttr = \"1 h\"", "mttr = «\"1 hour\"", "E104"),
    ("effect = \"silence\"", "effect = «\"explode\"", "E106"),
    ("effect = \"silence\"", "effect = \"hang\"\n«destroys = true", "E109"),
    ("crews = 2", "crews = «0", "E105"),
    ("crews = 2", "«crew = 2", "E101"),
    // Of three instances.
    ("boot = \"80 s\"", "boot = \"80 s\"\nneeded = «4", "E105"),
    ("boot = \"80 s\"", "boot = \"80 s\"\nneeded = «0", "E105"),
    ("handles = \"rank\"", "handles = \"rank\"\nneeded = «2", "E105"),
    // Events.
    ("at = \"9 min\"", "at = «\"10 min\"", "E310"),
    ("at = \"9 min\"", "at = «\"11 min\"", "E310"),
    ("at = \"9 min\"", "at = «9", "E104"),
    ("at = \"9 min\"", "", "E102«[events.last]"),
    ("kill = \"databases.main.primary\"", "kill = «\"databases.mian.primary\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"databases.main.primry\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"services.web.6\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"services.web.-1\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"services.web.99999999999\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"services.web.primary\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"load_balancers.edge.1\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"caches.hot.1\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «\"a.b.c.d\"", "E201"),
    ("kill = \"databases.main.primary\"", "kill = «true", "E103"),
    ("kill = \"databases.main.primary\"", "hang = \"databases.main\"", "E109«how = \"silence\""),
    ("kill = \"databases.main.primary\"", "kill = \"databases.main.primary\"\n«hang = \"hosts.box\"", "E109"),
    ("kill = \"databases.main.primary\"\nhow = \"silence\"\n", "", "E102«[events.first]"),
    ("kill = \"databases.main.primary\"\nhow = \"silence\"", "restart = \"services.web\"", "E109«for = \"2 min\""),
    ("kill = \"databases.main.primary\"\nhow = \"silence\"", "flush = \"caches.hot\"", "E109«for = \"2 min\""),
    ("kill = \"databases.main.primary\"\nhow = \"silence\"", "dns_record = \"regions.us\"", "E109«for = \"2 min\""),
    ("kill = \"databases.main.primary\"\nhow = \"silence\"", "scale = \"services.web\"\nto = 4", "E109«for = \"2 min\""),
    ("how = \"silence\"", "how = «\"loudly\"", "E106"),
    ("for = \"2 min\"", "for = «\"0 s\"", "E105"),
    ("for = \"2 min\"", "for = \"2 min\"\n«speed = 0.5", "E109"),
    ("for = \"2 min\"", "for = \"2 min\"\n«add = \"5 ms\"", "E109"),
    ("for = \"2 min\"", "for = \"2 min\"\n«share = 0.5", "E109"),
    ("for = \"2 min\"", "for = \"2 min\"\n«to = 5", "E109"),
    ("speed = 0.25", "speed = «0", "E105"),
    ("speed = 0.25", "speed = «1.5", "E105"),
    ("speed = 0.25", "", "E102«[events.limping]"),
    ("slow = \"services.web.5\"", "slow = «\"load_balancers.edge\"", "E208"),
    ("slow = \"services.web.5\"\nspeed = 0.25", "drain = «\"load_balancers.edge\"", "E208"),
    ("slow = \"services.web.5\"\nspeed = 0.25", "drain = «\"caches.hot\"", "E208"),
    ("cut = [\"regions.eu\", \"regions.us\"]", "cut = «[\"regions.eu\"]", "E105"),
    ("cut = [\"regions.eu\", \"regions.us\"]", "cut = «[\"regions.eu\", \"regions.eu\"]", "E105"),
    ("cut = [\"regions.eu\", \"regions.us\"]", "cut = [\"regions.eu\", «\"regions.su\"]", "E201"),
    ("cut = [\"regions.eu\", \"regions.us\"]", "cut = «\"regions.eu\"", "E103"),
    ("add = \"50 ms\"", "", "E102«[events.detour]"),
    ("add = \"50 ms\"", "add = «\"0 ms\"", "E105"),
    ("share = 0.05", "share = «0", "E105"),
    ("share = 0.05", "share = «1", "E105"),
    ("share = 0.05", "share = «\"5 %\"", "E103"),
    ("dns_outage = true", "dns_outage = «false", "E106"),
    ("dns_record = \"regions.us\"", "dns_record = «\"zones.us-a\"", "E208"),
    ("dns_record = \"regions.us\"", "dns_record = «\"regions.usa\"", "E201"),
    ("flush = \"caches.hot\"", "flush = «\"databases.main\"", "E208"),
    ("flush = \"caches.hot\"", "flush = «\"caches.hat\"", "E201"),
    ("lose = \"regions.us\"", "lose = «\"services.web\"", "E208"),
    ("lose = \"regions.us\"", "«lose_region = \"us\"", "E101"),
    ("spike = 3", "spike = «0", "E105"),
    ("spike = 3", "spike = «1e12", "E105"),
    ("rate = \"200/s\"", "count = 9\nthink_time = \"1 s\"", "E311«spike = «3"),
    ("rate = \"200/s\"", "interarrival = \"1 s\"", "E311«spike = «3"),
    ("scale = \"services.web\"", "scale = «\"databases.main\"", "E208"),
    ("scale = \"services.web\"", "scale = «\"services.web.1\"", "E208"),
    ("scale = \"services.web\"\nto = 6", "scale = «\"services.ranker\"\nto = 2\n[expect.x]", "E109"),
    ("to = 6", "", "E102«[events.last]"),
    ("to = 6", "to = «0", "E105"),
    ("to = 6", "to = «100_001", "E105"),
    ("[events.gap]", "[events.«Also]", "E202"),
    ("[events.gap]", "[events.«\"a.b\"]", "E108"),
    // Health checks and other guards.
    ("interval = \"3 s\"", "interval = \"3 s\", timeout = «\"4 s\"", "E105"),
    ("interval = \"3 s\"", "interval = «\"0 s\"", "E105"),
    ("unhealthy_after = 4", "unhealthy_after = «0", "E105"),
    ("slow_start = \"20 s\"", "slow_start = «\"0 s\"", "E105"),
    ("{ interval = \"1 s\" }", "{ interval = \"1 s\", «slow_start = \"9 s\" }", "E101"),
    ("{ after = \"4 min\", in = \"1 min\" }", "«{ after = \"4 min\" }", "E102"),
    ("{ after = \"4 min\", in = \"1 min\" }", "«{ in = \"4 min\" }", "E102"),
    ("boot = \"80 s\"", "boot = «80", "E104"),
    ("{ failures = 0.4 }", "{ failures = «0 }", "E105"),
    ("{ failures = 0.4 }", "{ failures = «1.1 }", "E105"),
    ("minimum = 30", "minimum = «0", "E105"),
    ("{ open = \"3 s\" }", "{ open = «\"0 s\" }", "E105"),
    ("{ open = \"3 s\" }", "{ «opens = \"3 s\" }", "E101"),
    ("workers = 32\n", "", "E102«adaptive"),
    ("{ target_wait = \"40 ms\" }", "{ minimum = «33 }", "E105"),
    ("{ target_wait = \"40 ms\" }", "{ target_wait = «\"0 ms\" }", "E105"),
    ("hedge = { after = \"800 ms\" }", "hedge = { after = «\"5 s\" }", "E105"),
    ("hedge = { after = \"800 ms\" }", "hedge = «{ }", "E102"),
    ("cancels = true", "cancels = «\"yes\"", "E103"),
    ("give_up_after = \"6 s\"", "give_up_after = «\"0 s\"", "E105"),
    ("on_failure = \"fail\"", "on_failure = «\"ignore\"", "E106"),
    ("timeout = \"40 ms\"", "timeout = «\"0 ms\"", "E105"),
    ("timeout = \"2 s\"", "timeout = «\"0 s\"", "E105"),
    // Replication and failover.
    ("semi-synchronous = 2", "semi-synchronous = 3", "E309«{ semi"),
    ("semi-synchronous = 2", "semi-synchronous = «0", "E105"),
    ("{ semi-synchronous = 2 }", "«\"semi-synchronous\"", "E106"),
    ("{ semi-synchronous = 2 }", "«\"sync\"", "E106"),
    ("{ semi-synchronous = 2 }", "«2", "E103"),
    ("{ semi-synchronous = 2 }", "{ «semi-sync = 2 }", "E101"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "\"multi-primary\", mode = «\"synchronous\"", "E309"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "\"multi-primary\"", "E309«promotion = "),
    ("\"primary\", mode = { semi-synchronous = 2 }", "\"multi-primary\"", "E309«writes_meanwhile = "),
    ("\"primary\", mode = { semi-synchronous = 2 }", "\"multi-primary\"", "E201«\"databases.main.primary\""),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ quorum = { «n = 4, r = 2, w = 2 } }", "E309"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ quorum = { n = 3, «r = 4, w = 2 } }", "E309"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ quorum = { n = 3, r = 2, «w = 4 } }", "E309"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ quorum = { n = 3, r = 2, w = «0 } }", "E105"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ quorum = { n = 3, «writes = 2 } }", "E101"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ «quorom = { n = 3 } }", "E101"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "«\"quorum\"", "E106"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "«3", "E103"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ quorum = { n = 3 } }, mode = «\"synchronous\"", "E309"),
    ("\"primary\", mode = { semi-synchronous = 2 }", "{ quorum = { n = 3 } }", "E309«promotion = "),
    ("replicas = 2\nread_from = \"nearest\"", "replicas = 2\nreplication = { topology = { quorum = { n = 3 } }, «extra_lag = \"1 ms\" }\n[databases.unused]", "E309"),
    ("replicas = 2\nread_from = \"nearest\"", "replicas = 2\n«read_from = \"replicas\"\nreplication = { topology = { quorum = { n = 3 } } }\n[databases.unused]", "E309"),
    ("replicas = 2\nread_from = \"nearest\"", "replicas = 2\n«consistency = \"one\"", "E309"),
    ("replicas = 2\nread_from = \"nearest\"", "replicas = 2\n«parallel_reads = 4", "E109"),
    ("replicas = 2\nread_from = \"nearest\"", "replicas = 2\nrow_reads = «\"quickly\"", "E106"),
    ("topology = \"primary\"", "topology = «\"circle\"", "E106"),
    ("replicas = 2", "replicas = 0", "E309«[databases.main.«failover]"),
    ("replicas = 2", "replicas = 0", "E309«{ semi"),
    ("replicas = 2\nread_from = \"nearest\"", "replicas = 1\nreplication = { topology = «\"ring\" }\n[databases.unused]", "E309"),
    ("replicas = 2\nread_from = \"nearest\"", "replication = { topology = «\"multi-primary\" }\n[databases.unused]", "E309"),
    ("replicas = 2\nread_from = \"nearest\"", "replication = { mode = «\"synchronous\" }\n[databases.unused]", "E309"),
    ("heartbeat = \"2 s\"", "heartbeat = «\"0 s\"", "E105"),
    ("misses = 2", "misses = «0", "E105"),
    ("writes_meanwhile = \"wait\"", "writes_meanwhile = «\"queue\"", "E106"),
    ("fencing = false", "fencing = «\"off\"", "E103"),
    ("recovery = { rate = \"2 MB/s\" }", "recovery = «{ }", "E102"),
    ("recovery = { rate = \"2 MB/s\" }", "recovery = { rate = «\"0 MB/s\" }", "E105"),
    ("recovery = { rate = \"2 MB/s\" }", "recovery = { rate = «\"2 MB\" }", "E104"),
    ("new_replica = { copy = \"80 MB/s\" }", "new_replica = «{ after = \"1 s\" }", "E102"),
    ("new_replica = { copy = \"80 MB/s\" }", "new_replica = «true", "E103"),
    // Zones, racks, regions.
    ("zone = \"eu-b\"", "zone = «\"eu-c\"", "E312"),
    ("zone = \"eu-b\"", "zone = \"eu-b\"\n«zones = [\"eu-a\"]", "E109"),
    ("zone = \"eu-b\"\n", "", "E312«[caches.«hot]"),
    ("zone = \"eu-a\"\n", "", "E312«[services.«ranker]"),
    ("zone = \"eu-b\"", "zone = «5", "E103"),
    ("zone = \"eu-b\"", "zone = «\"EU-b\"", "E202"),
    ("zone = \"eu-b\"", "zone = «\"eu.b\"", "E108"),
    ("zone = \"eu-b\"", "zones = «[]", "E105"),
    ("racks = [\"r1\", \"r2\"]", "racks = [\"r1\", «2]", "E103"),
    ("host = \"box\"\n", "host = \"box\"\n«zone = \"eu-a\"\n", "E109"),
    ("host = \"box\"\n", "host = \"box\"\n«racks = [\"r1\"]\n", "E109"),
    ("users = 0.4\n", "users = 0.3\n", "E303«[«regions.eu]"),
    ("users = 0.4\n", "users = «-0.4\n", "E105"),
    ("rtt = { us = \"90 ms\" }", "", "E102«[regions.«us]"),
    ("rtt = { us = \"90 ms\" }", "rtt = { us = «90 }", "E104"),
    ("rtt = { us = \"90 ms\" }", "rtt = { us = \"90 ms\", «asia = \"9 ms\" }", "E201"),
    ("rtt = { us = \"90 ms\" }", "rtt = { us = \"90 ms\", «eu = \"9 ms\" }", "E109"),
    ("rtt = { us = \"90 ms\" }", "rtt = «\"90 ms\"", "E103"),
    ("users = 0.4\n", "users = 0.4\nrtt = { eu = «\"80 ms\" }\n", "E312"),
    ("zones = \"us-a\"", "zones = [\"us-a\", «\"eu-a\"]", "E312"),
    ("policy = \"failover\"", "policy = «\"fastest\"", "E106"),
    // Where nothing runs.
    ("zones = \"us-a\"", "zones = [\"us-a\", \"us-b\"]\n[events.x]\nat = \"1 s\"\nlose = «\"zones.us-b\"", "W405"),
];

#[test]
fn each_fault_is_answered_at_its_place() {
    let mut wrong = Vec::new();
    for (old, new, code) in FAULTS {
        wrong.extend(check(FAILURES, old, new, code));
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}

#[test]
fn a_fault_names_what_is_meant() {
    for (old, new, pieces) in [
        ("databases.main.primary", "databases.main.primry", "`databases.main.primary`?"),
        ("databases.main.primary", "services.web.9", "has the instances 0 to 5"),
        ("of = \"zones.eu-a\"", "of = \"zones.eu_a\"", "did you mean `zones.eu-a`?"),
        ("at = \"9 min\"", "at = \"12 min\"", "is 12 min, and the run ends after 10 min"),
        ("zone = \"eu-b\"", "zone = \"eu-bb\"", "did you mean `eu-b`?"),
        ("replicas = 2", "replicas = 0", "no replica to promote"),
    ] {
        let shown = found(FAILURES.replace(old, new).as_bytes()).render(false);
        assert!(shown.contains(pieces), "{pieces} is missing in\n{shown}");
    }
}

#[test]
fn all_faults_are_reported_at_once() {
    let text = FAILURES
        .replace("mttr = \"1 h\"", "")
        .replace("databases.main.primary", "databases.mian.primary")
        .replace("semi-synchronous = 2", "semi-synchronous = 7")
        .replace("at = \"9 min\"", "at = \"90 min\"")
        .replace("lose = \"regions.us\"", "lose = \"caches.hot\"");
    let found = found(text.as_bytes());
    let mut codes: Vec<&str> = found.iter().map(|one| one.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["E102", "E201", "E208", "E309", "E310"], "{}", found.render(false));
}

#[test]
fn keys_without_regions_and_without_dns_are_faults() {
    let found = loaded(W2, &[("routing.policy", "nearest")]).expect_err("no regions");
    assert_eq!(found.iter().next().expect("one").code, "E109");
    let found = loaded(W2, &[("events.x", "{ at = \"1 s\", dns_outage = true }")]);
    let found = found.expect_err("no name server");
    assert_eq!(found.iter().next().expect("one").code, "E109", "{}", found.render(false));
}
