//! The growth staircase: the high-water marks of a path of designs.

use super::{Capacity, CapacityFailure, CapacityOptions, capacity};
use crate::experiment::run::PlayFailure;
use crate::scenario::Template;

/// One stage of the path.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Name of its file, such as `05-replicas`.
    pub name: String,
    /// Title of its scenario.
    pub title: String,
    /// Its mark, or why it has none.
    pub outcome: Result<Capacity, String>,
}

/// The marks of all stages, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// The stages.
    pub stages: Vec<Stage>,
}

/// Finds the mark of every stage in steady operation: scripted failures are
/// left out, since a mark through a failure says more of the failure than of
/// the size. A stage that has no mark does not end the others.
///
/// # Errors
/// A broken law: a bug in Highwater.
pub fn growth(
    stages: &[(String, String, Template<'_>)],
    options: &CapacityOptions<'_>,
) -> Result<Growth, CapacityFailure> {
    let options = CapacityOptions { without_events: true, ..*options };
    let mut found = Vec::new();
    for (name, title, template) in stages {
        let outcome = match capacity(template, &options) {
            Ok(capacity) => Ok(capacity),
            Err(CapacityFailure::Refused { why, .. }) => Err(why),
            Err(CapacityFailure::Scenario(found)) => {
                Err(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
            Err(CapacityFailure::Play(PlayFailure::Compile(why))) => Err(why),
            Err(failure) => return Err(failure),
        };
        found.push(Stage { name: name.clone(), title: title.clone(), outcome });
    }
    Ok(Growth { stages: found })
}
