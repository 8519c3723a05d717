//! A folder with a small scenario, the program run in it, and what it left.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Servers behind a balancer; a moment to play.
pub const SMALL: &str = r#"
title = "A small site"

[users]
count = 1000
per_user_per_day = 8640

[endpoints.home]
share = 1
steps = [ { cpu = { exponential = "2 ms" } } ]

[machines.small]
vcpus = 1
memory = "4 GB"
price = "0.05/h"

[machines.large]
vcpus = 2
memory = "8 GB"
price = "0.10/h"

[entry]
to = "load_balancers.public"

[load_balancers.public]
public = true
targets = "services.web"

[services.web]
machine = "small"
instances = 1
workers = "unbounded"

[slo]
mean = "12 ms"

[run]
duration = "6 s"
kind = "terminating"
replications = 4
seed = 7
"#;

/// Twelve cells of it.
pub const GRID: &str = "sweep small.toml --vary services.web.instances=1..3 \
                        --vary users.count=500,1000,2000,4000 --quiet";

/// Files by name.
pub type Tree = BTreeMap<String, Vec<u8>>;

pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub fn new() -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(scratch.path("small.toml"), SMALL).unwrap();
        scratch
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).args(words(line));
        command.env_remove("NO_COLOR").timeout(std::time::Duration::from_secs(300));
        command
    }

    pub fn run(&self, line: &str) -> Assert {
        self.command(line).assert()
    }

    /// The same in a shell, where `PROGRAM` stands for the program.
    pub fn shell(&self, script: &str) -> Assert {
        let script = script.replace("PROGRAM", &program().display().to_string());
        let mut command = Command::new("sh");
        command.current_dir(self.folder.path()).args(["-c", &script]).assert()
    }

    /// A program that is running, with its messages in the file `stderr`.
    pub fn spawn(&self, line: &str) -> std::process::Child {
        let messages = fs::File::create(self.path("stderr")).unwrap();
        std::process::Command::new(program())
            .current_dir(self.folder.path())
            .args(words(line))
            .stdout(std::process::Stdio::null())
            .stderr(messages)
            .spawn()
            .unwrap()
    }

    /// All that a sweep left but its manifest, which holds times.
    pub fn results(&self, name: &str) -> Tree {
        let mut files = tree(&self.path(name));
        files.retain(|name, _| name != "manifest.json" && name != ".highwater.lock");
        files
    }

    pub fn journal(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name).join("journal.jsonl")).unwrap_or_default()
    }
}

pub fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("highwater").to_owned()
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(|word| word.replace('~', " ")).collect()
}

/// All files below a folder.
fn tree(folder: &Path) -> Tree {
    let mut files = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Names the files that differ.
pub fn same(one: &Tree, other: &Tree) {
    let names = |tree: &Tree| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    let differ: Vec<&String> = one.keys().filter(|name| one[*name] != other[*name]).collect();
    assert!(differ.is_empty(), "{differ:?} differ");
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn stdout(assert: &Assert) -> String {
    text(&assert.get_output().stdout)
}

pub fn stderr(assert: &Assert) -> String {
    text(&assert.get_output().stderr)
}

/// Fails unless it ended with this code and stderr holds each of the words.
pub fn complains(assert: Assert, code: i32, words: &[&str]) {
    let assert = assert.code(code);
    let said = stderr(&assert);
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(stdout(&assert), "");
}

/// Whether the long versions are wanted.
pub fn long() -> bool {
    std::env::var_os("HIGHWATER_LONG").is_some_and(|value| !value.is_empty())
}
