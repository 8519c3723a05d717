//! Message queues.

use super::topology::ServiceId;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;

/// A message queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// The service whose workers take its messages.
    pub workers: ServiceId,
    /// What is not acknowledged after so long is visible again.
    pub visibility_timeout: Duration,
    /// Deliveries before a message is a dead letter.
    pub attempts: u32,
    /// Most messages that wait; `None` = no limit.
    pub capacity: Option<u32>,
    /// What a producer meets while it is full.
    pub when_full: WhenFull,
    /// One message per user in flight at a time, the oldest first.
    pub by_key: bool,
    /// Time in which the queue takes a message (ns).
    pub latency: Distribution,
    /// Time in which the queue hands one out (ns).
    pub delivery: Distribution,
    /// Price of a million operations: publish, receive, acknowledge.
    pub price_per_million: f64,
}

/// What a producer meets while a queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Its request fails.
    Fail,
    /// It waits for a place.
    Block,
    /// The message is dropped.
    Drop,
}
