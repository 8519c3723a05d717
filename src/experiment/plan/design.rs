//! The designs that a plan chooses from, each with its price.

use super::losses::variants;
use super::trial::{Finding, bounded};
use super::words;
use crate::experiment::cost::standing_parts;
use crate::scenario::model::{Dimension, Plan, Scenario};
use crate::scenario::{Change, Diagnostics, Template};
use rayon::prelude::*;
use std::cmp::Ordering;

/// Prices closer than this are one: sums in another order differ in their last
/// bits.
const PRICE_STEP: f64 = 1e-9;

/// One combination of values. The scenario itself is not kept: a recording of
/// many requests is large.
#[derive(Clone, Debug)]
pub(super) struct Design {
    /// The keys and their values, as `--set` takes them.
    pub(super) changes: Vec<Change>,
    /// What is known of it; `Err`: what is wrong with it.
    pub(super) built: Result<Built, Diagnostics>,
}

/// A design that can be played.
#[derive(Clone, Debug)]
pub(super) struct Built {
    /// For people.
    pub(super) name: String,
    /// Price of an hour of what stands there.
    pub(super) per_hour: f64,
    /// Verdicts that judging it takes: whole, and with each loss.
    pub(super) verdicts: usize,
    /// What can be said without playing it.
    pub(super) bounded: Finding,
}

impl Design {
    /// Infinite where it cannot be built.
    pub(super) fn price(&self) -> f64 {
        self.built.as_ref().map_or(f64::INFINITY, |built| built.per_hour)
    }
}

/// Designs under one load.
pub(super) struct Workshop<'t> {
    pub(super) template: &'t Template<'t>,
    pub(super) plan: &'t Plan,
    /// In place of the scenario's own.
    pub(super) users: Option<u64>,
}

impl Workshop<'_> {
    /// All designs in order of price, those of one price in order of the file;
    /// what cannot be built comes last.
    pub(super) fn designs(&self) -> Vec<Design> {
        let one = |number: usize| self.design(changes(&self.plan.vary, number));
        let mut designs: Vec<Design> = (0..self.plan.designs()).into_par_iter().map(one).collect();
        // A stable sort: equals stay in order of the file.
        designs.sort_by(|a, b| by_price(a.price(), b.price()));
        designs
    }

    /// The design with these values.
    pub(super) fn design(&self, changes: Vec<Change>) -> Design {
        let built = self.scenario(&changes).map(|scenario| {
            let price: f64 = standing_parts(&scenario).iter().map(|(_, price)| price).sum();
            Built {
                name: words::name(&self.plan.vary, &changes, &scenario),
                per_hour: (price / PRICE_STEP).round() * PRICE_STEP,
                verdicts: variants(&scenario, self.plan).len(),
                bounded: bounded(&scenario, self.plan),
            }
        });
        Design { changes, built }
    }

    /// The scenario with these values.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn scenario(&self, changes: &[Change]) -> Result<Scenario, Diagnostics> {
        self.template.vary(changes, self.users)
    }
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
