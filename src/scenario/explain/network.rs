//! The verbs of a content delivery network in words.

use crate::route::families::CdnVerb;
use crate::route::step::Leg;

/// Verb, its object, and how.
pub(super) fn describe(verb: CdnVerb) -> (&'static str, String, String) {
    let (word, object, how) = match verb {
        CdnVerb::EdgeConnect { reuse: true } => ("travel", "client → edge", "½ round trip"),
        CdnVerb::EdgeConnect { reuse: false } => {
            ("travel", "client → edge", "connect + ½ round trip")
        }
        CdnVerb::EdgeLookup { .. } => {
            ("lookup", "edge", "held → reply; missed → fetch, or wait for who does")
        }
        CdnVerb::BeginFetch { .. } => ("fetch", "file", "others who ask for it wait"),
        CdnVerb::FetchWay { leg, back } => ("travel", way(leg, back), "½ round trip"),
        CdnVerb::ShieldLookup { .. } => ("lookup", "shield", "held → skip the block"),
        CdnVerb::ShieldFill => ("fill", "shield", ""),
        CdnVerb::EdgeFill => ("fill", "edge", "and serve those who waited"),
        CdnVerb::FileReply { around: false, .. } => ("travel", "edge → client", "size of the file"),
        CdnVerb::FileReply { around: true, .. } => ("travel", "site → client", "size of the file"),
        _ => ("refreshed", "file", "fetched in the background"),
    };
    (word, object.to_owned(), how.to_owned())
}

fn way(leg: Leg, back: bool) -> &'static str {
    match (leg, back) {
        (Leg::EdgeToOrigin, false) => "edge → site",
        (Leg::EdgeToOrigin, true) => "site → edge",
        (Leg::EdgeToShield, false) => "edge → shield",
        (Leg::EdgeToShield, true) => "shield → edge",
        (Leg::ShieldToOrigin, false) => "shield → site",
        (Leg::ShieldToOrigin, true) => "site → shield",
    }
}
