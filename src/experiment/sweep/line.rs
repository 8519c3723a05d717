//! What a finished cell is remembered by: one line of a journal, with its
//! checksum.

use super::definition::Cell;
use super::quantity::rounded;
use crate::experiment::figure_path::figure;
use crate::experiment::summary::{
    Estimate, Figure, ResponseTime, Results, SloTermResult, Summary, Verdict,
};
use crate::experiment::warmup::TOO_SHORT;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Before the checksum of a line, behind it, and at the end of the line.
const FRAME: (&str, &str, &str) = ("{\"sha256\":\"", "\",\"cell\":", "}");
/// Hexadecimal digits of the checksum.
const CHECKSUM: usize = 16;

/// A finished cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellResult {
    /// Which one.
    pub cell: Cell,
    /// Whether the SLO holds; `None` without one.
    pub verdict: Option<Verdict>,
    /// Why its figures are not those of a system that carries its load.
    pub label: Option<Label>,
    /// The same in words.
    pub reason: Option<String>,
    /// The SLO, term by term.
    pub slo: Vec<Term>,
    /// What saturates first.
    pub bottleneck: Option<String>,
    /// Requests, over all replications.
    pub offered: u64,
    /// With an answer.
    pub answered: u64,
    /// Without one.
    pub failed: u64,
    /// Not finished when the drain ended.
    pub in_flight: u64,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// The figures, in a fixed order.
    pub figures: Vec<Measured>,
    /// Warnings for people.
    pub warnings: Vec<String>,
    /// Over the sequence of events of all replications.
    pub fingerprint: String,
}

/// What happened to a cell that was not played to a steady end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// A limit ended it early.
    Limit,
    /// A queue without a bound grew.
    Unstable,
}

/// One figure of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Its path in `summary.json`.
    pub figure: String,
    /// `None` where the sample does not carry a value.
    pub value: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// The value is only a lower bound.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
}

/// One term of the SLO of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// `p99`, `availability` …
    pub term: String,
    /// Milliseconds for times, else a share.
    pub limit: f64,
    /// `ms`, or empty for a share.
    pub unit: String,
    /// The limit is a floor.
    pub at_least: bool,
    /// Whether it holds.
    pub verdict: Verdict,
}

impl CellResult {
    /// What is kept of the results of a cell.
    pub(super) fn new(cell: &Cell, results: &Results) -> Self {
        let summary = &results.summary;
        let requests = &summary.requests;
        let (label, reason) = label(summary);
        Self {
            cell: cell.clone(),
            verdict: summary.slo.verdict,
            label,
            reason,
            slo: summary.slo.terms.iter().map(term).collect(),
            bottleneck: summary.bottleneck.as_ref().map(|one| one.station.clone()),
            offered: requests.offered,
            answered: requests.answered,
            failed: requests.failed.iter().map(|(_, count)| count).sum(),
            in_flight: requests.in_flight,
            confidence: summary.throughput_per_s.confidence,
            figures: figures(summary),
            warnings: summary.warnings.clone(),
            fingerprint: summary.fingerprint.clone(),
        }
    }

    /// Met, and by a system that carries its load.
    pub fn is_met(&self) -> bool {
        self.verdict == Some(Verdict::Met) && self.label.is_none()
    }

    /// Undecided, as the run is too short for its warm-up: more replications
    /// would not decide it.
    pub fn is_too_short(&self) -> bool {
        let too_short = self.warnings.iter().any(|warning| warning == TOO_SHORT);
        too_short && self.verdict == Some(Verdict::Undecided)
    }

    /// A figure by its path.
    pub fn figure(&self, path: &str) -> Option<&Measured> {
        self.figures.iter().find(|measured| measured.figure == path)
    }

    /// The value of a figure.
    pub fn value(&self, path: &str) -> Option<f64> {
        self.figure(path)?.value
    }

    /// The line of the journal, without its end.
    pub fn to_line(&self) -> String {
        // Plain data serialises.
        let content = serde_json::to_string(self).unwrap_or_default();
        let (before, behind, end) = FRAME;
        format!("{before}{}{behind}{content}{end}", checksum(&content))
    }

    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_line(line: &str) -> Result<Self, String> {
        let content = content(line).ok_or("its checksum is not that of its content")?;
        serde_json::from_str(content).map_err(|error| format!("it is no finished cell: {error}"))
    }
}

/// What a line holds, where its checksum is right.
fn content(line: &str) -> Option<&str> {
    let (before, behind, end) = FRAME;
    let rest = line.strip_prefix(before)?;
    let (sum, rest) = rest.split_at_checked(CHECKSUM)?;
    let content = rest.strip_prefix(behind)?.strip_suffix(end)?;
    (checksum(content) == sum).then_some(content)
}

/// The first digits of the SHA-256.
fn checksum(content: &str) -> String {
    let hash = Sha256::digest(content.as_bytes());
    hash.iter().take(CHECKSUM / 2).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn label(summary: &Summary) -> (Option<Label>, Option<String>) {
    if let Some(limit) = &summary.limit {
        return (Some(Label::Limit), Some(limit.clone()));
    }
    match summary.unstable.first() {
        Some(unstable) => (Some(Label::Unstable), Some(unstable.clone())),
        None => (None, None),
    }
}

fn term(term: &SloTermResult) -> Term {
    Term {
        term: term.term.clone(),
        limit: term.limit,
        unit: term.unit.clone(),
        at_least: term.at_least,
        verdict: term.verdict,
    }
}

/// The figures of a cell: those of the whole system first, then by endpoint,
/// region, component and station.
fn figures(summary: &Summary) -> Vec<Measured> {
    let mut figures = Vec::new();
    let cost = Estimate::point(summary.cost.per_hour, "exact");
    figures.push(measured("cost.per_hour", &cost));
    if !summary.availability_only {
        of_requests(summary, &mut figures);
    }
    for path in ["availability_by_time", "reduced_redundancy"] {
        figures.extend(figure(summary, path).map(|estimate| measured(path, &estimate)));
    }
    for (component, result) in &summary.components {
        for (name, value) in &result.figures {
            let path = format!("components.{component}.figures.{name}");
            figures.push(measured(&path, &plain(value)));
        }
    }
    figures
}

/// What only a run with requests has.
fn of_requests(summary: &Summary, figures: &mut Vec<Measured>) {
    figures.push(measured("cost.per_million_requests", &summary.cost.per_million_requests));
    figures.push(measured("throughput_per_s", &summary.throughput_per_s));
    figures.push(measured("availability", &summary.availability));
    times("response_time_ms", &summary.response_time_ms, figures);
    if let Some(page) = &summary.page_time_ms {
        times("page_time_ms", page, figures);
    }
    if let Some(bottleneck) = &summary.bottleneck {
        figures.push(measured("bottleneck.utilisation", &bottleneck.utilisation));
    }
    for (name, endpoint) in &summary.endpoints {
        let path = format!("endpoints.{name}");
        figures.push(measured(&format!("{path}.availability"), &endpoint.availability));
        times(&format!("{path}.response_time_ms"), &endpoint.response_time_ms, figures);
    }
    for (name, region) in &summary.regions {
        let path = format!("regions.{name}");
        figures.push(measured(&format!("{path}.availability"), &region.availability));
        times(&format!("{path}.response_time_ms"), &region.response_time_ms, figures);
    }
    let mut known: Vec<&str> = Vec::new();
    for station in &summary.stations {
        if !known.contains(&station.name.as_str()) {
            known.push(&station.name);
            let path = format!("stations.{}.utilisation", station.name);
            figures.extend(figure(summary, &path).map(|estimate| measured(&path, &estimate)));
        }
    }
}

fn times(path: &str, time: &ResponseTime, figures: &mut Vec<Measured>) {
    let quantiles = [
        ("mean", &time.mean),
        ("p50", &time.p50),
        ("p95", &time.p95),
        ("p99", &time.p99),
        ("p99_9", &time.p99_9),
    ];
    figures.extend(quantiles.map(|(name, estimate)| measured(&format!("{path}.{name}"), estimate)));
}

fn plain(figure: &Figure) -> Estimate {
    match figure {
        Figure::Estimate(estimate) => estimate.clone(),
        Figure::Count(count) => Estimate::point(*count as f64, ""),
        Figure::Number(number) => Estimate::point(*number, ""),
    }
}

fn measured(path: &str, estimate: &Estimate) -> Measured {
    let kept = |value: Option<f64>| value.filter(|value| value.is_finite()).map(rounded);
    Measured {
        figure: path.to_owned(),
        value: kept(estimate.value),
        low: kept(estimate.low),
        high: kept(estimate.high),
        at_least: estimate.at_least,
    }
}

#[cfg(test)]
pub(super) mod tests {
    //! Goal: a line that was changed anywhere is not taken for a cell. Method:
    //! every byte of a line, changed and left out.

    use super::*;

    /// A finished cell with a p99 and a cost.
    pub(in crate::experiment::sweep) fn result(
        cell: Cell,
        p99: Option<f64>,
        cost: f64,
        verdict: Verdict,
    ) -> CellResult {
        let figure = |figure: &str, value: Option<f64>| Measured {
            figure: figure.to_owned(),
            value,
            low: value.map(|value| rounded(value * 0.9)),
            high: value.map(|value| rounded(value * 1.1)),
            at_least: false,
        };
        CellResult {
            cell,
            verdict: Some(verdict),
            label: None,
            reason: None,
            slo: Vec::new(),
            bottleneck: Some("services.web.cpu".to_owned()),
            offered: 10,
            answered: 9,
            failed: 1,
            in_flight: 0,
            confidence: 0.95,
            figures: vec![figure("cost.per_hour", Some(cost)), figure("response_time_ms.p99", p99)],
            warnings: Vec::new(),
            fingerprint: "f".to_owned(),
        }
    }

    pub(in crate::experiment::sweep) fn cell(number: u32, values: &[&str]) -> Cell {
        Cell {
            cell: number,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            scenario: format!("hash {number}"),
            seed: 1,
            replications: 4,
        }
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let result = result(cell(3, &["\"é\n\"", "2"]), Some(0.1), 1.5, Verdict::Met);
        let line = result.to_line();
        assert!(!line.contains('\n'));
        assert_eq!(CellResult::from_line(&line), Ok(result));
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "it is JSON: {line}");
    }

    #[test]
    fn a_changed_line_is_refused() {
        let line = result(cell(3, &["1"]), Some(2.0), 1.5, Verdict::Missed).to_line();
        for at in 0..line.len() {
            let mut changed = line.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).expect("ASCII stays ASCII");
            assert!(CellResult::from_line(&changed).is_err(), "byte {at}");
            assert!(CellResult::from_line(&line[..at]).is_err(), "cut at {at}");
        }
    }
}
