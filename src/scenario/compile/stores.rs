//! Kinds of store: leaderless databases, whose holders are asked side by side,
//! and what the application does in place of what a store cannot.

use super::programs::{Compiler, Place};
use crate::route::families::QuorumVerb;
use crate::route::step::{Rows, Slot, StepId, Verb};
use crate::scenario::model::{
    Component, Consistency, Cost, Database, DatasetId, ReplicationTopology, RowReads, Step,
};
use crate::scenario::store::{self, Operation, Round, Way};
use crate::simulation::blueprint::{Access, QuorumPlan};

use super::failover::SystemPrograms;

/// What a reader asks of a read.
#[derive(Clone, Copy, Default)]
pub(super) struct Reader {
    /// To see its own writes.
    pub(super) fresh: bool,
    /// So many holders must answer.
    pub(super) consistency: Option<Consistency>,
}

/// What the holders of keys are asked.
pub(super) struct Ask {
    pub(super) access: Access,
    /// How many of each key must answer.
    pub(super) answers: u8,
    pub(super) writes: bool,
}

/// Keys of one multi-get.
const BATCH: u32 = 64;

/// Whose keys are on some of its instances, and nobody leads.
fn holders(database: &Database) -> Option<(u32, u32, u32)> {
    match database.replication {
        ReplicationTopology::Quorum { n, r, w } => Some((n, r, w)),
        _ => None,
    }
}

/// What the simulation knows of a leaderless database.
pub(super) fn quorum_plan(database: &Database, programs: &SystemPrograms) -> Option<QuorumPlan> {
    let (n, _, _) = holders(database)?;
    Some(QuorumPlan { holders: n, repairer: programs.repairer })
}

impl Compiler<'_> {
    /// Answers that a read waits for, where the database is leaderless.
    pub(super) fn answers(&self, database: usize, reader: Reader) -> Option<u8> {
        let own = &self.scenario.topology.databases[database];
        let (n, r, w) = holders(own)?;
        let consistency = reader.consistency.or(own.consistency);
        Some(store::answers(n, r, w, consistency, reader.fresh) as u8)
    }

    /// Acknowledgements that a write waits for, where the database is leaderless.
    pub(super) fn acknowledgements(&self, database: usize) -> Option<u8> {
        holders(&self.scenario.topology.databases[database]).map(|(_, _, w)| w as u8)
    }

    /// The coordinator in `slot` asks all holders of each key, and goes on when
    /// enough have answered. `rows`: other than the keys that each holder has.
    pub(super) fn ask_holders(
        &mut self,
        database: usize,
        ask: Ask,
        cost: &Cost,
        rows: Option<Rows>,
        slot: Slot,
        step: StepId,
    ) {
        let number = database as u16;
        let holder = self.out.slot(usize::from(slot) + 1);
        let Ask { access, answers, writes } = ask;
        // Each holder is asked for its keys alone.
        let own = Access { looked_up: true, ..access.clone() };
        let (access, own) = (self.out.access(access), self.out.access(own));
        let ask =
            Verb::Quorum(QuorumVerb::AskHolders { access, step, slot, answers, writes, join: 0 });
        let ask = self.out.emit(ask);
        let held = self.out.begin_branch();
        self.out.emit(Verb::Quorum(QuorumVerb::Tally));
        self.pass(number, slot, holder);
        let database_component = Component::Database(database);
        self.contact(database_component, holder, Some((database_component, slot)));
        self.database_work(database, cost, rows.unwrap_or(Rows::Missed), own, holder, step);
        self.out.emit(Verb::Quorum(QuorumVerb::Hold { access: own, slot: holder, step }));
        self.end_contact();
        self.pass(number, holder, slot);
        self.out.end_branch_by(Verb::Quorum(QuorumVerb::Vote), held);
        self.out.land(ask);
    }

    /// One way between two instances of a database, where that takes time.
    fn pass(&mut self, database: u16, from: Slot, to: Slot) {
        if self.regions.is_some() || !self.scenario.topology.network.internal_rtt.is_zero() {
            self.out.emit_timed(
                Verb::Quorum(QuorumVerb::Between { database, from, to }),
                "network.internal",
            );
        }
    }

    /// What a holder does with a write that it lacked; `None` = nothing that costs.
    pub(super) fn repairer(&mut self, database: usize) -> Result<Option<u16>, String> {
        let plan = &self.scenario.topology.databases[database];
        let cost = &plan.costs.apply;
        let writes = self.layout.databases[database].places.has_disk && cost.disk_writes > 0;
        if holders(plan).is_none() || (cost.cpu.is_zero() && !writes) {
            return Ok(None);
        }
        self.system_write(
            database,
            cost,
            Verb::Quorum(QuorumVerb::Repaired { database: database as u16 }),
        );
        self.out.end(format!("repair of {}", plan.name)).map(Some)
    }

    /// A step that is more than reads and writes by key.
    pub(super) fn row_operation(&mut self, step: &Step, place: Place, id: StepId) {
        match store::detour(self.scenario, step) {
            Some(detour) => {
                for round in detour.rounds {
                    self.round(round, place);
                }
            }
            None => self.native_rows(step, place, id),
        }
    }

    fn native_rows(&mut self, step: &Step, place: Place, id: StepId) {
        match *step {
            Step::Scan { dataset, rows } => self.rows(dataset, rows, Operation::Scan, place, id),
            Step::Range { dataset, rows } => self.rows(dataset, rows, Operation::Range, place, id),
            Step::Join { dataset, rows, .. } => {
                self.rows(dataset, rows, Operation::Join, place, id);
            }
            Step::Traverse { dataset, hops, fan_out } => {
                self.native_traversal(dataset, hops, fan_out, place, id);
            }
            _ => {}
        }
    }

    fn native_traversal(
        &mut self,
        dataset: DatasetId,
        hops: u32,
        fan_out: u32,
        place: Place,
        id: StepId,
    ) {
        let databases = &self.scenario.topology.databases;
        let engine = store::holder(self.scenario, dataset).map(|holder| databases[holder].engine);
        let way = engine.map(|engine| store::way(engine, Operation::Traverse));
        let reached = store::reached(hops, fan_out);
        if way != Some(Way::JoinPerHop) {
            return self.rows(dataset, reached.sum::<u64>() as u32, Operation::Traverse, place, id);
        }
        for rows in reached {
            let step = self.out.read_instead();
            self.rows(dataset, rows as u32, Operation::Join, place, step);
        }
    }

    /// What the application asks in one go.
    fn round(&mut self, round: Round, place: Place) {
        let (dataset, rows) = match round {
            Round::Reads { dataset, rows } => (dataset, rows),
            Round::Range { dataset, rows } => {
                let step = self.out.read_instead();
                return self.rows(dataset, rows, Operation::Range, place, step);
            }
        };
        let databases = &self.scenario.topology.databases;
        let row_reads = store::holder(self.scenario, dataset)
            .map_or(RowReads::OneByOne, |holder| databases[holder].row_reads);
        match row_reads {
            RowReads::Concurrent(most) if rows > 1 && most > 1 => {
                let branches = most.min(rows);
                self.fork(branches as usize, |compiler, branch| {
                    let own = (branch as u32..rows).step_by(branches as usize);
                    own.for_each(|_| compiler.read_row(dataset, 1, place));
                });
            }
            RowReads::Batched => {
                for first in (0..rows).step_by(BATCH as usize) {
                    self.read_row(dataset, BATCH.min(rows - first), place);
                }
            }
            _ => (0..rows).for_each(|_| self.read_row(dataset, 1, place)),
        }
    }

    fn read_row(&mut self, dataset: DatasetId, keys: u32, place: Place) {
        let step = self.out.read_instead();
        self.read(dataset, keys, Reader::default(), place, step);
    }
}
