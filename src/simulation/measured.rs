//! What stations and tiers have measured when the window ends, as plain
//! figures that know no kind of component.

use super::blueprint::{CachePlan, DatabasePlan, Label};
use super::world::{CacheTier, DatabaseTier, World};
use crate::kernel::time::{Duration, Instant};
use crate::station::statistics::Statistics;
use crate::tier::lag::LagRecord;
use crate::tier::replication::ReplicationLog;

/// Figures of one replication's window.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Every station instance.
    pub stations: Vec<StationMeasured>,
    /// Every tier with figures of its own.
    pub components: Vec<ComponentMeasured>,
}

/// One station instance.
#[derive(Clone, Debug)]
pub struct StationMeasured {
    /// Its place in the figures.
    pub label: Label,
    /// Busy share; `None` for an unbounded pool.
    pub utilisation: Option<f64>,
    /// Servers; `None` for an unbounded pool.
    pub capacity: Option<u32>,
    /// Mean number waiting.
    pub queue_mean: f64,
    /// Most waiting at once.
    pub queue_max: u64,
    /// Waiting at the end.
    pub queue_end: u64,
    /// Mean wait of those that began service, milliseconds.
    pub wait_mean_ms: Option<f64>,
    /// Arrivals.
    pub arrivals: u64,
    /// Services completed per second.
    pub throughput_per_s: f64,
    /// Turned away.
    pub rejected: u64,
}

/// One tier.
#[derive(Clone, Debug)]
pub struct ComponentMeasured {
    /// Such as `caches.objects`.
    pub name: String,
    /// `cache`, `database` …
    pub kind: &'static str,
    /// Figures by name.
    pub figures: Vec<(&'static str, MeasuredFigure)>,
}

/// A figure, and how replications of it are put together.
#[derive(Clone, Debug)]
pub enum MeasuredFigure {
    /// Added up.
    Count(u64),
    /// Each replication is one observation of a mean; `None` = nothing seen.
    Mean(Option<f64>),
    /// The largest counts.
    Max(f64),
    /// Lag: merged before a quantile is read.
    LagP99(Box<LagRecord>),
}

impl World<'_> {
    /// The figures of the window that ends now.
    pub(super) fn measure(&self) -> Measured {
        let plan = &self.plan.stations;
        let pools = plan.pools.iter().map(|plan| &plan.label);
        let cpus = plan.cpus.iter().map(|plan| &plan.label);
        let disks = plan.disks.iter().map(|plan| &plan.label);
        let window = self.now.saturating_since(self.recorder.start);
        let measured = |(label, statistics): (&Label, &Statistics)| {
            station_measured(label, statistics, self.now, window)
        };
        let stations = pools
            .zip(self.pools.iter().map(|pool| pool.statistics()))
            .chain(cpus.zip(self.cpus.iter().map(|cpu| cpu.statistics())))
            .chain(disks.zip(self.disks.iter().map(|disk| disk.statistics())))
            .map(measured)
            .collect();
        Measured { stations, components: self.measure_components() }
    }

    fn measure_components(&self) -> Vec<ComponentMeasured> {
        let dns = self.resolvers.iter().map(|resolvers| {
            let counters = resolvers.counters();
            let lookups = counters.cached + counters.absent;
            ComponentMeasured {
                name: "dns".to_owned(),
                kind: "dns",
                figures: vec![
                    ("hit_ratio", MeasuredFigure::Mean(ratio(counters.cached, lookups))),
                    ("lookups", MeasuredFigure::Count(lookups)),
                    ("queries", MeasuredFigure::Count(counters.absent)),
                ],
            }
        });
        let users = std::iter::once(self.measure_users());
        let caches = self.plan.caches.iter().zip(&self.caches).map(cache_measured);
        let databases = self.plan.databases.iter().zip(&self.databases);
        let databases = databases.map(|(plan, tier)| database_measured(plan, tier, self.now));
        let network = self.measure_network();
        let queues = self.measure_queues();
        let safeguards = self.measure_safeguards();
        let scaling = self.measure_provisioned();
        users
            .chain(dns)
            .chain(caches)
            .chain(databases)
            .chain(network)
            .chain(queues)
            .chain(self.measure_sessions())
            .chain(safeguards)
            .chain(scaling)
            .collect()
    }

    fn measure_users(&self) -> ComponentMeasured {
        let recorder = &self.recorder;
        let window = self.now.saturating_since(recorder.start);
        let egress = recorder.egress_bytes as f64 / seconds(window);
        let mut figures = vec![
            ("egress_bytes_per_s", MeasuredFigure::Mean(Some(egress))),
            ("in_flight_mean", MeasuredFigure::Mean(Some(recorder.in_system.mean(self.now)))),
            ("in_flight_max", MeasuredFigure::Max(recorder.in_system.max() as f64)),
            ("retries", MeasuredFigure::Count(recorder.retries)),
            ("static_files_asked", MeasuredFigure::Count(recorder.static_asked)),
            ("static_files_arrived", MeasuredFigure::Count(recorder.static_arrived)),
        ];
        figures.extend(self.attempt_figures());
        ComponentMeasured { name: "users".to_owned(), kind: "users", figures }
    }
}

/// Length of a window for a rate; an empty one has no events either.
fn seconds(window: Duration) -> f64 {
    window.as_secs_f64().max(1e-9)
}

pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn station_measured(
    label: &Label,
    statistics: &Statistics,
    now: Instant,
    window: Duration,
) -> StationMeasured {
    StationMeasured {
        label: label.clone(),
        utilisation: statistics.utilisation(now),
        capacity: statistics.capacity(),
        queue_mean: statistics.queue.mean(now),
        queue_max: statistics.queue.max(),
        queue_end: statistics.queue.level(),
        wait_mean_ms: (statistics.waits > 0)
            .then(|| statistics.wait_total as f64 / statistics.waits as f64 / 1e6),
        arrivals: statistics.arrivals,
        throughput_per_s: statistics.completions as f64 / seconds(window),
        rejected: statistics.rejections,
    }
}

fn cache_measured((plan, tier): (&CachePlan, &CacheTier)) -> ComponentMeasured {
    let total = |count: fn(&crate::tier::cache::CacheCounters) -> u64| -> u64 {
        tier.nodes.iter().map(|node| count(&node.counters())).sum()
    };
    let hits = total(|counters| counters.hits) + tier.simple_hits;
    let misses = total(|counters| counters.misses) + tier.simple_misses;
    let stale = total(|counters| counters.stale_hits);
    let items: usize = tier.nodes.iter().map(|node| node.len()).sum();
    let bytes: u64 = tier.nodes.iter().map(|node| node.bytes()).sum();
    let mut figures = vec![
        ("hit_ratio", MeasuredFigure::Mean(ratio(hits, hits + misses))),
        ("lookups", MeasuredFigure::Count(hits + misses)),
        ("stale_hits", MeasuredFigure::Count(stale)),
        ("stale_hit_ratio", MeasuredFigure::Mean(ratio(stale, hits))),
        ("stale_age_ms_mean", MeasuredFigure::Mean(mean_ms(tier.stale_age_sum, stale))),
        ("stale_age_ms_max", MeasuredFigure::Max(tier.stale_age_max.as_millis_f64())),
        ("evicted", MeasuredFigure::Count(total(|counters| counters.evicted))),
        ("expired", MeasuredFigure::Count(total(|counters| counters.expired))),
        ("items", MeasuredFigure::Mean(Some(items as f64))),
        ("bytes", MeasuredFigure::Mean(Some(bytes as f64))),
    ];
    figures.extend(tier.fetches.iter().flat_map(|fetches| fetches.figures(hits, misses)));
    figures.extend(tier.write_behind.iter().flat_map(|writes| writes.figures()));
    ComponentMeasured { name: plan.name.clone(), kind: "cache", figures }
}

fn mean_ms(sum_nanos: u128, count: u64) -> Option<f64> {
    (count > 0).then(|| sum_nanos as f64 / count as f64 / 1e6)
}

/// Whether a log reaches a member that serves, and what it misses was committed
/// since: one that is down, is rebuilt, or stands behind a gap is not expected
/// to keep up, nor one that catches up on what came while it did not.
fn is_expected_to_keep_up(tier: &DatabaseTier, log: &ReplicationLog, member: usize) -> bool {
    let own = &tier.cluster.members[member];
    let number = if tier.logs.len() == 1 { 0 } else { log.origin() };
    let (mut at, mut since) = (member, Instant::ZERO);
    // In a ring the log comes by way of all between.
    while at != log.origin() {
        let applier = &tier.appliers[number * tier.members() + at];
        if !applier.is_connected {
            return false;
        }
        since = since.max(applier.connected_since);
        at = tier.cluster.source(log.origin(), at);
    }
    let missed = log.next_for(member);
    own.is_in_service && own.is_sound() && missed.is_none_or(|entry| entry.committed_at >= since)
}

fn database_measured(plan: &DatabasePlan, tier: &DatabaseTier, now: Instant) -> ComponentMeasured {
    let members = 0..tier.members();
    let records = tier
        .logs
        .iter()
        .flat_map(|log| members.clone().map(move |member| log.lag_record(member, now)));
    let lag =
        records.filter(|_| plan.replicas > 0 && plan.quorum.is_none()).reduce(|mut all, one| {
            all.merge(&one);
            all
        });
    let mut figures = Vec::new();
    if let Some(lag) = lag {
        let statistics = lag.statistics();
        let mean = statistics.mean.as_millis_f64();
        figures.push(("replication_lag_ms_mean", MeasuredFigure::Mean(Some(mean))));
        figures.push(("replication_lag_ms_p99", MeasuredFigure::LagP99(Box::new(lag))));
        let max = statistics.max.as_millis_f64();
        figures.push(("replication_lag_ms_max", MeasuredFigure::Max(max)));
        let behind = tier.logs.iter().flat_map(|log| {
            let last = log.last_position().get();
            let keeps_up = move |&member: &usize| is_expected_to_keep_up(tier, log, member);
            members.clone().filter(keeps_up).map(move |member| last - log.applied(member).get())
        });
        let behind = behind.max().unwrap_or(0) as f64;
        figures.push(("log_entries_behind", MeasuredFigure::Mean(Some(behind))));
    }
    let pages = tier.page_hits + tier.page_misses;
    figures.extend([
        ("reads", MeasuredFigure::Count(tier.reads)),
        ("stale_reads", MeasuredFigure::Count(tier.stale_reads)),
        ("stale_read_ratio", MeasuredFigure::Mean(ratio(tier.stale_reads, tier.reads))),
        ("stale_age_ms_mean", MeasuredFigure::Mean(mean_ms(tier.stale_age_sum, tier.stale_reads))),
        ("stale_age_ms_max", MeasuredFigure::Max(tier.stale_age_max.as_millis_f64())),
        ("writes_committed", MeasuredFigure::Count(tier.writes_committed)),
        ("page_hit_ratio", MeasuredFigure::Mean(ratio(tier.page_hits, pages))),
    ]);
    if !plan.can_lose_writes {
        return ComponentMeasured { name: plan.name.clone(), kind: "database", figures };
    }
    let counts = &tier.failover.counts;
    figures.extend([
        ("writes_lost", MeasuredFigure::Count(counts.writes_lost)),
        ("writes_recovered", MeasuredFigure::Count(counts.writes_recovered)),
        ("conflicts", MeasuredFigure::Count(counts.conflicts)),
        ("split_brain_writes", MeasuredFigure::Count(counts.split_brain_writes)),
        ("writes_unacknowledged", MeasuredFigure::Count(counts.writes_unacknowledged)),
    ]);
    if let Some(quorum) = &tier.quorum {
        let counts = &quorum.counts;
        figures.extend([
            ("hints_kept", MeasuredFigure::Count(counts.hints_kept)),
            ("hints_delivered", MeasuredFigure::Count(counts.hints_delivered)),
            ("hints_waiting", MeasuredFigure::Mean(Some(quorum.hints_waiting() as f64))),
            ("read_repairs", MeasuredFigure::Count(counts.read_repairs)),
        ]);
    }
    ComponentMeasured { name: plan.name.clone(), kind: "database", figures }
}
