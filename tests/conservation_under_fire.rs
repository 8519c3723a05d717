//! Goal: whatever dies, hangs, is cut off or comes back, no request is lost
//! without a cause and no law breaks. Method: random topologies under random
//! load and random failures; every run audits itself (a broken law is an
//! error), and the totals are added up again here.

mod support;

use proptest::prelude::*;
use support::topologies::{Choices, choices, text};
use support::{conserved, scenario, summary};

/// Something that goes wrong: what, whom it strikes, when and for how long.
#[derive(Clone, Debug)]
struct Trouble {
    what: &'static str,
    whom: usize,
    at_ms: u32,
    for_ms: Option<u32>,
}

const EVENTS: [&str; 12] = [
    "kill",
    "kill silently",
    "restart",
    "hang",
    "slow",
    "partition",
    "cut",
    "slow_link",
    "loss",
    "destroy",
    "drain",
    "dns_outage",
];

/// How clients and services defend themselves.
#[derive(Clone, Debug)]
struct Defences {
    cancels: bool,
    hedge: bool,
    client_breaker: bool,
    service_breaker: bool,
    database_breaker: bool,
    adaptive: bool,
    fails: bool,
}

fn defences() -> impl Strategy<Value = Defences> {
    any::<[bool; 7]>().prop_map(|on| Defences {
        cancels: on[0],
        hedge: on[1],
        client_breaker: on[2],
        service_breaker: on[3],
        database_breaker: on[4],
        adaptive: on[5],
        fails: on[6],
    })
}

/// Tables laid after the others.
fn defended(choices: &Choices, defences: &Defences) -> String {
    let breaker = "failures = 0.5\nwindow = \"1 s\"\nminimum = 5\nopen = \"300 ms\"\n";
    let mut text = String::new();
    let mut add = |on: bool, table: &str, keys: &str| {
        if on {
            text.push_str(&format!("[{table}]\n{keys}"));
        }
    };
    add(defences.hedge, "clients.browser.hedge", "after = \"40 ms\"\n");
    add(defences.client_breaker, "clients.mobile.breaker", breaker);
    add(defences.client_breaker, "clients.browser.breaker", breaker);
    add(defences.service_breaker, "services.recommender.breaker", breaker);
    add(defences.database_breaker, "databases.main.breaker", breaker);
    let adaptive = defences.adaptive && choices.workers.is_some();
    add(adaptive, "services.web.adaptive", "target_wait = \"20 ms\"\nminimum = 1\n");
    text
}

fn troubles() -> impl Strategy<Value = Vec<Trouble>> {
    let one =
        (prop::sample::select(EVENTS.to_vec()), 0..100usize, 100..6_000u32, any::<Option<u16>>());
    let one = one.prop_map(|(what, whom, at_ms, lasts)| {
        let for_ms = lasts.map(|lasts| 10 + u32::from(lasts) % 3_000);
        Trouble { what, whom, at_ms, for_ms }
    });
    prop::collection::vec(one, 1..6)
}

/// Whom something can strike in this topology.
fn targets(choices: &Choices) -> Vec<String> {
    let mut targets = vec!["load_balancers.public".to_owned(), "services.web".to_owned()];
    targets.extend((0..choices.servers).map(|web| format!("services.web.{web}")));
    targets.extend(
        ["services.recommender.0", "services.recommender.1", "databases.main"].map(str::to_owned),
    );
    targets.extend(["databases.main.primary", "databases.main.0"].map(str::to_owned));
    if choices.replicas > 0 {
        targets.extend(["databases.main.replica", "databases.main.1"].map(str::to_owned));
    }
    if choices.cache.is_some() {
        targets.extend(["caches.objects", "caches.objects.1"].map(str::to_owned));
    }
    targets
}

fn event(number: usize, trouble: &Trouble, targets: &[String]) -> String {
    let target = &targets[trouble.whom % targets.len()];
    let (target, other) = match trouble.what {
        "cut" | "slow_link" | "loss" => link(trouble.whom),
        _ => (target.as_str(), ""),
    };
    let action = match trouble.what {
        "kill silently" => format!("kill = \"{target}\"\nhow = \"silence\""),
        "slow" => format!("slow = \"{}\"\nspeed = 0.2", working(target)),
        "drain" if target.starts_with("caches") => "drain = \"services.web\"".to_owned(),
        "drain" => format!("drain = \"{}\"", working(target)),
        "cut" => format!("cut = [\"{target}\", \"{other}\"]"),
        "slow_link" => format!("slow_link = [\"{target}\", \"{other}\"]\nadd = \"30 ms\""),
        "loss" => format!("loss = [\"{target}\", \"{other}\"]\nshare = 0.3"),
        "dns_outage" => "dns_outage = true".to_owned(),
        other => format!("{other} = \"{target}\""),
    };
    let lasts = match trouble.for_ms {
        Some(for_ms) if trouble.what != "restart" => format!("for = \"{for_ms} ms\"\n"),
        _ => String::new(),
    };
    format!("[events.e{number}]\nat = \"{} ms\"\n{action}\n{lasts}", trouble.at_ms)
}

/// Two ends of a link.
fn link(number: usize) -> (&'static str, &'static str) {
    let links = [
        ("load_balancers.public", "services.web.0"),
        ("services.web", "databases.main"),
        ("services.web.1", "services.recommender"),
        ("services.recommender", "databases.main.primary"),
    ];
    links[number % links.len()]
}

/// What has a machine that can slow down.
fn working(target: &str) -> &str {
    if target.starts_with("load_balancers") { "services.web" } else { target }
}

fn on_fire(choices: &Choices, defences: &Defences, troubles: &[Trouble], chance: bool) -> String {
    let targets = targets(choices);
    let mut text =
        text(choices).replace("internal_rtt = ", "give_up_after = \"300 ms\"\ninternal_rtt = ");
    if defences.cancels {
        text = text.replacen("connections = 3\n", "connections = 3\ncancels = true\n", 1);
    }
    if defences.fails {
        text = text.replace("start = \"cold\"\n", "start = \"cold\"\non_failure = \"fail\"\n");
    }
    text.push_str(&defended(choices, defences));
    for (number, trouble) in troubles.iter().enumerate() {
        text.push_str(&event(number, trouble, &targets));
    }
    text.push_str(
        "[load_balancers.public.health_check]\ninterval = \"300 ms\"\ntimeout = \"100 ms\"\n",
    );
    text.push_str("slow_start = \"500 ms\"\n[load_balancers.public.replace]\nafter = \"1 s\"\nin = \"500 ms\"\n");
    if chance {
        for (name, of, effect) in [
            ("web", "services.web", "refuse"),
            ("recommender", "services.recommender", "hang"),
            ("main", "databases.main", "silence"),
        ] {
            text.push_str(&format!(
                "[failures.{name}]\nof = \"{of}\"\neffect = \"{effect}\"\ncrews = 1\n\
                 mtbf = {{ exponential = \"3 s\" }}\nmttr = {{ exponential = \"400 ms\" }}\n"
            ));
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_request_is_lost_without_a_cause(
        choices in choices(),
        defences in defences(),
        troubles in troubles(),
        chance in any::<bool>(),
    ) {
        let summary = summary(&scenario(&on_fire(&choices, &defences, &troubles, chance)));
        conserved(&summary)?;
    }
}
