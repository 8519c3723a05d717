//! A bar on stderr for runs that take longer than a moment.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Shorter runs show no bar: it would only flicker.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far a run has come; may be told from many threads.
pub(super) struct Progress {
    /// Nobody watches: stderr is no terminal, or silence was asked for.
    silent: bool,
    state: Mutex<Option<Shown>>,
}

/// What is being counted now.
struct Shown {
    bar: ProgressBar,
    since: Instant,
}

impl Progress {
    /// Shows a bar where somebody can watch it.
    pub(super) fn new(quiet: bool) -> Self {
        let silent = quiet || !std::io::stderr().is_terminal();
        Self { silent, state: Mutex::new(None) }
    }

    /// Begins to count `total` pieces of what is called `what`.
    pub(super) fn start(&self, what: &str, total: u64) {
        if self.silent {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let template = "{msg} {bar:30} {percent} %, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        self.replace(Some(Shown { bar, since: Instant::now() }));
    }

    /// `more` further pieces are done.
    pub(super) fn advance(&self, more: u64) {
        if self.silent {
            return;
        }
        let state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some(shown) = state.as_ref() else { return };
        if shown.bar.is_hidden() && shown.since.elapsed() > PATIENCE {
            shown.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        shown.bar.inc(more);
    }

    /// This is being tried now.
    pub(super) fn trying(&self, what: &str) {
        let state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(shown) = state.as_ref() {
            shown.bar.set_message(what.to_owned());
        }
    }

    /// Takes the bar away, so that results start on a clean line.
    pub(super) fn finish(&self) {
        self.replace(None);
    }

    fn replace(&self, next: Option<Shown>) {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(previous) = std::mem::replace(&mut *state, next) {
            previous.bar.finish_and_clear();
        }
    }
}
