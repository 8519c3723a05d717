//! Death strikes what is in flight: work at a node is lost with it, and its
//! callers learn that at once or by silence.

use super::nodes::NodeState;
use crate::route::program::{Held, HoldId, NO_HOLD};
use crate::route::step::{Slot, Verb};
use crate::simulation::request::{Cause, Job, JobId, NOBODY};
use crate::simulation::world::World;
use crate::station::cpu::Cpu;

/// A job that has lost the node it was at.
struct Struck {
    job: JobId,
    /// The component, and the slot of its instance.
    component: u16,
    slot: Slot,
}

impl World<'_> {
    /// Nodes have died, all at this instant.
    pub(super) fn strike(&mut self, died: &[usize]) {
        if died.is_empty() {
            return;
        }
        let mut dying = vec![false; self.fault_plan().nodes.len()];
        died.iter().for_each(|&node| dying[node] = true);
        let (struck, orphans) = self.find_struck(&dying);
        // Everybody leaves the queues before anything is given back, so that
        // no place goes to one who is about to be struck.
        let orphans: Vec<JobId> = orphans.into_iter().map(|job| self.detach(job)).collect();
        let struck: Vec<Struck> = struck
            .into_iter()
            .map(|struck| Struck { job: self.detach(struck.job), ..struck })
            .collect();
        orphans.into_iter().for_each(|job| self.drop_orphan(job));
        for struck in &struck {
            self.retreat(struck);
        }
        for struck in &struck {
            self.learn_of_death(struck);
        }
        for &node in died {
            self.strike_waiting(node);
            self.lose_unflushed(node);
            self.set_stations_up(node, false);
            self.lose_sessions(node);
        }
    }

    /// Jobs that are at a dying node, and branches of such jobs.
    fn find_struck(&self, dying: &[bool]) -> (Vec<Struck>, Vec<JobId>) {
        let limbo = self.plan.programs.limbo.buried;
        let jobs = self.jobs.indices_in_use();
        let mut lost = vec![None; self.jobs.places()];
        for &job in jobs.iter().filter(|&&job| self.jobs[job].pc != limbo) {
            lost[job as usize] = self.dying_hold(job, dying);
        }
        let (mut struck, mut orphans) = (Vec::new(), Vec::new());
        for &job in jobs.iter().filter(|&&job| self.jobs[job].pc != limbo) {
            let mut ancestor = self.jobs[job].parent;
            while ancestor != NOBODY && lost[ancestor as usize].is_none() {
                ancestor = self.jobs[ancestor].parent;
            }
            match lost[job as usize] {
                _ if ancestor != NOBODY => orphans.push(job),
                Some((component, slot)) => struck.push(Struck { job, component, slot }),
                None => {}
            }
        }
        (struck, orphans)
    }

    /// The outermost hold of a job that lies at a dying node.
    fn dying_hold(&self, job: JobId, dying: &[bool]) -> Option<(u16, Slot)> {
        let mut found = self.dying_call(job, dying);
        self.each_presence(job, |component, slot, node| {
            if dying[node] {
                found = Some((component, slot));
            }
        });
        found
    }

    /// The call of a job that is on its way, over a slow link, to a dying node.
    fn dying_call(&self, job: JobId, dying: &[bool]) -> Option<(u16, Slot)> {
        let frozen = self.frozen_at(job);
        let pc = frozen.unwrap_or(self.jobs[job].pc);
        let Verb::Contact { to, slot, .. } = self.plan.programs.code[pc as usize].verb else {
            return None;
        };
        let is_under_way = frozen.is_some() || self.awaits_event(job);
        (is_under_way && dying[self.node_at(job, to, slot)]).then_some((to, slot))
    }

    /// Calls `visit` for each component that a job is at, innermost first.
    pub(super) fn each_presence(&self, job: JobId, mut visit: impl FnMut(u16, Slot, usize)) {
        let mut hold = self.holds_of(job);
        while hold != NO_HOLD {
            let entry = self.plan.programs.holds[usize::from(hold)];
            if let Held::At(component) = entry.held {
                visit(component, entry.slot, self.node_at(job, component, entry.slot));
            }
            hold = entry.outer;
        }
    }

    /// What a job holds, also while it is frozen.
    fn holds_of(&self, job: JobId) -> HoldId {
        let pc = self.frozen_at(job).unwrap_or(self.jobs[job].pc);
        self.plan.programs.code[pc as usize].holds
    }

    /// The verb at which a job was frozen, if it was.
    fn frozen_at(&self, job: JobId) -> Option<u32> {
        if self.jobs[job].pc < self.plan.programs.limbo.frozen {
            return None;
        }
        let frozen = self.faults.iter().flat_map(|faults| &faults.frozen);
        frozen.clone().find(|frozen| frozen.job == job).map(|frozen| frozen.pc)
    }

    /// Jobs whose innermost component is a node, in order.
    pub(super) fn jobs_working_at(&self, node: usize) -> Vec<JobId> {
        let mut jobs = self.jobs.indices_in_use();
        jobs.retain(|&job| {
            let mut innermost = None;
            self.each_presence(job, |_, _, own| {
                innermost.get_or_insert(own);
            });
            innermost == Some(node)
        });
        jobs
    }

    /// Whether a job waits for an event that cannot be taken back.
    pub(super) fn awaits_event(&self, job: JobId) -> bool {
        if self.jobs[job].pending > 0 || self.jobs[job].patience.is_some() {
            return false;
        }
        match self.instruction(job).verb {
            Verb::Enter { .. } | Verb::Work { .. } | Verb::Choose { .. } => false,
            Verb::Claim { .. } | Verb::Await { .. } => false,
            Verb::Contact { .. } => !self.waits_for_thaw(job),
            Verb::Disk { disks, slot, .. } => {
                let instance = self.jobs[job].slots[usize::from(slot)];
                let disk = self.plan.stations.disk_of[(disks + instance) as usize];
                !self.disks[disk as usize].is_waiting(job)
            }
            _ => !self.is_parked(job),
        }
    }

    fn waits_for_thaw(&self, job: JobId) -> bool {
        self.faults
            .as_ref()
            .is_some_and(|faults| faults.waiting.iter().flatten().any(|&own| own == job))
    }

    /// Takes a job out of every queue and station. Where an event of it is
    /// still to come, that one stays behind with the old number.
    pub(in crate::simulation) fn detach(&mut self, job: JobId) -> JobId {
        if self.unfreeze(job) {
            return job;
        }
        if let Some(timer) = self.jobs[job].patience.take() {
            self.queue.cancel(timer);
            self.abandon_queue(job);
            return job;
        }
        if self.jobs[job].pending > 0 {
            return job;
        }
        let leaves_event = self.awaits_event(job);
        match self.instruction(job).verb {
            Verb::Enter { .. } => self.abandon_queue(job),
            Verb::Work { cpus, slot, .. } => self.abandon_cpu(job, cpus, slot),
            Verb::Disk { disks, slot, .. } => self.abandon_disk(job, disks, slot),
            Verb::Claim { .. } | Verb::Await { .. } => self.forget_fetches(job),
            _ => self.unpark(job),
        }
        if leaves_event { self.leave_event_behind(job) } else { job }
    }

    fn abandon_queue(&mut self, job: JobId) {
        if let Verb::Enter { pool, slot, .. } = self.instruction(job).verb {
            let index = (pool + self.jobs[job].slots[usize::from(slot)]) as usize;
            self.pools[index].abandon(self.now, job);
        }
    }

    fn abandon_cpu(&mut self, job: JobId, cpus: u32, slot: Slot) {
        let instance = self.jobs[job].slots[usize::from(slot)];
        let index = self.plan.stations.cpu_of[(cpus + instance) as usize];
        if let Cpu::Sharing(sharing) = &mut self.cpus[index as usize] {
            let next = sharing.remove(self.now, job);
            self.reschedule(index, next);
        }
    }

    fn abandon_disk(&mut self, job: JobId, disks: u32, slot: Slot) {
        let instance = self.jobs[job].slots[usize::from(slot)];
        let disk = self.plan.stations.disk_of[(disks + instance) as usize] as usize;
        if let Some(started) = self.disks[disk].remove(self.now, job) {
            let name = self.plan.stations.disks[disk].label.name;
            self.start_service(started, name);
        }
    }

    /// The job gets another number; the old one waits for the event.
    fn leave_event_behind(&mut self, job: JobId) -> JobId {
        let moved = self.spawn(self.jobs[job].clone());
        let (from, to) = (job as usize * self.stride, moved as usize * self.stride);
        self.parts.copy_within(from..from + self.stride, to);
        self.renumber_job(job, moved);
        self.renumber_fetches(job, moved);
        let limbo = self.plan.programs.limbo.buried;
        self.jobs[job] = Job::new(self.jobs[job].key, NOBODY, limbo, self.now);

        moved
    }

    /// The event of a job that was struck has come.
    #[cold]
    pub(in crate::simulation) fn forget(&mut self, job: JobId) {
        self.jobs.remove(job);
    }

    /// A branch whose job was struck: gone, with all that it holds.
    fn drop_orphan(&mut self, job: JobId) {
        self.unwind(job);
        self.drop_tally(job);
        let request = self.jobs[job].request;
        self.jobs.remove(job);
        if request != NOBODY {
            self.requests[request].jobs -= 1;
            self.clients.end_job(request, job);
        }
    }

    /// Goes back to the call of the node that died, and gives back what was
    /// taken since.
    fn retreat(&mut self, struck: &Struck) {
        self.jobs[struck.job].pending = 0;
        self.jobs[struck.job].failed = None;
        let call = self.call_of(struck);
        let outer = call.map_or(NO_HOLD, |pc| self.plan.programs.code[pc as usize].holds);
        self.unwind_to(struck.job, outer);
        if let Some(pc) = call {
            self.jobs[struck.job].pc = pc;
        }
    }

    /// The verb `Contact` by which a job came to the node.
    fn call_of(&self, struck: &Struck) -> Option<u32> {
        let pc = self.jobs[struck.job].pc;
        (self.first_of_task(pc)..=pc).rev().find(|&at| {
            match self.plan.programs.code[at as usize].verb {
                Verb::Contact { to, slot, .. } => to == struck.component && slot == struck.slot,
                _ => false,
            }
        })
    }

    /// At once, or by silence.
    fn learn_of_death(&mut self, struck: &Struck) {
        let (job, component) = (struck.job, struck.component);
        let is_call = matches!(self.instruction(job).verb, Verb::Contact { .. });
        // The work of a message outlives whom it calls, but not its worker.
        let is_lost_call = matches!(self.instruction(job).verb, Verb::Contact { to, slot, .. }
            if to == component && slot == struck.slot);
        let delivers = self.first_of_task(self.jobs[job].pc) > 0;
        let is_systems = self.jobs[job].request == NOBODY && self.jobs[job].parent == NOBODY;
        if is_systems && !(delivers && is_lost_call) && !self.is_flush(job) {
            // The system's own work is simply gone; who began it knows.
            self.jobs.remove(job);
            return;
        }
        let node = self.node_at(job, component, struck.slot);
        if !is_call {
            // A piece of work at a cache: what it asked for is missed.
            self.attribute_since(job, self.instruction(job).wait_part);
            self.join(job);
            return;
        }
        self.jobs[job].since = self.now;
        match self.node_state(node) {
            NodeState::Silent => {
                self.meet_silence(job, component);
            }
            _ => {
                self.fail(job, Cause::Lost);
            }
        }
    }

    /// Calls that waited for a frozen node which is now dead.
    fn strike_waiting(&mut self, node: usize) {
        let waiting = std::mem::take(&mut self.faults().waiting[node]);
        for job in waiting {
            let Verb::Contact { to, .. } = self.instruction(job).verb else { continue };
            match self.node_state(node) {
                NodeState::Silent => {
                    self.meet_silence(job, to);
                }
                _ => {
                    self.fail(job, Cause::Lost);
                }
            }
        }
    }
}
