//! Keys: what a cache has, what a replica has not yet, what a write leaves.

use crate::kernel::random::Source;
use crate::kernel::time::{Duration, Instant};
use crate::route::step::{Pc, Purpose, Slot, StepId};
use crate::simulation::blueprint::{Access, KeySource, NONE};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{JobId, NOBODY};
use crate::simulation::world::World;
use crate::tier::cache::Lookup;

/// Ranks beyond every dataset: keys of inserted items.
const NEW_KEY: u64 = 1 << 47;

impl World<'_> {
    /// Popularity rank of one key of a step.
    pub(in crate::simulation) fn rank(
        &self,
        job: JobId,
        access: u16,
        step: StepId,
        item: u32,
    ) -> u64 {
        let plan = &self.plan.accesses[usize::from(access)];
        let draws = || self.request_key(job, step, Purpose::Keys).numbered(u64::from(item)).draws();
        match plan.keys {
            KeySource::Popular(dataset) => self.plan.popularities[dataset].sample(&mut draws()),
            KeySource::New => NEW_KEY | draws().next_u64() >> 17,
            KeySource::User | KeySource::Session => self.requests[self.jobs[job].request].user,
            KeySource::Everyone => 0,
        }
    }

    /// One key of a step, apart from those of other datasets.
    pub(in crate::simulation) fn key(
        &self,
        job: JobId,
        access: u16,
        step: StepId,
        item: u32,
    ) -> u64 {
        self.plan.accesses[usize::from(access)].space << 48 | self.rank(job, access, step, item)
    }

    /// Keys that the step still wants, by item.
    pub(super) fn wanted(&self, job: JobId, plan: &Access) -> impl Iterator<Item = u32> + use<> {
        items_in(plan, self.wanted_bits(job, plan))
    }

    /// The same as bits: what the cache missed, or all.
    pub(in crate::simulation) fn wanted_bits(&self, job: JobId, plan: &Access) -> u64 {
        if plan.looked_up { self.jobs[job].missing } else { u64::MAX }
    }

    /// Looks every key up at its node; goes to `hit` when nothing is missing.
    #[inline(never)]
    pub(in crate::simulation) fn lookup(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
        hit: Pc,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let mut missing = self.given_up(job);
        for item in 0..u32::from(plan.count) {
            if missing >> item & 1 == 0 && !self.is_held(job, access, step, item) {
                missing |= 1 << item;
            }
        }
        self.jobs[job].missing = missing;
        if missing == 0 { Flow::Jump(hit) } else { Flow::Next }
    }

    /// Keys whose nodes did not answer when they were asked, by item.
    fn given_up(&self, job: JobId) -> u64 {
        if self.faults.is_some() { self.jobs[job].missing } else { 0 }
    }

    fn is_held(&mut self, job: JobId, access: u16, step: StepId, item: u32) -> bool {
        let cache = usize::from(self.plan.accesses[usize::from(access)].cache);
        if let Some(ratio) = self.plan.caches[cache].hit_ratio {
            if self.faults.is_some() {
                let node = self.cache_node_of(job, access, step, item);
                if !self.cache_answers(job, cache, node) {
                    return false;
                }
            }
            let key = self.request_key(job, step, Purpose::CacheHit).numbered(u64::from(item));
            let hit = key.draws().chance(ratio);
            let tier = &mut self.caches[cache];
            *(if hit { &mut tier.simple_hits } else { &mut tier.simple_misses }) += 1;
            return hit;
        }
        let key = self.key(job, access, step, item);
        let now = self.now;
        let region = self.reader_region(job, &self.plan.accesses[usize::from(access)]);
        let node = self.caches[cache].placement.node_of(region, key);
        if !self.cache_answers(job, cache, node) {
            return false;
        }
        let tier = &mut self.caches[cache];
        if tier.finds_unflushed(now, node, key) {
            return true;
        }
        match tier.nodes[node].lookup(now, key) {
            Lookup::Hit { stale_since } => {
                if let Some(since) = stale_since {
                    tier.record_stale(now - since);
                }
                true
            }
            Lookup::Expired | Lookup::Miss => false,
        }
    }

    /// Stores what was missing, as of the instant at which it was read.
    #[inline(never)]
    pub(in crate::simulation) fn fill(&mut self, job: JobId, access: u16, step: StepId) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let cache = usize::from(plan.cache);
        if self.plan.caches[cache].hit_ratio.is_some() {
            return Flow::Next;
        }
        let region = self.reader_region(job, plan);
        for item in self.wanted(job, plan) {
            let key = self.key(job, access, step, item);
            let stale_since = self.missed_by_read(job, plan, key);
            let node = self.caches[cache].placement.node_of(region, key);
            if !self.cache_answers(job, cache, node) {
                continue;
            }
            let bytes = self.stored_bytes(plan);
            let tier = &mut self.caches[cache];
            if !tier.is_unflushed(node, key) {
                tier.nodes[node].store(self.now, key, bytes, stale_since);
            }
        }
        self.end_fetches(job, access);
        Flow::Next
    }

    /// What an item takes of a node's memory.
    pub(super) fn stored_bytes(&self, plan: &Access) -> u32 {
        let overhead = self.plan.caches[usize::from(plan.cache)].overhead_bytes;
        plan.item_bytes.saturating_add(overhead).min(u64::from(u32::MAX)) as u32
    }

    /// The node that holds one key of a step.
    pub(in crate::simulation) fn cache_node_of(
        &self,
        job: JobId,
        access: u16,
        step: StepId,
        item: u32,
    ) -> usize {
        let plan = &self.plan.accesses[usize::from(access)];
        let region = self.reader_region(job, plan);
        let placement = &self.caches[usize::from(plan.cache)].placement;
        placement.node_of(region, self.key(job, access, step, item))
    }

    /// The nodes that hold the keys of a step and answer, bit by bit.
    pub(in crate::simulation) fn nodes_of(&self, job: JobId, access: u16, step: StepId) -> u128 {
        let plan = &self.plan.accesses[usize::from(access)];
        let cache = usize::from(plan.cache);
        let given_up = self.given_up(job);
        (0..u32::from(plan.count))
            .filter(|item| given_up >> item & 1 == 0)
            .map(|item| self.cache_node_of(job, access, step, item))
            .filter(|&node| self.cache_answers(job, cache, node))
            .fold(0, |nodes, node| nodes | 1 << node)
    }

    /// First commit of a key that the read did not see: missed by its replica,
    /// or made after it.
    pub(super) fn missed_by_read(&self, job: JobId, plan: &Access, key: u64) -> Option<Instant> {
        if plan.database == NONE {
            return None;
        }
        let logs = &self.databases[usize::from(plan.database)].logs;
        let read_at = self.jobs[job].read_at;
        logs.iter().filter_map(|log| log.first_commit_since(key, read_at)).min()
    }

    /// The read sees its database as of now. A replica shows the state of its
    /// last applied write: what it lacks is stale.
    #[inline(never)]
    pub(in crate::simulation) fn snapshot(
        &mut self,
        job: JobId,
        access: u16,
        slot: Slot,
        step: StepId,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let instance = self.jobs[job].slots[usize::from(slot)] as usize;
        let database = usize::from(plan.database);
        // It sees what was committed up to now, and nothing after.
        self.jobs[job].read_at = self.now + Duration::from_nanos(1);
        let mut oldest: Option<Instant> = None;
        for log in &self.databases[database].logs {
            if let Some(next) = log.next_for(instance) {
                let read_at = &mut self.jobs[job].read_at;
                *read_at = next.committed_at.min(*read_at);
                for item in self.wanted(job, plan) {
                    let key = self.key(job, access, step, item);
                    let missed = log.first_missed_commit(instance, key);
                    oldest = oldest.into_iter().chain(missed).min();
                }
            }
        }
        if self.recorder.trace.is_on() {
            self.trace_keys(job, access, step);
        }
        let age: Option<Duration> = oldest.map(|since| self.now - since);
        self.databases[database].record_read(age);
        Flow::Next
    }

    /// Writes down the keys that a step touches.
    #[cold]
    #[inline(never)]
    pub(in crate::simulation) fn trace_keys(&mut self, job: JobId, access: u16, step: StepId) {
        let plan = &self.plan.accesses[usize::from(access)];
        let request = self.jobs[job].request;
        // What the system does by itself is no part of a request.
        if request == NOBODY {
            return;
        }
        for item in self.wanted(job, plan) {
            let rank = self.rank(job, access, step, item);
            self.recorder.trace.touch(request, step, rank);
        }
    }

    /// The write is in the log; what caches hold of its keys is stale.
    #[inline(never)]
    pub(in crate::simulation) fn commit(
        &mut self,
        job: JobId,
        access: u16,
        slot: Slot,
        step: StepId,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        keys.extend((0..u32::from(plan.count)).map(|item| self.key(job, access, step, item)));
        self.commit_keys((job, access, slot, step), keys, Self::write_to_log)
    }

    /// The same of the keys that lie on this shard.
    #[inline(never)]
    pub(in crate::simulation) fn commit_share(
        &mut self,
        job: JobId,
        access: u16,
        slot: Slot,
        step: StepId,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let mut keys = std::mem::take(&mut self.keys);
        keys.clear();
        keys.extend(self.wanted(job, plan).map(|item| self.key(job, access, step, item)));
        self.commit_keys((job, access, slot, step), keys, Self::write_to_log)
    }

    /// Commits keys where the member may; `record` writes them down: in which
    /// database, in which log, and whether they are deleted.
    #[inline(always)]
    pub(super) fn commit_keys(
        &mut self,
        (job, access, slot, step): (JobId, u16, Slot, StepId),
        keys: Vec<u64>,
        record: impl FnOnce(&mut Self, usize, usize, &[u64], bool),
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let database = usize::from(plan.database);
        let instance = self.jobs[job].slots[usize::from(slot)] as usize;
        let log = match self.commit_is_plain(database, instance) {
            true => Ok(0),
            false => self.commit_elsewhere(job, database, instance, &keys),
        };
        let flow = match log {
            Ok(log) => {
                self.databases[database].writes_committed += 1;
                if self.recorder.trace.is_on() {
                    self.trace_keys(job, access, step);
                }
                record(self, database, log, &keys, plan.deletes);
                Flow::Next
            }
            Err(flow) => flow,
        };
        self.keys = keys;
        flow
    }
}

/// The items of an access whose bits are set.
pub(super) fn items_in(plan: &Access, bits: u64) -> impl Iterator<Item = u32> + use<> {
    (0..u32::from(plan.count)).filter(move |item| bits >> item & 1 == 1)
}
