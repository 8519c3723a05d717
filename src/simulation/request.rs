//! Requests, the jobs that carry them, and the slabs in which both live.

use crate::kernel::event_queue::Timer;
use crate::kernel::random::Key;
use crate::kernel::time::{Duration, Instant};
use crate::route::step::{Pc, SLOTS};

/// Index of a request.
pub type RequestId = u32;
/// Index of a job.
pub type JobId = u32;
/// Marks the attempt of jobs that belong to its second racer, and of the
/// request once that one has answered. Attempts of clients that hedge stay
/// below it; those of others never meet a job of a later one.
pub const HEDGED: u8 = 1 << 7;
/// No request (the job is the system's own) or no parent.
pub const NOBODY: u32 = u32::MAX;

/// Why a request or an attempt failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Cause {
    /// A full queue turned it away (503).
    Rejected,
    /// Its patience in a queue ran out (503).
    QueueDeadline,
    /// The client gave up.
    TimedOut,
    /// Nobody was there to take it.
    Refused,
    /// Whoever worked on it died.
    Lost,
    /// Silence, until its caller gave up.
    Unreachable,
    /// There was no primary to write to.
    NoPrimary,
    /// Too few holders of a key were there to answer for it.
    NoQuorum,
    /// A circuit breaker was open.
    Breaker,
    /// The name could not be looked up.
    Dns,
    /// A cache that must answer was dead.
    CacheDown,
}

impl Cause {
    /// All causes, in the order of their numbers.
    pub const ALL: [Cause; 11] = [
        Cause::Rejected,
        Cause::QueueDeadline,
        Cause::TimedOut,
        Cause::Refused,
        Cause::Lost,
        Cause::Unreachable,
        Cause::NoPrimary,
        Cause::NoQuorum,
        Cause::Breaker,
        Cause::Dns,
        Cause::CacheDown,
    ];

    /// Its name in results.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Rejected => "rejected",
            Cause::QueueDeadline => "queue_deadline",
            Cause::TimedOut => "timed_out",
            Cause::Refused => "refused",
            Cause::Lost => "lost",
            Cause::Unreachable => "unreachable",
            Cause::NoPrimary => "no_primary",
            Cause::NoQuorum => "no_quorum",
            Cause::Breaker => "breaker",
            Cause::Dns => "dns",
            Cause::CacheDown => "cache_down",
        }
    }
}

/// What a user wants: one click, with all its attempts.
#[derive(Clone, Debug)]
pub struct Request {
    /// Owner of all its draws.
    pub key: Key,
    /// The click.
    pub arrival: Instant,
    /// Start of the present attempt.
    pub attempt_since: Instant,
    /// Pauses between attempts, so far.
    pub paused: Duration,
    /// Runs out when the client gives up.
    pub timeout: Option<Timer>,
    /// Who asks.
    pub user: u64,
    /// Recorded bytes of the answer plus one; 0 = drawn.
    pub bytes_plus_one: u32,
    /// What is asked.
    pub endpoint: u16,
    /// Jobs that still refer to this request.
    pub jobs: u16,
    /// Kind of client.
    pub client: u8,
    /// Present attempt, from 0.
    pub attempt: u8,
    /// Arrived within the window.
    pub measured: bool,
    /// How it ended, or not yet.
    pub outcome: Outcome,
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Not yet.
    Open,
    /// With an answer; its page may still be loading.
    Answered,
    /// For good, without one.
    Failed,
}

impl Request {
    /// Answered or failed for good.
    #[inline]
    pub fn is_settled(&self) -> bool {
        self.outcome != Outcome::Open
    }
}

/// One thread of control: a request's attempt, a branch of it, or a log entry
/// on its way to a replica.
#[derive(Clone, Debug)]
pub struct Job {
    /// Owner of its service times.
    pub key: Key,
    /// Start of what it is doing now.
    pub since: Instant,
    /// When it read its database.
    pub read_at: Instant,
    /// Which of its keys the cache did not have, bit by bit.
    pub missing: u64,
    /// Runs out with its patience.
    pub patience: Option<Timer>,
    /// For whom.
    pub request: RequestId,
    /// The verb that it is at.
    pub pc: Pc,
    /// The job that waits for it.
    pub parent: JobId,
    /// What was chosen.
    pub slots: [u32; SLOTS],
    /// Branches that it waits for.
    pub pending: u16,
    /// Attempt to which it belongs.
    pub attempt: u8,
    /// A branch has failed.
    pub failed: Option<Cause>,
}

impl Job {
    /// A job at `pc` that has done nothing yet.
    pub fn new(key: Key, request: RequestId, pc: Pc, now: Instant) -> Self {
        Self {
            key,
            since: now,
            read_at: Instant::ZERO,
            missing: u64::MAX,
            patience: None,
            request,
            pc,
            parent: NOBODY,
            slots: [0; SLOTS],
            pending: 0,
            attempt: 0,
            failed: None,
        }
    }
}

// What a request in flight takes, its attribution and its event aside.
const _: () = assert!(size_of::<Request>() <= 64 && size_of::<Job>() <= 80);

/// Reusable places; the index stays valid until the place is freed.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    places: Vec<T>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    /// An empty slab.
    pub fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Puts `value` into a free place.
    #[inline]
    pub fn insert(&mut self, value: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.places[place as usize] = value;
            return place;
        }
        let place = self.places.len() as u32;
        self.places.push(value);
        place
    }

    /// Frees a place.
    #[inline]
    pub fn remove(&mut self, place: u32) {
        self.free.push(place);
    }

    /// Places in use.
    pub fn in_use(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Indices of the places in use, in order.
    pub fn indices_in_use(&self) -> Vec<u32> {
        let mut used = vec![true; self.places.len()];
        self.free.iter().for_each(|&place| used[place as usize] = false);
        (0..self.places.len() as u32).filter(|&place| used[place as usize]).collect()
    }

    /// All places, the free ones with what they held last.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter()
    }

    /// Places that exist.
    pub fn places(&self) -> usize {
        self.places.len()
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, place: u32) -> &T {
        &self.places[place as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        &mut self.places[place as usize]
    }
}
