//! Sessions of a service: who is sent where, and what a request does before
//! and after its own steps.

use super::faults::ComponentNumbers;
use super::layout::Layout;
use super::programs::{Compiler, Place};
use crate::route::families::SessionVerb;
use crate::route::step::{Slot, StepId, Verb};
use crate::scenario::model::{Component, Scenario, Service, SessionStore, Sessions, Step, Stored};
use crate::simulation::blueprint::{Access, KeySource, NONE};
use crate::simulation::sessions::{SessionsPlan, StickyPlan};
use crate::tier::sessions::Settings;

/// Steps of sessions are numbered from here on, so that those of the workload
/// keep their numbers, and with them their draws.
const FIRST_STEP: StepId = 60_000;

/// Services with sessions, in order.
fn with_sessions(scenario: &Scenario) -> impl Iterator<Item = (usize, &Service)> {
    let services = scenario.topology.services.iter().enumerate();
    services.filter(|(_, service)| service.sessions != Sessions::Stateless)
}

/// Number that sets the sessions of a service apart from all other keys.
fn session_space(scenario: &Scenario, service: usize) -> u64 {
    let workload = &scenario.workload;
    (workload.datasets.len() + workload.endpoints.len() + service) as u64 + 1
}

/// Sessions that a cache holds: space, and bytes of one.
pub(super) fn in_cache(scenario: &Scenario, cache: usize) -> Vec<(u64, u64)> {
    let own = with_sessions(scenario).filter_map(|(id, service)| match &service.sessions {
        Sessions::Stored(stored) if service.sessions.are_in_cache(cache) => {
            Some((session_space(scenario, id), stored.bytes))
        }
        _ => None,
    });
    own.collect()
}

impl<'a> Compiler<'a> {
    /// The user's own server comes before the choice of the balancer.
    pub(super) fn find_home(&mut self, service: usize, slot: Slot, choose: impl FnOnce(&mut Self)) {
        let sticky =
            matches!(self.scenario.topology.services[service].sessions, Sessions::Sticky(_));
        let find = sticky.then(|| {
            let (sessions, group) = (self.number(service), self.layout.services[service].group);
            self.out.emit(Verb::Session(SessionVerb::FindHome { sessions, group, slot, chosen: 0 }))
        });
        choose(self);
        if let Some(find) = find {
            self.out.land(find);
        }
    }

    fn number(&self, service: usize) -> u16 {
        with_sessions(self.scenario).position(|(id, _)| id == service).unwrap_or(0) as u16
    }

    /// The steps of a request between the reading and the writing of its
    /// session.
    pub(super) fn in_session(&mut self, place: Place, steps: impl FnOnce(&mut Self)) {
        match &self.scenario.topology.services[place.service].sessions {
            Sessions::Stateless => steps(self),
            Sessions::Sticky(sticky) => {
                let (sessions, slot) = (self.number(place.service), self.out.slot(place.depth));
                let found = self.out.emit(Verb::Session(SessionVerb::SessionLookup {
                    sessions,
                    slot,
                    hit: 0,
                }));
                self.steps_of_sessions(&sticky.rebuild, place);
                self.out.emit(Verb::Session(SessionVerb::SessionRebuilt { sessions, slot }));
                self.out.land(found);
                steps(self);
            }
            Sessions::Stored(Stored { store: SessionStore::Database { read, write }, .. }) => {
                self.steps_of_sessions(read, place);
                steps(self);
                self.steps_of_sessions(write, place);
            }
            Sessions::Stored(Stored { store: SessionStore::Cache(cache), bytes, rebuild }) => {
                self.in_session_of_cache((*cache, *bytes), rebuild, place, steps);
            }
        }
    }

    fn in_session_of_cache(
        &mut self,
        (cache, bytes): (usize, u64),
        rebuild: &'a [Step],
        place: Place,
        steps: impl FnOnce(&mut Self),
    ) {
        let (here, there) = (self.locus(place), self.cache_locus(cache, place));
        let service = &self.scenario.topology.services[place.service].name;
        let access = self.out.access(Access {
            name: format!("session of {service}"),
            keys: KeySource::Session,
            count: 1,
            space: session_space(self.scenario, place.service),
            item_bytes: bytes,
            cache: cache as u16,
            database: NONE,
            database_dataset: 0,
            disk_reads: 0,
            disk_writes: 0,
            deletes: false,
            // It is written whether it was found or not.
            looked_up: false,
            reader: here,
        });
        let (sessions, slot) = (self.number(place.service), self.out.slot(place.depth));
        let found = self.ask_cache(cache, access, place, FIRST_STEP);
        self.hop(there, here);
        self.steps_of_sessions(rebuild, place);
        self.out.emit(Verb::Session(SessionVerb::SessionRebuilt { sessions, slot }));
        let built = self.out.emit(Verb::Jump { to: 0 });
        self.out.land(found);
        self.hop(there, here);
        self.out.land(built);
        steps(self);
        self.hop(here, there);
        self.store(cache, access, FIRST_STEP + 1);
        self.hop(there, here);
    }

    fn steps_of_sessions(&mut self, steps: &'a [Step], place: Place) {
        let last = self.out.last_step();
        self.out.continue_steps(FIRST_STEP + 1);
        self.steps(steps, place);
        self.out.continue_steps(last);
    }
}

/// Sessions as the simulation plays them.
pub(super) fn plans(scenario: &Scenario, layout: &Layout) -> Vec<SessionsPlan> {
    let numbers = ComponentNumbers::new(scenario);
    let users = &scenario.workload.users;
    let before = (users.count.unwrap_or(0), users.requests_per_user_per_s.unwrap_or(0.0));
    let plan = |(id, service): (usize, &Service)| SessionsPlan {
        name: format!("sessions.{}", service.name),
        group: layout.services[id].group,
        place: layout.services[id].places.cpus,
        component: numbers.as_ref().map_or(NONE, |own| own.of(Component::Service(id))),
        sticky: match &service.sessions {
            Sessions::Sticky(sticky) => Some(StickyPlan {
                settings: Settings {
                    bytes: sticky.bytes,
                    memory_bytes: sticky.memory_bytes.or(memory(scenario, service)),
                    idle: sticky.idle,
                    servers: service.instances,
                    users: before,
                },
                servers: service.hosts.len() as u32,
                drain: sticky.drain,
            }),
            _ => None,
        },
    };
    with_sessions(scenario).map(plan).collect()
}

/// All the memory of its machine.
fn memory(scenario: &Scenario, service: &Service) -> Option<u64> {
    let topology = &scenario.topology;
    topology.machines[topology.hosts[service.hosts[0]].machine].memory_bytes
}
