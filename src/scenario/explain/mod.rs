//! What was compiled: where things run, the way of each request verb by verb,
//! and what follows in closed form; as values, and as text for people.

mod autoscaling;
mod network;
mod verbs;

use super::bounds::{demands, offered_per_s};
use super::compile::compile;
use super::model::Scenario;
use crate::route::families::QuorumVerb;
use crate::route::program::Program;
use crate::route::step::{Pc, Verb};
use crate::simulation::blueprint::Blueprint;
use serde::Serialize;
use std::fmt::Write;
use verbs::Words;

/// What was compiled from a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Of the scenario.
    pub title: String,
    /// Stations by name.
    pub stations: Vec<Station>,
    /// What changes the number of instances, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub autoscalers: Vec<String>,
    /// One per endpoint and kind of client, then those of the system itself.
    pub programs: Vec<Listing>,
    /// Demand on each CPU station, the first to saturate first.
    pub bounds: Vec<Bound>,
    /// Requests per second, where the scenario says it.
    pub offered_per_s: Option<f64>,
}

/// Instances of one station.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Station {
    /// Such as `services.web.cpu`.
    pub name: String,
    /// How many.
    pub instances: usize,
    /// What one of them is, in words.
    pub each: String,
}

/// A route program, verb by verb.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listing {
    /// Endpoint and kind of client.
    pub name: String,
    /// Its verbs in order.
    pub steps: Vec<Step>,
}

/// A verb in words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// How many things are held, or blocks open, around it.
    pub depth: usize,
    /// What is done.
    pub verb: &'static str,
    /// With what.
    pub object: String,
    /// In which manner.
    pub how: String,
}

/// Closed-form bound of a CPU station, as if no cache ever hit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    /// Its name.
    pub station: String,
    /// CPU time per request, over all instances.
    pub cpu_ms_per_request: f64,
    /// Requests per second at which it saturates (utilisation law).
    pub saturates_at_per_s: f64,
    /// Share of that which is offered; absent where the load is not given.
    pub offered_share: Option<f64>,
}

/// Compiles a scenario and says what came of it.
///
/// # Errors
/// What the compiler refuses, in words.
pub fn explanation(scenario: &Scenario) -> Result<Explanation, String> {
    let plan = compile(scenario)?;
    let programs = plan.programs.programs.iter();
    Ok(Explanation {
        title: scenario.title.clone(),
        stations: stations(&plan),
        autoscalers: autoscalers(&plan),
        programs: programs.map(|program| listing(&plan, program)).collect(),
        bounds: bounds(&plan),
        offered_per_s: offered_per_s(&plan),
    })
}

/// The same for people.
///
/// # Errors
/// What the compiler refuses, in words.
pub fn explain(scenario: &Scenario) -> Result<String, String> {
    explanation(scenario).map(|explanation| text(&explanation))
}

fn stations(plan: &Blueprint) -> Vec<Station> {
    let stations = &plan.stations;
    let of = |(index, name): (usize, &crate::simulation::blueprint::StationName)| {
        let index = index as u16;
        let pools = stations.pools.iter().filter(|pool| pool.label.name == index);
        let cpus = stations.cpus.iter().filter(|cpu| cpu.label.name == index);
        let disks = stations.disks.iter().filter(|disk| disk.label.name == index);
        let instances = pools.clone().count() + cpus.clone().count() + disks.count();
        let each = pools
            .map(|pool| {
                let queue = pool.queue.map_or("unbounded".to_owned(), |queue| queue.to_string());
                format!("{} slots, queue {queue}", pool.slots)
            })
            .chain(cpus.map(|cpu| {
                let order = if cpu.fifo { "first come first served" } else { "processor sharing" };
                format!("{} vCPUs, {order}", cpu.vcpus)
            }))
            .next()
            .unwrap_or_else(|| "one disk".to_owned());
        Station { name: name.name.clone(), instances, each }
    };
    stations.names.iter().enumerate().map(of).collect()
}

fn autoscalers(plan: &Blueprint) -> Vec<String> {
    let Some(faults) = &plan.faults else { return Vec::new() };
    let sentence = |own: &crate::simulation::faults::plan::AutoscalerPlan| {
        let component = &faults.components[usize::from(own.component)];
        autoscaling::sentence(own, component)
    };
    faults.autoscalers.iter().map(sentence).collect()
}

fn listing(plan: &Blueprint, program: &Program) -> Listing {
    let words = Words { plan };
    let mut blocks: Vec<Pc> = Vec::new();
    let mut steps = Vec::new();
    // The ways to all shards are alike: that to the first stands for all.
    let mut alike: Vec<std::ops::Range<Pc>> = Vec::new();
    for pc in program.start..program.end {
        if alike.iter().any(|ways| ways.contains(&pc)) {
            continue;
        }
        blocks.retain(|&end| end > pc);
        let instruction = plan.programs.code[pc as usize];
        let (verb, object, how) = words.describe(&instruction.verb);
        let depth = words.depth(instruction.holds) + blocks.len();
        steps.push(Step { depth, verb, object, how });
        let ways = plan.programs.ways_of_shards(pc);
        if let Some(end) = end_of_ways(plan, pc) {
            alike.extend(ways.get(1).map(|&second| second..end));
            blocks.push(end);
        }
        match instruction.verb {
            Verb::Lookup { hit: end, .. }
            | Verb::Claim { shared: end, .. }
            | Verb::Buffer { done: end, .. }
            | Verb::Skip { to: end, .. }
            | Verb::Fan { join: end, .. }
            | Verb::Quorum(QuorumVerb::AskHolders { join: end, .. })
            | Verb::Fork { join: end, .. } => blocks.push(end),
            _ => {}
        }
    }
    Listing { name: program.name.clone(), steps }
}

/// Where the ways to shards end that a verb chooses from.
fn end_of_ways(plan: &Blueprint, at: Pc) -> Option<Pc> {
    if let Verb::Scatter { join, .. } = plan.programs.code[at as usize].verb {
        return Some(join);
    }
    let second = *plan.programs.ways_of_shards(at).get(1)?;
    match plan.programs.code[second as usize - 1].verb {
        Verb::Jump { to } => Some(to),
        _ => None,
    }
}

fn bounds(plan: &Blueprint) -> Vec<Bound> {
    let offered = offered_per_s(plan);
    let bound = |demand: super::bounds::Demand| Bound {
        station: demand.station,
        cpu_ms_per_request: demand.seconds * 1e3,
        saturates_at_per_s: demand.saturation_per_s,
        offered_share: offered.map(|offered| offered / demand.saturation_per_s),
    };
    demands(plan).into_iter().map(bound).collect()
}

/// Writing into a string cannot fail, so its results are passed over.
fn text(explanation: &Explanation) -> String {
    let mut text = format!("{}\n\nstations\n", explanation.title);
    for Station { name, instances, each } in &explanation.stations {
        let _ = writeln!(text, "  {name:<32} {instances} × {each}");
    }
    if !explanation.autoscalers.is_empty() {
        text.push_str("\nautoscalers\n");
        for sentence in &explanation.autoscalers {
            let _ = writeln!(text, "  {sentence}");
        }
    }
    for program in &explanation.programs {
        let _ = writeln!(text, "\n{}", program.name);
        for Step { depth, verb, object, how } in &program.steps {
            let head = format!("{}{verb:<8}", "  ".repeat(depth + 1));
            let line = format!("{head:<18} {object:<26} {how}");
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text.push_str("\nbounds (utilisation law, as if no cache ever hit)\n");
    for bound in &explanation.bounds {
        let share = bound.offered_share.map_or_else(String::new, |share| {
            format!(" ({:.0} % of that is offered)", share * 100.0)
        });
        let _ = writeln!(
            text,
            "  {:<32} {:.3} ms of CPU per request, saturates at {:.0} requests/s{share}",
            bound.station, bound.cpu_ms_per_request, bound.saturates_at_per_s
        );
    }
    if let Some(offered) = explanation.offered_per_s {
        let _ = writeln!(text, "  offered: {offered:.1} requests/s");
    }
    text
}
