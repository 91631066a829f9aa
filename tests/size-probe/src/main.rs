//! A firmware that does nothing but call every public function of `squab-core` with input that the compiler cannot
//! foresee. `cargo xtask size` links it for `riscv32imc-unknown-none-elf`, measures it, and looks for panics, for an
//! allocator and for initialised data. It is linked to be looked at, not to be run.
//!
//! One file for each room of the core, with the room's name; each has one `probe_*` function. A call is written with
//! its type (`Writer::append(&mut writer, ..)`), since `cargo xtask size` searches the files for each public
//! function of the room and fails if one is missing.
#![no_std]
#![no_main]
// The kiosk's probe uses a part of the others.
#![cfg_attr(feature = "kiosk", allow(dead_code))]

mod client;
mod config;
mod graph;
mod io;
mod json;
#[cfg(feature = "kiosk")]
mod kiosk;
/// The kiosk's own messages, since most others need `all-messages`.
#[cfg(feature = "kiosk")]
use kiosk as message;
mod media;
#[cfg(not(feature = "kiosk"))]
mod message;
mod pace;
#[cfg(feature = "journal")]
mod quiet;
mod recipient;
mod record;
mod retry;
mod secret;
mod webhook;

use core::arch::global_asm;
use core::hint::black_box;
use core::panic::PanicInfo;

/// The table keeps the probes from being merged, inlined or dropped.
#[cfg(not(feature = "kiosk"))]
static PROBES: &[extern "C" fn()] = &[
    client::probe_client,
    config::probe_config,
    graph::probe_graph,
    json::probe_json,
    media::probe_media,
    message::probe_message,
    pace::probe_pace,
    #[cfg(feature = "journal")]
    quiet::probe_quiet,
    recipient::probe_recipient,
    record::probe_record,
    retry::probe_retry,
    secret::probe_secret,
    webhook::probe_webhook,
    #[cfg(feature = "planted-panic")]
    planted_panic,
];

#[cfg(feature = "kiosk")]
static PROBES: &[extern "C" fn()] = &[kiosk::probe_kiosk];

#[cfg(target_arch = "riscv32")]
global_asm!(
    ".section .text._start",
    ".global _start",
    "_start:",
    "li sp, 0x3FC9F000",
    "j {main}",
    main = sym main
);

extern "C" fn main() -> ! {
    loop {
        if let Some(probe) = black_box(PROBES).get(io::number()) {
            probe();
        }
    }
}

/// Sees the message and the place, as a device's handler would, so that no panic is made smaller than it is.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    loop {
        io::panicked(info);
    }
}

#[cfg(feature = "planted-panic")]
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn planted_panic() {
    black_box(io::bytes().first().copied().map(usize::from).unwrap());
}
