//! Rings for events whose deadlines come in order: constant delays.

use std::collections::VecDeque;

use super::NEVER;

/// More than this many lanes are not worth scanning.
const LANES: usize = 8;

/// A lane of the event queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LaneId(u32);

#[derive(Debug)]
pub(super) struct Lanes {
    rings: Vec<VecDeque<u128>>,
    created: u32,
    /// First key of each ring, `NEVER` where it is empty.
    fronts: [u128; LANES],
    /// The smallest of `fronts`, and whose it is.
    first: (u128, usize),
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self { rings: Vec::new(), created: 0, fronts: [NEVER; LANES], first: (NEVER, 0) }
    }

    /// A new lane; one without a ring when there are enough.
    pub(super) fn create(&mut self) -> LaneId {
        let id = LaneId(self.created);
        self.created += 1;
        if self.rings.len() < LANES {
            self.rings.push(VecDeque::new());
        }
        id
    }

    pub(super) fn len(&self) -> usize {
        self.rings.iter().map(VecDeque::len).sum()
    }

    /// The smallest key, `NEVER` without one.
    #[inline]
    pub(super) fn front(&self) -> u128 {
        self.first.0
    }

    /// Appends the key; false, and nothing done, when the lane has no ring or
    /// the key would not be its last.
    #[inline]
    pub(super) fn push(&mut self, lane: LaneId, key: u128) -> bool {
        let lane = lane.0 as usize;
        let Some(ring) = self.rings.get_mut(lane) else {
            return false;
        };
        match ring.back() {
            Some(&last) if key < last => return false,
            Some(_) => {}
            None => {
                self.fronts[lane] = key;
                if key < self.first.0 {
                    self.first = (key, lane);
                }
            }
        }
        ring.push_back(key);
        true
    }

    /// Removes the smallest key. There must be one.
    #[inline]
    pub(super) fn pop(&mut self) {
        let lane = self.first.1;
        let ring = &mut self.rings[lane];
        ring.pop_front();
        self.fronts[lane] = ring.front().copied().unwrap_or(NEVER);
        self.first = (NEVER, 0);
        for (lane, &key) in self.fronts[..self.rings.len()].iter().enumerate() {
            if key < self.first.0 {
                self.first = (key, lane);
            }
        }
    }
}
