//! Services whose number of instances follows the load.

use super::topology::ServiceId;
use crate::kernel::time::{Duration, Instant};
use crate::tier::autoscaler::{Limits, Settings};

/// `[autoscale.NAME]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoscaler {
    /// Its name.
    pub name: String,
    /// The service whose instances it adds and removes.
    pub service: ServiceId,
    /// Its rules.
    pub settings: Settings,
    /// The metric is the mean over so long; periods end at multiples of it.
    pub period: Duration,
    /// From the end of a period to the decision on it.
    pub metric_delay: Duration,
    /// An instance is measured from the first period on that begins so long
    /// after it was ready.
    pub warmup: Duration,
    /// What changes at given times, in order of time.
    pub schedule: Vec<Scheduled>,
}

/// From a time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// When.
    pub at: Instant,
    /// The limits from then on.
    pub limits: Limits,
    /// The number of instances then; the rules go on from there.
    pub instances: Option<u32>,
}

impl Autoscaler {
    /// The most instances at any time.
    pub fn most(&self) -> u32 {
        let scheduled = self.schedule.iter().map(|one| one.limits.max);
        scheduled.fold(self.settings.limits.max, u32::max)
    }
}
