//! From findings to the answer: what was chosen, why not something cheaper, and
//! what more users would take.

use super::design::Design;
use super::result::{
    DecidedBy, DesignResult, FORMAT, Growth, Outcome, PlanResult, Rejections, Standing,
};
use super::search::{Answer, answer as answer_of};
use super::trial::Finding;
use super::{ERROR, Round, words};
use crate::experiment::summary::ScenarioName;
use crate::scenario::model::{Loss, Plan, Scenario};

/// Puts the answer together; `grown`: a round for more users, their number, and
/// the place of its first design.
pub(super) fn answer(
    base: &Scenario,
    plan: &Plan,
    designs: &[Design],
    round: Round,
    answer: Answer,
    grown: Option<(Round, u64, usize)>,
) -> PlanResult {
    let growth = grown.map(|(grown, users, from)| growth(designs, &grown, users, from));
    let judging = round.judging;
    let results: Vec<DesignResult> = designs
        .iter()
        .zip(round.findings)
        .map(|(design, finding)| result(design, finding))
        .collect();
    let outcome = outcome(&answer);
    let nearest_miss = nearest_miss(&results).filter(|_| answer.chosen.is_none());
    let survive: Vec<String> = plan.survive.iter().map(written).collect();
    let words = Words { base, plan, designs: &results, survive: &survive };
    let sentence = words.sentence(&answer, nearest_miss);
    let widen = nearest_miss
        .filter(|_| outcome == Outcome::Nothing)
        .map(|place| words.widen(&results[place]));
    PlanResult {
        format: FORMAT,
        highwater: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: ScenarioName { title: base.title.clone(), hash: base.hash.clone() },
        users: base.workload.users.count,
        seed: judging.seed,
        outcome,
        sentence,
        chosen: answer.chosen,
        runner_up: answer.next,
        undecided: answer.undecided,
        nearest_miss,
        widen,
        growth,
        error: ERROR,
        error_per_verdict: judging.error,
        replications: (judging.fewest, judging.most),
        rejected: rejected(&results),
        keys: plan.vary.iter().map(|dimension| dimension.key.clone()).collect(),
        notes: notes(base, &results, answer.chosen),
        designs: results,
        survive,
    }
}

fn result(design: &Design, finding: Finding) -> DesignResult {
    let values: Vec<String> = design.changes.iter().map(|(_, value)| value.clone()).collect();
    let plain = || {
        let pairs = design.changes.iter();
        let pairs: Vec<String> =
            pairs.map(|(key, value)| format!("{key} {}", words::bare(value))).collect();
        pairs.join(", ")
    };
    let (name, price) = match &design.built {
        Ok(built) => (built.name.clone(), Some(built.per_hour)),
        Err(_) => (plain(), None),
    };
    finding.into_result(name, values, price)
}

fn outcome(answer: &Answer) -> Outcome {
    match (answer.undecided.is_empty(), answer.chosen) {
        (false, _) => Outcome::Undecided,
        (true, Some(_)) => Outcome::Found,
        (true, None) => Outcome::Nothing,
    }
}

fn written(loss: &Loss) -> String {
    match loss {
        Loss::OneInstance => "one instance".to_owned(),
        Loss::OneZone => "one zone".to_owned(),
        Loss::OneRegion => "one region".to_owned(),
        Loss::Named { name, .. } => name.clone(),
    }
}

/// Rejected designs by reason, the most frequent first.
fn rejected(designs: &[DesignResult]) -> Vec<Rejections> {
    let mut groups: Vec<Rejections> = Vec::new();
    let out = |design: &&DesignResult| {
        matches!(design.standing, Standing::Rejected | Standing::Impossible)
    };
    for design in designs.iter().filter(out) {
        let known = groups.iter_mut().find(|group| group.reason == design.reason);
        let price = design.per_month;
        match known {
            Some(group) => {
                group.designs += 1;
                group.per_month = group
                    .per_month
                    .zip(price)
                    .map(|((low, high), price)| (low.min(price), high.max(price)));
            }
            None => groups.push(Rejections {
                reason: design.reason.clone(),
                decided_by: design.decided_by,
                designs: 1,
                per_month: price.map(|price| (price, price)),
            }),
        }
    }
    // A stable sort: equals stay in order of price.
    groups.sort_by_key(|group| std::cmp::Reverse(group.designs));
    groups
}

/// What was played and missed least; where nothing was, what a bound cut most
/// narrowly.
fn nearest_miss(designs: &[DesignResult]) -> Option<usize> {
    let missed = designs.iter().enumerate().filter(|(_, one)| one.standing == Standing::Rejected);
    let scored = missed.map(|(place, one)| (one.miss(), place));
    let least = scored.min_by(|(a, _), (b, _)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    least.map(|(_, place)| place)
}

fn notes(base: &Scenario, designs: &[DesignResult], chosen: Option<usize>) -> Vec<String> {
    let mut notes = Vec::new();
    let topology = &base.topology;
    let by_use = topology.dns.as_ref().is_some_and(|dns| dns.price_per_million > 0.0)
        || topology.network.egress_price_per_gb > 0.0;
    if by_use {
        let all = chosen.and_then(|place| all_included(&designs[place]));
        let all = all.unwrap_or_default();
        notes.push(format!(
            "Prices are of what stands there: machines and balancers. What is paid by use \
             (look-ups, bytes sent) comes on top, and is the same for all designs that answer \
             the same users{all}."
        ));
    }
    let impossible =
        designs.iter().filter(|design| design.standing == Standing::Impossible).count();
    if impossible > 0 {
        notes.push(format!(
            "{impossible} of {} designs cannot be put together and were left out: see the \
             reasons. An event that names an instance by number needs that instance.",
            designs.len()
        ));
    }
    if topology.hosts.iter().all(|host| topology.machines[host.machine].price_per_hour == 0.0) {
        notes.push("No machine has a price: every design costs the same.".to_owned());
    }
    notes
}

/// `: the chosen one costs 23,769 a month in all`, as a run of it says.
fn all_included(design: &DesignResult) -> Option<String> {
    let whole = design.trials.iter().find(|trial| trial.lost.is_empty())?;
    let all = words::per_month(design.per_hour? + whole.by_use_per_hour);
    Some(format!(": with it the chosen one costs {all} a month"))
}

fn growth(designs: &[Design], grown: &Round, users: u64, from: usize) -> Growth {
    let behind = &designs[from..];
    let answer = answer_of(&grown.opinions(behind));
    let outcome = outcome(&answer);
    let (name, price) = (
        |place: usize| described(&behind[place]),
        |place: usize| behind[place].price() * words::HOURS_PER_MONTH,
    );
    let count = words::count(users);
    let open = match answer.undecided.first() {
        Some(&place) => format!("; {} may do already", name(place)),
        None => String::new(),
    };
    let sentence = match answer.chosen {
        Some(0) => format!("The same design carries {count} users, a fifth more."),
        Some(place) => format!(
            "{count} users, a fifth more, take {}: {} a month more{open}.",
            name(place),
            words::count((price(place) - price(0)).round() as u64),
        ),
        None if answer.undecided.is_empty() => {
            format!("No design of the range carries {count} users, a fifth more.")
        }
        None => format!("{count} users, a fifth more: undecided{open}."),
    };
    let judged = grown.findings.iter().enumerate();
    let judged = judged.filter(|(_, one)| one.decided_by == DecidedBy::Simulation);
    let tried = judged.map(|(place, one)| {
        let detail = format!("{} {}", one.reason, one.detail);
        ((format!("{}: {}", name(place), detail.trim())), one.standing)
    });
    Growth {
        users,
        outcome,
        chosen: answer.chosen.map(|place| place + from),
        sentence,
        tried: tried
            .map(|(words, standing)| (words.trim_end_matches(": ").to_owned(), standing))
            .collect(),
    }
}

fn described(design: &Design) -> String {
    design.built.as_ref().map_or_else(|_| String::new(), |built| built.name.clone())
}

/// What the answer is told with.
struct Words<'a> {
    base: &'a Scenario,
    plan: &'a Plan,
    designs: &'a [DesignResult],
    survive: &'a [String],
}

impl Words<'_> {
    fn sentence(&self, answer: &Answer, nearest_miss: Option<usize>) -> String {
        let load = match self.base.workload.users.count {
            Some(users) => format!("{} users", words::count(users)),
            None => "the load".to_owned(),
        };
        let load = format!("{load}{}", self.survived());
        match (answer.chosen, answer.undecided.first()) {
            (Some(chosen), None) => {
                let (name, price) = (&self.designs[chosen].name, self.price(chosen));
                let cheaper = self.cheaper(chosen);
                format!(
                    "The cheapest design that carries {load} is {name}, for {price} a month in \
                     machines{cheaper}."
                )
            }
            (Some(chosen), Some(&open)) => format!(
                "Undecided: {} at {} a month may carry {load} ({}). Certain is {} at {} a month; \
                 more replications decide.",
                self.designs[open].name,
                self.price(open),
                self.detail(open),
                self.designs[chosen].name,
                self.price(chosen),
            ),
            (None, Some(&open)) => format!(
                "Undecided: {} at {} a month may carry {load} ({}), and no design is certain to; \
                 more replications decide.",
                self.designs[open].name,
                self.price(open),
                self.detail(open),
            ),
            (None, None) => {
                let count = words::count(self.designs.len() as u64);
                if let Some(reason) = self.all_alike() {
                    return format!("None of {count} designs carries {load}: {reason}.");
                }
                let nearest = nearest_miss.map_or_else(String::new, |place| {
                    let name = &self.designs[place].name;
                    format!(" The nearest, {name}, will not do: {}.", self.detail(place))
                });
                format!("None of {count} designs carries {load}.{nearest}")
            }
        }
    }

    /// What all designs lack, whatever else they are made of.
    fn all_alike(&self) -> Option<String> {
        let first = self.designs.first()?;
        let alike = |one: &DesignResult| one.reason == first.reason && one.fix == first.fix;
        let all = first.fix.is_some() && self.designs.iter().all(alike);
        all.then(|| self.detail(0))
    }

    fn survived(&self) -> String {
        if self.survive.is_empty() {
            return String::new();
        }
        let any = self.survive.iter().map(|lost| match lost.strip_prefix("one ") {
            Some(_) => format!("any {lost}"),
            None => lost.clone(),
        });
        format!(" with {} lost", any.collect::<Vec<_>>().join(" or "))
    }

    /// Why no cheaper design will do: what comes nearest.
    fn cheaper(&self, chosen: usize) -> String {
        let price = self.designs[chosen].per_hour;
        let count = self.designs[..chosen].iter().filter(|one| one.per_hour < price).count();
        let nearest = nearest_miss(&self.designs[..count]);
        match nearest {
            Some(place) => format!(
                "; of {} cheaper {} the nearest, {}, will not do: {}",
                words::count(count as u64),
                if count == 1 { "design" } else { "designs" },
                self.designs[place].name,
                self.detail(place)
            ),
            None => "; there is none cheaper in the range".to_owned(),
        }
    }

    /// Reason and figures: `misses p99 (512 > 500 ms)`.
    fn detail(&self, place: usize) -> String {
        let design = &self.designs[place];
        match design.detail.as_str() {
            "" => design.reason.clone(),
            detail => format!("{} ({detail})", design.reason),
        }
    }

    fn price(&self, place: usize) -> String {
        self.designs[place].per_hour.map_or_else(String::new, words::per_month)
    }

    /// Which range to widen, by what saturates first in the nearest miss.
    fn widen(&self, nearest: &DesignResult) -> String {
        if let Some(fix) = &nearest.fix {
            return format!("No number of other machines mends that: {fix}.");
        }
        let trial = nearest.decisive().and_then(|trial| trial.bottleneck.clone());
        let station = trial.or_else(|| nearest.bound.as_ref().map(|bound| bound.station.clone()));
        let Some(station) = station else {
            return "Raise the limits of the SLO: no design of this kind is fast enough."
                .to_owned();
        };
        let mut parts = station.split('.');
        let owner: Vec<&str> = parts.by_ref().take(2).collect();
        let owner = owner.join(".");
        let own = self.plan.vary.iter().filter(|one| one.key.starts_with(&format!("{owner}.")));
        let keys: Vec<String> = own
            .map(|one| {
                let ends = [one.values.first(), one.values.last()]
                    .map(|value| value.map_or("", |value| words::bare(value)));
                format!("{} (now {} to {})", one.key, ends[0], ends[1])
            })
            .collect();
        match keys.is_empty() {
            true => format!("What gives way is {station}: let a key of {owner} vary."),
            false => format!("What gives way is {station}: widen {}.", keys.join(" or ")),
        }
    }
}
