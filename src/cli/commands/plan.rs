//! `highwater plan`: the cheapest design that will do.

use super::{Console, Ending, Failure};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The scenario; `-` reads standard input.
    pub(in crate::cli) file: PathBuf,
}

/// Carries the command out.
pub(super) fn plan(
    arguments: &Arguments,
    _words: &[OsString],
    _console: &Console,
) -> Result<Ending, Failure> {
    Err(Failure::Input(format!("{:?}: not yet", arguments.file)))
}
