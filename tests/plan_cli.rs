//! Goal: `highwater plan` ends as it is documented, and says what to do next.
//! Method: a small tier, and what comes out on the streams and on disk.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::fs;
use std::path::PathBuf;

const SHOP: &str = r#"
[users]
count = 1000
per_user_per_day = 8640
[endpoints.page]
steps = [{ cpu = { exponential = "20 ms" } }]
[machines.small]
vcpus = 1
scheduling = "fifo"
price = "0.1/h"
[machines.large]
vcpus = 2
scheduling = "fifo"
price = "0.25/h"
[entry]
to = "load_balancers.front"
[load_balancers.front]
public = true
targets = "services.web"
policy = "random"
[services.web]
machine = "small"
instances = 2
[slo]
p99 = "400 ms"
[run]
duration = "60 s"
warmup = "5 s"
[plan.vary]
"services.web.instances" = "1..6"
"#;

struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new(text: &str) -> Self {
        let scratch = Self(tempfile::tempdir().expect("a scratch folder"));
        fs::write(scratch.path("shop.toml"), text).expect("a file");
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn plan(&self, arguments: &[&str]) -> Assert {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("highwater"));
        command
            .current_dir(self.0.path())
            .env("COLUMNS", "80")
            .args(["plan", "shop.toml", "--quiet"])
            .args(arguments);
        command.assert()
    }
}

fn stdout(done: &Assert) -> String {
    String::from_utf8_lossy(&done.get_output().stdout).into_owned()
}

fn stderr(done: &Assert) -> String {
    String::from_utf8_lossy(&done.get_output().stderr).into_owned()
}

/// 100 requests a second of 20 ms need more than two small machines; at three
/// each is busy for 2/3 of the time, and p99 is 4.6 × 60 ms = 276 ms.
#[test]
fn the_cheapest_design_is_found_and_can_be_run() {
    let scratch = Scratch::new(SHOP);
    let done = scratch.plan(&["--png"]).code(0);
    let text = stdout(&done);
    let first = text.replace('\n', " ");
    assert!(
        first.starts_with("✓ The cheapest design that carries 1,000 users is web 3 × small"),
        "{text}"
    );
    assert!(
        text.contains("Next        highwater run shop.toml --set services.web.instances=3"),
        "{text}"
    );
    assert!(text.contains("services.web.cpu cannot carry the load, by law"), "{text}");
    let csv = fs::read_to_string(scratch.path("output/shop-plan/plan.csv")).expect("the table");
    assert_eq!(csv.lines().count(), 7);
    assert!(
        csv.lines().any(|line| line.starts_with("web 3 × small,yes,3,0.3,219,passes,simulation")),
        "{csv}"
    );
    assert!(scratch.path("output/shop-plan/charts/plan.png").exists());
    let again = scratch.plan(&["--threads", "1", "--out", "again"]).code(0);
    assert_eq!(stdout(&again), text);
    for name in ["plan.json", "plan.csv", "charts/plan.svg"] {
        let one = fs::read(scratch.path("output/shop-plan").join(name)).expect("a file");
        assert!(one == fs::read(scratch.path("again").join(name)).expect("a file"), "{name}");
    }
}

#[test]
fn the_command_line_varies_and_asks_for_losses() {
    let scratch = Scratch::new(SHOP);
    let vary =
        ["--vary", "services.web.instances=1..2", "--vary", "services.web.machine=small,large"];
    let done = scratch.plan(&[&vary[..], &["--format", "json", "--no-growth"]].concat()).code(0);
    let plan: serde_json::Value = serde_json::from_str(&stdout(&done)).expect("JSON");
    assert_eq!(plan["outcome"], "found");
    assert_eq!(
        plan["designs"][plan["chosen"].as_u64().expect("a place") as usize]["name"],
        "web 2 × large"
    );
    assert!(plan["growth"].is_null());
    // Nobody survives the loss of all there is.
    let survive = ["--survive", "services.web", "--no-growth", "--set", "slo.availability=0.9"];
    let text = stdout(&scratch.plan(&survive).code(1));
    assert!(text.contains("services.web lost"), "{text}");
    assert!(text.contains("carries 1,000 users with services.web lost"), "{text}");
}

#[test]
fn where_nothing_does_the_nearest_miss_and_what_to_widen_are_told() {
    let scratch = Scratch::new(SHOP);
    let done = scratch.plan(&["--vary", "services.web.instances=1..2"]).code(1);
    let text = stdout(&done);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.starts_with(
            "✗ None of 2 designs carries 1,000 users. The nearest, web 2 × small, will not do"
        ),
        "{text}"
    );
    assert!(flat.contains("widen services.web.instances (now 1 to 2)"), "{text}");
    let done = scratch.plan(&["--set", "slo.p99=\"15 ms\""]).code(1);
    assert!(stdout(&done).contains("cannot meet p99 at any load"), "{}", stdout(&done));
}

/// With a database whose primary nobody replaces.
fn with_database(more: &str) -> String {
    let text = SHOP
        .replace(
            "{ cpu = { exponential = \"20 ms\" } }",
            "{ cpu = { exponential = \"20 ms\" } }, { insert = \"orders\" }",
        )
        .replace(
            "[endpoints.page]",
            "[datasets.orders]\nitems = 1000\nitem_size = \"1 KB\"\n[endpoints.page]",
        )
        .replace("p99 = \"400 ms\"", "p99 = \"400 ms\"\navailability = 0.9");
    format!("{text}[databases.main]\nmachine = \"large\"\n{more}")
}

/// No number of web servers takes the writes of a dead primary: nothing is
/// played to find that out, and the database is what is to be mended.
#[test]
fn a_primary_that_nobody_replaces_is_told_before_anything_is_played() {
    let survive = ["--survive", "one instance", "--no-growth"];
    let fixes = [
        (
            "",
            "reads and writes",
            "databases.main.replicas = 1 or more, and [databases.main.failover]",
        ),
        ("replicas = 2\n", "writes", "add [databases.main.failover]: it promotes a replica"),
    ];
    for (more, what, fix) in fixes {
        let scratch = Scratch::new(&with_database(more));
        let text = stdout(&scratch.plan(&survive).code(1));
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Also of the design with one web server, which lacks that as well.
        let told = format!(
            "✗ None of 6 designs carries 1,000 users with any one instance lost: nobody takes \
             {what} of databases.main with the primary of databases.main lost (100 % of the \
             requests need it)."
        );
        assert!(flat.starts_with(&told), "{text}");
        assert!(flat.contains(fix), "{text}");
        assert!(!flat.contains("widen"), "{text}");
        assert!(flat.contains("6 ruled out by law, 0 played"), "{text}");
        let csv = fs::read_to_string(scratch.path("output/shop-plan/plan.csv")).expect("the table");
        assert!(csv.lines().skip(1).all(|line| line.contains(",rejected,bound,")), "{csv}");
    }
    // Where few enough write, or a replica takes over, it is for the play to say.
    let few = with_database("").replace("[datasets.orders]", "[endpoints.read]\nshare = 0.95\nsteps = [{ cpu = { exponential = \"20 ms\" } }]\n[datasets.orders]").replace("[endpoints.page]", "[endpoints.page]\nshare = 0.05");
    let promoted = "replicas = 1\n[databases.main.failover]\n";
    for text in [few, with_database(promoted)] {
        let scratch = Scratch::new(&text);
        let done = scratch.plan(
            &[&survive[..], &["--replications", "2", "--set", "run.duration=\"8 s\""]].concat(),
        );
        let text = stdout(&done);
        assert!(text.contains(" played") && !text.contains(" 0 played"), "{text}{}", stderr(&done));
        assert!(!text.contains("nobody takes writes"), "{text}");
    }
}

#[test]
fn tables_fit_and_names_stay_apart() {
    let name = "a-service-with-a-long-name";
    let text = SHOP.replace("services.web", &format!("services.{name}"));
    let scratch = Scratch::new(&text);
    let vary = format!("services.{name}.machine=small,large");
    let done = scratch.plan(&["--vary", &vary, "--no-growth"]).code(0);
    let text = stdout(&done);
    let table: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("Design"))
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(table[0].contains("machines/month"), "{text}");
    assert!(table.len() > 4 && table.iter().all(|line| line.chars().count() <= 80), "{text}");
    let names: std::collections::BTreeSet<&str> = table[1..]
        .iter()
        .filter_map(|line| line.get(..line.find("  ".repeat(2).as_str())?))
        .collect();
    assert_eq!(names.len(), table.len() - 1, "{text}");
    assert!(
        text.contains("a month in machines")
            || text.contains("a\nmonth in machines")
            || text.replace("\n  ", " ").contains("a month in machines"),
        "{text}"
    );
}

#[test]
fn an_undecided_cheaper_design_is_told_and_ends_with_three() {
    // The 99th percentile of three small machines is 276 ms.
    let scratch = Scratch::new(&SHOP.replace("400 ms", "276.3 ms"));
    let done = scratch.plan(&["--replications", "5", "--no-growth"]).code(3);
    let text = stdout(&done);
    assert!(text.starts_with("? Undecided: web 3 × small at 219 a month may carry"), "{text}");
    assert!(text.contains("Next        highwater plan shop.toml --replications 20"), "{text}");
}

#[test]
fn what_cannot_be_planned_is_bad_input() {
    let told = |text: &str, arguments: &[&str], words: &str| {
        let scratch = Scratch::new(text);
        let done = scratch.plan(arguments).code(2);
        assert!(stderr(&done).contains(words), "{words} is missing in:\n{}", stderr(&done));
        assert!(!scratch.path("output/shop-plan/plan.json").exists());
    };
    let (slo, plan) = ("[slo]\np99 = \"400 ms\"\n", SHOP.find("[plan").expect("it"));
    told(&SHOP[..plan], &[], "nothing to choose from");
    told(&SHOP.replace(slo, ""), &[], "nothing to hold designs against");
    told(SHOP, &["--vary", "services.web.instnaces=1..2"], "did you mean `instances`?");
    told(SHOP, &["--vary", "services.web.instances=4..2"], "is reversed");
    told(SHOP, &["--vary", "services.web.machine=huge"], "not in [machines]");
    told(SHOP, &["--vary", "services.web.instances"], "there is no `=`");
    told(SHOP, &["--survive", "one zone"], "has no zone");
    let many = ["--vary", "services.web.machine=small,large", "--set", "plan.candidates_max=7"];
    told(SHOP, &many, "12 designs, more than");
    told(SHOP, &["--vary", "services.web.instances=[0]"], "not one design of the plan");
    let range = "--vary services.web.instances: `services.web.instances` is 0; allowed: 1 to 100000; \
                 leave 0 out";
    told(SHOP, &["--vary", "services.web.instances=0..3"], range);
    let file = SHOP.replace("1..6", "0..6");
    told(&file, &[], "shop.toml: plan.vary.\"services.web.instances\": ");
    let event = format!("{SHOP}[events.death]\nat = \"9 s\"\nkill = \"services.web.1\"\n");
    // The file itself has two instances; a design of one cannot lose the second.
    let scratch = Scratch::new(&event);
    let text =
        stdout(&scratch.plan(&["--no-growth"])).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("1 of 6 designs cannot be put together"), "{text}");
}
