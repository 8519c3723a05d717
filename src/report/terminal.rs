//! What a terminal shows: the answer first, then what explains it.

mod capacity;
mod comparison;
mod coverage;
mod failures;
mod growth;
mod run;
mod scaling;
mod style;

pub use capacity::capacity;
pub use comparison::{comparison, validation};
pub use coverage::coverage;
pub use growth::growth;
pub use run::run;
pub use scaling::scaling;
pub use style::Style;
