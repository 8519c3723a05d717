//! Goal: differences of designs are those of the theory, quantiles are never
//! averaged, and the same users are worth what is published. Method: pairs of
//! M/M/1 whose difference is known exactly, and the shipped stages 4 and 5.

mod support;

use highwater::experiment::compare::compare;
use highwater::experiment::comparison::{Comparison, Difference};
use highwater::experiment::run::PlayOptions;
use highwater::experiment::summary::Estimate;
use highwater::scenario::model::Scenario;
use support::{scenario, shipped, value};

/// M/M/1 with 50 requests a second and this service time.
fn single_server(service_ms: f64, price: f64, slo_ms: f64) -> Scenario {
    scenario(&format!(
        r#"
users.rate = "50/s"
endpoints.home = {{ share = 1, steps = [{{ cpu = {{ exponential = "{service_ms} ms" }} }}] }}
machines.one = {{ vcpus = 1, price = "{price}/h", scheduling = "fifo" }}
entry.to = "services.web"
services.web = {{ machine = "one", public = true }}
slo.p99 = "{slo_ms} ms"
run = {{ duration = "620 s", warmup = "20 s", replications = 20, seed = 11, kind = "steady" }}
"#
    ))
}

fn named(scenarios: Vec<(&str, Scenario)>) -> Vec<(String, Scenario)> {
    scenarios.into_iter().map(|(name, scenario)| (name.to_owned(), scenario)).collect()
}

fn played(designs: Vec<(&str, Scenario)>, replications: Option<u32>) -> Comparison {
    let options = PlayOptions { replications, ..PlayOptions::default() };
    compare(&named(designs), &options).expect("the audit holds")
}

fn figure<'a>(difference: &'a Difference, name: &str) -> &'a Estimate {
    let found = difference.figures.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

fn worth<'a>(difference: &'a Difference, name: &str) -> &'a Estimate {
    let found = difference.variance_reduction.iter().find(|(known, _)| known == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn differences_are_those_of_the_theory() {
    let designs =
        vec![("slow", single_server(12.0, 1.0, 500.0)), ("fast", single_server(10.0, 2.0, 500.0))];
    let compared = played(designs, None);
    let difference = &compared.differences[0];
    // Sojourn of M/M/1: exponential with rate μ − λ.
    let (slow, fast) = (1e3 / (1e3 / 12.0 - 50.0), 1e3 / (1e3 / 10.0 - 50.0));
    let ln_10 = std::f64::consts::LN_10;
    let known = [
        ("mean", 1.0),
        ("p50", std::f64::consts::LN_2),
        ("p95", 2.995_732),
        ("p99", 2.0 * ln_10),
        ("p99_9", 3.0 * ln_10),
    ];
    for (name, scale) in known {
        let exact = scale * (fast - slow);
        let found = figure(difference, &format!("response_time_ms.{name}"));
        if found.low.is_none() {
            assert_eq!(name, "p99_9", "only that is too thin here");
            continue;
        }
        // Three times the half-width at 95 %: wrong once in a million.
        let half = 3.0 * found.half_width().expect("an interval");
        assert!((value(found) - exact).abs() < half, "{name}: {found:?}, exactly {exact}");
        assert!(half < 0.6 * exact.abs(), "{name} says next to nothing: {found:?}");
    }
}

#[test]
fn quantiles_are_differences_of_the_merged_ones() {
    let designs =
        vec![("slow", single_server(12.0, 1.0, 500.0)), ("fast", single_server(10.0, 2.0, 500.0))];
    let compared = played(designs, Some(12));
    let of = |place: usize| &compared.designs[place].results.summary.response_time_ms;
    for (name, before, after) in [("p50", &of(0).p50, &of(1).p50), ("p99", &of(0).p99, &of(1).p99)]
    {
        let found = figure(&compared.differences[0], &format!("response_time_ms.{name}"));
        assert_eq!(value(found), value(after) - value(before), "{name}");
    }
    let availability = figure(&compared.differences[0], "availability");
    assert_eq!(value(availability), 0.0);
    assert!(availability.low < Some(0.0) && availability.high > Some(0.0), "{availability:?}");
}

#[test]
fn the_cheapest_that_meets_the_slo_is_named() {
    let designs = || {
        vec![
            ("dear", single_server(10.0, 3.0, 200.0)),
            ("fit", single_server(11.0, 2.0, 200.0)),
            ("cheap", single_server(16.0, 1.0, 200.0)),
        ]
    };
    let compared = played(designs(), None);
    assert_eq!(compared.cheapest.as_deref(), Some("fit"), "{}", compared.sentence);
    assert!(compared.sentence.ends_with("The cheapest that meets the SLO is fit."));
    let mut none = designs();
    none.retain(|(name, _)| *name == "cheap");
    none.push(("also", single_server(17.0, 1.0, 200.0)));
    assert_eq!(played(none, None).cheapest, None);
}

/// A tie in price is broken by p99, or said to be one.
#[test]
fn designs_that_cost_the_same_are_not_called_cheaper() {
    let pair = |second: f64| {
        vec![
            ("first", single_server(12.0, 1.0, 500.0)),
            ("second", single_server(second, 1.0, 500.0)),
        ]
    };
    let faster = played(pair(10.0), Some(12));
    assert_eq!(faster.cheapest.as_deref(), Some("second"), "{}", faster.sentence);
    let words = "first and second, cost the same; second has the lowest p99.";
    assert!(faster.sentence.ends_with(words), "{}", faster.sentence);
    let same = played(pair(12.0), Some(12));
    assert!(
        same.sentence.ends_with("none is known to be the fastest at p99."),
        "{}",
        same.sentence
    );
}

fn stages(users: &str, replications: u32) -> Comparison {
    let short = [("users.count", users), ("run.duration", "10 s"), ("run.warmup", "3 s")];
    let stage = |file| shipped(file, &short);
    let designs = vec![("04", stage("04-horizontal.toml")), ("05", stage("05-replicas.toml"))];
    played(designs, Some(replications))
}

/// Published: 275 (210 to 358) at the mean, 45 (33 to 59) at p99.
#[test]
fn the_same_users_spare_most_of_the_variance() {
    let compared = stages("300000", 40);
    let at = |name| worth(&compared.differences[0], name);
    let (mean, p99) = (at("response_time_ms.mean"), at("response_time_ms.p99"));
    assert!(mean.low > Some(3.0) && value(mean) > 30.0, "{mean:?}");
    assert!(p99.low > Some(2.0) && value(p99) > 5.0, "{p99:?}");
}

/// Under all users of stage 4 its database is 83 % busy; what its queue does is
/// no part of stage 5, and no common draw can cancel it. All else is the same.
#[test]
fn all_but_the_waiting_is_the_same_in_both_stages() {
    let compared = stages("500000", 10);
    let [first, other] = [0, 1].map(|place| &compared.designs[place].results.summary);
    let mut waits = 0;
    for (name, part) in &first.attribution_ms {
        let theirs = other.attribution_ms.iter().find(|(known, _)| known == name);
        let same = theirs.is_some_and(|(_, theirs)| theirs == part);
        assert_eq!(same, !name.ends_with(".wait"), "{name}");
        waits += usize::from(!same);
    }
    assert!(waits > 0, "a loaded system waits");
    let factor = worth(&compared.differences[0], "response_time_ms.mean");
    assert!(value(factor) > 1.0, "{factor:?}");
}
