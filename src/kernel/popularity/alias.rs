//! Draws from a finite distribution in constant time.

/// The alias method of Walker 1977, built in linear time by Vose 1991 ("A linear
/// algorithm for generating random numbers with a given distribution", IEEE
/// Transactions on Software Engineering 17(9)).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AliasTable {
    slots: Box<[Slot]>,
}

/// One of n equal shares of the probability, split between two outcomes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Slot {
    /// The slot's own outcome has this part of it, in units of 2^-64.
    threshold: u64,
    /// The outcome that has the rest.
    alias: u32,
}

impl AliasTable {
    /// A table of outcomes with these weights, of which at least one is above
    /// zero.
    pub(super) fn new(weights: &[f64]) -> Self {
        let average = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut parts: Vec<f64> = weights.iter().map(|weight| weight / average).collect();
        let own = |outcome: usize| Slot { threshold: u64::MAX, alias: outcome as u32 };
        let mut slots: Box<[Slot]> = (0..weights.len()).map(own).collect();
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) =
            (0..weights.len()).partition(|&outcome| parts[outcome] < 1.0);
        while let (Some(&needy), Some(&giver)) = (poor.last(), rich.last()) {
            poor.pop();
            slots[needy] = Slot { threshold: fraction_to_bits(parts[needy]), alias: giver as u32 };
            parts[giver] -= 1.0 - parts[needy];
            if parts[giver] < 1.0 {
                rich.pop();
                poor.push(giver);
            }
        }
        // What is left on either stack is one but for rounding: the slot is whole.
        Self { slots }
    }

    /// The outcome of 64 random bits: the high part of their product with the
    /// number of slots n chooses the slot, the low part splits it. Probabilities
    /// are exact to n × 2^-64.
    #[inline]
    pub(super) fn outcome(&self, bits: u64) -> usize {
        let product = u128::from(bits) * self.slots.len() as u128;
        let index = (product >> 64) as usize;
        let slot = self.slots[index];
        if (product as u64) < slot.threshold { index } else { slot.alias as usize }
    }
}

/// A fraction in [0, 1) in units of 2^-64.
fn fraction_to_bits(fraction: f64) -> u64 {
    (fraction * 18_446_744_073_709_551_616.0) as u64
}

#[cfg(test)]
mod tests {
    //! Goal: the slots give every outcome its weight. Method: the shares of all
    //! slots added up, for any weights.
    use super::*;
    use proptest::{collection::vec, prop_assert, proptest};

    proptest! {
        #[test]
        fn slots_add_up_to_the_weights(weights in vec(0.0..1.0f64, 1..200), large in 1.0..1e6f64) {
            let mut weights = weights;
            weights[0] = large;
            let table = AliasTable::new(&weights);
            let mut shares = vec![0.0; weights.len()];
            for (outcome, slot) in table.slots.iter().enumerate() {
                let own = slot.threshold as f64 / 18_446_744_073_709_551_616.0;
                shares[outcome] += own;
                shares[slot.alias as usize] += 1.0 - own;
            }
            let total: f64 = weights.iter().sum();
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!((share / weights.len() as f64 - weight / total).abs() < 1e-13);
            }
        }
    }
}
