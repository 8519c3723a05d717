//! Every cell of a sweep as a scenario, before any is played: what is wrong
//! with any of them is found here.

use super::definition::{Cell, DefinedScenario, Definition, Design, Keys};
use super::design::Points;
use crate::experiment::run::PlayOptions;
use crate::scenario::compile::compile;
use crate::scenario::model::Scenario;
use crate::scenario::{Change, Diagnostics, Template};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Grid or sample.
    pub design: Design,
    /// The keys that are varied.
    pub axes: Vec<Keys>,
    /// Their values in each cell.
    pub points: Points,
}

/// A cell that cannot be played.
#[derive(Clone, Debug)]
pub struct Unresolved {
    /// From 1.
    pub cell: u32,
    /// Its values.
    pub values: Vec<String>,
    /// Why not.
    pub why: Refusal,
}

/// Why a cell cannot be played.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// What is wrong with the scenario under its values.
    Diagnostics(Diagnostics),
    /// What only the compiler refuses.
    Compile(String),
    /// It is the same as an earlier cell.
    Same(u32),
}

/// Resolves all cells, on the threads of the present pool. Of a sample, cells
/// may be the same.
///
/// # Errors
/// All cells that cannot be played.
pub fn resolve(
    template: &Template<'_>,
    base: &Scenario,
    plan: Plan,
    options: &PlayOptions<'_>,
) -> Result<Definition, Vec<Unresolved>> {
    let Plan { design, axes, points } = plan;
    let resolved: Vec<Result<Cell, Unresolved>> = points
        .into_par_iter()
        .enumerate()
        .map(|(place, values)| resolve_cell(template, &axes, place as u32 + 1, values, options))
        .collect();
    let (mut cells, mut wrong) = (Vec::new(), Vec::new());
    for one in resolved {
        match one {
            Ok(cell) => cells.push(cell),
            Err(unresolved) => wrong.push(unresolved),
        }
    }
    if design == Design::Grid {
        wrong.extend(same_cells(&cells));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let seed = options.seed.unwrap_or(base.run.seed);
    let scenario = DefinedScenario { title: base.title.clone(), hash: base.hash.clone() };
    Ok(Definition::new(scenario, seed, (design, axes), cells))
}

fn resolve_cell(
    template: &Template<'_>,
    axes: &[Keys],
    number: u32,
    values: Vec<String>,
    options: &PlayOptions<'_>,
) -> Result<Cell, Unresolved> {
    let resolved = template
        .vary(&changes(axes, &values), None)
        .map_err(Refusal::Diagnostics)
        .and_then(|scenario| compile(&scenario).map(|_| scenario).map_err(Refusal::Compile));
    match resolved {
        Ok(scenario) => Ok(Cell {
            cell: number,
            values,
            seed: options.seed.unwrap_or(scenario.run.seed),
            replications: options.replications.unwrap_or(scenario.run.replications).max(1),
            scenario: scenario.hash,
        }),
        Err(why) => Err(Unresolved { cell: number, values, why }),
    }
}

/// The changes that make a cell of the template.
pub(super) fn changes(axes: &[Keys], values: &[String]) -> Vec<Change> {
    axes.iter().zip(values).map(|(axis, value)| (axis.key.clone(), value.clone())).collect()
}

/// Cells that play what an earlier one plays: their values mean the same.
fn same_cells(cells: &[Cell]) -> Vec<Unresolved> {
    let mut known = BTreeMap::new();
    let mut same = Vec::new();
    for cell in cells {
        let identity = (&cell.scenario, cell.seed, cell.replications);
        let first = *known.entry(identity).or_insert(cell.cell);
        if first != cell.cell {
            let why = Refusal::Same(first);
            same.push(Unresolved { cell: cell.cell, values: cell.values.clone(), why });
        }
    }
    same
}
