//! What is counted: levels over time, histograms, courses over time.

pub mod histogram;
mod log_linear;
pub mod series;
pub mod time_weighted;
