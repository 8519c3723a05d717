//! Highwater: a deterministic discrete-event capacity-planning simulator for
//! web systems.
//!
//! A **scenario** says what users do (the workload) and where that work runs
//! (the topology). It is [loaded](scenario::load) from TOML into ids and
//! integers, [compiled](scenario::compile) into one route program per endpoint
//! and client kind, and [played](experiment::run::play): independent
//! replications side by side, each a loop over an event queue in which requests
//! run their programs against tiers and stations. Their counts become
//! [figures](experiment::summary) with intervals, and those become
//! [files, charts and text](report).
//!
//! The floors, ground first; imports go only upward:
//!
//! | floor | what it knows |
//! |---|---|
//! | [`kernel`] | integer time, named randomness, the future |
//! | [`metrics`], [`station`] | what is counted; what work waits for |
//! | [`tier`] | state and decisions: balancer, cache, replication, resolvers |
//! | [`route`] | the verbs of a request's way, and proof that it ends |
//! | [`simulation`] | requests, jobs, the event loop, the audit |
//! | [`scenario`] | the language, and the compiler |
//! | [`experiment`] | replications, warm-up, intervals, comparison |
//! | [`report`] | figures → bytes |
//! | [`cli`] | arguments, files, exit codes |
//!
//! # Example
//!
//! ```
//! use highwater::experiment::run::{PlayOptions, play};
//! use highwater::scenario::{Files, Request, load};
//! use std::path::Path;
//!
//! /// M/M/1: 80 requests a second, 10 ms each, one server.
//! const SCENARIO: &str = r#"
//! [users]
//! rate = "80/s"
//! [endpoints.page]
//! share = 1
//! steps = [{ cpu = { exponential = "10 ms" } }]
//! [machines.small]
//! vcpus = 1
//! scheduling = "fifo"
//! [entry]
//! to = "services.web"
//! [services.web]
//! machine = "small"
//! instances = 1
//! public = true
//! handles = "*"
//! [run]
//! duration = "500 s"
//! warmup = "20 s"
//! "#;
//!
//! struct Memory;
//! impl Files for Memory {
//!     fn read(&self, _path: &Path) -> Result<Vec<u8>, String> {
//!         Ok(SCENARIO.into())
//!     }
//! }
//!
//! let path = Path::new("mm1.toml");
//! let request = Request { path, overrides: &[], users: None, workload_of: None };
//! let scenario = load(&Memory, &request).expect("a valid scenario").scenario;
//! let results = play(&scenario, &PlayOptions::default()).expect("the audit holds");
//! let mean = results.summary.response_time_ms.mean;
//! // Theory: 1 ÷ (100 − 80) s = 50 ms.
//! assert!((mean.value.unwrap() - 50.0).abs() < 5.0);
//! ```

pub mod cli;
pub mod experiment;
pub mod kernel;
pub mod metrics;
pub mod report;
pub mod route;
pub mod scenario;
pub mod simulation;
pub mod station;
pub mod tier;
