//! `highwater run`: play a scenario.

use super::init::SCENARIO;
use super::{
    Changes, Clock, Console, Disk, Ending, Failure, OutputArguments, PlayArguments,
    PrecisionArguments, Progress, claim, deliver, drawing, how, load, longer, next_file, precision,
    shown, stem, style, warn, with_changes, with_play,
};
use crate::cli::engine::{self, Play};
use crate::experiment::summary::{Summary, Verdict};
use crate::experiment::warmup::TOO_SHORT;
use crate::kernel::time::Duration;
use crate::scenario::model::Scenario;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

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
    #[arg(default_value = SCENARIO, value_name = "FILE")]
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
    let text = || {
        let next = next_command(arguments, &loaded.scenario, &results.summary);
        engine::run_text(&results, &style(console, &next))
    };
    let printed = (arguments.output.format, text);
    deliver(&folder, &files, &clock.manifest(words), printed, console)?;
    let short = results.summary.precision.as_ref().is_some_and(|precision| !precision.reached);
    let precision = if short { Ending::Limited } else { Ending::Done };
    Ok(Ending::worst([Ending::of(&results.summary), precision]))
}

/// The command worth trying next: more where it holds, closer or for longer
/// where it is undecided, and a look at what was compiled where it does not
/// hold; under all that changed this answer.
fn next_command(arguments: &Arguments, scenario: &Scenario, summary: &Summary) -> String {
    let file = next_file(&arguments.file);
    let (changes, play) = (&arguments.changes, &arguments.play);
    let only_here = summary.availability_only && !scenario.run.availability_only;
    if only_here && summary.slo.verdict != Some(Verdict::Undecided) {
        return with_play(&with_requests(&file, scenario), changes, play);
    }
    let only = if only_here { " --availability-only" } else { "" };
    let same = format!("highwater run {file}{only}");
    let short = summary.precision.as_ref().is_some_and(|precision| !precision.reached);
    let open = short || summary.slo.verdict == Some(Verdict::Undecided);
    let ended = summary.limit.is_some() || !summary.unstable.is_empty();
    if open && !ended && summary.warnings.iter().any(|warning| warning == TOO_SHORT) {
        let changes = longer(changes, scenario.run.duration);
        let next = format!("{same}{}", precision(&arguments.until, false));
        return with_play(&next, &changes, play);
    }
    match (summary.slo.verdict, scenario.workload.users.count) {
        _ if short && !ended => {
            let next = format!("{same}{}", precision(&arguments.until, true));
            with_play(&next, changes, play)
        }
        (Some(Verdict::Undecided), _) => {
            let replications = summary.replications.saturating_mul(4);
            with_play(&format!("{same} --replications {replications}"), changes, play)
        }
        (None | Some(Verdict::Met), Some(users)) if !ended => {
            let more = users.saturating_mul(2);
            let next = format!("{same} --users {more}{}", precision(&arguments.until, false));
            with_play(&next, changes, play)
        }
        _ => with_changes(&format!("highwater explain {file}"), changes),
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
