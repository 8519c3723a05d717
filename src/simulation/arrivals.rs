//! When requests come: one pending arrival at a time, each gap a pure
//! function of its number, so that no topology disturbs the arrivals.

use super::blueprint::{ArrivalPlan, RecordedRequest};
use crate::kernel::math;
use crate::kernel::random::{Key, Source};
use crate::kernel::time::{Duration, Instant};

/// The source of open arrivals of one replication.
#[derive(Clone, Debug)]
pub struct Arrivals<'a> {
    plan: &'a ArrivalPlan,
    key: Key,
    /// Requests so far.
    count: u64,
    last: Instant,
    /// Segment of the rate profile in which `last` lies.
    segment: usize,
}

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// Its number, from 0.
    pub number: u64,
}

impl<'a> Arrivals<'a> {
    /// The arrivals of a replication whose root is `root`.
    pub fn new(plan: &'a ArrivalPlan, root: Key) -> Self {
        let key = root.named("arrivals");
        Self { plan, key, count: 0, last: Instant::ZERO, segment: 0 }
    }

    /// The next arrival; `None` when no more will come, or when users are
    /// closed and arrive by themselves.
    #[inline(always)]
    pub fn next_arrival(&mut self) -> Option<Arrival> {
        let number = self.count;
        let at = match self.plan {
            ArrivalPlan::Renewal(gap) => {
                self.last + gap.sample_duration(&mut self.key.numbered(number).draws())
            }
            _ => self.next_other(number)?,
        };
        self.count += 1;
        self.last = at;
        Some(Arrival { at, number })
    }

    #[inline(never)]
    fn next_other(&mut self, number: u64) -> Option<Instant> {
        match self.plan {
            ArrivalPlan::Profile(knots) => self.next_of_profile(knots, number),
            ArrivalPlan::Replay(requests) => requests.get(number as usize).map(|next| next.at),
            ArrivalPlan::Spiked { gap, pace } => {
                let gap = gap.sample_duration(&mut self.key.numbered(number).draws());
                self.after_at_pace(gap, pace)
            }
            ArrivalPlan::Renewal(_) | ArrivalPlan::Closed(_) => None,
        }
    }

    /// When `gap` has passed as arrivals feel it: before a spike the same as
    /// without it, to the nanosecond.
    fn after_at_pace(&mut self, gap: Duration, pace: &[(Instant, f64)]) -> Option<Instant> {
        let (mut from, mut left) = (self.last, gap.as_nanos() as f64);
        loop {
            let factor = pace[self.segment].1;
            let end = pace.get(self.segment + 1).map(|(end, _)| *end);
            let until = match factor {
                1.0 => from + Duration::from_nanos_f64(left),
                factor => from + Duration::from_nanos_f64(left / factor),
            };
            match end {
                Some(end) if until >= end => {
                    left -= end.saturating_since(from).as_nanos() as f64 * factor;
                    (from, left) = (end, left.max(0.0));
                    self.segment += 1;
                }
                _ => return Some(until),
            }
        }
    }

    /// The recorded request with this number, if requests are replayed.
    #[inline]
    pub fn recorded(&self, number: u64) -> Option<&'a RecordedRequest> {
        match self.plan {
            ArrivalPlan::Replay(requests) => requests.get(number as usize),
            _ => None,
        }
    }

    /// Inversion of the cumulative rate (Çinlar 1975, *Introduction to
    /// Stochastic Processes*, §4.7): the arrivals of a Poisson process of rate
    /// one, seen through the inverse of ∫λ.
    fn next_of_profile(&mut self, knots: &[(Instant, f64)], number: u64) -> Option<Instant> {
        let uniform = self.key.numbered(number).draws().uniform_open();
        let mut area = -math::ln(uniform);
        let mut from = self.last;
        loop {
            let (rate, slope, end) = segment_at(knots, self.segment, from);
            let length = end.map(|end| end.saturating_since(from).as_secs_f64());
            match time_to_cover(rate, slope, area, length) {
                Some(seconds) => return Some(from + Duration::from_secs_f64(seconds)),
                None => {
                    let length = length?;
                    area -= rate * length + 0.5 * slope * length * length;
                    from = end?;
                    self.segment += 1;
                }
            }
        }
    }
}

/// Rate at `from`, its slope per second, and the end of the segment.
fn segment_at(
    knots: &[(Instant, f64)],
    segment: usize,
    from: Instant,
) -> (f64, f64, Option<Instant>) {
    let (start, rate) = knots[segment];
    let Some(&(end, rate_end)) = knots.get(segment + 1) else {
        return (rate, 0.0, None);
    };
    let length = end.saturating_since(start).as_secs_f64();
    if length <= 0.0 {
        return (rate_end, 0.0, Some(end));
    }
    let slope = (rate_end - rate) / length;
    (rate + slope * from.saturating_since(start).as_secs_f64(), slope, Some(end))
}

/// Seconds until the area under a linear rate reaches `area`, if that is
/// before `length` seconds are over.
fn time_to_cover(rate: f64, slope: f64, area: f64, length: Option<f64>) -> Option<f64> {
    // The stable root of rate·t + slope·t²/2 = area.
    let discriminant = rate * rate + 2.0 * slope * area;
    if discriminant < 0.0 {
        return None;
    }
    let denominator = rate + discriminant.sqrt();
    if denominator <= 0.0 {
        return None;
    }
    let seconds = 2.0 * area / denominator;
    match length {
        Some(length) if seconds > length => None,
        _ => Some(seconds),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: profiles bring as many arrivals as the area under their rate, and
    //! gaps depend on nothing but their number. Method: counts against areas
    //! within five standard deviations; two sources side by side.
    use super::*;
    use crate::kernel::distribution::Distribution;

    fn arrivals_until(plan: &ArrivalPlan, end_s: f64) -> Vec<f64> {
        let mut source = Arrivals::new(plan, Key::root(7, 0));
        std::iter::from_fn(|| source.next_arrival())
            .map(|arrival| arrival.at.as_secs_f64())
            .take_while(|&at| at < end_s)
            .collect()
    }

    #[test]
    fn a_ramp_brings_the_area_under_it() {
        let knots = vec![(Instant::ZERO, 0.0), (Instant::from_secs_f64(100.0), 200.0)];
        let times = arrivals_until(&ArrivalPlan::Profile(knots), 100.0);
        // Area 10,000; the first half of the time holds a quarter of it.
        assert!((times.len() as f64 - 10_000.0).abs() < 5.0 * 100.0, "{}", times.len());
        let first_half = times.iter().filter(|&&at| at < 50.0).count() as f64;
        assert!((first_half - 2_500.0).abs() < 5.0 * 50.0, "{first_half}");
    }

    #[test]
    fn a_step_to_zero_ends_the_arrivals() {
        let ten = Instant::from_secs_f64(10.0);
        let knots = vec![(Instant::ZERO, 50.0), (ten, 50.0), (ten, 0.0)];
        let times = arrivals_until(&ArrivalPlan::Profile(knots), 1e9);
        assert!((times.len() as f64 - 500.0).abs() < 5.0 * 22.4, "{}", times.len());
        assert!(times.iter().all(|&at| at <= 10.0));
    }

    #[test]
    fn a_spike_leaves_what_was_before_it_alone() {
        let gap = Distribution::exponential(1e7).expect("a valid gap");
        let (ten, twenty) = (Instant::from_secs_f64(10.0), Instant::from_secs_f64(20.0));
        let pace = vec![(Instant::ZERO, 1.0), (ten, 3.0), (twenty, 1.0)];
        let plain = arrivals_until(&ArrivalPlan::Renewal(gap.clone()), 30.0);
        let spiked = arrivals_until(&ArrivalPlan::Spiked { gap, pace }, 30.0);
        let before = plain.iter().filter(|&&at| at < 10.0).count();
        assert_eq!(plain[..before], spiked[..before]);
        // 100 a second, 300 within the spike: five standard deviations.
        let within = spiked.iter().filter(|&&at| (10.0..20.0).contains(&at)).count() as f64;
        assert!((within - 3_000.0).abs() < 5.0 * 55.0, "{within}");
        let after = spiked.iter().filter(|&&at| at >= 20.0).count() as f64;
        assert!((after - 1_000.0).abs() < 5.0 * 32.0, "{after}");
    }

    #[test]
    fn constant_gaps_are_exact() {
        let plan = ArrivalPlan::Renewal(Distribution::constant(2.5e8).expect("a valid gap"));
        assert_eq!(arrivals_until(&plan, 1.1), vec![0.25, 0.5, 0.75, 1.0]);
    }
}
