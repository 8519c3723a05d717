//! How a command ends: the one place that knows the exit codes and which of
//! them wins where several hold.
//!
//! Codes 130 and 143 (interrupted, terminated) are the shell's names for a
//! process that a signal ended. Highwater leaves those signals alone: every
//! file appears whole by a rename, so there is nothing to tidy up first.

use crate::experiment::summary::{Summary, Verdict};
use std::fmt;
use std::process::ExitCode;

/// How a command ended, from the weakest to the one that wins: where several
/// hold, the greatest decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    /// Done, and the SLO is met where one was given.
    Done,
    /// Done, but an interval contains the limit of the SLO.
    Undecided,
    /// Done, and the SLO is missed or the validation failed.
    Missed,
    /// A limit ended the run early; partial results are kept.
    Limited,
    /// Reading or writing failed half-way.
    Io,
    /// The input is wrong; nothing was written.
    Input,
    /// A bug in Highwater.
    Bug,
}

impl Ending {
    /// The exit code of the process.
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Missed => 1,
            Self::Input => 2,
            Self::Undecided | Self::Limited => 3,
            Self::Io => 4,
            Self::Bug => 70,
        }
    }

    /// How a run with these figures ends.
    pub(super) fn of(summary: &Summary) -> Self {
        let verdict = match summary.slo.verdict {
            None | Some(Verdict::Met) => Self::Done,
            Some(Verdict::Undecided) => Self::Undecided,
            Some(Verdict::Missed) => Self::Missed,
        };
        let overloaded = summary.limit.is_some() || !summary.unstable.is_empty();
        let limit = if overloaded { Self::Limited } else { Self::Done };
        verdict.max(limit)
    }

    /// What decides where several hold.
    pub(super) fn worst(endings: impl IntoIterator<Item = Self>) -> Self {
        endings.into_iter().max().unwrap_or(Self::Done)
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}

/// Why a command could not be carried out; its text is meant for stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The command line or the place to write to is wrong.
    Input(String),
    /// A scenario is wrong: diagnostics that were already rendered.
    Diagnostics(String),
    /// Reading or writing failed half-way.
    Io(String),
    /// A law did not hold, or something panicked.
    Bug(String),
}

impl Failure {
    /// After a panic, whose message has been printed.
    pub(super) fn bug() -> Self {
        Self::Bug("highwater stopped at the bug above; please report it with the scenario".into())
    }

    /// How the command ends.
    pub(super) fn ending(&self) -> Ending {
        match self {
            Self::Input(_) | Self::Diagnostics(_) => Ending::Input,
            Self::Io(_) => Ending::Io,
            Self::Bug(_) => Ending::Bug,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Diagnostics(rendered) => formatter.write_str(rendered.trim_end()),
            Self::Input(text) | Self::Io(text) | Self::Bug(text) => {
                write!(formatter, "error: {text}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the exit code is the documented one, whatever else holds as well.
    //! Method: the documented order of precedence, pair by pair.

    use super::*;

    /// The documented order: 70, 2, 4, 3 (limit), 1, 3 (undecided), 0.
    const DOCUMENTED: [(Ending, u8); 7] = [
        (Ending::Bug, 70),
        (Ending::Input, 2),
        (Ending::Io, 4),
        (Ending::Limited, 3),
        (Ending::Missed, 1),
        (Ending::Undecided, 3),
        (Ending::Done, 0),
    ];

    #[test]
    fn codes_are_the_documented_ones() {
        for (ending, code) in DOCUMENTED {
            assert_eq!(ending.code(), code, "{ending:?}");
        }
    }

    #[test]
    fn the_earlier_in_the_documented_order_wins() {
        for (rank, (stronger, _)) in DOCUMENTED.iter().enumerate() {
            for (weaker, _) in &DOCUMENTED[rank..] {
                assert_eq!(Ending::worst([*weaker, *stronger]), *stronger);
            }
        }
        assert_eq!(Ending::worst([]), Ending::Done);
    }

    #[test]
    fn rendered_diagnostics_are_not_prefixed_again() {
        let failure = Failure::Diagnostics("error: a.toml:1:2: unknown key\n".into());
        assert_eq!(failure.to_string(), "error: a.toml:1:2: unknown key");
        assert_eq!(failure.ending(), Ending::Input);
    }
}
