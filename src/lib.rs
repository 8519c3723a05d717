//! Highwater.
pub mod kernel;
