//! Members apply the log of an origin in order, in competition with the reads
//! of their host: lag emerges from load.

use super::blueprint::INDEX_BITS;
use super::interpreter::Flow;
use super::request::{Job, JobId, NOBODY};
use super::world::{EventKind, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::random::Key;
use crate::kernel::time::{Duration, Instant};
use crate::tier::failover::{Presence, Topology};
use crate::tier::replication::{Entry, Position};
use std::collections::VecDeque;

/// Bits of an applier's number in the index of an event.
const APPLIER_BITS: u32 = 16;
/// Most databases of which any ships a log.
pub const SHIPPING_MAX: usize = 1 << (INDEX_BITS - APPLIER_BITS);
/// Most appliers of one database.
pub const APPLIERS_MAX: usize = 1 << APPLIER_BITS;

/// Slots of the job that works on an entry: at which member …
const MEMBER_SLOT: usize = 0;
/// … of which log.
const LOG_SLOT: usize = 1;
/// … begun in which epoch of the applier.
const EPOCH_SLOT: usize = 2;

/// What receives the log of one origin at one member, and applies it in order.
#[derive(Clone, Debug)]
pub struct Applier {
    /// What it does.
    pub state: ApplierState,
    /// The log is shipped to it.
    pub is_connected: bool,
    /// Entries committed earlier were sent at this instant.
    pub connected_since: Instant,
    /// Receipt of the last entry of which it is known.
    last_receipt: Instant,
    /// Receipts of the entries that it applies next, as far as known.
    receipts: VecDeque<Instant>,
    /// Work that was begun in an earlier epoch is void.
    epoch: u32,
}

/// What an applier does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApplierState {
    /// It has all there is.
    Idle,
    /// An entry is under way, and comes at this instant.
    Waiting(Instant),
    /// It works on an entry.
    Working,
    /// Nothing comes: it is not connected, or dead.
    Away,
}

impl Applier {
    /// One that is connected, or not, and has all there is.
    pub fn new(is_connected: bool) -> Self {
        Self {
            state: if is_connected { ApplierState::Idle } else { ApplierState::Away },
            is_connected,
            connected_since: Instant::ZERO,
            last_receipt: Instant::ZERO,
            receipts: VecDeque::new(),
            epoch: 0,
        }
    }

    /// Whether it is known of any entry when it comes, or came.
    pub fn has_receipts(&self) -> bool {
        !self.receipts.is_empty()
    }
}

impl World<'_> {
    /// A write was committed: idle appliers have something to do.
    #[inline(never)]
    pub fn wake_appliers(&mut self, database: usize, log: usize) {
        let members = self.databases[database].members();
        for member in 0..members {
            if self.databases[database].appliers[log * members + member].state == ApplierState::Idle
            {
                self.apply_next(database, log, member);
            }
        }
    }

    /// An entry has reached a member, unless its way was cut.
    pub fn entry_shipped(&mut self, index: u32) {
        let database = (index >> APPLIER_BITS) as usize;
        let applier = (index & ((1 << APPLIER_BITS) - 1)) as usize;
        let tier = &mut self.databases[database];
        let (log, member) = (applier / tier.members(), applier % tier.members());
        if tier.appliers[applier].state == ApplierState::Waiting(self.now) {
            self.apply_next(database, log, member);
        }
    }

    /// Begins the next entry, or waits until it has been shipped, or rests.
    fn apply_next(&mut self, database: usize, log: usize, member: usize) {
        let place = log * self.databases[database].members() + member;
        loop {
            let next = self.databases[database].logs[log].next_for(member);
            let receipt = next.and_then(|entry| self.receipt_of_next(database, log, place, entry));
            let tier = &mut self.databases[database];
            let applier = &mut tier.appliers[place];
            let (Some(entry), Some(receipt)) = (next, receipt) else {
                applier.state =
                    if applier.is_connected { ApplierState::Idle } else { ApplierState::Away };
                if tier.cluster.is_watched {
                    self.applier_rested(database, member);
                }
                return;
            };
            if receipt > self.now {
                applier.state = ApplierState::Waiting(receipt);
                self.expect_entry(database, place, member, receipt);
                return;
            }
            if let Some(program) = self.plan.databases[database].applier {
                applier.state = ApplierState::Working;
                return self.work_on_entry(database, log, member, program, entry.position.get());
            }
            // Applying costs nothing: on to the next one.
            applier.receipts.pop_front();
            tier.logs[log].apply(self.now, member, entry.position);
            if tier.cluster.topology == Topology::Ring {
                self.pass_on(database, log, member);
            }
        }
    }

    fn expect_entry(&mut self, database: usize, place: usize, member: usize, receipt: Instant) {
        let index = (database as u32) << APPLIER_BITS | place as u32;
        let payload = EventKind::EntryShipped.with(index);
        self.queue.schedule(receipt, Phase::Completion, payload);
        let tier = &self.databases[database];
        if tier.cluster.is_watched {
            self.applier_rested(database, member);
        }
    }

    /// When the entry that a member applies next reaches it; `None`: not, as
    /// matters stand.
    #[inline]
    fn receipt_of_next(
        &mut self,
        database: usize,
        log: usize,
        place: usize,
        entry: Entry,
    ) -> Option<Instant> {
        let applier = &self.databases[database].appliers[place];
        match applier.receipts.front() {
            Some(&receipt) => Some(receipt),
            None if self.ships_at_commit(database, log, place) => {
                let receipt = self.sent(database, log, place, entry);
                let needs_record =
                    receipt > self.now || self.plan.databases[database].applier.is_some();
                let applier = &mut self.databases[database].appliers[place];
                applier.last_receipt = receipt;
                if needs_record {
                    applier.receipts.push_back(receipt);
                }
                Some(receipt)
            }
            None => None,
        }
    }

    /// Whether a member is connected and gets entries as they are committed; in
    /// a ring all but the next one get them from others, once those have
    /// applied them.
    #[inline]
    fn ships_at_commit(&self, database: usize, log: usize, place: usize) -> bool {
        let tier = &self.databases[database];
        tier.appliers[place].is_connected
            && (tier.cluster.topology != Topology::Ring
                || tier.cluster.before(place % tier.members()) == log)
    }

    /// When an entry reaches a member. Entries travel in order: none arrives
    /// before its predecessor.
    #[inline]
    fn sent(&self, database: usize, log: usize, place: usize, entry: Entry) -> Instant {
        let applier = &self.databases[database].appliers[place];
        let sent = entry.committed_at.max(applier.connected_since);
        self.arrival(database, log, place, sent, entry.position.get())
    }

    #[inline]
    fn arrival(
        &self,
        database: usize,
        log: usize,
        place: usize,
        sent: Instant,
        position: u64,
    ) -> Instant {
        let plan = &self.plan.databases[database];
        let tier = &self.databases[database];
        let mut arrival = sent + self.shipping(database, log, place % tier.members());
        if !plan.extra_lag.is_zero() {
            let member = place % tier.members();
            let key = self.applier_key(database, log, member).named("extra lag");
            arrival += plan.extra_lag.sample_duration(&mut key.numbered(position).draws());
        }
        arrival.max(tier.appliers[place].last_receipt)
    }

    /// One-way time of an entry to a member.
    #[inline]
    pub(super) fn shipping(&self, database: usize, log: usize, member: usize) -> Duration {
        let cluster = &self.databases[database].cluster;
        let source = cluster.primary().unwrap_or_else(|| cluster.source(log, member));
        let one_way = self.way_between(database, source as u32, member as u32);
        match &self.faults {
            None => one_way,
            Some(_) => one_way + self.shipping_added(database, source, member),
        }
    }

    fn applier_key(&self, database: usize, log: usize, member: usize) -> Key {
        let replica = (member as u64).wrapping_sub(1);
        let key = self.root.named("applier").numbered(database as u64).numbered(replica);
        if log == 0 { key } else { key.named("origin").numbered(log as u64) }
    }

    /// The applier works on an entry that is there.
    fn work_on_entry(
        &mut self,
        database: usize,
        log: usize,
        member: usize,
        program: u16,
        position: u64,
    ) {
        let pc = self.plan.programs.programs[usize::from(program)].start;
        let key = self.applier_key(database, log, member).numbered(position);
        let mut job = Job::new(key, NOBODY, pc, self.now);
        job.slots[MEMBER_SLOT] = member as u32;
        job.slots[LOG_SLOT] = log as u32;
        let place = log * self.databases[database].members() + member;
        job.slots[EPOCH_SLOT] = self.databases[database].appliers[place].epoch;
        let job = self.spawn(job);
        self.ready.push_back(job);
    }

    /// The entry is applied: the member shows it from now on.
    #[inline(never)]
    pub fn applied(&mut self, job: JobId, database: u16) -> Flow {
        let database = usize::from(database);
        let slots = self.jobs[job].slots;
        let (member, log) = (slots[MEMBER_SLOT] as usize, slots[LOG_SLOT] as usize);
        self.jobs.remove(job);
        let tier = &mut self.databases[database];
        let applier = &mut tier.appliers[log * tier.cluster.members.len() + member];
        if applier.epoch != slots[EPOCH_SLOT] {
            return Flow::End;
        }
        applier.receipts.pop_front();
        if let Some(entry) = tier.logs[log].next_for(member) {
            tier.logs[log].apply(self.now, member, entry.position);
            if tier.cluster.topology == Topology::Ring {
                self.pass_on(database, log, member);
            }
        }
        self.apply_next(database, log, member);
        Flow::End
    }

    /// What a member of a ring has applied goes on to the next one. An entry
    /// that would come home is dropped.
    fn pass_on(&mut self, database: usize, log: usize, member: usize) {
        let tier = &self.databases[database];
        let next = tier.cluster.after(member);
        let place = log * tier.members() + next;
        if next == log || !tier.appliers[place].is_connected {
            return;
        }
        let position = tier.logs[log].applied(member).get();
        let receipt = self.arrival(database, log, place, self.now, position);
        self.note_receipt(database, place, receipt);
        if self.databases[database].appliers[place].state == ApplierState::Idle {
            self.apply_next(database, log, next);
        }
    }

    fn note_receipt(&mut self, database: usize, place: usize, receipt: Instant) {
        let applier = &mut self.databases[database].appliers[place];
        applier.receipts.push_back(receipt);
        applier.last_receipt = receipt;
    }
}

/// Connections come and go.
impl World<'_> {
    /// Finds out the receipts of a member up to and including the entry at
    /// `position`, or the first that comes after `until`.
    pub(super) fn find_receipts(
        &mut self,
        database: usize,
        log: usize,
        member: usize,
        until: Option<Instant>,
    ) {
        let place = log * self.databases[database].members() + member;
        if !self.ships_at_commit(database, log, place) {
            return;
        }
        loop {
            let tier = &self.databases[database];
            let known = self.known(database, log, member);
            if known >= tier.logs[log].last_position().get() {
                return;
            }
            if until.is_some_and(|until| tier.appliers[place].last_receipt > until) {
                return;
            }
            let next = tier.logs[log].entry_after(Position::at(known));
            let receipt = self.sent(database, log, place, next);
            self.note_receipt(database, place, receipt);
        }
    }

    /// Position of the last entry whose receipt at a member is known.
    fn known(&self, database: usize, log: usize, member: usize) -> u64 {
        let tier = &self.databases[database];
        let receipts = &tier.appliers[log * tier.members() + member].receipts;
        tier.logs[log].applied(member).get() + receipts.len() as u64
    }

    /// When a member receives, or has received, an entry that is not older than
    /// the one that it applies next.
    pub(super) fn receipt_of(
        &mut self,
        database: usize,
        log: usize,
        member: usize,
        position: Position,
    ) -> Option<Instant> {
        self.find_receipts(database, log, member, None);
        let tier = &self.databases[database];
        let applier = &tier.appliers[log * tier.members() + member];
        let applied = tier.logs[log].applied(member).get();
        match position.get().checked_sub(applied + 1) {
            None => Some(self.now.min(applier.last_receipt)),
            Some(ahead) => applier.receipts.get(ahead as usize).copied(),
        }
    }

    /// Position of the last entry that a member has received by now.
    pub(super) fn received(&mut self, database: usize, log: usize, member: usize) -> Position {
        let now = self.now;
        self.find_receipts(database, log, member, Some(now));
        let tier = &self.databases[database];
        let receipts = &tier.appliers[log * tier.members() + member].receipts;
        let there = receipts.partition_point(|&receipt| receipt <= now) as u64;
        Position::at(tier.logs[log].applied(member).get() + there)
    }

    /// Nothing more is shipped to a member: what is under way is lost, and sent
    /// again some day.
    pub(super) fn disconnect(&mut self, database: usize, log: usize, member: usize) {
        let received = self.received(database, log, member).get();
        let tier = &mut self.databases[database];
        let applied = tier.logs[log].applied(member).get();
        let place = log * tier.members() + member;
        let applier = &mut tier.appliers[place];
        applier.is_connected = false;
        applier.receipts.truncate((received - applied) as usize);
        applier.last_receipt = applier.last_receipt.min(self.now);
        if matches!(applier.state, ApplierState::Waiting(_) | ApplierState::Idle) {
            applier.state = ApplierState::Away;
        }
    }

    /// A member gets from now on what it has not received.
    pub(super) fn connect(&mut self, database: usize, log: usize, member: usize) {
        let now = self.now;
        let tier = &mut self.databases[database];
        let place = log * tier.members() + member;
        let applier = &mut tier.appliers[place];
        applier.is_connected = true;
        applier.connected_since = now;
        if applier.state == ApplierState::Away {
            applier.state = ApplierState::Idle;
        }
        let source = tier.cluster.source(log, member);
        if source != log {
            // In a ring: all that the one before has applied by now.
            let end = tier.logs[log].applied(source).get();
            for position in self.known(database, log, member)..end {
                let receipt = self.arrival(database, log, place, now, position + 1);
                self.note_receipt(database, place, receipt);
            }
        }
        if self.databases[database].appliers[place].state == ApplierState::Idle {
            self.apply_next(database, log, member);
        }
    }

    /// A member is dead: its work on an entry is lost, what it had received
    /// stays on its disk.
    pub(super) fn halt_applier(&mut self, database: usize, log: usize, member: usize) {
        let tier = &mut self.databases[database];
        let place = log * tier.members() + member;
        tier.appliers[place].state = ApplierState::Away;
        tier.appliers[place].epoch += 1;
    }

    /// A member is there again: it applies what it had received.
    pub(super) fn restart_applier(&mut self, database: usize, log: usize, member: usize) {
        let tier = &self.databases[database];
        let applier = &tier.appliers[log * tier.members() + member];
        let is_up = tier.cluster.members[member].presence == Presence::Up;
        if is_up && applier.state == ApplierState::Away && !applier.receipts.is_empty() {
            self.apply_next(database, log, member);
        }
    }

    /// What lies beyond the end of a log, or all of one that it does not follow,
    /// a member has not received; nor does it work on it.
    pub(super) fn forget_receipts(&mut self, database: usize, log: usize, member: usize) {
        let tier = &mut self.databases[database];
        let place = log * tier.members() + member;
        let left = tier.logs[log].last_position().get() - tier.logs[log].applied(member).get();
        let applier = &mut tier.appliers[place];
        applier.receipts.truncate(left as usize);
        applier.last_receipt = applier.last_receipt.min(self.now);
        if applier.receipts.is_empty() && applier.state != ApplierState::Idle {
            applier.state = ApplierState::Away;
            applier.epoch += 1;
        }
    }
}
