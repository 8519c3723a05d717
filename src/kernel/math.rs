//! Elementary functions from the pinned `libm`: the same bits on every platform.
//!
//! The functions of the standard library call the platform's, whose last bits
//! differ between platforms and compiler releases; one differing bit in a
//! service time would change a whole run. Square roots, sums and products are
//! exact by IEEE 754 and need no wrapper, `sqrt` stands here for completeness.

/// Natural logarithm.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Logarithm to the base two.
#[inline]
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// Logarithm to the base ten.
#[inline]
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// ln(1 + x), precise near zero.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// e^x.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// 2^x.
#[inline]
pub fn exp2(x: f64) -> f64 {
    libm::exp2(x)
}

/// e^x − 1, precise near zero.
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// `base` to the power of `exponent`.
#[inline]
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Square root, correctly rounded.
#[inline]
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}

/// Sine of an angle in radians.
#[inline]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of an angle in radians.
#[inline]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// The gamma function Γ(x).
#[inline]
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// ln |Γ(x)|.
#[inline]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The error function.
#[inline]
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// The complementary error function 1 − erf(x), precise in the upper tail.
#[inline]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Density of the standard normal distribution.
pub fn normal_density(x: f64) -> f64 {
    const INVERSE_SQRT_TWO_PI: f64 = 0.3989422804014327;
    INVERSE_SQRT_TWO_PI * exp(-0.5 * x * x)
}

/// Distribution function of the standard normal distribution, precise in both
/// tails.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The `p`-quantile of the standard normal distribution; −∞ at 0, +∞ at 1, NaN
/// outside [0, 1]. Relative error about 1e-16: Wichura 1988, "Algorithm AS 241:
/// The percentage points of the normal distribution", Applied Statistics 37,
/// 477–484, routine PPND16.
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let centred = p - 0.5;
    if centred.abs() <= 0.425 {
        let r = 0.180625 - centred * centred;
        return centred * polynomial(&CENTRAL_NUMERATOR, r) / polynomial(&CENTRAL_DENOMINATOR, r);
    }
    let tail = if centred < 0.0 { p } else { 1.0 - p };
    if tail == 0.0 {
        return f64::INFINITY.copysign(centred);
    }
    let r = sqrt(-ln(tail));
    let magnitude = if r <= 5.0 {
        polynomial(&MIDDLE_NUMERATOR, r - 1.6) / polynomial(&MIDDLE_DENOMINATOR, r - 1.6)
    } else {
        polynomial(&FAR_NUMERATOR, r - 5.0) / polynomial(&FAR_DENOMINATOR, r - 5.0)
    };
    magnitude.copysign(centred)
}

/// Value at `x` of the polynomial with these coefficients, constant term first.
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

// Coefficients of PPND16, constant term first.
const CENTRAL_NUMERATOR: [f64; 8] = [
    3.3871328727963665,
    133.14166789178438,
    1971.5909503065513,
    13731.69376550946,
    45921.95393154987,
    67265.7709270087,
    33430.57558358813,
    2509.0809287301227,
];
const CENTRAL_DENOMINATOR: [f64; 8] = [
    1.0,
    42.31333070160091,
    687.1870074920579,
    5394.196021424751,
    21213.794301586597,
    39307.89580009271,
    28729.085735721943,
    5226.495278852854,
];
const MIDDLE_NUMERATOR: [f64; 8] = [
    1.4234371107496835,
    4.630337846156546,
    5.769497221460691,
    3.6478483247632045,
    1.2704582524523684,
    0.2417807251774506,
    0.022723844989269184,
    0.0007745450142783414,
];
const MIDDLE_DENOMINATOR: [f64; 8] = [
    1.0,
    2.053191626637759,
    1.6763848301838038,
    0.6897673349851,
    0.14810397642748008,
    0.015198666563616457,
    0.0005475938084995345,
    1.0507500716444169e-09,
];
const FAR_NUMERATOR: [f64; 8] = [
    6.657904643501103,
    5.463784911164114,
    1.7848265399172913,
    0.29656057182850487,
    0.026532189526576124,
    0.0012426609473880784,
    2.7115555687434876e-05,
    2.0103343992922881e-07,
];
const FAR_DENOMINATOR: [f64; 8] = [
    1.0,
    0.599832206555888,
    0.1369298809227358,
    0.014875361290850615,
    0.0007868691311456133,
    1.8463183175100548e-05,
    1.421511758316446e-07,
    2.0442631033899397e-15,
];

/// The regularised lower incomplete gamma function P(shape, x), the distribution
/// function of a gamma variate of scale one. Relative error about 1e-13 for
/// shapes up to 10^4.
///
/// Below shape + 1 by the power series (DLMF 8.11.4), above it by the continued
/// fraction of the upper function (DLMF 8.9.2) after Lentz.
pub fn gamma_lower_regularized(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x.is_infinite() {
        return 1.0;
    }
    let front = exp(shape * ln(x) - x - ln_gamma(shape));
    if x < shape + 1.0 {
        front * lower_gamma_series(shape, x)
    } else {
        1.0 - front * upper_gamma_fraction(shape, x)
    }
}

/// Terms enough for either expansion at shapes up to 10^8.
const EXPANSION_TERMS: u32 = 100_000;

/// Σ x^n / (shape (shape + 1) … (shape + n)).
fn lower_gamma_series(shape: f64, x: f64) -> f64 {
    let mut term = 1.0 / shape;
    let mut sum = term;
    for n in 1..EXPANSION_TERMS {
        term *= x / (shape + f64::from(n));
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

/// The continued fraction 1/(x+1−a− 1(1−a)/(x+3−a− 2(2−a)/(x+5−a− …))) with
/// a = shape, by the modified Lentz method.
fn upper_gamma_fraction(shape: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let non_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / non_zero(b);
    let mut fraction = d;
    for n in 1..EXPANSION_TERMS {
        let n = f64::from(n);
        let a = n * (shape - n);
        b += 2.0;
        d = 1.0 / non_zero(a * d + b);
        c = non_zero(b + a / c);
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    //! Goal: the functions built here are right to their stated precision, and
    //! the pinned ones keep their bits. Method: published values, identities
    //! between independent formulas, golden bits.
    use super::*;

    fn assert_close(actual: f64, expected: f64, relative: f64) {
        let error = (actual - expected).abs();
        assert!(error <= relative * expected.abs(), "{actual} is not {expected}");
    }

    #[test]
    fn the_normal_cdf_has_its_tabulated_values() {
        assert_eq!(normal_cdf(0.0), 0.5);
        assert_close(normal_cdf(1.0), 0.841_344_746_068_542_9, 1e-15);
        assert_close(normal_cdf(-6.0), 9.865_876_450_376_98e-10, 1e-13);
    }

    #[test]
    fn the_normal_quantile_has_its_tabulated_values() {
        // The test values of AS 241.
        assert_close(normal_quantile(0.25), -0.674_489_750_196_081_7, 1e-15);
        assert_close(normal_quantile(0.001), -3.090_232_306_167_814, 1e-15);
        assert_close(normal_quantile(1e-20), -9.262_340_089_798_408, 1e-15);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(1.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn the_normal_quantile_inverts_the_cdf() {
        for step in -350..=80 {
            let x = f64::from(step) * 0.1;
            let p = normal_cdf(x);
            // Beyond the middle an upper p has lost digits of 1 − p already.
            let relative = if x > 1.0 { 1e-16 / (1.0 - p).max(1e-16) } else { 1e-13 };
            if x != 0.0 && p < 1.0 {
                assert_close(normal_quantile(p), x, relative.max(1e-13));
            }
        }
    }

    #[test]
    fn incomplete_gamma_agrees_with_the_forms_it_contains() {
        for step in 1..200 {
            let x = f64::from(step) * 0.1;
            assert_close(gamma_lower_regularized(1.0, x), -exp_m1(-x), 1e-13);
            assert_close(gamma_lower_regularized(0.5, x), erf(sqrt(x)), 1e-13);
            let erlang_three = 1.0 - exp(-x) * (1.0 + x + 0.5 * x * x);
            assert!((gamma_lower_regularized(3.0, x) - erlang_three).abs() < 1e-14);
        }
        assert_eq!(gamma_lower_regularized(2.0, 0.0), 0.0);
        assert_eq!(gamma_lower_regularized(2.0, f64::INFINITY), 1.0);
    }

    #[test]
    fn elementary_functions_keep_their_bits() {
        let actual = [
            ln(3.7),
            ln_1p(0.3),
            exp(-2.3),
            exp_m1(0.01),
            pow(1.7, -0.99),
            gamma(2.6),
            ln_gamma(0.3),
            erf(0.4),
            erfc(2.2),
            sin(1.1),
            cos(1.1),
            log2(10.0),
            log10(7.0),
            exp2(0.3),
        ];
        assert_eq!(actual.map(f64::to_bits), GOLDEN);
    }
    const GOLDEN: [u64; 14] = [
        0x3FF4_EEEE_650A_E550,
        0x3FD0_CA93_7BE1_B9DC,
        0x3FB9_AA90_46EC_997C,
        0x3F84_952E_9791_133F,
        0x3FE2_EC76_26CC_39CD,
        0x3FF6_DFBE_005D_D0A0,
        0x3FF1_8863_7A6C_4196,
        0x3FDB_6AC7_C4B2_0A05,
        0x3F5E_8557_FB58_FEFD,
        0x3FEC_84C5_4C2D_6338,
        0x3FDD_07B8_06C7_6111,
        0x400A_934F_0979_A371,
        0x3FEB_0B0B_0B78_CC3F,
        0x3FF3_B2C4_7BFF_8329,
    ];
}
