//! The top floor: arguments, files and the terminal. Nothing below it touches
//! the file system, the clock on the wall or a standard stream.

mod arguments;
mod commands;
mod console;
mod engine;
mod exit;
mod files;
mod interrupt;
mod journal_file;
mod manifest;
mod output;
mod progress;
mod sweep_folder;

use arguments::Arguments;
use clap::Parser;
use console::Console;
use exit::{Ending, Failure};
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command that the arguments ask for; the first argument is the name
/// of the program. Never panics and never exits by itself: the code returned is
/// one of those that `highwater --help` lists.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    interrupt::survive_file_limits();
    let words: Vec<OsString> = arguments.into_iter().collect();
    match Arguments::try_parse_from(&words) {
        Ok(parsed) => play(parsed, &words).into(),
        Err(message) => clap_says(&message).into(),
    }
}

/// Runs a command whose arguments were understood.
fn play(arguments: Arguments, words: &[OsString]) -> Ending {
    let console = Console::new(arguments.color);
    // A panic is a bug like a failed audit, and ends with the same code. Its own
    // message has been printed by then.
    let attempt =
        std::panic::AssertUnwindSafe(|| commands::dispatch(arguments.command, words, &console));
    let outcome = std::panic::catch_unwind(attempt).unwrap_or_else(|_| Err(Failure::bug()));
    outcome.unwrap_or_else(|failure| {
        console.say(&failure.to_string());
        failure.ending()
    })
}

/// Prints help, version or what is wrong with the arguments.
fn clap_says(message: &clap::Error) -> Ending {
    let printed = message.print();
    match printed {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Ending::Io,
        _ if message.use_stderr() => Ending::Input,
        _ => Ending::Done,
    }
}
