//! The incidents of a run, shaded on what is drawn over time.

use super::super::chart::Band;
use crate::experiment::summary::{IncidentResult, Results, Summary};

/// The longest so many are named; more names would hide the figures.
const MOST_NAMES: usize = 6;
/// The longest so many are shaded.
const MOST_SHADED: usize = 200;

/// The incidents of the first replication: those of others lie elsewhere, where
/// chance has a hand in them.
pub(super) fn bands(results: &Results) -> Vec<Band> {
    let end = results.timeseries.buckets as f64 * results.timeseries.bucket_s;
    let mut longest: Vec<(&IncidentResult, f64)> =
        first(&results.summary).map(|one| (one, one.end_s.unwrap_or(end))).collect();
    // Of equal length, the first stays first.
    longest.sort_by(|(one, end), (other, last)| {
        (last - other.start_s).total_cmp(&(end - one.start_s))
    });
    longest.truncate(MOST_SHADED);
    let named = |place: usize, one: &IncidentResult| match place < MOST_NAMES {
        true => format!("{} {}", one.kind, one.component),
        false => String::new(),
    };
    let bands = longest.iter().enumerate().map(|(place, &(one, end))| Band {
        from: one.start_s,
        to: end,
        label: named(place, one),
    });
    bands.collect()
}

/// What the shading means; nothing where there is none.
pub(super) fn legend(summary: &Summary) -> String {
    let count = first(summary).count();
    if count == 0 {
        return String::new();
    }
    let whose = if summary.replications > 1 { " of the first replication" } else { "" };
    let names = match count > MOST_NAMES {
        true => format!(" (the longest {MOST_NAMES} of {count} named)"),
        false => String::new(),
    };
    format!(" · shaded: incidents{whose}{names}")
}

fn first(summary: &Summary) -> impl Iterator<Item = &IncidentResult> {
    summary.incidents.iter().filter(|one| one.replication == 0)
}
