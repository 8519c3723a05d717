//! What the compiler hands to the simulation: programs, stations and tiers as
//! ids and integers. Everything that several replications share is in here
//! and never changes while they run.

use super::cdn::plan::CdnPlan;
use super::faults::plan::FaultPlan;
use super::regions_plan::RegionsPlan;
use super::sessions::SessionsPlan;
use crate::kernel::distribution::Distribution;
use crate::kernel::popularity::Popularity;
use crate::kernel::random::Key;
use crate::kernel::time::{Duration, Instant};
use crate::route::program::Programs;
use crate::route::step::Locus;
use crate::tier::balancer::Policy;
use crate::tier::breaker;
use crate::tier::buffer_pool::BufferPool;
use crate::tier::cache::Eviction;
pub use crate::tier::failover::Readers;
use crate::tier::failover::{Heartbeats, Mode, Topology};
use crate::tier::queue;
use crate::tier::sharding::ShardMap;

/// Says that a component has no such station.
pub const NO_STATION: u32 = u32::MAX;
/// Says that an access has no cache or no database.
pub const NONE: u16 = u16::MAX;

/// Bits of the number of a request, a job or a user within an event.
pub const INDEX_BITS: u32 = 24;
/// Most requests, jobs or known users.
pub const INDEX_END: u32 = 1 << INDEX_BITS;

/// A compiled scenario.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// Who asks, and when.
    pub population: Population,
    /// What is asked for.
    pub endpoints: Vec<EndpointPlan>,
    /// Kinds of client.
    pub clients: Vec<ClientPlan>,
    /// The ways of requests and log entries.
    pub programs: Programs,
    /// Groups of instances of which one is chosen.
    pub groups: Vec<GroupPlan>,
    /// Pools, CPUs and disks, instance by instance.
    pub stations: Stations,
    /// What steps do to keys.
    pub accesses: Vec<Access>,
    /// How keys are chosen, by dataset.
    pub popularities: Vec<Popularity>,
    /// Cache tiers.
    pub caches: Vec<CachePlan>,
    /// Databases.
    pub databases: Vec<DatabasePlan>,
    /// The content delivery network.
    pub cdn: Option<CdnPlan>,
    /// Message queues.
    pub queues: Vec<QueuePlan>,
    /// Services that keep sessions.
    pub sessions: Vec<SessionsPlan>,
    /// What is done with messages.
    pub tasks: Vec<Task>,
    /// How keys are placed on shards, by dataset of a sharded database.
    pub shardings: Vec<ShardingPlan>,
    /// Sharded databases, and what moves when shards are added.
    pub reshardings: Vec<ReshardingPlan>,
    /// Circuit breakers of client kinds, services and databases.
    pub breakers: Vec<BreakerPlan>,
    /// Name resolution.
    pub dns: Option<DnsPlan>,
    /// Distances.
    pub network: NetworkPlan,
    /// Regions, where there are two or more.
    pub regions: Option<RegionsPlan>,
    /// The replication starts with warm-up unknown (found by MSER-5) if `None`.
    pub warmup: Option<Duration>,
    /// End of arrivals that are measured.
    pub duration: Duration,
    /// What can fail; `None` where nothing can.
    pub faults: Option<FaultPlan>,
    /// Work may be taken away from stations before it is done.
    pub interruptible: bool,
    /// Limits that end an overloaded run.
    pub limits: LimitsPlan,
}

/// Who asks, and when.
#[derive(Clone, Debug)]
pub struct Population {
    /// Users to draw from; 0 = each request is a user of its own.
    pub users: u64,
    /// When they ask.
    pub arrivals: ArrivalPlan,
    /// Chance that a user's connection is still open at the next request,
    /// where no user is known one by one.
    pub connection_kept: f64,
}

/// When requests come.
#[derive(Clone, Debug)]
pub enum ArrivalPlan {
    /// Independent gaps (ns).
    Renewal(Distribution),
    /// The same, where spikes quicken time: the pace from each instant on.
    Spiked {
        /// Gaps at pace one (ns).
        gap: Distribution,
        /// The first from zero on.
        pace: Vec<(Instant, f64)>,
    },
    /// Poisson with a piecewise linear rate: (instant, requests per second).
    Profile(Vec<(Instant, f64)>),
    /// Users who think between an answer and the next request (ns).
    Closed(Distribution),
    /// Recorded requests in order of time.
    Replay(Vec<RecordedRequest>),
}

impl ArrivalPlan {
    /// Think time of closed users.
    pub fn think_time(&self) -> Option<&Distribution> {
        match self {
            Self::Closed(think) => Some(think),
            _ => None,
        }
    }
}

/// One recorded request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecordedRequest {
    /// When.
    pub at: Instant,
    /// Who, numbered from 0; `u32::MAX` = unknown.
    pub user: u32,
    /// What; [`NONE`] = drawn by the shares.
    pub endpoint: u16,
    /// Bytes of the answer plus one; 0 = drawn.
    pub bytes_plus_one: u32,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct EndpointPlan {
    /// Its name.
    pub name: String,
    /// Share of the requests; all add up to 1.
    pub share: f64,
    /// Program by client kind.
    pub programs: Vec<u16>,
}

/// A kind of client.
#[derive(Clone, Debug)]
pub struct ClientPlan {
    /// Its name.
    pub name: String,
    /// Share of the users; all add up to 1.
    pub share: f64,
    /// Gives up on an attempt after this time.
    pub timeout: Option<Duration>,
    /// Attempts in all, the first included.
    pub attempts: u8,
    /// Pause before the second attempt; doubles from attempt to attempt.
    pub backoff: Duration,
    /// The pause is uniform between zero and the backoff.
    pub jitter: bool,
    /// Retries allowed per first attempt; infinite = no budget.
    pub retry_budget: f64,
    /// Starts a second attempt beside one that takes longer than this.
    pub hedge_after: Option<Duration>,
    /// Cancels the work of what it gives up.
    pub cancels: bool,
    /// Its circuit breaker, or [`NONE`].
    pub breaker: u16,
    /// There is something to watch in its attempts: a time limit, a hedge, a
    /// breaker, or work to cancel, be it that of other kinds of client.
    pub watched: bool,
}

/// A circuit breaker.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerPlan {
    /// Such as `services.web.breaker`.
    pub name: String,
    /// When it opens, and for how long.
    pub settings: breaker::Settings,
}

/// A group of instances of which one is chosen.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    /// For people.
    pub name: String,
    /// How many.
    pub instances: u32,
    /// Number of the first within its component: a database's replicas begin
    /// with instance 1.
    pub first: u32,
    /// How one is chosen.
    pub policy: Policy,
}

impl GroupPlan {
    /// Whether the policy must know the connections of each instance.
    pub fn counts_connections(&self) -> bool {
        self.instances > 1 && matches!(self.policy, Policy::LeastConnections | Policy::TwoChoices)
    }
}

/// All stations, instance by instance.
#[derive(Clone, Debug, Default)]
pub struct Stations {
    /// Pools of workers and connections.
    pub pools: Vec<PoolPlan>,
    /// CPUs of hosts.
    pub cpus: Vec<CpuPlan>,
    /// Disks of hosts.
    pub disks: Vec<DiskPlan>,
    /// Instance of a component → CPU.
    pub cpu_of: Vec<u32>,
    /// Instance of a component → disk, or [`NO_STATION`].
    pub disk_of: Vec<u32>,
    /// Names of stations whose instances share a wait histogram.
    pub names: Vec<StationName>,
}

impl Stations {
    /// Number of all instances: pools, then CPUs, then disks.
    pub fn count(&self) -> usize {
        self.pools.len() + self.cpus.len() + self.disks.len()
    }
}

/// Several instances of one station.
#[derive(Clone, Debug, PartialEq)]
pub struct StationName {
    /// Such as `services.web.cpu`.
    pub name: String,
    /// `cpu`, `pool` or `disk`.
    pub kind: &'static str,
}

/// A station's place in the figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Index in [`Stations::names`].
    pub name: u16,
    /// Number of the instance.
    pub instance: u32,
    /// `primary` or `replica`.
    pub role: Option<&'static str>,
}

/// A pool.
#[derive(Clone, Debug)]
pub struct PoolPlan {
    /// Its place in the figures.
    pub label: Label,
    /// Slots.
    pub slots: u32,
    /// Waiting places; `None` = unbounded.
    pub queue: Option<u32>,
    /// The limit of slots follows the wait for one.
    pub adaptive: Option<AdaptivePlan>,
}

/// How the limit of a pool moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptivePlan {
    /// A longer wait shrinks it.
    pub target_wait: Duration,
    /// Lowest limit.
    pub minimum: u32,
}

/// A CPU.
#[derive(Clone, Debug)]
pub struct CpuPlan {
    /// Its place in the figures.
    pub label: Label,
    /// Virtual CPUs.
    pub vcpus: u32,
    /// First come first served, at most `vcpus` at a time; else all share.
    pub fifo: bool,
    /// Contention σ of the Universal Scalability Law.
    pub contention: f64,
    /// Coherency κ of the Universal Scalability Law.
    pub coherency: f64,
}

/// A disk: one server.
#[derive(Clone, Debug)]
pub struct DiskPlan {
    /// Its place in the figures.
    pub label: Label,
    /// Operations per second; infinite = no limit.
    pub iops: f64,
    /// Bytes per second; infinite = no limit.
    pub bytes_per_s: f64,
}

/// What a step does to keys.
#[derive(Clone, Debug)]
pub struct Access {
    /// For people: `posts × 10`.
    pub name: String,
    /// How the keys come about.
    pub keys: KeySource,
    /// How many, 1..=64.
    pub count: u8,
    /// Sets the keys of one dataset apart from those of another.
    pub space: u64,
    /// Bytes of one item.
    pub item_bytes: u64,
    /// The cache, or [`NONE`].
    pub cache: u16,
    /// The database, or [`NONE`].
    pub database: u16,
    /// Index of the dataset within its database.
    pub database_dataset: usize,
    /// Disk reads per key that the buffer pool misses.
    pub disk_reads: u32,
    /// Disk writes.
    pub disk_writes: u32,
    /// Deletes its keys.
    pub deletes: bool,
    /// A cache was asked first: only what it missed is wanted.
    pub looked_up: bool,
    /// Who asks the cache.
    pub reader: Locus,
}

/// How the keys of one dataset are placed on shards.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardingPlan {
    /// Which sharded database.
    pub resharding: u16,
    /// Who decides where an item lies: index of a popularity of owners, and
    /// the key that makes an owner out of an item; `None`: the item itself.
    pub owners: Option<(usize, Key)>,
    /// Where keys lie at the start.
    pub map: ShardMap,
    /// Where they lie once they have been moved, if they are.
    pub next: Option<ShardMap>,
}

impl ShardingPlan {
    /// What decides where an item lies. Whose an item is follows from the item
    /// alone, the same in every run.
    #[inline]
    pub fn key_of(&self, popularities: &[Popularity], item: u64) -> u64 {
        match self.owners {
            None => item,
            Some((owners, key)) => popularities[owners].sample(&mut key.numbered(item).draws()),
        }
    }
}

/// A sharded database, and what moves when shards are added or taken away.
#[derive(Clone, Debug, PartialEq)]
pub struct ReshardingPlan {
    /// Such as `databases.main`.
    pub name: String,
    /// Index of the first shard among the databases.
    pub first: usize,
    /// Keys move in so many slices; 0: they never move.
    pub slices: u64,
    /// Time between two slices.
    pub pace: Duration,
    /// Bytes that a slice moves.
    pub bytes: u64,
    /// Shards from which a slice is read, with the program that reads there.
    pub reads: Vec<(u16, u16)>,
    /// Shards to which it is written, with the program that writes there.
    pub writes: Vec<(u16, u16)>,
}

/// How keys come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Drawn by the popularity of the dataset with this index.
    Popular(usize),
    /// New ones, beyond the dataset.
    New,
    /// The user.
    User,
    /// The user's session, which a request reads and writes.
    Session,
    /// The same for all.
    Everyone,
}

/// A cache tier.
#[derive(Clone, Debug)]
pub struct CachePlan {
    /// Such as `caches.objects`.
    pub name: String,
    /// Nodes.
    pub nodes: u32,
    /// Memory of a node, bytes.
    pub memory_bytes: u64,
    /// Bytes that an item takes beside its own.
    pub overhead_bytes: u64,
    /// What goes when it is full.
    pub eviction: Eviction,
    /// Entries live this long.
    pub ttl: Option<Duration>,
    /// Each TTL is stretched or shortened by up to this share of it.
    pub jitter: f64,
    /// Reading renews the TTL.
    pub sliding: bool,
    /// The simple form.
    pub hit_ratio: Option<f64>,
    /// Who misses a key that is being fetched waits for that fetch.
    pub coalesce: bool,
    /// Writes reach the database later.
    pub write_behind: bool,
    /// What it holds at the start: (space, keys, bytes of one), the most
    /// likely first within each.
    pub warm: Vec<WarmSet>,
}

/// Keys of one kind that a warm cache may hold.
#[derive(Clone, Debug)]
pub struct WarmSet {
    /// Of which space.
    pub space: u64,
    /// How many there are.
    pub items: u64,
    /// Bytes of one.
    pub bytes: u64,
    /// Requests for the most popular one per request to the site: weight.
    pub weight: f64,
    /// Popularity, index of a dataset; `None` = all alike.
    pub popularity: Option<usize>,
}

/// A database.
#[derive(Clone, Debug)]
pub struct DatabasePlan {
    /// Such as `databases.main`.
    pub name: String,
    /// Replicas, the primary not counted.
    pub replicas: u32,
    /// Group of those who take writes.
    pub writes: u16,
    /// Group of those who answer reads.
    pub reads: u16,
    /// Who answers reads.
    pub readers: Readers,
    /// One-way time from the primary to a replica.
    pub shipping: Duration,
    /// Added to it per log entry (ns).
    pub extra_lag: Distribution,
    /// Program of the applier; `None`: applying costs nothing.
    pub applier: Option<u16>,
    /// Who takes the writes.
    pub topology: Topology,
    /// Who holds what, where it is leaderless.
    pub quorum: Option<QuorumPlan>,
    /// When a write is done.
    pub mode: Mode,
    /// Members fail, or several take writes, or wait for each other: the figures
    /// of that are of interest.
    pub can_lose_writes: bool,
    /// How silence is noticed and what follows; `None`: nothing is noticed.
    pub failover: Option<FailoverPlan>,
    /// Which reads find their page in memory.
    pub buffer_pool: Option<BufferPool>,
    /// Caches to tell of a write, with the spaces they hold.
    pub caches: Vec<u16>,
}

/// A leaderless database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumPlan {
    /// Instances that hold a key.
    pub holders: u32,
    /// Program that brings one of them a write; `None`: that costs nothing.
    pub repairer: Option<u16>,
}

/// What follows when a member of a database falls silent.
#[derive(Clone, Debug)]
pub struct FailoverPlan {
    /// When it is noticed.
    pub heartbeats: Heartbeats,
    /// From the decision until the chosen replica may take over.
    pub promotion: Duration,
    /// Calls wait while there is no primary; else they fail.
    pub calls_wait: bool,
    /// A primary that was replaced never takes writes again.
    pub fencing: bool,
    /// Brings back what was lost.
    pub recovery: Option<RecoveryPlan>,
    /// Replaces who is lost.
    pub new_replica: Option<NewReplicaPlan>,
}

/// Lost writes are read from the old disk and written again.
#[derive(Clone, Debug)]
pub struct RecoveryPlan {
    /// Bytes read per second.
    pub bytes_per_s: f64,
    /// Program of one such write.
    pub program: u16,
    /// Bytes of one item, by space of its key.
    pub item_bytes: Vec<(u64, u64)>,
}

/// A new replica is copied from one that serves, slice by slice.
#[derive(Clone, Debug)]
pub struct NewReplicaPlan {
    /// So long after the loss was noticed.
    pub after: Duration,
    /// Slices of the whole data.
    pub slices: u64,
    /// Time between two slices.
    pub pace: Duration,
    /// Program that reads one of them.
    pub program: u16,
}

/// A message queue and who works for it.
#[derive(Clone, Debug)]
pub struct QueuePlan {
    /// Such as `queues.fanout`.
    pub name: String,
    /// What rules it.
    pub settings: queue::Settings,
    /// What a producer meets while it is full.
    pub when_full: WhenFull,
    /// Group of the instances of the service whose workers take its messages.
    pub group: u16,
    /// First pool of those workers; `None` = unbounded.
    pub workers: Option<u32>,
    /// Number of that service among what can fail; [`NONE`] where nothing can.
    pub component: u16,
}

/// What a producer meets while a queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// Its request fails.
    Fail,
    /// It waits for a place.
    Block,
    /// The message is dropped, and the request goes on.
    Drop,
}

/// What is done with the messages of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Of which queue.
    pub queue: u16,
    /// The program.
    pub program: u16,
}

/// Name resolution.
#[derive(Clone, Debug)]
pub struct DnsPlan {
    /// How long a resolver keeps the record.
    pub ttl: Duration,
    /// How many resolvers.
    pub resolvers: u32,
}

/// Distances.
#[derive(Clone, Debug)]
pub struct NetworkPlan {
    /// Round trip between client and site (ns).
    pub client_rtt: Distribution,
    /// Round trips to set up a connection.
    pub handshakes: u32,
    /// Nanoseconds per byte of the client's line; 0 = none.
    pub nanos_per_byte: f64,
    /// An idle connection stays open this long.
    pub keep_alive: Option<Duration>,
    /// Who hears nothing gives up after this time.
    pub give_up_after: Duration,
}

/// Limits that end an overloaded run.
#[derive(Clone, Copy, Debug)]
pub struct LimitsPlan {
    /// Events.
    pub events: u64,
    /// Requests in flight.
    pub in_flight: u32,
    /// Drain after the end.
    pub drain: Duration,
}
