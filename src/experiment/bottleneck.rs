//! What saturates first.

use super::summary::{Bottleneck, Estimate, StationResult, TimeSeries};
use crate::simulation::blueprint::{Blueprint, CpuPlan, GroupPlan};
use crate::tier::balancer::Policy;

/// Stations with less headroom than this are saturated alike.
const SATURATED: f64 = 0.02;

/// The station with the least headroom. Among saturated ones a CPU or a disk
/// comes before a pool: places are held by those who wait for it.
///
/// `course` is given where the load moves: utilisation is then that of the
/// busiest bucket.
pub(super) fn bottleneck(
    plan: &Blueprint,
    stations: &[StationResult],
    course: Option<&TimeSeries>,
) -> Option<Bottleneck> {
    let candidates = stations.iter().filter_map(|station| {
        let utilisation = typical_utilisation(plan, stations, station, course);
        let headroom = headroom(utilisation.value?, cpu_of(plan, station))?;
        let rank = (headroom.max(SATURATED), u8::from(station.kind == "pool"));
        Some((rank, station, utilisation))
    });
    let (_, tightest, utilisation) =
        candidates.reduce(|least, next| if next.0 < least.0 { next } else { least })?;
    let cpu = cpu_of(plan, tightest);
    let at = |end: Option<f64>| end.and_then(|end| headroom(end, cpu));
    Some(Bottleneck {
        station: tightest.name.clone(),
        headroom: Estimate {
            value: at(utilisation.value),
            low: at(utilisation.high).map(|low| low.max(0.0)),
            high: at(utilisation.low),
            ..utilisation.clone()
        },
        utilisation,
    })
}

/// Utilisation of an instance; the mean over all of them where the balancer
/// evens them out as load grows: its ties go to the lowest number, which is
/// busier than the others only while there is room.
fn typical_utilisation(
    plan: &Blueprint,
    stations: &[StationResult],
    station: &StationResult,
    course: Option<&TimeSeries>,
) -> Estimate {
    let mut utilisation = station.utilisation.clone();
    if plan.groups.iter().any(|group| evens_out(group, station)) {
        let alike: Vec<&StationResult> =
            stations.iter().filter(|other| other.name == station.name).collect();
        let mean = |of: fn(&Estimate) -> Option<f64>| -> Option<f64> {
            // Machines that were never there have none.
            let ran = alike.iter().filter(|other| other.utilisation.value.is_some());
            let ends: Option<Vec<f64>> = ran.map(|other| of(&other.utilisation)).collect();
            let ends = ends.filter(|ends| !ends.is_empty())?;
            Some(ends.iter().sum::<f64>() / ends.len() as f64)
        };
        utilisation.value = mean(|estimate| estimate.value);
        utilisation.low = mean(|estimate| estimate.low);
        utilisation.high = mean(|estimate| estimate.high);
    }
    let peak = course.map_or(1.0, |course| peak_to_mean(course, &station.name));
    let at_peak = |end: Option<f64>| end.map(|end| (end * peak).min(1.0));
    utilisation.value = at_peak(utilisation.value);
    utilisation.low = at_peak(utilisation.low);
    utilisation.high = at_peak(utilisation.high);
    utilisation
}

/// Whether a group chooses by load among the instances of a station.
fn evens_out(group: &GroupPlan, station: &StationResult) -> bool {
    let by_load = matches!(group.policy, Policy::LeastConnections | Policy::TwoChoices);
    let rest = station.name.strip_prefix(&group.name);
    by_load && group.instances > 1 && rest.is_some_and(|rest| rest.starts_with('.'))
}

/// The busiest bucket of a station over the mean of all.
fn peak_to_mean(course: &TimeSeries, station: &str) -> f64 {
    let is_wanted = |name: &str, figure: &str| name == station && figure == "utilisation";
    let wanted = course.series.iter().find(|series| is_wanted(&series.component, &series.figure));
    let values: Vec<f64> =
        wanted.map_or(Vec::new(), |series| series.values.iter().flatten().copied().collect());
    // A machine that was dead is left out, as in its utilisation.
    let at_work = values.iter().filter(|&&share| share > 0.0);
    let mean = at_work.clone().sum::<f64>() / at_work.count().max(1) as f64;
    let peak = values.iter().copied().fold(0.0, f64::max);
    if mean > 0.0 { peak / mean } else { 1.0 }
}

fn cpu_of<'a>(plan: &'a Blueprint, station: &StationResult) -> Option<&'a CpuPlan> {
    let name = |cpu: &CpuPlan| &plan.stations.names[usize::from(cpu.label.name)].name;
    let mut cpus = plan.stations.cpus.iter();
    cpus.find(|cpu| cpu.label.instance == station.instance && *name(cpu) == station.name)
}

/// How much more load a station carries. Utilisation grows in proportion to
/// load (utilisation law), so 1 ÷ ρ − 1; where the vCPUs of a machine hinder
/// each other, the speed of all of them over that of the mean number busy. Speed
/// is concave in that number, so this errs to the safe side: up to a tenth of
/// the capacity less than there is.
fn headroom(utilisation: f64, cpu: Option<&CpuPlan>) -> Option<f64> {
    if utilisation <= 0.0 {
        return None;
    }
    let Some(cpu) = cpu else {
        return Some(1.0 / utilisation - 1.0);
    };
    let all = f64::from(cpu.vcpus);
    // A lone job hinders nobody: below one busy vCPU speed is in proportion.
    let busy = utilisation * all;
    let used = if busy < 1.0 { busy } else { speed(cpu, busy) };
    Some(speed(cpu, all) / used - 1.0)
}

/// Work per second of `busy` vCPUs (Universal Scalability Law, Gunther 2007).
fn speed(cpu: &CpuPlan, busy: f64) -> f64 {
    busy / (1.0 + cpu.contention * (busy - 1.0) + cpu.coherency * busy * (busy - 1.0))
}

#[cfg(test)]
mod tests {
    //! Goal: headroom is what the laws say. Method: worked values.
    use super::*;
    use crate::simulation::blueprint::Label;

    fn cpu(vcpus: u32, contention: f64, coherency: f64) -> CpuPlan {
        let label = Label { name: 0, instance: 0, role: None };
        CpuPlan { label, vcpus, fifo: false, contention, coherency }
    }

    #[test]
    fn half_busy_carries_twice_the_load_where_nothing_hinders() {
        assert_eq!(headroom(0.5, None), Some(1.0));
        assert_eq!(headroom(0.5, Some(&cpu(8, 0.0, 0.0))), Some(1.0));
    }

    #[test]
    fn a_large_machine_carries_less() {
        // 16 of 32 busy: 16 ÷ 1.498 = 10.68; all: 32 ÷ 2.1284 = 15.03.
        let headroom = headroom(0.5, Some(&cpu(32, 0.03, 0.0002))).expect("busy");
        assert!((headroom - 0.4076).abs() < 1e-3, "{headroom}");
    }
}
