//! Goal: hit ratios are those of theory, under independent references.
//! Method: long runs with a test generator against exact sums (King 1971,
//! Gelenbe 1973) and against Che's approximation (Che, Tung & Wang 2002).

use super::*;
use crate::tier::hash::salted;

/// Zipf probabilities of `items` ranks with exponent `exponent`.
fn zipf(items: usize, exponent: f64) -> Vec<f64> {
    let weights: Vec<f64> = (1..=items).map(|rank| libm::pow(rank as f64, -exponent)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// The share of hits in `references` after a warm-up of a tenth as many.
fn hit_ratio(eviction: Eviction, capacity: u64, probabilities: &[f64], references: u64) -> f64 {
    let cumulative: Vec<f64> = probabilities
        .iter()
        .scan(0.0, |sum, p| {
            *sum += p;
            Some(*sum)
        })
        .collect();
    let mut cache = Cache::new(eviction, capacity, None, false);
    for number in 0..references + references / 10 {
        if number == references / 10 {
            cache.begin_window();
        }
        let uniform = (salted(number, 77) >> 11) as f64 / (1_u64 << 53) as f64;
        let key = cumulative.partition_point(|&sum| sum <= uniform) as u64;
        if cache.lookup(Instant::ZERO, key) == Lookup::Miss {
            cache.store(Instant::ZERO, key, 1, None);
        }
    }
    cache.counters().hits as f64 / references as f64
}

/// Ordered triples of distinct items.
fn triples(items: usize) -> impl Iterator<Item = [usize; 3]> {
    (0..items.pow(3))
        .map(move |number| [number % items, number / items % items, number / items / items])
        .filter(|[a, b, c]| a != b && b != c && a != c)
}

/// King 1971, "Analysis of demand paging algorithms": the stack of LRU is
/// (a, b, c) with probability p_a · p_b/(1 − p_a) · p_c/(1 − p_a − p_b).
fn king(p: &[f64]) -> f64 {
    let term = |[a, b, c]: [usize; 3]| {
        let stack = p[a] * p[b] / (1.0 - p[a]) * p[c] / (1.0 - p[a] - p[b]);
        stack * (p[a] + p[b] + p[c])
    };
    triples(p.len()).map(term).sum()
}

/// Gelenbe 1973, "A unified approach to the evaluation of a class of
/// replacement algorithms": FIFO, like RANDOM, holds a set with probability
/// proportional to the product of its items' probabilities.
fn gelenbe(p: &[f64]) -> f64 {
    let product = |[a, b, c]: [usize; 3]| p[a] * p[b] * p[c];
    let hits: f64 = triples(p.len()).map(|t| product(t) * (p[t[0]] + p[t[1]] + p[t[2]])).sum();
    hits / triples(p.len()).map(product).sum::<f64>()
}

/// Che, Tung & Wang 2002, eq. 6: with the characteristic time T that solves
/// Σ (1 − e^(−p T)) = capacity, item p is held with probability 1 − e^(−p T).
fn che(p: &[f64], capacity: f64) -> f64 {
    let held = |time: f64| p.iter().map(|p| 1.0 - libm::exp(-p * time)).sum::<f64>();
    let (mut low, mut high) = (0.0, 1e9);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if held(middle) < capacity { low = middle } else { high = middle }
    }
    p.iter().map(|p| p * (1.0 - libm::exp(-p * low))).sum()
}

// A run of 10^6 references has a standard error near 0.0005 (hits are weakly
// correlated): 0.003 is several of them, and King and Gelenbe differ by 0.02.

#[test]
fn lru_meets_the_exact_hit_ratio_of_king() {
    let p = zipf(6, 1.0);
    let (run, exact) = (hit_ratio(Eviction::Lru, 3, &p, 1_000_000), king(&p));
    assert!((run - exact).abs() < 0.003, "{run} against {exact}");
}

#[test]
fn fifo_meets_the_exact_hit_ratio_of_gelenbe() {
    let p = zipf(6, 1.0);
    let (run, exact) = (hit_ratio(Eviction::Fifo, 3, &p, 1_000_000), gelenbe(&p));
    assert!((run - exact).abs() < 0.003, "{run} against {exact}");
    assert!(king(&p) - exact > 0.01, "the two policies must be told apart");
}

#[test]
fn lru_of_ten_thousand_items_meets_che_within_half_a_percent() {
    for exponent in [0.8, 1.1] {
        let p = zipf(10_000, exponent);
        let (run, expected) = (hit_ratio(Eviction::Lru, 1_000, &p, 1_000_000), che(&p, 1_000.0));
        assert!((run - expected).abs() < 0.005, "{run} against {expected}");
    }
}
