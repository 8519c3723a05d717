//! First come, first served over c servers of constant speed.

use std::collections::VecDeque;

use crate::kernel::time::{Duration, Instant};
use crate::station::JobId;
use crate::station::statistics::Statistics;

/// A job whose service begins now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Started {
    /// Which job.
    pub job: JobId,
    /// How long it waited.
    pub waited: Duration,
    /// When it will be done: to be scheduled.
    pub completes_at: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    job: JobId,
    arrived: Instant,
    demand: Duration,
}

/// c servers of constant speed behind one unbounded queue.
#[derive(Debug)]
pub struct Fifo {
    servers: u32,
    queue: VecDeque<Waiting>,
    statistics: Statistics,
    /// Σ service of the jobs that have started [ns].
    started: i128,
    /// Σ instants at which the jobs in service will complete [ns].
    due: i128,
    /// The latest instant at which a job completes.
    last_due: Instant,
    /// Service given before the window began [ns].
    given_before: i128,
    /// Σ waits of the jobs started [ns].
    waited: u128,
    /// Σ waits before the window began [ns].
    waited_before: u128,
}

impl Fifo {
    /// An idle station.
    ///
    /// # Panics
    /// If there is no server.
    pub fn new(servers: u32) -> Self {
        assert!(servers > 0, "a station has a server");
        Self {
            servers,
            queue: VecDeque::new(),
            statistics: Statistics::new(Some(servers)),
            started: 0,
            due: 0,
            last_due: Instant::ZERO,
            given_before: 0,
            waited: 0,
            waited_before: 0,
        }
    }

    /// A job comes with `demand` of service. The instant of its completion
    /// when it starts at once (it has not waited), `None` when it waits.
    #[inline(always)]
    pub fn arrive(&mut self, now: Instant, job: JobId, demand: Duration) -> Option<Instant> {
        self.statistics.arrivals += 1;
        if self.statistics.busy.level() < u64::from(self.servers) {
            self.statistics.busy.add(now, 1);
            return Some(self.begin(now, demand, Duration::ZERO));
        }
        self.queue.push_back(Waiting { job, arrived: now, demand });
        self.statistics.queue.add(now, 1);
        None
    }

    /// A job in service is done, at the instant given when it started.
    /// Answers which job starts in its place.
    ///
    /// # Panics
    /// If no job is in service.
    #[inline(always)]
    pub fn complete(&mut self, now: Instant) -> Option<Started> {
        self.statistics.completions += 1;
        self.due -= i128::from(now.as_nanos());
        self.next(now)
    }

    /// A server is free: the head of the queue begins.
    #[inline(always)]
    fn next(&mut self, now: Instant) -> Option<Started> {
        let Some(next) = self.queue.pop_front() else {
            self.statistics.busy.add(now, -1);
            return None;
        };
        self.statistics.queue.add(now, -1);
        let waited = now - next.arrived;
        self.waited += u128::from(waited.as_nanos());
        let completes_at = self.begin(now, next.demand, waited);
        Some(Started { job: next.job, waited, completes_at })
    }

    /// What the station counted.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// It goes down, or comes up.
    pub fn set_up(&mut self, now: Instant, up: bool) {
        self.statistics.set_up(now, up);
    }

    /// Whether a job waits. O(queue).
    pub fn is_waiting(&self, job: JobId) -> bool {
        self.queue.iter().any(|waiting| waiting.job == job)
    }

    /// Takes a job out that waits, or the one in service. Answers which job
    /// starts in its place. O(queue).
    ///
    /// # Panics
    /// If there are several servers: nobody knows which one has the job.
    pub fn remove(&mut self, now: Instant, job: JobId) -> Option<Started> {
        assert_eq!(self.servers, 1, "only a single server knows its job");
        self.statistics.abandonments += 1;
        if let Some(place) = self.queue.iter().position(|waiting| waiting.job == job) {
            let waiting = self.queue.remove(place)?;
            self.statistics.queue.add(now, -1);
            self.waited += u128::from((now - waiting.arrived).as_nanos());
            return None;
        }
        // What it has not had is not given.
        self.started -= i128::from((self.last_due - now).as_nanos());
        self.due -= i128::from(self.last_due.as_nanos());
        self.last_due = now;
        self.next(now)
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.given_before = self.given(now);
        self.waited_before = self.waited(now);
        self.statistics.begin_window(now);
    }

    /// Work law: the integral of busy servers is the service given to jobs,
    /// and each job completed when it was due. Little's law as an identity:
    /// the integral of the queue length is the sum of the waits.
    ///
    /// # Errors
    /// Which law is broken, with its figures.
    pub fn audit(&self, now: Instant) -> Result<(), String> {
        self.audit_due(now)?;
        let busy = self.statistics.busy.integral(now);
        let given = self.given(now) - self.given_before;
        if i128::try_from(busy) != Ok(given) {
            return Err(format!("busy for {busy} server-ns, but gave {given} ns of service"));
        }
        let queued = self.statistics.queue.integral(now);
        let waited = self.waited(now) - self.waited_before;
        if queued != waited {
            return Err(format!("queue integral {queued} job-ns, but the waits are {waited} ns"));
        }
        self.statistics.audit(now)
    }

    /// What is due lies between `now` and the last completion for each job in
    /// service. A completion that was not due shifts the sum for good: it is
    /// noticed when the station is idle at the latest, where the sum is zero.
    fn audit_due(&self, now: Instant) -> Result<(), String> {
        let in_service = i128::from(self.statistics.busy.level());
        let earliest = in_service * i128::from(now.as_nanos());
        let latest = in_service * i128::from(self.last_due.as_nanos());
        if self.due < earliest || self.due > latest {
            let due = self.due;
            return Err(format!(
                "{in_service} jobs are due at {due} in all, not in {earliest}..={latest}"
            ));
        }
        Ok(())
    }

    #[inline]
    fn begin(&mut self, now: Instant, demand: Duration, waited: Duration) -> Instant {
        let completes_at = now + demand;
        self.started += i128::from((completes_at - now).as_nanos());
        self.due += i128::from(completes_at.as_nanos());
        self.last_due = self.last_due.max(completes_at);
        self.statistics.record_wait(waited);
        completes_at
    }

    /// Service given up to `now` [ns]: that of all jobs started, less what
    /// those in service will still get. No job need be looked at for it.
    fn given(&self, now: Instant) -> i128 {
        let in_service = i128::from(self.statistics.busy.level());
        let still = self.due - in_service * i128::from(now.as_nanos());
        self.started - still
    }

    /// Σ waits up to `now` [ns].
    fn waited(&self, now: Instant) -> u128 {
        let present =
            self.queue.iter().map(|waiting| u128::from((now - waiting.arrived).as_nanos()));
        self.waited + present.sum::<u128>()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: exact first-come schedules. Method: hand-traced schedules, and a
    //! twin that assigns each job to the server that is free first.
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    fn span(nanos: u64) -> Duration {
        Duration::from_nanos(nanos)
    }

    #[test]
    fn two_servers_and_three_jobs() {
        let mut fifo = Fifo::new(2);
        assert_eq!(fifo.arrive(at(0), 1, span(10)), Some(at(10)));
        assert_eq!(fifo.arrive(at(2), 2, span(5)), Some(at(7)));
        assert_eq!(fifo.arrive(at(3), 3, span(4)), None);
        let started = Started { job: 3, waited: span(4), completes_at: at(11) };
        assert_eq!(fifo.complete(at(7)), Some(started));
        assert_eq!(fifo.complete(at(10)), None);
        assert_eq!(fifo.complete(at(11)), None);
        assert_eq!(fifo.statistics().busy.integral(at(20)), 19);
        assert_eq!(fifo.statistics().queue.integral(at(20)), 4);
        assert_eq!(fifo.statistics().wait_total, 4);
    }

    #[test]
    fn a_completion_that_was_not_due_is_noticed() {
        for wrong in [9, 11] {
            let mut fifo = Fifo::new(1);
            fifo.arrive(at(0), 1, span(10));
            fifo.arrive(at(0), 2, span(10));
            fifo.complete(at(wrong));
            fifo.complete(at(wrong + 10));
            assert!(fifo.audit(at(wrong + 10)).unwrap_err().contains("due"));
        }
    }

    #[test]
    fn a_miscounted_queue_breaks_littles_law() {
        let mut fifo = Fifo::new(1);
        fifo.arrive(at(0), 1, span(10));
        fifo.arrive(at(2), 2, span(10));
        assert_eq!(fifo.audit(at(5)), Ok(()));
        fifo.statistics.queue.set(at(5), 0);
        assert!(fifo.audit(at(6)).unwrap_err().contains("waits are"));
    }

    #[test]
    fn a_job_that_stays_too_long_is_noticed() {
        let mut fifo = Fifo::new(2);
        fifo.arrive(at(0), 1, span(10));
        assert_eq!(fifo.audit(at(10)), Ok(()));
        assert!(fifo.audit(at(11)).unwrap_err().contains("due"));
    }

    #[test]
    fn a_miscounted_server_breaks_the_work_law() {
        let mut fifo = Fifo::new(2);
        fifo.arrive(at(0), 1, span(10));
        fifo.statistics.busy.set(at(0), 2);
        assert!(fifo.audit(at(9)).is_err());
    }

    proptest! {
        #[test]
        fn jobs_leave_when_the_twin_says(
            servers in 1..4u32,
            jobs in prop::collection::vec((0..20u64, 0..30u64), 1..60),
            window in 0..60usize,
        ) {
            let mut fifo = Fifo::new(servers);
            let mut free_at = vec![0u64; servers as usize];
            let mut future = BTreeSet::new();
            let mut left = vec![0; jobs.len()];
            let mut expected = Vec::new();
            let mut now = 0;
            for (job, &(gap, demand)) in jobs.iter().enumerate() {
                now += gap;
                let server = free_at.iter_mut().min().unwrap();
                *server = now.max(*server) + demand;
                expected.push(*server);
                complete_until(&mut fifo, &mut future, &mut left, now);
                if job == window {
                    fifo.begin_window(at(now));
                }
                if let Some(done) = fifo.arrive(at(now), job as u32, span(demand)) {
                    future.insert((done.as_nanos(), job));
                }
                prop_assert_eq!(fifo.audit(at(now)), Ok(()));
            }
            complete_until(&mut fifo, &mut future, &mut left, u64::MAX);
            prop_assert_eq!(left, expected);
        }
    }

    fn complete_until(
        fifo: &mut Fifo,
        future: &mut BTreeSet<(u64, usize)>,
        left: &mut [u64],
        until: u64,
    ) {
        while future.first().is_some_and(|first| first.0 <= until) {
            let (now, job) = future.pop_first().unwrap();
            left[job] = now;
            if let Some(started) = fifo.complete(at(now)) {
                future.insert((started.completes_at.as_nanos(), started.job as usize));
            }
            assert_eq!(fifo.audit(at(now)), Ok(()));
        }
    }
}
