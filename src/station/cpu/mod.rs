//! Processors: vCPUs that serve jobs first come, first served.

pub mod fifo;

pub use fifo::{Fifo, Started};
