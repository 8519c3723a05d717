//! A report as one HTML file without remote assets: what is in it as values,
//! and the file made of them.
//!
//! A page knows no command and no kind of component. Text is escaped by the
//! type that carries it (`maud`), data by `data::embedded`; the content
//! security policy allows the page's own style and script by their hashes and
//! nothing else.

mod data;
mod document;
mod run;

pub use run::of_run;

use super::ReportError;
use super::chart::{Chart, Colour, Table};
use crate::experiment::summary::Verdict;

/// A report.
#[derive(Clone, Debug)]
pub struct Page {
    /// What was played, for people.
    pub title: String,
    /// The answer in short.
    pub card: Card,
    /// What is shown, in the order in which it is read.
    pub sections: Vec<Section>,
    /// What made it: version, hash, seed.
    pub origin: Vec<(String, String)>,
}

/// The answer in short.
#[derive(Clone, Debug)]
pub struct Card {
    /// Whether it holds; `None` where nothing was to hold.
    pub verdict: Option<Verdict>,
    /// The answer as a sentence.
    pub headline: String,
    /// What it rests on, in sentences.
    pub notes: Vec<String>,
    /// The terms that were to hold.
    pub terms: Vec<Term>,
}

/// One thing that was to hold.
#[derive(Clone, Debug)]
pub struct Term {
    /// Whether it holds.
    pub verdict: Verdict,
    /// What was to hold.
    pub limit: String,
    /// What was measured.
    pub measured: String,
    /// Measured ÷ limit, where both are times or counts: 1 is at the limit.
    pub share: Option<f64>,
}

/// A part of a report under a heading of its own.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name in addresses: letters and `-`.
    pub anchor: &'static str,
    /// Its heading.
    pub heading: &'static str,
    /// What is to be seen, in a sentence.
    pub sentence: String,
    /// What is shown.
    pub parts: Vec<Part>,
}

/// Something shown.
#[derive(Clone, Debug)]
pub enum Part {
    /// A picture; its figures follow as a table.
    Picture(Box<Chart>),
    /// Lines over time whose values can be read off; the chart stands in its
    /// place on paper and where no script runs.
    Course(Box<Course>, Box<Chart>),
    /// A table that stands for itself.
    Table(Table),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// A paragraph.
    Text(String),
}

/// Lines over time.
#[derive(Clone, Debug)]
pub struct Course {
    /// What is measured, with the unit.
    pub label: String,
    /// Logarithmic where the values lie far apart.
    pub logarithmic: bool,
    /// Middle of each bucket, seconds.
    pub times: Vec<f64>,
    /// The lines.
    pub lines: Vec<Line>,
    /// Up to here nothing was measured, seconds.
    pub warmup_s: f64,
    /// Stretches of time with a name, seconds.
    pub bands: Vec<(f64, f64, String)>,
    /// A limit to hold, and its name.
    pub limit: Option<(f64, String)>,
}

/// One line over time.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// A value for each time; `None` interrupts it.
    pub values: Vec<Option<f64>>,
}

impl Page {
    /// The page as the bytes of an HTML file.
    pub fn html(&self) -> Result<Vec<u8>, ReportError> {
        Ok(document::document(self)?.into_string().into_bytes())
    }
}
