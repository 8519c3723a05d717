//! What a terminal shows: the answer first, then what explains it.

mod capacity;
mod comparison;
mod coverage;
mod failures;
mod fit;
mod growth;
mod plan;
mod run;
mod scaling;
mod style;
mod sweep;

pub use capacity::capacity;
pub use comparison::{comparison, validation};
pub use coverage::coverage;
pub use growth::growth;
pub use plan::plan;
pub use run::run;
pub use scaling::scaling;
pub use style::Style;
pub use sweep::sweep;
