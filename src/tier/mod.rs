//! Tiers: what the components of a web system know, and what they decide.
//!
//! A tier answers "is it a hit?", "which backend?", "which replica, and is it
//! stale?". It knows no clock but the `now` it is handed and no event queue;
//! where a decision needs chance, it is handed draws already made.

pub mod autoscaler;
pub mod balancer;
pub mod breaker;
pub mod buffer_pool;
pub mod cache;
pub mod cdn;
pub mod dns;
pub mod failover;
mod hash;
pub mod lag;
pub mod placement;
pub mod queue;
pub mod quorum;
pub mod replication;
pub mod sessions;
pub mod sharding;
