//! Servers that fail and are repaired. Rates are per millisecond, times in
//! milliseconds, but where only their ratio counts.

/// Machines that fail by themselves and are repaired by crews.
#[derive(Clone, Copy)]
pub(crate) struct Repairs {
    pub(crate) machines: u32,
    pub(crate) needed: u32,
    pub(crate) crews: u32,
    pub(crate) up: f64,
    pub(crate) down: f64,
}

impl Repairs {
    /// π(j), j failed: the product over the cuts (Trivedi 2002, §8.2).
    fn law(self) -> Vec<f64> {
        let mut law = vec![1.0];
        for failed in 1..=self.machines {
            let failing = f64::from(self.machines - failed + 1) / self.up;
            let repairing = f64::from(failed.min(self.crews)) / self.down;
            law.push(law[failed as usize - 1] * failing / repairing);
        }
        let sum: f64 = law.iter().sum();
        law.iter().map(|weight| weight / sum).collect()
    }

    /// Too few machines work.
    pub(crate) fn unavailability(self) -> f64 {
        self.law()[(self.machines - self.needed + 1) as usize..].iter().sum()
    }

    /// A machine is missing.
    pub(crate) fn reduced(self) -> f64 {
        1.0 - self.law()[0]
    }

    /// Mean time from failure to the end of the repair, by Little's law.
    pub(crate) fn incident(self) -> f64 {
        let law = self.law();
        let states = || law.iter().zip(0_u32..);
        let failed: f64 = states().map(|(share, j)| share * f64::from(j)).sum();
        let working = |j: u32| f64::from(self.machines - j);
        let rate: f64 = states().map(|(share, j)| share * working(j) / self.up).sum();
        failed / rate
    }
}

/// An M/M/1 whose server breaks down, busy or idle.
#[derive(Clone, Copy)]
pub(crate) struct Breakdowns {
    pub(crate) arrival: f64,
    pub(crate) service: f64,
    pub(crate) failing: f64,
    pub(crate) repairing: f64,
}

impl Breakdowns {
    pub(crate) fn availability(self) -> f64 {
        self.repairing / (self.failing + self.repairing)
    }

    /// Mean number present where service goes on after the repair (White &
    /// Christie 1958; Mitrany & Avi-Itzhak 1968).
    pub(crate) fn present(self) -> f64 {
        let Self { arrival, service, failing, repairing } = self;
        let both = failing + repairing;
        let spare = repairing * (service - arrival) - arrival * failing;
        arrival * (both * both + service * failing) / (both * spare)
    }

    /// Ratio of the geometric number present while up, where a failure clears
    /// the queue: μ r² − (λ + μ + ξ) r + λ = 0.
    fn ratio(self) -> f64 {
        let half = 0.5 * (self.arrival + self.service + self.failing);
        (half - libm::sqrt(half * half - self.service * self.arrival)) / self.service
    }

    /// Share of all requests that are lost in such a failure.
    pub(crate) fn lost(self) -> f64 {
        let present = self.ratio() / (1.0 - self.ratio());
        self.availability() * self.failing * present / self.arrival
    }

    /// Rate of the exponential response of those that are answered.
    pub(crate) fn drain(self) -> f64 {
        self.arrival * (1.0 - self.ratio()) / self.ratio()
    }
}
