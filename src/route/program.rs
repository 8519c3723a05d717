//! Programs and the tables that they refer to.

use super::step::{Pc, Slot, Verb};
use crate::kernel::distribution::Distribution;

/// Index of a hold in [`Programs::holds`].
pub type HoldId = u16;
/// No hold.
pub const NO_HOLD: HoldId = HoldId::MAX;
/// No attribution.
pub const NO_PART: u8 = u8::MAX;

/// One verb in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instruction {
    /// What is done.
    pub verb: Verb,
    /// Where its waiting is attributed: index of the program's parts.
    pub wait_part: u8,
    /// Where its time is attributed.
    pub part: u8,
    /// What is held before the verb, innermost first.
    pub holds: HoldId,
}

/// Two of them in a cache line.
const _: () = assert!(size_of::<Instruction>() <= 32);

/// Something that a job holds and must give back; a list by `outer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// What.
    pub held: Held,
    /// Which instance.
    pub slot: Slot,
    /// What was taken before it.
    pub outer: HoldId,
}

/// What can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// A place in a pool (first pool of its group).
    Pool(u32),
    /// A connection counted by the balancer of a group.
    Connection(u16),
    /// A call that a circuit breaker let through and has yet to learn of.
    Guarded(u16),
    /// Keys that the job fetches for others too, in this cache.
    Fetch(u16),
    /// A fetch of a file for which others may wait.
    FileFetch,
    /// Nothing to give back: the job is at an instance of this component, and
    /// is lost with it.
    At(u16),
}

/// One program: a range of the flat list.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// For people: `timeline (browser)`.
    pub name: String,
    /// First verb.
    pub start: Pc,
    /// One past the last verb.
    pub end: Pc,
    /// Attribution: index of a part → index in [`Programs::parts`].
    pub parts: Vec<u16>,
}

/// Places of the verbs at which a job waits for an event that is still to come
/// though its way has been left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Limbo {
    /// [`Verb::Buried`], and [`Verb::Forgotten`] after it.
    pub buried: Pc,
    /// [`Verb::Frozen`], and [`Verb::Held`] after it.
    pub frozen: Pc,
}

/// All programs with their shared tables.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Programs {
    /// Verbs of all programs, one after the other.
    pub code: Vec<Instruction>,
    /// The programs.
    pub programs: Vec<Program>,
    /// Distributions in use (ns or bytes).
    pub distributions: Vec<Distribution>,
    /// First verbs of branches.
    pub branches: Vec<Pc>,
    /// What is held where.
    pub holds: Vec<Hold>,
    /// Programs of what the system does after writes, by their number in the
    /// verbs.
    pub afterwards: Vec<u16>,
    /// Where jobs lie that wait for an event after they were struck or frozen.
    pub limbo: Limbo,
    /// Names of the attribution parts, such as `services.web.cpu.wait`.
    pub parts: Vec<String>,
    /// Shards of each way of placing keys on them.
    pub shards: Vec<u16>,
}

impl Programs {
    /// Writes the verbs of the limbo after all programs.
    pub fn add_limbo(&mut self) {
        let plain = |verb| Instruction { verb, wait_part: NO_PART, part: NO_PART, holds: NO_HOLD };
        let buried = self.code.len() as Pc;
        self.limbo = Limbo { buried, frozen: buried + 2 };
        self.code.extend([Verb::Buried, Verb::Forgotten, Verb::Frozen, Verb::Held].map(plain));
    }

    /// The ways to the shards that a verb chooses from, in order.
    pub fn ways_of_shards(&self, at: Pc) -> &[Pc] {
        match self.code[at as usize].verb {
            Verb::Locate { first, sharding, .. } | Verb::Scatter { first, sharding, .. } => {
                let count = usize::from(self.shards[usize::from(sharding)]);
                &self.branches[first as usize..first as usize + count]
            }
            _ => &[],
        }
    }

    /// Most attribution parts of any program.
    pub fn parts_max(&self) -> usize {
        self.programs.iter().map(|program| program.parts.len()).max().unwrap_or(0)
    }
}
