//! The growth staircase as a table.

use super::style::{Style, Tone, sign};
use crate::experiment::capacity::{Capacity, Growth, Stage};
use crate::experiment::summary::Verdict;
use crate::report::capacity::{HOURS_PER_MONTH, load, named, spoken};
use crate::report::growth::{sentence, split};
use crate::report::number::{self, NOTHING};
use crate::report::text;

/// Names of stages and stations are cut to so many characters in the table.
const LONGEST_NAME: usize = 18;
const LONGEST_STATION: usize = 20;

/// The marks of a path, for a person.
pub fn growth(growth: &Growth, style: &Style) -> String {
    let mut blocks = vec![style.paint(Tone::Strong, &style.wrapped(&sentence(growth), 0))];
    let rows: Vec<_> = growth.stages.iter().map(row).collect();
    let heading = ["Stage", "today", "mark", "", "gives way", "on", "a month"];
    blocks.push(style.table(&heading, &rows));
    blocks.extend(reasons(growth, style));
    if growth.stages.iter().flat_map(|stage| &stage.outcome).any(|own| own.without_events) {
        let words = "In steady operation: scripted failures ([events]) are left out, since a mark \
                     through a failure says more of the failure than of the size. Each stage is \
                     held to its own [slo].";
        blocks.push(style.wrapped(words, 0));
    }
    if let Some(next) = &style.next {
        blocks.push(format!("{:<12}{}", "Next", style.paint(Tone::Strong, &text::plain(next))));
    }
    blocks.join("\n\n") + "\n"
}

fn row(stage: &Stage) -> Vec<String> {
    let (number, name) = split(&stage.name);
    let name = format!("{number:>2} {}", text::shortened(&name, LONGEST_NAME));
    match &stage.outcome {
        Ok(capacity) => marked(name, capacity),
        Err(_) => {
            let mut row = vec![name];
            row.extend([NOTHING; 6].map(str::to_owned));
            row
        }
    }
}

fn marked(name: String, capacity: &Capacity) -> Vec<String> {
    let first = capacity.gives_way.as_ref();
    let station = first.map(|first| named(&first.station, first.role.as_deref()));
    let month = capacity.cost_per_hour.map(|cost| (cost * HOURS_PER_MONTH).round() as u64);
    let width = capacity.high.filter(|_| capacity.low > 0.0).map(|high| {
        let half = 50.0 * (high - capacity.low) / capacity.value;
        format!("± {half:.1} %")
    });
    vec![
        name,
        load(capacity.unit, capacity.today),
        format!("{} {}", sign(capacity.today_verdict), load(capacity.unit, capacity.value)),
        width.unwrap_or_default(),
        text::shortened(&station.unwrap_or_else(|| NOTHING.to_owned()), LONGEST_STATION),
        capacity.binding.as_ref().map_or_else(|| NOTHING.to_owned(), |term| spoken(&term.term)),
        month.map_or_else(|| NOTHING.to_owned(), number::count),
    ]
}

/// Why stages have no mark, or one that is too wide.
fn reasons(growth: &Growth, style: &Style) -> Option<String> {
    let without = growth.stages.iter().filter_map(|stage| {
        let reason = stage.outcome.as_ref().err()?;
        let words = format!("! {}: {}", stage.name, text::sentence(reason));
        Some(style.paint(Tone::Unsure, &style.wrapped(&words, 2)))
    });
    let open = growth.stages.iter().filter_map(|stage| {
        let capacity = stage.outcome.as_ref().ok()?;
        let undecided = capacity.today_verdict == Verdict::Undecided;
        let words = format!("? {}: today's users are too close to the mark to tell", stage.name);
        undecided.then(|| style.paint(Tone::Unsure, &style.wrapped(&words, 2)))
    });
    let lines: Vec<String> = without.chain(open).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
