//! `[cdn]`: a content delivery network for static files.

use super::super::defaults;
use super::super::model::{CacheStart, Cdn, RunKind};
use super::super::reader::Reader;
use super::distribution::distribution;
use super::guards::time_or;
use super::names::Scope;
use crate::kernel::distribution::Distribution;

/// The network, where there is one; all its faults are told.
pub(super) fn cdn(root: &Reader<'_>, scope: &Scope<'_>, kind: RunKind) -> Option<Cdn> {
    let reader = root.part("cdn")?;
    reader.choice("holds");
    let storage = reader.need("storage");
    let storage_bytes = storage.and_then(|item| item.positive_quantity().and(item.bytes()));
    let rtt = reader.get("rtt").and_then(|item| distribution(&item));
    let stale = reader.get("stale_while_revalidate").and_then(|item| item.duration());
    if reader.has("stale_while_revalidate") && !reader.has("ttl") {
        let message = "`cdn.stale_while_revalidate` follows a `ttl`, and there is none".to_owned();
        let help = Some("write such as ttl = \"1 h\"".to_owned());
        reader.context.error("E109", reader.key_origin("stale_while_revalidate"), message, help);
    }
    Some(Cdn {
        regions: regions(&reader, scope),
        storage_bytes: storage_bytes.unwrap_or(0),
        ttl: reader.positive_duration("ttl"),
        stale_while_revalidate: stale.unwrap_or_default(),
        shield: reader.flag("shield"),
        rtt: rtt.unwrap_or(Distribution::Constant(defaults::EDGE_RTT_NANOS)),
        timeout: time_or(&reader, "timeout", defaults::CDN_TIMEOUT),
        price_per_gb: reader.quantity("price"),
        start: match (reader.choice("start"), kind) {
            (Some("cold"), _) | (None, RunKind::Terminating) => CacheStart::Cold,
            _ => CacheStart::Warm,
        },
    })
}

/// Each once.
fn regions(reader: &Reader<'_>, scope: &Scope<'_>) -> Vec<usize> {
    let Some(item) = reader.get("regions") else { return Vec::new() };
    let mut found = Vec::new();
    for one in item.names() {
        let Some(region) = scope.regions.find(&one) else { continue };
        if found.contains(&region) {
            let message = format!("`{}` names a region twice", one.path);
            one.fault("E105", message, Some("a region has one edge".to_owned()));
        }
        found.push(region);
    }
    found
}
