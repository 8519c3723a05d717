//! What is paid by use: which counted figure of which component, and the price
//! of one. What stands there by the hour has its price in the machines.

use super::model::Topology;

/// The price of one unit of what a component has done.
#[derive(Clone, Debug, PartialEq)]
pub struct UsagePrice {
    /// Whose use: the name of a part of the cost.
    pub part: String,
    /// The component that counts it, as the results name it.
    pub component: String,
    /// The figures whose sum is paid for.
    pub figures: Vec<&'static str>,
    /// How they count.
    pub measure: Measure,
    /// Price of one.
    pub price: f64,
}

/// How a figure counts what is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A total of the measured time.
    Total,
    /// A mean per second.
    PerSecond,
}

const MILLION: f64 = 1e6;
const GIGABYTE: f64 = 1e9;

/// All that is paid by use, in a fixed order.
pub fn usage_prices(topology: &Topology) -> Vec<UsagePrice> {
    let mut prices = Vec::new();
    if let Some(dns) = &topology.dns {
        prices.push(UsagePrice {
            part: "dns".into(),
            component: "dns".into(),
            figures: vec!["queries"],
            measure: Measure::Total,
            price: dns.price_per_million / MILLION,
        });
    }
    if let Some(cdn) = &topology.cdn {
        prices.push(UsagePrice {
            part: "cdn".into(),
            component: "cdn".into(),
            figures: vec!["bytes_served_per_s"],
            measure: Measure::PerSecond,
            price: cdn.price_per_gb / GIGABYTE,
        });
    }
    for queue in &topology.queues {
        let name = format!("queues.{}", queue.name);
        prices.push(UsagePrice {
            part: name.clone(),
            component: name,
            // One operation to publish, one to receive, one to acknowledge.
            figures: vec!["published", "deliveries", "acknowledged"],
            measure: Measure::Total,
            price: queue.price_per_million / MILLION,
        });
    }
    prices.push(UsagePrice {
        part: "network".into(),
        component: "users".into(),
        figures: vec!["egress_bytes_per_s"],
        measure: Measure::PerSecond,
        price: topology.network.egress_price_per_gb / GIGABYTE,
    });
    prices
}
