//! Incidents of all replications: one by one, by component and kind, and what
//! they left of the time.

use super::assembly::Replications;
use super::availability::{Observed, share_estimate};
use super::confidence::{CONFIDENCE, mean_estimate, non_negative};
use super::ensemble::Replication;
use super::summary::{
    ComponentIncident, Estimate, INCIDENTS_LISTED, IncidentGroup, IncidentResult, Named,
};
use crate::simulation::availability::{Incident, IncidentSums, PLANNED, UpTime, tier};
use std::collections::HashMap;

impl Replications<'_> {
    /// The first incidents of each replication.
    pub(super) fn incidents(&self) -> Vec<IncidentResult> {
        let listed = self.numbered().flat_map(|(number, one)| {
            let incidents = incidents_of(one).iter().take(INCIDENTS_LISTED);
            incidents.map(move |incident| result(number, incident))
        });
        listed.collect()
    }

    pub(super) fn incidents_total(&self) -> u64 {
        let total = |one: &Replication| {
            incidents_of(one).len() as u64 + further(one).iter().map(|one| one.count).sum::<u64>()
        };
        self.replications.iter().map(total).sum()
    }

    /// Incidents of a component as a whole, such as failovers.
    pub(super) fn component_incidents(&self, component: &str) -> Vec<ComponentIncident> {
        let listed = self.numbered().flat_map(|(number, one)| {
            let own = incidents_of(one).iter().filter(|incident| incident.component == component);
            own.take(INCIDENTS_LISTED).map(move |incident| ComponentIncident {
                replication: number,
                kind: incident.kind.to_owned(),
                at_s: incident.start.as_secs_f64(),
                end_s: incident.end.map(|end| end.as_secs_f64()),
                figures: figures(incident),
            })
        });
        listed.collect()
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &Replication)> {
        self.replications.iter().enumerate().map(|(number, one)| (number as u32, one))
    }

    /// Incidents put together by component and kind, in order of appearance.
    pub(super) fn incident_groups(&self) -> Vec<IncidentGroup> {
        let mut groups = Groups {
            places: HashMap::new(),
            groups: Vec::new(),
            replications: self.replications.len(),
        };
        for (number, one) in self.replications.iter().enumerate() {
            for incident in incidents_of(one) {
                groups.of(tier(&incident.component), incident.kind).add(number, incident);
            }
            for sums in further(one) {
                groups.of(&sums.component, sums.kind).add_further(number, sums);
            }
        }
        groups.groups.into_iter().map(Group::result).collect()
    }

    /// Availability by time of all endpoints at once; `None` where nothing can fail.
    pub(super) fn availability_by_time(&self, confidence: f64) -> Option<Estimate> {
        self.up_share(confidence, |up_time| (up_time.all, up_time.outages))
    }

    /// The same of one endpoint.
    pub(super) fn endpoint_by_time(&self, endpoint: usize) -> Option<Estimate> {
        self.up_share(CONFIDENCE, |up_time| {
            let time = up_time.endpoints.get(endpoint).copied();
            let outages = up_time.endpoint_outages.get(endpoint).copied();
            (time.unwrap_or(up_time.all), outages.unwrap_or(up_time.outages))
        })
    }

    /// `up`: nanoseconds up, and outages.
    fn up_share(&self, confidence: f64, up: impl Fn(&UpTime) -> (u128, u64)) -> Option<Estimate> {
        let times = self.up_times()?;
        let seconds = |nanos: u128| nanos as f64 / 1e9;
        let down = |one: &UpTime| seconds(one.window.saturating_sub(up(one).0));
        let observed = Observed {
            each: times.iter().map(|one| (down(one), seconds(one.window))).collect(),
            outages: times.iter().map(|one| up(one).1).sum(),
            longest_incident_s: longest_incident_s(self.replications),
            course: self.course,
        };
        Some(observed.availability_at(confidence))
    }

    /// What every replication knows of its time; `None` where nothing can fail.
    fn up_times(&self) -> Option<Vec<&UpTime>> {
        self.replications
            .iter()
            .map(|one| one.played.recorder.availability.up_time.as_ref())
            .collect()
    }

    pub(super) fn outages(&self) -> Option<u64> {
        Some(self.up_times()?.iter().map(|one| one.outages).sum())
    }

    /// Share of the time with fewer instances than there should be.
    pub(super) fn reduced_redundancy(&self) -> Option<Estimate> {
        let share = |one: &&UpTime| one.reduced as f64 / (one.window as f64).max(1.0);
        let shares: Vec<f64> = self.up_times()?.iter().map(share).collect();
        Some(share_estimate(&shares))
    }
}

/// What has no end lasts to that of the run; what was wanted is no failure.
pub(super) fn longest_incident_s(replications: &[Replication]) -> Option<f64> {
    let lengths = replications.iter().flat_map(|one| {
        let last = one.played.window_end;
        let failures = incidents_of(one).iter().filter(|own| !PLANNED.contains(&own.kind));
        let kept = failures.map(move |incident| {
            incident.end.unwrap_or(last).saturating_since(incident.start).as_secs_f64()
        });
        let sums = further(one).iter().filter(|own| !PLANNED.contains(&own.kind));
        kept.chain(sums.map(|sums| sums.longest.as_secs_f64()))
    });
    lengths.reduce(f64::max)
}

fn incidents_of(one: &Replication) -> &[Incident] {
    &one.played.recorder.availability.incidents
}

/// Those that were not kept one by one.
fn further(one: &Replication) -> &[IncidentSums] {
    &one.played.recorder.availability.further
}

fn result(replication: u32, incident: &Incident) -> IncidentResult {
    IncidentResult {
        replication,
        component: incident.component.clone(),
        kind: incident.kind.to_owned(),
        start_s: incident.start.as_secs_f64(),
        end_s: incident.end.map(|end| end.as_secs_f64()),
        cause: incident.cause.clone(),
        requests_failed: incident.requests_failed,
        figures: figures(incident),
    }
}

fn figures(incident: &Incident) -> Named<f64> {
    incident.figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

/// Groups in order of appearance.
struct Groups<'a> {
    places: HashMap<(&'a str, &'a str), usize>,
    groups: Vec<Group<'a>>,
    replications: usize,
}

impl<'a> Groups<'a> {
    fn of(&mut self, component: &'a str, kind: &'a str) -> &mut Group<'a> {
        let key = (component, kind);
        let place = *self.places.entry(key).or_insert(self.groups.len());
        if place == self.groups.len() {
            self.groups.push(Group::new(key, self.replications));
        }
        &mut self.groups[place]
    }
}

/// Sums of a group under construction.
struct Group<'a> {
    key: (&'a str, &'a str),
    count: u64,
    requests_failed: u64,
    /// By replication: sum and number.
    lengths: Vec<(f64, u64)>,
    figures: Vec<(&'a str, Vec<(f64, u64)>)>,
}

impl<'a> Group<'a> {
    fn new(key: (&'a str, &'a str), replications: usize) -> Self {
        let lengths = vec![(0.0, 0); replications];
        Self { key, count: 0, requests_failed: 0, lengths, figures: Vec::new() }
    }

    fn add(&mut self, replication: usize, incident: &Incident) {
        self.count += 1;
        self.requests_failed += incident.requests_failed;
        if let Some(end) = incident.end {
            let length = end.saturating_since(incident.start).as_secs_f64();
            add(&mut self.lengths[replication], length);
        }
        for &(name, value) in &incident.figures {
            add(self.figure(replication, name), value);
        }
    }

    fn add_further(&mut self, replication: usize, sums: &IncidentSums) {
        self.count += sums.count;
        self.requests_failed += sums.requests_failed;
        let (length, number) = &mut self.lengths[replication];
        *length += sums.length as f64 / 1e9;
        *number += sums.ended;
        for &(name, sum, number) in &sums.figures {
            let (total, count) = self.figure(replication, name);
            *total += sum;
            *count += number;
        }
    }

    /// Sum and number of a figure of the incidents of a replication.
    fn figure(&mut self, replication: usize, name: &'a str) -> &mut (f64, u64) {
        let place = self.figures.iter().position(|(known, _)| *known == name);
        let place = place.unwrap_or_else(|| {
            self.figures.push((name, vec![(0.0, 0); self.lengths.len()]));
            self.figures.len() - 1
        });
        &mut self.figures[place].1[replication]
    }

    fn result(self) -> IncidentGroup {
        let figures = self.figures.iter();
        IncidentGroup {
            component: self.key.0.to_owned(),
            kind: self.key.1.to_owned(),
            count: self.count,
            duration_s: ratio(&self.lengths),
            requests_failed: self.requests_failed,
            figures: figures.map(|(name, sums)| ((*name).to_owned(), ratio(sums))).collect(),
        }
    }
}

fn add((sum, number): &mut (f64, u64), value: f64) {
    *sum += value;
    *number += 1;
}

/// Mean over all incidents, with the spread of the means of the replications;
/// a replication without any says nothing.
fn ratio(sums: &[(f64, u64)]) -> Estimate {
    let means: Vec<Option<f64>> =
        sums.iter().map(|(sum, number)| (*number > 0).then(|| sum / *number as f64)).collect();
    let number: u64 = sums.iter().map(|(_, number)| number).sum();
    let sum: f64 = sums.iter().map(|(sum, _)| sum).sum();
    match number {
        0 => Estimate::absent("none ended within the run"),
        _ => {
            let (value, spread) = (sum / number as f64, mean_estimate(&means));
            let half = spread.half_width();
            let end = |sign: f64| half.map(|half| value + sign * half);
            non_negative(Estimate { value: Some(value), low: end(-1.0), high: end(1.0), ..spread })
        }
    }
}
