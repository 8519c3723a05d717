//! Data within a page, and the hashes by which its policy knows its parts.

use super::Course;
use crate::report::number;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A value as JSON that no HTML parser takes for markup: `<`, `>`, `&` and the
/// two line ends that JSON allows and scripts do not are written as escapes.
pub(super) fn embedded(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text += &format!("\\u{:04x}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text
}

/// What the script draws.
pub(super) fn of_course(course: &Course) -> Value {
    let colour =
        |colour: super::Colour| format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2);
    let lines = course.lines.iter().map(|line| {
        let values: Vec<Value> = line.values.iter().map(|value| shown(*value)).collect();
        json!({ "name": line.name, "colour": colour(line.colour), "values": values })
    });
    let bands = course.bands.iter().map(|(from, to, name)| json!([from, to, name]));
    json!({
        "label": course.label,
        "logarithmic": course.logarithmic,
        "times": course.times.iter().map(|time| shown(Some(*time))).collect::<Vec<_>>(),
        "lines": lines.collect::<Vec<_>>(),
        "warmup": course.warmup_s,
        "bands": bands.collect::<Vec<_>>(),
        "limit": course.limit.as_ref().map(|(value, name)| json!([value, name])),
    })
}

/// A value with the digits that a reader can use: it makes the file smaller.
fn shown(value: Option<f64>) -> Value {
    const DIGITS: usize = 4;
    let Some(value) = value.filter(|value| value.is_finite()) else { return Value::Null };
    let short: f64 = format!("{value:.*e}", DIGITS).parse().unwrap_or(value);
    let short = number::stable(short);
    if short.fract() == 0.0 && short.abs() < 1e15 { json!(short as i64) } else { json!(short) }
}

/// The source expression of a content security policy for an inline text.
pub(super) fn policy_hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    //! Goal: nothing within data ends the element that carries it. Method: the
    //! known ways to try, and the hash of FIPS 180-2 for an empty text.
    use super::*;

    #[test]
    fn data_cannot_become_markup() {
        let hostile = json!({ "name": "</script><script>alert(1)</script>&\u{2028}<!--" });
        let text = embedded(&hostile);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        assert_eq!(policy_hash(""), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
    }
}
