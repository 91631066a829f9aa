//! The `squab` command line.
fn main() {}
