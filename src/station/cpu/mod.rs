//! Processors: vCPUs that serve jobs first come, first served, or all at once.

pub mod fifo;
pub mod sharing;

use crate::kernel::time::Instant;
use crate::station::statistics::Statistics;
pub use fifo::{Fifo, Started};
pub use sharing::{Finished, Next, Sharing};

/// The vCPUs of a machine, by how they are scheduled.
#[derive(Debug)]
pub enum Cpu {
    /// First come, first served, at constant speed.
    Fifo(Fifo),
    /// All at once, or as many as there are vCPUs, at a speed that depends
    /// on how many.
    Sharing(Sharing),
}

impl Cpu {
    /// What the station counted.
    pub fn statistics(&self) -> &Statistics {
        match self {
            Self::Fifo(fifo) => fifo.statistics(),
            Self::Sharing(sharing) => sharing.statistics(),
        }
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        match self {
            Self::Fifo(fifo) => fifo.begin_window(now),
            Self::Sharing(sharing) => sharing.begin_window(now),
        }
    }

    /// It goes down, or comes up.
    pub fn set_up(&mut self, now: Instant, up: bool) {
        match self {
            Self::Fifo(fifo) => fifo.set_up(now, up),
            Self::Sharing(sharing) => sharing.set_up(now, up),
        }
    }

    /// From now on it works at this share of its speed; 0 freezes it. A
    /// constant-speed FIFO has no other speed.
    pub fn set_speed(&mut self, now: Instant, factor: f64) -> Next {
        match self {
            Self::Fifo(_) => Next::Unchanged,
            Self::Sharing(sharing) => sharing.set_factor(now, factor),
        }
    }

    /// The laws of its kind, see [`Fifo::audit`] and [`Sharing::audit`].
    ///
    /// # Errors
    /// Which law is broken, with its figures.
    pub fn audit(&self, now: Instant) -> Result<(), String> {
        match self {
            Self::Fifo(fifo) => fifo.audit(now),
            Self::Sharing(sharing) => sharing.audit(now),
        }
    }
}
