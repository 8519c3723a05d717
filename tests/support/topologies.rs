//! Random topologies under random load.

use proptest::prelude::*;

/// A scenario from a handful of choices.
#[derive(Clone, Debug)]
pub struct Choices {
    pub rate: u32,
    pub closed: bool,
    pub fifo: bool,
    pub servers: u32,
    pub policy: &'static str,
    pub workers: Option<u32>,
    pub queue: Option<u32>,
    pub deadline: bool,
    pub replicas: u32,
    pub connections: Option<u32>,
    pub pool: Option<u32>,
    pub cache: Option<(&'static str, &'static str)>,
    pub timeout: bool,
    pub retries: bool,
    pub static_files: u32,
    pub usl: bool,
    /// What a producer meets while the queue is full, and whether it keeps the
    /// order of a user; without, the work is done inline.
    pub messages: Option<(&'static str, bool)>,
    pub seed: u64,
}

/// Choices at random.
pub fn choices() -> impl Strategy<Value = Choices> {
    let policy = prop::sample::select(vec![
        "round-robin",
        "random",
        "least-connections",
        "two-choices",
        "hash",
    ]);
    let cache = prop::option::of((
        prop::sample::select(vec!["lru", "lfu", "fifo"]),
        prop::sample::select(vec!["read-through", "cache-aside"]),
    ));
    let limits = (prop::option::of(1..6u32), prop::option::of(0..6u32), any::<bool>());
    let data = (0..4u32, prop::option::of(1..5u32), prop::option::of(1..5u32), cache);
    let client = (any::<bool>(), any::<bool>(), 0..8u32);
    let site = (20..400u32, any::<bool>(), any::<bool>(), 2..5u32, policy, any::<bool>());
    let messages =
        prop::option::of((prop::sample::select(vec!["fail", "block", "drop"]), any::<bool>()));
    let all = (site, limits, data, client, messages, any::<u32>());
    all.prop_map(|(site, limits, data, client, messages, seed)| Choices {
        messages,
        rate: site.0,
        closed: site.1,
        fifo: site.2,
        servers: site.3,
        policy: site.4,
        usl: site.5,
        workers: limits.0,
        queue: limits.1,
        deadline: limits.2,
        replicas: data.0,
        connections: data.1,
        pool: data.2,
        cache: data.3,
        timeout: client.0,
        retries: client.1,
        static_files: client.2,
        seed: u64::from(seed),
    })
}

fn limit(key: &str, value: Option<u32>) -> String {
    value.map_or(String::new(), |value| format!("{key} = {value}\n"))
}

/// A queue that fills up, and whose deliveries often run out of time.
fn messages(choices: &Choices) -> String {
    choices.messages.map_or(String::new(), |(when_full, by_key)| {
        let order = if by_key { "by-key" } else { "none" };
        format!(
            "[queues.jobs]\nworkers = {{ service = \"services.recommender\" }}\n\
             visibility_timeout = \"40 ms\"\nattempts = 3\ncapacity = 6\n\
             when_full = \"{when_full}\"\norder = \"{order}\"\n\
             latency = {{ exponential = \"1 ms\" }}\ndelivery = \"0.5 ms\"\n"
        )
    })
}

fn when(on: bool, text: &str) -> &str {
    if on { text } else { "" }
}

/// The scenario that they make.
pub fn text(choices: &Choices) -> String {
    let users = match choices.closed {
        true => "count = 40\nthink_time = { exponential = \"200 ms\" }".to_owned(),
        false => format!("rate = \"{}/s\"", choices.rate),
    };
    let scheduling = if choices.fifo { "fifo" } else { "processor-sharing" };
    let static_files = match choices.static_files {
        0 => String::new(),
        files => format!("static = {{ files = {files}, size = \"20 KB\", catalogue = 100 }}"),
    };
    let cache = choices.cache.map_or(String::new(), |(eviction, mode)| {
        format!(
            "[caches.objects]\nholds = [\"posts\"]\nmachine = \"m\"\ninstances = 2\n\
             memory = \"20 KB\"\nlatency = \"0.3 ms\"\ncpu = \"0.1 ms\"\nttl = \"2 s\"\n\
             eviction = \"{eviction}\"\nmode = \"{mode}\"\nstart = \"cold\"\n"
        )
    });
    format!(
        r#"
[users]
{users}
[clients.browser]
share = 0.5
connections = 3
cached = 0.5
{timeout}
{retries}
[clients.mobile]
share = 0.5
[datasets.posts]
items = 200
item_size = "1 KB"
popularity = {{ zipf = 0.9 }}
[operations.recommend]
steps = [{{ cpu = {{ exponential = "3 ms" }} }}, {{ read = "posts", keys = 2 }}]
[endpoints.read]
share = 6
returns = {{ browser = {{ html = "20 KB" }}, mobile = {{ json = "2 KB" }} }}
{static_files}
steps = [
  {{ cpu = {{ exponential = "5 ms" }} }},
  {{ read = "posts", keys = 3 }},
  {{ parallel = [[{{ call = "recommend" }}], [{{ wait = {{ uniform = {{ low = "1 ms", high = "9 ms" }} }} }}], [{{ cpu = "1 ms" }}]] }},
]
[endpoints.write]
share = 2
steps = [{{ cpu = "2 ms" }}, {{ update = "posts" }}, {{ insert = "posts", keys = 2 }}, {{ delete = "posts" }},
  {{ enqueue = "jobs", work = [{{ cpu = {{ exponential = "6 ms" }} }}, {{ parallel = [[{{ call = "recommend" }}], [{{ insert = "posts" }}]] }}] }}]
{messages}
[machines.m]
vcpus = 2
memory = "4 GB"
disk = {{ iops = 2_000, bandwidth = "50 MB/s" }}
scheduling = "{scheduling}"
{usl}
[dns]
ttl = "1 s"
resolvers = 5
lookup = {{ exponential = "20 ms" }}
[network]
client_rtt = {{ uniform = {{ low = "5 ms", high = "30 ms" }} }}
internal_rtt = "0.4 ms"
bandwidth = "50 Mbit/s"
keep_alive = "2 s"
[entry]
to = "load_balancers.public"
[load_balancers.public]
public = true
targets = "services.web"
policy = "{policy}"
[services.web]
machine = "m"
instances = {servers}
{workers}{queue}{deadline}
handles = ["read", "write"]
[services.recommender]
machine = "m"
instances = 2
workers = 3
queue = 4
handles = ["recommend"]
{cache}
[databases.main]
holds = "*"
machine = "m"
replicas = {replicas}
buffer_pool = "100 KB"
{connections}{pool}
[databases.main.costs]
read = {{ cpu = {{ exponential = "2 ms" }}, cpu_per_row = "0.2 ms", disk_reads = 1 }}
write = {{ cpu = "1 ms", disk_writes = 2 }}
apply = {{ cpu = "0.5 ms", disk_writes = 1 }}
[databases.main.replication]
extra_lag = {{ exponential = "5 ms" }}
[run]
duration = "6 s"
warmup = "1 s"
replications = 1
seed = {seed}
"#,
        messages = messages(choices),
        timeout = when(choices.timeout, "timeout = \"150 ms\""),
        retries = when(
            choices.retries,
            "retries = { attempts = 3, backoff = \"20 ms\", jitter = \"full\", budget = 0.5 }"
        ),
        usl = when(choices.usl, "scaling = { contention = 0.05, coherency = 0.01 }"),
        policy = choices.policy,
        servers = choices.servers,
        workers = limit("workers", choices.workers),
        queue = limit("queue", choices.queue.filter(|_| choices.workers.is_some())),
        deadline = when(
            choices.deadline && choices.workers.is_some(),
            "queue_deadline = { exponential = \"50 ms\" }"
        ),
        replicas = choices.replicas,
        connections = limit("connections", choices.connections),
        pool = limit("pool", choices.pool),
        seed = choices.seed,
    )
}
