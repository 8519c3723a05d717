//! Where events happen: requests run their programs against tiers and
//! stations, and only here anything is scheduled.

pub mod appliers;
mod arrivals;
mod audit;
pub mod availability;
pub mod blueprint;
pub mod cdn;
mod clients;
mod clock;
pub mod courses;
pub mod failover;
pub mod faults;
mod interpreter;
mod lifecycle;
pub mod measured;
mod queues;
pub mod quorum;
pub mod recorder;
mod region_health;
pub mod regional;
mod regions;
pub mod regions_plan;
pub mod request;
pub mod resharding;
pub mod run;
pub mod sessions;
pub mod trace;
mod verbs;
mod warm;
mod world;
