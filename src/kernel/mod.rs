//! Ground floor: time, chance and the future, with nothing of web systems in it.

pub mod distribution;
pub mod event_queue;
pub mod math;
pub mod popularity;
pub mod random;
pub mod time;
