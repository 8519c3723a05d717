//! The HTML of a page.

use super::{Card, Course, Page, Part, Section, Term, data};
use crate::experiment::summary::Verdict;
use crate::report::ReportError;
use crate::report::chart::{Chart, Table};
use crate::report::text;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("course.js");
/// uPlot 1.6.32, MIT licence: lines over time.
const UPLOT: &str = include_str!("../../../assets/uplot/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("../../../assets/uplot/uPlot.min.css");

pub(super) fn document(page: &Page) -> Result<Markup, ReportError> {
    let has_courses = page.sections.iter().flat_map(|section| &section.parts);
    let has_courses = has_courses.into_iter().any(|part| matches!(part, Part::Course(..)));
    let (style, script) = match has_courses {
        true => (format!("{STYLE}{UPLOT_STYLE}"), format!("{UPLOT}{SCRIPT}")),
        false => (STYLE.to_owned(), String::new()),
    };
    let sections: Result<Vec<Markup>, ReportError> = page.sections.iter().map(section).collect();
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style, &script));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (plain(&page.title)) " · Highwater" }
                style { (PreEscaped(&style)) }
            }
            body {
                a.skip href="#content" { "Skip to the answer" }
                header { p.brand { "Highwater" } h1 { (plain(&page.title)) } }
                (contents(&page.sections))
                main #content tabindex="-1" {
                    (card(&page.card))
                    @for section in sections? { (section) }
                }
                footer { (facts(&page.origin)) }
                @if !script.is_empty() { script { (PreEscaped(&script)) } }
            }
        }
    })
}

/// Nothing is loaded, and only this page's own style and script are used.
fn policy(style: &str, script: &str) -> String {
    let scripts = match script.is_empty() {
        true => "'none'".to_owned(),
        false => data::policy_hash(script),
    };
    format!(
        "default-src 'none'; style-src {}; script-src {scripts}; base-uri 'none'; \
         form-action 'none'",
        data::policy_hash(style)
    )
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ol {
                @for section in sections {
                    li { a href={ "#" (section.anchor) } { (section.heading) } }
                }
            }
        }
    }
}

fn card(card: &Card) -> Markup {
    let (class, word) = match card.verdict {
        Some(Verdict::Met) => ("met", "✓ Met"),
        Some(Verdict::Missed) => ("missed", "✗ Missed"),
        Some(Verdict::Undecided) => ("undecided", "? Undecided"),
        None => ("open", "No objective"),
    };
    html! {
        section #verdict class={ "card " (class) } aria-labelledby="headline" {
            p.verdict { (word) }
            h2 #headline { (plain(&card.headline)) }
            @for note in &card.notes { p { (plain(note)) } }
            @if !card.terms.is_empty() {
                ul.terms { @for term in &card.terms { (self::term(term)) } }
            }
        }
    }
}

fn term(term: &Term) -> Markup {
    let (class, sign) = match term.verdict {
        Verdict::Met => ("met", "✓"),
        Verdict::Missed => ("missed", "✗"),
        Verdict::Undecided => ("undecided", "?"),
    };
    html! {
        li class=(class) {
            span.sign { (sign) } " "
            strong { (plain(&term.limit)) } " " span.measured { (plain(&term.measured)) }
            @if let Some(share) = term.share {
                meter min="0" max="1" value=(format!("{:.3}", share.clamp(0.0, 1.0)))
                    aria-label="measured, as a share of the limit" {}
            }
        }
    }
}

fn section(section: &Section) -> Result<Markup, ReportError> {
    let parts: Result<Vec<Markup>, ReportError> = section.parts.iter().map(part).collect();
    Ok(html! {
        section id=(section.anchor) {
            h2 { (section.heading) }
            p.sentence { (plain(&section.sentence)) }
            @for part in parts? { (part) }
        }
    })
}

fn part(part: &Part) -> Result<Markup, ReportError> {
    Ok(match part {
        Part::Picture(chart) => html! { (picture(chart, "")?) (folded(chart)) },
        Part::Course(course, chart) => html! {
            (self::course(course))
            (picture(chart, "still")?)
            (folded(chart))
        },
        Part::Table(table) => self::table(table),
        Part::Facts(pairs) => facts(pairs),
        Part::Text(words) => html! { p { (plain(words)) } },
    })
}

fn picture(chart: &Chart, class: &str) -> Result<Markup, ReportError> {
    let svg = String::from_utf8_lossy(&chart.svg()?).into_owned();
    Ok(html! {
        figure.picture.(class) tabindex="0" aria-label=(plain(&chart.title)) { (PreEscaped(svg)) }
    })
}

fn course(course: &Course) -> Markup {
    html! {
        figure.course {
            figcaption { (plain(&course.label)) }
            div.plot {}
            script type="application/json" {
                (PreEscaped(data::embedded(&data::of_course(course))))
            }
        }
    }
}

/// The figures of a chart, to be unfolded.
fn folded(chart: &Chart) -> Markup {
    html! {
        details {
            summary { "“" (plain(&chart.title)) "” as a table" }
            @for one in chart.tables() { (table(&one)) }
        }
    }
}

fn table(table: &Table) -> Markup {
    html! {
        div.wide tabindex="0" {
            table {
                thead { tr { @for name in &table.columns { th scope="col" { (plain(name)) } } } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (plain(cell)) } }
                                @else { td { (plain(cell)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn facts(pairs: &[(String, String)]) -> Markup {
    html! {
        dl { @for (name, value) in pairs { div { dt { (plain(name)) } dd { (plain(value)) } } } }
    }
}

/// Names come from files that others wrote.
fn plain(words: &str) -> String {
    text::plain(&text::shortened(words, 600))
}
