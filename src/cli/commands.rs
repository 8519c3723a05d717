//! One function per command: read, claim the output folder, play, write, print.

use super::arguments::{
    Changes, CheckArguments, Command, CompareArguments, ExplainArguments, Format, OutputArguments,
    PlayArguments, RunArguments, ValidateArguments,
};
use super::console::Console;
use super::engine::{self, Drawing, Files, Loaded, Play, Style};
use super::exit::{Ending, Failure};
use super::files::{Disk, is_stdin};
use super::manifest::Manifest;
use super::output::OutputFolder;
use super::progress::Progress;
use crate::experiment::summary::{Summary, Verdict};
use crate::kernel::time::Duration;
use crate::scenario::Request;
use crate::scenario::model::Scenario;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// A longer name of a comparison's folder leaves out all designs but the first.
const LONGEST_NAME: usize = 100;

/// Carries out a command; `words` is the command line for the manifest.
pub(super) fn dispatch(
    command: Command,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    match command {
        Command::Run(arguments) => run(&arguments, words, console),
        Command::Check(arguments) => check(&arguments, console),
        Command::Explain(arguments) => explain(&arguments, console),
        Command::Compare(arguments) => compare(&arguments, words, console),
        Command::Validate(arguments) => validate(&arguments, console),
        Command::Schema => console.print(&engine::schema()).map(|()| Ending::Done),
    }
}

fn run(arguments: &RunArguments, words: &[OsString], console: &Console) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let disk = Disk::new(std::slice::from_ref(&arguments.file));
    let loaded = load(&disk, &arguments.file, &arguments.changes, None, console)?;
    warn(&loaded, arguments.play.machine.quiet, console);
    if arguments.availability_only && !engine::can_fail(&loaded.scenario) {
        return Err(Failure::Input(format!(
            "{}: nothing of it can fail, so there is nothing for --availability-only to play; \
             give it [failures.NAME] with mtbf and mttr",
            shown(&arguments.file)
        )));
    }
    let folder = claim(&arguments.output, || stem(&arguments.file))?;

    let progress = Progress::new(arguments.play.machine.quiet);
    let options =
        Play { availability_only: arguments.availability_only, ..how(&arguments.play, &progress) };
    let results = engine::play(&loaded.scenario, &options);
    progress.finish();
    let results = results?;

    let files = engine::run_files(&results, &drawing(&arguments.output))?;
    folder.write(&files, &clock.manifest(words))?;
    let next = next_command(&arguments.file, &loaded.scenario, &results.summary);
    match arguments.output.format {
        Format::Text => console.print(&engine::run_text(&results, &style(console, &next)))?,
        Format::Json => console.print(&first_file(&files))?,
    }
    Ok(Ending::of(&results.summary))
}

fn compare(
    arguments: &CompareArguments,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let quiet = arguments.play.machine.quiet;
    let (designs, unused): (Vec<_>, Vec<_>) = load_designs(arguments, console)?.into_iter().unzip();
    for warning in engine::length_warnings(&designs).into_iter().flatten().filter(|_| !quiet) {
        console.say(&format!("warning: {warning}"));
    }
    let folder = claim(&arguments.output, || comparison_name(&arguments.files))?;

    let progress = Progress::new(quiet);
    let comparison = engine::compare(&designs, &how(&arguments.play, &progress));
    progress.finish();
    let mut comparison = comparison?;
    for (design, unused) in comparison.designs.iter_mut().zip(unused) {
        design.results.summary.warnings.extend(unused);
    }

    let files = engine::comparison_files(&comparison, &drawing(&arguments.output))?;
    folder.write(&files, &clock.manifest(words))?;
    let next = format!("highwater explain {}", quoted(&arguments.files[0]));
    match arguments.output.format {
        Format::Text => {
            console.print(&engine::comparison_text(&comparison, &style(console, &next)))?;
        }
        Format::Json => console.print(&first_file(&files))?,
    }
    let endings = comparison.designs.iter().map(|design| Ending::of(&design.results.summary));
    Ok(Ending::worst(endings))
}

/// A design with its name, and what was not used of its workload.
type NamedDesign = ((String, Scenario), Vec<String>);

/// All designs under the users of the first, or all that is wrong with them.
fn load_designs(
    arguments: &CompareArguments,
    console: &Console,
) -> Result<Vec<NamedDesign>, Failure> {
    let disk = Disk::new(&arguments.files);
    let first = arguments.files.first().map(PathBuf::as_path);
    let mut designs = Vec::new();
    let mut wrong = None;
    for (index, (file, name)) in arguments.files.iter().zip(names(&arguments.files)).enumerate() {
        let workload_of = first.filter(|_| index > 0);
        match load(&disk, file, &arguments.changes, workload_of, console) {
            Ok(loaded) => {
                warn(&loaded, arguments.play.machine.quiet, console);
                designs.push(((name, loaded.scenario), loaded.unused));
            }
            Err(failure) => wrong = Some(later(wrong, failure, console)),
        }
    }
    wrong.map_or(Ok(designs), Err)
}

/// Prints the earlier of two failures, so that none is lost, and keeps the later.
fn later(earlier: Option<Failure>, failure: Failure, console: &Console) -> Failure {
    if let Some(earlier) = earlier {
        console.say(&earlier.to_string());
    }
    failure
}

fn check(arguments: &CheckArguments, console: &Console) -> Result<Ending, Failure> {
    let disk = Disk::new(&arguments.files);
    let mut endings = Vec::new();
    for file in &arguments.files {
        match load(&disk, file, &arguments.changes, None, console) {
            Ok(loaded) => {
                warn(&loaded, false, console);
                console.print(&format!("ok  {}  {}\n", shown(file), loaded.scenario.title))?;
            }
            Err(failure) => {
                console.say(&failure.to_string());
                endings.push(failure.ending());
            }
        }
    }
    Ok(Ending::worst(endings))
}

fn explain(arguments: &ExplainArguments, console: &Console) -> Result<Ending, Failure> {
    let disk = Disk::new(std::slice::from_ref(&arguments.file));
    let loaded = load(&disk, &arguments.file, &arguments.changes, None, console)?;
    warn(&loaded, false, console);
    console.print(&engine::explain(&loaded.scenario)?)?;
    Ok(Ending::Done)
}

fn validate(arguments: &ValidateArguments, console: &Console) -> Result<Ending, Failure> {
    let progress = Progress::new(arguments.machine.quiet);
    let options = Play {
        seed: arguments.seed,
        replications: None,
        threads: arguments.machine.threads,
        trace: 0,
        availability_only: false,
        progress: &progress,
    };
    let validation = engine::validate(&options, console.color_results, console.width);
    progress.finish();
    let validation = validation?;
    match arguments.format {
        Format::Text => console.print(&validation.text)?,
        Format::Json => console.print(&validation.json)?,
    }
    Ok(if validation.passed { Ending::Done } else { Ending::Missed })
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
    Drawing { png: arguments.png, all_instances: arguments.all_instances }
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

/// The folder's name of a comparison: its designs, or the first where there are
/// too many for a file name.
fn comparison_name(files: &[PathBuf]) -> OsString {
    let stems: Vec<OsString> = files.iter().map(|file| stem(file)).collect();
    let all = stems.join(OsStr::new("-vs-"));
    if all.len() <= LONGEST_NAME {
        return all;
    }
    let mut name = stems[0].clone();
    name.push(format!("-vs-{}-others", stems.len() - 1));
    name
}

/// Short names of designs: the stems, or the paths where stems are the same.
fn names(files: &[PathBuf]) -> Vec<String> {
    let stems: Vec<OsString> = files.iter().map(|file| stem(file)).collect();
    let unique = |name: &OsString| stems.iter().filter(|other| *other == name).count() == 1;
    let name = |(file, stem): (&PathBuf, &OsString)| {
        if unique(stem) { stem.to_string_lossy().into_owned() } else { shown(file) }
    };
    files.iter().zip(&stems).map(name).collect()
}

/// The command worth trying next: more where it holds, closer where it is
/// undecided, and a look at what was compiled where it does not hold.
fn next_command(path: &Path, scenario: &Scenario, summary: &Summary) -> String {
    let file = if is_stdin(path) { "FILE".to_owned() } else { quoted(path) };
    let replications = summary.replications.saturating_mul(4);
    let only_here = summary.availability_only && !scenario.run.availability_only;
    if only_here && summary.slo.verdict != Some(Verdict::Undecided) {
        return with_requests(&file, scenario);
    }
    let only = if only_here { " --availability-only" } else { "" };
    match (summary.slo.verdict, scenario.workload.users.count) {
        (Some(Verdict::Undecided), _) => {
            format!("highwater run {file}{only} --replications {replications}")
        }
        (None | Some(Verdict::Met), Some(users)) if summary.limit.is_none() => {
            format!("highwater run {file} --users {}", users.saturating_mul(2))
        }
        _ => format!("highwater explain {file}"),
    }
}

/// The same with requests: what lasts long without them is played in part.
fn with_requests(file: &str, scenario: &Scenario) -> String {
    const LONG: Duration = Duration::from_nanos(3_600_000_000_000);
    const PART: Duration = Duration::from_nanos(600_000_000_000);
    let run = &scenario.run;
    if run.duration <= LONG {
        return format!("highwater run {file}");
    }
    if run.warmup.is_some_and(|warmup| warmup >= PART) {
        return format!("highwater explain {file}");
    }
    format!("highwater run {file} --set run.duration=\"{PART}\"")
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
    //! Goal: folders and designs get names that people recognise and that do
    //! not collide. Method: small lists of paths.

    use super::*;

    fn paths(names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(PathBuf::from).collect()
    }

    #[test]
    fn designs_with_the_same_stem_are_told_apart() {
        assert_eq!(names(&paths(&["a/x.toml", "b/y.toml"])), ["x", "y"]);
        assert_eq!(names(&paths(&["a/x.toml", "b/x.toml"])), ["a/x.toml", "b/x.toml"]);
    }

    #[test]
    fn a_comparison_of_many_has_a_short_name() {
        assert_eq!(comparison_name(&paths(&["x.toml", "-"])), "x-vs-stdin");
        let many = vec![PathBuf::from("scenario-with-a-name.toml"); 9];
        assert_eq!(comparison_name(&many), "scenario-with-a-name-vs-8-others");
    }

    #[test]
    fn a_path_can_be_pasted_into_a_shell() {
        assert_eq!(quoted(Path::new("a/b-1.toml")), "a/b-1.toml");
        assert_eq!(quoted(Path::new("it's $HOME.toml")), r"'it'\''s $HOME.toml'");
    }
}
