//! The charts of a run and of a comparison. No chart knows a kind of
//! component: what is drawn follows from names and figures alone.

mod capacity;
mod comparison;
mod growth;
mod incidents;
mod lag;
pub(super) mod plan;
mod regions;
mod scaling;
mod sweep;
mod topology;

pub use capacity::of_capacity;
pub use comparison::of_comparison;
pub use growth::of_growth;
pub use scaling::of_scaling;
pub use sweep::of_sweep;

use super::chart::{Axis, Bar, Bars, Body, Chart, Colour, Limit, Mark, Panel, Scale, Series};
use super::number::Unit;
use crate::experiment::summary::{Results, Summary, TimeSeries};

/// So many stations are drawn over time; more cannot be told apart.
const MOST_STATIONS: usize = 8;
/// So many bars are drawn; the rest is put together in a last one.
const MOST_BARS: usize = 14;
/// Hours in a month of 365 ÷ 12 days.
const HOURS_PER_MONTH: f64 = 730.0;
const LINE: f64 = 2.4;

/// The charts of a run, by the stem of their file.
pub fn of_run(results: &Results) -> Vec<(&'static str, Chart)> {
    let mut charts = vec![
        ("topology", topology::busy(results)),
        ("percentiles", percentiles(results)),
        ("over-time", over_time(results)),
        ("utilisation", utilisation(results)),
        ("queues", queues(results)),
        ("attribution", attribution(&results.summary)),
    ];
    charts.extend(lag::over_time(results).map(|chart| ("lag", chart)));
    charts.extend(regions::by_region(results).map(|chart| ("by-region", chart)));
    charts
}

/// The response time of every share of the requests.
fn percentiles(results: &Results) -> Chart {
    let curve = &results.percentile_curve;
    let missing = curve.iter().find(|(_, time)| time.is_none());
    let cut = missing.map_or_else(String::new, |(share, _)| {
        format!(" · from {} on, requests had not finished", percentile_name(*share))
    });
    let name = results.summary.scenario.title.clone();
    Chart {
        title: "Response time by percentile".to_owned(),
        subtitle: format!("{name} · logarithmic in 1 ÷ (1 − p){cut}"),
        body: Body::Panels(vec![Panel {
            y: Axis {
                label: "response time, ms".to_owned(),
                scale: spread_scale(&[curve]),
                reaches: None,
            },
            series: vec![curve_series("", Colour::BLUE, curve)],
            limits: limits(&results.summary),
            x: percentile_axis(&[curve]),
            excluded: None,
            bands: Vec::new(),
        }]),
    }
}

/// Response time and throughput over time.
fn over_time(results: &Results) -> Chart {
    let course = &results.timeseries;
    let users = |figure: &str, name: &str, colour, width| {
        let found =
            course.series.iter().find(|one| one.component == "users" && one.figure == figure);
        found.map(|one| time_line(course, &one.values, name, colour, width, 1.0))
    };
    let times = [
        users("response_time_ms_p50", "p50", Colour::SKY, LINE),
        users("response_time_ms_p95", "p95", Colour::BLUE, LINE),
        users("response_time_ms_p99", "p99", Colour::VERMILION, LINE),
    ];
    let rates = [
        users("offered_per_s", "offered", Colour::GREY, 4.5),
        users("answered_per_s", "answered", Colour::BLUE, 2.0),
        users("failed_per_s", "failed", Colour::VERMILION, LINE),
    ];
    let times: Vec<_> = times.into_iter().flatten().collect();
    let scale = time_scale(&times, course.warmup_s);
    let peak =
        times.iter().flat_map(|one| &one.points).flatten().map(|point| point.1).fold(0.0, f64::max);
    let mut upper = time_panel("response time, ms", scale, times, results);
    // A limit far above would press the lines on the axis.
    let near = limits(&results.summary).into_iter().filter(|limit| limit.value < 2.0 * peak);
    upper.limits = near.map(|limit| Limit { at: None, ..limit }).collect();
    Chart {
        title: "Response time and throughput over time".to_owned(),
        subtitle: format!("{} · {}", results.summary.scenario.title, buckets(results)),
        body: Body::Panels(vec![
            upper,
            time_panel(
                "requests per second",
                Scale::Linear,
                rates.into_iter().flatten().collect(),
                results,
            ),
        ]),
    }
}

/// The utilisation of the busiest stations over time.
fn utilisation(results: &Results) -> Chart {
    let course = &results.timeseries;
    let (series, left_out) = busiest(course, "utilisation", 100.0);
    let mut panel = time_panel("utilisation, %", Scale::Linear, series, results);
    panel.y.reaches = Some(100.0);
    Chart {
        title: "Utilisation of the stations over time".to_owned(),
        subtitle: format!("Mean over the instances of a station · {}{left_out}", buckets(results)),
        body: Body::Panels(vec![panel]),
    }
}

/// The queues of the stations over time.
fn queues(results: &Results) -> Chart {
    let course = &results.timeseries;
    let (series, left_out) = busiest(course, "queue_length", 1.0);
    Chart {
        title: "Queues of the stations over time".to_owned(),
        subtitle: format!("All instances of a station together · {}{left_out}", buckets(results)),
        body: Body::Panels(vec![time_panel("jobs waiting", Scale::Linear, series, results)]),
    }
}

/// Points that are named beside the plot, also where there is but one: a name in
/// place may lie on the points of others. A gap at the end makes them several.
fn named_beside(points: impl Iterator<Item = Option<(f64, f64)>>) -> Vec<Option<(f64, f64)>> {
    points.chain([None]).collect()
}

/// Where the mean response time goes, hop by hop.
fn attribution(summary: &Summary) -> Chart {
    let mut hops = hops(summary);
    let total: f64 = hops.iter().flat_map(|(_, parts)| parts).sum();
    hops.sort_by(|a, b| length(&b.1).total_cmp(&length(&a.1)));
    if hops.len() > MOST_BARS {
        let rest = hops.split_off(MOST_BARS - 1);
        let sum = |part: usize| rest.iter().map(|(_, parts)| parts[part]).sum();
        hops.push((format!("{} others", rest.len()), [sum(0), sum(1), sum(2)]));
    }
    let bars = hops.into_iter().map(|(name, parts)| {
        let share = if total > 0.0 { length(&parts) / total } else { 0.0 };
        let share = match 100.0 * share {
            percent if percent < 1.0 => "< 1".to_owned(),
            percent => format!("{percent:.0}"),
        };
        let label = format!("{} · {share} %", Unit::Milliseconds.value(length(&parts)));
        Bar { name, parts: parts.to_vec(), label }
    });
    let mean = Unit::Milliseconds.estimate(&summary.response_time_ms.mean);
    Chart {
        title: "Where the time goes".to_owned(),
        subtitle: format!("Parts of the mean response time of {mean}"),
        body: Body::Bars(Bars {
            axis: "part of the mean response time, ms".to_owned(),
            legend: vec![
                ("service".to_owned(), Colour::BLUE),
                ("waiting".to_owned(), Colour::BLUE.lighter(0.6)),
                ("outside the stations".to_owned(), Colour::GREY),
            ],
            bars: bars.collect(),
        }),
    }
}

/// Service, waiting and other time by hop: a part named `x.wait` or
/// `x.service` belongs to the hop `x`.
fn hops(summary: &Summary) -> Vec<(String, [f64; 3])> {
    let mut hops: Vec<(String, [f64; 3])> = Vec::new();
    for (name, estimate) in &summary.attribution_ms {
        let (hop, part) = match name.rsplit_once('.') {
            Some((hop, "service")) => (hop, 0),
            Some((hop, "wait")) => (hop, 1),
            _ => (&name[..], 2),
        };
        let value = estimate.value.unwrap_or(0.0).max(0.0);
        match hops.iter_mut().find(|(known, _)| known == hop) {
            Some((_, parts)) => parts[part] += value,
            None => {
                let mut parts = [0.0; 3];
                parts[part] = value;
                hops.push((hop.to_owned(), parts));
            }
        }
    }
    hops.retain(|(_, parts)| length(parts) > 0.0);
    hops
}

fn length(parts: &[f64; 3]) -> f64 {
    parts.iter().sum()
}

/// The series of a figure with the highest peaks, and what to say of the rest.
fn busiest(course: &TimeSeries, figure: &str, factor: f64) -> (Vec<Series>, String) {
    let peak = |values: &[Option<f64>]| values.iter().flatten().copied().fold(0.0, f64::max);
    let of = course.series.iter().filter(|one| one.figure == figure);
    let mut stations: Vec<_> = of.map(|one| (peak(&one.values), one)).collect();
    stations.sort_by(|a, b| b.0.total_cmp(&a.0));
    let all = stations.len();
    stations.truncate(MOST_STATIONS);
    let left_out = match all - stations.len() {
        0 => String::new(),
        _ => format!(" · the {} of {all} with the highest peaks", stations.len()),
    };
    let lines = stations.into_iter().enumerate().map(|(index, (_, one))| {
        time_line(course, &one.values, &one.component, Colour::series(index), LINE, factor)
    });
    (lines.collect(), left_out)
}

fn time_line(
    course: &TimeSeries,
    values: &[Option<f64>],
    name: &str,
    colour: Colour,
    width: f64,
    factor: f64,
) -> Series {
    let middle = |bucket: usize| (bucket as f64 + 0.5) * course.bucket_s;
    let points = values.iter().enumerate();
    let points = points.map(|(bucket, value)| value.map(|value| (middle(bucket), value * factor)));
    Series { name: name.to_owned(), colour, mark: Mark::Line(width), points: points.collect() }
}

fn time_panel(label: &str, scale: Scale, series: Vec<Series>, results: &Results) -> Panel {
    let course = &results.timeseries;
    let end = course.buckets as f64 * course.bucket_s;
    let warmup = (course.warmup_s > 0.0).then(|| course.warmup_s.min(end));
    let x =
        Axis { label: "time".to_owned(), scale: Scale::Time, reaches: (end > 0.0).then_some(end) };
    Panel {
        x,
        y: axis(label, scale),
        series,
        limits: Vec::new(),
        excluded: warmup,
        bands: incidents::bands(results),
    }
}

fn buckets(results: &Results) -> String {
    let course = &results.timeseries;
    let warmup = if course.warmup_s > 0.0 { " · grey: warm-up" } else { "" };
    let each = Unit::Seconds.given(course.bucket_s);
    format!("each point is {each}{warmup}{}", incidents::legend(&results.summary))
}

fn axis(label: &str, scale: Scale) -> Axis {
    Axis { label: label.to_owned(), scale, reaches: None }
}

/// An axis that also holds the percentiles without a value.
fn percentile_axis(curves: &[&[(f64, Option<f64>)]]) -> Axis {
    let last = curves.iter().filter_map(|curve| curve.last()).map(|(share, _)| *share);
    Axis { reaches: last.reduce(f64::max), ..axis("percentile of requests", Scale::Percentile) }
}

fn curve_series(name: &str, colour: Colour, curve: &[(f64, Option<f64>)]) -> Series {
    let points = curve.iter().map(|(share, time)| time.map(|time| (*share, time)));
    Series { name: name.to_owned(), colour, mark: Mark::Line(LINE), points: points.collect() }
}

/// Logarithmic where the tail is so long that the rest would lie on the axis.
fn spread_scale(curves: &[&[(f64, Option<f64>)]]) -> Scale {
    let points = curves.iter().flat_map(|curve| curve.iter());
    widely_spread(points.filter(|(share, _)| *share >= 0.5).filter_map(|(_, time)| *time))
}

/// The first times of an empty system say nothing of the spread.
fn time_scale(series: &[Series], warmup_s: f64) -> Scale {
    let points = series.iter().flat_map(|one| &one.points).flatten();
    widely_spread(points.filter(|point| point.0 >= warmup_s).map(|point| point.1))
}

fn widely_spread(values: impl Iterator<Item = f64>) -> Scale {
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    for value in values.filter(|value| *value > 0.0) {
        low = low.min(value);
        high = high.max(value);
    }
    if high > 50.0 * low { Scale::Logarithmic } else { Scale::Linear }
}

/// The terms of the SLO that limit a percentile of the response time.
fn limits(summary: &Summary) -> Vec<Limit> {
    let terms = summary.slo.terms.iter().filter(|term| term.unit == "ms");
    let limits = terms.filter_map(|term| {
        let share = share_of(&term.term)?;
        let name = percentile_name(share);
        let label = format!("SLO: {name} ≤ {}", Unit::Milliseconds.given(term.limit));
        Some(Limit { value: term.limit, label, at: Some(share) })
    });
    limits.collect()
}

/// The share of a percentile by its name: 0.999 for `p99.9` and `p99_9`.
fn share_of(term: &str) -> Option<f64> {
    let percent: f64 = term.strip_prefix('p')?.replace('_', ".").parse().ok()?;
    (percent > 0.0 && percent < 100.0).then_some(percent / 100.0)
}

fn percentile_name(share: f64) -> String {
    let percent = Unit::Share.value(share);
    let digits = percent.trim_end_matches(" %");
    let digits = if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    };
    format!("p{digits}")
}

#[cfg(test)]
mod tests {
    //! Goal: names become shares and hops as meant. Method: examples.
    use super::*;

    #[test]
    fn percentiles_by_name() {
        assert_eq!(share_of("p99"), Some(0.99));
        assert_eq!(share_of("p99_9").map(percentile_name), Some("p99.9".to_owned()));
        assert_eq!(share_of("mean"), None);
        assert_eq!(share_of("p100"), None);
    }
}
