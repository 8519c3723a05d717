//! ARC: recency against frequency, the balance learnt from what comes back.

use super::ghosts::Ghosts;
use super::node::{Marks, NONE, Node, Queue};

/// Mark of an entry in the list of those seen once lately (T₁) …
const RECENT: u8 = 0;
/// … and of those seen more than once (T₂).
const FREQUENT: u8 = 1;

/// Megiddo & Modha 2003 (FAST), "ARC: a self-tuning, low overhead replacement
/// cache", figure 4, with bytes in place of pages: every |list| is the bytes in
/// it and p a number of bytes; an object of s bytes that comes back moves p by s
/// times the paper's step; an eviction is repeated until the object fits; and
/// what bounds the lists, |T₁| + |B₁| ≤ c and all four ≤ 2c, holds with the
/// object that comes in. With objects of one byte this is the paper's ARC.
///
/// Constant time: each key leaves each list once for each time it enters it.
#[derive(Clone, Debug)]
pub(super) struct Arc {
    /// T₁.
    recent: Queue,
    /// T₂.
    frequent: Queue,
    marks: Marks,
    /// B₁.
    recent_ghosts: Ghosts,
    /// B₂.
    frequent_ghosts: Ghosts,
    /// p: the bytes that T₁ should have.
    target: f64,
    /// c.
    capacity: u64,
    incoming: Incoming,
}

/// The object that is going to enter.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Incoming {
    /// It has so many bytes and is in no list.
    New(u64),
    /// It was remembered in B₁.
    Recent,
    /// It was remembered in B₂.
    Frequent,
}

impl Arc {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            recent: Queue::EMPTY,
            frequent: Queue::EMPTY,
            marks: Marks::new(),
            recent_ghosts: Ghosts::new(),
            frequent_ghosts: Ghosts::new(),
            target: 0.0,
            capacity,
            incoming: Incoming::New(0),
        }
    }

    /// Cases II to IV, up to the eviction.
    pub(super) fn expect(&mut self, key: u64, bytes: u32) {
        let size = f64::from(bytes);
        let (b1, b2) = (self.recent_ghosts.bytes() as f64, self.frequent_ghosts.bytes() as f64);
        self.incoming = if self.recent_ghosts.take(key) {
            self.target = (self.target + size * (b2 / b1).max(1.0)).min(self.capacity as f64);
            Incoming::Recent
        } else if self.frequent_ghosts.take(key) {
            self.target = (self.target - size * (b1 / b2).max(1.0)).max(0.0);
            Incoming::Frequent
        } else {
            self.trim_recent(u64::from(bytes));
            Incoming::New(u64::from(bytes))
        };
        self.trim(u64::from(bytes));
    }

    /// |T₁| + |B₁| ≤ c with the object.
    fn trim_recent(&mut self, bytes: u64) {
        while self.recent.bytes + self.recent_ghosts.bytes() + bytes > self.capacity
            && self.recent_ghosts.drop_oldest()
        {}
    }

    /// |T₁| + |T₂| + |B₁| + |B₂| ≤ 2c with the object.
    fn trim(&mut self, bytes: u64) {
        let held = self.recent.bytes + self.frequent.bytes + bytes;
        let all = |lists: &Self| held + lists.recent_ghosts.bytes() + lists.frequent_ghosts.bytes();
        let most = self.capacity.saturating_mul(2);
        while all(self) > most && self.frequent_ghosts.drop_oldest() {}
    }

    pub(super) fn enter(&mut self, nodes: &mut [Node], id: u32) {
        let is_new = matches!(self.incoming, Incoming::New(_));
        self.marks.enter(id, if is_new { RECENT } else { FREQUENT });
        self.queue_of(id).push_newest(nodes, id);
        self.incoming = Incoming::New(0);
    }

    /// Case I.
    pub(super) fn touch(&mut self, nodes: &mut [Node], id: u32) {
        self.queue_of(id).unlink(nodes, id);
        self.marks.set(id, FREQUENT);
        self.frequent.push_newest(nodes, id);
    }

    pub(super) fn resize(&mut self, id: u32, before: u32, after: u32) {
        self.queue_of(id).resize(before, after);
    }

    pub(super) fn leave(&mut self, nodes: &mut [Node], id: u32) {
        self.queue_of(id).unlink(nodes, id);
    }

    fn queue_of(&mut self, id: u32) -> &mut Queue {
        if self.marks.get(id) == RECENT { &mut self.recent } else { &mut self.frequent }
    }

    /// The oldest of T₁ where that alone leaves no room (case IV A, B₁ empty),
    /// and nobody remembers it; else REPLACE.
    pub(super) fn victim(&mut self, nodes: &[Node], spared: u32) -> u32 {
        if let Incoming::New(bytes) = self.incoming
            && self.recent.bytes + bytes > self.capacity
        {
            return self.recent.list.oldest;
        }
        self.replace(nodes, spared)
    }

    /// REPLACE(x, p). An entry that is spared was just stored again: it is in T₂.
    fn replace(&mut self, nodes: &[Node], spared: u32) -> u32 {
        let (once, often) = (self.recent.list.oldest, self.frequent.list.oldest_but(nodes, spared));
        let held = self.recent.bytes as f64;
        let over = held > self.target || self.incoming == Incoming::Frequent && held >= self.target;
        let (id, ghosts) = if once != NONE && (over || often == NONE) {
            (once, &mut self.recent_ghosts)
        } else {
            (often, &mut self.frequent_ghosts)
        };
        let Node { key, bytes, .. } = nodes[id as usize];
        ghosts.push(key, bytes);
        id
    }

    pub(super) fn clear(&mut self) {
        (self.recent, self.frequent) = (Queue::EMPTY, Queue::EMPTY);
        self.marks.clear();
        self.recent_ghosts.clear();
        self.frequent_ghosts.clear();
        self.target = 0.0;
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.marks.memory() + self.recent_ghosts.memory() + self.frequent_ghosts.memory()
    }
}
