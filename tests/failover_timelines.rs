//! Goal: at each instant of a failover it is exact who serves reads, who takes
//! writes, what fails and why, and what it cost. Method: requests at fixed
//! instants that cost no time of their own, traced one by one, beside tables
//! worked out by hand.

mod support;

use highwater::kernel::time::{Duration, Instant};
use highwater::scenario::compile::compile;
use highwater::simulation::availability::Incident;
use highwater::simulation::measured::MeasuredFigure;
use highwater::simulation::run::{Played, play};
use support::{scenario, scenario_with, summary, value};

/// What is asked at which millisecond.
type Asked = (u64, char);

/// A read or a write (`r`, `w`; `f` = a read that must be fresh) at each of
/// `from, from + step, …` before `to`, in milliseconds.
fn every(kind: char, from: u64, to: u64, step: u64) -> Vec<Asked> {
    (from..to).step_by(step as usize).map(|at| (at, kind)).collect()
}

/// Plays requests against a database of which `database` says the rest.
fn story(mut asked: Vec<Asked>, seconds: u64, database: &str) -> Played {
    // Recorded times begin at the first request.
    asked.push((0, 'x'));
    asked.sort_unstable();
    let rows = asked.iter().map(|(at, kind)| format!("{}.{:03},{kind}\n", at / 1000, at % 1000));
    let csv = format!("time_s,endpoint\n{}", rows.collect::<String>());
    let text = format!(
        r#"
[users]
replay = "arrivals.csv"
[datasets.posts]
items = 1
item_size = "1 KB"
[endpoints.w]
share = 1
steps = [{{ update = "posts" }}]
[endpoints.r]
share = 1
steps = [{{ read = "posts" }}]
[endpoints.f]
share = 1
steps = [{{ read = "posts", read_your_writes = true }}]
[endpoints.x]
share = 1
steps = [{{ cpu = "1 ns" }}]
[network]
give_up_after = "300 ms"
[machines.m]
vcpus = 4
disk = {{ bandwidth = "100 MB/s" }}
[entry]
to = "services.web"
[services.web]
machine = "m"
public = true
handles = "*"
workers = "unbounded"
[run]
duration = "{seconds} s"
replications = 1
[databases.main]
machine = "m"
holds = ["posts"]
{database}
"#
    );
    let scenario = scenario_with(&text, &[("arrivals.csv", &csv)]);
    let plan = compile(&scenario).expect("it can be played");
    let played = play(&plan, 1, 0, Duration::ZERO, 100_000, (&(), |&(), _| {}));
    assert_eq!(played.recorder.broken, []);
    played
}

/// What became of the requests of a kind: the member that served, or the cause
/// of the failure; runs of equals as (first, last, what).
fn fates(played: &Played, kind: char) -> Vec<(u64, u64, String)> {
    let endpoint = match kind {
        'w' => 0,
        'r' => 1,
        _ => 2,
    };
    let mut runs: Vec<(u64, u64, String)> = Vec::new();
    for request in played.recorder.trace.requests.iter().filter(|r| r.endpoint == endpoint) {
        let at = request.arrival.as_nanos() / 1_000_000;
        let member =
            request.visits.iter().rev().find_map(|(_, node)| node.strip_prefix("databases.main."));
        let fate = match request.outcome {
            "answered" => member.unwrap_or("nobody").to_owned(),
            failed => failed.to_owned(),
        };
        match runs.last_mut().filter(|(_, _, known)| *known == fate) {
            Some(run) => run.1 = at,
            None => runs.push((at, at, fate)),
        }
    }
    runs
}

fn runs(list: &[(u64, u64, &str)]) -> Vec<(u64, u64, String)> {
    list.iter().map(|&(from, to, fate)| (from, to, fate.to_owned())).collect()
}

fn incident<'a>(played: &'a Played, kind: &str) -> &'a Incident {
    let incidents = &played.recorder.availability.incidents;
    incidents.iter().find(|incident| incident.kind == kind).expect("an incident of that kind")
}

fn figure(incident: &Incident, name: &str) -> f64 {
    incident.figures.iter().find(|(own, _)| *own == name).expect("a figure").1
}

fn count(played: &Played, name: &str) -> u64 {
    let component = played.measured.components.iter().find(|own| own.name == "databases.main");
    let figures = &component.expect("the database").figures;
    match figures.iter().find(|(own, _)| *own == name).expect("a figure").1 {
        MeasuredFigure::Count(count) => count,
        _ => panic!("{name} is no count"),
    }
}

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

const FAILOVER: &str = r#"
[databases.main.failover]
heartbeat = "1 s"
misses = 3
promotion = "2 s"
"#;

const DIES: &str = r#"
[events.dies]
at = "4.5 s"
kill = "databases.main.primary"
"#;

/// | at s | what |
/// |---|---|
/// | 4.5 | the primary dies and refuses |
/// | 7 | heartbeats of 5, 6 and 7 are missed: no primary |
/// | 9 | replica 1 leads; 2 alone answers reads |
#[test]
fn a_replica_takes_the_place_of_a_dead_primary() {
    let mut asked = every('w', 50, 12_000, 100);
    asked.extend(every('r', 20, 12_000, 1000));
    asked.extend(every('f', 70, 12_000, 100));
    let played = story(asked, 12, &format!("replicas = 2\n{FAILOVER}{DIES}"));
    let expected = runs(&[
        (50, 4_450, "0"),
        (4_550, 6_950, "refused"),
        (7_050, 8_950, "no_primary"),
        (9_050, 11_950, "1"),
    ]);
    assert_eq!(fates(&played, 'w'), expected);
    let fresh = fates(&played, 'f');
    assert_eq!(fresh.iter().map(|(from, ..)| *from).collect::<Vec<_>>(), [70, 4_570, 7_070, 9_070]);
    let reads: Vec<String> = fates(&played, 'r').into_iter().map(|(_, _, who)| who).collect();
    // In turn, until replica 1 leads.
    assert_eq!(reads, ["1", "2", "1", "2", "1", "2", "1", "2", "1", "2"]);
    let failover = incident(&played, "failover");
    assert_eq!((failover.start, failover.end), (at(4_500), Some(at(9_000))));
    assert_eq!(failover.cause, "events.dies: kill");
    assert_eq!(failover.requests_failed, 45 + 45);
    assert_eq!(figure(failover, "detection_s"), 2.5);
    assert_eq!(figure(failover, "promotion_s"), 2.0);
    assert_eq!(figure(failover, "rto_s"), 4.5);
    assert_eq!(figure(failover, "writes_lost"), 0.0);
    // The lost instance is missing to the end.
    assert_eq!(incident(&played, "reduced").end, None);
}

/// As above, but writes wait for the new primary from 7 s on, and are answered
/// at 9 s; the callers of a silent machine give up after 300 ms.
#[test]
fn writes_wait_for_the_new_primary() {
    let asked = every('w', 50, 12_000, 100);
    let silent = DIES.replace("kill", "how = \"silence\"\nkill");
    let waits = FAILOVER.to_owned() + "writes_meanwhile = \"wait\"\n";
    let played = story(asked, 12, &format!("replicas = 2\n{waits}{silent}"));
    let expected = runs(&[(50, 4_450, "0"), (4_550, 6_950, "unreachable"), (7_050, 11_950, "1")]);
    assert_eq!(fates(&played, 'w'), expected);
    for request in &played.recorder.trace.requests[1..] {
        let at = request.arrival.as_nanos() / 1_000_000;
        let expected = match at {
            4_550..7_000 => 300,
            7_000..9_000 => 9_000 - at,
            _ => 0,
        };
        assert_eq!(request.response.as_nanos(), expected * 1_000_000, "asked at {at}");
    }
}

/// A death of 1.5 s is over before the third heartbeat is missed: the primary
/// goes on.
#[test]
fn a_short_death_is_not_noticed() {
    let asked = every('w', 50, 12_000, 100);
    let played = story(asked, 12, &format!("replicas = 1\n{FAILOVER}{DIES}for = \"1.5 s\"\n"));
    let expected = runs(&[(50, 4_450, "0"), (4_550, 5_950, "refused"), (6_050, 11_950, "0")]);
    assert_eq!(fates(&played, 'w'), expected);
    let kinds: Vec<&str> =
        played.recorder.availability.incidents.iter().map(|incident| incident.kind).collect();
    assert!(!kinds.contains(&"failover"), "{kinds:?}");
}

/// The only replica is promoted: reads go to it, as primary, until the old
/// primary is back at 10.5 s as its replica.
#[test]
fn the_only_replica_answers_everything_until_there_is_another() {
    let mut asked = every('w', 50, 14_000, 100);
    asked.extend(every('r', 70, 14_000, 100));
    let played = story(asked, 14, &format!("replicas = 1\n{FAILOVER}{DIES}for = \"6 s\"\n"));
    let expected = runs(&[(70, 10_470, "1"), (10_570, 13_970, "0")]);
    assert_eq!(fates(&played, 'r'), expected);
    let writes = fates(&played, 'w');
    assert_eq!(writes.last(), runs(&[(9_050, 13_950, "1")]).last(), "fenced off");
    let rebuild = incident(&played, "rebuild");
    assert_eq!((rebuild.start, rebuild.end), (at(4_500), Some(at(10_500))));
    assert_eq!(figure(rebuild, "catch_up_s"), 0.0);
}

/// The only replica dies at 4.5 s: reads fail until that is noticed at 7 s,
/// then the primary answers them, until the replica is back at 10.5 s and has
/// applied 60 writes at 10 ms each and those that came meanwhile, one every
/// 100 ms: at 11.1 s there are 6 more, at 11.16 s one more.
#[test]
fn reads_go_to_the_primary_while_the_only_replica_is_away() {
    let mut asked = every('w', 50, 14_000, 100);
    asked.extend(every('r', 25, 14_000, 50));
    let dies = "[events.dies]\nat = \"4.5 s\"\nkill = \"databases.main.replica\"\nfor = \"6 s\"\n";
    let costs = "[databases.main.costs]\napply = { cpu = \"10 ms\" }\n";
    let played = story(asked, 14, &format!("replicas = 1\n{costs}{FAILOVER}{dies}"));
    let expected = runs(&[
        (25, 4_475, "1"),
        (4_525, 6_975, "refused"),
        (7_025, 11_125, "0"),
        (11_175, 13_975, "1"),
    ]);
    assert_eq!(fates(&played, 'r'), expected);
    assert_eq!(fates(&played, 'w'), runs(&[(50, 13_950, "0")]));
    let rebuild = incident(&played, "rebuild");
    assert_eq!(rebuild.end, Some(at(11_170)));
    assert!((figure(rebuild, "catch_up_s") - 0.67).abs() < 1e-9);
}

/// The log takes 250 ms to a replica: of the writes at 4.25, 4.35 and 4.45 s
/// the one of 4.25 arrives just when the primary dies. The two others are
/// lost, and brought back by reading 1 KB each at 1 KB/s from 9 s on.
#[test]
fn what_was_not_shipped_is_lost_and_brought_back() {
    let asked = every('w', 50, 13_000, 100);
    let lag = "[databases.main.replication]\nextra_lag = \"250 ms\"\n";
    let recovery = "recovery = { rate = \"1 KB/s\" }\n";
    let played =
        story(asked.clone(), 13, &format!("replicas = 2\n{lag}{FAILOVER}{recovery}{DIES}"));
    assert_eq!(count(&played, "writes_lost"), 2);
    assert_eq!(count(&played, "writes_recovered"), 2);
    let failover = incident(&played, "failover");
    assert_eq!(figure(failover, "writes_lost"), 2.0);
    assert_eq!(figure(failover, "writes_recovered"), 2.0);
    assert_eq!(figure(failover, "recovery_s"), 2.0);
    // A disaster that destroys the disk leaves nothing to bring back.
    let destroyed = "[failures.chance]\nof = \"databases.main.0\"\nmtbf = \"4.5 s\"\nmttr = \"1 h\"\ndestroys = true\n";
    let played = story(asked, 13, &format!("replicas = 2\n{lag}{FAILOVER}{recovery}{destroyed}"));
    assert_eq!(count(&played, "writes_lost"), 2);
    assert_eq!(count(&played, "writes_recovered"), 0);
}

/// Writes are acknowledged after 250 ms to a replica. Nothing that was
/// reported as done is lost; writes under way fail with their primary.
#[test]
fn semi_synchronous_writes_are_not_lost() {
    let asked = every('w', 50, 13_000, 100);
    let replication =
        "[databases.main.replication]\nextra_lag = \"250 ms\"\nmode = { semi-synchronous = 1 }\n";
    let played = story(asked, 13, &format!("replicas = 2\n{replication}{FAILOVER}{DIES}"));
    let expected = runs(&[
        (50, 4_250, "0"),
        (4_350, 4_450, "lost"),
        (4_550, 6_950, "refused"),
        (7_050, 8_950, "no_primary"),
        (9_050, 12_950, "1"),
    ]);
    assert_eq!(fates(&played, 'w'), expected);
    assert_eq!(count(&played, "writes_lost"), 0);
    assert_eq!(count(&played, "writes_unacknowledged"), 0);
    let first = &played.recorder.trace.requests[1];
    assert_eq!(first.response, Duration::from_nanos(250_000_000));
}

/// The only replica dies: writes wait for its acknowledgement until its death
/// is noticed at 7 s; then they go on without one, and are counted.
#[test]
fn too_few_replicas_hold_writes_up_until_that_is_noticed() {
    let asked = every('w', 50, 9_000, 100);
    let dies = "[events.dies]\nat = \"4.5 s\"\nkill = \"databases.main.replica\"\n";
    for mode in ["{ semi-synchronous = 1 }", "\"synchronous\""] {
        let replication = format!("[databases.main.replication]\nmode = {mode}\n");
        let played =
            story(asked.clone(), 9, &format!("replicas = 1\n{replication}{FAILOVER}{dies}"));
        for request in &played.recorder.trace.requests[1..] {
            let at = request.arrival.as_nanos() / 1_000_000;
            let expected = if (4_500..7_000).contains(&at) { 7_000 - at } else { 0 };
            assert_eq!(request.response.as_nanos(), expected * 1_000_000, "{mode} at {at}");
        }
        // 25 that waited, and 20 after them.
        assert_eq!(count(&played, "writes_unacknowledged"), 45);
    }
}

/// Noticed at 7 s, a new machine at 8 s; 1 KB copied at 1 KB/s: 10 slices of
/// 100 ms, until 9 s; then the writes since 8 s, at 10 ms each, until 9.11 s:
/// those at 8.05 … 8.95, and the one of 9.05.
#[test]
fn a_new_replica_is_copied_and_catches_up() {
    let mut asked = every('w', 50, 12_000, 100);
    asked.extend(every('r', 25, 12_000, 50));
    let dies = "[events.dies]\nat = \"4.5 s\"\nkill = \"databases.main.replica\"\n";
    let costs = "[databases.main.costs]\napply = { cpu = \"10 ms\" }\n";
    let new = "new_replica = { after = \"1 s\", copy = \"1 KB/s\" }\n";
    let played = story(asked, 12, &format!("replicas = 1\n{costs}{FAILOVER}{new}{dies}"));
    let expected = runs(&[
        (25, 4_475, "1"),
        (4_525, 6_975, "refused"),
        (7_025, 9_075, "0"),
        (9_125, 11_975, "1"),
    ]);
    assert_eq!(fates(&played, 'r'), expected);
    let rebuild = incident(&played, "rebuild");
    assert_eq!(figure(rebuild, "copy_s"), 1.0);
    assert_eq!((rebuild.start, rebuild.end), (at(4_500), Some(at(9_110))));
    let disk = |instance: u32| {
        let stations = played.measured.stations.iter();
        let name = |label: &highwater::simulation::blueprint::Label| label.instance == instance;
        stations
            .filter(|s| name(&s.label) && s.capacity == Some(1))
            .map(|s| s.arrivals)
            .sum::<u64>()
    };
    assert_eq!((disk(0), disk(1)), (10, 0), "slices are read at the source");
}

/// As above, but the new replica dies at 8.5 s, in the middle of its copy:
/// another machine at 9.5 s, copied until 10.5 s; then the writes since 9.5 s,
/// until 10.61 s. Whether the dead one is back before does not matter.
#[test]
fn a_copy_that_dies_is_begun_again() {
    let mut asked = every('w', 50, 12_000, 100);
    asked.extend(every('r', 25, 12_000, 50));
    let costs = "[databases.main.costs]\napply = { cpu = \"10 ms\" }\n";
    let new = "new_replica = { after = \"1 s\", copy = \"1 KB/s\" }\n";
    for lasts in ["2 s", "500 ms"] {
        let dies = format!(
            "[events.first]\nat = \"4.5 s\"\nkill = \"databases.main.1\"\n\
             [events.again]\nat = \"8.5 s\"\nkill = \"databases.main.1\"\nfor = \"{lasts}\"\n"
        );
        let database = format!("replicas = 1\n{costs}{FAILOVER}{new}{dies}");
        let played = story(asked.clone(), 12, &database);
        let expected = runs(&[
            (25, 4_475, "1"),
            (4_525, 6_975, "refused"),
            (7_025, 10_575, "0"),
            (10_625, 11_975, "1"),
        ]);
        assert_eq!(fates(&played, 'r'), expected, "{lasts}");
        let rebuild = incident(&played, "rebuild");
        assert_eq!((rebuild.start, rebuild.end), (at(4_500), Some(at(10_610))), "{lasts}");
        assert_eq!(figure(rebuild, "copy_s"), 1.0);
    }
}

/// Both die, the replica first: the disk of the primary is the only one with
/// the writes since 3 s. No empty machine takes its place at 8 s; it leads
/// again at 9.5 s, and nothing is lost.
#[test]
fn the_only_complete_disk_is_waited_for() {
    let asked = every('w', 50, 16_000, 100);
    let new = "new_replica = { after = \"1 s\", copy = \"1 KB/s\" }\n";
    let dies = "[events.first]\nat = \"3 s\"\nkill = \"databases.main.1\"\n\
                [events.then]\nat = \"4.5 s\"\nkill = \"databases.main.0\"\nfor = \"5 s\"\n";
    let played = story(asked, 16, &format!("replicas = 1\n{FAILOVER}{new}{dies}"));
    let expected = runs(&[
        (50, 4_450, "0"),
        (4_550, 6_950, "refused"),
        (7_050, 9_450, "no_primary"),
        (9_550, 15_950, "0"),
    ]);
    assert_eq!(fates(&played, 'w'), expected);
    assert_eq!(count(&played, "writes_lost"), 0);
    // The replica has been replaced meanwhile.
    assert!(incident(&played, "rebuild").end.is_some());
}

/// The primary hangs from 4.5 to 10.5 s. What was under way there at a commit
/// after its replacement fails: it is fenced off.
#[test]
fn a_hung_primary_is_replaced_and_fenced_off() {
    let mut asked = every('w', 50, 12_000, 100);
    asked.push((4_495, 'w'));
    let hangs =
        "[events.hangs]\nat = \"4.5 s\"\nhang = \"databases.main.primary\"\nfor = \"6 s\"\n";
    let costs = "[databases.main.costs]\nwrite = { cpu = \"10 ms\" }\n";
    let played = story(asked, 12, &format!("replicas = 1\n{costs}{FAILOVER}{hangs}"));
    let failover = incident(&played, "failover");
    assert_eq!((failover.start, failover.end), (at(4_500), Some(at(9_000))));
    let writes = fates(&played, 'w');
    let expected = runs(&[(50, 4_450, "0"), (4_495, 8_950, "no_primary"), (9_050, 11_950, "1")]);
    assert_eq!(writes, expected);
}

/// Not fenced off, the old primary is back at 10.5 s and takes every other
/// write: 15 until 13.5 s. All are of one key, that both sides write.
#[test]
fn without_fencing_there_are_two_primaries() {
    let asked = every('w', 50, 13_500, 100);
    let unfenced = FAILOVER.to_owned() + "fencing = false\n";
    let played = story(asked, 14, &format!("replicas = 2\n{unfenced}{DIES}for = \"6 s\"\n"));
    assert_eq!(count(&played, "split_brain_writes"), 15);
    assert_eq!(count(&played, "conflicts"), 1);
    let last: Vec<String> =
        fates(&played, 'w').into_iter().filter(|run| run.0 > 10_500).map(|run| run.2).collect();
    assert_eq!(last.len(), 30, "in turn: {last:?}");
}

/// A network that parts the primary from both replicas: they hear nothing of
/// it and replace it; what it commits meanwhile is lost.
#[test]
fn a_primary_that_nobody_hears_is_replaced() {
    let asked = every('w', 50, 12_000, 100);
    let cut = "[events.cut]\nat = \"4.5 s\"\ncut = [\"databases.main.0\", \"databases.main\"]\nfor = \"6 s\"\n";
    let played = story(asked, 12, &format!("replicas = 2\n{FAILOVER}{cut}"));
    let expected = runs(&[(50, 6_950, "0"), (7_050, 8_950, "no_primary"), (9_050, 11_950, "1")]);
    assert_eq!(fates(&played, 'w'), expected);
    // Those from 4.55 to 6.95 s.
    assert_eq!(count(&played, "writes_lost"), 25);
}

/// No failover: the dead primary stays the primary.
#[test]
fn without_failover_writes_fail_until_the_primary_is_back() {
    let asked = every('w', 50, 12_000, 100);
    let played = story(asked, 12, &format!("replicas = 2\n{DIES}for = \"4 s\"\n"));
    let expected = runs(&[(50, 4_450, "0"), (4_550, 8_450, "refused"), (8_550, 11_950, "0")]);
    assert_eq!(fates(&played, 'w'), expected);
}

/// Both die, the replica first: nobody can be promoted at 7 s, and the old
/// primary goes on when it is back at 9.5 s.
#[test]
fn without_a_candidate_the_old_primary_is_waited_for() {
    let asked = every('w', 50, 12_000, 100);
    let dies = "[events.first]\nat = \"3 s\"\nkill = \"databases.main.1\"\n\
                [events.then]\nat = \"4.5 s\"\nkill = \"databases.main.0\"\nfor = \"5 s\"\n";
    let played = story(asked, 12, &format!("replicas = 1\n{FAILOVER}{dies}"));
    let expected = runs(&[
        (50, 4_450, "0"),
        (4_550, 6_950, "refused"),
        (7_050, 9_450, "no_primary"),
        (9_550, 11_950, "0"),
    ]);
    assert_eq!(fates(&played, 'w'), expected);
    assert_eq!(figure(incident(&played, "failover"), "rto_s"), 5.0);
}

/// The replica that was chosen dies while it is promoted, at 8 s: noticed at
/// 10 s, the other one leads at 12 s.
#[test]
fn a_death_during_promotion_leads_to_another_choice() {
    let asked = every('w', 50, 14_000, 100);
    let dies = "[events.then]\nat = \"8 s\"\nkill = \"databases.main.1\"\n";
    let played = story(asked, 14, &format!("replicas = 2\n{FAILOVER}{DIES}{dies}"));
    let expected = runs(&[
        (50, 4_450, "0"),
        (4_550, 6_950, "refused"),
        (7_050, 11_950, "no_primary"),
        (12_050, 13_950, "2"),
    ]);
    assert_eq!(fates(&played, 'w'), expected);
    let failover = incident(&played, "failover");
    assert_eq!((failover.start, failover.end), (at(4_500), Some(at(12_000))));
}

/// Every instance takes writes; what another has written of the key within
/// the lag of 250 ms, unseen, is a conflict. One write every 100 ms in turn
/// over three instances: each after the first sees neither of the two before.
#[test]
fn primaries_that_write_the_same_key_are_in_conflict() {
    let replication =
        "[databases.main.replication]\ntopology = \"multi-primary\"\nextra_lag = \"250 ms\"\n";
    let played = story(every('w', 50, 1_050, 100), 2, &format!("replicas = 2\n{replication}"));
    assert_eq!(count(&played, "conflicts"), 9);
    let played = story(every('w', 50, 5_000, 300), 6, &format!("replicas = 2\n{replication}"));
    assert_eq!(count(&played, "conflicts"), 0);
}

/// A ring of three with 100 ms from each to the next: a write at 0 is stale at
/// 1 for 100 ms, at 2 for 200 ms. With 1 dead, 2 never hears of it.
#[test]
fn a_ring_passes_on_and_a_gap_stops_it() {
    let replication = "[databases.main.replication]\ntopology = \"ring\"\nextra_lag = \"100 ms\"\n";
    // Reads in turn at 0, 1, 2 after the only write, at 1 s, which is at 0.
    let reads = |from: u64| vec![(1_000, 'w'), (from, 'r'), (from + 1, 'r'), (from + 2, 'r')];
    let base = format!("replicas = 2\nread_from = \"any\"\n{replication}");
    let stale = |from: u64, more: &str| {
        count(&story(reads(from), 6, &format!("{base}{more}")), "stale_reads")
    };
    assert_eq!((stale(1_050, ""), stale(1_150, ""), stale(1_250, "")), (2, 1, 0));
    let gap = "[events.gap]\nat = \"1.05 s\"\nkill = \"databases.main.1\"\nfor = \"3 s\"\n";
    // 1 is out of the pool; 2 has not heard of the write.
    assert_eq!(stale(4_020, gap), 1);
    // 1 is back at 4.05 s and has it at 4.15 s, 2 at 4.25 s.
    assert_eq!((stale(4_200, gap), stale(4_300, gap)), (1, 0));
}

/// A hundred days of a database of three whose members die every 30 min for 60 s,
/// and whose first primary dies for good: with new replicas it is there as
/// often as without, and it is whole far more often.
#[test]
fn new_replicas_do_no_harm_in_the_long_run() {
    let played = |new: &str| {
        summary(&scenario(&format!(
            r#"
[users]
rate = "1/s"
[datasets.posts]
items = 500_000
item_size = "2 KB"
[endpoints.w]
steps = [{{ update = "posts" }}]
[machines.m]
vcpus = 2
[entry]
to = "services.web"
[services.web]
machine = "m"
public = true
[databases.main]
machine = "m"
replicas = 2
[databases.main.failover]
heartbeat = "1 s"
misses = 3
promotion = "4 s"
{new}
[failures.db]
of = "databases.main"
mtbf = {{ exponential = "30 min" }}
mttr = {{ exponential = "60 s" }}
[events.dies]
at = "100 s"
kill = "databases.main.primary"
[run]
duration = "100 d"
replications = 4
availability_only = true
"#
        )))
    };
    let with = played("new_replica = { after = \"10 s\", copy = \"100 MB/s\" }");
    let without = played("");
    let there = |one: &highwater::experiment::summary::Summary| {
        value(one.availability_by_time.as_ref().expect("it can fail"))
    };
    let reduced = |one: &highwater::experiment::summary::Summary| {
        value(one.reduced_redundancy.as_ref().expect("it can be reduced"))
    };
    assert!(there(&with) > 0.99, "{}", there(&with));
    assert!(there(&with) > there(&without) - 0.001, "{} {}", there(&with), there(&without));
    assert!(reduced(&with) < 0.2 && reduced(&without) > 0.99, "{}", reduced(&with));
}
