//! One tier two ways: up, through larger machines to the largest there is, and
//! out, through more of the present one. Each step is asked for its high-water
//! mark, its response time under today's users, and what is left when one of
//! its instances dies. All steps face the same users.

mod step;
mod steps;
mod tier;

pub use steps::{Plan, Sizes};
pub use tier::Tier;

use super::capacity::{CapacityFailure, CapacityOptions, GivesWay, Unit};
use super::run::Progress;
use super::summary::{Estimate, Verdict};
use serde::Serialize;
use steps::Size;

/// Which way a step lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Larger machines.
    Up,
    /// More machines.
    Out,
}

/// A size of the tier and what it carries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// `c32`, `8 × c4`.
    pub name: String,
    /// Up or out.
    pub way: Way,
    /// Its machine.
    pub machine: String,
    /// vCPUs of one machine.
    pub vcpus: u32,
    /// Instances; of a database primary and replicas.
    pub instances: u32,
    /// The tier is of this size in the scenario.
    pub present: bool,
    /// What was changed in the scenario.
    pub changes: Vec<(String, String)>,
    /// Machines and balancers of the whole design per hour, without what is
    /// paid by use.
    pub machines_per_hour: f64,
    /// What it carries inside the SLO.
    pub capacity: Mark,
    /// Under today's users.
    pub today: Today,
    /// Under today's users, when one instance of the tier dies at the start of
    /// the window, silently, and stays dead.
    pub one_dead: OneDead,
}

/// A high-water mark.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// The answer, at least so many: `low`.
    pub value: f64,
    /// The largest load that is certainly met; 0 where none is.
    pub low: f64,
    /// The smallest that is certainly missed; `None` where none was found.
    pub high: Option<f64>,
    /// What is busiest there.
    pub gives_way: Option<GivesWay>,
    /// The term of the SLO that ends it.
    pub term: Option<String>,
}

/// How today's users fare.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Today {
    /// Whether they are carried inside the SLO.
    pub verdict: Verdict,
    /// 99th percentile of their response time.
    pub p99_ms: Estimate,
    /// Answered ÷ offered.
    pub availability: Estimate,
    /// All costs per million answered requests, what is paid by use included.
    pub per_million_requests: Estimate,
}

/// What is left when one instance is dead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OneDead {
    /// Whether the SLO is still met; `None` where it was not played.
    pub verdict: Option<Verdict>,
    /// Answered ÷ offered.
    pub answered: Estimate,
    /// 99th percentile of the response time of those with an answer.
    pub p99_ms: Estimate,
}

/// A size that was not tried, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// `c64`, `16 × c4`.
    pub name: String,
    /// Why.
    pub why: String,
}

/// Both ways of a tier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scaling {
    /// Title of the scenario.
    pub title: String,
    /// The tier.
    pub tier: String,
    /// What loads are counted in.
    pub unit: Unit,
    /// The load of the scenario as it is.
    pub today: f64,
    /// Limit of the 99th percentile, in milliseconds, where the SLO has one.
    pub p99_limit_ms: Option<f64>,
    /// Floor of the availability, where the SLO has one.
    pub availability_floor: Option<f64>,
    /// The way up, from the smallest machine to the largest.
    pub up: Vec<Step>,
    /// The machines of the way up were chosen: a larger one may exist.
    pub machines_chosen: bool,
    /// The way out, from one instance on.
    pub out: Vec<Step>,
    /// More instances than those of the highest mark carry no more.
    pub out_saturates: bool,
    /// Sizes that were not tried.
    pub left_out: Vec<LeftOut>,
    /// Root of the randomness.
    pub seed: u64,
    /// Probability that a bracket does not hold its mark.
    pub error: f64,
    /// Relative width of the brackets that was asked for.
    pub tolerance: f64,
}

/// How the steps are measured.
#[derive(Clone, Copy)]
pub struct ScaleOptions<'a> {
    /// How each high-water mark is looked for; its changes are not used.
    pub capacity: CapacityOptions<'a>,
    /// Replications under today's users, in place of the scenario's.
    pub replications: Option<u32>,
    /// Told what is being tried.
    pub progress: &'a dyn Progress,
}

/// Follows both ways. Plays on the threads of the present pool.
///
/// # Errors
/// A broken law, or a step that does not compile.
pub fn scale(
    template: &crate::scenario::Template<'_>,
    plan: &Plan,
    options: &ScaleOptions<'_>,
) -> Result<Scaling, CapacityFailure> {
    let mut scaling = empty(plan, options);
    for (place, size) in plan.sizes.iter().enumerate() {
        if size.way == Way::Out && saturated(&scaling.out, options.capacity.tolerance) {
            break;
        }
        let step = match same(&scaling.up, size) {
            Some(known) => known,
            None => {
                let of = (place + 1, plan.sizes.len());
                let (step, unit, today) = step::step(template, plan, size, options, of)?;
                (scaling.unit, scaling.today) = (unit, today);
                step
            }
        };
        match size.way {
            Way::Up => scaling.up.push(step),
            Way::Out => scaling.out.push(step),
        }
    }
    let highest = Scaling::highest(&scaling.out).map_or(0, |step| step.instances);
    scaling.out_saturates = scaling.out.last().is_some_and(|step| step.instances > highest);
    Ok(scaling)
}

fn empty(plan: &Plan, options: &ScaleOptions<'_>) -> Scaling {
    use crate::scenario::model::SloFigure;
    let scenario = &plan.scenario;
    let limit = |wanted: fn(SloFigure) -> bool| {
        scenario.slo.iter().find(|term| wanted(term.figure)).map(|term| term.limit)
    };
    Scaling {
        title: scenario.title.clone(),
        tier: plan.tier.name.clone(),
        unit: Unit::Users,
        today: 0.0,
        p99_limit_ms: limit(|figure| figure == SloFigure::Quantile(0.99)),
        availability_floor: limit(|figure| figure == SloFigure::Availability),
        up: Vec::new(),
        machines_chosen: plan.chosen,
        out: Vec::new(),
        out_saturates: false,
        left_out: plan.left_out.clone(),
        seed: options.capacity.seed.unwrap_or(scenario.run.seed),
        error: options.capacity.error,
        tolerance: options.capacity.tolerance,
    }
}

/// The step of the way up that is the same design: one present machine.
fn same(up: &[Step], size: &Size) -> Option<Step> {
    let known = up
        .iter()
        .find(|step| step.machine == size.machine.name && step.instances == size.instances)?;
    Some(Step { way: size.way, name: name(size), ..known.clone() })
}

/// Whether the last two steps carried no more than the one before them.
fn saturated(out: &[Step], tolerance: f64) -> bool {
    let [.., before, one, other] = out else { return false };
    let most = before.capacity.value * (1.0 + tolerance);
    before.capacity.low > 0.0 && one.capacity.value <= most && other.capacity.value <= most
}

/// `c32`, `8 × c4`.
fn name(size: &Size) -> String {
    match (size.way, size.instances) {
        (Way::Up, 1) => size.machine.name.clone(),
        (_, instances) => format!("{instances} × {}", size.machine.name),
    }
}

/// Prices closer than this are one: sums in another order differ in their last
/// bits.
const PRICE_STEP: f64 = 1e-9;

/// Whether two steps cost the same, where anything has a price.
pub(crate) fn same_price(one: &Step, other: &Step) -> bool {
    let apart = (one.machines_per_hour - other.machines_per_hour).abs();
    one.machines_per_hour > 0.0 && apart < PRICE_STEP
}

fn cheapest<'a>(
    steps: impl Iterator<Item = &'a Step>,
    time: impl Fn(&Step) -> Option<f64>,
) -> Option<&'a Step> {
    let later = |step: &Step| time(step).unwrap_or(f64::INFINITY);
    steps.reduce(|best, next| {
        let better = match same_price(best, next) {
            true => later(next) < later(best),
            false => next.machines_per_hour < best.machines_per_hour,
        };
        if better { next } else { best }
    })
}

impl Scaling {
    /// All steps, the way up first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.up.iter().chain(&self.out)
    }

    /// Whether any step carries today's users; undecided where one may.
    pub fn verdict(&self) -> Verdict {
        let any = |verdict| self.steps().any(|step| step.today.verdict == verdict);
        match (any(Verdict::Met), any(Verdict::Undecided)) {
            (true, _) => Verdict::Met,
            (false, true) => Verdict::Undecided,
            (false, false) => Verdict::Missed,
        }
    }

    /// The step with the highest mark of a way; the cheapest of equals.
    pub fn highest(steps: &[Step]) -> Option<&Step> {
        steps.iter().reduce(
            |best, next| {
                if next.capacity.value > best.capacity.value { next } else { best }
            },
        )
    }

    /// The cheapest step that carries today's users; of those of one price the
    /// one that answers soonest.
    pub fn cheapest(&self) -> Option<&Step> {
        cheapest(self.steps().filter(|step| step.today.verdict == Verdict::Met), |step| {
            step.today.p99_ms.value
        })
    }

    /// The cheapest step that meets the SLO with one instance dead; of those of
    /// one price the one that then answers soonest.
    pub fn cheapest_with_one_dead(&self) -> Option<&Step> {
        let meets = |step: &&Step| step.one_dead.verdict == Some(Verdict::Met);
        cheapest(self.steps().filter(meets), |step| step.one_dead.p99_ms.value)
    }
}
