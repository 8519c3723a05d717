//! Without fencing a primary that was replaced takes writes when it is back:
//! two primaries, each with a history of its own.

use crate::simulation::world::World;
use rustc_hash::FxHashSet;

/// What both sides have written since they parted. Never iterated.
#[derive(Clone, Debug)]
pub(super) struct SplitBrain {
    /// Who was replaced.
    former: usize,
    /// Keys written at the present primary.
    ours: FxHashSet<u64>,
    /// Keys written at the former one, and those that it had not shipped.
    theirs: FxHashSet<u64>,
    /// Keys written on both sides.
    both: FxHashSet<u64>,
    /// Writes at the former one since it was replaced.
    writes: u64,
}

impl World<'_> {
    /// A primary is about to be replaced that is not fenced off. If it is up,
    /// and merely not heard, it goes on taking writes.
    pub(super) fn split_may_begin(&mut self, database: usize, former: usize) {
        let tier = &mut self.databases[database];
        tier.failover.split = Some(SplitBrain {
            former,
            ours: FxHashSet::default(),
            theirs: FxHashSet::default(),
            both: FxHashSet::default(),
            writes: 0,
        });
        self.comes_back_as_second(database, former);
    }

    /// Whether a member that is back is a primary that was replaced and does
    /// not know: it serves as a second one from now on.
    pub(super) fn comes_back_as_second(&mut self, database: usize, member: usize) -> bool {
        let tier = &mut self.databases[database];
        let was_replaced = tier.failover.split.as_ref().is_some_and(|split| split.former == member);
        let own = &mut tier.cluster.members[member];
        if !was_replaced || !own.is_sound() {
            return false;
        }
        (own.is_second, own.is_in_service) = (true, true);
        true
    }

    /// What was taken back is still there on the other side.
    pub(super) fn split_remembers(&mut self, database: usize, lost: &[Vec<u64>]) {
        if let Some(split) = &mut self.databases[database].failover.split {
            split.theirs.extend(lost.iter().flatten());
        }
    }

    /// A write at the present primary, or at the former one.
    pub(super) fn split_writes(&mut self, database: usize, keys: &[u64], at_former: bool) {
        let failover = &mut self.databases[database].failover;
        let Some(split) = &mut failover.split else { return };
        if at_former {
            split.writes += 1;
            failover.counts.split_brain_writes += 1;
        }
        for &key in keys {
            let (own, other) = match at_former {
                true => (&mut split.theirs, &split.ours),
                false => (&mut split.ours, &split.theirs),
            };
            own.insert(key);
            if other.contains(&key) && split.both.insert(key) {
                failover.counts.conflicts += 1;
            }
        }
    }

    /// The second primary is stopped: what it alone has is lost.
    pub(super) fn second_primary_stops(&mut self, database: usize, member: usize) {
        let tier = &mut self.databases[database];
        if !std::mem::take(&mut tier.cluster.members[member].is_second) {
            return;
        }
        let writes = tier.failover.split.take().map_or(0, |split| split.writes);
        self.count_lost(database, writes);
    }
}
