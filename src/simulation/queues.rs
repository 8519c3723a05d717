//! Messages: a producer hands them over and goes on, a worker whose place is
//! free takes them, does their work as the system's own, and acknowledges.
//!
//! The queue itself does not fail. A worker takes a message when it is up,
//! neither drained nor cut off, and a place in its pool is free: a queue needs
//! no health checks. What a dead worker had is visible again when its time is
//! over, like all that is not acknowledged.

use super::blueprint::{NONE, QueuePlan, WhenFull};
use super::courses::Shape;
use super::faults::NodeState;
use super::interpreter::Flow;
use super::measured::{ComponentMeasured, MeasuredFigure};
use super::recorder::Recorder;
use super::request::{Cause, Job, JobId, NOBODY};
use super::world::{EventKind, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::random::Source;
use crate::kernel::time::Instant;
use crate::metrics::histogram::{Histogram, Quantile};
use crate::route::families::QueueVerb;
use crate::route::step::{MESSAGE_SLOT, Pc, RECEIPT_SLOT, Verb};
use crate::tier::queue::{Counts, Delivery, Published, Queue};
use std::collections::VecDeque;

/// Number of the draw of a message's key, where no user is known.
const KEY_DRAW: u64 = (1 << 32) + 40;

/// A message queue in play.
#[derive(Clone, Debug)]
pub struct QueueTier {
    /// Its messages.
    pub queue: Queue,
    /// Producers that wait for a place, in order.
    producers: VecDeque<JobId>,
    /// The worker instance that is asked first for the next message.
    turn: u32,
    /// A look at the deadlines is due then.
    look_at: Option<Instant>,
    /// Measured messages that are not settled.
    measured_open: u64,
    /// Measured messages from publication to the first delivery.
    wait: Histogram,
    /// Measured messages from publication to acknowledgement.
    completion: Histogram,
    /// Producers turned away in the window.
    refused: u64,
    /// What the courses have been told.
    noted: (u128, u128, Counts),
}

/// Courses of each queue over time: figure and shape.
pub(super) const COURSES: [(&str, Shape); 5] = [
    ("queue_length", Shape::Level),
    ("messages_in_flight", Shape::Level),
    ("published_per_s", Shape::Rate),
    ("acknowledged_per_s", Shape::Rate),
    ("oldest_age_s", Shape::Greatest),
];

impl QueueTier {
    /// An empty queue.
    pub fn new(plan: &QueuePlan) -> Self {
        Self {
            queue: Queue::new(plan.settings),
            producers: VecDeque::new(),
            turn: 0,
            look_at: None,
            measured_open: 0,
            wait: Histogram::new(),
            completion: Histogram::new(),
            refused: 0,
            noted: (0, 0, Counts::default()),
        }
    }
}

/// Producers.
impl World<'_> {
    /// A message is handed over, unless the queue is full.
    #[inline(never)]
    pub fn publish(&mut self, job: JobId, queue: u16, task: u16) -> Flow {
        let place = usize::from(queue);
        if !self.queues[place].queue.is_full() {
            self.hand_over(job, place, task);
            self.deliver(place);
            return Flow::Next;
        }
        match self.plan.queues[place].when_full {
            WhenFull::Fail => {
                self.queues[place].refused += u64::from(self.recorder.is_open());
                self.fail(job, Cause::Rejected)
            }
            WhenFull::Drop => {
                self.queues[place].queue.drop_message();
                Flow::Next
            }
            WhenFull::Block => {
                self.jobs[job].since = self.now;
                self.queues[place].producers.push_back(job);
                Flow::Wait
            }
        }
    }

    /// The work of a message draws what it would have drawn in the request.
    fn hand_over(&mut self, job: JobId, queue: usize, task: u16) {
        let owner = self.jobs[job].key;
        let key = match self.jobs[job].request {
            NOBODY => owner.numbered(KEY_DRAW).draws().next_u64(),
            request => self.requests[request].user,
        };
        let measured = self.now >= self.recorder.start && self.now < self.recorder.end;
        let tier = &mut self.queues[queue];
        tier.measured_open += u64::from(measured);
        tier.queue.publish(self.now, Published { owner, task, key, measured });
    }

    /// Producers that waited for a place go on.
    fn admit_producers(&mut self, queue: usize) {
        while !self.queues[queue].queue.is_full() {
            let Some(job) = self.queues[queue].producers.pop_front() else { return };
            let instruction = self.instruction(job);
            if let Verb::Queue(QueueVerb::Publish { task, .. }) = instruction.verb {
                self.hand_over(job, queue, task);
            }
            self.attribute_since(job, instruction.part);
            self.jobs[job].pc += 1;
            self.ready.push_back(job);
        }
    }

    /// Whether a job waits for a place in a queue.
    pub(super) fn waits_for_queue(&self, job: JobId) -> bool {
        self.queues.iter().any(|tier| tier.producers.contains(&job))
    }

    /// A job waits for a place no longer.
    pub(super) fn leave_queue(&mut self, job: JobId) {
        self.queues.iter_mut().for_each(|tier| tier.producers.retain(|&own| own != job));
    }
}

/// Workers.
impl World<'_> {
    /// A worker may be free: it takes what waits.
    pub fn pull(&mut self, queue: u16) -> Flow {
        self.deliver(usize::from(queue));
        Flow::Next
    }

    /// Any worker may be free, or back.
    #[inline]
    pub(super) fn pull_all(&mut self) {
        for queue in 0..self.queues.len() {
            self.deliver(queue);
        }
    }

    /// Hands out messages while some wait and a worker is free.
    fn deliver(&mut self, queue: usize) {
        while self.queues[queue].queue.waiting.level() > 0 {
            let Some(instance) = self.free_worker(queue) else { break };
            let Some(delivery) = self.queues[queue].queue.take(self.now) else { break };
            self.begin_delivery(queue, instance, delivery);
            self.admit_producers(queue);
        }
        self.watch_deadlines(queue);
    }

    /// The instances are asked in turn.
    fn free_worker(&mut self, queue: usize) -> Option<u32> {
        let plan = &self.plan.queues[queue];
        let instances = self.plan.groups[usize::from(plan.group)].instances;
        let turn = self.queues[queue].turn;
        let found = (turn..instances).chain(0..turn).find(|&instance| {
            let pool = plan.workers.map(|first| &self.pools[(first + instance) as usize]);
            pool.is_none_or(|pool| pool.has_free_slot()) && self.worker_is_there(plan, instance)
        })?;
        self.queues[queue].turn = (found + 1) % instances;
        Some(found)
    }

    /// Up, not drained, and within reach of the queue.
    fn worker_is_there(&self, plan: &QueuePlan, instance: u32) -> bool {
        if plan.component == NONE {
            return true;
        }
        let node = self.fault_plan_of_workers(plan, instance);
        self.node_state(node) == NodeState::Up
            && !self.is_drained(node)
            && self.packets_pass(None, node)
    }

    fn fault_plan_of_workers(&self, plan: &QueuePlan, instance: u32) -> usize {
        self.fault_plan().node(plan.component, instance)
    }

    /// A job plays the work of a message at a worker whose place is free.
    fn begin_delivery(&mut self, queue: usize, instance: u32, delivery: Delivery) {
        if delivery.is_first && delivery.published.measured {
            self.queues[queue].wait.record(self.now - delivery.at);
        }
        let task = self.plan.tasks[usize::from(delivery.published.task)];
        let pc = self.plan.programs.programs[usize::from(task.program)].start;
        let mut job = Job::new(delivery.published.owner, NOBODY, pc, self.now);
        job.slots[0] = instance;
        job.slots[MESSAGE_SLOT] = delivery.message;
        job.slots[RECEIPT_SLOT] = delivery.receipt;
        let job = self.spawn(job);
        if let Verb::Enter { pool, slot, patience, step } = self.instruction(job).verb {
            let flow = self.enter(job, pool, slot, patience, step);
            debug_assert!(flow == Flow::Next, "the place was free");
            self.jobs[job].pc += 1;
        }
        self.ready.push_back(job);
    }

    /// The work is done; an acknowledgement that does not pass is none.
    #[inline(never)]
    pub fn delivered(&mut self, job: JobId, queue: u16) -> Flow {
        let place = usize::from(queue);
        let slots = self.jobs[job].slots;
        self.jobs.remove(job);
        let plan = &self.plan.queues[place];
        let passes = plan.component == NONE
            || self.packets_pass(None, self.fault_plan_of_workers(plan, slots[0]));
        if passes {
            let tier = &mut self.queues[place];
            let settled =
                tier.queue.acknowledge(self.now, slots[MESSAGE_SLOT], slots[RECEIPT_SLOT]);
            if let Some((published, true)) = settled {
                tier.measured_open -= 1;
                tier.completion.record(self.now - published);
            }
        }
        self.admit_producers(place);
        self.pull_all();
        Flow::End
    }

    /// The work of a delivery has failed: nobody acknowledges it.
    #[cold]
    pub(super) fn fail_delivery(&mut self, job: JobId) -> Flow {
        self.jobs.remove(job);
        Flow::End
    }

    /// First verb of the program of a message's work, or of a fetch in the
    /// background, in which a verb lies; 0 where it lies in another.
    pub(super) fn first_of_task(&self, pc: Pc) -> Pc {
        let programs = &self.plan.programs.programs;
        let of_task = |task: &super::blueprint::Task| &programs[usize::from(task.program)];
        let of_file = |own: &super::cdn::plan::CataloguePlan| &programs[usize::from(own.refresh)];
        let files = self.plan.cdn.iter().flat_map(|cdn| &cdn.catalogues).map(of_file);
        let own = self.plan.tasks.iter().map(of_task).chain(files);
        own.clone().find(|own| own.start <= pc && pc < own.end).map_or(0, |own| own.start)
    }
}

/// Deadlines.
impl World<'_> {
    /// Looks again when the first delivery may have run out of time. A look
    /// that is due earlier is kept: it finds the next deadline by itself.
    fn watch_deadlines(&mut self, queue: usize) {
        let tier = &mut self.queues[queue];
        if tier.look_at.is_some() {
            return;
        }
        tier.look_at = tier.queue.next_deadline();
        if let Some(at) = tier.look_at {
            let payload = EventKind::DeliveryDue.with(queue as u32);
            self.queue.schedule(at, Phase::Timer, payload);
        }
    }

    /// Deliveries may have run out of time: who was late is delivered again.
    #[cold]
    #[inline(never)]
    pub fn delivery_due(&mut self, queue: u32) {
        let queue = queue as usize;
        let tier = &mut self.queues[queue];
        tier.look_at = None;
        let mut buried = 0;
        tier.queue.expire(self.now, |measured| buried += u64::from(measured));
        tier.measured_open -= buried;
        self.deliver(queue);
    }
}

/// Figures.
impl World<'_> {
    /// No measured message is open.
    pub(super) fn messages_are_settled(&self) -> bool {
        self.queues.iter().all(|tier| tier.measured_open == 0)
    }

    /// The queue with most messages, and how many it has.
    pub(super) fn longest_backlog(&self) -> (&str, u64) {
        let queues = self.plan.queues.iter().zip(&self.queues);
        queues
            .map(|(plan, tier)| (plan.name.as_str(), tier.queue.length()))
            .max_by_key(|(_, length)| *length)
            .unwrap_or(("", 0))
    }

    /// The window of the figures begins.
    pub(super) fn begin_window_of_queues(&mut self) {
        for tier in &mut self.queues {
            tier.queue.begin_window(self.now);
            tier.noted = (0, 0, Counts::default());
        }
    }

    /// Tells the present bucket what has come since the last note.
    pub(super) fn note_queues(&mut self, bucket: usize) {
        let now = self.now;
        let courses = self.recorder.courses.components.chunks_exact_mut(COURSES.len());
        for (tier, courses) in self.queues.iter_mut().zip(courses) {
            let queue = &mut tier.queue;
            let present =
                (queue.waiting.integral(now), queue.in_flight.integral(now), queue.counts());
            let before = std::mem::replace(&mut tier.noted, present);
            courses[0].add(bucket, present.0 - before.0);
            courses[1].add(bucket, present.1 - before.1);
            courses[2].add(bucket, u128::from(present.2.published - before.2.published));
            courses[3].add(bucket, u128::from(present.2.acknowledged - before.2.acknowledged));
            courses[4].raise(bucket, queue.oldest(now).as_nanos());
        }
    }

    /// What is not settled at the end counts as infinitely long.
    pub(super) fn end_queues(&mut self) {
        let now = self.now;
        let Some(measured) = &mut self.measured else { return };
        for (plan, tier) in self.plan.queues.iter().zip(&self.queues) {
            let own = measured.components.iter_mut().find(|own| own.name == plan.name);
            if let Some(own) = own {
                own.figures.extend(times(tier, &self.recorder, now));
            }
        }
    }

    /// Figures of the window; the times of messages follow when all is over.
    pub(super) fn measure_queues(&self) -> Vec<ComponentMeasured> {
        let window = self.now.saturating_since(self.recorder.start).as_secs_f64().max(1e-9);
        let queues = self.plan.queues.iter().zip(&self.queues);
        queues
            .map(|(plan, tier)| ComponentMeasured {
                name: plan.name.clone(),
                kind: "queue",
                figures: figures(tier, self.now, window),
            })
            .collect()
    }
}

fn figures(tier: &QueueTier, now: Instant, window: f64) -> Vec<(&'static str, MeasuredFigure)> {
    let mut queue = tier.queue.clone();
    let counts = queue.counts();
    let mean = |value: f64| MeasuredFigure::Mean(Some(value));
    let oldest = queue.oldest_max(now).as_secs_f64();
    let drained = queue.drained_in().map(|time| time.as_secs_f64());
    vec![
        ("published", MeasuredFigure::Count(counts.published)),
        ("acknowledged", MeasuredFigure::Count(counts.acknowledged)),
        ("acknowledged_per_s", mean(counts.acknowledged as f64 / window)),
        ("deliveries", MeasuredFigure::Count(counts.deliveries)),
        ("redeliveries", MeasuredFigure::Count(counts.redeliveries)),
        ("duplicates", MeasuredFigure::Count(counts.duplicates)),
        ("dead_letters", MeasuredFigure::Count(counts.dead_letters)),
        ("dropped", MeasuredFigure::Count(counts.dropped)),
        ("refused", MeasuredFigure::Count(tier.refused)),
        ("waiting_mean", mean(queue.waiting.mean(now))),
        ("waiting_max", MeasuredFigure::Max(queue.waiting.max() as f64)),
        ("waiting_end", mean(queue.waiting.level() as f64)),
        ("in_flight_mean", mean(queue.in_flight.mean(now))),
        ("oldest_age_s_max", MeasuredFigure::Max(oldest)),
        ("drain_s", MeasuredFigure::Mean(drained)),
    ]
}

/// From publication to the first delivery, and to the acknowledgement.
fn times(
    tier: &QueueTier,
    recorder: &Recorder,
    now: Instant,
) -> Vec<(&'static str, MeasuredFigure)> {
    let mut completion = tier.completion.clone();
    let age = now.saturating_since(recorder.start);
    (0..tier.measured_open).for_each(|_| completion.record_unfinished(age));
    let millis = |nanos: Option<f64>| MeasuredFigure::Mean(nanos.map(|nanos| nanos / 1e6));
    let quantile = |times: &Histogram, p: f64| {
        MeasuredFigure::Mean(match times.quantile(p) {
            Some(Quantile::Finite(time)) => Some(time.as_millis_f64()),
            _ => None,
        })
    };
    vec![
        ("wait_ms_mean", millis(tier.wait.mean_nanos())),
        ("wait_ms_p99", quantile(&tier.wait, 0.99)),
        ("completion_ms_mean", millis(completion.mean_nanos())),
        ("completion_ms_p50", quantile(&completion, 0.5)),
        ("completion_ms_p99", quantile(&completion, 0.99)),
    ]
}
