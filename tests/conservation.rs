//! Goal: whatever is built, no request is lost and no law breaks. Method:
//! random topologies under random load, hundreds of seeds; every run audits
//! itself (a broken law is an error), and the totals are added up again here.

mod support;

use proptest::prelude::*;
use support::topologies::{choices, text};
use support::{conserved, scenario, summary};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_request_is_lost_and_no_law_breaks(choices in choices()) {
        let summary = summary(&scenario(&text(&choices)));
        conserved(&summary)?;
    }
}
