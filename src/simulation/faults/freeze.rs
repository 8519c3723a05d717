//! A frozen node: what is in service stops where it is, and goes on there.

use super::Frozen;
use crate::route::step::Verb;
use crate::simulation::interpreter::Flow;
use crate::simulation::request::JobId;
use crate::simulation::world::World;

impl World<'_> {
    /// A node freezes: its CPU stops, nothing more goes to its disk, and jobs
    /// whose event comes meanwhile wait.
    pub(super) fn freeze(&mut self, node: usize) {
        self.set_speed(node);
        let limbo = self.plan.programs.limbo.frozen;
        for job in self.jobs_working_at(node) {
            let again = self.is_queued_at_disk(job);
            if !again && !self.awaits_event(job) {
                continue;
            }
            if again {
                self.detach(job);
            }
            let pc = std::mem::replace(&mut self.jobs[job].pc, limbo);
            self.faults().frozen.push(Frozen { job, node, pc, again, over: false });
        }
    }

    fn is_queued_at_disk(&self, job: JobId) -> bool {
        if self.jobs[job].pending > 0 {
            return false;
        }
        let Verb::Disk { disks, slot, .. } = self.instruction(job).verb else {
            return false;
        };
        let instance = self.jobs[job].slots[usize::from(slot)];
        let disk = self.plan.stations.disk_of[(disks + instance) as usize];
        self.disks[disk as usize].is_waiting(job)
    }

    /// A frozen job's event has come: what it did is done, the rest when it
    /// thaws.
    #[cold]
    #[inline(never)]
    pub(in crate::simulation) fn hold_frozen(&mut self, job: JobId) -> Flow {
        let own = |frozen: &&mut Frozen| frozen.job == job;
        let Some(frozen) = self.faults().frozen.iter_mut().find(own) else {
            return Flow::Wait;
        };
        frozen.over = true;
        let pc = frozen.pc;
        let instruction = &self.plan.programs.code[pc as usize];
        self.finish_verb(job, instruction);
        self.jobs[job].since = self.now;
        Flow::Wait
    }

    /// A node thaws: all goes on where it stopped.
    pub(super) fn thaw(&mut self, node: usize) {
        self.set_speed(node);
        let faults = self.faults();
        let waiting = std::mem::take(&mut faults.waiting[node]);
        let all = std::mem::take(&mut faults.frozen);
        let (here, elsewhere): (Vec<Frozen>, _) = all.iter().partition(|own| own.node == node);
        faults.frozen = elsewhere;
        for Frozen { job, pc, again, over, .. } in here {
            self.jobs[job].pc = pc;
            let instruction = self.instruction(job);
            if again {
                self.attribute_since(job, instruction.wait_part);
                self.ready.push_back(job);
            } else if over {
                self.attribute_since(job, instruction.part);
                self.jobs[job].pc += 1;
                self.ready.push_back(job);
            }
        }
        for job in waiting {
            self.take_after_thaw(job, node);
        }
    }

    /// A node that has thawed takes a call that waited for it.
    fn take_after_thaw(&mut self, job: JobId, node: usize) {
        let instruction = self.instruction(job);
        self.attribute_since(job, instruction.part);
        self.jobs[job].since = self.now;
        let Verb::Contact { from, from_slot, .. } = instruction.verb else { return };
        let way = self.way_of_call(job, node, from, from_slot);
        if self.take_call(job, node, way) == Flow::Next {
            self.jobs[job].pc += 1;
            self.ready.push_back(job);
        }
    }

    /// A job that is struck is no longer frozen: it is back at its verb.
    /// Answers whether that verb is over, so that it is nowhere any more.
    pub(super) fn unfreeze(&mut self, job: JobId) -> bool {
        let Some(faults) = &mut self.faults else { return false };
        for waiting in &mut faults.waiting {
            if let Some(place) = waiting.iter().position(|&own| own == job) {
                waiting.remove(place);
                return true;
            }
        }
        let Some(place) = faults.frozen.iter().position(|frozen| frozen.job == job) else {
            return false;
        };
        let frozen = faults.frozen.remove(place);
        self.jobs[job].pc = frozen.pc;
        frozen.again || frozen.over
    }
}
