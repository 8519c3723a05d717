use highwater::experiment::run::*;
use highwater::kernel::distribution::Distribution as D;
use highwater::kernel::time::*;
use highwater::scenario::model::*;
fn cost(cpu: f64) -> Cost {
    Cost {
        cpu: if cpu > 0.0 { D::exponential(cpu).unwrap() } else { D::constant(0.0).unwrap() },
        cpu_per_row: 0.0,
        disk_reads: 0,
        disk_writes: 0,
    }
}
fn machine(name: &str, vcpus: u32, scheduling: Scheduling) -> Machine {
    Machine {
        name: name.into(),
        vcpus,
        memory_bytes: None,
        disk: None,
        price_per_hour: 0.1,
        contention: 0.0,
        coherency: 0.0,
        scheduling,
    }
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let secs: f64 = args[2].parse().unwrap();
    let reps: u32 = args.get(3).map_or(1, |x| x.parse().unwrap());
    let w2 = args[1] == "w2";
    let sched = if args[1] == "ps" { Scheduling::ProcessorSharing } else { Scheduling::Fifo };
    let zero = D::constant(0.0).unwrap();
    let endpoint = |name: &str, share: f64, steps: Vec<Step>| Endpoint {
        name: name.into(),
        share,
        answer_bytes: vec![zero.clone()],
        static_files: None,
        steps,
        cacheable: None,
    };
    let cpu = Step::Cpu(D::exponential(15e6).unwrap());
    let endpoints = if w2 {
        vec![
            endpoint("hit", 80.0, vec![cpu.clone(), Step::Wait(D::constant(1e6).unwrap())]),
            endpoint(
                "read",
                16.0,
                vec![cpu.clone(), Step::Read { dataset: 0, keys: 1, read_your_writes: false }],
            ),
            endpoint(
                "write",
                4.0,
                vec![cpu.clone(), Step::Write { kind: WriteKind::Update, dataset: 0, keys: 1 }],
            ),
        ]
    } else {
        vec![endpoint("only", 1.0, vec![Step::Cpu(D::exponential(1e9).unwrap())])]
    };
    let n = endpoints.len();
    let hosts: Vec<Host> = (0..if w2 { 8 } else { 1 })
        .map(|i| Host {
            name: if i < 4 { "services.web".into() } else { "databases.main".into() },
            machine: if i < 4 { 0 } else { 1 },
            shared: false,
        })
        .collect();
    let scenario = Scenario {
        title: "t".into(),
        description: "".into(),
        hash: "h".into(),
        workload: Workload {
            users: Users {
                count: None,
                requests_per_user_per_s: None,
                arrivals: Arrivals::Renewal {
                    gap: D::exponential(if w2 { 1e9 / 800.0 } else { 1e9 / 0.8 }).unwrap(),
                },
            },
            clients: vec![Client {
                name: "client".into(),
                share: 1.0,
                connections: 0,
                cached: 0.0,
                timeout: None,
                retries: None,
            }],
            datasets: vec![Dataset { name: "d".into(), items: 1000, item_bytes: 100, zipf: None }],
            operations: vec![],
            endpoints,
        },
        topology: Topology {
            entry: Entry { name: "x".into(), to: EntryTarget::Service(0) },
            dns: None,
            network: Network {
                client_rtt: zero.clone(),
                internal_rtt: Duration::ZERO,
                bytes_per_s: None,
                handshakes: 0,
                keep_alive: None,
                egress_price_per_gb: 0.0,
            },
            machines: if w2 {
                vec![machine("web", 4, sched), machine("db", 8, sched)]
            } else {
                vec![machine("one", 1, sched)]
            },
            hosts,
            services: vec![Service {
                name: "web".into(),
                hosts: if w2 { vec![0, 1, 2, 3] } else { vec![0] },
                workers: None,
                queue: None,
                queue_deadline: None,
                public: true,
                endpoints: (0..n).collect(),
                operations: vec![],
                static_cpu: zero.clone(),
            }],
            load_balancers: vec![],
            caches: vec![],
            databases: if w2 {
                vec![Database {
                    name: "main".into(),
                    datasets: vec![0],
                    hosts: vec![4, 5, 6, 7],
                    connections: None,
                    queue: None,
                    pool: None,
                    buffer_pool_bytes: None,
                    read_from: ReadFrom::Replicas,
                    read_policy: BalancingPolicy::RoundRobin,
                    costs: Costs {
                        read: cost(12e6),
                        write: cost(12e6),
                        scan: cost(0.0),
                        join: cost(0.0),
                        apply: cost(0.0),
                    },
                    extra_lag: zero.clone(),
                }]
            } else {
                vec![]
            },
        },
        slo: vec![],
        run: Run {
            duration: Duration::from_secs_f64(secs),
            warmup: Some(Duration::from_secs_f64(secs / 100.0)),
            kind: RunKind::Steady,
            seed: 1,
            replications: reps,
            limits: Limits {
                events: 1 << 40,
                in_flight: 200000,
                drain: Duration::from_secs_f64(600.0),
            },
        },
        expectations: vec![],
    };
    let t = std::time::Instant::now();
    let r = play(
        &scenario,
        &PlayOptions { seed: None, replications: None, threads: Some(1), progress: &Silent },
    )
    .unwrap();
    let e = t.elapsed().as_secs_f64();
    let s = &r.summary;
    println!(
        "{} requests {:.3}s {:.1} ns/req mean {:?} p50 {:?} p99 {:?} {}",
        s.requests.offered,
        e,
        e * 1e9 / s.requests.offered as f64,
        s.response_time_ms.mean.value,
        s.response_time_ms.p50.value,
        s.response_time_ms.p99.value,
        s.fingerprint
    );
    if std::env::var("V").is_ok() {
        println!("{}", serde_json::to_string_pretty(&s).unwrap());
    }
}
