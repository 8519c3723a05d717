//! How values become places on an axis, and which of them are named.

use crate::kernel::math;
use crate::report::number;

/// How values become places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// In proportion, from 0 where no value is below.
    Linear,
    /// By the logarithm.
    Logarithmic,
    /// Seconds in proportion, named in s, min, h or d.
    Time,
    /// A share p by the logarithm of 1 ÷ (1 − p), named in percent.
    Percentile,
}

/// An axis with its domain.
#[derive(Clone, Debug)]
pub(super) struct Ruler {
    scale: Scale,
    low: f64,
    high: f64,
    /// The value and the name of each tick.
    pub(super) ticks: Vec<(f64, String)>,
    /// Unit of the names, where the scale chooses it.
    pub(super) unit: Option<&'static str>,
}

/// Steps of a time axis in seconds, each with its unit and the longest span for it.
const TIMES: [(f64, &str, f64, &[f64]); 4] = [
    (1.0, "s", 480.0, &[1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0]),
    (60.0, "min", 6.0 * 3600.0, &[60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0]),
    (3600.0, "h", 6.0 * 86_400.0, &[3600.0, 7200.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0]),
    (86_400.0, "d", f64::INFINITY, &[86_400.0]),
];

impl Ruler {
    /// An axis that holds these values. Values that a logarithm cannot place
    /// are left out of account.
    pub(super) fn new(scale: Scale, values: impl Iterator<Item = f64>, most_ticks: usize) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| usable(scale, *value)) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = if scale == Scale::Logarithmic { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        match scale {
            Scale::Linear => Self::linear(low, high, most_ticks),
            Scale::Logarithmic => Self::logarithmic(low, high),
            Scale::Time => Self::time(low, high, most_ticks),
            Scale::Percentile => Self::percentile(low, high),
        }
    }

    /// Where a value lies, 0 at the start of the axis and 1 at its end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let (low, high) = (project(self.scale, self.low), project(self.scale, self.high));
        let value = project(self.scale, value.clamp(self.low, self.high));
        if high > low { (value - low) / (high - low) } else { 0.5 }
    }

    fn linear(low: f64, high: f64, most_ticks: usize) -> Self {
        let low = low.min(0.0);
        let high = if high > low { high } else { low + 1.0 };
        let step = round_step((high - low) / most_ticks as f64);
        let (first, last) = ((low / step).floor(), (high / step - 1e-9).ceil());
        let decimals = (-math::log10(step).floor()).max(0.0) as usize;
        let ticks = multiples(first, last, step);
        let ticks = ticks.map(|value| (value, number::fixed(value, decimals))).collect();
        Self { scale: Scale::Linear, low: first * step, high: last * step, ticks, unit: None }
    }

    fn logarithmic(low: f64, high: f64) -> Self {
        let low = low.max(high * 1e-9);
        let steps = |factors: &'static [f64]| {
            let (first, last) = (math::log10(low).floor() as i32, math::log10(high).ceil() as i32);
            let decades = (first..=last).map(|power| math::pow(10.0, f64::from(power)));
            decades.flat_map(|decade| factors.iter().map(move |factor| factor * decade))
        };
        let wide = high / low > 2e4;
        let all: Vec<f64> = steps(if wide { &[1.0] } else { &[1.0, 2.0, 5.0] }).collect();
        let below = all.iter().copied().rfind(|value| *value <= low * 1.000_001);
        let above = all.iter().copied().find(|value| *value >= high * 0.999_999);
        let low = below.unwrap_or(low);
        let high = above.filter(|value| *value > low).unwrap_or(low * 10.0);
        let inside = all.into_iter().filter(|value| (low..=high).contains(value));
        let ticks = inside.map(|value| (value, number::plain(value))).collect();
        Self { scale: Scale::Logarithmic, low, high, ticks, unit: None }
    }

    fn time(low: f64, high: f64, most_ticks: usize) -> Self {
        let low = low.min(0.0);
        let high = if high > low { high } else { low + 1.0 };
        let span = high - low;
        let of = TIMES.iter().find(|(_, _, longest, _)| span <= *longest);
        let (seconds, unit, _, steps) = of.copied().unwrap_or(TIMES[3]);
        let fits = |step: &&f64| span / **step <= most_ticks as f64;
        let coarse = || round_step(span / most_ticks as f64 / seconds).max(1.0) * seconds;
        let step = if span < 5.0 {
            round_step(span / most_ticks as f64)
        } else {
            steps.iter().find(fits).copied().unwrap_or_else(coarse)
        };
        let decimals = (-math::log10(step / seconds).floor()).max(0.0) as usize;
        let ticks = multiples((low / step).ceil(), (high / step + 1e-9).floor(), step);
        let ticks = ticks.map(|value| (value, number::fixed(value / seconds, decimals))).collect();
        Self { scale: Scale::Time, low, high, ticks, unit: Some(unit) }
    }

    fn percentile(low: f64, high: f64) -> Self {
        let name = |share: f64, nines: usize| {
            (share, format!("{:.*} %", nines.saturating_sub(2), share * 100.0))
        };
        let mut ticks = vec![name(0.0, 0), name(0.5, 0)];
        ticks.extend((1..=9).map(|nines| name(1.0 - math::pow(10.0, -(nines as f64)), nines)));
        ticks.retain(|(share, _)| (low - 1e-12..=high + 1e-12).contains(share));
        let high = if high > low { high } else { low + (1.0 - low) / 2.0 };
        Self { scale: Scale::Percentile, low, high, ticks, unit: None }
    }
}

fn usable(scale: Scale, value: f64) -> bool {
    value.is_finite()
        && match scale {
            Scale::Logarithmic => value > 0.0,
            Scale::Percentile => (0.0..1.0).contains(&value),
            Scale::Linear | Scale::Time => true,
        }
}

fn project(scale: Scale, value: f64) -> f64 {
    match scale {
        Scale::Linear | Scale::Time => value,
        Scale::Logarithmic => math::log10(value),
        Scale::Percentile => -math::log10(1.0 - value),
    }
}

fn multiples(first: f64, last: f64, step: f64) -> impl Iterator<Item = f64> {
    (first as i64..=last as i64).map(move |number| number as f64 * step)
}

/// The next of 1, 2, 5 × 10ⁿ that is not smaller.
fn round_step(least: f64) -> f64 {
    let decade = math::pow(10.0, math::log10(least).floor());
    let steps = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * decade);
    steps.into_iter().find(|step| *step >= least * 0.999_999).unwrap_or(10.0 * decade)
}

#[cfg(test)]
mod tests {
    //! Goal: ticks fall on round values and hold the data between them.
    //! Method: examples of each scale, and a property over ranges.
    use super::*;
    use proptest::prelude::*;

    fn names(scale: Scale, values: &[f64]) -> Vec<String> {
        let ruler = Ruler::new(scale, values.iter().copied(), 6);
        ruler.ticks.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn round_values() {
        assert_eq!(names(Scale::Linear, &[3.0, 47.0]), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(
            names(Scale::Linear, &[0.0, 0.021]),
            ["0.000", "0.005", "0.010", "0.015", "0.020", "0.025"]
        );
        assert_eq!(names(Scale::Logarithmic, &[7.0, 120.0]), ["5", "10", "20", "50", "100", "200"]);
        assert_eq!(names(Scale::Time, &[0.0, 1800.0]), ["0", "5", "10", "15", "20", "25", "30"]);
        assert_eq!(
            names(Scale::Percentile, &[0.0, 0.999]),
            ["0 %", "50 %", "90 %", "99 %", "99.9 %"]
        );
    }

    #[test]
    fn nothing_to_show_is_no_panic() {
        for scale in [Scale::Linear, Scale::Logarithmic, Scale::Time, Scale::Percentile] {
            assert!((0.0..=1.0).contains(&Ruler::new(scale, [].into_iter(), 6).place(0.5)));
            let odd = [f64::NAN, f64::INFINITY, 0.0, 0.0];
            assert!((0.0..=1.0).contains(&Ruler::new(scale, odd.into_iter(), 6).place(0.0)));
        }
    }

    proptest! {
        #[test]
        fn places_are_ordered_and_inside(
            low in 1e-3_f64..1e6,
            more in 1e-3_f64..1e6,
            days in any::<bool>(),
        ) {
            let high = low + more;
            let scale = if days { Scale::Time } else { Scale::Linear };
            for scale in [scale, Scale::Logarithmic] {
                let ruler = Ruler::new(scale, [low, high].into_iter(), 6);
                let places = (ruler.place(low), ruler.place(high));
                prop_assert!(0.0 <= places.0 && places.0 <= places.1 && places.1 <= 1.0);
                prop_assert!(ruler.ticks.len() <= 20, "{} ticks", ruler.ticks.len());
                prop_assert!(ruler.ticks.windows(2).all(|pair| pair[0].0 < pair[1].0));
            }
        }
    }
}
