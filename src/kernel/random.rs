//! Chance by hashing: keys, short streams of draws, and long named streams.
//!
//! A [`Key`] stands for one purpose of one owner; keys derive from keys by name
//! (at set-up) and by number (while running), so every draw is a pure function
//! of (seed, replication, owner, purpose, number …). Nothing that one request
//! draws moves what another draws.

use rand::rand_core::{Infallible, SeedableRng, TryRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// 2^64 divided by the golden ratio, made odd: the increment of SplitMix64.
const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
/// Spreads child numbers over the 64 bits. Another constant than the increment
/// of [`Draws`], so that no child key repeats a draw of its parent. From Steele
/// and Vigna 2022, "Computationally easy, spectrally good multipliers".
const CHILD_MULTIPLIER: u64 = 0xD134_2543_DE82_EF95;
/// Sets keys by name apart from keys by number.
const NAME_TAG: u64 = 0xA076_1D64_78BD_642F;
/// Sets the roots apart from a small seed's own bits.
const ROOT_TAG: u64 = 0xE703_7ED1_A0B4_28DB;

/// One place in the tree of random streams.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key(u64);

impl Key {
    /// The root of one replication of a run under `seed`.
    pub fn root(seed: u64, replication: u32) -> Self {
        Self(ROOT_TAG).numbered(seed).numbered(u64::from(replication))
    }

    /// The child called `name`: an owner ("web") or a purpose ("arrival gap").
    /// For set-up; its time grows with the name.
    pub fn named(self, name: &str) -> Self {
        let tagged = Self(self.0 ^ NAME_TAG).numbered(name.len() as u64);
        name.as_bytes().chunks(8).fold(tagged, |key, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            key.numbered(u64::from_le_bytes(word))
        })
    }

    /// The child with this number: a request, a step, an item, an attempt.
    ///
    /// Children of one key are distinct, for every step is a bijection of the
    /// number; consecutive ones are as unrelated as the finaliser can make them.
    #[inline]
    pub fn numbered(self, number: u64) -> Self {
        Self(mix_child(self.0.wrapping_add(number.wrapping_mul(CHILD_MULTIPLIER))))
    }

    /// A short stream that starts at this key.
    #[inline]
    pub fn draws(self) -> Draws {
        Draws { state: self.0 }
    }

    /// A long stream that starts at this key.
    pub fn stream(self) -> Stream {
        let mut draws = self.draws();
        let mut seed = [0; 32];
        for word in seed.chunks_exact_mut(8) {
            word.copy_from_slice(&draws.next_u64().to_le_bytes());
        }
        Stream { generator: Xoshiro256PlusPlus::from_seed(seed) }
    }
}

/// The finaliser "moremur" of Evensen 2019 ("Stronger, better, morer, Moremur; a
/// better Murmur3-type mixer"): every input bit reaches every output bit.
#[inline]
fn mix_child(mut word: u64) -> u64 {
    word = (word ^ (word >> 27)).wrapping_mul(0x3C79_AC49_2BA7_B653);
    word = (word ^ (word >> 33)).wrapping_mul(0x1C69_B3F7_4AC4_AE35);
    word ^ (word >> 27)
}

/// A supply of random bits, and the elementary draws that follow from it. The
/// samplers are generic over it.
pub trait Source {
    /// 64 random bits.
    fn next_u64(&mut self) -> u64;

    /// Uniform in [0, 1), a multiple of 2^-53.
    #[inline]
    fn uniform(&mut self) -> f64 {
        unit_interval(self.next_u64() >> 11)
    }

    /// Uniform in (0, 1], a multiple of 2^-53: safe under a logarithm.
    #[inline]
    fn uniform_open(&mut self) -> f64 {
        unit_interval((self.next_u64() >> 11) + 1)
    }

    /// Uniform over the integers below `bound`, which must not be zero; without
    /// bias. Lemire 2019, "Fast random integer generation in an interval",
    /// Algorithm 5.
    #[inline]
    fn below(&mut self, bound: u64) -> u64 {
        debug_assert!(bound > 0, "no integer is below zero");
        let mut product = u128::from(self.next_u64()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }

    /// True with this probability: never at 0, always at 1.
    #[inline]
    fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }
}

/// A 53-bit integer times 2^-53.
#[inline]
pub(super) fn unit_interval(bits: u64) -> f64 {
    bits as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// A short stream of draws: SplitMix64 (Steele, Lea and Flood 2014, "Fast
/// splittable pseudorandom number generators"; finaliser of Stafford, variant
/// 13), a counter under a mixing function, eight bytes of state.
#[derive(Clone, Debug)]
pub struct Draws {
    state: u64,
}

impl Source for Draws {
    #[inline]
    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}

/// A long stream owned by a part of the system rather than by a request, such
/// as the gaps between arrivals: xoshiro256++ (Blackman and Vigna 2021).
#[derive(Clone, Debug)]
pub struct Stream {
    generator: Xoshiro256PlusPlus,
}

impl Source for Stream {
    #[inline]
    fn next_u64(&mut self) -> u64 {
        let Ok(word) = self.generator.try_next_u64();
        word
    }
}

/// Makes a source a generator of the `rand` crate, so that its distributions can
/// be drawn from the same bits.
macro_rules! rand_generator {
    ($source:ty) => {
        impl TryRng for $source {
            type Error = Infallible;

            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                Ok((Source::next_u64(self) >> 32) as u32)
            }

            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                Ok(Source::next_u64(self))
            }

            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
                for chunk in bytes.chunks_mut(8) {
                    let word = Source::next_u64(self).to_le_bytes();
                    chunk.copy_from_slice(&word[..chunk.len()]);
                }
                Ok(())
            }
        }
    };
}

rand_generator!(Draws);
rand_generator!(Stream);

#[cfg(test)]
mod tests {
    //! Goal: streams have their pinned bits, are uniform, and are unrelated to
    //! their neighbours. Method: published and golden vectors; chi-square and
    //! correlation over fixed keys, each bound passed by 99.99 % of true
    //! random sources.
    use super::*;
    use crate::kernel::math::sqrt;
    use proptest::{prop_assert, prop_assert_eq, proptest};

    /// |z| of a standard normal variate stays below this in 99.99 % of cases.
    const Z_BOUND: f64 = 3.9;
    const SAMPLES: u64 = 1 << 18;

    /// Deviation of a chi-square statistic in standard deviations, by the cube
    /// root of Wilson and Hilferty 1931.
    fn chi_square_z(counts: &[u64]) -> f64 {
        let total: u64 = counts.iter().sum();
        let expected = total as f64 / counts.len() as f64;
        let statistic: f64 =
            counts.iter().map(|&n| (n as f64 - expected) * (n as f64 - expected) / expected).sum();
        let freedom = counts.len() as f64 - 1.0;
        let spread = 2.0 / (9.0 * freedom);
        (libm::cbrt(statistic / freedom) - (1.0 - spread)) / sqrt(spread)
    }

    /// Checks pairs of draws: each bit of the first, the two as a point in a
    /// 32 × 32 grid by high and by low bits, and every bit of one against the
    /// same bit of the other.
    fn assert_independent(pairs: impl Fn(u64) -> (u64, u64)) {
        let mut high = vec![0; 1024];
        let mut low = vec![0; 1024];
        let mut ones = [0u64; 64];
        let mut equal = [0u64; 64];
        for (first, second) in (0..SAMPLES).map(pairs) {
            high[((first >> 59) << 5 | second >> 59) as usize] += 1;
            low[((first & 31) << 5 | second & 31) as usize] += 1;
            for bit in 0..64 {
                ones[bit] += first >> bit & 1;
                equal[bit] += !(first ^ second) >> bit & 1;
            }
        }
        assert!(chi_square_z(&high).abs() < Z_BOUND, "high bits: {}", chi_square_z(&high));
        assert!(chi_square_z(&low).abs() < Z_BOUND, "low bits: {}", chi_square_z(&low));
        for count in ones.iter().chain(&equal) {
            let z = (*count as f64 - SAMPLES as f64 / 2.0) / (sqrt(SAMPLES as f64) / 2.0);
            assert!(z.abs() < 4.5, "a bit is off by {z} standard deviations");
        }
    }

    fn first(key: Key) -> u64 {
        key.draws().next_u64()
    }

    #[test]
    fn draws_are_the_published_split_mix() {
        // The vector of the algorithm's reference program for seed 1234567.
        let mut draws = Key(1_234_567).draws();
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
        ];
        assert_eq!(expected.map(|_| draws.next_u64()), expected);
    }

    #[test]
    fn keys_and_streams_keep_their_bits() {
        let root = Key::root(42, 0);
        let keys = [
            root,
            Key::root(42, 1),
            root.named("web"),
            root.named("arrival gap"),
            root.numbered(7),
        ];
        assert_eq!(keys.map(|key| key.0), GOLDEN_KEYS);
        let mut draws = root.numbered(7).draws();
        assert_eq!([(); 3].map(|()| draws.next_u64()), GOLDEN_DRAWS);
        let mut stream = root.named("arrival gap").stream();
        assert_eq!([(); 3].map(|()| stream.next_u64()), GOLDEN_STREAM);
    }
    const GOLDEN_KEYS: [u64; 5] = [
        0x6368_437E_85E8_E1BD,
        0xB3B1_32B5_20ED_3A26,
        0xFF45_C505_A198_7ED2,
        0xEE47_EB0C_F7B1_0400,
        0xBD75_0D4C_100A_69EB,
    ];
    const GOLDEN_DRAWS: [u64; 3] =
        [0xBE59_7421_2458_C822, 0x45FC_7390_467F_8A2B, 0xAA93_7179_1BD2_F31D];
    const GOLDEN_STREAM: [u64; 3] =
        [0x2E2C_A2D5_964E_77D6, 0x6135_B734_9486_A434, 0x34D0_0E7C_3A06_A178];

    #[test]
    fn successive_draws_of_one_key_are_independent() {
        assert_independent(|number| {
            let mut draws = Key::root(1, 0).numbered(number).draws();
            (draws.next_u64(), draws.next_u64())
        });
    }

    #[test]
    fn consecutive_numbers_are_independent() {
        let key = Key::root(2, 0).named("cpu");
        assert_independent(|number| (key.numbered(number).0, key.numbered(number + 1).0));
        assert_independent(|number| (first(key.numbered(number)), first(key.numbered(number + 1))));
    }

    #[test]
    fn purposes_are_independent() {
        let request = |number| Key::root(3, 0).numbered(number);
        assert_independent(|number| {
            (first(request(number).numbered(0)), first(request(number).numbered(1)))
        });
        let (cpu, disk) = (Key::root(3, 0).named("cpu"), Key::root(3, 0).named("disk"));
        assert_independent(|number| (first(cpu.numbered(number)), first(disk.numbered(number))));
    }

    #[test]
    fn replications_and_seeds_are_independent() {
        let draw = |seed, replication, number| {
            first(Key::root(seed, replication).named("cpu").numbered(number))
        };
        assert_independent(|number| (draw(1, 0, number), draw(1, 1, number)));
        assert_independent(|number| (draw(1, 0, number), draw(2, 0, number)));
        assert_independent(|seed| (draw(seed, 0, 0), draw(seed + 1, 0, 0)));
    }

    #[test]
    fn a_child_key_does_not_repeat_a_draw_of_its_parent() {
        assert_independent(|number| {
            let key = Key::root(4, 0).numbered(number);
            (first(key), key.numbered(0).0)
        });
    }

    #[test]
    fn names_differ_by_every_byte_and_by_length() {
        let root = Key::root(5, 0);
        let names =
            ["", "a", "b", "a\0", "web", "web\0", "database-1", "database-2", "database-10"];
        let keys: std::collections::BTreeSet<u64> =
            names.iter().map(|name| root.named(name).0).collect();
        assert_eq!(keys.len(), names.len());
        assert_ne!(root.named("a").named("b"), root.named("ab"));
    }

    #[test]
    fn uniform_stays_in_its_interval() {
        struct Fixed(u64);
        impl Source for Fixed {
            fn next_u64(&mut self) -> u64 {
                self.0
            }
        }
        assert_eq!(Fixed(0).uniform(), 0.0);
        assert!(Fixed(u64::MAX).uniform() < 1.0);
        assert!(Fixed(0).uniform_open() > 0.0);
        assert_eq!(Fixed(u64::MAX).uniform_open(), 1.0);
        assert!(!Fixed(0).chance(0.0) && Fixed(u64::MAX).chance(1.0));
    }

    #[test]
    fn below_is_uniform_where_a_plain_product_is_not() {
        // Three quarters of 2^64: without rejection every third value would
        // come twice as often.
        let bound = 3 << 62;
        let mut stream = Key::root(6, 0).stream();
        let mut counts = [0; 3];
        (0..SAMPLES).for_each(|_| counts[(stream.below(bound) % 3) as usize] += 1);
        assert!(chi_square_z(&counts).abs() < Z_BOUND, "{counts:?}");
    }

    #[test]
    fn a_stream_is_uniform_and_not_correlated_with_its_sibling() {
        let collect = |name: &str| {
            let mut stream = Key::root(7, 0).named(name).stream();
            (0..=SAMPLES).map(|_| stream.next_u64()).collect::<Vec<u64>>()
        };
        let (one, other) = (collect("one"), collect("other"));
        assert_independent(|index| (one[index as usize], other[index as usize]));
        assert_independent(|index| (one[index as usize], one[index as usize + 1]));
    }

    proptest! {
        #[test]
        fn below_is_below(seed: u64, bound in 1..u64::MAX) {
            prop_assert!(Key::root(seed, 0).draws().below(bound) < bound);
        }

        #[test]
        fn children_of_one_key_differ(seed: u64, one: u64, other: u64) {
            let key = Key::root(seed, 0);
            prop_assert_eq!(one == other, key.numbered(one) == key.numbered(other));
        }
    }
}
