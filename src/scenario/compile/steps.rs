//! The steps of an endpoint or an operation, one after the other.

use super::programs::{Compiler, Place};
use super::stores::Reader;
use crate::kernel::distribution::Distribution;
use crate::route::step::{Purpose, Rows, Slot, StepId, Verb};
use crate::scenario::model::{OperationId, Step};

impl<'a> Compiler<'a> {
    pub(super) fn steps(&mut self, steps: &'a [Step], place: Place) {
        for step in steps {
            self.one_step(step, place);
        }
    }

    fn one_step(&mut self, step: &'a Step, place: Place) {
        let id = self.out.step();
        match step {
            Step::Cpu(demand) => self.service_cpu(demand, place, id),
            Step::Wait(time) => {
                let time = self.out.distribution(time);
                let verb = Verb::Wait { time, step: id, purpose: Purpose::Demand };
                let service = &self.scenario.topology.services[place.service].name;
                self.out.emit_timed(verb, &format!("services.{service}.outside"));
            }
            Step::Read { dataset, keys, read_your_writes, consistency } => {
                let reader = Reader { fresh: *read_your_writes, consistency: *consistency };
                self.read(*dataset, *keys, reader, place, id);
            }
            Step::Write { kind, dataset, keys } => self.write(*kind, *dataset, *keys, place, id),
            Step::Scan { .. } | Step::Range { .. } | Step::Join { .. } | Step::Traverse { .. } => {
                self.row_operation(step, place, id);
            }
            Step::Call(operation) => self.call(*operation, place, id),
            Step::Parallel(branches) => self.parallel(branches, place),
            Step::Enqueue { queue, work } => self.enqueue(queue, work, place),
        }
    }

    pub(super) fn service_cpu(&mut self, demand: &Distribution, place: Place, step: StepId) {
        if demand.is_zero() {
            return;
        }
        let name = &self.scenario.topology.services[place.service].name;
        let station = format!("services.{name}.cpu");
        let cpus = self.layout.services[place.service].places.cpus;
        let slot = self.out.slot(place.depth);
        self.work(cpus, slot, demand, (Rows::Fixed(0), 0.0), step, Purpose::Demand, &station);
    }

    #[expect(clippy::too_many_arguments, reason = "the operands of one verb")]
    pub(super) fn work(
        &mut self,
        cpus: u32,
        slot: Slot,
        demand: &Distribution,
        (rows, per_row): (Rows, f64),
        step: StepId,
        purpose: Purpose,
        station: &str,
    ) {
        let rows = if per_row > 0.0 { rows } else { Rows::Fixed(0) };
        if demand.is_zero() && rows == Rows::Fixed(0) {
            return;
        }
        let demand = self.out.distribution(demand);
        let per_row = self.out.constant(per_row);
        let verb = Verb::Work { cpus, slot, demand, rows, per_row, step, purpose };
        self.out.emit_station(verb, station);
    }

    fn call(&mut self, operation: OperationId, place: Place, step: StepId) {
        let steps = &self.scenario.workload.operations[operation].steps;
        let services = &self.scenario.topology.services;
        let handler = services.iter().position(|service| service.operations.contains(&operation));
        match handler.filter(|&handler| handler != place.service) {
            // An operation without a service of its own runs in the caller's.
            None => self.steps(steps, place),
            Some(service) => {
                let callee = Place { service, depth: place.depth + 1 };
                let (here, there) = (self.locus(place), self.locus(callee));
                self.guarded_service(callee, |compiler| {
                    compiler.hop_at_once(here, there);
                    compiler.enter_service(callee, Some(place), step);
                    compiler.steps(steps, callee);
                    compiler.leave_service(callee);
                    compiler.hop(there, here);
                });
            }
        }
    }

    fn parallel(&mut self, branches: &'a [Vec<Step>], place: Place) {
        self.fork(branches.len(), |compiler, branch| compiler.steps(&branches[branch], place));
    }

    /// A fork of `count` branches, each written by `write`.
    pub(super) fn fork(&mut self, count: usize, mut write: impl FnMut(&mut Self, usize)) {
        if count > usize::from(u16::MAX) {
            self.out.refuse(format!("{count} branches side by side, at most 65,535 can be played"));
        }
        let first = self.out.programs.branches.len() as u32;
        let fork = self.out.emit(Verb::Fork { first, count: count as u16, join: 0 });
        self.out.programs.branches.resize(first as usize + count, 0);
        for branch in 0..count {
            self.out.programs.branches[first as usize + branch] = self.out.here();
            let held = self.out.begin_branch();
            write(self, branch);
            self.out.end_branch(held);
        }
        self.out.land(fork);
    }
}
