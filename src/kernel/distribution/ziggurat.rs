//! Unit exponential and standard normal variates by the ziggurat of 256 layers.
//!
//! Marsaglia and Tsang 2000, "The ziggurat method for generating random
//! variables", Journal of Statistical Software 5(8); layer and position come
//! from separate bits of one word (Doornik 2005, "An improved ziggurat method to
//! generate normal random samples"). The tables are computed by the compiler, in
//! IEEE 754 arithmetic without a platform function, so they are the same bits
//! everywhere and cost nothing at run time.

use crate::kernel::math::{exp, ln};
use crate::kernel::random::{Source, unit_interval};

const LAYERS: usize = 256;

/// Where the tail of the exponential starts, so that 256 layers close at the top.
const EXPONENTIAL_TAIL: f64 = 7.69711747013105;
/// e^−EXPONENTIAL_TAIL.
const EXPONENTIAL_TAIL_DENSITY: f64 = 0.00045413435384149677;
/// Where the tail of the normal starts, so that 256 layers close at the top.
const NORMAL_TAIL: f64 = 3.654152885361009;
/// e^(−NORMAL_TAIL²/2).
const NORMAL_TAIL_DENSITY: f64 = 0.0012602859304985975;
/// Area of a layer under e^(−x²/2): NORMAL_TAIL × NORMAL_TAIL_DENSITY + the tail.
const NORMAL_AREA: f64 = 0.004928673233974655;

static EXPONENTIAL: Ziggurat = Ziggurat::new(
    EXPONENTIAL_TAIL,
    EXPONENTIAL_TAIL_DENSITY,
    // The rectangle plus the tail, whose area is its density.
    (EXPONENTIAL_TAIL + 1.0) * EXPONENTIAL_TAIL_DENSITY,
    false,
);
static NORMAL: Ziggurat = Ziggurat::new(NORMAL_TAIL, NORMAL_TAIL_DENSITY, NORMAL_AREA, true);

/// Layers of equal area under an unnormalised density f with f(0) = 1.
struct Ziggurat {
    /// Right edge of each layer, outermost first; the first is the width that the
    /// base layer would have as a rectangle, the last is 0.
    edges: [f64; LAYERS + 1],
    /// f at each edge; of the first, nothing.
    densities: [f64; LAYERS + 1],
}

impl Ziggurat {
    /// The layers above the tail, where each follows from the one below:
    /// f(xᵢ₊₁) = f(xᵢ) + area/xᵢ. The density is e^(−x²/2) where `gaussian`,
    /// else e^(−x).
    const fn new(tail: f64, tail_density: f64, area: f64, gaussian: bool) -> Self {
        let mut edges = [0.0; LAYERS + 1];
        let mut densities = [0.0; LAYERS + 1];
        edges[0] = area / tail_density;
        edges[1] = tail;
        densities[1] = tail_density;
        let mut layer = 2;
        while layer < LAYERS {
            densities[layer] = densities[layer - 1] + area / edges[layer - 1];
            let exponent = -constant_ln(densities[layer]);
            edges[layer] = if gaussian { constant_sqrt(2.0 * exponent) } else { exponent };
            layer += 1;
        }
        densities[LAYERS] = 1.0;
        Self { edges, densities }
    }

    /// Whether a point of the layer at `x`, at a uniform height, is under the
    /// density, which at `x` is `density`.
    #[inline]
    fn is_under<S: Source>(&self, layer: usize, density: f64, source: &mut S) -> bool {
        let (bottom, top) = (self.densities[layer], self.densities[layer + 1]);
        bottom + (top - bottom) * source.uniform() < density
    }
}

/// An exponential variate of mean one.
#[inline]
pub(super) fn exponential<S: Source>(source: &mut S) -> f64 {
    loop {
        let bits = source.next_u64();
        let layer = (bits & 0xFF) as usize;
        let x = unit_interval(bits >> 11) * EXPONENTIAL.edges[layer];
        if x < EXPONENTIAL.edges[layer + 1] {
            return x;
        }
        if let Some(x) = exponential_edge(layer, x, source) {
            return x;
        }
    }
}

/// What the rectangles leave of the exponential: the tail, which is the same
/// distribution again, and the curved ends of the layers.
#[cold]
fn exponential_edge<S: Source>(layer: usize, x: f64, source: &mut S) -> Option<f64> {
    if layer == 0 {
        return Some(EXPONENTIAL_TAIL - ln(source.uniform_open()));
    }
    EXPONENTIAL.is_under(layer, exp(-x), source).then_some(x)
}

/// A standard normal variate.
#[inline]
pub(super) fn normal<S: Source>(source: &mut S) -> f64 {
    loop {
        let bits = source.next_u64();
        let layer = (bits & 0xFF) as usize;
        let sign = f64::from_bits(1.0f64.to_bits() | (bits & 0x100) << 55);
        let x = unit_interval(bits >> 11) * NORMAL.edges[layer];
        if x < NORMAL.edges[layer + 1] {
            return sign * x;
        }
        if let Some(x) = normal_edge(layer, x, source) {
            return sign * x;
        }
    }
}

/// What the rectangles leave of the positive half of the normal: the tail by
/// Marsaglia 1964, "Generating a variable from the tail of the normal
/// distribution", and the curved ends of the layers.
#[cold]
fn normal_edge<S: Source>(layer: usize, x: f64, source: &mut S) -> Option<f64> {
    if layer > 0 {
        return NORMAL.is_under(layer, exp(-0.5 * x * x), source).then_some(x);
    }
    loop {
        let beyond = -ln(source.uniform_open()) / NORMAL_TAIL;
        let height = -ln(source.uniform_open());
        if 2.0 * height > beyond * beyond {
            return Some(NORMAL_TAIL + beyond);
        }
    }
}

/// ln(x) for 0 < x ≤ 1, at compile time: x = m 2^−e with m in [1/√2, √2), then
/// ln m = 2 artanh((m − 1)/(m + 1)), whose series gains 15 bits in three terms.
const fn constant_ln(x: f64) -> f64 {
    let mut mantissa = x;
    let mut halvings = 0.0;
    while mantissa < std::f64::consts::FRAC_1_SQRT_2 {
        mantissa *= 2.0;
        halvings += 1.0;
    }
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let mut sum = 0.0;
    let mut odd = 41.0;
    while odd > 0.0 {
        sum = sum * z * z + 1.0 / odd;
        odd -= 2.0;
    }
    2.0 * z * sum - halvings * std::f64::consts::LN_2
}

/// √x for 0 < x < 100, at compile time, by Newton's iteration.
const fn constant_sqrt(x: f64) -> f64 {
    let mut root = if x > 1.0 { x } else { 1.0 };
    let mut step = 0;
    while step < 40 {
        root = 0.5 * (root + x / root);
        step += 1;
    }
    root
}

#[cfg(test)]
mod tests {
    //! Goal: the compiled tables are the ziggurats that the paper defines.
    //! Method: every entry again from the run-time functions, and the area of
    //! the topmost layer, which only the right tail start makes equal the rest.
    use super::*;
    use crate::kernel::math::{erfc, sqrt};

    fn assert_close(actual: f64, expected: f64, relative: f64) {
        assert!(
            (actual - expected).abs() <= relative * expected.abs(),
            "{actual} is not {expected}"
        );
    }

    fn assert_layers(table: &Ziggurat, area: f64, density: impl Fn(f64) -> f64) {
        assert_eq!((table.edges[LAYERS], table.densities[LAYERS]), (0.0, 1.0));
        for layer in 1..LAYERS {
            assert_close(table.densities[layer], density(table.edges[layer]), 1e-14);
            let height = table.densities[layer + 1] - table.densities[layer];
            // The last layer gathers the rounding of all below it.
            assert_close(table.edges[layer] * height, area, 2e-12);
            assert!(table.edges[layer] > table.edges[layer + 1]);
        }
        assert_close(table.edges[0] * table.densities[1], area, 2e-15);
    }

    #[test]
    fn the_exponential_table_has_equal_layers() {
        assert_close(EXPONENTIAL_TAIL_DENSITY, exp(-EXPONENTIAL_TAIL), 2e-15);
        let area = (EXPONENTIAL_TAIL + 1.0) * exp(-EXPONENTIAL_TAIL);
        assert_layers(&EXPONENTIAL, area, |x| exp(-x));
    }

    #[test]
    fn the_normal_table_has_equal_layers() {
        let density = |x: f64| exp(-0.5 * x * x);
        assert_close(NORMAL_TAIL_DENSITY, density(NORMAL_TAIL), 2e-15);
        let tail = sqrt(std::f64::consts::FRAC_PI_2) * erfc(NORMAL_TAIL / std::f64::consts::SQRT_2);
        assert_close(NORMAL_AREA, NORMAL_TAIL * density(NORMAL_TAIL) + tail, 2e-15);
        assert_layers(&NORMAL, NORMAL_AREA, density);
    }

    #[test]
    fn the_tables_keep_their_bits() {
        let fold = |table: &Ziggurat| {
            let values = table.edges.iter().chain(&table.densities);
            values.fold(0u64, |hash, value| (hash ^ value.to_bits()).wrapping_mul(0x0100_0000_01B3))
        };
        assert_eq!([fold(&EXPONENTIAL), fold(&NORMAL)], GOLDEN);
    }
    const GOLDEN: [u64; 2] = [0xCC25_87B6_F1DF_CA2C, 0x6E51_E0D1_E63E_3639];
}
