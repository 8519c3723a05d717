//! Things die: nodes and links, what that does to work in flight, who learns
//! of it and when.
//!
//! A scenario in which nothing can fail has no [`Faults`], and none of its
//! programs asks for them.

mod autoscale;
mod caches;
mod contact;
mod freeze;
mod health;
mod links;
mod nodes;
pub mod plan;
mod processes;
mod provisioned;
mod script;
mod strike;
mod up_time;

use super::availability::{AvailabilityRecord, INCIDENTS_KEPT, Incident};
use super::request::{JobId, Slab};
use super::world::{EventKind, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::time::Instant;
use crate::metrics::time_weighted::TimeWeighted;
use crate::route::step::Pc;
pub use autoscale::COURSES;
use autoscale::Scaler;
use health::Checked;
use links::Links;
use nodes::Node;
pub use nodes::NodeState;
use plan::FaultPlan;
use processes::Process;
use up_time::UpTimeClock;

/// The state of everything that can fail.
pub struct Faults<'a> {
    /// What can fail.
    pub plan: &'a FaultPlan,
    /// Instances of all components.
    nodes: Vec<Node>,
    /// What is to happen, by the index in its event.
    actions: Slab<Action>,
    /// Failures by chance: one per group of nodes that fail together.
    processes: Vec<Process>,
    /// First of `processes` of each plan, and crews at work there.
    crews: Vec<processes::Crews>,
    /// Links in trouble.
    links: Links,
    /// What load balancers know of their targets.
    checked: Vec<Vec<Checked>>,
    /// Calls that wait for a frozen node to take them.
    waiting: Vec<Vec<JobId>>,
    /// Frozen jobs: where they go on, and whether their event has come.
    frozen: Vec<Frozen>,
    /// Nobody can look the name up.
    pub dns_is_out: bool,
    /// Incidents that are not over, with their source.
    open_incidents: Vec<(Source, Place)>,
    /// Availability by time.
    up_time: UpTimeClock,
    /// Machines paid for, by component, where their number changes.
    provisioned: Vec<Option<TimeWeighted>>,
    /// Until when, and with which integral, the courses know of them.
    noted: Vec<(Instant, u128)>,
    /// Services whose number of instances follows the load.
    scalers: Vec<Scaler>,
}

/// Who has struck a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// An event of the script.
    Event(u16),
    /// A failure by chance: number of its process.
    Process(u32),
    /// It boots.
    Boot,
    /// An autoscaler's action, by number.
    Scaling(u16, u32),
}

/// A job of a frozen node.
#[derive(Clone, Copy, Debug)]
struct Frozen {
    job: JobId,
    node: usize,
    /// The verb at which it was frozen.
    pc: Pc,
    /// It waited for the disk, and asks for it again.
    again: bool,
    /// Its event has come.
    over: bool,
}

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// An event of the script begins.
    EventBegins(u16),
    /// It is over.
    EventEnds(u16),
    /// The next slice of a resharding is due; the number of the attempt.
    Slice(u16, u32),
    /// A failure by chance; the number of the up-time that ends.
    Fails(u32, u32),
    /// Its repair is over.
    Repaired(u32, u32),
    /// A node has booted.
    Booted(u32, u32),
    /// A load balancer has made up its mind on a target.
    Verdict {
        /// Number of the balancer.
        balancer: u16,
        /// Number of the target.
        target: u32,
        /// Valid if nothing has changed since.
        epoch: u32,
    },
    /// Nobody may be left at a node that is out of service; its boot.
    Leaves(u32, u32),
    /// A period of an autoscaler is over.
    PeriodEnds(u16),
    /// Its metric is known.
    MetricKnown(u16),
    /// An entry of its schedule begins to hold.
    ScheduleDue(u16, u16),
    /// What an action of it has started is ready.
    ScaledOut(u16, u32),
    /// A new machine takes the place of a target.
    Replaced {
        /// Number of the balancer.
        balancer: u16,
        /// Number of the target.
        target: u32,
        /// Valid if it has been out since.
        outage: u32,
    },
}

impl<'a> Faults<'a> {
    /// Everything up that is in service at the start.
    pub fn new(plan: &'a FaultPlan) -> Self {
        let nodes: Vec<Node> = plan.nodes.iter().map(|node| Node::new(plan, node)).collect();
        Self {
            plan,
            actions: Slab::new(),
            processes: processes::all(plan),
            crews: processes::crews(plan),
            links: Links::default(),
            checked: plan.balancers.iter().map(Checked::all).collect(),
            waiting: vec![Vec::new(); nodes.len()],
            frozen: Vec::new(),
            dns_is_out: false,
            open_incidents: Vec::new(),
            up_time: UpTimeClock::default(),
            provisioned: provisioned::levels(plan),
            noted: vec![(Instant::ZERO, 0); plan.components.len()],
            scalers: plan.autoscalers.iter().map(|own| Scaler::new(plan, own)).collect(),
            nodes,
        }
    }
}

impl<'a> World<'a> {
    /// The state of what can fail.
    ///
    /// # Panics
    /// If nothing can.
    #[inline]
    pub fn faults(&mut self) -> &mut Faults<'a> {
        self.faults.as_mut().expect("something can fail")
    }

    /// What can fail.
    ///
    /// # Panics
    /// If nothing can.
    #[inline]
    pub fn fault_plan(&self) -> &'a FaultPlan {
        self.faults.as_ref().expect("something can fail").plan
    }

    /// Puts the script and the first failures into the future.
    pub fn wind_faults(&mut self) {
        let Some(faults) = &self.faults else { return };
        let plan = faults.plan;
        self.seat_roles();
        self.absent_nodes_leave_their_groups();
        for (number, event) in plan.events.iter().enumerate() {
            self.schedule_action(event.at, Phase::Fault, Action::EventBegins(number as u16));
        }
        for process in 0..self.faults().processes.len() {
            self.schedule_failure(process);
        }
        self.wind_autoscalers();
        self.wind_up_time();
    }

    fn schedule_action(&mut self, at: Instant, phase: Phase, action: Action) {
        let index = self.faults().actions.insert(action);
        self.queue.schedule(at, phase, EventKind::FaultDue.with(index));
    }

    /// Something is due.
    #[cold]
    #[inline(never)]
    pub fn fault_due(&mut self, index: u32) {
        let faults = self.faults();
        let action = faults.actions[index];
        faults.actions.remove(index);
        match action {
            Action::EventBegins(event) => self.begin_event(event),
            Action::EventEnds(event) => self.end_event(event),
            Action::Slice(resharding, epoch) => self.slice_is_due(resharding, epoch),
            Action::Fails(process, epoch) => self.process_fails(process as usize, epoch),
            Action::Repaired(process, epoch) => self.process_is_repaired(process as usize, epoch),
            Action::Booted(node, epoch) => self.node_has_booted(node as usize, epoch),
            Action::Leaves(node, epoch) => self.may_leave(node as usize, epoch),
            Action::PeriodEnds(scaler) => self.period_ends(usize::from(scaler)),
            Action::MetricKnown(scaler) => self.metric_known(usize::from(scaler)),
            Action::ScheduleDue(scaler, entry) => {
                self.entry_due(usize::from(scaler), usize::from(entry));
            }
            Action::ScaledOut(scaler, number) => {
                self.close_incidents(Source::Scaling(scaler, number));
            }
            Action::Verdict { balancer, target, epoch } => {
                self.verdict(usize::from(balancer), target as usize, epoch);
            }
            Action::Replaced { balancer, target, outage } => {
                self.replaced(usize::from(balancer), target as usize, outage);
            }
        }
        self.note_scalers();
        self.note_up_time();
        self.pull_all();
    }

    /// Opens an incident that ends with its source.
    pub(super) fn open_incident(
        &mut self,
        source: Source,
        component: &str,
        kind: &'static str,
        cause: &str,
    ) {
        let (now, failed) = (self.now, self.recorder.failed_for_good);
        let record = &mut self.recorder.availability;
        let place = if record.incidents.len() < INCIDENTS_KEPT {
            record.incidents.push(Incident {
                component: component.to_owned(),
                kind,
                cause: cause.to_owned(),
                start: now,
                end: None,
                requests_failed: failed,
                figures: Vec::new(),
            });
            Place::Kept(record.incidents.len() - 1)
        } else {
            let sums = record.count_further(component, kind, cause);
            Place::Further { sums, start: now, failed }
        };
        self.faults().open_incidents.push((source, place));
    }

    /// The next slice of a resharding.
    pub(super) fn schedule_slice(&mut self, at: Instant, resharding: u16, epoch: u32) {
        self.schedule_action(at, Phase::Completion, Action::Slice(resharding, epoch));
    }

    /// Figures of the incident that an event is.
    pub(super) fn note_event_figures(&mut self, event: u16, figures: &[(&'static str, f64)]) {
        let source = Source::Event(event);
        let mut open = self.faults.iter().flat_map(|faults| &faults.open_incidents);
        let Some(&(_, Place::Kept(place))) = open.find(|(own, _)| *own == source) else { return };
        self.recorder.availability.incidents[place].figures = figures.to_vec();
    }

    /// An event has reached its end.
    pub(super) fn event_is_over(&mut self, event: u16) {
        self.close_incidents(Source::Event(event));
    }

    /// Ends the incidents of a source.
    pub(super) fn close_incidents(&mut self, source: Source) {
        let (now, failed) = (self.now, self.recorder.failed_for_good);
        let faults = self.faults.as_mut().expect("something can fail");
        let record = &mut self.recorder.availability;
        faults.open_incidents.retain(|(own, place)| {
            if *own == source {
                place.close(record, now, failed);
            }
            *own != source
        });
    }

    /// Closes the books on what is still open at the end.
    pub fn end_incidents(&mut self) {
        let (now, failed) = (self.now, self.recorder.failed_for_good);
        for incident in &mut self.recorder.availability.incidents {
            if incident.end.is_none() {
                incident.requests_failed = failed - incident.requests_failed;
            }
        }
        let open = self.faults.iter().flat_map(|faults| &faults.open_incidents);
        for (_, place) in open {
            if let Place::Further { sums, start, failed: before } = *place {
                let sums = &mut self.recorder.availability.further[sums];
                sums.cut_short(now - start, failed - before);
            }
        }
        self.recorder.availability.incidents.sort_by_key(|incident| incident.start);
    }
}

/// Where an incident stands that is not over.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Its index in the record.
    Kept(usize),
    /// Only summed up.
    Further {
        /// Index of its sums.
        sums: usize,
        start: Instant,
        /// Requests that had failed for good before.
        failed: u64,
    },
}

impl Place {
    fn close(&self, record: &mut AvailabilityRecord, now: Instant, failed: u64) {
        match *self {
            Self::Kept(index) => {
                let incident = &mut record.incidents[index];
                incident.end = Some(now);
                incident.requests_failed = failed - incident.requests_failed;
            }
            Self::Further { sums, start, failed: before } => {
                record.further[sums].end(now - start, failed - before);
            }
        }
    }
}
