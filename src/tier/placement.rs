//! Which node of a tier holds a key.

use super::hash::{jump, mix};

/// Consistent placement of keys on nodes that are numbered from 0.
///
/// Jump consistent hash (Lamping & Veach 2014): even to within chance, no
/// memory, and going from n to n + 1 nodes moves 1/(n + 1) of the keys, all of
/// them to the new node.
#[derive(Clone, Debug)]
pub struct Placement {
    nodes: usize,
}

impl Placement {
    /// Placement on `nodes` nodes, at least one.
    pub fn new(nodes: usize) -> Self {
        assert!(nodes > 0, "keys need a node to live on");
        Self { nodes }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// The node that holds `key`, in `0..nodes`.
    #[inline]
    pub fn node_of(&self, key: u64) -> usize {
        if self.nodes == 1 {
            return 0;
        }
        jump(mix(key), self.nodes)
    }
}

#[cfg(test)]
mod tests {
    //! Goal: keys spread evenly, and growth moves only what it must. Method:
    //! 10^5 consecutive keys, counts against their binomial deviation.
    use super::*;

    const KEYS: u64 = 100_000;

    #[test]
    fn nodes_hold_equal_shares() {
        for nodes in [2, 3, 10, 64] {
            let placement = Placement::new(nodes);
            let mut counts = vec![0_i64; nodes];
            (0..KEYS).for_each(|key| counts[placement.node_of(key)] += 1);
            let mean = KEYS as f64 / nodes as f64;
            let tolerance = 5.0 * mean.sqrt();
            assert!(counts.iter().all(|&count| (count as f64 - mean).abs() < tolerance));
        }
    }

    #[test]
    fn one_more_node_moves_only_the_keys_it_receives() {
        let (before, after) = (Placement::new(9), Placement::new(10));
        let mut moved = 0_u64;
        for key in 0..KEYS {
            if before.node_of(key) != after.node_of(key) {
                assert_eq!(after.node_of(key), 9, "key {key} moved between old nodes");
                moved += 1;
            }
        }
        assert!(moved.abs_diff(KEYS / 10) < 500, "{moved} moved");
    }
}
