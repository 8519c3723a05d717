//! Clients who try again, give up, or ask twice. Rates are per millisecond, times
//! in milliseconds.

/// Attempts whose latency is exponential of mean `latency`, given up after
/// `timeout`, at most `attempts` of them, with full jitter after a doubling
/// `backoff`. All attempts are independent: their number is geometric, cut off.
#[derive(Clone, Copy)]
pub(crate) struct Retries {
    pub(crate) latency: f64,
    pub(crate) timeout: f64,
    pub(crate) attempts: u32,
    pub(crate) backoff: f64,
}

impl Retries {
    /// P(one attempt fails).
    fn fails(self) -> f64 {
        libm::exp(-self.timeout / self.latency)
    }

    pub(crate) fn fail_for_good(self) -> f64 {
        libm::pow(self.fails(), f64::from(self.attempts))
    }

    pub(crate) fn attempts_mean(self) -> f64 {
        (0..self.attempts).map(|k| libm::pow(self.fails(), f64::from(k))).sum()
    }

    /// Mean response time of what was answered.
    pub(crate) fn response(self) -> f64 {
        let p = self.fails();
        let last = self.latency - self.timeout * p / (1.0 - p);
        let by_attempt = |k: u32| {
            let pauses: f64 = (0..k).map(|j| 0.5 * self.backoff * f64::from(1 << j)).sum();
            let spent = f64::from(k) * self.timeout + pauses + last;
            libm::pow(p, f64::from(k)) * (1.0 - p) * spent
        };
        (0..self.attempts).map(by_attempt).sum::<f64>() / (1.0 - self.fail_for_good())
    }
}

/// M/M/c+M: Palm 1957; Garnett, Mandelbaum & Reiman 2002.
#[derive(Clone, Copy)]
pub(crate) struct ErlangA {
    pub(crate) arrival: f64,
    pub(crate) service: f64,
    pub(crate) servers: u32,
    /// Rate at which one who waits gives up.
    pub(crate) impatience: f64,
}

impl ErlangA {
    /// Rate at which one of `present` leaves.
    fn leaves(self, present: u32) -> f64 {
        let waiting = f64::from(present.saturating_sub(self.servers));
        f64::from(present.min(self.servers)) * self.service + waiting * self.impatience
    }

    /// Stationary law of the number present, far beyond all that is likely.
    fn law(self) -> Vec<f64> {
        let mut law = vec![1.0];
        for present in 1..400 {
            law.push(law[present as usize - 1] * self.arrival / self.leaves(present));
        }
        let total: f64 = law.iter().sum();
        law.iter().map(|weight| weight / total).collect()
    }

    /// Share of those who come that give up: θ E[Q] / λ.
    pub(crate) fn abandoned(self) -> f64 {
        let waiting = |n: usize| (n as f64 - f64::from(self.servers)).max(0.0);
        let queue: f64 = self.law().iter().enumerate().map(|(n, share)| waiting(n) * share).sum();
        self.impatience * queue / self.arrival
    }

    /// Mean wait of those who are served. Who finds k waiting passes stages of
    /// rate c μ + j θ, j = k … 0, while its own patience of rate θ lasts; how
    /// long a stage takes does not depend on which of the two ends it.
    pub(crate) fn wait_of_served(self) -> f64 {
        let law = self.law();
        let (mut passes, mut time) = (1.0, 0.0);
        let (mut served, mut waited) = (law[..self.servers as usize].iter().sum::<f64>(), 0.0);
        for (k, share) in law[self.servers as usize..].iter().enumerate() {
            let stage = f64::from(self.servers) * self.service + k as f64 * self.impatience;
            passes *= stage / (stage + self.impatience);
            time += 1.0 / (stage + self.impatience);
            served += share * passes;
            waited += share * passes * time;
        }
        waited / served
    }
}

/// The first of two exponentials of mean `latency`, the second `after` later.
#[derive(Clone, Copy)]
pub(crate) struct Hedge {
    pub(crate) latency: f64,
    pub(crate) after: f64,
}

impl Hedge {
    /// P(no answer before the second one starts).
    pub(crate) fn share(self) -> f64 {
        libm::exp(-self.after / self.latency)
    }

    pub(crate) fn survival(self, t: f64) -> f64 {
        let second = (t - self.after).max(0.0);
        libm::exp(-(t + second) / self.latency)
    }

    pub(crate) fn mean(self) -> f64 {
        self.latency * (1.0 - 0.5 * self.share())
    }

    /// Mean time before the second one started, of answers that came from it.
    pub(crate) fn waited(self) -> f64 {
        0.5 * self.after * self.share()
    }
}
