//! What users want.

use super::failures::{Breaker, Hedge};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::{Duration, Instant};

/// Index of an endpoint in [`Workload::endpoints`].
pub type EndpointId = usize;
/// Index of a client kind in [`Workload::clients`].
pub type ClientId = usize;
/// Index of a dataset in [`Workload::datasets`].
pub type DatasetId = usize;
/// Index of an operation in [`Workload::operations`].
pub type OperationId = usize;
/// What users want; names no machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Who asks, and when.
    pub users: Users,
    /// Kinds of client; never empty (a scenario without any has one kind
    /// named `client`, share 1).
    pub clients: Vec<Client>,
    /// What is stored.
    pub datasets: Vec<Dataset>,
    /// Pieces of work that endpoints `call`.
    pub operations: Vec<Operation>,
    /// What users ask for; never empty.
    pub endpoints: Vec<Endpoint>,
}

/// Who asks, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Users {
    /// Number of users; `None` where only a rate is known.
    pub count: Option<u64>,
    /// Mean requests per second of one user, where it is known (open
    /// arrivals with a count): the chance that a kept-alive connection is
    /// still open follows from it.
    pub requests_per_user_per_s: Option<f64>,
    /// When requests come.
    pub arrivals: Arrivals,
}

/// When requests come.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Independent gaps of one distribution (ns); exponential = Poisson.
    Renewal {
        /// Time between two arrivals.
        gap: Distribution,
    },
    /// A Poisson process whose rate moves: piecewise linear between knots
    /// (instant, requests per second), constant after the last. Two knots at
    /// one instant make a step.
    Profile {
        /// Knots in order of time; the first at zero.
        knots: Vec<(Instant, f64)>,
    },
    /// `users.count` users who think, ask, wait for the answer, and think again.
    Closed {
        /// Think time.
        think: Distribution,
    },
    /// Recorded requests, in order of time.
    Replay {
        /// The requests.
        requests: Vec<ReplayedRequest>,
    },
}

/// One recorded request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReplayedRequest {
    /// When it came, counted from the first of the recording.
    pub at: Instant,
    /// Who asked, numbered in order of first appearance; `None` where the
    /// recording does not say.
    pub user: Option<u32>,
    /// What was asked; `None` draws an endpoint by the shares.
    pub endpoint: Option<EndpointId>,
    /// Size of the answer in bytes; `None` takes the endpoint's.
    pub bytes: Option<u64>,
}

/// A kind of client.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Share of the users, 0..1; all shares add up to 1.
    pub share: f64,
    /// Parallel connections for static files; 0 = fetches none.
    pub connections: u32,
    /// Share of its static files that its own cache already has, 0..1.
    pub cached: f64,
    /// Gives up on an attempt after this time.
    pub timeout: Option<Duration>,
    /// Tries again after a failed attempt.
    pub retries: Option<Retries>,
    /// Work of an attempt that was given up is cancelled.
    pub cancels: bool,
    /// A second attempt beside a slow first one.
    pub hedge: Option<Hedge>,
    /// Refuses attempts while too many fail; shared by all clients of the kind.
    pub breaker: Option<Breaker>,
}

/// How a client tries again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retries {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// Pause before the second attempt; doubles from attempt to attempt.
    pub backoff: Duration,
    /// Full jitter: the pause is uniform between zero and the backoff.
    pub jitter: bool,
    /// Retries allowed per first attempt (token bucket); `None` = no budget.
    pub budget: Option<f64>,
}

/// A set of stored items; a key is its rank by popularity, 0 = most popular.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// Number of items.
    pub items: u64,
    /// Bytes of one item.
    pub item_bytes: u64,
    /// Exponent of the Zipf popularity; `None` = all alike.
    pub zipf: Option<f64>,
    /// Whom items belong to, by name.
    pub keys: Vec<OwnerKey>,
}

/// Owners of the items of a dataset. Whose an item is follows from the item
/// alone, drawn by the owners' popularity.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnerKey {
    /// Its name, such as `user`.
    pub name: String,
    /// Number of owners; 0 is the one with the most items.
    pub items: u64,
    /// Exponent of the Zipf law by which they own; `None` = all alike.
    pub zipf: Option<f64>,
}

/// A named piece of work.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// What it does.
    pub steps: Vec<Step>,
}

/// What users ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Share of the requests, normalised so that all add up to 1.
    pub share: f64,
    /// Size of the answer by client kind (index = [`ClientId`]), bytes;
    /// constant 0 where nothing is said.
    pub answer_bytes: Vec<Distribution>,
    /// Static files that a browser fetches after the answer.
    pub static_files: Option<StaticFiles>,
    /// What the server does.
    pub steps: Vec<Step>,
    /// The result may be held by a cache.
    pub cacheable: Option<Cacheable>,
}

/// Static files of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticFiles {
    /// Files per page.
    pub files: u32,
    /// Size of one, bytes.
    pub bytes: Distribution,
    /// How many different files there are in all.
    pub catalogue: u64,
    /// Zipf exponent of their popularity; `None` = all alike.
    pub zipf: Option<f64>,
}

/// A result that caches may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Cacheable {
    /// The name under which caches hold it.
    pub name: String,
    /// What tells two results apart.
    pub keys: ResultKeys,
    /// Bytes of one result.
    pub bytes: u64,
}

/// What tells two cacheable results apart.
#[derive(Clone, Debug, PartialEq)]
pub enum ResultKeys {
    /// One result per user.
    User,
    /// One result per item of a dataset, drawn by its popularity.
    Dataset(DatasetId),
    /// One result for all.
    Everyone,
}

/// One step of an endpoint or an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// CPU work (ns at one vCPU).
    Cpu(Distribution),
    /// An outside call of a given latency (ns).
    Wait(Distribution),
    /// Read `keys` items in one multi-get.
    Read {
        /// Of which dataset.
        dataset: DatasetId,
        /// How many keys, 1..=64.
        keys: u32,
        /// The reader must see its own writes: goes to the primary.
        read_your_writes: bool,
        /// How many holders of a leaderless database must answer; `None` = as
        /// many as the database says.
        consistency: Option<Consistency>,
    },
    /// Write `keys` items in one transaction.
    Write {
        /// Insert, update or delete.
        kind: WriteKind,
        /// Into which dataset.
        dataset: DatasetId,
        /// How many keys, 1..=64.
        keys: u32,
    },
    /// Read `rows` rows in no order.
    Scan {
        /// Of which dataset.
        dataset: DatasetId,
        /// How many rows.
        rows: u32,
    },
    /// Read `rows` rows that follow each other in the order of their keys.
    Range {
        /// Of which dataset.
        dataset: DatasetId,
        /// How many rows.
        rows: u32,
    },
    /// Join, touching `rows` rows.
    Join {
        /// Of which dataset.
        dataset: DatasetId,
        /// What belongs to each row is in this one; may be the same.
        with: DatasetId,
        /// How many rows.
        rows: u32,
    },
    /// From one row to its neighbours, to theirs, and so on.
    Traverse {
        /// Of which dataset.
        dataset: DatasetId,
        /// How often.
        hops: u32,
        /// Neighbours of each row.
        fan_out: u32,
    },
    /// Call an operation: in the service that handles it, else inline.
    Call(OperationId),
    /// Branches side by side; goes on when the last has ended.
    Parallel(Vec<Vec<Step>>),
    /// Work that may wait in a queue; without that queue it runs inline.
    Enqueue {
        /// Name of the queue.
        queue: String,
        /// The work.
        work: Vec<Step>,
    },
}

impl Step {
    /// Whether it goes to a store.
    pub fn asks_a_store(&self) -> bool {
        match self {
            Step::Read { .. }
            | Step::Write { .. }
            | Step::Scan { .. }
            | Step::Range { .. }
            | Step::Join { .. }
            | Step::Traverse { .. } => true,
            Step::Cpu(_)
            | Step::Wait(_)
            | Step::Call(_)
            | Step::Parallel(_)
            | Step::Enqueue { .. } => false,
        }
    }
}

/// How many holders of a key must answer a read of a leaderless database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// The first to answer.
    One,
    /// More than half.
    Quorum,
    /// All.
    All,
}

/// What a write does to its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteKind {
    /// New keys, beyond those of the dataset.
    Insert,
    /// Existing keys, drawn by popularity.
    Update,
    /// Existing keys, drawn by popularity; caches drop them.
    Delete,
}
