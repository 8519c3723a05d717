//! From a TOML file to a resolved scenario, and from that to route programs.

pub mod compile;
pub mod model;
