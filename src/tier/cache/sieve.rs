//! SIEVE: a queue in which what was hit stays where it is.

use super::node::{List, Marks, NONE, Node};

/// Zhang, Yang, Yue, Vigfusson & Rashmi 2024 (NSDI), "SIEVE is simpler than
/// LRU", algorithm 1: a hand walks from the oldest to the newest, forgives
/// entries hit since it last came by, and evicts the first that was not.
///
/// Constant time, amortised: each step of the hand uses up a hit.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    list: List,
    /// Where the hand stands; [`NONE`]: at the oldest, whichever it will be.
    hand: u32,
    /// 1: hit since the hand came by.
    visited: Marks,
}

impl Sieve {
    pub(super) const fn new() -> Self {
        Self { list: List::EMPTY, hand: NONE, visited: Marks::new() }
    }

    pub(super) fn enter(&mut self, nodes: &mut [Node], id: u32) {
        self.list.push_newest(nodes, id);
        self.visited.enter(id, 0);
    }

    #[inline]
    pub(super) fn touch(&mut self, id: u32) {
        self.visited.set(id, 1);
    }

    pub(super) fn leave(&mut self, nodes: &mut [Node], id: u32) {
        if self.hand == id {
            self.hand = nodes[id as usize].newer;
        }
        self.list.unlink(nodes, id);
    }

    /// The hand passes `spared` as if it had been hit.
    pub(super) fn victim(&mut self, nodes: &[Node], spared: u32) -> u32 {
        let mut id = self.or_oldest(self.hand);
        while id == spared || self.visited.get(id) != 0 {
            self.visited.set(id, 0);
            id = self.or_oldest(nodes[id as usize].newer);
        }
        self.hand = id;
        id
    }

    fn or_oldest(&self, id: u32) -> u32 {
        if id == NONE { self.list.oldest } else { id }
    }

    pub(super) fn clear(&mut self) {
        (self.list, self.hand) = (List::EMPTY, NONE);
        self.visited.clear();
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.visited.memory()
    }
}
