//! Cells, played side by side.

use super::definition::{Cell, Definition};
use super::line::CellResult;
use super::resolve::changes;
use crate::experiment::ensemble::Ensemble;
use crate::experiment::run::{PROGRESS_STEPS, PlayFailure, PlayOptions};
use crate::scenario::Template;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A cell that could not be played to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweepFailure {
    /// Which cell.
    pub cell: u32,
    /// Why.
    pub why: PlayFailure,
}

/// Plays the cells of these numbers, on the threads of the present pool.
/// `finished` is handed the number of each and the line of the journal as soon
/// as it is there, from many threads; no more cells are begun once it returns
/// false.
///
/// # Errors
/// The first cell that broke a law; cells that had finished were handed over.
pub fn play_cells(
    template: &Template<'_>,
    definition: &Definition,
    cells: &[u32],
    options: &PlayOptions<'_>,
    finished: &(dyn Fn(u32, String) -> bool + Sync),
) -> Result<(), SweepFailure> {
    let cells: Vec<&Cell> = cells.iter().filter_map(|number| definition.cell(*number)).collect();
    let steps: u64 = cells.iter().map(|cell| u64::from(cell.replications)).sum();
    options.progress.start(&definition.scenario.title, steps * PROGRESS_STEPS);
    let work = Work {
        template,
        definition,
        options,
        finished,
        cells,
        next: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
        failure: Mutex::new(None),
    };
    // A runner per thread takes the next cell in turn. When none is left, its
    // thread helps the others with their replications, so that the last cells
    // keep all threads busy.
    rayon::scope(|scope| {
        for _ in 0..rayon::current_num_threads() {
            scope.spawn(|_| work.run());
        }
    });
    let failure = work.failure.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    failure.map_or(Ok(()), Err)
}

/// Cells that are taken one by one, by several runners.
struct Work<'a> {
    template: &'a Template<'a>,
    definition: &'a Definition,
    options: &'a PlayOptions<'a>,
    finished: &'a (dyn Fn(u32, String) -> bool + Sync),
    cells: Vec<&'a Cell>,
    next: AtomicUsize,
    /// No more cells are begun.
    ended: AtomicBool,
    failure: Mutex<Option<SweepFailure>>,
}

impl Work<'_> {
    fn run(&self) {
        while !self.ended.load(Ordering::Relaxed) {
            let Some(cell) = self.cells.get(self.next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            let of = self.definition.cells.len();
            self.options.progress.trying(&format!("cell {} of {of}", cell.cell));
            match self.play(cell) {
                Ok(result) => {
                    if !(self.finished)(cell.cell, result.to_line()) {
                        self.ended.store(true, Ordering::Relaxed);
                    }
                }
                Err(why) => self.fail(SweepFailure { cell: cell.cell, why }),
            }
        }
    }

    fn play(&self, cell: &Cell) -> Result<CellResult, PlayFailure> {
        let changes = changes(&self.definition.axes, &cell.values);
        // It was resolved before, from the same bytes.
        let scenario = self
            .template
            .vary(&changes, None)
            .map_err(|diagnostics| PlayFailure::Compile(diagnostics.render(false)))?;
        let mut ensemble = Ensemble::new(&scenario, self.options)?;
        ensemble.grow(cell.replications)?;
        Ok(CellResult::new(cell, &ensemble.results()))
    }

    /// Keeps the failure of the lowest cell.
    fn fail(&self, failure: SweepFailure) {
        self.ended.store(true, Ordering::Relaxed);
        let mut first = self.failure.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if first.as_ref().is_none_or(|first| failure.cell < first.cell) {
            *first = Some(failure);
        }
    }
}
