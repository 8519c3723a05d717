//! Quantities: a number and its unit.

/// Units by name, each with its worth in the base unit.
pub(super) type Units = &'static [(&'static str, f64)];

/// Time, in nanoseconds.
pub(super) const TIME: Units = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
];

/// Sizes, in bytes: k, M, G and T are powers of 1000, Ki, Mi and Gi of 1024.
pub(super) const SIZE: Units = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// Rates, per second.
pub(super) const RATE: Units =
    &[("/s", 1.0), ("/min", 1.0 / 60.0), ("/h", 1.0 / 3600.0), ("/d", 1.0 / 86_400.0)];

/// Widths of a line, in bytes per second.
pub(super) const BANDWIDTH: Units = &[
    ("bit/s", 0.125),
    ("kbit/s", 125.0),
    ("Mbit/s", 125e3),
    ("Gbit/s", 125e6),
    ("B/s", 1.0),
    ("kB/s", 1e3),
    ("KB/s", 1e3),
    ("MB/s", 1e6),
    ("GB/s", 1e9),
    ("KiB/s", 1024.0),
    ("MiB/s", 1_048_576.0),
    ("GiB/s", 1_073_741_824.0),
];

/// Money per hour.
pub(super) const PER_HOUR: Units = &[("/h", 1.0), ("/d", 1.0 / 24.0)];
/// Money per 10^9 bytes.
pub(super) const PER_GB: Units = &[("/GB", 1.0), ("/TB", 1e-3)];
/// Money per million.
pub(super) const PER_MILLION: Units = &[("/million", 1.0)];

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not begin with a number.
    NoNumber,
    /// Nothing stands behind the number.
    NoUnit,
    /// The unit is none of these.
    OtherUnit(String),
}

/// Parses a number and a unit into the base unit.
pub(super) fn parse(text: &str, units: Units) -> Result<f64, Fault> {
    let text = text.trim();
    let (digits, unit) = text.split_at(number_end(text));
    let number: f64 = digits.replace('_', "").parse().map_err(|_| Fault::NoNumber)?;
    let unit = unit.trim();
    if unit.is_empty() {
        return Err(Fault::NoUnit);
    }
    let found = units.iter().find(|(name, _)| *name == unit);
    let (_, worth) = found.ok_or_else(|| Fault::OtherUnit(unit.to_owned()))?;
    // Division is exact where the reciprocal is not: 60/min is 1/s.
    Ok(if *worth < 1.0 { number / (1.0 / worth) } else { number * worth })
}

/// Names of units, for people.
pub(super) fn names(units: Units) -> String {
    let names: Vec<&str> =
        units.iter().map(|(name, _)| *name).filter(|name| *name != "µs").collect();
    names.join(", ")
}

/// Where the number at the start of a text ends.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let exponent = matches!(byte, b'e' | b'E')
            && at > 0
            && (digit(at + 1) || (matches!(bytes.get(at + 1), Some(b'+' | b'-')) && digit(at + 2)));
        let sign = matches!(byte, b'+' | b'-') && (at == 0 || matches!(bytes[at - 1], b'e' | b'E'));
        if !(byte.is_ascii_digit() || byte == b'.' || byte == b'_' || exponent || sign) {
            break;
        }
        at += 1;
    }
    at
}
