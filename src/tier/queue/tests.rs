//! Goal: no message is lost or settled twice, order by key holds, and who is
//! late learns it. Method: cases by hand, and random courses beside a slow twin
//! that keeps every message in one list and searches it.

use super::*;
use crate::kernel::random::Key;
use proptest::prelude::*;

const TIMEOUT: u64 = 10;

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

fn settings(order: Order, attempts: u32) -> Settings {
    let visibility_timeout = Duration::from_nanos(TIMEOUT);
    Settings { capacity: None, visibility_timeout, attempts, order }
}

fn message(key: u64) -> Published {
    Published { owner: Key::root(1, 1), task: 0, key, measured: true }
}

#[test]
fn a_late_receipt_is_good_until_the_next_delivery() {
    let mut queue = Queue::new(settings(Order::None, 3));
    queue.publish(at(0), message(0));
    let first = queue.take(at(0)).expect("visible");
    queue.expire(at(10), |_| panic!("not dead"));
    assert!(queue.acknowledge(at(11), first.message, first.receipt).is_some());
    assert!(queue.take(at(11)).is_none());
    queue.publish(at(20), message(0));
    let first = queue.take(at(20)).expect("visible");
    queue.expire(at(30), |_| panic!("not dead"));
    let second = queue.take(at(31)).expect("visible again");
    assert!(queue.acknowledge(at(32), first.message, first.receipt).is_none());
    assert!(queue.acknowledge(at(33), second.message, second.receipt).is_some());
    let counts = queue.counts();
    assert_eq!((counts.duplicates, counts.redeliveries, counts.acknowledged), (1, 1, 2));
    queue.audit().expect("conserved");
}

#[test]
fn after_its_attempts_a_message_is_dead() {
    let mut queue = Queue::new(settings(Order::None, 2));
    queue.publish(at(0), message(0));
    let mut dead = 0;
    for delivery in 0..2 {
        assert_eq!(queue.next_deadline(), None);
        assert!(queue.take(at(10 * delivery)).is_some());
        assert_eq!(queue.next_deadline(), Some(at(10 * delivery + 10)));
        queue.expire(at(10 * delivery + 10), |_| dead += 1);
    }
    assert_eq!((dead, queue.length(), queue.counts().dead_letters), (1, 0, 1));
    assert!(queue.take(at(30)).is_none());
}

#[test]
fn what_is_free_again_lines_up_by_its_age() {
    let mut queue = Queue::new(settings(Order::ByKey, 1));
    [1, 2, 2, 1].into_iter().zip(0..).for_each(|(key, now)| queue.publish(at(now), message(key)));
    let taken = [4, 4].map(|now| queue.take(at(now)).expect("its key is free"));
    assert!(queue.take(at(4)).is_none(), "both keys are in flight");
    // Key 1 is free first, but the next message of key 2 is older.
    for Delivery { message, receipt, .. } in taken {
        assert!(queue.acknowledge(at(5), message, receipt).is_some());
    }
    let keys = [6, 6].map(|now| queue.take(at(now)).map(|found| found.published.key));
    assert_eq!(keys, [Some(2), Some(1)]);
}

#[test]
fn a_backlog_drains_from_its_peak() {
    let mut queue = Queue::new(settings(Order::None, 1));
    (0..3).for_each(|now| queue.publish(at(now), message(now)));
    for now in 4..7 {
        queue.take(at(now)).expect("visible");
    }
    // Three at 2, none at 6.
    assert_eq!(queue.drained_in(), Some(Duration::from_nanos(4)));
    assert_eq!(queue.oldest(at(9)), Duration::from_nanos(9));
}

/// What the twin knows of a message.
#[derive(Clone, Debug)]
struct Known {
    number: u64,
    key: u64,
    deliveries: u32,
    /// Receipt of the last delivery, and its deadline while it is in flight.
    receipt: Option<u32>,
    deadline: Option<u64>,
    was_requeued: u64,
}

/// All unsettled messages in one list.
#[derive(Default)]
struct Twin {
    open: Vec<Known>,
    requeued: u64,
}

impl Twin {
    /// The oldest visible one that may go.
    fn next(&self, by_key: bool) -> Option<usize> {
        let free = |own: &Known| {
            let held = |other: &Known| {
                other.key == own.key && other.number != own.number && other.deliveries > 0
            };
            !by_key || own.deliveries > 0 || !self.open.iter().any(held)
        };
        let visible = |&place: &usize| self.open[place].deadline.is_none();
        (0..self.open.len()).filter(visible).find(|&place| {
            let own = &self.open[place];
            let older = |other: &Known| other.key == own.key && other.number < own.number;
            free(own) && (!by_key || !self.open.iter().any(older))
        })
    }
}

proptest! {
    #[test]
    fn the_twin_settles_the_same_messages(
        by_key in any::<bool>(),
        attempts in 1..4u32,
        steps in prop::collection::vec((0..4u64, 0..4u32, 0..6usize), 0..200),
    ) {
        let order = if by_key { Order::ByKey } else { Order::None };
        let mut queue = Queue::new(settings(order, attempts));
        let mut twin = Twin::default();
        let mut handed: Vec<(Delivery, u64)> = Vec::new();
        let (mut now, mut published, mut dead) = (0, 0, 0u64);
        for (gap, what, which) in steps {
            now += gap;
            queue.expire(at(now), |_| dead += 1);
            twin.expire(now, attempts);
            match what {
                0 | 1 => {
                    published += 1;
                    let key = which as u64 % 3;
                    queue.publish(at(now), Published { task: 0, ..message(key) });
                    twin.open.push(Known {
                        number: published, key, deliveries: 0, receipt: None, deadline: None,
                        was_requeued: 0,
                    });
                }
                2 => {
                    let expected = twin.next(by_key);
                    let found = queue.take(at(now));
                    prop_assert_eq!(found.is_some(), expected.is_some());
                    if let Some((found, place)) = found.zip(expected) {
                        let own = &mut twin.open[place];
                        prop_assert_eq!(found.published.key, own.key);
                        own.deliveries += 1;
                        own.receipt = Some(found.receipt);
                        own.deadline = Some(now + TIMEOUT);
                        handed.push((found, own.number));
                    }
                }
                _ => {
                    if handed.is_empty() { continue }
                    let (delivery, number) = handed.swap_remove(which % handed.len());
                    let place = twin.open.iter().position(|own| {
                        own.number == number && own.receipt == Some(delivery.receipt)
                    });
                    if let Some(place) = place { twin.open.remove(place); }
                    let found = queue.acknowledge(at(now), delivery.message, delivery.receipt);
                    prop_assert_eq!(found.is_some(), place.is_some());
                }
            }
            let visible = twin.open.iter().filter(|own| own.deadline.is_none()).count() as u64;
            prop_assert_eq!(queue.waiting.level(), visible);
            prop_assert_eq!(queue.length(), twin.open.len() as u64);
            prop_assert!(queue.audit().is_ok());
        }
        prop_assert_eq!(queue.counts().dead_letters, dead);
    }
}

impl Twin {
    fn expire(&mut self, now: u64, attempts: u32) {
        let over = |own: &Known| own.deadline.is_some_and(|deadline| deadline <= now);
        self.open.retain(|own| !over(own) || own.deliveries < attempts);
        self.requeued += 1;
        for own in &mut self.open {
            if over(own) {
                own.deadline = None;
                own.was_requeued = self.requeued;
            }
        }
    }
}
