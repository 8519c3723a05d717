//! Edges of a content delivery network under independent references.

use crate::caches::{ttl, zipf};
use crate::cases::Case;

/// Share of the requests that an edge serves which keeps a file for T and
/// serves it for S beyond, fetching it again at once at the first request then:
/// a cycle is T and an exponential gap; it has 1 + λT requests, of which the
/// first misses where the gap is longer than S.
pub(crate) fn stale(p: &[f64], rate: f64, lifetime: f64, beyond: f64) -> f64 {
    let hits = |&weight: &f64| {
        let own = weight * rate;
        weight * (1.0 - libm::exp(-own * beyond) / (1.0 + own * lifetime))
    };
    p.iter().map(hits).sum()
}

/// Share that edges serve behind a shield which hands down the time that is
/// left: one request begins the cycle, at edge e with chance u_e, and each other
/// edge misses its first request within T, if it has one.
pub(crate) fn shielded(p: &[f64], rate: f64, lifetime: f64, users: &[f64]) -> f64 {
    let hits = |&weight: &f64| {
        let requests = weight * rate * lifetime;
        let first = |share: &f64| (1.0 - share) * -libm::expm1(-share * requests);
        weight * (1.0 - (1.0 + users.iter().map(first).sum::<f64>()) / (1.0 + requests))
    };
    p.iter().map(hits).sum()
}

/// Page of k files over c connections, each a way of `rtt` and a transfer, after
/// `handshakes` ways to connect.
pub(crate) fn page(files: u32, connections: u32, rtt: f64, transfer: f64, handshakes: f64) -> f64 {
    f64::from(files.div_ceil(connections)) * (rtt + transfer) + handshakes * rtt
}

/// 1,000/s over 1,000 files by Zipf 0.8 that live for 5 s; a page of 12 files.
pub(crate) fn edges() -> [Case; 4] {
    const HIT: &str = "components.cdn.figures.hit_ratio";
    const BYTES: &str = "components.cdn.figures.byte_hit_ratio";
    const OFFLOAD: &str = "components.cdn.figures.origin_offload";
    let p = zipf(1_000, 0.8);
    let plain = ttl(&p, 1_000.0, 5.0);
    let answer = 2.0 * 40.0 + 40.0 + 10.0;
    [
        ("cdn-ttl", vec![(HIT, plain), (BYTES, plain), (OFFLOAD, plain)]),
        ("cdn-stale", vec![(HIT, stale(&p, 1_000.0, 5.0, 2.0))]),
        ("cdn-shield", vec![(HIT, shielded(&p, 1_000.0, 5.0, &[0.6, 0.4])), (OFFLOAD, plain)]),
        (
            "cdn-page",
            vec![
                ("response_time_ms.mean", answer),
                ("page_time_ms.mean", answer + page(12, 5, 10.0, 10.0, 2.0)),
                (HIT, 1.0),
            ],
        ),
    ]
}

#[test]
fn one_edge_behind_a_shield_is_one_cache() {
    let p = zipf(100, 0.8);
    let (alone, behind) = (ttl(&p, 50.0, 3.0), shielded(&p, 50.0, 3.0, &[1.0]));
    assert!((alone - behind).abs() < 1e-12, "{alone} {behind}");
}

#[test]
fn serving_nothing_stale_is_a_plain_lifetime() {
    let p = zipf(100, 0.8);
    let (plain, none) = (ttl(&p, 50.0, 3.0), stale(&p, 50.0, 3.0, 0.0));
    assert!((plain - none).abs() < 1e-12, "{plain} {none}");
    assert!(stale(&p, 50.0, 3.0, 1.0) > plain);
}
