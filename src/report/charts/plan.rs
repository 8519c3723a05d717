//! What designs cost against how fast they are, and against the work that a
//! law says they must do.

use super::{
    Axis, Body, Chart, Colour, Limit, Mark, Panel, Scale, Series, axis, named_beside, widely_spread,
};
use crate::experiment::plan::result::{DecidedBy, DesignResult, PlanResult, Standing};
use crate::experiment::summary::SloTermResult;
use crate::report::number::Unit;

/// The designs that were looked at, by price: the first time that the objective
/// limits, and the utilisation of the tightest station at best; `None` where
/// nothing is known of any.
pub(in crate::report) fn of_plan(result: &PlanResult) -> Option<Chart> {
    let lost = match result.survive.is_empty() {
        true => String::new(),
        false => {
            format!(", each with the loss that it takes worst ({})", result.survive.join(", "))
        }
    };
    let mut panels: Vec<Panel> = times(result).into_iter().chain(bounds(result)).collect();
    panels.last_mut()?.x =
        axis("price of the machines for a month, in the currency of the prices", Scale::Linear);
    Some(Chart {
        title: "What designs cost, and what they do".to_owned(),
        subtitle: format!("Designs up to a little above the answer{lost}"),
        body: Body::Panels(panels),
    })
}

fn times(result: &PlanResult) -> Option<Panel> {
    let mut played = result.designs.iter().filter_map(DesignResult::decisive);
    let term = played.next()?.terms.iter().find(|term| term.unit == "ms")?;
    let name = term.term.replace('_', ".");
    let value = |design: &DesignResult| time(design, term);
    let series = series(result, &value, true);
    let values = series.iter().flat_map(|one| &one.points).flatten().map(|point| point.1);
    let scale = widely_spread(values.chain([term.limit]));
    let label = format!("SLO: at most {}", Unit::Milliseconds.given(term.limit));
    Some(panel(&format!("{name} of the response time, ms"), scale, series, (term.limit, label)))
}

fn bounds(result: &PlanResult) -> Option<Panel> {
    let value = |design: &DesignResult| {
        let share = 100.0 * design.bound.as_ref()?.utilisation;
        Some((share, share, share))
    };
    let series = series(result, &value, false);
    let limit = (100.0, "100 %: all that can be done".to_owned());
    let label = "work that comes ÷ work that can be done, tightest station, %";
    (!series.is_empty()).then(|| panel(label, Scale::Linear, series, limit))
}

fn panel(label: &str, scale: Scale, series: Vec<Series>, (value, name): (f64, String)) -> Panel {
    // The axis goes a little beyond the limit, so that its name has room.
    let y = Axis { label: label.to_owned(), scale, reaches: Some(1.15 * value) };
    Panel {
        x: axis("", Scale::Linear),
        y,
        series,
        limits: vec![Limit { value, label: name, at: None }],
        excluded: None,
        bands: Vec::new(),
    }
}

/// Value, low and high of a design.
type Value<'v> = &'v dyn Fn(&DesignResult) -> Option<(f64, f64, f64)>;

/// One set of points per verdict, and the chosen design on top.
fn series(result: &PlanResult, value: Value<'_>, intervals: bool) -> Vec<Series> {
    // Where an answer is known, what is much dearer says nothing.
    let last = result.designs.iter().rposition(|one| one.decided_by == DecidedBy::Simulation);
    let last = result.chosen.and(last).unwrap_or(result.designs.len());
    let shown = || result.designs.iter().enumerate().take(last + 1);
    let of = |name: &str, colour: Colour, wanted: &dyn Fn(&DesignResult) -> bool| {
        let own = shown().filter(|(place, one)| result.chosen != Some(*place) && wanted(one));
        points(name, colour, own.map(|(_, one)| one), value, intervals)
    };
    let rejected = |by: DecidedBy| {
        move |one: &DesignResult| one.standing == Standing::Rejected && one.decided_by == by
    };
    let mut all = vec![
        of("ruled out by law", Colour::GREY, &rejected(DecidedBy::Bound)),
        of("misses", Colour::VERMILION, &rejected(DecidedBy::Simulation)),
        of("undecided", Colour::series(4), &|one| one.standing == Standing::Undecided),
        of("does, dearer", Colour::SKY, &|one| one.standing == Standing::Passes),
    ];
    if let Some(place) = result.chosen {
        let design = std::iter::once(&result.designs[place]);
        all.push(points("chosen", Colour::BLUE, design, value, intervals));
    }
    all.retain(|one| one.points.iter().any(Option::is_some));
    all
}

fn points<'a>(
    name: &str,
    colour: Colour,
    designs: impl Iterator<Item = &'a DesignResult>,
    value: Value<'_>,
    intervals: bool,
) -> Series {
    let known = designs.filter_map(|design| Some((design.per_month?, value(design)?)));
    let (mut places, mut ends) = (Vec::new(), Vec::new());
    for (price, (value, low, high)) in known {
        places.push((price, value));
        ends.extend(intervals.then_some((low, high)));
    }
    let points = named_beside(places.into_iter().map(Some));
    Series { name: name.to_owned(), colour, mark: Mark::Points(ends), points }
}

fn time(design: &DesignResult, term: &SloTermResult) -> Option<(f64, f64, f64)> {
    let trial = design.decisive()?;
    let estimate = &trial.terms.iter().find(|own| own.term == term.term)?.estimate;
    let value = estimate.value?;
    // On a logarithmic axis an interval down to nothing has no end.
    let low = estimate.low.unwrap_or(value).max(value / 10.0);
    Some((value, low, estimate.high.unwrap_or(value)))
}
