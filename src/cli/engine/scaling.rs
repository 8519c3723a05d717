//! The way down for `highwater scale`.

use super::{Drawing, Files, Style, broken, options, undrawn};
use crate::cli::exit::{Ending, Failure};
use crate::cli::files::Disk;
use crate::cli::progress::Progress;
use crate::experiment::capacity::{CapacityFailure, CapacityOptions};
use crate::experiment::run::on_threads;
use crate::experiment::scale::{self, Plan, ScaleOptions, Scaling, Sizes};
use crate::experiment::summary::Verdict;
use crate::report::{self, terminal};
use crate::scenario::compile::compile;
use crate::scenario::{Request, Template};
use std::path::Path;

/// How the steps are measured.
pub(in crate::cli) struct Search<'a> {
    pub(in crate::cli) seed: Option<u64>,
    pub(in crate::cli) threads: Option<usize>,
    pub(in crate::cli) tolerance: f64,
    pub(in crate::cli) replications: Option<u32>,
    pub(in crate::cli) progress: &'a Progress,
}

/// Both ways of a tier, before anything is played.
pub(in crate::cli) struct Ways<'a> {
    template: Template<'a>,
    plan: Plan,
    /// Rendered; empty where there are none.
    pub(in crate::cli) warnings: String,
}

/// Reads a scenario and decides which sizes of a tier are tried; `color` is
/// for the diagnostics.
pub(in crate::cli) fn ways<'a>(
    files: &'a Disk,
    request: &Request,
    (tier, sizes): (&str, &Sizes),
    color: bool,
) -> Result<Ways<'a>, Failure> {
    let wrong = |why: String| Failure::Input(format!("{}: {why}", request.path.display()));
    let opened = Template::open(files, request);
    let (template, loaded) = opened.map_err(|found| Failure::Diagnostics(found.render(color)))?;
    compile(&loaded.scenario).map_err(wrong)?;
    let plan = Plan::new(&template, &loaded.scenario, tier, sizes).map_err(wrong)?;
    let warnings = &loaded.warnings;
    let warnings = if warnings.is_empty() { String::new() } else { warnings.render(color) };
    Ok(Ways { template, plan, warnings })
}

/// Follows both ways.
pub(in crate::cli) fn scale(ways: &Ways, path: &Path, search: &Search) -> Result<Scaling, Failure> {
    let options = ScaleOptions {
        capacity: CapacityOptions {
            seed: search.seed,
            tolerance: search.tolerance,
            ..CapacityOptions::default()
        },
        replications: search.replications,
        progress: search.progress,
    };
    let found = on_threads(search.threads, || scale::scale(&ways.template, &ways.plan, &options));
    found.map_err(|failure| match failure {
        CapacityFailure::Scenario(found) => Failure::Diagnostics(found.render(false)),
        CapacityFailure::Refused { why, fix } => {
            Failure::Input(format!("{}: {why}; {fix}", path.display()))
        }
        CapacityFailure::Play(failure) => broken(failure, &path.display().to_string()),
    })
}

/// Whether any step carries today's users.
pub(in crate::cli) fn ending(scaling: &Scaling) -> Ending {
    match scaling.verdict() {
        Verdict::Met => Ending::Done,
        Verdict::Missed => Ending::Missed,
        Verdict::Undecided => Ending::Undecided,
    }
}

/// The result files, `scale.json` first.
pub(in crate::cli) fn scaling_files(
    scaling: &Scaling,
    drawing: &Drawing,
) -> Result<Files, Failure> {
    report::scaling_files(scaling, &options(drawing)).map_err(undrawn)
}

/// Both ways for people.
pub(in crate::cli) fn scaling_text(scaling: &Scaling, style: &Style) -> String {
    terminal::scaling(scaling, &style.terminal())
}
