//! Figures as CSV. An interval stands in the columns `<figure>`,
//! `<figure>_low` and `<figure>_high`; what has no value is an empty field.

use super::aggregate;
use super::number;
use super::text;
use crate::experiment::comparison::{Comparison, Design};
use crate::experiment::summary::{
    EndpointResult, Estimate, HistogramBucket, IncidentResult, Named, ResponseTime, StationResult,
    Summary, TimeSeries,
};

/// `endpoints.csv`: one line per endpoint, and one per endpoint and region
/// where regions exist.
pub fn endpoints(summary: &Summary) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["endpoint", "region", "offered", "answered"]);
    table.texts(&["failed", "failed_by_cause", "in_flight"]);
    for (name, _) in quantiles(&summary.response_time_ms) {
        table.heading(&format!("response_time_ms_{name}"));
    }
    table.texts(&["response_time_ms_max", "lower_bounds"]);
    table.heading("availability");
    table.heading("availability_by_time");
    table.end();
    for (place, (name, total)) in summary.endpoints.iter().enumerate() {
        endpoint(&mut table, name, "", total);
        for (region, result) in &summary.regions {
            endpoint(&mut table, name, region, &result.endpoints[place].1);
        }
    }
    table.bytes()
}

fn endpoint(table: &mut Table, name: &str, region: &str, endpoint: &EndpointResult) {
    let requests = &endpoint.requests;
    table.texts(&[name, region]);
    table.counts(&[requests.offered, requests.answered]);
    table.counts(&[requests.failed.iter().map(|(_, number)| number).sum()]);
    table.text(&causes(&requests.failed));
    table.counts(&[requests.in_flight]);
    response_time(table, &endpoint.response_time_ms);
    table.estimate(&endpoint.availability);
    let nothing_fails = Estimate::absent("nothing can fail");
    table.estimate(endpoint.availability_by_time.as_ref().unwrap_or(&nothing_fails));
    table.end();
}

/// `stations.csv`: one line per station instance; large tiers as mean, worst
/// and best, unless all instances are asked for.
pub fn stations(stations: &[StationResult], all_instances: bool) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["station", "instance", "aggregate", "instances", "role", "kind"]);
    table.heading("utilisation");
    table.heading("queue_length_mean");
    table.texts(&["queue_length_max"]);
    table.heading("wait_ms_mean");
    table.heading("wait_ms_p99");
    table.heading("throughput_per_s");
    table.texts(&["rejected"]);
    table.end();
    for row in aggregate::rows(stations, all_instances) {
        let (which, of) = row.aggregate.map_or((None, 1), |(which, of)| (Some(which), of));
        let instance = match which {
            Some(aggregate::Which::Mean) => String::new(),
            _ => row.station.instance.to_string(),
        };
        table.texts(&[
            &row.station.name,
            &instance,
            which.map_or("", aggregate::Which::word),
            &of.to_string(),
        ]);
        station(&mut table, &row.station);
    }
    table.bytes()
}

fn station(table: &mut Table, station: &StationResult) {
    table.texts(&[station.role.as_deref().unwrap_or(""), &station.kind]);
    table.estimate(&station.utilisation);
    table.estimate(&station.queue_length_mean);
    table.counts(&[station.queue_length_max]);
    table.estimate(&station.wait_ms.mean);
    table.estimate(&station.wait_ms.p99);
    table.estimate(&station.throughput_per_s);
    table.counts(&[station.rejected]);
    table.end();
}

/// `timeseries.csv`: long form, a line per bucket and figure; `time_s` is the
/// start of the bucket. Empty buckets are left out.
pub fn timeseries(course: &TimeSeries) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["time_s", "component", "figure", "value"]);
    table.end();
    for series in &course.series {
        for (bucket, value) in series.values.iter().enumerate() {
            if value.is_none() {
                continue;
            }
            table.number(Some(bucket as f64 * course.bucket_s));
            table.texts(&[&series.component, &series.figure]);
            table.number(*value);
            table.end();
        }
    }
    table.bytes()
}

/// `histogram.csv`: response times of answered requests.
pub fn histogram(buckets: &[HistogramBucket]) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["low_ns", "high_ns", "count"]);
    table.end();
    for bucket in buckets {
        table.counts(&[bucket.low_ns, bucket.high_ns, bucket.count]);
        table.end();
    }
    table.bytes()
}

/// `incidents.csv`: what broke, when, and what it cost; a column for each
/// figure that an incident has, in order of their first appearance.
pub fn incidents(incidents: &[IncidentResult]) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["replication", "start_s", "end_s", "component", "kind", "cause"]);
    table.texts(&["requests_failed"]);
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in incidents.iter().flat_map(|incident| &incident.figures) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    table.texts(&columns);
    table.end();
    for incident in incidents {
        table.counts(&[u64::from(incident.replication)]);
        table.number(Some(incident.start_s));
        table.number(incident.end_s);
        table.texts(&[&incident.component, &incident.kind, &incident.cause]);
        table.counts(&[incident.requests_failed]);
        for column in &columns {
            let own = incident.figures.iter().find(|(name, _)| name == column);
            table.number(own.map(|(_, value)| *value));
        }
        table.end();
    }
    table.bytes()
}

/// `comparison.csv`: a line per design and figure, with the paired difference
/// to the first design.
pub fn comparison(comparison: &Comparison) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["design", "figure"]);
    table.heading("value");
    table.heading("difference");
    table.end();
    for design in &comparison.designs {
        for (figure, value) in figures(design) {
            table.texts(&[&design.name, figure]);
            table.estimate(&value);
            let difference = super::difference(comparison, &design.name, figure);
            table.estimate(difference.unwrap_or(&Estimate::absent("the first design")));
            table.end();
        }
    }
    table.bytes()
}

/// The figures in which designs are compared, by the names of the differences.
pub(super) fn figures(design: &Design) -> Vec<(&'static str, Estimate)> {
    let summary = &design.results.summary;
    let time = &summary.response_time_ms;
    let mut figures = vec![
        ("response_time_ms.mean", time.mean.clone()),
        ("response_time_ms.p50", time.p50.clone()),
        ("response_time_ms.p95", time.p95.clone()),
        ("response_time_ms.p99", time.p99.clone()),
        ("response_time_ms.p99_9", time.p99_9.clone()),
        ("availability", summary.availability.clone()),
        ("throughput_per_s", summary.throughput_per_s.clone()),
        ("cost.per_hour", Estimate::point(summary.cost.per_hour, "")),
        ("cost.per_million_requests", summary.cost.per_million_requests.clone()),
    ];
    let by_time = summary.availability_by_time.clone();
    figures.extend(by_time.map(|by_time| ("availability_by_time", by_time)));
    figures
}

fn response_time(table: &mut Table, time: &ResponseTime) {
    let mut bounds = Vec::new();
    for (name, estimate) in quantiles(time) {
        table.estimate(estimate);
        if estimate.at_least {
            bounds.push(name);
        }
    }
    table.number(time.max);
    table.text(&bounds.join(" "));
}

/// The figures of a response time by name.
pub(super) fn quantiles(time: &ResponseTime) -> [(&'static str, &Estimate); 6] {
    [
        ("mean", &time.mean),
        ("p50", &time.p50),
        ("p90", &time.p90),
        ("p95", &time.p95),
        ("p99", &time.p99),
        ("p99_9", &time.p99_9),
    ]
}

fn causes(failed: &Named<u64>) -> String {
    let parts: Vec<_> = failed.iter().map(|(cause, number)| format!("{cause} {number}")).collect();
    parts.join("; ")
}

/// Lines of fields under construction.
pub(super) struct Table {
    writer: csv::Writer<Vec<u8>>,
    line: Vec<String>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { writer: csv::Writer::from_writer(Vec::new()), line: Vec::new() }
    }

    pub(super) fn text(&mut self, field: &str) {
        self.line.push(text::field(field));
    }

    /// A field that is a number already.
    pub(super) fn plain(&mut self, field: &str) {
        self.line.push(field.to_owned());
    }

    pub(super) fn texts(&mut self, fields: &[&str]) {
        fields.iter().for_each(|field| self.text(field));
    }

    pub(super) fn counts(&mut self, fields: &[u64]) {
        self.line.extend(fields.iter().map(u64::to_string));
    }

    pub(super) fn number(&mut self, value: Option<f64>) {
        let value = value.filter(|value| value.is_finite());
        self.line.push(value.map_or_else(String::new, number::field));
    }

    pub(super) fn estimate(&mut self, estimate: &Estimate) {
        self.number(estimate.value);
        self.number(estimate.low);
        self.number(estimate.high);
    }

    pub(super) fn heading(&mut self, figure: &str) {
        self.texts(&[figure, &format!("{figure}_low"), &format!("{figure}_high")]);
    }

    pub(super) fn end(&mut self) {
        // Writing to memory cannot fail, and all lines are of one length.
        let written = self.writer.write_record(&self.line);
        debug_assert!(written.is_ok(), "lines of different length");
        self.line.clear();
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.writer.into_inner().unwrap_or_default()
    }
}
