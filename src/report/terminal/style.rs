//! How text is laid out and coloured.

use crate::experiment::summary::Verdict;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// How a terminal wants its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// With colours, where they mean something.
    pub color: bool,
    /// Characters to a line.
    pub width: usize,
    /// The next useful command.
    pub next: Option<String>,
}

/// Stands for a space at which no line is broken, until it is laid out.
const UNBROKEN_SPACE: char = '\u{a0}';

/// A text that is kept on one line.
pub(super) fn unbroken(text: &str) -> String {
    text.replace(' ', &UNBROKEN_SPACE.to_string())
}

/// Keeps a number with its unit, its sign and its uncertainty: no line ends
/// within `≥ 90 %` or `212 ± 8 ms`.
fn glued(text: &str) -> String {
    let mut glued = String::with_capacity(text.len());
    let mut before = "";
    for (place, word) in text.split(' ').enumerate() {
        if place > 0 {
            glued.push(if belong_together(before, word) { UNBROKEN_SPACE } else { ' ' });
        }
        glued.push_str(word);
        before = word;
    }
    glued
}

fn belong_together(before: &str, word: &str) -> bool {
    const SIGNS: [&str; 5] = ["≥", "≤", "±", "<", ">"];
    const UNITS: [&str; 18] = [
        "%", "pp", "ns", "µs", "ms", "s", "min", "h", "d", "years", "B", "kB", "MB", "GB", "TB",
        "kB/s", "MB/s", "GB/s",
    ];
    let bare = word.trim_end_matches([',', ';', ':', '.', ')']);
    let after_number = before.ends_with(|last: char| last.is_ascii_digit());
    SIGNS.contains(&before.trim_start_matches('('))
        || (after_number && (bare == "±" || UNITS.contains(&bare)))
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    Unsure,
    Strong,
}

impl Tone {
    pub(super) fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Met => Self::Good,
            Verdict::Missed => Self::Bad,
            Verdict::Undecided => Self::Unsure,
        }
    }
}

/// The sign of a verdict.
pub(super) fn sign(verdict: Verdict) -> char {
    match verdict {
        Verdict::Met => '✓',
        Verdict::Missed => '✗',
        Verdict::Undecided => '?',
    }
}

/// Between two columns of a table.
pub(super) const GAP: usize = 2;

fn wide(text: &str) -> usize {
    text.chars().count()
}

impl Style {
    /// The text in the colour of its meaning.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => 32,
            Tone::Bad => 31,
            Tone::Unsure => 33,
            Tone::Strong => 1,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Lines that fit, broken at spaces; all but the first are indented.
    /// Spaces at the start stay, and [`unbroken`] text is kept on one line.
    pub(super) fn wrapped(&self, text: &str, indent: usize) -> String {
        let words = text.trim_start_matches(' ');
        let mut line = " ".repeat(text.len() - words.len());
        let words = glued(words);
        let mut used = line.len();
        let mut lines = Vec::new();
        for (place, word) in words.split(' ').enumerate() {
            let length = word.chars().count();
            if place > 0 && used + 1 + length > self.width {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
                used = indent;
            } else if place > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
        lines.push(line);
        lines.join("\n").replace(UNBROKEN_SPACE, " ")
    }

    /// What is left of a line beside these columns.
    pub(super) fn room(&self, heading: &[&str], rows: &[Vec<String>]) -> usize {
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|text| wide(text));
            cells.chain(heading.get(column).map(|name| wide(name))).max().unwrap_or(0)
        };
        let taken: usize = (0..heading.len()).map(|column| width(column) + GAP).sum();
        // Behind the last column stands nothing.
        self.width.saturating_sub(taken.saturating_sub(GAP))
    }

    /// A table without frames: the first column to the left, all others to the right.
    pub(super) fn table(&self, heading: &[&str], rows: &[Vec<String>]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(cells(heading.iter().map(|name| (*name).to_owned())));
        for row in rows {
            table.add_row(cells(row.iter().cloned()));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, GAP as u16));
        }
        let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

fn cells(texts: impl Iterator<Item = String>) -> Vec<Cell> {
    let aligned = texts.enumerate().map(|(column, text)| {
        let alignment = if column == 0 { CellAlignment::Left } else { CellAlignment::Right };
        Cell::new(text).set_alignment(alignment)
    });
    aligned.collect()
}

#[cfg(test)]
mod tests {
    //! Goal: no line breaks between a number and what belongs to it. Method:
    //! texts at widths at which a break at any space would fall there.
    use super::*;

    #[test]
    fn a_number_stays_with_its_unit_and_its_sign() {
        let style = |width| Style { color: false, width, next: None };
        assert_eq!(style(8).wrapped("at p99 ≥ 90 %, so", 2), "at p99\n  ≥ 90 %,\n  so");
        assert_eq!(style(12).wrapped("within 212 ± 8 ms.", 0), "within\n212 ± 8 ms.");
        assert_eq!(style(8).wrapped("a 12 failed", 0), "a 12\nfailed");
    }
}
