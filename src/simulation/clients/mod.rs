//! What clients and callers do beside asking and trying again: they start a
//! second attempt beside a slow one, refuse to call what keeps failing, and
//! cancel the work of what they give up.
//!
//! All of it lies in tables beside requests and jobs, which exist only where a
//! scenario asks for them.

mod breakers;
mod cancellation;
mod figures;
mod hedging;
mod work;

use super::blueprint::{Blueprint, ClientPlan, NONE};
use super::request::{JobId, NOBODY, RequestId};
use crate::kernel::time::Instant;
use crate::tier::breaker::Breaker;
use hedging::Race;
use work::Work;

/// State of hedges, breakers and cancellation.
#[derive(Debug)]
pub struct Clients {
    /// Circuit breakers, by number: first those of client kinds, which number
    /// calls by their request, then the others, which number them by their job.
    pub(super) breakers: Vec<Breaker>,
    /// How many are of client kinds.
    of_clients: usize,
    /// Races of the present attempts, by request, as far as any client hedges.
    races: Vec<Race>,
    /// Jobs by request, where any client cancels.
    work: Option<Work>,
    /// Jobs being cancelled: empty in between.
    cancelled: Vec<JobId>,
    /// Second racers started by measured requests.
    pub(super) hedges: u64,
    /// Of them those that answered.
    pub(super) hedges_won: u64,
}

impl Clients {
    /// Nothing has happened yet.
    pub fn new(plan: &Blueprint) -> Self {
        let breakers = plan.breakers.iter().map(|breaker| Breaker::new(breaker.settings));
        let cancels = plan.clients.iter().any(|client| client.cancels);
        Self {
            breakers: breakers.collect(),
            of_clients: plan.clients.iter().filter(|client| client.breaker != NONE).count(),
            races: Vec::new(),
            work: cancels.then(Work::default),
            cancelled: Vec::new(),
            hedges: 0,
            hedges_won: 0,
        }
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.breakers.iter_mut().for_each(|breaker| breaker.begin_window(now));
    }

    /// A request has one more job.
    #[inline]
    pub fn begin_job(&mut self, request: RequestId, job: JobId) {
        if request == NOBODY {
            return;
        }
        if let Some(work) = &mut self.work {
            work.add(request, job);
        }
    }

    /// A request has one job less.
    #[inline]
    pub fn end_job(&mut self, request: RequestId, job: JobId) {
        if request == NOBODY {
            return;
        }
        if let Some(work) = &mut self.work {
            work.remove(request, job);
        }
    }
}

impl ClientPlan {
    /// Whether its answers and the ends of its jobs are of interest.
    pub(super) fn takes_notes(&self) -> bool {
        self.hedge_after.is_some() || self.cancels || self.breaker != NONE
    }
}
