//! Networks of single-server exponential stations.

/// A closed network: (throughput, sojourn over all stations), rates per
/// millisecond. Exact mean value analysis, Reiser & Lavenberg 1980.
pub(crate) fn mean_value_analysis(users: u32, think: f64, demands: &[f64]) -> (f64, f64) {
    let mut queues = vec![0.0; demands.len()];
    let (mut throughput, mut sojourn) = (0.0, 0.0);
    for n in 1..=users {
        let at: Vec<f64> = demands.iter().zip(&queues).map(|(d, q)| d * (1.0 + q)).collect();
        sojourn = at.iter().sum();
        throughput = f64::from(n) / (think + sojourn);
        queues = at.iter().map(|r| throughput * r).collect();
    }
    (throughput, sojourn)
}

/// Mean time of one visit to a station of an open product-form network: that of
/// an M/M/1 of the same rate (Jackson 1957; Baskett et al. 1975, theorem on open
/// networks, type 1; seen by arrivals: Lavenberg & Reiser 1980).
pub(crate) fn jackson_visit(arrival: f64, visits: f64, service: f64) -> f64 {
    service / (1.0 - arrival * visits * service)
}
