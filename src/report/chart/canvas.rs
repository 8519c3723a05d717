//! Shapes at fractions of a pixel, drawn by plotters as SVG or PNG.
//!
//! Plotters has integer coordinates, so shapes are drawn several times as
//! large as they will be shown.

use super::colour::Colour;
use super::png;
use crate::report::text;
use plotters::prelude::{BitMapBackend, DrawingBackend, FontFamily, FontStyle, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, ShapeStyle, TextStyle, register_font};
use std::fmt;
use std::sync::OnceLock;

/// Width of every chart, in nominal pixels.
pub(super) const WIDTH: f64 = 900.0;
/// Units of an SVG document to a nominal pixel.
const SVG_SCALE: f64 = 4.0;
/// Pixels of a PNG image to a nominal pixel.
const PNG_SCALE: usize = 2;
/// Samples to a pixel of a PNG image, in each direction.
const SAMPLES: usize = 2;

/// The family that an SVG document asks for: the embedded font, or one of its width.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
const REGULAR: &[u8] = include_bytes!("../../../assets/font/DejaVuSans-subset.ttf");
const BOLD: &[u8] = include_bytes!("../../../assets/font/DejaVuSans-Bold-subset.ttf");
/// Plotters divides the size of a text by this for the em of SVG.
const SVG_EM: f64 = 1.24;
/// Ascent + descent of the embedded font in em: what a rasterised size is measured in.
const RASTER_EM: f64 = 1.164;

/// Why a chart could not be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartError(String);

impl fmt::Display for ChartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the chart could not be drawn: {}", self.0)
    }
}

impl std::error::Error for ChartError {}

/// Where a text stands with regard to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) colour: Colour,
}

/// What is drawn, in nominal pixels.
#[derive(Clone, Debug)]
enum Shape {
    Line { points: Vec<(f64, f64)>, width: f64, colour: Colour },
    Rectangle { from: (f64, f64), to: (f64, f64), colour: Colour },
    Disc { centre: (f64, f64), radius: f64, colour: Colour },
    Text { text: String, at: (f64, f64), anchor: Anchor, style: Type },
}

/// Shapes in the order in which they are drawn.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub(super) height: f64,
    name: String,
    shapes: Vec<Shape>,
}

impl Drawing {
    pub(super) fn new(name: &str) -> Self {
        Self { height: 0.0, name: text::plain(name), shapes: Vec::new() }
    }

    pub(super) fn line(&mut self, points: &[(f64, f64)], width: f64, colour: Colour) {
        self.shapes.push(Shape::Line { points: points.to_vec(), width, colour });
    }

    /// A horizontal or vertical line of dashes.
    pub(super) fn dashes(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        const DASH: f64 = 7.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.abs().max(dy.abs()).max(1e-9);
        let place = |along: f64| (from.0 + dx * along / length, from.1 + dy * along / length);
        let mut at = 0.0;
        while at < length {
            self.line(&[place(at), place((at + DASH).min(length))], 1.6, colour);
            at += 1.6 * DASH;
        }
    }

    pub(super) fn rectangle(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        self.shapes.push(Shape::Rectangle { from, to, colour });
    }

    pub(super) fn disc(&mut self, centre: (f64, f64), radius: f64, colour: Colour) {
        self.shapes.push(Shape::Disc { centre, radius, colour });
    }

    /// A text whose baseline passes through the place.
    pub(super) fn text(&mut self, text: &str, at: (f64, f64), anchor: Anchor, style: Type) {
        let text = text::plain(text);
        self.shapes.push(Shape::Text { text, at, anchor, style });
    }
}

/// Width of a text in nominal pixels.
pub(super) fn width(text: &str, style: Type) -> Result<f64, ChartError> {
    /// Sizes are measured in whole pixels: measure large.
    const FINE: f64 = 16.0;
    fonts()?;
    let size = style.size;
    let style = text_style(style, FINE * RASTER_EM);
    let layout = style.font.layout_box(&text::plain(text));
    let ((left, _), (right, _)) = layout.map_err(|error| ChartError(error.to_string()))?;
    // East Asian characters are not in the embedded font; where an SVG is
    // shown they are an em wide, not the 0.6 em of the sign for "missing".
    let wide = text.chars().filter(|c| *c >= '\u{2e80}').count() as f64;
    Ok(f64::from(right - left) / FINE + 0.4 * wide * size)
}

/// The drawing as an SVG document.
pub(super) fn svg(drawing: &Drawing) -> Result<Vec<u8>, ChartError> {
    fonts()?;
    let size = (whole(WIDTH, SVG_SCALE) as u32, whole(drawing.height, SVG_SCALE) as u32);
    let mut document = String::new();
    let backend = SVGBackend::with_string(&mut document, size);
    Brush { backend, scale: SVG_SCALE, em: SVG_EM, raster: false }.draw(drawing)?;
    let body = document.split_once('>').map_or("", |(_, body)| body);
    let head = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" \
         stroke-linejoin=\"round\" stroke-linecap=\"round\">",
        drawing.height.round(),
        size.0,
        size.1,
        escaped(&drawing.name),
    );
    Ok(format!("{head}{body}").into_bytes())
}

/// The drawing as a PNG image.
pub(super) fn png(drawing: &Drawing) -> Result<Vec<u8>, ChartError> {
    let (width, height, pixels) = raster(drawing)?;
    png::encode(width, height, &pixels)
}

/// Width, height and lines of red, green, blue.
fn raster(drawing: &Drawing) -> Result<(usize, usize, Vec<u8>), ChartError> {
    fonts()?;
    let pixels = |length: f64| length.round() as usize * PNG_SCALE;
    let (width, height) = (pixels(WIDTH), pixels(drawing.height));
    let mut samples = vec![255_u8; 3 * SAMPLES * width * SAMPLES * height];
    let size = ((SAMPLES * width) as u32, (SAMPLES * height) as u32);
    let backend = BitMapBackend::with_buffer(&mut samples, size);
    let scale = (PNG_SCALE * SAMPLES) as f64;
    Brush { backend, scale, em: RASTER_EM, raster: true }.draw(drawing)?;
    Ok((width, height, png::averaged(&samples, width, height, SAMPLES)))
}

/// Registers the embedded fonts, once.
fn fonts() -> Result<(), ChartError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = REGISTERED.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
    });
    if *registered { Ok(()) } else { Err(ChartError("the embedded font is broken".to_owned())) }
}

fn text_style(style: Type, factor: f64) -> TextStyle<'static> {
    let weight = if style.bold { FontStyle::Bold } else { FontStyle::Normal };
    let font = (FontFamily::Name(FAMILY), style.size * factor, weight).into_font();
    TextStyle { color: rgb(style.colour).to_backend_color(), ..TextStyle::from(font) }
}

fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn whole(value: f64, scale: f64) -> i32 {
    (value * scale).round() as i32
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&apos;")
}

/// Draws shapes on a backend.
struct Brush<B> {
    backend: B,
    /// Units of the backend to a nominal pixel.
    scale: f64,
    /// Size that plotters wants for a text of one pixel.
    em: f64,
    /// The backend has pixels, not shapes.
    raster: bool,
}

impl<B: DrawingBackend> Brush<B> {
    fn draw(mut self, drawing: &Drawing) -> Result<(), ChartError> {
        let (from, to) = ((0.0, 0.0), (WIDTH, drawing.height));
        self.shape(&Shape::Rectangle { from, to, colour: Colour::WHITE })?;
        drawing.shapes.iter().try_for_each(|shape| self.shape(shape))?;
        self.backend.present().map_err(failed)
    }

    fn shape(&mut self, shape: &Shape) -> Result<(), ChartError> {
        match shape {
            Shape::Line { points, width, colour } => self.line(points, *width, *colour),
            Shape::Rectangle { from, to, colour } => {
                let (from, to) = (self.place(*from), self.place(*to));
                let style = rgb(*colour).filled();
                self.backend.draw_rect(from, to, &style, true).map_err(failed)
            }
            Shape::Disc { centre, radius, colour } => {
                let (centre, radius) = (self.place(*centre), whole(*radius, self.scale));
                self.disc(centre, radius, *colour)
            }
            Shape::Text { text, at, anchor, style } => self.text(text, *at, *anchor, *style),
        }
    }

    fn disc(&mut self, centre: (i32, i32), radius: i32, colour: Colour) -> Result<(), ChartError> {
        let style = rgb(colour).filled();
        self.backend.draw_circle(centre, radius as u32, &style, true).map_err(failed)
    }

    fn line(
        &mut self,
        points: &[(f64, f64)],
        width: f64,
        colour: Colour,
    ) -> Result<(), ChartError> {
        let style: ShapeStyle = rgb(colour).stroke_width(whole(width, self.scale) as u32);
        let places: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
        if !self.raster {
            return self.backend.draw_path(places, &style).map_err(failed);
        }
        // The rasteriser fills the outline of a whole path wrongly where it
        // crosses itself: draw each piece, and round the joints.
        for pair in places.windows(2) {
            self.backend.draw_path(pair.iter().copied(), &style).map_err(failed)?;
        }
        let joint = whole(width / 2.0, self.scale);
        let joints = places.iter().skip(1).take(places.len().saturating_sub(2));
        joints.into_iter().try_for_each(|place| self.disc(*place, joint, colour))
    }

    fn text(
        &mut self,
        text: &str,
        at: (f64, f64),
        anchor: Anchor,
        style: Type,
    ) -> Result<(), ChartError> {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let size = style.size * self.em * self.scale;
        let style = text_style(style, self.em * self.scale).pos(Pos::new(horizontal, VPos::Top));
        let mut place = self.place(at);
        // From the top of a text, the rasteriser sets the baseline half a size
        // below, SVG by 0.76 em.
        let ascent = if self.raster { size / 2.0 } else { 0.76 * size / SVG_EM };
        place.1 -= ascent.round() as i32;
        self.backend.draw_text(text, &style, place).map_err(failed)
    }

    fn place(&self, at: (f64, f64)) -> (i32, i32) {
        (whole(at.0, self.scale), whole(at.1, self.scale))
    }
}

/// What a library below says went wrong.
pub(super) fn failed(error: impl fmt::Display) -> ChartError {
    ChartError(error.to_string())
}

#[cfg(test)]
mod tests {
    //! Goal: shapes land where they are meant, in both formats, and text of
    //! others stays text. Method: small drawings, looked at by pixel.
    use super::*;
    use crate::kernel::math;

    fn drawing() -> Drawing {
        Drawing { height: 60.0, ..Drawing::new("small") }
    }

    /// Dark pixels of the PNG image in a rectangle of nominal pixels.
    fn dark(drawing: &Drawing, from: (usize, usize), to: (usize, usize)) -> usize {
        let (width, _, pixels) = raster(drawing).unwrap();
        let inside = |index: &usize| {
            let (x, y) = (index % width / PNG_SCALE, index / width / PNG_SCALE);
            (from.0..to.0).contains(&x) && (from.1..to.1).contains(&y)
        };
        (0..pixels.len() / 3).filter(inside).filter(|index| pixels[3 * index] < 128).count()
    }

    #[test]
    fn a_raster_text_stands_on_its_baseline() {
        let mut drawing = drawing();
        let style = Type { size: 20.0, bold: false, colour: Colour::INK };
        drawing.text("HHHH", (100.0, 40.0), Anchor::Start, style);
        assert!(dark(&drawing, (100, 26), (160, 40)) > 500, "the letters");
        assert_eq!(dark(&drawing, (0, 41), (900, 60)), 0, "below the baseline");
        assert_eq!(dark(&drawing, (0, 0), (99, 60)), 0, "left of the text");
    }

    #[test]
    fn a_raster_line_has_its_width() {
        let mut drawing = drawing();
        drawing.line(&[(100.0, 10.0), (200.0, 50.0), (300.0, 10.0)], 4.0, Colour::INK);
        let area = dark(&drawing, (0, 0), (900, 60)) as f64 / (PNG_SCALE * PNG_SCALE) as f64;
        let length = 2.0 * math::sqrt(100.0 * 100.0 + 40.0 * 40.0);
        assert!((area / (4.0 * length) - 1.0).abs() < 0.1, "area {area}");
    }

    #[test]
    fn widths_grow_with_the_text() {
        let style = Type { size: 14.0, bold: false, colour: Colour::INK };
        let (one, two) = (width("web", style).unwrap(), width("webweb", style).unwrap());
        assert!((two - 2.0 * one).abs() < 0.5);
        // DejaVu Sans: the digits are 0.636 em wide.
        assert!((width("0000", style).unwrap() - 4.0 * 0.636 * 14.0).abs() < 0.5);
    }
}
