//! From replications to figures: histograms merge before a quantile is read,
//! everything else is an observation per replication.

use super::availability::{Course, unseen_events};
use super::availability_only::without_requests;
use super::bottleneck::bottleneck;
use super::confidence::{
    CONFIDENCE, Exceedances, ONE_REPLICATION, mean_estimate, mean_estimate_at, non_negative,
    ratio_interval,
};
use super::cost::cost;
use super::ensemble::Replication;
use super::error_budget::error_budget;
use super::measured_figure::{merged_figure, within_range};
use super::slo::{Judge, slo_result, unavailability};
use super::stability::unstable;
use super::summary::{
    Audit, ComponentResult, EndpointResult, Estimate, FORMAT, Figure, HistogramBucket, Named,
    RequestCounts, ResponseTime, Results, ScenarioName, StationResult, Summary, TracedResult, Wait,
};
use super::timeline::timeline;
use super::warmup::TOO_SHORT;
use crate::metrics::histogram::{Histogram, Quantile};
use crate::scenario::map::map;
use crate::scenario::model::{RunKind, Scenario};
use crate::simulation::blueprint::Blueprint;
use crate::simulation::measured::MeasuredFigure;
use crate::simulation::recorder::{EndpointRecord, Recorder};
use crate::simulation::request::Cause;

/// Figures of a scenario from its replications; a verdict on its SLO errs with
/// at most `error` to each side.
pub(super) fn assemble(
    scenario: &Scenario,
    plan: &Blueprint,
    seed: u64,
    replications: &[Replication],
    (availability_only, error): (bool, f64),
) -> Results {
    let all = Replications { plan, replications, course: Course::of(scenario) };
    let merged = all.merged_response(|_| true);
    let unstable = unstable(plan, replications);
    let timeseries = timeline(plan, replications);
    let mut summary = all.summary(scenario, seed, &merged, availability_only);
    if !unstable.is_empty() && scenario.run.kind == RunKind::Steady {
        withhold(&mut summary.response_time_ms);
        summary.page_time_ms.iter_mut().for_each(withhold);
    }
    let course = (scenario.run.kind == RunKind::Terminating).then_some(&timeseries);
    summary.bottleneck = bottleneck(plan, &summary.stations, course);
    summary.unstable = unstable;
    summary.warnings = all.warnings();
    if availability_only {
        without_requests(scenario, replications, &mut summary);
    }
    summary.slo = slo_result(scenario, &summary, &Judge { all: &all, merged: &merged, error });
    let unavailability = unavailability(&summary);
    summary.error_budget = error_budget(scenario, &summary, &unavailability, &timeseries);
    Results {
        percentile_curve: percentile_curve(&merged),
        histogram: histogram(&merged),
        timeseries,
        traced: traced(plan, &replications[0]),
        map: map(scenario),
        summary,
    }
}

/// The replications of one design.
pub(super) struct Replications<'a> {
    pub(super) plan: &'a Blueprint,
    pub(super) replications: &'a [Replication],
    /// What they have in common.
    pub(super) course: Course,
}

impl Replications<'_> {
    fn summary(
        &self,
        scenario: &Scenario,
        seed: u64,
        merged: &Histogram,
        availability_only: bool,
    ) -> Summary {
        let components = self.components();
        let throughput = self.throughput();
        let limit = self.replications.iter().find_map(|one| one.played.limit.clone());
        let stations = self.stations();
        Summary {
            format: FORMAT,
            highwater: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: ScenarioName { title: scenario.title.clone(), hash: scenario.hash.clone() },
            seed,
            replications: self.replications.len() as u32,
            precision: None,
            kind: match scenario.run.kind {
                RunKind::Steady => "steady".to_owned(),
                RunKind::Terminating => "terminating".to_owned(),
            },
            simulated_s: scenario.run.duration.as_secs_f64(),
            warmup_s: self.mean(|one| one.warmup.as_secs_f64()),
            slo: super::summary::SloResult { verdict: None, terms: Vec::new() },
            requests: self.counts(|_| true),
            availability_only,
            availability: self.availability(|_| true),
            availability_by_time: self.availability_by_time(CONFIDENCE),
            outages: self.outages(),
            reduced_redundancy: self.reduced_redundancy(),
            error_budget: None,
            incidents: self.incidents(),
            incidents_total: self.incidents_total(),
            incident_groups: self.incident_groups(),
            closed_form: Vec::new(),
            response_time_ms: self.response_time(merged, |_| true),
            page_time_ms: self.page_time(),
            attribution_ms: self.attribution(),
            endpoints: self.endpoints(),
            regions: self.regions(),
            bottleneck: None,
            cost: cost(scenario, &components, &throughput, self.measured_s()),
            stations,
            components,
            throughput_per_s: throughput,
            unstable: Vec::new(),
            limit,
            warnings: Vec::new(),
            audit: Audit {
                conservation: "held".to_owned(),
                little: "held".to_owned(),
                utilisation_law: "held".to_owned(),
                attribution: "held".to_owned(),
            },
            fingerprint: self.fingerprint(),
        }
    }

    fn mean(&self, of: impl Fn(&Replication) -> f64) -> f64 {
        self.replications.iter().map(of).sum::<f64>() / self.replications.len() as f64
    }

    /// Seconds measured, all replications together.
    fn measured_s(&self) -> f64 {
        self.replications.iter().map(Replication::window_s).sum()
    }

    /// An observation per replication.
    fn over(&self, of: impl Fn(&Replication) -> Option<f64>) -> Vec<Option<f64>> {
        self.replications.iter().map(of).collect()
    }

    fn estimate(&self, of: impl Fn(&Replication) -> Option<f64>) -> Estimate {
        non_negative(mean_estimate(&self.over(of)))
    }

    fn throughput(&self) -> Estimate {
        self.estimate(|one| {
            let window = one.window_s();
            (window > 0.0).then(|| one.played.recorder.answers_in_window as f64 / window)
        })
    }

    fn availability(&self, wanted: impl Fn(usize) -> bool + Copy) -> Estimate {
        self.availability_at(wanted, CONFIDENCE)
    }

    /// Answered ÷ offered, with an interval of this confidence.
    pub(super) fn availability_at(
        &self,
        wanted: impl Fn(usize) -> bool + Copy,
        confidence: f64,
    ) -> Estimate {
        let of = |one: &Replication| {
            let endpoints = one.played.recorder.endpoints.iter().enumerate();
            let wanted = endpoints.filter(|(id, _)| wanted(*id));
            wanted.fold((0, 0), |(offered, answered), (_, record)| {
                (offered + record.offered, answered + record.answered)
            })
        };
        self.answered_share(confidence, of)
    }

    /// The same, given offered and answered of each replication. Where nothing
    /// failed, the rule of three bounds what may fail (Hanley & Lippman-Hand
    /// 1983): requests where each fails by itself, time where machines do.
    pub(super) fn answered_share(
        &self,
        confidence: f64,
        of: impl Fn(&Replication) -> (u64, u64),
    ) -> Estimate {
        let counts: Vec<(u64, u64)> =
            self.replications.iter().map(of).filter(|(offered, _)| *offered > 0).collect();
        let add = |(sum, done): (u64, u64), one: &(u64, u64)| (sum + one.0, done + one.1);
        let (offered, answered) = counts.iter().fold((0, 0), add);
        if offered == 0 {
            return Estimate::absent("nothing was offered");
        }
        if answered == offered {
            return self.nothing_failed(offered, confidence);
        }
        let value = answered as f64 / offered as f64;
        if counts.len() < 2 {
            return Estimate::point(value, ONE_REPLICATION);
        }
        let failed =
            |(offered, answered): &(u64, u64)| ((offered - answered) as f64, *offered as f64);
        let each: Vec<(f64, f64)> = counts.iter().map(failed).collect();
        match ratio_interval(&each, confidence) {
            Ok((low, high)) => Estimate {
                low: Some(1.0 - high),
                high: Some(1.0 - low),
                confidence,
                note: None,
                ..Estimate::point(value, "")
            },
            Err(needed) => {
                let more = u64::from(needed).saturating_sub(counts.len() as u64).max(1);
                let note = format!(
                    "what failed came in too few clusters for an interval: about {more} more \
                     replications needed"
                );
                Estimate { confidence, ..Estimate::point(value, &note) }
            }
        }
    }

    fn nothing_failed(&self, offered: u64, confidence: f64) -> Estimate {
        let mut low = 1.0 - unseen_events(confidence) / offered as f64;
        // Requests do not fail one by one where a machine takes them all along.
        if let Some(by_time) = self.availability_by_time(confidence) {
            low = low.min(by_time.low.or(by_time.value).unwrap_or(0.0));
        }
        let note = "nothing failed: the lower end is a bound";
        let (low, high) = (Some(low.max(0.0)), Some(1.0));
        Estimate { low, high, confidence, ..Estimate::point(1.0, note) }
    }

    fn counts(&self, wanted: impl Fn(usize) -> bool) -> RequestCounts {
        counts_of(self.replications.iter().flat_map(|one| {
            let endpoints = one.played.recorder.endpoints.iter().enumerate();
            endpoints.filter(|(id, _)| wanted(*id)).map(|(_, record)| record)
        }))
    }

    fn merged_response(&self, wanted: impl Fn(usize) -> bool) -> Histogram {
        let mut merged = Histogram::new();
        for one in self.replications {
            merged.merge(&response_of(&one.played.recorder, &wanted));
        }
        merged
    }

    fn response_time(&self, merged: &Histogram, wanted: impl Fn(usize) -> bool) -> ResponseTime {
        let each: Vec<Histogram> = self
            .replications
            .iter()
            .map(|one| response_of(&one.played.recorder, &wanted))
            .collect();
        response_time(merged, &each)
    }

    fn page_time(&self) -> Option<ResponseTime> {
        let each: Vec<Histogram> =
            self.replications.iter().map(|one| one.played.recorder.pages.clone()).collect();
        let any_static = self.replications.iter().any(|one| one.played.recorder.static_asked > 0);
        let mut merged = Histogram::new();
        each.iter().for_each(|pages| merged.merge(pages));
        any_static.then(|| response_time(&merged, &each))
    }

    /// Mean time per answered request by part, in the order of a request's way.
    fn attribution(&self) -> Named<Estimate> {
        let mut parts: Named<Estimate> = Vec::new();
        for (index, name) in self.plan.programs.parts.iter().enumerate() {
            let share = |one: &Replication| per_answer(one, one.played.recorder.parts[index]);
            if self.replications.iter().any(|one| one.played.recorder.parts[index] > 0) {
                parts.push((name.clone(), self.estimate(share)));
            }
        }
        let failed = |one: &Replication| per_answer(one, one.played.recorder.attempts_failed);
        let paused = |one: &Replication| per_answer(one, one.played.recorder.paused);
        if self.replications.iter().any(|one| one.played.recorder.attempts_failed > 0) {
            parts.push(("attempt.failed".to_owned(), self.estimate(failed)));
        }
        if self.replications.iter().any(|one| one.played.recorder.paused > 0) {
            parts.push(("retry.pause".to_owned(), self.estimate(paused)));
        }
        parts
    }

    fn endpoints(&self) -> Named<EndpointResult> {
        let endpoints = self.plan.endpoints.iter().enumerate();
        endpoints
            .map(|(id, endpoint)| {
                let merged = self.merged_response(|other| other == id);
                let result = EndpointResult {
                    requests: self.counts(|other| other == id),
                    availability: self.availability(|other| other == id),
                    availability_by_time: self.endpoint_by_time(id),
                    response_time_ms: self.response_time(&merged, |other| other == id),
                };
                (endpoint.name.clone(), result)
            })
            .collect()
    }

    fn stations(&self) -> Vec<StationResult> {
        let waits = self.waits();
        let instances = self.replications[0].played.measured.stations.len();
        let mut stations: Vec<StationResult> =
            (0..instances).map(|index| self.station(index, &waits)).collect();
        stations.sort_by(|a, b| (&a.name, a.instance).cmp(&(&b.name, b.instance)));
        stations
    }

    /// 99th percentile of the wait, by station name.
    fn waits(&self) -> Vec<Estimate> {
        (0..self.plan.stations.names.len())
            .map(|name| {
                let each: Vec<Histogram> = self
                    .replications
                    .iter()
                    .map(|one| one.played.recorder.waits[name].clone())
                    .collect();
                let mut merged = Histogram::new();
                each.iter().for_each(|waits| merged.merge(waits));
                Exceedances::new(&merged, &each).quantile(0.99, CONFIDENCE)
            })
            .collect()
    }

    fn station(&self, index: usize, waits: &[Estimate]) -> StationResult {
        let of = |one: &Replication| one.played.measured.stations[index].clone();
        let first = of(&self.replications[0]);
        let name = &self.plan.stations.names[usize::from(first.label.name)];
        StationResult {
            name: name.name.clone(),
            instance: first.label.instance,
            role: first.label.role.map(str::to_owned),
            kind: name.kind.to_owned(),
            utilisation: match first.capacity {
                Some(_) => self.estimate(|one| of(one).utilisation),
                None => Estimate::absent("unbounded"),
            },
            queue_length_mean: self.estimate(|one| Some(of(one).queue_mean)),
            queue_length_max: self
                .replications
                .iter()
                .map(|one| of(one).queue_max)
                .max()
                .unwrap_or(0),
            wait_ms: Wait {
                mean: self.estimate(|one| of(one).wait_mean_ms),
                p99: waits[usize::from(first.label.name)].clone(),
            },
            throughput_per_s: self.estimate(|one| Some(of(one).throughput_per_s)),
            rejected: self.replications.iter().map(|one| of(one).rejected).sum(),
        }
    }

    fn components(&self) -> Named<ComponentResult> {
        let components = self.replications[0].played.measured.components.iter().enumerate();
        components
            .map(|(index, component)| {
                let figures = (0..component.figures.len()).map(|figure| {
                    let of = |one: &Replication| {
                        one.played.measured.components[index].figures[figure].1.clone()
                    };
                    let each: Vec<MeasuredFigure> = self.replications.iter().map(of).collect();
                    let name = component.figures[figure].0;
                    (name.to_owned(), within_range(name, merged_figure(&each)))
                });
                let mut figures: Named<Figure> = figures.collect();
                if component.name == "users" {
                    figures.extend(self.failed_shares());
                }
                let incidents = self.component_incidents(&component.name);
                let kind = component.kind.to_owned();
                let result = ComponentResult { kind, figures, incidents };
                (component.name.clone(), result)
            })
            .collect()
    }

    /// Share of the offered requests that failed, by cause that occurred.
    fn failed_shares(&self) -> Named<Figure> {
        let failed = |one: &Replication, cause: Cause| -> u64 {
            let endpoints = &one.played.recorder.endpoints;
            endpoints.iter().map(|endpoint| endpoint.failed[cause as usize]).sum()
        };
        Cause::ALL
            .into_iter()
            .filter(|&cause| self.replications.iter().any(|one| failed(one, cause) > 0))
            .map(|cause| {
                let share = self.estimate(|one| {
                    let offered = offered(&one.played.recorder);
                    (offered > 0).then(|| failed(one, cause) as f64 / offered as f64)
                });
                (format!("failed_share_{}", cause.name()), Figure::Estimate(share))
            })
            .collect()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.any_too_short() {
            warnings.push(TOO_SHORT.to_owned());
        }
        warnings
    }

    pub(super) fn any_too_short(&self) -> bool {
        self.replications.iter().any(|one| one.too_short)
    }

    fn fingerprint(&self) -> String {
        let [first, second] = self.replications.iter().fold([0u64; 2], |[first, second], one| {
            let [more, other] = one.played.fingerprint;
            [
                first.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ more,
                second.rotate_left(11).wrapping_mul(0x517c_c1b7_2722_0a95) ^ other,
            ]
        });
        format!("{first:016x}{second:016x}")
    }
}

/// No steady state exists: what was seen is no more than a lower bound.
fn withhold(time: &mut ResponseTime) {
    let quantiles = [&mut time.p50, &mut time.p90, &mut time.p95, &mut time.p99, &mut time.p99_9];
    for estimate in quantiles.into_iter().chain([&mut time.mean]) {
        if let Some(seen) = estimate.value {
            let note = "unstable: there is no steady state, it grows with the run";
            *estimate = Estimate { at_least: true, ..Estimate::point(seen, note) };
        }
    }
}

impl Replication {
    /// Length of the measured window in seconds.
    pub(super) fn window_s(&self) -> f64 {
        (self.played.window_end.as_secs_f64() - self.warmup.as_secs_f64()).max(0.0)
    }
}

/// Requests that arrived within the window.
pub(super) fn offered(recorder: &Recorder) -> u64 {
    recorder.endpoints.iter().map(|endpoint| endpoint.offered).sum()
}

/// Of them answered.
pub(super) fn answered(recorder: &Recorder) -> u64 {
    recorder.endpoints.iter().map(|endpoint| endpoint.answered).sum()
}

fn per_answer(one: &Replication, nanos: u128) -> Option<f64> {
    let answered = answered(&one.played.recorder);
    (answered > 0).then(|| nanos as f64 / answered as f64 / 1e6)
}

/// The sums of some records.
pub(super) fn counts_of<'a>(
    records: impl Iterator<Item = &'a EndpointRecord> + Clone,
) -> RequestCounts {
    let total = |of: &dyn Fn(&EndpointRecord) -> u64| records.clone().map(of).sum::<u64>();
    let offered = total(&|record| record.offered);
    let answered = total(&|record| record.answered);
    let failed = Cause::ALL
        .map(|cause| (cause.name().to_owned(), total(&|record| record.failed[cause as usize])));
    let failures: u64 = failed.iter().map(|(_, count)| count).sum();
    RequestCounts {
        offered,
        answered,
        failed: failed.into_iter().filter(|(_, count)| *count > 0).collect(),
        in_flight: offered - answered - failures,
    }
}

/// Response times of some endpoints of one replication.
pub(super) fn response_of(recorder: &Recorder, wanted: &impl Fn(usize) -> bool) -> Histogram {
    let mut merged = Histogram::new();
    for (id, endpoint) in recorder.endpoints.iter().enumerate() {
        if wanted(id) {
            merged.merge(&endpoint.response);
        }
    }
    merged
}

/// The usual figures of a response time.
pub(super) fn response_time(merged: &Histogram, each: &[Histogram]) -> ResponseTime {
    let exceedances = Exceedances::new(merged, each);
    let quantile = |p: f64| exceedances.quantile(p, CONFIDENCE);
    ResponseTime {
        mean: mean_time(merged, each, CONFIDENCE),
        p50: quantile(0.5),
        p90: quantile(0.9),
        p95: quantile(0.95),
        p99: quantile(0.99),
        p99_9: quantile(0.999),
        max: (merged.finite_count() > 0).then(|| merged.max().as_millis_f64()),
    }
}

/// The mean of a time with an interval of this confidence.
pub(super) fn mean_time(merged: &Histogram, each: &[Histogram], confidence: f64) -> Estimate {
    if merged.count() > merged.finite_count() {
        let bound = merged.mean_bound_nanos().unwrap_or(0.0) / 1e6;
        let note = "some requests never finished: they enter with their age";
        return Estimate { at_least: true, ..Estimate::point(bound, note) };
    }
    let means: Vec<Option<f64>> = each.iter().map(mean_ms).collect();
    non_negative(mean_estimate_at(&means, confidence))
}

fn mean_ms(histogram: &Histogram) -> Option<f64> {
    histogram.mean_nanos().map(|nanos| nanos / 1e6)
}

/// Quantiles at 0 … 0.9999, evenly spaced in the number of nines.
fn percentile_curve(merged: &Histogram) -> Vec<(f64, Option<f64>)> {
    const POINTS_PER_NINE: u32 = 40;
    (0..=4 * POINTS_PER_NINE)
        .map(|point| {
            let nines = f64::from(point) / f64::from(POINTS_PER_NINE);
            let p = 1.0 - crate::kernel::math::pow(10.0, -nines);
            let value = match merged.quantile(p) {
                Some(Quantile::Finite(value)) => Some(value.as_millis_f64()),
                _ => None,
            };
            (p, value)
        })
        .collect()
}

/// The traced requests with names in the place of numbers.
fn traced(plan: &Blueprint, first: &Replication) -> Vec<TracedResult> {
    let requests = first.played.recorder.trace.requests.iter();
    requests
        .map(|request| TracedResult {
            endpoint: plan.endpoints[usize::from(request.endpoint)].name.clone(),
            client: plan.clients[usize::from(request.client)].name.clone(),
            user: request.user,
            arrival_s: request.arrival.as_secs_f64(),
            outcome: request.outcome.to_owned(),
            retries: u32::from(request.retries),
            response_ms: request.response.as_millis_f64(),
            hops: request
                .parts
                .iter()
                .filter(|(_, nanos)| *nanos > 0)
                .map(|&(part, nanos)| {
                    (plan.programs.parts[usize::from(part)].clone(), nanos as f64 / 1e6)
                })
                .collect(),
            visits: request
                .visits
                .iter()
                .map(|(at, node)| (at.as_secs_f64(), node.clone()))
                .collect(),
            keys: request.keys.clone(),
        })
        .collect()
}

fn histogram(merged: &Histogram) -> Vec<HistogramBucket> {
    merged
        .buckets()
        .map(|bucket| HistogramBucket {
            low_ns: bucket.low.as_nanos(),
            high_ns: bucket.high.as_nanos(),
            count: bucket.count,
        })
        .collect()
}
