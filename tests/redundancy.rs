//! Goal: the two designs that meet the same disaster show, in one line, what
//! the redundancy bought. Method: the shipped pair is compared; the counts of
//! the line are derived from the course of the incident.

mod support;

use highwater::experiment::compare::compare;
use highwater::experiment::comparison::Comparison;
use highwater::experiment::run::PlayOptions;
use highwater::scenario::model::Scenario;
use support::shipped;

const ALONE: &str = "04-one-server-dies-alone";
const OF_THREE: &str = "04-one-dies";

fn pair() -> Comparison {
    let design = |name: &str| -> (String, Scenario) {
        (name.to_owned(), shipped(&format!("variants/{name}.toml"), &[]))
    };
    let options = PlayOptions { replications: Some(4), ..PlayOptions::default() };
    compare(&[design(ALONE), design(OF_THREE)], &options).expect("the audit holds")
}

/// A machine is gone from 90 to 152 s: out of the pool at 97 s (checks of 90
/// and 95 s, each known 2 s later), replaced 10 + 45 s after that. At 70,000 × 60 × 3 ÷ 86,400 s = 145.8
/// requests a second:
///
/// | | fail | requests |
/// |---|---|---|
/// | one of three | a third of those from 90 to 97 s | 340 |
/// | alone | all from 90 to 160 s | 10,208 |
///
/// The balancer takes the new machine in when the checks of 155 and 160 s have
/// found it healthy; until then it refuses.
#[test]
fn one_line_says_what_the_redundancy_bought() {
    let compared = pair();
    let failed = |place: usize| -> f64 {
        let requests = &compared.designs[place].results.summary.requests;
        requests.failed.iter().map(|(_, count)| *count as f64).sum::<f64>() / 4.0
    };
    // Five standard deviations of a mean of four Poisson counts.
    assert!((failed(0) - 10_208.0).abs() < 5.0 * (10_208_f64 / 4.0).sqrt(), "{}", failed(0));
    assert!((failed(1) - 340.0).abs() < 5.0 * (340_f64 / 4.0).sqrt(), "{}", failed(1));
    let [line] = &compared.redundancy[..] else { panic!("{:?}", compared.redundancy) };
    let words = [
        format!("Under the same failures {OF_THREE} has"),
        "fewer failed requests".to_owned(),
        "62.0 s less down time (none instead of 62.0 s)".to_owned(),
        format!("against {ALONE}"),
        "for 0.34 an hour more (49 %)".to_owned(),
    ];
    for word in &words {
        assert!(line.contains(word.as_str()), "{word} is not in: {line}");
    }
}

/// The other way round the same line says what the saving costs.
#[test]
fn the_saving_has_its_price() {
    let design = |name: &str| (name.to_owned(), shipped(&format!("variants/{name}.toml"), &[]));
    let options = PlayOptions { replications: Some(1), ..PlayOptions::default() };
    let compared = compare(&[design(OF_THREE), design(ALONE)], &options).expect("the audit holds");
    let line = compared.redundancy.join("");
    for word in ["more failed requests", "62.0 s more down time", "for 0.34 an hour less (33 %)"] {
        assert!(line.contains(word), "{word} is not in: {line}");
    }
}
