//! Hands the linker its scripts, and the function that Mbed TLS's dates are checked through; here and not in the
//! environment, where it would be added twice.

use std::env;

fn main() {
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rustc-link-search={here}");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-link-arg-bins=--wrap=mbedtls_ssl_conf_authmode");
}
