//! What fails by chance: `[failures.NAME]`.

use super::super::model::{Death, FailureEffect, FailureProcess, Target};
use super::super::reader::Reader;
use super::distribution::distribution;
use super::names::Scope;
use super::targets::Targets;
use crate::kernel::distribution::Distribution;

pub(super) fn failures(scope: &Scope<'_>, targets: &Targets<'_, '_>) -> Vec<FailureProcess> {
    let readers = scope.failures.readers();
    readers.filter_map(|(name, reader)| failure(name, &reader?, targets)).collect()
}

fn failure(name: &str, reader: &Reader<'_>, targets: &Targets<'_, '_>) -> Option<FailureProcess> {
    // A role moves from instance to instance: what is up and down is a machine.
    let lasting = |target: &Target| !matches!(target, Target::Primary(_) | Target::Replica(_));
    let wanted = "a component, an instance of it by number, a host, rack, zone or region";
    let of = reader.need("of").and_then(|item| targets.fit(&item, wanted, lasting));
    let times = times(reader);
    let effect = match reader.choice("effect") {
        Some("hang") => FailureEffect::Hang,
        Some("silence") => FailureEffect::Kill(Death::Silent),
        _ => FailureEffect::Kill(Death::Refused),
    };
    let destroys = reader.flag("destroys");
    if destroys && effect == FailureEffect::Hang {
        let message = format!("`{}` hangs, which destroys no disk", reader.path);
        let help = Some("write effect = \"silence\", or take it out".to_owned());
        reader.context.error("E109", reader.key_origin("destroys"), message, help);
    }
    let crews = reader.get("crews").and_then(|item| item.whole32(1));
    let (mtbf, mttr) = times?;
    Some(FailureProcess { name: name.to_owned(), of: of?, mtbf, mttr, effect, destroys, crews })
}

/// Time up and time down; one is nothing without the other.
fn times(reader: &Reader<'_>) -> Option<(Distribution, Distribution)> {
    for (given, missing) in [("mttr", "mtbf"), ("mtbf", "mttr")] {
        if reader.has(given) && !reader.has(missing) {
            let path = &reader.path;
            let message = format!("`{path}.{given}` is given, and `{path}.{missing}` is missing");
            let help = "mtbf: time up until it fails; mttr: time until it works again".to_owned();
            reader.context.error("E102", reader.key_origin(given), message, Some(help));
        }
    }
    let neither = !reader.has("mtbf") && !reader.has("mttr");
    let read = |name: &'static str| {
        let item = if neither { reader.need(name) } else { reader.get(name) };
        item.map(|item| (distribution(&item), item))
    };
    let (mtbf, mttr) = (read("mtbf"), read("mttr"));
    let (mtbf, item) = mtbf?;
    let mtbf = mtbf?;
    // Below a microsecond nothing but failures would be played.
    if mtbf.mean() < 1_000.0 {
        let message = format!("the mean of `{}` must be at least 1 us", item.path);
        item.fault("E105", message, None);
        return None;
    }
    let (mttr, item) = mttr?;
    let mttr = mttr?;
    if mttr.is_zero() {
        let message = format!("the mean of `{}` must be above zero", item.path);
        item.fault("E105", message, Some("what is repaired in no time has not failed".to_owned()));
        return None;
    }
    Some((mtbf, mttr))
}
