//! Availability by time: how much of it, and how sure that is.

use super::confidence::{
    CONFIDENCE, mean_and_half_width, mean_estimate, mean_estimate_at, student_t_quantile,
};
use super::summary::Estimate;
use crate::kernel::math;
use crate::kernel::time::Duration;
use crate::scenario::model::{RunKind, Scenario};

/// Fewer outages than this carry no interval: at one the usual one covers the
/// truth in 53 % of the cases, at five in 82 %.
const OUTAGES_MIN: u64 = 20;

/// With this confidence fewer events than this are expected where none was seen:
/// −ln 0.05 = 3 at 0.95 (the rule of three, Hanley & Lippman-Hand 1983), rounded
/// up to hundredths.
pub(super) fn unseen_events(confidence: f64) -> f64 {
    (-100.0 * math::ln(1.0 - confidence)).ceil() / 100.0
}

/// What the replications of a run have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Each is a sample of the long run.
    Steady,
    /// Each plays the same course of events, and chance may strike as well.
    Terminating,
    /// Each plays the same course of events, and nothing else fails.
    Scripted,
}

impl Course {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let failures = &scenario.failures;
        match scenario.run.kind {
            RunKind::Steady => Self::Steady,
            RunKind::Terminating
                if failures.processes.is_empty() && !failures.events.is_empty() =>
            {
                Self::Scripted
            }
            RunKind::Terminating => Self::Terminating,
        }
    }
}

/// What was seen of one thing that is up or down.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Observed {
    /// Seconds down, and seconds observed, by replication.
    pub(super) each: Vec<(f64, f64)>,
    /// Outages over all replications.
    pub(super) outages: u64,
    /// Longest incident of any kind, seconds; `None` where there was none.
    pub(super) longest_incident_s: Option<f64>,
    /// Whether outages are sampled or scripted.
    pub(super) course: Course,
}

impl Observed {
    /// Share of the time that it was up.
    pub(super) fn availability(&self) -> Estimate {
        self.availability_at(CONFIDENCE)
    }

    /// The same with an interval of this confidence.
    pub(super) fn availability_at(&self, confidence: f64) -> Estimate {
        Estimate { confidence, ..self.estimated(confidence) }
    }

    fn estimated(&self, confidence: f64) -> Estimate {
        let (down, time) = self.totals();
        if time <= 0.0 {
            return Estimate::absent("no time was observed");
        }
        let outages = if down > 0.0 { self.outages.max(1) } else { self.outages };
        let every = self.each.len() > 1 && self.each.iter().all(|(down, _)| *down > 0.0);
        match outages {
            0 if self.course == Course::Scripted => {
                let note = "no outage under this script".to_owned();
                estimate(1.0, Some(1.0), Some(1.0), Some(note))
            }
            0 => self.bound(time, unseen_events(confidence)),
            _ if self.course != Course::Steady && every => self.over_replications(confidence),
            1..OUTAGES_MIN => few(outages, down, time),
            _ => self.logarithmic(outages, down / time, confidence),
        }
    }

    fn totals(&self) -> (f64, f64) {
        let add = |(down, time): (f64, f64), one: &(f64, f64)| (down + one.0, time + one.1);
        self.each.iter().fold((0.0, 0.0), add)
    }

    /// No outage was seen. In the time T there is at most one in T ÷ 3 (`unseen`);
    /// how much of the time that makes depends on how long one would last.
    fn bound(&self, time: f64, unseen: f64) -> Estimate {
        let replications = self.each.len();
        let (low, note) = match self.longest_incident_s {
            Some(longest) => (
                1.0 - unseen * longest / time,
                format!(
                    "no outage seen in {}: at most one in {} ({unseen} ÷ T); the lower end takes one to \
                     last no longer than the longest incident, {}",
                    spoken(time),
                    spoken(time / unseen),
                    spoken(longest)
                ),
            ),
            None => (
                1.0 - unseen / replications as f64,
                format!(
                    "no outage and no incident seen in {}, so nobody knows how long one lasts: \
                     the lower end is 1 − {unseen} ÷ {replications} replications",
                    spoken(time)
                ),
            ),
        };
        let (low, high) = (Some(low.max(0.0)), Some(1.0));
        estimate(1.0, low, high, Some(note))
    }

    /// The course of events strikes every replication: each is an observation.
    fn over_replications(&self, confidence: f64) -> Estimate {
        let shares: Vec<Option<f64>> =
            self.each.iter().map(|(down, time)| (*time > 0.0).then(|| 1.0 - down / time)).collect();
        within_share(mean_estimate_at(&shares, confidence))
    }

    /// Interval of the unavailability on a logarithmic scale, on which the ratio
    /// estimator is nearly normal and never negative (delta method; the ratio
    /// over independent replications as in the regenerative method, Law,
    /// *Simulation Modeling and Analysis*, 5th ed., §9.5.3). A single
    /// replication takes outages to be independent and of exponential length:
    /// the down time is then a compound Poisson sum of squared relative error
    /// 2 ÷ outages.
    fn logarithmic(&self, outages: u64, down_share: f64, confidence: f64) -> Estimate {
        let count = self.each.len() as f64;
        let (half, note) = if self.each.len() < 2 {
            let relative = (2.0 / outages as f64).sqrt();
            let note = "one replication: outages are taken to be of exponential length";
            (relative * math::normal_quantile(0.5 + confidence / 2.0), Some(note.to_owned()))
        } else {
            let mean_time = self.totals().1 / count;
            let square = |(down, time): &(f64, f64)| {
                let excess = down - down_share * time;
                excess * excess
            };
            let squares: f64 = self.each.iter().map(square).sum();
            let error = (squares / (count - 1.0) / count).sqrt() / mean_time;
            let quantile = student_t_quantile(0.5 + confidence / 2.0, count - 1.0);
            (quantile * error / down_share, None)
        };
        let low = 1.0 - (down_share * math::exp(half)).min(1.0);
        let high = 1.0 - down_share * math::exp(-half);
        estimate(1.0 - down_share, Some(low), Some(high), note)
    }
}

/// Too few outages for an interval that could be trusted.
fn few(outages: u64, down: f64, time: f64) -> Estimate {
    let more = time * (OUTAGES_MIN - outages) as f64 / outages as f64;
    let seen = if outages == 1 { "one outage".to_owned() } else { format!("{outages} outages") };
    let note = format!(
        "{seen} seen, an interval is not to be trusted below {OUTAGES_MIN}: about {} more needed",
        spoken(more)
    );
    Estimate::point(1.0 - down / time, &note)
}

fn estimate(value: f64, low: Option<f64>, high: Option<f64>, note: Option<String>) -> Estimate {
    Estimate { value: Some(value), low, high, confidence: CONFIDENCE, at_least: false, note }
}

/// A share lies between 0 and 1, and so does its interval.
pub(super) fn within_share(mut estimate: Estimate) -> Estimate {
    estimate.low = estimate.low.map(|low| low.max(0.0));
    estimate.high = estimate.high.map(|high| high.min(1.0));
    estimate
}

/// A length of time for people.
fn spoken(seconds: f64) -> String {
    const YEAR: f64 = 365.0 * 86_400.0;
    if seconds >= 2.0 * YEAR {
        return format!("{:.1} years", seconds / YEAR);
    }
    // Rounded to what a person needs; the longest is two years.
    let duration = Duration::from_secs_f64(seconds).to_string();
    duration.replace(".00 ", " ")
}

/// Mean and half-width of a log interval, to say how far another value lies
/// from it: 1 = at its end.
pub(super) fn distance(estimate: &Estimate, exact: f64) -> Option<f64> {
    let down = |value: f64| math::ln((1.0 - value).max(1e-300));
    let (value, low, high) = (estimate.value?, estimate.low?, estimate.high?);
    let away = down(exact) - down(value);
    let half = if away < 0.0 { down(value) - down(high) } else { down(low) - down(value) };
    Some(if away == 0.0 { 0.0 } else { away.abs() / half.max(1e-12) })
}

/// Share of the time in which something held, by replication, with Student's t.
pub(super) fn share_estimate(shares: &[f64]) -> Estimate {
    match shares {
        [] | [_] => {
            let all: Vec<Option<f64>> = shares.iter().map(|share| Some(*share)).collect();
            mean_estimate(&all)
        }
        _ => {
            let (mean, half) = mean_and_half_width(shares);
            within_share(estimate(mean, Some(mean - half), Some(mean + half), None))
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: an availability says no more than its outages carry. Method: the
    //! three regimes by hand, and the coverage of the interval on alternating
    //! exponential times, whose availability is exact.
    use super::*;
    use crate::kernel::random::{Key, Source};

    fn observed(each: &[(f64, f64)], outages: u64) -> Observed {
        Observed { each: each.to_vec(), outages, longest_incident_s: None, course: Course::Steady }
    }

    #[test]
    fn no_outage_is_a_bound_and_never_bare() {
        let mut seen = observed(&[(0.0, 3_600.0); 10], 0);
        seen.longest_incident_s = Some(60.0);
        let estimate = seen.availability();
        // 3 ÷ 36,000 s × 60 s.
        assert_eq!((estimate.value, estimate.low), (Some(1.0), Some(1.0 - 0.005)));
        let note = estimate.note.expect("says why");
        assert!(note.contains("10 h: at most one in 3.33 h") && note.contains("1 min"), "{note}");
        seen.longest_incident_s = None;
        assert_eq!(seen.availability().low, Some(1.0 - 0.3));
        seen.each.truncate(1);
        assert_eq!(seen.availability().low, Some(0.0));
    }

    #[test]
    fn no_outage_under_a_script_is_no_sample() {
        let mut seen = observed(&[(0.0, 3_600.0); 10], 0);
        seen.course = Course::Scripted;
        let estimate = seen.availability();
        assert_eq!((estimate.value, estimate.low), (Some(1.0), Some(1.0)));
        assert_eq!(estimate.note.as_deref(), Some("no outage under this script"));
    }

    #[test]
    fn a_few_outages_say_how_much_more_is_needed() {
        let estimate = observed(&[(60.0, 3_600.0), (0.0, 3_600.0)], 4).availability();
        assert_eq!(estimate.value, Some(1.0 - 60.0 / 7_200.0));
        assert_eq!((estimate.low, estimate.high), (None, None));
        let note = estimate.note.expect("says why");
        // Four in two hours, so sixteen in eight.
        assert!(note.starts_with("4 outages seen") && note.contains("8 h more"), "{note}");
    }

    #[test]
    fn down_from_before_the_window_counts_as_an_outage() {
        let estimate = observed(&[(10.0, 100.0)], 0).availability();
        assert_eq!(estimate.value, Some(0.9));
        assert!(estimate.note.expect("a note").starts_with("one outage"));
    }

    #[test]
    fn a_script_that_strikes_every_replication_has_an_interval() {
        let mut seen = observed(&[(10.0, 100.0), (12.0, 100.0), (11.0, 100.0)], 3);
        assert_eq!(seen.availability().low, None);
        seen.course = Course::Terminating;
        let estimate = seen.availability();
        assert!((estimate.value.expect("a value") - 0.89).abs() < 1e-12);
        // t(0.975, 2) = 4.303, standard error 0.01 ÷ √3.
        let half = estimate.half_width().expect("an interval");
        assert!((half - 4.303 * 0.01 / 3.0_f64.sqrt()).abs() < 1e-4, "{half}");
    }

    #[test]
    fn one_replication_of_many_outages_has_a_log_interval() {
        let estimate = observed(&[(1.0, 100.0)], 50).availability();
        let (low, high) = (estimate.low.expect("low"), estimate.high.expect("high"));
        // exp(1.95996 · √(2 ÷ 50)) = 1.4799.
        assert!((1.0 - low - 0.01 * 1.4799).abs() < 1e-5, "{low}");
        assert!((1.0 - high - 0.01 / 1.4799).abs() < 1e-5, "{high}");
        assert!(high < 1.0);
    }

    /// Up for 90, down for 10 on average, over some replications.
    fn alternating(trial: u64, replications: u32, window: f64) -> Observed {
        let mut seen = observed(&[], 0);
        for replication in 0..replications {
            let mut stream = Key::root(trial, replication).draws();
            let mut next = |mean: f64| -math::ln(stream.uniform_open()) * mean;
            let (mut now, mut down) = (0.0, 0.0);
            // In steady state from the start: down with probability 0.1.
            let mut up = next(1.0) > -math::ln(0.9);
            while now < window {
                let length = next(if up { 90.0 } else { 10.0 }).min(window - now);
                down += if up { 0.0 } else { length };
                seen.outages += u64::from(up && now + length < window);
                now += length;
                up = !up;
            }
            seen.each.push((down, window));
        }
        seen
    }

    #[test]
    fn the_interval_covers_the_truth() {
        const TRIALS: u64 = 1_000;
        // Ten replications of three cycles each, and one of a hundred.
        for (replications, window, least) in [(10, 500.0, 900), (1, 10_000.0, 926)] {
            let covered = (0..TRIALS).filter(|trial| {
                let estimate = alternating(*trial, replications, window).availability();
                let ends = estimate.low.zip(estimate.high);
                ends.is_some_and(|(low, high)| (low..=high).contains(&0.9))
            });
            let covered = covered.count();
            assert!(covered >= least, "{covered} of {TRIALS} at {replications} replications");
        }
    }

    #[test]
    fn distance_is_measured_in_half_widths() {
        let estimate = estimate(0.99, Some(0.98), Some(0.995), None);
        assert!((distance(&estimate, 0.98).expect("known") - 1.0).abs() < 1e-12);
        assert!((distance(&estimate, 0.9975).expect("known") - 2.0).abs() < 1e-9);
        assert_eq!(distance(&estimate, 0.99), Some(0.0));
    }
}
