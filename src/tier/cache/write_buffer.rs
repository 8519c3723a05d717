//! Write-behind: keys whose last write has not reached the database yet.

use super::keyed::KeyTable;

/// The key waits for its flush.
const WAITING: u32 = 1;
/// One flush of the key is on its way.
const SENT: u32 = 2;

/// What became of a key whose flush has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterFailure {
    /// It must be flushed again.
    Again,
    /// A later write of it waits for its own flush.
    Overtaken,
    /// The node has died since: the write is lost.
    Lost,
}

/// The unflushed writes of one cache node, key by key.
#[derive(Clone, Debug)]
pub struct WriteBuffer {
    keys: KeyTable,
    waiting: u64,
    /// Flushes under way.
    sent: u64,
}

impl WriteBuffer {
    /// Everything is flushed.
    pub fn new() -> Self {
        Self { keys: KeyTable::new(), waiting: 0, sent: 0 }
    }

    /// `key` was written. Answers whether it needs a flush of its own: not, if
    /// one is due that will take this write along.
    pub fn write(&mut self, key: u64) -> bool {
        let state = self.keys.get(key).unwrap_or(0);
        if state & WAITING != 0 {
            return false;
        }
        self.keys.set(key, state | WAITING);
        self.waiting += 1;
        true
    }

    /// The flush of `key` begins. Answers whether there is anything to flush:
    /// not, if the node has died since.
    pub fn begin_flush(&mut self, key: u64) -> bool {
        match self.keys.get(key) {
            Some(state) if state & WAITING != 0 => {
                self.keys.set(key, (state & !WAITING) + SENT);
                self.waiting -= 1;
                self.sent += 1;
                true
            }
            _ => false,
        }
    }

    /// A flush of `key` has reached the database.
    pub fn end_flush(&mut self, key: u64) {
        let Some(state) = self.keys.get(key).filter(|&state| state >= SENT) else { return };
        self.sent -= 1;
        match state {
            SENT => self.keys.remove(key),
            _ => self.keys.set(key, state - SENT),
        }
    }

    /// A flush of `key` has failed.
    pub fn fail_flush(&mut self, key: u64) -> AfterFailure {
        match self.keys.get(key) {
            Some(state) if state >= SENT => {
                let again = state & WAITING == 0;
                self.waiting += u64::from(again);
                self.sent -= 1;
                self.keys.set(key, (state - SENT) | WAITING);
                if again { AfterFailure::Again } else { AfterFailure::Overtaken }
            }
            _ => AfterFailure::Lost,
        }
    }

    /// Whether the node has a write of `key` that the database may lack.
    pub fn holds(&self, key: u64) -> bool {
        self.keys.get(key).is_some()
    }

    /// The node dies. Answers how many writes are lost with it: those that had
    /// not been sent.
    pub fn lose(&mut self) -> u64 {
        self.keys.clear();
        self.sent = 0;
        std::mem::take(&mut self.waiting)
    }

    /// Flushes that are due or under way.
    pub fn unflushed(&self) -> u64 {
        self.waiting + self.sent
    }
}

impl Default for WriteBuffer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: every write is flushed once, taken along by a later flush, or
    //! lost. Method: random operations against plain lists of what waits and
    //! what is sent.
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_its_slow_twin(
            moves in proptest::collection::vec((0..16u8, 0..4u64), 0..300)
        ) {
            let mut fast = WriteBuffer::new();
            let (mut waiting, mut sent): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
            for (what, key) in moves {
                let waits = waiting.contains(&key);
                match what {
                    0..=5 => {
                        prop_assert_eq!(fast.write(key), !waits);
                        waiting.retain(|&own| own != key);
                        waiting.push(key);
                    }
                    6..=9 => {
                        prop_assert_eq!(fast.begin_flush(key), waits);
                        waiting.retain(|&own| own != key);
                        sent.extend(waits.then_some(key));
                    }
                    10..=12 => {
                        fast.end_flush(key);
                        if let Some(place) = sent.iter().position(|&own| own == key) {
                            sent.remove(place);
                        }
                    }
                    13..=14 => {
                        let place = sent.iter().position(|&own| own == key);
                        let expected = match (place, waits) {
                            (None, _) => AfterFailure::Lost,
                            (Some(_), true) => AfterFailure::Overtaken,
                            (Some(_), false) => AfterFailure::Again,
                        };
                        prop_assert_eq!(fast.fail_flush(key), expected);
                        if let Some(place) = place {
                            sent.remove(place);
                            waiting.retain(|&own| own != key);
                            waiting.push(key);
                        }
                    }
                    _ => {
                        prop_assert_eq!(fast.lose(), waiting.len() as u64);
                        waiting.clear();
                        sent.clear();
                    }
                }
                prop_assert_eq!(fast.unflushed(), (waiting.len() + sent.len()) as u64);
                for key in 0..4 {
                    let held = waiting.contains(&key) || sent.contains(&key);
                    prop_assert_eq!(fast.holds(key), held);
                }
            }
        }
    }
}
