//! Regions: who is sent where.

use super::world::World;

impl World<'_> {
    /// Nodes or links have changed: a region may be healthy, or no longer.
    pub(super) fn regions_changed(&mut self) {}

    /// The name stands for this region from now on.
    pub(super) fn point_name_at(&mut self, _region: u16) {}
}
