//! `highwater merge`: the shards of a sweep as one.

use super::{Console, Ending, Failure};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// Folders of the shards.
    #[arg(required = true, value_name = "PART")]
    pub(in crate::cli) parts: Vec<PathBuf>,
}

/// Carries the command out.
pub(super) fn merge(
    arguments: &Arguments,
    _words: &[OsString],
    _console: &Console,
) -> Result<Ending, Failure> {
    Err(Failure::Input(format!("{:?}: not yet", arguments.parts)))
}
