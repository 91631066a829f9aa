//! What the Squab kiosk's boards share: everything between the chip's drivers and `squab_kiosk`.
//!
//! A board brings embassy-net's stack, a random generator, a UART, its pins and its flash; [`run`] joins network, time,
//! webhook endpoint and kiosk. This crate and the boards are the place for `unsafe`, for the heap that TLS needs, and
//! for embassy-net's name: core, adapters and kiosk know none of them.
//!
//! A board links with `--wrap=mbedtls_ssl_conf_authmode`, see `tls/dates.rs`.
#![no_std]

mod clock;
mod journal;
mod kiosk;
mod net;
mod run;
mod sntp;
mod tls;
mod webhook;

pub use clock::{BUILD_TIME, BoardClock};
pub use journal::JOURNAL_SIZE;
pub use kiosk::BoardKiosk;
pub use net::{Tcp, TcpBuffers, TcpStream, make_stack};
pub use run::{NoPin, Parts, run, show};
pub use tls::{HEAP_PEAK as TLS_HEAP_PEAK, ROOTS_MAX, Roots, RootsError, Stream, TlsTransport};
