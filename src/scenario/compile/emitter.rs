//! Writes verbs one after the other and keeps the books: what is held, where
//! time is attributed, which tables are shared.

use crate::kernel::distribution::Distribution;
use crate::route::families::{CdnVerb, QuorumVerb, SessionVerb};
use crate::route::program::{Held, Hold, HoldId, Instruction, NO_HOLD, NO_PART, Program, Programs};
use crate::route::step::{DistributionId, Pc, RECEIPT_SLOT, ROUTE_SLOT, SLOTS, Slot, StepId, Verb};
use crate::simulation::blueprint::Access;

/// The program being written, and the tables of all.
#[derive(Default)]
pub(super) struct Emitter {
    pub(super) programs: Programs,
    pub(super) accesses: Vec<Access>,
    held: HoldId,
    parts: Vec<u16>,
    start: Pc,
    next_step: StepId,
    /// Reads of the application in place of what a store cannot do.
    reads: StepId,
    /// Slots that calls may not use.
    reserved: usize,
    fault: Option<String>,
}

impl Emitter {
    /// Keeps the slot in which an attempt has its region.
    pub(super) fn reserve_route_slot(&mut self) {
        self.reserved = SLOTS - ROUTE_SLOT;
    }

    /// Keeps the slots in which the job of a delivery has its message; that of
    /// regions lies above. Answers how many were kept before.
    pub(super) fn reserve_message_slots(&mut self) -> usize {
        std::mem::replace(&mut self.reserved, SLOTS - RECEIPT_SLOT)
    }

    /// Calls may use all slots but so many.
    pub(super) fn restore_slots(&mut self, reserved: usize) {
        self.reserved = reserved;
    }

    /// Number of the last step.
    pub(super) fn last_step(&self) -> StepId {
        self.next_step
    }

    /// The next step has the number after this one.
    pub(super) fn continue_steps(&mut self, last: StepId) {
        self.next_step = last;
    }

    /// Begins a program.
    pub(super) fn begin(&mut self) {
        self.start = self.here();
        self.held = NO_HOLD;
        self.parts.clear();
        self.next_step = 0;
        self.reads = 0;
    }

    /// Names the part of the attribution that the program begins with.
    pub(super) fn begin_attribution(&mut self, part: &str) {
        self.part(part);
    }

    /// Ends the program begun last; its number.
    ///
    /// # Errors
    /// What it asked for beyond the limits of a program.
    pub(super) fn end(&mut self, name: String) -> Result<u16, String> {
        if let Some(fault) = self.fault.take() {
            return Err(format!("{name}: {fault}"));
        }
        let parts = std::mem::take(&mut self.parts);
        self.programs.programs.push(Program { name, start: self.start, end: self.here(), parts });
        Ok((self.programs.programs.len() - 1) as u16)
    }

    /// Place of the next verb.
    pub(super) fn here(&self) -> Pc {
        self.programs.code.len() as Pc
    }

    /// Number of the next step: it depends on the workload alone.
    pub(super) fn step(&mut self) -> StepId {
        match self.next_step.checked_add(1) {
            Some(next) => self.next_step = next,
            None => self.fault = Some("more than 65,535 steps".to_owned()),
        }
        self.check_steps();
        self.next_step
    }

    /// Number of one more read in place of what a store cannot do: counted from
    /// the end, so that the steps keep the numbers, and the draws, that they
    /// have with a store that can.
    pub(super) fn read_instead(&mut self) -> StepId {
        self.reads = self.reads.saturating_add(1);
        self.check_steps();
        StepId::MAX - self.reads
    }

    fn check_steps(&mut self) {
        if u32::from(self.next_step) + u32::from(self.reads) > u32::from(StepId::MAX) {
            self.refuse("more than 65,535 steps and reads of the application".to_owned());
        }
    }

    /// A verb that takes no time.
    pub(super) fn emit(&mut self, verb: Verb) -> Pc {
        self.emit_attributed(verb, NO_PART, NO_PART)
    }

    /// A verb whose time goes to `part`.
    pub(super) fn emit_timed(&mut self, verb: Verb, part: &str) -> Pc {
        let part = self.part(part);
        self.emit_attributed(verb, NO_PART, part)
    }

    /// A verb with waiting and service.
    pub(super) fn emit_station(&mut self, verb: Verb, station: &str) -> Pc {
        let wait = self.part(&format!("{station}.wait"));
        let service = self.part(&format!("{station}.service"));
        self.emit_attributed(verb, wait, service)
    }

    /// A way whose time goes to `abroad` where it leads into another region,
    /// else to `within`.
    pub(super) fn emit_way(&mut self, verb: Verb, within: &str, abroad: &str) -> Pc {
        let (abroad, within) = (self.part(abroad), self.part(within));
        self.emit_attributed(verb, abroad, within)
    }

    fn emit_attributed(&mut self, verb: Verb, wait_part: u8, part: u8) -> Pc {
        let at = self.here();
        self.programs.code.push(Instruction { verb, wait_part, part, holds: self.held });
        at
    }

    /// Changes the target of a forward verb to the next verb.
    pub(super) fn land(&mut self, at: Pc) {
        let here = self.here();
        match &mut self.programs.code[at as usize].verb {
            Verb::Lookup { hit: target, .. }
            | Verb::Skip { to: target, .. }
            | Verb::Fan { join: target, .. }
            | Verb::Scatter { join: target, .. }
            | Verb::Session(SessionVerb::FindHome { chosen: target, .. })
            | Verb::Session(SessionVerb::SessionLookup { hit: target, .. })
            | Verb::Cdn(CdnVerb::ShieldLookup { hit: target })
            | Verb::Jump { to: target }
            | Verb::Quorum(QuorumVerb::AskHolders { join: target, .. })
            | Verb::Claim { shared: target, .. }
            | Verb::Buffer { done: target, .. }
            | Verb::Fork { join: target, .. } => *target = here,
            _ => {}
        }
    }

    /// What the verbs from here on hold besides.
    pub(super) fn take(&mut self, held: Held, slot: Slot) {
        let hold = Hold { held, slot, outer: self.held };
        let known = self.programs.holds.iter().position(|&known| known == hold);
        let index = known.unwrap_or_else(|| {
            self.programs.holds.push(hold);
            self.programs.holds.len() - 1
        });
        self.held = index as HoldId;
    }

    /// What was taken last is given back.
    pub(super) fn give_back(&mut self) {
        if self.held != NO_HOLD {
            self.held = self.programs.holds[usize::from(self.held)].outer;
        }
    }

    /// Begins a branch, which holds nothing of its request's; hand what is
    /// returned to `end_branch`.
    pub(super) fn begin_branch(&mut self) -> HoldId {
        std::mem::replace(&mut self.held, NO_HOLD)
    }

    /// Ends a branch.
    pub(super) fn end_branch(&mut self, held: HoldId) {
        self.end_branch_by(Verb::Join, held);
    }

    /// Ends a branch by another verb.
    pub(super) fn end_branch_by(&mut self, last: Verb, held: HoldId) {
        self.emit(last);
        self.held = held;
    }

    /// The program asks for more than a program can say.
    pub(super) fn refuse(&mut self, why: String) {
        self.fault.get_or_insert(why);
    }

    /// Index of a distribution in the shared table.
    pub(super) fn distribution(&mut self, distribution: &Distribution) -> DistributionId {
        let known = self.programs.distributions.iter().position(|known| known == distribution);
        let index = known.unwrap_or_else(|| {
            self.programs.distributions.push(distribution.clone());
            self.programs.distributions.len() - 1
        });
        index as DistributionId
    }

    /// Index of a constant in the table of distributions.
    pub(super) fn constant(&mut self, value: f64) -> DistributionId {
        self.distribution(&Distribution::Constant(value))
    }

    /// Index of a new access.
    pub(super) fn access(&mut self, access: Access) -> u16 {
        self.accesses.push(access);
        (self.accesses.len() - 1) as u16
    }

    /// The slot at this depth of calls.
    pub(super) fn slot(&mut self, depth: usize) -> Slot {
        let slots = SLOTS - self.reserved;
        if depth >= slots {
            self.fault = Some(format!("calls nest deeper than {slots} levels"));
        }
        depth.min(slots - 1) as Slot
    }

    /// The program's number of a part of the attribution.
    fn part(&mut self, name: &str) -> u8 {
        let known = self.programs.parts.iter().position(|known| known == name);
        let global = known.unwrap_or_else(|| {
            self.programs.parts.push(name.to_owned());
            self.programs.parts.len() - 1
        }) as u16;
        let known = self.parts.iter().position(|&known| known == global);
        let local = known.unwrap_or_else(|| {
            self.parts.push(global);
            self.parts.len() - 1
        });
        if local >= usize::from(NO_PART) {
            self.fault = Some("more than 255 parts of attribution".to_owned());
        }
        local.min(usize::from(NO_PART)) as u8
    }
}
