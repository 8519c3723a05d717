//! What a design bought under the same failures, in one sentence.

use super::summary::{Figure, Summary};

/// The figure of a component that counts writes which no survivor had.
const WRITES_LOST: &str = "writes_lost";

/// What another design gained or lost against the first when both met the same
/// failures, and for what price; `None` where nothing failed in either.
pub(super) fn redundancy(
    (first_name, first): (&str, &Summary),
    (other_name, other): (&str, &Summary),
    same_failures: bool,
) -> Option<String> {
    let met_failures = |one: &Summary| one.incidents_total > 0;
    if !met_failures(first) && !met_failures(other) {
        return None;
    }
    let same_length = length_s(first) == length_s(other);
    let parts = if same_length { totals(first, other) } else { rates(first, other) };
    let gained = match parts.as_slice() {
        [] => "no difference in failed requests, down time or lost writes".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    };
    let price = price(first.cost.standing_per_hour, other.cost.standing_per_hour);
    let failures =
        if same_failures { "Under the same failures" } else { "Under their own failures" };
    let per = if same_length { ", per run," } else { "" };
    Some(format!("{failures} {other_name} has{per} {gained} against {first_name}, {price}."))
}

/// What changed per run, both being of the same length.
fn totals(first: &Summary, other: &Summary) -> Vec<String> {
    let parts = [
        change("failed requests", failed(first), failed(other), count),
        down_s(first)
            .zip(down_s(other))
            .and_then(|(before, after)| change("down time", before, after, time)),
        writes_lost(first)
            .zip(writes_lost(other))
            .and_then(|(before, after)| change("lost writes", before, after, count)),
    ];
    parts.into_iter().flatten().collect()
}

/// The same where one run is longer: shares, and losses by the hour.
fn rates(first: &Summary, other: &Summary) -> Vec<String> {
    let both = |of: fn(&Summary) -> Option<f64>| of(first).zip(of(other));
    let changed = |what: &str, of: fn(&Summary) -> Option<f64>, shown: fn(f64) -> String| {
        both(of).and_then(|(before, after)| change(what, before, after, shown))
    };
    let lost = |one: &Summary| Some(writes_lost(one)? / length_s(one) * 3_600.0);
    let parts = [
        changed("failed requests", failed_share, share),
        changed("down time", |one| Some(down_s(one)? / length_s(one)), share),
        changed("lost writes an hour", lost, count),
    ];
    parts.into_iter().flatten().collect()
}

/// Length of a replication, as chosen; a warm-up that was found differs by chance.
fn length_s(summary: &Summary) -> f64 {
    summary.simulated_s
}

fn failed_share(summary: &Summary) -> Option<f64> {
    let offered = summary.requests.offered as f64 / f64::from(summary.replications.max(1));
    (offered > 0.0).then(|| failed(summary) / offered)
}

fn share(value: f64) -> String {
    format!("{:.2} %", 100.0 * value)
}

/// Requests that failed for good, per replication.
fn failed(summary: &Summary) -> f64 {
    let failed: u64 = summary.requests.failed.iter().map(|(_, number)| number).sum();
    failed as f64 / f64::from(summary.replications.max(1))
}

/// Seconds of a replication's window in which an endpoint lacked a tier.
fn down_s(summary: &Summary) -> Option<f64> {
    let up = summary.availability_by_time.as_ref()?.value?;
    Some((1.0 - up) * (summary.simulated_s - summary.warmup_s))
}

/// Writes lost, all components together, per replication.
fn writes_lost(summary: &Summary) -> Option<f64> {
    let figures = summary.components.iter().flat_map(|(_, component)| &component.figures);
    let lost = figures.filter(|(name, _)| name == WRITES_LOST).map(|(_, figure)| match figure {
        Figure::Count(count) => *count as f64,
        _ => 0.0,
    });
    let all: Vec<f64> = lost.collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / f64::from(summary.replications.max(1)))
}

/// `1,234 fewer failed requests (12 instead of 1,246)`; nothing where there is
/// no change to speak of.
fn change(what: &str, before: f64, after: f64, shown: fn(f64) -> String) -> Option<String> {
    let (old, new) = (shown(before), shown(after));
    if old == new {
        return None;
    }
    let less = if what == "down time" { "less" } else { "fewer" };
    let word = if after < before { less } else { "more" };
    let by = shown((after - before).abs());
    Some(format!("{by} {word} {what} ({new} instead of {old})"))
}

/// A mean number of things: whole, unless it is below ten.
fn count(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds < 1e-3 => "none".to_owned(),
        _ if seconds < 120.0 => format!("{seconds:.1} s"),
        _ if seconds < 7_200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3_600.0),
    }
}

fn price(before: f64, after: f64) -> String {
    let change = after - before;
    if before <= 0.0 && after <= 0.0 {
        return "and no prices are given".to_owned();
    }
    if change.abs() < 0.005 * before {
        return "for the same price".to_owned();
    }
    let word = if change > 0.0 { "more" } else { "less" };
    let share = if before > 0.0 {
        format!(" ({:.0} %)", 100.0 * (change / before).abs())
    } else {
        String::new()
    };
    format!("for {:.2} an hour {word}{share}", change.abs())
}

#[cfg(test)]
mod tests {
    //! Goal: the sentence says what was gained and what it cost, in whole
    //! words. Method: worked values.
    use super::*;

    #[test]
    fn changes_are_spoken_with_both_values() {
        let failed = change("failed requests", 1_246.0, 12.0, count);
        let expected = "1,234 fewer failed requests (12 instead of 1,246)";
        assert_eq!(failed.as_deref(), Some(expected));
        let down = change("down time", 0.0, 90.0, time);
        assert_eq!(down.as_deref(), Some("90.0 s more down time (90.0 s instead of none)"));
        assert_eq!(change("lost writes", 3.0, 3.0, count), None);
    }

    #[test]
    fn the_price_is_a_difference_with_its_share() {
        assert_eq!(price(1.0, 1.5), "for 0.50 an hour more (50 %)");
        assert_eq!(price(2.0, 1.0), "for 1.00 an hour less (50 %)");
        assert_eq!(price(1.0, 1.0), "for the same price");
        assert_eq!(price(0.0, 0.0), "and no prices are given");
    }

    #[test]
    fn counts_have_separators() {
        assert_eq!(count(1_234_567.2), "1,234,567");
        assert_eq!(count(0.3), "0.3");
        assert_eq!(count(999.0), "999");
    }
}
