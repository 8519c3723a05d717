//! What is said when a long command is interrupted or terminated: how to go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How far a sweep has come, and how to continue it.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// Finished cells.
    pub(super) finished: Arc<AtomicUsize>,
    /// All that are to be played.
    pub(super) cells: usize,
    /// The command that continues.
    pub(super) resume: String,
}

impl Standing {
    /// What is kept, and how to go on.
    pub(super) fn advice(&self) -> String {
        let finished = self.finished.load(Ordering::Relaxed);
        format!(
            "{finished} of {} cells are finished and kept in the journal; continue with\n  {}",
            self.cells, self.resume
        )
    }
}

/// Prints the advice when a signal ends the process from now on. Nothing has to
/// be tidied up: every finished cell is on disk, and a torn line is cut off by
/// the next reader.
#[cfg(unix)]
pub(super) fn advise_on_interrupt(standing: Standing) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    // Where this fails, the signals end the process without a word.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end(signal, &standing);
        }
    });
}

/// Ends the process as the signal would have.
#[cfg(unix)]
fn end(signal: i32, standing: &Standing) {
    use std::io::Write;
    let word = if signal == signal_hook::consts::SIGINT { "interrupted" } else { "terminated" };
    let _ = writeln!(std::io::stderr().lock(), "\n{word}: {}", standing.advice());
    // The first process of a container is not ended by a signal of its own.
    if std::process::id() != 1 {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
    std::process::exit(128 + signal);
}

/// Elsewhere the system ends the process without a word.
#[cfg(not(unix))]
pub(super) fn advise_on_interrupt(_standing: Standing) {}

/// From now on a file that grows beyond a limit fails to be written like one on
/// a full disk, instead of ending the process.
#[cfg(unix)]
pub(super) fn survive_file_limits() {
    let noticed = Arc::new(std::sync::atomic::AtomicBool::new(false));
    // Where this fails, the signal ends the process as it would have.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed);
}

/// There are none here.
#[cfg(not(unix))]
pub(super) fn survive_file_limits() {}
