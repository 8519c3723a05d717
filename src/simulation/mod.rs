//! Where events happen: requests run their programs against tiers and
//! stations, and only here anything is scheduled.

pub mod blueprint;
