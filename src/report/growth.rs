//! The growth staircase in JSON and CSV.

use super::capacity::{HOURS_PER_MONTH, value};
use super::charts;
use super::csv::Table;
use super::json;
use super::number;
use super::{File, ReportError, ReportOptions, draw};
use crate::experiment::capacity::{Growth, Stage};
use crate::experiment::summary::FORMAT;
use serde_json::{Value, json};

/// The files of a path of designs: `growth.json` first.
pub fn files(growth: &Growth, options: &ReportOptions) -> Result<Vec<File>, ReportError> {
    let stages: Vec<Value> = growth.stages.iter().map(stage).collect();
    let all = json!({ "format": FORMAT, "sentence": sentence(growth), "stages": stages });
    let mut files =
        vec![("growth.json".to_owned(), json::pretty(all)), ("growth.csv".to_owned(), csv(growth))];
    draw(&mut files, charts::of_growth(growth), options)?;
    Ok(files)
}

fn stage(stage: &Stage) -> Value {
    let (capacity, reason) = match &stage.outcome {
        Ok(capacity) => (value(capacity), Value::Null),
        Err(reason) => (Value::Null, reason.clone().into()),
    };
    json!({ "name": stage.name, "title": stage.title, "reason": reason, "capacity": capacity })
}

/// `growth.csv`: a line per stage.
fn csv(growth: &Growth) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["stage", "title", "unit", "today", "mark", "mark_low", "mark_high"]);
    table.texts(&["gives_way", "utilisation", "binding", "next", "next_saturates_at"]);
    table.texts(&["cost_per_hour", "cost_per_month", "without_events", "reason"]);
    table.end();
    for stage in &growth.stages {
        table.texts(&[&stage.name, &stage.title]);
        match &stage.outcome {
            Ok(capacity) => {
                let (first, next) = (capacity.gives_way.as_ref(), capacity.next.as_ref());
                table.text(json::value(&capacity.unit).as_str().unwrap_or(""));
                table.number(Some(capacity.today));
                table.number(Some(capacity.value));
                table.number(Some(capacity.low));
                table.number(capacity.high);
                table.text(first.map_or("", |first| &first.station));
                table.number(first.and_then(|first| first.utilisation));
                table.text(capacity.binding.as_ref().map_or("", |term| &term.term));
                table.text(next.map_or("", |next| &next.station));
                table.number(next.map(|next| next.saturates_at));
                table.number(capacity.cost_per_hour);
                table.number(capacity.cost_per_hour.map(|cost| cost * HOURS_PER_MONTH));
                table.texts(&[&capacity.without_events.to_string(), ""]);
            }
            Err(reason) => {
                table.texts(&[""; 13]);
                table.text(reason);
            }
        }
        table.end();
    }
    table.bytes()
}

/// Where the path begins and how far it goes.
pub(super) fn sentence(growth: &Growth) -> String {
    let found = growth.stages.iter().filter_map(|stage| {
        let capacity = stage.outcome.as_ref().ok()?;
        Some((stage, capacity)).filter(|(_, capacity)| capacity.value > 0.0)
    });
    let found: Vec<_> = found.collect();
    let least = found.first();
    let most = found.iter().reduce(|most, one| if one.1.value > most.1.value { one } else { most });
    let (Some((first, low)), Some((last, high))) = (least, most) else {
        return "No stage has a high-water mark.".to_owned();
    };
    let mark = |one: &crate::experiment::capacity::Capacity| {
        super::capacity::with_noun(one.unit, one.value)
    };
    if first.name == last.name {
        return format!("{} carries most: at least {}.", label(&last.name), mark(high));
    }
    let times = number::plain(high.value / low.value);
    format!(
        "From at least {} in {} to at least {} in {}: {times} times as many.",
        mark(low),
        label(&first.name),
        mark(high),
        label(&last.name)
    )
}

/// `stage 5 (replicas)` of `05-replicas`.
pub(super) fn label(name: &str) -> String {
    let (number, words) = split(name);
    format!("stage {number} ({words})")
}

/// `5` and `single server` of `05-single-server`.
pub(super) fn split(name: &str) -> (&str, String) {
    let (number, words) = name.split_once('-').unwrap_or(("", name));
    (number.trim_start_matches('0'), words.replace('-', " "))
}

#[cfg(test)]
mod tests {
    //! Goal: stages are called by number and words. Method: examples.
    use super::*;

    #[test]
    fn stages_by_name() {
        assert_eq!(split("05-single-server"), ("5", "single server".to_owned()));
        assert_eq!(split("10-cdn"), ("10", "cdn".to_owned()));
        assert_eq!(label("09-cache"), "stage 9 (cache)");
    }
}
