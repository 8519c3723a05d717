//! What a failure does to who waits, to who tries again, and to the figures.

use crate::course::course;
use crate::death::site;

const DEATH: &str =
    "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"services.web.1\"\n";

/// One worker each and 25 ms of work: web.0 and web.1 get a request every
/// 20 ms and fall behind. web.1 gets those of 20, 40 … 200: that of 20 is done
/// at 45, the k-th at 20 + 25 k; at 205 seven are done (at 195 the one of
/// 140), that of 160 is served and those of 180 and 200 wait: all three are
/// lost. The queue of web.0 goes on.
#[test]
fn who_waits_for_a_worker_is_lost_with_who_has_it() {
    let text = site(DEATH)
        .replace("{ cpu = \"8 ms\" }", "{ cpu = \"25 ms\" }")
        .replace("instances = 2", "instances = 2\n        workers = 1");
    let found = course(&text.replace("\"1 s\"", "\"300 ms\""));
    let mut expected = Vec::new();
    for number in 1..=29 {
        let (arrival, turn) = (10 * number, (number + 1) / 2);
        let what = match (number % 2, arrival) {
            (1, _) => format!("web.0 ={}", 10 + 25 * turn),
            (_, ..=140) => format!("web.1 ={}", 20 + 25 * turn),
            (_, ..=200) => "web.1 lost =205".to_owned(),
            _ => "refused 0".to_owned(),
        };
        expected.push((arrival.to_string(), what));
    }
    let table: Vec<(&str, &str)> =
        expected.iter().map(|(at, what)| (at.as_str(), what.as_str())).collect();
    found.is(&table);
}

/// Who tries again at once gets the other server: no user sees the death, but
/// the one whose request was lost pays for it twice: 5 ms, then 8 from 205 on.
/// Each retry takes a turn, which shifts all later ones: from 220 on, the
/// retry of who was refused takes the turn of web.0, and web.1 is next again.
#[test]
fn a_retry_hides_the_death() {
    let text = site(&format!("{DEATH}[clients.browser]\nshare = 1\nretries = {{ attempts = 2 }}"));
    course(&text).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 web.0 13"),
        // The turn after that retry is web.1's, as is each one after a retry.
        ("210..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
}

/// Clients who wait no longer than 50 ms give up on a web server that hangs
/// from 203 to 263: those of 200 and 220, of which the second would have been
/// answered after 51. Those of 240 and 260 are answered in time.
#[test]
fn a_hang_outlasts_the_patience_of_clients() {
    let event = "[clients.browser]\nshare = 1\ntimeout = \"50 ms\"\n\
                 [events.pause]\nat = \"203 ms\"\nfor = \"60 ms\"\nhang = \"services.web.1\"";
    course(&site(event)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 timed_out 50"),
        ("210", "web.0 8"),
        ("220", "web.1 timed_out 50"),
        ("230", "web.0 8"),
        ("240", "web.1 31"),
        ("250", "web.0 8"),
        ("260", "web.1 11"),
        ("270..990", "web.0 8 | web.1 8"),
    ]);
}

/// An outside call of 20 ms is not interrupted by a hang, but its answer waits:
/// of web.1, that of 200 calls at 208, is answered outside at 228, and done
/// when web.1 thaws at 263. So is who it took before: that of 180, at 208.
#[test]
fn an_answer_from_outside_waits_for_the_thaw() {
    let event = "[events.pause]\nat = \"209 ms\"\nfor = \"54 ms\"\nhang = \"services.web.1\"";
    let text =
        site(event).replace("{ cpu = \"8 ms\" }", "{ cpu = \"8 ms\" }, { wait = \"20 ms\" }");
    course(&text).is(&[
        ("10..190", "web.0 28 | web.1 28"),
        ("200", "web.1 =263"),
        ("210", "web.0 28"),
        // Taken at 263: 28 ms from then on.
        ("220..260", "web.1 =291 | web.0 28"),
        ("270..990", "web.0 28 | web.1 28"),
    ]);
}

/// Side by side in web.1, 3 ms and 6 ms: the request of 200 has lost one
/// branch's work and the other's.
#[test]
fn branches_die_with_their_request() {
    let text = site(DEATH).replace(
        "{ cpu = \"8 ms\" }",
        "{ parallel = [[{ cpu = \"3 ms\" }], [{ cpu = \"6 ms\" }]] }",
    );
    course(&text).is(&[
        ("10..190", "web.0 6 | web.1 6"),
        ("200", "web.1 lost 5"),
        ("210..390", "web.0 6 | refused 0"),
        ("400..790", "web.0 6"),
        ("800..990", "web.1 6 | web.0 6"),
    ]);
}

/// Of a second, web.1 was down for 300 ms: redundancy was reduced for 0.3 of
/// the time, and no tier was without an instance at any time. Failed are the
/// one that was lost and the nine that were refused, of 99.
#[test]
fn the_figures_follow_the_course() {
    let found = course(&site(DEATH));
    let summary = found.summary();
    let value = |figure: &Option<highwater::experiment::summary::Estimate>| {
        figure.as_ref().and_then(|figure| figure.value)
    };
    assert_eq!(value(&summary.availability_by_time), Some(1.0));
    assert_eq!(value(&summary.reduced_redundancy), Some(0.3));
    assert_eq!(summary.outages, Some(0));
    assert_eq!((summary.requests.offered, summary.requests.answered), (99, 89));
    let failed = [("lost".to_owned(), 1), ("refused".to_owned(), 9)];
    assert_eq!(summary.requests.failed.iter().filter(|(_, n)| *n > 0).count(), 2);
    assert!(failed.iter().all(|one| summary.requests.failed.contains(one)));
    assert_eq!(summary.incidents[0].requests_failed, 10);
}
