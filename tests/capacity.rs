//! Goal: the high-water mark is the one that theory knows, and the command
//! keeps its contract. Method: an objective is set to what theory says of one
//! load, so that this load is the mark, and the interval that is found must
//! hold it, seed by seed; the program is run as a script would.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use highwater::experiment::capacity::{Capacity, CapacityFailure, CapacityOptions, Unit, capacity};
use highwater::experiment::summary::Verdict;
use highwater::kernel::math;
use highwater::scenario::{Files, Request, Template};
use std::fs;
use std::path::{Path, PathBuf};

struct Text(String);

impl Files for Text {
    fn read(&self, _path: &Path) -> Result<Vec<u8>, String> {
        Ok(self.0.clone().into_bytes())
    }
}

fn found(
    text: &str,
    set: &[(&str, String)],
    options: &CapacityOptions<'_>,
) -> Result<Capacity, CapacityFailure> {
    let files = Text(text.to_owned());
    let overrides: Vec<_> =
        set.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let request = Request {
        path: Path::new("scenario.toml"),
        overrides: &overrides,
        users: None,
        workload_of: None,
    };
    let (template, _) = Template::open(&files, &request).expect("a valid scenario");
    capacity(&template, options)
}

/// P(T > t) of M/M/c (Gross & Harris, *Fundamentals of Queueing Theory*,
/// section 2.3): a service, and with probability C an exponential wait before.
fn sojourn_beyond(servers: u32, arrival: f64, service: f64, t: f64) -> f64 {
    let wait = erlang_c(servers, arrival / service);
    let drain = f64::from(servers) * service - arrival;
    let after_wait =
        (drain * math::exp(-service * t) - service * math::exp(-drain * t)) / (drain - service);
    (1.0 - wait) * math::exp(-service * t) + wait * after_wait
}

fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = (1..=servers).fold(1.0, |b, n| load * b / (f64::from(n) + load * b));
    let busy = load / f64::from(servers);
    blocked / (1.0 - busy * (1.0 - blocked))
}

fn sojourn_quantile(servers: u32, arrival: f64, service: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1_000.0 / service);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        match sojourn_beyond(servers, arrival, service, middle) > 1.0 - p {
            true => low = middle,
            false => high = middle,
        }
    }
    high
}

/// Mean response time of the closed network with N users, by exact mean value
/// analysis (Reiser & Lavenberg 1980).
fn mva(users: u64, think: f64, demands: &[f64]) -> f64 {
    let mut queues = vec![0.0; demands.len()];
    let mut response = 0.0;
    for n in 1..=users {
        let sojourns: Vec<f64> =
            demands.iter().zip(&queues).map(|(demand, queue)| demand * (1.0 + queue)).collect();
        response = sojourns.iter().sum();
        let throughput = n as f64 / (think + response);
        queues = sojourns.iter().map(|sojourn| throughput * sojourn).collect();
    }
    response
}

#[test]
fn the_formulas_agree_with_the_reference_scenarios() {
    assert!((1e3 * sojourn_quantile(4, 320.0, 100.0, 0.99) - 68.932_037_488_8).abs() < 1e-6);
    assert!((mva(12, 100.0, &[8.0, 5.0, 6.0]) - 38.641_359_234).abs() < 1e-6);
}

const MMC: &str = include_str!("../scenarios/reference/mmc.toml");
const CLOSED: &str = include_str!("../scenarios/reference/closed-mva.toml");

#[test]
fn the_rate_at_which_a_multi_server_queue_reaches_its_p99() {
    let mark = 350.0;
    let limit = format!("\"{} ms\"", 1e3 * sojourn_quantile(4, mark, 100.0, 0.99));
    let set = [
        ("slo.p99", limit),
        ("run.duration", "\"320 s\"".to_owned()),
        ("users.rate", "\"200/s\"".to_owned()),
    ];
    for seed in [1, 2, 3] {
        let options = CapacityOptions { seed: Some(seed), tolerance: 0.04, ..Default::default() };
        let found = found(MMC, &set, &options).expect("a mark");
        assert_eq!(found.unit, Unit::RequestsPerS);
        let high = found.high.expect("bounded");
        assert!(
            found.low <= mark && mark <= high,
            "seed {seed}: {} to {high} does not hold {mark}",
            found.low
        );
        assert!(found.low < high && found.low >= 300.0 && high <= 400.0, "{} {high}", found.low);
        assert_eq!(found.today_verdict, Verdict::Met);
        let first = found.gives_way.expect("a bottleneck");
        assert_eq!(first.station, "services.web.cpu");
        assert!((first.utilisation.expect("a CPU") - found.low / 400.0).abs() < 0.01);
    }
}

#[test]
fn the_rate_at_which_a_multi_server_queue_reaches_its_mean() {
    let mark = 340.0;
    let wait = erlang_c(4, mark / 100.0) / (400.0 - mark);
    let set = [
        ("slo.mean", format!("\"{} ms\"", 1e3 * (0.01 + wait))),
        ("run.duration", "\"320 s\"".to_owned()),
    ];
    for seed in [1, 2, 3] {
        let options = CapacityOptions { seed: Some(seed), ..Default::default() };
        let found = found(MMC, &set, &options).expect("a mark");
        let high = found.high.expect("bounded");
        assert!(found.low <= mark && mark <= high, "seed {seed}: {} to {high}", found.low);
    }
}

#[test]
fn the_most_users_of_a_closed_network() {
    let think_and_demands = (100.0, [8.0, 5.0, 6.0]);
    let response = |users| mva(users, think_and_demands.0, &think_and_demands.1);
    let mark = 21;
    let limit = (response(mark) + response(mark + 1)) / 2.0;
    let set = [("slo.mean", format!("\"{limit} ms\"")), ("run.duration", "\"220 s\"".to_owned())];
    for seed in [1, 2, 3] {
        let options = CapacityOptions { seed: Some(seed), ..Default::default() };
        let found = found(CLOSED, &set, &options).expect("a mark");
        assert_eq!(found.unit, Unit::Users);
        let high = found.high.expect("bounded");
        let mark = mark as f64;
        assert!(found.low <= mark && mark < high, "seed {seed}: {} to {high}", found.low);
        assert!(high - found.low <= 2.0, "seed {seed}: {} to {high}", found.low);
    }
}

#[test]
fn what_the_utilisation_law_excludes_is_not_played() {
    let set = [
        ("slo.p99", "\"1 s\"".to_owned()),
        ("users.rate", "\"4000/s\"".to_owned()),
        ("run.duration", "\"60 s\"".to_owned()),
        ("run.warmup", "\"5 s\"".to_owned()),
    ];
    let found = found(MMC, &set, &CapacityOptions::default()).expect("a mark");
    assert_eq!(found.today_verdict, Verdict::Missed);
    let excluded: Vec<_> = found.probes.iter().filter(|probe| !probe.simulated).collect();
    assert_eq!(excluded.len(), 1);
    assert!((excluded[0].load - 400.0).abs() < 0.1, "{}", excluded[0].load);
    assert!(found.probes.iter().all(|probe| !probe.simulated || probe.load < 400.1));
}

/// Two vCPUs of which a request holds one for 2 ms: 1,000 requests a second
/// are all that can be.
const SMALL: &str = r#"
title = "A small shop"

[users]
count = 1_000
per_user_per_day = 8_640

[endpoints.home]
share = 1
steps = [ { cpu = { exponential = "2 ms" } } ]

[machines.small]
vcpus = 2
memory = "4 GB"
price = "0.10/h"

[entry]
to = "services.web"

[services.web]
machine = "small"
instances = 1
public = true

[slo]
p99 = "50 ms"
availability = 0.999

[run]
duration = "100 s"
warmup = "5 s"
seed = 7
"#;

struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        scratch.write("small.toml", SMALL);
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }

    /// `~` stands for a space within an argument.
    fn run(&self, line: &str) -> Assert {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("highwater"));
        command
            .current_dir(self.folder.path())
            .env("COLUMNS", "80")
            .args(line.split_whitespace().map(|word| word.replace('~', " ")));
        command.timeout(std::time::Duration::from_secs(300)).assert()
    }

    fn stdout(assert: &Assert) -> String {
        String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
    }

    fn stderr(assert: &Assert) -> String {
        String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
    }
}

#[test]
fn a_mark_is_said_in_words_and_files() {
    let scratch = Scratch::new();
    let assert = scratch.run("capacity small.toml --tolerance 5% --out out").code(0);
    let text = Scratch::stdout(&assert);
    let first = text.split("\n\n").next().unwrap().replace('\n', " ");
    assert!(first.starts_with("A small shop carries at least 8"), "{first}");
    assert!(first.contains("services.web.cpu gives way first"), "{first}");
    assert!(text.contains("✓ today's 1,000 users are inside the SLO"), "{text}");
    for file in ["capacity.json", "capacity.csv", "charts/capacity.svg", "manifest.json"] {
        assert!(scratch.path("out").join(file).exists(), "{file}");
    }
    let json = fs::read_to_string(scratch.path("out/capacity.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let (low, high) = (json["low"].as_f64().unwrap(), json["high"].as_f64().unwrap());
    assert!((8_000.0..9_000.0).contains(&low) && low < high && high <= low * 1.05);
    assert!(json["sentence"].as_str().unwrap().contains("A small shop"));
    // What is said, what it costs and what gives way are those of one load.
    assert_eq!(json["value"], json["low"]);
    assert_eq!(json["headroom"].as_f64().unwrap(), low / 1_000.0 - 1.0);
    let probes = json["probes"].as_array().unwrap();
    let at_mark = probes.iter().find(|probe| probe["load"] == json["value"]).unwrap();
    assert_eq!(json["cost_per_hour"], at_mark["cost_per_hour"]);
    let digits: String = first["A small shop carries at least ".len()..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == ',')
        .filter(|c| *c != ',')
        .collect();
    assert_eq!(digits.parse::<f64>().unwrap(), low, "{first}");
    assert!(text.contains("what is paid by use"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let scratch = Scratch::new();
    for threads in ["1", "2", "3"] {
        let line = format!(
            "capacity small.toml --tolerance 5% --threads {threads} --out out{threads} --quiet"
        );
        scratch.run(&line).code(0);
    }
    for file in ["capacity.json", "capacity.csv", "charts/capacity.svg"] {
        let of =
            |threads: &str| fs::read(scratch.path(&format!("out{threads}")).join(file)).unwrap();
        assert!(of("1") == of("2") && of("1") == of("3"), "{file}");
    }
}

#[test]
fn exit_codes_say_where_today_stands() {
    let scratch = Scratch::new();
    scratch.run("capacity small.toml --users 2000 --tolerance 5% --quiet").code(0);
    let above = scratch.run("capacity small.toml --users 20000 --tolerance 5% --quiet").code(1);
    assert!(Scratch::stdout(&above).contains("above the mark"));
    let never = scratch.run("capacity small.toml --set slo.p99=\"1~ms\" --quiet").code(1);
    let text = Scratch::stdout(&never).replace('\n', " ");
    assert!(text.contains("carries nobody inside its SLO"), "{text}");
    assert!(text.contains("p99 is") && text.contains("more machines will not help"), "{text}");
}

#[test]
fn a_rate_has_its_mark_in_requests_per_second() {
    let scratch = Scratch::new();
    scratch.write(
        "rate.toml",
        &SMALL.replace("count = 1_000\nper_user_per_day = 8_640", "rate = \"100/s\""),
    );
    let assert = scratch.run("capacity rate.toml --tolerance 5% --quiet").code(0);
    let text = Scratch::stdout(&assert).replace('\n', " ");
    assert!(text.contains(" requests/s inside its SLO (the mark lies in "), "{text}");
    assert!(text.contains("times today's 100"), "{text}");
}

#[test]
fn what_has_no_mark_is_refused_before_anything_is_played() {
    let scratch = Scratch::new();
    let (head, tail) = SMALL.split_once("[slo]").unwrap();
    let (_, run) = tail.split_once("[run]").unwrap();
    scratch.write("aimless.toml", &format!("{head}[run]{run}"));
    let aimless = scratch.run("capacity aimless.toml").code(2);
    assert!(Scratch::stderr(&aimless).contains("[slo]\np99 = \"500 ms\""));
    assert!(!scratch.path("output").exists(), "nothing is written");
    scratch.write("log.csv", "time_s\n0.0\n0.5\n1.0\n");
    scratch.write(
        "replay.toml",
        &SMALL.replace("count = 1_000\nper_user_per_day = 8_640", "replay = \"log.csv\""),
    );
    let replay = scratch.run("capacity replay.toml").code(2);
    assert!(Scratch::stderr(&replay).contains("recording"), "{}", Scratch::stderr(&replay));
    for wrong in [
        "capacity",
        "capacity missing.toml",
        "capacity small.toml --tolerance 0%",
        "capacity small.toml --tolerance many",
        "capacity small.toml --tolerance 5",
        "capacity small.toml --through .",
        "capacity small.toml --replications 1",
        "capacity small.toml --set services.web.instances=0",
        "capacity --through .",
        "capacity --through missing",
    ] {
        scratch.run(wrong).code(2);
    }
}

#[test]
fn a_path_of_designs_loses_no_stage() {
    let scratch = Scratch::new();
    scratch.write("path/01-one.toml", SMALL);
    scratch.write("path/02-two.toml", &SMALL.replace("instances = 1", "instances = 2"));
    let (head, tail) = SMALL.split_once("[slo]").unwrap();
    let (_, run) = tail.split_once("[run]").unwrap();
    scratch.write("path/03-aimless.toml", &format!("{head}[run]{run}"));
    scratch.write("path/notes.toml", "not a stage");
    let assert = scratch.run("capacity --through path --quiet --out out").code(3);
    let text = Scratch::stdout(&assert);
    assert!(text.starts_with("From at least 8,"), "{text}");
    let table: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("Stage")).collect();
    assert!(table[0].contains(" up to ") && table[1].contains(" %"), "{text}");
    assert!(text.contains("! 03-aimless: the scenario has no [slo]"), "{text}");
    let csv = fs::read_to_string(scratch.path("out/growth.csv")).unwrap();
    let marks: Vec<f64> =
        csv.lines().skip(1).filter_map(|line| line.split(',').nth(4)?.parse().ok()).collect();
    assert_eq!(marks.len(), 2, "{csv}");
    assert!((marks[1] / marks[0] - 2.0).abs() < 0.1, "twice the machines, twice the users: {csv}");
    assert!(csv.lines().last().unwrap().starts_with("03-aimless,A small shop,,"), "{csv}");
    assert!(scratch.path("out/charts/growth.svg").exists());
}

/// Two replications of a short run, asked for a part in a thousand.
#[test]
fn a_path_that_ends_undecided_says_why() {
    let scratch = Scratch::new();
    let short = SMALL.replace("100 s", "8 s").replace("5 s\"", "1 s\"");
    scratch.write("path/01-one.toml", &short);
    let line = "capacity --through path --quiet --tolerance 0.1% --replications 2 --out out";
    let text = Scratch::stdout(&scratch.run(line).code(3)).replace("\n  ", " ");
    assert!(text.contains("? 01-one: ") && text.contains("(exit code 3)"), "{text}");
}

/// Without a given warm-up, near saturation, a run of 1.5 s has none that ends.
#[test]
fn a_run_too_short_for_its_warmup_is_told_in_the_table() {
    let scratch = Scratch::new();
    let short = SMALL.replace("duration = \"100 s\"\nwarmup = \"5 s\"", "duration = \"1.5 s\"");
    scratch.write("short.toml", &short);
    let line = "capacity short.toml --quiet --users 8300 --tolerance 5%";
    let assert = scratch.run(line);
    let text = Scratch::stdout(&assert).replace("\n  ", " ");
    assert!(text.contains("? undecided at "), "{text}");
    assert!(text.contains("too short for its warm-up"), "{text}");
}

#[test]
fn the_help_tells_the_exit_codes() {
    let scratch = Scratch::new();
    for command in ["capacity", "scale", "plan"] {
        let text = Scratch::stdout(&scratch.run(&format!("{command} --help")).code(0));
        assert!(text.contains("Exit codes: 0 "), "{text}");
        assert!(text.contains("else as for every command"), "{text}");
    }
}

#[test]
fn scripted_failures_can_be_left_out() {
    let event = "[events.death]\nat = \"20 s\"\nkill = \"services.web\"\n\n[run]";
    let text = SMALL.replace("[run]", event);
    let through = found(&text, &[], &CapacityOptions::default()).expect("an answer");
    assert_eq!(through.low, 0.0, "half of the time there is no server");
    assert!(!through.without_events);
    let options = CapacityOptions { without_events: true, ..Default::default() };
    let without = found(&text, &[], &options).expect("a mark");
    assert!(without.low > 7_000.0 && without.without_events);
}
