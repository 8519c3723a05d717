//! Accumulators that the simulation writes: exact integers, merged exactly.

pub mod time_weighted;
