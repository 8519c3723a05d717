//! A scenario, played: independent replications side by side, put together
//! into figures.

use super::ensemble::Ensemble;
use super::summary::Results;
use crate::scenario::model::Scenario;

/// Steps of progress per replication.
pub(super) const PROGRESS_STEPS: u64 = 1_000;

/// Told how far the work is, from many threads.
pub trait Progress: Sync {
    /// `total` steps lie ahead.
    fn start(&self, what: &str, total: u64);
    /// This many more are done.
    fn advance(&self, steps: u64);
    /// This is being tried now.
    fn trying(&self, what: &str);
}

/// No one is told.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _what: &str, _total: u64) {}
    fn advance(&self, _steps: u64) {}
    fn trying(&self, _what: &str) {}
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

/// Plays a scenario and puts its figures together.
///
/// # Errors
/// A scenario that does not compile, or a broken law.
pub fn play(scenario: &Scenario, options: &PlayOptions) -> Result<Results, PlayFailure> {
    let mut ensemble = Ensemble::new(scenario, options)?;
    let count = options.replications.unwrap_or(scenario.run.replications).max(1);
    options.progress.start(&scenario.title, u64::from(count) * PROGRESS_STEPS);
    on_threads(options.threads, || ensemble.grow(count))?;
    Ok(ensemble.results())
}

/// Runs `work` on its own threads, if a number of them is asked for. What is
/// played inside uses them too, unless it asks for its own.
pub fn on_threads<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let pool = threads.map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build());
    match pool {
        Some(Ok(pool)) => pool.install(work),
        // Without a pool of its own it shares the common one: same results.
        _ => work(),
    }
}
