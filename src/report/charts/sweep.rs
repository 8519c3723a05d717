//! The charts of a sweep: its cells as tiles, lines over a key, or points.

use super::{LINE, axis, widely_spread};
use crate::experiment::summary::Verdict;
use crate::experiment::sweep::{Answer, CellResult, Definition, Design, answer, best, quantity};
use crate::report::chart::{Body, Chart, Colour, Grid, Limit, Mark, Panel, Scale, Series, Tile};
use crate::report::number::Unit;
use std::collections::BTreeMap;

/// So many lines are drawn.
const MOST_LINES: usize = 8;
/// So many keys of a sample have a chart.
const MOST_KEYS: usize = 8;
/// An axis over a wider range is logarithmic.
const WIDE: f64 = 20.0;
const P99: &str = "response_time_ms.p99";
const COST: &str = "cost.per_hour";

/// The charts of a sweep, by the stem of their file.
pub fn of_sweep(definition: &Definition, results: &[CellResult]) -> Vec<(String, Chart)> {
    if results.is_empty() {
        return Vec::new();
    }
    if definition.design == Design::LatinHypercube {
        let keys = (0..definition.axes.len()).filter_map(|key| points(definition, results, key));
        let named = keys.take(MOST_KEYS).enumerate();
        return named.map(|(place, chart)| (format!("p99-by-key-{}", place + 1), chart)).collect();
    }
    let view = View::new(definition, results);
    let mut charts = vec![("cells".to_owned(), view.tiles())];
    charts.extend(view.lines().map(|chart| ("p99-and-cost".to_owned(), chart)));
    charts
}

/// The part of a grid that can be drawn: two keys, the others being fixed.
struct View<'a> {
    definition: &'a Definition,
    /// The cells in it.
    cells: Vec<&'a CellResult>,
    /// The key along the columns.
    across: usize,
    /// The key along the rows.
    up: Option<usize>,
    /// The same by their values of the two keys.
    by_values: BTreeMap<(&'a str, &'a str), &'a CellResult>,
    /// What is fixed, in words.
    fixed: String,
}

impl<'a> View<'a> {
    /// Of more than two keys, those that move the p99 most; the others as in
    /// the best cell.
    fn new(definition: &'a Definition, results: &'a [CellResult]) -> Self {
        let mut keys = ranked(definition, &answer(definition, results));
        keys.truncate(2);
        // Along a line, numbers say more than names.
        keys.sort_by_key(|key| !is_numeric(definition, *key));
        let (across, up) = (keys[0], keys.get(1).copied());
        let fixed: Vec<usize> =
            (0..definition.axes.len()).filter(|key| !keys.contains(key)).collect();
        let reference = best(results).map(|best| &best.cell.values);
        let same = |one: &&CellResult| {
            let agrees =
                |key: &usize| reference.is_none_or(|values| values[*key] == one.cell.values[*key]);
            fixed.iter().all(agrees)
        };
        let words: Vec<String> = fixed
            .iter()
            .filter_map(|key| Some((key, reference?)))
            .map(|(key, values)| format!("{}={}", definition.axes[*key].key, values[*key]))
            .collect();
        let fixed =
            if words.is_empty() { String::new() } else { format!(" · {}", words.join(" ")) };
        let cells: Vec<&CellResult> = results.iter().filter(same).collect();
        let values = |one: &'a CellResult| {
            let value = |key: usize| one.cell.values[key].as_str();
            (value(across), up.map_or("", value))
        };
        let by_values = cells.iter().map(|one| (values(one), *one)).collect();
        Self { definition, cells, across, up, by_values, fixed }
    }

    fn values(&self, key: usize) -> &'a [String] {
        &self.definition.axes[key].values
    }

    fn name(&self, key: usize) -> String {
        self.definition.axes[key].key.clone()
    }

    fn at(&self, across: &str, up: Option<&str>) -> Option<&'a CellResult> {
        self.by_values.get(&(across, up.unwrap_or(""))).copied()
    }

    /// Every cell with its verdict and its p99.
    fn tiles(&self) -> Chart {
        let rows: Vec<Option<&str>> = match self.up {
            None => vec![None],
            Some(key) => self.values(key).iter().map(|value| Some(value.as_str())).collect(),
        };
        let tile = |across: &String, up: Option<&str>| self.at(across, up).map(tile);
        let row = |up: &Option<&str>| {
            self.values(self.across).iter().map(|across| tile(across, *up)).collect()
        };
        let judged = self.cells.iter().any(|one| one.verdict.is_some());
        Chart {
            title: if judged { "Which cells meet the SLO" } else { "The p99 of every cell" }
                .to_owned(),
            subtitle: format!("In each tile: p99 of the response time{}", self.fixed),
            body: Body::Grid(Grid {
                column_label: self.name(self.across),
                columns: self.values(self.across).to_vec(),
                row_label: self.up.map_or_else(String::new, |key| self.name(key)),
                tiles: rows.iter().map(row).collect(),
                rows: rows.into_iter().map(|row| row.unwrap_or("").to_owned()).collect(),
                legend: legend(&self.cells),
            }),
        }
    }

    /// p99 and cost over a key, a line per value of the other; none where the
    /// keys are names.
    fn lines(&self) -> Option<Chart> {
        if !is_numeric(self.definition, self.across) || self.values(self.across).len() < 2 {
            return None;
        }
        let rows: Vec<Option<&str>> = match self.up {
            None => vec![None],
            Some(key) => spread(self.values(key)).into_iter().map(Some).collect(),
        };
        let series = |path: &str| -> Vec<Series> {
            let line = |(index, up): (usize, &Option<&str>)| self.line(index, *up, path);
            rows.iter().enumerate().map(line).collect()
        };
        let (p99, cost) = (series(P99), series(COST));
        let times = p99.iter().flat_map(|one| &one.points).flatten().map(|point| point.1);
        let x = || axis(&self.name(self.across), self.x_scale());
        let panel = |y, series, limits| Panel {
            x: x(),
            y,
            series,
            limits,
            excluded: None,
            bands: Vec::new(),
        };
        let of = self.up.map_or_else(String::new, |key| format!("one line per {}", self.name(key)));
        let overloaded = self.cells.iter().any(|one| one.label.is_some());
        let ends = if overloaded { "lines end where a cell is overloaded" } else { "" };
        let parts: Vec<&str> =
            [of.as_str(), ends].into_iter().filter(|part| !part.is_empty()).collect();
        let y = axis("p99 of the response time, ms", widely_spread(times));
        Some(Chart {
            title: format!("p99 and cost over {}", self.name(self.across)),
            subtitle: format!("{}{}", parts.join(" · "), self.fixed),
            body: Body::Panels(vec![
                panel(y, p99, self.limits()),
                panel(axis("cost per hour", Scale::Linear), cost, Vec::new()),
            ]),
        })
    }

    fn line(&self, index: usize, up: Option<&str>, path: &str) -> Series {
        let point = |across: &String| {
            let cell = self.at(across, up).filter(|one| one.label.is_none())?;
            Some((quantity::parse(across)?.value, cell.value(path)?))
        };
        Series {
            name: up.unwrap_or("").to_owned(),
            colour: Colour::series(index),
            mark: Mark::Line(LINE),
            points: self.values(self.across).iter().map(point).collect(),
        }
    }

    fn x_scale(&self) -> Scale {
        let values = self.values(self.across).iter();
        scale_of(values.filter_map(|value| quantity::parse(value)).map(|one| one.value))
    }

    /// Limits of the p99, where all cells have the same.
    fn limits(&self) -> Vec<Limit> {
        let limit = |one: &&CellResult| {
            one.slo.iter().find(|term| term.term == "p99").map(|term| term.limit)
        };
        let mut limits = self.cells.iter().map(limit);
        let first = limits.next().flatten();
        let Some(value) = first.filter(|_| limits.all(|other| other == first)) else {
            return Vec::new();
        };
        let label = format!("SLO: p99 ≤ {}", Unit::Milliseconds.given(value));
        vec![Limit { value, label, at: None }]
    }
}

/// Keys by how much they move the p99; those of one value last.
fn ranked(definition: &Definition, answer: &Answer) -> Vec<usize> {
    let rank = |key: &usize| {
        let name = &definition.axes[*key].key;
        answer.effects.iter().position(|effect| effect.key() == name).unwrap_or(usize::MAX)
    };
    let mut keys: Vec<usize> = (0..definition.axes.len()).collect();
    keys.sort_by_key(|key| (definition.axes[*key].values.len() < 2, rank(key)));
    keys
}

/// Whether all values of a key are numbers of one unit.
fn is_numeric(definition: &Definition, key: usize) -> bool {
    let mut units =
        definition.axes[key].values.iter().map(|value| quantity::parse(value).map(|one| one.unit));
    let first = units.next().flatten();
    first.is_some() && units.all(|unit| unit == first)
}

/// Logarithmic where the values are far apart.
fn scale_of(values: impl Iterator<Item = f64>) -> Scale {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        (low, high) = (low.min(value), high.max(value));
    }
    if low > 0.0 && high >= WIDE * low { Scale::Logarithmic } else { Scale::Linear }
}

/// At most [`MOST_LINES`] of the values, the first and the last among them.
fn spread(values: &[String]) -> Vec<&str> {
    let count = values.len().min(MOST_LINES);
    let place = |line: usize| line * (values.len() - 1) / (count - 1).max(1);
    (0..count).map(|line| values[place(line)].as_str()).collect()
}

fn tile(cell: &CellResult) -> Tile {
    let label = cell.figure(P99).and_then(|one| Some((one.value?, one.at_least)));
    let label = label.map_or_else(String::new, |(value, bound)| {
        format!("{}{}", if bound { "≥ " } else { "" }, Unit::Milliseconds.value(value))
    });
    Tile { label, colour: kind(cell).1 }
}

/// What became of a cell, in a word and a colour.
fn kind(cell: &CellResult) -> (&'static str, Colour) {
    match (cell.label, cell.verdict) {
        (Some(_), _) => ("overloaded", Colour::VOID),
        (None, None) => ("played", Colour::GOOD),
        (None, Some(Verdict::Met)) => ("SLO met", Colour::GOOD),
        (None, Some(Verdict::Missed)) => ("missed", Colour::BAD),
        (None, Some(Verdict::Undecided)) => ("undecided", Colour::OPEN),
    }
}

/// The colours that occur, in the order of their first cell.
fn legend(cells: &[&CellResult]) -> Vec<(String, Colour)> {
    let mut legend: Vec<(String, Colour)> = Vec::new();
    for (word, colour) in cells.iter().map(|cell| kind(cell)) {
        if !legend.iter().any(|(known, _)| known == word) {
            legend.push((word.to_owned(), colour));
        }
    }
    legend
}

/// The p99 of every cell of a sample over one key; none where it is no number.
fn points(definition: &Definition, results: &[CellResult], key: usize) -> Option<Chart> {
    let place = |cell: &CellResult| {
        Some((quantity::parse(&cell.cell.values[key])?.value, cell.value(P99)?))
    };
    let steady = || results.iter().filter(|cell| cell.label.is_none());
    let all: Vec<(f64, f64)> = steady().filter_map(place).collect();
    if all.is_empty() {
        return None;
    }
    let kinds = [Verdict::Met, Verdict::Missed, Verdict::Undecided];
    let series =
        [None].into_iter().chain(kinds.map(Some)).enumerate().filter_map(|(index, verdict)| {
            let of: Vec<&CellResult> = steady().filter(|cell| cell.verdict == verdict).collect();
            let first = of.first()?;
            let points = of.iter().map(|cell| place(cell)).collect();
            let name = if verdict.is_none() { "" } else { kind(first).0 };
            let colour = [Colour::BLUE, Colour::BLUE, Colour::VERMILION, Colour::GREY][index];
            Some(Series { name: name.to_owned(), colour, mark: Mark::Points(Vec::new()), points })
        });
    let overloaded = results.iter().filter(|cell| cell.label.is_some()).count();
    let left_out = match overloaded {
        0 => String::new(),
        _ => format!(" · {overloaded} overloaded cells are left out"),
    };
    let name = &definition.axes[key].key;
    Some(Chart {
        title: format!("p99 by {name}"),
        subtitle: format!("A point per cell, all keys varying{left_out}"),
        body: Body::Panels(vec![Panel {
            x: axis(name, scale_of(all.iter().map(|point| point.0))),
            y: axis("p99 of the response time, ms", widely_spread(all.iter().map(|point| point.1))),
            series: series.collect(),
            limits: Vec::new(),
            excluded: None,
            bands: Vec::new(),
        }]),
    })
}
