//! The engine against itself over time, on the yardstick scenarios: `cargo
//! bench`. `benches/yardsticks.sh` sets the binary beside hand-written
//! programs, `benches/memory.py` measures its memory.

use divan::Bencher;
use highwater::experiment::reference::reference;
use highwater::experiment::run::{PlayOptions, play};
use highwater::kernel::distribution::Distribution;
use highwater::kernel::event_queue::{EventQueue, Phase};
use highwater::kernel::popularity::Popularity;
use highwater::kernel::random::{Key, Source};
use highwater::kernel::time::Duration;
use highwater::scenario::model::Scenario;
use highwater::scenario::{Files, Request, load};
use std::path::Path;

fn main() {
    divan::main();
}

/// The reference scenarios, which are part of the crate.
struct References;

impl Files for References {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        reference(path).map(|text| text.as_bytes().to_vec()).ok_or_else(|| "unknown".to_owned())
    }
}

/// A yardstick, once, for 100,000 requests.
fn yardstick(name: &str, requests_per_s: f64) -> Scenario {
    let path = Path::new(name);
    let request = Request { path, overrides: &[], users: None, workload_of: None };
    let mut scenario = load(&References, &request).expect("a reference scenario").scenario;
    scenario.run.duration = Duration::from_secs_f64(100_000.0 / requests_per_s);
    scenario.run.warmup = Some(Duration::ZERO);
    scenario.run.replications = 1;
    scenario
}

fn play_once(scenario: &Scenario) -> String {
    let options = PlayOptions { threads: Some(1), ..PlayOptions::default() };
    play(scenario, &options).expect("the audit holds").summary.fingerprint
}

#[divan::bench]
fn w1_100_000_requests(bencher: Bencher) {
    let scenario = yardstick("mm1.toml", 80.0);
    bencher.bench(|| play_once(&scenario));
}

#[divan::bench]
fn w2_100_000_requests(bencher: Bencher) {
    let scenario = yardstick("web-tier.toml", 800.0);
    bencher.bench(|| play_once(&scenario));
}

/// Pop one, push one, with so many pending.
#[divan::bench(args = [100, 1_000, 100_000])]
fn event_queue_hold(bencher: Bencher, pending: u32) {
    let mut queue = EventQueue::new();
    let mut draws = Key::root(1, 0).draws();
    let gap = Distribution::exponential(1e9).expect("a mean");
    for payload in 0..pending {
        let at = highwater::kernel::time::Instant::ZERO + gap.sample_duration(&mut draws);
        queue.schedule(at, Phase::Completion, payload);
    }
    bencher.bench_local(|| {
        let event = queue.pop().expect("never empty");
        queue.schedule(event.at + gap.sample_duration(&mut draws), event.phase, event.payload)
    });
}

#[divan::bench(args = [10_000, 10_000_000])]
fn zipf_key(bencher: Bencher, items: u64) {
    let popularity = Popularity::zipf(0.99, items).expect("a law");
    let mut draws = Key::root(2, 0).draws();
    bencher.bench_local(|| popularity.sample(&mut draws) ^ draws.next_u64());
}
