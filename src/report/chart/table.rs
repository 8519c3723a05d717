//! The figures of a chart as a table: for who cannot see it, or wants to copy.

use super::{Axis, Bars, Body, Chart, Grid, Intervals, Mark, Panel, Scale, Series, Steps, Wiring};
use crate::report::number::{self, NOTHING};
use std::collections::BTreeMap;

/// Rows of a table beyond which only every so-many-th is kept.
const MOST_ROWS: usize = 60;

/// Columns and rows of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// A heading for each column; the first names the rows.
    pub columns: Vec<String>,
    /// As many texts as there are columns, in each row.
    pub rows: Vec<Vec<String>>,
}

impl Chart {
    /// What the chart shows, as tables: one, or one per panel.
    pub fn tables(&self) -> Vec<Table> {
        match &self.body {
            Body::Panels(panels) => {
                let x = panels.last().map(|panel| &panel.x);
                panels.iter().filter_map(|panel| x.map(|x| of_panel(panel, x))).collect()
            }
            Body::Bars(bars) => vec![of_bars(bars)],
            Body::Intervals(intervals) => vec![of_intervals(intervals)],
            Body::Steps(steps) => vec![of_steps(steps)],
            Body::Grid(grid) => vec![of_grid(grid)],
            Body::Wiring(wiring) => vec![of_wiring(wiring)],
        }
    }
}

/// A row per place on the x axis, a column per series.
fn of_panel(panel: &Panel, x: &Axis) -> Table {
    // Bits of a number that is not negative are in its order.
    let mut rows: BTreeMap<u64, Vec<Option<f64>>> = BTreeMap::new();
    for (column, series) in panel.series.iter().enumerate() {
        for (place, value) in series.points.iter().flatten() {
            let row = rows.entry(place.max(0.0).to_bits()).or_default();
            row.resize(panel.series.len(), None);
            row[column] = Some(*value);
        }
    }
    let stride = rows.len().div_ceil(MOST_ROWS).max(1);
    let last = rows.len().saturating_sub(1);
    let kept = rows.into_iter().enumerate();
    let kept = kept.filter(|(index, _)| index % stride == 0 || *index == last);
    let rows = kept.map(|(_, (place, values))| {
        let place = f64::from_bits(place);
        let place = if x.scale == Scale::Percentile { 100.0 * place } else { place };
        std::iter::once(exact(place)).chain(values.into_iter().map(shown)).collect()
    });
    let unit = match x.scale {
        Scale::Percentile => ", %",
        Scale::Time => ", s",
        Scale::Linear | Scale::Logarithmic => "",
    };
    let columns = panel.series.iter().map(|series| column(series, &panel.y));
    Table {
        columns: std::iter::once(format!("{}{unit}", x.label)).chain(columns).collect(),
        rows: rows.collect(),
    }
}

fn column(series: &Series, y: &Axis) -> String {
    let names = match &series.mark {
        Mark::Path(path) if !path.names.is_empty() => format!(" ({})", path.names.join(", ")),
        _ => String::new(),
    };
    match series.name.is_empty() {
        true => format!("{}{names}", y.label),
        false => format!("{}{names}: {}", series.name, y.label),
    }
}

fn of_bars(bars: &Bars) -> Table {
    let parts = bars.legend.iter().map(|(name, _)| format!("{name}: {}", bars.axis));
    let rows = bars.bars.iter().map(|bar| {
        std::iter::once(bar.name.clone())
            .chain(bar.parts.iter().map(|part| shown(Some(*part))))
            .chain([bar.label.clone()])
            .collect()
    });
    Table {
        columns: std::iter::once(String::new()).chain(parts).chain(["together".into()]).collect(),
        rows: rows.collect(),
    }
}

fn of_intervals(intervals: &Intervals) -> Table {
    let rows = intervals.rows.iter().map(|row| {
        let (low, high) = row.interval.unzip();
        vec![row.name.clone(), shown(row.value), shown(low), shown(high), row.label.clone()]
    });
    let columns = ["", &intervals.axis.label, "low", "high", "in words"];
    Table { columns: columns.map(str::to_owned).to_vec(), rows: rows.collect() }
}

fn of_steps(steps: &Steps) -> Table {
    let rows = steps.steps.iter().map(|step| {
        let (low, high) = step.interval.unzip();
        let name = format!("{} {}", step.number, step.name);
        let detail = step.detail.clone();
        vec![name, shown(step.value), shown(low), shown(high), step.label.clone(), detail]
    });
    let columns = ["", &steps.axis.label, "low", "high", "in words", "detail"];
    Table { columns: columns.map(str::to_owned).to_vec(), rows: rows.collect() }
}

fn of_grid(grid: &Grid) -> Table {
    let corner = format!("{} \\ {}", grid.row_label, grid.column_label);
    let tile = |row: usize, column: usize| {
        let tile = grid.tiles.get(row).and_then(|tiles| tiles.get(column))?.as_ref()?;
        Some(tile.label.clone())
    };
    let rows = grid.rows.iter().enumerate().map(|(row, name)| {
        let tiles = (0..grid.columns.len()).map(|at| tile(row, at));
        let tiles = tiles.map(|label| label.unwrap_or_else(|| NOTHING.to_owned()));
        std::iter::once(name.clone()).chain(tiles).collect()
    });
    Table {
        columns: std::iter::once(corner).chain(grid.columns.iter().cloned()).collect(),
        rows: rows.collect(),
    }
}

fn of_wiring(wiring: &Wiring) -> Table {
    let name = |index: usize| wiring.boxes[index].name.as_str();
    let rows = wiring.boxes.iter().enumerate().map(|(index, node)| {
        let arrows = wiring.arrows.iter().filter(|arrow| arrow.from == index);
        let reached: Vec<&str> = arrows.map(|arrow| name(arrow.to)).collect();
        vec![node.name.clone(), node.detail.clone(), reached.join(", ")]
    });
    let columns = ["component", "how busy", "leads to"];
    Table { columns: columns.map(str::to_owned).to_vec(), rows: rows.collect() }
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), number::plain)
}

/// Places on an axis must stay apart: five digits.
fn exact(value: f64) -> String {
    let text = number::fixed(value, 4);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
