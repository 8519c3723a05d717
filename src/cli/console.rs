//! The standard streams: results on stdout, everything else on stderr.

use super::arguments::ColorChoice;
use super::exit::Failure;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Width of tables where the terminal does not say (stdout is a file or a pipe).
const DEFAULT_WIDTH: u16 = 100;

/// The standard streams of the process and what they can show.
pub(super) struct Console {
    /// Results may be coloured.
    pub(super) color_results: bool,
    /// Diagnostics may be coloured.
    pub(super) color_diagnostics: bool,
    /// Columns for tables.
    pub(super) width: u16,
}

impl Console {
    /// Looks at the streams and the environment once.
    pub(super) fn new(choice: ColorChoice) -> Self {
        Self {
            color_results: colored(choice, io::stdout().is_terminal()),
            color_diagnostics: colored(choice, io::stderr().is_terminal()),
            width: width(),
        }
    }

    /// Writes results to stdout. A reader that has seen enough (`| head`) is not
    /// an error; a full disk behind a redirection is.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| if text.ends_with('\n') { Ok(()) } else { stdout.write_all(b"\n") });
        match written.and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::Io(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes a line for people to stderr. Where that fails there is nobody left
    /// to tell.
    pub(super) fn say(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
    }
}

/// `NO_COLOR` (set and not empty) and dumb terminals turn colour off, but an
/// explicit wish wins over both.
fn colored(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !set("NO_COLOR") && !dumb,
    }
}

/// Columns, from `COLUMNS` where it is set to something sensible.
fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok();
    let columns = columns.and_then(|text| text.parse::<u16>().ok());
    columns.map_or(DEFAULT_WIDTH, |columns| columns.clamp(40, 400))
}
