//! The one narrow place to which the model reports. It counts and never
//! averages; summaries belong to the experiment.

use super::availability::AvailabilityRecord;
use super::blueprint::Blueprint;
use super::courses::{self, ComponentCourse};
use super::regional::RegionRecord;
use super::request::{Cause, Request};
use super::trace::Trace;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::histogram::Histogram;
use crate::metrics::series::{BUCKETS, BucketClock, QuantileSeries, SumSeries};
use crate::metrics::time_weighted::TimeWeighted;

/// Observations per first batch of MSER-5 (White 1997).
const BATCH: u32 = 5;
/// Most batches kept; then neighbours merge, so that memory does not grow.
const BATCHES_MAX: usize = 8_192;

/// All that one replication has counted.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Requests that arrive from here on are measured …
    pub start: Instant,
    /// … up to here.
    pub end: Instant,
    /// By endpoint.
    pub endpoints: Vec<EndpointRecord>,
    /// By region of the user, where there are two or more.
    pub regions: Vec<RegionRecord>,
    /// Response times with static files.
    pub pages: Histogram,
    /// Attribution of answered requests, by part, nanoseconds.
    pub parts: Vec<u128>,
    /// Time of their failed attempts.
    pub attempts_failed: u128,
    /// Their pauses between attempts.
    pub paused: u128,
    /// Waits, by station name.
    pub waits: Vec<Histogram>,
    /// Measured requests that failed for good.
    pub failed_for_good: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Static files asked for.
    pub static_asked: u64,
    /// Static files that arrived.
    pub static_arrived: u64,
    /// Bytes sent to clients within the window.
    pub egress_bytes: u128,
    /// Answers that came within the window, whenever their requests did.
    pub answers_in_window: u64,
    /// Measured requests that are neither answered nor failed.
    pub measured_in_flight: u64,
    /// Measured requests that are answered and whose pages are still loading.
    pub pages_loading: u64,
    /// Requests in the system, measured or not.
    pub in_system: TimeWeighted,
    /// Sojourns clipped to the window: the other side of Little's law.
    pub sojourns_clipped: u128,
    /// For the warm-up.
    pub batches: Batches,
    /// Courses over time.
    pub courses: Courses,
    /// The first requests, one by one, if asked for.
    pub trace: Trace,
    /// Failures, and availability by time.
    pub availability: AvailabilityRecord,
    /// Laws found broken, with what was seen.
    pub broken: Vec<(&'static str, String)>,
    /// The trace or the regions look closer at each request.
    pub is_observed: bool,
    is_open: bool,
    is_closed: bool,
}

/// One endpoint's counts.
#[derive(Clone, Debug, Default)]
pub struct EndpointRecord {
    /// Arrived within the window.
    pub offered: u64,
    /// Of them answered.
    pub answered: u64,
    /// Of them failed, by number of the cause.
    pub failed: [u64; Cause::ALL.len()],
    /// Response times of the answered.
    pub response: Histogram,
}

/// Means of batches of successive response times, with the arrival of the
/// first of each.
#[derive(Clone, Debug)]
pub struct Batches {
    /// Closed batches: arrival of the first, sum in nanoseconds.
    pub closed: Vec<(Instant, f64)>,
    /// Observations per batch.
    pub size: u32,
    open: (Instant, f64, u32),
}

/// Courses over time of what users see, and of each station.
#[derive(Clone, Debug)]
pub struct Courses {
    /// The buckets.
    pub clock: BucketClock,
    /// Arrivals.
    pub offered: SumSeries,
    /// Answers.
    pub answered: SumSeries,
    /// Failures.
    pub failed: SumSeries,
    /// Response times of answers.
    pub response: QuantileSeries,
    /// Their sums, nanoseconds.
    pub response_sum: SumSeries,
    /// Integral of the requests in the system.
    pub in_system: SumSeries,
    /// Integrals of busy and waiting, by station name.
    pub stations: Vec<StationCourse>,
    /// Of each database.
    pub databases: Vec<DatabaseCourse>,
    /// Of further figures of components, in the order of the components.
    pub components: Vec<ComponentCourse>,
    /// What the present bucket has yet to be told.
    open: OpenBucket,
}

/// Counts of the present bucket: close at hand, as each request moves them.
#[derive(Clone, Copy, Debug, Default)]
struct OpenBucket {
    offered: u64,
    answered: u64,
    failed: u64,
    /// Nanoseconds.
    response_sum: u128,
}

/// Course of all instances of one station.
#[derive(Clone, Debug, Default)]
pub struct StationCourse {
    /// Integral of busy servers.
    pub busy: SumSeries,
    /// Integral of waiting jobs.
    pub queue: SumSeries,
    /// Integral of the servers of machines that were not there.
    pub absent: SumSeries,
}

/// Course of one database's replication.
#[derive(Clone, Debug)]
pub struct DatabaseCourse {
    /// Largest lag of a member in service at the end of each bucket,
    /// nanoseconds.
    pub lag: Vec<u64>,
    /// Stale reads.
    pub stale_reads: SumSeries,
    /// Conflicts.
    pub conflicts: SumSeries,
    /// Of both what the buckets have been told, since the counters began.
    noted: [u64; 2],
}

impl DatabaseCourse {
    fn new() -> Self {
        Self {
            lag: vec![0; BUCKETS],
            stale_reads: SumSeries::new(),
            conflicts: SumSeries::new(),
            noted: [0; 2],
        }
    }

    /// What the counters have come to, and the lag at this instant.
    pub fn note(&mut self, bucket: usize, lag: Duration, stale_reads: u64, conflicts: u64) {
        let [stale_before, conflicts_before] =
            std::mem::replace(&mut self.noted, [stale_reads, conflicts]);
        self.lag[bucket] = lag.as_nanos();
        self.stale_reads.add(bucket, u128::from(stale_reads - stale_before));
        self.conflicts.add(bucket, u128::from(conflicts - conflicts_before));
    }

    /// The counters begin again.
    pub fn begin_window(&mut self) {
        self.noted = [0; 2];
    }

    /// Neighbours become one, which ends with the later of them.
    fn halve(&mut self) {
        for bucket in 0..BUCKETS / 2 {
            self.lag[bucket] = self.lag[2 * bucket + 1];
        }
        self.lag[BUCKETS / 2..].fill(0);
        self.stale_reads.halve();
        self.conflicts.halve();
    }

    /// Puts another replication beside this one: of lags the largest counts.
    pub fn merge(&mut self, other: &Self) {
        self.lag.iter_mut().zip(&other.lag).for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
        self.stale_reads.merge(&other.stale_reads);
        self.conflicts.merge(&other.conflicts);
    }
}

impl Recorder {
    /// Nothing counted yet; the window is given.
    pub fn new(plan: &Blueprint, start: Instant, end: Instant) -> Self {
        let names = plan.stations.names.len();
        Self {
            start,
            end,
            endpoints: vec![EndpointRecord::default(); plan.endpoints.len()],
            regions: plan
                .regions
                .iter()
                .flat_map(|regions| &regions.names)
                .map(|_| RegionRecord::new(plan.endpoints.len()))
                .collect(),
            pages: Histogram::new(),
            parts: vec![0; plan.programs.parts.len()],
            attempts_failed: 0,
            paused: 0,
            waits: vec![Histogram::new(); names],
            failed_for_good: 0,
            retries: 0,
            static_asked: 0,
            static_arrived: 0,
            egress_bytes: 0,
            answers_in_window: 0,
            measured_in_flight: 0,
            pages_loading: 0,
            in_system: TimeWeighted::new(),
            sojourns_clipped: 0,
            batches: Batches::new(),
            courses: Courses::new(plan, end),
            trace: Trace::default(),
            availability: AvailabilityRecord::default(),
            broken: Vec::new(),
            is_observed: plan.regions.is_some(),
            is_open: false,
            is_closed: false,
        }
    }

    /// The first `requests` are written down one by one.
    pub fn trace(&mut self, requests: u32) {
        self.trace = Trace::new(requests);
        self.is_observed |= self.trace.is_on();
    }

    /// A bucket of the time series is full.
    pub fn end_bucket(&mut self) {
        if self.courses.advance() {
            self.regions.iter_mut().for_each(RegionRecord::halve);
        }
    }

    /// The window begins.
    pub fn open(&mut self, now: Instant) {
        self.is_open = true;
        self.in_system.begin_window(now);
    }

    /// The window ends.
    pub fn close(&mut self) {
        self.courses.flush();
        (self.is_open, self.is_closed) = (false, true);
    }

    /// Whether the window has begun and not ended.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether the window has ended.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// A click; says whether it is measured.
    #[inline]
    pub fn request_arrived(&mut self, now: Instant, endpoint: u16) -> bool {
        self.in_system.add(now, 1);
        let measured = now >= self.start && now < self.end;
        if measured {
            self.endpoints[usize::from(endpoint)].offered += 1;
            self.measured_in_flight += 1;
        }
        if now < self.end {
            self.courses.open.offered += 1;
        }
        measured
    }

    /// An answer, with the attribution of its last attempt.
    #[inline]
    pub fn request_answered(
        &mut self,
        now: Instant,
        request: &Request,
        part_ids: &[u16],
        parts: &[u64],
        attempts_failed: Duration,
    ) {
        let response = now - request.arrival;
        self.request_left(now, request);
        self.batches.record(request.arrival, response);
        self.answers_in_window += u64::from(self.is_open);
        if now < self.end {
            self.courses.answered(response);
        }
        if !request.measured {
            return;
        }
        let endpoint = &mut self.endpoints[usize::from(request.endpoint)];
        endpoint.answered += 1;
        endpoint.response.record(response);
        for (&part, &nanos) in part_ids.iter().zip(parts) {
            self.parts[usize::from(part)] += u128::from(nanos);
        }
        self.attempts_failed += u128::from(attempts_failed.as_nanos());
        self.paused += u128::from(request.paused.as_nanos());
    }

    /// A request failed for good.
    pub fn request_failed(&mut self, now: Instant, request: &Request, cause: Cause) {
        self.request_left(now, request);
        if now < self.end {
            self.courses.open.failed += 1;
        }
        if request.measured {
            self.endpoints[usize::from(request.endpoint)].failed[cause as usize] += 1;
            self.failed_for_good += 1;
        }
    }

    #[inline]
    fn request_left(&mut self, now: Instant, request: &Request) {
        self.in_system.add(now, -1);
        if now <= self.end {
            self.clip_sojourn(request.arrival, now);
        }
        if request.measured {
            self.measured_in_flight -= 1;
        }
    }

    /// Adds the part of a sojourn that lies in the window.
    #[inline]
    pub fn clip_sojourn(&mut self, from: Instant, to: Instant) {
        let clipped = to.min(self.end).saturating_since(from.max(self.start));
        self.sojourns_clipped += u128::from(clipped.as_nanos());
    }

    /// A page has its answer and loads its static files.
    pub fn page_begun(&mut self, request: &Request) {
        self.pages_loading += u64::from(request.measured);
    }

    /// A page with all its static files is there.
    pub fn page_finished(&mut self, now: Instant, request: &Request) {
        if request.measured {
            self.pages_loading -= 1;
            self.pages.record(now - request.arrival);
        }
    }

    /// A page will never have all its static files.
    pub fn page_failed(&mut self, request: &Request) {
        self.pages_loading -= u64::from(request.measured);
    }

    /// No page has static files: each is there with its answer.
    pub fn pages_are_answers(&mut self) {
        for endpoint in &self.endpoints {
            self.pages.merge(&endpoint.response);
        }
    }

    /// A wait before service.
    #[inline]
    pub fn record_wait(&mut self, name: u16, waited: Duration) {
        if self.is_open {
            self.waits[usize::from(name)].record(waited);
        }
    }

    /// Bytes on their way to a client.
    pub fn count_egress(&mut self, bytes: f64) {
        if self.is_open {
            self.egress_bytes += bytes as u128;
        }
    }

    /// An attempt after the first.
    pub fn count_retry(&mut self, measured: bool) {
        self.retries += u64::from(measured);
    }

    /// A static file of a page.
    pub fn count_static(&mut self, measured: bool, arrived: bool) {
        let count = if arrived { &mut self.static_arrived } else { &mut self.static_asked };
        *count += u64::from(measured);
    }

    /// A law does not hold: a bug in the simulation.
    #[cold]
    pub fn broken_law(&mut self, law: &'static str, detail: String) {
        if self.broken.len() < 10 {
            self.broken.push((law, detail));
        }
    }
}

impl Default for Batches {
    fn default() -> Self {
        Self::new()
    }
}

impl Batches {
    fn new() -> Self {
        Self { closed: Vec::new(), size: BATCH, open: (Instant::ZERO, 0.0, 0) }
    }

    #[inline]
    fn record(&mut self, arrival: Instant, response: Duration) {
        if self.open.2 == 0 {
            self.open.0 = arrival;
        }
        self.open.1 += response.as_nanos() as f64;
        self.open.2 += 1;
        if self.open.2 == self.size {
            self.closed.push((self.open.0, self.open.1));
            self.open = (Instant::ZERO, 0.0, 0);
            if self.closed.len() == BATCHES_MAX {
                self.halve();
            }
        }
    }

    fn halve(&mut self) {
        let pairs = self.closed.chunks_exact(2).map(|pair| (pair[0].0, pair[0].1 + pair[1].1));
        self.closed = pairs.collect();
        self.size *= 2;
    }
}

impl Courses {
    fn new(plan: &Blueprint, end: Instant) -> Self {
        let (names, databases) = (plan.stations.names.len(), plan.databases.len());
        Self {
            clock: BucketClock::new(bucket_width(end)),
            offered: SumSeries::new(),
            answered: SumSeries::new(),
            failed: SumSeries::new(),
            response: QuantileSeries::new(),
            response_sum: SumSeries::new(),
            in_system: SumSeries::new(),
            stations: vec![StationCourse::default(); names],
            databases: vec![DatabaseCourse::new(); databases],
            components: courses::of_components(plan),
            open: OpenBucket::default(),
        }
    }

    #[inline]
    fn answered(&mut self, response: Duration) {
        self.open.answered += 1;
        self.open.response_sum += u128::from(response.as_nanos());
        self.response.record(self.clock.current(), response);
    }

    /// Tells the present bucket what was counted.
    pub fn flush(&mut self) {
        let (bucket, open) = (self.clock.current(), std::mem::take(&mut self.open));
        self.offered.add(bucket, u128::from(open.offered));
        self.answered.add(bucket, u128::from(open.answered));
        self.failed.add(bucket, u128::from(open.failed));
        self.response_sum.add(bucket, open.response_sum);
    }

    /// The present bucket is over; says whether all are twice as wide now.
    fn advance(&mut self) -> bool {
        self.flush();
        if !self.clock.advance() {
            return false;
        }
        self.response.halve();
        let users = [&mut self.offered, &mut self.answered, &mut self.failed];
        let others = [&mut self.response_sum, &mut self.in_system];
        users.into_iter().chain(others).for_each(SumSeries::halve);
        for station in &mut self.stations {
            station.busy.halve();
            station.queue.halve();
            station.absent.halve();
        }
        self.databases.iter_mut().for_each(DatabaseCourse::halve);
        self.components.iter_mut().for_each(ComponentCourse::halve);
        true
    }
}

/// The smallest of 1, 2, 5 times a power of ten nanoseconds that needs at most
/// all buckets for the run.
fn bucket_width(end: Instant) -> Duration {
    let wanted = end.as_nanos().div_ceil(BUCKETS as u64).max(1);
    let mut power = 1u64;
    loop {
        for step in [1, 2, 5] {
            if step * power >= wanted {
                return Duration::from_nanos(step * power);
            }
        }
        power *= 10;
    }
}
