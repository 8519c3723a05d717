//! Goal: nothing that was finished is lost or played again, whatever ends the
//! program. Method: kill it at random moments, cut and damage its journal, let
//! files grow no further, close its pipe; then resume and compare.

use crate::scratch::{GRID, SMALL, Scratch, Tree, complains, long, same, stderr, stdout, text};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// Uniform numbers, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// Whole lines of a journal.
fn lines(journal: &[u8]) -> BTreeSet<String> {
    let text = text(journal);
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(str::to_owned).collect()
}

/// Kills a sweep of so many cells `kills` times, half of the times after some
/// cells more, half after some time, and then lets it end. Where it ends by
/// itself, another is begun.
fn killed(scratch: &Scratch, line: &str, (cells, kills): (usize, usize), whole: &Tree) {
    let mut dice = Dice(7);
    let (mut sweeps, mut done, mut ended) = (1, 0, 0);
    let mut kept = BTreeSet::new();
    while done < kills {
        let out = format!("killed-{sweeps}");
        let mut child = scratch.spawn(&format!("{line} --resume --out {out}"));
        if dice.below(2) == 0 {
            // On average less than its share, so that one sweep sees most kills.
            let more = dice.below(1 + 2 * cells as u64 / kills as u64);
            let wanted = kept.len() + more as usize;
            while lines(&scratch.journal(&out)).len() < wanted
                && child.try_wait().unwrap().is_none()
            {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        std::thread::sleep(Duration::from_micros(dice.below(100_000)));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let now = lines(&scratch.journal(&out));
        assert!(kept.is_subset(&now), "finished cells were lost");
        kept = now;
        match status.signal() {
            Some(9) => done += 1,
            _ => {
                assert_eq!(status.code(), Some(0));
                same(whole, &scratch.results(&out));
                (sweeps, ended, kept) = (sweeps + 1, ended + 1, BTreeSet::new());
            }
        }
    }
    let out = format!("killed-{sweeps}");
    scratch.run(&format!("{line} --resume --out {out}")).code(0);
    assert!(kept.is_subset(&lines(&scratch.journal(&out))), "finished cells were lost");
    same(whole, &scratch.results(&out));
    assert_eq!(text(&scratch.journal(&out)).lines().count(), cells);
    eprintln!(
        "{done} kills of {} sweeps of {cells} cells: none lost, none twice, same bytes",
        ended + 1
    );
}

#[test]
fn a_sweep_that_is_killed_ends_with_the_same_bytes() {
    let scratch = Scratch::new();
    let (line, cells, kills) = match long() {
        true => (
            "sweep small.toml --vary services.web.instances=1..10 --vary users.count=200..4000:200 \
             --quiet --set run.duration=\"60~s\"",
            200,
            50,
        ),
        false => (GRID, 12, 6),
    };
    scratch.run(&format!("{line} --out whole")).code(0);
    killed(&scratch, line, (cells, kills), &scratch.results("whole"));
}

#[test]
fn a_journal_cut_anywhere_is_continued() {
    let scratch = Scratch::new();
    let line = "sweep small.toml --vary users.count=100,200,300 --quiet --set run.duration=\"1~s\"";
    scratch.run(&format!("{line} --out whole")).code(0);
    let (whole, journal) = (scratch.results("whole"), scratch.journal("whole"));
    let near_an_end = |cut: &usize| {
        let ends = journal.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        ends.into_iter().any(|(end, _)| cut.abs_diff(end + 1) <= 1)
    };
    let step = if long() { 1 } else { 997 };
    let cuts = (0..=journal.len()).filter(|cut| cut % step == 0 || near_an_end(cut));
    for cut in cuts {
        fs::write(scratch.path("whole").join("journal.jsonl"), &journal[..cut]).unwrap();
        scratch.run(&format!("{line} --out whole --resume")).code(0);
        same(&whole, &scratch.results("whole"));
    }
    // Killed before there was one.
    fs::remove_file(scratch.path("whole").join("journal.jsonl")).unwrap();
    scratch.run(&format!("{line} --out whole --resume")).code(0);
    same(&whole, &scratch.results("whole"));
}

#[test]
fn a_torn_line_is_said_and_cut_and_a_damaged_one_refused() {
    let scratch = Scratch::new();
    let line = GRID.replace(" --quiet", "");
    scratch.run(&format!("{line} --out out")).code(0);
    let (whole, journal) = (scratch.results("out"), text(&scratch.journal("out")));
    let path = scratch.path("out").join("journal.jsonl");
    fs::write(&path, format!("{journal}{{\"sha256\":\"0123")).unwrap();
    let ended = scratch.run(&format!("{line} --out out --resume")).code(0);
    assert!(stderr(&ended).contains("the last line is not whole"), "{}", stderr(&ended));
    same(&whole, &scratch.results("out"));
    fs::write(&path, journal.replacen("\"offered\":", "\"offered\":1", 1)).unwrap();
    let words = ["journal.jsonl: line 1", "checksum", "delete these lines"];
    complains(scratch.run(&format!("{line} --out out --resume")), 2, &words);
    fs::write(&path, format!("{journal}{journal}")).unwrap();
    complains(scratch.run(&format!("{line} --out out --resume")), 2, &["line 13", "twice"]);
}

#[test]
fn a_journal_is_neither_replaced_nor_mixed_up() {
    let scratch = Scratch::new();
    scratch.run(&format!("{GRID} --out out")).code(0);
    let whole = scratch.results("out");
    let another = GRID.replace("500,", "");
    complains(scratch.run(&format!("{GRID} --out out")), 2, &["--resume", "--force"]);
    complains(scratch.run("run small.toml --out out"), 2, &["journal of a sweep"]);
    let differs = ["another one", "users.count: 500,1000,2000,4000 there, 1000,2000,4000 now"];
    complains(scratch.run(&format!("{another} --out out --resume")), 2, &differs);
    let words = ["replications of cell 1: 4 there, 5 now"];
    complains(scratch.run(&format!("{GRID} --out out --resume --replications 5")), 2, &words);
    fs::write(scratch.path("small.toml"), SMALL.replace("2 ms", "3 ms")).unwrap();
    complains(scratch.run(&format!("{GRID} --out out --resume")), 2, &["the scenario: "]);
    fs::write(scratch.path("small.toml"), SMALL).unwrap();
    same(&whole, &scratch.results("out"));
    scratch.run(&format!("{another} --out out --force")).code(0);
    assert_eq!(text(&scratch.journal("out")).lines().count(), 9);
    scratch.run("run small.toml --out out --force --set slo.mean=\"60~s\"").code(0);
    assert!(!scratch.path("out").join("journal.jsonl").exists());
}

#[test]
fn a_file_that_may_not_grow_loses_nothing() {
    let scratch = Scratch::new();
    scratch.run(&format!("{GRID} --out whole")).code(0);
    let room = scratch.journal("whole").len() / 1024 / 2;
    // Blocks of 512 or 1024 bytes, as the shell has it; less than the journal.
    let ended = scratch.shell(&format!("ulimit -f {room}; exec PROGRAM {GRID} --out out"));
    let ended = ended.code(4);
    let said = stderr(&ended);
    let resume = "--out out --resume";
    assert!(said.contains("cannot write the journal") && said.contains(resume), "{said}");
    let finished = lines(&scratch.journal("out"));
    assert!((1..12).contains(&finished.len()), "{} cells", finished.len());
    assert!(said.contains(&format!("{} of 12 cells are finished", finished.len())), "{said}");
    scratch.run(&format!("{GRID} --out out --resume")).code(0);
    assert!(finished.is_subset(&lines(&scratch.journal("out"))));
    same(&scratch.results("whole"), &scratch.results("out"));
}

#[test]
fn a_folder_that_cannot_be_written_to_is_found_first() {
    let scratch = Scratch::new();
    fs::write(scratch.path("taken"), "a file").unwrap();
    complains(scratch.run(&format!("{GRID} --out taken")), 2, &["cannot be written"]);
    complains(scratch.run(&format!("{GRID} --out /proc/none")), 2, &["cannot be written"]);
}

#[test]
fn a_reader_who_has_seen_enough_is_no_failure() {
    let scratch = Scratch::new();
    scratch.shell(&format!("PROGRAM {GRID} --out out | true")).code(0);
    scratch.run(&format!("{GRID} --out whole")).code(0);
    same(&scratch.results("whole"), &scratch.results("out"));
}

#[test]
fn a_signal_ends_it_with_the_command_to_continue() {
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let scratch = Scratch::new();
        let line = GRID.replace("--quiet", "--quiet --set run.duration=\"2000~s\"");
        let mut child = scratch.spawn(&format!("{line} --out out"));
        // Signals are waited for once the journal stands.
        let journal = scratch.path("out").join("journal.jsonl");
        let began = Instant::now();
        while !journal.exists() && began.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(200));
        let kill = format!("kill -{name} {}", child.id());
        scratch.shell(&kill).code(0);
        assert_eq!(child.wait().unwrap().signal(), Some(number));
        let said = fs::read_to_string(scratch.path("stderr")).unwrap();
        let resume = "--set 'run.duration=\"2000 s\"' --out out --resume";
        for word in ["of 12 cells are finished", "highwater sweep small.toml --vary", resume] {
            assert!(said.contains(word), "no {word:?} in: {said}");
        }
        assert_eq!(stdout(&scratch.shell("ls out")).lines().count(), 3, "no results yet");
    }
}
