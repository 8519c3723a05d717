//! What a terminal shows: the answer first, then what explains it.

mod comparison;
mod coverage;
mod failures;
mod run;
mod style;

pub use comparison::{comparison, validation};
pub use coverage::coverage;
pub use run::run;
pub use style::Style;
