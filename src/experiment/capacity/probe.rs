//! One load, judged.

use super::ceiling::Ceiling;
use super::load::Load;
use super::stations::ranked;
use super::{CapacityFailure, CapacityOptions};
use crate::experiment::judge::{Judged, Judging};
use crate::experiment::summary::{Estimate, SloTermResult, Summary, Verdict};
use crate::scenario::compile::compile;
use serde::Serialize;

/// The term where a queue grows without end although all others are met.
pub(super) const STABILITY: &str = "stability";
/// Loads of the picture, as shares of the mark.
const PICTURED: [f64; 6] = [0.1, 0.25, 0.5, 0.75, 0.9, 1.08];
/// As near to a load that was played, it is not played for the picture.
const NEAR: f64 = 0.06;

/// A load that was tried, or excluded without playing it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// Users, or requests per second.
    pub load: f64,
    /// Whether it is carried.
    pub verdict: Verdict,
    /// Played; else excluded by the utilisation law.
    pub simulated: bool,
    /// Played for the picture alone: no part of the search.
    pub for_picture: bool,
    /// Replications that were played.
    pub replications: u32,
    /// Offered requests per second in the mean; answered ones with closed users.
    pub requests_per_s: Estimate,
    /// Mean response time.
    pub mean_ms: Estimate,
    /// 99th percentile of the response time.
    pub p99_ms: Estimate,
    /// Answered ÷ offered.
    pub availability: Estimate,
    /// Term by term.
    pub terms: Vec<SloTermResult>,
    /// The term that is nearest to its limit, or farthest beyond.
    pub binding: Option<BindingTerm>,
    /// Why it cannot be carried whatever the terms say: a queue that grows, a
    /// limit that struck, or the law that excludes it.
    pub overload: Option<String>,
    /// Why it is undecided, where more replications alone would not decide: a
    /// run that is too short for its warm-up.
    pub undecided_because: Option<String>,
    /// Stations, those with the least headroom first.
    pub stations: Vec<StationLoad>,
    /// What it costs per hour.
    pub cost_per_hour: f64,
}

/// How busy a station is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StationLoad {
    /// Its name.
    pub station: String,
    /// `primary` or `replica`, where only those are meant.
    pub role: Option<String>,
    /// `cpu`, `pool`, `disk`.
    pub kind: String,
    /// Busy share.
    pub utilisation: f64,
    /// How much more load it carries.
    pub headroom: f64,
}

/// A term of the SLO that decides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BindingTerm {
    /// `p99`, `availability` …; `stability` where a queue grows without end,
    /// `saturation` where the utilisation law alone ends it.
    pub term: String,
    /// Its limit: milliseconds for times, else a share.
    pub limit: Option<f64>,
    /// `ms`, or empty for a share.
    pub unit: String,
    /// The limit is a floor.
    pub at_least: bool,
    /// What was measured.
    pub value: Option<f64>,
}

impl BindingTerm {
    /// No term of the SLO, but what makes all of them hopeless.
    fn alone(term: &str) -> Self {
        Self {
            term: term.to_owned(),
            limit: None,
            unit: String::new(),
            at_least: false,
            value: None,
        }
    }
}

/// Judges load after load.
pub(super) struct Prober<'a> {
    load: &'a Load<'a>,
    options: &'a CapacityOptions<'a>,
    judging: Judging,
    /// Level and outcome, in the order in which they were tried.
    pub(super) played: Vec<(u64, Probe)>,
    /// How often one was judged.
    looks: u32,
    /// What was played for the picture alone.
    pictured: Vec<(u64, Probe)>,
}

impl<'a> Prober<'a> {
    pub(super) fn new(load: &'a Load<'a>, options: &'a CapacityOptions<'a>) -> Self {
        let judging = Judging {
            seed: options.seed.unwrap_or(load.base.run.seed),
            error: options.error / f64::from(options.probes.max(1)),
            fewest: options.fewest.min(options.most),
            most: options.most,
        };
        Self { load, options, judging, played: Vec::new(), looks: 0, pictured: Vec::new() }
    }

    pub(super) fn seed(&self) -> u64 {
        self.judging.seed
    }

    /// How many more may be played.
    pub(super) fn probes_left(&self) -> u32 {
        self.options.probes.saturating_sub(self.looks)
    }

    /// Plays a level until it is judged, with `most` replications at most. A
    /// level that is looked at again takes the place of the first look.
    pub(super) fn probe(&mut self, level: u64, most: u32) -> Result<Verdict, CapacityFailure> {
        let probe = self.judged(level, &Judging { most, ..self.judging })?;
        let verdict = probe.verdict;
        self.looks += 1;
        self.played.retain(|(other, _)| *other != level);
        self.played.push((level, probe));
        Ok(verdict)
    }

    /// Plays levels on the way to a mark and one beyond, a few times each.
    pub(super) fn picture(
        &mut self,
        mark: u64,
        (floor, most): (u64, u64),
    ) -> Result<(), CapacityFailure> {
        let few = Judging { most: self.judging.fewest, ..self.judging };
        for share in PICTURED {
            let level = ((mark as f64 * share) as u64).clamp(floor, most);
            let near = |other: u64| other.abs_diff(level) as f64 <= NEAR * mark as f64;
            let known = self.played.iter().chain(&self.pictured).any(|(other, _)| near(*other));
            if !known {
                let probe = self.judged(level, &few)?;
                self.pictured.push((level, Probe { for_picture: true, ..probe }));
            }
        }
        Ok(())
    }

    fn judged(&self, level: u64, judging: &Judging) -> Result<Probe, CapacityFailure> {
        let last = self.played.last().map(|(level, probe)| self.in_words(*level, probe));
        let last = last.map_or_else(String::new, |words| format!("{words}; "));
        self.options.progress.trying(&format!("{last}trying {}", self.named(level)));
        let scenario = self.load.at(level)?;
        let judged = judging.judge(&scenario)?;
        // It was compiled to be judged, so it compiles.
        let stations = compile(&scenario).map(|plan| ranked(&plan, &judged.results.summary));
        let probe = probe(self.load.amount(level), &judged, stations.unwrap_or_default());
        self.options.progress.trying(&self.in_words(level, &probe));
        Ok(probe)
    }

    /// `1,400,000 users: p99 412 ms, met`.
    fn in_words(&self, level: u64, probe: &Probe) -> String {
        let measured = match (&probe.overload, &probe.binding) {
            (Some(_), _) => "overloaded, ".to_owned(),
            (None, Some(BindingTerm { term, value: Some(value), unit, .. })) if unit == "ms" => {
                format!("{term} {value:.0} ms, ")
            }
            (None, Some(BindingTerm { term, value: Some(value), .. })) => {
                format!("{term} {value:.5}, ")
            }
            _ => String::new(),
        };
        let verdict = match probe.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "missed",
            Verdict::Undecided => "undecided",
        };
        format!("{}: {measured}{verdict}", self.named(level))
    }

    fn named(&self, level: u64) -> String {
        let amount = self.load.amount(level);
        match self.load.unit {
            super::Unit::Users => format!("{} users", separated(level)),
            super::Unit::RequestsPerS => format!("{amount:.4} requests/s"),
        }
    }

    /// Level at which the bottleneck of the highest met probe is busy all the
    /// time, by the utilisation law.
    pub(super) fn saturation(&self) -> Option<u64> {
        let met = self.played.iter().filter(|(_, probe)| probe.verdict == Verdict::Met);
        let (level, probe) = met.max_by_key(|(level, _)| *level)?;
        let headroom = probe.stations.first()?.headroom;
        let saturation = *level as f64 * (1.0 + headroom);
        (saturation < u64::MAX as f64).then_some(saturation as u64)
    }

    /// The highest probe that was met; else the lowest of all.
    pub(super) fn at_mark(&self) -> Option<&Probe> {
        let met = self.played.iter().filter(|(_, probe)| probe.verdict == Verdict::Met);
        let lowest = || self.played.iter().min_by_key(|(level, _)| *level);
        met.max_by_key(|(level, _)| *level).or_else(lowest).map(|(_, probe)| probe)
    }

    /// The term that ends it, of the lowest missed probe; `None` for the upper
    /// end of the bracket where that was excluded without playing it.
    pub(super) fn binding(&self, upper: Option<u64>) -> Option<BindingTerm> {
        let Some(upper) = upper else { return Some(BindingTerm::alone("saturation")) };
        let (_, probe) = self.played.iter().find(|(level, _)| *level == upper)?;
        probe.binding.clone()
    }

    /// Why a level cannot be carried whatever the terms say.
    pub(super) fn overload(&self, level: u64) -> Option<&str> {
        let (_, probe) = self.played.iter().find(|(other, _)| *other == level)?;
        probe.overload.as_deref()
    }

    /// All probes, rising, with what was excluded.
    pub(super) fn with_ceiling(self, ceiling: Option<Ceiling>) -> Vec<Probe> {
        let excluded = ceiling.map(|ceiling| {
            let amount = self.load.amount(ceiling.level);
            (ceiling.level, excluded(amount, &ceiling.station))
        });
        let played = self.played.into_iter().chain(self.pictured);
        let mut all: Vec<(u64, Probe)> = played.chain(excluded).collect();
        all.sort_by_key(|(level, _)| *level);
        all.into_iter().map(|(_, probe)| probe).collect()
    }
}

fn excluded(load: f64, station: &str) -> Probe {
    let nothing = || Estimate::absent("not played");
    let words = format!("{station} saturates by the utilisation law");
    Probe {
        load,
        verdict: Verdict::Missed,
        simulated: false,
        for_picture: false,
        replications: 0,
        requests_per_s: nothing(),
        mean_ms: nothing(),
        p99_ms: nothing(),
        availability: nothing(),
        terms: Vec::new(),
        binding: None,
        overload: Some(words),
        undecided_because: None,
        stations: Vec::new(),
        cost_per_hour: 0.0,
    }
}

fn probe(load: f64, judged: &Judged, stations: Vec<StationLoad>) -> Probe {
    let summary = &judged.results.summary;
    let overload = summary.limit.clone().or_else(|| summary.unstable.first().cloned());
    // A queue that grows without end is missed, however short the run was.
    let hopeless = overload.is_some() || summary.slo.terms.iter().any(missed_by_far);
    let verdict = if hopeless { Verdict::Missed } else { judged.verdict };
    Probe {
        load,
        verdict,
        simulated: true,
        for_picture: false,
        replications: summary.replications,
        requests_per_s: summary.throughput_per_s.clone(),
        mean_ms: summary.response_time_ms.mean.clone(),
        p99_ms: summary.response_time_ms.p99.clone(),
        availability: summary.availability.clone(),
        terms: summary.slo.terms.clone(),
        binding: binding(summary, overload.is_some()),
        overload,
        undecided_because: summary
            .warnings
            .first()
            .filter(|_| verdict == Verdict::Undecided)
            .cloned(),
        stations,
        cost_per_hour: summary.cost.per_hour,
    }
}

/// Whether a time is far too long although the run was too short for its
/// warm-up. A system that starts empty is at first faster than it will be, so
/// that what is too slow already remains so. By far: twice the half-width of
/// the interval away.
fn missed_by_far(term: &SloTermResult) -> bool {
    let (Some(value), Some(low)) = (term.estimate.value, term.estimate.low) else { return false };
    let open = term.verdict == Verdict::Undecided && term.unit == "ms" && !term.at_least;
    open && value - 2.0 * (value - low) > term.limit
}

/// The term that is farthest beyond its limit, or else nearest to it.
fn binding(summary: &Summary, overloaded: bool) -> Option<BindingTerm> {
    let tightness = |term: &SloTermResult| {
        let value = term.estimate.value.unwrap_or(0.0);
        let share = match term.at_least {
            true => (1.0 - value) / (1.0 - term.limit).max(1e-12),
            false => value / term.limit.max(1e-12),
        };
        (u8::from(term.verdict == Verdict::Missed), share)
    };
    let worse = |a: &&SloTermResult, b: &&SloTermResult| {
        let (a, b) = (tightness(a), tightness(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    };
    let term = summary.slo.terms.iter().max_by(worse)?;
    if overloaded && term.verdict != Verdict::Missed {
        return Some(BindingTerm::alone(STABILITY));
    }
    Some(BindingTerm {
        term: term.term.clone(),
        limit: Some(term.limit),
        unit: term.unit.clone(),
        at_least: term.at_least,
        value: term.estimate.value,
    })
}

/// `1,400,000`.
fn separated(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
