//! A scenario, played: independent replications side by side, put together
//! into figures.

use super::assembly::assemble;
use super::availability_only::remove_requests;
use super::summary::Results;
use super::warmup::{Warmup, mser5};
use crate::kernel::time::Duration;
use crate::scenario::compile::compile;
use crate::scenario::model::{RunKind, Scenario};
use crate::simulation::blueprint::Blueprint;
use crate::simulation::run::{Played, play as play_once};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// Steps of progress per replication.
const PROGRESS_STEPS: u64 = 1_000;

/// Told how far the work is, from many threads.
pub trait Progress: Sync {
    /// `total` steps lie ahead.
    fn start(&self, what: &str, total: u64);
    /// This many more are done.
    fn advance(&self, steps: u64);
}

/// No one is told.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &str, _total: u64) {}
    fn advance(&self, _steps: u64) {}
}

/// How a scenario is played, beside what it says itself.
#[derive(Clone, Copy)]
pub struct PlayOptions<'a> {
    /// Instead of the scenario's seed.
    pub seed: Option<u64>,
    /// Instead of the scenario's number of replications.
    pub replications: Option<u32>,
    /// Threads; `None` = as many as the machine has.
    pub threads: Option<usize>,
    /// Requests of the first replication that are written down one by one.
    pub trace: u32,
    /// Failures and repairs alone, no requests.
    pub availability_only: bool,
    /// Told how far the work is.
    pub progress: &'a dyn Progress,
}

impl Default for PlayOptions<'_> {
    /// As the scenario says, on all processors, in silence.
    fn default() -> Self {
        Self {
            seed: None,
            replications: None,
            threads: None,
            trace: 0,
            availability_only: false,
            progress: &Silent,
        }
    }
}

impl PlayOptions<'_> {
    /// Whether failures and repairs alone are played, by these options or by
    /// the scenario itself.
    pub(super) fn plays_no_requests(&self, scenario: &Scenario) -> bool {
        self.availability_only || scenario.run.availability_only
    }
}

/// Why a scenario could not be played to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayFailure {
    /// It asks for more than programs can say.
    Compile(String),
    /// A law of the audit broke: a bug in Highwater.
    Audit {
        /// Which law.
        law: String,
        /// What was seen.
        detail: String,
        /// Seed that shows it again.
        seed: u64,
        /// In which replication.
        replication: u32,
    },
}

/// One replication with the warm-up that was cut away.
pub(super) struct Replication {
    pub(super) played: Played,
    pub(super) warmup: Duration,
    pub(super) too_short: bool,
}

/// Plays a scenario and puts its figures together.
///
/// # Errors
/// A scenario that does not compile, or a broken law.
pub fn play(scenario: &Scenario, options: &PlayOptions) -> Result<Results, PlayFailure> {
    let availability_only = options.plays_no_requests(scenario);
    let options = PlayOptions { availability_only, ..*options };
    let mut blueprint = compile(scenario).map_err(PlayFailure::Compile)?;
    if availability_only {
        remove_requests(&mut blueprint);
    }
    let replications = play_all(scenario, &blueprint, &options)?;
    let seed = options.seed.unwrap_or(scenario.run.seed);
    Ok(assemble(scenario, &blueprint, seed, &replications, availability_only))
}

/// Plays all replications, in any order, and returns them by number.
pub(super) fn play_all(
    scenario: &Scenario,
    blueprint: &Blueprint,
    options: &PlayOptions,
) -> Result<Vec<Replication>, PlayFailure> {
    let seed = options.seed.unwrap_or(scenario.run.seed);
    let count = options.replications.unwrap_or(scenario.run.replications).max(1);
    options.progress.start(&scenario.title, u64::from(count) * PROGRESS_STEPS);
    let one = |number: u32| replicate(scenario, blueprint, seed, number, options);
    let replications = in_pool(options.threads, || (0..count).into_par_iter().map(one).collect());
    audited(replications, seed)
}

/// Runs `work` on its own threads, if a number of them is asked for.
fn in_pool<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let pool = threads.map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
    match pool {
        Some(Ok(pool)) => pool.install(work),
        // Without a pool of its own it shares the common one: same results.
        _ => work(),
    }
}

fn audited(replications: Vec<Replication>, seed: u64) -> Result<Vec<Replication>, PlayFailure> {
    for (number, replication) in replications.iter().enumerate() {
        if let Some((law, detail)) = replication.played.recorder.broken.first() {
            return Err(PlayFailure::Audit {
                law: (*law).to_owned(),
                detail: detail.clone(),
                seed,
                replication: number as u32,
            });
        }
    }
    Ok(replications)
}

/// Plays one replication; where the warm-up is not given, once to find it and,
/// if there is one, again without it.
fn replicate(
    scenario: &Scenario,
    blueprint: &Blueprint,
    seed: u64,
    number: u32,
    options: &PlayOptions,
) -> Replication {
    let report = Report { progress: options.progress, reported: AtomicU64::new(0) };
    let trace = if number == 0 { options.trace } else { 0 };
    let once = |warmup: Duration, tell: fn(&Report, f64)| {
        play_once(blueprint, seed, number, warmup, trace, (&report, tell))
    };
    let given = scenario.run.warmup;
    // MSER-5 looks at requests; without any there is nothing to find.
    let finds = scenario.run.kind == RunKind::Steady && !options.availability_only;
    let warmup = given.unwrap_or(Duration::ZERO);
    let played = once(warmup, |report, share| report.advance(share));
    let mut replication = Replication { played, warmup, too_short: false };
    if given.is_none() && finds && replication.played.limit.is_none() {
        match mser5(&replication.played.recorder.batches) {
            Warmup::TooShort => replication.too_short = true,
            Warmup::Until(cut) if cut.as_nanos() > 0 => {
                let warmup = Duration::from_nanos(cut.as_nanos());
                let played = once(warmup, |_, _| ());
                replication = Replication { played, warmup, too_short: false };
            }
            Warmup::Until(_) => {}
        }
    }
    report.advance(1.0);
    replication
}

/// Passes the progress of one replication on, each step once.
struct Report<'a> {
    progress: &'a dyn Progress,
    reported: AtomicU64,
}

impl Report<'_> {
    fn advance(&self, share: f64) {
        let steps = (share.min(1.0) * PROGRESS_STEPS as f64) as u64;
        let before = self.reported.fetch_max(steps, Ordering::Relaxed);
        self.progress.advance(steps.saturating_sub(before));
    }
}
