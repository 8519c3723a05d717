//! How the name server learns that a region is down, or back.
//!
//! It checks the entry of each region at the multiples of an interval. A
//! region is healthy while an instance of the entry service answers there.
//! Checks are played only while they have something to tell.

use super::faults::NodeState;
use super::regions_plan::ChecksPlan;
use super::world::{EventKind, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::time::{Duration, Instant};

/// Set in the index of an event: the verdict on a region is known now.
const VERDICT: u32 = 1 << 8;

/// What a check finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Finding {
    Healthy,
    /// Known at once.
    Refused,
    /// Known after the timeout.
    Silence,
}

impl World<'_> {
    /// Nodes or links have changed: a region may be healthy, or no longer.
    pub(super) fn regions_changed(&mut self) {
        let Some(plan) = self.plan.regions.as_ref().and_then(|plan| plan.checks) else { return };
        for region in 0..self.regions.as_ref().map_or(0, |regions| regions.checks.len()) {
            self.look_at_region(region as u8, &plan);
        }
    }

    /// Schedules the next check of a region, if it may change anything.
    fn look_at_region(&mut self, region: u8, plan: &ChecksPlan) {
        let passed = self.finding_of(region) == Finding::Healthy;
        let Some(regions) = &mut self.regions else { return };
        let own = &mut regions.checks[usize::from(region)];
        if own.due || own.checks.is_settled(passed) {
            return;
        }
        own.due = true;
        let interval = plan.interval.as_nanos();
        let at = Instant::from_nanos(self.now.as_nanos().div_ceil(interval) * interval);
        let event = EventKind::RegionDue.with(u32::from(region));
        self.queue.schedule(at, Phase::Timer, event);
    }

    /// A check, or its verdict.
    #[cold]
    #[inline(never)]
    pub(super) fn region_due(&mut self, index: u32) {
        let Some(plan) = self.plan.regions.as_ref().and_then(|plan| plan.checks) else { return };
        let region = index as u8;
        match index & VERDICT {
            0 => self.check_region(region, &plan),
            _ => self.publish_verdict(region),
        }
    }

    fn check_region(&mut self, region: u8, plan: &ChecksPlan) {
        let finding = self.finding_of(region);
        let passed = finding == Finding::Healthy;
        let Some(regions) = &mut self.regions else { return };
        let own = &mut regions.checks[usize::from(region)];
        let changed = own.checks.note(passed, plan.unhealthy_after, plan.healthy_after);
        own.due = !own.checks.is_settled(passed);
        if own.due {
            let event = EventKind::RegionDue.with(u32::from(region));
            self.queue.schedule(self.now + plan.interval, Phase::Timer, event);
        }
        match finding {
            _ if !changed => {}
            Finding::Silence if plan.timeout > Duration::ZERO => {
                let event = EventKind::RegionDue.with(u32::from(region) | VERDICT);
                self.queue.schedule(self.now + plan.timeout, Phase::Timer, event);
            }
            _ => self.publish_verdict(region),
        }
    }

    fn publish_verdict(&mut self, region: u8) {
        let Some(regions) = &mut self.regions else { return };
        let healthy = regions.checks[usize::from(region)].checks.is_healthy();
        regions.server.set_healthy(region, healthy);
    }

    /// What a check of a region finds: from outside, through the balancer at
    /// the entry if there is one.
    fn finding_of(&self, region: u8) -> Finding {
        let Some(faults) = &self.faults else { return Finding::Healthy };
        let plan = faults.plan;
        let balancer = plan.entry_balancer;
        let through = balancer.map(|node| self.node_state(node)).unwrap_or(NodeState::Up);
        if through != NodeState::Up {
            return silence_or_refusal(through);
        }
        let here = self.entry_nodes(region).map(|node| match self.packets_pass(balancer, node) {
            true => self.node_state(node),
            false => NodeState::Silent,
        });
        here.map(|state| match state {
            NodeState::Up => Finding::Healthy,
            state => silence_or_refusal(state),
        })
        .min_by_key(|finding| match finding {
            Finding::Healthy => 0,
            Finding::Silence => 1,
            Finding::Refused => 2,
        })
        .unwrap_or(Finding::Refused)
    }

    /// Nodes of the entry service in a region.
    fn entry_nodes(&self, region: u8) -> impl Iterator<Item = usize> + '_ {
        let plan = self.plan.regions.iter();
        let balancers = self.faults.as_ref().map_or(0, |faults| faults.plan.balancer_nodes());
        plan.flat_map(|plan| plan.entry.clone().map(move |place| (plan, place as usize)))
            .filter(move |(plan, place)| plan.of_place[*place] == region)
            .map(move |(_, place)| balancers + place)
    }

    /// Whether nothing but silence comes from the entry of a region: it is
    /// gone, with the balancer that stands there.
    pub(super) fn is_dark(&self, region: u8) -> bool {
        let mut nodes = self.entry_nodes(region).peekable();
        let is_silent = |node: usize| {
            self.node_state(node) == NodeState::Silent || !self.packets_pass(None, node)
        };
        nodes.peek().is_some() && nodes.all(is_silent)
    }

    /// The name stands for this region from now on.
    pub(super) fn point_name_at(&mut self, region: u16) {
        if let Some(regions) = &mut self.regions {
            regions.server.set_record(Some(region as u8));
        }
    }

    /// The name stands for what the routing says again.
    pub(super) fn release_name(&mut self) {
        if let Some(regions) = &mut self.regions {
            regions.server.set_record(None);
        }
    }
}

fn silence_or_refusal(state: NodeState) -> Finding {
    match state {
        NodeState::Silent | NodeState::Hung => Finding::Silence,
        _ => Finding::Refused,
    }
}
