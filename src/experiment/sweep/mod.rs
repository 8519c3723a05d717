//! A scenario over many values of its keys: a grid or a sample of cells, each
//! played like a run, each recorded as one line of a journal.
//!
//! The [definition](Definition) says which cells there are; a journal is a set
//! of lines, one per finished cell; everything else that a sweep shows is a
//! pure function of these two. So a sweep can be interrupted, continued, split
//! into shards and put together again, and ends with the same bytes.

mod answer;
mod axis;
mod cheapest;
mod definition;
mod design;
mod journal;
mod line;
mod merge;
mod play;
pub mod quantity;
mod resolve;

pub use answer::{Answer, Effect, answer, best};
pub use axis::Axis;
pub use cheapest::{Cheapest, Ground, ground, is_load};
pub use definition::{Cell, DefinedScenario, Definition, Design, Keys, METHODS, Shard};
pub use design::{MOST_CELLS, Points, grid, latin_hypercube};
pub use journal::{Journal, JournalFault, read_journal};
pub use line::{CellResult, Label, Measured, Term};
pub use merge::{MergeFault, Part, merge};
pub use play::{SweepFailure, play_cells};
pub use resolve::{Plan, Refusal, Unresolved, resolve};
