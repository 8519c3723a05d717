//! Goal: the books of a leaderless database say who lacks what, and when
//! enough have answered. Method: a twin that keeps every write for ever and
//! looks at all of them; hand cases.
use super::*;
use proptest::prelude::*;

const RING: Ring = Ring { members: 5, holders: 3 };

/// Every write there ever was.
struct Twin {
    writes: Vec<TwinWrite>,
}

struct TwinWrite {
    key: u64,
    version: Version,
    done_at: Option<u64>,
    held_by: Vec<usize>,
}

impl Twin {
    fn newest_at(&self, key: u64, member: usize) -> Version {
        let own = self.writes.iter().filter(|one| one.key == key && one.held_by.contains(&member));
        own.map(|one| one.version).max().unwrap_or(0)
    }

    /// When the first done write was done that a holder lacks.
    fn missed(&self, key: u64, member: usize, since: u64) -> Option<u64> {
        let newest = self.newest_at(key, member);
        let lacks = |one: &&TwinWrite| one.key == key && one.version > newest;
        let done = self.writes.iter().filter(lacks).filter_map(|one| one.done_at);
        done.filter(|&at| at <= since).min()
    }

    fn lose(&mut self, member: usize) -> u64 {
        let mut lost = 0;
        for write in &mut self.writes {
            let had = write.held_by.contains(&member);
            write.held_by.retain(|&own| own != member);
            if had && write.held_by.is_empty() {
                lost += u64::from(write.done_at.take().is_some());
                write.version = 0;
            }
        }
        lost
    }
}

#[derive(Clone, Debug)]
enum Step {
    Begin { key: u64 },
    Apply { write: usize, rank: usize },
    Done { write: usize },
    Look { key: u64, rank: usize, back: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u64).prop_map(|key| Step::Begin { key }),
        (0..40_usize, 0..3_usize).prop_map(|(write, rank)| Step::Apply { write, rank }),
        (0..40_usize, 0..3_usize).prop_map(|(write, rank)| Step::Apply { write, rank }),
        (0..40_usize).prop_map(|write| Step::Done { write }),
        (0..4_u64, 0..3_usize, 0..20_u64).prop_map(|(key, rank, back)| Step::Look {
            key,
            rank,
            back
        }),
    ]
}

fn holder(key: u64, rank: usize) -> usize {
    RING.holders_of(key).nth(rank).expect("a holder")
}

proptest! {
    #[test]
    fn the_twin_misses_the_same_writes(steps in prop::collection::vec(step(), 0..300)) {
        let mut versions = Versions::new(RING);
        let mut twin = Twin { writes: Vec::new() };
        for (now, step) in (100..).zip(steps) {
            let at = Instant::from_nanos(now);
            match step {
                Step::Begin { key } => {
                    let (version, _) = versions.begin(key);
                    twin.writes.push(TwinWrite { key, version, done_at: None, held_by: Vec::new() });
                }
                Step::Apply { write, rank } => {
                    let Some(own) = twin.writes.get_mut(write) else { continue };
                    own.held_by.push(holder(own.key, rank));
                    versions.applied(own.key, own.version, holder(own.key, rank));
                }
                Step::Done { write } => {
                    let Some(own) = twin.writes.get_mut(write) else { continue };
                    if own.done_at.is_none() {
                        own.done_at = Some(now);
                        versions.done(own.key, own.version, at);
                    }
                }
                Step::Look { key, rank, back } => {
                    let (member, since) = (holder(key, rank), now - back.min(now));
                    let sight = versions.sight(key, member, Instant::from_nanos(since));
                    let missed = sight.and_then(|sight| sight.missed);
                    prop_assert_eq!(
                        missed.map(Instant::as_nanos), twin.missed(key, member, since)
                    );
                    if let Some(sight) = sight.filter(|sight| sight.version > 0) {
                        prop_assert_eq!(sight.version, twin.newest_at(key, member));
                    }
                }
            }
        }
    }

    #[test]
    fn what_lay_on_one_disk_alone_is_lost_with_it(
        writes in prop::collection::vec((0..4_u64, 0..8_usize, any::<bool>()), 0..60),
        member in 0..5_usize,
    ) {
        let mut versions = Versions::new(RING);
        let mut twin = Twin { writes: Vec::new() };
        for (now, (key, held, is_done)) in (100..).zip(writes) {
            let (version, _) = versions.begin(key);
            let ranks: Vec<usize> = (0..3).filter(|rank| held >> rank & 1 == 1).collect();
            // A write that all have is in nobody's books.
            if ranks.len() == 3 {
                continue;
            }
            let held_by: Vec<usize> = ranks.iter().map(|&rank| holder(key, rank)).collect();
            held_by.iter().for_each(|&own| versions.applied(key, version, own));
            if is_done {
                versions.done(key, version, Instant::from_nanos(now));
            }
            let done_at = is_done.then_some(now);
            twin.writes.push(TwinWrite { key, version, done_at, held_by });
        }
        let kept = versions.len();
        let lost = versions.lose(member);
        // The books may have forgotten what newer writes have made void.
        prop_assert!(lost <= twin.lose(member) && versions.len() <= kept);
        for key in 0..4 {
            for rank in 0..3 {
                let sight = versions.sight(key, holder(key, rank), Instant::from_nanos(1_000));
                if holder(key, rank) == member && sight.is_some() {
                    prop_assert_eq!(sight.map(|sight| sight.version), Some(0));
                }
            }
        }
    }

    #[test]
    fn the_ballot_is_over_when_each_key_has_its_answers(
        wanted in 1..4_u8,
        order in prop::collection::vec((0..3_u32, any::<bool>()), 9..10),
    ) {
        let mut ballot = Ballot::default();
        ballot.begin(wanted);
        (0..3).for_each(|item| ballot.ask(item, 3));
        let (mut answered, mut lost) = ([0_u8; 3], [0_u8; 3]);
        let mut over = false;
        for (item, answers) in order {
            let at = item as usize;
            if answered[at] + lost[at] == 3 {
                continue;
            }
            let verdict = match answers {
                true => {
                    answered[at] += 1;
                    ballot.answer(item).0
                }
                false => {
                    lost[at] += 1;
                    ballot.lose(item)
                }
            };
            let expected = match () {
                () if over => Verdict::Open,
                () if lost.iter().any(|&lost| 3 - lost < wanted) => Verdict::Failed,
                () if answered.iter().all(|&own| own >= wanted) => Verdict::Done,
                () => Verdict::Open,
            };
            over |= expected != Verdict::Open;
            prop_assert_eq!(verdict, expected);
        }
    }
}

#[test]
fn the_holders_of_a_key_follow_each_other_and_share_evenly() {
    let mut counts = [0_u32; 5];
    for key in 0..50_000 {
        let holders: Vec<usize> = RING.holders_of(key).collect();
        assert_eq!(holders[1], (holders[0] + 1) % 5);
        for (rank, &member) in holders.iter().enumerate() {
            assert_eq!(RING.rank(key, member), Some(rank));
            counts[member] += 1;
        }
        assert_eq!(RING.rank(key, (holders[2] + 1) % 5), None);
    }
    // 30,000 each; standard deviation about 110.
    assert!(counts.iter().all(|&count| count.abs_diff(30_000) < 550), "{counts:?}");
}

#[test]
fn a_write_that_all_holders_have_is_forgotten() {
    let mut versions = Versions::new(RING);
    let (one, first) = versions.begin(7);
    let (two, second) = versions.begin(7);
    assert_eq!((first, second), (false, true), "two at once are in conflict");
    (0..3).for_each(|rank| versions.applied(7, two, holder(7, rank)));
    assert_eq!(versions.len(), 0, "the older one is void where the newer one is");
    assert!(versions.has(7, one, holder(7, 0)));
    let (three, conflict) = versions.begin(7);
    assert!(!conflict && !versions.has(7, three, holder(7, 0)));
    versions.applied(7, three, holder(7, 1));
    versions.lose(holder(7, 1));
    assert_eq!(versions.len(), 0, "nobody has it any more");
}

#[test]
fn a_key_with_too_few_holders_is_hopeless() {
    let mut ballot = Ballot::default();
    ballot.begin(2);
    ballot.ask(0, 3);
    ballot.ask(5, 2);
    assert!(!ballot.is_hopeless());
    ballot.begin(2);
    ballot.ask(0, 3);
    ballot.ask(5, 1);
    assert!(ballot.is_hopeless());
    ballot.begin(1);
    ballot.ask(0, 0);
    assert!(ballot.is_hopeless());
}
