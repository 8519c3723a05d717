//! The laws that every run must obey, held exactly in integers.
//!
//! A broken law is a bug in Highwater, never a property of the scenario.

use super::world::World;

/// Offered = answered + failed + in flight; what is taken is given back.
pub const CONSERVATION: &str = "conservation";
/// ∫N dt = Σ sojourns clipped to the window (Little 1961).
pub const LITTLE: &str = "little";
/// Busy time = service delivered ≤ capacity × time.
pub const UTILISATION: &str = "utilisation_law";
/// The parts add up to the response time.
pub const ATTRIBUTION: &str = "attribution";

impl World<'_> {
    /// Laws of the window, checked at its end.
    pub(super) fn audit_window(&mut self) {
        self.audit_little();
        self.audit_stations();
    }

    /// Laws of the whole replication, checked when it is over.
    pub(super) fn audit_end(&mut self) {
        self.audit_conservation();
        self.audit_places();
        self.audit_queues();
    }

    fn audit_little(&mut self) {
        let area = self.recorder.in_system.integral(self.now);
        let sojourns = self.recorder.sojourns_clipped;
        if area != sojourns {
            let detail = format!("∫N dt is {area} ns, the sojourns add up to {sojourns} ns");
            self.recorder.broken_law(LITTLE, detail);
        }
    }

    fn audit_stations(&mut self) {
        let now = self.now;
        let names = &self.plan.stations;
        let pools = names.pools.iter().map(|plan| &plan.label).zip(&self.pools);
        let cpus = names.cpus.iter().map(|plan| &plan.label).zip(&self.cpus);
        let disks = names.disks.iter().map(|plan| &plan.label).zip(&self.disks);
        let faults: Vec<String> = pools
            .map(|(label, pool)| (label, pool.audit(now)))
            .chain(cpus.map(|(label, cpu)| (label, cpu.audit(now))))
            .chain(disks.map(|(label, disk)| (label, disk.audit(now))))
            .filter_map(|(label, audit)| {
                let name = &names.names[usize::from(label.name)].name;
                audit.err().map(|fault| format!("{name} {}: {fault}", label.instance))
            })
            .collect();
        for fault in faults {
            self.recorder.broken_law(UTILISATION, fault);
        }
    }

    fn audit_conservation(&mut self) {
        let endpoints = &self.recorder.endpoints;
        let offered: u64 = endpoints.iter().map(|endpoint| endpoint.offered).sum();
        let settled: u64 = endpoints
            .iter()
            .map(|endpoint| endpoint.answered + endpoint.failed.iter().sum::<u64>())
            .sum();
        let in_flight = self
            .requests
            .iter()
            .filter(|request| request.measured && !request.is_settled())
            .count();
        if offered != settled + in_flight as u64 {
            let detail =
                format!("{offered} offered, {settled} answered or failed, {in_flight} in flight");
            self.recorder.broken_law(CONSERVATION, detail);
        }
    }

    /// Published = acknowledged + dead + waiting + in flight + dropped.
    fn audit_queues(&mut self) {
        let queues = self.plan.queues.iter().zip(&self.queues);
        let faults: Vec<String> = queues
            .filter_map(|(plan, tier)| {
                tier.queue.audit().err().map(|fault| format!("{}: {fault}", plan.name))
            })
            .collect();
        for fault in faults {
            self.recorder.broken_law(CONSERVATION, fault);
        }
    }

    fn audit_places(&mut self) {
        let held: u64 = self.pools.iter().map(|pool| pool.statistics().busy.level()).sum();
        if self.taken != self.given_back + held {
            let detail =
                format!("{} places taken, {} given back, {held} held", self.taken, self.given_back);
            self.recorder.broken_law(CONSERVATION, detail);
        }
    }
}
