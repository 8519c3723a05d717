//! Zones and racks: they exist by being named.

use super::super::keys::Kind;
use super::super::reader::{Context, Item, Reader};
use super::super::tree::{Origin, Value};
use super::names::{Names, check_name};
use std::collections::BTreeMap;

/// All places of one kind, in order of first appearance; the place is the id.
pub(super) struct Labels<'a> {
    /// Each name, and where it first stands.
    pub(super) entries: Vec<(&'a str, Origin)>,
    ids: BTreeMap<&'a str, usize>,
}

impl<'a> Labels<'a> {
    fn collect(
        context: &Context<'_>,
        kind: &'static str,
        items: impl Iterator<Item = Item<'a>>,
    ) -> Self {
        let mut labels = Self { entries: Vec::new(), ids: BTreeMap::new() };
        let mut seen = BTreeMap::new();
        for item in items {
            let Value::Text(name) = &item.node.value else { continue };
            if labels.ids.contains_key(name.as_str()) {
                continue;
            }
            check_name(context, name, item.node.origin, kind, &mut seen);
            labels.ids.insert(name, labels.entries.len());
            labels.entries.push((name, item.node.origin));
        }
        labels
    }

    /// The id of a name.
    pub(super) fn id(&self, name: &str) -> Option<usize> {
        self.ids.get(name).copied()
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.entries.iter().map(|(name, _)| *name)
    }

    /// The id of the name that a value holds.
    pub(super) fn of(&self, item: &Item<'_>) -> Option<usize> {
        self.id(item.text()?)
    }

    /// Ids of a name or of a list of names.
    fn list(&self, item: &Item<'_>) -> Vec<usize> {
        let items = item.names();
        if items.is_empty() && matches!(item.node.value, Value::Array(_)) {
            item.fault("E105", format!("`{}` names nothing", item.path), None);
        }
        items.iter().filter_map(|one| self.of(one)).collect()
    }
}

/// Zones and racks of a scenario.
pub(super) struct Places<'a> {
    pub(super) zones: Labels<'a>,
    pub(super) racks: Labels<'a>,
}

impl<'a> Places<'a> {
    /// `regions` first, then `hosts`, then the components in order.
    pub(super) fn collect(
        context: &Context<'_>,
        regions: &Names<'a>,
        hosts: &Names<'a>,
        components: [&Names<'a>; 3],
    ) -> Self {
        let mut zones = named(regions, &["zones"]);
        zones.extend(named(hosts, &["zone"]));
        let mut racks = named(hosts, &["rack"]);
        for component in components {
            zones.extend(named(component, &["zone", "zones"]));
            racks.extend(named(component, &["racks"]));
        }
        Self {
            zones: Labels::collect(context, "zones", zones.into_iter()),
            racks: Labels::collect(context, "racks", racks.into_iter()),
        }
    }
}

/// What stands behind these keys in each table, single or as a list.
fn named<'a>(tables: &Names<'a>, keys: &[&str]) -> Vec<Item<'a>> {
    let values = tables
        .entries
        .iter()
        .flat_map(|(_, _, table)| keys.iter().filter_map(|key| table.below_quietly(key)));
    values.flat_map(|item| item.as_kind(Kind::Names).names()).collect()
}

/// Zones and racks over which the instances of a component are spread in turn.
#[derive(Default)]
pub(super) struct Spread {
    zones: Vec<usize>,
    racks: Vec<usize>,
}

impl Spread {
    /// Reads where a component with machines of its own stands.
    pub(super) fn read(reader: &Reader<'_>, places: &Places<'_>) -> Self {
        let (zone, zones) = (reader.get("zone"), reader.get("zones"));
        if let (Some(_), Some(second)) = (&zone, &zones) {
            let message = format!("`{}` has both `zone` and `zones`", reader.path);
            let help = Some("keep one of them".to_owned());
            second.context.error("E109", reader.key_origin("zones"), message, help);
        }
        let one = zone.and_then(|item| places.zones.of(&item)).into_iter();
        let several = zones.map_or_else(Vec::new, |item| places.zones.list(&item));
        Self {
            zones: one.chain(several).collect(),
            racks: reader.get("racks").map_or_else(Vec::new, |item| places.racks.list(&item)),
        }
    }

    /// On a shared host there is nothing to say: it stands where it stands.
    pub(super) fn refuse(reader: &Reader<'_>) {
        for key in ["zone", "zones", "racks"] {
            if reader.has(key) {
                let message = format!(
                    "`{}.{key}` has no meaning beside `host`: that stands somewhere",
                    reader.path
                );
                let help = Some("write it under [hosts.*]".to_owned());
                reader.context.error("E109", reader.key_origin(key), message, help);
            }
        }
    }

    /// Zone and rack of an instance.
    pub(super) fn at(&self, instance: usize) -> (Option<usize>, Option<usize>) {
        let turn = |list: &[usize]| list.get(instance % list.len().max(1)).copied();
        (turn(&self.zones), turn(&self.racks))
    }
}
