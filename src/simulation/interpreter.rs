//! The interpreter: one exhaustive match, no business logic.
//!
//! A verb either lets its job go on at once, sends it elsewhere in its
//! program, or keeps it until an event or another job wakes it.

use super::request::JobId;
use super::world::World;
use crate::route::program::Instruction;
use crate::route::step::{Pc, Verb};

/// How a job goes on after a verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// With the next verb.
    Next,
    /// With the verb at this place.
    Jump(Pc),
    /// When it is woken.
    Wait,
    /// Not at all: it has ended.
    End,
}

impl World<'_> {
    /// Plays verbs until the job waits or ends.
    #[inline(always)]
    fn advance(&mut self, job: JobId) {
        let mut pc = self.jobs[job].pc;
        loop {
            self.jobs[job].pc = pc;
            match self.begin_verb(job, &self.plan.programs.code[pc as usize]) {
                Flow::Next => pc += 1,
                Flow::Jump(to) => pc = to,
                Flow::Wait | Flow::End => return,
            }
        }
    }

    /// What the job waited for is there: ends its verb, and leaves it at the
    /// next one.
    #[inline(always)]
    pub fn resume(&mut self, job: JobId) {
        let pc = self.jobs[job].pc;
        self.end_verb(job, &self.plan.programs.code[pc as usize]);
        self.jobs[job].pc = pc + 1;
    }

    #[inline(always)]
    fn begin_verb(&mut self, job: JobId, instruction: &Instruction) -> Flow {
        match instruction.verb {
            Verb::Resolve { lookup } => self.begin_resolve(job, lookup),
            Verb::Route { lookup } => self.begin_route(job, lookup),
            Verb::Connect { reuse } => self.begin_connect(job, reuse),
            Verb::Reply { bytes, step, answer } => self.begin_reply(job, bytes, step, answer),
            Verb::Hop { delay } => self.begin_hop(job, delay),
            Verb::Cross { within, from, to } => self.begin_cross(job, within, from, to),
            Verb::Wait { time, step, purpose } => self.begin_wait(job, time, step, purpose),
            Verb::Choose { group, slot, step } => self.choose(job, group, slot, step),
            Verb::ChooseNear { group, slot, step, at } => {
                self.choose_near(job, group, at, slot, step)
            }
            Verb::Contact { .. } => self.contact(job, instruction),
            Verb::Depart => Flow::Next,
            Verb::Probe { access, step } => self.probe(job, access, step),
            Verb::Release { group, slot } => self.release(job, group, slot),
            Verb::Enter { pool, slot, patience, step } => {
                self.enter(job, pool, slot, patience, step)
            }
            Verb::Leave { pool, slot } => self.leave(job, pool, slot),
            Verb::Guard { breaker } => self.guard(job, breaker),
            Verb::Unguard { breaker } => self.unguard(job, breaker),
            Verb::Work { .. } => self.begin_work(job, instruction),
            Verb::Disk { disks, slot, access, step } => {
                self.begin_disk(job, disks, slot, access, step)
            }
            Verb::Fan { access, step, join } => self.fan(job, access, step, join),
            Verb::Lookup { access, step, hit } => self.lookup(job, access, step, hit),
            Verb::Claim { access, step, shared } => self.claim(job, access, step, shared),
            Verb::Await { cache } => self.await_fetches(job, cache),
            Verb::Fill { access, step } => self.fill(job, access, step),
            Verb::Invalidate { access, step, word } => self.invalidate(job, access, step, word),
            Verb::Word { access, step } => self.word_came(job, access, step),
            Verb::Buffer { access, step, flush, done } => {
                self.buffer(job, access, step, flush, done)
            }
            Verb::Flush { access, step } => self.begin_flush(job, access, step),
            Verb::Settle { access, slot, step } => self.settle_write(job, access, slot, step),
            Verb::Update { access, step, word } => self.update(job, access, step, word),
            Verb::Flushed => self.flushed(job),
            Verb::Snapshot { access, slot, step } => self.snapshot(job, access, slot, step),
            Verb::Commit { access, slot, step } => self.commit(job, access, slot, step),
            Verb::CommitShare { access, slot, step } => self.commit_share(job, access, slot, step),
            Verb::Acknowledge { database, slot } => self.acknowledge(job, database, slot),
            Verb::Copied { database } => self.slice_copied(job, database),
            Verb::Recovered { database } => self.write_recovered(job, database),
            Verb::Applied { database } => self.applied(job, database),
            Verb::Quorum(verb) => self.begin_quorum(job, verb),
            Verb::Queue(verb) => self.begin_queue(job, verb),
            Verb::Fork { first, count, join } => self.fork(job, first, count, join),
            Verb::Locate { .. } => self.locate(job, instruction),
            Verb::Scatter { .. } => self.scatter(job, instruction),
            Verb::Jump { to } => Flow::Jump(to),
            Verb::Moved { resharding } => self.slice_part_moved(job, resharding),
            Verb::Join => self.join(job),
            Verb::Skip { chance, step, to } => self.skip(job, chance, step, to),
            Verb::Answer => self.answer(job),
            Verb::StaticAsked => self.static_asked(job),
            Verb::StaticArrived => self.static_arrived(job),
            Verb::Session(verb) => self.begin_session(job, verb),
            Verb::Cdn(verb) => self.begin_cdn(job, verb),
            Verb::Finish => self.finish(job),
            Verb::Forgotten => {
                self.forget(job);
                Flow::End
            }
            Verb::Held => self.hold_frozen(job),
            Verb::Buried | Verb::Frozen => Flow::Wait,
        }
    }

    /// As [`World::resume`], for the rare caller outside the event loop.
    #[cold]
    #[inline(never)]
    pub fn finish_verb(&mut self, job: JobId, instruction: &Instruction) {
        self.end_verb(job, instruction);
    }

    #[inline(always)]
    fn end_verb(&mut self, job: JobId, instruction: &Instruction) {
        match instruction.verb {
            Verb::Resolve { .. } => self.end_resolve(job),
            Verb::Route { .. } => self.end_route(job),
            Verb::Cross { from, to, .. } if self.is_abroad(job, from, to) => {
                return self.attribute_since(job, instruction.wait_part);
            }
            Verb::Work { cpus, slot, .. } => {
                return self.end_work(job, cpus, slot, instruction.part);
            }
            Verb::Disk { disks, slot, .. } => {
                return self.end_disk(job, disks, slot, instruction.part);
            }
            _ => {}
        }
        self.attribute_since(job, instruction.part);
    }

    /// Lets `job` go on, and then the jobs that became ready at this instant,
    /// in order. There is one caller, so that the interpreter is part of the
    /// event loop.
    #[inline(always)]
    pub fn go_on(&mut self, job: Option<JobId>) {
        let mut next = job.or_else(|| self.ready.pop_front());
        while let Some(job) = next {
            self.advance(job);
            next = self.ready.pop_front();
        }
    }
}
