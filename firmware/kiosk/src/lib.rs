//! The Squab kiosk: alerts in, answers out.
//!
//! One application for every board: a chip and the desktop run the same loop between the sans-IO client of
//! `squab-core` and the I/O of `squab-adapters`. A board gives a transport, a clock, an input and an output, see
//! [`Board`]; everything else is here. No heap, no chip names.
//!
//! | Module | What it is for |
//! | --- | --- |
//! | [`Kiosk`] | the loop |
//! | [`device`] | the configuration that was flashed |
//! | [`lines`] | alerts and events as JSON Lines |
//! | [`lamp`] | what a status LED says |
//!
//! # Features
//!
//! - `defmt`: `defmt::Format` on every public error and note.
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

pub mod device;
mod kiosk;
pub mod lamp;
pub mod lines;
pub mod sensor;

pub use kiosk::{Board, Keep, Kiosk, LINE, NoJournal, Note, RAISED, READING_MAX, SCRATCH, WebhookEndpoint};
pub use lines::Number;
