//! Made-up results that look like those of real runs.

use highwater::experiment::comparison::{Comparison, Design, Difference};
use highwater::experiment::summary::*;
use highwater::scenario::map::{Edge, Flow, Map, Node};

/// How the made-up system fares.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regime {
    /// Well within its capacity, some requests fail.
    Normal,
    /// Beyond its capacity: high quantiles fall among unfinished requests.
    Overloaded,
    /// Little load, nothing fails.
    Idle,
}

pub(crate) fn estimate(value: f64, half: f64) -> Estimate {
    Estimate {
        value: Some(value),
        low: Some(value - half),
        high: Some(value + half),
        confidence: 0.95,
        at_least: false,
        note: None,
    }
}

fn at_least(value: f64) -> Estimate {
    let note = "falls among requests that had not finished";
    Estimate { at_least: true, ..Estimate::point(value, note) }
}

/// Some noise that is the same everywhere, -1..1.
fn noise(index: usize) -> f64 {
    let mixed = (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 40) as f64 / f64::from(1 << 23) - 1.0
}

const STATIONS: [(&str, &str, u32, f64); 12] = [
    ("balancers.edge.connections", "pool", 2, 0.12),
    ("services.web.workers", "pool", 6, 0.58),
    ("services.web.cpu", "cpu", 6, 0.71),
    ("services.recommendations-with-a-long-name.workers", "pool", 3, 0.33),
    ("services.recommendations-with-a-long-name.cpu", "cpu", 3, 0.41),
    ("services.search.cpu", "cpu", 4, 0.52),
    ("caches.objects.cpu", "cpu", 2, 0.19),
    ("databases.main.connections", "pool", 3, 0.47),
    ("databases.main.cpu", "cpu", 3, 0.64),
    ("databases.main.disk", "disk", 3, 0.55),
    ("queues.mail.workers", "pool", 2, 0.08),
    ("external.payments", "pool", 1, 0.0),
];

/// Results of 12 stations over half an hour.
pub(crate) fn results(regime: Regime) -> Results {
    let stretch = match regime {
        Regime::Normal => 1.0,
        Regime::Overloaded => 40.0,
        Regime::Idle => 0.4,
    };
    Results {
        summary: summary(regime, stretch),
        percentile_curve: curve(regime, stretch),
        histogram: (0..40).map(|n| bucket(n, stretch)).collect(),
        traced: Vec::new(),
        map: map(),
        timeseries: course(regime, stretch),
    }
}

/// Users, two services, a cache, a primary and its replicas.
fn map() -> Map {
    let parts = [
        ("users", None, 0, 0),
        ("balancers.edge", None, 1, 1),
        ("services.web", None, 6, 2),
        ("services.search", None, 4, 3),
        ("caches.objects", None, 2, 3),
        ("databases.main", Some("primary"), 1, 4),
        ("databases.main", Some("replica"), 2, 4),
    ];
    let node = |(component, role, instances, layer): (&str, _, _, _)| Node {
        component: component.to_owned(),
        role,
        instances,
        host: None,
        layer,
    };
    let calls = [(0, 1), (1, 2), (2, 3), (2, 4), (2, 5), (4, 6)];
    let calls = calls.map(|(from, to)| Edge { from, to, flow: Flow::Calls });
    let ships = Edge { from: 5, to: 6, flow: Flow::Ships };
    Map { nodes: parts.map(node).to_vec(), edges: calls.into_iter().chain([ships]).collect() }
}

fn bucket(n: u64, stretch: f64) -> HistogramBucket {
    let low = (n as f64 * 5e6 * stretch) as u64;
    let count = (50_000.0 / (1.0 + (n as f64 - 4.0) * (n as f64 - 4.0))) as u64;
    HistogramBucket { low_ns: low, high_ns: low + (5e6 * stretch) as u64 - 1, count }
}

fn curve(regime: Regime, stretch: f64) -> Vec<(f64, Option<f64>)> {
    let shares = (0..=160).map(|step| 1.0 - libm::pow(10.0, -f64::from(step) / 40.0));
    let time = |share: f64| {
        let nines = -libm::log10(1.0 - share);
        if regime == Regime::Overloaded && share > 0.97 {
            return None;
        }
        Some(stretch * (12.0 + 40.0 * nines + 9.0 * nines * nines))
    };
    shares.map(|share| (share, time(share))).collect()
}

fn response_time(regime: Regime, stretch: f64) -> ResponseTime {
    let at = |value: f64, half: f64| estimate(value * stretch, half * stretch);
    let mut time = ResponseTime {
        mean: at(31.2, 0.3),
        p50: at(24.9, 0.2),
        p90: at(61.0, 0.7),
        p95: at(79.5, 1.3),
        p99: at(128.4, 4.2),
        p99_9: at(214.0, 15.0),
        max: Some(498.3 * stretch),
    };
    if regime == Regime::Overloaded {
        time.p99 = at_least(30_000.0);
        time.p99_9 = at_least(30_000.0);
    }
    if regime == Regime::Idle {
        time.p99_9 = Estimate::absent("only 214 requests were answered; 10,000 are needed");
    }
    time
}

fn summary(regime: Regime, stretch: f64) -> Summary {
    let load = if regime == Regime::Overloaded { 1.4 } else { stretch };
    let failed = if regime == Regime::Idle {
        vec![]
    } else {
        vec![("rejected".to_owned(), 212), ("timed_out".to_owned(), 355)]
    };
    let failures: u64 = failed.iter().map(|(_, number)| number).sum();
    let counts = RequestCounts {
        offered: 1_234_567,
        answered: 1_234_567 - failures - 3,
        failed,
        in_flight: 3,
    };
    let availability = match regime {
        Regime::Idle => Estimate::point(1.0, ""),
        Regime::Normal => estimate(0.999_541, 0.000_06),
        Regime::Overloaded => estimate(0.712, 0.004),
    };
    Summary {
        format: FORMAT,
        highwater: "0.1.0".to_owned(),
        scenario: ScenarioName {
            title: "Web shop in two zones, a working day at noon".to_owned(),
            hash: "5f1c0a7de3b94c21".to_owned(),
        },
        seed: 42,
        replications: 10,
        precision: None,
        kind: "steady".to_owned(),
        simulated_s: 1800.0,
        warmup_s: 131.2,
        slo: slo(regime),
        requests: counts.clone(),
        throughput_per_s: estimate(685.871_234_567_89 * load, 0.41),
        availability_only: false,
        availability: availability.clone(),
        availability_by_time: None,
        outages: None,
        reduced_redundancy: None,
        error_budget: None,
        incidents: Vec::new(),
        incidents_total: 0,
        incident_groups: Vec::new(),
        closed_form: Vec::new(),
        response_time_ms: response_time(regime, stretch),
        page_time_ms: (regime == Regime::Normal).then(|| response_time(regime, 2.5 * stretch)),
        attribution_ms: attribution(stretch),
        endpoints: ["timeline", "GET /search", "checkout"]
            .map(|name| {
                let response_time_ms = response_time(regime, stretch);
                let result = EndpointResult {
                    requests: counts.clone(),
                    availability: availability.clone(),
                    availability_by_time: None,
                    response_time_ms,
                };
                (name.to_owned(), result)
            })
            .into(),
        regions: Vec::new(),
        stations: stations(load),
        components: components(),
        cost: Cost {
            per_hour: 1.236,
            per_million_requests: estimate(0.5006, 0.0003),
            parts_per_hour: vec![("services.web".to_owned(), 0.816), ("databases.main".to_owned(), 0.42)],
            standing_per_hour: 1.236,
        },
        bottleneck: Some(Bottleneck {
            station: "services.web.cpu".to_owned(),
            utilisation: estimate((0.714 * load).min(0.9998), 0.002),
            headroom: estimate((1.0 / (0.714 * load)).max(1.0) - 1.0, 0.01),
        }),
        unstable: match regime {
            Regime::Overloaded => vec!["the queue of services.web.workers grew to 48,211 at 22 min".to_owned()],
            _ => vec![],
        },
        limit: (regime == Regime::Overloaded).then(|| "250,000 requests in flight at 22 min".to_owned()),
        warnings: match regime {
            Regime::Normal => vec![],
            _ => vec!["The run is short for its warm-up: 7 % of it was cut away, and the interval of p99 rests on 10 replications".to_owned()],
        },
        audit: Audit {
            conservation: "held".to_owned(),
            little: "held".to_owned(),
            utilisation_law: "held".to_owned(),
            attribution: "held".to_owned(),
        },
        fingerprint: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

fn slo(regime: Regime) -> SloResult {
    let (p99, availability, all) = match regime {
        Regime::Normal => (Verdict::Met, Verdict::Undecided, Verdict::Undecided),
        Regime::Overloaded => (Verdict::Missed, Verdict::Missed, Verdict::Missed),
        Regime::Idle => (Verdict::Met, Verdict::Met, Verdict::Met),
    };
    let term = |term: &str, limit: f64, unit: &str, estimate, verdict| SloTermResult {
        term: term.to_owned(),
        limit,
        unit: unit.to_owned(),
        at_least: unit.is_empty(),
        estimate,
        verdict,
    };
    let measured = match regime {
        Regime::Normal => (estimate(128.4, 4.2), estimate(0.999_541, 0.000_06)),
        Regime::Overloaded => (at_least(30_000.0), estimate(0.712, 0.004)),
        Regime::Idle => (estimate(51.4, 1.7), Estimate::point(1.0, "")),
    };
    SloResult {
        verdict: Some(all),
        terms: vec![
            term("p99", 200.0, "ms", measured.0, p99),
            term("availability", 0.9995, "", measured.1, availability),
        ],
    }
}

fn attribution(stretch: f64) -> Named<Estimate> {
    let parts = [
        ("dns", 0.21),
        ("network", 4.3),
        ("balancers.edge.connections.service", 0.31),
        ("services.web.workers.wait", 2.9),
        ("services.web.cpu.wait", 5.2),
        ("services.web.cpu.service", 7.1),
        ("services.recommendations-with-a-long-name.cpu.wait", 0.8),
        ("services.recommendations-with-a-long-name.cpu.service", 1.7),
        ("services.search.cpu.service", 1.4),
        ("caches.objects.cpu.service", 0.35),
        ("databases.main.connections.wait", 0.9),
        ("databases.main.cpu.wait", 1.63),
        ("databases.main.cpu.service", 2.2),
        ("databases.main.disk.wait", 0.7),
        ("databases.main.disk.service", 1.1),
        ("attempt.failed", 0.4),
    ];
    parts.map(|(name, value)| (name.to_owned(), estimate(value * stretch, 0.1))).into()
}

fn stations(load: f64) -> Vec<StationResult> {
    let mut all = Vec::new();
    for (place, (name, kind, instances, busy)) in STATIONS.into_iter().enumerate() {
        for instance in 0..instances {
            let busy =
                (busy * load * (1.0 + 0.04 * noise(place * 10 + instance as usize))).min(0.9998);
            all.push(station(name, kind, instance, busy));
        }
    }
    all
}

pub(crate) fn station(name: &str, kind: &str, instance: u32, busy: f64) -> StationResult {
    let waiting = busy * busy / (1.0 - busy);
    StationResult {
        name: name.to_owned(),
        instance,
        role: None,
        kind: kind.to_owned(),
        utilisation: if busy > 0.0 { estimate(busy, 0.004) } else { Estimate::absent("unbounded") },
        queue_length_mean: estimate(waiting, 0.02),
        queue_length_max: (waiting * 14.0) as u64,
        wait_ms: Wait { mean: estimate(waiting * 1.3, 0.1), p99: estimate(waiting * 17.0, 1.0) },
        throughput_per_s: estimate(114.3, 0.2),
        rejected: 0,
    }
}

fn components() -> Named<ComponentResult> {
    let component = |kind: &str, figures: Vec<(&str, Figure)>| ComponentResult {
        kind: kind.to_owned(),
        figures: figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)).collect(),
        incidents: Vec::new(),
    };
    let cache = vec![
        ("hit_ratio", Figure::Estimate(estimate(0.9321, 0.0011))),
        ("stale_hits", Figure::Count(0)),
        ("evicted", Figure::Count(18_233)),
    ];
    let database = vec![
        ("replication_lag_ms_mean", Figure::Estimate(estimate(3.21, 0.05))),
        ("replication_lag_ms_p99", Figure::Estimate(Estimate::absent("fewer than 100 writes"))),
        ("replication_lag_ms_max", Figure::Number(48.7)),
        ("stale_reads", Figure::Count(112)),
        ("writes_committed", Figure::Count(123_402)),
        ("writes_lost", Figure::Count(0)),
    ];
    vec![
        ("caches.objects".to_owned(), component("cache", cache)),
        ("databases.main".to_owned(), component("database", database)),
    ]
}

fn course(regime: Regime, stretch: f64) -> TimeSeries {
    const BUCKETS: usize = 180;
    let growth = |bucket: usize| match regime {
        Regime::Overloaded => 0.05 + bucket as f64 / BUCKETS as f64,
        _ => 1.0 - 0.5 * libm::exp(-(bucket as f64) / 5.0),
    };
    let line =
        |component: &str, figure: &str, salt: usize, value: &dyn Fn(f64, f64) -> f64| Series {
            component: component.to_owned(),
            figure: figure.to_owned(),
            values: (0..BUCKETS)
                .map(|bucket| {
                    (bucket % 97 != 60)
                        .then(|| value(growth(bucket), noise(bucket + 1000 * salt)).max(0.0))
                })
                .collect(),
        };
    let fails = if regime == Regime::Idle { 0.0 } else { 9.0 };
    let mut series = vec![
        line("users", "offered_per_s", 1, &|_, noise| 686.0 + 12.0 * noise),
        line("users", "answered_per_s", 1, &|_, noise| 686.0 - fails + 12.0 * noise),
        line("users", "failed_per_s", 2, &|growth, noise| fails * growth * (1.0 + noise)),
        line("users", "response_time_ms_p50", 3, &|growth, noise| {
            stretch * growth * (25.0 + noise)
        }),
        line("users", "response_time_ms_p95", 4, &|growth, noise| {
            stretch * growth * (80.0 + 6.0 * noise)
        }),
        line("users", "response_time_ms_p99", 5, &|growth, noise| {
            stretch * growth * (128.0 + 18.0 * noise)
        }),
        line("users", "in_flight", 6, &|growth, noise| {
            21.0 * stretch * growth * (1.0 + 0.2 * noise)
        }),
    ];
    let load = if regime == Regime::Overloaded { 1.4 } else { stretch };
    for (place, (name, _, _, busy)) in STATIONS.into_iter().enumerate() {
        let busy = move |growth: f64, noise: f64| {
            (busy * load * growth.min(1.0) * (1.0 + 0.05 * noise)).min(1.0)
        };
        let queue = move |growth: f64, noise: f64| {
            let busy = busy(growth, noise).min(0.98);
            busy * busy / (1.0 - busy)
        };
        series.push(line(name, "utilisation", 10 + place, &busy));
        series.push(line(name, "queue_length", 30 + place, &queue));
    }
    TimeSeries { bucket_s: 10.0, warmup_s: 131.2, buckets: BUCKETS, series }
}

/// A run of one replication in which the primary dies and a web server after it.
pub(crate) fn struck() -> Results {
    let mut results = results(Regime::Normal);
    let summary = &mut results.summary;
    summary.availability_by_time = Some(estimate(0.99741, 0.0004));
    summary.outages = Some(10);
    summary.reduced_redundancy = Some(estimate(0.231, 0.012));
    summary.error_budget = Some(ErrorBudget {
        term: "availability".to_owned(),
        limit: 0.9995,
        allowed_failures: Some(617.283_5),
        failed: Some(567),
        spent: Some(0.918_541),
        burn_rate: estimate(0.918, 0.12),
        burn_rate_max: Some(14.2),
    });
    for replication in 0..2 {
        summary.incidents.extend(incidents(replication));
    }
    summary.incidents_total = 22;
    summary.incident_groups = vec![IncidentGroup {
        component: "databases.main".to_owned(),
        kind: "failover".to_owned(),
        count: 2,
        duration_s: estimate(14.2, 0.8),
        requests_failed: 802,
        figures: vec![("rto_s".to_owned(), estimate(14.2, 0.8))],
    }];
    let database = summary.components.iter_mut().find(|(name, _)| name == "databases.main");
    if let Some((_, database)) = database {
        database.incidents = vec![ComponentIncident {
            replication: 0,
            kind: "failover".to_owned(),
            at_s: 720.0,
            end_s: Some(734.2),
            figures: vec![("rto_s".to_owned(), 14.2), ("writes_lost".to_owned(), 31.0)],
        }];
    }
    let mut endpoints = summary.endpoints.iter_mut();
    if let Some((_, endpoint)) = endpoints.next() {
        endpoint.availability_by_time = Some(estimate(0.9988, 0.0004));
    }
    results
}

fn incidents(replication: u32) -> Vec<IncidentResult> {
    let incident = |component: &str, kind: &str, start_s, end_s, cause: &str, requests_failed| {
        IncidentResult {
            replication,
            component: component.to_owned(),
            kind: kind.to_owned(),
            start_s,
            end_s,
            cause: cause.to_owned(),
            requests_failed,
            figures: Vec::new(),
        }
    };
    let dies = "events.primary_dies: kill";
    let mut all = vec![
        incident("databases.main.0", "failure", 720.0, Some(1320.0), dies, 401),
        incident("databases.main", "failover", 720.0, Some(734.2), dies, 401),
        incident("services.web.3", "failure", 990.0, Some(1050.0), "failures.web", 12),
        incident("caches.objects", "flush", 1200.0, Some(1200.0), "events.flush: flush", 0),
        incident("zones.eu-a", "partition", 1500.0, None, "events.cut: partition", 166),
    ];
    all[1].figures = vec![("rto_s".to_owned(), 14.2), ("writes_lost".to_owned(), 31.0)];
    let more = (0..6).map(|n| {
        let at = 1400.0 + 10.0 * f64::from(n);
        incident("services.web.1", "failure", at, Some(at + 5.0), "failures.web", 1)
    });
    all.extend(more);
    all
}

/// Ten years of failures and repairs without requests.
pub(crate) fn availability_only() -> Results {
    let mut results = struck();
    let summary = &mut results.summary;
    let absent = || Estimate::absent("availability only: no request was played");
    summary.availability_only = true;
    summary.simulated_s = 10.0 * 365.0 * 86_400.0;
    summary.warmup_s = 0.0;
    summary.availability = absent();
    summary.throughput_per_s = absent();
    summary.requests = RequestCounts::default();
    summary.outages = Some(214);
    summary.stations.clear();
    summary.attribution_ms.clear();
    summary.bottleneck = None;
    summary.slo.terms.remove(0);
    summary.incidents_total = 123_456;
    for (_, component) in &mut summary.components {
        component.figures.clear();
    }
    if let Some(budget) = &mut summary.error_budget {
        (budget.allowed_failures, budget.failed, budget.burn_rate_max) = (None, None, None);
        budget.spent = Some(5.18);
    }
    summary.closed_form = vec![
        ClosedForm {
            component: "services.web".to_owned(),
            needed: 1,
            instances: 2,
            crews: Some(1),
            availability: estimate(0.999_912, 0.000_011),
            exact: 0.999_908,
        },
        ClosedForm {
            component: "databases.main".to_owned(),
            needed: 1,
            instances: 3,
            crews: None,
            availability: Estimate::point(
                0.999_999_2,
                "3 outages seen, an interval is not to be trusted below 20: about 56.7 years more needed",
            ),
            exact: 0.999_999_1,
        },
    ];
    results.timeseries = TimeSeries::default();
    results
}

/// Three designs under the same users.
pub(crate) fn comparison() -> Comparison {
    let design = |name: &str, regime, per_hour: f64, p99: f64| {
        let mut results = results(regime);
        results.summary.cost.per_hour = per_hour;
        results.summary.response_time_ms.p99 = estimate(p99, p99 * 0.04);
        let stretch = p99 / 128.4;
        results.percentile_curve = curve(Regime::Normal, stretch);
        Design { name: name.to_owned(), results }
    };
    let figures = |stretch: f64| {
        let figures = [
            ("response_time_ms.mean", -3.1, 0.4),
            ("response_time_ms.p50", -0.1, 0.3),
            ("response_time_ms.p95", -9.2, 1.2),
            ("response_time_ms.p99", -22.7, 4.4),
            ("availability", 0.000_3, 0.000_1),
            ("throughput_per_s", 0.2, 0.6),
            ("cost.per_hour", 0.41, 0.0),
            ("cost.per_million_requests", 0.17, 0.001),
        ];
        figures.map(|(name, value, half)| (name.to_owned(), estimate(value * stretch, half))).into()
    };
    let worth = || vec![("response_time_ms.mean".to_owned(), estimate(12.4, 1.7))];
    Comparison {
        designs: vec![
            design("one-large-machine", Regime::Normal, 1.236, 128.4),
            design("six-small-machines", Regime::Normal, 1.646, 105.7),
            design("six-small-machines-and-a-cache-in-each-zone", Regime::Normal, 1.702, 91.2),
            design("cheap", Regime::Normal, 0.81, 211.0),
        ],
        differences: vec![
            Difference { design: "six-small-machines".to_owned(), figures: figures(1.0), variance_reduction: worth() },
            Difference { design: "six-small-machines-and-a-cache-in-each-zone".to_owned(), figures: figures(1.6), variance_reduction: worth() },
            Difference { design: "cheap".to_owned(), figures: figures(-3.0), variance_reduction: worth() },
        ],
        cheapest: Some("cheap".to_owned()),
        sentence: "six-small-machines answers 1.21 ± 0.05 times faster at p99 than one-large-machine, for 1.33 times the cost".to_owned(),
        redundancy: Vec::new(),
    }
}
