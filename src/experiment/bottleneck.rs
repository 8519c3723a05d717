//! What saturates first.

use super::summary::{Bottleneck, Estimate, StationResult};

/// The station with the busiest instance, and how much more load it carries:
/// utilisation grows in proportion (utilisation law), so 1 ÷ ρ − 1.
pub(super) fn bottleneck(stations: &[StationResult]) -> Option<Bottleneck> {
    let busiest = stations.iter().filter(|station| station.utilisation.value.is_some()).reduce(
        |busiest, next| match next.utilisation.value > busiest.utilisation.value {
            true => next,
            false => busiest,
        },
    )?;
    let headroom = |utilisation: f64| 1.0 / utilisation - 1.0;
    let utilisation = &busiest.utilisation;
    let positive = |end: Option<f64>| end.filter(|&value| value > 0.0).map(headroom);
    Some(Bottleneck {
        station: busiest.name.clone(),
        headroom: Estimate {
            value: positive(utilisation.value),
            low: positive(utilisation.high).map(|low| low.max(0.0)),
            high: positive(utilisation.low),
            ..utilisation.clone()
        },
        utilisation: utilisation.clone(),
    })
}
