//! Closed-form bounds of a compiled scenario: how much work a request brings
//! to each CPU, and the throughput beyond which one saturates.

use crate::kernel::distribution::Distribution;
use crate::route::families::{CdnVerb, QueueVerb, QuorumVerb, SessionVerb};
use crate::route::program::{Program, Programs};
use crate::route::step::{Asked, DistributionId, Pc, Rows, Slot, Verb};
use crate::simulation::blueprint::{
    ArrivalPlan, Blueprint, CpuPlan, GroupPlan, KeySource, ShardingPlan,
};
use crate::tier::sharding::Cure;

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
            let walk = Walk::new(plan, &mut seconds, Vec::new());
            walk.program(program, weight);
        }
    }
    by_station(plan, &seconds)
}

/// The least that a plan's requests can bring: caches hit, no static file is
/// asked for, or its edge has it.
pub fn at_best(plan: &mut Blueprint) {
    plan.caches.iter_mut().for_each(|cache| cache.hit_ratio = Some(1.0));
    let Programs { code, distributions, .. } = &mut plan.programs;
    for instruction in code {
        match instruction.verb {
            Verb::Skip { chance, .. } => {
                distributions[usize::from(chance)] = Distribution::Constant(1.0);
            }
            Verb::Cdn(CdnVerb::EdgeLookup { hit, .. }) => instruction.verb = Verb::Jump { to: hit },
            _ => {}
        }
    }
}

/// Offered requests per second, where the scenario says it.
pub fn offered_per_s(plan: &Blueprint) -> Option<f64> {
    offered_by(&plan.population.arrivals)
}

/// The same of arrivals alone.
pub fn offered_by(arrivals: &ArrivalPlan) -> Option<f64> {
    match arrivals {
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
    /// On the way to a shard: keys beyond the first that it has of a read, in
    /// the mean.
    further: f64,
    /// Within the branches that ask the holders of keys.
    asked: Option<Holders>,
}

/// A way to a shard: where it begins, the share of the accesses that take it,
/// and keys beyond the first.
struct Way {
    start: Pc,
    share: f64,
    further: f64,
}

/// How many holders a call of a leaderless database asks, in the mean.
#[derive(Clone, Copy)]
struct Holders {
    /// Where the request goes on.
    join: Pc,
    holders: f64,
    /// Keys beyond the first that one of them is asked for.
    further_keys: f64,
}

impl<'a> Walk<'a> {
    fn new(
        plan: &'a Blueprint,
        seconds: &'a mut Vec<f64>,
        instances: Vec<Option<&'a GroupPlan>>,
    ) -> Self {
        Self { plan, seconds, instances, further: 0.0, asked: None }
    }

    fn program(mut self, program: &Program, mut weight: f64) {
        // Weights of ways that jump ahead: (where they land, weight).
        let mut ahead: Vec<(Pc, f64)> = Vec::new();
        let mut ways: Vec<Way> = Vec::new();
        // Of the job that asks shards, and has branches there.
        let mut whole = weight;
        let mut end: Option<Pc> = None;
        for pc in program.start..program.end {
            weight += landed(&mut ahead, pc);
            if end == Some(pc) {
                ways.clear();
            }
            if let Some(way) = ways.iter().find(|way| way.start == pc) {
                (weight, self.further) = (whole * way.share, way.further);
            }
            self.asked = self.asked.filter(|asked| pc < asked.join);
            if let Some((to, share)) = self.leap(pc) {
                ahead.push((to, weight * share));
                weight -= weight * share;
            }
            match self.plan.programs.code[pc as usize].verb {
                Verb::Choose { group, slot, .. } | Verb::ChooseNear { group, slot, .. } => {
                    self.choose(group, slot);
                }
                Verb::Quorum(QuorumVerb::AskHolders { access, slot, join, .. }) => {
                    self.ask_holders(access, slot, join)
                }
                Verb::Queue(QueueVerb::Publish { task, .. }) => self.deliver(task, weight),
                Verb::Buffer { flush, done, .. } => {
                    self.flush(flush, done, &mut weight, &mut ahead)
                }
                Verb::Commit { access, .. }
                | Verb::CommitShare { access, .. }
                | Verb::Settle { access, .. } => self.apply(access, weight),
                Verb::Locate { .. } => {
                    ways = ways_of(self.plan, pc);
                    whole = std::mem::take(&mut weight);
                }
                Verb::Scatter { join, .. } => {
                    ways = ways_of(self.plan, pc);
                    whole = std::mem::take(&mut weight);
                    ahead.push((join, whole));
                    end = Some(join);
                }
                Verb::Jump { to } => {
                    ahead.push((to, std::mem::take(&mut weight)));
                    end = Some(to);
                    self.further = 0.0;
                }
                // The branch of a shard ends; that of a fork is always taken.
                Verb::Join if !ways.is_empty() => {
                    weight = 0.0;
                    self.further = 0.0;
                }
                Verb::Work { cpus, slot, demand, rows, per_row, .. } => {
                    let nanos = self.work(demand, rows, per_row);
                    self.add(cpus, slot, weight * nanos / 1e9);
                }
                _ => {}
            }
        }
    }

    /// Where some go ahead at a verb, and which share of them.
    fn leap(&self, pc: Pc) -> Option<(Pc, f64)> {
        match self.plan.programs.code[pc as usize].verb {
            Verb::Lookup { access, hit, .. } => {
                let access = &self.plan.accesses[usize::from(access)];
                let ratio = match access.keys {
                    // Sessions are lost with a server, not in the mean.
                    KeySource::Session => 1.0,
                    _ => self.plan.caches[usize::from(access.cache)].hit_ratio.unwrap_or(0.0),
                };
                // All keys must hit for the request to go ahead.
                Some((hit, (0..access.count).fold(1.0, |hits, _| hits * ratio)))
            }
            Verb::Session(SessionVerb::SessionLookup { hit, .. }) => Some((hit, 1.0)),
            // A dead network is none of the mean, and every file is missed.
            Verb::Cdn(CdnVerb::EdgeLookup { fetch, .. }) if fetch > pc + 1 => Some((fetch, 1.0)),
            Verb::Skip { chance, to, .. } => {
                Some((to, self.plan.programs.distributions[usize::from(chance)].mean()))
            }
            _ => None,
        }
    }

    /// CPU nanoseconds of one verb, over all that are asked.
    fn work(&self, demand: DistributionId, rows: Rows, per_row: DistributionId) -> f64 {
        let nanos = mean_demand(&self.plan.programs, demand, rows, per_row);
        let own = (1.0, self.further);
        let (asked, further) = self.asked.map_or(own, |all| (all.holders, all.further_keys));
        let further = if rows == Rows::Missed { further } else { 0.0 };
        let per_row = &self.plan.programs.distributions[usize::from(per_row)];
        (nanos + further * per_row.mean()) * asked
    }

    /// Workers do what was published.
    fn deliver(&mut self, task: u16, weight: f64) {
        let task = self.plan.tasks[usize::from(task)];
        let group = &self.plan.groups[usize::from(self.plan.queues[usize::from(task.queue)].group)];
        let program = &self.plan.programs.programs[usize::from(task.program)];
        let instances = vec![Some(group)];
        Walk::new(self.plan, &mut *self.seconds, instances).program(program, weight);
    }

    /// A flush, which has a program of its own, as if each write were flushed by
    /// itself. All of the weight goes on where the buffering is done.
    fn flush(&mut self, flush: u16, done: Pc, weight: &mut f64, ahead: &mut Vec<(Pc, f64)>) {
        let program = self.plan.programs.afterwards[usize::from(flush)];
        let program = &self.plan.programs.programs[usize::from(program)];
        Walk::new(self.plan, &mut *self.seconds, Vec::new()).program(program, *weight);
        ahead.push((done, std::mem::take(weight)));
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

    /// Of m members n hold each of k keys: m (1 − (1 − n/m)ᵏ) of them are asked
    /// in the mean, for k n keys in all.
    fn ask_holders(&mut self, access: u16, slot: Slot, join: Pc) {
        let access = &self.plan.accesses[usize::from(access)];
        let database = &self.plan.databases[usize::from(access.database)];
        let members = f64::from(database.replicas + 1);
        let each = database.quorum.map_or(members, |quorum| f64::from(quorum.holders));
        let spared = (0..access.count).fold(1.0, |spared, _| spared * (1.0 - each / members));
        let holders = members * (1.0 - spared);
        let further_keys = f64::from(access.count) * each / holders - 1.0;
        self.asked = Some(Holders { join, holders, further_keys });
        self.choose(database.reads, slot + 1);
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

/// The ways to shards from a verb that chooses among them, in the mean over
/// the keys.
fn ways_of(plan: &Blueprint, pc: Pc) -> Vec<Way> {
    let (access, sharding, asked) = match plan.programs.code[pc as usize].verb {
        Verb::Locate { access, sharding, asked, .. }
        | Verb::Scatter { access, sharding, asked, .. } => (access, sharding, asked),
        _ => return Vec::new(),
    };
    let access = &plan.accesses[usize::from(access)];
    let sharding = &plan.shardings[usize::from(sharding)];
    let shares = match asked {
        Asked::All => vec![1.0; sharding.map.shards],
        Asked::Read | Asked::Write => shares(plan, sharding, access.keys, asked),
    };
    let keys = f64::from(access.count);
    let starts = plan.programs.ways_of_shards(pc).iter().enumerate();
    starts
        .map(|(shard, &start)| {
            let of_key = shares.get(shard).copied().unwrap_or(0.0);
            // At least one of the keys, each by itself.
            let share = 1.0 - (0..access.count).fold(1.0, |none, _| none * (1.0 - of_key));
            let further = if share > 0.0 { keys * of_key / share - 1.0 } else { 0.0 };
            Way { start, share, further }
        })
        .collect()
}

/// Chance of each shard to have one key of an access.
fn shares(plan: &Blueprint, own: &ShardingPlan, keys: KeySource, asked: Asked) -> Vec<f64> {
    let mut map = own.map;
    if asked == Asked::Write && matches!(map.cure, Cure::Split { .. }) {
        // A write goes to one of the parts: taken to be the first.
        map.cure = Cure::None;
    }
    let owners = own.owners.map(|(owners, _)| &plan.popularities[owners]);
    match (keys, owners) {
        (KeySource::Popular(dataset), None) => map.shares(&plan.popularities[dataset]),
        (KeySource::Popular(dataset), Some(owners)) => {
            let owner = |item| own.key_of(&plan.popularities, item);
            map.shares_by_owner(&plan.popularities[dataset], owners, owner)
        }
        (_, Some(owners)) => map.shares(owners),
        (_, None) => map.shares_of_new(),
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
