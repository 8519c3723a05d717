//! What is counted: levels over time, histograms, courses over time.

pub mod histogram;
pub mod series;
pub mod time_weighted;
