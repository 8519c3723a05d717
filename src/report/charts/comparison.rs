//! The charts of a comparison: every design under the same users.

use super::{HOURS_PER_MONTH, axis, curve_series, limits, percentile_axis, spread_scale};
use crate::experiment::comparison::{Comparison, Design};
use crate::experiment::summary::Estimate;
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

/// The percentile curves of several designs.
fn designs(comparison: &Comparison) -> Chart {
    let designs = &comparison.designs;
    let curves: Vec<_> =
        designs.iter().map(|design| &design.results.percentile_curve[..]).collect();
    let series = designs.iter().enumerate().map(|(index, design)| {
        curve_series(&design.name, Colour::series(index), &design.results.percentile_curve)
    });
    Chart {
        title: "Response time by percentile".to_owned(),
        subtitle: "The same users against every design".to_owned(),
        body: Body::Panels(vec![Panel {
            y: Axis {
                label: "response time, ms".to_owned(),
                scale: spread_scale(&curves),
                reaches: None,
            },
            series: series.collect(),
            limits: designs.first().map_or_else(Vec::new, |first| limits(&first.results.summary)),
            x: percentile_axis(&curves),
            excluded: None,
            bands: Vec::new(),
        }]),
    }
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
