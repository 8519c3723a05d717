//! Intervals of quantiles: exceedance fractions and Johnson's modified t,
//! turned around.
//!
//! Whether the p-quantile lies beyond an edge x is a question about a mean:
//! do more than a share 1 − p of the requests take longer than x? Replications
//! are independent, so that a t test over them answers it whatever the requests
//! inside a replication do to each other. The interval holds the edges that the
//! test does not reject.

use super::johnson::statistic;
use super::{ONE_REPLICATION, student_t_quantile};
use crate::experiment::summary::Estimate;
use crate::kernel::time::Duration;
use crate::metrics::histogram::{Histogram, Quantile};

/// Requests beyond the quantile, all replications together, below which there
/// is no interval.
const BEYOND_MIN: f64 = 30.0;
/// The same in clusters: requests that wait behind the same jam are slow
/// together and count as one.
const CLUSTERS_MIN: f64 = 3.0;
/// Levels at which the size of clusters is measured, all below the one whose
/// own spread is in doubt.
const LEVELS: [f64; 4] = [0.8, 0.9, 0.95, 0.99];
/// More than is needed on average, so that a second try seldom falls short.
const MARGIN: f64 = 1.3;

/// How many of each replication lie beyond an edge.
pub(in super::super) struct Exceedances<'a> {
    merged: &'a Histogram,
    each: Vec<Counts>,
    /// Ends of the buckets with something in them.
    edges: Vec<Duration>,
    /// Lowest value of the first of them.
    first: Duration,
}

/// One replication.
struct Counts {
    /// End of a bucket, and how many lie in it or below.
    reached: Vec<(Duration, u64)>,
    /// All, the unfinished included.
    total: u64,
}

impl Counts {
    fn of(histogram: &Histogram) -> Self {
        let mut sum = 0;
        let reached = histogram.buckets().map(|bucket| {
            sum += bucket.count;
            (bucket.high, sum)
        });
        Self { reached: reached.collect(), total: histogram.count() }
    }

    /// What never finished lies beyond every edge.
    fn beyond(&self, edge: Duration) -> u64 {
        let at = self.reached.partition_point(|(end, _)| *end <= edge);
        self.total - if at == 0 { 0 } else { self.reached[at - 1].1 }
    }
}

impl<'a> Exceedances<'a> {
    /// Of replications and what they are together.
    pub(in super::super) fn new(merged: &'a Histogram, each: &[Histogram]) -> Self {
        let counted = each.iter().filter(|one| one.count() > 0).map(Counts::of).collect();
        let first = merged.buckets().next().map_or(Duration::ZERO, |bucket| bucket.low);
        let edges = merged.buckets().map(|bucket| bucket.high).collect();
        Self { merged, each: counted, edges, first }
    }

    /// A quantile with its interval, in milliseconds.
    pub(in super::super) fn quantile(&self, p: f64, confidence: f64) -> Estimate {
        let value = match self.merged.quantile(p) {
            None => return Estimate::absent("nothing was answered"),
            Some(Quantile::AtLeast(bound)) => {
                let note = "the quantile falls among requests that had not finished";
                let bound = Estimate::point(bound.as_millis_f64(), note);
                return Estimate { at_least: true, confidence, ..bound };
            }
            Some(Quantile::Finite(value)) => value,
        };
        let point =
            |note: &str| Estimate { confidence, ..Estimate::point(value.as_millis_f64(), note) };
        if self.each.len() < 2 {
            return point(ONE_REPLICATION);
        }
        let needed = self.replications_needed(p);
        if needed > self.each.len() as f64 {
            return point(&self.too_thin(needed));
        }
        match self.ends(p, value, confidence) {
            Some((low, high)) => Estimate {
                low: Some(low.as_millis_f64()),
                high: Some(high.as_millis_f64()),
                note: None,
                ..point("")
            },
            // Nothing slower was seen that could bound it.
            None => point(&self.too_thin(2.0 * self.each.len() as f64)),
        }
    }

    /// Lower and upper end: the nearest edges that the test rejects.
    fn ends(&self, p: f64, value: Duration, confidence: f64) -> Option<(Duration, Duration)> {
        let degrees = self.each.len() as f64 - 1.0;
        let limit = student_t_quantile(0.5 + confidence / 2.0, degrees);
        let at = self.edges.partition_point(|edge| *edge < value);
        let below = self.edges[..at].iter().rev();
        let low = below.copied().find(|edge| self.excess(*edge, p) > limit);
        let mut above = self.edges[at..].iter().copied();
        let high = above.find(|edge| self.excess(*edge, p) < -limit)?;
        Some((low.unwrap_or(self.first), high))
    }

    /// By how much more than a share 1 − p lies beyond an edge, as Student's t.
    /// Each replication counts by its requests, as it does when they are merged.
    fn excess(&self, edge: Duration, p: f64) -> f64 {
        let excess = |one: &Counts| one.beyond(edge) as f64 - (1.0 - p) * one.total as f64;
        statistic(self.each.iter().map(excess))
    }

    /// Replications that would carry an interval; those that are there, if they do.
    fn replications_needed(&self, p: f64) -> f64 {
        let count = self.each.len() as f64;
        let beyond = (1.0 - p) * self.merged.count() as f64;
        let clusters = beyond / self.cluster_size();
        count * (BEYOND_MIN / beyond).max(CLUSTERS_MIN / clusters)
    }

    /// Requests beyond a level that are slow together: variance ÷ mean of their
    /// number over the replications, 1 where they are slow independently. The
    /// spread beyond the quantile itself cannot be asked: where it is taken for
    /// too small, its interval is too narrow as well.
    fn cluster_size(&self) -> f64 {
        let sizes = LEVELS.iter().filter_map(|level| {
            let Some(Quantile::Finite(edge)) = self.merged.quantile(*level) else { return None };
            let beyond: Vec<f64> = self.each.iter().map(|one| one.beyond(edge) as f64).collect();
            let count = beyond.len() as f64;
            let mean = beyond.iter().sum::<f64>() / count;
            let squares: f64 = beyond.iter().map(|one| (one - mean) * (one - mean)).sum();
            (mean > 0.0).then(|| squares / (count - 1.0) / mean)
        });
        sizes.fold(1.0, f64::max)
    }

    fn too_thin(&self, needed: f64) -> String {
        let (all, count) = (self.merged.count(), self.each.len() as f64);
        let more = (MARGIN * needed - count).ceil().max(1.0);
        let requests = all as f64 / count * more;
        format!(
            "too few requests for an interval: {all} in {count} replications, about {more} more \
             of them ({requests:.0} requests) needed"
        )
    }
}
