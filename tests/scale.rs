//! Goal: both ways of a tier are measured as queueing theory knows them, and
//! what cannot be scaled is refused before anything is played. Method: M/M/1
//! instances, whose capacity is proportional; a catalogue with contention; the
//! program as a script would run it.

mod support;

use assert_cmd::Command;
use highwater::experiment::capacity::CapacityOptions;
use highwater::experiment::run::Silent;
use highwater::experiment::scale::{Plan, ScaleOptions, Scaling, Sizes, scale};
use highwater::experiment::summary::Verdict;
use highwater::report::terminal::{self, Style};
use highwater::report::{ReportOptions, scaling_files};
use highwater::scenario::{Files, Request, Template};
use std::fs;
use std::path::Path;
use support::value;

/// Each request is sent to an instance at random, so that n instances are n
/// M/M/1 with an n-th of the load. A mean of 50 ms at 10 ms of work: at 80 of
/// the 100 requests a second that one can do.
const SITE: &str = r#"
users.rate = "150/s"
endpoints.home = { share = 1, steps = [{ cpu = { exponential = "10 ms" } }] }

[machines]
m1 = { vcpus = 1, price = "1/h", scheduling = "fifo" }
m2 = { vcpus = 2, price = "2/h", scheduling = "fifo", scaling = { contention = 0.1, coherency = 0 } }
m4 = { vcpus = 4, price = "4/h", scheduling = "fifo", scaling = { contention = 0.1, coherency = 0 } }
m8 = { vcpus = 8, price = "8/h", scheduling = "fifo", scaling = { contention = 0.1, coherency = 0 } }
box = { vcpus = 64, price = "9/h" }

[hosts.shared]
machine = "box"

[entry]
to = "load_balancers.public"

[load_balancers.public]
public = true
targets = "services.web"
policy = "random"

[services.web]
machine = "m1"
instances = 2

[slo]
mean = "50 ms"

[run]
duration = "300 s"
warmup = "20 s"
replications = 4
seed = 3
kind = "steady"
"#;

struct Text(String);

impl Files for Text {
    fn read(&self, _path: &Path) -> Result<Vec<u8>, String> {
        Ok(self.0.clone().into_bytes())
    }
}

fn scaled(text: &str, machines: &[&str], most: u32) -> Scaling {
    let files = Text(text.to_owned());
    let request =
        Request { path: Path::new("a.toml"), overrides: &[], users: None, workload_of: None };
    let (template, loaded) =
        Template::open(&files, &request).unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let machines = machines.iter().map(|name| (*name).to_owned()).collect();
    let sizes = Sizes { machines, max_instances: Some(most) };
    let plan = Plan::new(&template, &loaded.scenario, "services.web", &sizes).expect("sizes");
    let capacity = CapacityOptions { tolerance: 0.06, ..CapacityOptions::default() };
    let options = ScaleOptions { capacity, replications: None, progress: &Silent };
    scale(&template, &plan, &options).expect("the audit holds")
}

#[test]
fn instances_of_their_own_carry_in_proportion() {
    let scaling = scaled(SITE, &["m1"], 4);
    assert_eq!(scaling.out.len(), 4);
    for step in &scaling.out {
        let exact = 80.0 * f64::from(step.instances);
        let (low, high) = (step.capacity.low, step.capacity.high.expect("an end"));
        assert!(low <= 1.01 * exact && high >= 0.99 * exact, "{exact}: {:?}", step.capacity);
        assert!(high <= 1.12 * low, "{:?}", step.capacity);
        let carried = exact > 150.0;
        assert_eq!(step.today.verdict == Verdict::Met, carried, "{}", step.name);
    }
    assert_eq!(scaling.cheapest().map(|step| step.instances), Some(2));
    assert!(scaling.out[1].present && !scaling.out[2].present);
    assert_eq!(scaling.verdict(), Verdict::Met);
    is_told_alike_everywhere(&scaling);
}

/// The terminal, the table and the pictures speak of the same steps.
fn is_told_alike_everywhere(scaling: &Scaling) {
    let style = Style { color: false, width: 80, next: Some("highwater run a.toml".to_owned()) };
    let answer = terminal::scaling(scaling, &style);
    assert!(answer.lines().all(|line| line.chars().count() <= 80), "{answer}");
    assert!(answer.contains("Cheapest for today's 150 requests/s: 2 × m1"), "{answer}");
    assert!(answer.contains("machines/month"), "{answer}");
    assert!(answer.contains("tried: m1 carries at least"), "the way up was cut short: {answer}");
    let files = scaling_files(scaling, &ReportOptions::default()).expect("charts");
    let text = |name: &str| {
        let (_, content) = files.iter().find(|(known, _)| known == name).expect(name);
        String::from_utf8(content.clone()).expect("text")
    };
    assert_eq!(text("scale.csv").lines().count(), 1 + scaling.steps().count());
    let json: serde_json::Value = serde_json::from_str(&text("scale.json")).expect("JSON");
    assert_eq!(json["cheapest"], "2 × m1");
    assert_eq!(json["out"][3]["instances"], 4);
    let picture = text("charts/capacity.svg");
    assert!(picture.contains("3 × m1") && !picture.contains("largest there is"));
}

#[test]
fn the_way_up_falls_behind_and_ends_at_the_largest_machine() {
    let scaling = scaled(SITE, &[], 1);
    let names: Vec<&str> = scaling.up.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["m1", "m2", "m4", "m8"], "the family, without the box");
    let per_cpu: Vec<f64> =
        scaling.up.iter().map(|step| step.capacity.value / f64::from(step.vcpus)).collect();
    // A wider M/M/c waits less, but contention takes more than that gives.
    assert!(per_cpu.windows(2).skip(1).all(|pair| pair[1] < 0.95 * pair[0]), "{per_cpu:?}");
    // 8 vCPUs do the work of 8 ÷ (1 + 0.1 · 7) = 4.7.
    let largest = &scaling.up[3].capacity;
    assert!(largest.value < 100.0 * 8.0 / 1.7 && largest.value > 80.0 * 8.0 / 1.7, "{largest:?}");
    let station = largest.gives_way.as_ref().map(|one| one.station.as_str());
    assert_eq!(station, Some("services.web.cpu"));
}

/// Four m1 behind a balancer that deals at random against one m4 without
/// contention, which answers sooner at the same price (Erlang C).
#[test]
fn a_tie_goes_to_the_lower_p99_and_open_verdicts_are_told() {
    let even = SITE.replace("scaling = { contention = 0.1, coherency = 0 } ", "");
    let even = even.replace("scheduling = \"fifo\", }", "scheduling = \"fifo\" }");
    let mut scaling = scaled(&even.replace("150/s", "300/s"), &["m4"], 4);
    let chosen = scaling.cheapest().expect("one carries it");
    assert_eq!(chosen.name, "m4", "{:?}", scaling.out[3].today);
    let said = terminal_text(&scaling);
    assert!(
        said.contains("m4 for 9,490 a month in machines, with a lower p99 than 4 × m1"),
        "{said}"
    );
    // The other way about.
    scaling.up[0].today.p99_ms.value = scaling.out[3].today.p99_ms.value.map(|p99| p99 + 1.0);
    assert_eq!(scaling.cheapest().map(|step| step.name.as_str()), Some("4 × m1"));
    scaling.up[0].one_dead.verdict = Some(Verdict::Met);
    for step in &mut scaling.out {
        step.one_dead.verdict = Some(Verdict::Missed);
    }
    scaling.out[1].one_dead.verdict = Some(Verdict::Undecided);
    let said = terminal_text(&scaling);
    assert!(said.contains("one instance dead: m4"), "{said}");
    assert!(said.contains("undecided for less: 2 × m1"), "{said}");
    scaling.up[0].one_dead.verdict = Some(Verdict::Missed);
    let said = terminal_text(&scaling);
    assert!(said.contains("No step is known to meet the SLO with one instance dead"), "{said}");
    assert!(said.contains("undecided: 2 × m1"), "{said}");
}

/// On one line.
fn terminal_text(scaling: &Scaling) -> String {
    let style = Style { color: false, width: 80, next: None };
    terminal::scaling(scaling, &style).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks fall on 40 s and 80 s; the second that fails does so after a second
/// of silence. From 20 s to 81 s of the window of 280 s the dead instance gets
/// its share, and nobody after that.
#[test]
fn what_is_lost_when_one_dies_is_its_share_until_that_is_noticed() {
    let slow = "policy = \"random\"\nhealth_check = { interval = \"40 s\", timeout = \"1 s\", \
                unhealthy_after = 2, healthy_after = 2 }";
    let text = SITE.replace("150/s", "40/s").replace("policy = \"random\"", slow);
    let scaling = scaled(&text, &["m1"], 4);
    for step in &scaling.out {
        let answered = value(&step.one_dead.answered);
        let exact = match step.instances {
            1 => 0.0,
            several => 1.0 - 61.0 / 280.0 / f64::from(several),
        };
        assert!((answered - exact).abs() < 0.015, "{}: {answered}, not {exact}", step.name);
        assert_eq!(value(&step.today.availability), 1.0, "{} with all alive", step.name);
    }
}

fn run(folder: &Path, line: &str) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("highwater").expect("the program");
    command.current_dir(folder).args(line.split_whitespace()).assert()
}

#[test]
fn what_cannot_be_scaled_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("site.toml"), SITE).expect("written");
    let bare = SITE.split_once("[slo]").expect("the objective");
    let bare = format!("{}{}", bare.0, &bare.1[bare.1.find("[run]").expect("the run")..]);
    fs::write(folder.path().join("bare.toml"), bare).expect("written");
    let shared = SITE.replace("machine = \"m1\"\ninstances = 2", "host = \"shared\"");
    fs::write(folder.path().join("shared.toml"), shared).expect("written");
    let twice: &[&str] = &["--machines: `m2` stands there twice", "once"];
    let wrong: [(&str, &[&str]); 10] = [
        ("site.toml --tier services.web --machines m2,m4,m2", twice),
        ("site.toml --tier services.web --machines m1 --max-instances 1", &["no other size"]),
        ("site.toml --tier services.wep", &["services.wep", "did you mean `services.web`"]),
        ("site.toml --tier web", &["did you mean `services.web`"]),
        ("site.toml --tier load_balancers.public", &["runs on machines", "services.web"]),
        ("site.toml --tier services.web --machines m4,m44", &["`m44`", "did you mean `m4`"]),
        ("site.toml --tier services.web --max-instances 0", &["max-instances"]),
        ("site.toml", &["--tier"]),
        ("bare.toml --tier services.web", &["[slo]"]),
        ("shared.toml --tier services.web", &["hosts.shared"]),
    ];
    for (line, words) in wrong {
        let assert = run(folder.path(), &format!("scale {line}")).code(2);
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        for word in words {
            assert!(said.contains(word), "{line}: no {word:?} in {said}");
        }
    }
    assert!(!folder.path().join("output").exists());
}

#[test]
fn the_exit_code_says_whether_any_step_carries_todays_load() {
    let folder = tempfile::tempdir().expect("a folder");
    let short = SITE.replace("300 s", "60 s");
    fs::write(folder.path().join("site.toml"), short).expect("written");
    let line = "scale site.toml --tier services.web --machines m1 --tolerance 20% --quiet";
    let few = run(folder.path(), &format!("{line} --max-instances 1 --machines m2")).code(0);
    assert!(!few.get_output().stdout.is_empty());
    let json = "--max-instances 2 --set users.rate='\"900/s\"' --format json";
    // The shell's quotes are not part of the value.
    let json = json.replace('\'', "");
    let many = run(folder.path(), &format!("{line} {json}")).code(1);
    let found: serde_json::Value = serde_json::from_slice(&many.get_output().stdout).expect("JSON");
    assert_eq!(found["verdict"], "missed");
    assert_eq!(found["cheapest"], serde_json::Value::Null);
    let names = ["scale.json", "scale.csv", "charts/capacity.svg", "charts/p99.svg"];
    for name in names.iter().chain(&["charts/one-dead.svg", "manifest.json"]) {
        assert!(folder.path().join("output/site-scale").join(name).exists(), "{name}");
    }
}
