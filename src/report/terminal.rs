//! What a terminal shows: the answer first, then what explains it.

mod comparison;
mod failures;
mod plan;
mod run;
mod style;

pub use comparison::{comparison, validation};
pub use plan::plan;
pub use run::run;
pub use style::Style;
