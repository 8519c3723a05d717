//! Which node of a tier holds a key.

use super::hash::{jump, mix};

/// Consistent placement of keys on nodes that are numbered from 0.
///
/// Jump consistent hash (Lamping & Veach 2014): even to within chance, no
/// memory, and going from n to n + 1 nodes moves 1/(n + 1) of the keys, all of
/// them to the new node.
///
/// Nodes in several regions form a pool per region, each of which places all
/// keys on its own nodes: a key may lie once in each pool. Readers use the pool
/// of their region, or the nearest one.
#[derive(Clone, Debug)]
pub struct Placement {
    nodes: usize,
    /// Nodes by pool; empty where all nodes are one pool.
    pools: Vec<Vec<u32>>,
    /// Pool by region of the reader.
    pool_of: Vec<u8>,
}

impl Placement {
    /// Placement on `nodes` nodes, at least one, in a single pool.
    pub fn new(nodes: usize) -> Self {
        assert!(nodes > 0, "keys need a node to live on");
        Self { nodes, pools: Vec::new(), pool_of: Vec::new() }
    }

    /// Placement on pools of nodes. Readers of region r use pool `pool_of[r]`.
    /// Asserts that the pools are disjoint, number the nodes from 0, and that
    /// those in use have nodes.
    pub fn in_pools(pools: Vec<Vec<u32>>, pool_of: Vec<u8>) -> Self {
        let mut all: Vec<u32> = pools.iter().flatten().copied().collect();
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..all.len() as u32), "each node is in one pool");
        assert!(pool_of.iter().all(|&pool| !pools[usize::from(pool)].is_empty()), "an empty pool");
        Self { nodes: all.len(), pools, pool_of }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// The node that holds `key` for readers of `region`, in `0..nodes`.
    #[inline]
    pub fn node_of(&self, region: usize, key: u64) -> usize {
        if self.nodes == 1 {
            return 0;
        }
        match self.pool_of.get(region) {
            None => jump(mix(key), self.nodes),
            Some(&pool) => node_in(&self.pools[usize::from(pool)], key),
        }
    }

    /// The node that holds `key` in each pool that has nodes.
    pub fn holders(&self, key: u64) -> impl Iterator<Item = usize> + '_ {
        let whole = self.pools.is_empty().then(|| self.node_of(0, key));
        let pools = self.pools.iter().filter(|pool| !pool.is_empty());
        whole.into_iter().chain(pools.map(move |pool| node_in(pool, key)))
    }

    /// Number of nodes in each pool that has any.
    pub fn pool_sizes(&self) -> Vec<usize> {
        match self.pools.is_empty() {
            true => vec![self.nodes],
            false => self.pools.iter().map(Vec::len).filter(|&nodes| nodes > 0).collect(),
        }
    }
}

#[inline]
fn node_in(pool: &[u32], key: u64) -> usize {
    pool[jump(mix(key), pool.len())] as usize
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
            (0..KEYS).for_each(|key| counts[placement.node_of(0, key)] += 1);
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
            if before.node_of(0, key) != after.node_of(0, key) {
                assert_eq!(after.node_of(0, key), 9, "key {key} moved between old nodes");
                moved += 1;
            }
        }
        assert!(moved.abs_diff(KEYS / 10) < 500, "{moved} moved");
    }

    #[test]
    fn every_pool_places_all_keys_on_its_own_nodes() {
        let pools = vec![vec![0, 3], Vec::new(), vec![1, 2, 4]];
        let placement = Placement::in_pools(pools.clone(), vec![0, 2, 2]);
        assert_eq!(placement.pool_sizes(), vec![2, 3]);
        let mut counts = [0_u64; 5];
        for key in 0..KEYS {
            let (near, far) = (placement.node_of(0, key), placement.node_of(2, key));
            assert_eq!(placement.holders(key).collect::<Vec<_>>(), vec![near, far]);
            assert_eq!(placement.node_of(1, key), far, "a region without nodes uses the nearest");
            (counts[near], counts[far]) = (counts[near] + 1, counts[far] + 1);
        }
        // Standard deviation about 158: five of them.
        assert!([0, 3].iter().all(|&node: &usize| counts[node].abs_diff(KEYS / 2) < 790));
        assert!([1, 2, 4].iter().all(|&node: &usize| counts[node].abs_diff(KEYS / 3) < 790));
    }
}
