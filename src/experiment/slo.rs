//! Whether the objective holds: met or missed only where the whole interval
//! says so.

use super::summary::{Estimate, SloResult, SloTermResult, Summary, Verdict};
use crate::scenario::model::{Scenario, SloFigure, SloTerm};

/// Verdict of each term of the SLO, and of all. Where replications were too
/// short for their warm-up, no time is decided; where no requests were played,
/// times have no terms, and availability is that by time.
pub(super) fn slo_result(scenario: &Scenario, summary: &Summary, too_short: bool) -> SloResult {
    let judged = scenario.slo.iter().filter(|term| !summary.availability_only || !is_time(term));
    let terms: Vec<SloTermResult> =
        judged.map(|term| term_result(term, summary, too_short)).collect();
    let any = |verdict: Verdict| terms.iter().any(|term| term.verdict == verdict);
    let verdict = match terms.is_empty() {
        true => None,
        false if any(Verdict::Missed) => Some(Verdict::Missed),
        false if any(Verdict::Undecided) => Some(Verdict::Undecided),
        false => Some(Verdict::Met),
    };
    SloResult { verdict, terms }
}

fn term_result(term: &SloTerm, summary: &Summary, too_short: bool) -> SloTermResult {
    let time = &summary.response_time_ms;
    let (name, estimate) = match term.figure {
        SloFigure::Mean => ("mean", &time.mean),
        SloFigure::Quantile(p) if p <= 0.5 => ("p50", &time.p50),
        SloFigure::Quantile(p) if p <= 0.9 => ("p90", &time.p90),
        SloFigure::Quantile(p) if p <= 0.95 => ("p95", &time.p95),
        SloFigure::Quantile(p) if p <= 0.99 => ("p99", &time.p99),
        SloFigure::Quantile(_) => ("p99_9", &time.p99_9),
        SloFigure::Availability => ("availability", availability(summary)),
        SloFigure::ErrorRate => ("error_rate", &unavailability(summary)),
    };
    let is_time = is_time(term);
    let at_least = term.figure == SloFigure::Availability;
    let verdict = match is_time && too_short {
        true => Verdict::Undecided,
        false => decide(estimate, term.limit, at_least),
    };
    SloTermResult {
        term: name.to_owned(),
        limit: term.limit,
        unit: if is_time { "ms".to_owned() } else { String::new() },
        at_least,
        estimate: estimate.clone(),
        verdict,
    }
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
