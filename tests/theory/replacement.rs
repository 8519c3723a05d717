//! Replacement policies without a closed form: the Markov chain of a small
//! cache under independent references, from the papers' pseudo-code. All
//! objects have one size. Queues are written newest first.

use crate::chains::{mean, stationary};

/// Hit ratio in the long run of a policy whose `step` takes (state, item) to
/// the next state, and `holds` says what a state holds.
fn hit_ratio<S: Ord + Clone>(
    p: &[f64],
    empty: S,
    step: impl Fn(&S, u8) -> S,
    holds: impl Fn(&S, u8) -> bool,
) -> f64 {
    let items = || (0..p.len()).map(|item| (item as u8, p[item]));
    // Every item in turn: a state in which the cache is full, so that those of
    // its filling, which never return, are left out.
    let filled = items().fold(empty, |state, (item, _)| step(&state, item));
    let law = stationary(filled, |state| {
        items().map(|(item, chance)| (step(state, item), chance)).collect()
    });
    mean(&law, |state| items().filter(|&(item, _)| holds(state, item)).map(|(_, p)| p).sum())
}

fn has(queue: &[(u8, u8)], item: u8) -> bool {
    queue.iter().any(|entry| entry.0 == item)
}

/// RANDOM, with sets as states: each of the held goes with the same chance.
pub(crate) fn random(p: &[f64], capacity: usize) -> f64 {
    let law = stationary((0..capacity as u8).collect::<Vec<u8>>(), |held: &Vec<u8>| {
        let missed = (0..p.len() as u8).filter(|item| !held.contains(item));
        let replaced = missed.flat_map(|item| (0..capacity).map(move |place| (item, place)));
        let next = replaced.map(|(item, place)| {
            let mut after = held.clone();
            after[place] = item;
            after.sort_unstable();
            (after, p[usize::from(item)] / capacity as f64)
        });
        next.collect()
    });
    mean(&law, |held| held.iter().map(|&item| p[usize::from(item)]).sum())
}

/// In-cache LFU whose counts end at `most`: (item, uses), latest use first.
pub(crate) fn lfu(p: &[f64], capacity: usize, most: u8) -> f64 {
    let step = |held: &Vec<(u8, u8)>, item: u8| {
        let mut held = held.clone();
        let uses = match held.iter().position(|entry| entry.0 == item) {
            Some(place) => held.remove(place).1,
            None => {
                if held.len() == capacity {
                    let least = held.iter().map(|entry| entry.1).min();
                    let place = held.iter().rposition(|entry| Some(entry.1) == least);
                    held.remove(place.expect("full"));
                }
                0
            }
        };
        held.insert(0, (item, (uses + 1).min(most)));
        held
    };
    hit_ratio(p, Vec::new(), step, |held, item| has(held, item))
}

/// The limit of LFU under a fixed popularity, its items by falling p: all but
/// one place are held for good by the most popular, and through the last go the
/// others. This is the policy A₀ of Aho, Denning & Ullman 1971, "Principles of
/// optimal page replacement", the best without knowledge of the future.
pub(crate) fn lfu_limit(p: &[f64], capacity: usize) -> f64 {
    let (kept, others) = p.split_at(capacity - 1);
    let repeated: f64 = others.iter().map(|p| p * p).sum();
    kept.iter().sum::<f64>() + repeated / others.iter().sum::<f64>()
}

/// SIEVE: (queue of (item, visited), the item at the hand).
pub(crate) fn sieve(p: &[f64], capacity: usize) -> f64 {
    type State = (Vec<(u8, u8)>, Option<u8>);
    let step = |(queue, hand): &State, item: u8| {
        let (mut queue, mut hand) = (queue.clone(), *hand);
        if let Some(entry) = queue.iter_mut().find(|entry| entry.0 == item) {
            entry.1 = 1;
            return (queue, hand);
        }
        if queue.len() == capacity {
            let newer = |at: usize| if at == 0 { queue.len() - 1 } else { at - 1 };
            let start = hand.and_then(|hand| queue.iter().position(|entry| entry.0 == hand));
            let mut at = start.unwrap_or(queue.len() - 1);
            let mut forgiven = Vec::new();
            while queue[at].1 == 1 && !forgiven.contains(&at) {
                forgiven.push(at);
                at = newer(at);
            }
            hand = if at == 0 { None } else { Some(queue[at - 1].0) };
            forgiven.into_iter().for_each(|place| queue[place].1 = 0);
            queue.remove(at);
        }
        queue.insert(0, (item, 0));
        (queue, hand)
    };
    hit_ratio(p, (Vec::new(), None), step, |(queue, _), item| has(queue, item))
}

/// S3-FIFO of a cache so small that its small queue evicts as soon as it has
/// one object: (small, main, ghosts), with `ghosts` places for the last.
pub(crate) fn s3_fifo(p: &[f64], capacity: usize, ghosts: usize) -> f64 {
    type State = (Vec<(u8, u8)>, Vec<(u8, u8)>, Vec<u8>);
    let step = |state: &State, item: u8| {
        let (mut small, mut main, mut ghost) = state.clone();
        if let Some(entry) = small.iter_mut().chain(&mut main).find(|entry| entry.0 == item) {
            entry.1 = (entry.1 + 1).min(3);
            return (small, main, ghost);
        }
        let returns = ghost.contains(&item);
        ghost.retain(|&other| other != item);
        while small.len() + main.len() == capacity {
            if let Some((tail, hits)) = small.pop() {
                if hits > 1 {
                    main.insert(0, (tail, 0));
                } else {
                    ghost.insert(0, tail);
                    ghost.truncate(ghosts);
                }
            } else if let Some((tail, hits)) = main.pop()
                && hits > 0
            {
                main.insert(0, (tail, hits - 1));
            }
        }
        let queue = if returns { &mut main } else { &mut small };
        queue.insert(0, (item, 0));
        (small, main, ghost)
    };
    let empty = (Vec::new(), Vec::new(), Vec::new());
    hit_ratio(p, empty, step, |(small, main, _), item| has(small, item) || has(main, item))
}

/// ARC, figure 4 of Megiddo & Modha 2003: (T₁, T₂, B₁, B₂, p), with at most two
/// places, where the steps of p are 1.
pub(crate) fn arc(p: &[f64], capacity: usize) -> f64 {
    assert!(capacity <= 2, "the steps of p are fractions");
    type State = ([Vec<u8>; 4], usize);
    const T1: usize = 0;
    const T2: usize = 1;
    const B1: usize = 2;
    const B2: usize = 3;
    let replace = |lists: &mut [Vec<u8>; 4], target: usize, in_b2: bool| {
        let once = lists[T1].len();
        if once >= 1 && (in_b2 && once == target || once > target) {
            let tail = lists[T1].pop().expect("not empty");
            lists[B1].insert(0, tail);
        } else {
            let tail = lists[T2].pop().expect("not empty");
            lists[B2].insert(0, tail);
        }
    };
    let step = |(lists, target): &State, item: u8| {
        let (mut lists, mut target) = (lists.clone(), *target);
        let found = lists.iter().position(|list| list.contains(&item));
        let sizes = [T1, T2, B1, B2].map(|list| lists[list].len());
        match found {
            Some(T1 | T2) => {}
            Some(B1) => {
                target = (target + 1).min(capacity);
                replace(&mut lists, target, false);
            }
            Some(_) => {
                target = target.saturating_sub(1);
                replace(&mut lists, target, true);
            }
            None if sizes[T1] + sizes[B1] == capacity => {
                if sizes[T1] < capacity {
                    lists[B1].pop();
                    replace(&mut lists, target, false);
                } else {
                    lists[T1].pop();
                }
            }
            None if sizes.iter().sum::<usize>() >= capacity => {
                if sizes.iter().sum::<usize>() == 2 * capacity {
                    lists[B2].pop();
                }
                replace(&mut lists, target, false);
            }
            None => {}
        }
        lists.iter_mut().for_each(|list| list.retain(|&other| other != item));
        lists[if found.is_some() { T2 } else { T1 }].insert(0, item);
        (lists, target)
    };
    let empty = ([const { Vec::new() }; 4], 0);
    let holds = |(lists, _): &State, item| lists[T1].contains(&item) || lists[T2].contains(&item);
    hit_ratio(p, empty, step, holds)
}
