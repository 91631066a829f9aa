//! Writes what the program has to know of its own making: the moment, and the roots that it trusts by itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

/// The roots of the authority behind Meta's certificates (DigiCert), by the name in their subject. Meta's leaves live 90
/// days and have changed their issuer before, so there is more than one, and others can be flashed beside the program.
const ROOTS: [&str; 4] = [
    "DigiCert Global Root G2",
    "DigiCert Global Root G3",
    "DigiCert TLS RSA4096 Root G5",
    "DigiCert TLS ECC P384 Root G5",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rustc-env=SQUAB_BUILD_TIME={}", build_time());
    let out = env::var_os("OUT_DIR").expect("cargo sets it");
    // Mbed TLS wants a NUL behind the text.
    let text = ROOTS.map(pem).concat() + "\0";
    fs::write(Path::new(&out).join("roots.pem"), text).expect("the build directory can be written");
}

/// Seconds since 1970; `SOURCE_DATE_EPOCH` makes a build repeatable.
fn build_time() -> u64 {
    if let Ok(text) = env::var("SOURCE_DATE_EPOCH") {
        return text.parse().expect("SOURCE_DATE_EPOCH is a number of seconds");
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("this machine's clock is set").as_secs()
}

/// The root whose subject, and being a root its issuer too, is called `name`.
fn pem(name: &str) -> String {
    let count = |der: &[u8]| {
        der.windows(name.len())
            .filter(|it| *it == name.as_bytes())
            .count()
    };
    let der = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .find(|der| count(der) == 2)
        .unwrap_or_else(|| panic!("{name} is no longer among the roots that browsers trust: choose another"));
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}
