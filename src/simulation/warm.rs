//! Caches that begin warm: with the most popular items that fit.

use super::blueprint::{Blueprint, CachePlan, WarmSet};
use super::world::World;
use crate::kernel::math::sqrt;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::{Duration, Instant};

/// Fills every cache that is to begin warm.
pub(super) fn warm_caches(world: &mut World) {
    for cache in 0..world.plan.caches.len() {
        let plan = &world.plan.caches[cache];
        if plan.warm.is_empty() {
            continue;
        }
        let key = world.root.named("warm").numbered(cache as u64);
        fill(world, cache, plan, key);
    }
}

/// One key in the order of its popularity.
struct Candidate {
    key: u64,
    bytes: u64,
}

fn fill(world: &mut World, cache: usize, plan: &CachePlan, owner: Key) {
    let tier = &mut world.caches[cache];
    let pools = tier.placement.pool_sizes();
    // The smallest pool of nodes bounds what all of them hold from the start.
    let nodes = pools.into_iter().min().unwrap_or(0);
    let candidates = most_popular(world.plan, plan, nodes as u64);
    // The least popular first, so that the most popular are the most recent.
    for candidate in candidates.into_iter().rev() {
        let bytes = candidate.bytes.min(u64::from(u32::MAX)) as u32;
        let expires_at = plan.ttl.map(|ttl| {
            let mut draws = owner.numbered(candidate.key).draws();
            Instant::ZERO + remaining(ttl, plan.jitter, &mut draws)
        });
        for node in tier.placement.holders(candidate.key) {
            let node = &mut tier.nodes[node];
            match expires_at {
                None => node.store(Instant::ZERO, candidate.key, bytes, None),
                Some(at) => node.store_aged(candidate.key, bytes, at),
            }
        }
    }
}

/// What is left of a TTL in a cache that has run for long.
///
/// Whoever looks at an arbitrary instant finds a lifetime with a chance in
/// proportion to its length (Cox 1962, "Renewal theory", §5.1), and any share of
/// it over. A lifetime of ttl (1 + jitter · u) so found has, in units of ttl, a
/// density in proportion to v between 1 − jitter and 1 + jitter: v² is uniform.
fn remaining(ttl: Duration, jitter: f64, draws: &mut impl Source) -> Duration {
    let age = draws.uniform();
    let shortest = (1.0 - jitter) * (1.0 - jitter);
    let found = match jitter {
        0.0 => 1.0,
        _ => sqrt(shortest + 4.0 * jitter * draws.uniform()),
    };
    Duration::from_nanos_f64(ttl.as_nanos() as f64 * found * (1.0 - age))
}

/// Keys by falling rate of requests, until they fill the memory of so many nodes.
fn most_popular(plan: &Blueprint, cache: &CachePlan, nodes: u64) -> Vec<Candidate> {
    let mut ranks = vec![0; cache.warm.len()];
    let mut rates: Vec<f64> = cache.warm.iter().map(|set| rate(plan, set, 0)).collect();
    let mut left = cache.memory_bytes.saturating_mul(nodes);
    let mut candidates = Vec::new();
    loop {
        let best = (0..cache.warm.len())
            .filter(|&set| ranks[set] < cache.warm[set].items)
            .map(|set| (set, rates[set]))
            .reduce(|best, next| if next.1 > best.1 { next } else { best });
        let Some((set, _)) = best else {
            return candidates;
        };
        let chosen = &cache.warm[set];
        if chosen.bytes > left {
            return candidates;
        }
        left -= chosen.bytes;
        candidates.push(Candidate { key: chosen.space << 48 | ranks[set], bytes: chosen.bytes });
        ranks[set] += 1;
        if ranks[set] < chosen.items {
            rates[set] = rate(plan, chosen, ranks[set]);
        }
    }
}

/// Rate of requests for one key, relative to the others.
fn rate(plan: &Blueprint, set: &WarmSet, rank: u64) -> f64 {
    match set.popularity {
        Some(dataset) => set.weight * plan.popularities[dataset].mass(rank),
        None => set.weight / set.items as f64,
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a warm cache has the remaining times of one that has run for long.
    //! Method: against a renewal process of jittered lifetimes, seen at fixed
    //! instants far from its start; means and squares of 40,000, at five
    //! standard errors.
    use super::*;

    /// (mean, mean of squares) of what is left, TTL 1 s.
    fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
        let (mut first, mut second, mut count) = (0.0, 0.0, 0.0);
        for value in values {
            (first, second, count) = (first + value, second + value * value, count + 1.0);
        }
        (first / count, second / count)
    }

    fn renewed(jitter: f64, number: u64) -> f64 {
        let mut draws = Key::root(3, 0).numbered(number).draws();
        let mut end = 0.0;
        while end < 30.0 {
            end += 1.0 + jitter * (2.0 * draws.uniform() - 1.0);
        }
        end - 30.0
    }

    #[test]
    fn what_is_left_of_a_lifetime_is_what_an_observer_finds() {
        let ttl = Duration::from_secs_f64(1.0);
        for jitter in [0.5, 1.0] {
            let left = |number| {
                let mut draws = Key::root(4, 0).numbered(number).draws();
                remaining(ttl, jitter, &mut draws).as_secs_f64()
            };
            let (warm, seen) = (moments((0..40_000).map(left)), {
                moments((0..40_000).map(|number| renewed(jitter, number)))
            });
            // Standard deviations are at most 0.45 and 0.7.
            assert!((warm.0 - seen.0).abs() < 0.016, "{jitter}: {warm:?} {seen:?}");
            assert!((warm.1 - seen.1).abs() < 0.025, "{jitter}: {warm:?} {seen:?}");
            // E[X²]/2E[X] in closed form: (1 + j²/3)/2.
            assert!((warm.0 - 0.5 * (1.0 + jitter * jitter / 3.0)).abs() < 0.012, "{warm:?}");
        }
    }

    #[test]
    fn without_jitter_what_is_left_is_uniform() {
        let mut draws = Key::root(5, 0).draws();
        let age = Key::root(5, 0).draws().uniform();
        let left = remaining(Duration::from_nanos(1_000), 0.0, &mut draws);
        assert_eq!(left, Duration::from_nanos_f64(1_000.0 * (1.0 - age)));
    }
}
