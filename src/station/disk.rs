//! Disks: one server, limited in operations and in bytes per second.

use crate::kernel::time::{Duration, Instant};
use crate::station::JobId;
use crate::station::cpu::{Fifo, Started};
use crate::station::statistics::Statistics;

/// A disk that serves one access after another, first come, first served.
///
/// An access takes `operations / IOPS + bytes / bandwidth`: the two limits
/// are paid one after the other, which is what a request that is first
/// located and then transferred pays.
#[derive(Debug)]
pub struct Disk {
    /// Nanoseconds per operation.
    operation: f64,
    /// Nanoseconds per byte.
    byte: f64,
    /// By what both are multiplied.
    slowness: f64,
    server: Fifo,
}

impl Disk {
    /// An idle disk; either limit may be infinite.
    ///
    /// # Panics
    /// If a limit is not above zero.
    pub fn new(iops: f64, bytes_per_s: f64) -> Self {
        assert!(iops > 0.0 && bytes_per_s > 0.0, "a disk makes progress");
        Self { operation: 1e9 / iops, byte: 1e9 / bytes_per_s, slowness: 1.0, server: Fifo::new(1) }
    }

    /// An access comes. The instant of its completion when it starts at once,
    /// `None` when it waits.
    #[inline]
    pub fn arrive(
        &mut self,
        now: Instant,
        job: JobId,
        operations: u32,
        bytes: u64,
    ) -> Option<Instant> {
        self.server.arrive(now, job, self.service(operations, bytes))
    }

    /// The access in service is done. Answers which one starts in its place.
    #[inline]
    pub fn complete(&mut self, now: Instant) -> Option<Started> {
        self.server.complete(now)
    }

    /// Whether a job waits for its turn.
    pub fn is_waiting(&self, job: JobId) -> bool {
        self.server.is_waiting(job)
    }

    /// Takes a job out, whether it waits or is served. Answers which one
    /// starts in its place.
    pub fn remove(&mut self, now: Instant, job: JobId) -> Option<Started> {
        self.server.remove(now, job)
    }

    /// It goes down, or comes up.
    pub fn set_up(&mut self, now: Instant, up: bool) {
        self.server.set_up(now, up);
    }

    /// Accesses that come from now on are served at this share of the speed.
    pub fn set_speed(&mut self, factor: f64) {
        self.slowness = 1.0 / factor;
    }

    /// Time that an access takes, rounded to the nearest nanosecond.
    #[inline]
    fn service(&self, operations: u32, bytes: u64) -> Duration {
        let time = f64::from(operations) * self.operation + bytes as f64 * self.byte;
        Duration::from_nanos_f64(time * self.slowness)
    }

    /// What the station counted.
    pub fn statistics(&self) -> &Statistics {
        self.server.statistics()
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.server.begin_window(now);
    }

    /// The laws of the server below, see [`Fifo::audit`].
    ///
    /// # Errors
    /// Which law is broken, with its figures.
    pub fn audit(&self, now: Instant) -> Result<(), String> {
        self.server.audit(now)
    }
}

#[cfg(test)]
mod tests {
    //! Goal: both limits are paid, one access at a time. Method: hand figures.
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn operations_and_bytes_are_paid_one_after_the_other() {
        // 1,000 IOPS: 1 ms each; 1 GB/s: 1 ns a byte.
        let mut disk = Disk::new(1_000.0, 1e9);
        assert_eq!(disk.arrive(at(0), 1, 2, 500), Some(at(2_000_500)));
        assert_eq!(disk.arrive(at(500), 2, 1, 0), None);
        let started = disk.complete(at(2_000_500)).unwrap();
        assert_eq!(started.job, 2);
        assert_eq!(started.waited, Duration::from_nanos(2_000_000));
        assert_eq!(started.completes_at, at(3_000_500));
        assert_eq!(disk.complete(at(3_000_500)), None);
        assert_eq!(disk.statistics().capacity(), Some(1));
        assert_eq!(disk.statistics().busy.integral(at(4_000_000)), 3_000_500);
        assert_eq!(disk.audit(at(4_000_000)), Ok(()));
    }

    #[test]
    fn an_infinite_limit_costs_nothing() {
        let mut free = Disk::new(f64::INFINITY, f64::INFINITY);
        assert_eq!(free.arrive(at(7), 1, u32::MAX, u64::MAX), Some(at(7)));
        let mut transfer = Disk::new(f64::INFINITY, 2e9);
        assert_eq!(transfer.arrive(at(0), 1, 9, 3), Some(at(2)));
        let mut seek = Disk::new(3e8, f64::INFINITY);
        assert_eq!(seek.arrive(at(0), 1, 2, u64::MAX), Some(at(7)));
    }

    #[test]
    #[should_panic(expected = "a disk makes progress")]
    fn a_disk_without_speed_is_refused() {
        Disk::new(0.0, 1.0);
    }
}
