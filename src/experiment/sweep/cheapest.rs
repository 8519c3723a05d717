//! Which cell is the cheapest: prices are compared under the same load, or by
//! the request, and only of cells that serve what they are paid for.

use super::definition::Definition;
use super::line::CellResult;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a cell costs.
const COST: &str = "cost.per_hour";
/// What its requests cost.
const PER_MILLION: &str = "cost.per_million_requests";
/// The tail that decides among equals.
const P99: &str = "response_time_ms.p99";
/// Parts of a scenario that say what is asked, not what answers.
const LOAD: [&str; 4] = ["users", "endpoints", "operations", "datasets"];
/// Terms of an SLO that limit how many requests may fail.
const OF_FAILURES: [&str; 2] = ["availability", "error_rate"];
/// A cell that fails so much more of its requests than another is not cheap:
/// whom it turns away costs it nothing.
const UNEQUAL: f64 = 0.01;

/// How the prices of the cells can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// All cells face the same load.
    SameLoad,
    /// Several designs face each load: within it.
    WithinLoad,
    /// No two cells face the same load: by the request.
    PerRequest,
    /// One design under several loads: not at all.
    LoadAlone,
}

/// The cheapest cell that meets the SLO under one load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cheapest {
    /// The keys that make the load, such as `users.count=480000`.
    pub load: String,
    /// Number of the cell.
    pub cell: u32,
    /// Answered requests per second, all of its load.
    pub throughput_per_s: Option<f64>,
}

/// How the prices of a sweep can be compared.
pub fn ground(definition: &Definition) -> Ground {
    let keys = load_keys(definition);
    if keys.is_empty() {
        return Ground::SameLoad;
    }
    if keys.len() == definition.axes.len() {
        return Ground::LoadAlone;
    }
    let mut loads: Vec<Vec<&str>> =
        definition.cells.iter().map(|cell| load(&keys, &cell.values)).collect();
    loads.sort_unstable();
    match loads.windows(2).any(|pair| pair[0] == pair[1]) {
        true => Ground::WithinLoad,
        false => Ground::PerRequest,
    }
}

/// Whether a key says what is asked.
pub fn is_load(key: &str) -> bool {
    let part = key.split('.').next().unwrap_or(key);
    LOAD.contains(&part.trim_matches(['"', '\'']))
}

/// Places of the keys that make the load.
fn load_keys(definition: &Definition) -> Vec<usize> {
    (0..definition.axes.len()).filter(|axis| is_load(&definition.axes[*axis].key)).collect()
}

fn load<'a>(keys: &[usize], values: &'a [String]) -> Vec<&'a str> {
    keys.iter().map(|key| values[*key].as_str()).collect()
}

/// The cells that face the same load, by it.
fn by_load<'a>(
    definition: &Definition,
    results: &'a [CellResult],
) -> BTreeMap<Vec<&'a str>, Vec<&'a CellResult>> {
    let keys = load_keys(definition);
    let mut groups: BTreeMap<_, Vec<&CellResult>> = BTreeMap::new();
    for one in results {
        groups.entry(load(&keys, &one.cell.values)).or_default().push(one);
    }
    groups
}

/// The cheapest cell of each load at which any meets the SLO, the lightest load
/// first.
pub fn cheapest_by_load(definition: &Definition, results: &[CellResult]) -> Vec<Cheapest> {
    let keys = load_keys(definition);
    let name = |values: &[&str]| {
        let pairs = keys.iter().zip(values);
        let pairs: Vec<String> =
            pairs.map(|(key, value)| format!("{}={value}", definition.axes[*key].key)).collect();
        pairs.join(" ")
    };
    let mut found: Vec<Cheapest> = by_load(definition, results)
        .into_iter()
        .filter_map(|(values, cells)| {
            let best = least(&candidates(&cells), COST)?;
            let throughput_per_s = best.value("throughput_per_s");
            Some(Cheapest { load: name(&values), cell: best.cell.cell, throughput_per_s })
        })
        .collect();
    let served = |one: &Cheapest| one.throughput_per_s.unwrap_or(0.0);
    found.sort_by(|a, b| served(a).total_cmp(&served(b)));
    found
}

/// The cell that is recommended: the cheapest that meets the SLO, as far as
/// prices can be compared; under several loads that of the heaviest.
pub(super) fn cheapest<'a>(
    definition: &Definition,
    results: &'a [CellResult],
) -> Option<&'a CellResult> {
    match ground(definition) {
        Ground::SameLoad => least(&candidates(&results.iter().collect::<Vec<_>>()), COST),
        Ground::PerRequest => {
            let groups = by_load(definition, results);
            let met: Vec<_> = groups.values().flat_map(|cells| candidates(cells)).collect();
            least(&answering(&met), PER_MILLION)
        }
        Ground::WithinLoad | Ground::LoadAlone => {
            let number = cheapest_by_load(definition, results).last()?.cell;
            results.iter().find(|one| one.cell.cell == number)
        }
    }
}

/// Cells that meet every term of the SLO, but fail so many more requests than
/// another under the same load that their price says nothing.
pub(super) fn turning_away(definition: &Definition, results: &[CellResult]) -> usize {
    let away = |cells: &Vec<&CellResult>| {
        cells.iter().filter(|one| one.is_met()).count() - candidates(cells).len()
    };
    by_load(definition, results).values().map(away).sum()
}

/// Those that meet the SLO and answer as many of their requests as the best of
/// them does, within a point.
fn candidates<'a>(cells: &[&'a CellResult]) -> Vec<&'a CellResult> {
    answering(&cells.iter().copied().filter(|one| one.is_met()).collect::<Vec<_>>())
}

/// Those that answer as many of their requests as the best does, within a
/// point; where the SLO limits failures, it alone decides.
pub(super) fn answering<'a>(cells: &[&'a CellResult]) -> Vec<&'a CellResult> {
    let best = cells.iter().map(|one| answered_share(one)).fold(0.0, f64::max);
    let limited = |one: &CellResult| {
        one.is_met() && one.slo.iter().any(|term| OF_FAILURES.contains(&term.term.as_str()))
    };
    let all = cells.iter().copied();
    all.filter(|one| limited(one) || answered_share(one) >= best - UNEQUAL).collect()
}

fn answered_share(one: &CellResult) -> f64 {
    one.answered as f64 / one.offered.max(1) as f64
}

/// The cell of the lowest price; of those that cost the same, that with the
/// lowest p99.
fn least<'a>(cells: &[&'a CellResult], price: &str) -> Option<&'a CellResult> {
    let key = |one: &CellResult| {
        let or_last = |path: &str| one.value(path).unwrap_or(f64::INFINITY);
        (or_last(price), or_last(P99))
    };
    cells.iter().copied().min_by(|a, b| {
        let (a, b) = (key(a), key(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    })
}

#[cfg(test)]
mod tests {
    //! Goal: prices are compared under the same load, of cells that serve it.
    //! Method: grids whose cheapest cells are known by hand.

    use super::super::definition::{DefinedScenario, Design, Keys};
    use super::super::line::tests::{cell, result};
    use super::*;
    use crate::experiment::summary::Verdict;

    /// Cost = servers × users ÷ 10, met up to 10 users a server.
    fn swept(loads: &[u32], servers: &[u32]) -> (Definition, Vec<CellResult>) {
        let scenario = DefinedScenario { title: String::new(), hash: String::new() };
        let keys = |key: &str, values: &[u32]| Keys {
            key: key.to_owned(),
            values: values.iter().map(u32::to_string).collect(),
        };
        let axes = vec![keys("users.count", loads), keys("services.web.instances", servers)];
        let mut results = Vec::new();
        for users in loads {
            for count in servers {
                let values = [users.to_string(), count.to_string()];
                let cell = cell(results.len() as u32 + 1, &[&values[0], &values[1]]);
                let met = if *users <= 10 * count { Verdict::Met } else { Verdict::Missed };
                let mut one = result(cell, Some(5.0), f64::from(count * users) / 10.0, met);
                let mut rate = one.figures[0].clone();
                rate.figure = "throughput_per_s".to_owned();
                rate.value = Some(f64::from(*users));
                one.figures.push(rate);
                results.push(one);
            }
        }
        let cells = results.iter().map(|one| one.cell.clone()).collect();
        (Definition::new(scenario, 1, (Design::Grid, axes), cells), results)
    }

    fn numbers(found: &[Cheapest]) -> Vec<(&str, u32)> {
        found.iter().map(|one| (one.load.as_str(), one.cell)).collect()
    }

    #[test]
    fn prices_of_different_loads_are_not_compared() {
        let (definition, results) = swept(&[20, 10, 40], &[1, 2, 3]);
        assert_eq!(ground(&definition), Ground::WithinLoad);
        let found = cheapest_by_load(&definition, &results);
        assert_eq!(numbers(&found), [("users.count=10", 4), ("users.count=20", 2)]);
        let best = cheapest(&definition, &results).map(|one| one.cell.cell);
        assert_eq!(best, Some(2), "of the heaviest load that any carries, not the lightest");
    }

    #[test]
    fn one_design_under_many_loads_has_no_cheapest_but_a_heaviest() {
        let (mut definition, mut results) = swept(&[10, 20, 30], &[2]);
        definition.axes.truncate(1);
        results.iter_mut().for_each(|one| one.cell.values.truncate(1));
        definition.cells = results.iter().map(|one| one.cell.clone()).collect();
        assert_eq!(ground(&definition), Ground::LoadAlone);
        assert_eq!(cheapest(&definition, &results).map(|one| one.cell.cell), Some(2));
    }

    #[test]
    fn cells_of_a_sample_are_compared_by_the_request() {
        let (mut definition, mut results) = swept(&[10, 20], &[2]);
        for (one, per_million) in results.iter_mut().zip([3.0, 2.0]) {
            let mut price = one.figures[0].clone();
            price.figure = PER_MILLION.to_owned();
            price.value = Some(per_million);
            one.figures.push(price);
        }
        definition.design = Design::LatinHypercube;
        assert_eq!(ground(&definition), Ground::PerRequest);
        assert!(results[0].value(COST) < results[1].value(COST));
        assert_eq!(cheapest(&definition, &results).map(|one| one.cell.cell), Some(2));
    }

    #[test]
    fn who_turns_requests_away_is_not_cheap() {
        let (definition, mut results) = swept(&[10], &[1, 2, 3]);
        results[0].answered = 5;
        assert_eq!(cheapest(&definition, &results).map(|one| one.cell.cell), Some(2));
        assert_eq!(turning_away(&definition, &results), 1);
        // Where the objective says how many may fail, it decides.
        let term = super::super::line::Term {
            term: "availability".to_owned(),
            limit: 0.4,
            unit: String::new(),
            at_least: true,
            verdict: Verdict::Met,
        };
        results[0].slo.push(term);
        assert_eq!(cheapest(&definition, &results).map(|one| one.cell.cell), Some(1));
        assert_eq!(turning_away(&definition, &results), 0);
    }

    #[test]
    fn keys_of_the_load_are_told_from_those_of_the_design() {
        for key in ["users.count", "users.regions.eu", "endpoints.home.share", "users"] {
            assert!(is_load(key), "{key}");
        }
        for key in ["services.users.instances", "run.seed", "clients.shop.timeout"] {
            assert!(!is_load(key), "{key}");
        }
    }
}
