//! Message queues: what a request does to publish, and the programs of the
//! work that is done later.

use super::faults::ComponentNumbers;
use super::layout::Layout;
use super::programs::{Compiler, Place};
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;
use crate::route::families::QueueVerb;
use crate::route::program::Held;
use crate::route::step::{Purpose, StepId, Verb};
use crate::scenario::model::{self, Component, Scenario, Step};
use crate::simulation::blueprint::{NONE, QueuePlan, Task, WhenFull};
use crate::tier::queue::{Order, Settings};

/// Work of a step that is yet to be written.
pub(super) struct Pending<'a> {
    task: usize,
    work: &'a [Step],
    /// Number of the step that enqueues it: its own follow, as they would in
    /// the request.
    step: StepId,
    /// For people: who enqueues it.
    owner: String,
}

pub(super) fn plans(scenario: &Scenario, layout: &Layout) -> Vec<QueuePlan> {
    let numbers = ComponentNumbers::new(scenario);
    let plan = |queue: &model::Queue| {
        let workers = &layout.services[queue.workers];
        let component = Component::Service(queue.workers);
        QueuePlan {
            name: format!("queues.{}", queue.name),
            settings: Settings {
                capacity: queue.capacity.map(u64::from),
                visibility_timeout: queue.visibility_timeout,
                attempts: queue.attempts,
                order: if queue.by_key { Order::ByKey } else { Order::None },
            },
            when_full: match queue.when_full {
                model::WhenFull::Fail => WhenFull::Fail,
                model::WhenFull::Block => WhenFull::Block,
                model::WhenFull::Drop => WhenFull::Drop,
            },
            group: workers.group,
            workers: workers.workers,
            component: numbers.as_ref().map_or(NONE, |numbers| numbers.of(component)),
        }
    };
    scenario.topology.queues.iter().map(plan).collect()
}

impl<'a> Compiler<'a> {
    /// Publishes to a queue of this name, or does the work at once.
    pub(super) fn enqueue(&mut self, queue: &str, work: &'a [Step], place: Place) {
        let queues = &self.scenario.topology.queues;
        let Some(number) = queues.iter().position(|own| own.name == queue) else {
            return self.steps(work, place);
        };
        let (name, latency) = (&queues[number].name, &queues[number].latency);
        let step = self.out.last_step();
        let task = self.task(number, work, step);
        self.way_to_queue();
        self.queue_time(latency, &format!("queues.{name}.latency"), step);
        let verb = Verb::Queue(QueueVerb::Publish { queue: number as u16, task: task as u16 });
        self.out.emit_timed(verb, &format!("queues.{name}.wait"));
        self.way_to_queue();
        self.pass_steps(work);
    }

    /// The queue is as far from everybody as any machine of the site.
    fn way_to_queue(&mut self) {
        let rtt = self.scenario.topology.network.internal_rtt;
        if !rtt.is_zero() {
            let delay = Duration::from_nanos(rtt.as_nanos() / 2);
            self.out.emit_timed(Verb::Hop { delay }, "network.internal");
        }
    }

    fn queue_time(&mut self, time: &Distribution, part: &str, step: StepId) {
        if !time.is_zero() {
            let time = self.out.distribution(time);
            let verb = Verb::Wait { time, step, purpose: Purpose::Demand };
            self.out.emit_timed(verb, part);
        }
    }

    /// The same work for all kinds of client of an endpoint is one task.
    fn task(&mut self, queue: usize, work: &'a [Step], step: StepId) -> usize {
        let owner = self.owner.clone();
        let is_it = |(whose, of, at): &(String, usize, StepId)| {
            (whose.as_str(), *of, *at) == (owner.as_str(), queue, step)
        };
        let known = self.known_tasks.iter().position(is_it);
        known.unwrap_or_else(|| {
            let task = self.tasks.len();
            self.known_tasks.push((owner.clone(), queue, step));
            self.tasks.push(Task { queue: queue as u16, program: 0 });
            self.pending.push_back(Pending { task, work, step, owner });
            task
        })
    }

    /// Steps keep their numbers, whether their work is done now or later.
    fn pass_steps(&mut self, steps: &[Step]) {
        let scenario = self.scenario;
        for step in steps {
            self.out.step();
            match step {
                Step::Call(operation) => {
                    self.pass_steps(&scenario.workload.operations[*operation].steps);
                }
                Step::Parallel(branches) => {
                    branches.iter().for_each(|branch| self.pass_steps(branch));
                }
                Step::Enqueue { work, .. } => self.pass_steps(work),
                _ => {}
            }
        }
    }

    /// The programs of all work that is done later; it may enqueue more.
    pub(super) fn tasks(&mut self) -> Result<(), String> {
        while let Some(pending) = self.pending.pop_front() {
            let program = self.work_of_task(&pending)?;
            self.tasks[pending.task].program = program;
        }
        Ok(())
    }

    /// A worker's place, the way from the queue, the work, the way back.
    fn work_of_task(&mut self, pending: &Pending<'a>) -> Result<u16, String> {
        let number = self.tasks[pending.task].queue;
        let queue = &self.scenario.topology.queues[usize::from(number)];
        let place = Place { service: queue.workers, depth: 0 };
        self.owner = format!("{} → {}", pending.owner, queue.name);
        self.out.begin();
        self.out.continue_steps(pending.step);
        let reserved = self.out.reserve_message_slots();
        let held_at = self.numbers.as_ref().map(|own| own.of(Component::Service(queue.workers)));
        if let Some(component) = held_at {
            self.out.take(Held::At(component), 0);
        }
        let pool = self.layout.services[queue.workers].workers;
        if let Some(pool) = pool {
            let verb = Verb::Enter { pool, slot: 0, patience: None, step: pending.step };
            self.out.emit(verb);
            self.out.take(Held::Pool(pool), 0);
        }
        self.way_to_queue();
        self.queue_time(&queue.delivery, &format!("queues.{}.delivery", queue.name), pending.step);
        self.steps(pending.work, place);
        self.way_to_queue();
        self.leave(pool, 0);
        self.end_contact();
        self.out.emit(Verb::Queue(QueueVerb::Delivered { queue: number }));
        self.out.restore_slots(reserved);
        self.out.end(self.owner.clone())
    }

    /// A worker of a service is free again: it may take messages.
    pub(super) fn pull(&mut self, service: usize) {
        for (number, queue) in self.scenario.topology.queues.iter().enumerate() {
            if queue.workers == service && self.layout.services[service].workers.is_some() {
                self.out.emit(Verb::Queue(QueueVerb::Pull { queue: number as u16 }));
            }
        }
    }
}
