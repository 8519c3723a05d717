//! The tables and keys of the language. Readers, the check for unknown keys,
//! the answer "not yet", and the JSON Schema are all made from this list.

use super::units::{self, Units};

/// A table of the language.
#[derive(Debug)]
pub(super) struct Keys {
    /// What a key is for, one line each.
    pub(super) keys: &'static [Key],
}

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Shown by editors.
    pub(super) about: &'static str,
}

/// What may stand behind a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    /// A number with one of these units.
    Quantity(Units),
    /// A quantity of such units, or a distribution of them.
    Distribution(Units),
    /// A whole number or `"unbounded"`.
    Limit,
    /// One of the first; the second are understood but not simulated yet.
    OneOf(&'static [&'static str], &'static [&'static str]),
    /// A table with fixed keys.
    Part(&'static Keys),
    /// Tables under names of the writer's choice.
    Named(&'static Keys),
    /// A list of steps.
    Steps,
    /// A name or a list of names.
    Names,
    /// A table of quantities of these units under names of the scenario.
    ByName(Units),
    /// A list of two names.
    Pair,
    /// Ranges and lists of values under keys of the scenario.
    Choices,
    /// Several shapes; the reader of that key knows them.
    Mixed,
    /// Part of the language, not of this version.
    Later,
}

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about }
}

const fn later(name: &'static str) -> Key {
    Key { name, kind: Kind::Later, about: "Not simulated by this version." }
}

const TIME: Kind = Kind::Quantity(units::TIME);
const TIMES: Kind = Kind::Distribution(units::TIME);
const SIZE: Kind = Kind::Quantity(units::SIZE);
const PER_HOUR: Kind = Kind::Quantity(units::PER_HOUR);

const ZONE: Key = key("zone", Kind::Text, "The zone of all its instances.");
const ZONES: Key = key("zones", Kind::Names, "Its instances are spread over these in turn.");
const RACKS: Key = key("racks", Kind::Names, "Its instances are spread over these in turn.");

macro_rules! keys {
    ($($name:ident = [$($key:expr),* $(,)?];)*) => {
        $(pub(super) static $name: Keys = Keys { keys: &[$($key),*] };)*
    };
}

/// Holders of a leaderless database that must answer a read.
const CONSISTENCY: Kind = Kind::OneOf(&["one", "quorum", "all"], &[]);

/// Policies of balancers and of database reads.
const POLICIES: Kind = Kind::OneOf(
    &["round-robin", "weighted", "random", "least-connections", "two-choices", "hash"],
    &[],
);

keys! {
    ROOT = [
        key("title", Kind::Text, "One line for people."),
        key("description", Kind::Text, "What the scenario shows."),
        key("extends", Kind::Names, "Files whose tables this one is laid upon."),
        key("users", Kind::Part(&USERS), "Who asks, and when."),
        key("clients", Kind::Named(&CLIENT), "Kinds of client."),
        key("datasets", Kind::Named(&DATASET), "What is stored."),
        key("operations", Kind::Named(&OPERATION), "Pieces of work that endpoints call."),
        key("endpoints", Kind::Named(&ENDPOINT), "What users ask for."),
        key("machines", Kind::Named(&MACHINE), "Machine types."),
        key("entry", Kind::Part(&ENTRY), "What the public name stands for."),
        key("dns", Kind::Part(&DNS), "Name resolution; costs nothing where absent."),
        key("network", Kind::Part(&NETWORK), "Distances; cost nothing where absent."),
        key("hosts", Kind::Named(&HOST), "Machines that several components share."),
        key("services", Kind::Named(&SERVICE), "Services: workers that play steps."),
        key("load_balancers", Kind::Named(&LOAD_BALANCER), "Load balancers."),
        key("caches", Kind::Named(&CACHE), "Caches."),
        key("databases", Kind::Named(&DATABASE), "Databases: a primary and its replicas."),
        key("slo", Kind::Part(&SLO), "What must hold."),
        key("run", Kind::Part(&RUN), "How the scenario is played."),
        key("expect", Kind::Mixed, "Figures whose value theory knows."),
        key("regions", Kind::Named(&REGION), "Regions: users and data centres."),
        key("routing", Kind::Part(&ROUTING), "How users find a region."),
        key("failures", Kind::Named(&FAILURE), "What fails by chance."),
        key("events", Kind::Named(&EVENT), "What happens by the script."),
        key("queues", Kind::Named(&QUEUE), "Message queues, for the steps that enqueue."),
        key("plan", Kind::Part(&PLAN), "Which designs `highwater plan` may choose from."),
        key("autoscale", Kind::Named(&AUTOSCALE), "Services whose instances follow the load."),
        key("cdn", Kind::Part(&CDN), "A content delivery network for static files."),
    ];
    CDN = [
        key("regions", Kind::Names, "Regions with an edge; one edge for all where absent."),
        key("holds", Kind::OneOf(&["static"], &[]), "What it holds: static files."),
        key("storage", SIZE, "Bytes of each edge, and of the shield."),
        key("ttl", TIME, "A file is fresh for so long; for ever where absent."),
        key("stale_while_revalidate", TIME, "Served for so long after that, and fetched beside."),
        key("shield", Kind::Flag, "Misses of the edges go to one cache first."),
        key("rtt", TIMES, "Round trip between a user and an edge of its region; default 10 ms."),
        key("timeout", TIME, "Browsers wait so long for a dead network; default 1 s."),
        key("price", Kind::Quantity(units::PER_GB), "Of bytes served, such as \"0.05/GB\"."),
        key("start", Kind::OneOf(&["warm", "cold"], &[]), "What it holds at the start."),
    ];
    AUTOSCALE = [
        key("of", Kind::Text, "The service; its own name where absent."),
        key("min", Kind::Whole, "Fewest instances."),
        key("max", Kind::Whole, "Most instances."),
        key("target", Kind::Part(&METRIC), "The metric is kept there: ceil(instances x metric / target)."),
        key("steps", Kind::Named(&STEP_RULE), "Rules that add or remove instances."),
        key("schedule", Kind::Named(&SCHEDULE), "Other limits from a time on."),
        key("period", TIME, "The metric is the mean over so long; default 15 s."),
        key("metric_delay", TIME, "From the end of a period to the decision on it; default 0 s."),
        key("warmup", TIME, "A new instance is measured so long after it is ready; default 0 s."),
        key("cooldown", Kind::Mixed, "A time, or { out = time, in = time }; default 0 s out, 5 min in."),
    ];
    METRIC = [
        key("utilisation", Kind::Number, "Busy share of the vCPUs."),
        key("queue", Kind::Number, "Requests that wait for a worker or a vCPU, per instance."),
        key("latency", TIME, "Mean time of a request in the service."),
    ];
    STEP_RULE = [
        key("above", Kind::Part(&METRIC), "Holds above this."),
        key("below", Kind::Part(&METRIC), "Holds below this."),
        key("add", Kind::Mixed, "Instances, or a share of them such as \"50 %\"."),
        key("remove", Kind::Mixed, "Instances, or a share of them such as \"50 %\"."),
    ];
    SCHEDULE = [
        key("at", Kind::Text, "A time of the day that is played such as \"18:00\", or a time from the start."),
        key("min", Kind::Whole, "Fewest instances from then on."),
        key("max", Kind::Whole, "Most instances from then on."),
        key("instances", Kind::Whole, "So many instances at that time."),
    ];
    COOLDOWN = [
        key("out", TIME, "From one scale-out to the next."),
        key("in", TIME, "From any change to a scale-in."),
    ];
    USERS = [
        key("count", Kind::Whole, "Number of users."),
        key("per_user_per_day", Kind::Number, "Requests of one user in a day."),
        key("rate", Kind::Quantity(units::RATE), "Requests of all users, such as \"2000/s\"."),
        key("think_time", TIMES, "Closed: a user waits for the answer, thinks, and asks again."),
        key("interarrival", TIMES, "Time between two requests of all users."),
        key("replay", Kind::Text, "CSV file of recorded requests: seconds, user, endpoint."),
        key("replay_log", Kind::Text, "Access log in the common log format."),
        key("urls", Kind::Mixed, "URL pattern of the log = endpoint."),
        key("peak_to_mean", Kind::Number, "Rate of the peak hour over the mean rate of the day."),
        key("play", Kind::Mixed, "\"peak hour\", \"day\", or { from = \"18:00\", to = \"21:00\" }."),
        key("pattern", Kind::Part(&PATTERN), "How the rate moves."),
    ];
    PATTERN = [
        key("hourly", Kind::Mixed, "24 weights, one per hour of the day."),
        key("steps", Kind::Mixed, "List of { at = time, factor = number }: the rate from then on."),
        key("ramp", Kind::Part(&RAMP), "The rate goes evenly from one factor to another."),
        key("spike", Kind::Part(&SPIKE), "The rate jumps for a while."),
    ];
    RAMP = [
        key("from", Kind::Number, "Factor at the start."),
        key("to", Kind::Number, "Factor at the end."),
        key("start", TIME, "When it begins to move; default 0 s."),
        key("over", TIME, "How long it moves."),
    ];
    SPIKE = [
        key("at", TIME, "When it jumps."),
        key("for", TIME, "How long it stays."),
        key("factor", Kind::Number, "By what it is multiplied."),
    ];
    WINDOW = [
        key("from", Kind::Text, "Time of day, such as \"18:00\"."),
        key("to", Kind::Text, "Time of day, such as \"21:00\"."),
    ];
    RATE_STEP = [
        key("at", TIME, "From when on."),
        key("factor", Kind::Number, "By what the rate is multiplied."),
    ];
    CLIENT = [
        key("share", Kind::Number, "Share of the users; all shares add up to 1."),
        key("connections", Kind::Whole, "Parallel connections for static files."),
        key("cached", Kind::Number, "Share of static files that its own cache has."),
        key("timeout", TIME, "Gives up on an attempt after this time."),
        key("retries", Kind::Part(&RETRIES), "Tries again after a failed attempt."),
        key("cancels", Kind::Flag, "Work of an attempt that was given up is cancelled."),
        key("hedge", Kind::Part(&HEDGE), "A second attempt beside a slow first one."),
        key("breaker", Kind::Part(&BREAKER), "Refuses attempts while too many fail."),
    ];
    HEDGE = [key("after", TIME, "Starts so long after the first.")];
    BREAKER = [
        key("failures", Kind::Number, "Opens when this share of the calls failed; default 0.5."),
        key("window", TIME, "Over so long a time; default 10 s."),
        key("minimum", Kind::Whole, "Never on fewer calls than this; default 20."),
        key("open", TIME, "Stays open so long, then tries one call; default 5 s."),
    ];
    RETRIES = [
        key("attempts", Kind::Whole, "Attempts in all, the first included."),
        key("backoff", TIME, "Pause before the second attempt; doubles."),
        key("jitter", Kind::OneOf(&["full", "none"], &[]), "Full: uniform between zero and the backoff."),
        key("budget", Kind::Number, "Retries allowed per first attempt."),
    ];
    DATASET = [
        key("items", Kind::Whole, "Number of items."),
        key("item_size", SIZE, "Size of one item."),
        key("popularity", Kind::Mixed, "\"uniform\" or { zipf = 0.99 }."),
        key("keys", Kind::Named(&OWNER_KEY), "Whom the items belong to, by name."),
    ];
    OWNER_KEY = [
        key("items", Kind::Whole, "Number of owners."),
        key("zipf", Kind::Number, "Law by which they own; all alike where absent."),
    ];
    OPERATION = [key("steps", Kind::Steps, "What it does.")];
    ENDPOINT = [
        key("share", Kind::Number, "Weight among the endpoints."),
        key("returns", Kind::Mixed, "Size of the answer: a size, or by client { html | json = size }."),
        key("static", Kind::Part(&STATIC), "Static files of the page."),
        key("steps", Kind::Steps, "What the server does."),
        key("cacheable", Kind::Part(&CACHEABLE), "The result may be held by a cache."),
        key("read_your_writes", Kind::Flag, "Its reads go to the primary."),
        key("consistency", CONSISTENCY, "Holders of a leaderless database that its reads wait for."),
    ];
    STATIC = [
        key("files", Kind::Whole, "Files per page."),
        key("size", Kind::Distribution(units::SIZE), "Size of one."),
        key("catalogue", Kind::Whole, "How many different files there are."),
        key("popularity", Kind::Mixed, "\"uniform\" or { zipf = 0.8 }, the default."),
    ];
    CACHEABLE = [
        key("as", Kind::Text, "Name under which caches hold it."),
        key("keys", Kind::Text, "\"user\", \"everyone\", or a dataset."),
        key("size", SIZE, "Size of one result; default 8 KB."),
    ];
    STEP = [
        key("cpu", TIMES, "CPU work at one vCPU."),
        key("wait", TIMES, "An outside service of this latency."),
        key("read", Kind::Text, "Reads items of a dataset."),
        key("insert", Kind::Text, "Adds items to a dataset."),
        key("update", Kind::Text, "Changes items of a dataset."),
        key("delete", Kind::Text, "Deletes items of a dataset."),
        key("scan", Kind::Text, "Reads rows of a dataset, in no order."),
        key("range", Kind::Text, "Reads rows that follow each other in the order of their keys."),
        key("join", Kind::Text, "Joins, touching rows of a dataset."),
        key("traverse", Kind::Text, "Goes from a row to its neighbours, and to theirs."),
        key("call", Kind::Text, "Calls an operation."),
        key("parallel", Kind::Mixed, "Branches side by side: a list of lists of steps."),
        key("enqueue", Kind::Text, "Work that may wait in a queue."),
        key("keys", Kind::Whole, "How many items, 1 to 64."),
        key("rows", Kind::Whole, "How many rows."),
        key("with", Kind::Text, "The other dataset of a join; the same where absent."),
        key("hops", Kind::Whole, "How often a traversal goes on; default 1."),
        key("fan_out", Kind::Whole, "Neighbours of each row; default 10."),
        key("read_your_writes", Kind::Flag, "Goes to the primary."),
        key("consistency", CONSISTENCY, "Holders of a leaderless database that the read waits for."),
        key("work", Kind::Steps, "The work that is enqueued."),
    ];
    MACHINE = [
        key("vcpus", Kind::Whole, "Virtual CPUs."),
        key("memory", SIZE, "Main memory."),
        key("disk", Kind::Part(&DISK), "Its disk."),
        key("price", PER_HOUR, "Price, such as \"0.17/h\"."),
        key("scaling", Kind::Part(&SCALING), "Universal Scalability Law on the vCPUs."),
        key("scheduling", Kind::OneOf(&["processor-sharing", "fifo"], &[]), "How the vCPUs are shared."),
    ];
    DISK = [
        key("capacity", SIZE, "What it holds."),
        key("iops", Kind::Number, "Operations per second."),
        key("bandwidth", Kind::Quantity(units::BANDWIDTH), "Width, such as \"200 MB/s\"."),
    ];
    SCALING = [
        key("contention", Kind::Number, "Contention."),
        key("coherency", Kind::Number, "Coherency."),
    ];
    ENTRY = [
        key("to", Kind::Text, "\"services.NAME\" or \"load_balancers.NAME\"."),
        key("name", Kind::Text, "The name that users type."),
    ];
    DNS = [
        key("ttl", TIME, "How long a resolver keeps the record; default 60 s."),
        key("lookup", TIMES, "A look-up that the resolver cannot answer itself."),
        key("resolvers", Kind::Whole, "Resolvers that the users share; default 500."),
        key("price", Kind::Quantity(units::PER_MILLION), "Price, such as \"0.40/million\"."),
    ];
    NETWORK = [
        key("client_rtt", TIMES, "Round trip between client and site."),
        key("internal_rtt", TIME, "Round trip between two machines of the site."),
        key("bandwidth", Kind::Quantity(units::BANDWIDTH), "Of one client's line."),
        key("handshakes", Kind::Whole, "Round trips to set up a connection; default 2."),
        key("keep_alive", TIME, "An idle connection stays open this long."),
        key("egress_price", Kind::Quantity(units::PER_GB), "Price, such as \"0.08/GB\"."),
        key("give_up_after", TIME, "A caller gives up on silence after this time; default 10 s."),
    ];
    HOST = [
        key("machine", Kind::Text, "Its machine type."),
        key("zone", Kind::Text, "The zone in which it stands."),
        key("rack", Kind::Text, "The rack in which it stands."),
    ];
    SERVICE = [
        key("host", Kind::Text, "The shared host that it runs on."),
        key("machine", Kind::Text, "Machine type of each instance."),
        key("instances", Kind::Whole, "Number of instances; default 1."),
        key("needed", Kind::Whole, "Instances that must be up for it to count as up; default 1."),
        key("workers", Kind::Limit, "Workers per instance; default \"unbounded\"."),
        key("queue", Kind::Limit, "Waiting places per instance; default \"unbounded\"."),
        key("queue_deadline", TIMES, "Patience in the queue."),
        key("public", Kind::Flag, "Has a public address."),
        key("handles", Kind::Names, "Endpoints and operations; default \"*\"."),
        key("static_cpu", TIMES, "CPU work of serving one static file; default 50 us."),
        key("sessions", Kind::Mixed, "\"stateless\", { sticky = true, … } or { store = \"caches.NAME\", … }."),
        ZONE, ZONES, RACKS,
        key("boot", TIME, "From start to readiness of an instance; default 30 s."),
        key("breaker", Kind::Part(&BREAKER), "Refuses calls to it while too many fail."),
        key("adaptive", Kind::Part(&ADAPTIVE), "Its limit of workers follows the wait for one."),
    ];
    SESSIONS = [
        key("sticky", Kind::Flag, "In the memory of the server; the balancer sends its user there."),
        key("store", Kind::Text, "The cache or database that keeps them."),
        key("size", SIZE, "Of one session; default 20 KB sticky, 2 KB stored."),
        key("memory", SIZE, "Of each server, for sessions; default all of its machine."),
        key("idle", TIME, "A visit is over when nothing has come for so long; default 30 min."),
        key("drain", TIME, "A server that is to go waits so long for its visits; default 5 min."),
        key("rebuild", Kind::Mixed, "A step: cpu, wait or call; default { cpu = \"50 ms\" }, a login."),
    ];
    ADAPTIVE = [
        key("target_wait", TIME, "A wait above this shrinks the limit; default 50 ms."),
        key("minimum", Kind::Whole, "Smallest limit; default 4."),
    ];
    LOAD_BALANCER = [
        key("public", Kind::Flag, "Has a public address."),
        key("targets", Kind::Text, "The service that it spreads requests over."),
        key("policy", POLICIES, "How it chooses; default \"round-robin\"."),
        key("weights", Kind::Mixed, "One weight per instance."),
        key("price", PER_HOUR, "Price, such as \"0.025/h\"."),
        key("health_check", Kind::Part(&HEALTH_CHECK), "How it learns that a target is down."),
        key("replace", Kind::Part(&REPLACE), "New machines for targets that stay down."),
        later("zone"), later("zones"), later("boot"),
    ];
    HEALTH_CHECK = [
        key("interval", TIME, "Time between two checks; default 5 s."),
        key("timeout", TIME, "Silence for so long is a failed check; default 2 s."),
        key("unhealthy_after", Kind::Whole, "Failed checks in a row that take a target out; default 2."),
        key("healthy_after", Kind::Whole, "Good checks in a row that take it in; default 2."),
        key("slow_start", TIME, "A target taken in gets its full share after this time."),
    ];
    REPLACE = [
        key("after", TIME, "Unhealthy for so long."),
        key("in", TIME, "Time to provision the new machine."),
    ];
    CACHE = [
        key("holds", Kind::Names, "Datasets and cacheable results; \"*\" = all."),
        key("host", Kind::Text, "The shared host that it runs on."),
        key("machine", Kind::Text, "Machine type of each instance."),
        key("instances", Kind::Whole, "Number of instances; default 1."),
        key("memory", SIZE, "Memory per instance."),
        key("overhead", SIZE, "Memory that an item takes beside its own bytes."),
        key("fragmentation", Kind::Number, "Share of the memory that lies idle between items."),
        key("latency", TIMES, "Time of one operation, without the network."),
        key("cpu", TIMES, "CPU work of one operation on its host."),
        key("eviction", Kind::OneOf(&["lru", "lfu", "fifo", "random", "sieve", "s3-fifo", "arc"], &[]), "What goes when it is full."),
        key("ttl", TIME, "Entries live this long."),
        key("jitter", Kind::Number, "Spreads each TTL by up to this share of it, both ways."),
        key("sliding", Kind::Flag, "Reading renews the TTL."),
        key("mode", Kind::Mixed, "\"read-through\", \"cache-aside\", \"write-around\", \"write-through\" or { write-behind = { delay = \"1 s\" } }."),
        key("other_regions", Kind::OneOf(&["invalidate", "keep"], &[]), "What a write does to the caches of other regions."),
        key("coalesce", Kind::Flag, "Who misses a key that is being fetched waits for that fetch."),
        key("on_write", Kind::OneOf(&["invalidate", "keep"], &[]), "What a write does to the cached entry."),
        key("start", Kind::OneOf(&["warm", "cold"], &[]), "Begins with the most popular items, or empty."),
        key("hit_ratio", Kind::Number, "Simple form: this share of the keys hits."),
        key("on_failure", Kind::OneOf(&["bypass", "fail"], &[]), "What callers of a dead node do."),
        key("timeout", TIME, "They wait so long for a silent one; default 50 ms."),
        ZONE, ZONES, RACKS,
        later("boot"), later("behind"), later("failover"),
        later("replace"), later("health_check"), later("shards"),
    ];
    CACHE_WRITES = [key("write-behind", Kind::Part(&WRITE_BEHIND), "The database gets writes later.")];
    WRITE_BEHIND = [key("delay", TIME, "From the write to its flush.")];
    QUEUE = [
        key("workers", Kind::Part(&QUEUE_WORKERS), "Who takes its messages."),
        key("visibility_timeout", TIME, "Not acknowledged after so long, a message is delivered again; default 30 s."),
        key("attempts", Kind::Whole, "Deliveries before it is a dead letter; default 5."),
        key("capacity", Kind::Limit, "Messages that may wait; default \"unbounded\"."),
        key("when_full", Kind::OneOf(&["fail", "block", "drop"], &[]), "What a producer meets while it is full; default \"fail\"."),
        key("order", Kind::OneOf(&["none", "by-key"], &[]), "\"by-key\": one message per user in flight, the oldest first."),
        key("latency", TIMES, "Time to take a message."),
        key("delivery", TIMES, "Time to hand a message to a worker."),
        key("price", Kind::Quantity(units::PER_MILLION), "Price of operations, such as \"0.40/million\"."),
    ];
    QUEUE_WORKERS = [key("service", Kind::Text, "The service whose workers take its messages.")];
    DATABASE = [
        key("engine", Kind::OneOf(&["relational", "key-value", "document", "column", "graph"], &[]), "Kind of store; default \"relational\"."),
        key("row_reads", Kind::OneOf(&["one-by-one", "concurrent", "batched"], &[]), "How the application reads row by row what the store cannot do; default \"one-by-one\"."),
        key("parallel_reads", Kind::Whole, "Most such reads at a time where they are concurrent; default 8."),
        key("consistency", CONSISTENCY, "Holders that a read waits for; default r of the quorum."),
        key("holds", Kind::Names, "Datasets; \"*\" = all."),
        key("host", Kind::Text, "The shared host of its primary and replicas."),
        key("machine", Kind::Text, "Machine type of each instance."),
        key("replicas", Kind::Whole, "Replicas beside the primary; default 0."),
        key("connections", Kind::Limit, "Connections per instance; default \"unbounded\"."),
        key("queue", Kind::Limit, "Waiting places for a connection; default \"unbounded\"."),
        key("pool", Kind::Limit, "Connections in the pool of each client instance."),
        key("buffer_pool", SIZE, "Memory for pages; all data where absent."),
        key("read_from", Kind::OneOf(&["primary", "replicas", "any", "nearest"], &[]), "Who answers reads."),
        key("read_policy", POLICIES, "How one is chosen for a read; default \"round-robin\"."),
        key("read_weights", Kind::Mixed, "One weight per instance that answers reads."),
        key("costs", Kind::Part(&COSTS), "What operations cost."),
        key("replication", Kind::Part(&REPLICATION), "How writes reach the replicas."),
        key("failover", Kind::Part(&FAILOVER), "How a dead primary is replaced."),
        key("timeout", TIME, "Callers wait so long for a silent instance."),
        key("breaker", Kind::Part(&BREAKER), "Refuses calls to it while too many fail."),
        ZONE, ZONES, RACKS,
        key("shards", Kind::Part(&SHARDS), "It is cut into shards, each a database of its own."),
        later("boot"), later("replace"), later("health_check"),
    ];
    SHARDS = [
        key("count", Kind::Whole, "Number of shards, 1 to 64."),
        key("key", Kind::Text, "What decides: \"posts.id\", or a key of the dataset: \"posts.user\"."),
        key("by", Kind::OneOf(&["hash", "consistent-hash", "range"], &[]), "How keys are placed; default \"hash\"."),
        key("split", Kind::Part(&SPLIT), "The hottest shard keys are spread over several shards each."),
        key("dedicated", Kind::Whole, "So many of the hottest shard keys get a shard each."),
    ];
    SPLIT = [
        key("hottest", Kind::Whole, "So many of them."),
        key("over", Kind::Whole, "Over so many shards each."),
    ];
    COSTS = [
        key("typical", Kind::Flag, "What is not given costs what is typical of the engine; default false."),
        key("read", Kind::Part(&COST), "One read."),
        key("write", Kind::Part(&COST), "One write transaction."),
        key("scan", Kind::Part(&COST), "One scan."),
        key("range", Kind::Part(&COST), "One range."),
        key("join", Kind::Part(&COST), "One join."),
        key("traverse", Kind::Part(&COST), "One traversal."),
        key("apply", Kind::Part(&COST), "Applying one log entry on a replica."),
    ];
    COST = [
        key("cpu", TIMES, "CPU work per operation."),
        key("cpu_per_row", TIME, "CPU work per row or further key."),
        key("disk_reads", Kind::Whole, "Disk reads per key or row."),
        key("disk_writes", Kind::Whole, "Disk writes per operation."),
    ];
    REPLICATION = [
        key("topology", Kind::Mixed, "Who takes writes: \"primary\", \"multi-primary\", \"ring\" or { quorum = { n = 3, r = 2, w = 2 } }."),
        key("mode", Kind::Mixed, "\"asynchronous\", \"synchronous\" or { semi-synchronous = 1 }."),
        key("extra_lag", TIMES, "Added to the lag of each log entry."),
    ];
    LEADERLESS = [key("quorum", Kind::Part(&QUORUM), "Some instances hold a key, any of them answers for it.")];
    QUORUM = [
        key("n", Kind::Whole, "Instances that hold a key; default 3."),
        key("r", Kind::Whole, "Answers that a read waits for; default more than half."),
        key("w", Kind::Whole, "Acknowledgements that a write waits for; default more than half."),
    ];
    SEMI_SYNCHRONOUS = [
        key("semi-synchronous", Kind::Whole, "Replicas that must have a write before it is done."),
    ];
    FAILOVER = [
        key("heartbeat", TIME, "Time between two heartbeats; default 1 s."),
        key("misses", Kind::Whole, "Missed in a row, they mean death; default 3."),
        key("promotion", TIME, "Until the chosen replica may take over; default 5 s."),
        key("writes_meanwhile", Kind::OneOf(&["fail", "wait"], &[]), "What becomes of writes meanwhile."),
        key("fencing", Kind::Flag, "A replaced primary takes no writes again; default true."),
        key("recovery", Kind::Part(&RECOVERY), "Brings back what the dead primary had not shipped."),
        key("new_replica", Kind::Part(&NEW_REPLICA), "Provisions a replica for one that is lost."),
    ];
    RECOVERY = [key("rate", Kind::Quantity(units::BANDWIDTH), "Such as \"2 MB/s\".")];
    NEW_REPLICA = [
        key("after", TIME, "So long after the loss was noticed; default 30 s."),
        key("copy", Kind::Quantity(units::BANDWIDTH), "Snapshot copy, such as \"100 MB/s\"."),
    ];
    REGION = [
        key("users", Kind::Number, "Share of the users; all add up to 1; default 0."),
        key("rtt", Kind::ByName(units::TIME), "Round trips to other regions, by name."),
        key("zones", Kind::Names, "Its zones."),
    ];
    ROUTING = [
        key("policy", Kind::OneOf(&["nearest", "failover"], &[]), "Which region the name server answers with."),
        key("health_check", Kind::Part(&REGION_CHECK), "How it learns that a region is down."),
    ];
    REGION_CHECK = [
        key("interval", TIME, "Time between two checks; default 5 s."),
        key("timeout", TIME, "Silence for so long is a failed check; default 2 s."),
        key("unhealthy_after", Kind::Whole, "Failed checks in a row that take a region out; default 2."),
        key("healthy_after", Kind::Whole, "Good checks in a row that take it in; default 2."),
    ];
    FAILURE = [
        key("of", Kind::Text, "Who fails, such as \"services.web\" or \"zones.a\"."),
        key("mtbf", TIMES, "Time up, from the end of a repair to the next failure."),
        key("mttr", TIMES, "From the failure until it works again."),
        key("effect", Kind::OneOf(&["refuse", "silence", "hang"], &[]), "How the failed answer."),
        key("destroys", Kind::Flag, "The failure destroys the disks."),
        key("crews", Kind::Whole, "Repairs at once; one crew for each where absent."),
    ];
    EVENT = [
        key("at", TIME, "When."),
        key("for", TIME, "How long; to the end of the run where absent."),
        key("kill", Kind::Text, "Dead while it lasts; what is in service is lost."),
        key("restart", Kind::Text, "Dead, and back cold after its boot time."),
        key("hang", Kind::Text, "Freezes and goes on where it stopped."),
        key("slow", Kind::Text, "Its CPU and disk work at `speed`."),
        key("partition", Kind::Text, "Reaches itself, and nobody else."),
        key("cut", Kind::Pair, "Nothing passes between the two."),
        key("slow_link", Kind::Pair, "Round trips between the two take longer, by `add`."),
        key("loss", Kind::Pair, "Of the packets between the two, `share` are lost."),
        key("dns_outage", Kind::Flag, "Nobody can look the name up."),
        key("dns_record", Kind::Text, "The name stands for this region from now on."),
        key("flush", Kind::Text, "The cache is emptied."),
        key("spike", Kind::Number, "The rate of requests is multiplied by this."),
        key("lose", Kind::Text, "A zone or region is gone while it lasts."),
        key("destroy", Kind::Text, "Gone while it lasts, and its disks for good."),
        key("scale", Kind::Text, "This service has `to` instances from now on."),
        key("drain", Kind::Text, "Gets no new requests; finishes what it has."),
        key("reshard", Kind::Text, "This sharded database gets `shards` shards, at `rate`."),
        key("how", Kind::OneOf(&["refuse", "silence"], &[]), "How the killed answer."),
        key("speed", Kind::Number, "Share of its speed, above 0 to 1."),
        key("add", TIME, "Added to a round trip."),
        key("share", Kind::Number, "Share of the packets, above 0 and below 1."),
        key("to", Kind::Whole, "Number of instances."),
        key("shards", Kind::Whole, "Number of shards, 1 to 64."),
        key("rate", Kind::Quantity(units::BANDWIDTH), "Bytes moved per second, such as \"100 MB/s\"."),
    ];
    SLO = [
        key("mean", TIME, "Mean response time, at most."),
        key("p50", TIME, "Median response time, at most."),
        key("p90", TIME, "90th percentile, at most."),
        key("p95", TIME, "95th percentile, at most."),
        key("p99", TIME, "99th percentile, at most."),
        key("p99_9", TIME, "99.9th percentile, at most."),
        key("availability", Kind::Number, "Answered over offered, at least."),
        key("error_rate", Kind::Number, "Failed over offered, at most."),
    ];
    RUN = [
        key("duration", TIME, "Simulated time, warm-up included."),
        key("warmup", TIME, "Cut off at the start."),
        key("kind", Kind::OneOf(&["steady", "terminating"], &[]), "Steady or terminating."),
        key("seed", Kind::Whole, "Root of all randomness; default 42."),
        key("replications", Kind::Whole, "Independent replications; default 10."),
        key("events", Kind::Whole, "Most events per replication."),
        key("in_flight", Kind::Whole, "Most requests in flight."),
        key("availability_only", Kind::Flag, "Failures and repairs alone, no requests."),
        key("drain", TIME, "How long measured requests may drain after the end."),
    ];
    PLAN = [
        key("vary", Kind::Choices, "Key = a range such as \"2..40\" or \"2..40:2\", or a list of values."),
        key("survive", Kind::Names, "What may be lost: \"one instance\", \"one zone\", \"one region\", or names."),
        key("candidates_max", Kind::Whole, "Most designs; default 10,000."),
    ];
    EXPECTED = [
        key("value", Kind::Number, "The exact value."),
        key("approximation", Kind::Number, "Relative error of that value itself."),
    ];
}
