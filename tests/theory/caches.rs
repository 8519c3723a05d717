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

/// The characteristic time T of LRU, in references: Che, Tung & Wang 2002. It
/// solves Σ (1 − e^(−p T)) = C.
fn characteristic_time(p: &[f64], capacity: f64) -> f64 {
    let held = |time: f64| p.iter().map(|&weight| -libm::expm1(-weight * time)).sum::<f64>();
    bisect(0.0, 1e9, |time| capacity - held(time))
}

/// Hit ratio of LRU, approximately: Σ p (1 − e^(−p T)).
pub(crate) fn che_lru(p: &[f64], capacity: f64) -> f64 {
    let time = characteristic_time(p, capacity);
    p.iter().map(|&weight| weight * -libm::expm1(-weight * time)).sum()
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

/// Hits after a miss of an item that is asked for at a rate, until its lifetime
/// is over or it was not asked for during T, the characteristic time: the number
/// m(t) of renewals up to t whose gaps are all at most T. It is λ t up to T, then
/// m′ = λ (1 − q) − λ q m(t − T) with q = e^(−λT), here up to 2T.
pub(crate) fn hits_until(rate: f64, characteristic: f64, lifetime: f64) -> f64 {
    let beyond = lifetime - characteristic;
    if beyond <= 0.0 {
        return rate * lifetime;
    }
    assert!(beyond <= characteristic, "one step of the recursion");
    let missed = libm::exp(-rate * characteristic);
    rate * characteristic + rate * (1.0 - missed) * beyond
        - 0.5 * missed * (rate * beyond) * (rate * beyond)
}

/// Hit ratio of LRU with a lifetime, approximately: in the manner of Fofack,
/// Nain, Neglia & Towsley 2014. An entry that has run out keeps its place until
/// it is asked for, and is then replaced at once: places go as without lifetime.
pub(crate) fn lru_ttl(p: &[f64], capacity: f64, requests: f64, lifetime: f64) -> f64 {
    let characteristic = characteristic_time(p, capacity) / requests;
    let hits = |&weight: &f64| {
        let hits = hits_until(weight * requests, characteristic, lifetime);
        weight * hits / (1.0 + hits)
    };
    p.iter().map(hits).sum()
}
