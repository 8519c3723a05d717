//! `highwater check`: what is wrong with scenarios.

use super::{Changes, Console, Disk, Ending, Failure, load, shown, warn};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  highwater check scenarios/0*.toml")]
pub(in crate::cli) struct Arguments {
    /// The scenarios; `-` reads standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
}

/// Says what is wrong with scenarios.
pub(super) fn check(arguments: &Arguments, console: &Console) -> Result<Ending, Failure> {
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
