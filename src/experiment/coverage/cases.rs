//! What the study plays: scenarios whose figures are known exactly, each with
//! a sample that is thin and one that is adequate.

use super::truth::{Mixture, answered_despite_deaths, two_of_three};
use crate::scenario::model::{Scenario, SloFigure, SloTerm};
use crate::scenario::{Files, Request, load};
use std::path::Path;

/// One scenario of the study.
pub(super) struct Case {
    /// Name in the table.
    pub(super) name: &'static str,
    /// Its file in `scenarios/coverage/`.
    text: &'static str,
    /// The warm-up is not given, as it is in the file, but found by MSER-5.
    finds_warmup: bool,
    /// Replications, and length of each with its warm-up: too few …
    pub(super) thin: Budget,
    /// … and enough.
    pub(super) adequate: Budget,
    /// Figures and what they are exactly: milliseconds, and shares.
    pub(super) truths: Vec<(SloFigure, f64)>,
}

/// How much is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Budget {
    pub(super) replications: u32,
    /// As in a scenario file.
    pub(super) duration: &'static str,
}

/// The text of one case as a file.
struct Text(&'static str);

impl Files for Text {
    fn read(&self, _path: &Path) -> Result<Vec<u8>, String> {
        Ok(self.0.as_bytes().to_vec())
    }
}

impl Case {
    /// The scenario with an SLO whose limits are the true values: neither
    /// "met" nor "missed" is right to say.
    ///
    /// # Errors
    /// The diagnostics of a text that is wrong.
    pub(super) fn scenario(&self, budget: Budget) -> Result<Scenario, String> {
        let overrides = [("run.duration".to_owned(), format!("\"{}\"", budget.duration))];
        let path = Path::new("coverage.toml");
        let request = Request { path, overrides: &overrides, users: None, workload_of: None };
        let loaded = load(&Text(self.text), &request).map_err(|faults| faults.render(false))?;
        let mut scenario = loaded.scenario;
        if self.finds_warmup {
            scenario.run.warmup = None;
        }
        let term = |(figure, limit): &(SloFigure, f64)| SloTerm { figure: *figure, limit: *limit };
        scenario.slo = self.truths.iter().map(term).collect();
        Ok(scenario)
    }
}

/// All cases, in the order of the table.
pub(super) fn cases() -> Vec<Case> {
    let case = |name, text, thin, adequate, truths| {
        let budget = |(replications, duration)| Budget { replications, duration };
        let (thin, adequate) = (budget(thin), budget(adequate));
        Case { name, text, finds_warmup: false, thin, adequate, truths }
    };
    let mm1 = || times(&Mixture::mm1(50.0, 100.0));
    let hyper = [(0.8, 200.0), (0.2, 1.0 / 0.03)];
    let found = case(
        "M/M/1, MSER-5",
        include_str!("../../../scenarios/coverage/mm1.toml"),
        (10, "40 s"),
        (20, "510 s"),
        mm1(),
    );
    vec![
        case(
            "M/M/1",
            include_str!("../../../scenarios/coverage/mm1.toml"),
            (10, "50 s"),
            (20, "510 s"),
            mm1(),
        ),
        Case { finds_warmup: true, ..found },
        case(
            "M/M/4",
            include_str!("../../../scenarios/coverage/mm4.toml"),
            (10, "20 s"),
            (20, "115 s"),
            times(&Mixture::mmc(240.0, 100.0, 4)),
        ),
        case(
            "M/H2/1",
            include_str!("../../../scenarios/coverage/mh2.toml"),
            (10, "60 s"),
            (20, "640 s"),
            times(&Mixture::mh2(40.0, hyper)),
        ),
        case(
            "Jackson",
            include_str!("../../../scenarios/coverage/jackson.toml"),
            (10, "50 s"),
            (20, "510 s"),
            times(&Mixture::half_go_on(125.0 - 50.0, 50.0 - 25.0)),
        ),
        case(
            "2 of 3",
            include_str!("../../../scenarios/coverage/k-of-n.toml"),
            (10, "36 h"),
            (20, "240 h"),
            vec![(SloFigure::Availability, two_of_three(8.0 / 10.0))],
        ),
        case(
            "M/M/1, deaths",
            include_str!("../../../scenarios/coverage/deaths.toml"),
            (10, "110 s"),
            (20, "1010 s"),
            vec![(
                SloFigure::Availability,
                answered_despite_deaths(10.0, 100.0, 1.0 / 100.0, 1.0 / 2.0),
            )],
        ),
    ]
}

/// Mean, p95, p99 and p99.9 of a response time.
fn times(of: &Mixture) -> Vec<(SloFigure, f64)> {
    let quantile = |p: f64| (SloFigure::Quantile(p), of.quantile_ms(p));
    vec![(SloFigure::Mean, of.mean_ms()), quantile(0.95), quantile(0.99), quantile(0.999)]
}
