//! One size of the tier, measured.

use super::super::capacity::{Capacity, CapacityFailure, CapacityOptions, Unit, capacity};
use super::super::cost::standing_price;
use super::super::run::{PlayOptions, Progress, Silent, play};
use super::super::summary::{Estimate, Summary, Verdict};
use super::steps::{Plan, Size};
use super::{Mark, OneDead, ScaleOptions, Step, Today, name};
use crate::kernel::time::{Duration, Instant};
use crate::scenario::Template;
use crate::scenario::model::{Component, Death, Event, EventAction, RunKind, Scenario, Target};

/// Measures a size, the so-many-th of so many; and says what loads are counted
/// in, and the load of today.
pub(super) fn step(
    template: &Template<'_>,
    plan: &Plan,
    size: &Size,
    options: &ScaleOptions<'_>,
    (place, of): (usize, usize),
) -> Result<(Step, Unit, f64), CapacityFailure> {
    let label = format!("{} ({place} of {of})", name(size));
    let progress = Named { inner: options.progress, label };
    let found = capacity(
        template,
        &CapacityOptions {
            changes: &size.changes,
            without_events: true,
            progress: &progress,
            ..options.capacity
        },
    )?;
    let (today, one_dead) = match excluded(&found) {
        Some(why) => (not_carried(why), not_played(why)),
        None => {
            progress.trying("today's users");
            let summary = summary(&steady(&size.scenario), options)?;
            progress.trying("one instance dead");
            let dead = self::summary(&one_dies(&size.scenario, plan.tier.component), options)?;
            (today(&found, &summary), one_dead(&dead))
        }
    };
    let step = Step {
        name: name(size),
        way: size.way,
        machine: size.machine.name.clone(),
        vcpus: size.machine.vcpus,
        instances: size.instances,
        present: size.machine.name == plan.tier.machine() && size.instances == plan.tier.instances,
        changes: size.changes.clone(),
        machines_per_hour: standing_price(&size.scenario),
        capacity: mark(&found),
        today,
        one_dead,
    };
    Ok((step, found.unit, found.today))
}

fn summary(scenario: &Scenario, options: &ScaleOptions<'_>) -> Result<Summary, CapacityFailure> {
    let options = PlayOptions {
        seed: options.capacity.seed,
        replications: options.replications,
        progress: &Silent,
        ..PlayOptions::default()
    };
    Ok(play(scenario, &options)?.summary)
}

/// Why today's users need not be played: more than a CPU can do.
fn excluded(capacity: &Capacity) -> Option<&str> {
    let by_law = capacity.probes.iter().find(|probe| !probe.simulated);
    by_law.filter(|probe| probe.load <= capacity.today)?;
    Some("more work than its CPUs can do")
}

fn mark(capacity: &Capacity) -> Mark {
    Mark {
        value: capacity.value,
        low: capacity.low,
        high: capacity.high,
        gives_way: capacity.gives_way.clone(),
        term: capacity.binding.as_ref().map(|binding| binding.term.clone()),
    }
}

fn today(capacity: &Capacity, summary: &Summary) -> Today {
    Today {
        verdict: capacity.today_verdict,
        p99_ms: summary.response_time_ms.p99.clone(),
        availability: summary.availability.clone(),
        per_million_requests: summary.cost.per_million_requests.clone(),
    }
}

fn not_carried(why: &str) -> Today {
    Today {
        verdict: Verdict::Missed,
        p99_ms: Estimate::absent(why),
        availability: Estimate::absent(why),
        per_million_requests: Estimate::absent(why),
    }
}

fn not_played(why: &str) -> OneDead {
    OneDead { verdict: None, answered: Estimate::absent(why), p99_ms: Estimate::absent(why) }
}

fn one_dead(summary: &Summary) -> OneDead {
    OneDead {
        verdict: summary.slo.verdict,
        answered: summary.availability.clone(),
        p99_ms: summary.response_time_ms.p99.clone(),
    }
}

/// The scenario without its script.
fn steady(scenario: &Scenario) -> Scenario {
    let mut steady = scenario.clone();
    steady.failures.events.clear();
    steady
}

/// In place of the script: instance 0 of the tier is gone from the start of
/// the window on, without a word. It is not replaced.
fn one_dies(scenario: &Scenario, component: Component) -> Scenario {
    let mut struck = scenario.clone();
    let warmup = struck.run.warmup.unwrap_or(Duration::ZERO);
    struck.run.warmup = Some(warmup);
    struck.run.kind = RunKind::Terminating;
    let kill = EventAction::Kill { target: Target::Instance(component, 0), death: Death::Silent };
    struck.failures.events = vec![Event {
        name: "one-dies".to_owned(),
        at: Instant::ZERO + warmup,
        lasts: None,
        action: kill,
    }];
    match component {
        Component::Service(id) => {
            let own = struck.topology.load_balancers.iter_mut().filter(|one| one.targets == id);
            own.for_each(|balancer| balancer.replace = None);
        }
        Component::Database(id) => {
            let failover = struck.topology.databases[id].failover.as_mut();
            failover.into_iter().for_each(|failover| failover.new_replica = None);
        }
        Component::Cache(_) | Component::LoadBalancer(_) => {}
    }
    struck
}

/// Progress that says which step it is about.
struct Named<'a> {
    inner: &'a dyn Progress,
    label: String,
}

impl Progress for Named<'_> {
    fn start(&self, _what: &str, total: u64) {
        self.inner.start(&self.label, total);
    }

    fn advance(&self, steps: u64) {
        self.inner.advance(steps);
    }

    fn trying(&self, what: &str) {
        self.inner.trying(&format!("{}: {what}", self.label));
    }
}
