//! Load balancers learn by health checks only.
//!
//! Checks fall on the multiples of the interval. They are not played one by
//! one: when a target changes, it is computed what the checks since its last
//! change have seen, and when the next verdict falls. The twin under test
//! plays each check.

use super::Action;
use super::links::Way;
use super::nodes::NodeState;
use super::plan::{BalancerPlan, ComponentKind};
use crate::kernel::event_queue::Phase;
use crate::kernel::time::{Duration, Instant};
use crate::route::step::Slot;
use crate::simulation::request::JobId;
use crate::simulation::world::World;

/// What a balancer knows of one target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Checked {
    /// What checks find now.
    finds: Finding,
    /// Since when.
    since: Instant,
    /// What the last check before `since` found, and how many in a row before it.
    last_good: bool,
    row: u32,
    /// It gets requests.
    in_pool: bool,
    /// Verdicts and replacements of another number are void.
    epoch: u32,
    /// Times at which it was taken out. Replacements of another number are
    /// void: it has been in since.
    outages: u32,
    /// It was taken in then, and starts slowly.
    taken_in_at: Option<Instant>,
}

/// What a check finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Healthy,
    /// Known at once.
    Refused,
    /// Known after the timeout.
    Silence,
}

impl Finding {
    fn is_good(self) -> bool {
        self == Self::Healthy
    }
}

/// Checks at multiples of `interval` from `from` up to, not including, `to`:
/// at the instant of a change they see what is after it.
fn checks_between(from: Instant, to: Instant, interval: Duration) -> u64 {
    to.as_nanos().div_ceil(interval.as_nanos()) - from.as_nanos().div_ceil(interval.as_nanos())
}

impl Checked {
    pub(super) fn all(plan: &BalancerPlan) -> Vec<Self> {
        let healthy = Self {
            finds: Finding::Healthy,
            since: Instant::ZERO,
            last_good: true,
            row: 0,
            in_pool: true,
            epoch: 0,
            outages: 0,
            taken_in_at: None,
        };
        vec![healthy; plan.instances as usize]
    }

    /// From `now` on checks find something else. Answers when the next verdict
    /// falls, if one will.
    fn change(&mut self, now: Instant, finds: Finding, plan: &BalancerPlan) -> Option<Instant> {
        let checks = checks_between(self.since, now, plan.interval).min(u64::from(u32::MAX)) as u32;
        if checks > 0 {
            let goes_on = self.last_good == self.finds.is_good();
            self.row = if goes_on { self.row.saturating_add(checks) } else { checks };
            self.last_good = self.finds.is_good();
        }
        (self.finds, self.since) = (finds, now);
        self.verdict_at(plan)
    }

    /// When the verdict on what is found since the last change falls.
    fn verdict_at(&self, plan: &BalancerPlan) -> Option<Instant> {
        if self.in_pool == self.finds.is_good() {
            return None;
        }
        let (threshold, timeout) = match self.finds {
            Finding::Healthy => (plan.healthy_after, Duration::ZERO),
            Finding::Refused => (plan.unhealthy_after, Duration::ZERO),
            Finding::Silence => (plan.unhealthy_after, plan.timeout),
        };
        let interval = plan.interval.as_nanos();
        let next = self.since.as_nanos().div_ceil(interval);
        let in_a_row = if self.last_good == self.finds.is_good() { self.row } else { 0 };
        let still = u64::from(threshold.saturating_sub(in_a_row).max(1));
        let check = (next + still - 1).saturating_mul(interval);
        Some(Instant::from_nanos(check) + timeout)
    }
}

impl World<'_> {
    /// What checks find of a node.
    fn finding(&self, balancer: &BalancerPlan, node: usize) -> Finding {
        let plan = self.fault_plan();
        let own = plan.node(balancer.component, 0);
        let state = match self.way(Some(own), node) {
            Way::Cut => NodeState::Silent,
            Way::Open { .. } => self.node_state(node),
        };
        match state {
            NodeState::Up => Finding::Healthy,
            NodeState::Refusing | NodeState::Absent => Finding::Refused,
            NodeState::Silent | NodeState::Hung => Finding::Silence,
        }
    }

    /// Something about a node has changed: balancers before it will notice.
    pub(super) fn health_changed(&mut self, node: usize) {
        let plan = self.fault_plan();
        let own = &plan.nodes[node];
        for (number, balancer) in plan.balancers.iter().enumerate() {
            let within = balancer.first..balancer.first + balancer.instances;
            if balancer.targets == own.component && within.contains(&own.instance) {
                let target = (own.instance - balancer.first) as usize;
                self.look_at_target(number, target, node);
            }
        }
        self.unwatched_group_changed(node);
    }

    /// A service without a balancer has nobody who checks it: its callers know
    /// who is in service, and nothing else.
    fn unwatched_group_changed(&mut self, node: usize) {
        let plan = self.fault_plan();
        let own = &plan.nodes[node];
        let ComponentKind::Service { group } = plan.components[usize::from(own.component)].kind
        else {
            return;
        };
        if plan.balancers.iter().all(|balancer| balancer.targets != own.component) {
            let in_pool = self.is_provisioned(node) && !self.faults().nodes[node].draining;
            self.set_member(group, own.instance as usize, in_pool);
        }
    }

    fn look_at_target(&mut self, number: usize, target: usize, node: usize) {
        let (now, plan) = (self.now, self.fault_plan());
        let balancer = &plan.balancers[number];
        if !self.is_provisioned(node) || self.faults().nodes[node].draining {
            // Whoever scales in or drains tells the balancer himself.
            self.set_in_pool(number, target, false);
            return;
        }
        let finds = self.finding(balancer, node);
        let checked = &mut self.faults().checked[number][target];
        if checked.finds == finds {
            return;
        }
        let verdict = checked.change(now, finds, balancer);
        checked.epoch += 1;
        let epoch = checked.epoch;
        if let Some(at) = verdict {
            let (balancer, target) = (number as u16, target as u32);
            let action = Action::Verdict { balancer, target, epoch };
            self.schedule_action(at.max(now), Phase::Timer, action);
        }
    }

    /// Enough checks in a row have found the same.
    pub(super) fn verdict(&mut self, number: usize, target: usize, epoch: u32) {
        let checked = &self.faults().checked[number][target];
        if checked.epoch != epoch {
            return;
        }
        let is_good = checked.finds.is_good();
        self.set_in_pool(number, target, is_good);
        let balancer = &self.fault_plan().balancers[number];
        if let (false, Some(after)) = (is_good, balancer.replace_after) {
            self.schedule_replacement(number, target, after + balancer.replace_within);
        }
    }

    /// A new machine is to come for a target, unless it is in again before.
    fn schedule_replacement(&mut self, number: usize, target: usize, after: Duration) {
        let outage = self.faults().checked[number][target].outages;
        let (balancer, target) = (number as u16, target as u32);
        let action = Action::Replaced { balancer, target, outage };
        self.schedule_action(self.now + after, Phase::Fault, action);
    }

    fn set_in_pool(&mut self, number: usize, target: usize, in_pool: bool) {
        let (now, group) = (self.now, self.fault_plan().balancers[number].group);
        let checked = &mut self.faults().checked[number][target];
        if in_pool && !checked.in_pool {
            checked.taken_in_at = Some(now);
        }
        checked.outages += u32::from(checked.in_pool && !in_pool);
        checked.in_pool = in_pool;
        self.set_member(group, target, in_pool);
    }

    /// A new machine has come for a target that stayed out all the time. As
    /// long as the target stays out, it is looked at again: the place may be
    /// gone, or the new machine may die before it is taken in.
    pub(super) fn replaced(&mut self, number: usize, target: usize, outage: u32) {
        let plan = self.fault_plan();
        let balancer = &plan.balancers[number];
        let node = plan.node(balancer.targets, balancer.first + target as u32);
        let checked = &self.faults().checked[number][target];
        let is_void = checked.outages != outage || checked.in_pool;
        let is_good = checked.finds.is_good();
        if is_void || !self.is_provisioned(node) || self.faults().nodes[node].draining {
            return;
        }
        let has_come = is_good || self.renew(node);
        let wait = balancer.replace_after.unwrap_or_default();
        let wait = if has_come { wait + balancer.replace_within } else { wait };
        self.schedule_replacement(number, target, wait.max(balancer.interval));
    }

    /// A new or drained node begins without a history.
    pub(super) fn forget_health(&mut self, node: usize) {
        let (now, plan) = (self.now, self.fault_plan());
        let own = &plan.nodes[node];
        for (number, balancer) in plan.balancers.iter().enumerate() {
            let within = balancer.first..balancer.first + balancer.instances;
            if balancer.targets == own.component && within.contains(&own.instance) {
                let checked =
                    &mut self.faults().checked[number][(own.instance - balancer.first) as usize];
                (checked.finds, checked.since) = (Finding::Refused, now);
                (checked.last_good, checked.row) = (false, 0);
                checked.epoch += 1;
            }
        }
    }

    /// The balancer before a chosen instance and the share of its requests
    /// that the instance takes, while it starts slowly.
    pub(super) fn slow_start_share(
        &self,
        job: JobId,
        component: u16,
        slot: Slot,
    ) -> Option<(usize, f64)> {
        let faults = self.faults.as_ref()?;
        let ramped = |(_, plan): &(usize, &BalancerPlan)| {
            plan.targets == component && plan.slow_start.is_some()
        };
        let instance = self.jobs[job].slots.get(usize::from(slot)).copied()?;
        let mut balancers = faults.plan.balancers.iter().enumerate().filter(ramped);
        let (number, plan) = balancers
            .find(|(_, plan)| (plan.first..plan.first + plan.instances).contains(&instance))?;
        let checked = &faults.checked[number][(instance - plan.first) as usize];
        let passed = self.now.saturating_since(checked.taken_in_at?);
        let ramp = plan.slow_start?;
        (passed < ramp).then(|| (number, passed.as_nanos() as f64 / ramp.as_nanos() as f64))
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a verdict falls exactly when counting check after check makes it
    //! fall. Method: proptest against a twin that plays each check.
    use super::*;
    use proptest::prelude::*;

    fn plan(unhealthy_after: u32, healthy_after: u32) -> BalancerPlan {
        BalancerPlan {
            group: 0,
            component: 0,
            targets: 1,
            first: 0,
            instances: 1,
            interval: Duration::from_nanos(10),
            timeout: Duration::ZERO,
            unhealthy_after,
            healthy_after,
            slow_start: None,
            replace_after: None,
            replace_within: Duration::ZERO,
        }
    }

    /// Pool membership at each nanosecond, check by check.
    fn played(plan: &BalancerPlan, changes: &[(u64, bool)], end: u64) -> Vec<bool> {
        let (mut up, mut in_pool, mut row, mut last) = (true, true, 0, true);
        let mut course = Vec::new();
        for now in 0..end {
            for &(_, state) in changes.iter().filter(|(at, _)| *at == now) {
                up = state;
            }
            if now % 10 == 0 {
                row = if up == last { row + 1 } else { 1 };
                last = up;
                let threshold = if up { plan.healthy_after } else { plan.unhealthy_after };
                if row >= threshold {
                    in_pool = up;
                }
            }
            course.push(in_pool);
        }
        course
    }

    /// The same by computed verdicts.
    fn computed(plan: &BalancerPlan, changes: &[(u64, bool)], end: u64) -> Vec<bool> {
        let mut checked = Checked::all(plan)[0];
        let (mut verdict, mut course) = (None, Vec::new());
        for now in 0..end {
            let at = Instant::from_nanos(now);
            for &(_, up) in changes.iter().filter(|(at, _)| *at == now) {
                let finds = if up { Finding::Healthy } else { Finding::Refused };
                if finds != checked.finds {
                    verdict = checked.change(at, finds, plan);
                }
            }
            if verdict == Some(at) {
                checked.in_pool = checked.finds.is_good();
            }
            course.push(checked.in_pool);
        }
        course
    }

    proptest! {
        #[test]
        fn verdicts_fall_when_counting_makes_them(
            unhealthy_after in 1_u32..5,
            healthy_after in 1_u32..5,
            pauses in prop::collection::vec(1_u64..60, 0..20),
        ) {
            let plan = plan(unhealthy_after, healthy_after);
            let (mut at, mut up, mut changes) = (0, true, Vec::new());
            for pause in pauses {
                at += pause;
                up = !up;
                changes.push((at, up));
            }
            prop_assert_eq!(computed(&plan, &changes, 1_500), played(&plan, &changes, 1_500));
        }
    }
}
