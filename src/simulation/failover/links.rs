//! To whom a log is shipped: to who is up, has the data, and can be reached.

use crate::kernel::time::Duration;
use crate::simulation::world::World;
use crate::tier::failover::{Presence, Topology};

impl World<'_> {
    /// Whether packets pass between two members, dead or alive.
    pub(super) fn members_reach(&self, database: usize, from: usize, to: usize) -> bool {
        let Some(faults) = &self.faults else { return true };
        let Some(component) = faults.plan.database(database) else { return true };
        let node = |member: usize| faults.plan.node(component, member as u32);
        from == to || self.can_reach(node(from), node(to))
    }

    /// Whether the node of a member is dead.
    pub(in crate::simulation) fn is_dead(&self, database: usize, member: usize) -> bool {
        let component = self.faults.as_ref().and_then(|faults| faults.plan.database(database));
        component.is_some_and(|component| {
            self.node_state(self.fault_plan().node(component, member as u32)).is_dead()
        })
    }

    /// What slow links add to the way of an entry to a member.
    pub(in crate::simulation) fn shipping_added(
        &self,
        database: usize,
        source: usize,
        member: usize,
    ) -> Duration {
        let component = self.faults.as_ref().and_then(|faults| faults.plan.database(database));
        component.map_or(Duration::ZERO, |component| {
            let node = |member: usize| self.fault_plan().node(component, member as u32);
            self.added_one_way(node(source), node(member))
        })
    }

    /// Connects who should be, disconnects who should not.
    pub(super) fn refresh_links(&mut self, database: usize) {
        for log in 0..self.databases[database].logs.len() {
            for member in 0..self.databases[database].members() {
                let wanted = self.should_ship(database, log, member);
                let tier = &self.databases[database];
                let is = tier.appliers[log * tier.members() + member].is_connected;
                match (is, wanted) {
                    (false, true) => self.connect(database, log, member),
                    (true, false) => self.disconnect(database, log, member),
                    _ => continue,
                }
                self.receipts_changed(database, log, member);
            }
        }
    }

    fn should_ship(&self, database: usize, log: usize, member: usize) -> bool {
        let tier = &self.databases[database];
        let cluster = &tier.cluster;
        let own = &cluster.members[member];
        if !own.is_sound() || own.is_second || !tier.logs[log].follows(member) {
            return false;
        }
        match cluster.topology {
            Topology::Primary => cluster.primary().is_some_and(|primary| {
                cluster.members[primary].is_sound() && self.members_reach(database, primary, member)
            }),
            Topology::MultiPrimary | Topology::Ring | Topology::Quorum => {
                let source = cluster.source(log, member);
                cluster.members[source].presence == Presence::Up
                    && cluster.members[source].has_data
                    && self.members_reach(database, source, member)
            }
        }
    }
}
