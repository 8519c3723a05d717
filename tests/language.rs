//! Goal: valid scenarios become the model that they describe.
//! Method: whole files, held in memory, against expected values.

use highwater::kernel::distribution::Distribution;
use highwater::kernel::time::Duration;
use highwater::scenario::model::{
    Arrivals, BalancingPolicy, CacheMode, CacheStart, EntryTarget, Eviction, OnWrite, ReadFrom,
    ResultKeys, RunKind, Scenario, Scheduling, SloFigure, Step, WriteKind,
};
use highwater::scenario::{Diagnostics, Files, Loaded, Request, load};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FULL: &str = include_str!("language/full.toml");
const FAILURES: &str = include_str!("language/failures.toml");
const W2: &str = include_str!("language/w2.toml");

struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

fn memory(files: &[(&str, &[u8])]) -> Memory {
    Memory(files.iter().map(|(name, bytes)| (PathBuf::from(name), bytes.to_vec())).collect())
}

fn load_with(files: &[(&str, &[u8])], set: &[(&str, &str)]) -> Result<Loaded, Diagnostics> {
    let overrides: Vec<(String, String)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let path = Path::new(files[0].0);
    let request = Request { path, overrides: &overrides, users: None, workload_of: None };
    load(&memory(files), &request)
}

fn accepted(text: &str, set: &[(&str, &str)]) -> Scenario {
    match load_with(&[("s.toml", text.as_bytes())], set) {
        Ok(loaded) => loaded.scenario,
        Err(found) => panic!("{}", found.render(false)),
    }
}

#[test]
fn the_second_yardstick_loads() {
    let scenario = accepted(W2, &[]);
    assert_eq!(scenario.title, "s");
    assert_eq!(
        scenario.workload.users.arrivals,
        Arrivals::Renewal { gap: Distribution::Exponential { mean: 500_000.0 } }
    );
    let shares: Vec<f64> = scenario.workload.endpoints.iter().map(|e| e.share).collect();
    assert_eq!(shares, [0.8, 0.16, 0.04]);
    let topology = &scenario.topology;
    assert_eq!(topology.services[0].hosts, [0, 1, 2, 3]);
    assert_eq!(topology.databases[0].hosts, [4, 5, 6, 7]);
    assert_eq!(topology.hosts[4].name, "databases.main");
    assert_eq!(topology.hosts[4].machine, 1);
    assert_eq!(topology.machines[1].scheduling, Scheduling::Fifo);
    assert_eq!(topology.load_balancers[0].policy, BalancingPolicy::RoundRobin);
    assert_eq!(topology.entry.to, EntryTarget::LoadBalancer(0));
    assert_eq!(topology.network.handshakes, 0);
    assert_eq!(topology.dns, None);
    assert_eq!((scenario.run.kind, scenario.run.warmup), (RunKind::Steady, None));
    assert_eq!(scenario.run.limits.drain, Duration::from_secs_f64(600.0));
    assert_eq!((scenario.run.seed, scenario.run.replications), (42, 10));
    assert_eq!(scenario.workload.clients[0].name, "client");
    assert_eq!(scenario.hash.len(), 16);
}

#[test]
fn the_workload_of_the_full_file_is_what_it_says() {
    let workload = accepted(FULL, &[]).workload;
    let users = &workload.users;
    assert_eq!(users.count, Some(1_000_000));
    let Arrivals::Renewal { gap: Distribution::Exponential { mean } } = users.arrivals else {
        panic!("{:?}", users.arrivals)
    };
    assert!((mean - 1e9 / (3.0 * 60e6 / 86_400.0)).abs() < 1e-6, "{mean}");
    let rate = users.requests_per_user_per_s.expect("known");
    assert!((rate - 180.0 / 86_400.0).abs() < 1e-12, "{rate}");
    let browser = &workload.clients[0];
    assert_eq!((browser.connections, browser.cached), (6, 0.25));
    assert_eq!(browser.timeout, Some(Duration::from_secs_f64(10.0)));
    let retries = browser.retries.as_ref().expect("given");
    assert_eq!((retries.attempts, retries.jitter, retries.budget), (2, true, Some(0.1)));
    assert_eq!((workload.datasets[0].items, workload.datasets[0].item_bytes), (1_000_000, 2_000));
    assert_eq!((workload.datasets[0].zipf, workload.datasets[1].zipf), (Some(0.99), None));
    assert_eq!(workload.datasets[1].item_bytes, 1_024);
    let timeline = &workload.endpoints[0];
    assert_eq!(timeline.share, 0.85);
    let sizes: Vec<f64> = timeline.answer_bytes.iter().map(Distribution::mean).collect();
    assert_eq!(sizes, [30_000.0, 8_000.0]);
    let files = timeline.static_files.as_ref().expect("given");
    assert_eq!((files.files, files.catalogue), (12, 5_000));
    let read = |dataset, keys, read_your_writes| Step::Read {
        dataset,
        keys,
        read_your_writes,
        consistency: None,
    };
    assert_eq!(timeline.steps[1], read(0, 10, false));
    assert_eq!(timeline.steps[2], Step::Wait(Distribution::Constant(5e6)));
    let Step::Parallel(branches) = &timeline.steps[3] else { panic!("{:?}", timeline.steps) };
    assert_eq!(branches[0], [Step::Call(0)]);
    assert_eq!(
        branches[1],
        [Step::Scan { dataset: 0, rows: 20 }, Step::Join { dataset: 1, with: 1, rows: 5 }]
    );
    let cacheable = timeline.cacheable.as_ref().expect("given");
    assert_eq!((&cacheable.keys, cacheable.bytes), (&ResultKeys::User, 8_000));
    let publish = &workload.endpoints[1].steps;
    assert_eq!(publish[1], Step::Write { kind: WriteKind::Update, dataset: 1, keys: 3 });
    assert_eq!(publish[3], read(0, 1, true));
    assert!(
        matches!(&publish[4], Step::Enqueue { queue, work } if queue == "fanout" && work.len() == 2)
    );
}

#[test]
fn the_topology_of_the_full_file_is_what_it_says() {
    let scenario = accepted(FULL, &[]);
    let topology = &scenario.topology;
    let dns = topology.dns.as_ref().expect("given");
    assert_eq!((dns.ttl, dns.resolvers), (Duration::from_secs_f64(30.0), 100));
    assert_eq!(dns.price_per_million, 0.4);
    let network = &topology.network;
    assert_eq!((network.handshakes, network.bytes_per_s), (3, Some(2.5e6)));
    assert_eq!(network.internal_rtt, Duration::from_nanos(500_000));
    assert_eq!(network.egress_price_per_gb, 0.08);
    let machine = &topology.machines[0];
    assert_eq!((machine.vcpus, machine.memory_bytes), (4, Some(16_000_000_000)));
    assert_eq!((machine.contention, machine.coherency), (0.03, 0.0002));
    let disk = machine.disk.as_ref().expect("given");
    assert_eq!((disk.iops, disk.bytes_per_s), (Some(10_000.0), Some(2e8)));
    let [web, renderer] = &topology.services[..] else { panic!("two services") };
    assert_eq!((&web.hosts[..], web.workers, web.queue), (&[1, 2][..], Some(64), Some(256)));
    assert_eq!((&renderer.hosts[..], renderer.workers), (&[0][..], None));
    assert_eq!((&renderer.endpoints[..], &renderer.operations[..]), (&[][..], &[0][..]));
    assert!(topology.hosts[0].shared && !topology.hosts[1].shared);
    assert_eq!(topology.load_balancers[0].policy, BalancingPolicy::Weighted(vec![2, 1]));
    let cache = &topology.caches[0];
    assert_eq!(
        (&cache.datasets[..], &cache.results[..]),
        (&[0][..], &["timeline-result".to_owned()][..])
    );
    assert_eq!((cache.eviction, cache.mode), (Eviction::Lfu, CacheMode::CacheAside));
    assert_eq!((cache.on_write, cache.start), (OnWrite::Keep, CacheStart::Cold));
    assert_eq!((cache.sliding, cache.memory_bytes), (true, 1_000_000_000));
    let database = &topology.databases[0];
    assert_eq!((database.hosts.len(), database.datasets.len()), (3, 2));
    assert_eq!(
        (database.connections, database.queue, database.pool),
        (Some(200), Some(50), Some(20))
    );
    assert_eq!(
        (database.read_from, &database.read_policy),
        (ReadFrom::Any, &BalancingPolicy::TwoChoices)
    );
    assert_eq!((database.costs.read.disk_reads, database.costs.write.disk_writes), (1, 2));
    assert_eq!((database.costs.write.cpu_per_row, database.costs.scan.cpu_per_row), (1e4, 4e3));
    assert_eq!(database.extra_lag, Distribution::Constant(1e7));
    assert_eq!((scenario.slo[0].figure, scenario.slo[0].limit), (SloFigure::Quantile(0.99), 300.0));
    assert_eq!((scenario.run.seed, scenario.run.limits.in_flight), (7, 1000));
    assert_eq!(scenario.run.warmup, Some(Duration::from_secs_f64(300.0)));
    let expected: Vec<(&str, f64, f64)> = scenario
        .expectations
        .iter()
        .map(|one| (one.figure.as_str(), one.value, one.approximation))
        .collect();
    assert_eq!(expected, [("response_time_ms.mean", 12.5, 0.0), ("throughput", 3.0, 0.01)]);
}

#[test]
fn line_ends_and_a_byte_order_mark_make_no_difference() {
    let crlf = format!("\u{feff}{}", FULL.replace('\n', "\r\n"));
    assert_eq!(accepted(&crlf, &[]), accepted(FULL, &[]));
}

#[test]
fn a_file_is_laid_upon_those_that_it_extends() {
    let top = b"extends = [\"../w2.toml\"]\n[services.web]\ninstances = 2\n[endpoints.a]\nsteps = [{ cpu = \"1 ms\" }]\n";
    let loaded = load_with(&[("sub/top.toml", top), ("w2.toml", W2.as_bytes())], &[]);
    let scenario = loaded.unwrap_or_else(|found| panic!("{}", found.render(false))).scenario;
    assert_eq!(scenario.topology.services[0].hosts.len(), 2);
    assert_eq!(scenario.workload.endpoints[0].steps, [Step::Cpu(Distribution::Constant(1e6))]);
    assert_eq!(scenario.workload.endpoints[0].share, 0.8);
}

#[test]
fn what_is_laid_upon_an_alternative_takes_its_place() {
    let set = [
        ("users.think_time", "1 s"),
        ("users.count", "5"),
        ("datasets.posts.popularity", "uniform"),
        ("services.renderer.machine", "c4"),
        ("network.client_rtt", "{ exponential = \"9 ms\" }"),
    ];
    let base = FULL
        .replace(
            "client_rtt = \"40 ms\"",
            "client_rtt = { uniform = { low = \"1 s\", high = \"2 s\" } }",
        )
        .replace("peak_to_mean = 3\nplay = \"peak hour\"\n\n[users.pattern]\nhourly = ", "#");
    let scenario = accepted(&base, &set);
    let think = Distribution::Constant(1e9);
    assert_eq!(scenario.workload.users.arrivals, Arrivals::Closed { think });
    assert_eq!(scenario.workload.datasets[0].zipf, None);
    assert_eq!(scenario.topology.network.client_rtt, Distribution::Exponential { mean: 9e6 });
    let renderer = &scenario.topology.services[1];
    assert!(!scenario.topology.hosts[renderer.hosts[0]].shared);
}

#[test]
fn a_circle_of_files_is_named() {
    let files: [(&str, &[u8]); 2] =
        [("a.toml", b"extends = \"b.toml\"\n"), ("b.toml", b"\nextends = \"a.toml\"\n")];
    let found = load_with(&files, &[]).expect_err("a circle");
    let first = found.iter().next().expect("one");
    assert_eq!(
        (first.code, first.file.as_str(), first.line, first.column),
        ("E011", "b.toml", 2, 11)
    );
    assert!(first.message.contains("a.toml -> b.toml -> a.toml"), "{}", first.message);
}

#[test]
fn overrides_replace_values_and_are_named_in_faults() {
    let set = [
        ("services.web.instances", "8"),
        ("run.duration", "5 min"),
        ("run.seed", "9"),
        ("endpoints.a.steps", "[{ cpu = { uniform = { low = \"1 ms\", high = \"3 ms\" } } }]"),
    ];
    let scenario = accepted(W2, &set);
    assert_eq!(scenario.topology.services[0].hosts.len(), 8);
    assert_eq!(scenario.run.duration, Duration::from_secs_f64(300.0));
    assert_eq!(scenario.run.seed, 9);
    assert_eq!(
        scenario.workload.endpoints[0].steps,
        [Step::Cpu(Distribution::Uniform { low: 1e6, high: 3e6 })]
    );
    for (key, value, code, column) in [
        ("run.duration", "5", "E104", 14),
        ("run.durations", "5 s", "E101", 1),
        ("run..seed", "5", "E012", 1),
        ("run.duration.low", "5", "E012", 1),
        ("services.web.machine", "wep", "E201", 22),
    ] {
        let found = load_with(&[("s.toml", W2.as_bytes())], &[(key, value)]).expect_err(key);
        let one = found.iter().next().expect("one");
        assert_eq!((one.code, one.line, one.column), (code, 1, column), "{}", found.render(false));
        assert_eq!(one.file, format!("--set {key}={value}"));
    }
}

#[test]
fn the_hash_follows_what_can_change_a_result() {
    let base = accepted(W2, &[]).hash;
    for same in [("title", "T"), ("run.seed", "1"), ("run.replications", "3"), ("expect.x", "1.0")]
    {
        assert_eq!(accepted(W2, &[same]).hash, base, "{same:?}");
    }
    for other in [("run.duration", "9 min"), ("users.rate", "1/s"), ("machines.db.vcpus", "9")] {
        assert_ne!(accepted(W2, &[other]).hash, base, "{other:?}");
    }
    let elsewhere = load_with(&[("else/where.toml", W2.as_bytes())], &[]).expect("valid");
    assert_eq!(elsewhere.scenario.hash, base);
}

#[test]
fn the_workload_may_come_from_another_file() {
    let other = FULL.replace("per_user_per_day = 60", "per_user_per_day = 30");
    let files = memory(&[("s.toml", FULL.as_bytes()), ("o.toml", other.as_bytes())]);
    let request = Request {
        path: Path::new("s.toml"),
        overrides: &[],
        users: Some(2_000_000),
        workload_of: Some(Path::new("o.toml")),
    };
    let scenario = load(&files, &request).expect("valid").scenario;
    assert_eq!(scenario.workload.users.count, Some(2_000_000));
    let Arrivals::Renewal { gap } = &scenario.workload.users.arrivals else { panic!("a rate") };
    assert!((gap.mean() - 1e9 / (3.0 * 60e6 / 86_400.0)).abs() < 1e-6);
}

#[test]
fn every_distribution_can_be_written() {
    use Distribution as D;
    let built = |one: Result<Distribution, _>| one.expect("possible");
    let cases = [
        ("2 ms", D::Constant(2e6)),
        ("{ exponential = \"2 ms\" }", built(D::exponential(2e6))),
        ("{ uniform = { low = \"1 us\", high = \"2 us\" } }", built(D::uniform(1e3, 2e3))),
        ("{ normal = { mean = \"2 ms\", sd = \"1 ms\" } }", built(D::normal(2e6, 1e6))),
        ("{ lognormal = { mean = \"2 s\", cv = 2 } }", built(D::lognormal_mean_cv(2e9, 2.0))),
        (
            "{ lognormal = { median = \"2 ns\", p99 = \"9 ns\" } }",
            built(D::lognormal_median_p99(2.0, 9.0)),
        ),
        ("{ gamma = { mean = \"2 ms\", cv = 0.5 } }", built(D::gamma_mean_cv(2e6, 0.5))),
        ("{ gamma = { shape = 2, scale = \"1 ms\" } }", built(D::gamma(2.0, 1e6))),
        ("{ erlang = { k = 3, mean = \"1 ms\" } }", built(D::erlang(3, 1e6))),
        ("{ weibull = { shape = 2, mean = \"1 ms\" } }", built(D::weibull_shape_mean(2.0, 1e6))),
        ("{ weibull = { shape = 2, scale = \"1 ms\" } }", built(D::weibull(2.0, 1e6))),
        ("{ pareto = { minimum = \"1 ms\", shape = 1.5 } }", built(D::pareto(1e6, 1.5))),
        (
            "{ hyperexponential = { mean = \"1 ms\", cv = 2 } }",
            built(D::hyperexponential_mean_cv(1e6, 2.0)),
        ),
        (
            "{ hyperexponential = { branches = [[0.25, \"1 ms\"], [0.75, \"2 ms\"]] } }",
            built(D::hyperexponential(vec![(0.25, 1e6), (0.75, 2e6)])),
        ),
        ("{ empirical = [\"1 ms\", \"2 ms\"] }", built(D::empirical(vec![1e6, 2e6]))),
        (
            "{ empirical = { csv = \"v.csv\", column = \"t\" } }",
            built(D::empirical(vec![3e6, 5e9])),
        ),
    ];
    for (text, expected) in cases {
        let set = if text.starts_with('{') { text.to_owned() } else { format!("\"{text}\"") };
        let top = format!("extends = \"w2.toml\"\n[endpoints.a]\nsteps = [{{ cpu = {set} }}]\n");
        let csv = b"a,t\n1,3 ms\n2,5 s\n";
        let files: [(&str, &[u8]); 3] =
            [("d/top.toml", top.as_bytes()), ("d/w2.toml", W2.as_bytes()), ("d/v.csv", csv)];
        let loaded =
            load_with(&files, &[]).unwrap_or_else(|found| panic!("{}", found.render(false)));
        assert_eq!(loaded.scenario.workload.endpoints[0].steps, [Step::Cpu(expected)], "{text}");
    }
}

#[test]
fn the_content_of_a_named_file_is_part_of_the_hash_and_its_path_is_not() {
    let hash = |name: &str, content: &str| {
        let text = W2.replace("rate = \"2000/s\"", &format!("replay = \"{name}\""));
        let files: [(&str, &[u8]); 2] = [("s.toml", text.as_bytes()), (name, content.as_bytes())];
        load_with(&files, &[]).expect("valid").scenario.hash
    };
    assert_eq!(hash("a.csv", "1\n2\n"), hash("b/c.csv", "1\n2\n"));
    assert_ne!(hash("a.csv", "1\n2\n"), hash("a.csv", "1\n3\n"));
}

#[test]
fn a_file_of_nothing_but_faults_is_answered_quickly_and_briefly() {
    let text: String = (0..200_000).map(|index| format!("k{index}=1\n")).collect();
    let found = load_with(&[("s.toml", text.as_bytes())], &[]).expect_err("faults");
    assert!((1..=100).contains(&found.len()), "{}", found.len());
}

fn profile(set: &[(&str, &str)]) -> Vec<(f64, f64)> {
    match accepted(W2, set).workload.users.arrivals {
        Arrivals::Profile { knots } => {
            knots.iter().map(|(at, rate)| (at.as_secs_f64(), *rate)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn patterns_become_knots() {
    assert_eq!(
        profile(&[("users.pattern.spike", "{ at = \"10 s\", for = \"5 s\", factor = 3 }")]),
        [(0.0, 2e3), (10.0, 2e3), (10.0, 6e3), (15.0, 6e3), (15.0, 2e3)]
    );
    assert_eq!(
        profile(&[("users.pattern.ramp", "{ from = 0.5, to = 2, over = \"1 min\" }")]),
        [(0.0, 1e3), (60.0, 4e3)]
    );
    assert_eq!(
        profile(&[(
            "users.pattern.steps",
            "[{ at = \"0 s\", factor = 2 }, { at = \"9 s\", factor = 1 }]"
        )]),
        [(0.0, 4e3), (9.0, 4e3), (9.0, 2e3)]
    );
    let weights = "[0,0,0,0,0,0,0,0,0,0,0,0,12,12,0,0,0,0,0,0,0,0,0,0]";
    let day = profile(&[("users.pattern.hourly", weights), ("users.play", "day")]);
    assert_eq!(day[13], (12.5 * 3600.0, 24e3));
    let window = profile(&[
        ("users.pattern.hourly", weights),
        ("users.play", "{ from = \"12:00\", to = \"13:00\" }"),
    ]);
    assert_eq!(window, [(0.0, 12e3), (1800.0, 24e3), (3600.0, 24e3)]);
    let played = accepted(W2, &[("users.pattern.ramp", "{ to = 2, over = \"1 s\" }")]).run;
    assert_eq!((played.kind, played.warmup), (RunKind::Terminating, Some(Duration::ZERO)));
}

/// Seconds, user, endpoint, bytes.
type Row = (f64, Option<u32>, Option<usize>, Option<u64>);

fn replayed(users: &str, name: &str, content: &str) -> (Loaded, Vec<Row>) {
    let text = W2.replace("rate = \"2000/s\"", users);
    let loaded = load_with(&[("s.toml", text.as_bytes()), (name, content.as_bytes())], &[])
        .unwrap_or_else(|found| panic!("{}", found.render(false)));
    let Arrivals::Replay { requests } = &loaded.scenario.workload.users.arrivals else {
        panic!("a recording")
    };
    let rows = requests
        .iter()
        .map(|one| (one.at.as_nanos() as f64 / 1e9, one.user, one.endpoint, one.bytes));
    let rows = rows.collect();
    (loaded, rows)
}

#[test]
fn recordings_are_read() {
    let csv = "seconds,endpoint,user\n5,b,ann\n4.5,a,bob\n6,,ann\n";
    let (_, rows) = replayed("replay = \"r.csv\"", "r.csv", csv);
    assert_eq!(
        rows,
        [(0.0, Some(1), Some(0), None), (0.5, Some(0), Some(1), None), (1.5, Some(0), None, None)]
    );
    let (_, rows) = replayed("replay = \"r.csv\"", "r.csv", "1\n3\n");
    assert_eq!(rows, [(0.0, None, None, None), (2.0, None, None, None)]);

    let log = "h1 - - [10/Oct/2000:13:55:36 -0700] \"GET /x/1 HTTP/1.0\" 200 2326\n\
               h2 - - [10/Oct/2000:13:55:36 -0700] \"POST /x/2 HTTP/1.0\" 200 -\n\
               h1 - - [10/Oct/2000:20:55:38 +0000] \"GET /y HTTP/1.0\" 200 5 \"ref\" \"agent\"\n\
               h1 - - [10/Oct/2000:20:55:38 +0000] \"GET /z HTTP/1.0\" 200 5\n\
               nonsense\n";
    let urls = "replay_log = \"a.log\"\nurls = { \"/*\" = \"a\", \"/x/*\" = \"b\", \"POST /x/*\" = \"c\", \"/y\" = \"a\" }";
    let urls = urls.replace("\"/*\" = \"a\", ", "");
    let (loaded, rows) = replayed(&urls, "a.log", log);
    assert_eq!(
        rows,
        [
            (0.0, Some(0), Some(1), Some(2326)),
            (0.5, Some(1), Some(2), None),
            (2.0, Some(0), Some(0), Some(5))
        ]
    );
    assert_eq!(loaded.warnings.len(), 1);
    assert!(
        loaded.warnings.render(false).contains("1 lines of the log cannot be read, 1 match no")
    );
    assert_eq!(loaded.scenario.run.kind, RunKind::Terminating);
}

#[test]
fn the_schema_knows_every_table_of_the_full_file() {
    let schema: serde_json::Value =
        serde_json::from_str(&highwater::scenario::json_schema()).expect("JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let table: toml::Table = FULL.parse().expect("TOML");
    for name in table.keys() {
        assert!(schema["properties"][name].is_object(), "{name}");
    }
    assert!(schema["properties"]["queues"].is_object());
    assert!(schema["properties"]["plan"]["properties"]["vary"].is_object());
}

/// One edit of a text: where (as a share of its length), what is taken away,
/// what is put there.
fn edit(text: &str, at: usize, gone: usize, new: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = at % (characters.len() + 1);
    let end = (at + gone).min(characters.len());
    characters[..at]
        .iter()
        .copied()
        .chain(new.chars())
        .chain(characters[end..].iter().copied())
        .collect()
}

fn survives(bytes: &[u8]) {
    match load_with(&[("s.toml", bytes)], &[]) {
        Ok(loaded) => drop(loaded.warnings.render(true)),
        Err(found) => {
            assert!(!found.is_empty());
            let shown = found.render(false);
            for one in &found {
                assert!(one.line >= 1 && one.column >= 1);
                assert!(
                    shown.contains(&format!("{}:{}:{}", one.file, one.line, one.column)),
                    "{shown}"
                );
            }
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        failure_persistence: None, ..proptest::test_runner::Config::with_cases(300)
    })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}=.,\"'\\\\#a-e0-9\n é«-]{0,120}") {
        survives(text.as_bytes());
    }

    #[test]
    fn no_edit_of_a_valid_file_makes_it_panic(
        at in 0_usize..5_000,
        gone in 0_usize..40,
        new in "[\\[\\]{}=.,\"'#a-e0-9\n -]{0,6}",
        again in 0_usize..5_000,
        less in 0_usize..4,
    ) {
        for text in [FULL, FAILURES] {
            survives(edit(&edit(text, at, gone, &new), again, less, "").as_bytes());
        }
    }

    #[test]
    fn no_override_makes_it_panic(key in "[a-z.\"]{0,20}", value in "\\PC{0,20}") {
        let keys = ["run.duration", "endpoints.a", "users", key.as_str()];
        for key in keys {
            if let Err(found) = load_with(&[("s.toml", W2.as_bytes())], &[(key, &value)]) {
                drop(found.render(true));
            }
        }
    }
}
