//! Goal: departures are exact to the nanosecond. Method: arrivals at fixed
//! instants with fixed demands, traced by hand; each request is an endpoint of
//! its own, so that its mean response time is its response time.

mod support;

use support::{endpoint_nanos, scenario_with, summary};

/// One endpoint per request: (arrival in seconds, CPU demand).
fn traced(requests: &[(&str, &str)], machine: &str, service: &str) -> String {
    let endpoints: String = requests
        .iter()
        .enumerate()
        .map(|(number, (_, demand))| {
            format!("[endpoints.r{number}]\nshare = 1\nsteps = [{{ cpu = \"{demand}\" }}]\n")
        })
        .collect();
    format!(
        "[users]\nreplay = \"arrivals.csv\"\n{endpoints}\n[machines.m]\n{machine}\n\
         [entry]\nto = \"services.web\"\n[services.web]\nmachine = \"m\"\ninstances = 1\n\
         public = true\nhandles = \"*\"\n{service}\n[run]\nduration = \"1 s\"\nreplications = 1\n"
    )
}

fn arrivals(requests: &[(&str, &str)]) -> String {
    let rows = requests.iter().enumerate().map(|(number, (at, _))| format!("{at},r{number}\n"));
    format!("time_s,endpoint\n{}", rows.collect::<String>())
}

fn response_times(requests: &[(&str, &str)], machine: &str, service: &str) -> Vec<u64> {
    let text = traced(requests, machine, service);
    let csv = arrivals(requests);
    let summary = summary(&scenario_with(&text, &[("arrivals.csv", &csv)]));
    (0..requests.len()).map(|number| endpoint_nanos(&summary, &format!("r{number}"))).collect()
}

/// | at ms | demand | starts | leaves | response |
/// |---|---|---|---|---|
/// | 0 | 10 | 0 | 10 | 10 |
/// | 2 | 5 | 2 | 7 | 5 |
/// | 3 | 4 | 7 | 11 | 8 |
/// | 4 | 1 | 10 | 11 | 7 |
#[test]
fn first_come_first_served_on_two_vcpus() {
    let requests = [("0", "10 ms"), ("0.002", "5 ms"), ("0.003", "4 ms"), ("0.004", "1 ms")];
    let times = response_times(&requests, "vcpus = 2\nscheduling = \"fifo\"", "");
    assert_eq!(times, [10_000_000, 5_000_000, 8_000_000, 7_000_000]);
}

/// One vCPU. From 0 to 1 ms the first runs alone: 3 ms are left. From 1 ms two
/// share: the second's 2 ms last until 5 ms, when the first has 1 ms left,
/// which it does alone until 6 ms.
#[test]
fn processor_sharing_on_one_vcpu() {
    let requests = [("0", "4 ms"), ("0.001", "2 ms")];
    let times = response_times(&requests, "vcpus = 1", "");
    assert_eq!(times, [6_000_000, 4_000_000]);
}

/// Four vCPUs do not make a lone request faster, and three jobs do not hinder
/// each other.
#[test]
fn more_vcpus_than_jobs() {
    let requests = [("0", "8 ms"), ("0.001", "8 ms"), ("0.002", "8 ms")];
    let times = response_times(&requests, "vcpus = 4", "");
    assert_eq!(times, [8_000_000; 3]);
}

/// One worker, one waiting place: the second waits 9 ms, the third finds the
/// place taken and is rejected, the fourth comes after the first has left.
#[test]
fn a_bounded_queue_rejects_the_third() {
    let requests = [("0", "10 ms"), ("0.001", "3 ms"), ("0.002", "1 ms"), ("0.011", "2 ms")];
    let machine = "vcpus = 1\nscheduling = \"fifo\"";
    let text = traced(&requests, machine, "workers = 1\nqueue = 1");
    let csv = arrivals(&requests);
    let summary = summary(&scenario_with(&text, &[("arrivals.csv", &csv)]));
    assert_eq!(endpoint_nanos(&summary, "r0"), 10_000_000);
    assert_eq!(endpoint_nanos(&summary, "r1"), 12_000_000);
    assert_eq!(endpoint_nanos(&summary, "r3"), 4_000_000);
    assert_eq!(summary.requests.failed, [("rejected".to_owned(), 1)]);
    assert_eq!((summary.requests.offered, summary.requests.answered), (4, 3));
}

/// Patience of 5 ms in the queue: the second leaves it before its turn.
#[test]
fn patience_ends_in_the_queue() {
    let requests = [("0", "10 ms"), ("0.001", "3 ms"), ("0.007", "1 ms")];
    let machine = "vcpus = 1\nscheduling = \"fifo\"";
    let text = traced(&requests, machine, "workers = 1\nqueue_deadline = \"5 ms\"");
    let csv = arrivals(&requests);
    let summary = summary(&scenario_with(&text, &[("arrivals.csv", &csv)]));
    assert_eq!(endpoint_nanos(&summary, "r0"), 10_000_000);
    assert_eq!(endpoint_nanos(&summary, "r2"), 4_000_000);
    assert_eq!(summary.requests.failed, [("queue_deadline".to_owned(), 1)]);
}
