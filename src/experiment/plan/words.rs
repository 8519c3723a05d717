//! Designs, prices and reasons in words.

use crate::experiment::summary::{SloTermResult, Verdict};
use crate::scenario::Change;
use crate::scenario::model::{Dimension, HostId, Scenario};

/// Hours in a month of 365 ÷ 12 days.
pub(super) const HOURS_PER_MONTH: f64 = 730.0;

/// What a design is called: what varies, component by component, such as
/// `web 7 × c4, main 2 replicas on r8`.
pub(super) fn name(vary: &[Dimension], changes: &[Change], scenario: &Scenario) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for dimension in vary {
        let owner = owner(&dimension.key);
        if done.contains(&owner) {
            continue;
        }
        done.push(owner);
        let own: Vec<(&str, &str)> = changes
            .iter()
            .filter(|(key, _)| self::owner(key) == owner)
            .map(|(key, value)| (key[owner.len()..].trim_start_matches('.'), value.as_str()))
            .collect();
        parts.push(component(owner, &own, scenario));
    }
    parts.join(", ")
}

/// `services.web` of `services.web.instances`; the table of one without names.
fn owner(key: &str) -> &str {
    let mut dots = key.match_indices('.').map(|(at, _)| at);
    let first = dots.next();
    dots.next().or(first).map_or(key, |at| &key[..at])
}

fn component(owner: &str, own: &[(&str, &str)], scenario: &Scenario) -> String {
    let (table, name) = owner.split_once('.').unwrap_or(("", owner));
    let value = |key: &str| own.iter().find(|(own, _)| *own == key).map(|(_, value)| *value);
    let mut words = vec![name.to_owned()];
    let topology = &scenario.topology;
    let machine = |hosts: Option<&Vec<HostId>>| {
        let host = *hosts?.first()?;
        Some(topology.machines[topology.hosts[host].machine].name.clone())
    };
    let counted = value("instances").is_some() || value("machine").is_some();
    match table {
        "services" | "caches" if counted => {
            let services =
                topology.services.iter().map(|one| (&one.name, &one.hosts, one.instances));
            let caches =
                topology.caches.iter().map(|one| (&one.name, &one.hosts, one.hosts.len() as u32));
            let found = match table {
                "services" => services.into_iter().find(|one| one.0 == name),
                _ => caches.into_iter().find(|one| one.0 == name),
            };
            let count = found.map_or(1, |one| one.2);
            let kind = machine(found.map(|one| one.1)).unwrap_or_default();
            words.push(format!("{count} × {kind}"));
        }
        "databases" => {
            let found = topology.databases.iter().find(|one| one.table() == name);
            let replicas = found.map_or(0, |one| one.hosts.len().saturating_sub(1));
            words.extend(value("replicas").map(|_| match replicas {
                0 => "no replica".to_owned(),
                1 => "1 replica".to_owned(),
                count => format!("{count} replicas"),
            }));
            let kind = machine(found.map(|one| &one.hosts)).filter(|_| value("machine").is_some());
            words.extend(kind.map(|kind| format!("on {kind}")));
        }
        _ => {}
    }
    let said = |key: &str| matches!(key, "instances" | "replicas" | "machine");
    let rest = own.iter().filter(|(key, _)| !said(key) || words.len() == 1);
    let rest: Vec<String> = rest.map(|(key, value)| format!("{key} {}", bare(value))).collect();
    words.extend(rest);
    words.join(" ")
}

/// A value without the quotes of a text.
pub(super) fn bare(value: &str) -> &str {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    inner.filter(|inner| !inner.contains(['"', '\\'])).unwrap_or(value)
}

/// The price of a month: whole from a hundred on.
pub(super) fn per_month(per_hour: f64) -> String {
    amount(per_hour * HOURS_PER_MONTH)
}

fn amount(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    count(value.round() as u64)
}

/// `1,234,567`.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

/// ` with zones.a lost`; nothing where nothing is.
pub(super) fn with_lost(lost: &str) -> String {
    if lost.is_empty() { String::new() } else { format!(" with {lost} lost") }
}

/// What a term of the objective came to, against its limit: `512 > 500 ms`.
pub(super) fn against(term: &SloTermResult) -> String {
    let value = term.estimate.value;
    let known = |value: f64| figure(value, term);
    let limit = figure(term.limit, term);
    let sign = match (term.verdict, term.at_least) {
        (Verdict::Undecided, _) => "against",
        (Verdict::Missed, false) | (Verdict::Met, true) => ">",
        (Verdict::Missed, true) | (Verdict::Met, false) => "<",
    };
    let unit = if term.unit == "ms" { " ms" } else { " %" };
    let measured = value.map_or_else(|| "nothing measured".to_owned(), known);
    let least = if term.estimate.at_least { "≥ " } else { "" };
    format!("{least}{measured} {sign} {limit}{unit}")
}

/// A share in percent, with as many digits as its nines ask for.
pub(super) fn percent(share: f64) -> String {
    let text = format!("{:.4}", 100.0 * share);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn figure(value: f64, term: &SloTermResult) -> String {
    if term.unit != "ms" {
        return percent(value);
    }
    match value {
        _ if value < 10.0 => format!("{value:.2}"),
        _ if value < 100.0 => format!("{value:.1}"),
        _ => count(value.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: prices, figures and values read well. Method: worked values.
    use super::*;
    use crate::experiment::summary::Estimate;

    #[test]
    fn a_month_has_730_hours() {
        assert_eq!(per_month(0.17), "124");
        assert_eq!(per_month(4.674), "3,412");
        assert_eq!(per_month(0.01), "7.30");
    }

    #[test]
    fn a_term_is_shown_against_its_limit() {
        let mut term = SloTermResult {
            term: "p99".to_owned(),
            limit: 500.0,
            unit: "ms".to_owned(),
            at_least: false,
            estimate: Estimate::point(512.3, ""),
            verdict: Verdict::Missed,
        };
        assert_eq!(against(&term), "512 > 500 ms");
        term.verdict = Verdict::Undecided;
        assert_eq!(against(&term), "512 against 500 ms");
        let share = SloTermResult {
            term: "availability".to_owned(),
            limit: 0.999,
            unit: String::new(),
            at_least: true,
            estimate: Estimate::point(0.98765, ""),
            verdict: Verdict::Missed,
        };
        assert_eq!(against(&share), "98.765 < 99.9 %");
    }

    #[test]
    fn an_owner_is_a_table_and_a_name() {
        assert_eq!(owner("services.web.instances"), "services.web");
        assert_eq!(owner("databases.main.replication.mode"), "databases.main");
        assert_eq!(owner("dns.ttl"), "dns");
        assert_eq!(bare("\"8 GB\""), "8 GB");
        assert_eq!(bare("7"), "7");
    }
}
