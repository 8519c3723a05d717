//! Goal: every fault of a scenario is answered with its code at its place.
//! Method: a file that uses nearly every key, with one piece exchanged; `«` in
//! the new piece marks where the fault must be reported.

#[path = "language/exchange.rs"]
mod exchange;

use exchange::{check, found};
use highwater::scenario::Severity;

const FULL: &str = include_str!("language/full.toml");

/// A table of the database follows.
const SHARDED: &str = "extra_lag = \"10 ms\"";

#[rustfmt::skip]
const FAULTS: &[(&str, &str, &str)] = &[
    // Shards.
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = «0", "E105"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = «65", "E105"),
    (SHARDED, "extra_lag = \"10 ms\"\n«[databases.main.shards]\nby = \"range\"", "E102"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nkey = «\"posts.user\"", "E313"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nkey = «\"posts\"", "E313"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nkey = «\"post.id\"", "E201"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nby = «\"modulo\"", "E106"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nkey = \"posts.id\"\ndedicated = «4", "E313"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n«dedicated = 1", "E313"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nkey = \"posts.id\"\nsplit = { hottest = 9, over = «5 }", "E313"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nkey = \"posts.id\"\nsplit = { hottest = 9, over = «1 }", "E105"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\nkey = \"posts.id\"\ndedicated = 1\n«split = { hottest = 9, over = 2 }", "E109"),
    ("topology = \"primary\"\nmode = \"asynchronous\"\nextra_lag = \"10 ms\"", "topology = \"ring\"\n«[databases.main.shards]\ncount = 4", "E313"),
    ("items = 50_000", "items = 50_000\nkeys = { «id = { items = 9 } }", "E108"),
    ("items = 50_000", "items = 50_000\nkeys = { user = «{ zipf = 1.0 } }", "E102"),
    ("items = 50_000", "items = 50_000\nkeys = { user = { items = «0 } }", "E105"),
    // Their events.
    (SHARDED, "extra_lag = \"10 ms\"\n[events.e]\nat = \"9 s\"\nreshard = «\"databases.main\"\nshards = 8\nrate = \"1 MB/s\"", "E208"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n[events.e]\nat = \"9 s\"\nreshard = \"databases.main\"\nshards = «4\nrate = \"1 MB/s\"", "E105"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n«[events.e]\nat = \"9 s\"\nreshard = \"databases.main\"\nshards = 8", "E102"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n[events.e]\nat = \"9 s\"\nreshard = \"databases.main\"\nshards = 8\nrate = \"1 MB/s\"\n«for = \"1 s\"", "E109"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n[events.e]\nat = \"9 s\"\nkill = «\"databases.main.primary\"", "E201"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n[events.e]\nat = \"9 s\"\nkill = «\"databases.main.shard-4\"", "E201"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n[events.e]\nat = \"9 s\"\nkill = «\"databases.main.shard-3.3\"", "E201"),
    (SHARDED, "extra_lag = \"10 ms\"\n[databases.main.shards]\ncount = 4\n[events.e]\nat = \"9 s\"\nkill = \"databases.main.shard-3\"\n«shards = 3", "E109"),
    // TOML.
    ("seed = 7", "seed = «", "E009"),
    ("seed = 7", "seed = 7\n«seed = 8", "E009"),
    ("seed = 7", "seed = «99999999999999999999", "E107"),
    ("seed = 7", "seed = «\"a\\u0007\"", "E005"),
    ("share = 0.4", "share = «nan", "E105"),
    ("share = 0.4", "share = «inf", "E105"),
    ("share = 0.4", "share = «1e999", "E105"),
    ("seed = 7", "seed = «7.5", "E103"),
    ("seed = 7", "seed = «\"7\"", "E103"),
    ("seed = 7", "seed = «1979-05-27", "E103"),
    ("seed = 7", "seed = «true", "E103"),
    ("title = \"Everything\"", "title = «5", "E103"),
    ("title = \"Everything\"", "extends = «5", "E103"),
    ("title = \"Everything\"", "extends = «\"base.toml\"", "E010"),
    ("title = \"Everything\"", "extends = [«\"s.toml\"]", "E011"),
    // Unknown keys.
    ("title = \"Everything\"", "«titel = \"Everything\"", "E101"),
    ("seed = 7", "«sede = 7", "E101"),
    ("items = 50_000", "items = 50_000\n«colour = 1", "E101"),
    ("vcpus = 4", "vcpus = 4\n«cpus = 4", "E101"),
    ("iops = 10_000", "«iop = 10_000", "E101"),
    ("backoff = \"200 ms\"", "«back_off = \"200 ms\"", "E101"),
    ("{ wait = \"5 ms\" }", "{ «waits = \"5 ms\", wait = \"5 ms\" }", "E101"),
    ("disk_reads = 1", "«disc_reads = 1", "E101"),
    ("{ exponential = \"18 ms\" }", "{ «exponentail = \"18 ms\" }", "E101"),
    ("{ median = \"20 KB\", p99 = \"900 KB\" }", "{ median = \"20 KB\", p99 = \"900 KB\", «cv = 1 }", "E101"),
    // Missing keys.
    ("[machines.c4]\nvcpus = 4\n", "«[machines.c4]\n", "E102"),
    ("[run]\nduration = \"30 min\"\n", "«[run]\n", "E102"),
    ("[expect]", "[«expects]", "E101"),
    // Units.
    ("ttl = \"30 s\"", "ttl = «30", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"30\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"30 sec\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"30 KB\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"soon\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"1.2.3 s\"", "E104"),
    ("ttl = \"30 s\"", "ttl = «\"-30 s\"", "E105"),
    ("ttl = \"30 s\"", "ttl = «\"1e300 d\"", "E105"),
    ("ttl = \"30 s\"", "ttl = «\"100000 d\"", "E105"),
    ("ttl = \"30 s\"", "ttl = «[\"30 s\"]", "E103"),
    ("memory = \"16 GB\"", "memory = «16", "E104"),
    ("memory = \"16 GB\"", "memory = «\"16 gb\"", "E104"),
    ("memory = \"16 GB\"", "memory = «\"16 s\"", "E104"),
    ("memory = \"16 GB\"", "memory = «\"0 GB\"", "E105"),
    ("price = \"0.17/h\"", "price = «0.17", "E104"),
    ("price = \"0.17/h\"", "price = «\"0.17/GB\"", "E104"),
    ("price = \"0.40/million\"", "price = «\"0.40/h\"", "E104"),
    ("bandwidth = \"200 MB/s\"", "bandwidth = «\"200 MB\"", "E104"),
    ("bandwidth = \"20 Mbit/s\"", "bandwidth = «\"0 Mbit/s\"", "E105"),
    ("item_size = \"2 KB\"", "item_size = «\"2 ms\"", "E104"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «1 }", "E104"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «\"1 KB\" }", "E104"),
    ("{ exponential = \"3 ms\" }", "{ exponential = «3 }", "E104"),
    // Distributions.
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ exponential = \"1 ms\", uniform = 1 } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ uniform = { low = \"2 ms\", high = \"1 ms\" } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { uniform = «{ low = \"2 ms\" } } }", "E102"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ pareto = { minimum = \"1 ms\", shape = 1 } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ hyperexponential = { mean = \"1 ms\", cv = 0.5 } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ hyperexponential = { branches = [[0.5, \"1 ms\"]] } } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { hyperexponential = { branches = [«[0.5]] } } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { erlang = «{ k = 1.5, mean = \"1 ms\" } } }", "E105"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ empirical = [] } }", "E301"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { empirical = { csv = «\"no.csv\" } } }", "E010"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { gamma = { shape = «-1, scale = \"1 ms\" } } }", "E105"),
    ("{ cpu = \"1 ms\" }", "{ cpu = { normal = «\"1 ms\" } }", "E103"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «\"0.5 ns\" }", "E302"),
    ("{ cpu = \"1 ms\" }", "{ cpu = «{ exponential = \"0.1 ns\" } }", "E302"),
    // Ranges.
    ("count = 1_000_000", "count = «0", "E105"),
    ("count = 1_000_000", "count = «-5", "E105"),
    ("per_user_per_day = 60", "per_user_per_day = «0", "E105"),
    ("per_user_per_day = 60", "per_user_per_day = «-1", "E105"),
    ("per_user_per_day = 60", "rate = «\"0/s\"", "E105"),
    ("per_user_per_day = 60", "rate = «\"-3/s\"", "E105"),
    ("per_user_per_day = 60", "rate = «\"3\"", "E104"),
    ("per_user_per_day = 60", "per_user_per_day = 60\n«rate = \"3/s\"", "E109"),
    ("per_user_per_day = 60", "think_time = \"1 s\"", "E109«peak_to_mean"),
    ("peak_to_mean = 3", "peak_to_mean = «0.5", "E105"),
    ("play = \"peak hour\"", "play = «\"night\"", "E106"),
    ("play = \"peak hour\"", "play = { from = «\"25:00\", to = \"26:00\" }", "E105"),
    ("play = \"peak hour\"", "play = «{ from = \"20:00\", to = \"18:00\" }", "E105"),
    ("hourly = [1, 1,", "hourly = «[1,", "E105"),
    ("hourly = [1, 1,", "hourly = [«-1, 1,", "E105"),
    ("hourly = [1, 1,", "spike = { at = \"1 h\", for = \"1 h\", factor = 2 }\nhourly = [1, 1,", "E109«spike"),
    ("share = 0.4", "share = «1.4", "E105"),
    ("cached = 0.25", "cached = «-0.25", "E105"),
    ("timeout = \"10 s\"", "timeout = «\"0 s\"", "E105"),
    ("attempts = 2", "attempts = «0", "E105"),
    ("jitter = \"full\"", "jitter = «\"some\"", "E106"),
    ("items = 50_000", "items = «0", "E105"),
    ("popularity = \"uniform\"", "popularity = «\"flat\"", "E106"),
    ("popularity = \"uniform\"", "popularity = { zipf = «-1 }", "E105"),
    ("share = 85", "share = «-85", "E105"),
    ("\"posts\", keys = 10", "\"posts\", keys = «0", "E105"),
    ("\"posts\", keys = 10", "\"posts\", keys = «65", "E105"),
    ("rows = 20", "rows = «0", "E105"),
    ("vcpus = 4", "vcpus = «0", "E105"),
    ("contention = 0.03", "contention = «-0.03", "E105"),
    ("iops = 10_000", "iops = «0", "E105"),
    ("scheduling = \"fifo\"", "scheduling = «\"lifo\"", "E106"),
    ("resolvers = 100", "resolvers = «0", "E105"),
    ("handshakes = 3", "handshakes = «-1", "E105"),
    ("instances = 2", "instances = «0", "E105"),
    ("instances = 2", "instances = «1_000_000_000", "E105"),
    ("workers = 64", "workers = «0", "E105"),
    ("workers = 64", "workers = «\"many\"", "E103"),
    ("replicas = 2", "replicas = «-1", "E105"),
    ("connections = 200", "connections = «0", "E105"),
    ("weights = [2, 1]", "weights = «[2, 1, 1]", "E105"),
    ("weights = [2, 1]", "weights = «[0, 0]", "E105"),
    ("policy = \"weighted\"", "policy = «\"fastest\"", "E106"),
    ("policy = \"weighted\"\nweights", "policy = \"random\"\n«weights", "E109"),
    ("start = \"cold\"", "hit_ratio = «1.2", "E105"),
    ("start = \"cold\"", "hit_ratio = 0.5\n«coalesce = true", "E109"),
    ("sliding = true", "fragmentation = «1.5", "E105"),
    ("sliding = true", "overhead = «\"5 ms\"", "E104"),
    ("sliding = true", "coalesce = «1", "E103"),
    ("on_write = \"keep\"", "on_write = \"keep\"\nother_regions = «\"keep\"", "E109"),
    ("on_write = \"keep\"", "other_regions = «\"keep\"", "E109"),
    ("mode = \"cache-aside\"", "mode = «\"write-arund\"", "E106"),
    ("mode = \"cache-aside\"", "mode = «5", "E103"),
    ("mode = \"cache-aside\"", "mode = «\"write-behind\"", "E102"),
    ("mode = \"cache-aside\"", "mode = { write-behind = «{ } }", "E102"),
    ("mode = \"cache-aside\"", "mode = { write-behind = { delay = «\"0 s\" } }", "E105"),
    ("mode = \"cache-aside\"", "mode = { write-behind = { delay = «1 } }", "E104"),
    ("mode = \"cache-aside\"", "mode = \"write-through\"", "E109«\"keep\""),
    ("mode = \"cache-aside\"\non_write = \"keep\"", "hit_ratio = 0.5\n«mode = \"write-through\"", "E109"),
    ("availability = 0.999", "availability = «99.9", "E105"),
    ("replications = 3", "replications = «0", "E105"),
    ("warmup = \"5 min\"", "warmup = «\"30 min\"", "E305"),
    ("duration = \"30 min\"", "duration = «\"0 s\"", "E105"),
    ("\"response_time_ms.mean\" = 12.5", "\"response_time_ms.mean\" = «\"12\"", "E103"),
    // References.
    ("{ read = \"posts\" }", "{ read = «\"post\" }", "E201"),
    ("{ insert = \"posts\" }", "{ insert = «\"pots\" }", "E201"),
    ("{ call = \"render\" }", "{ call = «\"rendr\" }", "E201"),
    ("to = \"load_balancers.public\"", "to = «\"load_balancers.pubic\"", "E201"),
    ("to = \"load_balancers.public\"", "to = «\"web\"", "E201"),
    ("to = \"load_balancers.public\"", "to = «\"services.web\"", "E206"),
    ("[hosts.box]\nmachine = \"c4\"", "[hosts.box]\nmachine = «\"c5\"", "E201"),
    ("handles = [\"render\"]", "handles = [«\"rendre\"]", "E201"),
    ("targets = \"services.web\"", "targets = «\"services.wep\"", "E201"),
    ("holds = [\"posts\", \"timeline-result\"]", "holds = [\"posts\", «\"timeline\"]", "E201"),
    ("holds = [\"posts\", \"timeline-result\"]\nhost = \"box\"", "holds = \"posts\"\nhost = «\"fox\"", "E201"),
    ("mobile = { json = \"8 KB\" }", "«mobil = { json = \"8 KB\" }", "E201"),
    ("keys = \"user\"", "keys = «\"users\"", "E201"),
    ("[datasets.feeds]", "[datasets.«Posts]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E202"),
    ("[datasets.feeds]", "[datasets.«\"a*b\"]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E108"),
    ("[operations.render]\nsteps = [", "[operations.«render]\nsteps = [{ call = \"render\" }, ", "E203"),
    ("holds = \"*\"\nmachine", "holds = \"posts\"\nmachine", "E204«[datasets.«feeds]"),
    ("handles = \"*\"", "handles = \"timeline\"", "E205«[endpoints.«publish]"),
    // Meaning.
    ("{ wait = \"5 ms\" }", "«{ wait = \"5 ms\", cpu = \"1 ms\" }", "E109"),
    ("{ wait = \"5 ms\" }", "{ wait = \"5 ms\", «keys = 2 }", "E109"),
    ("{ wait = \"5 ms\" }", "«{ }", "E102"),
    ("[services.renderer]\nhost = \"box\"", "[services.renderer]\nhost = \"box\"\nmachine = «\"c4\"", "E109"),
    ("[services.renderer]\nhost = \"box\"", "[services.renderer]\nhost = \"box\"\n«instances = 2", "E109"),
    ("share = 0.4", "share = 0.3", "E303«[«clients.browser]"),
    ("memory = \"1 GB\"", "memory = \"17 GB\"", "E306«[caches.«objects]"),
    ("buffer_pool = \"2 GB\"", "buffer_pool = \"20 GB\"", "E306«[databases.«main]"),
    ("capacity = \"1 TB\"", "capacity = \"1 GB\"", "E307«[databases.«main]"),
    ("[hosts.box]", "[services.«lost]\nhost = \"box\"\n[hosts.box]", "W401"),
    // Autoscaling.
    ("[slo]", "«[autoscale.web]\ntarget = { utilisation = 0.5 }\nmax = 4\n[slo]", "E102"),
    ("[slo]", "«[autoscale.web]\ntarget = { utilisation = 0.5 }\nmin = 1\n[slo]", "E102"),
    ("[slo]", "«[autoscale.web]\nmin = 1\nmax = 4\n[slo]", "E102"),
    ("[slo]", "«[autoscale.web]\ntarget = { utilisation = 0.5 }\nmin = 4\nmax = 3\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\ntarget = { utilisation = 0.5 }\nmin = «0\nmax = 2\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\ntarget = { utilisation = «0 }\nmin = 1\nmax = 2\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\ntarget = { utilisation = «1.2 }\nmin = 1\nmax = 2\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\ntarget = { queue = «0 }\nmin = 1\nmax = 2\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\ntarget = { latency = «200 }\nmin = 1\nmax = 2\n[slo]", "E104"),
    ("[slo]", "[autoscale.web]\ntarget = { utilisation = 0.5, «queue = 3 }\nmin = 1\nmax = 2\n[slo]", "E109"),
    ("[slo]", "[autoscale.web]\ntarget = «{ }\nmin = 1\nmax = 2\n[slo]", "E102"),
    ("[slo]", "«[autoscale.wed]\ntarget = { utilisation = 0.5 }\nmin = 1\nmax = 2\n[slo]", "E201"),
    ("[slo]", "[autoscale.x]\nof = «\"services.wed\"\ntarget = { utilisation = 0.5 }\nmin = 1\nmax = 2\n[slo]", "E201"),
    ("[slo]", "«[autoscale.renderer]\ntarget = { utilisation = 0.5 }\nmin = 1\nmax = 2\n[slo]", "E109"),
    ("[slo]", "«[autoscale.renderer]\ntarget = { latency = \"1 s\" }\nmin = 1\nmax = 2\n[slo]", "E109"),
    ("[slo]", "[autoscale.web]\nperiod = «\"0 s\"\ntarget = { utilisation = 0.5 }\nmin = 1\nmax = 2\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\nmin = 1\nmax = 2\n«[autoscale.web.steps.a]\nadd = 1\n[slo]", "E102"),
    ("[slo]", "[autoscale.web]\nmin = 1\nmax = 2\n«[autoscale.web.steps.a]\nbelow = { queue = 1 }\nadd = 1\n[slo]", "E109"),
    ("[slo]", "[autoscale.web]\nmin = 1\nmax = 2\n[autoscale.web.steps.a]\nabove = { queue = 1 }\nadd = «\"some\"\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\nmin = 1\nmax = 2\n[autoscale.web.schedule.a]\nat = «\"25:00\"\nmin = 2\n[slo]", "E105"),
    ("[slo]", "[autoscale.web]\nmin = 1\nmax = 2\n«[autoscale.web.schedule.a]\nat = \"1 min\"\n[slo]", "E102"),
    ("instances = 2\nworkers = 64", "instances = «5\nworkers = 64\n[autoscale.web]\ntarget = { utilisation = 0.5 }\nmin = 1\nmax = 3\n[services.web2]\nmachine = \"c4\"", "E105"),
    // A content delivery network.
    ("[slo]", "«[cdn]\n[slo]", "E102"),
    ("[slo]", "[cdn]\nstorage = «\"0 GB\"\n[slo]", "E105"),
    ("[slo]", "[cdn]\nstorage = \"1 GB\"\nttl = «\"0 s\"\n[slo]", "E105"),
    ("[slo]", "[cdn]\nstorage = \"1 GB\"\nregions = [«\"mars\"]\n[slo]", "E201"),
    ("[slo]", "[cdn]\nstorage = \"1 GB\"\nholds = «\"all\"\n[slo]", "E106"),
    ("[slo]", "[cdn]\nstorage = \"1 GB\"\n«stale_while_revalidate = \"1 s\"\n[slo]", "E109"),
    ("[slo]", "[events.e]\nat = \"9 s\"\nkill = «\"cdn\"\n[slo]", "E201"),
    ("[slo]", "[events.e]\nat = \"9 s\"\nflush = «\"cdn\"\n[slo]", "E201"),
    // Sessions.
    ("handles = [\"render\"]", "handles = [\"render\"]\nsessions = «{ sticky = true }", "E109"),
    ("sessions = \"stateless\"", "sessions = «{ size = \"20 KB\" }", "E106"),
    ("sessions = \"stateless\"", "sessions = «\"sticky\"", "E106"),
    ("sessions = \"stateless\"", "sessions = { store = «\"services.web\" }", "E201"),
    ("sessions = \"stateless\"", "sessions = { store = «\"caches.nobody\" }", "E201"),
    ("sessions = \"stateless\"", "sessions = { store = \"databases.main\", «idle = \"1 min\" }", "E109"),
    ("sessions = \"stateless\"", "sessions = { store = \"databases.main\", size = «\"0 KB\" }", "E105"),
    ("sessions = \"stateless\"", "sessions = { store = \"databases.main\", rebuild = «{ read = \"posts\" } }", "E106"),
    // Not yet.
    ("engine = \"relational\"", "engine = «\"object\"", "E106"),
    ("engine = \"relational\"", "engine = «\"object\"", "E106"),
    // Limits of the engine.
    ("items = 50_000", "items = «1_099_511_627_777", "E105"),
    ("items = 50_000", "items = «9_223_372_036_854_775_807", "E105"),
    ("replicas = 2", "replicas = «65_536", "E105"),
    ("replicas = 2", "replicas = «1_000_000_000", "E105"),
    ("rows = 20", "rows = «65_536", "E105"),
    ("rows = 5", "rows = «1_000_000", "E105"),
    ("host = \"box\"\nmemory", "machine = \"c4\"\n«instances = 129\nmemory", "E105"),
    ("instances = 2", "instances = «100_001", "E105"),
    ("instances = 2", "instances = 100_000", "E105«[caches.objects]"),
    ("vcpus = 4", "vcpus = «65_537", "E105"),
    ("count = 1_000_000", "count = «4_294_967_296", "E105"),
    ("rows = 20", "rows = «9_223_372_036_854_775_808", "E107"),
    ("attempts = 2", "attempts = «256", "E105"),
    ("connections = 6", "connections = «1001", "E105"),
    ("files = 12", "files = «10_001", "E105"),
    ("resolvers = 100", "resolvers = «16_777_217", "E105"),
    ("handshakes = 3", "handshakes = «101", "E105"),
    ("replications = 3", "replications = «1_000_001", "E105"),
    ("in_flight = 1000", "in_flight = «0", "E105"),
    ("in_flight = 1000", "in_flight = «4_294_967_296", "E105"),
    ("events = 1_000_000", "events = «0", "E105"),
    ("workers = 64", "workers = «4_294_967_296", "E105"),
    ("seed = 7", "seed = «-7", "E105"),
    ("duration = \"30 min\"", "duration = \"53375.9954 d\"", "E105«[«run]"),
    ("duration = \"30 min\"", "duration = «\"147 y\"", "E104"),
    ("drain = \"1 min\"", "drain = «\"60000 d\"", "E105"),
    // Wrong types.
    ("[run]\n", "[run.x]\n", "E102«[«run.x]"),
    ("[slo]\n", "[slo.«x]\n", "E101"),
    ("[slo]\n", "[[slo]]\n", "E103«[[slo]]"),
    ("[entry]\n", "[[entry]]\n", "E103«[[entry]]"),
    ("[datasets.feeds]", "[[datasets.feeds]]", "E103«[[datasets.feeds]]"),
    ("[clients.mobile]\n", "[clients]\nmobile = «5\n[slo.x]\n", "E103"),
    ("steps = [{ cpu = \"1 ms\" }]", "steps = «{ cpu = \"1 ms\" }", "E103"),
    ("steps = [{ cpu = \"1 ms\" }]", "steps = [«\"cpu\"]", "E103"),
    ("steps = [{ cpu = \"1 ms\" }]", "steps = [«5]", "E103"),
    ("steps = [{ cpu = \"1 ms\" }]", "steps = [«[]]", "E103"),
    ("{ parallel = [[{ call", "{ parallel = «5 }, { parallel = [[{ call", "E103"),
    ("{ parallel = [[{ call", "{ parallel = «[] }, { parallel = [[{ call", "E105"),
    ("{ parallel = [[{ call", "{ parallel = [«{ }] }, { parallel = [[{ call", "E103"),
    ("read_your_writes = true", "read_your_writes = «1", "E103"),
    ("read_your_writes = true", "read_your_writes = «\"yes\"", "E103"),
    ("public = true", "public = «\"true\"", "E103"),
    ("sliding = true", "sliding = «0", "E103"),
    ("weights = [2, 1]", "weights = «2", "E103"),
    ("weights = [2, 1]", "weights = [«\"2\", 1]", "E103"),
    ("weights = [2, 1]", "weights = [«-2, 1]", "E105"),
    ("weights = [2, 1]", "weights = [«2.5, 1]", "E103"),
    ("items = 50_000", "items = «50e3", "E103"),
    ("vcpus = 4", "vcpus = «4.0", "E103"),
    ("vcpus = 4", "vcpus = «[4]", "E103"),
    ("contention = 0.03", "contention = «\"3 %\"", "E103"),
    ("contention = 0.03", "contention = «1.5", "E105"),
    ("coherency = 0.0002", "coherency = «-1e-9", "E105"),
    ("share = 0.4", "share = «-0.4", "E105"),
    ("share = 0.4", "share = «\"40 %\"", "E103"),
    ("share = 0.4", "share = «-inf", "E105"),
    ("share = 85", "share = «nan", "E105"),
    ("peak_to_mean = 3", "peak_to_mean = «+inf", "E105"),
    ("share = 0.4", "«name = \"m\"", "E101"),
    ("share = 0.4", "", "E102«[clients.mobile]"),
    ("to = \"load_balancers.public\"", "to = «[\"load_balancers.public\"]", "E103"),
    ("to = \"load_balancers.public\"", "to = «\"databases.main\"", "E201"),
    ("to = \"load_balancers.public\"", "to = «\"\"", "E201"),
    ("hourly = [1, 1,", "hourly = «\"1\" # ", "E103"),
    ("hourly = [1, 1,", "hourly = [«\"1\", 1,", "E103"),
    ("hourly = [1, 1,", "hourly = [«inf, 1,", "E105"),
    ("play = \"peak hour\"", "play = «7", "E106"),
    ("play = \"peak hour\"", "play = «{ from = \"10:00\" }", "E102"),
    ("play = \"peak hour\"", "play = { from = \"10:00\", to = «\"noon\" }", "E105"),
    ("play = \"peak hour\"", "play = { from = \"10:00\", to = \"11:00\", «step = 1 }", "E101"),
    // Units.
    ("timeout = \"10 s\"", "timeout = «10", "E104"),
    ("timeout = \"10 s\"", "timeout = «10.5", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"10 S\"", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"10s10\"", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"10 s s\"", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"s\"", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"inf s\"", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"NaN s\"", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"1e400 s\"", "E105"),
    ("timeout = \"10 s\"", "timeout = «\"-1 s\"", "E105"),
    ("timeout = \"10 s\"", "timeout = «\"1 fortnight\"", "E104"),
    ("timeout = \"10 s\"", "timeout = «\"=1 s\"", "E104"),
    ("timeout = \"10 s\"", "timeout = \"10 s\"\n«timeout = \"9 s\"", "E009"),
    ("keep_alive = \"60 s\"", "keep_alive = «\"0 s\"", "E105"),
    ("ttl = \"5 min\"", "ttl = «\"0 min\"", "E105"),
    ("capacity = \"1 TB\"", "capacity = «\"1 PB\"", "E104"),
    ("memory = \"1 GB\"", "memory = «\"0 B\"", "E105"),
    ("memory = \"1 GB\"", "memory = «\"1e30 TB\"", "E105"),
    ("item_size = \"2 KB\"", "item_size = «2000", "E104"),
    ("egress_price = \"0.08/GB\"", "egress_price = «\"-0.08/GB\"", "E105"),
    ("price = \"0.025/h\"", "price = «\"0.025\"", "E104"),
    ("backoff = \"200 ms\"", "backoff = «200", "E104"),
    ("budget = 0.1", "budget = «-0.1", "E105"),
    // Rates beyond what can be played, at the key that says them.
    ("per_user_per_day = 60", "«per_user_per_day = 1e300", "E105"),
    ("per_user_per_day = 60", "«per_user_per_day = 1e-300", "E105"),
    ("per_user_per_day = 60", "«rate = \"1e300/s\"", "E105"),
    ("per_user_per_day = 60", "«rate = \"1e-30/s\"", "E105"),
    ("per_user_per_day = 60\npeak_to_mean = 3\nplay = \"peak hour\"", "«rate = \"1e30/s\"\nplay = \"day\"", "E105"),
    ("peak_to_mean = 3\nplay = \"peak hour\"\n\n[users.pattern]\nhourly", "pattern = { steps = [{ at = \"0 s\", factor = 0 }] }\n[expect.x]\ny", "E105«per_user_per_day"),
    ("[caches.objects]\n", "[caches.objects]\nhit_ratio = 0.5\nholds = \"*\"\nmachine = \"c4\"\n[caches.«second]\n", "W401"),
    ("count = 1_000_000\nper_user_per_day = 60\npeak_to_mean = 3\nplay = \"peak hour\"\n\n[users.pattern]\nhourly", "«count = 16_777_216\nthink_time = \"1 s\"\n[expect.x]\ny", "E105"),
    // What must hold.
    ("p99 = \"300 ms\"", "p99 = «\"0 ms\"", "E105"),
    ("p99 = \"300 ms\"", "p99 = «300", "E104"),
    ("p99 = \"300 ms\"", "p99 = «\"-1 ms\"", "E105"),
    ("p99 = \"300 ms\"", "«p98 = \"300 ms\"", "E101"),
    ("p99 = \"300 ms\"", "mean = «\"0 s\"", "E105"),
    ("availability = 0.999", "availability = «0", "E105"),
    ("availability = 0.999", "availability = «-0.5", "E105"),
    ("availability = 0.999", "availability = «\"three nines\"", "E103"),
    ("availability = 0.999", "error_rate = «1", "E105"),
    ("availability = 0.999", "error_rate = «1.5", "E105"),
    ("availability = 0.999", "error_rate = «-0.1", "E105"),
    // Meaning.
    ("[load_balancers.public]", "[load_balancers.aside]\ntargets = \"services.web\"\n[load_balancers.public]", "E207«\"services.web\"\npolicy"),
    ("public = true\n", "", "E206«\"load_balancers.public\""),
    ("[operations.render]\nsteps = [", "[operations.other]\nsteps = [{ call = \"render\" }]\n[operations.render]\nsteps = [{ call = \"other\" }, ", "E203«[operations.«other]"),
    ("[datasets.feeds]", "[datasets.«\"\"]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E108"),
    ("[datasets.feeds]", "[datasets.«\"=cmd()\"]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E108"),
    ("[datasets.feeds]", "[datasets.«\"<script>\"]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E108"),
    ("[datasets.feeds]", "[datasets.«\"../x\"]\nitems = 1\nitem_size = \"1 KB\"\n[datasets.feeds]", "E108"),
    ("[services.renderer]", "[services.«WEB]\nhost = \"box\"\n[services.renderer]", "E202"),
    ("[services.renderer]\nhost = \"box\"", "[services.renderer]", "E102«[services.renderer]"),
    ("[databases.main]\n", "[databases.spare]\nmachine = \"c4\"\n[databases.main]\n", "E204«[datasets.«posts]"),
    ("seed = 7", "kind = «\"steadyish\"", "E106"),
    ("warmup = \"5 min\"", "warmup = «\"1 h\"", "E305"),
    ("warmup = \"5 min\"", "warmup = «\"-5 min\"", "E105"),
    ("[entry]\nto", "[entry]\nfrom", "E102«[entry]"),
    ("engine = \"relational\"", "engine = «\"relationnal\"", "E106"),
    ("read_from = \"any\"", "read_from = «\"replica\"", "E106"),
    ("read_policy = \"two-choices\"", "read_policy = «\"three-choices\"", "E106"),
    ("read_policy = \"two-choices\"", "read_policy = \"weighted\"\nread_weights = «[1, 1]", "E105"),
    ("read_policy = \"two-choices\"", "read_policy = \"weighted\"", "E102«[databases.main]"),
    ("eviction = \"lfu\"", "eviction = «\"mru\"", "E106"),
    ("ttl = \"5 min\"\nsliding = true", "jitter = «0.1", "E109"),
    ("sliding = true", "jitter = «1.5", "E105"),
    ("sliding = true", "jitter = «-0.1", "E105"),
    ("on_write = \"keep\"", "on_write = «\"update\"", "E106"),
    ("disk_writes = 2", "disk_writes = «-2", "E105"),
    ("cpu_per_row = \"4 us\"", "cpu_per_row = «4", "E104"),
    ("{ median = \"20 KB\", p99 = \"900 KB\" }", "{ median = \"20 KB\", p99 = \"10 KB\" }", "E301«{ lognormal"),
    ("{ html = \"30 KB\" }", "«{ html = \"30 KB\", json = \"3 KB\" }", "E106"),
    ("{ html = \"30 KB\" }", "{ html = «30 }", "E104"),
    ("[clients.browser]", "[endpoints.none]\nshare = 1\nsteps = [{ call = «\"nothing\" }]\n[clients.browser]", "E201"),
    ("title = \"Everything\"", "title = «\"two\\nlines\"", "E105"),
    // Queues.
    ("[slo]", "[queues.jobs]\nworkers = { service = «\"services.none\" }\n[slo]", "E201"),
    ("[slo]", "[queues.jobs]\nattempts = 1\n[slo]", "E102«[queues.jobs]"),
    ("[slo]", "[queues.jobs]\nworkers = { service = \"services.web\" }\nattempts = «0\n[slo]", "E105"),
    ("[slo]", "[queues.jobs]\nworkers = { service = \"services.web\" }\ncapacity = «0\n[slo]", "E105"),
    ("[slo]", "[queues.jobs]\nworkers = { service = \"services.web\" }\nvisibility_timeout = «\"0 s\"\n[slo]", "E105"),
    ("[slo]", "[queues.jobs]\nworkers = { service = \"services.web\" }\n«when_full = \"drop\"\n[slo]", "E109"),
    ("[slo]", "[queues.fanout]\nworkers = { «servce = \"services.web\" }\n[slo]", "E101"),
    ("[slo]", "[queues.fanout]\nworkers = «{}\n[slo]", "E102"),
    ("[slo]", "[queues.fanout]\nworkers = { service = «\"databases.main\" }\n[slo]", "E201"),
    ("[slo]", "[queues.fanout]\nworkers = { service = \"services.web\" }\norder = «\"sorted\"\n[slo]", "E106"),
    ("[slo]", "[queues.fanout]\nworkers = { service = \"services.web\" }\nattempts = «1_001\n[slo]", "E105"),
    ("[slo]", "[queues.fanout]\nworkers = { service = \"services.web\" }\n«retries = 3\n[slo]", "E101"),
    ("[slo]", "[queues.fanuot]\nworkers = { service = \"services.web\" }\n[slo]", "E201«\"fanout\""),
    ("[slo]", "[queues.fanout]\nworkers = { service = \"services.web\" }\n[queues.«idle]\nworkers = { service = \"services.web\" }\n[slo]", "W401"),
    // Not yet.
    ("sliding = true", "«behind = \"caches.local\"", "E902"),
    ("pool = 20", "«replace = { after = \"1 s\" }", "E902"),
    ("engine = \"relational\"", "engine = «\"keyvalue\"", "E106"),
    ("engine = \"relational\"", "engine = «3", "E103"),
    ("engine = \"relational\"", "engine = «\"key-value\"", "W407"),
    ("topology = \"primary\"", "topology = { quorum = { «n = 4, r = 2, w = 2 } }", "E309"),
];

#[test]
fn each_fault_is_answered_at_its_place() {
    let mut wrong = Vec::new();
    for (old, new, code) in FAULTS {
        wrong.extend(check(FULL, old, new, code));
    }
    assert!(FAULTS.len() >= 250, "{}", FAULTS.len());
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), FAULTS.len(), wrong.join("\n"));
}

#[test]
fn hostile_texts_are_refused_before_they_are_parsed() {
    let utf16: Vec<u8> = "title = 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_be: Vec<u8> = "title = 1".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cases: Vec<(Vec<u8>, &str, usize, usize)> = vec![
        (Vec::new(), "E001", 1, 1),
        (b" \n\n".to_vec(), "E001", 1, 1),
        ("\u{feff}\r\n".into(), "E001", 1, 1),
        (vec![b'#'; (4 << 20) + 1], "E002", 1, 1),
        (vec![b'a'; 10_000_000], "E002", 1, 1),
        (b"title = \"\xff\"".to_vec(), "E003", 1, 10),
        (b"title = 1\n# \xc3".to_vec(), "E003", 2, 3),
        (b"title = 1\n# \xed\xa0\x80".to_vec(), "E003", 2, 3),
        (utf16, "E004", 1, 1),
        (utf16_be, "E004", 1, 1),
        (b"\xff\xfet\0".to_vec(), "E004", 1, 1),
        (b"\xfe\xff\0t".to_vec(), "E004", 1, 1),
        (b"title = \"\0\"".to_vec(), "E005", 1, 10),
        (b"title = \"\x1b[2J\"".to_vec(), "E005", 1, 10),
        (b"title = 1 # \x7f".to_vec(), "E005", 1, 13),
        ("title = \"\u{202e}\"".into(), "E005", 1, 10),
        ("title = \"é\u{2066}\"".into(), "E005", 1, 11),
        ("x = 1\n\u{feff}y = 2".into(), "E005", 2, 1),
        (b"title = 1\rx = 2".to_vec(), "E005", 1, 10),
        (format!("title = {}", "[".repeat(10_000)).into(), "E006", 1, 73),
        (format!("title = {}", "{a=".repeat(10_000)).into(), "E006", 1, 201),
        (format!("{} = 1", vec!["a"; 10_000].join(".")).into(), "E007", 1, 64),
        (format!("[{}]", vec!["\"a\""; 10_000].join(".")).into(), "E007", 1, 129),
        (format!("x = 1\n[[{}]]", vec!["a"; 10_000].join(".")).into(), "E007", 2, 66),
    ];
    for (bytes, code, line, column) in &cases {
        let found = found(bytes);
        let shown = found.render(false);
        assert_eq!(found.len(), 1, "{code}: {shown}");
        let one = found.iter().next().expect("one");
        assert_eq!((one.code, one.line, one.column), (*code, *line, *column), "{shown}");
        assert!(shown.contains(&format!("s.toml:{line}:{column}")), "{shown}");
        assert!(shown.len() < 2_000 && !shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    }
}

#[test]
fn calls_that_multiply_are_refused_at_once() {
    let mut text = FULL.replace("{ call = \"render\" }", "{ call = \"o0\" }");
    for index in 0..100 {
        let next = index + 1;
        text += &format!(
            "[operations.o{index}]\nsteps = [{{ call = \"o{next}\" }}, {{ call = \"o{next}\" }}]\n"
        );
    }
    text += "[operations.o100]\nsteps = [{ cpu = \"1 ms\" }]\n";
    let found = found(text.as_bytes());
    let one = found.iter().next().expect("one");
    let line = text[..text.find("[endpoints.timeline]").expect("there")].matches('\n').count() + 1;
    assert_eq!((one.code, one.line, one.column), ("E105", line, 12), "{}", found.render(false));
}

#[test]
fn all_faults_of_a_file_are_reported_at_once() {
    let text = FULL
        .replace("share = 0.4", "share = \"most\"")
        .replace("ttl = \"30 s\"", "ttl = 30")
        .replace("{ read = \"posts\" }", "{ read = \"post\" }")
        .replace("mode = \"cache-aside\"", "mode = \"write-through\"")
        .replace("seed = 7", "sede = 7");
    let found = found(text.as_bytes());
    let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
    for code in ["E103", "E104", "E201", "E109", "E101"] {
        assert_eq!(codes.iter().filter(|one| **one == code).count(), 1, "{code}: {codes:?}");
    }
    assert_eq!(found.len(), 5, "{}", found.render(false));
    assert!(found.iter().all(|one| one.severity == Severity::Error));
}

#[test]
fn several_syntax_errors_are_reported_at_once() {
    let found = found(b"title = \n[run]\nduration = =\n");
    let lines: Vec<usize> = found.iter().map(|one| one.line).collect();
    assert!(lines.contains(&1) && lines.contains(&3), "{}", found.render(false));
}

#[test]
fn a_diagnostic_shows_the_line_the_reason_and_the_help() {
    let text = FULL.replace("seed = 7", "sede = 7");
    let shown = found(text.as_bytes()).render(false);
    for piece in ["sede = 7", "^^^^", "unknown key `run.sede`", "did you mean `seed`?", "s.toml:"] {
        assert!(shown.contains(piece), "{piece} is missing in\n{shown}");
    }
}
