//! Goal: no value rests on one derivation. Method: solve the Markov chain of the
//! system itself, state by state, and compare with the formula; where a case is
//! infinite, cut it off where the law has become negligible.

use std::collections::VecDeque;

use crate::caches::{che_lru, gelenbe_fifo, hits_until, king_lru, ttl, zipf};
use crate::cases::{self, WEB_TIER, hyperexponential};
use crate::chains::{mean, stationary};
use crate::networks::{jackson_visit, mean_value_analysis};
use crate::queues::{
    Mh21, Mmc, erlang_b, md1_wait_cdf, pollaczek_khinchine, quantile, replication_lag, two_choices,
};
use crate::replacement::{arc, lfu, lfu_limit, random, s3_fifo, sieve};

fn assert_close(value: f64, exact: f64, relative: f64) {
    assert!((value / exact - 1.0).abs() <= relative, "{value} is not {exact}");
}

/// Law of the number present in M/M/c with room for `room` in all.
fn birth_death(arrival: f64, service: f64, servers: u32, room: u32) -> Vec<(u32, f64)> {
    stationary(0_u32, |&present| {
        let mut next = Vec::new();
        if present < room {
            next.push((present + 1, arrival));
        }
        if present > 0 {
            next.push((present - 1, f64::from(present.min(servers)) * service));
        }
        next
    })
}

#[test]
fn erlang_formulas_solve_the_birth_death_chain() {
    let lost = birth_death(0.08, 0.01, 10, 10);
    assert_close(mean(&lost, |&n| f64::from(u32::from(n == 10))), erlang_b(10, 8.0), 1e-10);
    for (arrival, servers) in [(0.08, 1), (0.14, 2), (0.32, 4), (0.04, 4), (0.3, 4)] {
        let law = birth_death(arrival, 0.1, servers, 250);
        let station = Mmc { arrival, service: 0.1, servers };
        assert_close(mean(&law, |&n| f64::from(n)), arrival * station.sojourn(), 1e-8);
        let waiting = mean(&law, |&n| f64::from(u32::from(n >= servers)));
        assert_close(waiting, station.waits(), 1e-8);
    }
}

/// Who arrives with n present has the n-th Erlang mixture: the sojourn's
/// survival by conditioning, not by the exponential wait.
#[test]
fn sojourn_quantiles_follow_from_what_arrivals_find() {
    let station = Mmc { arrival: 0.32, service: 0.1, servers: 4 };
    let law = birth_death(0.32, 0.1, 4, 250);
    for p in [0.5, 0.95, 0.99] {
        let t = station.quantile(p);
        let beyond = mean(&law, |&n| after_departures(0.1, 4, n, t));
        assert_close(beyond, 1.0 - p, 1e-4);
    }
}

/// P(sojourn > t | n found): n − c + 1 departures at rate cμ, then a service;
/// integrated over the instant of the last departure by Simpson's rule.
fn after_departures(service: f64, servers: u32, found: u32, t: f64) -> f64 {
    if found < servers {
        return libm::exp(-service * t);
    }
    let (stages, rate) = (found - servers + 1, f64::from(servers) * service);
    let density = |x: f64| {
        let poisson =
            (1..stages).fold(libm::exp(-rate * x), |term, k| term * rate * x / f64::from(k));
        rate * poisson
    };
    let served = simpson(t, 400, |x| density(x) * -libm::expm1(-service * (t - x)));
    1.0 - served
}

fn simpson(end: f64, intervals: u32, f: impl Fn(f64) -> f64) -> f64 {
    let width = end / f64::from(intervals);
    let weight = |i: u32| match i {
        0 => 1.0,
        i if i == intervals => 1.0,
        i if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=intervals).map(|i| weight(i) * f(f64::from(i) * width)).sum::<f64>() * width / 3.0
}

/// Round robin over 4 of a Poisson stream: the phase of the gap is part of the state.
#[test]
fn takacs_solves_the_chain_of_phases() {
    let law = stationary((0_u32, 0_u32), |&(phase, present)| {
        let mut next = Vec::new();
        if phase < 3 {
            next.push(((phase + 1, present), 0.8));
        } else if present < 150 {
            next.push(((0, present + 1), 0.8));
        }
        if present > 0 {
            next.push(((phase, present - 1), f64::from(present.min(4)) / 15.0));
        }
        next
    });
    // An arrival ends the last phase, which lasts a quarter of the time.
    let finds = mean(&law, |&(phase, n)| f64::from(u32::from(phase == 3 && n >= 4))) / 0.25;
    assert_close(finds, WEB_TIER.waits(), 1e-8);
    let queue = mean(&law, |&(_, n)| f64::from(n.saturating_sub(4)));
    assert_close(queue / 0.2, WEB_TIER.waits() / WEB_TIER.drain(), 1e-8);
}

/// The value leaves out the wait at the database: Erlang C says it is nothing.
#[test]
fn the_database_of_the_web_tier_does_not_queue() {
    for arrival in [0.8 * 0.2 * 0.8 / 3.0, 0.8 * 0.2 * 0.2] {
        let wait = Mmc { arrival, service: 1.0 / 12.0, servers: 8 }.sojourn() - 12.0;
        assert!(wait / 21.9 < 1e-6, "{wait}");
    }
    // The survival is one at zero and has the mean of the case.
    assert!((cases::web_tier_survival(0.0) - 1.0).abs() < 1e-12);
    let area = 1.0 + simpson(999.0, 40_000, |t| cases::web_tier_survival(t + 1.0))
        - simpson(1.0, 400, |t| 1.0 - inside(t));
    assert_close(area, 21.883, 1e-4);
}

/// The survival below one millisecond, where the constant 1 ms has not ended.
fn inside(t: f64) -> f64 {
    cases::web_tier_survival(t.min(1.0 - 1e-12))
}

/// What a departure leaves behind arrived during its sojourn, so that
/// P(0 left) etc. mix Poisson laws over the sojourn (Haji & Newell 1971).
#[test]
fn sojourn_mixture_of_two_phases_solves_the_chain() {
    let station: Mh21 = hyperexponential(0.06);
    let law = stationary((0_u32, 0_usize), |&(present, phase)| {
        let mut next = Vec::new();
        let starts = |n: u32| [0, 1].map(|i| ((n, i), station.share[i]));
        if present == 0 {
            next.extend(starts(1).map(|(to, share)| (to, 0.06 * share)));
        } else {
            if present < 300 {
                next.push(((present + 1, phase), 0.06));
            }
            let done = station.rate[phase];
            match present {
                1 => next.push(((0, 0), done)),
                _ => next.extend(starts(present - 1).map(|(to, share)| (to, done * share))),
            }
        }
        next
    });
    let mixture = station.sojourn_mixture();
    assert_close(mixture.iter().map(|(weight, _)| weight).sum(), 1.0, 1e-12);
    let sojourn: f64 = mixture.iter().map(|(weight, rate)| weight / rate).sum();
    assert_close(sojourn, 10.0 + pollaczek_khinchine(0.06, 10.0, station.second_moment()), 1e-12);
    for z in [0.0, 0.3, 0.7, 0.95] {
        let left = mean(&law, |&(n, _)| libm::pow(z, f64::from(n)));
        let transform = |(weight, rate): &(f64, f64)| weight * rate / (rate + 0.06 * (1.0 - z));
        assert_close(left, mixture.iter().map(transform).sum(), 1e-8);
    }
}

/// M/D/1 embedded at departures: the number left follows the Poisson arrivals of
/// one service, and mixes Poisson laws over the sojourn.
#[test]
fn crommelin_solves_the_chain_of_departures() {
    let poisson =
        |load: f64, n: u32| (1..=n).fold(libm::exp(-load), |term, k| term * load / f64::from(k));
    let law = stationary(0_u32, |&left| {
        let carried = left.saturating_sub(1);
        (0..30).filter(|n| carried + n < 200).map(|n| (carried + n, poisson(0.8, n))).collect()
    });
    // E[e^(−s T)] = 1 − s ∫ e^(−s t) P(T > t) dt, where P = 1 up to the service.
    let beyond = |t: f64| {
        if t < 10.0 { 1.0 } else { 1.0 - md1_wait_cdf(0.08, 10.0, t - 10.0) }
    };
    for z in [0.0, 0.4, 0.8] {
        let speed = 0.08 * (1.0 - z);
        let integrand = |t: f64| speed * libm::exp(-speed * t) * beyond(10.0 + t);
        // Beyond 250 ms less than 10⁻⁵ is left, and the sum loses its digits.
        let transform = libm::exp(-10.0 * speed) * (1.0 - simpson(250.0, 10_000, integrand));
        assert_close(mean(&law, |&n| libm::pow(z, f64::from(n))), transform, 5e-5);
    }
    let median = 10.0 + quantile(0.5, |t| 1.0 - md1_wait_cdf(0.08, 10.0, t));
    assert!(beyond(median - 0.01) > 0.5 && beyond(median + 0.01) < 0.5);
}

#[test]
fn mean_value_analysis_solves_the_closed_chain() {
    let (users, think, demands) = (12_u32, 100.0, [8.0, 5.0, 6.0]);
    let law = stationary([0_u32; 3], |&queues| {
        let mut next = Vec::new();
        let thinking = users - queues.iter().sum::<u32>();
        if thinking > 0 {
            let [a, b, c] = queues;
            next.push(([a + 1, b, c], f64::from(thinking) / think));
        }
        for station in 0..3 {
            if queues[station] > 0 {
                let mut to = queues;
                to[station] -= 1;
                if station < 2 {
                    to[station + 1] += 1;
                }
                next.push((to, 1.0 / demands[station]));
            }
        }
        next
    });
    let (throughput, sojourn) = mean_value_analysis(users, think, &demands);
    assert_close(mean(&law, |q| f64::from(u32::from(q[0] > 0))), 8.0 * throughput, 1e-9);
    assert_close(mean(&law, |q| f64::from(q.iter().sum::<u32>())), throughput * sojourn, 1e-9);
}

/// The state is the order in both queues with the visit each request is on: the
/// second and third visits keep their class, and yet the product form holds.
#[test]
fn jackson_solves_the_chain_of_ordered_queues() {
    let (arrival, room) = (0.02, 6);
    let law = stationary((Vec::new(), Vec::new()), |(web, database): &(Vec<u8>, Vec<u8>)| {
        let mut next = Vec::new();
        if web.len() + database.len() < room {
            let mut longer = web.clone();
            longer.push(1);
            next.push(((longer, database.clone()), arrival));
        }
        if let Some((&visit, rest)) = web.split_first() {
            let goes_on = if visit < 3 { 0.5 } else { 0.0 };
            let mut longer = database.clone();
            longer.push(visit);
            next.push(((rest.to_vec(), longer), goes_on / 8.0));
            next.push(((rest.to_vec(), database.clone()), (1.0 - goes_on) / 8.0));
        }
        if let Some((&visit, rest)) = database.split_first() {
            let mut longer = web.clone();
            longer.push(visit + 1);
            next.push(((longer, rest.to_vec()), 1.0 / 16.0));
        }
        next
    });
    let web = jackson_visit(arrival, 1.75, 8.0);
    let database = jackson_visit(arrival, 0.75, 16.0);
    let present = mean(&law, |(web, _)| web.len() as f64);
    assert_close(present, arrival * 1.75 * web, 0.01);
    let present = mean(&law, |(_, database)| database.len() as f64);
    assert_close(present, arrival * 0.75 * database, 0.01);
}

/// The fixed point of the limit is where its differential equations lead:
/// ds_i/dt = λ (s_{i−1}² − s_i²) − (s_i − s_{i+1}).
#[test]
fn two_choices_is_where_the_differential_equations_settle() {
    let load = 0.9;
    let mut tail = [0.0; 14];
    tail[0] = 1.0;
    for _ in 0..40_000 {
        let before = tail;
        for i in 1..13 {
            let joins = load * (before[i - 1] * before[i - 1] - before[i] * before[i]);
            tail[i] += 0.02 * (joins - (before[i] - before[i + 1]));
        }
    }
    assert_close(tail[1..].iter().sum::<f64>() / load, two_choices(load), 1e-9);
}

/// All ordered contents of a small cache; `renew` moves a hit to the front.
fn ordered_cache(p: &[f64], capacity: usize, renew: bool) -> f64 {
    let first: VecDeque<usize> = (0..capacity).collect();
    let law = stationary(first, |held| {
        let reference = |item: usize| {
            let mut held = held.clone();
            let at = held.iter().position(|&other| other == item);
            match at {
                Some(at) if renew => drop(held.remove(at)),
                Some(_) => return (held, p[item]),
                None => drop(held.pop_back()),
            }
            held.push_front(item);
            (held, p[item])
        };
        (0..p.len()).map(reference).collect()
    });
    mean(&law, |held| held.iter().map(|&item| p[item]).sum())
}

#[test]
fn king_and_gelenbe_solve_the_chains_of_ordered_contents() {
    for (items, capacity) in [(6, 3), (10, 4)] {
        let p = zipf(items, 0.8);
        assert_close(king_lru(&p, capacity), ordered_cache(&p, capacity, true), 1e-9);
        assert_close(gelenbe_fifo(&p, capacity), ordered_cache(&p, capacity, false), 1e-9);
    }
    // All alike: whatever is kept, C of n.
    assert_close(king_lru(&[0.1; 10], 4), 0.4, 1e-12);
    assert_close(gelenbe_fifo(&[0.1; 10], 4), 0.4, 1e-12);
}

#[test]
fn random_replacement_solves_the_chain_of_sets() {
    for (p, capacity) in [(zipf(6, 0.8), 3), (zipf(10, 0.8), 4)] {
        assert_close(gelenbe_fifo(&p, capacity), random(&p, capacity), 1e-9);
    }
}

/// Counts that end at K: an item is driven out by K hits of another in a row,
/// so that the most popular hold their places the longer, the larger K.
#[test]
fn the_most_popular_outlast_the_others_under_lfu() {
    let p = zipf(4, 2.0);
    let far = |most| (lfu(&p, 2, most) / lfu_limit(&p, 2) - 1.0).abs();
    assert!(far(6) < far(3) && far(12) < 0.05 * far(3), "{} {} {}", far(3), far(6), far(12));
    let p = zipf(10, 3.0);
    assert_close(lfu(&p, 2, 16), lfu_limit(&p, 2), 1e-5);
}

/// One place holds the last item asked for; alike items hit with C/n; and on
/// skewed ones each policy lies between random and the best.
#[test]
fn chains_of_policies_agree_where_the_answer_is_plain() {
    let p = zipf(5, 0.8);
    let repeated: f64 = p.iter().map(|p| p * p).sum();
    for ratio in [sieve(&p, 1), s3_fifo(&p, 1, 1), arc(&p, 1), lfu(&p, 1, 3)] {
        assert_close(ratio, repeated, 1e-9);
    }
    let alike = [0.2; 5];
    for ratio in [sieve(&alike, 2), s3_fifo(&alike, 2, 1), arc(&alike, 2), lfu(&alike, 2, 3)] {
        assert_close(ratio, 0.4, 1e-9);
    }
    for ratio in [sieve(&p, 2), s3_fifo(&p, 2, 1), arc(&p, 2)] {
        assert!(gelenbe_fifo(&p, 2) < ratio && ratio < lfu_limit(&p, 2), "{ratio}");
    }
}

/// The renewal equation m(t) = ∫₀^min(t,T) λ e^(−λx) (1 + m(t − x)) dx in
/// small steps, at the middle of each.
#[test]
fn hits_of_a_lifetime_solve_the_renewal_equation() {
    for (rate, characteristic, lifetime) in [(2.0, 1.0, 1.6), (0.3, 1.0, 2.0), (7.0, 1.0, 0.7)] {
        let step = 1e-3;
        let gap = |at: usize| {
            let at = at as f64 * step;
            libm::exp(-rate * at) - libm::exp(-rate * (at + step))
        };
        let longest = (characteristic / step) as usize;
        let mut hits = vec![0.0_f64];
        for now in 1..=(lifetime / step + 0.5) as usize {
            let over = 0..now.min(longest);
            // The gap ends between two steps: the mean of what follows them.
            let after = |at: usize| {
                let first = hits.get(now - at).copied();
                let second = hits[now - at - 1];
                1.0 + 0.5 * (first.unwrap_or(second) + second)
            };
            let sum = over.map(|at| gap(at) * after(at)).sum();
            hits.push(sum);
        }
        let last = *hits.last().expect("at least the first");
        assert_close(hits_until(rate, characteristic, lifetime), last, 3e-3);
    }
}

/// Close already at ten items; the error falls with their number.
#[test]
fn che_is_near_the_exact_ratio() {
    let near = |items, capacity| {
        let p = zipf(items, 0.8);
        (che_lru(&p, capacity as f64) / king_lru(&p, capacity) - 1.0).abs()
    };
    assert!(near(10, 4) < 0.02, "{}", near(10, 4));
    assert!(near(40, 4) < near(10, 1), "{} {}", near(40, 4), near(10, 1));
}

/// A lifetime of twenty exponential phases: only its mean counts.
#[test]
fn lifetime_solves_the_chain_of_phases() {
    let (p, requests, lifetime) = ([0.7, 0.2, 0.1], 2.0, 3.0);
    let present = p.map(|weight| {
        let law = stationary(0_u32, |&phase| match phase {
            0 => vec![(1, weight * requests)],
            20 => vec![(0, 20.0 / lifetime)],
            phase => vec![(phase + 1, 20.0 / lifetime)],
        });
        weight * mean(&law, |&phase| f64::from(u32::from(phase > 0)))
    });
    assert_close(present.iter().sum(), ttl(&p, requests, lifetime), 1e-10);
}

/// Lag in discrete time, with the age itself as the state: it grows by one each
/// tick, and at the end of an apply falls by the gap to the next commit.
fn discrete_lag(tick: f64, arrival: f64, mean_apply: f64, longest: u32) -> f64 {
    let (commits, ends) = (arrival * tick, tick / mean_apply);
    let law = stationary(0_u32, |&age| {
        if age == 0 {
            return vec![(1, commits)];
        }
        let mut next = vec![((age + 1).min(longest), 1.0 - ends)];
        let mut beyond = ends;
        for gap in 1..=age {
            let chance = if gap == age { beyond } else { beyond * commits };
            beyond -= chance;
            // After the last apply nothing is left, unless a commit fell on this tick.
            next.push((if gap == age { 0 } else { age + 1 - gap }, chance));
        }
        next
    });
    tick * mean(&law, |&age| f64::from(age))
}

#[test]
fn lag_solves_the_chain_of_ages() {
    let exact = replication_lag(0.1, 6.0, 72.0);
    let (coarse, fine) = (discrete_lag(0.5, 0.1, 6.0, 400), discrete_lag(0.25, 0.1, 6.0, 800));
    // The error falls with the tick: extrapolate to none.
    assert_close(2.0 * fine - coarse, exact, 2e-3);
}

/// The same along one path, for exponential and constant applies.
#[test]
fn lag_is_the_area_under_its_sawtooth() {
    let mut draw = uniform();
    for (mean, second, constant) in [(6.0, 72.0, false), (7.0, 49.0, true)] {
        let (mut now, mut free, mut area) = (0.0, 0.0, 0.0);
        for _ in 0..2_000_000 {
            now -= libm::log(draw()) / 0.1;
            let work = if constant { mean } else { -mean * libm::log(draw()) };
            let start = f64::max(now, free);
            free = start + work;
            let (low, high) = (start - now, free - now);
            area += 0.5 * (high * high - low * low);
        }
        assert_close(area / now, replication_lag(0.1, mean, second), 0.02);
    }
}

/// SplitMix64 in (0, 1]: enough for a check by eye of one per cent.
fn uniform() -> impl FnMut() -> f64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1e-17
    }
}
