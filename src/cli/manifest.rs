//! `manifest.json`: everything about a run that is not a result. It is the one
//! file that differs between equal runs, the mark by which a folder is ours, and
//! the list of what a later run may remove.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Name of the file.
pub(super) const NAME: &str = "manifest.json";
/// Version of its layout.
const FORMAT: u32 = 1;
/// Marks the file as ours.
const PROGRAM: &str = "highwater";
/// A larger file under that name is not ours.
const LARGEST: u64 = 16 << 20;

/// Where and when results came from.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Manifest {
    program: &'static str,
    format: u32,
    version: &'static str,
    /// False while files are being written; a run that was killed leaves it so.
    complete: bool,
    command_line: Vec<String>,
    host: String,
    started_unix_s: u64,
    wall_s: f64,
    files: Vec<Entry>,
}

/// One result file.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    path: String,
    /// Absent until the file is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// What is read back from an earlier manifest.
#[derive(Deserialize)]
struct Earlier {
    program: String,
    #[serde(default)]
    command_line: Vec<String>,
    files: Vec<Entry>,
}

impl Manifest {
    /// Of a run that began at `started` and took `wall` until its results were
    /// ready to be written.
    pub(super) fn new(words: &[OsString], started: SystemTime, wall: Duration) -> Self {
        let since_epoch = started.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            program: PROGRAM,
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            complete: false,
            command_line: words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            host: host(),
            started_unix_s: since_epoch.as_secs(),
            wall_s: wall.as_secs_f64(),
            files: Vec::new(),
        }
    }

    /// Before writing: names what may stand in the folder until it is done.
    pub(super) fn planned<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<u8> {
        let entry = |name: &str| Entry { path: name.to_owned(), bytes: None, sha256: None };
        self.with(names.map(entry).collect(), false)
    }

    /// After writing: names what stands in the folder, with its hashes.
    pub(super) fn finished(&self, files: &[(String, Vec<u8>)]) -> Vec<u8> {
        let entry = |(name, content): &(String, Vec<u8>)| Entry {
            path: name.clone(),
            bytes: Some(content.len() as u64),
            sha256: Some(hexadecimal(&Sha256::digest(content))),
        };
        self.with(files.iter().map(entry).collect(), true)
    }

    fn with(&self, files: Vec<Entry>, complete: bool) -> Vec<u8> {
        let manifest = Self { files, complete, ..self.clone() };
        let mut bytes = serde_json::to_vec_pretty(&manifest).expect("plain data serialises");
        bytes.push(b'\n');
        bytes
    }
}

/// The files that an earlier run of ours left in a folder; `None` where the
/// folder bears no manifest of ours. Names that lead elsewhere are dropped.
pub(super) fn files_of_earlier_run(folder: &Path) -> Option<Vec<String>> {
    let earlier = earlier(folder)?;
    let ours = earlier.program == PROGRAM;
    let names = earlier.files.into_iter().map(|entry| entry.path);
    ours.then(|| names.filter(|name| stays_inside(name)).collect())
}

fn earlier(folder: &Path) -> Option<Earlier> {
    let path = folder.join(NAME);
    let metadata = fs::symlink_metadata(&path).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    serde_json::from_slice(&fs::read(&path).ok()?).ok()
}

/// The command line that filled a folder; `None` where none is known.
pub(super) fn earlier_command_line(folder: &Path) -> Option<Vec<String>> {
    let earlier = earlier(folder)?;
    (earlier.program == PROGRAM && !earlier.command_line.is_empty()).then_some(earlier.command_line)
}

/// Whether a name is a plain way down from the folder.
pub(super) fn stays_inside(name: &str) -> bool {
    let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    !name.is_empty() && !name.contains(['\\', '\0']) && Path::new(name).components().all(plain)
}

/// The machine in the manner of a target triple.
fn host() -> String {
    let vendor = match () {
        () if cfg!(target_vendor = "apple") => "apple",
        () if cfg!(target_vendor = "pc") => "pc",
        () => "unknown",
    };
    let environment = match () {
        () if cfg!(target_env = "gnu") => "-gnu",
        () if cfg!(target_env = "musl") => "-musl",
        () if cfg!(target_env = "msvc") => "-msvc",
        () => "",
    };
    let (processor, system) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("{processor}-{vendor}-{system}{environment}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    //! Goal: a manifest names what was written, and never leads out of its
    //! folder. Method: write, read back, and hostile names.

    use super::*;

    fn manifest() -> Manifest {
        Manifest::new(&["highwater".into()], UNIX_EPOCH, Duration::ZERO)
    }

    #[test]
    fn hashes_are_those_of_the_content() {
        let bytes = manifest().finished(&[("a.csv".into(), b"abc".to_vec())]);
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        // FIPS 180-4, the example "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(value["files"][0]["sha256"], abc);
        assert_eq!(value["complete"], true);
    }

    #[test]
    fn names_that_lead_elsewhere_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["a.csv", "charts/b.svg", "../c", "/etc/passwd", "", "x/../../y", "c:\\d"];
        fs::write(folder.path().join(NAME), manifest().planned(names.into_iter())).unwrap();
        let kept = files_of_earlier_run(folder.path()).unwrap();
        assert_eq!(kept, ["a.csv", "charts/b.svg"]);
    }

    #[test]
    fn another_programs_manifest_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        assert!(files_of_earlier_run(folder.path()).is_none());
        for foreign in ["", "{}", r#"{"program":"other","files":[]}"#] {
            fs::write(folder.path().join(NAME), foreign).unwrap();
            assert!(files_of_earlier_run(folder.path()).is_none(), "{foreign}");
        }
    }
}
