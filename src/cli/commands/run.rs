//! `highwater run`: play a scenario.

use super::{
    Changes, Clock, Console, Disk, Ending, Failure, Format, OutputArguments, PlayArguments,
    PrecisionArguments, Progress, claim, drawing, first_file, how, load, quoted, shown, stem,
    style, warn, with_changes,
};
use crate::cli::engine::{self, Play};
use crate::cli::files::is_stdin;
use crate::experiment::summary::{Summary, Verdict};
use crate::kernel::time::Duration;
use crate::scenario::model::Scenario;
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Shown below `highwater run --help`.
const EXAMPLES: &str = "\
Examples:
  highwater run shop.toml                              results in output/shop/
  highwater run shop.toml --users 50000 --out /tmp/50k
  highwater run shop.toml --set run.duration='\"10 min\"' --set services.web.instances=8
  highwater run shop.toml --replications 40            narrower intervals
  highwater run shop.toml --precision 2%               as many as that takes
  highwater run shop.toml --format json | jq .slo.verdict
  highwater run shop.toml --availability-only --set run.duration='\"3650 d\"'
  generate-scenario | highwater run -                  a scenario from a pipe";

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The scenario; `-` reads standard input.
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
    #[command(flatten)]
    pub(in crate::cli) play: PlayArguments,
    #[command(flatten)]
    pub(in crate::cli) until: PrecisionArguments,
    /// Play failures and repairs alone, without requests: years in seconds, for
    /// availability by time. No figure of requests is written.
    #[arg(long, conflicts_with = "trace")]
    pub(in crate::cli) availability_only: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}

/// Plays a scenario.
pub(super) fn run(
    arguments: &Arguments,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
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
    let until = &arguments.until;
    let results = match until.precision {
        None => engine::play(&loaded.scenario, &options),
        Some(share) => {
            engine::play_until(&loaded.scenario, &options, share, until.max_replications)
        }
    };
    progress.finish();
    let results = results?;

    let files = engine::run_files(&results, &drawing(&arguments.output))?;
    folder.write(&files, &clock.manifest(words))?;
    let next = next_command(&arguments.file, &loaded.scenario, &results.summary);
    let next = with_changes(&next, &arguments.changes);
    match arguments.output.format {
        Format::Text => console.print(&engine::run_text(&results, &style(console, &next)))?,
        Format::Json => console.print(&first_file(&files))?,
    }
    let short = results.summary.precision.as_ref().is_some_and(|precision| !precision.reached);
    let precision = if short { Ending::Limited } else { Ending::Done };
    Ok(Ending::worst([Ending::of(&results.summary), precision]))
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
