//! The charts of a comparison: every design under the same users.

use super::{HOURS_PER_MONTH, axis, curve_series, limits, percentile_axis, spread_scale};
use crate::experiment::comparison::{Comparison, Design};
use crate::experiment::summary::{Estimate, ResponseTime};
use crate::report::chart::{
    Axis, Body, Chart, Colour, Intervals, Limit, Mark, Panel, Row, Scale, Series,
};
use crate::report::number::Unit;

/// The charts of a comparison, by the stem of their file.
pub fn of_comparison(comparison: &Comparison) -> Vec<(&'static str, Chart)> {
    vec![
        ("percentiles", designs(comparison)),
        ("cost", cost(comparison)),
        ("availability", availability(comparison)),
    ]
}

/// The availability of each design where nines can be told apart.
fn availability(comparison: &Comparison) -> Chart {
    let designs = &comparison.designs;
    let by_time = designs.iter().any(|one| one.results.summary.availability_by_time.is_some());
    let rows = designs.iter().enumerate().flat_map(|(index, design)| {
        let summary = &design.results.summary;
        let requests = if by_time { " · requests" } else { "" };
        let mut rows = vec![row(design, requests, index, &summary.availability)];
        let time = summary.availability_by_time.as_ref();
        rows.extend(time.map(|share| row(design, " · time", index, share)));
        rows
    });
    let terms = designs.iter().flat_map(|design| &design.results.summary.slo.terms);
    let floor = terms.filter(|term| term.term == "availability").map(|term| term.limit);
    Chart {
        title: "Availability".to_owned(),
        subtitle: "Each tick is ten times fewer failures; bars are confidence intervals, open \
                   where nothing failed and only a bound is known"
            .to_owned(),
        body: Body::Intervals(Intervals {
            axis: axis("share of the requests that were answered", Scale::Percentile),
            rows: rows.collect(),
            limit: floor.reduce(f64::max).map(|limit| Limit {
                value: limit,
                label: format!("SLO: {}", Unit::Share.given(limit)),
                at: None,
            }),
        }),
    }
}

fn row(design: &Design, of: &str, index: usize, share: &Estimate) -> Row {
    Row {
        name: format!("{}{of}", design.name),
        colour: Colour::series(index),
        value: share.value,
        interval: share.low.zip(share.high),
        label: Unit::Share.estimate(share),
    }
}

/// The percentile curves of several designs, as far as the samples tell.
fn designs(comparison: &Comparison) -> Chart {
    let designs = &comparison.designs;
    let known = designs.iter().map(|design| {
        carried(&design.results.summary.response_time_ms, &design.results.percentile_curve)
    });
    let mut known: Vec<Curve> = known.collect();
    let scale = spread_scale(&known.iter().map(|curve| &curve[..]).collect::<Vec<_>>());
    if scale == Scale::Logarithmic {
        // The fastest request of all would take decades of the axis.
        known.iter_mut().for_each(|curve| curve.retain(|(share, _)| *share > 0.0));
    }
    let curves: Vec<&[_]> = known.iter().map(|curve| &curve[..]).collect();
    let series =
        designs.iter().zip(&known).enumerate().map(|(index, (design, curve))| {
            curve_series(&design.name, Colour::series(index), curve)
        });
    let unknown = designs.iter().zip(&known).filter(|(_, curve)| curve.is_empty());
    let unknown: Vec<&str> = unknown.map(|(design, _)| design.name.as_str()).collect();
    let missing = match unknown.is_empty() {
        true => String::new(),
        false => format!(" · not known at any percentile: {}", unknown.join(", ")),
    };
    Chart {
        title: "Response time by percentile".to_owned(),
        subtitle: format!(
            "The same users against every design; a line ends at the last percentile with an \
             interval{missing}"
        ),
        body: Body::Panels(vec![Panel {
            y: Axis { label: "response time, ms".to_owned(), scale, reaches: None },
            series: series.collect(),
            limits: designs.first().map_or_else(Vec::new, |first| limits(&first.results.summary)),
            x: percentile_axis(&curves),
            excluded: None,
            bands: Vec::new(),
        }]),
    }
}

/// Share and time in milliseconds.
type Curve = Vec<(f64, Option<f64>)>;

/// The part of a curve that the sample carries: up to the last of the quantiles
/// before which none is without an interval.
fn carried(time: &ResponseTime, curve: &[(f64, Option<f64>)]) -> Curve {
    let quantiles = [
        (0.5, &time.p50),
        (0.9, &time.p90),
        (0.95, &time.p95),
        (0.99, &time.p99),
        (0.999, &time.p99_9),
    ];
    let known = quantiles.iter().take_while(|(_, estimate)| estimate.low.is_some());
    // Room for the rounding of 1 − 10⁻³.
    let end = known.last().map_or(-1.0, |(share, _)| share + 1e-9);
    curve.iter().copied().filter(|(share, _)| *share <= end).collect()
}

/// What each design costs against the response time of its slowest percent.
fn cost(comparison: &Comparison) -> Chart {
    let series = comparison.designs.iter().enumerate().map(|(index, design)| {
        let summary = &design.results.summary;
        let time = &summary.response_time_ms.p99;
        let monthly = summary.cost.per_hour * HOURS_PER_MONTH;
        let bound = if time.at_least { " (at least)" } else { "" };
        Series {
            name: format!("{}{bound}", design.name),
            colour: Colour::series(index),
            mark: Mark::Points(time.low.zip(time.high).into_iter().collect()),
            points: vec![time.value.map(|value| (monthly, value))],
        }
    });
    let limits =
        comparison.designs.first().map_or_else(Vec::new, |first| limits(&first.results.summary));
    Chart {
        title: "Cost against p99".to_owned(),
        subtitle: "Lower left is better; bars are confidence intervals".to_owned(),
        body: Body::Panels(vec![Panel {
            x: axis("cost per month, in the currency of the prices", Scale::Linear),
            y: axis("p99 of the response time, ms", Scale::Linear),
            series: series.collect(),
            limits: limits.into_iter().map(|limit| Limit { at: None, ..limit }).collect(),
            excluded: None,
            bands: Vec::new(),
        }]),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: no percentile is drawn that the sample does not tell. Method: a
    //! curve whose last quantiles lose their intervals.
    use super::*;

    fn ends(refused: &[&str]) -> Option<f64> {
        let estimate = |name: &str| {
            let low = (!refused.contains(&name)).then_some(1.0);
            Estimate { low, high: low, ..Estimate::point(1.0, "") }
        };
        let time = ResponseTime {
            mean: estimate("mean"),
            p50: estimate("p50"),
            p90: estimate("p90"),
            p95: estimate("p95"),
            p99: estimate("p99"),
            p99_9: estimate("p99_9"),
            max: Some(2.0),
        };
        let shares = [0.0, 0.5, 0.9, 0.97, 0.99, 0.995, 0.999, 0.9999];
        let curve: Curve = shares.iter().map(|share| (*share, Some(1.0))).collect();
        carried(&time, &curve).last().map(|point| point.0)
    }

    #[test]
    fn a_curve_ends_where_intervals_do() {
        assert_eq!(ends(&[]), Some(0.999));
        assert_eq!(ends(&["p99_9"]), Some(0.99));
        assert_eq!(ends(&["p99", "p99_9"]), Some(0.9));
        assert_eq!(ends(&["p50", "p90", "p95", "p99", "p99_9"]), None);
    }
}
