//! Several designs under the same users: common random numbers and paired
//! differences (Law, *Simulation Modeling and Analysis*, ch. 10).

use super::assembly::{answered, offered, response_of};
use super::comparison::{Comparison, Design, Difference};
use super::confidence::mean_estimate;
use super::cost::standing_per_hour;
use super::ensemble::{Ensemble, Replication};
use super::redundancy::redundancy;
use super::run::{PROGRESS_STEPS, PlayFailure, PlayOptions, on_threads};
use super::same_failures::same_failures;
use super::summary::{Estimate, Summary};
use crate::kernel::math;
use crate::metrics::histogram::Quantile;
use crate::scenario::model::Scenario;

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
    let sentence = sentence(&designs, &differences);
    let redundancy = bought(&designs, &scenarios);
    Ok(Comparison { designs, differences, sentence, redundancy })
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

fn difference(first: &PlayedDesign, other: &PlayedDesign) -> Difference {
    let quantile = |p: f64| -> Reader { Box::new(move |one| quantile_ms(one, p)) };
    let readers: [(&str, Reader); 7] = [
        ("response_time_ms.mean", Box::new(mean_ms)),
        ("response_time_ms.p50", quantile(0.5)),
        ("response_time_ms.p95", quantile(0.95)),
        ("response_time_ms.p99", quantile(0.99)),
        ("availability", Box::new(availability)),
        ("throughput_per_s", Box::new(throughput)),
        ("availability_by_time", Box::new(availability_by_time)),
    ];
    let known = [&first.0, &other.0].map(|one| one.results.summary.availability_by_time.is_some());
    let mut figures: Vec<(String, Estimate)> = readers
        .iter()
        .filter(|(name, _)| *name != "availability_by_time" || known == [true; 2])
        .map(|(name, read)| ((*name).to_owned(), paired(&first.1, &other.1, read)))
        .collect();
    let (first_cost, cost) = (&first.0.results.summary.cost, &other.0.results.summary.cost);
    let exact = "a price is exact";
    let per_hour = Estimate::point(cost.per_hour - first_cost.per_hour, exact);
    figures.push(("cost.per_hour".to_owned(), per_hour));
    let million = |cost: &super::summary::Cost| cost.per_million_requests.value;
    if let (Some(before), Some(after)) = (million(first_cost), million(cost)) {
        let note = "difference of two means";
        let estimate = Estimate::point(after - before, note);
        figures.push(("cost.per_million_requests".to_owned(), estimate));
    }
    Difference { design: other.0.name.clone(), figures }
}

/// Student's t over the differences of paired replications.
fn paired(first: &[Replication], other: &[Replication], read: &Reader) -> Estimate {
    let differences: Vec<Option<f64>> =
        first.iter().zip(other).map(|(first, other)| Some(read(other)? - read(first)?)).collect();
    mean_estimate(&differences)
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

/// The answer in one sentence per other design: p99 and cost.
fn sentence(designs: &[Design], differences: &[Difference]) -> String {
    let base = &designs[0];
    let sentences: Vec<String> = designs[1..]
        .iter()
        .zip(differences)
        .map(|(design, difference)| {
            let speed = speed_phrase(difference);
            let cost = cost_phrase(base, design);
            format!("{} {speed} than {} and {cost}.", design.name, base.name)
        })
        .collect();
    sentences.join(" ")
}

fn speed_phrase(difference: &Difference) -> String {
    let p99 = difference.figures.iter().find(|(name, _)| name == "response_time_ms.p99");
    let Some((_, estimate)) = p99 else {
        return "answers no differently".to_owned();
    };
    match (estimate.value, estimate.half_width()) {
        (Some(value), Some(half)) if value.abs() > half => {
            let direction = if value < 0.0 { "faster" } else { "slower" };
            format!("answers {} {direction} at p99", plus_minus(value.abs(), half))
        }
        (Some(value), Some(half)) => {
            format!("is not measurably faster or slower at p99 ({})", plus_minus(value, half))
        }
        _ => "leaves p99 undecided, being no faster for sure".to_owned(),
    }
}

/// Designs whose shares of answered requests lie further apart are compared by
/// what stands there.
const UNEQUAL: f64 = 0.01;

fn answered_share(summary: &Summary) -> f64 {
    let requests = &summary.requests;
    requests.answered as f64 / requests.offered.max(1) as f64
}

fn cost_phrase(base: &Design, design: &Design) -> String {
    // Who answers less sends less, and is no cheaper for it.
    let [first, other] = [&base.results.summary, &design.results.summary];
    let apart = (answered_share(first) - answered_share(other)).abs() > UNEQUAL;
    let (before, after, what) = if apart {
        (standing_per_hour(&first.cost), standing_per_hour(&other.cost), "has machines that cost")
    } else {
        (first.cost.per_hour, other.cost.per_hour, "costs")
    };
    if before <= 0.0 {
        return "no prices are given".to_owned();
    }
    let change = after / before - 1.0;
    match change.abs() < 0.005 {
        true => format!("{what} the same"),
        false if change < 0.0 => format!("{what} {:.0} % less", -100.0 * change),
        false => format!("{what} {:.0} % more", 100.0 * change),
    }
}

/// Both to the first digit of what is uncertain: `46.2 ± 0.6 ms`.
fn plus_minus(value: f64, half_width: f64) -> String {
    let digits = (-math::log10(half_width.max(1e-3))).ceil().clamp(0.0, 3.0) as usize;
    format!("{value:.digits$} ± {half_width:.digits$} ms")
}

#[cfg(test)]
mod tests {
    //! Goal: the sentence says no more than is known. Method: worked values.
    use super::plus_minus;

    #[test]
    fn digits_end_where_certainty_ends() {
        assert_eq!(plus_minus(46.18, 0.614), "46.2 ± 0.6 ms");
        assert_eq!(plus_minus(46.18, 12.3), "46 ± 12 ms");
        assert_eq!(plus_minus(0.512, 0.034), "0.51 ± 0.03 ms");
    }
}
