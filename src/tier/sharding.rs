//! Which shard of a database has what.

use super::hash::{bounded, jump, salted};
use crate::kernel::popularity::Popularity;

/// Most shards of one database: a set of them fits one word.
pub const SHARDS_MAX: usize = 64;
/// Keys whose popularity is looked at one by one; the others follow evenly.
const HEAD: u64 = 1 << 14;
/// Salts: of the place of a key, another one than caches have for theirs, and
/// of the order in which keys move to their new shards.
const PLACES: u64 = 0x5a4d;
const SLICES: u64 = 0x51ce;

/// How keys are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placing {
    /// Hash modulo the number of shards.
    Hash,
    /// Jump consistent hash (Lamping & Veach 2014).
    ConsistentHash,
    /// Equal ranges of `keys` keys in order of their popularity: neighbours of
    /// like age, and the new ones are at the hot end.
    Range {
        /// Keys that exist.
        keys: u64,
    },
}

/// What is done about the hottest keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cure {
    /// Nothing.
    None,
    /// The hottest have a shard each: as many as are set apart.
    Dedicated,
    /// The `hottest` are spread over `over` shards each.
    Split {
        /// So many keys, by popularity.
        hottest: u64,
        /// Shards of each.
        over: usize,
    },
}

/// A set of shards, bit by bit.
pub type ShardSet = u64;

/// Places keys on shards. A key is a rank by popularity, 0 the hottest; keys
/// beyond all ranks are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardMap {
    /// Shards, the ones set apart included.
    pub shards: usize,
    /// The first shards, set apart for hot keys.
    pub apart: usize,
    /// How the others are filled.
    pub placing: Placing,
    /// What is done about the hottest.
    pub cure: Cure,
    /// Sets these keys apart from others that are hashed.
    pub space: u64,
}

impl ShardMap {
    /// The shard on which a key lies; of a split one, the first.
    #[inline]
    pub fn home(&self, key: u64) -> usize {
        if self.cure == Cure::Dedicated && key < self.apart as u64 {
            return key as usize;
        }
        let rest = self.shards - self.apart;
        self.apart
            + match self.placing {
                Placing::Hash => (self.hash(key) % rest as u64) as usize,
                Placing::ConsistentHash => jump(self.hash(key), rest),
                Placing::Range { keys } => {
                    let place = if key < keys { key } else { 0 };
                    (u128::from(place) * rest as u128 / u128::from(keys)) as usize
                }
            }
    }

    /// The shards that a read of a key asks: all over which it is split.
    #[inline]
    pub fn read(&self, key: u64) -> ShardSet {
        let home = self.home(key);
        match self.cure {
            Cure::Split { hottest, over } if key < hottest => {
                (0..over).fold(0, |set, part| set | 1 << self.part(home, part))
            }
            _ => 1 << home,
        }
    }

    /// The shard that a write of a key goes to; `entropy` chooses among those
    /// over which it is split.
    #[inline]
    pub fn write(&self, key: u64, entropy: impl FnOnce() -> u64) -> usize {
        let home = self.home(key);
        match self.cure {
            Cure::Split { hottest, over } if key < hottest => {
                self.part(home, bounded(entropy(), over))
            }
            _ => home,
        }
    }

    /// All shards.
    pub fn all(&self) -> ShardSet {
        ShardSet::MAX >> (SHARDS_MAX - self.shards)
    }

    #[inline]
    fn hash(&self, key: u64) -> u64 {
        salted(self.space << 48 ^ key, PLACES)
    }

    fn part(&self, home: usize, part: usize) -> usize {
        self.apart + (home - self.apart + part) % (self.shards - self.apart)
    }

    /// In which of `slices` a key moves when shards are added or taken away.
    #[inline]
    pub fn slice(&self, key: u64, slices: u64) -> u64 {
        bounded(salted(self.space << 48 ^ key, SLICES), slices as usize) as u64
    }

    /// Chance of each shard to be asked by a read of one key that is drawn by
    /// this popularity. The hottest are looked at one by one; the rest is taken
    /// to lie evenly, by a hash on all shards that are not set apart.
    pub fn shares(&self, popularity: &Popularity) -> Vec<f64> {
        let mut shares = vec![0.0; self.shards];
        let head = popularity.items().min(HEAD);
        for key in 0..head {
            add(&mut shares, self.read(key), popularity.mass(key));
        }
        match self.placing {
            Placing::Range { keys } => {
                let rest = (self.shards - self.apart) as u128;
                let end = |shard: u128| (u128::from(keys) * (shard + 1)).div_ceil(rest) as u64;
                let mut from = head;
                for shard in 0..rest {
                    let to = end(shard).max(from).min(popularity.items());
                    shares[self.apart + shard as usize] +=
                        popularity.cumulative(to) - popularity.cumulative(from);
                    from = to;
                }
            }
            _ => self.add_evenly(&mut shares, 1.0 - popularity.cumulative(head)),
        }
        shares
    }

    /// Chance of each shard to be asked by an access of one item whose owner
    /// decides: `owner_of` an item, owners by theirs.
    pub fn shares_by_owner(
        &self,
        items: &Popularity,
        owners: &Popularity,
        owner_of: impl Fn(u64) -> u64,
    ) -> Vec<f64> {
        let head = items.items().min(HEAD);
        let rest = 1.0 - items.cumulative(head);
        let mut shares: Vec<f64> =
            self.shares(owners).into_iter().map(|share| share * rest).collect();
        for item in 0..head {
            add(&mut shares, self.read(owner_of(item)), items.mass(item));
        }
        shares
    }

    /// The same for items that are new, and decide for themselves.
    pub fn shares_of_new(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.shards];
        match self.placing {
            Placing::Range { .. } => shares[self.apart] = 1.0,
            _ => self.add_evenly(&mut shares, 1.0),
        }
        shares
    }

    fn add_evenly(&self, shares: &mut [f64], mass: f64) {
        let rest = (self.shards - self.apart) as f64;
        shares[self.apart..].iter_mut().for_each(|share| *share += mass / rest);
    }
}

fn add(shares: &mut [f64], set: ShardSet, mass: f64) {
    let wanted = |(shard, _): &(usize, &mut f64)| set >> shard & 1 == 1;
    shares.iter_mut().enumerate().filter(wanted).for_each(|(_, share)| *share += mass);
}

#[cfg(test)]
mod tests {
    //! Goal: each key lies on one shard, or on those over which it is split;
    //! growth moves what it must. Method: against a slow twin that lists all
    //! keys of all shards; counts against their binomial deviation.
    use super::*;
    use proptest::prelude::*;

    fn map(shards: usize, placing: Placing) -> ShardMap {
        ShardMap { shards, apart: 0, placing, cure: Cure::None, space: 3 }
    }

    fn placings(keys: u64) -> impl Strategy<Value = Placing> {
        prop_oneof![
            Just(Placing::Hash),
            Just(Placing::ConsistentHash),
            Just(Placing::Range { keys })
        ]
    }

    /// The obvious twin: what each shard holds, key by key.
    fn listed(map: &ShardMap, keys: u64) -> Vec<Vec<u64>> {
        let mut held = vec![Vec::new(); map.shards];
        let rest = map.shards - map.apart;
        for key in 0..keys {
            if map.cure == Cure::Dedicated && (key as usize) < map.apart {
                held[key as usize].push(key);
                continue;
            }
            let mut home = 0;
            match map.placing {
                Placing::Hash => home = (map.hash(key) % rest as u64) as usize,
                Placing::ConsistentHash => {
                    // From one shard on, each further one takes its share.
                    for shards in 1..=rest {
                        if jump(map.hash(key), shards) == shards - 1 {
                            home = shards - 1;
                        }
                    }
                }
                Placing::Range { keys } => {
                    while (home as u64 + 1) * keys <= key * rest as u64 {
                        home += 1;
                    }
                }
            }
            let over = match map.cure {
                Cure::Split { hottest, over } if key < hottest => over,
                _ => 1,
            };
            (0..over).for_each(|part| held[map.apart + (home + part) % rest].push(key));
        }
        held
    }

    proptest! {
        #[test]
        fn keys_lie_where_the_slow_twin_puts_them(
            placing in placings(500),
            (shards, apart) in (1usize..=SHARDS_MAX).prop_flat_map(|s| (Just(s), 0..s)),
            cure in 0..3,
            hottest in 1u64..20,
            over in 2usize..6,
            bits: u64,
        ) {
            let cure = match cure {
                0 => Cure::None,
                1 => Cure::Dedicated,
                _ => Cure::Split { hottest, over: over.min(shards - apart) },
            };
            let map = ShardMap { shards, apart, placing, cure, space: 1 };
            let held = listed(&map, 500);
            for key in 0..500 {
                let set = map.read(key);
                for (shard, keys) in held.iter().enumerate() {
                    prop_assert_eq!(set >> shard & 1 == 1, keys.contains(&key));
                }
                prop_assert!(set >> map.write(key, || bits) & 1 == 1);
            }
        }

        #[test]
        fn shares_are_those_of_all_keys_one_by_one(
            placing in placings(900),
            shards in 1usize..20,
            exponent in 0.1..2.0,
        ) {
            let popularity = Popularity::zipf(exponent, 900).expect("a law");
            let map = map(shards, placing);
            let slow: Vec<f64> = listed(&map, 900)
                .iter()
                .map(|keys| keys.iter().map(|&key| popularity.mass(key)).sum())
                .collect();
            for (fast, slow) in map.shares(&popularity).iter().zip(&slow) {
                prop_assert!((fast - slow).abs() < 1e-9, "{} {}", fast, slow);
            }
        }
    }

    /// Share of 10^5 keys that change their shard.
    fn moved(placing: Placing, from: usize, to: usize) -> f64 {
        let (from, to) = (map(from, placing), map(to, placing));
        (0..100_000).filter(|&key| from.home(key) != to.home(key)).count() as f64 / 1e5
    }

    #[test]
    fn a_ninth_shard_moves_a_ninth_or_nearly_all() {
        // Five standard deviations of a binomial share are at most 0.8 %.
        assert!((moved(Placing::ConsistentHash, 8, 9) - 1.0 / 9.0).abs() < 0.008);
        assert!((moved(Placing::Hash, 8, 9) - 8.0 / 9.0).abs() < 0.008);
        // Twice as many: h mod 16 is h mod 8, or that plus 8.
        assert!((moved(Placing::ConsistentHash, 8, 16) - 0.5).abs() < 0.008);
        assert!((moved(Placing::Hash, 8, 16) - 0.5).abs() < 0.008);
        assert!((moved(Placing::Hash, 8, 12) - 2.0 / 3.0).abs() < 0.008);
    }

    #[test]
    fn the_tail_of_a_range_is_that_of_its_shard() {
        let popularity = Popularity::zipf(0.9, 100_000).expect("a law");
        let shares = map(4, Placing::Range { keys: 100_000 }).shares(&popularity);
        assert!((shares[0] - popularity.cumulative(25_000)).abs() < 1e-12);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn all_slices_get_their_share_of_keys() {
        let map = map(8, Placing::Hash);
        let mut counts = [0_u64; 10];
        (0..100_000).for_each(|key| counts[map.slice(key, 10) as usize] += 1);
        // Standard deviation 95: five of them.
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 475), "{counts:?}");
    }

    #[test]
    fn new_keys_go_to_the_hot_end_of_a_range() {
        let map = map(4, Placing::Range { keys: 100 });
        assert_eq!((map.home(1 << 47), map.home(99)), (0, 3));
    }
}
