//! Goal: every fault of a scenario is answered with its code at its place.
//! Method: a file that uses nearly every key, with one piece exchanged; `«` in
//! the new piece marks where the fault must be reported.

use highwater::scenario::{Diagnostics, Files, Request, Severity, load};
use std::path::Path;

const FULL: &str = include_str!("language/full.toml");

struct One<'a>(&'a [u8]);

impl Files for One<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        if path == Path::new("s.toml") {
            Ok(self.0.to_vec())
        } else {
            Err("no such file".to_owned())
        }
    }
}

fn found(bytes: &[u8]) -> Diagnostics {
    let request =
        Request { path: Path::new("s.toml"), overrides: &[], users: None, workload_of: None };
    match load(&One(bytes), &request) {
        Ok(loaded) => loaded.warnings,
        Err(found) => found,
    }
}

/// Line and column of the mark, and the text without it.
fn marked(text: &str) -> (usize, usize, String) {
    let at = text.find('«').expect("a mark");
    let line = text[..at].matches('\n').count() + 1;
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (line, text[begin..at].chars().count() + 1, text.replace('«', ""))
}

fn check(old: &str, new: &str, code: &str) -> Option<String> {
    assert_eq!(FULL.matches(old).count(), 1, "{old:?} must stand once in the file");
    let (line, column, text) = marked(&FULL.replace(old, new));
    let found = found(text.as_bytes());
    let hit = |one: &highwater::scenario::Diagnostic| {
        (one.code, one.line, one.column, one.file.as_str()) == (code, line, column, "s.toml")
    };
    let place = format!("s.toml:{line}:{column}");
    let shown = found.render(false);
    let right = found.iter().any(hit) && shown.contains(&place) && shown.contains(code);
    (!right).then(|| format!("expected {code} at {place} for {new:?}, found:\n{shown}\n"))
}

#[rustfmt::skip]
const FAULTS: &[(&str, &str, &str)] = &[
    // TOML.
    ("seed = 7", "seed = «", "E009"),
    ("seed = 7", "seed = 7\n«seed = 8", "E009"),
    ("seed = 7", "seed = «99999999999999999999", "E107"),
    ("seed = 7", "seed = «\"a\\u0007\"", "E005"),
    ("share = 0.4", "share = «nan", "E105"),
    ("share = 0.4", "share = «inf", "E105"),
    ("share = 0.4", "share = «1e999", "E105"),
    ("seed = 7", "seed = «7.5", "E103"),
    ("seed = 7", "seed = «\"7\"", "E103"),
    ("seed = 7", "seed = «1979-05-27", "E103"),
    ("seed = 7", "seed = «true", "E103"),
    ("title = \"Everything\"", "title = «5", "E103"),
    ("title = \"Everything\"", "extends = «5", "E103"),
    ("title = \"Everything\"", "extends = «\"base.toml\"", "E010"),
    ("title = \"Everything\"", "extends = [«\"s.toml\"]", "E011"),
    // Unknown keys.
    ("title = \"Everything\"", "«titel = \"Everything\"", "E101"),
    ("seed = 7", "«sede = 7", "E101"),
    ("items = 50_000", "items = 50_000\n«colour = 1", "E101"),
    ("vcpus = 4", "vcpus = 4\n«cpus = 4", "E101"),
    ("iops = 10_000", "«iop = 10_000", "E101"),
    ("backoff = \"200 ms\"", "«back_off = \"200 ms\"", "E101"),
    ("{ wait = \"5 ms\" }", "{ «waits = \"5 ms\", wait = \"5 ms\" }", "E101"),
    ("disk_reads = 1", "«disc_reads = 1", "E101"),
    ("{ exponential = \"18 ms\" }", "{ «exponentail = \"18 ms\" }", "E101"),
    ("{ median = \"20 KB\", p99 = \"900 KB\" }", "{ median = \"20 KB\", p99 = \"900 KB\", «cv = 1 }", "E101"),
    // Missing keys.
    ("[machines.c4]\nvcpus = 4\n", "«[machines.c4]\n", "E102"),
    ("[run]\nduration = \"30 min\"\n", "«[run]\n", "E102"),
    ("[expect]", "[«expects]", "E101"),
    // Units.
    ("ttl = \"30 s\"", "ttl = «30", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"30\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"30 sec\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"30 KB\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"soon\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"1.2.3 s\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"-30 s\"", "E105"),
    ("ttl = \"30 s\"", "ttl = «\"1e300 d\"", "E105"),
    ("ttl = \"30 s\"", "ttl = «\"100000 d\"", "E105"),
    ("ttl = \"30 s\"", "ttl = «[\"30 s\"]", "E103"),
    ("memory = \"16 GB\"", "memory = «16", "E104"),
    ("memory = \"16 GB\"", "memory = «\"16 gb\"", "E104"),
    ("memory = \"16 GB\"", "memory = «\"16 s\"", "E104"),
    ("memory = \"16 GB\"", "memory = «\"0 GB\"", "E105"),
    ("price = \"0.17/h\"", "price = «0.17", "E104"),
    ("price = \"0.17/h\"", "price = «\"0.17/GB\"", "E104"),
    ("price = \"0.40/million\"", "price = «\"0.40/h\"", "E104"),
    ("bandwidth = \"200 MB/s\"", "bandwidth = «\"200 MB\"", "E104"),
    ("bandwidth = \"20 Mbit/s\"", "bandwidth = «\"0 Mbit/s\"", "E105"),
    ("item_size = \"2 KB\"", "item_size = «\"2 ms\"", "E104"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «1 }", "E104"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «\"1 KB\" }", "E104"),
    ("{ exponential = \"3 ms\" }", "{ exponential = «3 }", "E104"),
    // Distributions.
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ exponential = \"1 ms\", uniform = 1 } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ uniform = { low = \"2 ms\", high = \"1 ms\" } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { uniform = «{ low = \"2 ms\" } } }", "E102"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ pareto = { minimum = \"1 ms\", shape = 1 } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ hyperexponential = { mean = \"1 ms\", cv = 0.5 } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ hyperexponential = { branches = [[0.5, \"1 ms\"]] } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { hyperexponential = { branches = [«[0.5]] } } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { erlang = «{ k = 1.5, mean = \"1 ms\" } } }", "E105"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ empirical = [] } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { empirical = { csv = «\"no.csv\" } } }", "E010"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { gamma = { shape = «-1, scale = \"1 ms\" } } }", "E105"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { normal = «\"1 ms\" } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «\"0.5 ns\" }", "E302"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ exponential = \"0.1 ns\" } }", "E302"),
    // Ranges.
    ("count = 1_000_000", "count = «0", "E105"),
    ("count = 1_000_000", "count = «-5", "E105"),
    ("per_user_per_day = 60", "per_user_per_day = «0", "E105"),
    ("per_user_per_day = 60", "per_user_per_day = «-1", "E105"),
    ("per_user_per_day = 60", "rate = «\"0/s\"", "E105"),
    ("per_user_per_day = 60", "rate = «\"-3/s\"", "E105"),
    ("per_user_per_day = 60", "rate = «\"3\"", "E104"),
    ("per_user_per_day = 60", "per_user_per_day = 60\n«rate = \"3/s\"", "E109"),
    ("per_user_per_day = 60", "think_time = \"1 s\"", "E109«"),
    ("peak_to_mean = 3", "peak_to_mean = «0.5", "E105"),
    ("play = \"peak hour\"", "play = «\"night\"", "E106"),
    ("play = \"peak hour\"", "play = { from = «\"25:00\", to = \"26:00\" }", "E105"),
    ("play = \"peak hour\"", "play = «{ from = \"20:00\", to = \"18:00\" }", "E105"),
    ("hourly = [1, 1,", "hourly = «[1,", "E105"),
    ("hourly = [1, 1,", "hourly = [«-1, 1,", "E105"),
    ("hourly = [1, 1,", "«spike = { at = \"1 h\", for = \"1 h\", factor = 2 }\nhourly = [1, 1,", "E109«"),
    ("share = 0.4", "share = «1.4", "E105"),
    ("cached = 0.25", "cached = «-0.25", "E105"),
    ("timeout = \"10 s\"", "timeout = «\"0 s\"", "E105"),
    ("attempts = 2", "attempts = «0", "E105"),
    ("jitter = \"full\"", "jitter = «\"some\"", "E106"),
    ("items = 50_000", "items = «0", "E105"),
    ("popularity = \"uniform\"", "popularity = «\"flat\"", "E106"),
    ("popularity = \"uniform\"", "popularity = { zipf = «-1 }", "E105"),
    ("share = 85", "share = «-85", "E105"),
    ("\"posts\", keys = 10", "\"posts\", keys = «0", "E105"),
    ("\"posts\", keys = 10", "\"posts\", keys = «65", "E105"),
    ("rows = 20", "rows = «0", "E105"),
    ("vcpus = 4", "vcpus = «0", "E105"),
    ("contention = 0.03", "contention = «-0.03", "E105"),
    ("iops = 10_000", "iops = «0", "E105"),
    ("scheduling = \"fifo\"", "scheduling = «\"lifo\"", "E106"),
    ("resolvers = 100", "resolvers = «0", "E105"),
    ("handshakes = 3", "handshakes = «-1", "E105"),
    ("instances = 2", "instances = «0", "E105"),
    ("instances = 2", "instances = «1_000_000_000", "E105"),
    ("workers = 64", "workers = «0", "E105"),
    ("workers = 64", "workers = «\"many\"", "E103"),
    ("replicas = 2", "replicas = «-1", "E105"),
    ("connections = 200", "connections = «0", "E105"),
    ("weights = [2, 1]", "weights = «[2, 1, 1]", "E105"),
    ("weights = [2, 1]", "weights = «[0, 0]", "E105"),
    ("policy = \"weighted\"", "policy = «\"fastest\"", "E106"),
    ("policy = \"weighted\"\nweights", "policy = \"random\"\n«weights", "E109"),
    ("start = \"cold\"", "hit_ratio = «1.2", "E105"),
    ("availability = 0.999", "availability = «99.9", "E105"),
    ("replications = 3", "replications = «0", "E105"),
    ("warmup = \"5 min\"", "warmup = «\"30 min\"", "E305"),
    ("duration = \"30 min\"", "duration = «\"0 s\"", "E105"),
    ("\"response_time_ms.mean\" = 12.5", "\"response_time_ms.mean\" = «\"12\"", "E103"),
    // References.
    ("{ read = \"posts\" }", "{ read = «\"post\" }", "E201"),
    ("{ insert = \"posts\" }", "{ insert = «\"pots\" }", "E201"),
    ("{ call = \"render\" }", "{ call = «\"rendr\" }", "E201"),
    ("to = \"load_balancers.public\"", "to = «\"load_balancers.pubic\"", "E201"),
    ("to = \"load_balancers.public\"", "to = «\"web\"", "E201"),
    ("to = \"load_balancers.public\"", "to = «\"services.web\"", "E206"),
    ("[hosts.box]\nmachine = \"c4\"", "[hosts.box]\nmachine = «\"c5\"", "E201"),
    ("handles = [\"render\"]", "handles = [«\"rendre\"]", "E201"),
    ("targets = \"services.web\"", "targets = «\"services.wep\"", "E201"),
    ("holds = [\"posts\", \"timeline-result\"]", "holds = [\"posts\", «\"timeline\"]", "E201"),
    ("holds = [\"posts\", \"timeline-result\"]\nhost = \"box\"", "holds = \"posts\"\nhost = «\"fox\"", "E201"),
    ("mobile = { json = \"8 KB\" }", "«mobil = { json = \"8 KB\" }", "E201"),
    ("keys = \"user\"", "keys = «\"users\"", "E201"),
    ("[datasets.feeds]", "[datasets.«Posts]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E202"),
    ("[datasets.feeds]", "[datasets.«\"a*b\"]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E108"),
    ("[operations.render]\nsteps = [", "[operations.«render]\nsteps = [{ call = \"render\" }, ", "E203"),
    ("holds = \"*\"\nmachine", "holds = \"posts\"\nmachine", "E204«"),
    ("handles = \"*\"", "handles = \"timeline\"", "E205«"),
    // Meaning.
    ("{ wait = \"5 ms\" }", "«{ wait = \"5 ms\", cpu = \"1 ms\" }", "E109"),
    ("{ wait = \"5 ms\" }", "{ wait = \"5 ms\", «keys = 2 }", "E109"),
    ("{ wait = \"5 ms\" }", "«{ }", "E102"),
    ("[services.renderer]\nhost = \"box\"", "[services.renderer]\nhost = \"box\"\nmachine = «\"c4\"", "E109"),
    ("[services.renderer]\nhost = \"box\"", "[services.renderer]\nhost = \"box\"\n«instances = 2", "E109"),
    ("share = 0.4", "share = 0.3", "E303«"),
    ("memory = \"1 GB\"", "memory = \"17 GB\"", "E306«"),
    ("buffer_pool = \"2 GB\"", "buffer_pool = \"20 GB\"", "E306«"),
    ("capacity = \"1 TB\"", "capacity = \"1 GB\"", "E307«"),
    ("[hosts.box]", "[services.«lost]\nhost = \"box\"\n[hosts.box]", "W401"),
    // Not yet.
    ("[slo]", "«[failures.web]\n[slo]", "E901«"),
    ("[slo]", "[events.x]\n[slo]", "E901«"),
    ("[slo]", "[«cdn]\n[slo]", "E901"),
    ("[slo]", "[«plan]\n[slo]", "E901"),
    ("[hosts.box]\n", "[hosts.box]\n«zone = \"eu\"\n", "E902"),
    ("queue = 256", "«zones = [\"eu\"]", "E902"),
    ("queue = 256", "«boot = \"90 s\"", "E902"),
    ("sliding = true", "«coalesce = true", "E902"),
    ("sliding = true", "«on_failure = \"bypass\"", "E902"),
    ("engine = \"relational\"", "engine = «\"document\"", "E903"),
    ("mode = \"cache-aside\"", "mode = «\"write-through\"", "E903"),
    ("mode = \"cache-aside\"", "mode = «{ write-behind = { delay = \"1 s\" } }", "E903"),
    ("topology = \"primary\"", "topology = «\"ring\"", "E903"),
    ("mode = \"asynchronous\"", "mode = «\"synchronous\"", "E903"),
    ("sessions = \"stateless\"", "sessions = «{ sticky = true }", "E903"),
];

#[test]
fn each_fault_is_answered_at_its_place() {
    let mut wrong = Vec::new();
    for (old, new, code) in FAULTS {
        // A mark behind the code: only the code is compared.
        if let Some(code) = code.strip_suffix('«') {
            let text = FULL.replace(old, &new.replace('«', ""));
            let found = found(text.as_bytes());
            if !found.iter().any(|one| one.code == code) {
                wrong.push(format!(
                    "expected {code} for {new:?}, found:\n{}\n",
                    found.render(false)
                ));
            }
        } else {
            wrong.extend(check(old, new, code));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}

#[test]
fn hostile_texts_are_refused_before_they_are_parsed() {
    let utf16: Vec<u8> = "title = 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: &[(Vec<u8>, &str)] = &[
        (Vec::new(), "E001"),
        (b" \n\n".to_vec(), "E001"),
        (vec![b'#'; (4 << 20) + 1], "E002"),
        (vec![b'a'; 10_000_000], "E002"),
        (b"title = \"\xff\"".to_vec(), "E003"),
        (utf16, "E004"),
        (b"\xff\xfet\0".to_vec(), "E004"),
        (b"title = \"\0\"".to_vec(), "E005"),
        ("title = \"\u{202e}\"".into(), "E005"),
        (b"title = 1\rx = 2".to_vec(), "E005"),
        (format!("title = {}", "[".repeat(10_000)).into(), "E006"),
        (format!("title = {}", "{a=".repeat(10_000)).into(), "E006"),
        (format!("{} = 1", vec!["a"; 10_000].join(".")).into(), "E007"),
        (format!("[{}]", vec!["\"a\""; 10_000].join(".")).into(), "E007"),
    ];
    for (bytes, code) in cases {
        let found = found(bytes);
        assert_eq!(found.len(), 1, "{code}: {}", found.render(false));
        assert_eq!(found.iter().next().map(|one| one.code), Some(*code));
        assert!(found.render(true).contains(code));
    }
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let text = FULL
        .replace("share = 0.4", "share = \"most\"")
        .replace("ttl = \"30 s\"", "ttl = 30")
        .replace("{ read = \"posts\" }", "{ read = \"post\" }")
        .replace("engine = \"relational\"", "engine = \"graph\"")
        .replace("seed = 7", "sede = 7");
    let found = found(text.as_bytes());
    let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
    for code in ["E103", "E104", "E201", "E903", "E101"] {
        assert_eq!(codes.iter().filter(|one| **one == code).count(), 1, "{code}: {codes:?}");
    }
    assert_eq!(found.len(), 5, "{}", found.render(false));
    assert!(found.iter().all(|one| one.severity == Severity::Error));
}

#[test]
fn several_syntax_errors_are_reported_at_once() {
    let found = found(b"title = \n[run]\nduration = =\n");
    let lines: Vec<usize> = found.iter().map(|one| one.line).collect();
    assert!(lines.contains(&1) && lines.contains(&3), "{}", found.render(false));
}

#[test]
fn a_diagnostic_shows_the_line_the_reason_and_the_help() {
    let text = FULL.replace("seed = 7", "sede = 7");
    let shown = found(text.as_bytes()).render(false);
    for piece in ["sede = 7", "^^^^", "unknown key `run.sede`", "did you mean `seed`?", "s.toml:"] {
        assert!(shown.contains(piece), "{piece} is missing in\n{shown}");
    }
}
