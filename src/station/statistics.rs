//! What every station counts, alike for every kind.

use crate::kernel::time::{Duration, Instant};
use crate::metrics::time_weighted::TimeWeighted;

/// Exact counts of one station over the window [`begin_window`, now].
///
/// Conservation over the window: present at its start + arrivals =
/// completions + rejections + abandonments + present now.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Servers: vCPUs, slots, or 1 for a disk; `None` when unbounded.
    capacity: Option<u32>,
    /// Servers in use.
    pub busy: TimeWeighted,
    /// One while the station is down.
    down: TimeWeighted,
    /// Jobs that wait. Under processor sharing: jobs beyond the servers.
    pub queue: TimeWeighted,
    /// Jobs that came, those turned away among them.
    pub arrivals: u64,
    /// Jobs that left served.
    pub completions: u64,
    /// Jobs turned away.
    pub rejections: u64,
    /// Jobs that left the queue unserved.
    pub abandonments: u64,
    /// Sum of the waits, in nanoseconds, counted in `waits`.
    pub wait_total: u128,
    /// Jobs whose wait became known: when service began, or under processor
    /// sharing, where the wait is the sojourn less the demand, when it ended.
    pub waits: u64,
    present_at_start: u64,
}

impl Statistics {
    /// Nothing counted, the window open from the start of the run.
    pub fn new(capacity: Option<u32>) -> Self {
        Self {
            capacity,
            busy: TimeWeighted::new(),
            down: TimeWeighted::new(),
            queue: TimeWeighted::new(),
            arrivals: 0,
            completions: 0,
            rejections: 0,
            abandonments: 0,
            wait_total: 0,
            waits: 0,
            present_at_start: 0,
        }
    }

    /// Starts the window anew at `now`.
    pub fn begin_window(&mut self, now: Instant) {
        let (mut busy, mut queue) = (self.busy.clone(), self.queue.clone());
        let mut down = self.down.clone();
        [&mut busy, &mut queue, &mut down].into_iter().for_each(|level| level.begin_window(now));
        let present_at_start = self.present();
        *self = Self { busy, queue, down, present_at_start, ..Self::new(self.capacity) };
    }

    /// Number of servers, `None` when unbounded.
    pub fn capacity(&self) -> Option<u32> {
        self.capacity
    }

    /// Busy server-time over server-time up in the window; `None` when the
    /// capacity is unbounded or the window has no length.
    pub fn utilisation(&self, now: Instant) -> Option<f64> {
        let available = self.available(now)?;
        (available > 0).then(|| self.busy.integral(now) as f64 / available as f64)
    }

    /// Mean wait of the jobs whose wait is known; `None` without any.
    pub fn wait_mean(&self) -> Option<Duration> {
        let mean = self.wait_total.checked_div(u128::from(self.waits))?;
        Some(Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)))
    }

    /// Jobs at the station.
    pub fn present(&self) -> u64 {
        self.busy.level() + self.queue.level()
    }

    /// The laws that hold for every kind of station.
    ///
    /// # Errors
    /// Which law is broken, with its figures.
    pub fn audit(&self, now: Instant) -> Result<(), String> {
        let busy = self.busy.integral(now);
        if self.available(now).is_some_and(|available| busy > available) {
            return Err(format!("busy {busy} server-ns exceeds capacity × time"));
        }
        let came = self.present_at_start + self.arrivals;
        let gone = self.completions + self.rejections + self.abandonments;
        let present = self.present();
        if came != gone + present {
            return Err(format!("{came} jobs came, {gone} left, {present} are present"));
        }
        Ok(())
    }

    #[inline]
    pub(super) fn record_wait(&mut self, waited: Duration) {
        self.wait_total += u128::from(waited.as_nanos());
        self.waits += 1;
    }

    /// Whether the station is up.
    pub fn is_up(&self) -> bool {
        self.down.level() == 0
    }

    /// The station goes down, or comes up.
    pub fn set_up(&mut self, now: Instant, up: bool) {
        let change = i64::from(!up) - self.down.level() as i64;
        self.down.add(now, change);
    }

    /// Server-nanoseconds up in the window; `None` when unbounded.
    fn available(&self, now: Instant) -> Option<u128> {
        let up = u128::from(self.busy.window(now).as_nanos()) - self.down.integral(now);
        self.capacity.map(|capacity| u128::from(capacity) * up)
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the common laws notice what breaks them. Method: broken counts.
    use super::*;

    #[test]
    fn a_lost_job_is_noticed() {
        let mut statistics = Statistics::new(Some(1));
        statistics.arrivals = 1;
        assert!(statistics.audit(Instant::ZERO).is_err());
        statistics.busy.add(Instant::ZERO, 1);
        assert!(statistics.audit(Instant::from_nanos(5)).is_ok());
        assert_eq!(statistics.utilisation(Instant::from_nanos(5)), Some(1.0));
    }

    #[test]
    fn more_busy_than_there_are_servers_is_noticed() {
        let mut statistics = Statistics::new(Some(1));
        statistics.arrivals = 2;
        statistics.busy.add(Instant::ZERO, 2);
        assert!(statistics.audit(Instant::from_nanos(1)).is_err());
    }
}
