//! How a database is cut into shards.

use super::workload::DatasetId;

/// A shard's place among its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardOf {
    /// Index in [`super::Topology::shardings`].
    pub sharding: usize,
    /// Its number, from 0.
    pub number: u32,
}

/// `[databases.NAME.shards]`: which shard has what.
#[derive(Clone, Debug, PartialEq)]
pub struct Sharding {
    /// Name of the table in the file.
    pub name: String,
    /// Index of the first shard in [`super::Topology::databases`]; the others follow.
    pub first: usize,
    /// Shards at the start.
    pub count: u32,
    /// Shards for which there are machines: those that an event adds included.
    pub room: u32,
    /// How keys are placed.
    pub by: Placing,
    /// What decides, by dataset.
    pub keys: Vec<ShardKey>,
    /// So many of the hottest shard keys have a shard each, the first ones.
    pub dedicated: u32,
    /// The hottest shard keys are spread.
    pub split: Option<SplitKeys>,
}

impl Sharding {
    /// Indices of its shards among the databases, those of the machines that
    /// an event takes into use included.
    pub fn databases(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.room as usize
    }
}

/// How keys are placed on shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Placing {
    /// Hash modulo the number of shards.
    #[default]
    Hash,
    /// Consistent hash: a further shard moves only what it receives.
    ConsistentHash,
    /// Equal ranges of the keys.
    Range,
}

/// What decides where an item of a dataset lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardKey {
    /// The item itself, which has not the shard key.
    Other {
        /// Which dataset.
        dataset: DatasetId,
    },
    /// The item itself, as the shard key says.
    Item {
        /// Which dataset.
        dataset: DatasetId,
    },
    /// Its owner: index in [`super::Dataset::keys`].
    Owner {
        /// Which dataset.
        dataset: DatasetId,
        /// Which of its keys.
        key: usize,
    },
}

/// The hottest shard keys are spread over several shards each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitKeys {
    /// So many of them.
    pub hottest: u32,
    /// Over so many shards each.
    pub over: u32,
}
