//! The circuit breakers of a scenario, numbered, and the calls that they guard.

use super::programs::{Compiler, Place};
use crate::route::program::Held;
use crate::route::step::Verb;
use crate::scenario::model::{Breaker, Scenario};
use crate::simulation::blueprint::BreakerPlan;
use crate::tier::breaker::Settings;

/// Breakers, and whose they are: those of client kinds come first.
pub(super) struct Breakers {
    pub(super) plans: Vec<BreakerPlan>,
    /// By client kind.
    pub(super) clients: Vec<Option<u16>>,
    /// By service that is called.
    pub(super) services: Vec<Option<u16>>,
    /// By database that is called.
    pub(super) databases: Vec<Option<u16>>,
}

impl Breakers {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let (workload, topology) = (&scenario.workload, &scenario.topology);
        let mut plans = Vec::new();
        let mut number = |kind: &str, name: &str, breaker: Option<Breaker>| {
            let Breaker { failures, window, minimum, open } = breaker?;
            let settings = Settings { failures, window, minimum, open };
            plans.push(BreakerPlan { name: format!("{kind}.{name}.breaker"), settings });
            Some((plans.len() - 1) as u16)
        };
        let clients = workload.clients.iter();
        let clients = clients.map(|client| number("clients", &client.name, client.breaker));
        let clients = clients.collect();
        let services = topology.services.iter();
        let services = services.map(|service| number("services", &service.name, service.breaker));
        let services = services.collect();
        let databases = topology.databases.iter();
        let databases = databases.map(|one| number("databases", &one.name, one.breaker));
        let databases = databases.collect();
        Self { clients, services, databases, plans }
    }
}

impl Compiler<'_> {
    /// A call of a service.
    pub(super) fn guarded_service(&mut self, callee: Place, call: impl FnOnce(&mut Self)) {
        self.guarded(self.breakers.services[callee.service], call);
    }

    /// A call that a circuit breaker may refuse, and of whose end it learns.
    pub(super) fn guarded(&mut self, breaker: Option<u16>, call: impl FnOnce(&mut Self)) {
        let Some(breaker) = breaker else {
            return call(self);
        };
        self.out.emit(Verb::Guard { breaker });
        self.out.take(Held::Guarded(breaker), 0);
        call(self);
        self.out.emit(Verb::Unguard { breaker });
        self.out.give_back();
    }
}
