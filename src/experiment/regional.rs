//! What users of each region saw.

use super::assembly::{Replications, counts_of, response_time};
use super::confidence::CONFIDENCE;
use super::summary::{EndpointResult, Named, RegionResult, Series};
use crate::metrics::histogram::Histogram;
use crate::simulation::recorder::EndpointRecord;

impl Replications<'_> {
    /// By region of the user; empty where there are none.
    pub(super) fn regions(&self) -> Named<RegionResult> {
        let names = self.plan.regions.iter().flat_map(|regions| &regions.names);
        names.enumerate().map(|(id, name)| (name.clone(), self.region(id))).collect()
    }

    fn region(&self, region: usize) -> RegionResult {
        let all = self.of_region(region, |_| true);
        let endpoints = self.plan.endpoints.iter().enumerate();
        let endpoints = endpoints.map(|(id, endpoint)| {
            (endpoint.name.clone(), self.of_region(region, move |other| other == id))
        });
        RegionResult {
            requests: all.requests,
            availability: all.availability,
            response_time_ms: all.response_time_ms,
            endpoints: endpoints.collect(),
        }
    }

    /// Some endpoints of the users of a region.
    fn of_region(&self, region: usize, wanted: impl Fn(usize) -> bool + Copy) -> EndpointResult {
        let of = |one: usize| {
            let record = &self.replications[one].played.recorder.regions[region];
            let endpoints = record.endpoints.iter().enumerate();
            endpoints.filter(move |(id, _)| wanted(*id)).map(|(_, record)| record)
        };
        let replications = 0..self.replications.len();
        let each: Vec<Histogram> = replications.clone().map(|one| merged(of(one))).collect();
        let mut all = Histogram::new();
        each.iter().for_each(|one| all.merge(one));
        let requests = counts_of(replications.flat_map(of));
        let availability = self.answered_share(CONFIDENCE, |one| {
            let endpoints = one.played.recorder.regions[region].endpoints.iter().enumerate();
            let wanted = endpoints.filter(|(id, _)| wanted(*id));
            wanted.fold((0, 0), |(offered, answered), (_, record)| {
                (offered + record.offered, answered + record.answered)
            })
        });
        EndpointResult {
            requests,
            availability,
            // Which tiers a region needs changes with its routing.
            availability_by_time: None,
            response_time_ms: response_time(&all, &each),
        }
    }
}

fn merged<'a>(records: impl Iterator<Item = &'a EndpointRecord>) -> Histogram {
    let mut merged = Histogram::new();
    records.for_each(|record| merged.merge(&record.response));
    merged
}

/// Rows of the time series under the name of a region.
pub(super) fn rows(name: &str, rows: [(&str, Vec<Option<f64>>); 4]) -> Vec<Series> {
    let component = format!("regions.{name}");
    let row = |(figure, values): (&str, Vec<Option<f64>>)| Series {
        component: component.clone(),
        figure: figure.to_owned(),
        values,
    };
    rows.into_iter().map(row).collect()
}
