//! Which stations are busy at a load, and at which load each is busy all the
//! time.

use super::probe::{Probe, StationLoad};
use crate::experiment::bottleneck::bottleneck;
use crate::experiment::summary::{StationResult, Summary};
use crate::simulation::blueprint::Blueprint;
use serde::Serialize;

/// What says that a replica falls behind: a log is no station, and busy by
/// no measure.
const LOG: &str = "apply its log";

/// What gives way first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivesWay {
    /// The station.
    pub station: String,
    /// `primary` or `replica`, where only those are meant.
    pub role: Option<String>,
    /// Busy share at the mark; `None` for the log of a database, which is
    /// applied in order, one entry after the other.
    pub utilisation: Option<f64>,
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

/// What grows above the mark, where `reason` says so; else the station with
/// the least headroom at it.
pub(super) fn gives_way(at_mark: &Probe, reason: Option<&str>) -> Option<GivesWay> {
    let component = reason.and_then(|words| words.split_once(" cannot")).map(|(name, _)| name);
    if let Some(database) = component.filter(|_| reason.is_some_and(|words| words.contains(LOG))) {
        return Some(GivesWay {
            station: format!("{database}.log"),
            role: None,
            utilisation: None,
        });
    }
    let named = component.and_then(|name| {
        at_mark.stations.iter().find(|one| name.split(' ').next() == Some(one.station.as_str()))
    });
    let first = named.or(at_mark.stations.first())?;
    Some(GivesWay {
        station: first.station.clone(),
        role: first.role.clone(),
        utilisation: Some(first.utilisation),
    })
}

/// The one after it. Pools are left out: their places are held by those who
/// wait for the first.
pub(super) fn next(at_mark: &Probe, first: Option<&GivesWay>) -> Option<NextStation> {
    let is_first = |one: &StationLoad| {
        first.is_some_and(|first| first.station == one.station && first.role == one.role)
    };
    let second = at_mark.stations.iter().find(|one| one.kind != "pool" && !is_first(one))?;
    Some(NextStation {
        station: second.station.clone(),
        role: second.role.clone(),
        utilisation: second.utilisation,
        saturates_at: at_mark.load * (1.0 + second.headroom),
    })
}
