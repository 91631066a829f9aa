//! Says how the image is linked and how much is logged; here and not in the environment, so that every way to call
//! cargo makes the same image.

use std::env;

/// Puts a function of ours before the one that Mbed TLS's dates are checked through.
const WRAP: &str = "--wrap=mbedtls_ssl_conf_authmode";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // esp-hal's memory map, and the log's table of strings.
    let mut arguments = vec!["-Tlinkall.x".to_owned(), "-Tdefmt.x".to_owned()];
    // Xtensa's linker is called by way of GCC.
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "xtensa") {
        arguments.extend(["-nostartfiles".to_owned(), format!("-Wl,{WRAP}")]);
    } else {
        arguments.push(WRAP.to_owned());
    }
    for argument in arguments {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    // What is logged is chosen when the program is compiled; without a choice defmt takes errors alone.
    println!("cargo::rerun-if-env-changed=DEFMT_LOG");
    let level = env::var("DEFMT_LOG").unwrap_or_else(|_| "info".into());
    println!("cargo::rustc-env=DEFMT_LOG={level}");
}
