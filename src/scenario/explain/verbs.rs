//! Each verb of a route program in words.

use super::network;
use crate::kernel::distribution::Distribution;
use crate::kernel::time::Duration;
use crate::route::families::{QueueVerb, QuorumVerb, SessionVerb};
use crate::route::program::{Held, NO_HOLD};
use crate::route::step::{Asked, DistributionId, Rows, Verb};
use crate::simulation::blueprint::{Blueprint, KeySource};
use crate::tier::balancer::Policy;

/// Words for the verbs of one blueprint.
pub(super) struct Words<'a> {
    pub(super) plan: &'a Blueprint,
}

impl Words<'_> {
    /// How many things are held that a reader wants to see.
    pub(super) fn depth(&self, mut hold: u16) -> usize {
        let mut depth = 0;
        while hold != NO_HOLD {
            let held = self.plan.programs.holds[usize::from(hold)].held;
            depth += usize::from(!matches!(held, Held::At(_)));
            hold = self.plan.programs.holds[usize::from(hold)].outer;
        }
        depth
    }

    /// Verb, its object, and how, in words.
    pub(super) fn describe(&self, verb: &Verb) -> (&'static str, String, String) {
        match *verb {
            Verb::Resolve { .. }
            | Verb::Connect { .. }
            | Verb::Reply { .. }
            | Verb::Hop { .. }
            | Verb::Route { .. }
            | Verb::Cross { .. }
            | Verb::Wait { .. } => self.describe_network(verb),
            Verb::Choose { .. }
            | Verb::ChooseNear { .. }
            | Verb::Release { .. }
            | Verb::Enter { .. }
            | Verb::Leave { .. }
            | Verb::Work { .. }
            | Verb::Disk { .. } => self.describe_station(verb),
            Verb::Fork { count, .. } => ("fork", format!("{count} branches"), String::new()),
            Verb::Locate { .. } | Verb::Scatter { .. } => self.describe_shards(verb),
            Verb::Jump { .. } => ("go on", String::new(), String::new()),
            Verb::Moved { resharding } => {
                let name = self.plan.reshardings[usize::from(resharding)].name.clone();
                ("moved", name, "a part of a slice".to_owned())
            }
            Verb::Join => ("join", String::new(), String::new()),
            Verb::Skip { chance, .. } => {
                let share = self.distribution(chance).mean() * 100.0;
                ("skip", format!("{share:.0} %"), "in the browser's cache".to_owned())
            }
            Verb::Answer => ("answer", String::new(), "the response time ends".to_owned()),
            Verb::StaticAsked => ("ask", "static file".to_owned(), String::new()),
            Verb::StaticArrived => ("arrive", "static file".to_owned(), String::new()),
            Verb::Session(verb) => self.describe_session(verb),
            Verb::Cdn(verb) => network::describe(verb),
            Verb::Depart => ("depart", String::new(), String::new()),
            Verb::Contact { .. } | Verb::Probe { .. } => self.describe_contact(verb),
            Verb::Buried | Verb::Forgotten | Verb::Frozen | Verb::Held => {
                ("limbo", String::new(), String::new())
            }
            Verb::Finish => ("finish", String::new(), String::new()),
            Verb::Applied { database } => {
                let name = self.plan.databases[usize::from(database)].name.clone();
                ("applied", name, "the replica shows the entry".to_owned())
            }
            Verb::Quorum(verb) => self.describe_quorum(verb),
            Verb::Queue(verb) => self.describe_queue(verb),
            Verb::Guard { breaker } => {
                let name = self.plan.breakers[usize::from(breaker)].name.clone();
                ("guard", name, "refused while it is open".to_owned())
            }
            Verb::Unguard { breaker } => {
                let name = self.plan.breakers[usize::from(breaker)].name.clone();
                ("unguard", name, String::new())
            }
            _ => self.describe_store(verb),
        }
    }

    fn describe_session(&self, verb: SessionVerb) -> (&'static str, String, String) {
        match verb {
            SessionVerb::FindHome { sessions, .. } => {
                let name = self.plan.sessions[usize::from(sessions)].name.clone();
                (
                    "home",
                    name,
                    "the server of the visit, if it is there: skip the choice".to_owned(),
                )
            }
            SessionVerb::SessionLookup { sessions, .. } => {
                let name = self.plan.sessions[usize::from(sessions)].name.clone();
                ("lookup", name, "found, or a visit begins: skip the block".to_owned())
            }
            SessionVerb::SessionRebuilt { sessions, .. } => {
                ("rebuilt", self.plan.sessions[usize::from(sessions)].name.clone(), String::new())
            }
        }
    }

    fn describe_queue(&self, verb: QueueVerb) -> (&'static str, String, String) {
        match verb {
            QueueVerb::Publish { queue, .. } => {
                let name = self.plan.queues[usize::from(queue)].name.clone();
                ("publish", name, "and goes on; the work is done later".to_owned())
            }
            QueueVerb::Delivered { queue } => {
                let name = self.plan.queues[usize::from(queue)].name.clone();
                ("settle", name, "the message is acknowledged".to_owned())
            }
            QueueVerb::Pull { queue } => {
                let name = self.plan.queues[usize::from(queue)].name.clone();
                ("pull", name, "a worker is free".to_owned())
            }
        }
    }

    fn describe_shards(&self, verb: &Verb) -> (&'static str, String, String) {
        let (word, access, sharding, how) = match *verb {
            Verb::Locate { access, sharding, .. } => ("locate", access, sharding, "the one of"),
            Verb::Scatter { access, sharding, asked: Asked::All, .. } => {
                ("scatter", access, sharding, "a branch for each of")
            }
            Verb::Scatter { access, sharding, .. } => {
                ("scatter", access, sharding, "a branch for each that has keys, of")
            }
            _ => return ("?", String::new(), String::new()),
        };
        let plan = &self.plan.shardings[usize::from(sharding)];
        let owner = &self.plan.reshardings[usize::from(plan.resharding)].name;
        let shards = self.plan.programs.shards[usize::from(sharding)];
        let access = self.plan.accesses[usize::from(access)].name.clone();
        (word, access, format!("{how} {shards} shards of {owner}, alike"))
    }

    fn describe_quorum(&self, verb: QuorumVerb) -> (&'static str, String, String) {
        let database = |number: u16| &self.plan.databases[usize::from(number)];
        match verb {
            QuorumVerb::AskHolders { access, answers, writes, .. } => {
                let access = &self.plan.accesses[usize::from(access)];
                let holders = database(access.database).quorum.map_or(0, |quorum| quorum.holders);
                let how = format!("{holders} holders of each key, goes on after {answers}");
                (if writes { "write" } else { "ask" }, access.name.clone(), how)
            }
            QuorumVerb::Between { database: number, .. } => {
                let name = database(number).name.clone();
                ("hop", name, "between coordinator and holder".to_owned())
            }
            QuorumVerb::Hold { access, .. } => {
                let access = &self.plan.accesses[usize::from(access)];
                ("hold", access.name.clone(), "as far as it has come".to_owned())
            }
            QuorumVerb::Repaired { database: number } => {
                ("repaired", database(number).name.clone(), "a write that it lacked".to_owned())
            }
            QuorumVerb::Tally => ("count", "answers".to_owned(), String::new()),
            _ => ("answer", "of a holder".to_owned(), String::new()),
        }
    }

    fn describe_contact(&self, verb: &Verb) -> (&'static str, String, String) {
        let Some(faults) = &self.plan.faults else {
            return ("contact", String::new(), String::new());
        };
        match *verb {
            Verb::Contact { to, .. } => {
                let component = &faults.components[usize::from(to)];
                let how = format!("if it answers; silence is given up after {}", component.timeout);
                ("contact", component.name.clone(), how)
            }
            Verb::Probe { access, .. } => {
                let access = &self.plan.accesses[usize::from(access)];
                ("probe", access.name.clone(), "nodes that do not answer are passed by".to_owned())
            }
            _ => ("?", String::new(), String::new()),
        }
    }

    fn describe_network(&self, verb: &Verb) -> (&'static str, String, String) {
        let network = &self.plan.network;
        match *verb {
            Verb::Resolve { lookup } => {
                let asked = duration(self.distribution(lookup));
                ("resolve", "name".to_owned(), format!("cached 0 ms, else {asked}"))
            }
            Verb::Route { lookup } => {
                let asked = duration(self.distribution(lookup));
                ("resolve", "name".to_owned(), format!("of a region: cached 0 ms, else {asked}"))
            }
            Verb::Cross { within, .. } => {
                let way = self.plan.regions.as_ref().map_or(Duration::ZERO, |plan| plan.within);
                let how = match within {
                    true => format!("{way}, ½ round trip between regions"),
                    false => "½ round trip between regions".to_owned(),
                };
                ("hop", "to where it stands".to_owned(), how)
            }
            Verb::Connect { reuse } => {
                let rtt = duration(&network.client_rtt);
                let how = match (reuse, network.handshakes) {
                    (true, _) | (_, 0) => format!("½ round trip of {rtt}"),
                    (false, trips) => {
                        format!("{trips} + ½ round trips of {rtt}, ½ where kept alive")
                    }
                };
                ("travel", "client → site".to_owned(), how)
            }
            Verb::Reply { bytes, .. } => {
                let rtt = duration(&network.client_rtt);
                let size = size(self.distribution(bytes));
                ("travel", "site → client".to_owned(), format!("½ round trip of {rtt}, {size}"))
            }
            Verb::Hop { delay } => ("hop", "within the site".to_owned(), delay.to_string()),
            Verb::Wait { time, .. } => {
                ("wait", "outside".to_owned(), duration(self.distribution(time)))
            }
            _ => ("?", String::new(), String::new()),
        }
    }

    fn describe_station(&self, verb: &Verb) -> (&'static str, String, String) {
        let stations = &self.plan.stations;
        let name = |index: u16| stations.names[usize::from(index)].name.clone();
        match *verb {
            Verb::Choose { group, .. } | Verb::ChooseNear { group, .. } => {
                let group = &self.plan.groups[usize::from(group)];
                let how = match group.instances {
                    1 => "the only one".to_owned(),
                    count => format!("{} among {count}", policy_name(&group.policy)),
                };
                let how = match verb {
                    Verb::ChooseNear { .. } => format!("{how}, the nearest"),
                    _ => how,
                };
                ("choose", group.name.clone(), how)
            }
            Verb::Release { group, .. } => {
                ("release", self.plan.groups[usize::from(group)].name.clone(), String::new())
            }
            Verb::Enter { pool, .. } => {
                let plan = &stations.pools[pool as usize];
                let how = match plan.queue {
                    Some(queue) => format!("queue ≤ {queue}, else 503"),
                    None => "unbounded queue".to_owned(),
                };
                ("enter", name(plan.label.name), how)
            }
            Verb::Leave { pool, .. } => {
                ("leave", name(stations.pools[pool as usize].label.name), String::new())
            }
            Verb::Work { cpus, demand, rows, per_row, .. } => {
                let cpu = stations.cpu_of[cpus as usize];
                let mut how = duration(self.distribution(demand));
                let each = duration(self.distribution(per_row));
                match rows {
                    Rows::Fixed(0) => {}
                    Rows::Fixed(rows) => how = format!("{how} + {rows} × {each}"),
                    Rows::Missed => how = format!("{how} + {each} per further key missed"),
                }
                ("work", name(stations.cpus[cpu as usize].label.name), how)
            }
            Verb::Disk { disks, access, .. } => {
                let plan = &self.plan.accesses[usize::from(access)];
                let disk = stations.disk_of[disks as usize];
                let owner = stations.disks.get(disk as usize).map(|disk| name(disk.label.name));
                let how = format!(
                    "{} writes; {} reads for each page missed",
                    plan.disk_writes, plan.disk_reads
                );
                ("disk", owner.unwrap_or_default(), how)
            }
            _ => ("?", String::new(), String::new()),
        }
    }

    fn describe_store(&self, verb: &Verb) -> (&'static str, String, String) {
        if let Verb::Await { cache } = *verb {
            let name = self.plan.caches[usize::from(cache)].name.clone();
            return ("await", name, "what others fetch".to_owned());
        }
        let (word, access, how) = match *verb {
            Verb::Fan { access, .. } => ("ask", access, "CPU work on each node that holds a key"),
            Verb::Lookup { access, .. } => ("lookup", access, "all hit → skip the block"),
            Verb::Fill { access, .. } => ("fill", access, "what was missing"),
            Verb::Claim { access, .. } => {
                ("claim", access, "all fetched by others → skip the block")
            }
            Verb::Buffer { access, .. } => {
                ("buffer", access, "flushed later; a dead node → the block")
            }
            Verb::Flush { access, .. } => ("flush", access, "what still waits for it"),
            Verb::Settle { access, .. } => ("commit", access, "logged for the replicas"),
            Verb::Update { access, .. } => ("store", access, "what was written"),
            Verb::Word { access, .. } => ("drop", access, "the word has come from another region"),
            Verb::Invalidate { access, .. } => ("drop", access, "what was written"),
            Verb::Snapshot { access, .. } => ("read", access, "sees the commits applied by now"),
            Verb::Commit { access, .. } | Verb::CommitShare { access, .. } => {
                ("commit", access, "logged for the replicas")
            }
            Verb::Flushed => return ("flushed", String::new(), String::new()),
            _ => return ("?", String::new(), String::new()),
        };
        let access = &self.plan.accesses[usize::from(access)];
        let keys = match access.keys {
            KeySource::New => " (new keys)",
            KeySource::User | KeySource::Session => " (by user)",
            _ => "",
        };
        (word, format!("{}{keys}", access.name), how.to_owned())
    }

    fn distribution(&self, id: DistributionId) -> &Distribution {
        &self.plan.programs.distributions[usize::from(id)]
    }
}

/// The policy as scenario files spell it.
fn policy_name(policy: &Policy) -> &'static str {
    match policy {
        Policy::RoundRobin => "round-robin",
        Policy::Weighted(_) => "weighted",
        Policy::Random => "random",
        Policy::LeastConnections => "least-connections",
        Policy::TwoChoices => "two-choices",
        Policy::Hash => "hash",
    }
}

/// A duration's distribution in words.
fn duration(distribution: &Distribution) -> String {
    let time = |nanos: f64| Duration::from_nanos_f64(nanos).to_string();
    in_words(distribution, &time)
}

/// A size's distribution in words.
fn size(distribution: &Distribution) -> String {
    in_words(distribution, &|bytes: f64| match bytes {
        1e6.. => format!("{:.1} MB", bytes / 1e6),
        1e3.. => format!("{:.1} kB", bytes / 1e3),
        _ => format!("{bytes:.0} B"),
    })
}

fn in_words(distribution: &Distribution, unit: &dyn Fn(f64) -> String) -> String {
    let kind = match distribution {
        Distribution::Constant(value) => return unit(*value),
        Distribution::Exponential { .. } => "exponential",
        Distribution::Uniform { low, high } => {
            return format!("uniform({} to {})", unit(*low), unit(*high));
        }
        Distribution::Normal { .. } => "normal",
        Distribution::Lognormal { .. } => "lognormal",
        Distribution::Gamma { .. } => "gamma",
        Distribution::Erlang { .. } => "erlang",
        Distribution::Weibull { .. } => "weibull",
        Distribution::Pareto { .. } => "pareto",
        Distribution::Hyperexponential { .. } => "hyperexponential",
        Distribution::Empirical { .. } => "empirical",
    };
    let (mean, variance) = (distribution.mean(), distribution.variance());
    match distribution {
        Distribution::Exponential { .. } => format!("{kind}({})", unit(mean)),
        _ => format!("{kind}(mean {}, cv {:.2})", unit(mean), variance.sqrt() / mean),
    }
}
