//! A message queue: what waits, what is in flight, what is dead.
//!
//! A message is visible, or in flight at a consumer, or settled: acknowledged,
//! or a dead letter. Delivery is at least once: what was not acknowledged
//! within the visibility timeout is visible again, and whoever still works on
//! it holds a receipt that is void as soon as it is delivered again.

use crate::kernel::random::Key;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::time_weighted::TimeWeighted;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Place of a message while it is not settled; reused afterwards.
pub type MessageId = u32;

/// Which messages may be in flight at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Any.
    None,
    /// One per key, the oldest first.
    ByKey,
}

/// What rules a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Most messages that wait; `None` = no limit.
    pub capacity: Option<u64>,
    /// Not acknowledged after so long, a message is visible again.
    pub visibility_timeout: Duration,
    /// Deliveries before a message is a dead letter.
    pub attempts: u32,
    /// Which messages may be in flight at the same time.
    pub order: Order,
}

/// What a producer hands over.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Owner of the draws of its work.
    pub owner: Key,
    /// What is to be done: number of a piece of work.
    pub task: u16,
    /// Messages of one key keep their order, where the queue does.
    pub key: u64,
    /// Its times are of interest.
    pub measured: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Visible,
    InFlight,
    /// Acknowledged while it was visible: its place in line is still taken.
    Settled,
    /// The place is free.
    Free,
}

#[derive(Clone, Copy, Debug)]
struct Message {
    published: Published,
    at: Instant,
    /// Number of the message among all of the queue.
    serial: u64,
    deliveries: u32,
    /// Of its last delivery.
    receipt: u32,
    state: State,
    /// No other message of its key may be in flight before it is settled.
    holds_key: bool,
}

/// A message on its way to a consumer.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// Which message.
    pub message: MessageId,
    /// By which it is acknowledged.
    pub receipt: u32,
    /// What was published.
    pub published: Published,
    /// When.
    pub at: Instant,
    /// Never delivered before.
    pub is_first: bool,
}

/// Counts since the beginning of the run, or of the window.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Handed over by producers.
    pub published: u64,
    /// Of them dropped, as the queue was full.
    pub dropped: u64,
    /// Deliveries to consumers.
    pub deliveries: u64,
    /// Of them those of a message that was delivered before.
    pub redeliveries: u64,
    /// Done and acknowledged in time.
    pub acknowledged: u64,
    /// Done in vain, or once more: the receipt was void.
    pub duplicates: u64,
    /// Given up after too many deliveries.
    pub dead_letters: u64,
}

impl Counts {
    fn since(&self, before: &Self) -> Self {
        Self {
            published: self.published - before.published,
            dropped: self.dropped - before.dropped,
            deliveries: self.deliveries - before.deliveries,
            redeliveries: self.redeliveries - before.redeliveries,
            acknowledged: self.acknowledged - before.acknowledged,
            duplicates: self.duplicates - before.duplicates,
            dead_letters: self.dead_letters - before.dead_letters,
        }
    }
}

/// A stretch of time during which messages waited.
#[derive(Clone, Copy, Default, Debug)]
struct Backlog {
    /// Most at once.
    peak: u64,
    /// When that was last so.
    peak_at: Instant,
    /// From then until none waited; `None` = some still do.
    drained_in: Option<Duration>,
}

/// A message queue.
#[derive(Clone, Debug)]
pub struct Queue {
    settings: Settings,
    messages: Vec<Message>,
    free: Vec<MessageId>,
    /// Visible messages, the next one first; settled ones among them are
    /// passed over.
    ready: VecDeque<MessageId>,
    /// By key that a message holds: those that wait behind it. Never iterated.
    behind: FxHashMap<u64, VecDeque<MessageId>>,
    /// When deliveries run out, in order; those acknowledged since among them.
    deadlines: VecDeque<(Instant, MessageId, u32)>,
    /// Not yet settled, in order of publication; settled ones among them.
    ages: VecDeque<(Instant, MessageId, u64)>,
    /// Those that run out at one instant: empty in between.
    expired: Vec<MessageId>,
    receipts: u32,
    serials: u64,
    /// Messages that are visible.
    pub waiting: TimeWeighted,
    /// Messages that consumers have.
    pub in_flight: TimeWeighted,
    counts: Counts,
    counts_before: Counts,
    oldest_max: Duration,
    backlog: Backlog,
    backlog_max: Backlog,
}

impl Queue {
    /// An empty queue.
    ///
    /// # Panics
    /// If no message may be delivered or wait, or none is ever visible again.
    pub fn new(settings: Settings) -> Self {
        assert!(settings.attempts > 0 && settings.capacity != Some(0), "a queue delivers");
        assert!(!settings.visibility_timeout.is_zero(), "a delivery lasts");
        Self {
            settings,
            messages: Vec::new(),
            free: Vec::new(),
            ready: VecDeque::new(),
            behind: FxHashMap::default(),
            deadlines: VecDeque::new(),
            ages: VecDeque::new(),
            expired: Vec::new(),
            receipts: 0,
            serials: 0,
            waiting: TimeWeighted::new(),
            in_flight: TimeWeighted::new(),
            counts: Counts::default(),
            counts_before: Counts::default(),
            oldest_max: Duration::ZERO,
            backlog: Backlog::default(),
            backlog_max: Backlog::default(),
        }
    }

    /// No more messages may wait.
    pub fn is_full(&self) -> bool {
        self.settings.capacity.is_some_and(|capacity| self.waiting.level() >= capacity)
    }

    /// A producer hands a message over while the queue is full: it is gone.
    pub fn drop_message(&mut self) {
        self.counts.published += 1;
        self.counts.dropped += 1;
    }

    /// A producer hands a message over: it is visible from now on.
    pub fn publish(&mut self, now: Instant, published: Published) {
        self.counts.published += 1;
        self.serials += 1;
        let message = Message {
            published,
            at: now,
            serial: self.serials,
            deliveries: 0,
            receipt: 0,
            state: State::Visible,
            holds_key: false,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.messages[id as usize] = message;
                id
            }
            None => {
                self.messages.push(message);
                (self.messages.len() - 1) as MessageId
            }
        };
        self.ready.push_back(id);
        self.ages.push_back((now, id, self.serials));
        self.one_more_waits(now);
    }

    /// The next message goes to a consumer, if one may.
    pub fn take(&mut self, now: Instant) -> Option<Delivery> {
        let id = self.next_ready()?;
        self.one_less_waits(now);
        self.in_flight.add(now, 1);
        self.receipts = self.receipts.wrapping_add(1);
        let message = &mut self.messages[id as usize];
        message.state = State::InFlight;
        message.deliveries += 1;
        message.receipt = self.receipts;
        let is_first = message.deliveries == 1;
        self.counts.deliveries += 1;
        self.counts.redeliveries += u64::from(!is_first);
        let deadline = now + self.settings.visibility_timeout;
        self.deadlines.push_back((deadline, id, self.receipts));
        let (published, at) = (message.published, message.at);
        Some(Delivery { message: id, receipt: self.receipts, published, at, is_first })
    }

    /// The first in line whose key is free; those whose key is not stand aside.
    fn next_ready(&mut self) -> Option<MessageId> {
        loop {
            let id = self.ready.pop_front()?;
            let message = &mut self.messages[id as usize];
            if message.state == State::Settled {
                self.set_free(id);
                continue;
            }
            if self.settings.order == Order::None || message.holds_key {
                return Some(id);
            }
            if let Some(behind) = self.behind.get_mut(&message.published.key) {
                behind.push_back(id);
                continue;
            }
            message.holds_key = true;
            self.behind.insert(message.published.key, VecDeque::new());
            return Some(id);
        }
    }

    /// A consumer has done the work of a delivery. Answers when the message
    /// was published and whether it is measured; `None` where the receipt is
    /// void, so that the work was done in vain, or twice.
    pub fn acknowledge(
        &mut self,
        now: Instant,
        id: MessageId,
        receipt: u32,
    ) -> Option<(Instant, bool)> {
        let message = &mut self.messages[id as usize];
        let (at, measured) = (message.at, message.published.measured);
        match message.state {
            State::InFlight if message.receipt == receipt => {
                self.in_flight.add(now, -1);
                self.settle(now, id);
                self.set_free(id);
            }
            // It ran out of time, but nobody has it again.
            State::Visible if message.receipt == receipt && message.deliveries > 0 => {
                message.state = State::Settled;
                self.one_less_waits(now);
                self.settle(now, id);
            }
            _ => {
                self.counts.duplicates += 1;
                return None;
            }
        }
        self.counts.acknowledged += 1;
        Some((at, measured))
    }

    /// When the first delivery that is not acknowledged runs out.
    pub fn next_deadline(&mut self) -> Option<Instant> {
        while let Some(&(deadline, id, receipt)) = self.deadlines.front() {
            if self.is_under_way(id, receipt) {
                return Some(deadline);
            }
            self.deadlines.pop_front();
        }
        None
    }

    fn is_under_way(&self, id: MessageId, receipt: u32) -> bool {
        let message = &self.messages[id as usize];
        message.state == State::InFlight && message.receipt == receipt
    }

    /// Deliveries that have run out by now: their messages are visible again,
    /// before those that never were in flight, or dead. `buried` learns of each
    /// dead letter whether it was measured.
    pub fn expire(&mut self, now: Instant, mut buried: impl FnMut(bool)) {
        let mut expired = std::mem::take(&mut self.expired);
        while let Some(deadline) = self.next_deadline().filter(|&deadline| deadline <= now) {
            debug_assert!(deadline <= now);
            let Some((_, id, _)) = self.deadlines.pop_front() else { break };
            self.in_flight.add(now, -1);
            if self.messages[id as usize].deliveries < self.settings.attempts {
                self.messages[id as usize].state = State::Visible;
                expired.push(id);
                continue;
            }
            self.counts.dead_letters += 1;
            buried(self.messages[id as usize].published.measured);
            self.settle(now, id);
            self.set_free(id);
        }
        for id in expired.drain(..) {
            self.line_up(id);
            self.one_more_waits(now);
        }
        self.expired = expired;
    }

    /// A message has left for good: the next one of its key may go.
    fn settle(&mut self, now: Instant, id: MessageId) {
        self.note_oldest(now);
        let message = self.messages[id as usize];
        if !message.holds_key {
            return;
        }
        let key = message.published.key;
        let next = self.behind.get_mut(&key).and_then(VecDeque::pop_front);
        match next {
            None => {
                self.behind.remove(&key);
            }
            Some(next) => {
                self.messages[next as usize].holds_key = true;
                self.line_up(next);
            }
        }
    }

    /// A message is visible again, or its key is free: its place in line is by
    /// its age, near the front.
    fn line_up(&mut self, id: MessageId) {
        let serial = self.messages[id as usize].serial;
        let place = self.ready.partition_point(|&own| self.messages[own as usize].serial < serial);
        self.ready.insert(place, id);
    }

    fn set_free(&mut self, id: MessageId) {
        self.messages[id as usize].state = State::Free;
        self.free.push(id);
    }

    fn one_more_waits(&mut self, now: Instant) {
        if self.waiting.level() == 0 {
            self.backlog = Backlog::default();
        }
        self.waiting.add(now, 1);
        if self.waiting.level() >= self.backlog.peak {
            self.backlog.peak = self.waiting.level();
            self.backlog.peak_at = now;
        }
    }

    fn one_less_waits(&mut self, now: Instant) {
        self.waiting.add(now, -1);
        if self.waiting.level() == 0 {
            self.backlog.drained_in = Some(now - self.backlog.peak_at);
            self.note_backlog();
        }
    }

    fn note_backlog(&mut self) {
        if self.backlog.peak > self.backlog_max.peak {
            self.backlog_max = self.backlog;
        }
    }

    /// Age of the oldest message that is not settled.
    pub fn oldest(&mut self, now: Instant) -> Duration {
        while let Some(&(at, id, serial)) = self.ages.front() {
            let message = &self.messages[id as usize];
            let is_open = matches!(message.state, State::Visible | State::InFlight);
            if is_open && message.serial == serial {
                return now - at;
            }
            self.ages.pop_front();
        }
        Duration::ZERO
    }

    fn note_oldest(&mut self, now: Instant) {
        let oldest = self.oldest(now);
        self.oldest_max = self.oldest_max.max(oldest);
    }

    /// Greatest age of an unsettled message in the window.
    pub fn oldest_max(&mut self, now: Instant) -> Duration {
        self.note_oldest(now);
        self.oldest_max
    }

    /// From the peak of the largest backlog of the window until it was gone;
    /// `None` where there was none, or it is still there.
    pub fn drained_in(&self) -> Option<Duration> {
        let still_there = self.waiting.level() > 0 && self.backlog.peak > self.backlog_max.peak;
        if still_there { None } else { self.backlog_max.drained_in }
    }

    /// Counts of the window.
    pub fn counts(&self) -> Counts {
        self.counts.since(&self.counts_before)
    }

    /// Messages that exist.
    pub fn length(&self) -> u64 {
        self.waiting.level() + self.in_flight.level()
    }

    /// Starts the window of the figures anew.
    pub fn begin_window(&mut self, now: Instant) {
        self.waiting.begin_window(now);
        self.in_flight.begin_window(now);
        self.counts_before = self.counts;
        self.oldest_max = Duration::ZERO;
        self.backlog_max = Backlog::default();
        self.backlog.peak = self.waiting.level();
        self.backlog.peak_at = now;
    }

    /// Published = acknowledged + dead + waiting + in flight + dropped, by the
    /// counts and by the messages themselves.
    ///
    /// # Errors
    /// What differs, with its figures.
    pub fn audit(&self) -> Result<(), String> {
        let of = |state| self.messages.iter().filter(|own| own.state == state).count() as u64;
        let (waiting, in_flight) = (of(State::Visible), of(State::InFlight));
        let counts = &self.counts;
        let found = counts.acknowledged + counts.dead_letters + counts.dropped;
        if counts.published != found + waiting + in_flight {
            return Err(format!(
                "{} messages published, {} acknowledged, {} dead, {} dropped, {waiting} waiting, \
                 {in_flight} in flight",
                counts.published, counts.acknowledged, counts.dead_letters, counts.dropped
            ));
        }
        if (waiting, in_flight) != (self.waiting.level(), self.in_flight.level()) {
            return Err(format!(
                "{waiting} messages are visible and {in_flight} in flight, but {} and {} are \
                 counted",
                self.waiting.level(),
                self.in_flight.level()
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
