//! The way to the high-water mark: response time and utilisation against load.

use super::{LINE, axis, named_beside, share_of};
use crate::experiment::capacity::{Capacity, Probe, StationLoad, Unit};
use crate::experiment::summary::{Estimate, Verdict};
use crate::report::capacity::{load, named, spoken};
use crate::report::chart::{Axis, Band, Body, Chart, Colour, Limit, Mark, Panel, Scale, Series};
use crate::report::number;

/// So many stations are drawn.
const MOST_STATIONS: usize = 6;
/// With times so far apart the axis is logarithmic.
const WIDE: f64 = 5.0;
/// Beyond so many times the limit it does not matter how slow it is.
const MATTERS: f64 = 20.0;

/// The charts of a capacity, by the stem of their file.
pub fn of_capacity(capacity: &Capacity) -> Vec<(&'static str, Chart)> {
    vec![("capacity", against_load(capacity))]
}

fn against_load(capacity: &Capacity) -> Chart {
    let mark = match capacity.high {
        Some(high) if capacity.low > 0.0 => vec![Band {
            from: capacity.low,
            to: high,
            label: format!("mark: at least {}", load(capacity.unit, capacity.value)),
        }],
        _ => Vec::new(),
    };
    let panels = vec![
        Panel { bands: mark.clone(), ..times(capacity) },
        Panel { bands: unnamed(mark), ..utilisations(capacity) },
    ];
    Chart {
        title: "How much load it carries".to_owned(),
        subtitle: format!(
            "{} · each point was played · the mark lies in the shaded stretch",
            capacity.title
        ),
        body: Body::Panels(panels),
    }
}

/// The first panel names the stretches, the others only shade them.
fn unnamed(bands: Vec<Band>) -> Vec<Band> {
    bands.into_iter().map(|band| Band { label: String::new(), ..band }).collect()
}

fn load_axis(capacity: &Capacity) -> Axis {
    let label = match capacity.unit {
        Unit::Users => "users",
        Unit::RequestsPerS => "requests per second",
    };
    Axis { reaches: capacity.high, ..axis(label, Scale::Linear) }
}

/// The time that the SLO limits, by verdict.
fn times(capacity: &Capacity) -> Panel {
    let (term, limit) = limited(capacity);
    let most = limit.map_or(f64::INFINITY, |limit| MATTERS * limit);
    let value = |probe: &Probe| Some(estimate(probe, &term).value?.min(most));
    let all: Vec<_> =
        capacity.probes.iter().map(|probe| value(probe).map(|value| (probe.load, value))).collect();
    let mut series = vec![Series {
        name: String::new(),
        colour: Colour::GREY,
        mark: Mark::Line(1.4),
        points: all.into_iter().filter(Option::is_some).collect(),
    }];
    let kinds = [
        (Verdict::Met, "met", Colour::BLUE),
        (Verdict::Undecided, "undecided", Colour::GREY),
        (Verdict::Missed, "missed", Colour::VERMILION),
    ];
    for (verdict, name, colour) in kinds {
        let of: Vec<&Probe> = capacity
            .probes
            .iter()
            .filter(|probe| probe.verdict == verdict && value(probe).is_some())
            .collect();
        let ends = |probe: &Probe| {
            let estimate = estimate(probe, &term);
            let at = estimate.value.unwrap_or(0.0);
            (estimate.low.unwrap_or(at).clamp(0.0, most), estimate.high.unwrap_or(at).min(most))
        };
        if !of.is_empty() {
            let points = of.iter().map(|probe| Some((probe.load, value(probe)?)));
            series.push(Series {
                name: name.to_owned(),
                colour,
                mark: Mark::Points(of.iter().map(|probe| ends(probe)).collect()),
                points: named_beside(points),
            });
        }
    }
    let shown = series[0].points.iter().flatten().map(|point| point.1).collect::<Vec<_>>();
    let limits = limit.map(|value| Limit {
        value,
        label: format!("SLO: {} ≤ {}", spoken(&term), number::Unit::Milliseconds.given(value)),
        at: None,
    });
    Panel {
        x: load_axis(capacity),
        y: axis(&format!("{} of the response time, ms", spoken(&term)), scale(&shown)),
        series,
        limits: limits.into_iter().collect(),
        excluded: None,
        bands: Vec::new(),
    }
}

/// Logarithmic where what lies beyond the mark would press the rest on the axis.
fn scale(times: &[f64]) -> Scale {
    let (low, high) = times
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), time| (time.min(low), time.max(high)));
    if high > WIDE * low { Scale::Logarithmic } else { Scale::Linear }
}

/// The term of the SLO that limits a time, the highest quantile of them; p99
/// where there is none.
fn limited(capacity: &Capacity) -> (String, Option<f64>) {
    let terms = capacity.probes.iter().flat_map(|probe| &probe.terms);
    let times = terms.filter(|term| term.unit == "ms");
    let rank = |name: &str| share_of(name).unwrap_or(0.0);
    let found = times.max_by(|a, b| rank(&a.term).total_cmp(&rank(&b.term)));
    found.map_or_else(|| ("p99".to_owned(), None), |term| (term.term.clone(), Some(term.limit)))
}

fn estimate<'a>(probe: &'a Probe, term: &str) -> &'a Estimate {
    let of_term = probe.terms.iter().find(|own| own.term == term);
    of_term.map_or(&probe.p99_ms, |own| &own.estimate)
}

fn utilisations(capacity: &Capacity) -> Panel {
    let mut names: Vec<String> = Vec::new();
    let busiest_first = capacity.probes.iter().rev().filter(|probe| probe.simulated);
    for station in busiest_first.flat_map(|probe| &probe.stations) {
        let name = named(&station.station, station.role.as_deref());
        if !names.contains(&name) && names.len() < MOST_STATIONS {
            names.push(name);
        }
    }
    let series = names.iter().enumerate().map(|(index, name)| {
        let points = capacity.probes.iter().filter_map(|probe| {
            let of = |one: &&StationLoad| named(&one.station, one.role.as_deref()) == *name;
            let share = probe.stations.iter().find(of)?.utilisation;
            Some(Some((probe.load, 100.0 * share)))
        });
        let mark = Mark::Line(LINE);
        Series { name: name.clone(), colour: Colour::series(index), mark, points: points.collect() }
    });
    Panel {
        x: load_axis(capacity),
        y: Axis { reaches: Some(100.0), ..axis("utilisation, %", Scale::Linear) },
        series: series.collect(),
        limits: Vec::new(),
        excluded: None,
        bands: Vec::new(),
    }
}
