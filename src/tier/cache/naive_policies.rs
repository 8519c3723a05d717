//! Goal: SIEVE, S3-FIFO, ARC and random eviction as their papers write them.
//! Method: plain vectors, searched from end to end, the head first; `naive`
//! compares them with the cache, operation by operation.

use super::Eviction;
use crate::kernel::random::{Key, Source};

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Item {
    key: u64,
    bytes: u64,
    hits: u8,
}

fn size(list: &[Item]) -> u64 {
    list.iter().map(|item| item.bytes).sum()
}

fn place(list: &[Item], key: u64) -> Option<usize> {
    list.iter().position(|item| item.key == key)
}

fn take(list: &mut Vec<Item>, key: u64) -> Option<Item> {
    place(list, key).map(|place| list.remove(place))
}

/// Takes the tail of a list, or what is next to it where that is spared.
fn take_tail(list: &mut Vec<Item>, spared: Option<u64>) -> Option<Item> {
    list.iter().rposition(|item| Some(item.key) != spared).map(|place| list.remove(place))
}

/// A ghost of no bytes counts as one.
fn ghost(item: Item) -> Item {
    Item { bytes: item.bytes.max(1), ..item }
}

pub(super) enum Policy {
    Random { keys: Vec<u64>, draws: Key, drawn: u64 },
    Sieve { queue: Vec<Item>, hand: Option<u64> },
    S3Fifo { capacity: u64, s: Vec<Item>, m: Vec<Item>, g: Vec<Item>, returns: bool },
    Arc(Arc),
}

/// The lists of the paper by their names.
#[derive(Default)]
pub(super) struct Arc {
    c: u64,
    p: f64,
    t1: Vec<Item>,
    t2: Vec<Item>,
    b1: Vec<Item>,
    b2: Vec<Item>,
    /// Size and list of the object that comes in: 0 none, 1 B1, 2 B2.
    incoming: (u64, u8),
}

impl Policy {
    pub(super) fn new(eviction: Eviction, capacity: u64, owner: Key) -> Option<Self> {
        let list = Vec::new;
        match eviction {
            Eviction::Lru | Eviction::Lfu | Eviction::Fifo => None,
            Eviction::Random => {
                Some(Self::Random { keys: Vec::new(), draws: owner.named("eviction"), drawn: 0 })
            }
            Eviction::Sieve => Some(Self::Sieve { queue: list(), hand: None }),
            Eviction::S3Fifo => {
                Some(Self::S3Fifo { capacity, s: list(), m: list(), g: list(), returns: false })
            }
            Eviction::Arc => Some(Self::Arc(Arc { c: capacity, ..Arc::default() })),
        }
    }

    pub(super) fn expect(&mut self, key: u64, bytes: u64) {
        match self {
            Self::Random { .. } | Self::Sieve { .. } => {}
            Self::S3Fifo { g, returns, .. } => *returns = take(g, key).is_some(),
            Self::Arc(arc) => arc.expect(key, bytes),
        }
    }

    pub(super) fn enter(&mut self, key: u64, bytes: u64) {
        let item = Item { key, bytes, hits: 0 };
        match self {
            Self::Random { keys, .. } => keys.push(key),
            Self::Sieve { queue, .. } => queue.insert(0, item),
            Self::S3Fifo { s, m, returns, .. } => {
                if *returns {
                    m.insert(0, item)
                } else {
                    s.insert(0, item)
                }
            }
            Self::Arc(arc) => {
                if arc.incoming.1 == 0 {
                    arc.t1.insert(0, item)
                } else {
                    arc.t2.insert(0, item)
                }
                arc.incoming = (0, 0);
            }
        }
    }

    pub(super) fn hit(&mut self, key: u64) {
        match self {
            Self::Random { .. } => {}
            Self::Sieve { queue, .. } => {
                queue.iter_mut().filter(|item| item.key == key).for_each(|item| item.hits = 1);
            }
            Self::S3Fifo { s, m, .. } => {
                let found = s.iter_mut().chain(m).filter(|item| item.key == key);
                found.for_each(|item| item.hits = (item.hits + 1).min(3));
            }
            Self::Arc(arc) => {
                let item = take(&mut arc.t1, key).or_else(|| take(&mut arc.t2, key));
                arc.t2.insert(0, item.expect("held"));
            }
        }
    }

    pub(super) fn resize(&mut self, key: u64, bytes: u64) {
        let lists: Vec<&mut Vec<Item>> = match self {
            Self::Random { .. } => Vec::new(),
            Self::Sieve { queue, .. } => vec![queue],
            Self::S3Fifo { s, m, .. } => vec![s, m],
            Self::Arc(arc) => vec![&mut arc.t1, &mut arc.t2],
        };
        let items = lists.into_iter().flatten().filter(|item| item.key == key);
        items.for_each(|item| item.bytes = bytes);
    }

    /// The key goes without having been a victim.
    pub(super) fn remove(&mut self, key: u64) {
        match self {
            Self::Random { keys, .. } => {
                let place = keys.iter().position(|&held| held == key).expect("held");
                keys.swap_remove(place);
            }
            Self::Sieve { queue, hand } => {
                let place = place(queue, key).expect("held");
                if *hand == Some(key) {
                    *hand = place.checked_sub(1).map(|newer| queue[newer].key);
                }
                queue.remove(place);
            }
            Self::S3Fifo { s, m, .. } => {
                take(s, key).or_else(|| take(m, key)).expect("held");
            }
            Self::Arc(arc) => {
                take(&mut arc.t1, key).or_else(|| take(&mut arc.t2, key)).expect("held");
            }
        }
    }

    /// Forgets everything but the number of draws.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Random { keys, .. } => keys.clear(),
            Self::Sieve { queue, hand } => {
                queue.clear();
                *hand = None;
            }
            Self::S3Fifo { s, m, g, .. } => [s, m, g].into_iter().for_each(Vec::clear),
            Self::Arc(arc) => *arc = Arc { c: arc.c, ..Arc::default() },
        }
    }

    /// Takes the victim out.
    pub(super) fn evict(&mut self, spared: Option<u64>) -> u64 {
        match self {
            Self::Random { keys, draws, drawn } => {
                let others = keys.iter().copied().filter(|&key| Some(key) != spared);
                let others: Vec<u64> = others.collect();
                let chosen = draws.numbered(*drawn).draws().below(others.len() as u64);
                *drawn += 1;
                let victim = others[chosen as usize];
                self.remove(victim);
                victim
            }
            Self::Sieve { queue, hand } => evict_sieve(queue, hand, spared),
            Self::S3Fifo { capacity, s, m, g, .. } => evict_s3_fifo(*capacity, [s, m, g], spared),
            Self::Arc(arc) => arc.evict(spared),
        }
    }
}

/// SIEVE, algorithm 1, from line 10 on.
fn evict_sieve(queue: &mut Vec<Item>, hand: &mut Option<u64>, spared: Option<u64>) -> u64 {
    let mut o = hand.and_then(|key| place(queue, key)).unwrap_or(queue.len() - 1);
    while queue[o].hits == 1 || Some(queue[o].key) == spared {
        queue[o].hits = 0;
        o = o.checked_sub(1).unwrap_or(queue.len() - 1);
    }
    *hand = o.checked_sub(1).map(|newer| queue[newer].key);
    queue.remove(o).key
}

/// S3-FIFO, algorithm 1, EVICT: in the main queue too when the small one had
/// nothing to give, and the other way round.
fn evict_s3_fifo(capacity: u64, [s, m, g]: [&mut Vec<Item>; 3], spared: Option<u64>) -> u64 {
    let small = capacity / 10;
    let mut from_small = size(s) >= small;
    loop {
        while let Some(t) = if from_small { take_tail(s, spared) } else { None } {
            if t.hits > 1 {
                m.insert(0, Item { hits: 0, ..t });
                continue;
            }
            if ghost(t).bytes <= capacity - small {
                g.insert(0, ghost(t));
                while size(g) > capacity - small {
                    g.pop();
                }
            }
            return t.key;
        }
        while let Some(t) = take_tail(m, spared) {
            if t.hits == 0 {
                return t.key;
            }
            m.insert(0, Item { hits: t.hits - 1, ..t });
        }
        from_small = true;
    }
}

impl Arc {
    /// Cases II, III and IV of figure 4 up to REPLACE, in bytes.
    fn expect(&mut self, key: u64, bytes: u64) {
        let (b1, b2) = (size(&self.b1) as f64, size(&self.b2) as f64);
        if take(&mut self.b1, key).is_some() {
            let delta = if b1 >= b2 { 1.0 } else { b2 / b1 };
            self.p = f64::min(self.p + bytes as f64 * delta, self.c as f64);
            self.incoming = (bytes, 1);
        } else if take(&mut self.b2, key).is_some() {
            let delta = if b2 >= b1 { 1.0 } else { b1 / b2 };
            self.p = f64::max(self.p - bytes as f64 * delta, 0.0);
            self.incoming = (bytes, 2);
        } else {
            while size(&self.t1) + size(&self.b1) + bytes > self.c && self.b1.pop().is_some() {}
            self.incoming = (bytes, 0);
        }
        while self.total() + bytes > 2 * self.c && self.b2.pop().is_some() {}
    }

    fn total(&self) -> u64 {
        [&self.t1, &self.t2, &self.b1, &self.b2].into_iter().map(|list| size(list)).sum()
    }

    fn evict(&mut self, spared: Option<u64>) -> u64 {
        let (bytes, from) = self.incoming;
        if from == 0 && size(&self.t1) + bytes > self.c {
            // Case IV A, B1 empty.
            assert!(self.b1.is_empty());
            return self.t1.pop().expect("not empty").key;
        }
        // REPLACE.
        let t1 = size(&self.t1) as f64;
        let others = self.t2.iter().any(|item| Some(item.key) != spared);
        let first = !self.t1.is_empty() && (from == 2 && t1 >= self.p || t1 > self.p);
        if first || !others {
            let item = self.t1.pop().expect("not empty");
            self.b1.insert(0, ghost(item));
            return item.key;
        }
        let item = take_tail(&mut self.t2, spared).expect("another");
        self.b2.insert(0, ghost(item));
        item.key
    }
}
