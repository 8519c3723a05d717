//! Machines that come and go: how many a component has over time, where that
//! changes, and what becomes of one that is no longer wanted. A machine counts
//! from the order to start it until the last of its requests is finished.

use super::Action;
use super::plan::FaultPlan;
use crate::kernel::event_queue::Phase;
use crate::kernel::time::{Duration, Instant};
use crate::metrics::time_weighted::TimeWeighted;
use crate::simulation::measured::{ComponentMeasured, MeasuredFigure};
use crate::simulation::world::World;

/// Who is out of service is looked at so often, until nobody is there: calls
/// on their way to it are still taken before the first look.
const LOOK: Duration = Duration::from_nanos(1_000_000_000);

/// Machines by component; `None` where their number never changes.
pub(super) fn levels(plan: &FaultPlan) -> Vec<Option<TimeWeighted>> {
    let scaled = |number: usize| {
        plan.autoscalers.iter().any(|scaler| usize::from(scaler.component) == number)
    };
    let level = |(number, component): (usize, &super::plan::ComponentPlan)| {
        (component.in_service != component.instances || scaled(number)).then(|| {
            let mut level = TimeWeighted::new();
            level.set(Instant::ZERO, u64::from(component.in_service));
            level
        })
    };
    plan.components.iter().enumerate().map(level).collect()
}

impl World<'_> {
    /// A machine is ordered, and boots.
    pub(super) fn order(&mut self, node: usize) {
        let state = &mut self.faults().nodes[node];
        (state.ordered, state.leaving) = (true, false);
        if state.drains_until.take().is_some() {
            // It still runs, and takes new requests again.
            state.begin_epoch();
            state.draining = false;
            return self.health_changed(node);
        }
        self.boot(node);
    }

    /// A node with visits is to go: it keeps them, and gets no others, until
    /// they have ended or its time is over. Whether it does so.
    pub(super) fn begin_draining_sessions(&mut self, node: usize) -> bool {
        if self.faults().nodes[node].drains_until.is_some() {
            return true;
        }
        let Some(most) = self.sessions_hold(node) else { return false };
        let until = self.now + most;
        let state = &mut self.faults().nodes[node];
        state.begin_epoch();
        (state.ordered, state.draining, state.drains_until) = (false, true, Some(until));
        self.health_changed(node);
        self.begin_leaving(node);
        true
    }

    /// A node has left service: it finishes what it has.
    pub(super) fn begin_leaving(&mut self, node: usize) {
        self.faults().nodes[node].leaving = true;
        self.look_again(node);
    }

    fn look_again(&mut self, node: usize) {
        let epoch = self.faults().nodes[node].boot_epoch();
        self.schedule_action(self.now + LOOK, Phase::Timer, Action::Leaves(node as u32, epoch));
    }

    /// A node that is out of service goes when nobody is there.
    pub(super) fn may_leave(&mut self, node: usize, epoch: u32) {
        let state = &self.faults().nodes[node];
        if !state.leaving || state.boot_epoch() != epoch {
            return;
        }
        if let Some(until) = state.drains_until {
            if self.now < until && self.sessions_hold(node).is_some() {
                return self.look_again(node);
            }
            self.lose_sessions(node);
            let state = &mut self.faults().nodes[node];
            (state.draining, state.drains_until) = (false, None);
            return self.remove_from_service(node);
        }
        if self.is_occupied(node) {
            return self.look_again(node);
        }
        self.faults().nodes[node].leaving = false;
        self.set_stations_up(node, false);
        self.note_provisioned(self.fault_plan().nodes[node].component);
    }

    /// Whether a request is at a node.
    fn is_occupied(&self, node: usize) -> bool {
        let limbo = self.plan.programs.limbo.buried;
        let mut jobs = self.jobs.indices_in_use().into_iter();
        jobs.any(|job| {
            let mut found = false;
            if self.jobs[job].pc != limbo {
                self.each_presence(job, |_, _, at| found |= at == node);
            }
            found
        })
    }

    /// Machines of a component may have come or gone.
    pub(super) fn note_provisioned(&mut self, component: u16) {
        let now = self.now;
        let own = &self.fault_plan().components[usize::from(component)];
        let nodes = own.first_node as usize..(own.first_node + own.instances) as usize;
        let faults = self.faults();
        let runs = |node: &&super::nodes::Node| node.ordered || node.leaving;
        let machines = faults.nodes[nodes].iter().filter(runs).count();
        if let Some(level) = &mut faults.provisioned[usize::from(component)] {
            level.set(now, machines as u64);
        }
    }

    /// The window begins.
    pub(in crate::simulation) fn begin_provisioned(&mut self) {
        let now = self.now;
        let Some(faults) = &mut self.faults else { return };
        faults.provisioned.iter_mut().flatten().for_each(|level| level.begin_window(now));
        faults.noted.fill((now, 0));
    }

    /// Tells the courses of CPUs how many of their servers were not there.
    pub(in crate::simulation) fn note_absent(&mut self, bucket: usize) {
        let Some(faults) = &mut self.faults else { return };
        let (now, plan, stations) = (self.now, faults.plan, &self.plan.stations);
        for (number, component) in plan.components.iter().enumerate() {
            let Some(level) = &faults.provisioned[number] else { continue };
            let cpu = plan.nodes[component.first_node as usize].cpu;
            let Some(cpu) = stations.cpus.get(cpu as usize) else { continue };
            let machines = level.integral(now);
            let before = std::mem::replace(&mut faults.noted[number], (now, machines));
            let passed = u128::from((now - before.0).as_nanos());
            let room = u128::from(component.instances) * passed;
            let absent = room.saturating_sub(machines - before.1);
            let course = &mut self.recorder.courses.stations[usize::from(cpu.label.name)];
            course.absent.add(bucket, absent * u128::from(cpu.vcpus));
        }
    }

    /// Mean number of machines of each component that scales.
    pub(in crate::simulation) fn measure_provisioned(&self) -> Vec<ComponentMeasured> {
        let Some(faults) = &self.faults else { return Vec::new() };
        let levels = faults.plan.components.iter().zip(&faults.provisioned);
        let scaling = levels.filter_map(|(component, level)| Some((component, level.as_ref()?)));
        scaling
            .map(|(component, level)| ComponentMeasured {
                name: component.name.clone(),
                kind: "service",
                figures: vec![
                    ("instances_mean", MeasuredFigure::Mean(Some(level.mean(self.now)))),
                    ("instances_max", MeasuredFigure::Max(level.max() as f64)),
                ],
            })
            .chain(self.measure_autoscalers())
            .collect()
    }
}
