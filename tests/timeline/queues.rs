//! Messages that are done in time, late, by the dead, or not at all.

use crate::course::{Course, course};
use crate::support::component;

/// One request at one second, whose message is 40 ms of work for one of two
/// workers; what is not acknowledged after 50 ms is visible again.
fn site(work: &str, instances: u32, more: &str) -> String {
    format!(
        r#"
[users]
interarrival = "1 s"
[endpoints.post]
share = 1
steps = [{{ enqueue = "jobs", work = [{{ cpu = "{work}" }}] }}]
[machines.m]
vcpus = 4
[entry]
to = "services.web"
[services.web]
machine = "m"
public = true
handles = ["post"]
[services.worker]
machine = "m"
instances = {instances}
workers = 1
handles = []
[queues.jobs]
workers = {{ service = "services.worker" }}
visibility_timeout = "50 ms"
attempts = 3
{more}
[run]
duration = "1.9 s"
warmup = "0 s"
replications = 1
kind = "terminating"
"#
    )
}

fn figures(course: &Course, names: &[&str]) -> Vec<f64> {
    names.iter().map(|name| component(course.summary(), "queues.jobs", name)).collect()
}

const COUNTS: [&str; 5] =
    ["deliveries", "redeliveries", "duplicates", "acknowledged", "dead_letters"];

/// Of 80 ms: worker 0 from 1000 on, run out at 1050; worker 1 from 1050, run
/// out at 1100; worker 0, done at 1080 in vain, again from 1100, dead at 1150.
/// Worker 1 is done at 1130 and worker 0 at 1180, both in vain.
#[test]
fn work_beyond_the_visibility_timeout_ends_as_a_dead_letter() {
    let found = course(&site("80 ms", 2, ""));
    assert_eq!(figures(&found, &COUNTS), [3.0, 2.0, 3.0, 0.0, 1.0]);
}

/// With one worker nobody has the message again when it is done at 1080.
#[test]
fn a_late_acknowledgement_counts_while_nobody_has_the_message_again() {
    let found = course(&site("80 ms", 1, ""));
    assert_eq!(figures(&found, &COUNTS), [1.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(figures(&found, &["completion_ms_mean"]), [80.0]);
}

/// Worker 0 dies at 1020: worker 1 has the message from 1050 to 1090.
#[test]
fn what_a_dead_worker_had_is_delivered_again() {
    let death = "[events.death]\nat = \"1020 ms\"\nkill = \"services.worker.0\"\n";
    let found = course(&site("40 ms", 2, death));
    assert_eq!(figures(&found, &COUNTS), [2.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(figures(&found, &["completion_ms_mean", "oldest_age_s_max"]), [90.0, 0.09]);
}

/// Worker 0 hangs from 1020 to 1120 and is done at 1140, after worker 1.
#[test]
fn who_thaws_late_does_the_work_once_more() {
    let hang = "[events.pause]\nat = \"1020 ms\"\nfor = \"100 ms\"\nhang = \"services.worker.0\"\n";
    let found = course(&site("40 ms", 2, hang));
    assert_eq!(figures(&found, &COUNTS), [2.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(figures(&found, &["completion_ms_mean"]), [90.0]);
}

/// The worker is cut off from 1020 to 1045: its acknowledgement of 1040 is
/// lost, and it has the message again from 1050 to 1090.
#[test]
fn an_acknowledgement_that_is_lost_is_none() {
    let cut =
        "[events.cut]\nat = \"1020 ms\"\nfor = \"25 ms\"\npartition = \"services.worker.0\"\n";
    let found = course(&site("40 ms", 1, cut));
    assert_eq!(figures(&found, &COUNTS), [2.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(figures(&found, &["completion_ms_mean"]), [90.0]);
}

/// A request every 100 ms, 240 ms of work, one place to wait.
fn full(what: &str, duration: &str) -> Course {
    let more = format!("capacity = 1\nwhen_full = \"{what}\"\n");
    let text = site("240 ms", 1, &more).replace("\"1 s\"", "\"100 ms\"").replace("1.9 s", duration);
    course(&text.replace("\"50 ms\"", "\"30 s\""))
}

/// Taken are those of 100, 200 (at 340), 400 (at 580), 600 (at 820) and 900.
#[test]
fn a_full_queue_fails_its_producers() {
    full("fail", "1050 ms").is(&[
        ("100..200", "0"),
        ("300..600", "rejected 0 | 0"),
        ("700..800", "rejected 0"),
        ("900", "0"),
        ("1000", "rejected 0"),
    ]);
}

/// That of 300 waits until 340, that of 400 until 580.
#[test]
fn a_full_queue_holds_its_producers() {
    full("block", "450 ms").is(&[("100..200", "0"), ("300", "40"), ("400", "180")]);
}

/// The same five messages as where producers fail; the other five are gone.
#[test]
fn a_full_queue_drops_messages() {
    let found = full("drop", "1050 ms");
    found.is(&[("100..1000", "0")]);
    assert_eq!(figures(&found, &["published", "dropped"]), [10.0, 5.0]);
}
