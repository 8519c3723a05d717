//! Where to look next for the highest load that is met: a search over whole
//! numbers by verdicts alone. It knows nothing of scenarios.

use super::super::summary::Verdict;
use crate::kernel::math;

/// How far below what cannot be carried the first look is: most designs give
/// way a little before their bottleneck is saturated.
const NEAR_CEILING: f64 = 0.95;
/// At a glance a gap beside undecided levels is looked into while it is wider
/// than so many times the tolerance …
const COARSE: f64 = 3.0;
/// … and closely while it is wider than this one: what is left of it then
/// hardly matters.
const FINE: f64 = 0.25;

/// What is known of the highest level that is met. Levels are looked at
/// strictly between the highest that was met and the lowest that was missed,
/// so the bracket can only become narrower and never turns over, whatever the
/// verdicts are.
#[derive(Clone, Debug)]
pub(super) struct Bracket {
    /// Relative width that is asked for.
    tolerance: f64,
    /// So many times it, a gap is worth a look.
    fine: f64,
    /// No level below can be judged.
    floor: u64,
    /// No level above can be played.
    most: u64,
    /// The lowest level that is known to be missed without looking.
    ceiling: Option<u64>,
    /// The first level that was looked at.
    first: Option<u64>,
    met: Option<u64>,
    missed: Option<u64>,
    /// Between the two, rising.
    undecided: Vec<u64>,
}

impl Bracket {
    /// Nothing looked at yet.
    pub(super) fn new(tolerance: f64, (floor, most): (u64, u64), ceiling: Option<u64>) -> Self {
        let ceiling = ceiling.filter(|ceiling| *ceiling <= most);
        let floor = floor.min(most);
        Self {
            tolerance,
            fine: COARSE,
            floor,
            most,
            ceiling,
            first: None,
            met: None,
            missed: None,
            undecided: Vec::new(),
        }
    }

    /// The highest level that was met.
    pub(super) fn met(&self) -> Option<u64> {
        self.met
    }

    /// The lowest level that is missed, by a look or by the ceiling.
    pub(super) fn upper(&self) -> Option<u64> {
        [self.missed, self.ceiling].into_iter().flatten().min()
    }

    /// Whether nothing that can be judged is met, or the bracket is as narrow
    /// as was asked for.
    pub(super) fn is_narrow(&self) -> bool {
        match (self.met, self.upper()) {
            (Some(met), Some(upper)) => {
                upper - met <= 1 || upper as f64 <= met as f64 * (1.0 + self.tolerance)
            }
            (None, Some(upper)) => upper <= self.floor,
            (Some(met), None) => met >= self.most,
            (None, None) => false,
        }
    }

    /// Takes a verdict down.
    pub(super) fn record(&mut self, level: u64, verdict: Verdict) {
        self.first.get_or_insert(level);
        match verdict {
            Verdict::Met => self.met = self.met.max(Some(level)),
            Verdict::Missed => self.missed = Some(self.missed.map_or(level, |own| own.min(level))),
            Verdict::Undecided => self.undecided.push(level),
        }
        let (low, high) = (self.met.unwrap_or(0), self.upper().unwrap_or(u64::MAX));
        self.undecided.retain(|level| (low + 1..high).contains(level));
        self.undecided.sort_unstable();
        self.undecided.dedup();
    }

    /// Undecided levels may be looked at again, more closely.
    pub(super) fn look_closely(&mut self) {
        self.fine = FINE;
        self.undecided.clear();
    }

    /// The level to look at next, if another look can narrow the bracket:
    /// `start` first, and `saturation` where a measurement says that the
    /// bottleneck is busy all the time.
    pub(super) fn next(&self, start: u64, saturation: Option<u64>) -> Option<u64> {
        if self.is_narrow() {
            return None;
        }
        if self.first.is_none() {
            let start = start.clamp(self.floor, self.most);
            return match self.ceiling {
                Some(ceiling) if start >= ceiling => Some(self.below(ceiling)),
                _ => Some(start),
            };
        }
        match (self.met, self.upper()) {
            (None, upper) => self.down(upper),
            (Some(met), None) => self.up(met, saturation),
            (Some(met), Some(upper)) => self.between(met, upper),
        }
    }

    fn below(&self, ceiling: u64) -> u64 {
        let near = (ceiling as f64 * NEAR_CEILING) as u64;
        near.clamp(self.floor.min(ceiling - 1), ceiling - 1).max(1)
    }

    /// Nothing is met yet: the steps grow as the square, 2, 2, 4, 16 …
    fn down(&self, upper: Option<u64>) -> Option<u64> {
        let lowest = self.undecided.first().copied().into_iter().chain(upper).min()?;
        if lowest <= self.floor {
            return None;
        }
        let first = self.first.unwrap_or(lowest).max(lowest);
        let factor = (first / lowest).max(2);
        Some((lowest / factor).max(self.floor))
    }

    /// Nothing is missed yet: just below the saturation that was measured, and
    /// else by growing steps.
    fn up(&self, met: u64, saturation: Option<u64>) -> Option<u64> {
        let highest = self.undecided.last().copied().unwrap_or(met).max(met);
        if highest >= self.most {
            return None;
        }
        let near = saturation.map(|level| (level as f64 * NEAR_CEILING) as u64);
        let worth = highest as f64 * (1.0 + self.tolerance);
        let next = match near.filter(|near| *near as f64 > worth) {
            Some(near) => near,
            // About saturated by its own account: what is more is missed.
            None if saturation.is_some() => (highest as f64 * 1.3) as u64 + 1,
            None => {
                let factor = (highest / self.first.unwrap_or(highest).max(1)).max(2);
                highest.saturating_mul(factor)
            }
        };
        Some(next.min(self.most))
    }

    fn between(&self, met: u64, upper: u64) -> Option<u64> {
        let (Some(&low), Some(&high)) = (self.undecided.first(), self.undecided.last()) else {
            return Some(self.within(met, upper));
        };
        let gaps = [(met, low), (high, upper)];
        let width = |gap: &(u64, u64)| gap.1 as f64 / gap.0 as f64;
        let wider = if width(&gaps[0]) >= width(&gaps[1]) { gaps[0] } else { gaps[1] };
        let worth = wider.1 - wider.0 > 1 && width(&wider) > 1.0 + self.fine * self.tolerance;
        worth.then(|| round_in(wider.0, wider.1, middle(wider.0, wider.1)))
    }

    /// In the logarithm half-way; near a ceiling from there downwards, by
    /// growing steps, since the mark is likely to lie just below.
    fn within(&self, met: u64, upper: u64) -> u64 {
        let half = middle(met, upper);
        let near = match (self.missed, self.ceiling) {
            (_, Some(ceiling)) if ceiling == upper => NEAR_CEILING * ceiling as f64,
            (Some(missed), Some(ceiling)) => {
                // Not less than the first step, also from just below it.
                let missed = missed as f64;
                missed * (missed / ceiling as f64).min(NEAR_CEILING)
            }
            _ => 0.0,
        };
        round_in(met, upper, half.max(near as u64))
    }
}

/// The geometric mean.
fn middle(low: u64, high: u64) -> u64 {
    (math::sqrt(low as f64) * math::sqrt(high as f64)) as u64
}

/// The roundest number near `target` that lies strictly between `low` and
/// `high`; `high` is at least `low` + 2.
fn round_in(low: u64, high: u64, target: u64) -> u64 {
    let target = target.clamp(low + 1, high - 1);
    let (least, largest) = ((target - low).div_ceil(4), (high - target).div_ceil(4));
    let mut unit = 1_u64;
    let mut best = target;
    while unit <= target {
        let rounded = (target + unit / 2) / unit * unit;
        let near = rounded + least >= target && rounded <= target + largest;
        if near && rounded > low && rounded < high {
            best = rounded;
        }
        unit = unit.saturating_mul(10);
    }
    best
}

#[cfg(test)]
mod tests {
    //! Goal: whatever is true of a design, the bracket holds it, is as narrow
    //! as can be, and takes few looks. Method: verdicts from made-up truths with
    //! a band of undecided levels, and from chance alone.
    use super::*;
    use proptest::prelude::*;

    /// Met below, missed from above on, undecided in between.
    #[derive(Clone, Copy, Debug)]
    struct Truth {
        met_to: u64,
        missed_from: u64,
    }

    impl Truth {
        fn verdict(self, level: u64) -> Verdict {
            match level {
                level if level <= self.met_to => Verdict::Met,
                level if level >= self.missed_from => Verdict::Missed,
                _ => Verdict::Undecided,
            }
        }
    }

    const MOST: u64 = u32::MAX as u64;

    fn search(
        mut bracket: Bracket,
        start: u64,
        mut oracle: impl FnMut(u64) -> Verdict,
    ) -> (Bracket, u32) {
        bracket.look_closely();
        let mut looks = 0;
        while let Some(level) = bracket.next(start, None) {
            let (met, upper) = (bracket.met(), bracket.upper());
            assert!(met.is_none_or(|met| level > met), "{level} is known to be met");
            assert!(upper.is_none_or(|upper| level < upper), "{level} is known to be missed");
            bracket.record(level, oracle(level));
            looks += 1;
            assert!(looks < 100, "no end");
        }
        (bracket, looks)
    }

    proptest! {
        #[test]
        fn the_bracket_holds_the_truth(
            exponent in 0.0_f64..20.0,
            start in 1.0_f64..20.0,
            band in 0.0_f64..0.1,
            above in prop::option::of(0.0_f64..1.0),
        ) {
            let met_to = math::exp(exponent) as u64;
            let missed_from = (met_to as f64 * (1.0 + band)) as u64 + 1;
            let truth = Truth { met_to, missed_from };
            let ceiling = above.map(|above| (missed_from as f64 * (1.0 + above)) as u64);
            let start = math::exp(start) as u64;
            let bracket = Bracket::new(0.02, (1, MOST), ceiling);
            let (found, looks) = search(bracket, start, |level| truth.verdict(level));
            let low = found.met().unwrap_or(0);
            let high = found.upper().expect("something is missed");
            prop_assert!(low <= met_to && missed_from <= high, "{low}..{high} of {truth:?}");
            prop_assert!(low < high);
            // As narrow as the band and the tolerance allow.
            let width = high as f64 / low.max(1) as f64;
            let possible = missed_from as f64 / met_to as f64 * 1.02 + 1.0 / low.max(1) as f64;
            prop_assert!(width <= possible * 1.001 || high - low <= 2, "{low}..{high} of {truth:?}");
            prop_assert!(looks <= 30, "{looks} looks for {truth:?} from {start}");
        }

        #[test]
        fn a_good_start_takes_few_looks(exponent in 8.0_f64..16.0, far in 0.25_f64..4.0) {
            let met_to = math::exp(exponent) as u64;
            let truth = Truth { met_to, missed_from: met_to + 1 };
            let ceiling = Some((met_to as f64 * 1.08) as u64);
            let start = (met_to as f64 * far) as u64;
            let bracket = Bracket::new(0.02, (1, MOST), ceiling);
            let (_, looks) = search(bracket, start, |level| truth.verdict(level));
            prop_assert!(looks <= 8, "{looks} looks");
        }

        #[test]
        fn chance_never_turns_it_over(seed in any::<u64>(), start in 1_u64..1_000_000) {
            let mut state = seed | 1;
            let oracle = |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                match state >> 62 {
                    0 => Verdict::Met,
                    1 => Verdict::Undecided,
                    _ => Verdict::Missed,
                }
            };
            let (found, _) = search(Bracket::new(0.02, (1, 10_000_000), None), start, oracle);
            if let (Some(met), Some(upper)) = (found.met(), found.upper()) {
                prop_assert!(met < upper);
            }
        }
    }

    #[test]
    fn levels_are_round_numbers() {
        assert_eq!(round_in(1_000_000, 2_000_000, 1_414_213), 1_000_000 + 400_000);
        assert_eq!(round_in(1_710_000, 1_755_195, 1_732_449), 1_730_000);
        assert_eq!(round_in(7, 9, 8), 8);
        assert_eq!(round_in(40, 80, 56), 60);
    }

    #[test]
    fn what_is_hopeless_is_not_looked_at() {
        let bracket = Bracket::new(0.02, (1, MOST), Some(1_000));
        assert_eq!(bracket.next(5_000, None), Some(950));
        let mut nothing = Bracket::new(0.02, (500, MOST), Some(1_000));
        nothing.record(500, Verdict::Missed);
        assert_eq!(nothing.next(5_000, None), None, "nothing below can be judged");
        assert!(nothing.is_narrow());
    }

    #[test]
    fn a_measured_saturation_leads_upwards() {
        let mut bracket = Bracket::new(0.02, (1, MOST), None);
        bracket.record(1_000, Verdict::Met);
        assert_eq!(bracket.next(1_000, Some(2_000)), Some(1_900));
        bracket.record(1_900, Verdict::Met);
        assert_eq!(bracket.next(1_000, Some(1_950)), Some(2_471));
        bracket.record(2_471, Verdict::Missed);
        let next = bracket.next(1_000, None).expect("wide");
        assert!((1_901..2_471).contains(&next));
    }
}
