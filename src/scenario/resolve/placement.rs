//! Which machines a component runs on.

use super::super::defaults;
use super::super::model::{Host, HostId};
use super::super::reader::Reader;
use super::names::Scope;
use super::places::Spread;

/// The machines that run, and how many instances are placed on them in all.
pub(super) struct Hosts {
    pub(super) list: Vec<Host>,
    instances: u32,
}

impl Hosts {
    /// The shared ones, with nothing on them.
    pub(super) fn new(shared: Vec<Host>) -> Self {
        Self { list: shared, instances: 0 }
    }

    /// Counts further instances; more than can be played are an error.
    fn count(&mut self, reader: &Reader<'_>, instances: u32) -> bool {
        let most = defaults::MOST_INSTANCES;
        let fits = self.instances.saturating_add(instances) <= most;
        if fits {
            self.instances += instances;
        } else {
            let message = format!("with `{}`, there are more than {most} instances", reader.path);
            reader.fault("E105", message, None);
        }
        fits
    }
}

/// The hosts of a component: the shared one, or a machine of its own for each
/// instance, which is added to `hosts`.
pub(super) fn place(
    reader: &Reader<'_>,
    scope: &Scope<'_>,
    hosts: &mut Hosts,
    instances: u32,
) -> Vec<HostId> {
    let none = Vec::new();
    if !hosts.count(reader, instances) {
        return none;
    }
    match (reader.get("host"), reader.get("machine")) {
        (Some(_), Some(machine)) => {
            machine.fault(
                "E109",
                format!("`{}` has both `host` and `machine`", reader.path),
                Some("keep one of them".to_owned()),
            );
            none
        }
        (None, None) => {
            let message = format!("`{}` runs nowhere", reader.path);
            reader.fault(
                "E102",
                message,
                Some("give it a `machine`, or the `host` that it shares"),
            );
            none
        }
        (Some(host), None) => match scope.hosts.find(&host) {
            Some(id) => {
                Spread::refuse(reader);
                vec![id; instances as usize]
            }
            None => none,
        },
        (None, Some(machine)) => {
            let Some(machine) = scope.machines.find(&machine) else { return none };
            let spread = Spread::read(reader, &scope.places);
            let first = hosts.list.len();
            hosts.list.extend((0..instances as usize).map(|instance| {
                let (zone, rack) = spread.at(instance);
                Host { name: reader.path.clone(), machine, shared: false, zone, rack }
            }));
            (first..hosts.list.len()).collect()
        }
    }
}

/// The number of instances of a service or cache; on a shared host there is one.
pub(super) fn instances(reader: &Reader<'_>) -> u32 {
    let Some(item) = reader.get("instances") else { return 1 };
    if reader.has("host") {
        let message =
            format!("`{}` has no meaning beside `host`: one instance runs there", item.path);
        item.context.error("E109", reader.key_origin("instances"), message, None);
        return 1;
    }
    let count = item.whole(1, u64::from(defaults::MOST_INSTANCES));
    count.and_then(|count| u32::try_from(count).ok()).unwrap_or(1)
}
