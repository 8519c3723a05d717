//! Goal: the values of clients who try again, give up or ask twice rest on more
//! than one derivation. Method: every outcome of retries one by one; the chain of
//! Erlang A and a tagged caller in it, closed by Little's law; integrals of the
//! hedge over both latencies.

use crate::cases::{ERLANG_A, HEDGE, RETRIES};
use crate::chains::{mean, stationary};

fn assert_close(value: f64, exact: f64, relative: f64) {
    assert!((value / exact - 1.0).abs() <= relative, "{value} is not {exact}");
}

/// Midpoints of `cells` equal parts of an exponential of mean 100, by probability.
fn latencies(cells: u32) -> impl Iterator<Item = f64> + Clone {
    (0..cells).map(move |cell| -100.0 * libm::log1p(-(f64::from(cell) + 0.5) / f64::from(cells)))
}

/// All combinations of three latencies of equal probability.
#[test]
fn retries_by_counting_all_outcomes() {
    let cells = 150;
    let (mut all, mut answered, mut attempts, mut total) = (0.0, 0.0, 0.0, 0.0);
    for first in latencies(cells) {
        for second in latencies(cells) {
            for third in latencies(cells) {
                let mut spent = 0.0;
                let made = [first, second, third].into_iter().zip([50.0, 100.0, 0.0]);
                all += 1.0;
                for (latency, pause) in made {
                    attempts += 1.0;
                    if latency <= 120.0 {
                        answered += 1.0;
                        total += spent + latency;
                        break;
                    }
                    spent += 120.0 + pause;
                }
            }
        }
    }
    assert_close(1.0 - answered / all, RETRIES.fail_for_good(), 0.03);
    assert_close(attempts / all, RETRIES.attempts_mean(), 0.003);
    assert_close(total / answered, RETRIES.response(), 0.003);
}

/// The chain cut off at 300. A tagged caller with k before it: (P(served),
/// E[wait; served], E[wait; gives up]), by what happens next.
#[test]
fn erlang_a_is_closed_by_littles_law() {
    let (c, mu, theta, arrival) = (10_u32, 0.01, 0.005, 0.1);
    let law = stationary(0_u32, |&n| {
        let waiting = f64::from(n.saturating_sub(c));
        let mut next = Vec::new();
        if n < 300 {
            next.push((n + 1, arrival));
        }
        if n > 0 {
            next.push((n - 1, f64::from(n.min(c)) * mu + waiting * theta));
        }
        next
    });
    let mut tagged = vec![(1.0, 0.0, 0.0)];
    for k in 0..300 {
        let stage = f64::from(c) * mu + f64::from(k) * theta;
        let (moves, gives_up) = (stage / (stage + theta), theta / (stage + theta));
        let (served, waited, lost) = tagged[k as usize];
        let time = 1.0 / (stage + theta);
        tagged.push((
            moves * served,
            moves * (waited + served * time),
            gives_up * time + moves * (lost + (1.0 - served) * time),
        ));
    }
    let found = |n: u32| tagged[(n + 1).saturating_sub(c) as usize];
    let served = mean(&law, |&n| found(n).0);
    let waits = mean(&law, |&n| found(n).1 + found(n).2);
    let queue = mean(&law, |&n| f64::from(n.saturating_sub(c)));
    assert_close(arrival * waits, queue, 1e-8);
    assert_close(1.0 - served, ERLANG_A.abandoned(), 1e-8);
    assert_close(mean(&law, |&n| found(n).1) / served, ERLANG_A.wait_of_served(), 1e-8);
}

#[test]
fn hedges_by_counting_pairs_of_latencies() {
    let cells = 2_000;
    let (mut total, mut late, mut waited, mut slow) = (0.0, 0.0, 0.0, 0.0);
    for first in latencies(cells) {
        for second in latencies(cells) {
            let answer = first.min(150.0 + second);
            total += answer;
            late += f64::from(u8::from(first > 150.0));
            waited += if answer < first { 150.0 } else { 0.0 };
            slow += f64::from(u8::from(answer > 305.258_509_3));
        }
    }
    let pairs = f64::from(cells * cells);
    assert_close(total / pairs, HEDGE.mean(), 1e-3);
    assert_close(late / pairs, HEDGE.share(), 3e-3);
    assert_close(waited / pairs, HEDGE.waited(), 3e-3);
    assert_close(slow / pairs, 0.01, 0.01);
}
