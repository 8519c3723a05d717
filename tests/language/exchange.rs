//! A file with one piece exchanged; `«` in the new piece marks where the fault
//! must be reported.

use highwater::scenario::{Diagnostics, Files, Request, load};
use std::path::Path;

struct One<'a>(&'a [u8]);

impl Files for One<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        if path == Path::new("s.toml") {
            Ok(self.0.to_vec())
        } else {
            Err("no such file".to_owned())
        }
    }
}

pub(crate) fn found(bytes: &[u8]) -> Diagnostics {
    let request =
        Request { path: Path::new("s.toml"), overrides: &[], users: None, workload_of: None };
    match load(&One(bytes), &request) {
        Ok(loaded) => loaded.warnings,
        Err(found) => found,
    }
}

/// Line and column of the mark, and the text without it.
fn marked(text: &str) -> (usize, usize, String) {
    let at = text.find('«').expect("a mark");
    let line = text[..at].matches('\n').count() + 1;
    let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (line, text[begin..at].chars().count() + 1, text.replace('«', ""))
}

/// Exchanges one piece of a file that must stand there once; what is wrong
/// with the answer.
pub(crate) fn check(file: &str, old: &str, new: &str, code: &str) -> Option<String> {
    assert_eq!(file.matches(old).count(), 1, "{old:?} must stand once in the file");
    let changed = file.replace(old, new);
    // Behind the code may stand what is meant, where that is not what is new.
    let (code, meant) = code.split_once('«').unwrap_or((code, ""));
    let (line, column, text) = if meant.is_empty() {
        marked(&changed)
    } else {
        let needle = meant.replace('«', "");
        assert_eq!(changed.matches(&needle).count(), 1, "{needle:?} must stand once");
        let mark = if meant.contains('«') { meant.to_owned() } else { format!("«{meant}") };
        marked(&changed.replace(&needle, &mark))
    };
    let found = found(text.as_bytes());
    let hit = |one: &highwater::scenario::Diagnostic| {
        (one.code, one.line, one.column, one.file.as_str()) == (code, line, column, "s.toml")
    };
    let place = format!("s.toml:{line}:{column}");
    let shown = found.render(false);
    let right = found.iter().any(hit) && shown.contains(&place) && shown.contains(code);
    (!right).then(|| format!("expected {code} at {place} for {new:?}, found:\n{shown}\n"))
}
