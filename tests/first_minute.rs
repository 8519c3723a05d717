//! Goal: from an empty folder to a verdict and a report without reading a
//! manual. Method: run the program as a new user would, in a scratch folder.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::fs;
use std::path::Path;

const TEMPLATES: [&str; 5] =
    ["single-server", "web-database", "replicated", "cached", "multi-region"];

fn highwater(folder: &Path, words: &[&str]) -> Assert {
    Command::cargo_bin("highwater").expect("built").current_dir(folder).args(words).assert()
}

fn output(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn what_init_writes_is_played_without_naming_it() {
    let folder = tempfile::tempdir().unwrap();
    let told = output(&highwater(folder.path(), &["init"]).code(0));
    assert!(told.ends_with("Next  highwater run\n"), "{told}");
    assert!(
        read(&folder.path().join("highwater.toml")).starts_with("#:schema ./highwater.schema.json")
    );
    let schema = read(&folder.path().join("highwater.schema.json"));
    assert!(serde_json::from_str::<serde_json::Value>(&schema).is_ok());
    let told = output(&highwater(folder.path(), &["run", "--quiet"]).code(0));
    assert!(told.contains("SLO met"), "{told}");
    assert!(folder.path().join("output/highwater/report.html").is_file());
    assert!(output(&highwater(folder.path(), &["explain"]).code(0)).contains("services.web"));
}

#[test]
fn what_somebody_wrote_stays() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("shop/highwater.toml");
    highwater(folder.path(), &["init", "shop", "--template", "cached"]).code(0);
    fs::write(&scenario, "mine").unwrap();
    highwater(folder.path(), &["init", "shop"]).code(2);
    assert_eq!(read(&scenario), "mine");
}

#[test]
fn every_template_is_right() {
    let folder = tempfile::tempdir().unwrap();
    for name in TEMPLATES {
        highwater(folder.path(), &["init", name, "--template", name]).code(0);
        let file = format!("{name}/highwater.toml");
        let checked = highwater(folder.path(), &["check", &file]).code(0);
        assert!(checked.get_output().stderr.is_empty(), "{name} has warnings");
    }
}

#[test]
fn without_a_scenario_the_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["run", "explain", "capacity", "plan"] {
        let failed = highwater(folder.path(), &[command]).code(2);
        let told = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
        assert!(told.contains("highwater.toml"), "{command}: {told}");
    }
}

#[test]
fn a_report_loads_nothing_and_may_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    highwater(folder.path(), &["init"]).code(0);
    let played = |more: &[&str]| {
        let words: Vec<&str> = ["run", "--quiet"].into_iter().chain(more.iter().copied()).collect();
        highwater(folder.path(), &words).code(0);
    };
    let hostile = "--set=title='</title><script>alert(1)</script>'";
    played(&["--out", "with", hostile]);
    let page = read(&folder.path().join("with/report.html"));
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "the policy");
    assert!(!page.contains("<script>alert"), "a title became a script");
    for asset in [" src=", "<link", "@import", "url("] {
        assert!(!page.contains(asset), "{asset} in the page");
    }
    assert_eq!(page.matches("<figure class=\"course\"").count(), 4, "lines over time");
    played(&["--out", "without", "--no-report"]);
    assert!(!folder.path().join("without/report.html").exists());
    assert!(folder.path().join("without/summary.json").is_file());
}

#[test]
fn shells_and_man_know_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            output(&highwater(folder.path(), &["completions", shell]).code(0)).contains("capacity")
        );
    }
    let page = output(&highwater(folder.path(), &["man"]).code(0));
    assert!(page.contains("highwater") && page.contains("no\\-report"), "{page}");
}
