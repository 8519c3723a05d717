//! Tables that fit their lines: names are cut where they must be, but never two
//! of them to the same text.

use super::style::Style;
use crate::report::text;

/// Between two columns.
const GAP: usize = 2;
/// No column is cut further.
const LEAST: usize = 8;

/// A table whose `flexible` columns give way, in this order, until it fits.
pub(super) fn fitted(
    style: &Style,
    headings: &[&str],
    mut rows: Vec<Vec<String>>,
    flexible: &[usize],
) -> String {
    for &column in flexible {
        let width = room(style, headings, &rows, column);
        let texts: Vec<String> = rows.iter().map(|row| row[column].clone()).collect();
        let cut = told_apart(&texts, width.max(length(headings[column])));
        rows.iter_mut().zip(cut).for_each(|(row, text)| row[column] = text);
    }
    style.table(headings, &rows)
}

/// What the other columns leave for one.
pub(super) fn room(style: &Style, headings: &[&str], rows: &[Vec<String>], column: usize) -> usize {
    let others = (0..headings.len()).filter(|&other| other != column);
    let widest = |column: usize| {
        let cells = rows.iter().map(|row| length(&row[column]));
        cells.fold(length(headings[column]), usize::max)
    };
    let taken: usize = others.map(|other| widest(other) + GAP).sum();
    style.width.saturating_sub(taken).max(LEAST)
}

/// Whether a table is no wider than its lines.
pub(super) fn fits(style: &Style, table: &str) -> bool {
    table.lines().all(|line| length(line) <= style.width)
}

/// Texts of at most `width` characters; what differs still does: it is looked
/// for at both ends, behind what all have in common, and at either end alone.
pub(super) fn told_apart(texts: &[String], width: usize) -> Vec<String> {
    let common = common_start(texts);
    let rest = |text: &String| {
        let rest: String = text.chars().skip(common).collect();
        text::shortened(&format!("…{rest}"), width)
    };
    let tail = |text: &String| {
        let text = text::plain(text);
        let left_out = (length(&text) + 1).saturating_sub(width.max(1));
        let rest: String = text.chars().skip(left_out).collect();
        if length(&text) <= width { text } else { format!("…{rest}") }
    };
    let ways: [&dyn Fn(&String) -> String; 3] =
        [&|text| text::shortened(text, width), &rest, &tail];
    for way in ways {
        let cut: Vec<String> = texts.iter().map(way).collect();
        if different(&cut) >= different(texts) {
            return cut;
        }
    }
    // What differs is nowhere near: their numbers tell them apart.
    let numbered = texts.iter().enumerate().map(|(place, text)| {
        let number = format!(" #{}", place + 1);
        let name = text::shortened(text, width.saturating_sub(number.len()).max(1));
        format!("{name}{number}")
    });
    numbered.collect()
}

fn different(texts: &[String]) -> usize {
    texts.iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// Characters at the start of all of them, whole words.
fn common_start(texts: &[String]) -> usize {
    let Some(first) = texts.first() else { return 0 };
    let same = |text: &String| first.chars().zip(text.chars()).take_while(|(a, b)| a == b).count();
    let common = texts.iter().map(same).min().unwrap_or(0);
    let words = first.chars().take(common).collect::<String>();
    words.rfind(' ').map_or(0, |end| words[..=end].chars().count())
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    //! Goal: no two names are cut to one, and tables fit. Method: names that
    //! differ at an end, in the middle, and nowhere near either.
    use super::*;
    use std::collections::BTreeSet;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn what_differs_is_shown() {
        let long = "a rather long beginning of a name";
        for all in [
            names(&["web 3 × c4, main on r8", "web 4 × c4, main on r8"]),
            names(&[&format!("{long} 1 and {long}"), &format!("{long} 2 and {long}")]),
            names(&[&format!("{long}1{long}"), &format!("{long}2{long}")]),
        ] {
            for width in [8, 16, 20] {
                let cut = told_apart(&all, width);
                assert!(cut.iter().all(|text| length(text) <= width), "{cut:?}");
                assert_eq!(cut.iter().collect::<BTreeSet<_>>().len(), all.len(), "{cut:?}");
            }
        }
        let same = names(&["one and the same name", "one and the same name"]);
        assert_eq!(told_apart(&same, 9), ["one …name", "one …name"]);
    }

    #[test]
    fn tables_give_way_where_they_may() {
        let style = Style { color: false, width: 40, next: None };
        let row = |name: &str| names(&[name, "123,456", "services.frontend.cpu"]);
        let rows = vec![row("a name of some length, 1"), row("a name of some length, 2")];
        let table = fitted(&style, &["Name", "figure", "station"], rows, &[2, 0]);
        assert!(fits(&style, &table), "{table}");
        assert!(
            table.contains("123,456") && table.contains('1') && table.contains("h, 2"),
            "{table}"
        );
    }
}
