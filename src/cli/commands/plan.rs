//! `highwater plan`: the cheapest design that will do.

use super::init::SCENARIO;
use super::{
    Changes, Clock, Console, Disk, Ending, Failure, Format, OutputArguments, Progress, claim,
    drawing, first_file, load, option, quoted, set, stem, style, warn,
};
use crate::cli::arguments::{MachineArguments, key_value};
use crate::cli::engine::{self, Planning};
use crate::cli::files::is_stdin;
use crate::experiment::plan::result::{Outcome, PlanResult};
use crate::scenario::Request;
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Shown below `highwater plan --help`.
const EXAMPLES: &str = "\
The file's [plan] says which keys vary, and what a design must survive. Prices
are of what stands there: machines and balancers.

Examples:
  highwater plan scenarios/04-horizontal.toml
  highwater plan shop.toml --users 800000 --survive 'one zone'
  highwater plan shop.toml --vary services.web.instances=2..40 \\
                           --vary services.web.machine=c2,c4,c8
  highwater plan shop.toml --format json | jq .sentence

Exit codes: 0 found and certain; 1 nothing in the range will do; 3 a cheaper
design may do as well: more --replications decide; else as for every command.";

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The scenario; `-` reads standard input.
    #[arg(default_value = SCENARIO, value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
    /// Let a key vary, beside or instead of what the file's [plan] says: a range
    /// of whole numbers A..B or A..B:STEP, or values V1,V2,… Repeatable.
    #[arg(long = "vary", value_name = "KEY=VALUES", value_parser = key_value)]
    pub(in crate::cli) vary: Vec<(String, String)>,
    /// What a design must survive, instead of what the file says: "one
    /// instance", "one zone", "one region", a name such as zones.a, or
    /// "nothing". Repeatable.
    #[arg(long, value_name = "WHAT")]
    pub(in crate::cli) survive: Vec<String>,
    /// Root of all randomness, instead of the file's `run.seed`.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// Replications of a design after which it stays undecided, instead of 80.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub(in crate::cli) replications: Option<u32>,
    /// Do not plan again for a fifth more users.
    #[arg(long)]
    pub(in crate::cli) no_growth: bool,
    #[command(flatten)]
    pub(in crate::cli) machine: MachineArguments,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}

/// Finds the cheapest design that will do.
pub(super) fn plan(
    arguments: &Arguments,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let disk = Disk::new(std::slice::from_ref(&arguments.file));
    let changes = changes(arguments);
    let loaded = load(&disk, &arguments.file, &changes, None, console)?;
    warn(&loaded, arguments.machine.quiet, console);
    let folder = claim(&arguments.output, || {
        let mut name = stem(&arguments.file);
        name.push("-plan");
        name
    })?;

    let progress = Progress::new(arguments.machine.quiet);
    let request = Request {
        path: &arguments.file,
        overrides: &changes.overrides,
        users: changes.users,
        workload_of: None,
    };
    let how = Planning {
        seed: arguments.seed,
        replications: arguments.replications,
        threads: arguments.machine.threads,
        growth: !arguments.no_growth,
        progress: &progress,
    };
    let result = engine::plan(&disk, &request, &how, console.color_diagnostics);
    progress.finish();
    let result = result?;

    let files = engine::plan_files(&result, &drawing(&arguments.output))?;
    folder.write(&files, &clock.manifest(words))?;
    let next = next_command(arguments, &result);
    match arguments.output.format {
        Format::Text => console.print(&engine::plan_text(&result, &style(console, &next)))?,
        Format::Json => console.print(&first_file(&files))?,
    }
    Ok(match result.outcome {
        Outcome::Found => Ending::Done,
        Outcome::Undecided => Ending::Undecided,
        Outcome::Nothing => Ending::Missed,
    })
}

/// `--vary` and `--survive` are keys of `[plan]` like any other.
fn changes(arguments: &Arguments) -> Changes {
    let mut overrides = arguments.changes.overrides.clone();
    for (key, values) in &arguments.vary {
        overrides.push((format!("plan.vary.\"{key}\""), values_of(values)));
    }
    match &arguments.survive[..] {
        [] => {}
        [nothing] if nothing == "nothing" => {
            overrides.push(("plan.survive".to_owned(), "[]".to_owned()));
        }
        losses => {
            let losses: Vec<String> = losses.iter().map(|loss| text(loss)).collect();
            overrides.push(("plan.survive".to_owned(), format!("[{}]", losses.join(", "))));
        }
    }
    Changes { overrides, users: arguments.changes.users }
}

/// A range and a TOML list stay what they are; everything else is a list of
/// values between commas, each TOML, or text where it is not.
fn values_of(values: &str) -> String {
    let values = values.trim();
    if values.starts_with('[') || values.contains("..") {
        return values.to_owned();
    }
    let one = |value: &str| {
        let value = value.trim();
        let quoted = value.starts_with(['"', '\'', '{']);
        let number = value.parse::<f64>().is_ok_and(f64::is_finite);
        let plain = quoted || number || matches!(value, "true" | "false");
        if plain { value.to_owned() } else { text(value) }
    };
    format!("[{}]", values.split(',').map(one).collect::<Vec<_>>().join(", "))
}

fn text(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The chosen design as a run; where it is not certain, the same plan with more
/// replications; where nothing will do, what was compiled.
fn next_command(arguments: &Arguments, result: &PlanResult) -> String {
    let stdin = is_stdin(&arguments.file);
    let file = if stdin { "FILE".to_owned() } else { quoted(&arguments.file) };
    let users = arguments.changes.users.map_or_else(String::new, |it| format!(" --users {it}"));
    let own: String =
        arguments.changes.overrides.iter().map(|(key, value)| set(key, value)).collect();
    match (result.outcome, result.chosen) {
        (Outcome::Found, Some(chosen)) => {
            let values = result.keys.iter().zip(&result.designs[chosen].values);
            let design: String = values.map(|(key, value)| set(key, value)).collect();
            format!("highwater run {file}{users}{own}{design}")
        }
        (Outcome::Undecided, _) => {
            let vary: String = arguments.vary.iter().map(|it| option("--vary", it)).collect();
            let survive: String = arguments
                .survive
                .iter()
                .map(|loss| format!(" --survive {}", quoted(Path::new(loss))))
                .collect();
            let more = result.replications.1.saturating_mul(4);
            format!("highwater plan {file}{users}{own}{vary}{survive} --replications {more}")
        }
        _ => format!("highwater explain {file}{users}{own}"),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: what is typed becomes what `[plan]` would say, and what is printed
    //! can be pasted. Method: by hand.

    use super::*;

    #[test]
    fn values_become_ranges_and_lists() {
        assert_eq!(values_of("2..40"), "2..40");
        assert_eq!(values_of("2..40:2"), "2..40:2");
        assert_eq!(values_of("c2, c4"), "[\"c2\", \"c4\"]");
        assert_eq!(values_of("2,4"), "[2, 4]");
        assert_eq!(values_of("8 GB,16 GB"), "[\"8 GB\", \"16 GB\"]");
        assert_eq!(values_of("[\"a\"]"), "[\"a\"]");
    }

    #[test]
    fn options_can_be_pasted_into_a_shell() {
        assert_eq!(set("services.web.machine", "\"c4\""), " --set services.web.machine=c4");
        assert_eq!(set("services.web.instances", "7"), " --set services.web.instances=7");
        let memory = set("caches.objects.memory", "\"8 GB\"");
        assert_eq!(memory, " --set 'caches.objects.memory=\"8 GB\"'");
    }
}
