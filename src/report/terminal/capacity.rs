//! A high-water mark: the sentence, the loads that were tried, what gives way.

use super::run::labelled;
use super::style::{Style, Tone, sign, unbroken};
use crate::experiment::capacity::{Capacity, Ended, Probe, Unit as LoadUnit};
use crate::experiment::summary::{Estimate, Verdict};
use crate::report::capacity::{
    HOURS_PER_MONTH, in_words, load, named, sentence, spoken, verdict, with_noun,
};
use crate::report::number::{self, NOTHING, Unit};
use crate::report::text;

/// Names of stations are cut to so many characters in the table.
const LONGEST_STATION: usize = 24;
/// With titles and stations of any length it still ends.
const LONGEST_SENTENCE: usize = 1200;

/// The answer of a capacity, for a person.
pub fn capacity(capacity: &Capacity, style: &Style) -> String {
    let words = style.wrapped(&text::shortened(&sentence(capacity), LONGEST_SENTENCE), 0);
    let mut blocks = vec![style.paint(Tone::Strong, &words), today(capacity, style)];
    blocks.push(probes(capacity, style));
    blocks.extend(undecided(capacity, style));
    blocks.push(parts(capacity, style));
    blocks.extend(open(capacity, style));
    if let Some(next) = &style.next {
        blocks.push(format!("{:<12}{}", "Next", style.paint(Tone::Strong, &text::plain(next))));
    }
    blocks.join("\n\n") + "\n"
}

fn today(capacity: &Capacity, style: &Style) -> String {
    let today = with_noun(capacity.unit, capacity.today);
    let words = match capacity.today_verdict {
        Verdict::Met => "are inside the SLO",
        Verdict::Missed => "are above the mark",
        Verdict::Undecided => "lie within the interval of the mark",
    };
    let line = format!("{} today's {today} {words}", sign(capacity.today_verdict));
    style.paint(Tone::of(capacity.today_verdict), &style.wrapped(&line, 2))
}

fn probes(capacity: &Capacity, style: &Style) -> String {
    let time = capacity
        .probes
        .iter()
        .flat_map(|probe| &probe.terms)
        .find(|term| term.unit == "ms")
        .map_or("p99", |term| &term.term);
    let rows: Vec<_> = capacity.probes.iter().map(|probe| row(capacity, probe, time)).collect();
    let unit = match capacity.unit {
        LoadUnit::Users => "Users",
        LoadUnit::RequestsPerS => "Requests",
    };
    style.table(&[unit, &spoken(time), "answered", "SLO", "runs", "busiest", ""], &rows)
}

fn row(capacity: &Capacity, probe: &Probe, time: &str) -> Vec<String> {
    let own = probe.terms.iter().find(|term| term.term == time);
    let bare = |estimate: &Estimate| Estimate { low: None, high: None, ..estimate.clone() };
    let time = own.map_or(&probe.p99_ms, |term| &term.estimate);
    let first = probe.stations.first();
    let word = match probe.simulated {
        true => verdict(probe.verdict).to_owned(),
        false => "excluded".to_owned(),
    };
    let station = match (first, &probe.overload) {
        (Some(first), _) => named(&first.station, first.role.as_deref()),
        (None, Some(words)) => words.split(' ').next().unwrap_or_default().to_owned(),
        (None, None) => NOTHING.to_owned(),
    };
    let busy =
        first.map_or_else(|| Unit::Share.value(1.0), |one| Unit::Share.value(one.utilisation));
    let runs = if probe.simulated { probe.replications.to_string() } else { NOTHING.to_owned() };
    vec![
        load(capacity.unit, probe.load),
        Unit::Milliseconds.estimate(&bare(time)),
        Unit::Share.estimate(&bare(&probe.availability)),
        format!("{} {word}", sign(probe.verdict)),
        runs,
        text::shortened(&station, LONGEST_STATION),
        busy,
    ]
}

/// Why loads are undecided that more replications alone would not decide.
fn undecided(capacity: &Capacity, style: &Style) -> Option<String> {
    let because = |probe: &Probe| probe.undecided_because.clone();
    let open: Vec<&Probe> =
        capacity.probes.iter().filter(|probe| probe.undecided_because.is_some()).collect();
    let loads: Vec<String> = open.iter().map(|probe| load(capacity.unit, probe.load)).collect();
    let why = because(open.first()?)?;
    let words = format!("? undecided at {}: {}", loads.join(", "), text::plain(&why));
    Some(style.paint(Tone::Unsure, &style.wrapped(&words, 2)))
}

/// What gives way, what is next, and what it costs.
fn parts(capacity: &Capacity, style: &Style) -> String {
    let mut lines = Vec::new();
    if let Some(first) = &capacity.gives_way {
        let name = unbroken(&named(&first.station, first.role.as_deref()));
        let term = capacity.binding.as_ref().filter(|term| term.value.is_some());
        let term = term.map_or_else(String::new, |term| match beyond(term) {
            true => format!("; above it {}", in_words(term)),
            false => String::new(),
        });
        let (label, at) = match capacity.ended {
            Ended::Nothing => ("Busiest", "even so"),
            _ => ("Gives way", "at the mark"),
        };
        let busy = first.utilisation.map_or_else(
            || ", which is applied in order and falls behind".to_owned(),
            |share| format!(", {} busy {at}", Unit::Share.value(share)),
        );
        lines.push(labelled(style, label, &format!("{name}{busy}{term}")));
    }
    if let Some(next) = &capacity.next {
        let name = unbroken(&named(&next.station, next.role.as_deref()));
        let words = format!(
            "{name}, {} busy at the mark, all busy at about {}",
            Unit::Share.value(next.utilisation),
            with_noun(capacity.unit, next.saturates_at)
        );
        lines.push(labelled(style, "Then", &words));
    }
    if let Some(cost) = capacity.cost_per_hour.filter(|cost| *cost > 0.0) {
        let words = format!(
            "{} an hour at {}, {} a month: machines, balancers, and what is paid by use",
            number::money(cost),
            with_noun(capacity.unit, capacity.value),
            number::count((cost * HOURS_PER_MONTH).round() as u64)
        );
        lines.push(labelled(style, "Cost", &words));
    }
    lines.push(labelled(style, "Certain", &certainty(capacity)));
    lines.join("\n")
}

/// Whether a term was missed where it was measured.
fn beyond(term: &crate::experiment::capacity::BindingTerm) -> bool {
    match (term.value, term.limit) {
        (Some(value), Some(limit)) if term.at_least => value < limit,
        (Some(value), Some(limit)) => value > limit,
        _ => false,
    }
}

fn certainty(capacity: &Capacity) -> String {
    let searched = capacity.probes.iter().filter(|probe| probe.simulated && !probe.for_picture);
    let (loads, runs) =
        searched.fold((0, 0), |(loads, runs), probe| (loads + 1, runs + probe.replications));
    let script = if capacity.without_events { ", its [events] left out" } else { "" };
    format!(
        "{} that the mark lies in the interval: {loads} loads in {runs} replications under seed \
         {}{script}",
        Unit::Share.given(1.0 - capacity.error),
        capacity.seed
    )
}

/// What to do where the answer is wider than was asked for.
fn open(capacity: &Capacity, style: &Style) -> Option<String> {
    let asked = Unit::Share.given(capacity.tolerance);
    let words = match capacity.ended {
        Ended::Undecided => format!(
            "the interval is wider than the {asked} asked for: between its ends the SLO cannot be \
             told from missed with {} replications. Play more, or longer (--set run.duration)",
            capacity.most_replications
        ),
        Ended::Probes => {
            format!("the interval is wider than the {asked} asked for: all probes were used")
        }
        Ended::Boundless => "nothing that can be played misses the SLO; does it limit what \
                             matters? Add availability where requests may fail"
            .to_owned(),
        Ended::Narrow | Ended::Nothing => return None,
    };
    Some(style.paint(Tone::Unsure, &style.wrapped(&format!("! {words}"), 2)))
}
