//! The answer of a plan as files.

use super::csv::Table;
use super::{File, ReportError, ReportOptions, charts, draw, json};
use crate::experiment::plan::result::{DecidedBy, DesignResult, PlanResult, Standing, Trial};
use crate::experiment::summary::{Estimate, SloTermResult, Verdict};

/// The files of a plan, `plan.json` first.
pub fn plan_files(result: &PlanResult, options: &ReportOptions) -> Result<Vec<File>, ReportError> {
    let mut files =
        vec![("plan.json".to_owned(), json::plan(result)), ("plan.csv".to_owned(), csv(result))];
    let chart = charts::plan::of_plan(result);
    draw(&mut files, chart.map(|chart| ("plan", chart)), options)?;
    Ok(files)
}

/// `plan.csv`: a line per design, in order of price. The figures are those of
/// the trial that the verdict rests on.
fn csv(result: &PlanResult) -> Vec<u8> {
    let terms = terms(result);
    let mut table = Table::new();
    let keys: Vec<&str> = result.keys.iter().map(String::as_str).collect();
    table.texts(&["design", "chosen"]);
    table.texts(&keys);
    table.texts(&["per_hour", "per_month", "verdict", "decided_by", "reason", "detail", "lost"]);
    table.texts(&["replications", "bound_station", "bound_utilisation", "by_use_per_hour"]);
    for term in &terms {
        table.heading(&column(term));
    }
    table.end();
    for (place, design) in result.designs.iter().enumerate() {
        let chosen = if result.chosen == Some(place) { "yes" } else { "" };
        table.texts(&[&design.name, chosen]);
        design.values.iter().for_each(|value| table.text(value.trim_matches('"')));
        table.number(design.per_hour);
        table.number(design.per_month);
        line(&mut table, design, &terms);
        table.end();
    }
    table.bytes()
}

fn line(table: &mut Table, design: &DesignResult, terms: &[&SloTermResult]) {
    let trial = design.decisive();
    table.texts(&[standing(design.standing), decided(design.decided_by)]);
    table.texts(&[&design.reason, &design.detail]);
    let bound = design.bound.as_ref();
    let lost = trial.map(|trial| &trial.lost).or_else(|| bound.map(|bound| &bound.lost));
    table.text(lost.map_or("", String::as_str));
    table.number(trial.map(|trial| f64::from(trial.replications)));
    table.text(bound.map_or("", |bound| &bound.station));
    table.number(bound.map(|bound| bound.utilisation));
    table.number(trial.map(|trial| trial.by_use_per_hour));
    for term in terms {
        let own = trial.and_then(|trial| figure(trial, &term.term));
        table.estimate(&own.cloned().unwrap_or_else(|| Estimate::absent("not played")));
    }
}

/// A figure of a trial by the name of its term.
fn figure<'a>(trial: &'a Trial, term: &str) -> Option<&'a Estimate> {
    trial.terms.iter().find(|own| own.term == term).map(|own| &own.estimate)
}

/// The terms of the objective, where anything was played.
fn terms(result: &PlanResult) -> Vec<&SloTermResult> {
    let mut trials = result.designs.iter().flat_map(|design| &design.trials);
    trials.next().map_or_else(Vec::new, |trial| trial.terms.iter().collect())
}

/// Times have their unit at the end of the name.
fn column(term: &SloTermResult) -> String {
    if term.unit.is_empty() { term.term.clone() } else { format!("{}_{}", term.term, term.unit) }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Passes => "passes",
        Standing::Rejected => "rejected",
        Standing::Undecided => "undecided",
        Standing::NotTried => "not_tried",
        Standing::Impossible => "impossible",
    }
}

fn decided(by: DecidedBy) -> &'static str {
    match by {
        DecidedBy::Bound => "bound",
        DecidedBy::Simulation => "simulation",
        DecidedBy::Check => "check",
        DecidedBy::Nothing => "",
    }
}

/// What a design is shown with.
pub(super) fn verdict(standing: Standing) -> Option<Verdict> {
    match standing {
        Standing::Passes => Some(Verdict::Met),
        Standing::Rejected | Standing::Impossible => Some(Verdict::Missed),
        Standing::Undecided => Some(Verdict::Undecided),
        Standing::NotTried => None,
    }
}
