//! Caches are flushed and die; databases without failover die.

use crate::course::{course, course_of};
use crate::death::site;
use crate::support::component;

/// A site with one web server, a cache of one item (2 ms a look-up) and a
/// database that reads it in 4 ms. Each request works for 8 ms, then reads.
fn with_cache(cache: &str, more: &str) -> String {
    let more = format!(
        "[datasets.posts]\nitems = 1\nitem_size = \"1 KB\"\n[databases.main]\nmachine = \"m\"\n\
         costs = {{ read = {{ cpu = \"4 ms\" }} }}\n[caches.objects]\nmachine = \"m\"\nholds = \"*\"\n\
         memory = \"1 MB\"\nlatency = \"2 ms\"\n{cache}\n{more}"
    );
    site(&more)
        .replace("{ cpu = \"8 ms\" }", "{ cpu = \"8 ms\" }, { read = \"posts\" }")
        .replace("instances = 2", "instances = 1")
}

/// A hit answers after 8 + 2 ms, a miss after 8 + 2 + 4. The item is stored at
/// 24; the request of 20 looks at 30. The cache is emptied at 205: the request
/// of 200 looks at 210, misses, and the item is back at 214, before the next
/// look at 220.
#[test]
fn a_flushed_cache_misses_until_it_is_filled_again() {
    let found =
        course(&with_cache("", "[events.oops]\nat = \"205 ms\"\nflush = \"caches.objects\""));
    found.is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200", "web.0 main.0 14"),
        ("210..990", "web.0 10"),
    ]);
    assert_eq!(found.incidents(), ["caches.objects flush 205–205"]);
}

/// The cache refuses from 205 to 505: the requests that look then, those of
/// 200 to 490, go on to the database, and nothing is stored. It comes back
/// cold: the request of 500 looks at 510, misses and fills it.
#[test]
fn a_dead_cache_is_passed_by() {
    let event = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"caches.objects\"";
    course(&with_cache("", event)).is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200..500", "web.0 main.0 14"),
        ("510..990", "web.0 10"),
    ]);
}

/// The same in silence: callers wait 30 ms for it, then go on. Those who look
/// until 500 do; the first of them, the request of 200, is answered at 244.
/// Those who have given up on it do not ask it again, but what the requests of
/// 470, 480 and 490 have read is stored at 514, 524 and 534. The request of 500
/// looks at 510 and misses; that of 510 looks at 520 and hits.
#[test]
fn a_silent_cache_costs_its_timeout() {
    let event = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nhow = \"silence\"\nkill = \"caches.objects\"";
    course(&with_cache("timeout = \"30 ms\"", event)).is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200..490", "web.0 main.0 44"),
        ("500", "web.0 main.0 14"),
        ("510..990", "web.0 10"),
    ]);
}

/// Callers who cannot do without: refused, they fail at once, with 10 ms
/// behind them; in silence, after the timeout.
#[test]
fn a_cache_that_must_answer_fails_its_callers() {
    let death = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"caches.objects\"\n";
    let cache = "on_failure = \"fail\"\ntimeout = \"30 ms\"";
    course(&with_cache(cache, death)).is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200..490", "web.0 cache_down 10"),
        ("500", "web.0 main.0 14"),
        ("510..990", "web.0 10"),
    ]);
    course(&with_cache(cache, &format!("{death}how = \"silence\""))).is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200..490", "web.0 unreachable 40"),
        ("500", "web.0 main.0 14"),
        ("510..990", "web.0 10"),
    ]);
}

/// A frozen cache is as a silent one, but keeps what it has: the request of
/// 500 hits.
#[test]
fn a_frozen_cache_keeps_what_it_holds() {
    let event = "[events.pause]\nat = \"205 ms\"\nfor = \"300 ms\"\nhang = \"caches.objects\"";
    course(&with_cache("timeout = \"30 ms\"", event)).is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200..490", "web.0 main.0 44"),
        ("500..990", "web.0 10"),
    ]);
}

/// The cache is cut off from web.0, and works: silence, and its contents stay.
#[test]
fn a_cache_that_is_cut_off_is_silent_and_keeps_what_it_holds() {
    let event = "[events.cable]\nat = \"205 ms\"\nfor = \"300 ms\"\n\
                 cut = [\"services.web\", \"caches.objects\"]";
    course(&with_cache("timeout = \"30 ms\"", event)).is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200..490", "web.0 main.0 44"),
        ("500..990", "web.0 10"),
    ]);
}

/// A slow link to the cache takes 5 ms more, there and back.
#[test]
fn a_slow_link_to_the_cache_adds_its_time() {
    let event = "[events.detour]\nat = \"205 ms\"\nfor = \"300 ms\"\nadd = \"5 ms\"\n\
                 slow_link = [\"services.web\", \"caches.objects\"]";
    course(&with_cache("", event)).is(&[
        ("10", "web.0 main.0 14"),
        ("20..190", "web.0 10"),
        ("200..490", "web.0 15"),
        ("500..990", "web.0 10"),
    ]);
}

/// Stale: the item is updated by the request of 100 while the cache is cut off
/// from web.0, from 95 to 195, so that nobody can remove it there. The update
/// takes 8 + 2 ms and commits at 110. From 200 on, reads hit what is stale.
#[test]
fn who_is_out_of_reach_is_not_told_of_writes() {
    let event = "[events.cable]\nat = \"95 ms\"\nfor = \"100 ms\"\n\
                 cut = [\"services.web\", \"caches.objects\"]\n[endpoints.write]\nshare = 1\n\
                 steps = [{ cpu = \"8000 us\" }, { update = \"posts\" }]\n";
    let text = with_cache("timeout = \"30 ms\"", event)
        .replace("interarrival = \"10 ms\"", "replay = \"arrivals.csv\"")
        .replace("[endpoints.page]", "[endpoints.page]\nshare = 1")
        .replace("read = {", "write = { cpu = \"2 ms\" }, read = {");
    let arrivals = "time_s,endpoint\n0,page\n0.05,page\n0.1,write\n0.2,page\n0.25,page\n";
    let found = course_of(&text, &[("arrivals.csv", arrivals)]);
    found.of("page", &[("0", "web.0 main.0 14"), ("50..250", "web.0 10")]);
    // The cache costs the writer its latency.
    found.of("write", &[("100", "web.0 main.0 12")]);
    assert_eq!(component(found.summary(), "caches.objects", "stale_hits"), 2.0);
}

/// Two nodes, two items, one on each, 64 draws of them in a request: while
/// caches.objects.1 is dead, from 205 to 505, the item on the other node is
/// still found, and only the draws of the one on it go to the database.
#[test]
fn the_other_node_of_a_cache_is_still_found() {
    let event = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"caches.objects.1\"\n";
    let text = with_cache("instances=2", event)
        .replace("cpu = \"4 ms\"", "cpu_per_row = \"1 ms\", cpu = \"1 ms\"")
        .replace("items = 1\n", "items = 2\n")
        .replace("{ read = \"posts\" }", "{ read = \"posts\", keys = 64 }");
    let found = course(&text);
    let missed: Vec<f64> = found
        .requests()
        .filter(|(at, _)| (200.0..500.0).contains(at))
        .map(|(_, request)| request.response_ms - 10.0)
        .collect();
    // 10 ms as on a hit, and 1 ms for each draw of the one item that is missed,
    // about 32 of 64: neither none nor all.
    assert_eq!(missed.len(), 30);
    assert!(missed.iter().all(|&missed| (8.0..56.0).contains(&missed)), "{missed:?}");
    let before = found.requests().filter(|(at, _)| (100.0..200.0).contains(at));
    assert!(before.into_iter().all(|(_, request)| request.response_ms == 10.0));
}

/// A page that is the same for everybody is kept, also where all that was read
/// last to make it was found. The cache is asked for it at once (2 ms): the
/// request of 10 works (8), reads the item (2 + 4) and again (2), and stores
/// page and item at 30 (2). That of 20 asks for the page at 22, too early, and
/// makes one of its own; that of 30 asks at 32 and has it. So again after 500.
#[test]
fn a_result_is_stored_though_all_it_reads_is_found() {
    let text = with_cache("", "[events.oops]\nat = \"500 ms\"\nflush = \"caches.objects\"")
        .replace(
            "[endpoints.page]",
            "[endpoints.page]\ncacheable = { as = \"page\", keys = \"everyone\" }",
        )
        .replace("{ read = \"posts\" }", "{ read = \"posts\" }, { read = \"posts\" }");
    course(&text).is(&[
        ("10", "web.0 main.0 20"),
        ("20", "web.0 16"),
        ("30..490", "web.0 2"),
        ("500", "web.0 main.0 20"),
        ("510", "web.0 16"),
        ("520..990", "web.0 2"),
    ]);
}
