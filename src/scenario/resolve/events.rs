//! What happens by the script: `[events.NAME]`.

use super::super::defaults;
use super::super::model::{Arrivals, Component, Death, Event, EventAction, Target};
use super::super::reader::{Item, Reader};
use super::super::tree::{ACTIONS, Value};
use super::super::units;
use super::names::Scope;
use super::targets::Targets;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::{Duration, Instant};
use std::collections::BTreeMap;

/// Actions that have no end.
const INSTANT: [&str; 5] = ["restart", "flush", "scale", "dns_record", "reshard"];
/// Details, and the action to which each belongs.
const DETAILS: [(&str, &str); 7] = [
    ("how", "kill"),
    ("speed", "slow"),
    ("add", "slow_link"),
    ("share", "loss"),
    ("to", "scale"),
    ("shards", "reshard"),
    ("rate", "reshard"),
];

/// When the run ends, and where that is written.
pub(super) struct End<'a> {
    at: Duration,
    item: Item<'a>,
}

impl<'a> End<'a> {
    /// `None` where the duration is missing or at fault.
    pub(super) fn new(root: &Reader<'a>) -> Option<Self> {
        let item = root.get("run")?.below_quietly("duration")?;
        Some(Self { at: quiet_time(&item)?, item })
    }

    /// The command line says it: what lies behind it is left out.
    fn is_override(&self) -> bool {
        is_override(&self.item)
    }
}

/// Whether `--set` wrote a value: overrides have no file.
fn is_override(item: &Item<'_>) -> bool {
    item.context.sources.texts[item.node.origin.source].path.as_os_str().is_empty()
}

/// A time, without a word where it is none.
fn quiet_time(item: &Item<'_>) -> Option<Duration> {
    let Value::Text(text) = &item.node.value else { return None };
    let nanos = units::parse(text, units::TIME).ok()?;
    let possible = nanos >= 0.0 && nanos <= Instant::MAX.as_nanos() as f64;
    possible.then(|| Duration::from_nanos_f64(nanos))
}

/// Most instances that `scale` events ask for, by service: as many get
/// machines. Events that are left out count too: what a file names exists
/// however long it is played.
pub(super) fn room(scope: &Scope<'_>) -> BTreeMap<String, u32> {
    let mut room: BTreeMap<String, u32> = BTreeMap::new();
    for (_, _, event) in &scope.events.entries {
        let service = event.text_below("scale").and_then(|name| name.strip_prefix("services."));
        let count = event.whole_below("to").and_then(|count| u32::try_from(count).ok());
        let count = count.filter(|&count| count <= defaults::MOST_INSTANCES);
        if let (Some(service), Some(count)) = (service, count) {
            let most = room.entry(service.to_owned()).or_default();
            *most = count.max(*most);
        }
    }
    room
}

/// Most shards that `reshard` events ask for, by database: as many get
/// machines, from the start.
pub(super) fn shards_room(scope: &Scope<'_>) -> BTreeMap<String, u32> {
    let mut room: BTreeMap<String, u32> = BTreeMap::new();
    for (_, _, event) in &scope.events.entries {
        let name = event.text_below("reshard").and_then(|name| name.strip_prefix("databases."));
        let count = event.whole_below("shards").filter(|&count| count <= defaults::MOST_SHARDS);
        let count = count.and_then(|count| u32::try_from(count).ok());
        if let (Some(name), Some(count)) = (name, count) {
            let most = room.entry(name.to_owned()).or_default();
            *most = count.max(*most);
        }
    }
    room
}

/// What the events of a scenario need to know.
pub(super) struct Script<'s, 'a> {
    pub(super) scope: &'s Scope<'a>,
    pub(super) targets: Targets<'s, 'a>,
    pub(super) arrivals: &'s Arrivals,
    pub(super) end: Option<&'s End<'a>>,
    /// Names are looked up.
    pub(super) named: bool,
}

impl Script<'_, '_> {
    /// In order of time; those of one instant in order of the file.
    pub(super) fn events(&self) -> Vec<Event> {
        let readers = self.scope.events.readers();
        let mut events: Vec<Event> =
            readers.filter_map(|(name, reader)| self.event(name, &reader?)).collect();
        events.sort_by_key(|event| event.at);
        events
    }

    fn event(&self, name: &str, reader: &Reader<'_>) -> Option<Event> {
        let at = reader.need("at").and_then(|item| Some((item.duration()?, item)));
        let played = at.as_ref().is_none_or(|(at, item)| self.is_played(name, *at, item));
        let lasts = reader.positive_duration("for");
        let action = self.action(reader);
        let (at, _) = at?;
        let action = action?;
        played.then(|| Event { name: name.to_owned(), at: Instant::ZERO + at, lasts, action })
    }

    /// Whether an event falls within the run; one behind its end is an error,
    /// unless the command line made the run shorter.
    fn is_played(&self, name: &str, at: Duration, item: &Item<'_>) -> bool {
        let Some(end) = self.end.filter(|end| at >= end.at) else { return true };
        let told = |item: &Item<'_>| item.text().unwrap_or_default().to_owned();
        let (when, until) = (told(item), told(&end.item));
        if end.is_override() && !is_override(item) {
            let message =
                format!("`events.{name}` at {when} is left out: the run ends after {until}");
            item.context.warn("W404", item.node.origin, message, None);
        } else {
            let message = format!("`{}` is {when}, and the run ends after {until}", item.path);
            let help = "let it happen earlier, or make `run.duration` longer".to_owned();
            item.fault("E310", message, Some(help));
        }
        false
    }

    fn action(&self, reader: &Reader<'_>) -> Option<EventAction> {
        let mut given = ACTIONS.into_iter().filter(|action| reader.has(action));
        let Some(action) = given.next() else {
            let message = format!("`{}` does not say what happens", reader.path);
            let help = format!("one of {}", ACTIONS.join(", "));
            reader.fault("E102", message, Some(&help));
            return None;
        };
        if let Some(second) = given.next() {
            let message = format!("`{}` does two things: `{action}` and `{second}`", reader.path);
            let help = Some("write two events".to_owned());
            reader.context.error("E109", reader.key_origin(second), message, help);
            return None;
        }
        check_details(reader, action);
        let at_network = matches!(action, "kill" | "flush")
            && matches!(&reader.get(action)?.node.value, Value::Text(text) if text == "cdn");
        if at_network {
            return self.network(reader, action);
        }
        match action {
            "kill" | "restart" | "hang" | "slow" | "partition" | "lose" | "destroy" | "drain" => {
                self.strike(reader, action)
            }
            "cut" | "slow_link" | "loss" => self.link(reader, action),
            "dns_outage" | "dns_record" => self.names(reader, action),
            "flush" => {
                let whole = |target: &Target| matches!(target, Target::All(Component::Cache(_)));
                let item = reader.get("flush")?;
                match self.targets.fit(&item, "a cache: \"caches.NAME\"", whole)? {
                    Target::All(Component::Cache(cache)) => Some(EventAction::Flush { cache }),
                    _ => None,
                }
            }
            "spike" => self.spike(&reader.get("spike")?),
            "reshard" => self.reshard(reader),
            _ => self.scale(reader),
        }
    }

    /// Actions on the content delivery network, which keeps silent when it is
    /// dead unless the event says otherwise.
    fn network(&self, reader: &Reader<'_>, action: &'static str) -> Option<EventAction> {
        let item = reader.get(action)?;
        if self.targets.topology.cdn.is_none() {
            let message = format!("`{}` names `cdn`, and there is no [cdn]", item.path);
            item.fault("E201", message, Some("write [cdn] with its `storage`".to_owned()));
            return None;
        }
        let death = match reader.choice("how") {
            Some("refuse") => Death::Refused,
            _ => Death::Silent,
        };
        Some(if action == "kill" {
            EventAction::CdnOutage { death }
        } else {
            EventAction::FlushCdn
        })
    }

    /// Actions on one target.
    fn strike(&self, reader: &Reader<'_>, action: &'static str) -> Option<EventAction> {
        let item = reader.get(action)?;
        let target = match action {
            "slow" => {
                let works = |target: &Target| {
                    !matches!(
                        target,
                        Target::All(Component::LoadBalancer(_))
                            | Target::Instance(Component::LoadBalancer(_), _)
                    )
                };
                self.targets.fit(&item, "what has a machine: no load balancer", works)
            }
            "drain" => {
                let spared = |target: &Target| {
                    !matches!(
                        target,
                        Target::All(Component::LoadBalancer(_) | Component::Cache(_))
                            | Target::Instance(Component::LoadBalancer(_) | Component::Cache(_), _)
                    )
                };
                self.targets.fit(&item, "what can be spared: no load balancer, no cache", spared)
            }
            "lose" => {
                let place = |target: &Target| matches!(target, Target::Zone(_) | Target::Region(_));
                self.targets.fit(&item, "a zone or a region", place)
            }
            _ => self.targets.any(&item),
        };
        let speed = if action == "slow" { speed(reader) } else { None };
        let death = match reader.choice("how") {
            Some("silence") => Death::Silent,
            _ => Death::Refused,
        };
        let target = target?;
        Some(match action {
            "kill" => EventAction::Kill { target, death },
            "restart" => EventAction::Restart { target },
            "hang" => EventAction::Hang { target },
            "slow" => EventAction::Slow { target, speed: speed? },
            "partition" => EventAction::Partition { target },
            "lose" => EventAction::Lose { target },
            "destroy" => EventAction::Destroy { target },
            _ => EventAction::Drain { target },
        })
    }

    /// Actions on the way between two targets.
    fn link(&self, reader: &Reader<'_>, action: &'static str) -> Option<EventAction> {
        let item = reader.get(action)?;
        let sides = self.sides(&item);
        let added = match action {
            "slow_link" => reader.need("add").and_then(|item| item.positive_duration()),
            _ => None,
        };
        let share = match action {
            "loss" => reader.need("share").and_then(|item| lost(&item)),
            _ => None,
        };
        let (from, to) = sides?;
        Some(match action {
            "cut" => EventAction::Cut { from, to },
            "slow_link" => EventAction::SlowLink { from, to, added: added? },
            _ => EventAction::Loss { from, to, share: share? },
        })
    }

    /// Two different targets.
    fn sides(&self, item: &Item<'_>) -> Option<(Target, Target)> {
        let items = item.items()?;
        let [one, other] = &items[..] else {
            let message = format!("`{}` names {} and needs two", item.path, items.len());
            let help = "such as [\"services.web\", \"databases.main\"]".to_owned();
            item.fault("E105", message, Some(help));
            return None;
        };
        let (from, to) = (self.targets.any(one), self.targets.any(other));
        let (from, to) = (from?, to?);
        if from == to {
            let message = format!("`{}` names one thing twice", item.path);
            item.fault("E105", message, Some("a way leads from one to another".to_owned()));
        }
        Some((from, to))
    }

    fn names(&self, reader: &Reader<'_>, action: &'static str) -> Option<EventAction> {
        let item = reader.get(action)?;
        if action == "dns_record" {
            let region = |target: &Target| matches!(target, Target::Region(_));
            return match self.targets.fit(&item, "a region: \"regions.NAME\"", region)? {
                Target::Region(region) => Some(EventAction::DnsRecord { region }),
                _ => None,
            };
        }
        if !item.flag()? {
            let message = format!("`{}` can only be true", item.path);
            item.fault("E106", message, Some("take the event out".to_owned()));
        }
        if !self.named {
            let message = format!("`{}` has no meaning without [dns]", item.path);
            item.fault("E109", message, Some("write [dns], which may be empty".to_owned()));
        }
        Some(EventAction::DnsOutage)
    }

    /// Multiplies a rate, and so needs one.
    fn spike(&self, item: &Item<'_>) -> Option<EventAction> {
        let factor = item.positive()?;
        let peak = match self.arrivals {
            Arrivals::Renewal { gap: Distribution::Exponential { mean } } => 1e9 / mean,
            Arrivals::Profile { knots } => knots.iter().map(|knot| knot.1).fold(0.0, f64::max),
            _ => {
                let message = format!("`{}` needs a rate of requests to multiply", item.path);
                let help = "[users] with per_user_per_day, rate, or an exponential interarrival";
                item.fault("E311", message, Some(help.to_owned()));
                return None;
            }
        };
        let most = defaults::MOST_PER_SECOND;
        if peak * factor > most {
            let message =
                format!("with `{}`, more than {most:e} requests come per second", item.path);
            item.fault("E105", message, None);
        }
        Some(EventAction::Spike { factor })
    }

    /// Once in a run: which keys have moved is known by one number.
    fn reshard(&self, reader: &Reader<'_>) -> Option<EventAction> {
        let item = reader.get("reshard")?;
        let whole = |target: &Target| matches!(target, Target::Shards { .. });
        let target = self.targets.fit(&item, "a database with `shards`", whole);
        let shards = reader.need("shards");
        let count = shards.as_ref().and_then(|item| item.whole(1, defaults::MOST_SHARDS));
        let rate = reader.need("rate").and_then(|item| item.positive_quantity());
        let Some(Target::Shards { first, .. }) = target else { return None };
        let shardings = &self.targets.topology.shardings;
        let sharding = shardings.iter().position(|one| one.first == first)?;
        let own = &shardings[sharding];
        let count = u32::try_from(count?).ok()?;
        let least = (own.dedicated + 1).max(own.split.map_or(1, |split| split.over));
        let at = shards.as_ref().unwrap_or(&item);
        if count == own.count {
            let message = format!("`{}` is {count}, as many as there are", at.path);
            at.fault("E105", message, Some("write another number".to_owned()));
        } else if count < least {
            let message = format!("`{}` is {count}; its hottest keys need {least}", at.path);
            at.fault("E313", message, None);
        }
        let events = self.scope.events.entries.iter();
        let again = events.filter_map(|(_, _, event)| event.text_below("reshard"));
        if again.filter(|name| Some(*name) == item.text()).count() > 1 {
            let message = format!("`databases.{}` is resharded more than once", own.name);
            item.fault("E313", message, Some("write one event".to_owned()));
        }
        Some(EventAction::Reshard { sharding, shards: count, bytes_per_s: rate? })
    }

    fn scale(&self, reader: &Reader<'_>) -> Option<EventAction> {
        let item = reader.get("scale")?;
        let whole = |target: &Target| matches!(target, Target::All(Component::Service(_)));
        let target = self.targets.fit(&item, "a service: \"services.NAME\"", whole);
        let to =
            reader.need("to").and_then(|item| item.whole(1, u64::from(defaults::MOST_INSTANCES)));
        let Some(Target::All(Component::Service(service))) = target else { return None };
        let (name, _, table) = &self.scope.services.entries[service];
        if table.below_quietly("host").is_some() {
            let message = format!("`services.{name}` runs on a shared host, as one instance");
            item.fault("E109", message, Some("give it a `machine` instead".to_owned()));
        }
        Some(EventAction::Scale { service, instances: u32::try_from(to?).ok()? })
    }
}

/// Details that belong to another action.
fn check_details(reader: &Reader<'_>, action: &str) {
    for (detail, owner) in DETAILS {
        if reader.has(detail) && owner != action {
            let message = format!("`{}.{detail}` has no meaning beside `{action}`", reader.path);
            let help = Some(format!("it belongs to {owner}"));
            reader.context.error("E109", reader.key_origin(detail), message, help);
        }
    }
    if reader.has("for") && INSTANT.contains(&action) {
        let message = format!("`{}.for` has no meaning beside `{action}`", reader.path);
        let help = Some("it happens at once, and has no end".to_owned());
        reader.context.error("E109", reader.key_origin("for"), message, help);
    }
}

/// Above zero: what does nothing hangs.
fn speed(reader: &Reader<'_>) -> Option<f64> {
    let item = reader.need("speed")?;
    let speed = item.number(0.0, 1.0)?;
    if speed == 0.0 {
        let help = "what stands still hangs: write `hang`".to_owned();
        item.fault("E105", format!("`{}` must be above zero", item.path), Some(help));
    }
    Some(speed)
}

/// Below one: where all is lost, the way is cut.
fn lost(item: &Item<'_>) -> Option<f64> {
    let share = item.number(0.0, 1.0)?;
    if share == 0.0 || share == 1.0 {
        let message = format!("`{}` is {share}; allowed: above 0 and below 1", item.path);
        item.fault("E105", message, Some("where all is lost, write `cut`".to_owned()));
    }
    Some(share)
}
