//! The folder of a sweep: what defines it, its journal, and what follows from
//! both.

use super::console::Console;
use super::exit::Failure;
use super::journal_file::{self, JournalFile};
use super::manifest::Manifest;
use super::output::{JOURNAL, OutputFolder};
use crate::experiment::sweep::{Definition, Journal, read_journal};
use std::io;
use std::path::Path;

/// What defines a sweep.
pub(super) const DEFINITION: &str = "sweep.json";

/// A folder that is filled with the cells of a sweep.
pub(super) struct SweepFolder {
    pub(super) folder: OutputFolder,
    pub(super) file: JournalFile,
    pub(super) journal: Journal,
}

impl SweepFolder {
    /// Takes a folder for a sweep: with `resume`, together with what is
    /// finished there; with `force`, in place of it.
    pub(super) fn claim(
        path: &Path,
        definition: &Definition,
        (force, resume): (bool, bool),
        manifest: &Manifest,
        console: &Console,
    ) -> Result<Self, Failure> {
        let folder = if resume {
            OutputFolder::claim_with_journal(path, force)?
        } else {
            OutputFolder::claim(path, force)?
        };
        let kept = if resume { kept(path, definition, console)? } else { None };
        folder.mark(&[DEFINITION, JOURNAL], manifest)?;
        if kept.is_none() {
            // In this order a folder never holds a journal of another sweep
            // than that beside it.
            folder.remove(JOURNAL)?;
            folder.put(DEFINITION, definition.to_json().as_bytes())?;
            folder.put(JOURNAL, b"")?;
        }
        let journal = kept.unwrap_or_default();
        let file = JournalFile::open(path, journal.whole_bytes() as u64)
            .map_err(|error| unreadable(&path.join(JOURNAL), &error))?;
        Ok(Self { folder, file, journal })
    }

    /// Replaces the journal by one in the order of the cells, and puts the
    /// files beside it that follow from it.
    pub(super) fn finish(
        folder: &OutputFolder,
        definition: &Definition,
        journal: &Journal,
        mut files: Vec<(String, Vec<u8>)>,
        manifest: &Manifest,
    ) -> Result<(), Failure> {
        files.push((DEFINITION.to_owned(), definition.to_json().into_bytes()));
        files.push((JOURNAL.to_owned(), journal.sorted_bytes()));
        folder.write(&files, manifest)
    }
}

/// The journal of a sweep that was interrupted; `None` where there is none.
fn kept(
    path: &Path,
    definition: &Definition,
    console: &Console,
) -> Result<Option<Journal>, Failure> {
    let Some((there, journal)) = read(path, console)? else { return Ok(None) };
    let differences = there.differences(definition);
    if differences.is_empty() {
        return Ok(Some(journal));
    }
    Err(Failure::Input(format!(
        "{}: the sweep here is another one, so it cannot be continued:\n  {}\nrepeat the command \
         that began it, choose another folder with --out, or replace it with --force",
        path.display(),
        differences.join("\n  ")
    )))
}

/// The sweep in a folder and its finished cells; `None` where there is none.
pub(super) fn read(
    path: &Path,
    console: &Console,
) -> Result<Option<(Definition, Journal)>, Failure> {
    if path.is_file() {
        let why = "it is a file; name the folder of a sweep or of a shard";
        return Err(Failure::Input(format!("{}: {why}", path.display())));
    }
    let load = |name: &str| {
        let file = path.join(name);
        journal_file::read(&file).map_err(|error| unreadable(&file, &error))
    };
    let (definition, lines) = (load(DEFINITION)?, load(JOURNAL)?);
    let Some(definition) = definition else {
        return match lines {
            None => Ok(None),
            Some(_) => Err(Failure::Input(format!(
                "{}: there is a {JOURNAL}, but no {DEFINITION} that says of which sweep; put it \
                 back, or begin again with --force",
                path.display()
            ))),
        };
    };
    let definition = Definition::from_json(&definition)
        .map_err(|why| Failure::Input(format!("{}: {why}", path.join(DEFINITION).display())))?;
    // Without a journal it ended before the first cell.
    let lines = lines.unwrap_or_default();
    let file = path.join(JOURNAL);
    let journal = read_journal(&lines, &definition).map_err(|faults| {
        let faults: Vec<String> =
            faults.iter().map(|one| format!("error: {}: {one}", file.display())).collect();
        Failure::Diagnostics(format!(
            "{}\nhelp: delete these lines, and --resume plays their cells again; or begin again \
             with --force",
            faults.join("\n")
        ))
    })?;
    if journal.torn_bytes() > 0 {
        console.say(&format!(
            "note: {}: the last line is not whole ({} bytes) and does not count",
            file.display(),
            journal.torn_bytes()
        ));
    }
    Ok(Some((definition, journal)))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Io(format!("cannot read {}: {error}", path.display()))
}
