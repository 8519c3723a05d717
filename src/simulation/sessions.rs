//! Sessions in play: balancers that send a user to the server of his visit,
//! requests that find theirs or build it again, and what goes with a server.

use super::blueprint::NONE;
use super::courses::Shape;
use super::faults::NodeState;
use super::interpreter::Flow;
use super::measured::{ComponentMeasured, MeasuredFigure};
use super::regions_plan::route_of;
use super::request::{JobId, NOBODY};
use super::world::World;
use crate::kernel::random::Key;
use crate::kernel::time::Duration;
use crate::route::step::{Pc, Slot};
use crate::tier::sessions::{Found, Sessions, Settings};

/// Sessions of one service.
#[derive(Clone, Debug)]
pub struct SessionsPlan {
    /// Such as `sessions.web`.
    pub name: String,
    /// Group of the instances of the service.
    pub group: u16,
    /// First entry of the service in the table instance → CPU.
    pub place: u32,
    /// Number of the service among what can fail; [`NONE`] where nothing can.
    pub component: u16,
    /// Sessions in the memory of the instances; `None`: they lie elsewhere.
    pub sticky: Option<StickyPlan>,
}

/// Sessions in the memory of the instances.
#[derive(Clone, Debug)]
pub struct StickyPlan {
    /// What rules them.
    pub settings: Settings,
    /// Instances, those that may come later included.
    pub servers: u32,
    /// An instance that is to go waits so long at most for its visits to end.
    pub drain: Duration,
}

/// Sessions of one service in play.
#[derive(Clone, Debug)]
pub struct SessionsTier {
    /// Who has one where, if servers have them.
    held: Option<Sessions>,
    counts: Counts,
    noted: [u64; 2],
}

/// What has happened in the window.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    begun: u64,
    found: u64,
    rebuilt: u64,
    lost: u64,
    dropped: u64,
}

/// Courses over time: figure and shape.
pub(super) const COURSES: [(&str, Shape); 2] =
    [("sessions_lost_per_s", Shape::Rate), ("rebuilt_per_s", Shape::Rate)];

impl SessionsTier {
    /// As before the first request.
    pub fn new(plan: &SessionsPlan, number: usize, root: Key) -> Self {
        let traits = root.named("sessions").numbered(number as u64);
        let held = plan
            .sticky
            .as_ref()
            .map(|sticky| Sessions::new(sticky.servers as usize, sticky.settings.clone(), traits));
        Self { held, counts: Counts::default(), noted: [0; 2] }
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self) {
        (self.counts, self.noted) = (Counts::default(), [0; 2]);
    }
}

/// Verbs.
impl World<'_> {
    /// The user goes to the server of his visit, if it is there; else the
    /// balancer chooses.
    #[inline(never)]
    pub(super) fn find_home(&mut self, job: JobId, sessions: u16, slot: Slot, chosen: Pc) -> Flow {
        let plan = &self.plan.sessions[usize::from(sessions)];
        let Some(home) = self.home_of_job(job, sessions) else { return Flow::Next };
        if !self.takes_its_users(plan, job, home) {
            return Flow::Next;
        }
        if self.plan.groups[usize::from(plan.group)].counts_connections() {
            self.balancer_of(plan.group, home as usize).begin(home as usize);
        }
        self.jobs[job].slots[usize::from(slot)] = home;
        Flow::Jump(chosen)
    }

    /// The server that the browser of a job's user remembers.
    fn home_of_job(&self, job: JobId, sessions: u16) -> Option<u32> {
        let request = self.jobs[job].request;
        let held = self.sessions[usize::from(sessions)].held.as_ref()?;
        if request == NOBODY {
            return None;
        }
        held.home(self.now, self.requests[request].user)
    }

    /// Whether the balancer sends an instance the users who have a visit there:
    /// also while it gets no others. What it holds for dead gets nobody.
    fn takes_its_users(&mut self, plan: &SessionsPlan, job: JobId, home: u32) -> bool {
        if let Some(regions) = &self.plan.regions {
            let site = usize::from(route_of(&self.jobs[job].slots).1);
            let nearest = regions.split(plan.group).map(|split| &regions.splits[split].near[site]);
            let own = regions.of_place[(plan.place + home) as usize];
            if nearest.is_some_and(|near| near.first() != Some(&own)) {
                return false;
            }
        }
        if self.balancer_of(plan.group, home as usize).is_in_pool(home as usize) {
            return true;
        }
        if plan.component == NONE {
            return false;
        }
        let node = self.fault_plan().node(plan.component, home);
        self.node_state(node) == NodeState::Up && self.is_drained(node)
    }

    /// Whether a job is where its user's visit goes on.
    pub(super) fn is_at_home(&self, job: JobId, component: u16, slot: Slot) -> bool {
        let sticky = self.plan.sessions.iter().position(|plan| plan.component == component);
        sticky.is_some_and(|sessions| {
            let instance = self.jobs[job].slots[usize::from(slot)];
            self.home_of_job(job, sessions as u16) == Some(instance)
        })
    }

    /// The request finds its session, or begins one; a lost one is built again.
    #[inline(never)]
    pub(super) fn look_for_session(
        &mut self,
        job: JobId,
        sessions: u16,
        slot: Slot,
        hit: Pc,
    ) -> Flow {
        let server = self.jobs[job].slots[usize::from(slot)];
        let (now, user) = (self.now, self.requests[self.jobs[job].request].user);
        let tier = &mut self.sessions[usize::from(sessions)];
        let Some(held) = &mut tier.held else { return Flow::Next };
        match held.find(now, server, user) {
            Found::Session => tier.counts.found += 1,
            Found::Visitor => tier.counts.begun += 1,
            Found::Lost => return Flow::Next,
        }
        tier.counts.dropped += held.keep(now, server, user);
        Flow::Jump(hit)
    }

    /// A session was built again, and is kept where the request is.
    #[inline(never)]
    pub(super) fn session_rebuilt(&mut self, job: JobId, sessions: u16, slot: Slot) -> Flow {
        let server = self.jobs[job].slots[usize::from(slot)];
        let (now, user) = (self.now, self.requests[self.jobs[job].request].user);
        let tier = &mut self.sessions[usize::from(sessions)];
        tier.counts.rebuilt += 1;
        if let Some(held) = &mut tier.held {
            tier.counts.dropped += held.keep(now, server, user);
        }
        Flow::Next
    }
}

/// Servers that go.
impl World<'_> {
    /// Sessions of a service that can fail, with its plan.
    fn sessions_at(&mut self, node: usize) -> Option<(&mut SessionsTier, &StickyPlan, usize)> {
        let own = &self.faults.as_ref()?.plan.nodes[node];
        let number = self.plan.sessions.iter().position(|plan| plan.component == own.component)?;
        let sticky = self.plan.sessions[number].sticky.as_ref()?;
        Some((&mut self.sessions[number], sticky, own.instance as usize))
    }

    /// What a node has in its memory is gone.
    pub(super) fn lose_sessions(&mut self, node: usize) {
        let now = self.now;
        let Some((tier, _, server)) = self.sessions_at(node) else { return };
        if let Some(held) = &mut tier.held {
            tier.counts.lost += held.lose(now, server);
        }
    }

    /// How long a node that is to go waits for its visits to end; `None`: it has
    /// none.
    pub(super) fn sessions_hold(&mut self, node: usize) -> Option<Duration> {
        let now = self.now;
        let (tier, sticky, server) = self.sessions_at(node)?;
        let left = tier.held.as_ref().map_or(0.0, |held| held.count(now, server));
        (left >= 0.5).then_some(sticky.drain)
    }
}

/// Figures.
impl World<'_> {
    /// Tells the present bucket what has come since the last note.
    pub(super) fn note_sessions(&mut self, bucket: usize) {
        if self.sessions.is_empty() {
            return;
        }
        let first = self
            .recorder
            .courses
            .components
            .iter()
            .position(|course| course.figure == COURSES[0].0);
        let courses = &mut self.recorder.courses.components[first.unwrap_or(0)..];
        let courses = courses.chunks_exact_mut(COURSES.len());
        for (tier, courses) in self.sessions.iter_mut().zip(courses) {
            let present = [tier.counts.lost, tier.counts.rebuilt];
            let before = std::mem::replace(&mut tier.noted, present);
            for ((course, present), before) in courses.iter_mut().zip(present).zip(before) {
                course.add(bucket, u128::from(present - before));
            }
        }
    }

    /// Figures of the window.
    pub(super) fn measure_sessions(&self) -> Vec<ComponentMeasured> {
        let plans = self.plan.sessions.iter().zip(&self.sessions);
        plans
            .map(|(plan, tier)| ComponentMeasured {
                name: plan.name.clone(),
                kind: "sessions",
                figures: self.figures_of_sessions(plan, tier),
            })
            .collect()
    }

    fn figures_of_sessions(
        &self,
        plan: &SessionsPlan,
        tier: &SessionsTier,
    ) -> Vec<(&'static str, MeasuredFigure)> {
        let counts = &tier.counts;
        let mut figures = vec![("rebuilt", MeasuredFigure::Count(counts.rebuilt))];
        let Some(held) = &tier.held else { return figures };
        let servers = 0..self.plan.groups[usize::from(plan.group)].instances;
        let runs = |server: &u32| {
            plan.component == NONE
                || self.node_state(self.fault_plan().node(plan.component, *server)) == NodeState::Up
        };
        let counted = servers.filter(runs).map(|server| held.count(self.now, server as usize));
        let each: Vec<f64> = counted.collect();
        let mean = each.iter().sum::<f64>() / each.len().max(1) as f64;
        let max = each.iter().copied().fold(0.0, f64::max);
        figures.extend([
            ("sessions_lost", MeasuredFigure::Count(counts.lost)),
            ("dropped_for_room", MeasuredFigure::Count(counts.dropped)),
            ("found", MeasuredFigure::Count(counts.found)),
            ("begun", MeasuredFigure::Count(counts.begun)),
            ("sessions_per_server_mean", MeasuredFigure::Mean(Some(mean))),
            ("sessions_per_server_max", MeasuredFigure::Mean(Some(max))),
            ("imbalance", MeasuredFigure::Mean((mean > 0.0).then(|| max / mean))),
        ]);
        figures
    }
}
