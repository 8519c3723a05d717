//! Colours that remain apart for the colour-blind.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// Okabe and Ito, "Color Universal Design" (2008), darkest first; their yellow
/// is too pale for lines on white and gives way to a grey.
const SERIES: [Colour; 8] = [
    Colour::BLUE,
    Colour::VERMILION,
    Colour(0, 158, 115),
    Colour(204, 121, 167),
    Colour(230, 159, 0),
    Colour::SKY,
    Colour(0, 0, 0),
    Colour(128, 128, 128),
];

impl Colour {
    /// Blue of the palette.
    pub const BLUE: Self = Self(0, 114, 178);
    /// Vermilion of the palette: what is bad.
    pub const VERMILION: Self = Self(213, 94, 0);
    /// Sky blue of the palette.
    pub const SKY: Self = Self(86, 180, 233);
    /// Text.
    pub const INK: Self = Self(34, 34, 34);
    /// Text beside the point.
    pub const MUTED: Self = Self(95, 95, 95);
    /// Lines that carry no figures, but matter.
    pub const GREY: Self = Self(160, 160, 160);
    /// Grid.
    pub const GRID: Self = Self(228, 228, 228);
    /// Areas that do not count.
    pub const SHADE: Self = Self(242, 242, 242);
    /// Area of what holds; these four carry dark text.
    pub const GOOD: Self = Self(142, 198, 227);
    /// Area of what does not hold.
    pub const BAD: Self = Self(238, 168, 122);
    /// Area of what is not known.
    pub const OPEN: Self = Self(240, 228, 150);
    /// Area of what has no meaning.
    pub const VOID: Self = Self(205, 205, 205);
    /// Paper.
    pub const WHITE: Self = Self(255, 255, 255);

    /// The n-th colour for series; after eight they come again, lighter, and
    /// repeat after twenty-four.
    pub fn series(index: usize) -> Self {
        const LIGHTER: [f64; 3] = [0.0, 0.4, 0.65];
        SERIES[index % SERIES.len()].lighter(LIGHTER[index / SERIES.len() % LIGHTER.len()])
    }

    /// The same, mixed with white: 0 is itself, 1 is white.
    pub fn lighter(self, by: f64) -> Self {
        let mix = |part: u8| (f64::from(part) + (255.0 - f64::from(part)) * by) as u8;
        Self(mix(self.0), mix(self.1), mix(self.2))
    }
}
