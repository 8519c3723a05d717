//! Goal: exact schedules under processor sharing, in whatever order jobs come.
//! Method: a hand-traced schedule; a twin that steps the remaining work of
//! each job in integers; the same in floating point, unrounded; the
//! first-come station, which a limit of one job per vCPU must equal.
use std::collections::{BTreeSet, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::station::cpu::Fifo;

/// (gap since the arrival before, demand) [ns]; the place is the job's number.
type Jobs = Vec<(u64, u64)>;

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

fn span(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

fn finished(job: JobId, sojourn: u64, demand: u64) -> Finished {
    Finished { job, sojourn: span(sojourn), demand: span(demand) }
}

/// Two vCPUs; speed 1 up to two jobs, 2/3 (rounded down) with three:
///
/// | job | arrives | demand | left at 2 | at 4 | at 12 | done |
/// |-----|---------|--------|-----------|------|-------|------|
/// | 1 | 0 | 10 | 8 | 6 | 6 − 8·2/3 = 2/3 | 12 + 2/3, at 13 |
/// | 2 | 2 | 10 | 10 | 8 | 8 − 8·2/3 = 8/3 | 12 + 8/3, at 15 |
/// | 3 | 4 | 5 | – | 5 | done at 4 + 7.5, at 12 | 12 |
/// | 4 | 20 | 3 | – | – | – | 23 |
#[test]
fn two_vcpus_by_hand() {
    let mut cpu = Sharing::new(2, 0.0, 0.0, None);
    assert_eq!(cpu.arrive(at(0), 1, span(10)), Next::At(at(10)));
    assert_eq!(cpu.arrive(at(2), 2, span(10)), Next::Unchanged);
    assert_eq!(cpu.arrive(at(4), 3, span(5)), Next::At(at(12)));
    assert_eq!(cpu.complete(at(12)), (finished(3, 8, 5), Next::At(at(13))));
    assert_eq!(cpu.complete(at(13)), (finished(1, 13, 10), Next::At(at(15))));
    assert_eq!(cpu.complete(at(15)), (finished(2, 13, 10), Next::Idle));
    assert_eq!(cpu.arrive(at(20), 4, span(3)), Next::At(at(23)));
    assert_eq!(cpu.complete(at(23)), (finished(4, 3, 3), Next::Idle));
    let statistics = cpu.statistics();
    // Busy: 1 on [0, 2), 2 on [2, 13), 1 on [13, 15) and [20, 23).
    assert_eq!(statistics.busy.integral(at(30)), 2 + 22 + 2 + 3);
    assert_eq!(statistics.queue.integral(at(30)), 8);
    assert_eq!((statistics.wait_total, statistics.waits), (3 + 3 + 3, 4));
    assert_eq!(cpu.audit(at(30)), Ok(()));
}

#[test]
fn a_lone_job_takes_its_demand() {
    for demand in [0, 1, 7, 1_000_000_007, 1 << 61] {
        let mut cpu = Sharing::new(4, 0.1, 0.1, None);
        assert_eq!(cpu.arrive(at(5), 1, span(demand)), Next::At(at(5 + demand)));
        let (done, next) = cpu.complete(at(5 + demand));
        assert_eq!((done, next), (finished(1, demand, demand), Next::Idle));
        assert_eq!(cpu.audit(at(5 + demand)), Ok(()));
    }
}

#[test]
fn jobs_done_at_one_instant_leave_in_order() {
    let mut cpu = Sharing::new(1, 0.0, 0.0, None);
    cpu.arrive(at(0), 9, span(4));
    cpu.arrive(at(0), 8, span(4));
    assert_eq!(cpu.complete(at(8)), (finished(9, 8, 4), Next::At(at(8))));
    assert_eq!(cpu.complete(at(8)), (finished(8, 8, 4), Next::Idle));
    assert_eq!(cpu.audit(at(8)), Ok(()));
}

#[test]
fn a_job_without_end_lasts_until_the_end_of_time() {
    let mut cpu = Sharing::new(1, 0.0, 0.0, None);
    let next = cpu.arrive(at(100), 1, Duration::MAX);
    assert_eq!(next, Next::At(Instant::MAX));
    assert_eq!(cpu.arrive(at(200), 2, span(10)), Next::At(at(220)));
    assert_eq!(cpu.complete(at(220)).1, Next::At(Instant::MAX));
    assert_eq!(cpu.complete(Instant::MAX).1, Next::Idle);
    assert_eq!(cpu.audit(Instant::MAX), Ok(()));
}

#[test]
fn the_audit_notices_work_that_is_lost_early_or_late() {
    let half_way = |broken: fn(&mut Sharing)| {
        let mut cpu = Sharing::new(2, 0.0, 0.0, None);
        cpu.arrive(at(0), 1, span(10));
        cpu.arrive(at(0), 2, span(20));
        broken(&mut cpu);
        cpu.audit(at(5))
    };
    assert_eq!(half_way(|_| ()), Ok(()));
    let lost = half_way(|cpu| cpu.virtual_time += 1);
    assert!(lost.unwrap_err().contains("jobs received"));
    let early = half_way(|cpu| assert_eq!(cpu.complete(at(4)).0.job, 1));
    assert!(early.unwrap_err().contains("before they were done"));
    let miscounted = half_way(|cpu| cpu.statistics.busy.set(at(0), 1));
    assert!(miscounted.unwrap_err().contains("sojourns"));
    let mut late = Sharing::new(1, 0.0, 0.0, None);
    late.arrive(at(0), 1, span(3));
    assert_eq!(late.audit(at(3)), Ok(()));
    assert!(late.audit(at(4)).unwrap_err().contains("due"));
}

/// What the jobs of a station are found to do: (job, done at), in order.
type Schedule = Vec<(usize, u64)>;

/// Plays the jobs; completions come before arrivals of the same instant.
fn play(mut cpu: Sharing, jobs: &Jobs, window: usize) -> Schedule {
    let (mut done, mut next, mut now) = (Vec::new(), None, 0);
    let mut complete_until = |cpu: &mut Sharing, next: &mut Option<Instant>, until: u64| {
        while let Some(due) = next.filter(|due| due.as_nanos() <= until) {
            let (finished, after) = cpu.complete(due);
            done.push((finished.job as usize, due.as_nanos()));
            *next = match after {
                Next::At(at) => Some(at),
                Next::Idle => None,
                Next::Unchanged => unreachable!("a completion changes the next one"),
            };
            assert_eq!(cpu.audit(due), Ok(()));
        }
    };
    for (job, &(gap, demand)) in jobs.iter().enumerate() {
        now += gap;
        complete_until(&mut cpu, &mut next, now);
        if job == window {
            cpu.begin_window(at(now));
        }
        match cpu.arrive(at(now), job as u32, span(demand)) {
            Next::At(at) => {
                assert_ne!(next, Some(at), "said to have changed");
                next = Some(at);
            }
            Next::Idle => unreachable!("a job has arrived"),
            Next::Unchanged => (),
        }
        assert_eq!(cpu.audit(at(now)), Ok(()));
    }
    complete_until(&mut cpu, &mut next, u64::MAX);
    done
}

/// Steps the remaining work of each job from event to event, in integers.
fn integer_twin(speeds: &Speeds, limit: usize, jobs: &Jobs) -> Schedule {
    let mut arrivals = VecDeque::new();
    let mut now = 0;
    for (job, &(gap, demand)) in jobs.iter().enumerate() {
        now += gap;
        arrivals.push_back((now, job, i128::from(demand) << FRACTION_BITS));
    }
    let (mut serving, mut waiting) = (Vec::<(i128, usize)>::new(), VecDeque::new());
    let (mut done, mut now) = (Vec::new(), 0);
    while !(arrivals.is_empty() && serving.is_empty()) {
        let speed = i128::from(speeds.of(serving.len()));
        let first = serving.iter().copied().min();
        let due = first.map(|(left, _)| now + (left.max(0) + speed - 1) / speed);
        let comes = arrivals.front().map(|&(comes, ..)| i128::from(comes));
        let completes = due.is_some_and(|due| comes.is_none_or(|comes| due <= comes));
        let then = if completes { due } else { comes }.unwrap();
        serving.iter_mut().for_each(|(left, _)| *left -= speed * (then - now));
        now = then;
        if completes {
            let job = first.unwrap().1;
            serving.retain(|serving| serving.1 != job);
            done.push((job, now as u64));
        } else {
            let (_, job, demand) = arrivals.pop_front().unwrap();
            waiting.push_back((demand, job));
        }
        while serving.len() < limit && !waiting.is_empty() {
            serving.push(waiting.pop_front().unwrap());
        }
    }
    done
}

/// When each job is done in continuous time, in floating point.
fn continuous(vcpus: u32, loss: (f64, f64), limit: usize, jobs: &Jobs) -> Vec<f64> {
    let speed = |jobs: usize| {
        let busy = (jobs as f64).min(f64::from(vcpus));
        let loss = 1.0 + loss.0 * (busy - 1.0) + loss.1 * busy * (busy - 1.0);
        busy / loss / jobs as f64
    };
    let (mut left, mut done) = (Vec::<(f64, usize)>::new(), vec![0.0; jobs.len()]);
    let (mut now, mut comes, mut come) = (0.0, jobs[0].0 as f64, 0);
    while come < jobs.len() || !left.is_empty() {
        let serving = left.len().min(limit);
        let speed = speed(serving.max(1));
        let first = (0..serving).min_by(|&a, &b| left[a].0.total_cmp(&left[b].0));
        let due = first.map_or(f64::INFINITY, |first| now + left[first].0 / speed);
        let then = due.min(if come < jobs.len() { comes } else { due });
        left[..serving].iter_mut().for_each(|job| job.0 -= speed * (then - now));
        now = then;
        if due <= then {
            done[left.remove(first.unwrap()).1] = now;
        } else {
            left.push((jobs[come].1 as f64, come));
            come += 1;
            comes += jobs.get(come).map_or(0.0, |job| job.0 as f64);
        }
    }
    done
}

fn jobs(longest: u64) -> impl Strategy<Value = Jobs> {
    let gap = prop_oneof![2 => 0..longest, 1 => Just(0)];
    prop::collection::vec((gap, 0..longest), 1..60)
}

proptest! {
    #[test]
    fn jobs_leave_when_the_integer_twin_says(
        vcpus in 1..5u32,
        loss in prop_oneof![Just((0.0, 0.0)), (0.0..0.5f64, 0.0..0.1f64)],
        limit in prop::option::of(1..7u32),
        jobs in prop_oneof![jobs(12), jobs(1_000), jobs(1 << 40)],
        window in 0..60usize,
    ) {
        let speeds = Speeds::new(vcpus, loss.0, loss.1);
        let most = limit.map_or(usize::MAX, |limit| limit as usize);
        let cpu = Sharing::new(vcpus, loss.0, loss.1, limit);
        prop_assert_eq!(play(cpu, &jobs, window), integer_twin(&speeds, most, &jobs));
    }

    #[test]
    fn jobs_leave_within_a_nanosecond_each_of_continuous_time(
        vcpus in 1..5u32,
        loss in prop_oneof![Just((0.0, 0.0)), (0.0..0.2f64, 0.0..0.02f64)],
        limited in any::<bool>(),
        jobs in jobs(1_000),
    ) {
        let limit = limited.then_some(vcpus);
        let most = limit.map_or(usize::MAX, |limit| limit as usize);
        let cpu = Sharing::new(vcpus, loss.0, loss.1, limit);
        let expected = continuous(vcpus, loss, most, &jobs);
        for (job, done) in play(cpu, &jobs, 0) {
            let late = done as f64 - expected[job];
            let bound = jobs.len() as f64;
            prop_assert!(late.abs() <= bound, "job {} is {} ns late", job, late);
        }
    }

    #[test]
    fn one_job_per_vcpu_without_loss_is_first_come_first_served(
        vcpus in 1..5u32,
        jobs in prop_oneof![jobs(12), jobs(1_000)],
    ) {
        let cpu = Sharing::new(vcpus, 0.0, 0.0, Some(vcpus));
        prop_assert_eq!(play(cpu, &jobs, 0), play_fifo(Fifo::new(vcpus), &jobs));
    }
}

/// As [`play`]; what starts first leaves first of those done at one instant.
fn play_fifo(mut fifo: Fifo, jobs: &Jobs) -> Schedule {
    let (mut done, mut now) = (Vec::new(), 0);
    let mut future = BTreeSet::<(u64, u64, usize)>::new();
    let mut started = 0..;
    let mut begin = |at: Instant, job: usize| (at.as_nanos(), started.next().unwrap(), job);
    for job in 0..=jobs.len() {
        now = jobs.get(job).map_or(u64::MAX, |job| now + job.0);
        while future.first().is_some_and(|&(due, ..)| due <= now) {
            let (due, _, job) = future.pop_first().unwrap();
            done.push((job, due));
            if let Some(next) = fifo.complete(at(due)) {
                future.insert(begin(next.completes_at, next.job as usize));
            }
        }
        if let Some(&(_, demand)) = jobs.get(job)
            && let Some(due) = fifo.arrive(at(now), job as u32, span(demand))
        {
            future.insert(begin(due, job));
        }
    }
    done
}
