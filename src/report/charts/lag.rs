//! What lags behind over time: whoever has a course of its largest lag has a
//! line, and so has whoever has one of stale reads.

use super::{LINE, buckets, time_line, time_panel};
use crate::experiment::summary::{Results, TimeSeries};
use crate::report::chart::{Body, Chart, Colour, Panel, Scale, Series};

/// Lag and stale reads; `None` where all of it is zero.
pub(super) fn over_time(results: &Results) -> Option<Chart> {
    let panel = |label: &str, figure: &str| -> Option<Panel> {
        let lines = lines(&results.timeseries, figure);
        (!lines.is_empty()).then(|| time_panel(label, Scale::Linear, lines, results))
    };
    let lag = panel("largest replication lag, ms", "replication_lag_ms_max");
    let stale = panel("stale reads per second", "stale_reads_per_s");
    let panels: Vec<Panel> = lag.into_iter().chain(stale).collect();
    (!panels.is_empty()).then(|| Chart {
        title: "Replication lag over time".to_owned(),
        subtitle: format!("{} · {}", results.summary.scenario.title, buckets(results)),
        body: Body::Panels(panels),
    })
}

/// Every course of a figure that is not zero throughout.
fn lines(course: &TimeSeries, figure: &str) -> Vec<Series> {
    let is_seen = |values: &[Option<f64>]| values.iter().flatten().any(|&value| value > 0.0);
    let seen = course.series.iter().filter(|one| one.figure == figure && is_seen(&one.values));
    seen.enumerate()
        .map(|(index, one)| {
            time_line(course, &one.values, &one.component, Colour::series(index), LINE, 1.0)
        })
        .collect()
}
