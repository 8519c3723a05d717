//! The resolved scenario: ids instead of names, integers instead of units,
//! every default filled in. What an `Option` leaves out here is truly absent
//! from the modelled system ("no DNS", "no limit"), never "use the default".
//!
//! Durations inside a [`Distribution`] are nanoseconds, sizes are bytes.

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
/// Index of a machine type in [`Topology::machines`].
pub type MachineId = usize;
/// Index of a host in [`Topology::hosts`].
pub type HostId = usize;
/// Index of a service in [`Topology::services`].
pub type ServiceId = usize;
/// Index of a load balancer in [`Topology::load_balancers`].
pub type LoadBalancerId = usize;

/// Everything that one run needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// One line for people; the file's stem where the file has none.
    pub title: String,
    /// What the scenario shows, for people.
    pub description: String,
    /// Hash of all that can change a result: 16 hex digits of the SHA-256 of
    /// the merged tables (workload and topology, without `run.seed`,
    /// `run.replications`, title and description).
    pub hash: String,
    /// What users want.
    pub workload: Workload,
    /// Where that work runs.
    pub topology: Topology,
    /// What must hold.
    pub slo: Vec<SloTerm>,
    /// How it is played.
    pub run: Run,
    /// Values known from theory, compared by `highwater validate`.
    pub expectations: Vec<Expectation>,
}

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
    /// Read `rows` neighbouring rows.
    Scan {
        /// Of which dataset.
        dataset: DatasetId,
        /// How many rows.
        rows: u32,
    },
    /// Join, touching `rows` rows.
    Join {
        /// Of which dataset.
        dataset: DatasetId,
        /// How many rows.
        rows: u32,
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

/// Where the work runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// What the public name stands for.
    pub entry: Entry,
    /// Name resolution; absent = costs nothing.
    pub dns: Option<Dns>,
    /// Distances.
    pub network: Network,
    /// Machine types.
    pub machines: Vec<Machine>,
    /// The machines that run, one per instance or shared by several.
    pub hosts: Vec<Host>,
    /// Services.
    pub services: Vec<Service>,
    /// Load balancers.
    pub load_balancers: Vec<LoadBalancer>,
    /// Caches.
    pub caches: Vec<Cache>,
    /// Databases.
    pub databases: Vec<Database>,
}

/// What the public name stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The name that users type.
    pub name: String,
    /// What answers there.
    pub to: EntryTarget,
}

/// What can be an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryTarget {
    /// A public load balancer.
    LoadBalancer(LoadBalancerId),
    /// A public service (several instances: round robin by the name server).
    Service(ServiceId),
}

/// Name resolution with a cache per resolver.
#[derive(Clone, Debug, PartialEq)]
pub struct Dns {
    /// How long a resolver keeps the record.
    pub ttl: Duration,
    /// How long a look-up takes that the resolver cannot answer itself (ns).
    pub lookup: Distribution,
    /// Resolvers that the users share.
    pub resolvers: u32,
    /// Price of a million look-ups that reach our name server.
    pub price_per_million: f64,
}

/// Distances and widths.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Round trip between client and site (ns).
    pub client_rtt: Distribution,
    /// Round trip between two machines of the site.
    pub internal_rtt: Duration,
    /// Of one client's line, bytes per second; `None` = no transfer time.
    pub bytes_per_s: Option<f64>,
    /// Round trips to set up a connection (connect and TLS).
    pub handshakes: u32,
    /// An idle connection stays open this long; `None` = a new one each time.
    pub keep_alive: Option<Duration>,
    /// Price of 10^9 bytes sent to clients.
    pub egress_price_per_gb: f64,
}

/// A machine type.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Virtual CPUs, at least 1.
    pub vcpus: u32,
    /// Main memory in bytes; `None` = not modelled.
    pub memory_bytes: Option<u64>,
    /// Its disk; absent = disk operations cost nothing.
    pub disk: Option<Disk>,
    /// Price of an hour.
    pub price_per_hour: f64,
    /// Universal Scalability Law: contention σ and coherency κ.
    pub contention: f64,
    /// Coherency κ of the Universal Scalability Law.
    pub coherency: f64,
    /// How the vCPUs are shared.
    pub scheduling: Scheduling,
}

/// How the vCPUs of a machine are shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduling {
    /// All jobs at once, each at rate min(1, c/n).
    ProcessorSharing,
    /// At most c jobs at once, the others wait in order.
    Fifo,
}

/// A disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Disk {
    /// Bytes it holds; `None` = not modelled.
    pub capacity_bytes: Option<u64>,
    /// Operations per second; `None` = no limit.
    pub iops: Option<f64>,
    /// Bytes per second; `None` = no limit.
    pub bytes_per_s: Option<f64>,
}

/// A machine that runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// `[hosts.NAME]` for a shared one, else `services.web` etc. of its owner.
    pub name: String,
    /// Its type.
    pub machine: MachineId,
    /// Several components may live on it (it stands in `[hosts.*]`).
    pub shared: bool,
}

/// A service: workers that play step programs.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name (`web` for `[services.web]`).
    pub name: String,
    /// The host of each instance; never empty.
    pub hosts: Vec<HostId>,
    /// Workers per instance; `None` = unbounded, none is held.
    pub workers: Option<u32>,
    /// Waiting places per instance; `None` = unbounded.
    pub queue: Option<u32>,
    /// Patience in that queue (ns); then 503.
    pub queue_deadline: Option<Distribution>,
    /// Has a public address.
    pub public: bool,
    /// Endpoints that it handles (all, for `"*"`).
    pub endpoints: Vec<EndpointId>,
    /// Operations that it handles for others by name (empty for `"*"`: an
    /// operation without a service of its own runs in the caller's).
    pub operations: Vec<OperationId>,
    /// CPU work of serving one static file (ns); default `"50 us"`.
    pub static_cpu: Distribution,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadBalancer {
    /// Its name.
    pub name: String,
    /// Has a public address.
    pub public: bool,
    /// The service whose instances it spreads requests over.
    pub targets: ServiceId,
    /// How it chooses.
    pub policy: BalancingPolicy,
    /// Price of an hour.
    pub price_per_hour: f64,
}

/// How one of several instances is chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum BalancingPolicy {
    /// In turn, from instance 0.
    RoundRobin,
    /// In turn by weight, one per instance.
    Weighted(Vec<u32>),
    /// Uniformly at random.
    Random,
    /// The one with the fewest connections, lowest number among equals.
    LeastConnections,
    /// The less loaded of two distinct ones drawn at random.
    TwoChoices,
    /// By consistent hash of the user.
    Hash,
}

/// A cache tier.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// Its name.
    pub name: String,
    /// The host of each instance.
    pub hosts: Vec<HostId>,
    /// Datasets whose items it holds.
    pub datasets: Vec<DatasetId>,
    /// Names of cacheable results that it holds.
    pub results: Vec<String>,
    /// Memory per instance, bytes.
    pub memory_bytes: u64,
    /// Time of one operation at the cache, without the network (ns).
    pub latency: Distribution,
    /// CPU work of one operation on its host (ns); default none.
    pub cpu: Distribution,
    /// What goes when it is full.
    pub eviction: Eviction,
    /// Entries live this long; `None` = until evicted.
    pub ttl: Option<Duration>,
    /// Reading renews the TTL.
    pub sliding: bool,
    /// Who fetches what is missing.
    pub mode: CacheMode,
    /// What a write does to the cached entry.
    pub on_write: OnWrite,
    /// Begins with the most popular items, or empty.
    pub start: CacheStart,
    /// The simple form: this share of keys hits, no keys are kept.
    pub hit_ratio: Option<f64>,
}

/// What goes when a cache is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// Least recently used.
    Lru,
    /// Least frequently used.
    Lfu,
    /// First in, first out.
    Fifo,
}

/// Who fetches what a cache misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMode {
    /// The cache itself.
    ReadThrough,
    /// The service, which then stores it in a further operation.
    CacheAside,
}

/// What a write does to a cached entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnWrite {
    /// Removes it, at the commit.
    Invalidate,
    /// Leaves it: stale until its TTL ends.
    Keep,
}

/// What a cache holds at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheStart {
    /// The most popular items that fit.
    Warm,
    /// Nothing.
    Cold,
}

/// A database: a primary and its replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Datasets that it holds.
    pub datasets: Vec<DatasetId>,
    /// The host of each instance; 0 is the primary, the others replicas.
    pub hosts: Vec<HostId>,
    /// Connections per instance; `None` = unbounded.
    pub connections: Option<u32>,
    /// Waiting places for a connection per instance; `None` = unbounded.
    pub queue: Option<u32>,
    /// Connections in the pool of each client instance; `None` = no pool.
    pub pool: Option<u32>,
    /// Memory for pages, bytes; `None` = all data fit in memory.
    pub buffer_pool_bytes: Option<u64>,
    /// Who answers reads.
    pub read_from: ReadFrom,
    /// How one of several is chosen for a read.
    pub read_policy: BalancingPolicy,
    /// What operations cost.
    pub costs: Costs,
    /// Added to the emergent lag of each log entry (ns).
    pub extra_lag: Distribution,
}

/// Who answers reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom {
    /// The primary alone.
    Primary,
    /// The replicas; the primary where there is none.
    Replicas,
    /// All of them.
    Any,
}

/// What the operations of a database cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// One read (of one or several keys).
    pub read: Cost,
    /// One write transaction.
    pub write: Cost,
    /// One scan.
    pub scan: Cost,
    /// One join.
    pub join: Cost,
    /// Applying one log entry on a replica.
    pub apply: Cost,
}

/// What one kind of operation costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// CPU work per operation (ns).
    pub cpu: Distribution,
    /// CPU work per row beyond the first key (ns): read, write: per further
    /// key; scan, join: per row.
    pub cpu_per_row: f64,
    /// Disk reads per key or row; they fall away on a buffer-pool hit.
    pub disk_reads: u32,
    /// Disk writes per operation.
    pub disk_writes: u32,
}

/// One term of the service-level objective.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SloTerm {
    /// Which figure.
    pub figure: SloFigure,
    /// Its limit: milliseconds for times, a share 0..1 otherwise.
    pub limit: f64,
}

/// What an SLO can limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SloFigure {
    /// Mean response time, at most.
    Mean,
    /// A quantile of the response time (0.99 …), at most.
    Quantile(f64),
    /// Answered ÷ offered, at least.
    Availability,
    /// Failed ÷ offered, at most.
    ErrorRate,
}

/// How a scenario is played.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Simulated time, warm-up included.
    pub duration: Duration,
    /// Cut off at the start; `None` = found by MSER-5 (steady runs only).
    pub warmup: Option<Duration>,
    /// Steady or terminating.
    pub kind: RunKind,
    /// Root of all randomness.
    pub seed: u64,
    /// Independent replications.
    pub replications: u32,
    /// Limits that end an overloaded run.
    pub limits: Limits,
}

/// Steady or terminating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// The long run is what is asked for.
    Steady,
    /// The course of events is what is asked for.
    Terminating,
}

/// Limits that end an overloaded run, in counts so that they strike at the
/// same point everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events per replication; default 2·10^9.
    pub events: u64,
    /// Requests in flight; default 200,000.
    pub in_flight: u32,
    /// After the end of the run, measured requests may drain this long;
    /// default: the duration of the run, at most 10 min.
    pub drain: Duration,
}

/// A figure whose value theory knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Path of the figure in `summary.json`, such as `response_time_ms.p99`
    /// or `components.caches.objects.figures.hit_ratio`.
    pub figure: String,
    /// The exact value.
    pub value: f64,
    /// Error of that value itself where it is an approximation (relative), 0
    /// where it is exact.
    pub approximation: f64,
}
