//! Stretches of an x axis that are shaded, with their names in lanes above the
//! plot, so that no name lies on the figures.

use super::Band;
use super::canvas::{self, Anchor, ChartError, Drawing, Type};
use super::colour::Colour;
use super::labels;

/// From one lane to the next: a name, and below it the stretch as a bar.
const LANE: f64 = 21.0;
const BAR: f64 = 4.0;
/// A stretch of no length is drawn this wide.
const NARROWEST: f64 = 1.5;
/// Between a name and what follows in its lane.
const GAP: f64 = 10.0;
const TEXT: Type = Type { size: 12.0, bold: false, colour: Colour::INK };

/// A named stretch and its lane, in nominal pixels.
#[derive(Clone, Debug)]
struct Named {
    from: f64,
    to: f64,
    /// Where its name begins.
    text: f64,
    name: String,
    lane: usize,
}

/// The names of the stretches, lane by lane.
#[derive(Clone, Debug, Default)]
pub(super) struct Lanes {
    named: Vec<Named>,
    lanes: usize,
}

impl Lanes {
    /// Gives every name a lane in which nothing else lies.
    pub(super) fn new(
        bands: &[Band],
        place: impl Fn(f64) -> f64,
        right: f64,
    ) -> Result<Self, ChartError> {
        let mut all = Vec::new();
        for band in bands.iter().filter(|band| !band.label.is_empty()) {
            let name = labels::name(&band.label);
            let (from, to) = ends(band, &place);
            let width = canvas::width(&name, TEXT)?;
            all.push((Named { from, to, text: from.min(right - width), name, lane: 0 }, width));
        }
        all.sort_by(|one, other| one.0.text.total_cmp(&other.0.text));
        let mut lanes = Self::default();
        // Where the last name or bar of each lane ends.
        let mut taken: Vec<f64> = Vec::new();
        for (mut named, width) in all {
            let free = taken.iter().position(|end| *end + GAP <= named.text);
            named.lane = free.unwrap_or(taken.len());
            let end = named.to.max(named.text + width);
            match free {
                Some(lane) => taken[lane] = end,
                None => taken.push(end),
            }
            lanes.named.push(named);
        }
        lanes.lanes = taken.len();
        Ok(lanes)
    }

    /// The room that the lanes take.
    pub(super) fn height(&self) -> f64 {
        self.lanes as f64 * LANE
    }

    /// Draws names and bars above a plot.
    pub(super) fn draw(&self, drawing: &mut Drawing, top_of_plot: f64) {
        for named in &self.named {
            // The first lane is the topmost.
            let bottom = top_of_plot - (self.lanes - named.lane) as f64 * LANE + LANE - 3.0;
            let bar = ((named.from, bottom - BAR), (named.to, bottom));
            drawing.rectangle(bar.0, bar.1, Colour::VERMILION);
            drawing.text(&named.name, (named.text, bottom - BAR - 4.0), Anchor::Start, TEXT);
        }
    }
}

/// Shades the stretches of a plot, the darker the more of them overlap.
pub(super) fn shade(
    drawing: &mut Drawing,
    bands: &[Band],
    place: impl Fn(f64) -> f64,
    (top, bottom): (f64, f64),
) {
    let mut edges: Vec<(f64, i32)> = Vec::new();
    for band in bands {
        let (from, to) = ends(band, &place);
        edges.extend([(from, 1), (to, -1)]);
    }
    edges.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let mut depth = 0;
    for (edge, next) in edges.iter().zip(edges.iter().skip(1)) {
        depth += edge.1;
        if depth > 0 && next.0 > edge.0 {
            let colour = Colour::VERMILION.lighter(0.92 - 0.07 * f64::from(depth.min(3)));
            drawing.rectangle((edge.0, top), (next.0, bottom), colour);
        }
    }
}

fn ends(band: &Band, place: &impl Fn(f64) -> f64) -> (f64, f64) {
    let from = place(band.from);
    (from, place(band.to).max(from + NARROWEST))
}

#[cfg(test)]
mod tests {
    //! Goal: names keep clear of each other and are all drawn inside. Method: a
    //! property over made-up stretches.
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_two_names_overlap(starts in prop::collection::vec((0.0f64..800.0, 0.0f64..300.0), 1..12)) {
            let bands: Vec<Band> = starts
                .iter()
                .map(|(from, length)| Band {
                    from: *from,
                    to: from + length,
                    label: "failover databases.main".to_owned(),
                })
                .collect();
            let lanes = Lanes::new(&bands, |value| value.min(800.0), 800.0).unwrap();
            prop_assert_eq!(lanes.named.len(), bands.len());
            let width = canvas::width("failover databases.main", TEXT).unwrap();
            let span = |one: &Named| (one.text, one.to.max(one.text + width));
            for (index, one) in lanes.named.iter().enumerate() {
                prop_assert!(one.text + width <= 800.001);
                for other in &lanes.named[..index] {
                    let (a, b) = (span(one), span(other));
                    prop_assert!(one.lane != other.lane || a.0 > b.1 || b.0 > a.1);
                }
            }
        }
    }
}
