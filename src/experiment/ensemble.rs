//! Replications of one design, as many as are asked for: more can be played
//! later, and those that were stay as they are.

use super::assembly::assemble;
use super::availability_only::remove_requests;
use super::run::{PROGRESS_STEPS, PlayFailure, PlayOptions, Progress};
use super::slo::ERROR;
use super::summary::Results;
use super::warmup::{Warmup, mser5};
use crate::kernel::time::Duration;
use crate::scenario::compile::compile;
use crate::scenario::model::{RunKind, Scenario};
use crate::simulation::blueprint::Blueprint;
use crate::simulation::recorder::Batches;
use crate::simulation::run::{Played, play as play_once};
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// One replication with the warm-up that was cut away.
pub(super) struct Replication {
    pub(super) played: Played,
    pub(super) warmup: Duration,
    pub(super) too_short: bool,
}

/// The replications of one design under one seed.
pub(super) struct Ensemble<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) blueprint: Blueprint,
    pub(super) seed: u64,
    /// By number, from 0.
    pub(super) replications: Vec<Replication>,
    options: PlayOptions<'a>,
}

impl<'a> Ensemble<'a> {
    /// No replication played yet.
    ///
    /// # Errors
    /// A scenario that does not compile.
    pub(super) fn new(
        scenario: &'a Scenario,
        options: &PlayOptions<'a>,
    ) -> Result<Self, PlayFailure> {
        let availability_only = options.plays_no_requests(scenario);
        let mut blueprint = compile(scenario).map_err(PlayFailure::Compile)?;
        if availability_only {
            remove_requests(&mut blueprint);
        }
        Ok(Self {
            scenario,
            blueprint,
            seed: options.seed.unwrap_or(scenario.run.seed),
            replications: Vec::new(),
            options: PlayOptions { availability_only, ..*options },
        })
    }

    /// Plays until there are `count` replications: the new ones in any order,
    /// on the threads of the present pool.
    ///
    /// # Errors
    /// A broken law.
    pub(super) fn grow(&mut self, count: u32) -> Result<(), PlayFailure> {
        let present = self.replications.len() as u32;
        let one = |number: u32| {
            replicate(self.scenario, &self.blueprint, self.seed, number, &self.options)
        };
        let new: Vec<Replication> = (present..count).into_par_iter().map(one).collect();
        for (index, replication) in new.iter().enumerate() {
            audited(replication, self.seed, present + index as u32)?;
        }
        self.replications.extend(new);
        Ok(())
    }

    /// Figures of what was played so far.
    pub(super) fn results(&self) -> Results {
        self.results_at(ERROR)
    }

    /// The same, with a verdict that errs with at most this probability to each
    /// side; the terms of the SLO carry the interval on which it rests.
    pub(super) fn results_at(&self, error: f64) -> Results {
        let how = (self.options.availability_only, error);
        assemble(self.scenario, &self.blueprint, self.seed, &self.replications, how)
    }
}

fn audited(replication: &Replication, seed: u64, number: u32) -> Result<(), PlayFailure> {
    match replication.played.recorder.broken.first() {
        None => Ok(()),
        Some((law, detail)) => Err(PlayFailure::Audit {
            law: (*law).to_owned(),
            detail: detail.clone(),
            seed,
            replication: number,
        }),
    }
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
    // Found once, never asked again: a long run has many.
    replication.played.recorder.batches = Batches::default();
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
