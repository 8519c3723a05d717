//! One tier up against out, for people.

use super::fit::{fits, fitted};
use super::style::{Style, Tone, sign};
use crate::experiment::scale::{Scaling, Step};
use crate::experiment::summary::{Estimate, Verdict};
use crate::report::number::{self, NOTHING, Unit};
use crate::report::scaling::{HOURS_PER_MONTH, load, sentences};
use crate::report::text;

/// Of the sizes that were not tried so many are named.
const MOST_LEFT_OUT: usize = 6;

/// The answer: the sentences, the two ways, and what was not tried.
pub fn scaling(scaling: &Scaling, style: &Style) -> String {
    let sentences = sentences(scaling);
    let mut lines = sentences.iter().map(|words| style.wrapped(&text::sentence(words), 0));
    let first = lines.next().unwrap_or_default();
    let mut blocks = vec![
        std::iter::once(style.paint(Tone::Strong, &first))
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n"),
    ];
    blocks.push(way(scaling, "Up", &scaling.up, style));
    blocks.push(way(scaling, "Out", &scaling.out, style));
    blocks.extend(gives_way(scaling).map(|words| style.wrapped(&words, 4)));
    blocks.push(style.wrapped(&text::plain(&legend(scaling)), 0));
    let left_out = scaling.left_out.iter().take(MOST_LEFT_OUT).map(|one| {
        style.wrapped(&text::sentence(&format!("Not tried: {}: {}", one.name, one.why)), 4)
    });
    blocks.extend(left_out);
    if let Some(next) = &style.next {
        blocks.push(format!("{:<12}{}", "Next", style.paint(Tone::Strong, &text::plain(next))));
    }
    blocks.join("\n\n") + "\n"
}

/// What the columns mean.
fn legend(scaling: &Scaling) -> String {
    format!(
        "* as it is. Carries: at least so many inside the SLO, and at most so much more (up to). \
         Today: p99 of {}. One dead: the share that is still answered when one instance of {} dies, \
         silently, at the start of the window and stays dead. Machines/month: machines and \
         balancers of the whole design; the costs per million requests include what is paid by \
         use.",
        load(scaling, scaling.today),
        scaling.tier,
    )
}

/// What is busiest at the mark of each step, neighbours that share it put
/// together.
fn gives_way(scaling: &Scaling) -> Option<String> {
    let mut groups: Vec<(&str, &str, &str)> = Vec::new();
    for steps in [&scaling.up, &scaling.out] {
        let first = groups.len();
        for step in steps {
            let Some(station) = &step.capacity.gives_way else { continue };
            match groups[first..].last_mut() {
                Some((_, last, known)) if *known == station.station => *last = &step.name,
                _ => groups.push((&step.name, &step.name, &station.station)),
            }
        }
    }
    let groups: Vec<String> = groups
        .into_iter()
        .map(|(first, last, station)| match first == last {
            true => format!("{first}: {station}"),
            false => format!("{first} to {last}: {station}"),
        })
        .collect();
    (!groups.is_empty()).then(|| text::sentence(&format!("Gives way  {}", groups.join(", "))))
}

fn way(scaling: &Scaling, name: &str, steps: &[Step], style: &Style) -> String {
    let rows: Vec<Vec<String>> = steps.iter().map(row).collect();
    let carries = match scaling.unit {
        crate::experiment::capacity::Unit::Users => "carries",
        crate::experiment::capacity::Unit::RequestsPerS => "carries/s",
    };
    let heading = [name, carries, "up to", "today's p99", "one dead", "machines/month", "/million"];
    let all = style.table(&heading, &rows);
    if fits(style, &all) {
        return all;
    }
    // The files have the costs per million, too.
    let rows = rows.into_iter().map(|row| row[..6].to_vec()).collect();
    fitted(style, &heading[..6], rows, &[0])
}

fn row(step: &Step) -> Vec<String> {
    let mark = &step.capacity;
    let more = mark.high.filter(|_| mark.low > 0.0).map(|high| high / mark.low - 1.0);
    let present = if step.present { " *" } else { "" };
    let per_million = &step.today.per_million_requests;
    vec![
        format!("{}{present}", text::plain(&step.name)),
        number::fixed(mark.value, if mark.value < 100.0 { 1 } else { 0 }),
        more.map_or_else(|| NOTHING.to_owned(), |more| format!("+{:.1} %", 100.0 * more)),
        judged(Some(step.today.verdict), &bare(&step.today.p99_ms), Unit::Milliseconds),
        judged(step.one_dead.verdict, &bare(&step.one_dead.answered), Unit::Share),
        number::fixed(step.machines_per_hour * HOURS_PER_MONTH, 0),
        per_million.value.map_or_else(|| NOTHING.to_owned(), number::money),
    ]
}

/// Without its interval: the files have it, which here would take too much room.
fn bare(estimate: &Estimate) -> Estimate {
    Estimate { low: None, high: None, ..estimate.clone() }
}

/// A figure behind the sign of its verdict.
fn judged(verdict: Option<Verdict>, estimate: &Estimate, unit: Unit) -> String {
    match verdict {
        Some(verdict) => format!("{} {}", sign(verdict), unit.estimate(estimate)),
        None => NOTHING.to_owned(),
    }
}
