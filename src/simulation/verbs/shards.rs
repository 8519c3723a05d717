//! Which shards have the keys of a step, and the ways to them.

use crate::kernel::random::Source;
use crate::route::program::Instruction;
use crate::route::step::{Asked, Purpose, StepId, Verb};
use crate::simulation::blueprint::ShardingPlan;
use crate::simulation::interpreter::Flow;
use crate::simulation::request::JobId;
use crate::simulation::world::World;
use crate::tier::sharding::{SHARDS_MAX, ShardMap, ShardSet};

impl World<'_> {
    /// To the only shard that has the only key.
    #[inline(never)]
    pub(in crate::simulation) fn locate(&mut self, job: JobId, instruction: &Instruction) -> Flow {
        let Verb::Locate { access, step, sharding, first, asked } = instruction.verb else {
            return Flow::Next;
        };
        let plan = &self.plan.shardings[usize::from(sharding)];
        let shard = self.shards_of(job, (access, step, 0), plan, asked).trailing_zeros();
        Flow::Jump(self.plan.programs.branches[(first + shard) as usize])
    }

    /// A branch for each shard that has some of the keys, which wants those
    /// alone; goes on when the last has ended.
    #[inline(never)]
    pub(in crate::simulation) fn scatter(&mut self, job: JobId, instruction: &Instruction) -> Flow {
        let Verb::Scatter { access, step, sharding, first, asked, join } = instruction.verb else {
            return Flow::Next;
        };
        let plan = &self.plan.shardings[usize::from(sharding)];
        let mut keys = [0_u64; SHARDS_MAX];
        let mut shards: ShardSet = 0;
        for item in self.wanted(job, &self.plan.accesses[usize::from(access)]) {
            let set = self.shards_of(job, (access, step, item), plan, asked);
            each(set, |shard| keys[shard] |= 1 << item);
            shards |= set;
        }
        if shards == 0 {
            return Flow::Jump(join);
        }
        self.jobs[job].pc = join;
        self.jobs[job].pending = shards.count_ones() as u16;
        let owner = self.service_key(job, step, Purpose::Database);
        each(shards, |shard| {
            let way = self.plan.programs.branches[first as usize + shard];
            let mut child = self.branch_of(job, way);
            child.key = owner.numbered(shard as u64);
            child.missing = keys[shard];
            self.spawn_branch(child);
        });
        Flow::Wait
    }

    /// The shards that a step asks for one of its keys.
    fn shards_of(
        &self,
        job: JobId,
        (access, step, item): (u16, StepId, u32),
        plan: &ShardingPlan,
        asked: Asked,
    ) -> ShardSet {
        if asked == Asked::All {
            return self.all_shards(plan);
        }
        let key = plan.key_of(&self.plan.popularities, self.rank(job, access, step, item));
        let map = self.present_map(plan, key);
        match asked {
            Asked::Write => {
                let chance = self.request_key(job, step, Purpose::Choice).numbered(item.into());
                1 << map.write(key, || chance.draws().next_u64())
            }
            _ => map.read(key),
        }
    }

    /// Where a key lies now: it moves with its slice.
    fn present_map<'m>(&self, plan: &'m ShardingPlan, key: u64) -> &'m ShardMap {
        let moved = self.reshardings[usize::from(plan.resharding)].moved();
        let slices = self.plan.reshardings[usize::from(plan.resharding)].slices;
        match &plan.next {
            Some(next) if moved > 0 && plan.map.slice(key, slices) < moved => next,
            _ => &plan.map,
        }
    }

    /// All shards that have data now.
    fn all_shards(&self, plan: &ShardingPlan) -> ShardSet {
        let moved = self.reshardings[usize::from(plan.resharding)].moved();
        let slices = self.plan.reshardings[usize::from(plan.resharding)].slices;
        match &plan.next {
            Some(next) if moved > 0 && moved == slices => next.all(),
            Some(next) if moved > 0 => plan.map.all() | next.all(),
            _ => plan.map.all(),
        }
    }
}

/// The shards of a set in order.
fn each(mut set: ShardSet, mut visit: impl FnMut(usize)) {
    while set != 0 {
        visit(set.trailing_zeros() as usize);
        set &= set - 1;
    }
}
