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
/// Most keys of one step.
pub(super) const MOST_KEYS: u32 = 64;
