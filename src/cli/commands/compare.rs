//! `highwater compare`: several designs under the same users.

use super::{
    Changes, Clock, Console, Disk, Ending, Failure, OutputArguments, PlayArguments,
    PrecisionArguments, Progress, claim, deliver, drawing, how, load, longer, next_file, precision,
    shown, stem, style, warn, with_changes, with_play,
};
use crate::cli::engine;
use crate::experiment::comparison::{Comparison, Design};
use crate::experiment::summary::{Summary, Verdict};
use crate::experiment::warmup::TOO_SHORT;
use crate::scenario::model::Scenario;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// A longer name of a comparison's folder leaves out all designs but the first.
const LONGEST_NAME: usize = 100;

/// Shown below `highwater compare --help`.
const EXAMPLES: &str = "\
All designs are played under the users of the first file (how clients time out,
retry, hedge and break is each design's own), with the same random
numbers, so that their differences are paired and small ones show.

Examples:
  highwater compare one-big-server.toml four-small-servers.toml
  highwater compare scenarios/04-*.toml scenarios/05-*.toml --users 100000";

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The designs; the first brings the users and is what the others are
    /// compared with. `-` reads standard input.
    #[arg(required = true, num_args = 2.., value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
    #[command(flatten)]
    pub(in crate::cli) play: PlayArguments,
    #[command(flatten)]
    pub(in crate::cli) until: PrecisionArguments,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}

/// Plays several designs under the same users.
pub(super) fn compare(
    arguments: &Arguments,
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
    let most = arguments.until.max_replications;
    let until = arguments.until.precision.map(|precision| (precision, most));
    let comparison = engine::compare(&designs, &how(&arguments.play, &progress), until);
    progress.finish();
    let mut comparison = comparison?;
    for (design, unused) in comparison.designs.iter_mut().zip(unused) {
        design.results.summary.warnings.extend(unused);
    }

    let files = engine::comparison_files(&comparison, &drawing(&arguments.output))?;
    let text = || {
        let next = next_command(arguments, &designs[0].1, &comparison);
        engine::comparison_text(&comparison, &style(console, &next))
    };
    let printed = (arguments.output.format, text);
    deliver(&folder, &files, &clock.manifest(words), printed, console)?;
    let ending = |summary: &Summary| {
        let short = summary.precision.as_ref().is_some_and(|precision| !precision.reached);
        Ending::of(summary).max(if short { Ending::Limited } else { Ending::Done })
    };
    let endings = comparison.designs.iter().map(|design| ending(&design.results.summary));
    Ok(Ending::worst(endings))
}

/// The command worth trying next, under all that changed this answer: the same
/// for longer or closer where a verdict is open, else what was compiled of the
/// design to take.
fn next_command(arguments: &Arguments, first: &Scenario, comparison: &Comparison) -> String {
    let files: Vec<String> = arguments.files.iter().map(|file| next_file(file)).collect();
    let summaries = comparison.designs.iter().map(|design| &design.results.summary);
    let open: Vec<&Summary> =
        summaries.filter(|one| one.slo.verdict == Some(Verdict::Undecided)).collect();
    let same = format!("highwater compare {}", files.join(" "));
    let (changes, play) = (&arguments.changes, &arguments.play);
    if open.iter().any(|one| one.warnings.iter().any(|warning| warning == TOO_SHORT)) {
        let next = format!("{same}{}", precision(&arguments.until, false));
        return with_play(&next, &longer(changes, first.run.duration), play);
    }
    let missed = |design: &Design| {
        design.results.summary.precision.as_ref().is_some_and(|precision| !precision.reached)
    };
    if comparison.designs.iter().any(missed) {
        return with_play(&format!("{same}{}", precision(&arguments.until, true)), changes, play);
    }
    if let Some(one) = open.first() {
        let more = one.replications.saturating_mul(4);
        return with_play(&format!("{same} --replications {more}"), changes, play);
    }
    let taken = comparison.cheapest.as_ref();
    let place = comparison.designs.iter().position(|one| Some(&one.name) == taken).unwrap_or(0);
    with_changes(&format!("highwater explain {}", files[place]), changes)
}

/// A design with its name, and what was not used of its workload.
type NamedDesign = ((String, Scenario), Vec<String>);

/// All designs under the users of the first, or all that is wrong with them.
fn load_designs(arguments: &Arguments, console: &Console) -> Result<Vec<NamedDesign>, Failure> {
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
}
