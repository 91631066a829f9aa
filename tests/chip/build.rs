//! Hands the linker script to the linker; here and not in the environment, where it would be added twice.
use std::env;
use std::path::Path;

fn main() {
    let script = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("link.x");
    println!("cargo::rerun-if-changed=link.x");
    if env::var_os("CARGO_CFG_TARGET_OS").is_some_and(|os| os == "none") {
        println!("cargo::rustc-link-arg-bins=-T{}", script.display());
    }
}
