//! Failures by chance: up, down, up, down, each time a draw of its own.

use super::plan::{FaultPlan, TargetPlan};
use super::{Action, Source};
use crate::kernel::event_queue::Phase;
use crate::kernel::random::Key;
use crate::simulation::world::World;
use std::collections::VecDeque;

/// Nodes that fail together, by chance.
#[derive(Clone, Debug)]
pub(super) struct Process {
    /// Number of its plan.
    plan: usize,
    /// Number of its group of nodes there.
    group: usize,
    /// Failures so far: number of the draws.
    failures: u64,
    /// Actions of another number are void.
    epoch: u32,
    /// It is down, or waits for a crew.
    is_down: bool,
}

/// The repair crews of one plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Crews {
    at_work: u32,
    /// Processes that wait for one.
    waiting: VecDeque<usize>,
}

/// One process per group of every plan.
pub(super) fn all(plan: &FaultPlan) -> Vec<Process> {
    let groups = |(number, process): (usize, &super::plan::ProcessPlan)| {
        let one =
            move |group| Process { plan: number, group, failures: 0, epoch: 0, is_down: false };
        (0..process.groups.len()).map(one).collect::<Vec<_>>()
    };
    plan.processes.iter().enumerate().flat_map(groups).collect()
}

/// The crews of every plan.
pub(super) fn crews(plan: &FaultPlan) -> Vec<Crews> {
    vec![Crews::default(); plan.processes.len()]
}

impl World<'_> {
    /// Owner of the draws of a process's present failure: they depend on
    /// nothing but its plan, its group and their number.
    fn process_key(&self, process: usize) -> Key {
        let own = &self.faults.as_ref().expect("something can fail").processes[process];
        let plan = self.root.named("failures").numbered(own.plan as u64);
        plan.numbered(own.group as u64).numbered(own.failures)
    }

    /// The time up that begins now ends in a failure.
    pub(super) fn schedule_failure(&mut self, process: usize) {
        let key = self.process_key(process).numbered(0);
        let plan = self.fault_plan();
        let own = &self.faults().processes[process];
        let (epoch, mtbf) = (own.epoch, &plan.processes[own.plan].mtbf);
        let at = self.now + mtbf.sample_duration(&mut key.draws());
        self.schedule_action(at, Phase::Fault, Action::Fails(process as u32, epoch));
    }

    pub(super) fn process_fails(&mut self, process: usize, epoch: u32) {
        if self.faults().processes[process].epoch != epoch {
            return;
        }
        let plan = self.fault_plan();
        let own = &mut self.faults().processes[process];
        own.is_down = true;
        let (number, group) = (own.plan, own.group);
        let failure = &plan.processes[number];
        let (name, target) = &failure.groups[group];
        let source = Source::Process(process as u32);
        self.open_incident(source, name, "failure", &failure.name);
        let nodes = self.nodes_of_target(target);
        self.afflict(&nodes, source, failure.effect, failure.destroys, failure.of_place);
        let crews = &mut self.faults().crews[number];
        if crews.at_work < failure.crews {
            crews.at_work += 1;
            self.begin_repair(process);
        } else {
            crews.waiting.push_back(process);
        }
    }

    fn begin_repair(&mut self, process: usize) {
        let key = self.process_key(process).numbered(1);
        let plan = self.fault_plan();
        let own = &self.faults().processes[process];
        let (epoch, mttr) = (own.epoch, &plan.processes[own.plan].mttr);
        let at = self.now + mttr.sample_duration(&mut key.draws());
        self.schedule_action(at, Phase::Fault, Action::Repaired(process as u32, epoch));
    }

    pub(super) fn process_is_repaired(&mut self, process: usize, epoch: u32) {
        let own = &self.faults().processes[process];
        if own.epoch != epoch {
            return;
        }
        let number = own.plan;
        let crews = &mut self.faults().crews[number];
        crews.at_work -= 1;
        if let Some(next) = crews.waiting.pop_front() {
            crews.at_work += 1;
            self.begin_repair(next);
        }
        self.works_again(process);
        self.relieve(Source::Process(process as u32));
    }

    /// Its next time up begins.
    fn works_again(&mut self, process: usize) {
        let own = &mut self.faults().processes[process];
        own.is_down = false;
        own.failures += 1;
        own.epoch += 1;
        self.close_incidents(Source::Process(process as u32));
        self.schedule_failure(process);
    }

    /// A node is replaced by a new machine: failures of the node alone are
    /// over, and their crews are free.
    pub(super) fn processes_start_anew(&mut self, node: usize) {
        let plan = self.fault_plan();
        for process in 0..self.faults().processes.len() {
            let own = &self.faults().processes[process];
            let failure = &plan.processes[own.plan];
            let alone = match &failure.groups[own.group].1 {
                TargetPlan::Nodes(nodes) => nodes[..] == [node as u32],
                _ => false,
            };
            if !alone || !own.is_down {
                continue;
            }
            let number = own.plan;
            let crews = &mut self.faults().crews[number];
            match crews.waiting.iter().position(|&waiting| waiting == process) {
                Some(place) => drop(crews.waiting.remove(place)),
                None => {
                    crews.at_work -= 1;
                    if let Some(next) = crews.waiting.pop_front() {
                        crews.at_work += 1;
                        self.begin_repair(next);
                    }
                }
            }
            self.works_again(process);
        }
    }
}
