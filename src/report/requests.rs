//! `requests.csv`: traced requests, hop by hop.

use super::text::field;
use crate::experiment::summary::TracedResult;

/// One line per request and hop, in the order of its way; a request without
/// any hop (a failed one) has one line.
pub fn csv(requests: &[TracedResult]) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let header = [
        "request",
        "endpoint",
        "client",
        "user",
        "arrival_s",
        "outcome",
        "retries",
        "response_ms",
        "served_by",
        "hop",
        "hop_ms",
    ];
    // Writing into memory cannot fail.
    let _ = writer.write_record(header);
    for (number, request) in requests.iter().enumerate() {
        let head = [
            number.to_string(),
            field(&request.endpoint),
            field(&request.client),
            request.user.to_string(),
            format!("{:.9}", request.arrival_s),
            request.outcome.clone(),
            request.retries.to_string(),
            format!("{:.6}", request.response_ms),
            field(&served_by(request)),
        ];
        let none = [(String::new(), f64::NAN)];
        let hops = if request.hops.is_empty() { &none[..] } else { &request.hops };
        for (hop, millis) in hops {
            let time = if millis.is_nan() { String::new() } else { format!("{millis:.6}") };
            let tail = [field(hop), time];
            let _ = writer.write_record(head.iter().chain(&tail));
        }
    }
    writer.into_inner().unwrap_or_default()
}

/// The instances that took its calls, one after the other.
fn served_by(request: &TracedResult) -> String {
    let names: Vec<&str> = request.visits.iter().map(|(_, node)| node.as_str()).collect();
    names.join(" ")
}

#[cfg(test)]
mod tests {
    //! Goal: each hop has its line, hostile names stay text. Method: two
    //! requests, one answered, one failed.
    use super::*;

    fn request(outcome: &str, hops: Vec<(String, f64)>) -> TracedResult {
        TracedResult {
            endpoint: "=cmd()".to_owned(),
            client: "browser".to_owned(),
            user: 7,
            arrival_s: 0.5,
            outcome: outcome.to_owned(),
            retries: 0,
            response_ms: 12.5,
            hops,
            visits: vec![(0.5, "services.web.0".to_owned()), (0.6, "databases.main.1".to_owned())],
            keys: Vec::new(),
        }
    }

    #[test]
    fn a_line_per_hop() {
        let hops = vec![("dns".to_owned(), 2.5), ("network".to_owned(), 10.0)];
        let text = csv(&[request("answered", hops), request("rejected", Vec::new())]);
        let text = String::from_utf8(text).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(
            lines[1].ends_with("answered,0,12.500000,services.web.0 databases.main.1,dns,2.500000"),
            "{}",
            lines[1]
        );
        assert!(lines[3].ends_with("databases.main.1,,"), "{}", lines[3]);
        assert!(!lines[1].contains(",=cmd"), "{}", lines[1]);
    }
}
