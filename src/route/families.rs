//! Verbs of which only some programs know: one list per kind of component.

use super::step::{Leg, Pc, Slot, StepId};

/// The way of a file through a content delivery network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CdnVerb {
    /// Client to the edge of its region: round trips to connect unless a
    /// connection is open, then half a round trip.
    EdgeConnect {
        /// Whether the connection was used before for this page.
        reuse: bool,
    },
    /// Look a file up at its edge; the next verb is for when the network is dead.
    EdgeLookup {
        /// Which catalogue.
        catalogue: u16,
        /// Owner of the file.
        step: StepId,
        /// Where to go on when the edge has it.
        hit: Pc,
        /// Where to go on when it is to be fetched.
        fetch: Pc,
    },
    /// Others who ask for the file wait for this job from here on.
    BeginFetch {
        /// Which catalogue.
        catalogue: u16,
        /// Owner of the file.
        step: StepId,
    },
    /// Half a round trip behind the edge.
    FetchWay {
        /// Between whom.
        leg: Leg,
        /// With the file.
        back: bool,
    },
    /// Look what is fetched up at the shield.
    ShieldLookup {
        /// Where to go on when the shield has it.
        hit: Pc,
    },
    /// The shield keeps what is fetched.
    ShieldFill,
    /// The edge keeps what was fetched, and serves those who waited.
    EdgeFill,
    /// Edge to client: half a round trip and the transfer of a file.
    FileReply {
        /// Which catalogue.
        catalogue: u16,
        /// Owner of the file.
        step: StepId,
        /// The network is dead: from the origin itself.
        around: bool,
    },
    /// A fetch in the background is over, and its way ends.
    FileRefreshed,
}

/// The session of a user at the servers that keep it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SessionVerb {
    /// The balancer knows the server of the user's visit, and goes on behind the
    /// choice that follows.
    FindHome {
        /// Sessions of which service.
        sessions: u16,
        /// The group of which the next verb chooses.
        group: u16,
        /// Where the choice is kept.
        slot: Slot,
        /// Where to go on when it is made.
        chosen: Pc,
    },
    /// Look the user's session up at the chosen server; the next verb is for
    /// when it was lost.
    SessionLookup {
        /// Sessions of which service.
        sessions: u16,
        /// Which server.
        slot: Slot,
        /// Where to go on with a session.
        hit: Pc,
    },
    /// The session was built again, and is kept.
    SessionRebuilt {
        /// Sessions of which service.
        sessions: u16,
        /// Which server.
        slot: Slot,
    },
}

/// The holders of a key of a leaderless database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QuorumVerb {
    /// Ask all holders of each key of a leaderless database: a branch per
    /// holder, whose way follows this verb, and go on when enough have answered
    /// for each.
    AskHolders {
        /// Which access.
        access: u16,
        /// Owner of the keys.
        step: StepId,
        /// The coordinator; the holder of a branch is in the slot after it.
        slot: Slot,
        /// Answers wanted of each key.
        answers: u8,
        /// The keys are written, not read.
        writes: bool,
        /// Where the request goes on.
        join: Pc,
    },
    /// Where the answers are counted.
    Tally,
    /// One way between two instances of a database; none from one to itself.
    Between {
        /// Which database.
        database: u16,
        /// From this one …
        from: Slot,
        /// … to that one.
        to: Slot,
    },
    /// A holder shows what it has of its keys, or has what is written.
    Hold {
        /// Which access.
        access: u16,
        /// The holder.
        slot: Slot,
        /// Owner of the keys.
        step: StepId,
    },
    /// The answer of a holder is back: the end of its branch.
    Vote,
    /// A holder has a write that it lacked.
    Repaired {
        /// Of which database.
        database: u16,
    },
}

/// Messages of a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum QueueVerb {
    /// Hand a message over to a queue.
    Publish {
        /// Which queue.
        queue: u16,
        /// What is to be done.
        task: u16,
    },
    /// The work of a delivery is done: the message is acknowledged, and the way
    /// ends.
    Delivered {
        /// Which queue.
        queue: u16,
    },
    /// A worker is free: messages of a queue may go to it.
    Pull {
        /// Which queue.
        queue: u16,
    },
}
