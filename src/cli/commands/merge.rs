//! `highwater merge`: the shards of a sweep as one.

use super::sweep::{self, ending};
use super::{Clock, Console, Ending, Failure, Format, first_file, next_of_sweep, shown, style};
use crate::cli::engine::{self, Drawing};
use crate::cli::manifest::earlier_command_line;
use crate::cli::output::OutputFolder;
use crate::cli::sweep_folder::{self, SweepFolder};
use crate::experiment::sweep::{Definition, Journal, Part};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// So many missing cells are named.
const MOST_NAMED: usize = 10;

/// Shown below `highwater merge --help`.
const EXAMPLES: &str = "\
Parts may come in any order, overlap and come twice; where two hold the same
cell, they must agree in every byte. The result is that of one process.

Examples:
  highwater merge part-1 part-2 part-3 --out merged
  highwater merge part-* --out merged --partial      what is there so far
  highwater sweep shop.toml --vary users.count=1..9 --out merged --resume
                                                     play what is missing

Exit codes: 0 done; 3 cells are missing and nothing was written (unless
--partial), or a limit ended a cell early; 2 parts of different sweeps, or a
cell that came out differently.";

/// Arguments of `merge`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Folders of the shards.
    #[arg(required = true, value_name = "PART")]
    pub(in crate::cli) parts: Vec<PathBuf>,
    /// Folder of the results.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Write what is there, although cells are missing.
    #[arg(long)]
    partial: bool,
    /// Write even into a folder that holds something else or another sweep,
    /// whose journal is replaced.
    #[arg(long)]
    force: bool,
    /// No notes on standard error.
    #[arg(long)]
    quiet: bool,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Charts as PNG as well as SVG.
    #[arg(long)]
    png: bool,
}

/// Carries the command out.
pub(super) fn merge(
    arguments: &Arguments,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let (definition, journal) = engine::merge(&parts(arguments, console)?)?;
    if journal.len() < definition.cells.len() && !arguments.partial {
        console.say(&missing(&definition, &journal));
        return Ok(Ending::Limited);
    }
    let folder = claim(arguments, &definition, &journal, console)?;
    let results = journal.results();
    let drawing = Drawing { png: arguments.png, all_instances: false, page: false };
    let files = engine::sweep_files(&definition, &results, &drawing)?;
    let printed = match arguments.format {
        Format::Json => first_file(&files),
        Format::Text => {
            let (file, base) = common(arguments, &definition);
            let next = next_of_sweep(&definition, &results, &file, &base);
            engine::sweep_text(&definition, &results, &style(console, &next))
        }
    };
    SweepFolder::finish(&folder, &definition, &journal, files, &clock.manifest(words))?;
    console.print(&printed)?;
    Ok(ending(&results))
}

/// The scenario and what all cells have in common, for the next command: as the
/// first part that tells was asked for, else what the definition holds.
fn common(arguments: &Arguments, definition: &Definition) -> (String, String) {
    let told = arguments.parts.iter().filter_map(|part| earlier_command_line(part));
    told.filter_map(|words| sweep::common(&words)).next().unwrap_or_else(|| {
        let varied = |key: &str| definition.axes.iter().any(|axis| axis.key == key);
        let mut base = String::new();
        if !varied("run.seed") {
            base.push_str(&format!(" --seed {}", definition.seed));
        }
        if let Some(cell) = definition.cells.first().filter(|_| !varied("run.replications")) {
            base.push_str(&format!(" --replications {}", cell.replications));
        }
        ("FILE".to_owned(), base)
    })
}

/// All parts, or all that is wrong with them.
fn parts(arguments: &Arguments, console: &Console) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::new();
    let mut wrong = None;
    for path in &arguments.parts {
        let read = sweep_folder::read(path, console).and_then(|read| {
            let none = || Failure::Input(format!("{}: there is no sweep here", shown(path)));
            read.ok_or_else(none)
        });
        match read {
            Ok((definition, journal)) => {
                parts.push(Part { name: shown(path), definition, journal });
            }
            Err(failure) => {
                if let Some(earlier) = wrong.replace(failure) {
                    console.say(&earlier.to_string());
                }
            }
        }
    }
    wrong.map_or(Ok(parts), Err)
}

/// A folder whose own cells, if it has any, are among those that are merged.
fn claim(
    arguments: &Arguments,
    definition: &Definition,
    journal: &Journal,
    console: &Console,
) -> Result<OutputFolder, Failure> {
    let there = if arguments.force { None } else { sweep_folder::read(&arguments.out, console)? };
    let nothing_lost = there.is_some_and(|(own, cells)| {
        let kept = |cell: u32| cells.line(cell).is_none_or(|line| journal.line(cell) == Some(line));
        own == *definition && definition.cells.iter().all(|cell| kept(cell.cell))
    });
    match nothing_lost {
        true => OutputFolder::claim_with_journal(&arguments.out, false),
        false => OutputFolder::claim(&arguments.out, arguments.force),
    }
}

/// Which cells are not there.
fn missing(definition: &Definition, journal: &Journal) -> String {
    let missing: Vec<_> =
        definition.cells.iter().filter(|cell| !journal.holds(cell.cell)).collect();
    let named = missing.iter().take(MOST_NAMED);
    let mut lines: Vec<String> =
        named.map(|cell| format!("  cell {} ({})", cell.cell, definition.name(cell))).collect();
    if missing.len() > MOST_NAMED {
        lines.push(format!("  and {} more", missing.len() - MOST_NAMED));
    }
    format!(
        "{} of {} cells are missing, and nothing was written:\n{}\nfinish their shards with \
         --resume, or write what is there with --partial",
        missing.len(),
        definition.cells.len(),
        lines.join("\n")
    )
}
