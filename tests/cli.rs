//! Goal: the command line keeps its contract: exit codes, streams, files.
//! Method: run the program as a script would, in a scratch folder, over a
//! scenario so small that it plays in a moment.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One server that is a tenth busy, and an SLO that it meets by far.
const SMALL: &str = r#"
title = "One small server"

[users]
rate = "100/s"

[endpoints.home]
share = 1
steps = [ { cpu = { exponential = "2 ms" } } ]

[machines.small]
vcpus = 2
memory = "4 GB"

[entry]
to = "services.web"

[services.web]
machine = "small"
instances = 1
public = true

[slo]
p99 = "1 s"

[run]
duration = "60 s"
kind = "terminating"
replications = 4
seed = 7
"#;

/// A scratch folder with the small scenario in it.
struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let scratch = Self { folder: tempfile::tempdir().unwrap() };
        scratch.write("small.toml", SMALL);
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The program, about to run in the folder; `~` stands for a space within
    /// an argument.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("highwater"));
        command
            .current_dir(self.folder.path())
            .args(line.split_whitespace().map(|word| word.replace('~', " ")));
        command.env_remove("NO_COLOR").timeout(std::time::Duration::from_secs(120));
        command
    }

    fn run(&self, line: &str) -> Assert {
        self.command(line).assert()
    }
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

/// Fails unless stderr contains each of the words and stdout is empty.
fn complains(assert: Assert, code: i32, words: &[&str]) {
    let assert = assert.code(code);
    let text = stderr(&assert);
    for word in words {
        assert!(text.contains(word), "no {word:?} in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
    assert_eq!(stdout(&assert), "");
}

/// All files below a folder by their name in it.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
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

#[test]
fn wrong_arguments_are_bad_input() {
    let scratch = Scratch::new();
    complains(scratch.run("run"), 2, &["highwater.toml", "no such file"]);
    complains(scratch.run("check"), 2, &["FILE"]);
    complains(scratch.run("chek small.toml"), 2, &["check"]);
    complains(scratch.run("run small.toml --threads 0"), 2, &["no thread", "per processor"]);
    complains(scratch.run("run small.toml --users 0"), 2, &["--users"]);
    complains(scratch.run("run small.toml --set users.rate"), 2, &["KEY=VALUE"]);
    complains(scratch.run("compare small.toml"), 2, &["2"]);
    complains(scratch.run("run small.toml --colour never"), 2, &["--color"]);
    assert_eq!(tree(scratch.folder.path()).len(), 1, "nothing was written");
}

#[test]
fn help_goes_to_stdout_and_teaches_by_examples() {
    let scratch = Scratch::new();
    for line in ["--help", "run --help", "compare --help", "check --help", "validate --help"] {
        let help = stdout(&scratch.run(line).success());
        assert!(help.contains("Example") && help.contains("highwater "), "{line}: {help}");
    }
    assert!(stdout(&scratch.run("--version").success()).starts_with("highwater "));
}

#[test]
fn what_cannot_be_read_is_bad_input_and_named() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("folder.toml")).unwrap();
    complains(scratch.run("run missing.toml"), 2, &["missing.toml", "no such file"]);
    complains(scratch.run("run folder.toml"), 2, &["folder.toml", "folder"]);
    let large = fs::File::create(scratch.path("large.toml")).unwrap();
    large.set_len((4 << 20) + 1).unwrap();
    complains(scratch.run("run large.toml"), 2, &["large.toml", "4 MiB"]);
    assert!(!scratch.path("output").exists());
}

#[test]
fn all_faults_of_queues_are_told_at_once() {
    let scratch = Scratch::new();
    let enqueue = "steps = [ { enqueue = \"mail\" }, ";
    let queues = "[queues.mial]\nattempts = 0\nwhen_full = \"drop\"\n\
                  [queues.jobs]\nworkers = { service = \"services.wbe\" }\norder = \"sorted\"\n[slo]";
    let text = SMALL.replace("steps = [ ", enqueue).replace("[slo]", queues);
    scratch.write("queues.toml", &text);
    let words = [
        ("E201", "9:23", "`endpoints.home.steps.0.enqueue` names `mail`"),
        ("E102", "23:1", "`queues.mial.workers` is missing"),
        ("E105", "24:12", "`queues.mial.attempts` is 0"),
        ("E109", "25:1", "`when_full` has no meaning without `capacity`"),
        ("E201", "27:23", "names `services.wbe`, which is not in [services]"),
        ("E106", "28:9", "cannot be \"sorted\""),
    ];
    for (code, place, reason) in words {
        let (code, place) = (format!("error[{code}]"), format!("queues.toml:{place}\n"));
        complains(scratch.run("run queues.toml"), 2, &[code.as_str(), place.as_str(), reason]);
    }
    assert!(!scratch.path("output").exists());
}

#[test]
fn check_reports_all_files() {
    let scratch = Scratch::new();
    let words = ["first.toml", "second.toml"];
    complains(scratch.run("check first.toml second.toml"), 2, &words);
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_without_waiting() {
    let scratch = Scratch::new();
    let made = std::process::Command::new("mkfifo").arg(scratch.path("pipe.toml")).status();
    assert!(made.unwrap().success());
    complains(scratch.run("run pipe.toml"), 2, &["pipe.toml", "pipe"]);
    complains(scratch.run("run /dev/zero"), 2, &["/dev/zero", "device"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_an_io_failure() {
    let scratch = Scratch::new();
    for line in ["--help", "schema", "run small.toml"] {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("highwater"));
        command.current_dir(scratch.folder.path()).args(line.split_whitespace());
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(command.stdout(full).status().unwrap().code(), Some(4), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    let scratch = Scratch::new();
    for line in ["--help", "schema", "run small.toml", "run small.toml --format json"] {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("highwater"));
        command.current_dir(scratch.folder.path()).args(line.split_whitespace());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
    }
}

#[test]
fn the_schema_is_json() {
    let schema = stdout(&Scratch::new().run("schema").success());
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    assert!(schema["properties"]["services"].is_object());
}

/// Each of these has made some program hang, crash or swallow memory.
#[cfg(unix)]
#[test]
fn hostile_files_are_answered_within_a_second() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("folder.toml")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(scratch.path("pipe.toml")).status();
    assert!(made.unwrap().success());
    let utf16: Vec<u8> = SMALL.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let texts: [(&str, Vec<u8>); 11] = [
        ("empty.toml", Vec::new()),
        ("line.toml", [b"title = \"".to_vec(), vec![b'a'; 10_000_000]].concat()),
        ("title.toml", format!("title = \"{}\"\n{SMALL}", "a".repeat(3_000_000)).into()),
        ("deep.toml", format!("x = {}", "[".repeat(10_000)).into()),
        ("dotted.toml", format!("{} = 1", vec!["a"; 10_000].join(".")).into()),
        ("utf16.toml", utf16),
        ("latin.toml", [SMALL.as_bytes(), b"# caf\xe9\n"].concat()),
        (
            "unknown.toml",
            (0..200_000).map(|index| format!("[a{index}]\n")).collect::<String>().into(),
        ),
        ("faults.toml", "= = =\n".repeat(200_000).into()),
        ("extends.toml", b"extends = \"pipe.toml\"\n".to_vec()),
        ("endless.toml", b"extends = \"/dev/zero\"\n".to_vec()),
    ];
    let written = texts.iter().map(|(name, bytes)| {
        fs::write(scratch.path(name), bytes).unwrap();
        *name
    });
    let names: Vec<&str> = written.collect();
    let others = ["folder.toml", "pipe.toml", "missing.toml", "/dev/zero", "/dev/null"];
    for name in names.into_iter().chain(others) {
        let began = std::time::Instant::now();
        let assert = scratch.run(&format!("check {name}"));
        let took = began.elapsed();
        // A second is allowed; a busy machine takes some times as long.
        assert!(took.as_secs_f64() < 5.0, "{name}: {took:?}");
        assert!(stderr(&assert).len() < 100_000, "{name}");
        complains(assert, 2, &[&format!("{}:", name.trim_start_matches("/dev/")), "error["]);
    }
}

#[test]
fn a_byte_order_mark_and_other_line_ends_change_no_result() {
    let scratch = Scratch::new();
    let other = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    scratch.write("windows/small.toml", &other);
    scratch.run("run small.toml --out one").code(0);
    scratch.run("run windows/small.toml --out two").code(0);
    let results = |name: &str| {
        let mut files = tree(&scratch.path(name));
        files.remove("manifest.json");
        files
    };
    assert_eq!(results("one"), results("two"));
}

#[test]
fn check_says_ok_and_still_counts_the_wrong_ones() {
    let scratch = Scratch::new();
    assert!(stdout(&scratch.run("check small.toml").success()).contains("ok  small.toml"));
    let mixed = scratch.run("check missing.toml small.toml").code(2);
    assert!(stdout(&mixed).contains("ok  small.toml") && stderr(&mixed).contains("missing.toml"));
}

#[test]
fn a_run_fills_its_folder_and_prints_a_verdict() {
    let scratch = Scratch::new();
    let run = scratch.run("run small.toml").code(0);
    let shown = stdout(&run);
    let next = shown.lines().find_map(|line| line.strip_prefix("Next")).expect("a next command");
    let next = next.trim().strip_prefix("highwater ").expect("a command of ours");
    assert!(next.contains("small.toml"), "{next}");
    scratch.run(next).code(0);
    assert_eq!(stderr(&run), "", "no progress where nobody watches");
    let files = tree(&scratch.path("output/small"));
    assert!(files.contains_key("summary.json"));
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["complete"], true);
    let listed = manifest["files"].as_array().unwrap();
    let ours = files.keys().filter(|name| *name != "manifest.json" && *name != ".highwater.lock");
    assert_eq!(listed.len(), ours.count());
    assert!(!files.keys().any(|name| name.ends_with(".tmp")));
}

#[test]
fn results_are_the_same_bytes_whatever_the_threads_and_the_folder() {
    let scratch = Scratch::new();
    scratch.run("run small.toml --threads 1 --out one").code(0);
    scratch.run("run small.toml --threads 2 --out elsewhere/two --quiet").code(0);
    let results = |name: &str| {
        let mut files = tree(&scratch.path(name));
        files.remove("manifest.json");
        files
    };
    assert_eq!(results("one"), results("elsewhere/two"));
}

#[test]
fn json_on_stdout_is_the_summary() {
    let scratch = Scratch::new();
    let run = scratch.run("run small.toml --format json").code(0);
    let file = fs::read(scratch.path("output/small/summary.json")).unwrap();
    assert_eq!(stdout(&run).trim_end(), String::from_utf8_lossy(&file).trim_end());
    let summary: serde_json::Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(summary["slo"]["verdict"], "met");
}

#[test]
fn a_missed_slo_is_exit_code_one() {
    let scratch = Scratch::new();
    scratch.write("strict.toml", &SMALL.replace("p99 = \"1 s\"", "p99 = \"1 ms\""));
    scratch.run("run strict.toml").code(1);
    scratch.run("compare small.toml strict.toml").code(1);
}

#[test]
fn options_reach_the_run() {
    let scratch = Scratch::new();
    let line =
        "run small.toml --seed 11 --replications 3 --set run.duration=\"30~s\" --format json";
    let summary = stdout(&scratch.run(line).code(0));
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!((&summary["seed"], &summary["replications"]), (&11.into(), &3.into()));
    assert_eq!(summary["simulated_s"], 30.0);
}

#[test]
fn availability_alone_needs_something_that_fails() {
    let scratch = Scratch::new();
    let assert = scratch.run("run small.toml --availability-only");
    complains(assert, 2, &["small.toml", "nothing of it can fail", "[failures.NAME]"]);
    assert!(!scratch.path("output").exists(), "a folder was made");
    let assert = scratch.run("run small.toml --availability-only --trace 3");
    complains(assert, 2, &["--availability-only", "--trace"]);
}

#[test]
fn where_nothing_fails_the_incidents_are_a_header_alone() {
    let scratch = Scratch::new();
    scratch.run("run small.toml --out results").success();
    let incidents = fs::read_to_string(scratch.path("results/incidents.csv")).unwrap();
    let header = "replication,start_s,end_s,component,kind,cause,requests_failed\n";
    assert_eq!(incidents, header);
    let summary = fs::read_to_string(scratch.path("results/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["incidents"], serde_json::json!([]));
    assert!(summary.get("availability_by_time").is_none());
    assert!(summary.get("error_budget").is_none(), "a response time has no error budget");
}

#[test]
fn a_scenario_may_come_from_a_pipe() {
    let scratch = Scratch::new();
    let mut command = scratch.command("run - --quiet");
    command.write_stdin(SMALL).assert().code(0);
    assert!(scratch.path("output/stdin/summary.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_utf8_works() {
    use std::os::unix::ffi::OsStrExt;
    let scratch = Scratch::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.toml");
    fs::write(scratch.folder.path().join(name), SMALL).unwrap();
    scratch.command("run").arg(name).assert().code(0);
    let folder = scratch.path("output").join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    assert!(folder.join("summary.json").exists());
}

#[test]
fn a_folder_of_ours_is_replaced_and_a_foreign_one_refused() {
    let scratch = Scratch::new();
    scratch.run("run small.toml").code(0);
    scratch.run("run small.toml --seed 8").code(0);
    scratch.write("thesis/chapter.txt", "years of work");
    let refused = scratch.run("run small.toml --out thesis");
    complains(refused, 2, &["thesis", "--force"]);
    scratch.run("run small.toml --out thesis --force").code(0);
    assert_eq!(fs::read_to_string(scratch.path("thesis/chapter.txt")).unwrap(), "years of work");
}

#[test]
fn a_place_that_cannot_be_written_is_found_before_playing() {
    let scratch = Scratch::new();
    scratch.write("file", "in the way");
    // Playing this would take hours.
    let long = "run small.toml --set run.duration=\"1000~h\" --set run.replications=1000";
    complains(scratch.run(&format!("{long} --out file/below")), 2, &["file"]);
    complains(scratch.run(&format!("{long} --out file")), 2, &["file"]);
}

#[test]
fn two_runs_cannot_write_in_one_folder() {
    let scratch = Scratch::new();
    scratch.run("run small.toml").code(0);
    let lock = fs::File::options().write(true).open(scratch.path("output/small/.highwater.lock"));
    let lock = lock.unwrap();
    lock.try_lock().unwrap();
    complains(scratch.run("run small.toml --force"), 2, &["another run"]);
    drop(lock);
    scratch.run("run small.toml").code(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_does_not_fit_is_an_io_failure_with_its_name() {
    let scratch = Scratch::new();
    let program = assert_cmd::cargo::cargo_bin!("highwater");
    // The signal that comes with the limit must not end the program.
    let script = format!("ulimit -f 8; exec {} run small.toml", program.display());
    let mut command = Command::new("sh");
    command.current_dir(scratch.folder.path()).args(["-c", &script]);
    complains(command.assert(), 4, &["cannot write", "output/small/"]);
    scratch.run("run small.toml").code(0);
}

#[cfg(unix)]
#[test]
fn a_terminated_run_leaves_the_finished_one_whole() {
    use std::os::unix::process::ExitStatusExt;
    let scratch = Scratch::new();
    scratch.run("run small.toml").code(0);
    let before = tree(&scratch.path("output/small"));
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("highwater"));
    command.current_dir(scratch.folder.path());
    command.args(["run", "small.toml", "--set", "run.duration=\"1000 h\""]);
    let mut child = command.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    let sent = std::process::Command::new("kill").arg(child.id().to_string()).status();
    assert!(sent.unwrap().success());
    let status = child.wait().unwrap();
    assert!(status.signal() == Some(15) || status.code() == Some(143), "{status}");
    assert_eq!(tree(&scratch.path("output/small")), before);
}

#[test]
fn a_comparison_has_its_own_folder_and_needs_all_designs() {
    let scratch = Scratch::new();
    scratch.write("large.toml", &SMALL.replace("vcpus = 2", "vcpus = 8"));
    scratch.run("compare small.toml large.toml").code(0);
    assert!(scratch.path("output/small-vs-large/manifest.json").exists());
    let words = ["one.toml", "two.toml"];
    complains(scratch.run("compare small.toml one.toml two.toml"), 2, &words);
}

#[test]
fn colour_is_only_where_it_is_wanted() {
    let scratch = Scratch::new();
    assert!(!stdout(&scratch.run("run small.toml").code(0)).contains('\u{1b}'));
    assert!(stdout(&scratch.run("run small.toml --color always").code(0)).contains('\u{1b}'));
}

#[test]
fn check_says_the_same_to_programs() {
    let scratch = Scratch::new();
    scratch.write("wrong.toml", &SMALL.replace("vcpus = 2", "vcpu = 2"));
    let assert = scratch.run("check small.toml wrong.toml --format json").code(2);
    let checked: serde_json::Value = serde_json::from_str(&stdout(&assert)).expect("JSON");
    assert_eq!((&checked[0]["passed"], &checked[1]["passed"]), (&true.into(), &false.into()));
    assert_eq!(checked[0]["title"], "One small server");
    let first = &checked[1]["diagnostics"][0];
    let line = 1 + SMALL.lines().position(|line| line.starts_with("vcpus")).expect("a line");
    assert_eq!((first["code"].as_str(), first["line"].as_u64()), (Some("E101"), Some(line as u64)));
    assert_eq!(first["severity"], "error");
}

#[test]
fn explain_says_the_same_to_programs() {
    let scratch = Scratch::new();
    let text = stdout(&scratch.run("explain small.toml").success());
    let json = stdout(&scratch.run("explain small.toml --format json").success());
    let explained: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    // 100/s of 2 ms on two processors.
    let bound = &explained["bounds"][0];
    assert_eq!(bound["station"], "services.web.cpu");
    assert!((bound["offered_share"].as_f64().expect("a share") - 0.1).abs() < 1e-9);
    let steps = explained["programs"][0]["steps"].as_array().expect("steps");
    for step in steps {
        assert!(text.contains(step["verb"].as_str().expect("a verb")), "{step}");
    }
}
