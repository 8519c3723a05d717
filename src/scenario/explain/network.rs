//! The verbs of a content delivery network in words.

use crate::route::families::CdnVerb;
use crate::route::step::{Leg, Verb};

/// Verb, its object, and how.
pub(super) fn describe(verb: &Verb) -> (&'static str, String, String) {
    let (word, object, how) = match *verb {
        Verb::Cdn(CdnVerb::EdgeConnect { reuse: true }) => {
            ("travel", "client → edge", "½ round trip")
        }
        Verb::Cdn(CdnVerb::EdgeConnect { reuse: false }) => {
            ("travel", "client → edge", "connect + ½ round trip")
        }
        Verb::Cdn(CdnVerb::EdgeLookup { .. }) => {
            ("lookup", "edge", "held → reply; missed → fetch, or wait for who does")
        }
        Verb::Cdn(CdnVerb::BeginFetch { .. }) => ("fetch", "file", "others who ask for it wait"),
        Verb::Cdn(CdnVerb::FetchWay { leg, back }) => ("travel", way(leg, back), "½ round trip"),
        Verb::Cdn(CdnVerb::ShieldLookup { .. }) => ("lookup", "shield", "held → skip the block"),
        Verb::Cdn(CdnVerb::ShieldFill) => ("fill", "shield", ""),
        Verb::Cdn(CdnVerb::EdgeFill) => ("fill", "edge", "and serve those who waited"),
        Verb::Cdn(CdnVerb::FileReply { around: false, .. }) => {
            ("travel", "edge → client", "size of the file")
        }
        Verb::Cdn(CdnVerb::FileReply { around: true, .. }) => {
            ("travel", "site → client", "size of the file")
        }
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
