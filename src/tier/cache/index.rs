//! From a key to its node: a hash table chained through the nodes.
//!
//! With four bytes per slot, four per node and at most one entry per slot, a
//! search that fails looks at less than one node on average, one that succeeds
//! at less than one and a half. An open table of node numbers would save the
//! four bytes in the node and look at a node, another line of memory, for every
//! step that it probes.

use super::node::{NONE, Node, Slab};
use crate::tier::hash::{bounded, mix};

#[derive(Clone, Debug)]
pub(super) struct Index {
    /// The first node of each slot's chain.
    slots: Vec<u32>,
}

impl Index {
    pub(super) fn new() -> Self {
        Self { slots: vec![NONE; 16] }
    }

    /// Any number of slots will do, not only powers of two: memory follows the
    /// number of entries closely.
    #[inline]
    fn slot_of(&self, key: u64) -> usize {
        bounded(mix(key), self.slots.len())
    }

    #[inline]
    pub(super) fn find(&self, nodes: &[Node], key: u64) -> Option<u32> {
        let mut id = self.slots[self.slot_of(key)];
        while id != NONE {
            let node = &nodes[id as usize];
            if node.key == key {
                return Some(id);
            }
            id = node.chain;
        }
        None
    }

    /// Adds node `id`, whose key must not be present.
    #[inline]
    pub(super) fn insert(&mut self, slab: &mut Slab, id: u32) {
        if slab.held() > self.slots.len() {
            return self.grow(&mut slab.nodes);
        }
        self.link(&mut slab.nodes, id);
    }

    #[inline]
    fn link(&mut self, nodes: &mut [Node], id: u32) {
        let slot = self.slot_of(nodes[id as usize].key);
        nodes[id as usize].chain = self.slots[slot];
        self.slots[slot] = id;
    }

    /// A quarter more slots. There have never been fewer slots than nodes in
    /// use, so when that is about to happen no node is free, and all are linked.
    fn grow(&mut self, nodes: &mut [Node]) {
        let slots = self.slots.len() + self.slots.len() / 4;
        self.slots.reserve_exact(slots - self.slots.len());
        self.slots.clear();
        self.slots.resize(slots, NONE);
        (0..nodes.len() as u32).for_each(|id| self.link(nodes, id));
    }

    /// Takes node `id` out of its chain.
    #[inline]
    pub(super) fn remove(&mut self, nodes: &mut [Node], id: u32) {
        let Node { key, chain: rest, .. } = nodes[id as usize];
        let slot = self.slot_of(key);
        let mut at = self.slots[slot];
        if at == id {
            self.slots[slot] = rest;
            return;
        }
        while nodes[at as usize].chain != id {
            at = nodes[at as usize].chain;
        }
        nodes[at as usize].chain = rest;
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(NONE);
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}
