//! Who is what in a database: which members are in service, who takes the
//! writes, when a silent one is noticed, who takes its place.

use super::replication::Position;
use crate::kernel::time::{Duration, Instant};

/// Who takes the writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// One primary; the others follow it.
    Primary,
    /// All; each ships its writes to all others.
    MultiPrimary,
    /// All; each passes on to the next what it wrote and received.
    Ring,
    /// None: any coordinates, and the holders of a key take its writes.
    Quorum,
}

/// When a write is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// When it is committed.
    Asynchronous,
    /// When so many others have received it.
    SemiSynchronous(u32),
    /// When all others in service have received it.
    Synchronous,
}

/// Who answers the reads of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Who takes the writes.
    Primary,
    /// The replicas in service; the primary while there is none.
    Replicas,
    /// All in service.
    Any,
}

/// Members tell each other on multiples of an interval that they are alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeats {
    /// Time between two.
    pub interval: Duration,
    /// So many missed in a row mean death.
    pub misses: u32,
}

impl Heartbeats {
    /// When one who is silent from `since` on is taken for dead: at the last of
    /// the missed heartbeats. One that falls on `since` itself is missed.
    pub fn noticed_at(&self, since: Instant) -> Instant {
        let interval = self.interval.as_nanos().max(1);
        let first = since.as_nanos().div_ceil(interval).saturating_mul(interval);
        let others = interval.saturating_mul(u64::from(self.misses.max(1)) - 1);
        Instant::from_nanos(first.saturating_add(others))
    }
}

/// Who of several has received most; the lowest number among equals.
pub fn furthest_ahead(candidates: impl Iterator<Item = (usize, Position)>) -> Option<usize> {
    candidates
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .map(|(member, _)| member)
}

/// When so many acknowledgements are there, of those that come at `instants`
/// (in any order; they are put in order). At once if none is wanted.
pub fn acknowledged_at(instants: &mut [Instant], wanted: usize, now: Instant) -> Option<Instant> {
    if wanted == 0 {
        return Some(now);
    }
    instants.sort_unstable();
    instants.get(wanted - 1).copied().filter(|&at| at != NEVER)
}

/// An acknowledgement that does not come.
pub const NEVER: Instant = Instant::from_nanos(u64::MAX);

/// Whether and how an instance is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It works.
    Up,
    /// It is frozen.
    Hung,
    /// It is dead.
    Down,
}

/// One instance of a database.
#[derive(Clone, Debug)]
pub struct Member {
    /// Whether it is there.
    pub presence: Presence,
    /// Its disk holds the data, up to its place in each log.
    pub has_data: bool,
    /// In service, as far as anybody has noticed.
    pub is_in_service: bool,
    /// It catches up, then it serves.
    pub is_joining: bool,
    /// It takes writes beside the primary that replaced it.
    pub is_second: bool,
    /// Nobody hears it, since.
    pub silent_since: Option<Instant>,
    /// When that will be noticed.
    pub notice_due: Option<Instant>,
}

impl Member {
    fn new() -> Self {
        Self {
            presence: Presence::Up,
            has_data: true,
            is_in_service: true,
            is_joining: false,
            is_second: false,
            silent_since: None,
            notice_due: None,
        }
    }

    /// It works, and has the data.
    pub fn is_sound(&self) -> bool {
        self.presence == Presence::Up && self.has_data
    }
}

/// Who leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// This one.
    Led(usize),
    /// Nobody: the last one is lost, and none can take its place.
    Leaderless,
    /// Somebody is about to.
    Promoting {
        /// Who.
        chosen: usize,
        /// Decided at this instant.
        since: Instant,
        /// The time of the promotion is over; it has yet to apply what it
        /// received.
        is_over: bool,
    },
}

/// The members of a database.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Who takes the writes.
    pub topology: Topology,
    /// All instances.
    pub members: Vec<Member>,
    /// Who leads, where one primary takes all writes.
    pub leadership: Leadership,
    /// Somebody catches up: who applies its last entry says so.
    pub is_watched: bool,
}

impl Cluster {
    /// All in service, the first one leads.
    pub fn new(topology: Topology, members: usize) -> Self {
        Self {
            topology,
            members: vec![Member::new(); members],
            leadership: Leadership::Led(0),
            is_watched: false,
        }
    }

    /// The only one that takes writes, where there is such a one.
    pub fn primary(&self) -> Option<usize> {
        match (self.topology, self.leadership) {
            (Topology::Primary, Leadership::Led(primary)) => Some(primary),
            _ => None,
        }
    }

    /// Who is about to become the primary.
    pub fn chosen(&self) -> Option<usize> {
        match self.leadership {
            Leadership::Promoting { chosen, .. } => Some(chosen),
            _ => None,
        }
    }

    /// Whether a write may go to `member`, as far as anybody has noticed.
    pub fn takes_writes(&self, member: usize) -> bool {
        let own = &self.members[member];
        match self.topology {
            Topology::Primary => {
                own.is_in_service && (own.is_second || self.primary() == Some(member))
            }
            _ => own.is_in_service,
        }
    }

    /// Whether a read may go to `member`, as far as anybody has noticed.
    pub fn takes_reads(&self, member: usize, readers: Readers) -> bool {
        match (readers, self.topology) {
            (Readers::Primary, Topology::Primary) => self.takes_writes(member),
            (Readers::Replicas, Topology::Primary) => match self.any_replica() {
                true => self.is_replica(member),
                false => self.takes_writes(member),
            },
            _ => self.members[member].is_in_service,
        }
    }

    /// In service and following another.
    pub fn is_replica(&self, member: usize) -> bool {
        self.members[member].is_in_service && !self.takes_writes(member)
    }

    fn any_replica(&self) -> bool {
        (0..self.members.len()).any(|member| self.is_replica(member))
    }

    /// Who comes before `member` in the ring.
    pub fn before(&self, member: usize) -> usize {
        (member + self.members.len() - 1) % self.members.len()
    }

    /// Who comes after `member` in the ring.
    pub fn after(&self, member: usize) -> usize {
        (member + 1) % self.members.len()
    }

    /// From whom `member` receives the log of `origin`.
    pub fn source(&self, origin: usize, member: usize) -> usize {
        match self.topology {
            Topology::Ring => self.before(member),
            _ => origin,
        }
    }

    /// Whether nobody hears `member`. A replica that the primary does not reach
    /// is silent only while another one is reached: when none is, it is the
    /// primary that is lost. Who was silent must be heard by somebody first.
    pub fn is_silent(&self, member: usize, reaches: impl Fn(usize, usize) -> bool) -> bool {
        let own = &self.members[member];
        if !own.is_sound() {
            return true;
        }
        let is_sound = |&other: &usize| other != member && self.members[other].is_sound();
        let others = || (0..self.members.len()).filter(is_sound);
        let is_heard = || others().any(|other| reaches(other, member));
        if own.silent_since.is_some() && others().next().is_some() && !is_heard() {
            return true;
        }
        let Some(primary) = self.primary().filter(|_| !own.is_second) else {
            return false;
        };
        match member == primary {
            true => others().next().is_some() && !is_heard(),
            false => {
                let hears = |other: usize| other != primary && reaches(primary, other);
                self.members[primary].is_sound() && !hears(member) && others().any(hears)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    //! Goal: the decisions of a failover are those that the definitions say.
    //! Method: hand cases, boundaries among them.
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_nanos(seconds * 1_000_000_000)
    }

    fn reaches_all(_: usize, _: usize) -> bool {
        true
    }

    #[test]
    fn death_is_noticed_at_the_last_missed_heartbeat() {
        let heartbeats = Heartbeats { interval: Duration::from_secs_f64(2.0), misses: 3 };
        // Missed at 12, 14, 16.
        assert_eq!(heartbeats.noticed_at(at(11)), at(16));
        assert_eq!(heartbeats.noticed_at(at(12)), at(16), "the one on that instant is missed");
        assert_eq!(heartbeats.noticed_at(Instant::from_nanos(12_000_000_001)), at(18));
        let once = Heartbeats { misses: 1, ..heartbeats };
        assert_eq!(once.noticed_at(at(11)), at(12));
    }

    #[test]
    fn the_furthest_ahead_is_chosen_and_the_first_among_equals() {
        let mut log = super::super::replication::ReplicationLog::new(1, 0, Duration::ZERO);
        let one = log.commit(at(0), &[]);
        let two = log.commit(at(0), &[]);
        assert_eq!(furthest_ahead([(1, one), (2, two), (3, two)].into_iter()), Some(2));
        assert_eq!(furthest_ahead([(1, one), (2, one)].into_iter()), Some(1));
        assert_eq!(furthest_ahead(std::iter::empty()), None);
    }

    #[test]
    fn a_write_waits_for_the_acknowledgement_that_makes_up_the_number() {
        let of = |wanted| acknowledged_at(&mut [at(5), NEVER, at(3)], wanted, at(1));
        assert_eq!((of(0), of(1), of(2)), (Some(at(1)), Some(at(3)), Some(at(5))));
        assert_eq!((of(3), of(4)), (None, None));
    }

    #[test]
    fn reads_go_to_the_primary_while_no_replica_serves() {
        let mut cluster = Cluster::new(Topology::Primary, 3);
        let reads = |cluster: &Cluster, readers| -> Vec<usize> {
            (0..3).filter(|&member| cluster.takes_reads(member, readers)).collect()
        };
        assert_eq!(reads(&cluster, Readers::Replicas), [1, 2]);
        assert_eq!(reads(&cluster, Readers::Primary), [0]);
        cluster.members[1].is_in_service = false;
        assert_eq!(reads(&cluster, Readers::Replicas), [2]);
        cluster.members[2].is_in_service = false;
        assert_eq!(reads(&cluster, Readers::Replicas), [0]);
        // A replica serves on until it is the primary.
        cluster.members[2].is_in_service = true;
        cluster.members[0].is_in_service = false;
        cluster.leadership = Leadership::Promoting { chosen: 2, since: at(0), is_over: false };
        assert_eq!(reads(&cluster, Readers::Replicas), [2]);
        assert_eq!(reads(&cluster, Readers::Primary), [0; 0]);
        assert_eq!(reads(&cluster, Readers::Any), [2]);
        cluster.leadership = Leadership::Led(2);
        assert_eq!(reads(&cluster, Readers::Replicas), [2]);
    }

    #[test]
    fn the_primary_is_silent_when_no_replica_hears_it() {
        let cluster = Cluster::new(Topology::Primary, 3);
        let silent = |reaches: fn(usize, usize) -> bool| -> Vec<usize> {
            (0..3).filter(|&member| cluster.is_silent(member, reaches)).collect()
        };
        assert_eq!(silent(reaches_all), [0; 0]);
        assert_eq!(silent(|from, to| (from == 0) == (to == 0)), [0]);
        // One replica is cut off from both: it is the one that is lost.
        assert_eq!(silent(|from, to| (from == 2) == (to == 2)), [2]);
    }

    #[test]
    fn a_primary_without_replicas_is_silent_when_it_is_gone() {
        let mut cluster = Cluster::new(Topology::Primary, 2);
        cluster.members[1].presence = Presence::Down;
        assert!(!cluster.is_silent(0, |_, _| false));
        cluster.members[0].presence = Presence::Hung;
        assert!(cluster.is_silent(0, reaches_all) && cluster.is_silent(1, reaches_all));
        cluster.members[0].presence = Presence::Up;
        cluster.members[0].has_data = false;
        assert!(cluster.is_silent(0, reaches_all), "an empty one is lost");
    }
}
