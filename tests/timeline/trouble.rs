//! Web servers freeze, slow down, are cut off, drained, added and removed.

use crate::course::course;
use crate::death::site;

/// The run lasts so long.
pub fn lasting(text: &str, duration: &str) -> String {
    text.replace("duration = \"1 s\"", &format!("duration = \"{duration}\""))
}

/// web.1 freezes from 203 to 263. The request of 200 has 5 of its 8 ms left
/// and does them from 263 to 268; those of 220, 240 and 260 are taken when it
/// thaws and are done at 271. No check falls into that time.
#[test]
fn what_hangs_goes_on_where_it_stopped() {
    let event = "[events.pause]\nat = \"203 ms\"\nfor = \"60 ms\"\nhang = \"services.web.1\"";
    course(&site(event)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 68"),
        ("210", "web.0 8"),
        ("220", "web.1 51"),
        ("230", "web.0 8"),
        ("240", "web.1 31"),
        ("250", "web.0 8"),
        ("260", "web.1 11"),
        ("270..990", "web.0 8 | web.1 8"),
    ]);
}

/// The same on one vCPU, first come, first served: from 263 on, 5 ms for the
/// request of 200, then 8 ms each for those of 220, 240 and 260, done at 276,
/// 284 and 292; the one of 280 waits for them and is done at 300.
#[test]
fn a_frozen_queue_keeps_its_order() {
    let event = "[events.pause]\nat = \"203 ms\"\nfor = \"60 ms\"\nhang = \"services.web.1\"";
    let text = site(event).replace("vcpus = 8", "vcpus = 1\nscheduling = \"fifo\"");
    course(&text).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 68"),
        ("210", "web.0 8"),
        ("220", "web.1 56"),
        ("230", "web.0 8"),
        ("240", "web.1 44"),
        ("250", "web.0 8"),
        ("260", "web.1 32"),
        ("270", "web.0 8"),
        ("280", "web.1 20"),
        ("290..990", "web.0 8 | web.1 8"),
    ]);
}

/// A long hang: from 203 to 503. Checks meet silence: those of 300 and 400
/// have failed at 340 and 440, when web.1 is taken out. Whom it was sent until
/// then waits, and is answered 8 ms after it thaws: a caller who has reached a
/// machine does not give up on it by itself. In again after the check of 800.
#[test]
fn a_long_hang_is_taken_for_death() {
    let event = "[events.pause]\nat = \"203 ms\"\nfor = \"300 ms\"\nhang = \"services.web.1\"";
    course(&site(event).replace("vcpus = 8", "vcpus = 16")).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 308"),
        ("210", "web.0 8"),
        ("220..430", "web.1 =511 | web.0 8"),
        ("440..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
}

/// web.1 hangs from 203 to 403 and dies at 303: what it held is lost then, and
/// so is whoever waits for it; until the check of 400, which is the second to
/// fail after that of 300 (silence, known at 340), it refuses.
#[test]
fn what_hangs_can_die() {
    let more = "[events.pause]\nat = \"203 ms\"\nfor = \"200 ms\"\nhang = \"services.web.1\"\n\
                [events.death]\nat = \"303 ms\"\nfor = \"200 ms\"\nkill = \"services.web.1\"";
    course(&site(more)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 103"),
        ("210", "web.0 8"),
        ("220..290", "lost =303 | web.0 8"),
        ("300", "lost 3"),
        ("310..390", "web.0 8 | refused 0"),
        ("400..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
}

/// web.1 works at half its speed from 203 to 303. The request of 200 has 5 ms
/// left, which take 10. Those of 220 … 280 take 16. That of 300 has done 1.5 ms
/// at 303, and the other 6.5 at full speed.
#[test]
fn half_the_speed_doubles_what_is_left() {
    let event =
        "[events.heat]\nat = \"203 ms\"\nfor = \"100 ms\"\nslow = \"services.web.1\"\nspeed = 0.5";
    course(&site(event)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 13"),
        ("210..290", "web.0 8 | web.1 16"),
        ("300", "web.1 9.5"),
        ("310..990", "web.0 8 | web.1 8"),
    ]);
}

/// Two slow-downs at once multiply: half from 203, a quarter from 243 to 303.
#[test]
fn slow_downs_multiply() {
    let more = "[events.heat]\nat = \"203 ms\"\nfor = \"200 ms\"\nslow = \"services.web.1\"\nspeed = 0.5\n\
                [events.dust]\nat = \"243 ms\"\nfor = \"60 ms\"\nslow = \"services.web.1\"\nspeed = 0.5";
    course(&site(more)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 13"),
        ("210", "web.0 8"),
        ("220", "web.1 16"),
        ("230", "web.0 8"),
        // Three at half speed make 1.5; 6.5 at a quarter take 26.
        ("240", "web.1 29"),
        ("250", "web.0 8"),
        ("260", "web.1 32"),
        ("270", "web.0 8"),
        // 23 at a quarter make 5.75; 2.25 at half speed take 4.5.
        ("280", "web.1 27.5"),
        ("290", "web.0 8"),
        // 3 at a quarter make 0.75; 7.25 at half speed take 14.5.
        ("300", "web.1 17.5"),
        ("310..390", "web.0 8 | web.1 16"),
        // 3 at half speed make 1.5; 6.5 at full speed.
        ("400", "web.1 9.5"),
        ("410..990", "web.0 8 | web.1 8"),
    ]);
}

/// web.1 is alone from 205 to 505, or its link to the balancer is cut: what it
/// has, it answers; who is sent there gives up after 60 ms; checks meet
/// silence, known at 340 and 440; in again after that of 800.
#[test]
fn who_is_cut_off_is_silent() {
    for trouble in
        ["partition = \"services.web.1\"", "cut = [\"load_balancers.public\", \"services.web.1\"]"]
    {
        let event = format!("[events.cable]\nat = \"205 ms\"\nfor = \"300 ms\"\n{trouble}");
        course(&site(&event)).is(&[
            ("10..200", "web.0 8 | web.1 8"),
            ("210..430", "web.0 8 | unreachable 60"),
            ("440..790", "web.0 8"),
            ("800..990", "web.1 8 | web.0 8"),
        ]);
    }
}

/// A site with a database that reads in 1 ms, after 8 ms of work.
fn with_database(more: &str) -> String {
    let more = format!(
        "[datasets.posts]\nitems = 1\nitem_size = \"1 KB\"\n[databases.main]\nmachine = \"m\"\n\
         costs = {{ read = {{ cpu = \"1 ms\" }} }}\n{more}"
    );
    site(&more).replace("{ cpu = \"8 ms\" }", "{ cpu = \"8 ms\" }, { read = \"posts\" }")
}

/// The link between web.1 and the database is cut from 205 to 505. The request
/// of 200 calls at 208 and gives up at 268; so do all that web.1 takes until
/// that of 480, which calls at 488. That of 500 calls at 508. Checks of the
/// web server succeed all the time: the balancer never learns.
#[test]
fn a_cut_behind_the_server_is_hidden_from_its_checks() {
    let event = "[events.cable]\nat = \"205 ms\"\nfor = \"300 ms\"\n\
                 cut = [\"services.web.1\", \"databases.main\"]";
    course(&with_database(event)).is(&[
        ("10..190", "web.0 main.0 9 | web.1 main.0 9"),
        ("200..490", "web.1 unreachable 68 | web.0 main.0 9"),
        ("500..990", "web.1 main.0 9 | web.0 main.0 9"),
    ]);
}

/// The link between web.1 and the database takes 30 ms more from 205 to 505,
/// there and back.
#[test]
fn a_slow_link_adds_its_time() {
    let event = "[events.detour]\nat = \"205 ms\"\nfor = \"300 ms\"\nadd = \"30 ms\"\n\
                 slow_link = [\"databases.main\", \"services.web.1\"]";
    course(&with_database(event)).is(&[
        ("10..190", "web.0 main.0 9 | web.1 main.0 9"),
        ("200..490", "web.1 main.0 39 | web.0 main.0 9"),
        ("500..990", "web.1 main.0 9 | web.0 main.0 9"),
    ]);
}

/// Half of the packets between the balancer and web.1 are lost, from 1 to 9 s:
/// 400 requests, whose k-th repetition comes after 200 · 2^k ms, are late by
/// 200 · (2^n − 1) ms with n repetitions, and the share with n is 2^−(n + 1).
#[test]
fn a_lost_packet_comes_after_the_retransmission_pauses() {
    let event = "[events.noise]\nat = \"1 s\"\nfor = \"8 s\"\nshare = 0.5\n\
                 loss = [\"load_balancers.public\", \"services.web.1\"]";
    let text = lasting(&site(event), "10 s\"\ndrain = \"60 s").replace("vcpus = 8", "vcpus = 100");
    let found = course(&text);
    let mut repeated = [0_u32; 8];
    for (at, request) in found.requests() {
        let late = request.response_ms - 8.0;
        let repetitions = (0..8).find(|&n| (late - 200.0 * (f64::from(1 << n) - 1.0)).abs() < 1e-6);
        let repetitions = repetitions.unwrap_or_else(|| panic!("{at}: late by {late} ms"));
        let is_lossy = (1000.0..9000.0).contains(&at) && ((at / 10.0) as u64).is_multiple_of(2);
        assert!(is_lossy || repetitions == 0, "{at}: {repetitions} repetitions");
        repeated[repetitions as usize] += u32::from(is_lossy);
    }
    assert_eq!(repeated.iter().sum::<u32>(), 400);
    // Five standard deviations.
    assert!(repeated[0].abs_diff(200) < 50, "{repeated:?}");
    assert!(repeated[1].abs_diff(100) < 44, "{repeated:?}");
    assert!(repeated[2].abs_diff(50) < 34, "{repeated:?}");
}

/// web.1 drains from 205 to 505: the request of 200 is finished, no other one
/// comes. After that it is taken in like any server that was out: by the
/// checks of 600, 700 and 800.
#[test]
fn a_draining_server_finishes_what_it_has() {
    let event = "[events.care]\nat = \"205 ms\"\nfor = \"300 ms\"\ndrain = \"services.web.1\"";
    course(&site(event)).is(&[
        ("10..200", "web.0 8 | web.1 8"),
        ("210..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
}

/// A third server is asked for at 205, has booted at 335, and is taken in by
/// the checks of 400, 500 and 600. The turn after 590, which was web.0's, is
/// web.1's.
#[test]
fn a_new_server_boots_and_is_checked_before_it_serves() {
    let event = "[events.growth]\nat = \"205 ms\"\nscale = \"services.web\"\nto = 3";
    course(&site(event))
        .is(&[("10..590", "web.0 8 | web.1 8"), ("600..990", "web.1 8 | web.2 8 | web.0 8")]);
}

/// One server is left at 205: web.1 finishes the request of 200 and gets no more.
#[test]
fn a_superfluous_server_finishes_what_it_has() {
    let event = "[events.thrift]\nat = \"205 ms\"\nscale = \"services.web\"\nto = 1";
    course(&site(event)).is(&[("10..200", "web.0 8 | web.1 8"), ("210..990", "web.0 8")]);
}

/// Away at 205 and back at 405: boots until 535, in by the checks of 600, 700
/// and 800.
#[test]
fn a_server_that_was_removed_can_come_again() {
    let more = "[events.thrift]\nat = \"205 ms\"\nscale = \"services.web\"\nto = 1\n\
                [events.growth]\nat = \"405 ms\"\nscale = \"services.web\"\nto = 2";
    course(&site(more)).is(&[
        ("10..200", "web.0 8 | web.1 8"),
        ("210..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
}

/// A restart of the whole service does not bring servers into service that
/// are not asked for yet: web.2 is there after 605 + 130, and serves after the
/// checks of 800 and 900 and 1000.
#[test]
fn a_restart_leaves_out_who_is_not_in_service() {
    let more = "[events.again]\nat = \"205 ms\"\nrestart = \"services.web\"\n\
                [events.growth]\nat = \"605 ms\"\nscale = \"services.web\"\nto = 3";
    course(&site(more)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..330", "refused 0"),
        ("340..990", "web.1 8 | web.0 8"),
    ]);
}

/// Three times the requests from 10 to 20 s: 100 a second before and after,
/// 300 within; five standard deviations.
#[test]
fn a_spike_multiplies_the_arrivals() {
    let event = "[events.news]\nat = \"10 s\"\nfor = \"10 s\"\nspike = 3";
    let text =
        lasting(&site(event), "30 s").replace("interarrival = \"10 ms\"", "rate = \"100/s\"");
    let found = course(&text);
    let count = |from: f64| {
        let within = |(at, _): &(f64, _)| (from..from + 10_000.0).contains(at);
        found.requests().filter(within).count()
    };
    let (before, within, after) = (count(0.0), count(10_000.0), count(20_000.0));
    assert!(before.abs_diff(1_000) < 160 && after.abs_diff(1_000) < 160, "{before} {after}");
    assert!(within.abs_diff(3_000) < 275, "{within}");
    assert_eq!(found.incidents(), ["users spike 10000–20000"]);
}

/// A service without a balancer: its callers call its instances in turn.
fn with_back_end(more: &str) -> String {
    let more = format!(
        "[operations.rank]\nsteps = [{{ cpu = \"1 ms\" }}]\n[services.api]\nmachine = \"m\"\n\
         instances = 2\nboot = \"130 ms\"\nhandles = \"rank\"\n{more}"
    );
    site(&more)
        .replace("{ cpu = \"8 ms\" }", "{ cpu = \"8 ms\" }, { call = \"rank\" }")
        .replace("instances = 2\n        boot", "instances = 1\n        boot")
        .replace(
            "machine = \"m\"\n        instances",
            "machine = \"m\"\nhandles = \"*\"\n        instances",
        )
}

/// Nobody checks api.1: while it is dead, from 205 to 505, every second call
/// is refused at once: those of the requests of 200 (which calls at 208) to 480.
#[test]
fn without_a_balancer_the_dead_are_called_all_the_time() {
    let event = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"services.api.1\"";
    course(&with_back_end(event)).is(&[
        ("10..190", "web.0 api.0 9 | web.0 api.1 9"),
        ("200..490", "web.0 refused 8 | web.0 api.0 9"),
        ("500..990", "web.0 api.1 9 | web.0 api.0 9"),
    ]);
}

/// api.1 drains from 205 to 505; its callers know at once.
#[test]
fn without_a_balancer_a_draining_instance_is_spared() {
    let event = "[events.care]\nat = \"205 ms\"\nfor = \"300 ms\"\ndrain = \"services.api.1\"";
    course(&with_back_end(event)).is(&[
        ("10..190", "web.0 api.0 9 | web.0 api.1 9"),
        ("200..490", "web.0 api.0 9"),
        ("500..990", "web.0 api.1 9 | web.0 api.0 9"),
    ]);
}

/// A third instance is asked for at 205 and there at 335, for the call of the
/// request of 330, which comes at 338; at 605 only api.0 is left.
#[test]
fn without_a_balancer_instances_come_and_go() {
    let more = "[events.growth]\nat = \"205 ms\"\nscale = \"services.api\"\nto = 3\n\
                [events.thrift]\nat = \"605 ms\"\nscale = \"services.api\"\nto = 1";
    course(&with_back_end(more)).is(&[
        ("10..320", "web.0 api.0 9 | web.0 api.1 9"),
        ("330..590", "web.0 api.2 9 | web.0 api.0 9 | web.0 api.1 9"),
        ("600..990", "web.0 api.0 9"),
    ]);
}
