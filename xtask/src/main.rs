//! Set-up, tests, sizes.
fn main() {}
