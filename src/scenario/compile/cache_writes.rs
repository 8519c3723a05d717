//! Writes by way of a cache: to the database before the answer, or later.

use super::programs::{Compiler, Place};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;
use crate::route::program::Held;
use crate::route::step::{Locus, NO_PROGRAM, Purpose, Rows, Slot, StepId, Verb};
use crate::scenario::model::{Component, DatasetId, OnWrite, WriteKind};
use crate::simulation::blueprint::Access;

/// Slot of the node that flushes, and of the instance that it writes to.
const NODE: Slot = 0;
const INSTANCE: Slot = 1;

/// What the system does of itself after a write, and whose program is still to
/// be written.
pub(super) enum Afterwards {
    /// A flush, after this time.
    Flush { access: Access, step: StepId, delay: Duration },
    /// Word to other regions.
    Word { access: Access, step: StepId },
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
                let word = self.word(&access, step);
                self.settle(access, place, there, step);
                self.out.emit(Verb::Update { access: stored, step, word });
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
        let flush = self.afterwards(Afterwards::Flush { access: access.clone(), step, delay });
        let buffered = self.out.access(access.clone());
        let buffer = self.out.emit(Verb::Buffer { access: buffered, step, flush, done: 0 });
        if self.numbers.is_some() {
            self.settle(access, place, there, step);
        }
        self.out.land(buffer);
    }

    /// Number of the work, whose program is going to be written.
    fn afterwards(&mut self, work: Afterwards) -> u16 {
        self.afterwards.push(work);
        (self.afterwards.len() - 1) as u16
    }

    /// Program of the word of a write to other regions, where there are any.
    pub(super) fn word(&mut self, access: &Access, step: StepId) -> u16 {
        let plan = &self.scenario.topology.caches[usize::from(access.cache)];
        match self.regions.is_some_and(|regions| regions.count() > 1) && !plan.keeps_abroad {
            true => self.afterwards(Afterwards::Word { access: access.clone(), step }),
            false => NO_PROGRAM,
        }
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

    /// Programs of what the system does after writes.
    pub(super) fn programs_afterwards(&mut self) -> Result<(), String> {
        for work in std::mem::take(&mut self.afterwards) {
            let program = match work {
                Afterwards::Flush { access, step, delay } => {
                    self.flush_program(access, step, delay)?
                }
                Afterwards::Word { access, step } => self.word_program(access, step)?,
            };
            self.out.programs.afterwards.push(program);
        }
        Ok(())
    }

    /// The word is on its way, and comes.
    fn word_program(&mut self, access: Access, step: StepId) -> Result<u16, String> {
        let name = access.name.clone();
        self.out.begin();
        let access = self.out.access(access);
        self.out.emit(Verb::Depart);
        self.out.emit(Verb::Word { access, step });
        self.out.end(format!("word of {name}"))
    }

    /// The node waits, and writes what still waits with it. It is at no place
    /// that a program knows: writes come later in a single region only.
    fn flush_program(
        &mut self,
        access: Access,
        step: StepId,
        delay: Duration,
    ) -> Result<u16, String> {
        let (cache, database) = (usize::from(access.cache), usize::from(access.database));
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
