//! What a terminal shows: the answer first, then what explains it.

mod comparison;
mod failures;
mod run;
mod style;
mod sweep;

pub use comparison::{comparison, validation};
pub use run::run;
pub use style::Style;
pub use sweep::sweep;
