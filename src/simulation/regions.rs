//! Regions in play: who is chosen near to whom, and how far it is.

use super::blueprint::Blueprint;
use super::interpreter::Flow;
use super::regions_plan::{RegionsPlan, SplitPlan, route_of, route_to};
use super::request::JobId;
use super::world::World;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::Duration;
use crate::route::step::{DistributionId, Locus, ROUTE_SLOT, Slot, StepId};
use crate::simulation::blueprint::Access;
use crate::tier::balancer::Balancer;
use crate::tier::dns::{Checks, NameServer, Record, Resolvers};

/// Tells a user's region from its other traits.
const REGION_TRAIT: u64 = u64::MAX - 1;
/// Tells which resolver of the region a user asks.
const RESOLVER_TRAIT: u64 = u64::MAX - 2;

/// What changes of the regions while they are played.
#[derive(Clone, Debug)]
pub struct Regions {
    /// By split and region: the balancer over the instances there. Each knows
    /// all instances of its group; those of other regions are never in its pool.
    balancers: Vec<Balancer>,
    /// Answers with the region to go to.
    pub server: NameServer,
    /// By region: what the name server's checks have seen.
    pub checks: Vec<RegionChecks>,
}

/// The checks of one region.
#[derive(Clone, Copy, Debug, Default)]
pub struct RegionChecks {
    /// What they have seen.
    pub checks: Checks,
    /// The next one is scheduled.
    pub due: bool,
}

impl Regions {
    /// All regions healthy.
    pub fn new(blueprint: &Blueprint) -> Option<Self> {
        let plan = blueprint.regions.as_ref()?;
        let balancers = plan.splits.iter().flat_map(|split| {
            (0..plan.count() as u8).map(|region| regional_balancer(blueprint, plan, split, region))
        });
        Some(Self {
            balancers: balancers.collect(),
            server: NameServer::new(plan.orders.clone()),
            checks: vec![RegionChecks::default(); plan.count()],
        })
    }
}

fn regional_balancer(
    blueprint: &Blueprint,
    plan: &RegionsPlan,
    split: &SplitPlan,
    region: u8,
) -> Balancer {
    let group = &blueprint.groups[usize::from(split.group)];
    let mut balancer = Balancer::new(group.policy.clone(), group.instances as usize);
    for instance in 0..group.instances {
        let here = plan.of_place[(split.place + instance) as usize] == region;
        balancer.set_in_pool(instance as usize, here);
    }
    balancer
}

impl World<'_> {
    /// A user's region is a trait of the user, the same in every topology.
    pub(super) fn home_of(&self, user: u64) -> u8 {
        let Some(plan) = &self.plan.regions else {
            return 0;
        };
        let uniform = self.users_key.trait_of(REGION_TRAIT, user).draws().uniform();
        super::lifecycle::pick(plan.users.iter().copied(), uniform) as u8
    }

    /// The user's resolver knows the region, or asks.
    #[inline(never)]
    pub(super) fn begin_route(&mut self, job: JobId, lookup: DistributionId) -> Flow {
        let request = &self.requests[self.jobs[job].request];
        let (user, key) = (request.user, request.key);
        let home = self.home_of(user);
        let Some(site) = self.known_site(user, home) else {
            if self.dns_is_out() {
                return self.meet_no_answer(job);
            }
            let time = self.sample(lookup, key.numbered(super::verbs::network::RESOLVE_DRAW));
            self.resume_after(job, time);
            return Flow::Wait;
        };
        self.jobs[job].slots[ROUTE_SLOT] = route_to(home, site);
        Flow::Next
    }

    /// The replication begins in the middle of life: a resolver holds a record
    /// with the chance that a user finds one, and the rest of its life is then
    /// uniform over the TTL (a renewal process seen at any time; Cox 1962,
    /// *Renewal Theory*, §5).
    pub(super) fn fill_resolvers(&mut self) {
        let (Some(plan), Some(regions), Some(resolvers)) =
            (&self.plan.regions, &self.regions, &mut self.resolvers)
        else {
            return;
        };
        let owner = self.root.named("resolvers");
        for (home, range) in (0..).zip(&plan.resolvers) {
            let held = plan.records_held[usize::from(home)];
            for resolver in range.clone() {
                let mut draws = owner.numbered(u64::from(resolver)).draws();
                if draws.chance(held) {
                    let site = regions.server.answer(home);
                    resolvers.begin_with(resolver, draws.uniform(), site);
                }
            }
        }
    }

    /// The user's resolver: a trait of the user too.
    fn resolver_of(&self, user: u64, home: u8) -> Option<u32> {
        let plan = self.plan.regions.as_ref()?;
        let range = plan.resolvers.get(usize::from(home))?;
        let bits = self.users_key.trait_of(RESOLVER_TRAIT, user).draws().next_u64();
        Some(Resolvers::resolver_among(bits, range))
    }

    /// The region that the user's resolver has on record; without resolvers,
    /// what the name server says.
    fn known_site(&mut self, user: u64, home: u8) -> Option<u8> {
        let regions = self.regions.as_ref()?;
        let Some(resolver) = self.resolver_of(user, home) else {
            return Some(regions.server.answer(home));
        };
        let resolvers = self.resolvers.as_mut()?;
        match resolvers.lookup(self.now, resolver) {
            Record::Cached => Some(resolvers.site(resolver)),
            Record::Absent => None,
        }
    }

    /// The resolver keeps the answer, which is that of this instant.
    #[inline(never)]
    pub(super) fn end_route(&mut self, job: JobId) {
        let user = self.requests[self.jobs[job].request].user;
        let home = self.home_of(user);
        let resolver = self.resolver_of(user, home);
        let (Some(regions), Some(resolver), Some(resolvers)) =
            (&self.regions, resolver, &mut self.resolvers)
        else {
            return;
        };
        let site = regions.server.answer(home);
        resolvers.store_site(self.now, resolver, site);
        self.jobs[job].slots[ROUTE_SLOT] = route_to(home, site);
    }

    /// What the way between the user and the site adds to a round trip.
    pub(super) fn distance_to_site(&self, job: JobId) -> Duration {
        match &self.plan.regions {
            None => Duration::ZERO,
            Some(plan) => {
                let (home, site) = route_of(&self.jobs[job].slots);
                plan.round_trip(home, site)
            }
        }
    }

    /// An instance near to a place: in its region, or in the next one that has
    /// any to offer.
    #[inline(never)]
    pub(super) fn choose_near(
        &mut self,
        job: JobId,
        group: u16,
        at: Locus,
        slot: Slot,
        step: StepId,
    ) -> Flow {
        let plan = &self.plan.groups[usize::from(group)];
        let (entropy, affinity) = self.choice_inputs(job, &plan.policy, step);
        let chosen = self.nearest_instance(job, group, at, entropy, affinity);
        let Some((balancer, instance)) = chosen else {
            return self.meet_nobody(job, group, at);
        };
        if let (true, Some(regions)) = (plan.counts_connections(), &mut self.regions) {
            regions.balancers[balancer].begin(instance);
        }
        self.jobs[job].slots[usize::from(slot)] = plan.first + instance as u32;
        Flow::Next
    }

    /// No instance is left: refused, unless the whole site keeps silent.
    #[cold]
    fn meet_nobody(&mut self, job: JobId, group: u16, at: Locus) -> Flow {
        let site = route_of(&self.jobs[job].slots).1;
        match at == Locus::Site && self.faults.is_some() && self.is_dark(site) {
            false => self.choose_nobody(job, group),
            true => {
                let component = self.fault_plan().service(group);
                self.jobs[job].since = self.now;
                self.meet_silence(job, component)
            }
        }
    }

    /// Which balancer chose which instance of a group.
    fn nearest_instance(
        &mut self,
        job: JobId,
        group: u16,
        at: Locus,
        entropy: [u64; 2],
        affinity: u64,
    ) -> Option<(usize, usize)> {
        let (plan, regions) = (self.plan.regions.as_ref()?, self.regions.as_mut()?);
        let region = plan.region_at(&self.jobs[job].slots, at);
        let split = plan.split(group)?;
        plan.splits[split].near[usize::from(region)].iter().find_map(|&near| {
            let balancer = split * plan.count() + usize::from(near);
            let instance = regions.balancers[balancer].choose(entropy, affinity)?;
            Some((balancer, instance))
        })
    }

    /// The balancer that counts the connections of one instance of a group.
    pub(super) fn balancer_of(&mut self, group: u16, instance: usize) -> &mut Balancer {
        if let (Some(plan), Some(regions)) = (&self.plan.regions, &mut self.regions)
            && let Some(split) = plan.split(group)
        {
            let place = plan.splits[split].place as usize + instance;
            let region = usize::from(plan.of_place[place]);
            return &mut regions.balancers[split * plan.count() + region];
        }
        &mut self.balancers[usize::from(group)]
    }

    /// An instance of a group gets requests from now on, or none.
    pub(super) fn set_member(&mut self, group: u16, instance: usize, member: bool) {
        self.balancers[usize::from(group)].set_in_pool(instance, member);
        self.balancer_of(group, instance).set_in_pool(instance, member);
    }

    /// From one machine to another, which may stand in another region.
    #[inline(never)]
    pub(super) fn begin_cross(&mut self, job: JobId, within: bool, from: Locus, to: Locus) -> Flow {
        let Some(plan) = &self.plan.regions else {
            return Flow::Next;
        };
        let slots = &self.jobs[job].slots;
        let (here, there) = (plan.region_at(slots, from), plan.region_at(slots, to));
        if here == there && !within {
            return Flow::Next;
        }
        match plan.one_way(here, there) {
            Duration::ZERO => Flow::Next,
            way => {
                self.resume_after(job, way);
                Flow::Wait
            }
        }
    }

    /// Whether a way leads into another region: its time is told apart.
    pub(super) fn is_abroad(&self, job: JobId, from: Locus, to: Locus) -> bool {
        self.plan.regions.as_ref().is_some_and(|plan| {
            let slots = &self.jobs[job].slots;
            plan.region_at(slots, from) != plan.region_at(slots, to)
        })
    }

    /// The region whose cache nodes an access asks.
    #[inline]
    pub(super) fn reader_region(&self, job: JobId, access: &Access) -> usize {
        match &self.plan.regions {
            None => 0,
            Some(plan) => usize::from(plan.region_at(&self.jobs[job].slots, access.reader)),
        }
    }

    /// One way between two instances of a database.
    pub(super) fn way_between(&self, database: usize, from: u32, to: u32) -> Duration {
        match &self.plan.regions {
            None => self.plan.databases[database].shipping,
            Some(plan) => {
                let place = plan.databases[database];
                let region = |instance: u32| plan.of_place[(place + instance) as usize];
                plan.one_way(region(from), region(to))
            }
        }
    }
}

impl Key {
    /// Owner of one trait of a user.
    fn trait_of(self, which: u64, user: u64) -> Key {
        self.numbered(which).numbered(user)
    }
}
