//! Goal: valid scenarios become the model that they describe.
//! Method: whole files, held in memory, against expected values.

use highwater::kernel::distribution::Distribution;
use highwater::kernel::time::{Duration, Instant};
use highwater::scenario::model::{
    Arrivals, BalancingPolicy, CacheMode, CacheStart, EntryTarget, Eviction, OnWrite, ReadFrom,
    ResultKeys, RunKind, Scenario, Scheduling, SloFigure, Step, WriteKind,
};
use highwater::scenario::{Diagnostics, Files, Loaded, Request, load};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FULL: &str = include_str!("language/full.toml");
const W2: &str = include_str!("language/w2.toml");

struct Memory(BTreeMap<PathBuf, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

fn memory(files: &[(&str, &[u8])]) -> Memory {
    Memory(files.iter().map(|(name, bytes)| (PathBuf::from(name), bytes.to_vec())).collect())
}

fn load_with(files: &[(&str, &[u8])], set: &[(&str, &str)]) -> Result<Loaded, Diagnostics> {
    let overrides: Vec<(String, String)> =
        set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let path = Path::new(files[0].0);
    let request = Request { path, overrides: &overrides, users: None, workload_of: None };
    load(&memory(files), &request)
}

fn accepted(text: &str, set: &[(&str, &str)]) -> Scenario {
    match load_with(&[("s.toml", text.as_bytes())], set) {
        Ok(loaded) => loaded.scenario,
        Err(found) => panic!("{}", found.render(false)),
    }
}

#[test]
fn the_second_yardstick_loads() {
    let scenario = accepted(W2, &[]);
    assert_eq!(scenario.title, "s");
    assert_eq!(
        scenario.workload.users.arrivals,
        Arrivals::Renewal { gap: Distribution::Exponential { mean: 500_000.0 } }
    );
    let shares: Vec<f64> = scenario.workload.endpoints.iter().map(|e| e.share).collect();
    assert_eq!(shares, [0.8, 0.16, 0.04]);
    let topology = &scenario.topology;
    assert_eq!(topology.services[0].hosts, [0, 1, 2, 3]);
    assert_eq!(topology.databases[0].hosts, [4, 5, 6, 7]);
    assert_eq!(topology.hosts[4].name, "databases.main");
    assert_eq!(topology.hosts[4].machine, 1);
    assert_eq!(topology.machines[1].scheduling, Scheduling::Fifo);
    assert_eq!(topology.load_balancers[0].policy, BalancingPolicy::RoundRobin);
    assert_eq!(topology.entry.to, EntryTarget::LoadBalancer(0));
    assert_eq!(topology.network.handshakes, 0);
    assert_eq!(topology.dns, None);
    assert_eq!((scenario.run.kind, scenario.run.warmup), (RunKind::Steady, None));
    assert_eq!(scenario.run.limits.drain, Duration::from_secs_f64(600.0));
    assert_eq!((scenario.run.seed, scenario.run.replications), (42, 10));
    assert_eq!(scenario.workload.clients[0].name, "client");
    assert_eq!(scenario.hash.len(), 16);
}
