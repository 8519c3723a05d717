//! Message queues.

use super::super::defaults;
use super::super::model::{Queue, WhenFull};
use super::super::reader::Reader;
use super::components::target;
use super::distribution::distribution;
use super::guards::time_or;
use super::names::Scope;
use crate::kernel::distribution::Distribution;

/// Most deliveries of one message.
const MOST_ATTEMPTS: u64 = 1_000;

pub(super) fn queues(scope: &Scope<'_>) -> Vec<Queue> {
    let readers = scope.queues.readers();
    readers.filter_map(|(name, reader)| queue(name, &reader?, scope)).collect()
}

/// Every fault of it is told; one whose workers are unknown is left out.
fn queue(name: &str, reader: &Reader<'_>, scope: &Scope<'_>) -> Option<Queue> {
    let workers = reader.need("workers").and_then(|item| item.part());
    let workers = workers.and_then(|part| target(&part.need("service")?, scope));
    let time = |key: &'static str| {
        let found = reader.get(key).and_then(|item| distribution(&item));
        found.unwrap_or(Distribution::Constant(0.0))
    };
    let attempts = reader.whole("attempts", 1, MOST_ATTEMPTS, defaults::QUEUE_ATTEMPTS);
    let capacity = reader.limit("capacity", 1);
    let when_full = match reader.choice("when_full") {
        Some("block") => WhenFull::Block,
        Some("drop") => WhenFull::Drop,
        _ => WhenFull::Fail,
    };
    if reader.has("when_full") && !reader.has("capacity") {
        let message = "`when_full` has no meaning without `capacity`".to_owned();
        reader.context.error("E109", reader.key_origin("when_full"), message, None);
    }
    let found = Queue {
        name: name.to_owned(),
        workers: workers.unwrap_or(0),
        visibility_timeout: time_or(reader, "visibility_timeout", defaults::VISIBILITY_TIMEOUT),
        attempts: u32::try_from(attempts).unwrap_or(1),
        capacity,
        when_full,
        by_key: reader.choice("order") == Some("by-key"),
        latency: time("latency"),
        delivery: time("delivery"),
        price_per_million: reader.quantity("price"),
    };
    workers.map(|_| found)
}
