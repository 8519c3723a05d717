//! The verbs of which programs are made.
//!
//! No arithmetic and no variables: what was chosen lies in numbered slots,
//! what is drawn is a pure function of the request and the step number.
//! Branches only go forward.

use super::families::{CdnVerb, QueueVerb, QuorumVerb, SessionVerb};
use crate::kernel::time::Duration;

/// Index of a verb in the flat list of all programs.
pub type Pc = u32;
/// Index of a distribution in the program table.
pub type DistributionId = u16;
/// Number of a step of the workload, the same in every topology: owner of draws.
pub type StepId = u16;
/// Place for a chosen instance within a job.
pub type Slot = u8;

/// Slots of a job: how deep calls may nest.
pub const SLOTS: usize = 6;
/// Stands for the only instance of a component that nobody chooses among.
pub const NO_SLOT: Slot = Slot::MAX;

/// No program of the system.
pub const NO_PROGRAM: u16 = u16::MAX;

/// No component: the caller is a client.
pub const NOT_A_COMPONENT: u16 = u16::MAX;

/// The slot in which an attempt keeps the region to which the user was sent
/// and the user's own: site + 2^8 · home. Calls nest one level less deep where
/// regions exist.
pub const ROUTE_SLOT: usize = SLOTS - 1;

/// The slot in which the job of a delivery keeps its message …
pub const MESSAGE_SLOT: usize = SLOTS - 2;
/// … and its receipt. Calls of such work nest that much less deep.
pub const RECEIPT_SLOT: usize = SLOTS - 3;

/// Where a request is, as its program knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locus {
    /// In the region to which the user was sent.
    Site,
    /// At an instance of a component.
    Instance {
        /// First entry of the component in the table instance → CPU.
        place: u32,
        /// Which instance.
        slot: Slot,
    },
    /// At the nodes of a cache that serve an instance of a component.
    Cache {
        /// Which cache.
        cache: u16,
        /// First entry of the component that asks it.
        place: u32,
        /// Which instance of that.
        slot: Slot,
    },
}

/// One verb with its operands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verb {
    /// Ask the user's resolver for the address.
    Resolve {
        /// Time of a look-up that the resolver cannot answer itself.
        lookup: DistributionId,
    },
    /// Ask the user's resolver for the region to go to.
    Route {
        /// Time of a look-up that the resolver cannot answer itself.
        lookup: DistributionId,
    },
    /// Client to site: round trips to connect unless kept alive, then half a
    /// round trip for the request.
    Connect {
        /// Whether the connection may be kept from earlier (static files
        /// after the first use the page's own connection: always).
        reuse: bool,
    },
    /// Site to client: half a round trip and the transfer of the answer.
    Reply {
        /// Size of the answer, bytes.
        bytes: DistributionId,
        /// Owner of the draw of that size.
        step: StepId,
        /// A recorded size may take its place.
        answer: bool,
    },
    /// Between two machines of the site.
    Hop {
        /// Constant one-way time.
        delay: Duration,
    },
    /// Between two machines that may stand in different regions: then half the
    /// round trip between those.
    Cross {
        /// Whether it takes time within one region too.
        within: bool,
        /// From here …
        from: Locus,
        /// … to there.
        to: Locus,
    },
    /// A time that no station of ours serves.
    Wait {
        /// How long.
        time: DistributionId,
        /// Owner of the draw.
        step: StepId,
        /// Which of the draws of that step.
        purpose: Purpose,
    },
    /// Choose an instance.
    Choose {
        /// Of which group.
        group: u16,
        /// Where the choice is kept.
        slot: Slot,
        /// Owner of the draw, for random policies.
        step: StepId,
    },
    /// Choose an instance near to a place.
    ChooseNear {
        /// Of which group.
        group: u16,
        /// Where the choice is kept.
        slot: Slot,
        /// Owner of the draw, for random policies.
        step: StepId,
        /// Near to what.
        at: Locus,
    },
    /// The call reaches the chosen instance, or meets a refusal or silence.
    /// Only where something can fail.
    Contact {
        /// The component called.
        to: u16,
        /// Which instance.
        slot: Slot,
        /// The component that calls; [`NOT_A_COMPONENT`]: a client.
        from: u16,
        /// Which instance of it.
        from_slot: Slot,
    },
    /// The work at the instance is done: what waited for branches there is
    /// still there. Only where something can fail.
    Depart,
    /// The nodes of a cache that hold the keys are asked for, or missed.
    /// Only where something can fail.
    Probe {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
    },
    /// The balancer learns that a connection has ended.
    Release {
        /// Of which group.
        group: u16,
        /// Which instance.
        slot: Slot,
    },
    /// Take a place in a pool, or wait for it, or be rejected.
    Enter {
        /// First pool of the group; the instance is added.
        pool: u32,
        /// Which instance.
        slot: Slot,
        /// How long the request is willing to wait.
        patience: Option<DistributionId>,
        /// Owner of that draw.
        step: StepId,
    },
    /// Give the place back.
    Leave {
        /// First pool of the group.
        pool: u32,
        /// Which instance.
        slot: Slot,
    },
    /// Ask a circuit breaker, and be refused while it is open.
    Guard {
        /// Which breaker.
        breaker: u16,
    },
    /// Tell the breaker that the call has succeeded.
    Unguard {
        /// Which breaker.
        breaker: u16,
    },
    /// CPU work.
    Work {
        /// First entry of the component in the table instance → CPU.
        cpus: u32,
        /// Which instance.
        slot: Slot,
        /// How much, at one vCPU.
        demand: DistributionId,
        /// Rows that cost extra.
        rows: Rows,
        /// Index of the cost per row, nanoseconds.
        per_row: DistributionId,
        /// Owner of the draw.
        step: StepId,
        /// Which of the draws of that step.
        purpose: Purpose,
    },
    /// Disk operations.
    Disk {
        /// First entry of the component in the table instance → disk.
        disks: u32,
        /// Which instance.
        slot: Slot,
        /// What they are.
        access: u16,
        /// Owner of the keys.
        step: StepId,
    },
    /// Ask each node of a cache that holds one of the keys: a branch per node,
    /// whose way follows this verb.
    Fan {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// Where the request goes on.
        join: Pc,
    },
    /// Look keys up in a cache.
    Lookup {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// Where to go on when nothing is missing.
        hit: Pc,
    },
    /// Of what was missing, fetch what nobody fetches, and wait for the rest.
    /// Only where fetches are shared.
    Claim {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// Where to go on when others fetch all of it.
        shared: Pc,
    },
    /// What others fetch is there too.
    Await {
        /// In which cache.
        cache: u16,
    },
    /// Put what was missing into the cache.
    Fill {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
    },
    /// Remove what was written from the cache.
    Invalidate {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// Program of the word to other regions, or [`NO_PROGRAM`].
        word: u16,
    },
    /// The word of a write has come to another region: its nodes lose the keys.
    Word {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
    },
    /// The written keys wait at their nodes to be flushed; goes on at `done`
    /// unless a node does not answer.
    Buffer {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// Program of the flush.
        flush: u16,
        /// Where to go on.
        done: Pc,
    },
    /// The flush begins: of the keys that still wait for it.
    Flush {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
    },
    /// What a cache writes is committed: as a commit, but of the keys that the
    /// step still wants.
    Settle {
        /// Which access.
        access: u16,
        /// Which instance.
        slot: Slot,
        /// Owner of the keys.
        step: StepId,
    },
    /// The written keys are put into the cache.
    Update {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// Program of the word to other regions, or [`NO_PROGRAM`].
        word: u16,
    },
    /// The flush has ended.
    Flushed,
    /// The instant at which a read sees its database.
    Snapshot {
        /// Which access.
        access: u16,
        /// Which instance.
        slot: Slot,
        /// Owner of the keys.
        step: StepId,
    },
    /// The write is committed: logged for the replicas, caches are stale.
    Commit {
        /// Which access.
        access: u16,
        /// Which instance.
        slot: Slot,
        /// Owner of the keys.
        step: StepId,
    },
    /// As [`Verb::Commit`], of those keys alone that lie on this shard.
    CommitShare {
        /// Which access.
        access: u16,
        /// Which instance.
        slot: Slot,
        /// Owner of the keys.
        step: StepId,
    },
    /// The write waits until enough others have received it.
    Acknowledge {
        /// Which database.
        database: u16,
        /// Which instance has committed it.
        slot: Slot,
    },
    /// A slice of a snapshot has been read.
    Copied {
        /// Of which database.
        database: u16,
    },
    /// A lost write is written again.
    Recovered {
        /// Of which database.
        database: u16,
    },
    /// The replica has applied the log entry.
    Applied {
        /// Which database.
        database: u16,
    },
    /// Go on in several branches; the verb after the branches follows when
    /// the last has ended.
    Fork {
        /// First entry in the table of branches.
        first: u32,
        /// How many.
        count: u16,
        /// Where the request goes on.
        join: Pc,
    },
    /// Go to the shard that has the key: its way follows, a jump behind it.
    Locate {
        /// Whose keys.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// How they are placed.
        sharding: u16,
        /// The way to each shard: first entry in the table of branches.
        first: u32,
        /// What is done there.
        asked: Asked,
    },
    /// Ask each shard that has one of the keys: a branch per shard.
    Scatter {
        /// Whose keys.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// How they are placed.
        sharding: u16,
        /// The way to each shard: first entry in the table of branches.
        first: u32,
        /// What is done there.
        asked: Asked,
        /// Where the request goes on when all have answered.
        join: Pc,
    },
    /// Go on elsewhere.
    Jump {
        /// Where.
        to: Pc,
    },
    /// A slice of a resharding has been read, or written.
    Moved {
        /// Of which sharded database.
        resharding: u16,
    },
    /// End of a branch.
    Join,
    /// Go ahead with this chance (a file that the browser has already).
    Skip {
        /// The chance, 0..1, as a constant.
        chance: DistributionId,
        /// Owner of the draw.
        step: StepId,
        /// Where to.
        to: Pc,
    },
    /// The last byte of the answer has arrived: the response time ends here.
    Answer,
    /// A static file is asked for.
    StaticAsked,
    /// A static file has arrived.
    StaticArrived,
    /// The way ends.
    Finish,
    /// What was struck waits here for its last event.
    Buried,
    /// That event has come.
    Forgotten,
    /// What is frozen waits here for its event.
    Frozen,
    /// That event has come: the rest when it thaws.
    Held,
    /// On the way of a static file through a CDN.
    Cdn(CdnVerb),
    /// About the session of a user.
    Session(SessionVerb),
    /// Among the holders of keys of a leaderless database.
    Quorum(QuorumVerb),
    /// About a message of a queue.
    Queue(QueueVerb),
}

/// A part of the way behind an edge of a content delivery network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leg {
    /// Where there is no shield.
    EdgeToOrigin,
    /// Where there is one.
    EdgeToShield,
    /// On from there.
    ShieldToOrigin,
}

/// What is done with keys that lie on shards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Reads: each shard that has a part of a key.
    Read,
    /// Writes: one shard for each key.
    Write,
    /// Rows that may lie anywhere: all shards.
    All,
}

/// Rows of a CPU demand that cost extra.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    /// So many.
    Fixed(u16),
    /// All keys but the first of those that a cache has missed.
    Missed,
}

/// Which of the draws that one step of the workload owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// CPU work or waiting of the step itself.
    Demand = 0,
    /// The keys.
    Keys = 1,
    /// CPU work in the database.
    Database = 2,
    /// Latency of a cache.
    CacheLatency = 3,
    /// CPU work in a cache.
    CacheCpu = 4,
    /// Whether a key hits, in the simple form.
    CacheHit = 5,
    /// Choice of an instance.
    Choice = 6,
    /// Patience in a queue.
    Patience = 7,
    /// Size of an answer.
    Size = 8,
    /// Whether the browser has the file.
    BrowserCache = 9,
    /// Latency of storing into a cache.
    CacheStore = 10,
}
