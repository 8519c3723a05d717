//! Which stations are busy at a load, and at which load each is busy all the
//! time.

use super::probe::{Probe, StationLoad};
use crate::experiment::bottleneck::bottleneck;
use crate::experiment::summary::{StationResult, Summary};
use crate::simulation::blueprint::Blueprint;
use serde::Serialize;

/// What gives way first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivesWay {
    /// The station.
    pub station: String,
    /// `primary` or `replica`, where only those are meant.
    pub role: Option<String>,
    /// Busy share at the mark.
    pub utilisation: f64,
}

/// What would give way next, if the first did not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextStation {
    /// The station.
    pub station: String,
    /// `primary` or `replica`, where only those are meant.
    pub role: Option<String>,
    /// Busy share at the mark.
    pub utilisation: f64,
    /// Load at which it is busy all the time, by the utilisation law.
    pub saturates_at: f64,
}

/// The stations of a run, those with the least headroom first; of a database
/// the primary and the replicas apart.
pub(super) fn ranked(plan: &Blueprint, summary: &Summary) -> Vec<StationLoad> {
    let mut left: Vec<StationResult> = summary.stations.clone();
    let mut found = Vec::new();
    while let Some(tightest) = bottleneck(plan, &left, None) {
        let busy = |one: &StationResult| one.utilisation.value.unwrap_or(0.0);
        let of = left.iter().filter(|one| one.name == tightest.station);
        let Some(busiest) = of.reduce(|a, b| if busy(b) > busy(a) { b } else { a }) else { break };
        let (kind, role) = (busiest.kind.clone(), busiest.role.clone());
        let same = |one: &StationResult| one.name == tightest.station && one.role == role;
        let alone = summary.stations.iter().all(|one| one.name != tightest.station || same(one));
        left.retain(|one| !same(one));
        found.push(StationLoad {
            station: tightest.station.clone(),
            role: role.clone().filter(|_| !alone),
            kind,
            utilisation: tightest.utilisation.value.unwrap_or(0.0),
            headroom: tightest.headroom.value.unwrap_or(0.0),
        });
    }
    found
}

/// The station with the least headroom.
pub(super) fn gives_way(probe: &Probe) -> Option<GivesWay> {
    let first = probe.stations.first()?;
    Some(GivesWay {
        station: first.station.clone(),
        role: first.role.clone(),
        utilisation: first.utilisation,
    })
}

/// The one after it. Pools are left out: their places are held by those who
/// wait for the first.
pub(super) fn next(probe: &Probe) -> Option<NextStation> {
    let second = probe.stations.iter().skip(1).find(|one| one.kind != "pool")?;
    Some(NextStation {
        station: second.station.clone(),
        role: second.role.clone(),
        utilisation: second.utilisation,
        saturates_at: probe.load * (1.0 + second.headroom),
    })
}
