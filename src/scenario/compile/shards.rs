//! Databases that are cut into shards: the way of an access to each of them,
//! and what moves when their number changes.

use super::dataset_space;
use super::programs::{Compiler, Place};
use super::stores::Reader;
use crate::kernel::popularity::Popularity;
use crate::kernel::random::Key;
use crate::kernel::time::Duration;
use crate::route::step::{Asked, Locus, StepId, Verb};
use crate::scenario::model::{
    CacheMode, DatasetId, EventAction, Placing, Scenario, ShardKey, ShardOf, Sharding,
};
use crate::simulation::blueprint::{Access, ReshardingPlan, ShardingPlan};
use crate::tier::sharding::{self, Cure, ShardMap};

/// Time between two slices that move.
const PACE: Duration = Duration::from_nanos(100_000_000);
/// Items of a dataset by which it is counted what moves.
const SAMPLE: u64 = 1 << 16;

/// What moves between shards when their number changes.
struct Moves {
    /// Bytes that leave each shard.
    from: Vec<f64>,
    /// Bytes that come to each.
    to: Vec<f64>,
    slices: u64,
    pace: Duration,
}

impl Compiler<'_> {
    /// Writes the way to a database that has the data of an access: `block`
    /// once, or, where they lie on shards, once for each of these. It is
    /// handed the access as it is made there.
    pub(super) fn at_shards(
        &mut self,
        access: Access,
        dataset: DatasetId,
        asked: Asked,
        step: StepId,
        mut block: impl FnMut(&mut Self, Access),
    ) {
        let topology = &self.scenario.topology;
        let Some(shard) = topology.databases[usize::from(access.database)].shard else {
            return block(self, access);
        };
        let plan = &topology.shardings[shard.sharding];
        let sharding = index(self.scenario, shard.sharding, dataset);
        let keys = self.out.access(access.clone());
        let first = self.out.programs.branches.len() as u32;
        self.out.programs.branches.resize((first + plan.room) as usize, 0);
        let is_one = access.count == 1 && asked != Asked::All;
        if is_one && (asked == Asked::Write || plan.split.is_none()) {
            self.out.emit(Verb::Locate { access: keys, step, sharding, first, asked });
            let ways: Vec<_> = (0..plan.room)
                .map(|number| {
                    self.begin_way(first + number);
                    block(self, of_shard(&access, plan, number));
                    self.out.emit(Verb::Jump { to: 0 })
                })
                .collect();
            return ways.into_iter().for_each(|way| self.out.land(way));
        }
        let join = 0;
        let scatter =
            self.out.emit(Verb::Scatter { access: keys, step, sharding, first, asked, join });
        for number in 0..plan.room {
            self.begin_way(first + number);
            let held = self.out.begin_branch();
            block(self, Access { looked_up: true, ..of_shard(&access, plan, number) });
            self.out.end_branch(held);
        }
        self.out.land(scatter);
    }

    fn begin_way(&mut self, way: u32) {
        self.out.programs.branches[way as usize] = self.out.here();
    }

    /// Shards that share the rows of a scan.
    pub(super) fn shards_of(&self, database: usize) -> u32 {
        let topology = &self.scenario.topology;
        let shard = topology.databases[database].shard;
        shard.map_or(1, |own| topology.shardings[own.sharding].count)
    }

    /// Whether neighbouring rows of a database lie together.
    pub(super) fn keeps_neighbours(&self, database: usize) -> bool {
        let topology = &self.scenario.topology;
        let shard = topology.databases[database].shard;
        shard.is_some_and(|own| topology.shardings[own.sharding].by == Placing::Range)
    }

    /// What a cache misses is read from shards: as each of them answers, its
    /// keys are stored, in an operation of their own.
    pub(super) fn missed_on_shards(
        &mut self,
        (access, dataset, cache): (Access, DatasetId, usize),
        place: Place,
        (here, there): (Locus, Locus),
        step: StepId,
    ) {
        let mode = self.scenario.topology.caches[cache].mode;
        if mode == CacheMode::CacheAside {
            self.hop(there, here);
        }
        self.at_shards(access, dataset, Asked::Read, step, |compiler, access| {
            let filled = compiler.out.access(access.clone());
            match mode {
                CacheMode::ReadThrough => {
                    compiler.read_there(access, Reader::default(), place, there, step);
                    compiler.out.emit(Verb::Fill { access: filled, step });
                }
                CacheMode::CacheAside => {
                    compiler.read_there(access, Reader::default(), place, here, step);
                    compiler.hop(here, there);
                    compiler.store(cache, filled, step);
                }
            }
        });
    }

    /// How each sharded database moves its data, with the programs that do it.
    pub(super) fn reshardings(&mut self) -> Result<Vec<ReshardingPlan>, String> {
        let scenario = self.scenario;
        let shardings = scenario.topology.shardings.iter().enumerate();
        shardings.map(|(number, sharding)| self.resharding(number, sharding)).collect()
    }

    fn resharding(&mut self, number: usize, own: &Sharding) -> Result<ReshardingPlan, String> {
        let mut plan = ReshardingPlan {
            name: format!("databases.{}", own.name),
            first: own.first,
            slices: 0,
            pace: Duration::ZERO,
            bytes: 0,
            reads: Vec::new(),
            writes: Vec::new(),
        };
        let Some(moves) = moves(self.scenario, number)? else { return Ok(plan) };
        let share = |bytes: f64| (bytes / moves.slices as f64) as u64;
        plan.bytes = share(moves.from.iter().sum());
        (plan.slices, plan.pace) = (moves.slices, moves.pace);
        for shard in 0..own.room as usize {
            if moves.from[shard] > 0.0 {
                let program = self.mover(number, own.first + shard, share(moves.from[shard]))?;
                plan.reads.push((shard as u16, program));
            }
            if moves.to[shard] > 0.0 {
                let program = self.mover(number, own.first + shard, share(moves.to[shard]))?;
                plan.writes.push((shard as u16, program));
            }
        }
        Ok(plan)
    }

    /// Reads or writes a part of a slice at a member of a shard.
    fn mover(&mut self, number: usize, database: usize, bytes: u64) -> Result<u16, String> {
        let own = &self.scenario.topology.databases[database];
        self.system_slice(database, bytes, Verb::Moved { resharding: number as u16 });
        self.out.end(format!("moves of {}", own.name))
    }
}

/// The access as it is made at a shard.
fn of_shard(access: &Access, plan: &Sharding, number: u32) -> Access {
    Access { database: (plan.first + number as usize) as u16, ..access.clone() }
}

/// Place of a dataset's way onto shards in the table of all.
fn index(scenario: &Scenario, sharding: usize, dataset: DatasetId) -> u16 {
    (sharding * scenario.workload.datasets.len() + dataset) as u16
}

/// How the keys of each dataset lie on the shards of each sharded database.
pub(super) fn shardings(scenario: &Scenario) -> Vec<ShardingPlan> {
    let own = scenario.topology.shardings.iter().enumerate();
    own.flat_map(|(number, sharding)| {
        let next = next_count(scenario, number).map(|(count, _)| count);
        sharding.keys.iter().map(move |&key| ShardingPlan {
            resharding: number as u16,
            owners: owners(scenario, key),
            map: map(scenario, sharding, key, sharding.count),
            next: next.map(|count| map(scenario, sharding, key, count)),
        })
    })
    .collect()
}

/// Shards of each entry of that table.
pub(super) fn counts(scenario: &Scenario) -> Vec<u16> {
    let own = scenario.topology.shardings.iter();
    own.flat_map(|sharding| sharding.keys.iter().map(|_| sharding.room as u16)).collect()
}

/// So many shards later on, and the bytes per second that move.
fn next_count(scenario: &Scenario, number: usize) -> Option<(u32, f64)> {
    scenario.failures.events.iter().find_map(|event| match event.action {
        EventAction::Reshard { sharding, shards, bytes_per_s } if sharding == number => {
            Some((shards, bytes_per_s))
        }
        _ => None,
    })
}

fn map(scenario: &Scenario, own: &Sharding, key: ShardKey, count: u32) -> ShardMap {
    let datasets = &scenario.workload.datasets;
    let (space, keys) = match key {
        ShardKey::Other { dataset } | ShardKey::Item { dataset } => {
            (dataset_space(dataset), datasets[dataset].items)
        }
        // What belongs to one owner lies together, whichever dataset it is of.
        ShardKey::Owner { dataset, key } => (0, datasets[dataset].keys[key].items),
    };
    let cure = match (key, own.split) {
        (ShardKey::Other { .. }, _) => Cure::None,
        (_, Some(split)) => {
            Cure::Split { hottest: u64::from(split.hottest), over: split.over as usize }
        }
        _ if own.dedicated > 0 => Cure::Dedicated,
        _ => Cure::None,
    };
    ShardMap {
        shards: count as usize,
        apart: own.dedicated as usize,
        placing: match own.by {
            Placing::Hash => sharding::Placing::Hash,
            Placing::ConsistentHash => sharding::Placing::ConsistentHash,
            Placing::Range => sharding::Placing::Range { keys },
        },
        cure,
        space,
    }
}

/// Up to which popularity rank of a dataset so many of the items reach that
/// lie on a shard: a hash takes every so-manyth, a range a part of its own.
pub(super) fn ranks_of(scenario: &Scenario, shard: ShardOf, dataset: DatasetId, items: u64) -> u64 {
    let own = &scenario.topology.shardings[shard.sharding];
    let is_by_owner = matches!(own.keys[dataset], ShardKey::Owner { .. });
    if own.by != Placing::Range || is_by_owner {
        return items.saturating_mul(u64::from(own.count));
    }
    let rest = u128::from(own.count - own.dedicated);
    let place = u128::from(shard.number.saturating_sub(own.dedicated));
    let first = u128::from(scenario.workload.datasets[dataset].items) * place;
    (first.div_ceil(rest) as u64).saturating_add(items)
}

/// The popularity of owners, and what makes an owner out of an item.
fn owners(scenario: &Scenario, key: ShardKey) -> Option<(usize, Key)> {
    let ShardKey::Owner { dataset, key } = key else { return None };
    let datasets = &scenario.workload.datasets;
    let before: usize = datasets[..dataset].iter().map(|one| one.keys.len()).sum();
    let name = &datasets[dataset].keys[key].name;
    let owner = Key::root(0, 0).named("owners").named(name).numbered(dataset_space(dataset));
    Some((datasets.len() + before + key, owner))
}

/// Popularities of owners, after those of the datasets: only shards ask.
pub(super) fn owner_popularities(scenario: &Scenario) -> Result<Vec<Popularity>, String> {
    if scenario.topology.shardings.is_empty() {
        return Ok(Vec::new());
    }
    let datasets = scenario.workload.datasets.iter();
    let keys = datasets.flat_map(|one| one.keys.iter().map(|key| (key, &one.name)));
    keys.map(|(key, dataset)| {
        let popularity = match key.zipf {
            Some(exponent) => Popularity::zipf(exponent, key.items),
            None => Popularity::uniform(key.items),
        };
        popularity.map_err(|error| format!("key {} of dataset {dataset}: {error}", key.name))
    })
    .collect()
}

/// What moves, counted on items taken evenly from each dataset; `None` where
/// the number of shards stays.
fn moves(scenario: &Scenario, number: usize) -> Result<Option<Moves>, String> {
    let Some((count, bytes_per_s)) = next_count(scenario, number) else { return Ok(None) };
    let own = &scenario.topology.shardings[number];
    let popularities = super::popularities(scenario)?;
    let room = own.room.max(count) as usize;
    let (mut from, mut to) = (vec![0.0; room], vec![0.0; room]);
    let held = &scenario.topology.databases[own.first].datasets;
    let plans = shardings(scenario);
    for &dataset in held {
        let plan = &plans[usize::from(index(scenario, number, dataset))];
        let data = &scenario.workload.datasets[dataset];
        let next = plan.next.unwrap_or(plan.map);
        let looked_at = data.items.min(SAMPLE);
        let each = data.items as f64 * data.item_bytes as f64 / looked_at as f64;
        for place in 0..looked_at {
            let item = (u128::from(data.items) * u128::from(place) / u128::from(looked_at)) as u64;
            let key = plan.key_of(&popularities, item);
            let (old, new) = (plan.map.home(key), next.home(key));
            if old != new {
                from[old] += each;
                to[new] += each;
            }
        }
    }
    let time = from.iter().sum::<f64>() / bytes_per_s;
    let slices = (time / PACE.as_secs_f64()).ceil().max(1.0);
    let pace = Duration::from_secs_f64(time / slices);
    Ok(Some(Moves { from, to, slices: slices as u64, pace }))
}
