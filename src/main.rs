//! Highwater's binary.
fn main() {}
