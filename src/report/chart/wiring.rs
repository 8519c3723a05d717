//! Boxes in columns and the arrows between them.

use super::canvas::{self, Anchor, ChartError, Drawing, Type, WIDTH};
use super::colour::Colour;
use super::labels::{self, EDGE, NAME, SMALL};

/// Boxes in columns, left to right, and arrows between them.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// The boxes; those of a column stand one below the other in this order.
    pub boxes: Vec<Node>,
    /// The arrows.
    pub arrows: Vec<Arrow>,
    /// What the colours mean.
    pub legend: Vec<(String, Colour)>,
}

/// One box.
#[derive(Clone, Debug)]
pub struct Node {
    /// Shown small above the name.
    pub kind: String,
    /// Shown in it.
    pub name: String,
    /// Shown below the name.
    pub detail: String,
    /// Its colour.
    pub colour: Colour,
    /// Its column, from 0.
    pub column: usize,
    /// Stands out by a thick frame.
    pub marked: bool,
}

/// One arrow.
#[derive(Clone, Copy, Debug)]
pub struct Arrow {
    /// Index of the box where it begins.
    pub from: usize,
    /// Index of the box where it ends.
    pub to: usize,
    /// Drawn in dashes.
    pub dashed: bool,
}

const HEIGHT: f64 = 66.0;
/// From one box of a column to the next.
const PITCH: f64 = 88.0;
/// Between two columns, for the arrows.
const GAP: f64 = 44.0;
const WIDEST: f64 = 190.0;
/// Between ways that pass below the boxes.
const BELOW: f64 = 12.0;
/// Length of each side of an arrow's head.
const HEAD: f64 = 7.0;
const THIN: f64 = 1.6;

/// Left upper corner of a box.
type Corner = (f64, f64);

struct Layout {
    corners: Vec<Corner>,
    width: f64,
    bottom: f64,
}

pub(super) fn draw(drawing: &mut Drawing, wiring: &Wiring, top: f64) -> Result<(), ChartError> {
    let top = labels::legend(drawing, &wiring.legend, top)? + 18.0;
    let layout = layout(&wiring.boxes, top);
    let mut passes = 0;
    for arrow in &wiring.arrows {
        let way = way(wiring, &layout, arrow, &mut passes);
        line(drawing, &way, arrow.dashed);
    }
    for (node, corner) in wiring.boxes.iter().zip(&layout.corners) {
        boxed(drawing, node, *corner, layout.width)?;
    }
    if wiring.boxes.is_empty() {
        let middle = (WIDTH / 2.0, top + HEIGHT / 2.0);
        drawing.text(labels::NOTHING, middle, Anchor::Middle, SMALL);
    }
    drawing.height = layout.bottom + BELOW * f64::from(passes) + 24.0;
    Ok(())
}

fn layout(boxes: &[Node], top: f64) -> Layout {
    let columns = boxes.iter().map(|node| node.column + 1).max().unwrap_or(1);
    let count = |column: usize| boxes.iter().filter(|node| node.column == column).count();
    let tallest = (0..columns).map(count).max().unwrap_or(1).max(1);
    let height = PITCH * tallest as f64 - (PITCH - HEIGHT);
    let room = (WIDTH - 2.0 * EDGE - GAP * (columns - 1) as f64) / columns as f64;
    let width = room.min(WIDEST);
    let pitch = if columns > 1 { (WIDTH - 2.0 * EDGE - width) / (columns - 1) as f64 } else { 0.0 };
    let mut next = vec![0; columns];
    let corners = boxes.iter().map(|node| {
        let own = PITCH * count(node.column) as f64 - (PITCH - HEIGHT);
        let row = next[node.column];
        next[node.column] += 1;
        let y = top + (height - own) / 2.0 + PITCH * row as f64;
        (EDGE + pitch * node.column as f64, y)
    });
    Layout { corners: corners.collect(), width, bottom: top + height }
}

/// The corners of an arrow's way. One that skips columns passes below all boxes.
fn way(wiring: &Wiring, layout: &Layout, arrow: &Arrow, passes: &mut u32) -> Vec<(f64, f64)> {
    let (from, to) = (layout.corners[arrow.from], layout.corners[arrow.to]);
    let columns = (wiring.boxes[arrow.from].column, wiring.boxes[arrow.to].column);
    let middle = |corner: Corner| corner.1 + HEIGHT / 2.0;
    if columns.0 == columns.1 {
        let x = from.0 + layout.width / 2.0;
        let (start, end) = if from.1 < to.1 { (HEIGHT, 0.0) } else { (0.0, HEIGHT) };
        return vec![(x, from.1 + start), (x, to.1 + end)];
    }
    let (start, end) = ((from.0 + layout.width, middle(from)), (to.0, middle(to)));
    if columns.1 == columns.0 + 1 {
        return vec![start, end];
    }
    let y = layout.bottom + BELOW * f64::from(*passes) + 10.0;
    *passes += 1;
    let (out, back) = (start.0 + GAP * 0.3, end.0 - GAP * 0.4);
    vec![start, (out, start.1), (out, y), (back, y), (back, end.1), end]
}

fn line(drawing: &mut Drawing, way: &[(f64, f64)], dashed: bool) {
    match (dashed, way) {
        (true, [from, to]) => drawing.dashes(*from, *to, Colour::MUTED),
        _ => drawing.line(way, THIN, Colour::MUTED),
    }
    let [.., before, end] = way else { return };
    let (dx, dy) = (end.0 - before.0, end.1 - before.1);
    let length = crate::kernel::math::sqrt(dx * dx + dy * dy).max(1e-9);
    let (x, y) = (dx / length * HEAD, dy / length * HEAD);
    let sides =
        [(end.0 - x - y * 0.6, end.1 - y + x * 0.6), (end.0 - x + y * 0.6, end.1 - y - x * 0.6)];
    drawing.line(&[sides[0], *end, sides[1]], THIN, Colour::MUTED);
}

fn boxed(drawing: &mut Drawing, node: &Node, corner: Corner, width: f64) -> Result<(), ChartError> {
    let frame = if node.marked { 3.0 } else { 1.2 };
    let line = if node.marked { Colour::VERMILION } else { Colour::MUTED };
    let end = (corner.0 + width, corner.1 + HEIGHT);
    drawing.rectangle((corner.0 - frame, corner.1 - frame), (end.0 + frame, end.1 + frame), line);
    drawing.rectangle(corner, end, node.colour);
    let x = corner.0 + width / 2.0;
    let ink = Type { colour: Colour::INK, ..SMALL };
    let kind = fitting(&node.kind, ink, width - 8.0)?;
    drawing.text(&kind, (x, corner.1 + 18.0), Anchor::Middle, ink);
    let bold = Type { bold: true, ..NAME };
    let name = fitting(&node.name, bold, width - 12.0)?;
    drawing.text(&name, (x, corner.1 + 37.0), Anchor::Middle, bold);
    let detail = fitting(&node.detail, ink, width - 8.0)?;
    drawing.text(&detail, (x, corner.1 + 57.0), Anchor::Middle, ink);
    Ok(())
}

/// As much of a text as there is room for.
fn fitting(text: &str, style: Type, room: f64) -> Result<String, ChartError> {
    let mut length = text.chars().count();
    loop {
        let cut = crate::report::text::shortened(text, length);
        if length <= 4 || canvas::width(&cut, style)? <= room {
            return Ok(cut);
        }
        length -= 1;
    }
}
