//! Goal: shards put together are the sweep of one process, and what does not
//! belong together is refused. Method: shards in several orders, one of them
//! twice, with cells missing, of another sweep, and changed with a right
//! checksum.

use crate::scratch::{GRID, Scratch, complains, same, stdout, text};
use sha2::{Digest, Sha256};
use std::fs;

fn shards(scratch: &Scratch, count: u32) {
    for index in 1..=count {
        let line = format!("{GRID} --shard {index}/{count} --out part-{index}");
        let said = stdout(&scratch.run(&line).code(0));
        assert!(said.contains(&format!("Shard {index}/{count}: ")), "{said}");
    }
}

#[test]
fn shards_in_any_order_are_the_whole() {
    let scratch = Scratch::new();
    scratch.run(&format!("{GRID} --out whole")).code(0);
    shards(&scratch, 3);
    assert_eq!(text(&scratch.journal("part-2")).lines().count(), 4);
    for (name, parts) in [
        ("a", "part-1 part-2 part-3"),
        ("b", "part-3 part-1 part-2 part-1"),
        ("c", "whole part-2"),
        ("d", "part-2 part-3 part-1 b"),
    ] {
        scratch.run(&format!("merge {parts} --out {name}")).code(0);
        same(&scratch.results("whole"), &scratch.results(name));
    }
    // Again into the same folder, and into that of a part.
    scratch.run("merge part-1 part-2 part-3 --out a").code(0);
    scratch.run("merge part-1 part-2 part-3 --out part-1").code(0);
    same(&scratch.results("whole"), &scratch.results("a"));
    same(&scratch.results("whole"), &scratch.results("part-1"));
}

#[test]
fn missing_cells_are_listed_and_can_be_played_later() {
    let scratch = Scratch::new();
    scratch.run(&format!("{GRID} --out whole")).code(0);
    shards(&scratch, 3);
    let merge = "merge part-1 part-3 --out out";
    complains(scratch.run(merge), 3, &["4 of 12 cells are missing", "cell 2 (", "cell 11 ("]);
    assert!(!scratch.path("out").exists());
    let said = stdout(&scratch.run(&format!("{merge} --partial")).code(0));
    assert!(said.starts_with("8 of 12 cells are finished."), "{said}");
    scratch.run(&format!("{GRID} --out out --resume")).code(0);
    same(&scratch.results("whole"), &scratch.results("out"));
}

#[test]
fn more_shards_than_cells_leave_some_empty() {
    let scratch = Scratch::new();
    let line = "sweep small.toml --vary users.count=500,600 --quiet";
    scratch.run(&format!("{line} --out whole")).code(0);
    for index in 1..=4 {
        scratch.run(&format!("{line} --shard {index}/4 --out part-{index}")).code(0);
    }
    scratch.run("merge part-4 part-3 part-2 part-1 --out out").code(0);
    same(&scratch.results("whole"), &scratch.results("out"));
}

#[test]
fn parts_of_another_sweep_are_refused() {
    let scratch = Scratch::new();
    scratch.run(&format!("{GRID} --shard 1/2 --out one")).code(0);
    scratch.run(&format!("{GRID} --shard 2/2 --out two --seed 8")).code(0);
    let words = ["two is not of the sweep of one", "seed: 7 there, 8 now"];
    complains(scratch.run("merge one two --out out"), 2, &words);
    scratch.run(&format!("{GRID} --out other --seed 8")).code(0);
    complains(scratch.run("merge one --partial --out other"), 2, &["journal of a sweep"]);
    scratch.run("merge one --partial --out other --force").code(0);
}

#[test]
fn a_cell_that_came_out_differently_is_named() {
    let scratch = Scratch::new();
    shards(&scratch, 2);
    scratch.run(&format!("{GRID} --out whole")).code(0);
    let journal = scratch.path("part-1").join("journal.jsonl");
    let lines = fs::read_to_string(&journal).unwrap();
    let (first, rest) = lines.split_once('\n').unwrap();
    // Another result under a right checksum: a different build, not damage.
    let content = first[first.find(",\"cell\":").unwrap() + 8..first.len() - 1]
        .replace("\"in_flight\":0", "\"in_flight\":1");
    let sum: String =
        Sha256::digest(&content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    fs::write(&journal, format!("{{\"sha256\":\"{sum}\",\"cell\":{content}}}\n{rest}")).unwrap();
    let words = ["cell 1 came out differently in part-1 and in whole"];
    complains(scratch.run("merge part-1 part-2 whole --out out"), 2, &words);
    assert!(!scratch.path("out").exists());
}

#[test]
fn a_damaged_part_is_named_by_its_line() {
    let scratch = Scratch::new();
    shards(&scratch, 2);
    let journal = scratch.path("part-1").join("journal.jsonl");
    let damaged =
        fs::read_to_string(&journal).unwrap().replacen("\"offered\":", "\"offered\":1", 1);
    fs::write(&journal, damaged).unwrap();
    complains(scratch.run("merge part-1 part-2 --out out"), 2, &["line 1", "checksum"]);
    fs::remove_file(scratch.path("part-1").join("sweep.json")).unwrap();
    complains(scratch.run("merge part-1 part-2 --out out"), 2, &["no sweep.json"]);
}
