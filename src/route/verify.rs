//! Proof, before a program runs, that it ends and gives back what it takes.
//!
//! Every verb goes forward, so a program ends. Walking it once with the list
//! of what is held shows that each path to `Finish` or `Join` has left each
//! `Enter` exactly once, and that the compiled hold lists, by which a failing
//! request is unwound, say the truth.

use super::families::{CdnVerb, QueueVerb, QuorumVerb, SessionVerb};
use super::program::{Held, HoldId, NO_HOLD, Program, Programs};
use super::step::{Pc, SLOTS, Slot, Verb};

/// Why a program must not run: a bug of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the program.
    pub program: String,
    /// Where, counted from the start of the program.
    pub at: Pc,
    /// What is wrong.
    pub reason: String,
}

/// Checks every program.
///
/// # Errors
/// The first fault found.
pub fn verify(programs: &Programs) -> Result<(), Fault> {
    programs.programs.iter().try_for_each(|program| Walk::new(programs, program).check())
}

/// One walk over a program.
struct Walk<'a> {
    programs: &'a Programs,
    program: &'a Program,
    /// What is held before each verb, where a path leads there; `None` = not reached.
    reached: Vec<Option<Vec<(Held, Slot)>>>,
}

impl<'a> Walk<'a> {
    fn new(programs: &'a Programs, program: &'a Program) -> Self {
        let length = (program.end - program.start) as usize;
        Self { programs, program, reached: vec![None; length] }
    }

    fn check(mut self) -> Result<(), Fault> {
        self.arrive(self.program.start, self.program.start, Vec::new())?;
        for pc in self.program.start..self.program.end {
            let Some(held) = self.reached[(pc - self.program.start) as usize].clone() else {
                return Err(self.fault(pc, "no path leads here"));
            };
            self.check_verb(pc, held)?;
        }
        Ok(())
    }

    fn check_verb(&mut self, pc: Pc, mut held: Vec<(Held, Slot)>) -> Result<(), Fault> {
        let instruction = self.programs.code[pc as usize];
        if self.compiled_holds(instruction.holds) != held {
            return Err(self.fault(pc, "the list of what is held differs from the path"));
        }
        match instruction.verb {
            Verb::Enter { pool, slot, .. } => held.push((Held::Pool(pool), slot)),
            Verb::Guard { breaker } => held.push((Held::Guarded(breaker), 0)),
            Verb::Unguard { breaker } => {
                self.give_back(pc, &mut held, (Held::Guarded(breaker), 0))?
            }
            Verb::Choose { group, slot, .. } | Verb::ChooseNear { group, slot, .. } => {
                self.check_slot(pc, slot)?;
                if self.is_released(pc, group, slot) {
                    held.push((Held::Connection(group), slot));
                }
            }
            Verb::Leave { pool, slot } => {
                self.give_back(pc, &mut held, (Held::Pool(pool), slot))?
            }
            Verb::Release { group, slot } => {
                self.give_back(pc, &mut held, (Held::Connection(group), slot))?;
            }
            Verb::Cdn(verb) => return self.check_cdn(pc, verb, held),
            Verb::Session(verb) => self.check_session(pc, verb, &held)?,
            Verb::Lookup { hit, .. } => self.arrive(pc, hit, held.clone())?,
            Verb::Buffer { done, .. } => self.arrive(pc, done, held.clone())?,
            Verb::Claim { shared, .. } => self.check_claim(pc, shared, &mut held)?,
            Verb::Await { cache } => self.give_back(pc, &mut held, (Held::Fetch(cache), 0))?,
            Verb::Skip { to, .. } => self.arrive(pc, to, held.clone())?,
            Verb::Fork { first, count, join } => {
                for branch in first..first + u32::from(count) {
                    self.arrive(pc, self.programs.branches[branch as usize], Vec::new())?;
                }
                return self.arrive(pc, join, held);
            }
            Verb::Locate { .. } => return self.arrive_at_shards(pc, &held),
            Verb::Scatter { join, .. } => {
                self.arrive_at_shards(pc, &[])?;
                return self.arrive(pc, join, held);
            }
            Verb::Jump { to } => return self.arrive(pc, to, held),
            Verb::Fan { join, .. } | Verb::Quorum(QuorumVerb::AskHolders { join, .. }) => {
                self.arrive(pc, pc + 1, Vec::new())?;
                return self.arrive(pc, join, held);
            }
            Verb::Finish
            | Verb::Join
            | Verb::Quorum(QuorumVerb::Vote)
            | Verb::Quorum(QuorumVerb::Repaired { .. })
            | Verb::Applied { .. }
            | Verb::Flushed
            | Verb::Word { .. }
            | Verb::Copied { .. }
            | Verb::Moved { .. }
            | Verb::Recovered { .. }
            | Verb::Queue(QueueVerb::Delivered { .. }) => {
                return self.check_end(pc, &held);
            }
            _ => {}
        }
        self.arrive(pc, pc + 1, held)
    }

    fn check_end(&self, pc: Pc, held: &[(Held, Slot)]) -> Result<(), Fault> {
        match held.is_empty() {
            true => Ok(()),
            false => Err(self.fault(pc, "the way ends while something is held")),
        }
    }

    fn check_cdn(
        &mut self,
        pc: Pc,
        verb: CdnVerb,
        mut held: Vec<(Held, Slot)>,
    ) -> Result<(), Fault> {
        match verb {
            CdnVerb::EdgeLookup { hit, fetch, .. } => {
                self.arrive(pc, hit, held.clone())?;
                self.arrive(pc, fetch, held.clone())?;
                // Nothing stands next where the network cannot be dead.
                if fetch == pc + 1 {
                    return Ok(());
                }
            }
            CdnVerb::BeginFetch { .. } => held.push((Held::FileFetch, 0)),
            CdnVerb::EdgeFill => self.give_back(pc, &mut held, (Held::FileFetch, 0))?,
            CdnVerb::ShieldLookup { hit } => self.arrive(pc, hit, held.clone())?,
            CdnVerb::FileRefreshed => return self.check_end(pc, &held),
            CdnVerb::EdgeConnect { .. }
            | CdnVerb::FetchWay { .. }
            | CdnVerb::ShieldFill
            | CdnVerb::FileReply { .. } => {}
        }
        self.arrive(pc, pc + 1, held)
    }

    fn check_session(
        &mut self,
        pc: Pc,
        verb: SessionVerb,
        held: &[(Held, Slot)],
    ) -> Result<(), Fault> {
        match verb {
            SessionVerb::FindHome { group, slot, chosen, .. } => {
                let mut with = held.to_vec();
                if self.is_released(pc, group, slot) {
                    with.push((Held::Connection(group), slot));
                }
                self.arrive(pc, chosen, with)
            }
            SessionVerb::SessionLookup { hit, .. } => self.arrive(pc, hit, held.to_vec()),
            SessionVerb::SessionRebuilt { .. } => Ok(()),
        }
    }

    /// What is claimed is fetched, up to the wait for what others fetch.
    fn check_claim(
        &mut self,
        pc: Pc,
        shared: Pc,
        held: &mut Vec<(Held, Slot)>,
    ) -> Result<(), Fault> {
        match self.programs.code.get(shared as usize).map(|instruction| instruction.verb) {
            Some(Verb::Await { cache }) => held.push((Held::Fetch(cache), 0)),
            _ => return Err(self.fault(pc, "a claim leads to no wait for others")),
        }
        self.arrive(pc, shared, held.clone())
    }

    /// A path to each of the shards that the verb at `pc` chooses from.
    fn arrive_at_shards(&mut self, pc: Pc, held: &[(Held, Slot)]) -> Result<(), Fault> {
        let ways = self.programs.ways_of_shards(pc);
        ways.iter().try_for_each(|&way| self.arrive(pc, way, held.to_vec()))
    }

    /// A choice is counted by its balancer when a later `Release` names it.
    fn is_released(&self, pc: Pc, group: u16, slot: Slot) -> bool {
        self.programs.code[pc as usize..self.program.end as usize]
            .iter()
            .any(|later| later.verb == Verb::Release { group, slot })
    }

    fn give_back(
        &self,
        pc: Pc,
        held: &mut Vec<(Held, Slot)>,
        what: (Held, Slot),
    ) -> Result<(), Fault> {
        match held.pop() {
            Some(last) if last == what => Ok(()),
            _ => Err(self.fault(pc, "gives back what was not taken last")),
        }
    }

    fn check_slot(&self, pc: Pc, slot: Slot) -> Result<(), Fault> {
        match usize::from(slot) < SLOTS {
            true => Ok(()),
            false => Err(self.fault(pc, "calls nest too deep")),
        }
    }

    /// A path goes from `from` to `to` holding `held`.
    fn arrive(&mut self, from: Pc, to: Pc, held: Vec<(Held, Slot)>) -> Result<(), Fault> {
        if to >= self.program.end || (to <= from && to != self.program.start) {
            return Err(self.fault(from, "goes backwards or past the end"));
        }
        let place = &mut self.reached[(to - self.program.start) as usize];
        match place {
            None => *place = Some(held),
            Some(known) if *known == held => {}
            Some(_) => return Err(self.fault(to, "two paths meet that hold different things")),
        }
        Ok(())
    }

    /// The compiled list, outermost first.
    fn compiled_holds(&self, mut hold: HoldId) -> Vec<(Held, Slot)> {
        let mut list = Vec::new();
        while hold != NO_HOLD {
            let entry = self.programs.holds[usize::from(hold)];
            // Being somewhere is nothing that must be given back.
            if !matches!(entry.held, Held::At(_)) {
                list.push((entry.held, entry.slot));
            }
            hold = entry.outer;
        }
        list.reverse();
        list
    }

    fn fault(&self, pc: Pc, reason: &str) -> Fault {
        Fault {
            program: self.program.name.clone(),
            at: pc - self.program.start,
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a program that leaks, loops or lies is refused, a sound one passes.
    //! Method: small programs, each with one fault.
    use super::*;
    use crate::route::program::{Hold, Instruction, NO_PART};

    fn programs(verbs: &[(Verb, HoldId)], holds: Vec<Hold>) -> Programs {
        let code: Vec<Instruction> = verbs
            .iter()
            .map(|&(verb, holds)| Instruction { verb, wait_part: NO_PART, part: NO_PART, holds })
            .collect();
        let end = code.len() as Pc;
        let program = Program { name: "p".to_owned(), start: 0, end, parts: Vec::new() };
        Programs { code, programs: vec![program], holds, ..Programs::default() }
    }

    fn enter() -> Verb {
        Verb::Enter { pool: 0, slot: 0, patience: None, step: 0 }
    }

    fn one_hold() -> Vec<Hold> {
        vec![Hold { held: Held::Pool(0), slot: 0, outer: NO_HOLD }]
    }

    fn reason(programs: &Programs) -> String {
        verify(programs).expect_err("must be refused").reason
    }

    #[test]
    fn what_is_entered_and_left_passes() {
        let leave = Verb::Leave { pool: 0, slot: 0 };
        let sound = [(enter(), NO_HOLD), (leave, 0), (Verb::Finish, NO_HOLD)];
        assert_eq!(verify(&programs(&sound, one_hold())), Ok(()));
    }

    #[test]
    fn a_leak_is_refused() {
        let leak = [(enter(), NO_HOLD), (Verb::Finish, 0)];
        assert_eq!(reason(&programs(&leak, one_hold())), "the way ends while something is held");
    }

    #[test]
    fn giving_back_twice_is_refused() {
        let leave = Verb::Leave { pool: 0, slot: 0 };
        let twice = [(enter(), NO_HOLD), (leave, 0), (leave, NO_HOLD), (Verb::Finish, NO_HOLD)];
        assert_eq!(reason(&programs(&twice, one_hold())), "gives back what was not taken last");
    }

    #[test]
    fn a_loop_is_refused() {
        let back = Verb::Skip { chance: 0, step: 0, to: 1 };
        let looping = [(Verb::Answer, NO_HOLD), (back, NO_HOLD), (Verb::Finish, NO_HOLD)];
        assert_eq!(reason(&programs(&looping, Vec::new())), "goes backwards or past the end");
    }

    #[test]
    fn a_jump_over_a_leave_is_refused() {
        let leave = Verb::Leave { pool: 0, slot: 0 };
        let skip = Verb::Skip { chance: 0, step: 0, to: 3 };
        let jump = [(enter(), NO_HOLD), (skip, 0), (leave, 0), (Verb::Finish, NO_HOLD)];
        assert_eq!(
            reason(&programs(&jump, one_hold())),
            "two paths meet that hold different things"
        );
    }

    #[test]
    fn a_false_hold_list_is_refused() {
        let leave = Verb::Leave { pool: 0, slot: 0 };
        let lying = [(enter(), NO_HOLD), (leave, NO_HOLD), (Verb::Finish, NO_HOLD)];
        assert_eq!(
            reason(&programs(&lying, one_hold())),
            "the list of what is held differs from the path"
        );
    }
}
