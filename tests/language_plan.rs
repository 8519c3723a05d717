//! Goal: `[plan]` means what it says, is answered with its faults at their
//! place, all at once, and changes nothing of a run. Method: a small scenario
//! with one piece exchanged; `«` marks where the fault must be reported.

#[path = "language/exchange.rs"]
mod exchange;

use exchange::{check, found};
use highwater::scenario::model::{Component, Loss, Plan, Scenario, Target};
use highwater::scenario::{Files, Request, load};
use std::path::Path;

const PLAN: &str = r#"
[users]
rate = "100/s"
[clients.browser]
share = 1
timeout = "5 s"
[datasets.posts]
items = 1000
item_size = "1 KB"
[endpoints.page]
steps = [{ cpu = "5 ms" }, { read = "posts" }]
[machines.c2]
vcpus = 2
memory = "4 GB"
price = "0.1/h"
[machines.c4]
vcpus = 4
memory = "8 GB"
price = "0.2/h"
[entry]
to = "load_balancers.front"
[load_balancers.front]
public = true
targets = "services.web"
[services.web]
machine = "c4"
instances = 4
zones = ["a", "b"]
[caches.objects]
holds = "*"
machine = "c4"
memory = "1 GB"
[databases.main]
holds = "*"
machine = "c4"
replicas = 1
zones = ["a", "b"]
[slo]
p99 = "50 ms"
[plan]
survive = ["one zone", "services.web.3"]
[plan.vary]
"services.web.instances" = "2..8:3"
"services.web.machine" = ["c2", "c4"]
"databases.main.replicas" = [1, 3]
"caches.objects.memory" = ["1 GB", "2 GB"]
"clients.browser.timeout" = ["2 s", "5 s"]
[run]
duration = "20 s"
"#;

struct One<'a>(&'a str);

impl Files for One<'_> {
    fn read(&self, _path: &Path) -> Result<Vec<u8>, String> {
        Ok(self.0.as_bytes().to_vec())
    }
}

fn accepted(text: &str, set: &[(&str, &str)]) -> Scenario {
    let overrides: Vec<(String, String)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let path = Path::new("s.toml");
    let request = Request { path, overrides: &overrides, users: None, workload_of: None };
    let loaded = load(&One(text), &request);
    loaded.unwrap_or_else(|wrong| panic!("{}", wrong.render(false))).scenario
}

fn plan(set: &[(&str, &str)]) -> Plan {
    accepted(PLAN, set).plan.expect("a plan")
}

fn values(plan: &Plan, key: &str) -> Vec<String> {
    let found = plan.vary.iter().find(|dimension| dimension.key == key);
    found.expect("a key that varies").values.clone()
}

#[test]
fn a_plan_is_what_it_says() {
    let plan = plan(&[]);
    assert_eq!(plan.designs(), 3 * 2 * 2 * 2 * 2);
    assert_eq!(values(&plan, "services.web.instances"), ["2", "5", "8"]);
    assert_eq!(values(&plan, "services.web.machine"), ["\"c2\"", "\"c4\""]);
    assert_eq!(values(&plan, "caches.objects.memory"), ["\"1 GB\"", "\"2 GB\""]);
    let target = Target::Instance(Component::Service(0), 3);
    let named = Loss::Named { name: "services.web.3".to_owned(), target };
    assert_eq!(plan.survive, [Loss::OneZone, named]);
    assert_eq!(
        accepted(&PLAN.replace("[plan.vary]", "[plan.vary.dns]\n[plan.vary]"), &[]).plan,
        Some(plan)
    );
}

#[test]
fn the_command_line_adds_and_replaces() {
    let plan = plan(&[
        ("plan.vary.\"services.web.instances\"", "3..4"),
        ("plan.vary.\"databases.main.machine\"", "[\"c4\"]"),
        ("plan.survive", "one instance"),
    ]);
    assert_eq!(values(&plan, "services.web.instances"), ["3", "4"]);
    assert_eq!(values(&plan, "databases.main.machine"), ["\"c4\""]);
    assert_eq!(plan.vary.len(), 6);
    assert_eq!(plan.survive, [Loss::OneInstance]);
    // Without quotes the path nests, and means the same.
    let nested = accepted(
        &PLAN.replace("\"databases.main.replicas\" = [1, 3]", "databases.main.replicas = \"0..2\""),
        &[],
    );
    assert_eq!(values(&nested.plan.expect("a plan"), "databases.main.replicas"), ["0", "1", "2"]);
}

#[test]
fn a_plan_changes_nothing_of_a_run() {
    let (begin, end) = (PLAN.find("[plan]").expect("it"), PLAN.find("[run]").expect("it"));
    let without = format!("{}{}", &PLAN[..begin], &PLAN[end..]);
    let (with, without) = (accepted(PLAN, &[]), accepted(&without, &[]));
    assert_eq!(with.hash, without.hash);
    assert_eq!(without.plan, None);
    assert_eq!(Scenario { plan: None, ..with }, without);
}

const INSTANCES: &str = "\"services.web.instances\" = \"2..8:3\"";
const MACHINE: &str = "[\"c2\", \"c4\"]";
const SURVIVE: &str = "[\"one zone\", \"services.web.3\"]";

#[rustfmt::skip]
const FAULTS: &[(&str, &str, &str)] = &[
    // Keys.
    (INSTANCES, "«\"services.web.instnaces\" = \"2..8\"", "E201"),
    (INSTANCES, "«\"services.wbe.instances\" = \"2..8\"", "E201"),
    (INSTANCES, "«\"servics.web.instances\" = \"2..8\"", "E201"),
    (INSTANCES, "«\"services.web\" = \"2..8\"", "E201"),
    (INSTANCES, "«\"services\" = \"2..8\"", "E201"),
    (INSTANCES, "«\"services.web.instances.more\" = \"2..8\"", "E201"),
    (INSTANCES, "«\"users.count\" = \"2..8\"", "E109"),
    (INSTANCES, "«\"slo.p99\" = [\"1 s\"]", "E109"),
    (INSTANCES, "«\"load_balancers.front.zone\" = [\"a\"]", "E109"),
    (INSTANCES, "«\"databases.main.shards\" = [1]", "E201"),
    (INSTANCES, "\"services.web.instances\" = \"2..8:3\"\nservices.web.«instances = \"2..3\"", "E109"),
    // Ranges.
    (INSTANCES, "\"services.web.instances\" = «\"8..2\"", "E105"),
    (INSTANCES, "\"services.web.instances\" = «\"2..8:0\"", "E105"),
    (INSTANCES, "\"services.web.instances\" = «\"2-8\"", "E103"),
    (INSTANCES, "\"services.web.instances\" = «4", "E103"),
    (INSTANCES, "\"services.web.instances\" = «\"1..99999999\"", "E105"),
    (INSTANCES, "\"services.web.instances\" = [2, «\"four\"]", "E103"),
    (INSTANCES, "\"services.web.instances\" = [2, «-4]", "E105"),
    // Lists.
    (MACHINE, "«[]", "E105"),
    (MACHINE, "[\"c2\", «\"c2\"]", "E105"),
    (MACHINE, "[\"c2\", «\"c8\"]", "E201"),
    (MACHINE, "«\"c2..c4\"", "E103"),
    ("[\"1 GB\", \"2 GB\"]", "[\"1 GB\", «\"2\"]", "E104"),
    ("[\"2 s\", \"5 s\"]", "[\"2 s\", «\"5 GB\"]", "E104"),
    // The whole.
    ("[plan.vary]", "candidates_max = 47\n«[plan.vary]", "E105"),
    ("survive =", "«survives =", "E101"),
    // Losses.
    (SURVIVE, "«\"two zones\"", "E106"),
    (SURVIVE, "[«\"services.web.4\"]", "E201"),
    (SURVIVE, "[«\"zones.c\"]", "E201"),
    (SURVIVE, "«\"one region\"", "E312"),
    (SURVIVE, "«3", "E103"),
];

#[test]
fn every_fault_is_reported_at_its_place() {
    let wrong: Vec<String> =
        FAULTS.iter().filter_map(|(old, new, code)| check(PLAN, old, new, code)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}

#[test]
fn all_faults_are_reported_at_once() {
    let text = PLAN
        .replace(
            INSTANCES,
            "\"services.web.instances\" = \"8..2\"\n\"services.wbe.machine\" = [\"c2\"]",
        )
        .replace(MACHINE, "[\"c9\"]")
        .replace(SURVIVE, "\"one zoo\"");
    let codes: Vec<&str> = found(text.as_bytes()).iter().map(|one| one.code).collect();
    assert_eq!(codes, ["E105", "E201", "E201", "E106"]);
    let shown = found(text.as_bytes()).render(false);
    for help in ["there is: web", "write \"2..8\"", "there is: c2, c4"] {
        assert!(shown.contains(help), "{help} is missing in:\n{shown}");
    }
}

#[test]
fn a_zone_cannot_be_lost_where_there_is_none() {
    let text = PLAN.replace("zones = [\"a\", \"b\"]\n", "");
    let shown = found(text.as_bytes()).render(false);
    assert!(shown.contains("E312") && shown.contains("has no zone"), "{shown}");
    // Unless designs bring them.
    let text =
        text.replace("[plan.vary]", "[plan.vary]\n\"services.web.zones\" = [[\"a\", \"b\"]]");
    assert!(found(text.as_bytes()).render(false).is_empty());
}
