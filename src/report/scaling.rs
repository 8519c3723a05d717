//! Both ways of a tier as JSON and CSV, and the answer in sentences.

use super::csv::Table;
use super::json::{pretty, value};
use super::number;
use crate::experiment::capacity::Unit;
use crate::experiment::scale::{Scaling, Step, Way, same_price};
use crate::experiment::summary::{FORMAT, Verdict};
use serde_json::{Map, Value};

/// Hours in a month of 365 ÷ 12 days.
pub(super) const HOURS_PER_MONTH: f64 = 730.0;
/// Prices nearer to each other than this are called the same.
const SAME_PRICE: f64 = 0.03;

/// `scale.json`: the sentence, whether today's users are carried, both ways.
pub fn json(scaling: &Scaling) -> Vec<u8> {
    let mut all = Map::new();
    all.insert("format".to_owned(), FORMAT.into());
    all.insert("sentence".to_owned(), sentences(scaling).join(" ").into());
    all.insert("verdict".to_owned(), value(&scaling.verdict()));
    let cheapest = scaling.cheapest().map(|step| step.name.clone());
    all.insert("cheapest".to_owned(), value(&cheapest));
    if let Value::Object(figures) = value(scaling) {
        all.extend(figures);
    }
    pretty(Value::Object(all))
}

/// `scale.csv`: a line per step.
pub fn csv(scaling: &Scaling) -> Vec<u8> {
    let mut table = Table::new();
    table.texts(&["way", "step", "machine", "vcpus", "instances", "present"]);
    table.heading(&format!("capacity_{}", unit_name(scaling.unit)));
    table.texts(&["gives_way", "machines_per_month", "today"]);
    table.heading("today_p99_ms");
    table.heading("today_per_million_requests");
    table.texts(&["one_dead"]);
    table.heading("one_dead_answered");
    table.heading("one_dead_p99_ms");
    table.end();
    for step in scaling.steps() {
        line(&mut table, step);
    }
    table.bytes()
}

fn line(table: &mut Table, step: &Step) {
    let way = match step.way {
        Way::Up => "up",
        Way::Out => "out",
    };
    table.texts(&[way, &step.name, &step.machine]);
    table.counts(&[u64::from(step.vcpus), u64::from(step.instances)]);
    table.text(if step.present { "true" } else { "false" });
    let mark = &step.capacity;
    table.number(Some(mark.value));
    table.number(Some(mark.low));
    table.number(mark.high);
    table.text(mark.gives_way.as_ref().map_or("", |one| &one.station));
    table.number(Some(step.machines_per_hour * HOURS_PER_MONTH));
    table.text(verdict(Some(step.today.verdict)));
    table.estimate(&step.today.p99_ms);
    table.estimate(&step.today.per_million_requests);
    table.text(verdict(step.one_dead.verdict));
    table.estimate(&step.one_dead.answered);
    table.estimate(&step.one_dead.p99_ms);
    table.end();
}

fn verdict(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "",
        Some(Verdict::Met) => "met",
        Some(Verdict::Missed) => "missed",
        Some(Verdict::Undecided) => "undecided",
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Users => "users",
        Unit::RequestsPerS => "requests_per_s",
    }
}

/// `310,000 users`, `12.5 requests/s`.
pub(super) fn load(scaling: &Scaling, load: f64) -> String {
    match scaling.unit {
        Unit::Users => format!("{} users", number::count(load.round() as u64)),
        Unit::RequestsPerS => format!("{} requests/s", number::plain(load)),
    }
}

/// The answer, a sentence each: where the way up ends, what the same money
/// buys on the way out, where that ends, what to take today, and what is left
/// when one dies.
pub fn sentences(scaling: &Scaling) -> Vec<String> {
    let sentences = [up(scaling), out(scaling), today(scaling), one_dead(scaling)];
    sentences.into_iter().flatten().collect()
}

/// What a step carries.
fn carries(scaling: &Scaling, step: &Step) -> String {
    match step.capacity.low > 0.0 {
        true => format!("carries at least {}", load(scaling, step.capacity.value)),
        false => "carries no load that can be judged".to_owned(),
    }
}

fn per_month(step: &Step) -> f64 {
    step.machines_per_hour * HOURS_PER_MONTH
}

/// ` for 1,234 a month`; nothing without prices.
fn price(step: &Step) -> String {
    match per_month(step) {
        none if none <= 0.0 => String::new(),
        month => format!(" for {} a month in machines", number::fixed(month, 0)),
    }
}

/// ` (services.web.cpu gives way)`.
fn gives_way(step: &Step) -> String {
    let station = step.capacity.gives_way.as_ref();
    station.map_or_else(String::new, |one| format!(" ({} gives way)", one.station))
}

fn up(scaling: &Scaling) -> Option<String> {
    let largest = scaling.up.last()?;
    let carries = carries(scaling, largest);
    let (price, gives_way) = (price(largest), gives_way(largest));
    let name = &largest.name;
    let end = match scaling.machines_chosen {
        true => "Up to the largest machine that was tried",
        false => "Up ends at the largest machine",
    };
    Some(format!("{end}: {name} {carries}{price}{gives_way}."))
}

fn out(scaling: &Scaling) -> Option<String> {
    let highest = Scaling::highest(&scaling.out)?;
    let equal = scaling.up.last().and_then(|largest| for_the_same(scaling, largest));
    let mut parts = Vec::new();
    if let Some((step, how)) = &equal {
        let verb = carries(scaling, step).replace("carries", "carry");
        parts.push(format!("{} {verb} {how}", step.name));
    }
    let last = scaling.out.last().map_or(0, |step| step.instances);
    let beyond = highest.instances;
    if equal.as_ref().is_none_or(|(step, _)| step.name != highest.name) {
        let verb = carries(scaling, highest).replace("carries", "carry");
        parts.push(format!("{} {verb}{}", highest.name, price(highest)));
    }
    let end = match (&highest.capacity.gives_way, scaling.out_saturates) {
        (Some(one), true) if !one.station.starts_with(&scaling.tier) => {
            format!("; more of them carry no more, since {} gives way", one.station)
        }
        (_, true) => "; more of them carry no more".to_owned(),
        (Some(one), false) if beyond == last => format!(" ({} gives way)", one.station),
        _ => String::new(),
    };
    Some(format!("Out: {}{end}.", parts.join(", ")))
}

/// The step of the way out that costs what another does, or next less.
fn for_the_same<'a>(scaling: &'a Scaling, largest: &Step) -> Option<(&'a Step, String)> {
    let price = largest.machines_per_hour;
    let affordable = |step: &&Step| step.machines_per_hour <= price * (1.0 + SAME_PRICE);
    let step = scaling.out.iter().rfind(affordable).filter(|_| price > 0.0)?;
    let less = 1.0 - step.machines_per_hour / price;
    let how = match less.abs() < SAME_PRICE {
        true => "for the same price".to_owned(),
        false => format!("for {:.0} % less", 100.0 * less),
    };
    Some((step, how))
}

fn today(scaling: &Scaling) -> Option<String> {
    let users = load(scaling, scaling.today);
    Some(match (scaling.cheapest(), scaling.verdict()) {
        (Some(step), _) => {
            let sooner = sooner(step, |one| Some(one.today.verdict), scaling);
            let open = open(step, |one| Some(one.today.verdict), scaling);
            format!("Cheapest for today's {users}: {}{}{sooner}{open}.", step.name, price(step))
        }
        (None, Verdict::Undecided) => {
            format!("No step is known to carry today's {users}; some are undecided.")
        }
        (None, _) => format!("No step carries today's {users}."),
    })
}

/// Where the design survives the loss of one instance.
fn one_dead(scaling: &Scaling) -> Option<String> {
    let verdict = |step: &Step| step.one_dead.verdict;
    Some(match scaling.cheapest_with_one_dead() {
        Some(step) => format!(
            "The cheapest that meets the SLO with one instance dead: {}{}{}{}.",
            step.name,
            price(step),
            sooner(step, verdict, scaling),
            open(step, verdict, scaling)
        ),
        None => match undecided(scaling, verdict, f64::INFINITY) {
            names if names.is_empty() => "No step meets the SLO with one instance dead.".to_owned(),
            names => format!(
                "No step is known to meet the SLO with one instance dead; undecided: {}.",
                names.join(", ")
            ),
        },
    })
}

/// `, sooner than c16 at the same price`: a tie is not called cheaper.
fn sooner(chosen: &Step, verdict: impl Fn(&Step) -> Option<Verdict>, scaling: &Scaling) -> String {
    // One present machine stands in both ways.
    let design = |step: &Step| (step.machine.clone(), step.instances);
    let ties = scaling.steps().filter(|step| {
        same_price(step, chosen)
            && design(step) != design(chosen)
            && verdict(step) == Some(Verdict::Met)
    });
    let names: Vec<&str> = ties.map(|step| step.name.as_str()).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(", with a lower p99 than {} at the same price", names.join(", ")),
    }
}

/// `; undecided for less: 3 × c4`: cheaper steps that may do as well.
fn open(chosen: &Step, verdict: impl Fn(&Step) -> Option<Verdict>, scaling: &Scaling) -> String {
    let names = undecided(scaling, verdict, chosen.machines_per_hour);
    match names.is_empty() {
        true => String::new(),
        false => format!(
            "; undecided for less: {} (more --replications, or a longer run, decide)",
            names.join(", ")
        ),
    }
}

/// Steps below a price of which it is not certain.
fn undecided(
    scaling: &Scaling,
    verdict: impl Fn(&Step) -> Option<Verdict>,
    below: f64,
) -> Vec<&str> {
    let open = scaling
        .steps()
        .filter(|step| verdict(step) == Some(Verdict::Undecided) && step.machines_per_hour < below);
    open.map(|step| step.name.as_str()).collect()
}
