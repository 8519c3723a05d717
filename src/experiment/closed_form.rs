//! Simulated availability of alike machines against that of the birth–death
//! chain, where nothing else touches them.

use super::availability::{Course, Observed, distance};
use super::birth_death::BirthDeath;
use super::ensemble::Replication;
use super::incidents::longest_incident_s;
use super::summary::ClosedForm;
use crate::kernel::distribution::Distribution;
use crate::scenario::model::{Component, Database, FailureProcess, Scenario, Target, Topology};
use crate::simulation::availability::ComponentUpTime;

/// Farther from the exact value than so many half-widths is called odd: four
/// standard errors.
const ODD: f64 = 2.0;

/// Each component whose instances fail and are repaired in exponential times
/// and in no other way, with both values.
pub(super) fn closed_forms(scenario: &Scenario, replications: &[Replication]) -> Vec<ClosedForm> {
    let groups = scenario.failures.processes.iter().filter_map(|one| Chain::new(scenario, one));
    groups
        .map(|chain| ClosedForm {
            availability: chain.observed(replications).availability(),
            exact: chain.exact(),
            needed: chain.needed,
            instances: chain.machines,
            crews: chain.crews,
            component: chain.component,
        })
        .collect()
}

/// What a simulated value that lies far from its exact one is worth: a warning.
pub(super) fn warnings(forms: &[ClosedForm]) -> Vec<String> {
    let odd = |form: &&ClosedForm| {
        distance(&form.availability, form.exact).is_some_and(|distance| distance > ODD)
    };
    let warning = |form: &ClosedForm| {
        format!(
            "the simulated availability of {} lies more than four standard errors from the exact \
             value of its birth–death chain",
            form.component
        )
    };
    forms.iter().filter(odd).map(warning).collect()
}

/// Alike machines with failures and repairs of their own.
struct Chain {
    component: String,
    machines: u32,
    needed: u32,
    crews: Option<u32>,
    /// Means in the same unit.
    mtbf: f64,
    mttr: f64,
}

impl Chain {
    /// The chain of a failure process; `None` where it is no such chain.
    fn new(scenario: &Scenario, process: &FailureProcess) -> Option<Self> {
        let failures = &scenario.failures;
        let Target::All(component) = process.of else { return None };
        let mean = |times: &Distribution| match times {
            Distribution::Exponential { mean } => Some(*mean),
            _ => None,
        };
        let alone = failures.events.is_empty()
            && failures
                .processes
                .iter()
                .all(|other| std::ptr::eq(other, process) || other.of.spares(component));
        let (name, machines) = machines(&scenario.topology, component)?;
        alone.then_some(())?;
        Some(Self {
            component: name,
            machines,
            needed: needed(&scenario.topology, component),
            crews: process.crews,
            mtbf: mean(&process.mtbf)?,
            mttr: mean(&process.mttr)?,
        })
    }

    fn exact(&self) -> f64 {
        BirthDeath::new(self.machines, self.mtbf, self.mttr, self.crews).availability(self.needed)
    }

    /// Time with too few machines.
    fn observed(&self, replications: &[Replication]) -> Observed {
        let mut observed = Observed {
            each: Vec::new(),
            outages: 0,
            longest_incident_s: longest_incident_s(replications),
            course: Course::Steady,
        };
        for one in replications {
            let up_time = one.played.recorder.availability.up_time.iter();
            let own = |own: &&ComponentUpTime| own.component == self.component;
            for up_time in up_time {
                let Some(own) = up_time.components.iter().find(own) else { continue };
                let down = up_time.window.saturating_sub(own.up) as f64 / 1e9;
                observed.each.push((down, up_time.window as f64 / 1e9));
                observed.outages += own.outages;
            }
        }
        observed
    }
}

/// Instances that must be up.
fn needed(topology: &Topology, component: Component) -> u32 {
    match component {
        Component::Service(id) => topology.services.get(id).map_or(1, |service| service.needed),
        Component::Database(id) => topology.databases.get(id).map_or(1, Database::needed),
        _ => 1,
    }
}

/// Name and number of the machines of a component; `None` where they are also
/// replaced in another way than by repair.
fn machines(topology: &Topology, component: Component) -> Option<(String, u32)> {
    match component {
        Component::LoadBalancer(id) => {
            Some((format!("load_balancers.{}", topology.load_balancers.get(id)?.name), 1))
        }
        Component::Service(id) => {
            let service = topology.services.get(id)?;
            let replaced = |one: &crate::scenario::model::LoadBalancer| {
                one.targets == id && one.replace.is_some()
            };
            let scaled = topology.autoscalers.iter().any(|one| one.service == id);
            let replaced = scaled || topology.load_balancers.iter().any(replaced);
            (!replaced).then(|| (format!("services.{}", service.name), service.instances))
        }
        Component::Cache(id) => {
            let cache = topology.caches.get(id)?;
            Some((format!("caches.{}", cache.name), cache.hosts.len() as u32))
        }
        Component::Database(id) => {
            let database = topology.databases.get(id)?;
            let replaced = database.failover.as_ref().is_some_and(|one| one.new_replica.is_some());
            let name = format!("databases.{}", database.name);
            (!replaced).then_some((name, database.hosts.len() as u32))
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the exact value is that of the chain and of the number needed.
    //! Method: values by hand.
    use super::*;

    fn chain(machines: u32, needed: u32) -> Chain {
        let component = "services.web".to_owned();
        Chain { component, machines, needed, crews: None, mtbf: 9.0, mttr: 1.0 }
    }

    #[test]
    fn the_exact_value_is_that_of_the_chain() {
        assert!((chain(1, 1).exact() - 0.9).abs() < 1e-15);
        assert!((chain(2, 1).exact() - 0.99).abs() < 1e-15);
        assert!((chain(2, 2).exact() - 0.81).abs() < 1e-15);
    }
}
