//! Pools of slots that are held: workers, connections.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::kernel::time::{Duration, Instant};
use crate::station::JobId;
use crate::station::concurrency::Concurrency;
use crate::station::statistics::Statistics;

/// What became of a job that asked for a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entered {
    /// It has one.
    Granted,
    /// It waits for one.
    Queued,
    /// It was turned away.
    Rejected,
}

/// A waiting job that was given a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// Which job.
    pub job: JobId,
    /// How long it waited.
    pub waited: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    job: JobId,
    /// `VACATED` where the job has given up.
    arrived: Instant,
}

/// Later than every instant of a run: marks a place in the queue that nobody
/// waits in any more.
const VACATED: Instant = Instant::from_nanos(u64::MAX);

/// Slots, and a queue of those who wait for one, first come, first served.
///
/// A job waits at most once at a time.
#[derive(Debug)]
pub struct Pool {
    /// Slots in use at most; 0 where `concurrency` says how many.
    slots: u64,
    queue_limit: u64,
    /// The first place is never a vacated one.
    queue: VecDeque<Waiting>,
    /// Vacated places in `queue`.
    vacated: usize,
    /// Places that were taken off the front of `queue`: the place at index i
    /// has the number `removed + i`.
    removed: u64,
    /// Number of each waiting job's place, kept from the first job on that
    /// gives up: a pool whose jobs are patient pays nothing for it.
    places: Option<FxHashMap<JobId, u64>>,
    /// Where the limit of slots follows the waits.
    concurrency: Option<Box<Concurrency>>,
    statistics: Statistics,
    /// Σ waits of those who no longer wait [ns].
    waited: u128,
    /// Σ arrival instants of those who wait [ns].
    arrived: u128,
    /// Σ waits before the window began [ns].
    waited_before: u128,
}

impl Pool {
    /// An idle pool of `slots`, with at most `queue_limit` waiting; `None`
    /// is unbounded. Without waiting places a job is served at once or
    /// turned away.
    ///
    /// # Panics
    /// If there is no slot.
    pub fn new(slots: Option<u32>, queue_limit: Option<u32>) -> Self {
        assert!(slots != Some(0), "a pool has a slot");
        Self {
            slots: slots.map_or(u64::MAX, u64::from),
            queue_limit: queue_limit.map_or(u64::MAX, u64::from),
            queue: VecDeque::new(),
            vacated: 0,
            removed: 0,
            places: None,
            concurrency: None,
            statistics: Statistics::new(slots),
            waited: 0,
            arrived: 0,
            waited_before: 0,
        }
    }

    /// The same, but the limit of slots in use follows the wait for one, see
    /// [`Concurrency`]: all of them at first, never less than `minimum`.
    ///
    /// # Panics
    /// If there is no slot, or a minimum of zero or of more than all slots.
    pub fn adaptive(
        slots: u32,
        queue_limit: Option<u32>,
        target_wait: Duration,
        minimum: u32,
    ) -> Self {
        let concurrency = Concurrency::new(target_wait, minimum, slots);
        Self {
            slots: 0,
            concurrency: Some(Box::new(concurrency)),
            ..Self::new(Some(slots), queue_limit)
        }
    }

    /// A job asks for a slot.
    #[inline]
    pub fn enter(&mut self, now: Instant, job: JobId) -> Entered {
        self.statistics.arrivals += 1;
        if self.statistics.busy.level() < self.slots {
            self.statistics.busy.add(now, 1);
            self.statistics.record_wait(Duration::ZERO);
            return Entered::Granted;
        }
        if self.concurrency.is_some() && self.granted_within_limit(now) {
            return Entered::Granted;
        }
        if self.statistics.queue.level() >= self.queue_limit {
            self.statistics.rejections += 1;
            return Entered::Rejected;
        }
        if let Some(places) = &mut self.places {
            places.insert(job, self.removed + self.queue.len() as u64);
        }
        self.queue.push_back(Waiting { job, arrived: now });
        self.arrived += u128::from(now.as_nanos());
        self.statistics.queue.add(now, 1);
        Entered::Queued
    }

    /// A slot is given back; it goes to the head of the queue.
    ///
    /// # Panics
    /// If no slot is held.
    #[inline]
    pub fn leave(&mut self, now: Instant) -> Option<Admitted> {
        self.statistics.completions += 1;
        if self.concurrency.is_some() {
            self.statistics.busy.add(now, -1);
            return self.grant_within_limit(now);
        }
        let Some(head) = self.queue.pop_front() else {
            self.statistics.busy.add(now, -1);
            return None;
        };
        Some(self.grant(now, head))
    }

    /// Where the limit of slots moves: the head of the queue gets a slot if one
    /// is free. Ask again after each [`Pool::leave`] of an [`Pool::is_adaptive`]
    /// pool until nobody gets one: the limit may have grown.
    #[cold]
    #[inline(never)]
    pub fn grant_within_limit(&mut self, now: Instant) -> Option<Admitted> {
        if self.in_use() >= self.limit() {
            return None;
        }
        let head = self.queue.pop_front()?;
        self.statistics.busy.add(now, 1);
        let admitted = self.grant(now, head);
        self.follow(now, admitted.waited);
        Some(admitted)
    }

    /// Whether a job that asks now gets a slot at once.
    pub fn has_free_slot(&self) -> bool {
        self.queue_length() == 0 && self.in_use() < self.limit()
    }

    /// Whether the limit of slots moves.
    #[inline]
    pub fn is_adaptive(&self) -> bool {
        self.concurrency.is_some()
    }

    /// The limit of slots, where it moves.
    pub fn concurrency(&self) -> Option<&Concurrency> {
        self.concurrency.as_deref()
    }

    /// A job that need not wait gets a slot if the limit allows it.
    #[cold]
    #[inline(never)]
    fn granted_within_limit(&mut self, now: Instant) -> bool {
        if self.in_use() >= self.limit() {
            return false;
        }
        self.statistics.busy.add(now, 1);
        self.statistics.record_wait(Duration::ZERO);
        self.follow(now, Duration::ZERO);
        true
    }

    /// The limit learns how long a job has waited.
    fn follow(&mut self, now: Instant, waited: Duration) {
        if let Some(concurrency) = &mut self.concurrency {
            concurrency.granted(now, waited);
        }
    }

    /// Slots in use at most, now.
    fn limit(&self) -> u64 {
        self.concurrency.as_ref().map_or(self.slots, |concurrency| concurrency.limit())
    }

    /// Takes the job that was at the head of the queue out of it.
    #[inline]
    fn grant(&mut self, now: Instant, head: Waiting) -> Admitted {
        self.removed += 1;
        if let Some(places) = &mut self.places {
            places.remove(&head.job);
            self.tidy();
        }
        let waited = self.end_wait(now, head.arrived);
        self.statistics.record_wait(waited);
        Admitted { job: head.job, waited }
    }

    /// A waiting job gives up; the others keep their order. False when it
    /// does not wait. Constant time on average, but for the first call.
    pub fn abandon(&mut self, now: Instant, job: JobId) -> bool {
        if self.places.is_none() {
            self.number_places();
        }
        let place = self.places.as_mut().and_then(|places| places.remove(&job));
        let Some(place) = place else {
            return false;
        };
        let waiting = &mut self.queue[(place - self.removed) as usize];
        let arrived = std::mem::replace(&mut waiting.arrived, VACATED);
        self.vacated += 1;
        self.tidy();
        self.end_wait(now, arrived);
        self.statistics.abandonments += 1;
        true
    }

    /// Jobs that wait.
    #[inline]
    pub fn queue_length(&self) -> u64 {
        self.statistics.queue.level()
    }

    /// Slots that are held.
    #[inline]
    pub fn in_use(&self) -> u64 {
        self.statistics.busy.level()
    }

    /// What the station counted.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.waited_before = self.waited(now);
        self.statistics.begin_window(now);
        if let Some(concurrency) = &mut self.concurrency {
            concurrency.begin_window(now);
        }
    }

    /// Little's law as an identity: the integral of the queue length is the
    /// sum of the waits, those of the jobs that still wait among them. And
    /// nobody waits while a slot is free.
    ///
    /// # Errors
    /// Which law is broken, with its figures.
    pub fn audit(&self, now: Instant) -> Result<(), String> {
        let (in_use, waiting) = (self.in_use(), self.queue_length());
        let places = (self.queue.len() - self.vacated) as u64;
        if places != waiting {
            return Err(format!("{waiting} jobs wait in {places} places"));
        }
        let (limit, moves) = (self.limit(), self.is_adaptive());
        // A limit that has shrunk takes no slot away from who holds one.
        if waiting > 0 && (in_use < limit || in_use > limit && !moves) {
            return Err(format!("{waiting} jobs wait, but {in_use} slots are in use"));
        }
        let queued = self.statistics.queue.integral(now);
        let waited = self.waited(now).wrapping_sub(self.waited_before);
        if queued != waited {
            return Err(format!("queue integral {queued} job-ns, but the waits are {waited} ns"));
        }
        self.statistics.audit(now)
    }

    /// Takes a job that came at `arrived` out of the figures of the queue.
    #[inline]
    fn end_wait(&mut self, now: Instant, arrived: Instant) -> Duration {
        let waited = now - arrived;
        self.waited += u128::from(waited.as_nanos());
        self.arrived -= u128::from(arrived.as_nanos());
        self.statistics.queue.add(now, -1);
        waited
    }

    /// Σ waits up to `now` [ns]. Wraps where the counts are wrong, which the
    /// audit then reports.
    fn waited(&self, now: Instant) -> u128 {
        let present = u128::from(self.queue_length()) * u128::from(now.as_nanos());
        self.waited.wrapping_add(present).wrapping_sub(self.arrived)
    }

    /// Removes vacated places from the front, and all of them where they are
    /// more than half.
    fn tidy(&mut self) {
        while self.queue.front().is_some_and(|waiting| waiting.arrived == VACATED) {
            self.queue.pop_front();
            self.removed += 1;
            self.vacated -= 1;
        }
        if self.vacated * 2 > self.queue.len() {
            self.compact();
        }
    }

    /// Removes all vacated places: paid for by the more than half of the
    /// places that were vacated since the last time.
    fn compact(&mut self) {
        self.queue.retain(|waiting| waiting.arrived != VACATED);
        self.vacated = 0;
        self.number_places();
    }

    /// Notes where each job waits; no place is vacated.
    fn number_places(&mut self) {
        let places = self.places.get_or_insert_default();
        places.clear();
        let numbered = (self.removed..).zip(&self.queue);
        places.extend(numbered.map(|(place, waiting)| (waiting.job, place)));
    }
}

#[cfg(test)]
mod tests {
    //! Goal: exact admission, order and conservation. Method: a hand-traced
    //! schedule, and a twin that keeps a plain list.
    use proptest::prelude::*;

    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    fn admitted(job: JobId, waited: u64) -> Option<Admitted> {
        Some(Admitted { job, waited: Duration::from_nanos(waited) })
    }

    /// Two slots, two waiting places; every holder keeps its slot 10 ns:
    ///
    /// | job | arrives | outcome | holds from | until | waits |
    /// |-----|---------|---------|-----------|-------|-------|
    /// | 1 | 0 | granted | 0 | 10 | 0 |
    /// | 2 | 3 | granted | 3 | 13 | 0 |
    /// | 3 | 4 | queued | 10 | 20 | 6 |
    /// | 4 | 5 | queued | gives up at 8 | – | 3 |
    /// | 5 | 6 | rejected | – | – | – |
    /// | 6 | 9 | queued | 13 | 23 | 4 |
    #[test]
    fn a_bounded_pool_by_hand() {
        let mut pool = Pool::new(Some(2), Some(2));
        assert_eq!(pool.enter(at(0), 1), Entered::Granted);
        assert_eq!(pool.enter(at(3), 2), Entered::Granted);
        assert_eq!(pool.enter(at(4), 3), Entered::Queued);
        assert_eq!(pool.enter(at(5), 4), Entered::Queued);
        assert_eq!(pool.enter(at(6), 5), Entered::Rejected);
        assert!(pool.abandon(at(8), 4));
        assert!(!pool.abandon(at(8), 4));
        assert_eq!(pool.enter(at(9), 6), Entered::Queued);
        assert_eq!(pool.leave(at(10)), admitted(3, 6));
        assert_eq!(pool.leave(at(13)), admitted(6, 4));
        assert_eq!(pool.leave(at(20)), None);
        assert_eq!(pool.leave(at(23)), None);
        let statistics = pool.statistics();
        assert_eq!(statistics.busy.integral(at(30)), 40);
        assert_eq!(statistics.queue.integral(at(30)), 13);
        assert_eq!((statistics.wait_total, statistics.waits), (10, 4));
        assert_eq!((statistics.rejections, statistics.abandonments), (1, 1));
        assert_eq!(pool.audit(at(30)), Ok(()));
    }

    #[test]
    fn without_waiting_places_a_job_is_served_or_refused() {
        let mut pool = Pool::new(Some(1), Some(0));
        assert_eq!(pool.enter(at(0), 1), Entered::Granted);
        assert_eq!(pool.enter(at(0), 2), Entered::Rejected);
        assert_eq!(pool.leave(at(1)), None);
        assert_eq!(pool.enter(at(1), 3), Entered::Granted);
    }

    #[test]
    fn an_unbounded_pool_never_makes_anybody_wait() {
        let mut pool = Pool::new(None, Some(0));
        assert!((0..1_000).all(|job| pool.enter(at(1), job) == Entered::Granted));
        assert_eq!(pool.in_use(), 1_000);
        assert_eq!(pool.statistics().utilisation(at(2)), None);
    }

    #[test]
    fn vacated_places_are_removed_and_the_others_keep_their_order() {
        let mut pool = Pool::new(Some(1), None);
        for job in 0..=100 {
            pool.enter(at(0), job);
        }
        // The head stays, so that nothing is trimmed from the front.
        for job in (2..=100).filter(|job| job % 10 > 0) {
            assert!(pool.abandon(at(1), job));
            assert!(pool.vacated * 2 <= pool.queue.len());
        }
        assert_eq!(pool.queue_length(), 11);
        assert!(pool.abandon(at(1), 50));
        let left = std::iter::from_fn(|| pool.leave(at(1))).map(|next| next.job);
        let left = left.collect::<Vec<_>>();
        assert_eq!(left, [1, 10, 20, 30, 40, 60, 70, 80, 90, 100]);
        assert_eq!(pool.audit(at(2)), Ok(()));
    }

    #[test]
    fn a_forgotten_wait_breaks_littles_law() {
        let mut pool = Pool::new(Some(1), None);
        pool.enter(at(0), 1);
        pool.enter(at(2), 2);
        assert_eq!(pool.audit(at(5)), Ok(()));
        pool.arrived += 1;
        assert!(pool.audit(at(5)).unwrap_err().contains("waits are"));
    }

    #[test]
    fn a_free_slot_beside_a_queue_is_noticed() {
        let mut pool = Pool::new(Some(2), None);
        for job in 0..3 {
            pool.enter(at(0), job);
        }
        pool.statistics.busy.set(at(0), 1);
        assert!(pool.audit(at(0)).unwrap_err().contains("slots are in use"));
    }

    /// Four slots, at least one, waits of up to 5 ns are fine. Job 1 to 4 do
    /// not wait: a round of good news, but the limit is at its most. The next
    /// round of four has waited 10 ns: one slot less. The next of three is good.
    #[test]
    fn the_limit_follows_the_waits_by_hand() {
        let mut pool = Pool::adaptive(4, None, Duration::from_nanos(5), 1);
        let limit = |pool: &Pool| pool.concurrency().map(Concurrency::limit);
        assert!((1..=4).all(|job| pool.enter(at(0), job) == Entered::Granted));
        assert!((5..=9).all(|job| pool.enter(at(0), job) == Entered::Queued));
        for job in 5..=8 {
            assert_eq!(pool.leave(at(10)), admitted(job, 10));
            assert_eq!(pool.grant_within_limit(at(10)), None);
        }
        assert_eq!(limit(&pool), Some(3));
        assert_eq!(pool.leave(at(12)), None);
        assert_eq!((pool.in_use(), pool.queue_length()), (3, 1));
        assert_eq!(pool.audit(at(12)), Ok(()));
        assert_eq!(pool.enter(at(13), 10), Entered::Queued);
        assert_eq!(pool.enter(at(13), 11), Entered::Queued);
        assert_eq!(pool.leave(at(14)), admitted(9, 14));
        assert_eq!(pool.leave(at(14)), admitted(10, 1));
        // (14 + 1 + 1) / 3 > 5: another slot less.
        assert_eq!(pool.leave(at(14)), admitted(11, 1));
        assert_eq!(limit(&pool), Some(2));
        assert_eq!((pool.leave(at(15)), pool.leave(at(15))), (None, None));
        assert_eq!(pool.enter(at(15), 12), Entered::Granted);
        assert_eq!(pool.enter(at(15), 13), Entered::Queued);
        assert_eq!(pool.enter(at(15), 14), Entered::Queued);
        // Two waits of 0 and 2 ns: one slot more, which job 14 gets.
        assert_eq!(pool.leave(at(17)), admitted(13, 2));
        assert_eq!(limit(&pool), Some(3));
        assert_eq!(pool.grant_within_limit(at(17)), admitted(14, 2));
        assert_eq!(pool.grant_within_limit(at(17)), None);
        assert_eq!(pool.audit(at(20)), Ok(()));
        assert_eq!(pool.statistics().capacity(), Some(4));
    }

    /// A plain list of (job, arrival), and a count of holders.
    struct Twin {
        slots: usize,
        limit: usize,
        held: usize,
        queue: Vec<(JobId, u64)>,
    }

    impl Twin {
        fn enter(&mut self, now: u64, job: JobId) -> Entered {
            if self.held < self.slots {
                self.held += 1;
                Entered::Granted
            } else if self.queue.len() < self.limit {
                self.queue.push((job, now));
                Entered::Queued
            } else {
                Entered::Rejected
            }
        }

        fn leave(&mut self, now: u64) -> Option<Admitted> {
            if self.queue.is_empty() {
                self.held -= 1;
                return None;
            }
            let (job, arrived) = self.queue.remove(0);
            admitted(job, now - arrived)
        }

        fn abandon(&mut self, job: JobId) -> bool {
            let place = self.queue.iter().position(|waiting| waiting.0 == job);
            place.map(|place| self.queue.remove(place)).is_some()
        }
    }

    proptest! {
        #[test]
        fn the_twin_admits_the_same_jobs(
            slots in 1..4u32,
            limit in prop::option::of(0..40u32),
            patient_until in 0..60usize,
            steps in prop::collection::vec((0..5u64, 0..8u32, 0..64u32), 0..300),
        ) {
            let mut pool = Pool::new(Some(slots), limit);
            let limit = limit.map_or(usize::MAX, |limit| limit as usize);
            let mut twin = Twin { slots: slots as usize, limit, held: 0, queue: Vec::new() };
            let (mut now, mut jobs) = (0, 0);
            for (step, &(gap, action, back)) in steps.iter().enumerate() {
                now += gap;
                match action {
                    0..4 => {
                        prop_assert_eq!(pool.enter(at(now), jobs), twin.enter(now, jobs));
                        jobs += 1;
                    }
                    4..6 if twin.held > 0 => {
                        prop_assert_eq!(pool.leave(at(now)), twin.leave(now));
                    }
                    6.. if step >= patient_until => {
                        let job = jobs.saturating_sub(back);
                        prop_assert_eq!(pool.abandon(at(now), job), twin.abandon(job));
                    }
                    _ => pool.begin_window(at(now)),
                }
                prop_assert_eq!(pool.queue_length(), twin.queue.len() as u64);
                prop_assert_eq!(pool.in_use(), twin.held as u64);
                prop_assert!(pool.vacated * 2 <= pool.queue.len());
                prop_assert_eq!(pool.audit(at(now)), Ok(()));
            }
        }
    }
}
