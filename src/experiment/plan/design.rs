//! The designs that a plan chooses from, each with its price.

use super::words;
use crate::experiment::cost::standing_parts;
use crate::scenario::model::{Dimension, Plan, Scenario};
use crate::scenario::{Change, Diagnostics, Template};
use rayon::prelude::*;
use std::cmp::Ordering;

/// Prices closer than this are one: sums in another order differ in their last
/// bits.
const PRICE_STEP: f64 = 1e-9;

/// One combination of values.
#[derive(Clone, Debug)]
pub(super) struct Design {
    /// The keys and their values, as `--set` takes them.
    pub(super) changes: Vec<Change>,
    /// The scenario with them, and what it is called; `Err`: what is wrong
    /// with it.
    pub(super) built: Result<Built, Diagnostics>,
}

/// A design that can be played.
#[derive(Clone, Debug)]
pub(super) struct Built {
    /// The scenario.
    pub(super) scenario: Scenario,
    /// For people.
    pub(super) name: String,
    /// Price of an hour of what stands there.
    pub(super) per_hour: f64,
}

impl Design {
    /// Infinite where it cannot be built.
    pub(super) fn price(&self) -> f64 {
        self.built.as_ref().map_or(f64::INFINITY, |built| built.per_hour)
    }
}

/// All designs in order of price, those of one price in order of the file; what
/// cannot be built comes last.
pub(super) fn designs(template: &Template<'_>, plan: &Plan, users: Option<u64>) -> Vec<Design> {
    let one = |number: usize| {
        let changes = changes(&plan.vary, number);
        let built = build(template, plan, &changes, users);
        Design { changes, built }
    };
    let mut designs: Vec<Design> = (0..plan.designs()).into_par_iter().map(one).collect();
    // A stable sort: equals stay in order of the file.
    designs.sort_by(|a, b| by_price(a.price(), b.price()));
    designs
}

/// The same design under another number of users.
pub(super) fn build(
    template: &Template<'_>,
    plan: &Plan,
    changes: &[Change],
    users: Option<u64>,
) -> Result<Built, Diagnostics> {
    let scenario = template.vary(changes, users)?;
    let price: f64 = standing_parts(&scenario).iter().map(|(_, price)| price).sum();
    let per_hour = (price / PRICE_STEP).round() * PRICE_STEP;
    let name = words::name(&plan.vary, changes, &scenario);
    Ok(Built { scenario, name, per_hour })
}

fn by_price(a: f64, b: f64) -> Ordering {
    a.total_cmp(&b)
}

/// The values of combination `number`; the last key varies fastest.
fn changes(vary: &[Dimension], number: usize) -> Vec<Change> {
    let mut rest = number;
    let mut changes: Vec<Change> = Vec::new();
    for dimension in vary.iter().rev() {
        let count = dimension.values.len();
        changes.push((dimension.key.clone(), dimension.values[rest % count].clone()));
        rest /= count;
    }
    changes.reverse();
    changes
}

#[cfg(test)]
mod tests {
    //! Goal: every combination is a design, once. Method: count them.
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_combination_comes_once() {
        let dimension = |key: &str, values: &[&str]| Dimension {
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let vary = [dimension("a", &["1", "2", "3"]), dimension("b", &["x", "y"])];
        let all: Vec<_> = (0..6).map(|number| changes(&vary, number)).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 6);
        assert_eq!(all[0], [("a".into(), "1".into()), ("b".into(), "x".into())]);
        assert_eq!(all[1][1].1, "y");
        assert_eq!(all[5], [("a".into(), "3".into()), ("b".into(), "y".into())]);
    }
}
