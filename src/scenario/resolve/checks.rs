//! What is wrong although each value by itself is right.

use super::super::defaults;
use super::super::model::{
    Database, EntryTarget, HostId, ReplicationTopology, ResultKeys, Scenario, Service, Step,
    Topology,
};
use super::super::reader::Reader;
use super::super::tree::Origin;
use super::names::{Names, Scope};
use super::stores;
use crate::kernel::time::Instant;

/// Checks across tables. After other faults most of them would only repeat
/// what is known, so they look at a scenario whose parts all resolved.
pub(super) fn check(root: &Reader<'_>, scope: &Scope<'_>, scenario: &Scenario) {
    let checks = Checks { root, scope, scenario, topology: &scenario.topology };
    checks.clock();
    checks.something_to_play();
    checks.call_cycles();
    stores::check_consistency(scope, scenario);
    if root.context.has_errors() {
        return;
    }
    if !checks.steps() {
        return;
    }
    checks.entry();
    checks.endpoints_are_handled();
    checks.datasets_are_held();
    checks.memory();
    checks.caches_that_store();
    checks.disks();
    checks.results_by_user();
    checks.reachable();
    stores::check_detours(root, scope, scenario);
    checks.queues();
}

struct Checks<'c, 'a> {
    root: &'c Reader<'a>,
    scope: &'c Scope<'a>,
    scenario: &'c Scenario,
    topology: &'c Topology,
}

/// Where an entry of named tables stands.
fn place(names: &Names<'_>, id: usize) -> Origin {
    names.entries[id].1
}

impl Checks<'_, '_> {
    fn error(&self, code: &'static str, at: Origin, message: String, help: &str) {
        self.root.context.error(code, at, message, Some(help.to_owned()));
    }

    /// Where the table of a database stands.
    fn place_of(&self, database: &Database) -> Origin {
        let id = self.scope.databases.id(database.table());
        id.map_or(self.root.origin, |id| place(&self.scope.databases, id))
    }

    /// A run and its draining must end before the clock does.
    fn clock(&self) {
        let run = &self.scenario.run;
        let end = run.duration.as_nanos().saturating_add(run.limits.drain.as_nanos());
        if end > Instant::MAX.as_nanos() {
            let message = "the run ends beyond the clock, which ends after 146 years".to_owned();
            let help = "make `run.duration` shorter; more `run.replications` play more years: \
                        each has a clock of its own";
            self.error("E105", self.root.key_origin("run"), message, help);
        }
    }

    /// Without requests, failures are all that is played.
    fn something_to_play(&self) {
        let failures = &self.scenario.failures;
        let nothing = failures.processes.is_empty() && failures.events.is_empty();
        if self.scenario.run.availability_only && nothing && !self.root.context.has_errors() {
            let message = "`run.availability_only` is set, and nothing can fail".to_owned();
            let help = "give it [failures.NAME] with mtbf and mttr, or take it out";
            self.error("E109", self.root.key_origin("run"), message, help);
        }
    }

    /// An operation that calls itself, by whatever way, would never end.
    fn call_cycles(&self) {
        let operations = &self.scenario.workload.operations;
        let calls: Vec<Vec<usize>> = operations.iter().map(|one| called(&one.steps)).collect();
        // 0 = not seen, 1 = on the way, 2 = done.
        let mut state = vec![0_u8; calls.len()];
        for start in 0..calls.len() {
            let mut way: Vec<(usize, usize)> = Vec::new();
            if state[start] == 0 {
                state[start] = 1;
                way.push((start, 0));
            }
            while let Some((operation, next)) = way.last_mut() {
                let operation = *operation;
                let Some(&callee) = calls[operation].get(*next) else {
                    state[operation] = 2;
                    way.pop();
                    continue;
                };
                *next += 1;
                match state[callee] {
                    0 => {
                        state[callee] = 1;
                        way.push((callee, 0));
                    }
                    1 => self.cycle(&way, callee),
                    _ => {}
                }
            }
        }
    }

    fn cycle(&self, way: &[(usize, usize)], callee: usize) {
        let from = way.iter().position(|(operation, _)| *operation == callee).unwrap_or(0);
        let name = |id: usize| self.scope.operations.entries[id].0;
        let mut names: Vec<&str> = way[from..].iter().map(|(id, _)| name(*id)).collect();
        names.push(name(callee));
        let message = format!("operations call each other in a circle: {}", names.join(" -> "));
        self.error("E203", place(&self.scope.operations, callee), message, "break the circle");
    }

    /// Each call is played where it stands: calls of calls multiply.
    fn steps(&self) -> bool {
        let workload = &self.scenario.workload;
        let mut known = vec![None; workload.operations.len()];
        let clients = workload.clients.len() as u64;
        let mut total = 0_u64;
        for (id, endpoint) in workload.endpoints.iter().enumerate() {
            let count = self.played(&endpoint.steps, &mut known);
            total = total.saturating_add(count.saturating_mul(clients));
            let at = place(&self.scope.endpoints, id);
            let (most, owner) = if count > defaults::MOST_STEPS {
                (defaults::MOST_STEPS, format!("`endpoints.{}` has", endpoint.name))
            } else if total > defaults::MOST_STEPS_IN_ALL {
                let owner =
                    format!("with `endpoints.{}`, all clients together play", endpoint.name);
                (defaults::MOST_STEPS_IN_ALL, owner)
            } else {
                continue;
            };
            let message = format!("{owner} more than {most} steps, calls included");
            self.error("E105", at, message, "call fewer operations");
            return false;
        }
        true
    }

    /// Steps that are played, those of calls included; `known` by operation.
    /// Calls have no circles here.
    fn played(&self, steps: &[Step], known: &mut Vec<Option<u64>>) -> u64 {
        let mut own = 0_u64;
        visit(steps, &mut |_| own += 1);
        for callee in called(steps) {
            let count = known[callee].unwrap_or_else(|| {
                let count = self.played(&self.scenario.workload.operations[callee].steps, known);
                known[callee] = Some(count);
                count
            });
            own = own.saturating_add(count);
        }
        own
    }

    fn entry(&self) {
        let (public, owner, at) = match self.topology.entry.to {
            EntryTarget::LoadBalancer(id) => {
                let balancer = &self.topology.load_balancers[id];
                (
                    balancer.public,
                    format!("load_balancers.{}", balancer.name),
                    place(&self.scope.load_balancers, id),
                )
            }
            EntryTarget::Service(id) => {
                let service = &self.topology.services[id];
                (
                    service.public,
                    format!("services.{}", service.name),
                    place(&self.scope.services, id),
                )
            }
        };
        if !public {
            let at = self.root.get("entry").map_or(at, |entry| {
                entry.below_quietly("to").map_or(entry.node.origin, |to| to.node.origin)
            });
            let message = format!("the entry is `{owner}`, which has no public address");
            self.error("E206", at, message, &format!("write `public = true` under [{owner}]"));
        }
    }

    /// The service behind the entry.
    fn front(&self) -> usize {
        match self.topology.entry.to {
            EntryTarget::LoadBalancer(id) => self.topology.load_balancers[id].targets,
            EntryTarget::Service(id) => id,
        }
    }

    fn endpoints_are_handled(&self) {
        let front: &Service = &self.topology.services[self.front()];
        for (id, endpoint) in self.scenario.workload.endpoints.iter().enumerate() {
            if front.endpoints.contains(&id) {
                continue;
            }
            let name = &endpoint.name;
            let message = format!(
                "requests enter at `services.{}`, which does not handle the endpoint `{name}`",
                front.name
            );
            let help = format!("add it to `handles` of [services.{}]", front.name);
            self.error("E205", place(&self.scope.endpoints, id), message, &help);
        }
    }

    fn datasets_are_held(&self) {
        let workload = &self.scenario.workload;
        let endpoints = workload.endpoints.iter().map(|one| &one.steps);
        let mut used = vec![false; workload.datasets.len()];
        for steps in endpoints.chain(workload.operations.iter().map(|one| &one.steps)) {
            datasets(steps, &mut used);
        }
        for id in (0..used.len()).filter(|&id| used[id]) {
            let databases = self.topology.databases.iter();
            let holds = |one: &&Database| one.is_first() && one.datasets.contains(&id);
            let holders: Vec<&Database> = databases.filter(holds).collect();
            let name = &workload.datasets[id].name;
            let at = place(&self.scope.datasets, id);
            match holders[..] {
                [_] => {}
                [] => {
                    let message = format!("the dataset `{name}` is used and no database holds it");
                    self.error("E204", at, message, "name it in `holds` of one of [databases.*]");
                }
                [first, second, ..] => {
                    let message = format!(
                        "both `databases.{}` and `databases.{}` hold the dataset `{name}`",
                        first.table(),
                        second.table()
                    );
                    self.error("E204", at, message, "name it in `holds` of only one of them");
                }
            }
        }
    }

    /// A cache that stores what is written writes to one primary.
    fn caches_that_store(&self) {
        for (id, cache) in self.topology.caches.iter().enumerate() {
            if !super::cache_modes::stores(cache.on_write) {
                continue;
            }
            let has_no_primary = |one: &&Database| {
                let leaderless = matches!(one.replication, ReplicationTopology::Quorum { .. });
                (leaderless || one.shard.is_some())
                    && one.datasets.iter().any(|held| cache.datasets.contains(held))
            };
            if let Some(database) = self.topology.databases.iter().find(has_no_primary) {
                let message = format!(
                    "`caches.{}` stores what is written, and `databases.{}` is sharded or has no primary",
                    cache.name, database.name
                );
                let help = "mode = \"read-through\" or \"cache-aside\" goes with it";
                self.error("E109", place(&self.scope.caches, id), message, help);
            }
        }
    }

    /// Caches and buffer pools must fit the memory of their machines.
    fn memory(&self) {
        let mut used = vec![0_u64; self.topology.hosts.len()];
        let caches = self.topology.caches.iter().enumerate().map(|(id, cache)| {
            (
                format!("caches.{}", cache.name),
                place(&self.scope.caches, id),
                &cache.hosts,
                cache.memory_bytes,
            )
        });
        let databases = self.topology.databases.iter().map(|database| {
            let bytes = database.buffer_pool_bytes.unwrap_or(0);
            (
                format!("databases.{}", database.table()),
                self.place_of(database),
                &database.hosts,
                bytes,
            )
        });
        let mut last = String::new();
        for (owner, at, hosts, bytes) in caches.chain(databases) {
            let over = fill(hosts, bytes, &mut used, |host| {
                self.topology.machines[self.topology.hosts[host].machine].memory_bytes
            });
            // Shards are alike: one of them speaks for all.
            let over = over.filter(|_| !std::mem::replace(&mut last, owner.clone()).eq(&owner));
            if let Some((host, room)) = over {
                let machine = &self.topology.machines[self.topology.hosts[host].machine].name;
                let message = format!(
                    "with `{owner}`, {} bytes of memory are used on a machine `{machine}`, which has {room}",
                    used[host]
                );
                self.error("E306", at, message, "use a larger machine, or give it less memory");
            }
        }
    }

    /// Data must fit the disks.
    fn disks(&self) {
        let mut used = vec![0_u64; self.topology.hosts.len()];
        let mut last = "";
        for database in &self.topology.databases {
            let sets = database.datasets.iter().map(|&id| &self.scenario.workload.datasets[id]);
            let bytes = sets.fold(0_u64, |sum, set| {
                sum.saturating_add(set.items.saturating_mul(set.item_bytes))
            });
            let cut = database.shard.map_or(1, |own| self.topology.shardings[own.sharding].count);
            let bytes = bytes.div_ceil(u64::from(cut));
            let bytes = database.bytes_of_one(bytes);
            let over = fill(&database.hosts, bytes, &mut used, |host| {
                self.topology.machines[self.topology.hosts[host].machine]
                    .disk
                    .as_ref()?
                    .capacity_bytes
            });
            let over = over.filter(|_| std::mem::replace(&mut last, database.table()) != last);
            if let Some((host, room)) = over {
                let message = format!(
                    "with `databases.{}`, {} bytes of data lie on a disk that holds {room}",
                    database.table(),
                    used[host]
                );
                self.error("E307", self.place_of(database), message, "use a larger disk");
            }
        }
    }

    /// Results cached by user need to know how many users there are.
    fn results_by_user(&self) {
        if self.scenario.workload.users.count.is_some() {
            return;
        }
        for (id, endpoint) in self.scenario.workload.endpoints.iter().enumerate() {
            let per_user =
                endpoint.cacheable.as_ref().is_some_and(|one| one.keys == ResultKeys::User);
            let held = endpoint.cacheable.as_ref().is_some_and(|one| {
                self.topology.caches.iter().any(|cache| cache.results.contains(&one.name))
            });
            if per_user && held {
                let message = format!(
                    "the results of `{}` are cached by user, and the number of users is unknown",
                    endpoint.name
                );
                self.error("E308", place(&self.scope.endpoints, id), message, "give users.count");
            }
        }
    }

    /// Operations and datasets that a request can come to.
    fn reached(&self) -> (Vec<bool>, Vec<bool>) {
        let workload = &self.scenario.workload;
        let mut operations = vec![false; workload.operations.len()];
        let mut used = vec![false; workload.datasets.len()];
        let mut open: Vec<&[Step]> = workload.endpoints.iter().map(|one| &one.steps[..]).collect();
        open.extend(self.topology.services.iter().flat_map(|one| one.sessions.steps()));
        while let Some(steps) = open.pop() {
            datasets(steps, &mut used);
            for callee in called(steps) {
                if !std::mem::replace(&mut operations[callee], true) {
                    open.push(&workload.operations[callee].steps);
                }
            }
        }
        (operations, used)
    }

    /// Components that no request can reach are a mistake more often than not.
    fn reachable(&self) {
        let (operations, used) = self.reached();
        let front = self.front();
        let topology = self.topology;
        let serves = |id: usize| {
            topology.services[id].operations.iter().any(|&one| operations[one])
                || topology.queues.iter().any(|queue| queue.workers == id)
        };
        for id in (0..topology.services.len()).filter(|&id| id != front && !serves(id)) {
            self.unreachable("services", &self.scope.services, id);
        }
        for (id, balancer) in topology.load_balancers.iter().enumerate() {
            let entered = topology.entry.to == EntryTarget::LoadBalancer(id);
            if !entered && !serves(balancer.targets) {
                self.unreachable("load_balancers", &self.scope.load_balancers, id);
            }
        }
        for database in topology.databases.iter().filter(|one| one.is_first()) {
            let id = self.scope.databases.id(database.table());
            if let Some(id) = id.filter(|_| !database.datasets.iter().any(|&one| used[one])) {
                self.unreachable("databases", &self.scope.databases, id);
            }
        }
        for (id, cache) in topology.caches.iter().enumerate() {
            // The first that holds something serves it.
            let before = &topology.caches[..id];
            let free = |one: &String| !before.iter().any(|other| other.results.contains(one));
            let asked = |one: &usize| {
                used[*one] && !before.iter().any(|other| other.datasets.contains(one))
            };
            let sessions = topology.services.iter().any(|one| one.sessions.are_in_cache(id));
            if !sessions && !cache.results.iter().any(free) && !cache.datasets.iter().any(asked) {
                self.unreachable("caches", &self.scope.caches, id);
            }
        }
    }

    /// Queues that nobody writes to.
    fn queues(&self) {
        let workload = &self.scenario.workload;
        let endpoints = workload.endpoints.iter().map(|one| &one.steps);
        let operations = workload.operations.iter().map(|one| &one.steps);
        let mut written = vec![false; self.scope.queues.entries.len()];
        for steps in endpoints.chain(operations) {
            visit(steps, &mut |step| {
                let Step::Enqueue { queue, .. } = step else { return };
                if let Some(id) = self.scope.queues.id(queue) {
                    written[id] = true;
                }
            });
        }
        for id in (0..written.len()).filter(|&id| !written[id]) {
            self.unreachable("queues", &self.scope.queues, id);
        }
    }

    fn unreachable(&self, table: &str, names: &Names<'_>, id: usize) {
        let message = format!("no request ever reaches `{table}.{}`", names.entries[id].0);
        self.root.context.warn("W401", place(names, id), message, None);
    }
}

/// Adds bytes to each host once per component; the first that overflows.
fn fill(
    hosts: &[HostId],
    bytes: u64,
    used: &mut [u64],
    room: impl Fn(HostId) -> Option<u64>,
) -> Option<(HostId, u64)> {
    let mut over = None;
    for &host in hosts {
        used[host] = used[host].saturating_add(bytes);
        if let Some(room) = room(host).filter(|room| used[host] > *room && bytes > 0) {
            over = over.or(Some((host, room)));
        }
    }
    over
}

/// Operations that steps call.
fn called(steps: &[Step]) -> Vec<usize> {
    let mut out = Vec::new();
    visit(steps, &mut |step| {
        if let Step::Call(operation) = step {
            out.push(*operation);
        }
    });
    out
}

/// Datasets that steps touch.
fn datasets(steps: &[Step], used: &mut [bool]) {
    visit(steps, &mut |step| match step {
        Step::Read { dataset, .. }
        | Step::Write { dataset, .. }
        | Step::Scan { dataset, .. }
        | Step::Range { dataset, .. }
        | Step::Traverse { dataset, .. } => used[*dataset] = true,
        Step::Join { dataset, with, .. } => {
            used[*dataset] = true;
            used[*with] = true;
        }
        _ => {}
    });
}

pub(super) fn visit(steps: &[Step], look: &mut impl FnMut(&Step)) {
    for step in steps {
        look(step);
        match step {
            Step::Parallel(branches) => branches.iter().for_each(|branch| visit(branch, look)),
            Step::Enqueue { work, .. } => visit(work, look),
            _ => {}
        }
    }
}
