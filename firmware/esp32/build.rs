//! Says how the image is linked and how much is logged; here and not in the environment, so that every way to call
//! cargo makes the same image.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // esp-hal's memory map, the log's table of strings, and the function that Mbed TLS's dates are checked through.
    for argument in ["-Tlinkall.x", "-Tdefmt.x", "--wrap=mbedtls_ssl_conf_authmode"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    // What is logged is chosen when the program is compiled; without a choice defmt takes errors alone.
    println!("cargo::rerun-if-env-changed=DEFMT_LOG");
    let level = env::var("DEFMT_LOG").unwrap_or_else(|_| "info".into());
    println!("cargo::rustc-env=DEFMT_LOG={level}");
}
