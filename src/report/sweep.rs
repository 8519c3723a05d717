//! The files of a sweep, as pure functions of its definition and its finished
//! cells.

use super::charts;
use super::csv::Table;
use super::json;
use super::number::{self, Unit};
use super::text;
use super::{File, ReportError, ReportOptions};
use crate::experiment::summary::Verdict;
use crate::experiment::sweep::{
    Answer, CellResult, Definition, Effect, Ground, Keys, Label, Measured, answer, best, is_load,
    quantity,
};
use serde_json::{Map, Value, json};

/// Figures of the whole system, by the start of their path: the columns of
/// `cells.csv`. The others stand in `tidy.csv`.
const WHOLE_SYSTEM: [&str; 8] = [
    "cost.",
    "throughput_per_s",
    "availability",
    "availability_by_time",
    "reduced_redundancy",
    "response_time_ms.",
    "page_time_ms.",
    "bottleneck.",
];

/// The files of a sweep.
///
/// # Errors
/// A chart that could not be drawn.
pub fn files(
    definition: &Definition,
    results: &[CellResult],
    options: &ReportOptions,
) -> Result<Vec<File>, ReportError> {
    let mut files = vec![
        ("cells.json".to_owned(), cells_json(definition, results)),
        ("cells.csv".to_owned(), cells_csv(definition, results)),
        ("tidy.csv".to_owned(), tidy_csv(definition, results)),
    ];
    #[cfg(feature = "parquet")]
    {
        let table = super::parquet::cells(definition, results);
        let table = table.map_err(|error| ReportError::Parquet(error.to_string()))?;
        files.push(("cells.parquet".to_owned(), table));
    }
    super::draw(&mut files, charts::of_sweep(definition, results), options)?;
    Ok(files)
}

/// The answer and every cell.
fn cells_json(definition: &Definition, results: &[CellResult]) -> Vec<u8> {
    let answer = answer(definition, results);
    json::pretty(json!({
        "format": definition.format,
        "highwater": definition.highwater,
        "scenario": definition.scenario,
        "seed": definition.seed,
        "design": definition.design.name(),
        "keys": definition.axes.iter().map(|axis| &axis.key).collect::<Vec<_>>(),
        "sentence": sentence(definition, results, &answer),
        "answer": answer,
        "cells": results.iter().map(|one| cell_json(definition, one)).collect::<Vec<_>>(),
    }))
}

fn cell_json(definition: &Definition, result: &CellResult) -> Value {
    let keys = definition.axes.iter().map(|axis| axis.key.clone());
    let values: Map<String, Value> =
        keys.zip(result.cell.values.iter().map(|value| typed(value))).collect();
    let figures: Map<String, Value> = result
        .figures
        .iter()
        .map(|one| {
            let mut figure = json!({ "value": one.value, "low": one.low, "high": one.high });
            if one.at_least {
                figure["at_least"] = true.into();
            }
            (one.figure.clone(), figure)
        })
        .collect();
    json!({
        "cell": result.cell.cell,
        "values": values,
        "scenario_hash": result.cell.scenario,
        "seed": result.cell.seed,
        "replications": result.cell.replications,
        "verdict": result.verdict,
        "label": result.label,
        "reason": result.reason,
        "slo": result.slo,
        "bottleneck": result.bottleneck,
        "requests": {
            "offered": result.offered,
            "answered": result.answered,
            "failed": result.failed,
            "in_flight": result.in_flight,
        },
        "confidence": result.confidence,
        "figures": figures,
        "warnings": result.warnings,
        "fingerprint": result.fingerprint,
    })
}

/// A plain number as a number, everything else as text.
fn typed(value: &str) -> Value {
    match quantity::parse(value).filter(|number| number.unit.is_empty()) {
        Some(number) if number.whole => json!(number.value as i64),
        Some(number) => json!(number.value),
        None => json!(value),
    }
}

/// The columns of `cells.csv` after those of the keys.
pub(super) fn columns(results: &[CellResult]) -> Vec<&str> {
    let mut columns: Vec<&str> = Vec::new();
    for one in results.iter().flat_map(|result| &result.figures) {
        let whole = WHOLE_SYSTEM.iter().any(|start| one.figure.starts_with(start));
        if whole && !columns.contains(&one.figure.as_str()) {
            columns.push(&one.figure);
        }
    }
    columns
}

/// `cells.csv`: one line per cell.
fn cells_csv(definition: &Definition, results: &[CellResult]) -> Vec<u8> {
    let columns = columns(results);
    let mut table = Table::new();
    table.texts(&["cell"]);
    definition.axes.iter().for_each(|axis| table.text(&axis.key));
    table.texts(&["verdict", "label", "replications", "offered", "answered", "failed"]);
    table.texts(&["in_flight", "bottleneck"]);
    columns.iter().for_each(|column| table.heading(column));
    table.texts(&["lower_bounds"]);
    table.end();
    for result in results {
        values(&mut table, result);
        table.texts(&[verdict(result), label(result)]);
        table.counts(&[u64::from(result.cell.replications)]);
        table.counts(&[result.offered, result.answered, result.failed, result.in_flight]);
        table.text(result.bottleneck.as_deref().unwrap_or(""));
        let mut bounds = Vec::new();
        for column in &columns {
            let found = result.figure(column);
            table.number(found.and_then(|one| one.value));
            table.number(found.and_then(|one| one.low));
            table.number(found.and_then(|one| one.high));
            bounds.extend(found.filter(|one| one.at_least).map(|_| *column));
        }
        table.text(&bounds.join(" "));
        table.end();
    }
    table.bytes()
}

/// `tidy.csv`: one line per cell and figure.
fn tidy_csv(definition: &Definition, results: &[CellResult]) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["cell"]);
    definition.axes.iter().for_each(|axis| table.text(&axis.key));
    table.texts(&["figure", "value", "low", "high", "at_least"]);
    table.end();
    for result in results {
        for Measured { figure, value, low, high, at_least } in &result.figures {
            values(&mut table, result);
            table.text(figure);
            [value, low, high].into_iter().for_each(|value| table.number(*value));
            table.text(if *at_least { "true" } else { "false" });
            table.end();
        }
    }
    table.bytes()
}

/// The number of a cell and the values of its keys.
fn values(table: &mut Table, result: &CellResult) {
    table.counts(&[u64::from(result.cell.cell)]);
    for value in &result.cell.values {
        match typed(value) {
            Value::Number(_) => table.plain(value),
            _ => table.text(value),
        }
    }
}

/// `met`, `missed`, `undecided`, or nothing without an SLO.
pub(super) fn verdict(result: &CellResult) -> &'static str {
    match result.verdict {
        None => "",
        Some(Verdict::Met) => "met",
        Some(Verdict::Missed) => "missed",
        Some(Verdict::Undecided) => "undecided",
    }
}

/// `too short`, where that is why a cell is undecided; else its label.
pub(super) fn remark(result: &CellResult) -> &'static str {
    if result.label.is_none() && result.is_too_short() { "too short" } else { label(result) }
}

/// `limit`, `unstable`, or nothing.
pub(super) fn label(result: &CellResult) -> &'static str {
    match result.label {
        None => "",
        Some(Label::Limit) => "limit",
        Some(Label::Unstable) => "unstable",
    }
}

/// The answer in words: how many cells meet the SLO, the cheapest of them, and
/// what moves the p99 most.
pub(super) fn sentence(definition: &Definition, results: &[CellResult], answer: &Answer) -> String {
    let mut sentences = Vec::new();
    if answer.finished < answer.cells {
        sentences.push(format!(
            "{} of {} cells are finished.",
            number::count(answer.finished as u64),
            number::count(answer.cells as u64)
        ));
    }
    if answer.finished > 0 {
        sentences.push(verdicts(answer));
        let best = best(definition, results);
        sentences.extend(best.map(|best| recommendation(definition, best, answer)));
        sentences.extend(turning_away(answer));
        sentences.extend(answer.effects.first().map(effect));
    }
    sentences.join(" ")
}

fn verdicts(answer: &Answer) -> String {
    let finished = number::count(answer.finished as u64);
    if answer.not_judged == answer.finished {
        return format!("{finished} cells were played; no SLO was given, so none is judged.");
    }
    let (met, verb) = match answer.met {
        0 => ("No".to_owned(), "meets"),
        1 => ("1".to_owned(), "meets"),
        met => (number::count(met as u64), "meet"),
    };
    let open = match answer.undecided {
        0 => String::new(),
        open => format!(", {} {} undecided", number::count(open as u64), be(open)),
    };
    let cells = if answer.met == 0 { "cell of" } else { "of" };
    let noun = if answer.met == 0 { "" } else { " cells" };
    format!("{met} {cells} {finished}{noun} {verb} the SLO{open}.")
}

fn be(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn recommendation(definition: &Definition, best: &CellResult, answer: &Answer) -> String {
    let p99 = best.figure("response_time_ms.p99").and_then(|one| Some((one.value?, one.at_least)));
    let p99 = p99.map(|(value, bound)| {
        let bound = if bound { "≥ " } else { "" };
        format!("{bound}{}", Unit::Milliseconds.value(value))
    });
    let name = text::sentence(&definition.name(&best.cell));
    let number = best.cell.cell;
    match (best.is_met(), p99) {
        (true, p99) => taken(definition, best, answer.compared, p99),
        (false, Some(p99)) => format!("The lowest p99, {p99}, is that of cell {number} ({name})."),
        (false, None) => format!("Cell {number} ({name}) comes nearest."),
    }
}

/// The cell to take, and how far its price was compared.
fn taken(
    definition: &Definition,
    best: &CellResult,
    compared: Ground,
    p99: Option<String>,
) -> String {
    let hourly = best.value("cost.per_hour").filter(|cost| *cost > 0.0);
    let (load, design) = name_in_parts(definition, best);
    let cell = match design.is_empty() {
        true => format!("cell {}", best.cell.cell),
        false => format!("cell {} ({design})", best.cell.cell),
    };
    let price = match compared {
        Ground::PerRequest => best
            .value("cost.per_million_requests")
            .filter(|_| hourly.is_some())
            .map(|price| format!("{} per million requests", number::money(price))),
        _ => hourly.map(|price| format!("{} an hour", number::money(price))),
    };
    let superlative = if price.is_some() { "cheapest" } else { "fastest" };
    let figures: Vec<String> =
        price.into_iter().chain(p99.map(|p99| format!("a p99 of {p99}"))).collect();
    let figures = match figures.is_empty() {
        true => String::new(),
        false => format!(": {}", figures.join(" at ")),
    };
    match compared {
        Ground::SameLoad => format!("The {superlative} that does is {cell}{figures}."),
        Ground::WithinLoad => format!(
            "Under {load}, the heaviest load at which any does, the {superlative} is \
             {cell}{figures}."
        ),
        Ground::PerRequest => {
            let name = text::sentence(&definition.name(&best.cell));
            let number = best.cell.cell;
            format!(
                "By the request, the {superlative} that does is cell {number} ({name}){figures}."
            )
        }
        Ground::LoadAlone => {
            format!("The heaviest load at which it does is {load}, {cell}{figures}.")
        }
    }
}

/// The values of a cell that make its load, and the others.
fn name_in_parts(definition: &Definition, one: &CellResult) -> (String, String) {
    let pairs = definition.axes.iter().zip(&one.cell.values);
    let (load, design): (Vec<_>, Vec<_>) = pairs.partition(|(axis, _)| is_load(&axis.key));
    let name = |pairs: Vec<(&Keys, &String)>| {
        let pairs: Vec<String> =
            pairs.iter().map(|(axis, value)| format!("{}={value}", axis.key)).collect();
        text::sentence(&pairs.join(" "))
    };
    (name(load), name(design))
}

/// Cells that are cheap as they turn requests away.
fn turning_away(answer: &Answer) -> Option<String> {
    let (count, verb) = match answer.turning_away {
        0 => return None,
        1 => ("1 cell".to_owned(), "meets"),
        count => (format!("{} cells", number::count(count as u64)), "meet"),
    };
    Some(format!(
        "{count} that {verb} it fail more than 1 % more of their requests than others under the \
         same load, and do not count as cheap."
    ))
}

/// What a key does, in words.
fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Factor { key, factor, .. } if *factor < 1.005 => {
            format!("No key moves the p99; {} does most, by less than 1 %.", text::sentence(key))
        }
        Effect::Factor { key, factor, smallest_at, largest_at, combinations, of } => format!(
            "{} moves the p99 most: × {} from {} to {}{}.",
            text::sentence(key),
            number::plain(*factor),
            text::sentence(smallest_at),
            text::sentence(largest_at),
            over(*combinations, *of)
        ),
        Effect::Correlation { key, correlation } => format!(
            "{} goes with the p99 most: rank correlation {}.",
            text::sentence(key),
            format!("{correlation:+.2}").replace('-', "−")
        ),
    }
}

/// Over which combinations of the other keys a factor was taken.
fn over(combinations: usize, of: usize) -> String {
    match (combinations, of) {
        (_, 1) => String::new(),
        _ if combinations == of => ", in the geometric mean over the other keys".to_owned(),
        _ => format!(
            ", in the geometric mean over the {combinations} of {of} combinations of the other \
             keys without overload"
        ),
    }
}
