//! What a database does when its members fail: the system's own programs, and
//! the figures that rule them.

use super::layout::DatabaseLayout;
use super::programs::Compiler;
use super::{dataset_space, tiers};
use crate::kernel::time::Duration;
use crate::route::program::Held;
use crate::route::step::{Slot, Verb};
use crate::scenario::defaults;
use crate::scenario::model::{
    Component, Database, Failover, NewReplica, ReplicationMode, ReplicationTopology, Scenario,
    WritesMeanwhile,
};
use crate::simulation::appliers::{APPLIERS_MAX, SHIPPING_MAX};
use crate::simulation::blueprint::{FailoverPlan, NewReplicaPlan, RecoveryPlan};
use crate::simulation::failover::{DATABASES_MAX, MEMBERS_MAX};
use crate::tier::failover::{Heartbeats, Mode, Topology};

/// Time between two slices of a copy.
const PACE: Duration = Duration::from_nanos(100_000_000);

/// Programs of a database that no request plays.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SystemPrograms {
    /// Applies a log entry; `None`: that costs nothing.
    pub(super) applier: Option<u16>,
    /// Reads a slice of a snapshot.
    copier: Option<u16>,
    /// Writes a lost write again.
    recoverer: Option<u16>,
    /// Brings a holder of a leaderless database what it lacks.
    pub(super) repairer: Option<u16>,
}

/// How a whole database is copied.
#[derive(Clone, Copy)]
struct Slices {
    count: u64,
    bytes: u64,
    pace: Duration,
}

fn slices(scenario: &Scenario, database: &Database, plan: &NewReplica) -> Slices {
    let total: u64 =
        tiers::sizes(scenario, database).iter().map(|(items, bytes)| items * bytes).sum();
    let time = total as f64 / plan.copy_bytes_per_s;
    let count = (time / PACE.as_secs_f64()).ceil().max(1.0);
    Slices {
        count: count as u64,
        bytes: (total as f64 / count) as u64,
        pace: Duration::from_secs_f64(time / count),
    }
}

/// Numbers of members and databases go into the index of an event.
pub(super) fn check_databases(scenario: &Scenario) -> Result<(), String> {
    let fails = super::faults::can_fail(scenario);
    let databases = &scenario.topology.databases;
    let waits = |database: &Database| database.mode != ReplicationMode::Asynchronous;
    if (fails || databases.iter().any(waits)) && databases.len() > DATABASES_MAX {
        return Err(format!(
            "{} databases: at most {DATABASES_MAX} can be played where something can fail or writes wait for replicas",
            databases.len()
        ));
    }
    if databases.len() > SHIPPING_MAX && databases.iter().any(|own| own.hosts.len() > 1) {
        return Err(format!(
            "{} databases, shards among them: at most {SHIPPING_MAX} can be played where any has replicas",
            databases.len()
        ));
    }
    for database in databases {
        let members = database.hosts.len();
        let all_write = database.replication != ReplicationTopology::Primary;
        let most = match (all_write, fails) {
            (true, _) => APPLIERS_MAX.isqrt(),
            (false, true) => MEMBERS_MAX,
            (false, false) => APPLIERS_MAX,
        };
        if members > most {
            return Err(format!(
                "databases.{}: {members} instances, at most {most} can be played",
                database.name
            ));
        }
    }
    Ok(())
}

impl Compiler<'_> {
    pub(super) fn system_programs(&mut self, database: usize) -> Result<SystemPrograms, String> {
        let applier = self.applier(database)?;
        let failover = self.scenario.topology.databases[database].failover.as_ref();
        let Some(failover) = failover.filter(|_| self.numbers.is_some()) else {
            let repairer = self.repairer(database)?;
            return Ok(SystemPrograms { applier, repairer, ..SystemPrograms::default() });
        };
        let new_replica = failover.new_replica.as_ref();
        let copier = new_replica.map(|plan| self.copier(database, plan)).transpose()?;
        let recovers = failover.recovery_bytes_per_s.is_some();
        let recoverer = recovers.then(|| self.recoverer(database)).transpose()?;
        let repairer = self.repairer(database)?;
        Ok(SystemPrograms { applier, copier, recoverer, repairer })
    }

    /// From here on the system's own job is at a member of a database.
    pub(super) fn begin_system_work(&mut self, database: usize) {
        let number = self.numbers.as_ref().map(|numbers| numbers.of(Component::Database(database)));
        if let Some(number) = number {
            self.out.take(Held::At(number), 0);
        }
    }

    /// Reads a slice of the snapshot from the disk of its source.
    fn copier(&mut self, database: usize, plan: &NewReplica) -> Result<u16, String> {
        let scenario = self.scenario;
        let own = &scenario.topology.databases[database];
        let bytes = slices(scenario, own, plan).bytes;
        self.system_slice(database, bytes, Verb::Copied { database: database as u16 });
        self.out.end(format!("copy of {}", own.name))
    }

    /// The work of a write.
    fn recoverer(&mut self, database: usize) -> Result<u16, String> {
        let own = &self.scenario.topology.databases[database];
        let cost = &own.costs.write;
        self.system_write(database, cost, Verb::Recovered { database: database as u16 });
        self.out.end(format!("recovery of {}", own.name))
    }

    /// Where the wait for a primary is attributed, if calls of a group may wait.
    pub(super) fn part_of_choice(&self, group: u16) -> Option<String> {
        self.numbers.as_ref()?;
        let layouts = self.layout.databases.iter();
        let is_of = |layout: &DatabaseLayout| layout.writes == group || layout.reads == group;
        let own = &self.scenario.topology.databases[layouts.clone().position(is_of)?];
        let waits = own.failover.as_ref()?.writes_meanwhile == WritesMeanwhile::Wait;
        waits.then(|| format!("databases.{}.primary.wait", own.table()))
    }

    /// Waits until enough replicas have received a write, where they must.
    pub(super) fn acknowledge(&mut self, database: usize, slot: Slot) {
        let own = &self.scenario.topology.databases[database];
        if own.mode != ReplicationMode::Asynchronous {
            let part = format!("databases.{}.replicas.wait", own.table());
            self.out.emit_timed(Verb::Acknowledge { database: database as u16, slot }, &part);
        }
    }
}

pub(super) fn topology(database: &Database) -> Topology {
    match database.replication {
        ReplicationTopology::Primary => Topology::Primary,
        ReplicationTopology::MultiPrimary => Topology::MultiPrimary,
        ReplicationTopology::Ring => Topology::Ring,
        ReplicationTopology::Quorum { .. } => Topology::Quorum,
    }
}

pub(super) fn mode(database: &Database) -> Mode {
    match database.mode {
        ReplicationMode::Asynchronous => Mode::Asynchronous,
        ReplicationMode::SemiSynchronous(count) => Mode::SemiSynchronous(count),
        ReplicationMode::Synchronous => Mode::Synchronous,
    }
}

/// Where all take writes nobody is promoted, but the silence of one is
/// noticed all the same, by the defaults.
pub(super) fn failover_plan(
    scenario: &Scenario,
    database: &Database,
    programs: &SystemPrograms,
) -> Option<FailoverPlan> {
    let Some(failover) = &database.failover else {
        return (database.replication != ReplicationTopology::Primary).then_some(FailoverPlan {
            heartbeats: Heartbeats { interval: defaults::HEARTBEAT, misses: defaults::MISSES },
            promotion: Duration::ZERO,
            calls_wait: false,
            fencing: true,
            recovery: None,
            new_replica: None,
        });
    };
    Some(FailoverPlan {
        heartbeats: Heartbeats { interval: failover.heartbeat, misses: failover.misses },
        promotion: failover.promotion,
        calls_wait: failover.writes_meanwhile == WritesMeanwhile::Wait,
        fencing: failover.fencing,
        recovery: recovery_plan(scenario, database, failover, programs),
        new_replica: failover.new_replica.as_ref().zip(programs.copier).map(|(plan, program)| {
            let slices = slices(scenario, database, plan);
            NewReplicaPlan { after: plan.after, slices: slices.count, pace: slices.pace, program }
        }),
    })
}

fn recovery_plan(
    scenario: &Scenario,
    database: &Database,
    failover: &Failover,
    programs: &SystemPrograms,
) -> Option<RecoveryPlan> {
    let (bytes_per_s, program) = failover.recovery_bytes_per_s.zip(programs.recoverer)?;
    let bytes = |id: &usize| (dataset_space(*id), scenario.workload.datasets[*id].item_bytes);
    let item_bytes = database.datasets.iter().map(bytes).collect();
    Some(RecoveryPlan { bytes_per_s, program, item_bytes })
}
