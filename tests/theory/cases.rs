//! Every figure that the reference scenarios expect, from the formulas and from
//! literal rates (per millisecond) and times (ms). File names without `.toml`.

use crate::caches::{che_lru, gelenbe_fifo, king_lru, lru_ttl, ttl, zipf};
use crate::clients::{ErlangA, Hedge, Retries};
use crate::edges::edges;
use crate::failures::{Breakdowns, Repairs};
use crate::names::failed_per_client;
use crate::networks::{jackson_visit, mean_value_analysis};
use crate::order::{OrderStatistic, erlang_survival, stale_at_first_holder};
use crate::queues::{
    Mh21, Mmc, RoundRobin, erlang_b, hypoexponential, md1_wait_cdf, pollaczek_khinchine, quantile,
    replication_lag, two_choices,
};
use crate::renewal::cycles;
use crate::replacement::{arc, lfu_limit, s3_fifo, sieve};

/// A scenario's name and its figures by path in `summary.json`.
pub(crate) type Case = (&'static str, Vec<(&'static str, f64)>);

const MEAN: &str = "response_time_ms.mean";
const UP: &str = "availability_by_time";
const DOWN: &str = "unavailability_by_time";
const REDUCED: &str = "reduced_redundancy";
const INCIDENT: &str = "incidents.services.web.failure.duration_s";
const P50: &str = "response_time_ms.p50";
const P95: &str = "response_time_ms.p95";
const P99: &str = "response_time_ms.p99";
const WEB_CPU: &str = "stations.services.web.cpu.utilisation";
const HIT_RATIO: &str = "components.caches.objects.figures.hit_ratio";
const LAG: &str = "components.databases.main.figures.replication_lag_ms_mean";

/// 80 % short (5 ms) and 20 % long (30 ms) jobs: mean 10 ms, squared coefficient
/// of variation 3.
pub(crate) fn hyperexponential(arrival: f64) -> Mh21 {
    Mh21 { arrival, share: [0.8, 0.2], rate: [1.0 / 5.0, 1.0 / 30.0] }
}

/// 800/s over 4 servers of 4 vCPUs, 15 ms each.
pub(crate) const WEB_TIER: RoundRobin =
    RoundRobin { arrival: 0.8, instances: 4, servers: 4, service: 1.0 / 15.0 };

/// Wait and service at the web server, then constant 1 ms (80 %) or an
/// exponential 12 ms at the database (20 %) that practically never queues.
pub(crate) fn web_tier_survival(t: f64) -> f64 {
    let (waits, drain, web) = (WEB_TIER.waits(), WEB_TIER.drain(), WEB_TIER.service);
    let database = 1.0 / 12.0;
    let outside = if t < 1.0 {
        1.0
    } else {
        (1.0 - waits) * hypoexponential(&[web], t - 1.0)
            + waits * hypoexponential(&[web, drain], t - 1.0)
    };
    let stored = (1.0 - waits) * hypoexponential(&[web, database], t)
        + waits * hypoexponential(&[web, drain, database], t);
    0.8 * outside + 0.2 * stored
}

/// Two of three, and three of five with two crews: hours.
pub(crate) const K_OF_N: Repairs = Repairs { machines: 3, needed: 2, crews: 3, up: 8.0, down: 2.0 };
pub(crate) const CREWS: Repairs = Repairs { machines: 5, needed: 3, crews: 2, up: 4.0, down: 1.0 };
/// A server of 10 ms that breaks down each 200 ms, for 50 ms.
pub(crate) const BREAKDOWNS: Breakdowns =
    Breakdowns { arrival: 0.03, service: 0.1, failing: 0.005, repairing: 0.02 };
pub(crate) const DEATHS: Breakdowns = Breakdowns { arrival: 0.06, ..BREAKDOWNS };

pub(crate) fn all() -> Vec<Case> {
    let mut cases = vec![
        multi_server("mm1", 0.08, 1),
        multi_server("mm2", 0.14, 2),
        multi_server("mmc", 0.32, 4),
        web_tier(),
        loss("erlang-b"),
        loss("erlang-b-lognormal"),
    ];
    cases.extend([messages(), burst()]);
    cases.extend(general_service());
    cases.extend(processor_sharing());
    cases.extend([closed(), jackson(), power_of_two(), dns_failover()]);
    cases.extend(caches());
    cases.extend(replication());
    cases.extend([failover(), stale_reads()]);
    cases.extend([quorum(), quorum_stale_reads(), n_plus_one()]);
    cases.extend(failures());
    cases.extend(clients());
    cases.extend(shards());
    cases.extend(autoscalers());
    cases.extend(edges());
    cases.extend(cycles());
    cases
}

/// Shares of four equal ranges of 1,000 items by Zipf 0.9; two queues that are
/// joined: Nelson & Tantawi 1988, eq. 6; the longest of eight exponentials.
fn shards() -> [Case; 3] {
    const CPU: [&str; 4] = [
        "stations.databases.main.shard-0.cpu.utilisation",
        "stations.databases.main.shard-1.cpu.utilisation",
        "stations.databases.main.shard-2.cpu.utilisation",
        "stations.databases.main.shard-3.cpu.utilisation",
    ];
    let reads = zipf(1_000, 0.9);
    let shares = reads.chunks(250).map(|range| 0.4 * range.iter().sum::<f64>());
    let (arrival, service): (f64, f64) = (0.07, 0.1);
    let used = arrival / service;
    let joined = (12.0 - used) / 8.0 / (service - arrival);
    let longest = 10.0 * (1..=8).map(|rank| 1.0 / f64::from(rank)).sum::<f64>();
    let none_longer = |t| (0..8).fold(1.0, |all, _| all * (1.0 - hypoexponential(&[service], t)));
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|p| quantile(p, |t| 1.0 - none_longer(t)));
    [
        ("sharding-zipf", CPU.into_iter().zip(shares).collect()),
        ("scatter-fork-join", vec![(MEAN, joined), (CPU[0], used), (CPU[1], used)]),
        ("scatter-max", vec![(MEAN, longest), (P50, p50), (P95, p95), (P99, p99)]),
    ]
}

/// 4.9 vCPUs of work at a target of one half, spread at random; and a need that
/// grows by 4 servers each 15 s, seen 15 s and ready 30 s later, as a fluid.
fn autoscalers() -> [Case; 2] {
    let servers = f64::ceil(4.9 / 0.5);
    let station = Mmc { arrival: 0.098 / servers, service: 1.0 / 50.0, servers: 1 };
    let steady = vec![
        ("components.services.web.figures.instances_mean", servers),
        ("components.autoscale.web.figures.instances_ready_mean", servers),
        (MEAN, station.sojourn()),
        (P99, station.quantile(0.99)),
    ];
    let (slope, seen, boot) = (4.0 / 15.0, 15.0, 30.0);
    // From 10 servers to 12 (half a period of the ramp), then 16, 20 … 36, in
    // each of 20 replications.
    let actions = 20.0 * (1.0 + (36.0 - 12.0) / (slope * 15.0));
    let ramp = vec![
        ("components.autoscale.web.figures.undershoot_max", slope * (seen + boot)),
        ("components.autoscale.web.figures.scale_outs", actions),
        ("incidents.services.web.scale_out.duration_s", boot),
    ];
    [("autoscale-steady", steady), ("autoscale-ramp", ramp)]
}

/// All three holders of a key take an exponential 12 ms.
fn quorum() -> Case {
    let holders = OrderStatistic { of: 3, rate: 1.0 / 12.0 };
    let two = |t| holders.survival(2, t);
    (
        "quorum",
        vec![
            ("endpoints.all.response_time_ms.mean", holders.mean(3)),
            ("endpoints.first.response_time_ms.mean", holders.mean(1)),
            ("endpoints.read.response_time_ms.mean", holders.mean(2)),
            ("endpoints.read.response_time_ms.p50", quantile(0.5, two)),
            ("endpoints.read.response_time_ms.p99", quantile(0.99, two)),
            ("endpoints.write.response_time_ms.mean", holders.mean(2)),
        ],
    )
}

/// A key is written 5 times a second, and is at each holder after 100 ms.
fn quorum_stale_reads() -> Case {
    let stale = stale_at_first_holder(5.0 * 0.1);
    let figures = vec![
        ("components.databases.main.figures.stale_read_ratio", stale),
        ("endpoints.write.response_time_ms.mean", 100.0 / 3.0),
    ];
    ("quorum-stale-reads", figures)
}

/// Reads of an exponential 5 ms and 1 ms for each further row.
fn n_plus_one() -> Case {
    let last_of_eight = OrderStatistic { of: 8, rate: 1.0 / 5.0 }.mean(8);
    let in_turn = |t| erlang_survival(9, 1.0 / 5.0, t);
    (
        "n-plus-one",
        vec![
            ("endpoints.batch.response_time_ms.mean", 5.0 + 5.0 + 7.0),
            ("endpoints.hops.response_time_ms.mean", 5.0 + 3.0 + 5.0 + 9.0),
            ("endpoints.native.response_time_ms.mean", 5.0 + 8.0),
            ("endpoints.together.response_time_ms.mean", 5.0 + last_of_eight),
            ("endpoints.turn.response_time_ms.mean", 9.0 * 5.0),
            ("endpoints.turn.response_time_ms.p50", quantile(0.5, in_turn)),
            ("endpoints.turn.response_time_ms.p99", quantile(0.99, in_turn)),
        ],
    )
}

fn multi_server(name: &'static str, arrival: f64, servers: u32) -> Case {
    let station = Mmc { arrival, service: 0.1, servers };
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|p| station.quantile(p));
    let used = arrival / 0.1 / f64::from(servers);
    (name, vec![(MEAN, station.sojourn()), (P50, p50), (P95, p95), (P99, p99), (WEB_CPU, used)])
}

/// Messages of 10 ms for four workers: they wait as customers do.
fn messages() -> Case {
    let station = Mmc { arrival: 0.32, service: 0.1, servers: 4 };
    let figures = vec![
        ("components.queues.jobs.figures.wait_ms_mean", station.sojourn() - 10.0),
        ("components.queues.jobs.figures.completion_ms_mean", station.sojourn()),
        ("components.queues.jobs.figures.completion_ms_p50", station.quantile(0.5)),
        ("components.queues.jobs.figures.completion_ms_p99", station.quantile(0.99)),
        ("stations.services.worker.workers.utilisation", 0.8),
    ];
    ("queue-mmc", figures)
}

/// Fluid: messages come at 2,000/s, at 8,000/s for ten seconds, and go at
/// 4,000/s at most. The backlog is a triangle over time; the mean wait is its area per
/// message (Little).
fn burst() -> Case {
    let (calm, crowd, capacity, length, window) = (2_000.0, 8_000.0, 4_000.0, 10.0, 59.0);
    let backlog: f64 = (crowd - capacity) * length;
    let drain = backlog / (capacity - calm);
    let area = backlog * (length + drain) / 2.0;
    let messages = crowd * length + calm * (window - length);
    let figures = vec![
        ("components.queues.jobs.figures.drain_s", drain),
        ("components.queues.jobs.figures.waiting_mean", area / window),
        ("components.queues.jobs.figures.wait_ms_mean", area / messages * 1e3),
        ("components.queues.jobs.figures.acknowledged_per_s", messages / window),
    ];
    ("queue-burst", figures)
}

fn web_tier() -> Case {
    let mean = WEB_TIER.waits() / WEB_TIER.drain() + 15.0 + 0.8 * 1.0 + 0.2 * 12.0;
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|p| quantile(p, web_tier_survival));
    ("web-tier", vec![(MEAN, mean), (P50, p50), (P95, p95), (P99, p99), (WEB_CPU, 0.75)])
}

/// 80/s of 100 ms each on 10 workers.
fn loss(name: &'static str) -> Case {
    let blocked = erlang_b(10, 8.0);
    let figures = vec![
        ("requests.failed_share.rejected", blocked),
        (MEAN, 100.0),
        ("stations.services.web.workers.utilisation", 0.8 * (1.0 - blocked)),
    ];
    (name, figures)
}

fn general_service() -> [Case; 3] {
    let (constant, lognormal) = (0.08, 0.06);
    // cv 1.5: E[S²] = 10² (1 + 1.5²).
    let mean = 10.0 + pollaczek_khinchine(lognormal, 10.0, 100.0 * 3.25);
    let md1 = |p| 10.0 + quantile(p, |t| 1.0 - md1_wait_cdf(constant, 10.0, t));
    let hyper = hyperexponential(0.06);
    let hyper_mean = 10.0 + pollaczek_khinchine(0.06, 10.0, hyper.second_moment());
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|p| quantile(p, |t| hyper.survival(t)));
    let md1_mean = 10.0 + pollaczek_khinchine(constant, 10.0, 100.0);
    [
        ("md1", vec![(MEAN, md1_mean), (P50, md1(0.5)), (P95, md1(0.95)), (P99, md1(0.99))]),
        ("mg1", vec![(MEAN, mean), (WEB_CPU, 0.6)]),
        ("mg1-hyper", vec![(MEAN, hyper_mean), (P50, p50), (P95, p95), (P99, p99)]),
    ]
}

/// The mean does not depend on the distribution of the work: Kelly 1979, §3.3;
/// one vCPU: S / (1 − ρ); four: that of M/M/4 (symmetric queue, φ(n) = min(n, 4)).
fn processor_sharing() -> Vec<Case> {
    let one = 10.0 / (1.0 - 0.7);
    let mut cases: Vec<Case> = ["mg1-ps", "mg1-ps-constant", "mg1-ps-exponential", "mg1-ps-hyper"]
        .map(|name| (name, vec![(MEAN, one), (WEB_CPU, 0.7)]))
        .into();
    let four = |arrival| Mmc { arrival, service: 0.1, servers: 4 }.sojourn();
    cases.push(("ps-4vcpu", vec![(MEAN, four(0.04)), (WEB_CPU, 0.1)]));
    cases.push(("ps-4vcpu-loaded", vec![(MEAN, four(0.3)), (WEB_CPU, 0.75)]));
    cases
}

/// 12 users think 100 ms; 8, 5 and 6 ms at three stations.
fn closed() -> Case {
    let (throughput, sojourn) = mean_value_analysis(12, 100.0, &[8.0, 5.0, 6.0]);
    let figures = vec![
        (MEAN, sojourn),
        ("throughput_per_s", 1000.0 * throughput),
        (WEB_CPU, 8.0 * throughput),
        ("stations.databases.accounts.cpu.utilisation", 5.0 * throughput),
        ("stations.databases.main.cpu.utilisation", 6.0 * throughput),
    ];
    ("closed-mva", figures)
}

/// 50/s; half leave after the first visit, half of the rest after the second.
fn jackson() -> Case {
    let web = jackson_visit(0.05, 0.5 + 2.0 * 0.25 + 3.0 * 0.25, 8.0);
    let database = jackson_visit(0.05, 0.25 + 2.0 * 0.25, 16.0);
    let figures = vec![
        (MEAN, 1.75 * web + 0.75 * database),
        ("endpoints.once.response_time_ms.mean", web),
        ("endpoints.twice.response_time_ms.mean", 2.0 * web + database),
        ("endpoints.thrice.response_time_ms.mean", 3.0 * web + 2.0 * database),
        (WEB_CPU, 0.7),
        ("stations.databases.main.cpu.utilisation", 0.6),
    ];
    ("jackson", figures)
}

/// 20,000 clients of the lost region among 25,000, 0.1 requests/s each; a window
/// of 30 s.
fn dns_failover() -> Case {
    let share = failed_per_client(0.1, 10.0, 3.5) / (0.1 * 30.0);
    let figures = vec![
        ("regions.eu.availability", 1.0 - share),
        ("requests.failed_share.unreachable", 0.8 * share),
    ];
    ("dns-failover", figures)
}

fn power_of_two() -> Case {
    ("power-of-two", vec![(MEAN, 10.0 * two_choices(0.9)), (WEB_CPU, 0.9)])
}

fn caches() -> [Case; 11] {
    let (few, many) = (zipf(10, 0.8), zipf(10_000, 0.8));
    let lasting = ttl(&zipf(1_000, 0.8), 1.0, 5_000.0);
    [
        ("lru-zipf", vec![(HIT_RATIO, king_lru(&few, 4))]),
        ("fifo-zipf", vec![(HIT_RATIO, gelenbe_fifo(&few, 4))]),
        ("lru-che", vec![(HIT_RATIO, che_lru(&many, 1_000.0))]),
        // 1,000 requests and 5 seconds of life, over 1,000 items.
        ("ttl-cache", vec![(HIT_RATIO, lasting)]),
        // Only the mean of the lifetimes matters.
        ("ttl-jitter", vec![(HIT_RATIO, lasting)]),
        // 200 of them held, for 0.5 seconds at most.
        ("lru-ttl", vec![(HIT_RATIO, lru_ttl(&zipf(1_000, 0.8), 200.0, 1.0, 500.0))]),
        ("random-zipf", vec![(HIT_RATIO, gelenbe_fifo(&few, 4))]),
        ("lfu-zipf", vec![(HIT_RATIO, lfu_limit(&zipf(10, 3.0), 2))]),
        ("sieve-zipf", vec![(HIT_RATIO, sieve(&zipf(6, 0.8), 3))]),
        ("s3-fifo-zipf", vec![(HIT_RATIO, s3_fifo(&zipf(6, 0.8), 2, 1))]),
        ("arc-zipf", vec![(HIT_RATIO, arc(&zipf(6, 0.8), 2))]),
    ]
}

/// 100 writes per second; the primary takes an exponential 4 ms, the applier 6 ms.
fn replication() -> [Case; 2] {
    let write = Mmc { arrival: 0.1, service: 0.25, servers: 1 }.sojourn();
    [
        ("replication-lag", vec![(LAG, replication_lag(0.1, 6.0, 72.0)), (MEAN, write)]),
        ("replication-lag-constant", vec![(LAG, replication_lag(0.1, 7.0, 49.0)), (MEAN, write)]),
    ]
}

/// Death at 20.3 s of 60 s; the third of the heartbeats of 1 s missed, 5 s of
/// promotion; 1,500 writes per second of which those of 2 s are under way.
fn failover() -> Case {
    let detection = f64::ceil(20.3) + 2.0 - 20.3;
    let outage = detection + 5.0;
    let available = 1.0 - outage / 60.0;
    let figures = vec![
        ("availability", available),
        ("availability_by_time", available),
        ("incidents.databases.main.failover.detection_s", detection),
        ("incidents.databases.main.failover.rto_s", outage),
        ("incidents.databases.main.failover.writes_lost", 1_500.0 * 2.0),
    ];
    ("failover", figures)
}

/// 50 writes per second over 50 items, applied after 500 ms.
fn stale_reads() -> Case {
    let (of_item, of_all, lag) = (1.0, 50.0, 0.5_f64);
    let missed = |rate: f64| 1.0 - libm::exp(-rate * lag);
    // The oldest of the Poisson writes of the last `lag` seconds, if any.
    let oldest = |rate: f64| lag - (1.0 / rate - lag * (1.0 - missed(rate)) / missed(rate));
    let figures = vec![
        ("components.databases.main.figures.stale_read_ratio", missed(of_item)),
        ("components.databases.main.figures.stale_age_ms_mean", 1e3 * oldest(of_item)),
        (LAG, 1e3 * missed(of_all) * oldest(of_all)),
    ];
    ("stale-reads", figures)
}

/// 120 ms of patience with an exponential 100 ms, thrice.
pub(crate) const RETRIES: Retries =
    Retries { latency: 100.0, timeout: 120.0, attempts: 3, backoff: 100.0 };
/// 100/s of 100 ms each on 10 workers, with a patience of 200 ms.
pub(crate) const ERLANG_A: ErlangA =
    ErlangA { arrival: 0.1, service: 0.01, servers: 10, impatience: 0.005 };
/// A second exponential 100 ms after 150 ms.
pub(crate) const HEDGE: Hedge = Hedge { latency: 100.0, after: 150.0 };

fn clients() -> [Case; 3] {
    let abandoned = ERLANG_A.abandoned();
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|p| quantile(p, |t| HEDGE.survival(t)));
    [
        (
            "retries",
            vec![
                ("requests.failed_share.timed_out", RETRIES.fail_for_good()),
                ("components.users.figures.attempts_mean", RETRIES.attempts_mean()),
                (MEAN, RETRIES.response()),
            ],
        ),
        (
            "erlang-a",
            vec![
                ("requests.failed_share.queue_deadline", abandoned),
                (MEAN, ERLANG_A.wait_of_served() + 100.0),
                ("attribution_ms.services.web.workers.wait", ERLANG_A.wait_of_served()),
                ("stations.services.web.workers.utilisation", 1.0 - abandoned),
            ],
        ),
        (
            "hedge",
            vec![
                (MEAN, HEDGE.mean()),
                (P50, p50),
                (P95, p95),
                (P99, p99),
                ("components.users.figures.hedges_per_request", HEDGE.share()),
                ("attribution_ms.hedge.wait", HEDGE.waited()),
            ],
        ),
    ]
}

fn failures() -> [Case; 6] {
    let two_of_three = K_OF_N.unavailability();
    let crews = CREWS.unavailability();
    let refused = 1.0 - DEATHS.availability();
    [
        // Up for 9 h, down for 1 h.
        ("availability", vec![(UP, 0.9), (DOWN, 0.1), (INCIDENT, 3_600.0)]),
        ("availability-lognormal", vec![(UP, 0.9), (DOWN, 0.1)]),
        (
            "k-of-n",
            vec![(UP, 1.0 - two_of_three), (DOWN, two_of_three), (REDUCED, K_OF_N.reduced())],
        ),
        (
            "k-of-n-crews",
            vec![
                (UP, 1.0 - crews),
                (DOWN, crews),
                (REDUCED, CREWS.reduced()),
                (INCIDENT, 3_600.0 * CREWS.incident()),
            ],
        ),
        (
            "mm1-breakdowns",
            vec![
                (MEAN, BREAKDOWNS.present() / BREAKDOWNS.arrival),
                (DOWN, 1.0 - BREAKDOWNS.availability()),
            ],
        ),
        (
            "mm1-deaths",
            vec![
                ("requests.failed_share.refused", refused),
                ("requests.failed_share.lost", DEATHS.lost()),
                ("availability", 1.0 - refused - DEATHS.lost()),
                (MEAN, 1.0 / DEATHS.drain()),
                (P99, -libm::log(0.01) / DEATHS.drain()),
            ],
        ),
    ]
}
