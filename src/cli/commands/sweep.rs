//! `highwater sweep`: a scenario over many values of its keys.

use super::init::SCENARIO;
use super::{
    Clock, Command, Console, DURATION, Disk, Ending, Failure, Format, Progress, first_file, longer,
    next_file, next_of_sweep, quoted, stem, style, with_changes,
};
use crate::cli::arguments::{Changes, MachineArguments};
use crate::cli::engine::{self, Cells, Drawing, Play, USERS, Varied};
use crate::cli::interrupt::{Standing, advise_on_interrupt};
use crate::cli::sweep_folder::SweepFolder;
use crate::experiment::sweep::{Axis, CellResult, Definition, Journal, Label, MOST_CELLS, Shard};
use crate::kernel::time::Duration;
use crate::scenario::Request;
use clap::{Args, Parser};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Shown below `highwater sweep --help`.
const EXAMPLES: &str = "\
What --vary takes:
  KEY=V1,V2,V3            these values, TOML or text as with --set
  KEY=2..10               every whole number from 2 to 10; with --samples, drawn from them
  KEY=2..10:2             in steps of 2; KEY=0.1..0.9:0.2 and KEY=10..80ms:10 as well
  KEY=100..10000:lin:5    5 values, evenly from end to end
  KEY=100..10000:log:5    5 values, evenly in the logarithm
  KEY=0.5..2.5            for --samples: anywhere in between; :log evenly in the logarithm

All combinations are played, the last --vary changing fastest, or --samples N
cells of a Latin hypercube. Every finished cell is kept in journal.jsonl at once:
what is interrupted goes on with --resume and ends with the same files.

Examples:
  highwater sweep shop.toml --vary services.web.instances=2..8 --vary users.count=10000..80000:10000
  highwater sweep shop.toml --vary services.web.machine=c4,c8 --vary run.seed=1..5
  highwater sweep shop.toml --samples 100 --vary users.count=1000..100000:log
  highwater sweep shop.toml --vary users.count=1000..64000:log:64 --shard 3/8 --out part-3 --resume
  highwater merge part-* --out merged

Exit codes: 0 all cells were played, whatever their verdicts; 3 a limit ended at
least one of them early; else as for every command.";

/// Arguments of `sweep`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The scenario; `-` reads standard input.
    #[arg(default_value = SCENARIO, value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// A key and its values: KEY=V1,V2,… or KEY=LOW..HIGH, as below. Repeatable.
    #[arg(long = "vary", value_name = "KEY=VALUES", required = true)]
    vary: Vec<String>,
    /// Draw N cells of a Latin hypercube instead of playing all combinations.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
    /// Refuse a sweep of more cells.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u64).range(1..=MOST_CELLS)
    )]
    cells_max: u64,
    #[command(flatten)]
    changes: Changes,
    /// Root of all randomness, instead of the file's `run.seed`; all cells face
    /// the same users.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Independent replications of each cell, instead of the file's
    /// `run.replications`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    replications: Option<u32>,
    #[command(flatten)]
    machine: MachineArguments,
    /// Play only every N-th cell, beginning with the I-th, for `highwater merge`;
    /// I runs from 1 to N.
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    shard: Option<Shard>,
    /// Folder of the results, instead of output/<scenario>-sweep/.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write even into a folder that holds something else or another sweep,
    /// whose journal is replaced.
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Continue the sweep in the folder, or begin it where there is none.
    #[arg(long)]
    resume: bool,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Charts as PNG as well as SVG.
    #[arg(long)]
    png: bool,
}

/// Carries the command out.
pub(super) fn sweep(
    arguments: &Arguments,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let axes = axes(arguments)?;
    let disk = Disk::new(std::slice::from_ref(&arguments.file));
    let Changes { overrides, users } = &arguments.changes;
    let request = Request { path: &arguments.file, overrides, users: *users, workload_of: None };
    let varied = engine::open(&disk, &request, &axes, console.color_diagnostics)?;
    if !arguments.machine.quiet && !varied.warnings.is_empty() {
        console.say(&varied.warnings);
    }
    let progress = Progress::new(arguments.machine.quiet);
    let play = play(arguments, &progress);
    let cells = Cells { axes: &axes, samples: arguments.samples, most: arguments.cells_max };
    let definition = engine::define(&varied, &cells, &play, console.color_diagnostics)?;

    let path = arguments.out.clone().unwrap_or_else(|| default_folder(arguments));
    let claim = (arguments.force, arguments.resume);
    let manifest = clock.manifest(words);
    let mut taken = SweepFolder::claim(&path, &definition, claim, &manifest, console)?;
    let wanted = wanted(arguments.shard, &definition, &taken.journal);
    let standing = standing(arguments, words, &definition, &taken.journal);
    advise_on_interrupt(standing.clone());
    let played = play_wanted(&varied, &definition, &wanted, &play, (&mut taken, &standing));
    progress.finish();
    played?;

    let SweepFolder { folder, journal, .. } = taken;
    let results = journal.results();
    let complete = arguments.shard.is_none();
    let drawing = Drawing { png: arguments.png, all_instances: false, page: false };
    let files =
        if complete { engine::sweep_files(&definition, &results, &drawing)? } else { Vec::new() };
    let next = next(arguments, varied.base.run.duration, (&definition, &results));
    let printed = printed(arguments, (&path, &next), (&definition, &results), &files, console);
    SweepFolder::finish(&folder, &definition, &journal, files, &clock.manifest(words))
        .map_err(|failure| go_on(failure, &standing))?;
    console.print(&printed)?;
    Ok(ending(&results))
}

/// The axes, or all that is wrong with them.
fn axes(arguments: &Arguments) -> Result<Vec<Axis>, Failure> {
    let mut wrong = Vec::new();
    let mut axes = Vec::new();
    for text in &arguments.vary {
        match Axis::parse(text) {
            Ok(axis) => axes.push(axis),
            Err(why) => wrong.push(format!("--vary {text}: {why}")),
        }
    }
    // Keys that have an option of their own.
    let options = [
        ("--users", USERS, arguments.changes.users.is_some()),
        ("--seed", "run.seed", arguments.seed.is_some()),
        ("--replications", "run.replications", arguments.replications.is_some()),
    ];
    for axis in &axes {
        for (option, key, _) in options.iter().filter(|one| one.2 && one.1 == axis.key) {
            wrong.push(format!("{option} sets {key}, which is varied: leave one of them out"));
        }
        if arguments.changes.overrides.iter().any(|(key, _)| *key == axis.key) {
            wrong.push(format!("{} is both set and varied: leave one of them out", axis.key));
        }
    }
    if wrong.is_empty() { Ok(axes) } else { Err(engine::all_errors(&wrong)) }
}

fn play<'a>(arguments: &Arguments, progress: &'a Progress) -> Play<'a> {
    Play {
        seed: arguments.seed,
        replications: arguments.replications,
        threads: arguments.machine.threads,
        trace: 0,
        availability_only: false,
        progress,
    }
}

/// A folder of its own beside that of a run.
fn default_folder(arguments: &Arguments) -> PathBuf {
    let mut name = stem(&arguments.file);
    name.push("-sweep");
    if let Some(Shard { index, count }) = arguments.shard {
        name.push(format!("-{index}-of-{count}"));
    }
    Path::new("output").join(name)
}

/// The cells that are still to be played.
fn wanted(shard: Option<Shard>, definition: &Definition, journal: &Journal) -> Vec<u32> {
    let ours = |cell: &u32| shard.is_none_or(|shard| shard.holds(*cell));
    let numbers = definition.cells.iter().map(|cell| cell.cell);
    numbers.filter(ours).filter(|cell| !journal.holds(*cell)).collect()
}

fn standing(
    arguments: &Arguments,
    words: &[OsString],
    definition: &Definition,
    journal: &Journal,
) -> Standing {
    let ours = |cell: u32| arguments.shard.is_none_or(|shard| shard.holds(cell));
    let all: Vec<u32> =
        definition.cells.iter().map(|cell| cell.cell).filter(|cell| ours(*cell)).collect();
    let finished = all.iter().filter(|cell| journal.holds(**cell)).count();
    Standing {
        finished: std::sync::Arc::new(finished.into()),
        cells: all.len(),
        resume: resume(words),
    }
}

/// The same command, to continue.
fn resume(words: &[OsString]) -> String {
    let mut parts = vec!["highwater".to_owned()];
    let kept = words.iter().skip(1).filter(|word| *word != "--force" && *word != "--resume");
    parts.extend(kept.map(|word| quoted(Path::new(word))));
    parts.push("--resume".to_owned());
    parts.join(" ")
}

/// Plays cells, and keeps each as soon as it is finished.
fn play_wanted(
    varied: &Varied<'_>,
    definition: &Definition,
    wanted: &[u32],
    play: &Play<'_>,
    (taken, standing): (&mut SweepFolder, &Standing),
) -> Result<(), Failure> {
    let taken = Mutex::new((taken, None));
    let finished = |cell: u32, line: String| {
        let mut taken = taken.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match taken.0.file.append(&line) {
            Ok(()) => {
                taken.0.journal.add(cell, line);
                standing.finished.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(error) => {
                taken.1.get_or_insert(error);
                false
            }
        }
    };
    let played = engine::play_cells(varied, definition, wanted, play, &finished);
    let (_, failed) = taken.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    played?;
    match failed {
        None => Ok(()),
        Some(error) => {
            let failure = Failure::Io(format!("cannot write the journal: {error}"));
            Err(go_on(failure, standing))
        }
    }
}

/// A failure to write, with the way on.
fn go_on(failure: Failure, standing: &Standing) -> Failure {
    match failure {
        Failure::Io(why) => Failure::Io(format!("{why}\n{}", standing.advice())),
        other => other,
    }
}

fn printed(
    arguments: &Arguments,
    (path, next): (&Path, &str),
    (definition, results): (&Definition, &[CellResult]),
    files: &engine::Files,
    console: &Console,
) -> String {
    let Some(shard) = arguments.shard else {
        if arguments.format == Format::Json {
            return first_file(files);
        }
        return engine::sweep_text(definition, results, &style(console, next));
    };
    let Shard { index, count } = shard;
    let ours = results.iter().filter(|one| shard.holds(one.cell.cell)).count();
    let folder = quoted(path);
    match arguments.format {
        Format::Json => format!(
            "{{\"format\":1,\"shard\":{index},\"shards\":{count},\"cells\":{},\"finished\":{ours}}}\n",
            definition.cells.len()
        ),
        Format::Text => format!(
            "Shard {index}/{count}: {ours} of {} cells are finished, in {folder}/journal.jsonl.\n\n\
             {:<12}highwater merge {folder} OTHER-SHARDS --out merged\n",
            definition.cells.len(),
            "Next"
        ),
    }
}

/// The command worth trying next: a closer look at the cell to take; where the
/// runs were too short to tell of any, the same sweep for longer.
fn next(
    arguments: &Arguments,
    duration: Duration,
    (definition, results): (&Definition, &[CellResult]),
) -> String {
    let file = next_file(&arguments.file);
    let varied = definition.axes.iter().any(|axis| axis.key == DURATION);
    let none_met = !results.iter().any(CellResult::is_met);
    if !varied && none_met && results.iter().any(CellResult::is_too_short) {
        let vary = arguments.vary.iter().map(|text| format!(" --vary {}", quoted(Path::new(text))));
        let samples = arguments.samples.map_or_else(String::new, |it| format!(" --samples {it}"));
        let base = base(arguments, &longer(&arguments.changes, duration));
        return format!("highwater sweep {file}{}{samples}{base}", vary.collect::<String>());
    }
    next_of_sweep(definition, results, &file, &base(arguments, &arguments.changes))
}

/// What all cells have in common, as options.
fn base(arguments: &Arguments, changes: &Changes) -> String {
    let seed = arguments.seed.map_or_else(String::new, |seed| format!(" --seed {seed}"));
    let count = arguments.replications;
    let count = count.map_or_else(String::new, |count| format!(" --replications {count}"));
    format!("{seed}{count}{}", with_changes("", changes))
}

/// The scenario of the sweep that a command line asked for, and what all of its
/// cells have in common, for the next command; `None` where it was another
/// command.
pub(super) fn common(words: &[String]) -> Option<(String, String)> {
    let parsed = crate::cli::arguments::Arguments::try_parse_from(words).ok()?;
    let Command::Sweep(arguments) = parsed.command else { return None };
    let base = base(&arguments, &arguments.changes);
    Some((next_file(&arguments.file), base))
}

/// A sweep explores: missed cells are what it looks for. Only where a limit
/// ended a cell early do figures stand for less than was asked for.
pub(super) fn ending(results: &[CellResult]) -> Ending {
    let limited = results.iter().any(|one| one.label == Some(Label::Limit));
    if limited { Ending::Limited } else { Ending::Done }
}
