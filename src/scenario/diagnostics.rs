//! Faults of a scenario, each with its place, and how they are shown.

use super::text::printable;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Level, Origin, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// Longest line that is quoted; of longer ones only the place is named.
const LONGEST_QUOTED_LINE: usize = 2_000;

/// Most faults that are recorded: nobody reads more, and each costs a look
/// through its file.
pub(super) const MOST_RECORDED: usize = 100;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The scenario cannot be played.
    Error,
    /// It can, but may not mean what its writer thinks.
    Warning,
}

/// One fault and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Stable code, such as `E101`.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub message: String,
    /// The file, or `--set KEY=VALUE`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How to put it right, where that is known.
    pub help: Option<String>,
    /// The line itself; empty where there is nothing to quote.
    pub(super) quoted: String,
    /// Bytes of that line that are meant.
    pub(super) marked: Range<usize>,
}

impl Diagnostic {
    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(printable(&self.message)).id(self.code);
        let quotable = !self.quoted.is_empty() && self.quoted.len() <= LONGEST_QUOTED_LINE;
        let place: Element<'_> = if quotable {
            let mark = AnnotationKind::Primary.span(self.marked.clone());
            Snippet::source(self.quoted.as_str())
                .line_start(self.line)
                .path(self.file.as_str())
                .annotation(mark)
                .into()
        } else {
            Origin::path(self.file.as_str()).line(self.line).char_column(self.column).into()
        };
        let mut group = title.element(place);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, code, message, .. } = self;
        write!(formatter, "{file}:{line}:{column}: {code}: {}", printable(message))
    }
}

/// All that was found in a scenario, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub(super) fn new(found: Vec<Diagnostic>) -> Self {
        Self(found)
    }

    /// For people: each with its source line, a caret, the reason and the help.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let rendered: Vec<String> = self.0.iter().map(|one| one.render(&renderer)).collect();
        rendered.join("\n\n")
    }

    /// Each by itself, to be shown apart.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        self.0.iter().map(|one| Self(vec![one.clone()]))
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many were found.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
