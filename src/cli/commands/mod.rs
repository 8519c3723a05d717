//! A file per command: its arguments, and how it reads, claims the output
//! folder, plays, writes and prints. What they share stands here.

mod capacity;
mod check;
mod compare;
mod explain;
mod init;
mod merge;
mod plan;
mod run;
mod scale;
mod shell;
mod sweep;
mod validate;

use super::arguments::{
    Changes, Format, MachineArguments, OutputArguments, PlayArguments, PrecisionArguments,
};
use super::console::Console;
use super::engine::{self, Drawing, Files, Loaded, Play, Style};
use super::exit::{Ending, Failure};
use super::files::{Disk, is_stdin};
use super::manifest::Manifest;
use super::output::OutputFolder;
use super::progress::Progress;
use crate::experiment::sweep::{CellResult, Definition, best};
use crate::kernel::time::Duration;
use crate::scenario::Request;
use clap::Subcommand;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::{Instant, SystemTime};

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a scenario to begin with: highwater.toml, with comments.
    Init(init::Arguments),
    /// Play a scenario: verdict, bottleneck, and a folder of results.
    Run(run::Arguments),
    /// Say what is wrong with scenarios: all errors of all files at once.
    Check(check::Arguments),
    /// Show what a scenario means: its parts and the way of each request.
    Explain(explain::Arguments),
    /// Play several designs under the same users and say how they differ.
    Compare(compare::Arguments),
    /// One tier up, through larger machines, against out, through more of them.
    Scale(scale::Arguments),
    /// The high-water mark: the most users inside the SLO, and what gives way there.
    Capacity(capacity::Arguments),
    /// Play a scenario over a grid of keys: resumable, and in shards.
    Sweep(sweep::Arguments),
    /// Put the shards of a sweep together.
    Merge(merge::Arguments),
    /// The cheapest design that meets the SLO.
    Plan(plan::Arguments),
    /// Play the reference scenarios and compare with their exact values.
    Validate(validate::Arguments),
    /// Print the JSON Schema of scenario files, for editors.
    #[command(after_help = "Example:\n  highwater schema > highwater.schema.json")]
    Schema,
    /// Print completions for a shell.
    Completions(shell::Arguments),
    /// Print the manual page.
    #[command(after_help = "Example:\n  highwater man > ~/.local/share/man/man1/highwater.1")]
    Man,
}

/// Carries out a command; `words` is the command line for the manifest.
pub(super) fn dispatch(
    command: Command,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    match command {
        Command::Init(arguments) => init::init(&arguments, console),
        Command::Run(arguments) => run::run(&arguments, words, console),
        Command::Check(arguments) => check::check(&arguments, console),
        Command::Explain(arguments) => explain::explain(&arguments, console),
        Command::Compare(arguments) => compare::compare(&arguments, words, console),
        Command::Scale(arguments) => scale::scale(&arguments, words, console),
        Command::Capacity(arguments) => capacity::capacity(&arguments, words, console),
        Command::Sweep(arguments) => sweep::sweep(&arguments, words, console),
        Command::Merge(arguments) => merge::merge(&arguments, words, console),
        Command::Plan(arguments) => plan::plan(&arguments, words, console),
        Command::Validate(arguments) => validate::validate(&arguments, console),
        Command::Schema => console.print(&engine::schema()).map(|()| Ending::Done),
        Command::Completions(arguments) => shell::completions(&arguments, console),
        Command::Man => shell::man(console),
    }
}

/// Reads one scenario with the changes of the command line.
fn load(
    disk: &Disk,
    path: &Path,
    changes: &Changes,
    workload_of: Option<&Path>,
    console: &Console,
) -> Result<Loaded, Failure> {
    let overrides = &changes.overrides;
    let request = Request { path, overrides, users: changes.users, workload_of };
    engine::load(disk, &request, console.color_diagnostics)
}

fn warn(loaded: &Loaded, quiet: bool, console: &Console) {
    if !quiet && !loaded.warnings.is_empty() {
        console.say(&loaded.warnings);
    }
}

fn how<'a>(arguments: &PlayArguments, progress: &'a Progress) -> Play<'a> {
    Play {
        seed: arguments.seed,
        replications: arguments.replications,
        threads: arguments.machine.threads,
        trace: arguments.trace,
        availability_only: false,
        progress,
    }
}

fn drawing(arguments: &OutputArguments) -> Drawing {
    Drawing {
        png: arguments.png,
        all_instances: arguments.all_instances,
        page: !arguments.no_report,
    }
}

fn style<'a>(console: &Console, next: &'a str) -> Style<'a> {
    Style { color: console.color_results, width: console.width, next }
}

/// Claims the folder that was asked for, or output/<name>/.
fn claim(
    arguments: &OutputArguments,
    name: impl FnOnce() -> OsString,
) -> Result<OutputFolder, Failure> {
    let default = || Path::new("output").join(name());
    let folder = arguments.out.clone().unwrap_or_else(default);
    OutputFolder::claim(&folder, arguments.force)
}

/// The first file is the summary; what `--format json` prints.
fn first_file(files: &Files) -> String {
    files
        .first()
        .map(|(_, content)| String::from_utf8_lossy(content).into_owned())
        .unwrap_or_default()
}

/// A file's name without its extension.
fn stem(path: &Path) -> OsString {
    if is_stdin(path) {
        return OsString::from("stdin");
    }
    path.file_stem().unwrap_or(OsStr::new("scenario")).to_owned()
}

/// A path for people.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A path that can be pasted into a shell.
fn quoted(path: &Path) -> String {
    let text = shown(path);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A scenario's file in the next command, which cannot read a pipe again.
fn next_file(path: &Path) -> String {
    if is_stdin(path) { "FILE".to_owned() } else { quoted(path) }
}

/// After a sweep: a closer look at its cheapest cell that meets the SLO, or at
/// the one that comes nearest; a longer one where it was too short to tell.
/// `base` is what all cells have in common, as options.
fn next_of_sweep(
    definition: &Definition,
    results: &[CellResult],
    file: &str,
    base: &str,
) -> String {
    let Some(best) = best(definition, results) else {
        return format!("highwater explain {file}");
    };
    let pairs = definition.axes.iter().zip(&best.cell.values);
    let sets: String = pairs.map(|(axis, value)| set(&axis.key, value)).collect();
    format!("highwater run {file}{base}{sets}")
}

/// The command worth trying next, under the same changes as this one; a number
/// of users that it names itself stays.
fn with_changes(next: &str, changes: &Changes) -> String {
    let users = changes.users.filter(|_| !next.contains(" --users "));
    let users = users.map_or_else(String::new, |users| format!(" --users {users}"));
    let own: String = changes.overrides.iter().map(|(key, value)| set(key, value)).collect();
    format!("{next}{users}{own}")
}

/// What changes the answer of a command that plays, to be said again; a number
/// of replications only where `next` does not say how many itself.
fn with_play(next: &str, changes: &Changes, play: &PlayArguments) -> String {
    let seed = play.seed.map_or_else(String::new, |seed| format!(" --seed {seed}"));
    let own = next.contains(" --replications ") || next.contains(" --precision ");
    let count = play.replications.filter(|_| !own);
    let count = count.map_or_else(String::new, |count| format!(" --replications {count}"));
    format!("{}{seed}{count}", with_changes(next, changes))
}

/// The precision that was asked for, as options; with more replications to
/// reach it, where it was missed.
fn precision(until: &PrecisionArguments, more: bool) -> String {
    let Some(share) = until.precision else { return String::new() };
    let factor = if more { 4 } else { 1 };
    let most = until.max_replications.saturating_mul(factor);
    let most = match most == engine::MOST_REPLICATIONS {
        true => String::new(),
        false => format!(" --max-replications {most}"),
    };
    format!(" --precision {share}{most}")
}

/// The key of the time that is played.
const DURATION: &str = "run.duration";
/// Until the warm-up of most systems is over.
const LONGER: f64 = 4.0;

/// Changes under which a run lasts longer, in place of what they said of it.
fn longer(changes: &Changes, duration: Duration) -> Changes {
    let others = changes.overrides.iter().filter(|(key, _)| key != DURATION);
    let value = format!("\"{} s\"", LONGER * duration.as_secs_f64());
    let overrides = others.cloned().chain([(DURATION.to_owned(), value)]).collect();
    Changes { overrides, users: changes.users }
}

/// Writes the result files and prints the answer.
fn deliver(
    folder: &OutputFolder,
    files: &Files,
    manifest: &Manifest,
    (format, text): (Format, impl FnOnce() -> String),
    console: &Console,
) -> Result<(), Failure> {
    folder.write(files, manifest)?;
    match format {
        Format::Text => console.print(&text()),
        Format::Json => console.print(&first_file(files)),
    }
}

fn set(key: &str, value: &str) -> String {
    option("--set", &(key.to_owned(), value.to_owned()))
}

/// An option that can be pasted into a shell. A text may stand without its
/// quotes, where it could not be taken for anything else.
fn option(name: &str, (key, value): &(String, String)) -> String {
    let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let word = |c: char| c.is_ascii_alphanumeric() || "_- ".contains(c);
    let bare = bare.filter(|bare| {
        bare.starts_with(|c: char| c.is_ascii_alphabetic())
            && bare.chars().all(word)
            && !matches!(*bare, "true" | "false" | "inf" | "nan")
    });
    let value = bare.unwrap_or(value);
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if key.chars().chain(value.chars()).all(plain) {
        return format!(" {name} {key}={value}");
    }
    format!(" {name} {}", quoted(Path::new(&format!("{key}={value}"))))
}

/// When a command began.
struct Clock {
    started: SystemTime,
    running: Instant,
}

impl Clock {
    fn start() -> Self {
        Self { started: SystemTime::now(), running: Instant::now() }
    }

    fn manifest(&self, words: &[OsString]) -> Manifest {
        Manifest::new(words, self.started, self.running.elapsed())
    }
}

#[cfg(test)]
mod tests {
    //! Goal: what is printed can be used again. Method: odd names.

    use super::*;

    #[test]
    fn a_longer_run_replaces_the_length_that_was_given() {
        let overrides = [("a.b", "1"), (DURATION, "20 s")];
        let overrides = overrides.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        let changes =
            longer(&Changes { overrides, users: Some(7) }, Duration::from_nanos(20_000_000_000));
        let next = with_changes("highwater run x.toml", &changes);
        assert_eq!(
            next,
            "highwater run x.toml --users 7 --set a.b=1 --set 'run.duration=\"80 s\"'"
        );
    }

    #[test]
    fn a_path_can_be_pasted_into_a_shell() {
        assert_eq!(quoted(Path::new("a/b-1.toml")), "a/b-1.toml");
        assert_eq!(quoted(Path::new("it's $HOME.toml")), r"'it'\''s $HOME.toml'");
    }
}
