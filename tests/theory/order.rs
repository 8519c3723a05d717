//! Waiting for some of several that work side by side.

/// So many exponential times that begin together.
#[derive(Clone, Copy)]
pub(crate) struct OrderStatistic {
    pub(crate) of: u32,
    /// Of each.
    pub(crate) rate: f64,
}

impl OrderStatistic {
    /// Mean of the r-th to end: Σ 1/((n − i) λ) over i < r (Rényi 1953).
    pub(crate) fn mean(self, r: u32) -> f64 {
        (0..r).map(|ended| 1.0 / (f64::from(self.of - ended) * self.rate)).sum()
    }

    /// P(fewer than r have ended at t): binomial (David & Nagaraja 2003, §2.1).
    pub(crate) fn survival(self, r: u32, t: f64) -> f64 {
        let ended = -libm::expm1(-self.rate * t);
        let ways =
            |k: u32| (0..k).map(|i| f64::from(self.of - i) / f64::from(i + 1)).product::<f64>();
        let power = |base: f64, k: u32| (0..k).fold(1.0, |product, _| product * base);
        (0..r).map(|k| ways(k) * power(ended, k) * power(1.0 - ended, self.of - k)).sum()
    }
}

/// P(sum of so many exponential times > t) (Erlang 1909).
pub(crate) fn erlang_survival(stages: u32, rate: f64, t: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..stages {
        term *= rate * t / f64::from(k);
        sum += term;
    }
    sum * libm::exp(-rate * t)
}

/// Chance that the first of three holders lacks a write that another has
/// acknowledged: `load` writes of the key come in the mean time that a holder
/// takes for one. Simpson's rule.
pub(crate) fn stale_at_first_holder(load: f64) -> f64 {
    let density = |x: f64| {
        let unknown = libm::exp(-x) - libm::exp(-3.0 * x);
        let younger = x + libm::expm1(-3.0 * x) / 3.0;
        unknown * libm::exp(-load * younger)
    };
    const STEPS: u32 = 40_000;
    let step = 60.0 / f64::from(STEPS);
    let weighted = |i: u32| {
        let weight = if i == 0 || i == STEPS { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
        weight * density(f64::from(i) * step)
    };
    load * (0..=STEPS).map(weighted).sum::<f64>() * step / 3.0
}

#[test]
fn the_mean_is_the_area_under_the_survival() {
    let three = OrderStatistic { of: 3, rate: 0.5 };
    for r in 1..=3 {
        let area: f64 = (0..400_000).map(|i| three.survival(r, (f64::from(i) + 0.5) * 1e-4)).sum();
        assert!((area * 1e-4 / three.mean(r) - 1.0).abs() < 1e-6, "{r} of 3");
    }
    let nine: f64 = (0..200_000).map(|i| erlang_survival(9, 1.0, f64::from(i) * 5e-4)).sum();
    assert!((nine * 5e-4 - 9.0).abs() < 1e-3, "nine stages");
}

/// The books of one key as a Markov chain: who has the newest write that any
/// has, and whether it was acknowledged. In steps small enough, by chance of
/// splitmix64, far from the simulator.
#[test]
fn stale_shares_agree_with_a_walk_over_the_writes() {
    let load = 0.5;
    let mut state = 7_u64;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    const LOOKS: u32 = 400_000;
    let mut stale = 0_u32;
    for _ in 0..LOOKS {
        // Back in time from a look, write by write.
        let mut age = 0.0;
        loop {
            age -= libm::log(1.0 - uniform()) / load;
            let [own, second, third] = [(); 3].map(|()| -libm::log(1.0 - uniform()));
            if own <= age {
                break;
            }
            if second.min(third) <= age {
                stale += 1;
                break;
            }
        }
    }
    let share = f64::from(stale) / f64::from(LOOKS);
    // Standard error 0.00065.
    assert!((share - stale_at_first_holder(load)).abs() < 0.003, "{share}");
}
