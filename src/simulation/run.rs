//! One replication, from the first event to the last.

use super::blueprint::{ArrivalPlan, Blueprint, INDEX_END};
use super::cdn::warm_network;
use super::measured::Measured;
use super::recorder::Recorder;
use super::regional::Seen;
use super::request::JobId;
use super::request::Outcome;
use super::warm::warm_caches;
use super::world::{EventKind, World};
use crate::kernel::event_queue::Event;
use crate::kernel::time::{Duration, Instant};

/// Events between two reports of progress.
const PROGRESS_EVENTS: u64 = 1 << 16;

/// Events played to the end of an instant after a limit has struck.
const OVERRUN_MAX: u32 = 100_000;

/// Most jobs: some of their numbers are kept back to end in good order.
const JOBS_MAX: usize = INDEX_END as usize - 1_024;
/// Jobs that may exist per request that may be in flight …
const JOBS_PER_REQUEST: usize = 4;
/// … and beside them.
const JOBS_MIN: usize = 10_000;
/// A queue this long when a limit strikes is called growing.
const QUEUE_GROWN: u64 = 100;

/// What one replication has produced.
#[derive(Clone, Debug)]
pub struct Played {
    /// What users saw.
    pub recorder: Recorder,
    /// What stations and tiers did within the window.
    pub measured: Measured,
    /// End of the window: earlier than planned where a limit struck.
    pub window_end: Instant,
    /// Events played.
    pub events: u64,
    /// Two words over the sequence of events.
    pub fingerprint: [u64; 2],
    /// The limit that ended it, in words.
    pub limit: Option<String>,
    /// Bytes of state that grow with the load: the most at once.
    pub in_flight_max: usize,
}

/// Plays one replication of a blueprint; requests that arrive from `warmup` on
/// are measured, the first `trace` ones written down. `tell` is called with
/// `told` and the share that is done, now and then.
pub fn play<C>(
    plan: &Blueprint,
    seed: u64,
    replication: u32,
    warmup: Duration,
    trace: u32,
    (told, tell): (&C, fn(&C, f64)),
) -> Played {
    let (start, end) = (Instant::ZERO + warmup, Instant::ZERO + plan.duration);
    let mut recorder = Recorder::new(plan, start, end);
    recorder.trace(trace);
    let mut world = World::new(plan, seed, replication, recorder);
    warm_caches(&mut world);
    warm_network(&mut world);
    world.wind_clock();
    world.wind_faults();
    world.fill_resolvers();
    world.seat_users();
    let mut course = Course::default();
    while let Some(event) = world.queue.pop() {
        course.note(&event);
        world.now = event.at;
        let job = match world.handle(&event) {
            Then::Continue(job) => job,
            Then::Stop => break,
        };
        world.go_on(job);
        if course.events < course.look_up_at && world.is_calm() {
            continue;
        }
        let recorder = &world.recorder;
        let drained = recorder.measured_in_flight == 0
            && recorder.pages_loading == 0
            && world.messages_are_settled();
        if world.measured.is_some() && drained {
            break;
        }
        if course.events % PROGRESS_EVENTS == 0 {
            tell(told, world.now.as_secs_f64() / end.as_secs_f64());
        }
        if course.limit.is_none() {
            course.limit = world.limit_struck(course.events);
        }
        if course.limit.is_some() && world.instant_is_over(&mut course) {
            break;
        }
        course.look_up_at = match &course.limit {
            None => course.events.next_multiple_of(PROGRESS_EVENTS).min(plan.limits.events),
            Some(_) => 0,
        };
    }
    world.end(course)
}

/// What follows an event.
enum Then {
    /// This job goes on, if any, then those that became ready.
    Continue(Option<JobId>),
    /// The replication is over.
    Stop,
}

/// Fingerprint and length of what was played.
#[derive(Clone, Debug, Default)]
struct Course {
    events: u64,
    fingerprint: [u64; 2],
    limit: Option<String>,
    /// Events played after the limit struck.
    overrun: u32,
    /// Until so many events have been played, nothing but the state of the
    /// world can end the replication.
    look_up_at: u64,
}

impl Course {
    /// Folds an event into the fingerprint: two independent multiplicative
    /// hashes of its time and payload.
    #[inline]
    fn note(&mut self, event: &Event) {
        self.events += 1;
        let word = event.at.as_nanos() ^ u64::from(event.payload) << 36;
        let [first, second] = self.fingerprint;
        self.fingerprint = [
            (first.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95),
            (second.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        ];
    }
}

impl World<'_> {
    /// The first arrivals.
    fn seat_users(&mut self) {
        match &self.plan.population.arrivals {
            ArrivalPlan::Closed(_) => {
                let users = self.plan.population.users;
                self.seat_known_users(users);
                (0..users as u32).for_each(|user| self.think(user));
            }
            ArrivalPlan::Replay(requests) => {
                let known = requests.iter().filter(|request| request.user != u32::MAX);
                let users = known.map(|request| u64::from(request.user) + 1).max().unwrap_or(0);
                self.seat_known_users(users);
                self.schedule_arrival();
            }
            _ => self.schedule_arrival(),
        }
    }

    /// One event, but for the job that goes on by it.
    #[inline(always)]
    fn handle(&mut self, event: &Event) -> Then {
        let (kind, index) = EventKind::of(event.payload);
        match kind {
            EventKind::JobResumed => {
                self.resume(index);
                return Then::Continue(Some(index));
            }
            EventKind::SharedCpuCompleted => {
                if self.cpu_tickets[index as usize] == Some(event.ticket) {
                    return Then::Continue(self.complete_shared(index));
                }
            }
            EventKind::RequestArrived => return Then::Continue(self.arrive()),
            EventKind::UserAsked => return Then::Continue(self.ask(index)),
            EventKind::AttemptTimedOut => self.time_out(index),
            EventKind::PatienceEnded => self.end_patience(index),
            EventKind::EntryShipped => self.entry_shipped(index),
            EventKind::RetryDue => return Then::Continue(self.begin_attempt(index)),
            EventKind::HedgeDue => return Then::Continue(self.hedge_due(index, event.ticket)),
            EventKind::FaultDue => self.fault_due(index),
            EventKind::DeliveryDue => self.delivery_due(index),
            EventKind::DatabaseDue => self.database_due(index),
            EventKind::RegionDue => self.region_due(index),
            EventKind::ClockTicked => {
                if self.tick(index) {
                    return Then::Stop;
                }
            }
        }
        Then::Continue(None)
    }

    /// Nothing in the state of the world asks for an end.
    #[inline(always)]
    fn is_calm(&self) -> bool {
        self.requests.in_use() <= self.plan.limits.in_flight as usize
            && self.jobs.in_use() < self.jobs_max()
            && !self.queue.exhausted()
            && !self.recorder.is_closed()
    }

    /// After a limit the present instant is played to its end, so that the
    /// accounts can be audited; a loop that takes no time is cut off.
    fn instant_is_over(&self, course: &mut Course) -> bool {
        course.overrun += 1;
        self.queue.next_at().is_none_or(|next| next > self.now) || course.overrun > OVERRUN_MAX
    }

    /// Says which limit struck, if one did.
    #[inline]
    fn limit_struck(&self, events: u64) -> Option<String> {
        let limits = &self.plan.limits;
        let in_flight = self.requests.in_use();
        if in_flight <= limits.in_flight as usize
            && events < limits.events
            && self.jobs.in_use() < self.jobs_max()
            && self.longest_backlog().1 < self.jobs_max() as u64
            && !self.queue.exhausted()
        {
            return None;
        }
        Some(self.describe_limit(in_flight, events))
    }

    /// Most jobs at once: branches, abandoned attempts and log entries count
    /// beside the requests, and fan out further than these.
    #[inline]
    fn jobs_max(&self) -> usize {
        (JOBS_PER_REQUEST * self.plan.limits.in_flight as usize + JOBS_MIN).min(JOBS_MAX)
    }

    #[cold]
    fn describe_limit(&self, in_flight: usize, events: u64) -> String {
        let jobs = self.jobs.in_use();
        let limit = if in_flight > self.plan.limits.in_flight as usize {
            format!("{in_flight} requests in flight")
        } else if self.longest_backlog().1 >= self.jobs_max() as u64 {
            let (queue, length) = self.longest_backlog();
            format!("{length} messages in {queue}")
        } else if jobs >= self.jobs_max() {
            format!("{jobs} jobs at once (branches and abandoned attempts included)")
        } else {
            format!("{events} events")
        };
        let (station, length) = self.longest_queue();
        if length < QUEUE_GROWN {
            return format!("stopped at {} at the limit of {limit}", self.now);
        }
        format!(
            "unstable: the queue of {station} grew to {length} at {}; stopped at the limit of \
             {limit}",
            self.now
        )
    }

    /// The station at which most jobs wait now.
    fn longest_queue(&self) -> (String, u64) {
        let measured = self.measure();
        let longest = measured.stations.iter().reduce(|longest, station| {
            if station.queue_end > longest.queue_end { station } else { longest }
        });
        match longest {
            None => ("nothing".to_owned(), 0),
            Some(station) => {
                let name = &self.plan.stations.names[usize::from(station.label.name)].name;
                (format!("{name} {}", station.label.instance), station.queue_end)
            }
        }
    }

    /// Settles the accounts.
    fn end(mut self, course: Course) -> Played {
        let window_end = self.recorder.end.min(self.now);
        if self.measured.is_none() {
            // A limit struck before the end of the window: it ends here, and is
            // empty where it had not begun.
            if self.recorder.start > window_end {
                self.recorder.start = window_end;
                self.tick(0);
            }
            self.recorder.end = window_end;
            self.tick(2);
        }
        self.audit_end();
        self.end_queues();
        self.end_incidents();
        if !self.has_static_files {
            self.recorder.pages_are_answers();
        }
        let loading = self.requests.iter().filter(|request| {
            request.measured && request.outcome == Outcome::Answered && request.jobs > 0
        });
        for request in loading.take(self.recorder.pages_loading as usize) {
            self.recorder.pages.record_unfinished(self.now - request.arrival);
        }
        for id in 0..self.requests.places() as u32 {
            let request = &self.requests[id];
            if request.measured && !request.is_settled() {
                let endpoint = &mut self.recorder.endpoints[usize::from(request.endpoint)];
                endpoint.response.record_unfinished(self.now - request.arrival);
                self.observe(id, Seen::Unfinished);
            }
        }
        Played {
            measured: self.measured.take().unwrap_or_default(),
            window_end,
            events: course.events,
            fingerprint: course.fingerprint,
            limit: course.limit,
            in_flight_max: self.requests.places(),
            recorder: self.recorder,
        }
    }
}
