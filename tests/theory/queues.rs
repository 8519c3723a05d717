//! Single stations: Erlang, Pollaczek and Khinchine, Crommelin, Takács, and the
//! limit of two random choices. Rates are per millisecond, times in milliseconds.

/// The root of a function that falls through zero between `low` and `high`.
pub(crate) fn bisect(mut low: f64, mut high: f64, falls: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if falls(middle) > 0.0 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The p-quantile of a time whose survival function is known.
pub(crate) fn quantile(p: f64, survival: impl Fn(f64) -> f64) -> f64 {
    let mut high = 1.0;
    while survival(high) > 1.0 - p {
        high *= 2.0;
    }
    bisect(0.0, high, |t| survival(t) - (1.0 - p))
}

/// Share of a Poisson stream of `load` erlangs that finds all `servers` taken.
/// Erlang 1917.
pub(crate) fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, k| load * blocked / (f64::from(k) + load * blocked))
}

/// Probability that an arrival at M/M/c has to wait.
/// Erlang 1917; from Erlang B as in Kleinrock, *Queueing Systems* I, §3.5.
pub(crate) fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = erlang_b(servers, load);
    blocked / (1.0 - load / f64::from(servers) * (1.0 - blocked))
}

/// M/M/c, first come first served.
#[derive(Clone, Copy)]
pub(crate) struct Mmc {
    pub(crate) arrival: f64,
    pub(crate) service: f64,
    pub(crate) servers: u32,
}

impl Mmc {
    pub(crate) fn waits(self) -> f64 {
        erlang_c(self.servers, self.arrival / self.service)
    }

    /// Rate of the exponential wait of those who wait.
    fn drain(self) -> f64 {
        f64::from(self.servers) * self.service - self.arrival
    }

    pub(crate) fn sojourn(self) -> f64 {
        1.0 / self.service + self.waits() / self.drain()
    }

    /// The sojourn is the service, plus an exponential wait with the
    /// probability of waiting (Gross & Harris, §2.3; for c = 1 it is exponential).
    pub(crate) fn survival(self, t: f64) -> f64 {
        let (waits, stages) = (self.waits(), [self.drain(), self.service]);
        (1.0 - waits) * libm::exp(-self.service * t) + waits * hypoexponential(&stages, t)
    }

    pub(crate) fn quantile(self, p: f64) -> f64 {
        if self.servers == 1 {
            return -libm::log(1.0 - p) / (self.service - self.arrival);
        }
        quantile(p, |t| self.survival(t))
    }
}

/// P(sum of independent exponentials of distinct rates > t).
pub(crate) fn hypoexponential(rates: &[f64], t: f64) -> f64 {
    let term = |&rate: &f64| {
        let others = rates.iter().filter(|&&other| other != rate);
        others.map(|other| other / (other - rate)).product::<f64>() * libm::exp(-rate * t)
    };
    rates.iter().map(term).sum()
}

/// Mean wait of M/G/1: Pollaczek 1930, Khinchine 1932 (Kleinrock I, eq. 5.63).
pub(crate) fn pollaczek_khinchine(arrival: f64, mean: f64, second_moment: f64) -> f64 {
    arrival * second_moment / (2.0 * (1.0 - arrival * mean))
}

/// P(wait ≤ x) in M/D/1: Erlang 1909; Crommelin 1932 for c = 1.
pub(crate) fn md1_wait_cdf(arrival: f64, service: f64, x: f64) -> f64 {
    if x < 0.0 {
        return 0.0;
    }
    let last = libm::floor(x / service) as u32;
    let term = |k: u32| {
        // Σ (λ(kD − x))^k / k! · e^(−λ(kD − x)); the signs alternate.
        let u = arrival * (f64::from(k) * service - x);
        (1..=k).fold(libm::exp(-u), |product, j| product * u / f64::from(j))
    };
    (1.0 - arrival * service) * (0..=last).map(term).sum::<f64>()
}

/// M/H2/1: service is exponential with one of two rates. The transform of the
/// sojourn (Pollaczek–Khinchine, Kleinrock I, eq. 5.100) is rational of degree 2.
#[derive(Clone, Copy)]
pub(crate) struct Mh21 {
    pub(crate) arrival: f64,
    pub(crate) share: [f64; 2],
    pub(crate) rate: [f64; 2],
}

impl Mh21 {
    pub(crate) fn load(self) -> f64 {
        self.arrival * (self.share[0] / self.rate[0] + self.share[1] / self.rate[1])
    }

    pub(crate) fn second_moment(self) -> f64 {
        (0..2).map(|i| 2.0 * self.share[i] / (self.rate[i] * self.rate[i])).sum()
    }

    /// (weight, rate) of the two exponentials whose mixture the sojourn is:
    /// T*(s) = (1−ρ) N(s) / Q(s), Q(s) = (s + r₁)(s + r₂).
    pub(crate) fn sojourn_mixture(self) -> [(f64, f64); 2] {
        let [a, b] = self.rate;
        let numerator = self.share[0] * a + self.share[1] * b;
        let half = 0.5 * (a + b - self.arrival);
        let rest = a * b - self.arrival * (a + b) + self.arrival * numerator;
        let spread = (half * half - rest).sqrt();
        let roots = [half - spread, half + spread];
        [0, 1].map(|i| {
            let (root, other) = (roots[i], roots[1 - i]);
            let residue = (1.0 - self.load()) * (a * b - numerator * root) / (other - root);
            (residue / root, root)
        })
    }

    pub(crate) fn survival(self, t: f64) -> f64 {
        self.sojourn_mixture().iter().map(|(weight, rate)| weight * libm::exp(-rate * t)).sum()
    }
}

/// GI/M/c with Erlang-k gaps: round robin over k servers of a Poisson stream.
/// Takács, *Introduction to the Theory of Queues* (1962), ch. 2.
#[derive(Clone, Copy)]
pub(crate) struct RoundRobin {
    /// Of the whole stream.
    pub(crate) arrival: f64,
    pub(crate) instances: u32,
    pub(crate) servers: u32,
    pub(crate) service: f64,
}

impl RoundRobin {
    fn gap_transform(self, s: f64) -> f64 {
        libm::pow(self.arrival / (self.arrival + s), f64::from(self.instances))
    }

    fn sigma(self) -> f64 {
        let busy = f64::from(self.servers) * self.service;
        bisect(0.0, 1.0 - 1e-9, |s| self.gap_transform(busy * (1.0 - s)) - s)
    }

    /// Rate of the exponential wait of those who wait.
    pub(crate) fn drain(self) -> f64 {
        f64::from(self.servers) * self.service * (1.0 - self.sigma())
    }

    pub(crate) fn waits(self) -> f64 {
        let (c, sigma) = (f64::from(self.servers), self.sigma());
        let (mut product, mut choose, mut sum) = (1.0, 1.0, 0.0);
        for k in 1..=self.servers {
            let j = f64::from(k);
            let transform = self.gap_transform(j * self.service);
            product *= transform / (1.0 - transform);
            choose *= (c - j + 1.0) / j;
            sum += choose / (product * (1.0 - transform)) * (c * (1.0 - transform) - j)
                / (c * (1.0 - sigma) - j);
        }
        1.0 / (1.0 / (1.0 - sigma) + sum) / (1.0 - sigma)
    }
}

/// Mean sojourn in service times of the shorter of two queues drawn at random,
/// with infinitely many servers: Vvedenskaya, Dobrushin & Karpelevich 1996;
/// Mitzenmacher 1996, with d = 2.
pub(crate) fn two_choices(load: f64) -> f64 {
    let exponents = (1..12_u32).map(|i| libm::exp2(f64::from(i)) - 2.0);
    exponents.map(|exponent| libm::pow(load, exponent)).sum()
}

/// Time-average of the age of the oldest write not yet applied, with Poisson
/// commits and one applier that takes them in order.
///
/// While a write with wait W is applied (S), the age climbs from W to W + S:
/// it adds W S + S²/2 to the integral, so that with λ writes per unit of time
/// E[lag] = λ E[S] E[W] + λ E[S²]/2 = ρ E[W] + (1 − ρ) E[W] = E[W], the mean wait.
/// (The age is the attained wait, which has the law of the virtual wait:
/// Sakasegawa & Wolff 1990.)
pub(crate) fn replication_lag(arrival: f64, mean: f64, second_moment: f64) -> f64 {
    let wait = pollaczek_khinchine(arrival, mean, second_moment);
    arrival * mean * wait + 0.5 * arrival * second_moment
}
