//! Processor sharing over c vCPUs, in virtual time.
//!
//! Virtual time V is the service that each job in service has had since the
//! start: it advances at the speed of one job, so a job that begins at V with
//! demand d is done when V reaches its tag V + d, however many come and go
//! in between, and the jobs are done in the order of their tags.
//!
//! **Rounding.** V and tags count units of 2^−30 ns, speeds are whole numbers
//! of such units per nanosecond, rounded down. So V is exact at every
//! nanosecond. A job is done at the first nanosecond at which V has reached
//! its tag: never early, and a job whose speed is 1 exactly on time.

mod speed;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use crate::kernel::time::{Duration, Instant};
use crate::station::JobId;
use crate::station::statistics::Statistics;
use speed::{FRACTION_BITS, FULL_SPEED, Speeds};

/// 92 bits: 62 of nanoseconds, as many as an [`Instant`] has, and the fraction.
/// No speed is above 1, so V ends no later than time does.
const TAG_BITS: u32 = 62 + FRACTION_BITS;
const TAG_MAX: u128 = (1 << TAG_BITS) - 1;
/// As many as the event queue has: each job is an event at least.
const SEQUENCE_BITS: u32 = u128::BITS - TAG_BITS;
const SEQUENCE_MAX: u64 = (1 << SEQUENCE_BITS) - 1;

/// When the next job is done, after a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// When it was before the change.
    Unchanged,
    /// Never: there is no job.
    Idle,
    /// Then, whatever was said before.
    At(Instant),
}

/// A job that is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finished {
    /// Which job.
    pub job: JobId,
    /// Time since it arrived.
    pub sojourn: Duration,
    /// What it asked for.
    pub demand: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Arrival {
    job: JobId,
    arrived: Instant,
    demand: Duration,
}

/// A job in service.
#[derive(Clone, Copy, Debug)]
struct Served {
    /// `| tag 92 | sequence number 36 |`: who is done first is least.
    key: u128,
    /// Where its arrival is kept, so that little moves in the heap.
    place: u32,
}

impl Served {
    #[inline]
    fn tag(&self) -> u128 {
        self.key >> SEQUENCE_BITS
    }

    /// V when its service began.
    #[inline]
    fn began(&self, arrival: &Arrival) -> u128 {
        self.tag() - fixed_point(arrival.demand)
    }
}

/// The other way round, as the heap of the standard library has the greatest
/// on top. Keys are unique.
impl Ord for Served {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

impl PartialOrd for Served {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Served {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Served {}

/// c vCPUs that all jobs in service share equally.
///
/// Waiting is the sojourn less the demand, known when a job is done; jobs
/// beyond the vCPUs count as waiting ones.
#[derive(Debug)]
pub struct Sharing {
    speeds: Speeds,
    /// Most jobs in service.
    limit: usize,
    serving: BinaryHeap<Served>,
    /// Jobs in service by place, and the places that are free.
    arrivals: Vec<Arrival>,
    free: Vec<u32>,
    /// Jobs beyond `limit`, first come, first served.
    waiting: VecDeque<Arrival>,
    /// V at `changed`.
    virtual_time: u128,
    changed: Instant,
    /// Speed of V.
    speed: u64,
    /// Share of its speed at which the machine works; 0 = frozen.
    factor: f64,
    next_sequence: u64,
    /// What was answered last.
    next_at: Option<Instant>,
    statistics: Statistics,
    /// ∫ jobs in service dV.
    given: u128,
    /// Σ (V when done − V when begun) of the jobs done.
    received: u128,
    /// Jobs that left with less than they asked for.
    early: u64,
    /// Σ sojourns of the jobs done [ns].
    sojourns: u128,
    /// Σ sojourns before the window began [ns].
    sojourns_before: u128,
}

impl Sharing {
    /// An idle station. `contention` and `coherency` are those of the
    /// Universal Scalability Law, 0 for vCPUs that do not hinder each other;
    /// at most `limit` jobs are in service, the others wait in order.
    ///
    /// # Panics
    /// If there is no vCPU, a limit of zero, or a coefficient is negative.
    pub fn new(vcpus: u32, contention: f64, coherency: f64, limit: Option<u32>) -> Self {
        assert!(limit != Some(0), "a station serves some job");
        Self {
            speeds: Speeds::new(vcpus, contention, coherency),
            limit: limit.map_or(usize::MAX, |limit| limit as usize),
            serving: BinaryHeap::new(),
            arrivals: Vec::new(),
            free: Vec::new(),
            waiting: VecDeque::new(),
            virtual_time: 0,
            changed: Instant::ZERO,
            speed: FULL_SPEED,
            factor: 1.0,
            next_sequence: 0,
            next_at: None,
            statistics: Statistics::new(Some(vcpus)),
            given: 0,
            received: 0,
            early: 0,
            sojourns: 0,
            sojourns_before: 0,
        }
    }

    /// A job comes with `demand` of service at full speed. Answers the next
    /// completion if it changed by that.
    #[inline]
    pub fn arrive(&mut self, now: Instant, job: JobId, demand: Duration) -> Next {
        debug_assert!(self.statistics.is_up(), "job {job} comes to a processor that is down");
        self.statistics.arrivals += 1;
        let arrival = Arrival { job, arrived: now, demand };
        let in_service = self.serving.len();
        if in_service < self.speeds.vcpus().min(self.limit) {
            self.statistics.busy.add(now, 1);
        } else {
            self.statistics.queue.add(now, 1);
        }
        if in_service >= self.limit {
            self.waiting.push_back(arrival);
            return Next::Unchanged;
        }
        self.advance(now);
        self.begin(arrival);
        self.speed = self.speed_of(in_service + 1);
        let before = self.next_at;
        self.next_at = self.due();
        match self.next_at {
            Some(at) if self.next_at != before => Next::At(at),
            _ => Next::Unchanged,
        }
    }

    /// The next job is done, at the instant answered last. Of several that
    /// are done at one instant, the first by (tag, arrival) leaves, and the
    /// next completion is at that instant again.
    ///
    /// # Panics
    /// If there is no job.
    #[inline]
    pub fn complete(&mut self, now: Instant) -> (Finished, Next) {
        self.advance(now);
        let served = self.serving.pop().expect("a job completes now");
        if let Some(next) = self.waiting.pop_front() {
            self.begin(next);
        }
        let finished = self.end(now, &served);
        self.speed = self.speed_of(self.serving.len());
        self.next_at = self.due();
        (finished, self.next_at.map_or(Next::Idle, Next::At))
    }

    /// Takes a job out that is not done, wherever it is. Answers the next
    /// completion if it changed by that. O(jobs).
    pub fn remove(&mut self, now: Instant, job: JobId) -> Next {
        self.advance(now);
        if let Some(place) = self.waiting.iter().position(|arrival| arrival.job == job) {
            if let Some(arrival) = self.waiting.remove(place) {
                self.leave_unserved(now, arrival.arrived);
            }
            return Next::Unchanged;
        }
        let mut serving = std::mem::take(&mut self.serving).into_vec();
        let own = serving.iter().position(|served| self.arrival(served).job == job);
        let removed = own.map(|place| serving.swap_remove(place));
        self.serving = serving.into();
        let Some(removed) = removed else {
            return Next::Unchanged;
        };
        let arrival = *self.arrival(&removed);
        self.free.push(removed.place);
        self.received += self.virtual_time - removed.began(&arrival);
        self.leave_unserved(now, arrival.arrived);
        if let Some(next) = self.waiting.pop_front() {
            self.begin(next);
        }
        self.respeed()
    }

    fn leave_unserved(&mut self, now: Instant, arrived: Instant) {
        self.sojourns += u128::from((now - arrived).as_nanos());
        self.statistics.abandonments += 1;
        let level = match self.statistics.queue.level() {
            0 => &mut self.statistics.busy,
            _ => &mut self.statistics.queue,
        };
        level.add(now, -1);
    }

    /// From now on the machine works at this share of its speed; 0 freezes it.
    /// Answers the next completion if it changed by that.
    pub fn set_factor(&mut self, now: Instant, factor: f64) -> Next {
        self.advance(now);
        self.factor = factor;
        self.respeed()
    }

    fn respeed(&mut self) -> Next {
        self.speed = self.speed_of(self.serving.len());
        let before = self.next_at;
        self.next_at = self.due();
        match self.next_at {
            same if same == before => Next::Unchanged,
            None => Next::Idle,
            Some(at) => Next::At(at),
        }
    }

    /// Speed of V with so many jobs in service, rounded down.
    #[inline]
    fn speed_of(&self, jobs: usize) -> u64 {
        let full = self.speeds.of(jobs);
        if self.factor == 1.0 { full } else { (full as f64 * self.factor) as u64 }
    }

    /// It goes down, or comes up.
    pub fn set_up(&mut self, now: Instant, up: bool) {
        self.statistics.set_up(now, up);
    }

    /// What the station counted.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Starts the window of the statistics anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.sojourns_before = self.sojourns(now);
        self.statistics.begin_window(now);
    }

    /// Work law: service given is service received, to the unit, and every
    /// job got what it asked for, in time. Little's law as an identity: the
    /// integral of the jobs present is the sum of their sojourns.
    ///
    /// # Errors
    /// Which law is broken, with its figures.
    pub fn audit(&self, now: Instant) -> Result<(), String> {
        self.audit_work(now)?;
        let present = self.statistics.busy.integral(now) + self.statistics.queue.integral(now);
        let sojourns = self.sojourns(now).wrapping_sub(self.sojourns_before);
        if present != sojourns {
            return Err(format!("{present} job-ns present, but the sojourns are {sojourns} ns"));
        }
        let here = (self.serving.len() + self.waiting.len()) as u64;
        if here != self.statistics.present() {
            return Err(format!("{here} jobs are here, {} are counted", self.statistics.present()));
        }
        self.statistics.audit(now)
    }

    fn audit_work(&self, now: Instant) -> Result<(), String> {
        let advanced = self.advanced(now);
        let virtual_time = self.virtual_time + advanced;
        let given = self.given + self.serving.len() as u128 * advanced;
        let present = self.serving.iter().map(|job| virtual_time - job.began(self.arrival(job)));
        let received = self.received + present.sum::<u128>();
        if given != received {
            return Err(format!("gave {given}, but jobs received {received} (2^-30 ns)"));
        }
        if self.early > 0 {
            return Err(format!("{} jobs left before they were done", self.early));
        }
        // V has passed a tag for less than one nanosecond when its job is due.
        let first = self.serving.peek().map_or(u128::MAX, Served::tag);
        if virtual_time >= first.saturating_add(u128::from(FULL_SPEED)) {
            return Err(format!("a job due at {first} is here at {virtual_time} (2^-30 ns)"));
        }
        Ok(())
    }

    /// What V advances from `changed` to `now`.
    #[inline]
    fn advanced(&self, now: Instant) -> u128 {
        let passed = now - self.changed;
        u128::from(self.speed) * u128::from(passed.as_nanos())
    }

    #[inline]
    fn advance(&mut self, now: Instant) {
        let advanced = self.advanced(now);
        self.virtual_time += advanced;
        self.given += self.serving.len() as u128 * advanced;
        self.changed = now;
    }

    #[inline]
    fn begin(&mut self, arrival: Arrival) {
        // A longer demand would not be done before the end of time either.
        let longest = ((TAG_MAX - self.virtual_time) >> FRACTION_BITS) as u64;
        let demand = arrival.demand.min(Duration::from_nanos(longest));
        let tag = self.virtual_time + fixed_point(demand);
        let sequence = self.next_sequence & SEQUENCE_MAX;
        self.next_sequence += 1;
        let key = tag << SEQUENCE_BITS | u128::from(sequence);
        let place = self.keep(Arrival { demand, ..arrival });
        self.serving.push(Served { key, place });
    }

    #[inline]
    fn keep(&mut self, arrival: Arrival) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.arrivals[place as usize] = arrival;
                place
            }
            None => {
                self.arrivals.push(arrival);
                self.arrivals.len() as u32 - 1
            }
        }
    }

    #[inline]
    fn arrival(&self, served: &Served) -> &Arrival {
        &self.arrivals[served.place as usize]
    }

    /// Counts a job out that left service.
    #[inline]
    fn end(&mut self, now: Instant, served: &Served) -> Finished {
        let arrival = *self.arrival(served);
        self.free.push(served.place);
        self.received += self.virtual_time - served.began(&arrival);
        self.early += u64::from(self.virtual_time < served.tag() && now < Instant::MAX);
        let Arrival { job, arrived, demand } = arrival;
        let sojourn = now - arrived;
        self.sojourns += u128::from(sojourn.as_nanos());
        self.statistics.completions += 1;
        self.statistics.record_wait(sojourn.saturating_sub(demand));
        if self.statistics.queue.level() > 0 {
            self.statistics.queue.add(now, -1);
        } else {
            self.statistics.busy.add(now, -1);
        }
        Finished { job, sojourn, demand }
    }

    /// The first nanosecond at which V has reached the least tag.
    #[inline]
    fn due(&self) -> Option<Instant> {
        let missing = self.serving.peek()?.tag().saturating_sub(self.virtual_time);
        if self.speed == 0 {
            return None;
        }
        Some(self.changed + Duration::from_nanos(divide_up(missing, self.speed)))
    }

    /// Σ sojourns up to `now` [ns].
    fn sojourns(&self, now: Instant) -> u128 {
        let serving = self.serving.iter().map(|served| self.arrival(served));
        let present =
            serving.chain(&self.waiting).map(|job| u128::from((now - job.arrived).as_nanos()));
        self.sojourns + present.sum::<u128>()
    }
}

#[inline]
fn fixed_point(demand: Duration) -> u128 {
    u128::from(demand.as_nanos()) << FRACTION_BITS
}

/// Nanoseconds in which `missing` is done at `speed`, rounded up. Most often
/// a shift, or a division of 64 bits: that of 128 costs ten times as much.
#[inline]
fn divide_up(missing: u128, speed: u64) -> u64 {
    if speed == FULL_SPEED {
        return (missing.div_ceil(1 << FRACTION_BITS)) as u64;
    }
    match u64::try_from(missing) {
        Ok(missing) => missing.div_ceil(speed),
        Err(_) => u64::try_from(missing.div_ceil(u128::from(speed))).unwrap_or(u64::MAX),
    }
}
