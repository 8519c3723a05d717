//! Numbers for people: three significant digits, thousands separators, units
//! that switch with the size; and, for files, numbers of stable bytes.

use crate::experiment::summary::Estimate;

/// Shown where there is no value.
pub const NOTHING: &str = "–";

/// Significant digits of a figure in JSON and CSV: far more than any sample
/// carries, few enough that the last bits of a sum do not show.
const STABLE_DIGITS: usize = 9;

/// Seconds of a day, and of a year of 365 days.
const DAY: f64 = 86_400.0;
const YEAR: f64 = 365.0 * DAY;

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Per second.
    PerSecond,
    /// A share, 0..1, shown in percent.
    Share,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// None.
    Plain,
}

/// Rounds a figure of a file, so that its bytes are stable and readable.
pub fn stable(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { 0.0 } else { value };
    }
    let text = format!("{value:.*e}", STABLE_DIGITS - 1);
    text.parse().unwrap_or(value)
}

/// A figure as a field of a file: the same digits, never a long row of zeros.
pub fn field(value: f64) -> String {
    let value = stable(value);
    let size = value.abs();
    if size == 0.0 || (1e-6..1e15).contains(&size) {
        value.to_string()
    } else {
        format!("{value:e}")
    }
}

/// The unit of a figure; it stands at the end of its name.
pub fn unit_of(name: &str) -> Unit {
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    if name.ends_with("_ms") || name.contains("_ms_") || name.contains("_ms.") {
        Unit::Milliseconds
    } else if ends(&["bytes_per_s"]) {
        Unit::BytesPerSecond
    } else if ends(&["bytes"]) {
        Unit::Bytes
    } else if ends(&["_per_s"]) {
        Unit::PerSecond
    } else if ends(&["_s"]) {
        Unit::Seconds
    } else if ends(&["ratio", "share", "availability", "by_time", "utilisation", "_rate"])
        || name.contains("_share_")
    {
        Unit::Share
    } else {
        Unit::Plain
    }
}

/// A count: `1,234,567`.
pub fn count(value: u64) -> String {
    separated(&value.to_string())
}

/// Three significant digits: `0.0123`, `12.3`, `12,345`.
pub fn plain(value: f64) -> String {
    fixed(value, decimals(value))
}

/// An amount of money: two decimals, more below one.
pub fn money(value: f64) -> String {
    let wanted = if value.abs() < 1.0 { decimals(value).max(2) } else { 2 };
    fixed(value, wanted)
}

impl Unit {
    /// A value with its unit: `12.3 ms`, `1.23 s`, `99.97 %`.
    pub fn value(self, value: f64) -> String {
        let (factor, decimals, suffix) = self.display(value);
        format!("{}{suffix}", fixed(value * factor, decimals))
    }

    /// A value that a person has given, with all its digits.
    pub fn given(self, value: f64) -> String {
        let (factor, _, suffix) = self.display(value);
        let digits = stable(value * factor).to_string();
        let decimals = digits.split_once('.').map_or(0, |(_, part)| part.len());
        format!("{}{suffix}", fixed(value * factor, decimals))
    }

    /// Half the interval of an estimate, as its value is shown: `± 8`.
    pub fn half_width(self, estimate: &Estimate) -> Option<String> {
        let (value, half) = (estimate.value?, estimate.half_width()?);
        let (factor, decimals, _) = self.display(value);
        let wide = wide_enough(half * factor, decimals);
        let shown = fixed(half * factor, wide);
        (!estimate.at_least && !is_nothing(&shown)).then(|| format!("± {shown}"))
    }

    /// A value with one more digit, to see small deviations.
    pub fn precise(self, value: f64) -> String {
        let (factor, decimals, suffix) = self.display(value);
        format!("{}{suffix}", fixed(value * factor, decimals.max(1) + 1))
    }

    /// An estimate with its interval: `212 ± 8 ms`, `212 ms (190 to 260)`,
    /// `≥ 30.0 s`, `–`.
    pub fn estimate(self, estimate: &Estimate) -> String {
        let Some(value) = estimate.value else {
            return NOTHING.to_owned();
        };
        if estimate.at_least {
            return format!("≥ {}", self.value(value));
        }
        let (factor, decimals, suffix) = self.display(value);
        let shown = fixed(value * factor, decimals);
        let nothing_failed = self == Self::Share && value == 1.0;
        match interval(estimate, value, nothing_failed) {
            None => format!("{shown}{suffix}"),
            Some(Interval::Even(half)) => {
                let wide = wide_enough(half * factor, decimals);
                let half = fixed(half * factor, wide);
                if is_nothing(&half) {
                    return format!("{shown}{suffix}");
                }
                format!("{} ± {half}{suffix}", fixed(value * factor, wide))
            }
            Some(Interval::Above(low)) => format!("{shown}{suffix} (at least {})", floored(low)),
            Some(Interval::Skewed(low, high)) => {
                let (low, high) = (fixed(low * factor, decimals), fixed(high * factor, decimals));
                if low == high {
                    return format!("{shown}{suffix}");
                }
                format!("{shown}{suffix} ({low} to {high})")
            }
        }
    }

    /// A difference with its interval, signed: `+12.3 ms (+8.1 to +16.0)`.
    /// Differences of shares are percentage points.
    pub fn difference(self, estimate: &Estimate) -> String {
        let Some(value) = estimate.value else {
            return NOTHING.to_owned();
        };
        let largest = [estimate.low, estimate.high].into_iter().flatten();
        let largest = largest.map(f64::abs).fold(value.abs(), f64::max);
        let (factor, decimals, suffix) = match self {
            Self::Share => (100.0, self::decimals(largest * 100.0), " pp"),
            _ => self.display(largest),
        };
        // Two digits of the interval say how much is known.
        let half = estimate.half_width().filter(|half| *half > 0.0);
        let known = half.map_or(decimals, |half| first_decimal(half * factor) + 1);
        let decimals = decimals.min(known);
        let signed = |value: f64| sign(value * factor, decimals);
        match (estimate.low, estimate.high) {
            (Some(low), Some(high)) if half.is_some() => {
                format!("{}{suffix} ({} to {})", signed(value), signed(low), signed(high))
            }
            _ => format!("{}{suffix}", signed(value)),
        }
    }

    /// Factor, decimals and suffix with which a value is shown.
    fn display(self, value: f64) -> (f64, usize, &'static str) {
        let size = value.abs();
        let with = |factor: f64, suffix| (factor, decimals(value * factor), suffix);
        match self {
            Self::Milliseconds if size >= 999.5 => with(0.001, " s"),
            Self::Milliseconds if size > 0.0 && size < 0.1 => with(1000.0, " µs"),
            Self::Milliseconds => with(1.0, " ms"),
            Self::Seconds if size >= 2.0 * YEAR => with(1.0 / YEAR, " years"),
            Self::Seconds if size >= 3.0 * DAY => with(1.0 / DAY, " d"),
            Self::Seconds if size >= 2.0 * 3600.0 => with(1.0 / 3600.0, " h"),
            Self::Seconds if size >= 120.0 => with(1.0 / 60.0, " min"),
            Self::Seconds => with(1.0, " s"),
            Self::PerSecond => with(1.0, "/s"),
            Self::Bytes => bytes(value, [" B", " kB", " MB", " GB", " TB"]),
            Self::BytesPerSecond => bytes(value, [" B/s", " kB/s", " MB/s", " GB/s", " TB/s"]),
            Self::Share => (100.0, share_decimals(value), " %"),
            Self::Plain => with(1.0, ""),
        }
    }
}

/// Factor, decimals and suffix of a number of bytes, in powers of 1000.
fn bytes(value: f64, suffixes: [&'static str; 5]) -> (f64, usize, &'static str) {
    let (mut factor, mut place) = (1.0, 0);
    while (value * factor).abs() >= 999.5 && place < 4 {
        factor /= 1000.0;
        place += 1;
    }
    (factor, decimals(value * factor), suffixes[place])
}

/// How an interval is best shown.
enum Interval {
    /// Half its width, the value being about in the middle.
    Even(f64),
    /// Its lower end, where the value is the most there can be.
    Above(f64),
    /// Its ends.
    Skewed(f64, f64),
}

/// The interval of an estimate, where it has one of some width.
fn interval(estimate: &Estimate, value: f64, largest: bool) -> Option<Interval> {
    let (low, high) = (estimate.low?, estimate.high?);
    let half = (high - low) / 2.0;
    if half <= 0.0 {
        return None;
    }
    if largest && high <= value {
        return Some(Interval::Above(low));
    }
    let even = ((low + high) / 2.0 - value).abs() <= 0.2 * half;
    Some(if even { Interval::Even(half) } else { Interval::Skewed(low, high) })
}

/// Decimals that show the first digit of half an interval, within reason.
fn wide_enough(half: f64, decimals: usize) -> usize {
    decimals.max(first_decimal(half).min(decimals + 2))
}

/// A share that is a bound from below: rounded down, it still is one.
fn floored(share: f64) -> String {
    let (factor, decimals, suffix) = Unit::Share.display(share);
    let digits: f64 = (0..decimals).fold(1.0, |power, _| 10.0 * power);
    // What lies within the rounding of the product is the whole number above.
    let whole = (share * factor * digits + 1e-6).floor();
    format!("{}{suffix}", fixed(whole / digits, decimals))
}

/// Whether a text shows zero, or no number at all.
fn is_nothing(text: &str) -> bool {
    text.bytes().all(|byte| !(b'1'..=b'9').contains(&byte))
}

/// Decimals that leave three significant digits.
fn decimals(value: f64) -> usize {
    let mut bound = 99.95;
    let mut decimals = 0;
    if !value.is_finite() || value == 0.0 {
        return 0;
    }
    while value.abs() < bound && decimals < 9 {
        bound /= 10.0;
        decimals += 1;
    }
    // A whole number needs no decimals at all.
    if value == value.round() { 0 } else { decimals }
}

/// Decimals of a percentage: near 100 % the digits that matter are those of
/// what is missing, of which two are shown.
fn share_decimals(share: f64) -> usize {
    let missing = (1.0 - share) * 100.0;
    if missing > 1e-7 && missing < 10.0 {
        first_decimal(missing).clamp(1, 6) + usize::from(missing < 1.0)
    } else {
        decimals(share * 100.0)
    }
}

/// Place of the first digit that is not zero.
fn first_decimal(value: f64) -> usize {
    decimals(value).saturating_sub(2)
}

/// Fixed decimals with thousands separators and a proper minus.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_at(text.find('.').unwrap_or(text.len()));
    let negative = value < 0.0 && !is_nothing(&text);
    format!("{}{}{part}", if negative { "−" } else { "" }, separated(whole))
}

/// Like [`fixed`], with a plus where it is due.
fn sign(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    if value > 0.0 && !is_nothing(&text) { format!("+{text}") } else { text }
}

/// Puts a comma between groups of three digits.
fn separated(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    //! Goal: people read three digits, the right unit and the interval.
    //! Method: examples at the edges where the unit or the digits change.
    use super::*;

    fn between(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { low: Some(low), high: Some(high), ..Estimate::point(value, "") }
    }

    #[test]
    fn units_switch_with_size() {
        assert_eq!(Unit::Milliseconds.value(12.345), "12.3 ms");
        assert_eq!(Unit::Milliseconds.value(999.6), "1.00 s");
        assert_eq!(Unit::Milliseconds.value(0.0456), "45.6 µs");
        assert_eq!(Unit::Milliseconds.value(0.0), "0 ms");
        assert_eq!(Unit::Seconds.value(1800.0), "30 min");
        assert_eq!(Unit::PerSecond.value(12_345.6), "12,346/s");
    }

    #[test]
    fn bytes_have_prefixes() {
        let egress = between(3_790_821.0, 3_715_424.0, 3_866_218.0);
        assert_eq!(unit_of("egress_bytes_per_s").estimate(&egress), "3.79 ± 0.08 MB/s");
        assert_eq!(unit_of("bytes").value(12_345.0), "12.3 kB");
        assert_eq!(Unit::Bytes.value(999.0), "999 B");
        assert_eq!(Unit::Bytes.value(2e16), "20,000 TB");
    }

    #[test]
    fn intervals_that_say_nothing_are_left_out() {
        let narrow = between(0.740_740_7, 0.740_740_6, 0.740_740_8);
        assert_eq!(Unit::PerSecond.estimate(&narrow), "0.741/s");
        assert_eq!(Unit::PerSecond.half_width(&narrow), None);
        assert_eq!(Unit::Plain.estimate(&between(31.9, 31.9, 31.91)), "31.9");
        let bounded = between(1.0, 1.0 - 3.0 / 123_442.0, 1.0);
        assert_eq!(Unit::Share.estimate(&bounded), "100 % (at least 99.9975 %)");
        let bound = Estimate { at_least: true, ..between(30_000.0, 29_000.0, 31_000.0) };
        assert_eq!(Unit::Milliseconds.half_width(&bound), None);
        assert_eq!(Unit::Milliseconds.estimate(&bound), "≥ 30 s");
    }

    #[test]
    fn digits_near_one_are_those_of_what_is_missing() {
        assert_eq!(Unit::Share.value(0.999_712), "99.971 %");
        assert_eq!(unit_of("failed_share_rejected").value(0.658), "65.8 %");
        assert_eq!(Unit::Share.value(0.999_995_2), "99.99952 %");
        assert_eq!(Unit::Share.value(0.712), "71.2 %");
        assert_eq!(Unit::Share.value(1.0), "100 %");
        assert_eq!(Unit::Share.value(0.001), "0.100 %");
    }

    #[test]
    fn intervals_are_even_or_skewed() {
        assert_eq!(Unit::Milliseconds.estimate(&between(212.0, 204.0, 220.0)), "212 ± 8 ms");
        let skewed = between(212.0, 210.0, 260.0);
        assert_eq!(Unit::Milliseconds.estimate(&skewed), "212 ms (210 to 260)");
        let narrow = between(212.34, 212.31, 212.37);
        assert_eq!(Unit::Milliseconds.estimate(&narrow), "212.34 ± 0.03 ms");
    }

    #[test]
    fn absent_and_unbounded_say_so() {
        assert_eq!(Unit::Plain.estimate(&Estimate::absent("too short")), "–");
        let bound = Estimate { at_least: true, ..Estimate::point(30_000.0, "") };
        assert_eq!(Unit::Milliseconds.estimate(&bound), "≥ 30 s");
    }

    #[test]
    fn differences_are_signed() {
        let difference = between(-12.0, -14.5, -9.5);
        assert_eq!(Unit::Milliseconds.difference(&difference), "−12.0 ms (−14.5 to −9.5)");
        assert_eq!(Unit::Share.difference(&between(0.01, -0.01, 0.03)), "+1 pp (−1 to +3)");
    }

    #[test]
    fn stable_numbers_have_nine_digits() {
        assert_eq!(stable(0.1 + 0.2), 0.3);
        assert_eq!(stable(123_456_789.49).to_string(), "123456789");
        assert!(stable(-0.0).is_sign_positive());
        assert_eq!(field(-1.0 / 3.0), "-0.333333333");
        assert_eq!(field(5.551_115_123e-17), "5.55111512e-17");
    }
}
