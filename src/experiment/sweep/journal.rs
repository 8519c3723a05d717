//! `journal.jsonl`: the finished cells, one line each, in any order.

use super::definition::Definition;
use super::line::CellResult;
use std::collections::BTreeMap;
use std::fmt;

/// What a journal holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// The line of each finished cell, without its end.
    lines: BTreeMap<u32, String>,
    /// Bytes of whole lines.
    whole: usize,
    /// Bytes behind them: a line that was being written when the power failed.
    torn: usize,
}

/// A line that is none of this sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFault {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for JournalFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.why)
    }
}

impl Journal {
    /// Takes a line up that was just written.
    pub fn add(&mut self, cell: u32, line: String) {
        self.whole += line.len() + 1;
        self.lines.insert(cell, line);
    }

    /// Whether a cell is finished.
    pub fn holds(&self, cell: u32) -> bool {
        self.lines.contains_key(&cell)
    }

    /// The line of a cell.
    pub fn line(&self, cell: u32) -> Option<&str> {
        self.lines.get(&cell).map(String::as_str)
    }

    /// Number of finished cells.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether no cell is finished.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Bytes of whole lines, from the start of the file.
    pub fn whole_bytes(&self) -> usize {
        self.whole
    }

    /// Bytes of a torn line behind them.
    pub fn torn_bytes(&self) -> usize {
        self.torn
    }

    /// The finished cells by number. Every line was read before.
    pub fn results(&self) -> Vec<CellResult> {
        self.lines.values().filter_map(|line| CellResult::from_line(line).ok()).collect()
    }

    /// The same lines by number: the bytes in which a finished journal is left.
    pub fn sorted_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.whole);
        for line in self.lines.values() {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }
}

/// Reads the journal of a sweep. A last line that is not whole was being
/// written when its writer ended: it does not count.
///
/// # Errors
/// Every line that is damaged or belongs to another sweep.
pub fn read_journal(bytes: &[u8], definition: &Definition) -> Result<Journal, Vec<JournalFault>> {
    let mut journal = Journal::default();
    let mut faults = Vec::new();
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((place, line)) = lines.next() {
        let is_last = lines.peek().is_none();
        match whole_line(line) {
            Some((text, result)) => match belongs(&result, definition, &journal, text) {
                Ok(()) => journal.add(result.cell.cell, text.to_owned()),
                Err(why) => faults.push(JournalFault { line: place + 1, why }),
            },
            None if is_last => journal.torn = line.len(),
            None => faults.push(JournalFault {
                line: place + 1,
                why: "its checksum is not that of its content".to_owned(),
            }),
        }
    }
    if faults.is_empty() { Ok(journal) } else { Err(faults) }
}

/// A line with its end, as text and as what it says.
fn whole_line(line: &[u8]) -> Option<(&str, CellResult)> {
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    Some((text, CellResult::from_line(text).ok()?))
}

fn belongs(
    result: &CellResult,
    definition: &Definition,
    journal: &Journal,
    text: &str,
) -> Result<(), String> {
    let number = result.cell.cell;
    if definition.cell(number) != Some(&result.cell) {
        return Err(format!("it holds cell {number} of another sweep"));
    }
    match journal.line(number) {
        Some(other) if other == text => Err(format!("cell {number} comes twice")),
        Some(_) => Err(format!("cell {number} comes twice, and differs")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    //! Goal: a journal that ends anywhere is read up to its last whole line,
    //! and damage elsewhere is found. Method: three lines, cut and changed at
    //! every byte.

    use super::super::definition::{DefinedScenario, Design, Keys};
    use super::super::line::tests::{cell, result};
    use super::*;
    use crate::experiment::summary::Verdict;

    fn sweep() -> (Definition, Vec<u8>) {
        let scenario = DefinedScenario { title: String::new(), hash: String::new() };
        let axes = vec![Keys { key: "a".to_owned(), values: Vec::new() }];
        let cells: Vec<_> = (1..=3).map(|number| cell(number, &["x"])).collect();
        let line = |number: usize| {
            let result = result(cells[number - 1].clone(), Some(2.0), 1.0, Verdict::Met);
            result.to_line() + "\n"
        };
        let bytes = [3, 1, 2].map(line).concat().into_bytes();
        (Definition::new(scenario, 1, (Design::Grid, axes), cells), bytes)
    }

    #[test]
    fn a_journal_cut_anywhere_keeps_its_whole_lines() {
        let (definition, bytes) = sweep();
        for cut in 0..=bytes.len() {
            let journal = read_journal(&bytes[..cut], &definition).expect("no fault");
            let ends = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(journal.len(), ends);
            assert_eq!(journal.whole_bytes() + journal.torn_bytes(), cut);
        }
        let journal = read_journal(&bytes, &definition).expect("no fault");
        assert_eq!(
            journal.results().iter().map(|one| one.cell.cell).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!(journal.sorted_bytes().len(), bytes.len());
    }

    #[test]
    fn damage_is_named_by_its_line() {
        let (definition, bytes) = sweep();
        let last = bytes.split_inclusive(|byte| *byte == b'\n').next_back().map_or(0, <[u8]>::len);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] = b'\0';
            let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            match read_journal(&damaged, &definition) {
                Err(faults) => assert_eq!(faults[0].line, line),
                Ok(journal) => {
                    // Within the last line, or the end that ties it to the one before.
                    assert!(at >= bytes.len() - last - 1, "byte {at}");
                    assert!(journal.len() < 3);
                }
            }
        }
    }

    #[test]
    fn lines_of_other_sweeps_and_doubles_are_refused() {
        let (definition, bytes) = sweep();
        let mut other = definition.clone();
        other.cells[0].scenario = "another".to_owned();
        let faults = read_journal(&bytes, &other).expect_err("another sweep");
        assert_eq!(faults[0].to_string(), "line 2: it holds cell 1 of another sweep");
        let faults = read_journal(&bytes.repeat(2), &definition).expect_err("twice");
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [4, 5, 6]);
    }
}
