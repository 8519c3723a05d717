//! `highwater check`: what is wrong with scenarios.

use super::{Changes, Console, Disk, Ending, Failure, Format, load, shown, warn};
use crate::cli::engine;
use crate::scenario::Request;
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
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
}

/// Says what is wrong with scenarios.
pub(super) fn check(arguments: &Arguments, console: &Console) -> Result<Ending, Failure> {
    let disk = Disk::new(&arguments.files);
    match arguments.format {
        Format::Text => check_for_people(&disk, arguments, console),
        Format::Json => check_for_programs(&disk, arguments, console),
    }
}

fn check_for_people(
    disk: &Disk,
    arguments: &Arguments,
    console: &Console,
) -> Result<Ending, Failure> {
    let mut endings = Vec::new();
    for file in &arguments.files {
        match load(disk, file, &arguments.changes, None, console) {
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

/// A list with an entry per file, faults and warnings with their places.
fn check_for_programs(
    disk: &Disk,
    arguments: &Arguments,
    console: &Console,
) -> Result<Ending, Failure> {
    let checked = arguments.files.iter().map(|file| {
        let changes = &arguments.changes;
        let overrides = &changes.overrides;
        engine::check(
            disk,
            &Request { path: file, overrides, users: changes.users, workload_of: None },
        )
    });
    let checked: Vec<engine::Checked> = checked.collect();
    console.print(&engine::checked_json(&checked)?)?;
    let wrong = checked.iter().any(|one| !one.passed);
    Ok(if wrong { Ending::Input } else { Ending::Done })
}
