//! The books of a leaderless database (DeCandia et al. 2007, "Dynamo: Amazon's
//! Highly Available Key-value Store", §4): who holds a key, which writes each
//! holder has, and when enough holders have answered.

use super::hash::{bounded, salted};
use crate::kernel::time::Instant;
use crate::tier::failover::NEVER;
use rustc_hash::FxHashMap;

/// Sets the places of keys apart from those of other tiers.
const SALT: u64 = 0x51;

/// Who holds what: the instances stand in a ring, and a key is on the one
/// where it falls and on those after it (§4.2, §4.3). Each instance has an
/// equal share of the ring, as with many virtual nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// Instances.
    pub members: usize,
    /// Of them hold a key.
    pub holders: usize,
}

impl Ring {
    #[inline]
    fn first(self, key: u64) -> usize {
        bounded(salted(key, SALT), self.members)
    }

    /// The holders of a key, by rank.
    pub fn holders_of(self, key: u64) -> impl Iterator<Item = usize> {
        let first = self.first(key);
        (0..self.holders).map(move |rank| (first + rank) % self.members)
    }

    /// Which of its holders an instance is.
    pub fn rank(self, key: u64, member: usize) -> Option<usize> {
        let rank = (member + self.members - self.first(key)) % self.members;
        (rank < self.holders).then_some(rank)
    }
}

/// Number of a write: later ones have higher numbers, and win.
pub type Version = u64;

/// A write that some holder may lack.
#[derive(Clone, Copy, Debug)]
struct Write {
    key: u64,
    version: Version,
    /// When it was reported as done; [`NEVER`]: not yet.
    done_at: Instant,
    /// Holders that have it, by rank.
    held: u32,
    /// The next write of the key, [`NONE`] for the last; of a free place, the
    /// next free one.
    next: u32,
}

const NONE: u32 = u32::MAX;

/// The writes that some holder of their key may lack. A key that all its
/// holders have in its newest version is not in here.
///
/// Memory: 40 bytes per such write, and the map of keys; nothing is allocated
/// once warm.
#[derive(Clone, Debug)]
pub struct Versions {
    ring: Ring,
    /// First write of each key. Never iterated.
    first: FxHashMap<u64, u32>,
    writes: Vec<Write>,
    free: u32,
    last_version: Version,
    /// Writes reported as done.
    done: u64,
}

/// What is known of a key at one of its holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The newest version that it has, 0 if older than all in the books.
    pub version: Version,
    /// The first write that it lacks and that was done at a given instant,
    /// by when it was done.
    pub missed: Option<Instant>,
}

impl Versions {
    /// All holders have everything.
    pub fn new(ring: Ring) -> Self {
        Self {
            ring,
            first: FxHashMap::default(),
            writes: Vec::new(),
            free: NONE,
            last_version: 0,
            done: 0,
        }
    }

    /// Who holds what.
    pub fn ring(&self) -> Ring {
        self.ring
    }

    /// A write of a key begins. Answers its version, and whether another write
    /// of the key was not done yet: the later one wins.
    pub fn begin(&mut self, key: u64) -> (Version, bool) {
        self.last_version += 1;
        let version = self.last_version;
        let write = Write { key, version, done_at: NEVER, held: 0, next: NONE };
        let place = self.put(write);
        let mut conflict = false;
        match self.first.get(&key) {
            None => {
                self.first.insert(key, place);
            }
            Some(&first) => {
                let mut at = first;
                loop {
                    let own = self.writes[at as usize];
                    conflict |= own.done_at == NEVER;
                    if own.next == NONE {
                        break;
                    }
                    at = own.next;
                }
                self.writes[at as usize].next = place;
            }
        }
        (version, conflict)
    }

    fn put(&mut self, write: Write) -> u32 {
        if self.free == NONE {
            self.writes.push(write);
            return (self.writes.len() - 1) as u32;
        }
        let place = self.free;
        self.free = self.writes[place as usize].next;
        self.writes[place as usize] = write;
        place
    }

    /// A holder has a version of a key.
    pub fn applied(&mut self, key: u64, version: Version, member: usize) {
        let Some(rank) = self.ring.rank(key, member) else { return };
        if let Some(place) = self.find(key, version) {
            self.writes[place as usize].held |= 1 << rank;
            self.prune(key);
        }
    }

    /// Enough holders have acknowledged a write.
    pub fn done(&mut self, key: u64, version: Version, now: Instant) {
        self.done += 1;
        if let Some(place) = self.find(key, version) {
            self.writes[place as usize].done_at = now;
            self.prune(key);
        }
    }

    /// What a holder shows of a key to a reader who began at `since`; `None`
    /// where all holders have all there is.
    pub fn sight(&self, key: u64, member: usize, since: Instant) -> Option<Sight> {
        let rank = self.ring.rank(key, member)?;
        let mut at = *self.first.get(&key)?;
        let mut sight = Sight { version: 0, missed: None };
        while at != NONE {
            let write = &self.writes[at as usize];
            if write.held >> rank & 1 == 1 {
                sight = Sight { version: write.version, missed: None };
            } else if write.done_at <= since {
                let missed = sight.missed.map_or(write.done_at, |known| known.min(write.done_at));
                sight.missed = Some(missed);
            }
            at = write.next;
        }
        Some(sight)
    }

    /// Whether a holder has a version of a key, or a newer one.
    pub fn has(&self, key: u64, version: Version, member: usize) -> bool {
        let Some(rank) = self.ring.rank(key, member) else { return true };
        let mut at = self.first.get(&key).copied().unwrap_or(NONE);
        let mut lacks = false;
        while at != NONE {
            let write = &self.writes[at as usize];
            let is_held = write.held >> rank & 1 == 1;
            if is_held && write.version >= version {
                return true;
            }
            lacks |= write.version == version;
            at = write.next;
        }
        !lacks
    }

    /// A disk is destroyed: what lay on it alone is lost. Answers how many
    /// writes that were done.
    pub fn lose(&mut self, member: usize) -> u64 {
        let mut lost = 0;
        for place in 0..self.writes.len() {
            let write = self.writes[place];
            let Some(rank) = self.ring.rank(write.key, member) else { continue };
            if write.held >> rank & 1 == 0 {
                continue;
            }
            self.writes[place].held &= !(1 << rank);
            if self.writes[place].held == 0 {
                lost += u64::from(write.done_at != NEVER);
                self.remove(write.key, write.version);
            }
        }
        lost
    }

    /// A destroyed instance was copied from the others: it has what any has.
    pub fn copied(&mut self, member: usize) {
        for place in 0..self.writes.len() {
            let write = self.writes[place];
            if let Some(rank) = self.ring.rank(write.key, member).filter(|_| write.held != 0) {
                self.writes[place].held |= 1 << rank;
                self.prune(write.key);
            }
        }
    }

    /// Writes reported as done, ever.
    pub fn writes_done(&self) -> u64 {
        self.done
    }

    fn find(&self, key: u64, version: Version) -> Option<u32> {
        let mut at = *self.first.get(&key)?;
        while at != NONE && self.writes[at as usize].version != version {
            at = self.writes[at as usize].next;
        }
        (at != NONE).then_some(at)
    }

    /// Forgets the writes of a key up to the last that nobody can miss: each of
    /// its holders has it or a newer one.
    fn prune(&mut self, key: u64) {
        let all = (1_u32 << self.ring.holders) - 1;
        while let Some(&first) = self.first.get(&key) {
            let mut held = 0;
            let mut at = first;
            while at != NONE {
                held |= self.writes[at as usize].held;
                at = self.writes[at as usize].next;
            }
            if held != all {
                return;
            }
            self.remove(key, self.writes[first as usize].version);
        }
    }

    fn remove(&mut self, key: u64, version: Version) {
        let Some(place) = self.find(key, version) else { return };
        let next = self.writes[place as usize].next;
        match self.first.get(&key) {
            Some(&first) if first == place && next == NONE => {
                self.first.remove(&key);
            }
            Some(&first) if first == place => {
                self.first.insert(key, next);
            }
            first => {
                let mut at = first.copied().unwrap_or(NONE);
                while at != NONE && self.writes[at as usize].next != place {
                    at = self.writes[at as usize].next;
                }
                if at != NONE {
                    self.writes[at as usize].next = next;
                }
            }
        }
        let free = std::mem::replace(&mut self.free, place);
        self.writes[place as usize] =
            Write { key: 0, version: 0, done_at: NEVER, held: 0, next: free };
    }

    /// Writes in the books.
    #[cfg(test)]
    fn len(&self) -> usize {
        let live = self.writes.iter().filter(|write| write.version != 0);
        live.count()
    }
}

/// How the question to the holders of some keys stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Too few have answered yet.
    Open,
    /// The answer that was still wanted is there.
    Done,
    /// So many answers cannot come any more.
    Failed,
}

/// Counts the answers of the holders of up to 64 keys.
#[derive(Clone, Debug, Default)]
pub struct Ballot {
    /// Answers wanted of each key.
    wanted: u8,
    /// Keys that still want answers.
    open: u32,
    is_over: bool,
    items: Vec<Item>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Item {
    /// Holders that can still answer, or have.
    asked: u8,
    answered: u8,
}

impl Ballot {
    /// Begins anew: `wanted` answers for each key, at least 1.
    pub fn begin(&mut self, wanted: u8) {
        (self.wanted, self.open, self.is_over) = (wanted, 0, false);
        self.items.clear();
    }

    /// So many holders of a key are asked.
    pub fn ask(&mut self, item: u32, holders: u8) {
        let item = item as usize;
        if self.items.len() <= item {
            self.items.resize(item + 1, Item::default());
        }
        self.items[item] = Item { asked: holders, answered: 0 };
        self.open += 1;
    }

    /// Whether, from the start, too few are asked for a key.
    pub fn is_hopeless(&self) -> bool {
        let is_asked = |item: &&Item| item.asked > 0;
        let mut asked = self.items.iter().filter(is_asked);
        self.open as usize != asked.clone().count() || asked.any(|item| item.asked < self.wanted)
    }

    /// A holder has answered for a key. Says also whether that was the answer
    /// that this key still wanted.
    pub fn answer(&mut self, item: u32) -> (Verdict, bool) {
        let own = &mut self.items[item as usize];
        own.answered += 1;
        let completes = own.answered == self.wanted;
        self.open -= u32::from(completes);
        if !completes || self.open > 0 || self.is_over {
            return (Verdict::Open, completes);
        }
        self.is_over = true;
        (Verdict::Done, completes)
    }

    /// Whether an answer for a key comes too late to count.
    pub fn is_complete(&self, item: u32) -> bool {
        self.items[item as usize].answered >= self.wanted
    }

    /// A holder will not answer for a key.
    pub fn lose(&mut self, item: u32) -> Verdict {
        let own = &mut self.items[item as usize];
        own.asked -= 1;
        if own.asked >= self.wanted || self.is_over {
            return Verdict::Open;
        }
        self.is_over = true;
        Verdict::Failed
    }
}

#[cfg(test)]
mod tests;
