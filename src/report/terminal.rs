//! What a terminal shows: the answer first, then what explains it.

mod comparison;
mod failures;
mod run;
mod scaling;
mod style;

pub use comparison::{comparison, validation};
pub use run::run;
pub use scaling::scaling;
pub use style::Style;
