//! A content delivery network for static files.

use super::failures::RegionId;
use super::topology::CacheStart;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;

/// A content delivery network.
#[derive(Clone, Debug, PartialEq)]
pub struct Cdn {
    /// Regions with an edge; empty = one edge for all users.
    pub regions: Vec<RegionId>,
    /// Bytes that each edge can hold.
    pub storage_bytes: u64,
    /// A file is fresh for so long; `None` = for ever.
    pub ttl: Option<Duration>,
    /// After that, it is served for so long while another is fetched.
    pub stale_while_revalidate: Duration,
    /// Misses of the edges go to one cache first, in the first of the regions.
    pub shield: bool,
    /// Round trip between a user and an edge of its own region (ns).
    pub rtt: Distribution,
    /// A browser turns to the origin when it has heard nothing for so long.
    pub timeout: Duration,
    /// Price of 10^9 bytes served to users.
    pub price_per_gb: f64,
    /// What it holds at the start.
    pub start: CacheStart,
}
