//! What a comparison says in sentences: no more than is known.

use super::super::comparison::{Design, Difference};
use super::super::summary::{Summary, Verdict};
use crate::kernel::math;

/// The answer in one sentence per other design: p99 and cost.
pub(super) fn sentence(designs: &[Design], differences: &[Difference]) -> String {
    let base = &designs[0];
    let sentences: Vec<String> = designs[1..]
        .iter()
        .zip(differences)
        .map(|(design, difference)| {
            let speed = speed_phrase(base, design, difference);
            let cost = cost_phrase(base, design);
            format!("{} {speed} and {cost}.", design.name)
        })
        .collect();
    [sentences.join(" "), cheapest_phrase(designs)].join(" ").trim_end().to_owned()
}

/// The place of the cheapest design that meets its SLO; of those that cost the
/// same, that with the lowest p99.
pub(super) fn cheapest(designs: &[Design]) -> Option<usize> {
    let p99 = |place: &usize| {
        designs[*place].results.summary.response_time_ms.p99.value.unwrap_or(f64::INFINITY)
    };
    equally_cheap(designs).into_iter().min_by(|a, b| p99(a).total_cmp(&p99(b)))
}

/// The cheapest designs that meet their SLO: more than one where they cost the
/// same.
fn equally_cheap(designs: &[Design]) -> Vec<usize> {
    let serving: Vec<usize> = (0..designs.len()).filter(|place| serves(&designs[*place])).collect();
    let best = serving.iter().map(|place| answered(&designs[*place])).fold(0.0, f64::max);
    let limited = |design: &Design| {
        let mut terms = design.results.summary.slo.terms.iter();
        terms.any(|term| matches!(term.term.as_str(), "availability" | "error_rate"))
    };
    // Who turns more requests away than another is not cheap, unless the
    // objective says how many may fail.
    let counts = |design: &Design| limited(design) || answered(design) >= best - UNEQUAL;
    let kept: Vec<usize> = serving.into_iter().filter(|place| counts(&designs[*place])).collect();
    let lowest = kept.iter().map(|place| per_hour(&designs[*place])).fold(f64::INFINITY, f64::min);
    let is_lowest = |place: &usize| per_hour(&designs[*place]) <= lowest * (1.0 + SAME_PRICE);
    kept.into_iter().filter(is_lowest).collect()
}

/// Whether a design meets its SLO, and carries the load.
fn serves(design: &Design) -> bool {
    let summary = &design.results.summary;
    verdict(design) == Some(Verdict::Met) && summary.unstable.is_empty() && summary.limit.is_none()
}

fn answered(design: &Design) -> f64 {
    answered_share(&design.results.summary)
}

fn per_hour(design: &Design) -> f64 {
    design.results.summary.cost.per_hour
}

/// Prices nearer than this are the same: what is paid by use is a mean.
const SAME_PRICE: f64 = 0.005;

fn verdict(design: &Design) -> Option<Verdict> {
    design.results.summary.slo.verdict
}

/// Which design to take, where there is an SLO to meet.
fn cheapest_phrase(designs: &[Design]) -> String {
    if designs.iter().all(|design| verdict(design).is_none()) {
        return String::new();
    }
    let Some(place) = cheapest(designs) else {
        return "None of them is known to meet the SLO.".to_owned();
    };
    let best = &designs[place];
    let open = designs.iter().filter(|design| verdict(design) == Some(Verdict::Undecided));
    let open: Vec<&str> = open
        .filter(|design| per_hour(design) < per_hour(best))
        .map(|design| design.name.as_str())
        .collect();
    let open = match open.as_slice() {
        [] => String::new(),
        names => format!("; cheaper, but undecided: {}", names.join(", ")),
    };
    let equals = equally_cheap(designs);
    match per_hour(best) > 0.0 {
        true if equals.len() > 1 => tie_phrase(designs, &equals, place) + &open + ".",
        true => format!("The cheapest that meets the SLO is {}{open}.", best.name),
        false => String::new(),
    }
}

/// Several that cost the same: which is the fastest, where that is known.
fn tie_phrase(designs: &[Design], equals: &[usize], best: usize) -> String {
    let p99 = |place: usize| &designs[place].results.summary.response_time_ms.p99;
    let slower = |place: &usize| p99(*place).low > p99(best).high && p99(best).high.is_some();
    let known = equals.iter().filter(|place| **place != best).all(slower);
    let names: Vec<&str> = equals.iter().map(|place| designs[*place].name.as_str()).collect();
    let names = match names.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    };
    let speed = match known {
        true => format!("{} has the lowest p99", designs[best].name),
        false => "none is known to be the fastest at p99".to_owned(),
    };
    format!("The cheapest that meet the SLO, {names}, cost the same; {speed}")
}

fn speed_phrase(base: &Design, design: &Design, difference: &Difference) -> String {
    let overloaded = |design: &Design| {
        let summary = &design.results.summary;
        !summary.unstable.is_empty() || summary.limit.is_some()
    };
    match (overloaded(base), overloaded(design)) {
        (false, true) => return format!("cannot carry the users that {} carries", base.name),
        (true, false) => return format!("carries the users that {} cannot carry", base.name),
        (true, true) => return format!("cannot carry these users, no more than {}", base.name),
        (false, false) => {}
    }
    let p99 = difference.figures.iter().find(|(name, _)| name == "response_time_ms.p99");
    let estimate = p99.map(|(_, estimate)| (estimate.value, estimate.half_width()));
    let base = &base.name;
    match estimate {
        Some((Some(value), Some(half))) if value.abs() > half => {
            let direction = if value < 0.0 { "faster" } else { "slower" };
            format!("answers {} {direction} at p99 than {base}", plus_minus(value.abs(), half))
        }
        Some((Some(value), Some(half))) => {
            let by = plus_minus(value, half);
            format!("is not measurably faster or slower at p99 than {base} ({by})")
        }
        _ => format!("leaves undecided whether it is faster at p99 than {base}"),
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
        (first.cost.standing_per_hour, other.cost.standing_per_hour, "has machines that cost")
    } else {
        (first.cost.per_hour, other.cost.per_hour, "costs")
    };
    if before <= 0.0 {
        return "no prices are given".to_owned();
    }
    let change = after / before - 1.0;
    match change.abs() < SAME_PRICE {
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
