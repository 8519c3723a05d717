//! Simulated availability of alike machines against that of the birth–death
//! chain, where nothing else touches them.

use super::availability::{Observed, distance};
use super::birth_death::BirthDeath;
use super::incidents::incidents_of;
use super::run::Replication;
use super::summary::ClosedForm;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Instant;
use crate::scenario::model::{Component, FailureProcess, Scenario, Target, Topology};

/// Instances that a tier needs to be up.
const NEEDED: u32 = 1;
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
            needed: NEEDED,
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
    /// What their incidents name as the cause.
    cause: String,
    machines: u32,
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
                .all(|other| std::ptr::eq(other, process) || is_apart(other.of, component));
        let (name, machines) = machines(&scenario.topology, component)?;
        alone.then_some(())?;
        Some(Self {
            component: name,
            cause: format!("failures.{}", process.name),
            machines,
            crews: process.crews,
            mtbf: mean(&process.mtbf)?,
            mttr: mean(&process.mttr)?,
        })
    }

    fn exact(&self) -> f64 {
        BirthDeath::new(self.machines, self.mtbf, self.mttr, self.crews).availability(NEEDED)
    }

    /// Time with too few machines, from the incidents that name the process.
    fn observed(&self, replications: &[Replication]) -> Observed {
        let mut observed =
            Observed { each: Vec::new(), outages: 0, longest_incident_s: None, terminating: false };
        let mut longest = None;
        for one in replications {
            let (start, end) = (one.played.recorder.start, one.played.window_end);
            let changes = self.changes(one, end, &mut longest);
            let (down, outages) = self.down(&changes, start);
            observed.each.push((down, one.window_s()));
            observed.outages += outages;
        }
        observed.longest_incident_s = longest;
        observed
    }

    /// Failures (+1) and repairs (−1) in order of time; a repair goes first.
    fn changes(
        &self,
        one: &Replication,
        last: Instant,
        longest: &mut Option<f64>,
    ) -> Vec<(Instant, i32)> {
        let mut changes = Vec::new();
        for incident in incidents_of(one).iter().filter(|one| one.cause == self.cause) {
            let end = incident.end.unwrap_or(last).min(last);
            changes.extend([(incident.start.min(last), 1), (end, -1)]);
            let length = end.saturating_since(incident.start).as_secs_f64();
            *longest = Some(longest.map_or(length, |known: f64| known.max(length)));
        }
        changes.sort_unstable();
        changes
    }

    /// Seconds after `start` with fewer machines than needed, and how often
    /// that began.
    fn down(&self, changes: &[(Instant, i32)], start: Instant) -> (f64, u64) {
        let spare = self.machines.saturating_sub(NEEDED) as i32;
        let (mut failed, mut seconds, mut outages) = (0, 0.0, 0);
        let mut since = start;
        for &(at, change) in changes {
            let at = at.max(start);
            if failed > spare {
                seconds += at.saturating_since(since).as_secs_f64();
            }
            outages += u64::from(failed == spare && change > 0 && at > start);
            failed += change;
            since = at;
        }
        (seconds, outages)
    }
}

/// Whether what strikes `target` leaves a component alone.
fn is_apart(target: Target, component: Component) -> bool {
    let database = |id: usize| component != Component::Database(id);
    match target {
        Target::All(other) | Target::Instance(other, _) => other != component,
        Target::Primary(id) | Target::Replica(id) => database(id),
        Target::Host(_) | Target::Rack(_) | Target::Zone(_) | Target::Region(_) => false,
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
            let replaced = topology.load_balancers.iter().any(replaced);
            // A machine that boots after its repair is down for longer.
            let plain = !replaced && service.boot.is_zero();
            plain.then(|| (format!("services.{}", service.name), service.instances))
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
    //! Goal: the time with too few machines is exact, at every edge. Method: a
    //! course by hand.
    use super::*;

    fn chain(machines: u32) -> Chain {
        let (component, cause) = ("services.web".to_owned(), "failures.web".to_owned());
        Chain { component, cause, machines, crews: None, mtbf: 9.0, mttr: 1.0 }
    }

    fn at(seconds: f64) -> Instant {
        Instant::from_secs_f64(seconds)
    }

    #[test]
    fn all_must_be_down_at_once() {
        // One is down 10..30, the other 20..40; then 50..60 and, at that very
        // instant, 60..70: never both.
        let mut changes = vec![(10.0, 1), (30.0, -1), (20.0, 1), (40.0, -1)];
        changes.extend([(50.0, 1), (60.0, -1), (60.0, 1), (70.0, -1)]);
        let mut changes: Vec<_> = changes.into_iter().map(|(s, by)| (at(s), by)).collect();
        changes.sort_unstable();
        assert_eq!(chain(2).down(&changes, Instant::ZERO), (10.0, 1));
        assert_eq!(chain(1).down(&changes, Instant::ZERO).0, 50.0);
        assert_eq!(chain(3).down(&changes, Instant::ZERO), (0.0, 0));
        // A window that begins within the outage has its rest, and no start of one.
        assert_eq!(chain(2).down(&changes, at(25.0)), (5.0, 0));
    }

    #[test]
    fn the_exact_value_is_that_of_the_chain() {
        assert!((chain(1).exact() - 0.9).abs() < 1e-15);
        assert!((chain(2).exact() - 0.99).abs() < 1e-15);
    }
}
