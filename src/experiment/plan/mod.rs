//! The cheapest design that meets the objective, also with a part of it lost.
//!
//! Designs are taken in order of the price of what stands there, which is known
//! without playing them. What a law rules out is not played; the others are
//! judged until one passes. The probability that any verdict is wrong is
//! shared out evenly among all that may be spoken (Bonferroni): the designs
//! that no law rules out, times the losses of each.
//!
//! That fewer or smaller machines never do better is *not* used: with bounded
//! queues a smaller tier turns more away and may answer the rest sooner, and
//! what it turns away spares the tier behind it.

mod answer;
mod bound;
mod design;
mod floor;
mod losses;
pub mod result;
mod search;
mod survivors;
mod trial;
mod words;

use super::judge::Judging;
use super::run::{PlayFailure, Progress, Silent, on_threads};
use crate::scenario::model::{Plan, Scenario};
use crate::scenario::{Diagnostics, Severity, Template};
use design::{Design, build, designs};
use rayon::prelude::*;
use result::{PlanResult, Standing};
use search::{answer as answer_of, search};
use trial::{Finding, bounded, tried};

/// Probability that any verdict of a plan is wrong, at most.
pub const ERROR: f64 = 0.05;
/// Replications of a design at the first look.
pub const FEWEST: u32 = 5;
/// Replications after which an undecided design stays undecided.
pub const MOST: u32 = 80;
/// For more users, an outlook, designs are judged with this share of them.
const OUTLOOK: u32 = 4;
/// So many times the users are planned for again.
const GROWTH: f64 = 1.2;

/// How a plan is made.
#[derive(Clone, Copy)]
pub struct PlanOptions<'a> {
    /// Instead of the scenario's seed.
    pub seed: Option<u64>,
    /// Most replications of a design, instead of [`MOST`].
    pub replications: Option<u32>,
    /// Threads; `None` = as many as the machine has.
    pub threads: Option<usize>,
    /// Plan for a fifth more users as well.
    pub growth: bool,
    /// Told how far the work is.
    pub progress: &'a dyn Progress,
}

impl Default for PlanOptions<'_> {
    fn default() -> Self {
        Self { seed: None, replications: None, threads: None, growth: true, progress: &Silent }
    }
}

/// Why a plan could not be made.
#[derive(Clone, Debug)]
pub enum PlanFailure {
    /// The scenario has no `[plan]`.
    NoPlan,
    /// The scenario has no `[slo]`: the cheapest design would always do.
    NoObjective,
    /// Not one design can be put together; what is wrong with the first.
    Impossible(Diagnostics),
    /// A design could not be played to its end.
    Play(PlayFailure),
}

impl From<PlayFailure> for PlanFailure {
    fn from(failure: PlayFailure) -> Self {
        Self::Play(failure)
    }
}

/// Finds the cheapest design of the `[plan]` of a scenario; `base` is what the
/// template is without changes.
///
/// # Errors
/// Nothing to choose from, nothing to hold it against, or a broken law.
pub fn plan(
    template: &Template<'_>,
    base: &Scenario,
    options: &PlanOptions<'_>,
) -> Result<PlanResult, PlanFailure> {
    let Some(plan) = &base.plan else { return Err(PlanFailure::NoPlan) };
    if base.slo.is_empty() {
        return Err(PlanFailure::NoObjective);
    }
    on_threads(options.threads, || {
        let designs = designs(template, plan, None);
        if let Some(Err(wrong)) = designs.first().map(|design| design.built.as_ref()) {
            return Err(PlanFailure::Impossible(wrong.clone()));
        }
        let round = Round::play(&designs, plan, base, options)?;
        let answer = answer_of(&round.opinions(&designs));
        let growth = match answer.chosen {
            Some(chosen) if options.growth && follows_users(base) => {
                growth(template, plan, base, &designs[chosen..], options)?
            }
            _ => None,
        };
        let growth = growth.map(|(round, users)| (round, users, answer.chosen.unwrap_or(0)));
        Ok(answer::answer(base, plan, &designs, round, answer, growth))
    })
}

/// Whether another number of users is another load.
fn follows_users(base: &Scenario) -> bool {
    base.workload.users.count.is_some() && base.workload.users.requests_per_user_per_s.is_some()
}

/// Plans again for more users, from the answer on: what will not do for fewer
/// is taken not to do for more.
fn growth(
    template: &Template<'_>,
    plan: &Plan,
    base: &Scenario,
    designs: &[Design],
    options: &PlanOptions<'_>,
) -> Result<Option<(Round, u64)>, PlanFailure> {
    let Some(users) = base.workload.users.count else { return Ok(None) };
    let users = (users as f64 * GROWTH).round() as u64;
    let again = |design: &Design| Design {
        changes: design.changes.clone(),
        built: match &design.built {
            Ok(_) => build(template, plan, &design.changes, Some(users)),
            Err(wrong) => Err(wrong.clone()),
        },
    };
    let designs: Vec<Design> = designs.par_iter().map(again).collect();
    let most = options.replications.unwrap_or(MOST) / OUTLOOK;
    let outlook = PlanOptions { replications: Some(most.max(FEWEST)), ..*options };
    let round = Round::play(&designs, plan, base, &outlook)?;
    Ok(Some((round, users)))
}

/// Designs that were judged under one load.
struct Round {
    /// By place in the list of designs; those behind the answer are not tried.
    findings: Vec<Finding>,
    judging: Judging,
}

impl Round {
    /// Rules out what can be ruled out, and judges the rest.
    fn play(
        designs: &[Design],
        plan: &Plan,
        base: &Scenario,
        options: &PlanOptions<'_>,
    ) -> Result<Self, PlayFailure> {
        let bound = |design: &Design| match &design.built {
            Ok(built) => bounded(built, plan),
            Err(wrong) => impossible(wrong),
        };
        let mut findings: Vec<Finding> = designs.par_iter().map(bound).collect();
        let open = |place: &usize| findings[*place].standing == Standing::NotTried;
        let open: Vec<usize> = (0..designs.len()).filter(open).collect();
        let losses = open.iter().filter_map(|&place| designs[place].built.as_ref().ok());
        let verdicts: usize =
            losses.map(|built| losses::variants(&built.scenario, plan).len()).sum();
        let most = options.replications.unwrap_or(MOST).max(2);
        let judging = Judging {
            seed: options.seed.unwrap_or(base.run.seed),
            error: ERROR / verdicts.max(1) as f64,
            fewest: FEWEST.min(most),
            most,
        };
        options.progress.start(&base.title, open.len() as u64);
        let judged = search(
            open.len(),
            |number| {
                let place = open[number];
                let Ok(built) = &designs[place].built else { return Ok(findings[place].clone()) };
                let price = words::per_month(built.per_hour);
                options.progress.trying(&format!("{} · {price} a month", built.name));
                let finding = tried(built, plan, &judging, &findings[place]);
                options.progress.advance(1);
                finding
            },
            Finding::opinion,
        )?;
        for (place, finding) in open.into_iter().zip(judged) {
            findings[place] = finding;
        }
        Ok(Self { findings, judging })
    }

    /// Prices and opinions of all designs; what was not tried is dearer than
    /// the answer, or there is none.
    fn opinions(&self, designs: &[Design]) -> Vec<(f64, search::Opinion)> {
        let pairs = designs.iter().zip(&self.findings);
        pairs.map(|(design, finding)| (design.price(), finding.opinion())).collect()
    }
}

fn impossible(wrong: &Diagnostics) -> Finding {
    let reason = wrong.iter().find(|one| one.severity == Severity::Error);
    let reason = reason.map_or_else(String::new, |one| one.message.clone());
    Finding {
        standing: Standing::Impossible,
        decided_by: result::DecidedBy::Check,
        reason,
        ..Finding::nothing()
    }
}
