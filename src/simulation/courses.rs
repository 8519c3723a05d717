//! Figures of components over time, whatever their kind.

use super::blueprint::Blueprint;
use super::{cdn, faults, queues, sessions};
use crate::metrics::series::{BUCKETS, SumSeries};

/// Course of one figure of a component, of whatever kind.
#[derive(Clone, Debug)]
pub struct ComponentCourse {
    /// Such as `queues.fanout`.
    pub component: String,
    /// Its name.
    pub figure: &'static str,
    /// What its sums mean.
    pub shape: Shape,
    /// By bucket.
    pub sums: SumSeries,
    /// Nanoseconds by bucket, where the greatest counts.
    pub greatest: Vec<u64>,
}

/// How a figure over time is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Integral of a level over nanoseconds.
    Level,
    /// Counts.
    Rate,
    /// A time at the end of each bucket; the greatest of those that merge.
    Greatest,
}

impl ComponentCourse {
    fn new(component: &str, figure: &'static str, shape: Shape) -> Self {
        let greatest = if shape == Shape::Greatest { vec![0; BUCKETS] } else { Vec::new() };
        let component = component.to_owned();
        Self { component, figure, shape, sums: SumSeries::new(), greatest }
    }

    /// Adds to a bucket.
    pub fn add(&mut self, bucket: usize, amount: u128) {
        self.sums.add(bucket, amount);
    }

    /// A time of which the greatest counts.
    pub fn raise(&mut self, bucket: usize, nanos: u64) {
        self.greatest[bucket] = self.greatest[bucket].max(nanos);
    }

    pub(super) fn halve(&mut self) {
        self.sums.halve();
        if self.shape == Shape::Greatest {
            for bucket in 0..BUCKETS / 2 {
                self.greatest[bucket] =
                    self.greatest[2 * bucket].max(self.greatest[2 * bucket + 1]);
            }
            self.greatest[BUCKETS / 2..].fill(0);
        }
    }

    /// Puts another replication beside this one.
    pub fn merge(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        let pairs = self.greatest.iter_mut().zip(&other.greatest);
        pairs.for_each(|(mine, theirs)| *mine = (*mine).max(*theirs));
    }
}

/// The courses of all components that keep some: queues first, then the
/// content delivery network and sessions, autoscalers last.
pub(super) fn of_components(plan: &Blueprint) -> Vec<ComponentCourse> {
    let queues = plan.queues.iter().map(|queue| (&queue.name, &queues::COURSES[..]));
    let network = plan
        .cdn
        .iter()
        .flat_map(|_| cdn::COURSES)
        .map(|(figure, shape)| ComponentCourse::new("cdn", figure, shape));
    let scalers = plan.faults.iter().flat_map(|faults| &faults.autoscalers);
    let scalers = scalers.map(|scaler| (&scaler.name, &faults::COURSES[..]));
    let visits = plan.sessions.iter().map(|own| (&own.name, &sessions::COURSES[..]));
    let own = |(name, courses): (&String, &[(&'static str, Shape)])| {
        let of =
            |&(figure, shape): &(&'static str, Shape)| ComponentCourse::new(name, figure, shape);
        courses.iter().map(of).collect::<Vec<_>>()
    };
    queues
        .flat_map(own)
        .chain(network)
        .chain(visits.flat_map(own))
        .chain(scalers.flat_map(own))
        .collect()
}
