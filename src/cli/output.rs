//! The output folder: claimed before anything is simulated, then filled with
//! files that appear whole or not at all.
//!
//! A file is written under a temporary name in its own folder, synchronised to
//! the disk, renamed, and the folder synchronised. The manifest goes first, with
//! the names of what may follow, so that a run killed half-way leaves a folder
//! that the next one recognises as ours.

use super::exit::Failure;
use super::manifest::{self, Manifest};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The journal of a sweep: what must not be lost by a later command.
pub(super) const JOURNAL: &str = "journal.jsonl";
/// Held locked while a run writes; the operating system frees it with the process.
const LOCK: &str = ".highwater.lock";
/// Temporary files are named `.highwater-….tmp`.
const TEMPORARY: (&str, &str) = (".highwater-", ".tmp");
/// Written and removed again when the folder is claimed.
const PROBE_BYTES: usize = 4096;

/// A folder that is ours alone until this is dropped.
#[derive(Debug)]
pub(super) struct OutputFolder {
    path: PathBuf,
    /// Files of an earlier run, which the next results replace.
    earlier: Vec<String>,
    /// Keeps the lock.
    _lock: File,
}

impl OutputFolder {
    /// Makes the folder where it is missing, and finds out everything that
    /// would prevent writing into it. `force` accepts a folder that holds
    /// something else, or the journal of a sweep.
    pub(super) fn claim(path: &Path, force: bool) -> Result<Self, Failure> {
        if !force && path.join(JOURNAL).exists() {
            return Err(Failure::Input(format!(
                "{}: the folder holds the journal of a sweep, whose cells would be lost; choose \
                 another with --out, continue the sweep with --resume, or replace it with --force",
                path.display()
            )));
        }
        Self::claim_with_journal(path, force)
    }

    /// The same, but keeps the journal of a sweep.
    pub(super) fn claim_with_journal(path: &Path, force: bool) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::Input(format!("{}: {why}", path.display()));
        let cannot = |error: io::Error| wrong(format!("results cannot be written here: {error}"));
        fs::create_dir_all(path).map_err(cannot)?;
        if !force && !is_ours_or_empty(path).map_err(cannot)? {
            return Err(wrong(
                "the folder holds files that are not results of highwater; choose another \
                 with --out, or write among them with --force"
                    .to_owned(),
            ));
        }
        let lock = lock(path).map_err(|error| match error {
            TryLockError::WouldBlock => {
                wrong("another run of highwater is writing into this folder".to_owned())
            }
            TryLockError::Error(error) => cannot(error),
        })?;
        let earlier = manifest::files_of_earlier_run(path).unwrap_or_default();
        remove_leftovers(path, &earlier);
        probe(path).map_err(cannot)?;
        Ok(Self { path: path.to_owned(), earlier, _lock: lock })
    }

    /// Replaces what an earlier run left by these files. The error names the
    /// file at which it ended; those before it stay.
    pub(super) fn write(
        &self,
        files: &[(String, Vec<u8>)],
        manifest: &Manifest,
    ) -> Result<(), Failure> {
        let new = files.iter().map(|(name, _)| name.as_str());
        let earlier = self.earlier.iter().map(String::as_str).filter(|name| !names(files, name));
        self.put(manifest::NAME, &manifest.planned(new.chain(earlier)))?;
        for (name, content) in files {
            self.put(name, content)?;
        }
        for name in self.earlier.iter().filter(|name| !names(files, name)) {
            remove_stale(&self.path, name);
        }
        self.put(manifest::NAME, &manifest.finished(files))
    }

    /// Marks the folder as ours before these files are in it.
    pub(super) fn mark(&self, files: &[&str], manifest: &Manifest) -> Result<(), Failure> {
        let earlier = self.earlier.iter().map(String::as_str);
        let new = files.iter().copied().filter(|name| !self.earlier.iter().any(|it| it == name));
        self.put(manifest::NAME, &manifest.planned(earlier.chain(new)))
    }

    /// Removes one of our files, for good.
    pub(super) fn remove(&self, name: &str) -> Result<(), Failure> {
        let target = self.path.join(name);
        match fs::remove_file(&target).and_then(|()| synchronise(&self.path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::Io(format!("cannot remove {}: {error}", target.display())))
            }
            _ => Ok(()),
        }
    }

    /// Puts one file in place, whole.
    pub(super) fn put(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        assert!(manifest::stays_inside(name), "a result file named {name:?}");
        let attempt = || {
            let folder = self.folder_of(name)?;
            replace(&folder, &self.path.join(name), content)
        };
        attempt().map_err(|error| {
            let target = self.path.join(name);
            let kept = "files written before it are kept";
            Failure::Io(format!("cannot write {}: {error}; {kept}", target.display()))
        })
    }

    /// The folder of a file, made where it is missing; a link in its place
    /// could lead out of ours.
    fn folder_of(&self, name: &str) -> io::Result<PathBuf> {
        let mut folder = self.path.clone();
        for part in Path::new(name).parent().into_iter().flat_map(Path::components) {
            folder.push(part);
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ if fs::symlink_metadata(&folder)?.is_dir() => {}
                _ => {
                    return Err(io::Error::other("a link or file stands where a folder should"));
                }
            }
        }
        Ok(folder)
    }
}

/// Whether a name is among the files, where some file systems ignore case.
fn names(files: &[(String, Vec<u8>)], name: &str) -> bool {
    files.iter().any(|(new, _)| new.eq_ignore_ascii_case(name))
}

/// Whether nothing foreign would be touched: our manifest, or nothing but what
/// a run that was killed early leaves.
fn is_ours_or_empty(folder: &Path) -> io::Result<bool> {
    if manifest::files_of_earlier_run(folder).is_some() {
        return Ok(true);
    }
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name != LOCK && !is_temporary(&name.to_string_lossy()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
}

/// Takes the lock, or says at once that another has it.
fn lock(folder: &Path) -> Result<File, TryLockError> {
    let path = folder.join(LOCK);
    if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        let error = io::Error::other(format!("{LOCK} is not a plain file"));
        return Err(TryLockError::Error(error));
    }
    let opened = File::options().create(true).truncate(false).write(true).open(path);
    let file = opened.map_err(TryLockError::Error)?;
    file.try_lock()?;
    Ok(file)
}

/// Writes a file that must not be there yet, and its folder where that is missing.
pub(super) fn create(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut file = temporary(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        synchronise(folder)
    });
    written
        .map_err(|error| Failure::Input(format!("{} cannot be written: {error}", path.display())))
}

/// Tries whether there is permission and room at all.
fn probe(folder: &Path) -> io::Result<()> {
    temporary(folder)?.write_all(&[0; PROBE_BYTES])
}

/// A temporary file that removes itself unless it is renamed.
fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    #[cfg(unix)]
    {
        // As any new file, subject to the user's mask; not private as by default.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Temporary file, synchronise, rename, synchronise the folder.
fn replace(folder: &Path, target: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = temporary(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    synchronise(folder)
}

/// Makes a rename last; only Unix opens folders for that.
fn synchronise(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes temporary files of runs that were killed. Failing is harmless: they
/// are not results, and are tried again next time.
fn remove_leftovers(folder: &Path, earlier: &[String]) {
    let below = earlier.iter().filter_map(|name| Path::new(name).parent());
    let mut folders: Vec<PathBuf> = below.map(|parent| folder.join(parent)).collect();
    folders.push(folder.to_owned());
    folders.sort();
    folders.dedup();
    for entry in folders.iter().filter(|it| is_real(folder, it)).flat_map(fs::read_dir).flatten() {
        let Ok(entry) = entry else { continue };
        let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
        if plain && is_temporary(&entry.file_name().to_string_lossy()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes one file of an earlier run, and its folder where that is empty now.
/// Links are left alone, and nothing is reached through one.
fn remove_stale(folder: &Path, name: &str) {
    let path = folder.join(name);
    let Some(parent) = path.parent() else { return };
    let plain = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
    if plain && is_real(folder, parent) && fs::remove_file(&path).is_ok() && parent != folder {
        // Fails where something is left in it, which is as it should be.
        let _ = fs::remove_dir(parent);
    }
}

/// Whether the way from `folder` down to `below` passes real folders only.
fn is_real(folder: &Path, below: &Path) -> bool {
    let inside = below.ancestors().take_while(|ancestor| *ancestor != folder);
    below.starts_with(folder)
        && inside.into_iter().all(|it| fs::symlink_metadata(it).is_ok_and(|found| found.is_dir()))
}

#[cfg(test)]
mod tests {
    //! Goal: an output folder holds one run's files and nothing of anybody else
    //! is lost. Method: claim and write in scratch folders, then look.

    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn write(path: &Path, names: &[&str]) -> Result<(), Failure> {
        let manifest = Manifest::new(&[], UNIX_EPOCH, Duration::ZERO);
        let files: Vec<_> =
            names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect();
        OutputFolder::claim(path, false)?.write(&files, &manifest)
    }

    #[test]
    fn the_next_run_replaces_the_files_of_the_last_one() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("a/b");
        write(&path, &["summary.json", "charts/old.svg"]).unwrap();
        fs::write(path.join("notes.txt"), "mine").unwrap();
        write(&path, &["summary.json", "new.csv"]).unwrap();
        assert!(!path.join("charts").exists());
        assert_eq!(fs::read_to_string(path.join("notes.txt")).unwrap(), "mine");
        assert_eq!(fs::read_to_string(path.join("new.csv")).unwrap(), "new.csv");
        let left = manifest::files_of_earlier_run(&path).unwrap();
        assert_eq!(left, ["summary.json", "new.csv"]);
    }

    #[test]
    fn a_foreign_folder_is_left_alone_unless_forced() {
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("thesis.txt"), "years").unwrap();
        let refused = OutputFolder::claim(scratch.path(), false).unwrap_err();
        assert!(matches!(refused, Failure::Input(_)), "{refused}");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "nothing was left behind");
        assert!(OutputFolder::claim(scratch.path(), true).is_ok());
        assert_eq!(fs::read_to_string(scratch.path().join("thesis.txt")).unwrap(), "years");
    }

    #[test]
    fn two_runs_cannot_share_a_folder() {
        let scratch = tempfile::tempdir().unwrap();
        let first = OutputFolder::claim(scratch.path(), false).unwrap();
        let refused = OutputFolder::claim(scratch.path(), true).unwrap_err();
        assert!(refused.to_string().contains("another run"), "{refused}");
        drop(first);
        assert!(OutputFolder::claim(scratch.path(), false).is_ok());
    }

    #[test]
    fn what_a_killed_run_leaves_is_ours_and_is_tidied() {
        let scratch = tempfile::tempdir().unwrap();
        let leftover = scratch.path().join(".highwater-abc.tmp");
        fs::write(&leftover, "half").unwrap();
        fs::write(scratch.path().join(LOCK), "").unwrap();
        write(scratch.path(), &["a.csv"]).unwrap();
        assert!(!leftover.exists());
    }

    #[test]
    fn a_failure_names_the_file_and_keeps_those_before_it() {
        let scratch = tempfile::tempdir().unwrap();
        write(scratch.path(), &["x.csv"]).unwrap();
        fs::create_dir(scratch.path().join("b.csv")).unwrap();
        let failure = write(scratch.path(), &["a.csv", "b.csv", "c.csv"]).unwrap_err();
        assert!(matches!(&failure, Failure::Io(text) if text.contains("b.csv")), "{failure}");
        assert!(scratch.path().join("a.csv").exists());
        assert!(!scratch.path().join("c.csv").exists());
        // The folder is still ours, and knows what lies in it.
        let known = manifest::files_of_earlier_run(scratch.path()).unwrap();
        assert_eq!(known, ["a.csv", "b.csv", "c.csv", "x.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_or_removed_through_a_link() {
        use std::os::unix::fs::symlink;
        let scratch = tempfile::tempdir().unwrap();
        let (outside, ours) = (scratch.path().join("outside"), scratch.path().join("ours"));
        fs::create_dir(&outside).unwrap();
        write(&ours, &["charts/a.svg"]).unwrap();
        fs::remove_dir_all(ours.join("charts")).unwrap();
        fs::write(outside.join("a.svg"), "theirs").unwrap();
        symlink(&outside, ours.join("charts")).unwrap();
        assert!(matches!(write(&ours, &["charts/a.svg"]), Err(Failure::Io(_))));
        write(&ours, &["b.csv"]).unwrap();
        assert_eq!(fs::read_to_string(outside.join("a.svg")).unwrap(), "theirs");
    }
}
