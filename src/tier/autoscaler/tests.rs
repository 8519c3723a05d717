//! Goal: the documented rule, exactly; never beyond the limits; cooldowns
//! held. Method: worked examples of the sources, and a twin that searches the
//! number one by one and reads the cooldowns off a log of all actions.

use super::*;
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;

fn utilisation(share: f64) -> Threshold {
    Threshold { metric: Metric::Utilisation, value: (share * UNIT as f64).round() as u128 }
}

fn settings(target: Option<Threshold>, steps: Vec<StepRule>) -> Settings {
    Settings {
        limits: Limits { min: 1, max: 100 },
        target,
        steps,
        cooldown_out: Duration::ZERO,
        cooldown_in: Duration::ZERO,
    }
}

/// `measured` instances of one vCPU, busy for so many hundredths of a second.
fn sample(measured: u32, settled: u32, busy: u64) -> Sample {
    let whole = u128::from(measured) * 100;
    let ratio = (measured > 0).then_some(Ratio { part: u128::from(busy), whole });
    Sample { measured, settled, utilisation: ratio, queue: None, latency: None }
}

fn decided(settings: &Settings, wanted: u32, seen: &Sample) -> u32 {
    let mut scaler = Autoscaler::new(settings, wanted);
    scaler.decide(settings, Instant::ZERO, seen);
    scaler.wanted()
}

#[test]
fn the_documented_examples_come_out() {
    let tracking = settings(Some(utilisation(0.5)), Vec::new());
    // 200m against 100m doubles, 50m halves.
    assert_eq!(decided(&tracking, 3, &sample(3, 3, 300)), 6);
    assert_eq!(decided(&tracking, 4, &sample(4, 4, 100)), 2);
    // Within a tenth nothing happens; just beyond, it does.
    assert_eq!(decided(&tracking, 10, &sample(10, 10, 550)), 10);
    assert_eq!(decided(&tracking, 10, &sample(10, 10, 551)), 12);
    assert_eq!(decided(&tracking, 10, &sample(10, 10, 450)), 10);
    assert_eq!(decided(&tracking, 10, &sample(10, 10, 440)), 9);
    // An exact multiple needs no spare instance, whatever its decimals.
    let six = settings(Some(utilisation(0.6)), Vec::new());
    assert_eq!(decided(&six, 5, &sample(5, 5, 360)), 6);
}

#[test]
fn who_boots_counts_as_idle_and_never_turns_the_direction() {
    let tracking = settings(Some(utilisation(0.5)), Vec::new());
    // 4 measured at 0.9 need 8; 4 more boot already.
    assert_eq!(decided(&tracking, 8, &sample(4, 4, 360)), 8);
    // At 1.0 of 4, and 2 that boot, 8 are needed: 2 more.
    assert_eq!(decided(&tracking, 6, &sample(4, 4, 400)), 8);
    // More boot than are needed: they are kept until the metric says so.
    assert_eq!(decided(&tracking, 12, &sample(4, 4, 360)), 12);
    // Below the target it goes down, who boots first.
    assert_eq!(decided(&tracking, 12, &sample(4, 4, 100)), 2);
    assert_eq!(decided(&tracking, 7, &sample(0, 0, 0)), 7);
}

#[test]
fn steps_count_what_they_have_added_and_the_largest_wins() {
    let step = |share, above, change| StepRule { threshold: utilisation(share), above, change };
    let rules = vec![
        step(0.7, true, Change::Instances(1)),
        step(0.9, true, Change::Percent(50)),
        step(0.3, false, Change::Percent(25)),
    ];
    let stepping = settings(None, rules);
    assert_eq!(decided(&stepping, 8, &sample(8, 8, 600)), 9);
    assert_eq!(decided(&stepping, 8, &sample(8, 8, 760)), 12);
    // Four of the twelve still warm up.
    assert_eq!(decided(&stepping, 12, &sample(8, 8, 760)), 12);
    assert_eq!(decided(&stepping, 8, &sample(8, 8, 400)), 8);
    assert_eq!(decided(&stepping, 8, &sample(8, 8, 80)), 6);
    assert_eq!(decided(&stepping, 2, &sample(2, 2, 2)), 1);
}

#[test]
fn a_schedule_waits_for_no_cooldown_and_holds_its_limits() {
    let slow =
        Settings { cooldown_out: Duration::from_nanos(SECOND), ..settings(None, Vec::new()) };
    let mut scaler = Autoscaler::new(&slow, 3);
    let limits = Limits { min: 5, max: 8 };
    let first = scaler.reschedule(Instant::ZERO, limits, None).expect("it rises");
    assert_eq!((first.from, first.to, first.reason), (3, 5, Reason::Schedule));
    assert_eq!(scaler.reschedule(Instant::ZERO, limits, Some(20)).map(|own| own.to), Some(8));
    assert_eq!(scaler.reschedule(Instant::ZERO, limits, None), None);
}

/// The smallest number with which the sum of the metric does not exceed the
/// target on each, counted up.
fn counted_up(busy: u64, target: Threshold) -> u32 {
    let fits = |count: &u32| u128::from(*count) * 100 * target.value >= u128::from(busy) * UNIT;
    (0..100_000).find(fits).expect("some number does")
}

/// What the documented rule answers, in small steps and with fractions.
fn twin(wanted: u32, seen: &Sample, busy: u64, target: Threshold) -> u32 {
    let of = |instances: u32| {
        let whole = f64::from(instances) * 100.0 * target.value as f64 / UNIT as f64;
        busy as f64 / whole
    };
    let ratio = of(seen.measured);
    if (ratio - 1.0).abs() <= 0.1 + 1e-12 {
        return wanted;
    }
    let count = counted_up(busy, target);
    match ratio > 1.0 {
        true if seen.measured < wanted && (of(wanted) - 1.0).abs() <= 0.1 + 1e-12 => wanted,
        true => count.max(wanted),
        false => count.min(wanted),
    }
}

proptest! {
    #[test]
    fn tracking_is_what_counting_up_finds(
        measured in 1_u32..60,
        booting in 0_u32..20,
        permille in 0_u64..=1_000,
        hundredths in 1_u128..=100,
    ) {
        let target = Threshold { metric: Metric::Utilisation, value: hundredths * UNIT / 100 };
        let busy = u64::from(measured) * 100 * permille / 1_000;
        let seen = sample(measured, measured, busy);
        let mut wide = settings(Some(target), Vec::new());
        wide.limits.max = 100_000;
        let wanted = measured + booting;
        let expected = twin(wanted, &seen, busy, target).max(1);
        prop_assert_eq!(decided(&wide, wanted, &seen), expected);
    }

    #[test]
    fn limits_and_cooldowns_hold_whatever_is_seen(
        min in 1_u32..5,
        room in 0_u32..20,
        (out, inward) in (0_u64..90, 0_u64..90),
        seen in prop::collection::vec((1_u32..30, 0_u64..=100), 1..80),
    ) {
        let rules = vec![
            StepRule { threshold: utilisation(0.9), above: true, change: Change::Instances(3) },
            StepRule { threshold: utilisation(0.2), above: false, change: Change::Percent(50) },
        ];
        let limits = Limits { min, max: min + room };
        let settings = Settings {
            limits,
            cooldown_out: Duration::from_nanos(out * SECOND),
            cooldown_in: Duration::from_nanos(inward * SECOND),
            ..settings(Some(utilisation(0.6)), rules)
        };
        let mut scaler = Autoscaler::new(&settings, min);
        let mut log: Vec<(u64, Scaling)> = Vec::new();
        for (period, &(measured, percent)) in seen.iter().enumerate() {
            let at = 15 * period as u64;
            let seen = sample(measured, measured, u64::from(measured) * percent);
            let now = Instant::from_nanos(at * SECOND);
            let before = scaler.wanted();
            let done = scaler.decide(&settings, now, &seen);
            prop_assert!((limits.min..=limits.max).contains(&scaler.wanted()));
            prop_assert_eq!(done.is_some(), scaler.wanted() != before);
            let Some(done) = done else { continue };
            prop_assert_eq!((done.from, done.to), (before, scaler.wanted()));
            let rises = done.to > done.from;
            for (earlier, own) in &log {
                let held = match (rises, own.to > own.from) {
                    (true, true) => at >= earlier + out,
                    (false, _) => at >= earlier + inward,
                    (true, false) => true,
                };
                prop_assert!(held, "{own:?} at {earlier}, {done:?} at {at}");
            }
            log.push((at, done));
        }
    }
}
