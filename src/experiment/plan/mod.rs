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
mod unserved;
mod words;

use super::judge::Judging;
use super::run::{PlayFailure, Progress, Silent, on_threads};
use crate::scenario::model::Scenario;
use crate::scenario::{Change, Diagnostics, Severity, Template};
use design::{Design, Workshop};
use rayon::prelude::*;
use result::{PlanResult, Standing};
use search::{answer as answer_of, search};
use std::collections::BTreeMap;
use trial::{Finding, tried};

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
    /// A value that no design can have, found before anything is played.
    Value {
        /// The key that varies.
        key: String,
        /// One of its values.
        value: String,
        /// Why not.
        why: String,
    },
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
        let workshop = Workshop { template, plan, users: None };
        let designs = workshop.designs();
        if let Some(Err(wrong)) = designs.first().map(|design| design.built.as_ref()) {
            return Err(PlanFailure::Impossible(wrong.clone()));
        }
        out_of_range(&designs).map_or(Ok(()), Err)?;
        let round = Round::play(&workshop, &designs, base, options)?;
        let answer = answer_of(&round.opinions(&designs));
        let growth = match answer.chosen {
            Some(chosen) if options.growth => {
                let growth = growth(&workshop, base, &designs[chosen..], options)?;
                growth.map(|(round, users)| (round, users, chosen))
            }
            _ => None,
        };
        Ok(answer::answer(base, plan, &designs, round, answer, growth))
    })
}

/// A value of a key that is refused by itself, whatever the others are: none of
/// the designs with it can be put together, for what it says of that very key.
fn out_of_range(designs: &[Design]) -> Option<PlanFailure> {
    let refused = |design: &Design, change: &Change| {
        let wrong = design.built.as_ref().err()?;
        let own = format!("`{}` ", change.0);
        let mut errors = wrong.iter().filter(|one| one.severity == Severity::Error);
        errors.find(|one| one.message.starts_with(&own)).map(|one| one.message.clone())
    };
    let mut known: BTreeMap<&Change, Option<String>> = BTreeMap::new();
    for design in designs {
        for change in &design.changes {
            let now = refused(design, change);
            known.entry(change).and_modify(|why| *why = why.take().and(now.clone())).or_insert(now);
        }
    }
    let (change, why) = known.into_iter().find_map(|(change, why)| Some((change, why?)))?;
    let (key, value) = (change.0.clone(), words::bare(&change.1).to_owned());
    Some(PlanFailure::Value { key, value, why })
}

/// Plans again for more users, from the answer on: what will not do for fewer
/// is taken not to do for more. `None` where another number of users is not
/// another load.
fn growth(
    workshop: &Workshop<'_>,
    base: &Scenario,
    designs: &[Design],
    options: &PlanOptions<'_>,
) -> Result<Option<(Round, u64)>, PlanFailure> {
    let users = &base.workload.users;
    let Some(count) = users.count.filter(|_| users.requests_per_user_per_s.is_some()) else {
        return Ok(None);
    };
    let users = (count as f64 * GROWTH).round() as u64;
    let workshop = Workshop { users: Some(users), ..*workshop };
    let again = |design: &Design| match &design.built {
        Ok(_) => workshop.design(design.changes.clone()),
        Err(_) => design.clone(),
    };
    let designs: Vec<Design> = designs.par_iter().map(again).collect();
    let most = options.replications.unwrap_or(MOST) / OUTLOOK;
    let outlook = PlanOptions { replications: Some(most.max(FEWEST)), ..*options };
    let round = Round::play(&workshop, &designs, base, &outlook)?;
    Ok(Some((round, users)))
}

/// Designs that were judged under one load.
struct Round {
    /// By place in the list of designs; those behind the answer are not tried.
    findings: Vec<Finding>,
    judging: Judging,
}

impl Round {
    /// Judges what no law has ruled out.
    fn play(
        workshop: &Workshop<'_>,
        designs: &[Design],
        base: &Scenario,
        options: &PlanOptions<'_>,
    ) -> Result<Self, PlayFailure> {
        let known = |design: &Design| match &design.built {
            Ok(built) => built.bounded.clone(),
            Err(wrong) => impossible(wrong),
        };
        let mut findings: Vec<Finding> = designs.iter().map(known).collect();
        let open = |place: &usize| findings[*place].standing == Standing::NotTried;
        let open: Vec<usize> = (0..designs.len()).filter(open).collect();
        let verdicts = open.iter().filter_map(|&place| designs[place].built.as_ref().ok());
        let verdicts: usize = verdicts.map(|built| built.verdicts).sum();
        let most = options.replications.unwrap_or(MOST).max(2);
        let judging = Judging {
            seed: options.seed.unwrap_or(base.run.seed),
            error: ERROR / verdicts.max(1) as f64,
            fewest: FEWEST.min(most),
            most,
        };
        options.progress.start(&base.title, open.len() as u64);
        let judge = |number: usize| {
            let (place, design) = (open[number], &designs[open[number]]);
            let (Ok(built), Ok(scenario)) = (&design.built, workshop.scenario(&design.changes))
            else {
                return Ok(findings[place].clone());
            };
            let price = words::per_month(built.per_hour);
            options.progress.trying(&format!("{} · {price} a month", built.name));
            let finding = tried(&scenario, workshop.plan, &judging, &findings[place]);
            options.progress.advance(1);
            finding
        };
        let judged = search(open.len(), judge, Finding::opinion)?;
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
    Finding {
        standing: Standing::Impossible,
        decided_by: result::DecidedBy::Check,
        reason: reason.map_or_else(String::new, |one| one.message.clone()),
        ..Finding::nothing()
    }
}
