//! What lags behind over time: whoever has a course of its largest lag has a
//! line, and so has whoever has one of stale reads.

use super::{LINE, buckets, time_line, time_panel};
use crate::experiment::summary::{Results, TimeSeries};
use crate::report::chart::{Body, Chart, Colour, Panel, Scale, Series};

/// Milliseconds, by database.
const LAG: &str = "replication_lag_ms_max";
/// From so many milliseconds on a lag is drawn in seconds.
const SECOND: f64 = 1_000.0;

/// Lag and stale reads; `None` where all of it is zero.
pub(super) fn over_time(results: &Results) -> Option<Chart> {
    let panel = |label: &str, figure: &str, factor: f64| -> Option<Panel> {
        let lines = lines(&results.timeseries, figure, factor);
        (!lines.is_empty()).then(|| time_panel(label, Scale::Linear, lines, results))
    };
    let (unit, factor) = match largest(&results.timeseries, LAG) >= SECOND {
        true => ("s", 1.0 / SECOND),
        false => ("ms", 1.0),
    };
    let lag = panel(&format!("largest replication lag, {unit}"), LAG, factor);
    let stale = panel("stale reads per second", "stale_reads_per_s", 1.0);
    let panels: Vec<Panel> = lag.into_iter().chain(stale).collect();
    (!panels.is_empty()).then(|| Chart {
        title: "Replication lag over time".to_owned(),
        subtitle: format!("{} · {}", results.summary.scenario.title, buckets(results)),
        body: Body::Panels(panels),
    })
}

fn largest(course: &TimeSeries, figure: &str) -> f64 {
    let own = course.series.iter().filter(|one| one.figure == figure);
    own.flat_map(|one| one.values.iter().flatten()).copied().fold(0.0, f64::max)
}

/// Every course of a figure that is not zero throughout.
fn lines(course: &TimeSeries, figure: &str, factor: f64) -> Vec<Series> {
    let is_seen = |values: &[Option<f64>]| values.iter().flatten().any(|&value| value > 0.0);
    let seen = course.series.iter().filter(|one| one.figure == figure && is_seen(&one.values));
    seen.enumerate()
        .map(|(index, one)| {
            time_line(course, &one.values, &one.component, Colour::series(index), LINE, factor)
        })
        .collect()
}
