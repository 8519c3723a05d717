//! `highwater scale`: one tier up against out.

use super::capacity::tolerance;
use super::init::SCENARIO;
use super::{
    Changes, Clock, Console, Disk, Ending, Failure, Format, MachineArguments, OutputArguments,
    Progress, claim, drawing, first_file, quoted, set, stem, style, with_changes,
};
use crate::cli::engine::scaling as engine;
use crate::cli::files::is_stdin;
use crate::experiment::scale::{Scaling, Sizes};
use crate::scenario::Request;
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Shown below `highwater scale --help`.
const EXAMPLES: &str = "\
The way up is one machine, larger and larger, to the largest of its family; the
way out is more and more of the present machine. Of a database the way out is
replicas. What is set per instance (workers, connections, queues, memory) grows
with the machine. All steps face the same users.

Examples:
  highwater scale scenarios/variants/up-or-out.toml --tier services.web
  highwater scale shop.toml --tier services.web --machines c4,c8,c16
  highwater scale shop.toml --tier databases.main --max-instances 8
  highwater scale shop.toml --tier services.web --set services.web.machine='\"c8\"'

Exit codes: 0 any step carries today's users; 1 none does; 3 more replications
are needed to tell; else as for every command.";

/// Arguments of `scale`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The scenario; `-` reads standard input.
    #[arg(default_value = SCENARIO, value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// The tier: services.NAME, databases.NAME or caches.NAME.
    #[arg(long, value_name = "TIER")]
    pub(in crate::cli) tier: String,
    /// Machines of the way up, instead of all of the present one's family.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(in crate::cli) machines: Vec<String>,
    /// Most instances of the way out, instead of twice what the largest machine
    /// costs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(in crate::cli) max_instances: Option<u32>,
    #[command(flatten)]
    pub(in crate::cli) changes: Changes,
    /// Root of all randomness, instead of the file's `run.seed`.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// Replications under today's users, instead of the file's.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub(in crate::cli) replications: Option<u32>,
    /// Width of the bracket of each capacity that is asked for, as a part of its
    /// lower end (5% or 0.05).
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = tolerance)]
    pub(in crate::cli) tolerance: f64,
    #[command(flatten)]
    pub(in crate::cli) machine: MachineArguments,
    #[command(flatten)]
    pub(in crate::cli) output: OutputArguments,
}

/// Follows both ways of a tier.
pub(super) fn scale(
    arguments: &Arguments,
    words: &[OsString],
    console: &Console,
) -> Result<Ending, Failure> {
    let clock = Clock::start();
    let path = arguments.file.as_path();
    let disk = Disk::new(std::slice::from_ref(&arguments.file));
    let changes = &arguments.changes;
    let request =
        Request { path, overrides: &changes.overrides, users: changes.users, workload_of: None };
    let sizes =
        Sizes { machines: arguments.machines.clone(), max_instances: arguments.max_instances };
    let asked = (arguments.tier.as_str(), &sizes);
    let ways = engine::ways(&disk, &request, asked, console.color_diagnostics)?;
    if !arguments.machine.quiet && !ways.warnings.is_empty() {
        console.say(&ways.warnings);
    }
    let folder = claim(&arguments.output, || name_of(path))?;

    let progress = Progress::new(arguments.machine.quiet);
    let search = engine::Search {
        seed: arguments.seed,
        threads: arguments.machine.threads,
        tolerance: arguments.tolerance,
        replications: arguments.replications,
        progress: &progress,
    };
    let scaling = engine::scale(&ways, path, &search);
    progress.finish();
    let scaling = scaling?;

    let files = engine::scaling_files(&scaling, &drawing(&arguments.output))?;
    folder.write(&files, &clock.manifest(words))?;
    let next = next_command(path, &scaling, &arguments.changes);
    match arguments.output.format {
        Format::Text => console.print(&engine::scaling_text(&scaling, &style(console, &next)))?,
        Format::Json => console.print(&first_file(&files))?,
    }
    Ok(engine::ending(&scaling))
}

/// The folder's name: results of a run have that of the scenario alone.
fn name_of(path: &Path) -> OsString {
    let mut name = stem(path);
    name.push("-scale");
    name
}

/// The command worth trying next: the step that today's users need, or else a
/// look at what was compiled.
fn next_command(path: &Path, scaling: &Scaling, changes: &Changes) -> String {
    let file = if is_stdin(path) { "FILE".to_owned() } else { quoted(path) };
    let Some(step) = scaling.cheapest().filter(|step| !step.present) else {
        return with_changes(&format!("highwater run {file}"), changes);
    };
    let own = with_changes(&format!("highwater run {file}"), changes);
    let design: String = step.changes.iter().map(|(key, value)| set(key, value)).collect();
    format!("{own}{design}")
}
