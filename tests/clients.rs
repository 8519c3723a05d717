//! Goal: what clients and callers do besides asking is exact: races, breakers,
//! limits, cancellation, budgets. Method: scenarios small enough to follow by
//! hand, to the nanosecond; the audit of every run holds the rest, also under
//! random clients, loads and faults.

mod support;

use highwater::experiment::summary::Summary;
use highwater::scenario::compile::compile;
use proptest::prelude::*;
use support::{component, endpoint_nanos, results, scenario, scenario_with, summary, value};

/// One server, asked by one kind of client.
struct Site<'a> {
    users: &'a str,
    client: &'a str,
    steps: &'a str,
    /// Keys of the service, and tables after it.
    service: &'a str,
    run: &'a str,
}

impl Site<'_> {
    fn text(&self) -> String {
        let Site { users, client, steps, service, run } = self;
        format!(
            "[users]\n{users}\n[clients.all]\nshare = 1\n{client}\n\
             [endpoints.page]\nshare = 100\nsteps = [{steps}]\n[entry]\nto = \"services.web\"\n\
             [machines.server]\nvcpus = 1\nscheduling = \"fifo\"\n\
             [services.web]\nmachine = \"server\"\npublic = true\nhandles = \"*\"\n{service}\n\
             [run]\nkind = \"terminating\"\nreplications = 1\n{run}\n"
        )
    }

    fn play(&self) -> Summary {
        summary(&scenario(&self.text()))
    }

    /// Plays requests at these instants (s), and no others.
    fn replay(&self, at: &[&str]) -> Summary {
        let site = Site { users: "replay = \"arrivals.csv\"", ..*self };
        let rows: String = at.iter().map(|at| format!("{at},page\n")).collect();
        let csv = format!("time_s,endpoint\n{rows}");
        summary(&scenario_with(&site.text(), &[("arrivals.csv", &csv)]))
    }
}

const MINUTE: &str = "duration = \"1 min\"";

fn part(summary: &Summary, part: &str) -> f64 {
    let found = summary.attribution_ms.iter().find(|(name, _)| name == part);
    found.map_or(0.0, |(_, estimate)| value(estimate))
}

/// Milliseconds of a minute in which the one server of a station was busy.
fn busy_ms(summary: &Summary, station: &str) -> f64 {
    let found = summary.stations.iter().find(|one| one.name == station).expect("a station");
    (value(&found.utilisation) * 60_000.0 * 1e6).round() / 1e6
}

fn failed(summary: &Summary, cause: &str) -> u64 {
    summary.requests.failed.iter().find(|(name, _)| name == cause).map_or(0, |(_, count)| *count)
}

/// The second racer comes after 4 ms and waits for the CPU until the first one
/// has answered.
#[test]
fn the_loser_of_a_race_works_on_unless_it_is_cancelled() {
    let race = |client: &str| {
        let steps = "{ cpu = \"10 ms\" }";
        let site = Site { users: "", client, steps, service: "", run: MINUTE };
        let summary = site.replay(&["1"]);
        assert_eq!(endpoint_nanos(&summary, "page"), 10_000_000);
        assert_eq!(component(&summary, "users", "hedges"), 1.0);
        assert_eq!(component(&summary, "users", "hedges_won"), 0.0);
        busy_ms(&summary, "services.web.cpu")
    };
    assert_eq!(race("hedge = { after = \"4 ms\" }"), 20.0);
    assert_eq!(race("hedge = { after = \"4 ms\" }\ncancels = true"), 10.0);
}

/// One worker for 8 ms each, a patience of 5 ms in its queue:
///
/// | at ms | what |
/// |---|---|
/// | 0 | the first request's first racer has the worker until 8 |
/// | 1 | the second request's first racer waits, until 6 |
/// | 4, 5 | the second racers wait, until 9 and 10 |
/// | 6 | the second request has lost its first racer, not yet its race |
/// | 8 | the first request is answered; its loser has the worker until 16 |
/// | 10 | the second request has lost both racers |
///
/// With cancellation the loser leaves at 8, the second request's second racer
/// has the worker until 16.
#[test]
fn an_attempt_fails_with_its_last_racer() {
    let race = |cancels: &str| {
        let client = format!("hedge = {{ after = \"4 ms\" }}\n{cancels}");
        let service = "workers = 1\nqueue_deadline = \"5 ms\"";
        let steps = "{ wait = \"8 ms\" }";
        Site { users: "", client: &client, steps, service, run: MINUTE }.replay(&["0.000", "0.001"])
    };
    let plain = race("");
    assert_eq!(failed(&plain, "queue_deadline"), 1);
    assert_eq!(endpoint_nanos(&plain, "page"), 8_000_000);
    assert_eq!(busy_ms(&plain, "services.web.workers"), 16.0);
    let cancelling = race("cancels = true");
    assert_eq!(failed(&cancelling, "queue_deadline"), 0);
    // (8 + 15) / 2: the second one waited 4 ms for its racer, and that 3 ms.
    assert_eq!(endpoint_nanos(&cancelling, "page"), 11_500_000);
    assert_eq!(part(&cancelling, "hedge.wait"), 2.0);
    assert_eq!(part(&cancelling, "services.web.workers.wait"), 1.5);
    assert_eq!(component(&cancelling, "users", "hedges_won"), 1.0);
    assert_eq!(busy_ms(&cancelling, "services.web.workers"), 16.0);
}

/// Three branches side by side: CPU for 10 ms, an outside call of 30 ms, and a
/// disk that takes 20 ms; the client gives up after 5 ms.
#[test]
fn cancelled_work_leaves_all_its_stations_at_once() {
    let steps = "{ parallel = [[{ cpu = \"10 ms\" }], [{ wait = \"30 ms\" }], \
                 [{ update = \"items\" }]] }";
    let service = "workers = 1\n[datasets.items]\nitems = 10\nitem_size = \"1 KB\"\n\
         [machines.disk]\nvcpus = 1\ndisk = { iops = 100 }\n\
         [databases.main]\nholds = \"*\"\nmachine = \"disk\"\n[databases.main.costs]\n\
         write = { cpu = \"0 ms\", disk_writes = 2 }";
    let site = |client| Site { users: "", client, steps, service, run: MINUTE };
    let busy = |summary: &Summary| {
        ["services.web.workers", "services.web.cpu", "databases.main.disk"]
            .map(|station| busy_ms(summary, station))
    };
    let plain = site("timeout = \"5 ms\"").replay(&["1"]);
    assert_eq!((failed(&plain, "timed_out"), busy(&plain)), (1, [30.0, 10.0, 20.0]));
    let cancelling = site("timeout = \"5 ms\"\ncancels = true").replay(&["1"]);
    assert_eq!((failed(&cancelling, "timed_out"), busy(&cancelling)), (1, [5.0, 5.0, 5.0]));
}

/// A request every 10 ms takes 100 ms, and its client waits 50 ms: the first
/// gives up at 60 ms. The tenth failure, at 150 ms, opens the breaker for a
/// second; the trial at 1,150 ms fails 50 ms later, and so on every 1,050 ms.
#[test]
fn the_breaker_of_a_kind_of_client_by_hand() {
    let client = "timeout = \"50 ms\"\n\
         breaker = { failures = 0.5, window = \"1 s\", minimum = 10, open = \"1 s\" }";
    let users = "interarrival = \"10 ms\"";
    let steps = "{ wait = \"100 ms\" }";
    let run = "duration = \"10 s\"";
    let summary = Site { users, client, steps, service: "", run }.play();
    assert_eq!(summary.requests.offered, 999);
    assert_eq!(failed(&summary, "timed_out"), 14 + 9);
    assert_eq!(failed(&summary, "breaker"), 999 - 23);
    assert_eq!(component(&summary, "clients.all.breaker", "refused"), 976.0);
    assert_eq!(component(&summary, "clients.all.breaker", "opened"), 10.0);
    assert_eq!(component(&summary, "clients.all.breaker", "open_share"), 9.85 / 10.0);
}

/// A call every 10 ms of a service with one worker for 100 ms and no queue.
/// The first has it, the next four are rejected: open from 50 to 1,050 ms. Then
/// the trial succeeds at 1,150 ms, the next call has the worker, four more are
/// rejected, and so on every 1,140 ms.
#[test]
fn the_breaker_of_a_called_service_by_hand() {
    let service = "[operations.ask]\nsteps = [{ wait = \"100 ms\" }]\n\
         [services.backend]\nmachine = \"server\"\nhandles = \"ask\"\nworkers = 1\nqueue = 0\n\
         breaker = { failures = 0.5, window = \"1 s\", minimum = 4, open = \"1 s\" }";
    let users = "interarrival = \"10 ms\"";
    let site =
        Site { users, client: "", steps: "{ call = \"ask\" }", service, run: "duration = \"5 s\"" };
    let summary = site.play();
    assert_eq!(summary.requests.offered, 499);
    assert_eq!(summary.requests.answered, 1 + 4 + 4);
    assert_eq!(failed(&summary, "rejected"), 5 * 4);
    assert_eq!(failed(&summary, "breaker"), 499 - 29);
    assert_eq!(component(&summary, "services.backend.breaker", "opened"), 5.0);
}

/// Twenty workers share one vCPU: at 200/s of 10 ms the waits grow and the
/// limit falls to its minimum; at 20/s nobody waits and it stays where it was.
#[test]
fn an_adaptive_limit_falls_under_load_and_stays_without() {
    let limit = |rate: &str, figure: &str| {
        let users = format!("rate = \"{rate}/s\"");
        let service =
            "workers = 20\nqueue = 50\nadaptive = { target_wait = \"20 ms\", minimum = 3 }";
        let steps = "{ cpu = { exponential = \"10 ms\" } }";
        let run = "duration = \"30 s\"";
        let summary = Site { users: &users, client: "", steps, service, run }.play();
        component(&summary, "services.web.workers.limit", figure)
    };
    assert_eq!(limit("200", "limit_lowest"), 3.0);
    assert!(limit("200", "limit_mean") < 4.0);
    assert_eq!(limit("20", "limit_lowest"), 20.0);
}

/// All attempts fail: the budget allows a tenth of a retry per request, and ten
/// saved up.
#[test]
fn a_retry_budget_bounds_the_retries() {
    let retries = |budget: &str| {
        let client = format!(
            "timeout = \"50 ms\"\n\
             retries = {{ attempts = 4, backoff = \"10 ms\", jitter = \"full\"{budget} }}"
        );
        let steps = "{ wait = \"1 s\" }";
        let users = "interarrival = \"10 ms\"";
        let run = "duration = \"20 s\"";
        let summary = Site { users, client: &client, steps, service: "", run }.play();
        component(&summary, "users", "retries") / summary.requests.offered as f64
    };
    assert!((2.95..=3.0).contains(&retries("")));
    assert!((0.095..=0.105).contains(&retries(", budget = 0.1")));
}

fn when(condition: bool, text: &str) -> &str {
    if condition { text } else { "" }
}

/// Random clients on a site of two services and a database that is short of
/// everything, with faults.
fn random_site(flags: &[bool], seed: u64) -> String {
    let on = |flag: usize, text| when(flags[flag], text);
    format!(
        r#"
[users]
rate = "60/s"
[clients.browser]
share = 0.5
connections = 3
{timeout}
{retries}
{hedge}
{cancels}
{client_breaker}
[clients.mobile]
share = 0.5
hedge = {{ after = "15 ms" }}
[datasets.posts]
items = 200
item_size = "1 KB"
[operations.recommend]
steps = [{{ cpu = {{ exponential = "3 ms" }} }}, {{ read = "posts", keys = 2 }}]
[endpoints.read]
share = 6
{static_files}
steps = [
  {{ cpu = {{ exponential = "5 ms" }} }},
  {{ parallel = [[{{ call = "recommend" }}], [{{ wait = {{ exponential = "9 ms" }} }}], [{{ cpu = "1 ms" }}]] }},
]
[endpoints.write]
share = 2
steps = [{{ cpu = "2 ms" }}, {{ update = "posts" }}, {{ insert = "posts", keys = 2 }}]
[machines.m]
vcpus = 1
disk = {{ iops = 600 }}
{fifo}
[network]
client_rtt = "10 ms"
internal_rtt = "0.4 ms"
[entry]
to = "load_balancers.public"
[load_balancers.public]
public = true
targets = "services.web"
policy = "least-connections"
[services.web]
machine = "m"
instances = 2
workers = 8
queue = 30
{deadline}
{adaptive}
{web_breaker}
handles = ["read", "write"]
[services.recommender]
machine = "m"
instances = 2
workers = 3
queue = 4
{recommender_breaker}
handles = ["recommend"]
[databases.main]
holds = "*"
machine = "m"
replicas = 1
connections = 6
pool = 5
{database_breaker}
[databases.main.costs]
read = {{ cpu = {{ exponential = "2 ms" }}, disk_reads = 1 }}
write = {{ cpu = "1 ms", disk_writes = 2 }}
{faults}
[run]
duration = "8 s"
warmup = "1 s"
replications = 1
seed = {seed}
"#,
        timeout = on(0, "timeout = \"80 ms\""),
        retries = on(1, "retries = { attempts = 3, backoff = \"20 ms\", jitter = \"full\" }"),
        hedge = on(2, "hedge = { after = \"20 ms\" }"),
        cancels = on(3, "cancels = true"),
        client_breaker = on(4, "breaker = { window = \"1 s\", minimum = 10, open = \"0.5 s\" }"),
        static_files = on(5, "static = { files = 4, size = \"2 KB\", catalogue = 10 }"),
        fifo = on(6, "scheduling = \"fifo\""),
        deadline = on(7, "queue_deadline = { exponential = \"40 ms\" }"),
        adaptive = on(8, "adaptive = { target_wait = \"5 ms\", minimum = 2 }"),
        web_breaker = on(9, "breaker = { window = \"1 s\", minimum = 5, open = \"0.3 s\" }"),
        recommender_breaker =
            on(10, "breaker = { window = \"1 s\", minimum = 5, open = \"0.1 s\" }"),
        database_breaker = on(11, "breaker = { failures = 0.2, minimum = 3, open = \"0.2 s\" }"),
        faults = on(
            12,
            "[events.a]\nat = \"2 s\"\nkill = \"services.web.0\"\nfor = \"1 s\"\n\
             [events.b]\nat = \"3 s\"\nhang = \"services.recommender.1\"\nfor = \"500 ms\"\n\
             [events.c]\nat = \"4 s\"\nslow = \"services.web\"\nspeed = 0.3\nfor = \"2 s\""
        ),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_audit_holds_whatever_the_clients_do(
        flags in prop::collection::vec(any::<bool>(), 13),
        seed in 0..1_000u64,
    ) {
        let results = results(&scenario(&random_site(&flags, seed)));
        prop_assert!(results.summary.requests.offered > 100);
        prop_assert_eq!(results.summary.requests.in_flight, 0);
    }
}

#[test]
fn a_client_that_hedges_makes_no_more_attempts_than_can_be_told_apart() {
    let client = "hedge = { after = \"1 ms\" }\nretries = { attempts = 128 }";
    let site = Site {
        users: "rate = \"1/s\"",
        client,
        steps: "{ cpu = \"1 ms\" }",
        service: "",
        run: MINUTE,
    };
    let refused = std::panic::catch_unwind(|| scenario(&site.text())).expect_err("too many");
    let refused = refused.downcast_ref::<String>().expect("a message");
    assert!(refused.contains("E105") && refused.contains("attempts"), "{refused}");
    let most = site.text().replace("128", "127");
    assert!(compile(&scenario(&most)).is_ok());
}
