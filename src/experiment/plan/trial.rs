//! One design before the judge: whole, and with each loss.

use super::bound::{self, Load};
use super::floor;
use super::losses::{Variant, variants};
use super::result::{BoundResult, DecidedBy, DesignResult, Standing, Trial};
use super::search::Opinion;
use super::unserved::{Unserved, unserved};
use super::words;
use crate::experiment::cost::by_use_per_hour;
use crate::experiment::judge::{Judged, Judging};
use crate::experiment::run::PlayFailure;
use crate::experiment::summary::Verdict;
use crate::scenario::model::{Plan, RunKind, Scenario, SloFigure};

/// What is known of a design.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) standing: Standing,
    pub(super) decided_by: DecidedBy,
    pub(super) reason: String,
    pub(super) detail: String,
    pub(super) trials: Vec<Trial>,
    pub(super) bound: Option<BoundResult>,
    /// What mends a part that nobody plays any more.
    pub(super) fix: Option<String>,
}

impl Finding {
    /// Before anything is known.
    pub(super) fn nothing() -> Self {
        Self {
            standing: Standing::NotTried,
            decided_by: DecidedBy::Nothing,
            reason: String::new(),
            detail: String::new(),
            trials: Vec::new(),
            bound: None,
            fix: None,
        }
    }

    pub(super) fn opinion(&self) -> Opinion {
        match self.standing {
            Standing::Passes => Opinion::Passes,
            Standing::Undecided => Opinion::Unsure,
            _ => Opinion::Fails,
        }
    }

    /// The finding on a design, for the answer.
    pub(super) fn into_result(
        self,
        name: String,
        values: Vec<String>,
        per_hour: Option<f64>,
    ) -> DesignResult {
        DesignResult {
            name,
            values,
            per_hour,
            per_month: per_hour.map(|price| price * words::HOURS_PER_MONTH),
            standing: self.standing,
            decided_by: self.decided_by,
            reason: self.reason,
            detail: self.detail,
            trials: self.trials,
            bound: self.bound,
            fix: self.fix,
        }
    }
}

/// What can be said of a design without playing it: rejected, or not tried yet.
pub(super) fn bounded(scenario: &Scenario, plan: &Plan) -> Finding {
    let mut finding = Finding::nothing();
    let rejected = |finding: &mut Finding, reason: String, detail: String| {
        finding.standing = Standing::Rejected;
        finding.decided_by = DecidedBy::Bound;
        (finding.reason, finding.detail) = (reason, detail);
    };
    if let Some((term, mean)) = floor::too_slow(scenario) {
        let reason = format!("cannot meet {} at any load", term_name(&term.figure));
        let detail = format!("a request alone takes {mean:.1} ms in the mean");
        rejected(&mut finding, reason, detail);
        return finding;
    }
    let variants = variants(scenario, plan);
    if let Some((lost, gap)) = gap(scenario, plan, &variants) {
        let detail = format!("{} % of the requests need it", words::percent(gap.share));
        rejected(&mut finding, format!("{}{}", gap.what, words::with_lost(lost)), detail);
        finding.fix = Some(gap.fix);
        return finding;
    }
    let loads = loads(&variants);
    let Some((lost, load)) = loads.into_iter().reduce(|most, next| {
        let rank = |(_, load): &(String, Load)| (load.hopeless, load.utilisation);
        if rank(&next) > rank(&most) { next } else { most }
    }) else {
        return finding;
    };
    if load.hopeless {
        let lost = words::with_lost(&lost);
        let reason = format!("{} cannot carry the load{lost}", load.station);
        let detail = format!("at least {:.0} % utilised", 100.0 * load.utilisation);
        rejected(&mut finding, reason, detail);
    }
    let Load { station, utilisation, .. } = load;
    finding.bound = Some(BoundResult { station, utilisation, lost });
    finding
}

/// The loss after which more requests want what nobody does any more than the
/// objective lets fail; of several one that no design of the plan mends.
fn gap<'v>(
    scenario: &Scenario,
    plan: &Plan,
    variants: &'v [Variant],
) -> Option<(&'v str, Unserved)> {
    // An event or a repair may bring the dead back.
    if !scenario.failures.events.is_empty() || !scenario.failures.processes.is_empty() {
        return None;
    }
    let gaps = variants.iter().filter_map(|variant| {
        let gap = unserved(scenario, &variant.hosts)?;
        let allowed = bound::may_fail(&variant.scenario)?;
        (gap.share > allowed).then_some((variant.lost.as_str(), gap))
    });
    let rank = |gap: &Unserved| {
        let mended = plan.vary.iter().any(|one| one.key.starts_with(&gap.key));
        (!mended, gap.share)
    };
    gaps.reduce(|most, next| if rank(&next.1) > rank(&most.1) { next } else { most })
}

fn loads(variants: &[Variant]) -> Vec<(String, Load)> {
    let load = |variant: &Variant| {
        Some((variant.lost.clone(), bound::tightest(&variant.scenario, &variant.hosts)?))
    };
    variants.iter().filter_map(load).collect()
}

/// Plays a design whole and with each loss, until one of them is missed: the
/// tightest first, so that what will not do is soon known.
///
/// # Errors
/// A scenario that does not compile, or a broken law.
pub(super) fn tried(
    scenario: &Scenario,
    plan: &Plan,
    judging: &Judging,
    bounded: &Finding,
) -> Result<Finding, PlayFailure> {
    let mut variants = variants(scenario, plan);
    let load = |variant: &Variant| {
        bound::tightest(&variant.scenario, &variant.hosts).map_or(0.0, |load| load.utilisation)
    };
    if variants.len() > 1 {
        variants.sort_by_cached_key(|variant| std::cmp::Reverse((load(variant) * 1e9) as u64));
    }
    let mut trials: Vec<Trial> = Vec::new();
    let mut fix = None;
    for variant in variants {
        let judged = judging.judge(&variant.scenario)?;
        let trial = trial(&variant, judged);
        let missed = trial.verdict == Verdict::Missed;
        trials.push(trial);
        if missed {
            fix = unserved(scenario, &variant.hosts).map(|gap| gap.fix);
            break;
        }
    }
    let mut finding = Finding {
        decided_by: DecidedBy::Simulation,
        bound: bounded.bound.clone(),
        fix,
        ..Finding::nothing()
    };
    let of = |wanted: Verdict| trials.iter().find(|trial| trial.verdict == wanted);
    finding.standing = Standing::Passes;
    if let Some(missed) = of(Verdict::Missed) {
        finding.standing = Standing::Rejected;
        (finding.reason, finding.detail) = why(missed);
    } else if let Some(open) = of(Verdict::Undecided) {
        finding.standing = Standing::Undecided;
        (finding.reason, finding.detail) = why(open);
    }
    finding.trials = trials;
    Ok(finding)
}

/// In a steady run a queue that grows without end misses every objective in the
/// long run, however short the run is that was played; a run that a limit ended
/// early can only be known to miss.
fn trial(variant: &Variant, judged: Judged) -> Trial {
    let summary = judged.results.summary;
    let unstable = summary.unstable.first().cloned();
    let steady = variant.scenario.run.kind == RunKind::Steady;
    let verdict = match judged.verdict {
        Verdict::Missed => Verdict::Missed,
        _ if steady && unstable.is_some() => Verdict::Missed,
        Verdict::Met if summary.limit.is_some() => Verdict::Undecided,
        verdict => verdict,
    };
    Trial {
        lost: variant.lost.clone(),
        verdict,
        replications: summary.replications,
        trouble: unstable.filter(|_| steady).or(summary.limit),
        bottleneck: summary.bottleneck.map(|bottleneck| bottleneck.station),
        by_use_per_hour: by_use_per_hour(&summary.cost),
        terms: summary.slo.terms,
    }
}

/// Why a trial was missed or stays open, without and with figures.
fn why(trial: &Trial) -> (String, String) {
    let lost = words::with_lost(&trial.lost);
    let open = trial.verdict == Verdict::Undecided;
    let term = trial.terms.iter().find(|term| term.verdict == trial.verdict);
    let verb = if open { "undecided on" } else { "misses" };
    match (term, &trial.trouble) {
        (Some(term), _) => (format!("{verb} {}{lost}", term.term), words::against(term)),
        (None, Some(trouble)) if open => (format!("undecided{lost}"), trouble.clone()),
        (None, Some(trouble)) => (format!("cannot carry the load{lost}"), trouble.clone()),
        (None, None) => (format!("undecided{lost}"), String::new()),
    }
}

/// The name of a term.
fn term_name(figure: &SloFigure) -> String {
    match figure {
        SloFigure::Mean => "mean".to_owned(),
        SloFigure::Quantile(p) => {
            let percent = format!("{:.4}", 100.0 * p);
            let percent = percent.trim_end_matches('0').trim_end_matches('.');
            format!("p{}", percent.replace('.', "_"))
        }
        SloFigure::Availability => "availability".to_owned(),
        SloFigure::ErrorRate => "error_rate".to_owned(),
    }
}
