//! The way down for `sweep` and `merge`.

use super::{Drawing, Files, Play, Style, broken, follows_users, options, undrawn};
use crate::cli::exit::Failure;
use crate::cli::files::Disk;
use crate::experiment::run::on_threads;
use crate::experiment::sweep::{
    self, Axis, CellResult, Definition, Design, Journal, Keys, MergeFault, Part, Plan, Refusal,
    Unresolved,
};
use crate::report::{self, terminal};
use crate::scenario::model::Scenario;
use crate::scenario::{Request, Template, compile};
use std::collections::BTreeMap;

/// So many different faults of cells are printed; more are counted.
const MOST_FAULTS: usize = 20;
/// The key that `--users` sets as well.
pub(in crate::cli) const USERS: &str = "users.count";

/// A scenario whose keys can be varied.
pub(in crate::cli) struct Varied<'a> {
    pub(in crate::cli) template: Template<'a>,
    pub(in crate::cli) base: Scenario,
    /// Rendered; empty where there are none.
    pub(in crate::cli) warnings: String,
}

/// Reads a scenario that is to be varied; `color` is for the diagnostics.
pub(in crate::cli) fn open<'a>(
    files: &'a Disk,
    request: &Request<'_>,
    axes: &[Axis],
    color: bool,
) -> Result<Varied<'a>, Failure> {
    let (template, loaded) = Template::open(files, request)
        .map_err(|diagnostics| Failure::Diagnostics(diagnostics.render(color)))?;
    compile::compile(&loaded.scenario)
        .map_err(|why| Failure::Input(format!("{}: {why}", request.path.display())))?;
    let mut warnings = String::new();
    if !loaded.warnings.is_empty() {
        warnings = loaded.warnings.render(color) + "\n";
    }
    let varies_users = request.users.is_some() || axes.iter().any(|axis| axis.key == USERS);
    if varies_users && !follows_users(&loaded.scenario) {
        warnings += "warning: the number of users does not change the load: the file gives it as \
                     a rate or a recording; vary users.rate\n";
    }
    Ok(Varied { template, base: loaded.scenario, warnings })
}

/// What a sweep plays.
pub(in crate::cli) struct Cells<'a> {
    pub(in crate::cli) axes: &'a [Axis],
    /// So many, drawn; else the grid.
    pub(in crate::cli) samples: Option<u64>,
    /// More are refused.
    pub(in crate::cli) most: u64,
}

/// Resolves all cells, or says all that is wrong with any of them.
pub(in crate::cli) fn define(
    varied: &Varied<'_>,
    cells: &Cells<'_>,
    play: &Play<'_>,
    color: bool,
) -> Result<Definition, Failure> {
    let seed = play.seed.unwrap_or(varied.base.run.seed);
    let drawn = match cells.samples {
        None => sweep::grid(cells.axes, cells.most),
        Some(count) => sweep::latin_hypercube(cells.axes, count, seed, cells.most),
    };
    let points = drawn.map_err(|wrong| all_errors(&wrong))?;
    let design = if cells.samples.is_some() { Design::LatinHypercube } else { Design::Grid };
    let keys = |axis: &Axis| {
        let values =
            if design == Design::Grid { axis.values().unwrap_or_default() } else { Vec::new() };
        Keys { key: axis.key.clone(), values }
    };
    let axes: Vec<Keys> = cells.axes.iter().map(keys).collect();
    let plan = Plan { design, axes: axes.clone(), points };
    let resolve = || sweep::resolve(&varied.template, &varied.base, plan, &play.options());
    on_threads(play.threads, resolve)
        .map_err(|wrong| Failure::Diagnostics(unresolved(&axes, &wrong, color)))
}

/// Each on a line of its own, and none twice.
pub(in crate::cli) fn all_errors(wrong: &[String]) -> Failure {
    let new = |(place, why): &(usize, &String)| !wrong[..*place].contains(why);
    let once = wrong.iter().enumerate().filter(new);
    let lines: Vec<String> = once.map(|(_, why)| format!("error: {why}")).collect();
    Failure::Diagnostics(lines.join("\n"))
}

/// What is wrong with the cells: each fault once, under the cells that have it.
fn unresolved(axes: &[Keys], wrong: &[Unresolved], color: bool) -> String {
    let mut faults: Vec<(String, Vec<&Unresolved>)> = Vec::new();
    let mut known = BTreeMap::new();
    for one in wrong {
        for text in faults_of(&one.why, color) {
            let place = *known.entry(text.clone()).or_insert(faults.len());
            if place == faults.len() {
                faults.push((text, Vec::new()));
            }
            faults[place].1.push(one);
        }
    }
    let mut blocks: Vec<String> = faults
        .iter()
        .take(MOST_FAULTS)
        .map(|(text, cells)| format!("{}\n{text}", cells_with(axes, cells)))
        .collect();
    if faults.len() > MOST_FAULTS {
        blocks.push(format!("and {} more faults of other cells", faults.len() - MOST_FAULTS));
    }
    blocks.push(match wrong.len() {
        1 => "error: 1 cell cannot be played, so none was".to_owned(),
        count => format!("error: {count} cells cannot be played, so none was"),
    });
    blocks.join("\n\n")
}

fn faults_of(why: &Refusal, color: bool) -> Vec<String> {
    match why {
        Refusal::Diagnostics(found) => found.each().map(|one| one.render(color)).collect(),
        Refusal::Compile(why) => vec![format!("error: {why}")],
        Refusal::Same(first) => vec![format!(
            "error: it plays the same as cell {first}: the values differ in how they are written, \
             or change nothing"
        )],
    }
}

/// `cell 3 (a=0 b=1) and 9 others:`
fn cells_with(axes: &[Keys], cells: &[&Unresolved]) -> String {
    let Some(first) = cells.first() else { return String::new() };
    let pairs: Vec<String> = axes
        .iter()
        .zip(&first.values)
        .map(|(axis, value)| format!("{}={value}", axis.key))
        .collect();
    let others = match cells.len() - 1 {
        0 => String::new(),
        1 => " and 1 other".to_owned(),
        others => format!(" and {others} others"),
    };
    format!("cell {} ({}){others}:", first.cell, pairs.join(" "))
}

/// Plays cells; each is handed to `finished` with its line of the journal, and
/// no more are begun once that returns false.
pub(in crate::cli) fn play_cells(
    varied: &Varied<'_>,
    definition: &Definition,
    cells: &[u32],
    play: &Play<'_>,
    finished: &(dyn Fn(u32, String) -> bool + Sync),
) -> Result<(), Failure> {
    let options = play.options();
    let work = || sweep::play_cells(&varied.template, definition, cells, &options, finished);
    on_threads(play.threads, work).map_err(|failure| {
        let cell = definition.cell(failure.cell);
        let values = cell.map_or_else(String::new, |cell| definition.name(cell));
        broken(failure.why, &format!("{} (cell {}: {values})", varied.base.title, failure.cell))
    })
}

/// The sweep of all parts, or why they are not one.
pub(in crate::cli) fn merge(parts: &[Part]) -> Result<(Definition, Journal), Failure> {
    let said = |fault: &MergeFault| match fault {
        MergeFault::OtherSweep { first, other, differences } => {
            format!("{other} is not of the sweep of {first}: {}", differences.join("; "))
        }
        MergeFault::OtherResult { cell, first, other } => format!(
            "cell {cell} came out differently in {first} and in {other}; the same cell has the \
             same result everywhere, so one of them was made by another build or was changed"
        ),
    };
    sweep::merge(parts)
        .map_err(|faults| all_errors(&faults.iter().map(said).collect::<Vec<String>>()))
}

/// The files that follow from a sweep and its finished cells, `cells.json` first.
pub(in crate::cli) fn sweep_files(
    definition: &Definition,
    results: &[CellResult],
    drawing: &Drawing,
) -> Result<Files, Failure> {
    report::sweep::files(definition, results, &options(drawing)).map_err(undrawn)
}

/// A sweep for people.
pub(in crate::cli) fn sweep_text(
    definition: &Definition,
    results: &[CellResult],
    style: &Style,
) -> String {
    terminal::sweep(definition, results, &style.terminal())
}
