//! What goes wrong, and how the site and its clients meet it.

use super::topology::{HostId, LoadBalancerId, ServiceId};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::{Duration, Instant};

/// Index of a zone in [`super::Topology::zones`].
pub type ZoneId = usize;
/// Index of a region in [`super::Topology::regions`].
pub type RegionId = usize;

/// What may fail by itself, and what happens by the script.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Failures {
    /// Failures that come by chance.
    pub processes: Vec<FailureProcess>,
    /// Events of the script, in order of time.
    pub events: Vec<Event>,
}

/// A component of the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// `load_balancers.NAME`: one instance.
    LoadBalancer(LoadBalancerId),
    /// `services.NAME`.
    Service(ServiceId),
    /// `caches.NAME`.
    Cache(usize),
    /// `databases.NAME`.
    Database(usize),
}

/// A set of instances; a role is resolved at the instant at which it is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// `services.web`: all its instances.
    All(Component),
    /// `databases.main`, where it is sharded: all instances of all its shards.
    Shards {
        /// Index of the first shard among the databases.
        first: usize,
        /// How many there are.
        count: usize,
    },
    /// `services.web.2`.
    Instance(Component, u32),
    /// `databases.main.primary`.
    Primary(usize),
    /// `databases.main.replica`: the lowest-numbered replica that serves.
    Replica(usize),
    /// `hosts.box`: all that runs on it.
    Host(HostId),
    /// `racks.r1`: all hosts of that rack.
    Rack(usize),
    /// `zones.eu-a`: all that lies in it.
    Zone(ZoneId),
    /// `regions.eu`: all zones of it.
    Region(RegionId),
}

impl Target {
    /// Whether what strikes it leaves a component alone.
    pub fn spares(&self, component: Component) -> bool {
        let database = |id: usize| component != Component::Database(id);
        match *self {
            Target::All(other) | Target::Instance(other, _) => other != component,
            Target::Shards { first, count } => (first..first + count).all(database),
            Target::Primary(id) | Target::Replica(id) => database(id),
            Target::Host(_) | Target::Rack(_) | Target::Zone(_) | Target::Region(_) => false,
        }
    }
}

/// How what is dead answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Death {
    /// The process is gone, its machine refuses connections at once.
    #[default]
    Refused,
    /// The machine is gone: silence until the caller gives up.
    Silent,
}

/// What a chance failure does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureEffect {
    /// Kills: what is in service is lost, and it comes back cold.
    Kill(Death),
    /// Freezes: what is in service goes on where it stopped.
    Hang,
}

/// `[failures.NAME]`: up, down, up, down …
#[derive(Clone, Debug, PartialEq)]
pub struct FailureProcess {
    /// Its name.
    pub name: String,
    /// Who fails. A component: each of its instances by itself; a host, rack,
    /// zone or region: all that is in it, together.
    pub of: Target,
    /// Time up, from the end of a repair to the next failure (ns).
    pub mtbf: Distribution,
    /// From the failure until it works again (ns).
    pub mttr: Distribution,
    /// What a failure does.
    pub effect: FailureEffect,
    /// The failure destroys the disks.
    pub destroys: bool,
    /// Repairs at once; the others wait for a crew, first failed, first
    /// repaired. `None` = a crew for each.
    pub crews: Option<u32>,
}

/// `[events.NAME]`: something happens at a given time.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// When.
    pub at: Instant,
    /// How long; `None` = to the end of the run.
    pub lasts: Option<Duration>,
    /// What.
    pub action: EventAction,
}

/// What an event does.
#[derive(Clone, Debug, PartialEq)]
pub enum EventAction {
    /// `kill`: dead while it lasts; what is in service is lost.
    Kill {
        /// Who.
        target: Target,
        /// How the dead answer.
        death: Death,
    },
    /// `restart`: dead, and back cold after its boot time (`lasts` is not used).
    Restart {
        /// Who.
        target: Target,
    },
    /// `hang`: freezes and goes on where it stopped.
    Hang {
        /// Who.
        target: Target,
    },
    /// `slow`: CPU and disk of its machines work at this share of their speed.
    Slow {
        /// Who.
        target: Target,
        /// 0 < speed <= 1.
        speed: f64,
    },
    /// `partition`: these can reach one another, but nobody else, and nobody
    /// else them.
    Partition {
        /// Who.
        target: Target,
    },
    /// `cut = [A, B]`: nothing passes between them, in either direction.
    Cut {
        /// One side.
        from: Target,
        /// The other.
        to: Target,
    },
    /// `slow_link = [A, B]`: round trips between them take longer.
    SlowLink {
        /// One side.
        from: Target,
        /// The other.
        to: Target,
        /// Added to a round trip.
        added: Duration,
    },
    /// `loss = [A, B]`: packets between them get lost and are sent again.
    Loss {
        /// One side.
        from: Target,
        /// The other.
        to: Target,
        /// Share of packets that get lost, 0..1.
        share: f64,
    },
    /// `dns_outage`: nobody can look the name up.
    DnsOutage,
    /// `dns_record`: the name stands for this region from now on.
    DnsRecord {
        /// Which.
        region: RegionId,
    },
    /// `kill = "cdn"`: browsers turn to the origin while it lasts.
    CdnOutage {
        /// At once, or when they have heard nothing for a while.
        death: Death,
    },
    /// `flush = "cdn"`: all edges are emptied.
    FlushCdn,
    /// `flush`: the cache is emptied.
    Flush {
        /// Index of the cache.
        cache: usize,
    },
    /// `spike`: the rate of requests is multiplied.
    Spike {
        /// By this.
        factor: f64,
    },
    /// `lose`: a zone or a region is gone, silently, while it lasts.
    Lose {
        /// Which.
        target: Target,
    },
    /// `destroy`: as `lose`, and the disks are gone for good.
    Destroy {
        /// Which.
        target: Target,
    },
    /// `scale`: from now on so many instances; new ones boot, superfluous ones drain.
    Scale {
        /// Which service.
        service: ServiceId,
        /// How many.
        instances: u32,
    },
    /// `reshard`: from now on data move until there are so many shards.
    Reshard {
        /// Index in [`super::Topology::shardings`].
        sharding: usize,
        /// How many there will be.
        shards: u32,
        /// Bytes moved per second, all shards together.
        bytes_per_s: f64,
    },
    /// `drain`: gets no new requests; what it has, it finishes.
    Drain {
        /// Who.
        target: Target,
    },
}

/// `health_check` of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Checks fall on multiples of this.
    pub interval: Duration,
    /// A check that meets silence has failed after this time.
    pub timeout: Duration,
    /// So many failed checks in a row take a target out.
    pub unhealthy_after: u32,
    /// So many good checks in a row take it in.
    pub healthy_after: u32,
    /// A target taken in gets its full share after this time, evenly rising.
    pub slow_start: Option<Duration>,
}

/// `replace` of a load balancer: a target that stays unhealthy is replaced by
/// a new machine under the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replace {
    /// Unhealthy for so long.
    pub after: Duration,
    /// Time to provision the new machine.
    pub within: Duration,
}

/// Who takes the writes of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReplicationTopology {
    /// One primary; the others follow it.
    #[default]
    Primary,
    /// All instances; each ships its writes to all others. Last writer wins.
    MultiPrimary,
    /// All instances; each passes on to the next what it wrote and received.
    Ring,
    /// None: some of the instances hold a key, and any of them answers for it.
    Quorum {
        /// Instances that hold a key.
        n: u32,
        /// Answers that a read waits for.
        r: u32,
        /// Acknowledgements that a write waits for.
        w: u32,
    },
}

/// When a write is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReplicationMode {
    /// When the primary has it.
    #[default]
    Asynchronous,
    /// When so many replicas have received it too.
    SemiSynchronous(u32),
    /// When all replicas in service have received it too.
    Synchronous,
}

/// `[databases.NAME.failover]`. A database without it never gets a new primary.
#[derive(Clone, Debug, PartialEq)]
pub struct Failover {
    /// Time between two heartbeats.
    pub heartbeat: Duration,
    /// So many missed in a row mean death.
    pub misses: u32,
    /// From the decision until the chosen replica may take over; it must have
    /// applied all that it received as well.
    pub promotion: Duration,
    /// What becomes of writes while there is no primary.
    pub writes_meanwhile: WritesMeanwhile,
    /// A primary that was replaced never takes writes again.
    pub fencing: bool,
    /// Brings back what the dead primary had not shipped, bytes per second.
    pub recovery_bytes_per_s: Option<f64>,
    /// Provisions a new replica for one that is lost.
    pub new_replica: Option<NewReplica>,
}

/// What becomes of writes while there is no primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum WritesMeanwhile {
    /// They fail at once.
    #[default]
    Fail,
    /// They wait for the new primary.
    Wait,
}

/// A replica is provisioned for one that is lost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewReplica {
    /// So long after the loss was noticed.
    pub after: Duration,
    /// Snapshot copy from a survivor, bytes per second; loads its disk.
    pub copy_bytes_per_s: f64,
}

/// What the callers of a dead cache do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnCacheFailure {
    /// Go on as if nothing had been found.
    #[default]
    Bypass,
    /// Fail.
    Fail,
}

/// A second attempt beside the first one that takes long; the first answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Starts so long after the first.
    pub after: Duration,
}

/// A circuit breaker: refuses calls while too many fail (Nygard 2007,
/// *Release It!*).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// Opens when this share of the calls of the window failed.
    pub failures: f64,
    /// Length of the window.
    pub window: Duration,
    /// Never on fewer calls than this.
    pub minimum: u32,
    /// Stays open so long, then lets one call through: closes if that succeeds.
    pub open: Duration,
}

/// Adaptive concurrency of a service: the number of workers in use follows
/// the wait for one, up by one, down by a factor (Chiu & Jain 1989).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdaptiveConcurrency {
    /// A wait above this shrinks the limit.
    pub target_wait: Duration,
    /// Smallest limit.
    pub minimum: u32,
}

/// A place where machines stand that fail together.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// The region in which it lies, where regions exist.
    pub region: Option<RegionId>,
}

/// A region: users and data centres.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Share of the users, 0..1; all add up to 1.
    pub users: f64,
    /// Round trip to each region, itself included (zero).
    pub rtt: Vec<Duration>,
}

/// How users find a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Routing {
    /// Which region the name server answers with.
    pub policy: RoutingPolicy,
    /// How it learns that a region is down; absent: never.
    pub health_check: Option<HealthCheck>,
}

/// Which region the name server answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RoutingPolicy {
    /// The nearest healthy one.
    #[default]
    Nearest,
    /// The first healthy one in order of the file: the others stand by.
    Failover,
}
