//! Replications of one design, as many as are asked for: more can be played
//! later, and those that were stay as they are.

use super::assembly::assemble;
use super::availability_only::remove_requests;
use super::run::{PROGRESS_STEPS, PlayFailure, PlayOptions, Progress};
use super::slo::ERROR;
use super::summary::Results;
use super::warmup::{Warmup, mser5};
use crate::kernel::time::{Duration, Instant};
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
    /// Found when the first replication is asked for.
    cut: Option<Cut>,
}

/// Replications that are played for the warm-up alone.
const PILOTS: u32 = 4;

/// The longest of what the pilots say; nothing is cut where one is too short.
fn longest(found: &[Warmup]) -> Cut {
    let cut = |one: &Warmup| match one {
        Warmup::Until(cut) => Some(Duration::from_nanos(cut.as_nanos())),
        Warmup::TooShort => None,
    };
    match found.iter().map(cut).collect::<Option<Vec<_>>>() {
        Some(cuts) => {
            let warmup = cuts.into_iter().max().unwrap_or(Duration::ZERO);
            Cut { warmup, too_short: false }
        }
        None => Cut { warmup: Duration::ZERO, too_short: true },
    }
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
            cut: None,
        })
    }

    /// Plays until there are `count` replications: the new ones in any order,
    /// on the threads of the present pool.
    ///
    /// # Errors
    /// A broken law.
    pub(super) fn grow(&mut self, count: u32) -> Result<(), PlayFailure> {
        let present = self.replications.len() as u32;
        let cut = self.cut();
        let one = |number: u32| replicate(&self.blueprint, self.seed, number, cut, &self.options);
        let new: Vec<Replication> = (present..count).into_par_iter().map(one).collect();
        for (index, replication) in new.iter().enumerate() {
            audited(replication, self.seed, present + index as u32)?;
        }
        self.replications.extend(new);
        Ok(())
    }

    /// What is given, or what MSER-5 finds in pilots: replications of their own,
    /// under numbers that no measured one has. A replication that chose its own
    /// cut would keep what looks calmest in it, and be faster than the truth
    /// (docs/coverage.md).
    fn cut(&mut self) -> Cut {
        *self.cut.get_or_insert_with(|| {
            let run = &self.scenario.run;
            // MSER-5 looks at requests; without any there is nothing to find.
            let finds = run.kind == RunKind::Steady && !self.options.availability_only;
            if run.warmup.is_some() || !finds {
                return Cut { warmup: run.warmup.unwrap_or(Duration::ZERO), too_short: false };
            }
            let numbers: Vec<u32> = (u32::MAX - PILOTS..u32::MAX).collect();
            let one = |number: &u32| pilot(&self.blueprint, self.seed, *number);
            let found: Vec<Warmup> = numbers.par_iter().map(one).collect();
            longest(&found)
        })
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

/// What is cut away at the start of every replication.
#[derive(Clone, Copy)]
struct Cut {
    warmup: Duration,
    /// A pilot found no truncation point in its first half.
    too_short: bool,
}

/// Plays one replication.
fn replicate(
    blueprint: &Blueprint,
    seed: u64,
    number: u32,
    cut: Cut,
    options: &PlayOptions,
) -> Replication {
    let report = Report { progress: options.progress, reported: AtomicU64::new(0) };
    let trace = if number == 0 { options.trace } else { 0 };
    let tell = |report: &Report, share| report.advance(share);
    let mut played = play_once(blueprint, seed, number, cut.warmup, trace, (&report, tell));
    // They are for finding the cut; a long run has many.
    played.recorder.batches = Batches::default();
    report.advance(1.0);
    Replication { played, warmup: cut.warmup, too_short: cut.too_short }
}

/// What a pilot says of the warm-up.
fn pilot(blueprint: &Blueprint, seed: u64, number: u32) -> Warmup {
    let untold = |(): &(), _| ();
    let played = play_once(blueprint, seed, number, Duration::ZERO, 0, (&(), untold));
    match played.limit {
        None => mser5(&played.recorder.batches),
        Some(_) => Warmup::Until(Instant::ZERO),
    }
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
