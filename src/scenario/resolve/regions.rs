//! Regions: their users, their zones, the distances between them, and how
//! users find them.

use super::super::defaults;
use super::super::keys::Kind;
use super::super::model::{Region, Routing, RoutingPolicy, Topology, Zone};
use super::super::reader::{Item, Reader, suggestion};
use super::super::units;
use super::guards::health_check;
use super::names::Scope;
use crate::kernel::time::Duration;

/// How far the shares of the regions may be from 1 together.
const SHARE_TOLERANCE: f64 = 1e-6;

/// One entry of a matrix of round trips, and where it is written.
type Distance<'a> = Option<(Duration, Item<'a>)>;

/// Regions in order of the file, and zones with the regions in which they lie.
pub(super) fn regions(root: &Reader<'_>, scope: &Scope<'_>) -> (Vec<Region>, Vec<Zone>) {
    let mut zones: Vec<Zone> = scope
        .places
        .zones
        .names()
        .map(|name| Zone { name: name.to_owned(), region: None })
        .collect();
    let most = defaults::MOST_REGIONS;
    if let Some((_, at, _)) = scope.regions.entries.get(most) {
        root.context.error("E105", *at, format!("more than {most} regions"), None);
        return (Vec::new(), zones);
    }
    let readers: Vec<_> = scope.regions.readers().collect();
    let count = readers.len();
    let mut rtt: Vec<Vec<Distance<'_>>> = Vec::new();
    let mut regions = Vec::new();
    for (id, (name, reader)) in readers.iter().enumerate() {
        rtt.push(
            reader.as_ref().map_or_else(|| vec![None; count], |one| distances(one, id, scope)),
        );
        let users = reader.as_ref().and_then(|one| one.get("users"));
        let users = users.map_or(Some(0.0), |item| item.number(0.0, 1.0));
        regions.push((*name, users));
        if let Some(reader) = reader {
            claim(reader, id, scope, &mut zones);
        }
    }
    check_shares(root, &regions);
    check_zones(root, scope, &zones);
    let rtt = symmetric(root, scope, &rtt);
    let region = |((name, users), rtt): ((&str, Option<f64>), Vec<Duration>)| Region {
        name: name.to_owned(),
        users: users.unwrap_or(0.0),
        rtt,
    };
    (regions.into_iter().zip(rtt).map(region).collect(), zones)
}

/// What a region says of its distances.
fn distances<'a>(reader: &Reader<'a>, own: usize, scope: &Scope<'_>) -> Vec<Distance<'a>> {
    let mut found = vec![None; scope.regions.entries.len()];
    let Some(item) = reader.get("rtt") else { return found };
    for (name, at, value) in item.entries() {
        let value = value.as_kind(Kind::Quantity(units::TIME));
        match scope.regions.id(name) {
            Some(id) if id == own => {
                let message = format!("`{}` is the distance to itself", value.path);
                let help = "inside a region, `network` says the distances".to_owned();
                item.context.error("E109", at, message, Some(help));
            }
            Some(id) => found[id] = value.duration().map(|rtt| (rtt, value)),
            None => {
                let message = format!("`{}` names `{name}`, which is not in [regions]", value.path);
                item.context.error("E201", at, message, suggestion(name, scope.regions.iter()));
            }
        }
    }
    found
}

/// Marks the zones of a region; each lies in one alone.
fn claim(reader: &Reader<'_>, id: usize, scope: &Scope<'_>, zones: &mut [Zone]) {
    let Some(item) = reader.get("zones") else { return };
    for one in item.names() {
        let Some(zone) = scope.places.zones.of(&one) else { continue };
        match zones[zone].region {
            Some(other) if other != id => {
                let message = format!(
                    "the zone `{}` lies in the region `{}` already",
                    zones[zone].name, scope.regions.entries[other].0
                );
                one.fault("E312", message, Some("a zone lies in one region".to_owned()));
            }
            _ => zones[zone].region = Some(id),
        }
    }
}

fn check_shares(root: &Reader<'_>, regions: &[(&str, Option<f64>)]) {
    let known: Vec<f64> = regions.iter().filter_map(|(_, users)| *users).collect();
    let sum: f64 = known.iter().sum();
    if !regions.is_empty() && known.len() == regions.len() && (sum - 1.0).abs() > SHARE_TOLERANCE {
        let message = format!("`users` of [regions.*] add up to {sum}, not to 1");
        root.context.error("E303", root.key_origin("regions"), message, None);
    }
}

/// Where there are regions, each zone lies in one.
fn check_zones(root: &Reader<'_>, scope: &Scope<'_>, zones: &[Zone]) {
    if scope.regions.entries.is_empty() {
        return;
    }
    let placed = zones.iter().filter(|zone| zone.region.is_some()).map(|zone| zone.name.as_str());
    for (zone, (name, at)) in zones.iter().zip(&scope.places.zones.entries) {
        if zone.region.is_none() {
            let message = format!("the zone `{name}` lies in no region");
            let help = suggestion(name, placed.clone());
            let help = help.or(Some("name it in `zones` of one of [regions.*]".to_owned()));
            root.context.error("E312", *at, message, help);
        }
    }
}

/// The whole matrix from what is said on either side.
fn symmetric(
    root: &Reader<'_>,
    scope: &Scope<'_>,
    given: &[Vec<Distance<'_>>],
) -> Vec<Vec<Duration>> {
    let mut matrix = vec![vec![Duration::ZERO; given.len()]; given.len()];
    for one in 0..given.len() {
        for other in one + 1..given.len() {
            let rtt = match (&given[one][other], &given[other][one]) {
                (Some((there, _)), Some((back, item))) if there != back => {
                    let (a, b) = (scope.regions.entries[one].0, scope.regions.entries[other].0);
                    let message = format!("`{a}` and `{b}` say different round trips");
                    item.fault("E312", message, Some("say it on one side".to_owned()));
                    *back
                }
                (Some((rtt, _)), _) | (None, Some((rtt, _))) => *rtt,
                (None, None) => {
                    missing(root, scope, one, other);
                    Duration::ZERO
                }
            };
            (matrix[one][other], matrix[other][one]) = (rtt, rtt);
        }
    }
    matrix
}

fn missing(root: &Reader<'_>, scope: &Scope<'_>, one: usize, other: usize) {
    let (first, _, item) = &scope.regions.entries[one];
    let (second, at, back) = &scope.regions.entries[other];
    // What is written, but wrong, was reported where it stands.
    let written = |item: &Item<'_>, name: &str| {
        item.below_quietly("rtt").is_some_and(|rtt| rtt.below_quietly(name).is_some())
    };
    if !written(item, second) && !written(back, first) {
        let message = format!("the round trip between `{first}` and `{second}` is not given");
        let help = format!("write rtt = {{ {first} = \"90 ms\" }} under [regions.{second}]");
        root.context.error("E102", *at, message, Some(help));
    }
}

/// `[routing]`; the nearest region, unchecked, where it is absent.
pub(super) fn routing(root: &Reader<'_>, scope: &Scope<'_>) -> Option<Routing> {
    let reader = root.part("routing");
    if scope.regions.entries.is_empty() {
        if reader.is_some() {
            let message = "[routing] has no meaning without [regions.*]".to_owned();
            root.context.error("E109", root.key_origin("routing"), message, None);
        }
        return None;
    }
    let policy = match reader.as_ref().and_then(|reader| reader.choice("policy")) {
        Some("failover") => RoutingPolicy::Failover,
        _ => RoutingPolicy::Nearest,
    };
    let check = reader.and_then(|reader| reader.part("health_check"));
    Some(Routing { policy, health_check: check.map(|check| health_check(Some(&check))) })
}

/// Where there are regions, every machine stands in one.
pub(super) fn check_machines(root: &Reader<'_>, scope: &Scope<'_>, topology: &Topology) {
    if topology.regions.is_empty() {
        return;
    }
    let services = topology.services.iter().map(|one| (one.name.as_str(), &one.hosts));
    let caches = topology.caches.iter().map(|one| (one.name.as_str(), &one.hosts));
    let databases = topology.databases.iter().filter(|one| one.is_first());
    let databases = databases.map(|one| (one.table(), &one.hosts));
    let all = services.map(|one| ("services", &scope.services, one));
    let all = all.chain(caches.map(|one| ("caches", &scope.caches, one)));
    let all = all.chain(databases.map(|one| ("databases", &scope.databases, one)));
    for (table, names, (name, hosts)) in all {
        let lost = hosts.iter().map(|&host| &topology.hosts[host]).find(|host| host.zone.is_none());
        if let (Some(host), Some(id)) = (lost, names.id(name)) {
            let message = format!("there are regions, and `{table}.{name}` stands in no zone");
            let help = if host.shared { "give its host a `zone`" } else { "give it `zones`" };
            root.context.error("E312", names.entries[id].1, message, Some(help.to_owned()));
        }
    }
}
