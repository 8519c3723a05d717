//! How the site and its clients meet failures: health checks, replacements,
//! circuit breakers, adaptive limits, hedges.

use super::super::defaults;
use super::super::model::{AdaptiveConcurrency, Breaker, HealthCheck, Hedge, Replace};
use super::super::reader::Reader;
use crate::kernel::time::Duration;

/// A duration above zero with a default.
pub(super) fn time_or(reader: &Reader<'_>, name: &'static str, default: Duration) -> Duration {
    let given = reader.get(name).map(|item| item.positive_duration());
    given.flatten().unwrap_or(default)
}

/// A whole number, at least 1, with a default.
pub(super) fn count_or(reader: &Reader<'_>, name: &'static str, default: u32) -> u32 {
    let given = reader.get(name).map(|item| item.whole32(1));
    given.flatten().unwrap_or(default)
}

/// `health_check`, with all defaults where it is absent.
pub(super) fn health_check(reader: Option<&Reader<'_>>) -> HealthCheck {
    let Some(reader) = reader else {
        return HealthCheck {
            interval: defaults::CHECK_INTERVAL,
            timeout: defaults::CHECK_TIMEOUT,
            unhealthy_after: defaults::CHECKS,
            healthy_after: defaults::CHECKS,
            slow_start: None,
        };
    };
    let interval = time_or(reader, "interval", defaults::CHECK_INTERVAL);
    let timeout = time_or(reader, "timeout", defaults::CHECK_TIMEOUT.min(interval));
    if let Some(item) = reader.get("timeout").filter(|_| timeout > interval) {
        let message = format!("`{}` is longer than the interval of the checks", item.path);
        item.fault("E105", message, Some("one check ends before the next begins".to_owned()));
    }
    HealthCheck {
        interval,
        timeout,
        unhealthy_after: count_or(reader, "unhealthy_after", defaults::CHECKS),
        healthy_after: count_or(reader, "healthy_after", defaults::CHECKS),
        slow_start: None,
    }
}

/// `health_check` of a load balancer, which may start slowly too.
pub(super) fn balancer_check(balancer: &Reader<'_>) -> HealthCheck {
    let reader = balancer.part("health_check");
    let slow_start = reader.as_ref().and_then(|reader| reader.positive_duration("slow_start"));
    HealthCheck { slow_start, ..health_check(reader.as_ref()) }
}

/// `replace` of a load balancer.
pub(super) fn replace(reader: &Reader<'_>) -> Option<Replace> {
    let after = reader.need("after").and_then(|item| item.duration());
    let within = reader.need("in").and_then(|item| item.duration());
    Some(Replace { after: after?, within: within? })
}

/// `breaker` below a client, a service or a database.
pub(super) fn breaker(reader: &Reader<'_>) -> Option<Breaker> {
    let reader = reader.part("breaker")?;
    let failures = reader.get("failures").map_or(Some(defaults::BREAKER_FAILURES), |item| {
        let share = item.number(0.0, 1.0)?;
        if share == 0.0 {
            let message = format!("`{}` is 0: it would always be open", item.path);
            item.fault("E105", message, Some("allowed: above 0 to 1".to_owned()));
        }
        Some(share)
    });
    Some(Breaker {
        failures: failures?,
        window: time_or(&reader, "window", defaults::BREAKER_WINDOW),
        minimum: count_or(&reader, "minimum", defaults::BREAKER_MINIMUM),
        open: time_or(&reader, "open", defaults::BREAKER_OPEN),
    })
}

/// `adaptive` of a service with so many workers.
pub(super) fn adaptive(service: &Reader<'_>, workers: Option<u32>) -> Option<AdaptiveConcurrency> {
    let reader = service.part("adaptive")?;
    let Some(workers) = workers else {
        let message =
            format!("`{}` needs a number of `workers`, within which it moves", reader.path);
        let at = service.key_origin("adaptive");
        reader.context.error("E102", at, message, Some("write such as workers = 64".to_owned()));
        return None;
    };
    let minimum = count_or(&reader, "minimum", defaults::ADAPTIVE_MINIMUM.min(workers));
    if let Some(item) = reader.get("minimum").filter(|_| minimum > workers) {
        let message = format!("`{}` is {minimum}, and there are {workers} workers", item.path);
        item.fault("E105", message, None);
    }
    Some(AdaptiveConcurrency {
        target_wait: time_or(&reader, "target_wait", defaults::TARGET_WAIT),
        minimum,
    })
}

/// `hedge` of a client that gives up after `timeout`.
pub(super) fn hedge(client: &Reader<'_>, timeout: Option<Duration>) -> Option<Hedge> {
    let item = client.part("hedge")?.need("after")?;
    let after = item.positive_duration()?;
    if timeout.is_some_and(|timeout| after >= timeout) {
        let message = format!("`{}` is not shorter than `timeout`: it never begins", item.path);
        item.fault("E105", message, None);
    }
    Some(Hedge { after })
}
