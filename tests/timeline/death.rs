//! Web servers die, come back, are replaced, restarted and taken away.

use crate::course::course;

/// The site of the timelines, with more below it.
pub fn site(more: &str) -> String {
    format!(
        r#"
        [users]
        interarrival = "10 ms"
        [endpoints.page]
        steps = [{{ cpu = "8 ms" }}]
        [machines.m]
        vcpus = 8
        [entry]
        to = "load_balancers.public"
        [load_balancers.public]
        public = true
        targets = "services.web"
        [load_balancers.public.health_check]
        interval = "100 ms"
        timeout = "40 ms"
        unhealthy_after = 2
        healthy_after = 3
        [services.web]
        machine = "m"
        instances = 2
        boot = "130 ms"
        [network]
        give_up_after = "60 ms"
        [run]
        duration = "1 s"
        replications = 1
        {more}
        "#
    )
}

/// web.1 dies at 205 and is back at 505. Its machine refuses.
///
/// | ms | what happens | who serves |
/// |---|---|---|
/// | 205 | web.1 dies; the request of 200, in service, is lost after 5 ms | web.0 |
/// | 220, 240 … 380 | sent to web.1, refused at once | web.0 the others |
/// | 300, 400 | checks fail; the second takes web.1 out | web.0 all |
/// | 505 | web.1 is back, but not in | web.0 all |
/// | 600, 700, 800 | checks succeed; the third takes it in | both |
#[test]
fn a_dead_server_that_refuses_gets_requests_until_two_checks_have_failed() {
    let course = course(&site(
        "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"services.web.1\"",
    ));
    course.is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..390", "web.0 8 | refused 0"),
        ("400..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
    assert_eq!(course.incidents(), ["services.web.1 kill 205–505"]);
}

/// The same, but in silence.
///
/// | ms | what happens | who serves |
/// |---|---|---|
/// | 205 | web.1 dies; the caller of 200 waits until 265 | web.0 |
/// | 220, 240 … 420 | sent to web.1, given up after 60 ms | web.0 the others |
/// | 340, 440 | the checks of 300 and 400 have failed | web.0 all |
/// | 600, 700, 800 | checks succeed; the third takes it in | both |
#[test]
fn a_silent_death_is_known_later_by_the_timeout_of_the_check() {
    let event = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nhow = \"silence\"\nkill = \"services.web.1\"";
    course(&site(event)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 unreachable 65"),
        ("210..430", "web.0 8 | unreachable 60"),
        ("440..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
}

/// What falls on one instant: completions, then deaths, then checks, then
/// arrivals. web.1 dies at 208, when the request of 200 ends: it is answered.
/// The checks of 300 and 400 fail. It is back at 600: the check of 600 finds
/// it, and after that of 800 the request of 800 is its own.
#[test]
fn on_one_instant_the_order_is_completion_fault_check_arrival() {
    let event = "[events.death]\nat = \"208 ms\"\nfor = \"392 ms\"\nkill = \"services.web.1\"";
    course(&site(event)).is(&[
        ("10..200", "web.0 8 | web.1 8"),
        ("210..390", "web.0 8 | refused 0"),
        ("400..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
    // A death at 400 is seen by the check of 400 and refuses the arrival of 400.
    let event = "[events.death]\nat = \"400 ms\"\nfor = \"60 ms\"\nkill = \"services.web.1\"";
    course(&site(event)).is(&[
        ("10..390", "web.0 8 | web.1 8"),
        ("400..450", "refused 0 | web.0 8"),
        ("460..990", "web.1 8 | web.0 8"),
    ]);
}

/// One failed check is not enough: dead from 250 to 350, only the check of 300
/// fails, and web.1 is never taken out. It serves again from 360 on.
#[test]
fn a_death_between_two_checks_takes_nobody_out() {
    let event = "[events.death]\nat = \"250 ms\"\nfor = \"100 ms\"\nkill = \"services.web.1\"";
    course(&site(event)).is(&[
        ("10..240", "web.0 8 | web.1 8"),
        ("250..350", "web.0 8 | refused 0"),
        ("360..990", "web.1 8 | web.0 8"),
    ]);
}

/// All die at 205. From 400 on the balancer has nobody to send to, and refuses
/// by itself. Back at 505, in at 800: nobody serves until then.
#[test]
fn with_all_servers_dead_nobody_serves_until_checks_succeed() {
    let event = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"services.web\"";
    let course = course(&site(event));
    course.is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..790", "refused 0"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
    let up = course.summary().availability_by_time.as_ref().and_then(|up| up.value);
    assert_eq!(up, Some(0.7), "dead for 300 ms of a second");
}

/// The balancer itself is dead from 205 to 305: what is in service behind it
/// is lost with the connection, and nobody is served.
#[test]
fn a_dead_balancer_takes_everybody_with_it() {
    let event =
        "[events.death]\nat = \"205 ms\"\nfor = \"100 ms\"\nkill = \"load_balancers.public\"";
    course(&site(event)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..300", "refused 0"),
        ("310..990", "web.0 8 | web.1 8"),
    ]);
}

/// A new machine takes the place of web.1, which is dead for good since 205:
/// out at 400, replaced 150 + 50 ms later at 600, where the check of 600 finds
/// it; in after that of 800. The incident ends with the old machine.
#[test]
fn a_replacement_joins_the_pool() {
    let more = "[load_balancers.public.replace]\nafter = \"150 ms\"\nin = \"50 ms\"\n\
                [events.death]\nat = \"205 ms\"\nkill = \"services.web.1\"";
    let course = course(&site(more));
    course.is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..390", "web.0 8 | refused 0"),
        ("400..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
    assert_eq!(course.incidents(), ["services.web.1 kill 205–600"]);
}

/// web.1 restarts at 205 and has booted at 335. The check of 300 fails, that
/// of 400 succeeds: it is never out, and refuses from 220 to 320.
#[test]
fn a_restart_lasts_as_long_as_the_boot() {
    let course = course(&site("[events.again]\nat = \"205 ms\"\nrestart = \"services.web.1\""));
    course.is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..330", "web.0 8 | refused 0"),
        ("340..990", "web.1 8 | web.0 8"),
    ]);
    assert_eq!(course.incidents(), ["services.web.1 restart 205–335"]);
}

/// The zone of web.1 is lost from 205 to 505: silence, as if its machine died.
/// `destroy` is the same for a server without data.
#[test]
fn a_lost_zone_is_silent() {
    for action in ["lose", "destroy"] {
        let zones = "[services.web]\nzones = [\"a\", \"b\"]\n";
        let event =
            format!("[events.flood]\nat = \"205 ms\"\nfor = \"300 ms\"\n{action} = \"zones.b\"\n");
        let text = site(&event).replace("[services.web]\n", zones);
        course(&text).is(&[
            ("10..190", "web.0 8 | web.1 8"),
            ("200", "web.1 unreachable 65"),
            ("210..430", "web.0 8 | unreachable 60"),
            ("440..790", "web.0 8"),
            ("800..990", "web.1 8 | web.0 8"),
        ]);
    }
}

/// A machine in a lost zone cannot be replaced there: out at 440, a new one is
/// tried at 540, and again every 50 ms; the zone is back at 805, the attempt
/// after it changes nothing, and the checks of 900, 1000 and 1100 take it in.
#[test]
fn nothing_is_replaced_in_a_lost_zone() {
    let more = "[load_balancers.public.replace]\nafter = \"50 ms\"\nin = \"50 ms\"\n\
                [events.flood]\nat = \"205 ms\"\nfor = \"600 ms\"\nlose = \"zones.b\"\n";
    let zones = "[services.web]\nzones = [\"a\", \"b\"]\n";
    let text = site(more).replace("[services.web]\n", zones);
    course(&text.replace("\"1 s\"", "\"1200 ms\"")).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 unreachable 65"),
        ("210..430", "web.0 8 | unreachable 60"),
        ("440..1090", "web.0 8"),
        ("1100..1190", "web.1 8 | web.0 8"),
    ]);
}

/// Two events hold web.1 down, from 205 to 405 and from 255 to 505, the second
/// in silence: it refuses until 255, is silent until 505, and works only when
/// both are over. The check of 300 meets silence (known at 340), that of 400
/// too (known at 440).
#[test]
fn a_server_works_when_nothing_holds_it_down() {
    let more = "[events.one]\nat = \"205 ms\"\nfor = \"200 ms\"\nkill = \"services.web.1\"\n\
                [events.two]\nat = \"255 ms\"\nfor = \"250 ms\"\nkill = \"services.web.1\"\nhow = \"silence\"\n";
    course(&site(more)).is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..250", "web.0 8 | refused 0"),
        ("260..430", "unreachable 60 | web.0 8"),
        ("440..790", "web.0 8"),
        ("800..990", "web.1 8 | web.0 8"),
    ]);
}

/// The new machine dies before it is taken in: replaced at 600, dead again
/// from 650 to the end by a second event, it is out all the time. Since then
/// another one is tried every 200 ms: the one of 800 works, and is in by the
/// checks of 800, 900 and 1000.
#[test]
fn a_replacement_that_dies_is_replaced() {
    let more = "[load_balancers.public.replace]\nafter = \"150 ms\"\nin = \"50 ms\"\n\
                [events.one]\nat = \"205 ms\"\nkill = \"services.web.1\"\n\
                [events.two]\nat = \"650 ms\"\nkill = \"services.web.1\"\n";
    let found = course(&site(more).replace("\"1 s\"", "\"1200 ms\""));
    found.is(&[
        ("10..190", "web.0 8 | web.1 8"),
        ("200", "web.1 lost 5"),
        ("210..390", "web.0 8 | refused 0"),
        ("400..990", "web.0 8"),
        ("1000..1190", "web.1 8 | web.0 8"),
    ]);
    assert_eq!(found.incidents(), ["services.web.1 kill 205–600", "services.web.1 kill 650–800"]);
}
