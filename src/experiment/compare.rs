//! Several designs under the same users: common random numbers and paired
//! differences (Law, *Simulation Modeling and Analysis*, ch. 10).

mod paired;
mod words;

use super::assembly::{answered, offered, response_of};
use super::comparison::{Comparison, Design, Difference};
use super::ensemble::{Ensemble, Replication};
use super::figure_path::figure;
use super::precision::{Precision, play_until};
use super::redundancy::redundancy;
use super::run::{PROGRESS_STEPS, PlayFailure, PlayOptions, on_threads};
use super::same_failures::same_failures;
use super::summary::{Cost, Estimate, Summary};
use crate::metrics::histogram::Quantile;
use crate::scenario::model::Scenario;
use paired::Pairs;

/// Compares designs with as many replications as the figures of each need to be
/// so precise by themselves: all are played as often as the one that needs most.
///
/// # Errors
/// A design that does not compile, or a broken law.
pub fn compare_until(
    designs: &[(String, Scenario)],
    options: &PlayOptions,
    precision: Precision,
) -> Result<Comparison, PlayFailure> {
    let seed = Some(options.seed.unwrap_or(designs[0].1.run.seed));
    let alone = PlayOptions { seed, ..*options };
    let mut reached = Vec::new();
    for (_, scenario) in designs {
        reached.push(play_until(scenario, &alone, precision)?.summary);
    }
    let replications = reached.iter().map(|summary| summary.replications).max();
    let mut comparison = compare(designs, &PlayOptions { replications, ..alone })?;
    for (design, alone) in comparison.designs.iter_mut().zip(reached) {
        design.results.summary.precision = alone.precision;
    }
    Ok(comparison)
}

/// Plays every design under the seed and the number of replications of the
/// first, and compares each with it, replication by replication.
///
/// # Errors
/// A design that does not compile, or a broken law.
pub fn compare(
    designs: &[(String, Scenario)],
    options: &PlayOptions,
) -> Result<Comparison, PlayFailure> {
    let first = &designs[0].1.run;
    let options = PlayOptions {
        seed: Some(options.seed.unwrap_or(first.seed)),
        replications: Some(options.replications.unwrap_or(first.replications)),
        ..*options
    };
    let mut played = Vec::new();
    let lengths = length_warnings(designs);
    for ((name, scenario), warning) in designs.iter().zip(&lengths) {
        let mut ensemble = Ensemble::new(scenario, &options)?;
        let count = options.replications.unwrap_or(first.replications).max(1);
        options.progress.start(name, u64::from(count) * PROGRESS_STEPS);
        on_threads(options.threads, || ensemble.grow(count))?;
        let mut results = ensemble.results();
        results.summary.warnings.extend(warning.clone());
        played.push((Design { name: name.clone(), results }, ensemble.replications));
    }
    let differences: Vec<Difference> =
        played[1..].iter().map(|design| difference(&played[0], design)).collect();
    let scenarios: Vec<&Scenario> = designs.iter().map(|(_, scenario)| scenario).collect();
    let designs: Vec<Design> = played.into_iter().map(|(design, _)| design).collect();
    let cheapest = words::cheapest(&designs).map(|place| designs[place].name.clone());
    let sentence = words::sentence(&designs, &differences);
    let redundancy = bought(&designs, &scenarios);
    Ok(Comparison { designs, differences, sentence, cheapest, redundancy })
}

/// A warning for each design that runs for another time than the first.
pub fn length_warnings(designs: &[(String, Scenario)]) -> Vec<Option<String>> {
    let first = designs.first().map(|(name, scenario)| (name, scenario.run.duration));
    let warning = |(name, scenario): &(String, Scenario)| {
        let (base, length) = first.filter(|(_, length)| *length != scenario.run.duration)?;
        Some(format!(
            "{name} runs for {}, {base} for {length}: shares and rates are compared, not counts",
            scenario.run.duration
        ))
    };
    designs.iter().map(warning).collect()
}

/// What each other design bought under its failures.
fn bought(designs: &[Design], scenarios: &[&Scenario]) -> Vec<String> {
    let first = &designs[0];
    let others = designs.iter().zip(scenarios).skip(1).filter_map(|(other, scenario)| {
        redundancy(
            (&first.name, &first.results.summary),
            (&other.name, &other.results.summary),
            same_failures(scenarios[0], scenario),
        )
    });
    others.collect()
}

type PlayedDesign = (Design, Vec<Replication>);

/// Reads one figure of a replication.
type Reader = Box<dyn Fn(&Replication) -> Option<f64>>;

/// A figure that designs are compared in: its name, and how it is read of one
/// replication.
struct Compared {
    name: &'static str,
    read: Reader,
    /// Read from merged data, and never averaged.
    quantile: bool,
}

/// What is compared, in the order of the files.
fn figures() -> Vec<Compared> {
    let of = |name, read: Reader| Compared { name, read, quantile: false };
    let quantile = |name, p: f64| {
        let read: Reader = Box::new(move |one| quantile_ms(one, p));
        Compared { name, read, quantile: true }
    };
    vec![
        of("response_time_ms.mean", Box::new(mean_ms)),
        quantile("response_time_ms.p50", 0.5),
        quantile("response_time_ms.p95", 0.95),
        quantile("response_time_ms.p99", 0.99),
        quantile("response_time_ms.p99_9", 0.999),
        of("availability", Box::new(availability)),
        of("throughput_per_s", Box::new(throughput)),
        of("availability_by_time", Box::new(availability_by_time)),
    ]
}

fn difference(first: &PlayedDesign, other: &PlayedDesign) -> Difference {
    let mut difference = Difference {
        design: other.0.name.clone(),
        figures: Vec::new(),
        variance_reduction: Vec::new(),
    };
    let summaries = [&first.0.results.summary, &other.0.results.summary];
    for compared in figures() {
        let [Some(before), Some(after)] = summaries.map(|summary| figure(summary, compared.name))
        else {
            continue;
        };
        let each = |played: &PlayedDesign| played.1.iter().map(&compared.read).collect();
        let pairs = Pairs::new(each(first), each(other));
        let estimate = paired(&before, &after, &pairs, compared.quantile);
        let estimate = match compared.name {
            "availability" => bounded(estimate, summaries),
            _ => estimate,
        };
        if WORTH_PAIRING.contains(&compared.name) && estimate.low.is_some() {
            let worth = (compared.name.to_owned(), pairs.variance_reduction());
            difference.variance_reduction.push(worth);
        }
        difference.figures.push((compared.name.to_owned(), estimate));
    }
    difference.figures.extend(costs(first, other));
    difference
}

/// The figures whose narrowing by common random numbers is told.
const WORTH_PAIRING: [&str; 2] = ["response_time_ms.mean", "response_time_ms.p99"];

/// The difference of two estimates, no better known than either of them.
fn paired(before: &Estimate, after: &Estimate, pairs: &Pairs, quantile: bool) -> Estimate {
    let unknown = [before, after].into_iter().find(|one| one.value.is_none() || one.at_least);
    if let Some(unknown) = unknown {
        return Estimate::absent(unknown.note.as_deref().unwrap_or("one of both is not known"));
    }
    let point = after.value.zip(before.value).map_or(0.0, |(after, before)| after - before);
    match [before, after].into_iter().find(|one| one.low.is_none()) {
        Some(bare) => Estimate::point(point, bare.note.as_deref().unwrap_or("no interval")),
        None if quantile => pairs.around(point),
        None => pairs.mean(),
    }
}

/// Where nothing failed in either design the difference is not known to be
/// none: up to 3 in n may fail in each (rule of three, Hanley &
/// Lippman-Hand 1983).
fn bounded(estimate: Estimate, summaries: [&Summary; 2]) -> Estimate {
    let faultless = |summary: &&Summary| {
        summary.requests.offered > 0 && summary.requests.answered == summary.requests.offered
    };
    if !summaries.iter().all(faultless) {
        return estimate;
    }
    let [first, other] = summaries.map(|summary| 3.0 / summary.requests.offered as f64);
    let note = Some("nothing failed in either: the ends are bounds".to_owned());
    Estimate { low: Some(-other), high: Some(first), note, ..estimate }
}

/// Differences of what they cost.
fn costs(first: &PlayedDesign, other: &PlayedDesign) -> Vec<(String, Estimate)> {
    let (before, after) = (&first.0.results.summary.cost, &other.0.results.summary.cost);
    let note = "prices are exact, what is paid by use is a mean";
    let per_hour = Estimate::point(after.per_hour - before.per_hour, note);
    let mut figures = vec![("cost.per_hour".to_owned(), per_hour)];
    let million = |cost: &Cost| cost.per_million_requests.clone();
    let each = |played: &PlayedDesign| -> Vec<Option<f64>> {
        let hourly = played.0.results.summary.cost.per_hour;
        let rates = played.1.iter().map(throughput);
        rates
            .map(|rate| Some(hourly / (rate? * 3_600.0) * 1e6).filter(|it| it.is_finite()))
            .collect()
    };
    if million(before).value.is_some() && million(after).value.is_some() {
        let pairs = Pairs::new(each(first), each(other));
        // A ratio of means, as a quantile no mean of its parts.
        let estimate = paired(&million(before), &million(after), &pairs, true);
        figures.push(("cost.per_million_requests".to_owned(), estimate));
    }
    figures
}

fn mean_ms(one: &Replication) -> Option<f64> {
    let nanos = response_of(&one.played.recorder, &|_| true).mean_nanos()?;
    Some(nanos / 1e6)
}

fn quantile_ms(one: &Replication, p: f64) -> Option<f64> {
    match response_of(&one.played.recorder, &|_| true).quantile(p)? {
        Quantile::Finite(value) => Some(value.as_millis_f64()),
        Quantile::AtLeast(_) => None,
    }
}

fn availability(one: &Replication) -> Option<f64> {
    let offered = offered(&one.played.recorder);
    (offered > 0).then(|| answered(&one.played.recorder) as f64 / offered as f64)
}

fn availability_by_time(one: &Replication) -> Option<f64> {
    let up_time = one.played.recorder.availability.up_time.as_ref()?;
    (up_time.window > 0).then(|| up_time.all as f64 / up_time.window as f64)
}

fn throughput(one: &Replication) -> Option<f64> {
    let window = one.window_s();
    (window > 0.0).then(|| one.played.recorder.answers_in_window as f64 / window)
}
