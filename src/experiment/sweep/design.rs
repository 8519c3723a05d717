//! Which cells a sweep has: a grid, or a Latin hypercube.

use super::axis::Axis;
use crate::kernel::random::{Key, Source};

/// No sweep has more cells: their scenarios are held together in memory.
pub const MOST_CELLS: u64 = 1_000_000;

/// The values of every key in each cell, in the order of the keys.
pub type Points = Vec<Vec<String>>;

/// The cross product: the last key changes fastest, as in nested loops.
///
/// # Errors
/// What is wrong with the axes, all of it, or that there are more than `most`
/// cells.
pub fn grid(axes: &[Axis], most: u64) -> Result<Points, Vec<String>> {
    let most = most.min(MOST_CELLS);
    let mut wrong = repeated_keys(axes);
    let mut all = Vec::new();
    for axis in axes {
        match axis.values() {
            Ok(values) => all.push(values),
            Err(why) => wrong.push(why),
        }
    }
    let count = all.iter().try_fold(1_u64, |count, values| count.checked_mul(values.len() as u64));
    if wrong.is_empty() && count.is_none_or(|count| count > most) {
        wrong.push(too_many(&all, count, most));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut points: Points = vec![Vec::new()];
    for values in &all {
        let longer = |point: &Vec<String>, value: &String| {
            let mut longer = point.clone();
            longer.push(value.clone());
            longer
        };
        points = points
            .iter()
            .flat_map(|point| values.iter().map(move |value| longer(point, value)))
            .collect();
    }
    Ok(points)
}

fn too_many(all: &[Vec<String>], count: Option<u64>, most: u64) -> String {
    let sizes: Vec<String> = all.iter().map(|values| values.len().to_string()).collect();
    let product = count.map_or_else(|| "more than 2^64".to_owned(), |count| count.to_string());
    let cells = match &sizes[..] {
        [one] => one.clone(),
        _ => format!("{} = {product}", sizes.join(" × ")),
    };
    let raise = raise(count.unwrap_or(u64::MAX));
    format!("the grid has {cells} cells, more than {most}; {raise}draw from it with --samples")
}

/// The way to more cells, where there is one.
fn raise(count: u64) -> String {
    match count <= MOST_CELLS {
        true => format!("raise the cap with --cells-max {count}, or "),
        false => format!("no sweep has more than {MOST_CELLS}: "),
    }
}

/// A Latin hypercube of `count` cells: each axis is cut into `count` strata of
/// equal share, and each stratum holds exactly one cell, at a random place in it.
///
/// McKay, Beckman and Conover 1979, "A comparison of three methods for selecting
/// values of input variables in the analysis of output from a computer code",
/// Technometrics 21(2), section 2.3.
///
/// # Errors
/// A key that comes twice, or more than `most` cells.
pub fn latin_hypercube(
    axes: &[Axis],
    count: u64,
    seed: u64,
    most: u64,
) -> Result<Points, Vec<String>> {
    let mut wrong = repeated_keys(axes);
    let most = most.min(MOST_CELLS);
    if count > most {
        wrong.push(format!("{count} samples are more than {most}; {}draw fewer", raise(count)));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let columns: Vec<Vec<String>> = axes.iter().map(|axis| column(axis, count, seed)).collect();
    let point = |cell: usize| columns.iter().map(|column| column[cell].clone()).collect();
    Ok((0..count as usize).map(point).collect())
}

/// The values of one key in all cells. Each key has a stream of its own, so
/// that a further key leaves the others as they are.
fn column(axis: &Axis, count: u64, seed: u64) -> Vec<String> {
    strata(&axis.key, count, seed)
        .map(|(stratum, within)| axis.quantile((stratum as f64 + within) / count as f64))
        .collect()
}

/// A stratum for each cell, in random order, and a place in it.
fn strata(key: &str, count: u64, seed: u64) -> impl Iterator<Item = (u64, f64)> {
    let mut stream = Key::root(seed, 0).named("sweep").named(key).stream();
    let mut strata: Vec<u64> = (0..count).collect();
    // Fisher and Yates, as Knuth 1969, Algorithm 3.4.2P.
    for last in (1..strata.len()).rev() {
        strata.swap(last, stream.below(last as u64 + 1) as usize);
    }
    strata.into_iter().map(move |stratum| (stratum, stream.uniform()))
}

fn repeated_keys(axes: &[Axis]) -> Vec<String> {
    let earlier =
        |place: usize| axes[..place].iter().filter(|it| it.key == axes[place].key).count();
    // A third time adds nothing to what is said.
    let twice = (0..axes.len()).filter(|place| earlier(*place) == 1);
    twice.map(|place| format!("{} is varied twice", axes[place].key)).collect()
}

#[cfg(test)]
mod tests {
    //! Goal: a grid has every combination once and in order; a sample meets
    //! every stratum of every key once. Method: a grid by hand, properties.

    use super::*;
    use crate::kernel::math;
    use proptest::prelude::*;

    fn axes(texts: &[&str]) -> Vec<Axis> {
        texts.iter().map(|text| Axis::parse(text).expect(text)).collect()
    }

    #[test]
    fn the_last_key_changes_fastest() {
        let points = grid(&axes(&["a=1,2", "b=x,y"]), 4).expect("four cells");
        assert_eq!(points, [["1", "x"], ["1", "y"], ["2", "x"], ["2", "y"]]);
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let wrong = grid(&axes(&["a=1..9", "a=0.1..0.9", "b=1.5..2.5"]), 100).expect_err("wrong");
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        let many = grid(&axes(&["a=1..1000", "b=1..1000", "c=1..11"]), 10_000).expect_err("many");
        assert!(many[0].contains("1000 × 1000 × 11 = 11000000"), "{many:?}");
        let huge: Vec<String> = (0..9).map(|key| format!("k{key}=1..1000")).collect();
        let huge: Vec<&str> = huge.iter().map(String::as_str).collect();
        assert!(grid(&axes(&huge), u64::MAX).expect_err("huge")[0].contains("2^64"));
    }

    #[test]
    fn no_number_of_cells_exhausts_the_memory() {
        let twice = grid(&axes(&["a=1,2", "a=3,4", "a=5,6"]), 100).expect_err("thrice");
        assert_eq!(twice, ["a is varied twice"]);
        let one = grid(&axes(&["a=1..9"]), 4).expect_err("many");
        assert!(one[0].starts_with("the grid has 9 cells, more than 4; raise"), "{one:?}");
        let wide = axes(&["a=1..100000", "b=1..100000"]);
        let many = grid(&wide, u64::MAX).expect_err("many");
        assert!(many[0].contains("no sweep has more than 1000000"), "{many:?}");
        let many = latin_hypercube(&wide, 10_000_000_000_000, 1, u64::MAX).expect_err("many");
        assert!(
            many[0].contains("more than 1000000") && many[0].contains("draw fewer"),
            "{many:?}"
        );
        let many = latin_hypercube(&wide, 20, 1, 10).expect_err("many");
        assert!(many[0].contains("--cells-max 20"), "{many:?}");
    }

    #[test]
    fn a_further_key_leaves_the_others_alone() {
        let one = latin_hypercube(&axes(&["a=0.0..1.0"]), 20, 7, 100).expect("cells");
        let two = latin_hypercube(&axes(&["b=1..9", "a=0.0..1.0"]), 20, 7, 100).expect("cells");
        assert!(one.iter().zip(&two).all(|(one, two)| one[0] == two[1]));
        let other = latin_hypercube(&axes(&["a=0.0..1.0"]), 20, 8, 100).expect("cells");
        assert_ne!(one, other, "the seed counts");
    }

    proptest! {
        #[test]
        fn each_stratum_is_met_once(count in 1_u64..300, seed in any::<u64>()) {
            let mut met = vec![0; count as usize];
            for (stratum, within) in strata("any.key", count, seed) {
                met[stratum as usize] += 1;
                prop_assert!((0.0..1.0).contains(&within));
            }
            prop_assert!(met.iter().all(|times| *times == 1));
        }

        #[test]
        fn each_stratum_of_the_values_is_met_once(
            count in 1_usize..100,
            seed in any::<u64>(),
            logarithmic in any::<bool>(),
        ) {
            let text = if logarithmic { "a=1.0..1000.0:log" } else { "a=1.0..1000.0" };
            let points = latin_hypercube(&axes(&[text]), count as u64, seed, 100).expect("cells");
            let mut met = vec![0; count];
            for point in points {
                let value: f64 = point[0].parse().expect("a number");
                let share = if logarithmic { math::log10(value) / 3.0 } else { (value - 1.0) / 999.0 };
                // A value has nine digits; at the edge of a stratum they may round over it.
                let at = (share * count as f64).clamp(0.0, count as f64 - 1e-9);
                let edge = (at - at.round()).abs() < 1e-4;
                if edge { return Ok(()) }
                met[at as usize] += 1;
            }
            prop_assert!(met.iter().all(|times| *times == 1), "{met:?}");
        }

        #[test]
        fn few_values_share_the_cells_evenly(times in 1_u64..20, seed in any::<u64>()) {
            let points = latin_hypercube(&axes(&["a=x,y,z", "b=1..4"]), 12 * times, seed, 1000);
            let points = points.expect("cells");
            for value in ["x", "y", "z"] {
                let met = points.iter().filter(|point| point[0] == value).count();
                prop_assert_eq!(met as u64, 4 * times);
            }
            for value in ["1", "2", "3", "4"] {
                let met = points.iter().filter(|point| point[1] == value).count();
                prop_assert_eq!(met as u64, 3 * times);
            }
        }
    }
}
