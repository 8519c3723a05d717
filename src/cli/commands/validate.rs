//! `highwater validate`: the engine against queueing theory.

use super::{Console, Ending, Failure, Format, MachineArguments, Progress};
use crate::cli::engine::{self, Play};
use clap::Args;

/// Arguments of `validate`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  highwater validate --seed 7")]
pub(in crate::cli) struct Arguments {
    /// Root of all randomness, instead of the fixed one.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    #[command(flatten)]
    pub(in crate::cli) machine: MachineArguments,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
}

/// Plays the reference scenarios.
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
    let validation = engine::validate(&options, console.color_results, console.width);
    progress.finish();
    let validation = validation?;
    match arguments.format {
        Format::Text => console.print(&validation.text)?,
        Format::Json => console.print(&validation.json)?,
    }
    Ok(if validation.passed { Ending::Done } else { Ending::Missed })
}
