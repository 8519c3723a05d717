//! Which sizes are tried, decided before anything is played.

use super::super::capacity::{CapacityFailure, refusal};
use super::tier::{Tier, by_size};
use super::{LeftOut, Way};
use crate::scenario::model::{Machine, Scenario};
use crate::scenario::{Change, Template, suggestion};

/// Without another limit no more instances than these are tried, unless the
/// scenario has more.
const MOST_INSTANCES: u32 = 512;
/// So far beyond the price of the largest machine the way out is followed.
const BEYOND_LARGEST: f64 = 2.0;

/// Which sizes are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sizes {
    /// Machines of the way up; none: the family of the present one.
    pub machines: Vec<String>,
    /// Most instances of the way out.
    pub max_instances: Option<u32>,
}

/// A size that will be tried.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) way: Way,
    pub(super) machine: Machine,
    pub(super) instances: u32,
    pub(super) changes: Vec<Change>,
    pub(super) scenario: Scenario,
}

/// What will be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Which tier is scaled.
    pub tier: Tier,
    pub(super) scenario: Scenario,
    pub(super) sizes: Vec<Size>,
    /// The machines of the way up were chosen: a larger one may exist.
    pub(super) chosen: bool,
    /// Sizes that the scenario does not allow, and why.
    pub left_out: Vec<LeftOut>,
}

impl Plan {
    /// Decides what is tried.
    ///
    /// # Errors
    /// No such tier or machine, no objective, or a scenario that allows no
    /// other size; in words.
    pub fn new(
        template: &Template<'_>,
        scenario: &Scenario,
        tier: &str,
        sizes: &Sizes,
    ) -> Result<Self, String> {
        let tier = Tier::find(scenario, tier).map_err(|why| format!("--tier: {why}"))?;
        let machines = machines(scenario, &tier, &sizes.machines)?;
        refusal(template, &[]).map_err(|failure| match failure {
            CapacityFailure::Refused { why, fix } => format!("{why}; {fix}"),
            other => format!("{other:?}"),
        })?;
        let mut plan = Self {
            tier: tier.clone(),
            scenario: scenario.clone(),
            sizes: Vec::new(),
            chosen: !sizes.machines.is_empty(),
            left_out: Vec::new(),
        };
        for machine in &machines {
            // As few instances as the scenario allows.
            let few = |count| plan.varied(template, Way::Up, machine, count);
            let found = few(1).or_else(|why| match tier.instances {
                1 => Err(why),
                present => few(present),
            });
            plan.take(found, &machine.name);
        }
        for instances in instances(&tier, &machines, sizes.max_instances) {
            let machine = &tier.machine;
            let found = plan.varied(template, Way::Out, machine, instances);
            plan.take(found, &format!("{instances} × {}", machine.name));
        }
        let mut sizes: Vec<_> =
            plan.sizes.iter().map(|size| (&size.machine.name, size.instances)).collect();
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.len() < 2 {
            let why = plan.left_out.first().map_or("there is no other machine", |one| &one.why);
            return Err(format!("`{}` has no other size to compare with: {why}", tier.name));
        }
        Ok(plan)
    }

    fn varied(
        &self,
        template: &Template<'_>,
        way: Way,
        machine: &Machine,
        instances: u32,
    ) -> Result<Size, String> {
        let changes = self.tier.changes(machine, instances);
        let scenario = template.vary(&changes, None).map_err(|wrong| {
            let first = wrong.iter().next();
            first.map_or_else(String::new, |one| one.message.clone())
        })?;
        Ok(Size { way, machine: machine.clone(), instances, changes, scenario })
    }

    fn take(&mut self, found: Result<Size, String>, name: &str) {
        match found {
            Ok(size) => self.sizes.push(size),
            Err(why) => self.left_out.push(LeftOut { name: name.to_owned(), why }),
        }
    }
}

/// The machines of the way up, from the smallest.
fn machines(scenario: &Scenario, tier: &Tier, asked: &[String]) -> Result<Vec<Machine>, String> {
    let catalogue = &scenario.topology.machines;
    if asked.is_empty() {
        return Ok(tier.family(&scenario.topology).into_iter().cloned().collect());
    }
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for (place, name) in asked.iter().enumerate() {
        if asked[..place].contains(name) {
            wrong.push(format!("--machines: `{name}` stands there twice; name it once"));
        }
        match catalogue.iter().find(|machine| machine.name == *name) {
            Some(machine) => found.push(machine),
            None => {
                let names = catalogue.iter().map(|machine| machine.name.as_str());
                let help = suggestion(name, names).unwrap_or_default();
                wrong.push(format!("--machines: there is no machine `{name}`; {help}"));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\nerror: "));
    }
    by_size(&mut found);
    Ok(found.into_iter().cloned().collect())
}

/// The numbers of instances that are tried, rising: 1, 2, 3, 4, 6, 8, 12 …,
/// the present number and the one that costs what the largest machine does.
fn instances(tier: &Tier, machines: &[Machine], most: Option<u32>) -> Vec<u32> {
    let largest = machines.last().map_or(1.0, |largest| times_as_large(tier, largest));
    let equal = (largest.round() as u32).max(1);
    let default = (BEYOND_LARGEST * largest).round() as u32;
    let default = default.clamp(4, MOST_INSTANCES).max(2 * tier.instances);
    let most = most.unwrap_or(default);
    let mut counts = ladder(most);
    counts.extend([equal, tier.instances, most]);
    counts.retain(|count| (1..=most).contains(count));
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// So many times the price of the present machine; without prices, its vCPUs.
fn times_as_large(tier: &Tier, machine: &Machine) -> f64 {
    let prices = machine.price_per_hour / tier.machine.price_per_hour;
    let cpus = f64::from(machine.vcpus) / f64::from(tier.machine.vcpus);
    if prices.is_finite() && prices > 0.0 { prices } else { cpus }
}

/// 1, 2, 3, 4, 6, 8, 12, 16, 24 …
fn ladder(most: u32) -> Vec<u32> {
    let powers = (0..31).map(|power| 1_u32 << power);
    let both = powers.flat_map(|power| [power, power + power / 2]);
    both.take_while(|count| *count <= most).collect()
}

#[cfg(test)]
mod tests {
    //! Goal: few steps reach far, without a gap of more than a half. Method:
    //! the numbers themselves.
    use super::ladder;

    #[test]
    fn steps_grow_with_what_is_there() {
        let mut steps = ladder(50);
        steps.dedup();
        assert_eq!(steps, [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]);
        let far = ladder(1_000_000);
        assert!(far.windows(2).all(|pair| pair[1] <= 2 * pair[0]) && far.len() < 50);
    }
}
