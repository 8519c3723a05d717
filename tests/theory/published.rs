//! Goal: the formulas say what the literature says. Method: figures printed in
//! tables and textbook examples, to as many digits as they give.

use crate::networks::mean_value_analysis;
use crate::queues::{Mmc, erlang_b, erlang_c, md1_wait_cdf, pollaczek_khinchine};

fn assert_rounds_to(value: f64, printed: f64, digits: i32) {
    let half = 0.5001 * libm::pow(10.0, -f64::from(digits));
    assert!((value - printed).abs() <= half, "{value} is not {printed}");
}

/// The usual Erlang B table (as in ITU-D, *Teletraffic Engineering Handbook*,
/// appendix): the load that loses 1 % on so many trunks.
#[test]
fn erlang_b_table() {
    let table = [
        (1, 0.0101, 0.0001),
        (2, 0.153, 0.001),
        (5, 1.36, 0.01),
        (10, 4.46, 0.01),
        (20, 12.0, 0.1),
        (50, 37.9, 0.1),
        (100, 84.1, 0.1),
    ];
    for (servers, load, step) in table {
        assert!(erlang_b(servers, load - 0.6 * step) < 0.01, "{servers} trunks");
        assert!(erlang_b(servers, load + 0.6 * step) > 0.01, "{servers} trunks");
    }
}

/// Gross & Harris, *Fundamentals of Queueing Theory*, in the M/M/c
/// section: an eye clinic of 3 doctors, 6 patients an hour, 20 minutes each:
/// L_q = 8/9, W = 28.9 min.
#[test]
fn eye_clinic() {
    let clinic = Mmc { arrival: 0.1, service: 0.05, servers: 3 };
    assert!((0.1 * (clinic.sojourn() - 20.0) - 8.0 / 9.0).abs() < 1e-12);
    assert_rounds_to(clinic.sojourn(), 28.9, 1);
}

/// Kleinrock, *Queueing Systems* I, §3.5 for two servers in closed form:
/// C(2, 2ρ) = 2ρ² / (1 + ρ); for one, C = ρ.
#[test]
fn erlang_c_in_closed_form() {
    for load in [0.1, 0.5, 0.7, 0.9] {
        assert!((erlang_c(1, load) - load).abs() < 1e-14);
        let two = 2.0 * load * load / (1.0 + load);
        assert!((erlang_c(2, 2.0 * load) - two).abs() < 1e-14);
    }
}

/// Jain, *The Art of Computer Systems Performance Analysis*, table 34.1: a
/// processor and two disks (demands 2, 3 and 1 s), think time 4 s.
#[test]
fn mean_value_analysis_table() {
    let table = [(1, 6.000, 0.100), (2, 7.400, 0.175), (5, 13.256, 0.290), (20, 56.016, 0.333)];
    for (users, response, throughput) in table {
        let (x, r) = mean_value_analysis(users, 4.0, &[2.0, 3.0, 1.0]);
        assert_rounds_to(r, response, 3);
        assert_rounds_to(x, throughput, 3);
    }
}

/// The same, table 35.5 (convolution): three terminals that think 4.68 s, demands
/// 0.78, 2.34 and 1.56 s; throughput 0.264, response 6.694 s, utilisations.
#[test]
fn convolution_example() {
    let (x, r) = mean_value_analysis(3, 4.68, &[0.78, 2.34, 1.56]);
    assert_rounds_to(x, 0.264, 3);
    // Printed from the rounded throughput: 3 / 0.264 − 4.68 is within 0.02.
    assert!((r - 6.694).abs() < 0.02, "{r}");
    for (demand, used) in [(0.78, 0.206), (2.34, 0.618), (1.56, 0.412)] {
        assert!((x * demand - used).abs() < 0.001, "{used}");
    }
}

/// Kleinrock I, §5.6: constant service halves the wait of M/M/1; and an arrival
/// at M/D/1 does not wait with probability 1 − ρ.
#[test]
fn constant_service_halves_the_wait() {
    let exponential = pollaczek_khinchine(0.08, 10.0, 200.0);
    assert!((exponential - 40.0).abs() < 1e-12);
    assert!((pollaczek_khinchine(0.08, 10.0, 100.0) - 0.5 * exponential).abs() < 1e-12);
    assert!((md1_wait_cdf(0.08, 10.0, 0.0) - 0.2).abs() < 1e-14);
}
