//! A figure of a reference scenario beside the value that theory gives.

use super::summary::Estimate;
use serde::Serialize;

/// A figure of a reference scenario beside the value that theory gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValidationRow {
    /// Name of the reference scenario.
    pub scenario: String,
    /// Name of the figure; its unit is the end of the name.
    pub figure: String,
    /// What theory gives.
    pub exact: f64,
    /// What was simulated.
    pub estimate: Estimate,
    /// (Simulated − exact) ÷ standard error.
    pub deviation_sigmas: f64,
    /// It lies inside the familywise band.
    pub passed: bool,
}
