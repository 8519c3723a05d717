//! `highwater capacity`: the high-water mark.

use super::init::SCENARIO;
use super::{
    Changes, Clock, Console, Disk, Ending, Failure, Format, MachineArguments, OutputArguments,
    Progress, claim, drawing, first_file, quoted, shown, stem, style, with_changes,
};
use crate::cli::arguments::{SHARE_FORM, number_and_unit};
use crate::cli::engine::capacity as engine;
use crate::cli::files::is_stdin;
use crate::experiment::capacity::{Capacity, Ended, Unit};
use crate::scenario::Request;
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Shown below `highwater capacity --help`.
const EXAMPLES: &str = "\
The answer is the most users that are certainly inside the SLO, with the interval
in which the mark lies: up to the fewest that are certainly outside. Where the scenario gives its load as a
rate, the answer is in requests per second.

Examples:
  highwater capacity shop.toml                         how many users does it carry?
  highwater capacity shop.toml --set services.web.instances=8
  highwater capacity shop.toml --tolerance 0.5%        a narrower answer
  highwater capacity shop.toml --without-events        on a day on which nothing fails
  highwater capacity --through scenarios               the growth path, stage by stage

Exit codes: 0 today's users are inside; 1 they are above the mark, or nothing is
inside; 3 they lie within the interval, or it is wider than --tolerance; with
--through that of the worst stage; else as for every command.";

/// Arguments of `capacity`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The scenario, highwater.toml where none is named; `-` reads standard input.
    pub(in crate::cli) file: Option<PathBuf>,
    /// Every stage of a path of designs: the files of this folder whose names
    /// begin with two digits and a dash, such as 05-replicas.toml.
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    pub(in crate::cli) through: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
    /// Root of all randomness, instead of the file's `run.seed`.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// Width of the interval that is asked for, as a part of its lower end (2% or
    /// 0.02).
    #[arg(long, value_name = "SHARE", default_value = "2%", value_parser = tolerance)]
    pub(in crate::cli) tolerance: f64,
    /// Most replications of one load; fewer are played where they decide.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub(in crate::cli) replications: Option<u32>,
    /// Leave out the scripted failures ([events]); --through always does.
    #[arg(long)]
    pub(in crate::cli) without_events: bool,
    #[command(flatten)]
    pub(in crate::cli) machine: MachineArguments,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}

/// `2%` or `0.02`, the forms of `--precision`.
pub(super) fn tolerance(text: &str) -> Result<f64, String> {
    let (number, unit) = number_and_unit(text)?;
    let share = number / unit;
    if unit == 1.0 && (1.0..=100.0).contains(&number) {
        return Err(format!("{number} would be {:.0} %: {SHARE_FORM}", 100.0 * number));
    }
    if !(0.000_1..=1.0).contains(&share) {
        return Err(format!("possible: 0.01% to 100%; {SHARE_FORM}"));
    }
    Ok(share)
}

/// Finds the high-water mark.
pub(super) fn capacity(
    arguments: &Arguments,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    match (&arguments.through, &arguments.file) {
        (Some(folder), _) => through(arguments, folder, words, console),
        (None, Some(file)) => of_one(arguments, file, words, console),
        (None, None) => of_one(arguments, Path::new(SCENARIO), words, console),
    }
}

/// The mark of one scenario.
fn of_one(
    arguments: &Arguments,
    file: &Path,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let disk = Disk::new(&[file.to_owned()]);
    let design = open(arguments, &disk, file, console)?;
    engine::refusal(&design, file)?;
    let folder = claim(&arguments.output, || name_of(&stem(file)))?;

    let progress = Progress::new(arguments.machine.quiet);
    let found = engine::capacity(&design, file, &search(arguments, &progress));
    progress.finish();
    let found = found?;

    let files = engine::capacity_files(&found, &drawing(&arguments.output))?;
    folder.write(&files, &clock.manifest(words))?;
    let next = with_changes(&next_command(file, &found), &arguments.changes);
    match arguments.output.format {
        Format::Text => console.print(&engine::capacity_text(&found, &style(console, &next)))?,
        Format::Json => console.print(&first_file(&files))?,
    }
    Ok(engine::ending(&found))
}

/// The marks of all stages of a folder.
fn through(
    arguments: &Arguments,
    folder: &Path,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let files = stages(folder)?;
    let disk = Disk::new(&files);
    let mut designs = Vec::new();
    let mut wrong = None;
    for file in &files {
        match open(arguments, &disk, file, console) {
            Ok(design) => designs.push((stem(file).to_string_lossy().into_owned(), design)),
            Err(failure) => {
                if let Some(earlier) = wrong.replace(failure) {
                    console.say(&earlier.to_string());
                }
            }
        }
    }
    wrong.map_or(Ok(()), Err)?;
    let output = claim(&arguments.output, || OsString::from("growth"))?;

    let progress = Progress::new(arguments.machine.quiet);
    let growth = engine::growth(designs, &search(arguments, &progress));
    progress.finish();
    let growth = growth?;

    let written = engine::growth_files(&growth, &drawing(&arguments.output))?;
    output.write(&written, &clock.manifest(words))?;
    let next = format!("highwater capacity {}", quoted(&files[files.len() - 1]));
    match arguments.output.format {
        Format::Text => console.print(&engine::growth_text(&growth, &style(console, &next)))?,
        Format::Json => console.print(&first_file(&written))?,
    }
    Ok(engine::ending_of_growth(&growth))
}

fn open<'a>(
    arguments: &Arguments,
    disk: &'a Disk,
    path: &Path,
    console: &Console,
) -> Result<engine::Design<'a>, Failure> {
    let changes = &arguments.changes;
    let request =
        Request { path, overrides: &changes.overrides, users: changes.users, workload_of: None };
    let design = engine::design(disk, &request, console.color_diagnostics)?;
    if !arguments.machine.quiet && !design.warnings.is_empty() {
        console.say(&design.warnings);
    }
    Ok(design)
}

fn search<'a>(arguments: &Arguments, progress: &'a Progress) -> engine::Search<'a> {
    engine::Search {
        seed: arguments.seed,
        threads: arguments.machine.threads,
        tolerance: arguments.tolerance,
        replications: arguments.replications,
        picture: arguments.through.is_none(),
        without_events: arguments.without_events,
        progress,
    }
}

/// Files named `05-word.toml`, in their order.
fn stages(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let wrong = |why: String| Failure::Input(format!("{}: {why}", shown(folder)));
    let entries = std::fs::read_dir(folder).map_err(|error| wrong(error.to_string()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| is_stage(path))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(wrong(
            "holds no stage: a file whose name begins with two digits and a dash, such as \
             01-single-server.toml"
                .to_owned(),
        ));
    }
    Ok(files)
}

fn is_stage(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(stem) = name.as_deref().and_then(|name| name.strip_suffix(".toml")) else {
        return false;
    };
    let bytes = stem.as_bytes();
    bytes.len() > 3
        && bytes[..2].iter().all(u8::is_ascii_digit)
        && bytes[2] == b'-'
        && bytes[3].is_ascii_alphabetic()
}

/// The folder's name: results of a run have that of the scenario alone.
fn name_of(stem: &std::ffi::OsStr) -> OsString {
    let mut name = stem.to_owned();
    name.push("-capacity");
    name
}

/// The command worth trying next: a closer look where the answer is wide, the
/// next design where it is not.
fn next_command(path: &Path, found: &Capacity) -> String {
    let file = if is_stdin(path) { "FILE".to_owned() } else { quoted(path) };
    let load = |amount: f64| match found.unit {
        Unit::Users => format!("--users {amount:.0}"),
        Unit::RequestsPerS => format!("--set users.rate='\"{amount}/s\"'"),
    };
    match found.ended {
        Ended::Undecided | Ended::Probes => {
            let replications = found.most_replications.saturating_mul(4);
            format!("highwater capacity {file} --replications {replications}")
        }
        Ended::Nothing => format!("highwater explain {file}"),
        Ended::Boundless => format!("highwater run {file} {}", load(found.low)),
        Ended::Narrow => {
            format!("highwater run {file} {}", load(found.high.unwrap_or(found.low)))
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: tolerances and stages are understood as meant. Method: examples.
    use super::*;

    #[test]
    fn percentages() {
        for text in ["2%", "2 %", "0.02"] {
            assert_eq!(tolerance(text), Ok(0.02));
        }
        for text in ["0%", "-1%", "two", "", "nan", "1000%", "2", "5", "1"] {
            assert!(tolerance(text).is_err(), "{text}");
        }
        assert!(tolerance("5").unwrap_err().contains("500 %"));
    }

    #[test]
    fn stages_have_two_digits_and_a_word() {
        assert!(is_stage(Path::new("scenarios/05-replicas.toml")));
        for other in ["workload.toml", "5-replicas.toml", "05-replicas.md", "05.toml", "005-a.toml"]
        {
            assert!(!is_stage(Path::new(other)), "{other}");
        }
    }
}
