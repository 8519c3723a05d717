//! A content delivery network, as the compiler hands it to the simulation.

use crate::kernel::distribution::Distribution;
use crate::kernel::popularity::Popularity;
use crate::kernel::random::Key;
use crate::kernel::time::Duration;
use crate::tier::cdn::Settings;

/// Bits of a file's number within its catalogue.
const FILE_BITS: u32 = 48;

/// A content delivery network.
#[derive(Clone, Debug)]
pub struct CdnPlan {
    /// Such as `cdn.eu`; the network itself is `cdn`.
    pub edges: Vec<EdgePlan>,
    /// The edge that users of each region ask; one entry where there are none.
    pub edge_of: Vec<u32>,
    /// Region in which the shield stands.
    pub shield_region: u8,
    /// What rules its caches.
    pub settings: Settings,
    /// Round trip between a user and an edge of its own region (ns).
    pub rtt: Distribution,
    /// A browser hears nothing of a dead network for so long and turns to the
    /// origin.
    pub timeout: Duration,
    /// Files by catalogue.
    pub catalogues: Vec<CataloguePlan>,
    /// The caches begin with what they would have after running for long.
    pub warm: bool,
}

/// One edge.
#[derive(Clone, Debug)]
pub struct EdgePlan {
    /// For people.
    pub name: String,
    /// Its region.
    pub region: u8,
    /// Share of the users who ask it.
    pub users: f64,
}

/// The static files of an endpoint's pages.
#[derive(Clone, Debug)]
pub struct CataloguePlan {
    /// Which file is asked for.
    pub popularity: Popularity,
    /// Size of one (bytes).
    pub bytes: Distribution,
    /// Makes a size out of a file: the same in every run.
    pub sizes: Key,
    /// Program by which an edge fetches a file again that it still serves.
    pub refresh: u16,
    /// Files asked of all edges per second at the start; 0 = not known.
    pub asked_per_s: f64,
}

impl CataloguePlan {
    /// Bytes of a file.
    pub fn bytes_of(&self, file: u64) -> u64 {
        self.bytes.sample(&mut self.sizes.numbered(file).draws()) as u64
    }
}

/// A file, apart from those of other catalogues.
pub fn key_of(catalogue: u16, file: u64) -> u64 {
    u64::from(catalogue) << FILE_BITS | file
}

/// Catalogue and file of a key.
pub fn file_of(key: u64) -> (usize, u64) {
    ((key >> FILE_BITS) as usize, key & ((1 << FILE_BITS) - 1))
}
