//! Goal: keys come as often as their masses say, and the masses are right.
//! Method: the naive table of all masses as a twin, chi-square against it and,
//! for two samples, against the `rand_distr` crate; golden draws.
use proptest::{prop_assert, proptest};
use rand_distr::Distribution as _;

use super::*;
use crate::kernel::math::{pow, sqrt};
use crate::kernel::random::{Key, Stream};

const SAMPLES: u64 = 1_000_000;

fn stream(name: &str) -> Stream {
    Key::root(2026, 0).named(name).stream()
}

/// The slow and obvious twin: the sums of all masses in a table, a key by a
/// search for the first sum above a uniform draw.
struct Naive {
    sums: Vec<f64>,
}

impl Naive {
    fn new(exponent: f64, items: u64) -> Self {
        let masses: Vec<f64> = (1..=items).map(|k| pow(k as f64, -exponent)).collect();
        let total: f64 = masses.iter().rev().sum();
        let next = |sum: &mut f64, mass: &f64| {
            *sum += mass / total;
            Some(*sum)
        };
        Self { sums: masses.iter().scan(0.0, next).collect() }
    }

    fn cumulative(&self, ranks: u64) -> f64 {
        if ranks == 0 { 0.0 } else { self.sums[ranks as usize - 1] }
    }

    fn sample(&self, source: &mut Stream) -> u64 {
        let uniform = source.uniform();
        let rank = self.sums.partition_point(|&sum| sum <= uniform) as u64;
        rank.min(self.sums.len() as u64 - 1)
    }
}

/// Edges of the cells of a chi-square: single ranks at first, then wider ones.
fn cells(items: u64) -> Vec<u64> {
    let next = |&edge: &u64| (edge < items).then(|| (edge + 1 + edge / 8).min(items));
    std::iter::successors(Some(0), next).collect()
}

fn counts(edges: &[u64], mut sample: impl FnMut() -> u64) -> Vec<f64> {
    let mut counts = vec![0.0; edges.len() - 1];
    for _ in 0..SAMPLES {
        let rank = sample();
        counts[edges.partition_point(|&edge| edge <= rank) - 1] += 1.0;
    }
    counts
}

/// Asserts that a chi-square statistic is one that 99.99 % of true samples stay
/// below, by the cube root of Wilson and Hilferty 1931.
fn assert_chi_square(what: &str, statistic: f64, cells: usize) {
    let freedom = cells as f64 - 1.0;
    let spread = 2.0 / (9.0 * freedom);
    let z = (libm::cbrt(statistic / freedom) - (1.0 - spread)) / sqrt(spread);
    assert!(z < 3.72, "{what}: {z} standard deviations");
}

/// One-sample chi-square against masses; cells with fewer than ten expected join.
fn assert_masses(what: &str, edges: &[u64], counts: &[f64], cumulative: impl Fn(u64) -> f64) {
    let (mut statistic, mut used, mut observed, mut from) = (0.0, 0, 0.0, 0.0);
    for (edge, count) in edges[1..].iter().zip(counts) {
        observed += count;
        let expected = (cumulative(*edge) - from) * SAMPLES as f64;
        if expected >= 10.0 {
            statistic += (observed - expected) * (observed - expected) / expected;
            (used, observed, from) = (used + 1, 0.0, cumulative(*edge));
        }
    }
    assert_chi_square(what, statistic, used);
}

/// Two-sample chi-square of samples of one size.
fn assert_same_law(what: &str, one: &[f64], other: &[f64]) {
    let full = one.iter().zip(other).filter(|(one, other)| *one + *other >= 20.0);
    let terms: Vec<f64> =
        full.map(|(one, other)| (one - other) * (one - other) / (one + other)).collect();
    assert_chi_square(what, terms.iter().sum(), terms.len());
}

#[test]
fn masses_are_those_of_the_naive_table() {
    for (exponent, items) in
        [(0.5, 1_000_000), (0.99, 1_000_000), (1.0, 300_000), (1.5, 4097), (2.0, 10)]
    {
        let (zipf, naive) =
            (Popularity::zipf(exponent, items).unwrap(), Naive::new(exponent, items));
        for ranks in cells(items) {
            let (fast, slow) = (zipf.cumulative(ranks), naive.cumulative(ranks));
            assert!(
                (fast - slow).abs() <= 1e-11 * slow,
                "s = {exponent}: {fast} for {slow} at {ranks}"
            );
        }
        let direct: f64 = (0..items).rev().map(|rank| zipf.mass(rank)).sum();
        assert!((direct - 1.0).abs() < 1e-11, "s = {exponent}: the masses sum to {direct}");
        assert_eq!((zipf.mass(items), zipf.cumulative(items + 1)), (0.0, 1.0));
    }
}

#[test]
fn keys_follow_the_naive_table() {
    for (exponent, items) in
        [(0.3, 1_000_000), (0.99, 1_000_000), (1.0, 5000), (1.4, 4096), (3.0, 100)]
    {
        let what = format!("s = {exponent} over {items}");
        let (zipf, naive) =
            (Popularity::zipf(exponent, items).unwrap(), Naive::new(exponent, items));
        let (edges, mut source) = (cells(items), stream(&what));
        let ours = counts(&edges, || zipf.sample(&mut source));
        assert_masses(&what, &edges, &ours, |ranks| naive.cumulative(ranks));
        let theirs = counts(&edges, || naive.sample(&mut source));
        assert_same_law(&what, &ours, &theirs);
    }
}

#[test]
fn keys_follow_the_oracle_up_to_a_milliard_items() {
    for (exponent, items) in [(0.8, 20_000_000), (0.99, 1_000_000_000), (1.2, 1_000_000_000)] {
        let what = format!("s = {exponent} over {items}, oracle");
        let zipf = Popularity::zipf(exponent, items).unwrap();
        let oracle = rand_distr::Zipf::new(items as f64, exponent).unwrap();
        let (edges, mut source) = (cells(items), stream(&what));
        let ours = counts(&edges, || zipf.sample(&mut source));
        assert_masses(&what, &edges, &ours, |ranks| zipf.cumulative(ranks));
        let theirs = counts(&edges, || oracle.sample(&mut source) as u64 - 1);
        assert_same_law(&what, &ours, &theirs);
    }
}

#[test]
fn ranks_inside_buckets_have_their_own_masses() {
    // A steep law over the first buckets: without the rejection the ranks of a
    // bucket would come equally often, those at its end too often by a tenth.
    let (exponent, items) = (8.0, 4800);
    let zipf = Zipf::new(exponent, items);
    let first = 4097;
    let mut source = stream("bucket");
    let mut halves = [0.0; 2];
    for _ in 0..SAMPLES {
        halves[usize::from(zipf.sample_bucket(0, &mut source) >= first - 1 + 32)] += 1.0;
    }
    let sum = |from: u64, to: u64| {
        (from..to).map(|k| pow(k as f64 / first as f64, -exponent)).sum::<f64>()
    };
    let probability = sum(first, first + 32) / sum(first, first + 64);
    let z = (halves[0] - probability * SAMPLES as f64)
        / sqrt(SAMPLES as f64 * probability * (1.0 - probability));
    assert!(z.abs() < 4.0, "{z} standard deviations");
    assert!(probability > 0.51);
}

#[test]
fn uniform_keys_are_uniform() {
    let uniform = Popularity::uniform(1000).unwrap();
    let (edges, mut source) = ((0..=1000).collect::<Vec<u64>>(), stream("uniform"));
    let counts = counts(&edges, || uniform.sample(&mut source));
    assert_masses("uniform", &edges, &counts, |ranks| uniform.cumulative(ranks));
    assert_eq!((uniform.mass(999), uniform.mass(1000), uniform.items()), (0.001, 0.0, 1000));
}

#[test]
fn impossible_parameters_are_refused() {
    assert_eq!(Popularity::uniform(0), Err(PopularityError::Items { items: 0 }));
    assert_eq!(
        Popularity::zipf(1.0, ITEMS_MAX + 1),
        Err(PopularityError::Items { items: ITEMS_MAX + 1 })
    );
    for exponent in [0.0, -1.0, f64::INFINITY] {
        assert_eq!(Popularity::zipf(exponent, 10), Err(PopularityError::Exponent { exponent }));
    }
    assert!(Popularity::zipf(f64::NAN, 10).is_err());
}

#[test]
fn samplers_keep_their_bits() {
    let draw = |popularity: Result<Popularity, PopularityError>| {
        let (popularity, mut source) = (popularity.unwrap(), Key::root(7, 0).named("keys").draws());
        let first = [(); 3].map(|()| popularity.sample(&mut source));
        let add = |sum: u64, _| sum.wrapping_mul(31).wrapping_add(popularity.sample(&mut source));
        (first, (0..1000).fold(0, add))
    };
    let actual = [
        draw(Popularity::uniform(1000)),
        draw(Popularity::zipf(0.99, 1000)),
        draw(Popularity::zipf(0.99, 20_000_000)),
        draw(Popularity::zipf(0.6, 1_000_000_000)),
    ];
    assert_eq!(actual, GOLDEN);
}

proptest! {
    #[test]
    fn every_key_is_below_the_items(seed: u64, exponent in 0.01..200.0, items in 1..=ITEMS_MAX) {
        let popularity = Popularity::zipf(exponent, items).unwrap();
        let mut source = Key::root(seed, 0).draws();
        for _ in 0..50 {
            prop_assert!(popularity.sample(&mut source) < items);
        }
        let half = popularity.cumulative(items / 2);
        prop_assert!((0.0..=1.0).contains(&half) && half <= popularity.cumulative(items / 2 + 1));
    }
}

const GOLDEN: [([u64; 3], u64); 4] = [
    ([716, 840, 816], 0xAA87_05A5_4633_9916),
    ([8, 20, 17], 0x58F6_5690_9DF4_22A1),
    ([815_202, 5_672_446, 251], 0x0D2B_9B6B_071B_1FA9),
    ([671_126_341, 888_896_133, 6_167_021], 0xF6E0_F16D_21D2_3BC5),
];
