//! The way down: the one file of this floor that calls the floors below.

use super::exit::Failure;
use super::files::Disk;
use super::progress::Progress;
use crate::experiment::comparison::Comparison;
use crate::experiment::summary::Results;
use crate::scenario::model::Scenario;
use std::path::Path;

/// Files by name, in the order in which they are written.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// What is to be loaded.
pub(super) struct Request<'a> {
    /// The scenario's file.
    pub(super) path: &'a Path,
    /// Keys set on the command line.
    pub(super) overrides: &'a [(String, String)],
    /// Number of users set on the command line.
    pub(super) users: Option<u64>,
    /// The file whose users play, where it is not this one.
    pub(super) workload_of: Option<&'a Path>,
}

/// A scenario and what it cannot have meant.
pub(super) struct Loaded {
    pub(super) scenario: Scenario,
    /// Rendered; empty where there are none.
    pub(super) warnings: String,
}

/// How it is played.
pub(super) struct Play<'a> {
    pub(super) seed: Option<u64>,
    pub(super) replications: Option<u32>,
    pub(super) threads: Option<usize>,
    pub(super) progress: &'a Progress,
}

/// What is drawn.
pub(super) struct Drawing {
    pub(super) png: bool,
    pub(super) all_instances: bool,
}

/// How text for people looks.
pub(super) struct Style<'a> {
    pub(super) color: bool,
    pub(super) width: u16,
    /// The command worth trying next.
    pub(super) next: &'a str,
}

/// How the reference scenarios came out.
pub(super) struct Validation {
    /// All figures together lie inside the band.
    pub(super) passed: bool,
    pub(super) text: String,
    pub(super) json: String,
}

/// Reads and resolves a scenario; `color` is for the diagnostics.
pub(super) fn load(files: &Disk, request: &Request, color: bool) -> Result<Loaded, Failure> {
    let Request { path, overrides, users, workload_of } = request;
    let unreadable = |why| Failure::Diagnostics(format!("error: {}: {why}", path.display()));
    let bytes = files.read(path).map_err(unreadable)?;
    let _ = (bytes, overrides, users, workload_of, color);
    Err(Failure::NotWired("the language of scenarios"))
}

/// The JSON Schema of scenario files.
pub(super) fn schema() -> Result<String, Failure> {
    Err(Failure::NotWired("the schema"))
}

/// What a scenario means.
pub(super) fn explain(_scenario: &Scenario) -> Result<String, Failure> {
    Err(Failure::NotWired("explain"))
}

/// Plays a scenario.
pub(super) fn play(_scenario: &Scenario, options: &Play) -> Result<Results, Failure> {
    unwired(options)
}

/// Plays several designs under the same users.
pub(super) fn compare(
    _designs: &[(String, Scenario)],
    options: &Play,
) -> Result<Comparison, Failure> {
    unwired(options)
}

/// Plays the reference scenarios.
pub(super) fn validate(options: &Play, color: bool) -> Result<Validation, Failure> {
    let _ = color;
    unwired(options)
}

/// The result files of a run, `summary.json` first.
pub(super) fn run_files(_results: &Results, drawing: &Drawing) -> Result<Files, Failure> {
    let _ = (drawing.png, drawing.all_instances);
    Err(Failure::NotWired("the report"))
}

/// The result files of a comparison, `comparison.json` first.
pub(super) fn comparison_files(
    _comparison: &Comparison,
    drawing: &Drawing,
) -> Result<Files, Failure> {
    let _ = (drawing.png, drawing.all_instances);
    Err(Failure::NotWired("the report"))
}

/// A run for people.
pub(super) fn run_text(results: &Results, style: &Style) -> String {
    let _ = (style.color, style.width);
    format!("{}\nnext: {}\n", results.summary.scenario.title, style.next)
}

/// A comparison for people.
pub(super) fn comparison_text(comparison: &Comparison, style: &Style) -> String {
    let _ = (style.color, style.width);
    format!("{}\nnext: {}\n", comparison.sentence, style.next)
}

fn unwired<T>(options: &Play) -> Result<T, Failure> {
    options.progress.start("playing", 1);
    options.progress.advance(1);
    let _ = (options.seed, options.replications, options.threads);
    Err(Failure::NotWired("the simulation"))
}
