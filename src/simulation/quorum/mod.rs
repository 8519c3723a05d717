//! Leaderless databases: a coordinator asks all holders of each key and goes on
//! when enough have answered (DeCandia et al. 2007, "Dynamo", §4.5); what a
//! holder lacks is brought to it later, by hint (§4.6) or by read repair (§5).
//!
//! Unlike Dynamo's sloppy quorum, no other instance takes the place of a dead
//! holder: a hint does not count as an acknowledgement.

mod repair;

use super::interpreter::Flow;
use super::request::{Cause, JobId, NOBODY};
use super::world::World;
use crate::kernel::time::{Duration, Instant};
use crate::route::families::QuorumVerb;
use crate::route::step::{Purpose, Slot, StepId, Verb};
use crate::tier::quorum::{Ballot, Ring, Sight, Verdict, Version, Versions};
use std::collections::VecDeque;

/// A leaderless database in play.
#[derive(Clone, Debug)]
pub struct QuorumTier {
    versions: Versions,
    calls: Vec<Call>,
    free_calls: Vec<u32>,
    /// What is to be brought to each member, in order.
    repairs: Vec<VecDeque<Repair>>,
    /// How many of the first of theirs each member works on now.
    in_repair: Vec<usize>,
    /// Members whose disks were destroyed, until they have been copied.
    is_empty: Vec<bool>,
    /// Members asked in one call, with the keys asked of each: empty in between.
    asked: Vec<(usize, u64)>,
    /// Figures.
    pub counts: QuorumCounts,
}

/// Figures of a leaderless database, in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuorumCounts {
    /// Writes kept for holders that did not take them.
    pub hints_kept: u64,
    /// Of them brought to their holders.
    pub hints_delivered: u64,
    /// Writes that reads found missing, and brought.
    pub read_repairs: u64,
}

/// A question to the holders of some keys.
#[derive(Clone, Debug)]
struct Call {
    access: u16,
    writes: bool,
    begun: Instant,
    ballot: Ballot,
    /// By item of the access.
    keys: Vec<KeyState>,
    /// What holders have shown of keys that some holder may lack a write of.
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct KeyState {
    key: u64,
    /// Of a write.
    version: Version,
    /// An answer has shown all that was done when the read began.
    is_fresh: bool,
    /// When the first write was done that no answer has shown.
    missed: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    job: JobId,
    item: u32,
    member: usize,
    sight: Sight,
}

/// A write that a member lacks.
#[derive(Clone, Copy, Debug)]
struct Repair {
    key: u64,
    version: Version,
    /// Kept for it; else a read has found it missing.
    is_hint: bool,
}

impl QuorumTier {
    /// All holders have everything.
    pub fn new(members: usize, holders: usize) -> Self {
        Self {
            versions: Versions::new(Ring { members, holders }),
            calls: Vec::new(),
            free_calls: Vec::new(),
            repairs: vec![VecDeque::new(); members],
            in_repair: vec![0; members],
            is_empty: vec![false; members],
            asked: Vec::new(),
            counts: QuorumCounts::default(),
        }
    }

    /// Forgets what was counted before the window.
    pub fn begin_window(&mut self) {
        self.counts = QuorumCounts::default();
    }

    /// Hints that wait for their holders.
    pub fn hints_waiting(&self) -> usize {
        let hints = self.repairs.iter().flatten().filter(|repair| repair.is_hint);
        hints.count()
    }

    /// A call with these answers to wait for; its lists are those of an old one.
    fn begin_call(&mut self, access: u16, answers: u8, writes: bool, now: Instant) -> u32 {
        let number = self.free_calls.pop().unwrap_or_else(|| {
            let (ballot, keys, seen) = (Ballot::default(), Vec::new(), Vec::new());
            self.calls.push(Call { access, writes, begun: now, ballot, keys, seen });
            (self.calls.len() - 1) as u32
        });
        let call = &mut self.calls[number as usize];
        (call.access, call.writes, call.begun) = (access, writes, now);
        call.ballot.begin(answers);
        call.keys.clear();
        call.seen.clear();
        number
    }

    /// An answer for a key counts: what it has shown.
    fn count_sight(&mut self, call: u32, job: JobId, item: u32) {
        let call = &mut self.calls[call as usize];
        let own = call.seen.iter().find(|seen| seen.job == job && seen.item == item);
        let state = &mut call.keys[item as usize];
        match own.and_then(|seen| seen.sight.missed) {
            None => state.is_fresh = true,
            Some(missed) => state.missed = state.missed.max(missed),
        }
    }
}

/// Items whose bit is set.
fn items(mut bits: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let item = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (item < 64).then_some(item)
    })
}

/// Asking and answering.
impl World<'_> {
    fn quorum(&mut self, database: usize) -> &mut QuorumTier {
        self.databases[database].quorum.as_mut().expect("a leaderless database")
    }

    /// The database, the call and the tally to which a branch belongs.
    fn call_of_branch(&self, job: JobId) -> (usize, u32, JobId) {
        let tally = self.jobs[job].parent;
        let (database, call) = self.call_of_tally(tally);
        (database, call, tally)
    }

    fn call_of_tally(&self, tally: JobId) -> (usize, u32) {
        // As `begin_tally` has put them.
        let [call, database, ..] = self.jobs[tally].slots;
        (database as usize, call)
    }

    /// The coordinator asks all holders of each key that are in service, as far
    /// as anybody has noticed.
    #[inline(never)]
    pub(super) fn ask_holders(&mut self, job: JobId, verb: QuorumVerb) -> Flow {
        let QuorumVerb::AskHolders { access, step, slot, answers, writes, join } = verb else {
            return Flow::Next;
        };
        let plan = &self.plan.accesses[usize::from(access)];
        let database = usize::from(plan.database);
        let bits = self.wanted_bits(job, plan) & (u64::MAX >> (64 - u32::from(plan.count)));
        if bits == 0 {
            return Flow::Jump(join);
        }
        let now = self.now;
        let call = self.quorum(database).begin_call(access, answers, writes, now);
        if !self.find_holders(job, database, call, bits, step) {
            self.end_call(database, call);
            return self.fail(job, Cause::NoQuorum);
        }
        if self.recorder.trace.is_on() {
            self.trace_keys(job, access, step);
        }
        if writes {
            self.begin_writes(database, call, bits);
        }
        self.jobs[job].pc += 1;
        let tally = self.begin_tally(job, database, call);
        (self.jobs[job].pc, self.jobs[job].pending) = (join, 1);
        self.ask_each(job, tally, database, slot + 1, step);
        Flow::Wait
    }

    /// Who is asked for which keys; says whether enough are.
    fn find_holders(
        &mut self,
        job: JobId,
        database: usize,
        call: u32,
        bits: u64,
        step: StepId,
    ) -> bool {
        let access = self.quorum(database).calls[call as usize].access;
        for item in items(bits) {
            let key = self.key(job, access, step, item);
            let tier = &mut self.databases[database];
            let Some(quorum) = tier.quorum.as_mut() else { return false };
            let own = &mut quorum.calls[call as usize];
            let state = KeyState { key, version: 0, is_fresh: false, missed: Instant::ZERO };
            own.keys.resize(item as usize + 1, state);
            own.keys[item as usize] = state;
            let mut holders = 0;
            for member in quorum.versions.ring().holders_of(key) {
                if !tier.cluster.members[member].is_in_service {
                    continue;
                }
                holders += 1;
                match quorum.asked.iter_mut().find(|(known, _)| *known == member) {
                    Some((_, keys)) => *keys |= 1 << item,
                    None => quorum.asked.push((member, 1 << item)),
                }
            }
            own.ballot.ask(item, holders);
        }
        let quorum = self.quorum(database);
        let is_possible = !quorum.calls[call as usize].ballot.is_hopeless();
        if !is_possible {
            quorum.asked.clear();
        }
        is_possible
    }

    /// Each key gets a new version; holders that are known to be away will have
    /// theirs later.
    fn begin_writes(&mut self, database: usize, call: u32, bits: u64) {
        for item in items(bits) {
            let tier = &mut self.databases[database];
            let Some(quorum) = tier.quorum.as_mut() else { return };
            let state = &mut quorum.calls[call as usize].keys[item as usize];
            let (version, conflict) = quorum.versions.begin(state.key);
            state.version = version;
            let key = state.key;
            tier.failover.counts.conflicts += u64::from(conflict);
            for rank in 0..self.quorum(database).versions.ring().holders {
                let ring = self.quorum(database).versions.ring();
                let Some(member) = ring.holders_of(key).nth(rank) else { continue };
                if !self.databases[database].cluster.members[member].is_in_service {
                    self.keep(database, member, Repair { key, version, is_hint: true });
                }
            }
        }
    }

    /// The job that counts the answers. It lives as long as any branch does,
    /// also when its request has gone on.
    fn begin_tally(&mut self, job: JobId, database: usize, call: u32) -> JobId {
        let mut tally = self.branch_of(job, self.jobs[job].pc);
        tally.slots[..2].copy_from_slice(&[call, database as u32]);
        let request = tally.request;
        if request != NOBODY {
            self.requests[request].jobs += 1;
        }
        let tally = self.spawn(tally);
        self.clients.begin_job(request, tally);
        tally
    }

    fn ask_each(&mut self, job: JobId, tally: JobId, database: usize, holder: Slot, step: StepId) {
        let asked = std::mem::take(&mut self.quorum(database).asked);
        let body = self.jobs[tally].pc + 1;
        self.jobs[tally].pending = asked.len() as u16;
        for &(member, keys) in &asked {
            let mut branch = self.branch_of(job, body);
            branch.parent = tally;
            branch.key = self.service_key(job, step, Purpose::Database).numbered(member as u64);
            branch.slots[usize::from(holder)] = member as u32;
            branch.missing = keys;
            self.spawn_branch(branch);
        }
        let quorum = self.quorum(database);
        quorum.asked = asked;
        quorum.asked.clear();
    }

    /// One way between two instances of a database.
    #[inline(never)]
    pub(super) fn begin_between(
        &mut self,
        job: JobId,
        database: u16,
        from: Slot,
        to: Slot,
    ) -> Flow {
        let slots = &self.jobs[job].slots;
        let (from, to) = (slots[usize::from(from)], slots[usize::from(to)]);
        if from == to {
            return Flow::Next;
        }
        let time = self.way_between(usize::from(database), from, to);
        match self.plan.regions {
            None => self.resume_in_lane(self.hop_lane, job, time),
            Some(_) => self.resume_after(job, time),
        }
        Flow::Wait
    }

    /// A holder has done its part: it shows what it has, or has what is written.
    #[inline(never)]
    pub(super) fn hold(&mut self, job: JobId, slot: Slot) -> Flow {
        let (database, call, _) = self.call_of_branch(job);
        let member = self.jobs[job].slots[usize::from(slot)] as usize;
        let bits = self.jobs[job].missing;
        let quorum = self.quorum(database);
        let own = &mut quorum.calls[call as usize];
        for item in items(bits) {
            let KeyState { key, version, .. } = own.keys[item as usize];
            if own.writes {
                quorum.versions.applied(key, version, member);
            } else if let Some(sight) = quorum.versions.sight(key, member, own.begun) {
                own.seen.push(Seen { job, item, member, sight });
            }
        }
        Flow::Next
    }

    /// The answer of a holder is back.
    #[inline(never)]
    pub(super) fn vote(&mut self, job: JobId) -> Flow {
        let (database, call, tally) = self.call_of_branch(job);
        let (now, bits) = (self.now, self.jobs[job].missing);
        let mut is_done = false;
        for item in items(bits) {
            let quorum = self.quorum(database);
            let own = &mut quorum.calls[call as usize];
            let counts = !own.ballot.is_complete(item);
            let (verdict, completes) = own.ballot.answer(item);
            is_done |= verdict == Verdict::Done;
            let KeyState { key, version, .. } = own.keys[item as usize];
            if !own.writes && counts {
                quorum.count_sight(call, job, item);
            } else if own.writes && completes {
                quorum.versions.done(key, version, now);
            }
        }
        if is_done {
            self.go_on_with_answers(job, tally, database, call);
        }
        self.end_ballot(job, tally);
        Flow::End
    }

    /// Enough have answered, the last of them `job`: its way is the critical
    /// path of who asked.
    fn go_on_with_answers(&mut self, job: JobId, tally: JobId, database: usize, call: u32) {
        let parent = std::mem::replace(&mut self.jobs[tally].parent, NOBODY);
        match self.quorum(database).calls[call as usize].writes {
            true => self.written(database, call),
            false => self.read_by_quorum(database, call),
        }
        self.hand_attribution(job, parent);
        self.jobs[parent].pending = 0;
        self.jobs[parent].since = self.now;
        self.jobs[parent].read_at = self.now + Duration::from_nanos(1);
        self.ready.push_back(parent);
    }

    fn written(&mut self, database: usize, call: u32) {
        self.databases[database].writes_committed += 1;
        if self.plan.databases[database].caches.is_empty() {
            return;
        }
        let own = &self.quorum(database).calls[call as usize];
        let (access, keys) = (own.access, own.keys.iter().map(|state| state.key).collect());
        let mut keys: Vec<u64> = keys;
        keys.dedup();
        let deletes = self.plan.accesses[usize::from(access)].deletes;
        self.tell_caches(database, &keys, deletes);
    }

    /// A read is stale if it misses a write that was done before it began.
    fn read_by_quorum(&mut self, database: usize, call: u32) {
        let keys = &self.quorum(database).calls[call as usize].keys;
        let stale = keys.iter().filter(|state| !state.is_fresh && state.missed > Instant::ZERO);
        let oldest = stale.map(|state| state.missed).min();
        let age = oldest.map(|since| self.now - since);
        self.databases[database].record_read(age);
    }

    /// A branch has ended.
    fn end_ballot(&mut self, job: JobId, tally: JobId) {
        let request = self.jobs[job].request;
        self.jobs.remove(job);
        if request != NOBODY {
            self.requests[request].jobs -= 1;
        }
        self.clients.end_job(request, job);
        self.jobs[tally].pending -= 1;
        if self.jobs[tally].pending == 0 {
            self.end_tally(tally);
        }
    }

    /// All have answered, or will not.
    fn end_tally(&mut self, tally: JobId) {
        let (database, call) = self.call_of_tally(tally);
        self.repair_by_read(database, call);
        self.end_call(database, call);
        let request = self.jobs[tally].request;
        self.remove_job(tally, request);
        // The work of a message has no request.
        if request != NOBODY {
            self.let_go(request, false);
        }
    }

    fn end_call(&mut self, database: usize, call: u32) {
        self.quorum(database).free_calls.push(call);
    }
}

/// Failing.
impl World<'_> {
    /// Whether a job is the question to one holder.
    pub(super) fn is_ballot(&self, job: JobId) -> bool {
        let parent = self.jobs[job].parent;
        parent != NOBODY && self.instruction(parent).verb == Verb::Quorum(QuorumVerb::Tally)
    }

    /// A holder does not answer; what it should have written is kept for it.
    #[cold]
    #[inline(never)]
    pub(super) fn ballot_failed(&mut self, job: JobId, cause: Cause) -> Flow {
        let (database, call, tally) = self.call_of_branch(job);
        let bits = self.jobs[job].missing;
        let holder = self.holder_of(job);
        let mut is_over = false;
        for item in items(bits) {
            let own = &mut self.quorum(database).calls[call as usize];
            is_over |= own.ballot.lose(item) == Verdict::Failed;
            let (writes, KeyState { key, version, .. }) = (own.writes, own.keys[item as usize]);
            if writes {
                self.keep(database, holder, Repair { key, version, is_hint: true });
            }
        }
        let parent = self.jobs[tally].parent;
        if is_over && parent != NOBODY {
            self.jobs[tally].parent = NOBODY;
            self.jobs[parent].pending = 0;
            let given_up = cause == Cause::TimedOut;
            self.fail(parent, if given_up { cause } else { Cause::NoQuorum });
        }
        self.end_ballot(job, tally);
        Flow::End
    }

    /// The holder that a branch asks.
    fn holder_of(&self, job: JobId) -> usize {
        let tally = self.jobs[job].parent;
        let ask = self.plan.programs.code[self.jobs[tally].pc as usize - 1].verb;
        let Verb::Quorum(QuorumVerb::AskHolders { slot, .. }) = ask else { return 0 };
        self.jobs[job].slots[usize::from(slot) + 1] as usize
    }

    /// A tally is gone with its coordinator.
    #[cold]
    pub(super) fn drop_tally(&mut self, job: JobId) {
        if self.instruction(job).verb == Verb::Quorum(QuorumVerb::Tally) {
            let (database, call) = self.call_of_tally(job);
            self.end_call(database, call);
        }
    }

    /// What a member was working on is lost with it.
    pub(super) fn holder_died(&mut self, database: usize, member: usize) {
        if let Some(quorum) = &mut self.databases[database].quorum {
            quorum.in_repair[member] = 0;
        }
    }

    /// A disk is destroyed. Answers how many done writes lay on it alone; where
    /// it was the `last` disk of all, all that were ever done are lost.
    pub(super) fn holder_emptied(&mut self, database: usize, member: usize) -> u64 {
        let Some(quorum) = &mut self.databases[database].quorum else { return 0 };
        quorum.is_empty[member] = true;
        quorum.versions.lose(member)
    }
}
