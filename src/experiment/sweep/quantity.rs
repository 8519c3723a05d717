//! Values of keys as numbers, with their unit where they have one.

/// Significant digits of a value made from a range: enough for any key, few
/// enough that the last bits of a sum do not show.
const DIGITS: usize = 9;

/// A number and what stands behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// Such as `ms`; empty for a plain number.
    pub unit: String,
    /// Written without a point or an exponent.
    pub whole: bool,
}

/// Reads `10`, `1_000`, `0.5`, `2e3`, `10 ms` or `"10ms"`.
pub fn parse(text: &str) -> Option<Quantity> {
    let text = text.trim();
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text).trim();
    let end = text.find(|c: char| !is_numeric(c)).unwrap_or(text.len());
    // `2e3` is a number, the `e` of `2 each` belongs to its unit.
    let (number, unit) = [end, text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(end)]
        .into_iter()
        .map(|at| text.split_at(at))
        .find(|(number, _)| is_number(number))?;
    let digits = number.trim().replace('_', "");
    let value: f64 = digits.parse().ok()?;
    let whole = digits.parse::<i64>().is_ok();
    value.is_finite().then(|| Quantity { value, unit: unit.trim().to_owned(), whole })
}

fn is_numeric(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '_' | 'e' | 'E' | ' ')
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    let digits = text.trim_start_matches(['+', '-']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && !text.contains(' ')
        && text.replace('_', "").parse::<f64>().is_ok()
}

/// A number as TOML, with its unit behind it.
pub(super) fn text(value: f64, whole: bool, unit: &str) -> String {
    let value = rounded(value);
    match (unit.is_empty(), whole) {
        (true, true) => format!("{value:.0}"),
        // Debug writes the point that makes it a float to TOML.
        (true, false) => format!("{value:?}"),
        (false, _) => format!("{value} {unit}"),
    }
}

/// A figure with nine significant digits: the same bytes wherever its last
/// bits come out differently.
pub(super) fn rounded(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    //! Goal: numbers with and without units are told from other text, and
    //! written so that they are read again. Method: examples.

    use super::*;

    fn parts(text: &str) -> Option<(f64, String, bool)> {
        parse(text).map(|one| (one.value, one.unit, one.whole))
    }

    #[test]
    fn quantities_are_recognised() {
        let of = |value: f64, unit: &str, whole| Some((value, unit.to_owned(), whole));
        assert_eq!(parts("1_000"), of(1000.0, "", true));
        assert_eq!(parts(" -0.5 "), of(-0.5, "", false));
        assert_eq!(parts("2e3"), of(2000.0, "", false));
        assert_eq!(parts("10 ms"), of(10.0, "ms", true));
        assert_eq!(parts("\"1.5GB\""), of(1.5, "GB", false));
        assert_eq!(parts("2 each"), of(2.0, "each", true));
        assert_eq!(parts("80/s"), of(80.0, "/s", true));
        for text in ["", "ms", "../a", "-", "1 2", "true", "[1]", ".5x", "inf", "1e999"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        assert_eq!(text(3.0, true, ""), "3");
        assert_eq!(text(3.0, false, ""), "3.0");
        assert_eq!(text(0.1 + 0.2, false, ""), "0.3");
        assert_eq!(text(1e18, true, ""), "1000000000000000000");
        assert_eq!(text(2.5, false, "ms"), "2.5 ms");
    }
}
