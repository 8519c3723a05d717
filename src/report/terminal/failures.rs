//! What failed in a run: availability, error budget, incidents, exact values.

use super::run::{labelled, noted, spoken, without_unit};
use super::style::{Style, Tone, unbroken};
use crate::experiment::summary::{
    ErrorBudget, Estimate, IncidentGroup, IncidentResult, Named, Summary,
};
use crate::report::number::{self, NOTHING, Unit};
use crate::report::text;

/// The kind of incident in which a database gets another primary.
const FAILOVER: &str = "failover";
/// Incidents that are shown one by one.
const MOST_INCIDENTS: usize = 8;
/// What the columns between the name of an incident and its cause take.
const FIGURES: usize = 32;
/// A budget that is spent so often is told as a multiple, not in percent.
const MULTIPLE: f64 = 10.0;
/// What the columns behind a name take.
const COLUMNS: usize = 54;

/// The lines on availability: by requests and by time, and the error budget.
/// Empty where nothing can fail and nothing is limited.
pub(super) fn availability(summary: &Summary, style: &Style) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(by_time) = &summary.availability_by_time {
        let mut parts = Vec::new();
        if !summary.availability_only {
            let requests = Unit::Share.estimate(&summary.availability);
            parts.push(format!("{requests} of the requests"));
        }
        parts.push(format!("{} of the time", Unit::Share.estimate(by_time)));
        if let Some(outages) = summary.outages.filter(|outages| *outages > 0) {
            let word = if outages == 1 { "outage" } else { "outages" };
            parts.push(format!("{} {word}", number::count(outages)));
        }
        if let Some(reduced) = &summary.reduced_redundancy {
            let share = Unit::Share.estimate(reduced);
            parts.push(format!("redundancy reduced {share} of the time"));
        }
        lines.push(labelled(style, "Available", &parts.join(", ")));
        // What is certain needs no footnote.
        let sampled = by_time.half_width() != Some(0.0);
        if let Some(note) = by_time.note.as_ref().filter(|_| sampled) {
            lines.push(style.wrapped(&format!("{:12}({})", "", text::sentence(note)), 12));
        }
    }
    lines.extend(summary.error_budget.iter().filter_map(|budget| error_budget(budget, style)));
    lines
}

/// How much of the budget is gone; nothing where none was touched.
fn error_budget(budget: &ErrorBudget, style: &Style) -> Option<String> {
    let side = if budget.term == "availability" { '≥' } else { '≤' };
    let limit = format!("{} {side} {}", spoken(&budget.term), Unit::Share.given(budget.limit));
    let mut words = match (budget.spent, budget.failed, budget.allowed_failures) {
        (None, Some(0) | None, _) => return None,
        (Some(0.0), ..) => return None,
        (None, Some(failed), _) => {
            format!("{} failed, and {limit} allows none", number::count(failed))
        }
        (Some(spent), Some(failed), Some(allowed)) => format!(
            "{}: {} failed of the {} that {limit} allows",
            if spent >= MULTIPLE {
                format!("spent {} times over", number::plain(spent))
            } else {
                format!("{:.0} % spent", 100.0 * spent)
            },
            number::count(failed),
            number::plain(allowed)
        ),
        (Some(spent), ..) if spent >= MULTIPLE => {
            format!("{} times what {limit} allows is spent", number::plain(spent))
        }
        (Some(spent), ..) => {
            format!("{:.0} % of what {limit} allows is spent", 100.0 * spent)
        }
    };
    if let Some(worst) = budget.burn_rate_max.filter(|worst| *worst > 0.0) {
        words += &format!(", burning at most {} times as fast as allowed", number::plain(worst));
    }
    let line = labelled(style, "Budget", &words);
    let over = budget.spent.is_none_or(|spent| spent > 1.0);
    Some(if over { style.paint(Tone::Bad, &line) } else { line })
}

/// Where requests were played, the first incidents of the first replication;
/// else what they come to, since there are too many.
pub(super) fn incidents(summary: &Summary, style: &Style) -> String {
    if summary.availability_only {
        return groups(summary, style);
    }
    let first: Vec<_> = summary.incidents.iter().filter(|one| one.replication == 0).collect();
    if first.is_empty() {
        return String::new();
    }
    let shown = &first[..first.len().min(MOST_INCIDENTS)];
    let rows: Vec<_> = shown.iter().map(|one| row(one, style)).collect();
    let table = style.table(&["Incident", "from", "lasted", "failed", "cause"], &rows);
    let mut lines = Vec::new();
    for (place, line) in table.lines().enumerate() {
        lines.push(line.to_owned());
        // What an incident has of its own stands below it.
        let own = place.checked_sub(1).and_then(|place| shown.get(place));
        let figures = own.map(|one| told(&one.figures)).filter(|words| !words.is_empty());
        lines.extend(figures.map(|words| style.wrapped(&format!("    {words}"), 4)));
    }
    let left = summary.incidents_total.saturating_sub(shown.len() as u64);
    let left_out = number::count(left);
    match summary.replications {
        0 | 1 if left == 0 => {}
        0 | 1 => lines.push(format!("… and {left_out} more in incidents.csv")),
        _ => lines.push(format!(
            "… of the first replication; {left_out} more of all replications in incidents.csv"
        )),
    }
    lines.extend(failovers(summary, style));
    lines.join("\n")
}

/// Failovers over all replications: means with their intervals.
fn failovers(summary: &Summary, style: &Style) -> Vec<String> {
    let groups = summary.incident_groups.iter();
    let failovers = groups.filter(|one| one.kind == FAILOVER && !one.figures.is_empty());
    let told = failovers.filter(|_| summary.replications > 1).map(|group| {
        let figures =
            group.figures.iter().filter(|(_, one)| one.value.is_some()).map(|(name, estimate)| {
                let shown = number::unit_of(name).estimate(estimate);
                unbroken(&format!("{} {shown}", without_unit(name)))
            });
        let figures: Vec<_> = figures.collect();
        let name = text::shortened(&group.component, style.width / 2);
        let words = format!("{FAILOVER} {name}, mean of all {}: ", number::count(group.count));
        style.wrapped(&format!("{words}{}", figures.join(", ")), 4)
    });
    told.collect()
}

fn row(incident: &IncidentResult, style: &Style) -> Vec<String> {
    let lasted = match incident.end_s {
        Some(end) => Unit::Seconds.value(end - incident.start_s),
        None => "to the end".to_owned(),
    };
    // The name goes first; the cause is cut to what is left.
    let room = style.width.saturating_sub(FIGURES);
    let name = format!("{} {}", incident.kind, incident.component);
    let name = text::shortened(&name, (room * 2 / 3).max(12));
    let left = room.saturating_sub(name.chars().count().max(room / 2)).max(12);
    let cause = incident.cause.strip_prefix("events.").unwrap_or(&incident.cause);
    vec![
        name,
        Unit::Seconds.value(incident.start_s),
        lasted,
        number::count(incident.requests_failed),
        text::shortened(cause, left),
    ]
}

/// Figures that are not zero, in a few words.
fn told(figures: &Named<f64>) -> String {
    let shown = figures.iter().filter(|(_, value)| *value != 0.0).map(|(name, value)| {
        let unit = number::unit_of(name);
        unbroken(&format!("{} {}", without_unit(name), unit.value(*value)))
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// Incidents by component and kind.
fn groups(summary: &Summary, style: &Style) -> String {
    let groups = &summary.incident_groups;
    if groups.is_empty() {
        return String::new();
    }
    let width = style.width.saturating_sub(COLUMNS).max(14);
    let rows: Vec<_> =
        groups.iter().take(MOST_INCIDENTS).map(|group| group_row(group, width)).collect();
    let mut block = style.table(&["Incidents", "kind", "number", "mean length"], &rows);
    if groups.len() > rows.len() {
        let left = groups.len() - rows.len();
        block += &format!("\n… and {left} more kinds in summary.json");
    }
    let listed = summary.incidents.len() as u64;
    if summary.incidents_total > listed {
        let (listed, all) = (number::count(listed), number::count(summary.incidents_total));
        block += &format!("\nThe first {listed} of {all} are in incidents.csv.");
    }
    block
}

fn group_row(group: &IncidentGroup, width: usize) -> Vec<String> {
    vec![
        text::shortened(&group.component, width),
        text::shortened(&group.kind, 10),
        number::count(group.count),
        Unit::Seconds.estimate(&group.duration_s),
    ]
}

/// Simulated availabilities beside the exact ones.
pub(super) fn closed_form(summary: &Summary, style: &Style) -> String {
    if summary.closed_form.is_empty() {
        return String::new();
    }
    let width = style.width.saturating_sub(COLUMNS).max(14);
    let bare = |estimate: &Estimate| match estimate.value {
        Some(_) => Unit::Share.estimate(estimate),
        None => NOTHING.to_owned(),
    };
    let rows = summary.closed_form.iter().map(|form| {
        vec![
            text::shortened(&form.component, width),
            format!("{} of {}", form.needed, form.instances),
            form.crews.map_or_else(|| "each".to_owned(), |crews| number::count(u64::from(crews))),
            bare(&form.availability),
            Unit::Share.value(form.exact),
        ]
    });
    let heading = ["Up", "needed", "crews", "simulated", "exact"];
    let mut block = style.table(&heading, &rows.collect::<Vec<_>>());
    for form in &summary.closed_form {
        if let Some(note) = &form.availability.note {
            let name = text::shortened(&form.component, width);
            block += "\n";
            block += &style.wrapped(&format!("  {name}: {}", text::sentence(note)), 4);
        }
    }
    block
}

/// The line on availability where nothing can fail: by requests alone.
pub(super) fn throughput(summary: &Summary, style: &Style) -> Option<String> {
    if summary.availability_only {
        return None;
    }
    let throughput = noted(Unit::PerSecond, &summary.throughput_per_s, false);
    let availability = noted(Unit::Share, &summary.availability, false);
    let words = match summary.availability_by_time {
        Some(_) => throughput,
        None => format!("{throughput}, availability {availability}"),
    };
    Some(labelled(style, "Throughput", &words))
}
