//! Programs of databases: reads, writes, rows, and the appliers of replicas.

use super::layout::DatabaseLayout;
use super::programs::{Compiler, Place};
use super::stores::{Ask, Reader};
use crate::route::program::Held;
use crate::route::step::{Asked, Locus, Purpose, Rows, Slot, StepId, Verb};
use crate::scenario::model::{Component, Cost, DatasetId, OnWrite, ServiceId, WriteKind};
use crate::scenario::store::Operation;
use crate::simulation::blueprint::{Access, KeySource};

impl Compiler<'_> {
    /// Reads of the keys of a dataset from where it lies.
    pub(super) fn database_read(
        &mut self,
        access: Access,
        dataset: DatasetId,
        reader: Reader,
        place: Place,
        from: Locus,
        step: StepId,
    ) {
        self.at_shards(access, dataset, Asked::Read, step, |compiler, access| {
            compiler.read_there(access, reader, place, from, step);
        });
    }

    /// A read at one database.
    pub(super) fn read_there(
        &mut self,
        mut access: Access,
        reader: Reader,
        place: Place,
        from: Locus,
        step: StepId,
    ) {
        let database = usize::from(access.database);
        let layout = &self.layout.databases[database];
        let cost = &self.scenario.topology.databases[database].costs.read;
        let group = if reader.fresh { layout.writes } else { layout.reads };
        let rows = match access.looked_up {
            true => Rows::Missed,
            false => Rows::Fixed(u16::from(access.count) - 1),
        };
        access.disk_reads = cost.disk_reads;
        access.disk_writes = cost.disk_writes;
        self.connected((database, group), place, from, step, |compiler, slot| {
            if let Some(answers) = compiler.answers(database, reader) {
                let ask = Ask { access, answers, writes: false };
                return compiler.ask_holders(database, ask, cost, None, slot, step);
            }
            let access = compiler.out.access(access);
            compiler.out.emit(Verb::Snapshot { access, slot, step });
            compiler.database_work(database, cost, rows, access, slot, step);
        });
    }

    pub(super) fn write(
        &mut self,
        kind: WriteKind,
        dataset: DatasetId,
        keys: u32,
        place: Place,
        step: StepId,
    ) {
        let here = self.locus(place);
        let mut access = self.dataset_access(dataset, keys, here);
        let cost = &self.scenario.topology.databases[usize::from(access.database)].costs.write;
        if kind == WriteKind::Insert {
            access.keys = KeySource::New;
        }
        access.deletes = kind == WriteKind::Delete;
        if let Some(cache) = self.cache_that_stores(kind, dataset) {
            return self.write_by_cache(cache, access, place, step);
        }
        access.disk_reads = cost.disk_reads;
        access.disk_writes = cost.disk_writes;
        let invalidated = access.clone();
        self.at_shards(access, dataset, Asked::Write, step, |compiler, access| {
            compiler.write_there(access, place, here, step);
        });
        if kind == WriteKind::Update {
            self.invalidate(dataset, invalidated, place, step);
        }
    }

    /// A write at one database; on a shard, of the keys that lie there.
    fn write_there(&mut self, access: Access, place: Place, from: Locus, step: StepId) {
        let database = usize::from(access.database);
        let cost = &self.scenario.topology.databases[database].costs.write;
        let is_share = access.looked_up;
        let rows = match is_share {
            true => Rows::Missed,
            false => Rows::Fixed(u16::from(access.count) - 1),
        };
        let group = self.layout.databases[database].writes;
        self.connected((database, group), place, from, step, |compiler, slot| {
            if let Some(answers) = compiler.acknowledgements(database) {
                let ask = Ask { access, answers, writes: true };
                return compiler.ask_holders(database, ask, cost, None, slot, step);
            }
            let access = compiler.out.access(access);
            compiler.database_work(database, cost, rows, access, slot, step);
            compiler.out.emit(match is_share {
                true => Verb::CommitShare { access, slot, step },
                false => Verb::Commit { access, slot, step },
            });
            compiler.acknowledge(database, slot);
        });
    }

    /// Tells the cache of a write, after its commit.
    fn invalidate(&mut self, dataset: DatasetId, access: Access, place: Place, step: StepId) {
        let Some(cache) = self.cache_of(dataset) else {
            return;
        };
        let plan = &self.scenario.topology.caches[cache];
        if plan.on_write != OnWrite::Invalidate || plan.hit_ratio.is_some() {
            return;
        }
        let word = self.word(&Access { cache: cache as u16, ..access.clone() }, step);
        let access = self.out.access(Access { cache: cache as u16, ..access });
        let (here, there) = (self.locus(place), self.cache_locus(cache, place));
        self.hop(here, there);
        self.cache_latency(plan, step, Purpose::CacheStore);
        self.out.emit(Verb::Invalidate { access, step, word });
        self.hop(there, here);
    }

    pub(super) fn rows(
        &mut self,
        dataset: DatasetId,
        rows: u32,
        operation: Operation,
        place: Place,
        step: StepId,
    ) {
        let here = self.locus(place);
        let mut access = self.dataset_access(dataset, 1, here);
        let database = usize::from(access.database);
        let costs = &self.scenario.topology.databases[database].costs;
        let cost = match operation {
            Operation::Scan => &costs.scan,
            Operation::Range => &costs.range,
            Operation::Join => &costs.join,
            Operation::Traverse => &costs.traverse,
        };
        access.name = format!("{} × {rows} rows", self.scenario.workload.datasets[dataset].name);
        access.disk_reads = cost.disk_reads;
        access.disk_writes = cost.disk_writes;
        // Rows that lie together are those of one shard; else each has its part.
        let (asked, rows) = match self.keeps_neighbours(database) {
            true => (Asked::Read, rows),
            false => (Asked::All, rows.div_ceil(self.shards_of(database))),
        };
        let rows = Rows::Fixed(rows.min(u32::from(u16::MAX)) as u16);
        self.at_shards(access, dataset, asked, step, |compiler, access| {
            compiler.rows_there(access, cost, rows, place, here, step);
        });
    }

    /// A scan or a join at one database.
    fn rows_there(
        &mut self,
        access: Access,
        cost: &Cost,
        rows: Rows,
        place: Place,
        from: Locus,
        step: StepId,
    ) {
        let database = usize::from(access.database);
        let group = self.layout.databases[database].reads;
        self.connected((database, group), place, from, step, |compiler, slot| {
            if let Some(answers) = compiler.answers(database, Reader::default()) {
                let ask = Ask { access, answers, writes: false };
                return compiler.ask_holders(database, ask, cost, Some(rows), slot, step);
            }
            let access = compiler.out.access(access);
            compiler.out.emit(Verb::Snapshot { access, slot, step });
            compiler.database_work(database, cost, rows, access, slot, step);
        });
    }

    /// Work on an instance of a database, with the connections that it takes.
    pub(super) fn connected(
        &mut self,
        (database, group): (usize, u16),
        place: Place,
        from: Locus,
        step: StepId,
        work: impl FnOnce(&mut Self, Slot),
    ) {
        self.guarded(self.breakers.databases[database], |compiler| {
            compiler.connected_unguarded((database, group), place, from, step, work);
        });
    }

    fn connected_unguarded(
        &mut self,
        (database, group): (usize, u16),
        place: Place,
        from: Locus,
        step: StepId,
        work: impl FnOnce(&mut Self, Slot),
    ) {
        let layout: &DatabaseLayout = &self.layout.databases[database];
        let name = self.scenario.topology.databases[database].table();
        let (client, slot) = (self.out.slot(place.depth), self.out.slot(place.depth + 1));
        let own_pool = layout.client_pools[place.service];
        if let Some(pool) = own_pool {
            let service = &self.scenario.topology.services[place.service].name;
            let part = format!("services.{service}.pool.{name}.wait");
            self.out.emit_timed(Verb::Enter { pool, slot: client, patience: None, step }, &part);
            self.out.take(Held::Pool(pool), client);
        }
        let apart = self.are_apart(place.service, database);
        let there = Locus::Instance { place: layout.places.cpus, slot };
        self.go_to(group, slot, (from, there), apart, step);
        let caller = Some((Component::Service(place.service), client));
        self.contact(Component::Database(database), slot, caller);
        if let Some(pool) = layout.connections {
            let part = format!("databases.{name}.connections.wait");
            self.out.emit_timed(Verb::Enter { pool, slot, patience: None, step }, &part);
            self.out.take(Held::Pool(pool), slot);
        }
        work(self, slot);
        self.leave(layout.connections, slot);
        self.end_contact();
        self.release(group, slot);
        if apart {
            self.hop(there, from);
        }
        self.leave(own_pool, client);
    }

    /// Whether a network lies between a service and a database: not where both
    /// live on one shared host.
    fn are_apart(&self, service: ServiceId, database: usize) -> bool {
        let topology = &self.scenario.topology;
        let (here, there) =
            (&topology.services[service].hosts, &topology.databases[database].hosts);
        here.len() != 1 || here != there
    }

    /// CPU, then disk.
    pub(super) fn database_work(
        &mut self,
        database: usize,
        cost: &Cost,
        rows: Rows,
        access: u16,
        slot: Slot,
        step: StepId,
    ) {
        // What shards take counts together: a request knows but one database.
        let name = format!("databases.{}", self.scenario.topology.databases[database].table());
        let places = self.layout.databases[database].places;
        let (rows, station) = ((rows, cost.cpu_per_row), format!("{name}.cpu"));
        self.work(places.cpus, slot, &cost.cpu, rows, step, Purpose::Database, &station);
        if places.has_disk && (cost.disk_reads > 0 || cost.disk_writes > 0) {
            let verb = Verb::Disk { disks: places.disks, slot, access, step };
            self.out.emit_station(verb, &format!("{name}.disk"));
        }
    }

    /// What a replica does with one log entry; `None` = nothing that costs.
    pub(super) fn applier(&mut self, database: usize) -> Result<Option<u16>, String> {
        let plan = &self.scenario.topology.databases[database];
        let cost = &plan.costs.apply;
        let places = self.layout.databases[database].places;
        let writes = places.has_disk && cost.disk_writes > 0;
        if plan.hosts.len() < 2 || (cost.cpu.is_zero() && !writes) {
            return Ok(None);
        }
        self.system_write(database, cost, Verb::Applied { database: database as u16 });
        self.out.end(format!("log of {}", plan.name)).map(Some)
    }

    /// A program of the system that writes one entry, up to its last verb.
    pub(super) fn system_write(&mut self, database: usize, cost: &Cost, last: Verb) {
        let datasets = &self.scenario.topology.databases[database].datasets;
        let dataset = datasets.first().copied().unwrap_or(0);
        let access = Access {
            disk_writes: cost.disk_writes,
            ..self.dataset_access(dataset, 1, Locus::Site)
        };
        self.out.begin();
        let access = self.out.access(access);
        self.begin_system_work(database);
        self.database_work(database, cost, Rows::Fixed(0), access, 0, 1);
        self.end_contact();
        self.out.emit(last);
    }

    /// A program of the system that reads or writes so many bytes of data at the
    /// disk of an instance, up to its last verb.
    pub(super) fn system_slice(&mut self, database: usize, bytes: u64, last: Verb) {
        let own = &self.scenario.topology.databases[database];
        let dataset = own.datasets.first().copied().unwrap_or(0);
        let access = Access {
            disk_writes: 1,
            item_bytes: bytes,
            ..self.dataset_access(dataset, 1, Locus::Site)
        };
        self.out.begin();
        let access = self.out.access(access);
        self.begin_system_work(database);
        let places = self.layout.databases[database].places;
        if places.has_disk {
            let verb = Verb::Disk { disks: places.disks, slot: 0, access, step: 1 };
            self.out.emit_station(verb, &format!("databases.{}.disk", own.table()));
        }
        self.end_contact();
        self.out.emit(last);
    }
}
