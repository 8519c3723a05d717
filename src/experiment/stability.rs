//! Load that a station cannot carry: reported by name, no bug of ours.

use super::run::Replication;
use crate::simulation::blueprint::Blueprint;
use crate::simulation::measured::StationMeasured;

/// Busier than this, and its queue may grow without end.
const SATURATED: f64 = 0.98;
/// A queue this long at the end is no mere chance …
const QUEUE_MIN: u64 = 20;

/// Stations whose queue grew over the window in most replications, in words.
pub(super) fn unstable(plan: &Blueprint, replications: &[Replication]) -> Vec<String> {
    let stations = replications[0].played.measured.stations.len();
    (0..stations)
        .filter(|&index| {
            let growing = replications
                .iter()
                .filter(|one| is_growing(&one.played.measured.stations[index]))
                .count();
            2 * growing > replications.len()
        })
        .map(|index| describe(plan, index, replications))
        .collect()
}

/// Saturated, and the queue at its end is longer than chance would leave it:
/// several times the square root of what came, the spread of a random walk.
fn is_growing(station: &StationMeasured) -> bool {
    let chance = 4.0 * (station.arrivals as f64).sqrt();
    let saturated = station.utilisation.is_some_and(|share| share > SATURATED);
    saturated && station.queue_end > QUEUE_MIN && station.queue_end as f64 > chance
}

fn describe(plan: &Blueprint, index: usize, replications: &[Replication]) -> String {
    let first = &replications[0].played.measured.stations[index];
    let name = &plan.stations.names[usize::from(first.label.name)].name;
    let ends = replications.iter().map(|one| one.played.measured.stations[index].queue_end);
    let mean = ends.sum::<u64>() as f64 / replications.len() as f64;
    format!(
        "{name} {} cannot carry its load: its queue grew to {mean:.0} by the end of the run",
        first.label.instance
    )
}
