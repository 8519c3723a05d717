//! The charts of both ways of a tier: what a reader needs to decide.

use super::{axis, widely_spread};
use crate::experiment::capacity::Unit;
use crate::experiment::scale::{Scaling, Step};
use crate::experiment::summary::Estimate;
use crate::report::chart::{
    Axis, Body, Chart, Colour, Intervals, Limit, Mark, Panel, Path, Row, Scale, Series,
};
use crate::report::number::{NOTHING, Unit as Shown};
use crate::report::scaling::{HOURS_PER_MONTH, load};

const UP: Colour = Colour::VERMILION;
const OUT: Colour = Colour::BLUE;
const COST: &str = "machines and balancers of the whole design, cost per month";

/// The charts of both ways, by the stem of their file.
pub fn of_scaling(scaling: &Scaling) -> Vec<(&'static str, Chart)> {
    vec![("capacity", capacity(scaling)), ("p99", p99(scaling)), ("one-dead", one_dead(scaling))]
}

/// A way as a path: where each step lies and its interval; steps without a
/// place are left out.
fn path(
    name: &str,
    colour: Colour,
    steps: &[Step],
    wall: Option<&str>,
    place: impl Fn(&Step) -> Option<(f64, f64, f64)>,
) -> Series {
    let placed: Vec<_> = steps.iter().filter_map(|step| Some((step, place(step)?))).collect();
    let cost = |step: &Step| step.machines_per_hour * HOURS_PER_MONTH;
    // The wall stands at the largest machine only if that has a place.
    let ends = placed.last().zip(steps.last()).is_some_and(|(a, b)| a.0.name == b.name);
    Series {
        name: name.to_owned(),
        colour,
        points: placed.iter().map(|(step, (value, ..))| Some((cost(step), *value))).collect(),
        mark: Mark::Path(Path {
            intervals: placed.iter().map(|(_, (_, low, high))| (*low, *high)).collect(),
            names: placed.iter().map(|(step, _)| step.name.clone()).collect(),
            wall: wall.filter(|_| ends).map(str::to_owned),
        }),
    }
}

fn both(scaling: &Scaling, place: impl Fn(&Step) -> Option<(f64, f64, f64)> + Copy) -> Vec<Series> {
    // A way that was cut short by choice has no wall.
    let largest = scaling.up.last().filter(|_| !scaling.machines_chosen);
    let largest = largest.map(|step| format!("{} is the largest there is", step.name));
    vec![
        path("up: a larger machine", UP, &scaling.up, largest.as_deref(), place),
        path("out: more machines", OUT, &scaling.out, None, place),
    ]
}

/// What each step carries against what it costs.
fn capacity(scaling: &Scaling) -> Chart {
    let place = |step: &Step| {
        let mark = &step.capacity;
        (mark.low > 0.0).then(|| (mark.value, mark.low, mark.high.unwrap_or(mark.value)))
    };
    let unit = match scaling.unit {
        Unit::Users => "users inside the SLO",
        Unit::RequestsPerS => "requests per second inside the SLO",
    };
    let today = Limit {
        value: scaling.today,
        label: format!("today: {}", load(scaling, scaling.today)),
        at: None,
    };
    chart(
        format!("Up or out: what {} carries", scaling.tier),
        format!("{} · bars are brackets: the lower end is met, the upper missed", scaling.title),
        unit,
        Scale::Linear,
        both(scaling, place),
        vec![today],
    )
}

/// The response time of today's users against what it costs.
fn p99(scaling: &Scaling) -> Chart {
    let place = |step: &Step| {
        let time = &step.today.p99_ms;
        let value = time.value.filter(|_| !time.at_least)?;
        Some((value, time.low.unwrap_or(value), time.high.unwrap_or(value)))
    };
    let times = scaling.steps().filter_map(place).map(|(value, ..)| value);
    let limit = scaling.p99_limit_ms.map(|limit| Limit {
        value: limit,
        label: format!("SLO: p99 ≤ {}", Shown::Milliseconds.given(limit)),
        at: None,
    });
    let hidden: Vec<&str> = scaling
        .steps()
        .filter(|step| place(step).is_none())
        .map(|step| step.name.as_str())
        .collect();
    let hidden = match hidden.as_slice() {
        [] => String::new(),
        names => format!(" · overloaded, without a place: {}", names.join(", ")),
    };
    chart(
        format!("Response time of today's {}", load(scaling, scaling.today)),
        format!("Lower left is better{hidden}"),
        "p99 of the response time, ms",
        widely_spread(times.chain(scaling.p99_limit_ms)),
        both(scaling, place),
        limit.into_iter().collect(),
    )
}

fn chart(
    title: String,
    subtitle: String,
    y: &str,
    scale: Scale,
    series: Vec<Series>,
    limits: Vec<Limit>,
) -> Chart {
    let x = Axis { reaches: None, ..axis(COST, Scale::Linear) };
    let panel = Panel { x, y: axis(y, scale), series, limits, excluded: None, bands: Vec::new() };
    Chart { title, subtitle, body: Body::Panels(vec![panel]) }
}

/// What is left of each step when one of its instances is dead.
fn one_dead(scaling: &Scaling) -> Chart {
    let row = |step: &Step, colour| {
        let share: &Estimate = &step.one_dead.answered;
        let label = match share.value {
            None => format!("{NOTHING} overloaded anyway"),
            Some(_) => Shown::Share.estimate(share),
        };
        Row {
            name: step.name.clone(),
            colour,
            value: share.value,
            interval: share.low.zip(share.high),
            label,
        }
    };
    let up = scaling.up.iter().map(|step| row(step, UP));
    let out = scaling.out.iter().map(|step| row(step, OUT));
    let limit = scaling.availability_floor.map(|limit| Limit {
        value: limit,
        label: format!("SLO: {}", Shown::Share.given(limit)),
        at: None,
    });
    Chart {
        title: format!("One instance of {} dies", scaling.tier),
        subtitle: format!(
            "Share of the requests of today's {} that is answered when it dies at the start of \
             the window and stays dead",
            load(scaling, scaling.today)
        ),
        body: Body::Intervals(Intervals {
            axis: axis("share of the requests that were answered", Scale::Percentile),
            rows: up.chain(out).collect(),
            limit,
        }),
    }
}
