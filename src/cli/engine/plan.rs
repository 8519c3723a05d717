//! The way down for plans.

use super::{Drawing, Files, Style, broken, options, undrawn};
use crate::cli::exit::Failure;
use crate::cli::files::Disk;
use crate::cli::progress::Progress;
use crate::experiment::plan::result::PlanResult;
use crate::experiment::plan::{self, PlanFailure, PlanOptions};
use crate::report::{plan::plan_files as files_of, terminal};
use crate::scenario::{Diagnostics, Request, Template};

/// How a plan is made.
pub(in crate::cli) struct Planning<'a> {
    pub(in crate::cli) seed: Option<u64>,
    pub(in crate::cli) replications: Option<u32>,
    pub(in crate::cli) threads: Option<usize>,
    pub(in crate::cli) growth: bool,
    pub(in crate::cli) progress: &'a Progress,
}

/// Finds the cheapest design that will do; `color` is for the diagnostics.
pub(in crate::cli) fn plan(
    disk: &Disk,
    request: &Request<'_>,
    how: &Planning<'_>,
    color: bool,
) -> Result<PlanResult, Failure> {
    let rendered = |diagnostics: Diagnostics| Failure::Diagnostics(diagnostics.render(color));
    let (template, loaded) = Template::open(disk, request).map_err(rendered)?;
    let options = PlanOptions {
        seed: how.seed,
        replications: how.replications,
        threads: how.threads,
        growth: how.growth,
        progress: how.progress,
    };
    let file = request.path.display();
    plan::plan(&template, &loaded.scenario, &options).map_err(|failure| match failure {
        PlanFailure::NoPlan => Failure::Input(format!(
            "{file}: nothing to choose from; write [plan] with \
             vary = {{ \"services.web.instances\" = \"2..10\" }}, or give \
             --vary services.web.instances=2..10"
        )),
        PlanFailure::NoObjective => Failure::Input(format!(
            "{file}: nothing to hold designs against; write [slo], such as p99 = \"300 ms\" and \
             availability = 0.999"
        )),
        PlanFailure::Impossible(wrong) => Failure::Diagnostics(format!(
            "{}\n\nerror: not one design of the plan can be put together; above is what is wrong \
             with the first",
            wrong.render(color)
        )),
        PlanFailure::Value { key, value, why } => {
            let vary = format!("plan.vary.\"{key}\"");
            let place = match request.overrides.iter().any(|(own, _)| *own == vary) {
                true => format!("--vary {key}"),
                false => format!("{file}: {vary}"),
            };
            Failure::Input(format!("{place}: {why}; leave {value} out of its values"))
        }
        PlanFailure::Play(failure) => broken(failure, &loaded.scenario.title),
    })
}

/// The result files of a plan, `plan.json` first.
pub(in crate::cli) fn plan_files(result: &PlanResult, drawing: &Drawing) -> Result<Files, Failure> {
    files_of(result, &options(drawing)).map_err(undrawn)
}

/// A plan for people.
pub(in crate::cli) fn plan_text(result: &PlanResult, style: &Style<'_>) -> String {
    terminal::plan(result, &style.terminal())
}
