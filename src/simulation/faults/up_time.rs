//! Availability by time: which endpoints could be served when.

use super::nodes::NodeState;
use super::plan::ComponentKind;
use crate::kernel::time::Instant;
use crate::simulation::availability::UpTime;
use crate::simulation::world::World;

/// Adds up the times in which endpoints could be served.
#[derive(Clone, Debug)]
pub(super) struct UpTimeClock {
    /// Since when `up` and `reduced` hold.
    since: Instant,
    /// Endpoints that can be served now.
    up: Vec<bool>,
    /// A component lacks an instance.
    reduced: bool,
    figures: UpTime,
}

impl UpTimeClock {
    pub(super) fn new(endpoints: usize) -> Self {
        let figures = UpTime { endpoints: vec![0; endpoints], ..UpTime::default() };
        Self { since: Instant::ZERO, up: vec![true; endpoints], reduced: false, figures }
    }

    /// Adds the time up to `now`.
    fn advance(&mut self, now: Instant) {
        let passed = u128::from((now - self.since).as_nanos());
        self.since = now;
        for (time, up) in self.figures.endpoints.iter_mut().zip(&self.up) {
            *time += if *up { passed } else { 0 };
        }
        self.figures.all += if self.up.iter().all(|up| *up) { passed } else { 0 };
        self.figures.reduced += if self.reduced { passed } else { 0 };
        self.figures.window += passed;
    }
}

impl World<'_> {
    /// Something may have changed: who can be served from now on.
    pub fn note_up_time(&mut self) {
        if self.faults.is_none() || self.recorder.is_closed() {
            return;
        }
        let up: Vec<bool> =
            self.fault_plan().needs.iter().map(|needs| self.is_served(needs)).collect();
        let reduced = self.is_reduced();
        let now = self.now;
        let clock = &mut self.faults().up_time;
        clock.advance(now);
        let was_up = clock.up.iter().all(|up| *up);
        clock.figures.outages += u64::from(was_up && !up.iter().all(|up| *up));
        (clock.up, clock.reduced) = (up, reduced);
    }

    /// Whether each of these groups has an instance that is up and, where
    /// roles are given, has the role.
    fn is_served(&self, needs: &[u16]) -> bool {
        needs.iter().all(|&group| {
            let plan = self.fault_plan();
            plan.components.iter().enumerate().any(|(number, component)| {
                let nodes = (0..component.instances).map(|own| plan.node(number as u16, own));
                let mut up = nodes.enumerate().filter(|(_, node)| self.is_up(*node));
                match component.kind {
                    ComponentKind::Service { group: own } => own == group && up.next().is_some(),
                    ComponentKind::Database { database } => {
                        let has_role =
                            |own: usize| self.balancers[usize::from(group)].is_in_pool(own);
                        self.is_group_of_database(group, usize::from(database))
                            && up.any(|(own, _)| has_role(own))
                    }
                    _ => false,
                }
            })
        }) && self.balancers_are_up()
    }

    fn is_up(&self, node: usize) -> bool {
        self.node_state(node) == NodeState::Up
    }

    fn is_group_of_database(&self, group: u16, database: usize) -> bool {
        let name = &self.plan.groups[usize::from(group)].name;
        let own = &self.plan.databases[database].name;
        name.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    fn balancers_are_up(&self) -> bool {
        let plan = self.fault_plan();
        plan.components.iter().enumerate().all(|(number, component)| {
            component.kind != ComponentKind::LoadBalancer || self.is_up(plan.node(number as u16, 0))
        })
    }

    fn is_reduced(&self) -> bool {
        let nodes = 0..self.fault_plan().nodes.len();
        nodes.into_iter().any(|node| self.is_provisioned(node) && !self.is_up(node))
            || self.is_database_reduced()
    }

    /// The window begins.
    pub fn begin_up_time(&mut self) {
        let now = self.now;
        if let Some(faults) = &mut self.faults {
            faults.up_time.advance(now);
            let endpoints = faults.up_time.figures.endpoints.len();
            faults.up_time.figures = UpTime { endpoints: vec![0; endpoints], ..UpTime::default() };
        }
    }

    /// The window ends.
    pub fn end_up_time(&mut self) {
        let now = self.now;
        if let Some(faults) = &mut self.faults {
            faults.up_time.advance(now);
            self.recorder.availability.up_time = Some(faults.up_time.figures.clone());
        }
    }
}
