//! S3-FIFO: a small queue sifts what enters the main one.

use super::ghosts::Ghosts;
use super::node::{Marks, NONE, Node, Queue};

/// The highest count of hits that two bits hold.
const MOST_HITS: u8 = 3;
/// Bit of a mark: the entry is in the main queue. The lower two count its hits.
const MAIN: u8 = 4;

/// Yang, Zhang, Qiu, Yue & Rashmi 2023 (SOSP), "FIFO queues are all you need
/// for cache eviction", algorithm 1, with sizes in bytes: the small queue has a
/// tenth of the capacity, the ghosts stand for as many bytes as the main queue.
///
/// Where the algorithm leaves open what happens: an entry that moves to the main
/// queue begins there with no hits, and when the small queue had only such
/// entries, the main queue evicts. Constant time, amortised: an entry moves
/// from queue to queue once, and back to the front of the main one once a hit.
#[derive(Clone, Debug)]
pub(super) struct S3Fifo {
    small: Queue,
    main: Queue,
    marks: Marks,
    ghosts: Ghosts,
    /// From so many bytes on, the small queue evicts.
    small_bytes: u64,
    ghost_bytes: u64,
    /// The object that is going to enter was remembered.
    returns: bool,
}

impl S3Fifo {
    pub(super) fn new(capacity_bytes: u64) -> Self {
        let small_bytes = capacity_bytes / 10;
        Self {
            small: Queue::EMPTY,
            main: Queue::EMPTY,
            marks: Marks::new(),
            ghosts: Ghosts::new(),
            small_bytes,
            ghost_bytes: capacity_bytes - small_bytes,
            returns: false,
        }
    }

    pub(super) fn expect(&mut self, key: u64) {
        self.returns = self.ghosts.take(key);
    }

    pub(super) fn enter(&mut self, nodes: &mut [Node], id: u32) {
        let mark = if self.returns { MAIN } else { 0 };
        self.marks.enter(id, mark);
        self.queue_of(id).push_newest(nodes, id);
    }

    #[inline]
    pub(super) fn touch(&mut self, id: u32) {
        let mark = self.marks.get(id);
        if mark & MOST_HITS < MOST_HITS {
            self.marks.set(id, mark + 1);
        }
    }

    pub(super) fn resize(&mut self, id: u32, before: u32, after: u32) {
        self.queue_of(id).resize(before, after);
    }

    pub(super) fn leave(&mut self, nodes: &mut [Node], id: u32) {
        self.queue_of(id).unlink(nodes, id);
    }

    fn queue_of(&mut self, id: u32) -> &mut Queue {
        if self.marks.get(id) & MAIN != 0 { &mut self.main } else { &mut self.small }
    }

    /// In whichever queue the turn is, the other where that has none to give.
    pub(super) fn victim(&mut self, nodes: &mut [Node], spared: u32) -> u32 {
        let small_first = self.small.bytes >= self.small_bytes;
        let first = if small_first { self.evict_small(nodes, spared) } else { NONE };
        let tries = [Self::evict_main, Self::evict_small, Self::evict_main];
        tries.iter().fold(first, |victim, evict| match victim {
            NONE => evict(self, nodes, spared),
            victim => victim,
        })
    }

    /// What was hit more than once moves on; the first other goes.
    fn evict_small(&mut self, nodes: &mut [Node], spared: u32) -> u32 {
        loop {
            let id = self.small.list.oldest_but(nodes, spared);
            if id == NONE {
                return NONE;
            }
            if self.marks.get(id) <= 1 {
                self.remember(nodes[id as usize]);
                return id;
            }
            self.small.unlink(nodes, id);
            self.marks.set(id, MAIN);
            self.main.push_newest(nodes, id);
        }
    }

    /// What was hit goes round again, at the price of a hit; the first other goes.
    fn evict_main(&mut self, nodes: &mut [Node], spared: u32) -> u32 {
        loop {
            let id = self.main.list.oldest_but(nodes, spared);
            if id == NONE || self.marks.get(id) == MAIN {
                return id;
            }
            self.marks.set(id, self.marks.get(id) - 1);
            self.main.list.unlink(nodes, id);
            self.main.list.push_newest(nodes, id);
        }
    }

    fn remember(&mut self, Node { key, bytes, .. }: Node) {
        let charge = u64::from(bytes.max(1));
        if charge > self.ghost_bytes {
            return;
        }
        while self.ghosts.bytes() + charge > self.ghost_bytes {
            self.ghosts.drop_oldest();
        }
        self.ghosts.push(key, bytes);
    }

    pub(super) fn clear(&mut self) {
        (self.small, self.main) = (Queue::EMPTY, Queue::EMPTY);
        self.marks.clear();
        self.ghosts.clear();
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.marks.memory() + self.ghosts.memory()
    }
}
