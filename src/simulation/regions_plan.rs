//! Regions as the simulation knows them: where every instance stands, how far
//! apart regions are, and which ones users are sent to.

use super::blueprint::NONE;
use crate::kernel::time::Duration;
use crate::route::step::{Locus, ROUTE_SLOT, SLOTS};
use crate::tier::placement::Placement;
use std::ops::Range;

/// Regions with their users and data centres.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionsPlan {
    /// Their names.
    pub names: Vec<String>,
    /// Shares of the users; all add up to 1.
    pub users: Vec<f64>,
    /// Round trip from a to b at a · count + b; zero within a region.
    pub rtt: Vec<Duration>,
    /// One way between two machines of one region.
    pub within: Duration,
    /// Region of each instance, in the order of the table instance → CPU.
    pub of_place: Vec<u8>,
    /// Regions with an entry by region of the user, the preferred first.
    pub orders: Vec<Vec<u8>>,
    /// Resolvers by region of their users; empty without name resolution.
    pub resolvers: Vec<Range<u32>>,
    /// By region: the chance that a resolver holds a record, seen at any time.
    pub records_held: Vec<f64>,
    /// How the name server learns that a region is down.
    pub checks: Option<ChecksPlan>,
    /// Groups whose instances are chosen by nearness.
    pub splits: Vec<SplitPlan>,
    /// Group → split, or [`NONE`].
    pub split_of: Vec<u16>,
    /// By cache: the region whose nodes serve the readers of each region.
    pub caches: Vec<Vec<u8>>,
    /// By cache: region of each node.
    pub cache_nodes: Vec<Vec<u8>>,
    /// By database: first entry in `of_place`.
    pub databases: Vec<u32>,
    /// First entries in `of_place` and instances of the services that are an
    /// entry: a region is healthy while one of them answers there.
    pub entry: Range<u32>,
}

/// How the name server checks a region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChecksPlan {
    /// Checks fall on multiples of this.
    pub interval: Duration,
    /// A check that meets silence has failed after this time.
    pub timeout: Duration,
    /// So many failed checks in a row make a region unhealthy.
    pub unhealthy_after: u32,
    /// So many good ones healthy again.
    pub healthy_after: u32,
}

/// A group with a balancer per region.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitPlan {
    /// Which group.
    pub group: u16,
    /// First entry of its component in `of_place`, the group's first instance
    /// added.
    pub place: u32,
    /// By region: the regions to ask for an instance, one after the other. A
    /// service is asked in the nearest region in which it has instances, a
    /// database read goes on to the next while none serves.
    pub near: Vec<Vec<u8>>,
}

impl RegionsPlan {
    /// How many regions there are.
    #[inline]
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Round trip between two regions.
    #[inline]
    pub fn round_trip(&self, from: u8, to: u8) -> Duration {
        self.rtt[usize::from(from) * self.count() + usize::from(to)]
    }

    /// One way between two machines in these regions.
    pub fn one_way(&self, from: u8, to: u8) -> Duration {
        match from == to {
            true => self.within,
            false => Duration::from_nanos(self.round_trip(from, to).as_nanos() / 2),
        }
    }

    /// The region of a place in a program, given what was chosen so far.
    #[inline]
    pub fn region_at(&self, slots: &[u32; SLOTS], locus: Locus) -> u8 {
        let of = |place: u32, slot: u8| self.of_place[(place + slots[usize::from(slot)]) as usize];
        match locus {
            Locus::Site => route_of(slots).1,
            Locus::Instance { place, slot } => of(place, slot),
            Locus::Cache { cache, place, slot } => {
                self.caches[usize::from(cache)][usize::from(of(place, slot))]
            }
        }
    }

    /// Where a cache keeps what readers of each region ask for.
    pub fn placement(&self, cache: usize) -> Placement {
        let regions = 0..self.count() as u8;
        let nodes = self.cache_nodes[cache].iter().zip(0..);
        let of = |region| -> Vec<u32> {
            nodes.clone().filter(|(at, _)| **at == region).map(|(_, node)| node).collect()
        };
        Placement::in_pools(regions.map(of).collect(), self.caches[cache].clone())
    }

    /// The split of a group, where it has one.
    #[inline]
    pub fn split(&self, group: u16) -> Option<usize> {
        let split = self.split_of[usize::from(group)];
        (split != NONE).then_some(usize::from(split))
    }
}

/// Region of the user, and the one to which an attempt was sent.
#[inline]
pub fn route_of(slots: &[u32; SLOTS]) -> (u8, u8) {
    let route = slots[ROUTE_SLOT];
    ((route >> 8) as u8, route as u8)
}

/// The two regions as a slot keeps them.
#[inline]
pub fn route_to(home: u8, site: u8) -> u32 {
    u32::from(home) << 8 | u32::from(site)
}
