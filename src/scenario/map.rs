//! What is wired to what, for a picture: components as nodes, calls and
//! shipped logs as edges. It says nothing of kinds, so that who draws it need
//! not know any.

use super::model::{
    Database, EntryTarget, HostId, ReadFrom, ReplicationTopology, Scenario, ServiceId, Step,
};

/// Components and what runs between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    /// Who asks, who answers.
    pub nodes: Vec<Node>,
    /// Between whom something runs.
    pub edges: Vec<Edge>,
}

/// A component, or those of its instances that have one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name in the results, such as `services.web`.
    pub component: String,
    /// The role of its instances, where only those of one role are meant.
    pub role: Option<&'static str>,
    /// Number of instances; 0 where there is nothing to count.
    pub instances: u32,
    /// The machine that it shares with others, by its name in the results.
    pub host: Option<String>,
    /// Calls away from the users, the longest way: its column.
    pub layer: u32,
}

/// Something runs from one node to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Index of the node where it begins.
    pub from: usize,
    /// Index of the node where it ends.
    pub to: usize,
    /// What runs.
    pub flow: Flow,
}

/// What runs between two components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Requests.
    Calls,
    /// A log of writes.
    Ships,
}

/// The map of a scenario.
pub fn map(scenario: &Scenario) -> Map {
    let mut draft = Draft { scenario, map: Map::default(), walked: Vec::new() };
    let users = draft.node("users", None, 0);
    let topology = &scenario.topology;
    if topology.dns.is_some() {
        let dns = draft.node("dns", None, 0);
        draft.edge(users, dns, Flow::Calls);
    }
    let (mut door, entry) = match topology.entry.to {
        EntryTarget::Service(service) => (users, service),
        EntryTarget::LoadBalancer(index) => {
            let balancer = &topology.load_balancers[index];
            let node = draft.node(&format!("load_balancers.{}", balancer.name), None, 1);
            draft.edge(users, node, Flow::Calls);
            (node, balancer.targets)
        }
    };
    if let Some(cdn) = &topology.cdn {
        let edges = cdn.regions.len().max(1) as u32;
        let node = draft.node("cdn", None, edges);
        draft.edge(users, node, Flow::Calls);
        match door == users {
            true => drop(draft.service(&mut { node }, entry)),
            false => draft.edge(node, door, Flow::Calls),
        }
    }
    for (index, endpoint) in scenario.workload.endpoints.iter().enumerate() {
        let handles = |service: &usize| topology.services[*service].endpoints.contains(&index);
        let service = match handles(&entry) {
            true => entry,
            false => (0..topology.services.len()).find(handles).unwrap_or(entry),
        };
        let node = draft.service(&mut door, service);
        draft.results_of(endpoint.cacheable.as_ref().map(|one| one.name.as_str()), node);
        draft.steps(&endpoint.steps, service, node);
    }
    draft.finished()
}

struct Draft<'a> {
    scenario: &'a Scenario,
    map: Map,
    /// Operations that were walked, and by which service.
    walked: Vec<(usize, ServiceId)>,
}

impl Draft<'_> {
    fn node(&mut self, component: &str, role: Option<&'static str>, instances: u32) -> usize {
        let nodes = &mut self.map.nodes;
        let known = nodes.iter().position(|node| node.component == component && node.role == role);
        known.unwrap_or_else(|| {
            let component = component.to_owned();
            nodes.push(Node { component, role, instances, host: None, layer: 0 });
            nodes.len() - 1
        })
    }

    /// A node whose instances run on machines.
    fn placed(&mut self, component: &str, role: Option<&'static str>, hosts: &[HostId]) -> usize {
        let node = self.node(component, role, hosts.len() as u32);
        let first = hosts.first().map(|&host| &self.scenario.topology.hosts[host]);
        let shared = first.filter(|host| host.shared);
        self.map.nodes[node].host = shared.map(|host| format!("hosts.{}", host.name));
        node
    }

    fn edge(&mut self, from: usize, to: usize, flow: Flow) {
        let edge = Edge { from, to, flow };
        if from != to && !self.map.edges.contains(&edge) {
            self.map.edges.push(edge);
        }
    }

    fn service(&mut self, from: &mut usize, service: ServiceId) -> usize {
        let plan = &self.scenario.topology.services[service];
        let node = self.placed(&format!("services.{}", plan.name), None, &plan.hosts);
        self.map.nodes[node].instances = plan.instances;
        self.edge(*from, node, Flow::Calls);
        node
    }

    /// The cache that holds results of a name, where one does.
    fn results_of(&mut self, name: Option<&str>, caller: usize) {
        let caches = &self.scenario.topology.caches;
        let holds = |results: &Vec<String>| results.iter().any(|held| Some(held.as_str()) == name);
        if let Some(cache) = caches.iter().find(|cache| holds(&cache.results)) {
            let node = self.placed(&format!("caches.{}", cache.name), None, &cache.hosts);
            self.edge(caller, node, Flow::Calls);
        }
    }

    fn steps(&mut self, steps: &[Step], service: ServiceId, caller: usize) {
        for step in steps {
            match step {
                Step::Read { dataset, read_your_writes, .. } => {
                    let cache = (!read_your_writes).then(|| self.cache(*dataset, caller)).flatten();
                    self.database(*dataset, cache.unwrap_or(caller), *read_your_writes);
                }
                Step::Scan { dataset, .. }
                | Step::Range { dataset, .. }
                | Step::Traverse { dataset, .. } => self.database(*dataset, caller, false),
                Step::Join { dataset, with, .. } => {
                    self.database(*dataset, caller, false);
                    self.database(*with, caller, false);
                }
                Step::Write { dataset, .. } => self.database(*dataset, caller, true),
                Step::Call(operation) => self.call(*operation, service, caller),
                Step::Parallel(branches) => {
                    branches.iter().for_each(|branch| self.steps(branch, service, caller));
                }
                Step::Enqueue { queue, work } => self.enqueue(queue, work, service, caller),
                Step::Cpu(_) | Step::Wait(_) => {}
            }
        }
    }

    /// Over the queue to its workers, or inline where there is none of that name.
    fn enqueue(&mut self, queue: &str, work: &[Step], service: ServiceId, caller: usize) {
        let queues = &self.scenario.topology.queues;
        let Some(queue) = queues.iter().find(|one| one.name == queue) else {
            return self.steps(work, service, caller);
        };
        let mut node = self.node(&format!("queues.{}", queue.name), None, 0);
        self.edge(caller, node, Flow::Calls);
        let worker = queue.workers;
        let taker = self.service(&mut node, worker);
        self.steps(work, worker, taker);
    }

    fn call(&mut self, operation: usize, service: ServiceId, mut caller: usize) {
        let services = &self.scenario.topology.services;
        let handler = services.iter().position(|one| one.operations.contains(&operation));
        let (service, node) = match handler.filter(|&handler| handler != service) {
            None => (service, caller),
            Some(handler) => (handler, self.service(&mut caller, handler)),
        };
        if !self.walked.contains(&(operation, service)) {
            self.walked.push((operation, service));
            self.steps(&self.scenario.workload.operations[operation].steps, service, node);
        }
    }

    /// The cache before a dataset, where there is one.
    fn cache(&mut self, dataset: usize, caller: usize) -> Option<usize> {
        let caches = &self.scenario.topology.caches;
        let cache = caches.iter().find(|cache| cache.datasets.contains(&dataset))?;
        let node = self.placed(&format!("caches.{}", cache.name), None, &cache.hosts);
        self.edge(caller, node, Flow::Calls);
        Some(node)
    }

    /// The databases that hold a dataset, and those of their instances that answer.
    fn database(&mut self, dataset: usize, caller: usize, primary: bool) {
        let databases = self.scenario.topology.databases.iter();
        for database in databases.filter(|database| database.datasets.contains(&dataset)) {
            self.instances(database, caller, primary);
        }
    }

    fn instances(&mut self, database: &Database, caller: usize, primary: bool) {
        let name = format!("databases.{}", database.name);
        let hosts = &database.hosts;
        if hosts.len() == 1 || database.replication != ReplicationTopology::Primary {
            let node = self.placed(&name, None, hosts);
            return self.edge(caller, node, Flow::Calls);
        }
        let first = self.placed(&name, Some("primary"), &hosts[..1]);
        let others = self.placed(&name, Some("replica"), &hosts[1..]);
        self.edge(first, others, Flow::Ships);
        if primary || database.read_from != ReadFrom::Replicas {
            self.edge(caller, first, Flow::Calls);
        }
        if !primary && database.read_from != ReadFrom::Primary {
            self.edge(caller, others, Flow::Calls);
        }
    }

    /// Columns by the longest way of calls; who is only shipped to stands in
    /// the column of who ships.
    fn finished(mut self) -> Map {
        let nodes = &mut self.map.nodes;
        // No way is longer than there are nodes, also where calls go in a circle.
        for _ in 0..nodes.len() {
            for edge in &self.map.edges {
                let further = nodes[edge.from].layer + u32::from(edge.flow == Flow::Calls);
                let furthest = nodes.len() as u32;
                nodes[edge.to].layer = nodes[edge.to].layer.max(further).min(furthest);
            }
        }
        // Instances of one component stand below each other.
        for index in 0..nodes.len() {
            let alike = nodes.iter().filter(|node| node.component == nodes[index].component);
            nodes[index].layer = alike.map(|node| node.layer).max().unwrap_or(0);
        }
        self.map
    }
}

#[cfg(test)]
mod tests {
    //! Goal: every component stands where requests meet it. Method: shipped
    //! scenarios, read by eye.
    use super::*;
    use crate::scenario::{Request, load};
    use std::path::Path;

    struct Shipped;

    impl crate::scenario::Files for Shipped {
        fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
            std::fs::read(root.join(path)).map_err(|error| error.to_string())
        }
    }

    fn layers(file: &str) -> Vec<String> {
        let path = Path::new(file);
        let request = Request { path, overrides: &[], users: None, workload_of: None };
        let scenario = load(&Shipped, &request).expect("loads").scenario;
        let map = map(&scenario);
        let node = |node: &Node| {
            let role = node.role.map_or_else(String::new, |role| format!(" {role}"));
            format!("{} {}{role} ×{}", node.layer, node.component, node.instances)
        };
        map.nodes.iter().map(node).collect()
    }

    #[test]
    fn a_single_server() {
        let expected = ["0 users ×0", "1 dns ×0", "1 services.web ×1", "2 databases.main ×1"];
        assert_eq!(layers("01-single-server.toml"), expected);
    }

    #[test]
    fn a_cache_before_replicas() {
        let expected = [
            "0 users ×0",
            "1 dns ×0",
            "1 load_balancers.public ×1",
            "2 services.web ×40",
            "3 caches.objects ×2",
            "4 databases.main primary ×1",
            "4 databases.main replica ×2",
        ];
        assert_eq!(layers("09-cache.toml"), expected);
    }
}
