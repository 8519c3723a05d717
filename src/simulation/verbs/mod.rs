//! What each verb does, by the part of the world that it touches.

mod branches;
pub(super) mod cache_writes;
mod families;
pub(super) mod fetches;
pub(super) mod network;
mod shards;
mod stations;
mod stores;
