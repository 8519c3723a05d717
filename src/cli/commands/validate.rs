//! `highwater validate`: the engine against queueing theory.

use super::{Console, Ending, Failure, Format, MachineArguments, Progress};
use crate::cli::engine::{self, Play};
use clap::Args;

/// Shown below `highwater validate --help`.
const EXAMPLES: &str = "\
Examples:
  highwater validate --seed 7
  highwater validate --coverage                        are 95 % intervals 95 % intervals?
  highwater validate --coverage --trials 100 --format json";

/// Arguments of `validate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Root of all randomness, instead of the fixed one.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// How often intervals hold the truth, instead: minutes.
    #[arg(long)]
    pub(in crate::cli) coverage: bool,
    /// Trials of each scenario of the coverage study.
    #[arg(
        long,
        value_name = "N",
        requires = "coverage",
        default_value_t = engine::TRIALS,
        value_parser = clap::value_parser!(u32).range(10..=1_000_000)
    )]
    pub(in crate::cli) trials: u32,
    #[command(flatten)]
    pub(in crate::cli) machine: MachineArguments,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
}

/// Plays the reference scenarios, or the coverage study.
pub(super) fn validate(arguments: &Arguments, console: &Console) -> Result<Ending, Failure> {
    let progress = Progress::new(arguments.machine.quiet);
    let options = Play {
        seed: arguments.seed,
        replications: None,
        threads: arguments.machine.threads,
        trace: 0,
        availability_only: false,
        progress: &progress,
    };
    let (color, width) = (console.color_results, console.width);
    let validation = match arguments.coverage {
        true => engine::coverage(&options, arguments.trials, color, width),
        false => engine::validate(&options, color, width),
    };
    progress.finish();
    let validation = validation?;
    match arguments.format {
        Format::Text => console.print(&validation.text)?,
        Format::Json => console.print(&validation.json)?,
    }
    Ok(if validation.passed { Ending::Done } else { Ending::Missed })
}
