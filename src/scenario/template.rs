//! A scenario that is loaded again and again with other values of its keys:
//! what `capacity`, `scale`, `sweep` and `plan` try out.

use super::diagnostics::Diagnostics;
use super::load::{Files, Loaded, Request, load};
use super::model::Scenario;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A key of the scenario and its value, as `--set` takes them.
pub type Change = (String, String);

/// A scenario whose keys can be changed; may be used from many threads.
pub struct Template<'a> {
    files: Kept<'a>,
    path: PathBuf,
    overrides: Vec<Change>,
    users: Option<u64>,
    workload_of: Option<PathBuf>,
}

impl<'a> Template<'a> {
    /// Loads a scenario as [`load`] does, and keeps what it is made of.
    ///
    /// # Errors
    /// All faults that were found, each at its place.
    pub fn open(
        files: &'a (dyn Files + Sync),
        request: &Request<'_>,
    ) -> Result<(Self, Loaded), Diagnostics> {
        let template = Self {
            files: Kept { files, read: Mutex::new(BTreeMap::new()) },
            path: request.path.to_owned(),
            overrides: request.overrides.to_vec(),
            users: request.users,
            workload_of: request.workload_of.map(Path::to_owned),
        };
        let loaded = load(&template.files, request)?;
        Ok((template, loaded))
    }

    /// The scenario with further changes laid upon it, and with another number
    /// of users where one is given.
    ///
    /// # Errors
    /// All faults that the changes bring.
    pub fn vary(&self, changes: &[Change], users: Option<u64>) -> Result<Scenario, Diagnostics> {
        let overrides: Vec<Change> = self.overrides.iter().chain(changes).cloned().collect();
        let request = Request {
            path: &self.path,
            overrides: &overrides,
            users: users.or(self.users),
            workload_of: self.workload_of.as_deref(),
        };
        load(&self.files, &request).map(|loaded| loaded.scenario)
    }
}

/// Files that are read once: a design that is tried later is made of the same
/// bytes as the first, whoever writes to them in between.
struct Kept<'a> {
    files: &'a (dyn Files + Sync),
    read: Mutex<BTreeMap<PathBuf, Result<Vec<u8>, String>>>,
}

impl Files for Kept<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let mut read = self.read.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        read.entry(path.to_owned()).or_insert_with(|| self.files.read(path)).clone()
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a template varies what it is told to and reads each file once.
    //! Method: a scenario in memory that counts how often it is read.
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Counting(AtomicU32);

    impl Files for Counting {
        fn read(&self, _path: &Path) -> Result<Vec<u8>, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(include_bytes!("../../scenarios/reference/mm1.toml").to_vec())
        }
    }

    #[test]
    fn only_what_is_changed_changes() {
        let files = Counting(AtomicU32::new(0));
        let request =
            Request { path: Path::new("a.toml"), overrides: &[], users: None, workload_of: None };
        let (template, loaded) = Template::open(&files, &request).expect("a scenario");
        let changes = [("services.web.instances".to_owned(), "3".to_owned())];
        let varied = template.vary(&changes, None).expect("a scenario");
        assert_eq!(loaded.scenario.topology.services[0].instances, 1);
        assert_eq!(varied.topology.services[0].instances, 3);
        assert_eq!(varied.workload, loaded.scenario.workload);
        assert_ne!(varied.hash, loaded.scenario.hash);
        assert_eq!(template.vary(&[], None).expect("the same"), loaded.scenario);
        assert_eq!(files.0.load(Ordering::Relaxed), 1);
        let wrong = [("services.web.instances".to_owned(), "0".to_owned())];
        assert!(template.vary(&wrong, None).is_err());
    }
}
