//! The first requests of a replication, one by one: what they were, which keys
//! they touched, and where their time went.

use super::request::{Request, RequestId};
use crate::kernel::time::{Duration, Instant};
use crate::route::step::StepId;
use rustc_hash::FxHashMap;

/// Traced requests, in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    limit: usize,
    /// The requests.
    pub requests: Vec<TracedRequest>,
    /// Which of them a request in flight is. Never iterated.
    places: FxHashMap<RequestId, usize>,
}

/// One traced request.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedRequest {
    /// Who asked.
    pub user: u64,
    /// What, as a number.
    pub endpoint: u16,
    /// Kind of client, as a number.
    pub client: u8,
    /// When.
    pub arrival: Instant,
    /// Attempts after the first.
    pub retries: u8,
    /// `answered`, the cause of the failure, or `in flight`.
    pub outcome: &'static str,
    /// From the click to its end.
    pub response: Duration,
    /// Where that time went: part of the attribution, nanoseconds.
    pub parts: Vec<(u16, u64)>,
    /// Nodes that took its calls, by name, and when. Only where something can
    /// fail.
    pub visits: Vec<(Instant, String)>,
    /// Keys that it read from a database or wrote: step, popularity rank.
    pub keys: Vec<(StepId, u64)>,
}

impl Trace {
    /// Of the first `limit` requests.
    pub fn new(limit: u32) -> Self {
        Self { limit: limit as usize, ..Self::default() }
    }

    /// Whether anything is traced at all.
    #[inline]
    pub fn is_on(&self) -> bool {
        self.limit > 0
    }

    /// A request arrives.
    #[cold]
    #[inline(never)]
    pub fn begin(&mut self, id: RequestId, request: &Request) {
        self.places.remove(&id);
        if self.requests.len() == self.limit {
            return;
        }
        self.places.insert(id, self.requests.len());
        self.requests.push(TracedRequest {
            user: request.user,
            endpoint: request.endpoint,
            client: request.client,
            arrival: request.arrival,
            retries: 0,
            outcome: "in flight",
            response: Duration::ZERO,
            parts: Vec::new(),
            visits: Vec::new(),
            keys: Vec::new(),
        });
    }

    /// A request touches a key.
    #[cold]
    #[inline(never)]
    pub fn touch(&mut self, id: RequestId, step: StepId, rank: u64) {
        if let Some(&place) = self.places.get(&id) {
            self.requests[place].keys.push((step, rank));
        }
    }

    /// A node takes a call of a request.
    #[cold]
    #[inline(never)]
    pub fn visit(&mut self, id: RequestId, at: Instant, node: String) {
        if let Some(&place) = self.places.get(&id) {
            self.requests[place].visits.push((at, node));
        }
    }

    /// A request is answered, or failed for good, after what `parts` say.
    #[cold]
    #[inline(never)]
    pub fn end(
        &mut self,
        id: RequestId,
        request: &Request,
        now: Instant,
        outcome: &'static str,
        parts: Vec<(u16, u64)>,
    ) {
        if let Some(place) = self.places.remove(&id) {
            let traced = &mut self.requests[place];
            traced.retries = request.attempt;
            traced.outcome = outcome;
            traced.response = now - request.arrival;
            traced.parts = parts;
        }
    }
}
