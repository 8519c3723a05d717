//! Closed-form bounds of a compiled scenario: how much work a request brings
//! to each CPU, and the throughput beyond which one saturates.

use crate::kernel::distribution::Distribution;
use crate::route::program::{Program, Programs};
use crate::route::step::{Pc, Rows, Slot, Verb};
use crate::simulation::blueprint::{ArrivalPlan, Blueprint, CpuPlan, GroupPlan};

/// What one request brings to the CPUs of one station, in the mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// Name of the station.
    pub station: String,
    /// CPU seconds per request, over all instances, if no cache ever hits.
    pub seconds: f64,
    /// Requests per second at which the busiest instance saturates
    /// (utilisation law: ρ = X·D ÷ speed).
    pub saturation_per_s: f64,
}

/// Demand by CPU station, the first to saturate first. Caches are taken to
/// miss, except where a hit ratio is given.
pub fn demands(plan: &Blueprint) -> Vec<Demand> {
    let mut seconds = vec![0.0; plan.stations.cpus.len()];
    for endpoint in &plan.endpoints {
        for (client, &program) in plan.clients.iter().zip(&endpoint.programs) {
            let weight = endpoint.share * client.share;
            let program = &plan.programs.programs[usize::from(program)];
            Walk { plan, seconds: &mut seconds, instances: Vec::new() }.program(program, weight);
        }
    }
    by_station(plan, &seconds)
}

/// Offered requests per second, where the scenario says it.
pub fn offered_per_s(plan: &Blueprint) -> Option<f64> {
    match &plan.population.arrivals {
        ArrivalPlan::Renewal(gap) | ArrivalPlan::Spiked { gap, .. } => Some(1e9 / gap.mean()),
        ArrivalPlan::Profile(knots) => knots.iter().map(|knot| knot.1).reduce(f64::max),
        ArrivalPlan::Closed(_) | ArrivalPlan::Replay(_) => None,
    }
}

fn by_station(plan: &Blueprint, seconds: &[f64]) -> Vec<Demand> {
    let mut demands: Vec<Demand> = Vec::new();
    for (cpu, &seconds) in plan.stations.cpus.iter().zip(seconds) {
        if seconds <= 0.0 {
            continue;
        }
        let name = &plan.stations.names[usize::from(cpu.label.name)].name;
        let saturation = speed(cpu) / seconds;
        match demands.iter_mut().find(|known| known.station == *name) {
            Some(known) => {
                known.seconds += seconds;
                known.saturation_per_s = known.saturation_per_s.min(saturation);
            }
            None => demands.push(Demand {
                station: name.clone(),
                seconds,
                saturation_per_s: saturation,
            }),
        }
    }
    demands.sort_by(|a, b| a.saturation_per_s.total_cmp(&b.saturation_per_s));
    demands
}

/// CPU seconds per second with all vCPUs busy (Universal Scalability Law,
/// Gunther 2007).
fn speed(cpu: &CpuPlan) -> f64 {
    let c = f64::from(cpu.vcpus);
    c / (1.0 + cpu.contention * (c - 1.0) + cpu.coherency * c * (c - 1.0))
}

/// One walk over a program: instances of a group share its work evenly.
struct Walk<'a> {
    plan: &'a Blueprint,
    seconds: &'a mut Vec<f64>,
    /// The group last chosen into each slot.
    instances: Vec<Option<&'a GroupPlan>>,
}

impl<'a> Walk<'a> {
    fn program(&mut self, program: &Program, weight: f64) {
        // Weights of ways that jump ahead: (where they land, weight).
        let mut ahead: Vec<(Pc, f64)> = Vec::new();
        let mut weight = weight;
        for pc in program.start..program.end {
            weight += landed(&mut ahead, pc);
            match self.plan.programs.code[pc as usize].verb {
                Verb::Choose { group, slot, .. } | Verb::ChooseNear { group, slot, .. } => {
                    self.choose(group, slot);
                }
                Verb::Commit { access, .. } | Verb::Settle { access, .. } => {
                    self.apply(access, weight);
                }
                // As if each write were flushed by itself.
                Verb::Buffer { flush, done, .. } => {
                    let program = &self.plan.programs.programs[usize::from(flush)];
                    let (plan, instances) = (self.plan, Vec::new());
                    Walk { plan, seconds: &mut *self.seconds, instances }.program(program, weight);
                    ahead.push((done, weight));
                    weight = 0.0;
                }
                Verb::Work { cpus, slot, demand, rows, per_row, .. } => {
                    let nanos = mean_demand(&self.plan.programs, demand, rows, per_row);
                    self.add(cpus, slot, weight * nanos / 1e9);
                }
                Verb::Lookup { access, hit, .. } => {
                    let access = &self.plan.accesses[usize::from(access)];
                    let ratio = self.plan.caches[usize::from(access.cache)].hit_ratio;
                    // All keys must hit for the request to go ahead.
                    let hits =
                        (0..access.count).fold(weight, |hits, _| hits * ratio.unwrap_or(0.0));
                    ahead.push((hit, hits));
                    weight -= hits;
                }
                Verb::Skip { chance, to, .. } => {
                    let chance = self.plan.programs.distributions[usize::from(chance)].mean();
                    ahead.push((to, weight * chance));
                    weight *= 1.0 - chance;
                }
                _ => {}
            }
        }
    }

    /// Every replica applies what is committed.
    fn apply(&mut self, access: u16, weight: f64) {
        let database = self.plan.accesses[usize::from(access)].database;
        let database = &self.plan.databases[usize::from(database)];
        let Some(applier) = database.applier else {
            return;
        };
        let program = &self.plan.programs.programs[usize::from(applier)];
        for pc in program.start..program.end {
            let Verb::Work { cpus, demand, rows, per_row, .. } =
                self.plan.programs.code[pc as usize].verb
            else {
                continue;
            };
            let nanos = mean_demand(&self.plan.programs, demand, rows, per_row);
            for replica in 1..=database.replicas {
                let cpu = self.plan.stations.cpu_of[(cpus + replica) as usize];
                self.seconds[cpu as usize] += weight * nanos / 1e9;
            }
        }
    }

    fn choose(&mut self, group: u16, slot: Slot) {
        let slot = usize::from(slot);
        if self.instances.len() <= slot {
            self.instances.resize(slot + 1, None);
        }
        self.instances[slot] = Some(&self.plan.groups[usize::from(group)]);
    }

    fn add(&mut self, cpus: u32, slot: Slot, seconds: f64) {
        let group = self.instances.get(usize::from(slot)).copied().flatten();
        let (first, count) = group.map_or((0, 1), |group| (group.first, group.instances));
        for instance in first..first + count {
            let cpu = self.plan.stations.cpu_of[(cpus + instance) as usize];
            self.seconds[cpu as usize] += seconds / f64::from(count);
        }
    }
}

/// Weight of the ways that land here.
fn landed(ahead: &mut Vec<(Pc, f64)>, pc: Pc) -> f64 {
    let mut weight = 0.0;
    ahead.retain(|&(to, share)| {
        if to == pc {
            weight += share;
        }
        to != pc
    });
    weight
}

fn mean_demand(programs: &Programs, demand: u16, rows: Rows, per_row: u16) -> f64 {
    let mean = |id: u16| Distribution::mean(&programs.distributions[usize::from(id)]);
    match rows {
        Rows::Fixed(rows) => mean(demand) + f64::from(rows) * mean(per_row),
        Rows::Missed => mean(demand),
    }
}
