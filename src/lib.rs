//! Highwater: a deterministic discrete-event capacity-planning simulator for web systems.

pub mod cli;
pub mod experiment;
pub mod kernel;
pub mod metrics;
pub mod report;
pub mod route;
pub mod scenario;
pub mod simulation;
pub mod station;
pub mod tier;
