//! Goal: workers held during database calls let a slow database take the web
//! tier down, to workers ÷ holding time, with 503s and not with silence.
//! Method: constant times, so that the limit is arithmetic.

mod support;

use support::{scenario, summary, value};

const TEXT: &str = r#"
[users]
rate = "300/s"

[datasets.posts]
items = 1000
item_size = "1 KB"

[endpoints.page]
share = 1
steps = [{ cpu = "1 ms" }, { read = "posts" }]

[machines.big]
vcpus = 64

[entry]
to = "services.web"

[services.web]
machine = "big"
instances = 1
workers = 20
queue = 10
public = true
handles = "*"

[databases.main]
holds = "*"
machine = "big"
replicas = 0

[databases.main.costs]
read = { cpu = "READ" }

[run]
duration = "60 s"
warmup = "10 s"
replications = 3
"#;

#[test]
fn a_fast_database_leaves_the_web_tier_alone() {
    let summary = summary(&scenario(&TEXT.replace("READ", "9 ms")));
    assert!((value(&summary.throughput_per_s) - 300.0).abs() < 10.0);
    assert_eq!(summary.requests.failed, []);
}

#[test]
fn a_slow_database_takes_the_web_tier_down() {
    let summary = summary(&scenario(&TEXT.replace("READ", "199 ms")));
    // 20 workers ÷ (1 + 199) ms = 100 requests/s; the CPUs are nearly idle.
    let throughput = value(&summary.throughput_per_s);
    assert!((throughput - 100.0).abs() < 0.5, "{throughput}");
    let rejected = summary.requests.failed.iter().find(|(cause, _)| cause == "rejected");
    let share = rejected.expect("503s").1 as f64 / summary.requests.offered as f64;
    assert!((share - 2.0 / 3.0).abs() < 0.02, "{share}");
    let station = |name: &str| {
        summary.stations.iter().find(|station| station.name == name).expect("a station")
    };
    assert!(value(&station("services.web.workers").utilisation) > 0.999);
    assert!(value(&station("databases.main.cpu").utilisation) < 0.35);
    // Little's law: who waits, waits for the queue before it at 100 a second,
    // and is then held for 200 ms.
    let queue = value(&station("services.web.workers").queue_length_mean);
    let mean = value(&summary.response_time_ms.mean);
    assert!(queue > 8.0 && queue <= 10.0, "{queue}");
    assert!((mean - (200.0 + 10.0 * queue)).abs() < 0.01 * mean, "{mean} with {queue} waiting");
}
