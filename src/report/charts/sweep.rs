//! The charts of a sweep: its cells as tiles, lines over a key, or points.

use super::{axis, widely_spread};
use crate::experiment::summary::Verdict;
use crate::experiment::sweep::{
    Answer, CellResult, Definition, Design, answer, best, is_load, quantity,
};
use crate::kernel::math;
use crate::report::chart::{
    Body, Chart, Colour, Grid, Limit, Mark, Panel, Path, Scale, Series, Tile,
};
use crate::report::number::Unit;
use std::collections::BTreeMap;

/// So many lines are drawn.
const MOST_LINES: usize = 8;
/// So many keys of a sample have a chart.
const MOST_KEYS: usize = 8;
/// An axis over a wider range is logarithmic.
const WIDE: f64 = 20.0;
/// Fewer values have no spacing.
const FEWEST_SPACED: usize = 3;
/// Steps that differ by less than this factor are even.
const EVEN: f64 = 1.5;
const P99: &str = "response_time_ms.p99";
const COST: &str = "cost.per_hour";
const PER_MILLION: &str = "cost.per_million_requests";

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
        let reference = best(definition, results).map(|best| &best.cell.values);
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
        let drawn = Drawn::of(&self.cells);
        // Over keys of the load, prices by the hour are of different work.
        let (price, price_label) = match is_load(&self.name(self.across)) {
            true => (PER_MILLION, "cost per million requests"),
            false => (COST, "cost per hour"),
        };
        let series = |path: &str, judged: bool| -> Vec<Series> {
            let line = |(index, up): (usize, &Option<&str>)| self.line(index, *up, path, judged);
            rows.iter().enumerate().map(line).collect()
        };
        let (times, cost) = (series(&drawn.path, false), series(price, true));
        let values = times.iter().flat_map(|one| &one.points).flatten().map(|point| point.1);
        let panel = |y, series, limits| Panel {
            x: axis(&self.name(self.across), self.x_scale()),
            y,
            series,
            limits,
            excluded: None,
            bands: Vec::new(),
        };
        let y = axis(
            &drawn.label,
            widely_spread(values.chain(drawn.limit.iter().map(|limit| limit.0))),
        );
        Some(Chart {
            title: format!("{} and cost over {}", drawn.title(), self.name(self.across)),
            subtitle: format!("{}{}", self.what_is_drawn(), self.fixed),
            body: Body::Panels(vec![
                panel(y, times, drawn.limits()),
                panel(axis(price_label, Scale::Linear), cost, Vec::new()),
            ]),
        })
    }

    /// What the lines are, and what is left out.
    fn what_is_drawn(&self) -> String {
        let of = self.up.map_or_else(String::new, |key| format!("one line per {}", self.name(key)));
        let any = |is: fn(&&CellResult) -> bool| self.cells.iter().any(is);
        let ends = any(|one| one.label.is_some());
        let ends = if ends { "lines end where a cell is overloaded" } else { "" };
        let missed = any(|one| one.label.is_none() && one.verdict == Some(Verdict::Missed));
        let missed = if missed { "no cost where the SLO is missed" } else { "" };
        let bars = "bars are confidence intervals";
        let parts: Vec<&str> =
            [of.as_str(), bars, ends, missed].into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    }

    /// `judged`: without the cells that miss the SLO.
    fn line(&self, index: usize, up: Option<&str>, path: &str, judged: bool) -> Series {
        let mut intervals = Vec::new();
        let mut point = |across: &String| {
            let cell = self.at(across, up).filter(|one| one.label.is_none())?;
            if judged && cell.verdict == Some(Verdict::Missed) {
                return None;
            }
            let place = (quantity::parse(across)?.value, cell.value(path)?);
            let ends = cell.figure(path).and_then(|one| one.low.zip(one.high));
            intervals.push(ends.unwrap_or((place.1, place.1)));
            Some(place)
        };
        let points = self.values(self.across).iter().map(&mut point).collect();
        Series {
            name: up.unwrap_or("").to_owned(),
            colour: Colour::series(index),
            mark: Mark::Path(Path { intervals, ..Path::default() }),
            points,
        }
    }

    fn x_scale(&self) -> Scale {
        let values = self.values(self.across).iter();
        let values = values.filter_map(|value| quantity::parse(value)).map(|one| one.value);
        scale_of(values.collect())
    }
}

/// The response time that is drawn: that which the SLO limits, else the p99.
struct Drawn {
    path: String,
    /// `p99`, `mean`.
    name: String,
    label: String,
    /// Where all cells have the same.
    limit: Option<(f64, String)>,
}

impl Drawn {
    fn of(cells: &[&CellResult]) -> Self {
        let path = |term: &str| format!("response_time_ms.{term}");
        let measured = |term: &str| cells.iter().any(|one| one.figure(&path(term)).is_some());
        let terms = || cells.iter().flat_map(|one| &one.slo).filter(|term| term.unit == "ms");
        let limited = |name: &str| terms().any(|term| term.term == name);
        let first = terms().find(|term| measured(&term.term)).map(|term| term.term.as_str());
        let term = if limited("p99") { "p99" } else { first.unwrap_or("p99") };
        let name = term.replace('_', ".");
        let limit = |one: &&CellResult| {
            one.slo.iter().find(|known| known.term == term).map(|known| known.limit)
        };
        let mut limits = cells.iter().map(limit);
        let value = limits.next().flatten();
        let limit = value
            .filter(|_| limits.all(|other| other == value))
            .map(|value| (value, format!("SLO: {name} ≤ {}", Unit::Milliseconds.given(value))));
        let label = match term {
            "mean" => "mean response time, ms".to_owned(),
            _ => format!("{name} of the response time, ms"),
        };
        Self { path: path(term), name, label, limit }
    }

    fn title(&self) -> &str {
        if self.name == "mean" { "Mean response time" } else { &self.name }
    }

    fn limits(&self) -> Vec<Limit> {
        let limit = self.limit.iter();
        limit
            .map(|(value, label)| Limit { value: *value, label: label.clone(), at: None })
            .collect()
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

/// Logarithmic where the values are far apart, or spaced rather by factors than
/// by steps.
fn scale_of(mut values: Vec<f64>) -> Scale {
    values.sort_by(f64::total_cmp);
    values.dedup();
    let (Some(low), Some(high)) = (values.first(), values.last()) else { return Scale::Linear };
    if *low <= 0.0 {
        return Scale::Linear;
    }
    let uneven = |gap: fn(&[f64]) -> f64| {
        let gaps: Vec<f64> = values.windows(2).map(gap).collect();
        gaps.iter().copied().fold(0.0, f64::max)
            / gaps.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let by_steps = uneven(|pair| pair[1] - pair[0]);
    let by_factors = uneven(|pair| math::ln(pair[1] / pair[0]));
    let spaced = values.len() >= FEWEST_SPACED;
    match spaced && by_steps < EVEN || !spaced && *high < WIDE * low {
        true => Scale::Linear,
        false if by_factors < by_steps || *high >= WIDE * low => Scale::Logarithmic,
        false => Scale::Linear,
    }
}

/// Of a sample, whose spacing is chance: logarithmic where it is wide.
fn spread_of(values: impl Iterator<Item = f64>) -> Scale {
    let ends = values
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    match ends.0 > 0.0 && ends.1 >= WIDE * ends.0 {
        true => Scale::Logarithmic,
        false => Scale::Linear,
    }
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
    let drawn = Drawn::of(&results.iter().collect::<Vec<_>>());
    let place = |cell: &CellResult| {
        Some((quantity::parse(&cell.cell.values[key])?.value, cell.value(&drawn.path)?))
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
        title: format!("{} by {name}", drawn.title()),
        subtitle: format!("A point per cell, all keys varying{left_out}"),
        body: Body::Panels(vec![Panel {
            x: axis(name, spread_of(all.iter().map(|point| point.0))),
            y: axis(&drawn.label, widely_spread(all.iter().map(|point| point.1))),
            series: series.collect(),
            limits: drawn.limits(),
            excluded: None,
            bands: Vec::new(),
        }]),
    })
}

#[cfg(test)]
mod tests {
    //! Goal: an axis has the spacing of the values on it. Method: examples.
    use super::*;

    #[test]
    fn values_that_grow_by_factors_have_a_logarithmic_axis() {
        for values in
            [&[1.0, 2.0, 4.0, 8.0][..], &[30e3, 75_595.0, 190_488.0, 480e3], &[1.0, 100.0]]
        {
            assert_eq!(scale_of(values.to_vec()), Scale::Logarithmic, "{values:?}");
        }
        let even: Vec<f64> = (1..=40).map(f64::from).collect();
        for values in [&[2.0, 4.0, 6.0, 8.0][..], &[1.0, 2.0], &[0.0, 1.0, 10.0, 100.0], &[], &even]
        {
            assert_eq!(scale_of(values.to_vec()), Scale::Linear, "{values:?}");
        }
    }
}
