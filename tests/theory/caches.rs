//! Caches under independent references.

use crate::queues::bisect;

/// Zipf's law: the item of rank r is asked for with probability ∝ 1/r^s.
pub(crate) fn zipf(items: u32, exponent: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=items).map(|rank| libm::pow(f64::from(rank), -exponent)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Hit ratio of LRU: King 1971. The state i₁…i_C, latest first, has probability
/// Π p(i_j) / (1 − p(i₁) − … − p(i_{j−1})).
pub(crate) fn king_lru(p: &[f64], capacity: usize) -> f64 {
    // `left` is 1 less the mass of the items chosen, which are marked in `held`.
    fn over(p: &[f64], places: usize, held: &mut [bool], left: f64, state: f64) -> f64 {
        if places == 0 {
            return state * (1.0 - left);
        }
        let mut hits = 0.0;
        for item in 0..p.len() {
            if !held[item] {
                held[item] = true;
                hits += over(p, places - 1, held, left - p[item], state * p[item] / left);
                held[item] = false;
            }
        }
        hits
    }
    over(p, capacity, &mut vec![false; p.len()], 1.0, 1.0)
}

/// Hit ratio of FIFO: King 1971; equal to random replacement, Gelenbe 1973. A
/// set of held items has a probability in proportion to the product of theirs:
/// the hit ratio is 1 − (C+1) e_{C+1} / e_C with elementary symmetric functions
/// (p sums to 1, so e_C · 1 counts each set with one item twice or once more).
pub(crate) fn gelenbe_fifo(p: &[f64], capacity: usize) -> f64 {
    let mut elementary = vec![0.0; capacity + 2];
    elementary[0] = 1.0;
    for &weight in p {
        for order in (1..elementary.len()).rev() {
            elementary[order] += weight * elementary[order - 1];
        }
    }
    1.0 - (capacity + 1) as f64 * elementary[capacity + 1] / elementary[capacity]
}

/// Hit ratio of LRU, approximately: Che, Tung & Wang 2002. The characteristic
/// time T (in references) solves Σ (1 − e^(−p T)) = C.
pub(crate) fn che_lru(p: &[f64], capacity: f64) -> f64 {
    let held = |time: f64, weight: f64| -libm::expm1(-weight * time);
    let time =
        bisect(0.0, 1e9, |time| capacity - p.iter().map(|&weight| held(time, weight)).sum::<f64>());
    p.iter().map(|&weight| weight * held(time, weight)).sum()
}

/// Hit ratio with a lifetime counted from the store and not renewed by reads:
/// a miss is followed by λT hits on average (Jung, Berger & Balakrishnan 2003).
pub(crate) fn ttl(p: &[f64], requests: f64, lifetime: f64) -> f64 {
    let hits = |&weight: &f64| {
        let in_lifetime = weight * requests * lifetime;
        weight * in_lifetime / (1.0 + in_lifetime)
    };
    p.iter().map(hits).sum()
}
