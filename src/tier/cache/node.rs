//! The store of cached entries, and lists threaded through them.

use crate::kernel::time::Instant;

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// One entry: 24 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) key: u64,
    /// The neighbours in the list of the eviction order.
    pub(super) newer: u32,
    pub(super) older: u32,
    /// The next entry of the same index slot, or the next free node.
    pub(super) chain: u32,
    pub(super) bytes: u32,
}

/// Nodes by number, with the released ones kept for reuse.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    pub(super) nodes: Vec<Node>,
    free: u32,
    held: usize,
}

impl Slab {
    pub(super) const fn new() -> Self {
        Self { nodes: Vec::new(), free: NONE, held: 0 }
    }

    /// Number of nodes in use.
    #[inline]
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// A node for `key`, in no list and no slot yet.
    #[inline]
    pub(super) fn take(&mut self, key: u64, bytes: u32) -> u32 {
        let node = Node { key, newer: NONE, older: NONE, chain: NONE, bytes };
        self.held += 1;
        if self.free == NONE {
            return self.append(node);
        }
        let id = self.free;
        self.free = self.nodes[id as usize].chain;
        self.nodes[id as usize] = node;
        id
    }

    fn append(&mut self, node: Node) -> u32 {
        let id = self.nodes.len();
        assert!(id < NONE as usize, "a cache node holds at most 2^32 - 1 entries");
        reserve_an_eighth(&mut self.nodes);
        self.nodes.push(node);
        id as u32
    }

    /// Gives the node back for reuse.
    #[inline]
    pub(super) fn release(&mut self, id: u32) {
        self.nodes[id as usize].chain = self.free;
        self.free = id;
        self.held -= 1;
    }

    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.free = NONE;
        self.held = 0;
    }
}

/// Makes room by an eighth instead of by half again: up to a third less memory
/// for eight copies per entry over the whole life, all before the cache is warm.
pub(super) fn reserve_an_eighth<T>(values: &mut Vec<T>) {
    if values.len() == values.capacity() {
        values.reserve_exact((values.len() / 8).max(16));
    }
}

/// A list of nodes from the newest to the oldest; a node is in one list at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) newest: u32,
    pub(super) oldest: u32,
}

impl List {
    pub(super) const EMPTY: Self = Self { newest: NONE, oldest: NONE };

    #[inline]
    pub(super) fn push_newest(&mut self, nodes: &mut [Node], id: u32) {
        let second = self.newest;
        nodes[id as usize].newer = NONE;
        nodes[id as usize].older = second;
        match second {
            NONE => self.oldest = id,
            _ => nodes[second as usize].newer = id,
        }
        self.newest = id;
    }

    #[inline]
    pub(super) fn unlink(&mut self, nodes: &mut [Node], id: u32) {
        let Node { newer, older, .. } = nodes[id as usize];
        match newer {
            NONE => self.newest = older,
            _ => nodes[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            _ => nodes[older as usize].newer = newer,
        }
    }

    /// The oldest that is not `spared`; [`NONE`] where there is no other.
    #[inline]
    pub(super) fn oldest_but(&self, nodes: &[Node], spared: u32) -> u32 {
        match self.oldest {
            oldest if oldest != spared || oldest == NONE => oldest,
            oldest => nodes[oldest as usize].newer,
        }
    }
}

/// A list and the bytes of the objects in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    pub(super) list: List,
    pub(super) bytes: u64,
}

impl Queue {
    pub(super) const EMPTY: Self = Self { list: List::EMPTY, bytes: 0 };

    #[inline]
    pub(super) fn push_newest(&mut self, nodes: &mut [Node], id: u32) {
        self.list.push_newest(nodes, id);
        self.bytes += u64::from(nodes[id as usize].bytes);
    }

    #[inline]
    pub(super) fn unlink(&mut self, nodes: &mut [Node], id: u32) {
        self.list.unlink(nodes, id);
        self.bytes -= u64::from(nodes[id as usize].bytes);
    }

    /// An object of `before` bytes in it is going to have `after`.
    #[inline]
    pub(super) fn resize(&mut self, before: u32, after: u32) {
        self.bytes = self.bytes - u64::from(before) + u64::from(after);
    }
}

/// A byte per node.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    values: Vec<u8>,
}

impl Marks {
    pub(super) const fn new() -> Self {
        Self { values: Vec::new() }
    }

    #[inline]
    pub(super) fn get(&self, id: u32) -> u8 {
        self.values[id as usize]
    }

    #[inline]
    pub(super) fn set(&mut self, id: u32, value: u8) {
        self.values[id as usize] = value;
    }

    /// Entry `id` is new.
    #[inline]
    pub(super) fn enter(&mut self, id: u32, value: u8) {
        // Nodes are numbered without gaps, so that at most one is missing.
        if self.values.len() <= id as usize {
            reserve_an_eighth(&mut self.values);
            self.values.push(value);
        }
        self.set(id, value);
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.values.capacity()
    }
}

/// An instant per node that takes no memory until one is set.
#[derive(Clone, Debug)]
pub(super) struct InstantColumn {
    values: Vec<Instant>,
}

/// Later than every instant that an event can have.
pub(super) const NEVER: Instant = Instant::from_nanos(u64::MAX);

impl InstantColumn {
    pub(super) const fn new() -> Self {
        Self { values: Vec::new() }
    }

    #[inline]
    pub(super) fn get(&self, id: u32) -> Instant {
        self.values.get(id as usize).copied().unwrap_or(NEVER)
    }

    #[inline]
    pub(super) fn set(&mut self, id: u32, value: Instant) {
        if let Some(slot) = self.values.get_mut(id as usize) {
            *slot = value;
        } else if value != NEVER {
            self.extend_to(id as usize);
            self.values.push(value);
        }
    }

    /// Everything before `id` that was never set reads as never.
    fn extend_to(&mut self, id: usize) {
        if id > self.values.capacity() {
            self.values.reserve_exact(id - self.values.len());
        }
        self.values.resize(id, NEVER);
        reserve_an_eighth(&mut self.values);
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.values.capacity() * size_of::<Instant>()
    }
}
