//! The figures of a run, as values: what `summary.json`, the CSV files, the
//! charts and the terminal are all made of.
//!
//! Times are milliseconds, rates per second, shares 0..1; the unit is the end
//! of the name. Nothing here knows which kinds of component exist.

mod availability;

pub use availability::{
    ClosedForm, ComponentIncident, ErrorBudget, INCIDENTS_LISTED, IncidentGroup, IncidentResult,
};

use crate::scenario::map::Map;
use serde::{Deserialize, Serialize};

/// Version of the layout of `summary.json`.
pub const FORMAT: u32 = 1;

/// A figure with its interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Best value; `None` where the sample does not carry one.
    pub value: Option<f64>,
    /// Lower end of the confidence interval.
    pub low: Option<f64>,
    /// Upper end of the confidence interval.
    pub high: Option<f64>,
    /// Confidence of the interval, such as 0.95.
    pub confidence: f64,
    /// The value is only a lower bound: it falls among requests that had not
    /// finished ("≥ x").
    #[serde(skip_serializing_if = "is_false")]
    pub at_least: bool,
    /// Why there is no interval, or no value, and how much more is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Figures by name, in a fixed order.
pub type Named<T> = Vec<(String, T)>;

/// The content of `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Version of Highwater.
    pub highwater: String,
    /// What was played.
    pub scenario: ScenarioName,
    /// Root of the randomness.
    pub seed: u64,
    /// Independent replications.
    pub replications: u32,
    /// How precise the run was to be, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionResult>,
    /// `steady` or `terminating`.
    pub kind: String,
    /// Simulated time of a replication, warm-up included.
    pub simulated_s: f64,
    /// Warm-up cut away: the mean over the replications.
    pub warmup_s: f64,
    /// What must hold, and whether it does.
    pub slo: SloResult,
    /// Counts, over all replications.
    pub requests: RequestCounts,
    /// Answered requests per second.
    pub throughput_per_s: Estimate,
    /// Failures and repairs alone were played, no requests: their figures are
    /// absent.
    #[serde(skip_serializing_if = "is_false")]
    pub availability_only: bool,
    /// Answered ÷ offered.
    pub availability: Estimate,
    /// Share of the time in which every endpoint had an instance up and
    /// reachable in each tier that it needs; absent where nothing can fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_by_time: Option<Estimate>,
    /// Times at which that ceased to hold, over all replications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outages: Option<u64>,
    /// Share of the time in which a component had fewer instances in service
    /// than it should have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reduced_redundancy: Option<Estimate>,
    /// Failures that the objective allows; absent where it limits none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_budget: Option<ErrorBudget>,
    /// Incidents by replication and start, [`INCIDENTS_LISTED`] of each at most.
    pub incidents: Vec<IncidentResult>,
    /// How many there were, over all replications.
    pub incidents_total: u64,
    /// All of them, by component and kind.
    pub incident_groups: Vec<IncidentGroup>,
    /// Exact availabilities, where theory knows them and they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub closed_form: Vec<ClosedForm>,
    /// From the click to the last byte, answered requests only.
    pub response_time_ms: ResponseTime,
    /// With the static files; absent where no client fetches any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_time_ms: Option<ResponseTime>,
    /// Where the mean response time went; the parts add up to the mean.
    #[serde(serialize_with = "as_map")]
    pub attribution_ms: Named<Estimate>,
    /// By endpoint.
    #[serde(serialize_with = "as_map")]
    pub endpoints: Named<EndpointResult>,
    /// By region of the user, where there are two or more.
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    pub regions: Named<RegionResult>,
    /// By station instance.
    pub stations: Vec<StationResult>,
    /// Further figures by component, such as hit ratios and lags.
    #[serde(serialize_with = "as_map")]
    pub components: Named<ComponentResult>,
    /// What it costs.
    pub cost: Cost,
    /// What saturates first.
    pub bottleneck: Option<Bottleneck>,
    /// Stations that cannot carry their load, in words.
    pub unstable: Vec<String>,
    /// The limit that ended the run early, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Warnings for people ("the run is too short for its warm-up").
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The laws that were checked.
    pub audit: Audit,
    /// 128 bits over the sequence of events of all replications, hexadecimal.
    pub fingerprint: String,
}

/// What was played.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScenarioName {
    /// For people.
    pub title: String,
    /// Of everything that can change a result, but for seed and replications.
    pub hash: String,
}

/// How precise a run was to be, and whether it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PrecisionResult {
    /// Half-width ÷ value that was asked for.
    pub asked: f64,
    /// Every figure that was asked for is so precise.
    pub reached: bool,
    /// The least precise of them: `mean`, `p99`, `availability` …
    pub figure: String,
    /// Its half-width, on the longer side, ÷ value; for shares of failures ÷
    /// what the objective allows. `None` where it has no interval.
    pub relative_half_width: Option<f64>,
    /// Replications after which the run would have given up.
    pub replications_max: u32,
}

/// What must hold, and whether it does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SloResult {
    /// Missed if a term is, undecided if a term is, else met; `None` without an SLO.
    pub verdict: Option<Verdict>,
    /// Term by term.
    pub terms: Vec<SloTermResult>,
}

/// One term of the SLO.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SloTermResult {
    /// `mean`, `p99`, `availability`, `error_rate` …
    pub term: String,
    /// The limit: milliseconds for times, else a share.
    pub limit: f64,
    /// Unit of limit and estimate: `ms`, or empty for a share.
    pub unit: String,
    /// The limit is a floor (availability), not a ceiling.
    pub at_least: bool,
    /// What was measured.
    pub estimate: Estimate,
    /// The verdict.
    pub verdict: Verdict,
}

/// Whether a term holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval is on the good side.
    Met,
    /// The whole interval is on the bad side.
    Missed,
    /// The limit lies within the interval.
    Undecided,
}

/// Counts of requests that arrived within the window.
#[derive(Clone, Debug, PartialEq, Default, Serialize)]
pub struct RequestCounts {
    /// All.
    pub offered: u64,
    /// With an answer.
    pub answered: u64,
    /// Without one, by cause; causes that did not occur are left out.
    #[serde(serialize_with = "as_map")]
    pub failed: Named<u64>,
    /// Not finished when the drain ended.
    pub in_flight: u64,
}

/// A response time with its quantiles, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResponseTime {
    /// Mean.
    pub mean: Estimate,
    /// Median.
    pub p50: Estimate,
    /// 90th percentile.
    pub p90: Estimate,
    /// 95th percentile.
    pub p95: Estimate,
    /// 99th percentile.
    pub p99: Estimate,
    /// 99.9th percentile.
    pub p99_9: Estimate,
    /// Largest; `None` where nothing was answered.
    pub max: Option<f64>,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndpointResult {
    /// Its counts.
    pub requests: RequestCounts,
    /// Answered ÷ offered.
    pub availability: Estimate,
    /// Share of the time in which every tier that it needs had an instance up
    /// and reachable; absent where nothing can fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_by_time: Option<Estimate>,
    /// Its response time.
    pub response_time_ms: ResponseTime,
}

/// The users of one region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegionResult {
    /// Their counts.
    pub requests: RequestCounts,
    /// Answered ÷ offered.
    pub availability: Estimate,
    /// Their response time.
    pub response_time_ms: ResponseTime,
    /// The same by endpoint.
    #[serde(serialize_with = "as_map")]
    pub endpoints: Named<EndpointResult>,
}

/// One instance of a station.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StationResult {
    /// Such as `services.web.cpu`.
    pub name: String,
    /// From 0.
    pub instance: u32,
    /// `primary` or `replica`, where that means something.
    pub role: Option<String>,
    /// `cpu`, `pool`, `disk`.
    pub kind: String,
    /// Busy share; no value for an unbounded pool.
    pub utilisation: Estimate,
    /// Mean number waiting.
    pub queue_length_mean: Estimate,
    /// Most waiting at once.
    pub queue_length_max: u64,
    /// Wait before service; p99 is of the whole component.
    pub wait_ms: Wait,
    /// Services begun per second.
    pub throughput_per_s: Estimate,
    /// Turned away.
    pub rejected: u64,
}

/// Wait before service, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// Mean.
    pub mean: Estimate,
    /// 99th percentile over all instances of the station.
    pub p99: Estimate,
}

/// Further figures of one component.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComponentResult {
    /// `cache`, `database`, `dns` …
    pub kind: String,
    /// Figures by name.
    #[serde(serialize_with = "as_map")]
    pub figures: Named<Figure>,
    /// Incidents of the component as a whole, such as failovers.
    pub incidents: Vec<ComponentIncident>,
}

/// A figure with or without an interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// A total over all replications.
    Count(u64),
    /// A plain number.
    Number(f64),
    /// With an interval.
    Estimate(Estimate),
}

/// What it costs, in the currency of the scenario's prices.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// Machines and balancers, and the use-based prices at the measured rate.
    pub per_hour: f64,
    /// Per million answered requests.
    pub per_million_requests: Estimate,
    /// Parts of `per_hour` by component, in a fixed order.
    #[serde(serialize_with = "as_map")]
    pub parts_per_hour: Named<f64>,
    /// What stands there, whether or not anybody is served: a dead site sends
    /// nothing, and is no cheaper for it. Not written: the parts tell it.
    #[serde(skip)]
    pub standing_per_hour: f64,
}

/// What saturates first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bottleneck {
    /// The station.
    pub station: String,
    /// Its utilisation (of its busiest instance).
    pub utilisation: Estimate,
    /// How much more load it carries: 1 ÷ utilisation − 1.
    pub headroom: Estimate,
}

/// The laws that were checked; each `held`, or the run would have ended with
/// exit code 70.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Offered = answered + failed + in flight; all that is taken is given back.
    pub conservation: String,
    /// ∫N dt = Σ sojourns clipped to the window.
    pub little: String,
    /// Busy time = service delivered ≤ capacity × time.
    pub utilisation_law: String,
    /// The parts add up to the response time, request by request.
    pub attribution: String,
}

/// All that a run produces: the summary and what the other files hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The content of `summary.json`.
    pub summary: Summary,
    /// Quantile curve of the response time: (p, ms), p rising to 0.9999…;
    /// `None` for ms where the quantile falls among unfinished requests.
    pub percentile_curve: Vec<(f64, Option<f64>)>,
    /// Histogram of the response time of answered requests.
    pub histogram: Vec<HistogramBucket>,
    /// Course over time.
    pub timeseries: TimeSeries,
    /// The first requests of the first replication, as many as were asked for.
    pub traced: Vec<TracedResult>,
    /// What was wired to what.
    pub map: Map,
}

/// One request, from its click to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedResult {
    /// Name of its endpoint.
    pub endpoint: String,
    /// Name of its kind of client.
    pub client: String,
    /// Number of its user.
    pub user: u64,
    /// When it came.
    pub arrival_s: f64,
    /// `answered`, the cause of its failure, or `in flight`.
    pub outcome: String,
    /// Attempts after the first.
    pub retries: u32,
    /// From the click to its end.
    pub response_ms: f64,
    /// Where the time went, in the order of its way.
    pub hops: Named<f64>,
    /// Instances that took its calls, and when, in that order. Only where
    /// something can fail.
    pub visits: Vec<(f64, String)>,
    /// Keys that it read from a database or wrote: number of the step, rank.
    pub keys: Vec<(u16, u64)>,
}

/// One bucket of a histogram, mergeable by adding counts.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramBucket {
    /// Lowest value in nanoseconds.
    pub low_ns: u64,
    /// Highest value in nanoseconds.
    pub high_ns: u64,
    /// How many.
    pub count: u64,
}

/// Course over time, the replications put together: rates and levels are
/// means over them, quantiles are read from merged histograms.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct TimeSeries {
    /// Width of a bucket.
    pub bucket_s: f64,
    /// End of the warm-up (mean over the replications).
    pub warmup_s: f64,
    /// Number of buckets.
    pub buckets: usize,
    /// One line per component and figure. Components: `users` (figures
    /// `offered_per_s`, `answered_per_s`, `failed_per_s`,
    /// `response_time_ms_p50`, `_p95`, `_p99`, `_mean`, `in_flight`), the users
    /// of each region where regions exist (`regions.eu`: the rates and the
    /// mean), and each
    /// station name, aggregated over its instances (figures `utilisation`,
    /// `queue_length`).
    pub series: Vec<Series>,
}

/// One figure over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Whose.
    pub component: String,
    /// Which.
    pub figure: String,
    /// A value per bucket; `None` where there was nothing to measure.
    pub values: Vec<Option<f64>>,
}

/// Serialises named figures as a map that keeps their order.
fn as_map<T: Serialize, S: serde::Serializer>(
    entries: &[(String, T)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
}

impl Estimate {
    /// A value without an interval, and why.
    pub fn point(value: f64, note: &str) -> Self {
        Self {
            value: Some(value),
            low: None,
            high: None,
            confidence: 0.95,
            at_least: false,
            note: Some(note.to_owned()),
        }
    }

    /// No value at all, and why.
    pub fn absent(note: &str) -> Self {
        Self {
            value: None,
            low: None,
            high: None,
            confidence: 0.95,
            at_least: false,
            note: Some(note.to_owned()),
        }
    }

    /// Half the width of the interval, where there is one.
    pub fn half_width(&self) -> Option<f64> {
        Some((self.high? - self.low?) / 2.0)
    }
}
