//! Goal: all that the language can say is either understood or answered "not
//! yet" at its place; nothing of it is an unknown key or a wrong type.
//! Method: a file that says all of it, with marks where "not yet" must be
//! answered; then without what is marked; then with one piece exchanged.

use highwater::scenario::{Diagnostics, Files, Request, load};
use std::path::Path;

const WHOLE: &str = include_str!("language/whole.toml");
const MARK: &str = "# not yet";

struct One<'a>(&'a str);

impl Files for One<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        match path.to_str() {
            Some("s.toml") => Ok(self.0.as_bytes().to_vec()),
            Some("arrivals.csv") => Ok(b"seconds,endpoint\n1,wall\n2,post\n".to_vec()),
            Some("access.log") => {
                Ok(b"h - - [10/Oct/2000:13:55:36 -0700] \"GET /wall HTTP/1.0\" 200 9\n".to_vec())
            }
            _ => Err("no such file".to_owned()),
        }
    }
}

fn found(text: &str) -> Diagnostics {
    let request =
        Request { path: Path::new("s.toml"), overrides: &[], users: None, workload_of: None };
    match load(&One(text), &request) {
        Ok(loaded) => loaded.warnings,
        Err(found) => found,
    }
}

/// Without the marked keys, and without the marked tables.
fn playable() -> String {
    let mut kept = String::new();
    let mut dropped = false;
    for line in WHOLE.lines() {
        if line.starts_with('[') {
            dropped = line.ends_with(MARK);
        }
        if !dropped && !line.ends_with(MARK) {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[test]
fn what_is_not_simulated_yet_is_answered_at_its_place() {
    let found = found(WHOLE);
    let shown = found.render(false);
    assert!(found.iter().all(|one| one.code.starts_with("E9")), "{shown}");
    let mut lines: Vec<usize> = found.iter().map(|one| one.line).collect();
    lines.sort_unstable();
    let numbered = WHOLE.lines().enumerate().skip(1);
    let marked: Vec<usize> =
        numbered.filter(|(_, line)| line.ends_with(MARK)).map(|(index, _)| index + 1).collect();
    assert!(!marked.is_empty(), "nothing is left: this test has done its work");
    assert_eq!(lines, marked, "{shown}");
}

#[test]
fn the_rest_is_played() {
    let found = found(&playable());
    assert!(found.is_empty(), "{}", found.render(false));
}

/// Other ways to say the same things; nothing is found, or the code.
#[rustfmt::skip]
const OTHERS: &[(&str, &str, &str)] = &[
    ("per_user_per_day = 48", "rate = \"900/s\"", ""),
    ("17:00", "00:00", ""),
    ("play = { from = \"17:00\", to = \"22:00\" }", "play = \"peak hour\"", ""),
    ("play = { from = \"17:00\", to = \"22:00\" }", "play = \"day\"", ""),
    ("{ exponential = \"2 ms\" }", "{ normal = { mean = \"2 ms\", sd = \"1 ms\" } }", ""),
    ("{ exponential = \"2 ms\" }", "{ gamma = { mean = \"2 ms\", cv = 0.5 } }", ""),
    ("{ exponential = \"2 ms\" }", "{ erlang = { k = 3, mean = \"2 ms\" } }", ""),
    ("{ exponential = \"2 ms\" }", "{ weibull = { shape = 1.5, mean = \"2 ms\" } }", ""),
    ("{ exponential = \"2 ms\" }", "{ pareto = { minimum = \"1 ms\", shape = 2.5 } }", ""),
    ("{ exponential = \"2 ms\" }", "{ hyperexponential = { mean = \"2 ms\", cv = 2 } }", ""),
    ("{ exponential = \"2 ms\" }", "{ empirical = [\"1 ms\", \"4 ms\"] }", ""),
    ("keys = \"user\"", "keys = \"everyone\"", ""),
    ("keys = \"user\"", "keys = \"photos\"", ""),
    ("\"processor-sharing\"", "\"fifo\"", ""),
    ("workers = 32", "workers = \"unbounded\"", "E102"),
    ("policy = \"least-connections\"", "policy = \"round-robin\"", ""),
    ("policy = \"least-connections\"", "policy = \"random\"", ""),
    ("policy = \"least-connections\"", "policy = \"two-choices\"", ""),
    ("policy = \"least-connections\"", "policy = \"hash\"", ""),
    ("eviction = \"lru\"", "eviction = \"lfu\"", ""),
    ("eviction = \"lru\"", "eviction = \"fifo\"", ""),
    ("eviction = \"lru\"", "eviction = \"random\"", ""),
    ("eviction = \"lru\"", "eviction = \"sieve\"", ""),
    ("eviction = \"lru\"", "eviction = \"s3-fifo\"", ""),
    ("eviction = \"lru\"", "eviction = \"arc\"", ""),
    ("mode = \"read-through\"", "mode = \"cache-aside\"", ""),
    ("mode = \"read-through\"", "mode = \"write-through\"", "E109"),
    ("mode = \"read-through\"", "mode = \"write-around\"", ""),
    ("start = \"warm\"", "start = \"cold\"", ""),
    ("engine = \"relational\"", "engine = \"graph\"", ""),
    ("engine = \"relational\"", "engine = \"graph\"\nrow_reads = \"concurrent\"\nparallel_reads = 4", ""),
    ("engine = \"relational\"", "engine = \"relational\"\nrow_reads = \"batched\"", ""),
    ("read_from = \"nearest\"", "read_from = \"replicas\"", ""),
    ("read_from = \"nearest\"", "read_from = \"primary\"", ""),
    ("read_from = \"nearest\"", "read_from = \"any\"", ""),
    ("extra_lag", "topology = \"primary\"\nextra_lag", ""),
    ("mode = { semi-synchronous = 1 }", "mode = { semi-synchronous = 3 }", ""),
    ("mode = { semi-synchronous = 1 }", "mode = \"asynchronous\"", ""),
    ("mode = { semi-synchronous = 1 }", "mode = \"synchronous\"", ""),
    ("writes_meanwhile = \"wait\"", "writes_meanwhile = \"fail\"", ""),
    ("policy = \"nearest\"", "policy = \"failover\"", ""),
    ("on_failure = \"bypass\"", "on_failure = \"fail\"", ""),
    ("effect = \"silence\"", "effect = \"refuse\"", ""),
    ("effect = \"silence\"", "effect = \"hang\"", ""),
    ("of = \"services.site\"", "of = \"zones.north-1\"", ""),
    ("of = \"services.site\"", "of = \"databases.store\"", ""),
    ("of = \"services.site\"", "of = \"regions.south\"", ""),
    ("sessions = { sticky = true, size = \"10 KB\" }", "sessions = \"stateless\"", ""),
    ("sessions = { sticky = true, size = \"10 KB\" }", "sessions = { sticky = true, idle = \"9 min\", drain = \"1 min\", memory = \"1 GB\" }", ""),
    ("sessions = { sticky = true, size = \"10 KB\" }", "sessions = { sticky = true, rebuild = { call = \"rank\" } }", ""),
    ("sessions = { store = \"caches.hot\" }", "sessions = { store = \"caches.hot\", size = \"1 KB\", rebuild = { wait = \"1 ms\" } }", ""),
    ("shield = true", "shield = false", ""),
    ("shield = true", "start = \"cold\"\ntimeout = \"2 s\"\nrtt = { exponential = \"9 ms\" }", ""),
    ("catalogue = 2_000", "popularity = \"uniform\"", ""),
];

#[test]
fn every_other_way_to_say_it_is_known() {
    let text = playable();
    for (old, new, code) in OTHERS {
        assert_eq!(text.matches(old).count(), 1, "{old:?} must stand once in the file");
        let found = found(&text.replace(old, new));
        let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
        let expected: &[&str] = if code.is_empty() { &[] } else { &[code] };
        assert_eq!(codes, expected, "{new}\n{}", found.render(false));
    }
}

#[test]
fn every_source_of_requests_and_every_pattern_is_known() {
    // A recording and closed users have no rate that a spike could multiply.
    let text = playable().replace("spike = 3", "flush = \"caches.hot\"");
    let text = text.replace(
        "at = \"12 min\"\nflush = \"caches.hot\"\nfor = \"1 min\"",
        "at = \"12 min\"\nflush = \"caches.hot\"",
    );
    let (start, end) =
        (text.find("[users]").expect("a table"), text.find("[clients").expect("a table"));
    for users in [
        "count = 9\nthink_time = { exponential = \"1 s\" }",
        "count = 9\nreplay = \"arrivals.csv\"",
        "count = 9\nreplay_log = \"access.log\"\nurls = { \"/wall\" = \"wall\" }",
        "count = 9\nrate = \"5/s\"\n[users.pattern]\nsteps = [{ at = \"0 s\", factor = 2 }]",
        "count = 9\nrate = \"5/s\"\n[users.pattern]\nramp = { from = 1, to = 3, over = \"1 min\" }",
        "count = 9\nrate = \"5/s\"\n[users.pattern]\nspike = { at = \"1 min\", for = \"10 s\", factor = 4 }",
    ] {
        let found = found(&format!("{}[users]\n{users}\n{}", &text[..start], &text[end..]));
        assert!(found.is_empty(), "{users}\n{}", found.render(false));
    }
}
