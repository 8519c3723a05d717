//! Figures by their path in `summary.json`.

use super::summary::{Estimate, Figure, IncidentGroup, ResponseTime, StationResult, Summary};

/// The figure at a path, such as `response_time_ms.p99`,
/// `stations.services.web.cpu.utilisation` (the mean over the instances) or
/// `components.caches.objects.figures.hit_ratio`, or the mean over the incidents
/// of a component and kind, `incidents.databases.main.failover.rto_s`; `None`
/// where there is none.
pub fn figure(summary: &Summary, path: &str) -> Option<Estimate> {
    if let Some(rest) = path.strip_prefix("response_time_ms.") {
        return time_figure(&summary.response_time_ms, rest);
    }
    if let Some(rest) = path.strip_prefix("page_time_ms.") {
        return time_figure(summary.page_time_ms.as_ref()?, rest);
    }
    if let Some(rest) = path.strip_prefix("incidents.") {
        return incident_figure(summary, rest);
    }
    if let Some(rest) = path.strip_prefix("endpoints.") {
        if let Some((endpoint, figure)) = rest.rsplit_once(".availability") {
            let (_, endpoint) = summary.endpoints.iter().find(|(name, _)| name == endpoint)?;
            return match figure {
                "" => Some(endpoint.availability.clone()),
                "_by_time" => endpoint.availability_by_time.clone(),
                _ => None,
            };
        }
        let (endpoint, figure) = rest.split_once(".response_time_ms.")?;
        let (_, endpoint) = summary.endpoints.iter().find(|(name, _)| name == endpoint)?;
        return time_figure(&endpoint.response_time_ms, figure);
    }
    if let Some(rest) = path.strip_prefix("regions.") {
        if let Some(name) = rest.strip_suffix(".availability") {
            let (_, region) = summary.regions.iter().find(|(own, _)| own == name)?;
            return Some(region.availability.clone());
        }
        let (region, figure) = rest.split_once(".response_time_ms.")?;
        let (_, region) = summary.regions.iter().find(|(name, _)| name == region)?;
        return time_figure(&region.response_time_ms, figure);
    }
    if let Some(rest) = path.strip_prefix("attribution_ms.") {
        return summary
            .attribution_ms
            .iter()
            .find(|(name, _)| name == rest)
            .map(|(_, e)| e.clone());
    }
    if let Some(cause) = path.strip_prefix("requests.failed_share.") {
        return component_figure(summary, "users", &format!("failed_share_{cause}"));
    }
    if let Some(rest) = path.strip_prefix("stations.") {
        let (station, figure) = rest.rsplit_once('.')?;
        return station_figure(summary, station, figure);
    }
    if let Some(rest) = path.strip_prefix("components.") {
        let (component, figure) = rest.split_once(".figures.")?;
        return component_figure(summary, component, figure);
    }
    match path {
        "throughput_per_s" => Some(summary.throughput_per_s.clone()),
        "availability" => Some(summary.availability.clone()),
        "availability_by_time" => summary.availability_by_time.clone(),
        "unavailability_by_time" => summary.availability_by_time.as_ref().map(complement),
        "reduced_redundancy" => summary.reduced_redundancy.clone(),
        _ => None,
    }
}

/// 1 − a share: of many nines it is what says something.
fn complement(share: &Estimate) -> Estimate {
    let rest = |value: Option<f64>| value.map(|value| 1.0 - value);
    Estimate {
        value: rest(share.value),
        low: rest(share.high),
        high: rest(share.low),
        ..share.clone()
    }
}

fn time_figure(time: &ResponseTime, name: &str) -> Option<Estimate> {
    let estimate = match name {
        "mean" => &time.mean,
        "p50" => &time.p50,
        "p90" => &time.p90,
        "p95" => &time.p95,
        "p99" => &time.p99,
        "p99_9" => &time.p99_9,
        _ => return None,
    };
    Some(estimate.clone())
}

/// Of a group of incidents: `services.web.failure.duration_s`,
/// `databases.main.failover.rto_s`.
fn incident_figure(summary: &Summary, path: &str) -> Option<Estimate> {
    let (whose, figure) = path.rsplit_once('.')?;
    let (component, kind) = whose.rsplit_once('.')?;
    let wanted = |group: &&IncidentGroup| group.component == component && group.kind == kind;
    let group = summary.incident_groups.iter().find(wanted)?;
    match figure {
        "duration_s" => Some(group.duration_s.clone()),
        "count" => Some(Estimate::point(group.count as f64, "a count")),
        _ => group.figures.iter().find(|(name, _)| name == figure).map(|(_, e)| e.clone()),
    }
}

fn component_figure(summary: &Summary, component: &str, figure: &str) -> Option<Estimate> {
    let (_, component) = summary.components.iter().find(|(name, _)| name == component)?;
    let (_, figure) = component.figures.iter().find(|(name, _)| name == figure)?;
    match figure {
        Figure::Estimate(estimate) => Some(estimate.clone()),
        Figure::Count(count) => Some(Estimate::point(*count as f64, "a count")),
        Figure::Number(number) => Some(Estimate::point(*number, "no interval")),
    }
}

/// Mean over the instances; they depend on each other, so the widths are
/// averaged too, which is never too narrow.
fn station_figure(summary: &Summary, station: &str, figure: &str) -> Option<Estimate> {
    let read = |station: &StationResult| match figure {
        "utilisation" => Some(station.utilisation.clone()),
        "queue_length_mean" => Some(station.queue_length_mean.clone()),
        "wait_ms_mean" => Some(station.wait_ms.mean.clone()),
        "throughput_per_s" => Some(station.throughput_per_s.clone()),
        _ => None,
    };
    let of_name = summary.stations.iter().filter(|result| result.name == station);
    let estimates: Vec<Estimate> = of_name.map(read).collect::<Option<Vec<Estimate>>>()?;
    let first = estimates.first()?.clone();
    let count = estimates.len() as f64;
    let mean = |of: fn(&Estimate) -> Option<f64>| -> Option<f64> {
        let values: Option<Vec<f64>> = estimates.iter().map(of).collect();
        Some(values?.iter().sum::<f64>() / count)
    };
    Some(Estimate {
        value: mean(|estimate| estimate.value),
        low: mean(|estimate| estimate.low),
        high: mean(|estimate| estimate.high),
        ..first
    })
}
