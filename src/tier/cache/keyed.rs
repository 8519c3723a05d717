//! A number per key: what the books about keys are kept in.

use super::index::Index;
use super::node::Slab;

/// A table from keys to numbers, in constant time and reused memory.
#[derive(Clone, Debug)]
pub(super) struct KeyTable {
    slab: Slab,
    index: Index,
}

impl KeyTable {
    pub(super) fn new() -> Self {
        Self { slab: Slab::new(), index: Index::new() }
    }

    /// The number of `key`, where it has one.
    #[inline]
    pub(super) fn get(&self, key: u64) -> Option<u32> {
        let id = self.index.find(&self.slab.nodes, key)?;
        Some(self.slab.nodes[id as usize].bytes)
    }

    /// Gives `key` a number, in place of the one that it has.
    pub(super) fn set(&mut self, key: u64, number: u32) {
        if let Some(id) = self.index.find(&self.slab.nodes, key) {
            self.slab.nodes[id as usize].bytes = number;
            return;
        }
        let id = self.slab.take(key, number);
        self.index.insert(&mut self.slab, id);
    }

    /// `key` has no number from now on.
    pub(super) fn remove(&mut self, key: u64) {
        if let Some(id) = self.index.find(&self.slab.nodes, key) {
            self.index.remove(&mut self.slab.nodes, id);
            self.slab.release(id);
        }
    }

    pub(super) fn clear(&mut self) {
        self.slab.clear();
        self.index.clear();
    }
}
