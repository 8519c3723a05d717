//! The way down: the one folder of this floor that calls the floors below.

pub(in crate::cli) mod capacity;
mod checking;
mod coverage;
mod plan;
mod precision;
pub(in crate::cli) mod scaling;
mod sweep;

pub(in crate::cli) use checking::{Checked, check, checked_json, explain_json};
pub(in crate::cli) use coverage::{TRIALS, coverage};
pub(in crate::cli) use plan::{Planning, plan, plan_files, plan_text};
pub(in crate::cli) use precision::{MOST_REPLICATIONS, play_until};
pub(in crate::cli) use sweep::{
    Cells, USERS, Varied, all_errors, define, merge, open, play_cells, sweep_files, sweep_text,
};

use crate::cli::exit::Failure;
use crate::cli::files::Disk;
use crate::cli::progress::Progress;
use crate::experiment::comparison::Comparison;
use crate::experiment::precision::Precision;
use crate::experiment::reference::{REFERENCES, reference};
use crate::experiment::run::{self as playing, PlayFailure, PlayOptions};
use crate::experiment::summary::Results;
use crate::experiment::validation;
use crate::report::{self, ReportError, ReportOptions, terminal};
use crate::scenario::model::{Arrivals, Scenario};
use crate::scenario::{self, Diagnostics, Files as ScenarioFiles, Request};
use std::path::Path;

/// Files by name, in the order in which they are written.
pub(in crate::cli) type Files = Vec<(String, Vec<u8>)>;

/// A scenario and what it cannot have meant.
pub(in crate::cli) struct Loaded {
    pub(in crate::cli) scenario: Scenario,
    /// Rendered; empty where there are none.
    pub(in crate::cli) warnings: String,
    /// What was not used of its own workload, in words.
    pub(in crate::cli) unused: Vec<String>,
}

/// Code of the warning of a workload that another's stands in place of.
const UNUSED_WORKLOAD: &str = "W406";

/// How it is played.
pub(in crate::cli) struct Play<'a> {
    pub(in crate::cli) seed: Option<u64>,
    pub(in crate::cli) replications: Option<u32>,
    pub(in crate::cli) threads: Option<usize>,
    pub(in crate::cli) trace: u32,
    pub(in crate::cli) availability_only: bool,
    pub(in crate::cli) progress: &'a Progress,
}

/// What is drawn.
pub(in crate::cli) struct Drawing {
    pub(in crate::cli) png: bool,
    pub(in crate::cli) all_instances: bool,
    pub(in crate::cli) page: bool,
}

/// How text for people looks.
pub(in crate::cli) struct Style<'a> {
    pub(in crate::cli) color: bool,
    pub(in crate::cli) width: u16,
    /// The command worth trying next.
    pub(in crate::cli) next: &'a str,
}

/// How the reference scenarios came out.
pub(in crate::cli) struct Validation {
    /// All figures together lie inside the band.
    pub(in crate::cli) passed: bool,
    pub(in crate::cli) text: String,
    pub(in crate::cli) json: String,
}

impl ScenarioFiles for Disk {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        Disk::read(self, path)
    }
}

impl playing::Progress for Progress {
    fn start(&self, what: &str, total: u64) {
        Progress::start(self, what, total);
    }

    fn advance(&self, steps: u64) {
        Progress::advance(self, steps);
    }

    fn trying(&self, what: &str) {
        Progress::trying(self, what);
    }
}

impl Play<'_> {
    fn options(&self) -> PlayOptions<'_> {
        PlayOptions {
            seed: self.seed,
            replications: self.replications,
            threads: self.threads,
            trace: self.trace,
            availability_only: self.availability_only,
            progress: self.progress,
        }
    }
}

/// Reads and resolves a scenario; `color` is for the diagnostics.
pub(in crate::cli) fn load(
    files: &Disk,
    request: &Request,
    color: bool,
) -> Result<Loaded, Failure> {
    let rendered = |diagnostics: Diagnostics| Failure::Diagnostics(diagnostics.render(color));
    let loaded = scenario::load(files, request).map_err(rendered)?;
    // What only the compiler can refuse is bad input as well.
    scenario::compile::compile(&loaded.scenario)
        .map_err(|why| Failure::Input(format!("{}: {why}", request.path.display())))?;
    let warnings = &loaded.warnings;
    let mut warnings = if warnings.is_empty() { String::new() } else { warnings.render(color) };
    if request.users.is_some() && !follows_users(&loaded.scenario) {
        warnings += "warning: --users does not change the load: the file gives it as a rate or a \
                     recording; use --set users.rate=…\n";
    }
    let unused = loaded.warnings.iter().filter(|one| one.code == UNUSED_WORKLOAD);
    let unused = unused.map(|one| one.message.clone()).collect();
    Ok(Loaded { scenario: loaded.scenario, warnings, unused })
}

/// Whether more users bring more load.
fn follows_users(scenario: &Scenario) -> bool {
    let users = &scenario.workload.users;
    users.requests_per_user_per_s.is_some() || matches!(users.arrivals, Arrivals::Closed { .. })
}

/// Whether anything of a scenario can fail.
pub(in crate::cli) fn can_fail(scenario: &Scenario) -> bool {
    let failures = &scenario.failures;
    !failures.processes.is_empty() || !failures.events.is_empty()
}

/// The JSON Schema of scenario files.
pub(in crate::cli) fn schema() -> String {
    scenario::json_schema()
}

/// What a scenario means.
pub(in crate::cli) fn explain(scenario: &Scenario) -> Result<String, Failure> {
    scenario::explain::explain(scenario).map_err(Failure::Input)
}

/// Plays a scenario.
pub(in crate::cli) fn play(scenario: &Scenario, options: &Play) -> Result<Results, Failure> {
    playing::play(scenario, &options.options()).map_err(|failure| broken(failure, &scenario.title))
}

/// A warning for each design that runs for another time than the first.
pub(in crate::cli) fn length_warnings(designs: &[(String, Scenario)]) -> Vec<Option<String>> {
    crate::experiment::compare::length_warnings(designs)
}

/// Plays several designs under the same users.
pub(in crate::cli) fn compare(
    designs: &[(String, Scenario)],
    options: &Play,
    until: Option<(f64, u32)>,
) -> Result<Comparison, Failure> {
    let names: Vec<&str> = designs.iter().map(|(name, _)| name.as_str()).collect();
    let precision = until.map(|(relative, most)| Precision { relative, most });
    let options = options.options();
    let compared = match precision {
        None => crate::experiment::compare::compare(designs, &options),
        Some(precision) => crate::experiment::compare::compare_until(designs, &options, precision),
    };
    compared.map_err(|failure| broken(failure, &names.join(", ")))
}

fn broken(failure: PlayFailure, scenario: &str) -> Failure {
    match failure {
        PlayFailure::Compile(why) => Failure::Input(why),
        PlayFailure::Audit { law, detail, seed, replication } => Failure::Bug(format!(
            "the audit found the law of {law} broken: {detail}. This is a bug in Highwater; \
             \"{scenario}\" shows it with --seed {seed} in replication {replication}"
        )),
    }
}

/// The reference scenarios, which are part of the program.
struct References;

impl ScenarioFiles for References {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let text = reference(path).ok_or_else(|| "no such reference scenario".to_owned())?;
        Ok(text.as_bytes().to_vec())
    }
}

/// Plays the reference scenarios.
pub(in crate::cli) fn validate(
    options: &Play,
    color: bool,
    width: u16,
) -> Result<Validation, Failure> {
    let mut scenarios = Vec::new();
    for (name, _) in REFERENCES {
        let path = format!("{name}.toml");
        let request =
            Request { path: Path::new(&path), overrides: &[], users: None, workload_of: None };
        let loaded = scenario::load(&References, &request)
            .map_err(|diagnostics| Failure::Bug(diagnostics.render(color)))?;
        scenarios.push(((*name).to_owned(), loaded.scenario));
    }
    let rows = validation::validate(&scenarios, &options.options())
        .map_err(|failure| broken(failure, "a reference scenario"))?;
    let style = terminal::Style { color, width: usize::from(width), next: None };
    let json = serde_json::to_string_pretty(&rows)
        .map_err(|error| Failure::Bug(format!("the rows cannot be written: {error}")))?;
    Ok(Validation {
        passed: rows.iter().all(|row| row.passed),
        text: terminal::validation(&rows, &style),
        json: json + "\n",
    })
}

/// The result files of a run, `summary.json` first.
pub(in crate::cli) fn run_files(results: &Results, drawing: &Drawing) -> Result<Files, Failure> {
    report::files(results, &options(drawing)).map_err(undrawn)
}

/// The result files of a comparison, `comparison.json` first.
pub(in crate::cli) fn comparison_files(
    comparison: &Comparison,
    drawing: &Drawing,
) -> Result<Files, Failure> {
    report::comparison_files(comparison, &options(drawing)).map_err(undrawn)
}

fn options(drawing: &Drawing) -> ReportOptions {
    ReportOptions { png: drawing.png, all_instances: drawing.all_instances, page: drawing.page }
}

fn undrawn(error: ReportError) -> Failure {
    Failure::Bug(error.to_string())
}

/// A run for people.
pub(in crate::cli) fn run_text(results: &Results, style: &Style) -> String {
    terminal::run(results, &style.terminal())
}

/// A comparison for people.
pub(in crate::cli) fn comparison_text(comparison: &Comparison, style: &Style) -> String {
    terminal::comparison(comparison, &style.terminal())
}

impl Style<'_> {
    fn terminal(&self) -> terminal::Style {
        terminal::Style {
            color: self.color,
            width: usize::from(self.width),
            next: Some(self.next.to_owned()),
        }
    }
}
