//! Goal: a sweep ends with the same bytes, however often it is interrupted, on
//! however many threads it runs, and into whatever shards it is split. Method:
//! run the program as a script would, over a scenario that plays in a moment;
//! kill it, cut its journal, deal its cells out, and compare every file but the
//! manifest with those of one run that nothing disturbed.
//!
//! `HIGHWATER_LONG=1` (set by `.ci/long`) plays the long versions.

#![cfg(unix)]

#[path = "sweep/crashes.rs"]
mod crashes;
#[path = "sweep/design.rs"]
mod design;
#[path = "sweep/merging.rs"]
mod merging;
#[cfg(feature = "parquet")]
#[path = "sweep/parquet.rs"]
mod parquet;
#[path = "sweep/scratch.rs"]
mod scratch;
