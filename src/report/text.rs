//! Text from files that others wrote, made harmless before it is shown.

/// Replaces characters that a terminal or an XML parser would act on, or that
/// turn the direction of reading: controls, bidirectional marks, non-characters.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

/// At most `width` characters; what is left out of the middle shows as `…`,
/// since both ends of a dotted name tell things apart.
pub fn shortened(text: &str, width: usize) -> String {
    let text = plain(text);
    let length = text.chars().count();
    if length <= width || width == 0 {
        return text;
    }
    let tail = (width - 1) / 2;
    let head = width - 1 - tail;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// A note or sentence at a bearable length.
pub fn sentence(text: &str) -> String {
    shortened(text, 320)
}

/// A text field of a CSV file: a leading character that a spreadsheet takes
/// for the start of a formula is preceded by an apostrophe.
pub fn field(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    //! Goal: no name acts on what shows it. Method: the known ways to try.
    use super::*;

    #[test]
    fn controls_and_direction_marks_are_replaced() {
        assert_eq!(
            plain("a\u{1b}[31mb\u{202e}c\0\n\u{ffff}"),
            "a\u{fffd}[31mb\u{fffd}c\u{fffd}\u{fffd}\u{fffd}"
        );
        assert_eq!(plain("müßig — Ω"), "müßig — Ω");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("services.web.cpu", 16), "services.web.cpu");
        assert_eq!(shortened("services.frontend.cpu", 11), "servi…d.cpu");
        assert_eq!(shortened("services.frontend.cpu", 11).chars().count(), 11);
    }

    #[test]
    fn formulas_are_neutralised() {
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(field(&format!("{start}cmd|' /C calc'!A0")).chars().next(), Some('\''));
        }
        assert_eq!(field("web=1"), "web=1");
    }
}
