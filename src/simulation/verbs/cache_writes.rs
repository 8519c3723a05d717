//! Writes by way of a cache: through it, or to it first and to the database
//! later.

use super::stores::items_in;
use crate::kernel::random::Key;
use crate::kernel::time::{Duration, Instant};
use crate::route::step::{NO_PROGRAM, Pc, Slot, StepId, Verb};
use crate::simulation::blueprint::KeySource;
use crate::simulation::interpreter::Flow;
use crate::simulation::measured::{MeasuredFigure, ratio};
use crate::simulation::request::{Job, JobId, NOBODY};
use crate::simulation::world::{CacheTier, World};
use crate::tier::cache::{AfterFailure, WriteBuffer};

/// Slot in which the job of a flush keeps the node that it comes from.
const FLUSHING_NODE: usize = 0;

/// Slot in which the bearer of a word keeps the region to which it goes.
const WORD_REGION: usize = 0;

/// Writes that the database may lack, node by node, in keys.
pub struct WriteBehind {
    nodes: Vec<WriteBuffer>,
    written: u64,
    absorbed: u64,
    flushed: u64,
    lost: u64,
    failed: u64,
}

impl WriteBehind {
    /// Nothing is written.
    pub fn new(nodes: usize) -> Self {
        let nodes = vec![WriteBuffer::new(); nodes];
        Self { nodes, written: 0, absorbed: 0, flushed: 0, lost: 0, failed: 0 }
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self) {
        (self.written, self.absorbed, self.flushed) = (0, 0, 0);
        (self.lost, self.failed) = (0, 0);
    }

    /// What happened in the window, and what is unflushed at its end.
    pub fn figures(&self) -> [(&'static str, MeasuredFigure); 7] {
        let unflushed: u64 = self.nodes.iter().map(WriteBuffer::unflushed).sum();
        [
            ("writes_buffered", MeasuredFigure::Count(self.written)),
            ("writes_absorbed", MeasuredFigure::Count(self.absorbed)),
            ("absorbed_ratio", MeasuredFigure::Mean(ratio(self.absorbed, self.written))),
            ("writes_flushed", MeasuredFigure::Count(self.flushed)),
            ("writes_lost", MeasuredFigure::Count(self.lost)),
            ("flushes_failed", MeasuredFigure::Count(self.failed)),
            ("unflushed", MeasuredFigure::Mean(Some(unflushed as f64))),
        ]
    }

    fn write(&mut self, node: usize, key: u64) -> bool {
        let is_new = self.nodes[node].write(key);
        self.written += 1;
        self.absorbed += u64::from(!is_new);
        is_new
    }
}

impl CacheTier {
    /// Whether a node has a write of a key that the database may lack.
    #[inline]
    pub(super) fn is_unflushed(&self, node: usize, key: u64) -> bool {
        self.write_behind.as_ref().is_some_and(|writes| writes.nodes[node].holds(key))
    }

    /// Whether a look-up finds a key among the unflushed writes alone: it was
    /// evicted, or has run out, and is a hit all the same.
    #[inline]
    pub(super) fn finds_unflushed(&mut self, now: Instant, node: usize, key: u64) -> bool {
        let found = self.is_unflushed(node, key) && !self.nodes[node].holds(now, key);
        self.simple_hits += u64::from(found);
        found
    }

    fn behind(&mut self) -> &mut WriteBehind {
        self.write_behind.as_mut().expect("a program buffers only where writes come later")
    }
}

impl World<'_> {
    /// What is asked of a cache beside looking up and filling.
    #[inline(never)]
    pub(in crate::simulation) fn begin_at_cache(&mut self, job: JobId, verb: Verb) -> Flow {
        match verb {
            Verb::Probe { access, step } => self.probe(job, access, step),
            Verb::Fan { access, step, join } => self.fan(job, access, step, join),
            Verb::Claim { access, step, shared } => self.claim(job, access, step, shared),
            Verb::Await { cache } => self.await_fetches(job, cache),
            Verb::Invalidate { access, step, word } => self.invalidate(job, access, step, word),
            Verb::Word { access, step } => self.word_came(job, access, step),
            Verb::Update { access, step, word } => self.update(job, access, step, word),
            Verb::Buffer { access, step, flush, done } => {
                self.buffer(job, access, step, flush, done)
            }
            Verb::Flush { access, step } => self.begin_flush(job, access, step),
            Verb::Settle { access, slot, step } => self.settle_write(job, access, slot, step),
            Verb::Flushed => self.flushed(job),
            _ => unreachable!("no verb of a cache"),
        }
    }

    /// Removes the written keys from the nodes of this region, and sends word to
    /// others.
    #[inline(never)]
    pub(in crate::simulation) fn invalidate(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
        word: u16,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let region = self.reader_region(job, plan);
        self.drop_keys(job, access, step, region);
        self.send_word(job, usize::from(plan.cache), region, word);
        Flow::Next
    }

    /// The nodes that serve a region lose the keys of a step.
    fn drop_keys(&mut self, job: JobId, access: u16, step: StepId, region: usize) {
        let plan = &self.plan.accesses[usize::from(access)];
        let cache = usize::from(plan.cache);
        for item in 0..u32::from(plan.count) {
            let key = self.key(job, access, step, item);
            let node = self.caches[cache].placement.node_of(region, key);
            // Who is out of reach is not told, and keeps what is stale.
            if self.cache_answers(job, cache, node) {
                self.caches[cache].nodes[node].invalidate(key);
            }
        }
    }

    /// The nodes of other regions learn of a write when the word gets there.
    fn send_word(&mut self, job: JobId, cache: usize, region: usize, word: u16) {
        let (Some(regions), true) = (&self.plan.regions, word != NO_PROGRAM) else { return };
        let here = regions.caches[cache][region];
        for there in (0..regions.count() as u8).filter(|&there| there != here) {
            if !regions.cache_nodes[cache].contains(&there) {
                continue;
            }
            let pc = self.program_after(word);
            let mut bearer = Job::new(self.key_of_request(job), NOBODY, pc, self.now);
            bearer.slots[WORD_REGION] = u32::from(there);
            let bearer = self.spawn(bearer);
            self.resume_after(bearer, regions.one_way(here, there));
        }
    }

    /// The word of a write has come.
    pub(in crate::simulation) fn word_came(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
    ) -> Flow {
        let region = self.jobs[job].slots[WORD_REGION] as usize;
        self.drop_keys(job, access, step, region);
        self.jobs.remove(job);
        Flow::End
    }

    /// First verb of what comes after a write.
    fn program_after(&self, number: u16) -> Pc {
        let programs = &self.plan.programs;
        programs.programs[usize::from(programs.afterwards[usize::from(number)])].start
    }

    /// Owner of the draws that a job shares with its request: of the same keys.
    fn key_of_request(&self, job: JobId) -> Key {
        match self.jobs[job].request {
            NOBODY => self.jobs[job].key,
            request => self.requests[request].key,
        }
    }

    /// The written keys are put into the cache; stale, if another write of them
    /// was committed meanwhile.
    #[inline(never)]
    pub(in crate::simulation) fn update(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
        word: u16,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let cache = usize::from(plan.cache);
        // Nobody reads what is new.
        if plan.keys == KeySource::New {
            return Flow::Next;
        }
        let bytes = self.stored_bytes(plan);
        for item in 0..u32::from(plan.count) {
            let node = self.cache_node_of(job, access, step, item);
            if self.cache_answers(job, cache, node) {
                let key = self.key(job, access, step, item);
                let stale_since = self.missed_by_read(job, plan, key);
                self.caches[cache].nodes[node].store(self.now, key, bytes, stale_since);
            }
        }
        self.send_word(job, cache, self.reader_region(job, plan), word);
        Flow::Next
    }

    /// The nodes that answer take the written keys, and have them flushed after
    /// a while. Goes on at `done`, unless some keys are left to be written to
    /// the database at once.
    #[inline(never)]
    pub(in crate::simulation) fn buffer(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
        flush: u16,
        done: Pc,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let cache = usize::from(plan.cache);
        let bytes = self.stored_bytes(plan);
        // Keys to be flushed, by item, those at one node after the other.
        let (mut left, mut due) = (0, 0);
        for item in 0..u32::from(plan.count) {
            let node = self.cache_node_of(job, access, step, item);
            if !self.cache_answers(job, cache, node) {
                left |= 1_u64 << item;
                continue;
            }
            let key = self.key(job, access, step, item);
            self.others_are_stale(usize::from(plan.database), cache, key);
            let tier = &mut self.caches[cache];
            if plan.keys != KeySource::New {
                tier.nodes[node].store(self.now, key, bytes, None);
            }
            due |= u64::from(tier.behind().write(node, key)) << item;
        }
        self.schedule_flushes(job, (access, step), flush, due);
        self.jobs[job].missing = left;
        if left == 0 { Flow::Jump(done) } else { Flow::Next }
    }

    /// One job per node that has something to flush.
    fn schedule_flushes(
        &mut self,
        job: JobId,
        (access, step): (u16, StepId),
        flush: u16,
        mut due: u64,
    ) {
        while due != 0 {
            let node = self.cache_node_of(job, access, step, due.trailing_zeros());
            let count = u32::from(self.plan.accesses[usize::from(access)].count);
            let here = |item: &u32| {
                due >> item & 1 == 1 && self.cache_node_of(job, access, step, *item) == node
            };
            let missing = (0..count).filter(here).fold(0, |bits, item| bits | 1_u64 << item);
            due &= !missing;
            let key = self.key_of_request(job);
            let pc = self.program_after(flush);
            let mut flushing = Job { missing, ..Job::new(key, NOBODY, pc, self.now) };
            flushing.slots[FLUSHING_NODE] = node as u32;
            let flushing = self.spawn(flushing);
            self.ready.push_back(flushing);
        }
    }

    /// What other caches hold of a key is stale from the write on, not only
    /// from its commit.
    fn others_are_stale(&mut self, database: usize, cache: usize, key: u64) {
        for &other in &self.plan.databases[database].caches {
            if usize::from(other) != cache {
                let tier = &mut self.caches[usize::from(other)];
                for node in tier.placement.holders(key) {
                    tier.nodes[node].mark_stale(self.now, key);
                }
            }
        }
    }

    /// The flush begins, of what still waits for it.
    #[inline(never)]
    pub(in crate::simulation) fn begin_flush(
        &mut self,
        job: JobId,
        access: u16,
        step: StepId,
    ) -> Flow {
        let plan = &self.plan.accesses[usize::from(access)];
        let node = self.jobs[job].slots[FLUSHING_NODE] as usize;
        let mut missing = 0;
        for item in items_in(plan, self.jobs[job].missing) {
            let key = self.key(job, access, step, item);
            let writes = self.caches[usize::from(plan.cache)].behind();
            missing |= u64::from(writes.nodes[node].begin_flush(key)) << item;
        }
        self.jobs[job].missing = missing;
        if missing != 0 {
            return Flow::Next;
        }
        // The node has died since, and this write with it.
        self.jobs.remove(job);
        Flow::End
    }

    /// The wanted keys are committed. What the cache that flushes them holds of
    /// them is as new as the flush.
    #[inline(never)]
    pub(in crate::simulation) fn settle_write(
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
        self.commit_keys((job, access, slot, step), keys, |world, database, log, keys, deletes| {
            // It has seen all that was committed up to now.
            world.jobs[job].read_at = world.now + Duration::from_nanos(1);
            match world.jobs[job].request == NOBODY && world.is_flush(job) {
                true => world.keys_flushed(job, usize::from(plan.cache), database, log, keys),
                false => world.write_to_log(database, log, keys, deletes),
            }
        })
    }

    fn keys_flushed(
        &mut self,
        job: JobId,
        cache: usize,
        database: usize,
        log: usize,
        keys: &[u64],
    ) {
        let node = self.jobs[job].slots[FLUSHING_NODE] as usize;
        let writes = self.caches[cache].behind();
        writes.flushed += keys.len() as u64;
        for &key in keys {
            writes.nodes[node].end_flush(key);
        }
        self.databases[database].logs[log].commit(self.now, keys);
        self.wake_appliers(database, log);
    }

    /// The flush has ended.
    pub(in crate::simulation) fn flushed(&mut self, job: JobId) -> Flow {
        self.jobs.remove(job);
        Flow::End
    }

    /// The flush that a job of the system is, if it is one: its first verb,
    /// and the verb after its pause.
    fn flush_of(&self, job: JobId) -> Option<(Pc, u16, StepId)> {
        let pc = self.jobs[job].pc;
        let programs = &self.plan.programs.programs;
        let program = programs.partition_point(|program| program.end <= pc);
        let start = programs.get(program)?.start;
        match self.plan.programs.code[start as usize + 1].verb {
            Verb::Flush { access, step } => Some((start, access, step)),
            _ => None,
        }
    }

    /// Whether a job of the system is a flush.
    pub(in crate::simulation) fn is_flush(&self, job: JobId) -> bool {
        self.flush_of(job).is_some()
    }

    /// The database did not take the flush: it is tried again after the same
    /// pause, unless its node has died.
    #[cold]
    pub(in crate::simulation) fn fail_flush(&mut self, job: JobId) -> Flow {
        let Some((start, access, step)) = self.flush_of(job) else {
            unreachable!("only flushes fail among the system's own work")
        };
        let plan = &self.plan.accesses[usize::from(access)];
        let node = self.jobs[job].slots[FLUSHING_NODE] as usize;
        let mut again = 0;
        for item in items_in(plan, self.jobs[job].missing) {
            let key = self.key(job, access, step, item);
            let writes = self.caches[usize::from(plan.cache)].behind();
            match writes.nodes[node].fail_flush(key) {
                AfterFailure::Again => again |= 1 << item,
                AfterFailure::Overtaken => writes.absorbed += 1,
                AfterFailure::Lost => writes.lost += 1,
            }
        }
        self.caches[usize::from(plan.cache)].behind().failed += 1;
        let retry = Job { missing: again, pc: start, ..self.jobs[job].clone() };
        self.jobs.remove(job);
        if again != 0 {
            let retry = self.spawn(retry);
            self.ready.push_back(retry);
        }
        Flow::End
    }

    /// A node has died: what it had not flushed is lost.
    pub(in crate::simulation) fn lose_unflushed(&mut self, node: usize) {
        let Some((cache, place)) = self.fault_plan().cache_at(node) else { return };
        if let Some(writes) = &mut self.caches[cache].write_behind {
            writes.lost += writes.nodes[place].lose();
        }
    }
}
