//! The growth staircase as a table.

use super::fit::fitted;
use super::style::{Style, Tone, sign};
use crate::experiment::capacity::{Capacity, Ended, Growth, Probe, Stage};
use crate::experiment::summary::Verdict;
use crate::report::capacity::{HOURS_PER_MONTH, load, spoken};
use crate::report::growth::{sentence, split};
use crate::report::number::{self, NOTHING, Unit};
use crate::report::text;

/// The marks of a path, for a person.
pub fn growth(growth: &Growth, style: &Style) -> String {
    let mut blocks = vec![style.paint(Tone::Strong, &style.wrapped(&sentence(growth), 0))];
    let rows: Vec<_> = growth.stages.iter().map(row).collect();
    let heading = ["Stage", "today", "mark", "up to", "gives way", "on", "a month"];
    blocks.push(fitted(style, &heading, rows, &[4, 0, 5]));
    let words = "Mark: at least so many are inside the SLO, and at most so much more (up to). A \
                 month: all costs at the mark, what is paid by use included.";
    blocks.push(style.wrapped(words, 0));
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
    let name = format!("{number:>2} {}", text::plain(&name));
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
    // `main.cpu` of `databases.main.cpu`, or `primary cpu`: the files say it all.
    let station = first.map(|first| {
        let mut parts = first.station.splitn(3, '.').skip(1);
        let (name, kind) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        text::plain(&match &first.role {
            Some(role) => format!("{role} {kind}"),
            None if kind.is_empty() => first.station.clone(),
            None => format!("{name}.{kind}"),
        })
    });
    let month = capacity.cost_per_hour.map(|cost| (cost * HOURS_PER_MONTH).round() as u64);
    let width = capacity.high.filter(|_| capacity.low > 0.0).map(|high| {
        let more = 100.0 * (high - capacity.low) / capacity.low;
        format!("+{more:.1} %")
    });
    vec![
        name,
        load(capacity.unit, capacity.today),
        format!("{} {}", sign(capacity.today_verdict), load(capacity.unit, capacity.value)),
        width.unwrap_or_default(),
        station.unwrap_or_else(|| NOTHING.to_owned()),
        capacity.binding.as_ref().map_or_else(|| NOTHING.to_owned(), |term| spoken(&term.term)),
        month.map_or_else(|| NOTHING.to_owned(), number::count),
    ]
}

/// Why a path ends with exit code 3 for a stage that has a mark.
fn undecided(capacity: &Capacity) -> Option<String> {
    let asked = Unit::Share.given(capacity.tolerance);
    let open = |probe: &&Probe| probe.simulated && probe.verdict == Verdict::Undecided;
    let why = capacity.probes.iter().filter(open).find_map(|one| one.undecided_because.as_ref());
    let more = why.map_or_else(|| "more --replications decide".to_owned(), |why| text::plain(why));
    let what = match (capacity.ended, capacity.today_verdict) {
        (_, Verdict::Undecided) => "today's users are too close to the mark to tell".to_owned(),
        (Ended::Undecided, _) => {
            format!("its mark is known less closely than the {asked} asked for")
        }
        (Ended::Probes, _) => format!("all probes were used before the {asked} asked for"),
        (Ended::Nothing, _) if capacity.probes.iter().any(|probe| open(&probe)) => {
            "not even its smallest load is certain".to_owned()
        }
        _ => return None,
    };
    Some(format!("{what} (exit code 3); {more}"))
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
        let words = format!("? {}: {}", stage.name, undecided(capacity)?);
        Some(style.paint(Tone::Unsure, &style.wrapped(&words, 2)))
    });
    let lines: Vec<String> = without.chain(open).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
