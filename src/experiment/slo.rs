//! Whether the objective holds: met or missed only where the whole interval
//! says so.

use super::assembly::{Replications, mean_time, response_of};
use super::confidence::{CONFIDENCE, Exceedances};
use super::summary::{Estimate, SloResult, SloTermResult, Summary, Verdict};
use crate::metrics::histogram::Histogram;
use crate::scenario::model::{Scenario, SloFigure, SloTerm};

/// Probability with which a verdict of a run errs, to each side: what remains
/// of the confidence of the intervals that are shown.
pub(super) const ERROR: f64 = (1.0 - CONFIDENCE) / 2.0;
/// Quantiles that are figures.
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];
/// More replications than this are not foretold.
const MOST_FORETOLD: f64 = 1e5;
/// More than is needed on average.
const MARGIN: f64 = 1.2;

/// What a verdict rests on.
pub(super) struct Judge<'a> {
    /// The replications.
    pub(super) all: &'a Replications<'a>,
    /// Their response times.
    pub(super) merged: &'a Histogram,
    /// Probability of "met" where it is missed, and of "missed" where it is met.
    pub(super) error: f64,
}

/// Verdict of each term of the SLO, and of all. Where replications were too
/// short for their warm-up, no time is decided; where no requests were played,
/// times have no terms, and availability is that by time.
pub(super) fn slo_result(scenario: &Scenario, summary: &Summary, judge: &Judge) -> SloResult {
    let judged = scenario.slo.iter().filter(|term| !summary.availability_only || !is_time(term));
    let terms: Vec<SloTermResult> = judged.map(|term| judge.term(term, summary)).collect();
    let any = |verdict: Verdict| terms.iter().any(|term| term.verdict == verdict);
    let verdict = match terms.is_empty() {
        true => None,
        false if any(Verdict::Missed) => Some(Verdict::Missed),
        false if any(Verdict::Undecided) => Some(Verdict::Undecided),
        false => Some(Verdict::Met),
    };
    SloResult { verdict, terms }
}

impl Judge<'_> {
    fn term(&self, term: &SloTerm, summary: &Summary) -> SloTermResult {
        let at_least = term.figure == SloFigure::Availability;
        let shown = shown(term.figure, summary);
        // An interval of this confidence errs with `error` at each of its ends.
        let strict = self.estimate(term.figure, summary, &shown);
        let short = is_time(term) && self.all.any_too_short();
        let verdict = match short {
            true => Verdict::Undecided,
            false => match decide(&strict, term.limit, at_least) {
                // Whom nobody answers waits for ever.
                Verdict::Undecided if is_time(term) && is_mute(summary) => Verdict::Missed,
                Verdict::Undecided if self.floor_exceeds(term) => Verdict::Missed,
                verdict => verdict,
            },
        };
        let mut estimate = if self.error == ERROR { shown } else { strict };
        if verdict == Verdict::Undecided {
            let count = self.all.replications.len() as f64;
            let wanted = if short { None } else { more_needed(&estimate, term.limit, count) };
            estimate.note = wanted.or(estimate.note);
        }
        SloTermResult {
            term: name(term.figure).to_owned(),
            limit: term.limit,
            unit: if is_time(term) { "ms".to_owned() } else { String::new() },
            at_least,
            estimate,
            verdict,
        }
    }

    /// The figure with the interval on which the verdict rests.
    fn estimate(&self, figure: SloFigure, summary: &Summary, shown: &Estimate) -> Estimate {
        let confidence = 1.0 - 2.0 * self.error;
        match figure {
            // What is withheld stays so.
            _ if shown.at_least || shown.value.is_none() => shown.clone(),
            SloFigure::Mean => mean_time(self.merged, &self.responses(), confidence),
            SloFigure::Quantile(p) => self.quantile(quantile_of(p), confidence),
            SloFigure::Availability => self.availability(summary, shown, confidence),
            SloFigure::ErrorRate => {
                let shown = complement(shown);
                complement(&self.availability(summary, &shown, confidence))
            }
        }
    }

    /// A bound has one end, which may err with `error` by itself.
    fn availability(&self, summary: &Summary, shown: &Estimate, confidence: f64) -> Estimate {
        let is_bound = shown.value == Some(1.0);
        let confidence = if is_bound { 1.0 - self.error } else { confidence };
        let by_time = self.all.availability_by_time(confidence);
        match by_time.filter(|_| summary.availability_only) {
            Some(by_time) => by_time,
            None => self.all.availability_at(|_| true, confidence),
        }
    }

    fn responses(&self) -> Vec<Histogram> {
        let each = self.all.replications.iter();
        each.map(|one| response_of(&one.played.recorder, &|_| true)).collect()
    }

    fn quantile(&self, p: f64, confidence: f64) -> Estimate {
        Exceedances::new(self.merged, &self.responses()).quantile(p, confidence)
    }

    /// A sample too thin for a quantile may well show that a lower one, which
    /// the quantile cannot undercut, is beyond the limit.
    fn floor_exceeds(&self, term: &SloTerm) -> bool {
        let SloFigure::Quantile(p) = term.figure else { return false };
        let confidence = 1.0 - 2.0 * self.error;
        let each = self.responses();
        let exceedances = Exceedances::new(self.merged, &each);
        let lower = QUANTILES.iter().rev().filter(|lower| **lower < quantile_of(p));
        let mut ends = lower.filter_map(|lower| exceedances.quantile(*lower, confidence).low);
        ends.next().is_some_and(|low| low > term.limit)
    }
}

/// The smallest of the quantiles that are figures from this one on.
fn quantile_of(p: f64) -> f64 {
    QUANTILES.into_iter().find(|one| p <= *one).unwrap_or(QUANTILES[4])
}

fn name(figure: SloFigure) -> &'static str {
    match figure {
        SloFigure::Mean => "mean",
        SloFigure::Quantile(p) => match quantile_of(p) {
            0.5 => "p50",
            0.9 => "p90",
            0.95 => "p95",
            0.99 => "p99",
            _ => "p99_9",
        },
        SloFigure::Availability => "availability",
        SloFigure::ErrorRate => "error_rate",
    }
}

/// The figure as it is shown.
fn shown(figure: SloFigure, summary: &Summary) -> Estimate {
    let time = &summary.response_time_ms;
    let estimate = match name(figure) {
        "mean" => &time.mean,
        "p50" => &time.p50,
        "p90" => &time.p90,
        "p95" => &time.p95,
        "p99" => &time.p99,
        "p99_9" => &time.p99_9,
        "availability" => availability(summary),
        _ => return unavailability(summary),
    };
    estimate.clone()
}

/// How many more replications would decide, where the limit lies within the
/// interval: its half-width shrinks as one over their square root.
fn more_needed(estimate: &Estimate, limit: f64, count: f64) -> Option<String> {
    let (value, low, high) = (estimate.value?, estimate.low?, estimate.high?);
    let distance = (limit - value).abs();
    let end = if limit > value { high - value } else { value - low };
    let ratio = end / distance.max(f64::MIN_POSITIVE);
    let more = (MARGIN * count * ratio * ratio - count).ceil().max(1.0);
    Some(match more <= MOST_FORETOLD {
        true => format!("the limit lies within the interval: run about {more} more replications"),
        false => "the limit is the value itself, as far as can be told: no number of \
                  replications is sure to decide"
            .to_owned(),
    })
}

/// Whether a term limits a response time.
pub(super) fn is_time(term: &SloTerm) -> bool {
    matches!(term.figure, SloFigure::Mean | SloFigure::Quantile(_))
}

/// By requests, or by time where none were played.
fn availability(summary: &Summary) -> &Estimate {
    let by_time = summary.availability_by_time.as_ref().filter(|_| summary.availability_only);
    by_time.unwrap_or(&summary.availability)
}

/// Requests were offered, and not one of them was answered.
fn is_mute(summary: &Summary) -> bool {
    summary.requests.offered > 0 && summary.requests.answered == 0
}

/// What is missing of the availability that the SLO is about.
pub(super) fn unavailability(summary: &Summary) -> Estimate {
    complement(availability(summary))
}

/// Met or missed where the whole interval lies on one side of the limit.
fn decide(estimate: &Estimate, limit: f64, at_least: bool) -> Verdict {
    if estimate.at_least {
        // A lower bound of a time: it can only be known to be too long.
        return match estimate.value {
            Some(value) if value > limit => Verdict::Missed,
            _ => Verdict::Undecided,
        };
    }
    let (Some(low), Some(high)) = (estimate.low, estimate.high) else {
        return Verdict::Undecided;
    };
    let (good, bad) = match at_least {
        true => (low >= limit, high < limit),
        false => (high <= limit, low > limit),
    };
    match (good, bad) {
        (true, _) => Verdict::Met,
        (_, true) => Verdict::Missed,
        _ => Verdict::Undecided,
    }
}

/// 1 − x.
fn complement(estimate: &Estimate) -> Estimate {
    Estimate {
        value: estimate.value.map(|value| 1.0 - value),
        low: estimate.high.map(|high| 1.0 - high),
        high: estimate.low.map(|low| 1.0 - low),
        ..estimate.clone()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a verdict is spoken only where the interval carries it. Method:
    //! intervals on either side of a limit and across it.
    use super::*;

    fn estimate(low: f64, high: f64) -> Estimate {
        Estimate {
            value: Some((low + high) / 2.0),
            low: Some(low),
            high: Some(high),
            confidence: 0.95,
            at_least: false,
            note: None,
        }
    }

    #[test]
    fn a_ceiling() {
        assert_eq!(decide(&estimate(1.0, 2.0), 2.0, false), Verdict::Met);
        assert_eq!(decide(&estimate(1.0, 2.0), 1.5, false), Verdict::Undecided);
        assert_eq!(decide(&estimate(1.0, 2.0), 0.5, false), Verdict::Missed);
    }

    #[test]
    fn a_floor() {
        assert_eq!(decide(&estimate(0.99, 1.0), 0.99, true), Verdict::Met);
        assert_eq!(decide(&estimate(0.98, 1.0), 0.99, true), Verdict::Undecided);
        assert_eq!(decide(&estimate(0.90, 0.98), 0.99, true), Verdict::Missed);
    }

    #[test]
    fn a_lower_bound_can_only_miss() {
        let bound = Estimate { at_least: true, ..Estimate::point(300.0, "unfinished") };
        assert_eq!(decide(&bound, 200.0, false), Verdict::Missed);
        assert_eq!(decide(&bound, 400.0, false), Verdict::Undecided);
    }
}
