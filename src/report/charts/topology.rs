//! The wiring of a scenario, coloured by how busy its parts were.

use super::super::chart::{Arrow, Body, Chart, Colour, Node, Wiring};
use super::super::number;
use crate::experiment::summary::{Results, StationResult};
use crate::scenario::map::{self, Flow};

/// So many boxes of a column are drawn; the rest of them is only counted.
const MOST_IN_COLUMN: usize = 9;
/// From these utilisations on, a part is worth a look, or a worry.
const ATTENTION: f64 = 0.5;
const ALARM: f64 = 0.8;

/// What is wired to what, and how busy each part was.
pub(super) fn busy(results: &Results) -> Chart {
    let first = results.summary.bottleneck.as_ref().map(|one| one.station.as_str());
    let shown = shown(&results.map.nodes);
    let stations = &results.summary.stations;
    let busiest: Vec<_> = shown.iter().map(|node| busiest(node, stations)).collect();
    // Of the instances of a station, those give way first that are busiest.
    let giving_way = busiest.iter().flatten().filter(|one| Some(one.1) == first);
    let giving_way = giving_way.map(|one| one.0).fold(0.0, f64::max);
    let boxes = shown.iter().zip(&busiest).map(|(node, busiest)| {
        let marked = busiest.is_some_and(|one| Some(one.1) == first && one.0 >= giving_way);
        boxed(node, *busiest, marked)
    });
    let place = |index: usize| {
        let node = results.map.nodes.get(index)?;
        shown.iter().position(|one| std::ptr::eq(*one, node))
    };
    let arrows = results.map.edges.iter().filter_map(|edge| {
        let (from, to) = (place(edge.from)?, place(edge.to)?);
        Some(Arrow { from, to, dashed: edge.flow == Flow::Ships })
    });
    let left_out = match results.map.nodes.len() - shown.len() {
        0 => String::new(),
        more => format!(" · {more} more are not drawn"),
    };
    Chart {
        title: "What is wired to what".to_owned(),
        subtitle: format!("{}{left_out}", results.summary.scenario.title),
        body: Body::Wiring(Wiring {
            boxes: boxes.collect(),
            arrows: arrows.collect(),
            legend: vec![
                ("below 50 % busy".to_owned(), Colour::GOOD),
                ("50 to 80 %".to_owned(), Colour::OPEN),
                ("above 80 %".to_owned(), Colour::BAD),
                ("nothing to be busy".to_owned(), Colour::SHADE),
            ],
        }),
    }
}

/// The first of each column: no more have room.
fn shown(nodes: &[map::Node]) -> Vec<&map::Node> {
    let rank = |index: usize, node: &map::Node| {
        nodes[..index].iter().filter(|other| other.layer == node.layer).count()
    };
    let all = nodes.iter().enumerate();
    all.filter(|(index, node)| rank(*index, node) < MOST_IN_COLUMN).map(|(_, node)| node).collect()
}

/// The busiest resource of a part: how busy, and its station.
fn busiest<'a>(node: &map::Node, stations: &'a [StationResult]) -> Option<(f64, &'a str)> {
    let of = stations.iter().filter(|station| belongs(station, node));
    let busy = of.filter_map(|station| Some((station.utilisation.value?, station.name.as_str())));
    busy.max_by(|one, other| one.0.total_cmp(&other.0))
}

fn boxed(node: &map::Node, busiest: Option<(f64, &str)>, marked: bool) -> Node {
    let colour = match busiest {
        None => Colour::SHADE,
        Some((busy, _)) if busy >= ALARM => Colour::BAD,
        Some((busy, _)) if busy >= ATTENTION => Colour::OPEN,
        Some(_) => Colour::GOOD,
    };
    let (table, name) = node.component.split_once('.').unwrap_or(("", &node.component));
    let count = (node.instances > 1).then(|| format!("×{}", node.instances));
    let busy = busiest.map(|(busy, station)| {
        let resource = station.rsplit_once('.').map_or(station, |(_, resource)| resource);
        format!("{resource} {} %", number::fixed(100.0 * busy, 0))
    });
    let role = node.role.map_or_else(String::new, |role| format!(" {role}"));
    Node {
        kind: table.replace('_', " "),
        name: format!("{name}{role}"),
        detail: count.into_iter().chain(busy).collect::<Vec<_>>().join(" · "),
        colour,
        column: node.layer as usize,
        marked,
    }
}

fn belongs(station: &StationResult, node: &map::Node) -> bool {
    let within =
        |owner: &str| station.name.strip_prefix(owner).is_some_and(|rest| rest.starts_with('.'));
    let host = node.host.as_deref().is_some_and(within);
    let role =
        node.role.is_none() || station.role.is_none() || station.role.as_deref() == node.role;
    host || (within(&node.component) && role)
}
