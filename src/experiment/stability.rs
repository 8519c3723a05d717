//! Load that a station cannot carry: reported by name, no bug of ours.

use super::run::Replication;
use crate::simulation::blueprint::Blueprint;
use crate::simulation::measured::{MeasuredFigure, StationMeasured};

/// Busier than this, and its queue may grow without end.
const SATURATED: f64 = 0.98;
/// A queue this long at the end is no mere chance …
const QUEUE_MIN: u64 = 20;

/// Stations whose queue grew over the window in most replications, in words.
pub(super) fn unstable(plan: &Blueprint, replications: &[Replication]) -> Vec<String> {
    let stations = replications[0].played.measured.stations.len();
    let growing = (0..stations)
        .filter(|&index| {
            let growing = replications
                .iter()
                .filter(|one| is_growing(&one.played.measured.stations[index]))
                .count();
            2 * growing > replications.len()
        })
        .map(|index| describe(plan, index, replications));
    let components = 0..replications[0].played.measured.components.len();
    growing.chain(components.filter_map(|index| log_behind(index, replications))).collect()
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
    let growing = replications.iter().zip(&behind).filter(|(one, behind)| {
        let chance = 4.0 * number(one, "writes_committed").unwrap_or(0.0).sqrt();
        **behind > QUEUE_MIN as f64 && **behind > chance
    });
    let mean = behind.iter().sum::<f64>() / behind.len() as f64;
    (2 * growing.count() > replications.len()).then(|| {
        format!(
            "{} cannot apply its log as fast as writes come: a replica was {mean:.0} entries \
             behind at the end of the run",
            replications[0].played.measured.components[index].name
        )
    })
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
