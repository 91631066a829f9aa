//! The Squab kiosk: alerts in, answers out.
//!
//! One application for every board: a chip and the desktop run the same loop between the sans-IO client of
//! `squab-core` and the I/O of `squab-adapters`. A board gives a transport, a clock, an input and an output, see
//! [`Board`]; everything else is here. No heap, no chip names.
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

mod kiosk;
pub mod lines;

pub use kiosk::{Board, Kiosk, LINE, Note, SCRATCH, WebhookEndpoint};
