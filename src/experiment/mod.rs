//! Replications, intervals, warm-up, comparisons: from plays to figures.

mod assembly;
mod availability;
mod availability_only;
pub mod birth_death;
mod bottleneck;
pub mod capacity;
mod closed_form;
pub mod compare;
pub mod comparison;
pub mod confidence;
mod cost;
pub mod coverage;
mod ensemble;
mod error_budget;
#[cfg(test)]
mod failure_tests;
pub mod figure_path;
mod incidents;
pub mod judge;
mod measured_figure;
pub mod plan;
pub mod precision;
mod redundancy;
pub mod reference;
mod regional;
pub mod run;
mod same_failures;
pub mod scale;
mod slo;
mod stability;
pub mod summary;
pub mod sweep;
mod timeline;
pub mod validation;
pub mod validation_row;
pub mod warmup;
