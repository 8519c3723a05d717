//! Distributions: a bare quantity, or a table with one key.

use super::super::keys::Kind;
use super::super::reader::{Item, suggestion};
use super::super::tree::Value;
use super::super::units::{self, Units};
use super::attach;
use crate::kernel::distribution::{Distribution, DistributionError};
use crate::kernel::time::Instant;

const FORMS: [&str; 10] = [
    "exponential",
    "uniform",
    "normal",
    "lognormal",
    "gamma",
    "erlang",
    "weibull",
    "pareto",
    "hyperexponential",
    "empirical",
];

type Built = Result<Distribution, DistributionError>;

/// Reads a distribution in the units of its key.
pub(super) fn distribution(item: &Item<'_>) -> Option<Distribution> {
    let units = item.units();
    let built = match &item.node.value {
        Value::Table(table) if table.len() == 1 => form(item, units)?,
        Value::Table(_) => {
            let message =
                format!("`{}` must have exactly one key that names a distribution", item.path);
            item.fault("E103", message, Some(format!("one of {}", FORMS.join(", "))));
            return None;
        }
        _ => Distribution::constant(item.quantity_in(units)?),
    };
    match built {
        Ok(distribution) => checked(item, units, distribution),
        Err(error) => {
            item.fault("E301", format!("`{}`: {error}", item.path), None);
            None
        }
    }
}

/// A mean that the clock cannot tell from zero, or cannot reach.
fn checked(item: &Item<'_>, units: Units, distribution: Distribution) -> Option<Distribution> {
    let mean = distribution.mean();
    let time = units == units::TIME;
    if time && mean > 0.0 && mean < 1.0 {
        let message =
            format!("the mean of `{}` is below one nanosecond: time would stand still", item.path);
        item.fault("E302", message, None);
        return None;
    }
    if !mean.is_finite() || mean > Instant::MAX.as_nanos() as f64 {
        item.fault("E105", format!("the mean of `{}` is too large", item.path), None);
        return None;
    }
    Some(distribution)
}

fn form(item: &Item<'_>, units: Units) -> Option<Built> {
    let entries = item.entries();
    let (name, at, value) = entries.first()?;
    let value = value.as_kind(Kind::Quantity(units));
    Some(match *name {
        "exponential" => Distribution::exponential(value.quantity()?),
        "uniform" => {
            let [low, high] = parameters(&value, [("low", true), ("high", true)])?;
            Distribution::uniform(low, high)
        }
        "normal" => {
            let [mean, sd] = parameters(&value, [("mean", true), ("sd", true)])?;
            Distribution::normal(mean, sd)
        }
        "lognormal" if has(&value, "median") => {
            let [median, p99] = parameters(&value, [("median", true), ("p99", true)])?;
            Distribution::lognormal_median_p99(median, p99)
        }
        "lognormal" => {
            let [mean, cv] = parameters(&value, [("mean", true), ("cv", false)])?;
            Distribution::lognormal_mean_cv(mean, cv)
        }
        "gamma" if has(&value, "shape") => {
            let [shape, scale] = parameters(&value, [("shape", false), ("scale", true)])?;
            Distribution::gamma(shape, scale)
        }
        "gamma" => {
            let [mean, cv] = parameters(&value, [("mean", true), ("cv", false)])?;
            Distribution::gamma_mean_cv(mean, cv)
        }
        "erlang" => erlang(&value)?,
        "weibull" if has(&value, "scale") => {
            let [shape, scale] = parameters(&value, [("shape", false), ("scale", true)])?;
            Distribution::weibull(shape, scale)
        }
        "weibull" => {
            let [shape, mean] = parameters(&value, [("shape", false), ("mean", true)])?;
            Distribution::weibull_shape_mean(shape, mean)
        }
        "pareto" => {
            let [minimum, shape] = parameters(&value, [("minimum", true), ("shape", false)])?;
            Distribution::pareto(minimum, shape)
        }
        "hyperexponential" if has(&value, "branches") => branches(&value)?,
        "hyperexponential" => {
            let [mean, cv] = parameters(&value, [("mean", true), ("cv", false)])?;
            Distribution::hyperexponential_mean_cv(mean, cv)
        }
        "empirical" => empirical(&value)?,
        other => {
            let message = format!("unknown distribution `{other}`");
            item.context.error("E101", *at, message, suggestion(other, FORMS.into_iter()));
            return None;
        }
    })
}

fn erlang(value: &Item<'_>) -> Option<Built> {
    let [k, mean] = parameters(value, [("k", false), ("mean", true)])?;
    if k.fract() != 0.0 || !(1.0..=1e6).contains(&k) {
        value.fault(
            "E105",
            format!("`{}.k` is {k}; allowed: whole numbers from 1 to 1000000", value.path),
            None,
        );
        return None;
    }
    Some(Distribution::erlang(k as u32, mean))
}

fn has(value: &Item<'_>, name: &str) -> bool {
    matches!(&value.node.value, Value::Table(table) if table.contains_key(name))
}

/// Named parameters, with or without a unit; every other key is an error.
fn parameters<const N: usize>(value: &Item<'_>, names: [(&str, bool); N]) -> Option<[f64; N]> {
    let mut found = [None; N];
    if !matches!(value.node.value, Value::Table(_)) {
        let names: Vec<String> = names.iter().map(|(name, _)| format!("{name} = …")).collect();
        let message = format!("`{}` must be a table", value.path);
        value.fault("E103", message, Some(format!("write {{ {} }}", names.join(", "))));
        return None;
    }
    let entries = value.entries();
    for (name, at, item) in &entries {
        match names.iter().position(|(known, _)| known == name) {
            Some(index) if names[index].1 => found[index] = Some(item.quantity()),
            Some(index) => found[index] = Some(item.number(0.0, f64::MAX)),
            None => {
                let known = names.iter().map(|(known, _)| *known);
                let message = format!("unknown key `{}`", item.path);
                item.context.error("E101", *at, message, suggestion(name, known));
            }
        }
    }
    let mut out = [0.0; N];
    let mut whole = true;
    for (index, (name, _)) in names.iter().enumerate() {
        match found[index] {
            Some(Some(number)) => out[index] = number,
            Some(None) => whole = false,
            None => {
                whole = false;
                value.fault("E102", format!("`{}.{name}` is missing", value.path), None);
            }
        }
    }
    whole.then_some(out)
}

fn branches(value: &Item<'_>) -> Option<Built> {
    let entries = value.entries();
    let (_, _, list) = entries.iter().find(|(name, _, _)| *name == "branches")?;
    let mut branches = Vec::new();
    for branch in list.items()? {
        let pair = branch.items()?;
        let [probability, mean] = &pair[..] else {
            branch.fault("E103", "a branch is a pair [probability, mean]", None);
            return None;
        };
        branches.push((probability.number(0.0, 1.0)?, mean.quantity()?));
    }
    Some(Distribution::hyperexponential(branches))
}

fn empirical(value: &Item<'_>) -> Option<Built> {
    if let Value::Array(_) = value.node.value {
        let values: Option<Vec<f64>> = value.items()?.iter().map(Item::quantity).collect();
        return Some(Distribution::empirical(values?));
    }
    let (mut csv, mut column) = (None, None);
    for (name, at, item) in value.entries() {
        match name {
            "csv" => csv = Some(item),
            "column" => column = item.text(),
            _ => {
                let message = format!("unknown key `{}`", item.path);
                let known = ["csv", "column"].into_iter();
                item.context.error("E101", at, message, suggestion(name, known));
            }
        }
    }
    let Some(csv) = csv else {
        let help =
            "write a list of values, or { csv = \"file.csv\", column = \"name\" }".to_owned();
        value.fault("E102", format!("`{}.csv` is missing", value.path), Some(help));
        return None;
    };
    column_of(&csv, column, value.units()).map(Distribution::empirical)
}

/// A column of a CSV file with a header; the first where none is named.
fn column_of(csv: &Item<'_>, column: Option<&str>, units: Units) -> Option<Vec<f64>> {
    let bytes = attach(csv)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let headers = reader.headers().ok()?.clone();
    let index =
        column.map_or(Some(0), |name| headers.iter().position(|header| header.trim() == name));
    let Some(index) = index else {
        let name = column.unwrap_or_default();
        let message = format!("the file has no column `{name}`");
        csv.fault("E201", message, suggestion(name, headers.iter()));
        return None;
    };
    let mut values = Vec::new();
    for (row, record) in reader.records().enumerate() {
        let field =
            record.ok().and_then(|record| record.get(index).map(str::to_owned)).unwrap_or_default();
        let parsed =
            units::parse(&field, units).ok().filter(|value| value.is_finite() && *value >= 0.0);
        let Some(value) = parsed else {
            let message = format!("row {} of the file holds no quantity: {field:?}", row + 2);
            csv.fault("E104", message, Some(format!("units that fit: {}", units::names(units))));
            return None;
        };
        values.push(value);
    }
    Some(values)
}
