//! A key of the scenario and the values that it takes: a list, or a range.

use super::quantity::{self, Quantity};
use crate::kernel::math;

/// Most values of one key; more are a slip of the keyboard.
const MOST_VALUES: u64 = 1_000_000;

/// A key and the values that it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Dotted, as `--set` takes it.
    pub key: String,
    span: Span,
}

#[derive(Clone, Debug, PartialEq)]
enum Span {
    /// One after the other, as TOML.
    Values(Vec<String>),
    /// Every whole number for a grid, anywhere for a sample.
    Between(Range),
}

/// From one quantity to another of the same unit, both included.
#[derive(Clone, Debug, PartialEq)]
struct Range {
    low: f64,
    high: f64,
    /// Both ends are whole numbers, and so is all between them.
    whole: bool,
    unit: String,
    /// A sample is even in the logarithm.
    logarithmic: bool,
}

impl Axis {
    /// Reads `KEY=V1,V2,…` or `KEY=LOW..HIGH`, the range with `:STEP`,
    /// `:lin:COUNT`, `:log:COUNT` or `:log` behind it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, values) = text.split_once('=').ok_or(
            "there is no `=`; write KEY=VALUE,VALUE or KEY=LOW..HIGH, \
             such as services.web.instances=2..8",
        )?;
        let (key, values) = (key.trim(), values.trim());
        if key.is_empty() {
            return Err("there is no key before the `=`".to_owned());
        }
        let span = match ends(values) {
            Some((low, high, rest)) => range(&low, &high, rest)?,
            None => Span::Values(listed(values)?),
        };
        if let Span::Values(values) = &span
            && let Some(twice) = repeated(values)
        {
            return Err(format!("{key} takes the value {twice} twice"));
        }
        Ok(Self { key: key.to_owned(), span })
    }

    /// The values of a grid along this key, in order, as TOML.
    ///
    /// # Errors
    /// Where a range does not say how many there are.
    pub fn values(&self) -> Result<Vec<String>, String> {
        let range = match &self.span {
            Span::Values(values) => return Ok(values.clone()),
            Span::Between(range) => range,
        };
        if !range.whole || range.logarithmic {
            let ends = format!("{}..{}", range.name(range.low), range.name(range.high));
            return Err(format!(
                "{}={ends} does not say how many values a grid has along it; write \
                 {ends}:lin:5, {ends}:log:5 or {ends}:STEP, or draw from it with --samples",
                self.key
            ));
        }
        let Span::Values(values) = range.stepped(1.0)? else { return Ok(Vec::new()) };
        Ok(values)
    }

    /// The value below which a share `u` (0 ≤ u < 1) of the axis lies.
    pub(super) fn quantile(&self, u: f64) -> String {
        match &self.span {
            Span::Values(values) => {
                let place = (u * values.len() as f64) as usize;
                values[place.min(values.len() - 1)].clone()
            }
            Span::Between(range) => range.quantile(u),
        }
    }
}

impl Range {
    fn name(&self, value: f64) -> String {
        quantity::text(value, self.whole, &self.unit)
    }

    fn quantile(&self, u: f64) -> String {
        // Whole numbers have equal shares of a range that is one longer.
        let end = if self.whole { self.high + 1.0 } else { self.high };
        let value = between(self.low, end, u, self.logarithmic);
        let value = if self.whole { value.floor() } else { value };
        self.name(value.clamp(self.low, self.high))
    }

    /// Values this far apart, from the low end.
    fn stepped(&self, step: f64) -> Result<Span, String> {
        // Room for the rounding of a quotient such as 0.3 ÷ 0.1.
        let last = ((self.high - self.low) / step + 1e-9).floor();
        if last >= MOST_VALUES as f64 {
            return Err(format!("{} values are more than {MOST_VALUES}", last + 1.0));
        }
        let nth = |place: u64| self.name(self.low + step * place as f64);
        Ok(Span::Values((0..=last as u64).map(nth).collect()))
    }

    /// So many values, evenly.
    fn spaced(&self, count: u64, logarithmic: bool) -> Result<Span, String> {
        if !(2..=MOST_VALUES).contains(&count) {
            return Err(format!("a range has 2 to {MOST_VALUES} values, not {count}"));
        }
        let nth = |place: u64| {
            let share = place as f64 / (count - 1) as f64;
            let value = between(self.low, self.high, share, logarithmic);
            self.name(if self.whole { value.round() } else { value })
        };
        let values: Vec<String> = (0..count).map(nth).collect();
        if repeated(&values).is_some() {
            let ends = format!("{} and {}", self.name(self.low), self.name(self.high));
            return Err(format!("{count} different values do not fit between {ends}"));
        }
        Ok(Span::Values(values))
    }
}

/// The place at a share of the way from `low` to `high`; the ends exactly.
fn between(low: f64, high: f64, share: f64, logarithmic: bool) -> f64 {
    if share <= 0.0 {
        return low;
    }
    if share >= 1.0 {
        return high;
    }
    if logarithmic {
        return low * math::exp(share * math::ln(high / low));
    }
    low + share * (high - low)
}

/// The ends of a range and what follows them, where a text is one.
fn ends(text: &str) -> Option<(Quantity, Quantity, &str)> {
    let (low, rest) = text.split_once("..")?;
    let (high, rest) = match rest.find(':') {
        Some(colon) => rest.split_at(colon),
        None => (rest, ""),
    };
    Some((quantity::parse(low)?, quantity::parse(high)?, rest))
}

fn range(low: &Quantity, high: &Quantity, rest: &str) -> Result<Span, String> {
    // `10..80 ms` means what it says.
    let unit = if low.unit.is_empty() { &high.unit } else { &low.unit };
    if *unit != high.unit {
        return Err(format!(
            "both ends of a range have the same unit, not {} and {}",
            low.unit, high.unit
        ));
    }
    if low.value >= high.value {
        return Err("the low end of a range is below its high end".to_owned());
    }
    let logarithmic = rest == ":log" || rest.starts_with(":log:");
    if logarithmic && low.value <= 0.0 {
        return Err("a logarithmic range begins above 0".to_owned());
    }
    let whole = low.whole && high.whole && unit.is_empty();
    let range = Range { low: low.value, high: high.value, whole, unit: unit.clone(), logarithmic };
    let count =
        |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is no number of values"));
    match rest.strip_prefix(':') {
        None | Some("log") => Ok(Span::Between(range)),
        Some(rest) => match rest.split_once(':') {
            Some(("log", number)) => range.spaced(count(number)?, true),
            Some(("lin", number)) => range.spaced(count(number)?, false),
            _ => stepped(range, rest),
        },
    }
}

fn stepped(range: Range, text: &str) -> Result<Span, String> {
    let step = quantity::parse(text).ok_or_else(|| {
        format!("`{text}` is no step; behind a range stands :STEP, :lin:COUNT, :log:COUNT or :log")
    })?;
    if !step.unit.is_empty() && step.unit != range.unit {
        return Err("the step has the unit of the range, or none".to_owned());
    }
    if step.value <= 0.0 {
        return Err("the step is above 0".to_owned());
    }
    let whole = range.whole && step.whole;
    Range { whole, ..range }.stepped(step.value)
}

/// Splits at commas outside quotes and brackets.
fn listed(text: &str) -> Result<Vec<String>, String> {
    let mut values = vec![String::new()];
    let (mut depth, mut quote) = (0_u32, None);
    for character in text.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(value) = values.last_mut() {
            value.push(character);
        }
    }
    let values: Vec<String> = values.iter().map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err("one of the values is empty".to_owned());
    }
    Ok(values)
}

/// A value that comes more than once.
fn repeated(values: &[String]) -> Option<&String> {
    let mut sorted: Vec<&String> = values.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

#[cfg(test)]
mod tests {
    //! Goal: an axis has the values that its text says, and nothing else is
    //! taken for one. Method: examples, and a property over counts.

    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<String> {
        Axis::parse(text).and_then(|axis| axis.values()).expect(text)
    }

    fn refusal(text: &str) -> String {
        Axis::parse(text).and_then(|axis| axis.values()).expect_err(text)
    }

    #[test]
    fn lists_are_split_outside_quotes_and_brackets() {
        assert_eq!(values("a.b=1, 2,x y"), ["1", "2", "x y"]);
        assert_eq!(values(r#"a="x,y",'z'"#), [r#""x,y""#, "'z'"]);
        assert_eq!(values("a=[1,2],{ b = 3, c = 4 }"), ["[1,2]", "{ b = 3, c = 4 }"]);
        assert_eq!(values("a=../x.csv,b..c"), ["../x.csv", "b..c"]);
    }

    #[test]
    fn ranges_hold_both_ends() {
        assert_eq!(values("a=2..5"), ["2", "3", "4", "5"]);
        assert_eq!(values("a=2..9:3"), ["2", "5", "8"]);
        assert_eq!(values("a=0.1..0.4:0.1"), ["0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(values("a=1..10_000:log:5"), ["1", "10", "100", "1000", "10000"]);
        assert_eq!(values("a=0..1.0:lin:5"), ["0.0", "0.25", "0.5", "0.75", "1.0"]);
        assert_eq!(values("a=10 ms..40 ms:log:3"), ["10 ms", "20 ms", "40 ms"]);
        assert_eq!(values("a=10..40ms:15"), ["10 ms", "25 ms", "40 ms"]);
        assert_eq!(values("a=-3..-1"), ["-3", "-2", "-1"]);
    }

    #[test]
    fn what_means_nothing_is_refused_in_words() {
        for (text, word) in [
            ("a", "no `=`"),
            ("=1", "no key"),
            ("a=", "empty"),
            ("a=1,,2", "empty"),
            ("a=1,2,1", "twice"),
            ("a=5..2", "below"),
            ("a=2..2", "below"),
            ("a=0.1..0.9", "lin:5"),
            ("a=0..9:log:3", "above 0"),
            ("a=1..9:0", "above 0"),
            ("a=1..9:-1", "above 0"),
            ("a=1..9:log:x", "number of values"),
            ("a=1..9:cubic:3", "no step"),
            ("a=1..3:log:9", "do not fit"),
            ("a=1..9:log:1", "2 to"),
            ("a=1 ms..9 s:lin:3", "same unit"),
            ("a=1..1000000000", "more than"),
            ("a=1..9:0.0000001", "more than"),
        ] {
            assert!(refusal(text).contains(word), "{text}: {}", refusal(text));
        }
    }

    proptest! {
        #[test]
        fn counted_ranges_rise_from_end_to_end(
            low in 0.001_f64..1000.0,
            factor in 1.5_f64..1000.0,
            count in 2_u64..40,
            logarithmic in any::<bool>(),
        ) {
            let kind = if logarithmic { "log" } else { "lin" };
            let (low, high) = (quantity::text(low, false, ""), quantity::text(low * factor, false, ""));
            let all = values(&format!("a={low}..{high}:{kind}:{count}"));
            prop_assert_eq!(all.len() as u64, count);
            prop_assert_eq!((&all[0], &all[all.len() - 1]), (&low, &high));
            let numbers: Vec<f64> = all.iter().map(|value| value.parse().unwrap()).collect();
            prop_assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
