//! The report of a run.

use super::{Card, Course, Line, Page, Part, Section, Term};
use crate::experiment::summary::{Estimate, Results, SloTermResult, Summary, Verdict};
use crate::report::chart::{Body, Chart, Panel, Table};
use crate::report::charts;
use crate::report::number::{self, NOTHING, Unit};

/// The report of a run.
pub fn of_run(results: &Results) -> Page {
    let summary = &results.summary;
    let drawn = charts::of_run(results);
    let mut sections = Vec::new();
    for (anchor, heading, sentence) in PICTURES {
        let chart = drawn.iter().find(|(stem, _)| stem == anchor);
        sections.extend(chart.map(|(_, chart)| Section {
            anchor,
            heading,
            sentence: (*sentence).to_owned(),
            parts: parts(results, chart),
        }));
    }
    sections.push(stations(summary));
    sections.push(cost(summary));
    Page {
        title: summary.scenario.title.clone(),
        card: card(summary),
        sections,
        origin: origin(summary),
    }
}

/// The pictures in the order in which they are read: stem, heading, sentence.
const PICTURES: &[(&str, &str, &str)] = &[
    (
        "topology",
        "What is wired to what",
        "Requests run from left to right, logs of writes along the dashed arrows; the colour says \
         how busy the busiest resource of a component is, the frame what gives way first.",
    ),
    (
        "percentiles",
        "Response time by percentile",
        "How long the given share of the requests took at most; the marks are the limits of the \
         objective.",
    ),
    (
        "over-time",
        "Over time",
        "Response time and throughput from the start to the end; what lies in the warm-up is not \
         measured.",
    ),
    (
        "attribution",
        "Where the time goes",
        "Parts of the mean response time by the hop that took them: waiting for a resource, being \
         served by it, and what lies between.",
    ),
    (
        "utilisation",
        "Utilisation",
        "How busy each station is over time: the one that reaches 100 % first gives way first.",
    ),
    ("queues", "Queues", "How many wait at each station over time."),
    ("lag", "Replication lag", "How far the replicas are behind over time."),
    ("by-region", "By region", "What users of each region see."),
];

/// A chart over time can be read off, any other is a picture.
fn parts(results: &Results, chart: &Chart) -> Vec<Part> {
    match &chart.body {
        Body::Panels(panels) if panels.iter().all(is_over_time) => panels
            .iter()
            .map(|panel| {
                let alone = Chart { body: Body::Panels(vec![panel.clone()]), ..chart.clone() };
                Part::Course(Box::new(course(results, panel)), Box::new(alone))
            })
            .collect(),
        _ => vec![Part::Picture(Box::new(chart.clone()))],
    }
}

fn is_over_time(panel: &Panel) -> bool {
    panel.x.scale == crate::report::chart::Scale::Time
}

/// What a panel over time shows, bucket by bucket.
fn course(results: &Results, panel: &Panel) -> Course {
    let series = &results.timeseries;
    let middle = |bucket: usize| (bucket as f64 + 0.5) * series.bucket_s;
    let lines = panel.series.iter().map(|line| Line {
        name: line.name.clone(),
        colour: line.colour,
        values: line.points.iter().map(|point| point.map(|(_, value)| value)).collect(),
    });
    Course {
        label: panel.y.label.clone(),
        logarithmic: panel.y.scale == crate::report::chart::Scale::Logarithmic,
        times: (0..series.buckets).map(middle).collect(),
        lines: lines.collect(),
        warmup_s: series.warmup_s,
        bands: panel.bands.iter().map(|band| (band.from, band.to, band.label.clone())).collect(),
        limit: panel.limits.first().map(|limit| (limit.value, limit.label.clone())),
    }
}

fn card(summary: &Summary) -> Card {
    Card {
        verdict: summary.slo.verdict,
        headline: headline(summary),
        notes: notes(summary),
        terms: summary.slo.terms.iter().map(term).collect(),
    }
}

fn headline(summary: &Summary) -> String {
    let answer = match summary.slo.verdict {
        Some(Verdict::Met) => "The objective is met",
        Some(Verdict::Missed) => "The objective is missed",
        Some(Verdict::Undecided) => "The sample cannot tell whether the objective is met",
        None => "No objective was given",
    };
    match &summary.bottleneck {
        None => answer.to_owned(),
        Some(first) => {
            let busy = Unit::Share.estimate(&first.utilisation);
            format!("{answer}; {} gives way first, {busy} busy", first.station)
        }
    }
}

/// Trouble first, then what was played.
fn notes(summary: &Summary) -> Vec<String> {
    let mut notes: Vec<String> =
        summary.unstable.iter().map(|why| format!("Unstable: {why}")).collect();
    notes.extend(summary.limit.iter().map(|limit| format!("Stopped early: {limit}")));
    notes.extend(summary.warnings.iter().cloned());
    let counts = &summary.requests;
    notes.push(format!(
        "{} requests offered, {} answered, in {} of {}.",
        number::count(counts.offered),
        number::count(counts.answered),
        plural(summary.replications, "replication"),
        Unit::Seconds.value(summary.simulated_s),
    ));
    notes
}

fn plural(number: u32, what: &str) -> String {
    if number == 1 { format!("one {what}") } else { format!("{number} {what}s") }
}

fn term(term: &SloTermResult) -> Term {
    let unit = if term.unit == "ms" { Unit::Milliseconds } else { Unit::Share };
    let side = if term.at_least { '≥' } else { '≤' };
    let ceiling = !term.at_least && term.limit > 0.0;
    let note = match (&term.estimate.value, &term.estimate.note) {
        (None, Some(note)) => format!(" ({note})"),
        _ => String::new(),
    };
    Term {
        verdict: term.verdict,
        limit: format!("{} {side} {}", term.term.replace('_', "."), unit.given(term.limit)),
        measured: format!("{}{note}", unit.estimate(&term.estimate)),
        share: term.estimate.value.filter(|_| ceiling).map(|value| value / term.limit),
    }
}

fn stations(summary: &Summary) -> Section {
    let columns = [
        "station",
        "instance",
        "role",
        "utilisation",
        "waiting, mean",
        "wait, mean",
        "per second",
        "rejected",
    ];
    let rows = summary.stations.iter().take(MOST_STATIONS).map(|station| {
        vec![
            station.name.clone(),
            station.instance.to_string(),
            station.role.clone().unwrap_or_default(),
            shown(Unit::Share, &station.utilisation),
            shown(Unit::Plain, &station.queue_length_mean),
            shown(Unit::Milliseconds, &station.wait_ms.mean),
            shown(Unit::Plain, &station.throughput_per_s),
            number::count(station.rejected),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let left_out = summary.stations.len() - rows.len();
    let more = match left_out {
        0 => String::new(),
        _ => format!(" {left_out} more stand in stations.csv."),
    };
    Section {
        anchor: "stations",
        heading: "Every station",
        sentence: format!("What serves requests, instance by instance.{more}"),
        parts: vec![Part::Table(Table { columns: columns.map(str::to_owned).to_vec(), rows })],
    }
}

/// Rows of the table of stations.
const MOST_STATIONS: usize = 120;

fn cost(summary: &Summary) -> Section {
    let cost = &summary.cost;
    let mut rows: Vec<Vec<String>> = cost
        .parts_per_hour
        .iter()
        .map(|(part, price)| {
            vec![part.clone(), number::money(*price), number::money(730.0 * price)]
        })
        .collect();
    rows.push(vec![
        "together".into(),
        number::money(cost.per_hour),
        number::money(730.0 * cost.per_hour),
    ]);
    let million = Unit::Plain.estimate(&cost.per_million_requests);
    Section {
        anchor: "cost",
        heading: "What it costs",
        sentence: format!(
            "In the currency of the prices of the scenario; a million requests cost {million}."
        ),
        parts: vec![Part::Table(Table {
            columns: ["part", "an hour", "a month of 730 hours"].map(str::to_owned).to_vec(),
            rows,
        })],
    }
}

fn shown(unit: Unit, estimate: &Estimate) -> String {
    estimate.value.map_or_else(|| NOTHING.to_owned(), |_| unit.estimate(estimate))
}

fn origin(summary: &Summary) -> Vec<(String, String)> {
    let pairs = [
        ("Highwater", summary.highwater.clone()),
        ("scenario", summary.scenario.hash.clone()),
        ("seed", summary.seed.to_string()),
        ("kind", summary.kind.clone()),
        ("events", summary.fingerprint.clone()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}
