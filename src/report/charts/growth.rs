//! The growth staircase: what each stage carries, what gives way, what it costs.

use super::axis;
use crate::experiment::capacity::{Capacity, Growth, Stage};
use crate::report::capacity::{HOURS_PER_MONTH, load};
use crate::report::chart::{Body, Chart, Colour, Scale, Step, Steps};
use crate::report::growth::split;
use crate::report::number;
use crate::report::text;

/// The charts of a path, by the stem of their file.
pub fn of_growth(growth: &Growth) -> Vec<(&'static str, Chart)> {
    vec![("growth", staircase(growth))]
}

fn staircase(growth: &Growth) -> Chart {
    let mut stations: Vec<String> = Vec::new();
    for capacity in growth.stages.iter().filter_map(|stage| stage.outcome.as_ref().ok()) {
        let station = capacity.gives_way.as_ref().map(|first| first.station.clone());
        stations.extend(station.filter(|station| !stations.contains(station)));
    }
    let steps = growth.stages.iter().map(|stage| step(stage, &stations)).collect();
    let legend = stations.iter().enumerate();
    Chart {
        title: "The growth staircase: how many users each stage carries".to_owned(),
        subtitle: "Inside its own SLO, in steady operation · colour: what gives way first · \
                   ring: the users that the stage is drawn for · cost per month at the mark, in \
                   the currency of the prices"
            .to_owned(),
        body: Body::Steps(Steps {
            axis: axis("users (logarithmic)", Scale::Logarithmic),
            legend: legend.map(|(index, name)| (name.clone(), Colour::series(index))).collect(),
            steps,
        }),
    }
}

fn step(stage: &Stage, stations: &[String]) -> Step {
    let (number, name) = split(&stage.name);
    let empty = Step {
        number: number.to_owned(),
        name,
        colour: Colour::GREY,
        value: None,
        interval: None,
        ring: None,
        label: String::new(),
        detail: String::new(),
        inside: String::new(),
    };
    match &stage.outcome {
        Ok(capacity) => Step { ..of(capacity, stations, empty) },
        Err(reason) => Step { label: text::shortened(reason, 72), ..empty },
    }
}

fn of(capacity: &Capacity, stations: &[String], empty: Step) -> Step {
    let first = capacity.gives_way.as_ref().map(|first| &first.station);
    let place = stations.iter().position(|station| Some(station) == first);
    let cost = capacity.cost_per_hour.filter(|cost| *cost > 0.0);
    let cost = cost
        .map(|cost| format!("{} a month", number::count((cost * HOURS_PER_MONTH).round() as u64)));
    Step {
        colour: place.map_or(Colour::GREY, Colour::series),
        value: Some(capacity.value).filter(|value| *value > 0.0),
        interval: capacity.high.map(|high| (capacity.low, high)).filter(|(low, _)| *low > 0.0),
        ring: Some(capacity.today),
        label: load(capacity.unit, capacity.value),
        detail: cost.unwrap_or_default(),
        inside: first.cloned().unwrap_or_default(),
        ..empty
    }
}
