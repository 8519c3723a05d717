//! One program per endpoint and client kind, and one per applier.

use super::breakers::Breakers;
use super::cache_writes::Afterwards;
use super::emitter::Emitter;
use super::failover::SystemPrograms;
use super::faults::ComponentNumbers;
use super::layout::Layout;
use super::queues::Pending;
use super::regions::entry_service;
use crate::route::program::Programs;
use crate::route::step::{StepId, Verb};
use crate::scenario::model::{EndpointId, Scenario, ServiceId};
use crate::simulation::blueprint::{Access, ReshardingPlan, Task};
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
    /// How sharded databases move their data.
    pub(super) reshardings: Vec<ReshardingPlan>,
    /// Programs of fetches in the background, by catalogue of static files.
    pub(super) refreshes: Vec<u16>,
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
    /// What comes after writes, and has no program yet.
    pub(super) afterwards: Vec<Afterwards>,
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
        out.programs.shards = super::shards::counts(scenario);
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
            afterwards: Vec::new(),
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
        let reshardings = self.reshardings()?;
        self.programs_afterwards()?;
        let refreshes = self.refreshes()?;
        self.out.programs.add_limbo();
        Ok(Compiled {
            by_endpoint,
            systems,
            tasks: self.tasks,
            reshardings,
            refreshes,
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
            compiler.in_session(place, |compiler| compiler.cacheable(endpoint, place));
            compiler.leave_service(place);
        });
        self.leave_balancer();
        self.reply(&endpoint.answer_bytes[client_id], 0, true);
        self.out.emit(Verb::Answer);
        if let Some(files) = &endpoint.static_files {
            self.static_files(id, files, client, place);
        }
        self.out.emit(Verb::Finish);
        self.out.end(format!("{} ({})", endpoint.name, client.name))
    }

    /// The service behind the entry that handles an endpoint.
    pub(super) fn entry_service(&self, endpoint: EndpointId) -> ServiceId {
        let topology = &self.scenario.topology;
        let entry = entry_service(topology);
        let handles = |service: &usize| topology.services[*service].endpoints.contains(&endpoint);
        match handles(&entry) {
            true => entry,
            false => (0..topology.services.len()).find(handles).unwrap_or(entry),
        }
    }
}
