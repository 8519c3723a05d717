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
    /// First key of each lane, `NEVER` where it is empty.
    fronts: [u128; LANES],
    /// Last key of each lane that is not empty.
    lasts: [u128; LANES],
    /// The keys after the first: a lane with one event touches no ring.
    rings: [VecDeque<u128>; LANES],
    created: u32,
    /// The smallest of `fronts`, and whose it is.
    first: (u128, usize),
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self {
            fronts: [NEVER; LANES],
            lasts: [NEVER; LANES],
            rings: Default::default(),
            created: 0,
            first: (NEVER, 0),
        }
    }

    /// A new lane; one without a ring when there are enough.
    pub(super) fn create(&mut self) -> LaneId {
        let id = LaneId(self.created);
        self.created += 1;
        id
    }

    pub(super) fn len(&self) -> usize {
        let first = self.fronts.iter().filter(|&&front| front != NEVER).count();
        first + self.rings.iter().map(VecDeque::len).sum::<usize>()
    }

    /// The smallest key, `NEVER` without one.
    #[inline]
    pub(super) fn front(&self) -> u128 {
        self.first.0
    }

    /// Appends the key; false, and nothing done, when the lane has no ring or
    /// the key would not be its last.
    #[inline(always)]
    pub(super) fn push(&mut self, lane: LaneId, key: u128) -> bool {
        let lane = lane.0 as usize;
        if lane >= LANES {
            return false;
        }
        if self.fronts[lane] == NEVER {
            self.fronts[lane] = key;
            if key < self.first.0 {
                self.first = (key, lane);
            }
        } else if key < self.lasts[lane] {
            return false;
        } else {
            self.rings[lane].push_back(key);
        }
        self.lasts[lane] = key;
        true
    }

    /// Removes the smallest key. There must be one.
    #[inline(always)]
    pub(super) fn pop(&mut self) {
        let lane = self.first.1 % LANES;
        self.fronts[lane] = self.rings[lane].pop_front().unwrap_or(NEVER);
        self.first = (NEVER, 0);
        let created = (self.created as usize).min(LANES);
        for (lane, &key) in self.fronts[..created].iter().enumerate() {
            if key < self.first.0 {
                self.first = (key, lane);
            }
        }
    }
}
