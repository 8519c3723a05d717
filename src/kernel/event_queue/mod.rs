//! The future: every event that is going to happen, in one total order.
//!
//! Three structures share one sequence of numbers: a heap for whatever comes,
//! lanes for constant delays (their deadlines arrive in order, so a ring is
//! enough), and cancellable timers. Nothing outside this module knows which
//! of them holds an event.
//!
//! The order is (time, phase, sequence number). The phase says what comes
//! first of the things that fall on one instant, see [`Phase`]; within a
//! phase, what was scheduled first happens first. A whole event is one
//! `u128`, so that one comparison decides:
//!
//! ```text
//! | time [ns] 62 | phase 2 | sequence number 36 | payload 28 |
//! ```

mod heap;
mod lanes;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::hash::BuildHasherDefault;
use std::num::NonZeroU64;

use priority_queue::PriorityQueue;
use rustc_hash::FxHasher;

use super::time::Instant;
use heap::Heap;
pub use lanes::LaneId;
use lanes::Lanes;

const PAYLOAD_BITS: u32 = 28;
const SEQUENCE_BITS: u32 = 36;
const PHASE_BITS: u32 = 2;
const TIME_BITS: u32 = 62;
const SEQUENCE_END: u64 = 1 << SEQUENCE_BITS;
/// Sequence numbers kept back, so that a run that is told to stop can still
/// schedule what the event at hand asks for.
const SEQUENCE_RESERVE: u64 = 1 << 20;
/// Larger than the key of any event: sequence numbers end before all ones.
const NEVER: u128 = u128::MAX;

const _: () = assert!(TIME_BITS + PHASE_BITS + SEQUENCE_BITS + PAYLOAD_BITS == u128::BITS);
const _: () = assert!(Instant::MAX.as_nanos() == (1 << TIME_BITS) - 1);

/// First payload that does not fit.
pub const PAYLOAD_END: u32 = 1 << PAYLOAD_BITS;

/// What comes first of the events that fall on one instant.
///
/// | phase | falls here | so that on one instant |
/// |---|---|---|
/// | 0 `Completion` | work done, slots released, messages delivered | a server that becomes free is free for what comes next |
/// | 1 `Fault` | failures and repairs | work completed at the instant of a failure is completed |
/// | 2 `Timer` | timeouts, deadlines, periodic checks | an answer at the instant of its deadline is in time; a check sees the failure |
/// | 3 `Arrival` | new requests | an arrival finds the state after all else |
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Work done, slots released, messages delivered.
    Completion = 0,
    /// Failures and repairs.
    Fault = 1,
    /// Timeouts, deadlines, periodic checks.
    Timer = 2,
    /// New requests.
    Arrival = 3,
}

impl Phase {
    #[inline]
    fn from_bits(bits: u64) -> Self {
        match bits & 3 {
            0 => Self::Completion,
            1 => Self::Fault,
            2 => Self::Timer,
            _ => Self::Arrival,
        }
    }
}

/// The sequence number of a scheduled event. Who may come to ignore an event
/// remembers its ticket and compares it with the one of the event popped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(u64);

/// A scheduled event that can be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Timer(NonZeroU64);

impl Timer {
    /// Numbers begin with one, so that an absent timer takes no room.
    #[inline]
    fn new(sequence: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(sequence))
    }
}

/// Something that happens now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// Its place among the events of that instant.
    pub phase: Phase,
    /// The number it was scheduled under.
    pub ticket: Ticket,
    /// What the scheduler attached, below [`PAYLOAD_END`].
    pub payload: u32,
}

impl Event {
    #[inline]
    fn from_key(key: u128) -> Self {
        let upper = (key >> 64) as u64;
        let lower = key as u64;
        Self {
            at: Instant::from_nanos(upper >> PHASE_BITS),
            phase: Phase::from_bits(upper),
            ticket: Ticket(lower >> PAYLOAD_BITS),
            payload: lower as u32 & (PAYLOAD_END - 1),
        }
    }
}

/// The future event list.
///
/// ```
/// use highwater::kernel::event_queue::{EventQueue, Phase};
/// use highwater::kernel::time::Instant;
///
/// let mut future = EventQueue::new();
/// let noon = Instant::from_nanos(12);
/// future.schedule(noon, Phase::Arrival, 1);
/// future.schedule(noon, Phase::Completion, 2);
/// assert_eq!(future.pop().unwrap().payload, 2);
/// assert_eq!(future.pop().unwrap().payload, 1);
/// assert!(future.pop().is_none());
/// ```
#[derive(Debug)]
pub struct EventQueue {
    heap: Heap,
    lanes: Lanes,
    // Among equal priorities the crate's order is arbitrary, so the priority
    // is the full key, which is unique.
    timers: PriorityQueue<Timer, Reverse<u128>, BuildHasherDefault<FxHasher>>,
    /// Key of the earliest timer, `NEVER` without one.
    timer_front: u128,
    next_sequence: u64,
    /// The instant of the last event popped.
    now: Instant,
}

impl Default for EventQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl EventQueue {
    /// An empty future.
    pub fn new() -> Self {
        Self {
            heap: Heap::new(),
            lanes: Lanes::new(),
            timers: PriorityQueue::with_hasher(BuildHasherDefault::default()),
            timer_front: NEVER,
            next_sequence: 0,
            now: Instant::ZERO,
        }
    }

    /// Number of events to come.
    pub fn len(&self) -> usize {
        self.heap.len() + self.lanes.len() + self.timers.len()
    }

    /// Whether nothing is to come.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the sequence numbers are about to run out (2^36, some 69
    /// thousand million events): the run has to stop. A reserve of a million
    /// is left to stop in good order.
    #[inline]
    pub fn exhausted(&self) -> bool {
        self.next_sequence >= SEQUENCE_END - SEQUENCE_RESERVE
    }

    /// When the next event happens.
    pub fn next_at(&self) -> Option<Instant> {
        let key = self.heap.peek().min(self.lanes.front()).min(self.timer_front);
        (key != NEVER).then(|| Event::from_key(key).at)
    }

    /// Has an event happen `at`, not before the last one popped.
    ///
    /// # Panics
    /// If `payload` is not below [`PAYLOAD_END`], if `at` is after
    /// [`Instant::MAX`], or if the sequence numbers have run out.
    #[inline(always)]
    pub fn schedule(&mut self, at: Instant, phase: Phase, payload: u32) -> Ticket {
        let (key, sequence) = self.new_key(at, phase, payload);
        self.heap.push(key);
        Ticket(sequence)
    }

    /// A new lane, for events that all are scheduled the same delay ahead.
    /// Beyond the few lanes that are worth scanning, further ones are served
    /// by the heap.
    pub fn lane(&mut self) -> LaneId {
        self.lanes.create()
    }

    /// As [`EventQueue::schedule`], in constant time as long as the lane's
    /// deadlines do not decrease; correct also when they do.
    #[inline(always)]
    pub fn schedule_in_lane(
        &mut self,
        lane: LaneId,
        at: Instant,
        phase: Phase,
        payload: u32,
    ) -> Ticket {
        let (key, sequence) = self.new_key(at, phase, payload);
        if !self.lanes.push(lane, key) {
            self.heap.push(key);
        }
        Ticket(sequence)
    }

    /// As [`EventQueue::schedule`], for an event that will usually be taken back.
    #[inline]
    pub fn schedule_cancellable(&mut self, at: Instant, phase: Phase, payload: u32) -> Timer {
        let (key, sequence) = self.new_key(at, phase, payload);
        let timer = Timer::new(sequence);
        self.timers.push(timer, Reverse(key));
        self.timer_front = self.timer_front.min(key);
        timer
    }

    /// Takes a timer back. False when it has happened or was taken back before.
    #[inline]
    pub fn cancel(&mut self, timer: Timer) -> bool {
        match self.timers.remove(&timer) {
            Some((_, Reverse(key))) => {
                if key == self.timer_front {
                    self.find_timer_front();
                }
                true
            }
            None => false,
        }
    }

    /// The next event, which leaves the future.
    #[inline]
    pub fn pop(&mut self) -> Option<Event> {
        let top = self.heap.top();
        let beside = self.lanes.front().min(self.timer_front);
        let key = if top < beside {
            self.heap.take_top();
            top
        } else if beside == NEVER {
            return None;
        } else {
            self.pop_beside(beside);
            beside
        };
        let event = Event::from_key(key);
        debug_assert!(self.now <= event.at, "time ran backwards at {event:?}");
        self.now = event.at;
        Some(event)
    }

    /// Removes `key`, which is at the front of the lanes or of the timers.
    #[inline]
    fn pop_beside(&mut self, key: u128) {
        if key == self.lanes.front() {
            self.lanes.pop();
        } else {
            self.timers.pop();
            self.find_timer_front();
        }
    }

    fn find_timer_front(&mut self) {
        self.timer_front = self.timers.peek().map_or(NEVER, |(_, key)| key.0);
    }

    #[inline]
    fn new_key(&mut self, at: Instant, phase: Phase, payload: u32) -> (u128, u64) {
        assert!(payload < PAYLOAD_END, "payload out of range");
        assert!(at <= Instant::MAX, "instant out of range");
        assert!(self.next_sequence < SEQUENCE_END - 1, "sequence numbers ran out");
        debug_assert!(self.now <= at, "scheduled for the past: {at:?} at {:?}", self.now);
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let upper = at.as_nanos() << PHASE_BITS | phase as u64;
        let lower = sequence << PAYLOAD_BITS | u64::from(payload);
        (u128::from(upper) << 64 | u128::from(lower), sequence)
    }
}
