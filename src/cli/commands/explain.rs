//! `highwater explain`: what a scenario means.

use super::{Changes, Console, Disk, Ending, Failure, load, warn};
use crate::cli::engine;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  highwater explain shop.toml --users 50000 | less")]
pub(in crate::cli) struct Arguments {
    /// The scenario; `-` reads standard input.
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
}

/// Shows what a scenario means.
pub(super) fn explain(arguments: &Arguments, console: &Console) -> Result<Ending, Failure> {
    let disk = Disk::new(std::slice::from_ref(&arguments.file));
    let loaded = load(&disk, &arguments.file, &arguments.changes, None, console)?;
    warn(&loaded, false, console);
    console.print(&engine::explain(&loaded.scenario)?)?;
    Ok(Ending::Done)
}
