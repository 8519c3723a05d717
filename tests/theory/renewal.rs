//! Caches over a cycle of an entry: renewal reward (Ross 2014, § 7.4).

use crate::cases::Case;

const HIT: &str = "components.caches.objects.figures.hit_ratio";
const MEAN: &str = "response_time_ms.mean";

/// Seconds of a fetch and of a lifetime, requests per second.
const FETCH: f64 = 0.2;
const LIFE: f64 = 2.0;
const RATE: f64 = 50.0;

/// Figures of caches whose misses, writes and stale answers are known.
pub(crate) fn cycles() -> [Case; 4] {
    [delayed_hits(), stampede(), stale(), write_behind()]
}

/// Of a cycle's requests one fetches, those of the fetch wait half of it in
/// the mean, those of the lifetime hit: Atre et al. 2020.
fn delayed_hits() -> Case {
    let all = 1.0 + RATE * (FETCH + LIFE);
    let delayed = "components.caches.objects.figures.delayed_hit_ratio";
    let waited = FETCH + RATE * FETCH * FETCH / 2.0;
    let figures = vec![
        (HIT, RATE * LIFE / all),
        (delayed, RATE * FETCH / all),
        (MEAN, 1_000.0 * waited / all),
    ];
    ("delayed-hits", figures)
}

/// All who ask during the first fetch fetch as well. The last of them asks
/// (1 − e^(−λD))/λ before the end of the first fetch in the mean, and its
/// entry lasts longest; then the next request is waited for.
fn stampede() -> Case {
    let fetches = 1.0 + RATE * FETCH;
    let last = FETCH - (1.0 - libm::exp(-RATE * FETCH)) / RATE;
    let cycle = last + FETCH + LIFE + 1.0 / RATE;
    let figures = vec![
        (HIT, 1.0 - fetches / (RATE * cycle)),
        (MEAN, 1_000.0 * FETCH * fetches / (RATE * cycle)),
    ];
    ("stampede", figures)
}

/// At age a, an item that is written μ times a second is stale with the chance
/// 1 − e^(−μa), since the first write: summed over the lifetime by Simpson's
/// rule, which the closed form of the scenario does not know.
fn stale() -> Case {
    const READS: f64 = 9.0;
    const WRITES: f64 = 1.0;
    let integral = |of: &dyn Fn(f64) -> f64| {
        let steps = 2_000;
        let width = LIFE / f64::from(steps);
        let weight = |step: i32| match step {
            0 => 1.0,
            _ if step == steps => 1.0,
            _ if step % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let terms = (0..=steps).map(|step| weight(step) * of(f64::from(step) * width));
        terms.sum::<f64>() * width / 3.0
    };
    let stale = integral(&|age| 1.0 - libm::exp(-WRITES * age));
    // Since its first write at s: the integral of (a − s) μ e^(−μs) over s.
    let since = integral(&|age| age - (1.0 - libm::exp(-WRITES * age)) / WRITES);
    let figures = vec![
        (HIT, READS * LIFE / (1.0 + READS * LIFE)),
        ("components.caches.objects.figures.stale_hit_ratio", stale / LIFE),
        ("components.caches.objects.figures.stale_age_ms_mean", 1_000.0 * since / stale),
    ];
    ("stale-ttl", figures)
}

/// A flush half a second after the first of ten writes a second.
fn write_behind() -> Case {
    let meanwhile = 10.0 * 0.5;
    let absorbed = meanwhile / (1.0 + meanwhile);
    ("write-behind", vec![("components.caches.objects.figures.absorbed_ratio", absorbed)])
}
