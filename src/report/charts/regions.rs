//! What users of different places see over time: whoever has a course of
//! offered requests beside the users as a whole has a line.

use super::{LINE, buckets, time_line, time_panel};
use crate::experiment::summary::{Results, TimeSeries};
use crate::report::chart::{Body, Chart, Colour, Scale, Series};

/// Response time and failed share by place; `None` where there is one place.
pub(super) fn by_region(results: &Results) -> Option<Chart> {
    let course = &results.timeseries;
    let places: Vec<&str> = course
        .series
        .iter()
        .filter(|one| one.figure == "offered_per_s" && one.component != "users")
        .map(|one| one.component.as_str())
        .collect();
    if places.is_empty() {
        return None;
    }
    let mut failed = time_panel("failed, %", Scale::Linear, failed(course, &places), results);
    failed.y.reaches = Some(100.0);
    let times = times(course, &places);
    let times = time_panel("mean response time, ms", Scale::Linear, times, results);
    Some(Chart {
        title: "What users see, by region".to_owned(),
        subtitle: format!("{} · {}", results.summary.scenario.title, buckets(results)),
        body: Body::Panels(vec![times, failed]),
    })
}

fn times(course: &TimeSeries, places: &[&str]) -> Vec<Series> {
    let lines = places.iter().enumerate().filter_map(|(index, place)| {
        let values = values(course, place, "response_time_ms_mean")?;
        Some(time_line(course, values, place, Colour::series(index), LINE, 1.0))
    });
    lines.collect()
}

/// Failed over offered.
fn failed(course: &TimeSeries, places: &[&str]) -> Vec<Series> {
    let lines = places.iter().enumerate().filter_map(|(index, place)| {
        let (offered, failed) =
            (values(course, place, "offered_per_s")?, values(course, place, "failed_per_s")?);
        let share = |(offered, failed): (&Option<f64>, &Option<f64>)| {
            let (offered, failed) = (offered.filter(|&rate| rate > 0.0)?, (*failed)?);
            // Failures fall into the bucket in which they are noticed.
            Some((failed / offered).min(1.0))
        };
        let shares: Vec<Option<f64>> = offered.iter().zip(failed).map(share).collect();
        Some(time_line(course, &shares, place, Colour::series(index), LINE, 100.0))
    });
    lines.collect()
}

fn values<'a>(course: &'a TimeSeries, place: &str, figure: &str) -> Option<&'a [Option<f64>]> {
    let own = course.series.iter().find(|one| one.component == place && one.figure == figure);
    own.map(|one| &one.values[..])
}
