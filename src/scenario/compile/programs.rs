//! One program per endpoint and client kind, and one per applier.

use super::breakers::Breakers;
use super::emitter::Emitter;
use super::failover::SystemPrograms;
use super::faults::ComponentNumbers;
use super::layout::Layout;
use super::queues::Pending;
use super::regions::entry_service;
use super::{dataset_space, result_space};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;
use crate::route::program::{Held, Programs};
use crate::route::step::{Locus, NO_SLOT, NOT_A_COMPONENT, Pc, Purpose, Rows, Slot, StepId, Verb};
use crate::scenario::model::{
    Cache, CacheMode, Component, DatasetId, Endpoint, EndpointId, EntryTarget, OperationId,
    ResultKeys, Scenario, ServiceId, Step,
};
use crate::simulation::blueprint::{Access, KeySource, NONE, Task};
use crate::simulation::regions_plan::RegionsPlan;
use std::collections::VecDeque;

/// What the compiler has written.
pub(super) struct Compiled {
    pub(super) programs: Programs,
    pub(super) accesses: Vec<Access>,
    /// Programs by endpoint and client kind.
    pub(super) by_endpoint: Vec<Vec<u16>>,
    /// Programs of the system's own work, by database.
    pub(super) systems: Vec<SystemPrograms>,
    /// What is done with messages.
    pub(super) tasks: Vec<Task>,
}

/// Writes the programs of a scenario.
pub(super) struct Compiler<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) layout: &'a Layout,
    pub(super) breakers: &'a Breakers,
    /// Numbers of components, where something can fail.
    pub(super) numbers: Option<ComponentNumbers>,
    pub(super) regions: Option<&'a RegionsPlan>,
    /// For people: whose program is written.
    pub(super) owner: String,
    pub(super) tasks: Vec<Task>,
    /// Owner, queue and step of each task.
    pub(super) known_tasks: Vec<(String, usize, StepId)>,
    pub(super) pending: VecDeque<Pending<'a>>,
    pub(super) out: Emitter,
}

/// Where a step is written: in which service, at which depth of calls.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) service: ServiceId,
    pub(super) depth: usize,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        layout: &'a Layout,
        breakers: &'a Breakers,
        regions: Option<&'a RegionsPlan>,
    ) -> Self {
        let mut out = Emitter::default();
        if regions.is_some() {
            out.reserve_route_slot();
        }
        let numbers = ComponentNumbers::new(scenario);
        Self {
            scenario,
            layout,
            breakers,
            numbers,
            regions,
            owner: String::new(),
            tasks: Vec::new(),
            known_tasks: Vec::new(),
            pending: VecDeque::new(),
            out,
        }
    }

    pub(super) fn compile(mut self) -> Result<Compiled, String> {
        let mut by_endpoint = Vec::new();
        for endpoint in 0..self.scenario.workload.endpoints.len() {
            let clients = 0..self.scenario.workload.clients.len();
            let programs: Result<Vec<u16>, String> =
                clients.map(|client| self.endpoint(endpoint, client)).collect();
            by_endpoint.push(programs?);
        }
        let databases = 0..self.scenario.topology.databases.len();
        let systems: Result<Vec<SystemPrograms>, String> =
            databases.map(|database| self.system_programs(database)).collect();
        let systems = systems?;
        self.tasks()?;
        self.out.programs.add_limbo();
        Ok(Compiled {
            by_endpoint,
            systems,
            tasks: self.tasks,
            programs: self.out.programs,
            accesses: self.out.accesses,
        })
    }

    fn endpoint(&mut self, id: EndpointId, client_id: usize) -> Result<u16, String> {
        let scenario = self.scenario;
        let (endpoint, client) =
            (&scenario.workload.endpoints[id], &scenario.workload.clients[client_id]);
        let place = Place { service: self.entry_service(id), depth: 0 };
        self.owner.clone_from(&endpoint.name);
        self.out.begin();
        if client.hedge.is_some() {
            self.out.begin_attribution("hedge.wait");
        }
        self.find_site();
        self.connect(false);
        self.enter_balancer();
        self.guarded_service(place, |compiler| {
            compiler.enter_service(place, None, 0);
            compiler.cacheable(endpoint, place);
            compiler.leave_service(place);
        });
        self.leave_balancer();
        self.reply(&endpoint.answer_bytes[client_id], 0, true);
        self.out.emit(Verb::Answer);
        if let Some(files) = &endpoint.static_files {
            self.static_files(files, client, place);
        }
        self.out.emit(Verb::Finish);
        self.out.end(format!("{} ({})", endpoint.name, client.name))
    }

    /// The service behind the entry that handles an endpoint.
    fn entry_service(&self, endpoint: EndpointId) -> ServiceId {
        let topology = &self.scenario.topology;
        let entry = entry_service(topology);
        let handles = |service: &usize| topology.services[*service].endpoints.contains(&endpoint);
        match handles(&entry) {
            true => entry,
            false => (0..topology.services.len()).find(handles).unwrap_or(entry),
        }
    }

    /// The network costs nothing where the scenario has none.
    fn has_network(&self) -> bool {
        let network = &self.scenario.topology.network;
        !network.client_rtt.is_zero() || network.bytes_per_s.is_some() || self.regions.is_some()
    }

    pub(super) fn connect(&mut self, reuse: bool) {
        if self.has_network() {
            self.out.emit_timed(Verb::Connect { reuse }, "network");
        }
    }

    pub(super) fn reply(&mut self, bytes: &Distribution, step: StepId, answer: bool) {
        if self.has_network() || !bytes.is_zero() || self.replays_bytes() {
            let bytes = self.out.distribution(bytes);
            self.out.emit_timed(Verb::Reply { bytes, step, answer }, "network");
        }
    }

    fn replays_bytes(&self) -> bool {
        matches!(
            self.scenario.workload.users.arrivals,
            crate::scenario::model::Arrivals::Replay { .. }
        )
    }

    /// To an instance of a service, called by `caller` or by a client.
    pub(super) fn enter_service(&mut self, place: Place, caller: Option<Place>, step: StepId) {
        let layout = &self.layout.services[place.service];
        let slot = self.out.slot(place.depth);
        let at = caller.map_or(Locus::Site, |caller| self.locus(caller));
        self.choose(layout.group, slot, at, step);
        match caller {
            Some(_) => self.hop_there(at, place),
            None => self.cross_to_entry(place, true),
        }
        let from = match caller {
            Some(caller) => Some((Component::Service(caller.service), self.out.slot(caller.depth))),
            None => self.entry_balancer().map(|balancer| (balancer, NO_SLOT)),
        };
        self.contact(Component::Service(place.service), slot, from);
        if let Some(pool) = layout.workers {
            let service = &self.scenario.topology.services[place.service];
            let patience =
                service.queue_deadline.as_ref().map(|patience| self.out.distribution(patience));
            let part = format!("services.{}.workers.wait", service.name);
            self.out.emit_timed(Verb::Enter { pool, slot, patience, step }, &part);
            self.out.take(Held::Pool(pool), slot);
        }
    }

    pub(super) fn leave_service(&mut self, place: Place) {
        let layout = &self.layout.services[place.service];
        let slot = self.out.slot(place.depth);
        self.leave(layout.workers, slot);
        self.pull(place.service);
        self.end_contact();
        self.release(layout.group, slot);
        if place.depth == 0 {
            self.cross_to_entry(place, false);
        }
    }

    /// Through the balancer at the entry, if there is one.
    pub(super) fn enter_balancer(&mut self) {
        if let Some(balancer) = self.entry_balancer() {
            self.contact(balancer, NO_SLOT, None);
        }
    }

    pub(super) fn leave_balancer(&mut self) {
        if self.entry_balancer().is_some() {
            self.end_contact();
        }
    }

    fn entry_balancer(&self) -> Option<Component> {
        match self.scenario.topology.entry.to {
            EntryTarget::LoadBalancer(balancer) => Some(Component::LoadBalancer(balancer)),
            EntryTarget::Service(_) => None,
        }
    }

    /// The call meets its instance, where something can fail; from here on the
    /// job is lost with it.
    pub(super) fn contact(&mut self, to: Component, slot: Slot, from: Option<(Component, Slot)>) {
        let Some(numbers) = &self.numbers else { return };
        let to = numbers.of(to);
        let (from, from_slot) =
            from.map_or((NOT_A_COMPONENT, NO_SLOT), |(from, slot)| (numbers.of(from), slot));
        self.out.emit_timed(Verb::Contact { to, slot, from, from_slot }, "faults.wait");
        self.out.take(Held::At(to), slot);
    }

    pub(super) fn end_contact(&mut self) {
        if self.numbers.is_some() {
            self.out.emit(Verb::Depart);
            self.out.give_back();
        }
    }

    pub(super) fn choose(&mut self, group: u16, slot: Slot, at: Locus, step: StepId) {
        let split = self.regions.and_then(|regions| regions.split(group));
        let verb = match split {
            None => Verb::Choose { group, slot, step },
            Some(_) => Verb::ChooseNear { group, slot, step, at },
        };
        match self.part_of_choice(group) {
            None => self.out.emit(verb),
            Some(part) => self.out.emit_timed(verb, &part),
        };
        if self.layout.groups[usize::from(group)].counts_connections() {
            self.out.take(Held::Connection(group), slot);
        }
    }

    pub(super) fn release(&mut self, group: u16, slot: Slot) {
        if self.layout.groups[usize::from(group)].counts_connections() {
            self.out.emit(Verb::Release { group, slot });
            self.out.give_back();
        }
    }

    pub(super) fn leave(&mut self, pool: Option<u32>, slot: Slot) {
        if let Some(pool) = pool {
            self.out.emit(Verb::Leave { pool, slot });
            self.out.give_back();
        }
    }

    /// One way between two machines: where regions exist it depends on where
    /// they stand.
    pub(super) fn hop(&mut self, from: Locus, to: Locus) {
        if self.regions.is_some() {
            return self.cross(true, from, to);
        }
        let rtt = self.scenario.topology.network.internal_rtt;
        if !rtt.is_zero() {
            let delay = Duration::from_nanos(rtt.as_nanos() / 2);
            self.out.emit_timed(Verb::Hop { delay }, "network.internal");
        }
    }

    /// The steps of an endpoint, unless a cache holds its result.
    fn cacheable(&mut self, endpoint: &'a Endpoint, place: Place) {
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
        self.hop(there, here);
        self.steps(&endpoint.steps, place);
        self.hop(here, there);
        self.store(cache, access, step);
        self.out.land(lookup);
        self.hop(there, here);
    }

    pub(super) fn steps(&mut self, steps: &'a [Step], place: Place) {
        for step in steps {
            self.one_step(step, place);
        }
    }

    fn one_step(&mut self, step: &'a Step, place: Place) {
        let id = self.out.step();
        match step {
            Step::Cpu(demand) => self.service_cpu(demand, place, id),
            Step::Wait(time) => {
                let time = self.out.distribution(time);
                let verb = Verb::Wait { time, step: id, purpose: Purpose::Demand };
                let service = &self.scenario.topology.services[place.service].name;
                self.out.emit_timed(verb, &format!("services.{service}.outside"));
            }
            Step::Read { dataset, keys, read_your_writes } => {
                self.read(*dataset, *keys, *read_your_writes, place, id);
            }
            Step::Write { kind, dataset, keys } => self.write(*kind, *dataset, *keys, place, id),
            Step::Scan { dataset, rows } => self.rows(*dataset, *rows, false, place, id),
            Step::Join { dataset, rows } => self.rows(*dataset, *rows, true, place, id),
            Step::Call(operation) => self.call(*operation, place, id),
            Step::Parallel(branches) => self.parallel(branches, place),
            Step::Enqueue { queue, work } => self.enqueue(queue, work, place),
        }
    }

    pub(super) fn service_cpu(&mut self, demand: &Distribution, place: Place, step: StepId) {
        if demand.is_zero() {
            return;
        }
        let name = &self.scenario.topology.services[place.service].name;
        let station = format!("services.{name}.cpu");
        let cpus = self.layout.services[place.service].places.cpus;
        let slot = self.out.slot(place.depth);
        self.work(cpus, slot, demand, (Rows::Fixed(0), 0.0), step, Purpose::Demand, &station);
    }

    #[expect(clippy::too_many_arguments, reason = "the operands of one verb")]
    pub(super) fn work(
        &mut self,
        cpus: u32,
        slot: Slot,
        demand: &Distribution,
        (rows, per_row): (Rows, f64),
        step: StepId,
        purpose: Purpose,
        station: &str,
    ) {
        let rows = if per_row > 0.0 { rows } else { Rows::Fixed(0) };
        if demand.is_zero() && rows == Rows::Fixed(0) {
            return;
        }
        let demand = self.out.distribution(demand);
        let per_row = self.out.constant(per_row);
        let verb = Verb::Work { cpus, slot, demand, rows, per_row, step, purpose };
        self.out.emit_station(verb, station);
    }

    fn call(&mut self, operation: OperationId, place: Place, step: StepId) {
        let steps = &self.scenario.workload.operations[operation].steps;
        let services = &self.scenario.topology.services;
        let handler = services.iter().position(|service| service.operations.contains(&operation));
        match handler.filter(|&handler| handler != place.service) {
            // An operation without a service of its own runs in the caller's.
            None => self.steps(steps, place),
            Some(service) => {
                let callee = Place { service, depth: place.depth + 1 };
                let (here, there) = (self.locus(place), self.locus(callee));
                self.guarded_service(callee, |compiler| {
                    compiler.hop_at_once(here, there);
                    compiler.enter_service(callee, Some(place), step);
                    compiler.steps(steps, callee);
                    compiler.leave_service(callee);
                    compiler.hop(there, here);
                });
            }
        }
    }

    fn parallel(&mut self, branches: &'a [Vec<Step>], place: Place) {
        self.fork(branches.len(), |compiler, branch| compiler.steps(&branches[branch], place));
    }

    /// A fork of `count` branches, each written by `write`.
    pub(super) fn fork(&mut self, count: usize, mut write: impl FnMut(&mut Self, usize)) {
        if count > usize::from(u16::MAX) {
            self.out.refuse(format!("{count} branches side by side, at most 65,535 can be played"));
        }
        let first = self.out.programs.branches.len() as u32;
        let fork = self.out.emit(Verb::Fork { first, count: count as u16, join: 0 });
        self.out.programs.branches.resize(first as usize + count, 0);
        for branch in 0..count {
            self.out.programs.branches[first as usize + branch] = self.out.here();
            let held = self.out.begin_branch();
            write(self, branch);
            self.out.end_branch(held);
        }
        self.out.land(fork);
    }

    /// The cache that holds a dataset, for readers that may use one.
    pub(super) fn cache_of(&self, dataset: DatasetId) -> Option<usize> {
        self.scenario.topology.caches.iter().position(|cache| cache.datasets.contains(&dataset))
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

    fn read(&mut self, dataset: DatasetId, keys: u32, primary: bool, place: Place, step: StepId) {
        let here = self.locus(place);
        let mut access = self.dataset_access(dataset, keys, here);
        let cache = self.cache_of(dataset).filter(|_| !primary);
        let Some(cache) = cache else {
            return self.database_read(access, primary, place, here, step);
        };
        let there = self.cache_locus(cache, place);
        access.cache = cache as u16;
        access.looked_up = true;
        let filled = self.out.access(access.clone());
        let lookup = self.ask_cache(cache, filled, place, step);
        if self.scenario.topology.caches[cache].mode == CacheMode::ReadThrough {
            self.database_read(access, false, place, there, step);
            self.out.emit(Verb::Fill { access: filled, step });
        } else {
            self.hop(there, here);
            self.database_read(access, false, place, here, step);
            self.hop(here, there);
            self.store(cache, filled, step);
        }
        self.out.land(lookup);
        self.hop(there, here);
    }

    /// To the cache, its time and work, and the look-up, whose hit is to land.
    fn ask_cache(&mut self, cache: usize, access: u16, place: Place, step: StepId) -> Pc {
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

    pub(super) fn cache_latency(&mut self, cache: &Cache, step: StepId, purpose: Purpose) {
        if !cache.latency.is_zero() {
            let time = self.out.distribution(&cache.latency);
            let verb = Verb::Wait { time, step, purpose };
            self.out.emit_timed(verb, &format!("caches.{}.latency", cache.name));
        }
    }

    /// Stores what was missing, in an operation of its own.
    fn store(&mut self, cache: usize, access: u16, step: StepId) {
        let scenario = self.scenario;
        self.cache_latency(&scenario.topology.caches[cache], step, Purpose::CacheStore);
        self.out.emit(Verb::Fill { access, step });
    }
}
