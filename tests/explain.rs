//! Goal: what was compiled is shown as it is, verb by verb. Method: golden
//! listings of a yardstick and of the largest shipped stage.

mod support;

use highwater::scenario::explain::explain;
use support::shipped;

#[test]
fn the_web_tier_is_listed_verb_by_verb() {
    let listing = explain(&shipped("reference/web-tier.toml", &[])).expect("it compiles");
    insta::assert_snapshot!("explain_web_tier", listing);
}

#[test]
fn a_cached_stage_is_listed_verb_by_verb() {
    let listing = explain(&shipped("09-cache.toml", &[])).expect("it compiles");
    insta::assert_snapshot!("explain_cache", listing);
}
