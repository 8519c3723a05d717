//! Goal: the files and the text of a run hold what was measured, stay whole
//! whatever names others chose, and keep their bytes.
//! Method: made-up results of three regimes; golden text for all text formats;
//! a reader for well-formed XML; names that try to break out.

#[path = "report/fake.rs"]
mod fake;

use fake::Regime;
use highwater::experiment::comparison::Comparison;
use highwater::experiment::summary::{Estimate, RegionResult, RequestCounts, Results, Series};
use highwater::experiment::validation_row::ValidationRow;
use highwater::report::terminal::{self, Style};
use highwater::report::{ReportOptions, comparison_files, csv, files, json};

const REGIMES: [Regime; 3] = [Regime::Normal, Regime::Overloaded, Regime::Idle];

fn style() -> Style {
    Style { color: false, width: 80, next: Some("highwater capacity shop.toml".to_owned()) }
}

/// Results with few stations and endpoints, so that a golden file can be read.
fn small(regime: Regime) -> Results {
    let mut results = fake::results(regime);
    results.summary.stations.truncate(2);
    results.summary.endpoints.truncate(1);
    results.summary.attribution_ms.truncate(3);
    results
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn terminal_normal() {
    insta::assert_snapshot!(terminal::run(&fake::results(Regime::Normal), &style()));
}

#[test]
fn terminal_overloaded() {
    insta::assert_snapshot!(terminal::run(&fake::results(Regime::Overloaded), &style()));
}

#[test]
fn terminal_idle() {
    insta::assert_snapshot!(terminal::run(&fake::results(Regime::Idle), &style()));
}

#[test]
fn terminal_struck() {
    insta::assert_snapshot!(terminal::run(&fake::struck(), &style()));
}

#[test]
fn terminal_availability_only() {
    insta::assert_snapshot!(terminal::run(&fake::availability_only(), &style()));
}

#[test]
fn incidents_csv() {
    insta::assert_snapshot!(text(csv::incidents(&fake::struck().summary.incidents)));
}

#[test]
fn summary_json_of_failures() {
    let mut results = fake::availability_only();
    results.summary.endpoints.clear();
    results.summary.incidents.truncate(2);
    insta::assert_snapshot!(text(json::summary(&results.summary)));
}

#[test]
fn without_requests_there_are_no_files_of_requests() {
    let files = files(&fake::availability_only(), &ReportOptions::default()).unwrap();
    let names: Vec<_> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(names, ["summary.json", "endpoints.csv", "incidents.csv"]);
}

#[test]
fn incidents_are_shaded_and_named_over_time() {
    let chart = |results: &Results, wanted: &str| {
        let all = files(results, &ReportOptions::default()).unwrap();
        text(all.into_iter().find(|(path, _)| path == wanted).unwrap().1)
    };
    let struck = fake::struck();
    for path in ["charts/over-time.svg", "charts/utilisation.svg", "charts/queues.svg"] {
        let chart = chart(&struck, path);
        well_formed(&chart);
        assert!(chart.contains("failover databases.main"), "{path}");
        assert!(chart.contains("partition zones.eu-a"), "{path}");
        assert!(chart.contains("shaded:"), "{path}");
    }
    let calm = chart(&fake::results(Regime::Normal), "charts/over-time.svg");
    assert!(!calm.contains("shaded:"));
    // Those of another replication lie elsewhere.
    let mut other = fake::struck();
    other.summary.incidents.retain(|one| one.replication == 1);
    assert!(!chart(&other, "charts/over-time.svg").contains("shaded:"));
}

#[test]
fn what_redundancy_bought_is_said() {
    let mut comparison = fake::comparison();
    let words = "Under the same failures b has, per run, 3.2 min less down time (none instead of \
                 3.2 min) against a, for 0.42 an hour more (34 %).";
    comparison.redundancy.push(words.to_owned());
    let answer = terminal::comparison(&comparison, &style());
    assert!(answer.replace('\n', " ").contains(words), "{answer}");
    assert!(text(json::comparison(&comparison)).contains(words));
}

#[test]
fn terminal_comparison() {
    insta::assert_snapshot!(terminal::comparison(&fake::comparison(), &style()));
}

#[test]
fn terminal_validation() {
    let row = |scenario: &str, figure: &str, exact, value, half, deviation_sigmas, passed| {
        ValidationRow {
            scenario: scenario.to_owned(),
            figure: figure.to_owned(),
            exact,
            estimate: fake::estimate(value, half),
            deviation_sigmas,
            passed,
        }
    };
    let rows = [
        row("mm1", "response_time_ms.mean", 50.0, 50.12, 0.3, 0.8, true),
        row("erlang-b", "blocked_share", 0.0123, 0.0131, 0.0002, -5.2, false),
    ];
    insta::assert_snapshot!(terminal::validation(&rows, &style()));
}

#[test]
fn summary_json() {
    insta::assert_snapshot!(text(json::summary(&small(Regime::Overloaded).summary)));
}

#[test]
fn comparison_json() {
    let mut comparison = fake::comparison();
    comparison.designs.clear();
    comparison.differences.truncate(1);
    insta::assert_snapshot!(text(json::comparison(&comparison)));
}

#[test]
fn csv_files() {
    let mut results = small(Regime::Overloaded);
    results.histogram.truncate(3);
    results.timeseries.series.truncate(2);
    for series in &mut results.timeseries.series {
        series.values = vec![Some(1.0 / 3.0), None, Some(2.0)];
    }
    let all = [
        csv::endpoints(&results.summary),
        csv::stations(&results.summary.stations, false),
        csv::timeseries(&results.timeseries),
        csv::histogram(&results.histogram),
        csv::incidents(&[]),
        csv::comparison(&fake::comparison()),
    ];
    insta::assert_snapshot!(all.map(text).join("\n"));
}

#[test]
fn the_answer_fits_a_terminal() {
    for regime in REGIMES {
        let answer = terminal::run(&fake::results(regime), &style());
        assert!(answer.lines().count() <= 42, "{} lines", answer.lines().count());
        for line in answer.lines() {
            assert!(line.chars().count() <= 80, "too long: {line}");
        }
    }
}

#[test]
fn failures_fit_a_terminal() {
    for results in [fake::struck(), fake::availability_only()] {
        let answer = terminal::run(&results, &style());
        assert!(answer.lines().count() <= 55, "{} lines", answer.lines().count());
        for line in answer.lines() {
            assert!(line.chars().count() <= 80, "too long: {line}");
        }
    }
}

#[test]
fn what_cannot_be_trusted_comes_first() {
    let mut results = fake::results(Regime::Overloaded);
    let answer = terminal::run(&results, &style());
    assert!(answer.starts_with("✗ UNSTABLE"), "{answer}");
    assert!(!answer.contains("SATURATED"), "{answer}");
    results.summary.unstable.clear();
    let answer = terminal::run(&results, &style());
    assert!(answer.starts_with("✗ SATURATED: services.web.cpu"), "{answer}");
    let answer = terminal::run(&fake::results(Regime::Normal), &style());
    assert!(answer.contains("SLO undecided") && !answer.contains("SATURATED"), "{answer}");
}

#[test]
fn a_lower_bound_has_no_interval_and_no_smaller_maximum() {
    let answer = terminal::run(&fake::results(Regime::Overloaded), &style());
    let row = answer.lines().find(|line| line.starts_with("response ")).unwrap();
    // The largest answered time is 19.9 s, but requests waited longer unanswered.
    assert!(row.ends_with("≥ 30 s  ≥ 30 s  ≥ 30 s"), "{row}");
}

#[test]
fn counters_at_zero_are_left_out() {
    let answer = terminal::run(&fake::results(Regime::Normal), &style());
    assert!(!answer.contains("stale hits") && !answer.contains("writes lost"), "{answer}");
    assert!(answer.contains("stale reads 112"), "{answer}");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let results = fake::results(Regime::Overloaded);
    let coloured = terminal::run(&results, &Style { color: true, ..style() });
    let codes = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];
    let stripped = codes.iter().fold(coloured.clone(), |text, code| text.replace(code, ""));
    assert!(coloured.contains("\u{1b}[31m✗ SLO missed\u{1b}[0m"));
    assert_eq!(stripped, terminal::run(&results, &style()));
}

#[test]
fn a_run_has_these_files_and_the_same_bytes_again() {
    let results = fake::results(Regime::Normal);
    let options = ReportOptions { png: true, all_instances: false, page: false };
    let once = files(&results, &options).unwrap();
    let names: Vec<_> = once.iter().map(|(path, _)| path.as_str()).collect();
    insta::assert_snapshot!(names.join("\n"));
    assert!(once == files(&results, &options).unwrap(), "other bytes");
    for (path, bytes) in once.iter().filter(|(path, _)| path.ends_with(".png")) {
        assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"), "{path}");
        let width = u32::from_be_bytes(bytes[16..20].try_into().unwrap());
        assert_eq!(width, 1800, "{path}");
    }
}

#[test]
fn large_tiers_are_written_as_aggregates() {
    let mut results = small(Regime::Normal);
    results.summary.stations = (0..250)
        .map(|instance| {
            fake::station("services.web.cpu", "cpu", instance, 0.5 + f64::from(instance) / 1000.0)
        })
        .collect();
    let stations = |all_instances| text(csv::stations(&results.summary.stations, all_instances));
    assert_eq!(stations(true).lines().count(), 251);
    assert_eq!(stations(false).lines().count(), 4);
    assert!(stations(false).contains("services.web.cpu,,mean,250,,cpu,0.6245,,"));
    assert!(stations(false).contains("services.web.cpu,249,worst,250,,cpu,0.749,"));
    assert!(stations(false).contains("services.web.cpu,0,best,250,,cpu,0.5,"));
    for (all_instances, expected) in [(true, 250), (false, 3)] {
        let files =
            files(&results, &ReportOptions { png: false, all_instances, page: false }).unwrap();
        let summary: serde_json::Value = serde_json::from_slice(&files[0].1).unwrap();
        assert_eq!(summary["stations"].as_array().unwrap().len(), expected);
    }
}

#[test]
fn every_chart_is_well_formed() {
    let comparison = comparison_files(&fake::comparison(), &ReportOptions::default()).unwrap();
    let runs =
        REGIMES.map(|regime| files(&fake::results(regime), &ReportOptions::default()).unwrap());
    let mut charts = 0;
    for (path, bytes) in runs.into_iter().flatten().chain(comparison) {
        if path.ends_with(".svg") {
            charts += 1;
            well_formed(&text(bytes));
        }
    }
    assert_eq!(charts, 3 * 6 + 3);
}

/// Results of a run in which nothing happened.
fn nothing() -> Results {
    let mut results = fake::results(Regime::Idle);
    let summary = &mut results.summary;
    let absent = || Estimate::absent("no request was answered");
    let time = &mut summary.response_time_ms;
    let all = [&mut time.mean, &mut time.p50, &mut time.p90, &mut time.p95, &mut time.p99];
    all.into_iter().for_each(|estimate| *estimate = absent());
    time.max = None;
    summary.availability = absent();
    summary.slo.verdict = None;
    summary.slo.terms.clear();
    summary.attribution_ms.clear();
    summary.endpoints.clear();
    summary.stations.clear();
    summary.components.clear();
    summary.bottleneck = None;
    results.percentile_curve.clear();
    results.histogram.clear();
    results.timeseries = Default::default();
    results.map = Default::default();
    results
}

#[test]
fn terminal_nothing() {
    insta::assert_snapshot!(terminal::run(&nothing(), &Style { next: None, ..style() }));
}

#[test]
fn a_run_in_which_nothing_happened_is_reported() {
    let files =
        files(&nothing(), &ReportOptions { png: true, all_instances: false, page: false }).unwrap();
    for (path, bytes) in files.into_iter().filter(|(path, _)| path.ends_with(".svg")) {
        let chart = text(bytes);
        well_formed(&chart);
        assert!(chart.contains("nothing was measured"), "{path}");
    }
}

/// A database that lags so many milliseconds in each bucket.
fn lagging(ms: f64) -> Results {
    let mut results = fake::results(Regime::Normal);
    let values = vec![Some(ms); results.timeseries.buckets];
    for figure in ["replication_lag_ms_max", "conflicts_per_s"] {
        let (component, figure) = ("databases.main".to_owned(), figure.to_owned());
        results.timeseries.series.push(Series { component, figure, values: values.clone() });
    }
    results
}

#[test]
fn a_lag_is_drawn_in_the_unit_that_fits_it() {
    let chart = |ms: f64| {
        let files = files(&lagging(ms), &ReportOptions::default()).unwrap();
        let chart = files.into_iter().find(|(path, _)| path == "charts/lag.svg");
        chart.map(|(_, bytes)| text(bytes))
    };
    for (ms, label, other) in [(40.0, "lag, ms", "lag, s"), (7_600.0, "lag, s", "lag, ms")] {
        let chart = chart(ms).expect("something lags");
        well_formed(&chart);
        assert!(chart.contains(label) && !chart.contains(other), "{ms}");
        assert!(!chart.contains("stale reads"), "nothing was stale");
    }
    assert_eq!(chart(0.0), None, "nothing lags");
    for odd in [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE] {
        chart(odd).iter().for_each(|chart| well_formed(chart));
    }
}

#[test]
fn each_region_has_a_row_and_its_intervals_another() {
    let mut results = fake::results(Regime::Normal);
    let summary = &mut results.summary;
    let requests = |share: u64| RequestCounts {
        offered: summary.requests.offered / 4 * share,
        ..summary.requests.clone()
    };
    let region = |name: &str, share| {
        let region = RegionResult {
            requests: requests(share),
            availability: fake::estimate(0.851, 0.002),
            response_time_ms: summary.response_time_ms.clone(),
            endpoints: Vec::new(),
        };
        (name.to_owned(), region)
    };
    summary.regions = vec![region("eu", 3), region("us", 1)];
    let answer = terminal::run(&results, &style());
    let lines: Vec<Vec<&str>> =
        answer.lines().map(|line| line.split_whitespace().collect()).collect();
    let heading = lines.iter().position(|line| line.first() == Some(&"Region")).expect("a table");
    assert_eq!(lines[heading + 1][..5], ["eu", "75.0", "%", "85.1", "%"], "{answer}");
    assert_eq!(lines[heading + 2][..2], ["±", "0.2"], "{answer}");
    assert_eq!(lines[heading + 3][..3], ["us", "25.0", "%"], "{answer}");
    assert!(answer.lines().all(|line| line.chars().count() <= 80), "{answer}");
}

#[test]
fn odd_numbers_and_widths_are_survived() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -1.0, 0.0]
    {
        let mut results = fake::struck();
        results.summary.incidents[0].start_s = odd;
        results.summary.incidents[1].end_s = Some(odd);
        results.summary.incidents[1].figures[0].1 = odd;
        results.summary.availability_by_time = Some(fake::estimate(odd, odd));
        results.summary.response_time_ms.p99 = fake::estimate(odd, odd);
        results.summary.cost.per_hour = odd;
        results.summary.attribution_ms[0].1 = fake::estimate(odd, odd);
        results.summary.slo.terms[0].limit = odd;
        results.percentile_curve[3].1 = Some(odd);
        results.timeseries.bucket_s = odd;
        for series in &mut results.timeseries.series {
            series.values[5] = Some(odd);
        }
        for (path, bytes) in files(&results, &ReportOptions::default()).unwrap() {
            if path.ends_with(".svg") {
                well_formed(&text(bytes));
            }
        }
        let mut comparison = fake::comparison();
        comparison.designs[0].results = results.clone();
        comparison_files(&comparison, &ReportOptions::default()).unwrap();
        for width in [0, 1, 30, 1000] {
            let style = Style { width, ..style() };
            assert!(!terminal::run(&results, &style).is_empty());
            assert!(!terminal::comparison(&comparison, &style).is_empty());
        }
    }
}

const HOSTILE: [&str; 7] = [
    "</text><script>alert(1)</script>",
    "\"><image href=\"http://example.org/x\"/>",
    "&xxe; &#0; ]]> <!-- <![CDATA[",
    "\u{1b}]0;owned\u{7}\u{1b}[2J\r\0\u{ffff}",
    "\u{202e}desrever\u{2066}",
    "=cmd|' /C calc'!A0",
    "\t@SUM(1)",
];

/// Results in which every name is hostile.
fn hostile(name: &str) -> Results {
    let mut results = small(Regime::Overloaded);
    let summary = &mut results.summary;
    summary.incidents = fake::struck().summary.incidents;
    for incident in &mut summary.incidents {
        name.clone_into(&mut incident.component);
        name.clone_into(&mut incident.kind);
        name.clone_into(&mut incident.cause);
    }
    summary.incidents[1].figures[0].0 = name.to_owned();
    name.clone_into(&mut summary.scenario.title);
    name.clone_into(&mut summary.stations[0].name);
    name.clone_into(&mut summary.endpoints[0].0);
    name.clone_into(&mut summary.attribution_ms[0].0);
    name.clone_into(&mut summary.components[0].0);
    name.clone_into(&mut summary.unstable[0]);
    name.clone_into(&mut summary.slo.terms[0].term);
    summary.requests.failed[0].0 = name.to_owned();
    summary.slo.terms[0].estimate = Estimate::absent(name);
    if let Some(bottleneck) = &mut summary.bottleneck {
        name.clone_into(&mut bottleneck.station);
    }
    for series in results.timeseries.series.iter_mut().skip(7) {
        name.clone_into(&mut series.component);
    }
    results
}

#[test]
fn hostile_names_stay_text() {
    let long = "w".repeat(100_000);
    for name in HOSTILE.into_iter().chain([&long[..], "", "名前 😀 имя"]) {
        let results = hostile(name);
        let answer = terminal::run(&results, &style());
        assert!(answer.chars().all(|c| c == '\n' || !c.is_control()), "{name:?}");
        assert!(!answer.contains(['\u{202e}', '\u{2066}']), "{name:?}");
        for (path, bytes) in
            files(&results, &ReportOptions { png: true, all_instances: false, page: false })
                .unwrap()
        {
            if path.ends_with(".svg") {
                well_formed(&text(bytes));
            } else if path.ends_with(".csv") {
                no_formulas(&bytes);
            }
        }
        hostile_comparison(name, results);
    }
}

fn hostile_comparison(name: &str, results: Results) {
    let mut comparison: Comparison = fake::comparison();
    name.clone_into(&mut comparison.designs[0].name);
    name.clone_into(&mut comparison.sentence);
    comparison.designs[1].results = results;
    let answer = terminal::comparison(&comparison, &style());
    assert!(answer.chars().all(|c| c == '\n' || !c.is_control()), "{name:?}");
    for (path, bytes) in comparison_files(&comparison, &ReportOptions::default()).unwrap() {
        if path.ends_with(".svg") {
            well_formed(&text(bytes));
        }
    }
}

/// No field but a number begins like a formula.
fn no_formulas(bytes: &[u8]) {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    for record in reader.records() {
        for field in record.unwrap().iter().filter(|field| field.parse::<f64>().is_err()) {
            assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field:?}");
        }
    }
}

/// Reads a document as XML: known elements only, nested properly, attributes
/// quoted, entities known, no character that XML forbids.
fn well_formed(document: &str) {
    const ELEMENTS: [&str; 7] = ["svg", "rect", "text", "polyline", "polygon", "circle", "line"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = document;
    while let Some((before, tag)) = rest.split_once('<') {
        characters(before);
        let (tag, after) = tag.split_once('>').expect("a tag that ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closes another element");
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.contains(&name), "an element {name:?}");
        let quoted: Vec<_> = attributes.split('"').collect();
        assert!(quoted.len() % 2 == 1, "quotes of {attributes:?}");
        for pair in quoted.chunks_exact(2) {
            let name = pair[0].trim().strip_suffix('=').expect("name of an attribute");
            assert!(
                name.chars().all(|c| c.is_ascii_alphabetic() || c == '-'),
                "attribute {name:?}"
            );
            assert!(!name.starts_with("on") && name != "href", "attribute {name:?}");
            characters(pair[1]);
        }
        if !empty {
            open.push(name);
        }
    }
    characters(rest);
    assert!(open.is_empty(), "left open: {open:?}");
}

fn characters(text: &str) {
    assert!(!text.contains('>'), "{text:?}");
    let allowed = |c: char| c == '\n' || !c.is_control() && u32::from(c) & 0xfffe != 0xfffe;
    assert!(text.chars().all(allowed), "{text:?}");
    for entity in text.split('&').skip(1) {
        let known = ["lt;", "gt;", "amp;", "quot;", "apos;"];
        assert!(known.iter().any(|name| entity.starts_with(name)), "{entity:?}");
    }
}
