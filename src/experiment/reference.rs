//! The reference scenarios that come with Highwater, as text: their answers
//! are known from theory.

use std::path::Path;

/// Name and content of each file of `scenarios/reference/`.
pub const REFERENCES: &[(&str, &str)] = &[
    ("availability", include_str!("../../scenarios/reference/availability.toml")),
    (
        "availability-lognormal",
        include_str!("../../scenarios/reference/availability-lognormal.toml"),
    ),
    ("arc-zipf", include_str!("../../scenarios/reference/arc-zipf.toml")),
    ("autoscale-ramp", include_str!("../../scenarios/reference/autoscale-ramp.toml")),
    ("autoscale-steady", include_str!("../../scenarios/reference/autoscale-steady.toml")),
    ("scatter-fork-join", include_str!("../../scenarios/reference/scatter-fork-join.toml")),
    ("scatter-max", include_str!("../../scenarios/reference/scatter-max.toml")),
    ("sharding-zipf", include_str!("../../scenarios/reference/sharding-zipf.toml")),
    ("cdn-page", include_str!("../../scenarios/reference/cdn-page.toml")),
    ("cdn-shield", include_str!("../../scenarios/reference/cdn-shield.toml")),
    ("cdn-stale", include_str!("../../scenarios/reference/cdn-stale.toml")),
    ("cdn-ttl", include_str!("../../scenarios/reference/cdn-ttl.toml")),
    ("closed-mva", include_str!("../../scenarios/reference/closed-mva.toml")),
    ("erlang-a", include_str!("../../scenarios/reference/erlang-a.toml")),
    ("delayed-hits", include_str!("../../scenarios/reference/delayed-hits.toml")),
    ("stale-ttl", include_str!("../../scenarios/reference/stale-ttl.toml")),
    ("stampede", include_str!("../../scenarios/reference/stampede.toml")),
    ("write-behind", include_str!("../../scenarios/reference/write-behind.toml")),
    ("dns-failover", include_str!("../../scenarios/reference/dns-failover.toml")),
    ("erlang-b-lognormal", include_str!("../../scenarios/reference/erlang-b-lognormal.toml")),
    ("erlang-b", include_str!("../../scenarios/reference/erlang-b.toml")),
    ("failover", include_str!("../../scenarios/reference/failover.toml")),
    ("fifo-zipf", include_str!("../../scenarios/reference/fifo-zipf.toml")),
    ("hedge", include_str!("../../scenarios/reference/hedge.toml")),
    ("jackson", include_str!("../../scenarios/reference/jackson.toml")),
    ("k-of-n", include_str!("../../scenarios/reference/k-of-n.toml")),
    ("k-of-n-crews", include_str!("../../scenarios/reference/k-of-n-crews.toml")),
    ("lfu-zipf", include_str!("../../scenarios/reference/lfu-zipf.toml")),
    ("lru-che", include_str!("../../scenarios/reference/lru-che.toml")),
    ("lru-ttl", include_str!("../../scenarios/reference/lru-ttl.toml")),
    ("lru-zipf", include_str!("../../scenarios/reference/lru-zipf.toml")),
    ("md1", include_str!("../../scenarios/reference/md1.toml")),
    ("mg1-hyper", include_str!("../../scenarios/reference/mg1-hyper.toml")),
    ("mg1-ps-constant", include_str!("../../scenarios/reference/mg1-ps-constant.toml")),
    ("mg1-ps-exponential", include_str!("../../scenarios/reference/mg1-ps-exponential.toml")),
    ("mg1-ps-hyper", include_str!("../../scenarios/reference/mg1-ps-hyper.toml")),
    ("mg1-ps", include_str!("../../scenarios/reference/mg1-ps.toml")),
    ("mg1", include_str!("../../scenarios/reference/mg1.toml")),
    ("mm1", include_str!("../../scenarios/reference/mm1.toml")),
    ("mm1-breakdowns", include_str!("../../scenarios/reference/mm1-breakdowns.toml")),
    ("mm1-deaths", include_str!("../../scenarios/reference/mm1-deaths.toml")),
    ("mm2", include_str!("../../scenarios/reference/mm2.toml")),
    ("mmc", include_str!("../../scenarios/reference/mmc.toml")),
    ("n-plus-one", include_str!("../../scenarios/reference/n-plus-one.toml")),
    ("power-of-two", include_str!("../../scenarios/reference/power-of-two.toml")),
    ("ps-4vcpu-loaded", include_str!("../../scenarios/reference/ps-4vcpu-loaded.toml")),
    ("ps-4vcpu", include_str!("../../scenarios/reference/ps-4vcpu.toml")),
    ("quorum", include_str!("../../scenarios/reference/quorum.toml")),
    ("quorum-stale-reads", include_str!("../../scenarios/reference/quorum-stale-reads.toml")),
    ("random-zipf", include_str!("../../scenarios/reference/random-zipf.toml")),
    (
        "replication-lag-constant",
        include_str!("../../scenarios/reference/replication-lag-constant.toml"),
    ),
    ("queue-burst", include_str!("../../scenarios/reference/queue-burst.toml")),
    ("queue-mmc", include_str!("../../scenarios/reference/queue-mmc.toml")),
    ("replication-lag", include_str!("../../scenarios/reference/replication-lag.toml")),
    ("retries", include_str!("../../scenarios/reference/retries.toml")),
    ("s3-fifo-zipf", include_str!("../../scenarios/reference/s3-fifo-zipf.toml")),
    ("sieve-zipf", include_str!("../../scenarios/reference/sieve-zipf.toml")),
    ("stale-reads", include_str!("../../scenarios/reference/stale-reads.toml")),
    ("ttl-cache", include_str!("../../scenarios/reference/ttl-cache.toml")),
    ("ttl-jitter", include_str!("../../scenarios/reference/ttl-jitter.toml")),
    ("web-tier", include_str!("../../scenarios/reference/web-tier.toml")),
];

/// The text of the reference at a path that ends in its file's name.
pub fn reference(path: &Path) -> Option<&'static str> {
    let stem = path.file_stem()?.to_str()?;
    REFERENCES.iter().find(|(name, _)| *name == stem).map(|(_, text)| *text)
}
