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

macro_rules! keys {
    ($($name:ident = [$($key:expr),* $(,)?];)*) => {
        $(pub(super) static $name: Keys = Keys { keys: &[$($key),*] };)*
    };
}

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
        later("failures"), later("events"), later("queues"), later("regions"),
        later("routing"), later("cdn"), later("autoscale"), later("plan"),
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
    ];
    OPERATION = [key("steps", Kind::Steps, "What it does.")];
    ENDPOINT = [
        key("share", Kind::Number, "Weight among the endpoints."),
        key("returns", Kind::Mixed, "Size of the answer: a size, or by client { html | json = size }."),
        key("static", Kind::Part(&STATIC), "Static files of the page."),
        key("steps", Kind::Steps, "What the server does."),
        key("cacheable", Kind::Part(&CACHEABLE), "The result may be held by a cache."),
        key("read_your_writes", Kind::Flag, "Its reads go to the primary."),
    ];
    STATIC = [
        key("files", Kind::Whole, "Files per page."),
        key("size", Kind::Distribution(units::SIZE), "Size of one."),
        key("catalogue", Kind::Whole, "How many different files there are."),
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
        key("scan", Kind::Text, "Reads neighbouring rows of a dataset."),
        key("join", Kind::Text, "Joins, touching rows of a dataset."),
        key("call", Kind::Text, "Calls an operation."),
        key("parallel", Kind::Mixed, "Branches side by side: a list of lists of steps."),
        key("enqueue", Kind::Text, "Work that may wait in a queue."),
        key("keys", Kind::Whole, "How many items, 1 to 64."),
        key("rows", Kind::Whole, "How many rows."),
        key("read_your_writes", Kind::Flag, "Goes to the primary."),
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
    ];
    HOST = [key("machine", Kind::Text, "Its machine type."), later("zone"), later("rack")];
    SERVICE = [
        key("host", Kind::Text, "The shared host that it runs on."),
        key("machine", Kind::Text, "Machine type of each instance."),
        key("instances", Kind::Whole, "Number of instances; default 1."),
        key("workers", Kind::Limit, "Workers per instance; default \"unbounded\"."),
        key("queue", Kind::Limit, "Waiting places per instance; default \"unbounded\"."),
        key("queue_deadline", TIMES, "Patience in the queue."),
        key("public", Kind::Flag, "Has a public address."),
        key("handles", Kind::Names, "Endpoints and operations; default \"*\"."),
        key("static_cpu", TIMES, "CPU work of serving one static file; default 50 us."),
        key("sessions", Kind::OneOf(&["stateless"], &["sticky", "store"]), "Where sessions are kept."),
        later("zone"), later("zones"), later("boot"),
    ];
    LOAD_BALANCER = [
        key("public", Kind::Flag, "Has a public address."),
        key("targets", Kind::Text, "The service that it spreads requests over."),
        key("policy", POLICIES, "How it chooses; default \"round-robin\"."),
        key("weights", Kind::Mixed, "One weight per instance."),
        key("price", PER_HOUR, "Price, such as \"0.025/h\"."),
        later("health_check"), later("replace"), later("zone"), later("zones"), later("boot"),
    ];
    CACHE = [
        key("holds", Kind::Names, "Datasets and cacheable results; \"*\" = all."),
        key("host", Kind::Text, "The shared host that it runs on."),
        key("machine", Kind::Text, "Machine type of each instance."),
        key("instances", Kind::Whole, "Number of instances; default 1."),
        key("memory", SIZE, "Memory per instance."),
        key("latency", TIMES, "Time of one operation, without the network."),
        key("cpu", TIMES, "CPU work of one operation on its host."),
        key("eviction", Kind::OneOf(&["lru", "lfu", "fifo"], &[]), "What goes when it is full."),
        key("ttl", TIME, "Entries live this long."),
        key("sliding", Kind::Flag, "Reading renews the TTL."),
        key("mode", Kind::OneOf(&["read-through", "cache-aside"], &["write-through", "write-behind", "write-around"]), "Who fetches what is missing."),
        key("on_write", Kind::OneOf(&["invalidate", "keep"], &[]), "What a write does to the cached entry."),
        key("start", Kind::OneOf(&["warm", "cold"], &[]), "Begins with the most popular items, or empty."),
        key("hit_ratio", Kind::Number, "Simple form: this share of the keys hits."),
        later("zone"), later("zones"), later("boot"), later("coalesce"), later("behind"),
        later("jitter"), later("on_failure"), later("timeout"), later("failover"), later("replace"),
        later("health_check"), later("shards"),
    ];
    DATABASE = [
        key("engine", Kind::OneOf(&["relational"], &["key-value", "document", "column", "graph"]), "Kind of database."),
        key("holds", Kind::Names, "Datasets; \"*\" = all."),
        key("host", Kind::Text, "The shared host of its primary and replicas."),
        key("machine", Kind::Text, "Machine type of each instance."),
        key("replicas", Kind::Whole, "Replicas beside the primary; default 0."),
        key("connections", Kind::Limit, "Connections per instance; default \"unbounded\"."),
        key("queue", Kind::Limit, "Waiting places for a connection; default \"unbounded\"."),
        key("pool", Kind::Limit, "Connections in the pool of each client instance."),
        key("buffer_pool", SIZE, "Memory for pages; all data where absent."),
        key("read_from", Kind::OneOf(&["primary", "replicas", "any"], &["nearest"]), "Who answers reads."),
        key("read_policy", POLICIES, "How one is chosen for a read; default \"round-robin\"."),
        key("read_weights", Kind::Mixed, "One weight per instance that answers reads."),
        key("costs", Kind::Part(&COSTS), "What operations cost."),
        key("replication", Kind::Part(&REPLICATION), "How writes reach the replicas."),
        later("zone"), later("zones"), later("boot"), later("failover"), later("shards"),
        later("replace"), later("health_check"),
    ];
    COSTS = [
        key("read", Kind::Part(&COST), "One read."),
        key("write", Kind::Part(&COST), "One write transaction."),
        key("scan", Kind::Part(&COST), "One scan."),
        key("join", Kind::Part(&COST), "One join."),
        key("apply", Kind::Part(&COST), "Applying one log entry on a replica."),
    ];
    COST = [
        key("cpu", TIMES, "CPU work per operation."),
        key("cpu_per_row", TIME, "CPU work per row or further key."),
        key("disk_reads", Kind::Whole, "Disk reads per key or row."),
        key("disk_writes", Kind::Whole, "Disk writes per operation."),
    ];
    REPLICATION = [
        key("topology", Kind::OneOf(&["primary"], &["multi-primary", "ring", "quorum"]), "Who takes writes."),
        key("mode", Kind::OneOf(&["asynchronous"], &["semi-synchronous", "synchronous"]), "When a write is done."),
        key("extra_lag", TIMES, "Added to the lag of each log entry."),
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
        key("drain", TIME, "How long measured requests may drain after the end."),
    ];
    EXPECTED = [
        key("value", Kind::Number, "The exact value."),
        key("approximation", Kind::Number, "Relative error of that value itself."),
    ];
}
