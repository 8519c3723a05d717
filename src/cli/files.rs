//! Reading: plain files up to a size, and standard input once. Devices, pipes
//! and folders are refused before anything is read, so nothing hangs.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Largest scenario, in bytes.
const SCENARIO_LIMIT: u64 = 4 << 20;
/// Largest recording or table that a scenario names, in bytes.
const DATA_LIMIT: u64 = 1 << 30;

/// The files of this machine, and standard input under the name `-`.
pub(super) struct Disk {
    /// Files that the command line names: scenarios, whatever their extension.
    scenarios: Vec<PathBuf>,
    /// Standard input can be read once, but may be asked for several times.
    stdin: OnceLock<Result<Vec<u8>, String>>,
}

impl Disk {
    /// With the scenarios that the command line names.
    pub(super) fn new(scenarios: &[PathBuf]) -> Self {
        Self { scenarios: scenarios.to_vec(), stdin: OnceLock::new() }
    }

    /// The content of a file; the error is a reason without the path.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        if is_stdin(path) {
            let read = || read_at_most(io::stdin().lock(), SCENARIO_LIMIT);
            return self.stdin.get_or_init(read).clone();
        }
        let metadata = fs::metadata(path).map_err(|error| reason(&error))?;
        refuse_unless_plain(&metadata)?;
        let limit = self.limit_of(path);
        if metadata.len() > limit {
            return Err(too_large(limit));
        }
        let file = File::open(path).map_err(|error| reason(&error))?;
        // The limit holds for what is read: a file may grow, or hide its size.
        read_at_most(file, limit)
    }

    /// Scenarios are small; only files with another extension than theirs, such
    /// as `.csv` and `.log`, may be data.
    fn limit_of(&self, path: &Path) -> u64 {
        let scenario = path.extension().is_none_or(|it| it.eq_ignore_ascii_case("toml"))
            || self.scenarios.iter().any(|named| named == path);
        if scenario { SCENARIO_LIMIT } else { DATA_LIMIT }
    }
}

/// Whether a path of the command line means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads all of it, or says that it is too large.
fn read_at_most(source: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

/// Folders, pipes, sockets and devices are refused: opening some of them waits
/// for ever, and others never end.
fn refuse_unless_plain(metadata: &fs::Metadata) -> Result<(), String> {
    if metadata.is_dir() {
        return Err("it is a folder; name a file in it".to_owned());
    }
    if !metadata.is_file() {
        return Err("it is a pipe, socket or device, not a plain file; \
                    a scenario from a pipe is read as `-`"
            .to_owned());
    }
    Ok(())
}

fn too_large(limit: u64) -> String {
    format!("it is larger than {} MiB, the most that is read", limit >> 20)
}

/// The operating system's reason in plain words where there are plainer ones.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: reading ends at once with a reason, whatever the path names.
    //! Method: a folder with one of each kind.

    use super::*;

    fn refusal(path: &Path) -> String {
        Disk::new(&[]).read(path).unwrap_err()
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refusal(&folder.path().join("missing.toml")).contains("no such file"));
        assert!(refusal(folder.path()).contains("folder"));
        #[cfg(unix)]
        assert!(refusal(Path::new("/dev/zero")).contains("device"));
    }

    #[test]
    fn a_scenario_has_a_lower_limit_than_data() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, length: u64| {
            let path = folder.path().join(name);
            File::create(&path).unwrap().set_len(length).unwrap();
            path
        };
        let exact = write("exact.toml", SCENARIO_LIMIT);
        assert_eq!(Disk::new(&[]).read(&exact).unwrap().len() as u64, SCENARIO_LIMIT);
        assert!(refusal(&write("large.TOML", SCENARIO_LIMIT + 1)).contains("4 MiB"));
        assert!(refusal(&write("large", SCENARIO_LIMIT + 1)).contains("4 MiB"));
        let log = write("access.log", SCENARIO_LIMIT + 1);
        assert!(Disk::new(&[]).read(&log).is_ok());
        assert!(Disk::new(std::slice::from_ref(&log)).read(&log).is_err(), "named as a scenario");
        assert!(refusal(&write("huge.csv", DATA_LIMIT + 1)).contains("1024 MiB"));
    }

    #[test]
    fn a_source_that_grows_is_cut_at_the_limit() {
        assert!(read_at_most(io::repeat(b'x'), 1000).is_err());
        assert_eq!(read_at_most(&b"abc"[..], 3), Ok(b"abc".to_vec()));
    }
}
