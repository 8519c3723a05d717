//! The answer of a plan, as values: what `plan.json`, `plan.csv`, the chart and
//! the terminal are made of.

use crate::experiment::summary::{Named, ScenarioName, SloTermResult, Verdict};
use serde::Serialize;

/// Version of the layout of `plan.json`.
pub const FORMAT: u32 = 1;

/// The answer of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanResult {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Version of Highwater.
    pub highwater: String,
    /// What was planned for, as the file says it.
    pub scenario: ScenarioName,
    /// Users, where their number is known.
    pub users: Option<u64>,
    /// Root of the randomness; all designs face the same users.
    pub seed: u64,
    /// How it came out.
    pub outcome: Outcome,
    /// The answer in words.
    pub sentence: String,
    /// The chosen design: its place in `designs`.
    pub chosen: Option<usize>,
    /// The next design that is known to do.
    pub runner_up: Option<usize>,
    /// Cheaper designs that may do.
    pub undecided: Vec<usize>,
    /// Where nothing does: the design that misses least.
    pub nearest_miss: Option<usize>,
    /// Where nothing does: what to try.
    pub widen: Option<String>,
    /// What a fifth more users would take.
    pub growth: Option<Growth>,
    /// What every design must survive, as the file says it.
    pub survive: Vec<String>,
    /// Probability that any of the verdicts is wrong, at most.
    pub error: f64,
    /// Its part for a verdict on one design with one loss.
    pub error_per_verdict: f64,
    /// Replications of a design at the first look, and at most.
    pub replications: (u32, u32),
    /// Why designs were rejected, and how many.
    pub rejected: Vec<Rejections>,
    /// The keys that vary.
    pub keys: Vec<String>,
    /// All designs in order of price.
    pub designs: Vec<DesignResult>,
    /// What is worth knowing when reading it.
    pub notes: Vec<String>,
}

/// How a plan came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The cheapest design is known.
    Found,
    /// A cheaper design than the chosen one may do.
    Undecided,
    /// No design of the range does.
    Nothing,
}

/// What is known of a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It meets the objective, with each loss.
    Passes,
    /// It does not.
    Rejected,
    /// The limit lies within an interval.
    Undecided,
    /// It is dearer than the answer.
    NotTried,
    /// The scenario cannot be put together.
    Impossible,
}

/// What a verdict on a design rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A law in closed form.
    Bound,
    /// Playing it.
    Simulation,
    /// The check of the scenario.
    Check,
    /// Nothing: it was not looked at.
    Nothing,
}

/// One design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DesignResult {
    /// For people.
    pub name: String,
    /// The value of each key, as `--set` takes it.
    pub values: Vec<String>,
    /// Price of an hour of what stands there; what is paid by use comes on
    /// top. Absent where the design is impossible.
    pub per_hour: Option<f64>,
    /// The same for a month of 730 hours.
    pub per_month: Option<f64>,
    /// What is known of it.
    pub standing: Standing,
    /// What that rests on.
    pub decided_by: DecidedBy,
    /// Why it was rejected or stays undecided, without figures.
    pub reason: String,
    /// The same with figures.
    pub detail: String,
    /// What was played, the loss that decided last.
    pub trials: Vec<Trial>,
    /// The station that its work takes most of, and how much at least.
    pub bound: Option<BoundResult>,
    /// Where nobody is left for a part that requests need: what mends that.
    pub fix: Option<String>,
}

impl DesignResult {
    /// The trial that the verdict rests on: the one that missed, else one that
    /// is undecided, else the one nearest to its limit in the first time.
    pub fn decisive(&self) -> Option<&Trial> {
        let with = |verdict: Verdict| self.trials.iter().find(|trial| trial.verdict == verdict);
        let missed = with(Verdict::Missed).or_else(|| with(Verdict::Undecided));
        missed.or_else(|| self.trials.iter().max_by(|a, b| a.tightness().total_cmp(&b.tightness())))
    }
}

impl DesignResult {
    /// How far it is from doing, smaller is nearer: what was played before what
    /// a law ruled out, then by figure over limit, or by utilisation.
    pub fn miss(&self) -> (u8, f64) {
        match (self.decisive(), &self.bound) {
            (Some(trial), _) => (0, trial.tightness()),
            (None, Some(bound)) => (1, bound.utilisation),
            (None, None) => (2, 0.0),
        }
    }
}

/// A closed-form bound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoundResult {
    /// The station.
    pub station: String,
    /// Work that comes ÷ work that can be done, at best.
    pub utilisation: f64,
    /// With what lost; empty = nothing.
    pub lost: String,
}

/// A design that was played with something lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// What was lost; empty = nothing.
    pub lost: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Replications that were played.
    pub replications: u32,
    /// The objective, term by term.
    pub terms: Vec<SloTermResult>,
    /// Queues that grow without end, or the limit that ended it, in words.
    pub trouble: Option<String>,
    /// What saturates first.
    pub bottleneck: Option<String>,
    /// What the measured use costs an hour, on top of what stands there.
    pub by_use_per_hour: f64,
}

impl Trial {
    /// The greatest figure over its limit: above 1 it is missed.
    pub fn tightness(&self) -> f64 {
        let ratio = |term: &SloTermResult| {
            let value = term.estimate.value.unwrap_or(f64::INFINITY);
            match term.at_least {
                true => (1.0 - value) / (1.0 - term.limit).max(1e-9),
                false => value / term.limit.max(1e-9),
            }
        };
        self.terms.iter().map(ratio).fold(0.0, f64::max)
    }
}

/// Designs that were rejected for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rejections {
    /// Why.
    pub reason: String,
    /// What that rests on.
    pub decided_by: DecidedBy,
    /// How many.
    pub designs: usize,
    /// Prices of a month, from the cheapest to the dearest; absent where
    /// designs cannot be built.
    pub per_month: Option<(f64, f64)>,
}

/// What more users would take.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// How many users.
    pub users: u64,
    /// How it came out.
    pub outcome: Outcome,
    /// The design for them: its place in `designs`.
    pub chosen: Option<usize>,
    /// In words.
    pub sentence: String,
    /// What was tried for them: place in `designs`, verdict, and why.
    pub tried: Named<Standing>,
}
