//! Slow start, failures by chance with times that are none, shared hosts, and
//! a name server that is out.

use crate::course::course;
use crate::death::site;
use crate::trouble::lasting;

/// Share of the requests that web.1 answers of those that arrive within.
fn share_of_web_1(policy: &str, from: f64, to: f64) -> f64 {
    let slowly = "healthy_after = 3\n        slow_start = \"10 s\"";
    let event = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"services.web.1\"\n";
    let text = lasting(&site(event), "12 s")
        .replace("healthy_after = 3", slowly)
        .replace("targets =", &format!("policy = \"{policy}\"\n        targets ="));
    let found = course(&text);
    let within: Vec<bool> = found
        .requests()
        .filter(|(at, _)| (from..to).contains(at))
        .map(|(_, request)| request.visits.iter().any(|(_, node)| node == "services.web.1"))
        .collect();
    within.iter().filter(|own| **own).count() as f64 / within.len() as f64
}

/// In at 800, with its full share at 10,800. At share s in turn, web.1 passes
/// its turn on with chance 1 − s, and then it is its turn again: it serves
/// s ÷ (1 + s) of the requests, over the ramp ∫ s ÷ (1 + s) ds = 1 − ln 2.
/// At random it serves s ÷ 2, over the ramp a quarter. Thousand requests: five
/// standard deviations are 0.08. In the first tenth hardly any, after the
/// ramp every second one.
#[test]
fn a_slow_start_rises_evenly() {
    assert!((share_of_web_1("round-robin", 800.0, 10_800.0) - 0.307).abs() < 0.08);
    assert!((share_of_web_1("random", 800.0, 10_800.0) - 0.25).abs() < 0.08);
    for policy in ["round-robin", "random"] {
        assert!(share_of_web_1(policy, 800.0, 1_800.0) < 0.15, "{policy}");
    }
    assert_eq!(share_of_web_1("round-robin", 10_800.0, 12_000.0), 0.5);
}

/// The least loaded of two idle servers is web.0, always: at 8 ms of work
/// every 10 ms web.1 has nothing to do, however slowly it starts.
#[test]
fn a_slow_start_does_not_change_who_is_least_loaded() {
    assert_eq!(share_of_web_1("least-connections", 800.0, 10_800.0), 0.0);
}

/// Up for 205, down for 300, up for 205 again: web.1 is down from 205 to 505
/// and from 710 on. Out at 400; the checks of 600 and 700 succeed, that of 800
/// does not, and so it never comes in again.
#[test]
fn a_failure_by_chance_begins_anew_after_each_repair() {
    let failure =
        "[failures.wear]\nof = \"services.web.1\"\nmtbf = \"205 ms\"\nmttr = \"300 ms\"\n";
    let found = course(&site(failure));
    found.is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..390", "web.0 8 | refused 0"),
        ("400..990", "web.0 8"),
    ]);
    assert_eq!(
        found.incidents(),
        ["services.web.1 failure 205–505", "services.web.1 failure 710–"]
    );
}

/// Both fail at 205 and there is one crew: web.0 is repaired at 305, web.1 at
/// 405. The checks of 300 fail for both, those of 400 for web.1 alone, which
/// is out from then on. web.0 never was, and serves its requests from 310 on.
#[test]
fn one_crew_repairs_one_after_the_other() {
    let failure =
        "[failures.wear]\nof = \"services.web\"\nmtbf = \"205 ms\"\nmttr = \"100 ms\"\ncrews = 1";
    let found = course(&lasting(&site(failure), "500 ms"));
    found.is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..300", "refused 0"),
        ("310..390", "web.0 8 | refused 0"),
        ("400..490", "web.0 8"),
    ]);
    assert_eq!(
        found.incidents(),
        ["services.web.0 failure 205–305", "services.web.1 failure 205–405"]
    );
}

/// A new machine has a life of its own: web.1 fails for good at 205, is out at
/// 400, replaced at 600, and fails again at 805, 205 ms after that, having
/// been taken in at 800. The request of 800 is lost after 5 ms, those of 820
/// to 980 are refused: the second failed check is that of 1000. Until then it
/// has been in: it is not replaced before it is out again.
#[test]
fn a_replacement_has_a_life_of_its_own() {
    let more = "[load_balancers.public.replace]\nafter = \"150 ms\"\nin = \"50 ms\"\n\
                [failures.wear]\nof = \"services.web.1\"\nmtbf = \"205 ms\"\nmttr = \"1 h\"\n";
    course(&site(more)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..390", "web.0 8 | refused 0"),
        ("400..790", "web.0 8"),
        ("800", "web.1 lost 5"),
        ("810..990", "web.0 8 | refused 0"),
    ]);
}

/// One box with a web server (8 ms) and a database (4 ms a read).
fn box_with_both(more: &str) -> String {
    let more = format!(
        "[hosts.box]\nmachine = \"m\"\n[datasets.posts]\nitems = 1\nitem_size = \"1 KB\"\n\
         [databases.main]\nhost = \"box\"\ncosts = {{ read = {{ cpu = \"4 ms\" }} }}\n{more}"
    );
    site(&more)
        .replace("{ cpu = \"8 ms\" }", "{ cpu = \"8 ms\" }, { read = \"posts\" }")
        .replace("machine = \"m\"\n        instances = 2", "host = \"box\"")
}

/// The box works at half its speed from 205 to 505: 24 ms in the place of 12,
/// once, though two components on it are struck. That of 200 has 7 of its 12
/// left. The requests of 490 and 500 have done 7.5 and 2.5 when it ends.
#[test]
fn a_slow_host_is_slow_once() {
    let event =
        "[events.heat]\nat = \"205 ms\"\nfor = \"300 ms\"\nslow = \"hosts.box\"\nspeed = 0.5";
    course(&box_with_both(event)).is(&[
        ("10..190", "web.0 main.0 12"),
        ("200", "web.0 main.0 19"),
        ("210..480", "web.0 main.0 24"),
        ("490", "web.0 main.0 19.5"),
        ("500", "web.0 main.0 14.5"),
        ("510..990", "web.0 main.0 12"),
    ]);
}

/// The web server slows its box down from 205 to 505; meanwhile the database
/// dies at 305 and is back at 405, and the box is as slow as before.
/// At 305 the request of 280 is at its database (since 296): lost after 25 ms.
/// Those of 290 to 380 call at 306 … 396 and are refused; that of 390 calls at
/// 406 and is answered.
#[test]
fn a_return_on_a_shared_host_does_not_speed_it_up() {
    let more = "[events.heat]\nat = \"205 ms\"\nfor = \"300 ms\"\nslow = \"services.web\"\nspeed = 0.5\n\
                [events.death]\nat = \"305 ms\"\nfor = \"100 ms\"\nkill = \"databases.main\"";
    course(&box_with_both(more)).is(&[
        ("10..190", "web.0 main.0 12"),
        ("200", "web.0 main.0 19"),
        ("210..280", "web.0 main.0 24"),
        ("290..380", "web.0 refused 16"),
        ("390..480", "web.0 main.0 24"),
        ("490", "web.0 main.0 19.5"),
        ("500", "web.0 main.0 14.5"),
        ("510..990", "web.0 main.0 12"),
    ]);
}

/// Nobody can look the name up from 205 to 505. One resolver keeps the record
/// for 100 ms from each look-up, which takes 2: asked at 10, the record lives
/// from 12 to 112; asked again at 120, until 222. From 230 on it is asked in
/// vain, and clients give up after 60 ms, until the outage is over: that of
/// 510 asks and gets it.
#[test]
fn a_name_server_that_is_out_is_missed_when_the_records_run_out() {
    let more = "[dns]\nttl = \"100 ms\"\nresolvers = 1\nlookup = \"2 ms\"\n\
                [events.outage]\nat = \"205 ms\"\nfor = \"300 ms\"\ndns_outage = true";
    course(&site(more)).is(&[
        ("10", "web.0 10"),
        ("20..110", "web.1 8 | web.0 8"),
        ("120", "web.1 10"),
        ("130..220", "web.0 8 | web.1 8"),
        ("230..500", "dns 60"),
        ("510", "web.0 10"),
        ("520..610", "web.1 8 | web.0 8"),
        ("620", "web.1 10"),
        ("630..720", "web.0 8 | web.1 8"),
        ("730", "web.0 10"),
        ("740..830", "web.1 8 | web.0 8"),
        ("840", "web.1 10"),
        ("850..940", "web.0 8 | web.1 8"),
        ("950", "web.0 10"),
        ("960..990", "web.1 8 | web.0 8"),
    ]);
}

/// Without records everybody asks: who comes during the outage fails.
#[test]
fn a_name_that_nobody_keeps_cannot_be_looked_up() {
    let more = "[dns]\nttl = \"1 ms\"\nresolvers = 1\nlookup = \"2 ms\"\n\
                [events.outage]\nat = \"205 ms\"\nfor = \"300 ms\"\ndns_outage = true";
    course(&site(more)).is(&[
        ("10..200", "web.0 10 | web.1 10"),
        ("210..500", "dns 60"),
        ("510..990", "web.0 10 | web.1 10"),
    ]);
}
