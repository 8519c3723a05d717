//! Where the work runs.

use super::autoscale::Autoscaler;
use super::cdn::Cdn;
use super::failures::{
    AdaptiveConcurrency, Breaker, Component, Failover, HealthCheck, OnCacheFailure, Region,
    Replace, ReplicationMode, ReplicationTopology, Routing, Target, Zone, ZoneId,
};
use super::queues::Queue;
use super::sessions::Sessions;
use super::sharding::{ShardOf, Sharding};
use super::workload::{Consistency, DatasetId, EndpointId, OperationId};
use super::{Engine, RowReads};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;

/// Index of a machine type in [`Topology::machines`].
pub type MachineId = usize;
/// Index of a host in [`Topology::hosts`].
pub type HostId = usize;
/// Index of a service in [`Topology::services`].
pub type ServiceId = usize;
/// Index of a load balancer in [`Topology::load_balancers`].
pub type LoadBalancerId = usize;

/// Where the work runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// What the public name stands for.
    pub entry: Entry,
    /// Name resolution; absent = costs nothing.
    pub dns: Option<Dns>,
    /// Distances.
    pub network: Network,
    /// Zones, in order of first appearance; empty where none is named.
    pub zones: Vec<Zone>,
    /// Racks by name, in order of first appearance.
    pub racks: Vec<String>,
    /// Regions, in order of the file; empty where there are none.
    pub regions: Vec<Region>,
    /// How users find a region; absent without regions.
    pub routing: Option<Routing>,
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
    /// Databases; each shard is one.
    pub databases: Vec<Database>,
    /// How the sharded ones among them share their data.
    pub shardings: Vec<Sharding>,
    /// The content delivery network; absent = the services serve static files.
    pub cdn: Option<Cdn>,
    /// Message queues.
    pub queues: Vec<Queue>,
    /// Services whose number of instances follows the load.
    pub autoscalers: Vec<Autoscaler>,
}

impl Topology {
    /// The machines that a target stands for.
    pub fn hosts_of(&self, target: &Target) -> Vec<HostId> {
        let of = |component: Component| match component {
            Component::Service(id) => &self.services[id].hosts[..],
            Component::Cache(id) => &self.caches[id].hosts,
            Component::Database(id) => &self.databases[id].hosts,
            Component::LoadBalancer(_) => &[],
        };
        let placed = |fits: &dyn Fn(usize) -> bool| -> Vec<HostId> {
            (0..self.hosts.len()).filter(|&host| fits(host)).collect()
        };
        let nth = |component: Component, number: usize| {
            of(component).get(number).copied().into_iter().collect()
        };
        let zone = |host: usize| self.hosts[host].zone;
        match *target {
            Target::All(component) => of(component).to_vec(),
            Target::Shards { first, count } => (first..first + count)
                .flat_map(|id| of(Component::Database(id)).iter().copied())
                .collect(),
            Target::Instance(component, number) => nth(component, number as usize),
            Target::Primary(id) => nth(Component::Database(id), 0),
            Target::Replica(id) => nth(Component::Database(id), 1),
            Target::Host(id) => vec![id],
            Target::Rack(id) => placed(&|host| self.hosts[host].rack == Some(id)),
            Target::Zone(id) => placed(&|host| zone(host) == Some(id)),
            Target::Region(id) => {
                placed(&|host| zone(host).is_some_and(|zone| self.zones[zone].region == Some(id)))
            }
        }
    }
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
    /// A caller hears nothing from a machine for so long and gives up.
    pub give_up_after: Duration,
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
    /// Where it stands.
    pub zone: Option<ZoneId>,
    /// Index in [`Topology::racks`].
    pub rack: Option<usize>,
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
    /// Where it keeps sessions.
    pub sessions: Sessions,
    /// Instances at the start; `hosts` has room for those of `scale` events
    /// and of an autoscaler.
    pub instances: u32,
    /// Instances that must be up for it to count as up.
    pub needed: u32,
    /// From start to readiness of a restarted or new instance.
    pub boot: Duration,
    /// Refuses calls to it while too many fail.
    pub breaker: Option<Breaker>,
    /// Its limit of workers follows the wait for one.
    pub adaptive: Option<AdaptiveConcurrency>,
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
    /// How it learns that a target is down or up again; absent: never.
    pub health_check: Option<HealthCheck>,
    /// New machines for targets that stay down.
    pub replace: Option<Replace>,
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
    /// Bytes that an item takes beside its own.
    pub overhead_bytes: u64,
    /// Share of the memory that lies idle between items.
    pub fragmentation: f64,
    /// Time of one operation at the cache, without the network (ns).
    pub latency: Distribution,
    /// CPU work of one operation on its host (ns); default none.
    pub cpu: Distribution,
    /// What goes when it is full.
    pub eviction: Eviction,
    /// Entries live this long; `None` = until evicted.
    pub ttl: Option<Duration>,
    /// Each TTL is stretched or shortened by up to this share of it.
    pub jitter: f64,
    /// Reading renews the TTL.
    pub sliding: bool,
    /// Who fetches what is missing.
    pub mode: CacheMode,
    /// What a write does to the cached entry.
    pub on_write: OnWrite,
    /// A write tells the caches of other regions nothing.
    pub keeps_abroad: bool,
    /// Who misses a key that is being fetched waits for that fetch.
    pub coalesce: bool,
    /// Begins with the most popular items, or empty.
    pub start: CacheStart,
    /// The simple form: this share of keys hits, no keys are kept.
    pub hit_ratio: Option<f64>,
    /// What callers of a dead node do.
    pub on_failure: OnCacheFailure,
    /// They wait so long for a silent one.
    pub timeout: Duration,
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
    /// Any entry, each with the same chance.
    Random,
    /// SIEVE (Zhang et al. 2024).
    Sieve,
    /// S3-FIFO (Yang et al. 2023).
    S3Fifo,
    /// ARC (Megiddo & Modha 2003).
    Arc,
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
    /// Stores what was written, before the answer.
    Store,
    /// Stores what was written; the database gets it after this time.
    StoreAndFlush(Duration),
}

/// What a cache holds at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheStart {
    /// The most popular items that fit.
    Warm,
    /// Nothing.
    Cold,
}

/// A database: a primary and its replicas. A shard is a database too.
#[derive(Clone, Debug, PartialEq)]
pub struct Database {
    /// Its name; `main.shard-3` for a shard.
    pub name: String,
    /// Of what it is a shard; absent: it has its data for itself.
    pub shard: Option<ShardOf>,
    /// What it does by itself, and what its callers must do.
    pub engine: Engine,
    /// How the application reads many rows where it must.
    pub row_reads: RowReads,
    /// Holders that must answer a read of a leaderless database, where the
    /// step does not say; `None` = its r.
    pub consistency: Option<Consistency>,
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
    /// Who takes writes.
    pub replication: ReplicationTopology,
    /// When a write is done.
    pub mode: ReplicationMode,
    /// How a dead primary is replaced; absent: not at all.
    pub failover: Option<Failover>,
    /// Callers wait so long for a silent instance; `None`:
    /// [`Network::give_up_after`].
    pub timeout: Option<Duration>,
    /// Refuses calls to it while too many fail.
    pub breaker: Option<Breaker>,
}

impl Database {
    /// Name of its table in the file, which all shards of one have in common.
    pub fn table(&self) -> &str {
        match self.shard {
            Some(_) => self.name.split_once('.').map_or(&self.name, |(table, _)| table),
            None => &self.name,
        }
    }

    /// Whether it stands for its table: it is no shard, or the first.
    pub fn is_first(&self) -> bool {
        self.shard.is_none_or(|shard| shard.number == 0)
    }

    /// Bytes of the whole data of which one instance holds so many: each holds
    /// all of it, but for a leaderless database its share of the keys.
    pub fn bytes_seen_as_whole(&self, bytes: u64) -> u64 {
        match self.replication {
            ReplicationTopology::Quorum { n, .. } => {
                (u128::from(bytes) * self.hosts.len() as u128 / u128::from(n.max(1))) as u64
            }
            _ => bytes,
        }
    }

    /// Bytes that one instance holds of the whole data.
    pub fn bytes_of_one(&self, whole: u64) -> u64 {
        match self.replication {
            ReplicationTopology::Quorum { n, .. } => {
                (u128::from(whole) * u128::from(n)).div_ceil(self.hosts.len() as u128) as u64
            }
            _ => whole,
        }
    }

    /// Instances that must be up for every operation to be possible: so many
    /// that of the holders of any key enough are.
    pub fn needed(&self) -> u32 {
        match self.replication {
            ReplicationTopology::Quorum { n, r, w } => self.hosts.len() as u32 - (n - r.max(w)),
            _ => 1,
        }
    }
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
    /// Those in the region of the reader while one serves there, else the
    /// nearest others.
    Nearest,
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
    /// One range.
    pub range: Cost,
    /// One join.
    pub join: Cost,
    /// One traversal.
    pub traverse: Cost,
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
