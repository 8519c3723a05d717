//! Which designs may be chosen from: `[plan]`.

use super::super::defaults;
use super::super::keys::{Key, Keys, Kind, ROOT};
use super::super::model::{Component, Dimension, Loss, Plan, Target};
use super::super::reader::{Item, Reader, suggestion};
use super::super::tree::{Node, Origin, Value};
use super::distribution::distribution;
use super::names::Scope;
use super::targets::Targets;
use std::fmt::Write as _;

/// Tables that describe a design. What users want, what goes wrong, what must
/// hold and how it is played are the question, not the answer.
const DESIGN: [&str; 10] = [
    "clients",
    "dns",
    "network",
    "hosts",
    "services",
    "load_balancers",
    "caches",
    "databases",
    "autoscale",
    "routing",
];
/// What may be lost, in words.
const LOSSES: [(&str, Loss); 3] = [
    ("one instance", Loss::OneInstance),
    ("one zone", Loss::OneZone),
    ("one region", Loss::OneRegion),
];

pub(super) fn plan(root: &Reader<'_>, targets: &Targets<'_, '_>) -> Option<Plan> {
    let reader = root.part("plan")?;
    let most = reader.whole("candidates_max", 1, defaults::MOST_CANDIDATES, defaults::CANDIDATES);
    let vary = reader.need("vary").map_or_else(Vec::new, |item| {
        let vary = Vary { root, scope: targets.scope, most }.dimensions(&item);
        check_count(&item, &vary, most);
        vary
    });
    let survive = reader.get("survive").map_or_else(Vec::new, |item| item.names());
    let survive = survive.iter().filter_map(|item| loss(item, targets, &vary)).collect();
    Some(Plan { vary, survive })
}

fn check_count(item: &Item<'_>, vary: &[Dimension], most: u64) {
    let count = vary.iter().map(|one| one.values.len() as u64);
    let count = count.fold(1_u64, u64::saturating_mul);
    if count > most {
        let message =
            format!("`plan.vary` means {count} designs, more than `plan.candidates_max` = {most}");
        let help = "narrow a range, give it a step such as \"2..40:2\", or raise the limit";
        item.fault("E105", message, Some(help.to_owned()));
    }
}

fn is_balancer(target: &Target) -> bool {
    let balancer = |of: &Component| matches!(of, Component::LoadBalancer(_));
    matches!(target, Target::All(of) | Target::Instance(of, _) if balancer(of))
}

fn loss(item: &Item<'_>, targets: &Targets<'_, '_>, vary: &[Dimension]) -> Option<Loss> {
    let text = item.text()?;
    let Some((_, loss)) = LOSSES.into_iter().find(|(word, _)| *word == text) else {
        if text.contains('.') {
            let target = targets.any(item)?;
            if is_balancer(&target) {
                let message =
                    format!("`{}` cannot be a load balancer: there is but one", item.path);
                let help = "name a service, a cache, a database, a host or a place".to_owned();
                item.fault("E208", message, Some(help));
                return None;
            }
            return Some(Loss::Named { name: text.to_owned(), target });
        }
        let message = format!("`{}` cannot be {text:?}", item.path);
        let help = "\"one instance\", \"one zone\", \"one region\", or names such as \
                    \"zones.eu-a\" and \"services.web.0\"";
        item.fault("E106", message, Some(help.to_owned()));
        return None;
    };
    let places =
        |ends: [&str; 2]| vary.iter().any(|one| ends.iter().any(|end| one.key.ends_with(end)));
    let missing = match loss {
        Loss::OneZone => targets.topology.zones.is_empty() && !places([".zone", ".zones"]),
        Loss::OneRegion => targets.topology.regions.is_empty(),
        _ => false,
    };
    if missing {
        let kind = text.trim_start_matches("one ");
        let message = format!("`{}` is {text:?}, and the scenario has no {kind}", item.path);
        let help = match kind {
            "zone" => "place its components: zones = [\"a\", \"b\"]",
            _ => "it takes [regions.NAME]",
        };
        item.fault("E312", message, Some(help.to_owned()));
    }
    Some(loss)
}

/// Reads `vary`.
struct Vary<'v, 'a> {
    root: &'v Reader<'a>,
    scope: &'v Scope<'a>,
    /// Most values of one key.
    most: u64,
}

impl<'a> Vary<'_, 'a> {
    fn dimensions(&self, item: &Item<'a>) -> Vec<Dimension> {
        let mut found = Vec::new();
        self.collect(item, "", &mut found);
        if found.is_empty() && !item.context.has_errors() {
            let message = format!("`{}` varies nothing", item.path);
            let help = "such as { \"services.web.instances\" = \"2..10\" }".to_owned();
            item.fault("E102", message, Some(help));
        }
        found
    }

    /// Tables nest, so that an unquoted path means the same.
    fn collect(&self, item: &Item<'a>, prefix: &str, found: &mut Vec<Dimension>) {
        for (name, at, entry) in item.entries() {
            let key = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            if matches!(entry.node.value, Value::Table(_)) {
                self.collect(&entry, &key, found);
                continue;
            }
            let Some(known) = self.known(&key, at) else { continue };
            if self.is_autoscaled(&key, at) {
                continue;
            }
            if found.iter().any(|one| one.key == key) {
                let message = format!("`{key}` varies twice");
                entry.context.error("E109", at, message, None);
                continue;
            }
            let values = self.values(&entry, known);
            found.extend(values.map(|values| Dimension { key, values }));
        }
    }

    /// The number of instances of an autoscaled service is its autoscaler's.
    /// What a file below varied that knew of none is passed over.
    fn is_autoscaled(&self, key: &str, at: Origin) -> bool {
        let service = key.strip_prefix("services.").and_then(|key| key.strip_suffix(".instances"));
        let Some(service) = service else { return false };
        let autoscalers = self.root.get("autoscale").map_or_else(Vec::new, |item| item.entries());
        let owner = autoscalers.iter().find(|(name, _, item)| {
            let of = item.text_below("of").unwrap_or(name);
            of.strip_prefix("services.").unwrap_or(of) == service
        });
        if let Some((name, ..)) = owner.filter(|(_, own, _)| own.source == at.source) {
            let message = format!("`{key}` cannot vary: `autoscale.{name}` rules it");
            let help = format!("vary autoscale.{name}.min or autoscale.{name}.max");
            self.root.context.error("E109", at, message, Some(help));
        }
        owner.is_some()
    }

    /// What stands behind a path, where it is a key of a design.
    fn known(&self, path: &str, at: Origin) -> Option<&'static Key> {
        let mut keys: &'static Keys = &ROOT;
        let mut so_far = String::new();
        let mut parts = path.split('.');
        loop {
            let part = parts.next()?;
            let allowed = |key: &&'static Key| !so_far.is_empty() || DESIGN.contains(&key.name);
            let here = || keys.keys.iter().filter(allowed).map(|key| key.name);
            let Some(key) = keys.keys.iter().find(|key| key.name == part) else {
                self.unknown(path, at, &so_far, part, here());
                return None;
            };
            if !allowed(&key) || matches!(key.kind, Kind::Later) {
                let message = format!("`{path}` is no part of a design that can be chosen");
                let help = format!("a plan varies keys of {}", DESIGN.join(", "));
                self.root.context.error("E109", at, message, Some(help));
                return None;
            }
            so_far = joined(&so_far, part);
            keys = match key.kind {
                Kind::Part(below) => below,
                Kind::Named(below) => {
                    so_far = joined(&so_far, self.named(key, path, at, &so_far, parts.next())?);
                    below
                }
                _ if parts.next().is_none() => return Some(key),
                _ => {
                    self.incomplete(path, at, &format!("`{so_far}` has no keys below it"));
                    return None;
                }
            };
            if so_far.len() >= path.len() {
                self.incomplete(path, at, &format!("`{path}` is a table: name a key of it"));
                return None;
            }
        }
    }

    /// A name of the scenario's, on the way down a path.
    fn named<'p>(
        &self,
        table: &'static Key,
        path: &str,
        at: Origin,
        so_far: &str,
        name: Option<&'p str>,
    ) -> Option<&'p str> {
        let Some(name) = name else {
            self.incomplete(path, at, &format!("`{path}` is a table: name a key of it"));
            return None;
        };
        let entries = self.root.get(table.name).map_or_else(Vec::new, |item| item.entries());
        let names = entries.iter().map(|(name, ..)| *name);
        if names.clone().any(|known| known == name) {
            return Some(name);
        }
        self.unknown(path, at, so_far, name, names);
        None
    }

    fn unknown<'n>(
        &self,
        path: &str,
        at: Origin,
        so_far: &str,
        part: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let place =
            if so_far.is_empty() { "the scenario".to_owned() } else { format!("`{so_far}`") };
        let message = format!("`{path}` cannot vary: {place} has no `{part}`");
        self.root.context.error("E201", at, message, suggestion(part, known));
    }

    fn incomplete(&self, path: &str, at: Origin, why: &str) {
        let message = format!("`{path}` cannot vary: {why}");
        let help = "such as \"services.web.instances\" or \"databases.main.machine\"".to_owned();
        self.root.context.error("E201", at, message, Some(help));
    }

    fn values(&self, item: &Item<'a>, key: &'static Key) -> Option<Vec<String>> {
        let counts = matches!(key.kind, Kind::Whole | Kind::Number | Kind::Limit);
        match &item.node.value {
            Value::Text(text) if counts => self.range(item, text),
            Value::Array(_) => self.list(item, key),
            _ => {
                let message = format!("`{}` must be a list of values", item.path);
                let help = if counts {
                    "[2, 4, 8], or a range: \"2..8\""
                } else {
                    "such as [\"c4\", \"c8\"]"
                };
                item.fault("E103", message, Some(help.to_owned()));
                None
            }
        }
    }

    /// `"a..b"` or `"a..b:step"`, both ends included.
    fn range(&self, item: &Item<'_>, text: &str) -> Option<Vec<String>> {
        let Some((from, to, step)) = range_of(text) else {
            let message = format!("`{}` is no range: {text:?}", item.path);
            item.fault("E103", message, Some("such as \"2..40\", or \"2..40:2\"".to_owned()));
            return None;
        };
        let wrong = match (from <= to, step) {
            (false, _) => Some(format!("is reversed: {from} is above {to}")),
            (true, 0) => Some("has a step of 0".to_owned()),
            _ if (to - from) / step >= self.most => {
                Some(format!("has more than {} values", self.most))
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            let help = (from > to).then(|| format!("write \"{to}..{from}\""));
            item.fault("E105", format!("`{}` = {text:?} {wrong}", item.path), help);
            return None;
        }
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        Some((from..=to).step_by(step).map(|value| value.to_string()).collect())
    }

    fn list(&self, item: &Item<'a>, key: &'static Key) -> Option<Vec<String>> {
        let items = item.items()?;
        if items.is_empty() {
            item.fault("E105", format!("`{}` is empty: nothing to choose from", item.path), None);
            return None;
        }
        let mut values: Vec<String> = Vec::new();
        for one in &items {
            self.check(&one.as_kind(key.kind), key);
            let mut value = String::new();
            render(&mut value, one.node);
            if values.contains(&value) {
                one.fault("E105", format!("`{}` has {value} twice", item.path), None);
            }
            values.push(value);
        }
        Some(values)
    }

    /// What can be said of a value by itself; the rest shows when a design is
    /// put together.
    fn check(&self, item: &Item<'_>, key: &'static Key) {
        let checked = match key.kind {
            Kind::Whole => item.whole(0, i64::MAX as u64).map(drop),
            Kind::Number => item.number(0.0, f64::MAX).map(drop),
            Kind::Flag => item.flag().map(drop),
            Kind::Quantity(_) => item.quantity().map(drop),
            Kind::Distribution(_) => distribution(item).map(drop),
            Kind::Limit => item.limit(0).map(drop),
            Kind::OneOf(..) => item.choice().map(drop),
            Kind::Text if key.name == "machine" => self.scope.machines.find(item).map(drop),
            Kind::Text => item.text().map(drop),
            _ => Some(()),
        };
        debug_assert!(checked.is_some() || item.context.has_errors(), "a fault without a word");
    }
}

fn joined(path: &str, part: &str) -> String {
    if path.is_empty() { part.to_owned() } else { format!("{path}.{part}") }
}

/// From, to, step.
fn range_of(text: &str) -> Option<(u64, u64, u64)> {
    let number = |text: &str| {
        let digits: String = text.trim().chars().filter(|c| *c != '_').collect();
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|&value| plain && value <= i64::MAX as u64)
    };
    let (from, rest) = text.split_once("..")?;
    let (to, step) = rest.split_once(':').unwrap_or((rest, "1"));
    Some((number(from)?, number(to)?, number(step)?))
}

/// A value as TOML on one line.
fn render(out: &mut String, node: &Node) {
    match &node.value {
        Value::Text(text) => quote(out, text),
        Value::Integer(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(value) => {
            let _ = write!(out, "{value:?}");
        }
        Value::Bool(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                render(out, item);
            }
            out.push(']');
        }
        Value::Table(table) => {
            out.push_str("{ ");
            for (index, (name, entry)) in table.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                quote(out, name);
                out.push_str(" = ");
                render(out, &entry.node);
            }
            out.push_str(" }");
        }
        Value::Date => out.push_str("\"date\""),
    }
}

/// A basic string; what would need another escape is refused long before.
fn quote(out: &mut String, text: &str) {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let _ = write!(out, "\"{}\"", text.replace('\n', "\\n").replace('\t', "\\t"));
}

#[cfg(test)]
mod tests {
    //! Goal: ranges mean what they look like. Method: by hand.
    use super::range_of;

    #[test]
    fn ranges_have_two_ends_and_perhaps_a_step() {
        assert_eq!(range_of("2..40"), Some((2, 40, 1)));
        assert_eq!(range_of(" 2 .. 1_000 : 20 "), Some((2, 1_000, 20)));
        for wrong in ["2", "2..", "..4", "2..-4", "2...4", "a..b", "2..4:", "2..=4", "2.5..4"] {
            assert_eq!(range_of(wrong), None, "{wrong}");
        }
    }
}
