//! Who fetches what a cache misses, and what becomes of writes.

use super::super::keys;
use super::super::model::{CacheMode, OnWrite};
use super::super::reader::{Item, Reader, suggestion};
use super::super::tree::Value;

/// Words that `mode` can be; write-behind comes with its delay.
const WORDS: [&str; 4] = ["read-through", "cache-aside", "write-around", "write-through"];
/// How write-behind is written.
const WRITE_BEHIND: &str = "write { write-behind = { delay = \"1 s\" } }";

/// How a cache reads and writes.
pub(super) struct Modes {
    pub(super) mode: CacheMode,
    pub(super) on_write: OnWrite,
    pub(super) coalesce: bool,
    pub(super) keeps_abroad: bool,
}

/// Reads `mode`, `on_write` and `coalesce` of a cache, where the scenario has
/// so many regions.
pub(super) fn modes(reader: &Reader<'_>, regions: usize) -> Modes {
    let item = reader.get("mode");
    let found = item.as_ref().and_then(mode);
    let on_write = on_write(reader, found);
    let coalesce = reader.flag("coalesce");
    if coalesce && reader.has("hit_ratio") {
        without_keys(reader, "coalesce");
    }
    if let (Some(item), true) = (&item, stores(on_write)) {
        if reader.has("hit_ratio") {
            without_keys(reader, "mode");
        }
        if matches!(on_write, OnWrite::StoreAndFlush(_)) && regions > 1 {
            let message =
                format!("`{}` is write-behind, and there are {regions} regions", item.path);
            let help = "two caches would each be ahead of the database; use write-through";
            item.fault("E109", message, Some(help.to_owned()));
        }
    }
    let keeps_abroad = abroad(reader, on_write, regions);
    Modes {
        mode: found.map_or(CacheMode::ReadThrough, |found| found.0),
        on_write,
        coalesce,
        keeps_abroad,
    }
}

/// A mode: who reads, and what it says of writes.
type Mode = (CacheMode, Option<OnWrite>);

fn mode(item: &Item<'_>) -> Option<Mode> {
    match &item.node.value {
        Value::Text(word) => match word.as_str() {
            "read-through" => Some((CacheMode::ReadThrough, None)),
            "cache-aside" => Some((CacheMode::CacheAside, None)),
            "write-around" => Some((CacheMode::ReadThrough, Some(OnWrite::Keep))),
            "write-through" => Some((CacheMode::ReadThrough, Some(OnWrite::Store))),
            "write-behind" => {
                let message = format!("`{}` is write-behind, and has no `delay`", item.path);
                item.fault("E102", message, Some(WRITE_BEHIND.to_owned()));
                None
            }
            other => {
                let message = format!("`{}` cannot be {other:?}", item.path);
                item.fault("E106", message, suggestion(other, WORDS.into_iter()));
                None
            }
        },
        Value::Table(_) => {
            let part = item.table_of(&keys::CACHE_WRITES)?.need("write-behind")?.part()?;
            let delay = part.need("delay")?.positive_duration()?;
            Some((CacheMode::ReadThrough, Some(OnWrite::StoreAndFlush(delay))))
        }
        other => {
            let message =
                format!("`{}` must be text or a table, and is {}", item.path, other.kind());
            item.fault("E103", message, Some(WRITE_BEHIND.to_owned()));
            None
        }
    }
}

/// Whether a write stores its keys in the cache.
pub(super) fn stores(on_write: OnWrite) -> bool {
    matches!(on_write, OnWrite::Store | OnWrite::StoreAndFlush(_))
}

/// `on_write`, by itself or by the mode, which it must not contradict.
fn on_write(reader: &Reader<'_>, mode: Option<Mode>) -> OnWrite {
    let of_mode = mode.and_then(|mode| mode.1);
    let own = reader.get("on_write");
    if let (Some(item), true) = (&own, of_mode.is_some_and(stores)) {
        let message = format!("`{}` has no meaning: the `mode` stores what is written", item.path);
        item.fault("E109", message, Some("take one of the two out".to_owned()));
    }
    match own.and_then(|item| item.choice()) {
        _ if of_mode.is_some_and(stores) => of_mode.unwrap_or(OnWrite::Invalidate),
        Some("keep") => OnWrite::Keep,
        Some(_) => OnWrite::Invalidate,
        None => of_mode.unwrap_or(OnWrite::Invalidate),
    }
}

/// What a write does to the caches of other regions.
fn abroad(reader: &Reader<'_>, on_write: OnWrite, regions: usize) -> bool {
    let Some(item) = reader.get("other_regions") else { return false };
    let why = match on_write {
        OnWrite::Keep => "a write tells no cache",
        _ if regions < 2 => "there are no other regions",
        _ => return item.choice() == Some("keep"),
    };
    item.fault("E109", format!("`{}` has no meaning: {why}", item.path), None);
    false
}

/// The simple form keeps no keys.
fn without_keys(reader: &Reader<'_>, key: &'static str) {
    let message =
        format!("`{}.{key}` is about single keys, and with `hit_ratio` none are kept", reader.path);
    let help = "give it `memory` in place of `hit_ratio`".to_owned();
    reader.context.error("E109", reader.key_origin(key), message, Some(help));
}
