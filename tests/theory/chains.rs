//! Brute force: the stationary law of a Markov chain whose states are found by
//! walking from a first one. Slow and obvious, the judge of the formulas.

use std::collections::BTreeMap;

/// The states reachable from `first` with their stationary probabilities.
/// `next` gives (state, rate); for a chain in discrete time, rates are
/// probabilities and steps that stay may be left out or not. The number of states
/// is bounded, so that a chain that was meant to be finite fails and does not grow.
pub(crate) fn stationary<S: Ord + Clone>(
    first: S,
    next: impl Fn(&S) -> Vec<(S, f64)>,
) -> Vec<(S, f64)> {
    let (mut ids, mut states) = (BTreeMap::from([(first.clone(), 0)]), vec![first]);
    let (mut incoming, mut out) = (vec![Vec::new()], Vec::new());
    while out.len() < states.len() {
        let from = out.len();
        assert!(states.len() < 200_000, "the chain does not end");
        let mut leaving = 0.0;
        let possible = next(&states[from]).into_iter().filter(|&(_, rate)| rate > 0.0);
        for (state, rate) in possible.collect::<Vec<_>>() {
            let to = *ids.entry(state.clone()).or_insert(states.len());
            if to == states.len() {
                states.push(state);
                incoming.push(Vec::new());
            }
            if to != from {
                incoming[to].push((from, rate));
                leaving += rate;
            }
        }
        out.push(leaving);
    }
    states.into_iter().zip(gauss_seidel(&incoming, &out)).collect()
}

/// Solves π(j) out(j) = Σ π(i) q(i, j), sweeping up and down in turn.
fn gauss_seidel(incoming: &[Vec<(usize, f64)>], out: &[f64]) -> Vec<f64> {
    let count = out.len();
    let mut law = vec![1.0 / count as f64; count];
    for sweep in 0..20_000 {
        let mut moved = 0.0;
        for step in 0..count {
            let state = if sweep % 2 == 0 { step } else { count - 1 - step };
            let flow: f64 = incoming[state].iter().map(|&(from, rate)| law[from] * rate).sum();
            moved += (flow / out[state] - law[state]).abs();
            law[state] = flow / out[state];
        }
        let total: f64 = law.iter().sum();
        law.iter_mut().for_each(|share| *share /= total);
        if moved < 1e-13 * total {
            return law;
        }
    }
    panic!("the chain did not settle");
}

/// Mean of a figure under a stationary law.
pub(crate) fn mean<S>(law: &[(S, f64)], figure: impl Fn(&S) -> f64) -> f64 {
    law.iter().map(|(state, share)| share * figure(state)).sum()
}
