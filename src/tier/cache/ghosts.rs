//! Keys of entries that were evicted, remembered for a while.

use super::index::Index;
use super::node::{NONE, Node, Queue, Slab};

/// Keys in the order in which they came, each with the bytes of its object.
///
/// About 28.5 bytes per key, as for an entry of the cache. An object of no
/// bytes counts as one, so that the bytes bound the number of keys.
#[derive(Clone, Debug)]
pub(super) struct Ghosts {
    slab: Slab,
    index: Index,
    queue: Queue,
}

impl Ghosts {
    pub(super) fn new() -> Self {
        Self { slab: Slab::new(), index: Index::new(), queue: Queue::EMPTY }
    }

    /// Bytes of the objects remembered.
    #[inline]
    pub(super) fn bytes(&self) -> u64 {
        self.queue.bytes
    }

    /// Remembers `key`, which must not be remembered yet.
    pub(super) fn push(&mut self, key: u64, bytes: u32) {
        let id = self.slab.take(key, bytes.max(1));
        self.index.insert(&mut self.slab, id);
        self.queue.push_newest(&mut self.slab.nodes, id);
    }

    /// Forgets `key`; whether it was remembered.
    pub(super) fn take(&mut self, key: u64) -> bool {
        let found = self.index.find(&self.slab.nodes, key);
        found.into_iter().for_each(|id| self.remove(id));
        found.is_some()
    }

    /// Forgets the oldest; whether there was one.
    pub(super) fn drop_oldest(&mut self) -> bool {
        let oldest = self.queue.list.oldest;
        if oldest != NONE {
            self.remove(oldest);
        }
        oldest != NONE
    }

    fn remove(&mut self, id: u32) {
        self.index.remove(&mut self.slab.nodes, id);
        self.queue.unlink(&mut self.slab.nodes, id);
        self.slab.release(id);
    }

    pub(super) fn clear(&mut self) {
        self.slab.clear();
        self.index.clear();
        self.queue = Queue::EMPTY;
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.slab.nodes.capacity() * size_of::<Node>() + self.index.memory()
    }
}
