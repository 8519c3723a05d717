//! Goal: what is laid upon a scenario changes what it names, and nothing else.
//! Method: files in memory and dotted overrides against expected values.

use highwater::kernel::distribution::Distribution;
use highwater::scenario::model::{Arrivals, Scenario};
use highwater::scenario::{Diagnostics, Files, Loaded, Request, load};
use std::path::Path;

const FULL: &str = include_str!("language/full.toml");
const W2: &str = include_str!("language/w2.toml");

struct Two<'a>(&'a str, &'a str);

impl Files for Two<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        match path.to_str() {
            Some("s.toml") => Ok(self.0.as_bytes().to_vec()),
            Some("base.toml") => Ok(self.1.as_bytes().to_vec()),
            _ => Err("no such file".to_owned()),
        }
    }
}

fn loaded(top: &str, base: &str, set: &[(&str, &str)]) -> Result<Loaded, Diagnostics> {
    let overrides: Vec<(String, String)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let path = Path::new("s.toml");
    load(&Two(top, base), &Request { path, overrides: &overrides, users: None, workload_of: None })
}

fn accepted(text: &str, set: &[(&str, &str)]) -> Scenario {
    loaded(text, "", set).unwrap_or_else(|found| panic!("{}", found.render(false))).scenario
}

fn upon_full(top: &str) -> Scenario {
    let top = format!("extends = \"base.toml\"\n{top}");
    loaded(&top, FULL, &[]).unwrap_or_else(|found| panic!("{}", found.render(false))).scenario
}

#[test]
fn a_kind_of_answer_takes_the_place_of_another() {
    let one = upon_full("[endpoints.timeline]\nreturns = { browser = { json = \"9 KB\" } }\n");
    let sizes = &one.workload.endpoints[0].answer_bytes;
    assert_eq!(sizes, &[Distribution::Constant(9e3), Distribution::Constant(8e3)]);
    let all = upon_full("[endpoints.timeline]\nreturns = { exponential = \"9 KB\" }\n");
    assert_eq!(
        all.workload.endpoints[0].answer_bytes,
        vec![Distribution::Exponential { mean: 9e3 }; 2]
    );
}

#[test]
fn a_dotted_key_into_a_variant_changes_just_that_key() {
    let median = "endpoints.timeline.static.size.lognormal.median";
    let scenario = accepted(FULL, &[(median, "40 KB")]);
    let files = scenario.workload.endpoints[0].static_files.as_ref().expect("given");
    let expected = Distribution::lognormal_median_p99(4e4, 9e5).expect("possible");
    assert_eq!(files.bytes, expected);

    let ramp =
        format!("{W2}\n[users.pattern]\nramp = {{ from = 0.5, to = 2, over = \"1 min\" }}\n");
    let scenario = accepted(&ramp, &[("users.pattern.ramp.to", "3")]);
    let Arrivals::Profile { knots } = scenario.workload.users.arrivals else { panic!("a ramp") };
    let rates: Vec<f64> = knots.iter().map(|knot| knot.1).collect();
    assert_eq!(rates, [1e3, 6e3]);

    let zipf = accepted(FULL, &[("datasets.posts.popularity.zipf", "0.7")]);
    assert_eq!(zipf.workload.datasets[0].zipf, Some(0.7));
}

#[test]
fn a_dotted_key_that_names_another_variant_takes_its_place() {
    let other =
        accepted(FULL, &[("dns.lookup", "{ uniform = { low = \"1 ms\", high = \"3 ms\" } }")]);
    let lookup = other.topology.dns.expect("given").lookup;
    assert_eq!(lookup, Distribution::Uniform { low: 1e6, high: 3e6 });
    let json = accepted(FULL, &[("endpoints.timeline.returns.browser.json", "5 KB")]);
    assert_eq!(json.workload.endpoints[0].answer_bytes[0], Distribution::Constant(5e3));
    let set = [("dns.lookup.uniform.low", "1 ms"), ("dns.lookup.uniform.high", "3 ms")];
    let lookup = accepted(FULL, &set).topology.dns.expect("given").lookup;
    assert_eq!(lookup, Distribution::Uniform { low: 1e6, high: 3e6 });
    let host = accepted(FULL, &[("services.renderer.machine", "c4")]);
    assert!(!host.topology.hosts[host.topology.services[1].hosts[0]].shared);
}

#[test]
fn a_dotted_key_into_a_list_is_answered_with_what_to_write() {
    for (key, piece) in [
        ("endpoints.timeline.steps.0.cpu", "`endpoints.timeline.steps` is a list"),
        ("users.pattern.hourly.3", "`users.pattern.hourly` is a list"),
        ("run.duration.s", "`run.duration` is text"),
    ] {
        let found = loaded(FULL, "", &[(key, "5")]).expect_err(key);
        let shown = found.render(false);
        assert_eq!(found.len(), 1, "{shown}");
        let one = found.iter().next().expect("one");
        assert_eq!((one.code, one.line, one.column), ("E012", 1, 1), "{shown}");
        assert!(shown.contains(piece) && shown.contains("as a whole"), "{shown}");
    }
}

#[test]
fn a_moving_rate_in_a_run_called_steady_is_a_warning() {
    let codes = |users: &str| -> Vec<&str> {
        let text = format!("{W2}\n[users.pattern]\n{users}\n");
        let loaded = loaded(&text, "", &[("run.kind", "steady")]);
        let loaded = loaded.unwrap_or_else(|found| panic!("{}", found.render(false)));
        loaded.warnings.iter().map(|one| one.code).collect()
    };
    assert_eq!(codes("ramp = { from = 1, to = 3, over = \"1 min\" }"), ["W403"]);
    assert!(codes("ramp = { from = 2, to = 2, over = \"1 min\" }").is_empty());
}

/// Users of `base.toml`, played by the design `top`.
fn compared(top: &str, base: &str) -> Loaded {
    let request = Request {
        path: Path::new("s.toml"),
        overrides: &[],
        users: None,
        workload_of: Some(Path::new("base.toml")),
    };
    load(&Two(top, base), &request).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

#[test]
fn another_workload_that_is_not_used_is_a_warning() {
    let unused = |top: &str| -> Vec<String> {
        let loaded = compared(top, FULL);
        let found = loaded.warnings.iter().filter(|one| one.code == "W406");
        found.map(|one| one.message.clone()).collect()
    };
    assert!(unused(FULL).is_empty());
    let other = FULL.replace("[users]", "[users]\n# nothing but a comment");
    assert!(unused(&other).is_empty());
    let other = "extends = \"base.toml\"\n[datasets.posts.popularity]\nzipf = 0.71\n";
    let found = unused(other);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("`datasets` is not used"), "{found:?}");
}
