//! Goal: every kind samples exactly what its closed forms say, and with pinned
//! bits. Method: Kolmogorov–Smirnov against our distribution function and,
//! for two samples, against the `rand_distr` crate; moments within four standard
//! errors; golden draws; every refusal of every constructor.

use proptest::{prop_assert, proptest};
use rand_distr::Distribution as _;

use super::*;
use crate::kernel::random::{Key, Stream};
use crate::kernel::time::Duration;

const SAMPLES: usize = 200_000;

/// The Kolmogorov statistic times √n stays below this in 99.99 % of cases.
const KOLMOGOROV_BOUND: f64 = 2.23;

fn stream(name: &str) -> Stream {
    Key::root(2026, 0).named(name).stream()
}

fn ms(value: f64) -> f64 {
    value * 1e6
}

/// One of every continuous kind, and of every path through its sampler.
fn continuous() -> Vec<(&'static str, Distribution)> {
    let branches = vec![(0.7, ms(1.0)), (0.25, ms(8.0)), (0.05, ms(60.0))];
    let cases = [
        ("exponential", Distribution::exponential(ms(5.0))),
        ("uniform", Distribution::uniform(ms(2.0), ms(9.0))),
        ("normal", Distribution::normal(ms(10.0), ms(2.0))),
        ("normal cut", Distribution::normal(ms(1.0), ms(2.0))),
        ("normal cut in half", Distribution::normal(0.0, ms(2.0))),
        ("lognormal", Distribution::lognormal_mean_cv(ms(4.0), 0.8)),
        ("lognormal by quantiles", Distribution::lognormal_median_p99(ms(18.0), ms(120.0))),
        ("gamma", Distribution::gamma(2.5, ms(3.0))),
        ("gamma below one", Distribution::gamma(0.4, ms(3.0))),
        ("gamma by cv", Distribution::gamma_mean_cv(ms(6.0), 0.5)),
        ("erlang", Distribution::erlang(4, ms(8.0))),
        ("erlang of one", Distribution::erlang(1, ms(8.0))),
        ("weibull", Distribution::weibull(1.7, ms(3.0))),
        ("weibull heavy", Distribution::weibull_shape_mean(0.6, ms(3.0))),
        ("pareto", Distribution::pareto(ms(1.0), 2.5)),
        ("pareto heavy", Distribution::pareto(ms(1.0), 1.2)),
        ("hyperexponential", Distribution::hyperexponential(branches)),
        ("hyperexponential by cv", Distribution::hyperexponential_mean_cv(ms(5.0), 3.0)),
    ];
    cases.into_iter().map(|(name, case)| (name, case.unwrap())).collect()
}

fn samples(distribution: &Distribution, name: &str) -> Vec<f64> {
    let mut source = stream(name);
    let mut samples: Vec<f64> = (0..SAMPLES).map(|_| distribution.sample(&mut source)).collect();
    samples.sort_by(f64::total_cmp);
    samples
}

#[test]
fn every_continuous_kind_follows_its_distribution_function() {
    for (name, distribution) in continuous() {
        let distance =
            samples(&distribution, name).iter().enumerate().fold(0.0, |largest: f64, (rank, x)| {
                let cdf = distribution.cdf(*x);
                let below = cdf - rank as f64 / SAMPLES as f64;
                let above = (rank + 1) as f64 / SAMPLES as f64 - cdf;
                largest.max(below).max(above)
            });
        let statistic = distance * math::sqrt(SAMPLES as f64);
        assert!(statistic < KOLMOGOROV_BOUND, "{name}: {statistic}");
    }
}

#[test]
fn means_and_variances_are_the_closed_forms() {
    for (name, distribution) in continuous() {
        let (mean, variance) = (distribution.mean(), distribution.variance());
        if variance.is_infinite() {
            continue;
        }
        let count = SAMPLES as f64;
        let samples = samples(&distribution, name);
        let sample_mean = samples.iter().sum::<f64>() / count;
        let z = (sample_mean - mean) / math::sqrt(variance / count);
        assert!(z.abs() < 4.0, "mean of {name}: {z} standard errors");
        // A fourth moment is needed for the error of the variance.
        if matches!(distribution, Distribution::Pareto { .. } | Distribution::Lognormal { .. }) {
            continue;
        }
        let squares: Vec<f64> = samples.iter().map(|x| (x - mean) * (x - mean)).collect();
        let sample_variance = squares.iter().sum::<f64>() / count;
        let spread =
            squares.iter().map(|square| (square - variance) * (square - variance)).sum::<f64>()
                / count;
        let z = (sample_variance - variance) / math::sqrt(spread / count);
        assert!(z.abs() < 4.0, "variance of {name}: {z} standard errors");
    }
}

#[test]
fn the_closed_forms_agree_with_an_integral_of_the_distribution_function() {
    // E[X] = ∫ (1 − F), E[X²] = ∫ 2x (1 − F), by the midpoint rule in ln x up to
    // 8000 times the mean, beyond which only a Pareto has anything.
    for (name, distribution) in continuous() {
        let (mean, variance) = (distribution.mean(), distribution.variance());
        if variance.is_infinite() {
            continue;
        }
        let step = 1e-3;
        let (mut first, mut second) = (0.0, 0.0);
        for index in 0..34_000 {
            let x = mean * math::exp(-25.0 + (f64::from(index) + 0.5) * step);
            let rest = (1.0 - distribution.cdf(x)) * x * step;
            first += rest;
            second += 2.0 * x * rest;
        }
        assert!((first / mean - 1.0).abs() < 1e-4, "mean of {name}: {first} for {mean}");
        let integral = second - first * first;
        let heavy = matches!(distribution, Distribution::Pareto { .. });
        let tolerance = if heavy { 0.03 } else { 1e-4 };
        assert!(
            (integral / variance - 1.0).abs() < tolerance,
            "variance of {name}: {integral} for {variance}"
        );
    }
}

/// The two-sample Kolmogorov–Smirnov statistic, for samples of equal size.
fn assert_same_law<D: rand_distr::Distribution<f64>>(name: &str, ours: Distribution, oracle: D) {
    let ours = samples(&ours, name);
    let mut source = stream("oracle");
    let mut theirs: Vec<f64> = (0..SAMPLES).map(|_| oracle.sample(&mut source)).collect();
    theirs.sort_by(f64::total_cmp);
    let (mut one, mut other, mut distance) = (0, 0, 0usize);
    while one < SAMPLES && other < SAMPLES {
        if ours[one] <= theirs[other] {
            one += 1;
        } else {
            other += 1;
        }
        distance = distance.max(one.abs_diff(other));
    }
    let statistic = distance as f64 / SAMPLES as f64 * math::sqrt(SAMPLES as f64 / 2.0);
    assert!(statistic < KOLMOGOROV_BOUND, "{name} against its oracle: {statistic}");
}

#[test]
fn every_kind_agrees_with_its_oracle() {
    let build = |distribution: Result<Distribution, DistributionError>| distribution.unwrap();
    assert_same_law(
        "o1",
        build(Distribution::exponential(5.0)),
        rand_distr::Exp::new(0.2).unwrap(),
    );
    assert_same_law(
        "o2",
        build(Distribution::uniform(2.0, 9.0)),
        rand::distr::Uniform::new(2.0, 9.0).unwrap(),
    );
    // Truncation at 0 is nothing at ten standard deviations.
    assert_same_law(
        "o3",
        build(Distribution::normal(20.0, 2.0)),
        rand_distr::Normal::new(20.0, 2.0).unwrap(),
    );
    let folded = rand_distr::Normal::new(0.0, 2.0).unwrap().map(f64::abs);
    assert_same_law("o4", build(Distribution::normal(0.0, 2.0)), folded);
    let lognormal = rand_distr::LogNormal::from_mean_cv(4.0, 0.8).unwrap();
    assert_same_law("o5", build(Distribution::lognormal_mean_cv(4.0, 0.8)), lognormal);
    assert_same_law(
        "o6",
        build(Distribution::gamma(2.5, 3.0)),
        rand_distr::Gamma::new(2.5, 3.0).unwrap(),
    );
    assert_same_law(
        "o7",
        build(Distribution::gamma(0.4, 3.0)),
        rand_distr::Gamma::new(0.4, 3.0).unwrap(),
    );
    assert_same_law(
        "o8",
        build(Distribution::erlang(4, 8.0)),
        rand_distr::Gamma::new(4.0, 2.0).unwrap(),
    );
    assert_same_law(
        "o9",
        build(Distribution::weibull(1.7, 3.0)),
        rand_distr::Weibull::new(3.0, 1.7).unwrap(),
    );
    assert_same_law(
        "o10",
        build(Distribution::pareto(1.0, 1.2)),
        rand_distr::Pareto::new(1.0, 1.2).unwrap(),
    );
    let (often, rarely) = (rand_distr::Exp::new(1.0).unwrap(), rand_distr::Exp::new(0.1).unwrap());
    let pair = rand::distr::Uniform::new(0.0, 1.0).unwrap();
    let mixture = Mixture { often, rarely, pair };
    let ours = Distribution::hyperexponential(vec![(0.8, 1.0), (0.2, 10.0)]);
    assert_same_law("o11", build(ours), mixture);
}

struct Mixture {
    often: rand_distr::Exp<f64>,
    rarely: rand_distr::Exp<f64>,
    pair: rand::distr::Uniform<f64>,
}

impl rand_distr::Distribution<f64> for Mixture {
    fn sample<R: rand::Rng + ?Sized>(&self, generator: &mut R) -> f64 {
        if self.pair.sample(generator) < 0.8 {
            self.often.sample(generator)
        } else {
            self.rarely.sample(generator)
        }
    }
}

#[test]
fn empirical_draws_every_value_equally_often() {
    let empirical = Distribution::empirical(vec![5.0, 1.0, 1.0, 40.0]).unwrap();
    assert_eq!(
        (empirical.mean(), empirical.variance(), empirical.cdf(1.0)),
        (11.75, 268.6875, 0.5)
    );
    let samples = samples(&empirical, "empirical");
    for (value, probability) in [(1.0, 0.5), (5.0, 0.25), (40.0, 0.25)] {
        let count = samples.iter().filter(|&&sample| sample == value).count() as f64;
        let expected = probability * SAMPLES as f64;
        let z = (count - expected) / math::sqrt(expected * (1.0 - probability));
        assert!(z.abs() < 4.0, "{value}: {z}");
    }
}

#[test]
fn the_constructors_hit_the_figures_they_are_given() {
    let quantiles = Distribution::lognormal_median_p99(18.0, 120.0).unwrap();
    assert!(
        (quantiles.cdf(18.0) - 0.5).abs() < 1e-15 && (quantiles.cdf(120.0) - 0.99).abs() < 1e-14
    );
    assert!((math::normal_quantile(0.99) / NORMAL_QUANTILE_99 - 1.0).abs() < 1e-15);
    let by_cv = [
        (Distribution::lognormal_mean_cv(4.0, 1.5), 1.5),
        (Distribution::gamma_mean_cv(4.0, 1.5), 1.5),
        (Distribution::hyperexponential_mean_cv(4.0, 1.5), 1.5),
        (Distribution::hyperexponential_mean_cv(4.0, 1e4), 1e4),
        (Distribution::erlang(16, 4.0), 0.25),
    ];
    for (distribution, cv) in by_cv.map(|(distribution, cv)| (distribution.unwrap(), cv)) {
        assert!((distribution.mean() / 4.0 - 1.0).abs() < 1e-12, "{distribution:?}");
        assert!(
            (distribution.variance() / (16.0 * cv * cv) - 1.0).abs() < 1e-7,
            "{distribution:?}"
        );
    }
    assert!((Distribution::weibull_shape_mean(0.6, 4.0).unwrap().mean() - 4.0).abs() < 1e-12);
    assert_eq!(Distribution::pareto(2.0, 1.5).unwrap().mean(), 6.0);
    assert_eq!(Distribution::pareto(2.0, 1.5).unwrap().variance(), f64::INFINITY);
}

#[test]
fn no_spread_is_a_constant() {
    let constants = [
        Distribution::constant(3.0),
        Distribution::uniform(3.0, 3.0),
        Distribution::normal(3.0, 0.0),
        Distribution::lognormal_mean_cv(3.0, 0.0),
        Distribution::lognormal_median_p99(3.0, 3.0),
        Distribution::gamma_mean_cv(3.0, 0.0),
        Distribution::empirical(vec![3.0, 3.0]),
    ];
    for constant in constants.map(Result::unwrap) {
        assert_eq!(constant, Distribution::Constant(3.0));
        assert_eq!(constant.sample(&mut stream("constant")), 3.0);
        assert_eq!(
            (constant.mean(), constant.variance(), constant.as_constant()),
            (3.0, 0.0, Some(3.0))
        );
    }
    assert!(Distribution::exponential(0.0).unwrap().is_zero());
    assert!(Distribution::constant(-0.0).unwrap().is_zero());
    assert!(!Distribution::exponential(1.0).unwrap().is_zero());
}

#[test]
fn impossible_parameters_are_refused_with_their_reason() {
    use DistributionError as E;
    let negative = |name, value| E::Negative { name, value };
    let infinity = f64::INFINITY;
    let refusals = [
        (Distribution::constant(-1.0), negative("value", -1.0)),
        (Distribution::constant(infinity), E::NotFinite { name: "value", value: infinity }),
        (Distribution::exponential(-2.0), negative("mean", -2.0)),
        (Distribution::uniform(3.0, 2.0), E::WrongOrder { lower: "low", upper: "high" }),
        (Distribution::uniform(-3.0, 2.0), negative("low", -3.0)),
        (Distribution::normal(1.0, -1.0), negative("sd", -1.0)),
        (Distribution::normal(-1.0, 1.0), negative("mean", -1.0)),
        (Distribution::lognormal_mean_cv(0.0, 1.0), E::Zero { name: "mean" }),
        (
            Distribution::lognormal_median_p99(5.0, 4.0),
            E::WrongOrder { lower: "median", upper: "p99" },
        ),
        (Distribution::lognormal_median_p99(1e-300, 1e300), E::InfiniteMean),
        (Distribution::gamma(0.0, 1.0), E::Zero { name: "shape" }),
        (Distribution::erlang(0, 1.0), E::Zero { name: "k" }),
        (Distribution::weibull(1e-3, 1.0), E::InfiniteMean),
        (Distribution::weibull_shape_mean(1e-3, 1.0), E::InfiniteMean),
        (Distribution::pareto(1.0, 1.0), E::InfiniteMean),
        (Distribution::pareto(0.0, 2.0), E::Zero { name: "minimum" }),
        (Distribution::hyperexponential(vec![]), E::Empty { what: "branches" }),
        (
            Distribution::hyperexponential(vec![(0.5, 1.0), (0.25, 2.0)]),
            E::ProbabilitySum { sum: 0.75 },
        ),
        (
            Distribution::hyperexponential(vec![(1.5, 1.0), (-0.5, 2.0)]),
            negative("probability", -0.5),
        ),
        (Distribution::hyperexponential_mean_cv(1.0, 0.5), E::CvBelowOne { cv: 0.5 }),
        (Distribution::empirical(vec![]), E::Empty { what: "values" }),
        (Distribution::empirical(vec![1.0, -1.0]), negative("value", -1.0)),
    ];
    for (result, reason) in refusals {
        assert_eq!(result, Err(reason));
    }
    assert!(matches!(Distribution::exponential(f64::NAN), Err(E::NotFinite { name: "mean", .. })));
    assert_eq!(negative("low", -3.0).to_string(), "`low` must not be negative, and is -3");
}

#[test]
fn scaling_multiplies_every_draw() {
    for (name, distribution) in continuous() {
        let scaled = distribution.scaled(2.5);
        assert!((scaled.mean() / distribution.mean() - 2.5).abs() < 1e-12, "{name}");
        let (mut one, mut other) = (stream(name), stream(name));
        for _ in 0..100 {
            let ratio = scaled.sample(&mut one) / distribution.sample(&mut other);
            assert!((ratio - 2.5).abs() < 1e-9, "{name}: {ratio}");
        }
        assert!(distribution.scaled(0.0).is_zero());
    }
}

#[test]
fn durations_are_whole_nanoseconds() {
    let constant = Distribution::constant(1.5).unwrap();
    assert_eq!(constant.sample_duration(&mut stream("d")), Duration::from_nanos(2));
    let exponential = Distribution::exponential(ms(5.0)).unwrap();
    let (mut one, mut other) = (stream("d"), stream("d"));
    for _ in 0..100 {
        let value = exponential.sample(&mut one);
        let nanos = exponential.sample_duration(&mut other).as_nanos() as f64;
        assert!((nanos - value).abs() <= 0.5, "{nanos} for {value}");
    }
}

#[test]
fn the_tails_are_reached() {
    // Beyond the last layer of each ziggurat lie 4.5e-4 and 2.6e-4 of the mass.
    let exponential = samples(&Distribution::exponential(1.0).unwrap(), "tail");
    let tail = exponential.iter().filter(|&&x| x > 7.697_117_470_131_05).count();
    assert!((50..140).contains(&tail), "{tail} of 91 in the exponential tail");
    let normal = samples(&Distribution::normal(0.0, 1.0).unwrap(), "tail");
    let tail = normal.iter().filter(|&&x| x > 3.654_152_885_361_009).count();
    assert!((25..85).contains(&tail), "{tail} of 52 in the normal tail");
}

#[test]
fn every_sampler_keeps_its_bits() {
    for ((name, distribution), golden) in continuous().into_iter().zip(GOLDEN) {
        // The sum of the bits of a thousand draws reaches the rare paths too.
        let mut source = Key::root(7, 0).named(name).draws();
        let first = distribution.sample(&mut source).to_bits();
        let add = |sum: u64, _| {
            sum.wrapping_mul(31).wrapping_add(distribution.sample(&mut source).to_bits())
        };
        let thousand = (0..1000).fold(0, add);
        assert_eq!((name, first, thousand), golden);
    }
    assert_eq!(continuous().len(), GOLDEN.len());
}

proptest! {
    #[test]
    fn no_draw_is_negative_or_not_a_number(seed: u64, mean in 1e-3..1e12, cv in 1.0..5.0) {
        let kinds = [
            Distribution::exponential(mean),
            Distribution::normal(mean, mean * cv),
            Distribution::lognormal_mean_cv(mean, cv),
            Distribution::gamma_mean_cv(mean, cv),
            Distribution::hyperexponential_mean_cv(mean, cv),
            Distribution::weibull_shape_mean(1.0 / cv, mean),
            Distribution::pareto(mean, 1.0 + 1.0 / cv),
        ];
        for kind in kinds {
            let value = kind.unwrap().sample(&mut Key::root(seed, 0).draws());
            prop_assert!(value >= 0.0 && value.is_finite(), "{value}");
        }
    }
}

const GOLDEN: [(&str, u64, u64); 18] = [
    ("exponential", 0x415D_C125_A46C_B958, 0xBFB7_1A29_1FCF_4B4A),
    ("uniform", 0x4144_6F7D_0D21_5813, 0x2448_8AD2_C17F_DB10),
    ("normal", 0x4160_6D56_69BA_A233, 0x46EF_0C85_53D0_4FD4),
    ("normal cut", 0x413F_E395_2AF3_B644, 0x309A_812C_4DDA_00CF),
    ("normal cut in half", 0x413F_1B14_E602_F703, 0xC149_0002_65C3_0A3C),
    ("lognormal", 0x414E_4679_AFA1_81F5, 0x102C_2BCB_1DD7_6941),
    ("lognormal by quantiles", 0x4176_C05A_EECB_5DE2, 0x0AC4_5443_E5F6_68EC),
    ("gamma", 0x4147_51BA_E31F_C354, 0x07ED_95B4_CE01_E463),
    ("gamma below one", 0x40EC_15A2_D6C1_F1A4, 0x5214_1265_F33C_BA3D),
    ("gamma by cv", 0x4147_C422_B96E_DAA2, 0xC73E_B132_3EA3_7C2C),
    ("erlang", 0x416B_D7FB_D41E_1C58, 0xCD4A_3A25_9370_DFA0),
    ("erlang of one", 0x4171_5DF9_8448_F425, 0xEAFD_1843_19BA_351E),
    ("weibull", 0x4122_984A_05E6_C46E, 0xD110_6612_8FC6_1FE9),
    ("weibull heavy", 0x4139_47D8_D941_5B6B, 0x2866_1E9F_C51E_BE2A),
    ("pareto", 0x4136_D86A_BD33_8A47, 0xF80D_A6FB_A782_6479),
    ("pareto heavy", 0x4138_050A_1AD8_C8C3, 0x1632_C6F3_DBFD_F1B8),
    ("hyperexponential", 0x417F_C45D_856E_57AA, 0xD732_A935_F8EF_2363),
    ("hyperexponential by cv", 0x4144_E186_74E3_C522, 0x4675_FEBB_64B4_11AD),
];
