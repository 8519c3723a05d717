//! Any entry, each with the same chance.

use super::node::{NONE, Node, reserve_an_eighth};
use crate::kernel::random::{Key, Source};

/// Entries in no order, so that one of them can be drawn in constant time.
///
/// The n-th eviction of a cache node draws number n of that node's key: it
/// moves no other draw, and the same references evict the same entries again.
#[derive(Clone, Debug)]
pub(super) struct Random {
    /// Entries by place. A node has its place where others have a neighbour.
    entries: Vec<u32>,
    key: Key,
    drawn: u64,
}

impl Random {
    pub(super) const fn new(key: Key) -> Self {
        Self { entries: Vec::new(), key, drawn: 0 }
    }

    pub(super) fn enter(&mut self, nodes: &mut [Node], id: u32) {
        reserve_an_eighth(&mut self.entries);
        nodes[id as usize].newer = self.entries.len() as u32;
        self.entries.push(id);
    }

    /// The last entry takes the place of the one that goes.
    pub(super) fn leave(&mut self, nodes: &mut [Node], id: u32) {
        let place = nodes[id as usize].newer;
        self.entries.swap_remove(place as usize);
        if let Some(&moved) = self.entries.get(place as usize) {
            nodes[moved as usize].newer = place;
        }
    }

    pub(super) fn victim(&mut self, nodes: &[Node], spared: u32) -> u32 {
        let spares = usize::from(spared != NONE);
        let others = (self.entries.len() - spares) as u64;
        let mut place = self.key.numbered(self.drawn).draws().below(others) as usize;
        self.drawn += 1;
        if spared != NONE && place >= nodes[spared as usize].newer as usize {
            place += 1;
        }
        self.entries[place]
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.entries.capacity() * size_of::<u32>()
    }
}
