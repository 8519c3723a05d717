//! What work waits for: processors, disks, and slots that are held.
//!
//! A station knows no event queue: it is told `now` and answers what is to be
//! scheduled. Each keeps the same [`statistics::Statistics`], so that
//! reports need not know its kind.

pub mod concurrency;
pub mod cpu;
pub mod disk;
pub mod pool;
pub mod statistics;

/// A job at a station; the caller's number for it.
pub type JobId = u32;
