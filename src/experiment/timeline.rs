//! Courses over time, the replications put together.

use super::ensemble::Replication;
use super::summary::{Series, TimeSeries};
use crate::metrics::series::{BUCKETS, QuantileSeries, SumSeries};
use crate::simulation::blueprint::Blueprint;
use crate::simulation::courses::Shape;
use crate::simulation::recorder::{Courses, StationCourse};
use crate::simulation::regional::RegionRecord;
use crate::tier::failover::Topology;

/// Merged courses of all replications that have the same width of bucket: all
/// but those that a limit ended early, which have it too.
pub(super) fn timeline(plan: &Blueprint, replications: &[Replication]) -> TimeSeries {
    let courses = merged(replications);
    let end_ns = replications.iter().map(|one| one.played.window_end.as_nanos()).max().unwrap_or(0);
    let width_ns = courses.clock.width().as_nanos();
    let buckets = (end_ns.div_ceil(width_ns) as usize).min(BUCKETS);
    let count = replications.len() as f64;
    let warmup = replications.iter().map(|one| one.warmup.as_secs_f64()).sum::<f64>() / count;
    let table = Table { courses: &courses, buckets, width_ns, end_ns, count };
    let mut series = table.users();
    let names = plan.regions.iter().flat_map(|regions| &regions.names);
    series.extend(names.enumerate().flat_map(|(id, name)| {
        let region = merged_region(replications, id);
        let rows = [
            ("offered_per_s", table.rate(&region.offered)),
            ("answered_per_s", table.rate(&region.answered)),
            ("failed_per_s", table.rate(&region.failed)),
            ("response_time_ms_mean", table.mean(&region.response_sum, &region.answered)),
        ];
        super::regional::rows(name, rows)
    }));
    for (name, course) in plan.stations.names.iter().zip(&courses.stations) {
        let capacity = capacity(replications, &name.name, plan);
        let rows = [
            ("utilisation", capacity.map(|capacity| table.share(course, capacity))),
            ("queue_length", Some(table.level(&course.queue, 1.0))),
        ];
        for (figure, values) in rows {
            let Some(values) = values else { continue };
            series.push(Series { component: name.name.clone(), figure: figure.to_owned(), values });
        }
    }
    for (database, course) in plan.databases.iter().zip(&courses.databases) {
        // Without replicas nothing lags; with one primary nothing conflicts.
        let replicated = (database.replicas > 0).then_some(course);
        let contested = replicated.filter(|_| database.topology != Topology::Primary);
        let rows = [
            ("replication_lag_ms_max", replicated.map(|course| table.lag(&course.lag))),
            ("stale_reads_per_s", replicated.map(|course| table.rate(&course.stale_reads))),
            ("conflicts_per_s", contested.map(|course| table.rate(&course.conflicts))),
        ];
        for (figure, values) in rows {
            let Some(values) = values else { continue };
            let component = database.name.clone();
            series.push(Series { component, figure: figure.to_owned(), values });
        }
    }
    for course in &courses.components {
        let values = match course.shape {
            Shape::Level => table.level(&course.sums, 1.0),
            Shape::Rate => table.rate(&course.sums),
            Shape::Greatest => table.seconds(&course.greatest),
        };
        let (component, figure) = (course.component.clone(), course.figure.to_owned());
        series.push(Series { component, figure, values });
    }
    TimeSeries { bucket_s: courses.clock.width().as_secs_f64(), warmup_s: warmup, buckets, series }
}

/// Servers of all instances of a station; `None` where one is unbounded.
fn capacity(replications: &[Replication], name: &str, plan: &Blueprint) -> Option<f64> {
    let stations = &replications[0].played.measured.stations;
    let of_name = stations
        .iter()
        .filter(|station| plan.stations.names[usize::from(station.label.name)].name == name);
    of_name.map(|station| station.capacity.map(f64::from)).sum()
}

fn merged_region(replications: &[Replication], region: usize) -> RegionRecord {
    let mut all = replications[0].played.recorder.regions[region].clone();
    for one in &replications[1..] {
        all.merge_courses(&one.played.recorder.regions[region]);
    }
    all
}

fn merged(replications: &[Replication]) -> Courses {
    let mut all = replications[0].played.recorder.courses.clone();
    for one in &replications[1..] {
        let courses = &one.played.recorder.courses;
        all.offered.merge(&courses.offered);
        all.answered.merge(&courses.answered);
        all.failed.merge(&courses.failed);
        all.response.merge(&courses.response);
        all.response_sum.merge(&courses.response_sum);
        all.in_system.merge(&courses.in_system);
        for (mine, theirs) in all.stations.iter_mut().zip(&courses.stations) {
            mine.busy.merge(&theirs.busy);
            mine.queue.merge(&theirs.queue);
            mine.absent.merge(&theirs.absent);
        }
        for (mine, theirs) in all.components.iter_mut().zip(&courses.components) {
            mine.merge(theirs);
        }
        for (mine, theirs) in all.databases.iter_mut().zip(&courses.databases) {
            mine.merge(theirs);
        }
    }
    all
}

struct Table<'a> {
    courses: &'a Courses,
    buckets: usize,
    width_ns: u64,
    end_ns: u64,
    /// Replications.
    count: f64,
}

impl Table<'_> {
    fn users(&self) -> Vec<Series> {
        let courses = self.courses;
        let rows = [
            ("offered_per_s", self.rate(&courses.offered)),
            ("answered_per_s", self.rate(&courses.answered)),
            ("failed_per_s", self.rate(&courses.failed)),
            ("response_time_ms_mean", self.mean(&courses.response_sum, &courses.answered)),
            ("response_time_ms_p50", self.quantile(&courses.response, 0.5)),
            ("response_time_ms_p95", self.quantile(&courses.response, 0.95)),
            ("response_time_ms_p99", self.quantile(&courses.response, 0.99)),
            ("in_flight", self.level(&courses.in_system, 1.0)),
        ];
        rows.into_iter()
            .map(|(figure, values)| Series {
                component: "users".to_owned(),
                figure: figure.to_owned(),
                values,
            })
            .collect()
    }

    /// Length of a bucket in nanoseconds; the last one may be cut short.
    fn length(&self, bucket: usize) -> f64 {
        let start = bucket as u64 * self.width_ns;
        self.end_ns.saturating_sub(start).min(self.width_ns) as f64
    }

    fn rate(&self, series: &SumSeries) -> Vec<Option<f64>> {
        self.each(|bucket| {
            Some(series.sums()[bucket] as f64 / self.count / self.length(bucket) * 1e9)
        })
    }

    fn level(&self, series: &SumSeries, capacity: f64) -> Vec<Option<f64>> {
        self.each(|bucket| {
            Some(series.sums()[bucket] as f64 / self.count / self.length(bucket) / capacity)
        })
    }

    /// Busy servers over those of the machines that were there.
    fn share(&self, course: &StationCourse, capacity: f64) -> Vec<Option<f64>> {
        let level = self.level(&course.busy, capacity);
        let there = self.level(&course.absent, capacity).into_iter().map(|gone| Some(1.0 - gone?));
        let share = |(busy, there): (Option<f64>, Option<f64>)| Some(busy? / there?.max(1e-9));
        level.into_iter().zip(there).map(share).collect()
    }

    /// Mean response time in milliseconds.
    fn mean(&self, sums: &SumSeries, answered: &SumSeries) -> Vec<Option<f64>> {
        self.each(|bucket| {
            let (answered, sum) = (answered.sums()[bucket], sums.sums()[bucket]);
            (answered > 0).then(|| sum as f64 / answered as f64 / 1e6)
        })
    }

    /// Milliseconds at the end of each bucket.
    fn lag(&self, nanos: &[u64]) -> Vec<Option<f64>> {
        self.each(|bucket| Some(nanos[bucket] as f64 / 1e6))
    }

    /// Seconds at the end of each bucket.
    fn seconds(&self, nanos: &[u64]) -> Vec<Option<f64>> {
        self.each(|bucket| Some(nanos[bucket] as f64 / 1e9))
    }

    fn quantile(&self, series: &QuantileSeries, p: f64) -> Vec<Option<f64>> {
        self.each(|bucket| series.quantile_millis(bucket, p))
    }

    fn each(&self, value: impl Fn(usize) -> Option<f64>) -> Vec<Option<f64>> {
        (0..self.buckets).map(value).collect()
    }
}
