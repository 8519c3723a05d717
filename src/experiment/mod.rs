//! Replications, intervals, warm-up, comparisons: from plays to figures.

pub mod comparison;
pub mod summary;
pub mod validation_row;
