//! What users of each region saw.

use super::recorder::EndpointRecord;
use super::request::{Cause, Request, RequestId};
use super::world::World;
use crate::kernel::time::Instant;
use crate::metrics::series::SumSeries;

/// Counts of the users of one region.
#[derive(Clone, Debug, Default)]
pub struct RegionRecord {
    /// By endpoint.
    pub endpoints: Vec<EndpointRecord>,
    /// Arrivals over time.
    pub offered: SumSeries,
    /// Answers over time.
    pub answered: SumSeries,
    /// Failures over time.
    pub failed: SumSeries,
    /// Sums of their response times, nanoseconds.
    pub response_sum: SumSeries,
}

impl RegionRecord {
    /// Nothing counted yet.
    pub fn new(endpoints: usize) -> Self {
        Self { endpoints: vec![EndpointRecord::default(); endpoints], ..Self::default() }
    }

    fn courses(&mut self) -> [&mut SumSeries; 4] {
        [&mut self.offered, &mut self.answered, &mut self.failed, &mut self.response_sum]
    }

    /// Two buckets become one.
    pub fn halve(&mut self) {
        self.courses().into_iter().for_each(SumSeries::halve);
    }

    /// Adds another replication's courses.
    pub fn merge_courses(&mut self, other: &Self) {
        self.offered.merge(&other.offered);
        self.answered.merge(&other.answered);
        self.failed.merge(&other.failed);
        self.response_sum.merge(&other.response_sum);
    }

    fn endpoint(&mut self, request: &Request) -> &mut EndpointRecord {
        &mut self.endpoints[usize::from(request.endpoint)]
    }

    fn arrived(&mut self, now: Instant, end: Instant, bucket: usize, request: &Request) {
        self.endpoint(request).offered += u64::from(request.measured);
        if now < end {
            self.offered.add(bucket, 1);
        }
    }

    fn answered(&mut self, now: Instant, end: Instant, bucket: usize, request: &Request) {
        let response = now - request.arrival;
        if now < end {
            self.answered.add(bucket, 1);
            self.response_sum.add(bucket, u128::from(response.as_nanos()));
        }
        if request.measured {
            let endpoint = self.endpoint(request);
            endpoint.answered += 1;
            endpoint.response.record(response);
        }
    }

    fn failed(
        &mut self,
        now: Instant,
        end: Instant,
        bucket: usize,
        request: &Request,
        cause: Cause,
    ) {
        if now < end {
            self.failed.add(bucket, 1);
        }
        if request.measured {
            self.endpoint(request).failed[cause as usize] += 1;
        }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen {
    Arrived,
    Answered,
    Failed(Cause),
    /// Not finished when the replication ended.
    Unfinished,
}

impl World<'_> {
    /// A click, for whoever looks closer: the trace, and the regions.
    #[cold]
    #[inline(never)]
    pub(super) fn observe_arrival(&mut self, id: RequestId) {
        if self.recorder.trace.is_on() {
            self.recorder.trace.begin(id, &self.requests[id]);
        }
        self.observe(id, Seen::Arrived);
    }

    /// What becomes of a request, for the regions.
    pub(super) fn observe(&mut self, id: RequestId, seen: Seen) {
        if !self.recorder.regions.is_empty() {
            self.count_in_region(id, seen);
        }
    }

    /// Counts a request for the region of its user.
    #[inline(never)]
    fn count_in_region(&mut self, id: RequestId, seen: Seen) {
        let home = usize::from(self.home_of(self.requests[id].user));
        let (request, recorder) = (&self.requests[id], &mut self.recorder);
        let (now, end, bucket) = (self.now, recorder.end, recorder.courses.clock.current());
        let Some(region) = recorder.regions.get_mut(home) else {
            return;
        };
        match seen {
            Seen::Arrived => region.arrived(now, end, bucket, request),
            Seen::Answered => region.answered(now, end, bucket, request),
            Seen::Failed(cause) => region.failed(now, end, bucket, request, cause),
            Seen::Unfinished => {
                region.endpoint(request).response.record_unfinished(now - request.arrival);
            }
        }
    }
}
