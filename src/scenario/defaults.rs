//! What holds where a scenario says nothing. Anything not listed here is then
//! absent from the modelled system.

use crate::kernel::time::Duration;

/// Root of all randomness.
pub(super) const SEED: u64 = 42;
/// Independent replications.
pub(super) const REPLICATIONS: u32 = 10;
/// Events per replication.
pub(super) const EVENTS: u64 = 2_000_000_000;
/// Requests in flight.
pub(super) const IN_FLIGHT: u32 = 200_000;
/// Longest draining, where the run itself is longer.
pub(super) const LONGEST_DRAIN: Duration = Duration::from_nanos(600 * 1_000_000_000);
/// Round trips to set up a connection: TCP and TLS.
pub(super) const HANDSHAKES: u32 = 2;
/// Resolvers that the users share.
pub(super) const RESOLVERS: u32 = 500;
/// How long a resolver keeps the record.
pub(super) const DNS_TTL: Duration = Duration::from_nanos(60 * 1_000_000_000);
/// CPU work of serving one static file, ns.
pub(super) const STATIC_CPU_NANOS: f64 = 50_000.0;
/// Bytes of a cacheable result.
pub(super) const RESULT_BYTES: u64 = 8_000;
/// Attempts of a client that tries again.
pub(super) const ATTEMPTS: u32 = 2;
/// Most instances of one component.
pub(super) const MOST_INSTANCES: u32 = 100_000;
/// Most replicas of one database.
pub(super) const MOST_REPLICAS: u32 = 65_535;
/// Most instances of a cache whose look-ups take CPU: a multi-get is split
/// into one piece of CPU work per instance.
pub(super) const MOST_WORKING_CACHES: usize = 128;
/// Most shards of one database: which of them an access wants fits one word.
pub(super) const MOST_SHARDS: u64 = crate::tier::sharding::SHARDS_MAX as u64;
/// Most rows of one step.
pub(super) const MOST_ROWS: u64 = 65_535;
/// Most hops of one traversal.
pub(super) const MOST_HOPS: u64 = 8;
/// Neighbours of a row.
pub(super) const FAN_OUT: u64 = 10;
/// Reads of an application at a time.
pub(super) const PARALLEL_READS: u64 = 8;
/// Instances of a leaderless database that hold a key.
pub(super) const HOLDERS: u64 = 3;
/// Most of them.
pub(super) const MOST_HOLDERS: u64 = 16;
/// Most steps of one endpoint, those of the operations that it calls included.
pub(super) const MOST_STEPS: u64 = 65_535;
/// Most steps of all endpoints, once for each kind of client.
pub(super) const MOST_STEPS_IN_ALL: u64 = 1 << 18;
/// Longest title, in characters.
pub(super) const LONGEST_TITLE: usize = 200;
/// Most users that wait for their answers, each of whom is kept.
pub(super) const MOST_CLOSED_USERS: u64 = crate::simulation::blueprint::INDEX_END as u64 - 1;
/// Most keys of one step.
pub(super) const MOST_KEYS: u32 = 64;

/// How long a caller waits for a machine that keeps silent.
pub(super) const GIVE_UP_AFTER: Duration = Duration::from_nanos(10_000_000_000);

/// Bytes of a session in the memory of a server, and of one stored elsewhere.
pub(super) const STICKY_BYTES: u64 = 20_000;
pub(super) const STORED_BYTES: u64 = 2_000;
/// A visit is over when nothing has come for so long.
pub(super) const SESSION_IDLE: Duration = seconds(30 * 60);
/// A server that is to go waits so long for its visits to end.
pub(super) const SESSION_DRAIN: Duration = seconds(5 * 60);
/// CPU work of a login, most of it a password hash that is slow by intent, ns.
pub(super) const LOGIN_CPU_NANOS: f64 = 50e6;
/// Popularity of static files: requests of web caches follow a Zipf law of
/// exponent 0.64 to 0.83 (Breslau et al. 1999, "Web caching and Zipf-like
/// distributions").
pub(super) const FILES_ZIPF: f64 = 0.8;
/// Round trip between a user and an edge of its own region, ns.
pub(super) const EDGE_RTT_NANOS: f64 = 10e6;
/// A browser waits so long for a dead content delivery network.
pub(super) const CDN_TIMEOUT: Duration = seconds(1);
/// From start to readiness of an instance.
pub(super) const BOOT: Duration = seconds(30);
/// Period of an autoscaler (the Kubernetes Horizontal Pod Autoscaler's).
pub(super) const SCALING_PERIOD: Duration = seconds(15);
/// From any change of the number of instances to a scale-in (the same).
pub(super) const COOLDOWN_IN: Duration = seconds(300);
/// Time between two health checks.
pub(super) const CHECK_INTERVAL: Duration = seconds(5);
/// A check that meets silence has failed after this time.
pub(super) const CHECK_TIMEOUT: Duration = seconds(2);
/// Checks in a row that change what is thought of a target.
pub(super) const CHECKS: u32 = 2;
/// Callers of a cache wait so long for a silent node.
pub(super) const CACHE_TIMEOUT: Duration = Duration::from_nanos(50_000_000);
/// Time between two heartbeats of a primary.
pub(super) const HEARTBEAT: Duration = seconds(1);
/// Missed heartbeats that mean death.
pub(super) const MISSES: u32 = 3;
/// Until a replica may take over.
pub(super) const PROMOTION: Duration = seconds(5);
/// From the loss of a replica to the start of its replacement.
pub(super) const NEW_REPLICA_AFTER: Duration = seconds(30);
/// Share of failed calls that opens a breaker.
pub(super) const BREAKER_FAILURES: f64 = 0.5;
/// Window of a breaker.
pub(super) const BREAKER_WINDOW: Duration = seconds(10);
/// Calls on which a breaker may open.
pub(super) const BREAKER_MINIMUM: u32 = 20;
/// Time that a breaker stays open.
pub(super) const BREAKER_OPEN: Duration = seconds(5);
/// Wait for a worker above which an adaptive limit shrinks.
pub(super) const TARGET_WAIT: Duration = Duration::from_nanos(50_000_000);
/// Smallest adaptive limit.
pub(super) const ADAPTIVE_MINIMUM: u32 = 4;
/// Most regions: each knows its distance to all others.
pub(super) const MOST_REGIONS: usize = 64;
/// Most requests per second, at the peak of a spike too.
pub(super) const MOST_PER_SECOND: f64 = 1e12;

/// Most designs of a plan.
pub(super) const CANDIDATES: u64 = 10_000;
/// Most that can be asked for.
pub(super) const MOST_CANDIDATES: u64 = 1_000_000;

const fn seconds(count: u64) -> Duration {
    Duration::from_nanos(count * 1_000_000_000)
}

/// A message that is not acknowledged after so long is delivered again.
pub(super) const VISIBILITY_TIMEOUT: Duration = Duration::from_nanos(30_000_000_000);
/// Deliveries before a message is a dead letter.
pub(super) const QUEUE_ATTEMPTS: u64 = 5;
