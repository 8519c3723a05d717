//! How much of the failures that the objective allows was used up, and how fast.

use super::summary::{ErrorBudget, Estimate, Summary, TimeSeries};
use crate::scenario::model::{Scenario, SloFigure};

/// The budget of the strictest term that limits failures. The window stands for
/// the period of the objective: burning at 1 uses the budget up exactly at its
/// end (Beyer et al., *The Site Reliability Workbook*, ch. 5).
pub(super) fn error_budget(
    scenario: &Scenario,
    summary: &Summary,
    unavailability: &Estimate,
    course: &TimeSeries,
) -> Option<ErrorBudget> {
    let terms = scenario.slo.iter().filter_map(|term| match term.figure {
        SloFigure::Availability => Some(("availability", term.limit, 1.0 - term.limit)),
        SloFigure::ErrorRate => Some(("error_rate", term.limit, term.limit)),
        _ => None,
    });
    let strictest = terms.min_by(|one, other| one.2.total_cmp(&other.2));
    let (term, limit, allowed) = strictest?;
    let played = !summary.availability_only;
    let failed: u64 = summary.requests.failed.iter().map(|(_, number)| number).sum();
    let allowed_failures = allowed * summary.requests.offered as f64;
    let burn_rate = burn_rate(unavailability, allowed);
    let spent = match played {
        true => (allowed_failures > 0.0).then(|| failed as f64 / allowed_failures),
        false => burn_rate.value,
    };
    Some(ErrorBudget {
        term: term.to_owned(),
        limit,
        allowed_failures: played.then_some(allowed_failures),
        failed: played.then_some(failed),
        spent,
        burn_rate_max: if played { worst(course, allowed) } else { None },
        burn_rate,
    })
}

fn burn_rate(unavailability: &Estimate, allowed: f64) -> Estimate {
    if allowed <= 0.0 {
        return Estimate::absent("the objective allows no failures");
    }
    let rate = |end: Option<f64>| end.map(|end| end / allowed);
    Estimate {
        value: rate(unavailability.value),
        low: rate(unavailability.low),
        high: rate(unavailability.high),
        ..unavailability.clone()
    }
}

/// The bucket after the warm-up in which the largest part of the requests
/// failed, by the instants at which they came and failed.
fn worst(course: &TimeSeries, allowed: f64) -> Option<f64> {
    let of = |figure: &str| {
        course.series.iter().find(|one| one.component == "users" && one.figure == figure)
    };
    let (offered, failed) = (of("offered_per_s")?, of("failed_per_s")?);
    let buckets = offered.values.iter().zip(&failed.values).enumerate();
    let rates = buckets.filter_map(|(bucket, (offered, failed))| {
        let measured = bucket as f64 * course.bucket_s >= course.warmup_s;
        let (offered, failed) = (offered.filter(|rate| *rate > 0.0)?, (*failed)?);
        (measured && allowed > 0.0).then(|| (failed / offered).min(1.0) / allowed)
    });
    rates.reduce(f64::max)
}

#[cfg(test)]
mod tests {
    //! Goal: rates are those of the definition. Method: worked values.
    use super::*;
    use crate::experiment::summary::Series;

    #[test]
    fn burning_at_one_uses_the_budget_up() {
        let unavailability = Estimate::point(0.001, "");
        assert!((burn_rate(&unavailability, 0.001).value.expect("a rate") - 1.0).abs() < 1e-12);
        assert_eq!(burn_rate(&unavailability, 0.0).value, None);
    }

    #[test]
    fn the_worst_bucket_counts_after_the_warm_up() {
        let series = |figure: &str, values: [f64; 4]| Series {
            component: "users".to_owned(),
            figure: figure.to_owned(),
            values: values.map(Some).into(),
        };
        let course = TimeSeries {
            bucket_s: 10.0,
            warmup_s: 10.0,
            buckets: 4,
            series: vec![
                series("offered_per_s", [100.0, 100.0, 200.0, 0.0]),
                series("failed_per_s", [90.0, 1.0, 10.0, 5.0]),
            ],
        };
        // 5 % of a bucket, where 1 % may fail.
        assert!((worst(&course, 0.01).expect("a rate") - 5.0).abs() < 1e-12);
    }
}
