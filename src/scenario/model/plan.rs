//! Which designs `highwater plan` may choose from, and what they must survive.

use super::failures::Target;

/// `[plan]`. It changes nothing of what a run does.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Keys that vary, in order of the file; every combination is a design.
    pub vary: Vec<Dimension>,
    /// What may be lost, each by itself; empty = nothing.
    pub survive: Vec<Loss>,
}

impl Plan {
    /// How many designs there are.
    pub fn designs(&self) -> usize {
        self.vary.iter().map(|dimension| dimension.values.len()).product()
    }
}

/// A key that varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Dotted path, such as `services.web.instances`.
    pub key: String,
    /// Its values as TOML, in order of the file.
    pub values: Vec<String>,
}

/// What may be lost.
#[derive(Clone, Debug, PartialEq)]
pub enum Loss {
    /// `"one instance"`: any one machine of any component.
    OneInstance,
    /// `"one zone"`: any one zone.
    OneZone,
    /// `"one region"`: any one region.
    OneRegion,
    /// A named one.
    Named {
        /// As it is written.
        name: String,
        /// What it means.
        target: Target,
    },
}
