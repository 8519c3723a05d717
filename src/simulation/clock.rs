//! The clock of a replication: warm-up over, bucket over, window over.

use super::cdn::CdnTier;
use super::recorder::DatabaseCourse;
use super::request::Request;
use super::sessions::SessionsTier;
use super::world::{DatabaseTier, EventKind, World};
use crate::kernel::event_queue::Phase;
use crate::kernel::time::{Duration, Instant};
use crate::station::statistics::Statistics;

/// What the clock says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Tick {
    /// The warm-up is over.
    WindowBegins = 0,
    /// A bucket of the time series is full.
    BucketEnds = 1,
    /// No more arrivals are measured.
    WindowEnds = 2,
    /// Measured requests may drain no longer.
    DrainEnds = 3,
}

impl World<'_> {
    /// Puts the ticks of the whole replication into the future.
    pub fn wind_clock(&mut self) {
        let (start, end) = (self.recorder.start, self.recorder.end);
        self.schedule_tick(start, Tick::WindowBegins);
        self.schedule_bucket_end();
        self.schedule_tick(end, Tick::WindowEnds);
        self.schedule_tick(end + self.plan.limits.drain, Tick::DrainEnds);
    }

    fn schedule_tick(&mut self, at: Instant, tick: Tick) {
        self.queue.schedule(at, Phase::Timer, EventKind::ClockTicked.with(tick as u32));
    }

    fn schedule_bucket_end(&mut self) {
        let at = self.recorder.courses.clock.current_end();
        if at < self.recorder.end {
            self.schedule_tick(at, Tick::BucketEnds);
        }
    }

    /// A tick; true when the replication is over.
    pub fn tick(&mut self, index: u32) -> bool {
        match index {
            0 => self.begin_window(),
            1 => self.end_bucket(),
            2 => self.end_window(),
            _ => return true,
        }
        false
    }

    fn begin_window(&mut self) {
        self.note_levels();
        self.carry_autoscalers();
        let now = self.now;
        self.pools.iter_mut().for_each(|pool| pool.begin_window(now));
        self.cpus.iter_mut().for_each(|cpu| cpu.begin_window(now));
        self.disks.iter_mut().for_each(|disk| disk.begin_window(now));
        self.caches.iter_mut().for_each(super::world::CacheTier::begin_window);
        self.databases.iter_mut().for_each(|database| database.begin_window(now));
        self.recorder.courses.databases.iter_mut().for_each(DatabaseCourse::begin_window);
        self.begin_window_of_queues();
        self.sessions.iter_mut().for_each(SessionsTier::begin_window);
        self.cdn.iter_mut().for_each(CdnTier::begin_window);
        self.clients.begin_window(now);
        if let Some(resolvers) = &mut self.resolvers {
            resolvers.begin_window();
        }
        self.begin_up_time();
        self.begin_provisioned();
        self.begin_window_of_autoscalers();
        self.recorder.open(now);
        self.levels_noted.fill((0, 0));
        self.in_system_noted = 0;
    }

    fn end_bucket(&mut self) {
        self.note_levels();
        self.recorder.end_bucket();
        self.schedule_bucket_end();
    }

    /// What was measured is settled; the load goes on while it drains.
    fn end_window(&mut self) {
        self.note_levels();
        self.clip_unfinished();
        self.audit_window();
        self.end_up_time();
        self.measured = Some(self.measure());
        self.recorder.close();
    }

    /// Requests still in the system enter Little's law up to the end.
    fn clip_unfinished(&mut self) {
        let unsettled = |request: &&Request| !request.is_settled();
        let arrivals: Vec<Instant> =
            self.requests.iter().filter(unsettled).map(|request| request.arrival).collect();
        for arrival in arrivals {
            self.recorder.clip_sojourn(arrival, self.now);
        }
    }

    /// Adds the integrals since the last note to the present bucket.
    fn note_levels(&mut self) {
        let now = self.now;
        let bucket = self.recorder.courses.clock.current();
        let stations = self.statistics();
        for (place, (name, statistics)) in stations.into_iter().enumerate() {
            let integrals = (statistics.busy.integral(now), statistics.queue.integral(now));
            let noted = std::mem::replace(&mut self.levels_noted[place], integrals);
            let course = &mut self.recorder.courses.stations[usize::from(name)];
            course.busy.add(bucket, integrals.0 - noted.0);
            course.queue.add(bucket, integrals.1 - noted.1);
        }
        let in_system = self.recorder.in_system.integral(now);
        let noted = std::mem::replace(&mut self.in_system_noted, in_system);
        self.recorder.courses.in_system.add(bucket, in_system - noted);
        self.note_queues(bucket);
        self.note_network(bucket);
        self.note_sessions(bucket);
        self.note_absent(bucket);
        self.note_autoscalers(bucket);
        for (tier, course) in self.databases.iter().zip(&mut self.recorder.courses.databases) {
            let conflicts = tier.failover.counts.conflicts;
            course.note(bucket, largest_lag(tier, now), tier.stale_reads, conflicts);
        }
    }

    /// Every station with the number of its name: pools, CPUs, disks.
    fn statistics(&self) -> Vec<(u16, Statistics)> {
        let plan = &self.plan.stations;
        let pools = plan.pools.iter().zip(&self.pools);
        let cpus = plan.cpus.iter().zip(&self.cpus);
        let disks = plan.disks.iter().zip(&self.disks);
        pools
            .map(|(plan, pool)| (plan.label.name, pool.statistics().clone()))
            .chain(cpus.map(|(plan, cpu)| (plan.label.name, cpu.statistics().clone())))
            .chain(disks.map(|(plan, disk)| (plan.label.name, disk.statistics().clone())))
            .collect()
    }
}

/// The age of the oldest write that a member in service has not applied; the
/// dead serve nobody, whether that was noticed or not.
fn largest_lag(tier: &DatabaseTier, now: Instant) -> Duration {
    let members = tier.cluster.members.iter().enumerate();
    let serving = members.filter(|(_, own)| own.is_in_service && own.is_sound());
    let missing = serving.flat_map(|(member, _)| {
        let others = tier.logs.iter().filter(move |log| log.origin() != member);
        others.filter_map(move |log| log.next_for(member))
    });
    missing.map(|entry| now.saturating_since(entry.committed_at)).max().unwrap_or_default()
}
