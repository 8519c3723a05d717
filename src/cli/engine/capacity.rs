//! The way down for `highwater capacity`.

use super::{Drawing, Files, Style, broken, undrawn};
use crate::cli::exit::{Ending, Failure};
use crate::cli::files::Disk;
use crate::cli::progress::Progress;
use crate::experiment::capacity::{
    self, Capacity, CapacityFailure, CapacityOptions, Ended, Growth, Probe,
};
use crate::experiment::run::on_threads;
use crate::experiment::summary::Verdict;
use crate::report::{capacity as capacity_report, growth as growth_report, terminal};
use crate::scenario::{Request, Template};
use std::path::Path;

/// How the mark is looked for.
pub(in crate::cli) struct Search<'a> {
    pub(in crate::cli) seed: Option<u64>,
    pub(in crate::cli) threads: Option<usize>,
    pub(in crate::cli) tolerance: f64,
    pub(in crate::cli) replications: Option<u32>,
    pub(in crate::cli) picture: bool,
    pub(in crate::cli) without_events: bool,
    pub(in crate::cli) progress: &'a Progress,
}

impl Search<'_> {
    fn options(&self) -> CapacityOptions<'_> {
        let default = CapacityOptions::default();
        let most = self.replications.unwrap_or(default.most);
        CapacityOptions {
            seed: self.seed,
            tolerance: self.tolerance,
            most,
            fewest: default.fewest.min(most),
            picture: self.picture,
            without_events: self.without_events,
            progress: self.progress,
            ..default
        }
    }
}

/// A scenario that can be tried under any load.
pub(in crate::cli) struct Design<'a> {
    template: Template<'a>,
    pub(in crate::cli) title: String,
    /// Rendered; empty where there are none.
    pub(in crate::cli) warnings: String,
}

/// Reads a scenario to be tried under any load; `color` is for the diagnostics.
pub(in crate::cli) fn design<'a>(
    files: &'a Disk,
    request: &Request,
    color: bool,
) -> Result<Design<'a>, Failure> {
    let opened = Template::open(files, request);
    let (template, loaded) = opened.map_err(|found| Failure::Diagnostics(found.render(color)))?;
    crate::scenario::compile::compile(&loaded.scenario)
        .map_err(|why| Failure::Input(format!("{}: {why}", request.path.display())))?;
    let warnings = &loaded.warnings;
    let warnings = if warnings.is_empty() { String::new() } else { warnings.render(color) };
    Ok(Design { template, title: loaded.scenario.title, warnings })
}

/// Why a design has no mark, if that can be said without playing it.
pub(in crate::cli) fn refusal(design: &Design, path: &Path) -> Result<(), Failure> {
    capacity::refusal(&design.template, &[]).map_err(|failure| failed(failure, path, &design.title))
}

/// The high-water mark of a design.
pub(in crate::cli) fn capacity(
    design: &Design,
    path: &Path,
    search: &Search,
) -> Result<Capacity, Failure> {
    let found =
        on_threads(search.threads, || capacity::capacity(&design.template, &search.options()));
    found.map_err(|failure| failed(failure, path, &design.title))
}

/// The high-water marks of a path of designs, each with the name of its stage.
pub(in crate::cli) fn growth(
    designs: Vec<(String, Design)>,
    search: &Search,
) -> Result<Growth, Failure> {
    let stages: Vec<(String, String, Template)> =
        designs.into_iter().map(|(name, design)| (name, design.title, design.template)).collect();
    let found = on_threads(search.threads, || capacity::growth(&stages, &search.options()));
    found.map_err(|failure| failed(failure, Path::new("a stage"), "a stage"))
}

fn failed(failure: CapacityFailure, path: &Path, title: &str) -> Failure {
    match failure {
        CapacityFailure::Scenario(found) => Failure::Diagnostics(found.render(false)),
        CapacityFailure::Refused { why, fix } => {
            Failure::Input(format!("{}: {why}; {fix}", path.display()))
        }
        CapacityFailure::Play(failure) => broken(failure, title),
    }
}

/// How a search ended: today's users decide, then whether the answer is as
/// narrow as was asked for.
pub(in crate::cli) fn ending(capacity: &Capacity) -> Ending {
    let today = match capacity.today_verdict {
        Verdict::Met => Ending::Done,
        Verdict::Missed => Ending::Missed,
        Verdict::Undecided => Ending::Undecided,
    };
    let found = match capacity.ended {
        Ended::Narrow | Ended::Boundless => Ending::Done,
        Ended::Nothing if capacity.probes.iter().any(is_open) => Ending::Undecided,
        Ended::Nothing => Ending::Missed,
        Ended::Undecided | Ended::Probes => Ending::Undecided,
    };
    today.max(found)
}

/// A load that was looked at and left undecided.
fn is_open(probe: &Probe) -> bool {
    probe.simulated && !probe.for_picture && probe.verdict == Verdict::Undecided
}

/// How a path ended: as its worst stage; one without a mark leaves it open.
pub(in crate::cli) fn ending_of_growth(growth: &Growth) -> Ending {
    let endings = growth.stages.iter().map(|stage| match &stage.outcome {
        Ok(capacity) => ending(capacity),
        Err(_) => Ending::Undecided,
    });
    Ending::worst(endings)
}

/// The result files, `capacity.json` first.
pub(in crate::cli) fn capacity_files(
    capacity: &Capacity,
    drawing: &Drawing,
) -> Result<Files, Failure> {
    capacity_report::files(capacity, &super::options(drawing)).map_err(undrawn)
}

/// The result files of a path, `growth.json` first.
pub(in crate::cli) fn growth_files(growth: &Growth, drawing: &Drawing) -> Result<Files, Failure> {
    growth_report::files(growth, &super::options(drawing)).map_err(undrawn)
}

/// A mark for people.
pub(in crate::cli) fn capacity_text(capacity: &Capacity, style: &Style) -> String {
    terminal::capacity(capacity, &style.terminal())
}

/// A path for people.
pub(in crate::cli) fn growth_text(growth: &Growth, style: &Style) -> String {
    terminal::growth(growth, &style.terminal())
}
