//! Names and what they stand for.

use super::super::reader::{Context, Item, Reader, suggestion};
use super::super::tree::Origin;
use super::places::Places;
use std::collections::BTreeMap;

/// Most tables of one kind.
const MOST: usize = 2_000;
/// Longest name, in characters.
const LONGEST: usize = 100;

/// The named tables of one kind, in order; the place is the id.
pub(super) struct Names<'a> {
    /// The table that holds them, such as `services`.
    table: &'static str,
    pub(super) entries: Vec<(&'a str, Origin, Item<'a>)>,
    ids: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn new(root: &Reader<'a>, table: &'static str) -> Self {
        let mut entries = root.get(table).map_or_else(Vec::new, |item| item.entries());
        if let Some((_, at, _)) = entries.get(MOST) {
            let message = format!("more than {MOST} tables [{table}.*]");
            root.context.error("E105", *at, message, None);
            entries.truncate(MOST);
        }
        let names = entries.iter().enumerate();
        let ids = names.map(|(id, (name, ..))| (*name, id)).collect();
        let names = Self { table, entries, ids };
        names.check(root.context);
        names
    }

    fn check(&self, context: &Context<'_>) {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for &(name, at, _) in &self.entries {
            check_name(context, name, at, self.table, &mut seen);
        }
    }

    /// The id of a name.
    pub(super) fn id(&self, name: &str) -> Option<usize> {
        self.ids.get(name).copied()
    }

    /// All names.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.entries.iter().map(|(name, ..)| *name)
    }

    /// The id that a value names; a name that does not exist is an error.
    pub(super) fn find(&self, item: &Item<'_>) -> Option<usize> {
        let name = item.text()?;
        let found = self.id(name);
        if found.is_none() {
            let message =
                format!("`{}` names `{name}`, which is not in [{}]", item.path, self.table);
            let help = suggestion(name, self.iter());
            item.fault(
                "E201",
                message,
                help.or(Some(format!("there is no [{}.*] at all", self.table))),
            );
        }
        found
    }

    /// Each table, opened.
    pub(super) fn readers(&self) -> impl Iterator<Item = (&'a str, Option<Reader<'a>>)> {
        self.entries.iter().map(|(name, _, item)| (*name, item.part()))
    }
}

/// Names are plain, and no two of one kind differ only in case.
pub(super) fn check_name<'n>(
    context: &Context<'_>,
    name: &'n str,
    at: Origin,
    kind: &str,
    seen: &mut BTreeMap<String, &'n str>,
) {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '/');
    if name.is_empty() || name.chars().count() > LONGEST || !name.chars().all(plain) {
        let message = format!("{name:?} is no possible name in [{kind}]");
        let help = format!("use 1 to {LONGEST} letters, digits, `_` and `-`");
        context.error("E108", at, message, Some(help));
    }
    if let Some(other) = seen.insert(name.to_lowercase(), name) {
        let message = format!("`{name}` and `{other}` differ only in case");
        context.error("E202", at, message, None);
    }
}

/// All names of a scenario.
pub(super) struct Scope<'a> {
    pub(super) clients: Names<'a>,
    pub(super) datasets: Names<'a>,
    pub(super) operations: Names<'a>,
    pub(super) endpoints: Names<'a>,
    pub(super) machines: Names<'a>,
    pub(super) hosts: Names<'a>,
    pub(super) services: Names<'a>,
    pub(super) load_balancers: Names<'a>,
    pub(super) caches: Names<'a>,
    pub(super) databases: Names<'a>,
    pub(super) queues: Names<'a>,
    pub(super) regions: Names<'a>,
    pub(super) failures: Names<'a>,
    pub(super) events: Names<'a>,
    pub(super) autoscalers: Names<'a>,
    pub(super) places: Places<'a>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(root: &Reader<'a>) -> Self {
        let regions = Names::new(root, "regions");
        let hosts = Names::new(root, "hosts");
        let services = Names::new(root, "services");
        let caches = Names::new(root, "caches");
        let databases = Names::new(root, "databases");
        let components = [&services, &caches, &databases];
        let places = Places::collect(root.context, &regions, &hosts, components);
        Self {
            clients: Names::new(root, "clients"),
            datasets: Names::new(root, "datasets"),
            operations: Names::new(root, "operations"),
            endpoints: Names::new(root, "endpoints"),
            machines: Names::new(root, "machines"),
            hosts,
            services,
            load_balancers: Names::new(root, "load_balancers"),
            caches,
            databases,
            queues: Names::new(root, "queues"),
            regions,
            failures: Names::new(root, "failures"),
            events: Names::new(root, "events"),
            autoscalers: Names::new(root, "autoscale"),
            places,
        }
    }

    /// Names of cacheable results, in order of first appearance.
    pub(super) fn results(&self) -> Vec<&'a str> {
        let mut results = Vec::new();
        for (_, _, item) in &self.endpoints.entries {
            let name = item.below_quietly("cacheable").and_then(|part| part.text_below("as"));
            if let Some(name) = name.filter(|name| !results.contains(name)) {
                results.push(name);
            }
        }
        results
    }
}
