//! Fixed hashing: the same number always lands in the same place, on every
//! platform and in every run.

/// A permutation of the 64-bit integers in which every input bit moves every
/// output bit: the finaliser of MurmurHash3 (Appleby 2011), `fmix64`.
#[inline]
pub(super) fn mix(value: u64) -> u64 {
    let mut mixed = value ^ (value >> 33);
    mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

/// Hash of `value` in the family numbered `salt`: different salts place the
/// same value independently.
#[inline]
pub(super) fn salted(value: u64, salt: u64) -> u64 {
    // An odd multiple of the salt keeps neighbouring salts far apart; adding
    // one keeps value 0 under salt 0 away from the fixed point of `mix`.
    mix(value ^ mix(salt.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Maps 64 uniform bits to `0..bound` by multiplication and shift (Lemire 2019,
/// "Fast random integer generation in an interval", without the rejection).
///
/// The probability of a value is off by less than 2^−64, a relative error
/// below `bound` · 2^−64: under 10^−15 for 10,000 servers.
#[inline]
pub(super) fn bounded(bits: u64, bound: usize) -> usize {
    ((u128::from(bits) * bound as u128) >> 64) as usize
}

/// Jump consistent hash (Lamping & Veach 2014, figure 1): places `key` in one
/// of `buckets` so that one more bucket moves only the keys that it receives.
///
/// The paper's generator needs a well mixed key: pass a hash.
#[inline]
pub(super) fn jump(mut key: u64, buckets: usize) -> usize {
    debug_assert!(buckets > 0, "a key needs a bucket");
    let (mut bucket, mut next) = (0, 0);
    while next < buckets {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let spread = (1_u64 << 31) as f64 / ((key >> 33) + 1) as f64;
        next = ((bucket + 1) as f64 * spread) as usize;
    }
    bucket
}

#[cfg(test)]
mod tests {
    //! Goal: the hashes spread evenly and are pinned. Method: known values,
    //! counts against their binomial deviation.
    use super::*;

    #[test]
    fn the_mix_is_the_published_finaliser() {
        assert_eq!(mix(0), 0);
        assert_eq!(mix(1), 0xb456_bcfc_34c2_cb2c);
    }

    #[test]
    fn a_bounded_choice_covers_its_range_evenly() {
        assert_eq!(bounded(0, 7), 0);
        assert_eq!(bounded(u64::MAX, 7), 6);
        let mut counts = [0_u32; 7];
        (0..70_000).for_each(|value| counts[bounded(salted(value, 3), 7)] += 1);
        // Standard deviation sqrt(70,000 · 1/7 · 6/7) = 93: five of them.
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 465), "{counts:?}");
    }

    #[test]
    fn salts_place_the_same_value_independently() {
        let agree = (0..10_000).filter(|&v| bounded(salted(v, 0), 10) == bounded(salted(v, 1), 10));
        let count = agree.count();
        assert!(count.abs_diff(1_000) < 150, "{count}");
    }
}
