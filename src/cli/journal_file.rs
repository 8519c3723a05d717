//! The journal of a sweep on disk: lines that are appended and stay.

use super::output::JOURNAL;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// A larger journal is none.
const LARGEST: u64 = 4 << 30;

/// A journal that is being written.
#[derive(Debug)]
pub(super) struct JournalFile {
    file: File,
    /// Bytes of whole lines.
    whole: u64,
}

impl JournalFile {
    /// Opens the journal of a folder behind its first `whole` bytes; what is
    /// behind them, a torn line, is cut off. A sweep that was killed before it
    /// had one gets an empty one.
    pub(super) fn open(folder: &Path, whole: u64) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(folder.join(JOURNAL))?;
        if file.metadata()?.len() > whole {
            file.set_len(whole)?;
            file.sync_all()?;
        }
        Ok(Self { file, whole })
    }

    /// Appends a line and makes it last. Where that fails, the journal is left
    /// as it was before.
    pub(super) fn append(&mut self, line: &str) -> io::Result<()> {
        // One write, so that a line is torn by nothing but the loss of power.
        let line = format!("{line}\n");
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.whole += line.len() as u64,
            // Failing here is harmless: a torn line is cut off by the next reader.
            Err(_) => drop(self.file.set_len(self.whole).and_then(|()| self.file.sync_all())),
        }
        written
    }
}

/// The bytes of a journal, or of another file of a sweep; `None` where there is
/// no such file.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // Looked at before it is opened: opening a pipe waits for ever.
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(io::Error::other("it is no plain file of a sensible size"));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    //! Goal: what was appended stays, and a torn line goes. Method: a journal
    //! in a scratch folder, and one on a full device.

    use super::*;

    #[test]
    fn a_torn_line_is_cut_off_before_anything_is_appended() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(JOURNAL), "one\ntwo\nthr").unwrap();
        let mut journal = JournalFile::open(folder.path(), 8).unwrap();
        assert_eq!(fs::read(folder.path().join(JOURNAL)).unwrap(), b"one\ntwo\n");
        journal.append("three").unwrap();
        journal.append("four").unwrap();
        let text = fs::read_to_string(folder.path().join(JOURNAL)).unwrap();
        assert_eq!(text, "one\ntwo\nthree\nfour\n");
    }

    #[test]
    fn there_may_be_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join(JOURNAL)).unwrap().is_none());
        assert!(read(folder.path()).is_err());
        JournalFile::open(folder.path(), 0).unwrap().append("one").unwrap();
        assert_eq!(fs::read(folder.path().join(JOURNAL)).unwrap(), b"one\n");
    }
}
