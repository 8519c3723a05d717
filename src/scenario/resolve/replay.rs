//! Recorded requests: CSV files and access logs.

use super::super::model::ReplayedRequest;
use super::super::reader::{Item, Reader, suggestion};
use super::attach;
use super::names::Scope;
use crate::kernel::time::Instant;
use std::collections::BTreeMap;

/// Numbers users in order of first appearance.
#[derive(Default)]
struct Users(BTreeMap<String, u32>);

impl Users {
    fn number(&mut self, name: &str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

/// Columns of a CSV file: seconds, then user and endpoint, by header or order.
struct Columns {
    user: Option<usize>,
    endpoint: Option<usize>,
}

/// Reads a CSV file of requests.
pub(super) fn csv(item: &Item<'_>, scope: &Scope<'_>) -> Option<Vec<ReplayedRequest>> {
    let bytes = attach(item)?;
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
    let mut columns = Columns { user: Some(1), endpoint: Some(2) };
    let mut users = Users::default();
    let mut timed: Vec<(f64, ReplayedRequest)> = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let fault =
            |message: String| item.fault("E304", format!("row {}: {message}", row + 1), None);
        let Ok(record) = record else {
            fault("is no CSV, or not UTF-8".to_owned());
            return None;
        };
        let first = record.get(0).unwrap_or_default().trim();
        let seconds = first.parse::<f64>().ok().filter(|at| at.is_finite());
        let Some(seconds) = seconds else {
            if row > 0 {
                fault(format!("{first:?} is no number of seconds"));
                return None;
            }
            let find = |name| record.iter().position(|header| header.trim() == name);
            columns = Columns { user: find("user"), endpoint: find("endpoint") };
            continue;
        };
        let field = |column: Option<usize>| {
            column
                .and_then(|column| record.get(column))
                .map(str::trim)
                .filter(|text| !text.is_empty())
        };
        let endpoint = match field(columns.endpoint) {
            None => None,
            Some(name) => match scope.endpoints.id(name) {
                Some(id) => Some(id),
                None => {
                    let message = format!("row {}: there is no endpoint `{name}`", row + 1);
                    item.fault("E201", message, suggestion(name, scope.endpoints.iter()));
                    return None;
                }
            },
        };
        let user = field(columns.user).map(|name| users.number(name));
        timed.push((seconds, ReplayedRequest { at: Instant::ZERO, user, endpoint, bytes: None }));
    }
    from_first(item, timed)
}

/// Sorts by time and counts time from the first request.
fn from_first(
    item: &Item<'_>,
    mut timed: Vec<(f64, ReplayedRequest)>,
) -> Option<Vec<ReplayedRequest>> {
    timed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let Some(&(first, _)) = timed.first() else {
        item.fault("E304", "the recording holds no request", None);
        return None;
    };
    let at = |seconds: f64| Instant::from_nanos(((seconds - first) * 1e9).round() as u64);
    if timed.last().is_some_and(|(last, _)| at(*last) > Instant::MAX) {
        item.fault(
            "E105",
            "the recording is longer than the clock, which ends after 146 years",
            None,
        );
        return None;
    }
    Some(
        timed
            .into_iter()
            .map(|(seconds, request)| ReplayedRequest { at: at(seconds), ..request })
            .collect(),
    )
}

/// One line of a log.
struct Line<'l> {
    host: &'l str,
    second: i64,
    method: &'l str,
    url: &'l str,
    bytes: Option<u64>,
}

/// Reads an access log in the common log format (the combined one too).
pub(super) fn log(reader: &Reader<'_>, scope: &Scope<'_>) -> Option<Vec<ReplayedRequest>> {
    let item = reader.get("replay_log")?;
    let patterns = patterns(reader, scope);
    let bytes = attach(&item)?;
    let (mut users, mut unread, mut unmatched) = (Users::default(), 0_usize, 0_usize);
    let mut seconds: Vec<(i64, ReplayedRequest)> = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let line = String::from_utf8_lossy(line);
        if line.trim().is_empty() {
            continue;
        }
        let Some(line) = parse_line(&line) else {
            unread += 1;
            continue;
        };
        let matched = patterns.iter().find(|pattern| pattern.matches(line.method, line.url));
        if matched.is_none() && !patterns.is_empty() {
            unmatched += 1;
            continue;
        }
        let user = Some(users.number(line.host));
        let endpoint = matched.map(|pattern| pattern.endpoint);
        let request = ReplayedRequest { at: Instant::ZERO, user, endpoint, bytes: line.bytes };
        seconds.push((line.second, request));
    }
    if unread + unmatched > 0 {
        let message = format!(
            "{unread} lines of the log cannot be read, {unmatched} match no URL pattern; all are left out"
        );
        item.context.warn("W402", item.node.origin, message, None);
    }
    from_first(&item, spread(seconds))
}

/// A log knows whole seconds: the requests of one are spread evenly over it.
fn spread(mut seconds: Vec<(i64, ReplayedRequest)>) -> Vec<(f64, ReplayedRequest)> {
    seconds.sort_by_key(|(second, _)| *second);
    let first = seconds.first().map_or(0, |(second, _)| *second);
    let mut out = Vec::with_capacity(seconds.len());
    for together in seconds.chunk_by(|a, b| a.0 == b.0) {
        let count = together.len() as f64;
        for (index, (second, request)) in together.iter().enumerate() {
            out.push(((second - first) as f64 + index as f64 / count, *request));
        }
    }
    out
}

/// `host ident user [day/month/year:h:m:s zone] "METHOD /url PROTOCOL" status bytes`.
fn parse_line(line: &str) -> Option<Line<'_>> {
    let (host, rest) = line.split_once(' ')?;
    let (time, rest) = rest.split_once('[')?.1.split_once(']')?;
    let (request, rest) = rest.split_once('"')?.1.split_once('"')?;
    let mut words = request.split_whitespace();
    let (method, url) = (words.next()?, words.next()?);
    let bytes = rest.split_whitespace().nth(1)?.parse().ok();
    Some(Line { host, second: parse_time(time)?, method, url, bytes })
}

/// `10/Oct/2000:13:55:36 -0700` in seconds since 1970.
fn parse_time(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (date, zone) = text.trim().split_once(' ').unwrap_or((text.trim(), "+0000"));
    let mut parts = date.splitn(4, ['/', ':']);
    let day: i64 = parts.next()?.parse().ok()?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let year: i64 = parts.next()?.parse().ok()?;
    let mut clock = parts.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let plausible = (1..=31).contains(&day)
        && (1900..=9999).contains(&year)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    let offset: i64 = zone.parse().ok().filter(|offset: &i64| offset.abs() <= 2_400)?;
    let offset = (offset / 100) * 3_600 + (offset % 100) * 60;
    let days = days_since_1970(year, month, day);
    plausible.then(|| days * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

/// Days of the proleptic Gregorian calendar, years counted from March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// A URL pattern: literals with `*` between, a method before it or none.
struct Pattern {
    method: Option<String>,
    literals: Vec<String>,
    endpoint: usize,
}

impl Pattern {
    fn matches(&self, method: &str, url: &str) -> bool {
        if self.method.as_deref().is_some_and(|wanted| wanted != method) {
            return false;
        }
        let [first, middle @ .., last] = &self.literals[..] else {
            return self.literals.first().is_some_and(|only| only == url);
        };
        let Some(mut rest) = url.strip_prefix(first.as_str()) else { return false };
        for literal in middle {
            let Some(at) = rest.find(literal.as_str()) else { return false };
            rest = &rest[at + literal.len()..];
        }
        rest.ends_with(last.as_str())
    }

    fn literal_length(&self) -> usize {
        self.literals.iter().map(String::len).sum()
    }
}

/// The patterns, the longest literal first.
fn patterns(reader: &Reader<'_>, scope: &Scope<'_>) -> Vec<Pattern> {
    let entries = reader.get("urls").map_or_else(Vec::new, |item| item.entries());
    let mut patterns: Vec<Pattern> = Vec::new();
    for (text, _, item) in entries {
        let Some(endpoint) = scope.endpoints.find(&item) else { continue };
        let (method, url) = match text.split_once(' ') {
            Some((method, url)) => (Some(method.to_owned()), url.trim()),
            None => (None, text),
        };
        let literals = url.split('*').map(str::to_owned).collect();
        patterns.push(Pattern { method, literals, endpoint });
    }
    patterns.sort_by_key(|pattern| {
        std::cmp::Reverse((pattern.literal_length(), pattern.method.is_some()))
    });
    patterns
}
