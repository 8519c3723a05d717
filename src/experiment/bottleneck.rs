//! What saturates first.

use super::summary::{Bottleneck, Estimate, StationResult};
use crate::simulation::blueprint::{Blueprint, CpuPlan};

/// The station instance with the least headroom.
pub(super) fn bottleneck(plan: &Blueprint, stations: &[StationResult]) -> Option<Bottleneck> {
    let with_headroom = stations.iter().filter_map(|station| {
        let cpu = cpu_of(plan, station);
        let headroom = |utilisation: f64| headroom(utilisation, cpu);
        Some((station, headroom(station.utilisation.value?)?))
    });
    let (tightest, _) =
        with_headroom.reduce(|least, next| if next.1 < least.1 { next } else { least })?;
    let cpu = cpu_of(plan, tightest);
    let utilisation = &tightest.utilisation;
    let at = |end: Option<f64>| end.and_then(|end| headroom(end, cpu));
    Some(Bottleneck {
        station: tightest.name.clone(),
        headroom: Estimate {
            value: at(utilisation.value),
            low: at(utilisation.high).map(|low| low.max(0.0)),
            high: at(utilisation.low),
            ..utilisation.clone()
        },
        utilisation: utilisation.clone(),
    })
}

fn cpu_of<'a>(plan: &'a Blueprint, station: &StationResult) -> Option<&'a CpuPlan> {
    let name = |cpu: &CpuPlan| &plan.stations.names[usize::from(cpu.label.name)].name;
    let mut cpus = plan.stations.cpus.iter();
    cpus.find(|cpu| cpu.label.instance == station.instance && *name(cpu) == station.name)
}

/// How much more load a station carries. Utilisation grows in proportion to
/// load (utilisation law), so 1 ÷ ρ − 1; where the vCPUs of a machine hinder
/// each other, the speed of all of them over that of the busy ones.
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
