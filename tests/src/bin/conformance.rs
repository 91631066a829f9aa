//! Prints `docs/conformance.md`, which `cargo xtask conformance` writes.

fn main() {
    print!("{}", squab_tests::conformance::page());
}
