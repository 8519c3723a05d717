//! What the timelines share: a scenario played, its requests one by one, and
//! the table that they must agree with.

use crate::support::scenario_with;
use highwater::experiment::run::{PlayOptions, play};
use highwater::experiment::summary::{Results, Summary, TracedResult};

/// More requests than any timeline has.
const ALL: u32 = 1_000_000;

/// A scenario, played with its requests written down one by one.
pub struct Course {
    results: Results,
}

/// Plays a scenario.
pub fn course(text: &str) -> Course {
    course_of(text, &[])
}

/// Plays a scenario that names other files.
pub fn course_of(text: &str, files: &[(&str, &str)]) -> Course {
    let options = PlayOptions { trace: ALL, ..PlayOptions::default() };
    let results = play(&scenario_with(text, files), &options).expect("the audit holds");
    Course { results }
}

/// What became of one request, in the words of the tables:
/// `web.0 8` = answered by `services.web.0` after 8 ms,
/// `web.1 lost 5` = taken by it and lost after 5 ms,
/// `refused 0` = refused at once, taken by nobody,
/// `web.0 =511` = answered by it at 511 ms.
/// Balancers, which take all requests, are left out.
fn fate(request: &TracedResult, at_end: bool) -> String {
    let mut words: Vec<String> = request
        .visits
        .iter()
        .filter(|(_, node)| !node.starts_with("load_balancers."))
        .map(|(_, node)| node.split_once('.').map_or("", |(_, name)| name).to_owned())
        .collect();
    if request.outcome != "answered" {
        words.push(request.outcome.clone());
    }
    words.push(match at_end {
        true => format!("={}", millis(request.arrival_s * 1e3 + request.response_ms)),
        false => millis(request.response_ms),
    });
    words.join(" ")
}

/// Milliseconds, exact to the nanosecond, without zeros at the end.
fn millis(value: f64) -> String {
    format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Course {
    /// Requests that arrived before the end of the run: arrival in
    /// milliseconds, and the request.
    pub fn requests(&self) -> impl Iterator<Item = (f64, &TracedResult)> {
        let end = self.results.summary.simulated_s;
        let within = self.results.traced.iter().filter(move |request| request.arrival_s < end);
        within.map(|request| ((request.arrival_s * 1e9).round() / 1e6, request))
    }

    /// The figures.
    pub fn summary(&self) -> &Summary {
        &self.results.summary
    }

    /// Every request is as a table says. A row is `FIRST..LAST` (arrivals in
    /// milliseconds, both included) or one instant, and what became of the
    /// requests that arrived then, in turn, separated by `|`. Each request
    /// belongs to exactly one row.
    pub fn is(&self, table: &[(&str, &str)]) {
        self.is_for(None, table);
    }

    /// The same for the requests of one endpoint.
    pub fn of(&self, endpoint: &str, table: &[(&str, &str)]) {
        self.is_for(Some(endpoint), table);
    }

    fn is_for(&self, endpoint: Option<&str>, table: &[(&str, &str)]) {
        let of_endpoint =
            |request: &TracedResult| endpoint.is_none_or(|own| request.endpoint == own);
        let mut requests = self.requests().filter(|(_, request)| of_endpoint(request)).peekable();
        let mut wrong = Vec::new();
        for (span, fates) in table {
            let (first, last) = span.split_once("..").unwrap_or((span, span));
            let last: f64 = last.parse().expect("milliseconds");
            let fates: Vec<&str> = fates.split('|').map(str::trim).collect();
            assert_eq!(
                requests.peek().map(|(at, _)| millis(*at)).as_deref(),
                Some(first),
                "{span}"
            );
            let mut place = 0;
            let mut at_last = 0.0;
            while let Some((at, request)) = requests.next_if(|(at, _)| *at <= last) {
                let expected = fates[place % fates.len()];
                let found = fate(request, expected.contains('='));
                if found != expected {
                    wrong.push(format!("{at}: {found}, not {expected}"));
                }
                (place, at_last) = (place + 1, at);
            }
            assert!((at_last - last).abs() < 1e-9, "no request arrived at the end of {span}");
        }
        wrong.extend(
            requests.map(|(at, request)| format!("{at}: {}, in no row", fate(request, false))),
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Incidents as `component kind from–to`, in milliseconds; those that last
    /// to the end have no `to`.
    pub fn incidents(&self) -> Vec<String> {
        let incidents = self.results.summary.incidents.iter();
        incidents
            .map(|incident| {
                let end = incident.end_s.map_or(String::new(), |end| millis(end * 1e3));
                let start = millis(incident.start_s * 1e3);
                format!("{} {} {start}–{end}", incident.component, incident.kind)
            })
            .collect()
    }
}
