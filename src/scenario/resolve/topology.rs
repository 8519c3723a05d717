//! Machines, shared hosts, the entry, name resolution and the network.

use super::super::defaults;
use super::super::model::{Disk, Dns, Entry, EntryTarget, Host, Machine, Network, Scheduling};
use super::super::reader::{Item, Reader, suggestion};
use super::distribution::distribution;
use super::guards::time_or;
use super::names::Scope;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;

pub(super) fn machines(scope: &Scope<'_>) -> Vec<Machine> {
    scope.machines.readers().filter_map(|(name, reader)| machine(name, &reader?)).collect()
}

fn machine(name: &str, reader: &Reader<'_>) -> Option<Machine> {
    let vcpus = reader.need("vcpus").and_then(|item| item.whole(1, 65_536));
    let memory_bytes =
        reader.get("memory").and_then(|item| item.positive_quantity().and(item.bytes()));
    let scaling = reader.part("scaling");
    let coefficient = |name: &'static str| {
        let item = scaling.as_ref().and_then(|scaling| scaling.get(name));
        item.and_then(|item| item.number(0.0, 1.0)).unwrap_or(0.0)
    };
    let scheduling = match reader.choice("scheduling") {
        Some("fifo") => Scheduling::Fifo,
        _ => Scheduling::ProcessorSharing,
    };
    Some(Machine {
        name: name.to_owned(),
        memory_bytes,
        disk: reader.part("disk").map(|part| disk(&part)),
        price_per_hour: reader.quantity("price"),
        contention: coefficient("contention"),
        coherency: coefficient("coherency"),
        scheduling,
        vcpus: u32::try_from(vcpus?).ok()?,
    })
}

fn disk(reader: &Reader<'_>) -> Disk {
    Disk {
        capacity_bytes: reader.get("capacity").and_then(|item| item.bytes()),
        iops: reader.get("iops").and_then(|item| item.positive()),
        bytes_per_s: reader.get("bandwidth").and_then(|item| item.positive_quantity()),
    }
}

pub(super) fn hosts(scope: &Scope<'_>) -> Vec<Host> {
    let host = |(name, reader): (&str, Option<Reader<'_>>)| {
        let machine = reader.as_ref().and_then(|reader| reader.need("machine"));
        let machine = machine.and_then(|item| scope.machines.find(&item)).unwrap_or(0);
        let given = |key: &'static str| reader.as_ref().and_then(|reader| reader.get(key));
        let zone = given("zone").and_then(|item| scope.places.zones.of(&item));
        let rack = given("rack").and_then(|item| scope.places.racks.of(&item));
        Host { name: name.to_owned(), machine, shared: true, zone, rack }
    };
    scope.hosts.readers().map(host).collect()
}

pub(super) fn entry(root: &Reader<'_>, scope: &Scope<'_>) -> Entry {
    let reader = root.need("entry").and_then(|item| item.part());
    let to = reader.as_ref().and_then(|reader| reader.need("to"));
    let to = to.and_then(|item| target(&item, scope)).unwrap_or(EntryTarget::Service(0));
    let name = reader.and_then(|reader| reader.get("name")).and_then(|item| item.text());
    Entry { name: name.unwrap_or_default().to_owned(), to }
}

fn target(item: &Item<'_>, scope: &Scope<'_>) -> Option<EntryTarget> {
    let text = item.text()?;
    let found = match text.split_once('.') {
        Some(("services", name)) => scope.services.id(name).map(EntryTarget::Service),
        Some(("load_balancers", name)) => {
            scope.load_balancers.id(name).map(EntryTarget::LoadBalancer)
        }
        _ => None,
    };
    if found.is_none() {
        let services = scope.services.iter().map(|name| format!("services.{name}"));
        let balancers = scope.load_balancers.iter().map(|name| format!("load_balancers.{name}"));
        let all: Vec<String> = balancers.chain(services).collect();
        let help = suggestion(text, all.iter().map(String::as_str));
        let message =
            format!("`{}` names `{text}`, which is no service or load balancer", item.path);
        item.fault("E201", message, help);
    }
    found
}

pub(super) fn dns(root: &Reader<'_>) -> Option<Dns> {
    let reader = root.part("dns")?;
    let lookup = reader.get("lookup").and_then(|item| distribution(&item));
    let resolvers = reader.whole("resolvers", 1, 1 << 24, u64::from(defaults::RESOLVERS));
    Some(Dns {
        ttl: reader.get("ttl").map_or(Some(defaults::DNS_TTL), |item| item.duration())?,
        lookup: lookup.unwrap_or(Distribution::Constant(0.0)),
        resolvers: u32::try_from(resolvers).ok()?,
        price_per_million: reader.quantity("price"),
    })
}

pub(super) fn network(root: &Reader<'_>) -> Network {
    let nothing = Network {
        client_rtt: Distribution::Constant(0.0),
        internal_rtt: Duration::ZERO,
        bytes_per_s: None,
        handshakes: 0,
        keep_alive: None,
        give_up_after: defaults::GIVE_UP_AFTER,
        egress_price_per_gb: 0.0,
    };
    let Some(reader) = root.part("network") else { return nothing };
    let client_rtt = reader.get("client_rtt").and_then(|item| distribution(&item));
    let handshakes = reader.whole("handshakes", 0, 100, u64::from(defaults::HANDSHAKES));
    Network {
        client_rtt: client_rtt.unwrap_or(nothing.client_rtt),
        internal_rtt: reader
            .get("internal_rtt")
            .and_then(|item| item.duration())
            .unwrap_or_default(),
        bytes_per_s: reader.get("bandwidth").and_then(|item| item.positive_quantity()),
        handshakes: u32::try_from(handshakes).unwrap_or(defaults::HANDSHAKES),
        keep_alive: reader.positive_duration("keep_alive"),
        give_up_after: time_or(&reader, "give_up_after", defaults::GIVE_UP_AFTER),
        egress_price_per_gb: reader.quantity("egress_price"),
    }
}
