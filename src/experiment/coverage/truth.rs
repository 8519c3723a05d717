//! What the figures of the study are exactly, by formulas that share nothing
//! with the simulator. Rates per second, times in seconds.

use crate::kernel::math;

/// A time that is a mixture of exponentials: weights, of any sign and with the
/// sum 1, and rates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mixture(Vec<(f64, f64)>);

impl Mixture {
    /// M/M/1, FIFO: exponential of rate μ − λ (Kleinrock, *Queueing Systems* I,
    /// eq. 5.118).
    pub(super) fn mm1(arrivals: f64, service: f64) -> Self {
        Self(vec![(1.0, service - arrivals)])
    }

    /// M/M/c, FIFO: a service, and with the probability of Erlang C before it an
    /// exponential wait of rate cμ − λ (Gross & Harris, *Fundamentals of Queueing
    /// Theory*, §2.3).
    pub(super) fn mmc(arrivals: f64, service: f64, servers: u32) -> Self {
        let load = arrivals / service;
        let blocked = (1..=servers)
            .fold(1.0, |blocked, number| load * blocked / (f64::from(number) + load * blocked));
        let servers = f64::from(servers);
        let waits = blocked / (1.0 - load / servers * (1.0 - blocked));
        let wait = servers * service - arrivals;
        Self(vec![(1.0 - waits, service)]).and(&Self::sum(wait, service), waits)
    }

    /// M/H2/1, FIFO, with `branches` of probability and rate: the transform of
    /// Pollaczek and Khinchine, (1 − ρ) s S*(s) ÷ (s − λ + λ S*(s)), has two poles;
    /// partial fractions (Kleinrock I, eq. 5.100).
    pub(super) fn mh2(arrivals: f64, branches: [(f64, f64); 2]) -> Self {
        let [(first, fast), (second, slow)] = branches;
        let load = arrivals * (first / fast + second / slow);
        // Numerator of S*, and what is left of the denominator without its zero.
        let numerator = |s: f64| first * fast * (slow + s) + second * slow * (fast + s);
        let linear = fast + slow - arrivals;
        let constant = fast * slow - arrivals * (second * fast + first * slow);
        let root = (linear * linear - 4.0 * constant).sqrt();
        let (one, other) = (0.5 * (linear - root), 0.5 * (linear + root));
        let weight = |at: f64, away: f64| (1.0 - load) * numerator(-at) / ((away - at) * at);
        Self(vec![(weight(one, other), one), (weight(other, one), other)])
    }

    /// Two FIFO queues in a row, half of the requests leaving after the first:
    /// sojourns at both are exponential and independent (Reich 1957; Jackson 1957).
    pub(super) fn half_go_on(first: f64, second: f64) -> Self {
        Self(vec![(0.5, first)]).and(&Self::sum(first, second), 0.5)
    }

    /// The sum of two exponential times of different rates.
    fn sum(one: f64, other: f64) -> Self {
        let weight = other / (other - one);
        Self(vec![(weight, one), (1.0 - weight, other)])
    }

    /// The same with further parts, whose weights are multiplied by `share`.
    fn and(mut self, parts: &Self, share: f64) -> Self {
        self.0.extend(parts.0.iter().map(|(weight, rate)| (share * weight, *rate)));
        self
    }

    /// The mean in milliseconds.
    pub(super) fn mean_ms(&self) -> f64 {
        1e3 * self.0.iter().map(|(weight, rate)| weight / rate).sum::<f64>()
    }

    /// A quantile in milliseconds, by bisection.
    pub(super) fn quantile_ms(&self, p: f64) -> f64 {
        let beyond = |t: f64| -> f64 {
            self.0.iter().map(|(weight, rate)| weight * math::exp(-rate * t)).sum()
        };
        let (mut low, mut high) = (0.0, 1.0);
        while beyond(high) > 1.0 - p {
            high *= 2.0;
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if beyond(middle) > 1.0 - p { low = middle } else { high = middle }
        }
        1e3 * high
    }
}

/// At least two of three machines up, each for a share `up` of the time and by
/// itself (Barlow & Proschan, *Mathematical Theory of Reliability*, ch. 2).
pub(super) fn two_of_three(up: f64) -> f64 {
    3.0 * up * up - 2.0 * up * up * up
}

/// Answered ÷ offered of M/M/1 whose server dies at rate `deaths`, loses whoever
/// is there, and refuses whoever comes until it is repaired. While up, the
/// number present is geometric of ratio r, μr² − (λ + μ + ξ)r + λ = 0 (Towsley &
/// Tripathi, *Operations Research Letters* 10, 1991; Yechiali, *Queueing
/// Systems* 56, 2007).
pub(super) fn answered_despite_deaths(
    arrivals: f64,
    service: f64,
    deaths: f64,
    repairs: f64,
) -> f64 {
    let sum = arrivals + service + deaths;
    // The smaller root, without the cancellation.
    let ratio = 2.0 * arrivals / (sum + (sum * sum - 4.0 * service * arrivals).sqrt());
    let up = repairs / (deaths + repairs);
    up - up * deaths * ratio / ((1.0 - ratio) * arrivals)
}

#[cfg(test)]
mod tests {
    //! Goal: the exact values are right. Method: those of the reference
    //! scenarios, and special cases.
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!((value / expected - 1.0).abs() < 1e-8, "{value} {expected}");
    }

    #[test]
    fn the_values_are_those_of_the_reference_scenarios() {
        near(Mixture::mm1(80.0, 100.0).quantile_ms(0.99), 230.2585092994);
        let mm4 = Mixture::mmc(320.0, 100.0, 4);
        near(mm4.mean_ms(), 17.4554058973);
        near(mm4.quantile_ms(0.95), 47.3801949604);
        near(mm4.quantile_ms(0.99), 68.9320374888);
        let mh2 = Mixture::mh2(60.0, [(0.8, 200.0), (0.2, 1.0 / 0.03)]);
        near(mh2.mean_ms(), 40.0);
        near(mh2.quantile_ms(0.95), 149.734878521);
        near(mh2.quantile_ms(0.99), 244.0491734285);
        near(answered_despite_deaths(60.0, 100.0, 5.0, 20.0), 0.7214061103);
        near(two_of_three(0.8), 0.896);
    }

    #[test]
    fn a_request_that_goes_on_takes_both_times() {
        let network = Mixture::half_go_on(75.0, 25.0);
        near(network.mean_ms(), 1e3 / 75.0 + 0.5 * 1e3 / 25.0);
        // P(T > t) at the quantile, from the densities folded by hand.
        let t = network.quantile_ms(0.99) / 1e3;
        let exp = |rate: f64| math::exp(-rate * t);
        let both = (75.0 * exp(25.0) - 25.0 * exp(75.0)) / 50.0;
        near(0.5 * exp(75.0) + 0.5 * both, 0.01);
    }
}
