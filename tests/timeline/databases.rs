//! Databases whose instances die, beyond a failover of the primary: who
//! answers reads meanwhile.

use crate::course::course_of;
use crate::death::site;

/// One web server, and a database with so many replicas: reads of 1 ms at 0,
/// 20, 40 … and writes of 2 ms at 10, 30, 50 …, each without work before it.
fn story(replicas: u32, database: &str, more: &str) -> crate::course::Course {
    let costs = "costs = { read = { cpu = \"1 ms\" }, write = { cpu = \"2 ms\" } }";
    let costs = if database.contains("costs") { "" } else { costs };
    let rest = format!(
        "[endpoints.write]\nshare = 1\nsteps = [{{ update = \"posts\" }}]\n\
         [datasets.posts]\nitems = 1\nitem_size = \"1 KB\"\n[databases.main]\nmachine = \"m\"\n\
         replicas = {replicas}\n{costs}\n{database}\n{more}"
    );
    let text = site(&rest)
        .replace("interarrival = \"10 ms\"", "replay = \"arrivals.csv\"")
        .replace("[endpoints.page]", "[endpoints.read]\nshare = 1")
        .replace("{ cpu = \"8 ms\" }", "{ read = \"posts\" }")
        .replace("vcpus = 8", "vcpus = 8\n        disk = { iops = 1000 }")
        .replace("instances = 2", "instances = 1");
    let rows = (0..100).map(|number| {
        let kind = if number % 2 == 0 { "read" } else { "write" };
        format!("{}.{:03},{kind}\n", number / 100, number * 10 % 1000)
    });
    let csv = format!("time_s,endpoint\n{}", rows.collect::<String>());
    course_of(&text, &[("arrivals.csv", &csv)])
}

/// No failover: the primary is dead from 205 to 505, and nobody takes its
/// place. Writes are refused; the replicas answer reads all the time.
#[test]
fn without_failover_a_dead_primary_stops_writes_alone() {
    let death =
        "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nkill = \"databases.main.primary\"";
    let found = story(2, "", death);
    found.of("read", &[("0..980", "web.0 main.1 1 | web.0 main.2 1")]);
    found.of(
        "write",
        &[
            ("10..190", "web.0 main.0 2"),
            ("210..490", "web.0 refused 0"),
            ("510..990", "web.0 main.0 2"),
        ],
    );
}

/// The same in silence: who writes gives up after 60 ms. The write of 490
/// called before the primary came back, and waits for nothing.
#[test]
fn a_silent_primary_costs_writers_their_patience() {
    let death = "[events.death]\nat = \"205 ms\"\nfor = \"300 ms\"\nhow = \"silence\"\nkill = \"databases.main.primary\"";
    let found = story(1, "", death);
    found.of("read", &[("0..980", "web.0 main.1 1")]);
    found.of(
        "write",
        &[
            ("10..190", "web.0 main.0 2"),
            ("210..490", "web.0 unreachable 60"),
            ("510..990", "web.0 main.0 2"),
        ],
    );
}

/// The primary hangs from 205 to 305: writes wait for it, reads go on.
#[test]
fn a_hung_primary_holds_writes_up() {
    let pause =
        "[events.pause]\nat = \"205 ms\"\nfor = \"100 ms\"\nhang = \"databases.main.primary\"";
    let found = story(1, "", pause);
    found.of("read", &[("0..980", "web.0 main.1 1")]);
    found.of(
        "write",
        &[
            ("10..190", "web.0 main.0 2"),
            ("210..290", "web.0 main.0 =307"),
            ("310..990", "web.0 main.0 2"),
        ],
    );
}

/// The replica is slow to a quarter from 205 to 505: reads take 4 ms.
#[test]
fn a_slow_replica_slows_reads_alone() {
    let heat = "[events.heat]\nat = \"205 ms\"\nfor = \"300 ms\"\nslow = \"databases.main.replica\"\nspeed = 0.25";
    let found = story(1, "", heat);
    found.of(
        "read",
        &[
            ("0..200", "web.0 main.1 1"),
            ("220..500", "web.0 main.1 4"),
            ("520..980", "web.0 main.1 1"),
        ],
    );
    found.of("write", &[("10..990", "web.0 main.0 2")]);
}

/// Failover with heartbeats every 100 ms, two missed: the heartbeats of 300
/// and 400 are missing. One of two replicas dies at 205: reads in turn meet it
/// and are refused until 400; then the healthy one answers all. It is back at
/// 705, and answers again once it has applied what it missed.
#[test]
fn one_of_two_replicas_dies_and_the_healthy_one_answers() {
    let failover = "failover = { heartbeat = \"100 ms\", misses = 2, promotion = \"50 ms\" }";
    let death = "[events.death]\nat = \"205 ms\"\nfor = \"500 ms\"\nkill = \"databases.main.2\"";
    let found = story(2, failover, death);
    found.of(
        "read",
        &[
            ("0..200", "web.0 main.1 1 | web.0 main.2 1"),
            ("220..380", "web.0 refused 0 | web.0 main.1 1"),
            ("400..700", "web.0 main.1 1"),
            ("720..980", "web.0 main.2 1 | web.0 main.1 1"),
        ],
    );
    found.of("write", &[("10..990", "web.0 main.0 2")]);
}

/// The primary dies at 205 with the same heartbeats: writes are refused by its
/// machine until that is noticed at 400, fail for want of a primary until 450,
/// and go to the promoted replica from then on.
#[test]
fn a_primary_dies_and_a_replica_takes_its_place() {
    let failover = "failover = { heartbeat = \"100 ms\", misses = 2, promotion = \"50 ms\" }";
    let death = "[events.death]\nat = \"205 ms\"\nkill = \"databases.main.primary\"";
    let found = story(2, failover, death);
    found.of(
        "write",
        &[
            ("10..190", "web.0 main.0 2"),
            ("210..390", "web.0 refused 0"),
            ("410..430", "web.0 no_primary 0"),
            ("450..990", "web.0 main.1 2"),
        ],
    );
}

/// A replica drains from 205 to 505: reads go to the other one.
#[test]
fn a_draining_replica_gets_no_reads() {
    let care = "[events.care]\nat = \"205 ms\"\nfor = \"300 ms\"\ndrain = \"databases.main.2\"";
    story(2, "", care).of(
        "read",
        &[
            ("0..200", "web.0 main.1 1 | web.0 main.2 1"),
            ("220..500", "web.0 main.1 1"),
            ("520..980", "web.0 main.2 1 | web.0 main.1 1"),
        ],
    );
}

/// The only replica drains: the primary answers reads meanwhile. A primary
/// that drains goes on taking writes, as nobody else may.
#[test]
fn a_draining_replica_leaves_reads_to_the_primary() {
    let care =
        "[events.care]\nat = \"205 ms\"\nfor = \"300 ms\"\ndrain = \"databases.main.replica\"";
    story(1, "", care).of(
        "read",
        &[
            ("0..200", "web.0 main.1 1"),
            ("220..500", "web.0 main.0 1"),
            ("520..980", "web.0 main.1 1"),
        ],
    );
    let care = "[events.care]\nat = \"205 ms\"\nfor = \"300 ms\"\ndrain = \"databases.main\"";
    let found = story(1, "read_from = \"any\"", care);
    found.of("read", &[("0..980", "web.0 main.0 1 | web.0 main.1 1")]);
    found.of("write", &[("10..990", "web.0 main.0 2")]);
}

/// Writes take 5 ms on the disk, one after the other.
fn with_disk(more: &str) -> crate::course::Course {
    let costs = "costs = { read = { cpu = \"1 ms\" }, write = { disk_writes = 5 } }";
    story(0, costs, more)
}

/// The primary hangs from 212 to 262: the access of the write of 210 ends at
/// 215, and the write with the thaw; those of 230 and 250 are taken at 262 and
/// done at 267 and 272; that of 270 waits for the last of them.
#[test]
fn a_disk_access_under_way_ends_though_its_database_hangs() {
    let pause = "[events.pause]\nat = \"212 ms\"\nfor = \"50 ms\"\nhang = \"databases.main\"";
    with_disk(pause).of(
        "write",
        &[
            ("10..190", "web.0 main.0 5"),
            ("210", "web.0 main.0 =262"),
            ("230", "web.0 main.0 =267"),
            ("250", "web.0 main.0 =272"),
            ("270", "web.0 main.0 7"),
            ("290..990", "web.0 main.0 5"),
        ],
    );
}

/// Half the speed from 212 to 312: the access of 210 keeps its time, those of
/// 230 to 310 take 10 ms, as that of 310 was asked for in that time.
#[test]
fn a_slow_disk_is_slow_for_those_who_come() {
    let heat =
        "[events.heat]\nat = \"212 ms\"\nfor = \"100 ms\"\nslow = \"databases.main\"\nspeed = 0.5";
    with_disk(heat).of(
        "write",
        &[
            ("10..210", "web.0 main.0 5"),
            ("230..310", "web.0 main.0 10"),
            ("330..990", "web.0 main.0 5"),
        ],
    );
}

/// Dead from 212 to 262: the access is lost with the database, and the disk is
/// free when it comes back.
#[test]
fn a_disk_access_dies_with_its_database() {
    let death = "[events.death]\nat = \"212 ms\"\nfor = \"50 ms\"\nkill = \"databases.main\"";
    with_disk(death).of(
        "write",
        &[
            ("10..190", "web.0 main.0 5"),
            ("210", "web.0 main.0 lost 2"),
            ("230..250", "web.0 refused 0"),
            ("270..990", "web.0 main.0 5"),
        ],
    );
}
