//! Whom a failure or an event strikes.

use super::super::model::{Component, ReplicationTopology, Sharding, Target, Topology};
use super::super::reader::{Item, suggestion};
use super::names::Scope;
use std::ops::Range;

/// Resolves names of what can be struck.
pub(super) struct Targets<'t, 'a> {
    pub(super) scope: &'t Scope<'a>,
    pub(super) topology: &'t Topology,
}

impl Targets<'_, '_> {
    /// What a value names, where it is one of `wanted`, in words.
    pub(super) fn fit(
        &self,
        item: &Item<'_>,
        wanted: &str,
        fits: impl Fn(&Target) -> bool,
    ) -> Option<Target> {
        let target = self.any(item)?;
        if fits(&target) {
            return Some(target);
        }
        let text = item.text()?;
        let message = format!("`{}` names `{text}`, and takes {wanted}", item.path);
        item.fault("E208", message, None);
        None
    }

    /// What a value names.
    pub(super) fn any(&self, item: &Item<'_>) -> Option<Target> {
        let text = item.text()?;
        let parts: Vec<&str> = text.split('.').collect();
        let found = match parts[..] {
            [table, name] => self.whole(table, name),
            ["databases", name, shard, ..] if self.shards(name).is_some() => {
                return self.of_shard(item, text, name, shard, parts.get(3..).unwrap_or_default());
            }
            [table, name, part] => match self.component(table, name) {
                Some(component) => return self.part(item, text, component, part),
                None => None,
            },
            _ => None,
        };
        match found {
            Some(target) => {
                self.warn_empty(item, text, &target);
                found
            }
            None => {
                self.unknown(item, text);
                None
            }
        }
    }

    /// `table.name`.
    fn whole(&self, table: &str, name: &str) -> Option<Target> {
        match table {
            "hosts" => self.scope.hosts.id(name).map(Target::Host),
            "racks" => self.scope.places.racks.id(name).map(Target::Rack),
            "zones" => self.scope.places.zones.id(name).map(Target::Zone),
            "regions" => self.scope.regions.id(name).map(Target::Region),
            "databases" if self.shards(name).is_some() => {
                let Range { start: first, end } = self.shards(name)?.databases();
                Some(Target::Shards { first, count: end - first })
            }
            _ => self.component(table, name).map(Target::All),
        }
    }

    /// How a database is cut, where it is.
    fn shards(&self, name: &str) -> Option<&Sharding> {
        self.topology.shardings.iter().find(|one| one.name == name)
    }

    /// `databases.name.shard-3`, or a part of it.
    fn of_shard(
        &self,
        item: &Item<'_>,
        text: &str,
        name: &str,
        shard: &str,
        parts: &[&str],
    ) -> Option<Target> {
        let sharding = self.shards(name)?;
        let number = shard.strip_prefix("shard-").filter(|number| is_number(number));
        let number = number.and_then(|number| number.parse::<usize>().ok());
        let room = sharding.room as usize;
        let Some(number) = number.filter(|&number| number < room) else {
            let message = format!(
                "`{}` names `{text}`, and `databases.{name}` has the shards shard-0 to shard-{}",
                item.path,
                room - 1
            );
            let part = parts.last().copied().unwrap_or(shard);
            let part = if part.starts_with("shard") { "primary" } else { part };
            let help = format!("name one of them, such as `databases.{name}.shard-0.{part}`");
            item.fault("E201", message, Some(help));
            return None;
        };
        let component = Component::Database(sharding.first + number);
        match parts {
            [] => Some(Target::All(component)),
            [part] => self.part(item, text, component, part),
            _ => {
                self.unknown(item, text);
                None
            }
        }
    }

    fn component(&self, table: &str, name: &str) -> Option<Component> {
        let scope = self.scope;
        match table {
            "load_balancers" => scope.load_balancers.id(name).map(Component::LoadBalancer),
            "services" => scope.services.id(name).map(Component::Service),
            "caches" => scope.caches.id(name).map(Component::Cache),
            "databases" => {
                let known = self.topology.databases.iter().position(|one| one.name == name);
                // Not known: what is at fault there is reported.
                known.or_else(|| scope.databases.id(name)).map(Component::Database)
            }
            _ => None,
        }
    }

    /// An instance or a role.
    fn part(&self, item: &Item<'_>, text: &str, of: Component, part: &str) -> Option<Target> {
        let owner = text.rsplit_once('.').map_or(text, |(owner, _)| owner);
        match (of, part) {
            (Component::Database(id), "primary" | "replica") => {
                return self.role(item, owner, id, part);
            }
            _ if !is_number(part) => {
                self.unknown(item, text);
                return None;
            }
            _ => {}
        }
        // None: where it stands is at fault, and reported.
        let count = self.instances(of);
        let number = part.parse::<u32>().ok();
        match (number, count) {
            (Some(number), None) => Some(Target::Instance(of, number)),
            (Some(number), Some(count)) if (number as usize) < count => {
                Some(Target::Instance(of, number))
            }
            (_, count) => {
                let message = format!("`{}` names `{text}`, which does not exist", item.path);
                let help = match count.unwrap_or(0) {
                    0 | 1 => format!("`{owner}` has the instance 0"),
                    count => format!("`{owner}` has the instances 0 to {}", count - 1),
                };
                item.fault("E201", message, Some(help));
                None
            }
        }
    }

    fn role(&self, item: &Item<'_>, owner: &str, id: usize, role: &str) -> Option<Target> {
        let database = self.topology.databases.get(id)?;
        if database.replication != ReplicationTopology::Primary {
            let message = format!(
                "`{}` names a {role}, and every instance of `{owner}` is a primary",
                item.path
            );
            item.fault("E201", message, Some(format!("name one by its number: `{owner}.0`")));
            return None;
        }
        if role == "primary" {
            return Some(Target::Primary(id));
        }
        if database.hosts.len() == 1 {
            let message = format!("`{}` names a replica, and `{owner}` has none", item.path);
            item.fault("E201", message, Some("give it `replicas`".to_owned()));
            return None;
        }
        Some(Target::Replica(id))
    }

    /// How many instances there are at most; `None` where that is not known.
    fn instances(&self, of: Component) -> Option<usize> {
        let (scope, topology) = (self.scope, self.topology);
        let hosts = match of {
            Component::LoadBalancer(_) => return Some(1),
            Component::Service(id) => {
                let name = scope.services.entries[id].0;
                &topology.services.iter().find(|one| one.name == name)?.hosts
            }
            Component::Cache(id) => {
                let name = scope.caches.entries[id].0;
                &topology.caches.iter().find(|one| one.name == name)?.hosts
            }
            Component::Database(id) => &topology.databases.get(id)?.hosts,
        };
        (!hosts.is_empty()).then_some(hosts.len())
    }

    /// A place in which nothing stands is a mistake more often than not.
    fn warn_empty(&self, item: &Item<'_>, text: &str, target: &Target) {
        let topology = self.topology;
        let inside = |host: usize| {
            let zone = topology.hosts[host].zone;
            match *target {
                Target::Host(id) => host == id,
                Target::Rack(id) => topology.hosts[host].rack == Some(id),
                Target::Zone(id) => zone == Some(id),
                Target::Region(id) => {
                    zone.is_some_and(|zone| topology.zones[zone].region == Some(id))
                }
                _ => true,
            }
        };
        let services = topology.services.iter().flat_map(|one| &one.hosts);
        let caches = topology.caches.iter().flat_map(|one| &one.hosts);
        let databases = topology.databases.iter().flat_map(|one| &one.hosts);
        let place = !matches!(target, Target::All(_)) && !item.context.has_errors();
        if place && !services.chain(caches).chain(databases).any(|&host| inside(host)) {
            let message = format!("`{}` names `{text}`, in which nothing runs", item.path);
            item.context.warn("W405", item.node.origin, message, None);
        }
    }

    fn unknown(&self, item: &Item<'_>, text: &str) {
        let scope = self.scope;
        let mut all = Vec::new();
        let mut add = |table: &str, names: &mut dyn Iterator<Item = &str>| {
            all.extend(names.map(|name| format!("{table}.{name}")));
        };
        add("services", &mut scope.services.iter());
        add("databases", &mut scope.databases.iter());
        add("caches", &mut scope.caches.iter());
        add("load_balancers", &mut scope.load_balancers.iter());
        add("hosts", &mut scope.hosts.iter());
        add("racks", &mut scope.places.racks.names());
        add("zones", &mut scope.places.zones.names());
        add("regions", &mut scope.regions.iter());
        for name in scope.databases.iter() {
            all.extend(["primary", "replica"].map(|role| format!("databases.{name}.{role}")));
        }
        let message = format!("`{}` names `{text}`, which does not exist", item.path);
        item.fault("E201", message, suggestion(text, all.iter().map(String::as_str)));
    }
}

/// Digits as one writes a number: not `01`.
fn is_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text.len() == 1 || !text.starts_with('0'))
}
