//! Where a service keeps what it knows of its users' visits.

use super::workload::Step;
use crate::kernel::time::Duration;

/// `sessions` of a service.
#[derive(Clone, Debug, PartialEq)]
pub enum Sessions {
    /// Nowhere: every request brings all that is needed.
    Stateless,
    /// In the memory of the server on which the visit began.
    Sticky(Sticky),
    /// Outside: each request reads its session and writes it.
    Stored(Stored),
}

/// Sessions in the memory of servers, to which the balancer sends their users.
#[derive(Clone, Debug, PartialEq)]
pub struct Sticky {
    /// Bytes of one.
    pub bytes: u64,
    /// Memory of each server for them; `None` = no limit.
    pub memory_bytes: Option<u64>,
    /// A visit is over when nothing has come for so long.
    pub idle: Duration,
    /// A server that is to go waits so long at most for its visits to end.
    pub drain: Duration,
    /// What a request does first whose session was lost.
    pub rebuild: Vec<Step>,
}

/// Sessions in a cache or a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Which.
    pub store: SessionStore,
    /// Bytes of one.
    pub bytes: u64,
    /// What a request does first whose session was lost.
    pub rebuild: Vec<Step>,
}

/// Who keeps sessions.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionStore {
    /// Index of a cache.
    Cache(usize),
    /// A database, which does not forget: how one is read and written.
    Database {
        /// Before the steps of a request.
        read: Vec<Step>,
        /// After them.
        write: Vec<Step>,
    },
}

impl Sessions {
    /// All steps that sessions add to requests.
    pub fn steps(&self) -> Vec<&[Step]> {
        match self {
            Self::Stateless => Vec::new(),
            Self::Sticky(sticky) => vec![&sticky.rebuild],
            Self::Stored(Stored { store: SessionStore::Cache(_), rebuild, .. }) => vec![rebuild],
            Self::Stored(Stored { store: SessionStore::Database { read, write }, .. }) => {
                vec![read, write]
            }
        }
    }

    /// Whether a cache keeps them.
    pub fn are_in_cache(&self, cache: usize) -> bool {
        matches!(self, Self::Stored(Stored { store: SessionStore::Cache(id), .. }) if *id == cache)
    }
}
