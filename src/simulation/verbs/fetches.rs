//! Single flight: of those who miss a key at a node, one fetches it.

use crate::route::program::Held;
use crate::route::step::{Pc, StepId, Verb};
use crate::simulation::interpreter::Flow;
use crate::simulation::measured::{MeasuredFigure, ratio};
use crate::simulation::request::{Cause, JobId};
use crate::simulation::world::{CacheTier, World};
use crate::tier::cache::{Claim, Fetches, Woken};

/// Fetches of one cache that others wait for.
pub struct SharedFetches {
    fetches: Fetches,
    /// Keys that were missed and then awaited, in the window.
    delayed_hits: u64,
    /// Kept for its memory.
    woken: Vec<Woken>,
}

impl SharedFetches {
    /// None is under way at any of `nodes`.
    pub fn new(nodes: usize) -> Self {
        Self { fetches: Fetches::new(nodes), delayed_hits: 0, woken: Vec::new() }
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self) {
        self.delayed_hits = 0;
    }

    /// Delayed hits (Atre, Sherry, Wang & Berger 2020): look-ups that missed
    /// and waited for the fetch of another. The other misses fetch.
    pub fn figures(&self, hits: u64, misses: u64) -> [(&'static str, MeasuredFigure); 3] {
        let delayed = self.delayed_hits;
        [
            ("fetches", MeasuredFigure::Count(misses.saturating_sub(delayed))),
            ("delayed_hits", MeasuredFigure::Count(delayed)),
            ("delayed_hit_ratio", MeasuredFigure::Mean(ratio(delayed, hits + misses))),
        ]
    }
}

impl CacheTier {
    fn shared(&mut self) -> &mut SharedFetches {
        self.fetches.as_mut().expect("a program claims only where fetches are shared")
    }
}

impl World<'_> {
    /// Of the missed keys, the job fetches those that nobody fetches; where
    /// others fetch all of them, it waits for them here. What a node that does
    /// not answer should hold is fetched by each on its own.
    #[inline(never)]
    pub(in crate::simulation) fn claim(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
        shared: Pc,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let cache = usize::from(plan.cache);
        let mut own = self.jobs[job].missing;
        let mut delayed = 0;
        for item in
            (0..u32::from(plan.count)).filter(|item| self.jobs[job].missing >> item & 1 == 1)
        {
            let node = self.cache_node_of(job, access, step, item);
            if !self.cache_answers(job, cache, node) {
                continue;
            }
            let key = self.key(job, access, step, item);
            let fetches = &mut self.caches[cache].shared().fetches;
            if fetches.claim(node, key, job, access) == Claim::Follows {
                own &= !(1 << item);
                delayed += 1;
            }
        }
        let tier = self.caches[cache].shared();
        tier.delayed_hits += delayed;
        if own != 0 {
            self.jobs[job].missing = own;
            return Flow::Next;
        }
        if !tier.fetches.waits(job) {
            return Flow::Jump(shared);
        }
        self.jobs[job].since = self.now;
        Flow::Wait
    }

    /// The job goes on when what it needs of others is there.
    #[inline(never)]
    pub(in crate::simulation) fn await_fetches(&mut self, job: JobId, cache: u16) -> Flow {
        let tier = self.caches[usize::from(cache)].shared();
        if tier.fetches.waits(job) {
            self.jobs[job].since = self.now;
            return Flow::Wait;
        }
        let failed = tier.fetches.has_failed(job);
        tier.fetches.forget(job);
        if failed { self.fail(job, Cause::Lost) } else { Flow::Next }
    }

    /// What the job fetched for an access is there, for all who wait for it.
    #[inline]
    pub(in crate::simulation) fn end_fetches(&mut self, job: JobId, access: u16) {
        let cache = usize::from(self.plan.accesses[usize::from(access)].cache);
        if let Some(shared) = &mut self.caches[cache].fetches {
            let mut woken = std::mem::take(&mut shared.woken);
            shared.fetches.end(job, access, &mut woken);
            self.wake(cache, woken);
        }
    }

    /// What the job fetches for others will not come from it.
    pub(in crate::simulation) fn fail_fetches(&mut self, job: JobId, cache: u16) {
        let cache = usize::from(cache);
        let shared = self.caches[cache].shared();
        let mut woken = std::mem::take(&mut shared.woken);
        shared.fetches.forget(job);
        shared.fetches.fail(job, &mut woken);
        self.wake(cache, woken);
    }

    /// Those who waited go on, each with what all of them have got. After a
    /// failure the first of those who fetch nothing themselves does it anew.
    fn wake(&mut self, cache: usize, mut woken: Vec<Woken>) {
        for Woken { job, failed } in woken.drain(..) {
            let instruction = self.instruction(job);
            self.attribute_since(job, instruction.part);
            if let Verb::Claim { shared, .. } = instruction.verb {
                self.caches[cache].shared().fetches.forget(job);
                if !failed {
                    self.jobs[job].pc = shared;
                }
            }
            self.ready.push_back(job);
        }
        self.caches[cache].shared().woken = woken;
    }

    /// A job waits here no longer.
    pub(in crate::simulation) fn forget_fetches(&mut self, job: JobId) {
        let cache = match self.instruction(job).verb {
            Verb::Claim { access, .. } => self.plan.accesses[usize::from(access)].cache,
            Verb::Await { cache } => cache,
            _ => return,
        };
        self.caches[usize::from(cache)].shared().fetches.forget(job);
    }

    /// A job goes on under another number.
    pub(in crate::simulation) fn renumber_fetches(&mut self, job: JobId, number: JobId) {
        let mut hold = self.instruction(number).holds;
        while let Some(entry) = self.plan.programs.holds.get(usize::from(hold)) {
            if let Held::Fetch(cache) = entry.held {
                self.caches[usize::from(cache)].shared().fetches.renumber(job, number);
            }
            hold = entry.outer;
        }
    }
}
