//! Choosing an instance, holding a place, working on CPU and disk.

use crate::kernel::event_queue::Phase;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::Duration;
use crate::route::program::Instruction;
use crate::route::step::{DistributionId, Purpose, Rows, Slot, StepId, Verb};
use crate::simulation::blueprint::{NO_STATION, NONE};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::{Cause, JobId, NOBODY};
use crate::simulation::world::{EventKind, World, step_key};
use crate::station::cpu::{Cpu, Next, Started};
use crate::station::pool::{Admitted, Entered};
use crate::tier::balancer::Policy;

impl World<'_> {
    /// One instance of a group; its number within the component is kept.
    pub(in crate::simulation) fn choose(
        &mut self,
        job: JobId,
        group: u16,
        slot: Slot,
        step: StepId,
    ) -> Flow {
        let plan = &self.plan.groups[usize::from(group)];
        let first = plan.first;
        if plan.instances == 1 {
            if self.faults.is_some() && !self.balancers[usize::from(group)].is_in_pool(0) {
                return self.choose_nobody(job, group);
            }
            self.jobs[job].slots[usize::from(slot)] = first;
            return Flow::Next;
        }
        let (entropy, affinity) = self.choice_inputs(job, &plan.policy, step);
        let counts = plan.counts_connections();
        let balancer = &mut self.balancers[usize::from(group)];
        let Some(instance) = balancer.choose(entropy, affinity) else {
            return self.choose_nobody(job, group);
        };
        if counts {
            balancer.begin(instance);
        }
        self.jobs[job].slots[usize::from(slot)] = first + instance as u32;
        Flow::Next
    }

    /// Random bits and the user's hash, where the policy asks for them.
    #[inline]
    pub(in crate::simulation) fn choice_inputs(
        &self,
        job: JobId,
        policy: &Policy,
        step: StepId,
    ) -> ([u64; 2], u64) {
        match policy {
            Policy::Random | Policy::TwoChoices => {
                let mut draws = self.service_key(job, step, Purpose::Choice).draws();
                ([draws.next_u64(), draws.next_u64()], 0)
            }
            Policy::Hash => {
                let request = self.jobs[job].request;
                ([0; 2], if request == NOBODY { 0 } else { self.requests[request].user })
            }
            _ => ([0; 2], 0),
        }
    }

    /// The balancer forgets the connection.
    pub(in crate::simulation) fn release(&mut self, job: JobId, group: u16, slot: Slot) -> Flow {
        self.end_connection(job, group, slot);
        Flow::Next
    }

    /// Takes the connection of a job off its balancer's count.
    pub(in crate::simulation) fn end_connection(&mut self, job: JobId, group: u16, slot: Slot) {
        let plan = &self.plan.groups[usize::from(group)];
        if plan.counts_connections() {
            let instance = self.jobs[job].slots[usize::from(slot)] - plan.first;
            self.balancer_of(group, instance as usize).end(instance as usize);
        }
    }

    /// Takes a place, waits for one, or is turned away.
    pub(in crate::simulation) fn enter(
        &mut self,
        job: JobId,
        pool: u32,
        slot: Slot,
        patience: Option<DistributionId>,
        step: StepId,
    ) -> Flow {
        let index = (pool + self.jobs[job].slots[usize::from(slot)]) as usize;
        match self.pools[index].enter(self.now, job) {
            Entered::Granted => {
                self.taken += 1;
                self.recorder
                    .record_wait(self.plan.stations.pools[index].label.name, Duration::ZERO);
                Flow::Next
            }
            Entered::Queued => {
                self.jobs[job].since = self.now;
                if let Some(patience) = patience {
                    let key = self.service_key(job, step, Purpose::Patience);
                    let until = self.now + self.sample(patience, key);
                    let payload = EventKind::PatienceEnded.with(job);
                    let timer = self.queue.schedule_cancellable(until, Phase::Timer, payload);
                    self.jobs[job].patience = Some(timer);
                }
                Flow::Wait
            }
            Entered::Rejected => self.fail(job, Cause::Rejected),
        }
    }

    /// A waiting job loses its patience.
    pub(in crate::simulation) fn end_patience(&mut self, job: JobId) {
        self.jobs[job].patience = None;
        let Verb::Enter { pool, slot, .. } = self.instruction(job).verb else {
            return self.give_up(job);
        };
        let index = (pool + self.jobs[job].slots[usize::from(slot)]) as usize;
        if self.pools[index].abandon(self.now, job) {
            self.attribute_since(job, self.instruction(job).part);
            self.fail(job, Cause::QueueDeadline);
        }
    }

    /// Gives the place back.
    pub(in crate::simulation) fn leave(&mut self, job: JobId, pool: u32, slot: Slot) -> Flow {
        self.give_back(job, pool, slot);
        Flow::Next
    }

    /// The place goes to the head of the queue, who can go on at once.
    #[inline(never)]
    pub(in crate::simulation) fn give_back(&mut self, job: JobId, pool: u32, slot: Slot) {
        let index = (pool + self.jobs[job].slots[usize::from(slot)]) as usize;
        self.given_back += 1;
        let Some(granted) = self.pools[index].leave(self.now) else {
            return;
        };
        self.begin_hold(index, granted);
        if self.pools[index].is_adaptive() {
            self.grant_within_limit(index);
        }
    }

    /// The limit of a pool may have grown: so may those who hold a slot.
    #[cold]
    #[inline(never)]
    fn grant_within_limit(&mut self, index: usize) {
        while let Some(granted) = self.pools[index].grant_within_limit(self.now) {
            self.begin_hold(index, granted);
        }
    }

    /// A job that waited has its place, and can go on.
    #[inline(always)]
    fn begin_hold(&mut self, index: usize, granted: Admitted) {
        self.taken += 1;
        self.recorder.record_wait(self.plan.stations.pools[index].label.name, granted.waited);
        let next = granted.job;
        if let Some(timer) = self.jobs[next].patience.take() {
            self.queue.cancel(timer);
        }
        self.attribute_since(next, self.instruction(next).part);
        self.jobs[next].pc += 1;
        self.ready.push_back(next);
    }

    /// CPU work begins, or waits.
    pub(in crate::simulation) fn begin_work(
        &mut self,
        job: JobId,
        instruction: &Instruction,
    ) -> Flow {
        let Verb::Work { cpus, slot, demand, rows, per_row, step, purpose } = instruction.verb
        else {
            return Flow::Next;
        };
        let now = self.now;
        let carried = &mut self.jobs[job];
        carried.since = now;
        let instance = carried.slots[usize::from(slot)];
        let key = step_key(carried.key, step, purpose);
        let demand = self.demand(job, demand, rows, per_row, key);
        if demand.is_zero() {
            return Flow::Next;
        }
        let index = self.plan.stations.cpu_of[(cpus + instance) as usize];
        match &mut self.cpus[index as usize] {
            Cpu::Fifo(fifo) => {
                if let Some(completes_at) = fifo.arrive(now, job, demand) {
                    self.recorder.record_wait(
                        self.plan.stations.cpus[index as usize].label.name,
                        Duration::ZERO,
                    );
                    let payload = EventKind::JobResumed.with(job);
                    self.queue.schedule(completes_at, Phase::Completion, payload);
                }
            }
            Cpu::Sharing(sharing) => {
                let next = sharing.arrive(now, job, demand);
                self.reschedule(index, next);
            }
        }
        Flow::Wait
    }

    #[inline]
    fn demand(
        &self,
        job: JobId,
        demand: DistributionId,
        rows: Rows,
        per_row: DistributionId,
        key: Key,
    ) -> Duration {
        let drawn = self.sample(demand, key);
        let rows = match rows {
            Rows::Fixed(0) => return drawn,
            Rows::Fixed(rows) => f64::from(rows),
            Rows::Missed => f64::from(self.jobs[job].missing.count_ones().saturating_sub(1)),
        };
        let per_row = self.plan.programs.distributions[usize::from(per_row)].mean();
        drawn + Duration::from_nanos_f64(per_row * rows)
    }

    /// A job leaves a FIFO CPU: the next one starts.
    #[inline]
    pub(in crate::simulation) fn end_work(&mut self, job: JobId, cpus: u32, slot: Slot, part: u8) {
        let carried = &self.jobs[job];
        let (time, instance) = (self.now - carried.since, carried.slots[usize::from(slot)]);
        self.attribute(job, part, time);
        let index = self.plan.stations.cpu_of[(cpus + instance) as usize] as usize;
        if let Cpu::Fifo(fifo) = &mut self.cpus[index]
            && let Some(started) = fifo.complete(self.now)
        {
            let name = self.plan.stations.cpus[index].label.name;
            self.start_service(started, name);
        }
    }

    /// Service of a waiting job begins: its wait is known.
    #[inline(always)]
    pub(in crate::simulation) fn start_service(&mut self, started: Started, name: u16) {
        self.recorder.record_wait(name, started.waited);
        let carried = &mut self.jobs[started.job];
        carried.since = self.now;
        let part = self.plan.programs.code[carried.pc as usize].wait_part;
        self.attribute(started.job, part, started.waited);
        let payload = EventKind::JobResumed.with(started.job);
        self.queue.schedule(started.completes_at, Phase::Completion, payload);
    }

    /// A job leaves a shared CPU. Answers the job, which goes on.
    #[inline]
    pub(in crate::simulation) fn complete_shared(&mut self, index: u32) -> Option<JobId> {
        let Cpu::Sharing(sharing) = &mut self.cpus[index as usize] else {
            return None;
        };
        let (finished, next) = sharing.complete(self.now);
        self.cpu_tickets[index as usize] = None;
        self.reschedule(index, next);
        // Waiting under processor sharing is the sojourn less the demand.
        let service = finished.demand.min(finished.sojourn);
        let waited = finished.sojourn - service;
        self.recorder.record_wait(self.plan.stations.cpus[index as usize].label.name, waited);
        let instruction = self.instruction(finished.job);
        self.attribute(finished.job, instruction.wait_part, waited);
        self.attribute(finished.job, instruction.part, service);
        self.jobs[finished.job].pc += 1;
        Some(finished.job)
    }

    /// Keeps one valid completion event per shared CPU.
    pub(in crate::simulation) fn reschedule(&mut self, index: u32, next: Next) {
        self.cpu_tickets[index as usize] = match next {
            Next::Unchanged => return,
            Next::Idle => None,
            Next::At(at) => {
                let payload = EventKind::SharedCpuCompleted.with(index);
                Some(self.queue.schedule(at, Phase::Completion, payload))
            }
        };
    }

    /// Disk operations begin, or wait, or fall away.
    #[inline(never)]
    pub(in crate::simulation) fn begin_disk(
        &mut self,
        job: JobId,
        disks: u32,
        slot: Slot,
        access: u16,
        step: StepId,
    ) -> Flow {
        let instance = self.jobs[job].slots[usize::from(slot)];
        let disk = self.plan.stations.disk_of[(disks + instance) as usize];
        let (operations, bytes) = self.disk_operations(job, access, step);
        if disk == NO_STATION || operations == 0 {
            return Flow::Next;
        }
        self.jobs[job].since = self.now;
        if let Some(completes_at) =
            self.disks[disk as usize].arrive(self.now, job, operations, bytes)
        {
            self.recorder
                .record_wait(self.plan.stations.disks[disk as usize].label.name, Duration::ZERO);
            let payload = EventKind::JobResumed.with(job);
            self.queue.schedule(completes_at, Phase::Completion, payload);
        }
        Flow::Wait
    }

    /// Operations and bytes of an access: writes, and reads of pages that the
    /// buffer pool does not hold.
    fn disk_operations(&mut self, job: JobId, access: u16, step: StepId) -> (u32, u64) {
        let plan = &self.plan.accesses[usize::from(access)];
        let mut operations = plan.disk_writes;
        if plan.disk_reads > 0 {
            operations += plan.disk_reads * self.pages_missed(job, access, step);
        }
        (operations, u64::from(operations) * plan.item_bytes)
    }

    /// Keys of a read whose page is not in the buffer pool.
    fn pages_missed(&mut self, job: JobId, access: u16, step: StepId) -> u32 {
        let plan = &self.plan.accesses[usize::from(access)];
        if plan.database == NONE {
            return 0;
        }
        let database = &self.plan.databases[usize::from(plan.database)];
        let wanted = self.wanted_bits(job, plan);
        let (mut hits, mut misses) = (0u32, 0u32);
        for item in (0..u32::from(plan.count)).filter(|item| wanted >> item & 1 == 1) {
            let rank = self.rank(job, access, step, item);
            match &database.buffer_pool {
                Some(pool) if !pool.resident(plan.database_dataset, rank) => misses += 1,
                _ => hits += 1,
            }
        }
        let tier = &mut self.databases[usize::from(plan.database)];
        tier.page_hits += u64::from(hits);
        tier.page_misses += u64::from(misses);
        misses
    }

    /// A job leaves a disk: the next one starts.
    #[inline(never)]
    pub(in crate::simulation) fn end_disk(&mut self, job: JobId, disks: u32, slot: Slot, part: u8) {
        self.attribute_since(job, part);
        let instance = self.jobs[job].slots[usize::from(slot)];
        let disk = self.plan.stations.disk_of[(disks + instance) as usize] as usize;
        if let Some(started) = self.disks[disk].complete(self.now) {
            let name = self.plan.stations.disks[disk].label.name;
            self.start_service(started, name);
        }
    }
}
