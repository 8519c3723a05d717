//! The high-water mark: the most users that a design carries inside its
//! objective, and what gives way there.
//!
//! What cannot be carried by the utilisation law is not played at all. Below
//! that the load is bracketed: each load that is tried is judged under the same
//! random numbers, the error of the whole answer shared by all of them
//! (Bonferroni), and the answer is the interval between the largest load that
//! is certainly met and the smallest that is certainly missed.

mod bracket;
mod ceiling;
mod growth;
mod load;
mod probe;
mod stations;

pub use growth::{Growth, Stage, growth};
pub use probe::{BindingTerm, Probe, StationLoad};
pub use stations::{GivesWay, NextStation};

use super::run::{PlayFailure, Progress, Silent};
use super::summary::Verdict;
use crate::scenario::{Change, Diagnostics, Template};
use bracket::Bracket;
use ceiling::{Ceiling, ceiling};
use load::Load;
use probe::Prober;
use serde::Serialize;

/// Replications of a glance.
const GLANCE: u32 = 8;
/// Steps of progress per probe.
const PROBE_STEPS: u64 = 1_000;
/// Probes that a search usually takes, for the progress bar.
const USUAL_PROBES: u64 = 8;
/// Requests of a replication below which no quantile can be judged.
const REQUESTS_MIN: f64 = 2_000.0;

/// How the mark is looked for.
#[derive(Clone, Copy)]
pub struct CapacityOptions<'a> {
    /// Laid upon the template.
    pub changes: &'a [Change],
    /// In place of the scenario's seed.
    pub seed: Option<u64>,
    /// Probability that the interval does not hold the mark.
    pub error: f64,
    /// Replications of a probe at the first look.
    pub fewest: u32,
    /// Replications after which a probe stays undecided.
    pub most: u32,
    /// Relative width of the interval that is asked for.
    pub tolerance: f64,
    /// Most probes that are played; the error is shared by so many.
    pub probes: u32,
    /// Play a few loads beside those of the search, for a picture of the way
    /// to the mark and beyond.
    pub picture: bool,
    /// Leave out the script (`[events]`): steady operation.
    pub without_events: bool,
    /// Told what is tried.
    pub progress: &'a dyn Progress,
}

impl Default for CapacityOptions<'_> {
    /// 95 % sure of 2 %, in silence.
    fn default() -> Self {
        Self {
            changes: &[],
            seed: None,
            error: 0.05,
            fewest: 4,
            most: 32,
            tolerance: 0.02,
            probes: 24,
            picture: false,
            without_events: false,
            progress: &Silent,
        }
    }
}

/// What a load is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Users, where requests come from them.
    #[serde(rename = "users")]
    Users,
    /// Requests per second at the peak, where the scenario gives a rate.
    #[serde(rename = "requests_per_s")]
    RequestsPerS,
}

/// How the search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The interval is as narrow as was asked for.
    Narrow,
    /// Not even the smallest load that can be judged is met.
    Nothing,
    /// What is left of the interval is undecided: more replications decide.
    Undecided,
    /// All probes were used up.
    Probes,
    /// Nothing that can be played is missed.
    Boundless,
}

/// The high-water mark of a design. Loads are users, or requests per second
/// where [`Capacity::unit`] says so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacity {
    /// Title of the scenario.
    pub title: String,
    /// What loads are counted in.
    pub unit: Unit,
    /// The load of the scenario as it is.
    pub today: f64,
    /// Whether that is carried; undecided within the interval.
    pub today_verdict: Verdict,
    /// The largest load that is certainly met; 0 where none is.
    pub low: f64,
    /// The smallest load that is certainly missed; `None` where none was found.
    pub high: Option<f64>,
    /// The answer: at least so many. It is `low`, so that what is said, what
    /// gives way and what it costs are all measured at one load.
    pub value: f64,
    /// How the search ended.
    pub ended: Ended,
    /// How much more than today: `value` ÷ `today` − 1.
    pub headroom: f64,
    /// Stations that saturate first at the mark.
    pub gives_way: Option<GivesWay>,
    /// The one after it.
    pub next: Option<NextStation>,
    /// The term of the SLO that ends it.
    pub binding: Option<BindingTerm>,
    /// What it costs per hour at `low`, where it was played.
    pub cost_per_hour: Option<f64>,
    /// The script was left out.
    pub without_events: bool,
    /// All loads that were tried or excluded, rising.
    pub probes: Vec<Probe>,
    /// Root of the randomness.
    pub seed: u64,
    /// Probability that the interval does not hold the mark.
    pub error: f64,
    /// Relative width that was asked for.
    pub tolerance: f64,
    /// Replications after which a probe stayed undecided.
    pub most_replications: u32,
}

impl Capacity {
    /// The probe of the largest load that is certainly met.
    pub fn at_mark(&self) -> Option<&Probe> {
        let searched = |probe: &&Probe| probe.simulated && !probe.for_picture;
        self.probes.iter().filter(searched).rfind(|probe| probe.verdict == Verdict::Met)
    }

    /// Relative width of the interval; `None` where an end is missing.
    pub fn width(&self) -> Option<f64> {
        self.high.filter(|_| self.low > 0.0).map(|high| high / self.low - 1.0)
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum CapacityFailure {
    /// The changes do not fit the scenario.
    Scenario(Diagnostics),
    /// The scenario does not ask a question that has an answer.
    Refused {
        /// Why.
        why: String,
        /// What to do.
        fix: String,
    },
    /// A design that does not compile, or a broken law.
    Play(PlayFailure),
}

impl From<PlayFailure> for CapacityFailure {
    fn from(failure: PlayFailure) -> Self {
        Self::Play(failure)
    }
}

/// Finds the high-water mark. Plays on the threads of the present pool.
///
/// # Errors
/// A scenario without an objective, of a recording, or that the changes make
/// invalid; a broken law.
pub fn capacity(
    template: &Template<'_>,
    options: &CapacityOptions<'_>,
) -> Result<Capacity, CapacityFailure> {
    let load = Load::new(template, options)?;
    let ceiling = ceiling(&load);
    let hopeless = ceiling.as_ref().map(|one| one.level);
    // Below what is known to be too much there is always something to look at,
    // though it may be too little to be judged.
    let floor = floor(&load).min(hopeless.map_or(u64::MAX, |level| (level / 4).max(1)));
    let mut bracket = Bracket::new(options.tolerance, (floor, load.most()), hopeless);
    let mut prober = Prober::new(&load, options);
    options.progress.start(&load.base.title, USUAL_PROBES * PROBE_STEPS);
    let ended = search(&mut bracket, &mut prober, &load, options)?;
    if options.picture {
        let mark = bracket.met().or(bracket.upper()).unwrap_or(load.today);
        prober.picture(mark, (floor, load.most()))?;
    }
    Ok(put_together(&load, options, &bracket, (ended, ceiling), prober))
}

/// Looks at load after load: first at a glance, which brings the bracket near,
/// then with all replications at what is left undecided.
fn search(
    bracket: &mut Bracket,
    prober: &mut Prober<'_>,
    load: &Load<'_>,
    options: &CapacityOptions<'_>,
) -> Result<Ended, CapacityFailure> {
    for most in [GLANCE.min(options.most), options.most] {
        if most > GLANCE {
            bracket.look_closely();
        }
        while let Some(level) = bracket.next(load.today, prober.saturation()) {
            if prober.probes_left() == 0 {
                return Ok(Ended::Probes);
            }
            let verdict = prober.probe(level, most)?;
            bracket.record(level, verdict);
            options.progress.advance(PROBE_STEPS);
        }
        if bracket.is_narrow() {
            break;
        }
    }
    Ok(ended(bracket))
}

/// Why a template has no mark, as far as that can be said without playing it.
///
/// # Errors
/// What [`capacity`] would fail with at once.
pub fn refusal(template: &Template<'_>, changes: &[Change]) -> Result<(), CapacityFailure> {
    let scenario = template.vary(changes, None).map_err(CapacityFailure::Scenario)?;
    load::refused(&scenario).map_or(Ok(()), Err)
}

/// The smallest load that brings enough requests to be judged.
fn floor(load: &Load<'_>) -> u64 {
    let needed = load.requests(load.today).map(|today| REQUESTS_MIN / today);
    let level = needed.map_or(1.0, |share| (share * load.today as f64).ceil());
    (level as u64).clamp(1, load.today)
}

/// Why there is no further level to look at.
fn ended(bracket: &Bracket) -> Ended {
    match (bracket.met(), bracket.upper()) {
        (None, _) => Ended::Nothing,
        (Some(_), None) => Ended::Boundless,
        _ if bracket.is_narrow() => Ended::Narrow,
        _ => Ended::Undecided,
    }
}

fn put_together(
    load: &Load<'_>,
    options: &CapacityOptions<'_>,
    bracket: &Bracket,
    (ended, ceiling): (Ended, Option<Ceiling>),
    prober: Prober<'_>,
) -> Capacity {
    let seed = prober.seed();
    let at_mark = prober.at_mark();
    let excluded = ceiling.as_ref().is_some_and(|own| Some(own.level) == bracket.upper());
    let missed = bracket.upper().filter(|_| !excluded);
    let binding = bracket.upper().and_then(|_| prober.binding(missed));
    let unstable = binding.as_ref().is_some_and(|term| term.term == probe::STABILITY);
    let reason = missed.filter(|_| unstable).and_then(|level| prober.overload(level));
    let gives_way = at_mark.and_then(|probe| stations::gives_way(probe, reason));
    let next = at_mark.and_then(|probe| stations::next(probe, gives_way.as_ref()));
    let cost_per_hour = at_mark.map(|probe| probe.cost_per_hour);
    let (met, upper) = (bracket.met().unwrap_or(0), bracket.upper());
    let today_verdict = if load.today <= met {
        Verdict::Met
    } else if upper.is_some_and(|upper| load.today >= upper) {
        Verdict::Missed
    } else {
        Verdict::Undecided
    };
    Capacity {
        title: load.base.title.clone(),
        unit: load.unit,
        today: load.amount(load.today),
        today_verdict,
        low: load.amount(met),
        high: upper.map(|upper| load.amount(upper)),
        value: load.amount(met),
        ended,
        headroom: met as f64 / load.today as f64 - 1.0,
        gives_way,
        next,
        binding,
        cost_per_hour,
        without_events: load.leaves_events_out(),
        probes: prober.with_ceiling(ceiling),
        seed,
        error: options.error,
        tolerance: options.tolerance,
        most_replications: options.most,
    }
}
