//! Names that are looked up, kept for a while, and found to be out of date.

/// Failed requests per client from the loss of its region on: λδ until the name
/// server knows, then λ p T/2 until the record runs out, where p = λT/(1 + λT)
/// is the chance that the client's resolver holds one (a renewal process of a
/// life T and an exponential gap; Cox 1962, Renewal Theory, §5).
pub(crate) fn failed_per_client(rate: f64, ttl: f64, unnoticed: f64) -> f64 {
    let held = rate * ttl / (1.0 + rate * ttl);
    rate * unnoticed + rate * held * ttl / 2.0
}

/// The same by brute force: the probability of having no record, in small
/// steps from an empty resolver on: look-ups come at rate λ while there is
/// none, and each leaves again after T.
fn failed_per_client_in_steps(rate: f64, ttl: f64, unnoticed: f64, steps: usize) -> f64 {
    let step = ttl / steps as f64;
    let lost = 12 * steps;
    let noticed = lost + (unnoticed / step).round() as usize;
    // Look-ups per step; after `noticed` they answer with another region.
    let (mut without, mut stored) = (1.0, Vec::new());
    let (mut old, mut failed) = (0.0, 0.0);
    for now in 0..noticed + steps {
        let expired: f64 = if now >= steps { stored[now - steps] } else { 0.0 };
        let lookups = without * rate * step;
        without += expired - lookups;
        if now < noticed {
            old += lookups - expired;
        } else {
            old -= expired;
        }
        stored.push(if now < noticed { lookups } else { 0.0 });
        failed += match now {
            _ if now < lost => 0.0,
            _ if now < noticed => rate * step,
            _ => rate * step * old,
        };
        if now >= noticed {
            without = 1.0;
        }
    }
    failed
}

#[test]
fn failed_requests_agree_with_small_steps() {
    for (rate, ttl, unnoticed) in [(0.1, 10.0, 3.5), (0.05, 10.0, 0.0), (0.02, 60.0, 20.0)] {
        let exact = failed_per_client(rate, ttl, unnoticed);
        let steps = failed_per_client_in_steps(rate, ttl, unnoticed, 20_000);
        assert!((steps / exact - 1.0).abs() < 5e-4, "{rate} {ttl} {unnoticed}: {exact} {steps}");
    }
}
