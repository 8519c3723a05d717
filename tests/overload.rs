//! Goal: load beyond capacity ends at a limit that counts, names the queue that
//! grows, and never looks fast. Method: twice the capacity, asked for 10⁸
//! arrivals.

mod support;

use support::{scenario, summary};

const TEXT: &str = r#"
[users]
rate = "20000/s"
[endpoints.page]
share = 1
steps = [{ cpu = "0.1 ms" }]
[machines.one]
vcpus = 1
scheduling = "fifo"
[entry]
to = "services.web"
[services.web]
machine = "one"
instances = 1
public = true
handles = "*"
[slo]
p99 = "100 ms"
[run]
duration = "5000 s"
warmup = "1 s"
replications = 1
kind = "steady"
in_flight = 50_000
"#;

#[test]
fn twice_the_capacity_stops_at_the_limit() {
    let summary = summary(&scenario(TEXT));
    let limit = summary.limit.expect("a limit strikes");
    assert!(limit.contains("the queue of services.web.cpu 0 grew to"), "{limit}");
    assert!(limit.contains("50001 requests in flight"), "{limit}");
    assert!(summary.unstable.iter().any(|station| station.starts_with("services.web.cpu")));
    // 10,000 a second too many: the limit strikes after five seconds.
    assert!(summary.requests.offered < 200_000, "{}", summary.requests.offered);
    assert!(summary.requests.in_flight > 30_000, "{}", summary.requests.in_flight);
    let p99 = summary.response_time_ms.p99;
    assert!(p99.at_least && p99.low.is_none(), "{p99:?}");
    assert!(summary.throughput_per_s.value.expect("a rate") < 10_100.0);
}
