//! `highwater explain`: what a scenario means.

use super::init::SCENARIO;
use super::{Changes, Console, Disk, Ending, Failure, Format, load, warn};
use crate::cli::engine;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  highwater explain shop.toml --users 50000 | less")]
pub(in crate::cli) struct Arguments {
    /// The scenario; `-` reads standard input.
    #[arg(default_value = SCENARIO, value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
}

/// Shows what a scenario means.
pub(super) fn explain(arguments: &Arguments, console: &Console) -> Result<Ending, Failure> {
    let disk = Disk::new(std::slice::from_ref(&arguments.file));
    let loaded = load(&disk, &arguments.file, &arguments.changes, None, console)?;
    warn(&loaded, false, console);
    console.print(&match arguments.format {
        Format::Text => engine::explain(&loaded.scenario)?,
        Format::Json => engine::explain_json(&loaded.scenario)?,
    })?;
    Ok(Ending::Done)
}
