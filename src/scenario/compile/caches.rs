//! Through a cache: look-up, what is missing, storing it.

use super::programs::{Compiler, Place};
use super::stores::Reader;
use super::{dataset_space, result_space};
use crate::route::program::Held;
use crate::route::step::{Locus, Pc, Purpose, Rows, StepId, Verb};
use crate::scenario::model::{Cache, CacheMode, Component, DatasetId, Endpoint, ResultKeys};
use crate::simulation::blueprint::{Access, KeySource, NONE};

impl<'a> Compiler<'a> {
    /// The steps of an endpoint, unless a cache holds its result.
    pub(super) fn cacheable(&mut self, endpoint: &'a Endpoint, place: Place) {
        let step = self.out.step();
        let holder = endpoint.cacheable.as_ref().and_then(|cacheable| {
            let caches = &self.scenario.topology.caches;
            let cache = caches.iter().position(|cache| cache.results.contains(&cacheable.name))?;
            Some((cache, cacheable))
        });
        let Some((cache, cacheable)) = holder else {
            return self.steps(&endpoint.steps, place);
        };
        let reader = self.locus(place);
        let access = self.out.access(Access {
            name: cacheable.name.clone(),
            keys: match cacheable.keys {
                ResultKeys::User => KeySource::User,
                ResultKeys::Everyone => KeySource::Everyone,
                ResultKeys::Dataset(dataset) => KeySource::Popular(dataset),
            },
            count: 1,
            space: result_space(self.scenario, &cacheable.name),
            item_bytes: cacheable.bytes,
            cache: cache as u16,
            database: NONE,
            database_dataset: 0,
            disk_reads: 0,
            disk_writes: 0,
            deletes: false,
            // It is stored whatever the look-ups of its steps have missed.
            looked_up: false,
            reader,
        });
        let (here, there) = (reader, self.cache_locus(cache, place));
        let lookup = self.ask_cache(cache, access, place, step);
        let claim = self.claim(cache, access, step);
        self.hop(there, here);
        self.steps(&endpoint.steps, place);
        self.hop(here, there);
        self.store(cache, access, step);
        self.await_others(cache, claim);
        self.out.land(lookup);
        self.hop(there, here);
    }

    /// The cache that holds a dataset, for readers that may use one.
    pub(super) fn cache_of(&self, dataset: DatasetId) -> Option<usize> {
        self.scenario.topology.caches.iter().position(|cache| cache.datasets.contains(&dataset))
    }

    pub(super) fn read(
        &mut self,
        dataset: DatasetId,
        keys: u32,
        reader: Reader,
        place: Place,
        step: StepId,
    ) {
        let here = self.locus(place);
        let mut access = self.dataset_access(dataset, keys, here);
        let cache = self.cache_of(dataset).filter(|_| !reader.fresh);
        let Some(cache) = cache else {
            return self.database_read(access, dataset, reader, place, here, step);
        };
        let there = self.cache_locus(cache, place);
        access.cache = cache as u16;
        access.looked_up = true;
        let filled = self.out.access(access.clone());
        let lookup = self.ask_cache(cache, filled, place, step);
        let claim = self.claim(cache, filled, step);
        if self.scenario.topology.databases[usize::from(access.database)].shard.is_some() {
            self.missed_on_shards((access, dataset, cache), place, (here, there), step);
        } else if self.scenario.topology.caches[cache].mode == CacheMode::ReadThrough {
            self.read_there(access, reader, place, there, step);
            self.out.emit(Verb::Fill { access: filled, step });
        } else {
            self.hop(there, here);
            self.read_there(access, reader, place, here, step);
            self.hop(here, there);
            self.store(cache, filled, step);
        }
        self.await_others(cache, claim);
        self.out.land(lookup);
        self.hop(there, here);
    }

    /// To the cache, its time and work, and the look-up, whose hit is to land.
    pub(super) fn ask_cache(
        &mut self,
        cache: usize,
        access: u16,
        place: Place,
        step: StepId,
    ) -> Pc {
        let plan = &self.scenario.topology.caches[cache];
        let (here, there) = (self.locus(place), self.cache_locus(cache, place));
        self.hop(here, there);
        self.cache_latency(plan, step, Purpose::CacheLatency);
        let mut held_at = None;
        if let Some(numbers) = &self.numbers {
            let part = "faults.wait";
            let component = numbers.of(Component::Cache(cache));
            self.out.emit_timed(Verb::Probe { access, step }, part);
            held_at = Some(component);
        }
        if !plan.cpu.is_zero() {
            let fan = self.out.emit(Verb::Fan { access, step, join: 0 });
            let held = self.out.begin_branch();
            if let Some(component) = held_at {
                self.out.take(Held::At(component), 0);
            }
            let station = format!("caches.{}.cpu", plan.name);
            let cpus = self.layout.caches[cache].cpus;
            let rows = (Rows::Fixed(0), 0.0);
            self.work(cpus, 0, &plan.cpu, rows, step, Purpose::CacheCpu, &station);
            self.out.end_branch(held);
            self.out.land(fan);
        }
        self.out.emit(Verb::Lookup { access, step, hit: 0 })
    }

    /// Where fetches are shared: what others fetch is waited for. Hand what is
    /// answered to `await_others`.
    fn claim(&mut self, cache: usize, access: u16, step: StepId) -> Option<Pc> {
        let plan = &self.scenario.topology.caches[cache];
        plan.coalesce.then(|| {
            let part = format!("caches.{}.fetch.wait", plan.name);
            let claim = self.out.emit_timed(Verb::Claim { access, step, shared: 0 }, &part);
            self.out.take(Held::Fetch(cache as u16), 0);
            claim
        })
    }

    fn await_others(&mut self, cache: usize, claim: Option<Pc>) {
        let Some(claim) = claim else { return };
        self.out.land(claim);
        let part = format!("caches.{}.fetch.wait", self.scenario.topology.caches[cache].name);
        self.out.emit_timed(Verb::Await { cache: cache as u16 }, &part);
        self.out.give_back();
    }

    pub(super) fn cache_latency(&mut self, cache: &Cache, step: StepId, purpose: Purpose) {
        if !cache.latency.is_zero() {
            let time = self.out.distribution(&cache.latency);
            let verb = Verb::Wait { time, step, purpose };
            self.out.emit_timed(verb, &format!("caches.{}.latency", cache.name));
        }
    }

    /// Stores what was missing, in an operation of its own.
    pub(super) fn store(&mut self, cache: usize, access: u16, step: StepId) {
        let scenario = self.scenario;
        self.cache_latency(&scenario.topology.caches[cache], step, Purpose::CacheStore);
        self.out.emit(Verb::Fill { access, step });
    }

    fn database_of(&self, dataset: DatasetId) -> Option<(usize, usize)> {
        let databases = self.scenario.topology.databases.iter().enumerate();
        databases
            .filter_map(|(index, database)| {
                let place = database.datasets.iter().position(|&held| held == dataset)?;
                Some((index, place))
            })
            .next()
    }

    /// What a step does to the keys of a dataset.
    pub(super) fn dataset_access(&self, dataset: DatasetId, keys: u32, reader: Locus) -> Access {
        let plan = &self.scenario.workload.datasets[dataset];
        let (database, place) = self.database_of(dataset).unwrap_or((usize::from(NONE), 0));
        Access {
            name: format!("{} × {keys}", plan.name),
            keys: KeySource::Popular(dataset),
            count: keys as u8,
            space: dataset_space(dataset),
            item_bytes: plan.item_bytes,
            cache: NONE,
            database: database as u16,
            database_dataset: place,
            disk_reads: 0,
            disk_writes: 0,
            deletes: false,
            looked_up: false,
            reader,
        }
    }
}
