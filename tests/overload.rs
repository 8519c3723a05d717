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

/// In the warm-up nothing is measured yet: no figures, but the limit is named.
#[test]
fn a_limit_within_the_warm_up_leaves_no_figures() {
    let text = TEXT.replace("warmup = \"1 s\"", "warmup = \"4000 s\"");
    let summary = summary(&scenario(&text));
    assert!(summary.limit.is_some_and(|limit| limit.contains("services.web.cpu 0")));
    assert_eq!(summary.requests.offered, 0);
    assert_eq!(summary.response_time_ms.p99.value, None);
}

/// Abandoned attempts and branches are bounded like requests.
#[test]
fn a_retry_storm_stops_at_the_limit() {
    let clients = "[clients.eager]\nshare = 1\ntimeout = \"1 ms\"\n\
                   retries = { attempts = 255, backoff = \"0 s\" }\n[endpoints.page]";
    let steps = "steps = [{ wait = \"1000 s\" }]";
    let text = TEXT.replace("[endpoints.page]", clients);
    let text = text.replace("steps = [{ cpu = \"0.1 ms\" }]", steps);
    let limit = summary(&scenario(&text)).limit.expect("a limit strikes");
    assert!(limit.contains("jobs at once"), "{limit}");
}

/// What had not finished bounds a quantile by its age, not by the longest that
/// had: 99.5 % take 4 s, whatever the few that take 12 s.
#[test]
fn a_bound_is_never_longer_than_the_truth() {
    let text = r#"
[users]
interarrival = "10 ms"
[endpoints.usual]
share = 995
steps = [{ wait = "4 s" }]
[endpoints.slow]
share = 5
steps = [{ wait = "12 s" }]
[machines.one]
vcpus = 1
[entry]
to = "services.web"
[services.web]
machine = "one"
instances = 1
public = true
handles = "*"
[run]
duration = "20 s"
warmup = "0 s"
drain = "3 s"
replications = 1
"#;
    let p95 = summary(&scenario(text)).response_time_ms.p95;
    assert!(p95.at_least, "{p95:?}");
    assert!(p95.value.expect("a bound") <= 4_002.0, "{p95:?}");
}
