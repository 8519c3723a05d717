//! A plan: the answer, the designs around it, why the others will not do.

use super::fit::{fitted, room, told_apart};
use super::style::{Style, Tone, sign};
use crate::experiment::plan::result::{
    DecidedBy, DesignResult, Outcome, PlanResult, Rejections, Standing, Trial,
};
use crate::experiment::summary::{SloTermResult, Verdict};
use crate::report::number::{self, NOTHING, Unit};
use crate::report::plan::verdict;
use crate::report::text;

/// So many of the designs that were not chosen are shown in full.
const NEAREST: usize = 6;
/// A longer remark on a design is cut.
const LONGEST_WHY: usize = 22;
/// From so many columns on, a second term of the objective has one.
const WIDE: usize = 96;
/// So many reasons are listed; the file has all.
const REASONS: usize = 8;
/// A longer sentence is cut.
const LONGEST: usize = 700;

/// The answer of a plan.
pub fn plan(result: &PlanResult, style: &Style) -> String {
    let blocks = [
        sentence(result, style),
        nearest(result, style),
        reasons(result, style),
        chosen(result, style),
        behind(result, style),
        how(result, style),
        style.next.as_ref().map_or_else(String::new, |next| {
            format!("{:<12}{}", "Next", style.paint(Tone::Strong, &text::plain(next)))
        }),
    ];
    let blocks: Vec<String> = blocks.into_iter().filter(|block| !block.is_empty()).collect();
    blocks.join("\n\n") + "\n"
}

fn sentence(result: &PlanResult, style: &Style) -> String {
    let verdict = match result.outcome {
        Outcome::Found => Verdict::Met,
        Outcome::Undecided => Verdict::Undecided,
        Outcome::Nothing => Verdict::Missed,
    };
    let words = format!("{} {}", sign(verdict), text::shortened(&result.sentence, LONGEST));
    let mut all = style.paint(Tone::of(verdict), &style.wrapped(&words, 2));
    if let Some(widen) = &result.widen {
        all += &format!("\n{}", style.wrapped(&format!("  {}", text::sentence(widen)), 2));
    }
    all
}

/// The designs around the answer, in order of price: the cheaper ones that come
/// nearest, those that may do, the chosen one and the next.
fn nearest(result: &PlanResult, style: &Style) -> String {
    let anchor = result.chosen.or(result.undecided.last().copied()).or(result.nearest_miss);
    let Some(anchor) = anchor else { return String::new() };
    let looked_at = |place: &usize| {
        let standing = result.designs[*place].standing;
        !matches!(standing, Standing::NotTried | Standing::Impossible)
    };
    let mut places: Vec<usize> = (0..anchor).filter(looked_at).collect();
    places.sort_by(|a, b| {
        let (a, b) = (result.designs[*a].miss(), result.designs[*b].miss());
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    places.truncate(NEAREST);
    places.extend(&result.undecided);
    places.extend([Some(anchor), result.runner_up, result.nearest_miss].into_iter().flatten());
    let played = |place: &usize| looked_at(place) && !result.designs[*place].trials.is_empty();
    places.extend((anchor..result.designs.len()).filter(played).take(3));
    places.sort_unstable();
    places.dedup();
    if places.len() > 2 * NEAREST {
        let far = places.len() - 2 * NEAREST;
        places.drain(..far);
    }
    let terms = terms(result, style);
    let mut rows: Vec<Vec<String>> =
        places.iter().map(|&place| row(result, place, &terms)).collect();
    let names: Vec<String> = terms.iter().map(|term| heading(term)).collect();
    let mut headings = vec!["Design", "machines/month"];
    headings.extend(names.iter().map(String::as_str));
    headings.push("");
    // Before each name stand its marks.
    let width = room(style, &headings, &rows, 0).saturating_sub(4).max(8);
    let names: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    for ((row, &place), name) in rows.iter_mut().zip(&places).zip(told_apart(&names, width)) {
        let mark = verdict(result.designs[place].standing).map_or(' ', sign);
        let chosen = if result.chosen == Some(place) { "→" } else { " " };
        row[0] = format!("{chosen} {mark} {name}");
    }
    style.table(&headings, &rows)
}

fn row(result: &PlanResult, place: usize, terms: &[&SloTermResult]) -> Vec<String> {
    let design = &result.designs[place];
    let mut row =
        vec![design.name.clone(), design.per_month.map_or_else(|| NOTHING.to_owned(), whole)];
    let trial = design.decisive();
    row.extend(terms.iter().map(|term| trial.map_or_else(String::new, |trial| shown(trial, term))));
    row.push(text::shortened(&remark(design, terms), LONGEST_WHY));
    row
}

/// What a law says of a design; else which loss it takes worst, and the term
/// that it misses where that has no column.
fn remark(design: &DesignResult, terms: &[&SloTermResult]) -> String {
    let Some(trial) = design.decisive() else {
        if design.fix.is_some() {
            return "nobody is left".to_owned();
        }
        let bound = design.bound.as_ref();
        return bound.map_or_else(String::new, |bound| {
            let station = bound.station.split_once('.').map_or("", |(_, station)| station);
            format!("{station} ≥ {:.0} %", 100.0 * bound.utilisation)
        });
    };
    let has_column = |own: &&SloTermResult| terms.iter().any(|term| term.term == own.term);
    let told = trial.terms.iter().find(|own| own.verdict == trial.verdict);
    let told = told.filter(|own| trial.verdict != Verdict::Met && !has_column(own));
    let mut words: Vec<String> =
        told.map(|own| format!("{} {}", heading(own), shown(trial, own))).into_iter().collect();
    if !trial.lost.is_empty() {
        words.push(format!("{} lost", trial.lost));
    }
    words.join(", ")
}

fn shown(trial: &Trial, term: &SloTermResult) -> String {
    let own = trial.terms.iter().find(|own| own.term == term.term);
    let value = own.and_then(|own| own.estimate.value);
    value.map_or_else(|| NOTHING.to_owned(), |value| unit(term).value(value))
}

fn unit(term: &SloTermResult) -> Unit {
    if term.unit == "ms" { Unit::Milliseconds } else { Unit::Share }
}

fn heading(term: &SloTermResult) -> String {
    text::shortened(&term.term.replace('_', "."), 14)
}

/// The terms of the objective that have room, where anything was played.
fn terms<'a>(result: &'a PlanResult, style: &Style) -> Vec<&'a SloTermResult> {
    let columns = if style.width < WIDE { 1 } else { 2 };
    let mut trials = result.designs.iter().flat_map(|design| &design.trials);
    trials.next().map_or_else(Vec::new, |trial| trial.terms.iter().take(columns).collect())
}

fn whole(price: f64) -> String {
    if price < 100.0 { number::money(price) } else { number::count(price.round() as u64) }
}

/// Why designs were rejected, with how many.
fn reasons(result: &PlanResult, style: &Style) -> String {
    if result.rejected.is_empty() {
        return String::new();
    }
    let mut lines = vec!["Rejected".to_owned()];
    for group in result.rejected.iter().take(REASONS) {
        lines.push(style.wrapped(&reason(group), 9));
    }
    let more: usize = result.rejected.iter().skip(REASONS).map(|group| group.designs).sum();
    if more > 0 {
        lines.push(format!("{:>7}  for other reasons: see plan.csv", number::count(more as u64)));
    }
    lines.join("\n")
}

fn reason(group: &Rejections) -> String {
    let by = match group.decided_by {
        DecidedBy::Bound => ", by law",
        DecidedBy::Check => ", not buildable",
        _ => "",
    };
    let price = match group.per_month {
        Some((low, high)) if low < high => format!(" ({} to {} a month)", whole(low), whole(high)),
        Some((low, _)) => format!(" ({} a month)", whole(low)),
        None => String::new(),
    };
    let count = number::count(group.designs as u64);
    format!("{count:>7}  {}{by}{price}", text::shortened(&group.reason, 120))
}

/// Every loss that the chosen design was played with.
fn chosen(result: &PlanResult, style: &Style) -> String {
    let Some(design) = result.chosen.map(|place| &result.designs[place]) else {
        return String::new();
    };
    if design.trials.len() < 2 {
        return String::new();
    }
    let terms = terms(result, style);
    let rows = design.trials.iter().map(|trial| {
        let lost = if trial.lost.is_empty() { "nothing" } else { &trial.lost };
        let mut row = vec![format!("  {}", text::plain(lost))];
        row.extend(terms.iter().map(|term| shown(trial, term)));
        row.push(
            trial
                .bottleneck
                .as_ref()
                .map_or_else(String::new, |name| text::shortened(name, LONGEST_WHY)),
        );
        row
    });
    let names: Vec<String> = terms.iter().map(|term| heading(term)).collect();
    let mut headings = vec!["The chosen one with lost"];
    headings.extend(names.iter().map(String::as_str));
    headings.push("tightest");
    fitted(style, &headings, rows.collect(), &[0])
}

/// What comes behind the answer, and what more users would take.
fn behind(result: &PlanResult, style: &Style) -> String {
    let mut lines = Vec::new();
    if let (Some(chosen), Some(next)) = (result.chosen, result.runner_up) {
        let (chosen, next) = (&result.designs[chosen], &result.designs[next]);
        lines.push(runner_up(chosen, next));
    }
    lines.extend(result.growth.as_ref().map(|growth| growth.sentence.clone()));
    let wrapped = |line: &String| style.wrapped(&text::shortened(line, LONGEST), 0);
    lines.iter().map(wrapped).collect::<Vec<_>>().join("\n")
}

fn runner_up(chosen: &DesignResult, next: &DesignResult) -> String {
    let more = next.per_month.unwrap_or(0.0) - chosen.per_month.unwrap_or(0.0);
    let more = if more < 0.005 {
        "the same price".to_owned()
    } else {
        format!("{} a month more", whole(more))
    };
    format!("The next design that does is {}, for {more}.", next.name)
}

/// How much was looked at, and how sure it is.
fn how(result: &PlanResult, style: &Style) -> String {
    let with = |wanted: DecidedBy| {
        let count = result.designs.iter().filter(|one| one.decided_by == wanted).count();
        number::count(count as u64)
    };
    let all = number::count(result.designs.len() as u64);
    let (low, high) = result.replications;
    let mut lines = vec![format!(
        "{all} designs: {} ruled out by law, {} played ({low} to {high} replications each), {} \
         dearer than the answer or not buildable. All verdicts hold together with {:.0} % \
         confidence.",
        with(DecidedBy::Bound),
        with(DecidedBy::Simulation),
        number::count(
            result
                .designs
                .iter()
                .filter(|one| matches!(one.decided_by, DecidedBy::Nothing | DecidedBy::Check))
                .count() as u64
        ),
        100.0 * (1.0 - result.error),
    )];
    lines.extend(result.notes.iter().cloned());
    let wrapped = |line: &String| style.wrapped(&text::shortened(line, LONGEST), 0);
    lines.iter().map(wrapped).collect::<Vec<_>>().join("\n")
}
