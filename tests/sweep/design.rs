//! Goal: the cells are those that were asked for, their files are pure
//! functions of them, and wrong input is refused before anything is played.
//! Method: small sweeps, and a corpus of wrong command lines.

use crate::scratch::{GRID, Scratch, complains, same, stdout, text};
use std::fs;

#[test]
fn a_grid_has_its_files_and_says_its_answer_first() {
    let scratch = Scratch::new();
    let ended = scratch.run(&format!("{GRID} --out out")).code(0);
    let said = stdout(&ended).replace('\n', " ");
    let first = said.split('.').next().unwrap_or("");
    assert!(first.contains("of 12 cells meet the SLO"), "{said}");
    for word in ["cheapest", "moves the p99 most", "Next", "highwater run small.toml --set"] {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
    let files = scratch.results("out");
    let names: Vec<&str> =
        files.keys().map(String::as_str).filter(|name| *name != "cells.parquet").collect();
    let expected = [
        "cells.csv",
        "cells.json",
        "charts/cells.svg",
        "charts/p99-and-cost.svg",
        "journal.jsonl",
        "sweep.json",
        "tidy.csv",
    ];
    assert_eq!(names, expected);
    let cells = text(&files["cells.csv"]);
    let starts: Vec<String> = cells
        .lines()
        .map(|line| line.splitn(4, ',').take(3).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(
        starts[..4],
        ["cell,services.web.instances,users.count", "1,1,500", "2,1,1000", "3,1,2000"]
    );
    assert_eq!((starts.len(), starts[12].as_str()), (13, "12,3,4000"));
    assert!(
        text(&files["tidy.csv"])
            .starts_with("cell,services.web.instances,users.count,figure,value,low,high")
    );
}

#[test]
fn prices_are_compared_under_the_same_load() {
    let scratch = Scratch::new();
    let said = stdout(&scratch.run(&format!("{GRID} --out out")).code(0)).replace('\n', " ");
    let words = "Under users.count=4000, the heaviest load at which any does, the cheapest is cell";
    assert!(said.contains(words), "{said}");
    assert!(said.contains("Cheapest under"), "{said}");
    let value: serde_json::Value =
        serde_json::from_slice(&scratch.results("out")["cells.json"]).unwrap();
    let answer = &value["answer"];
    assert_eq!(answer["compared"], "within-load");
    assert!(answer["cheapest_met"].is_null());
    let loads = answer["cheapest_by_load"].as_array().unwrap();
    let names: Vec<_> = loads.iter().map(|one| one["load"].as_str().unwrap()).collect();
    let expected = [500, 1000, 2000, 4000].map(|users| format!("users.count={users}"));
    assert_eq!(names, expected);
    // One server is enough for the lightest load, and two are not cheaper.
    assert_eq!(loads[0]["cell"], 1);
    let one_load = "sweep small.toml --vary services.web.instances=2,1 --out one --quiet";
    let said = stdout(&scratch.run(one_load).code(0)).replace('\n', " ");
    assert!(said.contains("The cheapest that does is cell 2"), "{said}");
    let alone = "sweep small.toml --vary users.count=500,1000 --out alone --quiet";
    let said = stdout(&scratch.run(alone).code(0)).replace('\n', " ");
    assert!(said.contains("The heaviest load at which it does is users.count=1000"), "{said}");
}

#[test]
fn runs_too_short_for_their_warm_up_are_told_and_made_longer() {
    let scratch = Scratch::new();
    let line = "sweep small.toml --set run.kind=steady --vary users.count=3900,4000 --quiet \
                --replications 3 --seed 5 --out out";
    let said = stdout(&scratch.run(line).code(0));
    assert_eq!(said.matches("too short\n").count(), 2, "{said}");
    assert!(said.contains("2 cells are undecided as their runs are too short"), "{said}");
    let next = "highwater sweep small.toml --vary 'users.count=3900,4000' --seed 5 --replications 3 \
                --set run.kind=steady --set 'run.duration=\"24 s\"'";
    assert!(said.contains(next), "{said}");
}

#[test]
fn the_table_fits_80_columns_and_cuts_no_key_that_has_room() {
    let scratch = Scratch::new();
    let line = "sweep small.toml --vary services.web.instances=1,2 --vary users.count=500,9000 \
                --vary services.web.machine=small,large --out out --quiet";
    let said = scratch.command(line).env("COLUMNS", "80").assert().code(0);
    let said = stdout(&said);
    let table = said.split("\n\n").find(|block| block.starts_with("Cell")).unwrap();
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let line = "sweep small.toml --vary services.web.instances=1,2 --vary users.count=500,600 \
                --out two --quiet";
    let said = stdout(&scratch.command(line).env("COLUMNS", "80").assert().code(0));
    let heading = said.lines().find(|line| line.starts_with("Cell")).unwrap();
    assert!(heading.contains("services.web.instances  users.count"), "{said}");
}

#[test]
fn the_next_command_keeps_what_changed_the_answer() {
    let scratch = Scratch::new();
    let line = "sweep small.toml --vary services.web.instances=1..2 --set endpoints.home.share=2 \
                --users 700 --seed 3 --replications 3 --quiet";
    let next = "highwater run small.toml --seed 3 --replications 3 --users 700 \
                --set endpoints.home.share=2 --set services.web.instances=1";
    let said = stdout(&scratch.run(&format!("{line} --out out")).code(0));
    assert!(said.contains(next), "{said}");
    for shard in 1..=2 {
        scratch.run(&format!("{line} --shard {shard}/2 --out part-{shard}")).code(0);
    }
    let said = stdout(&scratch.run("merge part-1 part-2 --out merged").code(0));
    assert!(said.contains(next), "{said}");
    // A part that was merged before tells no file, but the same cells.
    let said = stdout(&scratch.run("merge merged --out again").code(0));
    let known = "highwater run FILE --seed 3 --replications 3 --set services.web.instances=1";
    assert!(said.contains(known), "{said}");
}

#[test]
fn a_run_and_a_comparison_say_again_what_changed_them() {
    let scratch = Scratch::new();
    let large = crate::scratch::SMALL.replace("machine = \"small\"", "machine = \"large\"");
    fs::write(scratch.path("large.toml"), large).unwrap();
    let options = "--users 4000 --seed 9 --set endpoints.home.share=2 --quiet";
    let says = |line: &str, next: &str| {
        let ended = scratch.run(&format!("{line} {options} --out out --force"));
        let said = stdout(&ended);
        assert!(said.contains(&format!("Next        highwater {next}\n")), "{next}: {said}");
    };
    let own = "--set endpoints.home.share=2";
    says(
        "run large.toml --replications 3",
        &format!("run large.toml --users 8000 {own} --seed 9 --replications 3"),
    );
    // A precision takes more replications, a warm-up a longer run.
    says(
        "run small.toml --precision 2% --max-replications 10",
        &format!(
            "run small.toml --precision 0.02 --max-replications 40 --users 4000 {own} --seed 9"
        ),
    );
    let line = "--set run.kind=steady --precision 2% --max-replications 10";
    let asked = "--precision 0.02 --max-replications 10 --users 4000";
    let keys = "--set run.kind=steady --set endpoints.home.share=2 --set 'run.duration=\"24 s\"'";
    says(&format!("run small.toml {line}"), &format!("run small.toml {asked} {keys} --seed 9"));
    says(
        &format!("compare small.toml large.toml {line}"),
        &format!("compare small.toml large.toml {asked} {keys} --seed 9"),
    );
    says(
        "compare small.toml large.toml --replications 2",
        &format!("compare small.toml large.toml --replications 8 --users 4000 {own} --seed 9"),
    );
}

#[test]
fn a_comparison_with_bounds_fits_80_columns() {
    let scratch = Scratch::new();
    fs::write(scratch.path("another-design-of-the-site.toml"), crate::scratch::SMALL).unwrap();
    let line = "compare small.toml another-design-of-the-site.toml --users 9000 --quiet --out out";
    let ended = scratch.command(line).env("COLUMNS", "80").assert().code(3);
    let said = stdout(&ended);
    let table = said.split("\n\n").find(|block| block.starts_with("Design")).unwrap();
    assert!(table.contains('≥') && table.contains("p99"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn json_is_the_first_file() {
    let scratch = Scratch::new();
    let ended = scratch.run(&format!("{GRID} --out out --format json")).code(0);
    assert_eq!(stdout(&ended).as_bytes(), scratch.results("out")["cells.json"]);
    let value: serde_json::Value = serde_json::from_str(&stdout(&ended)).unwrap();
    assert_eq!(value["cells"].as_array().map(Vec::len), Some(12));
    assert_eq!(value["cells"][2]["values"]["users.count"], 2000);
    assert!(value["cells"][2]["figures"]["response_time_ms.p99"]["value"].is_f64());
}

#[test]
fn threads_do_not_change_a_byte() {
    let scratch = Scratch::new();
    scratch.run(&format!("{GRID} --out one --threads 1")).code(0);
    scratch.run(&format!("{GRID} --out two --threads 2")).code(0);
    scratch.run(&format!("{GRID} --out five --threads 5")).code(0);
    same(&scratch.results("one"), &scratch.results("two"));
    same(&scratch.results("one"), &scratch.results("five"));
}

#[test]
fn a_cell_is_what_a_run_with_its_values_is() {
    let scratch = Scratch::new();
    scratch.run(&format!("{GRID} --out out --seed 3 --replications 3")).code(0);
    let run = "run small.toml --set services.web.instances=2 --set users.count=4000 --seed 3 \
               --replications 3 --format json --out run";
    let run: serde_json::Value = serde_json::from_str(&stdout(&scratch.run(run))).unwrap();
    let cells: serde_json::Value =
        serde_json::from_slice(&scratch.results("out")["cells.json"]).unwrap();
    let cell = &cells["cells"][7];
    assert_eq!(cell["values"]["services.web.instances"], 2);
    assert_eq!(cell["fingerprint"], run["fingerprint"]);
    assert_eq!(cell["scenario_hash"], run["scenario"]["hash"]);
    for part in ["value", "low", "high"] {
        let ours = &cell["figures"]["response_time_ms.p99"][part];
        assert_eq!(*ours, run["response_time_ms"]["p99"][part], "{part}");
    }
}

#[test]
fn a_sample_is_reproducible_and_meets_each_stratum_once() {
    let scratch = Scratch::new();
    let line = "sweep small.toml --samples 8 --vary users.count=1000..8999 \
                --vary services.web.machine=small,large --vary services.web.instances=1..4 --quiet";
    scratch.run(&format!("{line} --out one --threads 1")).code(0);
    scratch.run(&format!("{line} --out two --threads 2")).code(0);
    same(&scratch.results("one"), &scratch.results("two"));
    let csv = text(&scratch.results("one")["cells.csv"]);
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let mut strata: Vec<u32> =
        rows.iter().map(|row| row[1].parse::<u32>().unwrap() / 1000).collect();
    strata.sort_unstable();
    assert_eq!(strata, [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(rows.iter().filter(|row| row[2] == "large").count(), 4);
    assert_eq!(rows.iter().filter(|row| row[3] == "3").count(), 2);
    scratch.run(&format!("{line} --out three --seed 8")).code(0);
    assert_ne!(text(&scratch.results("three")["cells.csv"]), csv);
}

#[test]
fn what_is_wrong_is_said_at_once_and_nothing_is_written() {
    let scratch = Scratch::new();
    let web = "--vary services.web.instances";
    let cases: [(&str, &[&str]); 30] = [
        ("", &["--vary"]),
        ("--vary", &["--vary"]),
        ("--vary users.count", &["no `=`"]),
        ("--vary =3", &["no key"]),
        ("--vary users.count=", &["empty"]),
        ("--vary users.count=1,,2", &["empty"]),
        ("--vary users.count=5,5", &["5 twice"]),
        ("--vary users.count=9..2", &["below"]),
        ("--vary users.count=0.5..2.5", &["lin:5", "--samples"]),
        ("--vary users.count=1..9:log:x", &["number of values"]),
        ("--vary users.count=1..3:lin:7", &["do not fit"]),
        ("--vary users.count=1..9 --vary users.count=2", &["varied twice"]),
        ("--vary users.count=1,2 --users 5", &["--users"]),
        ("--vary users.count=1,2 --set users.count=5", &["both set and varied"]),
        ("--vary users.cuont=1,2", &["users.cuont", "did you mean `count`"]),
        ("--vary services.web.instances.x=1,2", &["no keys below it"]),
        ("--vary services.web.machine=tiny,small", &["names `tiny`", "cell 1", "1 cell cannot"]),
        ("--vary run.seed=1,2 --seed 5", &["--seed sets run.seed, which is varied"]),
        (
            "--vary run.replications=2,3 --replications 5",
            &["--replications sets run.replications, which is varied"],
        ),
        ("--vary users.count=1..9 --cells-max 0", &["1..=1000000"]),
        ("--vary users.count=1..9 --cells-max 2000000", &["1..=1000000"]),
        ("--vary users.count=1..9 --samples 10000000000000", &["more than 10000;", "draw fewer"]),
        ("--vary users.count=1_000,1000", &["the same as cell 1"]),
        ("--vary services.web.instances=1..200 --vary users.count=1..51", &["200 × 51 = 10200"]),
        ("--samples 20000 --vary users.count=1..9", &["20000", "--cells-max"]),
        ("--vary users.count=1..9 --shard 0/3", &["from 1"]),
        ("--vary users.count=1..9 --shard 4/3", &["no shard 4"]),
        ("--vary users.count=1..9 --force --resume", &["--force", "--resume"]),
        ("--vary users.count=1..9 --threads 0", &["no thread"]),
        ("--vary users.count=1..1000000000000", &["more than"]),
    ];
    for (arguments, words) in cases {
        complains(scratch.run(&format!("sweep small.toml {arguments} --out out")), 2, words);
    }
    // A key that is set and varied twice is still one fault of each kind.
    let line = "sweep small.toml --vary users.count=1,2 --vary users.count=3,4 --out out \
                --set users.count=5 --set users.count=6";
    let ended = scratch.run(line).code(2);
    assert_eq!(crate::scratch::stderr(&ended).matches("both set and varied").count(), 1);
    // Faults of different cells, each once and under the first cell that has it.
    let line =
        format!("sweep small.toml {web}=0..2 --vary services.web.machine=small,tiny --out out");
    let words =
        ["cell 1 (services.web.instances=0", "is 0; allowed", "cell 2", "names `tiny`", "4 cells"];
    let ended = scratch.run(&line);
    assert_eq!(crate::scratch::stderr(&ended).matches("E201").count(), 1, "once");
    complains(ended, 2, &words);
    complains(scratch.run("sweep missing.toml --vary a=1,2"), 2, &["no such file"]);
    complains(scratch.run("merge missing --out out"), 2, &["no sweep here"]);
    complains(scratch.run("merge"), 2, &["PART"]);
    let left: Vec<_> = fs::read_dir(scratch.path("")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing was written");
}

#[test]
fn a_cell_that_a_limit_ends_is_a_result_and_the_code_says_so() {
    let scratch = Scratch::new();
    let line =
        "sweep small.toml --vary run.in_flight=50,200000 --set users.count=7000 --out out --quiet";
    let said = stdout(&scratch.run(line).code(3));
    assert!(said.contains("1 ended early at a limit"), "{said}");
    let csv = text(&scratch.results("out")["cells.csv"]);
    assert!(csv.lines().nth(1).unwrap().contains(",limit,"), "{csv}");
    assert!(csv.lines().nth(2).unwrap().starts_with("2,200000,"), "{csv}");
}

#[test]
fn hostile_names_stay_text() {
    let scratch = Scratch::new();
    let value = r#"=cmd|'/C~calc'!A0"#;
    let hostile = format!("sweep small.toml --vary title=\"{value}\",<script> --out out --quiet");
    // A title changes nothing of what is played, so a grid of titles is refused.
    complains(scratch.run(&hostile), 2, &["the same as cell 1"]);
    let sampled = format!("{hostile} --samples 2 --vary users.count=100..200");
    scratch.run(&sampled).code(0);
    let files = scratch.results("out");
    let csv = text(&files["cells.csv"]);
    assert!(!csv.contains(",=cmd"), "{csv}");
    for (name, content) in files.iter().filter(|(name, _)| name.ends_with(".svg")) {
        assert!(!text(content).contains("<script>"), "{name}");
    }
}
