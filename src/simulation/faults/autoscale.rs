//! Autoscalers at work: what their instances have done is measured period by
//! period, from the exact integrals of their stations; it is known after a
//! delay, and decided on then. Those who are no longer wanted finish what they
//! have, the highest numbers first.

use super::nodes::NodeState;
use super::plan::{AutoscalerPlan, FaultPlan, NOWHERE};
use super::{Action, Place, Source};
use crate::kernel::event_queue::Phase;
use crate::kernel::time::Instant;
use crate::metrics::time_weighted::TimeWeighted;
use crate::simulation::courses::Shape;
use crate::simulation::measured::{ComponentMeasured, MeasuredFigure};
use crate::simulation::world::World;
use crate::tier::autoscaler::{Autoscaler, Limits, Ratio, Reason, Sample, Scaling};
use std::collections::VecDeque;

/// Courses of each autoscaler over time: figure and shape.
pub const COURSES: [(&str, Shape); 3] = [
    ("instances", Shape::Level),
    ("instances_ready", Shape::Level),
    ("instances_needed", Shape::Level),
];

/// An autoscaler in play.
#[derive(Clone, Debug)]
pub(super) struct Scaler {
    rules: Autoscaler,
    /// What its instances had done when the period began.
    before: Vec<Reading>,
    /// Message-nanoseconds of waiting for its workers by then.
    messages: u128,
    /// Periods that are over and not known yet.
    pending: VecDeque<Sample>,
    /// Actions so far, the window aside.
    actions: u32,
    figures: Figures,
    /// Levels told to the courses.
    noted: [u128; 3],
}

/// What is counted of an autoscaler in the window.
#[derive(Clone, Debug, Default)]
struct Figures {
    outs: u64,
    ins: u64,
    /// In service and answering.
    ready: TimeWeighted,
    /// What the last period needed, within the limits.
    needed: TimeWeighted,
    /// Ends of periods, and of them those at the upper limit.
    periods: u64,
    at_max: u64,
    /// Instances ready below the need, and beyond it: sums and greatest.
    under: (u64, u64),
    over: (u64, u64),
}

impl Figures {
    fn begin_window(&mut self, now: Instant) {
        let (mut ready, mut needed) = (self.ready.clone(), self.needed.clone());
        ready.begin_window(now);
        needed.begin_window(now);
        *self = Self { ready, needed, ..Self::default() };
    }

    /// A period has ended.
    fn period(&mut self, needed: Option<u32>, ready: u32, at_max: bool) {
        self.periods += 1;
        self.at_max += u64::from(at_max);
        let Some(needed) = needed else { return };
        let add = |sums: &mut (u64, u64), off: u32| {
            *sums = (sums.0 + u64::from(off), sums.1.max(u64::from(off)));
        };
        add(&mut self.under, needed.saturating_sub(ready));
        add(&mut self.over, ready.saturating_sub(needed));
    }
}

/// Integrals and counts of one instance; they begin again with the window, so
/// that differences are taken modulo their width.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    /// vCPU-nanoseconds of work.
    busy: u128,
    /// Request-nanoseconds of waiting for a worker or a vCPU.
    waiting: u128,
    /// Request-nanoseconds in the service.
    present: u128,
    /// Requests that left.
    left: u64,
    /// It answers, and is warm.
    counts: bool,
    /// It neither boots nor warms up.
    settled: bool,
}

impl Reading {
    fn since(self, before: Self) -> Self {
        Self {
            busy: self.busy.wrapping_sub(before.busy),
            waiting: self.waiting.wrapping_sub(before.waiting),
            present: self.present.wrapping_sub(before.present),
            left: self.left.wrapping_sub(before.left),
            counts: self.counts && before.counts,
            settled: before.settled,
        }
    }
}

impl Scaler {
    pub(super) fn new(plan: &FaultPlan, own: &AutoscalerPlan) -> Self {
        let component = &plan.components[usize::from(own.component)];
        let mut figures = Figures::default();
        figures.ready.set(Instant::ZERO, u64::from(component.in_service));
        figures.needed.set(Instant::ZERO, u64::from(component.in_service));
        Self {
            rules: Autoscaler::new(&own.settings, component.in_service),
            before: vec![Reading::default(); component.instances as usize],
            messages: 0,
            pending: VecDeque::new(),
            actions: 0,
            figures,
            noted: [0; 3],
        }
    }
}

impl World<'_> {
    /// The first periods and all schedules.
    pub(super) fn wind_autoscalers(&mut self) {
        let plan = self.fault_plan();
        for (number, scaler) in plan.autoscalers.iter().enumerate() {
            self.read(number);
            for (entry, &(at, ..)) in scaler.schedule.iter().enumerate() {
                let action = Action::ScheduleDue(number as u16, entry as u16);
                self.schedule_action(at, Phase::Timer, action);
            }
            let first = Instant::ZERO + scaler.period;
            self.schedule_action(first, Phase::Timer, Action::PeriodEnds(number as u16));
        }
    }

    /// A period is over: what it has shown is known after the delay.
    pub(super) fn period_ends(&mut self, number: usize) {
        let plan = &self.fault_plan().autoscalers[number];
        let sample = self.sample_of(number);
        let action = Action::PeriodEnds(number as u16);
        self.schedule_action(self.now.saturating_add(plan.period), Phase::Timer, action);
        self.faults().scalers[number].pending.push_back(sample);
        if plan.metric_delay.is_zero() {
            return self.metric_known(number);
        }
        let action = Action::MetricKnown(number as u16);
        self.schedule_action(self.now.saturating_add(plan.metric_delay), Phase::Timer, action);
    }

    /// What a period has shown is decided on.
    pub(super) fn metric_known(&mut self, number: usize) {
        let (now, plan) = (self.now, &self.fault_plan().autoscalers[number]);
        let scaler = &mut self.faults().scalers[number];
        let Some(sample) = scaler.pending.pop_front() else { return };
        if let Some(scaling) = scaler.rules.decide(&plan.settings, now, &sample) {
            self.carry_out(number, scaling);
        }
    }

    /// An entry of the schedule begins to hold.
    pub(super) fn entry_due(&mut self, number: usize, entry: usize) {
        let now = self.now;
        let (_, limits, instances) = self.fault_plan().autoscalers[number].schedule[entry];
        let scaler = &mut self.faults().scalers[number];
        if let Some(scaling) = scaler.rules.reschedule(now, limits, instances) {
            self.carry_out(number, scaling);
        }
    }

    /// Somebody scales the component by hand: its autoscaler, where it has one,
    /// holds its limits and goes on from there. Answers the number.
    pub(super) fn tell_scaler(&mut self, component: u16, instances: u32) -> u32 {
        let now = self.now;
        let faults = self.faults();
        let own = |plan: &AutoscalerPlan| plan.component == component;
        let Some(number) = faults.plan.autoscalers.iter().position(own) else {
            return instances;
        };
        let rules = &mut faults.scalers[number].rules;
        rules.reschedule(now, rules.limits(), Some(instances));
        rules.wanted()
    }

    fn carry_out(&mut self, number: usize, scaling: Scaling) {
        let plan = &self.fault_plan().autoscalers[number];
        let open = self.recorder.is_open();
        let scaler = &mut self.faults().scalers[number];
        let (rises, action) = (scaling.to > scaling.from, scaler.actions);
        scaler.actions += 1;
        let count = if rises { &mut scaler.figures.outs } else { &mut scaler.figures.ins };
        *count += u64::from(open);
        let source = Source::Scaling(number as u16, action);
        self.tell(plan, source, scaling);
        self.scale(plan.component, scaling.to);
        self.note_ready(number);
        if !rises {
            return self.close_incidents(source);
        }
        let boot = self.fault_plan().components[usize::from(plan.component)].boot;
        let action = Action::ScaledOut(number as u16, action);
        self.schedule_action(self.now + boot, Phase::Fault, action);
    }

    /// An incident that lasts until the new instances are ready.
    fn tell(&mut self, plan: &AutoscalerPlan, source: Source, scaling: Scaling) {
        let kind = if scaling.to > scaling.from { "scale_out" } else { "scale_in" };
        let component = &self.fault_plan().components[usize::from(plan.component)].name;
        let (why, metric) = match scaling.reason {
            Reason::Target(metric, value) => (metric.name(), Some(value)),
            Reason::Step(step, value) => {
                (plan.settings.steps[step].threshold.metric.name(), Some(value))
            }
            Reason::Schedule => ("schedule", None),
        };
        self.open_incident(source, component, kind, &format!("{}: {why}", plan.name));
        let Some((_, Place::Kept(place))) = self.faults().open_incidents.last() else { return };
        let place = *place;
        let figures = &mut self.recorder.availability.incidents[place].figures;
        figures.extend([("from", f64::from(scaling.from)), ("to", f64::from(scaling.to))]);
        figures.extend(metric.map(|value| (why, value)));
    }

    /// What an instance has done so far.
    fn reading(&self, plan: &AutoscalerPlan, instance: u32) -> Reading {
        let (now, faults) = (self.now, self.fault_plan());
        let node = faults.node(plan.component, instance);
        let cpu = self.cpus[faults.nodes[node].cpu as usize].statistics();
        let (mut reading, state) = (Reading::default(), self.faults.as_ref());
        reading.busy = cpu.busy.integral(now);
        reading.waiting = cpu.queue.integral(now);
        if plan.workers != NOWHERE {
            let pool = self.pools[(plan.workers + instance) as usize].statistics();
            reading.waiting = reading.waiting.wrapping_add(pool.queue.integral(now));
            reading.present = pool.busy.integral(now) + pool.queue.integral(now);
            reading.left = pool.completions;
        }
        let ready_since = state.map_or(Instant::ZERO, |own| own.nodes[node].ready_since);
        // Who is there from the start of the run is warm.
        let warm = ready_since == Instant::ZERO || now >= ready_since + plan.warmup;
        reading.settled = warm && self.is_provisioned(node);
        reading.counts = warm && self.answers(node);
        reading
    }

    /// Message-nanoseconds of waiting in the queues that its workers serve.
    fn messages(&self, plan: &AutoscalerPlan) -> u128 {
        let queues = self.plan.queues.iter().zip(&self.queues);
        let own = queues.filter(|(queue, _)| queue.component == plan.component);
        own.map(|(_, tier)| tier.queue.waiting.integral(self.now)).sum()
    }

    fn answers(&self, node: usize) -> bool {
        self.node_state(node) == NodeState::Up && !self.is_drained(node)
    }

    /// A period begins.
    fn read(&mut self, number: usize) {
        let plan = &self.fault_plan().autoscalers[number];
        for instance in 0..self.faults().scalers[number].before.len() {
            let reading = self.reading(plan, instance as u32);
            self.faults().scalers[number].before[instance] = reading;
        }
        self.faults().scalers[number].messages = self.messages(plan);
    }

    /// What the period that ends now has shown.
    fn sample_of(&mut self, number: usize) -> Sample {
        let plan = &self.fault_plan().autoscalers[number];
        let faults = self.fault_plan();
        let (mut sum, mut vcpus) = (Reading::default(), 0_u128);
        let (mut measured, mut settled) = (0, 0);
        let before = self.faults().scalers[number].messages;
        let messages = self.messages(plan).wrapping_sub(before);
        for instance in 0..self.faults().scalers[number].before.len() {
            let before = self.faults().scalers[number].before[instance];
            let done = self.reading(plan, instance as u32).since(before);
            settled += u32::from(done.settled);
            if !done.counts {
                continue;
            }
            measured += 1;
            let cpu = faults.nodes[faults.node(plan.component, instance as u32)].cpu;
            vcpus += u128::from(self.plan.stations.cpus[cpu as usize].vcpus);
            sum.busy += done.busy;
            sum.waiting += done.waiting;
            sum.present += done.present;
            sum.left += done.left;
        }
        self.read(number);
        let period = u128::from(plan.period.as_nanos());
        let ratio = |part, whole| (measured > 0).then_some(Ratio { part, whole });
        let sample = Sample {
            measured,
            settled,
            utilisation: ratio(sum.busy, vcpus * period),
            queue: ratio(sum.waiting + messages, u128::from(measured) * period),
            // Little's law: time spent there over those who left.
            latency: ratio(sum.present, u128::from(sum.left.max(1))),
        };
        self.note_period(number, &sample);
        sample
    }

    /// How many answer now.
    fn note_ready(&mut self, number: usize) -> u32 {
        let (now, plan) = (self.now, self.fault_plan());
        let own = &plan.components[usize::from(plan.autoscalers[number].component)];
        let nodes = own.first_node..own.first_node + own.instances;
        let ready = nodes.filter(|&node| self.answers(node as usize)).count();
        self.faults().scalers[number].figures.ready.set(now, ready as u64);
        ready as u32
    }

    /// Instances may have become ready, or died.
    pub(super) fn note_scalers(&mut self) {
        for number in 0..self.faults().scalers.len() {
            self.note_ready(number);
        }
    }

    /// What the period needed against what there was at its end.
    fn note_period(&mut self, number: usize, sample: &Sample) {
        let (now, open) = (self.now, self.recorder.is_open());
        let settings = &self.fault_plan().autoscalers[number].settings;
        let ready = self.note_ready(number);
        let scaler = &mut self.faults().scalers[number];
        let Limits { min, max } = scaler.rules.limits();
        let needed = settings.target.and_then(|target| sample.needed(target));
        let needed = needed.map(|count| count.clamp(u64::from(min), u64::from(max)) as u32);
        let at_max = scaler.rules.wanted() >= max;
        if let Some(needed) = needed {
            scaler.figures.needed.set(now, u64::from(needed));
        }
        if open {
            scaler.figures.period(needed, ready, at_max);
        }
    }
}

/// Figures and courses.
impl World<'_> {
    /// The integrals of all stations are about to begin again.
    pub(in crate::simulation) fn carry_autoscalers(&mut self) {
        let Some(faults) = &self.faults else { return };
        let plan = faults.plan;
        for (number, scaler) in plan.autoscalers.iter().enumerate() {
            for instance in 0..self.faults().scalers[number].before.len() {
                let now = self.reading(scaler, instance as u32);
                let before = &mut self.faults().scalers[number].before[instance];
                before.busy = before.busy.wrapping_sub(now.busy);
                before.waiting = before.waiting.wrapping_sub(now.waiting);
                before.present = before.present.wrapping_sub(now.present);
                before.left = before.left.wrapping_sub(now.left);
            }
            let messages = self.messages(scaler);
            let before = &mut self.faults().scalers[number].messages;
            *before = before.wrapping_sub(messages);
        }
    }

    /// The window of the figures begins.
    pub(in crate::simulation) fn begin_window_of_autoscalers(&mut self) {
        let now = self.now;
        for scaler in self.faults.iter_mut().flat_map(|faults| &mut faults.scalers) {
            scaler.figures.begin_window(now);
            scaler.noted = [0; 3];
        }
    }

    /// Tells the present bucket what has come since the last note.
    pub(in crate::simulation) fn note_autoscalers(&mut self, bucket: usize) {
        let Some(faults) = &mut self.faults else { return };
        let now = self.now;
        let all = self.recorder.courses.components.len();
        let first = all - COURSES.len() * faults.scalers.len();
        let courses = self.recorder.courses.components[first..].chunks_exact_mut(COURSES.len());
        let scalers = faults.scalers.iter_mut().zip(&faults.plan.autoscalers);
        for ((scaler, plan), courses) in scalers.zip(courses) {
            let machines = faults.provisioned[usize::from(plan.component)].as_ref();
            let present = [
                machines.map_or(0, |level| level.integral(now)),
                scaler.figures.ready.integral(now),
                scaler.figures.needed.integral(now),
            ];
            let before = std::mem::replace(&mut scaler.noted, present);
            for ((course, present), before) in courses.iter_mut().zip(present).zip(before) {
                course.add(bucket, present - before);
            }
        }
    }

    /// Figures of the window.
    pub(super) fn measure_autoscalers(&self) -> Vec<ComponentMeasured> {
        let scalers = self
            .faults
            .iter()
            .flat_map(|faults| faults.plan.autoscalers.iter().zip(&faults.scalers));
        scalers
            .map(|(plan, scaler)| ComponentMeasured {
                name: plan.name.clone(),
                kind: "autoscaler",
                figures: figures(plan, &scaler.figures, self.now),
            })
            .collect()
    }
}

fn figures(
    plan: &AutoscalerPlan,
    own: &Figures,
    now: Instant,
) -> Vec<(&'static str, MeasuredFigure)> {
    let mean =
        |sum: u64| MeasuredFigure::Mean((own.periods > 0).then(|| sum as f64 / own.periods as f64));
    let mut figures = vec![
        ("scale_outs", MeasuredFigure::Count(own.outs)),
        ("scale_ins", MeasuredFigure::Count(own.ins)),
        ("instances_ready_mean", MeasuredFigure::Mean(Some(own.ready.mean(now)))),
        ("at_max_share", mean(own.at_max)),
    ];
    if plan.settings.target.is_some() {
        figures.extend([
            ("instances_needed_mean", MeasuredFigure::Mean(Some(own.needed.mean(now)))),
            ("undershoot_mean", mean(own.under.0)),
            ("undershoot_max", MeasuredFigure::Max(own.under.1 as f64)),
            ("overshoot_mean", mean(own.over.0)),
            ("overshoot_max", MeasuredFigure::Max(own.over.1 as f64)),
        ]);
    }
    figures
}
