//! What designs cost against how fast they are.

use super::{Axis, Body, Chart, Colour, Limit, Mark, Panel, Series, axis, widely_spread};
use crate::experiment::plan::result::{DesignResult, PlanResult, Standing};
use crate::experiment::summary::SloTermResult;
use crate::report::number::Unit;

/// The designs that were played, by price and by the first time that the
/// objective limits; `None` where it limits none, or nothing was played.
pub(in crate::report) fn of_plan(result: &PlanResult) -> Option<Chart> {
    let mut played = result.designs.iter().filter_map(DesignResult::decisive);
    let term = played.next()?.terms.iter().find(|term| term.unit == "ms")?;
    let series = series(result, term);
    let values = series.iter().flat_map(|one| &one.points).flatten().map(|point| point.1);
    let scale = widely_spread(values.chain([term.limit]));
    let lost = if result.survive.is_empty() {
        String::new()
    } else {
        format!(", each with the loss ({}) that it takes worst", result.survive.join(", "))
    };
    let cut = result.designs.iter().filter(|one| one.trials.is_empty()).count();
    let cut = match cut {
        0 => String::new(),
        count => format!(" · {count} not played are not shown"),
    };
    Some(Chart {
        title: format!("Cost against {}", term.term.replace('_', ".")),
        subtitle: format!("Designs that were played{lost}{cut}"),
        body: Body::Panels(vec![Panel {
            x: axis("price of a month, in the currency of the prices", scale_of_prices()),
            y: Axis {
                label: format!("{} of the response time, ms", term.term.replace('_', ".")),
                scale,
                reaches: None,
            },
            series,
            limits: vec![Limit {
                value: term.limit,
                label: format!("SLO: at most {}", Unit::Milliseconds.given(term.limit)),
                at: None,
            }],
            excluded: None,
            bands: Vec::new(),
        }]),
    })
}

fn scale_of_prices() -> super::Scale {
    super::Scale::Linear
}

/// One set of points per verdict, and the chosen design on top.
fn series(result: &PlanResult, term: &SloTermResult) -> Vec<Series> {
    let chosen = result.chosen;
    let of = |wanted: Standing, name: &str, colour: Colour| {
        let designs = result.designs.iter().enumerate();
        let own = designs
            .filter(|(place, one)| one.standing == wanted && chosen != Some(*place))
            .map(|(_, one)| one);
        points(name, colour, own, term)
    };
    let mut all = vec![
        of(Standing::Rejected, "rejected", Colour::VERMILION),
        of(Standing::Undecided, "undecided", Colour::GREY),
        of(Standing::Passes, "meets the SLO, dearer", Colour::SKY),
    ];
    if let Some(place) = chosen {
        let design = &result.designs[place];
        all.push(points(&design.name, Colour::BLUE, std::iter::once(design), term));
    }
    all.retain(|one| !one.points.is_empty());
    all
}

fn points<'a>(
    name: &str,
    colour: Colour,
    designs: impl Iterator<Item = &'a DesignResult>,
    term: &SloTermResult,
) -> Series {
    let (mut places, mut intervals) = (Vec::new(), Vec::new());
    for design in designs {
        let own = design.decisive().and_then(|trial| {
            trial.terms.iter().find(|own| own.term == term.term).map(|own| &own.estimate)
        });
        let Some((price, estimate)) = design.per_month.zip(own) else { continue };
        let Some(value) = estimate.value else { continue };
        places.push(Some((price, value)));
        let low = estimate.low.unwrap_or(value).max(value / 10.0);
        intervals.push((low, estimate.high.unwrap_or(value)));
    }
    Series { name: name.to_owned(), colour, mark: Mark::Points(intervals), points: places }
}
