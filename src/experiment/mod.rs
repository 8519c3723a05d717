//! Replications, intervals, warm-up, comparisons: from plays to figures.

mod assembly;
mod bottleneck;
pub mod compare;
pub mod comparison;
pub mod confidence;
mod cost;
pub mod figure_path;
pub mod reference;
mod regional;
pub mod run;
mod slo;
mod stability;
pub mod summary;
mod timeline;
pub mod validation;
pub mod validation_row;
pub mod warmup;
