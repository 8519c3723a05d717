//! From a TOML file to a resolved scenario, and from that to route programs.

pub mod bounds;
pub mod compile;
pub mod explain;
pub mod model;
