//! A request's way, compiled: one flat program of domain verbs per endpoint
//! and client kind, proved before it runs.

pub mod families;
pub mod program;
pub mod step;
pub mod verify;
