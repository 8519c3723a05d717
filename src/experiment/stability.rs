//! Load that a station cannot carry: reported by name, no bug of ours.

use super::ensemble::Replication;
use crate::simulation::availability::tier;
use crate::simulation::blueprint::Blueprint;
use crate::simulation::measured::{MeasuredFigure, StationMeasured};

/// Busier than this, and its queue may grow without end.
const SATURATED: f64 = 0.98;
/// A queue this long at the end is no mere chance …
const QUEUE_MIN: u64 = 20;

/// Stations whose queue grew over the window in most replications, in words,
/// the longest first; a bounded queue never grows without end.
pub(super) fn unstable(plan: &Blueprint, replications: &[Replication]) -> Vec<String> {
    let stations = replications[0].played.measured.stations.len();
    let mut by_name: Vec<Growing> = Vec::new();
    for index in (0..stations).filter(|&index| grows(plan, index, replications)) {
        let found = Growing::new(plan, index, replications);
        match by_name.iter_mut().find(|known| known.name == found.name) {
            Some(known) => known.add(&found),
            None => by_name.push(found),
        }
    }
    by_name.sort_by(|a, b| b.queue.total_cmp(&a.queue));
    let components = 0..replications[0].played.measured.components.len();
    let stations = by_name.iter().map(Growing::in_words);
    stations.chain(components.filter_map(|index| log_behind(index, replications))).collect()
}

/// A station with instances whose queues grow.
struct Growing {
    name: String,
    instances: usize,
    /// Of the worst instance, at the end of the run.
    queue: f64,
    role: Option<&'static str>,
}

impl Growing {
    fn new(plan: &Blueprint, index: usize, replications: &[Replication]) -> Self {
        let label = &replications[0].played.measured.stations[index].label;
        let ends = replications.iter().map(|one| one.played.measured.stations[index].queue_end);
        Self {
            name: plan.stations.names[usize::from(label.name)].name.clone(),
            instances: 1,
            queue: ends.sum::<u64>() as f64 / replications.len() as f64,
            role: label.role,
        }
    }

    fn add(&mut self, other: &Self) {
        self.instances += 1;
        if other.queue > self.queue {
            (self.queue, self.role) = (other.queue, other.role);
        }
    }

    fn in_words(&self) -> String {
        let role = self.role.map_or(String::new(), |role| format!(" ({role})"));
        let which = match self.instances {
            1 => role,
            count => format!(" ({count} instances)"),
        };
        let queue = self.queue;
        format!(
            "{}{which} cannot carry its load: its queue grew to {queue:.0} by the end of the run",
            self.name
        )
    }
}

fn grows(plan: &Blueprint, index: usize, replications: &[Replication]) -> bool {
    // Pools come first in the list of stations.
    let bounded = plan.stations.pools.get(index).is_some_and(|pool| pool.queue.is_some());
    let growing =
        replications.iter().filter(|one| is_growing(&one.played.measured.stations[index])).count();
    !bounded && 2 * growing > replications.len()
}

/// A log that its replicas cannot keep up with is a queue like any other.
fn log_behind(index: usize, replications: &[Replication]) -> Option<String> {
    let number = |one: &Replication, figure: &str| -> Option<f64> {
        let figures = &one.played.measured.components[index].figures;
        match figures.iter().find(|(name, _)| *name == figure)?.1 {
            MeasuredFigure::Mean(value) => value,
            MeasuredFigure::Count(count) => Some(count as f64),
            _ => None,
        }
    };
    let behind: Vec<f64> =
        replications.iter().map(|one| number(one, "log_entries_behind")).collect::<Option<_>>()?;
    let name = &replications[0].played.measured.components[index].name;
    let growing = replications.iter().zip(&behind).filter(|(one, behind)| {
        if is_struck(one, name) {
            return false;
        }
        let chance = 4.0 * number(one, "writes_committed").unwrap_or(0.0).sqrt();
        **behind > QUEUE_MIN as f64 && **behind > chance
    });
    let mean = behind.iter().sum::<f64>() / behind.len() as f64;
    (2 * growing.count() > replications.len()).then(|| {
        format!(
            "{name} cannot apply its log as fast as writes come: a replica was {mean:.0} entries \
             behind at the end of the run"
        )
    })
}

/// Whether an incident of a component lasts to the end: who is down, or is
/// copied from, lags for that.
fn is_struck(one: &Replication, component: &str) -> bool {
    let incidents = &one.played.recorder.availability.incidents;
    let is_of = |own: &str| own == component || tier(own) == component;
    incidents.iter().any(|own| own.end.is_none() && is_of(&own.component))
}

/// Saturated, and the queue at its end is longer than chance would leave it:
/// several times the square root of what came, the spread of a random walk.
fn is_growing(station: &StationMeasured) -> bool {
    let chance = 4.0 * (station.arrivals as f64).sqrt();
    let saturated = station.utilisation.is_some_and(|share| share > SATURATED);
    saturated && station.queue_end > QUEUE_MIN && station.queue_end as f64 > chance
}
