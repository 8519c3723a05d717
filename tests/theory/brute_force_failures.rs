//! Goal: the values of servers that fail rest on more than one derivation.
//! Method: the chain of which machine is up, the two-dimensional chain of queue
//! and server, cut off where the law is negligible, and a tagged request in it.

use crate::cases::{BREAKDOWNS, CREWS, DEATHS, K_OF_N};
use crate::chains::{mean, stationary};
use crate::failures::{Breakdowns, Repairs};

fn assert_close(value: f64, exact: f64, relative: f64) {
    assert!((value / exact - 1.0).abs() <= relative, "{value} is not {exact}");
}

/// Machine by machine: the failed ones in the order in which they failed, the
/// first ones under repair; a repair that ends leaves the others in order.
fn machine_by_machine(chain: Repairs) -> Vec<(Vec<u32>, f64)> {
    stationary(Vec::new(), |failed: &Vec<u32>| {
        let mut next = Vec::new();
        for machine in (0..chain.machines).filter(|machine| !failed.contains(machine)) {
            let more: Vec<u32> = failed.iter().copied().chain([machine]).collect();
            next.push((more, 1.0 / chain.up));
        }
        for place in 0..failed.len().min(chain.crews as usize) {
            let mut less = failed.clone();
            less.remove(place);
            next.push((less, 1.0 / chain.down));
        }
        next
    })
}

#[test]
fn machines_one_by_one_agree_with_their_number() {
    for chain in [K_OF_N, CREWS] {
        let law = machine_by_machine(chain);
        let spare = (chain.machines - chain.needed) as usize;
        let down = mean(&law, |failed| f64::from(u32::from(failed.len() > spare)));
        assert_close(down, chain.unavailability(), 1e-9);
        let reduced = mean(&law, |failed| f64::from(u32::from(!failed.is_empty())));
        assert_close(reduced, chain.reduced(), 1e-9);
        // One machine by itself: up for `up`, down for an incident.
        let own = mean(&law, |failed| f64::from(u32::from(failed.contains(&0))));
        assert_close(chain.incident() / (chain.incident() + chain.up), own, 1e-9);
    }
}

#[test]
fn by_themselves_they_are_binomial() {
    let p: f64 = 0.8;
    assert_close(1.0 - K_OF_N.unavailability(), 3.0 * p * p - 2.0 * p * p * p, 1e-12);
    assert_close(CREWS.unavailability(), 615.0 / 6_503.0, 1e-12);
}

/// Number present and whether the server is up; `clears` = a failure empties it.
fn queue(case: Breakdowns, most: u32, clears: bool) -> Vec<((u32, bool), f64)> {
    stationary((0_u32, true), |&(present, up)| {
        let mut next = Vec::new();
        if present < most && (up || !clears) {
            next.push(((present + 1, up), case.arrival));
        }
        if up {
            let left = if clears { 0 } else { present };
            next.push(((left, false), case.failing));
        } else {
            next.push(((present, true), case.repairing));
        }
        if up && present > 0 {
            next.push(((present - 1, true), case.service));
        }
        next
    })
}

#[test]
fn breakdowns_solve_the_chain_of_queue_and_server() {
    let law = queue(BREAKDOWNS, 120, false);
    assert_close(mean(&law, |state| f64::from(state.0)), BREAKDOWNS.present(), 1e-8);
    let up = mean(&law, |state| f64::from(u32::from(state.1)));
    assert_close(up, BREAKDOWNS.availability(), 1e-9);
}

#[test]
fn deaths_solve_their_chain_and_are_closed_by_littles_law() {
    let law = queue(DEATHS, 150, true);
    let present = mean(&law, |state| f64::from(state.0));
    assert_close(DEATHS.failing * present / DEATHS.arrival, DEATHS.lost(), 1e-8);
    let served = mean(&law, |&(n, up)| f64::from(u32::from(up && n > 0))) * DEATHS.service;
    let answered = DEATHS.availability() - DEATHS.lost();
    assert_close(served / DEATHS.arrival, answered, 1e-8);
    // A tagged request finds n and needs n + 1 services before the next death:
    // each is one within 1/(μ + ξ), and comes before it with chance μ/(μ + ξ).
    let either = DEATHS.service + DEATHS.failing;
    let survives = |n: u32| libm::pow(DEATHS.service / either, f64::from(n + 1));
    let arrives = |&(n, up): &(u32, bool)| if up { survives(n) } else { 0.0 };
    assert_close(mean(&law, arrives), answered, 1e-8);
    let time = mean(&law, |state| arrives(state) * f64::from(state.0 + 1) / either);
    assert_close(time / answered, 1.0 / DEATHS.drain(), 1e-8);
}
