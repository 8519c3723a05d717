//! Which reads of a database hit memory.

/// A database's buffer pool in closed form: no second cache of keys.
///
/// Assumption: the pool's bytes are shared among the datasets in proportion to
/// their size, and in each the most popular items are resident, as a policy
/// that keeps what is read most would hold them after long enough.
#[derive(Clone, Debug)]
pub struct BufferPool {
    resident: Vec<u64>,
}

impl BufferPool {
    /// A pool of `pool_bytes` over `datasets`, each `(items, bytes of one item)`.
    pub fn new(pool_bytes: u64, datasets: &[(u64, u64)]) -> Self {
        let total =
            datasets.iter().map(|&(items, item)| u128::from(items) * u128::from(item)).sum();
        let resident = datasets.iter().map(|&(items, _)| resident_of(pool_bytes, total, items));
        Self { resident: resident.collect() }
    }

    /// The same where the datasets lie on shards: `ranks` of a dataset and a
    /// number of items says up to which popularity rank of the whole dataset
    /// as many of the items of this shard reach.
    pub fn on_shard(mut self, ranks: impl Fn(usize, u64) -> u64) -> Self {
        let resident = self.resident.iter_mut().enumerate();
        resident.for_each(|(dataset, items)| *items = ranks(dataset, *items));
        self
    }

    /// Whether a read of the item of popularity `rank` (0 is the most popular)
    /// in `dataset` is answered from memory.
    #[inline]
    pub fn resident(&self, dataset: usize, rank: u64) -> bool {
        rank < self.resident[dataset]
    }

    /// Number of items of `dataset` in memory.
    pub fn resident_items(&self, dataset: usize) -> u64 {
        self.resident[dataset]
    }
}

/// Whole items in the dataset's share of the pool:
/// `floor(pool · (items · item) / total / item)`, in which the item's size cancels.
fn resident_of(pool_bytes: u64, total_bytes: u128, items: u64) -> u64 {
    if u128::from(pool_bytes) >= total_bytes {
        return items;
    }
    // Below `items`, since pool < total.
    (u128::from(pool_bytes) * u128::from(items) / total_bytes) as u64
}

#[cfg(test)]
mod tests {
    //! Goal: memory is shared by size, whole items, most popular first.
    //! Method: cases worked by hand.
    use super::*;

    #[test]
    fn a_pool_that_holds_everything_holds_every_item() {
        let pool = BufferPool::new(3_000, &[(10, 100), (5, 400)]);
        assert_eq!((pool.resident_items(0), pool.resident_items(1)), (10, 5));
        assert!(pool.resident(1, 4) && !pool.resident(1, 5));
    }

    #[test]
    fn a_smaller_pool_is_shared_in_proportion_to_the_bytes() {
        // 1,500 of 3,000 bytes: half of each, and half of 5 items is 2 whole ones.
        let pool = BufferPool::new(1_500, &[(10, 100), (5, 400)]);
        assert_eq!((pool.resident_items(0), pool.resident_items(1)), (5, 2));
        assert!(pool.resident(0, 4) && !pool.resident(0, 5));
    }

    #[test]
    fn the_edges_do_not_overflow() {
        let pool = BufferPool::new(u64::MAX, &[(u64::MAX, u64::MAX)]);
        assert_eq!(pool.resident_items(0), 1);
        let none = BufferPool::new(0, &[(7, 1), (0, 1)]);
        assert_eq!((none.resident_items(0), none.resident_items(1)), (0, 0));
    }
}
