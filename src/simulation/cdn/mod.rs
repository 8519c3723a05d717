//! A content delivery network in play: browsers ask the edge of their region
//! for static files, and what an edge lacks it fetches from the origin.
//!
//! Each file draws its own key: files of one page are drawn one by one, and may
//! be the same. A file asked for while its edge fetches it is not fetched again:
//! it waits for that fetch, and asks anew where that fails.

pub mod plan;
mod warm;

use self::plan::{CdnPlan, file_of, key_of};
pub(super) use self::warm::warm_network;
use super::courses::Shape;
use super::interpreter::Flow;
use super::measured::{ComponentMeasured, MeasuredFigure};
use super::regions_plan::route_of;
use super::request::{Job, JobId, NOBODY};
use super::world::World;
use crate::kernel::random::Key;
use crate::kernel::time::Duration;
use crate::route::families::CdnVerb;
use crate::route::step::{Leg, Pc, Purpose, StepId, Verb};
use crate::tier::cdn::{Found, Network};

/// The job has no fetch under way.
const NO_FETCH: u64 = u64::MAX;
/// Numbers of a job's own draws, apart from those of its steps.
const EDGE_RTT_DRAW: u64 = (1 << 32) + 48;
const REFRESH_DRAW: u64 = (1 << 32) + 49;

/// A content delivery network in play.
#[derive(Clone, Debug)]
pub struct CdnTier {
    /// What its caches hold, and what they fetch.
    pub network: Network,
    /// It is dead: a browser learns that after this time.
    pub outage: Option<Duration>,
    /// By edge, in the window.
    counts: Vec<Counts>,
    /// What the courses have been told.
    noted: [u64; 4],
}

/// What has come to one edge in the window.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    fresh: u64,
    stale: u64,
    missed: u64,
    coalesced: u64,
    shield_hits: u64,
    fetched: u64,
    refreshed: u64,
    fallbacks: u64,
    bytes_found: u64,
    bytes_served: u64,
    bytes_fetched: u64,
    bytes_around: u64,
}

impl Counts {
    fn add(mut self, other: &Self) -> Self {
        self.fresh += other.fresh;
        self.stale += other.stale;
        self.missed += other.missed;
        self.coalesced += other.coalesced;
        self.shield_hits += other.shield_hits;
        self.fetched += other.fetched;
        self.refreshed += other.refreshed;
        self.fallbacks += other.fallbacks;
        self.bytes_found += other.bytes_found;
        self.bytes_served += other.bytes_served;
        self.bytes_fetched += other.bytes_fetched;
        self.bytes_around += other.bytes_around;
        self
    }
}

/// Courses over time: figure and shape.
pub(super) const COURSES: [(&str, Shape); 4] = [
    ("hits_per_s", Shape::Rate),
    ("misses_per_s", Shape::Rate),
    ("stale_served_per_s", Shape::Rate),
    ("fallbacks_per_s", Shape::Rate),
];

impl CdnTier {
    /// Cold.
    pub fn new(plan: &CdnPlan) -> Self {
        Self {
            network: Network::new(plan.edges.len(), plan.settings),
            outage: None,
            counts: vec![Counts::default(); plan.edges.len()],
            noted: [0; 4],
        }
    }

    fn total(&self) -> Counts {
        self.counts.iter().fold(Counts::default(), Counts::add)
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self) {
        self.network.begin_window();
        self.counts.fill(Counts::default());
        self.noted = [0; 4];
    }
}

/// Where a file is, and how large.
struct File {
    edge: u32,
    key: u64,
    bytes: u64,
}

/// Who asks whom for what.
impl World<'_> {
    fn cdn_plan(&self) -> &CdnPlan {
        self.plan.cdn.as_ref().expect("only programs of a network have its verbs")
    }

    fn cdn(&mut self) -> &mut CdnTier {
        self.cdn.as_mut().expect("only programs of a network have its verbs")
    }

    /// The file that a step asks for, and the edge of its user.
    fn file_asked(&self, job: JobId, catalogue: u16, step: StepId) -> File {
        let plan = self.cdn_plan();
        let own = &plan.catalogues[usize::from(catalogue)];
        let draws = &mut self.request_key(job, step, Purpose::Keys).draws();
        let file = own.popularity.sample(draws);
        let home = match &self.plan.regions {
            None => 0,
            Some(_) => usize::from(route_of(&self.jobs[job].slots).0),
        };
        File { edge: plan.edge_of[home], key: key_of(catalogue, file), bytes: own.bytes_of(file) }
    }

    /// The file that a job fetches.
    fn file_fetched(&self, fetch: u32) -> File {
        let network = self.cdn.as_ref().map(|cdn| &cdn.network);
        let (edge, key) = network.map_or((0, 0), |network| network.fetched(fetch));
        let (catalogue, file) = file_of(key);
        File { edge, key, bytes: self.cdn_plan().catalogues[catalogue].bytes_of(file) }
    }

    /// The request's own draws, or those of a fetch in the background.
    fn own_key(&self, job: JobId) -> Key {
        match self.jobs[job].request {
            NOBODY => self.jobs[job].key,
            request => self.requests[request].key,
        }
    }

    /// Round trip between a user and the edge that it asks.
    fn round_trip_to_edge(&self, job: JobId) -> Duration {
        let plan = self.cdn_plan();
        let key = self.own_key(job).numbered(EDGE_RTT_DRAW);
        let near = plan.rtt.sample_duration(&mut key.draws());
        let Some(regions) = &self.plan.regions else { return near };
        let home = route_of(&self.jobs[job].slots).0;
        let edge = plan.edge_of[usize::from(home)] as usize;
        near + regions.round_trip(home, plan.edges[edge].region)
    }

    /// Round trip of a leg behind an edge. The way from any edge to whom it
    /// asks is that of a client, and what lies between their regions.
    fn round_trip_of(&self, job: JobId, edge: u32, leg: Leg) -> Duration {
        let plan = self.cdn_plan();
        let (edge, shield) = (plan.edges[edge as usize].region, plan.shield_region);
        let site = match &self.plan.regions {
            None => 0,
            Some(_) => route_of(&self.jobs[job].slots).1,
        };
        let (from, to) = match leg {
            Leg::EdgeToOrigin => (edge, site),
            Leg::EdgeToShield => (edge, shield),
            Leg::ShieldToOrigin => (shield, site),
        };
        let apart = self.plan.regions.as_ref().map(|regions| regions.round_trip(from, to));
        let far = match leg {
            Leg::ShieldToOrigin => Duration::ZERO,
            _ => self.distance_of_client(self.own_key(job)),
        };
        far + apart.unwrap_or_default()
    }
}

/// Verbs of a browser.
impl World<'_> {
    /// Client to edge: round trips to connect unless a connection is open, then
    /// half a round trip.
    #[inline(never)]
    pub(super) fn edge_connect(&mut self, job: JobId, reuse: bool) -> Flow {
        let rtt = self.round_trip_to_edge(job).as_nanos();
        let handshakes = match reuse || self.connection_is_open(job) {
            true => 0,
            false => u64::from(self.plan.network.handshakes),
        };
        self.resume_or_go_on(job, Duration::from_nanos(rtt * handshakes + rtt / 2))
    }

    /// The edge has the file, or waits for it, or is to fetch it. Where the
    /// network is dead the browser turns to the origin: the next verb.
    #[inline(never)]
    pub(super) fn edge_look_up(
        &mut self,
        job: JobId,
        (catalogue, step): (u16, StepId),
        hit: Pc,
        fetch: Pc,
    ) -> Flow {
        let file = self.file_asked(job, catalogue, step);
        let now = self.now;
        let cdn = self.cdn();
        let counts = &mut cdn.counts[file.edge as usize];
        if let Some(silence) = cdn.outage {
            counts.fallbacks += 1;
            return self.resume_or_go_on(job, silence);
        }
        let found = cdn.network.look_up(now, file.edge, file.key);
        match found {
            Found::Fresh => counts.fresh += 1,
            Found::Stale => counts.stale += 1,
            Found::Absent => {
                counts.missed += 1;
                let Some(under_way) = cdn.network.fetch_of(file.edge, file.key) else {
                    return Flow::Jump(fetch);
                };
                counts.coalesced += 1;
                cdn.network.wait_for(under_way, job);
                self.jobs[job].since = now;
                return Flow::Wait;
            }
        }
        counts.bytes_found += file.bytes;
        let is_fetched = cdn.network.fetch_of(file.edge, file.key).is_some();
        if found == Found::Stale && !is_fetched {
            self.refresh_file(job, &file, step);
        }
        Flow::Jump(hit)
    }

    /// A file that is served all the same is fetched again beside.
    fn refresh_file(&mut self, job: JobId, file: &File, step: StepId) {
        let catalogue = file_of(file.key).0;
        let program = self.cdn_plan().catalogues[catalogue].refresh;
        let pc = self.plan.programs.programs[usize::from(program)].start;
        let key = self.jobs[job].key.numbered(REFRESH_DRAW).numbered(u64::from(step));
        let mut own = Job::new(key, NOBODY, pc, self.now);
        own.slots = self.jobs[job].slots;
        let cdn = self.cdn();
        cdn.counts[file.edge as usize].refreshed += 1;
        own.missing = u64::from(cdn.network.begin_fetch(file.edge, file.key));
        let own = self.spawn(own);
        self.ready.push_back(own);
    }

    /// From the edge, or the origin itself, to the client: half a round trip
    /// and the transfer.
    #[inline(never)]
    pub(super) fn file_reply(
        &mut self,
        job: JobId,
        (catalogue, step): (u16, StepId),
        around: bool,
    ) -> Flow {
        let file = self.file_asked(job, catalogue, step);
        let counts = &mut self.cdn().counts[file.edge as usize];
        let rtt = if around {
            counts.bytes_around += file.bytes;
            self.recorder.count_egress(file.bytes as f64);
            self.round_trip(job)
        } else {
            counts.bytes_served += file.bytes;
            self.round_trip_to_edge(job)
        };
        let transfer = file.bytes as f64 * self.plan.network.nanos_per_byte;
        let half = Duration::from_nanos(rtt.as_nanos() - rtt.as_nanos() / 2);
        self.resume_or_go_on(job, half + Duration::from_nanos_f64(transfer))
    }
}

/// Verbs of a fetch.
impl World<'_> {
    /// From here on others wait for this job.
    #[inline(never)]
    pub(super) fn begin_fetch(&mut self, job: JobId, catalogue: u16, step: StepId) -> Flow {
        // A fetch in the background has begun already.
        if self.jobs[job].missing == NO_FETCH {
            let file = self.file_asked(job, catalogue, step);
            let fetch = self.cdn().network.begin_fetch(file.edge, file.key);
            self.jobs[job].missing = u64::from(fetch);
        }
        Flow::Next
    }

    /// Half a round trip behind the edge, over connections that are kept open.
    #[inline(never)]
    pub(super) fn fetch_way(&mut self, job: JobId, leg: Leg, back: bool) -> Flow {
        let fetch = self.jobs[job].missing as u32;
        let file = self.file_fetched(fetch);
        if back && leg != Leg::EdgeToShield {
            let counts = &mut self.cdn().counts[file.edge as usize];
            counts.fetched += 1;
            counts.bytes_fetched += file.bytes;
            self.recorder.count_egress(file.bytes as f64);
        }
        let rtt = self.round_trip_of(job, file.edge, leg).as_nanos();
        let half = if back { rtt - rtt / 2 } else { rtt / 2 };
        self.resume_or_go_on(job, Duration::from_nanos(half))
    }

    /// The shield has the file, or the origin is asked.
    #[inline(never)]
    pub(super) fn shield_look_up(&mut self, job: JobId, hit: Pc) -> Flow {
        let (fetch, now) = (self.jobs[job].missing as u32, self.now);
        let cdn = self.cdn();
        if !cdn.network.ask_shield(now, fetch) {
            return Flow::Next;
        }
        let edge = cdn.network.fetched(fetch).0;
        cdn.counts[edge as usize].shield_hits += 1;
        Flow::Jump(hit)
    }

    /// The shield keeps what the origin sent.
    #[inline(never)]
    pub(super) fn shield_fill(&mut self, job: JobId) -> Flow {
        let fetch = self.jobs[job].missing as u32;
        let (bytes, now) = (self.file_fetched(fetch).bytes, self.now);
        self.cdn().network.keep_at_shield(now, fetch, bytes);
        Flow::Next
    }

    /// The edge keeps what has arrived, and serves those who waited for it.
    #[inline(never)]
    pub(super) fn edge_fill(&mut self, job: JobId) -> Flow {
        let fetch = self.jobs[job].missing as u32;
        let (bytes, now) = (self.file_fetched(fetch).bytes, self.now);
        self.cdn().network.keep(now, fetch, bytes);
        self.end_fetch(job, true);
        Flow::Next
    }

    /// The job fetches no longer; those who waited are served, or ask again.
    pub(super) fn end_fetch(&mut self, job: JobId, served: bool) {
        let fetch = std::mem::replace(&mut self.jobs[job].missing, NO_FETCH) as u32;
        let mut woken = std::mem::take(&mut self.woken);
        self.cdn().network.end_fetch(fetch, |job| woken.push(job));
        for waiting in woken.drain(..) {
            let instruction = self.instruction(waiting);
            self.attribute_since(waiting, instruction.part);
            if let (true, Verb::Cdn(CdnVerb::EdgeLookup { hit, .. })) = (served, instruction.verb) {
                self.jobs[waiting].pc = hit;
            }
            self.ready.push_back(waiting);
        }
        self.woken = woken;
    }

    /// A fetch in the background is over.
    #[inline(never)]
    pub(super) fn file_refreshed(&mut self, job: JobId) -> Flow {
        self.jobs.remove(job);
        Flow::End
    }
}

/// Who waits.
impl World<'_> {
    /// Whether a job waits for a file that another fetches.
    pub(super) fn waits_for_file(&self, job: JobId) -> bool {
        self.cdn.as_ref().is_some_and(|cdn| cdn.network.waits(job))
    }

    /// A job waits for it no longer.
    pub(super) fn leave_file(&mut self, job: JobId) {
        if let Some(cdn) = &mut self.cdn {
            cdn.network.forget(job);
        }
    }
}

/// What happens by the script.
impl World<'_> {
    /// The network is dead, and noticed after this time; `None`: it is back,
    /// and cold.
    pub(super) fn set_outage(&mut self, outage: Option<Duration>) {
        let Some(cdn) = &mut self.cdn else { return };
        cdn.outage = outage;
        if outage.is_none() {
            cdn.network.flush();
        }
    }

    /// All copies are dropped; what is on its way is kept when it comes.
    pub(super) fn flush_network(&mut self) {
        self.cdn.iter_mut().for_each(|cdn| cdn.network.flush());
    }
}

/// Figures.
impl World<'_> {
    /// Tells the present bucket what has come since the last note.
    pub(super) fn note_network(&mut self, bucket: usize) {
        let Some(cdn) = &mut self.cdn else { return };
        let all = cdn.total();
        let present = [all.fresh + all.stale, all.missed, all.stale, all.fallbacks];
        let before = std::mem::replace(&mut cdn.noted, present);
        let first = self.plan.queues.len() * super::queues::COURSES.len();
        let courses = &mut self.recorder.courses.components[first..first + COURSES.len()];
        for ((course, present), before) in courses.iter_mut().zip(present).zip(before) {
            course.add(bucket, u128::from(present - before));
        }
    }

    /// Figures of the window: of all edges, then of each where there are more.
    pub(super) fn measure_network(&self) -> Vec<ComponentMeasured> {
        let (Some(plan), Some(cdn)) = (&self.plan.cdn, &self.cdn) else { return Vec::new() };
        let window = self.now.saturating_since(self.recorder.start).as_secs_f64().max(1e-9);
        let mut figures = figures(&cdn.total(), window);
        figures.extend([
            ("evicted", MeasuredFigure::Count(cdn.network.evicted())),
            ("bytes", MeasuredFigure::Mean(Some(cdn.network.bytes() as f64))),
        ]);
        let mut found = vec![ComponentMeasured { name: "cdn".to_owned(), kind: "cdn", figures }];
        if plan.edges.len() > 1 {
            found.extend(plan.edges.iter().zip(&cdn.counts).map(|(edge, counts)| {
                let figures = self::figures(counts, window);
                ComponentMeasured { name: edge.name.clone(), kind: "cdn edge", figures }
            }));
        }
        found
    }
}

fn figures(counts: &Counts, window: f64) -> Vec<(&'static str, MeasuredFigure)> {
    let ratio = |part: u64, whole: u64| {
        MeasuredFigure::Mean((whole > 0).then(|| part as f64 / whole as f64))
    };
    let hits = counts.fresh + counts.stale;
    let to_users = counts.bytes_served + counts.bytes_around;
    let from_origin = counts.bytes_fetched + counts.bytes_around;
    let spared = to_users.saturating_sub(from_origin);
    let served = counts.bytes_served as f64 / window;
    vec![
        ("hit_ratio", ratio(hits, hits + counts.missed)),
        ("byte_hit_ratio", ratio(counts.bytes_found, counts.bytes_served)),
        ("origin_offload", ratio(spared, to_users)),
        ("lookups", MeasuredFigure::Count(hits + counts.missed)),
        ("stale_served", MeasuredFigure::Count(counts.stale)),
        ("coalesced", MeasuredFigure::Count(counts.coalesced)),
        ("shield_hits", MeasuredFigure::Count(counts.shield_hits)),
        ("origin_fetches", MeasuredFigure::Count(counts.fetched)),
        ("refreshes", MeasuredFigure::Count(counts.refreshed)),
        ("fallbacks", MeasuredFigure::Count(counts.fallbacks)),
        ("bytes_served_per_s", MeasuredFigure::Mean(Some(served))),
    ]
}
