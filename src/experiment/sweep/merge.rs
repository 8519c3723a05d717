//! The shards of a sweep as one: the union of their lines.

use super::definition::Definition;
use super::journal::Journal;

/// The journal of one shard.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it came from, for people.
    pub name: String,
    /// Of which sweep.
    pub definition: Definition,
    /// Its finished cells.
    pub journal: Journal,
}

/// Why parts are not one sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeFault {
    /// Two parts belong to different sweeps.
    OtherSweep {
        /// The first part.
        first: String,
        /// The part that differs.
        other: String,
        /// In what.
        differences: Vec<String>,
    },
    /// Two parts have a cell that came out differently.
    OtherResult {
        /// Which cell.
        cell: u32,
        /// The part that brought it first.
        first: String,
        /// The part that differs.
        other: String,
    },
}

/// The sweep that all parts belong to and all their cells. Parts may come in
/// any order, and hold the same cells again as long as they agree.
///
/// # Errors
/// Every part of another sweep, or else every cell that came out differently.
pub fn merge(parts: &[Part]) -> Result<(Definition, Journal), Vec<MergeFault>> {
    let Some(first) = parts.first() else { return Err(Vec::new()) };
    let faults = other_sweeps(first, parts);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut journal = Journal::default();
    let mut faults = Vec::new();
    for cell in 1..=first.definition.cells.len() as u32 {
        let mut lines = parts.iter().filter_map(|part| Some((part, part.journal.line(cell)?)));
        let Some((brought, line)) = lines.next() else { continue };
        for (other, _) in lines.filter(|(_, other)| *other != line) {
            let (first, other) = (brought.name.clone(), other.name.clone());
            faults.push(MergeFault::OtherResult { cell, first, other });
        }
        journal.add(cell, line.to_owned());
    }
    if faults.is_empty() { Ok((first.definition.clone(), journal)) } else { Err(faults) }
}

fn other_sweeps(first: &Part, parts: &[Part]) -> Vec<MergeFault> {
    let others = parts.iter().filter(|part| part.definition != first.definition);
    let fault = |other: &Part| MergeFault::OtherSweep {
        first: first.name.clone(),
        other: other.name.clone(),
        differences: first.definition.differences(&other.definition),
    };
    others.map(fault).collect()
}

#[cfg(test)]
mod tests {
    //! Goal: the union of parts does not depend on their order or on how often
    //! they come, and disagreement is named. Method: a property over how the
    //! cells are dealt out.

    use super::super::definition::{DefinedScenario, Design, Keys};
    use super::super::line::tests::{cell, result};
    use super::*;
    use crate::experiment::summary::Verdict;
    use proptest::prelude::*;

    const CELLS: u32 = 6;

    fn part(name: &str, numbers: &[u32], p99: f64) -> Part {
        let scenario = DefinedScenario { title: String::new(), hash: String::new() };
        let axes = vec![Keys { key: "a".to_owned(), values: Vec::new() }];
        let cells: Vec<_> = (1..=CELLS).map(|number| cell(number, &["x"])).collect();
        let mut journal = Journal::default();
        for number in numbers {
            let cell = cells[*number as usize - 1].clone();
            let line = result(cell, Some(p99), 1.0, Verdict::Met).to_line();
            journal.add(*number, line);
        }
        let definition = Definition::new(scenario, 1, (Design::Grid, axes), cells);
        Part { name: name.to_owned(), definition, journal }
    }

    #[test]
    fn disagreement_is_named() {
        let parts = [part("one", &[1, 2], 5.0), part("two", &[2, 3], 6.0)];
        let (first, other) = ("one".to_owned(), "two".to_owned());
        assert_eq!(merge(&parts), Err(vec![MergeFault::OtherResult { cell: 2, first, other }]));
        let mut strange = part("three", &[4], 5.0);
        strange.definition.seed = 2;
        match merge(&[part("one", &[1], 5.0), strange]) {
            Err(faults) => assert!(matches!(&faults[..],
                [MergeFault::OtherSweep { other, differences, .. }]
                if other == "three" && differences.len() == 1)),
            Ok(_) => panic!("parts of different sweeps were merged"),
        }
    }

    proptest! {
        #[test]
        fn order_and_repetition_do_not_matter(
            dealt in prop::collection::vec(prop::collection::vec(1..=CELLS, 0..5), 1..5),
            seed in any::<prop::sample::Index>(),
        ) {
            let dealt: Vec<Vec<u32>> = dealt.into_iter().map(|mut numbers| {
                numbers.sort_unstable();
                numbers.dedup();
                numbers
            }).collect();
            let mut parts: Vec<Part> =
                dealt.iter().map(|numbers| part("p", numbers, 5.0)).collect();
            let (_, journal) = merge(&parts).expect("they agree");
            parts.push(parts[seed.index(parts.len())].clone());
            parts.reverse();
            let (_, again) = merge(&parts).expect("they agree");
            prop_assert_eq!(journal.sorted_bytes(), again.sorted_bytes());
            let mut all = dealt.concat();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(journal.len(), all.len());
        }
    }
}
