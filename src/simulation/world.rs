//! The state of one replication: everything that changes while it is played.

use super::appliers::Applier;
use super::arrivals::Arrivals;
use super::blueprint::{
    Blueprint, CachePlan, ClientPlan, CpuPlan, DatabasePlan, DiskPlan, INDEX_BITS, INDEX_END,
    PoolPlan,
};
use super::cdn::CdnTier;
use super::clients::Clients;
use super::failover::{FailoverState, Unacknowledged};
use super::faults::Faults;
use super::measured::Measured;
use super::queues::QueueTier;
use super::quorum::QuorumTier;
use super::recorder::Recorder;
use super::regions::Regions;
use super::request::{Cause, HEDGED, Job, JobId, NOBODY, Request, RequestId, Slab};
use super::resharding::Resharding;
use super::sessions::SessionsTier;
use super::verbs::cache_writes::WriteBehind;
use super::verbs::fetches::SharedFetches;
use crate::kernel::event_queue::{EventQueue, LaneId, Phase, Ticket};
use crate::kernel::random::Key;
use crate::kernel::time::{Duration, Instant};
use crate::route::program::{Instruction, NO_PART};
use crate::route::step::{Purpose, StepId, Verb};
use crate::station::cpu::{Cpu, Fifo, Sharing};
use crate::station::disk::Disk;
use crate::station::pool::Pool;
use crate::tier::balancer::Balancer;
use crate::tier::cache::Cache;
use crate::tier::dns::Resolvers;
use crate::tier::failover::{Cluster, Topology};
use crate::tier::placement::Placement;
use crate::tier::replication::ReplicationLog;
use std::collections::VecDeque;

/// What an event is about; packed with an index into its payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum EventKind {
    /// A job's verb is done.
    JobResumed = 0,
    /// A job leaves a shared CPU.
    SharedCpuCompleted = 1,
    /// The next request arrives.
    RequestArrived = 2,
    /// A closed user has thought enough.
    UserAsked = 3,
    /// A client gives up on an attempt.
    AttemptTimedOut = 4,
    /// A waiting job's patience is over.
    PatienceEnded = 5,
    /// A log entry has reached a replica.
    EntryShipped = 6,
    /// A client tries again.
    RetryDue = 7,
    /// The clock of the window and the time series.
    ClockTicked = 8,
    /// A failure, a repair, an event of the script, a health check.
    FaultDue = 9,
    /// A delivery of a queue may have run out of time.
    DeliveryDue = 10,
    /// Something is due in a database: a death is noticed, a promotion over.
    DatabaseDue = 12,
    /// An attempt takes so long that a second one starts beside it, or its
    /// race is decided.
    HedgeDue = 13,
    /// A check of a region by the name server, or its verdict.
    RegionDue = 14,
}

impl EventKind {
    /// Kind and index in one number.
    #[inline]
    pub fn with(self, index: u32) -> u32 {
        debug_assert!(index < INDEX_END, "index beyond its bits");
        (self as u32) << INDEX_BITS | index
    }

    /// Kind and index of a payload.
    #[inline]
    pub fn of(payload: u32) -> (EventKind, u32) {
        let kind = match payload >> INDEX_BITS {
            0 => EventKind::JobResumed,
            1 => EventKind::SharedCpuCompleted,
            2 => EventKind::RequestArrived,
            3 => EventKind::UserAsked,
            4 => EventKind::AttemptTimedOut,
            5 => EventKind::PatienceEnded,
            6 => EventKind::EntryShipped,
            7 => EventKind::RetryDue,
            8 => EventKind::ClockTicked,
            9 => EventKind::FaultDue,
            10 => EventKind::DeliveryDue,
            12 => EventKind::DatabaseDue,
            13 => EventKind::HedgeDue,
            _ => EventKind::RegionDue,
        };
        (kind, payload & (INDEX_END - 1))
    }
}

/// The state of one replication.
pub struct World<'a> {
    /// What is played.
    pub plan: &'a Blueprint,
    /// Root of the randomness of this replication.
    pub root: Key,
    /// Owner of the draws of users known one by one.
    pub users_key: Key,
    /// Owner of the draws of requests.
    pub requests_key: Key,
    /// The present.
    pub now: Instant,
    /// The future.
    pub queue: EventQueue,
    /// Lane of the next arrival.
    pub arrival_lane: LaneId,
    /// Lane of the hops between machines.
    pub hop_lane: LaneId,
    /// Lane of constant waits (those that never overtake stay in it).
    pub wait_lane: LaneId,
    /// Where open requests come from.
    pub arrivals: Arrivals<'a>,
    /// Requests with live jobs.
    pub requests: Slab<Request>,
    /// Jobs.
    pub jobs: Slab<Job>,
    /// Attribution of jobs: `stride` parts each, nanoseconds.
    pub parts: Vec<u64>,
    /// Parts per job.
    pub stride: usize,
    /// Pools.
    pub pools: Vec<Pool>,
    /// CPUs.
    pub cpus: Vec<Cpu>,
    /// The valid completion event of each shared CPU.
    pub cpu_tickets: Vec<Option<Ticket>>,
    /// Disks.
    pub disks: Vec<Disk>,
    /// Regions, where there are two or more.
    pub regions: Option<Regions>,
    /// Balancers, by group.
    pub balancers: Vec<Balancer>,
    /// Resolvers.
    pub resolvers: Option<Resolvers>,
    /// Cache tiers.
    pub caches: Vec<CacheTier>,
    /// Databases.
    pub databases: Vec<DatabaseTier>,
    /// The content delivery network.
    pub cdn: Option<CdnTier>,
    /// Sessions, by service that keeps some.
    pub sessions: Vec<SessionsTier>,
    /// Jobs that a fetch has woken.
    pub woken: Vec<JobId>,
    /// Message queues.
    pub queues: Vec<QueueTier>,
    /// How far the data of sharded databases have moved.
    pub reshardings: Vec<Resharding>,
    /// Retries saved up, by client kind.
    pub retry_tokens: Vec<f64>,
    /// Races, breakers, and what may be cancelled.
    pub clients: Clients,
    /// Users known one by one (closed, or replayed).
    pub known_users: Vec<KnownUser>,
    /// Jobs that can go on at this instant, in order.
    pub ready: VecDeque<JobId>,
    /// What can fail; `None` where nothing can.
    pub faults: Option<Faults<'a>>,
    /// What is measured.
    pub recorder: Recorder,
    /// Whether any page has static files. If not, a page is its answer.
    pub has_static_files: bool,
    /// Whether anybody wants to know of answers and of the ends of jobs: pages
    /// with static files, breakers, races, and lists of what may be cancelled.
    pub takes_notes: bool,
    /// Places that jobs took in pools, and gave back.
    pub taken: u64,
    /// Places given back.
    pub given_back: u64,
    /// Keys of the write being committed.
    pub keys: Vec<u64>,
    /// Number of the request that arrives next.
    pub next_request: u64,
    /// Integrals of busy and waiting already in the time series, by station.
    pub levels_noted: Vec<(u128, u128)>,
    /// The same for the requests in the system.
    pub in_system_noted: u128,
    /// What was measured, once the window has ended.
    pub measured: Option<Measured>,
}

/// What is known of one user.
#[derive(Clone, Copy, Debug)]
pub struct KnownUser {
    /// Requests so far.
    pub requests: u32,
    /// Has been seen before.
    pub seen: bool,
    /// When its last answer came.
    pub last_seen: Instant,
}

/// A cache tier in play.
pub struct CacheTier {
    /// Its nodes.
    pub nodes: Vec<Cache>,
    /// Which node holds a key.
    pub placement: Placement,
    /// Hits and misses of the simple form.
    pub simple_hits: u64,
    /// Misses of the simple form.
    pub simple_misses: u64,
    /// Sum of the ages of stale hits.
    pub stale_age_sum: u128,
    /// Oldest stale hit.
    pub stale_age_max: Duration,
    /// Fetches that others wait for, where they are shared.
    pub fetches: Option<SharedFetches>,
    /// Writes that the database may lack, where it gets them later.
    pub write_behind: Option<WriteBehind>,
}

/// A database in play.
pub struct DatabaseTier {
    /// What is committed, and who has applied it: one log, or one by origin
    /// where all take writes.
    pub logs: Vec<ReplicationLog>,
    /// Appliers, by log and member.
    pub appliers: Vec<Applier>,
    /// Who is what.
    pub cluster: Cluster,
    /// What goes on when members fail.
    pub failover: FailoverState,
    /// The books of a leaderless one.
    pub quorum: Option<Box<QuorumTier>>,
    /// Writes that wait until others have received them, by log.
    pub unacknowledged: Vec<Unacknowledged>,
    /// Reads, in the window.
    pub reads: u64,
    /// Of them stale.
    pub stale_reads: u64,
    /// Sum of the ages of stale reads.
    pub stale_age_sum: u128,
    /// Oldest stale read.
    pub stale_age_max: Duration,
    /// Writes committed in the window.
    pub writes_committed: u64,
    /// Accesses whose pages were in memory, and all.
    pub page_hits: u64,
    /// Pages read from disk.
    pub page_misses: u64,
}

/// Retention of committed writes that a late cache fill may need to see.
const FILL_RETENTION: Duration = Duration::from_nanos(60_000_000_000);

impl<'a> World<'a> {
    /// A world at time zero, before its first event.
    pub fn new(plan: &'a Blueprint, seed: u64, replication: u32, recorder: Recorder) -> Self {
        let root = Key::root(seed, replication);
        let mut queue = EventQueue::new();
        let has_static_files = plan.programs.code.iter().any(|step| step.verb == Verb::StaticAsked);
        let (arrival_lane, hop_lane, wait_lane) = (queue.lane(), queue.lane(), queue.lane());
        Self {
            plan,
            root,
            users_key: root.named("users"),
            requests_key: root.named("requests"),
            now: Instant::ZERO,
            queue,
            arrival_lane,
            hop_lane,
            wait_lane,
            arrivals: Arrivals::new(&plan.population.arrivals, root),
            requests: Slab::new(),
            jobs: Slab::new(),
            parts: Vec::new(),
            stride: plan.programs.parts_max().max(1),
            pools: plan.stations.pools.iter().map(new_pool).collect(),
            cpus: plan.stations.cpus.iter().map(|cpu| new_cpu(cpu, plan.interruptible)).collect(),
            cpu_tickets: vec![None; plan.stations.cpus.len()],
            disks: plan.stations.disks.iter().map(new_disk).collect(),
            regions: Regions::new(plan),
            balancers: plan
                .groups
                .iter()
                .map(|group| Balancer::new(group.policy.clone(), group.instances as usize))
                .collect(),
            resolvers: plan.dns.as_ref().map(|dns| Resolvers::new(dns.resolvers as usize, dns.ttl)),
            caches: (0..plan.caches.len()).map(|cache| CacheTier::new(plan, cache, root)).collect(),
            databases: plan.databases.iter().map(DatabaseTier::new).collect(),
            cdn: plan.cdn.as_ref().map(CdnTier::new),
            sessions: (0..)
                .zip(&plan.sessions)
                .map(|(number, plan)| SessionsTier::new(plan, number, root))
                .collect(),
            woken: Vec::new(),
            queues: plan.queues.iter().map(QueueTier::new).collect(),
            reshardings: vec![Resharding::default(); plan.reshardings.len()],
            retry_tokens: vec![0.0; plan.clients.len()],
            clients: Clients::new(plan),
            known_users: Vec::new(),
            ready: VecDeque::new(),
            faults: plan.faults.as_ref().map(Faults::new),
            recorder,
            takes_notes: has_static_files || plan.clients.iter().any(ClientPlan::takes_notes),
            has_static_files,
            taken: 0,
            given_back: 0,
            keys: Vec::with_capacity(64),
            next_request: 0,
            levels_noted: vec![(0, 0); plan.stations.count()],
            in_system_noted: 0,
            measured: None,
        }
    }

    /// The verb at which a job is.
    #[inline]
    pub fn instruction(&self, job: JobId) -> &'a Instruction {
        &self.plan.programs.code[self.jobs[job].pc as usize]
    }

    /// Starts a job at `pc`; its attribution begins at zero.
    #[inline(always)]
    pub fn spawn(&mut self, job: Job) -> JobId {
        let id = self.jobs.insert(job);
        let start = id as usize * self.stride;
        match self.parts.get_mut(start..start + self.stride) {
            Some(parts) => parts.fill(0),
            None => self.parts.resize(start + self.stride, 0),
        }
        id
    }

    /// Adds time to a part of a job's attribution.
    #[inline]
    pub fn attribute(&mut self, job: JobId, part: u8, time: Duration) {
        if part != NO_PART {
            self.parts[job as usize * self.stride + usize::from(part)] += time.as_nanos();
        }
    }

    /// Attributes the time since `since` of a job to its present verb.
    #[inline]
    pub fn attribute_since(&mut self, job: JobId, part: u8) {
        let time = self.now - self.jobs[job].since;
        self.attribute(job, part, time);
    }

    /// Owner of the draws of one purpose of one step of a job's attempt.
    #[inline]
    pub fn service_key(&self, job: JobId, step: StepId, purpose: Purpose) -> Key {
        step_key(self.jobs[job].key, step, purpose)
    }

    /// Owner of the draws that all attempts of a request share.
    #[inline]
    pub fn request_key(&self, job: JobId, step: StepId, purpose: Purpose) -> Key {
        match self.jobs[job].request {
            NOBODY => self.service_key(job, step, purpose),
            request => step_key(self.requests[request].key, step, purpose),
        }
    }

    /// The job goes on after `delay`.
    #[inline]
    pub fn resume_after(&mut self, job: JobId, delay: Duration) {
        self.jobs[job].since = self.now;
        let payload = EventKind::JobResumed.with(job);
        self.queue.schedule(self.now + delay, Phase::Completion, payload);
    }

    /// The job goes on after a constant delay of its lane.
    #[inline]
    pub fn resume_in_lane(&mut self, lane: LaneId, job: JobId, delay: Duration) {
        self.jobs[job].since = self.now;
        let payload = EventKind::JobResumed.with(job);
        self.queue.schedule_in_lane(lane, self.now + delay, Phase::Completion, payload);
    }

    /// The request of a job, while the job belongs to its present attempt.
    pub fn live_request(&self, job: JobId) -> Option<RequestId> {
        let carried = &self.jobs[job];
        if carried.request == NOBODY {
            return None;
        }
        let request = &self.requests[carried.request];
        // While a race is open, both racers belong to the present attempt.
        let present =
            request.attempt == carried.attempt || request.attempt | HEDGED == carried.attempt;
        (present && !request.is_settled()).then_some(carried.request)
    }

    /// Marks the first failure of a branch.
    pub fn mark_failed(&mut self, job: JobId, cause: Cause) {
        self.jobs[job].failed.get_or_insert(cause);
    }
}

/// Owner of the draws of one purpose of one step.
#[inline]
pub fn step_key(owner: Key, step: StepId, purpose: Purpose) -> Key {
    owner.numbered(u64::from(step) << 8 | purpose as u64)
}

fn new_pool(plan: &PoolPlan) -> Pool {
    match plan.adaptive {
        None => Pool::new(Some(plan.slots), plan.queue),
        Some(adaptive) => {
            Pool::adaptive(plan.slots, plan.queue, adaptive.target_wait, adaptive.minimum)
        }
    }
}

/// A FIFO processor of constant speed cannot be interrupted: where that may
/// happen, its jobs share it, as many at a time as it has vCPUs, which is the
/// same to the nanosecond.
fn new_cpu(plan: &CpuPlan, interruptible: bool) -> Cpu {
    let constant_speed = plan.contention == 0.0 && plan.coherency == 0.0;
    if plan.fifo && constant_speed && !interruptible {
        return Cpu::Fifo(Fifo::new(plan.vcpus));
    }
    let limit = plan.fifo.then_some(plan.vcpus);
    Cpu::Sharing(Sharing::new(plan.vcpus, plan.contention, plan.coherency, limit))
}

fn new_disk(plan: &DiskPlan) -> Disk {
    Disk::new(plan.iops, plan.bytes_per_s)
}

impl CacheTier {
    fn new(blueprint: &Blueprint, cache: usize, root: Key) -> Self {
        let plan = &blueprint.caches[cache];
        let owner = root.named("cache").numbered(cache as u64);
        let node = |number| {
            let CachePlan { eviction, memory_bytes, ttl, sliding, jitter, .. } = *plan;
            let owner = owner.numbered(u64::from(number));
            Cache::with_chance(eviction, memory_bytes, ttl, sliding, jitter, owner)
        };
        Self {
            nodes: (0..plan.nodes).map(node).collect(),
            placement: match &blueprint.regions {
                None => Placement::new(plan.nodes as usize),
                Some(regions) => regions.placement(cache),
            },
            simple_hits: 0,
            simple_misses: 0,
            stale_age_sum: 0,
            stale_age_max: Duration::ZERO,
            fetches: plan.coalesce.then(|| SharedFetches::new(plan.nodes as usize)),
            write_behind: plan.write_behind.then(|| WriteBehind::new(plan.nodes as usize)),
        }
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self) {
        self.nodes.iter_mut().for_each(Cache::begin_window);
        (self.simple_hits, self.simple_misses) = (0, 0);
        self.fetches.iter_mut().for_each(SharedFetches::begin_window);
        self.write_behind.iter_mut().for_each(WriteBehind::begin_window);
        (self.stale_age_sum, self.stale_age_max) = (0, Duration::ZERO);
    }

    /// Counts a stale hit of this age.
    pub fn record_stale(&mut self, age: Duration) {
        self.stale_age_sum += u128::from(age.as_nanos());
        self.stale_age_max = self.stale_age_max.max(age);
    }
}

impl DatabaseTier {
    fn new(plan: &DatabasePlan) -> Self {
        let retention = if plan.caches.is_empty() { Duration::ZERO } else { FILL_RETENTION };
        let members = plan.replicas as usize + 1;
        let logs = if plan.topology == Topology::Primary { 1 } else { members };
        let cluster = Cluster::new(plan.topology, members);
        let applier = |log: usize, member: usize| Applier::new(member != log);
        Self {
            logs: (0..logs).map(|log| ReplicationLog::new(members, log, retention)).collect(),
            appliers: (0..logs * members)
                .map(|place| applier(place / members, place % members))
                .collect(),
            unacknowledged: vec![Unacknowledged::default(); logs],
            failover: FailoverState::new(members),
            quorum: plan
                .quorum
                .map(|quorum| Box::new(QuorumTier::new(members, quorum.holders as usize))),
            cluster,
            reads: 0,
            stale_reads: 0,
            stale_age_sum: 0,
            stale_age_max: Duration::ZERO,
            writes_committed: 0,
            page_hits: 0,
            page_misses: 0,
        }
    }

    /// Number of members, the primary among them.
    #[inline]
    pub fn members(&self) -> usize {
        self.cluster.members.len()
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self, now: Instant) {
        self.logs.iter_mut().for_each(|log| log.begin_window(now));
        self.failover.begin_window();
        self.quorum.iter_mut().for_each(|quorum| quorum.begin_window());
        (self.reads, self.stale_reads, self.writes_committed) = (0, 0, 0);
        (self.stale_age_sum, self.stale_age_max) = (0, Duration::ZERO);
        (self.page_hits, self.page_misses) = (0, 0);
    }

    /// Counts a read that missed writes of this age, or none.
    pub fn record_read(&mut self, stale: Option<Duration>) {
        self.reads += 1;
        if let Some(age) = stale {
            self.stale_reads += 1;
            self.stale_age_sum += u128::from(age.as_nanos());
            self.stale_age_max = self.stale_age_max.max(age);
        }
    }
}
