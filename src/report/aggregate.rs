//! Instances put together: tiers for people, and large tiers for files.

use crate::experiment::summary::{Estimate, StationResult, Wait};
use std::borrow::Cow;
use std::collections::HashMap;

/// Tiers of more instances are written as aggregates, unless all are asked for.
pub const MOST_INSTANCES: usize = 100;

/// Which instance of a tier an aggregate shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// None: the mean over all.
    Mean,
    /// The one of the highest utilisation.
    Worst,
    /// The one of the lowest.
    Best,
}

impl Which {
    /// `mean`, `worst`, `best`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Worst => "worst",
            Self::Best => "best",
        }
    }
}

/// A line about a station: one instance, or an aggregate of a tier.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The figures.
    pub station: Cow<'a, StationResult>,
    /// For an aggregate: which, and over how many instances.
    pub aggregate: Option<(Which, usize)>,
}

/// The instances of one station.
pub type Tier<'a> = Vec<&'a StationResult>;

/// The stations by name, in the order of their first instance.
pub fn tiers(stations: &[StationResult]) -> Vec<Tier<'_>> {
    let mut place: HashMap<&str, usize> = HashMap::new();
    let mut tiers: Vec<Tier<'_>> = Vec::new();
    for station in stations {
        let index = *place.entry(&station.name).or_insert(tiers.len());
        match tiers.get_mut(index) {
            Some(tier) => tier.push(station),
            None => tiers.push(vec![station]),
        }
    }
    tiers
}

/// The lines to write: every instance, or for large tiers mean, worst and best.
pub fn rows(stations: &[StationResult], all_instances: bool) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for tier in tiers(stations) {
        if all_instances || tier.len() <= MOST_INSTANCES {
            let instances = tier.into_iter();
            rows.extend(instances.map(|one| Row { station: Cow::Borrowed(one), aggregate: None }));
            continue;
        }
        let of = tier.len();
        let (worst, best) = (busiest(&tier), idlest(&tier));
        rows.push(Row { station: Cow::Owned(mean(&tier)), aggregate: Some((Which::Mean, of)) });
        rows.push(Row { station: Cow::Borrowed(worst), aggregate: Some((Which::Worst, of)) });
        rows.push(Row { station: Cow::Borrowed(best), aggregate: Some((Which::Best, of)) });
    }
    rows
}

/// The busiest instance of a tier; among equals the one of the longest queue,
/// then the first.
pub fn busiest<'a>(tier: &[&'a StationResult]) -> &'a StationResult {
    let mut found = tier[0];
    for one in tier {
        if load(one) > load(found) {
            found = one;
        }
    }
    found
}

fn idlest<'a>(tier: &[&'a StationResult]) -> &'a StationResult {
    let mut found = tier[0];
    for one in tier {
        if load(one) < load(found) {
            found = one;
        }
    }
    found
}

fn load(station: &StationResult) -> (f64, f64) {
    let value = |estimate: &Estimate| estimate.value.unwrap_or(0.0);
    (value(&station.utilisation), value(&station.queue_length_mean))
}

/// The mean of a figure over the instances that have it.
pub fn mean_of(
    tier: &[&StationResult],
    figure: impl Fn(&StationResult) -> Option<f64>,
) -> Option<f64> {
    let (mut sum, mut number) = (0.0, 0_u32);
    for value in tier.iter().filter_map(|one| figure(one)) {
        sum += value;
        number += 1;
    }
    (number > 0).then(|| sum / f64::from(number))
}

/// An instance of mean figures. Intervals of instances are not independent,
/// so the mean carries none.
fn mean(tier: &[&StationResult]) -> StationResult {
    let of = |figure: fn(&StationResult) -> &Estimate| {
        let note = format!("mean of {} instances", tier.len());
        match mean_of(tier, |one| figure(one).value) {
            Some(value) => Estimate::point(value, &note),
            None => Estimate::absent(&note),
        }
    };
    StationResult {
        role: None,
        utilisation: of(|one| &one.utilisation),
        queue_length_mean: of(|one| &one.queue_length_mean),
        queue_length_max: tier.iter().map(|one| one.queue_length_max).max().unwrap_or(0),
        wait_ms: Wait { mean: of(|one| &one.wait_ms.mean), p99: tier[0].wait_ms.p99.clone() },
        throughput_per_s: of(|one| &one.throughput_per_s),
        rejected: tier.iter().map(|one| one.rejected).sum(),
        ..tier[0].clone()
    }
}
