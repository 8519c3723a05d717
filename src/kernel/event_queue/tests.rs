//! Goal: one total order, whichever structure holds an event. Method: random
//! schedules over all kinds against a sorted map; the phase table line by line.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

/// The slow, obvious future: everything in one sorted map.
#[derive(Default)]
struct Twin {
    future: BTreeMap<(u64, Phase, u64), u32>,
    next_sequence: u64,
}

impl Twin {
    fn schedule(&mut self, at: u64, phase: Phase, payload: u32) -> (u64, Phase, u64) {
        let key = (at, phase, self.next_sequence);
        self.next_sequence += 1;
        self.future.insert(key, payload);
        key
    }

    fn pop(&mut self) -> Option<Event> {
        self.future.pop_first().map(|((nanos, phase, sequence), payload)| Event {
            at: at(nanos),
            phase,
            ticket: Ticket(sequence),
            payload,
        })
    }
}

#[derive(Clone, Debug)]
enum Step {
    Schedule { delay: u64, phase: u64, payload: u32 },
    InLane { lane: usize, delay: u64, phase: u64 },
    Cancellable { delay: u64, phase: u64 },
    Cancel(usize),
    Pop,
}

fn step() -> impl Strategy<Value = Step> {
    // Short delays make ties of every kind.
    prop_oneof![
        3 => (0..8u64, 0..4u64, 0..PAYLOAD_END)
            .prop_map(|(delay, phase, payload)| Step::Schedule { delay, phase, payload }),
        // More lanes than there are rings, and delays that are not constant.
        3 => (0..LANES_MADE, 0..3u64, 0..4u64)
            .prop_map(|(lane, jitter, phase)| Step::InLane { lane, delay: lane as u64 + jitter, phase }),
        2 => (0..8u64, 0..4u64).prop_map(|(delay, phase)| Step::Cancellable { delay, phase }),
        1 => any::<prop::sample::Index>().prop_map(|index| Step::Cancel(index.index(64))),
        5 => Just(Step::Pop),
    ]
}

const LANES_MADE: usize = 10;

fn run_both(steps: &[Step]) {
    let mut queue = EventQueue::new();
    let mut twin = Twin::default();
    let lanes: Vec<LaneId> = (0..LANES_MADE).map(|_| queue.lane()).collect();
    let mut timers = Vec::new();
    let mut now = 0;
    for step in steps {
        match *step {
            Step::Schedule { delay, phase, payload } => {
                let phase = Phase::from_bits(phase);
                let ticket = queue.schedule(at(now + delay), phase, payload);
                assert_eq!(ticket.0, twin.schedule(now + delay, phase, payload).2);
            }
            Step::InLane { lane, delay, phase } => {
                let phase = Phase::from_bits(phase);
                let ticket = queue.schedule_in_lane(lanes[lane], at(now + delay), phase, 7);
                assert_eq!(ticket.0, twin.schedule(now + delay, phase, 7).2);
            }
            Step::Cancellable { delay, phase } => {
                let phase = Phase::from_bits(phase);
                let timer = queue.schedule_cancellable(at(now + delay), phase, 9);
                timers.push((timer, twin.schedule(now + delay, phase, 9)));
            }
            Step::Cancel(index) if !timers.is_empty() => {
                let (timer, key) = timers[index % timers.len()];
                assert_eq!(queue.cancel(timer), twin.future.remove(&key).is_some());
            }
            Step::Cancel(_) => {}
            Step::Pop => {
                let event = queue.pop();
                assert_eq!(event, twin.pop());
                now = event.map_or(now, |event| event.at.as_nanos());
            }
        }
        assert_eq!(queue.len(), twin.future.len());
        let first = twin.future.first_key_value().map(|(key, _)| at(key.0));
        assert_eq!(queue.next_at(), first);
    }
    while let Some(event) = twin.pop() {
        assert_eq!(queue.pop(), Some(event));
    }
    assert!(queue.is_empty() && queue.pop().is_none());
}

proptest! {
    #[test]
    fn every_kind_of_event_keeps_the_one_order(steps in prop::collection::vec(step(), 0..400)) {
        run_both(&steps);
    }

    #[test]
    fn the_heap_sorts(delays in prop::collection::vec(0..50u64, 0..600)) {
        let steps: Vec<Step> = delays
            .iter()
            .map(|&delay| Step::Schedule { delay, phase: delay % 4, payload: delay as u32 })
            .collect();
        run_both(&steps);
    }
}

/// Payloads in the order in which events of one instant happen.
fn order_of(first: Phase, second: Phase) -> [u32; 2] {
    let mut queue = EventQueue::new();
    queue.schedule(at(5), first, 1);
    queue.schedule(at(5), second, 2);
    [queue.pop().unwrap().payload, queue.pop().unwrap().payload]
}

#[test]
fn the_table_of_phases() {
    use Phase::{Arrival, Completion, Fault, Timer};
    let table = [Completion, Fault, Timer, Arrival];
    for (line, &phase) in table.iter().enumerate() {
        assert_eq!(phase as usize, line);
        assert_eq!(order_of(phase, phase), [1, 2], "first scheduled, first run");
        for &later in &table[line + 1..] {
            assert_eq!(order_of(later, phase), [2, 1], "{phase:?} before {later:?}");
            assert_eq!(order_of(phase, later), [1, 2], "{phase:?} before {later:?}");
        }
    }
}

#[test]
fn the_widest_values_survive() {
    let mut queue = EventQueue::new();
    queue.next_sequence = SEQUENCE_END - 2;
    let ticket = queue.schedule(Instant::MAX, Phase::Arrival, PAYLOAD_END - 1);
    let event = queue.pop().unwrap();
    let expected =
        Event { at: Instant::MAX, phase: Phase::Arrival, ticket, payload: PAYLOAD_END - 1 };
    assert_eq!(event, expected);
}

#[test]
fn running_out_of_numbers_is_told_in_time() {
    let mut queue = EventQueue::new();
    queue.next_sequence = SEQUENCE_END - SEQUENCE_RESERVE - 1;
    assert!(!queue.exhausted());
    queue.schedule(at(0), Phase::Timer, 0);
    assert!(queue.exhausted());
}

#[test]
#[should_panic(expected = "payload out of range")]
fn a_payload_that_does_not_fit_is_refused() {
    EventQueue::new().schedule(at(0), Phase::Timer, PAYLOAD_END);
}

#[test]
#[should_panic(expected = "instant out of range")]
fn an_instant_that_does_not_fit_is_refused() {
    EventQueue::new().schedule(at(1 << 62), Phase::Timer, 0);
}

#[test]
fn a_timer_that_happened_cannot_be_taken_back() {
    let mut queue = EventQueue::new();
    let timer = queue.schedule_cancellable(at(1), Phase::Timer, 0);
    assert!(queue.pop().is_some());
    assert!(!queue.cancel(timer));
}
