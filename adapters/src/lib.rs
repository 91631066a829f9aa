//! The I/O that `squab-core` asks for: bytes over the network, and the time.
//!
//! The core decides, these adapters carry. Nothing but [`graph`] knows what is carried, nothing here keeps a message, and
//! nothing needs a heap: buffers belong to the caller, streams are `embedded-io-async`'s, sockets
//! `embedded-nal-async`'s.
//!
//! | Module | What it is for |
//! | --- | --- |
//! | [`transport`] | where to connect ([`transport::Endpoint`]), how ([`transport::Transport`]), why it failed |
//! | [`clock`] | the monotonic and the wall clock, and deadlines |
//! | [`http`] | HTTP/1.1 over any byte stream: one exchange, a kept connection, a small server |
//! | [`graph`] | questions to the Graph API that are no messages; files up, down and away |
//! | [`journal`] | records in a flash that survive a power cut |
//! | `std_flash` | a flash that is a file (feature `std`) |
//! | `std_transport` | the desktop's sockets, TLS and clock (feature `std`) |
//!
//! # Features
//!
//! - `std`: tokio's sockets and clock, TLS by rustls with ring. Off by default, so that the crate stays `no_std`.
//! - `defmt`: `defmt::Format` on every public error.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]

#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod clock;
pub mod graph;
pub mod http;
pub mod journal;
#[cfg(feature = "std")]
pub mod std_flash;
#[cfg(feature = "std")]
pub mod std_transport;
pub mod transport;
