//! Runs that go on until they are precise enough.

use super::{Failure, Play, broken};
use crate::experiment::precision::{self, Precision};
use crate::experiment::summary::Results;
use crate::scenario::model::Scenario;

/// Replications after which a run gives up, where nothing else is said.
pub(in crate::cli) const MOST_REPLICATIONS: u32 = precision::MOST;

/// Plays a scenario until its intervals are `relative` to their values, or
/// `most` replications are played.
pub(in crate::cli) fn play_until(
    scenario: &Scenario,
    options: &Play,
    relative: f64,
    most: u32,
) -> Result<Results, Failure> {
    let precision = Precision { relative, most };
    precision::play_until(scenario, &options.options(), precision)
        .map_err(|failure| broken(failure, &scenario.title))
}
