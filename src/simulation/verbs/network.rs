//! Names, distances and outside calls.

use crate::kernel::distribution::Distribution;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::Duration;
use crate::route::step::{DistributionId, Purpose, StepId};
use crate::simulation::interpreter::Flow;
use crate::simulation::request::JobId;
use crate::simulation::world::World;
use crate::tier::dns::Record;

/// Numbers of a request's own draws, apart from those of its steps (whose
/// numbers stay below 2^24).
const RTT_DRAW: u64 = 1 << 32;
const KEPT_DRAW: u64 = (1 << 32) + 1;
pub(in crate::simulation) const RESOLVE_DRAW: u64 = (1 << 32) + 2;

impl World<'_> {
    /// The resolver answers at once, or asks.
    #[inline(never)]
    pub(in crate::simulation) fn begin_resolve(
        &mut self,
        job: JobId,
        lookup: DistributionId,
    ) -> Flow {
        let request = &self.requests[self.jobs[job].request];
        let (user, key) = (request.user, request.key);
        let Some(resolvers) = &mut self.resolvers else {
            return Flow::Next;
        };
        let resolver = resolvers.resolver_of(user);
        if resolvers.lookup(self.now, resolver) == Record::Cached {
            return Flow::Next;
        }
        if self.dns_is_out() {
            return self.meet_no_answer(job);
        }
        let lookup = self.sample(lookup, key.numbered(RESOLVE_DRAW));
        self.resume_after(job, lookup);
        Flow::Wait
    }

    /// The resolver keeps the answer.
    #[inline(never)]
    pub(in crate::simulation) fn end_resolve(&mut self, job: JobId) {
        let user = self.requests[self.jobs[job].request].user;
        if let Some(resolvers) = &mut self.resolvers {
            resolvers.store(self.now, resolvers.resolver_of(user));
        }
    }

    /// Handshakes unless the connection is still open, then half a round trip.
    pub(in crate::simulation) fn begin_connect(&mut self, job: JobId, reuse: bool) -> Flow {
        let rtt = self.round_trip(job);
        let handshakes = match reuse || self.connection_is_open(job) {
            true => 0,
            false => u64::from(self.plan.network.handshakes),
        };
        let time =
            Duration::from_nanos(rtt.as_nanos().saturating_mul(handshakes) + rtt.as_nanos() / 2);
        self.resume_or_go_on(job, time)
    }

    /// The other half of the round trip, and the transfer.
    pub(in crate::simulation) fn begin_reply(
        &mut self,
        job: JobId,
        bytes: DistributionId,
        step: StepId,
        answer: bool,
    ) -> Flow {
        let recorded = self.requests[self.jobs[job].request].bytes_plus_one;
        let bytes = if answer && recorded > 0 {
            f64::from(recorded - 1)
        } else {
            let key = self.request_key(job, step, Purpose::Size);
            self.plan.programs.distributions[usize::from(bytes)].sample(&mut key.draws())
        };
        self.recorder.count_egress(bytes);
        let rtt = self.round_trip(job);
        let transfer = Duration::from_nanos_f64(bytes * self.plan.network.nanos_per_byte);
        let half = Duration::from_nanos(rtt.as_nanos() - rtt.as_nanos() / 2);
        self.resume_or_go_on(job, half + transfer)
    }

    /// From machine to machine.
    pub(in crate::simulation) fn begin_hop(&mut self, job: JobId, delay: Duration) -> Flow {
        self.resume_in_lane(self.hop_lane, job, delay);
        Flow::Wait
    }

    /// A time that no station of ours serves.
    pub(in crate::simulation) fn begin_wait(
        &mut self,
        job: JobId,
        time: DistributionId,
        step: StepId,
        purpose: Purpose,
    ) -> Flow {
        let distribution = &self.plan.programs.distributions[usize::from(time)];
        if let Distribution::Constant(nanos) = *distribution {
            self.resume_in_lane(self.wait_lane, job, Duration::from_nanos_f64(nanos));
            return Flow::Wait;
        }
        let key = self.service_key(job, step, purpose);
        let time = distribution.sample_duration(&mut key.draws());
        self.resume_or_go_on(job, time)
    }

    /// One draw of a duration.
    #[inline]
    pub(in crate::simulation) fn sample(&self, distribution: DistributionId, key: Key) -> Duration {
        self.plan.programs.distributions[usize::from(distribution)]
            .sample_duration(&mut key.draws())
    }

    /// The round trip of a request: the same for all its legs.
    pub(in crate::simulation) fn round_trip(&self, job: JobId) -> Duration {
        let owner = self.requests[self.jobs[job].request].key;
        self.distance_of_client(owner) + self.distance_to_site(job)
    }

    /// The part of it that does not depend on regions.
    #[inline]
    pub(in crate::simulation) fn distance_of_client(&self, owner: Key) -> Duration {
        let key = owner.numbered(RTT_DRAW);
        self.plan.network.client_rtt.sample_duration(&mut key.draws())
    }

    /// Users known one by one: by the time since their last answer; others by
    /// the chance that a user of their rate asks again so soon.
    pub(in crate::simulation) fn connection_is_open(&self, job: JobId) -> bool {
        let Some(keep_alive) = self.plan.network.keep_alive else {
            return false;
        };
        let request = &self.requests[self.jobs[job].request];
        if request.attempt > 0 {
            return false;
        }
        match self.known_users.get(request.user as usize) {
            Some(user) => user.seen && self.now <= user.last_seen + keep_alive,
            None => {
                let kept = self.plan.population.connection_kept;
                kept > 0.0 && request.key.numbered(KEPT_DRAW).draws().chance(kept)
            }
        }
    }

    pub(in crate::simulation) fn resume_or_go_on(&mut self, job: JobId, time: Duration) -> Flow {
        if time.is_zero() {
            return Flow::Next;
        }
        self.resume_after(job, time);
        Flow::Wait
    }
}
