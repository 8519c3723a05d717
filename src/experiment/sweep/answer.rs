//! What a sweep says: how many cells hold the objective, the cheapest of them,
//! and which key moves the slowest percent most.

use super::cheapest::{self, Cheapest, Ground};
use super::definition::{Definition, Design};
use super::line::{CellResult, Label};
use super::quantity;
use crate::experiment::summary::Verdict;
use crate::kernel::math;
use serde::Serialize;
use std::collections::BTreeMap;

/// The figure whose movement is measured.
const MOVED: &str = "response_time_ms.p99";

/// What a sweep says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Cells of the sweep.
    pub cells: usize,
    /// Cells that were played.
    pub finished: usize,
    /// Of these: the SLO is met.
    pub met: usize,
    /// The SLO is missed.
    pub missed: usize,
    /// An interval contains the limit.
    pub undecided: usize,
    /// Of these: as the run is too short for its warm-up.
    pub too_short: usize,
    /// No SLO was given.
    pub not_judged: usize,
    /// Of all finished: ended early by a limit.
    pub limited: usize,
    /// A queue without a bound grew.
    pub unstable: usize,
    /// How prices are compared.
    pub compared: Ground,
    /// Number of the cheapest cell that meets the SLO; none where cells face
    /// different loads.
    pub cheapest_met: Option<u32>,
    /// The same for each load, where several designs face each.
    pub cheapest_by_load: Vec<Cheapest>,
    /// Met, but failing so many more requests than others under the same load
    /// that they are not counted as cheap.
    pub turning_away: usize,
    /// How much each key moves the p99 of the response time, most first.
    pub effects: Vec<Effect>,
}

/// How much one key moves the p99 of the response time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// Of a grid: the largest over the smallest geometric mean of the p99 of the
    /// cells with the same value of the key, over those combinations of the other
    /// keys in which no cell is overloaded.
    Factor {
        /// The key.
        key: String,
        /// Largest ÷ smallest.
        factor: f64,
        /// The value with the smallest mean.
        smallest_at: String,
        /// The value with the largest mean.
        largest_at: String,
        /// Combinations of the other keys that were taken.
        combinations: usize,
        /// Combinations that there are.
        of: usize,
    },
    /// Of a sample: the rank correlation of the key and the p99.
    Correlation {
        /// The key.
        key: String,
        /// Spearman's ρ, −1 to 1.
        correlation: f64,
    },
}

impl Effect {
    /// The key.
    pub fn key(&self) -> &str {
        match self {
            Self::Factor { key, .. } | Self::Correlation { key, .. } => key,
        }
    }

    fn size(&self) -> f64 {
        match self {
            Self::Factor { factor, .. } => *factor,
            Self::Correlation { correlation, .. } => correlation.abs(),
        }
    }
}

/// What the finished cells say.
pub fn answer(definition: &Definition, results: &[CellResult]) -> Answer {
    let count = |is: &dyn Fn(&CellResult) -> bool| results.iter().filter(|one| is(one)).count();
    let mut effects: Vec<Effect> = (0..definition.axes.len())
        .filter_map(|axis| match definition.design {
            Design::Grid => factor(definition, results, axis),
            Design::LatinHypercube => correlation(definition, results, axis),
        })
        .collect();
    effects.sort_by(|a, b| b.size().total_cmp(&a.size()));
    let compared = cheapest::ground(definition);
    let only = |ground: Ground| (compared == ground).then_some(());
    Answer {
        cells: definition.cells.len(),
        finished: results.len(),
        met: count(&CellResult::is_met),
        missed: count(&|one| one.verdict == Some(Verdict::Missed)),
        undecided: count(&|one| {
            let open = one.verdict == Some(Verdict::Undecided);
            open || one.verdict == Some(Verdict::Met) && one.label.is_some()
        }),
        too_short: count(&CellResult::is_too_short),
        not_judged: count(&|one| one.verdict.is_none()),
        limited: count(&|one| one.label == Some(Label::Limit)),
        unstable: count(&|one| one.label == Some(Label::Unstable)),
        compared,
        cheapest_met: only(Ground::SameLoad)
            .and_then(|()| Some(cheapest::cheapest(definition, results)?.cell.cell)),
        cheapest_by_load: only(Ground::WithinLoad)
            .map_or_else(Vec::new, |()| cheapest::cheapest_by_load(definition, results)),
        turning_away: cheapest::turning_away(definition, results),
        effects,
    }
}

/// The cheapest finished cell that meets the SLO, under the heaviest load at
/// which any does; without any, the one with the lowest p99 that carries its
/// load.
pub fn best<'a>(definition: &Definition, results: &'a [CellResult]) -> Option<&'a CellResult> {
    cheapest::cheapest(definition, results).or_else(|| {
        let steady: Vec<&CellResult> =
            results.iter().filter(|one| steady_p99(one).is_some()).collect();
        let known = cheapest::answering(&steady).into_iter();
        known
            .filter_map(|one| Some((one, steady_p99(one)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(one, _)| one)
    })
}

/// The p99 of a cell that carries its load: under overload it grows with the
/// time that is played.
fn steady_p99(one: &CellResult) -> Option<f64> {
    one.value(MOVED).filter(|p99| one.label.is_none() && *p99 > 0.0)
}

fn factor(definition: &Definition, results: &[CellResult], axis: usize) -> Option<Effect> {
    let keys = &definition.axes[axis];
    let (lines, of) = lines(results, axis, &keys.values);
    let count = lines.len();
    let means = keys.values.iter().enumerate().map(|(place, value)| {
        let sum: f64 = lines.iter().map(|line| math::ln(line[place])).sum();
        (value, sum / count as f64)
    });
    let means: Vec<(&String, f64)> = means.collect();
    let smallest = means.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let largest = means.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (means.len() > 1 && count > 0).then(|| Effect::Factor {
        key: keys.key.clone(),
        factor: quantity::rounded(math::exp(largest.1 - smallest.1)),
        smallest_at: smallest.0.clone(),
        largest_at: largest.0.clone(),
        combinations: count,
        of,
    })
}

/// The p99 along a key, for each combination of the other keys in which every
/// cell has one; and how many combinations there are.
fn lines(results: &[CellResult], axis: usize, values: &[String]) -> (Vec<Vec<f64>>, usize) {
    let mut lines: BTreeMap<Vec<&str>, Vec<Option<f64>>> = BTreeMap::new();
    for one in results {
        let mut others: Vec<&str> = one.cell.values.iter().map(String::as_str).collect();
        let value = others.remove(axis);
        let line = lines.entry(others).or_insert_with(|| vec![None; values.len()]);
        if let Some(place) = values.iter().position(|known| known == value) {
            line[place] = steady_p99(one);
        }
    }
    let of = lines.len();
    let complete = lines.into_values().filter_map(|line| line.into_iter().collect());
    (complete.collect(), of)
}

/// Spearman's rank correlation, for keys that are numbers.
fn correlation(definition: &Definition, results: &[CellResult], axis: usize) -> Option<Effect> {
    let point = |one: &CellResult| {
        let value = quantity::parse(one.cell.values.get(axis)?)?.value;
        Some((value, steady_p99(one)?))
    };
    let (values, moved): (Vec<f64>, Vec<f64>) = results.iter().filter_map(point).unzip();
    let correlation = pearson(&ranks(&values), &ranks(&moved))?;
    let key = definition.axes[axis].key.clone();
    Some(Effect::Correlation { key, correlation: quantity::rounded(correlation) })
}

/// Ranks from 1; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    for group in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let first = order.iter().position(|index| *index == group[0]).unwrap_or(0);
        let rank = first as f64 + (group.len() as f64 + 1.0) / 2.0;
        group.iter().for_each(|index| ranks[*index] = rank);
    }
    ranks
}

/// `None` where one of them does not move.
fn pearson(xs: &[f64], ys: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (x_mean, y_mean) = (mean(xs), mean(ys));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in xs.iter().zip(ys) {
        let (x, y) = (x - x_mean, y - y_mean);
        (xx, yy, xy) = (xx + x * x, yy + y * y, xy + x * y);
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / math::sqrt(xx * yy))
}

#[cfg(test)]
mod tests {
    //! Goal: the answer counts what is there and names what moves. Method: a
    //! grid whose p99 is a known product, and ranks by hand.

    use super::super::definition::{DefinedScenario, Keys};
    use super::super::line::tests::{cell, result};
    use super::*;

    /// p99 = size × 10 ÷ servers², cost = servers.
    fn swept(design: Design) -> (Definition, Vec<CellResult>) {
        let scenario = DefinedScenario { title: String::new(), hash: String::new() };
        let keys = |key: &str, values: &[&str]| Keys {
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let axes = vec![keys("size", &["1", "2"]), keys("servers", &["1", "2", "4"])];
        let (mut cells, mut results) = (Vec::new(), Vec::new());
        for size in [1.0, 2.0] {
            for servers in [1.0, 2.0, 4.0] {
                let values = [format!("{size}"), format!("{servers}")];
                let cell = cell(cells.len() as u32 + 1, &[&values[0], &values[1]]);
                let p99 = size * 10.0 / (servers * servers);
                let verdict = if p99 < 4.0 { Verdict::Met } else { Verdict::Missed };
                results.push(result(cell.clone(), Some(p99), servers, verdict));
                cells.push(cell);
            }
        }
        (Definition::new(scenario, 1, (design, axes), cells), results)
    }

    #[test]
    fn counts_the_cheapest_and_what_moves() {
        let (definition, mut results) = swept(Design::Grid);
        let found = answer(&definition, &results);
        assert_eq!((found.cells, found.finished, found.met, found.missed), (6, 6, 3, 3));
        assert_eq!(found.cheapest_met, Some(2));
        let factors: Vec<_> = found
            .effects
            .iter()
            .map(|effect| match effect {
                Effect::Factor { key, factor, smallest_at, largest_at, .. } => {
                    (key.as_str(), factor.round(), smallest_at.as_str(), largest_at.as_str())
                }
                Effect::Correlation { .. } => panic!("a grid"),
            })
            .collect();
        assert_eq!(factors, [("servers", 16.0, "4", "1"), ("size", 2.0, "1", "2")]);
        results[1].label = Some(Label::Unstable);
        let found = answer(&definition, &results);
        assert_eq!((found.met, found.undecided, found.unstable), (2, 1, 1));
        assert_eq!(found.cheapest_met, Some(3), "what is unstable carries nothing");
        let lines = |effect: &Effect| match effect {
            Effect::Factor { combinations, of, .. } => (*combinations, *of),
            Effect::Correlation { .. } => panic!("a grid"),
        };
        assert_eq!(found.effects.iter().map(lines).collect::<Vec<_>>(), [(1, 2), (2, 3)]);
    }

    #[test]
    fn a_sample_is_correlated_by_rank() {
        let (definition, results) = swept(Design::LatinHypercube);
        let found = answer(&definition, &results);
        let Effect::Correlation { key, correlation } = &found.effects[0] else {
            panic!("a sample")
        };
        assert!(key == "servers" && *correlation < -0.8, "{correlation}");
    }

    #[test]
    fn ranks_of_equal_values_are_shared() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[1.0, 2.0], &[3.0, 5.0]), Some(1.0));
    }

    #[test]
    fn nothing_finished_says_nothing() {
        let (definition, _) = swept(Design::Grid);
        let found = answer(&definition, &[]);
        assert_eq!((found.finished, found.cheapest_met), (0, None));
        assert!(found.effects.is_empty());
    }
}
