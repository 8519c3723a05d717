//! Load balancing: which target receives the next request.

use super::hash::{bounded, jump, salted};

/// How a balancer chooses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Policy {
    /// One after the other, starting at target 0.
    RoundRobin,
    /// Smooth weighted round robin: in every run of as many requests as the
    /// weights sum to, each target gets its weight, spread out and not in a
    /// row. One weight per target; weight 0 gets nothing. O(targets).
    Weighted(Vec<u32>),
    /// Uniformly at random.
    Random,
    /// The fewest outstanding connections.
    LeastConnections,
    /// Two distinct targets at random, of which the less loaded (Mitzenmacher
    /// 2001, "The power of two choices in randomized load balancing").
    TwoChoices,
    /// By consistent hash of the affinity: a target that leaves moves only its
    /// own keys, and gets exactly those back when it returns.
    Hash,
}

/// A pool of targets numbered from 0, with the connections outstanding at each.
/// Ties always go to the lowest number.
#[derive(Clone, Debug)]
pub struct Balancer {
    rule: Rule,
    connections: Vec<u32>,
    in_pool: Vec<bool>,
    /// The targets in the pool, in ascending order.
    pool: Vec<u32>,
}

/// The policy with the state that it alone needs.
#[derive(Clone, Debug)]
enum Rule {
    RoundRobin { next: usize },
    Weighted { weights: Vec<u32>, credits: Vec<i64> },
    Random,
    LeastConnections(WinnerTree),
    TwoChoices,
    Hash,
}

impl Balancer {
    /// A balancer over `targets` targets, all of them in the pool and idle.
    /// Asserts that `Weighted` has a weight for each.
    pub fn new(policy: Policy, targets: usize) -> Self {
        assert!(u32::try_from(targets).is_ok(), "targets are numbered by 32 bits");
        Self {
            rule: Rule::new(policy, targets),
            connections: vec![0; targets],
            in_pool: vec![true; targets],
            pool: (0..targets as u32).collect(),
        }
    }

    /// The target for the next request, or `None` when none is in the pool (or
    /// only targets of weight 0 are).
    ///
    /// `entropy` are two independent uniform draws, used by the policies that
    /// choose at random; `affinity` is what `Hash` keeps together.
    #[inline]
    pub fn choose(&mut self, entropy: [u64; 2], affinity: u64) -> Option<usize> {
        if self.pool.is_empty() {
            return None;
        }
        match &mut self.rule {
            Rule::RoundRobin { next } => Some(round_robin(next, &self.pool, self.in_pool.len())),
            Rule::Weighted { weights, credits } => smooth_weighted(weights, credits, &self.pool),
            Rule::Random => Some(self.pool[bounded(entropy[0], self.pool.len())] as usize),
            Rule::LeastConnections(tree) => Some(tree.winner()),
            Rule::TwoChoices => Some(two_choices(entropy, &self.pool, &self.connections)),
            Rule::Hash => Some(consistent(affinity, &self.pool, &self.in_pool)),
        }
    }

    /// The target in place of `shunned`, which was chosen last and is to be
    /// spared this request; that one where there is no other. O(targets).
    pub fn choose_other(
        &mut self,
        entropy: [u64; 2],
        affinity: u64,
        shunned: usize,
    ) -> Option<usize> {
        let has_weight = |target: u32| match &self.rule {
            Rule::Weighted { weights, .. } => weights[target as usize] > 0,
            _ => true,
        };
        let is_other = |&target: &u32| target as usize != shunned && has_weight(target);
        let others: Vec<u32> = self.pool.iter().copied().filter(is_other).collect();
        if others.is_empty() {
            return Some(shunned);
        }
        match &mut self.rule {
            // The rotation is past it.
            Rule::RoundRobin { next } => Some(round_robin(next, &self.pool, self.in_pool.len())),
            // It has paid: what the others hold adds up to more than zero.
            Rule::Weighted { weights, credits } => smooth_weighted(weights, credits, &others),
            _ => {
                let was_in_pool = self.in_pool[shunned];
                self.set_in_pool(shunned, false);
                let found = self.choose(entropy, affinity);
                self.set_in_pool(shunned, was_in_pool);
                found
            }
        }
    }

    /// A connection to `target` opens.
    #[inline]
    pub fn begin(&mut self, target: usize) {
        self.connections[target] += 1;
        self.replay(target);
    }

    /// A connection to `target` closes. Asserts that one was open.
    #[inline]
    pub fn end(&mut self, target: usize) {
        assert!(self.connections[target] > 0, "target {target} has no connection to end");
        self.connections[target] -= 1;
        self.replay(target);
    }

    /// Takes `target` into the pool or out of it. Its connections stay open,
    /// and a weighted rotation starts afresh. O(targets): health changes are rare.
    pub fn set_in_pool(&mut self, target: usize, in_pool: bool) {
        if self.in_pool[target] == in_pool {
            return;
        }
        self.in_pool[target] = in_pool;
        match self.pool.binary_search(&(target as u32)) {
            Ok(place) => drop(self.pool.remove(place)),
            Err(place) => self.pool.insert(place, target as u32),
        }
        if let Rule::Weighted { credits, .. } = &mut self.rule {
            credits.fill(0);
        }
        self.replay(target);
    }

    /// Connections outstanding at `target`.
    pub fn connections(&self, target: usize) -> u32 {
        self.connections[target]
    }

    /// Whether `target` is in the pool.
    pub fn is_in_pool(&self, target: usize) -> bool {
        self.in_pool[target]
    }

    /// The winner tree follows the change at `target`.
    #[inline]
    fn replay(&mut self, target: usize) {
        if let Rule::LeastConnections(tree) = &mut self.rule {
            let load = self.in_pool[target].then_some(self.connections[target]);
            tree.replay(target, load);
        }
    }
}

impl Rule {
    fn new(policy: Policy, targets: usize) -> Self {
        match policy {
            Policy::RoundRobin => Self::RoundRobin { next: 0 },
            Policy::Weighted(weights) => {
                assert_eq!(weights.len(), targets, "one weight per target");
                Self::Weighted { weights, credits: vec![0; targets] }
            }
            Policy::Random => Self::Random,
            Policy::LeastConnections => Self::LeastConnections(WinnerTree::new(targets)),
            Policy::TwoChoices => Self::TwoChoices,
            Policy::Hash => Self::Hash,
        }
    }
}

/// The first target in the pool at or after `next`, around the circle of `targets`.
#[inline]
fn round_robin(next: &mut usize, pool: &[u32], targets: usize) -> usize {
    let chosen = if pool.len() == targets {
        *next
    } else {
        let place = pool.partition_point(|&target| (target as usize) < *next);
        *pool.get(place).unwrap_or(&pool[0]) as usize
    };
    *next = if chosen + 1 == targets { 0 } else { chosen + 1 };
    chosen
}

/// Smooth weighted round robin (as in nginx since 1.3.1): each target earns its
/// weight, the richest is chosen and pays what all have earned.
fn smooth_weighted(weights: &[u32], credits: &mut [i64], pool: &[u32]) -> Option<usize> {
    let (mut richest, mut earned) = (pool[0] as usize, 0);
    for target in pool.iter().map(|&target| target as usize) {
        let weight = i64::from(weights[target]);
        earned += weight;
        credits[target] += weight;
        if credits[target] > credits[richest] {
            richest = target;
        }
    }
    credits[richest] -= earned;
    // Credits sum to zero before a choice, so the richest then holds more than
    // zero and is never a target of weight 0, unless nobody earns.
    (earned > 0).then_some(richest)
}

#[inline]
fn two_choices(entropy: [u64; 2], pool: &[u32], connections: &[u32]) -> usize {
    let first = bounded(entropy[0], pool.len());
    if pool.len() == 1 {
        return pool[0] as usize;
    }
    // Uniform among the others: skip over the first.
    let second = bounded(entropy[1], pool.len() - 1);
    let second = second + usize::from(second >= first);
    let contender = |place: usize| (connections[pool[place] as usize], pool[place]);
    contender(first).min(contender(second)).1 as usize
}

/// Guesses of a key before it is ranked against the whole pool.
const HASH_GUESSES: u64 = 16;

/// Each key has its own fixed sequence of guesses over all targets, each by
/// jump consistent hash, and takes the first that is in the pool. A target
/// that leaves is skipped by its own keys alone, which is all that consistency
/// asks. When the pool is so small that no guess falls into it, the highest
/// random weight decides (Thaler & Ravishankar 1998), consistent as well.
fn consistent(affinity: u64, pool: &[u32], in_pool: &[bool]) -> usize {
    let guess = |number| jump(salted(affinity, number), in_pool.len());
    let found = (0..HASH_GUESSES).map(guess).find(|&target| in_pool[target]);
    found.unwrap_or_else(|| {
        let weight = |target: &u32| salted(affinity, HASH_GUESSES + u64::from(*target));
        // `max_by_key` keeps the last of equals: reversed, that is the lowest number.
        pool.iter().copied().rev().max_by_key(weight).map_or(0, |target| target as usize)
    })
}

/// A tournament over (load, target): the least is at the root, and a change
/// replays only the matches on its way there (Knuth, TAOCP 3, 5.4.1).
#[derive(Clone, Debug)]
struct WinnerTree {
    /// Node 1 is the root, the children of node i are 2i and 2i + 1. An entry is
    /// load · 2^32 + target, so that the minimum breaks ties by number.
    entries: Vec<u64>,
    leaves: usize,
}

/// The entry of who does not take part.
const ABSENT: u64 = u64::MAX;

impl WinnerTree {
    fn new(targets: usize) -> Self {
        let leaves = targets.next_power_of_two();
        let mut entries = vec![ABSENT; 2 * leaves];
        (0..targets).for_each(|target| entries[leaves + target] = target as u64);
        for node in (1..leaves).rev() {
            entries[node] = entries[2 * node].min(entries[2 * node + 1]);
        }
        Self { entries, leaves }
    }

    #[inline]
    fn winner(&self) -> usize {
        (self.entries[1] & u64::from(u32::MAX)) as usize
    }

    /// `target` now has `load`, or takes no part.
    #[inline]
    fn replay(&mut self, target: usize, load: Option<u32>) {
        let mut node = self.leaves + target;
        let mut entry = load.map_or(ABSENT, |load| u64::from(load) << 32 | target as u64);
        self.entries[node] = entry;
        while node > 1 {
            entry = entry.min(self.entries[node ^ 1]);
            node /= 2;
            if self.entries[node] == entry {
                break;
            }
            self.entries[node] = entry;
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: every policy chooses as its definition says, under any sequence of
    //! connections and pool changes. Method: proptest against linear scans that
    //! state the definitions; exact small cases; counts for chance and hashing.
    use super::*;
    use proptest::prelude::*;

    /// The obvious twin: scans over all targets, no state but the definitions'.
    struct Naive {
        policy: Policy,
        load: Vec<u32>,
        up: Vec<bool>,
        next: usize,
        credits: Vec<i64>,
    }

    impl Naive {
        fn new(policy: Policy, targets: usize) -> Self {
            let (load, up) = (vec![0; targets], vec![true; targets]);
            Self { policy, load, up, next: 0, credits: vec![0; targets] }
        }

        fn choose(&mut self, entropy: [u64; 2]) -> Option<usize> {
            let n = self.up.len();
            let up: Vec<usize> = (0..n).filter(|&target| self.up[target]).collect();
            let least = |two: &[usize]| two.iter().copied().min_by_key(|&t| (self.load[t], t));
            match &self.policy {
                Policy::RoundRobin => {
                    let chosen = (0..n).map(|i| (self.next + i) % n).find(|&t| self.up[t])?;
                    self.next = (chosen + 1) % n;
                    Some(chosen)
                }
                Policy::Weighted(weights) => {
                    let total: i64 = up.iter().map(|&t| i64::from(weights[t])).sum();
                    up.iter().for_each(|&t| self.credits[t] += i64::from(weights[t]));
                    let chosen = up.iter().copied().min_by_key(|&t| (-self.credits[t], t))?;
                    self.credits[chosen] -= total;
                    (total > 0).then_some(chosen)
                }
                Policy::LeastConnections => least(&up),
                Policy::TwoChoices if up.len() > 1 => {
                    let mut others = up.clone();
                    let first = others.remove(bounded(entropy[0], up.len()));
                    least(&[first, others[bounded(entropy[1], others.len())]])
                }
                _ => up.get(bounded(entropy[0], up.len())).copied(),
            }
        }
    }

    fn policies(targets: usize) -> impl Strategy<Value = Policy> {
        prop_oneof![
            Just(Policy::RoundRobin),
            prop::collection::vec(0_u32..5, targets).prop_map(Policy::Weighted),
            Just(Policy::Random),
            Just(Policy::LeastConnections),
            Just(Policy::TwoChoices),
        ]
    }

    fn cases() -> impl Strategy<Value = (usize, Policy, Vec<(u8, u64, u64)>)> {
        (1_usize..12).prop_flat_map(|targets| {
            let operations = prop::collection::vec((0_u8..8, any::<u64>(), any::<u64>()), 0..200);
            (Just(targets), policies(targets), operations)
        })
    }

    proptest! {
        #[test]
        fn choices_agree_with_the_linear_scan((targets, policy, operations) in cases()) {
            let mut balancer = Balancer::new(policy.clone(), targets);
            let mut naive = Naive::new(policy, targets);
            let mut open = Vec::new();
            for (operation, a, b) in operations {
                let target = bounded(a, targets);
                match operation {
                    0 if !open.is_empty() => {
                        let closed = open.swap_remove(bounded(a, open.len()));
                        balancer.end(closed);
                        naive.load[closed] -= 1;
                    }
                    1 => {
                        let up = b % 2 == 0;
                        balancer.set_in_pool(target, up);
                        if naive.up[target] != up {
                            naive.credits.fill(0);
                        }
                        naive.up[target] = up;
                    }
                    _ => {
                        let chosen = balancer.choose([a, b], a);
                        prop_assert_eq!(chosen, naive.choose([a, b]));
                        if let Some(chosen) = chosen {
                            balancer.begin(chosen);
                            naive.load[chosen] += 1;
                            open.push(chosen);
                        }
                    }
                }
            }
            (0..targets).for_each(|t| assert_eq!(balancer.connections(t), naive.load[t]));
        }

        #[test]
        fn hashing_moves_only_the_keys_of_the_target_that_left(
            pool in prop::collection::vec(any::<bool>(), 2..80),
            leaver in any::<prop::sample::Index>(),
        ) {
            let mut balancer = Balancer::new(Policy::Hash, pool.len());
            pool.iter().enumerate().for_each(|(target, &up)| balancer.set_in_pool(target, up));
            let leaver = leaver.index(pool.len());
            balancer.set_in_pool(leaver, true);
            let place = |b: &mut Balancer| (0..200).map(|k| b.choose([0; 2], k)).collect::<Vec<_>>();
            let before = place(&mut balancer);
            balancer.set_in_pool(leaver, false);
            for (old, new) in before.iter().zip(place(&mut balancer)) {
                prop_assert!(new.is_none_or(|target| balancer.is_in_pool(target)));
                prop_assert!(*old == Some(leaver) || *old == new);
            }
            balancer.set_in_pool(leaver, true);
            prop_assert_eq!(before, place(&mut balancer));
        }
    }

    proptest! {
        #[test]
        fn the_other_is_another_in_the_pool(
            (targets, policy, entropy) in (2_usize..12)
                .prop_flat_map(|n| (Just(n), policies(n), any::<[u64; 2]>())),
            out in any::<prop::sample::Index>(),
        ) {
            let mut balancer = Balancer::new(policy.clone(), targets);
            balancer.set_in_pool(out.index(targets), false);
            for number in 0..20 {
                let entropy = [salted(entropy[0], number), salted(entropy[1], number)];
                let Some(shunned) = balancer.choose(entropy, number) else { continue };
                let other = balancer.choose_other(entropy, number, shunned);
                let takes = |target: usize| match &policy {
                    Policy::Weighted(weights) => weights[target] > 0,
                    _ => true,
                };
                let alone = !(0..targets)
                    .any(|t| t != shunned && balancer.is_in_pool(t) && takes(t));
                prop_assert!(other.is_none_or(|other| balancer.is_in_pool(other)));
                prop_assert_eq!(other == Some(shunned), alone);
                prop_assert!(balancer.is_in_pool(shunned));
                if let (Policy::Weighted(weights), Some(other)) = (&policy, other) {
                    prop_assert!(weights[other] > 0);
                }
            }
        }
    }

    #[test]
    fn nobody_in_the_pool_is_nobody_chosen() {
        for policy in [Policy::RoundRobin, Policy::LeastConnections, Policy::Hash, Policy::Random] {
            let mut balancer = Balancer::new(policy, 1);
            balancer.set_in_pool(0, false);
            assert_eq!(balancer.choose([0; 2], 0), None);
        }
        assert_eq!(Balancer::new(Policy::TwoChoices, 0).choose([0; 2], 0), None);
    }

    #[test]
    fn weights_are_spread_out_as_in_the_published_example() {
        // Weights 5, 1, 1 give a a b a c a a.
        let mut balancer = Balancer::new(Policy::Weighted(vec![5, 1, 1]), 3);
        let chosen: Vec<_> = (0..7).filter_map(|_| balancer.choose([0; 2], 0)).collect();
        assert_eq!(chosen, [0, 0, 1, 0, 2, 0, 0]);
    }

    #[test]
    fn two_choices_are_always_two_targets() {
        // The busy target loses against any other, so it is never chosen.
        let mut balancer = Balancer::new(Policy::TwoChoices, 3);
        balancer.begin(1);
        let draw = |number: u64, salt| salted(number, salt);
        assert!((0..1_000).all(|i| balancer.choose([draw(i, 0), draw(i, 1)], 0) != Some(1)));
    }

    #[test]
    fn hashed_keys_spread_evenly_over_a_full_and_a_tiny_pool() {
        let mut balancer = Balancer::new(Policy::Hash, 100);
        let mut counts = [0_u32; 100];
        let mut count = |balancer: &mut Balancer| {
            counts.fill(0);
            (0..20_000).filter_map(|k| balancer.choose([0; 2], k)).for_each(|t| counts[t] += 1);
            counts
        };
        assert!(count(&mut balancer).iter().all(|count| count.abs_diff(200) < 75));
        (2..100).for_each(|target| balancer.set_in_pool(target, false));
        let left = count(&mut balancer);
        // Standard deviation 71: five of them.
        assert!(left[0].abs_diff(10_000) < 355 && left[0] + left[1] == 20_000, "{left:?}");
    }
}
