//! A grid of tiles, one per pair of values, each with its colour and a figure.

use super::canvas::{self, Anchor, ChartError, Drawing, Type, WIDTH};
use super::labels::{self, EDGE, NAME, SMALL};
use super::{Grid, Tile};

/// Height of all tiles together, where one alone is neither flat nor tall.
const HEIGHT: f64 = 380.0;
const FLATTEST: f64 = 3.0;
const TALLEST: f64 = 54.0;
/// Between tiles.
const GAP: f64 = 1.5;
/// Free on either side of a figure within its tile.
const INSIDE: f64 = 4.0;

/// Where the tiles lie.
struct Plot {
    left: f64,
    top: f64,
    /// Width and height of a tile.
    tile: (f64, f64),
    rows: usize,
}

impl Plot {
    /// The upper left corner of a tile; rows are counted from the bottom.
    fn corner(&self, column: usize, row: usize) -> (f64, f64) {
        let from_top = (self.rows - 1 - row) as f64;
        (self.left + self.tile.0 * column as f64, self.top + self.tile.1 * from_top)
    }
}

pub(super) fn draw(drawing: &mut Drawing, grid: &Grid, top: f64) -> Result<(), ChartError> {
    let mut widest = 0.0_f64;
    for name in &grid.rows {
        widest = widest.max(canvas::width(&labels::name(name), SMALL)?);
    }
    let top = labels::legend(drawing, &grid.legend, top)?;
    drawing.text(&grid.row_label, (EDGE, top + 12.0), Anchor::Start, SMALL);
    let (left, right) = (EDGE + widest + 10.0, WIDTH - EDGE);
    let (columns, rows) = (grid.columns.len().max(1), grid.rows.len().max(1));
    let tile = ((right - left) / columns as f64, (HEIGHT / rows as f64).clamp(FLATTEST, TALLEST));
    let plot = Plot { left, top: top + 24.0, tile, rows };
    for (row, tiles) in grid.tiles.iter().enumerate() {
        for (column, tile) in tiles.iter().enumerate() {
            if let Some(tile) = tile {
                draw_tile(drawing, tile, &plot, plot.corner(column, row))?;
            }
        }
    }
    names(drawing, grid, &plot)?;
    let bottom = plot.top + tile.1 * rows as f64;
    let middle = (left + right) / 2.0;
    drawing.text(&grid.column_label, (middle, bottom + 43.0), Anchor::Middle, SMALL);
    drawing.height = (bottom + 62.0).round();
    Ok(())
}

fn draw_tile(
    drawing: &mut Drawing,
    tile: &Tile,
    plot: &Plot,
    (left, top): (f64, f64),
) -> Result<(), ChartError> {
    let (width, height) = plot.tile;
    let gap = GAP.min(width / 8.0).min(height / 8.0);
    drawing.rectangle(
        (left + gap, top + gap),
        (left + width - gap, top + height - gap),
        tile.colour,
    );
    let style = Type { size: 13.0, ..NAME };
    let fits = canvas::width(&tile.label, style)? + 2.0 * INSIDE <= width;
    if fits && height >= style.size + INSIDE {
        let at = (left + width / 2.0, top + height / 2.0 + labels::half(style));
        drawing.text(&tile.label, at, Anchor::Middle, style);
    }
    Ok(())
}

/// Names of rows and columns, as many as have room.
fn names(drawing: &mut Drawing, grid: &Grid, plot: &Plot) -> Result<(), ChartError> {
    let mut widest = 1.0_f64;
    for name in &grid.columns {
        widest = widest.max(canvas::width(&labels::name(name), SMALL)? + 12.0);
    }
    let step = |needed: f64, given: f64| (needed / given).ceil().max(1.0) as usize;
    let bottom = plot.corner(0, 0).1 + plot.tile.1;
    for (column, name) in grid.columns.iter().enumerate().step_by(step(widest, plot.tile.0)) {
        let x = plot.corner(column, 0).0 + plot.tile.0 / 2.0;
        drawing.text(&labels::name(name), (x, bottom + 20.0), Anchor::Middle, SMALL);
    }
    for (row, name) in grid.rows.iter().enumerate().step_by(step(17.0, plot.tile.1)) {
        let y = plot.corner(0, row).1 + plot.tile.1 / 2.0 + labels::half(SMALL);
        drawing.text(&labels::name(name), (plot.left - 8.0, y), Anchor::End, SMALL);
    }
    Ok(())
}
