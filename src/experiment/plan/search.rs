//! The search itself, whatever judges the designs: in order of price, in
//! blocks of a fixed size, so that the same designs are judged on any number
//! of threads.

use rayon::prelude::*;

/// Designs judged side by side. Fixed: it decides which designs are judged
/// beyond the answer.
pub(super) const BLOCK: usize = 4;
/// So many designs behind the answer are looked through for the next one.
const BEHIND: usize = 12;

/// What is thought of a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opinion {
    /// It meets the objective.
    Passes,
    /// It misses it.
    Fails,
    /// Neither is certain.
    Unsure,
}

/// How a search came out; places are those of the list of designs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Answer {
    /// The cheapest design that passes.
    pub(super) chosen: Option<usize>,
    /// Designs that may pass, and are cheaper than the chosen one.
    pub(super) undecided: Vec<usize>,
    /// The next design that passes.
    pub(super) next: Option<usize>,
}

/// Judges designs, cheapest first, until the answer and the one behind it are
/// known.
///
/// # Errors
/// The first error of `judge`.
pub(super) fn search<D: Send, E: Send>(
    count: usize,
    judge: impl Fn(usize) -> Result<D, E> + Sync,
    opinion: impl Fn(&D) -> Opinion,
) -> Result<Vec<D>, E> {
    let mut judged: Vec<D> = Vec::new();
    while judged.len() < count && !is_enough(&judged, &opinion) {
        let block = judged.len()..(judged.len() + BLOCK).min(count);
        let new: Result<Vec<D>, E> = block.into_par_iter().map(&judge).collect();
        judged.extend(new?);
    }
    Ok(judged)
}

fn is_enough<D>(judged: &[D], opinion: impl Fn(&D) -> Opinion) -> bool {
    let mut passing = (0..judged.len()).filter(|&place| opinion(&judged[place]) == Opinion::Passes);
    let first = passing.next();
    let behind = first.map_or(0, |first| judged.len() - first - 1);
    passing.next().is_some() || behind >= BEHIND
}

/// The answer that opinions of designs in order of price carry.
pub(super) fn answer(designs: &[(f64, Opinion)]) -> Answer {
    let with = |wanted: Opinion| {
        let places = designs.iter().enumerate();
        places.filter(move |(_, (_, opinion))| *opinion == wanted).map(|(place, _)| place)
    };
    let mut passing = with(Opinion::Passes);
    let (chosen, next) = (passing.next(), passing.next());
    let price = chosen.map_or(f64::INFINITY, |place| designs[place].0);
    let undecided = with(Opinion::Unsure).filter(|&place| designs[place].0 < price).collect();
    Answer { chosen, undecided, next }
}

#[cfg(test)]
mod tests {
    //! Goal: whatever is thought of the designs, the chosen one is the cheapest
    //! that passes, and a cheaper one that may pass is never forgotten. Method:
    //! random prices and opinions against a look through all of them.
    use super::*;
    use proptest::prelude::*;

    fn opinions() -> impl Strategy<Value = Vec<(f64, Opinion)>> {
        let opinion =
            prop_oneof![Just(Opinion::Passes), Just(Opinion::Fails), Just(Opinion::Unsure)];
        let designs = prop::collection::vec(((0_u8..20).prop_map(f64::from), opinion), 0..60);
        designs.prop_map(|mut designs| {
            designs.sort_by(|a, b| a.0.total_cmp(&b.0));
            designs
        })
    }

    fn found(designs: &[(f64, Opinion)]) -> (usize, Answer) {
        let judge = |place: usize| Ok::<_, ()>(designs[place]);
        let judged = search(designs.len(), judge, |design| design.1).expect("no error");
        assert_eq!(judged, designs[..judged.len()]);
        (judged.len(), answer(&judged))
    }

    proptest! {
        #[test]
        fn the_cheapest_that_passes_is_chosen(designs in opinions()) {
            let (judged, answer) = found(&designs);
            let passes = |one: &&(f64, Opinion)| one.1 == Opinion::Passes;
            let cheapest = designs.iter().filter(passes).map(|one| one.0).fold(f64::INFINITY, f64::min);
            prop_assert_eq!(answer.chosen.is_some(), cheapest.is_finite());
            if let Some(chosen) = answer.chosen {
                prop_assert_eq!(designs[chosen].1, Opinion::Passes);
                prop_assert_eq!(designs[chosen].0, cheapest);
            } else {
                prop_assert_eq!(judged, designs.len());
            }
            let unsure: Vec<usize> = (0..designs.len())
                .filter(|&place| designs[place].1 == Opinion::Unsure && designs[place].0 < cheapest)
                .collect();
            prop_assert_eq!(answer.undecided, unsure);
            if let Some(next) = answer.next {
                let chosen = answer.chosen.expect("the next is behind it");
                prop_assert!(designs[chosen + 1..next].iter().all(|one| one.1 != Opinion::Passes));
                prop_assert_eq!(designs[next].1, Opinion::Passes);
            }
        }

        #[test]
        fn the_same_designs_are_judged_on_any_number_of_threads(designs in opinions()) {
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                pool.expect("a pool").install(|| found(&designs))
            };
            prop_assert_eq!(on(1), on(3));
        }
    }

    #[test]
    fn what_lies_far_behind_the_answer_is_not_judged() {
        let mut designs = vec![(1.0, Opinion::Fails); 100];
        designs[10].1 = Opinion::Passes;
        let (judged, answer) = found(&designs);
        assert_eq!((judged, answer.chosen, answer.next), (24, Some(10), None));
    }

    #[test]
    fn an_error_ends_the_search() {
        let judge = |place: usize| if place == 5 { Err("broken") } else { Ok(Opinion::Fails) };
        assert_eq!(search(9, judge, |opinion| *opinion), Err("broken"));
    }
}
