//! Writes by way of a cache: to the database before the answer, or later.

use super::programs::{Compiler, Place};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;
use crate::route::program::Held;
use crate::route::step::{Locus, Purpose, Rows, Slot, StepId, Verb};
use crate::scenario::model::{Component, DatasetId, OnWrite, WriteKind};
use crate::simulation::blueprint::Access;

/// Slot of the node that flushes, and of the instance that it writes to.
const NODE: Slot = 0;
const INSTANCE: Slot = 1;

/// A flush whose program is still to be written.
pub(super) struct FlushToWrite {
    cache: usize,
    access: Access,
    step: StepId,
    delay: Duration,
}

impl Compiler<'_> {
    /// The cache that takes writes of a dataset. What is deleted goes to the
    /// database, whose commit removes it everywhere.
    pub(super) fn cache_that_stores(&self, kind: WriteKind, dataset: DatasetId) -> Option<usize> {
        let cache = self.cache_of(dataset).filter(|_| kind != WriteKind::Delete)?;
        match self.scenario.topology.caches[cache].on_write {
            OnWrite::Store | OnWrite::StoreAndFlush(_) => Some(cache),
            OnWrite::Invalidate | OnWrite::Keep => None,
        }
    }

    /// A write that goes to the cache.
    pub(super) fn write_by_cache(
        &mut self,
        cache: usize,
        access: Access,
        place: Place,
        step: StepId,
    ) {
        let plan = &self.scenario.topology.caches[cache];
        let cost = &self.scenario.topology.databases[usize::from(access.database)].costs.write;
        let access = Access {
            cache: cache as u16,
            disk_reads: cost.disk_reads,
            disk_writes: cost.disk_writes,
            ..access
        };
        let (here, there) = (self.locus(place), self.cache_locus(cache, place));
        self.hop(here, there);
        self.cache_latency(plan, step, Purpose::CacheStore);
        let stored = self.out.access(access.clone());
        if self.numbers.is_some() {
            self.out.emit_timed(Verb::Probe { access: stored, step }, "faults.wait");
        }
        match plan.on_write {
            OnWrite::StoreAndFlush(delay) => self.write_behind(cache, access, delay, place, step),
            _ => {
                self.settle(access, place, there, step);
                self.out.emit(Verb::Update { access: stored, step });
            }
        }
        self.hop(there, here);
    }

    /// Where nodes can fail, what none takes is written to the database.
    fn write_behind(
        &mut self,
        cache: usize,
        access: Access,
        delay: Duration,
        place: Place,
        step: StepId,
    ) {
        let there = self.cache_locus(cache, place);
        let access = Access { looked_up: true, ..access };
        let clients = self.scenario.workload.clients.len();
        let endpoints = self.scenario.workload.endpoints.len();
        let flush = (endpoints * clients + self.flushes.len()) as u16;
        self.flushes.push(FlushToWrite { cache, access: access.clone(), step, delay });
        let buffered = self.out.access(access.clone());
        let buffer = self.out.emit(Verb::Buffer { access: buffered, step, flush, done: 0 });
        if self.numbers.is_some() {
            self.settle(access, place, there, step);
        }
        self.out.land(buffer);
    }

    /// The write to the database, from where the cache is.
    fn settle(&mut self, access: Access, place: Place, from: Locus, step: StepId) {
        let database = usize::from(access.database);
        let cost = &self.scenario.topology.databases[database].costs.write;
        let group = self.layout.databases[database].writes;
        let rows = rows(&access);
        self.connected((database, group), place, from, step, |compiler, slot| {
            let access = compiler.out.access(access);
            compiler.database_work(database, cost, rows, access, slot, step);
            compiler.out.emit(Verb::Settle { access, slot, step });
            compiler.acknowledge(database, slot);
        });
    }

    /// Programs of the system that bring buffered writes to their database.
    pub(super) fn flush_programs(&mut self) -> Result<(), String> {
        for flush in std::mem::take(&mut self.flushes) {
            self.flush_program(flush)?;
        }
        Ok(())
    }

    /// The node waits, and writes what still waits with it. It is at no place
    /// that a program knows: writes come later in a single region only.
    fn flush_program(&mut self, flush: FlushToWrite) -> Result<u16, String> {
        let FlushToWrite { cache, access, step, delay } = flush;
        let database = usize::from(access.database);
        let (name, rows) = (access.name.clone(), rows(&access));
        let own = &self.scenario.topology.databases[database];
        let layout = &self.layout.databases[database];
        let (group, connections, cpus) = (layout.writes, layout.connections, layout.places.cpus);
        self.out.begin();
        let time = self.out.distribution(&Distribution::Constant(delay.as_nanos() as f64));
        self.out.emit(Verb::Wait { time, step, purpose: Purpose::Demand });
        let access = self.out.access(access);
        self.out.emit(Verb::Flush { access, step });
        let (here, there) = (Locus::Site, Locus::Instance { place: cpus, slot: INSTANCE });
        self.go_to(group, INSTANCE, (here, there), true, step);
        self.contact(
            Component::Database(database),
            INSTANCE,
            Some((Component::Cache(cache), NODE)),
        );
        if let Some(pool) = connections {
            self.out.emit(Verb::Enter { pool, slot: INSTANCE, patience: None, step });
            self.out.take(Held::Pool(pool), INSTANCE);
        }
        self.database_work(database, &own.costs.write, rows, access, INSTANCE, step);
        self.out.emit(Verb::Settle { access, slot: INSTANCE, step });
        self.leave(connections, INSTANCE);
        self.end_contact();
        self.release(group, INSTANCE);
        self.out.emit(Verb::Flushed);
        let cache = &self.scenario.topology.caches[cache].name;
        self.out.end(format!("flush of {name} from {cache}"))
    }
}

/// Rows of a write beyond the first.
fn rows(access: &Access) -> Rows {
    match access.looked_up {
        true => Rows::Missed,
        false => Rows::Fixed(u16::from(access.count) - 1),
    }
}
