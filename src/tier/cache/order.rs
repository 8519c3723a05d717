//! In which order entries are evicted.

use super::Eviction;
use super::arc::Arc;
use super::lfu::Frequencies;
use super::node::{List, Node};
use super::random::Random;
use super::s3_fifo::S3Fifo;
use super::sieve::Sieve;
use crate::kernel::random::Key;

/// The eviction order with the state that it needs.
///
/// A new object is announced ([`Order::expect`]), room is made for it
/// ([`Order::victim`], each victim then leaves), and it enters. What the
/// policies remember of evicted keys they learn in `victim`; an entry that
/// leaves without having been a victim is forgotten.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// Least recently used first.
    Recency(List),
    /// First in, first out.
    Insertion(List),
    /// Least frequently used first.
    Frequency(Frequencies),
    /// Any.
    Chance(Random),
    /// First in, first out, but what was hit stays where it is.
    Sieve(Sieve),
    /// Two queues and a memory of what left the first.
    S3Fifo(S3Fifo),
    /// Two lists by recency whose sizes adapt.
    Adaptive(Arc),
}

impl Order {
    /// `draws` is the key of random eviction.
    pub(super) fn new(eviction: Eviction, capacity_bytes: u64, draws: Key) -> Self {
        match eviction {
            Eviction::Lru => Self::Recency(List::EMPTY),
            Eviction::Fifo => Self::Insertion(List::EMPTY),
            Eviction::Lfu => Self::Frequency(Frequencies::new()),
            Eviction::Random => Self::Chance(Random::new(draws)),
            Eviction::Sieve => Self::Sieve(Sieve::new()),
            Eviction::S3Fifo => Self::S3Fifo(S3Fifo::new(capacity_bytes)),
            Eviction::Arc => Self::Adaptive(Arc::new(capacity_bytes)),
        }
    }

    /// An object that is not held is going to enter.
    #[inline]
    pub(super) fn expect(&mut self, key: u64, bytes: u32) {
        match self {
            Self::S3Fifo(queues) => queues.expect(key),
            Self::Adaptive(lists) => lists.expect(key, bytes),
            Self::Recency(_)
            | Self::Insertion(_)
            | Self::Frequency(_)
            | Self::Chance(_)
            | Self::Sieve(_) => {}
        }
    }

    /// Entry `id` is new.
    #[inline]
    pub(super) fn enter(&mut self, nodes: &mut [Node], id: u32) {
        match self {
            Self::Recency(list) | Self::Insertion(list) => list.push_newest(nodes, id),
            Self::Frequency(frequencies) => frequencies.enter(nodes, id),
            Self::Chance(random) => random.enter(nodes, id),
            Self::Sieve(sieve) => sieve.enter(nodes, id),
            Self::S3Fifo(queues) => queues.enter(nodes, id),
            Self::Adaptive(lists) => lists.enter(nodes, id),
        }
    }

    /// Entry `id` was hit or stored again.
    #[inline]
    pub(super) fn touch(&mut self, nodes: &mut [Node], id: u32) {
        match self {
            Self::Recency(list) if list.newest != id => {
                list.unlink(nodes, id);
                list.push_newest(nodes, id);
            }
            Self::Recency(_) | Self::Insertion(_) | Self::Chance(_) => {}
            Self::Frequency(frequencies) => frequencies.touch(nodes, id),
            Self::Sieve(sieve) => sieve.touch(id),
            Self::S3Fifo(queues) => queues.touch(id),
            Self::Adaptive(lists) => lists.touch(nodes, id),
        }
    }

    /// Entry `id`, of `before` bytes so far, is going to have `after`.
    #[inline]
    pub(super) fn resize(&mut self, id: u32, before: u32, after: u32) {
        match self {
            Self::S3Fifo(queues) => queues.resize(id, before, after),
            Self::Adaptive(lists) => lists.resize(id, before, after),
            Self::Recency(_)
            | Self::Insertion(_)
            | Self::Frequency(_)
            | Self::Chance(_)
            | Self::Sieve(_) => {}
        }
    }

    /// Entry `id` goes.
    #[inline]
    pub(super) fn leave(&mut self, nodes: &mut [Node], id: u32) {
        match self {
            Self::Recency(list) | Self::Insertion(list) => list.unlink(nodes, id),
            Self::Frequency(frequencies) => frequencies.leave(nodes, id),
            Self::Chance(random) => random.leave(nodes, id),
            Self::Sieve(sieve) => sieve.leave(nodes, id),
            Self::S3Fifo(queues) => queues.leave(nodes, id),
            Self::Adaptive(lists) => lists.leave(nodes, id),
        }
    }

    /// Who goes next, `spared` excepted; there must be another entry.
    #[inline]
    pub(super) fn victim(&mut self, nodes: &mut [Node], spared: u32) -> u32 {
        match self {
            Self::Recency(list) | Self::Insertion(list) => list.oldest_but(nodes, spared),
            Self::Frequency(frequencies) => frequencies.victim(nodes, spared),
            Self::Chance(random) => random.victim(nodes, spared),
            Self::Sieve(sieve) => sieve.victim(nodes, spared),
            Self::S3Fifo(queues) => queues.victim(nodes, spared),
            Self::Adaptive(lists) => lists.victim(nodes, spared),
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Recency(list) | Self::Insertion(list) => *list = List::EMPTY,
            Self::Frequency(frequencies) => frequencies.clear(),
            Self::Chance(random) => random.clear(),
            Self::Sieve(sieve) => sieve.clear(),
            Self::S3Fifo(queues) => queues.clear(),
            Self::Adaptive(lists) => lists.clear(),
        }
    }

    /// Bytes of memory held beyond the nodes.
    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Recency(_) | Self::Insertion(_) => 0,
            Self::Frequency(frequencies) => frequencies.memory(),
            Self::Chance(random) => random.memory(),
            Self::Sieve(sieve) => sieve.memory(),
            Self::S3Fifo(queues) => queues.memory(),
            Self::Adaptive(lists) => lists.memory(),
        }
    }
}
