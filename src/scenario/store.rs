//! Kinds of store: what each does by itself, what that costs by default, and
//! what the application asks in its place where a store cannot.

use super::model::{Consistency, Cost, Costs, DatasetId, Scenario, Step};
use crate::kernel::distribution::Distribution;

/// The kind of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Engine {
    /// Tables, indexes and joins.
    #[default]
    Relational,
    /// Items by their keys, and nothing else (Redis, Dynamo).
    KeyValue,
    /// Documents with secondary indexes, without joins (MongoDB, CouchDB).
    Document,
    /// Wide rows in the order of their keys (Bigtable, Cassandra).
    Column,
    /// Nodes that know their neighbours (Neo4j).
    Graph,
}

impl Engine {
    /// As scenario files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relational => "relational",
            Self::KeyValue => "key-value",
            Self::Document => "document",
            Self::Column => "column",
            Self::Graph => "graph",
        }
    }

    /// The engine of a name.
    pub fn of(name: &str) -> Option<Self> {
        let all = [Self::Relational, Self::KeyValue, Self::Document, Self::Column, Self::Graph];
        all.into_iter().find(|engine| engine.name() == name)
    }
}

/// What can be asked of a store beside reads and writes by key, which all do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Rows in no order.
    Scan,
    /// Rows that follow each other in the order of their keys.
    Range,
    /// Rows with what belongs to each of them.
    Join,
    /// From a row to its neighbours, and to theirs.
    Traverse,
}

impl Operation {
    /// As scenario files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Range => "range",
            Self::Join => "join",
            Self::Traverse => "traverse",
        }
    }
}

/// How an operation is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the store, in one call.
    Native,
    /// By the store, a join for each hop.
    JoinPerHop,
    /// By the application, which reads row by row.
    Reads,
}

/// The table of capabilities.
pub fn way(engine: Engine, operation: Operation) -> Way {
    use Engine::{Column, Document, Graph, KeyValue, Relational};
    use Operation::{Join, Range, Scan, Traverse};
    match (engine, operation) {
        (KeyValue, _) => Way::Reads,
        (Relational | Document | Column | Graph, Scan | Range) => Way::Native,
        (Relational | Graph, Join) => Way::Native,
        (Document | Column, Join | Traverse) => Way::Reads,
        (Relational, Traverse) => Way::JoinPerHop,
        (Graph, Traverse) => Way::Native,
    }
}

/// What an operation costs by default, microseconds of one vCPU.
struct Typical {
    cpu: f64,
    per_row: f64,
    disk_reads: u32,
    disk_writes: u32,
}

const fn typical(cpu: f64, per_row: f64, disk_reads: u32, disk_writes: u32) -> Typical {
    Typical { cpu, per_row, disk_reads, disk_writes }
}

/// Assumptions, not measurements: orders of magnitude on a core of some 3 GHz
/// with parsing, locks and log, as users of these engines publish them; a
/// scenario that decides something should state its own. What they rest on:
/// one core serves some 10⁵ look-ups a second from a hash table in memory
/// (Redis), some 10⁴ from a B-tree below SQL (pgbench -S); log-structured
/// engines write for less than they read (Chang et al. 2006, "Bigtable";
/// Cooper et al. 2010, "YCSB", figures 3 and 4); a tuple by an index costs
/// about half of one by a scan more (PostgreSQL, `cpu_index_tuple_cost` 0.005
/// to `cpu_tuple_cost` 0.01); a neighbour in a graph store costs the same
/// however large the graph (Robinson, Webber & Eifrem 2015, chapter 6), a join
/// a descent of the index for each row.
///
/// Order: read, write, scan, range, join, traverse, apply. What an engine
/// cannot do costs nothing here, as it is never asked for it.
fn table(engine: Engine) -> [Typical; 7] {
    let none = || typical(0.0, 0.0, 0, 0);
    match engine {
        Engine::Relational => [
            typical(100.0, 20.0, 1, 0),
            typical(200.0, 30.0, 0, 2),
            typical(100.0, 1.0, 1, 0),
            typical(100.0, 1.5, 1, 0),
            typical(150.0, 5.0, 1, 0),
            none(),
            typical(60.0, 0.0, 0, 1),
        ],
        Engine::KeyValue => [
            typical(10.0, 3.0, 1, 0),
            typical(15.0, 4.0, 0, 1),
            none(),
            none(),
            none(),
            none(),
            typical(10.0, 0.0, 0, 1),
        ],
        Engine::Document => [
            typical(60.0, 15.0, 1, 0),
            typical(100.0, 20.0, 0, 1),
            typical(80.0, 2.0, 1, 0),
            typical(80.0, 3.0, 1, 0),
            none(),
            none(),
            typical(50.0, 0.0, 0, 1),
        ],
        Engine::Column => [
            typical(80.0, 15.0, 1, 0),
            typical(40.0, 10.0, 0, 1),
            typical(80.0, 0.5, 1, 0),
            typical(80.0, 0.5, 1, 0),
            none(),
            none(),
            typical(40.0, 0.0, 0, 1),
        ],
        Engine::Graph => [
            typical(120.0, 20.0, 1, 0),
            typical(300.0, 50.0, 0, 2),
            typical(150.0, 3.0, 1, 0),
            typical(150.0, 3.0, 1, 0),
            typical(120.0, 1.0, 1, 0),
            typical(120.0, 1.0, 1, 0),
            typical(80.0, 0.0, 0, 1),
        ],
    }
}

/// Typical costs of an engine: exponential CPU work around the means above.
pub fn typical_costs(engine: Engine) -> Costs {
    let [read, write, scan, range, join, traverse, apply] = table(engine).map(|one| Cost {
        cpu: match one.cpu {
            0.0 => Distribution::Constant(0.0),
            micros => Distribution::Exponential { mean: micros * 1e3 },
        },
        cpu_per_row: one.per_row * 1e3,
        disk_reads: one.disk_reads,
        disk_writes: one.disk_writes,
    });
    Costs { read, write, scan, range, join, traverse, apply }
}

/// How the application reads many rows, one key each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowReads {
    /// The next when the last has come.
    OneByOne,
    /// So many at a time.
    Concurrent(u32),
    /// As multi-gets of up to 64 keys, in turn.
    Batched,
}

/// What the application asks in one go, after what came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// One range of the store.
    Range {
        /// Of which dataset.
        dataset: DatasetId,
        /// How many rows.
        rows: u32,
    },
    /// Reads by key.
    Reads {
        /// Of which dataset.
        dataset: DatasetId,
        /// How many rows, one key each.
        rows: u32,
    },
}

impl Round {
    /// Calls of a store, a row at a time.
    fn reads(self) -> u64 {
        match self {
            Self::Range { .. } => 1,
            Self::Reads { rows, .. } => u64::from(rows),
        }
    }
}

/// Most reads of one step by the application.
pub const MOST_READS: u64 = 4_096;

/// What the application asks in place of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detour {
    /// What the store cannot do.
    pub operation: Operation,
    /// On which dataset.
    pub dataset: DatasetId,
    /// One after the other.
    pub rounds: Vec<Round>,
    /// The other dataset of a join lies in another database.
    pub across: bool,
}

impl Detour {
    /// All reads of it.
    pub fn reads(&self) -> u64 {
        self.rounds.iter().map(|round| round.reads()).sum()
    }
}

/// The operation of a step that is more than reads and writes by key.
pub fn operation(step: &Step) -> Option<(Operation, DatasetId)> {
    match *step {
        Step::Scan { dataset, .. } => Some((Operation::Scan, dataset)),
        Step::Range { dataset, .. } => Some((Operation::Range, dataset)),
        Step::Join { dataset, .. } => Some((Operation::Join, dataset)),
        Step::Traverse { dataset, .. } => Some((Operation::Traverse, dataset)),
        _ => None,
    }
}

/// The database that holds a dataset, as an index.
pub fn holder(scenario: &Scenario, dataset: DatasetId) -> Option<usize> {
    let databases = &scenario.topology.databases;
    databases.iter().position(|database| database.datasets.contains(&dataset))
}

/// Rows that a traversal reaches with each hop.
pub fn reached(hops: u32, fan_out: u32) -> impl Iterator<Item = u64> {
    (1..=hops).map(move |hop| u64::from(fan_out).saturating_pow(hop))
}

/// What the application does where the store cannot do a step by itself.
pub fn detour(scenario: &Scenario, step: &Step) -> Option<Detour> {
    let (operation, dataset) = operation(step)?;
    let own = holder(scenario, dataset)?;
    let engine = scenario.topology.databases[own].engine;
    let across = match step {
        Step::Join { with, .. } => holder(scenario, *with) != Some(own),
        _ => false,
    };
    if !across && way(engine, operation) != Way::Reads {
        return None;
    }
    let reads = |dataset, rows: u64| Round::Reads { dataset, rows: rows.min(1 << 31) as u32 };
    let rounds = match *step {
        // The keys stand in an item of their own, which is read first.
        Step::Scan { rows, .. } | Step::Range { rows, .. } => {
            vec![reads(dataset, 1), reads(dataset, u64::from(rows))]
        }
        Step::Join { with, rows, .. } => vec![
            match way(engine, Operation::Range) {
                Way::Reads => reads(dataset, 1),
                _ => Round::Range { dataset, rows },
            },
            reads(with, u64::from(rows)),
        ],
        Step::Traverse { hops, fan_out, .. } => std::iter::once(1)
            .chain(reached(hops, fan_out))
            .map(|rows| reads(dataset, rows))
            .collect(),
        _ => Vec::new(),
    };
    Some(Detour { operation, dataset, rounds, across })
}

/// Answers that a read of a leaderless database waits for.
pub fn answers(n: u32, r: u32, w: u32, asked: Option<Consistency>, own_writes: bool) -> u32 {
    let wanted = match asked {
        None => r,
        Some(Consistency::One) => 1,
        Some(Consistency::Quorum) => n / 2 + 1,
        Some(Consistency::All) => n,
    };
    // Of n − w + 1 holders one has every write that is done.
    if own_writes { wanted.max(n - w + 1) } else { wanted }
}

#[cfg(test)]
mod tests {
    //! Goal: the table says what the engines can do, and what is asked instead
    //! is counted right. Method: hand cases.
    use super::*;

    #[test]
    fn a_join_is_done_by_those_that_have_joins() {
        let joins = |engine| way(engine, Operation::Join) == Way::Native;
        assert!(joins(Engine::Relational) && joins(Engine::Graph));
        assert!(!joins(Engine::KeyValue) && !joins(Engine::Document) && !joins(Engine::Column));
        assert_eq!(way(Engine::Relational, Operation::Traverse), Way::JoinPerHop);
    }

    #[test]
    fn what_an_engine_does_has_a_cost_and_what_it_cannot_has_none() {
        for name in ["relational", "key-value", "document", "column", "graph"] {
            let engine = Engine::of(name).expect("an engine");
            let costs = typical_costs(engine);
            assert!(!costs.read.cpu.is_zero() && !costs.write.cpu.is_zero(), "{name}");
            for (operation, cost) in [
                (Operation::Scan, &costs.scan),
                (Operation::Range, &costs.range),
                (Operation::Join, &costs.join),
                (Operation::Traverse, &costs.traverse),
            ] {
                let native = way(engine, operation) == Way::Native;
                assert_eq!(native, !cost.cpu.is_zero(), "{name} {}", operation.name());
            }
        }
    }

    #[test]
    fn a_traversal_reaches_a_power_of_its_fan_out_with_each_hop() {
        assert_eq!(reached(3, 4).collect::<Vec<_>>(), [4, 16, 64]);
    }

    #[test]
    fn a_reader_of_its_own_writes_asks_enough_to_meet_one_of_them() {
        assert_eq!(answers(3, 1, 1, None, false), 1);
        assert_eq!(answers(3, 1, 1, None, true), 3);
        assert_eq!(answers(3, 2, 2, None, true), 2);
        assert_eq!(answers(5, 1, 1, Some(Consistency::Quorum), false), 3);
        assert_eq!(answers(3, 2, 2, Some(Consistency::One), false), 1);
        assert_eq!(answers(3, 2, 2, Some(Consistency::All), false), 3);
    }
}
