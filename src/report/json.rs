//! Figures as JSON: pretty, keys in a fixed order, a newline at the end.

use super::aggregate::{self, Row, Which};
use super::number;
use crate::experiment::comparison::Comparison;
use crate::experiment::plan::result::PlanResult;
use crate::experiment::summary::{FORMAT, Summary};
use serde::Serialize;
use serde_json::{Map, Number, Value, json};

/// The content of `summary.json`, every instance by itself.
pub fn summary(summary: &Summary) -> Vec<u8> {
    pretty(value(summary))
}

/// The same, with large tiers as their mean, worst and best instance.
pub fn summary_by_tier(summary: &Summary) -> Vec<u8> {
    pretty(by_tier(summary))
}

/// A comparison: the sentence, the designs' summaries, the paired differences.
pub fn comparison(comparison: &Comparison) -> Vec<u8> {
    pretty(compared(comparison, value))
}

/// The same, with large tiers as their mean, worst and best instance.
pub fn comparison_by_tier(comparison: &Comparison) -> Vec<u8> {
    pretty(compared(comparison, by_tier))
}

/// The content of `plan.json`.
pub fn plan(result: &PlanResult) -> Vec<u8> {
    pretty(value(result))
}

fn compared(comparison: &Comparison, summary: impl Fn(&Summary) -> Value) -> Value {
    let designs = comparison
        .designs
        .iter()
        .map(|design| json!({ "name": design.name, "summary": summary(&design.results.summary) }));
    let differences = comparison.differences.iter().map(|difference| {
        let figures = difference.figures.iter();
        let figures: Map<_, _> =
            figures.map(|(name, estimate)| (name.clone(), value(estimate))).collect();
        let worth = difference.variance_reduction.iter();
        let worth: Map<_, _> =
            worth.map(|(name, estimate)| (name.clone(), value(estimate))).collect();
        json!({ "design": difference.design, "figures": figures, "variance_reduction": worth })
    });
    json!({
        "format": FORMAT,
        "sentence": comparison.sentence,
        "cheapest": comparison.cheapest,
        "redundancy": comparison.redundancy,
        "designs": designs.collect::<Vec<_>>(),
        "differences": differences.collect::<Vec<_>>(),
    })
}

fn by_tier(summary: &Summary) -> Value {
    let mut all = value(summary);
    all["stations"] = aggregate::rows(&summary.stations, false).iter().map(station).collect();
    all
}

/// A row of `stations`: one instance, or what a large tier comes to.
fn station(row: &Row<'_>) -> Value {
    let mut entry = value(row.station.as_ref());
    if let Some((which, instances)) = row.aggregate {
        if which == Which::Mean {
            entry["instance"] = Value::Null;
        }
        entry["aggregate"] = which.word().into();
        entry["instances"] = instances.into();
    }
    entry
}

/// Only derived serialisations of plain structures come here; they cannot fail.
pub(super) fn value<T: Serialize>(figures: &T) -> Value {
    serde_json::to_value(figures).unwrap_or(Value::Null)
}

/// With every figure rounded.
pub(super) fn pretty(mut all: Value) -> Vec<u8> {
    round(&mut all);
    format!("{all:#}\n").into_bytes()
}

/// Rounds every figure; whole numbers stay as they are.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(number::stable).and_then(Number::from_f64);
            if let Some(rounded) = rounded {
                *number = rounded;
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(round),
        Value::Object(entries) => entries.values_mut().for_each(round),
        _ => {}
    }
}
